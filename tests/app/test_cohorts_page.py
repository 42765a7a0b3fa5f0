"""The page on cohorts: what it says against the core, its controls, and logs that mean no good."""

from __future__ import annotations

import datetime as dt
import io
import re

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import cohort_charts, cohort_lists, downloads
from app_pages.chosen_log import ChosenLog
from retention_core.cohorts import cohorts_of
from retention_core.samples import sample
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

KEY = "gift_shop"


def page(log: str | ChosenLog = KEY, **state: object) -> AppTest:
    app = opened("cohorts", log=log, **state)
    assert not app.exception
    return app


def heading(app: AppTest) -> str:
    """The answer of the page."""
    lines = [plain(line.value).replace("\xa0", " ") for line in app.markdown]
    return next(line for line in lines if line.startswith("###"))


def control(app: AppTest, label: str) -> object:
    """The selectbox with this label."""
    return next(box for box in app.selectbox if box.label == label)


def percent(rate: float) -> str:
    return f"{rate:.1%}".replace("%", " %")


def listed(app: AppTest) -> list[str]:
    """The customers shown behind the cell."""
    return next(list(part.value["Customer"]) for part in app.dataframe if "First order" in part.value)


def test_the_verdict_is_that_of_the_core() -> None:
    app = page()
    control(app, "Period").set_value("month").run()
    table = cohorts_of(sample(KEY).log(), period="month")
    trend = table.trend(1)
    assert trend.verdict == "falling" and trend.slope is not None
    assert "Newer customers stay worse" in heading(app)
    assert f"falls by {abs(trend.slope) * 100:.1f} points from one month's" in heading(app)
    average = table.average[1]
    assert average is not None
    assert f"{average.customers:,.0f} ordered again in month 1: {percent(average.rate)}" in texts(app)
    assert "without it the fall is still there" in texts(app)


def test_a_fall_that_only_the_first_cohort_makes_is_not_called_one() -> None:
    customers, dates = [], []
    for month, back in (1, 60), (2, 20), (3, 22), (4, 18), (5, 21):
        for number in range(100):
            customers.append(f"{month}-{number}")
            dates.append(f"2025-{month:02}-03")
            if number < back:
                customers.append(f"{month}-{number}")
                dates.append(f"2025-{month + 1:02}-05")
    log = yours({"customer": [*customers, "z"], "date": [*dates, "2025-07-01"]})
    assert cohorts_of(log.log).trend(1).verdict == "falling"
    app = page(log)
    assert "only the first cohort stays better" in heading(app)
    assert "without it the fall cannot be told from chance" in texts(app)


def test_the_period_is_that_of_the_sidebar_or_a_shorter_one_with_cohorts_to_compare() -> None:
    assert control(page(), "Period").value == "quarter"
    assert control(page("cdnow"), "Period").value == "month"
    app = page()
    app.selectbox(key="period").set_value("Year").run()
    assert control(app, "Period").value == "year"


def test_another_age_is_compared_when_chosen() -> None:
    app = page()
    app.selectbox(key=next(box.key for box in app.selectbox if box.key.startswith("cohort age "))).set_value(
        4
    ).run()
    average = cohorts_of(sample(KEY).log(), period="quarter").average[4]
    assert average is not None
    assert f"ordered again in quarter 4: {percent(average.rate)}" in texts(app)


def test_measures_are_those_the_log_can_answer() -> None:
    assert control(page(), "Measure").options == ["Customers", "Orders", "Revenue", "Profit"]
    assert control(page("cdnow"), "Measure").options == ["Customers", "Orders", "Revenue"]
    bare = yours({"customer": ["a", "b", "a"], "date": ["2025-01-01", "2025-01-09", "2025-03-03"]})
    assert control(page(bare), "Measure").options == ["Customers", "Orders"]


