"""retention.oxt and retention.ods: what is in them, and what a LibreOffice answers and shows."""

from __future__ import annotations

import ast
import csv
import io
import math
import struct
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

import retention_core
from addin.archive import packed, unpacked
from addin.catalogue import Catalogue
from addin.cells import CellError
from addin.functions import FUNCTIONS
from addin.kinds import Count
from addin.libreoffice.build import INSIDE, SERVICE, core_inside, libreoffice_files, renamed
from addin.libreoffice.cells import method_of, written
from addin.libreoffice.sheet import FILE as SHEET_FILE
from addin.libreoffice.sheet import MISSING
from addin.libreoffice.typelibrary import type_library
from addin.travelling import ROOT, STAYS
from tests.parity.hosts.calc_session import ask, require_libreoffice

# what `unoidl-write` of LibreOffice 7.4.7 wrote for the interface below
COMPILED = bytes.fromhex(
    "554e4f49444cff002501000001000000002a2a2043726561746564206279204c696272654f666669636520372e342e372e32"
    "20756e6f69646c2d7772697465202a2a0005010000001b000000636f6d2e73756e2e737461722e756e6f2e58496e74657266"
    "61636500000000000000000200000002000000663103000000616e7902000000000100000061790000800001000000627900"
    "008000000000030000006162637900008002000000000600000063616c6c65721f000000636f6d2e73756e2e737461722e62"
    "65616e732e5850726f70657274795365740085000080790000800000000058526574000001000000e6000000430000006361"
    "6c63000001000000f8000000eb000000726574656e74696f6e0000010000000a010000fd0000006f72670021010000140100"
    "00"
)
OLDER_PYTHON = (3, 8)


def extension() -> bytes:
    return libreoffice_files(FUNCTIONS.values())["retention.oxt"]


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(extension())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_type_library_is_byte_for_byte_what_unoidl_write_makes() -> None:
    methods = {
        "f1": [("a", "any"), ("b", "any")],
        "abc": [("caller", "com.sun.star.beans.XPropertySet"), ("a", "any")],
    }
    comment = "** Created by LibreOffice 7.4.7.2 unoidl-write **"
    assert type_library("org.retention.calc.XRet", methods, comment=comment) == COMPILED


def test_building_twice_gives_the_same_bytes() -> None:
    # pytest would compare the bytes line by line, for minutes
    same = extension() == extension()
    assert same


def test_every_function_has_a_method_and_wizard_texts() -> None:
    inside = parts()
    for function in FUNCTIONS.values():
        assert function.name.lower().encode() in inside["retention.rdb"]
        assert f'<value xml:lang="en">{function.name}</value>'.encode() in inside["CalcAddIns.xcu"]


def test_a_function_declared_tomorrow_is_in_the_extension() -> None:
    catalogue = Catalogue()

    @catalogue.declare()
    def TWICE(customers: Count) -> Count:
        """Twice as many.

        Parameters
        ----------
        customers
            Customers.
        """
        return 2 * customers

    built = libreoffice_files(catalogue.values())["retention.oxt"]
    assert b"TWICE" in built and b"twice" in built
    assert method_of(catalogue["TWICE"])(4.0) == ((8.0,),)


def test_blanks_at_the_end_of_one_range_are_blanks_beside_the_others() -> None:
    starts, ends = ((100.0,), (100.0,), ("",)), ((110.0,), (90.0,), (80.0,))
    won = ((20.0,), ("",), ("",))
    blank = "new_customers is blank: give a number."
    assert method_of(FUNCTIONS["RETENTION"])(starts[:2], ends[:2], won[:2]) == ((0.9,), (blank,))
    assert method_of(FUNCTIONS["RETENTION"])(starts, ends, won)[2] == (
        "start_customers is blank: give a number.",
    )
    names, amounts = (("Ann",), ("Bo",), ("",)), ((1.0,), ("",), ("",))
    ((said,),) = method_of(FUNCTIONS["GINI"])(names, amounts)
    assert said.startswith("amounts, row 2, is blank while customers is filled")


