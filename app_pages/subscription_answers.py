"""What the subscriptions page asks of its table; each answer is kept."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from app_pages.lifetime_answers import MOST_GROUPS
from retention_core.errors import RetentionError
from retention_core.revenue import (
    RevenueRetention,
    RevenueTable,
    revenue_movements,
    revenue_retention,
    revenue_retention_by,
)
from retention_core.subscription_lifetimes import SubscriptionLifetimes, lifetimes_of_subscriptions
from retention_core.subscriptions import Subscriptions
from retention_core.survival import LogRank, SurvivalCurve

WORDS = {"start": "“Kept from”", "end": "“Kept until”", "as_of": "“Known until”", "groups": "The groups"}
SWITCHES = ("expansion", "contraction", "churn", "reactivation")


class SubscriberStays(NamedTuple):
    """Lifetimes with their curves, and the test between groups or the sentence why there is none."""

    found: SubscriptionLifetimes
    curve: SurvivalCurve
    curves: dict[str, SurvivalCurve]
    test: LogRank | str


def movements(log: Subscriptions, *, period: str, per: str) -> RevenueTable:
    """See `revenue_movements`."""
    return revenue_movements(log, period=period, per=per)


def retention(
    log: Subscriptions, *, start: dt.date, end: dt.date, counted: tuple[str, ...]
) -> RevenueRetention | str:
    """Net and gross retention between two days, or the sentence why there is none."""
    try:
        return revenue_retention(log, start, end, **{name: name in counted for name in SWITCHES})
    except RetentionError as error:
        return error.in_words(WORDS)


def retention_by(
    log: Subscriptions, *, group: str, start: dt.date, end: dt.date, counted: tuple[str, ...]
) -> dict[str, RevenueRetention | str] | str:
    """The same for each group."""
    try:
        return revenue_retention_by(log, group, start, end, **{name: name in counted for name in SWITCHES})
    except RetentionError as error:
        return error.in_words(WORDS)


def stays_of(log: Subscriptions, *, group: str | None) -> SubscriberStays | str:
    """How long subscribers stay, or the sentence why that is not known."""
    try:
        found = lifetimes_of_subscriptions(log, group=group)
        curves = found.curves() if found.groups else {}
        return SubscriberStays(found, found.curve(), curves, _test(found, len(curves)))
    except RetentionError as error:
        return error.in_words(WORDS)


def _test(found: SubscriptionLifetimes, groups: int) -> LogRank | str:
    if groups < 2:
        return ""
    if groups > MOST_GROUPS:
        return f"There are {groups:,} groups, more than the {MOST_GROUPS} that one test can tell apart."
    try:
        return found.compare()
    except RetentionError as error:
        return error.in_words(WORDS)
