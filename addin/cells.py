"""Cells as the hosts hand them over, read as the values the core takes; nothing is guessed in silence.

What may arrive: numbers (Excel: always floats), text, booleans, dates, None for a blank, numpy values,
error cells (as the integers Excel's COM interface uses, as text such as "#DIV/0!", or as the dictionaries
of formualizer), and ranges as rows of cells. A blank is None, text without a visible character, or not a
number (what numpy makes of a blank).

Numbers stored as text ("110", "90%" where a fraction is expected) are read as Excel's own arithmetic reads
them; text with thousands separators or decimal commas is refused, because it means different numbers
in different countries. TRUE and FALSE are not numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, TypeAlias, TypeVar

from retention_core.errors import RetentionError, said
from retention_core.identity import BLANKS
from retention_core.net_promoter import HIGHEST, is_score

Cell: TypeAlias = Any
Rows: TypeAlias = Sequence[Sequence[Cell]]
T = TypeVar("T")

SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384
MISSING_ARGUMENT = -2147352572

_ERRORS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036,
    "#N/A": 2042, "#GETTING_DATA": 2043, "#SPILL!": 2045, "#CONNECT!": 2046, "#BLOCKED!": 2047,
    "#UNKNOWN!": 2048, "#FIELD!": 2049, "#CALC!": 2050,
}  # fmt: skip
# COM hands an error cell over as the integer 0x800A0000 + number, read as a signed 32-bit number.
_ERROR_OF_CODE = {number - 0x7FF60000: text for text, number in _ERRORS.items()}
_ERROR_OF_KIND = {text.strip("#!?").replace("/", "").replace("0", "").lower(): text for text in _ERRORS}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?", re.ASCII)
_FIRST_YEAR, _LAST_SERIAL = 1900, 2_958_465
_YES_OR_NO = {"TRUE": True, "FALSE": False}
_EXACT = 1e15  # Excel keeps fifteen digits
_SEQUENCES = (list, tuple)
_SERIAL_OF_A_DAY_THAT_NEVER_WAS = 60


class CellError(str):
    """An error cell such as #DIV/0!: passed on as it is, never computed with."""

    __slots__ = ()


def error_in(cell: Cell) -> CellError | None:
    """The error a cell holds, if it holds one.

    Integers count only as themselves: Excel's own numbers arrive as floats.

    Examples
    --------
    >>> error_in(-2146826281), error_in("#n/a"), error_in({"type": "Error", "kind": "Div"})
    ('#DIV/0!', '#N/A', '#DIV/0!')
    >>> error_in(-2146826281.0) is None
    True
    """
    if cell is None or isinstance(cell, float):
        return None
    if isinstance(cell, str):
        text = cell.strip(BLANKS).upper() if "#" in cell else ""
        return CellError(text) if text in _ERRORS else None
    if isinstance(cell, Mapping):
        kind = _ERROR_OF_KIND.get(str(cell.get("kind")).lower(), "#VALUE!")
        return CellError(kind) if cell.get("type") == "Error" else None
    known = _ERROR_OF_CODE.get(cell) if type(cell) is int else None
    return CellError(known) if known else None


