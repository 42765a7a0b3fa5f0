"""The curve of a point's worth, and the month in which a scenario overtakes the base."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retention_core.overtaking import overtaken
from retention_core.point_worth import worth_curve
from retention_core.scenarios import CUMULATED, DIFFERENCE, Plan, what_if
from retention_core.worth import WorthError, break_even_once, break_even_spend, retention_worth

NOW = Plan(customers=1000, retention=0.8, margin=60, new_customers=200, cost_to_win=50)


def test_every_point_is_worth_what_the_formulas_say() -> None:
    found = worth_curve(1000, 100, 0.8, 0.1, draws=1000)
    assert [row.points for row in found.rows] == [number / 100 for number in range(1, 11)]
    for row in found.rows:
        assert row.worth == retention_worth(1000, 100, 0.8, row.points, 0.1)
        assert row.each == break_even_spend(100, 0.8, row.points, 0.1)
        assert row.each_once == break_even_once(100, 0.8, row.points, 0.1)
        assert row.once == pytest.approx(1000 * row.each_once, rel=1e-12)
        assert row.worth == pytest.approx(1000 * row.each, rel=1e-12)


def test_formula_and_simulation_agree_within_the_error_of_the_simulation() -> None:
    for row in worth_curve(2512, 75.65, 0.3987).rows:
        assert abs(row.simulated.mean - row.worth) < 4 * row.simulated.standard_error


def test_the_limits_of_a_point_are_those_of_the_retention() -> None:
    point = worth_curve(10, 100, 0.8, between=(0.7, 0.995), draws=100).point
    assert point.low == retention_worth(10, 100, 0.7)
    assert point.high is None
    lossy = worth_curve(10, -100, 0.8, between=(0.7, 0.9), draws=100).point
    assert lossy.low == retention_worth(10, -100, 0.9)
    assert lossy.high == retention_worth(10, -100, 0.7)


@pytest.mark.parametrize(
    ("retention", "discount", "rows"),
    [(0.95, 0.1, 5), (0.995, 0.1, 0), (1.0, 0.1, 0), (0.95, 0.0, 4), (0.9, 0.1, 10), (0.0, 0.0, 10)],
)
def test_points_end_where_retention_leaves_no_room(retention: float, discount: float, rows: int) -> None:
    found = worth_curve(10, 100, retention, discount, draws=100)
    assert len(found.rows) == len(found.to_frame()) == rows
    assert ("leaves no room" in found.sentence) == (rows == 0)


@pytest.mark.parametrize("wrong", [{"customers": -1}, {"retention": 1.2}, {"margin": float("nan")}])
def test_figures_that_make_no_sense_get_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(WorthError, match=next(iter(wrong))):
        worth_curve(**{"customers": 10, "margin": 100, "retention": 0.8} | wrong)


def test_the_month_of_overtaking_is_the_first_from_which_the_gain_stays_above_zero() -> None:
    found = what_if(NOW, replace(NOW, retention=0.85, keeping_cost=3))
    ahead = overtaken(found)
    assert ahead is not None
    assert ahead.expected is not None
    gains = found.courses[DIFFERENCE, CUMULATED]
    assert min(gains.expected[ahead.expected - 1 :]) > 0 >= gains.expected[ahead.expected - 2]
    assert ahead.surely is not None
    assert ahead.surely >= ahead.expected
    assert min(gains.low[ahead.surely - 1 :]) > 0 >= gains.low[ahead.surely - 2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "brings what the base brings"),
        ({"keeping_cost": 10.0}, "is not expected to overtake"),
        ({"margin": 61}, "from month 1 on, whatever chance does"),
        ({"retention": 0.85, "keeping_cost": 4.1}, "chance can still undo it"),
    ],
)
def test_when_a_scenario_pays_is_said_in_a_sentence(change: dict[str, float], said: str) -> None:
    ahead = overtaken(what_if(NOW, replace(NOW, **change)))
    assert ahead is not None
    assert said in ahead.sentence


def test_a_plan_without_a_margin_is_overtaken_in_no_month_that_could_be_known() -> None:
    blind = replace(NOW, margin=None)
    assert overtaken(what_if(blind, replace(blind, retention=0.9))) is None


@pytest.mark.parametrize("between", [None, 0.8, "ab", (0.7,), (0.7, "x"), (0.7, 1.2), (float("nan"), 0.9)])
def test_limits_that_are_none_get_a_sentence(between: object) -> None:
    with pytest.raises(WorthError, match="between must hold"):
        worth_curve(10, 100, 0.8, between=between, draws=100)  # type: ignore[arg-type]
