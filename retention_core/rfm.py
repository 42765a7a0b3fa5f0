"""RFM of an order log: who bought how recently, how often and for how much, and who moved since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

import narwhals as nw
import pandas as pd

from retention_core.errors import OrderLogError, said
from retention_core.orders import OrderLog
from retention_core.rfm_scores import (
    Borders,
    Buyer,
    Migration,
    RfmTable,
    migrate,
    no_order,
    score_buyers,
    span_of_window,
)

_WHOLE = ("recency", "r", "f", "m")


@dataclass(frozen=True, slots=True, eq=False)
class Rfm(RfmTable):
    """Scored customers of an order log; made by `rfm_of`."""

    def to_frame(self) -> pd.DataFrame:
        """One row a customer: customer, recency, frequency, monetary, r, f, m, segment."""
        table = pd.DataFrame(self.columns()).astype({"monetary": float, "frequency": "int64"})
        return table.astype(dict.fromkeys(_WHOLE, "Int64"))

    def segments_frame(self) -> pd.DataFrame:
        """One row a segment: segment, rule, customers, value."""
        return pd.DataFrame(self.segments())


@dataclass(frozen=True, slots=True, eq=False)
class RfmMigration(Migration):
    """How the customers of an order log moved between segments; made by `rfm_migration`."""

    def to_frame(self) -> pd.DataFrame:
        """One row a segment before, one column a segment after."""
        return pd.DataFrame(self.columns())


def rfm_of(
    log: OrderLog,
    *,
    as_of: dt.date | None = None,
    borders: Borders | None = None,
    window_days: int | None = None,
) -> Rfm:
    """Recency, frequency and monetary value of every customer, scored from 1 to 5, with a named segment.

    Parameters
    ----------
    as_of
        Count what lies before this day, and recency in days from the last order to it; by default the
        day after the last order.
    borders
        Where each score begins. Without them, 1 + the whole part of five times the share of
        customers who are strictly worse; equal customers get equal scores.
    window_days
        Count only what lies within so many days before `as_of`.

    Raises
    ------
    OrderLogError
        If the log has no amounts, no order counts, or an argument makes no sense.

    References
    ----------
    Hughes (1994), Strategic Database Marketing (scores by fifths of the customers).

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Ann", "Bob", "Cem"], "amount": [90, 60, 20, 30],
    ...     "date": ["2025-01-01", "2025-03-30", "2025-01-09", "2025-02-20"]}))
    >>> rfm_of(log, borders=Borders((7, 30, 60, 90), (2, 3, 4, 5), (25, 50, 100, 200))).to_frame()
      customer  recency  frequency  monetary  r  f  m              segment
    0      Ann        1          2     150.0  5  2  4  Potential loyalists
    1      Bob       81          1      20.0  2  1  1          Hibernating
    2      Cem       39          1      30.0  3  1  2       About to sleep
    """
    if log.value_of is None:
        raise OrderLogError(
            "`amount` is needed for monetary value, and this log knows only who ordered and when: "
            "name the column with the amounts, or those with quantity and price."
        )
    until = _until(log, as_of)
    first, limit = span_of_window(until, window_days)
    found = summary(log, first, limit)
    last = pd.to_numeric(found["last"]).fillna(0).astype("int64").tolist()
    orders = found["orders"].fillna(0).astype("int64").tolist()
    keys, names = found["customer"].tolist(), found["name"].tolist()
    values = found["value"].astype(float).tolist()
    buyers = [
        Buyer(key, name, limit - day if count else None, count, value)
        for key, name, day, count, value in zip(keys, names, last, orders, values, strict=True)
    ]
    if not any(orders):
        raise no_order(until, window_days)
    table = score_buyers(buyers, until, borders=borders, window_days=window_days, value_of=str(log.value_of))
    return Rfm(**{one.name: getattr(table, one.name) for one in fields(RfmTable)})


def rfm_migration(
    log: OrderLog,
    before: dt.date,
    after: dt.date | None = None,
    *,
    borders: Borders | None = None,
    window_days: int | None = None,
) -> RfmMigration:
    """Where the customers of each segment as of one day stand as of a later one.

    Parameters
    ----------
    before, after
        The two days; the later one by default the day after the last order.
    borders, window_days
        As for `rfm_of`. Without borders each day has its own, so that customers also move because others do;
        without a window nobody is ever gone.

    Raises
    ------
    OrderLogError
        As `rfm_of`, or if `after` is not later than `before`.
    """
    moved = migrate(
        rfm_of(log, as_of=before, borders=borders, window_days=window_days),
        rfm_of(log, as_of=after, borders=borders, window_days=window_days),
    )
    return RfmMigration(**{one.name: getattr(moved, one.name) for one in fields(Migration)})


def _until(log: OrderLog, as_of: dt.date | None) -> dt.date:
    if as_of is None:
        return log.last_day + dt.timedelta(days=1)
    if isinstance(as_of, dt.datetime):
        return as_of.date()
    if not isinstance(as_of, dt.date):
        raise OrderLogError(f"`as_of` must be a date (got {said(repr(as_of))}).")
    return as_of


def summary(log: OrderLog, first: int = 1, limit: int = 4_000_000) -> pd.DataFrame:
    """One row a customer who did anything from day `first` to before `limit`, in no order.

    Days as `date.toordinal` counts them. Columns: `customer` (key), `name`, `orders`, `last`
    (day of the last order, null without one), `value`.
    """
    day = nw.col("day")
    lines = log.coded_lines.filter((day >= first) & (day < limit))
    value = nw.col("profit" if log.value_of == "profit" else "amount")
    if log.columns.order is None:
        bought = nw.when(~nw.col("refund")).then(day)
        days = lines.with_columns(bought=bought, value=value).group_by("customer", "day")
        totals = (
            days.agg(nw.col("value").sum(), nw.col("bought").max())
            .group_by("customer")
            .agg(
                nw.col("bought").count().alias("orders"),
                nw.col("bought").max().alias("last"),
                nw.col("value").sum(),
            )
        )
    else:
        paid = lines.group_by("customer").agg(value.sum().alias("value"))
        ordered = log.coded_order_days().filter((day >= first) & (day < limit)).group_by("customer")
        totals = paid.join(ordered.agg(orders=nw.len(), last=day.max()), on="customer", how="left")
    table: pd.DataFrame = log.with_names(totals, lines).collect("pandas").to_native()
    return table
