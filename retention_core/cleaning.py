"""Raw rows to usable order lines: every row is used or set aside with a reason."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import narwhals.selectors
import pandas as pd

from retention_core.columns import Columns
from retention_core.errors import ColumnError, OrderLogError, said
from retention_core.identity import ALIKE, BLANKS, MISSING, WHOLE_NUMBER_WITH_POINT
from retention_core.parsing import (
    AMOUNT_LIMIT,
    AMOUNT_TOO_LARGE,
    DATE_OUT_OF_RANGE,
    EARLIEST,
    LATEST,
    UNREADABLE_AMOUNT,
    UNREADABLE_DATE,
    currency_code,
    decimal_votes,
    read_amounts,
    read_dates,
)

if TYPE_CHECKING:
    from retention_core.stored_lines import Home, StoredLines

ROW = "row"
SOURCE_ROW = "__source_row__"
Lines = nw.LazyFrame[Any]
Table = nw.DataFrame[Any] | nw.LazyFrame[Any]
_LARGEST_WHOLE = 9e15
_LONGEST_MISSING = max(map(len, MISSING))
_WHOLE = (nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32)
MONEY = ("amount", "quantity", "price", "cost", "margin")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the caller decides about doubtful rows; see `OrderLog.from_frame`."""

    day_first: bool | None = None
    keep_currency: str | None = None
    exact_case: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """Usable lines, the rows set aside (row, reason, value) and what a reader should know."""

    lines: Lines
    stored: StoredLines | None  # the same lines, where DuckDB answers
    set_aside: pd.DataFrame
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    blank_profit: tuple[str, ...]


def clean(table: Table, columns: Columns, rules: Rules, rows: int, home: Home | None = None) -> Cleaned:
    """Read the mapped columns of a table numbered by `SOURCE_ROW`, and part its usable rows from the rest.

    Of its `rows` some may be set aside already; `home` is the DuckDB it is read from, if that is our own.
    """
    given = table.select(
        nw.col(SOURCE_ROW).cast(nw.Int64).alias(ROW),
        *(nw.col(column).alias(f"given {role}") for role, column in columns.named().items()),
        *(nw.col(column).alias(f"group {place}") for place, column in enumerate(columns.groups)),
    )
    groups = (f"group {place}" for place in range(len(columns.groups)))
    plain = {"given customer", "given order", *groups}
    reading = _Reading(as_text_where_mixed(given, plain), columns, rules, home)
    reading.read_customers()
    reading.read_days()
    reading.read_numbers([role for role in MONEY if role in columns.named()])
    if "order" in columns.named():
        reading.read_orders()
    reading.settle_currency()
    return reading.parted(rows)


