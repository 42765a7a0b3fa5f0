"""The mathematics that BG/NBD and MBG/NBD share: after each chance to leave, some customers do.

They differ in how many chances there were: one after each repeat order (BG/NBD), or one after the
first order as well (MBG/NBD). `chances` is that number.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from retention_core.btyd.purchases import Floats, Patterns

BLOCK = 2**13  # short enough for numpy to multiply on one thread, and for the cache
_NEAR_ONE = 2e-3
_NODES = np.array([-2.0, -1.0, 1.0, 2.0])
_SMALLEST = 1e-9
_TERMS = 10_000


def log_odds_gone(
    parameters: Floats, frequency: Floats, recency: Floats, age: Floats, chances: Floats
) -> Floats:
    """log a / (b + chances - 1) + (r + x) log((alpha + T) / (alpha + t_x)); -inf without a chance."""
    r, alpha, a, b = parameters
    silence = np.log1p((age - recency) / (alpha + recency))
    odds: Floats = _log_share_leaving(a, b, chances) + (r + frequency) * silence
    return odds


def orders_if_alive(
    parameters: Floats, time: Floats, frequency: Floats, age: Floats, chances: Floats
) -> Floats:
    """Expected orders within `time` of customers still there.

    Notes
    -----
    (c / (a - 1)) * (1 - G) with c = a + b + chances - 1, z = t / (alpha + T + t) and
    G = (1 - z)^(r + x) 2F1(r + x, b + chances; c; z) in the papers. Euler's transformation makes it
    G = (1 - z)^(a - 1) 2F1(c - r - x, a - 1; c; z). The form with the smaller exponent overflows neither for
    busy customers nor for a large a. At a = 1 the expression is 0/0: close to it, the values at four
    neighbours are interpolated.
    """
    r, alpha, a, b = parameters
    if abs(a - 1) < _NEAR_ONE / 2:
        nodes = 1 + _NODES * _NEAR_ONE
        values = [
            orders_if_alive(np.array([r, alpha, node, b]), time, frequency, age, chances) for node in nodes
        ]
        return np.asarray(sum(w * v for w, v in zip(_lagrange(nodes, a), values, strict=True)))
    c = a + b + chances - 1
    c = np.where(np.abs(c) < _SMALLEST, _SMALLEST, c)
    fraction = time / (alpha + age + time)
    papers = r + frequency < a - 1
    exponent = np.where(papers, r + frequency, a - 1)
    first = np.where(papers, b + chances, c - r - frequency)
    staying = np.exp(exponent * np.log1p(-fraction)) * _hypergeometric(first, exponent, c, fraction)
    expected: Floats = c / (a - 1) * (1 - staying)
    return expected


def likelihood(parameters: Floats, patterns: Patterns, first_chances: int) -> tuple[float, Floats]:
    """Log-likelihood of all customers, and its gradient in r, alpha, a and b.

    Notes
    -----
    With d chances, odds D and w = D / (1 + D): log L = log Gamma(r + x) / Gamma(r) + r log alpha
    - (r + x) log(alpha + T) + log B(a, b + d) / B(a, b) + log(1 + D).
    """
    r, alpha, a, b = parameters
    frequencies, place = patterns.frequencies, patterns.place
    chances = frequencies + first_chances
    many = np.bincount(place, patterns.count)
    leaving = _log_share_leaving(a, b, chances)
    gone = np.zeros(len(frequencies))
    value, in_r, in_alpha = 0.0, 0.0, 0.0
    for begin in range(0, len(place), BLOCK):
        part = slice(begin, begin + BLOCK)
        count, which = patterns.count[part], place[part]
        to_end, to_last = alpha + patterns.age[part], alpha + patterns.recency[part]
        power = r + patterns.frequency[part]
        log_end = np.log(to_end)
        silence = log_end - np.log(to_last)
        odds = leaving[which] + power * silence
        shrunk = np.exp(-np.abs(odds))
        share = np.where(odds > 0, 1.0, shrunk) / (1 + shrunk)
        value += float(count @ (np.maximum(odds, 0) + np.log1p(shrunk) - power * log_end))
        in_r += float(count @ (share * silence - log_end))
        in_alpha += float((count * power) @ (share * (1 / to_end - 1 / to_last) - 1 / to_end))
        gone += np.bincount(which, count * share, len(frequencies))
    total = float(many.sum())
    value += total * r * np.log(alpha) + float(many @ _log_counted(r, a, b, frequencies, chances))
    in_r += total * np.log(alpha) + float(many @ (digamma(r + frequencies) - digamma(r)))
    in_alpha += total * r / alpha
    both = float(many @ (digamma(a + b) - digamma(a + b + chances)))
    in_a = both + float(gone.sum()) / a
    could = chances > 0
    in_b = both + float(many @ (digamma(b + chances) - digamma(b)))
    in_b -= float((gone[could] / (b + chances[could] - 1)).sum())
    return value, np.array([in_r, in_alpha, in_a, in_b])


def _log_counted(r: float, a: float, b: float, frequency: Floats, chances: Floats) -> Floats:
    """The terms that know only the number of orders."""
    ordering = gammaln(r + frequency) - gammaln(r)
    staying = gammaln(a + b) + gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances)
    counted: Floats = ordering + staying
    return counted


def _log_share_leaving(a: float, b: float, chances: Floats) -> Floats:
    could = chances > 0
    shares = np.full(np.shape(chances), -np.inf)
    np.log(a / np.where(could, b + chances - 1, 1.0), out=shares, where=could)
    return shares


def _hypergeometric(first: Floats, second: Floats, third: Floats, at: Floats) -> Floats:
    """2F1, by its series where scipy gives up: customers with hundreds of orders, far ahead."""
    shaped = np.broadcast_arrays(first, second, third, at)
    first, second, third, at = (np.array(each, dtype=np.float64) for each in shaped)
    found: Floats = hyp2f1(first, second, third, at)
    lost = ~np.isfinite(found)
    if lost.any():
        first, second, third, at = first[lost], second[lost], third[lost], at[lost]
        term, total = np.ones(len(at)), np.ones(len(at))
        for n in range(_TERMS):
            term = term * (first + n) * (second + n) / ((third + n) * (n + 1)) * at
            total += term
            if (np.abs(term) < 1e-17 * np.abs(total)).all():
                break
        found[lost] = total
    return found


def _lagrange(nodes: Floats, at: float) -> list[float]:
    """Weights of the values at the nodes in the polynomial through them, at a point between."""
    return [
        float(np.prod([(at - other) / (node - other) for other in nodes if other != node])) for node in nodes
    ]
