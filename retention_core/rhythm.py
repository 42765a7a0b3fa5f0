"""Each customer's own rhythm: when the next order is to be expected, and whether the customer is still one.

Standard library only. The formulas of one customer are written with plain operators, so that they take a
float or a numpy array alike: cells of a sheet and logs of a million orders are computed by the same lines.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from retention_core.errors import OrderLogError, in_percent

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
_LOGISTIC = math.pi / math.sqrt(3)  # sd of the standard logistic distribution
_AT_RANDOM = math.pi**2 / 6  # variance of the logarithm of gaps between purchases at random
_BETWEEN = 0.3  # variance between the customers of the shops that this was tried on: 0.17 to 0.29
_UNEVEN = 0.2  # squared coefficient of variation of the customers' own variances, where nothing tells it
_STEEPEST = 55.0  # keeps (182,000 days / 1 day) ** steepness within a float, from the first day to the last
_LOYAL = 10  # gaps that halve the chance of leaving; tried on the shops of docs/methods
_STEP = 0.25  # of a logarithm of days
_NOISE = 1e-12
_LEAST = 1e-290
_ROUNDS = 30


class Gaps(NamedTuple):
    """The gaps between each customer's order days, summed; columns with one entry a customer.

    Each column is a list, or each a numpy array of floats. Days as `date.toordinal` counts them.
    """

    orders: Any
    first: Any
    last: Any
    log_sum: Any
    log_squares: Any
    squares: Any


class Expectation(NamedTuple):
    """What one customer's rhythm says on a day; arrays where it was asked of arrays.

    Attributes
    ----------
    gap
        The customer's own typical gap in days: half of its gaps are to be shorter.
    low, middle, high
        Days from the last order to the next one: with chances of 10, 50 and 90 % it comes by then, given that
        it has not come yet and that the customer is still one.
    reached
        Share of the customer's gaps that would have ended by now.
    still
        Chance that the customer is still one.
    """

    gap: Any
    low: Any
    middle: Any
    high: Any
    reached: Any
    still: Any


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How the customers of a log order, taken together; made by `fit_rhythm`.

    Attributes
    ----------
    as_of
        Orders before this day were seen.
    customers, returned, gaps
        Customers with an order, those with a second order day, and gaps between order days.
    centre, between
        Mean over the customers of their mean logarithm of the gap in days, with the gaps still open, and the
        variance between them.
    within, steadiness
        Mean variance of a customer's own log gaps, and how many further gaps of a customer's own its spread
        weighs against (large where all customers are equally regular).
    leave_first, leave_later
        Chance that a customer leaves with the first order, and with a later one but for loyalty; see
        `leaving`.

    Notes
    -----
    Log gaps vary around the customer's mean, and the means around the population's. A customer's mean is
    estimated by (S / v + centre / between) / (n / v + 1 / between), with n gaps, the sum S of their
    logarithms and the customer's own variance v = (steadiness * within + SS) / (steadiness + n - 1), SS the
    sum of squares about their mean. The next gap is log-logistic with that mean of the logarithm and the
    variance v + 1 / (n / v + 1 / between), which adds what is not known of the mean.

    Means and variances of the gaps that ended are moments in which every customer counts by what is known of
    it (Paule and Mandel's for `between`), so that many short gaps of a few do not outweigh the rest. The
    centre and the chances of leaving p maximise together the likelihood of the customers' means, of the gaps
    that ended, 1 - p each, and of the silences, p + (1 - p) S(silence) each, with a Beta(2, 2) prior of the
    chances that matters in small logs alone. A silence thus counts as a gap still open as far as the customer
    is likely still to be one. Only the centre learns from it: the variances do not, and a log that is short
    for its rhythm still looks too quick and too even.

    References
    ----------
    Paule and Mandel (1982), Consensus values and weighting factors, J. Res. NBS 87, 377-385.
    """

    as_of: dt.date
    customers: int
    returned: int
    gaps: int
    centre: float
    between: float
    within: float
    steadiness: float
    leave_first: float
    leave_later: float

    @property
    def typical_gap(self) -> float:
        """The population's typical gap in days."""
        return math.exp(self.centre)

    def first_gap_quantile(self, share: float) -> float:
        """Days within which that share of the returning customers order again after the first order."""
        return float(gap_quantile(share, 0, *own_gap(self, 0, 0.0, 0.0)))

    @property
    def definition(self) -> str:
        """What the figures mean, in words."""
        return (
            f"The typical gap between order days is {self.typical_gap:,.0f} days ({self.gaps:,} gaps of "
            f"{self.returned:,} customers before {self.as_of}). A customer's own gaps count for as much as "
            f"everyone else's from {self.within / self.between:,.1f} gaps on. "
            f"{in_percent(self.leave_first)} leave with the first order, {in_percent(self.leaving(2), 1)} "
            "with the second and ever fewer with a later one."
        )

    def leaving(self, orders: Any) -> Any:
        """Chance that a customer leaves with its latest order, after so many.

        Examples
        --------
        >>> shop = Rhythm(dt.date(2025, 3, 12), 100, 60, 240, 3.5, 0.5, 1.0, 4.0, 0.3, 0.05)
        >>> shop.leaving(1), shop.leaving(11)
        (0.3, 0.025)
        """
        return self.leave_first * (orders < 2) + self.leave_later * loyalty(orders - 1) * (orders > 1)

    def expect(self, orders: Any, last: Any, log_sum: Any, log_squares: Any) -> Expectation:
        """What to expect of a customer, or of arrays of customers, by their sums as in `Gaps`.

        Examples
        --------
        A customer orders every 30 days and ordered last 40 days ago:

        >>> shop = Rhythm(dt.date(2025, 3, 12), 100, 60, 240, 3.5, 0.5, 1.0, 4.0, 0.3, 0.05)
        >>> log = 3.4012
        >>> found = shop.expect(6, dt.date(2025, 1, 31).toordinal(), 5 * log, 5 * log**2)
        >>> round(found.gap), round(found.low), round(found.middle), round(found.high), round(found.still, 2)
        (30, 42, 58, 123, 0.91)
        """
        gap, steepness = own_gap(self, orders - 1, log_sum, log_squares)
        waited = silence(self.as_of, last)
        kept = outlasts(waited, gap, steepness)
        leave = self.leaving(orders)
        still = (1 - leave) * kept / (leave + (1 - leave) * kept)
        low, middle, high = (gap_quantile(share, waited, gap, steepness) for share in (LOW, MIDDLE, HIGH))
        return Expectation(gap, low, middle, high, 1 - kept, still)

    def expect_all(self, gaps: Gaps) -> Expectation:
        """What to expect of every customer, each figure a column like those of `gaps`."""
        columns = (gaps.orders, gaps.last, gaps.log_sum, gaps.log_squares)
        if hasattr(gaps.orders, "dtype"):
            return self.expect(*columns)
        rows = [self.expect(*row) for row in zip(*columns, strict=True)]
        return Expectation(*(list(column) for column in zip(*rows, strict=True)))


