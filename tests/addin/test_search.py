"""A question in people's words finds the function that answers it."""

from __future__ import annotations

import pytest

from addin.functions import FUNCTIONS
from addin.search import find


def found(question: str) -> list[str]:
    return [function.name for function in find(question, FUNCTIONS.values())]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("churn", "CHURN"),
        ("who brings the value", "PARETO_SHARE"),
        ("top 20", "PARETO_SHARE"),
        ("won back in one period", "PERIOD_RETENTION"),
        ("Gini coeficient", "GINI"),
        ("how many ordered twice?", "REPEAT_RATE"),
        ("pareto", "PARETO"),
        ("retntion", "RETENTION"),
        ("month to year", "RETENTION_CONVERT"),
        ("net revenue", "NRR"),
        ("what is one point of retention worth", "RETENTION_WORTH"),
        ("how much may I spend to keep one customer", "BREAK_EVEN_SPEND"),
        ("net promoter score", "NPS"),
        ("satisfaction survey", "NPS"),
    ],
)
def test_the_first_one_found_answers_the_question(question: str, first: str) -> None:
    assert found(question)[0] == first


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_found_first_by_its_name(name: str) -> None:
    assert found(name.lower())[0] == name


@pytest.mark.parametrize("question", ["", "  ", "what is it"])
def test_a_question_without_a_word_of_its_own_finds_all(question: str) -> None:
    assert found(question) == list(FUNCTIONS)


@pytest.mark.parametrize("question", ["zebra", "???", "<script>", "x" * 100_000])
def test_what_is_not_there_is_not_found(question: str) -> None:
    assert found(question) == []


def test_words_of_arguments_and_details_are_searched() -> None:
    assert "RETENTION_CONVERT" in found("tenure")
    assert "PERIOD_RETENTION" in found("active_days")