@pytest.mark.parametrize("measure", ["orders", "revenue", "profit"])
def test_other_measures_say_their_share_and_claim_no_trend(measure: str) -> None:
    app = page()
    control(app, "Measure").set_value(measure).run()
    assert not app.exception
    average = cohorts_of(sample(KEY).log(), period="quarter", measure=measure).average[1]
    assert average is not None
    assert f"{percent(average.rate)} of the first quarter's" in heading(app)
    assert measure.capitalize() in heading(app)


def test_ages_in_days_are_the_readers_spans() -> None:
    app = page()
    control(app, "Ages in").set_value(True).run()
    app.text_input(key=f"cohort days {KEY} False").set_value("1-14, 15 to 60").run()
    assert not app.exception
    average = cohorts_of(sample(KEY).log(), period="quarter", days=[(1, 14), (15, 60)]).average[1]
    assert average is not None
    assert f"ordered again in days 1 to 14: {percent(average.rate)}" in texts(app)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", 'numbers such as 30 or spans such as 1-30, with commas between (got "soon")'),
        ("", "must hold at least one number"),
        ("<b>$x$</b>", "got "),
    ],
)
def test_days_that_are_none_get_one_sentence(text: str, said: str) -> None:
    app = page()
    control(app, "Ages in").set_value(True).run()
    app.text_input(key=f"cohort days {KEY} False").set_value(text).run()
    assert not app.exception
    assert len(app.error) == 1
    assert said in plain(app.error[0].value)
    assert "<b>" not in app.error[0].value.replace("\\<", "")


def test_days_that_overlap_get_the_sentence_of_the_core() -> None:
    app = page()
    control(app, "Ages in").set_value(True).run()
    app.text_input(key=f"cohort days {KEY} False").set_value("1-30, 20-40").run()
    assert not app.exception
    assert "must not overlap" in plain(app.info[0].value)


def test_any_later_time_counts_when_asked_for() -> None:
    app = page()
    control(app, "Who counts").set_value(True).run()
    average = cohorts_of(sample(KEY).log(), period="quarter", unbounded=True).average[1]
    assert average is not None
    assert f"ordered again in quarter 1 or later: {percent(average.rate)}" in texts(app)


def test_groups_are_set_side_by_side_and_judged_elsewhere() -> None:
    app = page()
    control(app, "Cohorts by").set_value("channel").run()
    assert not app.exception
    rates = {
        row.name: row.cells[1].rate
        for row in cohorts_of(sample(KEY).log(), period="quarter", by="channel").cohorts
    }
    assert f"from {percent(min(rates.values()))} (marketplace) to {percent(max(rates.values()))}" in heading(
        app
    )
    assert "the page Drivers tells" in texts(app)


def test_the_list_holds_the_customers_behind_the_cell_and_its_counterpart_the_others() -> None:
    app = page()
    table = cohorts_of(sample(KEY).log(), period="quarter")
    place = len(table.cohorts) - 2
    control(app, "Cohort").set_value(place)
    app.run()
    here = table.customers_of(table.cohorts[place].name, 1)
    assert listed(app) == list(here)
    app.radio(key="cell stayed").set_value("who did not").run()
    assert sorted(listed(app) + list(here)) == sorted(table.customers_of(table.cohorts[place].name, 0))


def test_a_cell_not_begun_has_no_customers_to_list() -> None:
    app = page()
    last = len(cohorts_of(sample(KEY).log(), period="quarter").cohorts) - 1
    control(app, "Cohort").set_value(last).run()
    assert any("Nothing of this age is lived yet" in info.value for info in app.info)


def test_the_as_of_date_holds_for_the_cohorts() -> None:
    app = page()
    app.date_input(key=f"as of {KEY}").set_value(dt.date(2024, 7, 1)).run()
    average = cohorts_of(sample(KEY).log(), period="quarter", as_of=dt.date(2024, 7, 1)).average[1]
    assert average is not None
    assert f"{average.customers:,.0f} ordered again in quarter 1" in texts(app)


