"""How many customers are kept, period by period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.errors import OrderLogError, said
from retention_core.movements import (
    LastOrders,
    Period,
    check_active_days,
    count_movements,
    days_before,
    month_number,
    month_start,
    rated_period,
    span_between,
)
from retention_core.orders import OrderLog

MONTHS = {"month": 1, "quarter": 3, "year": 12}
LONGEST_DAYS = {"month": 31, "quarter": 92, "year": 366}
GAPS_COVERED = 0.8
FEWEST_RATED = 2


@dataclass(frozen=True, slots=True, eq=False)
class PeriodTable:
    """The retention table of a log, with the definition that made it.

    `active_days` is None where the activity window is the period before, by the calendar; `reason`
    says in a sentence how period and window were chosen.
    """

    period: str
    active_days: int | None
    as_of: dt.date
    year_starts: int
    confidence: float
    reason: str
    periods: tuple[Period, ...]

    @property
    def latest(self) -> Period | None:
        """The last complete period with a rate, None where there is none yet."""
        return next((period for period in reversed(self.periods) if period.rated), None)

    def to_frame(self) -> pd.DataFrame:
        """One row a period, the fields of `Period` as columns, dates as timestamps."""
        names = [field.name for field in fields(Period)]
        table = pd.DataFrame([[getattr(row, name) for name in names] for row in self.periods], columns=names)
        return table.astype({"start": "datetime64[s]", "end": "datetime64[s]"} | dict.fromkeys(_RATES, float))


_RATES = ("rate", "low", "high")


def period_retention(
    log: OrderLog,
    *,
    period: str | None = None,
    active_days: int | None = None,
    as_of: dt.date | None = None,
    year_starts: int = 1,
    confidence: float = 0.95,
) -> PeriodTable:
    """Customers at the start, won, reactivated, lost and kept in every period of a log.

    A customer is active at midnight t if it ordered in the activity window before: within the
    `active_days` days before t or, by default, within the period that ends at t. For a period from a
    to b, at_start are those active at a and at_end those active at b; new are active at b with their
    first order in the period; reactivated are active at b, not at a, with a first order before a;
    lost are active at a and not at b; kept = at_start - lost; rate = kept / at_start. By default this is
    the share of one period's buyers who bought again in the next.

    Parameters
    ----------
    period
        "month", "quarter" or "year". By default the smallest that covers 80 % of the gaps between a
        customer's successive order days (31, 92, 366 days), year if none does; a smaller one if that
        leaves fewer than two complete periods with a rate.
    active_days
        Days of the activity window, 1 or more.
    as_of
        Look at the log as it stood at the start of this day; by default midnight after the last
        order.
    year_starts
        Month in which the year starts, 1 to 12; quarters follow it.
    confidence
        Of the Wilson interval on each rate.

    Raises
    ------
    OrderLogError
        If an argument makes no sense or no order lies before `as_of`.

    Examples
    --------
    Of January's three customers one buys again in February, and one who was gone comes back in March:

    >>> import pandas as pd
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Cem", "Ann", "Ann", "Bob"],
    ...     "date": ["2025-01-01", "2025-01-09", "2025-01-20", "2025-02-02", "2025-03-05", "2025-03-31"]}))
    >>> table = period_retention(log, period="month")
    >>> [(p.at_start, p.kept, p.lost, p.new, p.reactivated, p.at_end) for p in table.periods]
    [(0, 0, 0, 3, 0, 3), (3, 1, 2, 0, 0, 1), (1, 1, 0, 0, 1, 2)]
    """
    active_days = _whole("active_days", active_days)
    _check(period, active_days, year_starts)
    as_of = _as_of(log, as_of)
    if period is not None:
        spans = _spans(log, period, as_of, year_starts)
        return _table(spans, period, active_days, as_of, confidence, _asked(period, active_days))
    return _default_table(log, active_days, as_of, year_starts, confidence)


def period_between(
    log: OrderLog,
    start: dt.date,
    end: dt.date,
    *,
    active_days: int | None = None,
    as_of: dt.date | None = None,
    confidence: float = 0.95,
) -> Period:
    """The same figures for one period of your own, from `start` up to but not including `end`.

    Without `active_days` the activity window is as long as the period: the same number of calendar
    months where the period starts and ends on the same day of a month, else the same number of days.

    Raises
    ------
    OrderLogError
        If `end` is not after `start` or `active_days` makes no sense.

    Examples
    --------
    >>> import datetime as dt, pandas as pd
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Ann"], "date": ["2025-01-01", "2025-01-09", "2025-02-02"]}))
    >>> period_between(log, dt.date(2025, 2, 1), dt.date(2025, 3, 1)).rate
    0.5
    """
    span = span_between(_day("start", start), _day("end", end), _whole("active_days", active_days))
    until = _as_of(log, as_of)
    day = nw.col("day")
    seen = (
        log.coded_order_days()
        .filter(day < until.toordinal())
        .with_columns(
            before_start=nw.when(day < span.start.toordinal()).then(day).otherwise(0),
            before_end=nw.when(day < span.end.toordinal()).then(day).otherwise(0),
        )
        .group_by("customer")
        .agg(
            first=day.min(), before_start=nw.col("before_start").max(), before_end=nw.col("before_end").max()
        )
    )
    found = seen.collect("pandas")
    last_orders = map(LastOrders, *(found[name].to_list() for name in LastOrders._fields))
    complete = span.end <= until and span.window_at_start >= log.first_day
    return count_movements(last_orders, span, complete=complete, confidence=confidence)


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """One entry a customer and period with an order, sorted; periods counted from the log's first."""

    customers: npt.NDArray[np.int64]
    periods: npt.NDArray[np.int64]
    last_days: npt.NDArray[np.int64]
    starts: tuple[dt.date, ...]  # of every period up to as_of, and the end of the last
    first_day: dt.date
    year_starts: int


