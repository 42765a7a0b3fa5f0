"""The only door for raw tables: an order log, validated once, with every row accounted for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from retention_core.cleaning import (
    ROW,
    SOURCE_ROW,
    Cleaned,
    Lines,
    Rules,
    Table,
    as_text_where_mixed,
    clean,
    no_rows,
)
from retention_core.columns import Columns, resolve_columns
from retention_core.errors import ColumnError, OrderLogError, said
from retention_core.identity import key_order
from retention_core.side_columns import text_said

if TYPE_CHECKING:
    from retention_core.raw_tables import RawTable
    from retention_core.stored_lines import Home, StoredLines

_LONG_SILENCE = 5 * 366
_MUCH_ASIDE = 0.05
_FEW = 20
_SUMMARY = {"key", "customer", "orders", "refunds", "first_order", "last_order", "value"}
REPEAT = "repeat of an earlier row"


@dataclass(frozen=True, slots=True, eq=False)
class OrderLog:
    """Who bought when and for how much, ready for every question.

    Make one with `OrderLog.from_file` or `OrderLog.from_frame`. `lines` holds the usable rows as a
    narwhals LazyFrame: `row` (number in the source), `customer` (identity key), `name` (as written),
    `day` (proleptic ordinal, as `date.toordinal`), `month` (months since January of year 0), `refund`,
    and where the source has them `order`, `amount`, `profit` and one `by <group>` a group.
    `rows == rows_used + len(set_aside)`, always. A log may stand on a DuckDB connection, which answers
    one thread at a time.
    """

    lines: Lines
    columns: Columns
    rows: int
    rows_used: int
    set_aside: pd.DataFrame
    guessed: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    customers: int
    orders: int
    refunds: int
    first_day: dt.date
    last_day: dt.date
    stored: StoredLines | None = field(default=None, repr=False)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str | None = None,
        date: str | None = None,
        amount: str | None = None,
        quantity: str | None = None,
        price: str | None = None,
        order: str | None = None,
        cost: str | None = None,
        margin: str | None = None,
        currency: str | None = None,
        groups: Sequence[str] = (),
        day_first: bool | None = None,
        keep_currency: str | None = None,
        exact_case: bool = False,
        drop_repeats: bool = False,
    ) -> OrderLog:
        """An order log from any frame that narwhals reads: pandas, polars, Arrow, a DuckDB relation.

        Parameters
        ----------
        frame
            One row an order line. The frame is not altered.
        customer, date, amount, order, currency
            Names of columns; those left out are guessed from the names, and `guessed` says how. ""
            says that there is none, and nothing is guessed.
        quantity, price
            Units and price of one unit, in place of `amount`.
        cost, margin
            Cost of the whole line, or its profit, in money; either makes value mean profit. A blank
            cost counts as none, and a warning says how many are blank.
        groups
            Columns to compare customers by, such as region or channel.
        day_first
            How to read 03/04/2025; decided from the column when left out.
        keep_currency
            The one currency to keep where the amounts name several.
        exact_case
            Keep customers apart whose names differ only in upper and lower case.
        drop_repeats
            Set aside rows that equal an earlier row in every column; otherwise they are counted.

        Raises
        ------
        ColumnError
            If a column is missing or of no use for its role.
        OrderLogError
            If no row is usable or the amounts are in several currencies.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = {"Client": [17850.0, 17850.0, None], "Day": ["5 Jan 2025"] * 3, "Sales": ["£9", "-1", "4"]}
        >>> log = OrderLog.from_frame(pd.DataFrame(rows))
        >>> log.customers, log.orders, log.refunds, log.set_aside_counts
        (1, 1, 1, {'no customer': 1})
        """
        asked = Columns(
            customer, date, amount, quantity, price, order, cost, margin, currency, _names(groups)
        )
        rules = Rules(day_first, keep_currency, exact_case)
        table = _opened(frame)
        names = tuple(table.collect_schema().names())
        columns, guessed = resolve_columns(names, asked)
        if isinstance(table, nw.DataFrame):
            plain = (columns.customer, columns.order, *columns.groups)
            table = as_text_where_mixed(table, [name for name in plain if name is not None])
        numbered = _numbered(table)
        with text_said():
            kept, repeated, repeats = _parted_from_repeats(numbered, names, drop_repeats)
            left = 0 if drop_repeats else repeats
            return _settled(kept, columns, rules, guessed, _height(numbered), [repeated], (), left)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        sheet: str | None = None,
        customer: str | None = None,
        date: str | None = None,
        amount: str | None = None,
        quantity: str | None = None,
        price: str | None = None,
        order: str | None = None,
        cost: str | None = None,
        margin: str | None = None,
        currency: str | None = None,
        groups: Sequence[str] = (),
        day_first: bool | None = None,
        keep_currency: str | None = None,
        exact_case: bool = False,
        drop_repeats: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> OrderLog:
        """An order log from a csv (any delimiter and encoding), parquet, xlsx, xls or ods file.

        Parameters
        ----------
        path
            The file. Title rows above the header are skipped.
        sheet
            Sheet of a workbook; by default the first that holds a table.
        progress
            Called with a sentence before each longer step.

        The other parameters are those of `from_frame`. Row numbers are those of the file: the
        spreadsheet's rows, or the records of a csv, header included.

        Raises
        ------
        FileError
            If the file cannot be read as a table.
        ColumnError, OrderLogError
            As `from_frame`.
        """
        from retention_core import files

        say = progress or _silently
        say(f"Reading {files.checked_path(path).name}.")
        raw = files.read_table(path, sheet=sheet, progress=progress)
        asked = Columns(
            customer, date, amount, quantity, price, order, cost, margin, currency, _names(groups)
        )
        columns, guessed = resolve_columns(raw.columns, asked)
        say(f"Reading {raw.rows:,} rows as orders.")
        rules = Rules(day_first, keep_currency, exact_case)
        with files.damage_said(path):
            return _from_raw(raw, columns, rules, guessed, drop_repeats)

    @property
    def value_of(self) -> str | None:
        """What a customer's value means here: "profit", "revenue", or None in a log without amounts."""
        if self.columns.cost is not None or self.columns.margin is not None:
            return "profit"
        return "revenue" if self.columns.amount or self.columns.price else None

    @property
    def set_aside_counts(self) -> dict[str, int]:
        """Reason -> rows set aside for it, most frequent first."""
        return _reason_counts(self.set_aside)

    def order_days(self, by: Sequence[str] = ()) -> Lines:
        """One row an order: `customer`, `day` and `month` of the order's earliest line; no refunds.

        With columns of `lines` in `by`, one row for each of their values in an order.
        """
        return _order_days(self.lines, self.columns, by)

    @property
    def coded_lines(self) -> Lines:
        """`lines` without `name`, and as `customer` what the engine tells apart fastest: a number or the key.

        `with_names` turns that into key and name; do it last, on few rows.
        """
        return self.lines if self.stored is None else self.stored.lines

    def coded_order_days(self, by: Sequence[str] = ()) -> Lines:
        """`order_days` of the `coded_lines`."""
        return _order_days(self.coded_lines, self.columns, by)

    def with_names(self, table: Lines, lines: Lines) -> Lines:
        """A table by `customer` of `coded_lines`, with the key instead and the first `name` in `lines`."""
        if self.stored is not None:
            return self.stored.named(table, lines)
        names = lines.group_by("customer").agg(nw.col("name").first(order_by=ROW))
        return table.join(names, on="customer", how="left")

    def customer_table(self, groups: Sequence[str] = (), as_of: dt.date | None = None) -> pd.DataFrame:
        """One row a customer, or a customer and group: orders, refunds, first and last order, value.

        Parameters
        ----------
        groups
            Some of the log's groups: a customer then has one row for each of its groups.
        as_of
            Count only what lies before this day.

        Returns
        -------
        pandas.DataFrame
            `key`, `customer` (first spelling), the groups (one that bears the name of another column
            here has "(group)" after it), `orders`, `refunds`, `first_order` and
            `last_order` (NaT for customers with nothing but refunds) and, where the log has
            amounts, `value`; whole-number customers by size, then the others by name.
        """
        by = [f"by {group}" for group in self._known_groups(groups)]
        lines, ordered = self.coded_lines, self.coded_order_days(by)
        days = nw.col("day")
        if as_of is not None:
            lines, ordered = (rows.filter(days < as_of.toordinal()) for rows in (lines, ordered))
        totals = [nw.col("refund").sum().alias("refunds")]
        if self.value_of is not None:
            totals.append(nw.col("profit" if self.value_of == "profit" else "amount").sum().alias("value"))
        keys = ["customer", *by]
        orders = ordered.group_by(*keys).agg(
            nw.len().alias("orders"), days.min().alias("first"), days.max().alias("last")
        )
        summary = lines.group_by(*keys).agg(*totals).join(orders, on=keys, how="left")
        table = self.with_names(summary, lines).collect("pandas").to_native()
        if table.empty:
            raise OrderLogError(f"`as_of` must lie after the first order, on {self.first_day} (got {as_of}).")
        return _presented(table, by)

    def _known_groups(self, groups: Sequence[str]) -> tuple[str, ...]:
        for group in groups:
            if group not in self.columns.groups:
                known = ", ".join(self.columns.groups) or "none"
                raise ColumnError(f'"{said(group)}" is not among the groups of this log, which are: {known}.')
        return tuple(dict.fromkeys(groups))


