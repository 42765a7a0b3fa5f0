"""What the customers of a log are expected to bring: first whether a model fits, then its figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np

from retention_core.btyd.bg_nbd import fit_bg_nbd
from retention_core.btyd.clv import COVERS, LifetimeValues, lifetime_values
from retention_core.btyd.estimates import DRAWS, ModelError
from retention_core.btyd.forecasting import BuyTillYouDie, alive, time_in_unit
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from retention_core.btyd.holdout import Holdout, validate_forecast
from retention_core.btyd.mbg_nbd import fit_mbg_nbd
from retention_core.btyd.pareto_nbd import fit_pareto_nbd
from retention_core.btyd.purchases import Floats, PurchaseHistory, distinct, purchases_of
from retention_core.concentration import Estimate
from retention_core.errors import RetentionError
from retention_core.report.questions import Asked
from retention_core.report.sampling import Sample
from retention_core.report.section import Section, counted, limits, number, unanswered

MODELS: Mapping[str, Callable[[PurchaseHistory], BuyTillYouDie]] = {
    "mbg-nbd": fit_mbg_nbd,
    "bg-nbd": fit_bg_nbd,
    "pareto-nbd": fit_pareto_nbd,
}
MONTHS = 12
DISCOUNT = 0.1
CONFIDENCE = 0.95
_TITLE = "Forecast"
Rows: TypeAlias = tuple[tuple[str, ...], ...]


def forecast_section(asked: Asked) -> Section:
    """Orders and value of the next twelve months, if the model holds against the second half of the log."""
    try:
        check = validate_forecast(
            asked.sample.log, MODELS[asked.model], as_of=asked.day, confidence=CONFIDENCE
        )
    except RetentionError as error:
        return unanswered(_TITLE, f"No forecast, because none can be held against this log: {error}")
    figures: dict[str, Any] = {"model": check.model.name, "holdout": _holdout_json(check)}
    said = [_holdout_said(check)]
    columns: tuple[str, ...]
    columns, rows = ("repeat orders before", "customers", "expected each", "actual each"), _group_rows(check)
    if check.verdict == "does not fit":
        said.append(f"So no total is given; another model may fit: {_others(asked.model)} (--model).")
    else:
        ahead, columns, rows = _ahead(asked, said)
        figures |= ahead
    return Section(_TITLE, (*said, *asked.sample.sentences), figures, columns, rows)


def _others(model: str) -> str:
    return " or ".join(name for name in MODELS if name != model)


def _holdout_said(check: Holdout) -> str:
    verdict = "may or may not fit" if check.verdict == "cannot tell" else check.verdict
    return (
        f"{check.model.name}, fitted to the orders before {check.calibration_end}, {verdict}: of the "
        f"{counted(check.customers, 'customer')} until then it expects {number(check.expected)} orders from "
        f"that day to {check.holdout_end}, and there were {check.actual:,}. {check.reason}"
    )


def _holdout_json(check: Holdout) -> dict[str, Any]:
    return {
        "verdict": check.verdict,
        "reason": check.reason,
        "rule": check.rule,
        "calibration_end": str(check.calibration_end),
        "holdout_end": str(check.holdout_end),
        "customers": check.customers,
        "expected": check.expected,
        "actual": check.actual,
        "error": {"value": check.error, "low": check.error_low, "high": check.error_high},
        "groups": check.groups.to_dict("records"),
    }


def _group_rows(check: Holdout) -> Rows:
    return tuple(
        (row.frequency, number(row.customers), number(row.expected, 2), number(row.actual, 2))
        for row in check.groups.itertuples()
    )


def _ahead(asked: Asked, said: list[str]) -> tuple[dict[str, Any], tuple[str, ...], Rows]:
    """The figures of the next months; what is to be said of them is added to `said`."""
    sample = asked.sample
    history = purchases_of(sample.log, as_of=asked.day)
    model = MODELS[asked.model](history)
    there = model.alive(history)
    orders = expected_total(model, history, sample)
    figures: dict[str, Any] = {
        "months": MONTHS,
        "from": str(history.as_of),
        "customers": history.n,
        "sampled_of": sample.sampled_of,
        "parameters": model.to_frame().to_dict("records"),
        "alive": float(there.sum()) * sample.times,
        "orders": limits(orders),
        "value": None,
    }
    rows = [_row("orders, those of one day as one", orders)]
    said.append(
        f"In the {MONTHS} months from {history.as_of} today's customers, new ones not counted, are expected "
        f"to order {_said(orders)} times."
    )
    try:
        value, value_figures = _value(model, history, sample)
    except ModelError as error:
        said.append(f"Their value cannot be said: {error}")
        figures["no_value"] = str(error)
    else:
        figures |= value_figures
        rows.append(_row(f"{history.value_of}, at {DISCOUNT:.0%} interest a year", value))
    said.append(COVERS if sample.whole else f"{COVERS} The sampling is allowed for.")
    return figures, ("", "expected", "low", "high"), tuple(rows)


def _said(figure: Estimate) -> str:
    return f"{number(figure.value)} ({number(figure.low)} to {number(figure.high)})"


def _row(name: str, figure: Estimate) -> tuple[str, ...]:
    return (name, number(figure.value), number(figure.low), number(figure.high))


def _value(model: BuyTillYouDie, history: PurchaseHistory, sample: Sample) -> tuple[Estimate, dict[str, Any]]:
    spending = fit_gamma_gamma(history)
    found = lifetime_values(model, spending, history, months=MONTHS, discount=DISCOUNT, confidence=CONFIDENCE)
    within = Estimate(found.total, found.total_low, found.total_high)
    total = scaled(within, found.value, sample, CONFIDENCE)
    return total, _value_json(total, found, spending)


def _value_json(total: Estimate, found: LifetimeValues, spending: GammaGamma) -> dict[str, Any]:
    return {
        "value": limits(total),
        "value_of": found.value_of,
        "discount": found.discount,
        "covers": found.covers,
        "order_value": {
            "model": spending.name,
            "parameters": spending.to_frame().to_dict("records"),
            "correlation_with_frequency": spending.correlation,
            "customers_left_out": spending.left_out,
        },
    }


def expected_total(model: BuyTillYouDie, history: PurchaseHistory, sample: Sample) -> Estimate:
    """Orders expected of all customers, with the spread over drawn parameters."""
    time = time_in_unit(MONTHS, model.unit)
    each = model.expected_orders(time, history)
    low, high = np.quantile(
        _drawn_totals(model, history, time), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], method="nearest"
    )
    return scaled(Estimate(float(each.sum()), float(low), float(high)), each, sample, CONFIDENCE)


def _drawn_totals(model: BuyTillYouDie, history: PurchaseHistory, time: float) -> list[float]:
    first, which = distinct(history.frequency, history.recency, history.age)
    frequency = history.frequency[first].astype(np.float64)
    recency, age = history.recency[first], history.age[first]
    pairs, place = distinct(history.frequency[first], age)
    many = np.bincount(which)
    totals = []
    for parameters in model.drawn(DRAWS):
        ahead = model.orders_if_alive(parameters, np.full(1, time), frequency[pairs], age[pairs])
        there = alive(model.log_odds_gone(parameters, frequency, recency, age))
        totals.append(float(many @ (there * ahead[place])))
    return totals


def scaled(total: Estimate, each: Floats, sample: Sample, confidence: float) -> Estimate:
    """A sum over sampled customers as one over all, its interval widened by the sampling.

    Notes
    -----
    With N customers, n of them sampled, and s the standard deviation between them, the sampling error of the
    sum has the standard deviation N s sqrt((1 - n/N) / n); its reach and that of the interval add up as
    squares.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd edition, equation 2.20.
    """
    if sample.whole:
        return total
    share = sample.customers / sample.of
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    reach = z * sample.of * float(np.std(each, ddof=1)) * math.sqrt((1 - share) / len(each))
    value, low, high = (sample.times * one for one in (total.value, total.low, total.high))
    return Estimate(value, value - math.hypot(value - low, reach), value + math.hypot(high - value, reach))
