"""How the retention rate of a cohort moves with its age: four nested laws, from simple to flexible.

Each law gives the logarithm of its retention rate in period t with the derivatives in the logarithms of
its parameters. That is all that the likelihood, survival and every forecast need. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from retention_core.newton import Height, Matrix, Vector
from retention_core.special_functions import digamma, gauss_fraction, log_rise, trigamma


class LogRate(NamedTuple):
    """ln of a retention rate, its gradient and Hessian in the logarithms of the parameters."""

    value: float
    gradient: Vector
    hessian: Matrix


class Law(Protocol):
    """A family of retention curves."""

    @property
    def name(self) -> str:
        """What the field calls it."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, as the papers write them."""

    def log_survival(self, logs: Sequence[float], t: float, /) -> float:
        """ln of the share of customers left after t periods."""

    def log_rate(self, logs: Sequence[float], t: int, /) -> LogRate:
        """ln of the share of those left after t - 1 periods who are left after t."""

    def discounted(self, logs: Sequence[float], first: int, z: float, /) -> float:
        """The sum over k from 0 of z^k S(first + k) / S(first), for z below 1."""

    def lifetime(self, logs: Sequence[float], /) -> float | None:
        """The sum of S(t) over t from 0, which may be infinite; None where it has no closed form."""


@dataclass(frozen=True, slots=True)
class Geometric:
    """Everybody leaves with the same probability theta in every period: S(t) = (1 - theta)^t.

    Its parameter here is q = -ln(1 - theta), so that ln S(t) = -q t.
    """

    name: str = "geometric"
    parameters: tuple[str, ...] = ("q",)

    def log_survival(self, logs: Sequence[float], t: float) -> float:
        """-q t."""
        return -math.exp(logs[0]) * t

    def log_rate(self, logs: Sequence[float], _t: int) -> LogRate:
        """-q, whatever the period."""
        q = math.exp(logs[0])
        return LogRate(-q, [-q], [[-q]])

    def discounted(self, logs: Sequence[float], _first: int, z: float) -> float:
        """1 / (1 - z (1 - theta))."""
        return 1 / (1 - z * math.exp(-math.exp(logs[0])))

    def lifetime(self, logs: Sequence[float]) -> float:
        """1 / theta."""
        return -1 / math.expm1(-math.exp(logs[0]))


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """Each customer has a probability of leaving of his own, spread as Beta(alpha, beta).

    r(t) = (beta + t - 1) / (alpha + beta + t - 1).
    """

    name: str = "shifted-beta-geometric"
    parameters: tuple[str, ...] = ("alpha", "beta")

    def log_survival(self, logs: Sequence[float], t: float) -> float:
        """ln B(alpha, beta + t) - ln B(alpha, beta)."""
        alpha, beta = map(math.exp, logs)
        return log_rise(beta, t) - log_rise(alpha + beta, t)

    def log_rate(self, logs: Sequence[float], t: int) -> LogRate:
        """ln of (beta + t - 1) / (alpha + beta + t - 1)."""
        alpha, beta = map(math.exp, logs)
        staying = beta + t - 1
        whole = alpha + staying
        own, cross = beta / staying, beta / whole
        value = -math.log1p(alpha / staying)
        gradient = [-alpha / whole, own - cross]
        mixed = alpha * beta / (whole * whole)
        hessian = [
            [-alpha * staying / (whole * whole), mixed],
            [mixed, own * (1 - own) - cross * (1 - cross)],
        ]
        return LogRate(value, gradient, hessian)

    def discounted(self, logs: Sequence[float], first: int, z: float) -> float:
        """2F1(1, beta + first; alpha + beta + first; z)."""
        alpha, beta = map(math.exp, logs)
        return gauss_fraction(beta + first, alpha + beta + first, z)

    def lifetime(self, logs: Sequence[float]) -> float:
        """(alpha + beta - 1) / (alpha - 1), infinite where alpha is 1 or less."""
        alpha, beta = map(math.exp, logs)
        return (alpha + beta - 1) / (alpha - 1) if alpha > 1 else math.inf


@dataclass(frozen=True, slots=True)
class DiscreteWeibull:
    """Everybody is alike, and the probability of leaving changes with age: S(t) = exp(-q t^c)."""

    name: str = "discrete Weibull"
    parameters: tuple[str, ...] = ("q", "c")

    def log_survival(self, logs: Sequence[float], t: float) -> float:
        """-q t^c."""
        return -math.exp(logs[0]) * _power(t, math.exp(logs[1]))[0]

    def log_rate(self, logs: Sequence[float], t: int) -> LogRate:
        """-q (t^c - (t - 1)^c)."""
        q, c = map(math.exp, logs)
        value, first, second = (-q * (a - b) for a, b in zip(_power(t, c), _power(t - 1, c), strict=True))
        return LogRate(value, [value, first], [[value, first], [first, second]])

    def discounted(self, logs: Sequence[float], first: int, z: float) -> float:
        """Term by term."""
        return _summed(self, logs, first, z)

    def lifetime(self, _logs: Sequence[float]) -> None:
        """No closed form."""


