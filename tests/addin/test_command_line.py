"""`python -m addin`, run as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from addin.__main__ import main
from addin.functions import FUNCTIONS

ROOT = Path(__file__).parents[2]


def addin(*arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "addin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, input=typed)


def refused(*arguments: str, typed: str | None = None) -> str:
    """The one sentence of a call that is refused."""
    run = addin(*arguments, typed=typed)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.endswith("\n")
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr
    return run.stderr.strip()


@pytest.mark.parametrize(
    ("name", "cells", "printed"),
    [
        ("RETENTION", "[100,110,20]", "0.9"),
        ("retention", "[100,110,20]", "0.9"),
        ("RETENTION", "[[[100],[200]], 110, 20]", "[[0.9], [0.45]]"),
        ("NRR", "[1000,150,30,70,null]", "1.05"),
        ("RETENTION", '["#DIV/0!",110,20]', '"#DIV/0!"'),
        ("REPEAT_RATE", '[[["a"],[null],["a"],["b"]]]', "0.5"),
    ],
)
def test_call_prints_json(name: str, cells: str, printed: str) -> None:
    run = addin("call", name, cells)
    assert (run.returncode, run.stdout, run.stderr) == (0, printed + "\n", "")


def test_a_table_is_printed_as_rows_with_dates_as_text_and_blanks_as_null() -> None:
    run = addin("call", "PERIOD_RETENTION", '[[["Ann"]], [["2024-01-05"]], "2024-01-01", "2024-01-31"]')
    header, row = json.loads(run.stdout)
    table = dict(zip(header, row, strict=True))
    assert (table["start"], table["last_day"], table["rate"]) == ("2024-01-01", "2024-01-31", None)


def test_arguments_may_come_from_standard_input() -> None:
    cells = json.dumps([[[number] for number in range(1, 20_001)], 1, 1])
    run = addin("call", "RETENTION", "-", typed=cells)
    assert len(json.loads(run.stdout)) == 20_000


def test_standard_input_that_is_no_text_is_one_sentence() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "addin", "call", "RETENTION", "-"],
        capture_output=True,
        cwd=ROOT,
        check=False,
        input=b'["\xff"]',
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )
    assert (run.returncode, run.stdout) == (1, b"")
    assert run.stderr.decode() == "The arguments are no UTF-8 text: save them as UTF-8.\n"


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("RETENTION", "[0,1,1]", "start_customers must be above zero: with no customers there is nothing to "
         "retain (got 0)."),
        ("RETENTION", "[100,150,20]", "end_customers less new_customers leaves 130 kept customers"),
        ("RETENTION", "[100,110]", "RETENTION takes 3 arguments"),
        ("RETENTON", "[]", 'No function "RETENTON": did you mean RETENTION?'),
        ("\u2603", "[]", "No function"),
        ("RETENTION", "", "The arguments are not JSON"),
        ("RETENTION", "100", "The arguments must be a JSON list"),
        ("RETENTION", "null", "The arguments must be a JSON list such as [100, 110, 20], with ranges as "
         "lists of rows (got null)."),
        ("RETENTION", "[100,110,20", "The arguments are not JSON"),
        ("RETENTION", "[NaN,1,1]", "The arguments must be finite numbers (got NaN)."),
        ("RETENTION", "[-Infinity,1,1]", "The arguments must be finite numbers (got -Infinity)."),
        ("RETENTION", "[1e999,1,1]", "The arguments hold a number that is too large (got 1e999)."),
        ("RETENTION", "[" + "9" * 5000 + ",1,1]", "The arguments hold a number with too many digits."),
        ("RETENTION", "[" * 60_000, "The arguments are nested too deeply"),
        ("RETENTION", '[{"a":1},1,1]', "start_customers must be a number (got {'a': 1})."),
        ("BENCHMARK", '["\\ud800"]', "industry holds a broken character"),
        ("PARETO", '[[["a"]],[["?"],["?"]]]', "customers has 1 row and amounts 2"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_sentence_on_stderr(name: str, cells: str, said: str) -> None:
    assert refused("call", name, cells).startswith(said)


@pytest.mark.parametrize("arguments", [[], ["cal"], ["call"], ["call", "RETENTION"], ["functions", "x"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    run = addin(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr


def test_functions_are_listed_for_people_and_for_programs() -> None:
    assert addin("functions").stdout.startswith("RETENTION(start_customers, end_customers, new_customers)\n")
    listed = json.loads(addin("functions", "--json").stdout)
    assert [function["name"] for function in listed] == list(FUNCTIONS)
    low = next(function for function in listed if function["name"] == "RETENTION_LOW")
    assert low["category"] == "Retention"
    assert low["args"][3] == {
        "name": "confidence",
        "kind": "rate",
        "shape": "value",
        "optional": True,
        "description": FUNCTIONS["RETENTION_LOW"].arguments[3].description,
    }
    assert low["returns"]["kind"] == "rate"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of every host in a new folder, in the order in which the command prints them."""
    folder = tmp_path_factory.mktemp("out") / "deep"
    run = addin("build", "--out", str(folder))
    assert run.returncode == 0
    paths = list(map(Path, run.stdout.splitlines()))
    assert sorted(paths) == sorted(folder.iterdir())
    return paths


