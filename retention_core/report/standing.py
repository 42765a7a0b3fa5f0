"""Where the customers of a log stand: stages, schedules, and who moved, as a section of a report."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import asdict
from typing import Any

from retention_core.errors import OrderLogError, RetentionError
from retention_core.movements import months_before
from retention_core.report.questions import Asked
from retention_core.report.section import Grid, Section, counted, number, percent
from retention_core.stage_moves import Move, StageTransitions, stage_transitions
from retention_core.stage_tables import DUE, LONG, OVERDUE, SCHEDULES, SHORT, STAGES, UNKNOWN, StageTable

DEFINITION = (
    "Short-term: in contact and not yet bought, or one order and still inside the time for a second. "
    "Medium-term: has bought without a habit yet. Long-term: a habit, regular and over a long time."
)
NO_CONTACTS = "No contacts: who is in contact and has not ordered is unknown."
NO_AMOUNTS = "No amounts: what each stage brought is unknown."
_MONTHS = 12


def stage_section(asked: Asked) -> Section:
    """How many customers stand in each stage, on which schedule, what they brought, and how they move."""
    table = asked.keeping.stages
    stages = _stages(table)
    moved, why = _moved(asked, table)
    said = [_said(table, stages), DEFINITION, *table.rules]
    figures: dict[str, Any] = {
        "definition": DEFINITION,
        "as_of": table.as_of,
        "value_of": table.value_of,
        "thresholds": asdict(table.thresholds),
        "rules": list(table.rules),
        "rhythm": None if table.rhythm is None else table.rhythm.definition,
        "customers": len(table.keys),
        "stages": stages,
        "contacts_known": asked.keeping.terms.contacts is not None,
        "moves": {"unanswered": why} if moved is None else _moves_json(asked, moved),
    }
    said += _unknown(asked, table)
    more = [_value_grid(table, stages)] if table.value_of else []
    if moved is None:
        said.append(f"No conversion rates: {why}")
    else:
        said += [_moved_said(moved), *asked.sample.sentences]
        more += [_moves_grid(moved), _times_grid(moved)]
    columns = ("stage", "customers", "share", *_shown_schedules(stages))
    rows = tuple(_row(one, columns[3:]) for one in stages)
    return Section("Stages", tuple(said), figures, columns, rows, more=tuple(more))


def _stages(table: StageTable) -> list[dict[str, Any]]:
    """Customers and value of each stage, and in it of each schedule."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for stage, schedule, value in zip(table.stages, table.schedules, table.values, strict=True):
        found[stage, schedule].append(value or 0.0)
    known = table.value_of is not None
    total = math.fsum(value for values in found.values() for value in values)
    stages = []
    for stage in (*STAGES, *([UNKNOWN] if UNKNOWN in table.stages else [])):
        parts = {schedule: found.get((stage, schedule), []) for schedule in (*SCHEDULES, UNKNOWN)}
        customers, value = sum(map(len, parts.values())), math.fsum(map(math.fsum, parts.values()))
        stages.append(
            {
                "stage": stage,
                "customers": customers,
                "share_of_customers": customers / len(table.keys),
                "value": value if known else None,
                "share_of_value": value / total if known and total > 0 else None,
                "schedules": {
                    name: {"customers": len(part), "value": math.fsum(part) if known else None}
                    for name, part in parts.items()
                },
            }
        )
    return stages


def _said(table: StageTable, stages: list[dict[str, Any]]) -> str:
    long = next(one for one in stages if one["stage"] == LONG)
    if not long["customers"]:
        return f"As of {table.as_of} no customer has formed a habit by these thresholds."
    late = sum(long["schedules"][name]["customers"] for name in (DUE, OVERDUE))
    brought = (
        ""
        if long["share_of_value"] is None
        else f" and brought {percent(long['share_of_value'])} of the {table.value_of}"
    )
    have = "has" if long["customers"] == 1 else "have"
    return (
        f"As of {table.as_of}, {long['customers']:,} of {counted(len(table.keys), 'customer')} "
        f"({percent(long['share_of_customers'])}) {have} a habit{brought}; {late:,} of them "
        f"{'is' if late == 1 else 'are'} due or overdue by their own rhythm, "
        f"{long['schedules']['gone']['customers']:,} most likely gone."
    )


