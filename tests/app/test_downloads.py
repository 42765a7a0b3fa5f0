"""What leaves the companion: workbooks, csv and pictures, in which text is never a formula."""

from __future__ import annotations

import io
import re
import zipfile

import altair as alt
import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.escape import unescape

from app_pages import charts, downloads, notices, tables, wording
from app_pages.chosen_log import ChosenLog
from app_pages.tables import Table
from retention_core.benchmarks import benchmark, compare
from retention_core.concentration import concentrate
from retention_core.periods import period_retention
from retention_core.samples import sample

FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=cmd|'/c calc'!A1"]


def shop() -> ChosenLog:
    """The gift shop as the pages hold it."""
    one = sample("gift_shop")
    return ChosenLog(one.key, one.title, one.kind, one.note, one.source, one.log())


def test_no_text_in_a_workbook_is_a_formula() -> None:
    frame = pd.DataFrame({"=name": FORMULAS, "value": [-1.5] * len(FORMULAS)})
    content = downloads.workbook([Table("T", frame, {"value": "money"})], {"=What": "=1+1"})
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [unescape(row[0].value) for row in book["T"].iter_rows(min_row=2)] == FORMULAS
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    parts = zipfile.ZipFile(io.BytesIO(content))
    assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if "sheet" in name)


def test_a_large_workbook_is_as_safe() -> None:
    frame = pd.DataFrame({"name": FORMULAS * 3_000, "value": 1.0})
    content = downloads.workbook([Table("T", frame, {"value": "money"})], {})
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    cells = [row[0] for row in book["T"].iter_rows(values_only=True)]
    assert len(cells) == len(frame) + 1
    assert cells[1] == "=1+1"
    book.close()


def test_figures_of_a_workbook_are_numbers_and_dates() -> None:
    table = period_retention(shop().log)
    content = downloads.workbook([tables.periods(table)], notices.definition(shop(), table))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Retention by period"]
    row = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    assert table.latest is not None
    assert row["Retention"].value == table.latest.rate
    assert row["Retention"].number_format == "0.0%"
    assert row["From"].value.date() == table.latest.start
    assert row["Kept"].value == table.latest.kept


