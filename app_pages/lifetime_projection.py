"""The second half of Lifetime: survivors by period, fitted and carried on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from app_pages import chosen_log, downloads, lifetime_charts, lifetime_tables, listing, wording
from app_pages.chosen_log import ChosenLog
from app_pages.survivor_text import survivors_in
from retention_core.cohort_survivors import CohortSurvivors, survivors_of
from retention_core.errors import RetentionError
from retention_core.orders import OrderLog
from retention_core.projection import (
    ModelComparison,
    Projection,
    RetentionModel,
    compare_models,
    fit_sbg,
)

_LOG, _TYPED = "this log", "figures you type"
_PUBLISHED = {
    "High End (published)": (
        "1000, 869, 743, 653, 593, 551, 517, 491",
        "Customers of a service who renew once a year, “High End”: Fader and Hardie (2007).",
    ),
    "Regular (published)": (
        "1000, 631, 468, 382, 326, 289, 262, 241",
        "Customers of a service who renew once a year, “Regular”: Fader and Hardie (2007).",
    ),
}
_WORDS = {
    "survivors": "The list of survivors",
    "discount": "The discount",
    "horizon": "The horizon",
    "periods": "The number of periods",
}


class _Fit(NamedTuple):
    """The fitted models, the one to use, and why."""

    models: tuple[RetentionModel, ...]
    preferred: RetentionModel
    verdict: str
    notes: tuple[str, ...]


@st.fragment
def show(chosen: ChosenLog, rule: int, as_of: dt.date | None) -> None:
    """Drawn anew without the rest of the page."""
    st.header("Where the curve goes")
    st.markdown(
        "Count the customers of one cohort at its start and after each period. The model is fitted to the "
        "counts and carries them on."
    )
    counted = chosen.answer(_counted, active_days=rule, as_of=as_of)
    left, right = st.columns([2, 3], gap="large")
    with left:
        text, about = _asked(chosen, rule, as_of, counted)
        ahead, discount = _terms()
    try:
        fit = _fitted(survivors_in(text))
    except RetentionError as error:
        with right:
            st.info(wording.sentence(error.in_words(_WORDS)))
        return
    with right:
        shown = _drawn(fit, ahead)
    _account(fit, shown, ahead, discount, about)


def _counted(log: OrderLog, *, active_days: int, as_of: dt.date | None) -> CohortSurvivors | str:
    try:
        return survivors_of(log, active_days, as_of=as_of)
    except RetentionError as error:
        return error.in_words(chosen_log.SIDEBAR_WORDS)


def _asked(
    chosen: ChosenLog, rule: int, as_of: dt.date | None, counted: CohortSurvivors | str
) -> tuple[str, str]:
    """The survivors as text, and what they are."""
    sources = [*_PUBLISHED, _TYPED]
    if isinstance(counted, CohortSurvivors):
        sources = [_LOG, *sources]
    else:
        st.caption(f"{wording.sentence(counted)} A published example stands in.")
    source = st.selectbox("Survivors of", sources, key=f"survivors of {chosen.key}")
    first, about = _first_text(source, counted)
    text = st.text_area(
        "Survivors by period, the start first",
        value=first,
        key=f"survivors {chosen.key} {rule} {as_of} {source}",
        height=100,
        help="Customers, in one line with commas or spaces, or a column or row copied from a sheet",
    )
    if text.strip() != first:
        about = "Figures typed in."
    st.caption(wording.sentence(about))
    return text, about


def _first_text(source: str, counted: CohortSurvivors | str) -> tuple[str, str]:
    if source in _PUBLISHED:
        return _PUBLISHED[source]
    if source == _LOG and isinstance(counted, CohortSurvivors):
        return ", ".join(map(str, counted.counts)), counted.definition
    return "", "Figures typed in."


def _terms() -> tuple[int, float]:
    left, right = st.columns(2)
    ahead = left.number_input("Periods ahead", min_value=1, max_value=200, value=8, key="periods ahead")
    discount = right.number_input(
        "Discount (%)",
        min_value=0.1,
        max_value=100.0,
        value=10.0,
        step=1.0,
        key="discount a period",
        help="A period: what money paid one period later is worth less",
    )
    return int(ahead), discount / 100


def _fitted(survivors: Sequence[float]) -> _Fit:
    """Both models where the counts can bear them, else the simple one and the sentence why."""
    try:
        both: ModelComparison = compare_models(survivors)
    except RetentionError as error:
        simple = fit_sbg(survivors)
        why = f"The flexible model (BdW) cannot be fitted. {error.in_words(_WORDS)}"
        verdict = f"Use the {simple.law.name} model: the counts bear no other."
        return _Fit((simple,), simple, verdict, (why, *simple.notes))
    notes = tuple(dict.fromkeys((*both.simple.notes, *both.extended.notes)))
    preferred = both.extended if both.p < 1 - both.simple.confidence else both.simple
    return _Fit((both.simple, both.extended), preferred, both.verdict, notes)


def _drawn(fit: _Fit, ahead: int) -> dict[str, Projection]:
    shown = {lifetime_tables.SHORT[model.law.name]: model.project(ahead) for model in fit.models}
    chart = lifetime_charts.projection(shown, lifetime_tables.SHORT[fit.preferred.law.name])
    st.altair_chart(chart, width="stretch")
    st.caption(
        "Dots: as counted, up to the dashed line. Green: the model to use, with the 95 % interval of its "
        "curve; a cohort's own counts scatter about it as well."
    )
    return shown


def _account(fit: _Fit, shown: dict[str, Projection], ahead: int, discount: float, about: str) -> None:
    model = fit.preferred
    end = len(model.survivors) - 1 + ahead
    left, limits = model.survival(end)
    st.markdown(f"### After {end:,} periods, {wording.percent(left)} of the cohort are expected to be left.")
    st.markdown(f"The 95 % interval is {wording.percent_between(*limits)}. {wording.sentence(fit.verdict)}")
    for note in fit.notes:
        st.caption(wording.sentence(note))
    _figures(model, end, discount)
    projected, parameters = lifetime_tables.projected(shown), lifetime_tables.parameters(fit.models)
    one, other = st.columns([3, 2], gap="large")
    with one:
        listing.show(projected, height=330)
    with other:
        listing.show(parameters)
        st.caption(
            "Maximum likelihood; standard errors from the curvature at the maximum. sBG: customers differ in "
            "their chance of leaving. BdW: that chance may also change with age (c)."
        )
    chart = lifetime_charts.projection(shown, lifetime_tables.SHORT[model.law.name])
    picture = downloads.Picture(chart, f"Survivors and their projection: {fit.verdict}")
    downloads.offer("projection", [projected, parameters], _definition(fit, about, discount), picture)


def _figures(model: RetentionModel, end: int, discount: float) -> None:
    first, stay = model.first_churn, model.lifetime(end)
    figures = {
        "Lost in period 1": (
            wording.percent(first.value),
            f"95 % interval {wording.percent_between(first.low, first.high)}",
        ),
        "Lifetime": (
            f"{stay.value:,.1f}",
            f"Periods of the first {end:,} that a new customer is there; "
            f"95 % interval {stay.low:,.1f} to {stay.high:,.1f}",
        ),
    }
    last = len(model.survivors)
    try:
        new, old = model.discounted_lifetime(discount), model.residual_lifetime(last, discount)
    except RetentionError as error:
        st.info(wording.sentence(error.in_words(_WORDS)))
    else:
        figures["New customer's worth"] = (
            f"{new.value:,.2f}",
            "Payments of 1 a period, the first now, discounted; "
            f"95 % interval {new.low:,.2f} to {new.high:,.2f}",
        )
        figures["Worth of one left"] = (
            f"{old.value:,.2f}",
            f"Discounted residual lifetime of a customer in period {last:,}, about to renew, at 1 a period; "
            f"95 % interval {old.low:,.2f} to {old.high:,.2f}",
        )
    listing.show_figures(figures)
    st.caption(_lifetime_said(model))


def _lifetime_said(model: RetentionModel) -> str:
    try:
        return wording.sentence(model.lifetime().sentence)
    except RetentionError:
        return ""


def _definition(fit: _Fit, about: str, discount: float) -> dict[str, str]:
    return {
        "Log": about,
        "Models": " ".join(model.definition for model in fit.models),
        "Which to use": fit.verdict,
        "Notes": " ".join(fit.notes),
        "Left": "Share of the cohort left at the end of the period, by the model.",
        "Low and high": "95 % interval of the curve; a cohort's own counts scatter about it as well.",
        "Retention": "Share of those left a period before.",
        "Discount": f"{wording.percent(discount)} a period.",
    }