def test_component_parses_on_the_pythons_that_older_libreoffice_brings() -> None:
    source = parts()["retention_component.py"].decode()
    assert ast.parse(source, feature_version=OLDER_PYTHON)
    assert SERVICE in source


def test_component_on_an_older_python_answers_with_one_sentence() -> None:
    namespace: dict[str, Any] = {"__name__": "component"}
    exec(compile(parts()["retention_component.py"], "component", "exec"), namespace)  # noqa: S102
    ((sentence,),) = namespace["too_old"](None)("retention")(100.0, 110.0, 20.0)
    assert sentence.startswith("The retention functions need Python 3.10 or later")
    assert sentence.endswith(".")


def test_version_is_the_cores() -> None:
    assert f'<version value="{retention_core.__version__}"/>'.encode() in parts()["description.xml"]


def test_core_inside_runs_alone_beside_another_package_of_its_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(extension())) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "retention_core.py").write_text("raise RuntimeError('the wrong core')")
    (tmp_path / "addin.py").write_text("raise RuntimeError('the wrong add-in')")
    program = (
        f"import sys; from {INSIDE}.addin.functions import FUNCTIONS as F; "
        f"from {INSIDE}.addin.libreoffice.cells import method_of as m; "
        "print(m(F['BENCHMARK'])('Retail', None), m(F['RETENTION'])(100., 110., 20.)); "
        "print([n for n in sys.modules if n.partition('.')[0] in ('addin', 'retention_core')])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.splitlines() == ["((0.63,),) ((0.9,),)", "[]"]


def test_nothing_inside_imports_more_than_it_brings() -> None:
    inside = core_inside()
    for name, source in inside.items():
        for module in _own_imports(source) if name.endswith(".py") else ():
            if module.removeprefix(f"{INSIDE}.") in STAYS:
                continue
            path = module.replace(".", "/")
            assert f"{path}.py" in inside or f"{path}/__init__.py" in inside, (name, module)


def _own_imports(source: str) -> list[str]:
    tree = ast.parse(source)
    checked = {
        id(n)
        for t in ast.walk(tree)
        if isinstance(t, ast.If) and ast.unparse(t.test) == "TYPE_CHECKING"
        for n in ast.walk(t)
    }
    return [
        str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and str(node.module).startswith(INSIDE)
        and id(node) not in checked
    ]


def test_a_plain_import_of_the_core_is_refused() -> None:
    with pytest.raises(ValueError, match="import addin or retention_core with `from`"):
        renamed("import retention_core.rates")


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    function = FUNCTIONS["BENCHMARK"]

    def call(*_: object) -> object:
        raise ModuleNotFoundError("No module named 'pandas'", name="pandas")

    monkeypatch.setattr("addin.libreoffice.cells.call", call)
    ((sentence,),) = method_of(function, "/home/ann/packages")("Retail", None)
    assert sentence.startswith("BENCHMARK needs pandas, which LibreOffice's Python ")
    assert 'pip install --target "/home/ann/packages" pandas, then restart LibreOffice.' in sentence


def test_dates_count_from_the_documents_day_0() -> None:
    day = SimpleNamespace(Year=1904, Month=1, Day=1)
    document = SimpleNamespace(getPropertyValue=lambda name: day if name == "NullDate" else None)
    start = float((date(2024, 2, 1) - date(1904, 1, 1)).days)
    table = method_of(FUNCTIONS["PERIOD_RETENTION"])(
        document, (("Ann",), ("Bo",)), ((start - 20,), (start + 3,)), start, start + 28, None, None
    )
    assert table[1][:2] == (start, start + 28)
    assert dict(zip(*table, strict=True))["lost"] == 1.0


def test_a_number_that_is_an_error_is_never_computed_with() -> None:
    error = written(CellError("#DIV/0!"))
    assert math.isnan(error)
    for function in ("RETENTION", "NRR"):
        cells = [error, *[0.0] * (len(FUNCTIONS[function].arguments) - 1)]
        ((given,),) = method_of(FUNCTIONS[function])(*cells)
        assert struct.pack("<d", given) == struct.pack("<d", error)


def test_numbers_take_the_short_way_to_the_same_answer_as_the_long_one() -> None:
    short, long = method_of(FUNCTIONS["RETENTION_LOW"]), FUNCTIONS["RETENTION_LOW"].call
    assert short(100.0, 110.0, 20.0, None) == (
        (long(start_customers=100, end_customers=110, new_customers=20, confidence=0.95),),
    )
    assert short(100.0, "110", 20.0, None) == short(100.0, 110.0, 20.0, 0.95)


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """One LibreOffice asked everything, by the words of the question."""
    require_libreoffice()
    questions: dict[str, list[list[Any]]] = {
        "setup": [
            ["open"],
            ["fill", "A1:B4", [["Ann", 50], ["Bo", 20], ["Ann", 30], ["", ""]]],
            ["formula", "C1", "=1/0"],
        ],
        "typed": [["formula", "E1", "=RETENTION(100;110;20)"], ["read", "E1"]],
        "stored": [["read_formula", "E1"]],
        "error": [["formula", "E2", "=RETENTION(C1;110;20)"], ["read", "E2"]],
        "error in a range": [["formula", "E3", "=GINI(A1:A3;C1:C3)"], ["read", "E3"]],
        "sentence": [["formula", "E4", "=RETENTION(0;1;1)"], ["read", "E4"]],
        "empty argument": [["formula", "E5", "=RETENTION(;110;20)"], ["read", "E5"]],
        "whole columns": [["formula", "E6", "=GINI(A:A;B:B)"], ["read", "E6"]],
        "inside other formulas": [
            ["formula", "E7", '=IF(RETENTION(100;110;20)>0.5;"good";"bad")'],
            ["read", "E7"],
        ],
        "computed column": [["array", "E8", "=GINI(A1:A3;B1:B3*2)"], ["read", "E8"]],
        "error in a computed column": [["array", "E9", "=GINI(A1:A3;1/(B1:B3-50))"], ["read", "E9"]],
        "inline": [["array", "G1:G2", "=RETENTION({100|200};110;20)"], ["read", "G1:G2"]],
        "extension": [["extension", "org.retention.calc"]],
        **{name: [["wizard", name]] for name in FUNCTIONS},
    }
    steps = [step for asked in questions.values() for step in asked]
    given = iter(ask(extension(), steps))
    return {question: [next(given) for _ in asked][-1] for question, asked in questions.items()}


@pytest.mark.host
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("typed", [[0.9]]),
        ("error", [[["error", "#DIV/0!"]]]),
        ("error in a range", [[["error", "Err:504"]]]),
        (
            "sentence",
            [["start_customers must be above zero: with no customers there is nothing to retain (got 0)."]],
        ),
        ("empty argument", [["start_customers is blank: give a number."]]),
        ("inside other formulas", [["good"]]),
        ("error in a computed column", [[["error", "#DIV/0!"]]]),
        ("inline", [[0.9], [0.45]]),
        ("stored", f"={SERVICE.upper()}.RETENTION(100;110;20)"),
    ],
)
def test_libreoffice_shows(shown: dict[str, Any], question: str, answer: object) -> None:
    assert shown[question] == answer


