"""Recurring revenue as charts. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

from itertools import accumulate

import altair as alt
import pandas as pd

from app_pages import wording
from app_pages.charts import ACCENT, COLOURS, QUIET, percent_axis
from retention_core.revenue import RevenueRetention, RevenueTable
from retention_core.revenue_sums import balanced
from retention_core.subscription_columns import TIMES_A_YEAR

MOVEMENTS = {
    "New": "#7BC8BF",
    "Won back": COLOURS["Won back"],
    "Expansion": ACCENT,
    "Contraction": "#D99A8B",
    "Churn": COLOURS["Lost"],
}
_SIGNS = {"New": 1, "Won back": 1, "Expansion": 1, "Contraction": -1, "Churn": -1}
_HEIGHT = 320


def movements(table: RevenueTable) -> alt.LayerChart:
    """The five movements of every period, gains above the line and losses below, and their balance."""
    rows, balance = [], []
    for row in table.periods:
        name = wording.period_name(table.period, row.start, row.end)
        state = "complete" if row.complete else "incomplete"
        amounts = (row.new, row.reactivation, row.expansion, row.contraction, row.churn)
        for place, (what, amount) in enumerate(zip(MOVEMENTS, amounts, strict=True)):
            drawn = _SIGNS[what] * amount
            rows.append((name, what, drawn, place, state, wording.money(amount)))
        balance.append((name, row.closing - row.opening, wording.money(row.closing - row.opening)))
    frame = pd.DataFrame(rows, columns=["period", "what", "drawn", "order", "state", "Amount"])
    net = pd.DataFrame(balance, columns=["period", "net", "Change"])
    order = [name for name, _, _ in balance]
    x = alt.X("period:N", sort=order, title=None, axis=_period_axis(len(order)))
    bars = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y(
                "drawn:Q",
                title="Change of recurring revenue",
                axis=alt.Axis(labelExpr="format(datum.value, '~s')"),  # a plain format makes 0 "0k"
            ),
            color=_colour(),
            order="order:Q",
            opacity=alt.Opacity("state:N", legend=None).scale(
                domain=["complete", "incomplete"], range=[1, 0.45]
            ),
            tooltip=["period:N", "what:N", "Amount:N", "state:N"],
        )
    )
    dots = (
        alt.Chart(net)
        .mark_tick(color=QUIET, thickness=2.5, width={"band": 0.7})
        .encode(x=x, y="net:Q", tooltip=["period:N", "Change:N"])
    )
    return alt.layer(bars, dots).properties(height=_HEIGHT)


def waterfall(kept: RevenueRetention, per: str) -> alt.LayerChart:
    """From the recurring revenue at the start to that at the end, step by step."""
    exact = balanced(kept.cents_a_year, TIMES_A_YEAR[per])
    parts = (exact.new, exact.reactivation, exact.expansion, exact.contraction, exact.churn)
    steps = [_SIGNS[what] * amount / 100 for what, amount in zip(MOVEMENTS, parts, strict=True)]
    opening, closing = exact.opening / 100, exact.closing / 100
    levels = list(accumulate(steps, initial=opening))
    rows = [("At start", 0.0, opening, opening, "whole")]
    rows += [(what, levels[i], levels[i + 1], steps[i], what) for i, what in enumerate(MOVEMENTS)]
    rows.append(("At end", 0.0, closing, closing, "whole"))
    frame = pd.DataFrame(rows, columns=["step", "from", "to", "change", "what"])
    frame["top"] = frame[["from", "to"]].max(axis=1)
    frame["Amount"] = [
        _signed(change, what) for change, what in zip(frame["change"], frame["what"], strict=True)
    ]
    frame["short"] = [
        _short(change, what) for change, what in zip(frame["change"], frame["what"], strict=True)
    ]
    colour = alt.Color("what:N", legend=None).scale(
        domain=["whole", *MOVEMENTS], range=[QUIET, *MOVEMENTS.values()]
    )
    axis_of_steps = alt.Axis(labelAngle=-40, labelOverlap=False, ticks=False)
    x = alt.X("step:N", sort=list(frame["step"]), title=None, axis=axis_of_steps)
    base = alt.Chart(frame).encode(x=x)
    axis = alt.Axis(format="~s")
    highest = max(1.12 * float(frame["top"].max()), 1.0)
    bars = base.mark_bar(width={"band": 0.72}).encode(
        y=alt.Y("from:Q", title=f"Recurring revenue a {per}", axis=axis).scale(domain=[0, highest]),
        y2="to:Q",
        color=colour,
        tooltip=["step:N", "Amount:N"],
    )
    text = base.mark_text(dy=-8, color=QUIET, fontSize=11).encode(y="top:Q", text="short:N")
    return alt.layer(bars, text).properties(height=_HEIGHT)


def _short(change: float, what: str) -> str:
    """A change in few letters, to stand above a bar.

    Examples
    --------
    >>> _short(21856.0, "New"), _short(-0.0, "Churn"), _short(-3196.0, "Churn"), _short(34084.0, "whole")
    ('+21.9k', '0', '-3.2k', '34.1k')
    """
    size, unit = next(((s, u) for s, u in ((1e9, "bn"), (1e6, "m"), (1e3, "k")) if abs(change) >= s), (1, ""))
    digits = f"{abs(change) / size:.3g}"
    sign = "-" if change < 0 else "+" if what != "whole" and change > 0 else ""
    return f"{sign}{digits}{unit}"


def _signed(change: float, what: str) -> str:
    sign = "+" if what != "whole" and change > 0 else ""
    return f"{sign}{wording.money(change)}"


def churn(table: RevenueTable) -> alt.LayerChart:
    """Share of customers and of revenue lost in every complete period; the band is that of the customers."""
    rated = [
        row
        for row in table.periods
        if row.complete and row.logo_churn is not None and row.revenue_churn is not None
    ]
    names = [wording.period_name(table.period, row.start, row.end) for row in rated]
    rows = []
    for name, row in zip(names, rated, strict=True):
        low, high = row.logo_churn_low, row.logo_churn_high
        limits = wording.percent_between(low or 0.0, high or 0.0)
        rows.append((name, "customers", row.logo_churn, low, high, wording.percent(row.logo_churn), limits))
        rows.append((name, "revenue", row.revenue_churn, None, None, wording.percent(row.revenue_churn), "–"))
    columns = ["period", "what", "rate", "low", "high", "Lost", "Interval"]
    frame = pd.DataFrame(rows, columns=columns).astype({"low": "float64", "high": "float64"})
    x = alt.X("period:N", sort=names, title=None, axis=_period_axis(len(names)))
    colour = alt.Color("what:N", title=None, legend=alt.Legend(orient="top")).scale(
        domain=["customers", "revenue"], range=[ACCENT, COLOURS["Lost"]]
    )
    # in the first periods, with few customers, the band would dwarf everything else
    highest = alt.Scale(domain=[0, max(1.8 * float(frame["rate"].max()), 0.01)], nice=False)
    band = (
        alt.Chart(frame[frame["what"] == "customers"])
        .mark_area(color=ACCENT, opacity=0.16, clip=True)
        .encode(x=x, y=alt.Y("low:Q", title="Lost in the period"), y2="high:Q")
    )
    base = alt.Chart(frame).encode(
        x=x, y=alt.Y("rate:Q", title="Lost in the period", axis=percent_axis(), scale=highest), color=colour
    )
    dots = base.mark_point(size=50, filled=True, opacity=1).encode(
        tooltip=["period:N", "what:N", "Lost:N", "Interval:N"]
    )
    return alt.layer(band, base.mark_line(strokeWidth=2.2), dots).properties(height=_HEIGHT)


def _colour() -> alt.Color:
    legend = alt.Legend(orient="top", columns=3)
    return alt.Color("what:N", sort=list(MOVEMENTS), title=None, legend=legend).scale(
        domain=list(MOVEMENTS), range=list(MOVEMENTS.values())
    )


def _period_axis(labels: int) -> alt.Axis:
    return alt.Axis(labelAngle=0 if labels <= 6 else -45, labelOverlap="parity", ticks=False)
