"""How a report accounts for the files it was given beside the orders."""

from __future__ import annotations

from typing import Any

from retention_core.contact_log import ContactLog
from retention_core.feedback_log import FeedbackLog
from retention_core.invoices import Invoices
from retention_core.orders import OrderLog
from retention_core.referral_log import ReferralLog
from retention_core.report.section import counted, one_line

SideFile = ContactLog | Invoices | FeedbackLog | ReferralLog


def side_json(log: OrderLog, found: SideFile | None) -> dict[str, Any] | None:
    """How a file was read and whom of the orders it concerns, as plain values."""
    if found is None:
        return None
    people, known = _people(log, found)
    return {
        "rows": found.rows,
        "rows_used": found.rows_used,
        "set_aside": _set_aside(found),
        "customers": people,
        "in_the_orders": known,
        "columns": dict(found.columns),
        "notes": [*found.guessed, *found.notes],
        "warnings": list(found.warnings),
    }


def side_said(title: str, log: OrderLog, found: SideFile | None) -> list[str]:
    """The same as lines to read."""
    if found is None:
        return []
    people, known = _people(log, found)
    return [
        f"{title}: {counted(found.rows, 'row')} read, {found.rows_used:,} used, {len(found.set_aside):,} set "
        f"aside; in the orders: {known:,} of {counted(people, 'customer')}.",
        *(f"  {count:>9,}  {reason}" for reason, count in _set_aside(found).items()),
        *(f"{title}: {one_line(note)}" for note in (*found.guessed, *found.notes)),
    ]


def strangers(title: str, log: OrderLog, found: SideFile | None) -> list[str]:
    """What a reader should know of a file; that it names nobody of the orders above all."""
    if found is None:
        return []
    said = [f"{title.capitalize()}: {warning}" for warning in found.warnings]
    if _people(log, found)[1]:
        return said
    return [f"None of the customers of the {title} is in the orders: name them alike.", *said]


def _people(log: OrderLog, found: SideFile) -> tuple[int, int]:
    """Customers of a file, and how many of them are in the orders."""
    keys = set(found.lines["customer"])
    there = log.lines.select("customer").unique().collect("pandas")["customer"].to_list()
    return len(keys), len(keys.intersection(there))


def _set_aside(found: SideFile) -> dict[str, int]:
    counts = found.set_aside["reason"].value_counts()
    return {str(reason): int(count) for reason, count in sorted(counts.items(), key=lambda one: -one[1])}
