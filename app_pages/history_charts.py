"""Kept figures over time. Nothing is computed here: what is drawn stands in the snapshots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import altair as alt
import pandas as pd

from app_pages import charts, history_lists
from retention_core.snapshots import Snapshot

_HEIGHT = 330
_OTHER = "the definition changed here"


def figure_over_time(snapshots: Sequence[Snapshot], figure: str, unkept: int | None) -> alt.LayerChart:
    """One figure of every snapshot with its interval, by the day looked at; breaks where definitions differ.

    Parameters
    ----------
    unkept
        Place of the snapshot that is not kept, which is hollow.
    """
    frame = pd.DataFrame(_rows(snapshots, figure, unkept))
    percent = history_lists.is_fraction(figure)
    axis = charts.percent_axis(6) if percent else alt.Axis(format=",~f", tickCount=6)
    # few days are marked each, or the axis would show times of day
    days = sorted(set(frame["as of"]))
    ticks = {"values": [day.isoformat() for day in days]} if len(days) <= 8 else {"tickCount": 8}
    x = alt.X("as of:T", title=None, scale=alt.Scale(padding=18)).axis(
        format="%d %b %y", labelOverlap="greedy", **ticks
    )
    y = alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=False))
    tips = [
        alt.Tooltip("as of:T", format="%Y-%m-%d", title="As of"),
        "Figure:N",
        "95 % interval:N",
        "About:N",
    ]
    base = alt.Chart(frame).encode(x=x)
    fill = alt.Fill("state:N", legend=None).scale(
        domain=["kept", "now"], range=[charts.ACCENT, "transparent"]
    )
    layers: list[alt.Chart] = [
        base.mark_rule(color=charts.ACCENT, strokeWidth=5, opacity=0.3).encode(
            y=alt.Y("low:Q", title=None), y2="high:Q"
        ),
        base.mark_line(color=charts.ACCENT, strokeWidth=2.5).encode(y=y, detail="definition:N"),
        base.mark_point(size=90, stroke=charts.ACCENT, strokeWidth=2, fillOpacity=1, opacity=1).encode(
            y=y, fill=fill, tooltip=tips
        ),
    ]
    breaks = breaks_of(snapshots)
    if breaks:
        marks = alt.Chart(pd.DataFrame({"as of": [pd.Timestamp(day) for day in breaks], "says": _OTHER}))
        layers.append(
            marks.mark_rule(color=charts.COLOURS["Lost"], strokeDash=[4, 4]).encode(x=x, tooltip=["says:N"])
        )
    return alt.layer(*layers).properties(height=_HEIGHT)


def _rows(snapshots: Sequence[Snapshot], figure: str, unkept: int | None) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, one in enumerate(snapshots):
        kept = one.figures.get(figure)
        if kept is None or kept.value is None:
            continue
        ends = [history_lists.written(figure, end) for end in (kept.low, kept.high)]
        rows.append(
            {
                "as of": pd.Timestamp(one.as_of),
                "value": kept.value,
                "low": kept.value if kept.low is None else kept.low,
                "high": kept.value if kept.high is None else kept.high,
                "definition": one.definition_id,
                "state": "now" if place == unkept else "kept",
                "Figure": history_lists.written(figure, kept.value),
                "95 % interval": "none" if kept.low is None else " to ".join(ends),
                "About": kept.about or "the whole log",
            }
        )
    return rows


def breaks_of(snapshots: Sequence[Snapshot]) -> list[dt.date]:
    """Days of the snapshots whose definition differs from that of the one before."""
    return [one.as_of for before, one in pairwise(snapshots) if before.definition_id != one.definition_id]
