"""Where a cohort's retention curve goes: fitted to the survivors so far and carried on.

Standard library only, so that this file runs wherever Python does; only frames need pandas.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from retention_core.errors import RetentionError, said
from retention_core.newton import Summit, inverse, maximise
from retention_core.rates import Interval
from retention_core.retention_laws import (
    BetaDiscreteWeibull,
    DiscreteWeibull,
    Geometric,
    Law,
    ShiftedBetaGeometric,
    log_likelihood,
)
from retention_core.special_functions import chi_square_tail
from retention_core.survival import Figure, log_log_interval, standard_errors_wide

if TYPE_CHECKING:
    from retention_core.frames import DataFrame

_ALL_ALIKE = math.log(1e6)  # beta parameters that add up to more leave no visible difference
_NUDGE = 1e-5
_FARTHEST = 10_000
_LARGEST = 1_000_000_000
_LARGEST_COHORT = 1_000_000_000_000
_SAME_HEIGHT = 1e-6
_INFINITE = (
    "The expected lifetime is infinite: so many customers are expected to stay on and on that the mean has "
    "no bound; give a horizon or a discount."
)
_STARTS = (0.0, 0.0), (-1.5, 0.5), (1.0, 2.0)
_SHAPES = 0.0, 0.5, -0.5


class ProjectionError(RetentionError):
    """Survivors that no retention curve can be fitted to, or a question the curve cannot answer."""


class CurvePoint(NamedTuple):
    """Share of a cohort left after a period, and of those left a period before, None in period 0."""

    period: int
    survival: float
    retention: float | None


class Lifetime(NamedTuple):
    """An expected lifetime in periods, and what it means in a sentence.

    `value` is infinite where a few customers are expected to stay so long that the mean has no bound.
    Where `high` is infinite, `low` is rough: the lifetime with alpha at its upper limit.
    """

    value: float
    low: float
    high: float
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A retention curve period by period, from the start to beyond the last count.

    Attributes
    ----------
    periods
        0, 1, 2 ...
    observed
        Survivors as counted, None in the periods to come.
    projected
        Survivors by the model: the cohort's size times `survival`.
    survival, low, high
        Share of the cohort left at the end of the period, and its interval: how far the curve is known,
        not how far a cohort scatters about it.
    retention
        Share of those left a period before, None in period 0.
    definition
        The model in a sentence.
    """

    periods: tuple[int, ...]
    observed: tuple[int | None, ...]
    projected: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    retention: tuple[float | None, ...]
    confidence: float
    definition: str
    notes: tuple[str, ...]

    def columns(self) -> dict[str, Sequence[float | None]]:
        """The table, by column: period, observed, projected, survival, low, high, retention."""
        return {
            "period": self.periods,
            "observed": self.observed,
            "projected": self.projected,
            "survival": self.survival,
            "low": self.low,
            "high": self.high,
            "retention": self.retention,
        }

    def to_frame(self) -> DataFrame:
        """One row a period; the columns of `columns`."""
        from retention_core.frames import frame_of

        return frame_of(self.columns())


