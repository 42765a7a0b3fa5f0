"""Below the first screen of Worth: five points, keeping against winning, tenure, and the popular claims."""

from __future__ import annotations

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    listing,
    notices,
    tables,
    wording,
    worth_charts,
    worth_inputs,
    worth_lists,
)
from app_pages.worth_answers import Windows, spread
from app_pages.worth_answers import tenure as tenure_of
from app_pages.worth_inputs import Source
from retention_core import economics
from retention_core.concentration import Concentration
from retention_core.economics import FivePoints
from retention_core.errors import RetentionError
from retention_core.keeping_costs import KeepingAgainstWinning, Spending, keeping_against_winning
from retention_core.popular_claims import AnsweredClaims, claims_answered
from retention_core.tenure_tables import TenureSpend
from retention_core.worth import DISCOUNT

_SPENDING = {
    "winning_spend": "Spent on winning",
    "won": "Customers it won",
    "keeping_spend": "Spent on keeping",
    "reached": "Customers it reached",
    "kept": "Of the reached, stayed",
    "left_alone": "Customers left alone",
    "left_alone_kept": "Of the left alone, stayed",
    "uplift": "Uplift assumed (%)",
}
_HELP = {
    "winning_spend": "In a year, or over any other time: the same for all fields here.",
    "reached": "Customers the money for keeping was spent on.",
    "left_alone": "Customers like those reached on whom nothing was spent. Best drawn by chance.",
    "uplift": "Points of retention that the spending adds, where nobody was left alone to compare with.",
}
_WORDS = {name: f"“{label}”" for name, label in _SPENDING.items()} | {
    "margin": "“Yearly margin each”",
    "retention": "“Yearly retention (%)”",
    "discount": "“Yearly discount (%)”",
}
_LENGTHS = (3, 6, 12)
_COLOURS = {"untraceable": "red", "partially supported": "orange", "supported": "green"}
_NO_LOG = "That takes an order log with amounts: start from the log above, or bring your own under Your data."


def five_points(
    margin: float | None, retention: float | None, discount: float | None, start: Source
) -> FivePoints | None:
    """The five-point exercise beside Reichheld's."""
    st.subheader("Five points more, beside Reichheld's")
    if margin is None or retention is None or discount is None:
        missing = {"the margin of a customer": margin, "the retention": retention, "the discount": discount}
        st.info(f"Unknown: type {worth_inputs.needed(missing)} above.")
        return None
    try:
        found = economics.five_points(margin, retention, discount)
    except RetentionError as error:
        st.info(wording.sentence(error.in_words(_WORDS)))
        return None
    st.markdown(notices.in_app_words(found.sentence))
    if found.spend is not None and found.spend_once is not None and margin > 0:
        st.markdown(
            f"To keep one customer so much better, up to **{wording.money(found.spend)}** may be spent today "
            f"if it lasts for good, **{wording.money(found.spend_once)}** if it holds for one year."
        )
    st.markdown(notices.in_app_words(found.published_sentence))
    listed = worth_lists.five(found)
    listing.show(listed)
    downloads.offer("five-points", [listed], {**worth_inputs.facts(start), "Your figures": found.sentence})
    return found


def costs(
    margin: float | None, retention: float | None, discount: float | None, start: Source
) -> KeepingAgainstWinning | None:
    """Cost of keeping against cost of winning, from what the reader spent."""
    st.subheader("Does keeping cost less than winning?")
    answer = st.container()
    spending = _spending(start)
    if isinstance(spending, str):
        answer.error(spending, icon=":material/error:")
        return None
    # those left alone tell the retention without spending better than the whole log does
    base = None if spending.left_alone and spending.left_alone_kept is not None else retention
    try:
        found = keeping_against_winning(
            spending, margin=margin, retention=base, discount=DISCOUNT if discount is None else discount
        )
    except RetentionError as error:
        answer.error(wording.sentence(error.in_words(_WORDS)), icon=":material/error:")
        return None
    first, *others = found.sentences
    answer.markdown(f"**{notices.in_app_words(first)}**")
    if others:
        answer.markdown(notices.in_app_words(" ".join(others)))
    with st.expander("The figures, and what is unknown", expanded=found.cost_to_win.value is not None):
        listing.show(worth_lists.costs_to_read(found))
    st.caption(
        "Intervals cover the luck of who was won and who stayed, not the money. What the spending changed is "
        "told by customers left alone by chance; who chose whom to reach tells less."
    )
    told = {**worth_inputs.facts(start), "Answer": " ".join(found.sentences), "Blank cells": "Unknown."}
    downloads.offer("keeping-and-winning", [worth_lists.costs(found)], told)
    return found