@pytest.mark.host
@pytest.mark.parametrize("question", ["whole columns", "computed column"])
def test_libreoffice_reads_columns(shown: dict[str, Any], question: str) -> None:
    assert shown[question][0][0] == pytest.approx(0.3, abs=1e-12)


@pytest.mark.host
@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_the_wizard_shows_the_catalogues_words(shown: dict[str, Any], name: str) -> None:
    function = FUNCTIONS[name]
    wizard = shown[name]
    assert (wizard["Name"], wizard["Description"]) == (name, function.summary)
    assert [part[:2] for part in wizard["Arguments"]] == [[a.name, a.description] for a in function.arguments]


@pytest.mark.host
def test_the_extension_manager_shows_name_and_version(shown: dict[str, Any]) -> None:
    name, version, about = shown["extension"]
    assert (name, version) == ("Retention functions", retention_core.__version__)
    assert about.startswith("Worksheet functions for customer retention: RETENTION, ")


@pytest.mark.host
@pytest.mark.parametrize(
    ("ending", "kind"),
    [("ods", "calc8"), ("fods", "OpenDocument Spreadsheet Flat XML"), ("xlsx", "Calc MS Excel 2007 XML")],
)
def test_a_saved_workbook_computes_again_when_reopened(ending: str, kind: str) -> None:
    require_libreoffice()
    steps: list[list[Any]] = [
        ["open"],
        ["fill", "A1:C1", [[100, 110, 20]]],
        ["formula", "D1", "=RETENTION(A1;B1;C1)"],
        ["save", f"HERE/kept.{ending}", kind],
        ["open", f"HERE/kept.{ending}"],
        ["read", "D1"],
        ["fill", "A1", [[200]]],
        ["read", "D1"],
    ]
    *_, before, _, after = ask(extension(), steps)
    assert (before, after) == ([[0.9]], [[0.45]])


