"""Judge spending by tenure against customers whose growth is known, over 200 seeds.

    python perf/tenure_known_truth.py

Prints for each reading how often its 95 % interval held the truth, its mean beside the truth and its width,
with growth of known size and with none, and for buyers of known regularity where the figures with and without
the first order lie. The naive way, buyers of the later window against their own first, stands beside them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from retention_core.tenure_tables import READINGS, SAME, ratio_of_means
from tests.core.known_tenure import LATE, known_orders, known_spend, true_ratio, windows_of

SEEDS = 200
SIZES = (300, 1500)
MANY = 400_000


def tell(customers: int, growth: float) -> None:
    """Coverage, mean and width of every reading."""
    start = SEEDS if growth else 0  # other customers, not the same with other amounts
    found = [known_spend(seed, customers, growth) for seed in range(start, start + SEEDS)]
    for name in READINGS:
        for first_order in (True, False):
            rows = [table.reading(name, first_order=first_order) for table in found]
            ratios = [row.ratio for row in rows if row is not None]
            known = [ratio for ratio in ratios if None not in ratio]
            low, high = (np.array([ratio[i] for ratio in known]) for i in (1, 2))
            value = np.array([ratio.value for ratio in known])
            truth = true_ratio(name, first_order, growth) or simulated_truth(growth)
            print(
                f"  {name}, {'with' if first_order else 'without'} the first order: truth {truth:.3f}, "
                f"mean {value.mean():.3f}, held {np.mean((low <= truth) & (truth <= high)):.1%} of "
                f"{len(known)} "
                f"(too low {np.mean(high < truth):.1%}, too high {np.mean(low > truth):.1%}), "
                f"median width {np.median(high / low):.2f}-fold"
            )


def simulated_truth(growth: float) -> float:
    """The same customers with their first order, from a very large shop."""
    found = known_spend(1_000_000, MANY, growth).reading(SAME, first_order=True)
    return found.late / found.early


def tell_naive(growth: float) -> None:
    """Whoever ordered in the later window, then against at first: what choosing them does."""
    windows = windows_of(known_orders(1_000_000, MANY, growth))
    seen = windows.observed > LATE
    chosen = seen & (windows.orders[:, LATE] > 0)
    naive = ratio_of_means(
        windows.value[:, LATE], windows.value[:, 0] - windows.first_value, chosen, chosen, 0.95
    )
    print(f"  naive, buyers of the later window against their own first without the first order: {naive}")


def tell_regular(shape: float) -> None:
    """Buyers of any regularity who never change: figures with and without the first order; truth 1."""
    random = np.random.default_rng(3)
    gaps = random.gamma(shape, 1 / (3 * shape), (20_000, 40))
    when = np.concatenate([np.zeros((20_000, 1)), np.cumsum(gaps, axis=1)], axis=1)
    counts = [((when >= k) & (when < k + 1)).sum(axis=1) for k in (0, LATE)]
    mean = [count.mean() for count in counts]
    with_first, without = mean[1] / mean[0], mean[1] / (mean[0] - 1)
    print(f"  gamma gaps of shape {shape:g}: with {with_first:.3f}, without {without:.3f}")


def main() -> None:
    for customers in SIZES:
        for growth in (0.0, 0.67):
            print(f"{customers:,} customers, growth {growth:.0%}, {SEEDS} seeds")
            tell(customers, growth)
    for growth in (0.0, 0.67):
        print(f"growth {growth:.0%}, {MANY:,} customers")
        tell_naive(growth)
    print("regular buyers, three orders a window, no growth")
    for shape in (1.0, 3.0, 30.0):
        tell_regular(shape)


if __name__ == "__main__":
    main()
