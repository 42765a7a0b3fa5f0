"""The page on segments: what it says against the core, its controls, and logs that mean no good."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import downloads, segment_charts, segment_lists
from app_pages.chosen_log import ChosenLog
from retention_core.rfm import rfm_migration, rfm_of
from retention_core.rfm_scores import SEGMENTS, Borders
from retention_core.samples import sample
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

KEY = "gift_shop"
BORDERS = Borders((30, 90, 180, 365), (2, 3, 5, 10), (50, 100, 200, 500))


def page(log: str | ChosenLog = KEY) -> AppTest:
    app = opened("segments", log=log)
    assert not app.exception
    return app


def shown(app: AppTest, column: str) -> list[object]:
    """The tables of the page that have this column."""
    return [part.value for part in app.dataframe if column in part.value]


def test_the_answer_is_that_of_the_core() -> None:
    table = rfm_of(sample(KEY).log()).segments_frame().set_index("segment")
    best = table.loc[["Champions", "Loyal"]]
    app = page()
    share = f"{best['value'].sum() / table['value'].sum():.1%}".replace("%", " %")
    assert f"{best['customers'].sum():,} best customers bring {share} of the profit" in texts(app)
    lost = table.loc["Hibernating", "customers"]
    assert {metric.label: metric.value for metric in app.metric}["Lost"] == f"{lost:,}"


def test_every_segment_belongs_to_one_family() -> None:
    named = [name for names in segment_lists.FAMILIES.values() for name in names]
    assert sorted(named) == sorted(segment.name for segment in SEGMENTS)


def test_segments_come_with_their_rule_and_their_share() -> None:
    found = shown(page(), "Rule")[0].set_index("Segment")
    assert found.loc["Champions", "Rule"] == SEGMENTS[0].rule
    assert found["Of all"].sum() == pytest.approx(1)
    assert found["Of total"].sum() == pytest.approx(1)


def test_fixed_borders_score_as_the_core_does() -> None:
    app = page()
    app.radio(key="rfm scores").set_value("fixed borders").run()
    found = shown(app, "Rule")[0].set_index("Segment")["Customers"]
    core = rfm_of(sample(KEY).log(), borders=BORDERS).segments_frame().set_index("segment")["customers"]
    assert found.to_dict() == core.to_dict()
    app.text_input(key=f"rfm frequency {KEY}").set_value("2 3 4 5").run()
    changed = Borders(BORDERS.recency, (2, 3, 4, 5), BORDERS.monetary)
    core = rfm_of(sample(KEY).log(), borders=changed).segments_frame().set_index("segment")["customers"]
    assert shown(app, "Rule")[0].set_index("Segment")["Customers"].to_dict() == core.to_dict()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3", "Frequency must be four numbers, each larger than the one before (got 1, 2, 3)."),
        ("5 4 3 2", "Frequency must be four numbers, each larger than the one before (got 5, 4, 3, 2)."),
        ("", "Frequency must be four numbers, each larger than the one before (got nothing)."),
        ("many", 'Frequency must be four numbers with blanks between, such as 30 90 (got "many").'),
    ],
)
def test_borders_that_make_no_sense_get_one_sentence(text: str, said: str) -> None:
    app = page()
    app.radio(key="rfm scores").set_value("fixed borders").run()
    app.text_input(key=f"rfm frequency {KEY}").set_value(text).run()
    assert not app.exception
    assert [plain(error.value) for error in app.error] == [said]


def test_only_the_last_days_count_when_asked_for() -> None:
    app = page()
    app.radio(key="rfm counted").set_value("the last days only").run()
    app.number_input(key="rfm days").set_value(100).run()
    customers = len(rfm_of(sample(KEY).log(), window_days=100).buyers)
    assert shown(app, "Rule")[0]["Customers"].sum() == customers
    assert "within the 100 days before" in texts(app)


def test_the_list_shows_the_segments_and_the_name_asked_for() -> None:
    app = page()
    app.multiselect(key="segments").set_value(["Cannot lose"]).run()
    assert set(shown(app, "Recency score")[0]["Segment"]) == {"Cannot lose"}
    app.text_input(key="find scored").set_value("(nobody").run()
    assert any("No customer matches" in info.value for info in app.info)


def test_moves_between_two_days_are_those_of_the_core() -> None:
    app = page()
    day = dt.date(2025, 7, 1)
    app.date_input(key=f"moves {KEY} 2026-01-01").set_value(day).run()
    assert not app.exception
    moved = rfm_migration(sample(KEY).log(), day).to_frame().set_index("before")
    champions = moved.loc["Champions"]
    assert f"Of {champions.sum()} champions on 2025-07-01, {champions['Champions']} are champions" in plain(
        texts(app)
    )
    app.selectbox(key="moved from").set_value("Champions")
    app.selectbox(key="moved to").set_value("Loyal").run()
    listed = next(part.value for part in app.dataframe if "As of 2025-07-01" in part.value)
    assert len(listed) == champions["Loyal"] > 0


def test_customers_without_an_order_in_the_window_are_gone() -> None:
    log = sample(KEY).log()
    then, now = (rfm_of(log, as_of=day, window_days=90) for day in (dt.date(2025, 7, 1), dt.date(2026, 1, 1)))
    moves = segment_lists.moves(then, now).frame
    assert len(moves) == len({buyer.key for buyer in (*then.buyers, *now.buyers)})
    core = rfm_migration(log, dt.date(2025, 7, 1), window_days=90).to_frame()
    assert (moves["As of 2026-01-01"] == "(gone)").sum() == core["(gone)"].sum() > 0
    assert (moves["As of 2025-07-01"] == "(new)").sum() == core.set_index("before").loc["(new)"].sum() > 0


def test_a_log_without_amounts_says_why_it_has_no_segments() -> None:
    app = page(yours({"customer": ["a", "b"], "date": ["2025-01-01", "2025-01-09"]}))
    assert "Segments take amounts" in app.info[0].value


@pytest.mark.parametrize(
    ("amounts", "said"),
    [([5.0], "No customer is among the best"), ([0.0], "No customer is among the best")],
)
def test_one_customer_with_one_order_gets_a_page(amounts: list[object], said: str) -> None:
    app = page(yours({"customer": ["a"], "date": ["2025-01-01"], "amount": amounts}))
    assert not app.error
    assert said in texts(app)
    assert "Only 1 customer: shares of so few say little." in texts(app)
    assert any("several days" in info.value for info in app.info)


def test_a_total_below_zero_has_no_shares() -> None:
    rows = {
        "customer": ["a", "b", "a"],
        "date": ["2025-01-01", "2025-01-20", "2025-01-10"],
        "amount": [5, 1, -50],
    }
    found = shown(page(yours(rows)), "Rule")[0]
    assert found["Of total"].isna().all()
    assert found["Revenue"].sum() == -44


def test_names_that_are_markup_stay_text() -> None:
    dates = [f"2025-{month:02}-05" for month in (1, 2, 3) for _ in HOSTILE]
    app = page(yours({"customer": [*HOSTILE] * 3, "date": dates, "amount": [*range(1, 16)]}))
    said = re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app))
    for markup in ("<script>", "**bold**", "[a]("):
        assert markup not in said
    assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def test_the_grid_counts_every_scored_customer_once() -> None:
    table = rfm_of(sample("cdnow").log())
    found = segment_lists.grid(table)
    assert len(found) == 25
    by_segment: dict[str, int] = {}
    for name, customers in found.values():
        by_segment[name] = by_segment.get(name, 0) + customers
    assert by_segment == table.segments_frame().set_index("segment")["customers"].to_dict()


def test_the_pictures_can_be_taken_home() -> None:
    log = sample(KEY).log()
    for chart in (
        segment_charts.segment_bars(rfm_of(log)),
        segment_charts.migration_map(rfm_migration(log, dt.date(2025, 7, 1))),
    ):
        assert downloads.draw(downloads.Picture(chart, "Segments"), "png", {}).startswith(b"\x89PNG")
