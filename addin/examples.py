"""Example calls as people type them: a formula beside the cells it refers to, read from the docstrings."""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from addin.catalogue import Argument, Function
from addin.cells import Cell
from addin.formula_text import column_letter, evaluate, written
from retention_core.errors import RetentionError


@dataclass(frozen=True, slots=True)
class Example:
    """A formula with "=", and the rows of the sheet it refers to; the first cell is A1."""

    formula: str
    sheet: tuple[tuple[Cell, ...], ...] = ()


def examples(function: Function) -> list[Example]:
    """The calls of the docstring's examples: columns stand in the sheet, single values in the formula.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> examples(FUNCTIONS["RETENTION"])
    [Example(formula='=RETENTION(100,110,20)', sheet=())]
    >>> examples(FUNCTIONS["REPEAT_RATE"])[0].formula
    '=REPEAT_RATE(A2:A5)'
    >>> examples(FUNCTIONS["REPEAT_RATE"])[0].sheet
    (('customers',), ('Ann',), ('Bo',), ('Ann',), ('Cy',))
    """
    return [_example(function, values, _is_column) for values in _calls(function)]


def example_in_cells(function: Function) -> Example:
    """The first example with every value in a cell; the bare call where there is no example.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> example_in_cells(FUNCTIONS["CUSTOMER_LIFETIME"])
    Example(formula='=CUSTOMER_LIFETIME(A2)', sheet=(('churn',), (0.2,)))
    """
    values = next(iter(_calls(function)), [])
    return _example(function, values, lambda value: value is not None)


def senseless(function: Function) -> Example | None:
    """The first example spoilt as it happens to people, so that it is answered with a sentence.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> [senseless(FUNCTIONS[name]).formula for name in ("RETENTION", "CUSTOMER_LIFETIME", "GINI")]
    ['=RETENTION(0,110,20)', '=CUSTOMER_LIFETIME(20)', '=GINI(A2:A5,B2:B4)']
    """
    for spoilt in _spoilt(function, next(iter(_calls(function)), [])):
        try:
            evaluate(spoilt.formula, {function.name: function}, spoilt.sheet)
        except RetentionError:
            return spoilt
    return None


def _calls(function: Function) -> list[list[Any]]:
    """The values of each call of the function in its examples, in the order of its arguments."""
    named: dict[str, ast.expr] = {}
    found: list[list[Any]] = []
    for example in doctest.DocTestParser().get_examples(function.examples):
        for statement in ast.parse(example.source).body:
            if isinstance(statement, ast.Assign):
                named[ast.unparse(statement.targets[0])] = statement.value
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == function.name:
                    found.append(_values(function.arguments, node, named))
    return [values for place, values in enumerate(found) if values not in found[:place]]


def _values(arguments: Sequence[Argument], call: ast.Call, named: Mapping[str, ast.expr]) -> list[Any]:
    names = [argument.name for argument in arguments]
    given = dict(zip(names, call.args, strict=False)) | {str(one.arg): one.value for one in call.keywords}
    last = max((place for place, name in enumerate(names, 1) if name in given), default=0)
    return [_value(given.get(name, ast.Constant(None)), named) for name in names[:last]]


def _value(node: ast.expr, named: Mapping[str, ast.expr]) -> Any:
    match node:
        case ast.Name(id=name) if name in named:
            return _value(named[name], named)
        case ast.List(elts=entries) | ast.Tuple(elts=entries):
            return [_value(entry, named) for entry in entries]
        case ast.Call(func=ast.Name(id="date"), args=parts):
            return date(*(_value(part, named) for part in parts))
    return ast.literal_eval(node)


def _is_column(value: Any) -> bool:
    return isinstance(value, list)


def _example(function: Function, values: Sequence[Any], in_sheet: Callable[[Any], bool]) -> Example:
    """The call with the values for which `in_sheet` holds in columns of the sheet, under their names."""
    columns: dict[str, list[Cell]] = {}
    parts = []
    for argument, value in zip(function.arguments, values, strict=False):
        if not in_sheet(value):
            parts.append(_literal(value))
            continue
        letter = column_letter(len(columns))
        columns[argument.name] = value if _is_column(value) else [value]
        parts.append(f"{letter}2:{letter}{len(value) + 1}" if _is_column(value) else f"{letter}2")
    height = max(map(len, columns.values()), default=0)
    padded = [[*cells, *[None] * (height - len(cells))] for cells in columns.values()]
    sheet = (tuple(columns), *zip(*padded, strict=True)) if columns else ()
    return Example(f"={function.name}({','.join(parts)})", sheet)


def _literal(value: Cell) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, date):
        return f"DATE({value.year},{value.month},{value.day})"
    return written(value)


def _spoilt(function: Function, values: Sequence[Any]) -> Iterator[Example]:
    """Ranges of unequal length or two columns wide, then single values that are wrong."""
    whole = _example(function, values, _is_column)
    ranges = re.findall(r"([A-Z]+)2:\1(\d+)", whole.formula)
    if len(ranges) > 1:
        letter, last = ranges[-1]
        shorter = f"{letter}2:{letter}{int(last) - 1}"
        yield replace(whole, formula=whole.formula.replace(f"{letter}2:{letter}{last}", shorter))
    for letter, last in ranges:
        wider = f"{letter}2:{column_letter(ord(letter) - ord('A') + 1)}{last}"
        yield replace(whole, formula=whole.formula.replace(f"{letter}2:{letter}{last}", wider))
    for place, argument in enumerate(function.arguments[: len(values)]):
        for value in _wrong(argument, values[place]):
            yield _example(function, [*values[:place], value, *values[place + 1 :]], _is_column)


def _wrong(argument: Argument, value: Any) -> list[Cell]:
    """A name with two letters swapped, 90 for 0.9, nothing, less than nothing."""
    if isinstance(value, str):
        return [f"{value[:-3]}{value[-2:-1]}{value[-3:-2]}{value[-1:]}"]
    if isinstance(value, int | float):
        return [*[round(value * 100, 9)] * (argument.kind.reads == "fraction"), 0, -1]
    return []
