"""How the LAMBDA PARETO grows: 20,000 rows against 5,000 in IronCalc, from fresh models in turns.

Prints both medians and their ratio; ends with an error where the ratio is above the limit.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import ironcalc
import xlsxwriter

sys.path.insert(0, str(Path(__file__).parents[1]))

from addin.functions import FUNCTIONS
from addin.native.lambdas import lambdas
from addin.native.stored import stored

SIZES = (5_000, 20_000)
TURNS = 5
LIMIT = 5.0
NAMES_THAT_READ_SHEETS = "BENCHMARK_"


def write(path: Path, rows: int) -> Path:
    """A workbook with the names, that many sales of a third as many customers, and one call."""
    draw = random.Random(rows)
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, sales = book.add_worksheet("Call"), book.add_worksheet("Sales")
        for each in lambdas(FUNCTIONS.values()):
            if NAMES_THAT_READ_SHEETS not in each.definition:
                book.define_name(each.name, each.definition)
        for row in range(rows):
            sales.write_row(row, 0, [f"Customer {draw.randrange(rows // 3)}", draw.randrange(-50, 4000) / 4])
        formula = stored(f"=PARETO(Sales!A1:A{rows},Sales!B1:B{rows})")
        sheet.write_dynamic_array_formula(0, 0, 0, 0, formula, None, -1)
    return path


def seconds(path: Path) -> float:
    """Time to evaluate a freshly loaded model."""
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    began = time.perf_counter()
    model.evaluate()
    taken = time.perf_counter() - began
    if model.get_cell_value(0, 1, 1) != "customer":
        raise RuntimeError(f"PARETO does not answer: {model.get_cell_value(0, 1, 1)}")
    return taken


def main() -> int:
    """Time both sizes in turns and compare."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {rows: write(Path(folder) / f"{rows}.xlsx", rows) for rows in SIZES}
        times: dict[int, list[float]] = {rows: [] for rows in SIZES}
        for _ in range(TURNS):
            for rows, path in paths.items():
                times[rows].append(seconds(path))
    small, large = (statistics.median(times[rows]) for rows in SIZES)
    print(f"PARETO over {SIZES[0]:,} rows: {small:.3f} s; over {SIZES[1]:,}: {large:.3f} s")
    print(f"ratio {large / small:.2f} (at most {LIMIT:g})")
    return int(large / small > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
