"""A function declared once is in every host, the reference and the help: one is added and looked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from addin.lite import build as lite
from addin.windows import xlam
from tests.parity.matrix import HOSTS

ROOT = Path(__file__).parents[2]
ROOMS = ("addin", "retention_core", "tests")
DECLARATION = '''

@FUNCTIONS.declare(
    words=_COUNTS,
    native=native_formula(kept_customers(*_COUNT_NAMES), *_COUNT_GUARDS, numbers=" ".join(_COUNT_NAMES)),
)
def CUSTOMERS_KEPT(start_customers: Count, end_customers: Count, new_customers: Count) -> Count:
    """Customers of the start who are still there at the end.

    Parameters
    ----------
    start_customers
        Customers at the start of the period, above zero.
    end_customers
        Customers at the end of the period, new ones included.
    new_customers
        Customers at the end who were not there at the start.

    Returns
    -------
    A number of customers.

    Examples
    --------
    >>> CUSTOMERS_KEPT(100, 110, 20)
    90.0
    """
    rates.retention_rate(start_customers, end_customers, new_customers)
    return min(end_customers - new_customers, start_customers)
'''
ASK_EVERY_HOST = """
import importlib, json, sys
import pytest
from addin.functions import FUNCTIONS
from tests.parity.generate import calls_for
from tests.parity.matrix import HOSTS, outcome_of
calls, found = calls_for(FUNCTIONS[sys.argv[1]]), {}
for stem in HOSTS:
    try:
        one = outcome_of(importlib.import_module(f"tests.parity.hosts.{stem}"), calls)
        found[stem] = [len(one.asked), [repr(part) for part in one.differences[:3]]]
    except pytest.skip.Exception as missing:
        found[stem] = str(missing)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one more declaration, and nothing else changed; files built in `built`."""
    copy = tmp_path_factory.mktemp("project")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "files"))
    for name in ("LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    with (copy / "addin" / "declared" / "rates.py").open("a", encoding="utf-8") as declared:
        declared.write(DECLARATION)
    run(copy, "-m", "addin", "build", "--out", "built")
    return copy


def run(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_it_is_called_and_listed(project: Path) -> None:
    assert run(project, "-m", "addin", "call", "CUSTOMERS_KEPT", "[100,110,20]") == "90.0\n"
    listed = {one["name"]: one for one in json.loads(run(project, "-m", "addin", "functions", "--json"))}
    described = listed["CUSTOMERS_KEPT"]["args"][0]["description"]
    assert described == "Customers at the start of the period, above zero."


def test_it_is_in_the_files_of_every_host(project: Path) -> None:
    built = project / "built"
    assert "Function CUSTOMERS_KEPT(" in (built / "retention.bas").read_text("ascii")
    assert any(
        "CUSTOMERS_KEPT" in code for code in xlam.modules((built / "retention.xlam").read_bytes()).values()
    )
    assert "def CUSTOMERS_KEPT(" in lite.files_inside((built / "retention-lite.xlsx").read_bytes())["main.py"]
    assert b"CUSTOMERS_KEPT" in (built / "retention.oxt").read_bytes()
    assert "CUSTOMERS_KEPT" in (built / "functions.md").read_text("utf-8")
    assert "Customers of the start who are still there" in (built / "functions.md").read_text("utf-8")


def test_it_is_found_by_the_search_of_the_help(project: Path) -> None:
    search = (
        "from addin.search import find; from addin.functions import FUNCTIONS; "
        "print([function.name for function in find('customers kept', list(FUNCTIONS.values()))][0])"
    )
    assert run(project, "-c", search) == "CUSTOMERS_KEPT\n"


@pytest.mark.host
def test_every_host_answers_it_as_the_core_does(project: Path) -> None:
    found = json.loads(run(project, "-c", ASK_EVERY_HOST, "CUSTOMERS_KEPT").splitlines()[-1])
    assert set(found) == set(HOSTS)
    missing = {host: answer for host, answer in found.items() if isinstance(answer, str)}
    for asked, differences in (answer for host, answer in found.items() if host not in missing):
        assert (asked > 0, differences) == (True, [])
    if missing:
        pytest.skip(f"not asked: {missing}")
