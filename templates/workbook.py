"""The Retention Check: one workbook from one definition, in two dialects."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

import xlsxwriter

from addin.look import GREY
from addin.native.spills import mark_spilled
from templates import benchmark, data, pareto, periods, start
from templates.inputs import EXAMPLE, Inputs
from templates.names import NAMES
from templates.pen import CAPACITY, Book, Dialect

FILES: dict[Dialect, str] = {"plain": "retention-check.xlsx", "lambda": "retention-check-lambda.xlsx"}
CREATED = datetime(2025, 1, 1)


def build(folder: Path, inputs: Inputs = EXAMPLE) -> list[Path]:
    """Write both workbooks into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write(folder / name, dialect, inputs) for dialect, name in FILES.items()]


def write(path: Path, dialect: Dialect, inputs: Inputs = EXAMPLE, capacity: int | None = None) -> Path:
    """Write one workbook; a reader sees the old file or the whole new one, never half of it.

    `capacity` is the number of rows that may be pasted into the sheet Pareto.
    """
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".xlsx")
    os.close(handle)
    try:
        _write(Path(beside), dialect, inputs, capacity or CAPACITY[dialect])
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)
    return path


def _write(path: Path, dialect: Dialect, inputs: Inputs, capacity: int) -> None:
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties(
        {
            "title": "Retention Check",
            "subject": "Customer retention, benchmark and Pareto",
            "author": "The Retention project",
            "comments": "How many customers stay, is that normal, and who brings the value.",
            "keywords": "retention, churn, benchmark, Pareto",
            "created": CREATED,
        }
    )
    workbook.set_size(2200, 1400)
    book = Book(workbook, dialect, capacity)
    _define_names(book)
    start.write(book).worksheet.activate()
    periods.write(book, inputs)
    benchmark.write(book, inputs)
    pareto.write(book, inputs)
    data.write(book)
    start.write_functions(book)
    _write_calc(book, inputs)
    pareto.write_calc(book, inputs)
    workbook.close()
    if book.spilled:
        mark_spilled(path, book.spilled)


def _define_names(book: Book) -> None:
    if book.dialect != "lambda":
        return
    for name, cells in data.BLOCK.names.items():
        book.workbook.define_name(name, cells)
    for each in NAMES:
        book.workbook.define_name(each.name, each.definition)


def _write_calc(book: Book, inputs: Inputs) -> None:
    """Write the hidden sheet with the steps that the sheets and charts share."""
    page = book.sheet("Calc", tab=GREY)
    page.widths({"A": 24, "B:Q": 14})
    page.put("A1", "Steps behind the sheets and charts", "title")
    periods.write_calc(page, inputs)
    periods.write_chart_rows(page, inputs)
    benchmark.write_calc(page, inputs)
    benchmark.write_chart_rows(page, inputs)
    pareto.write_chart_rows(page, inputs)
    pareto.write_ranking(page, inputs)
    page.printed("A1:M42")
    page.worksheet.hide()