def own_gap(shop: Rhythm, gaps: Any, log_sum: Any, log_squares: Any) -> tuple[Any, Any]:
    """Typical gap and steepness of a customer's log-logistic gaps, the population's where it has no gap."""
    variance = _own_variance(shop, gaps, log_sum, log_squares)
    weight = gaps / variance + 1 / shop.between
    mean = (log_sum / variance + shop.centre / shop.between) / weight
    steepness = _LOGISTIC / (variance + 1 / weight) ** 0.5
    too_steep = steepness > _STEEPEST
    return math.e**mean, steepness * (1 - too_steep) + _STEEPEST * too_steep


def _own_variance(shop: Rhythm, gaps: Any, log_sum: Any, log_squares: Any) -> Any:
    return (shop.steadiness * shop.within + _scatter(gaps, log_sum, log_squares)) / (
        shop.steadiness + gaps - (gaps > 0)
    )


def loyalty(gaps: Any) -> Any:
    """What is left of the chance of leaving after so many gaps: who came back often leaves less.

    Examples
    --------
    >>> loyalty(0), loyalty(10)
    (1.0, 0.5)
    """
    return _LOYAL / (_LOYAL + gaps)


def outlasts(days: Any, gap: Any, steepness: Any) -> Any:
    """Chance that a gap is longer than so many days.

    Examples
    --------
    >>> outlasts(30, 30, 2.0), outlasts(90, 30, 2.0)
    (0.5, 0.1)
    """
    return 1 / (1 + (days / gap) ** steepness)


