"""Stages: who is in contact, who is still trying, who has a habit; and who is due, overdue or gone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    heat_maps,
    listing,
    notices,
    reasons,
    side_files,
    stage_charts,
    stage_lists,
    wording,
)
from app_pages.chosen_log import ChosenLog
from retention_core.contact_log import ContactLog
from retention_core.errors import RetentionError
from retention_core.stage_moves import StageTransitions, stage_transitions
from retention_core.stage_tables import (
    DUE,
    GONE,
    LONG,
    MEDIUM,
    OVERDUE,
    SCHEDULES,
    SHORT,
    STAGES,
    UNKNOWN,
    StageTable,
    Thresholds,
)
from retention_core.stages import stages_of

_BACK = 92
_DERIVED = {
    "second_days": ("Days in which a second order usually follows", 1.0, 36_600.0, 1.0),
    "habit_orders": ("Order days of a habit, at least", 2, 1_000, 1),
    "habit_days": ("Days from first to last order, at least", 0.0, 36_600.0, 1.0),
}
_SHARES = {
    "due": ("Due: share of the own gaps that would have ended (%)", 1, 99),
    "overdue": ("Overdue: the same (%)", 1, 99),
    "gone": ("Gone: overdue, and still a customer with a chance below (%)", 1, 99),
}
_FIELDS = {
    "due": "“Due”",
    "overdue": "“Overdue”",
    "gone": "“Gone”",
    "second_days": "“Days in which a second order usually follows”",
    "habit_orders": "“Order days of a habit”",
    "habit_days": "“Days from first to last order”",
    "regular": "“Largest variation of the gaps”",
}


def show() -> None:
    """The page."""
    st.title("Where does each customer stand?")
    chosen = chosen_log.current()
    notices.label(chosen)
    contacts = side_files.contacts_of(chosen)
    derived = _asked(chosen, contacts, Thresholds())
    answer = st.container()
    table = _with_thresholds(chosen, contacts, derived)
    with answer:
        st.markdown(f"### {_headline(table)}")
        st.markdown(_meaning(table))
        _first_screen(chosen, table)
    side_files.show(side_files.CONTACTS, chosen)
    notices.few(len(table.keys))
    notices.warnings(chosen)
    _moves(chosen, contacts, table)


def _asked(chosen: ChosenLog, contacts: ContactLog | None, limits: Thresholds) -> StageTable:
    as_of = chosen_log.definition().as_of
    return chosen_log.ask(chosen, stages_of, as_of=as_of, contacts=contacts, thresholds=limits)


def _with_thresholds(chosen: ChosenLog, contacts: ContactLog | None, derived: StageTable) -> StageTable:
    """The table by the thresholds of the reader; that by the derived ones where they make no sense."""
    with st.expander("Where the stages begin: thresholds, how each came about, and your own"):
        rules = st.container()
        limits = _chosen_thresholds(chosen, derived.thresholds)
        table = derived
        if limits != Thresholds():
            try:
                table = chosen.answer(
                    stages_of,
                    as_of=chosen_log.definition().as_of,
                    contacts=contacts,
                    thresholds=limits,
                )
            except RetentionError as error:
                st.error(wording.sentence(error.in_words(_FIELDS)), icon=":material/error:")
        for rule in table.rules:
            rules.markdown(f"- {notices.in_app_words(rule)}")
        if table.rhythm is not None:
            rules.caption(notices.in_app_words(table.rhythm.definition))
    return table


def _chosen_thresholds(chosen: ChosenLog, derived: Thresholds) -> Thresholds:
    st.caption("An empty field is derived from the log, as its grey number says.")
    given: dict[str, Any] = {}
    columns = st.columns(4)
    for column, (name, (label, least, most, step)) in zip(columns, _DERIVED.items(), strict=False):
        usual = getattr(derived, name)
        given[name] = column.number_input(
            label,
            min_value=least,
            max_value=most,
            value=None,
            step=step,
            key=f"{name} {chosen.key}",
            placeholder="unknown" if usual is None else f"{usual:,.0f}",
        )
    plain = Thresholds()
    given["regular"] = columns[3].number_input(
        "Largest variation of the gaps",
        0.0,
        10.0,
        plain.regular,
        0.05,
        key=f"regular {chosen.key}",
        help="Standard deviation of a customer's gaps over their mean: 0 is clockwork, 1 is at random.",
    )
    for column, (name, (label, least, most)) in zip(st.columns(3), _SHARES.items(), strict=True):
        usual_percent = round(getattr(plain, name) * 100)
        asked = column.number_input(label, least, most, usual_percent, 1, key=f"{name} {chosen.key}")
        given[name] = getattr(plain, name) if asked == usual_percent else asked / 100
    return Thresholds(**given)


def _headline(table: StageTable) -> str:
    found = table.by_stage()
    place = found["stage"].index(LONG)
    customers, value = found["customers"][place], stage_lists.stages(table).frame
    if not customers:
        return "No customer has formed a habit yet by these thresholds."
    have = "has" if customers == 1 else "have"
    who = (
        f"{wording.counted(customers, 'customer')} ({wording.percent(found['share'][place])}) {have} a habit"
    )
    share = value["Of total"][place] if "Of total" in value else None
    if share is None or share != share:
        return f"{who}."
    return f"{who} and brought {wording.percent(share)} of the {table.value_of}."


def _meaning(table: StageTable) -> str:
    found = table.by_stage()
    customers = dict(zip(found["stage"], found["customers"], strict=True))
    long = found["stage"].index(LONG)
    late, gone = sum(found[name][long] for name in (DUE, OVERDUE)), found[GONE][long]
    said = (
        f"As of {table.as_of}, {_are(customers[MEDIUM], 'has', 'have')} bought without a "
        f"habit yet (medium-term) and {_are(customers[SHORT])} in contact or within the first purchase "
        "(short-term)."
    )
    if customers[LONG]:
        said += (
            f" Of those with a habit (long-term), {_are(late)} due or overdue by their own "
            f"rhythm and {wording.count(gone)} most likely gone."
        )
    unknown = customers.get(UNKNOWN, 0)
    return f"{said} {wording.count(unknown)} had nothing but refunds." if unknown else said


def _are(number: int, one: str = "is", many: str = "are") -> str:
    return f"{wording.count(number)} {one if number == 1 else many}"


def _first_screen(chosen: ChosenLog, table: StageTable) -> None:
    bars = stage_charts.stage_bars(table)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.altair_chart(bars, width="stretch")
        values = f"; lower bars: share of the {table.value_of}" if table.value_of else ""
        st.caption(
            f"Upper bars: share of the customers{values}. On schedule, due, overdue, gone: by each "
            "customer's own gaps between orders."
        )
    everyone = stage_lists.customers(table)
    with right:
        one, two, three = st.columns(3)
        wanted = one.text_input("Find a customer", key="find staged", placeholder="Part of the name")
        stages = two.multiselect("Stage", [*STAGES, UNKNOWN], key="staged", placeholder="All")
        schedules = three.multiselect("Schedule", [*SCHEDULES, UNKNOWN], key="scheduled", placeholder="All")
        shown = stage_lists.found_customers(everyone, wanted, Stage=stages, Schedule=schedules)
        if shown.frame.empty:
            st.info("No customer matches.")
        else:
            reasons.show(shown, key="staged list", height=320)
            st.caption(
                f"{wording.counted(len(shown.frame), 'customer')}. A dash is unknown, never zero. Next "
                "order: of somebody who is still a customer; between From and To in 8 of 10 cases."
            )
    by_stage = stage_lists.stages(table)
    listing.show(by_stage, hidden=("Meaning",))
    for stage in by_stage.frame["Stage"]:
        st.caption(f"**{stage.capitalize()}**: {wording.sentence(stage_lists.MEANINGS[stage])}")
    st.caption(f"**Thresholds**: {_in_short(table.thresholds)} Change them below.")
    if shown.frame.empty:
        shown = everyone
    facts = {
        "Shown": f"Stages: {', '.join(stages) or 'all'}. Schedules: {', '.join(schedules) or 'all'}. "
        f"Name holds: {wanted.strip() or 'anything'}."
    }
    title = f"Where each customer stands, as of {table.as_of}"
    downloads.offer(
        "stages", [shown, by_stage], facts | _definition(chosen, table), downloads.Picture(bars, title)
    )


def _in_short(limits: Thresholds) -> str:
    """The thresholds in a line; how each came about stands with the fields that change it."""
    if limits.second_days is None or limits.habit_orders is None or limits.habit_days is None:
        return "none could be derived, as nobody ordered on two days."
    return (
        f"a second order within {wording.counted(round(limits.second_days), 'day')}; a habit from "
        f"{wording.count(limits.habit_orders)} order days over "
        f"{wording.counted(round(limits.habit_days), 'day')}, with gaps that vary by {limits.regular:g} "
        f"of their mean at most; due after {limits.due:.0%} and overdue after {limits.overdue:.0%} of the "
        f"own gaps, gone below a chance of {limits.gone:.0%}."
    ).replace("%", "\u00a0\\%")


def _definition(chosen: ChosenLog, table: StageTable) -> dict[str, str]:
    found = {
        **notices.log_facts(chosen),
        **side_files.facts(chosen),
        "As of": f"{table.as_of}, start of the day",
        **{stage.capitalize(): meaning for stage, meaning in stage_lists.MEANINGS.items()},
        **{f"Threshold {place}": rule for place, rule in enumerate(table.rules, 1)},
        "Next order": "Of somebody who is still a customer; From and To: 10 to 90 % interval.",
        "Blank cells": "Unknown, never zero.",
    }
    return found if table.rhythm is None else found | {"Rhythm": table.rhythm.definition}


def _moves(chosen: ChosenLog, contacts: ContactLog | None, table: StageTable) -> None:
    st.subheader("Who moved from where to where")
    first, last = chosen.log.first_day + dt.timedelta(days=1), table.as_of - dt.timedelta(days=1)
    if last < first:
        st.info("It takes a log of several days to compare one day with another.")
        return
    before = st.date_input(
        f"From the stages as of this day to those as of {table.as_of}",
        value=max(first, table.as_of - dt.timedelta(days=_BACK)),
        min_value=first,
        max_value=last,
        key=f"stage moves {chosen.key} {table.as_of}",
        format="YYYY-MM-DD",
    )
    if not isinstance(before, dt.date):
        return
    moved = chosen_log.ask(
        chosen,
        _transitions,
        before=before,
        after=table.as_of,
        contacts=contacts,
        thresholds=table.thresholds,
    )
    _moved(chosen, table, moved)


def _moved(chosen: ChosenLog, table: StageTable, moved: StageTransitions) -> None:
    before = moved.before.as_of
    st.markdown(_moved_said(moved))
    chart = stage_charts.transitions(moved)
    heat_maps.show(chart, stage_charts.rows_of(moved))
    st.caption(
        "Rows: where they were. Columns: where they are, gone ones apart from their stage; the share is "
        "that of the row. Both days use the thresholds above. Below, each share comes with its 95 % interval."
    )
    listed, times = stage_lists.moves(moved), stage_lists.times(moved)
    listing.show(listed, height=300)
    st.subheader("How long it takes")
    for said in stage_lists.times_said(moved):
        st.markdown(f"- {said}")
    listing.show(times, hidden=("Counted",))
    st.caption(
        "Customers who have not left the stage count as long as they were seen (Kaplan-Meier estimate); low "
        "and high: 95 % interval. A dash: less than half have left by then, so it is unknown."
    )
    definition = {"From": str(before), "To": str(table.as_of)} | _definition(chosen, table)
    picture = downloads.Picture(chart, f"Customers by stage, {before} to {table.as_of}")
    downloads.offer("stage-moves", [listed, times], definition, picture)


def _transitions(log: Any, *, before: dt.date, after: dt.date, **asked: Any) -> StageTransitions:
    return stage_transitions(log, before, after, **asked)


def _moved_said(moved: StageTransitions) -> str:
    found = {(move.before, move.after): move for move in moved.moves()}
    said = []
    for one, other, what in ((MEDIUM, LONG, "formed a habit"), (SHORT, MEDIUM, "went on to medium-term"),
                             (LONG, GONE, "went for good")):  # fmt: skip
        move = found.get((one, other))
        if move is not None:
            limits = wording.percent_between(move.low, move.high)
            said.append(
                f"Of {wording.count(move.of)} {one} on {moved.before.as_of}, {wording.count(move.customers)} "
                f"{what}: {wording.percent(move.share)} ({limits})."
            )
    return " ".join(said) or f"Nobody was a customer on {moved.before.as_of}."


if __name__ == "__main__":
    show()
