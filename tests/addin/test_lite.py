"""retention-lite.xlsx: its files are taken out again and run behind xlwings' own dispatcher.

Excel itself is not tried here: that it opens the workbook, registers the functions and shows the buttons.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import os
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings

from addin.calls import answer
from addin.catalogue import CATEGORY, Argument, Function
from addin.examples import example_in_cells
from addin.formula_text import read_formula
from addin.functions import FUNCTIONS
from addin.kinds import Count
from addin.lite.build import (
    BUNDLE,
    REQUIREMENTS,
    WORKBOOK,
    bundled_main,
    files_inside,
    lite_files,
    main_text,
    source_text,
    travelling,
)
from addin.lite.calls import lacking, worksheet_answer
from addin.lite.pen import MISSING, MISSING_BRIEFLY
from addin.lite.scripts import LOG_HEADER, STATUS, TABLE_HEADER, order_log, pareto_table, period_table
from addin.lite.workbook import BUTTON_ROW, BUTTONS
from retention_core.errors import RetentionError
from tests.parity.calls import Call
from tests.parity.compare import normal as normal_form
from tests.parity.compare import same
from tests.parity.hosts.lite import in_cpython, job, workbook_files
from tests.parity.hosts.lite_pyodide import in_pyodide

ROOT = Path(__file__).parents[2]
# what the project uses elsewhere and Lite is not asked to load
ELSEWHERE = (
    "altair", "duckdb", "fastexcel", "openpyxl", "polars", "pyarrow", "python_calamine", "scipy", "streamlit",
    "xlsxwriter",
)  # fmt: skip
HEAVY = ("pandas", "numpy", "narwhals", *ELSEWHERE)

COUNTS = [
    ["Client", "Order date", "Revenue"],
    ["=cmd|'/c calc'!A1", "2024-01-05T00:00:00.000Z", 60],
    ["+1", "2024-01-09T00:00:00.000Z", 25],
    ["00123", "2024-01-10T00:00:00.000Z", 10],
    ["=cmd|'/c calc'!A1", "2024-02-07T00:00:00.000Z", 40],
    ["", "", ""],
    ["", "2024-02-08T00:00:00.000Z", 12],
    ["#REF!", "2024-02-09T00:00:00.000Z", 13],
    ["+1", "2024-03-31T00:00:00.000Z", 5],
]
TWO_MONEYS = [["Customer", "Date", "Amount", "Currency"], ["Ann", 45296, 60, "EUR"], ["Bo", 45300, 40, "USD"]]
DRAW = random.Random(1)
ORDERS = [[f"C{DRAW.randrange(9_000)}", 45_000 + DRAW.randrange(700), 12.5] for _ in range(60_000)]
MANY = [["Customer", "Date", "Amount"], *ORDERS, *[["", "", ""]] * 90_000]
NOTHING: list[list[Any]] = []
UNKNOWN = [["a", "b"], [1, 2], [3, 4]]
UNPRICED = [["Customer", "Date"], ["Ann", "2024-01-05T00:00:00.000Z"]]
SCRIPTS = ("fill_periods", "refresh_pareto")
LOGS = {
    "counts": COUNTS, "nothing": NOTHING, "unknown": UNKNOWN, "unpriced": UNPRICED,
    "two moneys": TWO_MONEYS, "header": UNPRICED[:1],
}  # fmt: skip


def book_with(
    log: list[list[Any]], sheets: tuple[str, ...] = ("Start", "Orders", "Periods", "Pareto")
) -> Any:
    """The workbook as the add-in hands it to a script that asked for the sheet Orders alone."""
    width = max([3, *map(len, log)])
    above = [[""] * width for _ in range(LOG_HEADER - 1)]
    values = {name: [[]] for name in sheets} | {"Orders": above + log}
    return {
        "client": "Office.js",
        "version": xlwings.__version__,
        "book": {"name": WORKBOOK, "active_sheet_index": 0, "selection": "A1"},
        "names": [],
        "sheets": [{"name": name, "values": values[name], "pictures": [], "tables": []} for name in sheets],
    }


THREE_COUNTS = Call("RETENTION", (100.0, 110.0, 20.0), "ordinary")
ODD = {
    "sentence": ["RETENTION", [[[0]], [[110]], [[20]]]],
    "spilled sentence": ["RETENTION", [[[100], [None], [0]], [[110]], [[20]]]],
    "error cell": ["RETENTION", [[[{"type": "Error", "basicValue": "#N/A"}]], [[110]], [[20]]]],
    "unknown error": ["RETENTION", [[[{"type": "Error", "basicValue": "#BUSY!"}]], [[110]], [[20]]]],
    "blank": ["RETENTION", [[[None]], [[110]], [[20]]]],
    "row": ["RETENTION", [[[100, 200]], [[110]], [[20]]]],
    "formatted": ["CUSTOMER_LIFETIME", [[[{"type": "FormattedNumber", "basicValue": 0.2}]]]],
    "whole number like an error code": ["CUSTOMER_LIFETIME", [[[-2146826281]]]],
    "left out": ["PARETO_SHARE", [[["a"], ["b"]], [[3], [1]], None]],
    "day": ["PERIOD_RETENTION", [[["Ann"]], [[45300]], [[45292]], [[45322]], None, None]],
    "needs packages": ["CLV", [[["Ann"], ["Ann"]], [[45300], [45310]], [[5], [7]], None]],
    "not lived": ["COHORTS", [[["Ann"], ["Bo"]], [[45300], [45350]], None, None, None]],
}


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    return lite_files(FUNCTIONS.values())


@pytest.fixture(scope="module")
def asked() -> dict[str, Any]:
    scripts = [[script, book_with(log)] for log in LOGS.values() for script in SCRIPTS]
    lost = [
        ["fill_periods", book_with(COUNTS, ("Periods",))],
        ["fill_periods", book_with(COUNTS, ("Orders",))],
    ]
    return job() | {"calls": list(ODD.values()), "scripts": [*scripts, *lost]}


@pytest.fixture(scope="module")
def cpython(asked: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that Lite loads and nothing else."""
    return in_cpython(asked | {"blocked": ELSEWHERE}, tmp_path_factory.mktemp("cpython"))


