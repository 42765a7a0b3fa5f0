"""Referrals on the page of feedback: who came by one, who brings others, and how those brought compare."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    listing,
    notices,
    side_files,
    voice_answers,
    voice_charts,
    voice_lists,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.tables import Table
from app_pages.voice_answers import Sources
from retention_core.differences import OBSERVATIONAL, Difference, GroupShare
from retention_core.referral_tables import Referrals
from retention_core.referrals import referrals_of

_NONE = "none of them"
_NO_REFERRALS = (
    "Nothing says who came by referral. Ask new customers who sent them and add a table below, or choose the "
    "column of referrers among the groups under Your data."
)


def show(chosen: ChosenLog, sources: Sources, window: int | None) -> None:
    """The part of the page on referrals."""
    st.subheader("Referrals")
    answer = st.container()
    source = _source(chosen, sources)
    if source is None:
        answer.info(_NO_REFERRALS)
    else:
        _found(chosen, sources, source, window, answer)
    side_files.show(side_files.REFERRALS, chosen)


def _source(chosen: ChosenLog, sources: Sources) -> dict[str, Any] | None:
    """What says who was referred: the file, or a group of the log."""
    if sources.referrals is not None:
        return {"referrals": sources.referrals}
    groups = list(chosen.log.columns.groups)
    if not groups:
        return None
    likely = voice_answers.likely_group(chosen)
    choices = [_NONE, *groups]
    group = st.selectbox(
        "Column that says who referred a customer", choices, choices.index(likely) if likely else 0,
        key=f"referrers {chosen.key}", format_func=wording.plain_line, width=320,
    )  # fmt: skip
    return None if group == _NONE else {"group": group}


def _found(
    chosen: ChosenLog, sources: Sources, source: dict[str, Any], window: int | None, answer: Any
) -> None:
    known_only = st.checkbox(
        "Count a referral only where the referrer is a customer of this log", key="known referrers"
    )
    now = chosen_log.definition()
    found = chosen_log.ask(
        chosen,
        referrals_of,
        **source,
        as_of=now.as_of,
        window=window,
        period=now.period,
        known_only=known_only,
    )
    with answer:
        st.markdown(f"#### {_headline(found)}")
        st.markdown(_meaning(found))
    left, right = st.columns([2, 3], gap="large")
    with left:
        chart = voice_charts.referral_trend(found)
        st.altair_chart(chart, width="stretch")
        st.caption(f"By the {found.period} of the first order, with the 95 % interval.")
    with right:
        shown = _referrers(found)
    picture = downloads.Picture(chart, f"New customers by referral, by {found.period}")
    definition = _definition(chosen, sources, found)
    downloads.offer("referrals", [shown, voice_lists.by_period(found)], definition, picture)
    _compared(found, definition)
    for note in found.notes:
        st.caption(notices.in_app_words(note))


def _headline(found: Referrals) -> str:
    one = found.share
    return (
        f"{wording.percent(one.share)} of {wording.counted(one.of, 'customer')} came by referral (95\u00a0% "
        f"interval {wording.percent_between(one.low, one.high)})."
    )


def _meaning(found: Referrals) -> str:
    each, who = found.per_customer, found.referring
    limits = (
        "" if each.low is None or each.high is None else f" ({max(0.0, each.low):.2f} to {each.high:.2f})"
    )
    said = (
        f"A customer brings {each.mean or 0:.2f} others{limits}; {wording.count(who.part)} "
        f"({wording.percent(who.share)}) brought somebody."
    )
    if not found.top:
        return f"{said} No referrer is known as a customer."
    best = found.top[0]
    worth = (
        ""
        if best.value_brought is None
        else f", who brought {wording.money(best.value_brought)} of {found.value_of}"
    )
    many = wording.counted(best.referrals, "customer")
    return f"{said} At the top: {wording.escaped(best.customer)} with {many}{worth}."


def _referrers(found: Referrals) -> Table:
    listed = voice_lists.referrers(found)
    if listed.frame.empty:
        st.info("No referrer is a customer of this log.")
        return listed
    wanted = st.text_input("Find a referrer", key="find referrers", placeholder="Part of the name or number")
    shown = voice_lists.found_customers(listed, wanted)
    if shown.frame.empty:
        st.info("No referrer matches.")
        return listed
    listing.show(shown, height=260)
    by = f"by the {found.value_of} their customers brought" if found.value_of else "by referrals"
    st.caption(f"{wording.counted(len(shown.frame), 'referrer')}, {by}.")
    return shown


def _compared(found: Referrals, definition: dict[str, str]) -> None:
    st.markdown("#### Do referred customers come back more often, and bring more?")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{_spaced(found.repeat_answer)}**")
        pair = [one for one in (found.repeat.one, found.repeat.other) if isinstance(one, GroupShare)]
        again = voice_charts.kept_groups(pair)
        if again is not None:
            st.altair_chart(again, width="stretch")
        _said(found.repeat)
    with right:
        st.markdown(f"**{_spaced(found.value_answer)}**")
        worth = None if found.value is None else voice_charts.means(found.value, found.value_of or "value")
        if worth is not None:
            st.altair_chart(worth, width="stretch")
        if found.value is not None:
            _said(found.value)
    st.caption(
        f":material/visibility: **{wording.sentence(OBSERVATIONAL)}** Within cohorts means: among customers "
        f"won in the same {found.period}."
    )
    compared = (
        ("Ordered again: referred less not", found.repeat),
        ("Mean value: referred less not", found.value),
    )
    picture = None if again is None else downloads.Picture(again, "Ordered again, referred and not")
    tables = [voice_lists.groups(found), voice_lists.differences(compared)]
    listing.show(tables[0])
    downloads.offer("referred", tables, definition, picture)


def _said(one: Difference) -> None:
    out = "; ".join(f"{why} {many:,}" for why, many in one.left_out.items())
    st.caption(wording.sentence(one.definition) + (f" Left out: {wording.sentence(out)}." if out else ""))


def _spaced(text: str) -> str:
    return wording.sentence(text.replace(" -", " −").replace("(-", "(−"))


def _definition(chosen: ChosenLog, sources: Sources, found: Referrals) -> dict[str, str]:
    return {
        **notices.log_facts(chosen),
        **voice_answers.facts(chosen, sources),
        "As of": f"{found.as_of}, start of the day",
        "Referrals from": found.source,
        "In a sentence": found.answer,
        "Ordered again": found.repeat_answer,
        "Value": found.value_answer,
        "How far to trust differences": OBSERVATIONAL,
        "Within cohorts": f"Among customers won in the same {found.period}.",
        **{f"Note {place}": note for place, note in enumerate(found.notes, 1)},
        "Low and high": f"Limits of the {found.confidence:.0%} interval.",
        "Blank cells": "Unknown, never zero.",
    }
