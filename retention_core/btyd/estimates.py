"""Maximum likelihood with its uncertainty: the search for the parameters, and what it found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np
from scipy.optimize import minimize

from retention_core.btyd.purchases import Floats
from retention_core.errors import RetentionError, said
from retention_core.rates import Interval

if TYPE_CHECKING:
    import pandas as pd

SEED = 0
DRAWS = 200
_FARTHEST = 12.0  # of the logarithm of a parameter, time counted in the longest age
_GAP = 1e-13  # in log-likelihood per customer, left to the maximum
_LONGEST_STEP = 1.0
_STEPS = 8
# nudge -> weight of the difference of slopes at that nudge to either side
_NEAR = {1e-5: 0.5e5}
_POLISH = {1e-3: 2e3 / 3, 2e-3: -1e3 / 12}

Likelihood = Callable[[Floats], tuple[float, Floats]]


class ModelError(RetentionError):
    """A model that cannot be fitted to these customers, or asked this question."""


class Maximum(NamedTuple):
    """Logarithms of the parameters at the maximum, their covariance, and the log-likelihood there."""

    log_parameters: Floats
    log_covariance: Floats
    log_likelihood: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Parameters of a model and how sure they are.

    Attributes
    ----------
    estimates
        The parameters, in the order of `names`.
    log_covariance
        Covariance of their logarithms: the inverse of the observed information; NaN where the
        parameters were given and not estimated.
    log_likelihood
        At the maximum; NaN where the parameters were given.
    customers
        How many it was fitted to.
    unit
        Of time.

    Notes
    -----
    All parameters are positive, and their logarithms are what is estimated. Standard errors are those
    of the parameters themselves, by the delta method; `interval` is exp(log estimate -+ z * standard
    error of the logarithm), which never falls below zero.
    """

    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]]

    estimates: Floats
    log_covariance: Floats
    log_likelihood: float
    customers: int
    unit: str

    @classmethod
    def given(cls, *, unit: str = "week", **parameters: float) -> Self:
        """The model at parameters known from elsewhere, such as a paper.

        Raises
        ------
        ModelError
            If a parameter is missing, unknown or not above zero.
        """
        if set(parameters) != set(cls.names):
            raise ModelError(
                f"{cls.name} has the parameters {', '.join(cls.names)} (got {_listed(parameters)})."
            )
        for name, value in parameters.items():
            if not (value > 0 and math.isfinite(value)):
                raise ModelError(f"`{name}` must be a number above zero (got {said(value)}).")
        values = np.array([parameters[name] for name in cls.names], dtype=np.float64)
        unknown = np.full((len(values), len(values)), np.nan)
        return cls(values, unknown, math.nan, 0, unit)

    @property
    def parameters(self) -> dict[str, float]:
        """Name -> estimate."""
        return dict(zip(self.names, self.estimates.tolist(), strict=True))

    @property
    def covariance(self) -> Floats:
        """Covariance of the parameters, by the delta method."""
        covariance: Floats = self.log_covariance * np.outer(self.estimates, self.estimates)
        return covariance

    @property
    def standard_errors(self) -> dict[str, float]:
        """Name -> standard error."""
        return dict(zip(self.names, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    def interval(self, name: str, confidence: float = 0.95) -> Interval:
        """Limits of one parameter."""
        check_confidence(confidence)
        place = self.names.index(name)
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(self.log_covariance[place, place])
        value = float(self.estimates[place])
        return Interval(value * math.exp(-reach), value * math.exp(reach))

    def drawn(self, draws: int) -> Floats:
        """Parameters drawn from the normal distribution of their logarithms (seed 0), one row a draw."""
        if not np.isfinite(self.log_covariance).all():
            raise ModelError("An interval needs parameters estimated from data, and these were given.")
        rng = np.random.default_rng(SEED)
        normal = rng.standard_normal((draws, len(self.names)))
        drawn: Floats = self.estimates * np.exp(normal @ np.linalg.cholesky(self.log_covariance).T)
        return drawn

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: parameter, estimate, standard_error, low, high (95 %)."""
        import pandas as pd

        limits = [self.interval(name) for name in self.names]
        return pd.DataFrame(
            {
                "parameter": self.names,
                "estimate": self.estimates,
                "standard_error": list(self.standard_errors.values()),
                "low": [low for low, _ in limits],
                "high": [high for _, high in limits],
            }
        )


def maximise(
    likelihood: Likelihood,
    customers: int,
    starts: Sequence[Sequence[float]],
    model: type[Estimates],
    advice: str,
) -> Maximum:
    """The parameters under which the data are likeliest, from the first start that leads there.

    Parameters
    ----------
    likelihood
        Log-likelihood of them all and its gradient, at the logarithms of the parameters.
    customers
        How many they are.
    starts
        Parameters to start from; the later ones only if the earlier fail.
    model, advice
        For the error.

    Notes
    -----
    L-BFGS-B comes near, Newton steps finish; the Hessian comes from differences of the analytic gradient.
    The maximum is found once a further step promises less than 1e-13 in log-likelihood per customer. A flat
    ridge, and a parameter that runs away, are no maximum.

    Raises
    ------
    ModelError
        If no start leads to a maximum.
    """

    def loss(at: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(at)
        return -value / customers, -slope / customers

    reached = np.zeros(len(model.names))
    for start in starts:
        near = minimize(
            loss,
            np.log(np.array(start, dtype=np.float64)),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_FARTHEST, _FARTHEST)] * len(model.names),
            options={"gtol": 1e-6, "ftol": 1e-12, "maxiter": 400},
        )
        reached = np.asarray(near.x, dtype=np.float64)
        found = _finished(loss, reached)
        if found is not None:
            at, covariance, least = found
            return Maximum(at, covariance / customers, -least * customers)
    gone = _gone(model.names, reached)
    raise ModelError(
        f"{model.name} finds no clear maximum for these {customers:,} customers{gone}: {advice}."
    )


def _finished(loss: Likelihood, at: Floats) -> Maximum | None:
    """The maximum by Newton steps from a point near it, None if there is none."""
    for _ in range(_STEPS):
        information = _information(loss, at, _NEAR)
        if information is None:
            return None
        for _ in range(2):  # the second step of the same curvature costs one gradient
            slope = loss(at)[1]
            step = np.linalg.solve(information, slope)
            if float(slope @ step) / 2 < _GAP:
                return _polished(loss, at - step)
            if not np.abs(step).max() < _LONGEST_STEP or np.abs(at - step).max() > _FARTHEST - 0.5:
                return None
            at = at - step
    return None


def _polished(loss: Likelihood, at: Floats) -> Maximum | None:
    """The maximum from a point at it, the same to the digits that count whatever way led there."""
    information = _information(loss, at, _POLISH)
    if information is None:
        return None
    value, slope = loss(at)
    covariance: Floats = np.linalg.inv(information).astype(np.float64)
    return Maximum(at - np.linalg.solve(information, slope), covariance, value)


def _information(loss: Likelihood, at: Floats, stencil: Mapping[float, float]) -> Floats | None:
    """The Hessian, None where it does not curve like a minimum."""
    rows = []
    for place in range(len(at)):
        nudge = np.zeros(len(at))
        row = np.zeros(len(at))
        for distance, weight in stencil.items():
            nudge[place] = distance
            row += weight * (loss(at + nudge)[1] - loss(at - nudge)[1])
        rows.append(row)
    information: Floats = np.array(rows)
    information = (information + information.T) / 2
    if not np.isfinite(information).all():
        return None
    curvature = np.linalg.eigvalsh(information)
    return information if curvature[0] > 1e-10 * curvature[-1] else None


def _gone(names: Sequence[str], reached: Floats) -> str:
    """Which parameters ran away, and what that looks like."""
    ways = {
        name: "grows without end" if log > 0 else "falls to zero"
        for name, log in zip(names, reached.tolist(), strict=True)
        if abs(log) > _FARTHEST / 2
    }
    if not ways:
        return ""
    nobody_leaves = "falls to zero" in (ways.get("a"), ways.get("s"))
    meaning = ", as if nobody ever left" if nobody_leaves else ""
    return f" ({', '.join(f'{name} {way}' for name, way in ways.items())}{meaning})"


def _listed(parameters: Mapping[str, float]) -> str:
    return ", ".join(parameters) or "none"


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is none."""
    if not 0 < confidence < 1:
        raise ModelError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
