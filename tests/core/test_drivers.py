"""Drivers: published intervals and estimates, peers, laws, and what is said where nothing can be told."""

import datetime as dt
import math
import random
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.drivers import (
    DriverError,
    adjusted_p,
    compare_groups,
    difference_interval,
    difference_p,
    retention_drivers,
)
from retention_core.hazards import fit_hazard, hazard_model, person_periods
from retention_core.subscriptions import Subscriptions


@pytest.mark.parametrize(
    ("kept", "at_start", "rest_kept", "rest_at_start", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_difference_intervals_agree_with_newcombe_1998_table_2(
    kept, at_start, rest_kept, rest_at_start, low, high
):
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10, contrasts (a) to (h)."""
    found = difference_interval(kept, at_start, rest_kept, rest_at_start)
    assert found == pytest.approx((low, high), abs=0.5e-4)


def test_benjamini_and_hochberg_1995_reject_four_of_fifteen_and_bonferroni_three():
    """Benjamini and Hochberg (1995), JRSS B 57, 289-300, their example: thrombolysis, fifteen comparisons."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
         0.6528, 0.7590, 1.0000]  # fmt: skip
    assert sum(value <= 0.05 for value in adjusted_p(p, "benjamini-hochberg")) == 4
    assert sum(value <= 0.05 for value in adjusted_p(p, "holm")) == 3


@given(st.lists(st.floats(1e-12, 1), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_corrected_p_values_agree_with_statsmodels(p):
    from statsmodels.stats.multitest import multipletests

    for ours, theirs in (("holm", "holm"), ("benjamini-hochberg", "fdr_bh")):
        assert adjusted_p(p, ours) == pytest.approx(multipletests(p, method=theirs)[1], abs=1e-12)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
@settings(max_examples=100, deadline=None)
def test_p_values_agree_with_scipy(at_start, rest, data):
    kept, rest_kept = data.draw(st.integers(0, at_start)), data.draw(st.integers(0, rest))
    p, test = difference_p(kept, at_start, rest_kept, rest)
    table = [[kept, at_start - kept], [rest_kept, rest - rest_kept]]
    if test == "exact":
        assert p == pytest.approx(scipy.stats.fisher_exact(table)[1], rel=1e-8)
    else:
        assert p == pytest.approx(scipy.stats.chi2_contingency(table, correction=False)[1], rel=1e-9)


def channel_log(seed=1, customers=300):
    """Customers of three channels who come back each month with chances .9, .7 and .7."""
    rng = random.Random(seed)
    rows = []
    for number in range(customers):
        channel = rng.choice(["web", "shop", "fair"])
        for month in range(1, 13):
            rows.append((f"c{number}", dt.date(2024, month, rng.randint(1, 28)), channel))
            if rng.random() > (0.9 if channel == "web" else 0.7):
                break
    return rc.OrderLog.from_frame(
        pd.DataFrame(rows, columns=["customer", "date", "channel"]), groups=["channel"]
    )


def test_the_channel_that_keeps_more_is_found_better():
    found = retention_drivers(channel_log(), period="month", pooled=True, as_of=dt.date(2025, 1, 1))
    assert (found.groups[0].group, found.groups[0].verdict) == ("web", "better")
    assert found.comparisons == 3


@pytest.mark.parametrize("active_days", [None, 20, 75])
def test_groups_add_up_to_the_period_table(active_days):
    log = channel_log()
    as_of = dt.date(2025, 1, 1)
    found = retention_drivers(log, period="month", pooled=True, active_days=active_days, as_of=as_of)
    table = rc.period_retention(log, period="month", active_days=active_days, as_of=as_of)
    rated = [row for row in table.periods if row.rated]
    assert sum(row.at_start for row in found.groups) == sum(row.at_start for row in rated)
    assert sum(row.kept for row in found.groups) == sum(row.kept for row in rated)
    one = retention_drivers(log, period="month", active_days=active_days, as_of=as_of)
    assert sum(row.kept for row in one.groups) == rated[-1].kept


def test_a_customer_has_the_group_of_its_last_order_before_the_period():
    rows = [("Ann", "2024-01-05", "web"), ("Ann", "2024-01-20", "shop"), ("Ann", "2024-02-02", "fair"),
            ("Bo", "2024-01-06", "web"), ("Cy", "2023-12-31", "web")]  # fmt: skip
    log = rc.OrderLog.from_frame(
        pd.DataFrame(rows, columns=["customer", "date", "channel"]), groups=["channel"]
    )
    found = retention_drivers(log, period="month", as_of=dt.date(2024, 3, 1), smallest=1)
    assert {(row.group, row.at_start, row.kept) for row in found.groups} == {("shop", 1, 1), ("web", 1, 0)}
    assert {row.verdict for row in found.groups} == {"cannot tell"}


def test_two_groups_are_one_comparison_and_mirror_each_other():
    kept = [True] * 30 + [False] * 10 + [True] * 15 + [False] * 25
    risk = pd.DataFrame({"customer": range(80), "kept": kept, "side": ["a"] * 40 + ["b"] * 40})
    found = compare_groups(risk, ["side"])
    better, worse = found.groups
    assert found.comparisons == 1
    assert better.p == better.p_adjusted == worse.p_adjusted
    assert better.difference == -worse.difference == 30 / 40 - 15 / 40
    assert better.difference_low == pytest.approx(-worse.difference_high)


def test_small_groups_are_put_together():
    risk = pd.DataFrame({"customer": range(60), "kept": [True, False] * 30,
                         "city": ["Rome"] * 40 + [f"village {i}" for i in range(20)]})  # fmt: skip
    found = compare_groups(risk, ["city"], smallest=5)
    assert {row.group: row.at_start for row in found.groups} == {"Rome": 40, "(other)": 20}
    assert found.notes == ('"city": 20 groups with fewer than 5 customers count as (other).',)


def test_customers_without_a_group_are_a_group():
    risk = pd.DataFrame(
        {"customer": range(60), "kept": [True, False] * 30, "city": ["Rome"] * 40 + [None] * 20}
    )
    groups = {row.group: row.at_start for row in compare_groups(risk, ["city"]).groups}
    assert groups == {"Rome": 40, "(blank)": 20}


def test_a_customer_counted_in_many_periods_is_no_new_evidence():
    """Repeating every row eleven times must not make an interval narrower."""
    risk = pd.DataFrame({"customer": range(60), "kept": [True] * 25 + [False] * 5 + [True, False] * 15,
                         "side": ["a"] * 30 + ["b"] * 30})  # fmt: skip
    once, often = compare_groups(risk, ["side"]), compare_groups(pd.concat([risk] * 11), ["side"])
    for single, many in zip(once.groups, often.groups, strict=True):
        assert many.rate == single.rate
        assert many.difference_high - many.difference_low >= single.difference_high - single.difference_low
        assert many.p >= single.p


def test_false_verdicts_stay_rare_where_nothing_differs():
    """Thirty groups alike, thirty times: Holm keeps the share of tables with any verdict near 5 %."""
    rng = np.random.default_rng(5)
    groups = np.repeat([f"g{i}" for i in range(30)], 40)
    wrong = 0
    for _ in range(30):
        risk = pd.DataFrame({"customer": range(1200), "kept": rng.random(1200) < 0.8, "group": groups})
        wrong += any(row.verdict != "cannot tell" for row in compare_groups(risk, ["group"]).groups)
    assert wrong <= 4  # of 30 at 5 %; more has a chance below 2 %


def test_subscriptions_are_compared_over_the_last_twelve_months():
    plans = pd.DataFrame({
        "customer": [f"c{i}" for i in range(60)], "start": "2023-01-01", "plan": ["S", "L"] * 30, "mrr": 10,
        "end": ["2023-09-01" if i % 2 == 0 and i < 40 else None for i in range(60)]})  # fmt: skip
    found = retention_drivers(Subscriptions.from_frame(plans, as_of=dt.date(2024, 1, 15)), ["plan"])
    assert [(row.group, row.kept, row.at_start, row.verdict) for row in found.groups] == [
        ("L", 30, 30, "better"),
        ("S", 10, 30, "worse"),
    ]
    assert "from 2023-01-15 to 2024-01-15" in found.definition


def test_nothing_to_compare_is_said_in_a_sentence():
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["a", "a"], "date": ["2024-01-01", "2024-02-01"]}))
    with pytest.raises(DriverError, match="no groups to compare"):
        retention_drivers(log)
    with pytest.raises(DriverError, match="one group only"):
        compare_groups(pd.DataFrame({"customer": [1], "kept": [True], "city": ["Rome"]}), ["city"])
    with pytest.raises(DriverError, match="correction must be holm"):
        retention_drivers(channel_log(customers=9), correction="none")


