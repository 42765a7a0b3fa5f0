"""Worksheet functions of an order log with dates: a period, cohorts, RFM."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from addin.catalogue import Catalogue
from addin.declared.answers import table_of
from addin.declared.order_rows import refuse_day, refuse_unusable
from addin.kept import once_for_columns
from addin.kinds import Amounts, CohortMeasure, CohortPeriod, Customers, Dates, Day, Days, Table
from addin.native import order_tables, tables
from retention_core.errors import RetentionError

if TYPE_CHECKING:
    from retention_core.purchases import OrderDays

FUNCTIONS = Catalogue()

_PERIOD_FIGURES = (
    "at_start", "at_end", "new", "reactivated", "lost", "kept", "rate", "low", "high", "complete",
)  # fmt: skip


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

    refuse_day("period_start", period_start)
    refuse_day("last_day", last_day)
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
    refuse_unusable(dates, amounts)
    cohorts = cohorts_of_purchases(customers, dates, amounts, period=period, measure=measure)
    return table_of(cohorts.columns())


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
        refuse_day("as_of", as_of)
    refuse_unusable(dates, amounts)
    return table_of(rfm_of_purchases(customers, dates, amounts, as_of=as_of).columns())


@once_for_columns
def _orders(customers: Customers, dates: Dates, amounts: Amounts | None) -> OrderDays:
    """The orders of the rows that can be used."""
    from retention_core.purchases import order_days

    return order_days(customers, dates, amounts)
