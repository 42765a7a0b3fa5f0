"""What travels inside a file: the modules that some modules import, and the tables they read."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("addin", "retention_core")
# these make frames and files of results, which no cell asks for, and would bring order logs along
STAYS = frozenset({"retention_core.stages", "retention_core.written_tables"})
_DATA = "retention_core/data"


def travelling_files(starts: Iterable[str], stays: Collection[str] = ()) -> dict[str, str]:
    """Path -> text of the modules that the first ones import, those that stay left out, and of their tables.

    Imports inside functions count, those for type checkers alone do not.

    Examples
    --------
    >>> travelling = travelling_files(["addin.functions"])
    >>> "retention_core/rates.py" in travelling, "retention_core/data/benchmarks.csv" in travelling
    (True, True)
    >>> "addin/lite/build.py" in travelling
    False
    """
    found: dict[str, Path] = {}
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        path = _source_of(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += [parent for parent in _parents(name) if parent not in found]
        waiting += [each for each in _imported(path) if each not in stays]
    texts = {path.relative_to(ROOT).as_posix(): _text(path) for path in found.values()}
    tables = {f"{_DATA}/{name}": _text(ROOT / _DATA / name) for name in _tables(texts.values())}
    return dict(
        sorted({**texts, **tables, f"{_DATA}/__init__.py": _text(ROOT / _DATA / "__init__.py")}.items())
    )


def _source_of(name: str) -> Path | None:
    base = ROOT.joinpath(*name.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _imported(path: Path) -> Iterator[str]:
    for node in _run_nodes(ast.parse(_text(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] in PACKAGES)


def _run_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _run_nodes(child)


def _tables(texts: Iterable[str]) -> list[str]:
    return sorted({name for text in texts for name in re.findall(r'"(\w+\.csv)"', text)})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
