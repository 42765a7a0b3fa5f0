"""Two plans month by month as charts. Nothing is computed here."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages import charts, wording
from app_pages.worth_charts import AMBER, RED, money_axis
from retention_core.overtaking import Overtaken
from retention_core.scenarios import (
    BASE,
    CUMULATED,
    CUSTOMERS,
    DIFFERENCE,
    PROFIT,
    REVENUE,
    SCENARIO,
    WhatIf,
)

_TITLES = {
    CUSTOMERS: "Customers",
    REVENUE: "Revenue a month",
    PROFIT: "Profit a month",
    CUMULATED: "Profit so far",
}
NAMES = {BASE: "as now", SCENARIO: "scenario"}
_HEIGHT = 260


def courses(found: WhatIf, measure: str) -> alt.LayerChart:
    """One measure month by month under both plans, with the limits of chance."""
    frame = pd.concat([_course(found, plan, measure) for plan in NAMES], ignore_index=True)
    largest = float(frame[["low", "high"]].abs().max().max())
    axis = _axis(measure, largest)
    title = _TITLES[measure]
    x = _months(found.months)
    y = alt.Y("value:Q", title=title, axis=axis, scale=alt.Scale(zero=False))
    names = list(NAMES.values())
    colour = alt.Color(
        "Plan:N", title=None, sort=names, legend=alt.Legend(orient="top", symbolType="stroke")
    ).scale(domain=names, range=[AMBER, charts.ACCENT])
    base = alt.Chart(frame).encode(x=x, color=colour)
    # without colour by scale: a legend takes the look of every layer that shares its scale
    bands = [
        alt.Chart(frame[frame["Plan"] == name])
        .mark_area(opacity=0.18, color=shade)
        .encode(x=x, y=alt.Y("low:Q", title=title), y2="high:Q")
        for name, shade in zip(names, (AMBER, charts.ACCENT), strict=True)
    ]
    lines = base.mark_line(strokeWidth=2.5).encode(y=y)
    tips = ["month:Q", "Plan:N", "Expected:N", "Interval:N"]
    unseen = alt.Chart(frame).mark_point(size=90, opacity=0).encode(x=x, y=y, tooltip=tips)
    return alt.layer(*bands, lines, unseen).properties(height=_HEIGHT)


def _axis(measure: str, largest: float) -> alt.Axis:
    """Customers are whole."""
    if measure == CUSTOMERS and largest < 10_000:
        return alt.Axis(format=",d", tickMinStep=1, tickCount=5)
    return money_axis(largest)


def gain(found: WhatIf, ahead: Overtaken | None) -> alt.LayerChart:
    """Profit of the scenario so far less that of the base, and the month from which it stays ahead."""
    frame = _course(found, DIFFERENCE, CUMULATED)
    largest = float(frame[["low", "high"]].abs().max().max())
    title = "Profit so far, scenario less now"
    x, y = _months(found.months), alt.Y("value:Q", title=title, axis=money_axis(largest))
    base = alt.Chart(frame).encode(x=x)
    band = base.mark_area(color=charts.ACCENT, opacity=0.18).encode(
        y=alt.Y("low:Q", title=title), y2="high:Q"
    )
    line = base.mark_line(color=charts.ACCENT, strokeWidth=2.5).encode(y=y)
    unseen = base.mark_point(size=90, opacity=0).encode(y=y, tooltip=["month:Q", "Expected:N", "Interval:N"])
    none = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=charts.QUIET, strokeDash=[4, 4])
    layers = [none.encode(y=y), band, line, unseen]
    if ahead is not None and ahead.expected is not None:
        month = ahead.expected
        mark = pd.DataFrame([{"month": month, "value": 0.0, "says": f"month {month}"}])
        left = month <= found.months / 2
        text = alt.Chart(mark).mark_text(
            align="left" if left else "right", dx=7 if left else -7, dy=12, color=charts.QUIET, fontWeight=600
        )
        layers += [
            alt.Chart(mark).mark_point(size=110, filled=True, opacity=1, color=RED).encode(x=x, y=y),
            text.encode(x=x, y=y, text="says:N"),
        ]
    return alt.layer(*layers).properties(height=_HEIGHT)


def _months(last: int) -> alt.X:
    axis = alt.Axis(values=[1, *range(6, last + 1, 6)], format="d", grid=False)
    return alt.X("month:Q", title="Month", axis=axis).scale(domain=[1, max(last, 2)], nice=False)


def _course(found: WhatIf, plan: str, measure: str) -> pd.DataFrame:
    course = found.courses[plan, measure]
    written = wording.count if measure == CUSTOMERS else wording.money
    return pd.DataFrame(
        {
            "month": range(1, found.months + 1),
            "value": course.expected,
            "low": course.low,
            "high": course.high,
            "Plan": NAMES.get(plan, plan),
            "Expected": [written(one) for one in course.expected],
            "Interval": [
                f"{written(low)} to {written(high)}"
                for low, high in zip(course.low, course.high, strict=True)
            ],
        }
    )