def test_a_figure_that_is_not_there_is_an_empty_cell() -> None:
    frame = pd.DataFrame({"value": [np.nan, np.inf, 1.0]})
    content = downloads.workbook([Table("T", frame, {"value": "money"})], {})
    sheet = openpyxl.load_workbook(io.BytesIO(content))["T"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [None, None, 1]


def test_the_definition_travels_with_the_figures() -> None:
    table = period_retention(shop().log)
    content = downloads.workbook([tables.periods(table)], notices.definition(shop(), table))
    rows = openpyxl.load_workbook(io.BytesIO(content))["Definition"].iter_rows(values_only=True)
    facts = {row[0]: row[1] for row in rows}
    assert facts["Period and window"] == table.reason
    assert "simulated" in facts["Log"]


def test_no_text_in_a_csv_is_a_formula_and_negative_numbers_stay_numbers() -> None:
    frame = pd.DataFrame({"=name": FORMULAS, "value": [-1.5] * len(FORMULAS)})
    back = pd.read_csv(io.BytesIO(downloads.safe_csv(frame)), encoding="utf-8-sig", lineterminator="\n")
    assert back.columns[0] == "'=name"
    assert all(text.startswith("'") for text in back["'=name"].dropna())
    assert b",-1.5\r\n" in downloads.safe_csv(frame)


def test_text_in_a_csv_survives_its_separators() -> None:
    frame = pd.DataFrame({"name": ['a,"b"', "line\nbreak", "😀"]})
    back = pd.read_csv(io.BytesIO(downloads.safe_csv(frame)), encoding="utf-8-sig")
    assert back["name"].tolist() == frame["name"].tolist()


def pictures() -> dict[str, alt.TopLevelMixin]:
    """One chart of each kind."""
    table = period_retention(shop().log)
    spread = concentrate(["<b>", "$x$", "c"], [5.0, 3.0, -1.0], draws=50)
    found = benchmark("Retail")
    return {
        "trend": charts.retention_trend(table),
        "movements": charts.movements(table),
        "lorenz": charts.lorenz(spread, 0.2),
        "benchmarks": charts.against_benchmarks(compare(0.9, found), [benchmark("Software")]),
    }


@pytest.mark.parametrize("kind", ["trend", "movements", "lorenz", "benchmarks"])
def test_charts_are_pictures_without_a_network(kind: str) -> None:
    picture = downloads.Picture(pictures()[kind], "What is drawn <i>")
    png = downloads.draw(picture, "png", {"Log": "Gift shop (simulated)"})
    assert png.startswith(b"\x89PNG")
    svg = downloads.draw(picture, "svg", {"Log": "Gift shop (simulated) <b>"}).decode()
    assert "Gift shop (simulated)" in svg
    assert "What is drawn" in svg
    assert "<b>" not in svg
    assert "<i>" not in svg


def test_the_title_of_a_picture_is_wrapped_and_never_cut() -> None:
    words = [f"word{number}" for number in range(40)]
    picture = downloads.Picture(pictures()["lorenz"], "The curve")
    svg = downloads.draw(picture, "svg", {"Log": " ".join(words)}).decode()
    assert all(re.search(rf"\b{word}\b", svg) for word in words)
    assert "…" not in svg


def test_the_headline_figures_of_a_concentration_are_the_first_sheet() -> None:
    spread = concentrate(["a", "b", "c"], [5.0, 3.0, 1.0], draws=50)
    content = downloads.workbook([tables.pareto_summary(spread), tables.customers(spread)], {})
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames[0] == "Summary"
    names, figures = book["Summary"].iter_rows(values_only=True)
    found = dict(zip(names, figures, strict=True))
    assert found["Top fifth"] == pytest.approx(spread.top_share(0.2).value)
    assert found["Customers for 80 %, high"] == pytest.approx(spread.customers_for(0.8).high)
    assert found["Gini"] == pytest.approx(spread.gini.value)
    assert found["Gini, low"] == pytest.approx(spread.gini.low)


def test_rate_interval_gap_and_verdict_stand_in_the_summary_of_a_comparison() -> None:
    comparison = compare(0.9, benchmark("Retail"), interval=(0.85, 0.94))
    row = tables.comparison_summary(comparison, "Typed.").frame.iloc[0]
    assert (row["Your rate"], row["Low"], row["High"]) == (0.9, 0.85, 0.94)
    assert (row["Industry"], row["Benchmark"], row["Verdict"]) == ("Retail", 0.63, "above")
    assert row["Gap"] == pytest.approx(0.27)


def test_a_curve_of_a_hundred_thousand_customers_is_drawn_with_a_few_thousand_corners() -> None:
    values = np.random.default_rng(0).pareto(1.5, 100_000) + 0.1
    spread = concentrate([str(i) for i in range(len(values))], values, draws=20)
    curve = charts.lorenz(spread, 0.2).to_dict()["datasets"]
    largest = max(curve.values(), key=len)
    assert 500 < len(largest) < 3_000
    assert largest[0] == {"customers": 0.0, "share": 0.0}
    assert largest[-1] == {"customers": 1.0, "share": 1.0}


def test_classes_add_up_to_everyone_and_to_everything() -> None:
    spread = concentrate([str(i) for i in range(20)], [float(i) for i in range(1, 21)], draws=20)
    frame = tables.classes(spread).frame
    assert frame["Customers"].sum() == 20
    assert frame["Of total"].sum() == pytest.approx(1)
    assert frame["Of all"].sum() == pytest.approx(1)


def test_groups_are_listed_by_what_they_bring() -> None:
    parts = {
        "b": concentrate(["x", "y"], [1.0, 2.0], draws=20),
        "a": concentrate(["x", "y"], [10.0, 2.0], draws=20),
        "c": "c: refunds outweigh the sales.",
    }
    frame = tables.groups("Customers", parts, "revenue").frame
    assert frame.iloc[:, 0].tolist() == ["a", "b"]
    assert frame.columns.is_unique


def test_a_trend_keeps_the_order_of_time_where_incomplete_periods_come_first() -> None:
    table = period_retention(shop().log, period="quarter", active_days=365)
    drawn = [row for row in table.periods if row.rate is not None]
    assert not drawn[0].complete
    layers = charts.retention_trend(table).to_dict()["layer"]
    names = [wording.period_name("quarter", row.start, row.end) for row in drawn]
    assert all(layer["encoding"]["x"]["sort"] == names for layer in layers)


def test_a_curve_ends_at_all_of_the_value_and_above_it_only_where_refunds_lift_it() -> None:
    def highest(values: list[float]) -> float:
        spread = concentrate([str(place) for place in range(len(values))], values, draws=20)
        layer = charts.lorenz(spread, 0.2).to_dict()["layer"][0]
        assert layer["encoding"]["x"]["scale"]["domain"] == [0, 1]
        return layer["encoding"]["y"]["scale"]["domain"][1]

    assert highest([5.0, 3.0, 2.0]) == 1
    assert highest([5.0, 6.0, -1.0]) == pytest.approx(1.1)


def test_the_axis_of_figures_below_one_hundred_percent_ends_there() -> None:
    comparison = compare(0.9, benchmark("Retail"), interval=(0.85, 1.0))
    layer = charts.against_benchmarks(comparison, []).to_dict()["layer"][0]
    assert layer["encoding"]["x"]["scale"]["domain"][1] == 1


def test_customers_are_counted_in_whole_numbers() -> None:
    axis = charts.movements(period_retention(shop().log)).to_dict()["encoding"]["y"]["axis"]
    assert axis["tickMinStep"] == 1
