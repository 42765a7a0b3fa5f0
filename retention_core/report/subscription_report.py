"""The whole answer for a table of subscriptions: how revenue moved, and how much of it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from retention_core.concentration import Estimate
from retention_core.errors import SubscriptionError
from retention_core.report.section import Section, counted, limits, number, one_line, percent, spread, tried
from retention_core.report.staying import staying_section
from retention_core.revenue import (
    RevenuePeriod,
    RevenueRetention,
    RevenueTable,
    revenue_movements,
    revenue_retention,
    revenue_retention_by,
)
from retention_core.subscription_lifetimes import lifetimes_of_subscriptions
from retention_core.subscriptions import Subscriptions

SHOWN = 24
MOST_GROUPS = 20
LIFETIME_MONTHS = (3, 6, 12, 24, 36)
_MOVEMENTS = ("opening", "new", "reactivation", "expansion", "contraction", "churn", "closing")
_CUSTOMERS = ("at_start", "customers_new", "customers_reactivated", "customers_lost", "at_end")
_RATES = ("net_retention", "gross_retention", "logo_churn", "logo_churn_low", "logo_churn_high")
_KEPT = ("net", "gross", "logo", "logo_churn", "revenue_churn", "net_revenue_churn")
_KEPT_SAID = {
    "net": "NRR, net revenue kept",
    "gross": "GRR, kept without expansion",
    "logo": "customers kept",
    "logo_churn": "customers lost",
    "revenue_churn": "revenue lost, 1 - GRR",
}


@dataclass(frozen=True, slots=True, eq=False)
class SubscriptionReport:
    """The answers for a table of subscriptions; what could not be said is the section's own sentence.

    Attributes
    ----------
    subscriptions
        What was read.
    sections
        Name -> answer: "movements", "kept", "lifetime", and "by <group>" for the plan and every group.
    """

    subscriptions: Subscriptions
    sections: Mapping[str, Section]

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values, as `python -m retention_core subscriptions --json` prints them."""
        read = self.subscriptions
        return {
            "rows": read.rows,
            "rows_used": read.rows_used,
            "customers": read.customers,
            "set_aside": read.set_aside_counts,
            "warnings": list(read.warnings),
            "notes": [*read.guessed, *read.notes],
            "columns": dict(read.columns),
            "groups": list(read.groups),
            "as_of": str(read.as_of),
        } | {name: section.to_json() for name, section in self.sections.items()}

    def to_text(self) -> str:
        """The same as a page to read."""
        read = self.subscriptions
        lines = [
            f"{counted(read.rows, 'row')} read, {read.rows_used:,} used, {len(read.set_aside):,} set aside.",
            *(f"  {count:>9,}  {reason}" for reason, count in read.set_aside_counts.items()),
            f"{counted(read.customers, 'customer')}, from {read.first_day}, known until {read.as_of}.",
            *map(one_line, (*read.guessed, *read.notes)),
        ]
        parts = ["\n".join(lines), *(section.to_text() for section in self.sections.values())]
        parts.append("\n".join(f"Note: {one_line(warning)}" for warning in read.warnings))
        return "\n\n".join(part for part in parts if part)


def report_on_subscriptions(
    subscriptions: Subscriptions,
    *,
    period: str = "month",
    per: str = "month",
    since: dt.date | None = None,
    year_starts: int = 1,
) -> SubscriptionReport:
    """Everything the core can say about subscriptions, with one set of definitions.

    Parameters
    ----------
    period, per, year_starts
        Of the movements, as `revenue_movements`.
    since
        Revenue and customers of this midnight are followed to the end of what is known; by default
        those of twelve months before it.

    Raises
    ------
    SubscriptionError
        If an argument makes no sense.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"customer": ["Ann", "Ann", "Bo"], "start": ["2024-01-01", "2024-07-01", "2024-01-15"],
    ...         "end": ["2024-07-01", "", "2024-09-20"], "mrr": [20, 30, 10]}
    >>> plans = Subscriptions.from_frame(pd.DataFrame(rows), as_of=dt.date(2025, 2, 1))
    >>> found = report_on_subscriptions(plans).to_json()
    >>> found["kept"]["net"]["value"], found["kept"]["gross"]["value"]
    (1.0, 0.6666666666666666)
    """
    table = revenue_movements(subscriptions, period=period, per=per, year_starts=year_starts)
    _check_since(subscriptions, since)
    found = {
        "movements": _movements_section(table),
        "kept": tried("Kept revenue and customers", lambda: _kept_section(subscriptions, since)),
        "lifetime": tried("Lifetime", lambda: _lifetime_section(subscriptions)),
    }
    for group in subscriptions.groups:
        title = f"Kept by {group}"
        found[f"by {group}"] = tried(title, partial(_group_section, title, subscriptions, group, since))
    return SubscriptionReport(subscriptions, found)


def _check_since(subscriptions: Subscriptions, since: dt.date | None) -> None:
    if since is not None and not subscriptions.first_day < since < subscriptions.as_of:
        raise SubscriptionError(
            f"`since` must lie after the first subscription, on {subscriptions.first_day}, and before "
            f"{subscriptions.as_of} (got {since})."
        )


