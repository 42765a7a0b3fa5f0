"""One call of a worksheet function, read from the text that people type into a cell.

The live examples of the reference and of the companion are worked out with it, beside a small sheet that the
formula may refer to. It reads exactly one call: numbers, "text", TRUE and FALSE, error values, arrays such as
{1;2}, DATE(2024,1,31), cells and ranges, arguments left out. Nothing of it is run as code.

Where semicolons stand between the arguments, as in LibreOffice and much of Europe, a comma within a number is
a decimal comma; else commas separate and the decimal sign is a point.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from addin.calls import Answer, call
from addin.catalogue import Function
from addin.cells import SHEET_COLUMNS, SHEET_ROWS, Cell, Rows, as_day, as_number, error_in
from retention_core.errors import RetentionError, said

LONGEST = 8_192  # characters that Excel takes in a formula
LARGEST_ARRAY = 100  # values in curly brackets; a column against a row spans the block of both
_WIDEST = 26  # columns of a range, A to Z

_WORDS = {"TRUE": True, "FALSE": False}
_QUOTED = r'"(?:[^"]|"")*"'
_CORNER = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_COLUMN = r"\$?[A-Z]{1,3}"
_PIECES = r"""
    (?P<space>[\s\u00a0\u202f]+)
  | (?P<text>{quoted})
  | (?P<error>\#[A-Z0-9_/]+[!?]?)
  | (?P<area>(?:{corner}(?::{corner})?|{column}:{column})(?![\w.(:$]))
  | (?P<name>[A-Z_][\w.]*)
  | (?P<number>(?:[0-9]+(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)(?:E[+-]?[0-9]+)?%?)
  | (?P<mark>[(){{}},;+-])
  | (?P<other>.)
"""
_READS = {
    decimal: re.compile(
        _PIECES.format(quoted=_QUOTED, corner=_CORNER, column=_COLUMN, decimal=decimal),
        re.VERBOSE | re.IGNORECASE | re.ASCII | re.DOTALL,
    )
    for decimal in (".", ".,")
}
_SET_APART = re.compile(rf"{_QUOTED}|\{{[^}}]*\}}")


class Token(NamedTuple):
    """A piece of a formula and what it is."""

    kind: str
    text: str


class Formula(NamedTuple):
    """A call as typed: which function, over which cells."""

    function: Function
    cells: list[Cell]


def evaluate(text: str, functions: Mapping[str, Function], sheet: Rows = ()) -> Answer:
    """What a cell with this formula shows.

    Parameters
    ----------
    text
        The formula as typed, with or without "=".
    functions
        The catalogue.
    sheet
        Rows of the cells it may refer to; the first cell is A1.

    Raises
    ------
    RetentionError
        If the text is no such call, or the call makes no sense.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> evaluate("=RETENTION(100,110,20)", FUNCTIONS), evaluate("=RETENTION(100;110;20)", FUNCTIONS)
    (0.9, 0.9)
    >>> evaluate("=CHURN(A1:A2,110,20)", FUNCTIONS, [[100], [200]])
    [[0.1], [0.55]]
    """
    formula = read_formula(text, functions, sheet)
    return call(formula.function, formula.cells)


def read_formula(text: str, functions: Mapping[str, Function], sheet: Rows = ()) -> Formula:
    """The function and the cells of one call; see `evaluate`.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> read_formula('=BENCHMARK("Retail",)', FUNCTIONS).cells
    ['Retail', None]
    """
    if len(text) > LONGEST:
        raise RetentionError(f"The formula has {len(text):,} characters: Excel takes {LONGEST:,} at most.")
    body = text.strip().removeprefix("=")
    separator = _separator(body)
    tokens = _tokens(body, separator)
    function = _function_of(tokens, functions)
    given = _arguments(tokens[2:], separator)
    if len(given) > len(function.arguments):
        return Formula(function, [None] * len(given))  # the call says how many it takes
    named = zip(function.arguments, given, strict=False)
    return Formula(function, [_cell(argument.name, pieces, sheet, separator) for argument, pieces in named])


def typed(text: str | float | None) -> Cell:
    """What a cell holds after this was typed into it: a number, a date, TRUE, an error or text.

    None and not-a-number, which pandas makes of a cell that was emptied, are blanks.

    Examples
    --------
    >>> typed("90%"), typed("2024-01-31"), typed(" "), typed("true"), typed("1,5")
    (0.9, datetime.date(2024, 1, 31), None, True, '1,5')
    """
    text = text.strip() if isinstance(text, str) else ""
    if not text:
        return None
    number = as_number(text.removesuffix("%"))
    if number is not None and math.isfinite(number):
        return number / 100 if text.endswith("%") else number
    found = (error_in(text), _WORDS.get(text.upper()), as_day(text))
    return next((cell for cell in found if cell is not None), text)


def written(cell: Cell) -> str:
    """A cell as a sheet shows it, with ten digits of a number.

    Examples
    --------
    >>> written(1 / 3), written(110.0), written(True), written(None), written(date(2024, 1, 31))
    ('0.3333333333', '110', 'TRUE', '', '2024-01-31')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    return f"{cell + 0.0:.10g}" if isinstance(cell, int | float) else str(cell)


def answer_as_rows(found: Answer) -> list[list[str]]:
    """An answer as rows of text, one cell being one row of one.

    Examples
    --------
    >>> answer_as_rows(0.9), answer_as_rows([[1.0, None]])
    ([['0.9']], [['1', '']])
    """
    rows = found if isinstance(found, list) else [[found]]
    return [[written(cell) for cell in row] for row in rows]


def with_semicolons(formula: str) -> str:
    """A formula with semicolons between its arguments, as LibreOffice writes it.

    Examples
    --------
    >>> with_semicolons('=BENCHMARK_GAP(0.7,"Food, retail")')
    '=BENCHMARK_GAP(0.7;"Food, retail")'
    """
    return re.sub(rf"{_SET_APART.pattern}|,", lambda found: ";" if found[0] == "," else found[0], formula)


def column_letter(place: int) -> str:
    """The letters of a column, counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(25), column_letter(26)
    ('A', 'Z', 'AA')
    """
    before, last = divmod(place, 26)
    return (column_letter(before - 1) if before else "") + chr(ord("A") + last)


def _tokens(body: str, separator: str) -> list[Token]:
    found = _READS[".," if separator == ";" else "."].finditer(body)
    return [Token(str(one.lastgroup), one[0]) for one in found if one.lastgroup != "space"]


def _separator(body: str) -> str:
    return ";" if ";" in _SET_APART.sub("", body) else ","


def _function_of(tokens: Sequence[Token], functions: Mapping[str, Function]) -> Function:
    if len(tokens) < 2 or tokens[0].kind != "name" or tokens[1].text != "(":
        got = f" (got {_said(tokens)})" if tokens else ""
        raise RetentionError(f"Type one call of a function, its arguments in round brackets{got}.")
    name = tokens[0].text.upper()
    if name not in functions:
        near = difflib.get_close_matches(name, functions, n=1)
        hint = f"Did you mean {near[0]}?" if near else "The list has all there are."
        raise RetentionError(f"There is no function {said(name)} here. {hint}")
    return functions[name]


def _arguments(tokens: Sequence[Token], separator: str) -> list[list[Token]]:
    """The pieces between the brackets, one list an argument, up to the bracket that ends the call."""
    arguments: list[list[Token]] = [[]]
    depth = 1
    for place, token in enumerate(tokens):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(token.text, 0)
        if depth == 0:
            if rest := tokens[place + 1 :]:
                raise RetentionError(f"Nothing may follow the call's closing bracket (got {_said(rest)}).")
            return arguments if len(arguments) > 1 or arguments[0] else []
        if depth == 1 and token.text == separator:
            arguments.append([])
        else:
            arguments[-1].append(token)
    raise RetentionError("The closing bracket of the call is missing: end the formula with a round bracket.")


def _cell(name: str, tokens: Sequence[Token], sheet: Rows, separator: str) -> Cell:
    match tokens:
        case []:
            return None
        case [Token(kind="area", text=text)]:
            return _area(name, text, sheet)
        case [Token(kind="name", text=word), Token(text="("), *inside, Token(text=")")] if (
            word.upper() == "DATE"
        ):
            return _date(name, inside, separator)
        case [Token(text="{"), *inside, Token(text="}")]:
            return _array(name, inside)
        case [Token(kind="name", text=word), Token(text="("), *_]:
            raise RetentionError(
                f"`{name}` holds a call of its own ({said(word)}): one call at a time works here."
            )
    return _constant(name, tokens)


def _constant(name: str, tokens: Sequence[Token]) -> Cell:
    """A number, a text, TRUE, FALSE or an error value."""
    sign, rest = -1 if tokens[:1] and tokens[0].text == "-" else 1, list(tokens)
    if rest and rest[0].text in "+-":
        rest = rest[1:]
    match rest:
        case [Token(kind="number", text=text)] if math.isfinite(number := _number(text)):
            return sign * number
        case [Token(kind="text", text=text)] if len(tokens) == 1:
            return text[1:-1].replace('""', '"')
        case [Token(kind="name", text=word)] if len(tokens) == 1 and word.upper() in _WORDS:
            return _WORDS[word.upper()]
        case [Token(kind="error", text=text)] if len(tokens) == 1 and (error := error_in(text)) is not None:
            return error
    raise RetentionError(
        f'`{name}` must be a number, "text", TRUE, FALSE, DATE(2024,1,31), {{1;2}} or cells such as A2:A7 '
        f"(got {_said(tokens)})."
    )


def _number(text: str) -> float:
    number = float(text.rstrip("%").replace(",", "."))
    return number / 100 if text.endswith("%") else number


def _date(name: str, tokens: Sequence[Token], separator: str) -> date:
    pieces = _split(tokens, separator)
    try:
        year, month, day = (int(piece[0].text) for piece in pieces if len(piece) == 1)
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise RetentionError(
            f"`{name}` must be a day that exists, as DATE(year, month, day) (got DATE({_said(tokens)}))."
        ) from None


def _array(name: str, tokens: Sequence[Token]) -> list[list[Cell]]:
    pieces = [_split(row, ",") for row in _split(tokens, ";")]
    if (size := sum(map(len, pieces))) > LARGEST_ARRAY:
        raise RetentionError(f"`{name}` lists {size:,} values in {{}}: give {LARGEST_ARRAY} at most.")
    rows = [[_constant(name, piece) for piece in row] for row in pieces]
    if any(len(row) != len(rows[0]) for row in rows):
        raise RetentionError(f"`{name}` has rows of different lengths: a semicolon in {{}} begins a row.")
    return rows


def _split(tokens: Sequence[Token], mark: str) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == mark:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def _area(name: str, text: str, sheet: Rows) -> Cell:
    """What stands in a cell or a range, which is cut where the sheet ends."""
    corners = text.upper().replace("$", "").split(":")
    columns = sorted(_column(corner.rstrip("0123456789")) for corner in corners)
    rows = sorted(int(re.sub("[A-Z]", "", corner) or 0) for corner in corners)
    whole = not any(map(str.isdigit, text))
    if columns[-1] > SHEET_COLUMNS or rows[-1] > SHEET_ROWS or (rows[0] < 1 and not whole):
        raise RetentionError(f"`{name}` lies outside any sheet: give cells such as A2:A7 (got {said(text)}).")
    if len(corners) == 1:
        return _at(sheet, rows[0], columns[0])
    top, bottom = (1, SHEET_ROWS) if whole else rows
    bottom = min(bottom, max(top, len(sheet)))
    right = min(columns[-1], max(columns[0], _WIDEST))
    return [
        [_at(sheet, row, column) for column in range(columns[0], right + 1)] for row in range(top, bottom + 1)
    ]


def _column(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _at(sheet: Rows, row: int, column: int) -> Cell:
    cells = sheet[row - 1] if row <= len(sheet) else ()
    return cells[column - 1] if column <= len(cells) else None


def _said(tokens: Sequence[Token]) -> str:
    # a backtick would read as an argument's name when the sentence is said
    return said("".join(token.text for token in tokens)).replace("`", "'")
