"""Stages of retention in an order log: who is in contact, who is still trying, who has a habit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.arguments import check_kind, day_asked
from retention_core.cleaning import Lines
from retention_core.identity import key_order
from retention_core.orders import OrderLog
from retention_core.rhythm import Gaps, Rhythm, fit_rhythm
from retention_core.stage_tables import People, Prospect, StageTable, Thresholds, stage_table

if TYPE_CHECKING:
    from retention_core.contact_log import ContactLog

_SUMS = ("orders", "first", "last", "log_sum", "log_squares", "squares")
_BEYOND_DAYS = 4_000_000


def stages_of(
    log: OrderLog,
    *,
    as_of: dt.date | None = None,
    contacts: ContactLog | None = None,
    thresholds: Thresholds | None = None,
) -> StageTable:
    """Stage, schedule and next order of every customer of a log.

    Parameters
    ----------
    log
        The orders; refunds are no order, and customers with nothing else have no stage.
    as_of
        Count what lies before this day; by default the day after the last order.
    contacts
        Who was in contact: those who have not ordered are short-term customers too.
    thresholds
        Where the stages begin; what it leaves open is derived from the log.

    Raises
    ------
    OrderLogError
        If there is nobody before `as_of`, or a threshold makes no sense.

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann"] * 5 + ["Bob"], "amount": [9, 9, 9, 9, 9, 5],
    ...     "date": ["2025-01-02", "2025-02-01", "2025-03-01", "2025-04-02", "2025-05-01", "2025-04-20"]}))
    >>> stages_of(log).to_frame()[["customer", "stage", "schedule", "orders", "expected"]]
      customer        stage     schedule  orders   expected
    0      Ann  medium-term  on schedule       5 2025-06-01
    1      Bob   short-term  on schedule       1 2025-06-01
    """
    until = day_asked(as_of, log.last_day)
    prospects = _prospects(log, until, contacts)
    table = customer_gaps(log, until)
    bought = int((table["orders"] > 0).sum())
    values = table["value"].tolist() if log.value_of else [None] * len(table)
    return stage_table(
        gaps_of_table(table.iloc[:bought]),
        People(table["key"].tolist(), table["customer"].tolist(), values),
        until,
        thresholds=thresholds,
        prospects=prospects,
        value_of=log.value_of,
    )


def rhythm_of(log: OrderLog, *, as_of: dt.date | None = None) -> Rhythm:
    """The rhythm of a log's customers taken together.

    Raises
    ------
    OrderLogError
        If nobody ordered on two days before `as_of`.

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Ann", "Bob"], "date": ["2025-01-02", "2025-02-01", "2025-02-20"]}))
    >>> round(rhythm_of(log).typical_gap), rhythm_of(log).customers
    (35, 2)
    """
    until = day_asked(as_of, log.last_day)
    table = customer_gaps(log, until)
    return fit_rhythm(gaps_of_table(table[table["orders"] > 0]), until)


def _prospects(log: OrderLog, until: dt.date, contacts: ContactLog | None) -> list[Prospect] | None:
    from retention_core.contact_log import ContactLog

    check_kind("contacts", contacts, ContactLog)
    return None if contacts is None else contacts.prospects(log, until)


def customer_gaps(log: OrderLog, until: dt.date) -> pd.DataFrame:
    """One row a customer who did anything before a day, those who ordered first, each part by key.

    Returns
    -------
    pandas.DataFrame
        `key`, `customer` (first spelling), `value` where the log has amounts, and the sums of
        `Gaps`: `orders` (order days), `first`, `last`, `log_sum`, `log_squares`, `squares`; zero without an
        order.
    """
    before = nw.col("day") < until.toordinal()
    lines = log.coded_lines.filter(before)
    value = nw.col("profit" if log.value_of == "profit" else "amount") if log.value_of else nw.col("refund")
    totals = lines.group_by("customer").agg(value.sum().alias("value"))
    if totals.implementation.is_pandas():
        # windows are slow there, and a customer and day may be looked up without grouping
        days = log.order_days() if log.columns.order else log.lines.filter(~nw.col("refund"))
        found = _collected(log.with_names(totals, log.coded_lines))
        sums = _summed_in_memory(days.filter(before).select("customer", "day"))
        found = found.merge(sums, on="customer", how="left")
    else:
        sums = _summed_by_engine(log.coded_order_days().filter(before))
        found = _collected(log.with_names(totals.join(sums, on="customer", how="left"), log.coded_lines))
    found = found.rename(columns={"customer": "key", "name": "customer"})
    found[list(_SUMS)] = found[list(_SUMS)].fillna(0.0)
    found = found.iloc[key_order(found["key"].tolist())]
    bought = found["orders"] > 0
    return found if bought.all() else pd.concat([found[bought], found[~bought]])


def gaps_of_table(table: pd.DataFrame) -> Gaps:
    """The sums of a table of `customer_gaps`, as arrays."""
    return Gaps(*(table[name].to_numpy(dtype="float64") for name in _SUMS))


def stage_frame(table: StageTable) -> pd.DataFrame:
    """A table of stages as a frame; see `StageTable.to_frame`."""
    numbers = {"variation": table.variation, "typical_gap": table.gap}
    chances = {"still_customer": table.still_customer, "value": table.values}
    return pd.DataFrame(
        {
            "customer": table.customers,
            "stage": table.stages,
            "schedule": table.schedules,
            "orders": table.orders,
            "tenure": pd.array(table.tenure, dtype="Int64"),
            **{name: np.array(column, dtype="float64") for name, column in numbers.items()},
            "last_order": _datetimes(table.last_order),
            "expected_low": _datetimes(table.expected_low),
            "expected": _datetimes(table.expected),
            "expected_high": _datetimes(table.expected_high),
            **{name: np.array(column, dtype="float64") for name, column in chances.items()},
            "reason": table.reasons(),
        }
    )


def _datetimes(days: list[int | None]) -> npt.NDArray[np.datetime64]:
    """Days as `date.toordinal` counts them, None as NaT."""
    since = np.array(days, dtype="float64") - dt.date(1970, 1, 1).toordinal()
    known = np.nan_to_num(since).astype("datetime64[D]").astype("datetime64[s]")
    return np.where(np.isnan(since), np.datetime64("NaT", "s"), known)


def _collected(table: Lines) -> pd.DataFrame:
    found: pd.DataFrame = table.collect("pandas").to_native()
    return found


def _summed_by_engine(days: Lines) -> Lines:
    """The sums, where the log may be larger than the memory."""
    day, gap, log = nw.col("day"), nw.col("gap"), nw.col("log")
    since = day - day.shift(1).over("customer", order_by="day")
    distinct = days.group_by("customer", "day").agg(nw.len())
    spaced = distinct.with_columns(gap=since.cast(nw.Float64)).with_columns(log=gap.log())
    squared = spaced.with_columns(squares=gap * gap, log_squares=log * log)
    return squared.group_by("customer").agg(
        nw.len().alias("orders"),
        day.min().alias("first"),
        day.max().alias("last"),
        log.sum().alias("log_sum"),
        nw.col("log_squares").sum(),
        nw.col("squares").sum(),
    )


def _summed_in_memory(days: Lines) -> pd.DataFrame:
    """The same sums for a pandas frame, whose windows are slow."""
    table = _collected(days)
    codes, customers = pd.factorize(table["customer"])
    moments = np.unique(codes.astype("int64") * _BEYOND_DAYS + table["day"].to_numpy(dtype="int64"))
    customer, day = np.divmod(moments, _BEYOND_DAYS)
    same = customer[1:] == customer[:-1]
    owner, gap = customer[1:][same], np.diff(day)[same].astype("float64")
    log, size = np.log(gap), len(customers)
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if len(day) else np.array([], dtype="int64")
    orders = np.bincount(customer, minlength=size)
    return pd.DataFrame(
        {
            "customer": customers,
            "orders": orders,
            "first": day[starts],
            "last": day[starts + orders - 1],
            "log_sum": np.bincount(owner, log, size),
            "log_squares": np.bincount(owner, log * log, size),
            "squares": np.bincount(owner, gap * gap, size),
        }
    )