def gap_quantile(share: float, waited: Any, gap: Any, steepness: Any) -> Any:
    """Days by which that share of the gaps has ended, of those longer than `waited`.

    Examples
    --------
    >>> round(gap_quantile(0.9, 0, 30, 2.0), 6), gap_quantile(0.5, 30, 30, 1.0)
    (90.0, 90.0)
    """
    return gap * ((share + (waited / gap) ** steepness) / (1 - share)) ** (1 / steepness)


def silence(as_of: dt.date, last: Any) -> Any:
    """Days from the last order to midnight `as_of`; the next order day is at least half a day further."""
    return as_of.toordinal() - last - 0.5


def gaps_of(days: Mapping[str, Sequence[int]]) -> Gaps:
    """The sums of `Gaps`, one entry a customer in the order given, from each one's different days in order.

    Examples
    --------
    >>> found = gaps_of({"ann": [1, 8, 15], "bo": [3]})
    >>> found.orders, found.first, found.last, found.squares
    ([3, 1], [1, 3], [15, 3], [98, 0])
    """
    return _by_column([_gap_sums(found) for found in days.values()])


def fit_rhythm(gaps: Gaps, as_of: dt.date) -> Rhythm:
    """The rhythm of a population.

    Parameters
    ----------
    gaps
        Sums of every customer with an order before `as_of`.
    as_of
        Silences run to midnight of this day.

    Raises
    ------
    OrderLogError
        If nobody ordered on two days.

    Examples
    --------
    >>> days = {"ann": [1, 31, 60, 92], "bo": [5, 40], "cem": [70]}
    >>> fitted = fit_rhythm(gaps_of(days), dt.date.fromordinal(100))
    >>> round(fitted.typical_gap, 1), fitted.returned, fitted.gaps
    (41.5, 2, 4)
    """
    returned = _where(gaps, lambda orders, *_: orders > 1)
    if not len(returned.orders):
        raise OrderLogError(
            f"No customer ordered on two days before {as_of}, so there is no gap to learn a rhythm from."
        )
    sums = (each(lambda orders: orders - 1, returned.orders), returned.log_sum, returned.log_squares)
    within, steadiness = _own_spread(*sums)
    centre, between = _means(sums[0], sums[1], within)
    people, gaps_seen = len(gaps.orders), int(total(sums[0]))
    ended = Rhythm(
        as_of, people, len(returned.orders), gaps_seen, centre, between, within, steadiness, 0.0, 0.0
    )
    weights = each(lambda n: 1 / (between + within / n), sums[0])
    return _with_silences(ended, gaps, total(weights) + 1 / (between + within))


def _own_spread(gaps: Any, log_sum: Any, log_squares: Any) -> tuple[float, float]:
    """Mean variance of the customers' own log gaps, and how many gaps the population's weighs.

    Variances are weighted by their credibility, d / (d + steadiness) with d degrees of freedom; one made-up
    customer who orders at random keeps both defined where few gaps tell.
    """
    variances = each(lambda n, s, q: _scatter(n, s, q) / (n - 1 + (n < 2)), gaps, log_sum, log_squares)
    free = each(lambda n: n - 1, gaps)
    within, steadiness = _AT_RANDOM, 4.0
    for _ in range(_ROUNDS):
        before = steadiness
        weights = each(lambda d: d / (d + before), free)  # noqa: B023 - called at once
        weight = total(weights)
        within = (_sum_of_products(weights, variances) + _AT_RANDOM) / (weight + 1)
        mean = within
        excess = each(
            lambda w, v, d: w * ((v - mean) ** 2 - 2 * mean**2 / (d + (d < 1))),  # noqa: B023
            weights, variances, free,
        )  # fmt: skip
        noise = each(lambda w, d: w * (1 + 2 / (d + (d < 1))), weights, free)
        spread = max((total(excess) + _UNEVEN * within**2) / (total(noise) + 1), 1e-3 * within**2)
        steadiness = 2 * (within**2 + spread) / spread
        if abs(steadiness - before) < 1e-9 * before:
            break
    return within, steadiness


