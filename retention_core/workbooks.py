"""Workbooks (xlsx, xlsm, xlsb, xls, ods) as text, cell by cell, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from retention_core.archives import MOST_BYTES, check_archive, damaged, gibibytes, protected
from retention_core.delimited import Progress, no_header, skipped_rows
from retention_core.errors import FileError, said
from retention_core.headers import find_header
from retention_core.identity import BLANKS
from retention_core.old_workbooks import MAGIC, check_old_workbook
from retention_core.raw_tables import ROW, RawTable, no_rows, text_table

_SAMPLE_ROWS = 100
# Long fractions arrive rounded to nine decimals; only these are worth a second look.
_ROUNDED = r"^-?\d+\.\d{9}$"
_LIKE_A_THOUSAND = r"^-?\d{1,3}\.\d{3}$"
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def workbook_sheets(path: Path) -> tuple[str, ...]:
    """The names of the sheets in order."""
    return tuple(_opened(path).sheet_names)


def read_sheet(
    path: Path,
    sheet: str | None,
    *,
    keep: Iterable[str] | None = None,
    most_rows: int | None = None,
    progress: Progress | None = None,
) -> RawTable:
    """The table on a sheet; row numbers are those of the sheet.

    Every cell arrives as text: numbers with all their digits (17850, 0.1), dates as
    `2010-12-01 08:26:00`, truth values as `true` and `false`, error cells as `#N/A` and the like,
    percentages as fractions, formulas as their last computed value.

    Parameters
    ----------
    path
        The workbook.
    sheet
        Its sheet; the first visible one with a table when not given.
    keep
        Columns to keep.
    most_rows
        Stop after so many rows below the header; a workbook is unpacked whole even then.
    progress
        Told what is being read.
    """
    if progress is not None:
        progress(f"Opening {path.name}")
    reader = _opened(path)
    names = tuple(reader.sheet_names)
    if sheet is not None and sheet not in names:
        raise FileError(
            f'`sheet` must be one of the sheets of "{path.name}": {", ".join(names)} (got {said(sheet)}).'
        )
    chosen, cells = _chosen(path.name, reader, names, sheet, most_rows)
    note = f'Read from sheet "{chosen}"' + (f" of {', '.join(names)}." if len(names) > 1 else ".")
    if not any(_filled_rows(cells)):
        raise FileError(
            f'"{path.name}" has nothing on its sheet "{chosen}": choose another of {", ".join(names)}.'
        )
    return _table(path.name, cells, note, keep, most_rows)


def _chosen(
    name: str, reader: Any, names: Sequence[str], sheet: str | None, most_rows: int | None
) -> tuple[str, pa.Table]:
    """The sheet asked for, or the first one with a table, and its cells."""
    limit = None if most_rows is None else most_rows + _SAMPLE_ROWS
    if sheet is not None:
        return sheet, _cells(name, reader, sheet, limit)
    fallback: tuple[str, pa.Table] | None = None
    for candidate in names:
        cells = _cells(name, reader, candidate, limit, skip_hidden=True)
        if cells.num_rows and cells.num_columns > 2 and _header_position(cells) is not None:
            return candidate, cells
        if fallback is None and cells.num_rows:
            fallback = (candidate, cells)
    if fallback is None:
        raise FileError(f'"{name}" is empty: none of its sheets ({said(", ".join(names))}) holds a row.')
    return fallback


def _table(
    name: str, cells: pa.Table, note: str, keep: Iterable[str] | None, most_rows: int | None
) -> RawTable:
    position = _header_position(cells)
    if position is None:
        raise no_header(name, next(iter(_filled_rows(cells)), []))
    header = _row(cells, position)
    # Copied, not sliced: pyarrow below 21 builds broken text out of slices in if_else.
    last = cells.num_rows if most_rows is None else min(cells.num_rows, position + 1 + most_rows)
    body = cells.take(pa.array(range(position + 1, last), pa.int64()))
    if not any(_filled_rows(body)):
        raise no_rows(name)
    above = any(_filled_rows(cells.slice(0, position)))
    return text_table(body, header, (), [note, *([skipped_rows(position + 1)] if above else [])], keep)


def _header_position(cells: pa.Table) -> int | None:
    """Position of the header, looked for from the first filled row on."""
    start = _first_filled(cells)
    sample = cells.slice(start, _SAMPLE_ROWS).drop_columns([ROW])
    found = find_header(list(zip(*(column.to_pylist() for column in sample.columns), strict=True)))
    return None if found is None else start + found


def _first_filled(cells: pa.Table) -> int:
    firsts = [pc.index(pc.is_valid(column), True).as_py() for column in cells.drop_columns([ROW]).columns]
    return min((first for first in firsts if first >= 0), default=0)


def _filled_rows(cells: pa.Table) -> Iterator[list[str]]:
    """Rows with content, as lists of their filled cells."""
    columns = cells.drop_columns([ROW]).columns
    for batch in range(0, cells.num_rows, 10_000):
        for row in zip(*(column.slice(batch, 10_000).to_pylist() for column in columns), strict=True):
            filled = [cell for cell in row if cell is not None and cell.strip(BLANKS)]
            if filled:
                yield filled


def _row(cells: pa.Table, position: int) -> list[str | None]:
    return [column[position].as_py() for column in cells.drop_columns([ROW]).columns]


def _cells(name: str, reader: Any, sheet: str, limit: int | None, skip_hidden: bool = False) -> pa.Table:
    """All cells of a sheet from its first row on as text, after a column of row numbers."""
    with _sentences(name):
        loaded = reader.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=limit, dtypes="string")
        if skip_hidden and loaded.visible != "visible":
            return pa.table({ROW: pa.array([], pa.int64())})
        batch, errors = loaded.to_arrow_with_errors()
    columns = [column.cast(pa.string()) for column in batch.columns]
    if errors is not None:
        columns = _with_error_texts(columns, errors.errors)
    columns = _with_all_digits(name, reader, sheet, limit, columns)
    numbers = pa.array(range(1, batch.num_rows + 1), pa.int64())
    return pa.table([numbers, *columns], names=[ROW, *map(str, range(len(columns)))])


def _with_error_texts(columns: list[pa.Array], errors: Sequence[Any]) -> list[pa.Array]:
    """Error cells as Excel shows them, where the library gives nothing."""
    found: dict[int, dict[int, str]] = {}
    for error in errors:
        row, column = error.offset_position
        kind = re.search(r"Error\((\w+)\)", error.detail)
        found.setdefault(column, {})[row] = _ERRORS.get(kind[1] if kind else "", "#ERROR!")
    return [_replaced(column, found[i]) if i in found else column for i, column in enumerate(columns)]


def _replaced(column: pa.Array, texts: dict[int, str]) -> pa.Array:
    rows = sorted(texts)
    mask = pc.is_in(pa.array(range(len(column)), pa.int64()), value_set=pa.array(rows, pa.int64()))
    return pc.replace_with_mask(column, mask, pa.array([texts[row] for row in rows], pa.string()))


def _with_all_digits(
    name: str, reader: Any, sheet: str, limit: int | None, columns: list[pa.Array]
) -> list[pa.Array]:
    """The columns with numbers in full where they were rounded to nine decimals; reads the sheet again.

    Also where a number such as 1.125 stands among texts with commas: as 1.1250 it is never a thousand.
    """
    masks = (pc.fill_null(pc.match_substring_regex(column, _doubtful(column)), False) for column in columns)
    rounded = {i: mask for i, mask in enumerate(masks) if pc.any(mask).as_py()}
    if not rounded:
        return columns
    with _sentences(name):
        loaded = reader.load_sheet(
            sheet, header_row=None, skip_rows=0, n_rows=limit, dtypes="float", use_columns=sorted(rounded)
        )
        batch = loaded.to_arrow()
    full = list(columns)
    for (i, mask), numbers in zip(sorted(rounded.items()), batch.columns, strict=True):
        mask = pc.and_(mask, pc.is_valid(numbers))
        texts = [_unmistakable(number) for number in numbers.filter(mask).to_pylist()]
        full[i] = pc.replace_with_mask(columns[i], mask, pa.array(texts, pa.string()))
    return full


def _unmistakable(number: float) -> str:
    text = repr(number)
    return f"{text}0" if re.fullmatch(_LIKE_A_THOUSAND, text) else text


def _doubtful(column: pa.Array) -> str:
    commas = pc.any(pc.match_substring(column, ",")).as_py()
    return f"{_ROUNDED}|{_LIKE_A_THOUSAND}" if commas else _ROUNDED


def _opened(path: Path) -> Any:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            check_archive(path)
        elif path.stat().st_size > MOST_BYTES:
            raise FileError(f'"{path.name}" is larger than {gibibytes(MOST_BYTES)}: save it as CSV.')
    content = path.read_bytes()
    if content.startswith(MAGIC):
        check_old_workbook(path.name, content)
    with _sentences(path.name):
        return fastexcel.read_excel(content)


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Errors of the workbook library as sentences."""
    try:
        yield
    except fastexcel.FastExcelError as error:
        if "password" in str(error).lower():
            raise protected(name) from error
        raise damaged(name) from error
    except BaseException as error:
        # A panic inside the library is no Exception, and its type cannot be imported.
        if type(error).__name__ == "PanicException":
            raise damaged(name) from error
        raise