def _spending(start: Source) -> Spending | str:
    given: dict[str, float | None] = {}
    # in rows, or a narrow window would stack the fields column by column
    columns = [*st.columns(4), *st.columns(4)]
    for place, (name, label) in enumerate(_SPENDING.items()):
        column, asked = columns[place], {"help": _HELP.get(name), "width": "stretch"}
        if name == "uplift":
            given[name] = worth_inputs.share(column, start, name, label, **asked)
        elif name.endswith("spend"):
            given[name] = worth_inputs.number(column, start, name, label, **asked)
        else:
            given[name] = worth_inputs.people(column, start, name, label, **asked)
    try:
        return Spending(**given)
    except RetentionError as error:
        return wording.sentence(error.in_words(_WORDS))


def tenure(start: Source) -> TenureSpend | None:
    """How spending grows with the time since the first order."""
    st.subheader("Do customers spend more, the longer they stay?")
    if start.chosen is None:
        st.info(_NO_LOG)
        return None
    answer = st.container()
    windows = _windows(start)
    found = chosen_log.ask(start.chosen, tenure_of, as_of=chosen_log.definition().as_of, windows=windows)
    if isinstance(found, str):
        answer.info(wording.sentence(found))
        return None
    answer.markdown(f"**{notices.in_app_words(found.sentence)}**")
    answer.caption(
        f"The popular figure is 67{chr(160)}% more, of an online clothes shop, told of active buyers."
    )
    if found.windows:
        _tenure_shown(found, start)
    return found


def _windows(start: Source) -> Windows:
    one, two, three = st.columns(3)
    key = start.key
    months = one.selectbox(
        "Months to a window", _LENGTHS, index=1, key=f"window {key}",
        help="Windows of 12 months fall into the same seasons.",
    )  # fmt: skip
    until = two.selectbox(
        "The later window ends at month", range(2 * months, 61, months),
        index=36 // months - 2, key=f"until {key} {months}",
    )  # fmt: skip
    skip = three.number_input(
        "Skip the log's first days", 0, 3_660, None, 1, key=f"skip {key}",
        placeholder="automatic",
        help="Who was first seen in them may be older than the log. Empty: as long as "
        "nine tenths of the gaps between a customer's orders. 0 where the log begins with the business.",
    )  # fmt: skip
    return Windows(months, until, None if skip is None else int(skip))


def _tenure_shown(found: TenureSpend, start: Source) -> None:
    listed = [worth_lists.windows(found)]
    left, right = st.columns(2, gap="large")
    with left:
        chart = worth_charts.spend_by_window(found)
        st.altair_chart(chart, width="stretch")
        st.caption("Thick: 95 % intervals. Everyone won counts those who left, with nothing.")
    forest = worth_charts.readings_forest(found)
    with right:
        if forest is None:
            st.info("No later window can be compared with the first yet.")
        else:
            st.altair_chart(forest, width="stretch")
            st.caption("Grey: no growth. Red: the popular 67 %. Long intervals are cut at the edge.")
    if found.readings:
        listed.insert(0, worth_lists.readings(found))
        listing.show(listed[0])
    with st.expander("Window by window, and what must be said with it"):
        listing.show(listed[-1])
        for note in found.notes:
            st.markdown(f"- {notices.in_app_words(note)}")
    told = {
        **worth_inputs.facts(start),
        "Answer": found.sentence,
        **{f"Note {place}": note for place, note in enumerate(found.notes, 1)},
    }
    title = f"{found.value_of.capitalize()} of a customer by months since its first order"
    downloads.offer("tenure", listed, told, downloads.Picture(chart, title))


def popular(
    five: FivePoints | None,
    spent: KeepingAgainstWinning | None,
    grown: TenureSpend | None,
    start: Source,
) -> None:
    """The popular claims, each with its verdict and what the reader's own figures say."""
    st.subheader("The popular claims, and what your figures say")
    st.caption("None of them is shown as a fact. The verdict is that of the sources behind each.")
    found = claims_answered(costs=spent, tenure=grown, five=five, concentration=_concentration(start))
    for row in found.claims:
        main = row.sources[0].verdict if len({one.verdict for one in row.sources}) == 1 else row.verdict
        colour = next((colour for verdict, colour in _COLOURS.items() if main.startswith(verdict)), "grey")
        verdict = f":{colour}[**{wording.escaped(row.verdict, 120)}**]"
        st.markdown(f"**{wording.escaped(row.claim, 200)}** · {verdict}  \n{_own(row.sentence)}")
        with st.expander(f"Sources ({len(row.sources)})"):
            listing.show(tables.evidence(row.sources))
    downloads.offer("claims", [worth_lists.claims(found), _evidence(found)], worth_inputs.facts(start))


def _own(sentence: str) -> str:
    return notices.in_app_words(sentence)


def _evidence(found: AnsweredClaims) -> tables.Table:
    return tables.evidence([source for row in found.claims for source in row.sources])


def _concentration(start: Source) -> Concentration | None:
    if start.chosen is None:
        return None
    return chosen_log.ask(start.chosen, spread, as_of=chosen_log.definition().as_of)
