"""What the forecast page asks of a log; each answer is kept, a sentence in place of a fit that fails too."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app_pages.chosen_log import ChosenLog
from retention_core.btyd.bg_nbd import fit_bg_nbd
from retention_core.btyd.clv import LifetimeValues, lifetime_values
from retention_core.btyd.forecasting import BuyTillYouDie
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from retention_core.btyd.holdout import Holdout, validate_forecast
from retention_core.btyd.mbg_nbd import fit_mbg_nbd
from retention_core.btyd.pareto_nbd import fit_pareto_nbd
from retention_core.btyd.purchases import PurchaseHistory, purchases_of
from retention_core.errors import RetentionError
from retention_core.orders import OrderLog

MODELS: dict[str, Callable[[PurchaseHistory], BuyTillYouDie]] = {
    "MBG/NBD": fit_mbg_nbd,
    "BG/NBD": fit_bg_nbd,
    "Pareto/NBD": fit_pareto_nbd,
}
_WORDS = {
    "as_of": "as-of date",
    "calibration_end": "The first day of the check",
    "months": "Months ahead",
    "discount": "The discount",
}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The models fitted to the whole log; `spending` is a sentence where there is none."""

    history: PurchaseHistory
    model: BuyTillYouDie
    spending: GammaGamma | str


def checked(
    log: OrderLog, *, model: str, calibration_end: dt.date | None, as_of: dt.date | None
) -> Holdout | str:
    """The check, or the sentence why there is none: kept as well, for a fit that fails takes its time."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return validate_forecast(log, MODELS[model], calibration_end=calibration_end, as_of=as_of)
    except RetentionError as error:
        return _in_words(error)


def reason_of(check: Holdout) -> str:
    """Why the verdict is what it is; limits that could not be worked out are said to be missing."""
    if math.isnan(check.error_low):
        return "The parameters are so uncertain that no limits of the error can be given."
    return check.reason


def fitted_to(log: OrderLog, *, model: str, as_of: dt.date | None) -> Fitted | str:
    """The models fitted to the log up to `as_of`, or the sentence why they cannot be."""
    try:
        history = purchases_of(log, as_of=as_of)
        orders = MODELS[model](history)
    except RetentionError as error:
        return _in_words(error)
    try:
        return Fitted(history, orders, fit_gamma_gamma(history))
    except RetentionError as error:
        return Fitted(history, orders, _in_words(error))


def values_of(chosen: ChosenLog, fitted: Fitted | str, months: int, discount: float) -> LifetimeValues | str:
    """The values, or the sentence why there are none."""
    if isinstance(fitted, str):
        return fitted
    return chosen.answer(_valued, fitted=fitted, months=months, discount=discount)


def _valued(_: OrderLog, *, fitted: Fitted, months: int, discount: float) -> LifetimeValues | str:
    if isinstance(fitted.spending, str):
        return fitted.spending
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return lifetime_values(
                fitted.model, fitted.spending, fitted.history, months=months, discount=discount
            )
    except RetentionError as error:
        return _in_words(error)


def _in_words(error: RetentionError) -> str:
    """The sentence with the models called by their names."""
    return re.sub(r" \(fit_[\w, ]+\)", "", error.in_words(_WORDS))