class _Reading:
    """One pass over the table, a column at a time; each step adds a read column and its problems."""

    def __init__(self, table: Table, columns: Columns, rules: Rules, home: Home | None) -> None:
        self.table = table
        self.home = home if isinstance(table, nw.LazyFrame) else None
        self.columns = columns
        self.rules = rules
        self.problems: list[tuple[nw.Expr, str, str]] = []  # where, why, the role to quote
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.blanks: list[nw.Expr] = []
        self.currency_columns: list[str] = []
        self.distinct: dict[str, nw.Series[Any]] = {}

    def read_customers(self) -> None:
        name = _text_of(self.table, "given customer")
        key = nw.col("name") if self.rules.exact_case else _in_lower_case(nw.col("name"))
        self.table = self.table.with_columns(name=name).with_columns(customer=key)
        # a number needs not become text to be missed
        nobody = nw.col("given customer" if self._numbers() else "customer").is_null()
        self.blanks.append(nobody)
        self.problems.append((nobody, "no customer", "customer"))

    def read_days(self) -> None:
        dtype = self.table.collect_schema()["given date"]
        given = nw.col("given date")
        if isinstance(dtype, (nw.Date, nw.Datetime)):
            month = given.dt.year() * 12 + given.dt.month() - 1
            nothing = nw.lit("")
            self.table = self.table.with_columns(day=ordinal_day(given), month=month, date_problem=nothing)
        else:
            column = str(self.columns.date)

            def read(texts: list[str | None]) -> dict[str, Any]:
                reading = read_dates(texts, self.rules.day_first, column)
                self.notes.extend(reading.notes)
                self.warnings.extend(reading.warnings)
                return {
                    "day": (reading.days, nw.Float64),  # pandas has no whole numbers with gaps
                    "month": (reading.months, nw.Float64),
                    "date_problem": (reading.problems, nw.String),
                }

            self._read_distinct("date", read)
        day, why = nw.col("day"), nw.col("date_problem").fill_null("")
        blank = (why == "no date") | ((why == "") & day.is_null())
        outside = (day < EARLIEST.toordinal()) | (day > LATEST.toordinal())
        self.blanks.append(blank)
        self.problems += [
            (blank, "no date", "date"),
            (why == UNREADABLE_DATE, UNREADABLE_DATE, "date"),
            ((why == DATE_OUT_OF_RANGE) | outside.fill_null(False), DATE_OUT_OF_RANGE, "date"),
        ]

    def read_numbers(self, roles: Sequence[str]) -> None:
        votes: Counter[str] = Counter()
        for role in roles:
            if self.table.collect_schema()[f"given {role}"] == nw.String:
                votes += decimal_votes(self._distinct(role).to_list())
        for role in roles:
            self._read_number(role, votes)
        if "price" in roles:
            self._multiply()

    def _multiply(self) -> None:
        amount = nw.col("quantity") * nw.col("price")
        self.table = self.table.with_columns(amount=amount)
        too_large = (nw.col("amount").abs() > AMOUNT_LIMIT).fill_null(False)
        self.problems.append((too_large, AMOUNT_TOO_LARGE, "quantity"))

    def _read_number(self, role: str, votes: Counter[str]) -> None:
        dtype = self.table.collect_schema()[f"given {role}"]
        if dtype == nw.Boolean:
            raise ColumnError(f'"{getattr(self.columns, role)}" holds true and false, which are no `{role}`.')
        problem = f"{role}_problem"
        if dtype.is_numeric():
            cell = nw.col(f"given {role}").cast(nw.Float64)
            number = nw.when(~cell.is_nan()).then(cell)
            self.table = self.table.with_columns(number.alias(role), nw.lit("").alias(problem))
        elif dtype == nw.String:
            self._read_distinct(role, self._amount_reader(role, votes))
        else:
            raise ColumnError(
                f'"{getattr(self.columns, role)}" cannot be read as `{role}`: '
                f"it holds {said(dtype)}, not numbers."
            )
        self._note_number_problems(role, problem)

    def _amount_reader(self, role: str, votes: Counter[str]) -> Callable[[list[str | None]], dict[str, Any]]:
        def read(texts: list[str | None]) -> dict[str, Any]:
            reading = read_amounts(texts, str(getattr(self.columns, role)), votes)
            self.warnings.extend(reading.warnings)
            found = {role: (reading.amounts, nw.Float64), f"{role}_problem": (reading.problems, nw.String)}
            if role != "quantity" and any(reading.currencies):
                found[f"currency of {role}"] = (reading.currencies, nw.String)
                self.currency_columns.append(f"currency of {role}")
            return found

        return read

    def _note_number_problems(self, role: str, problem: str) -> None:
        value, why = nw.col(role), nw.col(problem).fill_null("")
        blank = (why == "no amount") | ((why == "") & value.is_null())
        too_large = (why == AMOUNT_TOO_LARGE) | (value.abs() > AMOUNT_LIMIT).fill_null(False)
        self.blanks.append(blank)
        if role not in ("cost", "margin"):  # a blank cost is unknown, not a row without an order
            self.problems.append((blank, f"no {role}", role))
        self.problems += [
            (why == UNREADABLE_AMOUNT, f"unreadable {role}", role),
            (too_large, AMOUNT_TOO_LARGE.replace("amount", role), role),
        ]

    def read_orders(self) -> None:
        self.table = self.table.with_columns(order=_text_of(self.table, "given order"))

    def settle_currency(self) -> None:
        if not {"amount", "price"} & self.columns.named().keys():
            return
        if self.columns.currency is not None:
            self._read_distinct(
                "currency",
                lambda texts: {"currency in column": ([currency_code(text) for text in texts], nw.String)},
            )
            self.currency_columns.insert(0, "currency in column")
        if not self.currency_columns:
            if self.rules.keep_currency:
                raise OrderLogError("`keep_currency` has no currency to look for: the amounts name none.")
            return
        marks = [nw.col(name) for name in self.currency_columns]
        if self.columns.currency is not None:
            marks = marks[:1]  # a column of currencies knows better than signs such as $
        self.table = self.table.with_columns(currency=nw.coalesce(*marks))
        for mark in marks[1:]:
            other = (mark != nw.col("currency")).fill_null(False)
            self.problems.append((other, "two currencies in one row", "amount"))
        counts = _counts(self.table, "currency")
        kept = currency_code(self.rules.keep_currency)
        if kept is not None:
            self._keep_currency(kept, counts)
        elif len(counts) > 1:
            listed = ", ".join(f"{code} {rows:,} rows" for code, rows in counts.items())
            raise OrderLogError(
                f"The amounts are in more than one currency ({listed}), and their sum would mean nothing: "
                f"keep one currency, such as {next(iter(counts))}."
            )

    def _keep_currency(self, kept: str, counts: dict[str, int]) -> None:
        if kept not in counts:
            found = ", ".join(counts) or "none"
            raise OrderLogError(f'No amount is in "{kept}"; the currencies found are: {found}.')
        other = (nw.col("currency") != kept).fill_null(False)
        self.problems.append((nw.col("currency").is_null(), "no currency", "currency"))
        self.problems.append((other, "another currency", "currency"))

    def _read_distinct(self, role: str, read: Callable[[list[str | None]], dict[str, Any]]) -> None:
        """Read each distinct text of a column once and join what it says to the rows."""
        given = f"given {role}"
        distinct = self._distinct(role)
        found = read([_written(value) for value in distinct.to_list()])
        backend = distinct.implementation
        known = nw.new_series(given, distinct.to_list(), distinct.dtype, backend=backend).to_frame()
        known = known.with_columns(
            *(
                nw.new_series(name, list(values), dtype, backend=backend)
                for name, (values, dtype) in found.items()
            )
        )
        if self.home is None:
            self.table = self._eager().join(known, on=given, how="left")
        else:
            self.home.from_arrow(known.to_arrow()).create(f"read_{role}")
            read_texts: Lines = nw.from_native(self.home.table(f"read_{role}"))
            self.table = self.table.lazy().join(read_texts, on=given, how="left")

    def _distinct(self, role: str) -> nw.Series[Any]:
        """The different cells of a column, in their order, nulls left out."""
        if role not in self.distinct:
            given = nw.col(f"given {role}")
            if self.home is None:
                distinct = self._eager()[f"given {role}"].drop_nulls().unique(maintain_order=True)
            else:
                filled = self.table.lazy().filter(~given.is_null())
                cells = filled.group_by(f"given {role}").agg(nw.col(ROW).min())
                distinct = cells.sort(ROW).collect("pyarrow")[f"given {role}"]
            self.distinct[role] = distinct if distinct.dtype == nw.String else distinct.sort()
        return self.distinct[role]

    def _eager(self) -> nw.DataFrame[Any]:
        if isinstance(self.table, nw.LazyFrame):
            self.table = self.table.collect()
        return self.table

    def parted(self, rows: int) -> Cleaned:
        """Rows without a problem as lines, the others with their first problem."""
        blank = nw.all_horizontal(*self.blanks, ignore_nulls=False)
        problems = [(blank, "blank row", "customer"), *self.problems]
        code = nw.lit(0)
        for number, (where, _, _) in reversed(list(enumerate(problems, 1))):
            code = nw.when(where).then(nw.lit(number)).otherwise(code)
        judged = self.table.with_columns(code=code)
        usable = judged.filter(nw.col("code") == 0)
        lines = self._lines(usable).lazy()
        stored = _stored(self._lines(usable, self._numbers()).lazy(), rows, self.home)
        none = stored is not None and stored.rows == rows
        return Cleaned(
            lines=lines if stored is None else stored.as_text(),
            stored=stored,
            set_aside=no_rows() if none else self._aside(judged.filter(nw.col("code") > 0), problems),
            notes=tuple(self.notes),
            warnings=tuple(self.warnings),
            blank_profit=self._blank_profit_warning(usable),
        )

    def _aside(self, rows: Table, problems: Sequence[tuple[nw.Expr, str, str]]) -> pd.DataFrame:
        cells = [nw.col(f"given {role}") for role in self.columns.named()]
        given = [nw.when(~cell.is_null()).then(cell.cast(nw.String)) for cell in cells]
        found: pd.DataFrame = rows.select(ROW, "code", *given).lazy().collect("pandas").to_native()
        texts = {role: found[f"given {role}"].fillna("").tolist() for role in self.columns.named()}
        texts |= {role: [""] * len(found) for _, _, role in problems if role not in texts}
        codes = found["code"].tolist()
        return pd.DataFrame(
            {
                ROW: found[ROW].astype("int64"),
                "reason": [problems[code - 1][1] for code in codes],
                "value": [texts[problems[code - 1][2]][place] for place, code in enumerate(codes)],
            }
        )

    def _blank_profit_warning(self, usable: Table) -> tuple[str, ...]:
        role = next((role for role in ("cost", "margin") if role in self.columns.named()), None)
        blank = _rows_where(usable, nw.col(role).is_null()) if role else 0
        if not blank:
            return ()
        what = "1 used row has" if blank == 1 else f"{blank:,} used rows have"
        return (f"{what} no {role}: the whole amount counts as profit.",)

    def _numbers(self) -> list[nw.Expr]:
        """The customers as numbers, where that is what they are."""
        if self.table.collect_schema()["given customer"] not in _WHOLE:
            return []
        return [nw.col("given customer").cast(nw.Int64).alias("number")]

    def _lines(self, usable: Table, further: Sequence[nw.Expr] = ()) -> Table:
        named = self.columns.named()
        kept: list[nw.Expr] = [nw.col(ROW), nw.col("customer"), nw.col("name")]
        kept += [nw.col("day").cast(nw.Int64), nw.col("month").cast(nw.Int64)]
        if "order" in named:
            numbered = nw.when(nw.col("order").is_null()).then(
                nw.concat_str(nw.lit("on day "), nw.col("day").cast(nw.Int64).cast(nw.String))
            )
            kept.append(numbered.otherwise(nw.col("order")).alias("order"))
        if "amount" in named or "price" in named:
            kept += [nw.col("amount"), (nw.col("amount") < 0).alias("refund")]
        else:
            kept.append(nw.lit(False).alias("refund"))
        if "cost" in named:
            kept.append((nw.col("amount") - nw.col("cost").fill_null(0.0)).alias("profit"))
        if "margin" in named:
            kept.append(
                nw.when(nw.col("margin").is_null())
                .then(nw.col("amount"))
                .otherwise(nw.col("margin"))
                .alias("profit")
            )
        for place, group in enumerate(self.columns.groups):
            kept.append(_text_of(usable, f"group {place}").fill_null("(blank)").alias(f"by {group}"))
        return usable.select(*kept, *further)