def _means(gaps: Any, log_sum: Any, within: float) -> tuple[float, float]:
    """Mean of the customers' means, and the variance between them that makes their scatter what it is.

    A made-up customer whose scatter is that of a variance of 0.3 keeps it defined where few customers tell.
    """
    means = each(lambda n, s: s / n, gaps, log_sum)

    def excess(between: float) -> float:
        return (_centre(gaps, means, within, between)[1] - len(means)) * between + _BETWEEN

    between = _root(excess, _BETWEEN * 1e-9, 20.0)
    return _centre(gaps, means, within, between)[0], between


def _centre(gaps: Any, means: Any, within: float, between: float) -> tuple[float, float]:
    weights = each(lambda n: 1 / (between + within / n), gaps)
    centre = _sum_of_products(weights, means) / total(weights)
    return centre, total(each(lambda w, m: w * (m - centre) ** 2, weights, means))


class _Open(NamedTuple):
    """Gaps still open: (silence / gap) ** steepness, how the centre moves its logarithm, and loyalty."""

    odds: Any
    pull: Any
    loyal: Any

    def moved(self, shift: float) -> _Open:
        """The same with the centre so much higher; `_LEAST` keeps the odds above zero."""
        odds = each(lambda o, pull: o * math.e ** (-pull * shift) + _LEAST, self.odds, self.pull)
        return self._replace(odds=odds)


def _with_silences(ended: Rhythm, gaps: Gaps, weight: float) -> Rhythm:
    """The rhythm of the gaps that ended, with what the open ones say of its centre and of leaving.

    The slope of the likelihood by the centre is `weight` times the way back to that of the gaps that ended,
    and what the silences pull, each by the chance that the customer is still one. A made-up customer of one
    gap at the old centre holds it where few customers tell; of several maxima the nearest is taken.
    """
    once = _open(ended, _where(gaps, lambda orders, *_: orders < 2))
    more = _open(ended, _where(gaps, lambda orders, *_: orders > 1))
    came_back = _came_back(Counter(_listed(gaps.orders)))

    def chances(one: _Open, other: _Open) -> tuple[float, float]:
        return _chance_of_leaving([(ended.returned, 1.0)], one), _chance_of_leaving(came_back, other)

    def slope(shift: float) -> float:
        one, other = once.moved(shift), more.moved(shift)
        first, later = chances(one, other)
        return (_pulled(one, first) + _pulled(other, later)) / weight - shift

    low, high, farthest = 0.0, _STEP, (total(once.pull) + total(more.pull)) / weight
    while high < farthest and slope(high) > 0:
        low, high = high, high * 2
    shift = _root(slope, low, min(high, farthest))
    first, later = chances(once.moved(shift), more.moved(shift))
    return replace(ended, centre=ended.centre + shift, leave_first=first, leave_later=later)


def _open(shop: Rhythm, gaps: Gaps) -> _Open:
    def row(orders: Any, last: Any, log_sum: Any, log_squares: Any) -> tuple[Any, Any, Any]:
        own = (orders - 1, log_sum, log_squares)
        gap, steepness = own_gap(shop, *own)
        pull = steepness / (1 + own[0] * shop.between / _own_variance(shop, *own))
        return (silence(shop.as_of, last) / gap) ** steepness, pull, loyalty(orders - 1)

    columns = (gaps.orders, gaps.last, gaps.log_sum, gaps.log_squares)
    if hasattr(gaps.orders, "dtype"):
        return _Open(*row(*columns))
    rows = [row(*one) for one in zip(*columns, strict=True)]
    return _Open(*([one[place] for one in rows] for place in range(3)))


