"""Stages of retention: where each customer stands, by the customer's own rhythm; the rules themselves.

Needs the standard library alone; `retention_core.stages` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from retention_core.arguments import check_kind, day_asked, is_number
from retention_core.errors import OrderLogError, in_percent, said
from retention_core.identity import key_order
from retention_core.purchases import Purchases
from retention_core.rhythm import Expectation, Gaps, Rhythm, each, fit_rhythm, gaps_of, silence

if TYPE_CHECKING:
    from retention_core.frames import DataFrame

SHORT, MEDIUM, LONG, UNKNOWN = "short-term", "medium-term", "long-term", "unknown"
STAGES = (SHORT, MEDIUM, LONG)
ON_SCHEDULE, DUE, OVERDUE, GONE = "on schedule", "due", "overdue", "gone"
SCHEDULES = (ON_SCHEDULE, DUE, OVERDUE, GONE)
_FEWEST, _MOST = 3, 8  # order days that a derived `habit_orders` stays between
_SECOND = 0.9  # of the first gaps are to be shorter than `second_days`
_FARTHEST = 36_600
_OF_GAPS = ("nearly none", *(f"{percent} %" for percent in range(1, 100)), "nearly all")
_PERCENTS = ("less than 1 %", *(f"{percent} %" for percent in range(1, 100)), "more than 99 %")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the stages begin; what is None is derived from the log.

    Attributes
    ----------
    second_days
        A first purchase that no second follows within so many days is over. Derived: 90 % of the
        population's gaps are shorter.
    habit_orders
        Fewest order days of a habit. Derived: the customer's own gaps then say as much about the next one as
        everyone else's do; between 3 and 8.
    habit_days
        Fewest days from the first order to the last. Derived: `habit_orders` - 1 typical gaps.
    regular
        Largest coefficient of variation (sd / mean) of the gaps of a habit. Purchases at random have 1; at
        0.7 the variance is half of theirs.
    due, overdue
        Shares of the customer's own gaps that would have ended by now.
    gone
        An overdue customer who is still one with less than this chance is gone; by default one who is less
        likely than not still a customer.
    """

    second_days: float | None = None
    habit_orders: int | None = None
    habit_days: float | None = None
    regular: float = 0.7
    due: float = 0.5
    overdue: float = 0.8
    gone: float = 0.5

    def derived_from(self, rhythm: Rhythm) -> Thresholds:
        """The thresholds with what was left open derived from a rhythm.

        Examples
        --------
        >>> shop = Rhythm(dt.date(2025, 3, 12), 100, 60, 240, 3.5, 0.5, 1.0, 4.0, 0.3, 0.05)
        >>> found = Thresholds(habit_days=100).derived_from(shop)
        >>> round(found.second_days), found.habit_orders, found.habit_days
        (147, 3, 100)
        """
        orders = self.habit_orders
        if orders is None:
            orders = min(max(1 + math.ceil(rhythm.within / rhythm.between), _FEWEST), _MOST)
        days = self.habit_days
        if days is None:
            days = float(math.ceil((orders - 1) * rhythm.typical_gap))
        second = self.second_days
        if second is None:
            second = float(math.ceil(rhythm.first_gap_quantile(_SECOND)))
        return Thresholds(second, orders, days, self.regular, self.due, self.overdue, self.gone)

    def rules(self, given: Thresholds) -> tuple[str, ...]:
        """Each threshold in a sentence, with how it came about; `given` are those before deriving."""

        def how(name: str, rule: str) -> str:
            return "as given" if getattr(given, name) is not None else f"derived: {rule}"

        if self.second_days is None:
            return ("Nobody ordered on two days, so no threshold could be derived and no schedule is known.",)
        return (
            f"A second order usually follows within {self.second_days:,.0f} days "
            f"({how('second_days', f'{in_percent(_SECOND)} of the gaps are shorter')}).",
            f"A habit takes {self.habit_orders} order days "
            f"({how('habit_orders', 'own gaps say as much as all others together, between 3 and 8')}).",
            f"A habit takes {self.habit_days:,.0f} days from the first order to the last "
            f"({how('habit_days', 'the time of as many orders at the typical gap')}).",
            f"A rhythm is regular up to a coefficient of variation of {self.regular:g} "
            "(purchases at random have 1).",
            f"A customer is due once {in_percent(self.due)} and overdue once {in_percent(self.overdue)} of "
            "its own gaps would have ended, and gone if then still a customer with a chance below "
            f"{in_percent(self.gone)}.",
        )