def _stored(lines: Lines, rows: int, home: Home | None) -> StoredLines | None:
    """The lines in the engine that will answer, where that is DuckDB: for tables of Arrow and of DuckDB."""
    if not (lines.implementation.is_pyarrow() or lines.implementation.is_duckdb()):
        return None
    from retention_core.stored_lines import store_lines

    return store_lines(lines, rows, home)


def no_rows() -> pd.DataFrame:
    """Nothing set aside."""
    return pd.DataFrame({ROW: [], "reason": [], "value": []}).astype({ROW: "int64"})


def _rows_where(table: Table, condition: nw.Expr) -> int:
    return int(table.lazy().filter(condition).select(nw.len()).collect("pandas").item())


def ordinal_day(moment: nw.Expr) -> nw.Expr:
    """Days since 31 December of year 0, as `date.toordinal`, in terms every engine has."""
    before = moment.dt.year() - 1
    leaps = [(before / years).floor() for years in (4, 100, 400)]  # `//` of narwhals is slow on DuckDB
    return before * 365 + leaps[0] - leaps[1] + leaps[2] + moment.dt.ordinal_day()


def _in_lower_case(name: nw.Expr) -> nw.Expr:
    """As `customer_key` writes it."""
    key = name.str.to_lowercase()
    for written, meant in ALIKE.items():
        key = key.str.replace_all(written, meant, literal=True)
    return key


