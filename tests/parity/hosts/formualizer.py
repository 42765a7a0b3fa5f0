"""A workbook whose formulas call the functions, recalculated by an engine that has them registered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import formualizer as engine
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from addin.calls import answer
from addin.catalogue import Function
from addin.cells import Cell, CellError
from addin.functions import FUNCTIONS
from tests.parity.calls import Answer, Call

NAME = "formualizer"

GIVEN, ASKED = "given", "asked"
# an engine computes its errors: a cell that only shows one is text to it
FORMULA_OF = {
    "#DIV/0!": "=1/0", "#N/A": "=NA()", "#VALUE!": '="a"+1', "#REF!": "=#REF!", "#NUM!": "=SQRT(-1)",
    "#NAME?": "=NOSUCHFUNCTION()", "#NULL!": "=#NULL!",
}  # fmt: skip
KINDS = {
    "Div": "#DIV/0!", "Na": "#N/A", "Value": "#VALUE!", "Ref": "#REF!", "Num": "#NUM!", "Name": "#NAME?",
    "Null": "#NULL!",
}  # fmt: skip
EPOCH = dt.datetime(1899, 12, 30)


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    places = write(folder / "calls.xlsx", calls, wanted)
    book = engine.Workbook.from_path(str(folder / "calls.xlsx"))
    for function in FUNCTIONS.values():
        book.register_function(
            function.name,
            registered(function),
            min_args=function.required,
            max_args=len(function.arguments),
        )
    book.evaluate_all()
    return [read(book, row, answer) for row, answer in zip(places, wanted, strict=True)]


def write(path: Path, calls: Sequence[Call], wanted: Sequence[Answer]) -> list[int]:
    """Every argument in cells of its own, every formula with room below; the rows of the formulas."""
    places, given_row, row = [], 0, 0
    with xlsxwriter.Workbook(path) as book:
        given, asked = book.add_worksheet(GIVEN), book.add_worksheet(ASKED)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for call, answer_wanted in zip(calls, wanted, strict=True):
            blocks = [cell if isinstance(cell, tuple) else ((cell,),) for cell in call.cells]
            corners, column = [], 0
            for block in blocks:
                put(given, given_row, column, block, day)
                corners.append(area(given_row, column, block))
                column += len(block[0]) + 1
            asked.write_formula(row, 0, f"={call.function}({','.join(corners)})")
            places.append(row)
            given_row += max([1, *map(len, blocks)]) + 1
            row += (len(answer_wanted) if isinstance(answer_wanted, list) else 1) + 2
    return places


def put(sheet: Any, row: int, column: int, block: tuple[tuple[Cell, ...], ...], day: Any) -> None:
    for down, cells in enumerate(block):
        for right, cell in enumerate(cells):
            at = (row + down, column + right)
            if isinstance(cell, CellError):
                sheet.write_formula(*at, FORMULA_OF[cell])
            elif isinstance(cell, dt.date):
                sheet.write_datetime(*at, dt.datetime(cell.year, cell.month, cell.day), day)
            elif isinstance(cell, str):
                sheet.write_string(*at, cell)
            elif isinstance(cell, bool):
                sheet.write_boolean(*at, cell)
            elif cell is not None:
                sheet.write_number(*at, cell)


def area(row: int, column: int, block: tuple[tuple[Cell, ...], ...]) -> str:
    first = xl_rowcol_to_cell(row, column)
    last = xl_rowcol_to_cell(row + len(block) - 1, column + len(block[0]) - 1)
    return f"{GIVEN}!{first}" if first == last else f"{GIVEN}!{first}:{last}"


def registered(function: Function) -> Callable[..., Any]:
    """The function as the engine calls it; it takes no dates back, so they go as serial numbers."""

    def ask(*cells: Any) -> Any:
        answered = answer(function, cells)
        return [list(map(plain, row)) for row in answered] if isinstance(answered, list) else plain(answered)

    return ask


def plain(cell: Any) -> Any:
    if isinstance(cell, dt.date):
        return float((dt.datetime(cell.year, cell.month, cell.day) - EPOCH).days)
    # like Excel, the engine shows 0 where a function answers with nothing
    return "" if cell is None or cell != cell else cell


def read(book: Any, row: int, wanted: Answer) -> Answer:
    if not isinstance(wanted, list):
        return normal(book.get_value(ASKED, row + 1, 1))
    height, width = len(wanted), len(wanted[0])
    shown = [
        [normal(book.get_value(ASKED, row + 1 + down, 1 + right)) for right in range(width + 1)]
        for down in range(height + 1)
    ]
    # what lies beyond the table is kept only if something is there
    beyond = [row[width] for row in shown] + shown[height]
    return shown if any(cell is not None for cell in beyond) else [cells[:width] for cells in shown[:height]]


def normal(cell: Any) -> Any:
    if isinstance(cell, dict):
        return KINDS.get(cell.get("kind"), str(cell))
    if isinstance(cell, dt.datetime):
        return (cell - EPOCH) / dt.timedelta(days=1)
    if isinstance(cell, dt.date):
        return float((dt.datetime(cell.year, cell.month, cell.day) - EPOCH).days)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return None if cell == "" else cell
