"""Two plans month by month as lists for people."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

from app_pages.tables import Kind, Table
from retention_core.scenarios import (
    BASE,
    CUMULATED,
    CUSTOMERS,
    DIFFERENCE,
    MEASURES,
    PROFIT,
    REVENUE,
    SCENARIO,
    Plan,
    WhatIf,
)

_TITLES = {CUSTOMERS: "Customers", REVENUE: "Revenue", PROFIT: "Profit", CUMULATED: "Profit so far"}
_PLANS = {BASE: "now", SCENARIO: "scenario"}
_PLAN_WORDS = {
    "customers": "customers at the start",
    "retention": "yearly retention",
    "margin": "margin a customer and year",
    "revenue": "revenue a customer and year",
    "new_customers": "new customers a year",
    "winning_budget": "budget for winning, a year",
    "cost_to_win": "cost to win a customer",
    "keeping_cost": "spent on keeping, a customer and year",
    "uncounted": "won and gone within the year, beside each counted",
    "kept": "customers kept, counted",
    "at_start": "customers at the start, counted",
}


def measures(found: WhatIf) -> dict[str, str]:
    """The measures both plans know, with their titles."""
    return {name: _TITLES[name] for name in MEASURES if (BASE, name) in found.courses}


def by_month(found: WhatIf) -> Table:
    """One row a month: the expectation of every measure under both plans, and the gain with its limits."""
    columns: dict[str, list[float]] = {"Month": [float(month) for month in range(1, found.months + 1)]}
    kinds: dict[str, Kind] = {"Month": "count"}
    for measure, title in measures(found).items():
        for plan, word in _PLANS.items():
            name = f"{title}, {word}"
            columns[name] = list(found.courses[plan, measure].expected)
            kinds[name] = "count" if measure == CUSTOMERS else "money"
    ahead = found.courses.get((DIFFERENCE, CUMULATED))
    if ahead is not None:
        gains = {"Gain so far": ahead.expected, "Gain, low": ahead.low, "Gain, high": ahead.high}
        columns |= {name: list(course) for name, course in gains.items()}
        kinds |= dict.fromkeys(gains, "money")
    return Table("By month", pd.DataFrame(columns), kinds)


def with_limits(found: WhatIf) -> Table:
    """One row a plan, measure and month, with the limits of chance."""
    names = {"plan": "Plan", "measure": "Measure", "month": "Month", "expected": "Expected"}
    names |= {"low": "Low", "high": "High"}
    return Table("With limits", found.to_frame().rename(columns=names), {"Month": "count"})


def plans(base: Plan, scenario: Plan) -> Table:
    """What was put in, side by side; blank where it is not known."""
    rows = [
        (_PLAN_WORDS[field.name], getattr(base, field.name), getattr(scenario, field.name))
        for field in fields(Plan)
    ]
    frame = pd.DataFrame(rows, columns=["Figure", "Now", "Scenario"])
    return Table("Plans", frame.astype({"Now": float, "Scenario": float}), {})
