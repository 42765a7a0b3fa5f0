"""How long the worksheet functions take to import, and one call takes, each beside its yardstick.

Run `python perf/import_time.py`; everything is measured in one run and printed as ratios, since
seconds differ from machine to machine.
"""

from __future__ import annotations

import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

ROOT = Path(__file__).parents[1]
RUNS = 9
CALLS = 5_000


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


def xlwings_dispatcher() -> Callable[..., object]:
    """xlwings' own call_udf, with what it needs of Windows replaced."""
    import xlwings
    from xlwings.main import Engine

    class Caller:
        def __init__(self, xl: object = None) -> None:
            self.api = xl

    windows = module("xlwings._xlwindows", Range=Caller, is_range_instance=lambda _: False, BOOK_CALLER=None)
    client = module("win32com.client", Dispatch=lambda pointer: pointer)
    stubs = [
        module("pythoncom", CoInitialize=lambda: None),
        module("pywintypes", com_error=OSError),
        module("win32com", client=client),
        client,
        windows,
        module("xlwings.com_server", loop=None),
    ]
    sys.modules.update({stub.__name__: stub for stub in stubs})
    vars(xlwings).update(_xlwindows=windows, com_server=stubs[-1])
    cells = SimpleNamespace(
        name="excel",
        type="desktop",
        clean_value_data=lambda rows, *_: rows,
        prepare_xl_data_element=lambda cell, _: cell,
    )
    xlwings.engines.add(Engine(impl=cells))
    udfs = importlib.import_module("xlwings.udfs")
    vars(xlwings).update(func=udfs.xlfunc, arg=udfs.xlarg, ret=udfs.xlret)
    dispatcher: Callable[..., object] = udfs.call_udf
    return dispatcher


def module(name: str, **attributes: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(attributes)
    return made


def dispatch_seconds(call_udf: Callable[..., object], name: str, home: str) -> float:
    """Seconds of one call through the dispatcher."""
    started = time.perf_counter()
    for _ in range(CALLS):
        call_udf(home, name, (100.0, 110.0, 20.0))
    return (time.perf_counter() - started) / CALLS


def compare_dispatch() -> tuple[float, float]:
    """Median seconds of RETENTION and of an empty function, called in turns."""
    call_udf = xlwings_dispatcher()
    import xlwings

    @xlwings.func
    def empty(start, end, new):  # type: ignore[no-untyped-def]  # noqa: ARG001
        return 0.9

    sys.modules["empty_udfs"] = module("empty_udfs", empty=empty, __file__=__file__)
    homes = {"RETENTION": "addin.xlwings_udfs", "empty": "empty_udfs"}
    for name, home in homes.items():
        call_udf(home, name, (100.0, 110.0, 20.0))
    pairs = [[dispatch_seconds(call_udf, name, home) for name, home in homes.items()] for _ in range(RUNS)]
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(theirs)


def main() -> None:
    """Measure and print."""
    ours, pandas = compare_imports("addin.functions", "pandas")
    print(
        f"import addin.functions {ours * 1e3:.0f} ms, import pandas {pandas * 1e3:.0f} ms: "
        f"ratio {ours / pandas:.2f}"
    )
    sys.path.insert(0, str(ROOT))
    ours, empty = compare_dispatch()
    print(
        f"RETENTION through xlwings' dispatcher {ours * 1e6:.0f} us, an empty function {empty * 1e6:.0f} us: "
        f"ratio {ours / empty:.2f}"
    )


if __name__ == "__main__":
    main()