def _text_of(table: Table, column: str) -> nw.Expr:
    """A cell as trimmed text, null where it stands for nothing; whole numbers without a point."""
    dtype = table.collect_schema()[column]
    text = nw.col(column).cast(nw.String)
    if dtype.is_integer():
        return text
    if dtype.is_float():
        return _number_text(nw.col(column).cast(nw.Float64))
    lower = text.str.strip_chars(BLANKS).str.to_lowercase()
    if not isinstance(table, nw.LazyFrame):
        return nw.when(~lower.is_in(sorted(MISSING))).then(_trimmed(text))
    # DuckDB works out only the branch it takes (`is_in` before any): patterns and trimming are its slow parts
    missing = nw.any_horizontal(*(lower == mark for mark in sorted(MISSING)), ignore_nulls=False)
    careful = nw.when(~missing).then(_trimmed(text))
    return nw.when(_is_plain(text)).then(text).otherwise(careful)


def _trimmed(text: nw.Expr) -> nw.Expr:
    text = text.str.strip_chars(BLANKS)
    whole = text.str.contains(WHOLE_NUMBER_WITH_POINT)
    return nw.when(whole).then(text.str.replace_all(r"\.0+$", "")).otherwise(text)


def _is_plain(text: nw.Expr) -> nw.Expr:
    """Text that needs no trimming and is not missing, told by its ends, its length and no point in it."""
    last = text.str.tail(1)
    ends = [(end > " ") & (end < "\x7f") for end in (text.str.head(1), last)]
    named = (text.str.len_chars() > _LONGEST_MISSING) | ((last >= "0") & (last <= "9"))
    return ends[0] & ends[1] & named & ~text.str.contains(".", literal=True)


