"""How often the 95 % intervals of cohort cells and of revenue retention hold the truth.

Run `python perf/interval_coverage.py`; seeds are fixed, so the figures come out the same again. The truth is
known because the customers are drawn: the logarithms of what they spend are normal with the standard
deviation named, half of the variance being the customer's own and half the order's.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from retention_core.cohort_tables import Cell, Count, Definition, cohort_table
from retention_core.concentration import Estimate
from retention_core.revenue import revenue_retention
from retention_core.subscriptions import Subscriptions

REPETITIONS = 2_000
RETENTIONS = 400
SPREADS = (0.5, 1.0, 1.5)
COMES_BACK = 0.3
LEAVES, SHRINKS, GROWS = 0.1, 0.1, 0.25  # shares of the subscribers
SHRUNK, GROWN = 0.75, 1.5  # what these then pay of what they paid, on average
GROSS = 1 - LEAVES - SHRINKS * (1 - SHRUNK)
NET = GROSS + GROWS * (GROWN - 1)
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def cell_of(first: Floats, later: Floats, measure: str) -> Cell | None:
    """The second cell of a cohort whose customers brought so much at first and at the age."""
    start = 24_300
    columns = (
        (0, len(first), first, first @ first),
        (1, np.count_nonzero(later), later, first @ later),
    )
    counts = [
        Count(start, start, place, int(active), float(total.sum()), float(total @ total), float(cross))
        for place, active, total, cross in columns
    ]
    definition = Definition(measure, "month", None, None, False, dt.date(2025, 3, 1))
    return cohort_table(counts, definition).cohorts[0].cells[1]


def spend(rng: np.random.Generator, size: int, spread: float) -> tuple[Floats, Floats]:
    """What customers bring in the first column and later, where 0.3 of them come back."""
    level = rng.standard_normal(size)
    first, later = (np.exp((level + rng.standard_normal(size)) * spread / math.sqrt(2)) for _ in range(2))
    return first, np.where(rng.random(size) < COMES_BACK, later, 0.0)


def orders(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    """How many orders customers place; the later ones are 1.5 on average of those who come back."""
    rate = np.exp(0.5 * rng.standard_normal(size) - 0.125)
    first, later = 1.0 + rng.poisson(0.3 * rate), 1.0 + rng.poisson(0.5 * rate)
    return first, np.where(rng.random(size) < COMES_BACK, later, 0.0)


def covered(draw: Callable[[], tuple[Floats, Floats]], truth: float, measure: str) -> tuple[float, float]:
    """Share of cells that get an interval, and of those the share whose interval holds the truth."""
    cells = [cell_of(*draw(), measure) for _ in range(REPETITIONS)]
    limits = [(c.low, c.high) for c in cells if c is not None and c.low is not None and c.high is not None]
    return len(limits) / REPETITIONS, sum(low <= truth <= high for low, high in limits) / max(len(limits), 1)


def retained(rng: np.random.Generator, size: int, spread: float) -> tuple[Estimate, Estimate]:
    """Net and gross retention of as many subscribers, of whom some leave, shrink or grow."""
    before = np.round(100 * np.exp(spread * rng.standard_normal(size)), 2) + 0.01
    fate, much = rng.random(size), rng.random(size)
    factor = np.select(
        [fate < LEAVES, fate < LEAVES + SHRINKS, fate < LEAVES + SHRINKS + GROWS],
        [0.0, 2 * SHRUNK - 1 + 2 * (1 - SHRUNK) * much, 1 + 2 * (GROWN - 1) * much],
        1.0,
    )
    names = [f"s{number}" for number in range(size)]
    parts = [pd.DataFrame({"month": month, "customer": names, "mrr": paid})
             for month, paid in (("2024-01", before), ("2024-02", np.round(before * factor, 2)))]  # fmt: skip
    source = Subscriptions.from_snapshots(pd.concat(parts))
    found = revenue_retention(source, dt.date(2024, 2, 1), dt.date(2024, 3, 1))
    return found.net, found.gross


def main() -> None:
    """Simulate and print."""
    print("cohort cells: measure, spread, customers, cells with an interval, coverage")
    for size in (20, 30, 50, 100, 500):
        rng = np.random.default_rng(size)
        has, hold = covered(lambda rng=rng, size=size: orders(rng, size), COMES_BACK * 1.5 / 1.3, "orders")
        print(f"orders        {size:4} {has:.2f} {hold:.3f}")
        for spread in SPREADS:
            rng = np.random.default_rng(size)
            draw = lambda rng=rng, size=size, spread=spread: spend(rng, size, spread)  # noqa: E731
            has, hold = covered(draw, COMES_BACK, "revenue")
            print(f"revenue {spread:5} {size:4} {has:.2f} {hold:.3f}", flush=True)
    print("revenue retention: spread, subscribers, coverage of net and gross")
    for size in (20, 100, 500):
        for spread in SPREADS:
            rng = np.random.default_rng(size)
            pairs = [retained(rng, size, spread) for _ in range(RETENTIONS)]
            net = np.mean([one.low <= NET <= one.high for one, _ in pairs])
            gross = np.mean([one.low <= GROSS <= one.high for _, one in pairs])
            print(f"{spread:5} {size:4} {net:.3f} {gross:.3f}", flush=True)


if __name__ == "__main__":
    main()
