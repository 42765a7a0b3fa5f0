"""What changed from one snapshot to the next, and whether that is more than noise.

Needs the standard library alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retention_core.rates import Interval
from retention_core.snapshots import (
    FIGURES,
    FRACTIONS,
    PARTS,
    KeptFigure,
    Snapshot,
    shown,
)

UP, DOWN, NOISE = "up", "down", "within noise"
SAME, PLAIN, RECOUNTED = "unchanged", "no interval", "counted anew"
OTHER, UNKNOWN = "not comparable", "unknown"
VERDICTS = (UP, DOWN, NOISE, SAME, PLAIN, RECOUNTED, OTHER, UNKNOWN)
RULE = (
    "A change is beyond noise where the 95 % interval of the difference leaves zero out (Newcombe 1998; of "
    "shares from their own intervals, Zou and Donner 2008), each figure by itself. The interval takes the "
    "two for independent; figures of the whole log or of a year share most orders with the snapshot before, "
    "which makes it too wide rather than too narrow."
)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and now.

    `difference` is now less before, with the limits of its interval where it has one. `verdict` is "up" or
    "down" (beyond noise), "within noise", "unchanged", "no interval" (a plain difference), "counted anew"
    (the same period, but rows came late or were corrected), "not comparable" (the definition differs; `note`
    says in what) or "unknown".
    """

    name: str
    before: float | None
    now: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: str
    note: str = ""

    @property
    def beyond_noise(self) -> bool:
        """Whether the change is more than chance explains."""
        return self.verdict in (UP, DOWN)

    @property
    def sentence(self) -> str:
        """The change in words."""
        parts = [f"{FIGURES[self.name].text if self.name in FIGURES else self.name} ({self.name}): "]
        parts.append(f"{shown(self.name, self.now)}, was {shown(self.name, self.before)}")
        if self.difference:
            parts.append(f", {self.signed(self.difference)}")
        if self.difference and self.low is not None and self.high is not None:
            parts.append(f" ({self.signed(self.low)} to {self.signed(self.high)})")
        parts.append(f"; {'beyond noise' if self.beyond_noise else self.verdict}")
        parts.append(f", {self.note}." if self.note else ".")
        return "".join(parts)

    def signed(self, difference: float | None) -> str:
        """A difference of this figure as tables show it."""
        return "-" if difference is None else _signed(self.name, difference)

    def to_json(self) -> dict[str, Any]:
        """The change as plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What changed since a snapshot; made by `changes_between` and `History.changes`.

    Attributes
    ----------
    now, before
        The two snapshots.
    rows
        One for each figure that either holds, in the order of `FIGURES`.
    warnings
        What makes the two hard to compare, a sentence each.
    overdue_since
        Names of the key customers overdue or gone now who were not before; None where either is unknown.
    """

    now: Snapshot
    before: Snapshot
    rows: tuple[Change, ...] = field(repr=False)
    warnings: tuple[str, ...]
    overdue_since: tuple[str, ...] | None = field(repr=False)

    @property
    def beyond_noise(self) -> tuple[Change, ...]:
        """The changes that are more than noise."""
        return tuple(row for row in self.rows if row.beyond_noise)

    @property
    def known(self) -> tuple[Change, ...]:
        """The changes of figures that both snapshots hold."""
        return tuple(row for row in self.rows if row.verdict != UNKNOWN)

    @property
    def nothing(self) -> bool:
        """Whether the figures are those of before, all of them."""
        return all(row.verdict in (SAME, UNKNOWN) for row in self.rows) and not self.warnings

    def columns(self) -> dict[str, list[Any]]:
        """The changes by column, with the names of `Change` and `meaning`."""
        found = {name: [getattr(row, name) for row in self.rows] for name in Change.__slots__}
        return found | {"meaning": [FIGURES[row.name].text for row in self.rows]}

    def to_frame(self) -> Any:
        """One row a figure, with the columns of `columns`."""
        from retention_core.frames import frame_of

        numbers = ("before", "now", "difference", "low", "high")
        return frame_of(self.columns()).astype(dict.fromkeys(numbers, "float64"))

    def to_json(self) -> dict[str, Any]:
        """The changes as plain values."""
        return {
            "since": {"made": self.before.to_json()["made"], "as_of": str(self.before.as_of)},
            "rule": RULE,
            "figures": [row.to_json() for row in self.rows],
            "warnings": list(self.warnings),
            "overdue_since": None if self.overdue_since is None else list(self.overdue_since),
        }


def changes_between(before: Snapshot, now: Snapshot) -> Changes:
    """Each figure before and now, and whether the difference is more than noise.

    Examples
    --------
    >>> import datetime as dt
    >>> def taken(month, kept):
    ...     low, high = rate_interval(kept, 400)
    ...     figure = KeptFigure(kept / 400, low, high, kept, 400, about=f"2026-0{month}")
    ...     day = dt.datetime(2026, month + 1, 1, tzinfo=dt.UTC)
    ...     return Snapshot(day, day.date(), {"period": "month"}, {"rate": figure}, {})
    >>> from retention_core.rates import rate_interval
    >>> change = changes_between(taken(1, 320), taken(2, 280)).rows[0]
    >>> change.verdict, round(change.low, 4), round(change.high, 4)
    ('down', -0.1591, -0.04)
    >>> change.sentence.partition(": ")[2]
    '70.0 %, was 80.0 %, -10.0 points (-15.9 points to -4.0 points); beyond noise.'
    """
    differing = _differing(before, now)
    names = [name for name in FIGURES if name in before.figures or name in now.figures]
    absent = KeptFigure(None)
    rows = tuple(
        _change(name, before.figures.get(name, absent), now.figures.get(name, absent), differing)
        for name in names
    )
    return Changes(now, before, rows, _warnings(before, now, differing), _overdue_since(before, now))


