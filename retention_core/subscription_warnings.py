"""What is odd about a table of subscriptions, in a sentence each; none where nothing is."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import pandas as pd

from retention_core.errors import said
from retention_core.movements import month_number
from retention_core.subscription_ends import RUNNING, Ends
from retention_core.subscription_rows import Terms

_MUCH_ASIDE = 0.05
_FEW = 10


def aside_warning(rows: int, aside: pd.DataFrame) -> tuple[str, ...]:
    """Many rows set aside, and why."""
    if len(aside) <= rows * _MUCH_ASIDE:
        return ()
    counts = Counter(aside["reason"].tolist()).most_common()
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts)
    return (f"{len(aside):,} of {rows:,} rows ({len(aside) / rows:.0%}) are set aside: {reasons}.",)


def repeat_warning(repeats: int) -> tuple[str, ...]:
    """Rows equal to an earlier one."""
    if not repeats:
        return ()
    what = "rows equal" if repeats > 1 else "row equals"
    return (f"{repeats:,} {what} an earlier row in every column; they add up unless you drop repeats.",)


def last_day_warning(ends: Ends, terms: Terms) -> tuple[str, ...]:
    """Ends on the last day of months are mostly last paid days."""
    if terms.end_is_paid or ends.given < _FEW or ends.last_of_month * 2 < ends.given:
        return ()
    return (
        f"{ends.last_of_month:,} of {ends.given:,} ends are the last day of a month, as days that are still "
        "paid for mostly are: if so, say that the end is paid.",
    )


def later_warning(lines: pd.DataFrame, as_of: dt.date) -> tuple[str, ...]:
    """Ends in a future that a table without a stated last day cannot know."""
    later = int(((lines["end"] > as_of.toordinal()) & (lines["end"] != RUNNING)).sum())
    if not later:
        return ()
    return (
        f"{later:,} {'ends' if later > 1 else 'end'} after the last start, on "
        f"{as_of - dt.timedelta(days=1)}, taken as still running: say up to which day (`as_of`) the "
        "table is known.",
    )


def missing_months_warning(lines: pd.DataFrame) -> tuple[str, ...]:
    """Months between the snapshots of which there is none, in which everybody seems to have left."""
    days = [dt.date.fromordinal(int(day)) for day in sorted(lines["start"].unique())]
    gaps = [(one, month_number(other) - month_number(one) - 1) for one, other in pairwise(days)]
    missing = sum(months for _, months in gaps)
    if not missing:
        return ()
    before = next(day for day, months in gaps if months)
    what = "months have" if missing > 1 else "month has"
    return (
        f"{missing:,} {what} no row at all, the first after {before:%Y-%m}, and everybody counts as lost "
        "then: check that no snapshot is missing.",
    )


def alike_warning(lines: pd.DataFrame) -> tuple[str, ...]:
    """Customers merged although written with other capitals."""
    spellings = lines[["customer", "name"]].drop_duplicates().groupby("customer")["name"].agg(["min", "max"])
    merged = spellings[spellings["min"] != spellings["max"]]
    if merged.empty:
        return ()
    pairs = [f"{said(one)} = {said(other)}" for one, other in merged.head(5).itertuples(index=False)]
    more = f" and {len(merged) - 5:,} more" if len(merged) > 5 else ""
    return (
        f"Upper and lower case count as one customer: {', '.join(pairs)}{more}; exact case keeps them apart.",
    )
