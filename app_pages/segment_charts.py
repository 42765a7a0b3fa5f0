"""Segments as charts. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages import charts, wording
from app_pages.heat_maps import Axes, Mark, heat_map
from app_pages.segment_lists import FAMILIES, family_of, grid, parts
from retention_core.rfm import Rfm
from retention_core.rfm_scores import GONE, NEW, REFUNDS_ONLY, Migration

FAMILY_COLOURS = {
    "Best": charts.ACCENT,
    "Growing": "#7BC8BF",
    "Fading": "#E0A93B",
    "Lost": "#C65D4B",
}
_INK = {"Best": "#FFFFFF", "Lost": "#FFFFFF"}
_DARK = "#1E2A2A"
_ROW = 38
_HEIGHT = 340
MIGRATION_ROWS = 12


def segment_bars(table: Rfm) -> alt.Chart:
    """Each segment's share of the customers beside its share of the value."""
    value = f"of the {table.value_of}"
    rows = [
        {
            "segment": name,
            "what": what,
            "share": share,
            "colour": "customers" if what == "of the customers" else family_of(name),
            "Customers": wording.count(part.customers),
            "Of all customers": wording.percent(part.of_all),
            table.value_of.capitalize(): wording.money(part.value),
            "Of total": wording.percent(part.of_total),
        }
        for name, part in parts(table).items()
        for what, share in (("of the customers", part.of_all), (value, part.of_total))
        if share is not None
    ]
    colours = {"customers": charts.QUIET, **FAMILY_COLOURS, "–": charts.QUIET}
    tips = ["segment", "Customers", "Of all customers", table.value_of.capitalize(), "Of total"]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("segment:N", sort=list(parts(table)), title=None).axis(ticks=False, labelLimit=180),
            yOffset=alt.YOffset("what:N", sort=["of the customers", value]),
            x=alt.X("share:Q", title=None, axis=charts.percent_axis(6, flush=True)),
            color=alt.Color("colour:N", legend=None).scale(
                domain=list(colours), range=list(colours.values())
            ),
            tooltip=[alt.Tooltip(f"{name}:N") for name in tips],
        )
        .properties(height=_ROW * len(parts(table)))
    )


def score_grid(table: Rfm) -> alt.LayerChart:
    """Customers by recency and buying score, coloured by the family of the segment they make."""
    rows = [
        {
            "recency": recency,
            "buying": buying,
            "Segment": segment,
            "Family": family_of(segment),
            "Customers": customers,
            "says": wording.count(customers),
            "ink": _INK.get(family_of(segment), _DARK),
        }
        for (recency, buying), (segment, customers) in grid(table).items()
    ]
    axis = alt.Axis(ticks=False, domain=False, labelAngle=0, grid=False)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("buying:O", title="Buying score: often and much to the right", axis=axis),
        y=alt.Y("recency:O", sort="descending", title="Recency score: recent on top", axis=axis),
        tooltip=["Segment:N", "Family:N", alt.Tooltip("Customers:Q", format=",")],
    )
    colour = alt.Color("Family:N", title=None, sort=list(FAMILIES), legend=alt.Legend(orient="top")).scale(
        domain=list(FAMILY_COLOURS), range=list(FAMILY_COLOURS.values())
    )
    cells = base.mark_rect(stroke="transparent", strokeWidth=3, cornerRadius=3).encode(color=colour)
    text = base.mark_text(fontSize=13, fontWeight=600).encode(
        text="says:N", color=alt.Color("ink:N", scale=None)
    )
    return alt.layer(cells, text).properties(height=_HEIGHT)


def migration_map(moved: Migration) -> alt.LayerChart:
    """Where the customers of each segment went, coloured by their share of the row."""
    rows = [
        place
        for place, name in enumerate(moved.rows)
        if name not in (NEW, REFUNDS_ONLY) or any(moved.counts[place])
    ]
    columns = [
        place
        for place, name in enumerate(moved.names)
        if name not in (GONE, REFUNDS_ONLY) or any(row[place] for row in moved.counts)
    ]
    marks = []
    for row, i in enumerate(rows):
        whole = sum(moved.counts[i])
        for column, j in enumerate(columns):
            if moved.counts[i][j]:
                share = moved.counts[i][j] / whole
                tips = (
                    moved.rows[i],
                    moved.names[j],
                    wording.count(moved.counts[i][j]),
                    wording.percent(share),
                )
                marks.append(Mark(row, column, share, wording.count(moved.counts[i][j]), tips))
    axes = Axes(
        [moved.rows[i] for i in rows],
        [moved.names[j] for j in columns],
        f"As of {moved.before}",
        f"As of {moved.after}",
        -40,
    )
    names = ("From", "To", "Customers", "Of those from there")
    return heat_map(marks, axes, names, (0.0, 1.0), picked=False)
