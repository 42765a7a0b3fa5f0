"""How long subscribers stay: stretches of paying, their groups, and snapshots without a beginning."""

import datetime as dt

import pandas as pd
import pytest

from retention_core.errors import SubscriptionError
from retention_core.samples import subscription_sample, subscription_truth
from retention_core.subscription_lifetimes import lifetimes_of_subscriptions
from retention_core.subscriptions import Subscriptions

COLUMNS = ["customer", "start", "end", "mrr", "plan"]


def plans(rows, **mapping):
    return Subscriptions.from_frame(pd.DataFrame(rows, columns=COLUMNS), as_of=dt.date(2025, 1, 1), **mapping)


def test_a_change_of_price_does_not_end_a_lifetime_and_coming_back_begins_another():
    found = lifetimes_of_subscriptions(
        plans([("Ann", "2024-01-01", "2024-02-01", 5, "S"), ("Ann", "2024-02-01", "2024-04-01", 9, "L"),
               ("Ann", "2024-07-01", None, 9, "L")]), group="plan"
    )  # fmt: skip
    days = [months * 365.25 / 12 for months in found.durations]
    assert days == pytest.approx([91, 184])
    assert found.lost == (True, False)
    assert found.groups == ("S", "L")


def test_those_who_pay_in_the_first_month_of_snapshots_are_left_out_and_counted():
    rows = {"month": ["2024-01", "2024-02", "2024-02", "2024-03"], "customer": ["Ann", "Ann", "Bo", "Bo"],
            "mrr": [5, 5, 6, 6]}  # fmt: skip
    found = lifetimes_of_subscriptions(Subscriptions.from_snapshots(pd.DataFrame(rows)))
    assert len(found.durations) == 1
    assert found.notes == ("1 who pay in the first month are left out: since when they pay is not known.",)


def test_snapshots_in_which_everybody_pays_from_the_start_are_an_error():
    rows = pd.DataFrame({"month": ["2024-01", "2024-02"], "customer": ["Ann", "Ann"], "mrr": [5, 5]})
    with pytest.raises(SubscriptionError, match="nobody's beginning is known"):
        lifetimes_of_subscriptions(Subscriptions.from_snapshots(rows))


def test_groups_that_were_not_asked_for_cannot_be_compared():
    found = lifetimes_of_subscriptions(plans([("Ann", "2024-01-01", None, 5, "S")]))
    with pytest.raises(SubscriptionError, match="group is needed to compare"):
        found.compare()


def test_a_group_named_as_a_column_of_the_table_of_spells_is_found():
    rows = pd.DataFrame(
        {"customer": ["Ann"], "start": ["2024-01-01"], "end": [None], "mrr": [5], "lost": ["x"]}
    )
    found = Subscriptions.from_frame(rows, groups=["lost"])
    assert lifetimes_of_subscriptions(found, group="lost").groups == ("x",)


def test_the_curves_of_the_sample_are_those_of_its_truth():
    """Plan by plan the shares still paying after 6 and 12 months lie within the interval of the curve."""
    found = lifetimes_of_subscriptions(subscription_sample().subscriptions(), group="plan")
    truth = subscription_truth()
    curves = found.curves()
    for plan, leaves in truth.groupby("first_plan")["leaves"]:
        for month in (6, 12):
            low, high = curves[plan].at(month + 0.05)[1]
            # those who stay on average, given each customer's own chance of leaving
            assert low < ((1 - leaves) ** month).mean() < high
