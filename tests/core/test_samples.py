"""The samples are what their labels say, to the cent, and the simulated one keeps its own truth."""

import dataclasses
import datetime
import gzip
import itertools
import math
import time
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from retention_core.data.simulate_gift_shop import (
    CHANNEL_EFFECT,
    CHANNELS,
    NEVER_RETURNS,
    REGION_EFFECT,
    REGIONS,
    main,
)
from retention_core.data.simulate_voice import ADOPTS, ANSWERS, OPINIONS, REFERS, SUGGESTS
from retention_core.errors import RetentionError
from retention_core.samples import (
    all_samples,
    cdnow_tenth,
    gift_shop_truth,
    sample,
    voice_sample,
    voice_truth,
)


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return sample("cdnow").frame()


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return sample("gift_shop").frame()


@pytest.fixture(scope="module")
def sales(shop):
    return shop[shop["amount"] >= 0]


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return gift_shop_truth()


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_the_gift_shop_comes_first_and_says_in_its_title_and_note_that_it_is_simulated():
    first = all_samples()[0]
    assert first.key == "gift_shop"
    assert first.kind == "simulated"
    assert "simulated" in first.title
    assert "simulated" in first.note


def test_every_sample_names_its_source_and_licence_and_has_a_one_sentence_note():
    for one in all_samples():
        assert one.source and one.licence
        assert one.note.endswith(".") and ". " not in one.note


def test_an_unknown_sample_gets_one_sentence_that_lists_the_known_ones():
    with pytest.raises(
        RetentionError, match=r"^key must be one of gift_shop, cdnow \(got online_retail\)\.$"
    ):
        sample("online_retail")


def test_a_sample_cannot_be_altered_and_its_frame_is_a_new_copy_each_time(cdnow):
    with pytest.raises(dataclasses.FrozenInstanceError):
        all_samples()[0].title = "Gift shop"
    with pytest.raises(TypeError):
        all_samples()[0].columns["cost"] = "amount"
    copy = sample("cdnow").frame()
    copy.loc[:, "dollar_value"] = 0.0
    assert sample("cdnow").frame().equals(cdnow)


def test_each_mapping_names_columns_that_exist_for_every_role():
    for one in all_samples():
        columns = set(one.frame().columns)
        single = [name for role, name in one.columns.items() if role != "groups"]
        assert columns >= {*single, *one.columns.get("groups", ())}


def test_samples_load_in_well_under_a_second_and_take_less_than_a_megabyte():
    start = time.perf_counter()
    for one in all_samples():
        one.frame()
    assert time.perf_counter() - start < 1
    names = ("gift_shop.csv.gz", "gift_shop_truth.csv.gz", "cdnow.csv.gz")
    assert sum(len((files("retention_core.data") / name).read_bytes()) for name in names) < 1_000_000


@pytest.mark.parametrize(("key", "orders", "refunds", "customers"), [
    ("gift_shop", 19_862, 640, 4_800),
    ("cdnow", 69_659, 0, 23_570),
])  # fmt: skip
def test_each_sample_passes_the_door_with_nothing_set_aside(key, orders, refunds, customers):
    log = sample(key).log()
    assert (log.orders, log.refunds, log.customers) == (orders, refunds, customers)
    assert log.rows_used == log.rows == orders + refunds
    assert log.set_aside_counts == {}
    assert log.value_of == ("profit" if key == "gift_shop" else "revenue")


def test_cdnow_has_the_customers_orders_and_days_of_the_master_file(cdnow):
    assert len(cdnow) == 69_659
    assert sorted(cdnow["customer_id"].unique()) == list(range(1, 23_571))
    assert cdnow["date"].min() == day("1997-01-01")
    assert cdnow["date"].max() == day("1998-06-30")
    assert cdnow.groupby("customer_id")["date"].min().max() == day("1997-03-25")
    assert len(cdnow[["customer_id", "date"]].drop_duplicates()) == 67_591