def _from_raw(
    raw: RawTable, columns: Columns, rules: Rules, guessed: tuple[str, ...], drop_repeats: bool
) -> OrderLog:
    from retention_core import files

    repeats = raw.count_repeats()
    dropping = drop_repeats and repeats > 0
    table: Table = nw.from_native((raw.with_repeats() if dropping else raw).frame)
    table = table.rename({files.ROW: SOURCE_ROW})
    aside = [pd.DataFrame(raw.set_aside, columns=[ROW, "reason", "value"])]
    if dropping:
        repeated = table.filter(nw.col(files.REPEAT)).select(nw.col(SOURCE_ROW).alias(ROW))
        aside.append(_repeats_aside(repeated))
        table = table.filter(~nw.col(files.REPEAT))
    left = 0 if dropping else repeats
    return _settled(table, columns, rules, guessed, raw.rows, aside, raw.notes, left, raw.home)


def _silently(_: str) -> None:
    """Progress that nobody asked for."""


def _names(groups: Sequence[str]) -> tuple[str, ...]:
    return (groups,) if isinstance(groups, str) else tuple(dict.fromkeys(groups))


def _opened(frame: Any) -> Table:
    if isinstance(frame, pd.DataFrame):
        _check_names(list(frame.columns))
    try:
        table: Table = nw.from_native(frame)
    except TypeError:
        raise ColumnError(
            f"`frame` must be a table such as a pandas or polars frame (got {type(frame).__name__})."
        ) from None
    if isinstance(table, nw.LazyFrame) and table.implementation.is_polars():
        table = table.collect()
    _check_names(table.columns)
    return table