@pytest.fixture
def built(printed: list[Path]) -> Path:
    """The folder with the files of every host."""
    return printed[0].parent


def test_build_writes_the_files_of_every_host(built: Path) -> None:
    needed = {
        "functions.md", "retention.bas", "retention.py", "retention.xlam", "retention-lite.xlsx",
        "retention-lambda.xlsx", "retention.ods", "retention.oxt",
    }  # fmt: skip
    assert needed <= {path.name for path in built.iterdir()}


def test_the_files_in_the_project_are_the_built_ones() -> None:
    run = addin("build", "--check")
    assert (run.returncode, run.stderr) == (0, "")


@pytest.fixture
def made_once(printed: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Build from the files already made, as making them takes seconds."""
    made = {path.name: path.read_bytes() for path in printed}
    monkeypatch.setattr("addin.build.host_files", lambda: made)


def test_two_builds_are_alike(made_once: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The project's files are what another process built, see above."""
    assert main(["build", "--check"]) == 0
    assert tuple(capsys.readouterr()) == ("Every file is what the catalogue says.\n", "")


def test_check_names_what_is_missing_or_changed_and_writes_nothing(
    built: Path, tmp_path: Path, made_once: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in built.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "retention.bas").write_bytes(b"old")
    (tmp_path / "retention.oxt").unlink()
    (tmp_path / "retention-lite.xlsx").write_bytes(b"PK no archive")
    workbook = (built / "retention-lambda.xlsx").read_bytes()
    (tmp_path / "retention-lambda.xlsx").write_bytes(workbook[:60] + b"\xff" * 60 + workbook[120:])
    assert main(["build", "--check", "--out", str(tmp_path)]) == 1
    assert [line.partition(" ")[0] for line in capsys.readouterr().err.splitlines()] == [
        "retention.bas", "retention-lite.xlsx", "retention-lambda.xlsx", "retention.oxt",
    ]  # fmt: skip
    assert not (tmp_path / "retention.oxt").exists()


def test_an_archive_packed_otherwise_is_the_same(built: Path, tmp_path: Path, made_once: None) -> None:
    for path in built.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (
        zipfile.ZipFile(built / "retention.oxt") as packed,
        zipfile.ZipFile(tmp_path / "retention.oxt", "w", zipfile.ZIP_DEFLATED) as otherwise,
    ):
        for name in packed.namelist():
            otherwise.writestr(name, packed.read(name))
    assert (tmp_path / "retention.oxt").read_bytes() != (built / "retention.oxt").read_bytes()
    assert main(["build", "--check", "--out", str(tmp_path)]) == 0


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, made_once: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["build", "--out", str(tmp_path / "file")]) == 1
    printed, said = capsys.readouterr()
    assert (printed, said.count("\n")) == ("", 1)
    assert said.startswith("--out cannot be written to")


def test_a_reader_that_stops_early_is_no_error() -> None:
    script = f"{sys.executable} -m addin call BENCHMARKS '[]' | head -c 10"
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (run.stdout, run.stderr) == ('[["industr', "")
