"""The pages on worth: a point of retention and what if, over the sample, typed figures and poor logs."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import downloads, what_if_charts, what_if_lists, worth_charts, worth_inputs, worth_lists
from app_pages.chosen_log import ChosenLog
from app_pages.tables import Table
from app_pages.what_if_plans import Change, Now, base_plan, scenario_plan, won_by
from retention_core.benchmarks import claims
from retention_core.economics import five_points
from retention_core.keeping_costs import Spending, keeping_against_winning
from retention_core.overtaking import overtaken
from retention_core.own_figures import OwnFigures, figures_of
from retention_core.point_worth import worth_curve
from retention_core.popular_claims import claims_answered
from retention_core.samples import sample
from retention_core.scenarios import CUMULATED, CUSTOMERS, DIFFERENCE, Plan, WhatIf, what_if
from retention_core.tenure_spend import spend_by_tenure
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

PAGES = ("worth", "what_if")
KEYS = {"worth": "worth", "what_if": "what if"}
TYPED = {"figures typed": {"figures from": worth_inputs.TYPED}}
NUMBERS = {"customers typed": 1000, "margin typed": 100.0, "retention typed": 80.0}
SPENT = {
    "winning_spend": 6000.0,
    "won": 100,
    "keeping_spend": 800.0,
    "reached": 200,
    "kept": 170,
    "left_alone": 200,
    "left_alone_kept": 150,
}


def small(**more: object) -> ChosenLog:
    """Twelve customers over two years, with revenue and no cost."""
    rows = [
        (f"C{number:02}", dt.date(2023, 1, 5) + dt.timedelta(step * (20 + 15 * number)), 20.0 + 7 * number)
        for number in range(12)
        for step in range(1 if number > 9 else 40 - number)
        if step * (20 + 15 * number) < 700 - 30 * number
    ]
    names = ("customer", "date", "amount")
    columns: dict[str, list[object]] = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    columns["date"] = [str(day) for day in columns["date"]]
    return yours(columns | more)


def page(name: str, log: str | ChosenLog | None = None, **state: object) -> AppTest:
    app = opened(name, log=small() if log is None else log, **state)
    assert not app.exception
    return app


def typed(name: str, **more: object) -> AppTest:
    """A page with figures typed and no log used; "_at_" stands for the blank in the name of a field."""
    asked = NUMBERS | {key.replace("_at_", " "): value for key, value in more.items()}
    return page(name, "gift_shop", **{"figures typed": TYPED["figures typed"] | asked})


def said(app: AppTest) -> str:
    return spaced(plain(texts(app)))


def spaced(text: str) -> str:
    """Percentages as the pages write them, blanks alike."""
    return re.sub(r"(?<=\d)\s?%", " %", text)


def listed(app: AppTest, column: str) -> pd.DataFrame:
    return next(part.value for part in app.dataframe if column in part.value)


def field(app: AppTest, label: str) -> object:
    return next(box for box in app.number_input if box.label == label)


@pytest.fixture(scope="module")
def shop() -> OwnFigures:
    return figures_of(sample("gift_shop").log())


@pytest.fixture(scope="module")
def worth() -> AppTest:
    """The sample's page on worth, to be read only."""
    return page("worth", "gift_shop")


@pytest.fixture(scope="module")
def scenario() -> AppTest:
    """The sample's page on what if, to be read only."""
    return page("what_if", "gift_shop")


@pytest.fixture(scope="module")
def courses(shop: OwnFigures) -> WhatIf:
    base = shop.plan()
    return what_if(base, replace(base, retention=base.retention + 0.05))


def test_a_point_of_retention_is_worth_what_the_core_says(worth: AppTest, shop: OwnFigures) -> None:
    known = shop.retention
    assert shop.margin is not None
    assert known.value is not None
    found = worth_curve(shop.customers, shop.margin, known.value, between=(known.low, known.high))
    assert f"One more point of retention is worth {found.rows[0].worth:,.2f} to you." in said(worth)
    assert f"{found.point.low:,.2f} to {found.point.high:,.2f} within the 95 % limits" in said(worth)
    core, shown = found.to_frame(), listed(worth, "By simulation")
    assert shown["By formula"].tolist() == core["worth"].tolist()
    assert shown["By simulation"].tolist() == core["simulated"].tolist()
    assert worth.get("vega_lite_chart")
    assert "Simulated data" in said(worth)


