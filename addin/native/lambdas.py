"""The LAMBDA library: a name for every function of the catalogue with a native formula, and their steps.

A function's native formula says what is computed once all arguments are read. Its LAMBDA name adds what
every function does with its cells, as `addin.calls` does it: ranges of different sizes are refused, blank
rows below them cut off, numbers stored as text read; an argument left out or blank has its default, an error
cell is passed on, and a row that is blank throughout stays blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addin.catalogue import Argument, Function
from addin.native.feedback import STEPS as FEEDBACK_STEPS
from addin.native.forecasts import STEPS as FORECAST_STEPS
from addin.native.group_tables import STEPS as GROUP_STEPS
from addin.native.order_tables import STEPS as ORDER_STEPS
from addin.native.steps import COLUMNS, READING, SAYING, Lambda
from addin.native.stored import renamed
from addin.native.tables import STEPS as TABLE_STEPS

RANGES = (
    Lambda(
        "FILLED_ROWS",
        ("cells",),
        "The last row of a range with something in it; 1 for a single row.",
        # looks for blanks in every row only where the last has nothing else: there may be a million rows
        "IF(ROWS(cells)=1, 1, LET(top, TAKE(cells, LAST_LONG_ROW(cells)), "
        "IF(IFERROR(SUM(ROW_LENGTHS(VISIBLE(TAKE(top, -1)))), 1)>0, "
        "ROWS(top), LAST_LONG_ROW(VISIBLE(top)))))",
    ),
    Lambda(
        "LAST_LONG_ROW",
        ("cells",),
        "The last row of a range with a character in it; 1 where none has.",
        "IFERROR(XMATCH(TRUE, ROW_LENGTHS(cells)>0, 0, -1), 1)",
    ),
    Lambda(
        "ROW_LENGTHS",
        ("cells",),
        "How many characters stand in each row of a range, for each of its rows.",
        "IF(COLUMNS(cells)=1, IFERROR(LEN(cells), 1), REDUCE(0, SEQUENCE(COLUMNS(cells)), "
        "LAMBDA(so_far, place, so_far+IFERROR(LEN(INDEX(cells, 0, place)), 1))))",
    ),
    Lambda(
        "CUT_TO",
        ("cells", "height"),
        "A range without the blank rows below; a single row as it is.",
        "IF(ROWS(cells)>height, TAKE(cells, height), cells)",
    ),
    Lambda(
        "SIZE_PROBLEM",
        ("called", "sizes", "needed", "unit"),
        "What is said of ranges of different sizes, of which one has less than is needed.",
        "LET(short, IFERROR(XMATCH(1, (sizes>1)*(sizes<needed)), 0), longest, XMATCH(MAX(sizes), sizes), "
        'IF(short=0, "", INDEX(called, 1, short)&" has "&INDEX(sizes, 1, '
        'short)&" "&unit&"s and "&INDEX(called, 1, '
        'longest)&" "&MAX(sizes)&": give ranges of the same size, or single cells."))',
    ),
    Lambda(
        "BLANK_IN_RANGE",
        ("cells", "cut"),
        "1 where a range, cut to its filled rows, has a blank cell, and for a single cell.",
        "IF(ROWS(cells)*COLUMNS(cells)>1, --IS_BLANK(cut), 1)",
    ),
)
STEPS = (
    *SAYING, *READING, *COLUMNS, *RANGES, *TABLE_STEPS, *ORDER_STEPS, *GROUP_STEPS, *FORECAST_STEPS,
    *FEEDBACK_STEPS,
)  # fmt: skip
COMMENT_LENGTH = 255
_READERS = {"number": "READ_NUMBER", "fraction": "READ_FRACTION"}


def lambdas(functions: Iterable[Function]) -> tuple[Lambda, ...]:
    """The names to define: the functions that have a native formula, then the steps."""
    functions = tuple(functions)
    return (*(lambda_of(each, functions) for each in functions if each.native), *STEPS)


def lambda_of(function: Function, functions: Iterable[Function] = ()) -> Lambda:
    """The LAMBDA name of a function with a native formula.

    `functions` are those that will be names beside it, whose names no parameter may bear.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> lambda_of(FUNCTIONS["CUSTOMER_LIFETIME"], FUNCTIONS.values()).signature
    'CUSTOMER_LIFETIME(churn_share)'
    """
    if function.native is None:
        raise LookupError(f"The catalogue has no native formula for {function.name}.")
    taken = {each.name for each in functions}
    # an engine may take a parameter called churn for the name CHURN
    called = {a.name: f"{a.name}_share" if a.name.upper() in taken else a.name for a in function.arguments}
    reading = _over_columns if _reads_columns(function) else _over_cells
    body = f"LET({reading(function, called)})"
    parameters = (f"[{called[a.name]}]" if a.optional else called[a.name] for a in function.arguments)
    return Lambda(function.name, tuple(parameters), function.summary, body)


def comment(each: Lambda) -> str:
    """What Excel shows of a name while it is typed: how to call it and what it answers."""
    text = f"{each.signature}: {each.summary}"
    return text if len(text) <= COMMENT_LENGTH else text[: COMMENT_LENGTH - 3] + "..."


def _reads_columns(function: Function) -> bool:
    return function.returns.shape == "table" or any(a.is_column for a in function.arguments)


def _over_cells(function: Function, called: Mapping[str, str]) -> str:
    """What is bound around the native formula of a function of single cells, "
    "which ranges are spilled over."""
    names = [a.name for a in function.arguments]
    given = {a.name: _given(a, called[a.name]) for a in function.arguments}
    cells = {name: f"{name}_given" if text != called[name] else text for name, text in given.items()}
    omitted = [f"{cells[name]}, {text}, " for name, text in given.items() if cells[name] != called[name]]
    if all(argument.kind.reads in _READERS for argument in function.arguments):
        answer = f"LAMBDA({', '.join(called.values())}, {renamed(str(function.native), called)})"
        quick = f"IF({_plain(cells)}, answer({', '.join(cells.values())}), {{}})"
        native = f"answer({_each('{1}_read', cells)})"
        omitted.append(f"answer, {answer}, ")
    else:
        quick, native = "{}", renamed(str(function.native), {name: f"{name}_read" for name in names})
    quoted = ",".join(f'"{name}"' for name in names)
    slow = (
        f"LET(called, {{{quoted}}}, tall, HSTACK({_each('ROWS({})', cells)}), "
        f"wide, HSTACK({_each('COLUMNS({})', cells)}), height, MAX({_each('FILLED_ROWS({})', cells)}), "
        'problem, FIRST_SAID(SIZE_PROBLEM(called, tall, height, "row"), '
        'SIZE_PROBLEM(called, wide, MAX(wide), "column")), '
        f'IF(problem<>"", problem, LET({_cuts(cells)}{_reads(function)}'
        f"given, {'&'.join(f'{name}_read' for name in names)}, "
        f"blank, {_each('BLANK_IN_RANGE({0}, {1}_cut)', cells, '*')}, "
        f'IF((MAX(tall)*MAX(wide)>1)*blank>0, "", IF(LEN(given)<0, "", {native})))))'
    )
    return f"{''.join(omitted)}{quick.replace('{}', slow)}"