def _came_back(customers: Mapping[int, int]) -> list[tuple[int, float]]:
    """How many came back after their second order, their third and so on, with the loyalty by then."""
    found, left = [], sum(count for orders, count in customers.items() if orders > 1)
    for orders in range(2, int(max(customers))):
        left -= customers.get(orders, 0)
        found.append((left, loyalty(orders - 1)))
    return found


def _pulled(silent: _Open, leave: float) -> float:
    """Slope of the likelihood of the silences by the centre."""

    def pulled(odds: Any, pull: Any, loyal: Any) -> Any:
        left = leave * loyal
        return pull * odds / (1 + odds) * (1 - left) / (1 + left * odds)

    return total(each(pulled, *silent))


def _chance_of_leaving(came_back: Sequence[tuple[int, float]], silent: _Open) -> float:
    """The maximum of the likelihood of `Rhythm`, whose slope falls from one end to the other."""
    held = each(lambda odds, loyal: 1 / (odds * loyal), silent.odds, silent.loyal)

    def slope(p: float) -> float:
        """Of the logarithm of the likelihood, times p (1 - p), which keeps it finite."""
        left = total(each(lambda one: 1 / (p + one), held))
        stayed = math.fsum(count * loyal / (1 - p * loyal) for count, loyal in came_back)
        return (1 - 2 * p) + p * (1 - p) * (left - stayed)

    return _root(slope, 0.0, 1 - _NOISE)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that is above zero at `low` and below at `high` is zero (Illinois method)."""
    above, below = falling(low), falling(high)
    if below >= 0:
        return high
    enough, rising = _NOISE * (above - below), None
    for _ in range(_ROUNDS * 2):
        middle = (low * below - high * above) / (below - above)
        found = falling(middle)
        if abs(found) < enough or high - low < _NOISE * high:
            return middle
        again, rising = rising is (found > 0), found > 0
        if rising:
            low, above, below = middle, found, below / (1 + again)
        else:
            high, below, above = middle, found, above / (1 + again)
    return middle


def _scatter(gaps: Any, log_sum: Any, log_squares: Any) -> Any:
    """Sum of squares of log gaps about their mean; abs only turns rounding noise."""
    return abs(log_squares - log_sum * log_sum / (gaps + (gaps < 1)))


def _gap_sums(days: Sequence[int]) -> tuple[int, int, int, float, float, int]:
    gaps = [after - before for before, after in pairwise(days)]
    logs = [math.log(gap) for gap in gaps]
    squares = sum(gap * gap for gap in gaps)
    return len(days), days[0], days[-1], math.fsum(logs), math.fsum(log * log for log in logs), squares


def each(function: Callable[..., Any], *columns: Any) -> Any:
    """The function of every row: at once for arrays, one by one for lists.

    Examples
    --------
    >>> each(lambda orders, days: days / orders, [2, 4], [10, 10])
    [5.0, 2.5]
    """
    if hasattr(columns[0], "dtype"):
        return function(*columns)
    return [function(*row) for row in zip(*columns, strict=True)]


def _where(gaps: Gaps, holds: Callable[..., Any]) -> Gaps:
    """The customers for whom the condition holds."""
    if hasattr(gaps.orders, "dtype"):
        mask = holds(*gaps)
        return Gaps(*(column[mask] for column in gaps))
    return _by_column([row for row in zip(*gaps, strict=True) if holds(*row)])


def _by_column(rows: Sequence[tuple[Any, ...]]) -> Gaps:
    columns = ([row[place] for row in rows] for place in range(len(Gaps._fields)))
    return Gaps(*columns)


def total(column: Any) -> float:
    """The sum of a list or an array."""
    return float(column.sum()) if hasattr(column, "dtype") else math.fsum(column)


def _listed(column: Any) -> list[Any]:
    found: list[Any] = column.tolist() if hasattr(column, "dtype") else column
    return found


def _sum_of_products(one: Any, other: Any) -> float:
    return total(each(lambda a, b: a * b, one, other))