def _check_names(names: Sequence[Any]) -> None:
    seen: set[Any] = set()
    for name in names:
        if not isinstance(name, str):
            raise ColumnError(f"Column names must be text (got {said(repr(name))}): rename the columns.")
        if name in seen or name == SOURCE_ROW:
            raise ColumnError(f'Two columns are named "{said(name)}": rename one.')
        seen.add(name)


def _numbered(table: Table) -> Table:
    """The table with its rows counted from 1."""
    if isinstance(table, nw.DataFrame):
        table = table.with_row_index(SOURCE_ROW)
    elif table.implementation.is_duckdb():
        table = nw.from_native(table.to_native().project(f"*, row_number() OVER () - 1 AS {SOURCE_ROW}"))
    else:
        table = table.with_row_index(SOURCE_ROW, order_by=table.collect_schema().names())
    return table.with_columns(nw.col(SOURCE_ROW).cast(nw.Int64) + 1)


def _parted_from_repeats(table: Table, names: Sequence[str], drop: bool) -> tuple[Table, pd.DataFrame, int]:
    """The table, its repeats set aside where they are to be dropped, and how many there are."""
    if isinstance(table, nw.LazyFrame):
        first: Table = table.unique(subset=list(names), keep="first", order_by=[SOURCE_ROW])
    else:
        first = table.unique(subset=list(names), keep="first")
    repeats = _height(table) - _height(first)
    if not (drop and repeats):
        return table, no_rows(), repeats
    kept = first.select(SOURCE_ROW)
    aside = table.join(kept, on=SOURCE_ROW, how="anti").select(nw.col(SOURCE_ROW).alias(ROW))  # type: ignore[arg-type]
    return first, _repeats_aside(aside), repeats