class People(NamedTuple):
    """Who the rows are: keys, names, and values (None in a log without amounts), one entry a customer."""

    keys: list[str]
    names: list[str]
    values: list[float | None]


class Prospect(NamedTuple):
    """Somebody in contact who has not ordered: key, name and day of the first contact."""

    key: str
    name: str
    since: int


@dataclass(frozen=True, slots=True, eq=False)
class StageTable:
    """Where each customer stands; made by `stages_of` and `stages_of_purchases`.

    Attributes
    ----------
    keys, customers
        Identity key and name of each, as a spreadsheet sorts them.
    stages
        "short-term": in contact and not yet bought, or one order and still inside the time in which a
        second is usual. "long-term": enough orders, over enough time, regular enough. "medium-term": bought,
        and one of these is missing. "unknown": nothing but refunds.
    schedules
        "on schedule", "due", "overdue" or "gone" by the customer's own gaps; "unknown" without an order.
    orders
        Order days before `as_of`.
    tenure
        Days from the first order to the last; None without an order.
    variation
        Coefficient of variation of the gaps; None below two gaps.
    last_order, expected_low, expected, expected_high
        Days, as `date.toordinal` counts them: the last order, and the next one to expect of somebody who is
        still a customer, with its 10 to 90 % interval.
    gap, reached, still_customer
        The customer's own typical gap in days, the share of its gaps that would have ended by now, and the
        chance that it is still a customer.
    values
        Revenue or profit before `as_of`, net of refunds; None where no amounts are known.
    since
        Day of the first contact of those who have not ordered.
    thresholds, rules
        The thresholds used, and each in a sentence with how it came about.
    rhythm
        The population's; None where nobody ordered twice.
    notes
        What is unknown and why, a sentence each.
    """

    keys: list[str] = field(repr=False)
    customers: list[str] = field(repr=False)
    stages: list[str] = field(repr=False)
    schedules: list[str] = field(repr=False)
    orders: list[int] = field(repr=False)
    tenure: list[int | None] = field(repr=False)
    variation: list[float | None] = field(repr=False)
    last_order: list[int | None] = field(repr=False)
    gap: list[float | None] = field(repr=False)
    expected_low: list[int | None] = field(repr=False)
    expected: list[int | None] = field(repr=False)
    expected_high: list[int | None] = field(repr=False)
    reached: list[float | None] = field(repr=False)
    still_customer: list[float | None] = field(repr=False)
    values: list[float | None] = field(repr=False)
    since: list[int | None] = field(repr=False)
    as_of: dt.date
    thresholds: Thresholds
    rules: tuple[str, ...]
    rhythm: Rhythm | None = None
    value_of: str | None = "revenue"
    notes: tuple[str, ...] = ()

    def columns(self) -> dict[str, list[Any]]:
        """The table by column: customer, stage, schedule, the figures, value and reason.

        Examples
        --------
        >>> from datetime import date
        >>> from retention_core.purchases import purchases_by_customer
        >>> bought = purchases_by_customer(
        ...     ["Ann"] * 4 + ["Bo"], [date(2025, month, 3) for month in (1, 2, 3, 4, 3)], [9, 9, 9, 9, 5])
        >>> table = stages_of_purchases(bought, as_of=date(2025, 4, 20))
        >>> table.columns()["stage"], table.columns()["expected"]
        (['medium-term', 'short-term'], [datetime.date(2025, 5, 22), datetime.date(2025, 6, 11)])
        """
        return {
            "customer": list(self.customers),
            "stage": list(self.stages),
            "schedule": list(self.schedules),
            "orders": list(self.orders),
            "tenure": list(self.tenure),
            "variation": list(self.variation),
            "typical_gap": list(self.gap),
            "last_order": _dates(self.last_order),
            "expected_low": _dates(self.expected_low),
            "expected": _dates(self.expected),
            "expected_high": _dates(self.expected_high),
            "still_customer": list(self.still_customer),
            "value": list(self.values),
            "reason": self.reasons(),
        }

    def to_frame(self) -> DataFrame:
        """One row a customer, with the columns of `columns`; days as datetimes."""
        from retention_core.stages import stage_frame

        return stage_frame(self)

    def by_stage(self) -> dict[str, list[Any]]:
        """What each stage holds, by column: stage, customers, share, value, then customers by schedule."""
        names = [*STAGES, *([UNKNOWN] if UNKNOWN in self.stages else [])]
        rows = {name: [row for row, stage in enumerate(self.stages) if stage == name] for name in names}
        found: dict[str, list[Any]] = {
            "stage": names,
            "customers": [len(rows[name]) for name in names],
            "share": [len(rows[name]) / len(self.stages) for name in names],
            "value": [self._value_of_rows(rows[name]) for name in names],
        }
        for schedule in (*SCHEDULES, UNKNOWN):
            found[schedule] = [sum(self.schedules[row] == schedule for row in rows[name]) for name in names]
        return found

    def by_stage_frame(self) -> DataFrame:
        """One row a stage, with the columns of `by_stage`."""
        from retention_core.frames import frame_of

        return frame_of(self.by_stage()).astype({"value": "float64"})

    def reasons(self) -> list[str]:
        """Why each customer stands where it stands, a sentence or two each."""
        return [self._reason(row) for row in range(len(self.keys))]

    def _value_of_rows(self, rows: Sequence[int]) -> float | None:
        if self.value_of is None:
            return None
        return math.fsum(value for row in rows if (value := self.values[row]) is not None)

    def _reason(self, row: int) -> str:
        last, since = self.last_order[row], self.since[row]
        if last is None:
            if since is None:
                return f"Nothing but refunds before {self.as_of}: the orders lie before the log."
            return f"In contact since {dt.date.fromordinal(since)}, no order yet."
        return f"{self._why_stage(row, self.as_of.toordinal() - last)} {self._why_schedule(row)}".rstrip()

    def _why_stage(self, row: int, silent: int) -> str:
        orders, tenure, variation = self.orders[row], self.tenure[row], self.variation[row]
        limits = self.thresholds
        if orders == 1:
            usual = limits.second_days
            follows = "" if usual is None else f"; a second usually follows within {usual:.0f} days"
            return f"One order, {silent} {_days(silent)} ago{follows}."
        varied = "" if variation is None else f", gaps varying by {variation:.2f} of their mean"
        story = f"{orders} order days over {tenure} {_days(tenure)}{varied}"
        if self.stages[row] == LONG:
            return f"{story}: a habit."
        missing = []
        if orders < (limits.habit_orders or 0):
            missing.append(f"{limits.habit_orders} order days")
        if (tenure or 0) < (limits.habit_days or 0):
            missing.append(f"{limits.habit_days:,.0f} days")
        if variation is not None and variation > limits.regular:
            missing.append(f"gaps varying by at most {limits.regular:.2f}")
        return f"{story}; a habit takes {' and '.join(missing)}."

    def _why_schedule(self, row: int) -> str:
        reached, still, last = self.reached[row], self.still_customer[row], self.last_order[row]
        if reached is None or still is None or last is None:
            return ""
        silent = self.as_of.toordinal() - last
        longer, chance = _OF_GAPS[round(reached * 100)], _PERCENTS[round(still * 100)]
        return (
            f"Silent for {silent} {_days(silent)}, longer than {longer} of its gaps; "
            f"still a customer with a chance of {chance}."
        )


