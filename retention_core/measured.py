"""A figure from one's own data, as far as it is known."""

from __future__ import annotations

from typing import NamedTuple


class Measured(NamedTuple):
    """A figure and its interval; None for what is not known.

    `low` or `high` alone is a limit of a figure that is itself unknown.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


NOT_KNOWN = Measured(None)


def span_said(figure: Measured, style: str = ",.2f") -> str:
    """A figure with its interval in brackets, or what is known of it.

    Examples
    --------
    >>> span_said(Measured(2.5, 1.5, None)), span_said(Measured(None, 12.0)), span_said(Measured(None))
    ('2.50 (1.50 or more)', 'at least 12.00', 'unknown')
    """
    value, low, high = (None if number is None else format(number, style) for number in figure)
    if value is None:
        return f"at least {low}" if low is not None else f"at most {high}" if high is not None else "unknown"
    if low is None and high is None:
        return value
    if low is None or high is None:
        return f"{value} ({f'up to {high}' if low is None else f'{low} or more'})"
    return f"{value} ({low} to {high})"