def test_five_points_stand_beside_what_is_published(worth: AppTest, shop: OwnFigures) -> None:
    assert shop.margin is not None
    assert shop.retention.value is not None
    found = five_points(shop.margin, shop.retention.value)
    assert spaced(found.sentence) in said(worth)
    assert f"up to **{found.spend:,.2f}** may be spent today" in said(worth)
    assert "is partially supported: Reichheld & Sasser" in said(worth)
    assert listed(worth, "Note")["Verdict"].tolist()[1:] == [row.verdict for row in found.published]


def test_the_sixty_seven_percent_are_answered_from_the_log(worth: AppTest) -> None:
    found = spend_by_tenure(sample("gift_shop").log())
    assert spaced(found.sentence) in said(worth)
    shown = listed(worth, "Growth")
    assert shown["Growth"].tolist() == pytest.approx(list(found.readings_frame()["ratio"] - 1))
    assert listed(worth, "Buyers")["A buyer"].tolist() == found.to_frame()["per_buyer"].tolist()


def test_every_popular_claim_has_its_verdict_and_an_answer_or_what_it_needs(worth: AppTest) -> None:
    for row in claims_answered().claims:
        assert f"**{row.claim}** · " in plain(texts(worth))
        assert row.verdict in plain(texts(worth))
    sources = [part.value for part in worth.dataframe if "What the source says" in part.value]
    assert sum(map(len, sources)) == len(claims())
    assert "The top fifth of your customers bring" in said(worth)
    assert "Not answered: needs a log of offers" in said(worth)


def test_every_list_of_the_pages_is_offered_as_csv_and_workbook(worth: AppTest, scenario: AppTest) -> None:
    keys = {button.proto.id.rsplit("download ", 1)[-1] for app in (worth, scenario) for button in
            app.get("download_button")}  # fmt: skip
    for name in ("worth", "five-points", "keeping-and-winning", "tenure", "claims", "what-if"):
        assert {f"{name}.csv", f"{name}.xlsx"} <= keys


def test_a_reader_without_a_log_types_three_numbers() -> None:
    app = typed("worth")
    assert "One more point of retention is worth 12,644 to you." in said(app)
    assert "Nothing of the log is used" in said(app)
    assert "Simulated data" not in said(app)
    assert "That takes an order log with amounts" in said(app)
    assert "from 366.67 to 440.00" in said(app)


def test_figures_are_asked_for_where_nothing_is_known() -> None:
    app = page("worth", "gift_shop", **TYPED)
    assert "Type the customers, the margin of a customer and year and the retention." in said(app)
    app = page("what_if", "gift_shop", **TYPED)
    assert "the new customers of a year (0 if none are won) under “The business now”" in said(app)


def test_revenue_is_not_taken_for_margin() -> None:
    app = page("worth")
    revenue = figures_of(small().log).revenue
    assert revenue is not None
    assert "What a point of retention is worth to you is unknown." in said(app)
    assert f"the revenue, {revenue:,.2f} a customer and year, and no cost. Revenue is not margin" in said(app)
    field(app, "Yearly margin each").set_value(50.0).run()
    assert not app.exception
    assert "One more point of retention is worth" in said(app)


def test_a_figure_typed_on_one_page_holds_on_the_other_and_on_the_way_back() -> None:
    app = page("worth")
    field(app, "Yearly margin each").set_value(50.0).run()
    app.switch_page("app_pages/what_if.py").run()
    assert field(app, "Yearly margin each").value == 50.0
    field(app, "Yearly margin each").set_value(60.0).run()
    app.switch_page("app_pages/worth.py").run()
    assert field(app, "Yearly margin each").value == 60.0
    assert field(app, "Customers").value == figures_of(small().log).customers


