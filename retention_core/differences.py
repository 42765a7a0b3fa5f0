"""Shares, and differences between two groups of customers, each with its interval; all observational."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from retention_core.drivers import difference_interval
from retention_core.rates import Interval, rate_interval

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

OBSERVATIONAL = (
    "Observational: the two groups may differ in more than this, so the difference need not be its effect."
)
HIGHER, LOWER, CANNOT_TELL = "higher", "lower", "cannot tell"
_FEWEST = 2
Limits = tuple[float | None, float | None, float | None]


class Share(NamedTuple):
    """`part` of `of`; the share has a Wilson interval."""

    part: int
    of: int
    share: float
    low: float
    high: float


class GroupShare(NamedTuple):
    """How many customers of a group were kept; share and Wilson interval are None for nobody."""

    group: str
    customers: int
    kept: int
    share: float | None
    low: float | None
    high: float | None


class GroupMean(NamedTuple):
    """Mean value a customer of a group; the interval is Student's, None below two customers."""

    group: str
    customers: int
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One group less the other, observational, with intervals.

    Attributes
    ----------
    one, other
        The groups: `GroupShare` (shares kept, fractions) or `GroupMean` (means, in money).
    difference, low, high
        The first less the second; None where a group is too small to compare.
    adjusted, adjusted_low, adjusted_high
        The same within cohorts, so that cohorts with more of the one group do not speak for it; None where
        it was not asked for, or no cohort holds both.
    days
        How long every customer was followed.
    left_out
        Why customers are in neither group -> how many.
    definition
        In a sentence: what is compared.
    """

    one: GroupShare | GroupMean
    other: GroupShare | GroupMean
    difference: float | None
    low: float | None
    high: float | None
    adjusted: float | None
    adjusted_low: float | None
    adjusted_high: float | None
    days: int
    left_out: dict[str, int]
    definition: str
    confidence: float = 0.95
    observational: bool = True

    @property
    def verdict(self) -> str:
        """ "higher" or "lower" where the interval leaves out zero, else "cannot tell".

        The interval within cohorts where there is one.
        """
        low, high = (
            (self.low, self.high) if self.adjusted is None else (self.adjusted_low, self.adjusted_high)
        )
        if low is None or high is None or low <= 0 <= high:
            return CANNOT_TELL
        return HIGHER if low > 0 else LOWER


def share_of(part: int, of: int, confidence: float = 0.95) -> Share | None:
    """`part` of `of` with its Wilson interval; None of nobody.

    Examples
    --------
    >>> share_of(9, 10).share, share_of(0, 0)
    (0.9, None)
    """
    if not of:
        return None
    return Share(part, of, part / of, *rate_interval(part, of, confidence))


def group_share(group: str, kept: Mask, confidence: float = 0.95) -> GroupShare:
    """How many of a group were kept.

    Examples
    --------
    >>> group_share("adopted", np.array([True, True, False]))[:3]
    ('adopted', 3, 2)
    """
    found = share_of(int(kept.sum()), len(kept), confidence)
    limits = (None, None, None) if found is None else (found.share, found.low, found.high)
    return GroupShare(group, len(kept), int(kept.sum()), *limits)


def group_mean(group: str, values: Floats, confidence: float = 0.95) -> GroupMean:
    """Mean of a group's values with Student's interval.

    Examples
    --------
    >>> found = group_mean("all", np.array([1.0, 2.0, 3.0]))
    >>> found.mean, round(found.low, 2), round(found.high, 2)
    (2.0, -0.48, 4.48)
    """
    n = len(values)
    if not n:
        return GroupMean(group, 0, None, None, None)
    mean = float(values.mean())
    if n < _FEWEST:
        return GroupMean(group, n, mean, None, None)
    reach = _student(confidence, n - 1) * float(values.std(ddof=1)) / math.sqrt(n)
    return GroupMean(group, n, mean, mean - reach, mean + reach)


def kept_difference(
    names: tuple[str, str],
    inside: Mask,
    kept: Mask,
    days: int,
    left_out: dict[str, int],
    definition: str,
    *,
    cohorts: Sequence[int] | npt.NDArray[np.int64] | None = None,
    confidence: float = 0.95,
) -> Difference:
    """Share kept of the customers inside a group less that of the others.

    Notes
    -----
    The plain difference has Newcombe's interval; the one within cohorts is `within_cohorts`.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> inside = np.arange(150) < 70
    >>> kept = np.r_[np.arange(70) < 56, np.arange(80) < 48]
    >>> found = kept_difference(("adopted", "not"), inside, kept, 92, {}, "")
    >>> round(found.difference, 4), round(found.low, 4), round(found.high, 4), found.verdict
    (0.2, 0.0524, 0.3339, 'higher')
    """
    one = group_share(names[0], kept[inside], confidence)
    other = group_share(names[1], kept[~inside], confidence)
    plain: Limits = (None, None, None)
    if one.share is not None and other.share is not None:
        limits = difference_interval(one.kept, one.customers, other.kept, other.customers, confidence)
        plain = (one.share - other.share, limits.low, limits.high)
    adjusted = _adjusted(inside, kept.astype(float), cohorts, confidence)
    return Difference(one, other, *plain, *adjusted, days, left_out, definition, confidence)


def mean_difference(
    names: tuple[str, str],
    inside: Mask,
    values: Floats,
    days: int,
    left_out: dict[str, int],
    definition: str,
    *,
    cohorts: Sequence[int] | npt.NDArray[np.int64] | None = None,
    confidence: float = 0.95,
) -> Difference:
    """Mean value of the customers inside a group less that of the others, with Welch's interval.

    References
    ----------
    Welch (1947), The generalization of "Student's" problem when several different population variances are
    involved, Biometrika 34, 28-35.

    Examples
    --------
    >>> inside, values = np.array([True] * 3 + [False] * 3), np.array([5, 6, 7, 1, 2, 3.0])
    >>> found = mean_difference(("a", "b"), inside, values, 365, {}, "")
    >>> found.difference, round(found.low, 3), round(found.high, 3)
    (4.0, 1.733, 6.267)
    """
    one = group_mean(names[0], values[inside], confidence)
    other = group_mean(names[1], values[~inside], confidence)
    plain = _welch(values[inside], values[~inside], confidence)
    adjusted = _adjusted(inside, values, cohorts, confidence)
    return Difference(one, other, *plain, *adjusted, days, left_out, definition, confidence)


def within_cohorts(
    inside: Mask, values: Floats, cohorts: npt.NDArray[np.int64], confidence: float = 0.95
) -> tuple[float, Interval] | None:
    """Difference of the means within cohorts, and its interval; None where no cohort holds both groups.

    Notes
    -----
    Each cohort's difference counts with n1 n0 / (n1 + n0), the weights of Mantel and Haenszel: it is least
    squares on the group with an effect for each cohort. The standard error allows for unequal variances
    (HC2: squared residuals over one less leverage) and the interval is Student's, with the degrees of freedom
    of the smaller group.

    References
    ----------
    MacKinnon and White (1985), Some heteroskedasticity-consistent covariance matrix estimators with improved
    finite sample properties, Journal of Econometrics 29, 305-325.

    Examples
    --------
    In each cohort the difference is 1; the group has more of the cohort with higher values:

    >>> inside = np.array([True, False, False, True, True, False])
    >>> values, cohorts = np.array([1, 0, 0, 11, 11, 10.0]), np.array([1, 1, 1, 2, 2, 2])
    >>> round(within_cohorts(inside, values, cohorts)[0], 12)
    1.0
    """
    _, which = np.unique(cohorts, return_inverse=True)
    sizes = np.bincount(which).astype(float)[which]
    group = _less_cohort_mean(inside.astype(float), which)
    values = _less_cohort_mean(values, which)
    weight = float(group @ group)
    fewer = min(int(inside.sum()), int((~inside).sum()))
    if weight <= 1e-12 or fewer < _FEWEST:
        return None
    found = float(group @ values) / weight
    leverage = np.minimum(1 / sizes + group**2 / weight, 1 - 1e-12)
    residuals = values - found * group
    error = math.sqrt(float((group**2) @ (residuals**2 / (1 - leverage)))) / weight
    reach = _student(confidence, fewer - 1) * error
    return found, Interval(found - reach, found + reach)


def _less_cohort_mean(values: Floats, which: npt.NDArray[np.intp]) -> Floats:
    means: Floats = np.bincount(which, values) / np.bincount(which)
    centred: Floats = values - means[which]
    return centred


def _adjusted(
    inside: Mask, values: Floats, cohorts: Sequence[int] | npt.NDArray[np.int64] | None, confidence: float
) -> Limits:
    if cohorts is None or not inside.any() or inside.all():
        return None, None, None
    found = within_cohorts(inside, values, np.asarray(cohorts, dtype=np.int64), confidence)
    return (None, None, None) if found is None else (found[0], *found[1])


def _welch(one: Floats, other: Floats, confidence: float) -> Limits:
    if not len(one) or not len(other):
        return None, None, None
    difference = float(one.mean() - other.mean())
    if min(len(one), len(other)) < _FEWEST:
        return difference, None, None
    parts = [float(values.var(ddof=1)) / len(values) for values in (one, other)]
    error = math.sqrt(sum(parts))
    if not error:
        return difference, difference, difference
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(v) - 1) for part, v in zip(parts, (one, other), strict=True)
    )
    reach = _student(confidence, degrees) * error
    return difference, difference - reach, difference + reach


def _student(confidence: float, degrees: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + confidence) / 2))
