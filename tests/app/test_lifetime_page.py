"""Lifetime: the curve, the rule behind it, groups, and the projection of survivors."""

from __future__ import annotations

import datetime as dt

import altair as alt
import pandas as pd
import pytest

from app_pages import lifetime_charts, lifetime_tables
from app_pages.survivor_text import survivors_in
from retention_core.cohort_survivors import inactivity_rule, survivors_of
from retention_core.errors import RetentionError
from retention_core.log_lifetimes import lifetimes_of
from retention_core.projection import compare_models
from retention_core.samples import sample
from retention_core.survival import survival_curve
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

TINY = (
    {"customer": ["a"], "date": ["2025-01-01"]},
    {"customer": ["a", "b"], "date": ["2025-01-01", "2025-01-01"]},
    {"customer": ["a", "a"], "date": ["2025-01-01", "2025-06-01"], "amount": [0, 0]},
    {"customer": ["a", "b", "c"], "date": ["2025-01-01", "2025-03-01", "2025-06-01"], "amount": [1, 2, 3]},
    {"customer": ["a", "a", "b"], "date": ["1901-01-01", "2199-12-30", "2000-01-01"], "amount": [1, 2, 3]},
    {"customer": ["a", "b"], "date": ["2025-01-01", "2025-06-01"], "amount": [5, -1]},
)


def named(app, key):
    """The number input whose key begins so."""
    return next(box for box in app.number_input if (box.key or "").startswith(key))


def test_the_headline_is_the_median_of_the_core_by_the_suggested_rule():
    log = sample("gift_shop").log()
    rule = inactivity_rule(log)
    curve = lifetimes_of(log, rule.days).curve()
    app = opened("lifetime")
    assert not app.exception
    assert f"Half of the customers are lost within {curve.median.value:,.0f} days" in texts(app)
    mean = curve.mean_to()
    assert f"a customer stays {mean.value:,.0f} days on average" in texts(app)
    assert named(app, "lost after").value == rule.days == 183


def test_another_rule_gives_another_curve():
    app = opened("lifetime")
    named(app, "lost after").set_value(366).run()
    curve = lifetimes_of(sample("gift_shop").log(), 366).curve()
    assert not app.exception
    assert f"lost within {curve.median.value:,.0f} days" in texts(app)
    assert "Lost means: no order for 366 days." in texts(app)


def test_the_window_of_the_sidebar_is_the_first_rule():
    app = opened("lifetime")
    app.radio(key="window").set_value("a number of days").run()
    app.number_input(key="days").set_value(200).run()
    assert named(app, "lost after").value == 200


def test_a_median_not_yet_reached_is_said_with_the_share_still_there():
    rows = {"customer": [], "date": []}
    for number in range(30):
        for day in (
            ("2024-01-01", "2024-06-01") if number < 10 else ("2024-01-01", "2024-06-01", "2025-03-01")
        ):
            rows["customer"].append(number)
            rows["date"].append(day)
    app = opened("lifetime", log=yours(rows))
    assert not app.exception
    assert "66.7 % of the customers are still there 426 days after their first order." in texts(app)


def test_groups_are_compared_by_the_log_rank_test():
    app = opened("lifetime")
    app.selectbox(key="lifetime group gift_shop").set_value("region").run()
    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "region" in frame.value)
    assert set(table["region"]) == {"Midlands", "North", "Scotland", "South", "Wales"}
    test = lifetimes_of(sample("gift_shop").log(), 183, group="region").compare()
    assert lifetime_tables.tested(test) in texts(app).replace("**", "")
    assert test.p < 0.05


def test_more_groups_than_a_test_can_tell_apart_get_a_sentence():
    days = pd.date_range("2024-01-01", periods=80, freq="4D").astype(str).tolist()
    log = yours(
        {"customer": list(range(80)), "date": days, "g": [f"g{n % 40}" for n in range(80)]}, groups=["g"]
    )
    app = opened("lifetime", log=log)
    app.selectbox(key="lifetime group yours 0").set_value("g").run()
    assert not app.exception
    assert any("There are 40 groups" in info.value for info in app.info)


def test_the_projection_is_that_of_the_core():
    log = sample("gift_shop").log()
    counts = survivors_of(log, 183).counts
    best = compare_models(counts)
    app = opened("lifetime")
    assert app.text_area[0].value == ", ".join(map(str, counts))
    assert best.verdict in plain(texts(app))
    end = len(counts) - 1 + 8
    left = f"{best.simple.survival(end)[0]:.1%}".replace("%", " %")
    assert f"After {end} periods, {left} of the cohort are expected to be left." in texts(app)


