"""Worth and the net promoter score as LAMBDA names, worked out by two engines, against the core."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.cells import CellError
from tests.addin.test_lambdas import ENGINES, Answers, call, column, differences
from tests.parity.calls import Call
from tests.parity.compare import expected

SHARES: tuple[Any, ...] = (0, 1, 0.8, 0.5, 0.999999999999, 1e-13, "80%", " 0.25 ")
ODD: tuple[Any, ...] = (
    None,
    " ",
    "x",
    True,
    -0.5,
    1.5,
    90,
    1e308,
    -1e308,
    CellError("#N/A"),
    CellError("#NUM!"),
)
SCORES = column(10, 9, None, "8", 7, 6, 0, 3)


def drawn_worths() -> Iterator[Call]:
    draw = random.Random(5)

    def share() -> Any:
        return draw.choice(SHARES) if draw.random() < 0.3 else round(draw.random(), 3)

    def money() -> Any:
        return draw.choice([round(draw.uniform(-50, 900), 2), 0, "12.5", 1e6, 1e-9])

    for _ in range(25):
        points = draw.choice([(), (None,), (0.01,), (-0.02,), ("1%",), (round(draw.uniform(-1, 1), 2),)])
        discount = (share(),) if points and draw.random() < 0.6 else ()
        yield call("RETENTION_WORTH", draw.choice([0, 1, 350, 1000.5]), money(), share(), *points, *discount)
        uplift = draw.choice([(), (None,), (0.05,), ("5%",), (round(draw.random() / 2, 2),)])
        yield call("BREAK_EVEN_SPEND", money(), share(), *uplift, *(discount if uplift else ()))


def odd_worths() -> Iterator[Call]:
    """Each argument odd in turn; ends of the scale, where a worth has no end or noise goes beyond."""
    for name, cells in (
        ("RETENTION_WORTH", (1000, 100, 0.8, 0.01, 0.1)),
        ("BREAK_EVEN_SPEND", (100, 0.8, 0.05, 0.1)),
    ):
        for place in range(len(cells)):
            for odd in ODD:
                yield call(name, *cells[:place], odd, *cells[place + 1 :])
        yield call(name, *cells[:-3], 1, 0, 0)
        yield call(name, *cells[:-3], 0.95, 0.05, 0)
        yield call(name, *cells[:-3], 0.1 + 0.2 + 0.6, 0.1, 0.1)
        yield call(name, *cells[:-3], 0.7 + 0.1, 0.2 + 2e-12, 0.1)
        yield call(name, *cells[:-3], 0.3, -0.3, 0.1)
    yield call("RETENTION_WORTH", 0, 1e308, 0.9, 0.1, 0.01)
    yield call("RETENTION_WORTH", 1e300, -1e300, 0.9, 0.1, 0.1)
    yield call("BREAK_EVEN_SPEND", 1e308, 0.9, 0.1, 1e-9)


def spilling_worths() -> Iterator[Call]:
    shares = column(0.8, None, "x", 1.2, CellError("#REF!"), 0, "75%")
    yield call("RETENTION_WORTH", 1000, 100, shares)
    yield call("RETENTION_WORTH", column(1, None, -3), 100, column(0.5, None, 0.5), 0.01, 0.1)
    yield call("RETENTION_WORTH", 1000, column(50, 1e308, 60), 0.9, ((0.01, 0.05, -0.05),))
    yield call("BREAK_EVEN_SPEND", 100, shares, 0.05)
    yield call("BREAK_EVEN_SPEND", column(100, 200), 0.8, ((0, 0.1, 0.3),), 0)
    yield call("BREAK_EVEN_SPEND", column(100, 200, 300), column(0.8, 0.7), 0.1)
    yield call("BREAK_EVEN_SPEND", column(1, 1e308), 0.95, 0.05, column(0.1, 0.001))


def drawn_scores() -> Iterator[Call]:
    draw = random.Random(6)
    for _ in range(30):
        cells: list[Any] = [
            draw.choice([*range(11), None, "9", " 3 ", 10.0]) for _ in range(draw.randrange(1, 40))
        ]
        cells = draw.choice(
            [cells, ["Score", *cells], [None, *cells], ["how likely (0-10)", *cells], [*cells, 11]]
        )
        yield call("NPS", column(*cells))
        sure = draw.choice([(), (None,), (0.8,), ("99%",), (1e-9,), (0.999999,), (column(0.5, None, 0.9),)])
        yield call(draw.choice(["NPS_LOW", "NPS_HIGH"]), column(*cells), *sure)


def odd_scores() -> Iterator[Call]:
    for place in (0, 4, 7):
        for odd in ("x", "n/a", True, -1, 11, 7.5, "7,5", "1e1", " ", CellError("#N/A"), 1e300, "score"):
            cells = [cell for (cell,) in SCORES]
            cells[place] = odd
            yield call("NPS", column(*cells))
    for scores in (
        column(None, None), column("Score"), column("Score", None), None, 7, "7", 11, "x", CellError("#REF!"),
        (tuple(cell for (cell,) in SCORES),), tuple((*row, *row) for row in SCORES),
        column("Score", "Score", 3), column("2024", 3),
        column(*(10 for _ in range(3))), column(0), column(10), column(8),
    ):  # fmt: skip
        for name in ("NPS", "NPS_LOW", "NPS_HIGH"):
            yield call(name, scores)
    for sure in (
        0,
        1,
        -0.1,
        95,
        "x",
        "",
        CellError("#NUM!"),
        column(0.9, 2, "x", None, CellError("#N/A")),
    ):
        yield call("NPS_LOW", SCORES, sure)
        yield call("NPS_HIGH", column(11, "x"), sure)
    yield call("NPS_LOW", column(9, 8, 3), True)


FEATURES = {
    "drawn worths": drawn_worths, "odd worths": odd_worths, "spilling worths": spilling_worths,
    "drawn scores": drawn_scores, "odd scores": odd_scores,
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("feature", FEATURES)
def test_the_name_gives_the_cores_figure_or_sentence(engine: Answers, feature: str, tmp_path: Path) -> None:
    assert differences(engine, list(FEATURES[feature]()), tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_twenty_thousand_answers_are_counted_as_in_the_core(engine: Answers, tmp_path: Path) -> None:
    draw = random.Random(7)
    scores = column("Score", *(draw.choice([*range(11), None]) for _ in range(20_000)))
    asked = [call(name, scores) for name in ("NPS", "NPS_LOW", "NPS_HIGH")]
    assert differences(engine, asked, tmp_path) == []


@pytest.mark.parametrize("feature", ["drawn worths", "drawn scores"])
def test_most_drawn_calls_give_figures(feature: str) -> None:
    answered = [expected(each) for each in FEATURES[feature]()]
    assert sum(not isinstance(one, str) for one in answered) > 0.5 * len(answered)