@pytest.fixture(scope="module")
def pyodide(asked: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return in_pyodide(asked, tmp_path_factory.mktemp("pyodide"))


@pytest.fixture(params=["cpython", pytest.param("pyodide", marks=pytest.mark.host)])
def ran(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The job as each of the two hosts did it."""
    done: dict[str, Any] = request.getfixturevalue(request.param)
    return done


def odd(ran: dict[str, Any], name: str) -> Any:
    return ran["answers"][list(ODD).index(name)]


def actions(ran: dict[str, Any], script: str, log: str) -> list[dict[str, Any]]:
    place = list(LOGS).index(log) * len(SCRIPTS) + SCRIPTS.index(script)
    done: list[dict[str, Any]] = ran["scripts"][place]["actions"]
    return done


def values_at(done: list[dict[str, Any]], row: int, column: int = 1) -> Any:
    """What a script writes at a place, last of all."""
    written = [each for each in done if each["func"] == "setValues"]
    return next(
        each["values"]
        for each in reversed(written)
        if (each["start_row"], each["start_column"]) == (row - 1, column - 1)
    )


def status(done: list[dict[str, Any]]) -> str:
    text: str = values_at(done, int(STATUS[1:]), 2)[0][0]
    return text


# the functions


def test_what_makes_no_sense_is_an_error_with_one_sentence(ran: dict[str, Any]) -> None:
    nobody = "start_customers must be above zero: with no customers there is nothing to retain (got 0)."
    assert odd(ran, "sentence") == {"error": nobody}
    assert odd(ran, "spilled sentence") == [[0.9], [""], [nobody]]


def test_an_error_cell_is_passed_on_as_an_error_cell(ran: dict[str, Any]) -> None:
    assert odd(ran, "error cell") == [[{"type": "Error", "errorType": "NotAvailable"}]]
    assert odd(ran, "unknown error") == [[{"type": "Error", "errorType": "Value"}]]


def test_a_blank_is_no_zero_and_a_row_spills_as_a_row(ran: dict[str, Any]) -> None:
    assert odd(ran, "blank") == {"error": "start_customers is blank: give a number."}
    assert odd(ran, "row") == [[0.9, 0.45]]


def test_numbers_arrive_as_numbers_whatever_they_look_like(ran: dict[str, Any]) -> None:
    assert odd(ran, "formatted") == [[5.0]]
    assert "(got -2146826281)" in odd(ran, "whole number like an error code")["error"]


def test_an_optional_argument_may_be_left_out(ran: dict[str, Any]) -> None:
    assert odd(ran, "left out") == [[pytest.approx(0.3)]]


def test_a_day_goes_back_as_a_date_of_the_sheet(ran: dict[str, Any]) -> None:
    header, row = odd(ran, "day")
    figures = dict(zip(header, row, strict=True))
    assert figures["start"] == {"type": "FormattedNumber", "basicValue": 45292, "numberFormat": "m/d/yyyy"}
    assert figures["rate"] == ""


def test_a_cell_not_yet_lived_goes_back_blank(ran: dict[str, Any]) -> None:
    assert odd(ran, "not lived")[1:] == [["2024-01", 1, 1, ""], ["2024-02", 1, "", ""]]


@pytest.mark.host
def test_in_pyodide_without_numpy_clv_names_it(pyodide: dict[str, Any]) -> None:
    assert odd(pyodide, "needs packages") == {"error": lacking("CLV", ModuleNotFoundError(name="numpy"))}


@pytest.mark.host
def test_in_pyodide_every_function_runs_on_the_standard_library(pyodide: dict[str, Any]) -> None:
    assert pyodide["pyodide"].startswith("314.")
    assert not set(HEAVY) & set(pyodide["loaded"])
    assert pyodide["core"].startswith("/tmp/retention-")  # noqa: S108  # in the memory of the add-in


def test_the_core_that_runs_is_the_one_inside_the_workbook(cpython: dict[str, Any]) -> None:
    assert not cpython["core"].startswith(str(ROOT))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_excel_is_told_the_catalogues_words(ran: dict[str, Any], name: str) -> None:
    [told] = [each for each in ran["functions"]["functions"] if each["name"] == name]
    function = FUNCTIONS[name]
    assert told["description"] == function.summary
    assert [(each["name"], each["description"], "optional" in each) for each in told["parameters"]] == [
        (argument.name, argument.description, argument.optional) for argument in function.arguments
    ]
    assert ran["functions"]["allowErrorForDataTypeAny"] is True


def test_all_functions_and_no_others_are_offered(ran: dict[str, Any]) -> None:
    assert {each["name"] for each in ran["functions"]["functions"]} == set(FUNCTIONS)


def test_rates_load_without_pandas(tmp_path: Path) -> None:
    for name, text in workbook_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    # xlwings itself imports pandas wherever it is installed
    (tmp_path / "xlwings.py").write_text(
        "class Book: ...\ndef func(f): return f\n"
        "def arg(*_, **__): return func\ndef script(**_): return func\n"
    )
    probe = (
        "import sys, main; print(main.RETENTION(100, 110, 20), sorted(set(sys.modules) & set(sys.argv[1:])))"
    )
    command = [sys.executable, "-c", probe, *HEAVY]
    env = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0.9 []"


def test_main_may_be_run_again_and_again(tmp_path: Path) -> None:
    files = workbook_files()
    twice = files | {
        "main.py": files["main.py"]
        + "\n\nexec(compile(open(__file__).read().partition('\\n\\nexec')[0], 'm', 'exec'))\n"
    }
    done = in_cpython(job([THREE_COUNTS], files=twice), tmp_path)
    assert done["answers"] == [[[0.9]]]


def test_the_bundle_needs_no_other_file(built: dict[str, bytes], tmp_path: Path) -> None:
    asked = job([THREE_COUNTS], scripts=[["fill_periods", book_with(COUNTS)]])
    done = in_cpython(asked | {"files": {"main.py": built[BUNDLE].decode()}}, tmp_path)
    assert done["answers"] == [[[0.9]]]
    assert status(done["scripts"][0]["actions"]) == "'Filled: 3 rows."


def test_a_function_declared_tomorrow_is_written_out() -> None:
    def TOMORROW(count: Count, more: Count = 2) -> Count:
        return count + more

    kind = FUNCTIONS["CHURN"].arguments[0].kind
    arguments = (Argument("count", kind, 'Any "count".'), Argument("more", kind, "More.", 2))
    new = Function("TOMORROW", CATEGORY, 'A "new" one.', "", arguments, kind, "", "", TOMORROW)
    [wrapper] = [node for node in ast.parse(main_text([new])).body if getattr(node, "name", "") == "TOMORROW"]
    assert isinstance(wrapper, ast.FunctionDef)
    assert ast.get_docstring(wrapper) == 'A "new" one.'
    assert ast.unparse(wrapper.args) == "count, more=None"
    assert 'Any "count".' in ast.unparse(wrapper.decorator_list[1])


def test_a_missing_package_and_a_mistake_of_ours_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: float) -> float:
        raise KeyError("lost\nfor ever")

    def unpacked(*_: float) -> float:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr("retention_core.rates.retention_rate", unpacked)
    with pytest.raises(
        RetentionError, match=re.escape("RETENTION needs the package scipy: add scipy to req")
    ):
        worksheet_answer("RETENTION", 100, 110, 20)
    monkeypatch.setattr("retention_core.rates.retention_rate", broken)
    with pytest.raises(RetentionError, match=r"RETENTION failed, which is our mistake: KeyError: .*for ever"):
        worksheet_answer("RETENTION", 100, 110, 20)


# the buttons


def core_log() -> Any:
    rows = [[None if cell in ("", "#REF!") else cell for cell in row] for row in COUNTS]
    return order_log([[day(cell) for cell in row] for row in rows])


def day(cell: Any) -> Any:
    return dt.datetime.fromisoformat(cell[:-1]) if str(cell).endswith("Z") else cell


def test_the_period_button_writes_the_cores_table(cpython: dict[str, Any]) -> None:
    done = actions(cpython, "fill_periods", "counts")
    table = values_at(done, TABLE_HEADER + 1)
    assert [row[:8] for row in table] == [
        [45292, 45322, 0, 3, 0, 0, 0, 3],
        [45323, 45351, 3, 0, 0, 2, 1, 1],
        [45352, 45382, 1, 0, 1, 1, 0, 1],
    ]
    wanted = period_table(core_log()).rows
    assert [[cell or 0 for cell in row] for row in table] == [[cell or 0 for cell in row] for row in wanted]
    assert table[0][8:] == ["", "", "", "no"]
    assert status(done) == "'Filled: 3 rows."


def test_the_pareto_button_writes_names_that_cannot_become_formulas(cpython: dict[str, Any]) -> None:
    table = values_at(actions(cpython, "refresh_pareto", "counts"), TABLE_HEADER + 1)
    assert [row[0] for row in table] == ["'=cmd|'/c calc'!A1", "'+1", "'00123"]
    assert table == [[pytest.approx(cell) for cell in row] for row in pareto_table(core_log()).rows]


def test_what_is_set_aside_is_said_beside_the_table(cpython: dict[str, Any]) -> None:
    said = values_at(actions(cpython, "fill_periods", "counts"), 7, 2)[0][0]
    assert said.startswith('\'5 of 7 rows used; set aside: no customer 2. Customer is read from "Client".')
    reason = values_at(actions(cpython, "fill_periods", "counts"), 6, 2)[0][0]
    assert reason == f"'{period_table(core_log()).summary}"


def test_sixty_thousand_rows_in_a_column_selected_far_below_them_are_all_used(tmp_path: Path) -> None:
    done = in_cpython(job(scripts=[["refresh_pareto", book_with(MANY)]]), tmp_path)["scripts"][0]["actions"]
    customers = len({customer for customer, *_ in ORDERS})
    assert values_at(done, 7, 2)[0][0].startswith("'60,000 of 60,000 rows used.")
    assert status(done) == f"'Filled: {customers:,} rows."
    assert len(values_at(done, TABLE_HEADER + 1)) == customers


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_old_table_goes_first_and_the_status_comes_last(cpython: dict[str, Any], script: str) -> None:
    done = actions(cpython, script, "counts")
    first, *_, last = done
    assert (first["func"], first["start_row"], first["start_column"]) == (
        "rangeClearContents",
        TABLE_HEADER,
        0,
    )
    assert first["start_row"] + first["row_count"] == 1_048_576
    assert last["values"][0][0].startswith("'Filled")
    unfinished = next(each["values"][0][0] for each in done if each["func"] == "setValues")
    assert unfinished == "'Not finished: press the button again."


@pytest.mark.parametrize(
    ("script", "log", "sentence"),
    [
        ("fill_periods", "nothing", "Orders holds no log: paste one, its header in row 6."),
        ("refresh_pareto", "nothing", "Orders holds no log: paste one, its header in row 6."),
        ("fill_periods", "unknown", "customer"),
        ("refresh_pareto", "unpriced", "amount"),
        ("refresh_pareto", "header", "Orders holds no log: paste one, its header in row 6."),
        ("refresh_pareto", "two moneys", "The amounts are in more than one currency"),
    ],
)
def test_a_log_of_no_use_leaves_no_table_and_one_sentence(
    cpython: dict[str, Any], script: str, log: str, sentence: str
) -> None:
    clear, *said = actions(cpython, script, log)
    assert clear["func"] == "rangeClearContents"
    assert sentence in said[0]["values"][0][0]
    assert said[0]["values"][0][0].endswith(".")
    assert [each["values"][0][0] for each in said[1:]] == ["", ""]


def test_a_missing_sheet_is_named(cpython: dict[str, Any]) -> None:
    no_orders, no_periods = cpython["scripts"][-2:]
    sentence = 'The workbook has no sheet "{}": give the sheet its name back.'
    assert status(no_orders["actions"]) == "'" + sentence.format("Orders")
    assert no_periods == {"error": sentence.format("Periods")}


@pytest.mark.host
@pytest.mark.parametrize("script", SCRIPTS)
def test_without_pandas_a_button_names_it(pyodide: dict[str, Any], script: str) -> None:
    sheet = {"fill_periods": "Periods", "refresh_pareto": "Pareto"}[script]
    said = status(actions(pyodide, script, "counts"))
    assert said == "'" + lacking(f"The sheet {sheet}", ModuleNotFoundError(name="pandas"))


def test_columns_without_a_name_and_days_as_numbers_are_read() -> None:
    log = order_log(
        [["Customer", None, "Date"], ["Ann", "x", 45322.0], [17850.0, None, dt.datetime(2024, 1, 1)]]
    )
    assert (log.customers, log.first_day, log.last_day) == (2, dt.date(2024, 1, 1), dt.date(2024, 1, 31))


# the workbook


def test_the_same_bytes_each_time(built: dict[str, bytes]) -> None:
    # pytest would compare the bytes line by line, for minutes
    same = lite_files(FUNCTIONS.values()) == built
    assert same


def test_the_add_in_is_declared_as_the_package_format_asks(built: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(built[WORKBOOK])) as archive:
        assert archive.testzip() is None
        parts = {
            name: archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
        }
    for part in ("taskpanes", "webextension1"):
        assert f'PartName="/xl/webextensions/{part}.xml"' in parts["[Content_Types].xml"]
    assert 'Target="xl/webextensions/taskpanes.xml"' in parts["_rels/.rels"]
    assert 'Target="webextension1.xml"' in parts["xl/webextensions/_rels/taskpanes.xml.rels"]
    assert 'id="WA200008175"' in parts["xl/webextensions/webextension1.xml"]
    # a LAMBDA name spelt like a function would stop all functions
    assert set(re.findall(r'<definedName name="([^"]+)"', parts["xl/workbook.xml"])) <= {"_xlnm.Print_Area"}


def test_the_files_come_out_as_they_went_in(built: dict[str, bytes]) -> None:
    files = files_inside(built[WORKBOOK])
    assert set(files) == {"main.py", "retention_source.py", "requirements.txt"}
    namespace: dict[str, Any] = {}
    texts = files["retention_source.py"].partition("def unpack")[0]
    exec(texts, namespace)  # noqa: S102  # the workbook's own text
    assert namespace["SOURCES"] == travelling()
    assert namespace["SOURCES"]["retention_core/rates.py"] == (ROOT / "retention_core/rates.py").read_text(
        "utf-8"
    )


def test_the_core_can_be_read_in_the_editor() -> None:
    assert (
        "def retention_rate(at_start: float, at_end: float, won: float) -> float:\n"
        in workbook_files()["retention_source.py"]
    )


def test_text_that_cannot_stand_as_it_is_is_escaped() -> None:
    odd = {"a.py": "x = '''1'''\n", "b.py": "ends in a backslash\\", "c.py": "café\\n"}
    namespace: dict[str, Any] = {}
    exec(source_text(odd).partition("def unpack")[0], namespace)  # noqa: S102
    assert namespace["SOURCES"] == odd


def test_no_line_of_the_workbook_tells_where_it_was_built(built: dict[str, bytes]) -> None:
    for text in (*files_inside(built[WORKBOOK]).values(), bundled_main(FUNCTIONS.values())):
        assert str(ROOT) not in text
        assert "/home/" not in text


def test_the_requirements_are_names_and_versions_known_to_the_project() -> None:
    known = {re.split(r"[><=]", line)[0] for line in (ROOT / "requirements.txt").read_text().split()}
    for line in REQUIREMENTS:
        name, version = re.fullmatch(r"([a-z]+)(?:[>=]=)([\d.]+)", line).groups()  # type: ignore[union-attr]
        assert name in known
        assert version


def test_each_button_of_the_code_is_a_shape_over_the_cell_it_names(
    built: dict[str, bytes], cpython: dict[str, Any]
) -> None:
    with zipfile.ZipFile(io.BytesIO(built[WORKBOOK])) as archive:
        drawings = "".join(archive.read(name).decode() for name in archive.namelist() if "drawings/" in name)
    assert [each["include"] for each in cpython["buttons"]] == ["Orders", "Orders"]
    told = {each["button"]: each["name"] for each in cpython["buttons"]}
    assert told == {f"[{text}]{sheet}!A{BUTTON_ROW}": text for sheet, text in BUTTONS.items()}
    for sheet, text in BUTTONS.items():
        assert f'name="{text}" descr="{text}"' in drawings
        assert f"#'{sheet}'!A{BUTTON_ROW}" in drawings.replace("&apos;", "'")


@pytest.fixture(scope="module")
def shown(built: dict[str, bytes]) -> Callable[[str], Any]:
    """The cells of a sheet as a program without the add-in shows them."""
    workbook = openpyxl.load_workbook(io.BytesIO(built[WORKBOOK]), data_only=True)
    return workbook.__getitem__


@pytest.fixture(scope="module")
def formulas(built: dict[str, bytes]) -> openpyxl.Workbook:
    """The workbook with its formulas as stored."""
    return openpyxl.load_workbook(io.BytesIO(built[WORKBOOK]))


@pytest.mark.parametrize(
    ("sheet", "cell", "sentence"),
    [("Start", "C3", MISSING), ("Retention", "A3", MISSING_BRIEFLY), ("Functions", "A3", MISSING_BRIEFLY)],
)
def test_without_the_add_in_a_banner_says_what_to_do(
    formulas: openpyxl.Workbook, shown: Any, sheet: str, cell: str, sentence: str
) -> None:
    assert shown(sheet)[cell].value == sentence
    stored = f'=IF(ISERROR(_xldudf_RETENTION(100,110,20)),"{sentence}","")'
    assert formulas[sheet][cell].value.text == stored


def test_no_formula_that_may_spill_stands_in_merged_cells(formulas: openpyxl.Workbook) -> None:
    for sheet in formulas:
        merged = {cell for area in sheet.merged_cells.ranges for row in area.rows for cell in row}
        spilling = {
            (cell.row, cell.column)
            for row in sheet.iter_rows()
            for cell in row
            if hasattr(cell.value, "text")
        }
        assert not merged & spilling


def test_the_cells_show_the_cores_figures_before_the_add_in_has_started(shown: Any) -> None:
    sheet = shown("Retention")
    for row in range(6, 10):
        counts = [sheet.cell(row, column).value for column in (2, 3, 4)]
        wanted = [
            answer(FUNCTIONS[name], counts)
            for name in ("RETENTION", "RETENTION_LOW", "RETENTION_HIGH", "CHURN")
        ]
        assert [sheet.cell(row, column).value for column in (5, 6, 7, 8)] == pytest.approx(wanted)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_example_with_its_value(
    formulas: openpyxl.Workbook, shown: Any, name: str
) -> None:
    cells = [cell for row in formulas["Functions"].iter_rows() for cell in row if hasattr(cell.value, "text")]
    [cell] = [cell for cell in cells if f"_xldudf_{name}(" in cell.value.text and cell.row > 3]
    example = example_in_cells(FUNCTIONS[name])
    wanted = answer(FUNCTIONS[name], read_formula(example.formula, FUNCTIONS, example.sheet).cells)
    first = wanted[0][0] if isinstance(wanted, list) else wanted
    assert shown("Functions")[cell.coordinate].value == (
        pytest.approx(first) if isinstance(first, float) else first
    )


def in_normal_form(rows: list[list[Any]]) -> Any:
    text = [[cell.removeprefix("'") if isinstance(cell, str) else cell for cell in row] for row in rows]
    return normal_form(text)


def test_the_sheets_hold_what_the_buttons_would_write(shown: Any) -> None:
    orders = shown("Orders")
    log = order_log([[cell.value for cell in row][:4] for row in orders.iter_rows(min_row=LOG_HEADER)])
    for name, filled in (("Periods", period_table(log)), ("Pareto", pareto_table(log))):
        rows = [[cell.value for cell in row] for row in shown(name).iter_rows(min_row=TABLE_HEADER + 1)]
        table = [row[: len(filled.rows[0])] for row in rows]
        assert len(table) == len(filled.rows)
        assert same(in_normal_form(table), in_normal_form(filled.rows))
        assert shown(name)["B6"].value == filled.summary


def test_no_sheet_holds_a_formula_but_those_of_the_functions(formulas: openpyxl.Workbook) -> None:
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert "_xldudf_" in getattr(cell.value, "text", str(cell.value))
