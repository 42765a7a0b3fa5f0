"""Spending by tenure: hand-made logs, customers of known growth, every engine alike, honest refusals."""

import datetime as dt

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import retention_core as rc
from retention_core.tenure_spend import spend_by_tenure
from retention_core.tenure_tables import (
    ACTIVE,
    FEWEST,
    READINGS,
    SAME,
    WON,
    ratio_of_means,
)
from tests.core.known_tenure import FIRST_DAY, known_orders, known_spend, order_frame, true_ratio, windows_of

SEEDS = 200
LOWEST, HIGHEST = 180, 199  # of 200 at 95 %, but for about one time in 500


@pytest.fixture(scope="module", params=[0.0, 0.67], ids=["no growth", "growth"])
def known(request):
    """The growth, and what 200 shops of other customers say of it."""
    start = 1000 if request.param else 0
    return request.param, [known_spend(seed, 400, request.param) for seed in range(start, start + SEEDS)]


@pytest.mark.parametrize("first_order", [True, False])
@pytest.mark.parametrize("name", READINGS)
def test_intervals_hold_the_true_growth_at_their_rate(known, name, first_order):
    growth, found = known
    truth = true_ratio(name, first_order, growth)
    if truth is None:
        truth = known_spend(5_000_000, 100_000, growth).reading(name, first_order=first_order).ratio.value
    ratios = [table.reading(name, first_order=first_order).ratio for table in found]
    held = sum(ratio.low <= truth <= ratio.high for ratio in ratios)
    assert LOWEST <= held <= HIGHEST


def test_very_many_customers_show_the_truth_in_every_reading():
    found = known_spend(5_000_001, 100_000, 0.67)
    for name in READINGS:
        for first_order in (True, False):
            truth = true_ratio(name, first_order, 0.67)
            if truth is not None:
                ratio = found.reading(name, first_order=first_order).ratio
                assert ratio.value == pytest.approx(truth, rel=0.02)
                assert ratio.high / ratio.low < 1.06


def test_survivorship_alone_makes_the_claim_as_told_and_not_the_same_customers():
    found = known_spend(5_000_002, 100_000, 0.0)
    assert found.reading(ACTIVE).ratio.low > 1.1
    assert found.reading(SAME).ratio.value == pytest.approx(1, abs=0.02)
    assert found.reading(WON).ratio.high < 0.65


def test_choosing_the_buyers_of_the_later_window_would_show_growth_where_there_is_none():
    shop = windows_of(known_orders(5_000_002, 100_000, 0.0))
    chosen = (shop.observed > 5) & (shop.orders[:, 5] > 0)
    naive = ratio_of_means(shop.value[:, 5], shop.value[:, 0] - shop.first_value, chosen, chosen, 0.95)
    assert naive.low > 1.08


def test_regular_buyers_lie_between_with_and_without_the_first_order():
    gaps = range(31, 91)
    days = [FIRST_DAY + dt.timedelta(gap * n) for gap in gaps for n in range(40)]
    frame = pd.DataFrame({"customer": np.repeat(gaps, 40), "date": days, "amount": 10.0})
    found = spend_by_tenure(rc.OrderLog.from_frame(frame), skip_days=0)
    with_first, without = (found.reading(SAME, first_order=first).ratio.value for first in (True, False))
    assert with_first < 1 < without
    assert 2 / (1 / with_first + 1 / without) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("engine", [lambda frame: frame, pl.from_pandas, duckdb.from_df])
def test_a_log_says_what_its_customers_sums_say_on_every_engine(engine):
    shop = known_orders(3, 300, 0.3, whole_days=True)
    log = rc.OrderLog.from_frame(engine(order_frame(shop)))
    found = spend_by_tenure(log, skip_days=0, as_of=FIRST_DAY + dt.timedelta(1827))
    assert found.months_late == (31, 36)
    seen = windows_of(shop)
    there = seen.observed > 5
    assert found.reading(WON).customers == pytest.approx(there.sum(), abs=2)
    wanted = seen.value[there, 5].sum() / seen.value[there, 0].sum()
    assert found.reading(WON, first_order=True).ratio.value == pytest.approx(wanted, rel=0.02)
    other = spend_by_tenure(rc.OrderLog.from_frame(order_frame(shop)), skip_days=0, as_of=found.as_of)
    for one, another in zip(found.readings, other.readings, strict=True):
        assert one.ratio == pytest.approx(another.ratio, rel=1e-9)
        assert (one.reading, one.first_order, one.customers) == (
            another.reading,
            another.first_order,
            another.customers,
        )


def small_log(**more):
    """Twenty customers alike: 10 at first, 20 after 100 days, 40 after 200, 5 of it back, 6 after 400."""
    rows = []
    for number in range(20):
        began = dt.date(2023, 1, 1) + dt.timedelta(number)
        steps = ((0, 10.0), (100, 20.0), (200, 40.0), (210, -5.0), (400, 6.0))
        rows += [(f"K{number}", began + dt.timedelta(after), amount) for after, amount in steps]
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    return rc.OrderLog.from_frame(frame.assign(**{name: rule(frame) for name, rule in more.items()}))


