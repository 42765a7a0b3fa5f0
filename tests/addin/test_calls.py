"""Cells in, cells out: ranges, blanks, headers, and arguments that make no sense."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from addin import columns
from addin.calls import answer, call
from addin.cells import is_blank
from addin.functions import FUNCTIONS
from retention_core.errors import RetentionError

FORMULIZER_DIV = {"type": "Error", "kind": "Div"}


def calling(name: str, *cells: Any) -> Any:
    return call(FUNCTIONS[name], cells)


def sentence(name: str, *cells: Any) -> str:
    with pytest.raises(RetentionError) as caught:
        calling(name, *cells)
    said = str(caught.value)
    assert "\n" not in said
    assert "`" not in said
    return said


def period_of(names: Any, days: Any, amounts: Any = None) -> dict[str, Any]:
    """The table of February 2024."""
    header, row = calling("PERIOD_RETENTION", names, days, "2024-02-01", "2024-02-29", amounts)
    return dict(zip(header, row, strict=True))


ODD = [
    None, "", " ", float("nan"), "#N/A", -2146826281, FORMULIZER_DIV, -2147352572, True, "x", "110", "90%",
    0, -0.0, -5, 1, 110, 10**20, 1e300, math.inf, 20.0, 0.5, 100.0, "Retail", "Media", "logo_churn_rate", "?",
]  # fmt: skip
SPILLING = [f.name for f in FUNCTIONS.values() if f.returns.shape == "value" and not f.arguments[0].is_column]


@pytest.mark.parametrize("name", SPILLING)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_an_element_of_a_range_is_answered_as_a_call_of_its_own(name: str, data: st.DataObject) -> None:
    function = FUNCTIONS[name]
    cell, size = st.sampled_from(ODD), data.draw(st.integers(2, 4))
    cells = [data.draw(cell | st.lists(cell, min_size=size, max_size=size)) for _ in function.arguments]
    wide = [one for one in cells if isinstance(one, list)]
    assume(any(not all(map(is_blank, one[1:])) for one in wide))
    spilled = answer(function, [column(one) if isinstance(one, list) else one for one in cells])
    for row, answered in enumerate(spilled):
        element = [one[row] if isinstance(one, list) else one for one in cells]
        blank = all(is_blank(one[row]) for one in wide)
        assert answered == [None if blank else answer(function, element)]


def column(cells: list[Any]) -> list[list[Any]]:
    return [[cell] for cell in cells]


def test_a_row_and_a_column_fill_the_block_between_them() -> None:
    assert calling("RETENTION_CONVERT", [[0.5, 0.25]], [[1], [2]], 2) == [[0.25, 0.0625], [0.5, 0.25]]


def test_ranges_of_different_sizes_are_one_sentence() -> None:
    assert sentence("RETENTION", [[1], [2], [3]], [[1], [2]], 0) == (
        "end_customers has 2 rows and start_customers 3: give ranges of the same size, or single cells."
    )
    assert sentence("GINI", [["a"]], [[1], [2]]).startswith("customers has 1 row and amounts 2:")
    assert "columns" in sentence("RETENTION", [[1, 2, 3]], [[1, 2]], 0)


def test_a_longer_range_whose_tail_is_blank_fits() -> None:
    assert calling("CHURN", [[100], [100], [None]], [[90], [80]], 0) == [[0.1], [0.2]]


def test_a_row_blank_in_every_range_stays_blank() -> None:
    assert calling("GRR", [[100], [""], [100]], [[0], [None], [10]], 0) == [[1.0], [None], [0.9]]


def test_a_blank_beside_a_number_is_an_error_and_not_zero() -> None:
    assert calling("GRR", [[100], [100]], [[0], [None]], 0)[1] == ["contraction is blank: give a number."]
    assert sentence("RETENTION", 100, 110, None) == "new_customers is blank: give a number."
    assert sentence("RETENTION", 100, 110, " \u00a0") == "new_customers is blank: give a number."


def test_single_cells_that_are_blank_in_a_range_call_are_errors_in_each_cell() -> None:
    assert calling("GRR", [[100], [100]], None, 0) == [["contraction is blank: give a number."]] * 2


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("#N/A", "#N/A"),
        (" #value! ", "#VALUE!"),
        (-2146826246, "#N/A"),
        (-2146826259, "#NAME?"),
        (-2146826288, "#NULL!"),
        (-2146826252, "#NUM!"),
        (-2146826265, "#REF!"),
        (-2146826273, "#VALUE!"),
        (-2146826281, "#DIV/0!"),
        (FORMULIZER_DIV, "#DIV/0!"),
        ({"type": "Error", "kind": "Na"}, "#N/A"),
        ({"type": "Error", "kind": "Name"}, "#NAME?"),
        ({"type": "Error", "kind": "Something new"}, "#VALUE!"),
    ],
)
def test_error_cells_of_every_host_are_passed_on(cell: Any, error: str) -> None:
    assert calling("RETENTION", 100, cell, "nonsense") == error
    assert calling("RETENTION", 0, [[cell], [1]], 1)[0] == [error]
    assert calling("PARETO", [["a"], ["b"]], [["amount"], [cell]]) == error


def test_a_number_that_looks_like_an_error_code_is_a_number() -> None:
    assert "(got -2146826281)" in sentence("RETENTION", -2146826281.0, 1, 1)


def test_text_that_is_a_number_is_read_as_excel_reads_it() -> None:
    assert calling("RETENTION", "100", " 110", "2e1") == 0.9
    assert calling("RETENTION_CONVERT", "90%", 1, 1) == 0.9


@pytest.mark.parametrize(
    "text", ["1,5", "1.000,5", "1 000", "$5", "0x10", "1_000", "nan", "inf", "--1", "５"]
)
def test_text_that_could_mean_several_numbers_is_refused(text: str) -> None:
    assert sentence("CUSTOMER_LIFETIME", text) == f'churn must be a number (got "{text}").'


def test_a_percentage_is_refused_where_a_count_is_asked_for() -> None:
    assert sentence("RETENTION", "90%", 1, 1) == 'start_customers must be a number (got "90%").'


def test_ninety_instead_of_a_fraction_is_explained() -> None:
    assert "such as 0.9 for 90 %" in sentence("RETENTION_CONVERT", 90, 1, 12)


@pytest.mark.parametrize("number", [math.inf, -math.inf, 10**400, -(10**400), 1e308, 5e-324, -0.0])
@pytest.mark.parametrize(
    "name", ["RETENTION", "RETENTION_LOW", "RETENTION_CONVERT", "NRR", "CUSTOMER_LIFETIME"]
)
def test_extreme_numbers_give_a_finite_number_or_a_sentence(name: str, number: float) -> None:
    function = FUNCTIONS[name]
    for place in range(len(function.arguments)):
        cells: list[Any] = [0.5] * len(function.arguments)
        cells[place] = number
        answered = answer(function, cells)
        assert (isinstance(answered, float) and math.isfinite(answered)) or str(answered).endswith(".")
        assert "our mistake" not in str(answered)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "cell",
    [None, "", True, "=1+1", "`x`", "\ud800", [], [[]], [[[]]], [[None]], {}, -5, 1e300, "😀", "a" * 9999],
)
def test_any_cell_in_any_place_is_answered_without_a_failure(name: str, cell: Any) -> None:
    function = FUNCTIONS[name]
    for place in range(len(function.arguments)):
        cells: list[Any] = [[["Ann"], ["Bo"]] if a.is_column else 1 for a in function.arguments]
        cells[place] = cell
        answered = answer(function, cells)
        assert "our mistake" not in str(answered)
        assert "\n" not in str(answered)


def test_the_wrong_number_of_arguments_shows_the_right_one() -> None:
    assert sentence("RETENTION", 100) == (
        "RETENTION takes 3 arguments: RETENTION(start_customers, end_customers, new_customers) (got 1)."
    )
    assert sentence("NRR", 1, 2, 3, 4, 5, 6).startswith("NRR takes 4 to 5 arguments: NRR(")


def test_a_ragged_range_and_one_larger_than_a_sheet_are_refused() -> None:
    assert (
        sentence("RETENTION", [[1, 2], [3]], 1, 1)
        == "start_customers is not a range: its rows differ in length."
    )
    assert "larger than a sheet" in sentence("RETENTION", [[1] * 16_385], 1, 1)
    assert "would fill" in sentence("RETENTION", [[1]] * 10_000, [[1] * 10_000], 1)


def test_the_first_row_is_a_header_if_a_number_column_has_text_there() -> None:
    with_header = calling("GINI", [["x"], ["a"], ["b"]], [["y"], [1], [3]])
    assert with_header == calling("GINI", [["a"], ["b"]], [[1], [3]])
    assert calling("PARETO", [["customer"], ["b"]], [[1], [3]])[2][0] == "customer"


def test_the_first_row_is_a_header_if_a_date_column_has_text_there() -> None:
    names, days = [["x"], ["Ann"]], [["bought on"], ["2024-01-05"]]
    header, row = calling("PERIOD_RETENTION", names, days, "2024-01-01", "2024-01-31")
    assert dict(zip(header, row, strict=True))["new"] == 1


def test_numbers_and_dates_written_as_text_are_no_headers() -> None:
    assert len(calling("PARETO", [["a"], ["b"]], [["5"], ["6"]])) == 3
    assert period_of([["a"], ["b"]], [["2024-02-05"], ["2024-02-06T10:00Z"]])["rows_used"] == 2


@pytest.mark.parametrize(
    "text",
    ["n/a", "N.A.", "-", "--", "–", "?", "null", "NaN", "(none)", "#NV", "#NAME", "#ERROR!", "tbd", "unknown",
     "free", "inf", "1,5", "5 EUR", "2 000", "Q1", "12 Jan", "2024-02-30", "１"],
)  # fmt: skip
def test_text_in_place_of_a_number_is_data_and_no_header(text: str) -> None:
    assert (
        sentence("PARETO", [["a"], ["b"]], [[text], [5]])
        == f'amounts, row 1, must be a number (got "{text}").'
    )


@pytest.mark.parametrize(
    "text", ["2024-02-30", "5/2/2024", "n/a", "-", "--", "null", "#NV", "Q1", "5 Feb", "today"]
)
def test_text_in_place_of_a_date_is_data_and_counted(text: str) -> None:
    table = period_of([["Ann"], ["Bo"], ["Cy"]], [[text], ["2024-01-09"], ["2024-02-03"]])
    assert (table["rows_used"], table["rows_set_aside"]) == (2, 1)


def test_error_text_that_sheets_know_is_passed_on_from_the_first_row() -> None:
    assert calling("PARETO", [["a"], ["b"]], [["#N/A"], [5]]) == "#N/A"


def test_every_number_and_date_column_must_hold_a_title() -> None:
    names, days = [["x"], ["Ann"]], [["bought"], [45330]]
    assert period_of(names, days, [["paid"], [5]])["rows_set_aside"] == 0
    for first in (5, "n/a", None, "2024"):
        assert period_of(names, days, [[first], [5]])["rows_set_aside"] == 1
    assert period_of(names, [["2024-02-30"], [45330]], [["paid"], [5]])["rows_set_aside"] == 1


@pytest.mark.parametrize("title", ["2024 sales", "Q1", "Amount 1", "Umsatz 2024 (EUR)"])
def test_a_title_may_have_digits_beside_a_known_name_of_a_customer_column(title: str) -> None:
    for known in ("Customer", "customer ID", "Kunde", "Email"):
        assert calling("PARETO", [[known], ["a"], ["b"]], [[title], [1], [3]]) == (
            calling("PARETO", [["a"], ["b"]], [[1], [3]])
        )
    assert sentence("PARETO", [["Ann"], ["a"]], [[title], [1]]).startswith("amounts, row 1, must be a number")


def test_a_known_name_beside_a_value_or_a_gap_is_a_customer() -> None:
    assert sentence("PARETO", [["Customer"], ["b"]], [["n/a"], [3]]).startswith("amounts, row 1,")
    assert sentence("PARETO", [["Customer"], ["b"]], [[None], [3]]).startswith("amounts, row 1, is blank")
    assert period_of([["Client"], ["Ann"]], [["2024-02-30"], [45330]])["rows_set_aside"] == 1


def test_text_that_comes_again_below_is_no_title() -> None:
    assert sentence("PARETO", [["Ann"], ["Bo"], ["Ann"]], [["gratis"], [5], [6]]).startswith(
        "amounts, row 1,"
    )
    assert sentence("PARETO", [["Ann"], ["Bo"]], [["gratis"], ["gratis"]]).startswith("amounts, row 1,")


def test_a_header_whose_customer_cell_is_blank_loses_nobody() -> None:
    assert calling("PARETO", [[None], ["a"]], [["paid"], [5]])[1][0] == "a"


def test_customers_alone_have_a_header_only_if_it_is_a_known_column_name() -> None:
    assert calling("REPEAT_RATE", [["Customer ID"], ["a"], ["a"]]) == 1.0
    assert calling("REPEAT_RATE", [["anything"], ["a"], ["a"]]) == 0.5


def test_columns_of_different_lengths_are_one_sentence() -> None:
    assert sentence("GINI", [["a"], ["b"]], [[1]]) == (
        "amounts has 1 row and customers 2: give columns of the same length."
    )


@pytest.mark.parametrize("name", ["PARETO", "PARETO_SHARE", "PARETO_CUSTOMERS", "GINI"])
def test_a_half_blank_row_is_named_where_it_cannot_be_counted(name: str) -> None:
    remedy = "while {} is filled: fill it in or leave the whole row out."
    assert sentence(name, [["who"], ["a"], [None]], [["what"], [1], [3]]) == (
        f"customers, row 3, is blank {remedy.format('amounts')}"
    )
    assert (
        sentence(name, [["a"], ["b"]], [[1], [" "]])
        == f"amounts, row 2, is blank {remedy.format('customers')}"
    )
    assert sentence(name, [["a"], ["N/A"]], [[1], [2]]) == (
        f'customers, row 2, names nobody (got "N/A") {remedy.format("amounts")}'
    )


def test_an_order_log_sets_half_blank_rows_aside_and_counts_them() -> None:
    names = [["Ann"], [None], ["Bo"], ["n/a"], ["Cy"], [None]]
    days = [["2024-02-05"], ["2024-02-06"], [None], ["2024-02-07"], ["2024-02-08"], [None]]
    amounts = [[5], [5], [5], [5], [None], [None]]
    table = period_of(names, days)
    assert (table["rows_used"], table["rows_set_aside"], table["at_end"]) == (2, 3, 2)
    table = period_of(names, days, amounts)
    assert (table["rows_used"], table["rows_set_aside"], table["at_end"]) == (1, 4, 1)


def test_an_order_log_sets_aside_what_it_cannot_read_and_counts_it() -> None:
    names, days = [["Ann"], ["Bo"], [True], ["Cy"]], [["2024-02-30"], ["5/2/2024"], [45330], [45331]]
    table = period_of(names, days, [[1], [2], [3], ["4"]])
    assert (table["rows_used"], table["rows_set_aside"], table["new"]) == (1, 3, 1)
    table = period_of(names, [[45330]] * 4, [[1], ["$2"], [3], [1e16]])
    assert (table["rows_used"], table["rows_set_aside"]) == (1, 3)


@pytest.mark.parametrize(
    ("names", "days", "amounts", "said"),
    [
        (["a", "b"], ["5/2/2024", "6/2/2024"], None,
         'dates, row 1, must be a date: an Excel date or text like 2024-01-31 (got "5/2/2024").'),
        (["a", "b", "c"], ["1900-01-05", 3, 2_900_000], None,
         "dates must lie between 1901 and 2199 (got 1900-01-05)."),
        (["a", None], [None, 45330], None,
         "dates has no date beside a customer: give Excel dates or text like 2024-01-31."),
        (["n/a", None], [45330, 45331], None, "customers names nobody: give the customer of each order."),
        (["a", "b"], [45330, 45331], [-1, -2],
         "amounts are all below zero: refunds are no orders, so give the amounts of the orders too."),
        (["a", "b"], [45330, 45331], [2e15, None],
         "amounts has no number up to 1,000,000,000,000,000 beside a customer and a date: give some."),
        (["a", "b"], [45330, 45331], ["x", "y"], 'amounts, row 1, must be a number (got "x").'),
        ([True, False], [45330, 45331], None,
         "customers, row 1, must be a customer's name or number (got TRUE)."),
    ],
)  # fmt: skip
def test_an_order_log_without_an_order_says_which_argument_is_to_blame(
    names: list[Any], days: list[Any], amounts: list[Any] | None, said: str
) -> None:
    assert sentence("PERIOD_RETENTION", names, days, "2024-02-01", "2024-02-29", amounts) == said


def test_an_unreadable_cell_of_a_column_is_named_with_its_row() -> None:
    assert (
        sentence("PARETO", [["a"], ["b"]], [[1], ["n/a"]]) == 'amounts, row 2, must be a number (got "n/a").'
    )
    assert sentence("REPEAT_RATE", [["a"], [True]]) == (
        "customers, row 2, must be a customer's name or number (got TRUE)."
    )


def test_a_column_may_lie_in_a_row_but_not_in_a_block() -> None:
    assert calling("GINI", [["a", "b"]], [[1, 3]]) == calling("GINI", ["a", "b"], [1, 3]) == 0.25
    assert sentence("GINI", [["a", "b"], ["c", "d"]], [[1], [2]]) == (
        "customers must be one column (got 2 columns)."
    )


def test_columns_without_rows_are_one_sentence() -> None:
    assert sentence("GINI", [[None]], [[None]]) == "customers has no filled rows."
    assert sentence("GINI", [["customer"]], [["amount"]]) == "customers has no filled rows below its header."


def test_blank_rows_of_an_order_log_are_counted() -> None:
    header, row = calling(
        "PERIOD_RETENTION",
        [["Ann"], [None], ["Bo"]],
        [["2024-01-05"], [None], ["2024-01-06"]],
        "2024-01-01",
        "2024-01-31",
    )
    table = dict(zip(header, row, strict=True))
    assert (table["rows_used"], table["rows_set_aside"]) == (2, 1)


def test_refunds_are_no_orders_in_a_period() -> None:
    names, days = [["Ann"], ["Bo"]], [["2024-01-05"], ["2024-01-06"]]
    header, row = calling("PERIOD_RETENTION", names, days, "2024-01-01", "2024-01-31", [[5], [-5]])
    assert dict(zip(header, row, strict=True))["new"] == 1


def test_the_activity_window_can_be_given() -> None:
    names, days = [["Ann"], ["Ann"]], [["2023-12-05"], ["2024-02-03"]]
    short = calling("PERIOD_RETENTION", names, days, "2024-02-01", "2024-02-29")
    long = calling("PERIOD_RETENTION", names, days, "2024-02-01", "2024-02-29", None, 90)
    assert [dict(zip(*table, strict=True))["kept"] for table in (short, long)] == [0, 1]


@pytest.mark.parametrize(
    ("start", "last", "said"),
    [
        (
            "2024-02-01",
            "2024-01-31",
            "last_day must not lie before period_start, 2024-02-01 (got 2024-01-31).",
        ),
        ("2024-02-01", "9999-12-31", "last_day must lie between 1901 and 2199 (got 9999-12-31)."),
        (60, "2024-01-31", "period_start must be a date: an Excel date or text like 2024-01-31 (got 60)."),
        (
            "2024-02-30",
            45000,
            'period_start must be a date: an Excel date or text like 2024-01-31 (got "2024-02-30").',
        ),
        (None, 45000, "period_start is blank: give a date."),
        ([[45000], [45001]], 45010, "period_start must be one cell (got 2 x 1 cells)."),
    ],
)
def test_periods_that_make_no_sense_are_one_sentence(start: Any, last: Any, said: str) -> None:
    assert sentence("PERIOD_RETENTION", [["Ann"]], [[45000]], start, last) == said


def test_days_that_are_no_whole_number_are_refused() -> None:
    assert sentence("PERIOD_RETENTION", ["Ann"], [45000], 45000, 45030, None, 1.5) == (
        "active_days must be a whole number (got 1.5)."
    )


def test_a_function_of_columns_spills_over_its_single_values() -> None:
    spilled = calling("PARETO_SHARE", [["a"], ["b"]], [[1], [3]], [[0.5], [7], [1]])
    assert spilled[0] == [0.75]
    assert spilled[1][0].startswith("top must be a fraction")
    assert spilled[2] == [1.0]


def test_a_spilling_function_sums_its_columns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from retention_core import lorenz

    sums = []
    rank_purchases = lorenz.rank_purchases

    def counted(*columns: Any) -> Any:
        sums.append(columns)
        return rank_purchases(*columns)

    monkeypatch.setattr(lorenz, "rank_purchases", counted)
    for name in ("PARETO_SHARE", "PARETO_CUSTOMERS"):
        columns.forget()
        shares = [[share / 50] for share in range(1, 51)]
        spilled = calling(name, [["a"], ["b"], ["c"]], [[1], [3], [9]], shares)
        assert len(sums) == 1
        one_by_one = [[calling(name, [["a"], ["b"], ["c"]], [[1], [3], [9]], share)] for [share] in shares]
        assert spilled == one_by_one
        sums.clear()


def test_columns_that_make_no_sense_are_one_sentence_and_not_one_for_each_cell() -> None:
    assert sentence("PARETO_SHARE", [["a"]], [[-1]], [[0.1], [0.2]]).startswith("amounts must add up to more")


def test_an_industry_is_looked_up_once_for_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    from retention_core import benchmarks

    asked = []
    benchmark = benchmarks.benchmark

    def noted(industry: str, metric: str) -> Any:
        asked.append(industry)
        return benchmark(industry, metric)

    monkeypatch.setattr(benchmarks, "benchmark", noted)
    rows = [[kept] for kept in range(100)]
    calling("BENCHMARK_VERDICT", rows, 100, "Airlines of 1903")
    calling("BENCHMARK_VERDICT", rows, 100, " Retail  ")
    assert len(asked) <= 2


def test_an_error_cell_comes_before_what_is_wrong_with_the_columns() -> None:
    assert calling("PARETO_SHARE", [["a"]], [["x"], ["y"]], "#N/A") == "#N/A"
    assert calling("PARETO_SHARE", [["a"], [FORMULIZER_DIV]], [["x"]], "#N/A") == "#DIV/0!"
    assert calling("GINI", [["a", "b"], ["c", "#N/A"]], [[1], [2]]) == "#N/A"
    assert calling("PERIOD_RETENTION", [["a"]], [["x"], ["y"]], "2024-02-01", [["#REF!"]]) == "#REF!"


def test_an_error_cell_among_several_shares_stays_in_its_own_cell() -> None:
    assert calling("PARETO_SHARE", [["a"], ["b"]], [[1], [3]], [["#N/A"], [0.5]]) == [["#N/A"], [0.75]]


def test_minus_zero_is_zero() -> None:
    for zero in (-0.0, "-0", "-0.0"):
        assert sentence("RETENTION", zero, 1, 1).endswith("(got 0).")


def test_core_errors_speak_of_the_worksheets_arguments() -> None:
    assert sentence("GINI", ["a", "b"], [1, -1]).startswith("amounts must add up to more than zero")
    assert sentence("BENCHMARK_VERDICT", 5, 0, "Retail").startswith("start_customers must be above zero")
    assert sentence("BENCHMARK_VERDICT", 50, 5, "Retail").startswith(
        "kept must lie between 0 and start_customers"
    )
    assert sentence("BENCHMARK", "Retial").startswith('industry "Retial" is not in the table')


def test_customers_and_revenue_are_never_compared() -> None:
    assert "compare like with like" in sentence(
        "BENCHMARK_VERDICT", 90, 100, "Software", "net_revenue_retention"
    )


def test_churn_figures_are_compared_as_one_minus_churn() -> None:
    churn = calling("BENCHMARK", "Accounting firms", "logo_churn_rate")
    kept = round(100_000 * (1 - churn))
    assert (
        calling("BENCHMARK_VERDICT", kept + 2_000, 100_000, "Accounting firms", "logo_churn_rate") == "above"
    )
    assert (
        calling("BENCHMARK_VERDICT", kept - 2_000, 100_000, "Accounting firms", "logo_churn_rate") == "below"
    )
    assert calling("BENCHMARK_VERDICT", kept, 100_000, "Accounting firms", "logo_churn_rate") == "cannot tell"


def test_every_benchmark_is_listed_with_year_sample_and_source() -> None:
    header, *rows = calling("BENCHMARKS")
    assert {"year", "sample_note", "definition_note", "source_name", "confidence"} <= set(header)
    assert len(rows) > 100
    assert json.dumps(rows)
    assert calling("BENCHMARKS", " retail ")[1][0] == "Retail"


def test_dates_are_handed_back_as_dates() -> None:
    row = calling("PERIOD_RETENTION", ["Ann"], [date(2024, 1, 5)], date(2024, 1, 1), date(2024, 1, 31))[1]
    assert row[:2] == [date(2024, 1, 1), date(2024, 1, 31)]
