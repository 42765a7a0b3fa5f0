"""Python alone: `addin.calls` in an interpreter that finds the standard library and nothing else."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.parity.calls import Answer, Call
from tests.parity.compare import normal

NAME = "Python"
ROOT = Path(__file__).parents[3]
PROGRAM = f"""
import pickle, sys
sys.path.insert(0, {str(ROOT)!r})
from addin.calls import answer
from addin.functions import FUNCTIONS
calls = pickle.load(sys.stdin.buffer)
pickle.dump([answer(FUNCTIONS[name], cells) for name, cells in calls], sys.stdout.buffer)
"""


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    """All calls in one interpreter, started without site-packages."""
    asked = pickle.dumps([(call.function, call.cells) for call in calls])
    command = [sys.executable, "-I", "-S", "-c", PROGRAM]
    run = subprocess.run(command, input=asked, capture_output=True, check=True)
    return [normal(answered) for answered in pickle.loads(run.stdout)]  # noqa: S301  # our own program's
