"""Stages: the rules, laws on any log, every engine alike, and better than simple rules on known truth."""

import datetime as dt
import math

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.contact_log import ContactLog
from retention_core.purchases import purchases_by_customer
from retention_core.rates import rate_interval
from retention_core.stage_moves import NEW, stage_transitions
from retention_core.stage_tables import (
    GONE,
    LONG,
    MEDIUM,
    SHORT,
    STAGES,
    UNKNOWN,
    Thresholds,
    stages_of_purchases,
)
from retention_core.stages import rhythm_of, stages_of
from tests.core.known_shop import known_shop

FIRST, LAST = dt.date(2024, 1, 10), dt.date(2024, 12, 20)
NUMBERS = ("tenure", "variation", "typical_gap", "still_customer", "value")
order_rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "B", "c", "d", "7", "10"]),
        st.dates(FIRST, LAST),
        st.sampled_from([-20.0, 0.0, 0.1, 0.2, 0.3, 99.95]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(amount >= 0 for _, _, amount in rows))


def log_of(rows, **columns):
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    return rc.OrderLog.from_frame(frame, **columns)


def assert_alike(one, other):
    mine, theirs = one.columns(), other.columns()
    assert list(mine) == list(theirs)
    for name in mine:
        if name in NUMBERS:
            assert [value is None for value in mine[name]] == [value is None for value in theirs[name]]
            known = [(a, b) for a, b in zip(mine[name], theirs[name], strict=True) if a is not None]
            assert [a for a, _ in known] == pytest.approx([b for _, b in known], rel=1e-8, abs=1e-9)
        else:
            assert mine[name] == theirs[name], name


@given(order_rows, st.none() | st.dates(dt.date(2024, 3, 1), dt.date(2025, 6, 1)))
@settings(max_examples=25, deadline=None)
def test_plain_columns_stand_as_their_log(rows, as_of):
    purchases = purchases_by_customer(*(list(column) for column in zip(*rows, strict=True)))
    try:
        wanted = stages_of(log_of(rows), as_of=as_of)
    except rc.OrderLogError:
        with pytest.raises(rc.OrderLogError):
            stages_of_purchases(purchases, as_of)
        return
    assert_alike(stages_of_purchases(purchases, as_of), wanted)


