"""Gamma-Gamma: what an order of each customer is worth, seen through the few there were."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import digamma, gammaln

from retention_core.btyd.estimates import Estimates, ModelError, maximise
from retention_core.btyd.purchases import Floats, PurchaseHistory

STARTS = ((5.0, 4.0, 2.0), (1.0, 2.0, 1.0), (2.0, 10.0, 10.0))
_ADVICE = "try more customers with repeat orders, or look for a few amounts that outweigh all others"


@dataclass(frozen=True, slots=True, eq=False)
class GammaGamma(Estimates):
    """Gamma-Gamma, fitted by `fit_gamma_gamma` or made with `GammaGamma.given(p=, q=, v=)`.

    Attributes
    ----------
    left_out
        Customers with repeat orders whose mean value is zero or less, which the model does not know.
    correlation
        Between frequency and mean value of the customers fitted: the model takes it to be none.

    Notes
    -----
    The value of an order is gamma(p, nu) distributed around the customer's own mean, and nu is
    gamma(q, v) distributed over customers. The mean value expected of later orders is
    p (v + x m) / (p x + q - 1): the customer's own mean m drawn towards the mean of all, p v / (q - 1),
    the more so the fewer orders x there were. One-time buyers are expected to spend the mean of all,
    which exists for q above 1 only.

    References
    ----------
    Fader, Hardie and Lee (2005), RFM and CLV, Journal of Marketing Research 42(4). Fader and Hardie (2013),
    The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025: equations 1a (likelihood), 5 (mean).

    Examples
    --------
    >>> from retention_core.btyd.purchases import purchases
    >>> spending = GammaGamma.given(p=6.25, q=3.74, v=15.44)
    >>> customers = purchases([2, 1, 0], [30.43, 1.71, 0], [38.86] * 3, [22.35, 11.77, 0])
    >>> spending.expected_value(customers).round(2).tolist()
    [24.66, 18.92, 35.22]
    """

    name: ClassVar[str] = "Gamma-Gamma"
    names: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    left_out: int = 0
    correlation: float = math.nan

    def expected_value(self, history: PurchaseHistory) -> Floats:
        """Mean value of an order expected of each customer, one-time buyers included.

        Customers whose own mean is zero or less, refunds deducted, count with that mean as it is.
        """
        means, _ = _values(history)
        expected = expected_values(self.estimates, history.frequency.astype(np.float64), means)
        if not np.isfinite(expected).all():
            q = self.parameters["q"]
            raise ModelError(
                f"The mean value over all customers does not exist (q is {q:.3g}, not above 1), so nothing "
                "can be expected of one-time buyers: leave them out, or look for a few amounts that outweigh "
                "all others."
            )
        return expected

    @property
    def mean_value(self) -> float:
        """Mean value of an order over all customers; infinite for q up to 1."""
        p, q, v = self.estimates.tolist()
        return p * v / (q - 1) if q > 1 else math.inf


def fit_gamma_gamma(history: PurchaseHistory) -> GammaGamma:
    """Gamma-Gamma by maximum likelihood, from the customers who ordered again.

    Raises
    ------
    ModelError
        If there are no values or no clear maximum; the sentence says what to try.
    """
    means, returning = _values(history)
    usable = returning & (means > 0)
    if usable.sum() < 2:
        raise ModelError("Gamma-Gamma needs two customers or more with repeat orders of a value above zero.")
    x, m = history.frequency[usable].astype(np.float64), means[usable]
    order = np.lexsort((m, x))
    x, m = x[order], m[order]
    scale = float(np.median(m))

    def likelihood(at: Floats) -> tuple[float, Floats]:
        parameters = np.exp(at)
        value, slope = gamma_gamma_likelihood(parameters, x, m / scale)
        return value, slope * parameters

    found = maximise(likelihood, len(x), STARTS, GammaGamma, _ADVICE)
    return GammaGamma(
        np.exp(found.log_parameters) * np.array([1.0, 1.0, scale]),
        found.log_covariance,
        found.log_likelihood - len(x) * math.log(scale),
        len(x),
        history.unit,
        int(returning.sum() - usable.sum()),
        _correlation(x, m),
    )


def gamma_gamma_likelihood(parameters: Floats, frequency: Floats, mean_value: Floats) -> tuple[float, Floats]:
    """Log-likelihood of mean values of repeat orders, and its gradient in p, q and v.

    Notes
    -----
    log Gamma(px + q) - log Gamma(px) - log Gamma(q) + q log v + (px - 1) log m + px log x
    - (px + q) log(xm + v), equation 1a of Fader and Hardie (2013).
    """
    p, q, v = parameters
    orders, spent = p * frequency, frequency * mean_value + v
    log_spent, log_m, log_x = np.log(spent), np.log(mean_value), np.log(frequency)
    value = gammaln(orders + q) - gammaln(orders) - gammaln(q) + q * np.log(v)
    value = value + (orders - 1) * log_m + orders * log_x - (orders + q) * log_spent
    rising = digamma(orders + q)
    slopes = (
        frequency * (rising - digamma(orders) + log_m + log_x - log_spent),
        rising - digamma(q) + np.log(v) - log_spent,
        q / v - (orders + q) / spent,
    )
    return float(value.sum()), np.array([float(slope.sum()) for slope in slopes])


def expected_values(parameters: Floats, frequency: Floats, mean_value: Floats) -> Floats:
    """p (v + x m) / (p x + q - 1), infinite where that mean does not exist."""
    p, q, v = parameters
    known = np.where(frequency > 0, frequency * np.nan_to_num(mean_value), 0.0)
    below = p * frequency + q - 1
    modelled = np.divide(p * (v + known), below, out=np.full(len(below), np.inf), where=below > 0)
    outside = (frequency > 0) & ~(mean_value > 0)
    expected: Floats = np.where(outside, mean_value, modelled)
    return expected


def _values(history: PurchaseHistory) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    if history.mean_value is None:
        raise ModelError(
            "Gamma-Gamma needs the value of orders, and these customers come without: name the amounts."
        )
    returning = history.frequency > 0
    return np.where(returning, history.mean_value, np.nan), returning


def _correlation(x: Floats, m: Floats) -> float:
    return float(np.corrcoef(x, m)[0, 1]) if np.ptp(x) > 0 and np.ptp(m) > 0 else 0.0