def test_cdnow_has_the_dollars_of_the_master_file_to_the_cent_zero_orders_included(cdnow):
    cents = (cdnow["dollar_value"] * 100).round().astype("int64")
    assert cents.sum() == 250_031_563
    assert (cents == 0).sum() == 80
    assert cents.max() == 128_601
    assert cdnow["number_of_cds"].sum() == 167_881


def test_cdnow_rows_stand_in_the_order_of_the_master_file(cdnow):
    """Rows 1, 2, 3 and the last of CDNOW_master.txt."""
    rows = cdnow.drop(columns="transaction").iloc[[0, 1, 2, -1]].to_numpy().tolist()
    assert rows == [
        [1, day("1997-01-01"), 1, 11.77],
        [2, day("1997-01-12"), 1, 12.00],
        [2, day("1997-01-12"), 5, 77.00],
        [23570, day("1997-03-26"), 2, 42.96],
    ]


def test_cdnow_top_fifth_brings_two_thirds_of_sales(cdnow):
    """The project's references, .677 and .634, cut these digits and do not round them."""
    share, gini = shares(cdnow.groupby("customer_id")["dollar_value"].sum())
    assert share == pytest.approx(0.67777, abs=5e-6)
    assert gini == pytest.approx(0.63457, abs=5e-6)


def test_the_tenth_is_the_published_one_in_customers_rows_and_dollars():
    tenth = cdnow_tenth()
    assert tenth["customer_id"].nunique() == 2_357
    assert len(tenth) == 6_919
    assert round(tenth["dollar_value"].sum() * 100) == 24_409_194
    assert tenth["customer_id"].unique()[:10].tolist() == [4, 21, 50, 71, 86, 111, 112, 113, 114, 131]


def test_the_tenth_gives_the_summary_rows_that_libraries_ship():
    """Rows 1, 2, 3, 6 and 1411 customers without repeat of cdnow_customers_summary.csv (lifetimes 0.11.3)."""
    x, recency, age = summary(cdnow_tenth())
    rows = list(zip(x, np.round(recency, 2), np.round(age, 2), strict=True))
    assert rows[:3] == [(2, 30.43, 38.86), (1, 1.71, 38.86), (0, 0.0, 38.86)]
    assert rows[5] == (7, 29.43, 38.86)
    assert (x == 0).sum() == 1_411


def test_the_tenth_has_the_likelihood_printed_by_fader_hardie_and_lee_2005():
    """BG/NBD, table 2: r .243, alpha 4.414, a .793, b 2.426, log-likelihood -9582.4."""
    assert bgnbd_log_likelihood(*summary(cdnow_tenth())) == pytest.approx(-9582.4, abs=0.05)


def summary(tenth: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    end = day("1997-09-30")
    in_time = tenth[tenth["date"] <= end].drop_duplicates(["customer_id", "date"])
    days = in_time.groupby("customer_id", sort=False)["date"]
    recency, age = (days.max() - days.min()).dt.days / 7, (end - days.min()).dt.days / 7
    return days.size().to_numpy() - 1, recency.to_numpy(), age.to_numpy()


def bgnbd_log_likelihood(frequency, recency, age, r=0.243, alpha=4.414, a=0.793, b=2.426) -> float:
    total = 0.0
    for x, t, end in zip(frequency, recency, age, strict=True):
        repeats = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha)
        beta = math.lgamma(a + b) + math.lgamma(b + x) - math.lgamma(b) - math.lgamma(a + b + x)
        alive = (alpha + end) ** -(r + x)
        gone = a / (b + x - 1) * (alpha + t) ** -(r + x) if x else 0.0
        total += repeats + beta + math.log(alive + gone)
    return total


def test_running_the_script_again_gives_the_embedded_files(tmp_path):
    start = time.perf_counter()
    main(tmp_path)
    assert time.perf_counter() - start < 5
    for name in ("gift_shop.csv.gz", "gift_shop_truth.csv.gz"):
        embedded = (files("retention_core.data") / name).read_bytes()
        assert gzip.decompress((tmp_path / name).read_bytes()) == gzip.decompress(embedded)


