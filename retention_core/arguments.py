"""What callers ask for, checked: numbers that are numbers, days that a rhythm can be followed to."""

from __future__ import annotations

import datetime as dt
from numbers import Real
from typing import Any

from retention_core.errors import OrderLogError, said
from retention_core.purchases import plain_day

_LARGEST = 1e300
_CENTURY = 100


def is_number(value: object) -> bool:
    """Whether something is one finite number; True and False are none.

    Examples
    --------
    >>> [is_number(value) for value in (0.2, 3, float("nan"), float("inf"), "3", True, None)]
    [True, True, False, False, False, False, False]
    """
    number: Any = value
    return isinstance(value, Real) and not isinstance(value, bool) and -_LARGEST <= number <= _LARGEST


def is_whole(value: object) -> bool:
    """Whether something is a whole number, whatever its type.

    Examples
    --------
    >>> [is_whole(value) for value in (3, 3.0, 3.5, "3")]
    [True, True, False, False]
    """
    number: Any = value
    return is_number(value) and int(number) == number


def check_kind(name: str, value: object, kind: type) -> None:
    """Raise OrderLogError where an argument is neither None nor of a kind.

    Examples
    --------
    >>> check_kind("thresholds", 3, str)
    Traceback (most recent call last):
    retention_core.errors.OrderLogError: thresholds must be of the type str (got int).
    """
    if value is not None and not isinstance(value, kind):
        raise OrderLogError(
            f"`{name}` must be of the type {kind.__name__} (got {said(type(value).__name__)})."
        )


def named_day(name: str, day: object) -> dt.date:
    """A day without its time of day; OrderLogError that names the argument for anything else."""
    try:
        return plain_day(day)
    except OrderLogError as error:
        raise OrderLogError(error.in_words({"as_of": f"`{name}`"})) from None


def day_asked(as_of: object, last_day: dt.date) -> dt.date:
    """The day asked for, without its time of day; by default the day after the last order.

    Raises
    ------
    OrderLogError
        If `as_of` is no date, or lies more than a century after the last order.

    Examples
    --------
    >>> day_asked(None, dt.date(2025, 3, 9)), day_asked(dt.datetime(2025, 3, 9, 14, 5), dt.date(2025, 3, 9))
    (datetime.date(2025, 3, 10), datetime.date(2025, 3, 9))
    """
    if as_of is None:
        return last_day + dt.timedelta(days=1)
    day = plain_day(as_of)
    if day.year > last_day.year + _CENTURY:
        raise OrderLogError(
            f"`as_of` lies more than a century after the last order, on {last_day} (got {day})."
        )
    return day
