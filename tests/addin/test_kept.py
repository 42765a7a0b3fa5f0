"""What is kept between calls changes no answer, and saves the work it is kept for."""

from __future__ import annotations

import copy
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin import columns
from addin.calls import answer
from addin.cells import CellError
from addin.functions import FUNCTIONS
from addin.kept import Column, Kept, fingerprint, once_for_columns

ALIKE = [
    1, 1.0, True, "1", "1.0", " 1", np.float64(1), np.int64(1), Decimal(1), np.str_("1"), b"1", (1,), None,
    "", " ", float("nan"), 0, 0.0, -0.0, False, "0", dt.date(2024, 1, 5), dt.datetime(2024, 1, 5),
    dt.datetime(2024, 1, 5, 7, tzinfo=dt.UTC), b"2024-01-05", "2024-01-05", 45296.0, 45296, "#N/A",
    CellError("#N/A"), -2146826246, -2146826246.0, -2147352572, "Ann", "ann", "ANN ", "Customer", "paid",
    "n/a", {"type": "Error", "kind": "Div"},
]  # fmt: skip
WITH_COLUMNS = [f.name for f in FUNCTIONS.values() if any(a.is_column for a in f.arguments)]
DASHBOARD = ("PARETO_SHARE", "PARETO_CUSTOMERS", "GINI", "PARETO")
BOUGHT = [[["Ann"], ["Bo"], ["Ann"]], [[50.0], [20.0], [30.0]]]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    columns.forget()


def cells_for(name: str, drawn: list[Any]) -> list[Any]:
    """Arguments of a call: the drawn columns in turn, and single values that make sense."""
    ready = {
        "date": dt.date(2024, 1, 31),
        "fraction": 0.5,
        "whole number": 30,
        "number": 5.0,
        "text": "Retail",
    }
    supply = iter(drawn)
    return [next(supply) if a.is_column else ready[a.kind.reads] for a in FUNCTIONS[name].arguments]


@pytest.mark.parametrize("name", WITH_COLUMNS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_an_answer_after_other_calls_is_the_answer_without_them(name: str, data: st.DataObject) -> None:
    one_column = st.lists(st.sampled_from(ALIKE), min_size=3, max_size=3)
    before = data.draw(st.lists(one_column, min_size=3, max_size=3))
    after = copy.deepcopy(before)
    for _ in range(data.draw(st.integers(0, 2))):
        after[data.draw(st.integers(0, 2))][data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(ALIKE))
    calls = [cells_for(name, [[[cell] for cell in column] for column in drawn]) for drawn in (before, after)]
    answer(FUNCTIONS[name], calls[0])
    kept = answer(FUNCTIONS[name], calls[1])
    again = answer(FUNCTIONS[name], calls[1])
    columns.forget()
    assert repr(kept) == repr(again) == repr(answer(FUNCTIONS[name], calls[1]))


@given(st.lists(st.sampled_from(ALIKE)), st.lists(st.sampled_from(ALIKE)))
def test_cells_of_another_type_or_value_have_another_fingerprint(one: list[Any], other: list[Any]) -> None:
    marks = fingerprint([one]), fingerprint([other])
    if marks[0] is not None and marks[0] == marks[1]:
        # repr, because 1 == True == 1.0 and nan is not itself
        assert list(map(repr, one)) == list(map(repr, other))
        assert list(map(type, one)) == list(map(type, other))


def test_two_columns_are_not_one_long_column() -> None:
    assert fingerprint([["a"], ["b"]]) != fingerprint([["a", "b"], []]) != fingerprint([["a", "b"]])


@pytest.mark.parametrize("cell", [np.float64(1), np.str_("a"), Decimal(1), b"1", CellError("#N/A"), {}])
def test_cells_that_no_host_hands_over_plainly_have_no_fingerprint(cell: Any) -> None:
    assert fingerprint([["a", cell]]) is None


def test_equal_cells_have_equal_fingerprints_however_they_came_about() -> None:
    text = "".join(["An", "n"])
    assert fingerprint([[text, text, 1.5]]) == fingerprint([("Ann", "An" + text[2:], 3 / 2)])


def test_functions_over_the_same_columns_read_and_rank_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from retention_core import lorenz

    ranked, read = [], []
    monkeypatch.setattr(lorenz, "rank_purchases", noted(lorenz.rank_purchases, ranked))
    monkeypatch.setattr(columns, "_values", noted(columns._values, read))
    for name in DASHBOARD * 2:
        answer(FUNCTIONS[name], copy.deepcopy(BOUGHT))
    assert (len(read), len(ranked)) == (1, 1)
    answer(FUNCTIONS["GINI"], [BOUGHT[0], [[50.0], [20.0], [31.0]]])
    assert (len(read), len(ranked)) == (2, 2)


def test_periods_over_the_same_log_read_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr(columns, "_values", noted(columns._values, read))
    log = [[["Ann"], ["Bo"]], [[dt.datetime(2024, 1, 5)], [dt.datetime(2024, 2, 9)]]]
    tables = [
        answer(FUNCTIONS["PERIOD_RETENTION"], [*log, dt.date(2024, month, 1), dt.date(2024, month, 28)])
        for month in (1, 2)
    ]
    assert len(read) == 1
    assert tables[0] != tables[1]


def noted(compute: Any, calls: list[Any]) -> Any:
    def noting(*values: Any) -> Any:
        calls.append(values)
        return compute(*values)

    return noting


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("PARETO", BOUGHT),
        ("BENCHMARKS", ["Retail"]),
        ("PERIOD_RETENTION", [BOUGHT[0], [["2024-01-05"]] * 3, "2024-01-01", "2024-01-31"]),
    ],
)
def test_a_caller_who_alters_a_table_alters_no_later_one(name: str, cells: list[Any]) -> None:
    first = answer(FUNCTIONS[name], cells)
    unspoilt = copy.deepcopy(first)
    for row in first:
        row.reverse()
    first.clear()
    assert answer(FUNCTIONS[name], cells) == unspoilt