def stages_of_purchases(
    purchases: Purchases, as_of: dt.date | None = None, *, thresholds: Thresholds | None = None
) -> StageTable:
    """The table of `retention_core.stages.stages_of`, from plain columns instead of an order log.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of` or a threshold makes no sense.
    """
    until = day_asked(as_of, purchases.last_day)
    limit = until.toordinal()
    days = {key: [day for day in found if day < limit] for key, found in purchases.days.items()}
    paid = {key: [amount for day, amount in rows if day < limit] for key, rows in purchases.money.items()}
    ordered = [key for key, found in days.items() if found]
    ordered = [ordered[place] for place in key_order(ordered)]
    refunded = [key for key, rows in paid.items() if rows and not days.get(key)]
    known = bool(purchases.money)
    values = [math.fsum(paid[key]) if known else None for key in (*ordered, *refunded)]
    names = [purchases.names[key] for key in (*ordered, *refunded)]
    return stage_table(
        gaps_of({key: days[key] for key in ordered}),
        People([*ordered, *refunded], names, values),
        until,
        thresholds=thresholds,
        value_of="revenue" if known else None,
    )


def stage_table(
    gaps: Gaps,
    people: People,
    as_of: dt.date,
    *,
    thresholds: Thresholds | None = None,
    prospects: Sequence[Prospect] | None = None,
    value_of: str | None = "revenue",
    rhythm: Rhythm | None = None,
) -> StageTable:
    """Where everybody stands.

    Parameters
    ----------
    gaps
        Sums of the customers who ordered before `as_of`, in spreadsheet order of their keys.
    people
        The same customers in the same order; those with nothing but refunds may follow.
    prospects
        Those in contact who have not ordered; None where no contacts are known.
    rhythm
        The population's; by default that of `gaps`.

    Raises
    ------
    OrderLogError
        If there is nobody, or a threshold makes no sense.
    """
    check_kind("thresholds", thresholds, Thresholds)
    given = _checked(thresholds or Thresholds())
    if not len(gaps.orders) and not prospects:
        raise OrderLogError(f"`as_of` must lie after an order: there is none before {as_of}.")
    if rhythm is None and any(each(lambda orders: orders > 1, gaps.orders)):
        rhythm = fit_rhythm(gaps, as_of)
    limits = given if rhythm is None else given.derived_from(rhythm)
    columns = _columns(gaps, as_of, limits, rhythm)
    others = prospects or ()
    columns = _with_others(columns, len(people.keys) - len(gaps.orders), others)
    keys = [*people.keys, *(one.key for one in others)]
    columns |= {
        "keys": keys,
        "customers": [*people.names, *(one.name for one in others)],
        "values": [*people.values, *(None for _ in others)],
    }
    if len(keys) > len(gaps.orders):
        order = key_order(keys)
        columns = {name: [column[place] for place in order] for name, column in columns.items()}
    return StageTable(
        **columns,
        as_of=as_of,
        thresholds=limits,
        rules=limits.rules(given),
        rhythm=rhythm,
        value_of=value_of,
        notes=_notes(prospects, value_of, rhythm),
    )


