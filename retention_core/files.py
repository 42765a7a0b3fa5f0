"""Tables out of files: csv in any dress, Excel and LibreOffice workbooks, parquet.

What a file is shows in its first bytes, never in its name alone. Reading delivers text with row numbers
and decides nothing about meaning: dates, amounts and customers are read by `retention_core.orders`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from retention_core.delimited import Progress, read_delimited
from retention_core.errors import FileError, said
from retention_core.file_kinds import Kind, checked_path, file_kind, unreadable
from retention_core.parquet_files import damage_said, read_parquet
from retention_core.raw_tables import REPEAT, ROW, RawTable
from retention_core.unpacking import unpacked
from retention_core.workbooks import read_sheet, workbook_sheets

__all__ = ["REPEAT", "ROW", "RawTable", "checked_path", "damage_said", "peek", "read_table", "sheet_names"]


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    columns: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> RawTable:
    """The table in a file: csv or other separated text (also gzipped), xlsx, xlsm, xlsb, xls, ods, parquet.

    Parameters
    ----------
    path
        The file; its content decides what it is.
    sheet
        Which sheet of a workbook; the first that holds a table when not given.
    columns
        Names of the columns to keep; all when not given.
    progress
        Told in a sentence how far long work has come.

    Raises
    ------
    FileError
        If there is no such file or sheet, or no table in it.
    """
    keep = None if columns is None else tuple(columns)
    return _read(checked_path(path), sheet, keep, None, progress)


def peek(path: str | Path, *, sheet: str | None = None, rows: int = 20) -> RawTable:
    """The first rows of the table in a file, to choose columns by; takes what `read_table` takes."""
    return _read(checked_path(path), sheet, None, max(rows, 1), None)


def sheet_names(path: str | Path) -> tuple[str, ...]:
    """The sheets of a workbook in order; none for other files."""
    file = checked_path(path)
    try:
        return workbook_sheets(file) if file_kind(file) == "workbook" else ()
    except OSError as error:
        raise unreadable(file.name, error) from error


def _read(
    path: Path,
    sheet: str | None,
    keep: tuple[str, ...] | None,
    most_rows: int | None,
    progress: Progress | None,
) -> RawTable:
    try:
        return _read_kind(file_kind(path), path, sheet, keep, most_rows, progress)
    except OSError as error:
        raise unreadable(path.name, error) from error


def _read_kind(
    kind: Kind,
    path: Path,
    sheet: str | None,
    keep: tuple[str, ...] | None,
    most_rows: int | None,
    progress: Progress | None,
) -> RawTable:
    if kind == "workbook":
        return read_sheet(path, sheet, keep=keep, most_rows=most_rows, progress=progress)
    if sheet is not None:
        raise FileError(f'`sheet` is given ({said(sheet)}), but "{path.name}" has no sheets: leave it out.')
    if kind == "parquet":
        return read_parquet(path, keep=keep, most_rows=most_rows)
    if kind == "gzip":
        with unpacked(path) as plain:
            return read_delimited(plain, path.name, keep=keep, most_rows=most_rows, progress=progress)
    return read_delimited(path, path.name, keep=keep, most_rows=most_rows, progress=progress)
