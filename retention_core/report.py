"""The whole answer for one log: what was read, how many stay, who matters, is that normal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from retention_core.benchmarks import Comparison, benchmark, compare, convert_figure
from retention_core.concentration import Concentration, Estimate, concentration_of
from retention_core.errors import OrderLogError
from retention_core.movements import Period, months_before
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable, as_rows, period_between, period_retention
from retention_core.rates import Interval

_MAY_LACK = 31  # days of the window before; most shops are closed on its first
_FEW = 20
_PERIOD_NAMES = {"month": "monthly", "quarter": "quarterly", "year": "annual"}


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Log, retention table, concentration and comparison; what could not be said is a warning."""

    log: OrderLog
    table: PeriodTable
    concentration: Concentration | None
    comparison: Comparison | None
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values, keys as `python -m retention_core report --json` prints them."""
        log = self.log
        return {
            "rows": log.rows,
            "rows_used": log.rows_used,
            "orders": log.orders,
            "refunds": log.refunds,
            "customers": log.customers,
            "set_aside": log.set_aside_counts,
            "warnings": list(self.warnings),
            "notes": [*log.guessed, *log.notes, self.table.reason],
            "columns": log.columns.named(),
            "value_of": log.value_of,
            "as_of": str(self.table.as_of),
            "period": self.table.period,
            "active_days": self.table.active_days,
            "periods": as_rows(self.table.periods),
            "concentration": _concentration_json(self.concentration),
            "benchmark": _comparison_json(self.comparison),
        }

    def to_text(self) -> str:
        """The same as a page to read."""
        parts = [
            self._read_said(),
            self._retention_said(),
            self._concentration_said(),
            self.comparison.sentence if self.comparison else "",
            "\n".join(f"Note: {warning}" for warning in self.warnings),
        ]
        return "\n\n".join(part for part in parts if part)

    def _read_said(self) -> str:
        log = self.log
        lines = [
            f"{log.rows:,} rows read, {log.rows_used:,} used, {len(log.set_aside):,} set aside.",
            *(f"  {count:>9,}  {reason}" for reason, count in log.set_aside_counts.items()),
            f"{log.customers:,} customers, {log.orders:,} orders, {log.refunds:,} refunds, "
            f"{log.first_day} to {log.last_day}.",
            *log.guessed,
            *log.notes,
        ]
        return "\n".join(lines)

    def _retention_said(self) -> str:
        head = _headline(self.table)
        titles = "start      at start    new  react.   lost   kept  at end    rate     low    high"
        rows = [
            f"{row.start}{row.at_start:>9,}{row.new:>7,}{row.reactivated:>8,}{row.lost:>7,}{row.kept:>7,}"
            f"{row.at_end:>8,}{_percent(row.rate)}{_percent(row.low)}{_percent(row.high)}"
            f"{'' if row.complete else '  incomplete'}"
            for row in self.table.periods
        ]
        return "\n".join([head, self.table.reason, "", titles, *rows])

    def _concentration_said(self) -> str:
        found = self.concentration
        if found is None:
            return ""
        return (
            f"The top fifth of the customers brings {_spread(found.top_share(0.2))} of the {found.value_of}; "
            f"{_spread(found.customers_for(0.8))} of them bring 80 %. Gini {found.gini.value:.3f}."
        )


def report_on(
    log: OrderLog,
    *,
    period: str | None = None,
    active_days: int | None = None,
    as_of: dt.date | None = None,
    year_starts: int = 1,
    industry: str | None = None,
) -> Report:
    """Everything the core can say about a log, with one set of definitions.

    Parameters
    ----------
    period, active_days, as_of, year_starts
        As `period_retention`.
    industry
        Compare the log's `yearly_rate` with this industry's yearly customer retention.

    Raises
    ------
    OrderLogError, BenchmarkError
        If an argument makes no sense or the industry has no such figure.

    Examples
    --------
    >>> import pandas as pd
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Ann", "Ann"],
    ...     "date": ["2025-01-01", "2025-01-09", "2025-02-02", "2025-03-01"], "amount": [10, 20, 30, 40]}))
    >>> found = report_on(log, period="month").to_json()
    >>> found["customers"], [row["rate"] for row in found["periods"]]
    (2, [None, 0.5, 1.0])
    """
    yardstick = benchmark(industry) if industry is not None else None
    table = period_retention(
        log, period=period, active_days=active_days, as_of=as_of, year_starts=year_starts
    )
    warnings = list(log.warnings)
    if as_of is not None and as_of <= log.last_day:
        warnings.append(f"Orders on or after {as_of} are left out of the rates and shares.")
    spread, why_not = _concentration(log, as_of)
    comparison = None
    if yardstick is not None:
        yearly = yearly_rate(log, table)
        if yearly is None:
            warnings.append("No period is complete yet, so there is no rate to compare with the industry.")
        else:
            comparison = compare(yearly.rate, yardstick, interval=yearly.interval)
            warnings.append(yearly.sentence)
    if spread is not None and spread.n < _FEW:
        warnings.append(f"Only {spread.n:,} customers: shares of so few say little.")
    return Report(log, table, spread, comparison, (*warnings, *why_not))


def _concentration(log: OrderLog, as_of: dt.date | None) -> tuple[Concentration | None, tuple[str, ...]]:
    try:
        return concentration_of(log, as_of=as_of), ()
    except OrderLogError as error:
        return None, (str(error),)


@dataclass(frozen=True, slots=True)
class YearlyRate:
    """Customer retention over a year with its interval; `sentence` says how it was come by.

    A converted rate (`measured` is False) is a lower limit where customers pause and come back, so its
    interval reaches up to 1.
    """

    rate: float
    interval: Interval
    measured: bool
    sentence: str


def yearly_rate(log: OrderLog, table: PeriodTable) -> YearlyRate | None:
    """Retention over a year, for comparison with yearly figures; None where no period is rated.

    Measured over the twelve months before the table's `as_of`, under its own activity window (without
    one, the twelve months before those); the log may lack the first month of that window. A shorter log
    has its latest rate converted, which assumes steady churn.

    Examples
    --------
    >>> import pandas as pd
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Ann", "Ann"],
    ...     "date": ["2023-01-03", "2023-05-09", "2024-02-02", "2024-12-31"]}))
    >>> yearly_rate(log, period_retention(log, period="year")).rate
    0.5
    """
    end = table.as_of
    start = months_before(end, 12)
    window = (
        months_before(start, 12) if table.active_days is None else start - dt.timedelta(table.active_days)
    )
    if log.first_day <= window + dt.timedelta(days=_MAY_LACK):
        year = period_between(
            log, start, end, active_days=table.active_days, as_of=end, confidence=table.confidence
        )
        if year.rate is not None:
            said = f"Your rate is measured over the twelve months from {start}: {year.kept:,} of "
            said += f"{year.at_start:,} customers active then were active at their end."
            return YearlyRate(*_rate_of(year), True, said)
    if (latest := table.latest) is None:
        return None
    rate, interval = _rate_of(latest)
    name = _PERIOD_NAMES[table.period]
    yearly, sentence = convert_figure(rate, name, "annual")
    low, _ = convert_figure(interval.low, name, "annual")
    sentence += " Customers who pause and come back make that too low, so it is a lower limit; a log of two"
    return YearlyRate(yearly, Interval(low, 1.0), False, f"{sentence} years measures it.")


def _rate_of(period: Period) -> tuple[float, Interval]:
    if period.rate is None or period.low is None or period.high is None:
        raise OrderLogError(f"The period from {period.start} has no customers at the start and so no rate.")
    return period.rate, Interval(period.low, period.high)


def _headline(table: PeriodTable) -> str:
    if table.latest is None:
        return "No period is complete yet, so there is no rate to show."
    rate, (low, high) = _rate_of(table.latest)
    return (
        f"Retention {rate:.1%} ({low:.1%} to {high:.1%}) in the {table.period} from {table.latest.start}: "
        f"{table.latest.kept:,} of {table.latest.at_start:,} customers kept."
    )


def _concentration_json(found: Concentration | None) -> dict[str, Any] | None:
    if found is None:
        return None
    figures = {
        "top_20_share": found.top_share(0.2),
        "customers_for_80": found.customers_for(0.8),
        "gini": found.gini,
    }
    flat: dict[str, Any] = {name: figure.value for name, figure in figures.items()}
    intervals = {name: [figure.low, figure.high] for name, figure in figures.items()}
    return {**flat, "intervals": intervals, "value_of": found.value_of, "total": found.total}


def _comparison_json(found: Comparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
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


def _percent(rate: float | None) -> str:
    return f"{rate:>8.1%}" if rate is not None else "       -"


def _spread(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"
