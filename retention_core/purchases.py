"""Plain columns of purchases, by customer, as the cells of a sheet hand them over; no package needed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from retention_core.errors import OrderLogError, said
from retention_core.identity import customer_key, customer_name
from retention_core.parsing import AMOUNT_LIMIT, EARLIEST, LATEST

_FIRST, _LAST = EARLIEST.toordinal(), LATEST.toordinal()
_CENTURY = 100
Row = tuple[str, str | None, int, float]  # key and name of the customer, day, amount


@dataclass(frozen=True, slots=True, eq=False)
class OrderDays:
    """Who ordered on which days, from plain columns; made by `order_days`.

    Attributes
    ----------
    days
        Key -> the days of its orders in order, refunds left out, as `date.toordinal` counts them.
    rows, rows_used
        How many rows there were, and how many could be used, refunds among them.
    """

    days: Mapping[str, Sequence[int]] = field(repr=False)
    rows: int
    rows_used: int

    @property
    def first_day(self) -> dt.date:
        """Of the first order."""
        return dt.date.fromordinal(min(days[0] for days in self.days.values()))

    @property
    def last_day(self) -> dt.date:
        """Of the last order."""
        return dt.date.fromordinal(max(days[-1] for days in self.days.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Purchases(OrderDays):
    """What each customer ordered and paid, by the rules of `OrderLog`; made by `purchases_by_customer`.

    A customer and a day are one order, so `days` names each day once.

    Attributes
    ----------
    names
        Key of each customer -> first spelling, those with nothing but refunds included.
    first_rows
        Key -> day of its first row, refunds included.
    money
        Key -> day and amount of every row, refunds below zero; empty where no amounts were given.
    """

    names: Mapping[str, str] = field(repr=False)
    first_rows: Mapping[str, int] = field(repr=False)
    money: Mapping[str, Sequence[tuple[int, float]]] = field(repr=False)


def order_days(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None = None,
) -> OrderDays:
    """The orders of plain columns, by the rules of `OrderLog`.

    A row without a customer, a date or an amount, and one whose date or amount lies beyond what a log
    may hold, is set aside. A row with an amount below zero is a refund: used, but no order.

    Parameters
    ----------
    customers
        One entry an order or order line, None where nobody is named.
    dates
        Days of the orders, as many.
    amounts
        What was paid, as many; if left out, every row is an order.

    Raises
    ------
    OrderLogError
        If no row is an order; the sentence names the column to look at.

    Examples
    --------
    >>> from datetime import date
    >>> found = order_days(["Ann", "Bo", "ann "], [date(2024, 1, 5), None, date(2024, 2, 7)])
    >>> list(found.days), found.rows, found.rows_used, found.last_day
    (['ann'], 3, 2, datetime.date(2024, 2, 7))
    """
    days: defaultdict[str, list[int]] = defaultdict(list)
    used = 0
    for key, _, day, amount in _usable(customers, dates, amounts):
        used += 1
        if amount >= 0:
            days[key].append(day)
    if not days:
        raise OrderLogError(_why_no_order(customers, dates, amounts))
    return OrderDays({key: sorted(ordered) for key, ordered in days.items()}, len(customers), used)


def purchases_by_customer(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None = None,
) -> Purchases:
    """What each customer ordered and paid: `order_days` with the names and the money.

    Takes the arguments of `order_days` and raises the same errors.

    Examples
    --------
    >>> from datetime import date
    >>> found = purchases_by_customer(["Ann", "ann", "Bo"], [date(2024, 1, 5)] * 3, [9, -2, -1])
    >>> found.names, len(found.days["ann"]), found.money["ann"] == [(738890, 9), (738890, -2)]
    ({'ann': 'Ann', 'bo': 'Bo'}, 1, True)
    """
    spelled: dict[str, str | None] = {}
    money: dict[str, list[tuple[int, float]]] = {}
    for key, name, day, amount in _usable(customers, dates, amounts):
        if key not in money:
            spelled[key], money[key] = name, []
        money[key].append((day, amount))
    days = {key: sorted({day for day, amount in found if amount >= 0}) for key, found in money.items()}
    days = {key: ordered for key, ordered in days.items() if ordered}
    if not days:
        raise OrderLogError(_why_no_order(customers, dates, amounts))
    return Purchases(
        days=days,
        rows=len(customers),
        rows_used=sum(map(len, money.values())),
        names={key: customer_name(name) for key, name in spelled.items()},
        first_rows={key: min(found)[0] for key, found in money.items()},
        money={} if amounts is None else money,
    )


def observed_until(as_of: dt.date | None, first_day: dt.date, last_day: dt.date) -> dt.date:
    """The day whose start ends the observation: `as_of`, checked, or the day after the last order.

    Raises
    ------
    OrderLogError
        If `as_of` is no date, or does not lie between the first order and a century after the last.

    Examples
    --------
    >>> observed_until(None, dt.date(2025, 1, 1), dt.date(2025, 3, 9))
    datetime.date(2025, 3, 10)
    """
    if as_of is None:
        return last_day + dt.timedelta(days=1)
    day = plain_day(as_of)
    if day <= first_day:
        raise OrderLogError(f"`as_of` must lie after the first order, on {first_day} (got {day}).")
    if day.year > last_day.year + _CENTURY:
        raise OrderLogError(
            f"`as_of` lies more than a century after the last order, on {last_day} (got {day})."
        )
    return day


def plain_day(as_of: object) -> dt.date:
    """A date without its time of day; OrderLogError for anything else."""
    if isinstance(as_of, dt.datetime) and as_of == as_of:  # pandas' NaT is one, and equals nothing
        return as_of.date()
    if isinstance(as_of, dt.date) and as_of == as_of:
        return as_of
    raise OrderLogError(f"`as_of` must be a date (got {said(repr(as_of))}).")


def _usable(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None,
) -> Iterator[Row]:
    """The rows that have a customer, a date and an amount a log may hold."""
    keys = {customer: customer_key(customer) for customer in dict.fromkeys(customers)}
    ordinals = {day: _ordinal(day) for day in dict.fromkeys(dates)}
    paid = repeat(0.0, len(customers)) if amounts is None else amounts
    for customer, day, amount in zip(customers, dates, paid, strict=True):
        key, ordinal = keys[customer], ordinals[day]
        if key is None or ordinal is None or amount is None:
            continue
        if abs(amount) <= AMOUNT_LIMIT:
            yield key, customer, ordinal, amount


def _ordinal(day: dt.date | None) -> int | None:
    if day is None or not _FIRST <= (ordinal := day.toordinal()) <= _LAST:
        return None
    return ordinal


def _why_no_order(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None,
) -> str:
    """Which column leaves no order in the rows, taken one after the other."""
    paid = [0.0] * len(customers) if amounts is None else amounts
    rows = [row for row in zip(customers, dates, paid, strict=True) if customer_key(row[0]) is not None]
    if not rows:
        return "`customers` names nobody: give the customer of each order."
    days = [(day, amount) for _, day, amount in rows if day is not None]
    if not days:
        return "`dates` has no date beside a customer: give Excel dates or text like 2024-01-31."
    orders = [amount for day, amount in days if EARLIEST <= day <= LATEST]
    if not orders:
        return f"`dates` must lie between {EARLIEST.year} and {LATEST.year} (got {days[0][0]})."
    if not any(amount is not None and abs(amount) <= AMOUNT_LIMIT for amount in orders):
        return f"`amounts` has no number up to {AMOUNT_LIMIT:,.0f} beside a customer and a date: give some."
    return "`amounts` are all below zero: refunds are no orders, so give the amounts of the orders too."