def _notes(
    prospects: Sequence[Prospect] | None, value_of: str | None, rhythm: Rhythm | None
) -> tuple[str, ...]:
    notes = []
    if prospects is None:
        notes.append("No contacts: who is in contact and has not ordered yet is unknown.")
    if value_of is None:
        notes.append("No amounts: value is unknown.")
    if rhythm is None:
        notes.append("Nobody ordered on two days: schedule and next order are unknown.")
    return tuple(notes)


def _columns(gaps: Gaps, as_of: dt.date, limits: Thresholds, rhythm: Rhythm | None) -> dict[str, list[Any]]:
    """The columns of `StageTable` that orders decide."""
    variation = each(_variation, gaps.orders, gaps.first, gaps.last, gaps.squares)
    stage = each(
        lambda orders, first, last, varied: _stage_code(orders, first, last, varied, as_of, limits),
        gaps.orders, gaps.first, gaps.last, variation,
    )  # fmt: skip
    orders = _whole(gaps.orders)
    varied = zip(orders, _plain(variation), strict=True)
    found: dict[str, list[Any]] = {
        "stages": list(map(STAGES.__getitem__, _whole(stage))),
        "orders": orders,
        "tenure": _whole(each(lambda first, last: last - first, gaps.first, gaps.last)),
        "variation": [None if count < 3 else value for count, value in varied],
        "last_order": _whole(gaps.last),
        "since": [None] * len(orders),
    }
    return found | _expected(gaps, limits, rhythm)


