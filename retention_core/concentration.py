"""Who brings the value: Lorenz curve, share of the top customers, Gini coefficient and ABC classes.

Each share and coefficient carries a bootstrap interval; the plain numbers alone come from
`lorenz_curve` and the three functions that read it.
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
from retention_core.rates import Interval

if TYPE_CHECKING:
    import pandas as pd

    from retention_core.orders import OrderLog

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

TOLERANCE = 1e-12
A_ENDS = 0.8
B_ENDS = 0.95
DRAWS = 2000
SEED = 0
DRAWN_ONE_BY_ONE = 20_000
TOP_KEPT = 3_000
BOTTOM_KEPT = 1_000
BLOCKS = 3_000


class Lorenz(NamedTuple):
    """Corners of a Lorenz curve, from (0, 0) on; straight lines run between them.

    `customers` counts customers so far, best first; `share` is what they bring together, as a
    fraction of the net total. Where refunds push customers below zero, it rises above 1 and falls
    back to it.
    """

    customers: Floats
    share: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A figure with the limits of its interval."""

    value: float
    low: float
    high: float


class _Question(NamedTuple):
    measure: Callable[..., float]
    at: tuple[float, ...] = ()

    def answer(self, curve: Lorenz) -> float:
        return self.measure(curve, *self.at)


