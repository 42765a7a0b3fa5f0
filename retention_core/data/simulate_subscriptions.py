"""Simulate the subscriptions of the samples: three years of a bookkeeping service, and the truth behind it.

Nothing is stored: `simulate` draws the same customers every time, because numpy freezes the streams of
`RandomState`.

How the service works
---------------------
It opens on 1 January 2023 and wins customers at a slowly growing pace until 31 December 2025. Everybody pays
by the month, from the day of the start, which is a day from 1 to 28; changes happen on that day of a month.

- Each customer leaves with the same probability every month, the customer's own: beta distributed with
  the mean `CHURN` of the first plan, times `CHURN_SPREAD` parameters in all. That is the
  shifted-beta-geometric model exactly, plan by plan. No price, region or age changes it.
- A month that is not the last may bring a change: with the probability `UPGRADE` to the next plan, with
  `DOWNGRADE` to the one below, and with `SEATS` a user more (twice in three) or less.
- `COME_BACK` of those who left return once, on the plan they left, after two to eight months.
- A user costs `PRICE` a month; on 1 January 2025 the prices rise to `NEW_PRICE`, at the next monthly day.
- Region has no effect of its own, but the South buys more Basic than the others and so loses more
  customers: a comparison of one factor at a time is misled there, by design.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

SEED = 4
OPENING = np.datetime64("2023-01")
MONTHS = 36
CUSTOMERS = 420
PLANS = ("Basic", "Team", "Business")
FIRST_PLAN = (0.5, 0.35, 0.15)
FIRST_PLAN_SOUTH = (0.75, 0.2, 0.05)
REGIONS = ("Midlands", "North", "Scotland", "South")
REGION_SHARE = (0.25, 0.25, 0.15, 0.35)
CHURN = (0.055, 0.025, 0.012)
CHURN_SPREAD = 20.0
UPGRADE, DOWNGRADE, SEATS = 0.012, 0.005, 0.04
COME_BACK = 0.12
PRICE = (19.0, 39.0, 79.0)
NEW_PRICE = (20.0, 42.0, 85.0)
_NEW_PRICE_FROM = 24
_FEW_USERS = (1, 4, 9)

Row = tuple[str, str, str, Any, Any, int, float]


class Terms(NamedTuple):
    """What a customer has booked: the place of the plan, and users."""

    plan: int
    users: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """The table a billing system would hand over, and one row a customer of what it does not say."""

    rows: list[Row]
    truth: list[tuple[str, str, str, float]]


def simulate(seed: int = SEED) -> Simulated:
    """All customers, in order of their start."""
    random = np.random.RandomState(seed)
    months = np.sort((MONTHS * random.uniform(size=CUSTOMERS) ** 0.8).astype(int))
    rows: list[Row] = []
    truth = []
    for number, month in enumerate(months.tolist(), 1):
        name, region = f"S{number:04}", str(random.choice(REGIONS, p=REGION_SHARE))
        shares = FIRST_PLAN_SOUTH if region == "South" else FIRST_PLAN
        plan = int(random.choice(len(PLANS), p=shares))
        mean = CHURN[plan]
        leaves = float(random.beta(mean * CHURN_SPREAD, (1 - mean) * CHURN_SPREAD))
        truth.append((name, region, PLANS[plan], leaves))
        terms = Terms(plan, 1 + int(random.poisson(_FEW_USERS[plan] - 1)))
        day = int(random.randint(0, 28))
        rows += [
            (name, region, PLANS[stay.terms.plan], _date(stay.start, day), _date(stay.end, day),
             stay.terms.users, price(stay.terms, stay.start))
            for stay in _stays(random, month, terms, leaves)
        ]  # fmt: skip
    return Simulated(rows, truth)


class Stay(NamedTuple):
    """Months (from the opening) at one price; `end` None while it runs on."""

    start: int
    end: int | None
    terms: Terms


def price(terms: Terms, month: int) -> float:
    """What the terms cost a month, begun in the month."""
    prices = PRICE if month < _NEW_PRICE_FROM else NEW_PRICE
    return prices[terms.plan] * terms.users


def _stays(random: Any, month: int, terms: Terms, leaves: float) -> list[Stay]:
    """The customer's time at each price, the second one after coming back included."""
    stays, month, terms = _until_lost(random, month, terms, leaves)
    if month < MONTHS and random.uniform() < COME_BACK:
        back = month + int(random.randint(2, 9))
        if back < MONTHS:
            stays += _until_lost(random, back, terms, leaves)[0]
    return stays


def _until_lost(random: Any, month: int, terms: Terms, leaves: float) -> tuple[list[Stay], int, Terms]:
    """Month by month until the customer leaves or the table ends."""
    stays: list[Stay] = []
    begun = month
    while True:
        month += 1
        if month >= MONTHS:
            return [*stays, Stay(begun, None, terms)], MONTHS, terms
        if random.uniform() < leaves:
            return [*stays, Stay(begun, month, terms)], month, terms
        changed = _changed(random, terms)
        if price(changed, month) != price(terms, begun):
            stays.append(Stay(begun, month, terms))
            begun, terms = month, changed


def _changed(random: Any, terms: Terms) -> Terms:
    """The terms of the next month."""
    chance = random.uniform()
    if chance < UPGRADE:
        return terms._replace(plan=min(terms.plan + 1, len(PLANS) - 1))
    if chance < UPGRADE + DOWNGRADE:
        return terms._replace(plan=max(terms.plan - 1, 0))
    if chance < UPGRADE + DOWNGRADE + SEATS:
        more = 1 if random.uniform() < 2 / 3 else -1
        return terms._replace(users=max(terms.users + more, 1))
    return terms


def _date(month: int | None, day: int) -> Any:
    """The day of a month from the opening."""
    if month is None:
        return None
    return (OPENING + np.timedelta64(month, "M")).astype("datetime64[D]") + np.timedelta64(day, "D")