def _repeats_aside(rows: Table) -> pd.DataFrame:
    aside: pd.DataFrame = rows.lazy().collect("pandas").to_native()
    return aside.assign(reason=REPEAT, value="")


def _height(table: Table) -> int:
    return int(table.lazy().select(nw.len()).collect("pandas").item())


def _settled(
    table: Table,
    columns: Columns,
    rules: Rules,
    guessed: tuple[str, ...],
    rows: int,
    aside: Sequence[pd.DataFrame],
    notes: tuple[str, ...],
    repeats: int,
    home: Home | None = None,
) -> OrderLog:
    """The log of a numbered table, the rows already set aside among its own."""
    cleaned = clean(table, columns, rules, rows, home)
    frames = [frame for frame in (*aside, cleaned.set_aside) if len(frame)]
    set_aside = pd.concat(frames).sort_values(ROW, ignore_index=True) if frames else no_rows()
    lines = cleaned.lines if cleaned.stored is None else cleaned.stored.lines
    figures, buyers, most = _measured(lines, columns, cleaned.stored)
    if not figures["rows_used"]:
        raise OrderLogError(f"No row of the {rows:,} can be used: {_reasons(set_aside)}.")
    if not figures["orders"]:
        raise OrderLogError("Every usable row is a refund (an amount below zero), so there is no order.")
    warnings = (
        *_aside_warning(rows, set_aside),
        *_nobody_returns_warning(columns, buyers, most),
        *cleaned.warnings,
        *_repeat_warning(repeats),
        *_alike_warning(cleaned, rules),
        *_silence_warning(lines),
        *cleaned.blank_profit,
    )
    return OrderLog(
        lines=cleaned.lines,
        stored=cleaned.stored,
        columns=columns,
        rows=rows,
        set_aside=set_aside,
        guessed=guessed,
        notes=(*notes, *cleaned.notes),
        warnings=warnings,
        **figures,
    )


def _order_days(lines: Lines, columns: Columns, by: Sequence[str] = ()) -> Lines:
    bought = lines.filter(~nw.col("refund"))
    if columns.order is None:
        # not `unique`, which numbers all rows on DuckDB
        return bought.group_by("customer", *by, "day").agg(nw.col("month").min())
    earliest = (nw.col("day").min(), nw.col("month").min())
    return bought.group_by("customer", "order", *by).agg(*earliest).drop("order")


def _measured(lines: Lines, columns: Columns, stored: StoredLines | None) -> tuple[dict[str, Any], int, int]:
    """The figures of an `OrderLog`, how many customers ever ordered, and the most orders of one."""
    day = nw.col("day")
    customers = nw.col("customer").n_unique() if stored is None else nw.lit(stored.customers)
    found = lines.select(rows=nw.len(), customers=customers, refunds=nw.col("refund").sum()).collect("pandas")
    buyers = _order_days(lines, columns).group_by("customer")
    span = (
        buyers.agg(nw.len().alias("orders"), day.min().alias("first"), day.max().alias("last"))
        .select(
            nw.len().alias("buyers"),
            nw.col("orders").sum(),
            nw.col("first").min(),
            nw.col("last").max(),
            most=nw.col("orders").max(),
        )
        .collect("pandas")
    )
    rows, buying = int(found["rows"][0]), int(span["buyers"][0])
    if not buying:
        return {"rows_used": rows, "orders": 0}, 0, 0
    figures = {
        "rows_used": rows,
        "customers": int(found["customers"][0]),
        "orders": int(span["orders"][0]),
        "refunds": int(found["refunds"][0]),
        "first_day": dt.date.fromordinal(int(span["first"][0])),
        "last_day": dt.date.fromordinal(int(span["last"][0])),
    }
    return figures, buying, int(span["most"][0])


