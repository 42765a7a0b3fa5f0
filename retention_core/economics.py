"""What retention is worth on one's own figures: the formula checked by simulation, and five points more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from retention_core.arguments import is_whole
from retention_core.benchmarks import Claim, claims
from retention_core.errors import said
from retention_core.worth import (
    DISCOUNT,
    POINT,
    WorthError,
    break_even_once,
    break_even_spend,
    customer_worth,
    raised,
    retention_worth,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

DRAWS = 100_000
FIVE = 0.05
FIVE_POINTS_CLAIM = "f"  # the claim's letter in the evidence table
_MOST_DRAWS = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedWorth:
    """What points of retention are worth, simulated beside the formula; made by `simulated_worth`.

    Attributes
    ----------
    mean, standard_error
        Of the simulated worth, in money; the error is the simulation's own and shrinks with the draws.
    formula
        What `retention_worth` says.
    draws, seed
        Simulated customers, and the seed of their chance.
    """

    mean: float
    standard_error: float
    formula: float
    draws: int
    seed: int

    @property
    def sentence(self) -> str:
        """The two figures side by side."""
        return (
            f"The formula says {self.formula:,.2f}; {self.draws:,} simulated customers say {self.mean:,.2f}, "
            f"give or take {2 * self.standard_error:,.2f} (two standard errors of the simulation)."
        )


@dataclass(frozen=True, slots=True, eq=False)
class FivePoints:
    """What five points of retention more do to a customer's worth; made by `five_points`.

    Attributes
    ----------
    margin, retention, discount
        The figures put in.
    before, after
        A customer's worth now and with five points more; `after` is None where that exceeds 100 %.
    change
        What five points add, as a share of `before`: 0.2 is 20 % more. It does not depend on the margin,
        but is None where that is zero.
    spend, spend_once
        The most a customer's five points may cost: for good, and for the next period alone.
    published
        What the evidence table holds of the popular claim, with its verdict.
    """

    margin: float
    retention: float
    discount: float
    before: float
    after: float | None
    change: float | None
    spend: float | None
    spend_once: float | None
    published: tuple[Claim, ...]

    @property
    def sentence(self) -> str:
        """The answer on the figures put in."""
        if self.after is None:
            return (
                f"Five points more than {self.retention:.1%} would exceed 100 %, so there is no such "
                "exercise here."
            )
        if self.change is None:
            return "A customer without a margin is worth nothing, whatever the retention."
        return (
            f"Five points more, from {self.retention:.1%} to {self.retention + FIVE:.1%}, change what a "
            f"customer is worth by {self.change:+.1%}, from {self.before:,.2f} to {self.after:,.2f}, at a "
            f"discount of {self.discount:.1%}: a model of one customer's lifetime, not of a firm's profit."
        )

    @property
    def published_sentence(self) -> str:
        """The popular claim with its verdict, and what its first source found."""
        first = self.published[0]
        return (
            f'The claim "{first.claim}" is {first.verdict}: {first.primary_source} ({first.year}) has '
            f"{first.figure}. {first.note}"
        )

    def columns(self) -> dict[str, list[object]]:
        """One row for the own figures, then one a published source: source, year, figure, verdict, note."""
        own = "unknown" if self.change is None else f"{self.change:+.1%}"
        rows = [("your figures", "", own, "", self.sentence)]
        rows += [(row.primary_source, row.year, row.figure, row.verdict, row.note) for row in self.published]
        names = ("source", "year", "figure", "verdict", "note")
        return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame."""
        from retention_core.frames import frame_of

        return frame_of(self.columns())


