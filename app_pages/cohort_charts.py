"""Cohort tables as charts. Nothing is computed here: what is drawn stands in the result."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from app_pages import charts, wording
from app_pages.heat_maps import Axes, Mark, heat_map
from retention_core.cohort_tables import Cell, Cohort, CohortTable, Trend

MOST_ROWS = MOST_COLUMNS = 48
_FIGURES_FIT = 14
ROWS_ABOVE = 2
_TIPS = ("Cohort", "Age", "Rate", "95 % interval", "Customers")
_OUTLIERS = 0.98
_HEIGHT = 300


def shown_rows(table: CohortTable) -> list[int]:
    """Places of the cohorts that are drawn: the latest, or of groups the largest."""
    places = range(len(table.cohorts))
    if table.definition.by is None:
        return list(places)[-MOST_ROWS:]
    return sorted(sorted(places, key=lambda place: -table.sizes[place])[:MOST_ROWS])


def shown_ages(table: CohortTable) -> list[int]:
    """Places of the columns that are drawn: the first is the same everywhere and left out."""
    rows = [table.cohorts[place].cells for place in shown_rows(table)]
    ages = range(1, len(table.ages))
    return [age for age in ages if any(cells[age] and cells[age].lived for cells in rows)][:MOST_COLUMNS]


def cohort_heatmap(table: CohortTable, *, picked: bool = False) -> alt.LayerChart:
    """The triangle with its average on top; cells not yet lived are blank."""
    rows, ages = shown_rows(table), shown_ages(table)
    cohorts = [table.cohorts[place] for place in rows]
    marks = _row_of_marks(0, "All cohorts", table.average, table, ages)
    for place, cohort in enumerate(cohorts, ROWS_ABOVE):
        marks += _row_of_marks(place, cohort_name(table, cohort), cohort.cells, table, ages)
    labels = ["All, by weight", "", *(_labelled(table, cohort) for cohort in cohorts)]
    titles = ("", f"{table.definition.unit.capitalize()}s since the first order")
    axes = Axes(labels, [_age(table, age) for age in ages], *titles)
    return heat_map(marks, axes, _TIPS, _limits(cohorts, ages), picked=picked)


def cohort_name(table: CohortTable, cohort: Cohort) -> str:
    """A cohort as the pages write it."""
    if cohort.start is None or isinstance(cohort.key, str):
        return wording.plain_line(cohort.name)
    end = table.definition.starts(cohort.key + 1)
    return wording.period_name(table.definition.period, cohort.start, end)


def _labelled(table: CohortTable, cohort: Cohort) -> str:
    name = wording.plain_line(cohort_name(table, cohort), 22)
    return f"{name}  ·  {wording.count(cohort.size)}"


def _age(table: CohortTable, place: int) -> str:
    first, last = table.ages[place]
    if last is None:
        return f"{first}+"
    return f"{first}" if first == last else f"{first}–{last}"


def _row_of_marks(
    row: int, name: str, cells: Sequence[Cell | None], table: CohortTable, ages: Sequence[int]
) -> list[Mark]:
    names = table.age_names
    return [
        Mark(row, column, cell.rate, _figure(cell.rate, len(ages)), _tips(name, names[age], cell))
        for column, age in enumerate(ages)
        if (cell := cells[age]) is not None and cell.rate is not None
    ]


def _figure(rate: float | None, columns: int) -> str:
    if rate is None:
        return ""
    return f"{rate:.1%}"[:-1] if columns <= _FIGURES_FIT and abs(rate) < 10 else f"{rate:.0%}"[:-1]


def _tips(name: str, age: str, cell: Cell) -> tuple[str, ...]:
    interval = "–"
    if cell.low is not None and cell.high is not None:
        interval = wording.percent_between(cell.low, cell.high)
    of = f"{wording.count(cell.customers)} of {wording.count(cell.size)}"
    return wording.plain_line(name), age, wording.percent(cell.rate), interval, of


def _limits(cohorts: Sequence[Cohort], ages: Sequence[int]) -> tuple[float, float]:
    """Ends of the colours; a cohort of two customers shall not pale all others."""
    rates = [
        cell.rate for row in cohorts for age in ages if (cell := row.cells[age]) and cell.rate is not None
    ]
    if not rates:
        return 0.0, 1.0
    low, high = (float(end) for end in np.quantile(rates, [1 - _OUTLIERS, _OUTLIERS]))
    return (low, high) if high > low else (min(0.0, low), max(low, 0.0) or 1.0)


def cohort_trend(table: CohortTable, trend: Trend, age: int) -> alt.LayerChart:
    """One age from cohort to cohort with its intervals, against all of them together."""
    rows = [
        {
            "cohort": cohort_name(table, cohort),
            "rate": cell.rate,
            "low": cell.rate if cell.low is None else cell.low,
            "high": cell.rate if cell.high is None else cell.high,
            **dict(zip(_TIPS, _tips(cohort_name(table, cohort), table.age_names[age], cell), strict=True)),
        }
        for cohort, cell in zip(trend.cohorts, trend.cells, strict=True)
    ]
    frame = pd.DataFrame(rows)
    axis = alt.Axis(labelAngle=0 if len(rows) <= 6 else -45, labelOverlap="parity", ticks=False)
    x = alt.X("cohort:N", sort=[str(row["cohort"]) for row in rows], title=None, axis=axis)
    y = alt.Y("rate:Q", title=None, axis=charts.percent_axis(), scale=alt.Scale(zero=False))
    base = alt.Chart(frame).encode(x=x)
    limits = base.mark_rule(color=charts.ACCENT, opacity=0.5, strokeWidth=2).encode(
        y=alt.Y("low:Q", title=None), y2="high:Q"
    )
    tips = [alt.Tooltip(name) for name in _TIPS]
    dots = base.mark_point(color=charts.ACCENT, filled=True, size=70, opacity=1).encode(y=y, tooltip=tips)
    everyone = table.average[age]
    average = pd.DataFrame({"rate": [] if everyone is None else [everyone.rate]}).astype(float)
    line = alt.Chart(average).mark_rule(color=charts.QUIET, strokeDash=[5, 5]).encode(y=y)
    return alt.layer(line, limits, dots).properties(height=_HEIGHT)


def group_rates(table: CohortTable, age: int) -> alt.LayerChart:
    """One age of the groups side by side with intervals, best first, against all of them together."""
    found = [
        (place, cell)
        for place in shown_rows(table)
        if (cell := table.cohorts[place].cells[age]) is not None and cell.rate is not None
    ]
    found.sort(key=lambda pair: -(pair[1].rate or 0.0))
    rows = [
        {
            "group": f"{wording.plain_line(table.cohorts[place].name, 40)}\u200b{place}",
            "rate": cell.rate,
            "low": cell.rate if cell.low is None else cell.low,
            "high": cell.rate if cell.high is None else cell.high,
            **dict(zip(_TIPS, _tips(table.cohorts[place].name, table.age_names[age], cell), strict=True)),
        }
        for place, cell in found
    ]
    axis = alt.Axis(
        labelExpr="split(datum.label, '\u200b')[0]", labelLimit=200, labelOverlap=False, ticks=False
    )
    base = alt.Chart(pd.DataFrame(rows)).encode(y=alt.Y("group:N", sort=None, title=None, axis=axis))
    x = alt.X("rate:Q", title=None, axis=charts.percent_axis(6, flush=True), scale=alt.Scale(zero=False))
    limits = base.mark_rule(color=charts.ACCENT, opacity=0.5, strokeWidth=2).encode(
        x=alt.X("low:Q", title=None), x2="high:Q"
    )
    tips = [alt.Tooltip(name) for name in _TIPS]
    dots = base.mark_point(color=charts.ACCENT, filled=True, size=70, opacity=1).encode(x=x, tooltip=tips)
    return alt.layer(limits, dots).properties(height=60 + 30 * len(rows))
