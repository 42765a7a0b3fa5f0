"""Cohorts, segments, lifetime and drivers as sections of a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from retention_core.cohort_survivors import inactivity_rule
from retention_core.cohort_tables import Cell, Cohort, Trend
from retention_core.cohorts import cohorts_of
from retention_core.concentration import Estimate
from retention_core.drivers import Drivers, GroupRate, retention_drivers
from retention_core.errors import OrderLogError
from retention_core.log_lifetimes import lifetimes_of
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable
from retention_core.report.keeping_lists import NO_GROUPS, Keeping
from retention_core.report.sampling import Sample
from retention_core.report.section import Section, number, percent, spread
from retention_core.report.staying import staying_section
from retention_core.report.worth_terms import WorthTerms
from retention_core.rfm import rfm_of

AGES = {"month": (1, 2, 3, 6, 12, 24), "quarter": (1, 2, 3, 4, 8, 12), "year": (1, 2, 3, 5)}
YEAR_DAYS = 365
LIFETIME_DAYS = (182, 365, 730, 1_095)
MOST_GROUPS = 20
_TRENDS = {
    "rising": "newer cohorts come back more than older ones",
    "falling": "newer cohorts come back less than older ones",
    "cannot tell": "whether newer cohorts do better cannot be told",
}
_WON_BEFORE = "The oldest cohorts of a log may hold customers won before it starts."


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What every section is asked: the log, or a sample of it, with one set of definitions.

    `day` is the day given by the caller, None for the end of the log; `model` names the one to forecast with;
    `keeping` makes the lists of whom to keep; `worth` is what is told of margins and costs.
    """

    log: OrderLog
    sample: Sample
    table: PeriodTable
    day: dt.date | None
    model: str
    keeping: Keeping
    worth: WorthTerms


def cohort_section(asked: Asked) -> Section:
    """Who came back at which age, all cohorts together, and the newest against the oldest."""
    period = asked.table.period
    found = cohorts_of(asked.log, period=period, as_of=asked.day, year_starts=asked.table.year_starts)
    lived = [
        _Age(found.age_names[age], cell, found.trend(age))
        for age in AGES[period]
        if age < len(found.ages) and (cell := found.average[age]) is not None and cell.rate is not None
    ]
    if not lived:
        raise OrderLogError(f"No cohort has lived a whole {period} after its first, so none can be followed.")
    sentence = (
        f"Of the customers who first ordered in the same {period}, {_cell_said(lived[0].average)} ordered "
        f"in the next; {_TRENDS[lived[0].trend.verdict]}."
    )
    figures = {
        "definition": f"Share of the customers who first ordered in one {period} and ordered at the age, "
        "over the cohorts that have lived it, weighted by size.",
        "intervals": found.interval_rule,
        "trend_test": "Cochran-Armitage across the cohorts, 5 % level, each age by itself.",
        "period": period,
        "cohorts": len(found.cohorts),
        "ages": [age.to_json() for age in lived],
    }
    columns = ("age", "average", "low", "high", "oldest", "rate", "newest", "rate", "trend")
    rows = tuple(age.row() for age in lived)
    return Section("Cohorts", (sentence, _WON_BEFORE), figures, columns, rows)


@dataclass(frozen=True, slots=True)
class _Age:
    """One age of a cohort table: the average of all cohorts, and the cohorts one after the other."""

    name: str
    average: Cell
    trend: Trend

    def row(self) -> tuple[str, ...]:
        average = self.average
        ends = [
            text
            for cohort, cell in self._ends()
            for text in (cohort.name, percent(cell.rate))
        ]  # fmt: skip
        rates = (percent(average.rate), percent(average.low), percent(average.high))
        return (self.name, *rates, *ends, self.trend.verdict)

    def to_json(self) -> dict[str, Any]:
        oldest, newest = ({"cohort": cohort.name} | _cell_json(cell) for cohort, cell in self._ends())
        return {
            "age": self.name,
            "average": _cell_json(self.average),
            "oldest": oldest,
            "newest": newest,
            "slope": self.trend.slope,
            "p_value": self.trend.p_value,
            "trend": self.trend.verdict,
        }

    def _ends(self) -> tuple[tuple[Cohort, Cell], ...]:
        cohorts, cells = self.trend.cohorts, self.trend.cells
        return (cohorts[0], cells[0]), (cohorts[-1], cells[-1])


def _cell_said(cell: Cell) -> str:
    return f"{percent(cell.rate)} ({percent(cell.low)} to {percent(cell.high)})"


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {"customers": cell.size, "rate": cell.rate, "low": cell.low, "high": cell.high}


