"""The textbook rates: identities, published intervals, and one sentence for what makes no sense."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import retention_core as rc

counts = st.integers(0, 10**9)


@st.composite
def books(draw):
    at_start = draw(st.integers(1, 10**9))
    kept = draw(st.integers(0, at_start))
    won = draw(counts)
    return at_start, kept + won, won


@given(books())
def test_retention_and_churn_sum_to_one(book):
    assert rc.retention_rate(*book) + rc.churn_rate(*book) == pytest.approx(1, abs=1e-15)


@given(books(), st.floats(0.01, 0.99))
def test_the_interval_holds_the_rate_and_stays_a_fraction(book, confidence):
    at_start, at_end, won = book
    low, high = rc.rate_interval(at_end - won, at_start, confidence)
    assert 0 <= low <= rc.retention_rate(*book) + 1e-12
    assert rc.retention_rate(*book) - 1e-12 <= high <= 1


@given(books())
def test_more_confidence_makes_a_wider_interval(book):
    at_start, at_end, won = book
    narrow = rc.rate_interval(at_end - won, at_start, 0.8)
    wide = rc.rate_interval(at_end - won, at_start, 0.99)
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12


@pytest.mark.parametrize(
    ("kept", "at_start", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3 (score, no continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_agree_with_newcombe_1998(kept, at_start, low, high):
    found = rc.rate_interval(kept, at_start)
    assert found.low == pytest.approx(low, abs=0.5e-4)
    assert found.high == pytest.approx(high, abs=0.5e-4)


@given(st.floats(0.01, 1), st.floats(0.1, 60), st.floats(0.1, 60))
def test_converting_there_and_back_changes_nothing(rate, months, others):
    there = rc.convert_rate(rate, months, others)
    if there > 1e-100:
        assert rc.convert_rate(there, others, months) == pytest.approx(rate, rel=1e-9)


@given(st.floats(1e-9, 1))
def test_lifetime_times_churn_is_one(churn):
    assert rc.customer_lifetime(churn) * churn == pytest.approx(1)


@given(st.floats(1, 1e9), st.floats(0, 1e9), st.floats(0, 0.5), st.floats(0, 0.5))
def test_net_retention_exceeds_gross_by_the_expansion(opening, expansion, contracted, lost):
    contraction, churned = opening * contracted, opening * lost
    gross = rc.gross_revenue_retention(opening, contraction, churned)
    net = rc.net_revenue_retention(opening, expansion, contraction, churned)
    assert net == pytest.approx(gross + expansion / opening)


def test_sums_of_cents_are_not_refused_for_their_last_binary_digit():
    assert rc.gross_revenue_retention(100.3, 60.1, 40.2) == 0
    assert rc.net_revenue_retention(0.3, 0, 0.1, 0.2) == 0
    assert rc.retention_rate(0.3, 0.1 + 0.2, 0) == 1
    assert rc.rate_interval(0.1 + 0.2, 0.3).high == 1


def test_a_confidence_next_to_one_still_has_an_interval():
    low, high = rc.rate_interval(90, 100, 0.9999999999999999)
    assert 0 < low < 0.9 < high < 1


def test_revenue_that_came_back_counts_only_when_it_is_given():
    assert rc.net_revenue_retention(1000, 0, 0, 100) == 0.9
    assert rc.net_revenue_retention(1000, 0, 0, 100, reactivated=50) == 0.95


@pytest.mark.parametrize(
    ("call", "arguments", "sentence"),
    [
        (
            rc.retention_rate,
            (0, 1, 1),
            "at_start must be above zero: with no customers there is nothing to retain (got 0).",
        ),
        (
            rc.retention_rate,
            (100, 150, 20),
            "at_end less won leaves 130 kept customers, more than the 100 at the start: "
            "check that won counts everyone who was not there at the start.",
        ),
        (
            rc.retention_rate,
            (100, 10, 20),
            "won must not exceed at_end: 20 won, but only 10 customers at the end.",
        ),
        (rc.retention_rate, (100, math.nan, 20), "at_end must be a finite number (got nan)."),
        (rc.churn_rate, (100, 90, -1), "won must be zero or more (got -1)."),
        (rc.rate_interval, (11, 10), "kept must lie between 0 and at_start, 10 (got 11)."),
        (
            rc.rate_interval,
            (9, 10, 95),
            "confidence must lie between 0 and 1, such as 0.95 for 95 % (got 95).",
        ),
        (
            rc.convert_rate,
            (97, 1, 12),
            "rate must be a fraction from 0 to 1, such as 0.9 for 90 % (got 97).",
        ),
        (rc.convert_rate, (0.97, 0, 12), "from_months must be above zero (got 0)."),
        (
            rc.customer_lifetime,
            (0,),
            "churn must be above zero: where nobody leaves, a lifetime has no end (got 0).",
        ),
        (
            rc.customer_lifetime,
            (5e-324,),
            "churn is too close to zero to give a lifetime (got 4.94065645841e-324).",
        ),
        (
            rc.gross_revenue_retention,
            (0, 0, 0),
            "opening must be above zero: with no revenue there is nothing to retain (got 0).",
        ),
        (
            rc.gross_revenue_retention,
            (100, 60, 50),
            "contraction and churned must not exceed opening, 100 (got 60 and 50).",
        ),
        (rc.net_revenue_retention, (100, -5, 0, 0), "expansion must be zero or more (got -5)."),
    ],
)
def test_nonsense_gets_one_sentence(call, arguments, sentence):
    with pytest.raises(rc.RateError) as caught:
        call(*arguments)
    assert str(caught.value) == sentence


def test_the_rates_load_without_any_third_party_package():
    code = (
        "import sys, retention_core.rates; import retention_core as rc; rc.retention_rate(100, 110, 20); "
        "print(sorted({'pandas', 'numpy', 'narwhals', 'duckdb', 'pyarrow'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_can_be_imported():
    assert [name for name in rc.__all__ if not hasattr(rc, name)] == []
    assert len(rc.__all__) == len(set(rc.__all__))


def test_no_public_name_hides_behind_a_module_of_the_same_name():
    modules = {path.stem for path in Path(rc.__file__).parent.glob("*.py")}
    assert modules & set(rc.__all__) == set()
