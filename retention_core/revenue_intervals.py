"""Net and gross retention of revenue, and how sure they are: a bootstrap over customers."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from retention_core.rates import gross_revenue_retention, net_revenue_retention
from retention_core.revenue_sums import Movements
from retention_core.special_functions import student_reach
from retention_core.subscription_ends import Ints

Floats = npt.NDArray[np.float64]

SEED = 0
_MANY_KINDS = 2_000


class Counts(NamedTuple):
    """Which movements count."""

    expansion: bool
    contraction: bool
    churn: bool
    reactivation: bool


def net_of(exact: Movements, counts: Counts) -> float:
    """NRR of the movements that count."""
    return net_revenue_retention(
        exact.opening,
        exact.expansion * counts.expansion,
        exact.contraction * counts.contraction,
        exact.churn * counts.churn,
        exact.reactivation * counts.reactivation,
    )


def gross_of(exact: Movements, contraction: bool, churn: bool) -> float:
    """GRR of the movements that count."""
    return gross_revenue_retention(exact.opening, exact.contraction * contraction, exact.churn * churn)


def bootstrap(
    before: Ints,
    parts: dict[str, Ints],
    counts: Counts,
    draws: int,
    confidence: float,
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Expanded percentile intervals of NRR and GRR from the same draws of customers."""
    lost = parts["contraction"] * counts.contraction + parts["churn"] * counts.churn
    won = parts["expansion"] * counts.expansion + parts["reactivation"] * counts.reactivation
    drawn = (before > 0) | (won > 0)
    customers = np.stack([before[drawn], before[drawn] - lost[drawn], won[drawn]], axis=1)
    totals = _drawn_totals(customers, draws)
    totals = totals[totals[:, 0] > 0]
    tails = draw_quantiles(len(customers), confidence)
    gross = np.quantile(totals[:, 1] / totals[:, 0], tails)
    net = np.quantile((totals[:, 1] + totals[:, 2]) / totals[:, 0], tails)
    return (float(net[0]), float(net[1])), (float(gross[0]), float(gross[1]))


def draw_quantiles(customers: int, confidence: float) -> list[float]:
    """Quantiles of the draws, further out for few customers, whose draws vary too little."""
    if customers < 2:
        return [(1 - confidence) / 2, (1 + confidence) / 2]
    reach = student_reach(confidence, customers - 1) * math.sqrt(customers / (customers - 1))
    tail = NormalDist().cdf(-reach)
    return [tail, 1 - tail]


def _drawn_totals(customers: Ints, draws: int) -> Floats:
    """Column totals of samples of as many customers, drawn with replacement."""
    kinds, sizes = np.unique(customers, axis=0, return_counts=True)
    rng, n = np.random.default_rng(SEED), len(customers)
    if len(kinds) <= _MANY_KINDS:
        counts = (rng.multinomial(n, sizes / n) for _ in range(draws))
    else:  # one by one, in order of what they pay
        kinds = np.repeat(kinds, sizes, axis=0)
        counts = (np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(draws))
    values = kinds.astype(np.float64)
    return np.array([drawn @ values for drawn in counts])
