"""What retention is worth by formula: a table computed by hand, identities, one sentence for nonsense."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_core.worth import (
    WorthError,
    break_even_once,
    break_even_spend,
    customer_worth,
    retention_worth,
)

shares = st.floats(0, 0.999)
margins = st.floats(-1e6, 1e6)


# sums of margin * (retention / (1 + discount))^t over t = 0, 1, 2, ... added up in decimals of 40 digits
@pytest.mark.parametrize(
    ("margin", "retention", "discount", "worth"),
    [
        (100, 0.8, 0.1, 366.66666666667),
        (100, 0, 0.1, 100),
        (250, 0.95, 0.1, 1833.3333333333),
        (12.5, 0.6, 0.25, 24.038461538462),
        (40, 0.5, 0, 80),
        (100, 1, 0.1, 1100),
        (-30, 0.7, 0.05, -90),
        (99.95, 0.63, 0.12, 228.45714285714),
    ],
)
def test_a_customers_worth_is_the_sum_of_its_margins(margin, retention, discount, worth):
    assert customer_worth(margin, retention, discount) == pytest.approx(worth, rel=1e-12)


@pytest.mark.parametrize(
    ("customers", "margin", "retention", "points", "discount", "worth"),
    [
        (1000, 100, 0.8, 0.01, 0.1, 12643.678160920),
        (1000, 100, 0.8, -0.01, 0.1, -11827.956989247),
        (350, 42, 0.63, 0.05, 0.12, 3818.1818181818),
        (20, 1500, 0.95, 0.05, 0.1, 110000),
        (7, 12.5, 0.5, -0.5, 0, -87.5),
        (1, 100, 0.8, 0.000001, 0.1, 0.0012222262963099),
        (0, 100, 0.8, 0.01, 0.1, 0),
    ],
)
def test_points_of_retention_are_worth_the_difference_of_the_sums(
    customers, margin, retention, points, discount, worth
):
    assert retention_worth(customers, margin, retention, points, discount) == pytest.approx(worth, rel=1e-11)


@pytest.mark.parametrize(
    ("margin", "retention", "uplift", "discount", "for_good", "once"),
    [
        (100, 0.8, 0.05, 0.1, 73.333333333333, 16.666666666667),
        (60, 0.7, 0.1, 0.1, 55, 15),
        (250, 0.9, 0.02, 0.08, 187.5, 27.777777777778),
        (40, 0, 0.3, 0, 17.142857142857, 12),
        (100, 0.8, 0, 0.1, 0, 0),
    ],
)
def test_the_break_even_spend_is_what_the_uplift_brings(margin, retention, uplift, discount, for_good, once):
    assert break_even_spend(margin, retention, uplift, discount) == pytest.approx(for_good, rel=1e-12)
    assert break_even_once(margin, retention, uplift, discount) == pytest.approx(once, rel=1e-12)


@given(margins, shares, st.floats(0.01, 1))
def test_a_customer_is_worth_its_margin_and_the_discounted_chance_of_as_much_again(
    margin, retention, discount
):
    worth = customer_worth(margin, retention, discount)
    assert worth == pytest.approx(margin + retention / (1 + discount) * worth, rel=1e-9)


@given(st.floats(0, 1e6), margins, shares, shares, st.floats(0.01, 1))
def test_points_there_and_back_are_worth_nothing(customers, margin, before, after, discount):
    there = retention_worth(customers, margin, before, after - before, discount)
    back = retention_worth(customers, margin, after, before - after, discount)
    assert there == pytest.approx(-back, rel=1e-6, abs=1e-6)


@given(st.floats(0, 1e6), margins, st.floats(0, 0.9), st.floats(0, 0.1), st.floats(0.01, 1))
def test_the_worth_of_points_is_as_many_break_even_spends_as_customers(
    customers, margin, retention, points, discount
):
    one = break_even_spend(margin, retention, points, discount)
    every = retention_worth(customers, margin, retention, points, discount)
    assert every == pytest.approx(customers * one, rel=1e-12)


@given(st.floats(0, 1e6), st.floats(0, 0.9), st.floats(0, 0.1), st.floats(0.01, 1))
def test_a_lasting_uplift_is_worth_no_less_than_one_for_a_period(margin, retention, uplift, discount):
    lasting = break_even_spend(margin, retention, uplift, discount)
    assert lasting >= break_even_once(margin, retention, uplift, discount) * (1 - 1e-12)


def test_binary_noise_beyond_everyone_is_everyone():
    retention = 0.1 + 0.2
    assert retention + 0.7 == 1.0
    assert retention_worth(1, 100, 0.7 + 0.1, 0.2, 0.1) == pytest.approx(1100 - 1100 / 3, rel=1e-12)
    assert retention_worth(1, 100, 0.3, -retention, 0.1) == pytest.approx(100 - 137.5, rel=1e-12)


def test_left_out_points_are_one_and_the_discount_a_tenth():
    assert retention_worth(1000, 100, 0.8) == retention_worth(1000, 100, 0.8, 0.01, 0.1)
    assert break_even_spend(100, 0.8) == break_even_spend(100, 0.8, 0.05, 0.1)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda: customer_worth(100, 80),
            "retention must be a fraction from 0 to 1, such as 0.1 for 10 % (got 80).",
        ),
        (lambda: customer_worth(100, 0.8, 10), "discount must be a fraction from 0 to 1"),
        (lambda: customer_worth(100, 1, 0), "discount must be above zero where everyone stays"),
        (lambda: customer_worth(math.nan, 0.8), "margin must be a finite number (got nan)."),
        (lambda: customer_worth("9", 0.8), "margin must be a finite number (got 9)."),
        (lambda: customer_worth(1e308, 1, 0.1), "margin is too large for the other figures"),
        (lambda: retention_worth(-1, 100, 0.8), "customers must be zero or more (got -1)."),
        (lambda: retention_worth(10, 100, 0.995), "retention plus points must lie between 0 and 1"),
        (lambda: retention_worth(10, 100, 0.8, 5), "(got 0.8 and 5): one point is 0.01."),
        (lambda: retention_worth(10, 100, 0.005, -0.01), "retention plus points must lie between 0 and 1"),
        (lambda: retention_worth(10, 100, 0.99, 0.01, 0), "discount must be above zero where everyone stays"),
        (lambda: retention_worth(1e300, 1e300, 0.8), "margin is too large for the other figures"),
        (lambda: break_even_spend(100, 0.97), "retention plus uplift must lie between 0 and 1"),
        (lambda: break_even_spend(100, 0.8, -0.01), "uplift must be zero or more"),
        (lambda: break_even_once(100, 0.97), "retention plus uplift must lie between 0 and 1"),
    ],
)
def test_figures_that_make_no_sense_get_one_sentence(ask, sentence):
    with pytest.raises(WorthError) as caught:
        ask()
    assert sentence in str(caught.value)
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("rubbish", [math.nan, math.inf, "100", None, 1j, [1], 10**400])
def test_whatever_arrives_as_a_figure_gets_a_sentence(place, rubbish):
    figures = [100, 0.8, 0.1]
    figures[place] = rubbish
    with pytest.raises(WorthError, match="must be a finite number"):
        customer_worth(*figures)


def test_numbers_of_numpy_beyond_every_number_get_the_sentence_alone():
    largest = np.float64(1e308)
    for worth in (customer_worth, break_even_spend, break_even_once):
        assert type(worth(np.float64(100), np.float64(0.8))) is float
    for found in (
        lambda: customer_worth(largest, np.float64(0.8)),
        lambda: retention_worth(largest, 100, 0.8),
    ):
        with pytest.raises(WorthError, match="exceeds every number"):
            found()
