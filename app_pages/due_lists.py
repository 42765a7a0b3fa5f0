"""Who is due a word as a list for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.due_tables import FEEDBACK, REMIND, THANKS, WIN_BACK, DueList, DueRules


def due(found: DueList, at_stake: Sequence[float] | None = None) -> Table:
    """One row a customer, most at stake first; `at_stake` holds what is, one figure a row, if it is known."""
    value = (found.value_of or "value").capitalize()
    names = {
        "customer": "Customer",
        "occasion": "Occasion",
        "at_stake": "At stake",
        "days_overdue": "Days overdue",
        "last_contact": "Last contact",
        "last_order": "Last order",
        "usual_day": "Usual day",
        "expected": "Next order expected",
        "expected_low": "From",
        "expected_high": "To",
        "chance": "Orders in these days",
        "stage": "Stage",
        "schedule": "Schedule",
        "value": value,
        "reason": "Reason",
    }
    frame = found.to_frame()
    frame = frame.astype({"days_overdue": "float64"})
    frame["last_contact"] = [str(row.last_contact) for row in found.rows]
    if found.value_of is None:
        del names["value"]
    if at_stake is None:
        del names["at_stake"]
    else:
        frame["at_stake"] = list(at_stake)[: len(frame)]
    kinds: dict[str, Kind] = dict.fromkeys(
        ("Next order expected", "From", "To", "Last order", "Usual day"), "date"
    )
    kinds |= {"Days overdue": "count", "Orders in these days": "percent"}
    if found.value_of is not None:
        kinds[value] = "money"
    if at_stake is not None:
        kinds["At stake"] = "money"
    return Table("Due", frame[list(names)].rename(columns=names).reset_index(drop=True), kinds)


def occasions(found: DueList) -> Table:
    """One row an occasion: how many customers."""
    frame = pd.DataFrame({"Occasion": list(found.counts), "Customers": list(found.counts.values())})
    return Table("Occasions", frame, {"Customers": "count"})


def meanings(rules: DueRules) -> dict[str, str]:
    """Occasion -> when somebody gets it, by the rules chosen."""
    return {
        WIN_BACK: "overdue by the own rhythm, or most likely gone for no longer than "
        f"{wording.counted(rules.win_back_days, 'day')}.",
        REMIND: "the usual day of the next order has come, or falls into the "
        f"{wording.counted(rules.days, 'day')} ahead.",
        THANKS: f"a first order within the last {wording.counted(rules.thank_days, 'day')}.",
        FEEDBACK: f"came back {rules.feedback_after} to {wording.counted(rules.feedback_until, 'day')} ago, "
        "is on schedule, and no feedback is known.",
    }


def as_contacts(frame: pd.DataFrame, found: DueList) -> Table:
    """Those of a list as rows of a contact log: once written to, they count for the cap of the next weeks."""
    rows = pd.DataFrame(
        {"customer": frame["Customer"], "date": pd.Timestamp(found.as_of), "kind": frame["Occasion"]}
    )
    return Table("As contacts", rows, {"date": "date"})


def found_due(table: Table, wanted: str, picked: Sequence[str]) -> Table:
    """The customers whose name holds `wanted`, of the occasions picked; all where none is."""
    frame = table.frame
    if wanted.strip():
        frame = frame[frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)]
    if picked:
        frame = frame[frame["Occasion"].isin(picked)]
    return Table(table.title, frame, table.kinds)
