"""Recurring revenue: vendors' own examples, the movements add up, NRR and GRR by definition."""

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

from retention_core.errors import SubscriptionError
from retention_core.rates import rate_interval
from retention_core.revenue import (
    revenue_movements,
    revenue_movements_by,
    revenue_retention,
    revenue_retention_by,
)
from retention_core.revenue_intervals import draw_quantiles
from retention_core.revenue_sums import Movements, balanced
from retention_core.subscriptions import Subscriptions

FIVE = ("new", "reactivation", "expansion", "contraction", "churn")


def plans(rows, columns=("customer", "start", "end", "mrr"), **asked):
    return Subscriptions.from_frame(pd.DataFrame(rows, columns=list(columns)), **asked)


def five(row):
    return tuple(getattr(row, name) for name in FIVE)


def test_chartmogul_life_of_a_customer_in_movements():
    """ChartMogul, Help Center 201244842 (MRR movements, Syncalytics): four yearly Gold plans of 500 are new
    MRR of 166.67; two monthly Silver plans of 30 are expansion of 60; leaving those is contraction of 60;
    leaving Gold, the last plan, is churn of 166.67; three monthly Gold plans of 50 later are
    reactivation."""
    columns = ("customer", "start", "end", "amount", "interval")
    rows = [
        ("Syncalytics", "2023-01-10", "2024-01-10", 2000, "yearly"),
        ("Syncalytics", "2023-02-03", "2023-03-20", 60, "monthly"),
        ("Syncalytics", "2024-03-01", None, 150, "monthly"),
    ]
    table = revenue_movements(plans(rows, columns, as_of=dt.date(2024, 4, 1)))
    moved = {f"{row.start:%Y-%m}": five(row) for row in table.periods if any(five(row))}
    assert moved == {
        "2023-01": (166.67, 0, 0, 0, 0),
        "2023-02": (0, 0, 60, 0, 0),
        "2023-03": (0, 0, 0, 60, 0),
        "2024-01": (0, 0, 0, 0, 166.67),
        "2024-03": (0, 150, 0, 0, 0),
    }


def month_of(customers):
    """Snapshots of two months from what each customer pays in them."""
    rows = [
        (month, customer, paid)
        for customer, (before, after) in customers.items()
        for month, paid in (("2024-01", before), ("2024-02", after))
        if paid
    ]
    return Subscriptions.from_snapshots(pd.DataFrame(rows, columns=["month", "customer", "mrr"]))


FEBRUARY = dt.date(2024, 2, 1), dt.date(2024, 3, 1)


def test_chartmogul_net_and_gross_mrr_churn_rate():
    """ChartMogul, Help Center 4414075567250 (net, standard formula) and 203359341 (gross): 100 at the start,
    10 lost to churn, 10 to contraction, 10 won by expansion: net churn 10 %, gross churn 20 %."""
    source = month_of({"left": (10, 0), "less": (30, 20), "more": (30, 40), "same": (30, 30)})
    found = revenue_retention(source, *FEBRUARY, reactivation=True)
    assert found.net_revenue_churn.value == pytest.approx(0.10)
    assert found.revenue_churn.value == pytest.approx(0.20)


def test_churnzero_net_revenue_retention():
    """ChurnZero, Churnopedia, net revenue retention: 27,000 in January, 35,000 with upsells from the same
    customers, 5,000 churned: 30,000 / 27,000, 111 %."""
    source = month_of({"stays": (22_000, 30_000), "leaves": (5_000, 0)})
    assert round(revenue_retention(source, *FEBRUARY).net.value, 2) == 1.11


def test_stripe_yearly_plans_count_a_twelfth():
    """Stripe, support article Billing Analytics: a yearly subscription of 1,200 counts 100 towards MRR."""
    rows = [("a", "2024-01-01", None, 1200)]
    source = plans(rows, ("customer", "start", "end", "amount"), per="year", as_of=dt.date(2024, 2, 1))
    assert revenue_movements(source).periods[0].closing == 100
    assert revenue_movements(source, per="year").periods[0].closing == 1200


