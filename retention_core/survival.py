"""How long customers stay: Kaplan-Meier curves, lifetimes read off them, and the log-rank test.

Standard library only, so that this file runs wherever Python does; only frames need pandas. For lifetimes
from an order log see `retention_core.log_lifetimes`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from retention_core.errors import RetentionError, said
from retention_core.identity import customer_name, key_order
from retention_core.rates import Interval
from retention_core.special_functions import chi_square_tail

if TYPE_CHECKING:
    from retention_core.frames import DataFrame

_NOISE = 1e-12  # a half that was reached as a product of many factors may miss 0.5 by its last digits
_DEFINITION = (
    "Share of customers still there at each duration (Kaplan-Meier). Those not seen to leave count as "
    "long as they were seen; a loss at the very duration another was last seen counts first."
)


class SurvivalError(RetentionError):
    """Lifetimes that make no survival curve."""


class Figure(NamedTuple):
    """A figure with its standard error and interval."""

    value: float
    standard_error: float
    low: float
    high: float


class Duration(NamedTuple):
    """A duration and its interval; None where the curve, or its band, does not fall far enough to say."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """Which share of the customers is still there after each duration; made by `survival_curve`.

    Attributes
    ----------
    times
        0, then every duration at which a customer was lost.
    at_risk, lost
        Customers under observation just before, and how many of them were lost then.
    survival, standard_error, low, high
        Share still there just after, with Greenwood's standard error and the log-log interval.
        `standard_error` is None where survival is 0: Greenwood's formula has no value there.
    customers, losses, longest
        How many there are, how many were lost, and the longest duration seen. The curve is not known
        beyond `longest`, unless it has come down to 0.
    definition
        What counts as lost, and from when to when a lifetime runs.
    notes
        What to know before relying on the curve, as sentences.
    """

    times: tuple[float, ...] = field(repr=False)
    at_risk: tuple[int, ...] = field(repr=False)
    lost: tuple[int, ...] = field(repr=False)
    survival: tuple[float, ...] = field(repr=False)
    standard_error: tuple[float | None, ...] = field(repr=False)
    low: tuple[float, ...] = field(repr=False)
    high: tuple[float, ...] = field(repr=False)
    customers: int
    losses: int
    longest: float
    confidence: float
    definition: str
    notes: tuple[str, ...] = ()

    @property
    def median(self) -> Duration:
        """The duration by which half of the customers are lost; see `quantile`."""
        return self.quantile(0.5)

    def quantile(self, share_lost: float) -> Duration:
        """The first duration by which at least this share of the customers is lost, with its interval.

        Notes
        -----
        The interval holds every duration at which the band covers 1 - `share_lost`; its upper end is
        where the band first lies below.

        References
        ----------
        Brookmeyer and Crowley (1982), A confidence interval for the median survival time, Biometrics 38,
        29-41.
        """
        if not 0 < share_lost < 1:
            raise SurvivalError(f"`share_lost` must lie between 0 and 1 (got {said(share_lost)}).")
        left = 1 - share_lost
        return Duration(
            self._first_time([s <= left + _NOISE for s in self.survival]),
            self._first_time([low <= left for low in self.low]),
            self._first_time([high < left for high in self.high]),
        )

    def at(self, duration: float) -> tuple[float, Interval]:
        """Share still there just after a duration, with its interval.

        Raises
        ------
        SurvivalError
            If nobody was observed for that long and the curve has not come down to 0.
        """
        if not duration >= 0:
            raise SurvivalError(f"`duration` must be zero or more (got {said(duration)}).")
        self._check_known("duration", duration)
        row = bisect_right(self.times, duration) - 1
        return self.survival[row], Interval(self.low[row], self.high[row])

    def mean_to(self, horizon: float | None = None) -> Figure:
        """Mean lifetime within the first `horizon`: the area under the curve up to there.

        Parameters
        ----------
        horizon
            By default the longest duration seen. A customer who stays longer counts with the horizon.

        Raises
        ------
        SurvivalError
            If the horizon is not above zero or lies beyond what was seen.

        Notes
        -----
        With A(t) the area under the curve from t to the horizon, the variance is the sum over the losses of
        A(t)^2 d / (n (n - d)), and the interval is the mean plus or minus z standard errors, within 0
        and the horizon.

        References
        ----------
        Klein and Moeschberger (2003), Survival analysis, 2nd edition, 4.5.1 and 4.5.2.
        """
        horizon = self.longest if horizon is None else horizon
        if not 0 < horizon < math.inf:
            raise SurvivalError(f"`horizon` must be above zero (got {said(horizon)}).")
        self._check_known("horizon", horizon)
        rows = bisect_right(self.times, horizon)
        ends = (*self.times[1:rows], horizon)
        area = variance = 0.0
        for row in reversed(range(rows)):
            area += self.survival[row] * (ends[row] - self.times[row])
            n, d = self.at_risk[row], self.lost[row]
            if d < n:
                variance += area * area * d / (n * (n - d))
        error = math.sqrt(variance)
        reach = standard_errors_wide(self.confidence) * error
        return Figure(area, error, max(0.0, area - reach), min(horizon, area + reach))

    def columns(self) -> dict[str, Sequence[float | None]]:
        """The curve as a table, by column: time, at_risk, lost, survival, standard_error, low, high."""
        return {
            "time": self.times,
            "at_risk": self.at_risk,
            "lost": self.lost,
            "survival": self.survival,
            "standard_error": self.standard_error,
            "low": self.low,
            "high": self.high,
        }

    def to_frame(self) -> DataFrame:
        """One row at 0 and one a duration with a loss; the columns of `columns`."""
        from retention_core.frames import frame_of

        return frame_of(self.columns())

    def _first_time(self, reached: Sequence[bool]) -> float | None:
        return self.times[reached.index(True)] if True in reached else None

    def _check_known(self, name: str, duration: float) -> None:
        if duration > self.longest and self.survival[-1] > 0:
            raise SurvivalError(
                f"`{name}` must not exceed {said(self.longest)}, the longest duration seen: nobody was there "
                f"for longer, and not all were lost by then (got {said(duration)})."
            )


class GroupLosses(NamedTuple):
    """One group in a log-rank test: its customers, and how many were lost and were to be expected."""

    group: str
    customers: int
    lost: int
    expected: float


@dataclass(frozen=True, slots=True, eq=False)
class LogRank:
    """Whether groups of customers leave at different rates; made by `log_rank`.

    Attributes
    ----------
    statistic, degrees, p
        Chi-square statistic, its degrees of freedom, and the probability of a statistic at least as
        large where all groups leave at the same rate at every age.
    groups
        Customers of each group, losses seen, and losses expected if all left at the same rate.
    """

    statistic: float
    degrees: int
    p: float
    groups: tuple[GroupLosses, ...]

    def to_frame(self) -> DataFrame:
        """One row a group: group, customers, lost, expected."""
        from retention_core.frames import frame_of

        names = GroupLosses._fields
        return frame_of({name: [getattr(row, name) for row in self.groups] for name in names})


def survival_curve(
    durations: Sequence[float],
    lost: Sequence[float],
    *,
    entries: Sequence[float] | None = None,
    confidence: float = 0.95,
    definition: str = _DEFINITION,
    notes: tuple[str, ...] = (),
) -> SurvivalCurve:
    """The Kaplan-Meier curve of customers observed for so long, some of whom were lost.

    Parameters
    ----------
    durations
        How long each customer was there, zero or more, in any unit of time.
    lost
        As many: 1 (or True) for a customer seen to leave after that duration, 0 for one still there.
    entries
        Left truncation: how long each had been a customer when observation began, 0 for those seen from
        the start. A customer counts at durations above the entry only.
    confidence
        Of the intervals, between 0 and 1.
    definition, notes
        Kept with the result, where the durations come from a rule.

    Raises
    ------
    SurvivalError
        If the columns differ in length or hold something else; the sentence names the first such row.

    Notes
    -----
    With d lost of n at risk at each duration up to t, S(t) is the product of 1 - d / n, and Greenwood's
    variance S(t)^2 times the sum of d / (n (n - d)). The interval is S(t)^exp(+-z w) with
    w = sqrt(that sum) / |ln S(t)|. Where S(t) is 0 that has no value: the interval then runs from 0 to the
    upper limit before, which still holds because survival never rises.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, Journal of the American
    Statistical Association 53, 457-481. Kalbfleisch and Prentice (2002), The statistical analysis of
    failure time data, 2nd edition, 1.4 (interval). Klein and Moeschberger (2003), Survival analysis, 2nd
    edition, 4.6 (left truncation).

    Examples
    --------
    Eight customers, half of them seen to leave (the example of Kaplan and Meier):

    >>> months = [0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1]
    >>> curve = survival_curve(months, [1, 0, 0, 1, 1, 0, 1, 0])
    >>> curve.times, [round(share, 4) for share in curve.survival]
    ((0.0, 0.8, 3.1, 5.4, 9.2), [1.0, 0.875, 0.7, 0.525, 0.2625])
    >>> curve.median.value
    9.2
    """
    if not 0 < confidence < 1:
        raise SurvivalError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
    seen = _Observed.of(*_checked(durations, lost, entries))
    times = [0.0, *(time for time in seen.loss_times if time > 0)]
    at_risk = [seen.from_start, *(seen.at_risk(time) for time in times[1:])]
    gone = [seen.losses[time] for time in times]
    survival, sums = _products(at_risk, gone)
    limits = _limits(survival, sums, standard_errors_wide(confidence))
    return SurvivalCurve(
        times=tuple(times),
        at_risk=tuple(at_risk),
        lost=tuple(gone),
        survival=tuple(survival),
        standard_error=tuple(
            share * math.sqrt(total) if share else None for share, total in zip(survival, sums, strict=True)
        ),
        low=tuple(low for low, _ in limits),
        high=tuple(high for _, high in limits),
        customers=len(durations),
        losses=sum(gone),
        longest=seen.durations[-1],
        confidence=confidence,
        definition=definition,
        notes=(*notes, *_cautions(seen, times, at_risk, survival)),
    )


def survival_by(
    durations: Sequence[float],
    lost: Sequence[float],
    groups: Sequence[object],
    *,
    entries: Sequence[float] | None = None,
    confidence: float = 0.95,
    definition: str = _DEFINITION,
) -> dict[str, SurvivalCurve]:
    """The survival curve of each group, such as each plan, in the order a spreadsheet sorts them.

    Takes the columns of `survival_curve` and as many group labels; blank ones stand under "(blank)".

    Examples
    --------
    >>> curves = survival_by([1, 2, 3, 4], [1, 1, 1, 0], ["basic", "basic", "pro", "pro"])
    >>> {group: curve.median.value for group, curve in curves.items()}
    {'basic': 1.0, 'pro': 3.0}
    """
    found: dict[str, SurvivalCurve] = {}
    for group, rows in _members(groups, len(durations)).items():
        found[group] = survival_curve(
            [durations[row] for row in rows],
            [lost[row] for row in rows],
            entries=None if entries is None else [entries[row] for row in rows],
            confidence=confidence,
            definition=definition,
        )
    return found


def log_rank(
    durations: Sequence[float],
    lost: Sequence[float],
    groups: Sequence[object],
    *,
    entries: Sequence[float] | None = None,
) -> LogRank:
    """The log-rank test of whether two or more groups of customers leave at the same rate at every age.

    Takes the columns of `survival_curve` and as many group labels. It is strongest where one group
    leaves faster at every age, and may miss curves that cross.

    Raises
    ------
    SurvivalError
        As `survival_curve`, and if there are fewer than two groups or no loss while two of them were
        under observation.

    Notes
    -----
    At each duration with d lost of n at risk, n_g of them of group g, the expected losses are d n_g / n,
    with covariance d (n - d) / (n - 1) * (n_g / n) * ([g = h] - n_h / n). Z being losses less expected
    and V the covariance, both summed over durations, the statistic is Z' V^- Z with as many degrees of
    freedom as V has rank, groups less one as a rule.

    References
    ----------
    Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its
    consideration, Cancer Chemotherapy Reports 50, 163-170. Klein and Moeschberger (2003), Survival
    analysis, 2nd edition, 7.3.

    Examples
    --------
    >>> test = log_rank([5, 8, 12, 20, 24, 30], [1, 1, 1, 0, 1, 0], ["a", "a", "a", "b", "b", "b"])
    >>> round(test.statistic, 3), test.degrees, round(test.p, 3)
    (5.052, 1, 0.025)
    """
    times, gone, starts = _checked(durations, lost, entries)
    members = _members(groups, len(durations))
    if len(members) < 2:
        raise SurvivalError("`groups` must name at least two groups to compare (got one).")
    parts = [
        _Observed.of([times[row] for row in rows], [gone[row] for row in rows], [starts[row] for row in rows])
        for rows in members.values()
    ]
    excess, covariance, expected = _excess(parts)
    statistic, degrees = _quadratic(excess, covariance)
    if not degrees:
        raise SurvivalError(
            "`groups` cannot be compared: no customer was lost while two of them were under observation."
        )
    rows = zip(members, parts, expected, strict=True)
    table = tuple(GroupLosses(name, len(p.durations), p.losses.total(), share) for name, p, share in rows)
    return LogRank(statistic, degrees, chi_square_tail(statistic, degrees), table)


@dataclass(frozen=True, slots=True)
class _Observed:
    """Customers sorted for counting who is at risk: durations, entries above 0, losses by duration."""

    durations: list[float]
    late: list[float]
    losses: Counter[float]
    loss_times: list[float]

    @classmethod
    def of(cls, durations: list[float], lost: list[bool], entries: list[float]) -> _Observed:
        losses = Counter(time for time, gone in zip(durations, lost, strict=True) if gone)
        late = sorted(entry for entry in entries if entry > 0)
        return cls(sorted(durations), late, losses, sorted(losses))

    @property
    def from_start(self) -> int:
        return len(self.durations) - len(self.late)

    def at_risk(self, time: float) -> int:
        """Customers with entry < time <= duration; those seen from the start at time 0 too."""
        there = len(self.durations) - bisect_left(self.durations, time)
        return there - (len(self.late) - bisect_left(self.late, time))


def _checked(
    durations: Sequence[float], lost: Sequence[float], entries: Sequence[float] | None
) -> tuple[list[float], list[bool], list[float]]:
    """The columns as plain numbers, or a sentence about the first row that is none."""
    if len(lost) != len(durations):
        raise SurvivalError(
            f"`lost` must have as many rows as `durations`, {len(durations):,} (got {len(lost):,})."
        )
    if not len(durations):
        raise SurvivalError("`durations` is empty: give at least one customer.")
    times = [float(time) for time in durations]
    for row, time in enumerate(times, 1):
        if not 0 <= time < math.inf:
            raise SurvivalError(
                f"`durations` must be numbers of zero or more (got {said(time)} in row {row})."
            )
    for row, gone in enumerate(lost, 1):
        if gone not in (0, 1):
            raise SurvivalError(
                f"`lost` must be 1 for a customer seen to leave and 0 for one still there "
                f"(got {said(gone)} in row {row})."
            )
    return times, [bool(gone) for gone in lost], _checked_entries(times, entries)


def _checked_entries(times: list[float], entries: Sequence[float] | None) -> list[float]:
    if entries is None:
        return [0.0] * len(times)
    if len(entries) != len(times):
        raise SurvivalError(
            f"`entries` must have as many rows as `durations`, {len(times):,} (got {len(entries):,})."
        )
    starts = [float(entry) for entry in entries]
    for row, (entry, time) in enumerate(zip(starts, times, strict=True), 1):
        if not (entry == 0 or 0 < entry < time):
            raise SurvivalError(
                f"`entries` must be 0 or lie below the duration, {said(time)} "
                f"(got {said(entry)} in row {row})."
            )
    return starts


def _members(groups: Sequence[object], rows: int) -> dict[str, list[int]]:
    """Rows of each group, groups as a spreadsheet sorts them."""
    if len(groups) != rows:
        raise SurvivalError(
            f"`groups` must have as many rows as `durations`, {rows:,} (got {len(groups):,})."
        )
    found: dict[str, list[int]] = {}
    for row, label in enumerate(groups):
        found.setdefault(customer_name(label) or "(blank)", []).append(row)
    names = sorted(found)
    return {names[i]: found[names[i]] for i in key_order([name.lower() for name in names])}


def _products(at_risk: Sequence[int], lost: Sequence[int]) -> tuple[list[float], list[float]]:
    """Survival after each duration, and Greenwood's sum."""
    survival, sums = [], []
    share, total = 1.0, 0.0
    for n, d in zip(at_risk, lost, strict=True):
        if d:
            share *= (n - d) / n
            total += d / (n * (n - d)) if d < n else 0.0
        survival.append(share)
        sums.append(total)
    return survival, sums