def first_error(cells: Iterable[Cell]) -> CellError | None:
    """The first error among cells, if there is one.

    Examples
    --------
    >>> first_error([5.0, "Ann", "#N/A", "#REF!"])
    '#N/A'
    """
    odd = (cell for cell in cells if type(cell) is not float and (type(cell) is not str or "#" in cell))
    return next((error for error in map(error_in, odd) if error is not None), None)


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands in the cell.

    Examples
    --------
    >>> is_blank(None), is_blank("  "), is_blank(float("nan")), is_blank(0.0)
    (True, True, True, False)
    """
    if cell is None:
        return True
    if isinstance(cell, str):
        return not cell.strip(BLANKS)
    if isinstance(cell, float):
        return cell != cell
    return (type(cell) is int and cell == MISSING_ARGUMENT) or type(cell).__name__ in {"NaTType", "NAType"}


def as_rows(cell: Cell, place: str) -> Rows | None:
    """The rows of a range, or None where the argument is a single value.

    A flat list is one row, as Excel hands over a range of one row to some hosts.

    Raises
    ------
    RetentionError
        If the rows are of different lengths or larger than a sheet.

    Examples
    --------
    >>> as_rows(((1.0,), (2.0,)), "customers"), as_rows([1.0, 2.0], "customers"), as_rows(5.0, "customers")
    (((1.0,), (2.0,)), [[1.0, 2.0]], None)
    """
    if hasattr(cell, "tolist"):
        cell = _listed(cell)
    if not isinstance(cell, _SEQUENCES):
        return None
    rows = cell if cell and isinstance(cell[0], _SEQUENCES) else [cell]
    if not all(issubclass(kind, _SEQUENCES) for kind in set(map(type, rows))) or len(set(map(len, rows))) > 1:
        raise RetentionError(f"`{place}` is not a range: its rows differ in length.")
    if len(rows) > SHEET_ROWS or len(rows[0]) > SHEET_COLUMNS:
        raise RetentionError(f"`{place}` is larger than a sheet: {len(rows)} rows, {len(rows[0])} columns.")
    return rows if rows[0] else [[None]]


def read_number(cell: Cell, place: str) -> float:
    """One number.

    Parameters
    ----------
    cell
        What stands in the cell.
    place
        Where it stands, as the error sentence begins: "`churn`" or "`amounts`, row 7,".

    Raises
    ------
    RetentionError
        If the cell is blank or holds no number.

    Examples
    --------
    >>> read_number(110.0, "`churn`"), read_number(" 110 ", "`churn`")
    (110.0, 110.0)
    >>> read_number("1,5", "`churn`")
    Traceback (most recent call last):
    retention_core.errors.RetentionError: churn must be a number (got "1,5").
    """
    if type(cell) is float and cell == cell:
        return cell + 0.0  # no sentence says "got -0"
    _refuse_blank(cell, place, "give a number")
    number = as_number(cell)
    if number is None:
        raise RetentionError(f"{place} must be a number (got {shown(cell)}).")
    return number + 0.0


def as_number(cell: Cell) -> float | None:
    """The number in a cell, or None where there is none to read."""
    if isinstance(cell, str):
        text = cell.strip(BLANKS)
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        return number if math.isfinite(number) else None
    if isinstance(cell, bool) or not isinstance(cell, Real | Decimal):
        return None
    try:
        return float(cell)
    except OverflowError:
        return math.inf if cell > 0 else -math.inf  # type: ignore[operator]  # whole numbers compare


def read_fraction(cell: Cell, place: str) -> float:
    """A rate or share; text such as "90%" is 0.9, as Excel reads it.

    Examples
    --------
    >>> read_fraction("90%", "`rate`"), read_fraction(0.9, "`rate`")
    (0.9, 0.9)
    """
    percent = cell.strip(BLANKS) if isinstance(cell, str) else ""
    if percent.endswith("%") and _NUMBER.fullmatch(percent[:-1].rstrip(BLANKS)):
        return float(percent[:-1]) / 100
    return read_number(cell, place)


def read_whole_number(cell: Cell, place: str) -> int:
    """One whole number, such as a number of days.

    Examples
    --------
    >>> read_whole_number(30.0, "`active_days`")
    30
    """
    number = read_number(cell, place)
    if not number.is_integer():
        raise RetentionError(f"{place} must be a whole number (got {said(number)}).")
    return int(number)


def read_number_from_zero(cell: Cell, place: str) -> float:
    """One number of zero or more, such as a length of time.

    Examples
    --------
    >>> read_number_from_zero(-1.0, "`durations`, row 3,")
    Traceback (most recent call last):
    retention_core.errors.RetentionError: durations, row 3, must be zero or more (got -1).
    """
    number = read_number(cell, place)
    if number < 0:
        raise RetentionError(f"{place} must be zero or more (got {said(number)}).")
    return number


def read_score(cell: Cell, place: str) -> float:
    """One answer from 0 to 10, a whole number.

    Examples
    --------
    >>> read_score(7.0, "`scores`")
    7.0
    >>> read_score(11.0, "`scores`, row 3,")
    Traceback (most recent call last):
    retention_core.errors.RetentionError: scores, row 3, must be a whole number from 0 to 10 (got 11).
    """
    number = read_number(cell, place)
    if not is_score(number):
        raise RetentionError(f"{place} must be a whole number from 0 to {HIGHEST} (got {said(number)}).")
    return number


def read_yes_or_no(cell: Cell, place: str) -> bool:
    """1 or TRUE for yes, 0 or FALSE for no.

    Examples
    --------
    >>> read_yes_or_no(1.0, "`lost`"), read_yes_or_no(False, "`lost`"), read_yes_or_no("true", "`lost`")
    (True, False, True)
    >>> read_yes_or_no(2.0, "`lost`, row 3,")
    Traceback (most recent call last):
    retention_core.errors.RetentionError: lost, row 3, must be 1 or TRUE for yes, 0 or FALSE for no (got 2).
    """
    _refuse_blank(cell, place, "give 1 for yes, 0 for no")
    if isinstance(cell, bool):
        return cell
    known = _YES_OR_NO.get(cell.strip(BLANKS).upper()) if isinstance(cell, str) else None
    number = as_number(cell) if known is None else float(known)
    if number not in (0, 1):
        raise RetentionError(f"{place} must be 1 or TRUE for yes, 0 or FALSE for no (got {shown(cell)}).")
    return bool(number)


def read_text(cell: Cell, place: str) -> str:
    """One text, trimmed.

    Examples
    --------
    >>> read_text(" Media ", "`industry`")
    'Media'
    """
    _refuse_blank(cell, place, "give a text")
    if not isinstance(cell, str):
        raise RetentionError(f"{place} must be a text (got {shown(cell)}).")
    return _sound(cell.strip(BLANKS), place)


def read_customer(cell: Cell, place: str) -> str:
    """A customer's name or number as text; whole numbers without a decimal point.

    Examples
    --------
    >>> read_customer(17850.0, "`customers`"), read_customer(" Ann ", "`customers`")
    ('17850', 'Ann')
    """
    return _named(cell, place, "a customer's name or number")


def read_group(cell: Cell, place: str) -> str:
    """What a customer or an order belongs to, such as a region or a year, read as customers are.

    Examples
    --------
    >>> read_group(2025.0, "`groups`"), read_group(" web ", "`groups`")
    ('2025', 'web')
    """
    return _named(cell, place, "a text or a number")


def _named(cell: Cell, place: str, must_be: str) -> str:
    if isinstance(cell, str):
        return _sound(cell.strip(BLANKS), place)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else str(cell)
    if isinstance(cell, date):
        return day_in(cell).isoformat()
    if isinstance(cell, bool) or not isinstance(cell, Real | Decimal):
        raise RetentionError(f"{place} must be {must_be} (got {shown(cell)}).")
    return str(cell) if isinstance(cell, Integral) else _named(float(cell), place, must_be)


def read_day(cell: Cell, place: str) -> date:
    """One day: a date, an Excel serial number (1900 date system) or ISO text; times are dropped.

    Raises
    ------
    RetentionError
        If the cell is blank or holds no day that Excel knows.

    Examples
    --------
    >>> read_day(45322.75, "`last_day`"), read_day("2024-01-31", "`last_day`")
    (datetime.date(2024, 1, 31), datetime.date(2024, 1, 31))
    """
    _refuse_blank(cell, place, "give a date")
    day = as_day(cell)
    if day is None:
        raise RetentionError(
            f"{place} must be a date: an Excel date or text like 2024-01-31 (got {shown(cell)})."
        )
    return day


def as_day(cell: Cell) -> date | None:
    """The day in a cell, or None where there is none to read, such as one before Excel's first.

    Examples
    --------
    >>> as_day("1900-01-01"), as_day("1899-12-31")
    (datetime.date(1900, 1, 1), None)
    """
    day = _any_day(cell)
    return None if day is None or day.year < _FIRST_YEAR else day


def _any_day(cell: Cell) -> date | None:
    if isinstance(cell, date):
        return day_in(cell)
    if not isinstance(cell, str):
        number = as_number(cell)
        return None if number is None else day_of_serial(number)
    iso = _ISO_DAY.fullmatch(cell.strip(BLANKS))
    try:
        return date(*map(int, iso.groups())) if iso else None
    except ValueError:
        return None


def day_of_serial(serial: float) -> date | None:
    """The day with an Excel serial number, 1 being 1 January 1900.

    Excel counts a 29 February 1900, which never was, as 60: earlier days lie one off, and 60 is no day.

    Examples
    --------
    >>> day_of_serial(1), day_of_serial(59), day_of_serial(60), day_of_serial(61)
    (datetime.date(1900, 1, 1), datetime.date(1900, 2, 28), None, datetime.date(1900, 3, 1))
    """
    if not 1 <= serial < _LAST_SERIAL + 1 or int(serial) == _SERIAL_OF_A_DAY_THAT_NEVER_WAS:
        return None
    epoch = date(1899, 12, 31) if serial < _SERIAL_OF_A_DAY_THAT_NEVER_WAS else date(1899, 12, 30)
    return epoch + timedelta(days=int(serial))


def day_in(moment: date) -> date:
    """The day of a date or a moment; the clock's time zone, which COM adds to all, is ignored."""
    return moment.date() if isinstance(moment, datetime) else moment


