"""Rules that every declaration in the catalogue keeps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest

from addin.catalogue import Catalogue, Function, Kind
from addin.cells import READERS
from addin.functions import FUNCTIONS
from addin.reference import examples

FIRST_RELEASE = {
    "RETENTION": "start_customers, end_customers, new_customers",
    "CHURN": "start_customers, end_customers, new_customers",
    "RETENTION_LOW": "start_customers, end_customers, new_customers, [confidence]",
    "RETENTION_HIGH": "start_customers, end_customers, new_customers, [confidence]",
    "RETENTION_CONVERT": "rate, from_months, to_months",
    "CUSTOMER_LIFETIME": "churn",
    "NRR": "opening, expansion, contraction, churned, [reactivated]",
    "GRR": "opening, contraction, churned",
    "REPEAT_RATE": "customers",
    "BENCHMARK": "industry, [metric]",
    "BENCHMARK_GAP": "rate, industry, [metric]",
    "BENCHMARK_VERDICT": "kept, start_customers, industry, [metric]",
    "BENCHMARKS": "[industry]",
    "PARETO": "customers, amounts",
    "PARETO_SHARE": "customers, amounts, [top]",
    "PARETO_CUSTOMERS": "customers, amounts, [share]",
    "GINI": "customers, amounts",
    "PERIOD_RETENTION": "customers, dates, period_start, last_day, [amounts], [active_days]",
}
ANALYTICS = {
    "COHORTS": "customers, dates, [amounts], [period], [measure]",
    "RFM": "customers, dates, amounts, [as_of]",
    "SURVIVAL": "durations, lost",
    "RETENTION_FORECAST": "survivors, periods",
    "RETENTION_MODEL": "survivors",
    "SBG_FORECAST": "alpha, beta, periods",
    "CLV": "customers, dates, amounts, [months]",
}
KEEPING = {
    "KEY_CUSTOMERS": "customers, amounts, groups, [share]",
    "STAGES": "customers, dates, [as_of]",
    "DUE": "customers, dates, [as_of]",
    "FOCUS": "customers, dates, amounts, [as_of]",
}

WORTH = {
    "RETENTION_WORTH": "customers, margin, retention, [points], [discount]",
    "BREAK_EVEN_SPEND": "margin, retention, [uplift], [discount]",
    "NPS": "scores",
    "NPS_LOW": "scores, [confidence]",
    "NPS_HIGH": "scores, [confidence]",
}

VBA_WORDS = frozenset(
    """addressof alias and any as attribute base binary boolean byref byte byval call case cbool cbyte ccur
    cdate cdbl cdec cint clng clnglng clngptr close compare const csng cstr currency cvar cverr database date
    decimal declare defbool defbyte defcur defdate defdbl defdec defint deflng defobj defsng defstr defvar dim
    do double each else elseif empty end endif enum eqv erase error event exit explicit false for friend
    function get global gosub goto if imp implements in input integer is len let lib like line load local
    lock long longlong longptr loop lset me mid mod module name new next not nothing null object on open
    option optional or output paramarray preserve print private property ptrsafe public put raiseevent random
    randomize read redim rem reset resume return rset seek select set shared single spc static step stop
    string sub tab text then time to true type typeof unlock until variant wend while width with withevents
    write xor""".split()  # noqa: SIM905  # a hundred quoted words would be harder to read
)

every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))


def reads_as_a_cell(name: str) -> bool:
    """Whether Excel takes the name for a reference, up to XFD1048576 in both notations."""
    if re.fullmatch(r"(?i)r(\d*)c(\d*)|[rc]\d*", name):
        return True
    found = re.fullmatch(r"(?i)([a-z]{1,3})(\d{1,7})", name)
    if not found:
        return False
    column = 0
    for letter in found[1].upper():
        column = 26 * column + ord(letter) - 64
    return column <= 16_384 and 1 <= int(found[2]) <= 1_048_576


@pytest.mark.parametrize("name", ["A1", "XFD1048576", "CLV12", "SBG1", "R1C1", "RC", "R", "c", "R5", "C12"])
def test_the_check_knows_a_cell_when_it_sees_one(name: str) -> None:
    assert reads_as_a_cell(name)


@pytest.mark.parametrize("name", ["XFE1", "A1048577", "A0", "GINI", "R_1", "RETENTION"])
def test_the_check_lets_other_names_pass(name: str) -> None:
    assert not reads_as_a_cell(name)


def test_the_catalogue_has_these_functions_with_these_arguments() -> None:
    declared = FIRST_RELEASE | ANALYTICS | KEEPING | WORTH
    signatures = {name: f"{name}({arguments})" for name, arguments in declared.items()}
    assert {name: function.signature for name, function in FUNCTIONS.items()} == signatures


@every_function
def test_names_can_be_typed_into_a_cell(function: Function) -> None:
    for name in (function.name, *(argument.name for argument in function.arguments)):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name)
        assert not reads_as_a_cell(name)


@every_function
def test_names_are_no_words_of_vba(function: Function) -> None:
    assert not VBA_WORDS & {function.name.lower(), *(argument.name for argument in function.arguments)}


@every_function
def test_wizard_texts_fit_the_wizard(function: Function) -> None:
    texts = [function.summary, *(argument.description for argument in function.arguments)]
    assert all(0 < len(text) < 255 and text.isascii() and "\n" not in text for text in texts)


@every_function
def test_every_declaration_is_complete(function: Function) -> None:
    assert function.category == "Retention"
    assert function.returns_text
    assert examples(function)
    assert all(argument.kind.reads in READERS for argument in function.arguments)


@every_function
def test_optional_arguments_come_last(function: Function) -> None:
    optional = [argument.optional for argument in function.arguments]
    assert optional == sorted(optional)


@every_function
def test_error_words_are_arguments(function: Function) -> None:
    assert set(function.words.values()) <= {argument.name for argument in function.arguments}


def test_an_argument_without_a_kind_or_a_description_is_refused() -> None:
    catalogue = Catalogue()

    def BARE(churn: float) -> Annotated[float, Kind("rate")]:
        return churn

    def SILENT(churn: Annotated[float, Kind("rate", "fraction")]) -> Annotated[float, Kind("rate")]:
        return churn

    for function, lack in ((BARE, "no kind"), (SILENT, "no description")):
        function.__annotations__ = {
            "churn": float if function is BARE else Annotated[float, Kind("rate", "fraction")],
            "return": Annotated[float, Kind("rate")],
        }
        with pytest.raises(TypeError, match=lack):
            catalogue.declare()(function)


def test_functions_of_single_values_load_neither_pandas_nor_numpy_nor_an_engine() -> None:
    code = """if True:
        import sys
        from addin.calls import call
        from addin.functions import FUNCTIONS
        for name, cells in {
            "RETENTION": [100, 110, 20], "RETENTION_LOW": [[[100], [90]], 110, 20],
            "BENCHMARK": ["Retail"], "BENCHMARK_VERDICT": [70, 100, "Retail"],
        }.items():
            call(FUNCTIONS[name], cells)
        print({"pandas", "numpy", "narwhals", "duckdb", "xlwings"} & set(sys.modules))
    """
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert run.stdout == "set()\n"
