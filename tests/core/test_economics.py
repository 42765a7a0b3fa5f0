"""Worth on one's own figures: simulation against formula, five points, costs, claims, and a log's figures."""

import datetime as dt
import math
from dataclasses import replace

import pandas as pd
import pytest

import retention_core as rc
from retention_core import keeping_costs
from retention_core.concentration import concentrate
from retention_core.economics import five_points, simulated_worth
from retention_core.keeping_costs import Spending, keeping_against_winning
from retention_core.measured import NOT_KNOWN, Measured
from retention_core.own_figures import figures_of
from retention_core.popular_claims import OwnAnswer, claims_answered
from retention_core.scenarios import Plan, uncounted_at, what_if
from retention_core.worth import WorthError, break_even_spend, customer_worth

FIGURES = [
    (1000, 100, 0.8, 0.01, 0.1),
    (350, 42, 0.63, 0.05, 0.12),
    (50, 20, 0.9, -0.1, 0.05),
    (20, 1500, 0.95, 0.05, 0.1),
    (200, 30, 0.5, 0.02, 0),
    (10, 8, 0.0, 0.3, 0.2),
    (100, -5, 0.7, 0.1, 1),
]


@pytest.mark.parametrize("figures", FIGURES)
def test_formula_and_simulation_of_worth_agree_within_the_simulations_error(figures):
    for seed in range(5):
        found = simulated_worth(*figures, draws=50_000, seed=seed)
        assert abs(found.mean - found.formula) < 4 * found.standard_error


def test_the_simulations_error_is_that_of_its_means_over_seeds():
    found = [simulated_worth(1000, 100, 0.8, draws=2000, seed=seed) for seed in range(200)]
    spread = pd.Series([one.mean for one in found]).std()
    assert spread == pytest.approx(pd.Series([one.standard_error for one in found]).mean(), rel=0.15)


def test_no_points_are_worth_nothing_in_every_draw():
    found = simulated_worth(1000, 100, 0.8, points=0)
    assert (found.mean, found.standard_error, found.formula) == (0, 0, 0)


@pytest.mark.parametrize("draws", [1, 2.5, 10**9])
def test_draws_that_are_no_number_of_draws_are_refused(draws):
    with pytest.raises(WorthError, match="draws must be a whole number"):
        simulated_worth(1, 1, 0.8, draws=draws)


def test_five_points_stand_beside_the_evidence_tables_claim_with_its_verdict():
    found = five_points(100, 0.8)
    assert found.change == pytest.approx(customer_worth(100, 0.85) / customer_worth(100, 0.8) - 1)
    assert [row.claim_id for row in found.published] == ["f1", "f2", "f3", "f4"]
    assert "partially supported" in found.published_sentence
    assert found.published[0].figure in found.published_sentence
    assert found.to_frame()["source"].iloc[0] == "your figures"


def test_five_points_do_not_depend_on_the_margin_unless_it_is_nothing():
    assert five_points(1, 0.7).change == pytest.approx(five_points(9000, 0.7).change)
    assert five_points(0, 0.7).change is None
    assert "worth nothing" in five_points(0, 0.7).sentence


def test_five_points_beyond_everyone_are_said_to_be_none():
    found = five_points(100, 0.97)
    assert found.after is found.change is found.spend is None
    assert "exceed 100 %" in found.sentence
    assert five_points(100, 0.95).after == pytest.approx(1100)


COUNTED = Spending(
    winning_spend=6000, won=100, keeping_spend=800, reached=200, kept=170, left_alone=200, left_alone_kept=150
)


def test_costs_of_keeping_and_winning_are_those_a_customer():
    found = keeping_against_winning(COUNTED, margin=60)
    assert found.cost_to_win.value == 60
    assert found.cost_to_keep.value == pytest.approx(800 / (200 * 0.1))
    assert found.ratio.value == pytest.approx(1.5)
    assert found.retention == 0.75
    assert found.break_even.value == pytest.approx(break_even_spend(60, 0.75, 0.1))
    for figure in (found.cost_to_win, found.cost_to_keep, found.ratio, found.uplift, found.break_even):
        assert figure.low < figure.value < figure.high
    assert len(found.sentences) == 3


def test_without_an_uplift_the_cost_of_keeping_is_only_a_lower_limit():
    found = keeping_against_winning(Spending(6000, 100, 800, 200, 170))
    assert found.cost_to_keep == Measured(None, 800 / 170)
    assert found.ratio == Measured(None, None, pytest.approx(60 / (800 / 170)))
    assert "at most" in found.sentence
    assert any("lower limit" in sentence for sentence in found.sentences)


def test_an_assumed_uplift_is_taken_as_exact():
    found = keeping_against_winning(Spending(6000, 100, 800, 200, uplift=0.1))
    assert found.cost_to_keep == Measured(40)
    assert found.uplift == Measured(0.1)
    assert found.ratio.low < 1.5 < found.ratio.high


