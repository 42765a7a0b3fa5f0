"""Worksheet functions of figures that are known: retention, churn, lifetimes and revenue retention."""

from __future__ import annotations

from addin.catalogue import Catalogue
from addin.kinds import Count, Customers, Money, Months, Periods, Rate
from addin.native import tables
from addin.native.blocks import (
    NOISE,
    above_zero_guards,
    confidence_guards,
    count_guards,
    kept_customers,
    native_formula,
    retention_limit,
    share_guards,
    zero_or_more_guards,
)
from retention_core import rates

FUNCTIONS = Catalogue()

_COUNTS = {"at_start": "start_customers", "at_end": "end_customers", "won": "new_customers"}
_COUNT_NAMES = ("start_customers", "end_customers", "new_customers")
_COUNT_GUARDS = count_guards(_COUNT_NAMES, _COUNT_NAMES)
_LIMIT_GUARDS = (*_COUNT_GUARDS, *confidence_guards("confidence", "confidence"))
_REVENUE_GUARDS = (
    (
        "opening<=0",
        "opening must be above zero: with no revenue there is nothing to retain (got {opening}).",
    ),
    *zero_or_more_guards("contraction", "contraction"),
    *zero_or_more_guards("churned", "churned"),
    (
        f"contraction+churned>opening*{NOISE}",
        "contraction and churned must not exceed opening, {opening} (got {contraction} and {churned}).",
    ),
)
_REVENUE_LEFT = "IF(opening-contraction-churned<0,0,opening-contraction-churned)"


@FUNCTIONS.declare(
    words=_COUNTS,
    native=native_formula(
        f"{kept_customers(*_COUNT_NAMES)}/start_customers", *_COUNT_GUARDS, numbers=" ".join(_COUNT_NAMES)
    ),
)
def RETENTION(start_customers: Count, end_customers: Count, new_customers: Count) -> Rate:
    """Share of the customers at the start of a period who are still there at its end; 0.9 is 90 %.

    Parameters
    ----------
    start_customers
        Customers at the start of the period, above zero.
    end_customers
        Customers at the end of the period, new ones included.
    new_customers
        Customers at the end who were not there at the start, won-back customers included.

    Returns
    -------
    (end - new) / start, a fraction from 0 to 1.

    Examples
    --------
    >>> RETENTION(100, 110, 20)
    0.9
    """
    return rates.retention_rate(start_customers, end_customers, new_customers)


@FUNCTIONS.declare(
    words=_COUNTS,
    native=native_formula(
        f"(start_customers-{kept_customers(*_COUNT_NAMES)})/start_customers",
        *_COUNT_GUARDS,
        numbers=" ".join(_COUNT_NAMES),
    ),
)
def CHURN(start_customers: Count, end_customers: Count, new_customers: Count) -> Rate:
    """Share of the customers at the start of a period who are gone at its end; 1 - retention.

    Parameters
    ----------
    start_customers
        Customers at the start of the period, above zero.
    end_customers
        Customers at the end of the period, new ones included.
    new_customers
        Customers at the end who were not there at the start, won-back customers included.

    Returns
    -------
    (start - (end - new)) / start, a fraction from 0 to 1.

    Examples
    --------
    >>> CHURN(100, 110, 20)
    0.1
    """
    return rates.churn_rate(start_customers, end_customers, new_customers)


@FUNCTIONS.declare(
    words=_COUNTS,
    native=native_formula(
        retention_limit(*_COUNT_NAMES, "confidence", sign="-"),
        *_LIMIT_GUARDS,
        numbers=" ".join((*_COUNT_NAMES, "confidence")),
    ),
)
def RETENTION_LOW(
    start_customers: Count, end_customers: Count, new_customers: Count, confidence: Rate = 0.95
) -> Rate:
    """Lower limit of the retention rate: how low the true rate may be, given how few customers there are.

    The Wilson score interval of the kept customers out of those at the start.

    Parameters
    ----------
    start_customers
        Customers at the start of the period, above zero.
    end_customers
        Customers at the end of the period, new ones included.
    new_customers
        Customers at the end who were not there at the start, won-back customers included.
    confidence
        How sure the interval is to hold the true rate, between 0 and 1; 0.95 if left out.

    Returns
    -------
    A fraction from 0 to 1.

    Examples
    --------
    >>> round(RETENTION_LOW(100, 110, 20), 4)
    0.8256
    """
    return _interval(start_customers, end_customers, new_customers, confidence).low


@FUNCTIONS.declare(
    words=_COUNTS,
    native=native_formula(
        retention_limit(*_COUNT_NAMES, "confidence", sign="+"),
        *_LIMIT_GUARDS,
        numbers=" ".join((*_COUNT_NAMES, "confidence")),
    ),
)
def RETENTION_HIGH(
    start_customers: Count, end_customers: Count, new_customers: Count, confidence: Rate = 0.95
) -> Rate:
    """Upper limit of the retention rate: how high the true rate may be, given how few customers there are.

    The Wilson score interval of the kept customers out of those at the start.

    Parameters
    ----------
    start_customers
        Customers at the start of the period, above zero.
    end_customers
        Customers at the end of the period, new ones included.
    new_customers
        Customers at the end who were not there at the start, won-back customers included.
    confidence
        How sure the interval is to hold the true rate, between 0 and 1; 0.95 if left out.

    Returns
    -------
    A fraction from 0 to 1.

    Examples
    --------
    >>> round(RETENTION_HIGH(100, 110, 20), 4)
    0.9448
    """
    return _interval(start_customers, end_customers, new_customers, confidence).high


