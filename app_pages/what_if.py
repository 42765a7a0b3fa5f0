"""What if: the business as it is against a scenario, month by month."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import (
    downloads,
    listing,
    notices,
    what_if_charts,
    what_if_lists,
    wording,
    worth_inputs,
)
from app_pages.what_if_plans import Change, Now, base_plan, scenario_plan, won_by
from app_pages.worth_inputs import Source
from retention_core.errors import RetentionError
from retention_core.overtaking import Overtaken, overtaken
from retention_core.scenarios import CUMULATED, CUSTOMERS, DIFFERENCE, WhatIf, what_if

_MONTHS = 36
_POINTS = 50
_WIDTH = 190
_WORDS = {
    "customers": "“Customers”",
    "retention": "“Yearly retention (%)”",
    "margin": "“Yearly margin each”",
    "revenue": "“Yearly revenue each”",
    "new_customers": "“New customers a year”",
    "winning_budget": "“Yearly winning budget”",
    "cost_to_win": "“Cost to win one”",
    "keeping_cost": "“Yearly keeping each”",
}
_FREE = (
    "The scenario spends nothing on the change, so the gain is the most that it may cost over the "
    "{months} months."
)


def show() -> None:
    """The page."""
    st.title("What would it change?")
    note, answer, asked = st.container(), st.container(), st.container()
    screen, below = st.container(), st.container()
    sliders, fields = asked.columns(2), asked.container(horizontal=True)
    with note:
        start = worth_inputs.source(fields, "what if", _WIDTH)
    with below:
        now = _now(start)
    change = _change(sliders, fields, start, now)
    found = _computed(now, change, start)
    if isinstance(found, str):
        answer.markdown("### What it would change is unknown.")
        answer.info(found)
        return
    ahead = overtaken(found)
    answer.markdown(f"### {_headline(found)}")
    answer.markdown(_meaning(found, ahead))
    with screen:
        _first_screen(found, ahead, start)
    with below:
        if ahead is not None:
            _when_it_pays(found, ahead, start)
        if start.chosen is not None:
            notices.few(start.chosen.log.customers)
            notices.warnings(start.chosen)
        _assumed(found, start)


def _now(start: Source) -> Now:
    known = start.figures
    complete = known is not None and known.margin is not None and won_by(known) is not None
    # opened by what the log lacks, not by what is typed: it would fold under the reader's hands
    with st.expander("The business now", expanded=not complete, icon=":material/edit:"):
        place = st.container(horizontal=True)
        now = Now(
            customers=worth_inputs.customers_of(place, start),
            retention=worth_inputs.retention_of(place, start),
            margin=worth_inputs.margin_of(place, start),
            revenue=worth_inputs.number(
                place, start, "revenue", "Yearly revenue each", first=known.revenue if known else None
            ),
            new_customers=worth_inputs.people(
                place, start, "new", "New customers a year", first=won_by(known), placeholder="needed",
                help="Won in a year, those won back among them. From a log: those still there at its end.",
            ),
            cost_to_win=worth_inputs.number(
                place, start, "cost to win", "Cost to win one now",
                help="Empty: unknown. Profit is then before that cost, under both plans.",
            ),
            keeping_cost=worth_inputs.number(
                place, start, "keeping now", "Yearly keeping now", first=0.0, placeholder="none",
                help="What is spent on keeping now.",
            ),
        )  # fmt: skip
        if known is not None:
            st.caption(" ".join(notices.in_app_words(told) for told in known.sentences))
    return now


def _change(sliders: list[DeltaGenerator], row: DeltaGenerator, start: Source, now: Now) -> Change:
    """What the scenario changes: five points of retention, as an example, until the reader says otherwise."""
    first, second = sliders
    points = worth_inputs.remembered(
        start.page, f"points {start.key}", Change().points,
        lambda key: first.slider(
            "Retention: points more", -_POINTS * 1.0, _POINTS * 1.0, step=0.5, key=key, format="%+.1f",
        ),
    )  # fmt: skip
    margin = worth_inputs.remembered(
        start.page, f"margin change {start.key}", Change().margin,
        lambda key: second.slider("Margin: percent more", -50.0, 50.0, step=1.0, key=key, format="%+.0f %%"),
    )  # fmt: skip
    blank = {"placeholder": "as now", "width": _WIDTH}
    return Change(
        points=points,
        margin=margin,
        keeping_cost=worth_inputs.number(
            row, start, "keeping then", "Yearly keeping each", **blank,
            help=f"Spent on every customer. Now: {wording.money(now.keeping_cost)}.",
        ),
        cost_to_win=worth_inputs.number(
            row, start, "cost to win then", "Cost to win one", **blank,
            help="With a budget, it says how many customers are won.",
        ),
        budget=worth_inputs.number(
            row, start, "budget", "Yearly winning budget", **blank,
            help="Empty: as many customers are won as now.",
        ),
    )  # fmt: skip


def _computed(now: Now, change: Change, start: Source) -> WhatIf | str:
    """Both plans month by month, or the sentence why not."""
    wanted: dict[str, object] = {
        "the customers": now.customers,
        "the retention": now.retention,
        "the new customers of a year (0 if none are won)": now.new_customers,
    }
    if now.new_customers and (change.budget, change.cost_to_win) != (None, None):
        # else the profit would leave out the cost of winning, the budget with it
        wanted["what it costs to win one now, to compare with"] = now.cost_to_win
    missing = worth_inputs.needed(wanted)
    if missing:
        return wording.sentence(f"Type {missing} under “The business now”. {start.why}".strip())
    try:
        base = base_plan(now, start.figures)
        return what_if(base, scenario_plan(base, change), months=_MONTHS)
    except RetentionError as error:
        return wording.sentence(error.in_words(_WORDS))


def _headline(found: WhatIf) -> str:
    if found.base == found.scenario:
        if found.base.retention == 1:
            return "Nothing: nobody can keep more than everyone."
        return "Nothing yet: the scenario is the business as it is. Move a slider."
    people = found.courses[DIFFERENCE, CUSTOMERS].expected[-1]
    customers = _more(wording.count(abs(people)), people, "more", "fewer", "customers")
    after = f"After {found.months} months, the scenario"
    if (DIFFERENCE, CUMULATED) not in found.courses:
        return f"{after} has {customers}; its profit is unknown without a margin."
    profit = found.courses[DIFFERENCE, CUMULATED].expected[-1]
    return f"{after} has {customers} and has brought {_profit(profit)}."


def _more(figure: str, size: float, more: str, less: str, what: str) -> str:
    return f"as many {what}" if figure == "0" else f"{figure} {what} {more if size > 0 else less}"


def _profit(size: float) -> str:
    if not size:
        return "the same profit"
    return f"{wording.money(abs(size))} {'more' if size > 0 else 'less'} profit"


def _meaning(found: WhatIf, ahead: Overtaken | None) -> str:
    if found.base == found.scenario:
        return ""
    last, people = found.months - 1, found.courses[DIFFERENCE, CUSTOMERS]
    limits = f"{people.low[last]:+,.0f} to {people.high[last]:+,.0f} customers"
    rates = f"{wording.percent(found.base.retention)} to {wording.percent(found.scenario.retention)}"
    moved = found.base.retention != found.scenario.retention
    told = [f"Retention goes from {rates} a year." if moved else ""]
    profit = found.courses.get((DIFFERENCE, CUMULATED))
    if profit is None or ahead is None:
        told.append(f"The 95 % limits are {limits}.")
    else:
        money = f"{wording.money(profit.low[last])} to {wording.money(profit.high[last])} profit"
        told += [f"The 95 % limits are {limits} and {money}.", notices.in_app_words(ahead.sentence)]
        if _free(found) and profit.expected[last] > 0:
            told.append(_FREE.format(months=found.months))
    return " ".join(filter(None, told))


def _free(found: WhatIf) -> bool:
    """Whether the scenario spends nothing to change the retention."""
    base, other = found.base, found.scenario
    spends = (base.keeping_cost, base.winning) == (other.keeping_cost, other.winning)
    return spends and base.retention < other.retention


def _first_screen(found: WhatIf, ahead: Overtaken | None, start: Source) -> None:
    listed = what_if_lists.by_month(found)
    titles = what_if_lists.measures(found)
    left, right = st.columns(2, gap="large")
    with left:
        measure = st.radio(
            "Shown", list(titles), format_func=titles.__getitem__, horizontal=True, key="what is shown",
            label_visibility="collapsed",
        )  # fmt: skip
        chart = what_if_charts.courses(found, measure)
        st.altair_chart(chart, width="stretch")
        st.caption(f"Bands: 95 % of {found.draws:,} simulations of who stays and who is won.")
    with right:
        others = [name for name in titles.values() if name != titles[measure]]
        hidden = [f"{name}, {plan}" for name in others for plan in ("now", "scenario")]
        listing.show(listed, height=300, hidden=hidden)
        st.caption("Expected, by month. The download has all measures, with their limits.")
    tables = [listed, what_if_lists.with_limits(found), what_if_lists.plans(found.base, found.scenario)]
    picture = downloads.Picture(chart, f"{titles[measure]}: the business as now, and the scenario")
    downloads.offer("what-if", tables, _definition(found, ahead, start), picture)


def _when_it_pays(found: WhatIf, ahead: Overtaken, start: Source) -> None:
    st.subheader("From when on does it pay?")
    st.markdown(notices.in_app_words(ahead.sentence))
    chart = what_if_charts.gain(found, ahead)
    st.altair_chart(chart, width="stretch")
    st.caption(
        "The same luck meets both plans, so their difference is known better than either. Red: from here on "
        "the scenario has brought more." if ahead.expected is not None else
        "The same luck meets both plans, so their difference is known better than either."
    )  # fmt: skip
    picture = downloads.Picture(chart, "Profit so far: the scenario less the business as now")
    downloads.offer_picture("what-if-gain", picture, _definition(found, ahead, start))


def _assumed(found: WhatIf, start: Source) -> None:
    with st.expander("What is assumed, and what is not known"):
        for note in (*found.notes, *(() if start.figures is None else start.figures.sentences)):
            st.markdown(f"- {notices.in_app_words(note)}")


def _definition(found: WhatIf, ahead: Overtaken | None, start: Source) -> dict[str, str]:
    return {
        **worth_inputs.facts(start),
        "Answer": found.sentence,
        **({"When it pays": ahead.sentence} if ahead is not None else {}),
        **{f"Note {place}": note for place, note in enumerate(found.notes, 1)},
        "Blank cells": "Unknown, never zero.",
    }


if __name__ == "__main__":
    show()
