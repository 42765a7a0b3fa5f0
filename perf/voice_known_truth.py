"""Judge the intervals of feedback and referrals against shops whose truth is known.

    python perf/voice_known_truth.py [SEEDS]

Prints the exact coverage of the interval of the net promoter score at several sample sizes; then, for shops
without any effect and with one of known size, how often the 95 % intervals held the truth over 200 seeds, the
mean estimate, and how often zero was left out; and what looking at adoptions without a landmark, or at
referrals across cohorts, would have said.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from retention_core.differences import Difference
from retention_core.net_promoter import nps_of_counts
from retention_core.referrals import referrals_of
from retention_core.voice import voice_of
from tests.core.known_voice import (
    ANSWERED,
    AS_OF,
    DECIDED_WITHIN,
    Effects,
    known_voice,
    true_orders_again,
    true_points,
    true_value,
)

SEEDS = 200
CUSTOMERS = 700
WINDOW, YEAR = 92, 365
SCENARIOS = {
    "no effect": Effects(),
    "referral: 1.6 times the orders, each 1.3 times as large": Effects(referral=1.6, spend=1.3),
    "adoption: twice the orders from then on": Effects(adoption=2.0),
    "promoters 1.5 times the orders, detractors as much fewer": Effects(opinion=1.5),
    "no effect, but later customers order three times as much and are referred more": Effects(trend=3.0),
}


class Judged(NamedTuple):
    """A figure of one shop beside its truth."""

    name: str
    truth: float
    estimate: float
    low: float
    high: float


def judged(seed: int, effects: Effects, customers: int = CUSTOMERS) -> Iterator[Judged]:
    """Every figure of the shop of a seed."""
    shop = known_voice(customers, seed, effects)
    voice = voice_of(shop.log, shop.feedback_log, as_of=AS_OF, window=WINDOW, decide_days=DECIDED_WITHIN)
    found = referrals_of(shop.log, as_of=AS_OF, window=WINDOW, value_days=YEAR, period="quarter")
    if voice.nps is not None:
        yield Judged("net promoter score", true_points(), voice.nps.points, voice.nps.low, voice.nps.high)
    if voice.answered is not None:
        yield Judged("share answered", ANSWERED, *voice.answered[2:])
    changes = {
        "kept by adoption": (voice.adoption, true_orders_again(WINDOW, effects.adoption), 1.0),
        "kept by opinion": (
            voice.score_difference,
            true_orders_again(WINDOW, effects.opinion),
            1 / effects.opinion,
        ),
        "repeat by referral": (found.repeat, true_orders_again(WINDOW, effects.referral), 1.0),
    }
    for name, (difference, one, times) in changes.items():
        yield from both(name, difference, one - true_orders_again(WINDOW, times))
    worth = true_value(YEAR, effects.referral, effects.spend) - true_value(YEAR)
    yield from both("first-year value by referral", found.value, worth)


def both(name: str, difference: Difference | None, truth: float) -> Iterator[Judged]:
    """The plain difference and, where there is one, that within cohorts."""
    if difference is None:
        return
    for label, limits in {
        name: (difference.difference, difference.low, difference.high),
        f"{name}, within cohorts": (difference.adjusted, difference.adjusted_low, difference.adjusted_high),
    }.items():
        estimate, low, high = limits
        if estimate is not None and low is not None and high is not None:
            yield Judged(label, truth, estimate, low, high)


def coverage_of_points(answers: int, promoters: float, passives: float) -> float:
    """Chance that the 95 % interval of so many answers holds the true score, summed over all outcomes."""
    truth, total = 100 * (promoters - (1 - promoters - passives)), 0.0
    logs = [math.log(share) for share in (promoters, passives, 1 - promoters - passives)]
    for up in range(answers + 1):
        for middle in range(answers + 1 - up):
            counts = (up, middle, answers - up - middle)
            found = nps_of_counts(*counts)
            if found.low <= truth <= found.high:
                ways = math.lgamma(answers + 1) - sum(math.lgamma(count + 1) for count in counts)
                total += math.exp(ways + sum(count * log for count, log in zip(counts, logs, strict=True)))
    return total


def tell(name: str, rows: list[Judged]) -> None:
    """One figure over all seeds."""
    truth = rows[0].truth
    held = sum(row.low <= truth <= row.high for row in rows) / len(rows)
    found = sum(not row.low <= 0 <= row.high for row in rows) / len(rows)
    print(
        f"    {name}: held {held:.1%} of {len(rows)}; truth {truth:.4g}, mean estimate "
        f"{np.mean([row.estimate for row in rows]):.4g}; zero left out {found:.1%}"
    )


def tell_without_landmark(seeds: int) -> None:
    """Adoptions noted at the next order only, no effect: with and without the days they were noted on."""
    for dated in (False, True):
        rows = []
        for seed in range(1, seeds + 1):
            shop = known_voice(CUSTOMERS, seed, Effects(alike=True))
            days = DECIDED_WITHIN if dated else 0
            feedback = shop.feedback_noted_at_orders(dated)
            voice = voice_of(shop.log, feedback, as_of=AS_OF, window=WINDOW, decide_days=days)
            rows += list(both("adoption", voice.adoption, 0.0))
        tell(f"days known, from {days} days on" if dated else "days unknown, from the suggestion on", rows)


def main() -> None:
    """Everything."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    print("Exact coverage of the 95 % interval of the net promoter score:")
    for answers in (5, 10, 20, 50, 100):
        shares = ((0.5, 0.3), (0.7, 0.2), (0.2, 0.3), (0.9, 0.08), (0.34, 0.33))
        told = ", ".join(f"{coverage_of_points(answers, *share):.1%}" for share in shares)
        print(f"    {answers} answers: {told}")
    for name, effects in SCENARIOS.items():
        print(f"{name} ({seeds} seeds):")
        by_name: dict[str, list[Judged]] = {}
        for seed in range(1, seeds + 1):
            for row in judged(seed, effects):
                by_name.setdefault(row.name, []).append(row)
        for label, rows in by_name.items():
            tell(label, rows)
    print(f"Adoption noted only when the customer orders next, no effect ({seeds} seeds):")
    tell_without_landmark(seeds)


if __name__ == "__main__":
    main()
