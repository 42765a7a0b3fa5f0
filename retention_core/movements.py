"""What became of the customers between two days: kept, lost, new, won back.

The counting itself, in the standard library alone; `retention_core.periods` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retention_core.errors import OrderLogError, said
from retention_core.purchases import OrderDays
from retention_core.rates import rate_interval

_LONGEST_WINDOW = 36_600


@dataclass(frozen=True, slots=True)
class Period:
    """What became of the customers between two days, `start` belonging to the period and `end` not.

    `at_end = at_start - lost + new + reactivated` and `rate = kept / at_start`. Nobody at the start
    gives no rate. `complete` is False while the period runs on past the log's end, or where the
    activity window before its start reaches back to before the log began.
    """

    start: dt.date
    end: dt.date
    at_start: int
    at_end: int
    new: int
    reactivated: int
    lost: int
    kept: int
    rate: float | None
    low: float | None
    high: float | None
    complete: bool

    @property
    def rated(self) -> bool:
        """Whether the rate exists and may be compared with others."""
        return self.complete and self.rate is not None


class Span(NamedTuple):
    """A period, and the first days of the activity windows before its start and before its end."""

    start: dt.date
    end: dt.date
    window_at_start: dt.date
    window_at_end: dt.date


class LastOrders(NamedTuple):
    """One customer's first order, last before the start and last before the end; 0 where there is none.

    Days as `date.toordinal` counts them.
    """

    first: int
    before_start: int
    before_end: int


def period_of_orders(
    orders: OrderDays,
    start: dt.date,
    end: dt.date,
    *,
    active_days: int | None = None,
    confidence: float = 0.95,
) -> Period:
    """The figures of `period_between`, from plain columns instead of an order log.

    Raises
    ------
    OrderLogError
        If `end` is not after `start` or `active_days` makes no sense.

    Examples
    --------
    >>> from datetime import date
    >>> from retention_core.purchases import order_days
    >>> days = [date(2025, 1, 1), date(2025, 1, 9), date(2025, 2, 2)]
    >>> period_of_orders(order_days(["Ann", "Bob", "Ann"], days), date(2025, 2, 1), date(2025, 3, 1)).rate
    0.5
    """
    span = span_between(start, end, active_days)
    last_orders = (_last_orders(days, span) for days in orders.days.values())
    complete = end <= orders.last_day + dt.timedelta(days=1) and span.window_at_start >= orders.first_day
    return count_movements(last_orders, span, complete=complete, confidence=confidence)


def span_between(start: dt.date, end: dt.date, active_days: int | None = None) -> Span:
    """The period from `start` up to but not including `end`, with its activity windows.

    Without `active_days` the window is as long as the period: the same number of calendar months where
    the period starts and ends on the same day of a month, else the same number of days.

    Raises
    ------
    OrderLogError
        If `end` is not after `start` or `active_days` makes no sense.

    Examples
    --------
    >>> import datetime as dt
    >>> span_between(dt.date(2024, 3, 1), dt.date(2024, 4, 1)).window_at_start
    datetime.date(2024, 2, 1)
    """
    check_active_days(active_days)
    if not start < end:
        raise OrderLogError(f"`end` must lie after `start`, {start} (got {end}).")
    if active_days is not None:
        return Span(start, end, days_before(start, active_days), days_before(end, active_days))
    if start.day == end.day:
        return Span(start, end, months_before(start, month_number(end) - month_number(start)), start)
    return Span(start, end, days_before(start, (end - start).days), start)


def count_movements(
    customers: Iterable[LastOrders], span: Span, *, complete: bool, confidence: float = 0.95
) -> Period:
    """Count who was active at the start of a period, at its end, or both.

    Examples
    --------
    A customer of January who came again in February, and one who did not:

    >>> import datetime as dt
    >>> span = span_between(dt.date(2025, 2, 1), dt.date(2025, 3, 1))
    >>> january, february = dt.date(2025, 1, 5).toordinal(), dt.date(2025, 2, 5).toordinal()
    >>> both = [LastOrders(january, january, february), LastOrders(january, january, january)]
    >>> period = count_movements(both, span, complete=True)
    >>> period.kept, period.lost, period.new
    (1, 1, 0)
    """
    start, since, since_end = (
        day.toordinal() for day in (span.start, span.window_at_start, span.window_at_end)
    )
    # known before the start, active at the start, active at the end
    counts = Counter(
        (first < start, before_start >= since, before_end >= since_end)
        for first, before_start, before_end in customers
    )
    return rated_period(
        span.start,
        span.end,
        at_start=counts[True, True, True] + counts[True, True, False],
        new=counts[False, False, True],
        reactivated=counts[True, False, True],
        lost=counts[True, True, False],
        complete=complete,
        confidence=confidence,
    )


def rated_period(
    start: dt.date,
    end: dt.date,
    *,
    at_start: int,
    new: int,
    reactivated: int,
    lost: int,
    complete: bool,
    confidence: float,
) -> Period:
    """A period from its counts, with the retention rate and its interval."""
    kept = at_start - lost
    rate, low, high = None, None, None
    if at_start:
        rate, (low, high) = kept / at_start, rate_interval(kept, at_start, confidence)
    return Period(
        start=start,
        end=end,
        at_start=at_start,
        at_end=kept + new + reactivated,
        new=new,
        reactivated=reactivated,
        lost=lost,
        kept=kept,
        rate=rate,
        low=low,
        high=high,
        complete=complete,
    )


def check_active_days(active_days: int | None) -> None:
    """Refuse an activity window that is no number of days."""
    if active_days is not None and not 1 <= active_days <= _LONGEST_WINDOW:
        raise OrderLogError(
            f"`active_days` must lie between 1 and {_LONGEST_WINDOW:,} (got {said(active_days)})."
        )


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or that month's last.

    Examples
    --------
    >>> import datetime as dt
    >>> months_before(dt.date(2024, 3, 31), 1)
    datetime.date(2024, 2, 29)
    """
    first = month_start(max(month_number(dt.date.min), month_number(day) - months))
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def days_before(day: dt.date, days: int) -> dt.date:
    """The day so many days earlier, or the first there is."""
    return dt.date.fromordinal(max(1, day.toordinal() - days))


def month_number(day: dt.date) -> int:
    """Months since January of year 0, as the log's `month` column counts them."""
    return day.year * 12 + day.month - 1


def month_start(number: int) -> dt.date:
    """The first day of a month so counted."""
    return dt.date(number // 12, number % 12 + 1, 1)


def _last_orders(days: Sequence[int], span: Span) -> LastOrders:
    start, end = span.start.toordinal(), span.end.toordinal()
    return LastOrders(days[0], _last_before(days, start), _last_before(days, end))


def _last_before(days: Sequence[int], limit: int) -> int:
    later = bisect_left(days, limit)
    return days[later - 1] if later else 0
