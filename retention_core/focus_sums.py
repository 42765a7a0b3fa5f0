"""What each customer of an order log did and paid, summed for the focus list: one row a customer."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.cleaning import Lines
from retention_core.errors import OrderLogError
from retention_core.focus_values import Money, Span
from retention_core.identity import key_order
from retention_core.orders import OrderLog
from retention_core.rhythm import Gaps
from retention_core.stages import customer_gaps, gaps_of_table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
IN_MEMORY = 5_000_000
_BEYOND_DAYS = 4_000_000
_SUMS = Money._fields


class Sums(NamedTuple):
    """Sums of the customers who ordered, in spreadsheet order of their keys.

    `money` is None in a log without amounts; `refunded` counts the customers with nothing but refunds.
    """

    keys: list[str]
    names: list[str]
    gaps: Gaps
    money: Money | None
    refunded: int


class _Days(NamedTuple):
    """One entry a customer and day, in that order: the customer's place, the day, and what it brought."""

    who: Ints
    day: Ints
    value: Floats
    revenue: Floats
    bought: npt.NDArray[np.bool_]


def customer_sums(log: OrderLog, until: dt.date, span: Span) -> Sums:
    """What the customers of a log did before a day.

    Up to five million lines are summed in memory, which is faster; more are left to the log's engine.

    Raises
    ------
    OrderLogError
        If nobody ordered before that day.
    """
    in_memory = log.lines.implementation.is_pandas() or log.rows_used <= IN_MEMORY
    found = (_sums_in_memory if in_memory else _sums_by_engine)(log, until, span)
    if not found.keys:
        raise OrderLogError(f"`as_of` must lie after an order: there is none before {until}.")
    return found


def _sums_by_engine(log: OrderLog, until: dt.date, span: Span) -> Sums:
    table = customer_gaps(log, until)
    bought = table[table["orders"] > 0]
    keys, money = bought["key"].tolist(), None
    if log.value_of is not None:
        lines = log.coded_lines.filter(nw.col("day") < until.toordinal())
        found = log.with_names(_money_by_engine(lines, _value(log), span), lines)
        frame = found.collect("pandas").to_native()
        rows = pd.Index(frame["customer"]).get_indexer(pd.Index(keys))
        money = Money(*(frame[name].to_numpy(dtype="float64")[rows] for name in _SUMS))
    return Sums(keys, bought["customer"].tolist(), gaps_of_table(bought), money, len(table) - len(bought))


def _money_by_engine(lines: Lines, value: str, span: Span) -> Lines:
    first = span.first if span.before is None else span.before
    day, paid = nw.col("day"), nw.col("value")
    revenue = nw.col("amount").sum().alias("revenue")
    daily = lines.group_by("customer", "day").agg(nw.col(value).sum().alias("value"), revenue)
    spread = daily.with_columns(
        squares=paid * paid,
        recent=nw.when(day >= span.first).then(paid).otherwise(0.0),
        before=nw.when((day >= first) & (day < span.first)).then(paid).otherwise(0.0),
    )
    return spread.group_by("customer").agg(*(nw.col(name).sum() for name in _SUMS))


def _sums_in_memory(log: OrderLog, until: dt.date, span: Span) -> Sums:
    before = nw.col("day") < until.toordinal()
    lines = log.coded_lines.filter(before)
    people = _people(log, lines)
    days = _days(log, lines, people["code"])
    ordered = days.who[days.bought], days.day[days.bought]
    if log.columns.order is not None:
        table = log.coded_order_days().filter(before).select("customer", "day").collect("pandas").to_native()
        where = _places(table["customer"], people["code"])
        moments = np.unique(where * _BEYOND_DAYS + table["day"].to_numpy(dtype="int64"))
        ordered = np.divmod(moments, _BEYOND_DAYS)
    size = len(people)
    gaps = _gaps(*ordered, size)
    buys = gaps.orders > 0
    return Sums(
        keys=people["customer"][buys].tolist(),
        names=people["name"][buys].tolist(),
        gaps=Gaps(*(column[buys] for column in gaps)),
        money=_money(days, size, span, buys) if log.value_of else None,
        refunded=int(size - buys.sum()),
    )


def _people(log: OrderLog, lines: Lines) -> pd.DataFrame:
    """Everybody by key: `code` as in the lines, `customer` (key) and first `name`."""
    seen = lines.group_by("customer").agg(nw.len().alias("lines")).with_columns(code=nw.col("customer"))
    found = (
        log.with_names(seen, log.coded_lines).select("code", "customer", "name").collect("pandas").to_native()
    )
    return found.iloc[key_order(found["customer"].tolist())]


def _days(log: OrderLog, lines: Lines, codes: pd.Series[str]) -> _Days:
    known = log.value_of is not None
    value, amount = (nw.col(_value(log)), nw.col("amount")) if known else (nw.lit(0.0), nw.lit(0.0))
    named = {"value": value, "revenue": amount, "bought": (~nw.col("refund")).cast(nw.Int8)}
    rows = lines.select("customer", "day", **named)
    if not lines.implementation.is_pandas():
        # the fewer rows leave the engine the better
        sums = [nw.col("value").sum(), nw.col("revenue").sum(), nw.col("bought").max()]
        rows = rows.group_by("customer", "day").agg(*sums)
    table = rows.collect("pandas").to_native()
    return _by_day(
        _places(table["customer"], codes) * _BEYOND_DAYS + table["day"].to_numpy(dtype="int64"),
        *(table[name].to_numpy(dtype="float64") for name in named),
    )


def _by_day(moments: Ints, value: Floats, revenue: Floats, bought: Floats) -> _Days:
    order = np.argsort(moments)
    moments = moments[order]
    starts = np.flatnonzero(np.concatenate([[True], moments[1:] != moments[:-1]])[: len(moments)])
    if not len(starts):
        return _Days(moments, moments, value, revenue, bought > 0)
    who, day = np.divmod(moments[starts], _BEYOND_DAYS)
    return _Days(
        who,
        day,
        np.add.reduceat(value[order], starts),
        np.add.reduceat(revenue[order], starts),
        np.maximum.reduceat(bought[order], starts) > 0,
    )


def _places(customers: pd.Series[str], codes: pd.Series[str]) -> Ints:
    """Where each row's customer stands among the codes."""
    found, different = pd.factorize(customers)
    places: Ints = pd.Index(codes).get_indexer(pd.Index(different)).astype("int64")
    rows: Ints = places[found]
    return rows


def _gaps(who: Ints, day: Ints, size: int) -> Gaps:
    """The sums of `Gaps` for so many customers, zero for those without an order."""
    same = who[1:] == who[:-1]
    owner, gap = who[1:][same], np.diff(day)[same].astype("float64")
    log = np.log(gap)
    orders = np.bincount(who, minlength=size)
    first, last = np.zeros(size), np.zeros(size)
    first[who[::-1]], last[who] = day[::-1], day
    sums = (np.bincount(owner, found, size) for found in (log, log * log, gap * gap))
    return Gaps(orders.astype("float64"), first, last, *sums)


def _money(days: _Days, size: int, span: Span, buys: npt.NDArray[np.bool_]) -> Money:
    first = span.first if span.before is None else span.before
    recent, before = days.day >= span.first, (days.day >= first) & (days.day < span.first)
    daily = (
        days.value,
        days.revenue,
        days.value * days.value,
        days.value * recent,
        days.value * before,
    )
    return Money(*(np.bincount(days.who, paid, size)[buys] for paid in daily))


def _value(log: OrderLog) -> str:
    return "profit" if log.value_of == "profit" else "amount"
