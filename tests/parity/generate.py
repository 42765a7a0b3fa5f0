"""The calls that every host must answer alike, made from the catalogue: by kinds of arguments, never by name.

A function declared tomorrow gets its calls with no line changed here: its docstring's examples are the
first, others are drawn around them with a fixed seed and kept where the core answers with a value, and the
odd ones (ranges, blanks, errors, extremes) put one odd cell after the other into the first example. Every
cell can stand in a workbook.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import cycle, islice
from typing import Any

from addin.calls import call
from addin.catalogue import Argument, Function
from addin.cells import NUMBERS, Cell, CellError
from addin.functions import FUNCTIONS
from retention_core.errors import RetentionError
from tests.parity.calls import Call

LEAST, MOST = 20, 60
ORDINARY = 5
TRIES = 400
ERRORS = ("#DIV/0!", "#N/A", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!")
EXTREMES = (0.0, -1.0, 1e15, 1e-15, 1e308, 0.5)
TEXTS = ('a"b', "=1+1", "<b>&amp;", "Žluťoučký 顧客 😀", "long " * 100)
DAYS = (date(2024, 2, 29), date(1900, 3, 1), date(9999, 12, 31), 60.0, "2024-02-30")
REGIONS = ("north", "East", "south", None)
NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo")
TITLES = {
    "customer": "Customer", "date": "bought on", "number": "paid", "number from 0": "months there",
    "yes or no": "left", "group": "region", "score": "would recommend",
}  # fmt: skip
COUNTED = {*NUMBERS, "whole number", "number from 0", "score"}
LONG = 12  # rows of an example from which on others are drawn by leaving out rows of it

Cells = tuple[Cell, ...]
Named = dict[str, Cell]


@lru_cache
def every_call() -> tuple[Call, ...]:
    """The calls of all functions."""
    return tuple(call for function in FUNCTIONS.values() for call in calls_for(function))


def calls_for(function: Function) -> tuple[Call, ...]:
    """At least twenty calls of a function that takes arguments, the same ones every time."""
    given = examples(function)
    sample = complete(function, given[0])
    drawn = drawn_calls(function, sample)
    sorts = {
        "ordinary": [*given, *islice(drawn, ORDINARY), *as_text(function, sample)],
        "range": [*spilling(function, sample, drawn), *columns(function, sample)],
        "blank": blanks(function, sample),
        "error": errors(function, sample),
        "extreme": extremes(function, sample),
    }
    made: dict[Cells, str] = {}
    for sort, several in sorts.items():
        for cells in several:
            made.setdefault(cells, sort)
    made = thinned(made)
    for cells in drawn:
        if len(made) >= LEAST:
            break
        made.setdefault(cells, "ordinary")
    return tuple(Call(function.name, cells, sort) for cells, sort in made.items())


def thinned(made: Mapping[Cells, str]) -> dict[Cells, str]:
    """At most so many calls, of the sort with the most always one less; each function loses others."""
    kept, draw = dict(made), random.Random(str(made))
    while len(kept) > MOST:
        most = max(Counter(kept.values()).items(), key=lambda one: one[1])[0]
        kept.pop(draw.choice([cells for cells, sort in kept.items() if sort == most][1:]))
    return kept


def examples(function: Function) -> list[Cells]:
    """The arguments of every call of the function in its docstring, by running the docstring."""
    found: list[Cells] = []

    def noted(*values: Any) -> Any:
        found.append(tuple(map(as_cell, values)))
        return function.compute(*values)

    names: dict[str, Any] = {function.name: noted}
    with contextlib.redirect_stdout(io.StringIO()):
        for example in doctest.DocTestParser().get_examples(function.examples):
            exec(compile(example.source, "example", "single"), names)  # noqa: S102  # our own docstring
    return list(dict.fromkeys(found)) or [()]


def as_cell(value: Any) -> Cell:
    """A value of an example as it stands in cells: a list in a column, numbers as a sheet has them."""
    if isinstance(value, list | tuple):
        return tuple((as_cell(part),) for part in value)
    return float(value) if type(value) is int else value


def complete(function: Function, cells: Cells) -> Named:
    """A cell for every argument, optional ones too."""
    named = dict(zip((a.name for a in function.arguments), cells, strict=False))
    height = max(
        [len(named[a.name]) for a in function.arguments if a.is_column and a.name in named], default=3
    )
    draw = random.Random(0)
    for argument in function.arguments:
        if named.get(argument.name) is None:
            usual = argument.default if argument.optional else None
            made = (
                drawn_column(argument, height, draw)
                if argument.is_column
                else drawn_cell(argument, usual, draw)
            )
            named[argument.name] = made if usual is None else as_cell(usual)
    return named


def drawn_calls(function: Function, sample: Named) -> Iterator[Cells]:
    """Different calls around an example that the core answers with a value, some with optional arguments."""
    draw, seen = random.Random(1), set()
    for _ in range(TRIES):
        columns = drawn_columns(function, sample, draw)
        cells = tuple(
            columns[a.name] if a.is_column else drawn_cell(a, sample[a.name], draw)
            for a in function.arguments
        )[: draw.randint(function.required, len(function.arguments))]
        if cells not in seen and has_answer(function, cells):
            seen.add(cells)
            yield cells


def drawn_columns(function: Function, sample: Named, draw: random.Random) -> Named:
    """Likely columns: short ones anew, long ones, which need to hang together, from the rows given."""
    asked = [argument for argument in function.arguments if argument.is_column]
    rows = max((len(sample[argument.name]) for argument in asked), default=0)
    if rows <= LONG:
        height = draw.randint(3, 9)
        return {a.name: drawn_column(a, height, draw, sample[a.name]) for a in asked}
    kept = [row for row in range(rows) if draw.random() < 0.95]
    size = draw.uniform(0.5, 2)
    return {
        a.name: tuple(
            (round(cell * size, 2) if isinstance(cell, float) else cell,)
            for (cell,) in (sample[a.name][row] for row in kept)
        )
        for a in asked
    }


def has_answer(function: Function, cells: Cells) -> bool:
    try:
        call(function, cells)
    except RetentionError:
        return False
    return True


def drawn_cell(argument: Argument, like: Cell, draw: random.Random) -> Cell:
    """A likely cell of the argument's kind, of the size of the one given."""
    size = like if isinstance(like, float) and like else 50.0
    match argument.kind.label, argument.kind.reads:
        case "months", _:
            return float(draw.choice([1, 3, 6, 12, 24]))
        case _, "text" if argument.kind.choices:
            return draw.choice([draw.choice(argument.kind.choices), str(like).upper()])
        case "parameter", _:
            return round(draw.uniform(0.1, 5), 3)
        case "days" | "periods", _:
            return float(draw.randint(5, 120))
        case "count", _:
            return float(round(size * draw.uniform(0.2, 1.6)))
        case _, "fraction":
            return round(draw.uniform(0.02, 0.98), 3)
        case _, "date":
            return (like or date(2024, 1, 31)) + timedelta(days=draw.randint(-20, 20))
        case _, "text":
            return draw.choice(offered(argument.name) or [like or "text"])
    return round(size * draw.uniform(0.2, 1.6), 2)


