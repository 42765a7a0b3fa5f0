"""Engines that recalculate a workbook, each from scratch, and the cells they are held to."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import formulon
import ironcalc
import openpyxl
import pytest

from tests.parity.hosts.lambda_names import without_options

RECALCULATE_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""
Read = Callable[[str, int, int], object]
Engine = Callable[[Path], Read]


class FormulaCell(NamedTuple):
    """A formula cell, and the value the core gave it when the workbook was written."""

    sheet: str
    row: int
    column: int
    formula: str
    value: object


def formula_cells(path: Path) -> list[FormulaCell]:
    """Every formula cell of a workbook, and every cell of a spilled table."""
    formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    found = []
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    text = getattr(cell.value, "text", cell.value)
                    shown = values[sheet.title][cell.coordinate].value
                    found.append(FormulaCell(sheet.title, cell.row, cell.column, text, shown))
                    area = getattr(cell.value, "ref", cell.coordinate)
                    found += _spilled(values, sheet.title, area, cell.coordinate)
    return found


def _spilled(values: openpyxl.Workbook, sheet: str, area: str, anchor: str) -> list[FormulaCell]:
    cells = values[sheet][area] if ":" in area else ()
    return [
        FormulaCell(sheet, cell.row, cell.column, f"spilled from {anchor}", cell.value)
        for row in cells
        for cell in row
        if cell.coordinate != anchor
    ]


def same(expected: object, got: object) -> bool:
    """Numbers to 1e-12, text exactly; a blank is an empty text."""
    if expected in (None, "") or got in (None, ""):
        return expected in (None, "") and got in (None, "")
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=1e-12, abs_tol=1e-12)
    return expected == got


def differences(path: Path, engine: Engine) -> list[tuple[FormulaCell, object]]:
    """The formula cells an engine computes otherwise than the core."""
    read = engine(path)
    cells = formula_cells(path)
    assert len(cells) > 300
    pairs = [(cell, read(cell.sheet, cell.row, cell.column)) for cell in cells]
    return [(cell, got) for cell, got in pairs if not same(cell.value, got)]


def _sheet_names(path: Path) -> list[str]:
    return openpyxl.load_workbook(path, read_only=True).sheetnames


def _in_ironcalc(path: Path) -> Read:
    model, names = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en"), _sheet_names(path)
    model.evaluate()
    return lambda sheet, row, column: model.get_cell_value(names.index(sheet), row, column)


def _in_formulon(path: Path) -> Read:
    book, names = formulon.Workbook.load(without_options(path.read_bytes())), _sheet_names(path)
    book.recalc()

    def read(sheet: str, row: int, column: int) -> object:
        value = book.get_value(names.index(sheet), row - 1, column - 1)
        return "#N/A" if value.error_code == 6 else value.to_python()

    return read


def in_libreoffice(paths: Sequence[Path], folder: Path) -> Engine:
    """Recalculate the workbooks into the folder, in one start of LibreOffice; reads what came out."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(RECALCULATE_ALWAYS)
    command = ["soffice", f"-env:UserInstallation={profile.parent.as_uri()}", "--headless", "--convert-to"]
    subprocess.run(
        [*command, "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), *map(str, paths)],
        check=True,
        capture_output=True,
        timeout=300,
    )

    def read_from(path: Path) -> Read:
        book = openpyxl.load_workbook(folder / path.name, data_only=True)
        return lambda sheet, row, column: book[sheet].cell(row, column).value

    return read_from


@pytest.fixture
def compare() -> Callable[[Path, Engine], list[tuple[FormulaCell, object]]]:
    return differences


@pytest.fixture
def cells_of() -> Callable[[Path], list[FormulaCell]]:
    return formula_cells


@pytest.fixture(params=["ironcalc", "formulon"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return {"ironcalc": _in_ironcalc, "formulon": _in_formulon}[request.param]


@pytest.fixture
def quick_engine() -> Engine:
    return _in_ironcalc


@pytest.fixture(scope="session")
def libreoffice() -> Callable[[Sequence[Path], Path], Engine]:
    if shutil.which("soffice") is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice must be installed in CI")
        pytest.skip("LibreOffice is not installed")
    return in_libreoffice
