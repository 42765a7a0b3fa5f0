"""The sample of subscriptions is what its label says, and keeps its own truth."""

import hashlib

import pandas as pd

from retention_core.data import simulate_subscriptions
from retention_core.revenue import revenue_movements
from retention_core.samples import all_samples, subscription_sample, subscription_truth


def test_it_says_that_it_is_simulated_and_is_no_order_log():
    one = subscription_sample()
    assert one.kind == "simulated"
    assert "(simulated)" in one.title and "simulated" in one.note
    assert one.note.endswith(".") and ". " not in one.note
    assert one.key not in {other.key for other in all_samples()}


def test_it_is_the_same_every_time_to_the_byte():
    text = subscription_sample().frame().to_csv(index=False).encode()
    assert hashlib.sha256(text).hexdigest()[:16] == "158e9e28dd556973"


def test_it_passes_the_door_with_nothing_set_aside_guessed_or_warned_of():
    found = subscription_sample().subscriptions()
    assert (found.rows, found.rows_used, found.customers) == (808, 808, 420)
    assert found.set_aside_counts == {}
    assert found.warnings == found.guessed == ()
    assert found.groups == ("plan", "region")


def test_all_five_movements_happen_and_add_up():
    table = revenue_movements(subscription_sample().subscriptions())
    assert len(table.periods) == 36 and all(row.complete for row in table.periods)
    for name in ("new", "reactivation", "expansion", "contraction", "churn"):
        assert sum(getattr(row, name) > 0 for row in table.periods) >= 8
    assert table.periods[-1].closing == 57_761.0


def test_prices_rise_in_january_2025_and_a_user_costs_what_the_list_says():
    frame = subscription_sample().frame()
    a_user = frame["mrr"] / frame["users"]
    new = frame["start"] >= pd.Timestamp("2025-01-01")
    places = frame["plan"].map(simulate_subscriptions.PLANS.index)
    old_price = places.map(dict(enumerate(simulate_subscriptions.PRICE)))
    new_price = places.map(dict(enumerate(simulate_subscriptions.NEW_PRICE)))
    assert (a_user[~new] == old_price[~new]).all()
    assert (a_user[new] == new_price[new]).all()
    # at the new prices everybody's old row has ended by the first monthly day of 2025
    still_old = frame[~new & (frame["end"].isna() | (frame["end"] >= pd.Timestamp("2025-01-29")))]
    assert still_old.empty


def test_a_customers_rows_follow_each_other_without_overlap():
    frame = subscription_sample().frame().sort_values(["customer_id", "start"])
    same = frame["customer_id"].eq(frame["customer_id"].shift(-1))
    following = frame["start"].shift(-1)
    assert (frame["end"][same] <= following[same]).all()
    assert frame["end"][same].notna().all()


def test_the_mean_chance_of_leaving_is_that_of_the_plan_and_not_of_the_region():
    truth = subscription_truth()
    means = truth.groupby("first_plan")["leaves"].mean()
    for plan, churn in zip(simulate_subscriptions.PLANS, simulate_subscriptions.CHURN, strict=True):
        # a mean of n draws of Beta(20 churn, 20 (1 - churn)) scatters by this much
        spread = (churn * (1 - churn) / 21 / (truth["first_plan"] == plan).sum()) ** 0.5
        assert abs(means[plan] - churn) < 3 * spread
    basic = truth.assign(basic=truth["first_plan"] == "Basic").groupby("region")["basic"].mean()
    assert basic.idxmax() == "South"