def _spans(log: OrderLog, period: str, as_of: dt.date, year_starts: int) -> _Spans:
    step = MONTHS[period]
    shift = year_starts - 1
    number = ((nw.col("month") - shift) / step).floor().cast(nw.Int64)  # `//` of narwhals is slow on DuckDB
    before = log.coded_order_days().filter(nw.col("day") < as_of.toordinal())
    grouped = before.with_columns(period=number).group_by("customer", "period").agg(nw.col("day").max())
    found = grouped.collect("pandas").to_native()
    codes = pd.factorize(found["customer"])[0].astype(np.int64)
    numbers, days = (found[name].to_numpy(dtype=np.int64) for name in ("period", "day"))
    order = np.lexsort((numbers, codes))
    first = (month_number(log.first_day) - shift) // step
    last = (month_number(as_of - dt.timedelta(days=1)) - shift) // step
    starts = tuple(month_start(number * step + shift) for number in range(first, last + 2))
    return _Spans(codes[order], numbers[order] - first, days[order], starts, log.first_day, year_starts)


def _table(
    spans: _Spans, period: str, active_days: int | None, as_of: dt.date, confidence: float, reason: str
) -> PeriodTable:
    new, reactivated, lost = _movements(spans, active_days)
    joined = np.cumsum(new + reactivated - lost)
    at_start = np.concatenate(([0], joined[:-1]))
    step = MONTHS[period]
    rows = []
    for place, (start, end) in enumerate(zip(spans.starts, spans.starts[1:], strict=False)):
        back = month_start(month_number(start) - step)
        window_start = back if active_days is None else days_before(start, active_days)
        rows.append(
            rated_period(
                start,
                end,
                at_start=int(at_start[place]),
                new=int(new[place]),
                reactivated=int(reactivated[place]),
                lost=int(lost[place]),
                complete=end <= as_of and window_start >= spans.first_day,
                confidence=confidence,
            )
        )
    return PeriodTable(period, active_days, as_of, spans.year_starts, confidence, reason, tuple(rows))


def _movements(spans: _Spans, active_days: int | None) -> tuple[npt.NDArray[np.int64], ...]:
    """New, reactivated and lost customers of each period.

    An order in period i keeps its customer active at the boundaries i + 1 to `reach`, the last
    boundary whose window still holds the last order of the period. Reaches grow with i, so a
    customer's activity is broken exactly where one reach ends before the next order's period.
    """
    count = len(spans.starts) - 1
    if active_days is None:
        reach = spans.periods + 1
    else:
        boundaries = np.array([start.toordinal() for start in spans.starts])
        reach = np.searchsorted(boundaries, spans.last_days + active_days, side="right") - 1
    first = np.ones(len(spans.customers), dtype=bool)
    first[1:] = spans.customers[1:] != spans.customers[:-1]
    active = reach > spans.periods
    customers, periods, reach, first = (x[active] for x in (spans.customers, spans.periods, reach, first))
    again = np.zeros(len(customers), dtype=bool)
    again[1:] = (customers[1:] == customers[:-1]) & (reach[:-1] >= periods[1:])
    ends = np.ones(len(customers), dtype=bool)
    ends[:-1] = ~again[1:]
    leaving = reach[ends & (reach < count)]
    return tuple(
        np.bincount(where, minlength=count).astype(np.int64)
        for where in (periods[first & ~again], periods[~first & ~again], leaving)
    )


