"""Plain columns of purchases, by customer, as the cells of a sheet hand them over; no package needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retention_core.identity import customer_key, customer_name
from retention_core.movements import order_days
from retention_core.parsing import AMOUNT_LIMIT, EARLIEST, LATEST

_FIRST, _LAST = EARLIEST.toordinal(), LATEST.toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """What each customer ordered and paid, by the rules of `OrderLog`; made by `purchases_by_customer`.

    Attributes
    ----------
    names
        Key of each customer -> first spelling, those with nothing but refunds included.
    days
        Key -> the different days of its orders in order, as `date.toordinal` counts them; a
        customer and a day are one order.
    first_rows
        Key -> day of its first row, refunds included.
    money
        Key -> day and amount of every row, refunds below zero; empty where no amounts were given.
    rows, rows_used
        How many rows there were, and how many could be used.
    """

    names: Mapping[str, str] = field(repr=False)
    days: Mapping[str, Sequence[int]] = field(repr=False)
    first_rows: Mapping[str, int] = field(repr=False)
    money: Mapping[str, Sequence[tuple[int, float]]] = field(repr=False)
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


def purchases_by_customer(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None = None,
) -> Purchases:
    """Sort plain columns by customer; rows that cannot be used are counted and left out.

    Takes the arguments of `retention_core.movements.order_days` and raises the same errors.

    Examples
    --------
    >>> from datetime import date
    >>> found = purchases_by_customer(["Ann", "ann", "Bo"], [date(2024, 1, 5)] * 3, [9, -2, -1])
    >>> found.names, len(found.days["ann"]), found.money["ann"] == [(738890, 9), (738890, -2)]
    ({'ann': 'Ann', 'bo': 'Bo'}, 1, True)
    """
    orders = order_days(customers, dates, amounts)
    names: dict[str, str] = {}
    money: dict[str, list[tuple[int, float]]] = {}
    keys = {customer: customer_key(customer) for customer in dict.fromkeys(customers)}
    paid = [0.0] * len(customers) if amounts is None else amounts
    for customer, day, amount in zip(customers, dates, paid, strict=True):
        key = keys[customer]
        if key is None or day is None or amount is None:
            continue
        if _FIRST <= (ordinal := day.toordinal()) <= _LAST and abs(amount) <= AMOUNT_LIMIT:
            names.setdefault(key, customer_name(customer))
            money.setdefault(key, []).append((ordinal, amount))
    days = {key: sorted(set(found)) for key, found in orders.days.items()}
    first_rows = {key: min(day for day, _ in found) for key, found in money.items()}
    return Purchases(names, days, first_rows, {} if amounts is None else money, orders.rows, orders.rows_used)
