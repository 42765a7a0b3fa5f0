"""The figures of the worth section of a report: what is known of each, and as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from retention_core.benchmarks import Claim
from retention_core.economics import FivePoints, SimulatedWorth
from retention_core.errors import OrderLogError
from retention_core.keeping_costs import KeepingAgainstWinning
from retention_core.measured import Measured
from retention_core.own_figures import OwnFigures
from retention_core.popular_claims import AnsweredClaims
from retention_core.report.section import Grid, number
from retention_core.scenarios import BASE, CUMULATED, CUSTOMERS, DIFFERENCE, PROFIT, REVENUE, SCENARIO, WhatIf
from retention_core.tenure_tables import TenureSpend
from retention_core.worth import (
    POINT,
    UPLIFT,
    WorthError,
    break_even_once,
    break_even_spend,
    customer_worth,
    retention_worth,
)

CUSTOMER, ONE_POINT = "customer_worth", "one_point"
SPEND, SPEND_ONCE = "break_even_spend", "break_even_once"
WORTHS = (CUSTOMER, ONE_POINT, SPEND, SPEND_ONCE)
NO_MARGIN = (
    "The margin of a customer and year is not known: name a column with the `cost` or the `margin`, or give "
    "`customer_margin` (--customer-margin on the command line)."
)
_NOISE = 1e-12
_TOLD_MONTHS = (12, 24, 36)


def worth_of(name: str, own: OwnFigures, margin: float | None, discount: float) -> Measured:
    """One of `WORTHS` at the log's own retention, its limits those at the limits of the retention.

    Raises
    ------
    OrderLogError
        If the retention or the margin is not known.
    WorthError
        If the figures leave no room for more retention.
    """
    rate, low, high = own.retention
    if rate is None:
        raise OrderLogError(own.retention_said)
    if margin is None:
        raise OrderLogError(NO_MARGIN)
    points = {CUSTOMER: 0.0, ONE_POINT: POINT}.get(name, UPLIFT)
    if rate + points > 1 + _NOISE:
        raise WorthError(
            f"A retention of {rate:.1%} leaves no room for {round(100 * points)} more "
            f"point{'' if points == POINT else 's'}."
        )
    rules: dict[str, Callable[[float], float]] = {
        CUSTOMER: lambda r: customer_worth(margin, r, discount),
        ONE_POINT: lambda r: retention_worth(own.customers, margin, r, POINT, discount),
        SPEND: lambda r: break_even_spend(margin, r, UPLIFT, discount),
        SPEND_ONCE: lambda r: break_even_once(margin, r, UPLIFT, discount),
    }
    rule = rules[name]
    ends = _at(rule, low), _at(rule, high)
    return Measured(rule(rate), *(ends if margin >= 0 else reversed(ends)))


def _at(rule: Callable[[float], float], rate: float | None) -> float | None:
    """What a rule says at a limit of the retention; None where that leaves no room for more."""
    if rate is None:
        return None
    try:
        return rule(rate)
    except WorthError:
        return None


def measured_json(figure: Measured) -> dict[str, float | None]:
    """A figure with its interval as plain values."""
    return dict(figure._asdict())


def own_json(own: OwnFigures) -> dict[str, Any]:
    """The figures that everything starts from."""
    names = ("since", "customers", "revenue", "margin", "kept", "at_start", "new_customers", "won_back")
    found = {name: getattr(own, name) for name in names}
    return found | {"retention": measured_json(own.retention), "retention_said": own.retention_said}


def simulation_json(found: SimulatedWorth | None) -> dict[str, Any] | None:
    """The simulation beside the formula."""
    return None if found is None else asdict(found)


def five_json(found: FivePoints | None, margin: float | None) -> dict[str, Any] | None:
    """The five-point exercise, its money unknown without a margin, beside what is published."""
    if found is None:
        return None
    money = ("before", "after", "spend", "spend_once")
    told = {name: None if margin is None else getattr(found, name) for name in money}
    published = [_source_json(one) for one in found.published]
    return {"change": found.change, **told, "published": published}


def claims_json(found: AnsweredClaims) -> list[dict[str, Any]]:
    """Each popular claim with its verdict, its sources and the own answer."""
    return [
        {
            "letter": row.letter,
            "claim": row.claim,
            "verdict": row.verdict,
            "answered": row.answer is not None,
            "answer": row.sentence,
            "figure": None if row.answer is None else measured_json(row.answer.figure),
            "sources": [_source_json(one) for one in row.sources],
        }
        for row in found.claims
    ]


def _source_json(one: Claim) -> dict[str, Any]:
    names = ("claim_id", "verdict", "primary_source", "year", "figure", "source_url", "note")
    return {name: getattr(one, name) for name in names}


def costs_json(found: KeepingAgainstWinning) -> dict[str, Any]:
    """Cost of keeping against cost of winning."""
    rows = _rows_of(found.columns())
    return {"needs": found.needs, "sentences": list(found.sentences), "figures": rows}


def tenure_json(found: TenureSpend | None, sampled_of: int | None) -> dict[str, Any] | None:
    """Spending by tenure: the growth, the windows, the readings and what must be said with them."""
    if found is None:
        return None
    return {
        "sentence": found.sentence,
        "notes": list(found.notes),
        "value_of": found.value_of,
        "months_late": found.months_late,
        "complete": found.complete,
        "growth": measured_json(found.growth),
        "skip_days": found.skip_days,
        "left_out": found.left_out,
        "sampled_of": sampled_of,
        "windows": _rows_of(found.columns()),
        "readings": _rows_of(found.reading_columns()),
    }


def tenure_grid(found: TenureSpend) -> tuple[Grid, ...]:
    """The windows of months since the first order, to read."""
    rows = tuple(
        (
            f"{one.first_month} to {one.last_month}",
            number(one.customers),
            number(one.buyers),
            *(number(value, 2) for value in (*one.per_customer, *one.per_buyer)),
        )
        for one in found.windows
    )
    columns = ("months since first order", "customers", "buyers", f"{found.value_of} a customer")
    return (Grid((*columns, "low", "high", "a buyer", "low", "high"), rows),)


def what_if_json(found: WhatIf | None) -> dict[str, Any] | None:
    """Two plans after one, two and three years, and their difference."""
    if found is None:
        return None
    return {
        "sentence": found.sentence,
        "notes": list(found.notes),
        "base": asdict(found.base),
        "scenario": asdict(found.scenario),
        "months": [row for row in _rows_of(found.columns()) if row["month"] in _TOLD_MONTHS],
    }


def what_if_grid(found: WhatIf) -> Grid:
    """Every measure after the last month: base, scenario, and the difference with its limits."""
    last = found.months - 1
    rows = []
    for measure in (CUSTOMERS, REVENUE, PROFIT, CUMULATED):
        if (DIFFERENCE, measure) in found.courses:
            base, scenario, other = (found.courses[plan, measure] for plan in (BASE, SCENARIO, DIFFERENCE))
            told = (base.expected, scenario.expected, other.expected, other.low, other.high)
            rows.append((measure, *(number(course[last]) for course in told)))
    return Grid((f"in month {found.months}", "base", "scenario", "difference", "low", "high"), tuple(rows))


def _rows_of(columns: Mapping[str, list[object]]) -> list[dict[str, object]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
