"""The net promoter score: its definition, an interval that holds, and scores that are none refused."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_core.errors import RetentionError
from retention_core.net_promoter import NetPromoterScore, nps, nps_of_counts


def test_promoters_are_nines_and_tens_and_detractors_everything_up_to_six():
    found = nps(range(11))
    assert (found.promoters, found.passives, found.detractors, found.answers) == (2, 2, 7, 11)
    assert found.points == pytest.approx(100 * (2 - 7) / 11)


def test_blanks_are_counted_as_unanswered_and_change_nothing_else():
    found, without = nps([10, None, 3, math.nan, 8.0]), nps([10, 3, 8])
    assert found.unanswered == 2
    assert (found.points, found.low, found.high) == (without.points, without.low, without.high)


def test_the_adjusted_wald_interval_follows_its_formula():
    """Rocks (2016): 3/4, 3/2 and 3/4 added; here 50 promoters, 30 passives and 20 detractors by hand."""
    up, down = 50.75 / 103, 20.75 / 103
    reach = 1.959963984540054 * math.sqrt((up + down - (up - down) ** 2) / 103)
    found = nps_of_counts(50, 30, 20)
    assert found.points == 30
    assert found.low == pytest.approx(100 * (up - down - reach), abs=1e-12)
    assert found.high == pytest.approx(100 * (up - down + reach), abs=1e-12)


def coverage(answers: int, shares: tuple[float, float, float]) -> float:
    """Chance that the interval of so many answers holds the true score, summed over every outcome."""
    truth, total = 100 * (shares[0] - shares[2]), 0.0
    for up, down in itertools.product(range(answers + 1), repeat=2):
        counts = (up, answers - up - down, down)
        if counts[1] < 0:
            continue
        found = nps_of_counts(*counts)
        if found.low <= truth <= found.high:
            ways = math.lgamma(answers + 1) - sum(math.lgamma(count + 1) for count in counts)
            total += math.exp(
                ways + sum(count * math.log(share) for count, share in zip(counts, shares, strict=True))
            )
    return total


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.7, 0.2, 0.1), (0.2, 0.3, 0.5), (0.34, 0.33, 0.33)])
@pytest.mark.parametrize("answers", [10, 30])
def test_the_interval_holds_the_true_score_at_about_its_nominal_rate(answers, shares):
    """Exact, by enumeration of all outcomes."""
    assert 0.93 < coverage(answers, shares) < 0.975


def test_few_answers_give_a_wide_interval():
    found = nps([10, 9])
    assert (found.points, found.high) == (100, 100)
    assert found.low < 0


counted = st.integers(0, 10_000)


@given(counted, counted, counted, st.sampled_from([0.5, 0.8, 0.95, 0.999]))
def test_the_score_lies_in_its_interval_and_both_within_a_hundred_points(up, middle, down, confidence):
    if up + middle + down == 0:
        return
    found = nps_of_counts(up, middle, down, confidence=confidence)
    assert -100 <= found.low <= found.points <= found.high <= 100
    turned = nps_of_counts(down, middle, up, confidence=confidence)
    assert turned.points == pytest.approx(-found.points)
    assert turned.low == pytest.approx(-found.high)


@given(st.lists(st.integers(0, 10), min_size=1), st.randoms())
def test_the_order_of_the_scores_does_not_matter(scores, random):
    shuffled = list(scores)
    random.shuffle(shuffled)
    assert nps(scores) == nps(shuffled)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: nps([9, 11]),
         "Each of scores must be a whole number from 0 to 10: one, number 2, is not (got 11)."),
        (lambda: nps([7.5]),
         "Each of scores must be a whole number from 0 to 10: one, number 1, is not (got 7.5)."),
        (lambda: nps(["9"]),
         "Each of scores must be a whole number from 0 to 10: one, number 1, is not (got 9)."),
        (lambda: nps([True]),
         "Each of scores must be a whole number from 0 to 10: one, number 1, is not (got True)."),
        (lambda: nps([math.inf]),
         "Each of scores must be a whole number from 0 to 10: one, number 1, is not (got inf)."),
        (lambda: nps([None]), "scores hold no answer, and without one there is no score (all are blank)."),
        (lambda: nps([9], 1), "confidence must lie between 0 and 1, such as 0.95 (got 1)."),
        (lambda: nps_of_counts(1, -2, 3), "passives must be a whole number, zero or more (got -2)."),
    ],
)  # fmt: skip
def test_what_makes_no_score_gets_one_sentence(call, sentence):
    with pytest.raises(RetentionError) as caught:
        call()
    assert str(caught.value) == sentence


def test_the_result_is_a_plain_value():
    assert nps([10]) == NetPromoterScore(100.0, nps([10]).low, 100.0, 1, 0, 0)


@pytest.mark.parametrize("count", ["3", None, 1e308, 10**400, True, math.nan])
def test_counts_that_are_none_get_a_sentence(count):
    for place in range(3):
        counts = [3, 2, 1]
        counts[place] = count
        with pytest.raises(RetentionError, match="must be"):
            nps_of_counts(*counts)
    with pytest.raises(RetentionError, match="confidence"):
        nps([9, 3], confidence="0.9")
