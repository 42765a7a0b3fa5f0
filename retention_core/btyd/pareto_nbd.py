"""Pareto/NBD: customers leave at a moment of their own, with or without an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from retention_core.btyd.forecasting import BuyTillYouDie, fitted
from retention_core.btyd.purchases import Floats, Patterns, PurchaseHistory

STARTS = ((0.5, 0.3, 0.6, 0.3), (1.0, 1.0, 1.0, 1.0), (0.3, 0.05, 0.3, 1.0), (3.0, 1.0, 2.0, 3.0))
BLOCK = 2**10
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_PLACES, _LOG_WEIGHTS = (_NODES + 1) / 2, np.log(_WEIGHTS / 2)
_NEGLIGIBLE = 42.0  # exp(-42) is below the last digit of a double


class _Leaving(NamedTuple):
    """Moments tau at which customers may have left after their last order, one column a moment.

    `log_odds` are those of having left at all, `density` the density of the moments but for a factor, and
    the others alpha + tau, beta + tau and their logarithms.
    """

    log_odds: Floats
    density: Floats
    to_rate: Floats
    to_end: Floats
    log_rate: Floats
    log_end: Floats

    def mean(self, over: Floats) -> Floats:
        """Mean over the moments."""
        weighed: Floats = np.einsum("ij,ij->i", self.density, over) / self.density.sum(axis=1)
        return weighed


@dataclass(frozen=True, slots=True, eq=False)
class ParetoNBD(BuyTillYouDie):
    """Pareto/NBD, fitted by `fit_pareto_nbd` or made with `ParetoNBD.given(r=, alpha=, s=, beta=)`.

    Notes
    -----
    A customer orders at a rate lambda, gamma(r, alpha) distributed over customers, and leaves at a rate mu,
    gamma(s, beta) distributed. The likelihood is

    Gamma(r + x) / Gamma(r) alpha^r beta^s {(alpha + T)^-(r + x) (beta + T)^-s + s I},
    I = integral from t_x to T of (alpha + tau)^-(r + x) (beta + tau)^-(s + 1) dtau.

    The papers write I as a difference of two hypergeometric functions, which loses all digits when the last
    order was just now or the customer is busy, and needs a form each for alpha above and below beta. Here I
    is integrated in log(min(alpha, beta) + tau), 48 Gauss-Legendre nodes up to where nothing is left, in
    logarithms: one form, no difference, and the gradient comes from the same nodes.

    References
    ----------
    Schmittlein, Morrison and Colombo (1987), Counting Your Customers, Management Science 33(1). Fader and
    Hardie (2005), A Note on Deriving the Pareto/NBD Model, brucehardie.com/notes/009: equations 18 to 20
    (likelihood), 36 (P(alive)), 41 (expected orders).

    Examples
    --------
    >>> from retention_core.btyd.purchases import purchases
    >>> model = ParetoNBD.given(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    >>> customers = purchases([2, 0], [30.43, 0], [38.86, 38.86])
    >>> model.alive(customers).round(3).tolist(), model.expected_orders(39, customers).round(3).tolist()
    ([0.869, 0.295], [1.455, 0.107])
    """

    name: ClassVar[str] = "Pareto/NBD"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    @staticmethod
    def log_odds_gone(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """See `BuyTillYouDie.log_odds_gone`."""
        odds = np.empty(len(frequency))
        for begin in range(0, len(frequency), BLOCK):
            part = slice(begin, begin + BLOCK)
            odds[part] = _leaving(parameters, frequency[part], recency[part], age[part]).log_odds
        return odds

    @staticmethod
    def orders_if_alive(parameters: Floats, time: Floats, frequency: Floats, age: Floats) -> Floats:
        """(r + x) (beta + T) / (alpha + T) * (1 - ((beta + T) / (beta + T + t))^(s - 1)) / (s - 1)."""
        r, alpha, s, beta = parameters
        growth = np.log1p(time / (beta + age))
        fall = (s - 1) * growth
        shrinking = np.divide(-np.expm1(-fall), fall, out=np.ones_like(fall), where=fall != 0)
        expected: Floats = (r + frequency) * (beta + age) / (alpha + age) * growth * shrinking
        return expected

    @staticmethod
    def likelihood(parameters: Floats, patterns: Patterns) -> tuple[float, Floats]:
        """See `BuyTillYouDie.likelihood`."""
        value, slope = 0.0, np.zeros(4)
        for begin in range(0, len(patterns.count), BLOCK):
            part = slice(begin, begin + BLOCK)
            here = (array[part] for array in (patterns.frequency, patterns.recency, patterns.age))
            found, inclined = _likelihood(parameters, patterns.count[part], *here)
            value += found
            slope += inclined
        return value, slope


def fit_pareto_nbd(history: PurchaseHistory) -> ParetoNBD:
    """Pareto/NBD by maximum likelihood.

    Raises
    ------
    ModelError
        If nobody ordered again or there is no clear maximum; the sentence says what to try.
    """
    return fitted(ParetoNBD, history, STARTS)


def _likelihood(
    parameters: Floats, count: Floats, x: Floats, recency: Floats, age: Floats
) -> tuple[float, Floats]:
    r, alpha, s, beta = parameters
    leaving = _leaving(parameters, x, recency, age)
    shrunk = np.exp(-np.abs(leaving.log_odds))
    gone = np.where(leaving.log_odds > 0, 1.0, shrunk) / (1 + shrunk)
    log_rate, log_end = np.log(alpha + age), np.log(beta + age)
    ordering = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * log_rate
    staying = s * (np.log(beta) - log_end)
    value = ordering + staying + np.maximum(leaving.log_odds, 0) + np.log1p(shrunk)
    slopes = (
        digamma(r + x)
        - digamma(r)
        + np.log(alpha)
        - log_rate
        + gone * (log_rate - leaving.mean(leaving.log_rate)),
        r / alpha
        - (r + x) / (alpha + age)
        + gone * (r + x) * (1 / (alpha + age) - leaving.mean(1 / leaving.to_rate)),
        np.log(beta) - log_end + gone * (1 / s + log_end - leaving.mean(leaving.log_end)),
        s / beta - s / (beta + age) + gone * (s / (beta + age) - (s + 1) * leaving.mean(1 / leaving.to_end)),
    )
    return float(count @ value), np.array([float(count @ slope) for slope in slopes])


def _leaving(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> _Leaving:
    r, alpha, s, beta = parameters
    least = min(alpha, beta)
    power = r + frequency
    wide = np.log1p((_last_moment(parameters, power, recency, age) - recency) / (least + recency))
    start = np.log(least + recency)
    moment = start[:, None] + wide[:, None] * _PLACES
    tau = np.exp(moment) - least
    to_rate, to_end = np.maximum(alpha + tau, alpha), np.maximum(beta + tau, beta)
    log_rate, log_end = np.log(to_rate), np.log(to_end)
    fall = moment + _LOG_WEIGHTS - power[:, None] * log_rate - (s + 1) * log_end
    highest = fall.max(axis=1)
    density = np.exp(fall - highest[:, None])
    width = np.log(wide, out=np.full(len(wide), -np.inf), where=wide > 0)
    survived = power * np.log(alpha + age) + s * np.log(beta + age)
    log_odds = np.log(s) + highest + np.log(density.sum(axis=1)) + width + survived
    return _Leaving(log_odds, density, to_rate, to_end, log_rate, log_end)


def _last_moment(parameters: Floats, power: Floats, recency: Floats, age: Floats) -> Floats:
    """The end of the observation, or the moment after which leaving is too unlikely to count."""
    _, alpha, s, beta = parameters
    by_rate = recency + (alpha + recency) * np.expm1(np.minimum(_NEGLIGIBLE / power, 300))
    by_end = recency + (beta + recency) * np.expm1(min(_NEGLIGIBLE / (s + 1), 300))
    last: Floats = np.minimum(age, np.minimum(by_rate, by_end))
    return last