@pytest.mark.host
def test_a_document_that_counts_from_1904_has_its_own_dates() -> None:
    require_libreoffice()
    start = (date(2024, 2, 1) - date(1904, 1, 1)).days
    steps: list[list[Any]] = [
        ["open", "private:factory/scalc", [1904, 1, 1]],
        ["fill", "A1:B2", [["Ann", start - 20], ["Bo", start + 3]]],
        ["array", "D1:Q2", f"=PERIOD_RETENTION(A1:A2;B1:B2;{start};{start + 28})"],
        ["read", "D2:K2"],
    ]
    assert ask(extension(), steps)[-1] == [[start, start + 28, 1, 1, 1, 0, 1, 0]]


@pytest.mark.host
def test_in_the_sheet_of_examples_every_result_is_what_it_must_show_and_the_banner_is_empty() -> None:
    require_libreoffice()
    built = libreoffice_files(FUNCTIONS.values())
    # a wrong saved value must not pass for a result
    content = unpacked(built[SHEET_FILE])
    content["content.xml"] = content["content.xml"].replace(b'office:value="0.9"', b'office:value="7"', 1)
    results = f"D5:E{4 + len(FUNCTIONS)}"
    steps: list[list[Any]] = [
        ["open", f"HERE/{SHEET_FILE}"],
        ["recalculate"],
        ["read", "A2"],
        ["read", results],
    ]
    files = {SHEET_FILE: packed(content, compressed=False)}
    *_, banner, rows = ask(built["retention.oxt"], steps, files=files)
    assert banner == [[""]]
    for result, expected in rows:
        assert result == (pytest.approx(expected, abs=1e-12) if isinstance(expected, float) else expected)


@pytest.mark.host
def test_without_the_extension_the_sheet_of_examples_says_what_to_do(tmp_path: Path) -> None:
    require_libreoffice()
    (tmp_path / SHEET_FILE).write_bytes(libreoffice_files(FUNCTIONS.values())[SHEET_FILE])
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", tmp_path, tmp_path / SHEET_FILE],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / SHEET_FILE).with_suffix(".csv").open(encoding="utf-8") as lines:
        shown = list(csv.reader(lines))
    assert shown[1][0] == MISSING
    assert [row[0].partition("(")[0] for row in shown[4:]] == list(FUNCTIONS)
    assert all(row[3] == row[4] for row in shown[4:])


def test_the_sheet_of_examples_is_a_document_as_its_format_asks() -> None:
    built = libreoffice_files(FUNCTIONS.values())[SHEET_FILE]
    with zipfile.ZipFile(io.BytesIO(built)) as archive:
        first, *rest = archive.infolist()
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
        listed = ElementTree.fromstring(archive.read("META-INF/manifest.xml"))  # noqa: S314  # our own
        paths = {value for entry in listed for key, value in entry.items() if key.endswith("full-path")}
        assert paths == {"/", *(part.filename for part in rest)} - {"META-INF/manifest.xml"}
        for part in rest:
            assert ElementTree.fromstring(archive.read(part)) is not None  # noqa: S314


def test_the_licence_travels_with_the_core() -> None:
    assert parts()["LICENSE"].decode() == (ROOT / "LICENSE").read_text()
