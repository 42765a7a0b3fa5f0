"""What the lifetime page asks of a log; each answer is kept."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from retention_core.cohort_survivors import InactivityRule, inactivity_rule
from retention_core.errors import RetentionError
from retention_core.log_lifetimes import Lifetimes, lifetimes_of
from retention_core.orders import OrderLog
from retention_core.survival import LogRank, SurvivalCurve

MOST_GROUPS = 30


class Stays(NamedTuple):
    """Lifetimes with their curves, and the test between groups or the sentence why there is none."""

    found: Lifetimes
    curve: SurvivalCurve
    curves: dict[str, SurvivalCurve]
    test: LogRank | str


def suggested_rule(log: OrderLog, *, as_of: dt.date | None) -> InactivityRule:
    """See `inactivity_rule`."""
    return inactivity_rule(log, as_of=as_of)


def stays_of(log: OrderLog, *, active_days: int, group: str | None, as_of: dt.date | None) -> Stays:
    """All that the page shows of the log."""
    found = lifetimes_of(log, active_days, group=group, as_of=as_of)
    curves = found.curves() if found.groups else {}
    return Stays(found, found.curve(), curves, _test(found, len(curves)))


def _test(found: Lifetimes, groups: int) -> LogRank | str:
    if groups < 2:
        return "" if not groups else "There is one group only, so there is nothing to compare."
    if groups > MOST_GROUPS:
        return f"There are {groups:,} groups, more than the {MOST_GROUPS} that one test can tell apart."
    try:
        return found.compare()
    except RetentionError as error:
        return error.in_words({"groups": "The groups"})
