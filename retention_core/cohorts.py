"""Cohorts of an order log: who came back at which age, and the customers behind every cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from uuid import uuid4

import narwhals as nw
import pandas as pd

from retention_core.cleaning import Lines
from retention_core.cohort_tables import (
    MEASURES,
    MONTHS,
    NOISE,
    Cell,
    CohortTable,
    Count,
    Definition,
    check_measure,
    cohort_table,
    define,
)
from retention_core.errors import ColumnError, OrderLogError, said
from retention_core.identity import key_order
from retention_core.orders import OrderLog

_CELL = tuple(one.name for one in fields(Cell))


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts(CohortTable):
    """A cohort table that knows its order log, so that every cell can name its customers."""

    log: OrderLog = field(kw_only=True, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a cohort: cohort, customers, then the rate at each age; NaN where not lived."""
        table = pd.DataFrame(self.columns())
        return table.astype(dict.fromkeys(self.age_names, float))

    def to_long_frame(self) -> pd.DataFrame:
        """One row a cell: cohort, age, the fields of `Cell`; cells of which nothing is lived left out."""
        rows = [
            (row.name, name, *(getattr(cell, part) for part in _CELL))
            for row in self.cohorts
            for name, cell in zip(self.age_names, row.cells, strict=True)
            if cell is not None
        ]
        table = pd.DataFrame(rows, columns=["cohort", "age", *_CELL])
        return table.astype(dict.fromkeys(("total", "rate", "low", "high"), float))

    def customers_of(self, cohort: str, age: int) -> tuple[str, ...]:
        """The customers behind a cell, as a spreadsheet sorts them: those who ordered at that age.

        For revenue and profit also those who only returned goods then. The log is asked when called.

        Parameters
        ----------
        cohort
            Name of the cohort, as the table shows it.
        age
            Place of the column, from 0.

        Raises
        ------
        OrderLogError
            If the table has no such cohort or column.
        """
        key = next((row.key for row in self.cohorts if row.name == cohort), None)
        if key is None:
            raise OrderLogError(f'`cohort` must be the name of a row of the table (got "{said(cohort)}").')
        if not 0 <= age < len(self.ages):
            raise OrderLogError(
                f"`age` must be the place of a column, 0 to {len(self.ages) - 1} (got {said(age)})."
            )
        return _customers_behind(self.log, self.definition, key, age)


def cohorts_of(
    log: OrderLog,
    *,
    period: str = "month",
    by: str | None = None,
    measure: str = "customers",
    days: Sequence[int | tuple[int, int]] | None = None,
    unbounded: bool = False,
    as_of: dt.date | None = None,
    year_starts: int = 1,
    confidence: float = 0.95,
) -> Cohorts:
    """What became of the customers who first ordered in each period, or in each group.

    Parameters
    ----------
    period
        "month", "quarter" or "year": of the cohorts and of the ages.
    by
        One of the log's groups: a customer then belongs to the group of its first order (of several on
        that day, the first by name), and `period` counts the ages.
    measure
        "customers": the share of the cohort that ordered at the age. "orders", "revenue" (net of refunds,
        on the day of the refund) or "profit": the total at the age over that of the first column.
    days
        Ages in days since the first order instead of periods: single days, or pairs of first and last
        day. The day of the first order always comes first.
    unbounded
        Count who came back at the age or any time later, instead of exactly then.
    as_of
        Look at the log as it stood at the start of this day; by default midnight after the last order.
    year_starts
        Month in which the year starts, 1 to 12; quarters follow it.
    confidence
        Of the interval on each cell.

    Raises
    ------
    OrderLogError
        If an argument makes no sense or the log lacks what the measure needs.
    ColumnError
        If the log has no such group.

    Examples
    --------
    January's three customers: one comes back in February and one in March, which is not over:

    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Cem", "Ann", "Dee", "Bob"],
    ...     "date": ["2025-01-01", "2025-01-09", "2025-01-20", "2025-02-02", "2025-02-05", "2025-03-05"]}))
    >>> table = cohorts_of(log)
    >>> table.to_frame().round(2)
        cohort  customers  month 0  month 1  month 2
    0  2025-01          3      1.0     0.33      NaN
    1  2025-02          1      1.0      NaN      NaN
    >>> table.customers_of("2025-01", 1)
    ('Ann',)
    >>> cohorts_of(log, days=[(1, 40), (41, 80)], as_of=dt.date(2025, 5, 1)).matrix
    ((1.0, 0.3333333333333333, 0.3333333333333333), (1.0, 0.0, None))
    """
    check_measure(measure, _measures(log))
    if by is not None and by not in log.columns.groups:
        known = ", ".join(log.columns.groups) or "none"
        raise ColumnError(f'"{said(by)}" is not among the groups of this log, which are: {known}.')
    definition = define(measure, period, by, days, unbounded, _until(log, as_of), year_starts, confidence)
    table = cohort_table(_counts(log, definition), definition, _noise(log, definition))
    without = _without_order(log, definition.as_of, sum(table.sizes))
    parts = {one.name: getattr(table, one.name) for one in fields(CohortTable)} | {"without_order": without}
    return Cohorts(**parts, log=log)