@given(order_rows, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_a_shuffled_log_gives_the_same_table(rows, random):
    # the first spelling of a customer depends on the order of the rows
    rows = [(name.lower(), day, amount) for name, day, amount in rows]
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert_alike(stages_of(log_of(shuffled)), stages_of(log_of(rows)))


@pytest.mark.parametrize("engine", ["polars", "duckdb", "parquet"])
@pytest.mark.parametrize("order", ["", "invoice"])
def test_every_engine_gives_the_same_table(engine, order, tmp_path):
    shop = pd.DataFrame(
        {
            "customer": [f"C{n * n % 61}" for n in range(400)],
            "date": pd.to_datetime([FIRST + dt.timedelta(days=(n * n * 7919) % 340) for n in range(400)]),
            "amount": [((n * 31) % 97) / 10 - 0.8 for n in range(400)],
            "invoice": [f"I{n // 2}" for n in range(400)],
        }
    )
    wanted = stages_of(rc.OrderLog.from_frame(shop, order=order))
    if engine == "parquet":
        shop.to_parquet(tmp_path / "shop.parquet")
        found = stages_of(rc.OrderLog.from_file(tmp_path / "shop.parquet", order=order))
    else:
        other = pl.from_pandas(shop) if engine == "polars" else duckdb.from_df(shop)
        found = stages_of(rc.OrderLog.from_frame(other, order=order))
    assert_alike(found, wanted)
    assert len(set(wanted.stages)) > 1


def test_orders_and_value_are_those_of_the_customer_table():
    log = rc.sample("gift_shop").log()
    table, summary = stages_of(log), log.customer_table()
    assert table.keys == summary["key"].tolist()
    assert table.customers == summary["customer"].tolist()
    assert table.values == pytest.approx(summary["value"].tolist())
    assert table.value_of == "profit"
    days = log.order_days().select("customer", "day").unique().collect("pandas")
    assert len(days) == sum(table.orders)


MONTHLY = [("Reg", dt.date(2025, month, 3), 10.0) for month in range(1, 13)]
ODD = [("Odd", dt.date(2025, *day), 20.0) for day in ((1, 1), (1, 3), (1, 4), (6, 20), (6, 21), (12, 20))]
SHOP = [*MONTHLY, *ODD, ("Fresh", dt.date(2025, 12, 20), 5.0), ("Once", dt.date(2025, 1, 20), 5.0)]
LIMITS = Thresholds(second_days=60, habit_orders=4, habit_days=100)


def test_each_rule_puts_its_customer_into_its_stage():
    table = stages_of(log_of([*SHOP, ("Back", dt.date(2025, 2, 2), -3.0)]), thresholds=LIMITS)
    found = dict(zip(table.customers, table.stages, strict=True))
    assert found == {"Reg": LONG, "Odd": MEDIUM, "Fresh": SHORT, "Once": MEDIUM, "Back": UNKNOWN}


def test_reasons_name_what_is_missing():
    table = stages_of(log_of([*SHOP, ("Back", dt.date(2025, 2, 2), -3.0)]), thresholds=LIMITS)
    reasons = dict(zip(table.customers, table.reasons(), strict=True))
    assert reasons["Fresh"].startswith(
        "One order, 1 day ago; a second usually follows within 60 days. Silent for 1 day"
    )
    assert reasons["Odd"].startswith(
        "6 order days over 353 days, gaps varying by 1.35 of their mean; a habit takes gaps"
    )
    assert reasons["Reg"].startswith(
        "12 order days over 334 days, gaps varying by 0.03 of their mean: a habit."
    )
    assert reasons["Back"] == "Nothing but refunds before 2025-12-21: the orders lie before the log."


def test_a_silence_longer_than_hardly_any_or_than_most_gaps_is_said_in_words():
    regular = [(name, last - dt.timedelta(days=30 * back), 1.0)
               for name, last in (("Back", dt.date(2025, 6, 30)), ("Gone", dt.date(2024, 2, 1)))
               for back in range(12)]  # fmt: skip
    back, gone = stages_of(log_of(regular)).reasons()
    assert "Silent for 1 day, longer than nearly none of its gaps;" in back
    assert "Silent for 516 days, longer than nearly all of its gaps;" in gone
    assert gone.endswith("still a customer with a chance of less than 1 %.")


def test_the_coefficient_of_variation_is_the_usual_one():
    table = stages_of(log_of(SHOP), thresholds=LIMITS)
    gaps = np.diff([day.toordinal() for name, day, _ in ODD])
    found = dict(zip(table.customers, table.variation, strict=True))
    assert found["Odd"] == pytest.approx(gaps.std(ddof=1) / gaps.mean())
    assert found["Fresh"] is None


def test_derived_thresholds_follow_their_rules_and_given_ones_stay():
    log = rc.sample("gift_shop").log()
    shop, limits = rhythm_of(log), stages_of(log).thresholds
    assert limits.habit_orders == 1 + math.ceil(shop.within / shop.between)
    assert limits.habit_days == math.ceil((limits.habit_orders - 1) * shop.typical_gap)
    given_one = stages_of(log, thresholds=Thresholds(habit_days=10))
    assert given_one.thresholds.habit_days == 10
    assert "(as given)" in given_one.rules[2]
    assert given_one.thresholds.second_days == limits.second_days


def test_by_stage_adds_up_to_everyone():
    table = stages_of(log_of([*SHOP, ("Back", dt.date(2025, 2, 2), -3.0)]), thresholds=LIMITS)
    stages = table.by_stage_frame().set_index("stage")
    assert stages["customers"].sum() == 5
    assert stages["share"].sum() == pytest.approx(1)
    assert stages["value"].sum() == pytest.approx(sum(amount for _, _, amount in SHOP) - 3)
    by_schedule = stages[["on schedule", "due", "overdue", "gone", "unknown"]].sum(axis=1)
    assert by_schedule.tolist() == stages["customers"].tolist()


def test_a_log_without_amounts_has_stages_and_no_value():
    frame = pd.DataFrame({"customer": ["A", "A", "B"], "date": ["2025-01-01", "2025-02-01", "2025-02-02"]})
    table = stages_of(rc.OrderLog.from_frame(frame))
    assert (table.value_of, set(table.values), table.by_stage()["value"]) == (None, {None}, [None] * 3)
    assert table.to_frame()["value"].isna().all()


def test_where_nobody_returned_schedules_are_unknown():
    table = stages_of(log_of([("A", FIRST, 5.0), ("B", LAST, 5.0)]))
    assert table.stages == [SHORT, SHORT]
    assert table.schedules == [UNKNOWN, UNKNOWN]
    assert table.columns()["expected"] == [None, None]
    assert table.rules == (
        "Nobody ordered on two days, so no threshold could be derived and no schedule is known.",
    )
    assert table.to_frame()["expected"].isna().all()


def contacts_of(rows, **columns):
    return ContactLog.from_frame(pd.DataFrame(rows, columns=["customer", "date", "kind"]), **columns)


def test_those_in_contact_who_have_not_bought_are_short_term():
    seen = [("reg", "2025-01-02", "visit"), ("Zoe", "2025-11-05", "quote"), ("Zoe", "2025-12-01", "call")]
    contacts = contacts_of([*seen, ("Later", "2026-03-01", "call")])
    table = stages_of(log_of(SHOP), contacts=contacts, thresholds=LIMITS)
    found = {
        name: row
        for name, *row in zip(table.customers, table.stages, table.schedules, table.reasons(), strict=True)
    }
    assert found["Zoe"] == [SHORT, UNKNOWN, "In contact since 2025-11-05, no order yet."]
    assert "Later" not in found
    assert len(found) == 5
    assert table.to_frame()["tenure"].isna().sum() == 1


def test_contacts_alone_are_enough_before_the_first_order():
    contacts = contacts_of([("Zoe", "2024-11-05", "quote")])
    table = stages_of(log_of(SHOP), contacts=contacts, as_of=dt.date(2024, 12, 1))
    assert (table.customers, table.stages) == (["Zoe"], [SHORT])


def test_transitions_count_everyone_once_and_shares_have_wilson_intervals():
    moved = stage_transitions(log_of(SHOP), dt.date(2025, 6, 1), thresholds=LIMITS)
    frame = moved.to_frame().set_index("before")
    assert frame.to_numpy().sum() == 4
    assert frame.loc[NEW].sum() == 1
    for move in moved.moves():
        assert (move.low, move.high) == rate_interval(move.customers, move.of)
        assert move.share == move.customers / move.of


def test_both_days_of_a_transition_use_the_thresholds_of_the_later():
    moved = stage_transitions(rc.sample("gift_shop").log(), dt.date(2025, 1, 1))
    assert moved.before.thresholds == moved.after.thresholds
    assert moved.to_frame().to_numpy()[:, 1:].sum() == len(moved.after.keys)


def test_times_in_stages_are_kaplan_meier_medians_of_the_steps():
    days = [("A", (1, 1)), ("A", (1, 11)), ("B", (1, 1)), ("B", (1, 31)), ("C", (3, 1))]
    rows = [*((name, dt.date(2025, *day), 1.0) for name, day in days), *MONTHLY]
    moved = stage_transitions(log_of(rows), dt.date(2025, 2, 1), thresholds=LIMITS)
    short, medium, _ = moved.times
    assert (short.stage, short.customers, short.moved, short.median) == (SHORT, 4, 3, 30)
    # only Reg makes a habit, with the order of 3 May: the fourth and more than 100 days after the first
    assert (medium.customers, medium.moved, medium.median) == (3, 1, None)


def test_a_habit_begins_with_the_order_that_meets_every_threshold():
    moved = stage_transitions(log_of(MONTHLY), dt.date(2025, 2, 1), thresholds=LIMITS)
    assert moved.times[1].median == (dt.date(2025, 5, 3) - dt.date(2025, 2, 3)).days
    assert (moved.times[2].customers, moved.times[2].moved) == (1, 0)


def test_the_first_contact_begins_the_short_term():
    contacts = contacts_of([("Reg", "2024-12-24", "visit"), ("Zoe", "2025-11-05", "quote")])
    with_contacts = stage_transitions(log_of(SHOP), dt.date(2025, 6, 1), contacts=contacts, thresholds=LIMITS)
    without = stage_transitions(log_of(SHOP), dt.date(2025, 6, 1), thresholds=LIMITS)
    assert with_contacts.times[0].customers == without.times[0].customers + 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"as_of": dt.date(2020, 1, 1)}, "as_of must lie after an order: there is none before 2020-01-01."),
        ({"as_of": 5}, "as_of must be a date (got 5)."),
        ({"as_of": pd.NaT}, "as_of must be a date (got NaT)."),
        ({"as_of": dt.date(2300, 1, 1)}, "as_of lies more than a century after the last order, on "),
        ({"contacts": pd.DataFrame()}, "contacts must be of the type ContactLog (got DataFrame)."),
        ({"thresholds": 3}, "thresholds must be of the type Thresholds (got int)."),
        ({"thresholds": Thresholds(regular="x")}, "regular must be zero or more (got x)."),
        ({"thresholds": Thresholds(second_days=float("nan"))}, "second_days must be zero or more (got nan)."),
        ({"thresholds": Thresholds(due=None)}, "due must lie between 0 and 1, such as 0.5 (got None)."),
        ({"thresholds": Thresholds(habit_orders=-1)}, "habit_orders must be zero or more (got -1)."),
        ({"thresholds": Thresholds(gone=0)}, "gone must lie between 0 and 1, such as 0.5 (got 0)."),
        ({"thresholds": Thresholds(due=0.9)}, "overdue must not lie below due, 0.9 (got 0.8)."),
    ],
)
def test_arguments_that_make_no_sense_get_one_sentence(arguments, sentence):
    with pytest.raises(rc.OrderLogError) as caught:
        stages_of(log_of(SHOP), **arguments)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("as_of", ["soon", 45000, float("nan"), dt.date(2300, 1, 1)])