def _unknown(asked: Asked, table: StageTable) -> list[str]:
    said = [] if table.value_of else [NO_AMOUNTS]
    return said if asked.keeping.terms.contacts is not None else [*said, NO_CONTACTS]


def _shown_schedules(stages: list[dict[str, Any]]) -> tuple[str, ...]:
    """The four schedules, and "unknown" where somebody's is."""
    someone = any(one["schedules"][UNKNOWN]["customers"] for one in stages)
    return (*SCHEDULES, UNKNOWN) if someone else SCHEDULES


def _row(one: dict[str, Any], schedules: tuple[str, ...]) -> tuple[str, ...]:
    counts = (number(one["schedules"][name]["customers"]) for name in schedules)
    return (one["stage"], number(one["customers"]), percent(one["share_of_customers"]), *counts)


def _value_grid(table: StageTable, stages: list[dict[str, Any]]) -> Grid:
    schedules = _shown_schedules(stages)
    rows = tuple(
        (
            one["stage"],
            number(one["value"]),
            percent(one["share_of_value"]),
            *(number(one["schedules"][name]["value"]) for name in schedules),
        )
        for one in stages
    )
    return Grid(("stage", str(table.value_of), "share", *schedules), rows)


def _moved(asked: Asked, table: StageTable) -> tuple[StageTransitions | None, str]:
    """Who moved in the year before, by the thresholds of today; None and why where that cannot be told."""
    try:
        if table.rhythm is None:
            raise OrderLogError("nobody ordered on two days.")
        contacts = asked.keeping.terms.contacts
        moved = stage_transitions(
            asked.sample.log,
            _day_before(asked),
            table.as_of,
            contacts=None if contacts is None else asked.sample.contacts(contacts),
            thresholds=table.thresholds,
        )
    except RetentionError as error:
        return None, str(error)
    return moved, ""


def _day_before(asked: Asked) -> dt.date:
    """A year before, or the middle of a log of less than two."""
    until = asked.keeping.as_of
    middle = until - dt.timedelta(days=(until - asked.log.first_day).days // 2)
    return max(months_before(until, _MONTHS), middle)


def _moves_json(asked: Asked, moved: StageTransitions) -> dict[str, Any]:
    return {
        "definition": "Of those in one state at the start, the share in another at the end, by the "
        "thresholds of the end; whoever is gone counts as gone whatever the stage. Wilson intervals.",
        "start": moved.before.as_of,
        "end": moved.after.as_of,
        "confidence": moved.confidence,
        "sampled_of": asked.sample.sampled_of,
        "shares": [move._asdict() for move in moved.moves()],
        "times": [one._asdict() for one in moved.times],
    }


def _moved_said(moved: StageTransitions) -> str:
    on = [move for move in _conversions(moved) if move.before == SHORT and move.after in STAGES]
    first, last = moved.before.as_of, moved.after.as_of
    if not on:
        return f"Moves below: from {first} to {last}."
    of, count = on[0].of, sum(move.customers for move in on)
    return (
        f"From {first} to {last}, {count:,} of {of:,} short-term customers went on to a further stage; the "
        "tables below say who moved where, and how many days it takes."
    )


def _conversions(moved: StageTransitions) -> list[Move]:
    """The moves that somebody made out of a stage; those won back and those new are in JSON."""
    return [
        move
        for move in moved.moves()
        if move.before in STAGES and move.after not in (move.before, UNKNOWN) and move.customers
    ]


def _moves_grid(moved: StageTransitions) -> Grid:
    rows = tuple(
        (
            move.before,
            move.after,
            number(move.customers),
            number(move.of),
            *map(percent, (move.share, move.low, move.high)),
        )
        for move in _conversions(moved)
    )
    return Grid(("from", "to", "customers", "of", "share", "low", "high"), rows, words=2)


def _times_grid(moved: StageTransitions) -> Grid:
    rows = tuple(
        (one.stage, number(one.customers), number(one.moved), *map(number, (one.median, one.low, one.high)))
        for one in moved.times
    )
    return Grid(("time in stage", "entered", "left", "median days", "low", "high"), rows)
