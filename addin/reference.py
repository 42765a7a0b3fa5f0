"""The function reference, docs/functions.md: every example in it is worked out when it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from addin.catalogue import Argument, Function
from addin.cells import Cell
from addin.examples import Example, examples, senseless
from addin.formula_text import column_letter, evaluate, with_semicolons, written
from retention_core.errors import RetentionError

LONGEST_NATIVE = 2_500
_ROWS, _COLUMNS, _LONGEST_CELL = 8, 18, 40

_INTRODUCTION = """\
# Functions

Generated from the catalogue (`addin/functions.py`) by `python -m addin build`; do not edit. Every answer
below was worked out by the functions themselves. The companion's page *Functions* has the same, with a search
and examples to change.

Rates are fractions: 0.9 is 90 %. Dates are Excel dates or text like 2024-01-31. Functions of single
values take ranges too and spill, element by element; functions of columns read whole columns, `A:A`
included, with or without a header. A blank where one number is needed is an error, not zero. Rows that are
blank in every column are skipped. An error cell is passed on, never computed with. What makes no sense is
answered with one sentence.

The first row counts as a header if every column of dates or amounts has a title there: text without digits,
or with them ("2024 sales") beside a customer column named as such ("Customer", "Client ID", "Kunde"). Text
like "n/a", or text that comes again below, is no title. In doubt the row is data, and what cannot be read in
it is said or counted. A column of customers alone has a header only if it is named as such.

Tables and ranges spill in Excel 365, in Excel 2021 and later. Excel 2016 and 2019 show their top-left cell
only, unless you select the cells for the whole answer first and enter the formula with Ctrl+Shift+Enter.
"""

_NATIVE = """\
A native formula is the body of the function's LAMBDA in retention-lambda.xlsx, over the argument names. What
Excel does not know in it by name is a step, which comes with that workbook.
"""

_SEMICOLONS = """\
LibreOffice, and Excel where the comma is the decimal sign, separate arguments by semicolons:
`{semicolons}` is `{commas}`.
"""


def topic(function: Function) -> str:
    """What a function starts from, read off its arguments.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> topic(FUNCTIONS["CHURN"]), topic(FUNCTIONS["GINI"])
    ('From figures you know', 'From columns of cells')
    """
    columns = {a.kind.reads for a in function.arguments if a.is_column}
    if columns:
        return "From an order log with dates" if "date" in columns else "From columns of cells"
    named = any(a.kind.reads == "text" for a in function.arguments)
    return "From published figures" if named else "From figures you know"


def by_topic(functions: Iterable[Function]) -> dict[str, list[Function]]:
    """Functions under their topics, both in the order of the catalogue."""
    groups: dict[str, list[Function]] = {}
    for function in functions:
        groups.setdefault(topic(function), []).append(function)
    return groups


def reference(functions: Iterable[Function]) -> str:
    """The whole reference as Markdown."""
    catalogue = {function.name: function for function in functions}
    groups = by_topic(catalogue.values())
    native = _NATIVE if any(function.native for function in catalogue.values()) else ""
    parts = [_INTRODUCTION, _semicolons(catalogue.values()), native, *_contents(groups)]
    for title, members in groups.items():
        parts += [f"## {title}\n", *(_section(function, catalogue) for function in members)]
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _semicolons(functions: Iterable[Function]) -> str:
    formulas = [example.formula for function in functions for example in examples(function)]
    shown = next((formula for formula in formulas if "," in formula), "")
    return _SEMICOLONS.format(semicolons=with_semicolons(shown), commas=shown) if shown else ""


def _contents(groups: Mapping[str, Sequence[Function]]) -> list[str]:
    lists = []
    for title, members in groups.items():
        entries = "\n".join(f"- [{f.name}](#{f.name.lower()}): {f.summary}" for f in members)
        lists.append(f"**{title}**\n\n{entries}\n")
    return lists


def _section(function: Function, catalogue: Mapping[str, Function]) -> str:
    wrong = senseless(function)
    parts = [
        f"### {function.name}",
        f"`={function.signature}`",
        function.summary,
        function.details,
        _arguments(function.arguments),
        f"Returns: {function.returns_text}" if function.returns_text else "",
        *(_worked(example, catalogue) for example in examples(function)),
        f"Makes no sense: {_given(wrong, catalogue)}" if wrong else "",
        _native(function.native) if function.native else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _worked(example: Example, catalogue: Mapping[str, Function]) -> str:
    """An example below the cells it reads, with what it gives."""
    sheet = _sheet(example.sheet) if example.sheet else ""
    return "\n\n".join(part for part in (sheet, f"Example: {_given(example, catalogue)}") if part)


def _given(example: Example, catalogue: Mapping[str, Function]) -> str:
    try:
        found = evaluate(example.formula, catalogue, example.sheet)
    except RetentionError as error:
        return f"`{example.formula}` says `{error}`"
    if not isinstance(found, list):
        return f"`{example.formula}` gives `{written(found)}`"
    return f"`{example.formula}` gives\n\n{_table(found)}{_left_out(found)}"


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    """Cells with the letters of their columns and the numbers of their rows."""
    letters = [column_letter(place) for place in range(len(rows[0]))]
    shown = [[str(number), *map(_said, row)] for number, row in enumerate(rows[:_ROWS], 1)]
    more = [["…"] * (len(letters) + 1)] if len(rows) > _ROWS else []
    return _markdown([["", *letters], *shown, *more])


def _table(rows: Sequence[Sequence[Cell]]) -> str:
    return _markdown([[_said(cell) for cell in row[:_COLUMNS]] for row in rows[:_ROWS]])


def _left_out(rows: Sequence[Sequence[Cell]]) -> str:
    if len(rows) <= _ROWS and len(rows[0]) <= _COLUMNS:
        return ""
    most, wide = min(len(rows), _ROWS), min(len(rows[0]), _COLUMNS)
    return f"\n\n(the first {most} of {len(rows)} rows, {wide} of {len(rows[0])} columns)"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    header, *below = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([header, f"|{'---|' * len(rows[0])}", *below])


def _said(cell: Cell) -> str:
    text = " ".join(written(cell).split()).replace("|", "\\|")
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def in_lines(formula: str) -> str:
    """A long formula with a line for each sentence it holds.

    Examples
    --------
    >>> print(in_lines('IF(x<0,"low, x",1/x)'))
    IF(x<0,"low, x",
    1/x)
    """
    return re.sub(r'("(?:[^"]|"")*",)', r"\1\n", formula)


def _native(formula: str) -> str:
    if len(formula) > LONGEST_NATIVE:
        return "Native formula: a long one; it stands in retention-lambda.xlsx."
    title = "As a native formula, with names from retention-lambda.xlsx"
    return f"<details><summary>{title}</summary>\n\n```\n={in_lines(formula)}\n```\n\n</details>"


def _arguments(arguments: Iterable[Argument]) -> str:
    rows = [[_name(a), a.kind.label, a.description.replace("|", "\\|")] for a in arguments]
    return _markdown([["argument", "kind", ""], *rows])


def _name(argument: Argument) -> str:
    return f"[{argument.name}]" if argument.optional else argument.name
