"""The focus list of a large order log, against the customer summary of the same log.

    python perf/focus_speed.py [orders]

writes a log of so many orders (1 million by default) into a temporary folder, opens it as a file and as a
pandas frame, and asks each question in turns, in processes of their own; opening is not timed. "list" is the
focus list of everyone with every figure and the first hundred rows shown with stage and reason, as a page
shows it; "every row" writes stage and reason for everyone. The bound is on the list. The log is that of
perf/cohorts.py: a tenth as many customers, six years, one row in fifty a refund.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from perf.cohorts import ROOT, write_orders

BOUND = 3
ROUNDS = 5
SUMMARY, LIST, EVERY_ROW = "customer summary", "list", "every row"
MEASURED = """
import json, sys, time
import pandas as pd
from retention_core.focus import focus_of
from retention_core.orders import OrderLog
path = sys.argv[1]
log = {open}
begun = time.perf_counter()
{work}
print(json.dumps({{"seconds": time.perf_counter() - begun, "customers": customers}}))
"""
ROLES = 'customer="customer", date="day", amount="amount"'
LOGS = {
    "parquet": f"OrderLog.from_file(path, {ROLES})",
    "pandas": f"OrderLog.from_frame(pd.read_parquet(path), {ROLES})",
}
WAYS = {
    SUMMARY: "customers = len(log.customer_table())",
    LIST: "found = focus_of(log); found.columns(100); customers = len(found.keys)",
    EVERY_ROW: "customers = len(focus_of(log).to_frame())",
}


def main() -> int:
    """Write the log, ask in turns, print the table; 1 if the bound is broken."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        write_orders(orders, path)
        print(f"{orders:,} orders; medians of {ROUNDS}, ways in turns; load {os.getloadavg()[0]:.1f}")
        return max([compare(name, opening, path) for name, opening in LOGS.items()])


def compare(name: str, opening: str, path: Path) -> int:
    """The questions to one log; 1 if the list takes more than its bound."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    customers = 0
    for _ in range(ROUNDS):
        for way, work in WAYS.items():
            found = run(MEASURED.format(open=opening, work=work), path)
            seconds[way].append(found["seconds"])
            customers = int(found["customers"])
    middle = {way: statistics.median(taken) for way, taken in seconds.items()}
    told = "; ".join(
        f"{way} {middle[way]:.2f} s ({min(taken):.2f} to {max(taken):.2f}), "
        f"ratio {middle[way] / middle[SUMMARY]:.2f}"
        for way, taken in seconds.items()
    )
    print(f"{name}, {customers:,} customers: {told} (bound of the list {BOUND})")
    return int(middle[LIST] > BOUND * middle[SUMMARY])


def run(program: str, path: Path) -> dict[str, float]:
    """One question in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
