"""The page of the functions, run by Streamlit's own test runner."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from addin.examples import examples
from addin.functions import FUNCTIONS
from app_pages import functions, wording
from retention_core.benchmarks import benchmark

ROOT = Path(__file__).parents[2]


def opened(name: str = "") -> AppTest:
    """The page, by its deep link where a function is named."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("app_pages/functions.py")
    if name:
        app.query_params["function"] = name
    return app.run()


def said(app: AppTest) -> str:
    """What markdown renders, escapes gone."""
    parts = [*app.subheader, *app.markdown, *app.caption, *app.info, *app.warning]
    return "\n".join(str(part.value) for part in parts).replace("\\", "").replace("\u2060", "")


def typed(formula: str, name: str = "RETENTION") -> AppTest:
    """The page after this formula was typed."""
    app = opened(name)
    return app.text_input(key=f"formula {name}").set_value(formula).run()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_opens_by_its_link_with_a_worked_example(name: str) -> None:
    app = opened(name)
    assert not app.exception
    assert not app.warning
    assert app.subheader[0].value == name
    assert app.text_input(key=f"formula {name}").value == examples(FUNCTIONS[name])[0].formula
    assert wording.spaced(FUNCTIONS[name].summary) in said(app)
    assert all(argument.name in app.table[0].value.index for argument in FUNCTIONS[name].arguments)


def test_a_link_in_small_letters_is_understood_and_an_unknown_one_is_said() -> None:
    assert opened("pareto").subheader[0].value == "PARETO"
    app = opened("<b>PARETTO</b>")
    assert not app.exception
    assert "There is no function <b>PARETTO</b>. Did you mean PARETO?" in said(app)
    assert "<b>" not in app.info[0].value.replace("\\<", "")


def test_a_question_opens_the_best_answer_and_lists_the_others() -> None:
    app = opened()
    app.text_input(key="find function").set_value("who brings the value").run()
    assert not app.exception
    assert app.subheader[0].value == "PARETO_SHARE"
    assert app.query_params["function"] in ("PARETO_SHARE", ["PARETO_SHARE"])
    listed = [button.label for button in app.button if str(button.key).startswith("open ")]
    assert {"PARETO", "PARETO_SHARE", "PARETO_CUSTOMERS", "GINI"} <= set(listed)
    assert FUNCTIONS["GINI"].summary in said(app)


def test_what_is_not_found_is_said_and_the_function_in_view_stays() -> None:
    app = opened("GINI")
    app.text_input(key="find function").set_value("zebra <script>").run()
    assert not app.exception
    assert "No function has these words" in said(app)
    assert app.subheader[0].value == "GINI"


def test_a_function_is_chosen_from_the_list() -> None:
    app = opened()
    app.button(key="open NRR").click().run()
    assert app.subheader[0].value == "NRR"
    assert app.text_input(key="formula NRR").value == "=NRR(1000,150,30,70)"
    app.switch_page("app_pages/overview.py").run()
    app.switch_page("app_pages/functions.py").run()
    assert app.subheader[0].value == "NRR"


def test_a_formula_is_answered_as_it_is_changed() -> None:
    assert "### 0.9\n" in said(typed("=RETENTION(100,110,20)"))
    assert "### 0.8\n" in said(typed("=RETENTION(100;100;20)"))
    assert "90.0" in said(typed("=RETENTION(100,110,20)"))


def test_a_formula_over_cells_reads_the_sheet() -> None:
    app = opened("RETENTION")
    app.button(key="From cells RETENTION").click().run()
    assert app.text_input(key="formula RETENTION").value == "=RETENTION(A2,B2,C2)"
    assert "### 0.9\n" in said(app)


def test_a_cell_of_the_sheet_that_was_emptied_is_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    def emptied(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        frame.iat[1, 0] = None  # as the editor does, whereupon pandas holds not-a-number
        return frame

    monkeypatch.setattr(functions.st, "data_editor", emptied)
    app = AppTest.from_function(_page, default_timeout=60)
    app.session_state["formula RETENTION"] = "=RETENTION(A2,B2,C2)"
    app.run()
    assert not app.exception
    assert "start_customers is blank: give a number." in said(app)


def test_a_table_spills_under_its_header() -> None:
    app = opened("PARETO")
    answer = app.dataframe[0].value
    assert list(answer.columns) == ["customer", "value", "share", "cumulative_share", "class"]
    assert answer.iloc[0].tolist() == ["Ann", "80", "0.8", "0.8", "A"]
    assert "3 × 5 cells" in said(app)


def test_values_over_a_range_spill_with_the_sentence_in_its_cell() -> None:
    answer = typed("=CHURN({100;0},110,20)").dataframe[0].value
    assert answer["A"][0] == "0.1"
    assert answer["A"][1].startswith("start_customers must be above zero")


def test_an_answer_that_is_text_is_no_warning() -> None:
    app = opened("BENCHMARK_VERDICT")
    assert "### above\n" in said(app)
    assert f"{benchmark('Retail').value}" in said(opened("BENCHMARK"))


def test_an_error_cell_is_passed_on() -> None:
    app = typed("=RETENTION(#DIV/0!,110,20)")
    assert "### #DIV/0!" in said(app)
    assert "never computed with" in said(app)


@pytest.mark.parametrize("name", ["RETENTION", "PARETO", "BENCHMARK", "PERIOD_RETENTION"])
def test_what_makes_no_sense_is_one_button_away_and_gets_one_sentence(name: str) -> None:
    app = opened(name)
    app.button(key=f"Makes no sense {name}").click().run()
    assert not app.exception
    assert len(app.warning) == 1
    assert "\n" not in app.warning[0].value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=1+1",
        "=RETENTION(",
        "=RETENTION" + "(" * 10_000,
        "<script>alert(1)</script>",
        "=`:material/x:`()",
    ],
)
def test_hostile_text_gets_one_sentence_without_markup(text: str) -> None:
    app = typed(text)
    assert not app.exception
    assert len(app.warning) == 1
    assert "<script>" not in app.warning[0].value
    assert ":material" not in app.warning[0].value
    assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def test_the_native_formula_stands_with_the_functions_that_have_one() -> None:
    assert [fold.label for fold in opened("CHURN").expander if "native" in fold.label] == [
        "As a native formula"
    ]
    assert "also as a native formula" in said(opened("CHURN"))
    app = opened("REPEAT_RATE")
    assert bool(FUNCTIONS["REPEAT_RATE"].native) == any("native" in fold.label for fold in app.expander)


def test_files_are_offered_as_far_as_they_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_FILES", tmp_path)
    (tmp_path / "retention.oxt").write_bytes(b"oxt")
    (tmp_path / "notes.txt").write_bytes(b"no")
    app = AppTest.from_function(_page, default_timeout=60).run()
    assert not app.exception
    assert [found.label for found in app.get("download_button")] == ["retention.oxt"]
    assert "LibreOffice: every function" in said(app)


def _page() -> None:
    from app_pages import functions

    functions.show()
