"""Every page, run by Streamlit's own test runner, over both samples and over logs that mean no good."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from app_pages import uploads
from app_pages.chosen_log import ChosenLog
from retention_core.orders import OrderLog
from retention_core.periods import period_retention
from retention_core.samples import all_samples, sample

ROOT = Path(__file__).parents[2]
PAGES = ("overview", "pareto", "benchmarks", "cohorts", "segments", "drivers", "data")
SAMPLES = tuple(one.key for one in all_samples())
HOSTILE = (
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "$x^2$ **bold** :material/home:",
    "[a](http://b.c)",
    "😀\u202eabc",
)


def opened(page: str, *, log: str | ChosenLog = "gift_shop", **state: object) -> AppTest:
    """A page of the whole app, opened by its link and run once over the log."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if isinstance(log, ChosenLog):
        app.session_state["yours"] = log
        app.session_state["log in use"] = "yours"
    else:
        app.session_state["log in use"] = log
    for key, value in state.items():
        app.session_state[key] = value
    return app.switch_page(f"app_pages/{page}.py").run()


def yours(rows: dict[str, list[object]], **mapping: object) -> ChosenLog:
    """A log as the upload page would make it."""
    frame = pd.DataFrame(rows)
    log = OrderLog.from_frame(frame, **mapping)
    return ChosenLog("yours 0", "orders.csv", "yours", "orders.csv, read here.", "Your file", log)


def texts(app: AppTest) -> str:
    """Everything that markdown renders on the page."""
    parts = [*app.markdown, *app.caption, *app.title, *app.subheader, *app.info, *app.error, *app.warning]
    return "\n".join(str(part.value) for part in (*parts, *app.success)).replace("\xa0", " ")


