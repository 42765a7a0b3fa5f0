"""What the buttons of retention-lite.xlsx do; travels inside the workbook.

A script reads the log pasted into the sheet Orders, works everything out, and only then writes: the
status says "not finished" until the last row stands. Where the log cannot be used, the old table is gone and
the status says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

from addin.cells import error_in, is_blank
from addin.lite.calls import lacking
from retention_core.errors import RetentionError, said

if TYPE_CHECKING:
    from retention_core.orders import OrderLog

Rows: TypeAlias = list[list[Any]]

ORDERS, PERIODS, PARETO = "Orders", "Periods", "Pareto"
LOG_HEADER = 6
STATUS, SUMMARY, LOG_ROWS = "B5", "B6", "B7"
TABLE_HEADER = 9
PERIOD_COLUMNS = (
    "start", "last day", "at start", "new", "reactivated", "lost", "kept", "at end", "rate", "low", "high",
    "complete",
)  # fmt: skip
PARETO_COLUMNS = ("customer", "value", "share", "cumulative share", "class")
_ROWS_AT_ONCE = 10_000
_LAST_ROW = 1_048_576
_NOT_FINISHED = "Not finished: press the button again."


@dataclass(frozen=True, slots=True)
class Filled:
    """What a button writes: a sentence on what was found, and the rows of the table."""

    summary: str
    rows: Rows


def fill_periods(book: Any) -> None:
    """Fill the sheet Periods from the log in the sheet Orders."""
    _fill(book, PERIODS, len(PERIOD_COLUMNS), period_table)


def refresh_pareto(book: Any) -> None:
    """Fill the sheet Pareto from the log in the sheet Orders."""
    _fill(book, PARETO, len(PARETO_COLUMNS), pareto_table)


def period_table(log: OrderLog) -> Filled:
    """The retention table of a log, one row a period."""
    from retention_core.periods import period_retention

    table = period_retention(log)
    rows = [
        [
            serial(each.start), serial(each.end) - 1, each.at_start, each.new, each.reactivated, each.lost,
            each.kept, each.at_end, each.rate, each.low, each.high, "yes" if each.complete else "no",
        ]
        for each in table.periods
    ]  # fmt: skip
    return Filled(table.reason, rows)


def pareto_table(log: OrderLog) -> Filled:
    """The customers of a log by what they bring, best first."""
    from retention_core.concentration import concentration_of

    spread = concentration_of(log)
    top, behind = spread.top_share(0.2), spread.customers_for(0.8)
    summary = (
        f"Of {_many(spread.n, 'customer')} the top fifth bring {top.value:.1%} of the {spread.value_of} "
        f"(95 % interval {top.low:.1%} to {top.high:.1%}); {behind.value:.1%} of the customers bring 80 %. "
        f"Gini coefficient {spread.gini.value:.3f}."
    )
    running = list(spread.curve.share)[1:]
    ranked = zip(spread.customers, spread.values, running, spread.classes, strict=True)
    rows = [
        [as_text(name), float(value), float(value) / spread.total, float(share), str(kind)]
        for name, value, share, kind in ranked
    ]
    return Filled(summary, rows)


def serial(day: date) -> int:
    """A day from March 1900 on as Excel counts days, whatever the language of the sheet.

    Examples
    --------
    >>> serial(date(2024, 1, 31))
    45322
    """
    return (day - date(1899, 12, 30)).days


def as_text(value: str) -> str:
    """Text that Excel takes as text, never as a formula, number or date: an apostrophe before it.

    Examples
    --------
    >>> as_text("=1+1")
    "'=1+1"
    """
    return f"'{value}"


def _fill(book: Any, name: str, width: int, build: Callable[[OrderLog], Filled]) -> None:
    sheet = _sheet(book, name)
    sheet.range((TABLE_HEADER + 1, 1), (_LAST_ROW, width)).clear_contents()
    try:
        log = order_log(pasted(book))
        filled = build(log)
    except Exception as error:  # noqa: BLE001  # the status must never stay as it was
        _say(sheet, _why(name, error))
        return
    _say(sheet, _NOT_FINISHED, filled.summary, rows_said(log))
    first = TABLE_HEADER + 1
    below = sheet.range((first, 1), (first + len(filled.rows) - 1, width))
    below.options(chunksize=_ROWS_AT_ONCE).value = filled.rows
    sheet[STATUS].value = as_text(filled_said(filled))


def _why(name: str, error: Exception) -> str:
    if isinstance(error, RetentionError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return lacking(f"The sheet {name}", error)
    return (
        f"The sheet {name} could not be filled, which is our mistake: {type(error).__name__}: {said(error)}"
    )


def _say(sheet: Any, status: str, summary: str = "", rows: str = "") -> None:
    for cell, sentence in ((STATUS, status), (SUMMARY, summary), (LOG_ROWS, rows)):
        sheet[cell].value = as_text(sentence) if sentence else ""


def _sheet(book: Any, name: str) -> Any:
    if name not in [sheet.name for sheet in book.sheets]:
        raise RetentionError(f'The workbook has no sheet "{name}": give the sheet its name back.')
    return book.sheets[name]


def pasted(book: Any) -> Rows:
    """What stands in the sheet Orders from the header of the log on; error cells are blank."""
    sheet = _sheet(book, ORDERS)
    last = sheet.used_range.last_cell
    if last.row <= LOG_HEADER:
        raise RetentionError(f"{ORDERS} holds no log: paste one, its header in row {LOG_HEADER}.")
    cells = sheet.range((LOG_HEADER, 1), (last.row, last.column)).options(ndim=2).value
    return [[None if error_in(cell) or is_blank(cell) else cell for cell in row] for row in cells]


def order_log(cells: Rows) -> OrderLog:
    """The order log in rows of cells, the first being its header; columns are found by their names.

    Raises
    ------
    RetentionError
        If the log cannot be used; the sentence says why.

    Examples
    --------
    >>> log = order_log([["Customer", None, "Date"], ["Ann", None, "2024-01-31"], [None, None, None]])
    >>> log.rows, log.customers
    (1, 1)
    """
    import pandas as pd

    from retention_core.orders import OrderLog

    header, *rows = cells
    rows = [row for row in rows if any(cell is not None for cell in row)]
    filled = [at for at in range(len(header)) if any(row[at] is not None for row in (header, *rows))]
    if not rows:
        raise RetentionError(f"{ORDERS} holds no rows below its header in row {LOG_HEADER}: paste a log.")
    names = [_column_name(header[at], at) for at in filled]
    table = [[row[at] for at in filled] for row in rows]
    return OrderLog.from_frame(pd.DataFrame(table, columns=names, dtype=object))


def _column_name(cell: Any, at: int) -> str:
    return f"unnamed column {at + 1}" if cell is None else str(cell).strip()


def filled_said(filled: Filled) -> str:
    """The status of a sheet that has been filled."""
    return f"Filled: {_many(len(filled.rows), 'row')}."


def rows_said(log: OrderLog) -> str:
    """Sentences on a log: how many rows are used, or set aside and why, and how its columns were read."""
    aside = ", ".join(f"{reason} {number:,}" for reason, number in log.set_aside_counts.items())
    used = f"{log.rows_used:,} of {_many(log.rows, 'row')} used" + (
        f"; set aside: {aside}." if aside else "."
    )
    notes = [note for note in (*log.guessed, *log.notes, *log.warnings) if "are set aside" not in note]
    return " ".join([used, *map(_sentence, notes)])


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