def test_what_is_not_known_stays_unknown_and_is_named():
    found = keeping_against_winning(Spending(winning_spend=6000, won=100))
    assert found.cost_to_win.value == 60
    assert found.cost_to_keep == found.ratio == found.uplift == found.break_even == NOT_KNOWN
    assert "needs the spending on keeping, the customers it was spent on" in found.sentence
    assert found.to_frame()["value"].isna().sum() == 8


def test_spending_that_kept_nobody_has_no_cost_a_customer():
    found = keeping_against_winning(Spending(6000, 100, 800, 200, 140, 200, 150))
    assert found.cost_to_keep.value is None
    assert found.ratio == NOT_KNOWN
    assert "kept nobody" in found.sentence


def test_spending_that_may_have_kept_nobody_has_no_upper_limit():
    found = keeping_against_winning(Spending(6000, 100, 800, 20, 17, 20, 15))
    assert found.cost_to_keep.high is None
    assert found.ratio.low == 0


def test_nobody_won_leaves_a_lower_limit_of_the_cost():
    found = keeping_against_winning(Spending(winning_spend=500, won=0))
    assert found.cost_to_win.value is None
    assert 100 < found.cost_to_win.low < 300


def test_intervals_of_the_ratio_cover_the_truth_at_their_rate(monkeypatch):
    import numpy as np

    monkeypatch.setattr(keeping_costs, "DRAWS", 2000)
    random = np.random.default_rng(11)
    truth, held = (6000 / 150) / (900 / (400 * 0.1)), 0
    for _ in range(200):
        won, kept, alone = random.poisson(150), random.binomial(400, 0.8), random.binomial(400, 0.7)
        ratio = keeping_against_winning(Spending(6000, won, 900, 400, kept, 400, alone)).ratio
        held += ratio.low is not None and ratio.low <= truth <= ratio.high
    assert 180 <= held <= 199  # of 200 at 95 %, but for one time in 500


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({"winning_spend": -1}, "winning_spend must be a finite number, zero or more (got -1)."),
        ({"kept": 5, "reached": 4}, "kept must not exceed reached, 4 (got 5)"),
        ({"uplift": 5}, "uplift must be a fraction from 0 to 1, such as 0.05 (got 5)."),
        ({"uplift": 0.1, "left_alone": 9}, "give one of them, not both"),
    ],
)
def test_spending_that_makes_no_sense_gets_one_sentence(figures, sentence):
    with pytest.raises(WorthError) as caught:
        Spending(**figures)
    assert sentence in str(caught.value)


def test_every_claim_has_a_verdict_and_an_answer_or_what_it_needs():
    found = claims_answered().claims
    assert [row.letter for row in found] == ["a", "b", "c", "d", "e", "f"]
    assert {source.claim_id for row in found for source in row.sources} == {
        row.claim_id for row in rc.claims()
    }
    assert all(row.answer is None and row.sentence.startswith("Not answered: needs ") for row in found)
    assert found[0].verdict == "untraceable (4 of 5 sources), partially supported (1 of 5 sources)"


def test_claims_are_answered_where_the_own_data_tell():
    found = claims_answered(
        costs=keeping_against_winning(COUNTED),
        five=five_points(100, 0.8),
        concentration=concentrate([f"K{i}" for i in range(50)], [float(i + 1) ** 2 for i in range(50)]),
        others={"d": OwnAnswer("Said by the feedback log.")},
    )
    answered = {row.letter: row.answer for row in found.claims}
    assert answered["a"].figure.value == pytest.approx(1.5)
    assert answered["e"].figure.low < answered["e"].figure.value < answered["e"].figure.high
    assert answered["d"].sentence == "Said by the feedback log."
    assert answered["b"] is answered["c"] is None
    assert list(found.to_frame().columns) == ["claim", "verdict", "answer", "value", "low", "high", "sources"]


def test_half_known_costs_name_what_is_missing():
    costs = keeping_against_winning(Spending(winning_spend=6000, won=100))
    assert (
        claims_answered(costs=costs).claims[0].sentence.startswith("Not answered: needs the spending on keep")
    )


ROWS = [
    ("Ann", "2023-01-03", 40, 10),
    ("Bob", "2023-05-09", 10, 5),
    ("Ann", "2024-02-02", 60, 20),
    ("Cem", "2024-06-02", 30, 6),
    ("Cem", "2024-06-05", -10, -2),
    ("Ann", "2024-12-31", 20, 6),
]
FRAME = pd.DataFrame(ROWS, columns=["customer", "date", "amount", "margin"])


def test_a_log_tells_customers_margin_and_retention_of_its_last_year():
    found = figures_of(rc.OrderLog.from_frame(FRAME), as_of=dt.date(2025, 1, 1))
    assert (found.customers, found.kept, found.at_start) == (2, 1, 2)
    assert (found.new_customers, found.won_back) == (1, 0)
    assert found.revenue == pytest.approx((60 + 30 - 10 + 20) / 2)
    assert found.margin == pytest.approx((20 + 6 - 2 + 6) / 2)
    assert found.retention.value == 0.5
    wanted = Plan(2, 0.5, margin=15, revenue=50, new_customers=1, cost_to_win=7, kept=1, at_start=2)
    assert found.plan(cost_to_win=7) == replace(wanted, uncounted=uncounted_at(0.5))