# Grade of first intercourse: boys at risk and events in grades 7 to 12 by parental transition (0, 1)
AT_RISK = {"no": (72, 70, 68, 60, 52, 42), "yes": (108, 95, 90, 74, 53, 38)}
EVENTS = {"no": (2, 2, 8, 8, 10, 8), "yes": (13, 5, 16, 21, 15, 18)}


def singer_willett():
    rows = [
        (level, tenure, AT_RISK[level][tenure - 1], EVENTS[level][tenure - 1])
        for level in AT_RISK
        for tenure in range(1, 7)
    ]
    return pd.DataFrame(rows, columns=["transition", "tenure", "at_risk", "lost"])


def test_hazard_model_agrees_with_singer_and_willett_2003_table_11_3():
    """Applied Longitudinal Data Analysis, table 11.3, models A and B, counts of table 11.1, which UCLA's
    textbook examples (Stata, chapter 11) print too."""
    alone = fit_hazard(singer_willett(), [])
    assert [row.coefficient for row in alone.baseline] == pytest.approx(
        [-2.3979, -3.1167, -1.7198, -1.2867, -1.1632, -0.7309], abs=0.5e-4
    )
    assert alone.deviance == pytest.approx(651.96, abs=0.005)
    both = fit_hazard(singer_willett(), ["transition"], references={"transition": "no"})
    assert [row.coefficient for row in both.baseline] == pytest.approx(
        [-2.9943, -3.7001, -2.2811, -1.8226, -1.6542, -1.1791], abs=0.5e-4
    )
    assert [row.standard_error for row in both.baseline] == pytest.approx(
        [0.3175, 0.4206, 0.2724, 0.2585, 0.2691, 0.2716], abs=0.5e-4
    )
    effect = both.effects[0]
    assert effect.coefficient == pytest.approx(0.8736, abs=0.5e-4)
    assert effect.standard_error == pytest.approx(0.2174, abs=0.5e-4)
    assert both.deviance == pytest.approx(634.66, abs=0.005)
    assert both.factors[0].chi_square == pytest.approx(651.96 - 634.66, abs=0.01)
    assert (effect.level, effect.verdict) == ("yes", "worse")