def _limits(survival: Sequence[float], sums: Sequence[float], z: float) -> list[Interval]:
    """The log-log band."""
    limits: list[Interval] = []
    for share, total in zip(survival, sums, strict=True):
        if share == 1:
            limits.append(Interval(1.0, 1.0))
        elif share == 0:
            limits.append(Interval(0.0, limits[-1].high if limits else 1.0))
        else:
            limits.append(log_log_interval(math.log(share), math.sqrt(total), z))
    return limits


def log_log_interval(log_survival: float, error: float, z: float) -> Interval:
    """The interval of a survival share from its logarithm and that logarithm's standard error.

    Examples
    --------
    >>> [round(limit, 3) for limit in log_log_interval(math.log(0.875), math.sqrt(1 / 56), 1.96)]
    [0.387, 0.981]
    """
    factor = math.exp(min(z * error / -log_survival, 700.0))
    return Interval(math.exp(log_survival * factor), math.exp(log_survival / factor))


def _cautions(
    seen: _Observed, times: Sequence[float], at_risk: Sequence[int], survival: Sequence[float]
) -> tuple[str, ...]:
    """What left truncation does to a curve whose beginning few were seen to live through."""
    if not seen.late:
        return ()
    cautions = []
    if not seen.from_start:
        cautions.append(
            f"Nobody was under observation before {said(seen.late[0])}: shares are of those still there then."
        )
    if 0 in survival and times[gone := survival.index(0)] < seen.durations[-1]:
        few = "the only customer" if at_risk[gone] == 1 else f"all {at_risk[gone]:,} customers"
        cautions.append(
            f"Survival is 0 from {said(times[gone])} on because {few} under observation then left, although "
            "others entered later: count from a later start."
        )
    return tuple(cautions)


