"""Feedback and referrals as charts. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from app_pages import charts, wording
from retention_core.differences import Difference, GroupMean, GroupShare
from retention_core.referral_tables import Referrals
from retention_core.voice_tables import Voice

OPINIONS = {
    "Promoters": charts.ACCENT,
    "Passives": charts.COLOURS["Won back"],
    "Detractors": charts.COLOURS["Lost"],
}
_HEIGHT = 300
_SIGNED = "datum.value > 0 ? '+' + datum.value : datum.value < 0 ? '−' + abs(datum.value) : '0'"
_ROW = 46


class _Point(NamedTuple):
    """A figure of a period with its interval."""

    period: str
    value: float
    low: float
    high: float
    complete: bool
    tips: tuple[str, str, str]


def score_trend(found: Voice) -> alt.LayerChart:
    """The net promoter score of every period with its interval; incomplete periods hollow."""
    points = [
        _Point(
            _named(found.period, row.start, row.end),
            row.points,
            row.low,
            row.high,
            row.complete,
            (score(row.points), f"{score(row.low)} to {score(row.high)}", f"{row.answers:,}"),
        )
        for row in found.over_time
    ]
    axis = alt.Axis(labelExpr=_SIGNED, tickCount=7)
    names = ("Score", "95 % interval", "Answers")
    zero = (
        alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=charts.QUIET, strokeDash=[3, 3]).encode(y="y:Q")
    )
    return alt.layer(zero, *_trend(points, names, "Net promoter score", axis)).properties(height=_HEIGHT)


def referral_trend(found: Referrals) -> alt.LayerChart:
    """The share of new customers who came by referral, by the period of their first order."""
    points = [
        _Point(
            _named(found.period, row.start, row.end),
            row.share,
            row.low,
            row.high,
            row.complete,
            (
                wording.percent(row.share),
                wording.percent_between(row.low, row.high),
                f"{row.referred:,} of {row.new:,}",
            ),
        )
        for row in found.by_period
    ]
    names = ("By referral", "95 % interval", "New customers")
    layers = _trend(points, names, "New customers by referral", charts.percent_axis(6))
    return alt.layer(*layers).properties(height=_HEIGHT)


def _named(kind: str, start: dt.date, end: dt.date) -> str:
    return wording.period_name(kind, start, end)


def _trend(points: Sequence[_Point], names: Sequence[str], title: str, axis: alt.Axis) -> list[Any]:
    rows = [
        {
            "period": one.period,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "state": "complete" if one.complete else "incomplete",
            **dict(zip(names, one.tips, strict=True)),
        }
        for one in points
    ]
    order = [one.period for one in points]
    angle = 0 if len(rows) <= 6 else -45
    labels = alt.Axis(labelAngle=angle, labelOverlap="parity", ticks=False)
    base = alt.Chart(pd.DataFrame(rows)).encode(x=alt.X("period:N", sort=order, title=None, axis=labels))
    y = alt.Y("value:Q", title=title, axis=axis, scale=alt.Scale(zero=False))
    complete = base.transform_filter("datum.state === 'complete'")
    fill = alt.Fill("state:N", legend=None).scale(
        domain=["complete", "incomplete"], range=[charts.ACCENT, "transparent"]
    )
    tips = [alt.Tooltip("period:N", title="Period"), *(alt.Tooltip(f"{name}:N") for name in names), "state:N"]
    return [
        complete.mark_area(color=charts.ACCENT, opacity=0.16).encode(
            y=alt.Y("low:Q", title=title), y2="high:Q"
        ),
        base.mark_rule(color=charts.ACCENT, opacity=0.45).encode(y="low:Q", y2="high:Q"),
        complete.mark_line(color=charts.ACCENT, strokeWidth=2.5).encode(y=y),
        base.mark_point(
            size=80 if len(rows) <= 18 else 24, stroke=charts.ACCENT, strokeWidth=2, fillOpacity=1
        ).encode(y=y, fill=fill, tooltip=tips),
    ]


def opinion_bars(found: Voice) -> alt.Chart:
    """Promoters, passives and detractors among the answers of every period."""
    order = [_named(found.period, row.start, row.end) for row in found.over_time]
    rows = [
        {
            "period": _named(found.period, row.start, row.end),
            "Opinion": name,
            "place": place,
            "share": count / row.answers,
            "Answers": f"{count:,} of {row.answers:,}",
        }
        for row in found.over_time
        for place, (name, count) in enumerate(
            zip(OPINIONS, (row.promoters, row.passives, row.detractors), strict=True)
        )
    ]
    labels = alt.Axis(labelAngle=0 if len(order) <= 6 else -45, labelOverlap="parity", ticks=False)
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("period:N", sort=order, title=None, axis=labels),
            y=alt.Y("share:Q", title="Of the answers", axis=charts.percent_axis(5)).scale(domain=[0, 1]),
            color=alt.Color(
                "Opinion:N", title=None, sort=list(OPINIONS), legend=alt.Legend(orient="top")
            ).scale(domain=list(OPINIONS), range=list(OPINIONS.values())),
            order=alt.Order("place:Q", sort="descending"),
            tooltip=[
                alt.Tooltip("period:N", title="Period"),
                "Opinion:N",
                alt.Tooltip("share:Q", format=".1%", title="Share"),
                "Answers:N",
            ],
        )
        .properties(height=_HEIGHT)
    )


def kept_groups(groups: Sequence[GroupShare]) -> alt.LayerChart | None:
    """The share kept of each group with its interval; None where no group has anybody."""
    rows = [
        (one.group, one.customers, one.share, one.low, one.high, f"{one.kept:,} of {one.customers:,}")
        for one in groups
        if one.share is not None
    ]
    return _compared(rows, "Ordered again", charts.percent_axis(4), wording.percent)


def means(found: Difference, value_of: str) -> alt.LayerChart | None:
    """The mean value of both groups of a difference with its interval."""
    rows = [
        (one.group, one.customers, one.mean, one.low, one.high, f"{one.customers:,}")
        for one in (found.one, found.other)
        if isinstance(one, GroupMean) and one.mean is not None
    ]
    title = f"Mean {value_of} of the first {wording.counted(found.days, 'day')}"
    return _compared(rows, title, alt.Axis(format=",~f", tickCount=4, labelFlush=False), wording.money)


def _compared(rows: Sequence[tuple[Any, ...]], title: str, axis: alt.Axis, say: Any) -> alt.LayerChart | None:
    if not rows:
        return None
    names = ["group", "customers", "value", "low", "high", "Of them"]
    frame = pd.DataFrame(rows, columns=names)
    frame["label"] = [
        f"{group.capitalize()}  ·  {customers:,}" for group, customers in frame[["group", "customers"]].values
    ]
    frame["Figure"] = frame["value"].map(say)
    frame["95 % interval"] = [
        "unknown" if pd.isna(low) else f"{say(low)} to {say(high)}"
        for low, high in frame[["low", "high"]].values
    ]
    labels = alt.Axis(labelLimit=190, ticks=False)
    tips = [alt.Tooltip("label:N", title="Group"), "Figure:N", "95 % interval:N", "Of them:N"]
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", sort=list(frame["label"]), title=None, axis=labels), tooltip=tips
    )
    x = alt.X("value:Q", title=title, axis=axis, scale=alt.Scale(zero=False, padding=20))
    spans = base.mark_rule(color=charts.ACCENT, strokeWidth=5, opacity=0.35).encode(
        x=alt.X("low:Q", title=title), x2="high:Q"
    )
    dots = base.mark_point(size=110, filled=True, opacity=1, color=charts.ACCENT).encode(x=x)
    text = base.mark_text(dy=-14, fontSize=12, color=charts.QUIET).encode(x=x, text="Figure:N")
    return alt.layer(spans, dots, text).properties(height=60 + _ROW * len(frame))


def score(points: float) -> str:
    """A net promoter score as people write it.

    Examples
    --------
    >>> score(16.6), score(-3.2), score(0.2)
    ('+17', '−3', '0')
    """
    whole = round(points)
    return f"{whole:+d}".replace("-", "−") if whole else "0"
