"""What each further point of retention is worth: formula, simulation beside it, and what it may cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_core.arguments import is_number
from retention_core.economics import DRAWS, SimulatedWorth, simulated_worth
from retention_core.errors import said
from retention_core.measured import NOT_KNOWN, Measured, span_said
from retention_core.worth import (
    DISCOUNT,
    POINT,
    WorthError,
    break_even_once,
    break_even_spend,
    customer_worth,
    raised,
    retention_worth,
)

if TYPE_CHECKING:
    import pandas as pd

MOST = 10
_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class WorthOfPoints:
    """So many points of retention more.

    Attributes
    ----------
    points, retention
        Points more, as a fraction, and the retention they lead to.
    worth, once
        What they are worth for all customers together, kept for good and for the next period alone.
    each, each_once
        The same a customer: the most that may be spent on each for them.
    simulated
        `worth` from simulated customers.
    """

    points: float
    retention: float
    worth: float
    once: float
    each: float
    each_once: float
    simulated: SimulatedWorth


@dataclass(frozen=True, slots=True, eq=False)
class WorthCurve:
    """What one point of retention more is worth, and two, and so on; made by `worth_curve`.

    Attributes
    ----------
    customers, margin, retention, discount
        What was put in.
    now
        What a customer is worth today.
    rows
        One for each whole point from 1 that retention leaves room for.
    point
        What one point is worth for all customers together; its limits are those of the retention, if given.
    """

    customers: float
    margin: float
    retention: float
    discount: float
    now: float
    rows: tuple[WorthOfPoints, ...]
    point: Measured

    @property
    def sentence(self) -> str:
        """What one point is worth, and what that is a customer."""
        if not self.rows:
            return f"A retention of {self.retention:.1%} leaves no room for one point more."
        first = self.rows[0]
        return (
            f"One point more, from {self.retention:.1%} to {first.retention:.1%} and kept for good, is worth "
            f"{span_said(self.point)} of today for {self.customers:,.0f} customers together, "
            f"{first.each:,.2f} each."
        )

    def columns(self) -> dict[str, list[object]]:
        """One row a point: the attributes of `WorthOfPoints`, with the simulation's mean and error."""
        rows = list(self._cells())
        names = ["points", "retention", "worth", "simulated", "standard_error", "once", "each", "each_once"]
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame."""
        from retention_core.frames import frame_of

        return frame_of(self.columns()).astype(float)

    def _cells(self) -> Iterator[tuple[object, ...]]:
        for row in self.rows:
            told = (row.simulated.mean, row.simulated.standard_error)
            yield row.points, row.retention, row.worth, *told, row.once, row.each, row.each_once


def worth_curve(
    customers: float,
    margin: float,
    retention: float,
    discount: float = DISCOUNT,
    *,
    between: tuple[float | None, float | None] = (None, None),
    draws: int = DRAWS,
    seed: int = 0,
) -> WorthCurve:
    """What each whole point of retention more is worth, up to ten and as far as there is room.

    Parameters
    ----------
    customers, margin, retention, discount
        As in `retention_worth`.
    between
        Limits of the retention, where it is measured, fractions.
    draws, seed
        Of the simulation; see `simulated_worth`.

    Raises
    ------
    WorthError
        If an argument makes no sense.

    Examples
    --------
    >>> found = worth_curve(1000, 100, 0.8, between=(0.78, 0.82), draws=1000)
    >>> [round(row.worth) for row in found.rows[:3]], round(found.rows[0].each, 2)
    ([12644, 26190, 40741], 12.64)
    >>> found.point.low < found.point.value < found.point.high
    True
    """
    now = customer_worth(margin, retention, discount)
    low, high = _checked(between)
    retention_worth(customers, margin, retention, 0.0, discount)  # refuses customers that make no sense
    # where nothing is discounted, the worth of customers who all stay has no end
    most = 1 - retention if discount else 1 - retention - POINT / 2
    room = min(MOST, math.floor(most / POINT + _NOISE))
    rows = tuple(
        _row(customers, margin, retention, number / 100, discount, draws, seed)
        for number in range(1, room + 1)
    )
    point = NOT_KNOWN
    if rows:
        limits = [_point(customers, margin, limit, discount) for limit in (low, high)]
        point = Measured(rows[0].worth, *(limits if margin >= 0 else limits[::-1]))
    return WorthCurve(customers, margin, retention, discount, now, rows, point)


def _checked(between: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    """The limits, each a fraction or None."""
    if not isinstance(between, Sequence) or isinstance(between, str) or len(between) != 2:
        raise WorthError(f"`between` must hold two limits of the retention (got {said(between)}).")
    for limit in between:
        if limit is not None and not (is_number(limit) and 0 <= limit <= 1):
            raise WorthError(
                f"`between` must hold fractions from 0 to 1, such as 0.8 for 80 % (got {said(limit)})."
            )
    low, high = between
    return low, high


def _row(
    customers: float, margin: float, retention: float, points: float, discount: float, draws: int, seed: int
) -> WorthOfPoints:
    return WorthOfPoints(
        points=points,
        retention=raised(retention, "points", points),
        worth=retention_worth(customers, margin, retention, points, discount),
        once=break_even_once(customers * margin, retention, points, discount),
        each=break_even_spend(margin, retention, points, discount),
        each_once=break_even_once(margin, retention, points, discount),
        simulated=simulated_worth(customers, margin, retention, points, discount, draws=draws, seed=seed),
    )


def _point(customers: float, margin: float, retention: float | None, discount: float) -> float | None:
    """Worth of one point from a limit of the retention; None where that leaves no room or is not known."""
    if retention is None or retention + POINT > 1 + min(_NOISE, discount):
        return None
    return retention_worth(customers, margin, retention, POINT, discount)
