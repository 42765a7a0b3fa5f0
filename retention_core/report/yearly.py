"""Retention over a year, the unit in which industries report theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from retention_core.benchmarks import convert_figure
from retention_core.errors import OrderLogError
from retention_core.movements import Period, months_before
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable, period_between
from retention_core.rates import Interval
from retention_core.report.section import counted

_MAY_LACK = 31  # days of the window before; most shops are closed on its first
_PERIOD_NAMES = {"month": "monthly", "quarter": "quarterly", "year": "annual"}


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
    >>> from retention_core.periods import period_retention
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
            said += f"{counted(year.at_start, 'customer')} active then were active at their end."
            return YearlyRate(*rate_of(year), True, said)
    if (latest := table.latest) is None:
        return None
    rate, interval = rate_of(latest)
    name = _PERIOD_NAMES[table.period]
    yearly, sentence = convert_figure(rate, name, "annual")
    low, _ = convert_figure(interval.low, name, "annual")
    sentence += " Customers who pause and come back make that too low, so it is a lower limit; a log of two"
    return YearlyRate(yearly, Interval(low, 1.0), False, f"{sentence} years measures it.")


def rate_of(period: Period) -> tuple[float, Interval]:
    """Rate and interval of a period that has them."""
    if period.rate is None or period.low is None or period.high is None:
        raise OrderLogError(f"The period from {period.start} has no customers at the start and so no rate.")
    return period.rate, Interval(period.low, period.high)
