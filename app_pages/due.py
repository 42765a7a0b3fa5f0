"""This week: who is due a word, on which occasion, and why."""

from __future__ import annotations

import streamlit as st

from app_pages import chosen_log, downloads, due_lists, focus_charts, listing, notices, side_files, wording
from app_pages.chosen_log import ChosenLog
from app_pages.focus_answers import due_this_week
from retention_core.due_tables import OCCASIONS, DueList, DueRules

_USUAL = DueRules()


def show() -> None:
    """The page."""
    st.title("Who is due a word this week?")
    chosen = chosen_log.current()
    notices.label(chosen)
    contacts = side_files.contacts_of(chosen)
    rules = _rules(known=contacts is not None)
    as_of = chosen_log.definition().as_of
    found = chosen_log.ask(chosen, due_this_week, as_of=as_of, rules=rules, contacts=contacts)
    st.markdown(f"### {_headline(found)}")
    st.markdown(_meaning(found))
    if found.rows:
        _first_screen(chosen, found)
    for note in found.notes:
        st.caption(notices.in_app_words(note))
    side_files.show(side_files.CONTACTS, chosen)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)


def _rules(*, known: bool) -> DueRules:
    one, two, three, four = st.columns(4)
    days = one.number_input("Days ahead", 1, 366, _USUAL.days, 1, key="due days")
    most = two.number_input(
        "Write to at most", 1, 36_600, None, 1, key="due most", placeholder="everyone due",
        help="The list ends after so many customers: those with most at stake come first.",
    )  # fmt: skip
    cap = three.number_input(
        "Contacts in 30 days", 1, 100, _USUAL.cap, 1, key="due cap",
        help="The most to one customer, this one included."
        + ("" if known else " It takes a contact log to know."),
    )  # fmt: skip
    back = four.number_input(
        "Win back until (days)",
        0,
        36_600,
        _USUAL.win_back_days,
        1,
        key="due back",
        help="Who has most likely left is in the list for so many days, then no longer.",
    )
    return DueRules(
        days=int(days), cap=int(cap), most=None if most is None else int(most), win_back_days=int(back)
    )


def _headline(found: DueList) -> str:
    days = found.rules.days
    when = "week" if days == 7 else wording.counted(days, "day")
    if not found.rows:
        return f"Nobody is due a word in the {when} from {found.as_of}."
    are = "is" if len(found.rows) == 1 else "are"
    return (
        f"{wording.counted(len(found.rows), 'customer')} {are} due a word in the {when} from {found.as_of}."
    )


def _meaning(found: DueList) -> str:
    counts = "; ".join(
        f"{occasion}: {wording.count(count)}" for occasion, count in found.counts.items() if count
    )
    expects = (
        "Most at stake comes first. The next order is that of somebody who is still a customer, by its own "
        "rhythm and given the silence so far; it comes between From and To in 8 of 10 cases."
    )
    return (
        f"{counts[:1].upper()}{counts[1:]}. {expects}" if counts else notices.in_app_words(found.definition)
    )


def _first_screen(chosen: ChosenLog, found: DueList) -> None:
    everyone = due_lists.due(found)
    left, right = st.columns([2, 3], gap="large")
    chart = focus_charts.next_orders(found)
    picture = None
    with left:
        if chart is None:
            st.info("Nobody ordered on two days, so no next order can be expected.")
        else:
            st.altair_chart(chart, width="stretch")
            st.caption(
                f"Next order, with its interval, of the first {min(len(found.rows), focus_charts.MOST_ROWS)} "
                f"of the list. Dashed: {found.as_of}."
            )
            picture = downloads.Picture(chart, f"Next orders expected, as of {found.as_of}")
    with right:
        one, two = st.columns(2)
        wanted = one.text_input("Find a customer", key="find due", placeholder="Part of the name or number")
        picked = two.multiselect("Occasions", OCCASIONS, key="occasions", placeholder="All")
        shown = due_lists.found_due(everyone, wanted, picked)
        if shown.frame.empty:
            st.info("No customer matches.")
            shown = everyone
        else:
            listing.show(shown, height=340)
    facts = {"Shown": f"Occasions: {', '.join(picked) or 'all'}. Name holds: {wanted.strip() or 'anything'}."}
    tables = [shown, due_lists.occasions(found)]
    downloads.offer("due", tables, facts | _definition(chosen, found), picture)


def _definition(chosen: ChosenLog, found: DueList) -> dict[str, str]:
    return {
        **notices.log_facts(chosen),
        **side_files.facts(chosen),
        "As of": f"{found.as_of}, start of the day",
        "List": found.definition,
        **{f"Note {place}": note for place, note in enumerate(found.notes, 1)},
        "Days overdue": "Since the usual day: the last order and the customer's typical gap.",
        "Orders in these days": "Chance that the next order comes in them, leaving included.",
        "Blank cells": "Unknown, never zero.",
    }


if __name__ == "__main__":
    show()
