"""The command line: what `python -m addin call` prints, every call in one process to save its start."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from addin.cells import Cell
from tests.parity.calls import Answer, Call
from tests.parity.compare import normal
from tests.parity.hosts.python import in_turn

NAME = "command line"
ROOT = Path(__file__).parents[3]
PROGRAM = f"""
import contextlib, io, json, sys
sys.path.insert(0, {str(ROOT)!r})
from addin.__main__ import main
answers = []
for name, cells in json.load(sys.stdin):
    said, refused = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(refused):
        code = main(["call", name, json.dumps(cells)])
    answers.append(refused.getvalue().removesuffix(chr(10)) if code else json.loads(said.getvalue()))
print(json.dumps(answers))
"""


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    """All calls in two interpreters, the one without site-packages for functions that need no package."""
    return in_turn(calls, _answers)


def _answers(calls: Sequence[Call], flags: list[str]) -> list[Answer]:
    asked = json.dumps([(call.function, [as_json(cell) for cell in call.cells]) for call in calls])
    command = [sys.executable, *flags, "-c", PROGRAM]
    run = subprocess.run(command, input=asked, capture_output=True, check=True, encoding="utf-8")
    return [normal(from_json(answered)) for answered in json.loads(run.stdout)]


def as_json(cell: Cell) -> Any:
    """A cell as JSON has it: dates as text."""
    if isinstance(cell, tuple):
        return [as_json(part) for part in cell]
    return cell.isoformat() if isinstance(cell, date) else cell


def from_json(answered: Any) -> Any:
    """An answer with its dates, which JSON has as text."""
    if isinstance(answered, list):
        return [from_json(part) for part in answered]
    is_day = isinstance(answered, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", answered)
    return date.fromisoformat(answered) if is_day else answered
