"""The native formulas as text: what every function of the catalogue has, and what Excel would refuse."""

from __future__ import annotations

import pytest

from addin.functions import FUNCTIONS
from addin.native.blocks import guarded, native_formula

NATIVE = [name for name, function in FUNCTIONS.items() if function.native]
WITHOUT_FORMULA = {"SURVIVAL", "RETENTION_FORECAST", "RETENTION_MODEL", "CLV", "STAGES", "DUE", "FOCUS"}


def test_every_function_but_these_seven_has_a_native_formula() -> None:
    assert set(FUNCTIONS) - set(NATIVE) == WITHOUT_FORMULA


def test_native_formulas_fit_a_cell() -> None:
    assert all(len(str(function.native)) < 8_000 for function in FUNCTIONS.values())


@pytest.mark.parametrize("name", NATIVE)
def test_a_native_formula_reads_every_argument_of_its_function(name: str) -> None:
    function = FUNCTIONS[name]
    assert [a.name for a in function.arguments if a.name not in str(function.native)] == []


@pytest.mark.parametrize("name", NATIVE)
def test_brackets_and_quotes_of_a_native_formula_are_closed(name: str) -> None:
    native = str(FUNCTIONS[name].native)
    assert native.count('"') % 2 == 0
    bare = "".join(native.split('"')[::2])
    assert bare.count("(") == bare.count(")")


def test_a_formula_of_plain_functions_calls_no_step() -> None:
    guard = ("x<0", "x is below zero (got {x}).")
    assert guarded("x", guard) == 'IF(x<0,"x is below zero (got "&x&").",x)'
    assert native_formula("x", guard) == 'IF(x<0,"x is below zero (got "&SHOWN(x)&").",x)'
