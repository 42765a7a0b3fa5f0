"""Whole columns of a call, read together: header, blank rows and the values row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from addin.catalogue import Argument
from addin.cells import READERS, Cell, CellError, Rows, as_day, as_number, error_in, is_blank
from retention_core.errors import RetentionError


def read_columns(
    arguments: Sequence[Argument], given: Mapping[str, Cell], ranges: Mapping[str, Rows]
) -> dict[str, Any] | CellError:
    """Values of every column argument by name, or the first error cell found.

    Blanks below the last filled row are trimmed. A row blank in all columns is None in each; a row
    blank in only some is refused. An optional column that is left out has its default.

    Raises
    ------
    RetentionError
        If the columns differ in length, hold a half-blank row or a cell that cannot be read, or
        have no rows.
    """
    asked = [a for a in arguments if a.is_column and not (a.optional and _left_out(a, given, ranges))]
    cells = _aligned({a.name: _cells(a.name, given, ranges) for a in asked})
    for column in cells.values():
        if (error := next(filter(None, map(error_in, column)), None)) is not None:
            return error
    skipped = int(_has_header(asked, cells))
    cells = {name: column[skipped:] for name, column in cells.items()}
    blank = _blank_rows(cells, skipped)
    values = {a.name: _read(a, cells[a.name], blank, skipped) for a in asked}
    if all(blank):
        raise RetentionError(f"`{asked[0].name}` has no filled rows{' below its header' * skipped}.")
    return {a.name: values.get(a.name, a.default) for a in arguments if a.is_column}


def _left_out(argument: Argument, given: Mapping[str, Cell], ranges: Mapping[str, Rows]) -> bool:
    return argument.name not in ranges and is_blank(given[argument.name])


def _cells(name: str, given: Mapping[str, Cell], ranges: Mapping[str, Rows]) -> list[Cell]:
    rows = ranges.get(name, [[given[name]]])
    if len(rows) > 1 and len(rows[0]) > 1:
        raise RetentionError(f"`{name}` must be one column (got {len(rows[0])} columns).")
    return list(rows[0]) if len(rows) == 1 else [row[0] for row in rows]


def _aligned(columns: Mapping[str, list[Cell]]) -> dict[str, list[Cell]]:
    """All columns up to the last filled row of the longest."""
    filled = {name: _last_filled(cells) for name, cells in columns.items()}
    longest = max(filled, key=filled.__getitem__)
    for name, cells in columns.items():
        if len(cells) < filled[longest]:
            raise RetentionError(
                f"`{name}` has {len(cells)} rows and `{longest}` {filled[longest]}: give columns of the "
                "same length."
            )
    return {name: cells[: filled[longest]] for name, cells in columns.items()}


def _last_filled(cells: Sequence[Cell]) -> int:
    for row in range(len(cells), 0, -1):
        if not is_blank(cells[row - 1]):
            return row
    return 0


def _has_header(arguments: Sequence[Argument], columns: Mapping[str, list[Cell]]) -> bool:
    """Whether the first row names the columns.

    It does if a column of numbers or dates has text there. Columns of customers alone have none,
    unless the cell is a name that a customer column goes by.
    """
    if not columns[arguments[0].name]:
        return False
    judges = [a for a in arguments if a.kind.reads != "customer"]
    if judges:
        return any(_is_title(a, columns[a.name][0]) for a in judges)
    from retention_core.columns import guess_columns

    first = columns[arguments[0].name][0]
    return isinstance(first, str) and guess_columns([first]).customer is not None


def _is_title(argument: Argument, cell: Cell) -> bool:
    if not isinstance(cell, str) or is_blank(cell):
        return False
    return (as_day(cell) if argument.kind.reads == "date" else as_number(cell)) is None


def _blank_rows(columns: Mapping[str, list[Cell]], skipped: int) -> list[bool]:
    """Which rows are blank; a row that is blank in some columns only is refused."""
    (leading, blank), *others = [(name, list(map(is_blank, cells))) for name, cells in columns.items()]
    for name, other in others:
        row = next((row for row, (one, two) in enumerate(zip(blank, other, strict=True)) if one != two), None)
        if row is not None:
            empty, full = (leading, name) if blank[row] else (name, leading)
            raise RetentionError(
                f"`{empty}`, row {row + 1 + skipped}, is blank while `{full}` is not: fill it in or leave "
                "the whole row out."
            )
    return blank


def _read(argument: Argument, cells: Sequence[Cell], blank: Sequence[bool], skipped: int) -> list[Any]:
    read = READERS[argument.kind.reads]
    rows = enumerate(zip(cells, blank, strict=True), start=1 + skipped)
    return [None if empty else read(cell, f"`{argument.name}`, row {row},") for row, (cell, empty) in rows]
