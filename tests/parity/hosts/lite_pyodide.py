"""xlwings Lite in Pyodide itself, under Node: no package but xlwings is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlwings

from addin.functions import FUNCTIONS
from tests.parity.calls import Answer, Call
from tests.parity.hosts.lite import HOST, job, normal

NAME = "xlwings Lite (Pyodide)"
RUNNER = HOST.with_name("lite_in_pyodide.mjs")


def leaves_out(call: Call) -> str | None:
    """Why Pyodide cannot be asked a call."""
    packages = FUNCTIONS[call.function].packages
    if not packages:
        return None
    names = " and ".join(packages)
    return f"{names} built for Pyodide come from its own index only, which the tests do not have."


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    """What each call answers, in the normal form of the parity suite."""
    found = in_pyodide(job(calls), folder)["answers"]
    return [normal(each, expected) for each, expected in zip(found, wanted, strict=True)]


def pyodide_home() -> Path:
    """The folder with node_modules/pyodide that PYODIDE_HOME names; without it, or Node, CI fails."""
    home = Path(os.environ.get("PYODIDE_HOME", ""))
    there = home.name and (home / "node_modules" / "pyodide" / "pyodide.mjs").is_file()
    if there and shutil.which("node"):
        return home
    missing = "Pyodide is not installed: set PYODIDE_HOME to a folder with node_modules/pyodide (and node)"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def in_pyodide(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run a job in Pyodide."""
    home = pyodide_home()
    question, answer, package = folder / "job.json", folder / "result.json", folder / "xlwings.zip"
    question.write_text(json.dumps(asked), encoding="utf-8")
    _zip_xlwings(package)
    command = ["node", str(RUNNER), *map(str, (home, package, HOST, question, answer))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def _zip_xlwings(path: Path) -> None:
    """The installed xlwings as a wheel for any machine would hold it: its Python files."""
    installed = Path(xlwings.__file__).parent
    with zipfile.ZipFile(path, "w") as archive:
        for source in sorted(installed.rglob("*.py")):
            archive.write(source, source.relative_to(installed.parent).as_posix())
