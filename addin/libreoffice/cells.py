"""Cells as LibreOffice Calc hands them to an add-in, and answers as it takes them back; inside retention.oxt.

Calc hands over numbers, text, ranges as rows, and nothing for an argument left out. A blank cell on its own
arrives as 0 and TRUE as 1, as in Calc's own arithmetic; a blank cell in a range arrives as "". A call with
an error cell on its own never gets here: Calc passes the error on itself.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from addin.calls import call, unforeseen
from addin.catalogue import Argument, Function
from addin.cells import NUMBERS, Cell, CellError, is_blank
from retention_core.errors import RetentionError

FIRST_DAY = date(1899, 12, 30)  # day 0 of a new document and of Excel's serial numbers

# Calc keeps an error as a number that is none, its code in the lower half
_NO_NUMBER = 0x7FF80000_00000000
_CODES = {
    "#NULL!": 521, "#DIV/0!": 532, "#VALUE!": 519, "#REF!": 524, "#NAME?": 525, "#NUM!": 503, "#N/A": 32767,
}  # fmt: skip
_ONE_KIND = {float}
_ERRORS = {code: error for error, code in _CODES.items()}

Rows = tuple[tuple[Cell, ...], ...]


def needs_document(function: Function) -> bool:
    """Whether the function reads or may return dates, whose numbers depend on the document's day 0."""
    return function.returns.shape == "table" or any(map(_is_date, function.arguments))


def method_of(function: Function, packages: str = "") -> Callable[..., Rows]:
    """The function as Calc calls it: with the document first where it needs one, answering rows of cells.

    Parameters
    ----------
    function
        From the catalogue.
    packages
        Folder for packages that LibreOffice's Python lacks.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> method_of(FUNCTIONS["RETENTION"])(100.0, 110.0, 20.0)
    ((0.9,),)
    """
    if needs_document(function):
        return lambda document, *cells: _answered(function, cells, _first_day(document), packages)
    if all(argument.kind.reads in NUMBERS and not argument.is_column for argument in function.arguments):
        return _of_numbers(function, packages)
    return lambda *cells: _answered(function, cells, FIRST_DAY, packages)


def _of_numbers(function: Function, packages: str) -> Callable[..., Rows]:
    """A method that takes the short way where every cell is a number, as in a column filled down."""
    compute, defaults = function.compute, [argument.default for argument in function.arguments]

    def method(*cells: Cell) -> Rows:
        try:
            numbers = cells if set(map(type, cells)) == _ONE_KIND else _numbers(cells, defaults)
            total = sum(numbers)
            # an error among the numbers is not equal to itself, and neither is their sum
            if total == total:
                return ((compute(*numbers),),)
        except Exception:  # noqa: BLE001, S110  # the long way says what is wrong
            pass
        return _answered(function, cells, FIRST_DAY, packages)

    return method


def _numbers(cells: Sequence[Cell], defaults: Sequence[Any]) -> list[float]:
    given = [default if cell is None else cell for cell, default in zip(cells, defaults, strict=True)]
    if set(map(type, given)) != _ONE_KIND:
        raise TypeError
    return given


def _answered(function: Function, cells: Sequence[Cell], first_day: date, packages: str) -> Rows:
    shift = (first_day - FIRST_DAY).days
    try:
        given = [
            cell if type(cell) is float and cell == cell and not shift else read(argument, cell, shift)
            for argument, cell in _pairs(function, _cut(function, cells))
        ]
        found = call(function, given)
    except RetentionError as error:
        return ((str(error),),)
    except ModuleNotFoundError as error:
        return ((lacking(function, error.name or "a package", packages),),)
    except Exception as error:  # noqa: BLE001  # Calc would show #VALUE! for a mistake of ours
        return ((unforeseen(function, error),),)
    rows = found if isinstance(found, list) else [[found]]
    return tuple(tuple(written(cell, first_day) for cell in row) for row in rows)


def read(argument: Argument, cell: Cell, shift: int = 0) -> Cell:
    """A cell or range as the core takes it.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> read(FUNCTIONS["PERIOD_RETENTION"].arguments[1], ((1.0,), ("",)), 1462)
    ((1463.0,), ('',))
    """
    if isinstance(cell, tuple):
        if not (shift and _is_date(argument)) and all(value == value for row in cell for value in row):
            return cell
        return tuple(tuple(read(argument, value, shift) for value in row) for row in cell)
    if isinstance(cell, float):
        if cell != cell:
            return _error(cell)
        return cell + shift if _is_date(argument) else cell
    return cell


def written(cell: Cell, first_day: date = FIRST_DAY) -> Cell:
    """A cell of an answer as Calc takes it: blanks as "", dates as numbers, errors as Calc's own.

    TRUE and FALSE go as 1 and 0, which they are to Calc: it misreads truth values inside a table.

    Examples
    --------
    >>> written(date(2024, 1, 31)), written(None), written(7), written(False)
    (45322.0, '', 7.0, 0.0)
    """
    if isinstance(cell, CellError):
        return _as_number(_CODES[cell]) if cell in _CODES else str(cell)
    if isinstance(cell, date):
        return float(cell.toordinal() - first_day.toordinal())
    if is_blank(cell):
        return ""
    return float(cell) if isinstance(cell, int) else cell


def lacking(function: Function, package: str, folder: str) -> str:
    """One sentence: what is missing and how to get it."""
    version = ".".join(map(str, sys.version_info[:2]))
    return (
        f"{function.name} needs {package}, which LibreOffice's Python {version} lacks: run "
        f'python{version} -m pip install --target "{folder}" {package}, then restart LibreOffice.'
    )


def _first_day(document: Any) -> date:
    day = document.getPropertyValue("NullDate")
    return date(day.Year, day.Month, day.Day)


def _is_date(argument: Argument) -> bool:
    return argument.kind.reads == "date"


def _cut(function: Function, cells: Sequence[Cell]) -> list[Cell]:
    """The cells, columns cut below the last row that is filled in any: a whole column has a million rows.

    Two rows stay, so that a block of cells is not taken for a row.
    """
    columns = [argument.is_column and isinstance(cell, tuple) for argument, cell in _pairs(function, cells)]
    ranges = [cell for cell, is_column in zip(cells, columns, strict=True) if is_column]
    end = max([2, *map(_filled, ranges)])
    return [cell[:end] if is_column else cell for cell, is_column in zip(cells, columns, strict=True)]


def _pairs(function: Function, cells: Sequence[Cell]) -> Iterator[tuple[Argument, Cell]]:
    return zip(function.arguments, cells, strict=True)


def _filled(rows: Rows) -> int:
    last = len(rows)
    while last and rows[last - 1].count("") == len(rows[last - 1]):
        last -= 1
    return last


def _error(number: float) -> CellError:
    (bits,) = struct.unpack("<Q", struct.pack("<d", number))
    return CellError(_ERRORS.get(bits & 0xFFFF, "#VALUE!"))


def _as_number(code: int) -> float:
    (number,) = struct.unpack("<d", struct.pack("<Q", _NO_NUMBER | code))
    return float(number)
