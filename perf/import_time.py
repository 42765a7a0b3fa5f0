"""How long the worksheet functions take to import, beside pandas.

Run `python perf/import_time.py`; both are measured in turns within one run and printed as a ratio, since
seconds differ from machine to machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 9


def import_seconds(module: str) -> float:
    """Time of one import in a fresh interpreter, the interpreter's own start left out."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(run.stdout)


def compare_imports(ours: str, yardstick: str) -> tuple[float, float]:
    """Median seconds of both, measured in turns so that a busy machine slows both."""
    pairs = [(import_seconds(ours), import_seconds(yardstick)) for _ in range(RUNS)]
    mine, theirs = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(theirs)


def main() -> None:
    """Measure and print."""
    ours, pandas = compare_imports("addin.functions", "pandas")
    print(
        f"import addin.functions {ours * 1e3:.0f} ms, import pandas {pandas * 1e3:.0f} ms: "
        f"ratio {ours / pandas:.2f}"
    )


if __name__ == "__main__":
    main()
