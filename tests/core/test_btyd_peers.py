"""Against lifetimes 0.11.3, in a process of its own: it warns, and warnings are errors here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retention_core.btyd.bg_nbd import BGNBD, fit_bg_nbd
from retention_core.btyd.forecasting import BuyTillYouDie, discounted_orders
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from retention_core.btyd.mbg_nbd import MBGNBD, fit_mbg_nbd
from retention_core.btyd.pareto_nbd import ParetoNBD, fit_pareto_nbd
from retention_core.btyd.purchases import PurchaseHistory, purchases

PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

data = load_cdnow_summary_data_with_monetary_value()
x, t, T, m = (data[name].to_numpy() for name in ("frequency", "recency", "T", "monetary_value"))
models = {}
found = {"data": {"x": x.tolist(), "t": t.tolist(), "T": T.tolist(), "m": m.tolist()}}
times = np.array([1.0, 39.0, 300.0])
for fitter in (BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter):
    model = models[fitter.__name__] = fitter()
    model.fit(x, t, T)
    total = -model._negative_log_likelihood_ * (1 if fitter is ParetoNBDFitter else len(x))
    predict = model.conditional_expected_number_of_purchases_up_to_time
    found[fitter.__name__] = {
        "parameters": dict(model.params_),
        "log_likelihood": total - x.sum() * np.log(T.max()),
        "alive": model.conditional_probability_alive(x, t, T).tolist(),
        "expected": [np.asarray(predict(time, x, t, T)).tolist() for time in times],
        "new": np.asarray(model.expected_number_of_purchases_up_to_time(times)).tolist(),
    }
    if fitter is not ParetoNBDFitter:
        found[fitter.__name__]["errors"] = dict(model.standard_errors_)
again = x > 0
money = GammaGammaFitter()
money.fit(x[again], m[again])
found["GammaGammaFitter"] = {
    "parameters": dict(money.params_),
    "errors": dict(money.standard_errors_),
    "log_likelihood": -money._negative_log_likelihood_ * again.sum(),
    "values": money.conditional_expected_average_profit(x, m).tolist(),
}
for name, model in models.items():
    found[name]["values"] = [
        money.customer_lifetime_value(
            model, *map(pd.Series, (x, t, T, m)), time=12, freq="W", discount_rate=rate
        ).tolist()
        for rate in (0.0, 0.01)
    ]
print(json.dumps(found))
"""
PAIRS: list[tuple[type[BuyTillYouDie], str, Any]] = [
    (BGNBD, "BetaGeoFitter", fit_bg_nbd),
    (MBGNBD, "ModifiedBetaGeoFitter", fit_mbg_nbd),
    (ParetoNBD, "ParetoNBDFitter", fit_pareto_nbd),
]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Fits, probabilities and forecasts of lifetimes on its own copy of the CDNOW sample."""
    if find_spec("lifetimes") is None:
        message = "lifetimes is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    program = tmp_path_factory.mktemp("peer") / "peer.py"
    Path(program).write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def history(theirs: dict[str, Any]) -> PurchaseHistory:
    """The same customers."""
    data = theirs["data"]
    return purchases(data["x"], data["t"], data["T"], data["m"])


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_log_likelihood_at_their_parameters_is_theirs(
    theirs: dict[str, Any], history: PurchaseHistory, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    peer = theirs[fitter]
    at = model.given(**peer["parameters"]).log_likelihood_of(history)
    assert at == pytest.approx(peer["log_likelihood"], abs=1e-6)


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_our_maximum_is_at_least_theirs(
    theirs: dict[str, Any], history: PurchaseHistory, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    peer, ours = theirs[fitter], fit(history)
    gain = ours.log_likelihood - peer["log_likelihood"]
    assert -1e-8 <= gain < 1e-2
    assert abs(gain / ours.log_likelihood) < 1e-6
    assert ours.parameters == pytest.approx(peer["parameters"], rel=2e-2)


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_forecasts_at_equal_parameters_are_equal(
    theirs: dict[str, Any], history: PurchaseHistory, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    peer = theirs[fitter]
    ours = model.given(**peer["parameters"])
    assert ours.alive(history) == pytest.approx(np.array(peer["alive"]), abs=1e-6)
    for time, expected in zip((1.0, 39.0, 300.0), peer["expected"], strict=True):
        assert ours.expected_orders(time, history) == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)
    assert ours.expected_orders_new([1.0, 39.0, 300.0]) == pytest.approx(np.array(peer["new"]), rel=1e-6)


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS[:2])
def test_standard_errors_agree_with_theirs(
    theirs: dict[str, Any], history: PurchaseHistory, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    """To what the small distance between both maxima leaves equal."""
    ours = fit(history).standard_errors
    for name, error in theirs[fitter]["errors"].items():
        assert ours[name] == pytest.approx(error, rel=5e-3)


def test_gamma_gamma_agrees_with_theirs(theirs: dict[str, Any], history: PurchaseHistory) -> None:
    peer, ours = theirs["GammaGammaFitter"], fit_gamma_gamma(history)
    assert ours.log_likelihood == pytest.approx(peer["log_likelihood"], abs=1e-4)
    assert ours.parameters == pytest.approx(peer["parameters"], rel=1e-2)
    values = GammaGamma.given(**peer["parameters"]).expected_value(history)
    assert values == pytest.approx(np.array(peer["values"]), rel=1e-9)


WEEKS_A_MONTH = 4.345  # as lifetimes counts


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_values_at_equal_parameters_are_theirs_but_for_the_day_of_discounting(
    theirs: dict[str, Any], history: PurchaseHistory, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    """Lifetimes discounts the orders of a month from its end, ours count each from its own moment."""
    peer, rate = theirs[fitter], 0.01
    ours = model.given(**peer["parameters"])
    each = GammaGamma.given(**theirs["GammaGammaFitter"]["parameters"]).expected_value(history)
    frequency = history.frequency.astype(float)

    def value(rate_a_month: float) -> Any:
        a_week = np.log1p(rate_a_month) / WEEKS_A_MONTH
        ahead = discounted_orders(model, ours.estimates, 12 * WEEKS_A_MONTH, a_week, frequency, history.age)
        return each * ours.alive(history) * ahead

    undiscounted, discounted = (np.array(values) for values in peer["values"])
    assert value(0.0) == pytest.approx(undiscounted, rel=1e-6, abs=1e-6)
    by_month = np.diff([ours.expected_orders(n * WEEKS_A_MONTH, history) for n in range(13)], axis=0)
    from_ends = each * (by_month / (1 + rate) ** np.arange(1, 13)[:, None]).sum(axis=0)
    assert from_ends == pytest.approx(discounted, rel=1e-6, abs=1e-6)
    assert (value(rate) >= discounted * (1 - 1e-9)).all()
    assert (value(rate) <= discounted * (1 + rate) + 1e-6).all()
