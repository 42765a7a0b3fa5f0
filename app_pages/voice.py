"""Feedback and referrals: what customers say, whether those who are heeded stay, and who brings others."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import (
    chosen_log,
    downloads,
    listing,
    notices,
    referral_part,
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
from retention_core.net_promoter import NetPromoterScore
from retention_core.samples import voice_sample
from retention_core.voice import voice_of
from retention_core.voice_tables import ALL, LATEST, Voice

_FIELD = 190
_SCORES = {"Each customer’s latest": LATEST, "All of them": ALL}
_NO_FEEDBACK = (
    "No feedback is at hand for this log. Ask customers how likely they are to recommend you, from 0 to 10, "
    "and what they would change; then add the answers below, as a table with one row a customer asked. Each "
    "column beside the customer is optional, and each that is missing takes away only what needs it."
)


class Terms(NamedTuple):
    """What the reader chose; None leaves the choice to the core."""

    scores: str = LATEST
    window: int | None = None
    decide_days: int | None = None


def show() -> None:
    """The page."""
    st.title("What do customers say?")
    chosen = chosen_log.current()
    notices.label(chosen)
    sources = voice_answers.sources_of(chosen)
    if sources.of_sample:
        st.caption(f"Its {' and '.join(sources.of_sample)}: {wording.sentence(voice_sample().note)}")
    terms = Terms()
    if sources.feedback is None:
        st.markdown("### What customers say is unknown.")
        st.info(_NO_FEEDBACK)
        side_files.show(side_files.FEEDBACK, chosen, unfolded=True)
    else:
        terms = _feedback(chosen, sources)
        side_files.show(side_files.FEEDBACK, chosen)
    referral_part.show(chosen, sources, terms.window)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)


def _feedback(chosen: ChosenLog, sources: Sources) -> Terms:
    answer, asked = st.container(), st.container(horizontal=True)
    terms = _terms(asked, chosen)
    now = chosen_log.definition()
    found = chosen_log.ask(
        chosen,
        voice_of,
        feedback=sources.feedback,
        as_of=now.as_of,
        scores=terms.scores,
        window=terms.window,
        decide_days=terms.decide_days,
        period=now.period or "quarter",
        contacts=side_files.contacts_of(chosen),
    )
    answer.markdown(f"### {_headline(found)}")
    answer.markdown(_meaning(found))
    _first_screen(chosen, sources, found)
    for note in found.notes:
        st.caption(notices.in_app_words(note))
    _suggestions(chosen, sources, found)
    _scores_and_staying(chosen, sources, found)
    return terms


def _terms(place: DeltaGenerator, chosen: ChosenLog) -> Terms:
    scores = place.selectbox("Answers counted", list(_SCORES), key="voice scores", width=_FIELD)
    window = place.number_input(
        "Stayed: ordered within (days)", 1, 36_600, None, 1, key=f"voice window {chosen.key}",
        placeholder="automatic", width=_FIELD,
        help="Who orders again within so many days counts as kept. Empty: the length of the log’s period.",
    )  # fmt: skip
    decide = place.number_input(
        "Adopted within (days)", 0, 36_600, None, 1, key=f"voice decide {chosen.key}",
        placeholder="automatic", width=_FIELD,
        help="A suggestion adopted within so many days of being made counts as adopted, and who stays is "
        "looked at from then on. Empty: so many that four in five of the adoptions had come by then.",
    )  # fmt: skip
    days = (None if one is None else int(one) for one in (window, decide))
    return Terms(_SCORES[scores], *days)


def _headline(found: Voice) -> str:
    if found.nps is None:
        return "Whether customers would recommend you is unknown."
    n = found.nps
    between = f"{voice_charts.score(n.low)} to {voice_charts.score(n.high)}"
    points = f"{voice_charts.score(n.points)} {'point' if abs(round(n.points)) == 1 else 'points'}"
    return f"The net promoter score is {points} (95 % interval {between}).".replace(" %", "\u00a0%")


def _meaning(found: Voice) -> str:
    if found.nps is None:
        return "It takes scores from 0 to 10. What else the feedback tells stands below."
    said = [_score_said(found, found.nps)]
    if found.answered is not None:
        one = found.answered
        said.append(f"Of {wording.counted(one.of, 'customer')} asked, {wording.percent(one.share)} answered.")
    if found.detractors:
        worth = [one.value for one in found.detractors if one.value is not None]
        brought = f", who brought {wording.money(sum(worth))} of {found.value_of}" if worth else ""
        people = wording.counted(len(found.detractors), "detractor")
        said.append(f"Call the {people}{brought}, beginning at the top of the list.")
    else:
        said.append("Nobody answered with 6 or less by the latest answer, so there is nobody to call.")
    return " ".join(said)


def _score_said(found: Voice, n: NetPromoterScore) -> str:
    whose = "customers, by their latest answer" if found.scores == LATEST else "answers"
    return (
        f"Of {wording.count(n.answers)} {whose}, {wording.count(n.promoters)} are promoters (9 or 10) and "
        f"{wording.count(n.detractors)} detractors (0 to 6); the score is the difference of the two in "
        "percent."
    )


def _first_screen(chosen: ChosenLog, sources: Sources, found: Voice) -> None:
    if found.nps is None:
        return
    calls = voice_lists.detractors(found)
    left, right = st.columns([2, 3], gap="large")
    with left:
        picture = _chart(found)
    with right:
        shown = _calls(found, calls)
    facts = _definition(chosen, sources, found)
    tables = [shown] + ([voice_lists.over_time(found)] if found.over_time else [])
    downloads.offer("feedback", tables, facts, picture)
    if found.over_time:
        with st.expander("Promoters, passives and detractors over time"):
            st.altair_chart(voice_charts.opinion_bars(found), width="stretch")
            listing.show(voice_lists.over_time(found), height=260)


def _chart(found: Voice) -> downloads.Picture | None:
    if not found.over_time:
        st.info("The answers have no dates, so the score cannot be drawn over time.")
        return None
    chart = voice_charts.score_trend(found)
    st.altair_chart(chart, width="stretch")
    hollow = any(not row.complete for row in found.over_time)
    st.caption(
        f"The answers of each {found.period}, with the 95 % interval."
        f"{' Hollow: the period is not over.' * hollow}"
    )
    return downloads.Picture(chart, f"Net promoter score by {found.period}, with 95 % interval")


def _calls(found: Voice, calls: Table) -> Table:
    if calls.frame.empty:
        st.info("Nobody to call.")
        return calls
    wanted = st.text_input(
        "Find a customer to call", key="find calls", placeholder="Part of the name or number"
    )
    shown = voice_lists.found_customers(calls, wanted)
    if shown.frame.empty:
        st.info("No detractor matches.")
        return calls
    listing.show(shown, height=290)
    by = f"most {found.value_of} first" if found.value_of else "lowest score first"
    st.caption(
        f"{wording.counted(len(shown.frame), 'detractor')} to call, {by}. A dash is unknown, never zero."
    )
    return shown


def _suggestions(chosen: ChosenLog, sources: Sources, found: Voice) -> None:
    st.subheader("Suggestions")
    if sources.feedback is None:
        return
    listed = voice_lists.suggestions(sources.feedback, found)
    if listed.frame.empty and found.adopted is None:
        st.info("The feedback holds no suggestions.")
        return
    if found.adopted is None:
        st.markdown("What share of the suggestions was adopted is unknown.")
    else:
        one, open_ = found.adopted, wording.count(found.undecided)
        st.markdown(
            f"**{wording.percent(one.share)} of the {wording.counted(one.of, 'suggestion')} decided on "
            f"{'was' if one.part == 1 else 'were'} adopted** (95 % interval "
            f"{wording.percent_between(one.low, one.high)}); {open_} undecided."
        )
    st.markdown(f"**{wording.sentence(_spaced(found.adoption_answer))}**")
    pair = [] if found.adoption is None else [found.adoption.one, found.adoption.other]
    chart = voice_charts.kept_groups([one for one in pair if isinstance(one, GroupShare)])
    left, right = st.columns([2, 3], gap="large")
    with left:
        if chart is not None:
            st.altair_chart(chart, width="stretch")
        observed(found.adoption)
    with right:
        if not listed.frame.empty:
            listing.show(listed, height=290)
            st.caption("Each wording once, those most often undecided first.")
    picture = None if chart is None else downloads.Picture(chart, "Ordered again, by what became of it")
    more = [] if found.adoption is None else _kept_tables(found)
    tables = [] if listed.frame.empty else [listed]
    if tables or more:
        downloads.offer("suggestions", [*tables, *more], _definition(chosen, sources, found), picture)


def _scores_and_staying(chosen: ChosenLog, sources: Sources, found: Voice) -> None:
    if not found.by_score or not any(one.customers for one in found.by_score):
        return
    st.subheader("Score and staying")
    st.markdown(f"**{_score_answer(found.score_difference)}**")
    chart = voice_charts.kept_groups(found.by_score)
    left, right = st.columns([2, 3], gap="large")
    with left:
        if chart is not None:
            st.altair_chart(chart, width="stretch")
        observed(found.score_difference)
    with right:
        listing.show(voice_lists.kept_by_score(found))
    picture = None if chart is None else downloads.Picture(chart, "Ordered again, by the first score")
    downloads.offer("staying", _kept_tables(found), _definition(chosen, sources, found), picture)


def _kept_tables(found: Voice) -> list[Table]:
    compared = (
        ("Ordered again: promoters less detractors", found.score_difference),
        ("Ordered again: suggestion adopted less not adopted", found.adoption),
    )
    return [voice_lists.kept(found), voice_lists.differences(compared)]


def _score_answer(one: Difference | None) -> str:
    if one is None or one.difference is None or one.low is None or one.high is None:
        return "Whether promoters stay more often than detractors is unknown: too few could be followed."
    figures = (
        f"{wording.signed_points(one.difference)} points (95 % interval "
        f"{wording.signed_points(one.low)} to {wording.signed_points(one.high)})"
    )
    if one.verdict == "cannot tell":
        return f"Whether promoters stay more often than detractors cannot be told: {figures}."
    return f"Promoters stay {'more' if one.difference > 0 else 'less'} often than detractors: {figures}."


def observed(found: Difference | None) -> None:
    """What a comparison of two groups is worth, and what exactly is compared."""
    if found is None:
        return
    out = "; ".join(f"{why} {many:,}" for why, many in found.left_out.items())
    st.caption(f":material/visibility: **{wording.sentence(OBSERVATIONAL)}**")
    st.caption(wording.sentence(found.definition) + (f" Left out: {wording.sentence(out)}." if out else ""))


def _spaced(text: str) -> str:
    return wording.spaced(text).replace(" -", " −").replace("(-", "(−")


def _definition(chosen: ChosenLog, sources: Sources, found: Voice) -> dict[str, str]:
    return {
        **notices.log_facts(chosen),
        **voice_answers.facts(chosen, sources),
        "As of": f"{found.as_of}, start of the day" if found.as_of else "every row",
        "Net promoter score": (
            "100 times (share of 9 and 10 less share of 0 to 6), by "
            + ("the latest answer of each customer." if found.scores == LATEST else "all answers.")
        ),
        "In a sentence": found.answer,
        "Adopted": found.adoption_answer,
        "Ordered again": f"Within {found.window} days; each table says from when.",
        "How far to trust differences": OBSERVATIONAL,
        **{f"Note {place}": note for place, note in enumerate(found.notes, 1)},
        "Low and high": f"Limits of the {found.confidence:.0%} interval.",
        "Blank cells": "Unknown, never zero.",
    }


if __name__ == "__main__":
    show()
