"""The dependency rule: who may import whom, read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOSTS = {"addin", "templates", "app", "app_pages"}
FORBIDDEN = {
    "retention_core": HOSTS | {"streamlit", "xlwings", "altair"},
    "addin": HOSTS - {"addin"} | {"streamlit", "altair"},
    "templates": {"app", "app_pages", "streamlit", "xlwings", "altair"},
    "app_pages": {"xlwings", "app"},
}

# what worksheet functions compute with, in hosts whose Python has no packages
STANDARD = [
    "cohort_tables.py", "columns.py", "errors.py", "identity.py", "lorenz.py", "movements.py", "newton.py",
    "parsing.py", "projection.py", "purchases.py", "rates.py", "repeats.py", "retention_laws.py", "rhythm.py",
    "rfm_scores.py", "special_functions.py", "stage_tables.py", "survival.py",
]  # fmt: skip


def sources(room: str) -> Iterator[Path]:
    yield from sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level packages a file imports, those inside functions and in quotes for typing included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module if node.module and not node.level else path.parent.name)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)}
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("room", FORBIDDEN)
def test_every_room_imports_only_what_it_may(room: str) -> None:
    strangers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(room)
        for name in imported(path) & FORBIDDEN[room]
    }
    assert not strangers


def test_the_check_sees_imports_inside_functions(tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text("def show():\n    from templates.book import build\n    import xlwings.udfs\n")
    assert imported(path) == {"templates", "xlwings"}


@pytest.mark.parametrize("name", STANDARD)
def test_what_cells_compute_needs_the_standard_library_alone(name: str) -> None:
    import sys

    assert imported(ROOT / "retention_core" / name) <= set(sys.stdlib_module_names) | {"retention_core"}
