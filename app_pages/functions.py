"""Functions: what can be typed into a cell, found by a question, with an example to change."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

import addin
from addin import formula_text
from addin.calls import Answer, call, unforeseen
from addin.catalogue import Function
from addin.cells import Cell, CellError
from addin.examples import Example, example_in_cells, examples, senseless
from addin.functions import FUNCTIONS
from addin.reference import by_topic, in_lines
from addin.search import find
from app_pages import wording
from retention_core.errors import RetentionError

_FILES = Path(str(addin.__file__)).parent / "files"
_OFFERED = {
    "retention-lambda.xlsx": "Microsoft 365, Excel 2024 or Excel on the web, nothing to install: functions "
    "with a native formula, as names to copy into any workbook",
    "retention-lite.xlsx": "Excel 2021 or later, on Windows, Mac or the web, with the free add-in xlwings "
    "Lite: every function, Python inside the workbook",
    "retention.oxt": "LibreOffice: every function, as an extension to install",
    "retention.ods": "LibreOffice with the extension: every function with an example that computes",
    "retention.bas": "Excel for Windows with Python and xlwings: the module to import in the VBA editor",
    "retention.xlam": "Excel for Windows with Python and xlwings: the same as a ready add-in; experimental",
}
_SPARE_ROWS, _LEAST_ROWS, _LEAST_COLUMNS = 2, 6, 3
_MOST_ROWS = 1_000


def show() -> None:
    """The page."""
    st.title("What can I type into a cell?")
    function = FUNCTIONS[_chosen()]
    left, right = st.columns([2, 5], gap="large")
    with left:
        _choose(function)
    with right:
        st.subheader(function.name)
        st.markdown(wording.sentence(wording.spaced(function.summary)))
        _try(function)
        _describe(function)
        _where(function)
    _downloads()


def _chosen() -> str:
    """The function of the address, else the one last looked at."""
    asked = st.query_params.get("function", "")
    if asked.upper() in FUNCTIONS:
        st.session_state["function in view"] = asked.upper()
    elif asked:
        near = difflib.get_close_matches(asked.upper(), FUNCTIONS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        st.info(wording.sentence(f"There is no function {wording.plain_line(asked, 40)}.{hint}"))
    return str(st.session_state.get("function in view", next(iter(FUNCTIONS))))


def _open(name: str) -> None:
    st.session_state["function in view"] = name
    st.query_params["function"] = name


def _open_best() -> None:
    question = st.session_state["find function"]
    found = find(question, FUNCTIONS.values())
    if question.strip() and found:
        _open(found[0].name)


def _choose(in_view: Function) -> None:
    """The search and the list, all functions by topic or those found, best first."""
    question = st.text_input(
        "Find a function",
        key="find function",
        placeholder="churn, top 20 %, industry …",
        on_change=_open_best,
    )
    found = find(question, FUNCTIONS.values())
    st.caption(wording.counted(len(found), "function"))
    if not found:
        st.info("No function has these words. Try one word, such as churn, revenue or industry.")
    asked = len(found) < len(FUNCTIONS)
    with st.container(border=False, gap=None):
        for title, members in ({"": found} if asked else by_topic(found)).items():
            if title:
                st.markdown(f"**{title}**")
            for function in members:
                _offer(function, in_view, explained=asked)


def _offer(function: Function, in_view: Function, *, explained: bool) -> None:
    st.button(
        function.name,
        key=f"open {function.name}",
        type="secondary" if function is in_view else "tertiary",
        help=None if explained else wording.sentence(function.summary),
        on_click=_open,
        args=(function.name,),
    )
    if explained:
        st.caption(wording.sentence(function.summary))


def _describe(function: Function) -> None:
    st.markdown("#### What it takes")
    st.code(f"={function.signature}", language=None, wrap_lines=True)
    rows = [
        {
            "Argument": argument.name,
            "Kind": argument.kind.label,
            "Needed": "optional" if argument.optional else "required",
            "Meaning": wording.sentence(argument.description),
        }
        for argument in function.arguments
    ]
    st.table(pd.DataFrame(rows).set_index("Argument"))
    st.markdown(f"**Gives:** {wording.sentence(wording.spaced(function.returns_text))}")
    if function.details:
        st.caption(wording.sentence(" ".join(function.details.replace("`", "").split())))


def _try(function: Function) -> None:
    """The live example: a formula beside a small sheet, both to be changed."""
    st.markdown("#### Try it")
    formula = f"formula {function.name}"
    start = next(iter(examples(function)), example_in_cells(function))
    if formula not in st.session_state:
        st.session_state[formula] = start.formula
    _trials(function, start, formula)
    text = st.text_input(
        "Formula",
        key=formula,
        help="Commas separate the arguments, or semicolons; with semicolons, 1,5 is one and a half.",
    )
    shown = st.container(border=True)
    sheet = _sheet(function)
    with shown:
        st.caption("The cell shows")
        _answer(text, sheet)


def _trials(function: Function, start: Example, key: str) -> None:
    """Buttons that put another formula into the box."""
    trials = {
        "Example": start,
        "From cells": example_in_cells(function),
        "Makes no sense": senseless(function),
    }
    formulas = {label: trial.formula for label, trial in trials.items() if trial is not None}
    if formulas["From cells"] == formulas["Example"]:
        del formulas["From cells"]
    with st.container(horizontal=True):
        for label, formula in formulas.items():
            st.button(
                label,
                key=f"{label} {function.name}",
                on_click=st.session_state.__setitem__,
                args=(key, formula),
            )


def _sheet(function: Function) -> list[list[Cell]]:
    """The example's cells as a small sheet to type into, read as a spreadsheet reads what is typed."""
    cells = example_in_cells(function).sheet
    width = max([_LEAST_COLUMNS, *map(len, cells)])
    height = max(_LEAST_ROWS, len(cells) + _SPARE_ROWS) if any(a.is_column for a in function.arguments) else 3
    shown = [[formula_text.written(cell) for cell in row] for row in cells]
    rows = [[*row, *[""] * (width - len(row))] for row in (*shown, *[[]] * (height - len(shown)))]
    letters = [formula_text.column_letter(place) for place in range(width)]
    edited = st.data_editor(
        pd.DataFrame(rows, columns=letters, index=range(1, height + 1)),
        key=f"sheet {function.name}",
        width="stretch",
        column_config={"_index": st.column_config.Column("", width=40)}
        | {letter: st.column_config.TextColumn(letter, max_chars=200) for letter in letters},
    )
    st.caption("Cells for the formula to refer to, such as A2 or A2:A4: double-click one to change it.")
    return [[formula_text.typed(cell) for cell in row] for row in edited.itertuples(index=False, name=None)]


