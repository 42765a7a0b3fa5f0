"""Tables drawn as coloured cells, readable on white and on near-black alike. Nothing is computed here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import wording

CHOSEN = "cell"
# one hue from light to dark: the order shows without telling colours apart
_PALE, _DEEP = "#DCEFEC", "#07534C"
_SHADES = [_PALE, "#9CD3CB", "#4FA99F", "#17807A", _DEEP]
_NEUTRAL = "#E3E6EA"
_ON_PALE, _ON_DEEP = "#10302D", "#FFFFFF"
_LIGHT_HALF = 0.62
_ROOM, _LETTER, _TITLE, _LABEL = 790, 7, 26, 34
_NARROWEST, _WIDEST = 34, 104
_FEW_ROWS = 16
_HEAD, _ANGLED_HEAD = 84, 150


class Mark(NamedTuple):
    """A coloured cell: places from 0, the figure that colours it (None for grey), what it says."""

    row: int
    column: int
    shade: float | None
    says: str
    tips: tuple[str, ...]


class Axes(NamedTuple):
    """Labels of the rows and columns and their titles; an empty row label leaves a gap."""

    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    column_angle: int = 0


def heat_map(
    marks: Sequence[Mark], axes: Axes, tips: Sequence[str], limits: tuple[float, float], *, picked: bool
) -> alt.LayerChart:
    """The cells with their figures; `tips` names what each cell's tips are, `limits` end the colours.

    With `picked` a click on a cell marks it, and reports its row and column.
    """
    frame = _framed(marks, tips, limits)
    x = alt.X(
        "column:O",
        title=axes.column_title,
        scale=alt.Scale(domain=list(range(len(axes.columns)))),
        axis=_axis(axes.columns, orient="top", titleAnchor="start", labelAngle=axes.column_angle),
    )
    y = alt.Y(
        "row:O",
        title=axes.row_title,
        scale=alt.Scale(domain=list(range(len(axes.rows)))),
        axis=_axis(axes.rows),
    )
    shown = [alt.Tooltip(f"tip{place}:N", title=name) for place, name in enumerate(tips)]
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=shown)
    colour = alt.Color("shade:Q", legend=None).scale(domain=list(limits), range=_SHADES, clamp=True)
    cells = base.mark_rect(stroke="transparent", strokeWidth=2, cornerRadius=2).encode(
        color=alt.condition("isValid(datum.shade)", colour, alt.value(_NEUTRAL))
    )
    if picked:
        point = alt.selection_point(name=CHOSEN, fields=["row", "column"], clear=False)
        cells = cells.add_params(point)
    width = _step(axes)
    text = base.mark_text(fontSize=11 if width >= 40 else 9.5).encode(text="says:N")
    written = [
        text.transform_filter(f"datum.ink === '{ink}'").encode(color=alt.value(ink))
        for ink in (_ON_PALE, _ON_DEEP)
    ]
    return alt.layer(cells, *written).properties(
        width=alt.Step(width), height=alt.Step(_height(len(axes.rows)))
    )


def show(chart: alt.LayerChart, rows: int, *, angled: bool = False, **more: Any) -> None:
    """The map on a page, as wide as its cells need: it scrolls where the window is narrower."""
    head = _ANGLED_HEAD if angled else _HEAD
    with st.container(height=head + rows * _height(rows), border=False):
        st.altair_chart(chart, width="content", **more)


def _height(rows: int) -> int:
    return 30 if rows <= _FEW_ROWS else 22


def _framed(marks: Sequence[Mark], tips: Sequence[str], limits: tuple[float, float]) -> pd.DataFrame:
    rows = [
        {
            "row": mark.row,
            "column": mark.column,
            "shade": mark.shade,
            "says": mark.says,
            "ink": _ink(mark.shade, limits),
            **{f"tip{place}": tip for place, tip in enumerate(mark.tips)},
        }
        for mark in marks
    ]
    names = ["row", "column", "shade", "says", "ink", *(f"tip{place}" for place in range(len(tips)))]
    return pd.DataFrame(rows, columns=names).astype({"shade": float})


def _ink(shade: float | None, limits: tuple[float, float]) -> str:
    low, high = limits
    if shade is None or high <= low:
        return _ON_PALE
    return _ON_DEEP if (shade - low) / (high - low) > _LIGHT_HALF else _ON_PALE


def _axis(labels: Sequence[str], **more: Any) -> alt.Axis:
    """Labels by place, so that two of the same name stay two."""
    listed = json.dumps([wording.plain_line(label, _LABEL) for label in labels])
    return alt.Axis(
        labelExpr=f"{listed}[datum.value]",
        ticks=False,
        domain=False,
        grid=False,
        labelLimit=240,
        labelOverlap=False,
        labelFlush=False,
        **more,
    )


def _step(axes: Axes) -> int:
    """As wide as fits beside the labels in a window of usual width."""
    longest = max(len(wording.plain_line(label, _LABEL)) for label in axes.rows)
    room = _ROOM - _LETTER * longest - (_TITLE if axes.row_title else 0)
    return max(_NARROWEST, min(_WIDEST, room // max(len(axes.columns), 1)))