def _excess(parts: Sequence[_Observed]) -> tuple[list[float], list[list[float]], list[float]]:
    """Losses less expected of each group, their covariance, and the expected losses."""
    size = len(parts)
    expected = [0.0] * size
    covariance = [[0.0] * size for _ in parts]
    for time in sorted(set().union(*(part.losses for part in parts))):
        risks = [part.at_risk(time) if time else part.from_start for part in parts]
        n, d = sum(risks), sum(part.losses[time] for part in parts)
        spread = d * (n - d) / (n - 1) if n > 1 else 0.0
        for g, risk in enumerate(risks):
            share = risk / n
            expected[g] += d * share
            if spread and share:
                row = covariance[g]
                row[g] += spread * share
                for h, other in enumerate(risks):
                    row[h] -= spread * share * other / n
    return [part.losses.total() - e for part, e in zip(parts, expected, strict=True)], covariance, expected


def _quadratic(vector: Sequence[float], matrix: Sequence[Sequence[float]]) -> tuple[float, int]:
    """vector' matrix^- vector and the rank of the matrix, by Cholesky's method with pivots."""
    rest, left = [list(row) for row in matrix], list(vector)
    noise = 1e-10 * max((row[i] for i, row in enumerate(rest)), default=0.0)
    total, open_rows = 0.0, set(range(len(left)))
    while open_rows:
        pivot = max(open_rows, key=lambda row: (rest[row][row], -row))
        if rest[pivot][pivot] <= noise:
            break
        open_rows.remove(pivot)
        total += left[pivot] ** 2 / rest[pivot][pivot]
        for row in open_rows:
            factor = rest[row][pivot] / rest[pivot][pivot]
            left[row] -= factor * left[pivot]
            for column in open_rows:
                rest[row][column] -= factor * rest[pivot][column]
    return total, len(left) - len(open_rows)


def standard_errors_wide(confidence: float) -> float:
    """How many standard errors an interval reaches to either side."""
    return -NormalDist().inv_cdf((1 - confidence) / 2)
