"""The textbook rates: retention, churn, lifetime and revenue retention, from a handful of numbers.

Standard library only, so that this file runs wherever Python does.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from retention_core.errors import RateError, said

_NOISE = 1 + 1e-12  # 60.1 + 40.2 is a little more than 100.3 in binary


class Interval(NamedTuple):
    """Lower and upper limit of a figure."""

    low: float
    high: float


def retention_rate(at_start: float, at_end: float, won: float) -> float:
    """Share of the customers present at the start who are still there at the end.

    Parameters
    ----------
    at_start
        Customers at the start of the period, above zero.
    at_end
        Customers at the end of the period, newcomers included.
    won
        Customers at the end who were not there at the start: new and won back.

    Returns
    -------
    A fraction from 0 to 1.

    Raises
    ------
    RateError
        If the kept customers (`at_end - won`) are not between 0 and `at_start`.

    Examples
    --------
    A shop opens the year with 200 customers, wins 20 and ends with 190:

    >>> retention_rate(200, 190, 20)
    0.85
    """
    return _kept(at_start, at_end, won) / at_start


def churn_rate(at_start: float, at_end: float, won: float) -> float:
    """Share of the customers present at the start who are gone at the end; 1 - retention.

    Takes the arguments of `retention_rate` and raises the same errors.

    Examples
    --------
    >>> churn_rate(200, 190, 20)
    0.15
    """
    return (at_start - _kept(at_start, at_end, won)) / at_start


def rate_interval(kept: float, at_start: float, confidence: float = 0.95) -> Interval:
    """Wilson score interval of a retention rate of `kept` out of `at_start` customers.

    Parameters
    ----------
    kept
        Customers kept, from 0 to `at_start`.
    at_start
        Customers at the start, above zero.
    confidence
        Between 0 and 1, usually 0.95.

    Returns
    -------
    Lower and upper limit, fractions from 0 to 1.

    Raises
    ------
    RateError
        If an argument lies outside its range.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    Nine of ten kept says little; ninety of a hundred says more:

    >>> [round(limit, 3) for limit in rate_interval(9, 10)]
    [0.596, 0.982]
    >>> [round(limit, 3) for limit in rate_interval(90, 100)]
    [0.826, 0.945]
    """
    _check_start(at_start)
    _check_finite(kept=kept, confidence=confidence)
    if at_start < kept <= at_start * _NOISE:
        kept = at_start
    if not 0 <= kept <= at_start:
        raise RateError(f"`kept` must lie between 0 and `at_start`, {said(at_start)} (got {said(kept)}).")
    if not 0 < confidence < 1:
        raise RateError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
    rate = kept / at_start
    z = -NormalDist().inv_cdf((1 - confidence) / 2)  # the lower tail keeps its digits near 1
    # z^2 / n, so that a huge number of customers cannot overflow a product
    noise = z * z / at_start
    middle = (rate + noise / 2) / (1 + noise)
    reach = math.sqrt(noise * rate * (1 - rate) + noise * noise / 4) / (1 + noise)
    low = 0.0 if kept == 0 else max(0.0, middle - reach)
    high = 1.0 if kept == at_start else min(1.0, middle + reach)
    return Interval(low, high)


def convert_rate(rate: float, from_months: float, to_months: float) -> float:
    """A retention rate over one stretch of time as the same steady rate over another.

    The conversion `rate ** (to_months / from_months)` assumes steady churn: every month loses
    the same share of those left. Real churn slows with tenure, so a yearly rate converted from a
    monthly one is usually too low.

    Parameters
    ----------
    rate
        Retention over `from_months` months, a fraction from 0 to 1.
    from_months, to_months
        Lengths in months, above zero.

    Returns
    -------
    Retention over `to_months` months, a fraction from 0 to 1.

    Raises
    ------
    RateError
        If the rate is not a fraction or a length is not above zero.

    Examples
    --------
    Keeping 97 % a month is keeping 69 % a year:

    >>> round(convert_rate(0.97, 1, 12), 4)
    0.6938
    """
    _check_share(rate=rate)
    _check_above_zero(from_months=from_months, to_months=to_months)
    return float(rate ** (to_months / from_months))


def customer_lifetime(churn: float) -> float:
    """Expected number of periods a customer stays when every period loses the share `churn`.

    Parameters
    ----------
    churn
        Share lost a period, above 0 and at most 1.

    Returns
    -------
    Periods, in the unit of the churn rate: 1 / churn (mean of the geometric distribution).

    Raises
    ------
    RateError
        If the churn is not above 0 and at most 1.

    Examples
    --------
    Losing a fifth a year means staying five years:

    >>> customer_lifetime(0.2)
    5.0
    """
    _check_share(churn=churn)
    if churn == 0:
        raise RateError("`churn` must be above zero: where nobody leaves, a lifetime has no end (got 0).")
    lifetime = 1 / churn
    if math.isinf(lifetime):
        raise RateError(f"`churn` is too close to zero to give a lifetime (got {said(churn)}).")
    return lifetime


def gross_revenue_retention(opening: float, contraction: float, churned: float) -> float:
    """Share of the opening recurring revenue left after losses, growth not counted (GRR).

    Parameters
    ----------
    opening
        Recurring revenue at the start, above zero.
    contraction
        Revenue lost to downgrades of customers who stayed, zero or more.
    churned
        Revenue lost with customers who left, zero or more.

    Returns
    -------
    A fraction from 0 to 1: (opening - contraction - churned) / opening.

    Raises
    ------
    RateError
        If an amount is negative or the losses exceed the opening revenue.

    Examples
    --------
    >>> gross_revenue_retention(1000, contraction=30, churned=70)
    0.9
    """
    return _revenue_left(opening, contraction, churned) / opening


def net_revenue_retention(
    opening: float, expansion: float, contraction: float, churned: float, reactivated: float = 0.0
) -> float:
    """Opening customers' recurring revenue at the end over the opening revenue (NRR, NDR).

    Parameters
    ----------
    opening
        Recurring revenue at the start, above zero.
    expansion
        Revenue gained from customers of the opening, zero or more.
    contraction, churned
        Revenue lost to downgrades and to customers who left, zero or more.
    reactivated
        Revenue of customers who had left and came back, zero or more. Vendors disagree whether it
        belongs; by default it does not.

    Returns
    -------
    A fraction, 0 or more, above 1 where expansion outweighs the losses.

    Raises
    ------
    RateError
        If an amount is negative or the losses exceed the opening revenue.

    Examples
    --------
    >>> net_revenue_retention(1000, expansion=150, contraction=30, churned=70)
    1.05
    """
    _check_counts(expansion=expansion, reactivated=reactivated)
    net = (_revenue_left(opening, contraction, churned) + expansion + reactivated) / opening
    if math.isinf(net):
        raise RateError(
            f"`expansion` is too large for an opening of {said(opening)} (got {said(expansion)})."
        )
    return net


def _kept(at_start: float, at_end: float, won: float) -> float:
    _check_start(at_start)
    _check_counts(at_end=at_end, won=won)
    kept = at_end - won
    if at_start < kept <= at_start * _NOISE:
        return at_start
    if kept < 0:
        raise RateError(
            f"`won` must not exceed `at_end`: {said(won)} won, but only {said(at_end)} customers at the end."
        )
    if kept > at_start:
        raise RateError(
            f"`at_end` less `won` leaves {said(kept)} kept customers, more than the {said(at_start)} at the "
            "start: check that `won` counts everyone who was not there at the start."
        )
    return kept


def _revenue_left(opening: float, contraction: float, churned: float) -> float:
    _check_finite(opening=opening)
    if opening <= 0:
        raise RateError(
            f"`opening` must be above zero: with no revenue there is nothing to retain (got {said(opening)})."
        )
    _check_counts(contraction=contraction, churned=churned)
    left = opening - contraction - churned
    if left < 0 and contraction + churned <= opening * _NOISE:
        return 0.0
    if left < 0:
        raise RateError(
            f"`contraction` and `churned` must not exceed `opening`, {said(opening)} "
            f"(got {said(contraction)} and {said(churned)})."
        )
    return left


def _check_start(at_start: float) -> None:
    _check_finite(at_start=at_start)
    if at_start <= 0:
        raise RateError(
            "`at_start` must be above zero: with no customers there is nothing to retain "
            f"(got {said(at_start)})."
        )


def _check_finite(**numbers: float) -> None:
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise RateError(f"`{name}` must be a finite number (got {said(number)}).")


def _check_counts(**numbers: float) -> None:
    _check_finite(**numbers)
    for name, number in numbers.items():
        if number < 0:
            raise RateError(f"`{name}` must be zero or more (got {said(number)}).")


def _check_above_zero(**numbers: float) -> None:
    _check_finite(**numbers)
    for name, number in numbers.items():
        if number <= 0:
            raise RateError(f"`{name}` must be above zero (got {said(number)}).")


def _check_share(**numbers: float) -> None:
    _check_finite(**numbers)
    for name, number in numbers.items():
        if not 0 <= number <= 1:
            raise RateError(
                f"`{name}` must be a fraction from 0 to 1, such as 0.9 for 90 % (got {said(number)})."
            )
