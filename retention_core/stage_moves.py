"""Who moved between the stages of retention from one day to another, and how long it takes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.arguments import is_number, named_day
from retention_core.errors import OrderLogError, said
from retention_core.orders import OrderLog
from retention_core.rates import rate_interval
from retention_core.stage_tables import GONE, LONG, MEDIUM, SHORT, STAGES, UNKNOWN, StageTable, Thresholds
from retention_core.stages import stages_of
from retention_core.survival import Duration, survival_curve

if TYPE_CHECKING:
    from retention_core.contact_log import ContactLog

NEW = "(new)"
Days = npt.NDArray[np.float64]
_TIMES = {
    SHORT: "days from the first contact, or the first order where none precedes it, to the second order day",
    MEDIUM: "days from the second order day to the first on which the orders make a habit by the thresholds",
    LONG: "days from the order that made the habit to the last order of those who are gone",
}


class Move(NamedTuple):
    """How many of those in one state were in another later; the share has a Wilson interval."""

    before: str
    after: str
    customers: int
    of: int
    share: float
    low: float
    high: float


class StageTime(NamedTuple):
    """How long customers take to leave a stage; None where less than half have been seen to.

    Attributes
    ----------
    customers, moved
        Who entered the stage, and how many of them left it as `definition` says.
    median, low, high
        Of the Kaplan-Meier curve, in which the others count as long as they were seen.
    """

    stage: str
    customers: int
    moved: int
    median: float | None
    low: float | None
    high: float | None
    definition: str


@dataclass(frozen=True, slots=True, eq=False)
class StageTransitions:
    """Moves between the stages; made by `stage_transitions`.

    A customer whose schedule is "gone" is counted as gone, whatever the stage.

    Attributes
    ----------
    before, after
        The tables as of the two days; both use the thresholds of the later one, each its own rhythm.
    rows, names
        Of `counts`: the states before, with "(new)" for those not yet there, and the states after.
    counts
        `counts[i][j]` customers went from the i-th row to the j-th column.
    times
        How long customers take to leave each stage, up to the later day.
    """

    before: StageTable = field(repr=False)
    after: StageTable = field(repr=False)
    rows: tuple[str, ...]
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    times: tuple[StageTime, ...]
    confidence: float = 0.95

    def columns(self) -> dict[str, list[Any]]:
        """The matrix by column: before, then one column a state after."""
        by_column = zip(*self.counts, strict=True)
        found: dict[str, list[Any]] = {"before": list(self.rows)}
        return found | {name: list(column) for name, column in zip(self.names, by_column, strict=True)}

    def moves(self) -> tuple[Move, ...]:
        """Every move that is possible from a state that somebody was in, with its share and interval."""
        found = []
        for name, counts in zip(self.rows, self.counts, strict=True):
            of = sum(counts)
            for to, count in zip(self.names, counts, strict=True):
                if of:
                    limits = rate_interval(count, of, self.confidence)
                    found.append(Move(name, to, count, of, count / of, limits.low, limits.high))
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """One row a state before, one column a state after."""
        return pd.DataFrame(self.columns())

    def moves_frame(self) -> pd.DataFrame:
        """One row a move: before, after, customers, of, share, low, high."""
        return pd.DataFrame(self.moves(), columns=list(Move._fields))

    def times_frame(self) -> pd.DataFrame:
        """One row a stage: stage, customers, moved, median, low, high, definition."""
        frame = pd.DataFrame(self.times, columns=list(StageTime._fields))
        return frame.astype(dict.fromkeys(("median", "low", "high"), "float64"))


def stage_transitions(
    log: OrderLog,
    before: dt.date,
    after: dt.date | None = None,
    *,
    contacts: ContactLog | None = None,
    thresholds: Thresholds | None = None,
    confidence: float = 0.95,
) -> StageTransitions:
    """Where the customers of each stage as of one day stand as of a later one.

    Parameters
    ----------
    before, after
        The two days; the later one by default the day after the last order.
    contacts, thresholds
        As for `stages_of`; thresholds left open are derived from what lies before `after`.

    Raises
    ------
    OrderLogError
        As `stages_of`, or if `after` is not later than `before`.

    Examples
    --------
    >>> from datetime import date
    >>> log = OrderLog.from_frame(pd.DataFrame({"customer": ["Ann", "Ann", "Bob", "Cem"],
    ...     "date": ["2025-01-02", "2025-02-01", "2025-01-20", "2025-02-03"]}))
    >>> stage_transitions(log, date(2025, 1, 25)).to_frame().iloc[:3, :4]
            before  short-term  medium-term  long-term
    0        (new)           1            0          0
    1   short-term           1            1          0
    2  medium-term           0            0          0
    """
    if not (is_number(confidence) and 0 < confidence < 1):
        raise OrderLogError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
    start = named_day("before", before)
    end = None if after is None else named_day("after", after)
    later = stages_of(log, as_of=end, contacts=contacts, thresholds=thresholds)
    if not start < later.as_of:
        raise OrderLogError(f"`after` must be a later day than `before`, {start} (got {later.as_of}).")
    earlier = stages_of(log, as_of=start, contacts=contacts, thresholds=later.thresholds)
    old, new = _states(earlier), _states(later)
    moved = Counter((old.get(key, NEW), state) for key, state in new.items())
    unknown = (UNKNOWN,) if UNKNOWN in {*old.values(), *new.values()} else ()
    names = (*STAGES, GONE, *unknown)
    rows = (NEW, *names)
    counts = tuple(tuple(moved[row, name] for name in names) for row in rows)
    times = _times(log, later, contacts, confidence)
    return StageTransitions(earlier, later, rows, names, counts, times, confidence)


def _states(table: StageTable) -> dict[str, str]:
    rows = zip(table.keys, table.stages, table.schedules, strict=True)
    return {key: GONE if schedule == GONE else stage for key, stage, schedule in rows}


def _times(
    log: OrderLog, table: StageTable, contacts: ContactLog | None, confidence: float
) -> tuple[StageTime, ...]:
    """Median times up to `table.as_of`; the order days are held in memory."""
    steps = _steps(log, table.as_of, table.thresholds)
    if contacts is not None:
        steps = _from_first_contact(steps, contacts, table.as_of)
    gone = {key for key, schedule in zip(table.keys, table.schedules, strict=True) if schedule == GONE}
    end = float(table.as_of.toordinal())
    left = steps["last"].where(steps.index.isin(gone))
    spans = {
        SHORT: (steps["start"], steps["second"]),
        MEDIUM: (steps["second"], steps["habit"]),
        LONG: (steps["habit"], left),
    }
    return tuple(_time_in(stage, start, stop, end, confidence) for stage, (start, stop) in spans.items())


def _time_in(
    stage: str, start: pd.Series[float], stop: pd.Series[float], end: float, confidence: float
) -> StageTime:
    entered = start.notna()
    start, stop = start[entered], stop[entered]
    lost: Sequence[bool] = stop.notna().tolist()
    median = Duration(None, None, None)
    if len(start):
        durations = (stop.fillna(end) - start).tolist()
        median = survival_curve(durations, lost, confidence=confidence).median
    return StageTime(stage, len(start), sum(lost), *median, _TIMES[stage])


def _steps(log: OrderLog, as_of: dt.date, limits: Thresholds) -> pd.DataFrame:
    """Days of each customer's first, second and last order, and of the one that made a habit (or NaN)."""
    days = log.order_days().filter(nw.col("day") < as_of.toordinal()).select("customer", "day").unique()
    table: pd.DataFrame = days.collect("pandas").to_native().sort_values(["customer", "day"])
    by = table.groupby("customer", sort=False)["day"]
    number = by.cumcount() + 1
    first = by.transform("min")
    squares = (by.diff().astype("float64").fillna(0) ** 2).groupby(table["customer"]).cumsum()
    made = _is_habit(number, table["day"] - first, squares, limits)
    return pd.DataFrame(
        {
            "start": by.min().astype("float64"),
            "second": table[number == 2].set_index("customer")["day"].astype("float64"),
            "habit": table[made].groupby("customer")["day"].min().astype("float64"),
            "last": by.max().astype("float64"),
        }
    )


def _is_habit(
    number: pd.Series[int], tenure: pd.Series[int], squares: pd.Series[float], limits: Thresholds
) -> pd.Series[bool]:
    if limits.habit_orders is None or limits.habit_days is None:
        return number < 0
    gaps = (number - 1).clip(lower=2)
    mean = tenure / gaps
    variance = (squares - gaps * mean**2).abs() / (gaps - 1)
    enough = (number >= max(limits.habit_orders, 3)) & (tenure >= limits.habit_days)
    return enough & (variance <= (limits.regular * mean) ** 2)


def _from_first_contact(steps: pd.DataFrame, contacts: ContactLog, as_of: dt.date) -> pd.DataFrame:
    """The steps begun by the first contact, with those who were in contact and have not ordered."""
    lines = contacts.lines[contacts.lines["day"] < as_of.toordinal()]
    first = lines.groupby("customer")["day"].min().astype("float64").rename("contact")
    joined = steps.join(first, how="outer")
    return joined.assign(start=joined[["start", "contact"]].min(axis=1)).drop(columns="contact")