def difference_of(before: KeptFigure, now: KeptFigure) -> Interval | None:
    """Interval of the difference between two figures with intervals of their own; None without.

    Notes
    -----
    With (l1, u1) and (l2, u2) around x1 (now) and x2 (before) and d = x1 - x2, the interval is
    d - sqrt((x1 - l1)^2 + (u2 - x2)^2) to d + sqrt((u1 - x1)^2 + (x2 - l2)^2). With Wilson's intervals this
    is Newcombe's method 10.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890. Zou and Donner (2008), Construction of confidence
    limits about effect measures: a general approach, Statistics in Medicine 27, 1693-1702.
    """
    if (one := now.limits) is None or (other := before.limits) is None:
        return None
    difference = one[0] - other[0]
    below = math.hypot(one[0] - one[1], other[2] - other[0])
    above = math.hypot(one[2] - one[0], other[0] - other[1])
    return Interval(difference - below, difference + above)


def _change(name: str, before: KeptFigure, now: KeptFigure, differing: Mapping[str, str]) -> Change:
    if before.value is None or now.value is None:
        why = before.why if now.value is not None else now.why
        return Change(name, before.value, now.value, None, None, None, UNKNOWN, (why or "").rstrip("."))
    known = (name, before.value, now.value)
    if told := _not_comparable(name, before, now, differing):
        return Change(*known, None, None, None, OTHER, told)
    difference = now.value - before.value
    if before.about is not None and before.about == now.about:
        verdict = SAME if (before.value, before.of) == (now.value, now.of) else RECOUNTED
        note = "" if verdict == SAME else "the same period, with rows that came late or were corrected"
        return Change(*known, difference, None, None, verdict, note)
    if (limits := difference_of(before, now)) is None:
        return Change(*known, difference, None, None, PLAIN if difference else SAME)
    if not difference and limits.low <= 0 <= limits.high:
        return Change(*known, 0.0, *limits, SAME)
    return Change(*known, difference, *limits, UP if limits.low > 0 else DOWN if limits.high < 0 else NOISE)


def _not_comparable(name: str, before: KeptFigure, now: KeptFigure, differing: Mapping[str, str]) -> str:
    parts = ("reading", *FIGURES[name].parts)
    told = [sentence for entry, sentence in differing.items() if _part_of(entry) in parts]
    if before.rule != now.rule:
        told.append(f"{before.rule or 'nothing stated'} before, {now.rule or 'nothing stated'} now")
    return "; ".join(told)


def _differing(before: Snapshot, now: Snapshot) -> dict[str, str]:
    """Entry of the definition -> how it differs."""
    entries = dict.fromkeys((*before.definition, *now.definition))
    pairs = {entry: (before.definition.get(entry), now.definition.get(entry)) for entry in entries}
    return {
        entry: f"{entry} was {_word(was)} and is {_word(is_now)}"
        for entry, (was, is_now) in pairs.items()
        if was != is_now
    }


def _part_of(entry: str) -> str:
    return next((part for part, entries in PARTS.items() if entry in entries), "reading")


def _warnings(before: Snapshot, now: Snapshot, differing: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    when = f"the snapshot of {before.as_of}"
    if differing:
        told = "; ".join(differing.values())
        found.append(f"The definition differs from {when}: {told}. Figures that rest on it get no verdict.")
    for part, what in (("first_day", "The log starts on"), ("rows", "The log has")):
        was, is_now = before.log.get(part), now.log.get(part)
        if was is None or is_now is None or was == is_now:
            continue
        if part == "first_day":
            found.append(f"{what} {is_now}, in {when} on {was}: older orders came or went.")
        elif is_now < was and now.as_of >= before.as_of:
            found.append(f"{what} {is_now:,} rows, in {when} {was:,}: rows went missing.")
    found += _benchmark_warning(before, now, when)
    if before.tool != now.tool:
        found.append(
            f"The snapshot before was made by version {before.tool or 'unknown'}, this by {now.tool}."
        )
    return tuple(found)


def _benchmark_warning(before: Snapshot, now: Snapshot, when: str) -> list[str]:
    was, is_now = (
        one.benchmark and (one.benchmark.get("id"), one.benchmark.get("value")) for one in (before, now)
    )
    if not was or not is_now or was == is_now:
        return []
    return [f"The benchmark is {is_now[0]}, {is_now[1]:.1%}; in {when} it was {was[0]}, {was[1]:.1%}."]


def _overdue_since(before: Snapshot, now: Snapshot) -> tuple[str, ...] | None:
    if before.overdue is None or now.overdue is None:
        return None
    known = {key for key, _ in before.overdue}
    return tuple(name for key, name in now.overdue if key not in known)


def _word(value: object) -> str:
    return (
        "not given" if value is None else "yes" if value is True else "no" if value is False else str(value)
    )


def _signed(name: str, value: float) -> str:
    if FIGURES[name].kind in FRACTIONS:
        return f"{100 * value + 0.0:+.1f} points"
    text = shown(name, abs(value))
    return f"{'-' if value < 0 else '+'}{text}"
