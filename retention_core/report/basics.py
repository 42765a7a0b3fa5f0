"""The first questions of a report: how many stay, who matters, is that normal."""

from __future__ import annotations

from typing import Any

from retention_core.benchmarks import Comparison
from retention_core.concentration import Concentration
from retention_core.periods import PeriodTable
from retention_core.report.questions import Asked
from retention_core.report.section import Section, aligned, counted, number, percent, spread
from retention_core.report.yearly import rate_of

SHOWN = 12
_PERIODS = ("start", "at start", "new", "react.", "lost", "kept", "at end", "rate", "low", "high")


def retention_said(table: PeriodTable) -> str:
    """The retention table as part of a page."""
    rows = [
        [
            str(row.start),
            *map(number, (row.at_start, row.new, row.reactivated, row.lost, row.kept, row.at_end)),
            *map(percent, (row.rate, row.low, row.high)),
            "" if row.complete else "incomplete",
        ]
        for row in table.periods[-SHOWN:]
    ]
    columns = [*_PERIODS, ""] if any(row[-1] for row in rows) else list(_PERIODS)
    shown = aligned(columns, [row[: len(columns)] for row in rows])
    said = ["RETENTION", _headline(table), table.reason]
    if len(table.periods) > SHOWN:
        said.append(
            f"The last {SHOWN} of {len(table.periods)} {table.period}s are shown; --json has them all."
        )
    return "\n".join([*said, "", shown])


def _headline(table: PeriodTable) -> str:
    if table.latest is None:
        return "No period is complete yet, so there is no rate to show."
    rate, (low, high) = rate_of(table.latest)
    return (
        f"Retention {rate:.1%} ({low:.1%} to {high:.1%}) in the {table.period} from {table.latest.start}: "
        f"{table.latest.kept:,} of {counted(table.latest.at_start, 'customer')} kept."
    )


def pareto_section(asked: Asked) -> Section:
    """How the value is spread over the customers; OrderLogError where there is none."""
    found = asked.keeping.concentration
    sentence = (
        f"The top fifth of the customers brings {spread(found.top_share(0.2))} of the {found.value_of}; "
        f"{spread(found.customers_for(0.8))} of them bring 80 %. Gini {found.gini.value:.3f}."
    )
    return Section("Concentration", (sentence,), _concentration_json(found) | {"customers": found.n})


def _concentration_json(found: Concentration) -> dict[str, Any]:
    figures = {
        "top_20_share": found.top_share(0.2),
        "customers_for_80": found.customers_for(0.8),
        "gini": found.gini,
    }
    flat: dict[str, Any] = {name: figure.value for name, figure in figures.items()}
    intervals = {name: [figure.low, figure.high] for name, figure in figures.items()}
    return {**flat, "intervals": intervals, "value_of": found.value_of, "total": found.total}


def comparison_json(found: Comparison) -> dict[str, Any]:
    """A comparison with an industry as plain values."""
    figure = found.benchmark
    low, high = found.interval if found.interval is not None else (None, None)
    return {
        "industry": figure.industry,
        "metric": figure.metric,
        "period": figure.period,
        "value": figure.value,
        "year": figure.year,
        "confidence": figure.confidence,
        "source": figure.source_name,
        "rate": found.rate,
        "low": low,
        "high": high,
        "gap": found.gap,
        "verdict": found.verdict,
        "sentence": found.sentence,
    }
