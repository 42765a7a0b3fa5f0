from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma as peer_digamma
from scipy.special import gammaln, hyp2f1, polygamma
from scipy.stats import chi2, t

from retention_core.special_functions import (
    chi_square_tail,
    digamma,
    gauss_fraction,
    log_rise,
    student_reach,
    trigamma,
)

above_zero = st.floats(1e-3, 1e6)


@given(st.floats(0, 400), st.integers(1, 40))
def test_the_chi_square_tail_agrees_with_scipy(statistic: float, degrees: int) -> None:
    assert chi_square_tail(statistic, degrees) == pytest.approx(chi2.sf(statistic, degrees), rel=1e-12)


@given(st.floats(0.5, 0.99), st.integers(9, 10**7))
def test_the_reach_of_students_t_agrees_with_scipy(confidence: float, degrees: int) -> None:
    assert student_reach(confidence, degrees) == pytest.approx(t.ppf((1 + confidence) / 2, degrees), rel=1e-4)


@given(above_zero)
def test_digamma_and_trigamma_agree_with_scipy(x: float) -> None:
    assert digamma(x) == pytest.approx(peer_digamma(x), rel=1e-12, abs=1e-13)
    assert trigamma(x) == pytest.approx(polygamma(1, x), rel=1e-12)


@given(above_zero, st.floats(0, 1e5))
def test_the_rise_of_log_gamma_agrees_with_scipy(a: float, x: float) -> None:
    noise = 1e-15 * abs(gammaln(a + x))
    assert log_rise(a, x) == pytest.approx(gammaln(a + x) - gammaln(a), rel=1e-11, abs=1e-12 + 10 * noise)


def test_the_rise_of_log_gamma_keeps_its_digits_where_gamma_is_huge() -> None:
    assert log_rise(1e10, 2) == pytest.approx(math.log(1e10) + math.log(1e10 + 1), rel=1e-15)


@given(st.floats(0.05, 50), st.floats(0.05, 50), st.floats(0, 0.99))
def test_the_gauss_fraction_agrees_with_scipy(b: float, more: float, z: float) -> None:
    assert gauss_fraction(b, b + more, z) == pytest.approx(hyp2f1(1, b, b + more, z), rel=1e-10)


@pytest.mark.parametrize("z", [0.984375, 0.9843, 0.9999])
def test_the_gauss_fraction_ends_where_rounding_stops_it(z: float) -> None:
    """2F1(1, 1/2; 1; z) = (1 - z)^(-1/2)."""
    assert gauss_fraction(0.5, 1.0, z) == pytest.approx((1 - z) ** -0.5, rel=1e-11)
