"""Customers whose spending grows with tenure by a known factor, and what each reading of it should find.

Two kinds of customer, the better of whom stay longer: survivorship alone makes later buyers better ones.
Orders are random (Poisson) at a rate that differs between customers; amounts rise by a step a window.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.tenure_spend import MONTH
from retention_core.tenure_tables import ACTIVE, WON, TenureSpend, Windows, tenure_table

Floats = npt.NDArray[np.float64]

LATE = 5  # the window of months 31 to 36, counted from 0
SHAPE, SCALE = 2.0, 1.0  # of the gamma distribution of orders a window
LENGTH = 6 * MONTH
FIRST_DAY = dt.date(2018, 1, 1)
SPAN = 10  # windows the log holds


class Kind(NamedTuple):
    """A kind of customer: its share, typical order and chance of leaving a window."""

    share: float
    amount: float
    leaving: float


KINDS = (Kind(0.6, 20.0, 0.25), Kind(0.4, 40.0, 0.05))


class Shop(NamedTuple):
    """Customers and their orders, times in windows since each customer's first order."""

    began: Floats
    follow: Floats
    who: npt.NDArray[np.int64]
    when: Floats
    amount: Floats


def known_orders(seed: int, customers: int, growth: float, *, whole_days: bool = False) -> Shop:
    """Customers of that seed; `growth` is what months 31 to 36 bring over the first, 0.5 for half more."""
    random = np.random.default_rng(seed)
    kind = random.choice(len(KINDS), customers, p=[kind.share for kind in KINDS])
    base, leaving = (np.array([row[i] for row in KINDS])[kind] for i in (1, 2))
    began = random.uniform(0, SPAN - 2, customers)
    if whole_days:
        began = np.floor(began * LENGTH) / LENGTH
    follow = SPAN - began
    there = np.minimum(random.exponential(1 / leaving), follow)
    number = random.poisson(random.gamma(SHAPE, SCALE, customers) * there)
    who = np.repeat(np.arange(customers), number + 1)
    when = random.random(len(who)) * there[who]
    when[np.cumsum(number + 1) - 1 - number] = 0.0
    if whole_days:
        when = np.floor(when * LENGTH) / LENGTH
    noise = np.exp(0.5 * random.standard_normal(len(who)) - 0.125)
    steps = 1 + growth * np.floor(when) / LATE
    return Shop(began, follow, who, when, base[who] * noise * steps)


def windows_of(shop: Shop) -> Windows:
    """The sums of each customer, without the detour of a log."""
    size, count = len(shop.began), SPAN
    cell = shop.who * count + np.minimum(np.floor(shop.when).astype("int64"), count - 1)
    value = np.bincount(cell, shop.amount, size * count).reshape(size, count)
    orders = np.bincount(cell, minlength=size * count).reshape(size, count)
    first = shop.when == 0
    last = np.zeros(size)
    np.maximum.at(last, shop.who, shop.when)
    return Windows(
        value=value,
        orders=orders.astype("float64"),
        observed=np.floor(shop.follow).astype("int64"),
        first_value=np.bincount(shop.who[first], shop.amount[first], size),
        first_orders=np.bincount(shop.who[first], minlength=size).astype("float64"),
        last=last,
    )


def known_spend(seed: int, customers: int, growth: float, confidence: float = 0.95) -> TenureSpend:
    """The readings for a shop of that seed."""
    return tenure_table(
        windows_of(known_orders(seed, customers, growth)),
        window_months=6,
        tenure_months=6 * (LATE + 1),
        value_of="revenue",
        as_of=FIRST_DAY,
        skip_days=0,
        left_out=0,
        confidence=confidence,
    )


def order_frame(shop: Shop) -> pd.DataFrame:
    """The same orders as a table of raw columns."""
    days = np.round((shop.began[shop.who] + shop.when) * LENGTH).astype("int64")
    date = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(days, unit="D")
    names = np.char.add("K", shop.who.astype(str))
    return pd.DataFrame({"customer": names, "date": date, "amount": shop.amount})


def true_ratio(reading: str, first_order: bool, growth: float) -> float | None:
    """What a reading should find, by integration; None where the same customers count their first order."""
    if reading not in (ACTIVE, WON):
        return None if first_order else 1 + growth
    share, amount, leaving = (np.array(column) for column in zip(*KINDS, strict=True))
    stay = (1 - np.exp(-leaving)) / leaving  # of a window, for those there at its start
    there = np.exp(-LATE * leaving)
    bought = np.array([_buys(rate) for rate in leaving])
    brought = amount * SHAPE * SCALE * stay
    late, early = float(share @ (there * brought)) * (1 + growth), float(share @ brought)
    if first_order:
        early += float(share @ amount)
    if reading == ACTIVE:
        late /= float(share @ (there * bought))
        early /= 1.0 if first_order else float(share @ bought)
    return late / early


def _buys(leaving: float) -> float:
    """Chance of an order in a window, of a customer there at its start."""
    time = (np.arange(2000) + 0.5) / 2000
    silent = (1 + SCALE * time) ** -SHAPE
    gone = float(np.mean(leaving * np.exp(-leaving * time) * silent))
    return 1 - gone - float(np.exp(-leaving) * (1 + SCALE) ** -SHAPE)