def _default_table(
    log: OrderLog, active_days: int | None, as_of: dt.date, year_starts: int, confidence: float
) -> PeriodTable:
    covered = _gaps_covered(log, as_of)
    sizes = list(MONTHS)
    chosen = next((size for size in sizes if covered[size] >= GAPS_COVERED), "year")
    reason = _why(chosen, covered)
    for size in reversed(sizes[: sizes.index(chosen) + 1]):
        spans = _spans(log, size, as_of, year_starts)
        said_why = reason if size == chosen else f"{reason} {_too_few(chosen)} {size.capitalize()}s are used."
        table = _table(
            spans, size, active_days, as_of, confidence, said_why + _window_said(size, active_days)
        )
        if sum(row.rated for row in table.periods) >= FEWEST_RATED:
            break
    return table


def _gaps_covered(log: OrderLog, as_of: dt.date) -> dict[str, float]:
    """Share of the gaps between a customer's successive order days that each period is long enough for."""
    before = log.coded_order_days().filter(nw.col("day") < as_of.toordinal())
    days = before.group_by("customer", "day").agg(nw.len())
    gap = nw.col("day") - nw.col("day").shift(1).over("customer", order_by="day")
    gaps = days.with_columns(gap=gap).filter(~nw.col("gap").is_null())
    within = {size: (nw.col("gap") <= longest).sum() for size, longest in LONGEST_DAYS.items()}
    found = gaps.select(nw.len().alias("gaps"), **within).collect("pandas")
    total = int(found["gaps"][0])
    return {size: int(found[size][0]) / total if total else 0.0 for size in LONGEST_DAYS}


def _why(chosen: str, covered: dict[str, float]) -> str:
    if not any(covered.values()):
        return "No customer ordered again within a year, so nothing speaks for less than years."
    longest = LONGEST_DAYS[chosen]
    share = f"{covered[chosen]:.0%} of the gaps between a customer's orders are at most {longest} days"
    if covered[chosen] < GAPS_COVERED:
        return f"Years, although only {share}."
    return f"{chosen.capitalize()}s, because {share}."


def _too_few(chosen: str) -> str:
    return f"The log holds fewer than {FEWEST_RATED} complete {chosen}s with a rate."


def _asked(period: str, active_days: int | None) -> str:
    return f"{period.capitalize()}s, as asked." + _window_said(period, active_days)


def _window_said(period: str, active_days: int | None) -> str:
    if active_days is None:
        return f" A customer is active who ordered in the {period} before."
    days = "day" if active_days == 1 else f"{active_days:,} days"
    return f" A customer is active who ordered within the {days} before."


def _check(period: str | None, active_days: int | None, year_starts: int) -> None:
    if period is not None and period not in MONTHS:
        raise OrderLogError(f'`period` must be month, quarter or year (got "{said(period)}").')
    check_active_days(active_days)
    if year_starts not in range(1, 13):
        raise OrderLogError(f"`year_starts` must be a month, 1 to 12 (got {said(year_starts)}).")


def _as_of(log: OrderLog, as_of: dt.date | None) -> dt.date:
    if as_of is None:
        return log.last_day + dt.timedelta(days=1)
    as_of = _day("as_of", as_of)
    if as_of <= log.first_day:
        raise OrderLogError(f"`as_of` must lie after the first order, on {log.first_day} (got {as_of}).")
    if as_of.year > log.last_day.year + 100:
        raise OrderLogError(
            f"`as_of` lies more than a century after the last order, on {log.last_day} (got {as_of})."
        )
    return as_of


def _day(name: str, day: object) -> dt.date:
    """A day given as a date or a moment."""
    if isinstance(day, dt.datetime):
        return day.date()
    if isinstance(day, dt.date):
        return day
    raise OrderLogError(f"`{name}` must be a date (got {said(repr(day))}).")


def _whole(name: str, number: float | None) -> int | None:
    if number is None:
        return None
    if isfinite(number) and number == int(number):
        return int(number)
    raise OrderLogError(f"`{name}` must be a whole number (got {said(number)}).")


def as_rows(periods: Sequence[Period]) -> list[dict[str, Any]]:
    """The periods as plain records, dates as ISO text, for JSON."""
    names = [field.name for field in fields(Period)]
    return [
        {name: str(value) if isinstance(value := getattr(row, name), dt.date) else value for name in names}
        for row in periods
    ]
