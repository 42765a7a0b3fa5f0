"""The reference is the catalogue's, and its examples hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from addin.functions import FUNCTIONS
from addin.reference import examples, reference

DOCS = Path(__file__).parents[2] / "docs" / "functions.md"


def test_the_reference_in_docs_is_what_the_catalogue_generates() -> None:
    assert DOCS.read_text(encoding="utf-8") == reference(FUNCTIONS.values())


def test_the_reference_has_a_section_for_every_function() -> None:
    assert re.findall(r"^## (\w+)$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE) == list(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_are_worksheet_formulas_with_a_result(name: str) -> None:
    for formula, result in examples(FUNCTIONS[name]):
        assert f"{name}(" in formula
        assert "[" not in formula
        assert result