def test_the_shop_is_a_clean_log_of_three_whole_years(shop):
    assert not shop.isna().any(axis=None)
    assert shop["order_id"].is_unique
    assert shop["order_date"].is_monotonic_increasing
    assert shop["order_date"].min() == day("2023-01-01")
    assert shop["order_date"].max() == day("2025-12-31")
    assert (shop["cost"].abs() < shop["amount"].abs()).all()
    assert (len(shop), round(shop["amount"].sum(), 2)) == (20_502, 946_563.89)


def test_customers_are_won_in_every_quarter(sales):
    first = sales.groupby("customer_id")["order_date"].min().dt.to_period("Q")
    won = first.value_counts()
    assert len(won) == 12
    assert won.min() > 200


def test_both_groups_are_populated_and_no_region_splits_a_customer(sales):
    assert sorted(sales["region"].unique()) == list(REGIONS)
    assert sorted(sales["channel"].unique()) == list(CHANNELS)
    assert sales.groupby("region").size().min() > 1_000
    assert sales.groupby("channel").size().min() > 1_000
    assert (sales.groupby("customer_id")["region"].nunique() == 1).all()


def test_every_refund_is_below_zero_and_smaller_than_the_earlier_order_it_credits(shop, sales):
    refunds = shop[shop["amount"] < 0]
    assert refunds["order_id"].str.startswith("CN").all()
    assert sales["order_id"].str.startswith("GS").all()
    credited = refunds.assign(order_id="GS" + refunds["order_id"].str[2:])
    both = credited.merge(sales, on="order_id", suffixes=("", "_sold"), validate="one_to_one")
    assert len(both) == len(refunds) > 300
    assert (both["order_date_sold"] < both["order_date"]).all()
    assert (both["customer_id_sold"] == both["customer_id"]).all()
    assert (both["channel_sold"] == both["channel"]).all()
    assert (-both["amount"] < both["amount_sold"]).all()
    assert (-both["cost"] <= both["cost_sold"]).all()


def test_christmas_is_the_peak_summer_the_dip_and_the_shop_is_shut_on_sundays(sales):
    months = sales.groupby(sales["order_date"].dt.month).size()
    assert months.idxmax() == 12
    assert months[8] < months[[3, 5, 11, 12]].min()
    sundays = sales["order_date"].dt.day_of_week == 6
    assert not sundays[sales["channel"] == "shop"].any()
    assert sundays[sales["channel"] == "website"].mean() > 0.1


def test_value_is_concentrated_as_in_published_shops(shop):
    """Published shares of the top fifth run from 59 to 73 % of sales."""
    value = (
        shop.assign(profit=shop["amount"] - shop["cost"]).groupby("customer_id")[["amount", "profit"]].sum()
    )
    for column in ("amount", "profit"):
        share, gini = shares(value[column])
        assert 0.60 < share < 0.75
        assert 0.60 < gini < 0.72


def test_the_gaps_between_orders_call_for_quarters(sales):
    days = sales[["customer_id", "order_date"]].drop_duplicates().sort_values(["customer_id", "order_date"])
    gaps = days.groupby("customer_id")["order_date"].diff().dt.days.dropna()
    assert (gaps <= 31).mean() < 0.7
    assert (gaps <= 92).mean() > 0.84


def test_quarterly_retention_lies_where_an_analyst_has_something_to_look_at(sales):
    buyers = sales.groupby(sales["order_date"].dt.to_period("Q"))["customer_id"].agg(set)
    rates = [len(a & b) / len(a) for a, b in itertools.pairwise(buyers)]
    assert len(rates) == 11
    assert 0.40 < min(rates) < 0.45
    assert 0.55 < max(rates) < 0.60


