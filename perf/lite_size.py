"""How much xlwings Lite must load for retention-lite.xlsx: Pyodide, packages, and the core inside.

Run `python perf/lite_size.py`. Sizes are those of the packages installed here, for this machine's CPython;
pandas and numpy as built for Pyodide come from the add-in's own index and cannot be measured here. Packages
are counted as installed (files under site-packages, without bytecode) and as a compressed archive of those
files, which comes close to a wheel. With PYODIDE_HOME set (see docs/lite.md) Pyodide itself is measured too.
"""

from __future__ import annotations

import io
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from addin.functions import FUNCTIONS
from addin.lite.build import REQUIREMENTS, WORKBOOK, files_inside, lite_files

MEGABYTE = 1_000_000
RUNTIME = ("pyodide.asm.wasm", "pyodide.asm.mjs", "python_stdlib.zip")


def main() -> None:
    """Print a table in Markdown."""
    print("| what | installed MB | compressed MB |\n|---|---|---|")
    if home := os.environ.get("PYODIDE_HOME"):
        files = [Path(home) / "node_modules" / "pyodide" / name for name in RUNTIME]
        row("Pyodide with its standard library", sum(path.stat().st_size for path in files), packed(files))
    for name in closure(re.split(r"[><=]", line)[0] for line in REQUIREMENTS):
        files = list(package_files(name))
        row(f"{name} {distribution(name).version}", sum(path.stat().st_size for path in files), packed(files))
    workbook = lite_files(FUNCTIONS.values())[WORKBOOK]
    texts = files_inside(workbook)
    row("Python inside the workbook", sum(len(text.encode()) for text in texts.values()), packed_texts(texts))
    print(f"\n{WORKBOOK}: {len(workbook) / MEGABYTE:.2f} MB.")


def row(name: str, installed: int, compressed: int) -> None:
    """Print one line of the table."""
    print(f"| {name} | {installed / MEGABYTE:.2f} | {compressed / MEGABYTE:.2f} |")


def closure(names: Iterable[str]) -> list[str]:
    """The packages and what they need, each once."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in found or not is_installed(name):
            continue
        found[name] = None
        waiting += needed(name)
    return list(found)


def is_installed(name: str) -> bool:
    """Whether the package is there."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def needed(name: str) -> Iterator[str]:
    """What a package needs everywhere: without a condition, or with one on the version of Python."""
    for line in distribution(name).requires or ():
        requirement, _, condition = line.partition(";")
        if not condition or ("python_version" in condition and "extra" not in condition):
            yield re.split(r"[\s><=!~\[(]", requirement.strip())[0].lower()


def package_files(name: str) -> Iterator[Path]:
    """The files of an installed package, without bytecode."""
    for file in distribution(name).files or ():
        path = Path(str(file.locate()))
        if path.is_file() and path.suffix != ".pyc":
            yield path


def packed(files: Iterable[Path]) -> int:
    """The size of an archive of the files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.as_posix())
    return written.tell()


def packed_texts(texts: dict[str, str]) -> int:
    """The size of an archive of the texts."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return written.tell()


if __name__ == "__main__":
    main()
