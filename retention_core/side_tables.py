"""Tables beside the orders, by customer: opened, their columns found, their cells read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.cleaning import ROW, as_text_where_mixed
from retention_core.columns import SYNONYMS
from retention_core.errors import OrderLogError
from retention_core.identity import customer_name
from retention_core.parsing import is_missing
from retention_core.side_columns import customers_of_cells, days_of_cells, opened_frame, resolved, text_said

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_SHOWN = 5

CUSTOMER_WORDS = tuple(SYNONYMS["customer"])


@dataclass(frozen=True, slots=True, eq=False)
class SideTable:
    """A table with its columns found, not yet read.

    Attributes
    ----------
    cells
        The raw columns.
    columns
        Role -> column.
    numbers
        Number of each row in the source.
    rows, aside
        Rows found, and those (number, reason, value) that the file's reader set aside.
    warnings
        Grows while the columns are read.
    """

    cells: pd.DataFrame
    columns: Mapping[str, str]
    numbers: list[int]
    rows: int
    aside: list[tuple[int, str, str]]
    guessed: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: list[str] = field(default_factory=list)

    def customers(self, exact_case: bool) -> tuple[list[str | None], list[str]]:
        """Key (None where nobody is named) and name in every row."""
        return customers_of_cells(self._plain("customer").tolist(), exact_case)

    def texts(self, role: str) -> list[str | None]:
        """The cells of a role as trimmed text, None where they stand for nothing."""
        names = (customer_name(cell) for cell in self._plain(role).tolist())
        return [None if is_missing(name) else name for name in names]

    def days(self, role: str, day_first: bool | None) -> tuple[Floats, Mask]:
        """Day of every row (NaN where there is none), and where a cell holds something that is no day."""
        cells, column = self.cells[self.columns[role]], self.columns[role]
        if not pd.api.types.is_datetime64_any_dtype(cells):
            cells = self._plain(role)
        nobody = np.zeros(len(cells), dtype=bool)  # what cannot be read is told by the caller
        days = days_of_cells(cells, column, day_first, nobody, self.warnings)
        filled = np.array([text is not None for text in self.texts(role)], dtype=bool)
        return days, np.isnan(days) & filled

    def _plain(self, role: str) -> pd.Series[Any]:
        """The cells of a role as objects, None for every kind of nothing."""
        cells = self.cells[self.columns[role]].astype(object)
        return cells.where(cells.notna(), None)


def table_of_frame(
    frame: Any, words: Mapping[str, Sequence[str]], asked: Mapping[str, str | None], needed: Sequence[str]
) -> SideTable:
    """A frame that narwhals reads, its columns found; its rows are counted from 1.

    Parameters
    ----------
    words
        Role -> names of columns that give it away.
    asked
        Role -> column asked for, None to guess, "" for none.
    needed
        Roles without which the table is of no use.

    Raises
    ------
    ColumnError
        If it is no table, its column names are unclear, or a column that is needed or asked for is missing.
    """
    opened = opened_frame(frame)
    columns, guessed = resolved(opened.columns, words, asked, needed)
    with text_said():
        cells: pd.DataFrame = as_text_where_mixed(opened).to_native()
    return SideTable(cells, columns, list(range(1, len(cells) + 1)), len(cells), [], guessed, ())


def table_of_file(
    path: str | Path,
    sheet: str | None,
    words: Mapping[str, Sequence[str]],
    asked: Mapping[str, str | None],
    needed: Sequence[str],
) -> SideTable:
    """The same for a csv, parquet, xlsx, xls or ods file, its rows numbered as in the file.

    Raises
    ------
    FileError
        If the file cannot be read as a table.
    ColumnError
        As `table_of_frame`.
    """
    from retention_core import files

    raw = files.read_table(path, sheet=sheet)
    columns, guessed = resolved(raw.columns, words, asked, needed)
    with files.damage_said(path):
        cells: pd.DataFrame = nw.from_native(raw.frame).lazy().collect("pandas").to_native()
    numbers = [int(row) for row in cells.pop(files.ROW).tolist()]
    aside = [(int(row), reason, value) for row, reason, value in raw.set_aside]
    return SideTable(cells, columns, numbers, raw.rows, aside, guessed, raw.notes)


def parted(
    table: SideTable, read: Mapping[str, Any], problems: Sequence[tuple[Mask, str, str]], what: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The usable rows of what was read, and the others with their first problem.

    Parameters
    ----------
    read
        Name -> column read, one entry a row of the table.
    problems
        Where, why, and the role whose cell to quote.
    what
        What a row is, for the error.

    Raises
    ------
    OrderLogError
        If no row is usable.
    """
    usable = np.ones(len(table.numbers), dtype=bool)
    aside = list(table.aside)
    for where, why, role in problems:
        found = np.flatnonzero(where & usable)
        texts = table.texts(role) if len(found) else []
        aside += [(table.numbers[row], why, texts[row] or "") for row in found.tolist()]
        usable[found] = False
    set_aside = pd.DataFrame(aside, columns=[ROW, "reason", "value"]).astype({ROW: "int64"})
    if not usable.any():
        reasons = ", ".join(f"{why} {rows:,}" for why, rows in reason_counts(set_aside).items())
        raise OrderLogError(
            f"No row of the {table.rows:,} can be used as {what}: {reasons or 'the table is empty'}."
        )
    lines = pd.DataFrame({ROW: table.numbers, **read})[usable].reset_index(drop=True)
    return lines, set_aside.sort_values(ROW, ignore_index=True)


def reason_counts(set_aside: pd.DataFrame) -> dict[str, int]:
    """Reason -> rows set aside for it, most frequent first."""
    counts = Counter(set_aside["reason"].tolist())
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def says_nothing(text: str) -> bool:
    """Whether a text holds neither a letter nor a digit, such as a dash.

    Examples
    --------
    >>> says_nothing("--"), says_nothing("No.")
    (True, False)
    """
    return not re.search(r"[^\W_]", text)
