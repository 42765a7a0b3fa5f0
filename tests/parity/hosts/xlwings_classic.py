"""Classic xlwings on Windows: its own dispatcher, with cells as Excel's COM interface hands them over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from addin.cells import Cell, CellError
from addin.functions import FUNCTIONS
from tests.addin.com_stub import caller, dispatcher
from tests.parity.calls import Answer, Call

NAME = "xlwings (Windows)"

LEFT_OUT = -2147352572
CODES = {
    "#NULL!": -2146826288, "#DIV/0!": -2146826281, "#VALUE!": -2146826273, "#REF!": -2146826265,
    "#NAME?": -2146826259, "#NUM!": -2146826252, "#N/A": -2146826246,
}  # fmt: skip
EPOCH = dt.datetime(1899, 12, 30)


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    with dispatcher() as udfs:
        ask = caller(udfs)
        return [normal(ask(call.function, *as_com(call))) for call in calls]


def as_com(call: Call) -> list[Any]:
    """All arguments as the VBA wrapper passes them, those left out as COM's missing value."""
    missing = len(FUNCTIONS[call.function].arguments) - len(call.cells)
    return [*(argument(cell) for cell in call.cells), *[LEFT_OUT] * missing]


def argument(cell: Cell) -> Any:
    if not isinstance(cell, tuple):
        return com_cell(cell)
    # the value of a range of one cell is no array
    one = len(cell) == len(cell[0]) == 1
    return com_cell(cell[0][0]) if one else tuple(tuple(map(com_cell, row)) for row in cell)


def com_cell(cell: Cell) -> Any:
    """A cell's value: every number a float, every date a moment in UTC, every error an integer."""
    if isinstance(cell, CellError):
        return CODES[cell]
    if isinstance(cell, dt.date):
        return dt.datetime(cell.year, cell.month, cell.day, tzinfo=dt.UTC)
    return float(cell) if type(cell) is int else cell


def normal(answered: Any) -> Answer:
    if isinstance(answered, list):
        return [[normal(cell) for cell in row] for row in answered]
    if isinstance(answered, dt.datetime):
        return (answered - EPOCH) / dt.timedelta(days=1)
    return None if answered == "" else answered
