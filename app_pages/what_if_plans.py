"""The two plans of What if, made of what the reader typed and what the log knows."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from retention_core.own_figures import OwnFigures
from retention_core.scenarios import Plan, uncounted_at


class Now(NamedTuple):
    """The business as it is; None for what is not known."""

    customers: int | None = None
    retention: float | None = None
    margin: float | None = None
    revenue: float | None = None
    new_customers: int | None = None
    cost_to_win: float | None = None
    keeping_cost: float | None = None


class Change(NamedTuple):
    """What the scenario changes: points of retention, margin in percent; None for as now."""

    points: float = 5.0
    margin: float = 0.0
    cost_to_win: float | None = None
    budget: float | None = None
    keeping_cost: float | None = None


def base_plan(now: Now, known: OwnFigures | None) -> Plan:
    """The business as it is.

    What the log counted makes its own retention uncertain, and says that new customers are those still there
    at the year's end; neither is so of figures typed.
    """
    plan = Plan(
        customers=now.customers or 0,
        retention=now.retention or 0.0,
        margin=now.margin,
        revenue=now.revenue,
        new_customers=now.new_customers,
        cost_to_win=now.cost_to_win,
        keeping_cost=now.keeping_cost or 0.0,
    )
    if known is None:
        return plan
    if known.retention.value == plan.retention:
        plan = replace(plan, kept=known.kept, at_start=known.at_start)
    if plan.retention > 0 and now.new_customers is not None and now.new_customers == won_by(known):
        plan = replace(plan, uncounted=uncounted_at(plan.retention))
    return plan


def won_by(known: OwnFigures | None) -> int | None:
    """Customers of the log won in a year, those won back among them."""
    if known is None or known.new_customers is None or known.won_back is None:
        return None
    return known.new_customers + known.won_back


def scenario_plan(base: Plan, change: Change) -> Plan:
    """The business as it might be; a retention stays between 0 and 100 %.

    A budget wins as many customers as it pays for; without one, as many are won as now.
    """
    cost = base.cost_to_win if change.cost_to_win is None else change.cost_to_win
    budgeted = change.budget is not None
    return replace(
        base,
        retention=min(max(base.retention + change.points / 100, 0.0), 1.0),
        margin=None if base.margin is None else base.margin + abs(base.margin) * change.margin / 100,
        new_customers=None if budgeted else base.new_customers,
        winning_budget=change.budget,
        cost_to_win=cost,
        keeping_cost=base.keeping_cost if change.keeping_cost is None else change.keeping_cost,
    )