def drawn_column(argument: Argument, height: int, draw: random.Random, like: Cell = None) -> Cell:
    """A likely column of the argument's kind; days lie around those given."""
    if argument.kind.label == "survivors":
        return falling(height, draw)
    days = [day for (day,) in like or () if isinstance(day, date)] or [date(2024, 1, 15)]

    def cell() -> Cell:
        match argument.kind.reads:
            case "customer":
                return draw.choice(NAMES)
            case "group":
                return draw.choice(REGIONS)
            case "date":
                return min(days) + timedelta(days=draw.randint(-5, (max(days) - min(days)).days + 5))
            case "number from 0":
                return round(draw.uniform(0, 60), 1)
            case "score":
                return draw.choice([float(draw.randint(0, 10)), None])
            case "yes or no":
                return float(draw.random() < 0.6)
        return round(draw.uniform(-20, 200), 2)

    return tuple((cell(),) for _ in range(height))


def falling(height: int, draw: random.Random) -> Cell:
    """Customers left of a cohort, period by period, more and more of whom stay."""
    left, rows = float(draw.randint(50, 5_000)), []
    for period in range(height):
        rows.append((left,))
        left = float(round(left * min(0.97, draw.uniform(0.5, 0.8) + 0.04 * period)))
    return tuple(rows)


