"""The host-by-function matrix of docs/parity.md. Run `python -m tests.parity.matrix` to write it."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import pytest

from addin.functions import FUNCTIONS
from tests.parity.calls import Answer, Call
from tests.parity.compare import TOLERANCE, TOLERANCES, expected, same
from tests.parity.generate import every_call

# other files there serve a host: they run inside its program
HOSTS = sorted(
    path.stem
    for path in (Path(__file__).parent / "hosts").glob("*.py")
    if "\nNAME = " in path.read_text("utf-8")
)
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"

_INTRODUCTION = """\
# The same answer in every host

Written by `python -m tests.parity.matrix`; do not edit. {calls} calls are made from the catalogue: the
examples of each function and others drawn around them, ranges with blank rows and bad elements, blanks,
error cells, and extremes. A cell such as 25/25 says that of 25 calls the host answered 25 as Python does:
numbers to 1e-12 ({looser}), text and sentences to the letter. A number in brackets is a note below: why
some calls cannot be put to the host.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one host answered: differences as (call, wanted, got), and those it cannot be asked, and why.

    `remark` says where the way of asking differs from what people type.
    """

    host: str
    remark: str
    asked: tuple[Call, ...]
    differences: tuple[tuple[Call, Answer, Answer], ...]
    left_out: tuple[tuple[Call, str], ...]


@lru_cache
def outcome(stem: str) -> Outcome:
    """Put every call to one host, all in one batch."""
    return outcome_of(importlib.import_module(f"tests.parity.hosts.{stem}"), every_call())


def outcome_of(host: ModuleType, calls: Sequence[Call]) -> Outcome:
    """Put the calls to a host and compare its answers with the core's."""
    leaves_out = getattr(host, "leaves_out", None)
    reasons = [leaves_out(call) if leaves_out else None for call in calls]
    asked = [call for call, reason in zip(calls, reasons, strict=True) if reason is None]
    wanted = [expected(call) for call in asked]
    with tempfile.TemporaryDirectory() as folder:
        got = host.answers(asked, wanted, Path(folder))
    rows = zip(asked, wanted, got, strict=True)
    return Outcome(
        host.NAME,
        getattr(host, "REMARK", ""),
        tuple(asked),
        tuple(
            (call, want, have)
            for call, want, have in rows
            if not same(want, have, TOLERANCES.get(call.function, TOLERANCE))
        ),
        tuple((call, reason) for call, reason in zip(calls, reasons, strict=True) if reason is not None),
    )


def page(outcomes: Sequence[Outcome]) -> str:
    """The matrix as Markdown, notes below it."""
    notes = {reason: 0 for one in outcomes for _, reason in one.left_out}
    notes = {reason: number for number, reason in enumerate(notes, start=1)}
    lines = [
        _INTRODUCTION.format(
            calls=len(every_call()),
            looser=", ".join(f"those of {name} to {each:.0e}" for name, each in TOLERANCES.items()),
        ),
        f"| function | {' | '.join(one.host for one in outcomes)} |",
        "|---" * (len(outcomes) + 1) + "|",
        *(f"| {name} | {' | '.join(_entry(one, name, notes) for one in outcomes)} |" for name in FUNCTIONS),
        "",
        *(f"{number}. {reason}" for reason, number in notes.items()),
        "",
        *(f"- {one.host}: {one.remark}" for one in outcomes if one.remark),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _entry(one: Outcome, function: str, notes: dict[str, int]) -> str:
    asked = sum(call.function == function for call in one.asked)
    agreed = asked - sum(call.function == function for call, _, _ in one.differences)
    left_out = Counter(reason for call, reason in one.left_out if call.function == function)
    marks = ", ".join(f"{count} left out ({notes[reason]})" for reason, count in left_out.items())
    return f"{agreed}/{asked}" + (f" + {marks}" if marks else "")


def main() -> None:
    """Ask every host and write the page."""
    try:
        outcomes = [outcome(stem) for stem in HOSTS]
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        sys.exit(f"The matrix needs every host: {missing}")
    PAGE.write_text(page(outcomes), encoding="utf-8", newline="\n")
    for one in outcomes:
        print(f"{one.host}: {len(one.asked) - len(one.differences)} of {len(one.asked)} alike")


if __name__ == "__main__":
    main()
