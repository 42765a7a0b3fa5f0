"""The LAMBDA names as shipped, worked out by IronCalc."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ironcalc as engine

from tests.parity.calls import Answer, Call
from tests.parity.hosts import lambda_names

NAME = "LAMBDA, IronCalc"


def leaves_out(call: Call) -> str | None:
    return lambda_names.leaves_out(call)


def answers(calls: Sequence[Call], wanted: Sequence[Answer], folder: Path) -> list[Answer]:
    path = folder / "lambda.xlsx"
    places = lambda_names.write(path, calls, wanted)
    model = engine.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()

    def get(row: int, column: int) -> object:
        return model.get_cell_value(0, row + 1, column + 1)

    return [lambda_names.read(get, row, answer) for row, answer in zip(places, wanted, strict=True)]
