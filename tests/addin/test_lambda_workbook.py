"""The workbook of LAMBDA names as a file, and what its cells show when engines work them out again."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import formulon
import ironcalc
import openpyxl
import pytest

from addin.catalogue import Catalogue
from addin.functions import FUNCTIONS
from addin.kinds import Count, Rate
from addin.native.lambdas import lambdas
from addin.native.spills import mark_spilled
from addin.native.workbook import BANNER, FILE, HEAD_ROW, SHEET, lambda_files
from tests.parity.compare import same
from tests.parity.hosts.lambda_names import without_options

NATIVES = [function for function in FUNCTIONS.values() if function.native]
BOOK = lambda_files(FUNCTIONS.values())[FILE]
Read = Callable[[int, int], Any]


@pytest.fixture(scope="module")
def sheet() -> Any:
    return openpyxl.load_workbook(io.BytesIO(BOOK), data_only=True)[SHEET]


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as parts:
        text = parts.read("xl/workbook.xml").decode()
    return dict(re.findall(r'<definedName name="([A-Z_]+)"[^>]*>(.*?)</definedName>', text))


def by_ironcalc(path: Path) -> Read:
    path.write_bytes(BOOK)
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    return lambda row, column: model.get_cell_value(0, row, column)


def by_formulon(path: Path) -> Read:
    """Formulon takes no optional parameter, so the calls that leave one out are given an empty one."""
    content = without_options(BOOK)
    book = formulon.Workbook.load(content)
    book.recalc()
    return lambda row, column: book.get_value(0, row - 1, column - 1).to_python()


def test_two_builds_are_the_same_bytes() -> None:
    # pytest would compare the bytes line by line, for minutes
    same = lambda_files(list(FUNCTIONS.values())) == {FILE: BOOK}
    assert same


def test_one_sheet_holds_everything() -> None:
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [(SHEET, "visible")]


def test_every_name_is_defined_and_refers_to_that_sheet_alone(names: dict[str, str]) -> None:
    assert {each.name for each in lambdas(FUNCTIONS.values())} <= set(names)
    sheets = {name for text in names.values() for name in re.findall(r"([\w']+)!\$", text)}
    assert {name.strip("'") for name in sheets} == {SHEET}


def test_formulas_of_the_sheet_need_every_name_so_that_a_copy_of_it_takes_all_along(
    names: dict[str, str],
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    cells = (cell.value for row in book[SHEET].iter_rows() for cell in row)
    formulas = [str(getattr(value, "text", value)) for value in cells]
    words = [re.findall(r"\w+", text) for text in formulas if text.startswith("=")]
    needed, texts = set[str](), [word for found in words for word in found]
    while texts:
        name = texts.pop()
        if name in names and name not in needed:
            needed.add(name)
            texts += re.findall(r"\w+", names[name])
    assert needed == set(names)


def test_every_function_is_explained_beside_a_call_of_it(sheet: Any) -> None:
    for row, function in enumerate(NATIVES, start=HEAD_ROW + 1):
        signature, summary, arguments, formula, result, expected = (cell.value for cell in sheet[row][:6])
        assert re.sub("(churn|retention)_share", r"\1", signature) == function.signature
        assert summary == function.summary
        assert all(a.description in arguments for a in function.arguments)
        assert f"{function.name}(" in formula
        # the sixteenth digit of a stored result may be left out
        assert result == (pytest.approx(expected, rel=1e-14) if isinstance(expected, float) else expected)


def test_ironcalc_computes_every_example(sheet: Any, tmp_path: Path) -> None:
    read = by_ironcalc(tmp_path / "book.xlsx")
    for row in range(HEAD_ROW + 1, HEAD_ROW + 1 + len(NATIVES)):
        expected = sheet.cell(row, 6).value
        number = isinstance(expected, int | float)
        assert same(read(row, 5), float(expected) if number else expected), sheet.cell(row, 4).value


def test_formulon_computes_every_example_that_leaves_nothing_out(sheet: Any, tmp_path: Path) -> None:
    read, checked = by_formulon(tmp_path / "book.xlsx"), 0
    for row, function in enumerate(NATIVES, start=HEAD_ROW + 1):
        if function.required == len(function.arguments):
            shown = sheet.cell(row, 6).value
            expected = shown if isinstance(shown, str) else float(shown)
            assert same(read(row, 5), expected), function.name
            checked += 1
    assert checked > 5


def test_the_banner_is_empty_where_lambda_is_known(tmp_path: Path) -> None:
    assert by_ironcalc(tmp_path / "book.xlsx")(4, 1) == ""
    assert by_formulon(tmp_path / "book.xlsx")(4, 1) == ""


@pytest.mark.host
def test_libreoffice_which_knows_no_lambda_shows_the_banner(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice must be installed in CI")
        pytest.skip("LibreOffice is not installed")
    (tmp_path / FILE).write_bytes(BOOK)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "csv", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / FILE)], check=True, capture_output=True, timeout=120)
    assert BANNER in (tmp_path / FILE).with_suffix(".csv").read_text(encoding="utf-8", errors="replace")


def test_names_carry_a_comment_that_excel_shows_while_they_are_typed() -> None:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as parts:
        text = parts.read("xl/workbook.xml").decode()
    comments = dict(re.findall(r'<definedName name="(\w+)" comment="([^"]*)"', text))
    assert comments["GINI"].startswith("GINI(customers, amounts): Gini coefficient")
    assert set(comments) == {each.name for each in lambdas(FUNCTIONS.values())}


def test_the_sheet_prints_one_page_wide_with_its_head_on_every_page(sheet: Any) -> None:
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}"
    assert sheet.freeze_panes == f"B{HEAD_ROW + 1}"


def test_there_are_no_macros_and_no_links_out() -> None:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name]
        assert not any(b'TargetMode="External"' in parts.read(name) for name in parts.namelist())


def test_a_function_declared_later_gets_its_row_and_its_name() -> None:
    catalogue = Catalogue(FUNCTIONS)

    @catalogue.declare(native="start_customers*2")
    def DOUBLED(start_customers: Count) -> Rate:
        """Twice as many.

        Parameters
        ----------
        start_customers
            Customers at the start.

        Examples
        --------
        >>> DOUBLED(21)
        42
        """
        return start_customers * 2

    book = openpyxl.load_workbook(io.BytesIO(lambda_files(catalogue.values())[FILE]), data_only=True)
    assert "DOUBLED" in book.defined_names
    row = [cell.value for cell in book[SHEET][HEAD_ROW + len(NATIVES) + 1][:6]]
    assert row == [
        "DOUBLED(start_customers)",
        "Twice as many.",
        "start_customers: Customers at the start.",
        "=DOUBLED(21)",
        42,
        42,
    ]


def test_text_of_a_spill_is_stored_as_a_formulas_result(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_dynamic_array_formula("A1:A2", '={"17850";"b"}', None, "17850")
        sheet.write_string("A2", "b")
    mark_spilled(path, {1: {"A1", "A2"}})
    with zipfile.ZipFile(path) as parts:
        text = parts.read("xl/worksheets/sheet1.xml").decode()
    assert '<c r="A1" cm="1" t="str">' in text
    assert '<c r="A2" t="str"><v>b</v></c>' in text
