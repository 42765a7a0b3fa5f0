"""Who is due a word this week, on which occasion, and why; the rules themselves.

Needs the standard library alone; `retention_core.due` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from retention_core.arguments import check_kind, is_whole
from retention_core.errors import OrderLogError, in_percent, said
from retention_core.focus_rules import focus_of_purchases
from retention_core.focus_tables import FocusList
from retention_core.focus_values import by_size
from retention_core.purchases import Purchases
from retention_core.rhythm import Gaps, Rhythm, each, outlasts, own_gap, silence
from retention_core.stage_tables import DUE, GONE, ON_SCHEDULE, OVERDUE, SCHEDULES, StageTable, schedule_code

if TYPE_CHECKING:
    from retention_core.frames import DataFrame

THANKS, REMIND, WIN_BACK, FEEDBACK = "thank you", "reminder", "win back", "ask for feedback"
OCCASIONS = (WIN_BACK, REMIND, THANKS, FEEDBACK)
MONTH = 30
UNKNOWN, NEVER = "unknown", "never"
_LARGEST = 36_600  # a century of days


@dataclass(frozen=True, slots=True)
class DueRules:
    """When a word is due.

    Attributes
    ----------
    days
        The week: so many days from the day asked for.
    thank_days
        A first order within so many days before is thanked for.
    feedback_after, feedback_until
        Who came back so many days ago, is on schedule and has given no feedback is asked for it.
    win_back_days
        Those overdue are to be won back, and those who are gone for no longer than so many days.
    cap
        Most contacts to one customer in 30 days, this one included.
    most
        Most customers to write to; None for all.
    """

    days: int = 7
    thank_days: int = 14
    feedback_after: int = 7
    feedback_until: int = 28
    win_back_days: int = 28
    cap: int = 2
    most: int | None = None


class Contacted(NamedTuple):
    """What a contact log says of the customers of a list; columns in key order."""

    last_contact: Any
    this_month: Any
    blocked: Any
    score: Any = None


class DueRow(NamedTuple):
    """One customer due a word; days are dates, None where unknown.

    `usual_day` is the last order and the customer's typical gap, and `days_overdue` the days since; expected
    is the next order of somebody who is still a customer, with its 10 to 90 % interval, given the silence so
    far; `chance` that it comes within the week. `last_contact` is a date, "never" or "unknown".
    """

    customer: str
    occasion: str
    stage: str
    schedule: str
    value: float | None
    last_order: dt.date
    usual_day: dt.date | None
    days_overdue: int | None
    expected_low: dt.date | None
    expected: dt.date | None
    expected_high: dt.date | None
    chance: float | None
    last_contact: dt.date | str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class DueList:
    """Whom to write to this week, most at stake first; made by `due_of` and `due_of_purchases`.

    Attributes
    ----------
    rows
        One for each customer due a word.
    keys
        Their identity keys, in the same order.
    counts
        Occasion -> customers.
    notes
        Who was left out, and what is unknown, a sentence each.
    """

    rows: tuple[DueRow, ...] = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    as_of: dt.date
    rules: DueRules
    notes: tuple[str, ...]
    value_of: str | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Occasion -> customers, the pressing ones first."""
        found = Counter(row.occasion for row in self.rows)
        return {occasion: found[occasion] for occasion in OCCASIONS}

    @property
    def definition(self) -> str:
        """What the list holds, in words."""
        one = self.rules
        return (
            f"Customers due a word in the {one.days} days from {self.as_of}. Reminder: the usual day of the "
            f"next order has come or falls into them. Win back: overdue, or gone for no longer than "
            f"{one.win_back_days} days. Thank you: a first order within {one.thank_days} days. Ask for "
            f"feedback: came back {one.feedback_after} to {one.feedback_until} days ago, on schedule, no "
            "feedback known. "
            f"At most {one.cap} contacts to one customer in {MONTH} days."
        )

    def columns(self) -> dict[str, list[Any]]:
        """The list by column, with the names of `DueRow`.

        Examples
        --------
        >>> from datetime import date
        >>> from retention_core.purchases import purchases_by_customer
        >>> days = [date(2025, month, 3) for month in (1, 2, 3, 4)] + [date(2025, 4, 25)]
        >>> bought = purchases_by_customer(["Ann"] * 4 + ["Bo"], days)
        >>> due_of_purchases(bought, date(2025, 5, 1)).columns()["occasion"]
        ['reminder', 'thank you']
        """
        return {name: [row[place] for row in self.rows] for place, name in enumerate(DueRow._fields)}

    def to_frame(self) -> DataFrame:
        """One row a customer, with the columns of `columns`; days as datetimes, `last_contact` as it is."""
        from retention_core.frames import frame_of

        days = ("last_order", "usual_day", "expected_low", "expected", "expected_high")
        types = dict.fromkeys(days, "datetime64[s]") | dict.fromkeys(("value", "chance"), "float64")
        return frame_of(self.columns()).astype({**types, "days_overdue": "Int64"})

    def write(self, path: str | Path) -> Path:
        """The list as an xlsx or csv file, by the ending of its name; an older file is replaced at the end.

        Raises
        ------
        FileError
            If the name ends otherwise, or the folder does not take the file.
        """
        from retention_core.written_tables import write_table

        meaning = {"List": self.definition, **{f"Note {n}": note for n, note in enumerate(self.notes, 1)}}
        return write_table(self.columns(), path, "Due", meaning)


