"""A formula as typed means what it means in a cell, and hostile text gets one sentence."""

from __future__ import annotations

import random
import time
from datetime import date

import pytest

from addin.calls import answer
from addin.cells import Cell, CellError
from addin.examples import example_in_cells, examples, senseless
from addin.formula_text import evaluate, read_formula, typed, with_semicolons, written
from addin.functions import FUNCTIONS
from retention_core.errors import RetentionError

SHEET = [["customers", "amounts"], ["Ann", 50.0], ["Bo", 20.0], ["Ann", 30.0]]


def cells(text: str) -> list[Cell]:
    return read_formula(text, FUNCTIONS, SHEET).cells


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("100", 100.0),
        ("-1.5e2", -150.0),
        (".5", 0.5),
        ("90%", 0.9),
        ('"a ""b"", {c};"', 'a "b", {c};'),
        ("TRUE", True),
        ("false", False),
        ("#n/a", CellError("#N/A")),
        ("DATE(2024,2,29)", date(2024, 2, 29)),
        ("{1;2}", [[1.0], [2.0]]),
        ('{"a",TRUE;-1,#DIV/0!}', [["a", True], [-1.0, "#DIV/0!"]]),
        ("A2", "Ann"),
        ("$b$4", 30.0),
        ("A2:A4", [["Ann"], ["Bo"], ["Ann"]]),
        ("A4:A2", [["Ann"], ["Bo"], ["Ann"]]),
        ("B:B", [["amounts"], [50.0], [20.0], [30.0]]),
        ("XFD1048576", None),
        ("A3:A1048576", [["Bo"], ["Ann"]]),
    ],
)
def test_an_argument_is_read_as_a_cell_holds_it(text: str, cell: Cell) -> None:
    [found] = cells(f"=CUSTOMER_LIFETIME({text})")
    assert found == cell
    assert type(found) is type(cell)


def test_with_semicolons_a_comma_is_the_decimal_sign() -> None:
    assert cells("=RETENTION_CONVERT(0,97;1;12)") == [0.97, 1.0, 12.0]
    assert cells("=NRR(1,5;{1,5;2};;DATE(2024;1;31))") == [1.5, [[1.5], [2.0]], None, date(2024, 1, 31)]


def test_without_semicolons_a_comma_separates() -> None:
    assert cells("=RETENTION_CONVERT(0,97,1)") == [0.0, 97.0, 1.0]
    assert cells('=BENCHMARK("a;b",{1;2})') == ["a;b", [[1.0], [2.0]]]


def test_arguments_left_out_are_blank() -> None:
    assert cells("benchmarks()") == []
    assert cells("=BENCHMARK( ,)") == [None, None]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_example_gives_the_same_typed_or_from_cells_with_commas_or_semicolons(name: str) -> None:
    function = FUNCTIONS[name]
    first, in_cells = examples(function)[0], example_in_cells(function)
    found = evaluate(first.formula, FUNCTIONS, first.sheet)
    assert evaluate(in_cells.formula, FUNCTIONS, in_cells.sheet) == found
    assert evaluate(with_semicolons(first.formula), FUNCTIONS, first.sheet) == found
    retyped = [[typed(written(cell)) for cell in row] for row in in_cells.sheet]
    assert evaluate(in_cells.formula, FUNCTIONS, retyped) == found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_spoilt_example_of_every_function_is_answered_with_a_sentence_as_in_every_host(name: str) -> None:
    wrong = senseless(FUNCTIONS[name])
    assert wrong is not None
    with pytest.raises(RetentionError) as refused:
        evaluate(wrong.formula, FUNCTIONS, wrong.sheet)
    assert answer(*read_formula(wrong.formula, FUNCTIONS, wrong.sheet)) == str(refused.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Type one call"),
        ("=1+1", "got 1+1"),
        ("=RETENTION", "Type one call"),
        ("=RETENTION(", "closing bracket"),
        ('=BENCHMARK("Retail', "closing bracket"),
        ("=RETENTION" + "(" * 10_000, "10,010 characters"),
        ("=RETENTION" + "(" * 8_000, "closing bracket"),
        ("=RETENTION" + "(" * 4_000 + ")" * 4_000, "start_customers must be"),
        ("<script>alert(1)</script>", "Type one call"),
        ("=RETENTON(1,2,3)", "Did you mean RETENTION?"),
        ("=SUM(A1:A9)", "no function SUM"),
        ("=__import__('os').system('id')", "no function __IMPORT__"),
        ("=CHURN(1,2,3,4)", "takes 3 arguments"),
        ("=CHURN(100,110,20)*2", "Nothing may follow"),
        ("=CHURN(1+1,110,20)", "got 1+1"),
        ("=CHURN(CHURN(1,1,1),110,20)", "one call at a time"),
        ("=CHURN(A0,1,1)", "outside any sheet"),
        ("=CHURN(A1:ZZZ9,1,1)", "outside any sheet"),
        ("=CHURN(A9999999,1,1)", "outside any sheet"),
        ("=CHURN(1e999,1,1)", "got 1e999"),
        ("=CHURN(--1,1,1)", "got --1"),
        ("=CHURN({},1,1)", "must be a number"),
        ("=CHURN({1,2;3},1,1)", "different lengths"),
        ("=CHURN({" + "1;" * 2_000 + "1},{" + "1," * 2_000 + "1},1)", "lists 2,001 values in {}: give 100"),
        ("=CHURN(DATE(2024,13,1),1,1)", "day that exists"),
        (f"=CHURN(DATE({'9' * 5_000},1,1),1,1)", "day that exists"),
        ("=CHURN(Sheet1!A1,1,1)", "got Sheet1!A1"),
        ("=CHURN(`x`,\x00,1)", "got 'x'"),
        ("=CHURN(１,1,1)", "must be a number"),
    ],
)
def test_what_is_no_call_gets_one_sentence(text: str, part: str) -> None:
    with pytest.raises(RetentionError) as refused:
        evaluate(text, FUNCTIONS, SHEET)
    said = str(refused.value)
    assert part in said
    assert "\n" not in said
    assert len(said) < 300


def test_noise_is_read_quickly_and_never_breaks() -> None:
    chance = random.Random(3)
    pieces = [
        "=",
        "CHURN(",
        "A1",
        ":",
        "(",
        ")",
        "{",
        "}",
        ",",
        ";",
        '"',
        "#N/A",
        "DATE(",
        "-",
        "1.5",
        "é",
        " ",
    ]
    began = time.perf_counter()
    for length in [*range(1, 300), 8_000]:
        text = "=CHURN(" + "".join(chance.choices(pieces, k=length))
        try:
            evaluate(text, FUNCTIONS, SHEET)
        except RetentionError as error:
            assert str(error)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("emptied", [None, "", " ", float("nan")])
def test_an_emptied_cell_holds_nothing(emptied: str | float | None) -> None:
    assert typed(emptied) is None


def test_a_range_over_the_whole_sheet_of_excel_is_cut_to_the_small_one() -> None:
    [found] = cells("=CUSTOMER_LIFETIME(A1:XFD1048576)")
    assert (len(found), len(found[0])) == (4, 26)
