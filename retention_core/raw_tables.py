"""What a file holds before anybody says what its columns mean: text, row numbers, what cannot be a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from retention_core.errors import FileError
from retention_core.identity import BLANKS

# Column names are trimmed, so a name that begins with a space cannot be one of the file's own.
ROW = " row number"
REPEAT = " repeat of an earlier row"
BLANK_ROW = "blank row"
TOO_LONG = "more cells than the header"

SetAside = tuple[int, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A table as its file holds it.

    Attributes
    ----------
    columns
        Names of the columns in `frame`, trimmed and unique (upper and lower case alike).
    frame
        From text and workbooks: a `pyarrow.Table`, every column text, null where the cell is blank.
        From parquet: a DuckDB relation with the file's own types that reads the file when asked.
        Both also hold the column `ROW`: row numbers as the user sees them (Int64).
    rows
        Rows found below the header: those in `frame` and those set aside.
    set_aside
        (row number, reason, text) of what cannot be a row of the table.
    notes
        One sentence each: what was found and decided while reading.
    repeats
        Rows equal in every column of the file to an earlier row; `frame` then has the boolean column
        `REPEAT`. None for parquet, where `count_repeats` and `with_repeats` look when asked.
    all_columns
        Every column name of the file, also those not asked for.
    home
        The DuckDB connection of `frame`, None for text and workbooks.
    """

    columns: tuple[str, ...]
    frame: Any
    rows: int
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()
    repeats: int | None = 0
    all_columns: tuple[str, ...] = ()
    home: Any = field(default=None, repr=False)
    _whole: Any = field(default=None, repr=False)

    def count_repeats(self) -> int:
        """Rows equal in every column to an earlier row; for parquet one pass over the whole file."""
        if self.repeats is not None:
            return self.repeats
        whole = self._whole
        return self.rows - int(
            whole.project(f"* exclude ({quoted(ROW)})").distinct().count("*").fetchall()[0][0]
        )

    def with_repeats(self) -> RawTable:
        """The table with the column `REPEAT`; for parquet a window over the whole file, done when read."""
        if self.repeats is not None:
            return self
        within = ", ".join(quoted(name) for name in self._whole.columns if name != ROW)
        repeat = f"row_number() over (partition by {within} order by {quoted(ROW)}) > 1 as {quoted(REPEAT)}"
        kept = ", ".join(quoted(name) for name in (ROW, *self.columns, REPEAT))
        return replace(self, frame=self._whole.project(f"*, {repeat}").project(kept))


def quoted(name: str) -> str:
    """A column name as SQL writes it.

    Examples
    --------
    >>> print(quoted('a "net" price'))
    "a ""net"" price"
    """
    return '"' + name.replace('"', '""') + '"'


def name_columns(header: Sequence[str | None]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Unique names for the cells of a header, and a note where that needed a change.

    Examples
    --------
    >>> name_columns(["Date ", None, "date", "Net\\nvalue"])[0]
    ('Date', 'column 2', 'date (2)', 'Net value')
    """
    names: list[str] = []
    taken: set[str] = set()
    renamed = []
    for position, cell in enumerate(header, 1):
        name = " ".join((cell or "").strip(BLANKS).split()) or f"column {position}"
        unique = _free(name, taken)
        if unique != name:
            renamed.append(f'"{unique}"')
        taken.add(unique.casefold())
        names.append(unique)
    note = f"Column names found more than once were numbered: {', '.join(renamed)}." if renamed else ""
    return tuple(names), (note,) if note else ()


def _free(name: str, taken: set[str]) -> str:
    unique, count = name, 1
    while unique.casefold() in taken:
        count += 1
        unique = f"{name} ({count})"
    return unique


def text_table(
    cells: pa.Table,
    header: Sequence[str | None],
    set_aside: Sequence[SetAside] = (),
    notes: Sequence[str] = (),
    keep: Iterable[str] | None = None,
) -> RawTable:
    """The table of text columns `cells` (the first is `ROW`) below a header.

    Blank cells become null, blank rows between others are set aside, blank rows at the end are no rows,
    columns without name and content are left out, repeated rows are marked.

    Raises
    ------
    FileError
        If no row holds anything.
    """
    blanked, blank = _blank_cells_as_null(cells.drop_columns([ROW]))
    numbers = cells.column(ROW)
    filled = numbers.filter(pc.invert(blank))
    last = max([pc.max(filled).as_py() or 0, *(row for row, _, _ in set_aside)])
    blank_rows = [(n, BLANK_ROW, "") for n in numbers.filter(blank).to_pylist() if n < last]
    names, renamed = name_columns(header)
    used = [
        i
        for i, (cell, column) in enumerate(zip(header, blanked.columns, strict=True))
        if (cell or "").strip(BLANKS) or column.null_count < len(column)
    ]
    whole = blanked.select(used).filter(pc.invert(blank)).add_column(0, ROW, filled)
    marked, repeats = _mark_repeats(whole)
    marked = marked.rename_columns([ROW, *(names[i] for i in used), *([REPEAT] if repeats else [])])
    everything = tuple(names[i] for i in used)
    columns = everything if keep is None else tuple(name for name in everything if name in set(keep))
    aside = tuple(sorted([*set_aside, *blank_rows]))
    return RawTable(
        columns=columns,
        frame=marked.select([ROW, *columns, *([REPEAT] if repeats else [])]),
        rows=whole.num_rows + len(aside),
        set_aside=aside,
        notes=(*notes, *renamed),
        repeats=repeats,
        all_columns=everything,
    )


def _blank_cells_as_null(cells: pa.Table) -> tuple[pa.Table, pa.ChunkedArray]:
    """The cells with null for blanks, and a mask of the rows in which every cell is blank."""
    blank_row: Any = pa.chunked_array([pa.repeat(pa.scalar(True), cells.num_rows)])
    columns = []
    for column in cells.columns:
        blank = pc.equal(pc.fill_null(pc.utf8_trim(column, characters=BLANKS), ""), "")
        columns.append(pc.if_else(blank, pa.scalar(None, pa.string()), column))
        blank_row = pc.and_(blank_row, blank)
    return pa.table(columns, names=cells.column_names), blank_row


def _mark_repeats(whole: pa.Table) -> tuple[pa.Table, int]:
    """The table with `REPEAT` where a row equals an earlier one in all columns, and how many do.

    Takes columns by number: pyarrow groups by paths, and a name such as ".5" would be one.
    """
    content = [name for name in whole.column_names if name != ROW]
    firsts = whole.group_by(content).aggregate([(ROW, "min")]).column(f"{ROW}_min")
    repeats = whole.num_rows - len(firsts)
    if not repeats:
        return whole, 0
    repeat = pc.invert(pc.is_in(whole.column(ROW), value_set=firsts.combine_chunks()))
    return whole.append_column(REPEAT, repeat), repeats


def no_rows(name: str) -> FileError:
    """The error for a header without rows."""
    return FileError(f'"{name}" has a header but no rows: put the data below the column names.')