def due_of_purchases(
    purchases: Purchases, as_of: dt.date | None = None, *, rules: DueRules | None = None
) -> DueList:
    """The list of `retention_core.due.due_of`, from plain columns instead of an order log.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of`, or a rule makes no sense.
    """
    return due_table(focus_of_purchases(purchases, as_of), rules=rules)


def due_table(
    focus: FocusList,
    *,
    contacted: Contacted | None = None,
    rules: DueRules | None = None,
    notes: Sequence[str] = (),
) -> DueList:
    """Who of a focus list is due a word in the days from its day on.

    Raises
    ------
    OrderLogError
        If a rule makes no sense.
    """
    check_kind("rules", rules, DueRules)
    asked = _checked(rules or DueRules())
    if focus.gaps is None:
        raise OrderLogError("The focus list holds no gaps to tell what is due from: make it with `focus_of`.")
    score = None if contacted is None else contacted.score
    found = _occasions(focus, focus.gaps, score, asked)
    rows, left_out = _allowed(found, contacted, asked)
    ranked = [row for row in _most_at_stake(focus) if row in rows]
    shown = ranked if asked.most is None else ranked[: int(asked.most)]
    chances = None if focus.rhythm is None else week_chances(focus.rhythm, focus.gaps, asked.days)
    return DueList(
        rows=tuple(_row(focus, row, found[row], contacted, chances, asked) for row in shown),
        keys=tuple(focus.keys[row] for row in shown),
        as_of=focus.as_of,
        rules=asked,
        notes=(*notes, *_notes(focus, contacted, left_out, len(ranked) - len(shown), asked)),
        value_of=focus.value_of,
    )


def _occasions(focus: FocusList, gaps: Gaps, score: Any, rules: DueRules) -> dict[int, str]:
    """Place of a customer -> the occasion, of those who have one."""
    until = focus.as_of.toordinal()
    stages = focus.stages
    gone_before = _gone_before(focus, gaps, rules.win_back_days)
    found = {}
    for row, schedule in enumerate(stages.schedules):
        silent, orders = until - int(gaps.last[row]), int(gaps.orders[row])
        heard = score is not None and score[row] == score[row]
        usual = stages.gap[row]
        comes = schedule == DUE or (usual is not None and silent + rules.days > usual)
        if orders == 1 and silent <= rules.thank_days:
            found[row] = THANKS
        elif schedule == OVERDUE or (schedule == GONE and not gone_before[row]):
            found[row] = WIN_BACK
        elif schedule in (DUE, ON_SCHEDULE) and comes:
            found[row] = REMIND
        elif (
            schedule == ON_SCHEDULE
            and orders > 1
            and not heard
            and rules.feedback_after <= silent <= rules.feedback_until
        ):
            found[row] = FEEDBACK
    return found


def _gone_before(focus: FocusList, gaps: Gaps, days: int) -> list[bool]:
    """Whether each customer was gone so many days earlier already."""
    if focus.rhythm is None:
        return [False] * len(focus.keys)
    earlier = replace(focus.rhythm, as_of=focus.as_of - dt.timedelta(days=int(days)))
    limits, day = focus.stages.thresholds, earlier.as_of.toordinal()
    last = each(lambda one: one * (one < day) + (day - 1) * (one >= day), gaps.last)
    found = earlier.expect_all(gaps._replace(last=last))
    gone = SCHEDULES.index(GONE)
    codes = each(lambda reached, still: schedule_code(reached, still, limits), found.reached, found.still)
    return [int(code) == gone and one < day for code, one in zip(codes, gaps.last, strict=True)]


def week_chances(rhythm: Rhythm, gaps: Gaps, days: int) -> Any:
    """Chance of each customer to order within so many days."""

    def chance(orders: Any, last: Any, log_sum: Any, log_squares: Any) -> Any:
        found = rhythm.expect(orders, last, log_sum, log_squares)
        own = own_gap(rhythm, orders - 1, log_sum, log_squares)
        waited = silence(rhythm.as_of, last)
        return found.still * (1 - outlasts(waited + days, *own) / outlasts(waited, *own))

    return each(chance, gaps.orders, gaps.last, gaps.log_sum, gaps.log_squares)


def _allowed(
    found: dict[int, str], contacted: Contacted | None, rules: DueRules
) -> tuple[set[int], dict[str, int]]:
    """Who may be written to, and how many may not for which reason."""
    if contacted is None:
        return set(found), {}
    blocked = {row for row in found if contacted.blocked[row]}
    often = {row for row in found if row not in blocked and contacted.this_month[row] >= rules.cap}
    return set(found) - blocked - often, {"blocked": len(blocked), "often": len(often)}