def test_stripe_counts_the_first_of_two_cancellations_as_a_downgrade():
    """Stripe, support article on churn rate: of two subscriptions cancelled one after the other the first is
    a downgrade and the second churn; churn is from above zero to zero."""
    rows = [("a", "2024-01-01", "2024-02-10", 30), ("a", "2024-01-01", "2024-03-10", 50)]
    table = revenue_movements(plans(rows, as_of=dt.date(2024, 4, 1)))
    assert [five(row) for row in table.periods] == [(80, 0, 0, 0, 0), (0, 0, 0, 30, 0), (0, 0, 0, 0, 50)]


def test_profitwell_ignores_who_comes_and_goes_within_a_month():
    """Paddle, ProfitWell vs. ReCharge: a customer who signs up and churns in the same calendar month is left
    out of new and churn."""
    rows = [("guest", "2024-01-05", "2024-01-25", 30), ("stays", "2024-01-01", None, 10)]
    assert five(revenue_movements(plans(rows, as_of=dt.date(2024, 2, 1))).periods[0]) == (10, 0, 0, 0, 0)


def test_a_plan_that_ends_with_the_month_is_churn_of_the_next():
    rows = [("a", "2024-01-01", "2024-02-01", 10), ("b", "2024-01-01", None, 1)]
    table = revenue_movements(plans(rows, as_of=dt.date(2024, 3, 1)))
    assert [(row.closing, row.churn) for row in table.periods] == [(11, 0), (1, 10)]


def test_the_period_in_progress_is_compared_up_to_what_is_known():
    rows = [("a", "2024-01-01", "2024-02-10", 10), ("b", "2024-01-01", None, 1)]
    table = revenue_movements(plans(rows, as_of=dt.date(2024, 2, 15)))
    assert [(row.complete, row.churn, row.end) for row in table.periods] == [
        (True, 0, dt.date(2024, 2, 1)),
        (False, 10, dt.date(2024, 3, 1)),
    ]
    assert table.latest is table.periods[0]


def test_switches_count_what_they_name():
    rows = [
        ("back", "2022-01-01", "2022-06-01", 40), ("back", "2023-09-01", None, 50),
        ("left", "2022-01-01", "2023-03-01", 20), ("less", "2022-01-01", "2023-05-01", 50),
        ("less", "2023-05-01", None, 40), ("new", "2023-10-01", None, 99),
        ("more", "2022-01-01", "2023-07-01", 30), ("more", "2023-07-01", None, 45),
    ]  # fmt: skip
    source = plans(rows, as_of=dt.date(2024, 1, 1))
    opening = 20 + 50 + 30

    def net(**switches):
        return revenue_retention(source, draws=10, **switches).net.value

    assert net() == pytest.approx((opening + 15 - 10 - 20) / opening)
    assert net(reactivation=True) == pytest.approx((opening + 15 - 10 - 20 + 50) / opening)
    assert net(expansion=False) == pytest.approx((opening - 10 - 20) / opening)
    assert net(contraction=False) == pytest.approx((opening + 15 - 20) / opening)
    assert net(churn=False) == pytest.approx((opening + 15 - 10) / opening)
    found = revenue_retention(source, draws=10, contraction=False)
    assert found.gross.value == pytest.approx((opening - 20) / opening)
    assert found.counted == ("expansion", "churn")
    assert (found.start, found.end) == (dt.date(2023, 1, 1), dt.date(2024, 1, 1))
    assert found.notes == ("Only 3 customers pay at the start, so the intervals say little.",)


def many(seed, customers=400):
    rng = random.Random(seed)
    return {
        f"c{i}": (rng.choice([20, 50, 99.9]), rng.choice([0, 0, 20, 50, 99.9, 99.9, 120]))
        for i in range(customers)
    }


