"""Who brings the value, and how sure that is: each share and coefficient with a bootstrap interval.

The figures themselves come from `retention_core.lorenz`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from retention_core.errors import OrderLogError, said
from retention_core.identity import customer_name, key_order
from retention_core.lorenz import (
    TOLERANCE,
    Lorenz,
    Ranking,
    customers_behind,
    gini_coefficient,
    rank_customers,
    rank_in_order,
    share_of_top,
)
from retention_core.rates import Interval

if TYPE_CHECKING:
    import pandas as pd

    from retention_core.orders import OrderLog

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

DRAWS = 2000
SEED = 0
DRAWN_ONE_BY_ONE = 20_000
TOP_KEPT = 3_000
BOTTOM_KEPT = 1_000
BLOCKS = 3_000


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A figure with the limits of its interval."""

    value: float
    low: float
    high: float


class _Drawn(NamedTuple):
    """The Lorenz curve of a draw: customers so far, best first, and their share, at the end of each block."""

    customers: Floats
    share: Floats


class _Question(NamedTuple):
    """A figure to read off a curve, and how to read it off a draw's."""

    measure: Callable[..., float]
    measure_drawn: Callable[..., float]
    at: tuple[float, ...] = ()

    def answer(self, curve: Lorenz) -> float:
        return self.measure(curve, *self.at)

    def answer_drawn(self, curve: _Drawn) -> float:
        return self.measure_drawn(curve, *self.at)


