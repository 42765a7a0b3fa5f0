"""Pareto: which customers bring the revenue or profit."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from app_pages import charts, chosen_log, downloads, listing, notices, tables, wording
from app_pages.chosen_log import ChosenLog
from app_pages.tables import Table
from retention_core.benchmarks import claims
from retention_core.concentration import Concentration, concentration_by, concentration_of
from retention_core.orders import OrderLog

_NO_AMOUNTS = (
    "Who brings the value takes amounts, and this log says only who ordered and when. If its file holds "
    "them, choose under Your data the column with the amount of the line, or those with quantity and price."
)
_PARETO_CLAIM = "80% of profits"


def show() -> None:
    """The page."""
    st.title("Who brings the value?")
    chosen = chosen_log.current()
    notices.label(chosen)
    if chosen.log.value_of is None:
        st.info(_NO_AMOUNTS)
        return
    spread = chosen_log.ask(chosen, _spread, as_of=chosen_log.definition().as_of)
    st.markdown(f"### {_headline(spread)}")
    st.markdown(_meaning(spread))
    notices.few(spread.n)
    notices.warnings(chosen)
    _negative_note(spread)
    _yardsticks()
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("The best customers together")
        _curve(spread, _definition(chosen, spread))
    with right:
        _classes(spread)
    listed = [tables.pareto_summary(spread), _customers(spread), tables.classes(spread)]
    if chosen.log.columns.groups:
        listed.append(_groups(chosen, spread))
    downloads.offer("pareto", listed, _definition(chosen, spread))


def _spread(log: OrderLog, *, as_of: dt.date | None) -> Concentration:
    """The concentration with its intervals worked out, which is most of the work."""
    spread = concentration_of(log, as_of=as_of)
    spread.top_share()
    return spread


def _headline(spread: Concentration) -> str:
    top = spread.top_share(0.2)
    return f"The top fifth of the customers brings {wording.percent(top.value)} of the {spread.value_of}."


def _meaning(spread: Concentration) -> str:
    top, behind, gini = spread.top_share(0.2), spread.customers_for(0.8), spread.gini
    best = f"the best {wording.percent(behind.value)} bring 80 % of the {spread.value_of}"
    return (
        f"The 95 % interval is {wording.percent_between(top.low, top.high)}. "
        f"Of {wording.counted(spread.n, 'customer')}, {best} "
        f"({wording.percent_between(behind.low, behind.high)}). "
        f"The Gini coefficient is {gini.value:.2f} ({gini.low:.2f} to {gini.high:.2f}): "
        "0 if all brought the same, near 1 if one brought all."
    )


def _negative_note(spread: Concentration) -> None:
    if spread.negative:
        st.caption(
            f"{wording.counted(spread.negative, 'customer')} brought nothing or less, net of refunds. "
            "They count as customers and are in the list."
        )


def _yardsticks() -> None:
    found = [claim for claim in claims() if claim.claim.startswith(_PARETO_CLAIM)]
    with st.expander("Is that normal? Published shares of the top fifth run from 59 to 73 % of sales"):
        st.write(
            "“80/20” is a saying, no yardstick. How concentrated sales are depends on the trade, on the "
            "length of time and on who counts as a customer. Profit is mostly more concentrated than sales."
        )
        listing.show(tables.evidence(found))


@st.fragment
def _curve(spread: Concentration, definition: dict[str, str]) -> None:
    """The curve and its slider, drawn anew without the rest of the page."""
    top = st.slider("Look at the top", 1, 100, 20, format="%d %%", key="top share")
    share = top / 100
    with st.spinner("Working it out …"):
        found = spread.top_share(share)
    chart = charts.lorenz(spread, share)
    st.altair_chart(chart, width="stretch")
    st.caption(
        f"The top {wording.percent(share)} bring {wording.percent(found.value)} "
        f"(95 % interval {wording.percent_between(found.low, found.high)}). Dashed: all bring the same."
    )
    title = f"The top {wording.percent(share)} of the customers bring {wording.percent(found.value)}"
    picture = downloads.Picture(chart, f"{title} of the {spread.value_of}")
    downloads.offer_picture("pareto", picture, definition)


def _classes(spread: Concentration) -> None:
    st.subheader("Classes")
    listing.show(tables.classes(spread))
    st.caption(
        f"A: the best customers, up to 80 % of the {spread.value_of}. B: the next, up to 95 %. C: all others."
    )


def _customers(spread: Concentration) -> Table:
    st.subheader("Customers")
    table = tables.customers(spread)
    left, right = st.columns([2, 1])
    wanted = left.text_input("Find a customer", key="find customer", placeholder="Part of the name or number")
    classes = right.multiselect("Classes", ["A", "B", "C"], key="classes", placeholder="All")
    shown = tables.found_customers(table, wanted, classes)
    if shown.frame.empty:
        st.info("No customer matches.")
    else:
        listing.show(shown, height=380)
    return table


def _groups(chosen: ChosenLog, spread: Concentration) -> Table:
    st.subheader("By group")
    names = list(chosen.log.columns.groups)
    group = st.selectbox("Compare by", names, key=f"group {chosen.key}", format_func=wording.plain_line)
    parts = chosen_log.ask(chosen, concentration_by, group=group, as_of=chosen_log.definition().as_of)
    with st.spinner("Working it out …"):
        table = tables.groups(group, parts, spread.value_of)
    listing.show(table)
    if len(parts) > tables.MOST_GROUPS:
        st.caption(f"The {tables.MOST_GROUPS} largest of {wording.counted(len(parts), 'group')}.")
    for part in [part for part in parts.values() if isinstance(part, str)][:5]:
        st.caption(wording.sentence(part))
    st.caption(
        "A customer who bought in two groups counts in both. Top fifth, low and high: with 95 % interval."
    )
    return table


def _definition(chosen: ChosenLog, spread: Concentration) -> dict[str, str]:
    as_of = chosen_log.definition().as_of
    return {
        **notices.log_facts(chosen),
        "As of": f"{as_of}, start of the day" if as_of else "the end of the log",
        spread.value_of.capitalize(): "Sum of a customer's lines, refunds deducted.",
        "Share": f"Of the net total of {wording.money(spread.total)}.",
        "Class": "A while the cumulative share before the customer is below 80 %, B below 95 %, else C.",
        "Intervals": f"Bootstrap, {spread.draws:,} draws, {spread.confidence:.0%}.",
    }


if __name__ == "__main__":
    show()
