"""Whom to keep, and who is due, as charts. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from app_pages import charts, wording
from app_pages.lifetime_charts import distinct
from retention_core.due_tables import FEEDBACK, REMIND, THANKS, WIN_BACK, DueList, DueRow
from retention_core.focus_values import FELL, ROSE, STAYED, Steadiness
from retention_core.key_customers import KeyCustomers

MOST_ROWS = 12
OCCASION_COLOURS = {
    WIN_BACK: "#C65D4B",
    REMIND: charts.ACCENT,
    THANKS: "#E0A93B",
    FEEDBACK: "#7BC8BF",
}
_HEIGHT = 340
_ROW = 24
_BAR = 30
_BEYOND = 5  # times what is worth spending
_FEWEST = 10


def budget_curve(curve: pd.DataFrame, stop: dict[str, float], budget: float | None) -> alt.LayerChart:
    """Gain against budget, with the point beyond which spending stops paying and the budget given."""
    curve = drawn(curve, stop, budget)
    end = float(curve["spending"].iloc[-1])
    x = alt.X("spending:Q", title="Budget", axis=_money_axis(end))
    y = alt.Y("gain:Q", title="Gain", axis=_money_axis(float(curve["gain"].max())))
    tips = [
        alt.Tooltip("customers:Q", title="Customers", format=","),
        alt.Tooltip("spending:Q", title="Budget", format=",.2f"),
        alt.Tooltip("gain:Q", title="Gain", format=",.2f"),
        alt.Tooltip("net:Q", title="Gain less budget", format=",.2f"),
    ]
    base = alt.Chart(curve).encode(x=x, y=y)
    area = base.mark_area(color=charts.ACCENT, opacity=0.14)
    line = base.mark_line(color=charts.ACCENT, strokeWidth=2.5)
    unseen = base.mark_point(opacity=0, size=80).encode(tooltip=tips)
    highest = min(end, float(curve["gain"].max()))
    even = alt.Chart(pd.DataFrame({"spending": [0.0, highest], "gain": [0.0, highest]}))
    diagonal = even.mark_line(color=charts.QUIET, strokeDash=[5, 5], strokeWidth=1.2).encode(x=x, y=y)
    says = f"stops paying:\n{wording.counted(round(stop['customers']), 'customer')}"
    mark = pd.DataFrame([{**stop, "says": says, "floor": 0.0}])
    dot = (
        alt.Chart(mark)
        .mark_point(size=120, filled=True, color="#E0A93B", opacity=1)
        .encode(x=x, y=y, tooltip=tips)
    )
    text = (
        alt.Chart(mark)
        .mark_text(
            align="left" if stop["spending"] < end / 2 else "right",
            baseline="bottom",
            dx=6 if stop["spending"] < end / 2 else -6,
            dy=-18,
            lineBreak="\n",
            fontSize=12,
            fontWeight=600,
            color=charts.QUIET,
        )
        .encode(x=x, y="floor:Q", text="says:N")
    )
    down = alt.Chart(mark).mark_rule(color="#E0A93B", strokeWidth=1.5).encode(x=x, y="floor:Q", y2="gain:Q")
    layers = [area, diagonal, line, unseen, down, dot, text]
    if budget is not None and budget <= end:
        yours = alt.Chart(pd.DataFrame({"spending": [budget]}))
        layers.append(yours.mark_rule(color="#C65D4B", strokeDash=[3, 3], strokeWidth=1.5).encode(x=x))
    return alt.layer(*layers).properties(height=_HEIGHT)


def drawn(curve: pd.DataFrame, stop: dict[str, float], budget: float | None) -> pd.DataFrame:
    """The part of a curve that is worth a look: as far as the budget, and well beyond what pays."""
    most = max(_BEYOND * stop["spending"], 0.0 if budget is None else budget)
    part = curve[curve["spending"] <= most]
    return part if stop["spending"] > 0 and len(part) >= _FEWEST else curve


def _money_axis(largest: float) -> alt.Axis:
    return alt.Axis(format="~s" if largest >= 10_000 else ",~f", tickCount=5, labelFlush=True)


def verdict_bars(frame: pd.DataFrame) -> alt.Chart:
    """Customers by what is expected of them, where nothing tells what they are worth: by schedule."""
    counts = frame.groupby("schedule", sort=False).size().rename("customers").reset_index()
    order = [
        name
        for name in ("on schedule", "due", "overdue", "gone", "unknown")
        if name in set(counts["schedule"])
    ]
    return (
        alt.Chart(counts)
        .mark_bar(color=charts.ACCENT, cornerRadiusEnd=2)
        .encode(
            y=alt.Y("schedule:N", sort=order, title=None, axis=alt.Axis(ticks=False)),
            x=alt.X("customers:Q", title="Customers", axis=_count_axis()),
            tooltip=["schedule:N", alt.Tooltip("customers:Q", format=",")],
        )
        .properties(height=40 + 40 * len(order))
    )


def fifth_bars(steady: Steadiness) -> alt.Chart:
    """The top fifth of the period before and that of the period: who stayed, fell and rose."""
    before, now = "the period before", "the period"
    rows = [
        (before, STAYED, 0, steady.stayed),
        (before, FELL, 1, steady.before - steady.stayed),
        (now, STAYED, 0, steady.stayed),
        (now, ROSE, 2, steady.now - steady.stayed),
    ]
    frame = pd.DataFrame(rows, columns=["period", "What", "place", "customers"])
    colours = {STAYED: charts.ACCENT, FELL: "#C65D4B", ROSE: "#E0A93B"}
    return (
        alt.Chart(frame)
        .mark_bar(cornerRadius=1)
        .encode(
            y=alt.Y("period:N", sort=[before, now], title=None, axis=alt.Axis(ticks=False, labelLimit=160)),
            x=alt.X("customers:Q", title="Customers of the top fifth", axis=_count_axis()),
            color=alt.Color(
                "What:N", title=None, sort=list(colours), legend=alt.Legend(orient="top", symbolLimit=0)
            ).scale(domain=list(colours), range=list(colours.values())),
            order="place:Q",
            tooltip=["period:N", "What:N", alt.Tooltip("customers:Q", format=",", title="Customers")],
        )
        .properties(height=210)
    )


def _count_axis() -> alt.Axis:
    return alt.Axis(format=",d", tickMinStep=1, tickCount=5, labelFlush=True)


def key_bars(found: KeyCustomers) -> alt.LayerChart | None:
    """Key customers among those of each group, the largest by value first; None where none has any."""
    rows = sorted((one for one in found.groups if one.key_customers), key=lambda one: -one.value)[:MOST_ROWS]
    if not rows:
        return None
    labels = distinct([wording.plain_line(one.group, 26) for one in rows])
    frame = pd.DataFrame(
        {
            "group": labels,
            "share": [one.key_customers / one.customers for one in rows],
            "says": [f"{wording.count(one.key_customers)} of {wording.count(one.customers)}" for one in rows],
            "value": [wording.money(one.value) for one in rows],
        }
    )
    highest = min(float(frame["share"].max()) * 1.25, 1.25)
    y = alt.Y(
        "group:N", sort=labels, title=None, axis=alt.Axis(labelLimit=170, ticks=False, labelOverlap=False)
    )
    x = alt.X("share:Q", title=None, axis=charts.percent_axis(5, flush=True)).scale(
        domain=[0, highest], nice=False
    )
    tips = [
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("says:N", title="Key customers"),
        alt.Tooltip("value:N", title=(found.value_of or "value").capitalize()),
    ]
    base = alt.Chart(frame).encode(y=y, x=x, tooltip=tips)
    bars = base.mark_bar(color=charts.ACCENT, cornerRadiusEnd=2)
    text = base.mark_text(align="left", dx=6, color=charts.QUIET, fontSize=12).encode(text="says:N")
    return alt.layer(bars, text).properties(height=40 + _BAR * len(frame))


def next_orders(due: DueList) -> alt.LayerChart | None:
    """When the first of the list are expected to order next, with the interval; None where nothing tells."""
    rows = [row for row in due.rows if row.expected is not None][:MOST_ROWS]
    if not rows:
        return None
    labels = distinct([wording.plain_line(row.customer, 22) for row in rows])
    frame = _awaited(rows, labels)
    used = [name for name in OCCASION_COLOURS if name in set(frame["Occasion"])]
    colour = alt.Color(
        "Occasion:N", title=None, sort=used, legend=alt.Legend(orient="top", columns=2, symbolLimit=0)
    ).scale(domain=used, range=[OCCASION_COLOURS[name] for name in used])
    names = alt.Axis(labelLimit=150, ticks=False, labelOverlap=False, labelFlush=False)
    y = alt.Y("customer:N", sort=labels, title=None, axis=names)
    axis = alt.Axis(format="%d %b", tickCount=4, labelSeparation=8)
    x = alt.X("low:T", title=None, axis=axis)
    tips = [
        alt.Tooltip("customer:N", title="Customer"),
        alt.Tooltip("Occasion:N"),
        *(
            alt.Tooltip(f"{name}:T", title=title, format="%Y-%m-%d")
            for name, title in (
                ("usual", "Usual day"),
                ("expected", "Next order expected"),
                ("low", "From"),
                ("high", "To"),
            )
        ),
        alt.Tooltip("Reason:N"),
    ]
    base = alt.Chart(frame).encode(y=y, tooltip=tips)
    spans = base.mark_rule(strokeWidth=4, opacity=0.4).encode(x=x, x2="high:T", color=colour)
    dots = base.mark_point(size=80, filled=True, opacity=1).encode(
        x=alt.X("expected:T", title=None, axis=axis), color=colour
    )
    today = alt.Chart(pd.DataFrame({"day": [pd.Timestamp(due.as_of)]}))
    now = today.mark_rule(color=charts.QUIET, strokeDash=[3, 3]).encode(
        x=alt.X("day:T", title=None, axis=axis)
    )
    return alt.layer(now, spans, dots).properties(height=90 + _ROW * len(frame))


def _awaited(rows: Sequence[DueRow], labels: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": labels,
            "Occasion": [row.occasion for row in rows],
            "usual": [_stamp(row.usual_day) for row in rows],
            "low": [_stamp(row.expected_low) for row in rows],
            "expected": [_stamp(row.expected) for row in rows],
            "high": [_stamp(row.expected_high) for row in rows],
            "Reason": [row.reason for row in rows],
        }
    )


def _stamp(day: object) -> pd.Timestamp:
    return pd.Timestamp(day)  # type: ignore[arg-type]
