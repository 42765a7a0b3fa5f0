"""Who comes by referral, who brings them, and whether those referred stay and spend more."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.arguments import check_kind, day_asked, is_number
from retention_core.cleaning import ROW, Lines
from retention_core.differences import (
    Difference,
    GroupMean,
    group_mean,
    kept_difference,
    mean_difference,
    share_of,
)
from retention_core.errors import ColumnError, OrderLogError, said
from retention_core.identity import key_order
from retention_core.movements import month_number, month_start
from retention_core.orders import OrderLog
from retention_core.periods import LONGEST_DAYS, MONTHS, period_retention
from retention_core.referral_links import Links, links_of
from retention_core.referral_log import ReferralLog, referrer_group
from retention_core.referral_tables import ReferralPeriod, Referrals, Referrer
from retention_core.voice import check_days

YEAR = 365
TOO_RECENT = "too recent to follow"
_GROUPS = ("referred", "not referred")
_SHOWN = 5
_FEWEST = 2


def referrals_of(
    log: OrderLog,
    referrals: ReferralLog | None = None,
    *,
    group: str | None = None,
    as_of: dt.date | None = None,
    window: int | None = None,
    value_days: int | None = None,
    period: str | None = None,
    known_only: bool = False,
    confidence: float = 0.95,
) -> Referrals:
    """Share of customers who came by referral, the referrers, and those referred against the others.

    Parameters
    ----------
    log
        The orders. Customers with nothing but refunds are left out.
    referrals
        Who was referred by whom; left out, a group of the log says it.
    group
        That group; by default the one whose name says so, such as "referred_by".
    as_of
        Count what lies before this day; by default the day after the last order.
    window
        Days after the first order within which a customer has to order again; by default the length of the
        log's period: 31, 92 or 366.
    value_days
        Days from the first order on whose value is compared; by default 365, or `window` where fewer than two
        customers of either group could be followed for a year.
    period
        "month", "quarter" or "year" of the first order, for the table over time and the cohorts; by default
        the log's.
    known_only
        Count a referral only where the referrer is a customer of this log.
    confidence
        Of the intervals.

    Raises
    ------
    ColumnError
        If nothing says who was referred.
    OrderLogError
        If no order lies before `as_of`, or an argument makes no sense.

    Notes
    -----
    A customer who names a referrer came by referral, also where the name is no customer's; a blank or a no
    says that nobody referred. Names of oneself and links that close a circle are dropped and counted.

    Every customer compared was followed for the same time from the first order on; the others are left out
    and counted. The difference within cohorts compares customers won in the same period, for referrals grow
    more common, and everything else changes, as a shop grows older. In both, customers who were referred may
    differ by who they are: neither is an experiment.

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bo", "Cy", "Bo", "Ann"], "amount": [9, 5, 80, 20, 7],
    ...     "date": ["2024-01-02", "2024-01-20", "2024-02-01", "2024-02-02", "2025-03-01"],
    ...     "referred_by": ["", "Ann", "ann", "Ann", ""]}), groups=["referred_by"])
    >>> found = referrals_of(log)
    >>> found.share.part, found.share.of, found.referring.part, round(found.per_customer.mean, 2)
    (2, 3, 1, 0.67)
    >>> found.to_frame()[["customer", "referrals", "value_brought"]]
      customer  referrals  value_brought
    0      Ann          2          105.0
    """
    if not isinstance(log, OrderLog):
        raise OrderLogError(f"`log` must be an OrderLog (got {said(type(log).__name__)}).")
    check_kind("referrals", referrals, ReferralLog)
    _check(period, window, value_days, confidence)
    until = day_asked(as_of, log.last_day)
    named, source = _named(log, referrals, group)
    if period is None or window is None:
        usual = period_retention(log, as_of=until).period
        period, window = period or usual, window or LONGEST_DAYS[usual]
    people = _people(log, until)
    days = dict(zip(people.index.tolist(), people["first"].tolist(), strict=True))
    links = links_of(named, days)
    counted = links.known if known_only else links.referrer
    referred = np.array([key in counted for key in days], dtype=bool)
    people = people.assign(referred=referred, cohort=_cohorts(people["first"], period))
    repeat = _repeat(log, people, window, until, confidence)
    if value_days is None:
        value_days = YEAR if _can_follow(people, YEAR, until) else window
    brought = Counter(links.known.values())
    many = np.array([brought[key] for key in days], dtype=float)
    share = share_of(int(referred.sum()), len(people), confidence)
    referring = share_of(int((many > 0).sum()), len(people), confidence)
    if share is None or referring is None:
        raise OrderLogError(f"`as_of` must lie after the first order, on {log.first_day} (got {until}).")
    return Referrals(
        as_of=until,
        source=source,
        customers=len(people),
        share=share,
        by_period=_by_period(people, period, until, confidence),
        per_customer=_none_below_zero(group_mean("customers", many, confidence)),
        referring=referring,
        repeat=repeat,
        value=_value(log, people, value_days, until, confidence) if log.value_of else None,
        top=_top(links, people),
        period=period,
        window=window,
        value_days=value_days,
        value_of=log.value_of,
        known_only=known_only,
        own=links.own,
        circles=links.circles,
        unknown=links.unknown,
        unnamed=links.unnamed,
        later=links.later,
        several=links.several,
        confidence=confidence,
        notes=_notes(links, log, known_only, window),
    )


def _none_below_zero(found: GroupMean) -> GroupMean:
    """A mean of counts, its interval cut at zero."""
    return found if found.low is None else found._replace(low=max(found.low, 0.0))


def _check(period: str | None, window: int | None, value_days: int | None, confidence: float) -> None:
    if period is not None and not (isinstance(period, str) and period in MONTHS):
        raise OrderLogError(f'`period` must be month, quarter or year (got "{said(period)}").')
    check_days("window", window, 1)
    check_days("value_days", value_days, 1)
    if not (is_number(confidence) and 0 < confidence < 1):
        raise OrderLogError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")


def _named(
    log: OrderLog, referrals: ReferralLog | None, group: str | None
) -> tuple[Iterable[tuple[str, str | None]], str]:
    """Customer and whom the row names, in order, and where that is from."""
    if referrals is not None:
        if group is not None:
            raise ColumnError("Give either `referrals` or `group`, not both: each says who referred whom.")
        rows = referrals.lines[["customer", "referred_by"]]
        return rows.itertuples(index=False, name=None), "a table of referrals"
    column = group or referrer_group(log.columns.groups)
    if column is None or column not in log.columns.groups:
        known = ", ".join(log.columns.groups) or "none"
        raise ColumnError(
            "Nothing says who was referred: read the log with the column of referrers among its `groups` "
            f"(they are: {known}), or give a table of referrals."
        )
    by = f"by {column}"
    lines = log.lines.select("customer", by, "day", ROW).filter(nw.col(by) != "(blank)")
    pairs = lines.group_by("customer", by).agg(nw.col("day").min(), nw.col(ROW).min())
    found = pairs.collect("pandas").to_native().sort_values(["day", ROW])
    return found[["customer", by]].itertuples(index=False, name=None), f'the column "{column}" of the orders'


def _people(log: OrderLog, until: dt.date) -> pd.DataFrame:
    """Key -> name, day of the first order and value of everybody who ordered before a day."""
    table = log.customer_table(as_of=until)
    table = table[table["first_order"].notna()]
    epoch = dt.date(1970, 1, 1).toordinal()
    first = (table["first_order"] - pd.Timestamp("1970-01-01")).dt.days.astype("int64") + epoch
    value = table["value"] if log.value_of else np.full(len(table), np.nan)
    people = pd.DataFrame({"name": table["customer"], "first": first, "value": value})
    return people.set_axis(table["key"].tolist())


def _cohorts(first: pd.Series[int], period: str) -> npt.NDArray[np.int64]:
    """First month of each customer's period, counted as `month_number`."""
    step = MONTHS[period]
    days, which = np.unique(first.to_numpy(), return_inverse=True)
    months = [month_number(dt.date.fromordinal(int(day))) // step * step for day in days]
    return np.array(months, dtype=np.int64)[which]


def _can_follow(people: pd.DataFrame, days: int, until: dt.date) -> bool:
    seen = people[people["first"] + days <= until.toordinal()]
    inside = int(seen["referred"].sum())
    return min(inside, len(seen) - inside) >= _FEWEST


def _since_first(rows: Lines, log: OrderLog, until: dt.date) -> Lines:
    """Rows before a day, with the days `since` their customer's first order."""
    before = nw.col("day") < until.toordinal()
    first = log.order_days().filter(before).group_by("customer").agg(nw.col("day").min().alias("first"))
    joined = rows.filter(before).join(first, on="customer", how="inner")
    return joined.with_columns(since=nw.col("day") - nw.col("first"))


def _repeat(
    log: OrderLog, people: pd.DataFrame, window: int, until: dt.date, confidence: float
) -> Difference:
    """Share who ordered again within the window, those referred less the others."""
    later = _since_first(log.order_days().select("customer", "day"), log, until)
    again = later.filter((nw.col("since") > 0) & (nw.col("since") <= window)).select("customer").unique()
    back = set(again.collect("pandas")["customer"].to_list())
    seen = people[people["first"] + window < until.toordinal()]
    return kept_difference(
        _GROUPS,
        seen["referred"].to_numpy(dtype=bool),
        np.array([key in back for key in seen.index], dtype=bool),
        window,
        _left(people, seen),
        f"Of the customers followed for {window:,} days from the first order, who ordered again within them: "
        "those who came by referral less the others.",
        cohorts=seen["cohort"].to_numpy(dtype=np.int64),
        confidence=confidence,
    )


def _value(log: OrderLog, people: pd.DataFrame, days: int, until: dt.date, confidence: float) -> Difference:
    """Mean value of the first days, those referred less the others."""
    column = "profit" if log.value_of == "profit" else "amount"
    early = _since_first(log.lines.select("customer", "day", column), log, until)
    sums = early.filter(nw.col("since") < days).group_by("customer").agg(nw.col(column).sum().alias("value"))
    found = sums.collect("pandas").to_native().set_index("customer")["value"]
    seen = people[people["first"] + days <= until.toordinal()]
    return mean_difference(
        _GROUPS,
        seen["referred"].to_numpy(dtype=bool),
        found.reindex(seen.index).fillna(0.0).to_numpy(dtype=float),
        days,
        _left(people, seen),
        f"Of the customers followed for {days:,} days from the first order, the mean {log.value_of} of those "
        "days, refunds deducted: those who came by referral less the others.",
        cohorts=seen["cohort"].to_numpy(dtype=np.int64),
        confidence=confidence,
    )


def _left(people: pd.DataFrame, seen: pd.DataFrame) -> dict[str, int]:
    recent = len(people) - len(seen)
    return {TOO_RECENT: recent} if recent else {}


def _by_period(
    people: pd.DataFrame, period: str, until: dt.date, confidence: float
) -> tuple[ReferralPeriod, ...]:
    step = MONTHS[period]
    found = []
    for number, rows in people.groupby("cohort"):
        start, end = month_start(int(number)), month_start(int(number) + step)
        share = share_of(int(rows["referred"].sum()), len(rows), confidence)
        if share is not None:
            found.append(
                ReferralPeriod(
                    start, end, share.of, share.part, share.share, share.low, share.high, end <= until
                )
            )
    return tuple(found)


def _top(links: Links, people: pd.DataFrame) -> tuple[Referrer, ...]:
    """Every referrer who is a customer, by the value brought."""
    brought: defaultdict[str, list[str]] = defaultdict(list)
    for key, by in links.known.items():
        brought[by].append(key)
    known = people["value"].notna().any()
    values, first = people["value"].to_dict(), people["first"].to_dict()
    names = people["name"].to_dict()
    found = [
        Referrer(
            key=by,
            customer=names[by],
            referrals=len(keys),
            value_brought=sum(values[key] for key in keys) if known else None,
            own_value=values[by] if known else None,
            first_order=dt.date.fromordinal(first[by]),
            last_referral=dt.date.fromordinal(max(first[key] for key in keys)),
        )
        for by, keys in brought.items()
    ]
    ordered = [found[place] for place in key_order([one.key for one in found])]
    return tuple(sorted(ordered, key=lambda one: (-(one.value_brought or 0.0), -one.referrals)))


def _notes(links: Links, log: OrderLog, known_only: bool, window: int) -> tuple[str, ...]:
    """What was dropped or is unclear."""
    notes = [
        f"Customers whose first order lies in the first {window:,} days of the log, from {log.first_day} on, "
        "may have been customers before; they count as won then."
    ]
    if links.own:
        notes.append(f"Named as their own referrer, and taken as not referred: {links.own:,}.")
    if links.circles:
        notes.append(
            "Links dropped because they closed a circle of customers who referred each other: "
            f"{links.circles:,}."
        )
    unknown = sum(links.unknown.values())
    if unknown:
        shown = ", ".join(said(name) for name in list(links.unknown)[:_SHOWN])
        counts = "do not count" if known_only else "count"
        notes.append(
            f"Referrers named who are no customers of this log ({unknown:,}, such as {shown}) {counts} as "
            "referrals."
        )
    if links.unnamed:
        notes.append(f"Referred, but nobody says by whom: {links.unnamed:,}.")
    if links.later:
        notes.append(f"Referrers who first ordered after the customer they brought: {links.later:,}.")
    if links.several:
        notes.append(f"Customers with several referrers, of whom the first counts: {links.several:,}.")
    return tuple(notes)
