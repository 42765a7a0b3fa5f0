"""LibreOffice Calc with retention.oxt: every call a formula in one hidden sheet, recalculated by soffice.

A blank for an argument is asked as an empty argument, `RETENTION(;110;20)`: a blank cell on its own is
handed over as 0 by Calc, as in its own arithmetic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from addin.cells import CellError
from addin.functions import FUNCTIONS
from addin.libreoffice.build import libreoffice_files
from tests.parity.calls import Answer, Call
from tests.parity.hosts.calc_session import ask, require_libreoffice, require_packages

NAME = "LibreOffice"
REMARK = (
    "a blank on its own is asked as an empty argument, `RETENTION(;110;20)`, since Calc hands over 0 for a "
    "blank cell and no add-in can tell; blanks within ranges are asked as they are."
)

_FORMULA_OF = {
    "#DIV/0!": "=1/0", "#N/A": "=NA()", "#VALUE!": '="a"+1', "#REF!": '=INDIRECT("nowhere.A1")',
    "#NUM!": "=10^1000", "#NAME?": "=NOSUCHFUNCTION()", "#NULL!": "=A1!B1",
}  # fmt: skip
_DAY_0 = dt.date(1899, 12, 30)

Block = tuple[tuple[Any, ...], ...]
Step = list[Any]


def leaves_out(call: Call) -> str | None:
    """Why Calc cannot be asked a call."""
    alone = [cell for cell in call.cells if not isinstance(cell, tuple)]
    inside = [cell for block in call.cells if isinstance(block, tuple) for row in block for cell in row]
    if any(isinstance(cell, CellError) for cell in inside):
        return "Calc answers Err:504 itself where a range holds an error cell."
    if any(isinstance(cell, bool) for cell in (*alone, *inside)):
        return "Calc hands TRUE over as 1"
    if any(isinstance(cell, CellError) and cell not in _FORMULA_OF for cell in alone):
        return "Calc does not know this error"
    return None


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    """What Calc shows for each call, one below the other in one sheet."""
    require_libreoffice()
    require_packages(sorted({name for each in calls for name in FUNCTIONS[each.function].packages}))
    steps: list[Step] = [["open"]]
    reads: list[Step] = []
    row = 0
    for call, answer in zip(calls, wanted, strict=True):
        height, width = (len(answer), len(answer[0])) if isinstance(answer, list) else (0, 0)
        steps += _asked(call, row, height, width)
        reads.append(["read", _area(row, 0, height + 1, width + 1)])
        row += max([height + 1, *(len(cell) for cell in call.cells if isinstance(cell, tuple))]) + 1
    found = ask(libreoffice_files(FUNCTIONS.values())["retention.oxt"], [*steps, *reads])[len(steps) :]
    return [_answer(shown, answer) for shown, answer in zip(found, wanted, strict=True)]


def _asked(call: Call, row: int, height: int, width: int) -> list[Step]:
    """Steps that put the arguments beside the room for the answer, and the formula at its top left."""
    steps: list[Step] = []
    column, places = width + 2, []
    for cell in call.cells:
        block: Block = cell if isinstance(cell, tuple) else ((cell,),)
        places.append("" if cell is None else _area(row, column, len(block), len(block[0])))
        steps += _filled(block, row, column)
        column += len(block[0]) + 1
    formula = f"={call.function}({';'.join(places)})"
    if height:
        return [*steps, ["array", _area(row, 0, height + 1, width + 1), formula]]
    return [*steps, ["formula", _area(row, 0, 1, 1), formula]]


def _filled(block: Block, row: int, column: int) -> list[Step]:
    plain = [[_plain(cell) for cell in cells] for cells in block]
    steps: list[Step] = [["fill", _area(row, column, len(block), len(block[0])), plain]]
    for down, cells in enumerate(block):
        for right, cell in enumerate(cells):
            if isinstance(cell, CellError):
                steps.append(["formula", _area(row + down, column + right, 1, 1), _FORMULA_OF[cell]])
    return steps


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.date):
        return float(cell.toordinal() - _DAY_0.toordinal())
    return "" if cell is None or isinstance(cell, CellError) else cell


def _area(row: int, column: int, height: int, width: int) -> str:
    first = xl_rowcol_to_cell(row, column)
    last = xl_rowcol_to_cell(row + height - 1, column + width - 1)
    return first if first == last else f"{first}:{last}"


def _answer(shown: list[list[Any]], wanted: Answer) -> Answer:
    cells = [[cell[1] if isinstance(cell, list) else cell for cell in row] for row in shown]
    if not isinstance(wanted, list):
        return cells[0][0]
    height, width = len(wanted), len(wanted[0])
    right = [row[width] for row in cells[:height]]
    below = cells[height][:width]
    # beyond an array Calc shows #N/A, or a single row or column again
    nothing_right = set(right) == {"#N/A"} or (width == 1 and right == [row[0] for row in cells[:height]])
    nothing_below = set(below) == {"#N/A"} or (height == 1 and below == cells[0][:width])
    if not (nothing_right and nothing_below):
        return cells
    return [
        list(map(_as_truth, row[:width], given)) for row, given in zip(cells[:height], wanted, strict=True)
    ]


def _as_truth(shown: Any, wanted: Any) -> Any:
    """Calc's TRUE and FALSE are the numbers 1 and 0, which a cell only may show as words."""
    return bool(shown) if isinstance(wanted, bool) and shown in (0.0, 1.0) else shown
