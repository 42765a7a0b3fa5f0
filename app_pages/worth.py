"""Worth: what a point of retention is worth, what it may cost, and what stands behind the popular claims."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import (
    downloads,
    listing,
    notices,
    wording,
    worth_charts,
    worth_inputs,
    worth_lists,
    worth_sections,
)
from app_pages.worth_inputs import Source
from retention_core.errors import RetentionError
from retention_core.point_worth import WorthCurve, worth_curve
from retention_core.worth import DISCOUNT

WORDS = {
    "customers": "“Customers”",
    "margin": "“Yearly margin each”",
    "retention": "“Yearly retention (%)”",
    "discount": "“Yearly discount (%)”",
}
_TRUST = (
    "The formula takes every customer to stay from one year to the next with the same chance, for ever, and "
    "a point more to hold for ever. In most logs some leave soon and others hardly ever: then the worth of a "
    "point depends on whose point it is. Forecast tells what each customer is expected to bring.",
    "A point's worth is what may be spent on it, not what it costs: what keeps customers, and how many, only "
    "a trial tells, with a group left alone.",
    "By simulation: 100,000 customers, each paying once now and then for as many years as chance lets it "
    "stay. Give or take is two standard errors of the simulation; it says nothing of the figures put in.",
)


_LEFT_TO_THE_DOWNLOAD = ("Retention", "For one year", "A customer, one year")


class Given(NamedTuple):
    """What the worth is computed from; None for what is not known."""

    customers: int | None
    margin: float | None
    retention: float | None
    discount: float | None


def show() -> None:
    """The page."""
    st.title("What is a point of retention worth?")
    note, answer, asked = st.container(), st.container(), st.container(horizontal=True)
    with note:
        start = worth_inputs.source(asked, "worth")
    given = _asked(asked, start)
    curve = _computed(given, start)
    if isinstance(curve, str):
        answer.markdown("### What a point of retention is worth to you is unknown.")
        answer.info(curve)
    else:
        answer.markdown(f"### {_headline(curve)}")
        answer.markdown(_meaning(curve))
        _first_screen(curve, start)
    if start.chosen is not None:
        notices.few(given.customers if given.customers is not None else start.chosen.log.customers)
        notices.warnings(start.chosen)
    _assumed(start)
    five = worth_sections.five_points(given.margin, given.retention, given.discount, start)
    costs = worth_sections.costs(given.margin, given.retention, given.discount, start)
    tenure = worth_sections.tenure(start)
    worth_sections.popular(five, costs, tenure, start)


def _asked(place: DeltaGenerator, start: Source) -> Given:
    return Given(
        worth_inputs.customers_of(place, start),
        worth_inputs.margin_of(place, start),
        worth_inputs.retention_of(place, start),
        worth_inputs.share(
            place, start, "discount", "Yearly discount (%)", first=DISCOUNT,
            help="Money in a year is worth less than money now; 10 % is common.",
        ),
    )  # fmt: skip


def _computed(given: Given, start: Source) -> WorthCurve | str:
    """The curve, or the sentence why there is none."""
    missing = worth_inputs.needed(
        {
            "the customers": given.customers,
            "the margin of a customer and year": given.margin,
            "the retention": given.retention,
            "the discount": given.discount,
        }
    )
    customers, margin, retention, discount = given
    if customers is None or margin is None or retention is None or discount is None:
        why = f" {worth_inputs.about_margin(start)}" if margin is None else ""
        return wording.sentence(f"Type {missing}.{why} {start.why}".strip())
    known = start.figures.retention if start.figures else None
    between = (known.low, known.high) if known is not None and known.value == retention else (None, None)
    try:
        return worth_curve(customers, margin, retention, discount, between=between)
    except RetentionError as error:
        return wording.sentence(error.in_words(WORDS))


def _headline(curve: WorthCurve) -> str:
    if not curve.rows:
        return f"A retention of {wording.percent(curve.retention)} leaves no room for one more point."
    worth = curve.rows[0].worth
    if worth < 0:
        return (
            f"One more point of retention takes {wording.money(-worth)} from you: a customer costs more than "
            "it brings."
        )
    if not worth:
        return "One more point of retention is worth nothing here: nothing is brought in."
    return f"One more point of retention is worth {wording.money(worth)} to you."


def _meaning(curve: WorthCurve) -> str:
    now = f"A customer is worth {wording.money(curve.now)} today"
    if not curve.rows:
        return f"{now}."
    first = curve.rows[0]
    rates = f"from {wording.percent(curve.retention)} to {wording.percent(first.retention)}"
    return (
        f"In money of today, {rates} and kept for good{_limits(curve)}. {now}, and "
        f"{wording.money(first.each)} more for that point: as much may be spent on each of "
        f"{wording.counted(round(curve.customers), 'customer')} for a point that lasts, "
        f"{wording.money(first.each_once)} for one that holds for a year."
    )


def _limits(curve: WorthCurve) -> str:
    low, high = curve.point.low, curve.point.high
    if low is None and high is None:
        return ""
    told = (
        f"{wording.money(low)} to {wording.money(high)}" if low is not None and high is not None
        else f"{wording.money(low)} or more" if high is None else f"{wording.money(high)} or less"
    )  # fmt: skip
    return f"; {told} within the 95 % limits of your retention"


def _first_screen(curve: WorthCurve, start: Source) -> None:
    listed = [worth_lists.starting_figures(curve, start.figures)]
    picture = None
    if curve.rows:
        points = worth_lists.points(curve)
        listed.insert(0, points)
        left, right = st.columns([2, 3], gap="large")
        with left:
            chart = worth_charts.worth_of_points(curve)
            st.altair_chart(chart, width="stretch")
            st.caption(
                "Below zero: more customers kept means more lost on them." if curve.margin < 0
                else "Both lines break even: spending less than that, once and today, repays."
            )  # fmt: skip
        with right:
            listing.show(points, height=290, hidden=_LEFT_TO_THE_DOWNLOAD)
            st.caption(
                "By formula and by simulation: all customers, kept for good. A customer: the most that may "
                "be spent on each. The download has one year alone as well."
            )
        picture = downloads.Picture(chart, "What points of retention are worth, and may cost at most")
    downloads.offer("worth", listed, _definition(curve, start), picture)


def _definition(curve: WorthCurve, start: Source) -> dict[str, str]:
    return {
        **worth_inputs.facts(start),
        "Answer": curve.sentence,
        "Worth": "Customers x (V(retention + points) - V(retention)), V(r) = margin x (1 + discount) / "
        "(1 + discount - r): the first margin now, all rates by the year.",
        "For one year": "The same where the points hold for the next year alone.",
        "A customer": "The most that may be spent today on each customer: break-even.",
        **{f"Note {place}": note for place, note in enumerate(_TRUST, 1)},
        "Blank cells": "Unknown, never zero.",
    }


def _assumed(start: Source) -> None:
    with st.expander("Where the figures come from, what is assumed, how far to trust it"):
        for told in (*(start.figures.sentences if start.figures else ()), *_TRUST):
            st.markdown(f"- {notices.in_app_words(told)}")


if __name__ == "__main__":
    show()
