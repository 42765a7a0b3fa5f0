"""Python alone: `addin.calls` in an interpreter that finds the standard library and nothing else.

Calls of functions that need packages go to a second one, which finds them.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from addin.functions import FUNCTIONS
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
    """All calls in two interpreters, the one without site-packages for functions that need no package."""
    return in_turn(calls, _answers)


def in_turn(
    calls: Sequence[Call], answer: Callable[[Sequence[Call], list[str]], list[Answer]]
) -> list[Answer]:
    """The answers of a bare interpreter, and those to calls that need packages of one that has them."""
    needy = [bool(FUNCTIONS[call.function].packages) for call in calls]
    found = {
        needs: iter(answer([call for call, other in zip(calls, needy, strict=True) if other == needs], flags))
        for needs, flags in ((False, ["-I", "-S"]), (True, ["-I"]))
    }
    return [next(found[needs]) for needs in needy]


def _answers(calls: Sequence[Call], flags: list[str]) -> list[Answer]:
    asked = pickle.dumps([(call.function, call.cells) for call in calls])
    command = [sys.executable, *flags, "-c", PROGRAM]
    run = subprocess.run(command, input=asked, capture_output=True, check=True)
    return [normal(answered) for answered in pickle.loads(run.stdout)]  # noqa: S301  # our own program's
