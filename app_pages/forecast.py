"""Forecast: whether a model fits the log, and what the customers will bring by it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import streamlit as st

from app_pages import (
    chosen_log,
    downloads,
    forecast_charts,
    forecast_tables,
    listing,
    notices,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.forecast_answers import MODELS, Fitted, checked, fitted_to, reason_of, values_of
from app_pages.tables import Table
from retention_core.btyd.clv import COVERS, LifetimeValues
from retention_core.btyd.forecasting import time_in_unit
from retention_core.btyd.gamma_gamma import GammaGamma
from retention_core.btyd.holdout import Holdout

_LEAVING = (
    "MBG/NBD: customers may leave after any order. BG/NBD: after a repeat order. Pareto/NBD: at any moment."
)
_COMPARED_UNASKED = 30_000
_LINKED = 0.3
_VERDICTS = {
    "fits": "{} fits this log.",
    "does not fit": "{} does not fit this log: take its forecast as a rough guess.",
    "cannot tell": "This log cannot tell yet whether {} fits it: take its forecast with care.",
}


class Terms(NamedTuple):
    """What the reader chose."""

    model: str
    months: int
    discount: float
    check_from: dt.date | None
    as_of: dt.date | None


def show() -> None:
    """The page."""
    st.title("What will these customers bring?")
    chosen = chosen_log.current()
    notices.label(chosen)
    terms = _terms(chosen)
    with st.spinner(f"Fitting {terms.model} …"):
        check = chosen.answer(checked, model=terms.model, calibration_end=terms.check_from, as_of=terms.as_of)
        fitted = chosen.answer(fitted_to, model=terms.model, as_of=terms.as_of)
        values = values_of(chosen, fitted, terms.months, terms.discount)
    if isinstance(fitted, str):
        st.markdown(f"### {terms.model} makes no forecast of this log.")
        st.info(notices.in_app_words(fitted))
    else:
        _expected(fitted, values, terms, check)
    _verdict(terms.model, check, fitted)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)
    if isinstance(check, Holdout):
        _plots(check)
    if isinstance(fitted, str):
        _models(chosen, terms)
    else:
        _customers(chosen, fitted, values, terms, check)


def _terms(chosen: ChosenLog) -> Terms:
    as_of = chosen_log.definition().as_of
    one, two, three, four = st.columns(4)
    model = one.selectbox("Model", list(MODELS), key="forecast model", help=_LEAVING)
    months = two.number_input("Months ahead", 1, 120, 12, key="months ahead")
    discount = three.number_input(
        "Discount a year (%)", 0.0, 200.0, 10.0, 1.0, key="discount a year", format="%.1f",
        help="Money in a year is worth less than money now; 10 % is common.",
    )  # fmt: skip
    last = chosen.log.last_day if as_of is None else as_of - dt.timedelta(days=1)
    first = chosen.log.first_day + dt.timedelta(days=1)
    if last < first:
        return Terms(model, int(months), discount / 100, None, as_of)
    check_from = four.date_input(
        "Check from", value=None, min_value=first, max_value=last,
        key=f"check from {chosen.key} {as_of}", format="YYYY-MM-DD",
        help="The model is fitted to the orders before this day and forecasts those from it on, which are "
        "known. Empty: the middle of the log.",
    )  # fmt: skip
    chosen_day = check_from if isinstance(check_from, dt.date) else None
    return Terms(model, int(months), discount / 100, chosen_day, as_of)


def _verdict(name: str, check: Holdout | str, fitted: Fitted | str) -> None:
    if isinstance(check, str):
        if not isinstance(fitted, str):
            st.markdown("### The forecast could not be checked: take it as a rough guess.")
            st.markdown(notices.in_app_words(check))
        return
    st.markdown(f"### {_VERDICTS[check.verdict].format(name)}")
    expected, actual = wording.count(check.expected), wording.counted(check.actual, "order day")
    st.markdown(
        f"Fitted to the orders before {check.calibration_end}, it expected {expected} order days of "
        f"{wording.counted(check.customers, 'customer')} until {check.holdout_end - dt.timedelta(days=1)}; "
        f"there were {actual}. {notices.in_app_words(reason_of(check))}"
    )


def _expected(fitted: Fitted, values: LifetimeValues | str, terms: Terms, check: Holdout | str) -> None:
    history = fitted.history
    time = time_in_unit(terms.months, history.unit)
    orders = float(fitted.model.expected_orders(time, history).sum())
    within = "the next month" if terms.months == 1 else f"the next {terms.months} months"
    who = f"these {wording.counted(history.n, 'customer')}"
    if isinstance(values, str):
        st.markdown(f"### In {within}, {who} are expected to order {wording.count(orders)} times.")
        st.info(wording.sentence(values))
        return
    bring = f"{wording.money(values.total)} of {values.value_of or 'value'}"
    st.markdown(f"### In {within}, {who} are expected to bring {bring}.")
    st.markdown(f"{_limits(values)} {wording.sentence(COVERS)}{_doubt(fitted, check)}")
    listing.show_figures(
        {
            "Expected orders": (wording.count(orders), "Days with an order, of all customers together"),
            "Still there": (
                wording.count(float(values.alive.sum())),
                "Customers expected to be still there: the sum of their probabilities",
            ),
            "Order value": (
                wording.money(float(values.expected_value.mean())),
                "Expected value of an order, mean over customers",
            ),
        }
    )


def _limits(values: LifetimeValues) -> str:
    discount = f"discounted at {wording.percent(values.discount)} a year"
    if not values.total_low <= values.total_high:
        return (
            f"That is {discount}. No interval can be given: this log leaves the parameters all but "
            "undetermined."
        )
    low, high = wording.money(values.total_low), wording.money(values.total_high)
    return f"The 95 % interval is {low} to {high}, {discount}."


def _doubt(fitted: Fitted, check: Holdout | str) -> str:
    """What else speaks against the figures."""
    doubts = []
    if not isinstance(check, Holdout) or check.verdict != "fits":
        doubts.append("It does not cover a model that is wrong either.")
    spending = fitted.spending
    if isinstance(spending, GammaGamma):
        if abs(spending.correlation) > _LINKED:
            doubts.append(
                f"Value and frequency go together here (correlation {spending.correlation:.2f}), which "
                "Gamma-Gamma takes them not to do."
            )
        if spending.left_out:
            doubts.append(
                f"{wording.counted(spending.left_out, 'repeat customer')} with a mean value of zero or less "
                "are expected to keep it."
            )
    return "".join(f" {doubt}" for doubt in doubts)


def _plots(check: Holdout) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Week by week")
        st.altair_chart(forecast_charts.tracking(check), width="stretch")
        st.caption(
            "Repeat orders since the log began. Right of the dashed line, the model had not seen them."
        )
    with right:
        st.subheader("By customers' past")
        st.altair_chart(forecast_charts.calibration(check), width="stretch")
        st.caption("Customers by their repeat orders before the check; the last point is 7 and more.")
    with st.expander("How the verdict is reached"):
        st.markdown(notices.in_app_words(check.rule))
        listing.show(forecast_tables.by_frequency(check))


def _models(chosen: ChosenLog, terms: Terms) -> None:
    """What the check says of all three models; in a large log only when asked."""
    compared = st.toggle(
        "Check all three models",
        value=chosen.log.customers <= _COMPARED_UNASKED,
        key=f"compare models {chosen.key}",
    )
    if not compared:
        return
    with st.spinner("Fitting the other models …"):
        checks = {
            name: chosen.answer(checked, model=name, calibration_end=terms.check_from, as_of=terms.as_of)
            for name in MODELS
        }
    listing.show(forecast_tables.models(checks))
    st.caption(f"Error: expected over actual orders in the check, with its 95 % interval. {_LEAVING}")


def _customers(
    chosen: ChosenLog, fitted: Fitted, values: LifetimeValues | str, terms: Terms, check: Holdout | str
) -> None:
    parts = [fitted.model] + ([fitted.spending] if isinstance(fitted.spending, GammaGamma) else [])
    parameters = forecast_tables.parameters(parts)
    table = _listed(fitted, values, terms)
    _models(chosen, terms)
    left, right = st.columns(2, gap="large")
    with left:
        picture = _best(values, terms)
    with right:
        st.subheader("Parameters")
        listing.show(parameters, hidden=("Standard error",))
        st.caption(
            "Maximum likelihood, time in weeks; low and high: 95 % interval. "
            "Standard errors are in the download."
        )
    listed = [table, parameters]
    if isinstance(values, LifetimeValues):
        listed.insert(0, forecast_tables.summary(values))
    if isinstance(check, Holdout):
        listed += [forecast_tables.by_frequency(check), forecast_tables.by_week(check)]
    downloads.offer("forecast", listed, _definition(chosen, fitted, terms, check), picture)


def _best(values: LifetimeValues | str, terms: Terms) -> downloads.Picture | None:
    if isinstance(values, str):
        return None
    st.subheader("Who will bring most")
    chart = forecast_charts.best_customers(values)
    st.altair_chart(chart, width="stretch")
    st.caption("Orange: the 95 % interval.")
    title = f"Expected {values.value_of or 'value'} within {terms.months} months"
    return downloads.Picture(chart, title)


def _listed(fitted: Fitted, values: LifetimeValues | str, terms: Terms) -> Table:
    st.subheader("Customers")
    if isinstance(values, LifetimeValues):
        table = forecast_tables.customers(fitted.history, values)
    else:
        time = time_in_unit(terms.months, fitted.history.unit)
        alive, orders = fitted.model.alive(fitted.history), fitted.model.expected_orders(time, fitted.history)
        table = forecast_tables.customers_without_values(fitted.history, alive, orders)
    wanted = st.text_input("Find a customer", key="find forecast", placeholder="Part of the name or number")
    shown = forecast_tables.with_name(table, wanted)
    if shown.frame.empty:
        st.info("No customer matches.")
    else:
        listing.show(shown, height=380)
    return table


def _definition(chosen: ChosenLog, fitted: Fitted, terms: Terms, check: Holdout | str) -> dict[str, str]:
    checked = {"Check": check} if isinstance(check, str) else {
        "Check": f"{check.verdict}. {reason_of(check)}", "Rule of the check": check.rule}  # fmt: skip
    return {
        **notices.log_facts(chosen),
        "As of": f"{fitted.history.as_of}, start of the day",
        "Model": f"{terms.model}. {_LEAVING}",
        **checked,
        "Still there": "Probability that the customer will order again at all, by the model.",
        "Expected orders": f"Days with an order in the next {terms.months} months, not discounted.",
        "Value": (
            f"Discounted {fitted.history.value_of or 'value'} of these orders, at "
            f"{wording.percent(terms.discount)} a year; what was bought so far is not counted."
        ),
        "Low and high": COVERS,
    }


if __name__ == "__main__":
    show()
