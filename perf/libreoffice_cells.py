"""10,000 cells of a function of retention.oxt against the same cells as native formulas, in LibreOffice.

    python perf/libreoffice_cells.py

fills a sheet with 10,000 rows of counts, puts =RETENTION(A;B;C) beside them and has everything recalculated
five times; then the catalogue's native formula for the same answer, error sentences included; then the
bare (B-C)/A, which checks nothing, for comparison. Medians; the first ratio may be at most 10.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from addin.functions import FUNCTIONS
from addin.libreoffice.build import libreoffice_files
from tests.parity.hosts.calc_session import ask

ROWS = 10_000
ROUNDS = 5
BOUND = 10.0
PATIENCE = 900  # seconds; entering the formulas takes longer than computing them


def native(name: str, columns: Sequence[str], row: int) -> str:
    """The function's native formula over the cells of a row; its sentences show numbers plainly."""
    function = FUNCTIONS[name]
    cells = {a.name: f"{column}{row}" for a, column in zip(function.arguments, columns, strict=True)}
    words = {**cells, "IS_BLANK": "ISBLANK", "IS_NUMBER": "ISNUMBER", "SHOWN": ""}
    parts = re.split(r'("[^"]*")', str(function.native))
    read = [
        part if part.startswith('"') else re.sub(r"\w+", lambda word: words.get(word[0], word[0]), part)
        for part in parts
    ]
    return "=" + "".join(part if part.startswith('"') else part.replace(",", ";") for part in read)


def main() -> int:
    """Measure and print; 1 if the bound is broken."""
    counts = [[100 + row % 900, 110 + row % 900, 20 + row % 50] for row in range(ROWS)]
    ways = {
        "=RETENTION(A;B;C)": [[f"=RETENTION(A{row};B{row};C{row})"] for row in range(1, ROWS + 1)],
        "native formula": [[native("RETENTION", "ABC", row)] for row in range(1, ROWS + 1)],
        "=(B-C)/A": [[f"=(B{row}-C{row})/A{row}"] for row in range(1, ROWS + 1)],
    }
    steps: list[list[Any]] = [["open"], ["fill", f"A1:C{ROWS}", counts]]
    for formulas in ways.values():
        steps += [["formulas", f"D1:D{ROWS}", formulas], ["recalculate"], *[["recalculate"]] * ROUNDS]
        steps += [["values", f"D1:D{ROWS}"]]
    extension = libreoffice_files(FUNCTIONS.values())["retention.oxt"]
    found = [given for given in ask(extension, steps, limit=PATIENCE) if given]
    return show(dict(zip(ways, zip(*[iter(found)] * (ROUNDS + 2), strict=True), strict=True)))


def show(measured: dict[str, tuple[Any, ...]]) -> int:
    """Medians, ratios and whether all ways gave the same figures."""
    answers = [[round(row[0], 12) for row in given[-1]] for given in measured.values()]
    if any(given != answers[0] for given in answers):
        raise SystemExit("the formulas gave different answers")
    medians = {way: statistics.median(given[1:-1]) for way, given in measured.items()}
    first = next(iter(medians.values()))
    for way, seconds in medians.items():
        print(f"{way:20} {seconds * 1000:8.1f} ms  {first / seconds:6.1f}")
    ratio = first / medians["native formula"]
    print(f"{ROWS:,} cells, medians of {ROUNDS}; ratio {ratio:.1f}, bound {BOUND:g}")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
