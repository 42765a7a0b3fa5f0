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
from retention_core.btyd.forecasting import BuyTillYouDie
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from retention_core.btyd.mbg_nbd import MBGNBD, fit_mbg_nbd
from retention_core.btyd.pareto_nbd import ParetoNBD, fit_pareto_nbd
from retention_core.btyd.purchases import Purchases, purchases

PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

data = load_cdnow_summary_data_with_monetary_value()
x, t, T, m = (data[name].to_numpy() for name in ("frequency", "recency", "T", "monetary_value"))
found = {"data": {"x": x.tolist(), "t": t.tolist(), "T": T.tolist(), "m": m.tolist()}}
times = np.array([1.0, 39.0, 300.0])
for fitter in (BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter):
    model = fitter()
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
def history(theirs: dict[str, Any]) -> Purchases:
    """The same customers."""
    data = theirs["data"]
    return purchases(data["x"], data["t"], data["T"], data["m"])


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_log_likelihood_at_their_parameters_is_theirs(
    theirs: dict[str, Any], history: Purchases, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    peer = theirs[fitter]
    at = model.given(**peer["parameters"]).log_likelihood_of(history)
    assert at == pytest.approx(peer["log_likelihood"], abs=1e-6)


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_our_maximum_is_at_least_theirs(
    theirs: dict[str, Any], history: Purchases, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    peer, ours = theirs[fitter], fit(history)
    gain = ours.log_likelihood - peer["log_likelihood"]
    assert -1e-8 <= gain < 1e-2
    assert abs(gain / ours.log_likelihood) < 1e-6
    assert ours.parameters == pytest.approx(peer["parameters"], rel=2e-2)


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS)
def test_forecasts_at_equal_parameters_are_equal(
    theirs: dict[str, Any], history: Purchases, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    peer = theirs[fitter]
    ours = model.given(**peer["parameters"])
    assert ours.alive(history) == pytest.approx(np.array(peer["alive"]), abs=1e-6)
    for time, expected in zip((1.0, 39.0, 300.0), peer["expected"], strict=True):
        assert ours.expected_orders(time, history) == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)
    assert ours.expected_orders_new([1.0, 39.0, 300.0]) == pytest.approx(np.array(peer["new"]), rel=1e-6)


@pytest.mark.parametrize(("model", "fitter", "fit"), PAIRS[:2])
def test_standard_errors_agree_with_theirs(
    theirs: dict[str, Any], history: Purchases, model: type[BuyTillYouDie], fitter: str, fit: Any
) -> None:
    """To what the small distance between both maxima leaves equal."""
    ours = fit(history).standard_errors
    for name, error in theirs[fitter]["errors"].items():
        assert ours[name] == pytest.approx(error, rel=5e-3)


def test_gamma_gamma_agrees_with_theirs(theirs: dict[str, Any], history: Purchases) -> None:
    peer, ours = theirs["GammaGammaFitter"], fit_gamma_gamma(history)
    assert ours.log_likelihood == pytest.approx(peer["log_likelihood"], abs=1e-4)
    assert ours.parameters == pytest.approx(peer["parameters"], rel=1e-2)
    values = GammaGamma.given(**peer["parameters"]).expected_value(history)
    assert values == pytest.approx(np.array(peer["values"]), rel=1e-9)
