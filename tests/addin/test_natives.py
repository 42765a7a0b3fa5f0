"""The native formulas, evaluated by two spreadsheet engines that share no code, against the core."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import formulon
import ironcalc
import pytest
import xlsxwriter

from addin.calls import answer
from addin.functions import FUNCTIONS
from templates.formulas import stored

DIVIDED_BY_ZERO = 1
GOOD = {
    "RETENTION": (100, 110, 20),
    "CHURN": (100, 110, 20),
    "RETENTION_LOW": (100, 110, 20, 0.95),
    "RETENTION_HIGH": (100, 110, 20, 0.95),
    "RETENTION_CONVERT": (0.97, 1, 12),
    "CUSTOMER_LIFETIME": (0.2,),
    "NRR": (1000, 150, 30, 70, 5),
    "GRR": (1000, 30, 70),
}
NO_NUMBERS = ("abc", True, False, None, '=""', "50", "=1/0")
NATIVES = [function for function in FUNCTIONS.values() if function.native]
ODD_CASES = {
    3: [(100, 110, 20), (0, 1, 1), (100, 150, 20), (100, 110, 111), (100, -1, 0), (100, 110, -1), (7, 7, 7)],
    4: [(100, 110, 20, 0.95), (100, 20, 20, 0.9), (100, 120, 20, 0.5), (100, 110, 20, 1), (100, 110, 20, 0)],
    5: [(1000, 150, 30, 70, 5), (0, 0, 0, 0, 0), (10, 1, 6, 6, 0), (10, -1, 0, 0, 0), (10, 1, 1, 1, -1)],
    1: [(0.2,), (0,), (1,), (-0.1,), (1.1,)],
}


def calls(name: str) -> list[tuple[float, ...]]:
    """Odd cases, and ordinary ones drawn with a fixed seed."""
    draw = random.Random(name)
    count = len(FUNCTIONS[name].arguments)
    drawn = []
    for _ in range(15):
        start = draw.randint(1, 5_000)
        new = draw.randint(0, 900)
        counts = (start, draw.randint(0, start) + new, new)
        drawn.append((*counts, *(round(draw.uniform(0.01, 0.99), 3) for _ in range(count - 3)))[:count])
    return [case for case in ODD_CASES.get(count, []) if len(case) == count] + drawn


def workbook(path: Path, name: str, cases: Sequence[Sequence[object]]) -> Path:
    """One row a call, its arguments in cells and the LAMBDA behind them; text after a = is computed."""
    function = FUNCTIONS[name]
    names = ", ".join(argument.name for argument in function.arguments)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        book.define_name(name, stored(f"=LAMBDA({names}, {function.native})"))
        for row, case in enumerate(cases):
            cells = ",".join(f"{chr(66 + place)}{row + 1}" for place in range(len(case)))
            sheet.write_row(row, 1, case)
            sheet.write_dynamic_array_formula(row, 0, row, 0, f"={name}({cells})", None, -1)
    return path


def by_ironcalc(path: Path, rows: int) -> list[Any]:
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    return [model.get_cell_value(0, row + 1, 1) for row in range(rows)]


def by_formulon(path: Path, rows: int) -> list[Any]:
    book = formulon.Workbook.load(path.read_bytes())
    book.recalc()
    values = [book.get_value(0, row, 0) for row in range(rows)]
    return ["#DIV/0!" if value.error_code == DIVIDED_BY_ZERO else value.to_python() for value in values]


@pytest.mark.parametrize("engine", [by_ironcalc, by_formulon])
@pytest.mark.parametrize("name", [function.name for function in NATIVES])
def test_native_formulas_give_the_cores_digits_and_sentences(tmp_path: Path, name: str, engine: Any) -> None:
    cases = calls(name)
    found = engine(workbook(tmp_path / "native.xlsx", name, cases), len(cases))
    for case, value in zip(cases, found, strict=True):
        wanted = answer(FUNCTIONS[name], case)
        if isinstance(wanted, str):
            assert value == wanted, case
        else:
            assert value == pytest.approx(wanted, abs=1e-12, rel=1e-12), case


@pytest.mark.parametrize("engine", [by_ironcalc, by_formulon])
@pytest.mark.parametrize("name", [function.name for function in NATIVES])
def test_what_is_no_number_is_said_and_an_error_passed_on(tmp_path: Path, name: str, engine: Any) -> None:
    arguments, good = FUNCTIONS[name].arguments, GOOD[name]
    bad = [(place, cell) for place in range(len(arguments)) for cell in NO_NUMBERS]
    cases = [(*good[:place], cell, *good[place + 1 :]) for place, cell in bad]
    found = engine(workbook(tmp_path / "native.xlsx", name, cases), len(cases))
    for (place, cell), case, value in zip(bad, cases, found, strict=True):
        said = arguments[place].name
        if cell == "=1/0":
            assert value == "#DIV/0!", case
        elif cell == "50":
            assert value == f'{said} must be a number (got "50").', case
        elif cell in (None, '=""'):
            assert value == f"{said} is blank: give a number.", case
        else:
            assert value == answer(FUNCTIONS[name], case), case


def test_everyone_kept_is_exactly_one_and_nobody_exactly_zero(tmp_path: Path) -> None:
    cases = [(start, kept, 0, 0.9) for start in range(1, 60) for kept in (0, start)]
    for name in ("RETENTION_LOW", "RETENTION_HIGH"):
        for engine in (by_ironcalc, by_formulon):
            found = engine(workbook(tmp_path / "native.xlsx", name, cases), len(cases))
            for case, value in zip(cases, found, strict=True):
                if (case[1] == 0) == (name == "RETENTION_LOW"):
                    assert value == (case[1] > 0), case


def test_rounding_noise_keeps_no_more_than_there_were(tmp_path: Path) -> None:
    case = (100.3, 60.1 + 40.2, 0)
    assert case[1] > case[0]
    for engine in (by_ironcalc, by_formulon):
        assert engine(workbook(tmp_path / "native.xlsx", "RETENTION", [case]), 1) == [1]


def test_the_scalar_rates_have_native_formulas() -> None:
    rates = "RETENTION CHURN RETENTION_LOW RETENTION_HIGH RETENTION_CONVERT CUSTOMER_LIFETIME NRR GRR"
    assert " ".join(function.name for function in NATIVES) == rates


def test_native_formulas_fit_a_cell() -> None:
    assert all(len(str(function.native)) < 8_000 for function in NATIVES)
