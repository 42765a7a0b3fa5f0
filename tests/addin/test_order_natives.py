"""COHORTS, RFM and SBG_FORECAST as LAMBDA names, worked out by two spreadsheet engines, against the core."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.cells import CellError
from retention_core.rfm_scores import SEGMENTS
from tests.addin.test_lambdas import ENGINES, Answers, call, column, differences
from tests.parity.calls import Call
from tests.parity.compare import expected

FIRST = dt.date(2023, 11, 20)
# what sorts otherwise in some language, is alike in another, or is a pattern to COUNTIF
PEOPLE: tuple[Any, ...] = (
    "a", "A", "b", "B ", "1", "1.0", 17.0, " Q", "x y", "10", "9", "-3", "007", "7", "\u00a0z", "a@x", "a1@x",
    "co-op", "coop", "co op", "\u00e9mile", "zoe", "o'neil", "oneil", "_x", "a*", "?", "\U0001f600k",
    "\u7532", "\u00df", "ss", "~b", 12345678901234.0,
)  # fmt: skip


def days(*after: int) -> tuple[tuple[dt.date, ...], ...]:
    return column(*(FIRST + dt.timedelta(day) for day in after))


NAMES = column("Ann", "Bo", "ann ", "Cy", "Bo", "ANN", "Di")
DATES = days(0, 9, 40, 41, 75, 75, 120)
AMOUNTS = column(20, 30, -5, 10, "12.5", 0, 20)


def drawn_logs() -> Iterator[tuple[Any, Any, Any]]:
    draw = random.Random(4)
    for _ in range(16):
        count, reach = draw.randrange(1, 60), draw.choice([5, 60, 400, 1_500])
        known = draw.sample(PEOPLE, draw.randrange(1, len(PEOPLE)))
        names = [draw.choice(known) for _ in range(count)]
        dates = [FIRST + dt.timedelta(draw.randrange(reach)) for _ in names]
        shown = [
            draw.choice([day, day.isoformat(), (day - dt.date(1899, 12, 30)).days + 0.5]) for day in dates
        ]
        amounts = [draw.choice([round(draw.uniform(0, 100), 2), 5, 0, -3.5, "7.5"]) for _ in names]
        if draw.random() < 0.4:
            names, shown, amounts = ["who", *names], ["day", *shown], ["paid", *amounts]
        if draw.random() < 0.4:
            place = draw.randrange(1, len(names) + 1)
            for cells in (names, shown, amounts):
                cells[place:place] = [None]
        yield column(*names), column(*shown), column(*amounts)


def drawn() -> Iterator[Call]:
    draw = random.Random(6)
    for log in drawn_logs():
        for measure in ("customers", "orders", "revenue"):
            yield call("COHORTS", *log, draw.choice(["month", "quarter", "year"]), measure)
        yield call("COHORTS", *log[:2])
        yield call("RFM", *log)
        yield call("RFM", *log, FIRST + dt.timedelta(draw.randrange(400)))


def odd_rows() -> Iterator[Call]:
    for place, odd in (
        (0, None), (0, "n/a"), (0, True), (0, CellError("#N/A")), (1, None), (1, "x"), (1, 60), (1, 100),
        (1, dt.date(2300, 1, 1)), (1, "2024-02-30"), (1, CellError("#REF!")), (2, None), (2, "abc"),
        (2, True), (2, 1e16), (2, -2e15), (2, 1e15), (2, CellError("#DIV/0!")),
    ):  # fmt: skip
        cells = [list(column) for column in (NAMES, DATES, AMOUNTS)]
        cells[place][3] = (odd,)
        yield call("COHORTS", *map(tuple, cells))
        yield call("RFM", *map(tuple, cells))
    for log in (
        (column(None, None), column(None, None), column(None, None)),
        (column("Customer"), column("Date"), column("Amount")),
        (NAMES[:1], DATES[:1], AMOUNTS[:1]),
        (NAMES, DATES[:3], AMOUNTS),
        (NAMES, DATES, AMOUNTS[:3]),
        (NAMES, DATES, 5.0),
        (((*NAMES[0], *NAMES[1]),), DATES[:2], AMOUNTS[:2]),
        (NAMES, tuple((*row, *row) for row in DATES), AMOUNTS),
        (NAMES, DATES, column(*(-1 for _ in NAMES))),
        ("Ann", FIRST, 5.0),
        ("Ann", None, 5.0),
        (None, FIRST, 5.0),
        ("n/a", FIRST, 5.0),
        ("Ann", "x", 5.0),
        ("Ann", FIRST, "x"),
        (True, FIRST, 5.0),
        ("Ann", FIRST, -5.0),
        ("Ann", FIRST, 2e15),
    ):
        yield call("COHORTS", *log)
        yield call("RFM", *log)
    gone = column(*(f"2025-01-0{day}" for day in (1, 2, 3)), "2025-02-01", "2025-02-02")
    yield call(
        "COHORTS", column("A", "A", "A", "A", "B"), gone, column(0.1, 0.2, -0.3, 5, 1), None, "revenue"
    )
    for early in ("1850-01-01", "1899-12-31", "1900-01-01"):
        yield call("COHORTS", NAMES, column(*(row[0] for row in DATES[1:]), early))
        yield call("COHORTS", NAMES, column(early, *(row[0] for row in DATES[1:])))
        yield call("RFM", NAMES, DATES, AMOUNTS, early)
    yield call("RFM", NAMES, DATES, None)
    yield call("COHORTS", NAMES, DATES, None)


def odd_choices() -> Iterator[Call]:
    for odd in (
        None,
        " Quarter ",
        "ORDERS",
        "week",
        "revenue",
        "profit",
        "",
        5,
        True,
        'a "b"',
        "x" * 90,
        DATES,
    ):
        yield call("COHORTS", NAMES, DATES, AMOUNTS, odd)
        yield call("COHORTS", NAMES, DATES, AMOUNTS, None, odd)
    yield call("COHORTS", NAMES, DATES, None, "month", "revenue")
    yield call("COHORTS", NAMES, DATES, None, "week", "sales")
    yield call("COHORTS", NAMES, DATES, AMOUNTS, CellError("#NAME?"))
    for day in (
        None, FIRST, FIRST + dt.timedelta(1), FIRST + dt.timedelta(75), "2024-02-01", "x", 0.5, True, 61,
        "2199-12-31", dt.date(2200, 1, 1), CellError("#N/A"), DATES, column(FIRST + dt.timedelta(41)),
    ):  # fmt: skip
        yield call("RFM", NAMES, DATES, AMOUNTS, day)


def curves() -> Iterator[Call]:
    """The examples of the paper, and what is no parameter."""
    yield call("SBG_FORECAST", 0.668, 3.806, 12)
    yield call("SBG_FORECAST", 0.704, 1.182, 1_000)
    yield call("SBG_FORECAST", "0.5", " 1e0 ", "3")
    for alpha in (1e-15, 1e9, 1e9 + 1, 0, -1, None, "x", "90%", True, CellError("#N/A"), column(1, 2)):
        yield call("SBG_FORECAST", alpha, 2, 3)
        yield call("SBG_FORECAST", 2, alpha, 3)
        yield call("SBG_FORECAST", alpha, "y", 0)
    for periods in (1, 0, -3, 1_001, 1.5, 1e15, None, "two", CellError("#DIV/0!"), column(5), ((3, 4),)):
        yield call("SBG_FORECAST", 3, 2, periods)
        yield call("SBG_FORECAST", 0, 2, periods)


GROUPS = {"drawn logs": drawn, "odd rows": odd_rows, "odd choices": odd_choices, "curves": curves}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("group", GROUPS)
def test_the_names_give_the_cores_tables_and_sentences(engine: Answers, group: str, tmp_path: Path) -> None:
    assert differences(engine, list(GROUPS[group]()), tmp_path) == []


def long_log() -> tuple[Any, Any, Any]:
    draw = random.Random(12)
    numbers = [draw.randrange(500) for _ in range(1_500)] + [draw.randrange(40) for _ in range(500)]
    dates = [FIRST + dt.timedelta(draw.randrange(500) + number % 7 * 60) for number in numbers]
    names = (f"Customer {number}" for number in numbers)
    return column(*names), column(*dates), column(*(draw.randrange(-20, 4_000) / 4 for _ in numbers))


@pytest.mark.parametrize("engine", ENGINES)
def test_two_thousand_rows_make_the_cores_tables(engine: Answers, tmp_path: Path) -> None:
    log = long_log()
    calls = [call("COHORTS", *log, "quarter", measure) for measure in ("customers", "orders", "revenue")]
    calls += [call("COHORTS", *log[:2]), call("RFM", *log)]
    assert differences(engine, calls, tmp_path) == []


def test_the_long_log_has_customers_in_every_segment() -> None:
    table = expected(call("RFM", *long_log()))
    assert isinstance(table, list)
    assert {segment.name for segment in SEGMENTS} <= {row[-1] for row in table}


def test_most_drawn_logs_make_tables() -> None:
    answered = [expected(each) for each in drawn()]
    assert sum(isinstance(table, list) and len(table) > 2 for table in answered) > 0.7 * len(answered)
