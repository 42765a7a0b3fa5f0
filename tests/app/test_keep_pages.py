"""The pages on whom to keep: stages, focus and this week, over the sample and over logs that mean no good."""

from __future__ import annotations

import datetime as dt
import io
import re

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import downloads, due_lists, focus_charts, focus_lists, stage_charts, stage_lists
from app_pages.chosen_log import ChosenLog
from app_pages.due import MOST
from app_pages.focus_answers import Terms, focused, week_of
from retention_core.contact_log import ContactLog
from retention_core.due import due_of
from retention_core.due_tables import DueRules
from retention_core.focus import focus_of
from retention_core.focus_values import Action, Steadiness
from retention_core.key_customers import key_customers_of
from retention_core.orders import OrderLog
from retention_core.samples import sample
from retention_core.stage_moves import stage_transitions
from retention_core.stage_tables import Thresholds
from retention_core.stages import stages_of
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

PAGES = {"stages": "Where does", "focus": "Which customers", "due": "Who is due"}
CSV = "text/csv"


def small(**more: list[object]) -> ChosenLog:
    """Twelve customers over a year, the first ones often, the last ones once; two regions."""
    rows = [
        (f"C{number:02}", dt.date(2024, 1, 5) + dt.timedelta(step * (20 + 9 * number)), 20.0 + 7 * number)
        for number in range(12)
        for step in range(1 if number > 9 else 16 - number)
        if step * (20 + 9 * number) < 360
    ]
    columns: dict[str, list[object]] = {
        "customer": [row[0] for row in rows],
        "date": [str(row[1]) for row in rows],
        "amount": [row[2] for row in rows],
        "region": ["north" if int(row[0][1:]) % 2 else "south" for row in rows],
    }
    return yours(columns | more, groups=["region"])


def page(name: str, log: str | ChosenLog | None = None, **state: object) -> AppTest:
    app = opened(name, log=small() if log is None else log, **state)
    assert not app.exception
    assert not app.error
    return app


def listed(app: AppTest, column: str) -> pd.DataFrame:
    """The first table of the page that has this column."""
    return next(part.value for part in app.dataframe if column in part.value)


@pytest.mark.parametrize(("name", "question"), PAGES.items())
def test_the_sample_gets_a_question_a_sentence_a_chart_and_a_list(name: str, question: str) -> None:
    app = page(name, "gift_shop")
    assert app.title[0].value.startswith(question)
    assert any(block.value.startswith("### ") for block in app.markdown)
    assert app.get("vega_lite_chart")
    assert "Customer" in listed(app, "Reason")
    assert "Simulated data" in texts(app)


def test_the_stages_of_the_page_are_those_of_the_core() -> None:
    chosen = small()
    found = stages_of(chosen.log).by_stage()
    shown = listed(page("stages", chosen), "Meaning").set_index("Stage")
    assert shown["Customers"].to_dict() == dict(zip(found["stage"], found["customers"], strict=True))
    assert shown["Revenue"].tolist() == pytest.approx(found["value"])


def test_a_threshold_of_the_readers_own_changes_the_stages_and_says_so() -> None:
    app = page("stages")
    app.number_input(key="habit_orders yours 0").set_value(15).run()
    core = stages_of(small().log, thresholds=Thresholds(habit_orders=15)).by_stage()
    assert listed(app, "Meaning")["Customers"].tolist() == core["customers"]
    assert "A habit takes 15 order days (as given)." in plain(texts(app))
    assert "derived: 90 % of the gaps are shorter" in plain(texts(app)).replace("\xa0", " ")


def test_thresholds_that_make_no_sense_get_one_sentence() -> None:
    app = page("stages")
    app.number_input(key="overdue yours 0").set_value(20).run()
    assert not app.exception
    assert [plain(error.value) for error in app.error] == [
        "“Overdue” must not lie below “Due”, 0.5 (got 0.2)."
    ]


