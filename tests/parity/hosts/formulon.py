"""The LAMBDA names worked out by formulon, which shares no code with IronCalc.

It evaluates no definition with an optional parameter, not even where all are given: the same definitions are
put to it with every parameter declared as required, and an empty argument where one is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import formulon as engine

from tests.parity.calls import Answer, Call
from tests.parity.hosts import lambda_names

NAME = "LAMBDA, formulon"
REMARK = (
    "asked with every parameter declared as required, since it knows no optional ones; IronCalc works out "
    "the names as they are shipped."
)
ERRORS = {
    0: "#NULL!", 1: "#DIV/0!", 2: "#VALUE!", 3: "#REF!", 4: "#NAME?", 5: "#NUM!", 6: "#N/A",
}  # fmt: skip


def leaves_out(call: Call) -> str | None:
    return lambda_names.leaves_out(call)


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    path = folder / "lambda.xlsx"
    places = lambda_names.write(path, calls, wanted, spell_out=True)
    book = engine.Workbook.load(lambda_names.without_options(path.read_bytes()))
    book.recalc()

    def get(row: int, column: int) -> object:
        value = book.get_value(0, row, column)
        return value.to_python() if value.error_code is None else ERRORS.get(value.error_code, "#CALC!")

    return [lambda_names.read(get, row, answer) for row, answer in zip(places, wanted, strict=True)]
