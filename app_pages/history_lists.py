"""Snapshots and what changed between them as lists for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.changes import DOWN, NOISE, UNKNOWN, UP, Change, Changes
from retention_core.snapshots import FIGURES, FRACTIONS, Snapshot, shown

NUMBERS = ("Before, number", "Now, number", "Difference, number", "Low, number", "High, number")
# short enough for a column; what they mean goes with the download
_SHORT = {
    "rate": "Retention, latest period",
    "at_start": "Customers at its start",
    "benchmark_gap": "Less the benchmark",
    "value": "Value, net of refunds",
    "top_20_share": "Value from the top fifth",
    "customers_for_80": "Customers behind 80 %",
    "gini": "Gini of the value",
    "median_days": "Half are lost within (days)",
    "mean_days": "Mean stay in a year (days)",
    "key_customers_overdue": "Key customers overdue",
}
NOT_SHOWN = ("Meaning", *NUMBERS)
_VERDICTS = {UP: "up, beyond noise", DOWN: "down, beyond noise"}
_MINUS = "−"


def name_of(figure: str) -> str:
    """What a figure is, in words."""
    text = FIGURES[figure].text if figure in FIGURES else figure
    return text[:1].upper() + text[1:]


def short_name(figure: str) -> str:
    """What a figure is, in as few words as a column has room for."""
    return _SHORT.get(figure) or name_of(figure)


def written(figure: str, value: float | None) -> str:
    """A figure as the pages write it; a dash where it is unknown."""
    return "–" if value is None else wording.spaced(shown(figure, value)).replace("-", _MINUS)


def changes(found: Changes) -> Table:
    """One row a figure, those that changed beyond noise first; numbers besides, to go on with.

    Figures that neither snapshot holds are left out.
    """
    rows = [_row(one) for one in ordered(found)]
    columns = ["Figure", "Before", "Now", "Verdict", "Difference", "95 % interval", "Note", *NOT_SHOWN]
    frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(NUMBERS, "float64"))
    return Table("Changes", frame, {})


def ordered(found: Changes) -> list[Change]:
    """Beyond noise first, then what was judged at all, then plain differences, then what is unknown."""
    ranks = {UP: 0, DOWN: 0, NOISE: 1, UNKNOWN: 3}
    held = [one for one in found.rows if not (one.before is None and one.now is None)]
    return sorted(held, key=lambda one: ranks.get(one.verdict, 2))


def _row(one: Change) -> tuple[object, ...]:
    low, high = (_signed(one, end) for end in (one.low, one.high))
    return (
        short_name(one.name),
        written(one.name, one.before),
        written(one.name, one.now),
        _VERDICTS.get(one.verdict, one.verdict),
        _signed(one, one.difference),
        "–" if one.low is None else f"{low} to {high}",
        one.note[:1].upper() + one.note[1:],
        name_of(one.name),
        *(one.before, one.now, one.difference, one.low, one.high),
    )


def _signed(one: Change, value: float | None) -> str:
    if not value:
        return "–" if value is None else "0"
    return one.signed(value).replace("-", _MINUS)


def counted(found: Changes) -> tuple[int, int]:
    """How many figures changed beyond noise, and of how many that could be told."""
    told = [one for one in found.rows if one.verdict in (UP, DOWN, NOISE)]
    return len(found.beyond_noise), len(told)


def kept(snapshots: Sequence[Snapshot]) -> Table:
    """Every figure of every snapshot, one row each."""
    numbers: dict[str, int] = {}
    rows = [
        (
            pd.Timestamp(one.as_of),
            f"{one.made:%Y-%m-%d %H:%M}",
            one.label,
            numbers.setdefault(one.definition_id, len(numbers) + 1),
            name_of(name),
            figure.value,
            figure.low,
            figure.high,
            figure.about or "",
        )
        for one in snapshots
        for name, figure in one.figures.items()
        if figure.value is not None
    ]
    columns = ["As of", "Made (UTC)", "Label", "Definition", "Figure", "Value", "Low", "High", "About"]
    frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("Value", "Low", "High"), "float64"))
    kinds: dict[str, Kind] = {"As of": "date", "Definition": "count"}
    return Table("Kept figures", frame, kinds)


def overview(snapshots: Sequence[Snapshot]) -> Table:
    """One row a snapshot, the latest first."""
    numbers: dict[str, int] = {}
    rows = []
    for one in snapshots:
        rate = one.figures.get("rate")
        limits = None if rate is None else rate.limits
        three = (None, None, None) if limits is None else limits
        number = numbers.setdefault(one.definition_id, len(numbers) + 1)
        rows.append((pd.Timestamp(one.as_of), f"{one.made:%Y-%m-%d %H:%M}", *three, number, one.tool))
    columns = ["As of", "Made (UTC)", "Retention", "Low", "High", "Definition", "Version"]
    frame = pd.DataFrame(rows[::-1], columns=columns)
    percents: dict[str, Kind] = dict.fromkeys(("Retention", "Low", "High"), "percent")
    frame = frame.astype(dict.fromkeys(percents, "float64"))
    return Table("Snapshots", frame, {"As of": "date", "Definition": "count", **percents})


def drawable(snapshots: Sequence[Snapshot]) -> list[str]:
    """Figures that at least one snapshot knows, those that most know first, in the order of their kind."""
    known = {
        name: sum(name in one.figures and one.figures[name].value is not None for one in snapshots)
        for name in FIGURES
    }
    most = max(known.values(), default=0)
    names = [name for name, count in known.items() if count]
    return sorted(names, key=lambda name: (known[name] < min(2, most), list(FIGURES).index(name)))


def is_fraction(figure: str) -> bool:
    """Whether a figure is written in percent."""
    return figure in FIGURES and FIGURES[figure].kind in FRACTIONS