def _plain(cells: Mapping[str, str]) -> str:
    """Whether every argument is one number, which needs no reading."""
    return f"IF({_each('ROWS({0})*COLUMNS({0})', cells, '*')}=1, AND({_each('ISNUMBER({})', cells)}), FALSE)"


def _each(step: str, cells: Mapping[str, str], between: str = ", ") -> str:
    return between.join(step.format(cell, name) for name, cell in cells.items())


def _cuts(cells: Mapping[str, str]) -> str:
    return "".join(f"{name}_cut, CUT_TO({cell}, height), " for name, cell in cells.items())


def _reads(function: Function) -> str:
    return "".join(f"{a.name}_read, {_read(a, f'{a.name}_cut')}, " for a in function.arguments)


def _over_columns(function: Function, called: Mapping[str, str]) -> str:
    """What is bound around the native formula of a function of whole columns, "
    "or of one that gives a table."""
    spilled = function.returns.shape != "table"
    steps, cells, lengths = [], {}, []
    for argument in function.arguments:
        name, given = argument.name, _given(argument, called[argument.name])
        cells[name] = called[name] if given == called[name] else f"{name}_given"
        steps += [f"{cells[name]}, {given}, "] * (given != called[name])
        single = f"IF(ROWS({cells[name]})*COLUMNS({cells[name]})=1, SUM(LEN({cells[name]})), 0)"
        value = spilled and not argument.is_column
        # a range that is spilled over keeps its errors in their cells
        lengths.append(single if value else f"SUM(LEN({cells[name]}))")
        if value:
            steps += [f"{name}_cut, CUT_TO({cells[name]}, FILLED_ROWS({cells[name]})), ",
                      f"{name}_read, {_read(argument, f'{name}_cut', cells[name])}, "]  # fmt: skip
            cells[name] = f"{name}_read"
    native = renamed(str(function.native), cells)
    return f'{"".join(steps)}given, {"+".join(lengths)}, IF(given<0, "", {native})'


def _given(argument: Argument, cell: str) -> str:
    if not argument.optional:
        return cell
    return f"IF(ISOMITTED({cell}), {_constant(argument)}, {cell})"


def _read(argument: Argument, cell: str, whole: str = "") -> str:
    """How the cells of an argument are read, the blank ones of an optional one as its default.

    In a range beside columns, of which `whole` is then the name, a blank stays one: its cell of the answer is
    to be blank too.
    """
    reader = _READERS.get(argument.kind.reads)
    read = f"{reader}({cell})" if reader else cell
    if not argument.optional:
        return read
    blank = (
        f'IF(ROWS({whole})*COLUMNS({whole})>1, "", {_constant(argument)})' if whole else _constant(argument)
    )
    return f"IF(IS_BLANK({cell}), {blank}, {read})"


def _constant(argument: Argument) -> str:
    default = argument.default
    return f'"{default or ""}"' if default is None or isinstance(default, str) else f"{default:.15g}"