TINY: dict[str, dict[str, list[object]]] = {
    "one order": {"customer": ["a"], "date": ["2025-01-01"], "amount": [5]},
    "one day": {"customer": ["a", "b"], "date": ["2025-01-01"] * 2, "amount": [1, 2]},
    "no amounts": {"customer": ["a", "b", "a"], "date": ["2025-01-01", "2025-01-09", "2025-02-03"]},
}


@pytest.mark.parametrize("rows", TINY.values(), ids=TINY)
def test_a_log_too_young_says_what_to_do(rows: dict[str, list[object]]) -> None:
    app = page(yours(rows))
    assert not app.error
    assert "No cohort is old enough yet" in app.info[0].value
    assert "Count ages in days" in app.info[0].value


def test_two_cohorts_are_too_few_for_a_trend_and_the_page_says_so() -> None:
    log = yours(
        {"customer": ["a", "b", "c", "d"], "date": ["2025-01-01", "2025-02-02", "2025-03-02", "2025-04-05"]}
    )
    assert "Too early to tell" in heading(page(log))


def test_names_that_are_markup_stay_text() -> None:
    dates = [f"2025-{month:02}-05" for month in (1, 2, 3) for _ in HOSTILE]
    rows: dict[str, list[object]] = {"customer": [*HOSTILE] * 3, "date": dates, "<img src=x>": [*HOSTILE] * 3}
    app = page(yours(rows, groups=["<img src=x>"]))
    control(app, "Cohorts by").set_value("<img src=x>").run()
    assert not app.exception
    shown = re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app))
    for markup in ("<script>", "<img", "**bold**", "[a]("):
        assert markup not in shown
    assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def test_cells_not_lived_are_left_blank_and_the_average_stands_on_top() -> None:
    table = cohorts_of(sample(KEY).log(), period="quarter")
    cells = cohort_charts.cohort_heatmap(table).data
    lived = sum(cell is not None and cell.rate is not None for row in table.cohorts for cell in row.cells[1:])
    assert len(cells) == lived + len(table.ages) - 1
    first = cells[(cells["row"] == 0) & (cells["column"] == 0)].iloc[0]
    average = table.average[1]
    assert average is not None and first["shade"] == average.rate
    assert first["tip3"].replace("\xa0", " ") == f"{average.low:.1%} to {average.high:.1%}".replace(
        "%", "", 1
    ).replace("%", " %")


def test_more_cohorts_than_can_be_read_are_cut_to_the_latest_and_the_page_says_so() -> None:
    months = [f"{year}-{month:02}-05" for year in range(2015, 2025) for month in range(1, 13)]
    log = yours({"customer": [*range(120), *range(120)], "date": [*months, *months[1:], "2025-01-05"]})
    app = page(log)
    control(app, "Period").set_value("month").run()
    assert f"the {cohort_charts.MOST_ROWS} latest cohorts of 120" in texts(app)
    table = cohorts_of(log.log, period="month")
    drawn = cohort_charts.cohort_heatmap(table).data
    assert drawn["row"].nunique() <= cohort_charts.MOST_ROWS + 1
    assert drawn["column"].max() < cohort_charts.MOST_COLUMNS
    assert len(cohort_lists.rates(table).frame) == 121


def test_downloads_hold_every_cell_with_its_interval_and_the_picture_is_drawn() -> None:
    table = cohorts_of(sample("cdnow").log(), period="month")
    cells = cohort_lists.cells(table)
    row = cells.frame[(cells.frame["Cohort"] == "Feb 1997") & (cells.frame["Age"] == "month 1")].iloc[0]
    cell = table.cohorts[1].cells[1]
    assert cell is not None
    assert (row["Rate"], row["Low"], row["High"]) == (cell.rate, cell.low, cell.high)
    book = downloads.workbook([cohort_lists.rates(table), cells], {"Log": "CDNOW"})
    assert openpyxl.load_workbook(io.BytesIO(book)).sheetnames == ["Cohorts", "Cells", "Definition"]
    picture = downloads.Picture(cohort_charts.cohort_heatmap(table), "Cohorts")
    assert downloads.draw(picture, "png", {"Log": "CDNOW"}).startswith(b"\x89PNG")