def test_plain_columns_refuse_a_day_with_the_sentence_of_their_log(as_of):
    rows = list(zip(*SHOP, strict=True))
    with pytest.raises(rc.OrderLogError) as of_columns:
        stages_of_purchases(purchases_by_customer(*rows), as_of)
    with pytest.raises(rc.OrderLogError) as of_log:
        stages_of(log_of(SHOP), as_of=as_of)
    assert str(of_columns.value) == str(of_log.value)


def test_what_no_source_tells_is_said():
    log = log_of([("a", "2025-01-01", 5), ("b", "2025-01-02", 5)])
    assert stages_of(log).notes == (
        "No contacts: who is in contact and has not ordered yet is unknown.",
        "Nobody ordered on two days: schedule and next order are unknown.",
    )
    contacts = contacts_of([("Zoe", "2025-01-01", "quote")])
    without = rc.OrderLog.from_frame(
        pd.DataFrame({"customer": ["a", "a"], "date": ["2025-01-01", "2025-02-01"]})
    )
    assert stages_of(without, contacts=contacts).notes == ("No amounts: value is unknown.",)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"before": "soon"}, "before must be a date"),
        ({"before": None}, "before must be a date"),
        ({"before": dt.date(2025, 6, 1), "after": "soon"}, "after must be a date"),
        ({"before": dt.date(2025, 6, 1), "confidence": 1.5}, "confidence must lie between 0 and 1"),
    ],
)
def test_transitions_between_days_that_are_none_get_one_sentence(arguments, sentence):
    with pytest.raises(rc.OrderLogError, match=sentence):
        stage_transitions(log_of(SHOP), **arguments)


