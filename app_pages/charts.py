"""Results of the core as charts. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from app_pages import wording
from retention_core.benchmarks import Benchmark, Comparison
from retention_core.concentration import Concentration
from retention_core.periods import PeriodTable

ACCENT = "#12968A"
# readable on white and on near-black alike
COLOURS = {"Kept": ACCENT, "New": "#7BC8BF", "Won back": "#E0A93B", "Lost": "#C65D4B"}
QUIET = "#8A94A0"
_HEIGHT = 320
_CORNERS = 800
_ROW = 44


def retention_trend(table: PeriodTable) -> alt.LayerChart:
    """The rate of every period with its interval; incomplete periods hollow, apart from the line."""
    rows = [
        {
            "period": wording.period_name(table.period, row.start, row.end),
            "rate": row.rate,
            "low": row.low,
            "high": row.high,
            "state": "complete" if row.complete else "incomplete",
            "Retention": wording.percent(row.rate),
            "Interval": wording.percent_between(row.low, row.high),
            "Kept": f"{row.kept:,} of {row.at_start:,}",
        }
        for row in table.periods
        if row.rate is not None and row.low is not None and row.high is not None
    ]
    frame = pd.DataFrame(rows)
    # the layers hold different periods, so only a list keeps them in the order of time
    order = [str(row["period"]) for row in rows]
    x = alt.X("period:N", sort=order, title=None, axis=_period_axis(len(rows)))
    y = alt.Y("rate:Q", title="Customers kept", axis=percent_axis(), scale=alt.Scale(zero=False))
    tips = [alt.Tooltip(name) for name in ("period", "Retention", "Interval", "Kept", "state")]
    base = alt.Chart(frame).encode(x=x)
    complete = base.transform_filter("datum.state === 'complete'")
    band = complete.mark_area(color=ACCENT, opacity=0.16).encode(
        y=alt.Y("low:Q", title="Customers kept"), y2="high:Q"
    )
    limits = base.mark_rule(color=ACCENT, opacity=0.45).encode(y="low:Q", y2="high:Q")
    line = complete.mark_line(color=ACCENT, strokeWidth=2.5).encode(y=y)
    fill = alt.Fill("state:N", legend=None).scale(
        domain=["complete", "incomplete"], range=[ACCENT, "transparent"]
    )
    dots = base.mark_point(
        size=80 if len(rows) <= 18 else 24, stroke=ACCENT, strokeWidth=2, fillOpacity=1
    ).encode(y=y, fill=fill, tooltip=tips)
    return alt.layer(band, limits, line, dots).properties(height=_HEIGHT)


def movements(table: PeriodTable) -> alt.Chart:
    """Customers kept, new and won back above the line, lost below it; incomplete periods pale."""
    rows = [
        {
            "period": wording.period_name(table.period, row.start, row.end),
            "what": what,
            "customers": number,
            "drawn": -number if what == "Lost" else number,
            "order": place,
            "state": "complete" if row.complete else "incomplete",
        }
        for row in table.periods
        for place, (what, number) in enumerate(_what_became(row.kept, row.new, row.reactivated, row.lost))
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("period:N", sort=None, title=None, axis=_period_axis(len(table.periods))),
            y=alt.Y("drawn:Q", title="Customers", axis=_count_axis()),
            color=alt.Color("what:N", sort=list(COLOURS), title=None, legend=alt.Legend(orient="top")).scale(
                domain=list(COLOURS), range=list(COLOURS.values())
            ),
            order="order:Q",
            opacity=alt.Opacity("state:N", legend=None).scale(
                domain=["complete", "incomplete"], range=[1, 0.45]
            ),
            tooltip=[
                alt.Tooltip("period:N"),
                alt.Tooltip("what:N"),
                alt.Tooltip("customers:Q", format=","),
                alt.Tooltip("state:N"),
            ],
        )
        .properties(height=_HEIGHT)
    )


def percent_axis(ticks: int = 8, *, flush: bool = False) -> alt.Axis:
    """Labels on their gridlines; `flush` keeps those at the ends of a horizontal axis inside the chart."""
    label = "format(datum.value * 100, '~g') + ' %'"
    return alt.Axis(labelExpr=label, tickCount=ticks, labelFlush=flush)


def _count_axis() -> alt.Axis:
    return alt.Axis(labelExpr="format(abs(datum.value), ',')", labelFlush=False, tickMinStep=1)


def _what_became(kept: int, new: int, reactivated: int, lost: int) -> tuple[tuple[str, int], ...]:
    return ("Kept", kept), ("New", new), ("Won back", reactivated), ("Lost", lost)


def _period_axis(labels: int) -> alt.Axis:
    return alt.Axis(labelAngle=0 if labels <= 6 else -45, labelOverlap="parity", ticks=False)


def lorenz(spread: Concentration, top: float) -> alt.LayerChart:
    """What the best customers bring together, against everyone bringing the same, marked at `top`."""
    share = spread.top_share(top).value
    curve = pd.DataFrame(_corners(*spread.lorenz()))
    equal = pd.DataFrame({"customers": [0.0, 1.0], "share": [0.0, 1.0]})
    mark = pd.DataFrame(
        {
            "customers": [top],
            "share": [share],
            "says": [f"top {wording.percent(top)} → {wording.percent(share)}"],
        }
    )
    # refunds lift the curve above 1 before they bring it back
    highest = max(1.0, float(curve["share"].max()))
    x = alt.X("customers:Q", title="Customers, best first", axis=percent_axis(flush=True)).scale(
        domain=[0, 1]
    )
    y = alt.Y("share:Q", title=f"Share of the {spread.value_of}", axis=percent_axis()).scale(
        domain=[0, highest], nice=False
    )
    filled = alt.Chart(curve).mark_area(color=ACCENT, opacity=0.14).encode(x=x, y=y)
    line = alt.Chart(curve).mark_line(color=ACCENT, strokeWidth=2.5).encode(x=x, y=y)
    even = alt.Chart(equal).mark_line(color=QUIET, strokeDash=[5, 5], strokeWidth=1.2).encode(x=x, y=y)
    down = alt.Chart(mark).mark_rule(color=QUIET, strokeDash=[2, 3]).encode(x=x)
    across = alt.Chart(mark).mark_rule(color=QUIET, strokeDash=[2, 3]).encode(y=y)
    dot = (
        alt.Chart(mark)
        .mark_point(size=110, filled=True, color=COLOURS["Won back"], opacity=1)
        .encode(x=x, y=y)
    )
    text = (
        alt.Chart(mark)
        .mark_text(align="left", baseline="top", dx=10, dy=8, fontSize=13, fontWeight=600, color=QUIET)
        .encode(x=x, y=y, text="says:N")
    )
    return alt.layer(filled, even, line, down, across, dot, text).properties(height=_HEIGHT)


def _corners(customers: np.ndarray, share: np.ndarray) -> dict[str, np.ndarray]:
    """A curve of a million corners draws like one of some hundreds, spread evenly along both axes."""
    if len(customers) <= 2 * _CORNERS:
        return {"customers": customers, "share": share}
    steps = np.linspace(0, 1, _CORNERS)
    along = np.rint(steps * (len(customers) - 1)).astype(int)
    upward = np.searchsorted(np.maximum.accumulate(share), steps * share[-1])
    kept = np.unique(np.concatenate([along, upward, [int(np.argmax(share))]]))
    return {"customers": customers[kept], "share": share[kept]}


def against_benchmarks(comparison: Comparison, others: Sequence[Benchmark]) -> alt.LayerChart:
    """Your rate with its interval, the chosen figure as a line, the industry's other figures below."""
    frame = _side_by_side(comparison, others)
    colours = {"your rate": ACCENT, "chosen benchmark": COLOURS["Won back"], "other figures": QUIET}
    axis = alt.Axis(labelExpr="split(split(datum.label, ' [')[0], ' · ')", labelLimit=230, ticks=False)
    base = alt.Chart(frame).encode(y=alt.Y("label:N", sort=None, title=None, axis=axis))
    colour = alt.Color("what:N", legend=None).scale(domain=list(colours), range=list(colours.values()))
    x = alt.X("value:Q", title=None, axis=percent_axis(6, flush=True), scale=_around(frame))
    interval = (
        base.transform_filter("datum.what === 'your rate'")
        .mark_rule(strokeWidth=6, opacity=0.35, color=ACCENT)
        .encode(x=alt.X("low:Q", title=None), x2="high:Q")
    )
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=x, color=colour, tooltip=["label:N", alt.Tooltip("value:Q", format=".1%")]
    )
    goal = (
        alt.Chart(frame[frame["what"] == "chosen benchmark"])
        .mark_rule(color=COLOURS["Won back"], strokeDash=[4, 4])
        .encode(x=x)
    )
    return alt.layer(goal, interval, dots).properties(height=40 + _ROW * len(frame))


