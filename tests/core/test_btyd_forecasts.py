from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retention_core.btyd.bg_nbd import BGNBD, fit_bg_nbd
from retention_core.btyd.clv import LifetimeValues, lifetime_values
from retention_core.btyd.estimates import ModelError
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from retention_core.btyd.holdout import Holdout, validate_forecast
from retention_core.btyd.mbg_nbd import fit_mbg_nbd
from retention_core.btyd.pareto_nbd import fit_pareto_nbd
from retention_core.btyd.purchases import PurchaseHistory, purchases, purchases_of
from retention_core.errors import OrderLogError
from retention_core.orders import OrderLog
from retention_core.samples import cdnow_tenth, sample

CALIBRATION_END = dt.date(1997, 10, 1)


@pytest.fixture(scope="module")
def cdnow() -> OrderLog:
    """The 1/10 sample; the papers count a day's purchases as one order."""
    return OrderLog.from_frame(
        cdnow_tenth(), customer="customer_id", date="date", amount="dollar_value", order=""
    )


@pytest.fixture(scope="module")
def history(cdnow: OrderLog) -> PurchaseHistory:
    """Its 39 weeks of calibration."""
    return purchases_of(cdnow, as_of=CALIBRATION_END)


@pytest.fixture(scope="module")
def model(history: PurchaseHistory) -> BGNBD:
    return fit_bg_nbd(history)


@pytest.fixture(scope="module")
def spending(history: PurchaseHistory) -> GammaGamma:
    return fit_gamma_gamma(history)


@pytest.fixture(scope="module")
def values(model: BGNBD, spending: GammaGamma, history: PurchaseHistory) -> LifetimeValues:
    return lifetime_values(model, spending, history)


@pytest.fixture(scope="module")
def checks(cdnow: OrderLog) -> dict[str, Holdout]:
    """Every model fitted to 39 weeks and held against the 39 that follow."""
    fits = {"BG/NBD": fit_bg_nbd, "MBG/NBD": fit_mbg_nbd, "Pareto/NBD": fit_pareto_nbd}
    return {
        name: validate_forecast(cdnow, fit, calibration_end=CALIBRATION_END) for name, fit in fits.items()
    }


# Holdout


@pytest.mark.parametrize(
    ("name", "error", "means"),
    [
        ("BG/NBD", -0.121, [0.23, 0.52, 1.04, 1.52, 2.16, 2.65]),
        ("MBG/NBD", -0.162, [0.19, 0.55, 1.05, 1.49, 2.10, 2.56]),
        ("Pareto/NBD", -0.115, [0.14, 0.60, 1.20, 1.71, 2.40, 2.91]),
    ],
)
def test_holdout_of_the_sample_agrees_with_btydplus(
    checks: dict[str, Holdout], name: str, error: float, means: list[float]
) -> None:
    """BTYDplus, demo/cdnow.r: error of the sum, and mean forecast by calibration frequency 0 to 5."""
    check = checks[name]
    assert abs(check.error - error) <= 0.0005
    for found, published in zip(check.groups["expected"], means, strict=False):
        assert abs(found - published) <= 0.005


def test_actual_holdout_orders_of_the_sample_agree_with_btydplus(checks: dict[str, Holdout]) -> None:
    """BTYDplus, demo/cdnow.r, column ACT."""
    check = checks["BG/NBD"]
    assert check.actual == 1882
    assert check.groups["actual"].round(2).tolist()[:6] == [0.24, 0.70, 1.39, 1.56, 2.53, 2.95]
    assert check.groups["customers"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]


def test_tracking_ends_at_all_repeat_orders(checks: dict[str, Holdout]) -> None:
    """2,457 repeat orders in 39 weeks and 1,882 in the next 39."""
    track = checks["BG/NBD"].tracking
    assert len(track) == 78
    assert track["actual"].tolist()[38] == 2457
    assert track["actual"].tolist()[-1] == 2457 + 1882
    assert track["holdout"].sum() == 39
    assert (track["expected"].diff().dropna() > 0).all()


def test_tracking_counts_each_customer_from_the_first_order(checks: dict[str, Holdout]) -> None:
    check = checks["Pareto/NBD"]
    first = cdnow_tenth().groupby("customer_id")["date"].min()
    week = check.tracking.iloc[50]
    lived = (week["end"] - pd.Timedelta(days=1) - first).dt.days.to_numpy() / 7
    assert week["expected"] == pytest.approx(check.model.expected_orders_new(lived).sum(), rel=1e-9)


def test_parts_of_the_forecast_add_up(checks: dict[str, Holdout]) -> None:
    for check in checks.values():
        rows = check.to_frame()
        assert rows["customers"].sum() == check.customers == 2357
        assert (rows["expected"] * rows["customers"]).sum() == pytest.approx(check.expected)
        assert check.error_low < check.error < check.error_high