def _number_text(number: nw.Expr) -> nw.Expr:
    """Floats as text, whole ones without a point; engines print large floats in their own ways."""
    small = number.abs() <= _LARGEST_WHOLE
    whole = nw.when(small & (number == number.floor())).then(number).otherwise(nw.lit(0.0)).cast(nw.Int64)
    text = nw.when(whole.cast(nw.Float64) == number).then(whole.cast(nw.String))
    return nw.when(~(number.is_null() | number.is_nan())).then(text.otherwise(number.cast(nw.String)))


def _counts(table: Table, column: str) -> dict[str, int]:
    """Value -> rows, most frequent first, nulls left out."""
    found = table.lazy().group_by(column).agg(nw.len().alias("rows")).collect("pandas").to_native()
    pairs = [
        (str(v), int(n)) for v, n in zip(found[column], found["rows"], strict=True) if isinstance(v, str)
    ]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def as_text_where_mixed(table: Table, plain: Collection[str] = ()) -> Table:
    """Columns of mixed or unusual types as text; the usual types untouched.

    Floats are written so that no reader of amounts takes the point for that of a thousand, save in the
    columns that are `plain` text: there they are written as `customer_name` does.
    """
    if table.implementation.is_pyarrow():  # its joins tell apart the several types of text
        table = table.with_columns(nw.selectors.by_dtype(nw.String).cast(nw.String))
    mixed = [name for name, dtype in table.collect_schema().items() if not _usual(dtype)]
    if not mixed:
        return table
    eager = table.collect() if isinstance(table, nw.LazyFrame) else table
    texts = (
        nw.new_series(name, _texts(eager[name].to_list(), written), nw.String, backend=eager.implementation)
        for name in mixed
        for written in [_as_it_is if name in plain else _written]
    )
    return eager.with_columns(*texts)


_LIKE_A_THOUSAND = re.compile(r"-?\d{1,3}\.\d{3}")


def _usual(dtype: nw.dtypes.DType) -> bool:
    return dtype.is_numeric() or isinstance(dtype, (nw.String, nw.Date, nw.Datetime, nw.Boolean))


def _texts(values: Iterable[Any], written: Callable[[Any], str]) -> list[str | None]:
    return [None if pd.api.types.is_scalar(value) and pd.isna(value) else written(value) for value in values]


def _written(value: Any) -> str:
    """A single value as text that reads back as the same value."""
    text = _as_it_is(value)
    unclear = not isinstance(value, str | bytes) and _LIKE_A_THOUSAND.fullmatch(text)
    return f"{text}0" if unclear else text  # 1.1250 is never a thousand


def _as_it_is(value: Any) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
