"""What retention is worth, and how spending grows, as charts. Nothing is computed here."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages import charts, wording
from retention_core.measured import Measured
from retention_core.point_worth import WorthCurve
from retention_core.tenure_tables import TenureReading, TenureSpend

LASTING, ONCE = "kept for good", "for one year"
BUYER, WON = "who ordered in it", "everyone won"
AMBER, RED = "#E0A93B", "#C65D4B"
CLAIMED = 0.67
_HEIGHT = 320
_FIRST = 330
_ROW = 38


def money_axis(largest: float) -> alt.Axis:
    """Amounts, short where they are long; plain digits where the words of SI would puzzle."""
    form = ",~f" if largest < 10_000 else "~s" if largest < 1e15 else ".2~e"
    return alt.Axis(labelExpr=f"format(datum.value, '{form}')", tickCount=5, labelFlush=True)


def worth_of_points(curve: WorthCurve) -> alt.LayerChart:
    """Worth of up to ten points, kept for good and for one year: the most that may be spent on them."""
    rows = [{"points": 0.0, "worth": 0.0, "What": name} for name in (LASTING, ONCE)]
    for row in curve.rows:
        for name, worth, each in ((LASTING, row.worth, row.each), (ONCE, row.once, row.each_once)):
            told = {"All customers": wording.money(worth), "A customer": wording.money(each)}
            rate = wording.percent(row.retention)
            rows.append({"points": row.points * 100, "worth": worth, "What": name, "Retention": rate} | told)
    frame = pd.DataFrame(rows)
    largest = max(abs(float(frame["worth"].min())), abs(float(frame["worth"].max())))
    x = alt.X("points:Q", title="Points of retention more", axis=_signed())
    y = alt.Y("worth:Q", title="Worth today, all customers", axis=money_axis(largest))
    colour = alt.Color(
        "What:N",
        title=None,
        sort=[LASTING, ONCE],
        legend=alt.Legend(orient="top", symbolType="stroke", labelLimit=220),
    ).scale(domain=[LASTING, ONCE], range=[charts.ACCENT, AMBER])
    dash = alt.StrokeDash("What:N", legend=None).scale(domain=[LASTING, ONCE], range=[[1, 0], [5, 4]])
    base = alt.Chart(frame).encode(x=x, y=y)
    lines = base.mark_line(strokeWidth=2.5).encode(color=colour, strokeDash=dash)
    tips = [alt.Tooltip(f"{name}:N") for name in ("What", "Retention", "All customers", "A customer")]
    unseen = base.mark_point(size=160, opacity=0).encode(tooltip=tips)
    first = curve.rows[0]
    mark = pd.DataFrame(
        [{"points": 1.0, "worth": first.worth, "says": f"+1 point: {wording.money(first.worth)}"}]
    )
    dot = alt.Chart(mark).mark_point(size=120, filled=True, opacity=1, color=RED).encode(x=x, y=y)
    corner = alt.value(14 if first.worth >= 0 else _FIRST - 14)
    text = (
        alt.Chart(mark)
        .mark_text(align="left", fontSize=12, fontWeight=600, color=RED)
        .encode(x=alt.value(10), y=corner, text="says:N")
    )
    return alt.layer(lines, dot, text, unseen).properties(height=_FIRST)


def _signed() -> alt.Axis:
    return alt.Axis(tickMinStep=1, labelExpr="datum.value > 0 ? '+' + datum.value : datum.value")


def spend_by_window(found: TenureSpend) -> alt.LayerChart:
    """Money a window of months since the first order, with 95 % intervals: of its buyers and of everyone."""
    rows = []
    for window in found.windows:
        months = f"{window.first_month}–{window.last_month}"
        for name, people, figure in (
            (BUYER, window.buyers, window.per_buyer),
            (WON, window.customers, window.per_customer),
        ):
            if figure.value is not None:
                rows.append({"months": months, "What": name, "Customers": f"{people:,}"} | _span(figure))
    frame = pd.DataFrame(rows)
    order = list(dict.fromkeys(frame["months"]))
    x = alt.X("months:N", sort=order, title="Months since the first order", axis=alt.Axis(labelAngle=0))
    title = f"{found.value_of.capitalize()} a customer and window"
    y = alt.Y("value:Q", title=title, axis=money_axis(float(frame["value"].max())))
    colour = alt.Color("What:N", title=None, sort=[BUYER, WON], legend=alt.Legend(orient="top")).scale(
        domain=[BUYER, WON], range=[charts.ACCENT, AMBER]
    )
    apart = alt.XOffset("What:N", sort=[BUYER, WON])
    base = alt.Chart(frame).encode(x=x, xOffset=apart, color=colour)
    # without colour by scale: a legend takes the look of every layer that shares its scale
    limits = [
        alt.Chart(frame[frame["What"] == name])
        .mark_rule(strokeWidth=4, opacity=0.4, color=shade)
        .encode(x=x, xOffset=apart, y=alt.Y("low:Q", title=title), y2="high:Q")
        for name, shade in ((BUYER, charts.ACCENT), (WON, AMBER))
    ]
    tips = ["months:N", "What:N", "Customers:N", alt.Tooltip("Mean:N"), alt.Tooltip("Interval:N")]
    dots = base.mark_point(size=80, filled=True, opacity=1).encode(y=y, tooltip=tips)
    return alt.layer(*limits, dots).properties(height=_HEIGHT)


def _span(figure: Measured) -> dict[str, object]:
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    between = f"{wording.money(low)} to {wording.money(high)}" if figure.low is not None else "unknown"
    told = {"Mean": wording.money(figure.value), "Interval": between}
    return {"value": figure.value, "low": low, "high": high} | told


def readings_forest(found: TenureSpend) -> alt.LayerChart | None:
    """Growth of the later window on the first in each reading, beside none and the popular 67 %."""
    frame = pd.DataFrame([_growth(row) for row in found.readings if row.ratio.value is not None])
    if frame.empty:
        return None
    order = list(frame["reading"])
    axis = alt.Axis(labelLimit=260, ticks=False, labelOverlap=False, labelExpr="split(datum.label, ' · ')")
    y = alt.Y("reading:N", sort=order, title=None, axis=axis)
    highest = min(max(1.0, float(frame["high"].max())), 4 * max(1.0, float(frame["growth"].max())))
    scale = alt.Scale(domain=[min(-0.5, float(frame["low"].min())), highest], clamp=True, nice=False)
    x = alt.X("growth:Q", title="Later months against the first", axis=charts.percent_axis(5), scale=scale)
    base = alt.Chart(frame).encode(y=y)
    limits = base.mark_rule(strokeWidth=5, opacity=0.35, color=charts.ACCENT).encode(
        x=alt.X("low:Q", title="Later months against the first", scale=scale), x2="high:Q"
    )
    tips = [alt.Tooltip(f"{name}:N") for name in ("reading", "Growth", "Interval", "Customers")]
    dots = base.mark_point(size=90, filled=True, opacity=1, color=charts.ACCENT).encode(x=x, tooltip=tips)
    lines = pd.DataFrame({"growth": [0.0, CLAIMED], "colour": [charts.QUIET, RED]})
    rules = alt.Chart(lines).mark_rule(strokeDash=[4, 4]).encode(x=x, color=alt.Color("colour:N", scale=None))
    return alt.layer(rules, limits, dots).properties(height=70 + _ROW * len(frame))


def _growth(row: TenureReading) -> dict[str, object]:
    value, low, high = (None if one is None else one - 1 for one in row.ratio)
    return {
        "reading": f"{row.reading} · first order {'counted' if row.first_order else 'left out'}",
        "growth": value,
        "low": value if low is None else low,
        "high": value if high is None else high,
        "Growth": wording.percent(value),
        "Interval": "unknown" if low is None or high is None else wording.percent_between(low, high),
        "Customers": f"{row.customers:,}",
    }
