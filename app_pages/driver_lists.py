"""Group comparisons and hazard models as lists for people."""

from __future__ import annotations

import pandas as pd

from app_pages.tables import Kind, Table
from retention_core.drivers import Drivers
from retention_core.hazards import HazardModel

_GROUP_COLUMNS = {
    "by": "Column",
    "group": "Group",
    "verdict": "Verdict",
    "at_start": "At start",
    "kept": "Kept",
    "rate": "Retention",
    "low": "Retention, low",
    "high": "Retention, high",
    "rest_rate": "Of the rest",
    "difference": "Difference",
    "difference_low": "Low",
    "difference_high": "High",
    "p": "p",
    "p_adjusted": "p, corrected",
    "test": "Test",
}
_EFFECT_COLUMNS = {
    "factor": "Factor",
    "level": "Level",
    "reference": "Against",
    "verdict": "Verdict",
    "ratio": "Ratio",
    "ratio_low": "Low",
    "ratio_high": "High",
    "at_risk": "At risk",
    "lost": "Lost",
    "coefficient": "Coefficient",
    "standard_error": "Standard error",
    "p": "p",
    "p_adjusted": "p, corrected",
}
_BASELINE_COLUMNS = {
    "first": "From period",
    "last": "To period",
    "hazard": "Lost next period",
    "at_risk": "At risk",
    "lost": "Lost",
    "coefficient": "Coefficient",
    "standard_error": "Standard error",
}


def groups(found: Drivers) -> Table:
    """One row a group, best first within its column."""
    frame = found.to_frame().rename(columns=_GROUP_COLUMNS)[list(_GROUP_COLUMNS.values())]
    rates = ("Retention", "Retention, low", "Retention, high", "Of the rest")
    percents = (*rates, "Difference", "Low", "High")
    kinds: dict[str, Kind] = {"At start": "count", "Kept": "count", "p": "chance", "p, corrected": "chance"}
    return Table("Groups", frame, {**kinds, **dict.fromkeys(percents, "percent")})  # type: ignore[dict-item]


def effects(model: HazardModel) -> Table:
    """One row a level of a factor, against the reference level."""
    frame = model.to_frame().rename(columns=_EFFECT_COLUMNS)[list(_EFFECT_COLUMNS.values())]
    numbers = ("Ratio", "Low", "High", "Coefficient", "Standard error")
    kinds: dict[str, Kind] = {"At risk": "count", "Lost": "count", "p": "chance", "p, corrected": "chance"}
    return Table("Effects", frame, {**kinds, **dict.fromkeys(numbers, "number")})  # type: ignore[dict-item]


def factors(model: HazardModel) -> Table:
    """One row a factor: whether it matters as a whole."""
    rows = [(row.factor, row.levels, row.chi_square, row.p) for row in model.factors]
    frame = pd.DataFrame(rows, columns=["Factor", "Levels", "Chi-square", "p"])
    return Table("Factors", frame, {"Levels": "count", "Chi-square": "number", "p": "chance"})


def baseline(model: HazardModel) -> Table:
    """One row a stretch of tenure."""
    frame = model.baseline_frame().rename(columns=_BASELINE_COLUMNS)[list(_BASELINE_COLUMNS.values())]
    kinds: dict[str, Kind] = {
        "Lost next period": "percent",
        "Coefficient": "number",
        "Standard error": "number",
    }
    counts: dict[str, Kind] = dict.fromkeys(("From period", "To period", "At risk", "Lost"), "count")
    return Table("Baseline", frame, kinds | counts)
