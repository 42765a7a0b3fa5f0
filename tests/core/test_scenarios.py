"""What if: expectations by hand, simulations that agree with them, intervals that hold, honest notes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from retention_core.scenarios import Plan, binomial_quantile, poisson_quantile, what_if
from retention_core.worth import WorthError, customer_worth

NOW = Plan(customers=300, retention=0.8, margin=60, revenue=200, new_customers=48, cost_to_win=50)


def test_without_leaving_and_winning_nothing_changes():
    still = Plan(customers=10, retention=1, margin=24, revenue=120)
    found = what_if(still, still, months=5, draws=100)
    for plan, customers, revenue, profit in (("base", 10, 100, 20), ("difference", 0, 0, 0)):
        assert found.courses[plan, "customers"].expected == (customers,) * 5
        assert found.courses[plan, "revenue"].low == (revenue,) * 5
        assert found.courses[plan, "profit"].high == (profit,) * 5
    assert found.courses["base", "cumulated profit"].expected == (20, 40, 60, 80, 100)


def test_a_year_of_leaving_and_winning_by_hand():
    plan = Plan(customers=100, retention=0.5, margin=120, new_customers=12, cost_to_win=10, keeping_cost=6)
    found = what_if(plan, plan, months=13, draws=100).courses["base", "customers"].expected
    stays = 0.5 ** (1 / 12)
    assert found[0] == pytest.approx(101)
    assert found[1] == pytest.approx(101 * stays + 1)
    assert found[12] == pytest.approx(101 * 0.5 + sum(stays**k for k in range(12)))
    profit = what_if(plan, plan, months=1, draws=100).courses["base", "profit"].expected
    assert profit[0] == pytest.approx(101 * (120 - 6) / 12 - 10)


def test_over_many_months_those_present_bring_the_worth_without_a_discount():
    plan = Plan(customers=1, retention=0.3, margin=12)
    found = what_if(plan, plan, months=600, draws=100)
    worth = customer_worth(1, 0.3 ** (1 / 12), 0)
    assert found.courses["base", "cumulated profit"].expected[-1] == pytest.approx(worth, rel=1e-9)


def test_simulations_agree_with_the_expectation():
    found = what_if(NOW, replace(NOW, retention=0.85), draws=4000)
    for course in found.courses.values():
        width = np.array(course.high) - np.array(course.low)
        error = np.abs(np.array(course.simulated) - np.array(course.expected))
        assert np.all(error <= 4 * width / 3.9 / np.sqrt(4000) + 1e-9)


def test_intervals_hold_what_another_simulation_does():
    found = what_if(NOW, NOW, months=24, draws=20_000).courses["base", "customers"]
    random, count = np.random.default_rng(8), np.full(4000, 300)
    count = count + random.poisson(4, 4000)
    for _ in range(23):
        count = random.binomial(count, 0.8 ** (1 / 12)) + random.poisson(4, 4000)
    assert np.mean((found.low[23] <= count) & (count <= found.high[23])) == pytest.approx(0.95, abs=0.015)


def test_the_difference_has_its_own_narrower_interval():
    found = what_if(NOW, replace(NOW, retention=0.82))
    widths = [
        found.courses[plan, "customers"].high[35] - found.courses[plan, "customers"].low[35]
        for plan in ("base", "scenario", "difference")
    ]
    assert widths[2] < min(widths[:2]) / 2
    same = what_if(NOW, NOW).courses["difference", "cumulated profit"]
    assert set(same.low) == set(same.high) == {0.0}


def test_a_retention_measured_on_few_customers_widens_the_interval():
    few = replace(NOW, kept=24, at_start=30)
    widths = [
        course.high[35] - course.low[35]
        for course in (what_if(plan, plan).courses["base", "customers"] for plan in (NOW, few))
    ]
    assert widths[1] > 2 * widths[0]
    assert any("taken as known" in note for note in what_if(NOW, NOW).notes)
    assert not any("taken as known" in note for note in what_if(few, few).notes)


def test_more_luck_never_means_fewer_customers():
    luck = np.linspace(0.0005, 0.9995, 1000)
    for size, chance in ((5, 0.3), (80, 0.97), (900, 0.5), (10**6, 0.98)):
        found = binomial_quantile(luck, np.full(1000, float(size)), np.full(1000, chance))
        assert np.all(np.diff(found) >= 0)
    for mean in (0.0, 0.2, 30.0, 50_000.0):
        assert np.all(np.diff(poisson_quantile(luck, mean)) >= 0)


def test_counts_are_the_quantiles_of_scipy():
    random = np.random.default_rng(2)
    luck, chance = random.random(5000), random.random(5000)
    size = random.integers(0, 2000, 5000).astype(float)
    off = binomial_quantile(luck, size, chance) - stats.binom.ppf(luck, size, chance)
    narrow = size * chance * (1 - chance) <= 10
    assert np.all(off[narrow] == 0)
    assert np.all(np.abs(off) <= 1)
    assert np.mean(off != 0) < 0.01
    for mean in (0.3, 4.0, 700.0):
        assert np.array_equal(poisson_quantile(luck, mean), stats.poisson.ppf(luck, mean))


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_nobody_and_everybody_stay_without_chance(chance):
    size = np.array([0.0, 7.0, 1e9])
    assert np.array_equal(binomial_quantile(np.full(3, 0.4), size, np.full(3, chance)), size * chance)


def test_a_budget_wins_what_it_pays_for():
    plan = Plan(10, 0.8, winning_budget=600, cost_to_win=50)
    assert (plan.won, plan.winning) == (12, 600)
    assert Plan(10, 0.8, new_customers=12, cost_to_win=50).winning == 600
    assert Plan(10, 0.8, new_customers=12).winning is None
    assert Plan(10, 0.8).winning == 0


def test_without_a_margin_profit_is_unknown_and_the_customers_are_told():
    found = what_if(replace(NOW, margin=None), NOW)
    assert {measure for _, measure in found.courses} == {"customers", "revenue"}
    assert "unknown without a margin" in found.sentence


def test_an_unknown_cost_of_winning_is_left_out_of_both_plans_and_said():
    free = replace(NOW, cost_to_win=None)
    found = what_if(NOW, free)
    assert set(found.courses["difference", "profit"].expected) == {0.0}
    assert any("before the cost of winning" in note for note in found.notes)


def test_the_table_holds_every_plan_measure_and_month():
    table = what_if(NOW, NOW, months=6, draws=100).to_frame()
    assert list(table.columns) == ["plan", "measure", "month", "expected", "low", "high"]
    assert len(table) == 3 * 4 * 6
    assert table.notna().all().all()


def test_the_same_seed_gives_the_same_figures():
    one, other, third = (what_if(NOW, NOW, draws=200, seed=seed) for seed in (1, 1, 2))
    assert one.columns() == other.columns()
    assert one.columns() != third.columns()


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({"retention": 80}, "retention must be a fraction from 0 to 1, such as 0.9 for 90 % (got 80)."),
        ({"customers": -1}, "customers must be zero or more (got -1)."),
        ({"margin": float("nan")}, "margin must be a finite number up to 1e15 (got nan)."),
        ({"winning_budget": 5}, "give two of the three"),
        ({"new_customers": None, "cost_to_win": 0, "winning_budget": 5}, "winning_budget needs cost_to_win"),
        ({"kept": 5}, "kept and at_start belong together"),
        ({"kept": 5, "at_start": 4}, "kept must not exceed at_start, 4 (got 5)."),
    ],
)
def test_plans_that_make_no_sense_get_one_sentence(figures, sentence):
    with pytest.raises(WorthError) as caught:
        replace(NOW, **figures)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("asked", [{"months": 0}, {"draws": 3}, {"confidence": 95}])
def test_a_simulation_that_makes_no_sense_is_refused(asked):
    with pytest.raises(WorthError, match=f"{next(iter(asked))} must"):
        what_if(NOW, NOW, **asked)


@pytest.mark.parametrize("name", ["customers", "retention", "keeping_cost", "uncounted"])
@pytest.mark.parametrize("figure", [None, "x", True, float("nan")])
def test_what_a_plan_cannot_do_without_gets_a_sentence(name, figure):
    with pytest.raises(WorthError, match=f"{name} must be a finite number"):
        Plan(**({"customers": 10, "retention": 0.8} | {name: figure}))


def test_what_is_no_plan_gets_a_sentence():
    with pytest.raises(WorthError, match="scenario must be a Plan"):
        what_if(NOW, 3)
    with pytest.raises(WorthError, match="confidence must lie"):
        what_if(NOW, NOW, confidence="0.9")