def test_customers_can_be_chosen_by_stage_schedule_and_name() -> None:
    app = page("stages")
    app.multiselect(key="staged").set_value(["medium-term"]).run()
    assert set(listed(app, "Reason")["Stage"]) == {"medium-term"}
    app.text_input(key="find staged").set_value("(nobody").run()
    assert any("No customer matches" in info.value for info in app.info)


def test_moves_between_two_days_come_with_intervals_and_median_times() -> None:
    chosen, before = small(), dt.date(2024, 7, 1)
    after = chosen.log.last_day + dt.timedelta(days=1)
    app = page("stages", chosen)
    app.date_input(key=f"stage moves yours 0 {after}").set_value(before).run()
    moved = stage_transitions(chosen.log, before, after, thresholds=stages_of(chosen.log).thresholds)
    core = moved.moves_frame()
    shown = listed(app, "Share")
    core = core[core["customers"] > 0]
    assert shown["Customers"].tolist() == core["customers"].tolist()
    assert shown["Low"].tolist() == pytest.approx(core["low"].tolist())
    assert listed(app, "Counted")["Entered"].tolist() == [time.customers for time in moved.times]


def test_whether_everyone_must_be_kept_is_answered_by_a_number() -> None:
    chosen = small()
    answer = focus_of(chosen.log).answer()
    assert answer is not None
    said = texts(page("focus", chosen))
    assert f"repays itself for {answer.paying} of 12 customers ({answer.share:.1%}".replace("%", " %") in said
    assert "(assumed)" in said
    assert "may be far too low where the log is young" in said


def test_cost_uplift_and_budget_are_the_readers_choice() -> None:
    chosen = small()
    app = page("focus", chosen)
    app.number_input(key="cost yours 0").set_value(1.0)
    app.number_input(key="uplift").set_value(20.0)
    app.number_input(key="budget yours 0").set_value(2.5).run()
    core = focus_of(chosen.log, action=Action(1.0, 0.2), budget=2.5)
    shown = listed(app, "Gain")
    assert shown["Verdict"].tolist() == core.columns()["verdict"]
    assert (shown["In the best list"] == "yes").sum() == len(core.best_list()) == 2
    assert "The budget of 2.50 is best spent on 2 customers: cost 2.00" in texts(app)
    assert "(as given)" in texts(app)
    assert "the budget does more for others" in listed(app, "Meaning")["Meaning"][1]


def test_key_customers_of_every_group_are_those_of_the_core() -> None:
    chosen = small()
    app = page("focus", chosen)
    app.slider(key="carry").set_value(50).run()
    core = key_customers_of(chosen.log, "region", share=0.5)
    assert listed(app, "Cumulative share")["Customer"].tolist() == core.columns()["customer"]
    assert listed(app, "Carried by them")["Key customers"].tolist() == [g.key_customers for g in core.groups]


def test_who_rose_and_who_fell_can_be_listed() -> None:
    app = page("focus", "gift_shop")
    app.multiselect(key="top fifth").set_value(["fell"]).run()
    steady = focus_of(sample("gift_shop").log()).steadiness
    assert steady is not None
    tables = [part.value for part in app.dataframe if "Profit of the period" in part.value]
    assert len(tables[0]) == steady.before - steady.stayed
    assert f"{steady.stayed} stayed: {steady.share:.1%}".replace("%", " %") in texts(app)


def test_who_is_due_is_what_the_core_says() -> None:
    chosen = small()
    found = due_of(chosen.log)
    app = page("due", chosen)
    shown = listed(app, "Occasion")
    assert shown["Customer"].tolist() == found.columns()["customer"]
    assert set(shown["Last contact"]) == {"unknown"}
    app.number_input(key="due most").set_value(1).run()
    assert len(listed(app, "Occasion")) == 1
    assert f"{len(found.rows) - 1} more are due" in texts(app)


def test_as_many_are_written_to_as_one_can_and_the_page_says_of_how_many() -> None:
    everyone = due_of(sample("gift_shop").log())
    app = page("due", "gift_shop")
    shown = listed(app, "Occasion")
    assert shown["Customer"].tolist() == everyone.columns()["customer"][:MOST]
    assert f"Write to {MOST} of the {len(everyone.rows):,} customers who are due a word" in texts(app)
    assert f"{everyone.counts['reminder']:,} to remind" in texts(app)
    assert shown["At stake"].is_monotonic_decreasing
    app.number_input(key="due most").set_value(None).run()
    assert f"{len(everyone.rows):,} customers are due a word" in texts(app)


