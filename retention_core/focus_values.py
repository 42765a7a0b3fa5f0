"""What a customer is expected to bring, what of it is at stake, and what an action saves: the arithmetic.

Needs the standard library alone. The formulas of one customer are written with plain operators, so that they
take a float or a numpy array alike.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from retention_core.lorenz import A_ENDS, B_ENDS, TOLERANCE
from retention_core.rates import rate_interval
from retention_core.rhythm import Expectation, Rhythm, each, loyalty, outlasts, own_gap, silence, total

YEAR = 365
FIRST, KEEP, LET_GO, UNKNOWN = "keep first", "keep", "let go", "unknown"
VERDICTS = (FIRST, KEEP, LET_GO, UNKNOWN)
STAYED, ROSE, FELL, BELOW = "stayed", "rose", "fell", "below"
STANDINGS = (BELOW, FELL, ROSE, STAYED)
CLASSES = ("A", "B", "C")
TOP = 0.2
COST_OF_ORDER = 0.05
_SPREAD = 2.0  # a log gap's variance above this says only that nothing is known of the tail


class Span(NamedTuple):
    """The chosen period and the one before it: [first, until) and [before, first); days as ordinals.

    `before` is None where the log does not hold the period before.
    """

    first: int
    until: int
    before: int | None


class Money(NamedTuple):
    """What each customer paid before a day; columns with one entry a customer, lists or arrays alike.

    Attributes
    ----------
    value, revenue
        Net of refunds: revenue or profit, and revenue.
    squares
        Sum of the squares of what each day brought.
    recent, before
        Value in the chosen period, and in the period before it.
    """

    value: Any
    revenue: Any
    squares: Any
    recent: Any
    before: Any


class OrderValue(NamedTuple):
    """What an order brings, by Buehlmann's credibility.

    `typical` is the population's; a customer's own mean counts for as much as it from `weight` orders on.
    """

    typical: float
    weight: float


class Outlook(NamedTuple):
    """What a customer is expected to do; floats or arrays.

    Attributes
    ----------
    orders
        Expected orders, leaving included.
    lost
        Orders that leaving is expected to take.
    """

    orders: Any
    lost: Any


@dataclass(frozen=True, slots=True)
class Action:
    """What is done for a customer to keep it.

    Attributes
    ----------
    cost
        Of one action for one customer; left out, 5 % of a typical order, as an assumption.
    uplift
        Share of the value at stake that the action is assumed to save, for a customer of mean interest.
    costs
        Customer (key or name) -> cost of those for whom it differs.
    """

    cost: float | None = None
    uplift: float = 0.1
    costs: Mapping[str, float] = field(default_factory=dict)


class Steadiness(NamedTuple):
    """How steady the top fifth is from one period to the next, with a Wilson interval of the share."""

    before: int
    now: int
    stayed: int
    share: float | None
    low: float | None
    high: float | None


def fit_order_value(orders: Any, value: Any, squares: Any) -> OrderValue:
    """The population's order value, and what a customer's own orders weigh against it.

    Parameters
    ----------
    orders, value, squares
        Order days, what they brought in all, and the sum of the squares of what each brought.

    Notes
    -----
    Buehlmann and Straub: with n orders of mean m, the credible mean is z m + (1 - z) M with z = n / (n + k),
    k the variance within customers over that between them, both as unbiased moments, and M the mean of the m
    weighted by z. Where nobody ordered twice, k is 1.

    Examples
    --------
    >>> found = fit_order_value([2, 2], [20, 60], [202, 1802])
    >>> round(found.typical, 2), round(found.weight, 4)
    (20.0, 0.0101)
    """
    free = total(orders) - len(orders)
    count = total(orders)
    spread = each(lambda n, v, s: abs(s - v * v / n), orders, value, squares)
    mean = total(value) / count
    if free <= 0:
        return OrderValue(mean, 1.0)
    within = total(spread) / free
    between = total(each(lambda n, v: n * (v / n - mean) ** 2, orders, value)) - (len(orders) - 1) * within
    denominator = count - total(each(lambda n: n * n, orders)) / count
    if between <= 0 or denominator <= 0:
        return OrderValue(mean, math.inf)
    weight = within * denominator / between
    credit = each(lambda n: n / (n + weight), orders)
    weighed = total(each(lambda z, n, v: z * v / n, credit, orders, value))
    return OrderValue(weighed / total(credit), weight)


def own_order_value(shop: OrderValue, orders: Any, value: Any) -> Any:
    """What an order of a customer is expected to bring.

    Examples
    --------
    >>> own_order_value(OrderValue(40.0, 2.0), 2, 40.0)
    30.0
    """
    credit = orders / (orders + shop.weight)
    return credit * value / orders + (1 - credit) * shop.typical


def outlook(
    shop: Rhythm,
    found: Expectation,
    orders: Any,
    last: Any,
    log_sum: Any,
    log_squares: Any,
    days: float = YEAR,
) -> Outlook:
    """Orders to expect of a customer, or of arrays of customers, in so many days.

    Notes
    -----
    A customer that is still one orders next within the time with the chance R = 1 - S(w + T) / S(w), w the
    silence so far, half of the time after `found.middle` - w days. N further orders would follow in what is
    then left, at the mean of the log-normal gap of the same mean and variance of the logarithm. After every
    order it leaves with the chance p = 10 / (10 + gaps) of the population's, with half of the N among the
    gaps: who came back often leaves less. It orders R (1 + (1 - p) (1 - (1 - p)^N) / p) times, and R (1 + N)
    times where it never leaves; the difference is what leaving takes. Both are multiplied by the chance that
    it is still a customer.

    Examples
    --------
    >>> import datetime as dt
    >>> shop = Rhythm(dt.date(2025, 3, 12), 100, 60, 240, 3.5, 0.5, 1.0, 4.0, 0.3, 0.05)
    >>> who = (6, dt.date(2025, 2, 20).toordinal(), 17.0, 57.8)
    >>> sure = outlook(shop, shop.expect(*who), *who)
    >>> round(sure.orders, 1), round(sure.lost, 1)
    (8.1, 0.9)
    """
    gap, steepness = own_gap(shop, orders - 1, log_sum, log_squares)
    waited = silence(shop.as_of, last)
    reach = 1 - outlasts(waited + days, gap, steepness) / outlasts(waited, gap, steepness)
    variance = math.pi**2 / 3 / steepness**2
    wide = variance > _SPREAD
    mean_gap = gap * math.e ** ((variance * (1 - wide) + _SPREAD * wide) / 2)
    wait = found.middle - waited
    left = (days - wait) * (wait < days)
    further = left / mean_gap
    leave = (shop.leave_later + 1e-9) * loyalty(orders - 1 + further / 2)
    stays = 1 - leave
    made = stays * (1 - stays**further) / leave
    return Outlook(found.still * reach * (1 + made), found.still * reach * (further - made))


def verdict_code(gain: Any, expected_value: Any, cost: Any) -> Any:
    """Place in `VERDICTS`: keep first where the action repays, let go where the customer brings no more
    than an action costs; of a float or an array.

    Examples
    --------
    >>> [VERDICTS[verdict_code(gain, value, 2.0)] for gain, value in ((3.0, 30.0), (1.0, 30.0), (0.1, 1.0))]
    ['keep first', 'keep', 'let go']
    """
    pays = gain > cost
    return (1 - pays) * (1 + (expected_value <= cost) * 1)


def by_size(values: Any) -> Any:
    """Places of the values from the largest; those that rounding noise alone parts stay in their order.

    Examples
    --------
    >>> by_size([0.3, 5.0, 0.1 + 0.2])
    [1, 0, 2]
    """
    if hasattr(values, "dtype"):
        import numpy as np

        digits, exponents = np.frexp(values)
        return np.argsort(-np.ldexp(np.round(np.ldexp(digits, 40)), exponents - 40), kind="stable")
    alike = [
        math.ldexp(round(math.ldexp(digits, 40)), power - 40) for digits, power in map(math.frexp, values)
    ]
    return sorted(range(len(alike)), key=alike.__getitem__, reverse=True)


def class_codes(values: Any) -> Any:
    """Place in `CLASSES` of every customer by what it brought; None where that is not above zero in all.

    Examples
    --------
    >>> [CLASSES[code] for code in class_codes([80.0, 16.0, 4.0])]
    ['A', 'B', 'C']
    """
    order = by_size(values)
    running = running_totals(values, order)
    if not running or not running[-1] > TOLERANCE * max(running):
        return None
    before = [0.0, *(so_far / running[-1] for so_far in running[:-1])]
    # refunds bring the curve down again, but not below 1, so a share once reached stays reached
    a, ab = (bisect_left(before, border - TOLERANCE) for border in (A_ENDS, B_ENDS))
    return _by_rank(order, ((a, 0), (ab, 1), (len(before), 2)))


def in_top(values: Any, share: float = TOP) -> Any:
    """1 for the top share of those who brought more than nothing, 0 for the others.

    Examples
    --------
    >>> in_top([5.0, 1.0, 3.0, 0.0, 2.0, 4.0])
    [1, 0, 0, 0, 0, 0]
    """
    order = by_size(values)
    bringing = int(total(each(lambda value: (value > 0) * 1, values)))
    return _by_rank(order, ((math.ceil(share * bringing - 1e-9), 1), (len(order), 0)))


def steadiness_of(standing: Any) -> Steadiness:
    """How many of the top fifth of one period were in that of the next."""
    found = Counter(_plain(standing))
    stayed, rose, fell = (found[STANDINGS.index(name)] for name in (STAYED, ROSE, FELL))
    before = stayed + fell
    if not before:
        return Steadiness(0, stayed + rose, 0, None, None, None)
    limits = rate_interval(stayed, before)
    return Steadiness(before, stayed + rose, stayed, stayed / before, limits.low, limits.high)


def best_first(gain: Any, cost: Any, verdict: Any) -> Any:
    """Places of the customers in the order of a list: by verdict, then by gain for cost."""
    ratio = each(lambda g, c: g / c, gain, cost)
    order = by_size(ratio)
    if hasattr(gain, "dtype"):
        return order[verdict[order].argsort(kind="stable")]
    return sorted(order, key=verdict.__getitem__)


def within_budget(order: Any, gain: Any, cost: Any, budget: float | None) -> Any:
    """1 for those to act for: everyone for whom it pays, or the first of them whom the budget still holds."""
    taken = each(lambda g, c: (g > c) * 1, gain, cost)
    if budget is None:
        return taken
    left, found = budget, [0] * len(order)
    costs, pays = _plain(cost), _plain(taken)
    for row in _plain(order):
        if pays[row] and costs[row] <= left * (1 + TOLERANCE):
            found[row] = 1
            left -= costs[row]
    return found


def running_totals(values: Any, order: Any) -> list[float]:
    """The values added up in an order."""
    return (
        _plain(values[order].cumsum())
        if hasattr(values, "dtype")
        else list(accumulate(values[i] for i in order))
    )


def _by_rank(order: Any, steps: Sequence[tuple[int, int]]) -> Any:
    """A code for each customer by its rank: that of the first step whose end lies beyond it."""
    if hasattr(order, "dtype"):
        found = order * 0
        for end, code in reversed(steps):
            found[order[:end]] = code
        return found
    listed = [0] * len(order)
    for end, code in reversed(steps):
        for place in order[:end]:
            listed[place] = code
    return listed


def _plain(column: Any) -> list[Any]:
    found: list[Any] = column.tolist() if hasattr(column, "dtype") else list(column)
    return found