@dataclass(frozen=True, slots=True)
class BetaDiscreteWeibull:
    """Customers differ as Beta(gamma, delta), and the probability of leaving changes with age.

    S(t) = B(gamma, delta + t^c) / B(gamma, delta); c above 1 means that it grows, c = 1 is the
    shifted-beta-geometric law.
    """

    name: str = "beta-discrete-Weibull"
    parameters: tuple[str, ...] = ("gamma", "delta", "c")

    def log_survival(self, logs: Sequence[float], t: float) -> float:
        """ln B(gamma, delta + t^c) - ln B(gamma, delta)."""
        gamma, delta, c = map(math.exp, logs)
        x = _power(t, c)[0]
        return log_rise(delta, x) - log_rise(gamma + delta, x)

    def log_rate(self, logs: Sequence[float], t: int) -> LogRate:
        """ln S(t) - ln S(t - 1)."""
        now, before = self._log_survival(logs, t), self._log_survival(logs, t - 1)
        gradient = [a - b for a, b in zip(now.gradient, before.gradient, strict=True)]
        hessian = [
            [a - b for a, b in zip(*rows, strict=True)]
            for rows in zip(now.hessian, before.hessian, strict=True)
        ]
        return LogRate(now.value - before.value, gradient, hessian)

    def discounted(self, logs: Sequence[float], first: int, z: float) -> float:
        """Term by term."""
        return _summed(self, logs, first, z)

    def lifetime(self, _logs: Sequence[float]) -> None:
        """No closed form."""

    def _log_survival(self, logs: Sequence[float], t: int) -> LogRate:
        """ln S(t) with its derivatives, by the chain rule through x = t^c."""
        gamma, delta, c = map(math.exp, logs)
        x, x_c, x_cc = _power(t, c)
        whole, stays = gamma + delta, delta + x
        by_gamma = gamma * (digamma(whole) - digamma(whole + x))
        by_delta = delta * (digamma(stays) - digamma(delta) + digamma(whole) - digamma(whole + x))
        slope = digamma(stays) - digamma(whole + x)
        bend_whole = trigamma(whole) - trigamma(whole + x)
        bend_delta = trigamma(stays) - trigamma(delta) + bend_whole
        gamma_delta = gamma * delta * bend_whole
        gamma_c = -gamma * trigamma(whole + x) * x_c
        bend = trigamma(stays) - trigamma(whole + x)
        delta_c = delta * bend * x_c
        return LogRate(
            log_rise(delta, x) - log_rise(whole, x),
            [by_gamma, by_delta, slope * x_c],
            [
                [by_gamma + gamma * gamma * bend_whole, gamma_delta, gamma_c],
                [gamma_delta, by_delta + delta * delta * bend_delta, delta_c],
                [gamma_c, delta_c, bend * x_c * x_c + slope * x_cc],
            ],
        )


def log_likelihood(law: Law, logs: Sequence[float], survivors: Sequence[int]) -> Height:
    """ln of the probability of the counts, and its derivatives in the logarithms of the parameters.

    Notes
    -----
    With n(t) left after t periods and r(t) the retention rate, the sum over t of
    n(t) ln r(t) + (n(t - 1) - n(t)) ln(1 - r(t)): the same as the sum of lost(t) ln P(t) and
    n(T) ln S(T) of the papers.
    """
    n = len(law.parameters)
    value, gradient, hessian = 0.0, [0.0] * n, [[0.0] * n for _ in range(n)]
    for t in range(1, len(survivors)):
        kept, gone = survivors[t], survivors[t - 1] - survivors[t]
        if not survivors[t - 1]:
            break
        rate = law.log_rate(logs, t)
        leaves = -math.expm1(rate.value)
        if (gone and leaves <= 0) or not math.isfinite(rate.value):
            return Height(-math.inf, gradient, hessian)
        value += kept * rate.value + (gone * math.log(leaves) if gone else 0.0)
        odds = (1 - leaves) / leaves if gone else 0.0
        weight = kept - gone * odds
        bend = -gone * odds * (1 + odds)
        for i in range(n):
            gradient[i] += weight * rate.gradient[i]
            for j in range(n):
                hessian[i][j] += weight * rate.hessian[i][j] + bend * rate.gradient[i] * rate.gradient[j]
    return Height(value, gradient, hessian)


def _summed(law: Law, logs: Sequence[float], first: int, z: float) -> float:
    """The discounted sum, until what is left cannot matter."""
    whole = law.log_survival(logs, first)
    total, weight, t = 0.0, 1.0, first
    while True:
        term = weight * math.exp(law.log_survival(logs, t) - whole)
        total += term
        if term / (1 - z) <= 1e-13 * total:
            return total
        weight *= z
        t += 1


def _power(t: float, c: float) -> tuple[float, float, float]:
    """t^c and its first two derivatives in ln c."""
    if t == 0:
        return 0.0, 0.0, 0.0
    u = c * math.log(t)
    x = math.exp(min(u, 700.0))
    return x, x * u, x * u * (1 + u)
