"""One call of a worksheet function: cells in, cells out.

Functions of single values take ranges too and spill element by element, as Excel's own do. Functions
of columns read whole columns at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, TypeAlias

from addin.catalogue import Argument, Function
from addin.cells import (
    NUMBERS,
    READERS,
    Cell,
    CellError,
    Rows,
    as_rows,
    counted,
    error_in,
    first_error,
    is_blank,
    numbers_in,
    once_each,
    shown,
)
from addin.columns import asked_columns, columns_read_before, read_columns
from addin.kept import Column
from retention_core.errors import RetentionError, said

Answer: TypeAlias = Cell | list[list[Cell]]

LARGEST_SPILL = 5_000_000
_UNREAD = object()  # the element takes the slow way, which finds its error, blank or sentence


def answer(function: Function, cells: Sequence[Cell]) -> Answer:
    """What the cell shows: a value, a spilling table, the error cell passed on, or one sentence.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> answer(FUNCTIONS["RETENTION"], [100, 110, 20])
    0.9
    >>> answer(FUNCTIONS["RETENTION"], [0, 1, 1])
    'start_customers must be above zero: with no customers there is nothing to retain (got 0).'
    """
    try:
        return call(function, cells)
    except RetentionError as error:
        return str(error)
    except ModuleNotFoundError as error:
        return lacking(function, error)
    except Exception as error:  # noqa: BLE001  # Excel would show the traceback of a mistake of ours
        return unforeseen(function, error)


def lacking(function: Function, error: ModuleNotFoundError) -> str:
    """One sentence about a package that the function needs and this Python does not have.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> lacking(FUNCTIONS["CLV"], ModuleNotFoundError(name="scipy.special"))
    'CLV needs the package scipy, which this Python does not have: run pip install scipy and start again.'
    """
    package = (error.name or "that is missing").partition(".")[0]
    return (
        f"{function.name} needs the package {package}, which this Python does not have: "
        f"run pip install {package} and start again."
    )


def unforeseen(function: Function, error: Exception) -> str:
    """One sentence about a mistake in this program, to be reported."""
    return f"{function.name} failed, which is our mistake: {type(error).__name__}: {said(error)}"


def call(function: Function, cells: Sequence[Cell]) -> Answer:
    """Call a worksheet function with cells as a host hands them over.

    Parameters
    ----------
    function
        From the catalogue.
    cells
        One entry for each argument, single values or ranges; optional ones None or left out at the end.

    Returns
    -------
    A value, or rows of values where an argument is a range or the function returns a table.

    Raises
    ------
    ModuleNotFoundError
        If the function needs a package that is not there; each host says what to do in its own words.
    RetentionError
        One sentence in the worksheet's words. Within a spilling range the sentence stands in the
        cell of the element instead.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> call(FUNCTIONS["CHURN"], [[[100], [200]], 110, 20])
    [[0.1], [0.55]]
    """
    given = _by_argument(function, cells)
    ranges = {name: rows for name, cell in given.items() if (rows := as_rows(cell, name)) is not None}
    columns: Mapping[str, object] = {}
    if any(argument.is_column for argument in function.arguments):
        found = _columns_or_error(function, given, ranges)
        if isinstance(found, CellError):
            return found
        columns = found
    given = {a.name: given[a.name] for a in function.arguments if not a.is_column}
    ranges = {name: rows for name, rows in ranges.items() if name in given}
    if function.returns.shape == "table":
        given, ranges = _single(given, ranges), {}
    compute = function.over(columns)
    if not ranges:
        return _element(function, compute, given)
    return _spill(function, compute, given, ranges)


def _by_argument(function: Function, cells: Sequence[Cell]) -> dict[str, Cell]:
    if not function.required <= len(cells) <= len(function.arguments):
        raise RetentionError(
            f"{function.name} takes {_arity(function)}: {function.signature} (got {len(cells)})."
        )
    padded = [*cells, *[None] * (len(function.arguments) - len(cells))]
    return {argument.name: cell for argument, cell in zip(function.arguments, padded, strict=True)}


def _arity(function: Function) -> str:
    least, most = function.required, len(function.arguments)
    return f"{least} to {counted(most, 'argument')}" if least < most else counted(most, "argument")


def _columns_or_error(
    function: Function, given: Mapping[str, Cell], ranges: Mapping[str, Rows]
) -> Mapping[str, Column | None] | CellError:
    """The columns as read, or the first error cell of the call, which comes before any sentence."""
    try:
        asked = asked_columns(function, given, ranges)
    except RetentionError:
        if (error := _first_error(function.arguments, given, ranges)) is not None:
            return error
        raise
    before = columns_read_before(function, asked)
    # columns read before hold no error cell
    arguments = [a for a in function.arguments if before is None or not a.is_column]
    if (error := _first_error(arguments, given, ranges)) is not None:
        return error
    return read_columns(function, asked) if before is None else before


def _first_error(
    arguments: Sequence[Argument], given: Mapping[str, Cell], ranges: Mapping[str, Rows]
) -> CellError | None:
    """The first error cell of a call that reads columns; ranges it spills over keep theirs to their cells."""
    for argument in arguments:
        rows = ranges.get(argument.name, [[given[argument.name]]])
        if argument.is_column or len(rows) == len(rows[0]) == 1:
            error = first_error(chain.from_iterable(rows))
            if error is not None:
                return error
    return None


def _element(function: Function, compute: Callable[..., Any], given: Mapping[str, Cell]) -> Answer:
    for cell in given.values():
        if (error := error_in(cell)) is not None:
            return error
    arguments = [a for a in function.arguments if not a.is_column]
    values = {a.name: _read(a, given[a.name]) for a in arguments}
    return compute(**values)


def _read(argument: Argument, cell: Cell) -> object:
    if argument.optional and is_blank(cell):
        return argument.default
    value = READERS[argument.kind.reads](cell, f"`{argument.name}`")
    return _chosen(argument, value) if argument.kind.choices else value


def _chosen(argument: Argument, text: str) -> str:
    *others, last = argument.kind.choices
    if text.lower() not in argument.kind.choices:
        raise RetentionError(f"`{argument.name}` must be {', '.join(others)} or {last} (got {shown(text)}).")
    return text.lower()


def _single(given: Mapping[str, Cell], ranges: Mapping[str, Rows]) -> dict[str, Cell]:
    for name, rows in ranges.items():
        if len(rows) * len(rows[0]) > 1:
            raise RetentionError(f"`{name}` must be one cell (got {len(rows)} x {len(rows[0])} cells).")
    return {**given, **{name: rows[0][0] for name, rows in ranges.items()}}


def _spill(
    function: Function, compute: Callable[..., Any], given: Mapping[str, Cell], ranges: Mapping[str, Rows]
) -> list[list[Cell]]:
    height, width = _height(ranges), _width(ranges)
    if height * width > LARGEST_SPILL:
        raise RetentionError(f"{function.name} would fill {height} x {width} cells: give smaller ranges.")
    wide = {name for name, rows in ranges.items() if len(rows) * len(rows[0]) > 1}
    laid = {name: _laid_out(ranges[name], height, width) for name in wide}
    given = {**given, **{name: rows[0][0] for name, rows in ranges.items() if name not in wide}}
    answers = _each_element(function, compute, given, laid, height * width)
    return [answers[start : start + width] for start in range(0, height * width, width)]


def _laid_out(rows: Rows, height: int, width: int) -> list[Cell]:
    """The cells of a range row by row; as in Excel, a single row or column serves all rows or columns."""
    if len(rows) == 1:
        return [*rows[0]] * height
    if len(rows[0]) == width:
        return list(chain.from_iterable(rows[:height]))
    return [row[0] for row in rows[:height] for _ in range(width)]


def _each_element(
    function: Function,
    compute: Callable[..., Any],
    given: Mapping[str, Cell],
    laid: Mapping[str, Sequence[Cell]],
    size: int,
) -> list[Cell]:
    """The answers of all elements; columns of values are read at once, and what is odd one by one."""
    arguments = [a for a in function.arguments if not a.is_column]
    values = [
        _values(a, laid[a.name]) if a.name in laid else repeat(_value_or_unread(a, given[a.name]), size)
        for a in arguments
    ]
    quick = _by_position(function, compute)
    answers: list[Cell] = []
    for place, element in enumerate(zip(*values, strict=True)):
        if _UNREAD not in element:
            try:
                answers.append(quick(*element))
                continue
            except RetentionError:
                pass
        cells = {**given, **{name: column[place] for name, column in laid.items()}}
        answers.append(_spilled(function, compute, cells, laid))
    return answers


def _by_position(function: Function, compute: Callable[..., Any]) -> Callable[..., Any]:
    """What computes an element from its values in order; sentences in the core's own words will do."""
    names = [a.name for a in function.arguments if not a.is_column]
    if len(names) == len(function.arguments):
        return function.compute
    return lambda *values: compute(**dict(zip(names, values, strict=True)))