def test_the_first_hold_their_share_of_what_is_at_stake() -> None:
    log = small().log
    week = week_of(log, focus=focus_of(log), rules=DueRules(most=2), contacts=None)
    assert week.at_stake is not None
    assert week.held == pytest.approx(sum(week.at_stake[:2]) / sum(week.at_stake))
    assert len(week.first.rows) == 2 < len(week.everyone.rows) == len(week.at_stake)


def test_when_to_thank_and_to_ask_for_feedback_is_the_readers_choice() -> None:
    chosen = small()
    app = page("due", chosen)
    app.slider(key="due feedback").set_value((1, 90)).run()
    core = due_of(chosen.log, rules=DueRules(feedback_after=1, feedback_until=90))
    assert listed(app, "Occasion")["Customer"].tolist() == core.columns()["customer"]
    assert "came back 1 to 90 days ago" in texts(app)


def test_those_written_to_can_be_added_to_the_contact_log() -> None:
    found = due_of(small().log)
    rows = due_lists.as_contacts(due_lists.due(found).frame, found).frame
    log = ContactLog.from_frame(rows)
    assert log.rows_used == len(found.rows)
    assert log.first_day == log.last_day == found.as_of
    assert not due_of(
        small().log, as_of=found.as_of + dt.timedelta(1), contacts=log, rules=DueRules(cap=1)
    ).rows


@pytest.mark.parametrize("name", PAGES)
def test_a_reason_stands_in_full_below_the_list(name: str) -> None:
    app = page(name)
    first = listed(app, "Reason").iloc[0]
    said = re.sub(r"\s?%", "%", plain(texts(app)).replace("**", ""))
    reason = re.sub(r"\s?%", "%", first["Reason"])
    assert f"{first['Customer']} (tick another row for its reason): {reason}" in said


def test_the_thresholds_in_force_stand_below_the_stages() -> None:
    limits = stages_of(small().log).thresholds
    said = plain(texts(page("stages")))
    assert f"a habit from {limits.habit_orders} order days over {limits.habit_days:,.0f} days" in said


def test_times_in_a_stage_are_told_in_a_sentence() -> None:
    moved = stage_transitions(small().log, dt.date(2024, 7, 1))
    said = plain(texts(page("stages")))
    for time in moved.times:
        if time.customers:
            known = "less than half" if time.median is None else f"half leave within {time.median:,.0f} day"
            assert f"{time.stage.capitalize()}**: {known}" in said


def test_one_groups_key_customers_can_be_listed_alone() -> None:
    chosen = small()
    app = page("focus", chosen)
    app.multiselect(key=f"key of {chosen.key} region").set_value(["north"]).run()
    assert set(listed(app, "Cumulative share")["region"]) == {"north"}


def test_the_curve_is_drawn_about_the_point_that_matters() -> None:
    curve = pd.DataFrame({"spending": range(1000), "gain": range(1000), "customers": range(1000)})
    stop = {"spending": 10.0, "gain": 20.0, "customers": 10.0}
    assert focus_charts.drawn(curve, stop, None)["spending"].max() == 50
    assert focus_charts.drawn(curve, stop, 400.0)["spending"].max() == 400


def with_file(app: AppTest, door: str, content: str) -> AppTest:
    return app.file_uploader(key=f"upload {door}").set_value((f"{door}.csv", content.encode(), CSV)).run()