def test_the_plan_of_a_log_keeps_its_yearly_books():
    plan = figures_of(rc.OrderLog.from_frame(FRAME), as_of=dt.date(2025, 1, 1)).plan()
    course = what_if(plan, plan, months=25, draws=100).courses["base", "customers"].expected
    one_month = plan.won * (1 + plan.uncounted) / 12
    first, second = (course[month] - one_month for month in (12, 24))  # at the ends of the years
    assert course[0] - one_month == pytest.approx(2)
    assert first == pytest.approx(2 * 0.5 + 1)
    assert second == pytest.approx(first * 0.5 + 1)


def test_revenue_is_not_taken_for_margin():
    found = figures_of(rc.OrderLog.from_frame(FRAME.drop(columns="margin")), as_of=dt.date(2025, 1, 1))
    assert found.margin is None
    assert found.revenue == pytest.approx(50)
    assert any("Revenue is not margin" in sentence for sentence in found.sentences)
    assert found.plan().margin is None
    assert found.plan(margin=9).margin == 9


def test_a_log_without_amounts_still_tells_retention():
    found = figures_of(rc.OrderLog.from_frame(FRAME[["customer", "date"]]), as_of=dt.date(2025, 1, 1))
    assert found.revenue is found.margin is None
    assert found.retention.value == 0.5
    assert found.to_frame().set_index("figure").loc["margin a customer and year"].isna().all()


def test_a_short_log_leaves_a_years_figures_unknown():
    found = figures_of(rc.OrderLog.from_frame(FRAME[3:5]))
    assert found.revenue is found.margin is found.new_customers is None
    assert found.retention == NOT_KNOWN
    assert any("that needs a log of two years" in sentence for sentence in found.sentences)
    with pytest.raises(rc.OrderLogError, match="there is no plan"):
        found.plan()


@pytest.mark.parametrize("seed", [-1, 1.5, math.nan, "0", True, None])
def test_a_seed_that_no_generator_takes_gets_a_sentence(seed):
    plan = Plan(100, 0.8)
    for simulate in (
        lambda: simulated_worth(10, 100, 0.8, draws=100, seed=seed),
        lambda: what_if(plan, plan, months=2, draws=100, seed=seed),
    ):
        with pytest.raises(WorthError, match="seed must be a whole number"):
            simulate()


def test_the_smallest_discount_is_as_good_as_none():
    smallest, none = (simulated_worth(10, 100, 0.8, discount=rate, draws=500) for rate in (5e-324, 0))
    assert smallest.mean == pytest.approx(none.mean, rel=1e-12)


def test_a_simulated_worth_beyond_every_number_gets_a_sentence():
    with pytest.raises(WorthError, match="exceeds every number"):
        simulated_worth(1e308, 3, 0.8, draws=100)


@pytest.mark.parametrize("name", ["winning_spend", "won", "keeping_spend", "reached", "kept", "uplift"])
@pytest.mark.parametrize("amount", ["x", True, math.nan, -1, 1e-300, 1e300])
def test_spending_that_no_money_or_count_is_gets_a_sentence(name, amount):
    with pytest.raises(WorthError, match=f"{name} must"):
        Spending(**{name: amount})


def test_terms_are_checked_also_where_nothing_is_computed_with_them():
    for terms in (
        {"margin": math.nan},
        {"margin": "x"},
        {"retention": 2},
        {"discount": 7},
        {"confidence": "x"},
    ):
        with pytest.raises(WorthError, match=next(iter(terms))):
            keeping_against_winning(Spending(), **terms)


def test_spending_that_reached_nobody_says_nothing_of_the_ratio():
    found = keeping_against_winning(Spending(winning_spend=100, won=2, keeping_spend=3, reached=0, kept=0))
    assert found.ratio == NOT_KNOWN
    assert found.sentence.startswith("Unknown whether keeping is cheaper")


def test_a_limit_of_the_cost_of_keeping_says_where_it_comes_from():
    given = Spending(keeping_spend=10, reached=10, kept=8, left_alone=10, left_alone_kept=8)
    told = keeping_against_winning(given).sentences[1]
    assert "the upper limit of the uplift" in told
    assert "without the uplift" not in told


def test_figures_of_a_short_log_follow_the_periods_given():
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=20 * place) for place in range(18)]
    rows = [(f"C{number}", day, 10) for number in range(9) for day in days if (day.day + number) % 3]
    log = rc.OrderLog.from_frame(pd.DataFrame(rows, columns=["customer", "date", "amount"]))
    for period, name in (("month", "monthly"), ("quarter", "quarterly")):
        table = rc.period_retention(log, period=period)
        found = figures_of(log, table=table)
        assert f"Converted from {name}" in found.retention_said
        assert figures_of(log, table=rc.period_retention(log, period=period, active_days=45)).retention == (
            found.retention
        )
    with pytest.raises(rc.RetentionError, match="same day"):
        figures_of(log, as_of=dt.date(2024, 6, 1), table=table)
    with pytest.raises(rc.RetentionError, match="confidence"):
        figures_of(log, confidence="0.9")