@dataclass(frozen=True, slots=True, eq=False)
class Concentration:
    """How the value is spread over the customers; made by `concentrate` and `concentration_of`.

    Attributes
    ----------
    customers
        Everyone, by value from the largest, ties by customer as a spreadsheet sorts them. Values
        that differ by rounding noise alone (by about 1e-12 of themselves) are ties.
    values
        What each brought, net of refunds; customers at or below zero are among them.
    total
        The sum of the values, above zero.
    value_of
        What the values are: "profit" or "revenue".
    curve
        The Lorenz curve.
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

    customers: tuple[str, ...]
    values: Floats = field(repr=False)
    total: float
    value_of: str
    curve: Lorenz = field(repr=False)
    draws: int = DRAWS
    confidence: float = 0.95
    _known: dict[_Question, Interval] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        """Customers, those at or below zero included."""
        return len(self.customers)

    @property
    def negative(self) -> int:
        """Customers who brought nothing or less: at or below zero, net of refunds."""
        return int(np.count_nonzero(self.values <= 0))

    @property
    def gini(self) -> Estimate:
        """Gini coefficient: 0 where all bring the same, towards 1 where one brings all."""
        return self._estimate(_GINI)

    def top_share(self, p: float = 0.2) -> Estimate:
        """Share of the value that the top `p` of the customers bring."""
        return self._estimate(_Question(share_of_top, (p,)))

    def customers_for(self, share: float = 0.8) -> Estimate:
        """Fraction of the customers, best first, who bring the `share` of the value."""
        return self._estimate(_Question(customers_behind, (share,)))

    def lorenz(self) -> tuple[Floats, Floats]:
        """Fraction of the customers and their share of the value, for drawing; starts at (0, 0)."""
        return self.curve.customers / self.n, self.curve.share

    @property
    def classes(self) -> npt.NDArray[np.str_]:
        """Class of each customer: A up to 80 % of the value, B up to 95 %, then C.

        The customer who crosses a border still belongs to the class before it: what counts is the
        cumulative share before the customer. A share within 1e-12 of the border has reached it.
        """
        before = self.curve.share[:-1] + TOLERANCE
        # never back past a border: refunds bring the curve down, but not below 1
        return np.where(before < A_ENDS, "A", np.where(before < B_ENDS, "B", "C"))

    def to_frame(self) -> pd.DataFrame:
        """One row a customer: customer, value, share, cumulative_share, class."""
        import pandas as pd

        return pd.DataFrame(
            {
                "customer": list(self.customers),
                "value": self.values,
                "share": self.values / self.total,
                "cumulative_share": self.curve.share[1:],
                "class": self.classes.tolist(),
            }
        )

    def _estimate(self, question: _Question) -> Estimate:
        value = question.answer(self.curve)
        if question not in self._known:
            asked = dict.fromkeys((*_STANDARD, question))
            self._known.update(_intervals(self.values, asked, self.draws, self.confidence))
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
    names = _names(customers)
    amounts = _finite(values)
    if len(names) != len(amounts):
        raise OrderLogError(
            f"`values` must have one entry for each of the {len(names)} customers (got {len(amounts)})."
        )
    order = key_order([name.lower() for name in names])
    return _concentrate([names[i] for i in order], amounts[order], value_of, draws, confidence)


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
    return _concentrate(table["customer"].tolist(), _finite(table["value"]), value_of, draws, confidence)


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
            found[label] = _concentrate(
                part["customer"].tolist(), _finite(part["value"]), value_of, draws, confidence
            )
        except OrderLogError as error:
            found[label] = f"{label}: {error}"
    return found


def lorenz_curve(values: Sequence[float] | Floats) -> Lorenz:
    """The Lorenz curve of what the customers brought, best first.

    L(k/n) is the net value of the top k of n customers over the total. Values may be below zero,
    and come in any order.

    Raises
    ------
    OrderLogError
        If a value is not a finite number or they do not add up to more than zero.

    Examples
    --------
    >>> lorenz_curve([50, 100, 50, 10, 50]).share.round(3).tolist()
    [0.0, 0.385, 0.577, 0.769, 0.962, 1.0]
    """
    amounts = np.sort(_finite(values))[::-1]
    return _curve(_running(amounts, "value"))


def share_of_top(curve: Lorenz, p: float = 0.2) -> float:
    """Share of the value that the top `p` of the customers bring, read off the curve.

    Examples
    --------
    The top fifth of five customers is one, the top third one and two thirds:

    >>> curve = lorenz_curve([100, 50, 50, 50, 10])
    >>> round(share_of_top(curve, 0.2), 3), round(share_of_top(curve, 1 / 3), 3)
    (0.385, 0.513)
    """
    _check_share("p", p, "top fifth")
    return float(np.interp(p * curve.customers[-1], curve.customers, curve.share))


def customers_behind(curve: Lorenz, share: float = 0.8) -> float:
    """Fraction of the customers, best first, who bring the `share` of the value.

    The smallest whole number of customers that reaches it, over all customers. A share within
    1e-12 counts as reached.

    Examples
    --------
    >>> customers_behind(lorenz_curve([100, 50, 50, 50, 10]), 0.8)
    0.8
    """
    _check_share("share", share, "share of 20 %")
    goal = share - TOLERANCE
    after = int(np.argmax(curve.share >= goal))
    # a drawn customer may stand on a step many times: count the copies needed, not the step
    width = curve.customers[after] - curve.customers[after - 1]
    height = curve.share[after] - curve.share[after - 1]
    needed = np.ceil((goal - curve.share[after - 1]) / height * width)
    return float((curve.customers[after - 1] + min(max(needed, 1.0), width)) / curve.customers[-1])


def gini_coefficient(curve: Lorenz) -> float:
    """Gini coefficient of the curve: sum of L(k-1) + L(k) over the n customers, / n, - 1.

    0 where all bring the same, 1 - 1/n where one of n brings all; above that where refunds push
    others below zero.

    Examples
    --------
    >>> gini_coefficient(lorenz_curve([0, 0, 0, 80]))
    0.75
    """
    both = curve.share[:-1] + curve.share[1:]
    # not np.dot: its threads cost more than they save on vectors of this length
    return float(np.sum(np.diff(curve.customers) * both) / curve.customers[-1] - 1)


_GINI = _Question(gini_coefficient)
_STANDARD = (_GINI, _Question(share_of_top, (0.2,)), _Question(customers_behind, (0.8,)))


def _concentrate(
    names: Sequence[str], amounts: Floats, value_of: str, draws: int, confidence: float
) -> Concentration:
    """Of customers who come in customer order, so that a stable sort settles the ties."""
    _check_draws(draws, confidence)
    order = _best_first(amounts)
    values = amounts[order]
    running = _running(values, value_of)
    values.setflags(write=False)
    customers = tuple(names[i] for i in order)
    total = float(running[-1])
    return Concentration(customers, values, total, value_of, _curve(running), draws, confidence)


def _best_first(amounts: Floats) -> npt.NDArray[np.intp]:
    """Positions from the largest on; equals keep their order, and equal means alike to 40 bits, 1e-12."""
    # the same cents added up in another order differ in the last bits, which must not part equals
    digits, exponent = np.frexp(amounts)
    alike = np.ldexp(np.round(np.ldexp(digits, 40)), exponent - 40)
    return np.argsort(-alike, kind="stable")


def _curve(running: Floats, counts: Counts | None = None) -> Lorenz:
    """The curve of running totals, best first, each step taken by one customer or by `counts` of them."""
    customers = np.zeros(len(running) + 1)
    share = np.zeros(len(running) + 1)
    np.cumsum(np.ones(len(running)) if counts is None else counts, out=customers[1:])
    np.divide(running, running[-1], out=share[1:])
    return Lorenz(customers, share)


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
        if _above_zero(running):
            curve = _curve(running, counts)
            answers.append([question.answer(curve) for question in questions])
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


def _running(values: Floats, value_of: str) -> Floats:
    """Running totals of values in falling order; refused where they give no shares."""
    if not len(values):
        raise OrderLogError("`values` must not be empty: there are no customers to compare (got 0).")
    with np.errstate(over="ignore", invalid="ignore"):
        running = np.cumsum(values)
    if not np.isfinite(running).all():
        raise OrderLogError(
            f"`values` are too large to add up (the largest is {said(float(values[0]))}): check the "
            "amounts, or give them in thousands."
        )
    if not _above_zero(running):
        raise OrderLogError(
            f"`values` must add up to more than zero, or there is no {value_of} to share out "
            f"(got {said(float(running[-1]))})."
        )
    return running


def _above_zero(running: Floats) -> bool:
    # refunds that cancel the sales exactly leave rounding noise, which is not a total
    return bool(running[-1] > TOLERANCE * running.max())


def _value_of(log: OrderLog) -> str:
    if log.value_of is None:
        raise OrderLogError(
            "`amount` is needed to say who brings the value, and this log knows only who ordered and "
            "when: name the column with the amounts, or those with quantity and price."
        )
    return log.value_of


def _names(customers: Sequence[str]) -> list[str]:
    names = [customer_name(customer) for customer in customers]
    seen: set[str] = set()
    for row, name in enumerate(names, start=1):
        if not name:
            raise OrderLogError(f"`customers` must name everyone: entry {row} is blank.")
        if name in seen:
            raise OrderLogError(
                f'`customers` must list everyone once: "{said(name)}" comes again as entry {row}; add up '
                "what each customer brought first."
            )
        seen.add(name)
    return names


def _finite(values: Sequence[float] | Floats) -> Floats:
    try:
        amounts = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise OrderLogError(f"`values` must be numbers (got {said(_first_text(values))}).") from None
    if amounts.ndim != 1:
        raise OrderLogError(f"`values` must be one column of numbers (got {amounts.ndim} dimensions).")
    bad = np.flatnonzero(~np.isfinite(amounts))
    if len(bad):
        raise OrderLogError(
            f"`values` must be finite numbers: entry {bad[0] + 1} is {said(float(amounts[bad[0]]))}."
        )
    return amounts


def _first_text(values: Iterable[object]) -> object:
    return next((value for value in values if not isinstance(value, int | float)), values)


def _check_share(name: str, share: float, example: str) -> None:
    if not 0 < share <= 1:
        raise OrderLogError(
            f"`{name}` must be a fraction above 0 and at most 1, such as 0.2 for the {example} "
            f"(got {said(share)})."
        )


def _check_draws(draws: int, confidence: float) -> None:
    if draws < 1:
        raise OrderLogError(f"`draws` must be a whole number above zero, such as 2000 (got {said(draws)}).")
    if not 0 < confidence < 1:
        raise OrderLogError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