def test_those_who_asked_to_be_left_alone_are_left_out() -> None:
    chosen = small()
    first, second = due_of(chosen.log).columns()["customer"][:2]
    content = (
        f"customer,date,response,opt-out\n{first},2024-06-01,yes,x\n{second},2024-06-02,no,\n,2024-06-03,,\n"
    )
    app = with_file(page("due", chosen), "contacts", content)
    assert not app.exception
    assert not app.error
    shown = listed(app, "Occasion").set_index("Customer")
    assert first not in shown.index
    assert shown.loc[second, "Last contact"] == "2024-06-02"
    assert "1 who asked to be left alone are left out." in plain(texts(app))
    assert "3 rows, 2 used, 1 set aside" in plain(texts(app))
    app.switch_page("app_pages/focus.py").run()
    assert not app.exception
    assert "asked to be left alone" in listed(app, "Gain").set_index("Customer").loc[first, "Reason"]
    next(button for button in app.button if button.key == "put contacts away").click().run()
    assert "No contacts" in plain(texts(app))


def test_the_cap_on_contacts_counts_those_of_the_last_month() -> None:
    chosen = small()
    first, last = due_of(chosen.log).columns()["customer"][0], chosen.log.last_day
    content = f"customer,date\n{first},{last}\n{first},{last - dt.timedelta(days=2)}\n"
    app = with_file(page("due", chosen), "contacts", content)
    assert first not in set(listed(app, "Occasion")["Customer"])
    app.number_input(key="due cap").set_value(3).run()
    assert first in set(listed(app, "Occasion")["Customer"])


def test_invoices_say_who_pays_and_who_is_unknown() -> None:
    content = "Client,Due date,Paid on,Amount\n" + "".join(
        f"C00,2024-0{month}-01,2024-0{month}-{day},50\n" for month, day in ((3, "01"), (4, "01"), (5, "01"))
    )
    app = with_file(page("focus"), "invoices", content)
    assert not app.exception
    assert not app.error
    shown = listed(app, "Gain").set_index("Customer")["Pays"]
    assert shown["C00"] == "on time"
    assert set(shown.drop("C00")) == {"unknown"}
    assert listed(app, "Share overdue")["Customer"].tolist() == ["C00"]


def test_a_side_file_that_cannot_be_read_gets_a_sentence_and_can_be_mapped() -> None:
    app = with_file(page("due"), "contacts", "who,day\nC00,2024-05-05\n")
    assert not app.exception
    assert "“Customer”" in plain(app.error[0].value)
    boxes = {box.label: box for box in app.selectbox}
    boxes["Customer"].set_value("who")
    boxes["Date of the contact"].set_value("day")
    next(button for button in app.button if button.label == "Use this file").click().run()
    assert not app.exception
    assert not app.error
    assert "1 row, 1 used" in plain(texts(app))


def test_the_contacts_of_one_log_are_not_those_of_another() -> None:
    app = with_file(page("due"), "contacts", "customer,date\nC00,2024-05-05\n")
    assert "No contacts" not in plain(texts(app))
    app.radio(key="chosen log").set_value("gift_shop").run()
    assert not app.exception
    assert "No contacts" in plain(texts(app))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "rows",
    [
        {"customer": ["a"], "date": ["2025-01-01"], "amount": [5]},
        {"customer": ["a", "b"], "date": ["2025-01-01", "2025-01-09"]},
        {"customer": ["a", "b", "a"], "date": ["2025-01-01", "2025-01-09", "2025-02-03"]},
        {
            "customer": ["a", "a", "b"],
            "date": ["2025-01-01", "2025-02-01", "2025-01-03"],
            "amount": [1, 1, -9],
        },
        {"customer": ["a", "a"], "date": ["1901-01-01", "2199-12-31"], "amount": [0, 0]},
    ],
)
def test_tiny_and_poor_logs_get_a_page_and_no_traceback(name: str, rows: dict[str, list[object]]) -> None:
    app = page(name, yours(rows))
    assert len(app.title) == 1


def test_without_amounts_verdicts_are_unknown_and_never_zero() -> None:
    dates = ["2025-01-01", "2025-02-03", "2025-03-02", "2025-01-09", "2025-02-06", "2025-04-02"]
    rows = {"customer": ["a", "a", "a", "b", "b", "c"], "date": dates}
    app = page("focus", yours(rows))
    assert "What 3 customers are worth is unknown." in texts(app)
    shown = listed(app, "Verdict")
    assert set(shown["Verdict"]) == {"unknown"}
    assert "Gain" not in shown
    assert "Value" not in listed(page("due", yours(rows)), "Occasion")
    assert "Of total" not in listed(page("stages", yours(rows)), "Meaning")


