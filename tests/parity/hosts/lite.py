"""xlwings Lite in CPython: the workbook's own files behind xlwings' dispatcher, in a process of their own."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from addin.cells import Cell, CellError
from addin.functions import FUNCTIONS
from addin.lite.build import WORKBOOK, files_inside, lite_files
from tests.parity.calls import Answer, Call

NAME = "xlwings Lite (CPython)"
HOST = Path(__file__).parents[2] / "addin" / "lite_host.py"

_ERROR_TYPES = {
    "Div0": "#DIV/0!", "NotAvailable": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!",
    "Ref": "#REF!", "Value": "#VALUE!",
}  # fmt: skip


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    """What each call answers, in the normal form of the parity suite."""
    found = in_cpython(job(calls), folder)["answers"]
    return [normal(each, expected) for each, expected in zip(found, wanted, strict=True)]


@cache
def workbook_files() -> dict[str, str]:
    """The files taken out of the built workbook again."""
    return files_inside(lite_files(FUNCTIONS.values())[WORKBOOK])


def job(calls: Sequence[Call] = (), **more: Any) -> dict[str, Any]:
    """What `lite_host.work` is asked to do."""
    return {
        "files": workbook_files(),
        "calls": [[call.function, office_cells(call)] for call in calls],
        **more,
    }


def in_cpython(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run a job in a fresh interpreter that sees none of the project's own files."""
    question, answer, book = folder / "job.json", folder / "result.json", folder / "book"
    book.mkdir(exist_ok=True)
    question.write_text(json.dumps(asked), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", str(HOST), str(question), str(answer), str(book)]
    # the workbook unpacks itself there
    env = os.environ | {"TMPDIR": str(folder)}
    done = subprocess.run(
        command, cwd=book, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def office_cells(call: Call) -> list[Any]:
    """The arguments as Office.js hands them over: always blocks of cells, null where one is left out."""
    given = [_block(cell) for cell in call.cells]
    return given + [None] * (len(FUNCTIONS[call.function].arguments) - len(given))


def _block(cell: Cell) -> list[list[Any]]:
    rows = cell if isinstance(cell, tuple | list) else [[cell]]
    return [
        [_office_cell(each) for each in (row if isinstance(row, tuple | list) else [row])] for row in rows
    ]


def _office_cell(cell: Cell) -> Any:
    if isinstance(cell, CellError):
        return {"type": "Error", "basicType": "Error", "basicValue": str(cell)}
    if isinstance(cell, date):
        return (date(cell.year, cell.month, cell.day) - date(1899, 12, 30)).days
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)  # JavaScript knows no other whole numbers
    return cell


def normal(found: Any, wanted: Answer) -> Answer:
    """A dispatched answer in the normal form; a block of one cell is a single value where one is expected."""
    if isinstance(found, dict) and "error" in found:
        return str(found["error"])
    rows = [[_value(cell) for cell in row] for row in found]
    if not isinstance(wanted, list) and len(rows) == len(rows[0]) == 1:
        return rows[0][0]
    return rows


def _value(cell: Any) -> Any:
    if isinstance(cell, dict):
        return _ERROR_TYPES[cell["errorType"]] if cell["type"] == "Error" else float(cell["basicValue"])
    if cell == "":
        return None
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return float(cell) if number and math.isfinite(cell) else cell
