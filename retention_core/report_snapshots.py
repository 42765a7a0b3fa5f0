"""What a report says, as a snapshot to keep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import retention_core
from retention_core.errors import RetentionError
from retention_core.fingerprints import COVERS, fingerprint_of
from retention_core.key_overdue import overdue_keys
from retention_core.report.log_report import Report
from retention_core.report.section import percent
from retention_core.report.yearly import yearly_rate
from retention_core.snapshots import FIGURES, KeptFigure, Snapshot, known_figure

KEY_FIGURES = ("key_customers", "key_customers_overdue")
_REFUNDS = "rows with an amount below zero"


def snapshot_of(
    report: Report,
    *,
    made: dt.datetime,
    label: str = "",
    reading: Mapping[str, Any] | None = None,
    key_customers: bool = False,
) -> Snapshot:
    """A report as a snapshot; see `keep_and_compare` for the parameters."""
    log, table = report.log, report.table
    key = _key_figures(report) if key_customers else _not_asked(KEY_FIGURES)
    return Snapshot(
        made=made,
        as_of=table.as_of,
        definition=_definition(report, reading or {}),
        figures=_period_figures(report) | _log_figures(report) | _section_figures(report) | key[0],
        log={
            "fingerprint": fingerprint_of(log),
            "covers": COVERS,
            "rows": log.rows,
            "first_day": str(log.first_day),
            "last_day": str(log.last_day),
        },
        benchmark=_benchmark(report),
        overdue=key[1],
        label=label,
        tool=retention_core.__version__,
    )


def _definition(report: Report, reading: Mapping[str, Any]) -> dict[str, Any]:
    table, columns = report.table, report.log.columns
    roles = ("customer", "date", "amount", "quantity", "price", "order", "cost", "margin")
    return {
        "period": table.period,
        "active_days": table.active_days,
        "year_starts": table.year_starts,
        "confidence": table.confidence,
        "value_of": report.log.value_of,
        "refunds": _REFUNDS,
        **{role: getattr(columns, role) or None for role in roles},
        **{name: value for name, value in reading.items() if value not in (None, False)},
    }


def _period_figures(report: Report) -> dict[str, KeptFigure]:
    names = ("at_start", "kept", "lost", "new", "reactivated", "at_end")
    latest = report.table.latest
    if latest is None:
        why = "No period is complete yet, so there is no rate."
        return {name: KeptFigure(None, why=why) for name in ("rate", *names, "yearly_rate")}
    about = f"{latest.start} to {latest.end}"
    rate = known_figure(
        "rate",
        latest.rate,
        low=latest.low,
        high=latest.high,
        count=latest.kept,
        of=latest.at_start,
        about=about,
    )
    counts = {name: known_figure(name, getattr(latest, name), about=about) for name in names}
    return {"rate": rate, **counts, **_yearly(report)}


def _yearly(report: Report) -> dict[str, KeptFigure]:
    found = yearly_rate(report.log, report.table)
    if found is None:
        return {"yearly_rate": KeptFigure(None, why="No period is complete yet, so there is no rate.")}
    rule = "measured over twelve months" if found.measured else f"converted from a {report.table.period}"
    about = f"twelve months to {report.table.as_of}"
    low, high = found.interval
    figures = {
        "yearly_rate": known_figure("yearly_rate", found.rate, low=low, high=high, about=about, rule=rule)
    }
    other = report.comparison
    if other is not None:
        ends = (None, None) if other.interval is None else other.interval
        limits = [None if end is None else end - other.benchmark.value for end in ends]
        rule = f"{rule}, against {other.benchmark.id} of {percent(other.benchmark.value)}"
        figures["benchmark_gap"] = known_figure(
            "benchmark_gap", other.gap, low=limits[0], high=limits[1], about=about, rule=rule
        )
    else:
        why = "The report was not compared with an industry (--industry)."
        figures["benchmark_gap"] = KeptFigure(None, why=why)
    return figures


def _log_figures(report: Report) -> dict[str, KeptFigure]:
    log = report.log
    counts = {
        "customers": log.customers,
        "orders": log.orders,
        "refunds": log.refunds,
        "rows_used": log.rows_used,
        "set_aside": len(log.set_aside),
    }
    return {name: known_figure(name, count) for name, count in counts.items()}


def _section_figures(report: Report) -> dict[str, KeptFigure]:
    """Figures of the sections that were asked for; why not, for the others."""
    found = {}
    for name, meaning in FIGURES.items():
        if meaning.section in _READERS:
            found[name] = _of_section(report, meaning.section, name)
    return found


def _of_section(report: Report, section: str, name: str) -> KeptFigure:
    if section not in report.asked:
        return KeptFigure(None, why=f"The section {section} was not asked for (--sections).")
    answer = report.sections.get(section)
    if answer is None:  # a concentration that does not exist is left out, its reason among the warnings
        return KeptFigure(None, why="The log has no amounts whose concentration could be told.")
    if "unanswered" in answer.figures:
        return KeptFigure(None, why=str(answer.figures["unanswered"]))
    return _READERS[section](answer.figures, name)


def _concentration(figures: Mapping[str, Any], name: str) -> KeptFigure:
    if name == "value":
        return known_figure(name, figures["total"])
    low, high = figures["intervals"][name]
    return known_figure(name, figures[name], low=low, high=high)


def _lifetime(figures: Mapping[str, Any], name: str) -> KeptFigure:
    found = figures[name]
    rule = f"lost after {figures['active_days']} days without an order"
    if "within" in found:
        rule += f", within {found['within']:g} days"
    why = None if found["value"] is not None else "Fewer than half of the customers are lost so far."
    return known_figure(name, found["value"], low=found["low"], high=found["high"], rule=rule, why=why)


def _worth(figures: Mapping[str, Any], name: str) -> KeptFigure:
    """Money without its limits: those are of the retention alone."""
    margin = f"given, {figures['margin']:g}" if figures["margin_given"] else "of the log"
    rule = f"margin {margin}, discount {figures['discount']:g}"
    found = figures["worth"]["one_point"]
    return known_figure(name, found["value"], rule=rule, why=figures["why_unknown"].get("one_point"))


def _voice(figures: Mapping[str, Any], name: str) -> KeptFigure:
    found = figures[{"nps": "nps", "share_answered": "answered", "share_adopted": "adopted"}[name]]
    if found is None:
        return KeptFigure(None, why="The feedback does not tell it.")
    value = found["points" if name == "nps" else "share"]
    return known_figure(name, value, low=found["low"], high=found["high"])


def _referrals(figures: Mapping[str, Any], name: str) -> KeptFigure:
    found = figures["share"]
    return known_figure(name, found["share"], low=found["low"], high=found["high"], rule=figures["source"])


_READERS = {
    "pareto": _concentration,
    "lifetime": _lifetime,
    "worth": _worth,
    "voice": _voice,
    "referrals": _referrals,
}
_Overdue = tuple[tuple[str, str], ...] | None


def _key_figures(report: Report) -> tuple[dict[str, KeptFigure], _Overdue]:
    try:
        found = overdue_keys(report.keeping.focus)
    except RetentionError as error:
        return {name: KeptFigure(None, why=str(error)) for name in KEY_FIGURES}, None
    counts = zip(KEY_FIGURES, (found.key_customers, len(found.overdue)), strict=True)
    return {name: known_figure(name, count, rule=found.rule) for name, count in counts}, found.overdue


def _not_asked(names: Sequence[str]) -> tuple[dict[str, KeptFigure], _Overdue]:
    why = "The report did not look at the key customers (--sections focus)."
    return {name: KeptFigure(None, why=why) for name in names}, None


def _benchmark(report: Report) -> dict[str, Any] | None:
    found = report.comparison
    if found is None:
        return None
    one = found.benchmark
    return {
        "id": one.id,
        "industry": one.industry,
        "metric": one.metric,
        "year": one.year,
        "value": one.value,
        "verdict": found.verdict,
    }