def test_a_range_altered_in_place_is_read_again() -> None:
    cells = copy.deepcopy(BOUGHT)
    before = answer(FUNCTIONS["GINI"], cells)
    cells[1][1][0] = 500.0
    after = answer(FUNCTIONS["GINI"], cells)
    columns.forget()
    assert before != after == answer(FUNCTIONS["GINI"], cells)


def test_an_error_cell_beside_columns_read_before_is_passed_on() -> None:
    share = FUNCTIONS["PARETO_SHARE"]
    assert answer(share, [*BOUGHT, 0.5]) == 0.8
    assert answer(share, [*BOUGHT, "#N/A"]) == "#N/A"
    assert answer(share, [*BOUGHT, [[0.5], ["#N/A"]]]) == [[0.8], ["#N/A"]]


def test_an_error_cell_comes_before_columns_of_unequal_length() -> None:
    assert answer(FUNCTIONS["GINI"], [[["a"], ["#REF!"]], [[1.0]]]) == "#REF!"


def test_a_call_refused_is_refused_alike_the_second_time() -> None:
    cells = [[["Ann"], ["Bo"]], [[50.0], ["x"]]]
    assert answer(FUNCTIONS["GINI"], cells) == answer(FUNCTIONS["PARETO"], cells)
    assert answer(FUNCTIONS["GINI"], cells) == 'amounts, row 2, must be a number (got "x").'


def test_only_the_last_questions_are_kept() -> None:
    kept: Kept[str] = Kept(entries=3)
    for name in "abc":
        kept.keep(name, name, cells=1)
    kept.find("a")
    kept.keep("d", "d", cells=1)
    assert [kept.find(name) for name in "abcd"] == ["a", None, "c", "d"]


def test_no_more_cells_are_kept_than_there_is_room_for() -> None:
    kept: Kept[str] = Kept(entries=9, cells=10)
    kept.keep("small", "small", cells=4)
    kept.keep("middle", "middle", cells=7)
    assert (kept.find("small"), kept.find("middle")) == (None, "middle")
    kept.keep("large", "large", cells=11)
    assert (kept.find("large"), kept.find("middle")) == (None, "middle")


def test_columns_are_told_apart_by_identity_for_as_long_as_they_are_kept() -> None:
    made = once_for_columns(lambda names: list(names))
    assert all(made(Column([place])) == [place] for place in range(100))


def test_threads_get_the_answers_to_their_own_columns() -> None:
    def gini(size: int) -> Any:
        return answer(FUNCTIONS["GINI"], [[[str(n)] for n in range(size)], [[float(n)] for n in range(size)]])

    sizes = [size for size in range(2, 12) for _ in range(20)]
    alone = {size: gini(size) for size in set(sizes)}
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(gini, sizes)) == [alone[size] for size in sizes]
