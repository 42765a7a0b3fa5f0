"""Who is due a word as a list for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app_pages.tables import Kind, Table
from retention_core.due_tables import DueList


def due(found: DueList) -> Table:
    """One row a customer, most at stake first."""
    value = (found.value_of or "value").capitalize()
    names = {
        "customer": "Customer",
        "occasion": "Occasion",
        "days_overdue": "Days overdue",
        "expected": "Next order expected",
        "expected_low": "From",
        "expected_high": "To",
        "stage": "Stage",
        "schedule": "Schedule",
        "value": value,
        "last_contact": "Last contact",
        "reason": "Reason",
        "last_order": "Last order",
        "usual_day": "Usual day",
        "chance": "Orders in these days",
    }
    frame = found.to_frame()
    frame = frame.astype({"days_overdue": "float64"})
    frame["last_contact"] = [str(row.last_contact) for row in found.rows]
    if found.value_of is None:
        del names["value"]
    kinds: dict[str, Kind] = dict.fromkeys(
        ("Next order expected", "From", "To", "Last order", "Usual day"), "date"
    )
    kinds |= {"Days overdue": "count", "Orders in these days": "percent"}
    if found.value_of is not None:
        kinds[value] = "money"
    return Table("Due", frame[list(names)].rename(columns=names).reset_index(drop=True), kinds)


def occasions(found: DueList) -> Table:
    """One row an occasion: how many customers."""
    frame = pd.DataFrame({"Occasion": list(found.counts), "Customers": list(found.counts.values())})
    return Table("Occasions", frame, {"Customers": "count"})


def found_due(table: Table, wanted: str, picked: Sequence[str]) -> Table:
    """The customers whose name holds `wanted`, of the occasions picked; all where none is."""
    frame = table.frame
    if wanted.strip():
        frame = frame[frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)]
    if picked:
        frame = frame[frame["Occasion"].isin(picked)]
    return Table(table.title, frame, table.kinds)
