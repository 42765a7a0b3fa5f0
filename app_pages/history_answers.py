"""What the page of regular comparison asks of the core, in a form that is worked out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from retention_core.alerts import NEWLY, Alert, JudgedAlert
from retention_core.changes import Changes
from retention_core.errors import RetentionError
from retention_core.orders import OrderLog
from retention_core.periods import period_retention
from retention_core.report import report_on
from retention_core.report_snapshots import snapshot_of
from retention_core.snapshots import KeptFigure, Snapshot

SECTIONS = ("retention", "pareto", "lifetime")
QUICK = 30_000
_PAST = 6
_OF_THE_WHOLE_LOG = ("customers", "orders", "refunds", "rows_used", "set_aside")


class Asked(NamedTuple):
    """The definition asked for, and how the log was read, as pairs of name and value."""

    period: str | None
    active_days: int | None
    as_of: dt.date | None
    year_starts: int
    reading: tuple[tuple[str, Any], ...]


def figures_now(log: OrderLog, *, asked: Asked) -> Snapshot:
    """The figures of a log as a snapshot that is not kept yet."""
    report = report_on(
        log,
        sections=SECTIONS,
        period=asked.period,
        active_days=asked.active_days,
        as_of=asked.as_of,
        year_starts=asked.year_starts,
    )
    made = dt.datetime.now(dt.UTC)
    return snapshot_of(report, made=made, reading=dict(asked.reading), key_customers=True)


def as_it_stood(log: OrderLog, *, asked: Asked) -> tuple[Snapshot, ...]:
    """What would have been kept at the ends of the last few periods, had the log stopped there.

    The last one holds every figure, those before it the rates and key customers; counts of the whole log,
    which today's log cannot tell of the past, are left out.
    """
    table = period_retention(
        log,
        period=asked.period,
        active_days=asked.active_days,
        as_of=asked.as_of,
        year_starts=asked.year_starts,
    )
    rated = [row.end for row in table.periods if row.complete and row.rate is not None]
    ends = [end for end in rated if end < table.as_of][-_PAST:]
    now = asked._replace(period=table.period, active_days=table.active_days)
    found = [_at(log, now, end, SECTIONS if end == ends[-1] else SECTIONS[:1]) for end in ends]
    return tuple(one for one in found if one is not None)


def _at(log: OrderLog, asked: Asked, day: dt.date, sections: Sequence[str]) -> Snapshot | None:
    try:
        report = report_on(
            log,
            sections=sections,
            period=asked.period,
            active_days=asked.active_days,
            as_of=day,
            year_starts=asked.year_starts,
        )
    except RetentionError:
        return None
    made = dt.datetime.combine(day, dt.time(), dt.UTC)
    one = snapshot_of(report, made=made, reading=dict(asked.reading), key_customers=True)
    figures = {name: kept for name, kept in one.figures.items() if name not in _OF_THE_WHOLE_LOG}
    return replace(one, figures=figures)


class Points(NamedTuple):
    """Snapshots by the day they look at; `unkept` is the place of today's among them, None if it is kept.

    `now` and `before` are the places to compare unless the reader chooses others.
    """

    snapshots: tuple[Snapshot, ...]
    unkept: int | None
    now: int
    before: int | None


def points_of(kept: Sequence[Snapshot], today: Snapshot) -> Points:
    """Kept snapshots and today's figures in order, and which two to compare first.

    Today's come last unless the same are kept. They are compared with the last of an equal definition; where
    none is equal, the last two kept are compared, for the log in use may be another.
    """
    alike = [place for place, one in enumerate(kept) if one.definition_id == today.definition_id]
    if any(kept[place].identity == today.identity for place in alike):
        place = next(place for place in reversed(alike) if kept[place].identity == today.identity)
        return Points(tuple(kept), None, place, _before(kept, place))
    place = sum(one.as_of <= today.as_of for one in kept)
    everyone = (*kept[:place], today, *kept[place:])
    if kept and not alike:
        now = len(everyone) - 1 - (place == len(kept))
        return Points(everyone, place, now, _before(everyone, now, skip=place))
    return Points(everyone, place, place, _before(everyone, place))


def _before(points: Sequence[Snapshot], now: int, skip: int | None = None) -> int | None:
    """The place of the last snapshot before another, of an equal definition if there is such a one."""
    earlier = [place for place in range(now - 1, -1, -1) if place != skip]
    alike = [place for place in earlier if points[place].definition_id == points[now].definition_id]
    return next(iter(alike or earlier), None)


def judged(alert: Alert, now: Snapshot, changes: Changes | None) -> JudgedAlert:
    """Whether an alert fires on these figures; those who became overdue, since the snapshot compared with."""
    if alert.name != NEWLY:
        return alert.judge(now.figures.get(alert.name))
    if changes is None or changes.overdue_since is None:
        why = "There is no snapshot before that says who was overdue."
        return alert.judge(KeptFigure(None, why=why))
    return alert.judge(KeptFigure(len(changes.overdue_since)))


def asked_of(definition: Any, reading: Mapping[str, Any]) -> Asked:
    """The definition of the sidebar and how the log was read, in a form that an answer is known by."""
    read = tuple(sorted((name, value) for name, value in reading.items() if value not in (None, False)))
    return Asked(definition.period, definition.active_days, definition.as_of, definition.year_starts, read)