def test_the_published_example_prefers_the_model_with_age():
    app = opened("lifetime")
    app.selectbox(key="survivors of gift_shop").set_value("High End (published)").run()
    assert not app.exception
    assert "Use the beta-discrete-Weibull model" in plain(texts(app))
    table = next(frame.value for frame in app.dataframe if "Standard error" in frame.value)
    assert table.set_index("Parameter")["Estimate"].round(2).to_dict() == {
        "alpha": 0.67, "beta": 3.81, "gamma": 0.21, "delta": 1.43, "c": 1.72}  # fmt: skip


def test_survivors_that_make_no_curve_get_one_sentence():
    app = opened("lifetime")
    app.selectbox(key="survivors of gift_shop").set_value("figures you type").run()
    assert any("There are no survivors yet" in plain(info.value) for info in app.info)
    for typed, answer in {
        "1000\n1,200\n": "must not rise",
        "1000, 900, <b>x</b>": 'got "<b>x</b>" in period 2',
        "0 0 0": "must start with the size of the cohort",
        "0.9 0.8 0.7": "must be whole numbers",
        "100, 100, 100": "nobody was lost yet",
        "1e400, 5, 2": "in period 0",
        " ".join(["5"] * 500): "400 periods are the most",
    }.items():
        app.text_area[0].set_value(typed).run()
        assert not app.exception
        assert any(answer in plain(info.value) for info in app.info)
        assert "<b>" not in texts(app)


def test_a_median_that_the_rule_itself_made_is_said_as_such():
    app = opened("lifetime", log="cdnow")
    assert "At least half of the customers ordered once and are lost after 183 days." in texts(app)
    assert "and the log is too short for a longer rule" in plain(texts(app))


def test_two_periods_are_fitted_with_the_simple_model_alone():
    app = opened("lifetime")
    app.selectbox(key="survivors of gift_shop").set_value("figures you type").run()
    app.text_area[0].set_value("1000 600 450").run()
    assert not app.exception
    assert "The flexible model (BdW) cannot be fitted." in plain(texts(app))


def test_survivors_are_read_from_a_column_a_row_and_a_list():
    wanted = [1000.0, 869.0, 743.0]
    assert survivors_in("1000,869,743") == survivors_in("1,000\r\n869\r\n743") == wanted
    assert survivors_in("1000\t869\t743") == survivors_in("1 000; 869; 743") == wanted
    with pytest.raises(RetentionError, match="period 1"):
        survivors_in("1000, -3")


@pytest.mark.parametrize("rows", TINY)
def test_a_tiny_log_gets_sentences_and_no_traceback(rows):
    app = opened("lifetime", log=yours(rows))
    assert not app.exception
    assert not app.error
    assert any(line.startswith("### ") for line in texts(app).splitlines())


def test_hostile_groups_are_never_markup():
    rows = {
        "customer": [*HOSTILE, *HOSTILE],
        "date": ["2024-01-05"] * 5 + ["2025-02-05"] * 3 + ["2024-02-05"] * 2,
        "<img src=x>": [*HOSTILE, *HOSTILE],
    }
    app = opened("lifetime", log=yours(rows, groups=["<img src=x>"]))
    app.selectbox(key="lifetime group yours 0").set_value("<img src=x>").run()
    assert not app.exception
    for markup in ("<script>", "<img", "$x", "**bold**", "[a](", ":material/home:"):
        assert markup not in texts(app)


def test_the_day_after_the_first_order_has_a_page_too():
    app = opened("lifetime")
    app.date_input(key="as of gift_shop").set_value(dt.date(2023, 1, 2)).run()
    assert not app.exception


def test_the_chart_draws_every_curve_under_its_own_name():
    curve = survival_curve([1, 2, 3], [1, 0, 1])
    name = "a very long name of a group, cut in the legend "
    at_risk = pd.DataFrame({"time": [0, 2], "at_risk": [3, 2]})
    chart = lifetime_charts.survival({f"{name}1": curve, f"{name}2": curve}, at_risk, "day")
    assert isinstance(chart, alt.LayerChart)
    lines = chart.layer[-1].data["curve"].unique()
    assert len(lines) == 2
