"""Segments: best, fading and lost customers, by how recently, how often and for how much they bought."""

from __future__ import annotations

import datetime as dt
import math
import re

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    heat_maps,
    listing,
    notices,
    segment_charts,
    segment_lists,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.segment_lists import FAMILIES
from retention_core.errors import OrderLogError, RetentionError, said
from retention_core.rfm import Rfm, rfm_of
from retention_core.rfm_scores import GONE, NEW, REFUNDS_ONLY, SEGMENTS, Borders, Migration, migrate

_NO_AMOUNTS = (
    "Segments take amounts, and this log says only who ordered and when. If its file holds them, choose "
    "under Your data the column with the amount of the line, or those with quantity and price."
)
_FIFTHS, _FIXED = "fifths of the customers", "fixed borders"
_ALL, _WINDOW = "all orders", "the last days only"
_SCALES = {
    "recency": ("Recency: most days for 5, 4, 3, 2", (30, 90, 180, 365)),
    "frequency": ("Frequency: fewest orders for 2, 3, 4, 5", (2, 3, 5, 10)),
    "monetary": ("Value: least for 2, 3, 4, 5", (50, 100, 200, 500)),
}
_BACK = 92
_ANY = "any"


def show() -> None:
    """The page."""
    st.title("Who are my best, fading and lost customers?")
    chosen = chosen_log.current()
    notices.label(chosen)
    if chosen.log.value_of is None:
        st.info(_NO_AMOUNTS)
        return
    answer = st.container()
    rules = _rules(chosen)
    if rules is None:
        return
    borders, window_days = rules
    table = _scored(chosen, chosen_log.definition().as_of, borders, window_days)
    with answer:
        st.markdown(f"### {_headline(table)}")
        st.markdown(_meaning(table))
        _figures(table)
    notices.few(len(table.buyers))
    notices.warnings(chosen)
    _pictures(chosen, table)
    _customers(chosen, table)
    _moves(chosen, table, borders, window_days)


def _scored(
    chosen: ChosenLog, as_of: dt.date | None, borders: Borders | None, window_days: int | None
) -> Rfm:
    return chosen_log.ask(chosen, rfm_of, as_of=as_of, borders=borders, window_days=window_days)


def _rules(chosen: ChosenLog) -> tuple[Borders | None, int | None] | None:
    """Borders and window as chosen; None where they make no sense, which is said."""
    left, right = st.columns(2)
    scored = left.radio("Scores by", [_FIFTHS, _FIXED], key="rfm scores", horizontal=True)
    counted = right.radio("Count", [_ALL, _WINDOW], key="rfm counted", horizontal=True)
    days = None
    if counted == _WINDOW:
        days = int(
            right.number_input("Days", min_value=1, max_value=36_600, value=365, step=1, key="rfm days")
        )
    if scored == _FIFTHS:
        return None, days
    try:
        return _chosen_borders(chosen), days
    except RetentionError as error:
        st.error(wording.sentence(str(error)), icon=":material/error:")
        return None


def _chosen_borders(chosen: ChosenLog) -> Borders:
    found = {}
    for column, (scale, (label, usual)) in zip(st.columns(3), _SCALES.items(), strict=True):
        text = column.text_input(
            label,
            value=" ".join(map(str, usual)),
            key=f"rfm {scale} {chosen.key}",
            help="Four numbers, blanks between",
        )
        found[scale] = numbers_of(text, label.partition(":")[0])
    return Borders(**found)