def segment_section(asked: Asked) -> Section:
    """How many customers stand in each segment of recency, frequency and value, and what they brought."""
    found = rfm_of(asked.sample.log, as_of=asked.day)
    parts = found.segments()
    segments = [
        {"segment": name, "rule": rule, "customers": customers, "value": value}
        for name, rule, customers, value in zip(*parts.values(), strict=True)
    ]
    everyone, total = (sum(one[part] for one in segments) for part in ("customers", "value"))
    for one in segments:
        one["share_of_customers"] = one["customers"] / everyone
        one["share_of_value"] = one["value"] / total if total > 0 else None
    definition = (
        f"Recency, frequency and {found.value_of} as of {found.as_of}, scored 1 to 5 by fifths of the "
        "customers; buying is the mean score of frequency and value."
    )
    figures = {
        "definition": definition,
        "as_of": str(found.as_of),
        "value_of": found.value_of,
        "customers": everyone,
        "value": total,
        "sampled_of": asked.sample.sampled_of,
        "segments": segments,
    }
    columns = ("segment", "rule", "customers", "share", found.value_of, "share")
    rows = tuple(_segment_row(one) for one in segments)
    said = (_segments_said(segments, found.value_of), definition, *asked.sample.sentences)
    return Section("Segments", said, figures, columns, rows, words=2)


def _segments_said(segments: Sequence[dict[str, Any]], value_of: str) -> str:
    best = max(segments, key=lambda one: one["value"])
    slipping = [one for one in segments if one["segment"] in ("Cannot lose", "At risk")]
    customers, value = (
        sum(one[f"share_of_{part}"] or 0 for one in slipping) for part in ("customers", "value")
    )
    return (
        f"{best['segment']} bring most: {percent(best['share_of_value'])} of the {value_of} from "
        f"{percent(best['share_of_customers'])} of the customers. Good customers who stay away (Cannot lose, "
        f"At risk) are {percent(customers)} and brought {percent(value)}."
    )


def _segment_row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["segment"],
        one["rule"],
        number(one["customers"]),
        percent(one["share_of_customers"]),
        number(one["value"]),
        percent(one["share_of_value"]),
    )


def lifetime_section(asked: Asked) -> Section:
    """How long customers stay, by a rule that says who is lost."""
    log, window = asked.sample.log, asked.table.active_days
    rule = inactivity_rule(log, as_of=asked.day)
    found = lifetimes_of(log, window or rule.days, as_of=asked.day)
    curve = found.curve()
    return staying_section(
        curve,
        who="customers",
        since="their first order",
        unit="days",
        marks=[days for days in LIFETIME_DAYS if days > found.active_days],
        year=YEAR_DAYS,
        figures={
            "active_days": found.active_days,
            "customers": curve.customers,
            "came_back": found.came_back,
            "sampled_of": asked.sample.sampled_of,
        },
        beside=asked.sample.sentences if window else (rule.reason, *asked.sample.sentences),
    )


def driver_section(asked: Asked) -> Section:
    """Which groups are kept better or worse than the rest."""
    table = asked.table
    if not asked.log.columns.groups:
        raise OrderLogError(NO_GROUPS)
    found = retention_drivers(
        asked.sample.log,
        period=table.period,
        active_days=table.active_days,
        as_of=asked.day,
        year_starts=table.year_starts,
    )
    shown = _worth_showing(found)
    figures = {
        "definition": found.definition,
        "correction": found.correction,
        "comparisons": found.comparisons,
        "smallest_group": found.smallest,
        "sampled_of": asked.sample.sampled_of,
        "groups": [asdict(row) for row in found.groups],
        "notes": list(found.notes),
    }
    said = [_drivers_said(found), found.definition, *found.notes, *asked.sample.sentences]
    if len(shown) < len(found.groups):
        said.append(f"{len(shown)} of {len(found.groups)} groups are shown; --json has them all.")
    columns = ("by", "group", "at start", "rate", "less the rest", "low", "high", "verdict")
    return Section("Drivers", tuple(said), figures, columns, tuple(map(_driver_row, shown)), words=2)


def _drivers_said(found: Drivers) -> str:
    known = [row for row in found.groups if row.verdict != "cannot tell"]
    if not known:
        return f"None of the {len(found.groups)} groups is clearly kept better or worse than the rest."
    parts = [
        f"{row.group} ({row.by}) {spread(Estimate(row.rate, row.low, row.high))}, {row.verdict}"
        for row in sorted(known, key=lambda row: row.p)[:3]
    ]
    return f"Clearest against the rest: {'; '.join(parts)}. A driver is not a cause."


def _worth_showing(found: Drivers) -> list[GroupRate]:
    """All groups where they are few, else the clearest, in the order they came in."""
    clearest = sorted(found.groups, key=lambda row: row.p)[:MOST_GROUPS]
    return [row for row in found.groups if row in clearest]


def _driver_row(row: GroupRate) -> tuple[str, ...]:
    points = (f"{100 * one:+.1f}" for one in (row.difference, row.difference_low, row.difference_high))
    return (row.by, row.group, number(row.at_start), percent(row.rate), *points, row.verdict)
