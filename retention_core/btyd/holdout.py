"""Does a model fit this log? Fitted to the first part, it forecasts the rest, which is known."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
import pandas as pd

from retention_core.btyd.estimates import DRAWS, ModelError, check_confidence
from retention_core.btyd.forecasting import BuyTillYouDie, alive
from retention_core.btyd.mbg_nbd import fit_mbg_nbd
from retention_core.btyd.purchases import (
    DAYS_IN,
    Floats,
    PurchaseHistory,
    distinct,
    observation_end,
    order_dates,
    purchases_of,
)
from retention_core.errors import OrderLogError, said
from retention_core.identity import key_order

if TYPE_CHECKING:
    from retention_core.orders import OrderLog

_LAST_GROUP = 7
_BIG_GROUP = 0.1
_WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class Holdout:
    """A forecast held against what happened; made by `validate_forecast`.

    Attributes
    ----------
    model
        Fitted to the calibration alone.
    calibration_end, holdout_end
        The days whose starts end the calibration and the holdout.
    customers
        With an order in the calibration; later ones are not forecast.
    expected, actual
        Order days of these customers in the holdout.
    error
        (expected - actual) / actual, with its limits `error_low` and `error_high`.
    groups
        The calibration plot, one row for each number of repeat orders in the calibration (the last row
        for 7 and more): frequency, customers, expected and actual orders a customer in the holdout, error
        with limits, and whether the verdict heeds the row.
    tracking
        The tracking plot, one row a week: week, end, expected and actual repeat orders so far, and whether
        the week lies in the holdout.
    verdict
        "fits", "does not fit" or "cannot tell".
    rule, reason
        How the verdict is reached, and what led to it here.
    """

    model: BuyTillYouDie
    calibration_end: dt.date
    holdout_end: dt.date
    customers: int
    expected: float
    actual: int
    error: float
    error_low: float
    error_high: float
    groups: pd.DataFrame
    tracking: pd.DataFrame
    tolerance: float
    confidence: float
    verdict: str
    rule: str
    reason: str

    def to_frame(self) -> pd.DataFrame:
        """The rows of the calibration plot; the tracking plot's are in `tracking`."""
        return self.groups.copy()


def validate_forecast(
    log: OrderLog,
    fit: Callable[[PurchaseHistory], BuyTillYouDie] = fit_mbg_nbd,
    *,
    calibration_end: dt.date | None = None,
    as_of: dt.date | None = None,
    unit: str = "week",
    tolerance: float = 0.2,
    confidence: float = 0.95,
) -> Holdout:
    """Fit a model to the first part of a log and hold its forecast against the rest.

    Parameters
    ----------
    fit
        `fit_mbg_nbd`, `fit_bg_nbd` or `fit_pareto_nbd`.
    calibration_end
        The day whose start ends the calibration; by default half of the log.
    as_of
        The day whose start ends the holdout; by default midnight after the last order.
    unit
        Of time, for the model's parameters.
    tolerance
        The error of a forecast that is still good enough, as a share of the actual orders.
    confidence
        Of the intervals.

    Raises
    ------
    OrderLogError
        If the days make no sense or nobody ordered in the holdout.
    ModelError
        If the model cannot be fitted to the calibration.

    Notes
    -----
    The standard error of a sum of expected - actual over customers has two parts: the customers' own
    luck, as the root of the sum of squared differences, and the parameters, as the spread of the expected
    sum over 200 draws. The group intervals share the confidence (Bonferroni), so that looking at many
    groups finds no more false alarms than looking at the total alone.
    """
    if not (tolerance > 0 and math.isfinite(tolerance)):
        raise ModelError(
            f"`tolerance` must be a number above zero, such as 0.2 for 20 % (got {said(tolerance)})."
        )
    check_confidence(confidence)
    until = observation_end(log, as_of)
    split = _split(log, calibration_end, until)
    history = purchases_of(log, as_of=split, unit=unit)
    model = fit(history)
    time = (until - split).days / DAYS_IN[unit]
    actual = _orders_between(log, split, until)
    if not actual.any():
        raise OrderLogError(
            f"`calibration_end` must leave orders to compare with, and no earlier customer ordered from "
            f"{split} to {until}: choose an earlier day."
        )
    expected = model.expected_orders(time, history)
    drawn = _drawn_by_group(model, history, time)
    groups, total = _compared(history, expected, actual, drawn, confidence)
    verdict, reason = _verdict(total, groups, tolerance)
    return Holdout(
        model=model,
        calibration_end=split,
        holdout_end=until,
        customers=history.n,
        expected=float(expected.sum()),
        actual=int(actual.sum()),
        error=total[0],
        error_low=total[1],
        error_high=total[2],
        groups=groups,
        tracking=_tracking(log, model, history, split, until),
        tolerance=tolerance,
        confidence=confidence,
        verdict=verdict,
        rule=_rule(tolerance, confidence),
        reason=reason,
    )