def _most_at_stake(focus: FocusList) -> list[int]:
    figures = focus.figures
    stake = figures.orders_at_stake if figures.at_stake is None else figures.at_stake
    if stake is None:
        return list(range(len(focus.keys)))
    return [int(row) for row in by_size(stake)]


def _row(
    focus: FocusList,
    row: int,
    occasion: str,
    contacted: Contacted | None,
    chances: Any,
    rules: DueRules,
) -> DueRow:
    stages: StageTable = focus.stages
    last = stages.last_order[row]
    if last is None:
        raise OrderLogError(f'"{said(focus.customers[row])}" has no order.')
    gap = stages.gap[row]
    usual = None if gap is None else last + int(gap + 0.5)
    return DueRow(
        customer=focus.customers[row],
        occasion=occasion,
        stage=stages.stages[row],
        schedule=stages.schedules[row],
        value=None if focus.figures.value is None else float(focus.figures.value[row]),
        last_order=dt.date.fromordinal(last),
        usual_day=_date(usual),
        days_overdue=None if usual is None else max(focus.as_of.toordinal() - usual, 0),
        expected_low=_date(stages.expected_low[row]),
        expected=_date(stages.expected[row]),
        expected_high=_date(stages.expected_high[row]),
        chance=None if chances is None else float(chances[row]),
        last_contact=_last_contact(contacted, row),
        reason=_reason(focus.as_of, occasion, stages, row, rules),
    )


def _reason(as_of: dt.date, occasion: str, stages: StageTable, row: int, rules: DueRules) -> str:
    silent = as_of.toordinal() - (stages.last_order[row] or 0)
    days = "day" if silent == 1 else "days"
    if occasion == THANKS:
        return f"First order {silent} {days} ago."
    gap, still = stages.gap[row] or 0.0, stages.still_customer[row] or 0.0
    usual = f"usually orders every {gap:,.0f} days"
    if occasion == FEEDBACK:
        return f"Came back {silent} {days} ago, on schedule; no feedback known."
    if occasion == WIN_BACK:
        return f"Silent for {silent} {days}, {usual}; still a customer with a chance of {in_percent(still)}."
    if silent < gap:
        return f"Last order {silent} {days} ago, {usual}: the next falls into these {rules.days} days."
    over = round(silent - gap)
    return f"Last order {silent} {days} ago, {usual}: {over:,} {'day' if over == 1 else 'days'} over."


def _last_contact(contacted: Contacted | None, row: int) -> dt.date | str:
    if contacted is None:
        return UNKNOWN
    day = contacted.last_contact[row]
    return NEVER if day is None or day != day else dt.date.fromordinal(int(day))


def _notes(
    focus: FocusList, contacted: Contacted | None, left_out: dict[str, int], cut: int, rules: DueRules
) -> tuple[str, ...]:
    notes = []
    if contacted is None:
        notes.append(
            "No contacts: the last contact, the cap on contacts and who asked to be left alone are unknown."
        )
    if left_out.get("blocked"):
        notes.append(f"{left_out['blocked']:,} who asked to be left alone are left out.")
    if left_out.get("often"):
        notes.append(
            f"{left_out['often']:,} who were contacted {rules.cap} times or more in the last {MONTH} days "
            "are left out."
        )
    if cut:
        notes.append(f"{cut:,} more are due; the list ends after {rules.most:,}.")
    if contacted is not None and contacted.score is None:
        notes.append("No feedback scores: everyone counts as not yet asked for feedback.")
    if focus.value_of is None:
        notes.append("No amounts: value is unknown, and the orders at stake decide who comes first.")
    if focus.rhythm is None:
        notes.append("Nobody ordered on two days: who is due and when is unknown.")
    return tuple(notes)


def _checked(rules: DueRules) -> DueRules:
    for name in ("days", "thank_days", "feedback_after", "feedback_until", "win_back_days", "cap", "most"):
        value = getattr(rules, name)
        if name == "most" and value is None:
            continue
        if not (is_whole(value) and value >= 0):
            raise OrderLogError(f"`{name}` must be a whole number of zero or more (got {said(value)}).")
        if name != "most" and value > _LARGEST:
            raise OrderLogError(f"`{name}` must be {_LARGEST:,} at most (got {said(value)}).")
    if rules.days < 1:
        raise OrderLogError(f"`days` must be at least 1 (got {said(rules.days)}).")
    if rules.feedback_after > rules.feedback_until:
        raise OrderLogError(
            f"`feedback_until` must not lie below `feedback_after`, {said(rules.feedback_after)} "
            f"(got {said(rules.feedback_until)})."
        )
    return rules


def _date(day: int | None) -> dt.date | None:
    return None if day is None else dt.date.fromordinal(day)