@pytest.mark.parametrize("name", PAGES)
def test_names_that_are_markup_stay_text(name: str) -> None:
    dates = [f"2025-{month:02}-05" for month in (1, 2, 3) for _ in HOSTILE]
    chosen = yours(
        {"customer": [*HOSTILE] * 3, "date": dates, "amount": [*range(1, 16)], "<img src=x>": [*HOSTILE] * 3},
        groups=["<img src=x>"],
    )
    app = page(name, chosen)
    app = with_file(app, "contacts", f'customer,date\n"{HOSTILE[0]}",2025-02-01\n')
    assert not app.exception
    said = re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app))
    for markup in ("<script>", "<img", "**bold**", "[a]("):
        assert markup not in said
    assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def test_a_group_named_like_a_column_of_the_list_does_not_break_it() -> None:
    rows: dict[str, list[object]] = {
        "customer": ["a", "b", "a"],
        "date": ["2025-01-01", "2025-01-09", "2025-02-03"],
        "amount": [1, 2, 3],
        "Share": ["x", "y", "x"],
    }
    app = page("focus", yours(rows, groups=["Share"]))
    assert "Share (group)" in listed(app, "Cumulative share")


def test_every_list_can_be_taken_home_with_text_that_stays_text() -> None:
    frame = pd.DataFrame(
        {"customer": ["=1+1"] * 3 + ["b"], "date": ["2025-01-01", "2025-02-01", "2025-03-01", "2025-03-29"],
         "amount": [5, 5, 5, 2]}
    )  # fmt: skip
    log = OrderLog.from_frame(frame)
    found = focused(log, as_of=None, terms=Terms(), contacts=None, invoices=None)
    for table in (
        focus_lists.customers(found.frame),
        due_lists.due(due_of(log)),
        stage_lists.customers(stages_of(log)),
    ):
        csv = downloads.safe_csv(table.frame)
        assert b"'=1+1" in csv
        assert b",=1+1" not in csv
        back = pd.read_excel(
            io.BytesIO(downloads.workbook([table], {})), sheet_name=table.title, engine="openpyxl"
        )
        assert "=1+1" in set(back["Customer"])


def test_the_pictures_can_be_taken_home() -> None:
    log = small().log
    found = focused(log, as_of=None, terms=Terms(budget=5.0), contacts=None, invoices=None)
    assert found.stop is not None
    charts = (
        stage_charts.stage_bars(stages_of(log)),
        stage_charts.transitions(stage_transitions(log, dt.date(2024, 7, 1))),
        focus_charts.budget_curve(found.curve, found.stop, 5.0),
        focus_charts.next_orders(due_of(log)),
        focus_charts.key_bars(key_customers_of(log, "region")),
        focus_charts.fifth_bars(Steadiness(10, 11, 6, 0.6, 0.3, 0.8)),
    )
    for chart in charts:
        assert chart is not None
        assert downloads.draw(downloads.Picture(chart, "Whom to keep"), "png", {}).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("log", "day", "days", "expected", "came"),
    [("cdnow", dt.date(1997, 10, 1), 273, 398, 777), ("gift_shop", dt.date(2025, 1, 1), 365, 107, 110)],
)
def test_what_the_page_says_of_its_own_trust_is_measured(
    log: str, day: dt.date, days: int, expected: int, came: int
) -> None:
    orders = sample(log).log()
    found = focus_of(orders, as_of=day, days=days)
    before = orders.customer_table(as_of=day).set_index("key")["value"]
    after = orders.customer_table().set_index("key")["value"].reindex(before.index)
    assert round(sum(found.figures.expected_value) / 1000) == expected
    assert round((after - before).sum() / 1000) == came
    said = texts(page("focus"))
    assert f"{came} thousand" in said
    assert f"{expected} thousand" in said
