"""THE catalogue: every worksheet function, declared once.

A function's name, first docstring line, annotations and Parameters are what the function wizard of
every host shows; `native` is the same calculation as an Excel formula. Hosts, reference and help are
generated from `FUNCTIONS`. The functions take values that are already read; `addin.calls.call` takes
cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from addin.catalogue import Catalogue
from addin.kept import once_for_columns
from addin.kinds import (
    Amounts,
    CohortMeasure,
    CohortPeriod,
    Count,
    Customers,
    Dates,
    Day,
    Days,
    Durations,
    Losses,
    Money,
    Months,
    Parameter,
    Periods,
    PeriodsAhead,
    Rate,
    Survivors,
    Table,
    Text,
)
from addin.native import forecasts, order_tables, tables
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
from retention_core.errors import RetentionError, said

if TYPE_CHECKING:
    from retention_core.benchmarks import Benchmark
    from retention_core.btyd.clv import LifetimeValues
    from retention_core.btyd.forecasting import BuyTillYouDie
    from retention_core.btyd.gamma_gamma import GammaGamma
    from retention_core.btyd.purchases import PurchaseHistory
    from retention_core.lorenz import Ranking
    from retention_core.projection import RetentionModel
    from retention_core.purchases import OrderDays

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
_CLV_FIGURES = ("alive", "expected_orders", "expected_value", "value", "low", "high")
_MOST_PERIODS = 1_000
_MOST_MONTHS = 600


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

    _refuse_day("period_start", period_start)
    _refuse_day("last_day", last_day)
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


@FUNCTIONS.declare(native=order_tables.COHORTS)
def COHORTS(
    customers: Customers,
    dates: Dates,
    amounts: Amounts | None = None,
    period: CohortPeriod = "month",
    measure: CohortMeasure = "customers",
) -> Table:
    """Cohorts of customers by the period of their first order: what share of each came back at which age.

    An age is rated once every customer of the cohort has lived it in full; cells not yet lived are empty.
    Customers with nothing but refunds are in no cohort. A row that lacks a value in one of the columns is an
    error that names it.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    amounts
        Column of amounts: rows below zero are refunds and no orders. If left out, every row is an order.
    period
        Of cohorts and ages: month, quarter or year; month if left out.
    measure
        What is followed: customers who came back, their orders, or their revenue, which needs amounts;
        customers if left out.

    Returns
    -------
    Columns cohort (such as 2024-01), customers, then for each age the share of what there was at age 0.

    Examples
    --------
    Ann and Bo first bought in January; Ann came back in February, Bo in March:

    >>> from datetime import date
    >>> who = ["Ann", "Bo", "Ann", "Cy", "Bo", "Di"]
    >>> days = [date(2024, 1, 5), date(2024, 1, 9), date(2024, 2, 7), date(2024, 2, 8), date(2024, 3, 2),
    ...     date(2024, 3, 31)]
    >>> for row in COHORTS(who, days):
    ...     print(row)
    ['cohort', 'customers', 'month 0', 'month 1', 'month 2']
    ['2024-01', 2, 1.0, 0.5, 0.5]
    ['2024-02', 1, 1.0, 0.0, None]
    ['2024-03', 1, 1.0, None, None]
    >>> COHORTS(who, days, [20, 30, 15, 10, 30, 20], "quarter", "revenue")[1]
    ['2024-Q1', 4, 1.0]
    """
    from retention_core.cohort_tables import cohorts_of_purchases

    if measure == "revenue" and amounts is None:
        raise RetentionError("`measure` is revenue, which needs amounts: give them, or ask for customers.")
    _refuse_unusable(dates, amounts)
    cohorts = cohorts_of_purchases(customers, dates, amounts, period=period, measure=measure)
    return _table(cohorts.columns())


@FUNCTIONS.declare(native=order_tables.RFM)
def RFM(customers: Customers, dates: Dates, amounts: Amounts, as_of: Day | None = None) -> Table:
    """Customers scored 1 to 5 by recency, frequency and money, with the name of their segment.

    A customer's score is 1 plus the whole part of five times the share of customers who are strictly worse,
    so equal customers score alike. A row that lacks a value in one of the columns is an error that names it.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    amounts
        Column of amounts, as long as customers; refunds below zero, which are no orders.
    as_of
        Day from which recency counts back; only what lies before it counts. The day after the last order
        if left out.

    Returns
    -------
    Columns customer, recency (days since the last order), frequency (days with an order), monetary (net of
    refunds), r, f, m (scores, 5 is best) and segment, customers in the order a spreadsheet sorts them.

    Examples
    --------
    >>> from datetime import date
    >>> who = ["Ann", "Bo", "Ann", "Cy"]
    >>> days = [date(2024, 1, 5), date(2024, 1, 9), date(2024, 2, 7), date(2024, 2, 8)]
    >>> for row in RFM(who, days, [20, 30, 15, 10]):
    ...     print(row)
    ['customer', 'recency', 'frequency', 'monetary', 'r', 'f', 'm', 'segment']
    ['Ann', 2, 2, 35.0, 2, 4, 4, 'At risk']
    ['Bo', 31, 1, 30.0, 1, 1, 2, 'Hibernating']
    ['Cy', 1, 1, 10.0, 4, 1, 1, 'Promising']
    """
    from retention_core.rfm_scores import rfm_of_purchases

    if as_of is not None:
        _refuse_day("as_of", as_of)
    _refuse_unusable(dates, amounts)
    return _table(rfm_of_purchases(customers, dates, amounts, as_of=as_of).columns())


@FUNCTIONS.declare()
def SURVIVAL(durations: Durations, lost: Losses) -> Table:
    """Share of customers still there after each duration, those not seen to leave included (Kaplan-Meier).

    Parameters
    ----------
    durations
        Column of how long each customer was there or has been so far, zero or more, in any unit of time.
    lost
        Column as long as durations: 1 for a customer seen to leave, 0 for one still there; TRUE and FALSE
        will do.

    Returns
    -------
    Columns time (0, then each duration with a loss), at_risk, lost, survival, standard_error (empty where
    survival is 0), low and high (95 % interval).

    Examples
    --------
    Five customers, two of whom are still there:

    >>> for row in SURVIVAL([2, 5, 5, 8, 12], [1, 1, 0, 1, 0]):
    ...     print([round(cell, 3) if isinstance(cell, float) else cell for cell in row])
    ['time', 'at_risk', 'lost', 'survival', 'standard_error', 'low', 'high']
    [0.0, 5, 0, 1.0, 0.0, 1.0, 1.0]
    [2.0, 5, 1, 0.8, 0.179, 0.204, 0.969]
    [5.0, 4, 1, 0.6, 0.219, 0.126, 0.882]
    [8.0, 2, 1, 0.3, 0.239, 0.012, 0.719]
    """
    from retention_core.survival import survival_curve

    rows = [(time, gone) for time, gone in zip(durations, lost, strict=True) if time is not None]
    times, losses = zip(*rows, strict=True)
    return _table(survival_curve(times, losses).columns())


def _projected(survivors: Survivors) -> Callable[[int], list[list[Any]]]:
    model = _retention_model(survivors)

    def table(periods: int) -> list[list[Any]]:
        _refuse_periods(periods)
        return _table(model.project(periods).columns())

    return table


@FUNCTIONS.declare(once=_projected)
def RETENTION_FORECAST(survivors: Survivors, periods: PeriodsAhead) -> Table:
    """A cohort's retention curve so far, carried on by the shifted-beta-geometric model with its interval.

    Customers differ in their chance to leave, which each keeps; those likely to leave go first, so retention
    rises with age. Where it does not rise in the counts, one chance to leave for all is fitted.

    Parameters
    ----------
    survivors
        Column of customers left: the size of the cohort first, then after each period, two at least.
    periods
        How many periods to go on for after the last count, 1 to 1,000.

    Returns
    -------
    Columns period, observed (empty in the periods to come), projected, survival (share left), low, high (95 %
    interval of survival) and retention (share of those left a period before).

    Examples
    --------
    A cohort of 1,000 over seven years; five years on, 170 are expected to be left:

    >>> table = RETENTION_FORECAST([1000, 631, 468, 382, 326, 289, 262, 241], 5)
    >>> table[-1][0], round(table[-1][2])
    (12, 170)
    """
    return _projected(survivors)(periods)


@FUNCTIONS.declare()
def RETENTION_MODEL(survivors: Survivors) -> Table:
    """Parameters of the shifted-beta-geometric model fitted to a cohort's survivors; SBG_FORECAST takes them.

    Parameters
    ----------
    survivors
        Column of customers left: the size of the cohort first, then after each period, two at least.

    Returns
    -------
    Columns parameter, value, low and high (95 % interval), with a row for alpha and one for beta. Where
    retention does not rise with age there is one row, q: the same share exp(-q) stays in every period.

    Examples
    --------
    >>> for name, *figures in RETENTION_MODEL([1000, 631, 468, 382, 326, 289, 262, 241])[1:]:
    ...     print(name, [round(figure, 3) for figure in figures])
    alpha [0.704, 0.587, 0.845]
    beta [1.182, 0.918, 1.522]
    """
    figures = _retention_model(survivors).parameters
    rows = [[name, figure.value, figure.low, figure.high] for name, figure in figures.items()]
    return [["parameter", "value", "low", "high"], *rows]


@FUNCTIONS.declare(native=forecasts.SBG_FORECAST)
def SBG_FORECAST(alpha: Parameter, beta: Parameter, periods: PeriodsAhead) -> Table:
    """The retention curve of a new cohort by the shifted-beta-geometric model with the parameters given.

    Parameters
    ----------
    alpha
        First parameter of the customers' chances to leave, above zero; RETENTION_MODEL finds it.
    beta
        Second parameter, above zero; the share lost in the first period is alpha / (alpha + beta).
    periods
        How many periods after the start, 1 to 1,000.

    Returns
    -------
    Columns period (from 0), survival (share left) and retention (share of those left a period before, empty
    in period 0).

    Examples
    --------
    >>> for row in SBG_FORECAST(0.5, 1, 3):
    ...     print(row)
    ['period', 'survival', 'retention']
    [0, 1.0, None]
    [1, 0.6666666666666666, 0.6666666666666666]
    [2, 0.5333333333333333, 0.8]
    [3, 0.45714285714285713, 0.8571428571428571]
    """
    from retention_core.projection import sbg_curve

    _refuse_periods(periods)
    return [["period", "survival", "retention"], *map(list, sbg_curve(alpha, beta, periods))]


def _valued(customers: Customers, dates: Dates, amounts: Amounts) -> Callable[[float], list[list[Any]]]:
    from retention_core.btyd.clv import lifetime_values

    model, spending, history = _order_models(customers, dates, amounts)

    def table(months: float) -> list[list[Any]]:
        if not 0 < months <= _MOST_MONTHS:
            raise RetentionError(
                f"`months` must be a number above zero, at most {_MOST_MONTHS:,} (got {said(months)})."
            )
        return _best_first(lifetime_values(model, spending, history, months=months), history)

    return table


@FUNCTIONS.declare(once=_valued, packages=("numpy", "scipy"))
def CLV(customers: Customers, dates: Dates, amounts: Amounts, months: Months = 12) -> Table:
    """What each customer is expected to bring in the months to come, best first: orders, values, interval.

    Orders by the MBG/NBD model (customers order at a rate of their own until they leave unseen), their values
    by Gamma-Gamma, both fitted to the columns; money to come is discounted at 10 % a year. A row that lacks a
    value in one of the columns is an error that names it. Needs the Python packages numpy and scipy.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    amounts
        Column of amounts, as long as customers; refunds below zero, which are no orders.
    months
        How many months to look ahead from the last order, up to 600; 12 if left out.

    Returns
    -------
    Columns customer, orders (days with an order so far), alive (probability of being still a customer),
    expected_orders, expected_value (of one), value (discounted, of all in these months), low and high (95 %
    interval; empty where it has no bound).

    Examples
    --------
    Thirteen customers of a small shop in its first year:

    >>> from datetime import date
    >>> who = ["Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kim", "Ida", "Lee", "Bo",
    ...     "Max", "Bo", "Kim", "Ed", "Jo", "Max", "Bo", "Bo", "Ed", "Bo", "Ed", "Bo", "Ida", "Bo", "Bo",
    ...     "Gus", "Bo", "Bo", "Ida", "Bo", "Ida"]
    >>> days = [date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 13), date(2024, 1, 15),
    ...     date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 24), date(2024, 2, 10), date(2024, 2, 11),
    ...     date(2024, 2, 14), date(2024, 2, 15), date(2024, 2, 15), date(2024, 2, 17), date(2024, 2, 21),
    ...     date(2024, 2, 29), date(2024, 3, 9), date(2024, 3, 10), date(2024, 3, 13), date(2024, 3, 24),
    ...     date(2024, 4, 5), date(2024, 4, 10), date(2024, 4, 19), date(2024, 4, 21), date(2024, 4, 30),
    ...     date(2024, 5, 7), date(2024, 5, 7), date(2024, 5, 10), date(2024, 6, 19), date(2024, 7, 4),
    ...     date(2024, 7, 25), date(2024, 8, 1), date(2024, 8, 27), date(2024, 10, 6), date(2024, 11, 14),
    ...     date(2024, 12, 9)]
    >>> paid = [40, 64, 25, 45, 25, 44, 40, 12, 22, 22, 15, 17, 36, 63, 66, 65, 8, 26, 27, 41, 61, 32, 22,
    ...     46, 29, 47, 23, 66, 67, 30, 50, 35, 14, 65, 29]
    >>> for name, *figures in CLV(who, days, paid, 6)[1:4]:
    ...     print(name, [round(figure, 2) for figure in figures])
    Bo [12, 0.88, 3.82, 51.13, 190.78, 101.29, 269.74]
    Ida [5, 0.86, 2.1, 24.25, 49.87, 31.88, 98.61]
    Gus [2, 0.32, 0.48, 31.28, 14.57, 2.36, 34.96]
    """
    return _valued(customers, dates, amounts)(months)


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


def _table(columns: Mapping[str, Sequence[Any]]) -> list[list[Any]]:
    """Columns as rows below a header."""
    return [list(columns), *map(list, zip(*columns.values(), strict=True))]


def _refuse_day(name: str, day: date) -> None:
    from retention_core.parsing import EARLIEST, LATEST

    if not EARLIEST <= day <= LATEST:
        raise RetentionError(f"`{name}` must lie between {EARLIEST.year} and {LATEST.year} (got {day}).")


def _refuse_periods(periods: int) -> None:
    if not 1 <= periods <= _MOST_PERIODS:
        raise RetentionError(
            f"`periods` must be a whole number from 1 to {_MOST_PERIODS:,} (got {said(periods)})."
        )


def _refuse_unusable(dates: Dates, amounts: Amounts | None) -> None:
    """Refuse rows that the order log would set aside, where there is no place to count them."""
    from retention_core.parsing import AMOUNT_LIMIT

    for day in dates:
        if day is not None:
            _refuse_day("dates", day)
    for amount in amounts or ():
        if amount is not None and abs(amount) > AMOUNT_LIMIT:
            raise RetentionError(f"`amounts` must be numbers up to {AMOUNT_LIMIT:,.0f} (got {said(amount)}).")


@once_for_columns
def _retention_model(survivors: Survivors) -> RetentionModel:
    """The fitted model, kept because a forecast is asked of it again and again."""
    from retention_core.projection import fit_sbg

    if len(survivors) > _MOST_PERIODS + 1:
        raise RetentionError(
            f"`survivors` has {len(survivors) - 1:,} periods: give {_MOST_PERIODS:,} or fewer."
        )
    for period, left in enumerate(survivors):
        if left is None:
            raise RetentionError(
                f"`survivors` is blank in period {period}: give the customers left "
                "after each period, without gaps."
            )
    return fit_sbg([left for left in survivors if left is not None])


@once_for_columns
def _order_models(
    customers: Customers, dates: Dates, amounts: Amounts
) -> tuple[BuyTillYouDie, GammaGamma, PurchaseHistory]:
    """The models of orders and of their values, kept because fitting takes longest."""
    from retention_core.btyd.estimates import ModelError
    from retention_core.btyd.forecasting import ADVICE
    from retention_core.btyd.gamma_gamma import fit_gamma_gamma
    from retention_core.btyd.mbg_nbd import fit_mbg_nbd
    from retention_core.btyd.purchases import purchases_of_columns

    _refuse_unusable(dates, amounts)
    history = purchases_of_columns(customers, dates, amounts)
    try:
        return fit_mbg_nbd(history), fit_gamma_gamma(history), history
    except ModelError as error:
        raise RetentionError(error.sentence.replace(ADVICE, "try a longer log or more customers")) from error


def _best_first(values: LifetimeValues, history: PurchaseHistory) -> list[list[Any]]:
    figures = {
        "customer": values.customers,
        "orders": (history.frequency + 1).tolist(),
        **{name: [_bounded(x) for x in getattr(values, name).tolist()] for name in _CLV_FIGURES},
    }
    header, *rows = _table(figures)
    return [header, *sorted(rows, key=lambda row: -row[header.index("value")])]


def _bounded(figure: float) -> float | None:
    """The figure, or nothing where it has no bound, which no cell can show."""
    return figure if isfinite(figure) else None


@once_for_columns
def _orders(customers: Customers, dates: Dates, amounts: Amounts | None) -> OrderDays:
    """The orders of the rows that can be used."""
    from retention_core.purchases import order_days

    return order_days(customers, dates, amounts)


@once_for_columns
def _concentration(customers: Customers, amounts: Amounts) -> Ranking:
    """The customers' totals, ranked; each customer under the first spelling."""
    from retention_core.lorenz import rank_purchases

    return rank_purchases(customers, amounts)