def test_the_sample_is_too_small_for_a_verdict(checks: dict[str, Holdout]) -> None:
    """Forecasts of 1,882 orders miss by 12 to 16 %, give or take 10: more or less than 20 %."""
    for check in checks.values():
        assert check.verdict == "cannot tell"
        assert check.error_low < -0.2 < check.error_high


def simulated_log(customers: int, leaving: float = 0.0, seed: int = 0) -> OrderLog:
    """Customers of MBG/NBD over two years, of whose orders `leaving` are missing from half time on."""
    rng = np.random.default_rng(seed)
    names, days = [], []
    rate, chance = rng.gamma(0.9, 1 / 25, customers), rng.beta(0.8, 4.0, customers)
    for customer, won in enumerate(rng.integers(0, 300, customers)):
        now = float(won)
        while now < 730:
            if now < 365 or rng.random() >= leaving:
                names.append(f"c{customer}")
                days.append(int(now))
            if rng.random() < chance[customer]:
                break
            now += rng.exponential(1 / rate[customer])
    dates = pd.Timestamp("2023-01-01") + pd.to_timedelta(days, unit="D")
    return OrderLog.from_frame(pd.DataFrame({"customer": names, "date": dates}))


def test_a_model_fits_customers_who_behave_as_it_says() -> None:
    check = validate_forecast(simulated_log(4000), fit_mbg_nbd)
    assert check.verdict == "fits"
    assert "lies within 20%" in check.reason


def test_a_model_does_not_fit_customers_who_changed_their_ways() -> None:
    check = validate_forecast(simulated_log(2000, leaving=0.6), fit_mbg_nbd)
    assert check.verdict == "does not fit"
    assert check.error_low > 0.2
    assert "lies wholly beyond 20%" in check.reason


def test_few_customers_cannot_tell() -> None:
    check = validate_forecast(simulated_log(150, seed=4), fit_mbg_nbd)
    assert check.verdict == "cannot tell"
    assert "too few orders" in check.reason


def test_the_rule_states_its_limits(checks: dict[str, Holdout]) -> None:
    assert "95% interval" in checks["BG/NBD"].rule
    assert "within 20%" in checks["BG/NBD"].rule


def test_half_of_the_log_is_the_calibration_by_default(cdnow: OrderLog) -> None:
    check = validate_forecast(cdnow)
    assert check.calibration_end == dt.date(1997, 10, 1)
    assert check.holdout_end == dt.date(1998, 7, 1)