@lru_cache
def offered(name: str) -> list[Cell]:
    """What the tables of the catalogue that need no argument list under that name, such as industries."""
    tables = [call(f, []) for f in FUNCTIONS.values() if f.returns.shape == "table" and not f.required]
    return sorted({row[header.index(name)] for header, *rows in tables if name in header for row in rows})


def as_text(function: Function, sample: Named) -> Iterator[Cells]:
    """All numbers stored as text; all dates as text like 2024-01-31."""
    numbers = {a.name: repr(sample[a.name]) for a in singles(function) if a.kind.reads in COUNTED}
    if numbers:
        yield (*{**sample, **numbers}.values(),)
    dates = [a for a in function.arguments if a.kind.reads == "date"]
    if dates:
        yield (*{**sample, **{a.name: iso(sample[a.name]) for a in dates}}.values(),)


def iso(cell: Cell) -> Cell:
    return tuple((day.isoformat(),) for (day,) in cell) if isinstance(cell, tuple) else cell.isoformat()


def singles(function: Function) -> list[Argument]:
    return [argument for argument in function.arguments if not argument.is_column]


def spilling(function: Function, sample: Named, drawn: Iterator[Cells]) -> Iterator[Cells]:
    """Ranges over single values: columns, rows, blocks, blank rows, bad elements, sizes that do not fit."""
    over = singles(function)
    if not over:
        return
    first, last, draw = over[0].name, over[-1].name, random.Random(2)
    several = {a.name: [drawn_cell(a, sample[a.name], draw) for _ in range(3)] for a in over}
    yield put(sample, {first: column(*several[first][:2])})
    if function.returns.shape == "table":
        return
    rows = [complete(function, cells) for cells in islice(drawn, 3)] or [sample]
    together = {a.name: column(*(row[a.name] for row in rows[:2]), None, rows[-1][a.name]) for a in over}
    yield put(sample, together)
    yield put(sample, {first: column(sample[first], "abc", CellError("#N/A"), None, *several[first])})
    yield put(sample, {first: column(*several[first], None, None, " ")})
    yield put(sample, {last: (tuple(several[last]),)})
    if first != last:
        yield put(sample, {first: column(sample[first], several[first][0]), last: (tuple(several[last]),)})
        yield put(sample, {first: column(*several[first]), last: column(*several[last][:2])})
        yield put(sample, {first: column(*several[first]), last: column(several[last][0], None, None)})
        yield put(
            sample, {first: column(*several[first], None), last: column(*several[last][:2], None, None)}
        )


def column(*cells: Cell) -> Cell:
    return tuple((cell,) for cell in cells)


def put(sample: Named, cells: Mapping[str, Cell]) -> Cells:
    """The example with other cells in some places."""
    return tuple({**sample, **cells}.values())


