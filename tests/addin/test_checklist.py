"""The values that docs/excel-checklist.md promises, by evaluating its formulas over its sheet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import formualizer
import openpyxl
import pytest

from addin.calls import answer
from addin.functions import FUNCTIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "excel-checklist.md").read_text(encoding="utf-8")
COLUMNS = ("E", "F", "G", "H", "I")
DIGITS, FITTED_DIGITS = 1e-12, 1e-6
FITTED = {"24", "25"}


def table(first_cell: str) -> list[list[str]]:
    """The rows of the table whose header begins with that cell."""
    lines = PAGE[PAGE.index(f"| {first_cell} ") :].split("\n\n", 1)[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if not set("".join(row)) <= {"-"}]


def cell(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


FORMULAS = {name: (formula.strip("`"), cell(shows)) for name, formula, shows in re.findall(
    r"^\| (\d+) \| (`=.+?`) \| (.+?) \|$", PAGE, re.MULTILINE
)}  # fmt: skip
SHEET = table("customer | bought")
STAYED = table("days | lost")  # from N1 on, the fourteenth column
TABLE = table("customer | value")


def evaluated(formula: str) -> Any:
    """What an engine that has the functions registered shows for a formula over the page's sheet."""
    book = formualizer.Workbook()
    book.add_sheet("S")
    for first_column, block in ((1, SHEET), (14, STAYED)):
        for row, line in enumerate(block, start=1):
            for column, text in enumerate(line, start=first_column):
                book.set_value("S", row, column, cell(text))
    for function in FUNCTIONS.values():
        book.register_function(
            function.name,
            lambda *cells, function=function: answer(function, cells),
            min_args=function.required,
            max_args=len(function.arguments),
        )
    book.set_formula("S", 1, 5, formula)
    book.evaluate_all()
    return book


def same(shown: Any, promised: float | str, digits: float = DIGITS) -> bool:
    if isinstance(promised, str):
        return bool(shown == promised)
    return bool(shown == pytest.approx(promised, abs=digits))


def test_the_page_has_its_formulas() -> None:
    assert list(FORMULAS) == [str(number) for number in range(1, 30)]
    assert set(re.findall(r"=([A-Z_]+)\(", PAGE)) - {"ISTEXT", "INDEX"} <= set(FUNCTIONS)


def test_the_formulas_the_lambda_part_leaves_out_are_those_without_a_native_formula() -> None:
    asked = {name: set(re.findall(r"([A-Z_]+)\(", formula)) for name, (formula, _) in FORMULAS.items()}
    without = {function.name for function in FUNCTIONS.values() if function.native is None}
    assert [name for name, functions in asked.items() if functions & without] == list(map(str, range(23, 30)))
    assert "Part 3 has no 23 to 29." in PAGE


@pytest.mark.parametrize("number", [name for name in FORMULAS if name not in {"8", "14"}])
def test_a_formula_shows_what_the_page_promises(number: str) -> None:
    formula, promised = FORMULAS[number]
    digits = FITTED_DIGITS if number in FITTED else DIGITS
    assert same(evaluated(formula).get_value("S", 1, 5), promised, digits)


def test_an_error_cell_among_the_arguments_comes_back() -> None:
    formula, promised = FORMULAS["8"]
    shown = evaluated(formula).get_value("S", 1, 5)
    assert promised == "#DIV/0!"
    assert shown == promised or shown["kind"] == "Div"


def test_a_range_spills_one_below_the_other() -> None:
    formula, promised = FORMULAS["14"]
    numbers = [float(text) for text in re.findall(r"[\d.]+", str(promised))]
    book = evaluated(formula)
    assert [book.get_value("S", row, 5) for row in range(1, 5)] == pytest.approx(numbers, abs=DIGITS)
    assert book.get_value("S", 5, 5) is None


def test_the_table_fills_as_the_page_shows() -> None:
    book = evaluated("=PARETO(A1:A8,C1:C8)")
    for row, line in enumerate(TABLE, start=1):
        for column, text in enumerate(line, start=5):
            assert same(book.get_value("S", row, column), cell(text))
    assert book.get_value("S", len(TABLE) + 1, 5) is None


def test_whole_columns_are_read_as_far_as_they_are_filled() -> None:
    book = evaluated("=GINI(A:A,C:C)")
    assert same(book.get_value("S", 1, 5), FORMULAS["13"][1])


def test_the_changed_amount_heads_the_table() -> None:
    changed = [[*line[:2], "400"] if line[0] == "Di" else line for line in SHEET]
    customers, amounts = ([[cell(line[place])] for line in changed] for place in (0, 2))
    assert answer(FUNCTIONS["PARETO"], [customers, amounts])[1][:2] == ["Di", 400.0]  # type: ignore[index]


def test_the_wizards_words_are_the_catalogues() -> None:
    words = " ".join(PAGE.split())
    assert f'"{FUNCTIONS["RETENTION"].summary}"' in words
    assert f'"{FUNCTIONS["RETENTION"].arguments[0].description}"' in words


def test_the_template_shows_what_the_page_promises() -> None:
    book = openpyxl.load_workbook(ROOT / "templates" / "retention-check.xlsx", data_only=True)
    start = book["Start here"]
    assert [start[place].value for place in ("C12", "D12", "E12", "F12")] == [100, 110, 20, 0.9]
    assert start["G12"].value in " ".join(PAGE.split())
    assert answer(FUNCTIONS["RETENTION"], [100, 110, 30]) == 0.8
    assert book["Your periods"]["D5"].value == 20
