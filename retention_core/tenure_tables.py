"""Spending by tenure from each customer's sums: the windows, the three readings, and their intervals."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from retention_core.measured import NOT_KNOWN, Measured, span_said
from retention_core.special_functions import student_reach

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Chosen = npt.NDArray[np.bool_]

ACTIVE, SAME, WON = "active buyers", "the same customers", "a customer won"
READINGS = (ACTIVE, SAME, WON)
FEWEST = 20
_FEWEST_FOR_LIMITS = 3


class Windows(NamedTuple):
    """What customers did in the windows since their first order: one row a customer, one column a window.

    Attributes
    ----------
    value, orders
        What each brought, net of refunds, and its orders. Windows not wholly observed are not looked at.
    observed
        Windows of each customer that the log holds to their end.
    first_value, first_orders
        What the first order day brought, and its orders; part of the first window.
    last
        The last order, in windows since the first order.
    """

    value: Floats
    orders: Floats
    observed: Ints
    first_value: Floats
    first_orders: Floats
    last: Floats


@dataclass(frozen=True, slots=True)
class TenureWindow:
    """One window of months since the first order, over the customers observed through it.

    `per_customer` counts everyone won, `per_buyer` those who ordered in the window; money a window.
    """

    first_month: int
    last_month: int
    customers: int
    buyers: int
    per_customer: Measured
    per_buyer: Measured


@dataclass(frozen=True, slots=True)
class TenureReading:
    """The later window against the first, read in one way.

    Attributes
    ----------
    reading
        One of `READINGS`.
    first_order
        Whether the first order day counts in the first window.
    customers
        Customers the reading looks at, observed through both windows.
    early, late
        Money a customer in the first window and in the later one: a buyer in each of them for active buyers.
    ratio
        `late` over `early` with its interval: 1.67 is 67 % more.
    """

    reading: str
    first_order: bool
    customers: int
    early: float | None
    late: float | None
    ratio: Measured

    @property
    def sentence(self) -> str:
        """The growth with its interval."""
        first = "the first order counted" if self.first_order else "the first order left out"
        if self.ratio.value is None:
            return f"{self.reading.capitalize()}, {first}: unknown."
        growth = Measured(*(None if number is None else number - 1 for number in self.ratio))
        return f"{self.reading.capitalize()}, {first}: {span_said(growth, '+.0%')}."


@dataclass(frozen=True, slots=True, eq=False)
class TenureSpend:
    """How spending grows with tenure; made by `spend_by_tenure`.

    Attributes
    ----------
    windows
        Every window up to the tenure asked that at least 20 customers were observed through.
    readings
        The comparison of the later window with the first, read three ways, each with the first order and
        without it; empty where the log is too short for any.
    months_late
        First and last month of the later window; None where the log is too short.
    window_months, tenure_months
        As asked.
    value_of
        "profit" or "revenue".
    as_of, skip_days, left_out, confidence
        The day looked at, how much of the log's beginning is skipped, how many customers that leaves out,
        and the confidence of the intervals.
    """

    windows: tuple[TenureWindow, ...]
    readings: tuple[TenureReading, ...]
    months_late: tuple[int, int] | None
    window_months: int
    tenure_months: int
    value_of: str
    as_of: dt.date
    skip_days: int
    left_out: int
    confidence: float

    def reading(self, name: str, *, first_order: bool = False) -> TenureReading | None:
        """One of the readings; None where the log is too short."""
        return next(
            (row for row in self.readings if (row.reading, row.first_order) == (name, first_order)), None
        )

    @property
    def complete(self) -> bool:
        """Whether the log reaches as far as asked."""
        return self.months_late is not None and self.months_late[1] == self.tenure_months

    @property
    def growth(self) -> Measured:
        """Growth of the same customers' spending, the first order left out: 0.67 is 67 % more."""
        found = self.reading(SAME)
        if found is None:
            return NOT_KNOWN
        return Measured(*(None if number is None else number - 1 for number in found.ratio))

    @property
    def sentence(self) -> str:
        """The answer: how much more, read on the same customers and as the claim is told."""
        if self.months_late is None:
            return self._too_short
        spans = f"months {self.months_late[0]} to {self.months_late[1]}"
        told, same = self.reading(ACTIVE, first_order=True), self.reading(SAME)
        answer = (
            f"In {spans} after their first order, against the first {self.window_months}: those still there "
            f"brought {_growth(same)} {self.value_of} than they themselves did at first, the first order "
            f"left out; told as the claim is, active buyers brought {_growth(told)}."
        )
        if self.complete:
            return answer
        return f"The log is too short for month {self.tenure_months}. {answer}"

    @property
    def _too_short(self) -> str:
        told = (
            f"Not answered: fewer than {FEWEST} customers are known to have begun within the log and were "
            f"observed for {2 * self.window_months} months from their first order."
        )
        if not (self.left_out and self.skip_days):
            return told
        return (
            f"{told} Left out, first seen in its first {self.skip_days:,} days: {self.left_out:,}; skip no "
            "days where the log begins with the business."
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said with the figures."""
        notes = [
            f"Left out, first seen in the log's first {self.skip_days:,} days and perhaps older: "
            f"{self.left_out:,} customers.",
            "Active buyers mixes growth with survivorship; the same customers are those who ordered again "
            "after the later window; a customer won counts those who left as zero.",
            "The first window begins with an order: without it the figure is right if buying is random; "
            "where buying is regular, the truth lies between the figures with and without it.",
            "Amounts are those of their day: a general rise of prices counts as growth.",
        ]
        if self.window_months % 12:
            notes.append("The two windows may fall into other seasons; windows of 12 months do not.")
        return tuple(notes)

    def columns(self) -> dict[str, list[object]]:
        """One row a window: its months, customers, buyers, and money a customer and a buyer with limits."""
        names = ("first_month", "last_month", "customers", "buyers")
        table: dict[str, list[object]] = {
            name: [getattr(row, name) for row in self.windows] for name in names
        }
        for name in ("per_customer", "per_buyer"):
            table |= _with_limits(name, [getattr(row, name) for row in self.windows])
        return table

    def to_frame(self) -> pd.DataFrame:
        """The windows as a frame."""
        return _frame(self.columns(), ("first_month", "last_month", "customers", "buyers"))

    def reading_columns(self) -> dict[str, list[object]]:
        """One row a reading: reading, first_order, customers, early, late, ratio, ratio_low, ratio_high."""
        names = ("reading", "first_order", "customers", "early", "late")
        table: dict[str, list[object]] = {
            name: [getattr(row, name) for row in self.readings] for name in names
        }
        return table | _with_limits("ratio", [row.ratio for row in self.readings])

    def readings_frame(self) -> pd.DataFrame:
        """The readings as a frame."""
        return _frame(self.reading_columns(), ("reading", "first_order", "customers"))


def tenure_table(
    windows: Windows,
    *,
    window_months: int,
    tenure_months: int,
    value_of: str,
    as_of: dt.date,
    skip_days: int,
    left_out: int,
    confidence: float,
) -> TenureSpend:
    """The windows and the readings of customers' sums; see `spend_by_tenure`."""
    enough = [k for k in range(windows.value.shape[1]) if int((windows.observed > k).sum()) >= FEWEST]
    rows = tuple(_window(windows, k, window_months, confidence) for k in enough)
    late = min(len(enough), tenure_months // window_months) - 1
    readings: tuple[TenureReading, ...] = ()
    if late > 0:
        readings = tuple(
            _reading(windows, name, late, first_order, confidence)
            for name in READINGS
            for first_order in (True, False)
        )
    return TenureSpend(
        windows=rows,
        readings=readings,
        months_late=(late * window_months + 1, (late + 1) * window_months) if late > 0 else None,
        window_months=window_months,
        tenure_months=tenure_months,
        value_of=value_of,
        as_of=as_of,
        skip_days=skip_days,
        left_out=left_out,
        confidence=confidence,
    )


def ratio_of_means(
    late: Floats, early: Floats, in_late: Chosen, in_early: Chosen, confidence: float
) -> Measured:
    """Mean of `late` over those in it, against the mean of `early` over those in it, by customer.

    Notes
    -----
    The interval is that of the log ratio by the delta method: each customer's influence on it is
    late / sum(late) - in_late / count(in_late) - early / sum(early) + in_early / count(in_early), so that
    whatever a customer's two windows share is accounted for. Student's t, one customer one observation.

    Examples
    --------
    >>> here = np.array([True, True, True])
    >>> ratio_of_means(np.array([2.0, 4, 6]), np.array([1.0, 2, 3]), here, here, 0.95)
    Measured(value=2.0, low=2.0, high=2.0)
    """
    late, early = np.where(in_late, late, 0.0), np.where(in_early, early, 0.0)
    sums, counts = (late.sum(), early.sum()), (in_late.sum(), in_early.sum())
    if min(sums) <= 0 or min(counts) == 0:
        return NOT_KNOWN
    ratio = float(sums[0] / counts[0] / (sums[1] / counts[1]))
    if min(counts) < _FEWEST_FOR_LIMITS:
        return Measured(ratio)
    size = int((in_late | in_early).sum())
    influence = late / sums[0] - in_late / counts[0] - early / sums[1] + in_early / counts[1]
    spread = math.sqrt(float((influence**2).sum()) * size / (size - 1))
    reach = student_reach(confidence, int(min(counts)) - 1) * spread
    return Measured(ratio, ratio * math.exp(-reach), ratio * math.exp(min(reach, 700.0)))


def _reading(windows: Windows, name: str, late: int, first_order: bool, confidence: float) -> TenureReading:
    seen = windows.observed > late
    then, start = windows.value[seen, late], windows.value[seen, 0]
    bought, began = windows.orders[seen, late] > 0, windows.orders[seen, 0]
    if not first_order:
        start, began = start - windows.first_value[seen], began - windows.first_orders[seen]
    everyone = np.ones(len(then), dtype=bool)
    in_late, in_early = everyone, everyone
    if name == ACTIVE:
        in_late, in_early = bought, began > 0
    elif name == SAME:
        in_late = in_early = windows.last[seen] >= late + 1
    return TenureReading(
        reading=name,
        first_order=first_order,
        customers=int((in_late | in_early).sum()),
        early=_mean(start[in_early]),
        late=_mean(then[in_late]),
        ratio=ratio_of_means(then, start, in_late, in_early, confidence),
    )


def _window(windows: Windows, k: int, months: int, confidence: float) -> TenureWindow:
    seen = windows.observed > k
    value, bought = windows.value[seen, k], windows.orders[seen, k] > 0
    return TenureWindow(
        first_month=k * months + 1,
        last_month=(k + 1) * months,
        customers=int(seen.sum()),
        buyers=int(bought.sum()),
        per_customer=_mean_between(value, confidence),
        per_buyer=_mean_between(value[bought], confidence),
    )


def _mean_between(values: Floats, confidence: float) -> Measured:
    """A mean with its Student interval; without one below three values."""
    if not len(values):
        return NOT_KNOWN
    mean = float(values.mean())
    if len(values) < _FEWEST_FOR_LIMITS:
        return Measured(mean)
    reach = student_reach(confidence, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Measured(mean, mean - reach, mean + reach)


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _growth(reading: TenureReading | None) -> str:
    if reading is None or reading.ratio.value is None:
        return "an unknown amount of"
    value, low, high = reading.ratio.value, reading.ratio.low, reading.ratio.high
    told = f"{abs(value - 1):.0%} {'more' if value >= 1 else 'less'}"
    return told if low is None or high is None else f"{told} ({low - 1:+.0%} to {high - 1:+.0%})"


def _with_limits(name: str, figures: list[Measured]) -> dict[str, list[object]]:
    return {
        name: [figure.value for figure in figures],
        f"{name}_low": [figure.low for figure in figures],
        f"{name}_high": [figure.high for figure in figures],
    }


def _frame(columns: dict[str, list[object]], plain: tuple[str, ...]) -> pd.DataFrame:
    from retention_core.frames import frame_of

    frame = frame_of(columns)
    return frame.astype({name: float for name in columns if name not in plain})
