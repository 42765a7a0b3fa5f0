"""Stages as charts. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from app_pages import charts, stage_lists, wording
from app_pages.heat_maps import Axes, Mark, heat_map
from retention_core.stage_moves import NEW, StageTransitions
from retention_core.stage_tables import DUE, GONE, ON_SCHEDULE, OVERDUE, STAGES, UNKNOWN, StageTable

COLOURS = {
    ON_SCHEDULE: charts.ACCENT,
    DUE: "#7BC8BF",
    OVERDUE: "#E0A93B",
    GONE: "#C65D4B",
    UNKNOWN: charts.QUIET,
}
_ROW = 84


def stage_bars(table: StageTable) -> alt.Chart:
    """Each stage's share of the customers, and below it of the value, by schedule."""
    found = stage_lists.shares(table)
    everyone = sum(customers for _, _, customers, _ in found)
    total = math.fsum(value for _, _, _, value in found if value is not None)
    values = f"of the {table.value_of}"
    rows = []
    for stage, schedule, customers, value in found:
        row = {
            "stage": stage,
            "Schedule": schedule,
            "place": list(COLOURS).index(schedule),
            "Customers": wording.count(customers),
            "Value": wording.money(value),
        }
        rows.append({**row, "what": "of the customers", "share": customers / everyone})
        if value is not None and total > 0:
            rows.append({**row, "what": values, "share": max(value, 0.0) / total})
    drawn = [name for name in (*STAGES, UNKNOWN) if any(row["stage"] == name for row in rows)]
    kinds = ["of the customers", *([values] if any(row["what"] == values for row in rows) else [])]
    used = [name for name in COLOURS if any(row["Schedule"] == name for row in rows)]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(cornerRadius=1)
        .encode(
            y=alt.Y("stage:N", sort=drawn, title=None).axis(ticks=False, labelLimit=120),
            yOffset=alt.YOffset("what:N", sort=kinds),
            x=alt.X("share:Q", title=None, axis=charts.percent_axis(5, flush=True)),
            color=alt.Color("Schedule:N", title=None, sort=used, legend=_legend()).scale(
                domain=used, range=[COLOURS[name] for name in used]
            ),
            order="place:Q",
            tooltip=_tips(with_value=len(kinds) > 1),
        )
        .properties(height=_ROW * len(drawn) + 30)
    )


def _tips(*, with_value: bool) -> list[alt.Tooltip | str]:
    return [
        alt.Tooltip("stage:N", title="Stage"),
        "Schedule:N",
        alt.Tooltip("what:N", title="Share"),
        alt.Tooltip("share:Q", format=".1%", title=" "),
        "Customers:N",
        *(["Value:N"] if with_value else []),
    ]


def transitions(moved: StageTransitions) -> alt.LayerChart:
    """Where the customers of each stage went, coloured by their share of the row."""
    rows = _drawn(moved)
    marks = []
    for row, i in enumerate(rows):
        whole = sum(moved.counts[i])
        for column, count in enumerate(moved.counts[i]):
            if count:
                tips = (
                    moved.rows[i],
                    moved.names[column],
                    wording.count(count),
                    wording.percent(count / whole),
                )
                says = f"{wording.count(count)} ({count / whole:.0%})"
                marks.append(Mark(row, column, count / whole, says, tips))
    axes = Axes(
        [_state(moved.rows[i]) for i in rows],
        [_state(name) for name in moved.names],
        f"As of {moved.before.as_of}",
        f"As of {moved.after.as_of}",
    )
    return heat_map(marks, axes, ("From", "To", "Customers", "Of those from there"), (0.0, 1.0), picked=False)


def rows_of(moved: StageTransitions) -> int:
    """How many rows the matrix has: states that somebody was in."""
    return len(_drawn(moved))


def _drawn(moved: StageTransitions) -> list[int]:
    return [place for place, counts in enumerate(moved.counts) if any(counts)]


def _state(name: str) -> str:
    return stage_lists.NOT_YET if name == NEW else name


def _legend() -> alt.Legend:
    return alt.Legend(orient="top", columns=2, symbolLimit=0)