def _answer(text: str, sheet: Sequence[Sequence[Cell]]) -> None:
    """What a cell with this formula shows: a value, a table, or the sentence."""
    try:
        formula = formula_text.read_formula(text, FUNCTIONS, sheet)
        found = _called(formula)
    except RetentionError as error:
        st.warning(wording.sentence(str(error)), icon=":material/info:")
        return
    if isinstance(found, list):
        _table(formula.function, formula_text.answer_as_rows(found))
    else:
        st.markdown(f"### {wording.escaped(formula_text.written(found), 200) or '(blank)'}")
        if isinstance(found, float) and formula.function.returns.label == "rate":
            st.caption(f"{wording.percent(found)}, once the cell is formatted as a percentage")
        if isinstance(found, CellError):
            st.caption("An error cell is passed on, never computed with.")


def _called(formula: formula_text.Formula) -> Answer:
    try:
        return call(formula.function, formula.cells)
    except RetentionError:
        raise
    except Exception as error:  # a mistake of ours is said as every host says it
        raise RetentionError(unforeseen(formula.function, error)) from error


def _table(function: Function, rows: list[list[str]]) -> None:
    """A table that spills: under its own header, or under the letters of columns."""
    headed = function.returns.shape == "table"
    header = rows[0] if headed else [formula_text.column_letter(place) for place in range(len(rows[0]))]
    body = rows[1:] if headed else rows
    st.dataframe(pd.DataFrame(body[:_MOST_ROWS], columns=header), hide_index=True, width="stretch")
    st.caption(f"Spills over {len(rows):,} × {len(rows[0]):,} cells" + ", header included." * headed)


def _where(function: Function) -> None:
    native = "; also as a native formula, without an add-in" if function.native else ""
    st.markdown(
        f"**Where it works:** Excel for Windows with xlwings, Excel with xlwings Lite, LibreOffice{native}."
    )
    commas = example_in_cells(function).formula
    if "," in commas:
        st.caption("In LibreOffice, and in Excel where the comma is the decimal sign, with semicolons:")
        st.code(formula_text.with_semicolons(commas), language=None, wrap_lines=True)
    if function.native:
        with st.expander("As a native formula"):
            st.caption(
                "The body of its LAMBDA in retention-lambda.xlsx, over the argument names. What Excel does "
                "not know in it by name is a step, which comes with that workbook."
            )
            st.code(f"={in_lines(function.native)}", language=None, wrap_lines=True, height=300)


def _downloads() -> None:
    """The built files, as far as they are there."""
    files = {name: says for name, says in _OFFERED.items() if (_FILES / name).is_file()}
    if not files:
        return
    st.subheader("Take them into your spreadsheet")
    for name, says in files.items():
        button, words = st.columns([2, 5], vertical_alignment="center")
        button.download_button(
            name,
            (_FILES / name).read_bytes,
            file_name=name,
            mime="application/octet-stream",
            key=f"download {name}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
        words.markdown(says)


if __name__ == "__main__":
    show()
