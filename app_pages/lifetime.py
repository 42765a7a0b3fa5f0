"""Lifetime: how long customers stay, and where the curve goes."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    lifetime_charts,
    lifetime_projection,
    lifetime_tables,
    listing,
    notices,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.lifetime_answers import Stays, stays_of, suggested_rule
from app_pages.tables import Table
from retention_core.survival import LogRank, SurvivalCurve

_NO_GROUP = "– nothing –"
_LONGEST_RULE = 36_600


def show() -> None:
    """The page."""
    st.title("How long do customers stay?")
    chosen = chosen_log.current()
    notices.label(chosen)
    as_of = chosen_log.definition().as_of
    rule, why, group = _choices(chosen, as_of)
    stays = chosen_log.ask(chosen, stays_of, active_days=rule, group=group, as_of=as_of)
    st.markdown(f"### {_headline(stays.curve, stays.found.active_days)}")
    st.markdown(_meaning(stays, why))
    notices.few(stays.curve.customers)
    notices.warnings(chosen)
    _curve(chosen, stays, group)
    lifetime_projection.show(chosen, rule, as_of)


def _choices(chosen: ChosenLog, as_of: dt.date | None) -> tuple[int, str, str | None]:
    """The rule, why it is this one where it was not chosen, and the group to compare by."""
    window = chosen_log.definition().active_days
    suggested = chosen_log.ask(chosen, suggested_rule, as_of=as_of)
    left, right = st.columns(2)
    days = left.number_input(
        "Lost is who has not ordered for (days)",
        min_value=1,
        max_value=_LONGEST_RULE,
        value=window or suggested.days,
        step=1,
        key=f"lost after {chosen.key} {as_of} {window}",
        help="In an order log nobody announces leaving, so a rule has to say who is lost. Suggested is the "
        "shortest of 31, 92, 183 and 366 days from which few customers came back.",
    )
    groups = [_NO_GROUP, *chosen.log.columns.groups]
    group = right.selectbox(
        "Compare by", groups, key=f"lifetime group {chosen.key}", format_func=wording.plain_line,
        disabled=len(groups) == 1,
        help="The group of the first order counts. Name columns to compare by under Your data.",
    )  # fmt: skip
    why = suggested.reason if days == suggested.days else ""
    return int(days), why, None if group == _NO_GROUP else group


def _headline(curve: SurvivalCurve, active_days: int) -> str:
    if not curve.losses:
        return "No customer was lost yet."
    if curve.median.value == active_days:
        return f"At least half of the customers ordered once and are lost after {active_days:,} days."
    if curve.median.value is not None:
        return f"Half of the customers are lost within {curve.median.value:,.0f} days of their first order."
    return (
        f"{wording.percent(curve.survival[-1])} of the customers are still there "
        f"{curve.longest:,.0f} days after their first order."
    )


def _meaning(stays: Stays, why: str) -> str:
    curve, days = stays.curve, stays.found.active_days
    parts = [_limits(curve)]
    if curve.longest > 0:
        mean = curve.mean_to()
        parts.append(
            f"Within the first {curve.longest:,.0f} days, a customer stays {mean.value:,.0f} days on average "
            f"({mean.low:,.0f} to {mean.high:,.0f})."
        )
    rule = f"Lost means: no order for {wording.counted(days, 'day')}."
    back = why or " ".join(stays.found.notes)
    return " ".join([*parts, rule, wording.sentence(back)]).strip()


def _limits(curve: SurvivalCurve) -> str:
    if not curve.losses:
        return f"All {wording.counted(curve.customers, 'customer')} ordered within the days of the rule."
    median = curve.median
    if median.value is None:
        return f"The 95 % interval is {wording.percent_between(curve.low[-1], curve.high[-1])}."
    if median.value == median.low == median.high:
        return f"Half of them are lost by day {median.value:,.0f}, as early as the rule allows."
    high = "longer than this log can tell" if median.high is None else f"{median.high:,.0f} days"
    return f"The 95 % interval is {median.low or 0:,.0f} to {high}."


def _curve(chosen: ChosenLog, stays: Stays, group: str | None) -> None:
    shown = _shown(stays)
    times = lifetime_charts.ticks(stays.curve.longest, "day")
    ages = lifetime_tables.ages(stays.found.durations, stays.curve, times, "day")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Still there, by age")
        at_risk = ages.frame.rename(columns={"Days": "time", "Observed": "at_risk"})
        chart = lifetime_charts.survival(shown, at_risk, "day")
        st.altair_chart(chart, width="stretch")
        st.caption(_caption(stays, len(shown)))
    with right:
        st.subheader("By age" if group is None else "By group")
        listed = [lifetime_tables.summary(stays.curve, "day"), ages]
        if group is None:
            listing.show(ages)
        else:
            listed.append(_groups(stays, group))
    listed.append(lifetime_tables.steps(stays.curve, "day"))
    picture = downloads.Picture(chart, f"Customers still there, lost after {stays.found.active_days:,} days")
    downloads.offer("lifetime", listed, _definition(chosen, stays), picture)


def _shown(stays: Stays) -> dict[str, SurvivalCurve]:
    """The curves drawn: all customers, or the largest groups."""
    if not stays.curves:
        return {"All customers": stays.curve}
    largest = sorted(stays.curves.items(), key=lambda pair: -pair[1].customers)
    return dict(largest[: lifetime_charts.MOST_CURVES])


def _caption(stays: Stays, drawn: int) -> str:
    first = f"The curves stay at 100 % for {wording.counted(stays.found.active_days, 'day')}, because the "
    more = len(stays.curves) - drawn
    largest = f" The {drawn} largest of {len(stays.curves):,} groups." if stays.curves and more > 0 else ""
    band = "" if drawn > 2 else "The band is the 95 % interval. "
    return (
        f"{band}{first}rule cannot call anybody lost before; then those who ordered once drop out.{largest}"
    )


def _groups(stays: Stays, group: str) -> Table:
    """The table of groups and what the log-rank test says of them."""
    horizon = min(curve.longest for curve in _shown(stays).values())
    table = lifetime_tables.groups(group, stays.curves, horizon, "day")
    if isinstance(stays.test, LogRank):
        st.markdown(f"**{lifetime_tables.tested(stays.test)}**")
    elif stays.test:
        st.info(wording.sentence(stays.test))
    listing.show(table, height=340)
    st.caption(
        "Log-rank test over all groups and ages; it may miss curves that cross. "
        "Median and mean with their 95 % intervals."
    )
    return table


def _definition(chosen: ChosenLog, stays: Stays) -> dict[str, str]:
    test = stays.test
    tested = {"Log-rank test": lifetime_tables.tested(test)} if isinstance(test, LogRank) else {}
    return {
        **notices.log_facts(chosen),
        "Lost": stays.found.definition,
        "Notes": " ".join(stays.found.notes),
        "Still there": "Share of customers not yet lost at that age (Kaplan-Meier).",
        "Observed": "Customers neither lost nor beyond the end of the log before that age.",
        "Low and high": "Limits of the 95 % interval (log-log; median by Brookmeyer and Crowley).",
        "Mean": "Area under the curve up to the age named: who stays longer counts with that age.",
        **tested,
    }


if __name__ == "__main__":
    show()