def columns(function: Function, sample: Named) -> Iterator[Cells]:
    """Whole columns as people have them: headers, blank rows, gaps, spellings, refunds, wrong sizes."""
    asked = [argument for argument in function.arguments if argument.is_column]
    if not asked:
        return
    kinds = {a.name: a.kind.reads for a in asked}
    cells = {name: [cell for (cell,) in sample[name]] for name in kinds}
    last = asked[-1].name

    def each(change: Callable[[list[Cell]], list[Cell]], only: str = "") -> Cells:
        """All columns changed, or those of one kind."""
        altered = [name for name in cells if only in ("", kinds[name])]
        return put(sample, {name: column(*change(cells[name])) for name in altered})

    def titled(*below: Cell) -> Cells:
        return put(sample, {name: column(TITLES[kinds[name]], *old, *below) for name, old in cells.items()})

    yield put(sample, {name: column(*old, *map(respelt, old)) for name, old in cells.items()})
    yield titled()
    yield titled(None, None, None)
    yield each(lambda old: [old[0], None, *old[1:]])
    yield each(lambda old: old[:1])
    yield each(lambda old: [None for _ in old])
    yield each(lambda old: [17850.0, "17850", *old[2:]], "customer")
    yield each(lambda old: ["n/a", *old[1:]], "customer")
    yield each(lambda old: [2025.0, "2025", None, *old[3:]], "group")
    yield each(lambda old: [f" {cell.upper()}" for cell in old], "group")
    yield each(lambda old: [None for _ in old], "group")
    yield each(lambda old: [*old[:-1], "12,50"], "number")
    yield each(lambda old: [*old[:-1], -0.5], "number from 0")
    yield each(lambda old: [*old[:-1], "12.5"], "number from 0")
    yield each(lambda old: [*old[:-1], 7.5], "score")
    yield each(lambda old: [" 8 ", *old[1:-1], "twelve"], "score")
    yield each(lambda old: ["n/a", *old[1:]], "score")
    yield each(lambda old: ["how likely", *old, 11.0], "score")
    yield each(lambda old: [6.0 for _ in old], "score")
    yield each(lambda old: [*old[:-1], 2.0], "yes or no")
    yield each(lambda old: [*old[:-1], "FALSE"], "yes or no")
    yield each(lambda old: [*old[:-1], "12.5"], "number")
    yield each(lambda old: [*old[:-1], -5.0], "number")
    yield each(lambda old: [-5.0 for _ in old], "number")
    yield each(lambda old: ["5/2/2024", *old[1:]], "date")
    yield each(lambda old: [45300.75, 60.0, *old[2:]], "date")
    yield put(sample, {last: column(*cells[last][:1], None, *cells[last][2:])})
    yield put(sample, {last: column(*cells[last][:2])})
    yield put(sample, {last: column(*cells[last][:1], *[None for _ in cells[last][1:]])})
    yield put(sample, {last: tuple((cell, cell) for cell in cells[last])})
    yield put(sample, {name: (tuple(cells[name]),) for name in cells})


def respelt(cell: Cell) -> Cell:
    """Text in capitals with a space behind."""
    return f"{cell.upper()} " if isinstance(cell, str) else cell


def blanks(function: Function, sample: Named) -> Iterator[Cells]:
    """Each argument blank in turn, then all."""
    for name in sample:
        yield put(sample, {name: None})
    yield (None,) * len(sample)


def errors(function: Function, sample: Named) -> Iterator[Cells]:
    """Each argument an error cell in turn, within a column where it is one."""
    for argument, text in zip(function.arguments, cycle(ERRORS), strict=False):
        error = CellError(text)
        old = sample[argument.name]
        cells = (*old[:-1], (error,)) if argument.is_column else error
        yield put(sample, {argument.name: cells})


def extremes(function: Function, sample: Named) -> Iterator[Cells]:
    """Very large, very small and very odd cells, spread over the arguments that may hold them."""
    for reads, values in ((COUNTED, EXTREMES), ({"text", "customer", "group"}, TEXTS), ({"date"}, DAYS)):
        places = [a for a in function.arguments if a.kind.reads in reads]
        if not places:
            continue
        for value, place in zip(values, cycle(places), strict=False):
            old = sample[place.name]
            yield put(sample, {place.name: ((value,), *old[1:]) if place.is_column else value})
    sized = [a for a in singles(function) if a.kind.label in {"count", "money"}]
    for factor in (1e12, 1e-12) if sized else ():
        yield put(sample, {a.name: sample[a.name] * factor for a in sized})
