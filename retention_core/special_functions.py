"""The few special functions that survival and projection need, in the standard library alone."""

from __future__ import annotations

import math
from statistics import NormalDist

_TINY = 1e-300
_FEW_ULPS = 4e-16
_NOISE = 1e-12


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Probability that a chi-square variable with so many degrees of freedom exceeds the statistic.

    Notes
    -----
    The regularised upper incomplete gamma function Q(degrees / 2, statistic / 2), which is a finite sum
    for whole degrees: it starts at exp(-x) or erfc(sqrt(x)) and Q(a + 1, x) = Q(a, x) +
    x^a exp(-x) / Gamma(a + 1).

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of mathematical functions, 26.4.4 and 26.4.5.

    Examples
    --------
    >>> round(chi_square_tail(3.841459, 1), 6), round(chi_square_tail(9.21034, 2), 6)
    (0.05, 0.01)
    """
    x = statistic / 2
    if x <= 0:
        return 1.0
    odd = degrees % 2
    tail = math.erfc(math.sqrt(x)) if odd else math.exp(-x)
    a = 0.5 if odd else 1.0
    while a < degrees / 2:
        tail += math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return min(tail, 1.0)


def student_reach(confidence: float, degrees: int) -> float:
    """How many standard errors an interval of Student's t reaches to either side.

    Notes
    -----
    By its expansion around the normal quantile, right to four digits from 9 degrees of freedom at 95 %.

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of mathematical functions, 26.7.5.

    Examples
    --------
    >>> round(student_reach(0.95, 9), 4), round(student_reach(0.95, 100_000), 4)
    (2.2621, 1.96)
    """
    z = -NormalDist().inv_cdf((1 - confidence) / 2)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return math.fsum(term / float(degrees) ** power for power, term in enumerate(terms))


def digamma(x: float) -> float:
    """Derivative of ln Gamma(x), for x above zero.

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of mathematical functions, 6.3.5 and 6.3.18.

    Examples
    --------
    >>> round(digamma(1.0), 12)
    -0.577215664902
    """
    shift = 0.0
    while x < 10:
        shift -= 1 / x
        x += 1
    y = 1 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760)))))
    return shift + math.log(x) - 0.5 / x - series


def trigamma(x: float) -> float:
    """Second derivative of ln Gamma(x), for x above zero.

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of mathematical functions, 6.4.6 and 6.4.12.

    Examples
    --------
    >>> abs(trigamma(1.0) - math.pi**2 / 6) < 1e-14
    True
    """
    shift = 0.0
    while x < 10:
        shift += 1 / (x * x)
        x += 1
    y = 1 / (x * x)
    series = y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * (5 / 66 - y * 691 / 2730)))))
    return shift + 1 / x + y / 2 + series / x


def log_rise(a: float, x: float) -> float:
    """ln Gamma(a + x) - ln Gamma(a), without the loss of digits where `a` is large.

    Examples
    --------
    >>> round(log_rise(1.0, 4.0), 12) == round(math.log(24), 12), log_rise(1e12, 1.0) == math.log(1e12)
    (True, True)
    """
    if a < 10:
        return math.lgamma(a + x) - math.lgamma(a)
    # Stirling's series of both, with what is common to them taken out
    main = (a - 0.5) * math.log1p(x / a) - x + x * math.log(a + x)
    return main + _stirling(a + x) - _stirling(a)


def gauss_fraction(b: float, c: float, z: float) -> float:
    """The hypergeometric function 2F1(1, b; c; z) for b and c above zero, b <= c and 0 <= z < 1.

    Notes
    -----
    Gauss's continued fraction by the modified Lentz method; it needs some tens of steps where the
    series, with z near 1, would need as many thousands.

    References
    ----------
    Cuyt et al. (2008), Handbook of continued fractions for special functions, 15.3.

    Examples
    --------
    2F1(1, 1; 2; z) = -ln(1 - z) / z:

    >>> round(gauss_fraction(1.0, 2.0, 0.5), 12) == round(2 * math.log(2), 12)
    True
    """
    below, last = 0.0, math.inf
    fraction, step = 1.0, 1.0
    for k in range(1, 1_000_000):
        half = k // 2
        if k == 1:
            term = -b / c
        elif k % 2:
            term = -(b + half) * (c - 1 + half) / ((c + 2 * half - 1) * (c + 2 * half))
        else:
            term = -half * (c - 1 - b + half) / ((c + 2 * half - 2) * (c + 2 * half - 1))
        below = 1 / ((1 + term * z * below) or _TINY)
        step = (1 + term * z / step) or _TINY
        fraction *= step * below
        change = abs(step * below - 1)
        if change < _FEW_ULPS or last <= change < _NOISE:  # rounding can keep it from ever falling further
            break
        last = change
    return 1 / fraction


def _stirling(z: float) -> float:
    """What Stirling's formula leaves of ln Gamma(z), for z of 10 or more."""
    y = 1 / (z * z)
    series = 1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * 691 / 360360))))
    return series / z
