"""Referrals: links without those that cannot be, equal time for all, effects only where they are."""

import datetime as dt

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.stats import binom

import retention_core as rc
from retention_core.differences import Difference, kept_difference, mean_difference, within_cohorts
from retention_core.orders import OrderLog
from retention_core.referral_links import links_of
from retention_core.referral_log import ReferralLog
from retention_core.referrals import referrals_of
from tests.core.known_voice import (
    AS_OF,
    DAYS,
    Effects,
    KnownVoice,
    known_voice,
    true_orders_again,
    true_value,
)

ORDERS = pd.DataFrame(
    {
        "customer": ["Ann", "Bo", "bo", "Cy", "Di", "Ed", "Ed", "Fay"],
        "date": [
            "2024-01-01", "2024-02-01", "2024-02-20", "2024-03-01",
            "2024-04-01", "2024-04-15", "2025-06-01", "2025-06-01",
        ],
        "amount": [100, 20, 30, 40, 50, 60, 7, 80],
        "Referred by": ["", "ann ", "", "Bo", "Di", "Radio", "Ann", "no"],
    }
)  # fmt: skip
LOG = OrderLog.from_frame(ORDERS, groups=["Referred by"])


def test_a_referral_is_who_names_somebody_else_and_what_is_odd_is_counted():
    found = referrals_of(LOG)
    assert (found.share.part, found.share.of, found.customers) == (3, 6, 6)
    assert (found.own, found.circles, dict(found.unknown), found.several) == (1, 0, {"Radio": 1}, 1)
    assert (found.referring.part, found.per_customer.mean) == (2, pytest.approx(2 / 6))
    assert found.source == 'the column "Referred by" of the orders'
    assert any("Radio" in note and "count as referrals" in note for note in found.notes)
    assert any(note.startswith("Named as their own referrer") for note in found.notes)


def test_only_known_referrers_count_where_that_is_asked_for():
    found = referrals_of(LOG, known_only=True)
    assert found.share.part == 2
    assert any("do not count as referrals" in note for note in found.notes)


def test_referrers_are_listed_by_what_they_brought():
    table = referrals_of(LOG).to_frame()
    assert table[["customer", "referrals", "value_brought", "own_value"]].to_numpy().tolist() == [
        ["Ann", 1, 50.0, 100.0],
        ["Bo", 1, 40.0, 50.0],
    ]
    assert table["last_referral"].tolist() == [pd.Timestamp("2024-02-01"), pd.Timestamp("2024-03-01")]


def test_the_share_over_time_goes_by_the_first_order_and_marks_the_period_in_progress():
    found = referrals_of(LOG, period="quarter").by_period
    assert [(one.start, one.new, one.referred, one.complete) for one in found] == [
        (dt.date(2024, 1, 1), 3, 2, True),
        (dt.date(2024, 4, 1), 2, 1, True),
        (dt.date(2025, 4, 1), 1, 0, False),
    ]
    assert all(one.low <= one.share <= one.high for one in found)


def test_everybody_compared_is_followed_for_the_same_time():
    found = referrals_of(LOG, window=31, value_days=365)
    assert (found.repeat.one.customers, found.repeat.one.kept) == (3, 1)
    assert (found.repeat.other.customers, found.repeat.other.kept) == (2, 0)
    assert found.repeat.left_out == found.value.left_out == {"too recent to follow": 1}
    assert found.value.one.mean == pytest.approx((50 + 40 + 60) / 3)  # Ed's 7 came later than a year
    assert found.value.other.mean == pytest.approx((100 + 50) / 2)
    assert found.value.observational and found.repeat.observational


def test_a_customer_is_followed_only_if_the_whole_window_was_seen():
    last = dt.date(2024, 4, 15) + dt.timedelta(days=31)
    enough = referrals_of(LOG, window=31, as_of=last + dt.timedelta(days=1))
    short = referrals_of(LOG, window=31, as_of=last)
    assert enough.repeat.left_out == {}
    assert short.repeat.left_out == {"too recent to follow": 1}