def test_transitions_backwards_get_one_sentence():
    with pytest.raises(rc.OrderLogError, match="after must be a later day than before, 2025-06-01"):
        stage_transitions(log_of(SHOP), dt.date(2025, 6, 1), dt.date(2025, 2, 1))


@pytest.fixture(scope="module", params=[5, 6])
def judged(request):
    shop = known_shop(2500, seed=request.param)
    log = rc.OrderLog.from_frame(shop.orders, customer="customer", date="date", amount="amount")
    table = stages_of(log, as_of=shop.as_of, contacts=ContactLog.from_frame(shop.contacts))
    truth = shop.truth.set_index(shop.truth["customer"].str.lower()).loc[table.keys].reset_index(drop=True)
    silent = np.array([math.inf if day is None else shop.as_of.toordinal() - day for day in table.last_order])
    return table, truth, silent


def mean_f1(true, guess):
    scores = []
    for stage in STAGES:
        both = ((true == stage) & (guess == stage)).sum()
        scores.append(2 * both / ((true == stage).sum() + (guess == stage).sum()))
    return np.mean(scores)


def test_stages_tell_the_true_ones_far_better_than_silence_at_its_best(judged):
    table, truth, silent = judged
    buyers = np.isfinite(silent)
    true, found, silent = truth["stage"].to_numpy()[buyers], np.array(table.stages)[buyers], silent[buyers]
    by_silence = max(
        mean_f1(true, np.where(silent <= low, LONG, np.where(silent <= high, *names)))
        for low in range(20, 100, 10)
        for high in range(low, 300, 20)
        for names in ((SHORT, MEDIUM), (MEDIUM, SHORT))
    )
    assert mean_f1(true, found) > by_silence + 0.1
    assert (true == found).mean() > 0.78


def test_those_called_gone_have_left_and_the_later_the_schedule_the_fewer_are_still_there(judged):
    table, truth, silent = judged
    left = ~truth["alive"].to_numpy() & np.isfinite(silent)
    gone = np.array(table.schedules) == GONE
    assert left[gone].mean() > 0.93
    still = [
        truth["alive"][np.array(table.schedules) == name].mean()
        for name in ("on schedule", "due", "overdue", GONE)
    ]
    assert still == sorted(still, reverse=True)
    assert still[0] > 0.88
    assert 0.3 < still[2] < 0.65
