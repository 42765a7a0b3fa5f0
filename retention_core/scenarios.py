"""What if: customers, revenue and profit month by month under two plans, and their difference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri, pdtr

from retention_core.arguments import is_number, is_whole
from retention_core.economics import check_seed
from retention_core.errors import said
from retention_core.worth import WorthError

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

MONTHS = 36
DRAWS = 2000
BASE, SCENARIO, DIFFERENCE = "base", "scenario", "difference"
CUSTOMERS, REVENUE, PROFIT, CUMULATED = "customers", "revenue", "profit", "cumulated profit"
MEASURES = (CUSTOMERS, REVENUE, PROFIT, CUMULATED)
_YEAR = 12
_MOST_MONTHS, _MOST_DRAWS, _MOST_CUSTOMERS = 600, 100_000, 1e12
_WIDE = 10.0  # variance from which a bent normal tells a count's quantile, far quicker
_LONG_TABLE = 10_000.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A business as it is, or as it might be; everything by the year, None for what is not known.

    Attributes
    ----------
    customers
        Customers now.
    retention
        Share of the customers who stay for a year.
    margin, revenue
        What a customer brings in a year: profit before the spending named here, and revenue.
    new_customers
        Won in a year. Left out, it is `winning_budget` / `cost_to_win`.
    winning_budget, cost_to_win
        Spent on winning in a year, and on each customer won: with `new_customers` one of them suffices.
    keeping_cost
        Spent on keeping, a customer and year.
    uncounted
        Customers won and gone again beside each one counted, where `new_customers` counts who is there at
        the year's end, as an order log does; see `uncounted_at`. 0 where everyone won is counted.
    kept, at_start
        Counts that `retention` was measured from, if it was: they make it uncertain. A plan with another
        retention keeps its distance to the one measured.
    """

    customers: float
    retention: float
    margin: float | None = None
    revenue: float | None = None
    new_customers: float | None = None
    winning_budget: float | None = None
    cost_to_win: float | None = None
    keeping_cost: float = 0.0
    uncounted: float = 0.0
    kept: float | None = None
    at_start: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            needed = field.default is not None
            _check_amount(field.name, getattr(self, field.name), needed=needed)
        if self.retention > 1:
            raise WorthError(
                "`retention` must be a fraction from 0 to 1, such as 0.9 for 90 % "
                f"(got {said(self.retention)})."
            )
        if self.customers > _MOST_CUSTOMERS:
            raise WorthError(
                f"`customers` must be at most {_MOST_CUSTOMERS:,.0f} (got {said(self.customers)})."
            )
        self._check_winning()
        self._check_counts()

    @property
    def won(self) -> float:
        """Customers won in a year."""
        if self.new_customers is not None:
            return self.new_customers
        if self.winning_budget is not None and self.cost_to_win:
            return self.winning_budget / self.cost_to_win
        return 0.0

    @property
    def winning(self) -> float | None:
        """Spent on winning in a year; None where customers are won at a cost that is not known."""
        if self.winning_budget is not None:
            return self.winning_budget
        return self.won * self.cost_to_win if self.cost_to_win is not None else None if self.won else 0.0

    def _check_winning(self) -> None:
        given = (self.new_customers, self.winning_budget, self.cost_to_win)
        if all(number is not None for number in given):
            raise WorthError(
                "`cost_to_win` follows from `new_customers` and `winning_budget`: give two of the three."
            )
        if self.winning_budget and self.new_customers is None and not self.cost_to_win:
            raise WorthError(
                "`winning_budget` needs `cost_to_win`, above zero, to say how many customers it wins."
            )
        if self.won > _MOST_CUSTOMERS:
            raise WorthError(
                f"`new_customers` must be at most {_MOST_CUSTOMERS:,.0f} (got {said(self.won)})."
            )

    def _check_counts(self) -> None:
        if (self.kept is None) != (self.at_start is None):
            raise WorthError("`kept` and `at_start` belong together: give both or neither.")
        if self.kept is not None and self.at_start is not None:
            if not self.at_start:
                raise WorthError("`at_start` must be above zero (got 0).")
            if self.kept > self.at_start:
                raise WorthError(
                    f"`kept` must not exceed `at_start`, {said(self.at_start)} (got {said(self.kept)})."
                )


