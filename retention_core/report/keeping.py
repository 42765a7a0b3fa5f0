"""Whom to keep first, who carries each group, and who is due a word, as sections of a report."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from retention_core.due_tables import DueList
from retention_core.focus_tables import Answer, FocusList
from retention_core.focus_values import Steadiness
from retention_core.key_customers import GroupTotal, KeyCustomers
from retention_core.report.keeping_lists import LISTED, first_rows
from retention_core.report.questions import MOST_GROUPS, Asked
from retention_core.report.section import Grid, Section, counted, number, percent

FIRST = 10
FIRST_DUE = 20
UNKNOWN_WORTH = "Whether it is necessary to retain every customer cannot be told from this log."


def focus_section(asked: Asked) -> Section:
    """Whether everyone must be kept, whom to keep first and why, and where spending stops paying."""
    found = asked.keeping.focus
    answer, curve = found.answer(), found.curve()
    verdicts = _verdicts(found)
    stop = _stop(curve)
    listed = first_rows(found.columns(LISTED)) | {"total": len(found.keys)}
    spent = _spent(found)
    figures = {
        "definition": found.definition,
        "as_of": found.as_of,
        "value_of": found.value_of,
        "action": {"cost": found.action.cost, "uplift": found.action.uplift},
        "budget": found.budget,
        "answer": None if answer is None else answer._asdict(),
        "verdicts": verdicts,
        "best_list": spent,
        "stops_paying": stop,
        "curve": curve,
        "top_fifth": _steadiness_json(found.steadiness),
        "notes": list(found.notes),
        "list": listed,
    }
    said = _focus_said(found, answer, stop, spent)
    columns = ("verdict", "customers", "share", "at stake", "of all at stake")
    rows = tuple(_verdict_row(one) for one in verdicts)
    return Section("Focus", said, figures, columns, rows, more=(_focus_grid(found, listed["rows"]),))


def _focus_said(
    found: FocusList, answer: Answer | None, stop: dict[str, float] | None, spent: dict[str, float] | None
) -> tuple[str, ...]:
    return (
        UNKNOWN_WORTH if answer is None else answer.sentence,
        *_spending_said(found, stop, spent),
        *_steadiness_said(found.steadiness),
        *found.notes,
        found.definition,
    )


def _verdicts(found: FocusList) -> list[dict[str, Any]]:
    """Customers and value at stake of each verdict; nothing where no verdict is known."""
    if found.figures.verdict is None:
        return []
    stakes: dict[str, list[float]] = {}
    for verdict, stake in zip(found.verdicts, found.figures.at_stake, strict=True):
        stakes.setdefault(verdict, []).append(max(float(stake), 0.0))
    whole = math.fsum(map(math.fsum, stakes.values()))
    return [
        {
            "verdict": verdict,
            "customers": len(stakes.get(verdict, [])),
            "share_of_customers": len(stakes.get(verdict, [])) / len(found.keys),
            "at_stake": (held := math.fsum(stakes.get(verdict, []))),
            "share_at_stake": held / whole if whole > 0 else None,
        }
        for verdict in ("keep first", "keep", "let go")
    ]


def _verdict_row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["verdict"],
        number(one["customers"]),
        percent(one["share_of_customers"]),
        number(one["at_stake"]),
        percent(one["share_at_stake"]),
    )


def _stop(curve: dict[str, list[float]]) -> dict[str, float] | None:
    """The point of a curve beyond which spending stops paying."""
    if not curve["net"]:
        return None
    best = max(range(len(curve["net"])), key=curve["net"].__getitem__)
    return {name: column[best] for name, column in curve.items()}


def _spent(found: FocusList) -> dict[str, float] | None:
    """What acting for those of the best list takes and saves."""
    f = found.figures
    if f.taken is None:
        return None
    rows = [row for row, taken in enumerate(f.taken) if taken]
    spending, gain = (math.fsum(float(column[row]) for row in rows) for column in (f.cost, f.gain))
    return {"customers": len(rows), "spending": spending, "gain": gain}


def _spending_said(
    found: FocusList, stop: dict[str, float] | None, spent: dict[str, float] | None
) -> list[str]:
    if stop is None or spent is None:
        return []
    said = ["An action pays for nobody."]
    if stop["customers"]:
        people = counted(int(stop["customers"]), "customer")
        said = [
            f"Spending stops paying at {number(stop['spending'], 2)}, for {people}: that saves "
            f"{number(stop['gain'], 2)}, and what is spent beyond saves less than it takes."
        ]
    if found.budget is not None:
        people = counted(int(spent["customers"]), "customer")
        said.append(
            f"The budget of {number(found.budget, 2)} is best spent on {people}: "
            f"{number(spent['spending'], 2)} spent, {number(spent['gain'], 2)} saved."
        )
    return said


def _steadiness_json(found: Steadiness | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return found._asdict() | {"rose": found.now - found.stayed, "fell": found.before - found.stayed}


def _steadiness_said(found: Steadiness | None) -> list[str]:
    if found is None or found.share is None:
        return []
    rate = f"{percent(found.share)} ({percent(found.low)} to {percent(found.high)})"
    return [
        f"Of the {found.before:,} in the top fifth of the period before, {rate} are in it again: "
        f"{found.before - found.stayed:,} fell, {found.now - found.stayed:,} rose."
    ]


def _focus_grid(found: FocusList, rows: Sequence[dict[str, Any]]) -> Grid:
    shown = tuple(
        (one["customer"], one["verdict"], one["stage"], one["schedule"], number(one["value"]), one["reason"])
        for one in rows[:FIRST]
    )
    name = f"first {len(shown)} of {len(found.keys):,}"
    value = f"{found.value_of or 'value'} since {dt.date.fromordinal(found.span.first)}"
    return Grid((name, "verdict", "stage", "schedule", value, "reason"), shown, words=4, told=True)


def key_section(asked: Asked) -> Section:
    """The fewest customers who carry a chosen share of every group."""
    found = asked.keeping.key_customers
    share = asked.keeping.terms.key_share
    value_of = next(iter(found.values())).value_of
    groups = [(by, one) for by, table in found.items() for one in table.groups]
    largest = {id(one) for _, one in sorted(groups, key=lambda pair: -pair[1].value)[:MOST_GROUPS]}
    definition = (
        f"Key customers of a group: by {value_of}, the fewest who carry {share:.0%} of its net {value_of}."
    )
    said = [_keys_said(groups, share, value_of), definition, *_notes(found)]
    if len(largest) < len(groups):
        said.append(f"The {len(largest)} largest of {len(groups):,} groups are shown; --json has them all.")
    leaders = {by: _leaders(table) for by, table in found.items()}
    rows = tuple(_group_row(by, one, leaders[by]) for by, one in groups if id(one) in largest)
    figures = {
        "definition": definition,
        "share": share,
        "value_of": value_of,
        "groups": [{"by": by, **one._asdict()} for by, one in groups],
        "notes": _notes(found),
        "list": {by: first_rows(table.columns()) for by, table in found.items()},
    }
    columns = ("by", "group", "largest customer", "customers", "key", "share", value_of, "carried")
    return Section("Key customers", tuple(said), figures, columns, rows, words=3)


def _keys_said(groups: Sequence[tuple[str, GroupTotal]], share: float, value_of: str) -> str:
    known = [(by, one) for by, one in groups if one.carried is not None]
    if not known:
        return f"No group has {value_of} above zero, so none has key customers."
    by, narrow = min(known, key=lambda pair: pair[1].key_customers / pair[1].customers)
    return (
        f"Narrowest: in {narrow.group} ({by}), {narrow.key_customers:,} of "
        f"{counted(narrow.customers, 'customer')} carry {share:.0%} of the {value_of}."
    )


def _notes(found: Mapping[str, KeyCustomers]) -> list[str]:
    return [f"By {by}: {note}" for by, table in found.items() for note in table.notes]


def _leaders(table: KeyCustomers) -> dict[str, str]:
    """Group -> its largest customer."""
    found: dict[str, str] = {}
    for group, customer, *_ in table.rows:
        found.setdefault(group, customer)
    return found


def _group_row(by: str, one: GroupTotal, leaders: dict[str, str]) -> tuple[str, ...]:
    return (
        by,
        one.group,
        leaders.get(one.group, "-"),
        number(one.customers),
        number(one.key_customers),
        percent(one.key_customers / one.customers),
        number(one.value),
        percent(one.carried),
    )


def due_section(asked: Asked) -> Section:
    """Who is due a word this week, on which occasion and why."""
    found = asked.keeping.due
    listed = [row._asdict() for row in found.rows[:LISTED]]
    figures = {
        "definition": found.definition,
        "as_of": found.as_of,
        "days": found.rules.days,
        "value_of": found.value_of,
        "customers": len(found.rows),
        "occasions": found.counts,
        "notes": list(found.notes),
        "list": {"total": len(found.rows), "listed": len(listed), "rows": listed},
    }
    said = (_due_said(found), *found.notes, found.definition)
    rows = tuple((occasion, number(count)) for occasion, count in found.counts.items() if count)
    more = (_due_grid(found),)
    return Section("Due", said, figures, ("occasion", "customers"), rows, more=more)


def _due_said(found: DueList) -> str:
    if not found.rows:
        return f"Nobody is due a word in the {found.rules.days} days from {found.as_of}."
    parts = ", ".join(f"{occasion} {count:,}" for occasion, count in found.counts.items() if count)
    are = "is" if len(found.rows) == 1 else "are"
    return (
        f"In the {found.rules.days} days from {found.as_of}, {counted(len(found.rows), 'customer')} "
        f"{are} due a word: {parts}."
    )


def _due_grid(found: DueList) -> Grid:
    rows = tuple(
        (row.customer, row.occasion, str(row.last_contact), number(row.value), row.reason)
        for row in found.rows[:FIRST_DUE]
    )
    name = f"first {len(rows)} of {len(found.rows):,}"
    columns = (name, "occasion", "last contact", f"{found.value_of or 'value'} in all", "reason")
    return Grid(columns, rows, words=3, told=True)
