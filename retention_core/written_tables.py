"""Lists as xlsx and csv files: text that looks like a formula stays text, no file is left half-written."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from retention_core.errors import FileError, said

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_MOST_ROWS = 1_048_575
_LONGEST_TEXT = 32_767
_WIDEST = 60


def write_table(
    columns: Mapping[str, Sequence[Any]],
    path: str | Path,
    title: str = "List",
    meaning: Mapping[str, str] | None = None,
) -> Path:
    """Plain columns as a file, xlsx or csv by the ending of its name; returns where it is.

    Parameters
    ----------
    columns
        Name -> cells: text, numbers, dates, None for blank.
    title
        Of the sheet.
    meaning
        What the figures mean, for a sheet of its own; a csv has no place for it.

    Raises
    ------
    FileError
        If the name ends otherwise, a sheet is too short for the list, or the folder does not take the
        file; an older file stays as it was.
    """
    if not isinstance(path, str | Path):
        raise FileError(f"`path` must be the path of a file (got {said(repr(path))}).")
    file = Path(path)
    ending = file.suffix.lower()
    if ending not in (".xlsx", ".csv"):
        raise FileError(f'"{said(file.name)}" must end in .xlsx or .csv.')
    if ending == ".xlsx" and max(map(len, columns.values()), default=0) > _MOST_ROWS:
        raise FileError(
            f"A sheet holds {_MOST_ROWS:,} rows below its header, the list is longer: use the ending .csv."
        )
    content = csv_bytes(columns) if ending == ".csv" else workbook_bytes(columns, title, meaning or {})
    try:
        _put(file, content)
    except OSError as error:
        raise FileError(f'"{said(file)}" cannot be written: {error.strerror or error}.') from error
    except ValueError as error:  # a name with a zero byte, or with half a character
        raise FileError(f"No file can be named {said(ascii(str(file)))}.") from error
    return file


def csv_bytes(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Plain columns as csv in UTF-8; text that a spreadsheet would run gets an apostrophe in front.

    Examples
    --------
    >>> csv_bytes({"customer": ["=1+1", "Ann"], "value": [-3.5, None]}).decode("utf-8-sig").splitlines()
    ['customer,value', "'=1+1,-3.5", 'Ann,']
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defused(name) for name in columns])
    writer.writerows([_csv_cell(cell) for cell in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue().encode("utf-8-sig", "replace")


def workbook_bytes(columns: Mapping[str, Sequence[Any]], title: str, meaning: Mapping[str, str]) -> bytes:
    """Plain columns as a workbook; text is written as text, whatever it looks like."""
    import xlsxwriter  # type: ignore[import-untyped]

    file = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(title)
        for place, (name, cells) in enumerate(columns.items()):
            sheet.write_string(0, place, name, bold)
            sheet.set_column(place, place, _width(name, cells))
            for row, cell in enumerate(cells, 1):
                _write_cell(sheet, row, place, cell, day)
        sheet.freeze_panes(1, 0)
        if columns:
            sheet.autofilter(0, 0, max(len(next(iter(columns.values()))), 1), len(columns) - 1)
        if meaning:
            _write_meaning(book, meaning, bold)
    return file.getvalue()


def _write_meaning(book: Any, meaning: Mapping[str, str], bold: Any) -> None:
    sheet = book.add_worksheet("Definition")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    sheet.write_row(0, 0, ("What", "Meaning"), bold)
    for row, pair in enumerate(meaning.items(), 1):
        for place, text in enumerate(pair):
            sheet.write_string(row, place, text[:_LONGEST_TEXT], wrapped)


def _write_cell(sheet: Any, row: int, place: int, cell: Any, day: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, storable(cell)[:_LONGEST_TEXT])
    elif isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif isinstance(cell, dt.date):
        sheet.write_datetime(row, place, cell, day)
    elif cell is not None and math.isfinite(cell):
        sheet.write_number(row, place, cell)


def _width(name: str, cells: Sequence[Any]) -> int:
    return min(max([len(name) + 2, *(len(str(cell)) + 1 for cell in cells[:200])]), _WIDEST)


def storable(text: str) -> str:
    """Text with a question mark for each half of a character, which no file can hold.

    Examples
    --------
    >>> storable("Ann"), storable("A\\ud800n")
    ('Ann', 'A?n')
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def defused(cell: Any) -> Any:
    """A cell of a csv; text that a spreadsheet would run as a formula gets an apostrophe in front.

    Examples
    --------
    >>> defused("=1+1"), defused("Ann"), defused(-3.5)
    ("'=1+1", 'Ann', -3.5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _csv_cell(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else defused(cell)


def _put(file: Path, content: bytes) -> None:
    """Write beside, then rename: nobody ever sees half a file."""
    beside = file.with_name(f".{file.name}.{uuid4().hex}.part")
    try:
        with beside.open("xb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
