"""Whom to keep as lists for people: the focus list, its verdicts, key customers, who rose and who fell."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app_pages.tables import Kind, Table
from retention_core.focus_tables import FocusList
from retention_core.focus_values import BELOW, FIRST, KEEP, LET_GO, VERDICTS
from retention_core.key_customers import KeyCustomers
from retention_core.solvency import SolvencyTable

MEANINGS = {
    FIRST: "An action saves more than it costs.",
    KEEP: "Worth having, but an action costs more than it saves: serve as usual.",
    LET_GO: "Expected to bring no more than an action costs: spend nothing on keeping.",
}
_BEYOND_BUDGET = "Worth having, but an action costs more than it saves, or the budget does more for others."
# name in the core -> name on the page, kind; in the order shown
_COLUMNS: dict[str, tuple[str, Kind | None]] = {
    "rank": ("Rank", "count"),
    "customer": ("Customer", None),
    "verdict": ("Verdict", None),
    "gain": ("Gain", "money"),
    "cost": ("Cost", "money"),
    "reason": ("Reason", None),
    "act": ("In the best list", None),
    "at_stake": ("Value at stake", "money"),
    "expected_value": ("Expected value", "money"),
    "risk": ("Risk", "percent"),
    "still_customer": ("Still a customer", "percent"),
    "value": ("Value of the period", "money"),
    "class": ("Class", None),
    "top_fifth": ("Top fifth", None),
    "stage": ("Stage", None),
    "schedule": ("Schedule", None),
    "expected_orders": ("Orders expected", "number"),
    "order_value": ("Value of an order", "money"),
    "interest": ("Interest", "number"),
    "last_contact": ("Last contact", "date"),
    "recent_contacts": ("Contacts in 90 days", "count"),
    "responses": ("Responses", "count"),
    "asked": ("Contacts with known response", "count"),
    "score": ("Feedback score", "number"),
    "solvency": ("Pays", None),
    "unpaid": ("Expected never to be paid", "percent"),
}
_TEXTS = ("class", "top_fifth", "solvency")


def customers(frame: pd.DataFrame) -> Table:
    """One row a customer, best first; what is unknown of everyone has no column, and a note says so."""
    known = [name for name in _COLUMNS if name in frame and not _unknown(frame[name])]
    names = {name: _COLUMNS[name][0] for name in known}
    shown = frame[known].rename(columns=names)
    if "act" in known:
        said = frame["act"].map({True: "yes", False: "no"})
        shown[names["act"]] = said.fillna("unknown").astype(object)
    kinds = {names[name]: kind for name in known if (kind := _COLUMNS[name][1]) is not None}
    return Table("Focus", shown, kinds)


def _unknown(column: pd.Series) -> bool:
    return bool(column.isna().all()) or (column.name in _TEXTS and bool((column == "unknown").all()))


def verdicts(frame: pd.DataFrame, *, budgeted: bool = False) -> Table:
    """One row a verdict: customers, what is at stake, what actions cost and save, and what it means."""
    meanings = MEANINGS | ({KEEP: _BEYOND_BUDGET} if budgeted else {})
    rows = []
    for verdict in VERDICTS[:3]:
        part = frame[frame["verdict"] == verdict]
        stake = part["at_stake"].clip(lower=0).sum()
        spent, saved = (part[name].sum() if verdict == FIRST else 0.0 for name in ("cost", "gain"))
        expected = part["expected_value"].sum()
        rows.append(
            (verdict, len(part), len(part) / len(frame), expected, stake, spent, saved, meanings[verdict])
        )
    columns = [
        "Verdict",
        "Customers",
        "Of all",
        "Expected value",
        "Value at stake",
        "Cost",
        "Gain",
        "Meaning",
    ]
    kinds: dict[str, Kind] = dict.fromkeys(columns[3:7], "money")
    kinds |= {"Customers": "count", "Of all": "percent"}
    return Table("Verdicts", pd.DataFrame(rows, columns=columns), kinds)


def found_customers(table: Table, wanted: str, picked: Sequence[str]) -> Table:
    """The customers whose name holds `wanted`, of the verdicts picked; all where none is."""
    frame = table.frame
    if wanted.strip():
        frame = frame[frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)]
    if picked:
        frame = frame[frame["Verdict"].isin(picked)]
    return Table(table.title, frame, table.kinds)


def curve(frame: pd.DataFrame) -> Table:
    """Gain against budget, as drawn."""
    names = {"customers": "Customers", "spending": "Budget", "gain": "Gain", "net": "Gain less budget"}
    kinds: dict[str, Kind] = {"Customers": "count"}
    kinds |= dict.fromkeys(("Budget", "Gain", "Gain less budget"), "money")
    return Table("Budget", frame.rename(columns=names), kinds)


def top_fifth(focus: FocusList, frame: pd.DataFrame) -> Table:
    """Who rose into the top fifth, fell out of it or stayed, by value of the period."""
    moved = frame[~frame["top_fifth"].isin((BELOW, "unknown"))]
    names = {"customer": "Customer", "top_fifth": "Top fifth", "value": f"{_value_name(focus)} of the period"}
    names |= {"verdict": "Verdict", "stage": "Stage", "schedule": "Schedule", "reason": "Reason"}
    shown = moved.sort_values("value", ascending=False, kind="stable")[list(names)].rename(columns=names)
    return Table("Top fifth", shown.reset_index(drop=True), {names["value"]: "money"})


def key_groups(found: KeyCustomers, group: str) -> Table:
    """One row a group: customers, key customers, value and what the key customers carry."""
    value = found.value_of.capitalize()
    names = [_apart(group, value), "Customers", "Key customers", value, "Carried by them"]
    kinds: dict[str, Kind] = {"Customers": "count", "Key customers": "count", value: "money"}
    return Table(
        "Groups", found.groups_frame().set_axis(names, axis=1), kinds | {"Carried by them": "percent"}
    )


def key_customers(found: KeyCustomers, group: str) -> Table:
    """One row a group and key customer."""
    value = found.value_of.capitalize()
    names = [_apart(group, value), "Customer", value, "Share", "Cumulative share"]
    kinds: dict[str, Kind] = {value: "money", "Share": "percent", "Cumulative share": "percent"}
    return Table("Key customers", found.to_frame().set_axis(names, axis=1), kinds)


def solvency(table: SolvencyTable) -> Table:
    """One row a customer with invoices: how it pays, and why that is said."""
    names = {
        "customer": "Customer",
        "solvency": "Pays",
        "invoices": "Invoices",
        "due": "Due so far",
        "share_overdue": "Share overdue",
        "days_late": "Mean days late",
        "open_balance": "Open balance",
        "open_over_typical": "Open balance in typical orders",
        "reason": "Reason",
    }
    kinds: dict[str, Kind] = {"Invoices": "count", "Due so far": "count", "Share overdue": "percent"}
    kinds |= {"Mean days late": "number", "Open balance": "money", "Open balance in typical orders": "number"}
    return Table("Solvency", table.to_frame()[list(names)].rename(columns=names), kinds)


def _apart(group: str, value: str) -> str:
    """The name of the group's column, apart from the names the table gives itself."""
    taken = ("Customer", "Customers", "Key customers", "Carried by them", "Share", "Cumulative share", value)
    return f"{group} (group)" if group in taken else group


def _value_name(focus: FocusList) -> str:
    return (focus.value_of or "value").capitalize()
