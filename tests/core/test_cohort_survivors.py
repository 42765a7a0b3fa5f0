"""Survivors from an order log: the rule suggested, the cohort counted, the table by age."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from retention_core.cohort_survivors import inactivity_rule, life_table, survivors_of
from retention_core.errors import OrderLogError
from retention_core.log_lifetimes import lifetimes_of
from retention_core.orders import OrderLog
from retention_core.samples import sample


def log_of(orders):
    """A log of (customer, day) pairs."""
    return OrderLog.from_frame(pd.DataFrame(orders, columns=["customer", "date"]))


def test_the_rule_of_the_gift_shop_is_one_few_came_back_from():
    rule = inactivity_rule(sample("gift_shop").log())
    found = {days: lifetimes_of(sample("gift_shop").log(), days) for days in (92, 183)}
    shares = {days: one.came_back / len(one.customers) for days, one in found.items()}
    assert shares[92] > 0.1 >= shares[183]
    assert rule.days == 183
    assert rule.reason == f"{shares[183]:.0%} of the customers were silent for longer and came back.".replace(
        "%", " %"
    )


def test_a_log_too_short_for_the_rule_it_needs_says_so():
    rule = inactivity_rule(sample("cdnow").log())
    assert rule.days == 183
    assert rule.reason.endswith("That is many, and the log is too short for a longer rule.")


def test_a_log_of_one_day_has_a_rule_of_one_day():
    assert inactivity_rule(log_of([("a", "2025-01-01")])).days == 1


def test_no_order_before_the_day_is_an_error():
    with pytest.raises(OrderLogError, match="as_of must lie after the first order"):
        inactivity_rule(log_of([("a", "2025-01-01")]), as_of=dt.date(2025, 1, 1))


def test_survivors_are_those_the_rule_had_not_lost_yet():
    # forty customers won on the first day; number n orders last on day n * 10, and c0 orders on
    start = pd.Timestamp("2024-01-01")
    orders = [(f"c{n}", start + pd.Timedelta(days=day)) for n in range(40) for day in (0, n * 10)]
    orders.append(("c0", start + pd.Timedelta(days=399)))
    found = survivors_of(log_of(orders), 100)
    # lost after two hundred days are c1 to c10, and so on; c30 has been silent for 100 days and no longer
    assert found.period_days == 100
    assert found.counts == (40, 40, 30, 20, 11)


def test_survivors_never_rise_and_the_cohort_are_those_followed_for_all_periods():
    log = sample("gift_shop").log()
    found = survivors_of(log, 183)
    assert list(found.counts) == sorted(found.counts, reverse=True)
    lifetimes = lifetimes_of(log, 183)
    table = log.customer_table().dropna(subset=["first_order"])
    followed = (pd.Timestamp(lifetimes.as_of) - table["first_order"]).dt.days >= 183 * (len(found.counts) - 1)
    assert followed.sum() == found.counts[0]
    assert f"The {found.counts[0]:,} customers" in found.definition


def test_too_few_customers_are_an_error_that_says_so():
    with pytest.raises(
        OrderLogError, match="too few customers who were followed for three periods of 92 days"
    ):
        survivors_of(log_of([("a", "2024-01-01"), ("b", "2025-12-01")]), 92)


def test_the_table_by_age_counts_who_is_still_observed():
    found = lifetimes_of(sample("gift_shop").log(), 183)
    curve = found.curve()
    table = life_table(found.durations, curve, [0, 360])
    assert table["at_risk"].tolist() == [4800, int((np.array(found.durations) >= 360).sum())]
    assert table["survival"].iloc[1] == curve.at(360)[0]
