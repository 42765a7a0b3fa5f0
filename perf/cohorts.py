"""Cohorts and RFM of a large parquet file, against hand-written DuckDB SQL doing the same.

    python perf/cohorts.py [orders]

writes a log of so many orders (2 million by default) into a temporary folder, then asks each way in turns, in
processes of their own. Our side first opens the file, which validates it and is timed apart: the bound is on
the question alone, and the ratio with opening stands beside it. The SQL reads the file as it is, and checks
nothing. Memory is the peak of the whole process, opening included.
A tenth as many customers, numbered; orders over six years; one row in fifty is a refund.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).parents[1]
BOUND = 1.25
MOST_MEGABYTES = {10_000_000: 700, 50_000_000: 4096}
ROUNDS = 3
MEASURED = """
import json, sys, time
path = sys.argv[1]
{before}
begun = time.perf_counter()
{work}
seconds = time.perf_counter() - begun
import resource
unit = 1024**2 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(json.dumps({{"seconds": seconds, "megabytes": peak, "opened": opened, "answer": answer}}))
"""
OPEN = """
from retention_core.cohorts import cohorts_of
from retention_core.orders import OrderLog
from retention_core.rfm import summary
begun = time.perf_counter()
log = OrderLog.from_file(path, customer="customer", date="day", amount="amount")
opened = time.perf_counter() - begun
"""
CONNECT = """
import duckdb
import pandas
opened = 0.0
connection = duckdb.connect(config={"preserve_insertion_order": False})
connection.execute("set enable_progress_bar = false")
"""
MONTHS = """
with cells as (
  select customer, date_trunc('month', day) as month, {sums} from read_parquet(?) {where} group by all
), firsts as (select customer, min(month) as first from cells {active} group by customer)
select first, month, {totals} from cells join firsts using (customer) where month >= first group by all
"""
CUSTOMERS = MONTHS.format(
    sums="count(*) as n", where="where amount >= 0", active="", totals="count(*) as customers"
)
REVENUE = MONTHS.format(
    sums="count(*) filter (where amount >= 0) as n, sum(amount) as paid",
    where="",
    active="where n > 0",
    totals="count(*) filter (where n > 0) as customers, sum(paid) as paid",
)
SUMMARY = """
select customer, count(distinct day) filter (where amount >= 0) as orders,
  max(day) filter (where amount >= 0) as last, sum(amount) as value
from read_parquet(?) group by customer
"""
WAYS = {
    "cohorts, customers": (
        "answer = sum(cell.customers for row in cohorts_of(log).cohorts for cell in row.cells if cell)",
        CUSTOMERS,
        "customers",
    ),
    "cohorts, revenue": (
        'table = cohorts_of(log, measure="revenue")\n'
        "answer = sum(cell.customers for row in table.cohorts for cell in row.cells if cell)",
        REVENUE,
        "customers",
    ),
    "customer summary": ('answer = int(summary(log)["orders"].sum())', SUMMARY, "orders"),
}


def main() -> int:
    """Write the file, measure both sides in turns, print the table; 1 if the bound is broken."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        write_orders(orders, path)
        print(f"{orders:,} orders; medians of {ROUNDS}, ways in turns")
        limit = next((most for rows, most in MOST_MEGABYTES.items() if orders <= rows), None)
        return max([compare(name, path, limit) for name in WAYS])


def write_orders(orders: int, path: Path) -> None:
    """A log whose customers differ in how much they order, and start at different times."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("select setseed(0.5)")
        connection.execute(
            f"""
            copy (select cast(floor({orders} / 10 * power(random(), 1.5)) as bigint) as customer,
              date '2019-01-01' + cast(floor(2190 * (1 - sqrt(random()))) as int) as day,
              round(5 + random() * 95, 2) * (case when random() < 0.02 then -1 else 1 end) as amount
            from range({orders})) to '{path}' (format parquet)
            """  # noqa: S608 - a number and a path of our own
        )


def compare(name: str, path: Path, limit: int | None) -> int:
    """Both sides of one question; 1 if ours takes too long or more than the megabytes allowed."""
    ours, query, total = WAYS[name]
    theirs = f"answer = int(connection.execute({query!r}, [path]).df()[{total!r}].sum())"
    programs = {
        "here": MEASURED.format(before=OPEN, work=ours),
        "SQL": MEASURED.format(before=CONNECT, work=theirs),
    }
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in programs}
    for _ in range(ROUNDS):
        for way, program in programs.items():
            found[way].append(run(program, path))
    answers = {figures["answer"] for way in found.values() for figures in way}
    if len(answers) != 1:
        raise SystemExit(f"{name}: the answers differ ({answers})")
    seconds = {way: statistics.median(f["seconds"] for f in figures) for way, figures in found.items()}
    peaks = {way: max(f["megabytes"] for f in figures) for way, figures in found.items()}
    opened = statistics.median(f["opened"] for f in found["here"])
    ratio = seconds["here"] / seconds["SQL"]
    print(
        f"{name:20} {seconds['here']:6.2f} s {peaks['here']:6,.0f} MB, opening {opened:5.1f} s; "
        f"SQL {seconds['SQL']:6.2f} s {peaks['SQL']:6,.0f} MB; ratio {ratio:.2f} (bound {BOUND}), "
        f"with opening {(seconds['here'] + opened) / seconds['SQL']:.1f}; megabytes allowed: {limit or 'any'}"
    )
    return int(ratio > BOUND or (limit is not None and peaks["here"] > limit))


def run(program: str, path: Path) -> dict[str, Any]:
    """One question in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    sys.exit(main())
