"""What a customer, a point of retention and one customer's keeping are worth: the formulas.

Standard library only: worksheet functions compute with this file. All rates belong to the same period as the
margin, mostly a year.
"""

from __future__ import annotations

import math
import sys
from numbers import Real

from retention_core.errors import RetentionError, said

POINT = 0.01
UPLIFT = 0.05
DISCOUNT = 0.1
_NOISE = 1e-12  # 0.7 + 0.1 + 0.2 is not quite 1 in binary


class WorthError(RetentionError):
    """Figures that give no worth."""


def customer_worth(margin: float, retention: float, discount: float = DISCOUNT) -> float:
    """What a customer is worth today, its first margin paid now and a further one each period it stays.

    Parameters
    ----------
    margin
        What a customer brings a period, in money after the costs of serving it; may be below zero.
    retention
        Share of the customers who stay from one period to the next, 0 to 1, the same for ever.
    discount
        What money loses a period by coming later, 0 to 1; above zero where `retention` is 1.

    Returns
    -------
    Money of today: margin * (1 + discount) / (1 + discount - retention).

    Raises
    ------
    WorthError
        If an argument lies outside its range or the worth has no end.

    References
    ----------
    Gupta & Lehmann (2003), Customers as assets, Journal of Interactive Marketing 17(1), 9-24. Their
    formula leaves out the margin paid now.

    Examples
    --------
    Customers who bring 100 a year, four fifths of whom stay:

    >>> round(customer_worth(100, 0.8), 2)
    366.67
    """
    _check_finite(margin=margin)
    _check_fractions(retention=retention, discount=discount)
    return _finite(float(margin) * (float(1 + discount) / _leaving(retention, discount)))


def retention_worth(
    customers: float, margin: float, retention: float, points: float = POINT, discount: float = DISCOUNT
) -> float:
    """What so many points of retention more, kept for ever, are worth for all customers together.

    Parameters
    ----------
    customers
        Customers now, zero or more.
    margin, retention, discount
        As in `customer_worth`.
    points
        Added to `retention`; below zero for what it costs to lose them. One point is 0.01.

    Returns
    -------
    Money of today: customers * (worth at retention + points - worth at retention).

    Raises
    ------
    WorthError
        If an argument or `retention` plus `points` lies outside its range.

    Examples
    --------
    >>> round(retention_worth(1000, 100, 0.8), 2)
    12643.68
    >>> round(retention_worth(1000, 100, 0.8, points=-0.01), 2)
    -11827.96
    """
    _check_finite(customers=customers)
    if customers < 0:
        raise WorthError(f"`customers` must be zero or more (got {said(customers)}).")
    return _finite(float(customers) * _gain(margin, retention, "points", points, discount))


def break_even_spend(
    margin: float, retention: float, uplift: float = UPLIFT, discount: float = DISCOUNT
) -> float:
    """The most that may be spent today on one customer to raise its retention by `uplift` for good.

    Parameters
    ----------
    margin, retention, discount
        As in `customer_worth`.
    uplift
        Added to the customer's retention of every period to come, zero or more. Where the spending lifts
        the next period alone, see `break_even_once`.

    Returns
    -------
    Money of today: worth at retention + uplift - worth at retention.

    Raises
    ------
    WorthError
        If an argument or `retention` plus `uplift` lies outside its range.

    Examples
    --------
    >>> round(break_even_spend(100, 0.8), 2)
    73.33
    """
    _check_uplift(uplift)
    return _finite(_gain(margin, retention, "uplift", uplift, discount))


def break_even_once(
    margin: float, retention: float, uplift: float = UPLIFT, discount: float = DISCOUNT
) -> float:
    """The most that may be spent today on one customer to raise its retention in the next period alone.

    Takes the arguments of `break_even_spend` and raises the same errors.

    Returns
    -------
    Money of today: uplift * margin / (1 + discount - retention), the chance gained of a customer worth as
    much as today a period later.

    Examples
    --------
    >>> round(break_even_once(100, 0.8), 2)
    16.67
    """
    _check_uplift(uplift)
    _gain(margin, retention, "uplift", uplift, discount)
    return _finite(float(margin) * (float(uplift) / _leaving(retention, discount)))


def raised(retention: float, name: str, points: float) -> float:
    """`retention` plus the points of that name, checked to be a fraction.

    Raises
    ------
    WorthError
        If either makes no sense.
    """
    _check_fractions(retention=retention)
    _check_finite(**{name: points})
    total = retention + points
    if not -_NOISE <= total <= 1 + _NOISE:
        raise WorthError(
            f"`retention` plus `{name}` must lie between 0 and 1 (got {said(retention)} and "
            f"{said(points)}): one point is 0.01."
        )
    return min(max(total, 0.0), 1.0)


def _gain(margin: float, retention: float, name: str, points: float, discount: float) -> float:
    """V(retention + points) - V(retention), as one fraction: a difference of near equals loses digits."""
    _check_finite(margin=margin)
    _check_fractions(discount=discount)
    after = raised(retention, name, points)
    left, still_left = _leaving(retention, discount), _leaving(after, discount)
    return float(margin) * (float(1 + discount) / left) * (float(points) / still_left)


def _leaving(retention: float, discount: float) -> float:
    """1 + discount - retention, above zero."""
    left = float((1 - retention) + discount)
    if left <= 0:
        raise WorthError(
            "`discount` must be above zero where everyone stays: the worth would have no end "
            f"(got {said(discount)})."
        )
    return left


def _check_uplift(uplift: float) -> None:
    _check_finite(uplift=uplift)
    if uplift < 0:
        raise WorthError(
            f"`uplift` must be zero or more: nobody spends to lose a customer sooner (got {said(uplift)})."
        )


def _finite(worth: float) -> float:
    if not math.isfinite(worth):
        raise WorthError("`margin` is too large for the other figures: the worth exceeds every number.")
    return worth + 0.0


def _check_finite(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (isinstance(number, Real) and abs(number) <= sys.float_info.max):
            raise WorthError(f"`{name}` must be a finite number (got {said(number)}).")


def _check_fractions(**numbers: float) -> None:
    _check_finite(**numbers)
    for name, number in numbers.items():
        if not 0 <= number <= 1:
            raise WorthError(
                f"`{name}` must be a fraction from 0 to 1, such as 0.1 for 10 % (got {said(number)})."
            )
