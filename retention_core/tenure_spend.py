"""How spending grows with the time since the first order, told without the tricks such comparisons play.

Made from an order log by `spend_by_tenure`; the definitions are in its notes.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.arguments import is_number, is_whole
from retention_core.cleaning import Lines
from retention_core.errors import OrderLogError, said
from retention_core.orders import OrderLog
from retention_core.purchases import observed_until
from retention_core.tenure_tables import TenureSpend, Windows, tenure_table

Floats = npt.NDArray[np.float64]

MONTH = 365.25 / 12  # days
GAPS_COVERED = 0.9
_LONGEST_SKIP = 365


class _Known(NamedTuple):
    """The customers counted, and how those left out were told."""

    first: pd.Series[int]
    last: pd.Series[int]
    skip_days: int
    left_out: int


def spend_by_tenure(
    log: OrderLog,
    *,
    window_months: int = 6,
    tenure_months: int = 36,
    skip_days: int | None = None,
    as_of: dt.date | None = None,
    confidence: float = 0.95,
) -> TenureSpend:
    """What customers spend in each window of months since their first order, later against first.

    Parameters
    ----------
    log
        The orders, with amounts. Profit where the log knows a cost or margin, else revenue; refunds reduce
        it.
    window_months
        Length of a window, 1 to 60 months of 365.25 / 12 days.
    tenure_months
        Where the window compared with the first ends, a multiple of `window_months`. A shorter log answers
        for the latest window it can, and says so.
    skip_days
        Customers first seen within so many days of the log's beginning may be older than the log, and are
        left out. By default as long as 90 % of the gaps between customers' order days, at most a year; 0
        where the log begins with the business.
    as_of
        Count what lies before this day; by default the day after the last order.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    OrderLogError
        If the log has no amounts, an argument makes no sense or no order lies before `as_of`.

    Notes
    -----
    A customer counts in a window only if the log reaches to that window's end. The comparison of the last
    window with the first is over the same customers, those observed through both, and read three ways:

    - *active buyers*: spending of a customer who ordered in the window, as the popular claim tells it.
      Growth and survivorship are mixed: who is still there was often the better customer from the start.
    - *the same customers*: only customers who ordered again after the later window, and so were still
      there; their spending then against their own first. Ordering within the later window would choose
      those who happened to spend in it, and show growth where there is none.
    - *a customer won*: everyone won, with zeros for those who left.

    The first window begins with an order, a later one at any moment, so the first holds up to one order
    more than its share. Each reading is given with the first order day and without it. If buying is purely
    random, the figure without it is right; the more regular it is, the further the truth moves between them.

    Prices are those of the day: a general rise in them counts as growth. Windows that are not whole years
    fall into other seasons.

    References
    ----------
    Bain & Company and Mainspring (2000), as the evidence table tells it: months 31 to 36 against the first
    six.

    Examples
    --------
    >>> import retention_core as rc
    >>> found = spend_by_tenure(rc.sample("gift_shop").log(), tenure_months=12)
    >>> found.months_late
    (7, 12)
    """
    _check(log, window_months, tenure_months, skip_days, confidence)
    window_months, tenure_months = int(window_months), int(tenure_months)
    until = observed_until(as_of, log.first_day, log.last_day)
    ordered = _orders(log, until)
    known = _known_customers(log, ordered, skip_days)
    windows = _windows(log, ordered, until, known, window_months, tenure_months // window_months)
    return tenure_table(
        windows,
        window_months=window_months,
        tenure_months=tenure_months,
        value_of=log.value_of or "revenue",
        as_of=until,
        skip_days=known.skip_days,
        left_out=known.left_out,
        confidence=confidence,
    )


def _orders(log: OrderLog, until: dt.date) -> Lines:
    """One row an order before a day; computed once where the log is a pandas frame."""
    ordered = log.coded_order_days().filter(nw.col("day") < until.toordinal()).select("customer", "day")
    return ordered.collect().lazy() if ordered.implementation.is_pandas() else ordered


def _known_customers(log: OrderLog, ordered: Lines, skip_days: int | None) -> _Known:
    """First and last order day of the customers who began within the log, as far as can be told."""
    day = nw.col("day")
    seen = ordered.group_by("customer").agg(day.min().alias("first"), day.max().alias("last"))
    table: pd.DataFrame = seen.collect("pandas").to_native()
    skip = _usual_gap(ordered) if skip_days is None else skip_days
    began = table["first"] >= log.first_day.toordinal() + skip
    kept = table[began].set_index("customer").sort_index()
    return _Known(kept["first"], kept["last"], skip, int((~began).sum()))


def _usual_gap(ordered: Lines) -> int:
    """Days that cover nine tenths of the gaps between a customer's order days, at most a year."""
    counts = _gaps_in_memory(ordered) if ordered.implementation.is_pandas() else _gaps_by_engine(ordered)
    counts = counts.sort_index()
    if counts.empty:
        return _LONGEST_SKIP
    covered = counts.cumsum() >= GAPS_COVERED * counts.sum()
    return min(int(counts.index[covered][0]), _LONGEST_SKIP)


