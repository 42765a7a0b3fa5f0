"""The xlwings functions through xlwings' own dispatcher, as Excel's COM interface calls them."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from addin.functions import FUNCTIONS

Excel = Callable[..., Any]
MISSING = -2147352572
DIV_0 = -2146826281
UTC = dt.UTC


def column(*cells: object) -> tuple[tuple[object], ...]:
    return tuple((cell,) for cell in cells)


def test_a_column_spills_as_a_column_and_a_row_as_a_row(excel: Excel) -> None:
    assert excel("RETENTION", column(100.0, 200.0), 110.0, 20.0) == [[0.9], [0.45]]
    assert excel("RETENTION", ((100.0, 200.0),), 110.0, 20.0) == [[0.9, 0.45]]


def test_a_bad_element_has_its_sentence_in_its_own_cell(excel: Excel) -> None:
    good, bad, error = excel("CHURN", column(100.0, "many", DIV_0), 110.0, 20.0)
    assert good == [0.1]
    assert bad == ['start_customers must be a number (got "many").']
    assert error == ["#DIV/0!"]


def test_an_optional_argument_left_out_has_its_default(excel: Excel) -> None:
    assert excel("RETENTION_LOW", 100.0, 110.0, 20.0, MISSING) == excel(
        "RETENTION_LOW", 100.0, 110.0, 20.0, 0.95
    )
    assert excel("NRR", 1000.0, 150.0, 30.0, 70.0, None) == 1.05


def test_a_required_argument_left_out_is_named(excel: Excel) -> None:
    assert excel("RETENTION", 100.0, 110.0, MISSING) == "new_customers is blank: give a number."


@pytest.mark.parametrize("cell", [True, dt.datetime(2024, 1, 31, tzinfo=UTC), "abc", "1,000", {}, object])
def test_what_is_no_number_is_refused_in_one_sentence(excel: Excel, cell: object) -> None:
    said = excel("CUSTOMER_LIFETIME", cell)
    assert said.startswith("churn must be a number (got ")
    assert "\n" not in said


def test_numbers_of_every_sort_are_read(excel: Excel) -> None:
    for hundred in (100, 100.0, np.float64(100), np.int64(100), Decimal(100), "100", " 100 "):
        assert excel("RETENTION", hundred, 110.0, 20.0) == 0.9


def test_moments_with_the_time_zone_that_com_adds_keep_their_day(excel: Excel) -> None:
    days = [dt.datetime(2024, 1, day, 23, 30, tzinfo=UTC) for day in (5, 9)]
    days += [dt.datetime(2024, 2, 29, 23, 59, tzinfo=UTC), dt.datetime(2024, 2, 8, tzinfo=UTC)]
    start, last = dt.datetime(2024, 2, 1, tzinfo=UTC), dt.datetime(2024, 2, 29, tzinfo=UTC)
    header, row = excel(
        "PERIOD_RETENTION", column("Ann", "Bo", "Ann", "Cy"), column(*days), start, last, None, None
    )
    table = dict(zip(header, row, strict=True))
    assert (table["at_start"], table["kept"], table["new"], table["rate"]) == (2.0, 1.0, 1.0, 0.5)
    assert (table["start"], table["last_day"]) == (dt.datetime(2024, 2, 1), dt.datetime(2024, 2, 29))


def test_serials_and_text_and_moments_are_the_same_days(excel: Excel) -> None:
    names = column("Ann", "Bo", "Ann")
    as_serials = excel("PERIOD_RETENTION", names, column(45296.0, 45300.0, 45329.5), 45323.0, 45351.0)
    as_text = excel(
        "PERIOD_RETENTION",
        names,
        column("2024-01-05", "2024-01-09", "2024-02-07"),
        "2024-02-01",
        "2024-02-29",
    )
    as_moments = excel(
        "PERIOD_RETENTION",
        names,
        column(dt.datetime(2024, 1, 5), dt.date(2024, 1, 9), np.datetime64("2024-02-07").astype(dt.datetime)),
        dt.date(2024, 2, 1),
        dt.date(2024, 2, 29),
    )
    assert as_serials == as_text == as_moments


def test_a_whole_column_with_a_million_blanks_below_is_trimmed(excel: Excel) -> None:
    tail = [None] * 200_000
    spilled = excel("RETENTION", column(100.0, None, 200.0, *tail), column(110.0, None, 110.0, *tail), 20.0)
    assert spilled == [[0.9], [""], [0.45]]
    table = excel("PARETO", column("customer", "a", None, "b", *tail), column("paid", 1.0, None, 3.0, *tail))
    assert [row[0] for row in table] == ["customer", "b", "a"]


def test_an_empty_figure_of_a_table_is_an_empty_cell(excel: Excel) -> None:
    header, row = excel("PERIOD_RETENTION", column("Ann"), column(45300.0), 40000.0, 40010.0)
    assert dict(zip(header, row, strict=True))["rate"] == ""


def test_numpy_arrays_are_ranges_and_their_gaps_are_blanks(excel: Excel) -> None:
    starts = np.array([[100.0], [np.nan], [200.0]])
    assert excel("RETENTION", starts, 110.0, 20.0) == [[0.9], [""], [0.45]]


def test_customers_are_one_in_upper_and_lower_case_and_with_a_decimal_point(excel: Excel) -> None:
    assert excel("REPEAT_RATE", column("Ann", "ANN ", 17850.0, "17850", "Bo")) == pytest.approx(2 / 3)


def test_a_failure_of_ours_is_one_sentence_too(excel: Excel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*numbers: float) -> float:
        raise KeyError("lost\nfor ever")

    monkeypatch.setattr("retention_core.rates.retention_rate", broken)
    said = excel("RETENTION", 100.0, 110.0, 20.0)
    assert said.startswith("RETENTION failed, which is our mistake: KeyError")
    assert "\n" not in said


@pytest.mark.parametrize("name", FUNCTIONS)
def test_excel_is_told_the_catalogues_words(xlwings_udfs: ModuleType, name: str) -> None:
    udf = getattr(importlib.import_module("addin.xlwings_udfs"), name)
    told, function = udf.__xlfunc__, FUNCTIONS[name]
    assert told["category"] == "Retention"
    assert told["ret"]["doc"] == function.summary
    assert [(arg["name"], arg["doc"], "optional" in arg) for arg in told["args"]] == [
        (a.name, a.description, a.optional) for a in function.arguments
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_error_cell_within_a_range_is_passed_on(excel: Excel, name: str, place: int) -> None:
    function = FUNCTIONS[name]
    for number, argument in enumerate(function.arguments):
        cells: list[object] = [column(1.0, 1.0, 1.0) if a.is_column else 1.0 for a in function.arguments]
        with_error: list[object] = [1.0, 1.0, 1.0]
        with_error[place] = DIV_0
        cells[number] = column(*with_error)
        said = excel(name, *cells)
        if argument.is_column:
            assert said == "#DIV/0!"
        elif function.returns.shape == "table":
            assert said == f"{argument.name} must be one cell (got 3 x 1 cells)."
        else:
            assert [cell for (cell,) in said][place] == "#DIV/0!"
            assert "#DIV/0!" not in [cell for (cell,) in said][:place]


def test_a_number_like_an_error_code_is_no_error_and_hides_none(excel: Excel) -> None:
    names = column("Ann", "Bo", "Cy")
    number = excel("PARETO_SHARE", names, column(5.0, -2146826281.0, 2.0), 1.0)
    assert number != "#DIV/0!"
    assert excel("PARETO_SHARE", names, column(5.0, DIV_0, 2.0), 1.0) == "#DIV/0!"
    assert excel("PARETO_SHARE", names, column(5.0, -2146826281.0, 2.0), 1.0) == number
