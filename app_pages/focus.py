"""Focus: whom to keep first, whom to keep, whom to let go, and what a budget buys."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import (
    chosen_log,
    downloads,
    focus_charts,
    focus_lists,
    listing,
    notices,
    reasons,
    side_files,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.focus_answers import UPLIFT, Focused, Terms, focused
from app_pages.tables import Table
from retention_core.focus_values import FELL, ROSE, STAYED, VERDICTS, YEAR
from retention_core.invoices import Invoices
from retention_core.key_customers import SHARE, KeyCustomers, key_customers_of

_NO_AMOUNTS = (
    "What a customer is worth takes amounts, and this log says only who ordered and when: verdicts are "
    "unknown. If its file holds them, choose under Your data the column with the amount of the line, or "
    "those with quantity and price."
)
_NO_RHYTHM = (
    "Nobody in this log ordered on two days, so nothing tells who will order again: verdicts are unknown. "
    "Come back when some have."
)
_FIELD = 148
_TRUST = (
    "What an action costs and what it saves is assumed until you type your own: without a cost, 5 % of a "
    "typical order; without an uplift, 10 % of the value at stake. A trial with a group left alone tells the "
    "true uplift. Expected values come from the orders alone and may be far too low where the log is young: "
    "CDNOW, looked at after nine months, brought 777 thousand in the nine months that followed, and 398 "
    "thousand were expected; the gift shop, looked at after two years, brought 110 thousand, and 107 "
    "thousand were expected."
)


def show() -> None:
    """The page."""
    st.title("Which customers are worth keeping?")
    chosen = chosen_log.current()
    notices.label(chosen)
    answer, asked = st.container(), st.container(horizontal=True)
    terms = _terms(asked, chosen)
    invoices = side_files.invoices_of(chosen)
    found = chosen_log.ask(
        chosen,
        focused,
        as_of=chosen_log.definition().as_of,
        terms=terms,
        contacts=side_files.contacts_of(chosen),
        invoices=invoices,
    )
    answer.markdown(f"### {_headline(found)}")
    answer.markdown(_meaning(found))
    _first_screen(chosen, found)
    _assumptions(found)
    notices.few(len(found.focus.keys))
    notices.warnings(chosen)
    side_files.show(side_files.CONTACTS, chosen)
    side_files.show(side_files.INVOICES, chosen)
    if invoices is not None:
        _solvency(chosen, found, invoices)
    if chosen.log.value_of is not None:
        _top_fifth(chosen, found)
        _key_customers(chosen)


def _terms(place: DeltaGenerator, chosen: ChosenLog) -> Terms:
    cost = place.number_input(
        "Cost of an action", 0.01, 1e12, None, key=f"cost {chosen.key}", placeholder="assumed", width=_FIELD,
        help="Of what you do for one customer: a call, a voucher, a visit. In the currency of the log. "
        "Empty: 5 % of a typical order, as an assumption.",
    )  # fmt: skip
    uplift = place.number_input(
        "Uplift assumed (%)", 0.1, 100.0, UPLIFT * 100, 1.0, key="uplift", format="%.1f", width=_FIELD,
        help="Share of the value at stake that an action saves, for a customer of mean interest.",
    )  # fmt: skip
    budget = place.number_input(
        "Budget", 0.0, 1e12, None, key=f"budget {chosen.key}", placeholder="no limit", width=_FIELD,
        help="To spend on actions. Empty: everyone for whom an action repays its cost.",
    )  # fmt: skip
    days = place.number_input(
        "Days ahead", 1, 36_600, YEAR, 1, key="days ahead", width=_FIELD,
        help="How far the expected value reaches.",
    )  # fmt: skip
    period = place.number_input(
        "Past days valued", 1, 36_600, None, 1, key=f"value days {chosen.key}", placeholder="automatic",
        width=_FIELD,
        help="How far back value, class and the top fifth look. Empty: a year, or half of the log where that "
        "is less.",
    )  # fmt: skip
    share = UPLIFT if uplift == UPLIFT * 100 else uplift / 100
    return Terms(cost, share, budget, int(days), None if period is None else int(period))


def _headline(found: Focused) -> str:
    answer = found.answer
    if answer is None:
        people = wording.counted(len(found.focus.keys), "customer")
        return f"What {people} {'is' if len(found.focus.keys) == 1 else 'are'} worth is unknown."
    yes = "Yes" if answer.paying == answer.customers else "No, not every one"
    repays = f"an action repays itself for {wording.count(answer.paying)}"
    of = f"{wording.counted(answer.customers, 'customer')} ({wording.percent(answer.share)})"
    return f"{yes}: {repays} of {of}."


def _meaning(found: Focused) -> str:
    answer, focus = found.answer, found.focus
    if answer is None:
        return _NO_AMOUNTS if focus.value_of is None else _NO_RHYTHM
    assumed = any(note.startswith("Assumed") for note in focus.notes)
    cost = f"{wording.money(focus.action.cost)} ({'assumed' if assumed else 'as given'})"
    said = (
        f"Is it necessary to retain every customer? At {cost} an action, those it pays for hold "
        f"{wording.percent(answer.of_stake)} of the value at stake (what leaving is expected to take); "
        "acting for all of them costs "
        f"{wording.money(answer.spending)} and is expected to save {wording.money(answer.gain)} over "
        f"{wording.counted(round(focus.days), 'day')}. {_are(answer.keep)} worth having without "
        f"an action; {_are(answer.let_go)} expected to bring no more than one costs."
    )
    if focus.budget is None:
        return said
    chosen = found.frame[found.frame["act"].fillna(False)]
    return (
        f"{said} The budget of {wording.money(focus.budget)} is best spent on "
        f"{wording.counted(len(chosen), 'customer')}: cost {wording.money(chosen['cost'].sum())}, gain "
        f"{wording.money(chosen['gain'].sum())}."
    )


def _are(number: int) -> str:
    return f"{wording.count(number)} {'is' if number == 1 else 'are'}"


def _first_screen(chosen: ChosenLog, found: Focused) -> None:
    everyone = focus_lists.customers(found.frame)
    left, right = st.columns([2, 3], gap="large")
    with left:
        picture = _chart(found)
    with right:
        one, two = st.columns(2)
        wanted = one.text_input("Find a customer", key="find focus", placeholder="Part of the name or number")
        picked = two.multiselect("Verdicts", VERDICTS, key="verdicts", placeholder="All")
        shown = focus_lists.found_customers(everyone, wanted, picked)
        if shown.frame.empty:
            st.info("No customer matches.")
            shown = everyone
        else:
            reasons.show(shown, key="focus list", height=290, hidden=("Rank",))
        st.caption(
            f"{wording.counted(len(shown.frame), 'customer')}, best first. Gain: what an action is expected "
            "to save. A dash is unknown, never zero."
        )
    listed = [shown]
    if found.answer is not None:
        verdicts = focus_lists.verdicts(found.frame, budgeted=found.focus.budget is not None)
        listing.show(verdicts, hidden=("Meaning",))
        for name, meaning in zip(verdicts.frame["Verdict"], verdicts.frame["Meaning"], strict=True):
            st.caption(f"**{name.capitalize()}**: {meaning}")
        listed += [verdicts, focus_lists.curve(found.curve)]
    facts = {"Shown": f"Verdicts: {', '.join(picked) or 'all'}. Name holds: {wanted.strip() or 'anything'}."}
    downloads.offer("focus", listed, facts | _definition(chosen, found), picture)


def _chart(found: Focused) -> downloads.Picture:
    if found.stop is None or len(found.curve) < 2:
        bars = focus_charts.verdict_bars(found.frame)
        st.altair_chart(bars, width="stretch")
        if found.answer is not None:
            st.caption("No action is expected to save anything, so there is no budget to draw.")
        return downloads.Picture(bars, "Customers by schedule")
    chart = focus_charts.budget_curve(found.curve, found.stop, found.focus.budget)
    st.altair_chart(chart, width="stretch")
    yours = " Red: your budget." if found.focus.budget is not None else ""
    if len(focus_charts.drawn(found.curve, found.stop, found.focus.budget)) < len(found.curve):
        yours += " The download has the rest of the curve."
    st.caption(
        f"Best customers first. Beyond {wording.money(found.stop['spending'])}, "
        f"{wording.counted(round(found.stop['customers']), 'customer')}, another action costs more than it "
        f"saves. Dashed: gain equals budget.{yours}"
    )
    return downloads.Picture(chart, "Gain of actions against their budget, best customers first")


def _assumptions(found: Focused) -> None:
    if found.answer is not None:
        st.caption(
            f"Assumed: an action saves {wording.percent(found.focus.action.uplift)} of the value at stake. "
            "Expected values may be far too low where the log is young: let nobody go for these alone."
        )
    with st.expander("What is assumed, what is unknown, how far to trust it"):
        for note in (*found.focus.notes, found.focus.definition):
            st.markdown(f"- {notices.in_app_words(note)}")
        st.markdown(f"- {wording.sentence(_TRUST)}")


def _definition(chosen: ChosenLog, found: Focused) -> dict[str, str]:
    focus = found.focus
    return {
        **notices.log_facts(chosen),
        **side_files.facts(chosen),
        "As of": f"{focus.as_of}, start of the day",
        "List": focus.definition,
        **({"Every customer?": found.answer.sentence} if found.answer else {}),
        **{f"Note {place}": note for place, note in enumerate(focus.notes, 1)},
        "How far to trust it": _TRUST,
        "Blank cells": "Unknown, never zero.",
    }


def _solvency(chosen: ChosenLog, found: Focused, invoices: Invoices) -> None:
    st.subheader("How the customers pay")
    table = invoices.solvency(found.focus.as_of)
    for note in table.notes:
        st.caption(notices.in_app_words(note))
    listed = focus_lists.solvency(table)
    listing.show(listed, height=300)
    downloads.offer("solvency", [listed], _definition(chosen, found))


def _top_fifth(chosen: ChosenLog, found: Focused) -> None:
    st.subheader("How steady the top fifth is")
    steady = found.focus.steadiness
    if steady is None:
        st.info("The log does not hold the period before, so who rose and who fell is unknown.")
        return
    table = focus_lists.top_fifth(found.focus, found.frame)
    if steady.share is None or steady.low is None or steady.high is None:
        st.markdown("Nobody brought anything in the period before, so there is no top fifth to compare with.")
    else:
        limits = wording.percent_between(steady.low, steady.high)
        st.markdown(
            f"Of {wording.counted(steady.before, 'customer')} in the top fifth of the period before, "
            f"{wording.count(steady.stayed)} stayed: {wording.percent(steady.share)} (95 % interval "
            f"{limits}). {wording.count(steady.now - steady.stayed)} rose into it and "
            f"{wording.count(steady.before - steady.stayed)} fell out of it."
        )
    chart = focus_charts.fifth_bars(steady)
    st.altair_chart(chart, width="stretch")
    picked = st.multiselect("Who", [ROSE, FELL, STAYED], key="top fifth", placeholder="All")
    if picked:
        table = Table(table.title, table.frame[table.frame["Top fifth"].isin(picked)], table.kinds)
    if table.frame.empty:
        st.info("Nobody.")
        return
    listing.show(table, height=300)
    picture = downloads.Picture(chart, "The top fifth by value, one period and the next")
    downloads.offer("top-fifth", [table], _definition(chosen, found), picture)


def _key_customers(chosen: ChosenLog) -> None:
    st.subheader("Key customers of every group")
    names = list(chosen.log.columns.groups)
    if not names:
        st.info(
            "This log has no groups. Under Your data, choose the columns to compare by, such as region, "
            "channel or product line."
        )
        return
    left, right = st.columns(2)
    group = left.selectbox("Group", names, key=f"key group {chosen.key}", format_func=wording.plain_line)
    percent = right.slider(
        "Share of the value to carry", 1, 100, round(SHARE * 100), format="%d %%", key="carry"
    )
    as_of = chosen_log.definition().as_of
    found = chosen_log.ask(chosen, key_customers_of, group=group, share=percent / 100, as_of=as_of)
    st.markdown(_key_said(found))
    for note in found.notes:
        st.caption(notices.in_app_words(note))
    groups, listed = focus_lists.key_groups(found, group), focus_lists.key_customers(found, group)
    chart = focus_charts.key_bars(found)
    if chart is not None:
        st.altair_chart(chart, width="stretch")
        st.caption(
            "Bars: key customers among all customers of the group; the shorter, the fewer carry it. "
            + _largest_drawn(found)
        )
    listing.show(groups, height=260)
    picked = st.multiselect(
        "Key customers of", _names(listed), key=f"key of {chosen.key} {group}", placeholder="All groups",
        format_func=wording.plain_line,
    )  # fmt: skip
    if picked:
        listed = Table(listed.title, listed.frame[listed.frame.iloc[:, 0].isin(picked)], listed.kinds)
    if not listed.frame.empty:
        listing.show(listed, height=300)
    definition = {
        **notices.log_facts(chosen),
        "Key customers": f"The fewest who carry {percent} % of the net {found.value_of} of their group.",
        "Group": wording.plain_line(group),
        "Shown": f"Groups: {', '.join(picked) or 'all'}.",
    }
    title = f"Key customers who carry {percent} % of the {found.value_of} of their group"
    picture = None if chart is None else downloads.Picture(chart, title)
    downloads.offer("key-customers", [listed, groups], definition, picture)


def _names(listed: Table) -> list[str]:
    return list(dict.fromkeys(listed.frame.iloc[:, 0]))


def _largest_drawn(found: KeyCustomers) -> str:
    groups, most = len(found.groups), focus_charts.MOST_ROWS
    return f"The {most} largest of {groups:,} groups by {found.value_of}." if groups > most else ""


def _key_said(found: KeyCustomers) -> str:
    groups = [one for one in found.groups if one.carried is not None]
    customers = len({row[1] for row in found.rows})
    return (
        f"{wording.counted(customers, 'customer')} {'carries' if customers == 1 else 'carry'} "
        f"{wording.percent(found.share)} of the {found.value_of} of "
        f"{wording.counted(len(groups), 'group')}; whoever buys in several is counted once here."
    )


if __name__ == "__main__":
    show()
