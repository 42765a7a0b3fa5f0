"""KEY_CUSTOMERS as a LAMBDA name, worked out by two spreadsheet engines, against the core."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.cells import CellError
from tests.addin.test_lambdas import ENGINES, PEOPLE, Answers, call, column, differences
from tests.parity.calls import Call
from tests.parity.compare import expected

NAMES = column("Ann", "Bo", "ann ", "Cy", "Bo", "ANN", "Di")
AMOUNTS = column(20, 30, -5, 10, "12.5", 0, 20)
GROUPS = column("web", "Web ", "shop", None, "shop", "web", 2025)
BUYERS = [name for name in PEOPLE if name is not None]
# what sorts otherwise in some language, is alike in another, or stands for nothing
REGIONS: tuple[Any, ...] = (
    "web", "Web", " WEB", "shop", "n/a", None, " ", 2025, "2025", "10", "9", "-3", "007", "7", "co-op",
    "coop", "co op", "\u00c9mile", "\u00e9mile", "zoe", "_x", "a*", "?", "\u7532", "\u00df", "ss", "~b",
    "(blank)", "1.0",
)  # fmt: skip


def drawn() -> Iterator[Call]:
    draw = random.Random(11)
    for _ in range(30):
        known, places = (
            draw.sample(BUYERS, draw.randrange(1, 12)),
            draw.sample(REGIONS, draw.randrange(1, 12)),
        )
        count = draw.randrange(1, 60)
        names, groups = ([draw.choice(few) for _ in range(count)] for few in (known, places))
        amounts = [draw.choice([round(draw.uniform(-30, 100), 2), 5, 0, -3.5, "7.5"]) for _ in names]
        if draw.random() < 0.4:
            names, amounts, groups = (
                ["who", *names],
                ["paid", *amounts],
                [draw.choice(["region", None]), *groups],
            )
        if draw.random() < 0.4:
            place = draw.randrange(1, len(names) + 1)
            for cells in (names, amounts, groups):
                cells[place:place] = [None]
        share = draw.choice([(), (None,), (0.5,), ("90%",), (1,), (1e-9,)])
        yield call("KEY_CUSTOMERS", column(*names), column(*amounts), column(*groups), *share)


def odd_rows() -> Iterator[Call]:
    for place, odd in (
        (0, None), (0, "n/a"), (0, True), (0, CellError("#N/A")), (1, None), (1, "abc"), (1, True),
        (1, 1e300), (1, CellError("#DIV/0!")), (2, True), (2, False), (2, "n/a"), (2, 0.5),
        (2, CellError("#REF!")), (2, "x" * 500),
    ):  # fmt: skip
        cells = [list(column) for column in (NAMES, AMOUNTS, GROUPS)]
        cells[place][4] = (odd,)
        yield call("KEY_CUSTOMERS", *map(tuple, cells))
    lone = [list(column) for column in (NAMES, AMOUNTS, GROUPS)]
    lone[0][2] = lone[1][2] = (None,)
    yield call("KEY_CUSTOMERS", *map(tuple, lone))
    lone[0][2] = ("n/a",)
    yield call("KEY_CUSTOMERS", *map(tuple, lone))
    nothing = column(*(None for _ in NAMES))
    for log in (
        (nothing, nothing, nothing), (nothing, nothing, GROUPS), (NAMES, AMOUNTS, nothing),
        (NAMES, AMOUNTS, None),
        (column("Customer"), column("Amount"), column("Region")), (NAMES[:1], AMOUNTS[:1], GROUPS[:1]),
        (NAMES, AMOUNTS[:3], GROUPS), (NAMES, AMOUNTS, GROUPS[:3]), (NAMES[:3], AMOUNTS[:2], GROUPS),
        (NAMES, AMOUNTS, (tuple(cell for (cell,) in GROUPS),)),
        (NAMES, AMOUNTS, tuple((*row, *row) for row in GROUPS)),
        (NAMES, column(*(-1 for _ in NAMES)), GROUPS), (NAMES, column(*(0 for _ in NAMES)), GROUPS),
        ("Ann", 5.0, "web"), ("Ann", 5.0, None), ("Ann", None, "web"), (None, 5.0, "web"),
        ("Ann", -5.0, "web"),
    ):  # fmt: skip
        yield call("KEY_CUSTOMERS", *log)


def odd_shares() -> Iterator[Call]:
    for share in (None, 0, -0.5, 1.1, 80, "80 %", " 0.8 ", "x", True, "", 1e-9, 1 - 1e-13,
                  CellError("#NUM!"), column(0.5), column(0.5, 0.8)):  # fmt: skip
        yield call("KEY_CUSTOMERS", NAMES, AMOUNTS, GROUPS, share)
    yield call("KEY_CUSTOMERS", NAMES, column("x", *(cell for (cell,) in AMOUNTS[1:])), GROUPS, 7)


def letters() -> Iterator[Call]:
    """Small letters that programs write differently: the final sigma, and the dotted capital I."""
    names = column(
        "\u039f\u0394\u039f\u03a3",
        "\u03bf\u03b4\u03bf\u03c3",
        "\u03bf\u03b4\u03bf\u03c2",
        "\u0130x",
        "ix",
        "IX",
    )
    days = column(*(f"2025-01-0{day}" for day in range(1, 7)))
    amounts = column(6, 5, 4, 3, 2, 1)
    yield call("KEY_CUSTOMERS", names, amounts, column(*"aababb"), 1)
    yield call("PARETO", names, amounts)
    yield call("REPEAT_RATE", names)
    yield call("RFM", names, days, amounts)
    yield call("COHORTS", names, days)
    yield call("PERIOD_RETENTION", names, days, "2025-01-04", "2025-01-06")


FEATURES = {"letters": letters, "drawn": drawn, "odd rows": odd_rows, "odd shares": odd_shares}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("feature", FEATURES)
def test_the_name_gives_the_cores_table_or_sentence(engine: Answers, feature: str, tmp_path: Path) -> None:
    assert differences(engine, list(FEATURES[feature]()), tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_two_thousand_rows_make_the_cores_table(engine: Answers, tmp_path: Path) -> None:
    draw = random.Random(3)
    names = [f"Customer {int(draw.paretovariate(0.5))}" for _ in range(2_000)]
    amounts, groups = ([draw.randrange(-20, 4_000) / 4 for _ in names], [draw.randrange(12) for _ in names])
    asked = call("KEY_CUSTOMERS", column(*names), column(*amounts), column(*groups))
    assert len(expected(asked)) > 100  # type: ignore[arg-type]
    assert differences(engine, [asked], tmp_path) == []


def test_most_drawn_calls_make_tables() -> None:
    answered = [expected(each) for each in drawn()]
    assert sum(isinstance(table, list) and len(table) > 2 for table in answered) > 0.7 * len(answered)
