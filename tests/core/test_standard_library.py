"""Every worksheet function answers alike where Python has nothing but its standard library."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from addin.functions import FUNCTIONS

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "pandas", "narwhals", "duckdb", "pyarrow", "scipy", "xlwings"}

REFUSE_OTHERS = """if True:
    import sys

    class OnlyTheStandardLibrary:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] not in {*sys.stdlib_module_names, "retention_core", "addin"}:
                raise ModuleNotFoundError(f"{name} is not in the standard library", name=name)

    sys.path.insert(0, sys.argv[1])
    sys.meta_path.insert(0, OnlyTheStandardLibrary())
"""

# the examples of the docstrings, with every function replaced by a call with cells
ANSWER_EXAMPLES = """if True:
    import datetime, doctest, json, sys
    from addin.calls import answer
    from addin.functions import FUNCTIONS

    def normal(value):
        if isinstance(value, (list, tuple)):
            return [normal(item) for item in value]
        return value.isoformat() if isinstance(value, datetime.date) else value

    def recorder(function, answers):
        def call(*cells):
            cells = [[[item] for item in cell] if isinstance(cell, list) else cell for cell in cells]
            answers.append(answer(function, cells))
            return answers[-1]
        return call

    def of_examples(name):
        answers = []
        names = {other: recorder(FUNCTIONS[other], answers) for other in FUNCTIONS}
        for example in doctest.DocTestParser().get_examples(FUNCTIONS[name].examples):
            exec(compile(example.source, name, "exec"), names)
        return normal(answers)

    answers = {name: of_examples(name) for name in FUNCTIONS}
    answers["BENCHMARKS"] += normal(answer(FUNCTIONS["BENCHMARKS"], [])[:3])
    loaded = sorted({name.partition(".")[0] for name in sys.modules})
"""

TELL = "print(json.dumps([answers, loaded]), file=told)"


@cache
def bare() -> tuple[dict[str, Any], set[str]]:
    """The answers and the modules of a Python that has neither packages nor the right to import any."""
    code = f"{REFUSE_OTHERS}\n    import io; told, sys.stdout = sys.stdout, io.StringIO()\n"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{code}{ANSWER_EXAMPLES}\n{TELL}", str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    answers, loaded = json.loads(run.stdout)
    return answers, set(loaded)


@cache
def usual() -> dict[str, Any]:
    """The answers of this Python, which has the packages."""
    names: dict[str, Any] = {}
    exec(ANSWER_EXAMPLES, names)  # noqa: S102 - the very code the bare Python ran
    found: dict[str, Any] = json.loads(json.dumps(names["answers"]))
    return found


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if not function.packages])
def test_a_function_answers_its_examples_alike_without_any_package(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers, _ = bare()
    assert answers[name] == usual()[name]
    assert answers[name]
    assert not any(isinstance(answered, str) and "our mistake" in answered for answered in answers[name])


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if function.packages])
def test_a_function_that_needs_a_package_names_it_in_one_sentence(name: str) -> None:
    answers, _ = bare()
    package = FUNCTIONS[name].packages[0]
    sentence = f"{name} needs the package {package}, which this Python does not have: run pip install"
    assert all(answered.startswith(sentence) for answered in answers[name])


def test_no_package_is_loaded() -> None:
    _, loaded = bare()
    assert {"addin", "retention_core"} <= loaded
    assert not loaded & HEAVY


def test_the_bare_python_refuses_packages() -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"{REFUSE_OTHERS}\n    import numpy", str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "numpy is not in the standard library" in run.stderr
