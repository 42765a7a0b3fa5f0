"""A workbook that calls the LAMBDA names with arguments in cells, for the engines that work it out."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from addin.cells import Cell, CellError
from addin.functions import FUNCTIONS
from addin.native import published
from addin.native.lambdas import lambdas
from tests.parity.calls import Answer, Call
from tests.parity.compare import normal

ASKED, GIVEN, FIGURES = "asked", "given", "figures"
FORMULA_OF = {
    "#DIV/0!": "=1/0", "#N/A": "=NA()", "#VALUE!": '="a"+1', "#REF!": "=#REF!", "#NUM!": "=SQRT(-1)",
    "#NAME?": "=NOSUCHFUNCTION()", "#NULL!": "=#NULL!",
}  # fmt: skip
Get = Callable[[int, int], Any]


def leaves_out(call: Call) -> str | None:
    """Why the names cannot be asked a call."""
    return None if FUNCTIONS[call.function].native else "The function has no native formula."


def write(
    path: Path, calls: Sequence[Call], wanted: Sequence[Answer], *, spell_out: bool = False
) -> list[int]:
    """Every argument in cells of its own, every formula with room below; the rows of the formulas.

    `spell_out` gives an empty argument where one is left out.
    """
    places, row, given_row = [], 0, 0
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        asked, given = book.add_worksheet(ASKED), book.add_worksheet(GIVEN)
        define(book)
        for call, answer in zip(calls, wanted, strict=True):
            blocks = [cell if isinstance(cell, tuple) else ((cell,),) for cell in call.cells]
            cells = [_put(given, given_row, column, block) for column, block in _beside(blocks)]
            if spell_out:
                left_out = len(FUNCTIONS[call.function].arguments) - len(cells)
                # a call with no argument at all cannot hold an empty one
                cells += [""] * left_out if cells or left_out > 1 else ['""'] * left_out
            formula = f"={call.function}({','.join(cells)})"
            asked.write_dynamic_array_formula(row, 0, row, 0, formula, None, -1)
            places.append(row)
            given_row += max([1, *map(len, blocks)]) + 1
            row += (len(answer) if isinstance(answer, list) else 1) + 2
    return places


def define(book: xlsxwriter.Workbook) -> None:
    """The figures on a sheet of their own, and every name."""
    sheet = book.add_worksheet(FIGURES)
    rows = published.figures()
    block = published.Block(FIGURES, 1, len(rows) + 3)
    for top, table in ((1, rows), (len(rows) + 3, published.industries())):
        for down, row in enumerate(table, start=top):
            for along, content in enumerate(row):
                put(sheet, down, along, content or None if isinstance(content, str) else content)
    for along, head in enumerate(published.COLUMNS):
        put(sheet, 0, along, head)
    for name, cells in block.names.items():
        book.define_name(name, cells)
    for each in lambdas(FUNCTIONS.values()):
        book.define_name(each.name, each.definition)


def put(sheet: Any, row: int, column: int, cell: Cell) -> None:
    """One cell, text as text; an error cell computes its error."""
    if isinstance(cell, CellError):
        sheet.write_formula(row, column, FORMULA_OF[cell])
    elif isinstance(cell, dt.date):
        sheet.write_number(row, column, normal(cell))
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell)


def without_options(workbook: bytes) -> bytes:
    """The workbook with every optional parameter declared as required."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as book, zipfile.ZipFile(content, "w") as copy:
        for name in book.namelist():
            part = book.read(name)
            copy.writestr(name, part.replace(b"_xlop.", b"_xlpm.") if name == "xl/workbook.xml" else part)
    return content.getvalue()


def read(get: Get, row: int, wanted: Answer) -> Answer:
    """The answer at a row; what lies beyond the table wanted is kept only if something is there."""
    height, width = (len(wanted), len(wanted[0])) if isinstance(wanted, list) else (1, 1)
    shown = [[normal(get(row + down, right)) for right in range(width + 1)] for down in range(height + 1)]
    beyond = [cells[width] for cells in shown] + shown[height]
    if any(cell is not None for cell in beyond):
        return shown  # type: ignore[return-value]
    table = [cells[:width] for cells in shown[:height]]
    return table if isinstance(wanted, list) else table[0][0]  # type: ignore[return-value]


def _beside(blocks: Sequence[tuple[tuple[Cell, ...], ...]]) -> list[tuple[int, tuple[tuple[Cell, ...], ...]]]:
    places, column = [], 0
    for block in blocks:
        places.append((column, block))
        column += len(block[0]) + 1
    return places


def _put(sheet: Any, row: int, column: int, block: tuple[tuple[Cell, ...], ...]) -> str:
    for down, cells in enumerate(block):
        for right, cell in enumerate(cells):
            put(sheet, row + down, column + right, cell)
    last_row, last_column = row + len(block) - 1, column + len(block[0]) - 1
    if (row, column) == (last_row, last_column):
        return f"{GIVEN}!{xl_rowcol_to_cell(row, column)}"
    return f"{GIVEN}!{xl_range(row, column, last_row, last_column)}"