def test_a_short_log_compares_the_value_of_the_window():
    assert referrals_of(LOG).value_days == 365
    assert referrals_of(LOG, as_of=dt.date(2024, 8, 1), window=31).value_days == 31


def test_without_amounts_the_value_is_unknown_and_the_rest_remains():
    found = referrals_of(OrderLog.from_frame(ORDERS.drop(columns="amount"), groups=["Referred by"]))
    assert (found.value, found.value_of, found.share.part) == (None, None, 3)
    assert found.to_frame()["value_brought"].isna().all()
    assert found.value_answer == "What referred customers bring is unknown: the log has no amounts."


def test_a_table_of_its_own_says_the_same_as_a_group():
    plain = OrderLog.from_frame(ORDERS.drop(columns="Referred by"))
    table = ReferralLog.from_frame(ORDERS)
    found, wanted = referrals_of(plain, table), referrals_of(LOG)
    assert (found.share, found.repeat, found.value, found.top) == (
        wanted.share, wanted.repeat, wanted.value, wanted.top,
    )  # fmt: skip
    assert found.source == "a table of referrals"


def test_a_referral_log_accounts_for_every_row(tmp_path):
    frame = pd.DataFrame({"Kunde": ["A", None, "17.0"], "Empfohlen von": ["B", "A", "-"]})
    frame.to_csv(tmp_path / "referrals.csv", index=False)
    for log in (ReferralLog.from_frame(frame), ReferralLog.from_file(tmp_path / "referrals.csv")):
        assert dict(log.columns) == {"customer": "Kunde", "referred_by": "Empfohlen von"}
        assert log.rows == log.rows_used + len(log.set_aside) == 3
        assert log.set_aside_counts == {"no customer": 1}
        assert log.lines["referred_by"].tolist() == ["B", None]
        assert log.lines["customer"].tolist() == ["a", "17"]


DAY = dict(zip("abcdef", (5, 1, 3, 3, 9, 2), strict=True))


@pytest.mark.parametrize(
    ("named", "links", "circles"),
    [
        ([("a", "B"), ("b", "a")], {"a": "b"}, 1),
        ([("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")], {"a": "b", "c": "a", "d": "a"}, 1),
        ([("c", "d"), ("d", "c")], {"d": "c"}, 1),
        ([("a", "b"), ("b", "a"), ("e", "f"), ("f", "e")], {"a": "b", "e": "f"}, 2),
        ([("a", "b"), ("b", "f"), ("e", "a")], {"a": "b", "b": "f", "e": "a"}, 0),
    ],
)
def test_in_a_circle_the_first_to_order_was_not_brought_by_the_others(named, links, circles):
    found = links_of(named, DAY)
    assert (dict(found.referrer), found.circles) == (links, circles)


def test_names_are_matched_as_the_log_tells_customers_apart():
    days = {"Ann": 1, "ann": 2, "17850": 3, "bo": 4, "no": 1}
    assert dict(links_of([("bo", "ANN")], days).referrer) == {"bo": "ann"}
    assert dict(links_of([("bo", "Ann")], days).referrer) == {"bo": "Ann"}
    assert dict(links_of([("bo", " 17850.0")], days).referrer) == {"bo": "17850"}
    assert dict(links_of([("bo", "No")], days).referrer) == {"bo": "no"}


def test_a_no_names_nobody_and_a_yes_somebody_unknown():
    found = links_of([("a", "nein"), ("b", "yes"), ("c", None), ("d", "--"), ("x", "a")], DAY)
    assert (dict(found.referrer), found.unnamed, dict(found.unknown)) == ({"b": None}, 1, {})