def simulated_worth(
    customers: float,
    margin: float,
    retention: float,
    points: float = POINT,
    discount: float = DISCOUNT,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> SimulatedWorth:
    """What points of retention are worth, from simulated customers instead of the formula.

    Parameters
    ----------
    customers, margin, retention, points, discount
        As in `retention_worth`.
    draws
        Customers to simulate, 2 to 10 million.
    seed
        Of the chance.

    Raises
    ------
    WorthError
        If an argument makes no sense.

    Notes
    -----
    Each drawn customer pays once now and then as long as it stays, a geometric number of times, discounted
    exactly. It has one uniform number, read through both lifetimes' distributions, so that the same luck
    meets either retention and their difference is told more finely than each worth.

    Examples
    --------
    >>> print(simulated_worth(1000, 100, 0.8, draws=20_000).sentence)  # doctest: +ELLIPSIS
    The formula says 12,643.68; 20,000 simulated customers say ...
    """
    formula = retention_worth(customers, margin, retention, points, discount)
    if not (is_whole(draws) and 2 <= draws <= _MOST_DRAWS):
        raise WorthError(f"`draws` must be a whole number from 2 to {_MOST_DRAWS:,} (got {said(draws)}).")
    check_seed(seed)
    luck = 1 - np.random.default_rng(seed).random(int(draws))  # above 0, up to 1
    after, before = (
        paid_times(rate, luck, discount) for rate in (raised(retention, "points", points), retention)
    )
    gained, brought = after - before, float(customers) * float(margin)
    mean = brought * float(gained.mean())
    error = abs(brought) * float(gained.std(ddof=1) / math.sqrt(draws))
    if not (math.isfinite(mean) and math.isfinite(error)):
        raise WorthError("`margin` is too large for the other figures: the worth exceeds every number.")
    return SimulatedWorth(mean, error, formula, int(draws), seed)


def check_seed(seed: int) -> None:
    """Refuse a seed that no generator of chance takes.

    Raises
    ------
    WorthError
        In that case.
    """
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise WorthError(f"`seed` must be a whole number, zero or more (got {said(seed)}).")


def paid_times(retention: float, luck: Floats, discount: float) -> Floats:
    """How many of today's margins customers of that luck (uniform, above 0) pay, discounted.

    Examples
    --------
    Who is luckier than four in five goes after the first payment, the next stays for one more:

    >>> paid_times(0.8, np.array([0.9, 0.7]), 0.1).round(3).tolist()
    [1.0, 1.909]
    """
    if retention == 0:
        return np.ones(len(luck))
    if retention == 1:
        return np.full(len(luck), (1 + discount) / discount)
    times = 1 + np.floor(np.log(luck) / math.log(retention))
    if discount == 0:
        return times
    # divided first: one over the smallest discount exceeds every number
    found: Floats = -np.expm1(-times * math.log1p(discount)) / discount * (1 + discount)
    return found


def five_points(margin: float, retention: float, discount: float = DISCOUNT) -> FivePoints:
    """The five-point exercise on one's own figures, beside what is published.

    Parameters
    ----------
    margin, retention, discount
        As in `customer_worth`.

    Raises
    ------
    WorthError
        If an argument makes no sense.

    Notes
    -----
    Reichheld and Sasser (1990) modelled the profit of a customer's lifetime under a defection rate five
    points lower. The popular wording, "5 % more retention, 25 to 95 % more profit", loses that.

    Examples
    --------
    >>> found = five_points(100, 0.8)
    >>> round(found.change, 3), found.published[0].claim_id, found.published[0].verdict
    (0.2, 'f1', 'partially supported')
    """
    before = customer_worth(margin, retention, discount)
    published = claims_lettered(FIVE_POINTS_CLAIM)
    if retention + FIVE > 1 + 1e-12:
        return FivePoints(margin, retention, discount, before, None, None, None, None, published)
    gain = break_even_spend(margin, retention, FIVE, discount)
    once = break_even_once(margin, retention, FIVE, discount)
    change = gain / before if before else None
    return FivePoints(margin, retention, discount, before, before + gain, change, gain, once, published)


def claims_lettered(letter: str) -> tuple[Claim, ...]:
    """The rows of the evidence table about one popular claim, such as "f" for f1, f2 and so on."""
    return tuple(row for row in claims() if row.claim_id.rstrip("0123456789") == letter)
