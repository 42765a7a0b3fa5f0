"""Which midnights revenue is compared at: calendar periods, or two given days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from retention_core.errors import SubscriptionError, said
from retention_core.movements import month_number, month_start, months_before
from retention_core.subscription_columns import TIMES_A_YEAR
from retention_core.subscriptions import Subscriptions

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def spans(first: dt.date, until: dt.date, step: int, year_starts: int) -> Iterator[tuple[dt.date, dt.date]]:
    """The calendar periods from the one that holds the first day to the one that holds the last."""
    shift = year_starts - 1
    number = (month_number(first) - shift) // step
    last = (month_number(until - dt.timedelta(days=1)) - shift) // step
    for place in range(number, last + 1):
        yield month_start(place * step + shift), month_start((place + 1) * step + shift)


def revenue_spans(
    subscriptions: Subscriptions, period: str, as_of: dt.date | None, year_starts: int = 1
) -> list[tuple[dt.date, dt.date]]:
    """The complete calendar periods of the subscriptions, up to `as_of`."""
    check_table(period, "month", year_starts, 0.95)
    until = retention_until(subscriptions, as_of)
    every = spans(subscriptions.first_day, until, MONTHS[period], year_starts)
    return [span for span in every if span[1] <= until]


def retention_span(
    subscriptions: Subscriptions, start: dt.date | None = None, end: dt.date | None = None
) -> tuple[dt.date, dt.date]:
    """Two midnights to compare, by default the twelve months up to where the subscriptions are known."""
    end = retention_until(subscriptions, end, "end")
    start = months_before(end, 12) if start is None else _day("start", start)
    if not start < end:
        raise SubscriptionError(f"`start` must lie before `end`, {end} (got {start}).")
    return start, end


def retention_until(subscriptions: Subscriptions, as_of: dt.date | None, name: str = "as_of") -> dt.date:
    """The midnight up to which to look, checked; by default as far as the subscriptions are known."""
    if as_of is None:
        return subscriptions.as_of
    day = _day(name, as_of)
    if not subscriptions.first_day < day <= subscriptions.as_of:
        raise SubscriptionError(
            f"`{name}` must lie after the first start, on {subscriptions.first_day}, and at most on "
            f"{subscriptions.as_of}, up to which the subscriptions are known (got {day})."
        )
    return day


def _day(name: str, day: Any) -> dt.date:
    if isinstance(day, dt.datetime):
        return day.date()
    if isinstance(day, dt.date):
        return day
    raise SubscriptionError(f"`{name}` must be a date (got {said(repr(day))}).")


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise SubscriptionError(f'`{name}` must be one of {", ".join(known)} (got "{said(value)}").')


def check_table(period: str, per: str, year_starts: int, confidence: float) -> None:
    """Refuse a table of movements that cannot be made."""
    _one_of("period", period, list(MONTHS))
    _one_of("per", per, list(TIMES_A_YEAR))
    if year_starts not in range(1, 13):
        raise SubscriptionError(f"`year_starts` must be a month, 1 to 12 (got {said(year_starts)}).")
    check_confidence(confidence)


def check_draws(draws: int, confidence: float) -> None:
    """Refuse a bootstrap that cannot be drawn."""
    if draws < 1:
        raise SubscriptionError(
            f"`draws` must be a whole number above zero, such as 2000 (got {said(draws)})."
        )
    check_confidence(confidence)


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is no share."""
    if not 0 < confidence < 1:
        raise SubscriptionError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