class Course(NamedTuple):
    """A measure month by month: its expectation, and the limits and mean of the simulation."""

    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    simulated: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """Two plans month by month, and their difference; made by `what_if`.

    Attributes
    ----------
    base, scenario
        The plans.
    courses
        (plan, measure) -> its course, for the plans "base", "scenario" and "difference" (scenario less
        base) and the measures "customers", "revenue" (where both plans know it), "profit" and "cumulated
        profit" (where both know a margin).
    months, draws, seed, confidence
        Of the simulation.
    """

    base: Plan
    scenario: Plan
    courses: dict[tuple[str, str], Course]
    months: int
    draws: int
    seed: int
    confidence: float

    @property
    def sentence(self) -> str:
        """What the scenario changes by the last month."""
        last = self.months - 1
        customers = f"{_told(self.courses[DIFFERENCE, CUSTOMERS], last, '+,.0f')} customers"
        if (course := self.courses.get((DIFFERENCE, CUMULATED))) is None:
            return (
                f"After {self.months} months the scenario has {customers}; what that is in profit is unknown "
                "without a margin."
            )
        doubt = " Chance alone can undo it: the interval covers zero." if _covers_zero(course, last) else ""
        return (
            f"After {self.months} months the scenario has {customers} and has brought "
            f"{_told(course, last, '+,.0f')} in profit, against the base.{doubt}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures assume."""
        notes = [
            "Yearly retention r is taken as r^(1/12) a month, which assumes steady churn.",
            "The customers of a month pay in it, those won in it too; then some leave before the next.",
            f"Limits hold {self.confidence:.0%} of {self.draws:,} simulations of who stays and who is won; "
            "the same luck meets both plans.",
        ]
        if self.base.kept is None and self.scenario.kept is None:
            notes.append("Retention is taken as known: counts of customers kept would widen the limits.")
        if self.base.winning is None or self.scenario.winning is None:
            notes.append("Profit is before the cost of winning customers, which is not known.")
        return tuple(notes)

    def columns(self) -> dict[str, list[object]]:
        """One row a plan, measure and month: plan, measure, month, expected, low, high."""
        rows = list(self._rows())
        names = ("plan", "measure", "month", "expected", "low", "high")
        return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame."""
        from retention_core.frames import frame_of

        return frame_of(self.columns())

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for (plan, measure), course in self.courses.items():
            columns = zip(course.expected, course.low, course.high, strict=True)
            for month, figures in enumerate(columns, 1):
                yield plan, measure, month, *figures


def what_if(
    base: Plan,
    scenario: Plan,
    *,
    months: int = MONTHS,
    draws: int = DRAWS,
    seed: int = 0,
    confidence: float = 0.95,
) -> WhatIf:
    """Customers, revenue and profit of two plans month by month, expected and with an interval.

    Parameters
    ----------
    base, scenario
        The plans; `dataclasses.replace(base, retention=0.85)` makes one from the other.
    months
        How far to look, 1 to 600.
    draws, seed
        Simulations, 100 to 100,000, and the seed of their chance.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    WorthError
        If an argument makes no sense.

    Notes
    -----
    Of a month's customers a binomial number stay for the next, each with the chance retention^(1/12), and a
    Poisson number are won. Where the counts behind the retention are known it is drawn from Jeffreys'
    posterior, Beta(kept + 1/2, lost + 1/2). Every draw reads one set of uniform numbers through either
    plan's distributions, so that the difference of the plans has an interval of its own, narrower than
    their two intervals suggest. The expectation is exact for the retention given; under an uncertain
    retention the mean of the simulations differs from it a little.

    Examples
    --------
    Five points of retention more for 2 a customer and year:

    >>> from dataclasses import replace
    >>> now = Plan(customers=1000, retention=0.8, margin=60, new_customers=200, cost_to_win=50)
    >>> found = what_if(now, replace(now, retention=0.85, keeping_cost=2))
    >>> [round(found.courses[plan, "customers"].expected[35]) for plan in ("base", "scenario", "difference")]
    [963, 1101, 138]
    """
    _check_asked(base, scenario, months, draws, seed, confidence)
    months, draws = int(months), int(draws)
    rng = np.random.default_rng(seed)
    luck = _Luck(rng.random(draws), rng.random((months, draws)), rng.random((months, draws)))
    measured = REVENUE if base.revenue is not None and scenario.revenue is not None else ""
    profitable = base.margin is not None and scenario.margin is not None
    names = [name for name in MEASURES if name in (CUSTOMERS, measured) or (profitable and "profit" in name)]
    costed = base.winning is not None and scenario.winning is not None
    exact, drawn = (
        [_measures(customers, plan, costed) for plan, customers in ((base, one), (scenario, other))]
        for one, other in (
            (_expected(base, months), _expected(scenario, months)),
            (_simulated(base, luck), _simulated(scenario, luck)),
        )
    )
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    courses = {}
    for name in names:
        sure, chance = ([side[name] for side in both] for both in (exact, drawn))
        for plan, known, luckily in zip(
            (BASE, SCENARIO, DIFFERENCE),
            (*sure, sure[1] - sure[0]),
            (*chance, chance[1] - chance[0]),
            strict=True,
        ):
            courses[plan, name] = _course(known, luckily, tails)
    ordered = {(plan, name): courses[plan, name] for plan in (BASE, SCENARIO, DIFFERENCE) for name in names}
    return WhatIf(base, scenario, ordered, months, draws, seed, confidence)


class _Luck(NamedTuple):
    """Uniform numbers: one a draw for the retention, and one a month and draw for staying and for winning."""

    retention: Floats
    staying: Floats
    winning: Floats


def _expected(plan: Plan, months: int) -> Floats:
    """Expected customers of each month."""
    stays, won = plan.retention ** (1 / _YEAR), _won_monthly(plan)
    found = [plan.customers + won]
    for _ in range(months - 1):
        found.append(found[-1] * stays + won)
    return np.array(found)[:, None]


def uncounted_at(retention: float) -> float:
    """Customers won and gone before the year's end, beside each one still there, at steady churn.

    Raises
    ------
    WorthError
        If nobody stays.

    Examples
    --------
    Where half leave within a year, of 100 customers won over it 70 are there at its end:

    >>> round(1 / (1 + uncounted_at(0.5)), 2)
    0.7
    """
    if not (is_number(retention) and retention <= 1):
        raise WorthError(f"`retention` must be a fraction from 0 to 1 (got {said(retention)}).")
    if retention <= 0:
        raise WorthError(
            "`retention` must be above zero: nobody won would be there at the year's end "
            f"(got {said(retention)})."
        )
    stays: float = retention ** (1 / _YEAR)
    return _YEAR / sum(stays**months for months in range(1, _YEAR + 1)) - 1


def _won_monthly(plan: Plan) -> float:
    return plan.won * (1 + plan.uncounted) / _YEAR


def _simulated(plan: Plan, luck: _Luck) -> Floats:
    """Customers of each month and draw."""
    stays = _retention_drawn(plan, luck.retention) ** (1 / _YEAR)
    won = poisson_quantile(luck.winning, _won_monthly(plan))
    found = np.empty_like(luck.staying)
    found[0] = round(plan.customers) + won[0]
    for month in range(1, len(found)):
        found[month] = binomial_quantile(luck.staying[month], found[month - 1], stays) + won[month]
    return found


def _retention_drawn(plan: Plan, luck: Floats) -> Floats:
    if plan.kept is None or plan.at_start is None:
        return np.full(len(luck), plan.retention)
    drawn = betaincinv(plan.kept + 0.5, plan.at_start - plan.kept + 0.5, luck)
    moved: Floats = np.clip(drawn + (plan.retention - plan.kept / plan.at_start), 0.0, 1.0)
    return moved


def binomial_quantile(luck: Floats, size: Floats, chance: Floats) -> Floats:
    """The binomial count that a uniform number stands for, so that more luck never means fewer.

    Exact up to a variance of 10; beyond, a normal quantile bent by skewness and kurtosis, now and then off by
    one.

    Examples
    --------
    >>> binomial_quantile(np.array([0.2, 0.5, 0.9]), np.full(3, 10.0), np.full(3, 0.8)).tolist()
    [7.0, 8.0, 10.0]
    """
    rare = np.where(chance > 0.5, 1 - chance, chance)
    turned = np.where(chance > 0.5, 1 - luck, luck)
    mean, variance = size * rare, size * rare * (1 - rare)
    found, wide = np.zeros_like(luck), variance > _WIDE
    cumulants = (part[wide] for part in (mean, variance, 1 - 2 * rare, 1 - 6 * rare * (1 - rare)))
    found[wide] = _bent(turned[wide], *cumulants)
    found[~wide] = _added_up(turned[~wide], size[~wide], rare[~wide])
    found = np.clip(found, 0.0, size)
    return np.where(chance > 0.5, size - found, found)


def poisson_quantile(luck: Floats, mean: float) -> Floats:
    """The Poisson count that a uniform number stands for; see `binomial_quantile`.

    Exact up to a mean of 10,000.

    Examples
    --------
    >>> poisson_quantile(np.array([0.2, 0.5, 0.9]), 4.0).tolist()
    [2.0, 4.0, 7.0]
    """
    if mean > _LONG_TABLE:
        one = np.ones_like(luck)
        return np.maximum(_bent(luck, mean * one, mean * one, one, one), 0.0)
    chances = pdtr(np.arange(math.ceil(mean + 10 * math.sqrt(mean) + 20)), mean)
    found: Floats = np.searchsorted(chances, luck).astype("float64")
    return found


def _added_up(luck: Floats, size: Floats, chance: Floats) -> Floats:
    """The binomial quantile by adding chance after chance; quick where few are expected."""
    odds, found = chance / (1 - chance), np.zeros_like(luck)
    each = np.exp(size * np.log1p(-chance))
    total, count = each.copy(), 0
    while (more := (luck > total) & (count < size) & (each > 0)).any():
        each = each * ((size - count) / (count + 1) * odds)
        total, found, count = total + each, found + more, count + 1
    return found


def _bent(luck: Floats, mean: Floats, variance: Floats, third: Floats, fourth: Floats) -> Floats:
    """Cornish and Fisher's quantile of a count, whose third and fourth cumulants are so many variances."""
    z, spread = ndtri(np.clip(luck, 1e-300, 1 - 1e-16)), np.sqrt(variance)
    skewed = third * (z * z - 1) / 6
    tailed = (fourth * (z**3 - 3 * z) / 24 - third * third * (2 * z**3 - 5 * z) / 36) / spread
    found: Floats = np.round(mean + spread * z + skewed + tailed)
    return found


def _measures(customers: Floats, plan: Plan, costed: bool) -> dict[str, Floats]:
    """The measures of so many customers, month by month; unknown ones are left out by the caller."""
    winning = (plan.winning or 0.0) if costed else 0.0
    profit = (customers * ((plan.margin or 0.0) - plan.keeping_cost) - winning) / _YEAR
    return {
        CUSTOMERS: customers,
        REVENUE: customers * (plan.revenue or 0.0) / _YEAR,
        PROFIT: profit,
        CUMULATED: np.cumsum(profit, axis=0),
    }


def _course(exact: Floats, drawn: Floats, tails: tuple[float, float]) -> Course:
    low, high = np.quantile(drawn, tails, axis=1)
    return Course(*(tuple(column.tolist()) for column in (exact[:, 0], low, high, drawn.mean(axis=1))))


def _told(course: Course, month: int, style: str) -> str:
    value, low, high = (format(column[month], style) for column in course[:3])
    return f"{value} ({low} to {high})"


def _covers_zero(course: Course, month: int) -> bool:
    return course.low[month] <= 0 <= course.high[month]


def _check_amount(name: str, amount: float | None, *, needed: bool) -> None:
    if amount is None and not needed:
        return
    if amount is None or not is_number(amount) or abs(amount) > 1e15:
        raise WorthError(f"`{name}` must be a finite number up to 1e15 (got {said(amount)}).")
    if amount < 0 and name != "margin":
        raise WorthError(f"`{name}` must be zero or more (got {said(amount)}).")


def _check_asked(base: Plan, scenario: Plan, months: int, draws: int, seed: int, confidence: float) -> None:
    for name, plan in (("base", base), ("scenario", scenario)):
        if not isinstance(plan, Plan):
            raise WorthError(f"`{name}` must be a Plan (got {said(type(plan).__name__)}).")
    check_seed(seed)
    if not (is_whole(months) and 1 <= months <= _MOST_MONTHS):
        raise WorthError(f"`months` must be a whole number from 1 to {_MOST_MONTHS} (got {said(months)}).")
    if not (is_whole(draws) and 100 <= draws <= _MOST_DRAWS):
        raise WorthError(f"`draws` must be a whole number from 100 to {_MOST_DRAWS:,} (got {said(draws)}).")
    if not (is_number(confidence) and 0 < confidence < 1):
        raise WorthError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")