def _values(argument: Argument, cells: Sequence[Cell]) -> list[Any]:
    def read(cell: Cell) -> object:
        return _UNREAD if is_blank(cell) else _value_or_unread(argument, cell)

    return numbers_in(cells, read) if argument.kind.reads in NUMBERS else once_each(read, cells)


def _value_or_unread(argument: Argument, cell: Cell) -> object:
    if error_in(cell) is not None:
        return _UNREAD
    try:
        return _read(argument, cell)
    except RetentionError:
        return _UNREAD


def _spilled(
    function: Function, compute: Callable[..., Any], given: Mapping[str, Cell], wide: Collection[str]
) -> Cell:
    if wide and all(is_blank(given[name]) for name in wide):
        return None
    try:
        return _element(function, compute, given)
    except RetentionError as error:
        return str(error)


def _height(ranges: Mapping[str, Rows]) -> int:
    """Rows to fill: up to the last row with something in it, so that A:A does not spill a million blanks."""
    tall = {name: rows for name, rows in ranges.items() if len(rows) > 1}
    height = max([1, *map(_last_filled, tall.values())])
    _refuse_mismatch({name: len(rows) for name, rows in tall.items()}, height, "row")
    return height


def _width(ranges: Mapping[str, Rows]) -> int:
    widths = {name: len(rows[0]) for name, rows in ranges.items() if len(rows[0]) > 1}
    width = max([1, *widths.values()])
    _refuse_mismatch(widths, width, "column")
    return width


def _last_filled(rows: Rows) -> int:
    for row in range(len(rows), 0, -1):
        if not all(map(is_blank, rows[row - 1])):
            return row
    return 0


def _refuse_mismatch(sizes: Mapping[str, int], needed: int, unit: str) -> None:
    short = next((name for name in sizes if sizes[name] < needed), None)
    if short is not None:
        longest = max(sizes, key=sizes.__getitem__)
        raise RetentionError(
            f"`{short}` has {counted(sizes[short], unit)} and `{longest}` {sizes[longest]}: give ranges of "
            "the same size, or single cells."
        )
