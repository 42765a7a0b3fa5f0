"""The function reference, docs/functions.md, and examples as people type them into a cell."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterable, Mapping

from addin.catalogue import Argument, Function

_INTRODUCTION = """\
# Functions

Generated from the catalogue (`addin/functions.py`) by `python -m addin build`; do not edit.

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


def reference(functions: Iterable[Function]) -> str:
    """The whole reference as Markdown."""
    functions = list(functions)
    contents = "\n".join(f"- [{f.name}](#{f.name.lower()}): {f.summary}" for f in functions)
    return "\n".join([_INTRODUCTION, contents, "", *map(_section, functions)]).rstrip() + "\n"


def _section(function: Function) -> str:
    parts = [
        f"## {function.name}",
        f"`={function.signature}`",
        function.summary,
        function.details,
        _arguments(function.arguments),
        f"Returns: {function.returns_text}" if function.returns_text else "",
        "\n".join(f"Example: `={formula}` gives `{result}`" for formula, result in examples(function)),
        _native(function.native) if function.native else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _native(formula: str) -> str:
    lines = formula.replace('",', '",\n')
    what = "As a native formula over the same names; it takes numbers only, not numbers stored as text:"
    return f"{what}\n\n```\n={lines}\n```"


def _arguments(arguments: Iterable[Argument]) -> str:
    rows = [f"| {_name(a)} | {a.kind.label} | {a.description} |" for a in arguments]
    return "\n".join(["| argument | kind | |", "|---|---|---|", *rows])


def _name(argument: Argument) -> str:
    return f"[{argument.name}]" if argument.optional else argument.name


def examples(function: Function) -> list[tuple[str, str]]:
    """Example calls as worksheet formulas without "=", with what they give.

    Only examples of a single line of code are taken, since a cell holds no more.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> examples(FUNCTIONS["REPEAT_RATE"])
    [('REPEAT_RATE({"Ann";"Bo";"Ann";"Cy"})', '0.3333333333333333')]
    """
    shown: list[tuple[str, str]] = []
    names: dict[str, ast.expr] = {}
    for example in doctest.DocTestParser().get_examples(function.examples):
        statement = ast.parse(example.source).body[0]
        if isinstance(statement, ast.Assign):
            names[ast.unparse(statement.targets[0])] = statement.value
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call | ast.Subscript):
            call = _Spelled(names).visit(statement.value)
            shown.append((worksheet_formula(call), example.want.strip().strip("'")))
    return shown


class _Spelled(ast.NodeTransformer):
    """Puts what a name stands for in its place."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)


def worksheet_formula(node: ast.expr) -> str:
    """A Python call of worksheet functions as a formula: lists become columns, row and column an INDEX.

    Examples
    --------
    >>> worksheet_formula(ast.parse('round(GINI(["a", "b"], [1, -2]), 2)', mode="eval").body)
    'ROUND(GINI({"a";"b"},{1;-2}),2)'
    >>> worksheet_formula(ast.parse('PARETO(["a"], [1])[1][4]', mode="eval").body)
    'INDEX(PARETO({"a"},{1}),2,5)'
    """
    match node:
        case ast.Call():
            return f"{ast.unparse(node.func).upper()}({','.join(map(worksheet_formula, node.args))})"
        case ast.Subscript(value=ast.Subscript(value=table, slice=row), slice=column):
            return f"INDEX({worksheet_formula(table)},{_counted(row)},{_counted(column)})"
        case ast.List():
            return "{" + ";".join(map(_in_array, node.elts)) + "}"
        case ast.Constant(value=str(text)):
            return '"' + text.replace('"', '""') + '"'
    return ast.unparse(node)


def _counted(node: ast.expr) -> int:
    """A position as a spreadsheet counts it, from 1."""
    return int(ast.literal_eval(node)) + 1


def _in_array(node: ast.expr) -> str:
    """An entry of an array, which holds no calls: dates are text there."""
    if isinstance(node, ast.Call):
        year, month, day = map(ast.literal_eval, node.args)
        return f'"{year:04}-{month:02}-{day:02}"'
    return worksheet_formula(node)
