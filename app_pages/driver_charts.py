"""Drivers as forest plots. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from app_pages import charts, wording
from retention_core.drivers import Drivers, GroupRate
from retention_core.hazards import Effect, HazardModel

MOST_ROWS = 40
VERDICTS = {"better": charts.ACCENT, "cannot tell": charts.QUIET, "worse": charts.COLOURS["Lost"]}
_SHAPES = {"better": "triangle-up", "cannot tell": "circle", "worse": "triangle-down"}
_ROW, _AROUND = 30, 110
_FEWEST_TICKS = 4


class _Line(NamedTuple):
    """A row of a forest plot; headings have no figures."""

    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = ""
    tips: tuple[str, ...] = ()


def drawn_groups(found: Drivers) -> list[GroupRate]:
    """The groups that are drawn: all, or those told most clearly where there are too many."""
    clearest = sorted(range(len(found.groups)), key=lambda place: found.groups[place].p)[:MOST_ROWS]
    return [found.groups[place] for place in sorted(clearest)]


def group_forest(found: Drivers) -> alt.LayerChart:
    """Each group's rate less that of all other customers, with its interval."""
    lines: list[_Line] = []
    heading = None
    groups = drawn_groups(found)
    several = len({row.by for row in groups}) > 1
    for row in groups:
        if several and row.by != heading:
            heading = row.by
            lines.append(_Line(row.by))
        tips = (
            wording.plain_line(row.group),
            wording.percent(row.rate),
            wording.percent(row.rest_rate),
            f"{wording.signed_points(row.difference_low)} to {wording.signed_points(row.difference_high)}",
            f"{row.kept:,} of {row.at_start:,}",
            row.verdict,
        )
        label = f"{wording.plain_line(row.group, 28)}  ·  {row.at_start:,}"
        lines.append(_Line(label, row.difference, row.difference_low, row.difference_high, row.verdict, tips))
    names = ("Group", "Kept", "Kept of the rest", "Difference, 95 % interval", "Customers", "Verdict")
    axis = alt.Axis(
        labelExpr="datum.value ? format(datum.value * 100, '+.3~g') : '0'", tickCount=8, labelFlush=False
    )
    return _forest(lines, names, {"title": "Points above or below the rest", "axis": axis}, 0.0)


def effect_forest(model: HazardModel) -> alt.LayerChart:
    """Each level's odds (or hazard) ratio of being lost against the reference, on a log scale."""
    lines: list[_Line] = []
    heading = None
    for row in drawn_effects(model):
        if row.factor != heading:
            heading = row.factor
            lines.append(
                _Line(
                    f"{wording.plain_line(row.factor, 20)}, against {wording.plain_line(row.reference, 20)}"
                )
            )
        tips = (
            wording.plain_line(row.level),
            f"{row.ratio:.2f}",
            f"{row.ratio_low:.2f} to {row.ratio_high:.2f}",
            f"{row.lost:,} of {row.at_risk:,}",
            row.verdict,
        )
        label = wording.plain_line(row.level, 34)
        lines.append(_Line(label, row.ratio, row.ratio_low, row.ratio_high, row.verdict, tips))
    kind = "Odds" if model.link == "logit" else "Hazard"
    names = ("Level", f"{kind} ratio", "95 % interval", "Lost, of customer periods", "Verdict")
    low, high = (
        min([1.0, *(line.low for line in lines if line.low)]),
        max([1.0, *(line.high for line in lines if line.high)]),
    )
    ticks = _ratio_ticks(low * 0.9, high * 1.1)
    axis = alt.Axis(format="~g", values=ticks, labelFlush=False)
    scale = alt.Scale(type="log", domain=[low * 0.9, high * 1.1], nice=False)
    title = f"{kind} ratio of being lost: left of 1 is better"
    return _forest(lines, names, {"title": title, "axis": axis, "scale": scale}, 1.0)


