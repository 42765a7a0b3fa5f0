"""What retention is worth and the net promoter score, in cells: what the core says of the same figures."""

from __future__ import annotations

from typing import Any

import pytest

from addin.calls import answer
from addin.cells import CellError
from addin.functions import FUNCTIONS
from retention_core.net_promoter import nps
from retention_core.worth import break_even_spend, customer_worth, retention_worth
from tests.addin.test_analytics import ask, column

ANSWERS: list[float | None] = [10, 9, 9, None, 8, 7, 3, 0, 10]


# differences of sums of margin * (retention / (1 + discount))^t, added up in decimals of 40 digits
@pytest.mark.parametrize(
    ("cells", "worth"),
    [
        ((1000, 100, 0.8), 12643.678160920),
        ((1000, 100, 0.8, -0.01), -11827.956989247),
        ((350, 42, "63%", 0.05, "12%"), 3818.1818181818),
        ((20, 1500, 0.95, "5%"), 110000),
        ((7, 12.5, 0.5, -0.5, 0), -87.5),
        ((0, 100, 0.8, None, None), 0),
    ],
)
def test_retention_worth_is_the_hand_computed_difference(cells: tuple[Any, ...], worth: float) -> None:
    assert ask("RETENTION_WORTH", *cells) == pytest.approx(worth, rel=1e-11)


def test_what_is_left_out_is_one_point_five_points_and_a_tenth() -> None:
    assert ask("RETENTION_WORTH", 500, 80, 0.7) == retention_worth(500, 80, 0.7, 0.01, 0.1)
    assert ask("BREAK_EVEN_SPEND", 80, 0.7) == break_even_spend(80, 0.7, 0.05, 0.1)


def test_the_worth_of_points_is_the_difference_of_the_worths_of_a_customer() -> None:
    gain = customer_worth(80, 0.75) - customer_worth(80, 0.7)
    assert ask("RETENTION_WORTH", 1, 80, 0.7, 0.05) == pytest.approx(gain, rel=1e-12)
    assert ask("BREAK_EVEN_SPEND", 80, 0.7) == pytest.approx(gain, rel=1e-12)


def test_ranges_spill_and_each_bad_element_has_its_sentence() -> None:
    assert ask("RETENTION_WORTH", 1000, 100, column(0.8, None, 1.2, "#N/A")) == [
        [retention_worth(1000, 100, 0.8)],
        [None],
        ["retention must be a fraction from 0 to 1, such as 0.1 for 10 % (got 1.2)."],
        ["#N/A"],
    ]


def test_the_score_and_its_limits_are_the_cores() -> None:
    found, sure = nps(ANSWERS), nps(ANSWERS, 0.8)
    assert ask("NPS", column(*ANSWERS)) == found.points
    assert ask("NPS_LOW", column("Score", *ANSWERS, None)) == found.low
    assert ask("NPS_HIGH", column(*ANSWERS), column(0.95, None, 0.8)) == [[found.high], [None], [sure.high]]


def test_blank_cells_are_no_answers() -> None:
    filled = [score for score in ANSWERS if score is not None]
    for name in ("NPS", "NPS_LOW", "NPS_HIGH"):
        assert ask(name, column(*ANSWERS)) == ask(name, column(*filled))


SAID = [
    ("RETENTION_WORTH", (-1, 100, 0.8), "customers must be zero or more (got -1)."),
    ("RETENTION_WORTH", (1, 100, 0.8, 1),
     "retention plus points must lie between 0 and 1 (got 0.8 and 1): one point is 0.01."),
    ("RETENTION_WORTH", (1, 100, 1, 0, 0),
     "discount must be above zero where everyone stays: the worth would have no end (got 0)."),
    ("RETENTION_WORTH", (1e300, 1e300, 0.8),
     "margin is too large for the other figures: the worth exceeds every number."),
    ("RETENTION_WORTH", (1, None, 0.8), "margin is blank: give a number."),
    ("BREAK_EVEN_SPEND", (100, 0.8, -0.1),
     "uplift must be zero or more: nobody spends to lose a customer sooner (got -0.1)."),
    ("BREAK_EVEN_SPEND", (100, 80),
     "retention must be a fraction from 0 to 1, such as 0.1 for 10 % (got 80)."),
    ("BREAK_EVEN_SPEND", (100, CellError("#DIV/0!")), "#DIV/0!"),
    ("NPS", (column(10, 11),), "scores, row 2, must be a whole number from 0 to 10 (got 11)."),
    ("NPS", (column("Score", 7.5),), "scores, row 2, must be a whole number from 0 to 10 (got 7.5)."),
    ("NPS", (column(10, "great"),), 'scores, row 2, must be a number (got "great").'),
    ("NPS", (column("Score", None),), "scores has no filled rows below its header."),
    ("NPS", (column(None, None),), "scores has no filled rows."),
    ("NPS", (column(9, CellError("#N/A")),), "#N/A"),
    ("NPS_LOW", (column(9, 3), 95), "confidence must lie between 0 and 1, such as 0.95 (got 95)."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "sentence"), SAID)
def test_what_makes_no_sense_gets_one_sentence(name: str, cells: tuple[Any, ...], sentence: str) -> None:
    assert answer(FUNCTIONS[name], cells) == sentence