def random_table(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for channel in "abc":
        for size in ("small", "large"):
            at_risk = int(rng.integers(150, 400))
            for tenure in range(1, 5):
                chance = 0.1 + 0.05 * "abc".index(channel) + 0.04 * (size == "small") + 0.02 * (tenure == 1)
                lost = int(rng.binomial(at_risk, chance))
                rows.append((channel, size, tenure, at_risk, lost))
                at_risk -= lost
    return pd.DataFrame(rows, columns=["channel", "size", "tenure", "at_risk", "lost"])


@pytest.mark.parametrize("link", ["logit", "cloglog"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hazard_model_agrees_with_statsmodels(link, seed):
    import statsmodels.api as sm

    table = random_table(seed)
    ours = fit_hazard(table, ["channel", "size"], link=link, references={"channel": "a", "size": "large"})
    x = np.column_stack(
        [table["tenure"] == t for t in range(1, 5)]
        + [table["channel"] == "b", table["channel"] == "c", table["size"] == "small"]
    ).astype(float)
    y = np.column_stack([table["lost"], table["at_risk"] - table["lost"]])
    family = sm.families.Binomial(
        {"logit": sm.families.links.Logit, "cloglog": sm.families.links.CLogLog}[link]()
    )
    theirs = sm.GLM(y, x, family=family).fit(tol=1e-14, maxiter=200)
    coefficients = [row.coefficient for row in (*ours.baseline, *ours.effects)]
    errors = [row.standard_error for row in (*ours.baseline, *ours.effects)]
    assert coefficients == pytest.approx(theirs.params, abs=1e-8)
    assert errors == pytest.approx(theirs.bse, abs=1e-8)
    assert [row.p for row in ours.effects] == pytest.approx(theirs.pvalues[4:], abs=1e-8)


def test_a_factor_of_three_levels_is_tested_as_a_whole():
    """The likelihood ratio is the fall in deviance, on two degrees of freedom."""
    table = random_table(1)
    tests = {row.factor: row for row in fit_hazard(table, ["channel", "size"]).factors}
    fall = fit_hazard(table, ["size"]).deviance - fit_hazard(table, ["channel", "size"]).deviance
    assert tests["channel"].chi_square == pytest.approx(fall, abs=1e-8)
    assert tests["channel"].p == pytest.approx(scipy.stats.chi2.sf(fall, 2), rel=1e-9)


def test_a_level_that_nobody_left_is_named_instead_of_estimated():
    table = singer_willett()
    table.loc[table["transition"] == "yes", "lost"] = 0
    with pytest.raises(DriverError, match=r'Nobody with transition "yes" was lost \(0 of 458'):
        fit_hazard(table, ["transition"])


def test_factors_that_together_tell_who_leaves_are_refused():
    """No level alone separates the lost from the kept, but region and plan together do."""
    rows = [("n", "S", 1, 50, 0), ("n", "L", 1, 50, 10), ("s", "S", 1, 50, 10), ("s", "L", 1, 50, 50)]
    table = pd.DataFrame(rows, columns=["region", "plan", "tenure", "at_risk", "lost"])
    assert fit_hazard(table.assign(lost=[2, 10, 10, 48]), ["region", "plan"]).effects
    table["lost"] = [0, 50, 10, 50]
    with pytest.raises(DriverError, match="no finite estimate"):
        fit_hazard(table, ["region", "plan"])


def test_two_factors_that_say_the_same_are_refused():
    table = singer_willett()
    table["again"] = table["transition"].str.upper()
    with pytest.raises(DriverError, match='again "NO" says nothing'):
        fit_hazard(table, ["transition", "again"])


def test_tenure_is_joined_until_lost_and_kept_suffice():
    at_risk, lost = [40, 40, 37, 38, 36, 37, 30, 31], [3, 2, 1, 1, 6, 6, 1, 1]
    levels, tenure = ["a", "b"] * 4, [1, 1, 2, 2, 3, 3, 4, 4]
    table = pd.DataFrame({"g": levels, "tenure": tenure, "at_risk": at_risk, "lost": lost})
    found = fit_hazard(table, ["g"])
    assert [(row.first, row.last, row.lost) for row in found.baseline] == [(1, 1, 5), (2, 4, 16)]


def test_hazards_of_an_order_log_are_those_of_its_first_visits():
    rows = (
        [("Ann", m, "web") for m in (1, 2, 3, 5)] + [("Bo", m, "web") for m in (1, 3)] + [("Cy", 4, "fair")]
    )
    log = rc.OrderLog.from_frame(
        pd.DataFrame(
            [(c, dt.date(2024, m, 3), g) for c, m, g in rows], columns=["customer", "date", "channel"]
        ),
        groups=["channel"],
    )
    table, _ = person_periods(log, period="month", as_of=dt.date(2024, 6, 1))
    assert table.values.tolist() == [["fair", 1, 1, 1], ["web", 1, 2, 1], ["web", 2, 1, 0], ["web", 3, 1, 1]]


def by_hand(start, end, until):
    """Periods of tenure at risk and lost or not, month by month."""

    def plus(months):
        number = start.year * 12 + start.month - 1 + months
        first = dt.date(number // 12, number % 12 + 1, 1)
        following = dt.date((number + 1) // 12, (number + 1) % 12 + 1, 1)
        return first.replace(day=min(start.day, (following - first).days))

    periods = 0
    while plus(periods + 1) <= until:
        periods += 1
        if end is not None and end <= plus(periods) and end < until:
            return periods, 1
    return periods, 0


life = st.tuples(
    st.dates(dt.date(2023, 1, 1), dt.date(2024, 3, 31)), st.one_of(st.none(), st.integers(1, 400))
)


# every table costs the same time, however many lives it holds
@given(st.lists(life, min_size=1, max_size=3) | st.lists(life, min_size=12, max_size=40))
@settings(max_examples=14, deadline=None)
def test_person_periods_of_subscriptions_count_every_complete_month(lives):
    until = dt.date(2024, 4, 1)
    ends = [None if days is None else start + dt.timedelta(days) for start, days in lives]
    names, starts = [f"c{i}" for i in range(len(lives))], [start for start, _ in lives]
    plans = pd.DataFrame({"customer": names, "start": starts, "end": ends, "mrr": 5, "plan": "A"})
    table, _ = person_periods(Subscriptions.from_frame(plans, as_of=until))
    wanted = [by_hand(start, end, until) for (start, _), end in zip(lives, ends, strict=True)]
    last = max(periods for periods, _ in wanted)
    assert table["at_risk"].tolist() == [sum(p >= t for p, _ in wanted) for t in range(1, last + 1)]
    assert table["lost"].tolist() == [sum(p == t and lost for p, lost in wanted) for t in range(1, last + 1)]


def test_several_factors_at_once_see_through_a_mixture():
    """The channel only looks worse because it sells the small plan; with both factors it is alike."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(1500):
        channel = "ad" if i % 2 else "web"
        plan = "S" if rng.random() < (0.8 if channel == "ad" else 0.2) else "L"
        months = int(rng.geometric(0.25 if plan == "S" else 0.08))
        start = dt.date(2022, 1, 1)
        number = 2022 * 12 + months
        rows.append((f"c{i}", start, dt.date(number // 12, number % 12 + 1, 1), 10, plan, channel))
    plans = pd.DataFrame(rows, columns=["customer", "start", "end", "mrr", "plan", "channel"])
    source = Subscriptions.from_frame(plans, groups=["channel"], as_of=dt.date(2024, 1, 1))
    alone = hazard_model(source, ["channel"])
    both = {effect.factor: effect for effect in hazard_model(source).effects}
    assert alone.effects[0].verdict != "cannot tell"
    assert both["channel"].verdict == "cannot tell"
    assert both["plan"].verdict != "cannot tell"
    # everyone starts at once and is seen to the end: the odds are those of the two chances
    wanted = math.log(0.25 / 0.75) - math.log(0.08 / 0.92)
    assert abs(both["plan"].coefficient) == pytest.approx(wanted, abs=4 * both["plan"].standard_error)


@given(st.integers(0, 10_000))
@settings(max_examples=5, deadline=None)
def test_shuffling_and_renaming_customers_change_nothing(seed):
    rows = channel_rows(seed)
    shuffled = random.Random(seed).sample(rows, len(rows))
    renamed = [(f"z{customer[::-1]}", day, channel) for customer, day, channel in shuffled]
    tables = [
        retention_drivers(log_of(some), period="month", pooled=True, as_of=dt.date(2025, 1, 1)).to_frame()
        for some in (rows, shuffled, renamed)
    ]
    for one, other in pairwise(tables):
        pd.testing.assert_frame_equal(one, other, rtol=1e-12)


def channel_rows(seed):
    rng = random.Random(seed)
    return [
        (f"c{number}", dt.date(2024, month, rng.randint(1, 28)), "web" if number % 3 else "shop")
        for number in range(40)
        for month in range(1, 13)
        if rng.random() < 0.7
    ]


def log_of(rows):
    frame = pd.DataFrame(rows, columns=["customer", "date", "channel"])
    return rc.OrderLog.from_frame(frame, groups=["channel"])
