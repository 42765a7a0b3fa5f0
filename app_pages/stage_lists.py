"""Stages as lists for people: what each holds, who stands where, how they moved, how long it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.stage_moves import NEW, StageTime, StageTransitions
from retention_core.stage_tables import SCHEDULES, STAGES, UNKNOWN, StageTable

MEANINGS = {
    STAGES[0]: "In contact and not yet bought, or one order and still inside the time for a second.",
    STAGES[1]: "Has bought, the habit is not formed: too few orders, too short a time, or too irregular.",
    STAGES[2]: "Buys regularly, on a rhythm of its own, over a long time.",
    UNKNOWN: "Nothing but refunds.",
}
NOT_YET = "not yet there"


def stages(table: StageTable) -> Table:
    """One row a stage: customers, share, value, customers by schedule, meaning."""
    found = table.by_stage()
    total = math.fsum(value for value in found["value"] if value is not None)
    value = _value_name(table)
    columns: dict[str, list[object]] = {
        "Stage": found["stage"],
        "Customers": found["customers"],
        "Of all": found["share"],
    }
    if value:
        columns[value] = found["value"]
        columns["Of total"] = [part / total if total > 0 else None for part in found["value"]]
    for schedule in (*SCHEDULES, UNKNOWN):
        if any(found[schedule]):
            columns[schedule.capitalize()] = found[schedule]
    columns["Meaning"] = [MEANINGS[name] for name in found["stage"]]
    frame = pd.DataFrame(columns)
    kinds: dict[str, Kind] = {name: "count" for name in frame.columns if name.lower() in SCHEDULES}
    kinds |= {"Customers": "count", "Of all": "percent"}
    if UNKNOWN.capitalize() in frame:
        kinds[UNKNOWN.capitalize()] = "count"
    if value:
        frame = frame.astype({value: float, "Of total": float})
        kinds |= {value: "money", "Of total": "percent"}
    return Table("Stages", frame, kinds)


def customers(table: StageTable) -> Table:
    """One row a customer, by value where it is known: stage, schedule, figures and the reason."""
    names = {
        "customer": "Customer",
        "stage": "Stage",
        "schedule": "Schedule",
        "value": _value_name(table) or "Value",
        "last_order": "Last order",
        "expected": "Next order expected",
        "expected_low": "From",
        "expected_high": "To",
        "orders": "Order days",
        "typical_gap": "Typical gap (days)",
        "still_customer": "Still a customer",
        "tenure": "First to last order (days)",
        "variation": "Variation of the gaps",
        "reason": "Reason",
    }
    frame = table.to_frame()
    if table.value_of is None:
        frame = frame.drop(columns="value")
        del names["value"]
    else:
        frame = frame.sort_values("value", ascending=False, kind="stable")
    frame = frame.astype({"tenure": "float64"})
    kinds: dict[str, Kind] = dict.fromkeys(("Last order", "Next order expected", "From", "To"), "date")
    kinds |= dict.fromkeys(("Order days", "Typical gap (days)", "First to last order (days)"), "count")
    kinds |= {"Still a customer": "percent", "Variation of the gaps": "number"}
    if table.value_of is not None:
        kinds[names["value"]] = "money"
    shown = frame[list(names)].rename(columns=names).reset_index(drop=True)
    return Table("Customers", shown, kinds)


def found_customers(table: Table, wanted: str, **chosen: Sequence[str]) -> Table:
    """The rows whose customer holds `wanted` and whose columns hold one of the values chosen for them."""
    frame = table.frame
    if wanted.strip():
        frame = frame[frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)]
    for column, values in chosen.items():
        if values:
            frame = frame[frame[column].isin(values)]
    return Table(table.title, frame, table.kinds)


def shares(table: StageTable) -> list[tuple[str, str, int, float | None]]:
    """Stage, schedule, customers and value of every pair that somebody is in."""
    found: dict[tuple[str, str], list[float]] = {}
    for stage, schedule, value in zip(table.stages, table.schedules, table.values, strict=True):
        found.setdefault((stage, schedule), []).append(0.0 if value is None else value)
    known = table.value_of is not None
    return [(*pair, len(values), math.fsum(values) if known else None) for pair, values in found.items()]


def moves(moved: StageTransitions) -> Table:
    """One row a move that somebody made: customers, of how many, share with its interval."""
    names = ["From", "To", "Customers", "Of", "Share", "Low", "High"]
    frame = moved.moves_frame()
    frame = frame[frame["customers"] > 0].set_axis(names, axis=1).reset_index(drop=True)
    frame["From"] = frame["From"].replace(NEW, NOT_YET)
    kinds: dict[str, Kind] = dict.fromkeys(("Share", "Low", "High"), "percent")
    return Table("Moves", frame, kinds | {"Customers": "count", "Of": "count"})


def times(moved: StageTransitions) -> Table:
    """One row a stage: how long customers take to leave it."""
    names = ["Stage", "Entered", "Left", "Median (days)", "Low", "High", "Counted"]
    frame = moved.times_frame().set_axis(names, axis=1)
    kinds: dict[str, Kind] = dict.fromkeys(names[1:-1], "count")
    return Table("Time in stage", frame, kinds)


def times_said(moved: StageTransitions) -> list[str]:
    """How long each stage takes, a sentence each."""
    return [
        f"**{time.stage.capitalize()}**: {_median_said(time)}; {wording.count(time.moved)} of "
        f"{wording.count(time.customers)} have left. Counted: {wording.sentence(time.definition)}."
        for time in moved.times
        if time.customers
    ]


def _median_said(time: StageTime) -> str:
    if time.median is None:
        return "less than half have left, so the usual time is unknown"
    days = wording.counted(round(time.median), "day")
    if time.low is None:
        return f"half leave within {days}"
    high = "an unknown number" if time.high is None else wording.count(time.high)
    return f"half leave within {days} (95 % interval {wording.count(time.low)} to {high})".replace(
        " %", "\u00a0%"
    )


def _value_name(table: StageTable) -> str | None:
    return table.value_of.capitalize() if table.value_of else None
