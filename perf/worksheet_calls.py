"""What worksheet functions cost in a cell, in a long range and over the same columns, beside yardsticks.

Run `python perf/worksheet_calls.py`. Three comparisons, each in turns within one run, medians of:

- `=RETENTION(100,110,20)` beside an empty `@xw.func`, both through xlwings' own dispatcher: at most 1.5;
- RETENTION over 100,000 rows beside `(end - new) / start` in numpy, with xlwings' own conversion of cells to
  arrays and back: at most 2;
- four functions over the same two columns of 50,000 rows, with what was read and ranked kept between
  them, and without.

xlwings' module for Windows cannot be imported elsewhere, so its two functions that clean cells are taken
out of its source by the syntax tree; everything else of the dispatcher is the real thing. Where pandas is
installed, xlwings asks it about every value it writes, so the range is measured with and without pandas in
sight of xlwings.
"""

from __future__ import annotations

import ast
import datetime as dt
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import xlwings

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.addin.com_stub import UDF_MODULE as OURS
from tests.addin.com_stub import dispatcher, stub

SCALAR_BOUND, RANGE_BOUND = 1.5, 2.0
ROUNDS, CALLS = 7, 3_000
RANGE_ROWS, DASHBOARD_ROWS, DASHBOARD_CUSTOMERS = 100_000, 50_000, 5_000
DASHBOARD = ("PARETO_SHARE", "PARETO_CUSTOMERS", "GINI", "PARETO")
YARDSTICKS = "yardsticks"

Cells = tuple[Any, ...]


def excel_engine(pandas: object) -> Any:
    """xlwings' own engine for Excel, its conversion of cells as it is, with or without pandas."""
    wanted = {"cell_errors", "_clean_value_data_element", "Engine"}
    source = Path(xlwings.__file__).with_name("_xlwindows.py").read_text(encoding="utf-8")
    parts = [node for node in ast.parse(source).body if wanted & set(_defined(node))]
    names = {"np": np, "pd": pandas, "time_types": (dt.date, dt.datetime, np.datetime64)}
    exec(compile(ast.Module(parts, []), "_xlwindows.py", "exec"), names)  # noqa: S102  # xlwings' own code
    return names["Engine"]()  # type: ignore[operator]


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []


def let_xlwings_see(pandas: object) -> None:
    from xlwings.main import Engine

    xlwings.engines.engines_by_name["excel"] = Engine(impl=excel_engine(pandas))


def yardsticks() -> ModuleType:
    """Functions as a person writes them with xlwings: an empty one, and the rate in numpy."""

    @xlwings.func
    def empty(start, end, new):  # type: ignore[no-untyped-def]  # noqa: ARG001
        return 0.9

    @xlwings.func
    @xlwings.arg("start", np.array, ndim=2)
    @xlwings.arg("end", np.array, ndim=2)
    @xlwings.arg("new", np.array, ndim=2)
    def bare(start, end, new):  # type: ignore[no-untyped-def]
        return (end - new) / start

    return stub(YARDSTICKS, empty=empty, bare=bare, __file__=__file__)


def in_turns(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median seconds of each, measured in turns so that a busy machine slows all."""
    rows = [[_seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare_scalar(call_udf: Callable[..., Any]) -> tuple[float, float]:
    """Seconds of RETENTION and of an empty function, a single call each."""
    ours, empty = in_turns(
        lambda: [call_udf(OURS, "RETENTION", (100.0, 110.0, 20.0)) for _ in range(CALLS)],
        lambda: [call_udf(YARDSTICKS, "empty", (100.0, 110.0, 20.0)) for _ in range(CALLS)],
    )
    return ours / CALLS, empty / CALLS


def compare_range(call_udf: Callable[..., Any]) -> tuple[float, float]:
    """Seconds of RETENTION and of numpy over three long columns, as Excel hands them over."""
    columns = counts(RANGE_ROWS)
    ours, bare = call_udf(OURS, "RETENTION", columns), call_udf(YARDSTICKS, "bare", columns)
    if not np.allclose(ours, bare, rtol=1e-12, atol=0):
        raise SystemExit("RETENTION and numpy differ")
    mine, numpys = in_turns(
        lambda: call_udf(OURS, "RETENTION", columns), lambda: call_udf(YARDSTICKS, "bare", columns)
    )
    return mine, numpys


def counts(rows: int) -> Cells:
    """Columns of customers at the start, at the end and new, each row valid."""
    draw = random.Random(0)
    start = [float(draw.randint(1, 1000)) for _ in range(rows)]
    new = [float(draw.randint(0, 500)) for _ in range(rows)]
    end = [float(draw.randint(0, int(first)) + won) for first, won in zip(start, new, strict=True)]
    return tuple(tuple((cell,) for cell in column) for column in (start, end, new))


def orders(rows: int, customers: int) -> Cells:
    """A column of customers and one of amounts."""
    draw = random.Random(0)
    names = tuple((f"Customer {draw.randint(1, customers)}",) for _ in range(rows))
    return names, tuple((round(draw.uniform(1, 500), 2),) for _ in range(rows))


def compare_dashboard(forget: Callable[[], None]) -> tuple[float, float]:
    """Seconds of four functions over the same columns, and of the same with nothing kept in between."""
    from addin.calls import answer
    from addin.functions import FUNCTIONS

    columns = orders(DASHBOARD_ROWS, DASHBOARD_CUSTOMERS)

    def four(between: Callable[[], None]) -> None:
        forget()
        for name in DASHBOARD:
            answer(FUNCTIONS[name], columns)
            between()

    four(forget)
    kept, forgotten = in_turns(lambda: four(lambda: None), lambda: four(forget))
    return kept, forgotten


def main() -> None:
    """Measure and print."""
    with dispatcher() as udfs:
        let_xlwings_see(pd)
        sys.modules[YARDSTICKS] = yardsticks()
        compare_with_xlwings(udfs.call_udf)
    from addin.columns import forget

    kept, forgotten = compare_dashboard(forget)
    label = f"{len(DASHBOARD)} functions over the same {DASHBOARD_ROWS:,} rows"
    report(label, kept * 1e3, "nothing kept in between", forgotten * 1e3, "ms", None)


def compare_with_xlwings(call_udf: Callable[..., Any]) -> None:
    """One cell, then a range with and without pandas in sight of xlwings."""
    ours, empty = compare_scalar(call_udf)
    report("RETENTION in a cell", ours * 1e6, "an empty function", empty * 1e6, "us", SCALAR_BOUND)
    for pandas, seen in ((pd, "with pandas installed"), (None, "without pandas")):
        let_xlwings_see(pandas)
        ours, bare = compare_range(call_udf)
        label = f"RETENTION of {RANGE_ROWS:,} rows"
        report(label, ours * 1e3, f"numpy through xlwings {seen}", bare * 1e3, "ms", RANGE_BOUND)


def report(ours: str, mine: float, theirs: str, other: float, unit: str, bound: float | None) -> None:
    limit = "" if bound is None else f" (at most {bound})"
    print(f"{ours} {mine:.0f} {unit}, {theirs} {other:.0f} {unit}: ratio {mine / other:.2f}{limit}")


if __name__ == "__main__":
    main()
