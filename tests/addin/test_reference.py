"""The reference is the catalogue's, and every answer in it was worked out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import pytest

from addin.calls import answer
from addin.catalogue import Catalogue, Kind
from addin.examples import examples
from addin.formula_text import read_formula, written
from addin.functions import FUNCTIONS
from addin.reference import LONGEST_NATIVE, by_topic, reference

RATE = Kind("rate", "fraction")
DOCS = Path(__file__).parents[2] / "docs" / "functions.md"


def text() -> str:
    return DOCS.read_text(encoding="utf-8")


def section(name: str) -> str:
    return re.split(r"^##+ ", text().partition(f"### {name}\n")[2], flags=re.MULTILINE)[0]


def test_the_reference_in_docs_is_what_the_catalogue_generates() -> None:
    assert text() == reference(FUNCTIONS.values())


def test_the_reference_has_a_section_and_a_link_for_every_function() -> None:
    listed = [function.name for members in by_topic(FUNCTIONS.values()).values() for function in members]
    assert sorted(listed) == sorted(FUNCTIONS)
    assert re.findall(r"^### (\w+)$", text(), flags=re.MULTILINE) == listed
    assert re.findall(r"^- \[(\w+)\]\(#(\w+)\)", text(), flags=re.MULTILINE) == [
        (name, name.lower()) for name in listed
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_example_says_what_every_host_answers(name: str) -> None:
    for example in examples(FUNCTIONS[name]):
        found = answer(*read_formula(example.formula, FUNCTIONS, example.sheet))
        shown = section(name).partition(f"Example: `{example.formula}` gives")[2]
        assert shown
        if isinstance(found, list):
            assert f"| {' | '.join(map(written, found[0]))} |" in shown
            assert written(found[1][0]) in shown
        else:
            assert shown.startswith(f" `{written(found)}`\n")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_makes_no_sense_stands_there_with_its_sentence(name: str) -> None:
    [(formula, said)] = re.findall(
        r"^Makes no sense: `(=[^`]+)` says `([^`]+)`$", section(name), re.MULTILINE
    )
    sheet = examples(FUNCTIONS[name])[0].sheet
    assert answer(*read_formula(formula, FUNCTIONS, sheet)) == said


def test_a_native_formula_too_long_to_read_is_left_to_the_workbook() -> None:
    catalogue = Catalogue()

    @catalogue.declare(native="1+" * LONGEST_NATIVE + "rate")
    def DOUBLED(
        rate: Annotated[float, Kind("rate", "fraction")],
    ) -> Annotated[float, Kind("rate", "fraction")]:
        """Twice the rate | as an example.

        Parameters
        ----------
        rate
            Any rate | or none.

        Returns
        -------
        A fraction.

        Examples
        --------
        >>> DOUBLED(0.25)
        0.5
        """
        return rate * 2

    shown = reference(catalogue.values())
    assert "`=DOUBLED(0.25)` gives `0.5`" in shown
    assert "retention-lambda.xlsx" in shown
    assert "1+1+" not in shown
    assert "| rate | rate | Any rate \\| or none. |" in shown