@dataclass(frozen=True, slots=True, eq=False)
class RetentionModel:
    """A retention curve fitted to a cohort; made by `fit_sbg` and `fit_bdw`.

    Attributes
    ----------
    law
        The family of curves. Where the counts drive a model to its limit, this is the limit, and
        `notes` says so.
    logs, covariance
        Logarithms of the parameters, and their covariance (the inverse of the observed information).
    log_likelihood
        At the maximum.
    survivors
        The counts it was fitted to.
    notes
        What to know before relying on it, as sentences.
    """

    law: Law
    logs: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...] = field(repr=False)
    log_likelihood: float
    survivors: tuple[int, ...] = field(repr=False)
    confidence: float
    notes: tuple[str, ...]

    @property
    def definition(self) -> str:
        """The model in a sentence."""
        return (
            f"{self.law.name[0].upper()}{self.law.name[1:]} curve by maximum likelihood, from "
            f"{self.survivors[0]:,} customers over {len(self.survivors) - 1} periods."
        )

    @property
    def parameters(self) -> dict[str, Figure]:
        """Each parameter with its standard error and interval, which is even about the logarithm."""
        found = {}
        for place, name in enumerate(self.law.parameters):
            error = math.sqrt(self.covariance[place][place])
            found[name] = _even_in_logs(math.exp(self.logs[place]), error, self.confidence)
        return found

    @property
    def first_churn(self) -> Figure:
        """Share expected to leave in the first period: the mean of the customers' probabilities."""
        left, (low, high) = self.survival(1)
        error = left * self._log_survival_error(1)
        return Figure(1 - left, error, 1 - high, 1 - low)

    def survival(self, period: float) -> tuple[float, Interval]:
        """Share of the cohort left after so many periods, with its interval."""
        if not 0 <= period < math.inf:
            raise ProjectionError(f"`period` must be zero or more (got {said(period)}).")
        if period == 0:
            return 1.0, Interval(1.0, 1.0)
        return self._survival(period, self._log_survival_error(period))

    def retention(self, period: int) -> float:
        """Share of those left after period - 1 who are left after `period`."""
        if not 1 <= period < math.inf or period != int(period):
            raise ProjectionError(f"`period` must be a whole number above zero (got {said(period)}).")
        return math.exp(self.law.log_rate(self.logs, int(period)).value)

    def customers_left(self, periods: int) -> float:
        """Customers expected to be left so many periods after the last count, given that count."""
        last = len(self.survivors) - 1
        ahead = _whole("periods", periods, 0, _FARTHEST)
        now, then = (self.law.log_survival(self.logs, t) for t in (last, last + ahead))
        return self.survivors[-1] * math.exp(then - now)

    def project(self, periods: int) -> Projection:
        """The curve from the start to `periods` periods after the last count."""
        ahead = _whole("periods", periods, 0, _FARTHEST)
        known = len(self.survivors)
        span = tuple(range(known + ahead))
        errors = map(self._spread, self._survival_slopes(span[-1]))
        curve = [self.survival(0), *map(self._survival, span[1:], errors)]
        return Projection(
            periods=span,
            observed=(*self.survivors, *[None] * ahead),
            projected=tuple(self.survivors[0] * left for left, _ in curve),
            survival=tuple(left for left, _ in curve),
            low=tuple(limits.low for _, limits in curve),
            high=tuple(limits.high for _, limits in curve),
            retention=(None, *(self.retention(t) for t in span[1:])),
            confidence=self.confidence,
            definition=self.definition,
            notes=self.notes,
        )

    def lifetime(self, horizon: int | None = None) -> Lifetime:
        """Expected number of periods a new customer is there, the first one included.

        Parameters
        ----------
        horizon
            Count the first so many periods only; the whole lifetime if left out, which may be infinite.

        Raises
        ------
        ProjectionError
            If the horizon makes no sense, or is left out where the law has no closed form.

        Notes
        -----
        The sum of S(t) over t from 0. For the shifted-beta-geometric law (alpha + beta - 1) / (alpha - 1)
        if alpha is above 1; else a few very loyal customers make it infinite.
        """
        if horizon is not None:
            return self._lifetime_within(_whole("horizon", horizon, 1, _FARTHEST))
        value = self.law.lifetime(self.logs)
        if value is None:
            raise ProjectionError(
                f"`horizon` must be given: the {self.law.name} curve has no closed form for a whole lifetime."
            )
        if math.isinf(value):
            return Lifetime(value, self._shortest_lifetime(), math.inf, _INFINITE)
        sentence = f"A new customer is expected to be there for {value:,.1f} periods."
        if self._may_be_infinite():
            sentence += " It may as well be infinite; a horizon or a discount gives a firmer figure."
            return Lifetime(value, self._shortest_lifetime(), math.inf, sentence)
        figure = self._figure(lambda logs: self.law.lifetime(logs) or math.inf)
        return Lifetime(value, figure.low, figure.high, sentence)

    def discounted_lifetime(self, discount: float) -> Figure:
        """Present value of a new customer who pays 1 a period in advance, the first payment now.

        Parameters
        ----------
        discount
            Rate per period, such as 0.1; above zero, and 0.001 or more where the law has no closed form.

        Notes
        -----
        The sum of S(t) / (1 + d)^t over t from 0; for the shifted-beta-geometric law
        2F1(1, beta; alpha + beta; 1 / (1 + d)).
        """
        z = self._discount_factor(discount)
        return self._figure(lambda logs: self.law.discounted(logs, 0, z))

    def residual_lifetime(self, period: int, discount: float) -> Figure:
        """Discounted expected residual lifetime (DERL) of a customer about to renew.

        Present value of what a customer in his `period`-th period (period - 1 renewals made) will still pay,
        at 1 a period, the next payment due now if he renews.

        Parameters
        ----------
        period
            1 for a customer who has not renewed yet.
        discount
            Rate per period, as for `discounted_lifetime`.

        Notes
        -----
        The sum of S(t) / S(n - 1) / (1 + d)^(t - n) over t from n; for the shifted-beta-geometric law
        (beta + n - 1) / (alpha + beta + n - 1) * 2F1(1, beta + n; alpha + beta + n; 1 / (1 + d)).

        References
        ----------
        Fader and Hardie (2010), Customer-base valuation in a contractual setting: the perils of ignoring
        heterogeneity, Marketing Science 29(1), 85-93, equation 6.
        """
        n = _whole("period", period, 1, _FARTHEST)
        z = self._discount_factor(discount)

        def value(logs: Sequence[float]) -> float:
            return math.exp(self.law.log_rate(logs, n).value) * self.law.discounted(logs, n, z)

        return self._figure(value)

    def _lifetime_within(self, horizon: int) -> Lifetime:
        figure = self._figure(
            lambda logs: math.fsum(math.exp(self.law.log_survival(logs, t)) for t in range(horizon))
        )
        stay = f"for {figure.value:,.1f} of the first {horizon:,} periods"
        sentence = f"A new customer is expected to be there {stay}."
        return Lifetime(figure.value, figure.low, min(figure.high, float(horizon)), sentence)

    def _may_be_infinite(self) -> bool:
        return self.law.name == ShiftedBetaGeometric().name and self.parameters["alpha"].low <= 1

    def _shortest_lifetime(self) -> float:
        """The expected lifetime with alpha at its upper limit: where it has no bound, a rough lower limit."""
        most, beta = self.parameters["alpha"].high, self.parameters["beta"].value
        return (most + beta - 1) / (most - 1) if most > 1 else math.inf

    def _discount_factor(self, discount: float) -> float:
        closed = self.law.lifetime(self.logs) is not None
        least = 1e-6 if closed else 1e-3
        if not least <= discount < math.inf:
            raise ProjectionError(
                f"`discount` must be a rate per period of {said(least)} or more for the {self.law.name} "
                f"curve, such as 0.1 (got {said(discount)})."
            )
        return 1 / (1 + discount)

    def _survival(self, period: float, error: float) -> tuple[float, Interval]:
        """Share left, with the interval that the standard error of its logarithm gives."""
        log = self.law.log_survival(self.logs, period)
        return math.exp(log), log_log_interval(log, error, standard_errors_wide(self.confidence))

    def _log_survival_error(self, period: float) -> float:
        if period != int(period) or period > 2 * _FARTHEST:
            return self._error(lambda logs: self.law.log_survival(logs, period))
        *_, slopes = self._survival_slopes(int(period))
        return self._spread(slopes)

    def _survival_slopes(self, periods: int) -> Iterator[list[float]]:
        """Slopes of ln S(t) in the logarithms of the parameters for t from 1, exact to the last digits."""
        slopes = [0.0] * len(self.logs)
        for t in range(1, periods + 1):
            slopes = [a + b for a, b in zip(slopes, self.law.log_rate(self.logs, t).gradient, strict=True)]
            yield slopes

    def _figure(self, quantity: Callable[[Sequence[float]], float]) -> Figure:
        """A quantity above zero with standard error and interval, by the delta method on its logarithm."""
        value = quantity(self.logs)
        return _even_in_logs(value, self._error(lambda logs: math.log(quantity(logs))), self.confidence)

    def _error(self, quantity: Callable[[Sequence[float]], float]) -> float:
        """Standard error of a quantity by the delta method, its slopes taken numerically."""
        slopes = []
        for place in range(len(self.logs)):
            up, down = list(self.logs), list(self.logs)
            up[place] += _NUDGE
            down[place] -= _NUDGE
            slopes.append((quantity(up) - quantity(down)) / (2 * _NUDGE))
        return self._spread(slopes)

    def _spread(self, slopes: Sequence[float]) -> float:
        """Standard error of a quantity with these slopes in the logarithms of the parameters."""
        variance = math.fsum(
            a * b * entry
            for a, row in zip(slopes, self.covariance, strict=True)
            for b, entry in zip(slopes, row, strict=True)
        )
        return math.sqrt(max(variance, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class ModelComparison:
    """Whether a customer's own chance of leaving changes with age; made by `compare_models`.

    Attributes
    ----------
    simple, extended
        The shifted-beta-geometric and the beta-discrete-Weibull fit.
    statistic, p
        Twice the gain in log-likelihood, and the probability of at least as much by chance where the
        simple model is true (chi-square with one degree of freedom).
    verdict
        Which of the two to use, in a sentence.
    """

    simple: RetentionModel
    extended: RetentionModel
    statistic: float
    p: float
    verdict: str


def fit_sbg(survivors: Sequence[float], *, confidence: float = 0.95) -> RetentionModel:
    """Fit the shifted-beta-geometric model to the survivors of one cohort.

    Each customer leaves with the same probability in every period; the probabilities differ between
    customers as a beta distribution. The retention rate of the cohort rises with age because those likely
    to leave do so first.

    Parameters
    ----------
    survivors
        Customers left, the size of the cohort first, then after each period; at least two periods.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    ProjectionError
        If the survivors rise, nobody or everybody was lost at once, or the fit does not converge.

    Notes
    -----
    S(t) = B(alpha, beta + t) / B(alpha, beta), r(t) = (beta + t - 1) / (alpha + beta + t - 1). Standard
    errors come from the observed information in the logarithms of the parameters. Where retention does not
    rise with age, alpha and beta grow without bound; the result then is their limit, one probability
    of leaving for all (`geometric`), and `notes` says so.

    References
    ----------
    Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76-90.

    Examples
    --------
    The paper's "Regular" customers over seven years:

    >>> model = fit_sbg([1000, 631, 468, 382, 326, 289, 262, 241])
    >>> [round(figure.value, 3) for figure in model.parameters.values()]
    [0.704, 1.182]
    >>> round(1000 * model.survival(12)[0])
    170
    """
    counts = _checked(survivors, 2)
    _check_confidence(confidence)
    law = ShiftedBetaGeometric()
    if _rate_rises(counts):
        summit = _highest(law, counts, [(0.0, 0.0)])
        if max(summit.point) < _ALL_ALIKE:
            return _converged(_fitted(law, counts, summit, confidence), law.name, "check the counts")
    note = (
        "The retention rate does not rise with age in these counts, so they show no differences between "
        "customers: the model is at its limit, one probability of leaving for everyone in every period."
    )
    limit = _highest(Geometric(), counts, [(0.0,)])
    return _converged(_fitted(Geometric(), counts, limit, confidence, note), law.name, "check the counts")


def fit_bdw(survivors: Sequence[float], *, confidence: float = 0.95) -> RetentionModel:
    """Fit the beta-discrete-Weibull model to the survivors of one cohort.

    As the shifted-beta-geometric model, but a customer's own chance of leaving may also grow (c above 1)
    or shrink (c below 1) with age.

    Parameters
    ----------
    survivors
        Customers left, the size of the cohort first, then after each period; at least three periods.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    ProjectionError
        As `fit_sbg`. With few periods there often is no maximum; the shifted-beta-geometric model then
        is what the counts can bear.

    Notes
    -----
    S(t) = B(gamma, delta + t^c) / B(gamma, delta). The highest of the maxima reached from several starts.
    Where gamma and delta grow without bound the result is their limit, the discrete Weibull law
    S(t) = exp(-q t^c), and `notes` says so.

    References
    ----------
    Fader, Hardie, Liu, Davin and Steenburgh (2018), "How to project customer retention" revisited: the role
    of duration dependence, Journal of Interactive Marketing 43, 1-16.

    Examples
    --------
    The "High End" customers over four renewals: the chance to leave grows with age (c above 1)

    >>> model = fit_bdw([1000, 869, 743, 653, 593])
    >>> {name: round(figure.value, 2) for name, figure in model.parameters.items()}
    {'gamma': 0.26, 'delta': 1.72, 'c': 1.58}
    """
    counts = _checked(survivors, 3)
    _check_confidence(confidence)
    law = BetaDiscreteWeibull()
    summit = _highest(law, counts, [(*start, shape) for start in _STARTS for shape in _SHAPES])
    limit = _highest(DiscreteWeibull(), counts, [(-1.0, 0.0)])
    if summit.height.value > limit.height.value + _SAME_HEIGHT:
        remedy = "use the shifted-beta-geometric model, or wait for more periods"
        return _converged(_fitted(law, counts, summit, confidence), law.name, remedy)
    note = (
        "These counts show no differences between customers of the same age: the model is at its limit, the "
        "discrete Weibull law."
    )
    model = _fitted(DiscreteWeibull(), counts, limit, confidence, note)
    return _converged(model, law.name, "use the shifted-beta-geometric model")


def compare_models(survivors: Sequence[float], *, confidence: float = 0.95) -> ModelComparison:
    """Fit both models and test whether the more flexible one is needed (likelihood ratio).

    Examples
    --------
    >>> compare_models([1000, 869, 743, 653, 593, 551, 517, 491]).verdict
    "Use the beta-discrete-Weibull model: a customer's own chance of leaving grows with age (p = 0.0006)."
    """
    simple, extended = (fit(survivors, confidence=confidence) for fit in (fit_sbg, fit_bdw))
    statistic = max(0.0, 2 * (extended.log_likelihood - simple.log_likelihood))
    p = chi_square_tail(statistic, 1)
    shown = f"p = {p:.4f}" if p >= 0.0001 else "p below 0.0001"
    if p < 1 - confidence:
        change = "grows" if extended.logs[-1] > 0 else "shrinks"
        why = f"a customer's own chance of leaving {change} with age ({shown})"
        verdict = f"Use the {extended.law.name} model: {why}."
    else:
        why = f"nothing here says that a customer's own chance of leaving changes with age ({shown})"
        verdict = f"Use the {simple.law.name} model: {why}."
    return ModelComparison(simple, extended, statistic, p, verdict)


def sbg_curve(alpha: float, beta: float, periods: int) -> tuple[CurvePoint, ...]:
    """The shifted-beta-geometric curve of known parameters, from period 0 on.

    Parameters
    ----------
    alpha, beta
        Of the beta distribution of the customers' chances to leave; above zero, at most 1e9.
    periods
        How many to go on for after the start.

    Raises
    ------
    ProjectionError
        If an argument makes no sense.

    Notes
    -----
    r(t) = (beta + t - 1) / (alpha + beta + t - 1) and S(t) = r(t) S(t - 1), S(0) = 1.

    References
    ----------
    Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76-90,
    equations 6 and 7.

    Examples
    --------
    The paper's "High End" customers:

    >>> [round(point.survival, 3) for point in sbg_curve(0.668, 3.806, 3)]
    [1.0, 0.851, 0.747, 0.67]
    """
    for name, number in (("alpha", alpha), ("beta", beta)):
        if not 0 < number <= _LARGEST:
            raise ProjectionError(
                f"`{name}` must be a number above zero, at most {_LARGEST:,} (got {said(number)})."
            )
    points = [CurvePoint(0, 1.0, None)]
    for t in range(1, _whole("periods", periods, 1, _FARTHEST) + 1):
        stays = beta + (t - 1)  # t - 1 first: a beta far below 1 would be lost in beta + t
        rate = stays / (alpha + stays)
        points.append(CurvePoint(t, points[-1].survival * rate, rate))
    return tuple(points)


def _checked(survivors: Sequence[float], least: int) -> tuple[int, ...]:
    """The counts as whole numbers that fall, up to the first period in which nobody is left."""
    counts = []
    for period, count in enumerate(survivors):
        if not (math.isfinite(count) and count >= 0 and abs(count - round(count)) <= 1e-6):
            raise ProjectionError(
                f"`survivors` must be whole numbers of customers (got {said(count)} in period {period}): "
                "multiply shares by the size of the cohort."
            )
        if count > _LARGEST_COHORT:
            raise ProjectionError(
                f"`survivors` must be at most {_LARGEST_COHORT:,} (got {said(float(count))} "
                f"in period {period})."
            )
        counts.append(round(count))
    for period, (before, after) in enumerate(pairwise(counts), 1):
        if after > before:
            raise ProjectionError(
                f"`survivors` must not rise: {after:,} in period {period} after {before:,} in the one "
                "before; count those of the first day only, without newcomers and returners."
            )
    _check_losses(counts, least)
    return tuple(counts)


def _check_losses(counts: Sequence[int], least: int) -> None:
    if not counts or not counts[0]:
        raise ProjectionError("`survivors` must start with the size of the cohort, above zero.")
    lived = sum(count > 0 for count in counts[:-1])
    if len(counts) > 1 and not counts[1]:
        raise ProjectionError(
            "`survivors` falls to 0 in period 1: nobody is left, so nothing can be projected."
        )
    if lived < least:
        raise ProjectionError(
            f"`survivors` must hold at least {least} periods after the start, with customers left to lose "
            f"(got {lived})."
        )
    if counts[-1] == counts[0]:
        raise ProjectionError(
            "`survivors` never falls: nobody was lost yet, so there is nothing to project; wait for a loss."
        )
    if counts[-1] == counts[1]:
        raise ProjectionError(
            "`survivors` falls in period 1 only: whether those left will ever leave cannot be said; wait "
            "for a later loss."
        )


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ProjectionError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )


def _rate_rises(counts: Sequence[int]) -> bool:
    """Whether the likelihood grows as customers begin to differ: its slope at the geometric limit."""
    stayed = at_risk = stayed_late = at_risk_late = 0
    for period, (before, after) in enumerate(pairwise(counts)):
        stayed += after
        at_risk += before
        stayed_late += period * after
        at_risk_late += period * before
    return stayed_late * at_risk > at_risk_late * stayed


def _highest(law: Law, counts: tuple[int, ...], starts: Sequence[Sequence[float]]) -> Summit:
    """The highest point that climbs from the starts lead to."""
    climbs = [maximise(lambda logs: log_likelihood(law, logs, counts), start) for start in starts]
    # a settled climb among those that reached the same height
    top = max(climb.height.value for climb in climbs)
    return max(
        climbs,
        key=lambda climb: (climb.height.value >= top - _SAME_HEIGHT, climb.settled, climb.height.value),
    )


def _fitted(
    law: Law, counts: tuple[int, ...], summit: Summit, confidence: float, note: str = ""
) -> RetentionModel | None:
    """The model at a maximum, None where the climb ended on none."""
    covariance = inverse([[-entry for entry in row] for row in summit.height.hessian])
    if not summit.settled or covariance is None:
        return None
    return RetentionModel(
        law=law,
        logs=tuple(summit.point),
        covariance=tuple(map(tuple, covariance)),
        log_likelihood=summit.height.value,
        survivors=counts,
        confidence=confidence,
        notes=(note,) if note else (),
    )


def _converged(model: RetentionModel | None, name: str, remedy: str) -> RetentionModel:
    if model is None:
        raise ProjectionError(
            f"`survivors` leave the {name} curve without a best fit: the likelihood has no maximum; {remedy}."
        )
    return model


def _even_in_logs(value: float, error: float, confidence: float) -> Figure:
    """A figure above zero whose logarithm has a standard error, with the interval even about that."""
    factor = math.exp(min(standard_errors_wide(confidence) * error, 700.0))
    return Figure(value, value * error, value / factor, value * factor)


def _whole(name: str, number: float, least: int, most: int) -> int:
    if not (least <= number <= most and number == int(number)):
        raise ProjectionError(
            f"`{name}` must be a whole number from {least} to {most:,} (got {said(number)})."
        )
    return int(number)
