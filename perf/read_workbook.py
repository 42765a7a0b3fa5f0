"""How long a workbook takes: our reader against python-calamine's own, in turns, in processes of their own.

    python perf/read_workbook.py orders.parquet

writes the rows of a parquet file into an xlsx in a temporary folder once (dates as real dates), then reads
it three times each way and prints medians, peak memory and the ratio. It may be at most 1.5.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

ROOT = Path(__file__).parents[1]
BOUND = 1.5
ROUNDS = 3
MEASURED = """
import json, sys, time
begun = time.perf_counter()
{work}
seconds = time.perf_counter() - begun
try:
    import resource
    unit = 1024**2 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
except ImportError:
    peak = None
print(json.dumps({{"seconds": seconds, "megabytes": peak, "rows": rows}}))
"""
WAYS = {
    "python-calamine alone": """
from python_calamine import load_workbook
rows = len(load_workbook(sys.argv[1]).get_sheet_by_index(0).to_python()) - 1
""",
    "read_table (text)": """
from retention_core.files import read_table
rows = read_table(sys.argv[1]).rows
""",
    "OrderLog.from_file": """
from retention_core.orders import OrderLog
rows = OrderLog.from_file(sys.argv[1]).rows
""",
}


def main() -> int:
    """Write the workbook, measure each way in turns, print the table; 1 if the bound is broken."""
    if len(sys.argv) != 2:
        print("usage: python perf/read_workbook.py orders.parquet", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "orders.xlsx"
        rows = write_workbook(Path(sys.argv[1]), book)
        size = book.stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.0f} MB as xlsx; medians of {ROUNDS}, ways in turns")
        measured: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in WAYS:
                measured[way].append(measure(way, book, rows))
    return show(measured)


def write_workbook(source: Path, target: Path) -> int:
    """The rows of a parquet file as a sheet."""
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(source))
        rows = [relation.columns, *relation.fetchall()]
    with xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Orders")
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write(number, column, value)
    return len(rows) - 1


def measure(way: str, book: Path, rows: int) -> dict[str, Any]:
    """One reading in a fresh interpreter."""
    program = MEASURED.format(work=WAYS[way])
    done = subprocess.run(
        [sys.executable, "-c", program, str(book)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    if figures["rows"] != rows:
        raise SystemExit(f"{way} read {figures['rows']} of {rows} rows")
    return figures


def show(measured: dict[str, list[dict[str, Any]]]) -> int:
    """The medians and the ratios to python-calamine's own time."""
    medians = {way: statistics.median(f["seconds"] for f in figures) for way, figures in measured.items()}
    base = medians["python-calamine alone"]
    for way, seconds in medians.items():
        peak = max(figures["megabytes"] or 0 for figures in measured[way])
        print(f"{way:24} {seconds:6.2f} s  {peak:6,.0f} MB  ratio {seconds / base:.2f}")
    worst = max(medians.values()) / base
    print(f"bound {BOUND}: {'held' if worst <= BOUND else 'BROKEN'}")
    return 0 if worst <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