def test_a_referrer_who_ordered_later_is_kept_and_counted():
    assert links_of([("b", "e")], DAY).later == 1


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_every_engine_gives_the_same_referrals(engine):
    shop = known_voice(150)
    table = pl.from_pandas(shop.orders) if engine == "polars" else duckdb.from_df(shop.orders)
    log = OrderLog.from_frame(
        table, customer="customer", date="date", amount="amount", groups=["referred_by"]
    )
    found, wanted = referrals_of(log), referrals_of(shop.log)
    assert (found.share, found.by_period, found.repeat) == (wanted.share, wanted.by_period, wanted.repeat)
    assert found.value.difference == pytest.approx(wanted.value.difference)
    pd.testing.assert_frame_equal(found.to_frame(), wanted.to_frame())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: referrals_of(OrderLog.from_frame(ORDERS)),
         "Nothing says who was referred: read the log with the column of referrers among its groups "
         "(they are: none), or give a table of referrals."),
        (lambda: referrals_of(LOG, group="region"),
         "Nothing says who was referred: read the log with the column of referrers among its groups "
         "(they are: Referred by), or give a table of referrals."),
        (lambda: referrals_of(LOG, ReferralLog.from_frame(ORDERS), group="Referred by"),
         "Give either referrals or group, not both: each says who referred whom."),
        (lambda: referrals_of(LOG, value_days=0.5),
         "value_days must be a whole number of days from 1 to 36,600 (got 0.5)."),
        (lambda: referrals_of(LOG, as_of=dt.date(2023, 1, 1)),
         "as_of must lie after the first order, on 2024-01-01 (got 2023-01-01)."),
        (lambda: referrals_of(LOG, 5), "referrals must be of the type ReferralLog (got int)."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_gets_one_sentence(call, sentence):
    with pytest.raises(rc.RetentionError) as caught:
        call()
    assert str(caught.value) == sentence


def test_welch_agrees_with_scipy():
    from scipy.stats import ttest_ind

    random = np.random.RandomState(3)
    inside = random.random_sample(80) < 0.3
    values = random.gamma(1.5, 40, 80) * (1 + inside)
    found = mean_difference(("a", "b"), inside, values, 365, {}, "")
    wanted = ttest_ind(values[inside], values[~inside], equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), rel=1e-9)


def test_the_difference_within_cohorts_agrees_with_least_squares_and_its_hc2_error():
    """statsmodels, one dummy a cohort."""
    random = np.random.RandomState(4)
    cohorts, inside = random.randint(0, 6, 200), random.random_sample(200) < 0.4
    values = cohorts + inside + random.standard_normal(200) * (1 + inside)
    design = np.column_stack([inside, *(cohorts == c for c in range(6))]).astype(float)
    fitted = sm.OLS(values, design).fit(cov_type="HC2")
    estimate, (low, high) = within_cohorts(inside, values, cohorts)
    assert estimate == pytest.approx(fitted.params[0], rel=1e-9)
    from scipy.stats import t

    reach = t.ppf(0.975, min(inside.sum(), (~inside).sum()) - 1) * fitted.bse[0]
    assert (high - low) / 2 == pytest.approx(reach, rel=1e-9)


def test_cohorts_that_hold_one_group_only_have_no_say():
    inside, cohorts = np.array([True, True, False, False]), np.array([1, 1, 2, 2])
    assert within_cohorts(inside, np.array([1.0, 2, 3, 4]), cohorts) is None


SEEDS, FEWER = range(1, 201), range(1, 41)
WINDOW, YEAR = 92, 365


