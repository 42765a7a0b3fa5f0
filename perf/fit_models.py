"""How long BG/NBD takes: ours against lifetimes' on the same customers, in turns, in processes of their own.

    python perf/fit_models.py

simulates 100,000 and 1,000,000 customers of two years in days (seed 0), fits them three times each way and
prints medians of the time of the fit and peaks of the memory of the process. On 100,000 customers ours may
take at most 0.6 of lifetimes' time and memory, and on 1,000,000 less than 10 times its time on 100,000. Both
must reach the same log-likelihood. Needs lifetimes 0.11.3 (requirements-dev.txt).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
ROUNDS = 3
SHARE = 0.6
GROWTH = 10
MEASURED = """
import json, resource, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
frequency, recency, age = np.load(sys.argv[1])
{prepare}
begun = time.perf_counter()
{work}
seconds = time.perf_counter() - begun
unit = 1024**2 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps({{"seconds": seconds, "megabytes": peak, "log_likelihood": log_likelihood}}))
"""
OURS = {
    "prepare": """
from retention_core.btyd.{module} import {fit} as fit
from retention_core.btyd.purchases import purchases
history = purchases(frequency, recency, age, customers=["" for _ in age])
""",
    "work": "log_likelihood = fit(history).log_likelihood",
}
THEIRS = {
    "prepare": "from lifetimes import {fitter}\nmodel = {fitter}()\n",
    "work": """
model.fit(frequency, recency, age)
log_likelihood = -model._negative_log_likelihood_ * len(age) - frequency.sum() * np.log(age.max())
""",
}
WAYS = {
    "ours": {name: text.format(module="bg_nbd", fit="fit_bg_nbd") for name, text in OURS.items()},
    "lifetimes": {name: text.format(fitter="BetaGeoFitter") for name, text in THEIRS.items()},
}


def main() -> int:
    """Simulate, measure each way in turns, print the table; 1 if a bound is broken."""
    if len(sys.argv) == 3:
        np.save(sys.argv[1], simulated(int(sys.argv[2])))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.npy", Path(folder) / "large.npy"
        for file, customers in ((small, 100_000), (large, 1_000_000)):
            # in a process of its own: Linux counts a parent's peak among its children's
            subprocess.run([sys.executable, __file__, str(file), str(customers)], check=True)
        measured: dict[str, list[dict[str, Any]]] = {"ours": [], "lifetimes": [], "ours, 1,000,000": []}
        for _ in range(ROUNDS):
            measured["ours"].append(measure("ours", small))
            measured["lifetimes"].append(measure("lifetimes", small))
            measured["ours, 1,000,000"].append(measure("ours", large))
    return show(measured)


def simulated(customers: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Frequency, recency and age in days of customers who behave as BG/NBD says."""
    rng = np.random.default_rng(0)
    rate = rng.gamma(0.7, 1 / 40, customers)
    leaving = rng.beta(0.8, 2.5, customers)
    age = rng.integers(1, 731, customers).astype(np.float64)
    frequency, recency, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    there = np.arange(customers)
    while len(there):
        now[there] += np.ceil(rng.exponential(1 / np.maximum(rate[there], 1e-9)))
        there = there[now[there] <= age[there]]
        frequency[there] += 1
        recency[there] = now[there]
        there = there[rng.random(len(there)) >= leaving[there]]
    return np.vstack([frequency, recency, age])


def measure(way: str, customers: Path) -> dict[str, Any]:
    """One fit in a fresh interpreter."""
    program = MEASURED.format(**WAYS[way])
    done = subprocess.run(
        [sys.executable, "-c", program, str(customers)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def show(measured: dict[str, list[dict[str, Any]]]) -> int:
    """Medians, peaks and ratios."""
    seconds = {way: statistics.median(one["seconds"] for one in found) for way, found in measured.items()}
    memory = {way: max(one["megabytes"] for one in found) for way, found in measured.items()}
    for way, time in seconds.items():
        likely = measured[way][0]["log_likelihood"]
        print(f"{way:18} {time:7.3f} s  {memory[way]:6,.0f} MB  log-likelihood {likely:.6f}")
    bounds = {
        "time, ours to lifetimes": (seconds["ours"] / seconds["lifetimes"], SHARE),
        "memory, ours to lifetimes": (memory["ours"] / memory["lifetimes"], SHARE),
        "time, 1,000,000 to 100,000": (seconds["ours, 1,000,000"] / seconds["ours"], GROWTH),
    }
    gap = measured["ours"][0]["log_likelihood"] - measured["lifetimes"][0]["log_likelihood"]
    print(f"log-likelihood, ours less lifetimes': {gap:.1e}")
    for what, (ratio, bound) in bounds.items():
        print(f"{what}: {ratio:.2f}, bound {bound}: {'held' if ratio < bound else 'BROKEN'}")
    return int(any(ratio >= bound for ratio, bound in bounds.values()) or gap < -1e-4)


if __name__ == "__main__":
    sys.exit(main())
