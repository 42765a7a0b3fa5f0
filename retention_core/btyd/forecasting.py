"""What every buy-till-you-die model answers: who is alive, and how many orders are to come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.special import expit

from retention_core.btyd.estimates import Estimates, Maximum, ModelError, maximise
from retention_core.btyd.purchases import DAYS_IN, Floats, Patterns, PurchaseHistory, patterns_of
from retention_core.errors import said

_BLOCK = 2**13  # all nodes at once are 16 times as many numbers
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
Model = TypeVar("Model", bound="BuyTillYouDie")
ADVICE = (
    "try a longer log or a later `as_of`, more customers (all regions or cohorts together), "
    "or another model (fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd)"
)


@dataclass(frozen=True, slots=True, eq=False)
class BuyTillYouDie(Estimates, ABC):
    """A model of customers who order at a rate of their own until they leave, unseen.

    Notes
    -----
    In each model expected orders = P(alive) * orders while alive, and the second factor knows only
    frequency and age. A customer won today has frequency, recency and age 0.
    """

    @staticmethod
    @abstractmethod
    def log_odds_gone(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """Logarithm of P(gone) / P(alive), -inf for those who cannot have left."""

    @staticmethod
    @abstractmethod
    def orders_if_alive(parameters: Floats, time: Floats, frequency: Floats, age: Floats) -> Floats:
        """Orders expected within `time` of customers who are still there."""

    @staticmethod
    @abstractmethod
    def likelihood(parameters: Floats, patterns: Patterns) -> tuple[float, Floats]:
        """Log-likelihood of all customers and its gradient in the parameters."""

    def alive(self, history: PurchaseHistory) -> Floats:
        """Probability that each customer is still there at the end of the observation."""
        self._check_unit(history)
        return alive(self.log_odds_gone(self.estimates, *_as_floats(history)))

    def expected_orders(self, time: float, history: PurchaseHistory) -> Floats:
        """Orders of each customer expected within `time` after the end of the observation.

        Parameters
        ----------
        time
            In the model's unit of time, from 0.
        history
            The customers, in the same unit.
        """
        frequency, _, age = _as_floats(history)
        ahead = np.full(1, _time(time))
        orders: Floats = self.alive(history) * self.orders_if_alive(self.estimates, ahead, frequency, age)
        return orders

    def expected_orders_new(self, time: float | Sequence[float] | Floats) -> Floats:
        """Repeat orders expected within `time` of a customer who ordered for the first time just now."""
        times = np.atleast_1d(np.asarray(time, dtype=np.float64))
        for one in times:
            _time(float(one))
        none = np.zeros(1)
        there = alive(self.log_odds_gone(self.estimates, none, none, none))
        orders: Floats = there * self.orders_if_alive(self.estimates, times, none, none)
        return orders

    def log_likelihood_of(self, history: PurchaseHistory) -> float:
        """Log-likelihood of customers under these parameters, whether it was fitted to them or not."""
        self._check_unit(history)
        return self.likelihood(self.estimates, patterns_of(history))[0]

    def _check_unit(self, history: PurchaseHistory) -> None:
        if history.unit != self.unit:
            raise ModelError(
                f"The model counts time in {self.unit}s and these customers in {history.unit}s: use one unit."
            )


def fitted(model: type[Model], history: PurchaseHistory, starts: Sequence[Sequence[float]]) -> Model:
    """The model at its maximum likelihood, times counted in the longest age on the way."""
    if not history.frequency.any():
        raise ModelError(f"{model.name} needs customers who ordered again, and nobody here did.")
    patterns = patterns_of(history)
    longest = float(patterns.age.max())
    scaled = patterns.in_units_of(longest)

    def likelihood(at: Floats) -> tuple[float, Floats]:
        parameters = np.exp(at)
        value, slope = model.likelihood(parameters, scaled)
        return value, slope * parameters

    found = maximise(likelihood, patterns.customers, starts, model, ADVICE)
    return _at_maximum(model, found, longest, float(patterns.frequency @ patterns.count), history)


def _at_maximum(
    model: type[Model], found: Maximum, longest: float, orders: float, history: PurchaseHistory
) -> Model:
    """The model in the customers' own unit: a density of order times is counted per unit of time."""
    times = np.array([longest if name in ("alpha", "beta") else 1.0 for name in model.names])
    log_likelihood = found.log_likelihood - orders * float(np.log(longest))
    return model(
        np.exp(found.log_parameters) * times, found.log_covariance, log_likelihood, history.n, history.unit
    )


def alive(log_odds_gone: Floats) -> Floats:
    """P(alive) from the log odds of having left."""
    probability: Floats = expit(-log_odds_gone)
    return probability


def discounted_orders(
    model: type[BuyTillYouDie], parameters: Floats, time: float, rate: float, frequency: Floats, age: Floats
) -> Floats:
    """Orders within `time` of customers still there, each discounted to now at the continuous `rate`.

    Notes
    -----
    By parts: exp(-rate H) E(H) + rate * integral from 0 to H of exp(-rate t) E(t) dt, E the expected orders
    up to t; the integral by Gauss-Legendre with 16 nodes.
    """
    total: Floats = np.exp(-rate * time) * model.orders_if_alive(parameters, np.full(1, time), frequency, age)
    if rate == 0:
        return total
    nodes = ((_NODES + 1) / 2 * time)[:, np.newaxis]
    weights = rate * _WEIGHTS / 2 * time * np.exp(-rate * nodes[:, 0])
    for begin in range(0, len(total), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        total[part] += weights @ model.orders_if_alive(parameters, nodes, frequency[part], age[part])
    return total


def time_in_unit(months: float, unit: str) -> float:
    """Months counted in another unit of time."""
    return months * DAYS_IN["month"] / DAYS_IN[unit]


def _as_floats(history: PurchaseHistory) -> tuple[Floats, Floats, Floats]:
    return history.frequency.astype(np.float64), history.recency, history.age


def _time(time: float) -> float:
    if not (time >= 0 and np.isfinite(time)):
        raise ModelError(f"`time` must be a number from 0 (got {said(time)}).")
    return float(time)