@dataclass(frozen=True, slots=True, eq=False)
class Concentration:
    """How the value is spread over the customers; made by `concentrate` and `concentration_of`.

    Attributes
    ----------
    ranking
        The customers by value, with the Lorenz curve; its parts are also attributes here.
    value_of
        What the values are: "profit" or "revenue".
    draws, confidence
        Of the bootstrap intervals.

    Notes
    -----
    Intervals are percentile bootstraps: `draws` times, as many customers as there are get drawn with
    replacement (seed 0), and the figure is read off the curve of those drawn. The draws address the
    customers by rank, and equal values are interchangeable, so the order of the data does not
    matter. A draw whose net total is not above zero has no curve and is left out. All three
    standard figures come from one pass over the draws, made when the first interval is asked for.

    Above 20,000 customers only the top 3,000 and the bottom 1,000 are drawn one by one; those
    between are pooled, in order of value, into 3,000 blocks of equal count, whose members count
    with the block's mean. A tail that a handful of customers carries is understated by any
    bootstrap: what was never seen cannot be drawn.
    """

    ranking: Ranking
    value_of: str
    draws: int = DRAWS
    confidence: float = 0.95
    _known: dict[_Question, Interval] = field(default_factory=dict, repr=False)

    @property
    def customers(self) -> tuple[str, ...]:
        """Everyone, by value from the largest."""
        return self.ranking.customers

    @property
    def values(self) -> tuple[float, ...]:
        """What each brought, net of refunds."""
        return self.ranking.values

    @property
    def total(self) -> float:
        """The sum of the values, above zero."""
        return self.ranking.total

    @property
    def curve(self) -> Lorenz:
        """The Lorenz curve."""
        return self.ranking.curve

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each customer: A up to 80 % of the value, B up to 95 %, then C; see `Ranking`."""
        return self.ranking.classes

    @property
    def n(self) -> int:
        """Customers, those at or below zero included."""
        return len(self.customers)

    @property
    def negative(self) -> int:
        """Customers who brought nothing or less: at or below zero, net of refunds."""
        return sum(value <= 0 for value in self.values)

    @property
    def gini(self) -> Estimate:
        """Gini coefficient: 0 where all bring the same, towards 1 where one brings all."""
        return self._estimate(_GINI)

    def top_share(self, p: float = 0.2) -> Estimate:
        """Share of the value that the top `p` of the customers bring."""
        return self._estimate(_Question(share_of_top, _drawn_share_of_top, (p,)))

    def customers_for(self, share: float = 0.8) -> Estimate:
        """Fraction of the customers, best first, who bring the `share` of the value."""
        return self._estimate(_Question(customers_behind, _drawn_customers_behind, (share,)))

    def lorenz(self) -> tuple[Floats, Floats]:
        """Fraction of the customers and their share of the value, for drawing; starts at (0, 0)."""
        return np.arange(self.n + 1) / self.n, np.array(self.curve.share)

    def to_frame(self) -> pd.DataFrame:
        """One row a customer: customer, value, share, cumulative_share, class."""
        import pandas as pd

        return pd.DataFrame(self.ranking.columns())

    def _estimate(self, question: _Question) -> Estimate:
        value = question.answer(self.curve)
        if question not in self._known:
            asked = dict.fromkeys((*_STANDARD, question))
            self._known.update(_intervals(np.array(self.values), asked, self.draws, self.confidence))
        return Estimate(value, *self._known[question])


def concentrate(
    customers: Sequence[str],
    values: Sequence[float] | Floats,
    *,
    value_of: str = "revenue",
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> Concentration:
    """How the value is spread over the customers.

    Parameters
    ----------
    customers
        Everyone once.
    values
        What each brought, net of refunds, in the same order; below zero is allowed.
    value_of
        What the values are: "revenue" or "profit".
    draws
        Bootstrap draws behind each interval.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    OrderLogError
        If a customer is blank or comes twice, a value is not a finite number, or the values do
        not add up to more than zero.

    Examples
    --------
    >>> spread = concentrate(["Ann", "Bo", "Cy", "Di", "Ed"], [10, 50, 100, 50, 50])
    >>> spread.to_frame().round(3)
      customer  value  share  cumulative_share class
    0       Cy  100.0  0.385             0.385     A
    1       Bo   50.0  0.192             0.577     A
    2       Di   50.0  0.192             0.769     A
    3       Ed   50.0  0.192             0.962     A
    4      Ann   10.0  0.038             1.000     C
    >>> round(spread.top_share(0.2).value, 3), spread.customers_for(0.8).value
    (0.385, 0.8)
    """
    _check_draws(draws, confidence)
    ranking = rank_customers(customers, values, value_of=value_of)
    return Concentration(ranking, value_of, draws, confidence)


def concentration_of(
    log: OrderLog, *, as_of: date | None = None, draws: int = DRAWS, confidence: float = 0.95
) -> Concentration:
    """How the value of an order log is spread over its customers, refunds deducted.

    Profit where the log knows a cost or margin, else revenue; `value_of` says which. Orders on
    `as_of` or later do not count.

    Raises
    ------
    OrderLogError
        If the log has no amounts, or they do not add up to more than zero.
    """
    value_of = _value_of(log)
    table = log.customer_table(as_of=as_of)
    return _of_table(table, value_of, draws, confidence)


def concentration_by(
    log: OrderLog, group: str, *, as_of: date | None = None, draws: int = DRAWS, confidence: float = 0.95
) -> dict[str, Concentration | str]:
    """The concentration within each group, such as each region, in the order a spreadsheet sorts them.

    A customer who bought in two groups counts in both, with what was spent in each. Where a group
    has none, because its refunds outweigh its sales, a sentence says so. Orders without a group
    stand under "(blank)".

    Raises
    ------
    OrderLogError
        If the log has no amounts.
    ColumnError
        If the log has no such group.
    """
    value_of = _value_of(log)
    _check_draws(draws, confidence)
    table = log.customer_table(groups=[group], as_of=as_of)
    labels = [customer_name(label) or "(blank)" for label in table.iloc[:, 2]]
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    found: dict[str, Concentration | str] = {}
    names = list(rows)
    for label in (names[i] for i in key_order([name.lower() for name in names])):
        part = table.iloc[rows[label]]
        try:
            found[label] = _of_table(part, value_of, draws, confidence)
        except OrderLogError as error:
            found[label] = f"{label}: {error}"
    return found


def _of_table(table: pd.DataFrame, value_of: str, draws: int, confidence: float) -> Concentration:
    """Of customers as an order log lists them, in customer order."""
    _check_draws(draws, confidence)
    ranking = rank_in_order(table["customer"].tolist(), table["value"].tolist(), value_of)
    return Concentration(ranking, value_of, draws, confidence)


def _drawn_share_of_top(curve: _Drawn, p: float) -> float:
    return float(np.interp(p * curve.customers[-1], curve.customers, curve.share))


def _drawn_customers_behind(curve: _Drawn, share: float) -> float:
    goal = share - TOLERANCE
    after = int(np.argmax(curve.share >= goal))
    # a drawn customer may stand on a step many times: count the copies needed, not the step
    width = curve.customers[after] - curve.customers[after - 1]
    height = curve.share[after] - curve.share[after - 1]
    needed = np.ceil((goal - curve.share[after - 1]) / height * width)
    return float((curve.customers[after - 1] + min(max(needed, 1.0), width)) / curve.customers[-1])


def _drawn_gini(curve: _Drawn) -> float:
    both = curve.share[:-1] + curve.share[1:]
    # not np.dot: its threads cost more than they save on vectors of this length
    return float(np.sum(np.diff(curve.customers) * both) / curve.customers[-1] - 1)


_GINI = _Question(gini_coefficient, _drawn_gini)
_STANDARD = (
    _GINI,
    _Question(share_of_top, _drawn_share_of_top, (0.2,)),
    _Question(customers_behind, _drawn_customers_behind, (0.8,)),
)


def _intervals(
    values: Floats, questions: Iterable[_Question], draws: int, confidence: float
) -> dict[_Question, Interval]:
    """Percentile intervals of all the questions from one pass over the draws."""
    questions = tuple(questions)
    means, sizes = _blocks(_scaled(values))
    rng = np.random.default_rng(SEED)
    answers = []
    for _ in range(draws):
        counts = _drawn(rng, sizes, len(values))
        running = np.cumsum(means * counts)
        if running[-1] > TOLERANCE * running.max():
            curve = _drawn_curve(running, counts)
            answers.append([question.answer_drawn(curve) for question in questions])
    if not answers:
        raise OrderLogError(
            f"`draws` must be larger: none of the draws adds up to more than zero (got {draws})."
        )
    tail = (1 - confidence) / 2
    limits = np.quantile(np.array(answers), [tail, 1 - tail], axis=0)
    return {
        question: Interval(float(low), float(high))
        for question, low, high in zip(questions, *limits, strict=True)
    }


def _blocks(values: Floats) -> tuple[Floats, Counts]:
    """Means and sizes of the blocks that are drawn from: single customers, unless there are too many."""
    n = len(values)
    if n <= DRAWN_ONE_BY_ONE:
        return values, np.ones(n, dtype=np.int64)
    pooled = np.linspace(TOP_KEPT, n - BOTTOM_KEPT, BLOCKS, endpoint=False).astype(np.int64)
    starts = np.concatenate([np.arange(TOP_KEPT), pooled, np.arange(n - BOTTOM_KEPT, n)])
    sizes = np.diff(starts, append=n)
    return np.add.reduceat(values, starts) / sizes, sizes


def _drawn(rng: np.random.Generator, sizes: Counts, n: int) -> Counts:
    """How often each block comes up when n customers are drawn from n with replacement."""
    if len(sizes) == n:
        return np.bincount(rng.integers(n, size=n), minlength=n)
    return rng.multinomial(n, sizes / n)


def _scaled(values: Floats) -> Floats:
    """Values times a power of two that brings the largest near 1: same digits, and no draw overflows."""
    scaled: Floats = np.ldexp(values, -np.frexp(np.abs(values).max())[1])
    return scaled


def _drawn_curve(running: Floats, counts: Counts) -> _Drawn:
    """The curve of a draw's running totals, best first, each block drawn so often."""
    customers = np.zeros(len(running) + 1)
    share = np.zeros(len(running) + 1)
    np.cumsum(counts, out=customers[1:])
    np.divide(running, running[-1], out=share[1:])
    return _Drawn(customers, share)


def _value_of(log: OrderLog) -> str:
    if log.value_of is None:
        raise OrderLogError(
            "`amount` is needed to say who brings the value, and this log knows only who ordered and "
            "when: name the column with the amounts, or those with quantity and price."
        )
    return log.value_of


def _check_draws(draws: int, confidence: float) -> None:
    if draws < 1:
        raise OrderLogError(f"`draws` must be a whole number above zero, such as 2000 (got {said(draws)}).")
    if not 0 < confidence < 1:
        raise OrderLogError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