def test_odd_figures_get_a_plain_sentence() -> None:
    app = typed("worth")
    for figures, told in (
        ({"margin": -100.0}, "takes 12,644 from you: a customer costs more than it brings"),
        ({"margin": 0.0}, "is worth nothing here"),
        ({"retention": 99.5}, "A retention of 99.5 % leaves no room for one more point."),
        ({"retention": 100.0, "discount": 0.0}, "“Yearly discount (%)” must be above zero"),
        ({"customers": 10**12, "margin": 1e12}, "is worth 1.264e+23 to you"),
        ({"discount": None}, "Type the discount."),
    ):
        for name, value in (NUMBERS | {"discount typed": 10.0}).items():
            app.number_input(key=f"worth {name}").set_value(figures.get(name.split()[0], value))
        app.run()
        assert not app.exception
        assert told in said(app)


def test_keeping_is_held_against_winning_by_the_readers_figures() -> None:
    app = typed("worth", **{f"{name}_at_typed": value for name, value in SPENT.items()})
    found = keeping_against_winning(Spending(**SPENT), margin=100.0)
    for sentence in found.sentences:
        assert spaced(sentence) in said(app)
    shown = listed(app, "Value")
    assert "unknown" not in set(shown["Value"])
    assert said(app).count(found.sentence) == 2  # the claim answers with it too


def test_spending_that_makes_no_sense_gets_one_sentence_in_the_words_of_the_page() -> None:
    app = typed("worth", **{f"{name}_at_typed": value for name, value in (SPENT | {"kept": 900}).items()})
    told = "“Of the reached, stayed” must not exceed “Customers it reached”, 200 (got 900)"
    assert [told in plain(error.value) for error in app.error] == [True]


def test_a_scenario_says_what_the_core_says(scenario: AppTest, courses: WhatIf) -> None:
    profit = courses.courses[DIFFERENCE, CUMULATED]
    people = courses.courses[DIFFERENCE, CUSTOMERS].expected[-1]
    told = f"the scenario has {people:,.0f} customers more and has brought {profit.expected[-1]:,.0f} more"
    assert told in said(scenario)
    assert f"{profit.low[-1]:,.0f} to {profit.high[-1]:,.0f} profit" in said(scenario)
    ahead = overtaken(courses)
    assert ahead is not None
    assert spaced(ahead.sentence) in said(scenario)
    assert "the gain is the most that it may cost over the 36 months" in said(scenario)
    shown = listed(scenario, "Month")
    assert shown["Gain so far"].tolist() == list(profit.expected)
    assert len(scenario.get("vega_lite_chart")) == 2


def test_sliders_and_fields_make_another_scenario() -> None:
    app = typed("what_if", new_at_typed=200)
    app.slider(key="what if points typed").set_value(10.0)
    app.slider(key="what if margin change typed").set_value(-10.0)
    app.number_input(key="what if keeping then typed").set_value(2.0).run()
    assert not app.exception
    base = Plan(customers=1000, retention=0.8, margin=100.0, new_customers=200)
    found = what_if(base, replace(base, retention=0.9, margin=90.0, keeping_cost=2.0))
    shown = listed(app, "Month")
    assert shown["Profit so far, scenario"].tolist() == pytest.approx(
        list(found.courses["scenario", CUMULATED].expected)
    )
    assert "may cost over" not in said(app)


def test_a_budget_is_compared_only_with_a_known_cost_of_winning() -> None:
    app = typed("what_if", new_at_typed=200, budget_at_typed=4000.0)
    assert "Type what it costs to win one now, to compare with" in said(app)
    field(app, "Cost to win one now").set_value(10.0).run()
    assert "the scenario has" in said(app)
    assert not app.exception


def test_nothing_changed_is_said_to_change_nothing() -> None:
    app = typed("what_if", new_at_typed=200, points_at_typed=0.0)
    assert "Nothing yet: the scenario is the business as it is." in said(app)
    everyone = typed("what_if", new_at_typed=200, retention_at_typed=100.0)
    assert "Nothing: nobody can keep more than everyone." in said(everyone)


def test_the_base_is_the_plan_of_the_log(shop: OwnFigures) -> None:
    now = Now(shop.customers, shop.retention.value, shop.margin, shop.revenue, won_by(shop))
    assert base_plan(now, shop) == shop.plan()
    other = base_plan(now._replace(retention=0.5, new_customers=10), shop)
    assert (other.kept, other.at_start, other.uncounted) == (None, None, 0.0)