def _split(log: OrderLog, calibration_end: dt.date | None, until: dt.date) -> dt.date:
    if calibration_end is None:
        calibration_end = log.first_day + (until - log.first_day) / 2
    if isinstance(calibration_end, dt.datetime):
        calibration_end = calibration_end.date()
    if not isinstance(calibration_end, dt.date) or not log.first_day < calibration_end < until:
        raise OrderLogError(
            f"`calibration_end` must be a day between {log.first_day} and {until} "
            f"(got {said(calibration_end)})."
        )
    return calibration_end


def _orders_between(log: OrderLog, split: dt.date, until: dt.date) -> Floats:
    """Order days of each calibration customer in the holdout, in the order of `purchases_of`."""
    day = nw.col("day")
    per_customer = (
        order_dates(log, until)
        .with_columns(
            before=nw.when(day < split.toordinal()).then(1).otherwise(0),
            after=nw.when(day >= split.toordinal()).then(1).otherwise(0),
        )
        .group_by("customer")
        .agg(nw.col("before").sum(), nw.col("after").sum())
        .filter(nw.col("before") > 0)
    )
    table = log.with_names(per_customer, log.coded_lines).collect("pandas").to_native()
    ordered = table.iloc[key_order(table["customer"].tolist())]
    found: Floats = ordered["after"].to_numpy(dtype=np.float64)
    return found


def _drawn_by_group(model: BuyTillYouDie, history: PurchaseHistory, time: float) -> Floats:
    """Expected orders of each group under drawn parameters: one row a draw, one column a group."""
    first, which = distinct(history.frequency, history.recency, history.age)
    frequency, recency, age = history.frequency[first], history.recency[first], history.age[first]
    pairs, place = distinct(frequency, age)
    x = frequency.astype(np.float64)
    group, many = np.minimum(frequency, _LAST_GROUP), np.bincount(which)
    rows = []
    for parameters in model.drawn(DRAWS):
        ahead = model.orders_if_alive(parameters, np.full(1, time), x[pairs], age[pairs])
        there = alive(model.log_odds_gone(parameters, x, recency, age))
        rows.append(np.bincount(group, many * there * ahead[place], _LAST_GROUP + 1))
    return np.array(rows)


Error = tuple[float, float, float]


def _compared(
    history: PurchaseHistory, expected: Floats, actual: Floats, drawn: Floats, confidence: float
) -> tuple[pd.DataFrame, Error]:
    """The calibration plot, and the error of the total with its limits."""
    group = np.minimum(history.frequency, _LAST_GROUP)
    number = _LAST_GROUP + 1
    members = np.bincount(group, minlength=number)
    hoped, came = np.bincount(group, expected, number), np.bincount(group, actual, number)
    luck = np.bincount(group, (expected - actual) ** 2, number)
    spread = drawn.var(axis=0, ddof=1)
    heeded = came >= _BIG_GROUP * came.sum()
    shared = 1 - (1 - confidence) / (1 + int(heeded.sum()))
    rows = []
    for place in np.flatnonzero(members):
        error = _error(hoped[place], came[place], luck[place] + spread[place], shared)
        label = f"{place}+" if place == _LAST_GROUP else str(place)
        each = members[place]
        rows.append((label, int(each), hoped[place] / each, came[place] / each, *error, bool(heeded[place])))
    names = ["frequency", "customers", "expected", "actual", "error", "error_low", "error_high", "heeded"]
    whole = float(drawn.sum(axis=1).var(ddof=1))
    total = _error(float(hoped.sum()), float(came.sum()), float(luck.sum()) + whole, confidence)
    return pd.DataFrame(rows, columns=names), total


