"""Every host answers every call as the core does."""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from addin.catalogue import Catalogue
from addin.cells import CellError
from addin.functions import FUNCTIONS
from addin.kinds import Count, Days, Rate
from tests.parity.calls import Answer, Call
from tests.parity.compare import expected, same
from tests.parity.generate import LEAST, MOST, calls_for, every_call
from tests.parity.matrix import HOSTS, PAGE, outcome, outcome_of, page

SORTS = {"ordinary", "range", "blank", "error", "extreme"}
SHOWN = 10


@pytest.mark.host
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_answers_every_call_as_the_core_does(host: str) -> None:
    differences = outcome(host).differences
    assert not differences, readable(differences)


def readable(differences: Any) -> str:
    """The first differences, one call below the other."""
    count = Counter(call.function for call, _, _ in differences)
    shown = [
        f"\n{call.function}{call.cells} ({call.sort})\n  core: {want!r:.400}\n  host: {got!r:.400}"
        for call, want, got in differences[:SHOWN]
    ]
    return f"{len(differences)} answers differ: {dict(count)}" + "".join(shown)


@pytest.mark.host
def test_the_page_of_the_docs_is_the_matrix() -> None:
    matrix = page([outcome(host) for host in HOSTS])  # a host that cannot run skips this too
    assert PAGE.read_text(encoding="utf-8") == matrix


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_twenty_calls_or_more_of_every_sort(name: str) -> None:
    calls = calls_for(FUNCTIONS[name])
    assert LEAST <= len(calls) <= MOST
    assert len({(call.cells, *map(type, call.cells)) for call in calls}) == len(calls)
    assert {call.sort for call in calls} == SORTS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_most_ordinary_calls_are_answered_with_a_value(name: str) -> None:
    ordinary = [call for call in calls_for(FUNCTIONS[name]) if call.sort == "ordinary"]
    refused = [call for call in ordinary if str(expected(call)).endswith(".")]
    assert len(ordinary) >= 5
    assert len(refused) <= 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_error_cell_is_answered_with_an_error(name: str) -> None:
    for call in calls_for(FUNCTIONS[name]):
        if call.sort == "error":
            assert str(expected(call)).startswith("#")


def test_every_cell_can_stand_in_a_workbook() -> None:
    for call in every_call():
        for cell in call.cells:
            for part in [part for row in cell for part in row] if isinstance(cell, tuple) else [cell]:
                assert part is None or type(part) in (float, str, date, CellError)
                assert not isinstance(part, float) or (part == part and abs(part) <= 1e308)
                assert not isinstance(part, str) or len(part) <= 32_767


def test_a_function_declared_tomorrow_has_its_calls() -> None:
    catalogue = Catalogue()

    @catalogue.declare()
    def LEFT_AFTER(customers: Count, churn: Rate, days: Days = 30) -> Count:
        """Customers left after some days.

        Parameters
        ----------
        customers
            Customers at the start.
        churn
            Share lost each day.
        days
            Days gone by; 30 if left out.

        Examples
        --------
        >>> LEFT_AFTER(100, 0.5, 1)
        50.0
        """
        return customers * (1 - churn) ** days

    calls = calls_for(catalogue["LEFT_AFTER"])
    assert len(calls) >= LEAST
    assert {call.sort for call in calls} == SORTS
    assert calls[0].cells == (100.0, 0.5, 1.0)


RATES = (Call("RETENTION", (100.0, 110.0, 20.0), "ordinary"), Call("CHURN", (0.0, 1.0, 1.0), "extreme"))


def host_that_answers(*given: Answer, leaving_out: str = "") -> ModuleType:
    """A host that answers the calls in turn, but those of the function it leaves out."""
    host = ModuleType("host")
    vars(host).update(
        NAME="made up",
        answers=lambda _calls, _wanted, _folder: list(given),
        leaves_out=lambda call: "It hurts." if call.function == leaving_out else None,
    )
    return host


def test_a_host_that_differs_in_the_last_digits_is_found_out() -> None:
    found = outcome_of(host_that_answers(0.9 + 1e-11, expected(RATES[1])), RATES)
    assert [call.function for call, _, _ in found.differences] == ["RETENTION"]
    assert "core: 0.9" in readable(found.differences)


def test_a_host_that_words_a_sentence_otherwise_is_found_out() -> None:
    found = outcome_of(host_that_answers(0.9, "That makes no sense."), RATES)
    assert [call.function for call, _, _ in found.differences] == ["CHURN"]


def test_calls_left_out_are_counted_and_their_reason_stands_below_the_matrix() -> None:
    shown = page([outcome_of(host_that_answers(expected(RATES[1]), leaving_out="RETENTION"), RATES)])
    assert "| RETENTION | 0/0 + 1 left out (1) |" in shown
    assert "| CHURN | 1/1 |" in shown
    assert "1. It hurts." in shown


def test_a_difference_shows_in_the_matrix() -> None:
    assert "| RETENTION | 0/1 |" in page([outcome_of(host_that_answers("wrong", "wrong"), RATES)])


def test_a_host_that_answers_fewer_calls_than_it_was_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        outcome_of(host_that_answers(0.9), RATES)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1.0, 1.0 + 1e-11), (1.0, True), (1.0, "1"), ([[1.0]], [[1.0], [None]]), ([[1.0, None]], [[1.0]]),
     (0.0, None), ("a", "A"), ("#N/A", None)],
)  # fmt: skip
def test_answers_that_differ_are_not_the_same(one: Answer, other: Answer) -> None:
    assert not same(one, other)
    assert not same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [(1e15, 1e15 * (1 + 1e-13)), (0.0, -0.0), ([["a", None]], [["a", ""]]), ([[2.0]], 2.0)]
)
def test_answers_that_only_hosts_write_differently_are_the_same(one: Answer, other: Answer) -> None:
    assert same(one, other)
