"""The dependency rule: who may import whom, read from the sources."""

from __future__ import annotations

import ast
import subprocess
import sys
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

# what worksheet functions compute with, in hosts whose Python has no packages; the test at the end asks the
# functions themselves, as focus_values and key_customers import packages where an order log brings arrays.
# The history of snapshots has a store of its own in sqlite, and needs no packages either
STANDARD = [
    "alerts.py", "arguments.py", "changes.py", "cohort_tables.py", "columns.py", "due_tables.py", "errors.py",
    "focus_rules.py", "focus_tables.py", "history.py", "identity.py", "key_overdue.py", "lorenz.py",
    "movements.py", "net_promoter.py", "newton.py", "parsing.py", "projection.py", "purchases.py", "rates.py",
    "repeats.py", "retention_laws.py", "rhythm.py", "rfm_scores.py", "snapshots.py", "special_functions.py",
    "stage_tables.py", "survival.py", "worth.py",
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
    assert imported(ROOT / "retention_core" / name) <= set(sys.stdlib_module_names) | {"retention_core"}


def test_a_python_without_packages_answers_every_example_but_those_that_say_they_need_some() -> None:
    code = """if True:
        import sys
        sys.path.insert(0, sys.argv[1])
        from addin.examples import examples
        from addin.formula_text import evaluate
        from addin.functions import FUNCTIONS
        print(all(
            evaluate(one.formula, FUNCTIONS, one.sheet) is not None
            for function in FUNCTIONS.values() if not function.packages for one in examples(function)
        ))
    """
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("True\n", "")