def numbers_of(text: str, name: str) -> tuple[float, ...]:
    """Four growing numbers as people type them.

    Raises
    ------
    OrderLogError
        If it is something else.

    Examples
    --------
    >>> numbers_of("30 90; 180, 365.5", "Recency")
    (30.0, 90.0, 180.0, 365.5)
    """
    parts = [part for part in re.split(r"[;\s]+|,\s+", text.strip()) if part]
    wrong = [part for part in parts if not re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", part, re.ASCII)]
    if wrong:
        raise OrderLogError(
            f'{name} must be four numbers with blanks between, such as 30 90 (got "{said(wrong[0])}").'
        )
    numbers = tuple(float(part) for part in parts)
    if len(numbers) != 4 or list(numbers) != sorted(set(numbers)):
        shown = said(", ".join(f"{number:g}" for number in numbers) or "nothing")
        raise OrderLogError(f"{name} must be four numbers, each larger than the one before (got {shown}).")
    return numbers


def _headline(table: Rfm) -> str:
    found = segment_lists.families(table)
    best, fading, lost = (found[name] for name in ("Best", "Fading", "Lost"))
    if not best.customers:
        bring = "No customer is among the best"
    elif best.of_total is None:
        bring = f"{wording.counted(best.customers, 'customer')} are among the best"
    else:
        verb = "brings" if best.customers == 1 else "bring"
        who = wording.counted(best.customers, "best customer")
        bring = f"{who} {verb} {wording.percent(best.of_total)} of the {table.value_of}"
    are = "is" if fading.customers == 1 else "are"
    return f"{bring}; {wording.count(fading.customers)} {are} fading, {wording.count(lost.customers)} lost."


def _meaning(table: Rfm) -> str:
    within = "" if table.window_days is None else f" within the {table.window_days:,} days before"
    how = "one fifth of the customers a score" if table.quantiles else "by the borders below"
    return (
        f"Every customer who ordered{within}, as of {table.as_of}, is scored from 1 to 5 for how "
        "recently, how "
        f"often and for how much, {how}. The scores rank customers; they do not say what anyone will do."
    )


def _figures(table: Rfm) -> None:
    found = segment_lists.families(table)
    listing.show_figures(
        {
            name: (
                wording.count(part.customers),
                f"{', '.join(FAMILIES[name])}: {_share(table, part.of_total)}",
            )
            for name, part in found.items()
        }
    )


def _share(table: Rfm, share: float | None) -> str:
    return f"{wording.percent(share)} of the {table.value_of}"


def _pictures(chosen: ChosenLog, table: Rfm) -> None:
    left, right = st.columns(2, gap="large")
    bars = segment_charts.segment_bars(table)
    with left:
        st.subheader("Segments")
        st.altair_chart(bars, width="stretch")
        st.caption(f"Grey: share of the customers. Coloured: share of the {table.value_of}.")
    with right:
        st.subheader("How they come about")
        st.altair_chart(segment_charts.score_grid(table), width="stretch")
        st.caption(
            "Customers by score. Buying is the mean of the scores for frequency and value, half rounded up."
        )
    listing.show(segment_lists.segments(table), hidden=("Family",))
    st.caption(_borders_said(table))
    picture = downloads.Picture(bars, f"Segments: share of the customers and of the {table.value_of}")
    listed = [segment_lists.segments(table), segment_lists.customers(table)]
    downloads.offer("segments", listed, _definition(chosen, table), picture)


def _borders_said(table: Rfm) -> str:
    days = ", ".join(_border(border) for border in table.borders.recency)
    orders = ", ".join(_border(border) for border in table.borders.frequency)
    least = ", ".join(_border(border) for border in table.borders.monetary)
    return (
        f"Scores begin at: recency 5, 4, 3, 2 up to {days} days; frequency 2, 3, 4, 5 from {orders} orders; "
        f"value 2, 3, 4, 5 from {least}. A border that nobody reaches (–) leaves its score empty."
    )


def _border(border: float) -> str:
    return "–" if math.isinf(border) else f"{border:,.10g}"


def _customers(chosen: ChosenLog, table: Rfm) -> None:
    st.subheader("Customers")
    everyone = segment_lists.customers(table)
    left, right = st.columns(2)
    wanted = left.text_input("Find a customer", key="find scored", placeholder="Part of the name or number")
    names = [segment.name for segment in SEGMENTS]
    picked = right.multiselect("Segments", names, key="segments", placeholder="All")
    shown = segment_lists.found_customers(everyone, wanted, picked)
    if shown.frame.empty:
        st.info("No customer matches.")
        return
    listing.show(shown, height=380)
    st.caption(wording.counted(len(shown.frame), "customer"))
    which = {"Shown": f"Segments: {', '.join(picked) or 'all'}. Name holds: {wanted.strip() or 'anything'}."}
    downloads.offer("segment-customers", [shown], which | _definition(chosen, table))


def _moves(chosen: ChosenLog, table: Rfm, borders: Borders | None, window_days: int | None) -> None:
    st.subheader("Who moved from where to where")
    first, last = chosen.log.first_day + dt.timedelta(days=1), table.as_of - dt.timedelta(days=1)
    if last < first:
        st.info("It takes a log of several days to compare one day with another.")
        return
    usual = max(first, table.as_of - dt.timedelta(days=_BACK))
    before = st.date_input(
        f"From the segments as of this day to those as of {table.as_of}",
        value=usual,
        min_value=first,
        max_value=last,
        key=f"moves {chosen.key} {table.as_of}",
        format="YYYY-MM-DD",
    )
    if not isinstance(before, dt.date):
        return
    then = _scored(chosen, before, borders, window_days)
    moved = migrate(then, table)
    st.markdown(_moved_said(moved))
    chart = segment_charts.migration_map(moved)
    heat_maps.show(chart, segment_charts.MIGRATION_ROWS, angled=True)
    own = "Each day has its own fifths, so customers also move because others do. " if table.quantiles else ""
    st.caption(
        f"{own}Rows: where they were. Columns: where they are. Dark: most of the row. (new): no "
        "customer yet on "
        "the first day. (gone): nothing within the window any more."
    )
    _moved_customers(chosen, table, then, moved, chart)


def _moved_said(moved: Migration) -> str:
    place, column = moved.rows.index("Champions"), moved.names.index("Champions")
    row = moved.counts[place]
    if not sum(row):
        return f"There was no champion on {moved.before}."
    stayed = wording.count(row[column])
    others = sorted(
        ((n, name) for n, name in zip(row, moved.names, strict=True) if name != "Champions" and n),
        reverse=True,
    )
    went = "; ".join(f"{name}: {wording.count(n)}" for n, name in others[:3])
    told = f" The others went to {went}." if others else ""
    are = "is a champion" if row[column] == 1 else "are champions"
    return wording.sentence(
        f"Of {wording.counted(sum(row), 'champion')} on {moved.before}, {stayed} {are} on "
        f"{moved.after}.{told}"
    )


def _moved_customers(chosen: ChosenLog, table: Rfm, then: Rfm, moved: Migration, chart: object) -> None:
    left, right = st.columns(2)
    names = [*(segment.name for segment in SEGMENTS), REFUNDS_ONLY]
    before = left.selectbox("From", [_ANY, NEW, *names], key="moved from")
    after = right.selectbox("To", [_ANY, *names, GONE], key="moved to")
    everyone = segment_lists.moves(then, table)
    chosen_moves = segment_lists.moved(
        everyone, None if before == _ANY else before, None if after == _ANY else after
    )
    if chosen_moves.frame.empty:
        st.info("Nobody moved this way.")
        return
    listing.show(chosen_moves, height=300)
    definition = {"From": str(moved.before), "To": str(moved.after)} | _definition(chosen, table)
    picture = downloads.Picture(chart, f"Customers by segment, {moved.before} to {moved.after}")  # type: ignore[arg-type]
    downloads.offer("segment-moves", [chosen_moves], definition, picture)


def _definition(chosen: ChosenLog, table: Rfm) -> dict[str, str]:
    counted = "everything before" if table.window_days is None else f"the {table.window_days:,} days before"
    how = "fifths of the customers, equal customers alike" if table.quantiles else "fixed borders"
    return {
        **notices.log_facts(chosen),
        "As of": f"{table.as_of}, start of the day; {counted}",
        "Recency": "Days from the last order to that day.",
        "Frequency": "Orders; refunds are none.",
        table.value_of.capitalize(): "Sum of a customer's lines, refunds deducted.",
        "Scores": f"1 to 5 by {how}. {_borders_said(table)}",
        "Segments": "By the recency score and the mean of the two others, half rounded up; see their rules.",
    }


if __name__ == "__main__":
    show()