def _error(expected: float, actual: float, variance: float, confidence: float) -> Error:
    """(expected - actual) / actual and its limits, NaN where nothing happened."""
    if actual == 0:
        return math.nan, math.nan, math.nan
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(variance)
    error = expected - actual
    return float(error / actual), float((error - reach) / actual), float((error + reach) / actual)


def _tracking(
    log: OrderLog, model: BuyTillYouDie, history: PurchaseHistory, split: dt.date, until: dt.date
) -> pd.DataFrame:
    """Repeat orders so far, week by week from the first order of the log."""
    start = log.first_day.toordinal()
    weeks = -(-(until.toordinal() - start) // _WEEK)
    ends = np.minimum(start + _WEEK * np.arange(1, weeks + 1), until.toordinal())
    unit = DAYS_IN[history.unit]
    firsts = split.toordinal() - 1 - np.rint(history.age * unit).astype(np.int64)
    actual = np.cumsum(_repeats_by_week(log, firsts, split, until, start, weeks))
    first_days, won = np.unique(firsts, return_counts=True)
    lived = np.maximum(ends[:, None] - 1 - first_days, 0)
    ages, place = np.unique(lived, return_inverse=True)
    hoped = model.expected_orders_new(ages / unit)[place.reshape(lived.shape)]
    return pd.DataFrame(
        {
            "week": np.arange(1, weeks + 1),
            "end": pd.to_datetime([dt.date.fromordinal(int(day)) for day in ends]),
            "expected": hoped @ won,
            "actual": actual,
            "holdout": ends > split.toordinal(),
        }
    )


def _repeats_by_week(
    log: OrderLog,
    firsts: np.ndarray[tuple[int], np.dtype[np.int64]],
    split: dt.date,
    until: dt.date,
    start: int,
    weeks: int,
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Order days of the calibration's customers in each week, less their first."""
    orders = order_dates(log, until)
    known = orders.group_by("customer").agg(first=nw.col("day").min())
    counted = (
        orders.join(known, on="customer", how="inner")
        .filter(nw.col("first") < split.toordinal())
        .group_by("day")
        .agg(nw.len().alias("orders"))
        .collect("pandas")
    )
    week = (np.asarray(counted["day"].to_list(), dtype=np.int64) - start) // _WEEK
    made = np.bincount(week, np.asarray(counted["orders"].to_list(), dtype=np.float64), weeks)
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = np.rint(
        made - np.bincount((firsts - start) // _WEEK, minlength=weeks)
    ).astype(np.int64)
    return found


def _verdict(total: Error, groups: pd.DataFrame, tolerance: float) -> tuple[str, str]:
    """Whether the model fits, and the sentence that says why."""
    _, low, high = total
    heeded = groups[groups["heeded"]]
    beyond = heeded[(heeded["error_low"] > tolerance) | (heeded["error_high"] < -tolerance)]
    within = f"{low:+.0%} to {high:+.0%}"
    if low > tolerance or high < -tolerance:
        return "does not fit", f"The error of the total, {within}, lies wholly beyond {tolerance:.0%}."
    if len(beyond):
        worst = beyond.loc[beyond["error"].abs().idxmax()]
        limits = f"{worst['error_low']:+.0%} to {worst['error_high']:+.0%}"
        return "does not fit", (
            f"The error for customers of frequency {worst['frequency']}, {limits}, lies wholly beyond "
            f"{tolerance:.0%}."
        )
    error = f"The error of the total, {within}"
    if -tolerance <= low and high <= tolerance:
        return "fits", f"{error}, lies within {tolerance:.0%}, and no large group speaks against it."
    return "cannot tell", f"{error}, may be more or less than {tolerance:.0%}: there are too few orders."


def _rule(tolerance: float, confidence: float) -> str:
    return (
        f"Fits: the {confidence:.0%} interval of the total's error lies within {tolerance:.0%} of the actual "
        "orders, and no group of customers with a tenth of the orders has its interval wholly beyond. Does "
        f"not fit: the interval of the total or of such a group lies wholly beyond {tolerance:.0%}. Cannot "
        "tell: otherwise."
    )