def test_a_holdout_without_orders_and_days_outside_the_log_are_errors(cdnow: OrderLog) -> None:
    gone = pd.DataFrame({"customer": ["a", "a", "b", "b", "c"], "date": [1, 5, 2, 9, 40]})
    gone["date"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(gone["date"], unit="D")
    with pytest.raises(OrderLogError, match="calibration_end must be a day between"):
        validate_forecast(cdnow, calibration_end=dt.date(2001, 1, 1))
    with pytest.raises(OrderLogError, match="no earlier customer ordered"):
        validate_forecast(
            OrderLog.from_frame(gone),
            lambda _: BGNBD.given(r=1, alpha=1, a=1, b=1),
            calibration_end=dt.date(2025, 1, 20),
        )
    with pytest.raises(ModelError, match="tolerance must be a number above zero"):
        validate_forecast(cdnow, tolerance=0)


def test_the_unit_of_time_changes_no_check(cdnow: OrderLog, checks: dict[str, Holdout]) -> None:
    days = validate_forecast(cdnow, fit_bg_nbd, unit="day", calibration_end=CALIBRATION_END)
    weeks = checks["BG/NBD"]
    assert days.expected == pytest.approx(weeks.expected, rel=1e-8)
    assert days.error_low == pytest.approx(weeks.error_low, rel=1e-4)
    assert days.tracking["expected"].tolist() == pytest.approx(weeks.tracking["expected"].tolist(), rel=1e-8)


# Lifetime value


def test_value_is_orders_times_value_without_discount(
    model: BGNBD, spending: GammaGamma, history: PurchaseHistory
) -> None:
    found = lifetime_values(model, spending, history, months=12, discount=0, draws=2)
    assert found.value == pytest.approx(found.expected_orders * found.expected_value)
    assert found.expected_orders == pytest.approx(model.expected_orders(365.25 / 7, history))


def test_discounting_lowers_and_time_raises_value(
    model: BGNBD, spending: GammaGamma, history: PurchaseHistory
) -> None:
    totals = {
        (months, discount): lifetime_values(
            model, spending, history, months=months, discount=discount, draws=2
        ).total
        for months, discount in [(12, 0.0), (12, 0.1), (12, 0.3), (24, 0.1)]
    }
    assert totals[12, 0.0] > totals[12, 0.1] > totals[12, 0.3] > totals[12, 0.0] / 1.3
    assert totals[24, 0.1] > totals[12, 0.1]


def test_the_total_is_the_sum_and_lies_within_its_interval(values: LifetimeValues) -> None:
    assert values.total == pytest.approx(values.value.sum())
    assert values.total_low < values.total < values.total_high
    assert (values.low <= values.high).all()
    assert np.mean((values.low <= values.value) & (values.value <= values.high)) > 0.99
    assert list(values.to_frame()) == [
        "customer", "alive", "expected_orders", "expected_value", "value", "low", "high",
    ]  # fmt: skip


def test_the_interval_is_the_same_each_time_and_wider_with_confidence(
    model: BGNBD, spending: GammaGamma, history: PurchaseHistory, values: LifetimeValues
) -> None:
    again = lifetime_values(model, spending, history)
    assert again.low.tolist() == values.low.tolist()
    narrow = lifetime_values(model, spending, history, confidence=0.5)
    assert values.total_low < narrow.total_low < narrow.total_high < values.total_high


def test_the_interval_of_the_total_agrees_with_the_delta_method(
    model: BGNBD, spending: GammaGamma, history: PurchaseHistory, values: LifetimeValues
) -> None:
    """Drawn parameters and derivatives at the estimates tell the same spread, within a fifth."""

    def total(ordering: np.ndarray, worth: np.ndarray) -> float:
        orders = BGNBD.given(**dict(zip(BGNBD.names, np.exp(ordering), strict=True)))
        each = GammaGamma.given(**dict(zip(GammaGamma.names, np.exp(worth), strict=True)))
        return float(orders.expected_orders(365.25 / 7, history) @ each.expected_value(history))

    at = (np.log(model.estimates), np.log(spending.estimates))
    variance = 0.0
    for which, covariance in enumerate((model.log_covariance, spending.log_covariance)):
        slope = []
        for nudge in np.eye(len(covariance)) * 1e-4:
            ways = [[part + sign * nudge * (i == which) if i == which else part for i, part in enumerate(at)]
                    for sign in (1, -1)]  # fmt: skip
            slope.append((total(*ways[0]) - total(*ways[1])) / 2e-4)
        variance += float(np.array(slope) @ covariance @ np.array(slope))
    reach = 1.96 * math.sqrt(variance) / total(*at)
    drawn = (values.total_high - values.total_low) / 2 / values.total
    assert drawn == pytest.approx(reach, rel=0.2)


def test_one_time_buyers_have_a_value(values: LifetimeValues, history: PurchaseHistory) -> None:
    once = history.frequency == 0
    assert (values.value[once] > 0).all()
    assert np.isfinite(values.high).all()


def test_arguments_that_make_no_sense_are_one_sentence(
    model: BGNBD, spending: GammaGamma, history: PurchaseHistory
) -> None:
    with pytest.raises(ModelError, match=r"months must be a number above zero \(got 0\)"):
        lifetime_values(model, spending, history, months=0)
    with pytest.raises(ModelError, match="discount must be a rate a year from 0"):
        lifetime_values(model, spending, history, discount=-0.1)
    with pytest.raises(ModelError, match="confidence must lie between 0 and 1"):
        lifetime_values(model, spending, history, confidence=95)
    with pytest.raises(ModelError, match="needs parameters estimated from data"):
        lifetime_values(BGNBD.given(r=0.2, alpha=4, a=0.8, b=2), spending, history)


def test_customers_whose_refunds_outweigh_their_repeat_orders_keep_their_mean() -> None:
    spending = GammaGamma.given(p=6.25, q=3.74, v=15.44)
    assert spending.expected_value(purchases([2], [3], [9], [-5]))[0] == -5


def test_bg_nbd_does_not_fit_the_gift_shop_whose_customers_leave_after_one_order() -> None:
    """BG/NBD cannot lose one-time buyers, and so forecasts orders of theirs that never came."""
    check = validate_forecast(sample("gift_shop").log(), fit_bg_nbd, unit="month")
    assert check.verdict == "does not fit"
    assert check.reason.startswith("The error for customers of frequency 0, +")
    assert check.groups["error_low"][0] > 0.2


def test_a_file_and_a_frame_have_the_same_check(cdnow: OrderLog, tmp_path: Path) -> None:
    path = tmp_path / "cdnow.parquet"
    frame = cdnow_tenth()
    frame.assign(customer_id="c" + frame["customer_id"].astype(str)).to_parquet(path)
    log = OrderLog.from_file(path, customer="customer_id", date="date", amount="dollar_value", order="")
    found = validate_forecast(log, fit_bg_nbd, calibration_end=CALIBRATION_END)
    wanted = validate_forecast(cdnow, fit_bg_nbd, calibration_end=CALIBRATION_END)
    assert found.actual == wanted.actual
    assert found.expected == pytest.approx(wanted.expected)
    pd.testing.assert_frame_equal(found.groups, wanted.groups, check_exact=False, rtol=1e-6)