def test_a_scenario_stays_between_nobody_and_everybody() -> None:
    base = Plan(customers=10, retention=0.98, margin=-5.0, new_customers=3, cost_to_win=2.0)
    assert scenario_plan(base, Change(points=5)).retention == 1.0
    assert scenario_plan(base, Change(points=-99)).retention == 0.0
    assert scenario_plan(base, Change(margin=20)).margin == -4.0
    assert scenario_plan(base, Change(budget=8.0)).won == 4.0


@pytest.mark.parametrize(
    "rows",
    [
        {"customer": ["a"], "date": ["2025-01-01"], "amount": [5]},
        {"customer": ["a", "b", "a"], "date": ["2025-01-01", "2025-01-09", "2025-02-03"]},
        {"customer": ["a", "a"], "date": ["1901-01-01", "2199-12-31"], "amount": [0, -9]},
    ],
)
def test_tiny_and_poor_logs_get_both_pages_and_no_traceback(rows: dict[str, list[object]]) -> None:
    app = page("worth", yours(rows))
    for name in PAGES:
        app.switch_page(f"app_pages/{name}.py").run()
        assert not app.exception
        assert len(app.title) == 1
        assert any(block.value.startswith("### ") for block in app.markdown)


def test_names_that_are_markup_stay_text() -> None:
    dates = [f"2025-{month:02}-05" for month in (1, 2, 3) for _ in HOSTILE]
    chosen = yours({"customer": [*HOSTILE] * 3, "date": dates, "amount": [*range(1, 16)]})
    named = ChosenLog("yours 0", "<b>$f$</b>.csv", "yours", "<b>$f$</b>.csv, read here.", "File", chosen.log)
    app = page("worth", named)
    for name in PAGES:
        app.switch_page(f"app_pages/{name}.py").run()
        assert not app.exception
        shown = re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app))
        for markup in ("<script>", "<b>", "$f", "**bold**", "[a]("):
            assert markup not in shown
        assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def tables(courses: WhatIf, shop: OwnFigures) -> list[Table]:
    curve, five = worth_curve(10, 100, 0.8, draws=100), five_points(100, 0.8)
    costs, tenure = keeping_against_winning(Spending()), spend_by_tenure(sample("gift_shop").log())
    return [
        worth_lists.points(curve),
        worth_lists.starting_figures(curve, shop),
        worth_lists.five(five),
        worth_lists.costs(costs),
        worth_lists.windows(tenure),
        worth_lists.readings(tenure),
        worth_lists.claims(claims_answered(five=five)),
        what_if_lists.by_month(courses),
        what_if_lists.with_limits(courses),
        what_if_lists.plans(courses.base, courses.scenario),
    ]


def test_every_list_can_be_taken_home_whole(courses: WhatIf, shop: OwnFigures) -> None:
    every = tables(courses, shop)
    book = pd.read_excel(io.BytesIO(downloads.workbook(every, {})), sheet_name=None, engine="openpyxl")
    for table in every:
        assert len(book[table.title]) == len(table.frame)
        assert list(book[table.title]) == list(table.frame)
        assert len(pd.read_csv(io.BytesIO(downloads.safe_csv(table.frame)))) == len(table.frame)


def test_what_is_not_known_is_blank_and_said_to_be_unknown() -> None:
    blank = keeping_against_winning(Spending())
    assert worth_lists.costs(blank).frame[["Value", "Low", "High"]].isna().all(axis=None)
    assert set(worth_lists.costs_to_read(blank).frame["Value"]) == {"unknown"}


def test_the_pictures_can_be_taken_home(courses: WhatIf) -> None:
    tenure = spend_by_tenure(sample("gift_shop").log())
    losing, ahead = worth_curve(10, -100, 0.985, draws=100), overtaken(courses)
    charts = (worth_charts.worth_of_points(losing), what_if_charts.gain(courses, ahead))
    for chart in charts:
        assert downloads.draw(downloads.Picture(chart, "Worth"), "svg", {}).startswith(b"<svg")
    forest = worth_charts.readings_forest(tenure)
    assert forest is not None
    for chart in (forest, worth_charts.spend_by_window(tenure), what_if_charts.courses(courses, CUSTOMERS)):
        assert chart.to_dict()["layer"]
