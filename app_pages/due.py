"""This week: who is due a word, on which occasion, and why."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import (
    chosen_log,
    downloads,
    due_lists,
    focus_charts,
    notices,
    reasons,
    side_files,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.focus_answers import Week, week_of
from retention_core.due_tables import MONTH, OCCASIONS, DueList, DueRules
from retention_core.focus import focus_of

MOST = 50
_USUAL = DueRules()
_FIELD = 170


def show() -> None:
    """The page."""
    st.title("Who is due a word this week?")
    chosen = chosen_log.current()
    notices.label(chosen)
    answer, asked, lists = st.container(), st.container(horizontal=True), st.container()
    contacts = side_files.contacts_of(chosen)
    rules = _rules(asked, known=contacts is not None)
    as_of = chosen_log.definition().as_of
    focus = chosen_log.ask(chosen, focus_of, as_of=as_of, contacts=contacts)
    week = chosen_log.ask(chosen, week_of, focus=focus, rules=rules, contacts=contacts)
    answer.markdown(f"### {_headline(week)}")
    answer.markdown(_meaning(week))
    with lists:
        if week.first.rows:
            _first_screen(chosen, week)
        for note in week.first.notes:
            st.caption(notices.in_app_words(note))
    side_files.show(side_files.CONTACTS, chosen)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)


def _rules(place: DeltaGenerator, *, known: bool) -> DueRules:
    days = place.number_input("Days ahead", 1, 366, _USUAL.days, 1, key="due days", width=_FIELD)
    # a field that starts with a value of its own could not be emptied
    st.session_state.setdefault("due most", MOST)
    most = place.number_input(
        "Write to at most", 1, 10_000_000, None, 1, key="due most", placeholder="everyone due", width=_FIELD,
        help=f"As many as one person can write to in a week: {MOST} unless you say otherwise. Those with "
        "most at stake come first. Empty: everyone who is due.",
    )  # fmt: skip
    cap = place.number_input(
        f"Contacts in {MONTH} days", 1, 100, _USUAL.cap, 1, key="due cap", width=_FIELD,
        help="The most to one customer, this one included."
        + ("" if known else " It takes a contact log to know."),
    )  # fmt: skip
    back = place.number_input(
        "Win back for (days)", 0, 36_600, _USUAL.win_back_days, 1, key="due back", width=_FIELD,
        help="Who has most likely left stays in the list for so many days, then no longer.",
    )  # fmt: skip
    with st.expander("What each occasion means, and when to thank and to ask for feedback"):
        thank, feedback = _other_rules()
        rules = DueRules(
            days=int(days),
            thank_days=thank,
            feedback_after=feedback[0],
            feedback_until=feedback[1],
            cap=int(cap),
            most=None if most is None else int(most),
            win_back_days=int(back),
        )
        for occasion, meaning in due_lists.meanings(rules).items():
            st.caption(f"**{occasion.capitalize()}**: {meaning}")
    return rules


def _other_rules() -> tuple[int, tuple[int, int]]:
    left, right = st.columns(2)
    thank = left.slider("Thank for a first order for (days)", 0, 90, _USUAL.thank_days, key="due thanks")
    feedback = right.slider(
        "Ask for feedback so many days after the order",
        0,
        180,
        (_USUAL.feedback_after, _USUAL.feedback_until),
        key="due feedback",
    )
    return int(thank), (int(feedback[0]), int(feedback[1]))


def _headline(week: Week) -> str:
    found, people = week.first, wording.counted(len(week.everyone.rows), "customer")
    days = found.rules.days
    when = f"in the {'week' if days == 7 else wording.counted(days, 'day')} from {found.as_of}"
    if not found.rows:
        return f"Nobody is due a word {when}."
    if len(found.rows) < len(week.everyone.rows):
        return f"Write to {wording.count(len(found.rows))} of the {people} who are due a word {when}."
    return f"{people} {'is' if len(found.rows) == 1 else 'are'} due a word {when}."


def _meaning(week: Week) -> str:
    found, everyone = week.first, week.everyone
    if not found.rows:
        return notices.in_app_words(found.definition)
    said = "Those with most at stake come first"
    if week.at_stake is not None:
        said += ": what their leaving is expected to take from you in a year"
    if len(found.rows) < len(everyone.rows):
        held = (
            ""
            if week.held is None
            else f" They hold {wording.percent(week.held)} of it among all who are due."
        )
        said += f".{held} Write to more or fewer, or empty the field to see all. In all, "
    else:
        said += ". In all, "
    counts = [
        f"{wording.count(count)} to {_TO_DO[occasion]}"
        for occasion, count in everyone.counts.items()
        if count
    ]
    return f"{said}{_listed(counts)}."


_TO_DO = {
    "win back": "win back",
    "reminder": "remind",
    "thank you": "thank",
    "ask for feedback": "ask for feedback",
}


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _first_screen(chosen: ChosenLog, week: Week) -> None:
    found = week.first
    listed = due_lists.due(found, week.at_stake)
    left, right = st.columns([2, 3], gap="large")
    with left:
        picture = _chart(found)
    with right:
        one, two = st.columns(2)
        wanted = one.text_input("Find a customer", key="find due", placeholder="Part of the name or number")
        picked = two.multiselect("Occasions", OCCASIONS, key="occasions", placeholder="All")
        shown = due_lists.found_due(listed, wanted, picked)
        if shown.frame.empty:
            st.info("No customer of this list matches.")
            shown = listed
        else:
            reasons.show(shown, key="due list", height=290)
    counts = due_lists.occasions(week.everyone)
    facts = {"Shown": f"Occasions: {', '.join(picked) or 'all'}. Name holds: {wanted.strip() or 'anything'}."}
    tables = [shown, counts, due_lists.as_contacts(shown.frame, found)]
    downloads.offer("due", tables, facts | _definition(chosen, week), picture)
    st.caption(
        "The xlsx has a sheet “As contacts”: once you have written, add its rows to your contact log, so "
        "that next week’s list knows."
    )


def _chart(found: DueList) -> downloads.Picture | None:
    chart = focus_charts.next_orders(found)
    if chart is None:
        st.info("Nobody in this list ordered on two days, so no next order can be expected.")
        return None
    st.altair_chart(chart, width="stretch")
    drawn = min(sum(row.expected is not None for row in found.rows), focus_charts.MOST_ROWS)
    whose = "the customer" if drawn == 1 else f"the first {drawn}"
    st.caption(
        f"When {whose} of the list will order next if still a customer: within the bar in 8 of 10 cases, the "
        f"dot is as likely passed as not. Dashed: {found.as_of}."
    )
    return downloads.Picture(chart, f"Next orders expected, as of {found.as_of}")


def _definition(chosen: ChosenLog, week: Week) -> dict[str, str]:
    found = week.first
    return {
        **notices.log_facts(chosen),
        **side_files.facts(chosen),
        "As of": f"{found.as_of}, start of the day",
        "List": found.definition,
        "Length": f"{len(found.rows):,} of {len(week.everyone.rows):,} who are due, most at stake first.",
        **{f"Note {place}": note for place, note in enumerate(found.notes, 1)},
        **({"At stake": _STAKE} if week.at_stake is not None else {}),
        "Days overdue": "Since the usual day: the last order and the customer's typical gap.",
        "Next order expected": "Of somebody who is still a customer; From and To: 10 to 90 % interval.",
        "Orders in these days": "Chance that the next order comes in them, leaving included.",
        "Blank cells": "Unknown, never zero.",
    }


_STAKE = "What leaving is expected to take of the value of the 365 days from the as-of day."


if __name__ == "__main__":
    show()
