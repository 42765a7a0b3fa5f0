"""A workbook that calls every function, evaluated by a spreadsheet engine that has them registered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import formualizer
import pytest
import xlsxwriter

from addin.calls import answer
from addin.catalogue import Function
from addin.functions import FUNCTIONS

CUSTOMERS = ["Ann", "Bo", "ann ", 17850.0, "17850", "Cy", None, "Ann"]
DAYS = [45296, 45300, 45329, 45297, 45330, 45341, None, 45342]
AMOUNTS = [50, 20, 30, 12.5, 7.5, 80, None, -10]
ROWS = len(CUSTOMERS) + 1

# formula -> the same call in cells; A1:C9 hold customer, day and amount under a header
CALLS: dict[str, tuple[Any, ...]] = {
    "RETENTION(E1,E2,E3)": (100, 110, 20),
    "RETENTION(E4,E2,E3)": (0, 110, 20),
    "RETENTION(E9,E2,E3)": (None, 110, 20),
    "RETENTION(E5,E2,E3)": ("#DIV/0!", 110, 20),
    "RETENTION(E1:E2,E2,E3)": ([[100], [110]], 110, 20),
    "CHURN(E1,E2,E3)": (100, 110, 20),
    "RETENTION_LOW(E1,E2,E3)": (100, 110, 20),
    "RETENTION_LOW(E1,E2,E3,0.8)": (100, 110, 20, 0.8),
    "RETENTION_HIGH(E1,E2,E3)": (100, 110, 20),
    "RETENTION_CONVERT(0.97,1,12)": (0.97, 1, 12),
    "CUSTOMER_LIFETIME(0.2)": (0.2,),
    "NRR(1000,150,30,70)": (1000, 150, 30, 70),
    "GRR(1000,30,70)": (1000, 30, 70),
    "REPEAT_RATE(A1:A9)": ("customers",),
    'BENCHMARK("Retail")': ("Retail",),
    'BENCHMARK("Retial")': ("Retial",),
    'BENCHMARK_GAP(0.7,"Retail")': (0.7, "Retail"),
    'BENCHMARK_VERDICT(700,1000,"Retail")': (700, 1000, "Retail"),
    'BENCHMARKS("Retail")': ("Retail",),
    "PARETO(A1:A9,C1:C9)": ("customers", "amounts"),
    "PARETO_SHARE(A1:A9,C1:C9,0.3)": ("customers", "amounts", 0.3),
    "PARETO_CUSTOMERS(A:A,C:C)": ("customers", "amounts"),
    "GINI(A1:A9,C1:C9)": ("customers", "amounts"),
    "PERIOD_RETENTION(A1:A9,B1:B9,E6,E7,C1:C9)": (
        "customers",
        "dates",
        dt.date(2024, 2, 1),
        dt.date(2024, 2, 29),
        "amounts",
    ),
}
COLUMNS = {
    "customers": [["customer"], *([cell] for cell in CUSTOMERS)],
    "dates": [["bought"], *([cell] for cell in DAYS)],
    "amounts": [["paid"], *([cell] for cell in AMOUNTS)],
}
STEP = 60


def write(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["customer", "bought", "paid"])
        for row, (customer, when, amount) in enumerate(zip(CUSTOMERS, DAYS, AMOUNTS, strict=True), start=1):
            sheet.write_row(row, 0, [customer])
            sheet.write_row(row, 1, [when], day)
            sheet.write_row(row, 2, [amount])
        sheet.write_column(0, 4, [100, 110, 20, 0, "=1/0"])
        sheet.write_column(5, 4, [45323, 45351], day)
        for place, formula in enumerate(CALLS):
            sheet.write_formula(place * STEP, 7, f"={formula}")


def registered(function: Function) -> Callable[..., Any]:
    """The function as the engine calls it; it takes no dates back, so they go as ISO text."""

    def call(*cells: Any) -> Any:
        answered = answer(function, cells)
        return [list(map(plain, row)) for row in answered] if isinstance(answered, list) else answered

    return call


def plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, dt.date) else cell


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("engine") / "calls.xlsx"
    write(path)
    engine = formualizer.Workbook.from_path(str(path))
    for function in FUNCTIONS.values():
        engine.register_function(
            function.name,
            registered(function),
            min_args=function.required,
            max_args=len(function.arguments),
        )
    engine.evaluate_all()
    return engine


def test_the_workbook_calls_every_function() -> None:
    assert {formula.partition("(")[0] for formula in CALLS} == set(FUNCTIONS)


@pytest.mark.parametrize("formula", CALLS)
def test_a_workbook_shows_what_the_core_answers(sheet: Any, formula: str) -> None:
    name, row = formula.partition("(")[0], list(CALLS).index(formula) * STEP + 1
    cells = [COLUMNS.get(cell, cell) if isinstance(cell, str) else cell for cell in CALLS[formula]]
    wanted = answer(FUNCTIONS[name], cells)
    table = wanted if isinstance(wanted, list) else [[wanted]]
    shown = [[sheet.get_value("S", row + y, 8 + x) for x in range(len(table[0]))] for y in range(len(table))]
    for cell, expected in zip(chain(*shown), map(plain, chain(*table)), strict=True):
        assert cell == (pytest.approx(expected, abs=1e-12) if isinstance(expected, float) else expected)