def _movements_section(table: RevenueTable) -> Section:
    said = [_movements_said(table)]
    if len(table.periods) > SHOWN:
        said.append(
            f"The last {SHOWN} of {len(table.periods)} {table.period}s are shown; --json has them all."
        )
    columns = ("start", "opening", "new", "react.", "expans.", "contr.", "churn", "closing", "NRR", "GRR")
    figures = {
        "definition": "Opening + new + reactivation + expansion - contraction - churn = closing, to the "
        "cent; payments are compared at the two ends of a period.",
        "period": table.period,
        "per": table.per,
        "periods": [_period_json(row) for row in table.periods],
    }
    rows = tuple(_period_row(row) for row in table.periods[-SHOWN:])
    return Section("Movements", tuple(said), figures, (*columns, "lost", ""), rows)


def _movements_said(table: RevenueTable) -> str:
    latest = table.latest
    if latest is None:
        return f"No {table.period} is complete yet."
    opening, new, back, more, less, churn, closing = (number(getattr(latest, name)) for name in _MOVEMENTS)
    return (
        f"Recurring revenue went from {opening} to {closing} a {table.per} in the {table.period} from "
        f"{latest.start}: {new} new, {back} won back, {more} expansion, {less} contraction, {churn} churn."
    )


def _period_row(row: RevenuePeriod) -> tuple[str, ...]:
    money = (number(getattr(row, name)) for name in _MOVEMENTS)
    rates = (row.net_retention, row.gross_retention, row.logo_churn)
    return (str(row.start), *money, *map(percent, rates), "" if row.complete else "incomplete")


def _period_json(row: RevenuePeriod) -> dict[str, Any]:
    names = ("complete", *_MOVEMENTS, *_CUSTOMERS, *_RATES, "revenue_churn")
    return {"start": str(row.start), "end": str(row.end)} | {name: getattr(row, name) for name in names}


def _kept_section(subscriptions: Subscriptions, since: dt.date | None) -> Section:
    found = revenue_retention(subscriptions, since)
    stayed = f"{found.kept:,} of {counted(found.at_start, 'customer')} stayed."
    said = (
        f"Of the revenue on {found.start}, {spread(found.net)} is there on {found.end} with expansion (NRR), "
        f"{spread(found.gross)} without (GRR); {stayed}",
        *found.notes,
    )
    rows = tuple((said_as, *_rate_row(getattr(found, name))) for name, said_as in _KEPT_SAID.items())
    figures = {"definition": _KEPT_DEFINITION} | _kept_json(found)
    return Section("Kept revenue and customers", said, figures, ("", "rate", "low", "high"), rows)


_KEPT_DEFINITION = (
    "NRR = (opening + expansion - contraction - churn) / opening, GRR the same without expansion; intervals "
    "by bootstrap over customers, of customers kept Wilson's."
)


def _rate_row(rate: Estimate) -> tuple[str, ...]:
    return percent(rate.value), percent(rate.low), percent(rate.high)


def _kept_json(found: RevenueRetention) -> dict[str, Any]:
    return {
        "start": str(found.start),
        "end": str(found.end),
        "counted": list(found.counted),
        "at_start": found.at_start,
        "kept": found.kept,
        "draws": found.draws,
        "confidence": found.confidence,
        "notes": list(found.notes),
        "cents_a_year": found.cents_a_year._asdict(),
    } | {name: limits(getattr(found, name)) for name in _KEPT}


def _group_section(title: str, subscriptions: Subscriptions, group: str, since: dt.date | None) -> Section:
    found = revenue_retention_by(subscriptions, group, since)
    known = {name: one for name, one in found.items() if isinstance(one, RevenueRetention)}
    if not known:
        raise SubscriptionError("Nobody pays at the start, so there is nothing to keep.")
    largest = sorted(known, key=lambda name: -known[name].at_start)[:MOST_GROUPS]
    said = ["A customer belongs to the group it pays most for at the start."]
    if len(largest) < len(known):
        said.append(f"The {len(largest)} largest of {len(known)} groups are shown; --json has them all.")
    figures = {
        "definition": said[0],
        "groups": {
            name: {"unanswered": one} if isinstance(one, str) else _kept_json(one)
            for name, one in found.items()
        },
    }
    ends = ("low", "high")
    columns = (group, "at start", "NRR", *ends, "GRR", *ends, "customers kept", *ends)
    rows = tuple(_group_row(name, one) for name, one in known.items() if name in largest)
    return Section(title, tuple(said), figures, columns, rows)


def _group_row(name: str, found: RevenueRetention) -> tuple[str, ...]:
    rates = (text for rate in (found.net, found.gross, found.logo) for text in _rate_row(rate))
    return (name, number(found.at_start), *rates)


def _lifetime_section(subscriptions: Subscriptions) -> Section:
    curve = lifetimes_of_subscriptions(subscriptions).curve()
    return staying_section(
        curve,
        who="subscribers",
        since="their start",
        unit="months",
        marks=LIFETIME_MONTHS,
        year=12.0,
        figures={"stretches": curve.customers},
    )
