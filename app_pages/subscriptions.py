"""Subscriptions: what became of recurring revenue."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    lifetime_charts,
    lifetime_tables,
    listing,
    notices,
    subscription_answers,
    subscription_charts,
    subscription_door,
    subscription_tables,
    wording,
)
from app_pages.downloads import Picture
from app_pages.subscription_answers import SubscriberStays
from app_pages.subscription_door import ChosenSubscriptions
from app_pages.tables import Table
from retention_core.movements import months_before
from retention_core.revenue import RevenueRetention, RevenueTable
from retention_core.survival import LogRank

_PERIODS = {"Months": "month", "Quarters": "quarter", "Years": "year"}
_UNITS = {"a month (MRR)": "month", "a year (ARR)": "year"}
_COUNTED = {
    "Expansion": "expansion",
    "Contraction": "contraction",
    "Churn": "churn",
    "Won back": "reactivation",
}
_USUAL = ["Expansion", "Contraction", "Churn"]
_NO_GROUP = "– nothing –"
_YEAR = 12


class _Asked(NamedTuple):
    """What the reader chose."""

    period: str
    per: str
    start: dt.date
    end: dt.date
    counted: tuple[str, ...]


def show() -> None:
    """The page."""
    st.title("What became of recurring revenue?")
    subscription_door.show()
    chosen = subscription_door.current()
    notices.label(chosen)
    asked = _asked(chosen)
    table = chosen_log.ask(chosen, subscription_answers.movements, period=asked.period, per=asked.per)
    kept = chosen_log.ask(
        chosen, subscription_answers.retention, start=asked.start, end=asked.end, counted=asked.counted
    )
    _headline(kept)
    notices.few(chosen.log.customers)
    subscription_door.warnings(chosen)
    chart = _movements(table, kept, asked)
    listed = subscription_tables.periods(table)
    listing.show(listed, height=380, hidden=("From", "To", "Logo churn, low", "Logo churn, high"))
    st.caption(
        "Opening, the five movements and closing add up to the cent, in every row. Incomplete: the period "
        "runs on past the day up to which the table is known."
    )
    tables = [subscription_tables.summary(kept)] if isinstance(kept, RevenueRetention) else []
    picture = Picture(chart, f"Change of recurring revenue by {table.period}, a {table.per}")
    downloads.offer("recurring-revenue", [*tables, listed], _definition(chosen, asked), picture)
    _churn_and_groups(chosen, table, asked)
    _survival(chosen)
    subscription_door.account(chosen)
    st.caption("The order log and the definition in the sidebar do not concern this page.")


def _asked(chosen: ChosenSubscriptions) -> _Asked:
    log = chosen.log
    one, two, three, four = st.columns([1, 1, 1, 1])
    period = one.selectbox("By", list(_PERIODS), key="revenue period")
    per = two.selectbox("Amounts", list(_UNITS), key="revenue unit")
    first = log.first_day + dt.timedelta(days=1)
    year_ago = max(months_before(log.as_of, _YEAR), first)
    start = three.date_input(
        "Kept from", value=year_ago, min_value=first, max_value=log.as_of,
        key=f"kept from {chosen.key}", format="YYYY-MM-DD", help="Start of the day",
    )  # fmt: skip
    end = four.date_input(
        "Kept until", value=log.as_of, min_value=first, max_value=log.as_of,
        key=f"kept until {chosen.key}", format="YYYY-MM-DD", help="Start of the day",
    )  # fmt: skip
    counted = st.pills(
        "Counted in net retention (NRR)", list(_COUNTED), default=_USUAL, selection_mode="multi",
        key="counted in nrr",
        help="Vendors disagree; these three are the common definition. Gross retention (GRR) never counts "
        "expansion or customers won back.",
    )  # fmt: skip
    return _Asked(
        _PERIODS[period],
        _UNITS[per],
        start if isinstance(start, dt.date) else year_ago,
        end if isinstance(end, dt.date) else log.as_of,
        tuple(_COUNTED[name] for name in counted),
    )


def _headline(kept: RevenueRetention | str) -> None:
    if isinstance(kept, str):
        st.markdown("### What was kept cannot be said between these days.")
        st.info(wording.sentence(kept))
        return
    net_kept, gross_kept = wording.percent(kept.net.value), wording.percent(kept.gross.value)
    st.markdown(f"### {net_kept} of the recurring revenue was kept net, {gross_kept} gross.")
    net, gross = (wording.percent_between(rate.low, rate.high) for rate in (kept.net, kept.gross))
    st.markdown(
        f"From {kept.start} to {kept.end}, of {wording.counted(kept.at_start, 'customer')} who paid at the "
        f"start, {kept.kept:,} still pay. Net counts the growth of these customers (NRR, 95 % interval "
        f"{net}); gross leaves it out (GRR, {gross})."
    )
    for note in kept.notes:
        st.caption(wording.sentence(note))
    logo, revenue = kept.logo_churn, kept.revenue_churn
    listing.show_figures(
        {
            "NRR": (wording.percent(kept.net.value), f"95 % interval {net}; bootstrap over customers"),
            "GRR": (wording.percent(kept.gross.value), f"95 % interval {gross}; bootstrap over customers"),
            "Revenue churn": (
                wording.percent(revenue.value),
                f"Lost to churn and contraction: 1 - GRR; 95 % interval "
                f"{wording.percent_between(revenue.low, revenue.high)}",
            ),
            "Logo churn": (
                wording.percent(logo.value),
                f"Paying customers lost; 95 % interval {wording.percent_between(logo.low, logo.high)}",
            ),
        }
    )


def _movements(table: RevenueTable, kept: RevenueRetention | str, asked: _Asked):  # type: ignore[no-untyped-def]
    left, right = st.columns(2, gap="large")
    chart = subscription_charts.movements(table)
    with left:
        st.subheader("Won and lost")
        st.altair_chart(chart, width="stretch")
        st.caption("Above the line: what came. Below it: what went. Grey: the balance. Pale: incomplete.")
    with right:
        st.subheader("From start to end")
        if isinstance(kept, RevenueRetention):
            st.altair_chart(subscription_charts.waterfall(kept, asked.per), width="stretch")
            st.caption(
                f"{kept.start} to {kept.end}: customers at the two days are compared, so who comes and goes "
                "in between does not show."
            )
        else:
            st.info("Choose days between which somebody pays.")
    return chart


def _churn_and_groups(chosen: ChosenSubscriptions, table: RevenueTable, asked: _Asked) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(f"Lost by {table.period}")
        if any(row.complete and row.logo_churn is not None for row in table.periods):
            chart = subscription_charts.churn(table)
            st.altair_chart(chart, width="stretch")
            st.caption(
                "Customers (logo churn) with their 95 % interval, and revenue (churn and contraction)."
            )
            picture = Picture(chart, f"Customers and revenue lost by {table.period}")
            downloads.offer_picture("churn", picture, _definition(chosen, asked))
        else:
            st.info(f"No complete {table.period} with paying customers at its start yet.")
    with right:
        st.subheader("By group")
        if not chosen.log.groups:
            st.info("Name the plan, or groups such as region, when you upload, to compare by them.")
            return
        _groups(chosen, asked)


def _groups(chosen: ChosenSubscriptions, asked: _Asked) -> None:
    group = st.selectbox(
        "Compare by",
        list(chosen.log.groups),
        key=f"revenue group {chosen.key}",
        format_func=wording.plain_line,
    )
    parts = chosen_log.ask(
        chosen, subscription_answers.retention_by, group=group, start=asked.start, end=asked.end,
        counted=asked.counted,
    )  # fmt: skip
    if isinstance(parts, str):
        st.info(wording.sentence(parts))
        return
    table = subscription_tables.groups(group, parts)
    if not table.frame.empty:
        listing.show(table, height=300)
    if len(parts) > subscription_tables.MOST_GROUPS:
        largest = subscription_tables.MOST_GROUPS
        st.caption(f"The {largest} largest of {wording.counted(len(parts), 'group')}.")
    for part in [part for part in parts.values() if isinstance(part, str)][:5]:
        st.caption(wording.sentence(part))
    st.caption("A customer belongs to the group of its largest subscription on the first day.")
    if not table.frame.empty:
        downloads.offer("recurring-revenue-groups", [table], _definition(chosen, asked))


def _survival(chosen: ChosenSubscriptions) -> None:
    st.header("How long do subscribers stay?")
    groups = [_NO_GROUP, *chosen.log.groups]
    group = st.selectbox(
        "Curves by", groups, index=min(1, len(groups) - 1), key=f"stay group {chosen.key}",
        format_func=wording.plain_line,
    )  # fmt: skip
    stays = chosen_log.ask(chosen, subscription_answers.stays_of, group=None if group == _NO_GROUP else group)
    if isinstance(stays, str):
        st.info(wording.sentence(stays))
        return
    st.markdown(_stay_said(stays))
    shown = _shown(stays)
    times = lifetime_charts.ticks(stays.curve.longest, "month")
    ages = lifetime_tables.ages(stays.found.durations, stays.curve, times, "month")
    left, right = st.columns(2, gap="large")
    with left:
        at_risk = ages.frame.rename(columns={"Months": "time", "Observed": "at_risk"})
        chart = lifetime_charts.survival(shown, at_risk, "month")
        st.altair_chart(chart, width="stretch")
        st.caption("A month is 30.4 days. " + wording.sentence(" ".join(stays.found.notes)))
    with right:
        listed = _stay_tables(stays, shown, group, ages)
    picture = Picture(chart, "Subscribers still paying, by months since the start")
    facts = {**subscription_door.facts(chosen), "Still there": stays.found.definition}
    downloads.offer("subscriber-lifetime", listed, facts, picture)


def _shown(stays: SubscriberStays) -> dict[str, lifetime_charts.SurvivalCurve]:
    if not stays.curves:
        return {"All subscribers": stays.curve}
    largest = sorted(stays.curves.items(), key=lambda pair: -pair[1].customers)
    return dict(largest[: lifetime_charts.MOST_CURVES])


def _stay_tables(
    stays: SubscriberStays, shown: dict[str, lifetime_charts.SurvivalCurve], group: str, ages: Table
) -> list[Table]:
    """The summary and the ages, and the groups where there are some."""
    listed = [lifetime_tables.summary(stays.curve, "month"), ages]
    if not stays.curves:
        listing.show(ages)
    else:
        horizon = min(curve.longest for curve in shown.values())
        table = lifetime_tables.groups(group, stays.curves, horizon, "month")
        if isinstance(stays.test, LogRank):
            st.markdown(f"**{lifetime_tables.tested(stays.test)}**")
        elif stays.test:
            st.info(wording.sentence(stays.test))
        listing.show(table, height=300)
        listed.append(table)
    return [*listed, lifetime_tables.steps(stays.curve, "month")]


def _stay_said(stays: SubscriberStays) -> str:
    curve = stays.curve
    if curve.median.value is not None:
        low, high = curve.median.low, curve.median.high
        limits = f"{low or 0:,.1f} to " + ("longer than can be told" if high is None else f"{high:,.1f}")
        return (
            f"**Half of the subscribers leave within {curve.median.value:,.1f} months** "
            f"(95 % interval {limits})."
        )
    return (
        f"**{wording.percent(curve.survival[-1])} of the subscribers still pay {curve.longest:,.1f} months "
        f"after their start** (95 % interval {wording.percent_between(curve.low[-1], curve.high[-1])})."
    )


def _definition(chosen: ChosenSubscriptions, asked: _Asked) -> dict[str, str]:
    counted = ", ".join(name for name, key in _COUNTED.items() if key in asked.counted) or "nothing"
    return {
        **subscription_door.facts(chosen),
        "Amounts": f"Recurring revenue a {asked.per}, compared at both ends, customer by customer.",
        "New, won back": "Paid nothing before and pays at the end: never paid before, or paid before.",
        "Expansion, contraction, churn": "Pays more, less, or nothing at the end.",
        "NRR": (
            f"From {asked.start} to {asked.end}, counting: {counted}. In the rows of periods: expansion, "
            "contraction and churn."
        ),
        "GRR": "Opening less contraction and churn, over opening. Revenue churn is 1 - GRR.",
        "Logo churn": "Paying customers lost, over those at the start; Wilson interval.",
        "Intervals": "NRR and GRR between two days: bootstrap over customers, 2,000 draws, 95 %.",
    }


if __name__ == "__main__":
    show()
