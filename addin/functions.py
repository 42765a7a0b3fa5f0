"""THE catalogue: every worksheet function, declared once.

A function's name, first docstring line, annotations and Parameters are what the function wizard of
every host shows; `native` is the same calculation as an Excel formula. Hosts, reference and help are
generated from `FUNCTIONS`. The functions take values that are already read; `addin.calls.call` takes
cells.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from addin.catalogue import Catalogue
from addin.kept import once_for_columns
from addin.kinds import Amounts, Count, Customers, Dates, Day, Days, Money, Months, Periods, Rate, Table, Text
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
from retention_core.errors import RetentionError

if TYPE_CHECKING:
    from retention_core.benchmarks import Benchmark
    from retention_core.lorenz import Ranking
    from retention_core.movements import OrderDays

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
_USUAL_METRIC = "customer_retention_rate"
_BENCHMARK_COLUMNS = (
    "industry", "sub_segment", "metric", "period", "statistic", "value", "year", "region", "confidence",
    "headline", "source_name", "source_title", "source_url", "sample_note", "definition_note",
)  # fmt: skip
_PERIOD_FIGURES = (
    "at_start", "at_end", "new", "reactivated", "lost", "kept", "rate", "low", "high", "complete",
)  # fmt: skip


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


@FUNCTIONS.declare(words={"name": "industry"}, native=tables.BENCHMARK)
def BENCHMARK(industry: Text, metric: Text = _USUAL_METRIC) -> Rate:
    """A published yearly retention figure of an industry; BENCHMARKS tells its year, sample and source.

    Parameters
    ----------
    industry
        Name of the industry, as BENCHMARKS() lists it.
    metric
        Which figure, such as net_revenue_retention; customer_retention_rate if left out.

    Returns
    -------
    The figure as a fraction: 0.63 is 63 %.

    Examples
    --------
    >>> BENCHMARK("Retail")
    0.63
    """
    return _benchmark(industry, metric).value


@FUNCTIONS.declare(native=tables.BENCHMARK_GAP)
def BENCHMARK_GAP(rate: Rate, industry: Text, metric: Text = _USUAL_METRIC) -> Rate:
    """How far a yearly rate lies above (or, negative, below) the published figure of an industry.

    Parameters
    ----------
    rate
        Your own yearly rate of the same metric, a fraction such as 0.9.
    industry
        Name of the industry, as BENCHMARKS() lists it.
    metric
        Which figure, such as net_revenue_retention; customer_retention_rate if left out.

    Returns
    -------
    Rate less benchmark, as a fraction: 0.05 is five percentage points.

    Examples
    --------
    >>> round(BENCHMARK_GAP(0.7, "Retail"), 2)
    0.07
    """
    from retention_core.benchmarks import compare

    return compare(rate, _benchmark(industry, metric), interval=None, metric=metric).gap


@FUNCTIONS.declare(words={"at_start": "start_customers"}, native=tables.BENCHMARK_VERDICT)
def BENCHMARK_VERDICT(
    kept: Count, start_customers: Count, industry: Text, metric: Text = _USUAL_METRIC
) -> Text:
    """Whether a year's retention is above or below the industry's figure, or too uncertain to tell.

    Parameters
    ----------
    kept
        Customers of the start who are still there a year later.
    start_customers
        Customers at the start of the year, above zero.
    industry
        Name of the industry, as BENCHMARKS() lists it.
    metric
        customer_retention_rate, the usual one, or logo_churn_rate, which is compared as 1 - churn.

    Returns
    -------
    "above", "below" or "cannot tell": the last where the 95 % interval of the rate covers the figure.

    Examples
    --------
    >>> BENCHMARK_VERDICT(700, 1000, "Retail")
    'above'
    >>> BENCHMARK_VERDICT(7, 10, "Retail")
    'cannot tell'
    """
    from retention_core.benchmarks import LOSSES, compare, convert_benchmark

    interval = rates.rate_interval(kept, start_customers)
    benchmark = _benchmark(industry, metric)
    if benchmark.metric in LOSSES:
        benchmark = convert_benchmark(benchmark, metric=_USUAL_METRIC)
    return compare(kept / start_customers, benchmark, interval=interval, metric=_USUAL_METRIC).verdict


@FUNCTIONS.declare(native=tables.BENCHMARKS)
def BENCHMARKS(industry: Text | None = None) -> Table:
    """Table of published figures with year, sample and source, of one industry or of all.

    Single companies and figures of low confidence are left out.

    Parameters
    ----------
    industry
        Name of one industry; all if left out.

    Returns
    -------
    One row a figure, under a header.

    Examples
    --------
    >>> BENCHMARKS("Retail")[1][5]
    0.63
    """
    from retention_core.benchmarks import load_benchmarks

    found = load_benchmarks().listing(industry)
    if not found:
        raise RetentionError("`industry` has figures of single companies or of low confidence only.")
    rows = [[getattr(figure, name) for name in _BENCHMARK_COLUMNS] for figure in found]
    return [list(_BENCHMARK_COLUMNS), *rows]


@FUNCTIONS.declare(words={"values": "amounts"}, native=tables.PARETO)
def PARETO(customers: Customers, amounts: Amounts) -> Table:
    """Customers by value, best first, with their share, the cumulative share and the class A, B or C.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.

    Returns
    -------
    Columns customer, value, share, cumulative_share and class (A up to 80 % of the value, B up to 95 %).

    Examples
    --------
    >>> for row in PARETO(["Ann", "Bo", "Ann"], [50, 20, 30]):
    ...     print(row)
    ['customer', 'value', 'share', 'cumulative_share', 'class']
    ['Ann', 80.0, 0.8, 0.8, 'A']
    ['Bo', 20.0, 0.2, 1.0, 'B']
    >>> PARETO(["Ann", "Bo", "Ann"], [50, 20, 30])[1][2]
    0.8
    """
    columns = _concentration(customers, amounts).columns()
    return [list(columns), *map(list, zip(*columns.values(), strict=True))]


def _shares_of_top(customers: Customers, amounts: Amounts) -> Callable[[float], float]:
    from retention_core.lorenz import share_of_top

    curve = _concentration(customers, amounts).curve
    return lambda top: share_of_top(curve, top)


@FUNCTIONS.declare(words={"values": "amounts", "p": "top"}, native=tables.PARETO_SHARE, once=_shares_of_top)
def PARETO_SHARE(customers: Customers, amounts: Amounts, top: Rate = 0.2) -> Rate:
    """Share of the total value that the top customers bring, such as the top 20 %.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.
    top
        The best customers asked about, as a fraction of all; 0.2 if left out.

    Returns
    -------
    A fraction, read off the Lorenz curve; above 1 where refunds push other customers below zero.

    Examples
    --------
    >>> PARETO_SHARE(["Ann", "Bo", "Cy", "Di", "Ed"], [60, 10, 10, 10, 10])
    0.6
    """
    return _shares_of_top(customers, amounts)(top)


def _customers_behind(customers: Customers, amounts: Amounts) -> Callable[[float], float]:
    from retention_core.lorenz import customers_behind

    curve = _concentration(customers, amounts).curve
    return lambda share: customers_behind(curve, share)


@FUNCTIONS.declare(words={"values": "amounts"}, native=tables.PARETO_CUSTOMERS, once=_customers_behind)
def PARETO_CUSTOMERS(customers: Customers, amounts: Amounts, share: Rate = 0.8) -> Rate:
    """Share of the customers, best first, who together bring a share of the total value, such as 80 %.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.
    share
        Share of the value asked about, as a fraction; 0.8 if left out.

    Returns
    -------
    The smallest number of customers that reaches the share, over all customers.

    Examples
    --------
    >>> PARETO_CUSTOMERS(["Ann", "Bo", "Cy", "Di", "Ed"], [60, 20, 10, 5, 5])
    0.4
    """
    return _customers_behind(customers, amounts)(share)


@FUNCTIONS.declare(words={"values": "amounts"}, native=tables.GINI)
def GINI(customers: Customers, amounts: Amounts) -> Rate:
    """Gini coefficient of value over customers: 0 where all bring the same, towards 1 where one brings all.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.

    Returns
    -------
    A fraction from 0 to 1; above that where refunds push customers below zero.

    Examples
    --------
    >>> GINI(["Ann", "Bo", "Cy", "Di"], [0, 0, 0, 80])
    0.75
    """
    from retention_core.lorenz import gini_coefficient

    return gini_coefficient(_concentration(customers, amounts).curve)


@FUNCTIONS.declare(
    words={"start": "period_start", "end": "last_day"}, native=tables.PERIOD_RETENTION, sets_aside=True
)
def PERIOD_RETENTION(
    customers: Customers,
    dates: Dates,
    period_start: Day,
    last_day: Day,
    amounts: Amounts | None = None,
    active_days: Days | None = None,
) -> Table:
    """Customers kept, lost, new and won back in one period of an order log, with the retention rate.

    A customer is active at an instant when an order lies within the days before it that
    `active_days` says. The rate is empty where nobody was active at the start. Rows without a customer,
    without a date or, where amounts are given, without an amount are set aside and counted in
    rows_set_aside; so are rows whose date or amount cannot be read.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    period_start
        First day of the period.
    last_day
        Last day of the period; it belongs to the period.
    amounts
        Column of amounts: rows below zero are refunds and no orders. If left out, every row is an order.
    active_days
        Days a customer counts as active after an order; if left out, as long as the period itself.

    Returns
    -------
    A header and one row: start, last_day, at_start, at_end, new, reactivated, lost, kept, rate, low,
    high (95 % interval), complete, rows_used, rows_set_aside.

    Examples
    --------
    Ann and Bo bought in January, Ann and Cy in February; the ninth column is the rate:

    >>> from datetime import date
    >>> days = [date(2024, 1, 5), date(2024, 1, 9), date(2024, 2, 7), date(2024, 2, 8)]
    >>> PERIOD_RETENTION(["Ann", "Bo", "Ann", "Cy"], days, date(2024, 2, 1), date(2024, 2, 29))[1][8]
    0.5
    """
    from retention_core.movements import period_of_orders
    from retention_core.parsing import EARLIEST, LATEST

    for name, day in (("period_start", period_start), ("last_day", last_day)):
        if not EARLIEST <= day <= LATEST:
            raise RetentionError(f"`{name}` must lie between {EARLIEST.year} and {LATEST.year} (got {day}).")
    if last_day < period_start:
        raise RetentionError(
            f"`last_day` must not lie before `period_start`, {period_start} (got {last_day})."
        )
    orders = _orders(customers, dates, amounts)
    period = period_of_orders(orders, period_start, last_day + timedelta(days=1), active_days=active_days)
    figures = {name: getattr(period, name) for name in _PERIOD_FIGURES}
    rows = {"rows_used": orders.rows_used, "rows_set_aside": orders.rows - orders.rows_used}
    table = {"start": period_start, "last_day": last_day, **figures, **rows}
    return [list(table), list(table.values())]


def _interval(at_start: float, at_end: float, won: float, confidence: float) -> rates.Interval:
    rates.retention_rate(at_start, at_end, won)
    return rates.rate_interval(at_end - won, at_start, confidence)


def _benchmark(industry: str, metric: str) -> Benchmark:
    found = _looked_up(industry, metric)
    if isinstance(found, RetentionError):
        raise RetentionError(found.sentence)
    return found


@lru_cache(maxsize=1024)
def _looked_up(industry: str, metric: str) -> Benchmark | RetentionError:
    """The figure or why there is none, kept because a spilling call asks the same for every row."""
    from retention_core.benchmarks import benchmark

    try:
        return benchmark(industry, metric=metric)
    except RetentionError as error:
        return error


@once_for_columns
def _orders(customers: Customers, dates: Dates, amounts: Amounts | None) -> OrderDays:
    """The orders of the rows that can be used."""
    from retention_core.movements import order_days

    return order_days(customers, dates, amounts)


@once_for_columns
def _concentration(customers: Customers, amounts: Amounts) -> Ranking:
    """The customers' totals, ranked; each customer under the first spelling."""
    from retention_core.lorenz import rank_purchases

    return rank_purchases(customers, amounts)