def plain(text: str) -> str:
    """Markdown as it reads, escapes gone."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\u2060", "")


@pytest.mark.parametrize("log", SAMPLES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_over_every_sample(page: str, log: str) -> None:
    app = opened(page, log=log)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1


def test_overview_says_the_latest_rate_of_the_core() -> None:
    latest = period_retention(sample("gift_shop").log()).latest
    assert latest is not None and latest.rate is not None
    app = opened("overview")
    assert f"{latest.rate:.1%}".replace("%", " %") in texts(app)
    assert {metric.label: metric.value for metric in app.metric}["Kept"] == f"{latest.kept:,}"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("log", SAMPLES)
def test_a_sample_is_labelled_on_every_page(page: str, log: str) -> None:
    one = sample(log)
    assert f"{one.kind.capitalize()} data" in texts(opened(page, log=log))


def test_the_other_sample_is_one_click_away() -> None:
    app = opened("overview")
    app.radio(key="chosen log").set_value("cdnow").run()
    assert not app.exception
    assert "Real data" in texts(app)
    assert "23,570 customers" in texts(app)


def test_the_choice_of_a_log_holds_on_the_next_page() -> None:
    app = opened("overview")
    app.radio(key="chosen log").set_value("cdnow").run()
    app.switch_page("app_pages/pareto.py").run()
    assert "Real data" in texts(app)


def test_period_window_and_day_are_the_readers_choice() -> None:
    app = opened("overview")
    app.selectbox(key="period").set_value("Year")
    app.radio(key="window").set_value("a number of days").run()
    app.number_input(key="days").set_value(200)
    app.date_input(key="as of gift_shop").set_value(dt.date(2025, 1, 1)).run()
    log = sample("gift_shop").log()
    table = period_retention(log, period="year", active_days=200, as_of=dt.date(2025, 1, 1))
    assert table.latest is not None and table.latest.rate is not None
    assert not app.exception
    assert f"In 2024, {table.latest.rate:.1%}".replace("%", " %") in texts(app)
    assert "within the 200 days before" in texts(app)


def test_the_definition_holds_on_the_next_page() -> None:
    app = opened("overview")
    app.selectbox(key="period").set_value("Year").run()
    app.switch_page("app_pages/benchmarks.py").run()
    assert app.selectbox(key="period").value == "Year"
    assert "Years, as asked" in texts(app).replace("\\", "")


def test_a_log_too_short_for_a_rate_says_what_to_do() -> None:
    log = yours({"customer": ["a", "b"], "date": ["2025-01-01", "2025-01-09"], "amount": [1, 2]})
    for page in ("overview", "benchmarks"):
        app = opened(page, log=log)
        assert not app.exception
        assert any("with a rate yet" in info.value for info in app.info)


def test_a_log_without_amounts_has_an_overview_and_says_why_it_has_no_pareto() -> None:
    log = yours({"customer": ["a", "b", "a"], "date": ["2025-01-01", "2025-01-09", "2025-02-03"]})
    assert not opened("overview", log=log).exception
    app = opened("pareto", log=log)
    assert not app.exception
    assert "amount" in app.info[0].value


@pytest.mark.parametrize("page", PAGES)
def test_hostile_names_are_never_markup(page: str) -> None:
    rows: dict[str, list[object]] = {
        HOSTILE[0]: [*HOSTILE, *HOSTILE, None],
        "day $x$": [*["2025-01-05"] * 5, *["2025-02-05"] * 5, "2025-02-06"],
        "amount": [10, 20, 30, 40, 50, 1, 2, 3, 4, 5, 6],
        "<img src=x>": [*HOSTILE, *HOSTILE, "x"],
    }
    log = yours(rows, customer=HOSTILE[0], date="day $x$", groups=["<img src=x>"])
    named = ChosenLog(
        "yours 0", "<b>$f$</b>.csv", "yours", "<b>$f$</b>.csv, read here.", "Your file", log.log
    )
    app = opened(page, log=named)
    assert not app.exception
    shown = re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app) + "".join(app.radio(key="chosen log").options))
    for markup in ("<script>", "<b>", "<img", "$x", "$f", "**bold**", "[a](", ":material/home:"):
        assert markup not in shown
    assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def test_finding_a_customer_shows_this_one_alone() -> None:
    app = opened("pareto")
    app.text_input(key="find customer").set_value("c00816").run()
    lists = [frame.value for frame in app.dataframe if "Cumulative share" in frame.value]
    assert [list(frame["Customer"]) for frame in lists] == [["C00816"]]
    app.text_input(key="find customer").set_value("(nobody").run()
    assert any("No customer matches" in info.value for info in app.info)


def test_typed_figures_are_judged_against_the_industry() -> None:
    app = opened("benchmarks")
    app.radio(key="rate from").set_value("figures you type").run()
    assert {metric.label: metric.value.replace("\xa0", " ") for metric in app.metric} == {
        "Retention": "90.0 %"
    }
    said = texts(app)
    assert "Above the Retail figure, by 27.0 points; that figure is itself only indicative." in plain(said)


def test_a_rate_whose_interval_covers_the_figure_says_that_nobody_can_tell() -> None:
    app = opened("benchmarks")
    app.radio(key="rate from").set_value("figures you type").run()
    app.number_input(key="typed start").set_value(10)
    app.number_input(key="typed end").set_value(6)
    app.number_input(key="typed won").set_value(0).run()
    assert "### Cannot tell: the interval of your rate covers the Retail figure" in plain(texts(app))


def test_a_typed_rate_of_a_shorter_period_is_named_converted_and_a_lower_bound() -> None:
    app = opened("benchmarks")
    app.radio(key="rate from").set_value("figures you type").run()
    app.selectbox(key="typed length").set_value("month").run()
    heading = next(line for line in plain(texts(app)).splitlines() if line.startswith("###"))
    assert "Cannot tell" in heading
    assert heading.endswith("Your rate is converted to a longer period and a lower bound.")


def test_typed_figures_that_make_no_rate_get_one_sentence() -> None:
    app = opened("benchmarks")
    app.radio(key="rate from").set_value("figures you type").run()
    app.number_input(key="typed start").set_value(0).run()
    assert not app.exception
    assert [error.value.count(". ") for error in app.error] == [0]


def test_a_rate_over_another_length_is_converted_and_says_so() -> None:
    app = opened("benchmarks", log="cdnow")
    assert any("assumes steady churn" in warning.value for warning in app.warning)
    assert "Your rate is converted to a longer period and a lower bound." in plain(texts(app))


def test_the_benchmark_is_compared_with_the_logs_own_year_where_it_has_one() -> None:
    app = opened("benchmarks")
    latest = period_retention(sample("gift_shop").log(), period="year").latest
    assert latest is not None and latest.rate is not None
    assert f"{latest.rate:.1%}".replace("%", " %") in app.metric[0].value.replace("\xa0", " ")
    assert not app.warning


def test_low_confidence_and_single_companies_are_off_until_asked_for() -> None:
    app = opened("benchmarks")
    before = app.selectbox(key="industry").options
    app.toggle(key="low confidence").set_value(True)
    app.toggle(key="single companies").set_value(True).run()
    after = app.selectbox(key="industry").options
    assert set(before) < set(after)
    app.selectbox(key="industry").set_value("Software").run()
    assert "low" in set(app.dataframe[0].value["Confidence"])


def test_every_popular_claim_comes_with_a_verdict() -> None:
    app = opened("benchmarks")
    claims = [part for part in app.expander if "supported" in part.label or "untraceable" in part.label]
    assert len(claims) == 6


def test_columns_that_were_not_recognised_are_asked_for_by_name() -> None:
    content = b"Patron,When seen,Paid\nAnn,2025-01-05,3\nBob,2025-02-05,4\n"
    app = opened("data")
    app.file_uploader(key="upload").set_value(("till.csv", content, "text/csv")).run()
    assert "Choose the one for “Customer” and “Date of the order”, check the others" in texts(app)


def test_a_file_is_uploaded_mapped_and_used_on_every_page() -> None:
    content = (
        b"Kunde;Datum;Betrag;Ort\nAnn;05.01.2025;1.234,50;Bonn\n;06.01.2025;5;Bonn\nBob;07.02.2025;7;Ulm\n"
    )
    app = opened("data")
    app.file_uploader(key="upload").set_value(("meine <b>orders</b>.csv", content, "text/csv")).run()
    assert not app.exception
    chosen = {box.label: box.value for box in app.selectbox if box.label in ("Customer", "Date of the order")}
    assert chosen == {"Customer": "Kunde", "Date of the order": "Datum"}
    next(box for box in app.multiselect if box.label.startswith("Groups")).set_value(["Ort"])
    next(button for button in app.button if button.label == "Use this data").click().run()
    assert not app.exception
    assert not app.error
    figures = {metric.label: metric.value for metric in app.metric}
    assert (figures["Rows read"], figures["Rows used"], figures["Rows set aside"]) == ("3", "2", "1")
    log = app.session_state["yours"].log
    assert log.set_aside.to_dict("records") == [{"row": 3, "reason": "no customer", "value": ""}]
    assert sorted(log.customer_table()["value"]) == [7.0, 1234.5]
    app.switch_page("app_pages/pareto.py").run()
    assert "Only 2 customers: shares of so few say little." in texts(app)
    assert not app.exception
    assert app.selectbox(key=f"group {app.session_state['yours'].key}").options == ["Ort"]


def test_the_sheet_of_a_workbook_is_the_readers_choice() -> None:
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as book:
        pd.DataFrame({"customer": ["Ann"], "date": ["2025-01-05"]}).to_excel(
            book, sheet_name="One", index=False
        )
        pd.DataFrame({"Kunde": ["Bob"], "Datum": ["2025-02-05"]}).to_excel(
            book, sheet_name="$x$", index=False
        )
    app = opened("data")
    app.file_uploader(key="upload").set_value(("b.xlsx", file.getvalue(), "application/xlsx")).run()
    next(box for box in app.selectbox if box.label == "Sheet").set_value("$x$").run()
    assert next(box for box in app.selectbox if box.label == "Customer").value == "Kunde"
    next(button for button in app.button if button.label == "Use this data").click().run()
    assert not app.exception
    assert app.session_state["yours"].log.customer_table()["customer"].tolist() == ["Bob"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("header.csv", b"customer,date,amount\n"),
        ("fake.xlsx", b"PK\x03\x04 not a workbook"),
        ("page.csv", b"<!doctype html><html><body>Sign in</body></html>"),
        ("broken.parquet", b"PAR1 nothing PAR1"),
        ("noise.csv", bytes(range(256)) * 20),
    ],
)
def test_a_file_that_is_no_table_gets_one_sentence(name: str, content: bytes) -> None:
    app = opened("data")
    app.file_uploader(key="upload").set_value((name, content, "text/csv")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "\n" not in app.error[0].value
    assert "retention-" not in app.error[0].value
    assert "Traceback" not in app.error[0].value


def test_a_mapping_that_cannot_be_read_gets_one_sentence_and_keeps_the_log_in_use() -> None:
    app = opened("data")
    app.file_uploader(key="upload").set_value(
        ("a.csv", b"customer,date\nAnn,soon\nBob,later\n", "text/csv")
    ).run()
    next(button for button in app.button if button.label == "Use this data").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert "yours" not in app.session_state


def test_own_benchmarks_take_the_place_of_the_built_in_ones() -> None:
    header = (
        "id,industry,sub_segment,business_model,metric,period,statistic,value,year,region,headline,scope,"
        "confidence,source_name,source_title,source_url,sample_note,definition_note,tags"
    )
    row = "X1,<b>Kites</b>,,,customer_retention_rate,annual,mean,0.5,2024,EU,yes,industry,high,Us,,,,,"
    app = opened("benchmarks")
    app.file_uploader(key="own benchmarks 0").set_value(
        ("own.csv", f"{header}\n{row}\n".encode(), "text/csv")
    ).run()
    assert not app.exception
    assert app.selectbox(key="industry").options == ["<b>Kites</b>"]
    assert "<b>" not in texts(app)
    app.switch_page("app_pages/pareto.py").run()
    app.switch_page("app_pages/benchmarks.py").run()
    assert app.selectbox(key="industry").options == ["<b>Kites</b>"]
    next(one for one in app.button if one.label == "Back to the built-in table").click().run()
    assert not app.exception
    assert "Retail" in app.selectbox(key="industry").options


def test_own_benchmarks_that_are_none_get_one_sentence() -> None:
    app = opened("benchmarks")
    app.file_uploader(key="own benchmarks 0").set_value(("own.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "own\\.csv" in app.error[0].value
    assert "retention-" not in app.error[0].value


def test_a_log_over_three_centuries_does_not_break_the_sidebar() -> None:
    log = yours({"customer": ["a", "b", "a"], "date": ["1901-01-01", "2199-12-31", "2199-12-30"]})
    app = opened("overview", log=log)
    assert not app.exception


def test_a_log_that_came_by_upload_shows_its_warnings() -> None:
    content = b"customer,date,amount\nAnn,2025-01-05,3\nAnn,2025-01-05,3\nBob,2025-02-05,4\n"
    chosen = uploads.read_log("a.csv", io.BytesIO(content), {})
    app = opened("overview", log=chosen)
    assert any("Set repeated rows aside" in warning.value for warning in app.warning)
    assert not any("drop_repeats" in warning.value for warning in app.warning)


def uploaded(
    content: bytes = b"Kunde,Datum,Betrag,Ort\nAnn,2025-01-05,3,Ulm\nBob,2025-02-05,4,Bonn\n",
) -> AppTest:
    """The data page with a file uploaded and not yet in use."""
    app = opened("data")
    return app.file_uploader(key="upload").set_value(("a.csv", content, "text/csv")).run()


def left_and_come_back(app: AppTest) -> AppTest:
    """The same page after a visit to another."""
    app.switch_page("app_pages/overview.py").run()
    app.switch_page("app_pages/data.py").run()
    assert not app.exception
    assert app.file_uploader(key="upload").value is None
    return app


def button(app: AppTest, label: str) -> Button:
    """The button with this label."""
    return next(found for found in app.button if found.label == label)


def test_a_file_not_yet_in_use_is_still_there_after_a_visit_to_another_page() -> None:
    app = left_and_come_back(uploaded())
    assert "Still at hand: **a.csv**" in plain(texts(app))
    button(app, "Use this data").click().run()
    assert not app.exception
    assert app.session_state["yours"].log.customers == 2


def test_the_mapping_in_use_can_be_changed_after_a_visit_to_another_page() -> None:
    app = uploaded()
    next(box for box in app.multiselect if box.label.startswith("Groups")).set_value(["Ort"])
    next(box for box in app.selectbox if box.label == "Amount of the line").set_value("– not in the file –")
    button(app, "Use this data").click().run()
    assert app.session_state["yours"].log.value_of is None
    left_and_come_back(app)
    assert any(fold.label == "Change which column is which" for fold in app.expander)
    assert next(box for box in app.multiselect if box.label.startswith("Groups")).value == ["Ort"]
    amount = next(box for box in app.selectbox if box.label == "Amount of the line")
    assert amount.value == "– not in the file –"
    amount.set_value("Betrag")
    button(app, "Use this data").click().run()
    assert app.session_state["yours"].log.value_of == "revenue"


def test_an_uploaded_file_is_let_go_when_another_log_is_used() -> None:
    app = uploaded()
    button(app, "Use this data").click().run()
    left_and_come_back(app)
    app.radio(key="chosen log").set_value("cdnow").run()
    assert "file at hand" not in app.session_state
    assert not any(found.label == "Use this data" for found in app.button)


def test_a_file_put_away_leaves_the_form() -> None:
    app = left_and_come_back(uploaded())
    button(app, "Put this file away").click().run()
    assert not any(found.label == "Use this data" for found in app.button)


def test_a_missing_column_is_asked_for_by_the_name_of_its_field() -> None:
    app = uploaded(b"x,y\nAnn,2025-01-05\nBob,2025-02-05\n")
    assert "No name of a column was recognised" in texts(app)
    button(app, "Use this data").click().run()
    assert "Choose the one that holds it at “Customer”" in plain(app.error[0].value)


def test_a_window_of_one_day_reads_as_such() -> None:
    app = opened("overview")
    app.radio(key="window").set_value("a number of days").run()
    app.number_input(key="days").set_value(1).run()
    assert "1 days" not in texts(app)
    assert "on the day before" in texts(app)


def test_warnings_about_the_figures_stand_with_the_figures_and_others_only_with_the_data() -> None:
    content = b"customer,date,amount\nAnn,2025-01-05,3\nAnn,2025-01-05,3\nann,2025-02-05,4\nBo,2025-05-05,4\n"
    chosen = uploads.read_log("a.csv", io.BytesIO(content), {})
    # drivers has no figures without a group to compare by
    for page in (page for page in PAGES if page != "drivers"):
        said = [warning.value for warning in opened(page, log=chosen).warning]
        assert any("Set repeated rows aside" in text for text in said)
        assert any("Upper and lower case" in text for text in said) == (page == "data")
