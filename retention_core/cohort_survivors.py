"""From an order log to survivors by period: which silence means lost, and how many were left when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from retention_core.errors import OrderLogError
from retention_core.log_lifetimes import lifetimes_of
from retention_core.orders import OrderLog
from retention_core.survival import SurvivalCurve

_RULES = (31, 92, 183, 366)
_CAME_BACK = 0.1
_FEWEST = 30
_SMALLEST_SHARE = 0.25
_FEWEST_PERIODS, _MOST_PERIODS = 3, 8


class InactivityRule(NamedTuple):
    """After how many days of silence a customer counts as lost, and why so many."""

    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class CohortSurvivors:
    """Customers left after each period, the size of the cohort first; made by `survivors_of`."""

    counts: tuple[int, ...]
    period_days: int
    definition: str


def inactivity_rule(log: OrderLog, *, as_of: dt.date | None = None) -> InactivityRule:
    """The shortest of 31, 92, 183 and 366 days of silence from which few customers came back.

    Few are 10 % of the customers, by the longest gap between two orders of each. A rule may take up half
    of the log at most; where even the longest such rule fails, it is taken, and the reason says so.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of`.

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({"customer": ["Ann", "Ann", "Bob"],
    ...     "date": ["2025-01-01", "2025-01-20", "2025-06-10"]}))
    >>> inactivity_rule(log)
    InactivityRule(days=31, reason='0 % of the customers were silent for longer and came back.')
    """
    until = log.last_day + dt.timedelta(days=1) if as_of is None else as_of
    gaps = _longest_gaps(log, until)
    span = (until - log.first_day).days
    allowed = [days for days in _RULES if days <= span / 2] or [max(1, span // 2)]
    shares = {days: float((gaps > days).mean()) for days in allowed}
    days = next((days for days in allowed if shares[days] <= _CAME_BACK), allowed[-1])
    back = f"{shares[days]:.0%}".replace("%", " %")
    reason = f"{back} of the customers were silent for longer and came back."
    if shares[days] > _CAME_BACK:
        reason += " That is many, and the log is too short for a longer rule."
    return InactivityRule(days, reason)


def survivors_of(log: OrderLog, active_days: int, *, as_of: dt.date | None = None) -> CohortSurvivors:
    """How many customers of the log's beginning were left after each period of `active_days` days.

    The cohort are the customers who were won long enough ago to be followed for all the periods, as many
    periods (three to eight) as leave at least a quarter of the customers, and thirty, in it. A customer is
    left after a period unless lost by then by the rule of `lifetimes_of`, so survivors never rise.

    Raises
    ------
    OrderLogError
        If the log is too short, or has too few customers, for three periods.
    """
    found = lifetimes_of(log, active_days, as_of=as_of)
    table = log.customer_table(as_of=found.as_of).dropna(subset=["first_order"])
    followed = (pd.Timestamp(found.as_of) - table["first_order"]).dt.days.to_numpy()
    durations, lost = np.array(found.durations), np.array(found.lost)
    least = max(_FEWEST, _SMALLEST_SHARE * len(followed))
    possible = range(_FEWEST_PERIODS, _MOST_PERIODS + 1)
    periods = max((n for n in possible if (followed >= n * active_days).sum() >= least), default=0)
    if not periods:
        raise OrderLogError(
            f"This log has too few customers who were followed for three periods of {active_days:,} days "
            "to count survivors."
        )
    cohort = followed >= periods * active_days
    left = [
        int((cohort & ~(lost & (durations <= period * active_days))).sum()) for period in range(periods + 1)
    ]
    until = found.as_of - dt.timedelta(days=periods * active_days)
    return CohortSurvivors(
        tuple(left),
        active_days,
        f"The {left[0]:,} customers with a first order up to {until}, and how many of them were left after "
        f"each {active_days:,} days; lost is who had no order for {active_days:,} days up to {found.as_of}.",
    )


def life_table(durations: Sequence[float], curve: SurvivalCurve, times: Sequence[float]) -> pd.DataFrame:
    """The curve at chosen times: time, at_risk (still observed then), survival, low and high.

    Examples
    --------
    >>> from retention_core.survival import survival_curve
    >>> curve = survival_curve([1, 2, 3, 4], [1, 0, 1, 0])
    >>> life_table([1, 2, 3, 4], curve, [0, 2, 4])["at_risk"].tolist()
    [4, 3, 1]
    """
    ordered = np.sort(np.asarray(durations, dtype=np.float64))
    rows: list[dict[str, Any]] = []
    for time in times:
        share, (low, high) = curve.at(time)
        at_risk = len(ordered) - int(np.searchsorted(ordered, time))
        rows.append({"time": time, "at_risk": at_risk, "survival": share, "low": low, "high": high})
    return pd.DataFrame(rows)


def _longest_gaps(log: OrderLog, until: dt.date) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Of each customer, the days between two orders; 0 with one order only."""
    days = log.coded_order_days().filter(nw.col("day") < until.toordinal())
    gap = nw.col("day") - nw.col("day").shift(1).over("customer", order_by="day")
    longest = days.with_columns(gap=gap).group_by("customer").agg(nw.col("gap").max())
    found = longest.collect("pandas")["gap"].to_numpy()
    if not len(found):
        raise OrderLogError(f"`as_of` must lie after the first order, on {log.first_day} (got {until}).")
    return np.nan_to_num(np.asarray(found, dtype=np.float64))