def test_refunds_reduce_the_window_they_fall_in():
    found = spend_by_tenure(small_log(), tenure_months=12, skip_days=0)
    assert found.columns()["per_customer"] == [30, 35]
    assert found.columns()["first_month"] == [1, 7]
    assert found.reading(SAME, first_order=True).ratio.value == pytest.approx(35 / 30)
    assert found.reading(SAME).ratio.value == pytest.approx(35 / 20)
    assert found.reading(SAME).customers == 20


def test_windows_that_are_not_wholly_observed_do_not_count():
    found = spend_by_tenure(small_log(), tenure_months=12, skip_days=0, as_of=dt.date(2023, 12, 31))
    assert found.months_late is None
    assert len(found.windows) == 1
    assert found.readings == ()
    assert "Not answered: fewer than 20 customers" in found.sentence


def test_a_log_too_short_answers_for_the_latest_window_and_says_so():
    found = spend_by_tenure(small_log(), skip_days=0)
    assert found.months_late == (7, 12)
    assert not found.complete
    assert found.sentence.startswith("The log is too short for month 36. In months 7 to 12")


def test_profit_is_taken_where_it_is_known():
    found = spend_by_tenure(
        small_log(margin=lambda frame: frame["amount"] / 2), tenure_months=12, skip_days=0
    )
    assert found.value_of == "profit"
    assert found.columns()["per_customer"] == [15, 17.5]


def test_customers_first_seen_at_the_logs_beginning_are_left_out_as_perhaps_older():
    found = spend_by_tenure(small_log(), tenure_months=12, skip_days=5)
    assert found.left_out == 5
    assert found.windows == ()
    found = spend_by_tenure(small_log(), tenure_months=12)
    assert found.skip_days == 200
    assert found.left_out == 20
    assert "skip no days where the log begins with the business" in found.sentence


def test_those_who_did_not_order_after_the_later_window_are_not_the_same_customers():
    log = small_log()
    found = spend_by_tenure(log, tenure_months=12, skip_days=0, as_of=dt.date(2024, 2, 15))
    assert found.reading(WON).customers == 20
    assert found.reading(SAME).customers == 10


def test_a_log_that_nobody_comes_back_to_leaves_growth_unknown():
    days = [dt.date(2022, 1, 1) + dt.timedelta(n) for n in range(40)]
    frame = pd.DataFrame({"customer": [f"K{n}" for n in range(40)], "date": days, "amount": 9.0})
    found = spend_by_tenure(rc.OrderLog.from_frame(frame), skip_days=0, as_of=dt.date(2023, 6, 1))
    assert found.reading(ACTIVE).ratio.value is None
    assert found.reading(SAME).customers == 0
    assert "an unknown amount of" in found.sentence


def test_tables_hold_every_window_and_reading():
    found = spend_by_tenure(small_log(), tenure_months=12, skip_days=0)
    assert len(found.to_frame()) == len(found.windows) == 2
    assert list(found.readings_frame()["reading"]) == [name for name in READINGS for _ in range(2)]
    assert found.growth.value == pytest.approx(0.75)


def test_fewer_customers_than_the_fewest_give_no_window():
    assert FEWEST == 20
    assert known_spend(1, 15, 0.0).windows == ()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"window_months": 0}, "window_months must be a whole number from 1 to 60 (got 0)."),
        (
            {"tenure_months": 31},
            "tenure_months must be a multiple of window_months, 6, and at least twice it",
        ),
        ({"tenure_months": 6}, "at least twice it (got 6)."),
        ({"skip_days": -1}, "skip_days must be a whole number, zero or more (got -1)."),
        ({"confidence": 95}, "confidence must lie between 0 and 1, such as 0.95 (got 95)."),
        ({"as_of": dt.date(2020, 1, 1)}, "as_of must lie after the first order"),
    ],
)
def test_questions_that_make_no_sense_get_one_sentence(asked, sentence):
    with pytest.raises(rc.OrderLogError) as caught:
        spend_by_tenure(small_log(), **asked)
    assert sentence in str(caught.value)


def test_a_log_without_amounts_cannot_say_how_spending_grows():
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["Ann"], "date": ["2025-01-01"]}))
    with pytest.raises(rc.OrderLogError, match="amount is needed"):
        spend_by_tenure(log)


@pytest.mark.parametrize(
    "terms", [{"log": None}, {"confidence": "0.9"}, {"window_months": "6"}, {"skip_days": 1.5}]
)
def test_arguments_that_are_none_get_a_sentence(terms):
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["Ann"], "date": ["2024-01-01"], "amount": [3]}))
    with pytest.raises(rc.RetentionError, match=f"{next(iter(terms))} must"):
        spend_by_tenure(**({"log": log} | terms))
