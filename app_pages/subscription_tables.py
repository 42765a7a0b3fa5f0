"""Recurring revenue as tables for people."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.concentration import Estimate
from retention_core.revenue import RevenueRetention, RevenueTable
from retention_core.subscriptions import Subscriptions

MOST_GROUPS = 50
_AMOUNTS = {
    "opening": "Opening",
    "new": "New",
    "reactivation": "Won back",
    "expansion": "Expansion",
    "contraction": "Contraction",
    "churn": "Churn",
    "closing": "Closing",
}
_COUNTS = {
    "at_start": "Customers at start",
    "customers_new": "Customers new",
    "customers_reactivated": "Customers won back",
    "customers_lost": "Customers lost",
    "at_end": "Customers at end",
}
_RATES = {
    "net_retention": "NRR",
    "gross_retention": "GRR",
    "revenue_churn": "Revenue churn",
    "logo_churn": "Logo churn",
    "logo_churn_low": "Logo churn, low",
    "logo_churn_high": "Logo churn, high",
}


def periods(table: RevenueTable) -> Table:
    """One row a period, the latest first; `To` is its last day."""
    frame = table.to_frame()
    shown = frame[[*_AMOUNTS, *_COUNTS, *_RATES]].rename(columns=_AMOUNTS | _COUNTS | _RATES)
    names = [wording.period_name(table.period, row.start, row.end) for row in table.periods]
    shown.insert(0, "Period", names)
    shown.insert(1, "State", ["complete" if complete else "incomplete" for complete in frame["complete"]])
    shown.insert(2, "From", frame["start"])
    shown.insert(3, "To", frame["end"] - pd.Timedelta(days=1))
    kinds: dict[str, Kind] = {"From": "date", "To": "date"}
    kinds |= dict.fromkeys(_AMOUNTS.values(), "money")
    kinds |= dict.fromkeys(_COUNTS.values(), "count")
    kinds |= dict.fromkeys(_RATES.values(), "percent")
    return Table("Revenue by period", shown.iloc[::-1].reset_index(drop=True), kinds)


def summary(kept: RevenueRetention) -> Table:
    """Net, gross and logo retention between two days, with their intervals."""
    names = {
        "net": "Net revenue retention (NRR)",
        "gross": "Gross revenue retention (GRR)",
        "logo": "Logo retention",
        "logo_churn": "Logo churn",
        "revenue_churn": "Revenue churn",
        "net_revenue_churn": "Net revenue churn",
    }
    frame = kept.to_frame()
    frame["metric"] = frame["metric"].map(names)
    columns = {"metric": "Figure", "value": "Value", "low": "Low", "high": "High"}
    frame = frame.rename(columns=columns).assign(From=str(kept.start), To=str(kept.end))
    return Table("Summary", frame, dict.fromkeys(("Value", "Low", "High"), "percent"))


def groups(name: str, parts: Mapping[str, RevenueRetention | str]) -> Table:
    """One row a group, the largest opening revenue first; the fifty largest where there are more."""
    found = [(label, part) for label, part in parts.items() if isinstance(part, RevenueRetention)]
    largest = sorted(found, key=lambda pair: -pair[1].cents_a_year.opening)[:MOST_GROUPS]
    rows = [
        (label, part.at_start, *_three(part.net), *_three(part.gross), *_three(part.logo))
        for label, part in largest
    ]
    percents = [f"{rate}{end}" for rate in ("NRR", "GRR", "Logos kept") for end in ("", ", low", ", high")]
    label = name if name not in ("Customers", *percents) else f"{name} (group)"
    kinds: dict[str, Kind] = {"Customers": "count"}
    frame = pd.DataFrame(rows, columns=[label, "Customers", *percents])
    return Table("By group", frame, kinds | dict.fromkeys(percents, "percent"))


def _three(rate: Estimate) -> tuple[float, float, float]:
    return rate.value, rate.low, rate.high


def set_aside(found: Subscriptions) -> tuple[Table, Table]:
    """Why rows were set aside, and each of them with its number in the file."""
    reasons = pd.DataFrame(list(found.set_aside_counts.items()), columns=["Reason", "Rows"])
    names = {"row": "Row", "reason": "Reason", "value": "What stood there"}
    rows = found.set_aside.rename(columns=names)[list(names.values())]
    return Table("Reasons", reasons, {"Rows": "count"}), Table("Rows set aside", rows, {"Row": "count"})
