"""Whether customers who spoke up order again: by what they scored, and by whether they were heeded."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd

from retention_core.cleaning import ROW
from retention_core.differences import Difference, GroupShare, group_share, kept_difference
from retention_core.net_promoter import DETRACTOR, PASSIVE, PROMOTER, opinion_of

NO_DAY, NO_ORDER, TOO_RECENT = "no day", "no order by then", "too recent to follow"
UNDECIDED, UNKNOWN_DAY = "undecided", "adopted on an unknown day"
_DECIDED_MOSTLY = 0.8
_LONGEST = 36_600


def usual_delay(lines: pd.DataFrame, window: int | None) -> int:
    """Days by which four in five of the dated adoptions had come, at least 1 and at most the window."""
    delays = (lines["adopted_on"] - lines["day"]).dropna().to_numpy(dtype=float)
    if not len(delays):
        return 0
    usual = math.ceil(float(np.quantile(np.maximum(delays, 0), _DECIDED_MOSTLY)))
    return min(max(1, usual), window or _LONGEST)


def _first_rows(rows: pd.DataFrame, orders: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Of each customer the first row with a day on or after the first order, and why others have none."""
    everyone = set(rows["customer"])
    dated = rows[rows["day"].notna()]
    first_order = dated["customer"].map(orders.groupby("customer")["day"].min())
    usable = dated[dated["day"] >= first_order].sort_values(["day", ROW], kind="stable")
    chosen = usable.drop_duplicates("customer")
    undated = everyone - set(dated["customer"])
    left = {NO_DAY: len(undated), NO_ORDER: len(everyone) - len(undated) - len(chosen)}
    return chosen.reset_index(drop=True), left


def _followed(
    chosen: pd.DataFrame, orders: pd.DataFrame, wait: int, window: int, until: dt.date
) -> tuple[pd.DataFrame, int]:
    """Those who can be followed for the window that begins `wait` days after their row, with `kept`."""
    start = chosen["day"] + wait
    seen = chosen[start + window < until.toordinal()]
    later = orders.merge(seen[["customer", "day"]], on="customer", suffixes=("", "_said"))
    since = later["day"] - later["day_said"] - wait
    kept = set(later.loc[(since > 0) & (since <= window), "customer"])
    return seen.assign(kept=seen["customer"].isin(kept)), len(chosen) - len(seen)


def kept_by_score(
    lines: pd.DataFrame,
    orders: pd.DataFrame | None,
    window: int | None,
    until: dt.date | None,
    confidence: float,
) -> tuple[tuple[GroupShare, ...], Difference | None]:
    """Share kept of promoters, passives and detractors, and promoters less detractors."""
    answers = lines[lines["score"].notna()]
    if orders is None or window is None or until is None or not answers["day"].notna().any():
        return (), None
    chosen, left = _first_rows(answers, orders)
    seen, recent = _followed(chosen, orders, 0, window, until)
    opinion = np.array([opinion_of(score) for score in seen["score"]], dtype=object)
    kept = seen["kept"].to_numpy(dtype=bool)
    groups = tuple(
        group_share(f"{name}s", kept[opinion == name], confidence) for name in (PROMOTER, PASSIVE, DETRACTOR)
    )
    ends = (opinion == PROMOTER) | (opinion == DETRACTOR)
    difference = kept_difference(
        (f"{PROMOTER}s", f"{DETRACTOR}s"),
        opinion[ends] == PROMOTER,
        kept[ends],
        window,
        _counted(left | {TOO_RECENT: recent}),
        "By the first answer of each customer since the first order: kept is who ordered within the "
        f"{window:,} days after it. Promoters less detractors.",
        confidence=confidence,
    )
    return groups, difference


def kept_by_adoption(
    lines: pd.DataFrame,
    orders: pd.DataFrame | None,
    window: int | None,
    wait: int,
    dated: bool,
    until: dt.date | None,
    confidence: float,
) -> Difference | None:
    """Share kept of those whose first suggestion was adopted in time, less that of the others."""
    suggested = lines[lines["suggested"]]
    if orders is None or window is None or until is None or not lines["adopted"].eq(True).any():
        return None
    if not suggested["day"].notna().any():
        return None
    chosen, left = _first_rows(suggested, orders)
    adopted = chosen["adopted"].eq(True)
    unclear = (adopted & chosen["adopted_on"].isna()) if dated else chosen["adopted"].isna()
    left[UNKNOWN_DAY if dated else UNDECIDED] = int(unclear.sum())
    seen, recent = _followed(chosen[~unclear], orders, wait, window, until)
    inside = seen["adopted"].eq(True)
    if dated:
        inside &= seen["adopted_on"] <= seen["day"] + wait
    after = f"the {window:,} days after those" if wait else f"the {window:,} days after it"
    in_time = f"within {wait:,} days of it" if wait else "at all"
    return kept_difference(
        ("adopted", "not adopted"),
        inside.to_numpy(dtype=bool),
        seen["kept"].to_numpy(dtype=bool),
        window,
        _counted(left | {TOO_RECENT: recent}),
        f"By the first suggestion of each customer since the first order, adopted {in_time} or not: kept is "
        f"who ordered within {after}.",
        confidence=confidence,
    )


def _counted(left: dict[str, int]) -> dict[str, int]:
    return {why: count for why, count in left.items() if count}