def shown(cell: Cell) -> str:
    """A cell as an error sentence shows it: text in quotes, TRUE and FALSE as Excel writes them.

    Examples
    --------
    >>> shown("abc"), shown(True), shown(90.0)
    ('"abc"', 'TRUE', '90')
    """
    if isinstance(cell, bool):
        return str(cell).upper()
    # a backtick would read as an argument's name when the sentence is said
    return f'"{said(cell)}"'.replace("`", "'") if isinstance(cell, str) else said(cell).replace("`", "'")


def counted(number: int, noun: str) -> str:
    """A number of things, of one or of several.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


READERS: Mapping[str, Callable[[Cell, str], Any]] = {
    "number": read_number,
    "fraction": read_fraction,
    "whole number": read_whole_number,
    "number from 0": read_number_from_zero,
    "score": read_score,
    "yes or no": read_yes_or_no,
    "text": read_text,
    "customer": read_customer,
    "group": read_group,
    "date": read_day,
}
NUMBERS = {"number", "fraction"}


def once_each(answer: Callable[[Cell], T], cells: Iterable[Cell]) -> list[T]:
    """The answer for every cell, worked out once for equal text and equal numbers.

    Examples
    --------
    >>> once_each(lambda cell: print(cell), ["Ann", "Ann", 5.0])
    Ann
    5.0
    [None, None, None]
    """
    known: dict[Cell, T] = {}
    answers = []
    for cell in cells:
        if type(cell) is not str and type(cell) is not float:
            answers.append(answer(cell))
            continue
        if cell not in known:
            known[cell] = answer(cell)
        answers.append(known[cell])
    return answers


def numbers_in(cells: Iterable[Cell], otherwise: Callable[[Cell], Any]) -> list[Any]:
    """The numbers that arrive as such, read at once, and what `otherwise` makes of every other cell.

    Examples
    --------
    >>> numbers_in([5.0, 7, "8", None], str)
    [5.0, 7.0, '8', 'None']
    """
    return [
        cell + 0.0
        # whole numbers far below zero are error codes
        if (type(cell) is float and cell == cell) or (type(cell) is int and -1e9 < cell < _EXACT)
        else otherwise(cell)
        for cell in cells
    ]


def _refuse_blank(cell: Cell, place: str, remedy: str) -> None:
    if is_blank(cell):
        raise RetentionError(f"{place} is blank: {remedy}.")


def _sound(text: str, place: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RetentionError(f"{place} holds a broken character (got {shown(ascii(text))}).") from None
    return text


def _listed(array: Any) -> Any:
    """A numpy array as lists; its nanosecond dates, which numpy would list as integers, as datetimes."""
    if getattr(getattr(array, "dtype", None), "kind", "") == "M":
        array = array.astype("datetime64[us]")
    return array.tolist()