def shares(values: pd.Series) -> tuple[float, float]:
    """Share of the top fifth and Gini coefficient, as DESIGN defines them."""
    ordered = np.sort(values.to_numpy())[::-1]
    lorenz = np.concatenate([[0.0], np.cumsum(ordered) / ordered.sum()])
    n = len(ordered)
    return np.interp(0.2 * n, np.arange(n + 1), lorenz), (lorenz[1:] + lorenz[:-1]).sum() / n - 1


def test_the_truth_has_one_row_for_every_customer_of_the_log(shop, truth):
    assert truth["customer_id"].is_unique
    assert set(truth["customer_id"]) == set(shop["customer_id"])
    assert truth["segment"].value_counts().to_dict() == {"private": 4_560, "standing": 160, "wholesale": 80}


def test_first_order_region_and_channel_of_the_log_are_those_of_the_truth(sales, truth):
    first = sales.drop_duplicates("customer_id").sort_values("customer_id").reset_index(drop=True)
    assert first["order_date"].equals(truth["first_order"].rename("order_date"))
    assert first[["region", "channel"]].equals(truth[["region", "channel"]])


def test_no_order_comes_after_the_customer_was_lost(sales, truth):
    last = sales.groupby("customer_id")["order_date"].max().to_numpy()
    assert (last <= truth["alive_until"].to_numpy()).all()


def test_customers_who_never_return_order_once_and_some_others_too(sales, truth):
    orders = sales.groupby("customer_id").size().to_numpy()
    returns = truth["returns"].to_numpy()
    assert (orders[~returns] == 1).all()
    assert (truth["alive_until"] == truth["first_order"])[~returns].all()
    assert (orders[returns] == 1).sum() > 200


def test_private_customers_who_return_order_at_their_true_rate_while_alive(sales, truth):
    private = truth[(truth["segment"] == "private") & truth["returns"]]
    end = private["alive_until"].clip(upper=day("2025-12-31"))
    expected = (private["orders_per_year"] * ((end - private["first_order"]).dt.days + 0.5) / 365.25).sum()
    repeats = sales["customer_id"].isin(private["customer_id"]).sum() - len(private)
    assert repeats == pytest.approx(expected, rel=0.04)


def test_standing_customers_order_about_every_month_and_far_more_evenly_than_private_ones(sales, truth):
    days = sales.merge(truth[["customer_id", "segment"]], on="customer_id")
    days["gap"] = days.groupby("customer_id")["order_date"].diff().dt.days
    standing = days.loc[days["segment"] == "standing", "gap"].dropna()
    private = days.loc[days["segment"] == "private", "gap"].dropna()
    assert 25 < standing.median() < 35
    assert standing.std() / standing.mean() < 0.5 < 0.9 < private.std() / private.mean()


def test_churn_is_the_customers_own_level_times_the_stated_effects(truth):
    effects = dict(zip(REGIONS, REGION_EFFECT, strict=True)), dict(zip(CHANNELS, CHANNEL_EFFECT, strict=True))
    assert (truth["region_effect"] == truth["region"].map(effects[0])).all()
    assert (truth["channel_effect"] == truth["channel"].map(effects[1])).all()
    private = truth[truth["segment"] == "private"]
    level = private["churn_per_year"] / private["region_effect"] / private["channel_effect"]
    for group in ("region", "channel"):
        assert level.groupby(private[group]).mean().between(0.9, 1.1).all()


def test_time_to_loss_follows_the_true_hazard(truth):
    returning = truth[truth["returns"]]
    years = ((returning["alive_until"] - returning["first_order"]).dt.days + 0.5) / 365.25
    hazard_passed = years * returning["churn_per_year"]
    assert hazard_passed.mean() == pytest.approx(1, abs=0.05)
    assert (hazard_passed > math.log(2)).mean() == pytest.approx(0.5, abs=0.03)