def _gaps_by_engine(ordered: Lines) -> pd.Series[int]:
    """How often each gap occurs, where the log may be larger than the memory."""
    day = nw.col("day")
    days = ordered.group_by("customer", "day").agg(nw.len())
    gaps = days.with_columns(gap=day - day.shift(1).over("customer", order_by="day"))
    counts = gaps.filter(~nw.col("gap").is_null()).group_by("gap").agg(nw.len().alias("times"))
    table: pd.DataFrame = counts.collect("pandas").to_native()
    return table.set_index("gap")["times"]


def _gaps_in_memory(ordered: Lines) -> pd.Series[int]:
    """The same for a pandas frame, whose windows are slow."""
    table: pd.DataFrame = ordered.collect("pandas").to_native()
    codes, days = pd.factorize(table["customer"])[0], table["day"].to_numpy(dtype="int64")
    order = np.lexsort((days, codes))
    gaps = np.diff(days[order])[np.diff(codes[order]) == 0]
    return pd.Series(gaps[gaps > 0]).value_counts()


def _windows(
    log: OrderLog, ordered: Lines, until: dt.date, known: _Known, window_months: int, most: int
) -> Windows:
    """What each customer spent in each window since its first order, up to so many windows."""
    length = window_months * MONTH
    rows, first = len(known.first), known.first.to_numpy(dtype="int64")
    observed = np.floor((until.toordinal() - first) / length + 1e-9).astype("int64")
    count = min(max(int(observed.max(initial=0)), 1), most)
    value, orders = np.zeros((rows, count)), np.zeros((rows, count))
    spent, bought, opening = _sums(log, ordered, until, length)
    for table, filled, name in ((spent, value, "value"), (bought, orders, "orders")):
        table = table[(table["window"] >= 0) & (table["window"] < count)]
        at = known.first.index.get_indexer(table["customer"])
        there = at >= 0
        filled[at[there], table["window"].to_numpy(dtype="int64")[there]] = table[name].to_numpy()[there]
    opening = opening.set_index("customer").reindex(known.first.index)
    return Windows(
        value=value,
        orders=orders,
        observed=observed,
        first_value=opening["value"].to_numpy(dtype="float64"),
        first_orders=opening["orders"].to_numpy(dtype="float64"),
        last=(known.last.to_numpy(dtype="int64") - first) / length,
    )


def _sums(
    log: OrderLog, ordered: Lines, until: dt.date, length: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """By customer and window the value and the orders, and by customer both of its first order day."""
    day, paid = nw.col("day"), nw.col("profit" if log.value_of == "profit" else "amount")
    first = ordered.group_by("customer").agg(day.min().alias("first"))
    window = ((day - nw.col("first")) / length).floor().cast(nw.Int64)
    lines = log.coded_lines.filter(day < until.toordinal()).select("customer", "day", value=paid)
    lines = lines.join(first, on="customer", how="inner").with_columns(window=window)
    orders = ordered.join(first, on="customer", how="inner").with_columns(window=window)
    opening = day == nw.col("first")
    value, number = nw.col("value").sum(), nw.len().alias("orders")
    both = lines.filter(opening).group_by("customer").agg(value)
    both = both.join(orders.filter(opening).group_by("customer").agg(number), on="customer", how="inner")
    found = (
        lines.group_by("customer", "window").agg(value),
        orders.group_by("customer", "window").agg(number),
        both,
    )
    spent, bought, start = (table.collect("pandas").to_native() for table in found)
    return spent, bought, start


def _check(
    log: OrderLog, window_months: int, tenure_months: int, skip_days: int | None, confidence: float
) -> None:
    if not isinstance(log, OrderLog):
        raise OrderLogError(f"`log` must be an OrderLog (got {said(type(log).__name__)}).")
    if log.value_of is None:
        raise OrderLogError(
            "`amount` is needed to say how spending grows, and this log knows only who ordered and when: "
            "name the column with the amounts, or those with quantity and price."
        )
    if not (is_whole(window_months) and 1 <= window_months <= 60):
        raise OrderLogError(
            f"`window_months` must be a whole number from 1 to 60 (got {said(window_months)})."
        )
    if not is_whole(tenure_months) or tenure_months < 2 * window_months or tenure_months % window_months:
        raise OrderLogError(
            f"`tenure_months` must be a multiple of `window_months`, {window_months}, and at least twice it "
            f"(got {said(tenure_months)})."
        )
    if skip_days is not None and not (is_whole(skip_days) and 0 <= skip_days <= 36_600):
        raise OrderLogError(f"`skip_days` must be a whole number, zero or more (got {said(skip_days)}).")
    if not (is_number(confidence) and 0 < confidence < 1):
        raise OrderLogError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")