def _measures(log: OrderLog) -> tuple[str, ...]:
    if log.value_of is None:
        return MEASURES[:2]
    return MEASURES if log.value_of == "profit" else MEASURES[:3]


def _until(log: OrderLog, as_of: dt.date | None) -> dt.date:
    if as_of is None:
        return log.last_day + dt.timedelta(days=1)
    if isinstance(as_of, dt.datetime):
        as_of = as_of.date()
    if not isinstance(as_of, dt.date):
        raise OrderLogError(f"`as_of` must be a date (got {said(repr(as_of))}).")
    if as_of <= log.first_day:
        raise OrderLogError(f"`as_of` must lie after the first order, on {log.first_day} (got {as_of}).")
    if as_of.year > log.last_day.year + 100:
        raise OrderLogError(
            f"`as_of` lies more than a century after the last order, on {log.last_day} (got {as_of})."
        )
    return as_of


def _without_order(log: OrderLog, as_of: dt.date, members: int) -> int:
    """Customers with nothing but refunds."""
    if as_of > log.last_day:
        return log.customers - members
    before = log.coded_lines.filter(nw.col("day") < as_of.toordinal())
    seen = int(before.select(nw.col("customer").n_unique()).collect("pandas").item())
    return seen - members


def _noise(log: OrderLog, definition: Definition) -> float:
    """The largest sum of money that rounding alone may leave."""
    if definition.measure not in ("revenue", "profit"):
        return 0.0
    before = log.coded_lines.filter(nw.col("day") < definition.as_of.toordinal())
    gross = before.select(nw.col(_value(definition)).abs().sum()).collect("pandas").item()
    return NOISE * float(gross)


def _value(definition: Definition) -> str:
    return "profit" if definition.measure == "profit" else "amount"


def _counts(log: OrderLog, definition: Definition) -> Iterator[Count]:
    """What the engines count, as plain numbers."""
    with computed_once(_activity(log, definition)) as activity:
        cells = _placed(activity, _started(log, activity, definition), definition)
        counted = _counted(cells, definition).collect("pandas").to_native()
    names = [name for name in Count._fields if name in counted]
    # engines give sums of whole numbers as floats
    whole = dict.fromkeys(("start", "place", "customers"), "int64")
    counted = counted.astype(whole if definition.by else whole | {"cohort": "int64"})
    columns = [counted[name].tolist() for name in names]
    for row in zip(*columns, strict=True):
        yield Count(**dict(zip(names, row, strict=True)))


@contextmanager
def computed_once(frame: Lines) -> Iterator[Lines]:
    """The frame with its rows worked out, for as long as it is used.

    DuckDB would work it out again for each of its uses in a join.
    """
    if not frame.implementation.is_duckdb():
        yield frame.collect().lazy()
        return
    relation = frame.to_native()
    name = f"once_{uuid4().hex}"
    relation.create(name)
    try:
        yield nw.from_native(relation.query("source", f'from "{name}"'))
    finally:
        relation.query("source", f'drop table "{name}"')


def _activity(log: OrderLog, definition: Definition) -> Lines:
    """One row a customer and unit (period or day): `orders` placed in it and `total` in the measure."""
    until = definition.as_of.toordinal()
    lines = log.coded_lines.filter(nw.col("day") < until).with_columns(unit=_unit(definition))
    keys = ("customer", "unit")
    if definition.measure in ("revenue", "profit"):
        return _money(log, lines, definition)
    if log.columns.order is not None:
        days = log.coded_order_days().filter(nw.col("day") < until).with_columns(unit=_unit(definition))
        return days.group_by(*keys).agg(orders=nw.len())
    bought = lines.filter(~nw.col("refund"))
    if definition.measure == "orders":
        # an order is a customer and a day
        bought = bought.group_by(*keys, "day").agg(lines=nw.len())
    return bought.group_by(*keys).agg(orders=nw.len())


def _money(log: OrderLog, lines: Lines, definition: Definition) -> Lines:
    value = nw.col(_value(definition))
    one = nw.lit(1).cast(nw.Int64)
    if log.columns.order is None:
        paid = lines.select("customer", "unit", total=value, order=nw.when(~nw.col("refund")).then(one))
    else:
        days = log.coded_order_days().filter(nw.col("day") < definition.as_of.toordinal())
        none = nw.when(nw.lit(False)).then(one)
        paid = nw.concat(
            [
                lines.select("customer", "unit", total=value, order=none),
                days.select(
                    "customer", unit=_unit(definition), total=nw.lit(0.0).cast(nw.Float64), order=one
                ),
            ]
        )
    # not a sum, which DuckDB makes twice as wide
    return paid.group_by("customer", "unit").agg(
        nw.col("order").count().alias("orders"), nw.col("total").sum()
    )


def _unit(definition: Definition) -> nw.Expr:
    if definition.ages is not None:
        return nw.col("day")
    month = nw.col("month") - (definition.year_starts - 1)
    if definition.period == "month":
        return month
    return (month / MONTHS[definition.period]).floor().cast(nw.Int64)  # `//` of narwhals is slow on DuckDB


