"""What referrals bring, as a result: the share, the referrers, and how those referred compare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from retention_core.differences import CANNOT_TELL, Difference, GroupMean, Share


class ReferralPeriod(NamedTuple):
    """Of the customers won in a period, how many came by referral; the share has a Wilson interval.

    `start` to `end`, `end` excluded; `complete` says whether the period was over by `as_of`.
    """

    start: dt.date
    end: dt.date
    new: int
    referred: int
    share: float
    low: float
    high: float
    complete: bool


class Referrer(NamedTuple):
    """A customer who brought others, and what those brought before `as_of`; None without amounts."""

    key: str
    customer: str
    referrals: int
    value_brought: float | None
    own_value: float | None
    first_order: dt.date
    last_referral: dt.date


@dataclass(frozen=True, slots=True, eq=False)
class Referrals:
    """Who came by referral and what that is worth; made by `referrals_of`.

    Attributes
    ----------
    source
        Where the referrals are from, in words.
    customers
        Customers with an order before `as_of`.
    share
        Of them, those who came by referral.
    by_period
        The same by the period of the first order, oldest first.
    per_customer
        Referrals a customer: the links to known referrers over all customers.
    referring
        Customers who brought at least one, of all.
    repeat
        Share of those referred who ordered again within `window` days of the first order, less that of the
        others; also within cohorts, by the period of the first order.
    value
        Mean value of the first `value_days` days, compared alike; None without amounts.
    top
        Every referrer, by the value brought, then by referrals.
    own, circles, unknown, unnamed, later, several
        As in `Links`: what was dropped or is unclear.
    known_only
        Whether only referrals by customers of this log count.
    """

    as_of: dt.date
    source: str
    customers: int
    share: Share
    by_period: tuple[ReferralPeriod, ...] = field(repr=False)
    per_customer: GroupMean
    referring: Share
    repeat: Difference
    value: Difference | None
    top: tuple[Referrer, ...] = field(repr=False)
    period: str
    window: int
    value_days: int
    value_of: str | None
    known_only: bool
    own: int
    circles: int
    unknown: Mapping[str, int] = field(repr=False)
    unnamed: int
    later: int
    several: int
    confidence: float
    notes: tuple[str, ...]

    @property
    def answer(self) -> str:
        """How many come by referral, in a sentence."""
        s = self.share
        said = (
            f"{s.share:.0%} of {s.of:,} customers came by referral "
            f"({self.confidence:.0%} interval {s.low:.0%} to {s.high:.0%})"
        )
        if not self.top:
            return f"{said}; no referrer is known as a customer."
        best = self.top[0]
        worth = "" if best.value_brought is None else f", worth {best.value_brought:,.0f} of {self.value_of}"
        many = "1 customer" if best.referrals == 1 else f"{best.referrals:,} customers"
        return f"{said}; {best.customer} brought most: {many}{worth}."

    @property
    def repeat_answer(self) -> str:
        """Whether those referred come back more often, in a sentence."""
        return _compared(self.repeat, ("order again more often", "order again less often"), 100, " points")

    @property
    def value_answer(self) -> str:
        """Whether those referred bring more, in a sentence."""
        if self.value is None:
            return "What referred customers bring is unknown: the log has no amounts."
        return _compared(self.value, (f"bring more {self.value_of}", f"bring less {self.value_of}"), 1, "")

    def to_frame(self) -> pd.DataFrame:
        """One row a referrer, the one who brought most on top; the fields of `Referrer` but `key`."""
        frame = pd.DataFrame(self.top, columns=list(Referrer._fields)).drop(columns="key")
        for name in ("first_order", "last_referral"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
        return frame.astype({"referrals": "int64", "value_brought": "float64", "own_value": "float64"})

    def by_period_frame(self) -> pd.DataFrame:
        """One row a period, the fields of `ReferralPeriod`."""
        return pd.DataFrame(self.by_period, columns=list(ReferralPeriod._fields))


def _compared(d: Difference, ways: tuple[str, str], unit: float, name: str) -> str:
    more, less = ways
    adjusted = d.adjusted is not None
    found, low, high = (
        (d.adjusted, d.adjusted_low, d.adjusted_high) if adjusted else (d.difference, d.low, d.high)
    )
    if found is None or low is None or high is None:
        return f"Whether referred customers {more} is unknown: too few could be followed."
    by = " within cohorts" if adjusted else ""
    figures = f"{unit * found:+,.0f}{name}{by} ({unit * low:+,.0f} to {unit * high:+,.0f})"
    if d.verdict == CANNOT_TELL:
        return f"Whether referred customers {more} within {d.days:,} days cannot be told: {figures}."
    way = more if found > 0 else less
    return f"Referred customers {way} within {d.days:,} days: {figures}; that need not be its effect."