def test_intervals_are_those_of_the_delta_method_in_large_samples():
    """The bootstrap of a ratio of sums: its spread is sqrt(var(numerator - NRR * opening) / n) / mean."""
    paid = many(7, 3_000)
    before, after = (np.array(amounts) for amounts in zip(*paid.values(), strict=True))
    found = revenue_retention(month_of(paid), *FEBRUARY)
    spread = np.std(after - found.net.value * before) / np.sqrt(len(before)) / before.mean()
    assert found.net.value == pytest.approx(after.sum() / before.sum())
    assert found.net.low == pytest.approx(found.net.value - 1.96 * spread, abs=0.15 * spread)
    assert found.net.high == pytest.approx(found.net.value + 1.96 * spread, abs=0.15 * spread)


def test_many_different_amounts_are_drawn_alike():
    """Above two thousand kinds of customers another way of drawing is used; both follow the delta method."""
    rng = np.random.default_rng(1)
    before, after = rng.integers(1_000, 900_000, size=(2, 4_000)) / 100
    paid = {f"c{i}": pair for i, pair in enumerate(zip(before, after, strict=True))}
    found = revenue_retention(month_of(paid), *FEBRUARY, draws=1_000)
    spread = np.std(after - found.net.value * before) / np.sqrt(len(before)) / before.mean()
    assert found.net.high - found.net.low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_logo_retention_carries_its_wilson_interval():
    source = month_of({"a": (1, 1), "b": (1, 0), "c": (1, 2)})
    found = revenue_retention(source, *FEBRUARY, draws=10)
    assert (found.logo.value, found.logo.low, found.logo.high) == (2 / 3, *rate_interval(2, 3))
    assert found.logo_churn.value == pytest.approx(1 / 3)
    assert found.to_frame()["metric"].tolist()[:3] == ["net", "gross", "logo"]


def test_few_customers_draw_wider_intervals_and_few_losses_are_said():
    tail = scipy.stats.norm.cdf(-math.sqrt(10 / 9) * scipy.stats.t.ppf(0.975, 9))
    assert draw_quantiles(10, 0.95) == pytest.approx([tail, 1 - tail], abs=1e-5)
    assert draw_quantiles(10**9, 0.95) == pytest.approx([0.025, 0.975])
    lost = {f"c{number}": (10, 0 if number < 3 else 10) for number in range(40)}
    assert revenue_retention(month_of(lost), *FEBRUARY).notes == (
        "Only 3 customers pay less or nothing, so the interval of gross retention tends to be too narrow.",
    )


def test_order_and_names_of_customers_change_no_digit():
    paid = many(3)
    names = list(paid)
    random.Random(1).shuffle(names)
    tables = [
        revenue_retention(month_of(part), *FEBRUARY).to_frame()
        for part in (
            paid,
            {name: paid[name] for name in names},
            {f"z{i}": paid[n] for i, n in enumerate(names)},
        )
    ]
    for one, other in pairwise(tables):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_groups_have_rates_of_their_own():
    rows = [("a", "2023-01-01", None, 10, "S"), ("b", "2023-01-01", "2023-06-01", 10, "L"),
            ("c", "2023-08-01", None, 10, "XL")]  # fmt: skip
    source = plans(rows, ("customer", "start", "end", "mrr", "plan"), as_of=dt.date(2024, 1, 2))
    found = revenue_retention_by(source, "plan", draws=10)
    assert (found["S"].net.value, found["L"].net.value) == (1, 0)
    assert found["XL"] == (
        "XL: Nobody pays at the start, 2023-01-02, so there is nothing to retain: give another `start`."
    ).replace("`", "")


def test_senseless_arguments_get_a_sentence():
    source = month_of({"a": (1, 1)})
    with pytest.raises(SubscriptionError, match="period must be one of month, quarter, year"):
        revenue_movements(source, period="day")
    with pytest.raises(SubscriptionError, match="end must lie after the first start"):
        revenue_retention(source, end=dt.date(2030, 1, 1))
    with pytest.raises(SubscriptionError, match="Nobody pays at the start, 2023-03-01"):
        revenue_retention(source)
    with pytest.raises(SubscriptionError, match="start must lie before end"):
        revenue_retention(source, dt.date(2024, 3, 1), dt.date(2024, 2, 15))