def _reason_counts(set_aside: pd.DataFrame) -> dict[str, int]:
    counts = Counter(set_aside["reason"].tolist())
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _reasons(set_aside: pd.DataFrame) -> str:
    counts = _reason_counts(set_aside).items()
    return ", ".join(f"{reason} {count:,}" for reason, count in counts) or "the table is empty"


def _aside_warning(rows: int, set_aside: pd.DataFrame) -> tuple[str, ...]:
    if len(set_aside) <= rows * _MUCH_ASIDE:
        return ()
    share = len(set_aside) / rows
    return (f"{len(set_aside):,} of {rows:,} rows ({share:.0%}) are set aside: {_reasons(set_aside)}.",)


def _nobody_returns_warning(columns: Columns, buyers: int, most: int) -> tuple[str, ...]:
    """A log in which nobody comes back is mostly a column taken for the customer that is none."""
    if buyers < _FEW or most > 1:
        return ()
    return (f'No customer ordered twice: check that "{columns.customer}" is what tells customers apart.',)


def _repeat_warning(repeats: int) -> tuple[str, ...]:
    if not repeats:
        return ()
    return (
        f"{repeats:,} {'rows equal' if repeats > 1 else 'row equals'} an earlier row in every column; "
        "they count as further lines unless you drop repeats.",
    )


def _alike_warning(cleaned: Cleaned, rules: Rules) -> tuple[str, ...]:
    """Customers merged although written with other capitals."""
    if rules.exact_case or (cleaned.stored is not None and cleaned.stored.spelled_once):
        return ()
    spellings = cleaned.lines.select("customer", "name").unique()
    if cleaned.stored is not None:
        spellings = cleaned.stored.spellings.select("name", customer="key")
    merged = (
        spellings.group_by("customer")
        .agg(
            nw.len().alias("spellings"),
            nw.col("name").min().alias("one"),
            nw.col("name").max().alias("other"),
        )
        .filter(nw.col("spellings") > 1)
        .sort("customer")
        .collect("pandas")
        .to_native()
    )
    if merged.empty:
        return ()
    pairs = [f"{one} = {other}" for one, other in zip(merged["one"], merged["other"], strict=True)]
    more = f" and {len(pairs) - 5:,} more" if len(pairs) > 5 else ""
    return (
        f"Upper and lower case count as one customer: {', '.join(map(said, pairs[:5]))}{more}; "
        "exact case keeps them apart.",
    )


def _silence_warning(lines: Lines) -> tuple[str, ...]:
    """A hole of years in the log is mostly a mistyped date."""
    bought = lines.filter(~nw.col("refund"))
    found = bought.group_by("day").agg(nw.len())  # not `unique`, which numbers all rows on DuckDB
    days = sorted(found.collect("pandas")["day"].to_list())
    for before, after in pairwise(days):
        if after - before > _LONG_SILENCE:
            ends = (dt.date.fromordinal(int(day)).isoformat() for day in (before, after))
            return (f"No order between {' and '.join(ends)}: check the dates on either side.",)
    return ()


def _presented(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    table = table.iloc[key_order(table["customer"].tolist())]
    epoch = pd.Timestamp("1970-01-01")
    shown: dict[str, Any] = {"key": table["customer"].astype(str), "customer": table["name"].astype(str)}
    for column in by:
        group = column.removeprefix("by ")
        shown[f"{group} (group)" if group in _SUMMARY else group] = table[column].astype(str)
    shown |= {name: table[name].fillna(0).astype("int64") for name in ("orders", "refunds")}
    for end in ("first", "last"):
        days = pd.to_numeric(table[end]) - epoch.toordinal()
        shown[f"{end}_order"] = epoch + pd.to_timedelta(days, unit="D")
    if "value" in table:
        shown["value"] = table["value"].astype("float64")
    return pd.DataFrame(shown).reset_index(drop=True)
