"""Forecasts and how they were checked, as charts. Nothing is computed here."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages import wording
from app_pages.charts import ACCENT, COLOURS, QUIET
from app_pages.lifetime_charts import distinct
from retention_core.btyd.clv import LifetimeValues
from retention_core.btyd.holdout import Holdout

_COLOURS = {"expected": ACCENT, "actual": COLOURS["Won back"]}
_HEIGHT = 300
_ROW = 24
MOST_BARS = 15


def tracking(check: Holdout) -> alt.LayerChart:
    """Repeat orders so far, week by week: expected and actual, with the start of the holdout marked."""
    wide = check.tracking[["end", "expected", "actual"]]
    long = wide.melt("end", var_name="what", value_name="orders")
    split = pd.DataFrame({"end": [pd.Timestamp(check.calibration_end)]})
    x = alt.X("end:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=8, labelSeparation=8))
    y = alt.Y("orders:Q", title="Repeat orders so far", axis=alt.Axis(format=",.0f"))
    tips = [
        alt.Tooltip("end:T", title="Until", format="%Y-%m-%d"),
        alt.Tooltip("what:N"),
        alt.Tooltip("orders:Q", format=",.0f"),
    ]
    base = alt.Chart(long).encode(x=x, y=y, color=_colour())
    rule = alt.Chart(split).mark_rule(color=QUIET, strokeDash=[4, 4]).encode(x=x)
    # without colour: legends take the look of every layer that shares their scale
    unseen = alt.Chart(long).mark_point(opacity=0, size=60).encode(x=x, y=y, tooltip=tips)
    return alt.layer(rule, base.mark_line(strokeWidth=2.5), unseen).properties(height=_HEIGHT)


def calibration(check: Holdout) -> alt.LayerChart:
    """Orders a customer in the holdout by repeat orders before it: expected and actual."""
    wide = check.groups[["frequency", "customers", "expected", "actual"]]
    long = wide.melt(["frequency", "customers"], var_name="what", value_name="orders")
    order = wide["frequency"].tolist()
    base = alt.Chart(long).encode(
        x=alt.X("frequency:N", sort=order, title="Repeat orders before", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("orders:Q", title="Orders a customer in the holdout"),
        color=_colour(),
    )
    tips = [
        alt.Tooltip("frequency:N", title="Repeat orders before"),
        alt.Tooltip("customers:Q", format=","),
        alt.Tooltip("what:N"),
        alt.Tooltip("orders:Q", format=",.2f"),
    ]
    dots = base.mark_point(size=80, filled=True, opacity=1).encode(tooltip=tips)
    return alt.layer(base.mark_line(strokeWidth=2), dots).properties(height=_HEIGHT)


def _colour() -> alt.Color:
    return alt.Color("what:N", title=None, legend=alt.Legend(orient="top")).scale(
        domain=list(_COLOURS), range=list(_COLOURS.values())
    )


def _money_axis(largest: float) -> alt.Axis:
    """Amounts in full while they are short; shortened (12k) from ten thousand on."""
    return alt.Axis(format="~s" if largest >= 10_000 else ",~f", tickCount=6)


def best_customers(values: LifetimeValues) -> alt.LayerChart:
    """The customers expected to bring most, with their intervals."""
    frame = values.to_frame().nlargest(MOST_BARS, "value", keep="first")
    labels = distinct([wording.plain_line(name, 26) for name in frame["customer"]])
    frame = frame.assign(
        customer=labels,
        Value=frame["value"].map(wording.money),
        Alive=frame["alive"].map(wording.percent),
        Interval=[
            f"{wording.money(low)} to {wording.money(high)}"
            for low, high in zip(frame["low"], frame["high"], strict=True)
        ],
    )
    y = alt.Y("customer:N", sort=labels, title=None, axis=alt.Axis(labelLimit=180, ticks=False))
    x = alt.X(
        "value:Q",
        title=f"Expected {values.value_of or 'value'}",
        axis=_money_axis(float(frame["value"].max())),
    )
    base = alt.Chart(frame).encode(y=y)
    bars = base.mark_bar(color=ACCENT, opacity=0.85, height={"band": 0.65}).encode(
        x=x, tooltip=[alt.Tooltip(name) for name in ("customer", "Value", "Interval", "Alive")]
    )
    limits = base.mark_rule(color=COLOURS["Won back"], strokeWidth=2.5).encode(
        x=alt.X("low:Q", title=f"Expected {values.value_of or 'value'}"), x2="high:Q"
    )
    return alt.layer(bars, limits).properties(height=40 + _ROW * len(frame))
