"""Whole columns of a call, read together: header, blank rows and the values row by row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from addin.catalogue import Argument, Function
from addin.cells import (
    NUMBERS,
    READERS,
    Cell,
    Rows,
    as_day,
    as_number,
    counted,
    is_blank,
    numbers_in,
    once_each,
    shown,
)
from addin.kept import Column, Kept, fingerprint
from retention_core.errors import RetentionError
from retention_core.identity import BLANKS, MISSING, customer_key

# what people type where a number or a date is not known, beyond the null markers of programs
PLACEHOLDERS = {
    *MISSING, "na", "n.a", "n.a.", "nil", "inf", "infinity", "true", "false", "unknown", "missing", "blank",
    "empty", "pending", "open", "tba", "tbc", "tbd", "free", "void",
    "now", "today", "yesterday", "tomorrow",
}  # fmt: skip


_KEPT: Kept[dict[str, Column]] = Kept(entries=4)


class Asked(NamedTuple):
    """The columns of a call as they arrived; `key` tells their cells from all others, or is None."""

    arguments: list[Argument]
    cells: dict[str, list[Cell]]
    key: Hashable


def asked_columns(function: Function, given: Mapping[str, Cell], ranges: Mapping[str, Rows]) -> Asked:
    """The columns that a call gives, up to the last filled row of the longest.

    Raises
    ------
    RetentionError
        If one is no column, or they differ in length.
    """
    columns = [a for a in function.arguments if a.is_column]
    asked = [a for a in columns if not (a.optional and _left_out(a, given, ranges))]
    cells = _aligned({a.name: _cells(a.name, given, ranges) for a in asked})
    content = fingerprint(list(cells.values()))
    read_as = (function.sets_aside, *((a.name, a.kind) for a in asked))
    return Asked(asked, cells, None if content is None else (read_as, content))


def read_columns(function: Function, asked: Asked) -> dict[str, Column | None]:
    """Values of every column argument by name, kept for a while.

    Blanks below the last filled row are trimmed. A row blank in all columns is None in each. A row
    that lacks a value in some is refused, or has None there if the function counts the rows it cannot use; a
    group may be blank, and is None then. An optional column that is left out has its default.

    Raises
    ------
    RetentionError
        If the columns have no rows, or a cell is missing or cannot be read.
    """
    values = _values(function, asked.arguments, asked.cells)
    if asked.key is not None:
        _KEPT.keep(asked.key, values, sum(map(len, asked.cells.values())))
    return _with_defaults(function, values)


def columns_read_before(function: Function, asked: Asked) -> dict[str, Column | None] | None:
    """What `read_columns` made of the very same cells, if that is still kept."""
    values = None if asked.key is None else _KEPT.find(asked.key)
    return None if values is None else _with_defaults(function, values)


def forget() -> None:
    """Let go of the columns read so far."""
    _KEPT.forget()


def _with_defaults(function: Function, values: Mapping[str, Column]) -> dict[str, Column | None]:
    return {a.name: values.get(a.name, a.default) for a in function.arguments if a.is_column}


def _values(
    function: Function, asked: Sequence[Argument], cells: Mapping[str, list[Cell]]
) -> dict[str, Column]:
    skipped = int(_has_header(asked, cells))
    cells = {name: column[skipped:] for name, column in cells.items()}
    gaps = {a.name: _gaps(a, cells[a.name]) for a in asked}
    if all(map(all, gaps.values())):
        raise RetentionError(f"`{asked[0].name}` has no filled rows{' below its header' * skipped}.")
    if not function.sets_aside:
        _refuse_half_blank(cells, gaps, skipped, {a.name for a in asked if a.kind.reads == "group"})
    read = _read_what_can_be if function.sets_aside else _read
    return {a.name: Column(read(a, cells[a.name], gaps[a.name], skipped)) for a in asked}


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
                f"`{name}` has {counted(len(cells), 'row')} and `{longest}` {filled[longest]}: give columns "
                "of the same length."
            )
    return {name: cells[: filled[longest]] for name, cells in columns.items()}


def _last_filled(cells: Sequence[Cell]) -> int:
    for row in range(len(cells), 0, -1):
        if not is_blank(cells[row - 1]):
            return row
    return 0


def _has_header(arguments: Sequence[Argument], columns: Mapping[str, list[Cell]]) -> bool:
    """Whether the first row names the columns, which is data where there is doubt.

    It does if every column of numbers or dates has a title there, which is text that reads as no
    value, stands for no missing one, does not come again below and has digits only beside a known
    name of a customer column; customers alone have a header only if it is such a name.
    """
    if not columns[arguments[0].name]:
        return False
    customers = next((columns[a.name] for a in arguments if a.kind.reads == "customer"), None)
    # text may stand in every row of these, so that nothing tells a title from it
    others = [columns[a.name] for a in arguments if a.kind.reads not in ("customer", "group")]
    if customers is None:
        return all(_has_title(cells, digits_allowed=False) for cells in others)
    known = _names_customers(customers[0])
    if not others:
        return known
    recurs = not known and not is_blank(customers[0]) and customers[0] in customers[1:]
    return not recurs and all(_has_title(cells, digits_allowed=known) for cells in others)


def _names_customers(cell: Cell) -> bool:
    """Whether the cell is a name that a column of customers goes by, such as "Customer ID"."""
    from retention_core.columns import guess_columns

    return isinstance(cell, str) and guess_columns([cell]).customer is not None


def _has_title(cells: Sequence[Cell], *, digits_allowed: bool) -> bool:
    title = cells[0].strip(BLANKS) if isinstance(cells[0], str) else ""
    if (
        not any(map(str.isalpha, title))
        or title.startswith("#")
        or title.lower().strip("-+<>()[]") in PLACEHOLDERS
    ):
        return False
    if as_number(title) is not None or as_day(title) is not None or cells[0] in cells[1:]:
        return False
    return digits_allowed or not any(map(str.isdigit, title))


def _gaps(argument: Argument, cells: Sequence[Cell]) -> list[bool]:
    """Whether each cell has nothing to read: blank, or text such as "n/a" where a customer should be."""
    return once_each(_names_nobody if argument.kind.reads == "customer" else is_blank, cells)


def _names_nobody(cell: Cell) -> bool:
    return customer_key(cell) is None if isinstance(cell, str) else is_blank(cell)


def _refuse_half_blank(
    columns: Mapping[str, list[Cell]],
    gaps: Mapping[str, list[bool]],
    skipped: int,
    may_lack: Collection[str] = (),
) -> None:
    """Refuse rows of which a part is blank; columns that may lack a value stand blank beside filled ones."""
    (leading, missing), *others = gaps.items()
    for name, other in others:
        half = (
            one > two if name in may_lack else one != two for one, two in zip(missing, other, strict=True)
        )
        row = next((row for row, is_half in enumerate(half) if is_half), None)
        if row is not None:
            empty, full = (leading, name) if missing[row] else (name, leading)
            cell = columns[empty][row]
            lack = "is blank" if is_blank(cell) else f"names nobody (got {shown(cell)})"
            raise RetentionError(
                f"`{empty}`, row {row + 1 + skipped}, {lack} while `{full}` is filled: fill it in or leave "
                "the whole row out."
            )


def _read(argument: Argument, cells: Sequence[Cell], gaps: Sequence[bool], skipped: int) -> list[Any]:
    read = READERS[argument.kind.reads]
    try:
        return _each(argument, lambda cell: read(cell, ""), cells, gaps)
    except RetentionError:
        for row, (cell, gap) in enumerate(zip(cells, gaps, strict=True), start=1 + skipped):
            if not gap:
                read(cell, f"`{argument.name}`, row {row},")
        raise


def _read_what_can_be(
    argument: Argument, cells: Sequence[Cell], gaps: Sequence[bool], skipped: int
) -> list[Any]:
    """The values, None where a cell cannot be read; refused where that is every filled cell."""
    read = READERS[argument.kind.reads]
    values = _each(argument, lambda cell: _value_or_none(read, cell), cells, gaps)
    if all(value is None for value in values):
        _read(argument, cells, gaps, skipped)
    return values


def _each(
    argument: Argument, read: Callable[[Cell], Any], cells: Sequence[Cell], gaps: Sequence[bool]
) -> list[Any]:
    """The value of each cell, None in the gaps."""
    filled = [cell for cell, gap in zip(cells, gaps, strict=True) if not gap]
    values = iter(numbers_in(filled, read) if argument.kind.reads in NUMBERS else once_each(read, filled))
    return [None if gap else next(values) for gap in gaps]


def _value_or_none(read: Callable[[Cell, str], Any], cell: Cell) -> Any:
    try:
        return read(cell, "")
    except RetentionError:
        return None
