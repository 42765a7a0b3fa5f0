"""Lifetimes and projections as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.cohort_survivors import life_table
from retention_core.projection import Projection, RetentionModel
from retention_core.survival import LogRank, SurvivalCurve

_SHARES: dict[str, Kind] = {"Still there": "percent", "Low": "percent", "High": "percent"}
_CLEAR = 0.05
SHORT = {
    "shifted-beta-geometric": "sBG",
    "beta-discrete-Weibull": "BdW",
    "geometric": "sBG at its limit (geometric)",
    "discrete Weibull": "BdW at its limit (discrete Weibull)",
}


def summary(curve: SurvivalCurve, unit: str) -> Table:
    """The headline figures of a curve with their intervals, one a row."""
    mean = curve.mean_to() if curve.longest > 0 else None
    median = curve.median
    rows = [(f"Median, {unit}s", median.value, median.low, median.high)]
    if mean is not None:
        rows.append((f"Mean within {curve.longest:,.0f} {unit}s", mean.value, mean.low, mean.high))
    rows += [("Customers", curve.customers, None, None), ("Lost", curve.losses, None, None)]
    frame = pd.DataFrame(rows, columns=["Figure", "Value", "Low", "High"])
    frame = frame.astype(dict.fromkeys(["Value", "Low", "High"], "float64"))
    return Table("Summary", frame, dict.fromkeys(["Value", "Low", "High"], "number"))


def ages(durations: Sequence[float], curve: SurvivalCurve, times: Sequence[int], unit: str) -> Table:
    """The curve at round ages, with how many are still observed."""
    frame = life_table(durations, curve, times)
    names = {
        "time": f"{unit.capitalize()}s",
        "at_risk": "Observed",
        "survival": "Still there",
        "low": "Low",
        "high": "High",
    }
    kinds: dict[str, Kind] = {f"{unit.capitalize()}s": "count", "Observed": "count", **_SHARES}
    return Table("By age", frame.rename(columns=names), kinds)


def steps(curve: SurvivalCurve, unit: str) -> Table:
    """Every step of the curve."""
    names = {
        "time": f"{unit.capitalize()}s",
        "at_risk": "Observed",
        "lost": "Lost",
        "survival": "Still there",
        "standard_error": "Standard error",
        "low": "Low",
        "high": "High",
    }
    kinds: dict[str, Kind] = {"Observed": "count", "Lost": "count", "Standard error": "number"}
    return Table("Every step", curve.to_frame().rename(columns=names), {**kinds, **_SHARES})


def groups(name: str, curves: Mapping[str, SurvivalCurve], horizon: float, unit: str) -> Table:
    """One row a group, the largest first; means within the same horizon."""
    label = name if name not in ("Customers", "Lost", "Median", "Low", "High") else f"{name} (group)"
    mean = f"Mean within {horizon:,.0f} {unit}s"
    rows = [
        (group, curve.customers, curve.losses, *curve.median, *_mean(curve, horizon))
        for group, curve in sorted(curves.items(), key=lambda pair: -pair[1].customers)
    ]
    figures = [f"Median, {unit}s", "Median, low", "Median, high", mean, "Mean, low", "Mean, high"]
    frame = pd.DataFrame(rows, columns=[label, "Customers", "Lost", *figures])
    frame = frame.astype(dict.fromkeys(figures, "float64"))
    kinds: dict[str, Kind] = {"Customers": "count", "Lost": "count"}
    kind: Kind = "count" if unit == "day" else "money"
    return Table("By group", frame, kinds | dict.fromkeys(figures, kind))


def _mean(curve: SurvivalCurve, horizon: float) -> tuple[float | None, float | None, float | None]:
    if not 0 < horizon <= curve.longest:
        return None, None, None
    found = curve.mean_to(horizon)
    return found.value, found.low, found.high


def parameters(models: Sequence[RetentionModel]) -> Table:
    """Parameters of the fitted models with standard errors and intervals."""
    rows = [
        (SHORT[model.law.name], name, *figure, model.log_likelihood)
        for model in models
        for name, figure in model.parameters.items()
    ]
    columns = ["Model", "Parameter", "Estimate", "Standard error", "Low", "High", "Log-likelihood"]
    return Table("Parameters", pd.DataFrame(rows, columns=columns), dict.fromkeys(columns[2:], "number"))


def projected(models: Mapping[str, Projection]) -> Table:
    """One row a period: survivors counted, and what each model expects."""
    first = next(iter(models.values()))
    frame = pd.DataFrame({"Period": first.periods, "Counted": pd.Series(first.observed, dtype="float64")})
    kinds: dict[str, Kind] = {"Period": "count", "Counted": "count"}
    for name, found in models.items():
        frame[f"{name}: customers"] = found.projected
        kinds[f"{name}: customers"] = "count"
        shares = {"left": found.survival, "low": found.low, "high": found.high, "retention": found.retention}
        for what, values in shares.items():
            frame[f"{name}: {what}"] = pd.Series(values, dtype="float64")
            kinds[f"{name}: {what}"] = "percent"
    return Table("Projection", frame, kinds)


def tested(test: LogRank) -> str:
    """The log-rank test as a sentence."""
    p = f"p {wording.chance(test.p)}" if test.p < 0.001 else f"p = {wording.chance(test.p)}"
    if test.p < _CLEAR:
        return f"The groups leave at different rates ({p})."
    return f"Nothing here says that the groups leave at different rates ({p})."