@FUNCTIONS.declare(
    native=native_formula(
        "rate^(to_months/from_months)",
        *share_guards("rate", "rate"),
        *above_zero_guards("from_months", "from_months"),
        *above_zero_guards("to_months", "to_months"),
        numbers="rate from_months to_months",
    )
)
def RETENTION_CONVERT(rate: Rate, from_months: Months, to_months: Months) -> Rate:
    """A retention rate over one stretch of time as the same steady rate over another, such as month to year.

    Assumes steady churn: every month loses the same share of those left. Real churn slows with
    tenure, so a yearly rate converted from a monthly one is usually too low.

    Parameters
    ----------
    rate
        Retention over from_months, a fraction from 0 to 1.
    from_months
        Length of time the rate is for, in months.
    to_months
        Length of time wanted, in months; 12 for a yearly rate.

    Returns
    -------
    rate ^ (to_months / from_months), a fraction from 0 to 1.

    Examples
    --------
    >>> round(RETENTION_CONVERT(0.97, 1, 12), 4)
    0.6938
    """
    return rates.convert_rate(rate, from_months, to_months)


@FUNCTIONS.declare(
    native=native_formula(
        "1/churn",
        *share_guards("churn", "churn"),
        ("churn=0", "churn must be above zero: where nobody leaves, a lifetime has no end (got 0)."),
        numbers="churn",
    )
)
def CUSTOMER_LIFETIME(churn: Rate) -> Periods:
    """Periods a customer stays on average when every period loses the same share of customers.

    Parameters
    ----------
    churn
        Share of the customers lost each period, above 0 and at most 1.

    Returns
    -------
    1 / churn, in the period of the churn rate: years for a yearly rate.

    Examples
    --------
    >>> CUSTOMER_LIFETIME(0.2)
    5.0
    """
    return rates.customer_lifetime(churn)


@FUNCTIONS.declare(
    native=native_formula(
        f"({_REVENUE_LEFT}+expansion+reactivated)/opening",
        *zero_or_more_guards("expansion", "expansion"),
        *zero_or_more_guards("reactivated", "reactivated"),
        *_REVENUE_GUARDS,
        numbers="opening expansion contraction churned reactivated",
    )
)
def NRR(
    opening: Money, expansion: Money, contraction: Money, churned: Money, reactivated: Money = 0.0
) -> Rate:
    """Net revenue retention: revenue of the opening's customers at the end over the opening revenue.

    Parameters
    ----------
    opening
        Recurring revenue at the start, above zero.
    expansion
        Revenue gained from customers of the opening, zero or more.
    contraction
        Revenue lost to downgrades of customers who stayed, zero or more.
    churned
        Revenue lost with customers who left, zero or more.
    reactivated
        Revenue of customers who had left and came back; 0 if left out, since vendors disagree on it.

    Returns
    -------
    A fraction, above 1 where expansion outweighs the losses.

    Examples
    --------
    >>> NRR(1000, 150, 30, 70)
    1.05
    """
    return rates.net_revenue_retention(opening, expansion, contraction, churned, reactivated)


@FUNCTIONS.declare(
    native=native_formula(f"{_REVENUE_LEFT}/opening", *_REVENUE_GUARDS, numbers="opening contraction churned")
)
def GRR(opening: Money, contraction: Money, churned: Money) -> Rate:
    """Gross revenue retention: share of the opening recurring revenue left after losses, growth not counted.

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
    (opening - contraction - churned) / opening, a fraction from 0 to 1.

    Examples
    --------
    >>> GRR(1000, 30, 70)
    0.9
    """
    return rates.gross_revenue_retention(opening, contraction, churned)


@FUNCTIONS.declare(native=tables.REPEAT_RATE)
def REPEAT_RATE(customers: Customers) -> Rate:
    """Share of the customers who ordered twice or more, from a column with one row for each order.

    A list of order lines must be cut down to one row an order first, or customers with a single
    order of several lines count as coming back.

    Parameters
    ----------
    customers
        Column of customers, one row for each order.

    Returns
    -------
    Customers with two or more rows over all customers, a fraction from 0 to 1.

    Examples
    --------
    >>> REPEAT_RATE(["Ann", "Bo", "Ann", "Cy"])
    0.3333333333333333
    """
    from retention_core.repeats import repeat_rate

    return repeat_rate(customers)


def _interval(at_start: float, at_end: float, won: float, confidence: float) -> rates.Interval:
    rates.retention_rate(at_start, at_end, won)
    return rates.rate_interval(at_end - won, at_start, confidence)