def test_the_chance_of_never_returning_depends_on_the_channel_as_stated(truth):
    private = truth[truth["segment"] == "private"]
    never = 1 - private.groupby("channel")["returns"].mean()
    stated = dict(zip(CHANNELS, NEVER_RETURNS, strict=True))
    for channel in ("marketplace", "shop", "website"):
        assert never[channel] == pytest.approx(stated[channel], abs=0.04)


def test_wales_retains_worse_than_midlands_only_through_the_marketplace(truth):
    """The confounding that later methods are tested on is in the log."""
    private = truth[truth["segment"] == "private"]
    share = (private["channel"] == "marketplace").groupby(private["region"]).mean()
    assert share["Wales"] > share["Midlands"] + 0.1
    assert REGION_EFFECT[REGIONS.index("Wales")] == REGION_EFFECT[REGIONS.index("Midlands")]


def test_a_wholesale_tail_of_few_customers_carries_a_fifth_of_the_revenue(shop, truth):
    segment = truth.set_index("customer_id")["segment"]
    revenue = shop.groupby(shop["customer_id"].map(segment))["amount"].sum() / shop["amount"].sum()
    assert 0.15 < revenue["wholesale"] < 0.35
    assert (truth["segment"] == "wholesale").mean() < 0.03


def test_the_log_ends_on_its_last_day_so_that_its_last_quarter_is_complete():
    log = sample("gift_shop").log()
    assert log.last_day == datetime.date(2025, 12, 31)


@pytest.fixture(scope="module")
def voice():
    return voice_sample()


def test_the_voice_sample_is_labelled_and_the_same_every_time(voice):
    assert "simulated" in voice.title and "simulated" in voice.note.lower()
    assert voice.feedback_frame().equals(voice.feedback_frame())
    frame = voice.feedback_frame()
    told = frame["score"].notna().sum(), frame["suggestion"].notna().sum(), frame["adopted_on"].notna().sum()
    assert (len(frame), *told) == (1500, 679, 528, 164)
    assert len(voice.referrals_frame()) == 865


def test_the_voice_sample_passes_its_doors_and_belongs_to_the_gift_shop(voice, shop):
    feedback, referrals = voice.feedback(), voice.referrals()
    assert feedback.set_aside_counts == referrals.set_aside_counts == {}
    assert feedback.warnings == referrals.warnings == ()
    known = set(shop["customer_id"].str.lower())
    assert set(feedback.lines["customer"]) <= known
    assert set(referrals.lines["customer"]) <= known
    assert feedback.last_day <= datetime.date(2025, 12, 31)


def test_the_voice_sample_follows_the_chances_it_states(voice):
    frame = voice.feedback_frame().merge(voice_truth(), on="customer_id")
    assert frame["score"].notna().mean() == pytest.approx(ANSWERS, abs=0.04)
    assert frame["suggestion"].notna().mean() == pytest.approx(SUGGESTS, abs=0.04)
    for stays, group in frame.groupby("stays"):
        scores = group["score"].dropna()
        assert (scores >= 9).mean() == pytest.approx(OPINIONS[stays][0], abs=0.06)
        assert (scores <= 6).mean() == pytest.approx(OPINIONS[stays][2], abs=0.06)
        old = group[group["suggestion"].notna() & (group["asked_on"] < "2025-10-31")]
        assert old["adopted_on"].notna().mean() == pytest.approx(ADOPTS[stays], abs=0.08)


def test_referrals_of_the_voice_sample_follow_the_chances_it_states(voice, truth):
    late = voice_truth()[truth["first_order"] > "2023-02-01"]
    for returns, group in late.groupby("returns"):
        assert group["referred"].mean() == pytest.approx(REFERS[returns], abs=0.025)
    first = truth.set_index("customer_id")["first_order"]
    named = voice.referrals_frame()
    named = named[named["referred_by"] != "a neighbour"]
    earlier = named["referred_by"].map(first).to_numpy() < named["customer_id"].map(first).to_numpy()
    assert earlier.all()
