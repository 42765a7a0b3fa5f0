"""Survival and projected retention as charts. Nothing is computed here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from app_pages import wording
from app_pages.charts import ACCENT, COLOURS, QUIET, percent_axis
from retention_core.projection import Projection
from retention_core.survival import SurvivalCurve

# of groups; readable on white and on near-black alike
PALETTE = (ACCENT, "#E0A93B", "#C65D4B", "#6F83C9", "#A26BB0", "#8A94A0")
MOST_CURVES = len(PALETTE)
_HEIGHT = 340
_STEPS = 400
_BANDS = 2
_DAY_STEPS = (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1826, 3652, 7305, 18262)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120, 240, 600)
_TICKS = 8


def ticks(longest: float, unit: str) -> list[int]:
    """Where the axis of a curve is marked: round days or months, from 0, eight at most.

    Examples
    --------
    >>> ticks(1096, "day"), ticks(35.9, "month")
    ([0, 180, 360, 540, 720, 900, 1080], [0, 6, 12, 18, 24, 30])
    """
    steps = _DAY_STEPS if unit == "day" else _MONTH_STEPS
    step = next((step for step in steps if longest / step < _TICKS), steps[-1])
    return list(range(0, int(longest) + 1, step))


def survival(curves: Mapping[str, SurvivalCurve], at_risk: pd.DataFrame, unit: str) -> alt.LayerChart:
    """Share still there by age, one line a curve, with the number still observed under the axis.

    Parameters
    ----------
    curves
        Label -> curve, six at most; the band is drawn for one or two.
    at_risk
        `time` and `at_risk` at the ticks.
    unit
        Of the ages: "day" or "month".
    """
    labels = distinct([wording.plain_line(name, 30) for name in curves])
    frame = pd.concat(
        [_steps(curve, label) for label, curve in zip(labels, curves.values(), strict=True)],
        ignore_index=True,
    )
    longest = max(curve.longest for curve in curves.values())
    x = alt.X("time:Q", axis=_axis(at_risk), title=f"{unit.capitalize()}s; below: still observed").scale(
        domain=[0, longest], nice=False
    )
    y = alt.Y("survival:Q", title="Still there", axis=percent_axis(6)).scale(domain=[0, 1])
    legend = alt.Legend(orient="top", labelLimit=220, columns=3) if len(labels) > 1 else None
    colour = alt.Color("curve:N", sort=labels, title=None, legend=legend).scale(
        domain=labels, range=list(PALETTE[: len(labels)])
    )
    base = alt.Chart(frame).encode(x=x, color=colour)
    half = alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(color=QUIET, strokeDash=[3, 4])
    layers: list[alt.Chart] = [half.encode(y=alt.Y("half:Q", title="Still there"))]
    if len(labels) <= _BANDS:
        band = base.mark_area(opacity=0.16, interpolate="step-after")
        layers.append(band.encode(y=alt.Y("low:Q", title="Still there"), y2="high:Q"))
    layers.append(base.mark_line(strokeWidth=2.5, interpolate="step-after").encode(y=y))
    tips = [alt.Tooltip(name) for name in ("curve", "Age", "Still there", "Interval", "Observed")]
    # without colour: legends take the look of every layer that shares their scale
    unseen = alt.Chart(frame).mark_point(size=90, opacity=0).encode(x=x, y=y)
    layers.append(unseen.encode(tooltip=tips[len(labels) == 1 :]))
    return alt.layer(*layers).properties(height=_HEIGHT)


def distinct(labels: Sequence[str]) -> list[str]:
    """Labels that were cut may be alike: the later ones get a number.

    Examples
    --------
    >>> distinct(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    found: list[str] = []
    for label in labels:
        number, name = 1, label
        while name in found:
            number += 1
            name = f"{label} ({number})"
        found.append(name)
    return found


def _steps(curve: SurvivalCurve, label: str) -> pd.DataFrame:
    """The corners of a curve, some hundreds where there are more, drawn on to the longest age seen."""
    places = np.unique(np.linspace(0, len(curve.times) - 1, _STEPS).astype(int)).tolist()
    rows = [
        (curve.times[i], curve.survival[i], curve.low[i], curve.high[i], curve.at_risk[i]) for i in places
    ]
    rows.append((curve.longest, *rows[-1][1:]))
    frame = pd.DataFrame(rows, columns=["time", "survival", "low", "high", "at_risk"])
    return frame.assign(
        curve=label,
        **{
            "Age": [f"{time:,.1f}".removesuffix(".0") for time in frame["time"]],
            "Still there": frame["survival"].map(wording.percent),
            "Interval": [
                wording.percent_between(low, high)
                for low, high in zip(frame["low"], frame["high"], strict=True)
            ],
            "Observed": frame["at_risk"].map(wording.count),
        },
    )


def _axis(at_risk: pd.DataFrame) -> alt.Axis:
    """Ages with the number at risk in a second line."""
    numbers = {str(time): f"{n:,}" for time, n in zip(at_risk["time"], at_risk["at_risk"], strict=True)}
    label = f"[format(datum.value, ','), ({json.dumps(numbers)})[datum.value] || '']"
    return alt.Axis(values=at_risk["time"].tolist(), labelExpr=label, labelFlush=False, labelOverlap="greedy")


def projection(models: Mapping[str, Projection], preferred: str) -> alt.LayerChart:
    """Survivors as counted, and the curves that carry them on; the band is that of the preferred model.

    Parameters
    ----------
    models
        Name -> projection, of the same survivors.
    preferred
        The name of the one to use.
    """
    counted = next(iter(models.values()))
    seen = [place for place, number in enumerate(counted.observed) if number is not None]
    dots = pd.DataFrame(
        {
            "period": [counted.periods[i] for i in seen],
            "share": [(counted.observed[i] or 0) / (counted.observed[0] or 1) for i in seen],
            "curve": "counted",
            "Customers": [wording.count(counted.observed[i]) for i in seen],
        }
    )
    lines = pd.concat([_line(name, one) for name, one in models.items()], ignore_index=True)
    names = ["counted", *models]
    colours = dict.fromkeys(models, COLOURS["Won back"]) | {"counted": QUIET, preferred: ACCENT}
    colour = alt.Color("curve:N", sort=names, title=None, legend=alt.Legend(orient="top", labelLimit=240))
    colour = colour.scale(domain=names, range=[colours[name] for name in names])
    x = alt.X("period:Q", title="Period", axis=alt.Axis(tickMinStep=1)).scale(nice=False)
    y = alt.Y("share:Q", title="Left of the cohort", axis=percent_axis(6)).scale(domain=[0, 1])
    band = alt.Chart(lines[lines["curve"] == preferred]).mark_area(color=ACCENT, opacity=0.16)
    end = alt.Chart(dots.tail(1)).mark_rule(color=QUIET, strokeDash=[3, 4]).encode(x=x)
    tips = ["curve:N", "period:Q", "Left:N", "Interval:N", "Retention:N"]
    others, own = (
        alt.Chart(lines[(lines["curve"] == preferred) == is_own]).encode(x=x, y=y, color=colour)
        for is_own in (False, True)
    )
    return alt.layer(
        band.encode(x=x, y=alt.Y("low:Q", title="Left of the cohort"), y2="high:Q"),
        end,
        own.mark_line(strokeWidth=2.6),
        others.mark_line(strokeWidth=2, strokeDash=[6, 4]),
        alt.Chart(lines).mark_point(size=90, opacity=0).encode(x=x, y=y, tooltip=tips),
        alt.Chart(dots)
        .mark_point(size=70, filled=True, opacity=1)
        .encode(x=x, y=y, color=colour, tooltip=["period:Q", "Customers:N"]),
    ).properties(height=_HEIGHT)


def _line(name: str, found: Projection) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period": found.periods,
            "share": found.survival,
            "low": found.low,
            "high": found.high,
            "curve": name,
            "Left": [wording.percent(share) for share in found.survival],
            "Interval": [
                wording.percent_between(low, high) for low, high in zip(found.low, found.high, strict=True)
            ],
            "Retention": [wording.percent(rate) for rate in found.retention],
        }
    )