def compared(shop: KnownVoice) -> tuple[Difference, Difference]:
    """Repeat orders and first-year value straight from the simulation, another way than the log's."""
    n = len(shop.people)
    owner = shop.orders["customer"].str[1:].astype(int).to_numpy() - 10001
    moment = (shop.orders["date"] - shop.orders["date"].min()).dt.days.to_numpy()
    since = moment - shop.people["first"].to_numpy()[owner]
    back = np.bincount(owner[(since > 0) & (since <= WINDOW)], minlength=n) > 0
    early = since < YEAR
    value = np.bincount(owner[early], shop.orders["amount"].to_numpy()[early], n)
    first, referred = shop.people["first"].to_numpy(), shop.people["referred"].to_numpy()
    months = (
        shop.people["first"]
        .map(
            lambda day: (
                (day := dt.date(2023, 1, 1) + dt.timedelta(days=day)).year * 12 + (day.month - 1) // 3 * 3
            )
        )
        .to_numpy()
    )
    seen, year = first + WINDOW < DAYS, first + YEAR <= DAYS
    names = ("referred", "not referred")
    return (
        kept_difference(names, referred[seen], back[seen], WINDOW, {}, "", cohorts=months[seen]),
        mean_difference(names, referred[year], value[year], YEAR, {}, "", cohorts=months[year]),
    )  # fmt: skip


def holds(intervals: list[tuple[float, float]], truth: float) -> bool:
    """Whether as many intervals hold the truth as 95 % ones do, but for one chance in a thousand."""
    held = sum(low <= truth <= high for low, high in intervals)
    fewest, most = binom.ppf((0.0005, 0.9995), len(intervals), 0.95)
    return fewest <= held <= most


def plain(found: list[Difference]) -> list[tuple[float, float]]:
    return [(one.low, one.high) for one in found]


def adjusted(found: list[Difference]) -> list[tuple[float, float]]:
    return [(one.adjusted_low, one.adjusted_high) for one in found]


def test_the_log_gives_what_the_simulation_counts():
    shop = known_voice(200)
    found = referrals_of(shop.log, as_of=AS_OF, window=WINDOW, value_days=YEAR, period="quarter")
    for one, wanted in zip((found.repeat, found.value), compared(shop), strict=True):
        assert one.one == pytest.approx(wanted.one)
        assert one.other == pytest.approx(wanted.other)
        names = ("difference", "low", "high", "adjusted", "adjusted_low", "adjusted_high")
        assert [getattr(one, n) for n in names] == pytest.approx([getattr(wanted, n) for n in names])
    assert found.share.part == shop.people["referred"].sum()
    assert sum(one.referrals for one in found.top) == found.share.part


def test_intervals_hold_the_truth_where_referral_has_no_effect():
    found = [compared(known_voice(300, seed)) for seed in SEEDS]
    for differences in zip(*found, strict=True):
        assert holds(plain(differences), 0)
        assert holds(adjusted(differences), 0)


def test_intervals_hold_effects_of_known_size_and_not_zero():
    effects = Effects(referral=1.6, spend=1.3)
    repeat, value = zip(*(compared(known_voice(300, seed, effects)) for seed in SEEDS), strict=True)
    kept = true_orders_again(WINDOW, 1.6) - true_orders_again(WINDOW)
    worth = true_value(YEAR, 1.6, 1.3) - true_value(YEAR)
    for differences, truth in ((repeat, kept), (value, worth)):
        assert holds(plain(differences), truth)
        assert holds(adjusted(differences), truth)
        assert not holds(adjusted(differences), 0)


def test_cohorts_keep_a_growing_shop_from_speaking_for_referrals():
    """Later customers order more and are referred more: that misleads the plain difference only."""
    effects = Effects(trend=8.0)
    repeat, value = zip(*(compared(known_voice(600, seed, effects)) for seed in FEWER), strict=True)
    for differences in (repeat, value):
        assert not holds(plain(differences), 0)
        assert holds(adjusted(differences), 0)


def test_referrals_a_customer_have_no_limit_below_zero():
    found = referrals_of(
        OrderLog.from_frame(ORDERS),
        ReferralLog.from_frame(pd.DataFrame({"customer": ["Bo"], "referred_by": ["Ann"]})),
    )
    assert found.per_customer.low == 0 < found.per_customer.mean < found.per_customer.high


def test_what_is_no_log_or_period_gets_a_sentence():
    log = OrderLog.from_frame(ORDERS)
    for found in (lambda: referrals_of(None), lambda: referrals_of(log, period=[1])):
        with pytest.raises(rc.RetentionError, match="must be"):
            found()