def _ratio_ticks(low: float, high: float) -> list[float]:
    """Round ratios within the limits, and more of them where the limits are close together.

    Examples
    --------
    >>> _ratio_ticks(0.57, 1.37)
    [0.6, 0.8, 1.0, 1.2]
    >>> _ratio_ticks(0.05, 12)
    [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    """
    every = (round(digit * 10.0**power, 6) for power in range(-6, 7) for digit in (1, 2, 5))
    ticks = [tick for tick in every if low <= tick <= high]
    for step in (0.5, 0.2, 0.1, 0.05):
        if len(ticks) >= _FEWEST_TICKS:
            break
        ticks = [round(step * place, 6) for place in range(math.ceil(low / step), int(high / step) + 1)]
    return ticks


def drawn_effects(model: HazardModel) -> Sequence[Effect]:
    """The effects that are drawn, as `drawn_groups`."""
    clearest = sorted(range(len(model.effects)), key=lambda place: model.effects[place].p)[:MOST_ROWS]
    return [model.effects[place] for place in sorted(clearest)]


def _forest(
    lines: Sequence[_Line], tips: Sequence[str], along: Mapping[str, Any], nothing: float
) -> alt.LayerChart:
    frame = pd.DataFrame(
        [
            {
                "row": place,
                "value": line.value,
                "low": line.low,
                "high": line.high,
                "verdict": line.verdict,
                **{f"tip{number}": tip for number, tip in enumerate(line.tips)},
            }
            for place, line in enumerate(lines)
            if line.value is not None
        ]
    )
    base = alt.Chart(frame).encode(
        y=_rows(lines),
        tooltip=[alt.Tooltip(f"tip{number}:N", title=name) for number, name in enumerate(tips)],
    )
    colour = alt.Color("verdict:N", title=None, legend=alt.Legend(orient="top")).scale(
        domain=list(VERDICTS), range=list(VERDICTS.values())
    )
    shape = alt.Shape("verdict:N", title=None, legend=alt.Legend(orient="top")).scale(
        domain=list(_SHAPES), range=list(_SHAPES.values())
    )
    limits = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
        x=alt.X("low:Q", **along), x2="high:Q", color=colour
    )
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=alt.X("value:Q", **along), color=colour, shape=shape
    )
    line = (
        alt.Chart(pd.DataFrame({"value": [nothing]}))
        .mark_rule(color=charts.QUIET, strokeDash=[4, 4])
        .encode(x=alt.X("value:Q", **along))
    )
    return alt.layer(line, limits, dots).properties(height=_AROUND + _ROW * len(lines))


def _rows(lines: Sequence[_Line]) -> alt.Y:
    """Labels by place, so that two groups of the same name stay two; headings in bold."""
    labels = json.dumps([wording.plain_line(line.label, 44) for line in lines])
    headings = json.dumps([place for place, line in enumerate(lines) if line.value is None])
    bold = alt.condition(f"indexof({headings}, datum.value) >= 0", alt.value("bold"), alt.value("normal"))
    axis = alt.Axis(
        labelExpr=f"{labels}[datum.value]",
        labelFontWeight=bold,
        labelLimit=260,
        labelOverlap=False,
        ticks=False,
        domain=False,
        grid=False,
    )
    return alt.Y("row:O", title=None, axis=axis, scale=alt.Scale(domain=list(range(len(lines)))))


def baseline_hazard(model: HazardModel) -> alt.Chart:
    """The chance to be lost in each period of tenure, at the reference levels."""
    rows = [
        {
            "tenure": f"{row.first}" if row.first == row.last else f"{row.first}–{row.last}",
            "hazard": row.hazard,
            "Lost next period": wording.percent(row.hazard),
            "Observed": f"{row.lost:,} of {row.at_risk:,}",
        }
        for row in model.baseline
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(color=charts.ACCENT, cornerRadiusEnd=2)
        .encode(
            x=alt.X("tenure:N", sort=None, title="Periods since the first order").axis(
                labelAngle=0, ticks=False
            ),
            y=alt.Y("hazard:Q", title=None, axis=charts.percent_axis(6)),
            tooltip=["tenure:N", "Lost next period:N", "Observed:N"],
        )
        .properties(height=280)
    )