def _expected(gaps: Gaps, limits: Thresholds, rhythm: Rhythm | None) -> dict[str, list[Any]]:
    if rhythm is None:
        nothing = ("gap", "expected_low", "expected", "expected_high", "reached", "still_customer")
        rows = len(gaps.orders)
        return {"schedules": [UNKNOWN] * rows, **{name: [None] * rows for name in nothing}}
    found: Expectation = rhythm.expect_all(gaps)
    code = each(lambda reached, still: schedule_code(reached, still, limits), found.reached, found.still)
    low, middle, high = (
        _whole(each(_day_after, gaps.last, column)) for column in (found.low, found.middle, found.high)
    )
    return {
        "schedules": list(map(SCHEDULES.__getitem__, _whole(code))),
        "gap": _plain(found.gap),
        "expected_low": low,
        "expected": middle,
        "expected_high": high,
        "reached": _plain(found.reached),
        "still_customer": _plain(found.still),
    }


def schedule_code(reached: Any, still: Any, limits: Thresholds) -> Any:
    """Place in `SCHEDULES`, of a float or an array.

    Examples
    --------
    >>> [SCHEDULES[schedule_code(reached, 0.2, Thresholds())] for reached in (0.4, 0.5, 0.8)]
    ['on schedule', 'due', 'gone']
    """
    late = reached >= limits.overdue
    return (reached >= limits.due) * 1 + late * 1 + (late & (still < limits.gone)) * 1


def _stage_code(
    orders: Any, first: Any, last: Any, variation: Any, as_of: dt.date, limits: Thresholds
) -> Any:
    """Place in `STAGES`, of a float or an array."""
    if limits.second_days is None or limits.habit_orders is None or limits.habit_days is None:
        return (orders > 1) * 1
    bought = (orders > 1) | (silence(as_of, last) > limits.second_days)
    enough = (orders >= limits.habit_orders) & (last - first >= limits.habit_days)
    return bought * 1 + (bought & enough & (orders > 2) & (variation <= limits.regular)) * 1


def _variation(orders: Any, first: Any, last: Any, squares: Any) -> Any:
    """Coefficient of variation of the gaps; of no meaning below two of them."""
    gaps = orders - 1 + (orders < 2)
    mean = (last - first + (orders < 2)) / gaps
    variance = abs(squares - gaps * mean * mean) / (gaps - 1 + (gaps < 2))
    return variance**0.5 / mean


def _day_after(last: Any, days: Any) -> Any:
    near = days < _FARTHEST
    return last + (days * near + _FARTHEST * (1 - near) + 0.5) // 1


def _with_others(
    columns: dict[str, list[Any]], refunded: int, prospects: Sequence[Prospect]
) -> dict[str, list[Any]]:
    """The columns with rows for those who have not ordered."""
    more = refunded + len(prospects)
    ends: dict[str, list[Any]] = {
        "stages": [UNKNOWN] * refunded + [SHORT] * len(prospects),
        "schedules": [UNKNOWN] * more,
        "orders": [0] * more,
        "since": [None] * refunded + [one.since for one in prospects],
    }
    return {name: [*column, *ends.get(name, [None] * more)] for name, column in columns.items()}


def _checked(thresholds: Thresholds) -> Thresholds:
    for one in fields(Thresholds):
        value = getattr(thresholds, one.name)
        if not (value is None or (is_number(value) and value >= 0)):
            raise OrderLogError(f"`{one.name}` must be zero or more (got {said(value)}).")
    for name in ("due", "overdue", "gone"):
        if not 0 < (getattr(thresholds, name) or 0) < 1:
            raise OrderLogError(
                f"`{name}` must lie between 0 and 1, such as 0.5 (got {said(getattr(thresholds, name))})."
            )
    if thresholds.due > thresholds.overdue:
        raise OrderLogError(
            f"`overdue` must not lie below `due`, {said(thresholds.due)} (got {said(thresholds.overdue)})."
        )
    return thresholds


def _whole(column: Any) -> list[int]:
    return column.astype("int64").tolist() if hasattr(column, "dtype") else [int(number) for number in column]


def _plain(column: Any) -> list[Any]:
    return column.tolist() if hasattr(column, "dtype") else list(column)


def _dates(days: Sequence[int | None]) -> list[dt.date | None]:
    return [None if day is None else dt.date.fromordinal(day) for day in days]


def _days(number: int | None) -> str:
    return "day" if number == 1 else "days"
