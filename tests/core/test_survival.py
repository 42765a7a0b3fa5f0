from __future__ import annotations

import datetime as dt
import math
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from retention_core.errors import ColumnError, OrderLogError
from retention_core.log_lifetimes import lifetimes_of
from retention_core.orders import OrderLog
from retention_core.survival import SurvivalError, log_rank, survival_by, survival_curve

# Freireich et al. (1963), Blood 21, 699-716: weeks in remission, as printed in Cox (1972), Regression models
# and life tables, JRSS B 34, and Klein and Moeschberger (2003), table 1.1
MERCAPTOPURINE = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

customers = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


def sample(size: int, seed: int, groups: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Durations, losses, entries and groups with many ties."""
    rng = np.random.default_rng(seed)
    entries = np.where(rng.random(size) < 0.5, 0, rng.integers(1, 10, size)).astype(float)
    durations = entries + np.ceil(rng.exponential(12, size)) + 1
    return durations, (rng.random(size) < 0.6).astype(int), entries, rng.integers(0, groups, size)


# Papers


def test_the_example_of_kaplan_and_meier_1958_holds() -> None:
    """Eight observations, deaths at .8, 3.1, 5.4 and 9.2: their section 1, product-limit estimate."""
    curve = survival_curve([0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1], [1, 0, 0, 1, 1, 0, 1, 0])
    assert curve.times == (0, 0.8, 3.1, 5.4, 9.2)
    assert curve.at_risk == (8, 8, 5, 4, 2)
    assert curve.survival == pytest.approx((1, 7 / 8, 7 / 10, 21 / 40, 21 / 80), abs=1e-15)


def test_remission_under_mercaptopurine_agrees_with_klein_and_moeschberger() -> None:
    """Table 4.1 of Klein and Moeschberger (2003): estimates and standard errors to four digits."""
    curve = survival_curve(MERCAPTOPURINE, RELAPSED)
    assert curve.times[1:] == (6, 7, 10, 13, 16, 22, 23)
    assert curve.at_risk[1:] == (21, 17, 15, 12, 11, 7, 6)
    survival = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert curve.survival[1:] == pytest.approx(survival, abs=5e-4)
    assert curve.standard_error[1:] == pytest.approx(errors, abs=5e-5)


def test_the_leukaemia_trial_has_its_textbook_medians_and_log_rank_statistic() -> None:
    """Medians 23 and 8 weeks, log-rank chi-square 16.79 on one degree of freedom."""
    assert survival_curve(MERCAPTOPURINE, RELAPSED).median.value == 23
    assert survival_curve(PLACEBO, [1] * 21).median.value == 8
    groups = ["6-MP"] * 21 + ["placebo"] * 21
    test = log_rank(MERCAPTOPURINE + PLACEBO, RELAPSED + [1] * 21, groups)
    assert test.statistic == pytest.approx(16.79, abs=0.005)
    assert test.degrees == 1
    assert [row.lost for row in test.groups] == [9, 21]
    assert [row.expected for row in test.groups] == pytest.approx([19.25, 10.75], abs=0.005)


# Peers


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("truncated", [False, True])
def test_curves_agree_with_statsmodels(seed: int, truncated: bool) -> None:
    durations, lost, entries, _ = sample(300, seed)
    peer = SurvfuncRight(durations, lost, entry=entries if truncated else None)
    curve = survival_curve(durations, lost, entries=entries if truncated else None)
    left = peer.surv_prob > 0
    assert curve.times[1:] == tuple(peer.surv_times)
    assert curve.at_risk[1:] == tuple(peer.n_risk)
    assert curve.survival[1:] == pytest.approx(peer.surv_prob, abs=1e-12)
    ours = np.array(curve.standard_error[1:], dtype=float)[left]
    assert ours == pytest.approx(peer.surv_prob_se[left], abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.25, 0.5, 0.7])
def test_quantile_intervals_agree_with_statsmodels(seed: int, share: float) -> None:
    durations, lost, _, _ = sample(90, seed)
    peer = SurvfuncRight(durations, lost)
    with np.errstate(divide="ignore", invalid="ignore"):  # the peer takes the logarithm of 0
        low, high = peer.quantile_ci(share, method="cloglog")
    found = survival_curve(durations, lost).quantile(share)
    assert found.low == low
    assert (math.inf if found.high is None else found.high) == high


@pytest.mark.parametrize("groups", [2, 3, 5])
@pytest.mark.parametrize("truncated", [False, True])
def test_the_log_rank_test_agrees_with_statsmodels(groups: int, truncated: bool) -> None:
    durations, lost, entries, labels = sample(400, 7, groups)
    peer, p = survdiff(durations, lost, labels, entry=entries if truncated else None)
    test = log_rank(durations, lost, labels, entries=entries if truncated else None)
    assert test.statistic == pytest.approx(peer, rel=1e-10)
    assert test.p == pytest.approx(p, abs=1e-12)
    assert test.degrees == groups - 1


def test_the_mean_without_anybody_left_is_the_plain_mean_with_its_standard_error() -> None:
    durations = [random.Random(4).uniform(0, 50) for _ in range(3)] + [1.0, 7.0, 7.0, 30.0]
    mean = survival_curve(durations, [1] * 7).mean_to()
    assert mean.value == pytest.approx(np.mean(durations), rel=1e-12)
    assert mean.standard_error == pytest.approx(np.std(durations) / math.sqrt(7), rel=1e-12)


# Laws


@given(customers)
def test_survival_never_rises_and_stays_within_its_interval(rows: list[tuple[int, bool]]) -> None:
    curve = survival_curve(*zip(*rows, strict=True))
    assert all(b <= a for a, b in zip(curve.survival, curve.survival[1:], strict=False))
    assert all(
        0 <= low <= s + 1e-15 and s <= high + 1e-15 <= 1 + 1e-14
        for low, s, high in zip(curve.low, curve.survival, curve.high, strict=True)
    )
    assert sum(curve.lost) == curve.losses == sum(gone for _, gone in rows)


@given(customers, st.randoms())
def test_shuffling_the_customers_changes_nothing(rows: list[tuple[int, bool]], rng: random.Random) -> None:
    shuffled = rng.sample(rows, len(rows))
    one, other = (survival_curve(*zip(*part, strict=True)) for part in (rows, shuffled))
    assert one.columns() == other.columns()


@given(customers)
def test_without_anybody_still_there_survival_is_the_share_that_stayed_longer(
    rows: list[tuple[int, bool]],
) -> None:
    durations = [duration for duration, _ in rows]
    curve = survival_curve(durations, [1] * len(rows))
    for time_, share in zip(curve.times, curve.survival, strict=True):
        assert share == pytest.approx(sum(d > time_ for d in durations) / len(durations), abs=1e-12)


@given(customers.filter(lambda rows: any(gone for _, gone in rows)), st.integers(1, 5))
def test_copies_of_every_customer_leave_the_curve_and_narrow_the_interval(
    rows: list[tuple[int, bool]], copies: int
) -> None:
    one, many = (survival_curve(*zip(*part, strict=True)) for part in (rows, rows * copies))
    assert many.survival == pytest.approx(one.survival, abs=1e-12)
    assert all(b >= a - 1e-12 for a, b in zip(one.low, many.low, strict=True))


def test_equal_groups_have_a_statistic_of_zero() -> None:
    test = log_rank([1, 2, 3, 4] * 2, [1, 0, 1, 1] * 2, ["a"] * 4 + ["b"] * 4)
    assert test.statistic == pytest.approx(0, abs=1e-20)
    assert test.p == 1


def test_the_order_of_the_groups_does_not_matter() -> None:
    durations, lost, _, labels = sample(200, 3, 4)
    names = dict(enumerate(["d", "a", "c", "b"]))
    one = log_rank(durations, lost, labels)
    other = log_rank(durations, lost, [names[int(label)] for label in labels])
    assert one.statistic == pytest.approx(other.statistic, rel=1e-12)
    assert [row.group for row in other.groups] == ["a", "b", "c", "d"]


def test_a_group_that_was_never_there_at_a_loss_takes_no_degree_of_freedom() -> None:
    durations, lost = [5, 6, 7, 8, 1, 2], [1, 1, 1, 1, 0, 0]
    test = log_rank(durations, lost, ["a", "b", "a", "b", "c", "c"])
    assert test.degrees == 1
    alone = log_rank(durations[:4], lost[:4], ["a", "b", "a", "b"])
    assert test.statistic == pytest.approx(alone.statistic, rel=1e-12)


# Edges


def test_a_customer_last_seen_when_another_is_lost_counts_as_at_risk() -> None:
    curve = survival_curve([3, 3], [1, 0])
    assert (curve.at_risk[1], curve.survival[1]) == (2, 0.5)


def test_customers_lost_at_once_stand_in_the_row_of_0() -> None:
    curve = survival_curve([0, 0, 4], [1, 0, 1])
    assert curve.times == (0, 4)
    assert curve.lost == (1, 1)
    assert curve.survival == pytest.approx((2 / 3, 0))


def test_where_nobody_was_lost_the_curve_is_1_and_has_no_median() -> None:
    curve = survival_curve([3, 5], [0, 0])
    assert curve.survival == (1,)
    assert curve.median == (None, None, None)
    assert curve.at(5) == (1, (1, 1))


def test_at_survival_0_the_interval_keeps_the_upper_limit_before() -> None:
    curve = survival_curve([1, 2, 3, 4], [1, 1, 1, 1])
    assert curve.survival[-1] == 0
    assert (curve.low[-1], curve.high[-1]) == (0, curve.high[-2])
    assert curve.standard_error[-1] is None


def test_a_half_reached_by_a_product_with_rounding_is_reached() -> None:
    assert survival_curve([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]).median.value == 3


def test_beyond_the_longest_duration_the_curve_answers_only_from_0() -> None:
    with pytest.raises(SurvivalError, match="duration must not exceed 5, the longest"):
        survival_curve([3, 5], [1, 0]).at(6)
    with pytest.raises(SurvivalError, match="horizon must not exceed 5"):
        survival_curve([3, 5], [1, 0]).mean_to(9)
    assert survival_curve([3, 5], [1, 1]).at(6)[0] == 0
    assert survival_curve([3, 5], [1, 1]).mean_to(9).value == 4


def test_left_truncation_that_empties_the_risk_set_is_said() -> None:
    curve = survival_curve([2, 9, 9], [1, 1, 0], entries=[1, 4, 4])
    assert "Nobody was under observation before 1" in curve.notes[0]
    assert "Survival is 0 from 2 on because the only customer" in curve.notes[1]


@pytest.mark.parametrize(
    ("durations", "lost", "entries", "sentence"),
    [
        ([], [], None, "durations is empty"),
        ([1], [1, 0], None, "lost must have as many rows as durations, 1"),
        ([1, -2], [1, 0], None, r"got -2 in row 2"),
        ([1, math.nan], [1, 0], None, r"got nan in row 2"),
        ([1, 2], [1, 2], None, r"lost must be 1 .*got 2 in row 2"),
        ([1, 2], [1, 1], [0], "entries must have as many rows"),
        ([1, 2], [1, 1], [0, 2], r"below the duration, 2 \(got 2 in row 2\)"),
    ],
)
def test_columns_that_make_no_curve_are_refused_in_a_sentence(
    durations: list[float], lost: list[int], entries: list[float] | None, sentence: str
) -> None:
    with pytest.raises(SurvivalError, match=sentence):
        survival_curve(durations, lost, entries=entries)


def test_arguments_that_make_no_sense_are_refused() -> None:
    curve = survival_curve([1, 2], [1, 0])
    with pytest.raises(SurvivalError, match="confidence must lie between 0 and 1"):
        survival_curve([1], [1], confidence=95)
    with pytest.raises(SurvivalError, match="share_lost must lie between"):
        curve.quantile(1)
    with pytest.raises(SurvivalError, match="horizon must be above zero"):
        curve.mean_to(0)
    with pytest.raises(SurvivalError, match="duration must be zero or more"):
        curve.at(-1)
    with pytest.raises(SurvivalError, match="at least two groups"):
        log_rank([1, 2], [1, 0], ["a", "a"])
    with pytest.raises(SurvivalError, match="groups cannot be compared"):
        log_rank([1, 2], [0, 0], ["a", "b"])
    with pytest.raises(SurvivalError, match="groups must have as many rows"):
        survival_by([1, 2], [1, 0], ["a"])


def test_frames_hold_the_columns() -> None:
    frame = survival_curve([1, 2], [1, 1]).to_frame()
    assert list(frame) == ["time", "at_risk", "lost", "survival", "standard_error", "low", "high"]
    assert np.isnan(frame["standard_error"].iloc[-1])
    assert list(log_rank([1, 2], [1, 1], ["a", None]).to_frame()["group"]) == ["(blank)", "a"]


# Order logs


def shop() -> OrderLog:
    """Ann keeps buying, Bob left, Cem paused and came back, Dee bought once lately, Eva only sent back."""
    rows = [
        ("Ann", "2025-01-01", 5, "web"), ("Ann", "2025-02-10", 5, "shop"), ("Ann", "2025-03-20", 5, "web"),
        ("Bob", "2025-01-05", 5, "web"), ("Bob", "2025-01-15", 5, "web"),
        ("Cem", "2025-01-02", 5, "shop"), ("Cem", "2025-03-25", 5, "web"),
        ("Dee", "2025-03-31", 5, "shop"), ("Eva", "2025-03-01", -5, "shop"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount", "channel"])
    return OrderLog.from_frame(frame, groups=["channel"])


def test_lifetimes_of_a_log_follow_the_stated_rule() -> None:
    found = lifetimes_of(shop(), active_days=45)
    assert found.as_of == dt.date(2025, 4, 1)
    assert found.customers == ("Ann", "Bob", "Cem", "Dee")
    assert found.durations == (90, 10 + 45, 89, 1)
    assert found.lost == (False, True, False, False)
    assert found.came_back == 1
    assert "no order in the 45 days before 2025-04-01" in found.definition
    assert found.notes[0].startswith("1 of 4 customers had been silent")
    assert found.curve().definition == found.definition
    assert found.curve().notes == found.notes


def test_a_customer_is_lost_from_the_day_the_window_no_longer_holds_an_order() -> None:
    """The last order on 15 January: active at midnight of 1 March for 45 days before, not for 44."""
    assert lifetimes_of(shop(), 45, as_of=dt.date(2025, 3, 1)).lost[1] is False
    assert lifetimes_of(shop(), 44, as_of=dt.date(2025, 3, 1)).lost[1] is True


def test_a_customer_belongs_to_the_group_of_the_first_order() -> None:
    found = lifetimes_of(shop(), 45, group="channel")
    assert found.groups == ("web", "web", "shop", "shop")
    assert set(found.curves()) == {"shop", "web"}
    assert found.compare().degrees == 1
    assert list(found.to_frame()) == ["customer", "duration", "lost", "group"]


def test_rules_that_make_no_sense_are_refused() -> None:
    log = shop()
    with pytest.raises(OrderLogError, match="active_days must lie between 1"):
        lifetimes_of(log, 0)
    with pytest.raises(OrderLogError, match="active_days must be a whole number"):
        lifetimes_of(log, 1.5)  # type: ignore[arg-type]
    with pytest.raises(OrderLogError, match="as_of must be a date"):
        lifetimes_of(log, 30, as_of="2025")  # type: ignore[arg-type]
    with pytest.raises(OrderLogError, match="as_of must lie after the first order"):
        lifetimes_of(log, 30, as_of=dt.date(2024, 1, 1))
    with pytest.raises(ColumnError, match="not among the groups"):
        lifetimes_of(log, 30, group="region")
    with pytest.raises(OrderLogError, match="group is needed"):
        lifetimes_of(log, 30).compare()