def _started(log: OrderLog, activity: Lines, definition: Definition) -> Lines:
    """One row a customer: `start`, and the group of the first order where groups are the cohorts."""
    figures = [nw.col("unit").min().alias("start")]
    if definition.measure != "customers" and definition.ages is None:
        # what a customer brought at first, here because another join for it takes as long as all the rest
        figures.append(_brought(definition).first(order_by="unit").alias("base"))
    starts = activity.filter(nw.col("orders") > 0).group_by("customer").agg(*figures)
    if definition.by is None:
        return starts
    column = f"by {definition.by}"
    if log.columns.order is None:
        orders = log.coded_lines.filter(~nw.col("refund")).select("customer", "day", column)
    else:
        orders = log.coded_order_days([column])
    labels = orders.group_by("customer").agg(cohort=nw.col(column).first(order_by=["day", column]))
    return starts.join(labels, on="customer", how="left")


def _placed(activity: Lines, starts: Lines, definition: Definition) -> Lines:
    """One row a customer and column of the table: `cohort`, `start`, `place`, `orders`, `total`."""
    offset = nw.col("unit") - nw.col("start")
    joined = activity.join(starts, on="customer").with_columns(offset=offset).filter(nw.col("offset") >= 0)
    if definition.ages is None:
        return joined.with_columns(place=nw.col("offset"))
    placed = joined.with_columns(place=_place(definition)).filter(nw.col("place") >= 0)
    keys = ["customer", "start", "place", *(["cohort"] if definition.by else [])]
    sums = [nw.col("orders").sum()]
    if definition.measure in ("revenue", "profit"):
        sums.append(nw.col("total").sum())
    return placed.group_by(*keys).agg(*sums)


def _place(definition: Definition) -> nw.Expr:
    """`retention_core.cohort_tables.place_of` for the engines, with -1 for no column."""
    place = nw.lit(-1)
    offset = nw.col("offset")
    for number, age in enumerate(definition.ages or ()):
        inside = offset >= age.first
        if age.last is not None:
            inside = inside & (offset <= age.last)
        place = nw.when(inside).then(nw.lit(number)).otherwise(place)
    return place


def _counted(cells: Lines, definition: Definition) -> Lines:
    """One row a cohort, start and column, with the sums of `Count`."""
    keys = ["start", "place", *(["cohort"] if definition.by else [])]
    active = nw.col("orders") > 0
    if definition.unbounded:
        last = cells.filter(active).group_by("customer").agg(last=nw.col("place").max())
        cells = cells.join(last, on="customer")
        active = active & (nw.col("place") == nw.col("last"))
    cells = cells.with_columns(active=active.cast(nw.Int64))
    sums = [nw.col("active").sum().alias("customers")]
    if definition.measure != "customers":
        cells = _with_products(cells, definition)
        sums += [nw.col(name).sum() for name in ("total", "square", "cross")]
    return _with_cohort(cells.group_by(*keys).agg(*sums), definition)


def _with_products(cells: Lines, definition: Definition) -> Lines:
    cells = cells.with_columns(total=_brought(definition).cast(nw.Float64))
    if definition.ages is not None:
        bases = cells.filter(nw.col("place") == 0).select("customer", base=nw.col("total"))
        cells = cells.join(bases, on="customer")
    total = nw.col("total")
    return cells.with_columns(square=total * total, cross=total * nw.col("base"))


def _brought(definition: Definition) -> nw.Expr:
    return nw.col("orders" if definition.measure == "orders" else "total")


def _with_cohort(counted: Lines, definition: Definition) -> Lines:
    """The cohort of a start where the period makes it."""
    if definition.by is not None:
        return counted
    if definition.ages is None:
        return counted.with_columns(cohort=nw.col("start"))
    table = counted.collect("pandas").to_native()
    days = table["start"].drop_duplicates().tolist()
    numbers = {day: definition.number(dt.date.fromordinal(day)) for day in days}
    numbered: Lines = nw.from_native(table.assign(cohort=table["start"].map(numbers))).lazy()
    return numbered


def _customers_behind(log: OrderLog, definition: Definition, key: int | str, age: int) -> tuple[str, ...]:
    with computed_once(_activity(log, definition)) as activity:
        cells = _placed(activity, _started(log, activity, definition), definition)
        first = definition.unbounded
        here = nw.col("place") >= age if first else nw.col("place") == age
        found = cells.filter(here & _of_cohort(definition, key))
        if definition.measure not in ("revenue", "profit"):
            found = found.filter(nw.col("orders") > 0)
        keys = found.select("customer").unique()
        table = log.with_names(keys, log.coded_lines).collect("pandas").to_native()
    shown = table["name"].tolist()
    return tuple(shown[place] for place in key_order(table["customer"].tolist()))


def _of_cohort(definition: Definition, key: int | str) -> nw.Expr:
    if isinstance(key, str):
        return nw.col("cohort") == key
    if definition.ages is None:
        return nw.col("start") == key
    first, after = definition.starts(key).toordinal(), definition.starts(key + 1).toordinal()
    return (nw.col("start") >= first) & (nw.col("start") < after)
