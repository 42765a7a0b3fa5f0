"""Worksheet functions of whom to keep: stages, who is due a word, and the focus list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from addin.catalogue import Catalogue
from addin.declared.answers import table_of
from addin.declared.order_rows import refuse_day, refuse_unusable
from addin.kept import once_for_columns
from addin.kinds import Amounts, Customers, Dates, Day, Table

if TYPE_CHECKING:
    from retention_core.purchases import Purchases

FUNCTIONS = Catalogue()

# what no column of a call can tell: amounts, or a log of contacts, invoices and a budget
_NEEDS_AMOUNTS = frozenset({"value"})
_NEEDS_CONTACTS = frozenset({"interest", "last_contact", "responses", "asked", "score"})
_NEEDS_INVOICES = frozenset({"solvency", "unpaid"})
_SAYS_THE_VERDICT = frozenset({"act"})


@FUNCTIONS.declare()
def STAGES(customers: Customers, dates: Dates, as_of: Day | None = None) -> Table:
    """Where each customer stands: short, medium or long-term, and on schedule, due, overdue or gone; and why.

    Short-term is a first order that a second may still follow, long-term a habit: enough orders, over enough
    time, regular enough. Medium-term is between the two. What enough is follows from the log and stands in
    the reason. The schedule goes by the customer's own gaps between orders, and by everyone's while there are
    few. Who was in contact and never ordered is unknown here: that takes a log of contacts. A row that lacks
    a value in one of the columns is an error that names it.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    as_of
        Day from which to look back; only what lies before it counts. The day after the last order if left
        out.

    Returns
    -------
    Columns customer, stage, schedule, orders (days with an order), tenure (days from first to last),
    variation (of the gaps; empty below two), typical_gap (days), last_order, expected_low, expected and
    expected_high (next order of somebody still a customer, with its 10 to 90 % interval), still_customer
    (chance) and reason, customers in the order a spreadsheet sorts them.

    Examples
    --------
    >>> from datetime import date
    >>> who = ["Ann", "Ann", "Ann", "Ann", "Bo", "Cy", "Cy"]
    >>> days = [date(2025, 1, 3), date(2025, 2, 3), date(2025, 3, 3), date(2025, 4, 3), date(2025, 3, 3),
    ...     date(2025, 1, 5), date(2025, 1, 26)]
    >>> for row in STAGES(who, days, date(2025, 4, 20)):
    ...     print(row[:4])
    ['customer', 'stage', 'schedule', 'orders']
    ['Ann', 'medium-term', 'on schedule', 4]
    ['Bo', 'short-term', 'due', 1]
    ['Cy', 'medium-term', 'due', 2]
    """
    from retention_core.stage_tables import stages_of_purchases

    _refuse_rows(dates, None, as_of)
    stages = stages_of_purchases(_purchases(customers, dates, None), as_of)
    return _without(stages.columns(), _NEEDS_AMOUNTS)


@FUNCTIONS.declare()
def DUE(customers: Customers, dates: Dates, as_of: Day | None = None) -> Table:
    """Who is due a word in the seven days from a day on: reminder, win back, thank you, ask for feedback.

    A reminder is due when the usual day of the next order comes; those overdue are to be won back, and those
    who are gone while it is no longer ago than four weeks; a first order within two weeks is thanked for. The
    most orders at stake come first. Without a log of contacts nobody knows here who was written to, who asked
    to be left alone and who gave feedback: everyone counts as not yet contacted. A row that lacks a value in
    one of the columns is an error that names it.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    as_of
        First of the seven days; only orders before it count. The day after the last order if left out.

    Returns
    -------
    Columns customer, occasion, stage, schedule, last_order, usual_day (last order and the customer's typical
    gap), days_overdue (since then), expected_low, expected and expected_high (next order given the silence so
    far, with its 10 to 90 % interval), chance (that it comes within the seven days) and reason; the header
    alone where nobody is due.

    Examples
    --------
    >>> from datetime import date
    >>> who = ["Ann", "Bo", "Cy", "Ann", "Bo", "Ann", "Di", "Ann", "Cy", "Bo", "Ann", "Ed", "Bo", "Ann",
    ...     "Flo", "Ann"]
    >>> days = [date(2025, 1, 3), date(2025, 1, 10), date(2025, 1, 12), date(2025, 2, 3),
    ...     date(2025, 2, 20), date(2025, 3, 3), date(2025, 3, 8), date(2025, 4, 3), date(2025, 4, 6),
    ...     date(2025, 4, 11), date(2025, 5, 2), date(2025, 5, 20), date(2025, 6, 1), date(2025, 6, 3),
    ...     date(2025, 6, 20), date(2025, 7, 3)]
    >>> for row in DUE(who, days, date(2025, 7, 5)):
    ...     print(row[0], row[1], row[-1], sep=": ")
    customer: occasion: reason
    Cy: reminder: Last order 90 days ago, usually orders every 56 days: 34 days over.
    Di: reminder: Last order 119 days ago, usually orders every 53 days: 66 days over.
    """
    from retention_core.due_tables import due_of_purchases

    _refuse_rows(dates, None, as_of)
    due = due_of_purchases(_purchases(customers, dates, None), as_of)
    return _without(due.columns(), _NEEDS_AMOUNTS | _NEEDS_CONTACTS)


@FUNCTIONS.declare()
def FOCUS(customers: Customers, dates: Dates, amounts: Amounts, as_of: Day | None = None) -> Table:
    """Whom to keep first, keep or let go: the value at stake against the cost of an action, with the reason.

    Assumed of the action: it costs 5 % of a typical order and saves 10 % of what leaving puts at stake. Keep
    first: it saves more than it costs. Let go: expected to bring no more than it costs. Interest and solvency
    are unknown here, as they take a log of contacts and invoices; everyone counts as of mean interest, and as
    paying. A row that lacks a value in one of the columns is an error that names it.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    amounts
        Column of amounts, as long as customers; refunds below zero, which are no orders.
    as_of
        Day from which to look back and ahead; only what lies before it counts. The day after the last order
        if left out.

    Returns
    -------
    Columns rank, customer, verdict, value and class (of the last year, or of half the log where that is
    less), top_fifth (stayed, rose, fell or below, against the period before), stage, schedule, still_customer
    (chance), expected_orders, order_value and expected_value (of the next 365 days), risk (share of them that
    leaving takes), at_stake (their value), cost, gain (what the action saves) and reason, best first.

    Examples
    --------
    >>> from datetime import date
    >>> who = ["Ann", "Bo", "Cy", "Ann", "Bo", "Ann", "Di", "Ann", "Cy", "Bo", "Ann", "Ed", "Bo", "Ann",
    ...     "Flo", "Ann"]
    >>> days = [date(2025, 1, 3), date(2025, 1, 10), date(2025, 1, 12), date(2025, 2, 3),
    ...     date(2025, 2, 20), date(2025, 3, 3), date(2025, 3, 8), date(2025, 4, 3), date(2025, 4, 6),
    ...     date(2025, 4, 11), date(2025, 5, 2), date(2025, 5, 20), date(2025, 6, 1), date(2025, 6, 3),
    ...     date(2025, 6, 20), date(2025, 7, 3)]
    >>> paid = [90, 20, 35, 80, 25, 95, 60, 85, 30, 20, 90, 15, 22, 110, 45, 100]
    >>> for row in FOCUS(who, days, paid, date(2025, 7, 5))[:4]:
    ...     print(row[:5], row[15] if row[0] == "rank" else round(row[15], 2))
    ['rank', 'customer', 'verdict', 'value', 'class'] gain
    [1, 'Ann', 'keep first', 300.0, 'A'] 11.04
    [2, 'Flo', 'keep first', 45.0, 'A'] 2.5
    [3, 'Bo', 'keep', 42.0, 'A'] 1.56
    """
    from retention_core.focus_rules import focus_of_purchases

    _refuse_rows(dates, amounts, as_of)
    focus = focus_of_purchases(_purchases(customers, dates, amounts), as_of)
    return _without(focus.columns(), _NEEDS_CONTACTS | _NEEDS_INVOICES | _SAYS_THE_VERDICT)


def _refuse_rows(dates: Dates, amounts: Amounts | None, as_of: Day | None) -> None:
    if as_of is not None:
        refuse_day("as_of", as_of)
    refuse_unusable(dates, amounts)


def _without(columns: Mapping[str, Sequence[Any]], unknown: frozenset[str]) -> Table:
    """The columns as rows below a header, but those in which nothing can be known."""
    return table_of({name: column for name, column in columns.items() if name not in unknown})


@once_for_columns
def _purchases(customers: Customers, dates: Dates, amounts: Amounts | None) -> Purchases:
    """What each customer ordered and paid, kept because the functions are asked of the same columns."""
    from retention_core.purchases import purchases_by_customer

    return purchases_by_customer(customers, dates, amounts)
