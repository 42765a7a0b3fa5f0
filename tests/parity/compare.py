"""What the core answers to a call, and whether a host answers the same."""

from __future__ import annotations

import math
from datetime import date
from functools import cache
from typing import Any

from addin.calls import answer
from addin.cells import day_in
from addin.functions import FUNCTIONS
from tests.parity.calls import Answer, Call

TOLERANCE = 1e-12
# limits of CLV come from differences of slopes at the fitted maximum, whose last digits no two scipys share:
# 3e-11 between scipy 1.10 with numpy 1.24 and scipy 1.17 with numpy 2.4; its other figures keep 1e-13
TOLERANCES = {"CLV": 1e-9}
_BEFORE_MARCH_1900 = 60


@cache
def expected(call: Call) -> Answer:
    """The core's answer in normal form.

    Examples
    --------
    >>> expected(Call("RETENTION", (100.0, 110.0, 20.0), "ordinary"))
    0.9
    """
    return normal(answer(FUNCTIONS[call.function], call.cells))


def normal(answered: Any) -> Answer:
    """Numbers as floats, dates as serial numbers, error cells as text, blanks as None, tables as lists.

    Examples
    --------
    >>> normal([[1, None], (date(2024, 1, 31), True)])
    [[1.0, None], [45322.0, True]]
    """
    if isinstance(answered, list | tuple):
        return [[normal(cell) for cell in row] for row in answered]  # type: ignore[misc]
    if isinstance(answered, date):
        days = (day_in(answered) - date(1899, 12, 30)).days
        return float(days if days > _BEFORE_MARCH_1900 else days - 1)
    if isinstance(answered, bool):
        return answered
    if isinstance(answered, str):
        return str(answered) or None
    return None if answered is None or answered != answered else float(answered)


def same(one: Answer, other: Answer, tolerance: float = TOLERANCE) -> bool:
    """Whether two answers are equal: numbers nearly, text to the letter; a block of one cell is that cell.

    Examples
    --------
    >>> same(0.1 + 0.2, 0.3), same([[0.3]], 0.3), same("", None), same(True, 1.0), same("0.3", 0.3)
    (True, True, True, False, False)
    """
    one, other = _lone_cell(one), _lone_cell(other)
    if isinstance(one, list) and isinstance(other, list):
        return [len(row) for row in one] == [len(row) for row in other] and all(
            same(left, right, tolerance)
            for left_row, right_row in zip(one, other, strict=True)
            for left, right in zip(left_row, right_row, strict=True)
        )
    if type(one) is float and type(other) is float:
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return type(one) is type(other) and one == other


def _lone_cell(answered: Answer) -> Answer:
    if isinstance(answered, list) and len(answered) == 1 and len(answered[0]) == 1:
        answered = answered[0][0]
    return None if answered == "" else answered
