"""The workbooks as files: what is locked, checked and printed, and that they are the built ones."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

import retention_core as rc
import templates
from addin.functions import FUNCTIONS
from addin.look import INPUT_FILL
from addin.native.spills import _shared_strings
from addin.native.stored import YOUNG_FUNCTIONS
from templates.__main__ import main, same_parts
from templates.inputs import EXAMPLE, Inputs, PeriodRow
from templates.names import NAMES, OWN
from templates.workbook import FILES, write

FOLDER = Path(templates.__file__).parent
DIALECTS = ("plain", "lambda")
DYNAMIC = set(YOUNG_FUNCTIONS) - {"UNICHAR"} | {
    "UNIQUE",
    "TEXTJOIN",
    "IFS",
    "SWITCH",
    "XOR",
    "MAXIFS",
    "CONCAT",
}
INPUTS = {
    "Start here": ("C12", "D12", "E12"),
    "Your periods": ("B3", "E3", "A5", "B5", "C28", "D28"),
    "Benchmark": ("B4", "B5", "B6"),
    "Pareto": ("A9", "B9", "A44"),
}


@pytest.fixture(scope="module", params=DIALECTS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("built") / "book.xlsx", request.param, EXAMPLE, capacity=60)


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder with both workbooks in full size, as the command builds them."""
    folder = tmp_path_factory.mktemp("out") / "new"
    assert main(["build", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def build_is_copying(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks compare with the folder built once, as building takes seconds."""

    def copied(to: Path) -> list[Path]:
        return [Path(shutil.copy(folder / name, to)) for name in FILES.values()]

    monkeypatch.setattr("templates.__main__.build", copied)


def test_the_build_command_writes_both_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES.values())


def test_the_committed_workbooks_are_the_built_ones(folder):
    for name in FILES.values():
        assert same_parts(FOLDER / name, folder / name), f"{name}: run python -m templates build"


def test_a_second_build_in_full_size_passes_the_check(folder, capsys):
    assert main(["build", "--out", str(folder), "--check"]) == 0
    assert capsys.readouterr().err == ""


def test_two_builds_are_the_same_bytes(tmp_path):
    for dialect in DIALECTS:
        one = write(tmp_path / "one.xlsx", dialect, capacity=20).read_bytes()
        same = one == write(tmp_path / "two.xlsx", dialect, capacity=20).read_bytes()
        # pytest would compare the bytes line by line, for minutes
        assert same


def test_input_cells_are_unlocked_and_look_like_inputs(book):
    for sheet, cells in INPUTS.items():
        for cell in cells:
            assert not book[sheet][cell].protection.locked, (sheet, cell)
            assert book[sheet][cell].fill.fgColor.rgb == "FF" + INPUT_FILL.lstrip("#"), (sheet, cell)


def test_every_other_filled_cell_is_locked_without_a_password(book):
    for sheet in book:
        assert sheet.protection.sheet
        assert sheet.protection.password is None
        unlocked = {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked}
        formulas = {c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f"}
        assert not unlocked & formulas
        assert bool(unlocked) == (sheet.title in INPUTS)


def test_rows_below_the_pasted_ones_stay_open_for_pasting(book):
    columns = book["Pareto"].column_dimensions
    assert not columns["A"].protection.locked
    assert not columns["B"].protection.locked
    assert columns["D"].protection.locked


def test_every_input_is_validated_with_a_message(book):
    for sheet, cells in INPUTS.items():
        rules = book[sheet].data_validations.dataValidation
        assert all(rule.error or rule.type == "list" for rule in rules)
        for cell in cells:
            assert any(cell in rule.sqref for rule in rules), (sheet, cell)


def test_the_industry_is_chosen_from_every_industry_with_a_yearly_figure(book):
    rule = next(r for r in book["Benchmark"].data_validations.dataValidation if "B4" in r.sqref)
    sheet, cells = rule.formula1.split("!")
    listed = [row[0].value for row in book[sheet][cells.replace("$", "")]]
    assert listed == list(rc.load_benchmarks().industries())


def test_every_sheet_prints_in_landscape_one_page_wide(book):
    for sheet in book:
        assert sheet.print_area, sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToWidth in (None, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_long_tables_keep_their_headers_in_sight(book):
    for sheet, row in (("Your periods", 4), ("Pareto", 8), ("Data", 4)):
        assert book[sheet].print_title_rows == f"${row}:${row}"
        assert book[sheet].freeze_panes.endswith(str(row + 1))


def test_no_customer_is_compared_by_a_function_that_knows_wildcards(path, cells_of):
    names = {each.name: each.definition for each in NAMES}
    formulas = [cell.formula for cell in cells_of(path)] + list(names.values())
    for formula in formulas:
        assert not re.search(r"\b(COUNTIFS?|SUMIFS|AVERAGEIFS?|VLOOKUP|HLOOKUP|SEARCH)\(", formula)
        assert not re.search(r"\bSUMIF\((?!I)", formula), formula
        for match in re.findall(r"\bMATCH\((.*?),", formula):
            assert '"' not in match


def test_the_plain_dialect_uses_nothing_younger_than_excel_2016(tmp_path, cells_of):
    path = write(tmp_path / "book.xlsx", "plain", EXAMPLE, capacity=20)
    used = {name for cell in cells_of(path) for name in re.findall(r"([A-Z][A-Z.]+)\(", cell.formula)}
    assert used
    assert not used & DYNAMIC
    with zipfile.ZipFile(path) as parts:
        assert not any(b' cm="' in parts.read(name) for name in parts.namelist())
        assert b'definedName name="RETENTION"' not in parts.read("xl/workbook.xml")


def test_there_are_no_links_out_of_the_workbook(path):
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name]
        for name in parts.namelist():
            assert b'TargetMode="External"' not in parts.read(name)


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    inputs = Inputs(
        periods=(PeriodRow("=1+1", 100, 110, 20),),
        sales=(("=cmd|' /c calc'!A1", 3), ("+1", 2), ("-1", 2), ("@SUM(A1)", 1), ("{=1}", 1)),
    )
    for dialect in DIALECTS:
        book = openpyxl.load_workbook(write(tmp_path / "book.xlsx", dialect, inputs, capacity=20))
        cells = [book["Your periods"]["A5"], *(book["Pareto"][f"A{row}"] for row in range(9, 14))]
        assert {cell.data_type for cell in cells} == {"s"}


def test_another_reader_sees_the_cached_values(path):
    book = CalamineWorkbook.from_path(str(path))
    rows = book.get_sheet_by_name("Start here").to_python(skip_empty_area=False)
    assert rows[11][2:6] == [100, 110, 20, 0.9]
    pareto = book.get_sheet_by_name("Pareto").to_python(skip_empty_area=False)
    assert pareto[8][3:5] == ["Grove Hotel", 4425]


def test_the_workbook_opens_on_the_first_sheet_at_the_first_input(book):
    assert book.active.title == "Start here"
    firsts = {"Start here": "C12", "Your periods": "B5", "Benchmark": "B4", "Pareto": "A9"}
    for sheet, cell in firsts.items():
        assert book[sheet].sheet_view.selection[-1].activeCell == cell


def test_each_chart_is_native_and_says_what_it_shows(path):
    with zipfile.ZipFile(path) as parts:
        charts = [name for name in parts.namelist() if re.fullmatch(r"xl/charts/chart\d\.xml", name)]
        drawings = b"".join(
            parts.read(n) for n in parts.namelist() if re.fullmatch(r"xl/drawings/drawing\d\.xml", n)
        )
    assert len(charts) == 3
    assert drawings.count(b"descr=") == 3


def test_the_names_are_the_library_and_two_of_the_workbooks_own(tmp_path):
    path = write(tmp_path / "book.xlsx", "lambda", EXAMPLE, capacity=20)
    with zipfile.ZipFile(path) as parts:
        defined = set(re.findall(r'definedName name="(\w+)"', parts.read("xl/workbook.xml").decode()))
    assert {each.name for each in NAMES} <= defined
    assert {each.name for each in OWN} == {"PARETO_RANKING", "PARETO_LEFT_OUT"}
    assert {name for name, function in FUNCTIONS.items() if function.native} <= defined


def test_no_dynamic_formula_stands_in_merged_cells(book):
    for sheet in book:
        merged = {place for area in sheet.merged_cells.ranges for place in area.cells}
        arrays = {(c.row, c.column) for row in sheet.iter_rows() for c in row if hasattr(c.value, "ref")}
        assert not merged & arrays, sheet.title


def test_counts_show_no_bare_decimal_point(book):
    for cell in ("B5", "E5"):
        assert book["Your periods"][cell].number_format == "#,##0"
    rules = book["Your periods"].conditional_formatting
    assert [rule.dxf.numFmt.formatCode for area in rules for rule in area.rules] == ["#,##0.0###"]


def test_the_paper_says_which_rows_it_shows(book):
    assert book["Pareto"].print_area.endswith("$R$60")
    assert "rows 1 to 60" in book["Pareto"].oddFooter.center.text


def test_texts_of_several_formats_are_refused_where_texts_are_read_by_place():
    rich = '<sst uniqueCount="2"><si><t>a</t></si><si><r><t>b</t></r><r><t>c</t></r></si></sst>'
    with pytest.raises(ValueError, match="several formats"):
        _shared_strings(rich)


def test_the_build_command_says_what_it_wrote(tmp_path, capsys, build_is_copying):
    assert main(["build", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in FILES.values()]


def test_an_unusable_folder_gives_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["build", "--out", str(tmp_path / "file")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("The workbooks cannot be written to")


def test_missing_and_changed_workbooks_fail_the_check(tmp_path, capsys, folder, build_is_copying):
    one, other = FILES.values()
    assert main(["build", "--out", str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().err.count("out of date") == 2
    shutil.copy(folder / one, tmp_path / one)
    shutil.copy(folder / one, tmp_path / other)
    assert main(["build", "--out", str(tmp_path), "--check"]) == 1
    said = capsys.readouterr().err
    assert other in said
    assert said.count("out of date") == 1
