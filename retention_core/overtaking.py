"""When a scenario has brought more than the base: the month in which its spending is earned back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from retention_core.scenarios import BASE, CUMULATED, DIFFERENCE, WhatIf

_NOISE = 1e-9


class Overtaken(NamedTuple):
    """From which month on a scenario has brought more profit than the base; made by `overtaken`.

    Attributes
    ----------
    expected
        First month from which its cumulated profit is expected to stay ahead; None if it is not in the end.
    surely
        The same of the lower limit of the interval.
    same
        Whether the two never differ.
    months, confidence
        Of the courses.
    """

    expected: int | None
    surely: int | None
    same: bool
    months: int
    confidence: float

    @property
    def sentence(self) -> str:
        """The month, and whether chance can undo it."""
        if self.same:
            return "The scenario brings what the base brings."
        if self.expected is None:
            return f"Within {self.months} months the scenario is not expected to overtake the base."
        ahead = f"The scenario is expected to have brought more than the base from month {self.expected} on"
        if self.surely is None:
            return f"{ahead}; by month {self.months}, chance can still undo it."
        if self.surely == self.expected:
            return f"{ahead}, whatever chance does within its {self.confidence:.0%} limits."
        return f"{ahead}; within the {self.confidence:.0%} limits of chance, from month {self.surely} on."


def overtaken(found: WhatIf) -> Overtaken | None:
    """From which month on a scenario has brought more profit than the base.

    Parameters
    ----------
    found
        From `what_if`.

    Returns
    -------
    None where a plan has no margin and the profit is unknown.

    Examples
    --------
    Five points for 4 a customer and year cost first and bring later:

    >>> from dataclasses import replace
    >>> from retention_core.scenarios import Plan, what_if
    >>> now = Plan(customers=1000, retention=0.8, margin=60, new_customers=200, cost_to_win=50)
    >>> found = overtaken(what_if(now, replace(now, retention=0.85, keeping_cost=4)))
    >>> found.expected, found.surely
    (34, 36)
    """
    course = found.courses.get((DIFFERENCE, CUMULATED))
    if course is None:
        return None
    noise = _NOISE * max(1.0, *(abs(profit) for profit in found.courses[BASE, CUMULATED].expected))
    return Overtaken(
        expected=_ahead_from(course.expected, noise),
        surely=_ahead_from(course.low, noise),
        same=all(abs(number) <= noise for number in (*course.expected, *course.low, *course.high)),
        months=found.months,
        confidence=found.confidence,
    )


def _ahead_from(gains: Sequence[float], noise: float) -> int | None:
    """First month from which all gains are above zero."""
    behind = [month for month, gain in enumerate(gains, 1) if gain <= noise]
    first = behind[-1] + 1 if behind else 1
    return first if first <= len(gains) else None