def _around(frame: pd.DataFrame) -> alt.Scale:
    """From the lowest figure to the highest with some air, and past 100 % only where a figure is."""
    low, high = float(frame["low"].min()), float(frame["high"].max())
    air = max(0.02, (high - low) * 0.06)
    return alt.Scale(domain=[max(0.0, low - air), max(high, min(1.0, high + air))], nice=False)


def _side_by_side(comparison: Comparison, others: Sequence[Benchmark]) -> pd.DataFrame:
    low, high = comparison.interval or (comparison.rate, comparison.rate)
    rows = [("Your rate", comparison.rate, low, high, "your rate")]
    for one in (comparison.benchmark, *others):
        what = "chosen benchmark" if one.id == comparison.benchmark.id else "other figures"
        # figures of one source may share a label; the axis cuts the id off again
        rows.append((f"{_benchmark_label(one)} [{one.id}]", one.value, one.value, one.value, what))
    return pd.DataFrame(rows, columns=["label", "value", "low", "high", "what"])


def _benchmark_label(one: Benchmark) -> str:
    year = f" {one.year}" if one.year else ""
    segment, source = one.sub_segment or one.industry, one.source_name
    return " · ".join([*_label_lines(segment, 1), *_label_lines(f"{source}{year}", 2)])


def _label_lines(text: str, most: int) -> list[str]:
    """A label in lines of a length that fits beside the chart, cut between words."""
    line = wording.plain_line(text, 200).replace(" · ", ", ").replace(" [", " (")
    return textwrap.wrap(line, 36, max_lines=most, placeholder=" …")