subscription_lists = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.dates(dt.date(2023, 1, 1), dt.date(2024, 6, 30)),
        st.one_of(st.none(), st.integers(1, 300)),
        st.integers(0, 99_999).map(lambda cents: cents / 100),
        st.sampled_from(["month", "year", "quarter", "week"]),
        st.sampled_from("SML"),
    ),
    min_size=1,
    max_size=12,
)
COLUMNS = ["customer", "start", "end", "amount", "interval", "plan"]


def source_of(rows):
    dated = [
        (customer, start, None if days is None else start + dt.timedelta(days), *rest)
        for customer, start, days, *rest in rows
    ]
    return plans(dated, COLUMNS, as_of=dt.date(2024, 7, 10))


def cents(amount):
    found = round(amount * 100)
    assert abs(amount * 100 - found) < 1e-6
    return found


@given(subscription_lists, st.sampled_from(["month", "quarter", "year"]), st.sampled_from(["month", "year"]))
@settings(max_examples=60, deadline=None)
def test_movements_add_up_to_the_cent(rows, period, per):
    table = revenue_movements(source_of(rows), period=period, per=per)
    for row in table.periods:
        won = cents(row.new) + cents(row.reactivation) + cents(row.expansion)
        lost = cents(row.contraction) + cents(row.churn)
        assert cents(row.opening) + won - lost == cents(row.closing)
        assert row.at_start + row.customers_new + row.customers_reactivated - row.customers_lost == row.at_end
    for before, after in pairwise(table.periods):
        assert before.closing == after.opening
        assert before.at_end == after.at_start


@given(subscription_lists, st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_movements_follow_from_what_each_customer_pays(rows, year_starts):
    """Every figure once more from the rows, a customer and a day at a time."""
    table = revenue_movements(source_of(rows), period="quarter", per="year", year_starts=year_starts)
    times = {"month": 12, "year": 1, "quarter": 4, "week": 52}

    def paid(customer, instant):
        return sum(
            round(amount * 100) * times[interval]
            for who, start, days, amount, interval, _ in rows
            if who == customer and start < instant and (days is None or start + dt.timedelta(days) >= instant)
        )

    def known(customer, instant):
        return any(who == customer and amount and start < instant for who, start, _, amount, *_ in rows)

    for row in table.periods:
        wanted = dict.fromkeys(FIVE, 0)
        for customer in {who for who, *_ in rows}:
            before, after = paid(customer, row.start), paid(customer, min(row.end, table.as_of))
            if not before:
                wanted["reactivation" if known(customer, row.start) else "new"] += after
            elif not after:
                wanted["churn"] += before
            else:
                wanted["expansion" if after > before else "contraction"] += abs(after - before)
        assert {name: cents(getattr(row, name)) for name in FIVE} == wanted


@given(subscription_lists)
@settings(max_examples=30, deadline=None)
def test_groups_add_up_to_the_whole(rows):
    source = source_of(rows)
    whole = revenue_movements(source, period="quarter")
    parts = revenue_movements_by(source, "plan", period="quarter")
    for row in whole.periods:
        same = [r for part in parts.values() for r in part.periods if r.start == row.start]
        for place, amount in enumerate(row.cents_a_year):
            assert sum(part.cents_a_year[place] for part in same) == amount


amounts = st.integers(0, 10**12)


@given(amounts, amounts, amounts, amounts, st.integers(0, 10**12), st.sampled_from([1, 2, 4, 12, 52]))
def test_rounded_movements_add_up_and_are_next_to_the_exact_ones(new, back, more, opening, lost, times):
    churn = min(lost, opening)
    exact = Movements(opening, new, back, more, 0, churn, opening + new + back + more - churn)
    found = balanced(exact, times)
    assert found.opening + found.new + found.reactivation + found.expansion - found.churn == found.closing
    for rounded, whole in zip(found, exact, strict=True):
        assert abs(rounded * times - whole) < times
        assert rounded >= 0


def test_a_frame_has_one_row_a_period():
    table = revenue_movements(month_of({"a": (10, 8), "b": (10, 0)})).to_frame()
    assert table["revenue_churn"].round(6).tolist()[1:] == [0.6]
    assert table["logo_churn"].tolist()[1:] == [0.5]
    assert table["net_retention"].isna().tolist() == [True, False]
