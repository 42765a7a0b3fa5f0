"""Cohorts: who came back at which age, from counts; needs the standard library alone.

A cohort is the customers whose first order lies in one period, or in one group. What became of them is
counted by age, in periods or days since the first order. `retention_core.cohorts` counts order logs and
`cohorts_of_purchases` plain columns; both hand their counts to `cohort_table`, which knows what they mean.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from statistics import NormalDist
from typing import NamedTuple

from retention_core.errors import OrderLogError, said
from retention_core.identity import key_order
from retention_core.movements import month_number, month_start
from retention_core.purchases import Purchases, observed_until, purchases_by_customer
from retention_core.rates import Interval, rate_interval
from retention_core.special_functions import student_reach

MONTHS = {"month": 1, "quarter": 3, "year": 12}
MEASURES = ("customers", "orders", "revenue", "profit")
FEWEST_CUSTOMERS = 30
FEWEST_ACTIVE = 10
MOST_AGES = 1_000
NOISE = 1e-12


class Age(NamedTuple):
    """A column of the table: from `first` to `last` units after the first order, both included.

    `last` is None where any later time counts as well.
    """

    first: int
    last: int | None


class Count(NamedTuple):
    """What the customers of one cohort who started together did at one age.

    `start` is the period or the day of their first order, counted as months are by
    `month_number` or days by `date.toordinal`; `place` is the column. Where later times count as well,
    `customers` are those whose last order falls in this column. `square` is the sum of the customers'
    squared totals and `cross` that of their products with what each brought in the first column.
    """

    cohort: int | str
    start: int
    place: int
    customers: int
    total: float = 0.0
    square: float = 0.0
    cross: float = 0.0


@dataclass(frozen=True, slots=True)
class Definition:
    """What a cohort table counts.

    Attributes
    ----------
    measure
        "customers", "orders", "revenue" or "profit".
    period
        Of the cohorts and, without `days`, of the ages: "month", "quarter" or "year".
    by
        The group that makes the cohorts, None where the period of the first order does.
    ages
        The columns in days since the first order; None for one column a period.
    unbounded
        Whether any later time counts as well.
    as_of
        The table as it stood at the start of this day.
    year_starts
        Month in which the year starts.
    confidence
        Of the intervals.
    """

    measure: str
    period: str
    by: str | None
    ages: tuple[Age, ...] | None
    unbounded: bool
    as_of: dt.date
    year_starts: int = 1
    confidence: float = 0.95

    @property
    def unit(self) -> str:
        """What ages are counted in: the period, or "day"."""
        return self.period if self.ages is None else "day"

    def number(self, day: dt.date) -> int:
        """The period of a day, counted from year 0."""
        return (month_number(day) - self.year_starts + 1) // MONTHS[self.period]

    def starts(self, number: int) -> dt.date:
        """The first day of a period so counted."""
        return month_start(number * MONTHS[self.period] + self.year_starts - 1)

    @property
    def now(self) -> int:
        """The first period, or day, that is not over."""
        return self.number(self.as_of) if self.ages is None else self.as_of.toordinal()


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a cohort at one age.

    Attributes
    ----------
    size
        Customers who have lived the age; where none has, those of the cohort so far.
    customers
        Of them, those who ordered at that age.
    total
        What they brought, in the measure.
    rate
        `total` over that of the first column; None where the age is not lived or nothing was brought
        at first.
    low, high
        Interval of the rate; None where there is none, for which `CohortTable.interval_rule` has the reason.
    lived
        False while the age runs on: the counts are those so far, and no rate is made of them.
    """

    size: int
    customers: int
    total: float
    rate: float | None
    low: float | None
    high: float | None
    lived: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """A row of the table: `cells` has None where no time of the age has been lived yet.

    `key` is the number of the period or the label of the group, `start` the first day of the period.
    """

    key: int | str
    name: str
    start: dt.date | None
    size: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """One age across the cohorts, oldest first; made by `CohortTable.trend`.

    Attributes
    ----------
    cohorts, cells
        The cohorts that have lived the age, and what became of them.
    slope
        Change of the rate from one period's cohort to the next, weighted by size; None below three
        cohorts or for another measure than customers.
    p_value
        Of the Cochran-Armitage test that there is no trend; None where there is no slope.
    verdict
        "rising", "falling" or "cannot tell".
    """

    cohorts: tuple[Cohort, ...]
    cells: tuple[Cell, ...]
    slope: float | None
    p_value: float | None
    verdict: str


class _Sums(NamedTuple):
    """What an interval needs to know of a cell."""

    size: int
    customers: int
    total: float
    square: float
    cross: float
    base: float
    base_square: float


@dataclass(frozen=True, slots=True, eq=False)
class CohortTable:
    """Cohorts by age, with the definition that made them.

    Attributes
    ----------
    definition
        What is counted.
    ages
        The columns.
    cohorts
        The rows: periods in order, or groups as a spreadsheet sorts them.
    average
        All cohorts that have lived an age taken together, which weights them by size (by what they
        brought at first, for another measure than customers); None where none has.
    without_order
        Customers with nothing but refunds, who are in no cohort.
    """

    definition: Definition
    ages: tuple[Age, ...]
    cohorts: tuple[Cohort, ...] = field(repr=False)
    average: tuple[Cell | None, ...] = field(repr=False)
    without_order: int = 0

    @property
    def age_names(self) -> tuple[str, ...]:
        """Headings of the columns.

        Examples
        --------
        >>> import datetime as dt
        >>> days = [dt.date(2025, 1, 1), dt.date(2025, 1, 9)]
        >>> cohorts_of_purchases(["Ann", "Ann"], days, days=[(1, 7), (8, 14)]).age_names
        ('day 0', 'days 1 to 7', 'days 8 to 14')
        """
        unit = self.definition.unit
        return tuple(
            f"{unit} {age.first}+" if age.last is None
            else f"{unit} {age.first}" if age.first == age.last
            else f"{unit}s {age.first} to {age.last}"
            for age in self.ages
        )  # fmt: skip

    @property
    def sizes(self) -> tuple[int, ...]:
        """Customers of each cohort."""
        return tuple(cohort.size for cohort in self.cohorts)

    @property
    def matrix(self) -> tuple[tuple[float | None, ...], ...]:
        """The rates, one row a cohort; None where the age is not lived."""
        return tuple(tuple(cell.rate if cell else None for cell in row.cells) for row in self.cohorts)

    @property
    def interval_rule(self) -> str:
        """Which interval the cells carry, and why some carry none."""
        if self.definition.measure == "customers":
            return f"Wilson interval, {self.definition.confidence:.0%}."
        if self.definition.unbounded:
            return "No interval: totals of any later time are no sum over separate columns."
        return (
            f"Linearised interval of the logarithm of a ratio, {self.definition.confidence:.0%}; none below "
            f"{FEWEST_CUSTOMERS} customers in the cohort or {FEWEST_ACTIVE} in the cell, too few for it."
        )

    def trend(self, age: int) -> Trend:
        """What one column says from cohort to cohort.

        Parameters
        ----------
        age
            Place of the column, from 0.

        Raises
        ------
        OrderLogError
            If there is no such column, or the cohorts are groups, which have no order.

        References
        ----------
        Armitage (1955), Tests for linear trends in proportions and frequencies, Biometrics 11, 375-386.

        Examples
        --------
        >>> table = cohort_table([Count(k, k, 0, 100) for k in range(24300, 24303)]
        ...     + [Count(24300, 24300, 1, 40), Count(24301, 24301, 1, 60)],
        ...     Definition("customers", "month", None, None, False, dt.date(2025, 3, 1)))
        >>> [cell.rate for cell in table.trend(1).cells]
        [0.4]
        """
        if not 0 <= age < len(self.ages):
            raise OrderLogError(
                f"`age` must be the place of a column, 0 to {len(self.ages) - 1} (got {said(age)})."
            )
        if self.definition.by is not None:
            raise OrderLogError("`age` has a trend only across cohorts by period: groups have no order.")
        found = [(row, cell) for row in self.cohorts if (cell := row.cells[age]) and cell.rate is not None]
        rows, cells = tuple(row for row, _ in found), tuple(cell for _, cell in found)
        if self.definition.measure != "customers" or len(found) < 3:
            return Trend(rows, cells, None, None, "cannot tell")
        slope, p_value = linear_trend(
            [int(row.key) for row in rows], [c.customers for c in cells], [c.size for c in cells]
        )
        known = p_value is not None and p_value < 1 - self.definition.confidence
        return Trend(rows, cells, slope, p_value, _direction(slope) if known else "cannot tell")

    def columns(self) -> dict[str, list[str] | list[int] | list[float | None]]:
        """The table by column: cohort, customers, then the rate at each age.

        Examples
        --------
        >>> from datetime import date
        >>> days = [date(2025, 1, 1), date(2025, 1, 9), date(2025, 2, 28)]
        >>> cohorts_of_purchases(["Ann", "Bo", "Ann"], days).columns()
        {'cohort': ['2025-01'], 'customers': [2], 'month 0': [1.0], 'month 1': [0.5]}
        """
        rates = {
            name: list(rates)
            for name, rates in zip(self.age_names, zip(*self.matrix, strict=True), strict=True)
        }
        return {"cohort": [row.name for row in self.cohorts], "customers": list(self.sizes), **rates}


def cohort_table(counts: Iterable[Count], definition: Definition, noise: float = 0.0) -> CohortTable:
    """The table of counts that were made by the definition.

    Parameters
    ----------
    noise
        The largest sum that rounding alone may leave, `NOISE` of all money that changed hands: what a first
        column brought counts as nothing up to there.

    Notes
    -----
    An age is lived where its last unit is over: for a cohort by period once that holds for all its
    customers; a group, which customers keep joining, is judged over those of them for whom it holds.
    With x_i what customer i brought in the first column and y_i at the age, the rate is
    R = sum(y) / sum(x). For customers both are 0 or 1 and the interval is Wilson's. Else it is
    R exp(-+ t e / R) with the standard error e = sqrt(n / (n - 1) sum((y_i - R x_i)^2)) / sum(x) and
    Student's t of as many degrees of freedom as customers active in the cell, less one; where refunds
    make e reach R, it is R -+ t e. `perf/interval_coverage.py` measures how often it holds the truth: see
    docs/methods/cohorts.md.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd edition, equation 2.46 (variance of a ratio).
    """
    by_cohort: dict[int | str, dict[int, list[Count]]] = {}
    for count in counts:
        by_cohort.setdefault(count.cohort, {}).setdefault(count.start, []).append(count)
    ages = definition.ages or _period_ages(by_cohort, definition)
    found = []
    pooled: list[list[_Sums]] = [[] for _ in ages]
    for key in _in_order(by_cohort, definition):
        starts = {start: _settled(rows, len(ages), definition) for start, rows in by_cohort[key].items()}
        cells = []
        for place, age in enumerate(ages):
            cell, sums = _cell(key, starts, place, age, definition, noise)
            cells.append(cell)
            if sums is not None:
                pooled[place].append(sums)
        size = sum(columns[0].customers for columns in starts.values())
        found.append(Cohort(key, _name(key, definition), _start(key, definition), size, tuple(cells)))
    average = tuple(_rated(_added(sums), definition, noise) if sums else None for sums in pooled)
    return CohortTable(definition, tuple(ages), tuple(found), average)


def linear_trend(
    scores: Sequence[float], active: Sequence[int], sizes: Sequence[int]
) -> tuple[float | None, float | None]:
    """Weighted slope of proportions over scores, and the two-sided p of the Cochran-Armitage test.

    None for both where all or none are active or the scores do not differ.

    Examples
    --------
    >>> slope, p = linear_trend([0, 1, 2], [10, 20, 30], [100, 100, 100])
    >>> round(slope, 3), p < 0.001
    (0.1, True)
    """
    n, hits = sum(sizes), sum(active)
    mean = sum(size * score for size, score in zip(sizes, scores, strict=True)) / n
    spread = sum(size * (score - mean) ** 2 for size, score in zip(sizes, scores, strict=True))
    if not 0 < hits < n or spread <= 0:
        return None, None
    above = sum(count * (score - mean) for count, score in zip(active, scores, strict=True))
    z = above / math.sqrt(hits / n * (1 - hits / n) * spread)
    return above / spread, 2 * NormalDist().cdf(-abs(z))


def cohorts_of_purchases(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None = None,
    *,
    period: str = "month",
    measure: str = "customers",
    days: Sequence[int | tuple[int, int]] | None = None,
    unbounded: bool = False,
    as_of: dt.date | None = None,
    year_starts: int = 1,
    confidence: float = 0.95,
) -> CohortTable:
    """The table of `retention_core.cohorts`, from plain columns instead of an order log.

    Raises
    ------
    OrderLogError
        If no row is an order or an argument makes no sense.

    Examples
    --------
    Of January's two customers one came back in February:

    >>> from datetime import date
    >>> dates = [date(2025, 1, 1), date(2025, 1, 9), date(2025, 2, 28)]
    >>> cohorts_of_purchases(["Ann", "Bo", "Ann"], dates).matrix
    ((1.0, 0.5),)
    """
    check_measure(measure, ("customers", "orders") if amounts is None else MEASURES[:3])
    purchases = purchases_by_customer(customers, dates, amounts)
    until = observed_until(as_of, purchases.first_day, purchases.last_day)
    definition = define(measure, period, None, days, unbounded, until, year_starts, confidence)
    table = cohort_table(_count_purchases(purchases, definition), definition, _noise(purchases, definition))
    seen = len(purchases.names)
    if until <= purchases.last_day:
        limit = until.toordinal()
        seen = sum(day < limit for day in purchases.first_rows.values())
    return replace(table, without_order=seen - sum(table.sizes))


def define(
    measure: str,
    period: str,
    by: str | None,
    days: Sequence[int | tuple[int, int]] | None,
    unbounded: bool,
    as_of: dt.date,
    year_starts: int,
    confidence: float,
) -> Definition:
    """A definition, its arguments checked.

    Raises
    ------
    OrderLogError
        If one of them makes no sense.
    """
    if period not in MONTHS:
        raise OrderLogError(f'`period` must be month, quarter or year (got "{said(period)}").')
    if year_starts not in range(1, 13):
        raise OrderLogError(f"`year_starts` must be a month, 1 to 12 (got {said(year_starts)}).")
    if not 0 < confidence < 1:
        raise OrderLogError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
    ages = None if days is None else _day_ages(days, unbounded)
    return Definition(measure, period, by, ages, unbounded, as_of, year_starts, confidence)


def check_measure(measure: str, known: Sequence[str]) -> None:
    """Refuse a measure that the data cannot answer, or that does not exist."""
    if measure not in MEASURES:
        raise OrderLogError(
            f'`measure` must be customers, orders, revenue or profit (got "{said(measure)}").'
        )
    if measure not in known:
        needed = "a cost or margin" if measure == "profit" else "amounts"
        raise OrderLogError(f"`measure` is {measure}, which needs {needed}: give them, or ask for customers.")


def _day_ages(days: Sequence[int | tuple[int, int]], unbounded: bool) -> tuple[Age, ...]:
    """The columns in days, the first order's own day first."""
    ages = []
    for day in days:
        first, last = (day, day) if isinstance(day, int) else tuple(day)
        if unbounded and not isinstance(day, int):
            raise OrderLogError(f"`days` must be single days where any later day counts (got {said(day)}).")
        if not 0 <= first <= last <= 36_600:
            raise OrderLogError(f"`days` must lie between 0 and 36,600, the earlier first (got {said(day)}).")
        ages.append((first, last))
    ages.sort()
    if not ages or ages[0][0] > 0:
        ages.insert(0, (0, 0))
    for (_, last), (first, _) in pairwise(ages):
        if first <= last:
            raise OrderLogError(f"`days` must not overlap (day {first} is in two of them).")
    if len(ages) > MOST_AGES:
        raise OrderLogError(f"`days` makes {len(ages):,} columns: give {MOST_AGES:,} or fewer.")
    return tuple(Age(first, None if unbounded else last) for first, last in ages)


def _period_ages(
    by_cohort: Mapping[int | str, Mapping[int, Sequence[Count]]], definition: Definition
) -> tuple[Age, ...]:
    """One column a period, as many as the oldest customers have begun to live."""
    last = definition.number(definition.as_of - dt.timedelta(days=1))
    oldest = min((min(starts) for starts in by_cohort.values()), default=last)
    return tuple(Age(age, None if definition.unbounded else age) for age in range(last - oldest + 1))


def _settled(rows: Iterable[Count], columns: int, definition: Definition) -> list[Count]:
    """The counts of customers who started together, one a column; later columns added where they count."""
    by_place = {row.place: row for row in rows}
    some = next(iter(by_place.values()))
    settled = [by_place.get(place, Count(some.cohort, some.start, place, 0)) for place in range(columns)]
    if definition.unbounded:
        for place in range(columns - 2, -1, -1):
            later = settled[place + 1]
            settled[place] = settled[place]._replace(
                customers=settled[place].customers + later.customers, total=settled[place].total + later.total
            )
    return settled


def _cell(
    key: int | str,
    starts: Mapping[int, Sequence[Count]],
    place: int,
    age: Age,
    definition: Definition,
    noise: float,
) -> tuple[Cell | None, _Sums | None]:
    """The cell and, where the age is lived, the sums behind it."""
    lived = [columns for start, columns in starts.items() if _is_lived(key, start, age, definition)]
    if lived:
        sums = _added(_sums(columns, place) for columns in lived)
        return _rated(sums, definition, noise), sums
    begun = [columns for start, columns in starts.items() if start + age.first < _after(definition)]
    if not begun:
        return None, None
    sums = _added(_sums(columns, place) for columns in begun)
    return Cell(sums.size, sums.customers, _total(sums, definition), None, None, None, False), None


def _after(definition: Definition) -> int:
    """The first period, or day, not begun."""
    if definition.ages is not None:
        return definition.now
    return definition.number(definition.as_of - dt.timedelta(days=1)) + 1


def _is_lived(key: int | str, start: int, age: Age, definition: Definition) -> bool:
    last = age.first if age.last is None else age.last
    if definition.ages is not None and isinstance(key, int):
        start = definition.starts(key + 1).toordinal() - 1  # the cohort's last day: all or none
    return start + last < definition.now


def _sums(columns: Sequence[Count], place: int) -> _Sums:
    first, here = columns[0], columns[place]
    return _Sums(
        first.customers, here.customers, here.total, here.square, here.cross, first.total, first.square
    )


def _added(sums: Iterable[_Sums]) -> _Sums:
    found = list(sums)
    if len(found) == 1:
        return found[0]
    size, customers, *rest = zip(*found, strict=True)
    return _Sums(sum(size), sum(customers), *map(math.fsum, rest))


def _total(sums: _Sums, definition: Definition) -> float:
    return sums.customers if definition.measure == "customers" else sums.total


def _rated(sums: _Sums, definition: Definition, noise: float) -> Cell:
    """A lived cell."""
    total = _total(sums, definition)
    if definition.measure == "customers":
        rate: float | None = sums.customers / sums.size
        limits: Interval | None = rate_interval(sums.customers, sums.size, definition.confidence)
    else:
        rate = sums.total / sums.base if sums.base > noise else None
        limits = None if rate is None or definition.unbounded else _ratio_interval(rate, sums, definition)
    low, high = limits or (None, None)
    return Cell(sums.size, sums.customers, total, rate, low, high, True)


def _ratio_interval(rate: float, sums: _Sums, definition: Definition) -> Interval | None:
    if sums.size < FEWEST_CUSTOMERS or sums.customers < FEWEST_ACTIVE:
        return None
    apart = sums.square - 2 * rate * sums.cross + rate * rate * sums.base_square
    error = math.sqrt(max(apart, 0.0) * sums.size / (sums.size - 1)) / sums.base
    reach = student_reach(definition.confidence, sums.customers - 1) * error
    if error < rate:  # on the scale of the logarithm, where the ratio of skewed sums is nearly symmetric
        return Interval(rate * math.exp(-reach / rate), rate * math.exp(reach / rate))
    low = rate - reach
    return Interval(max(low, 0.0) if definition.measure == "orders" else low, rate + reach)


def _in_order(keys: Iterable[int | str], definition: Definition) -> list[int | str]:
    if definition.by is None:
        return sorted(keys, key=int)
    labels = [str(key) for key in keys]
    return [labels[place] for place in key_order([label.lower() for label in labels])]


def _name(key: int | str, definition: Definition) -> str:
    """A period as a reader writes it: 2025-01, 2025-Q1, 2025; fiscal ones by the month they start in.

    A fiscal quarter or year of another start is named by its first month.
    """
    if isinstance(key, str):
        return key
    start = definition.starts(key)
    if definition.period == "year" and definition.year_starts == 1:
        return f"{start.year}"
    if definition.period == "quarter" and (definition.year_starts - 1) % 3 == 0:
        return f"{start.year}-Q{(start.month + 2) // 3}" if definition.year_starts == 1 else f"{start:%Y-%m}"
    return f"{start:%Y-%m}"


def _start(key: int | str, definition: Definition) -> dt.date | None:
    return None if isinstance(key, str) else definition.starts(key)


def _direction(slope: float | None) -> str:
    return "rising" if slope is not None and slope > 0 else "falling"


def _noise(purchases: Purchases, definition: Definition) -> float:
    if definition.measure != "revenue":
        return 0.0
    limit = definition.as_of.toordinal()
    lines = chain.from_iterable(purchases.money.values())
    return NOISE * math.fsum(abs(amount) for day, amount in lines if day < limit)


def _count_purchases(purchases: Purchases, definition: Definition) -> Iterator[Count]:
    """Count plain columns as the engines count an order log."""
    found: dict[tuple[int, int, int], list[float]] = {}
    for key, days in purchases.days.items():
        ordered = [day for day in days if day < definition.as_of.toordinal()]
        if not ordered:
            continue
        start, orders = _start_and_orders(ordered, definition)
        if definition.measure == "revenue":
            totals = _spent(purchases.money[key], start, definition)
        else:
            totals = {place: float(count) for place, count in orders.items()}
        cohort = definition.number(dt.date.fromordinal(ordered[0]))
        base = totals.get(0, 0.0)
        active = [max(orders)] if definition.unbounded else list(orders)
        for place in {*active, *totals}:
            total = totals.get(place, 0.0)
            sums = found.setdefault((cohort, start, place), [0.0] * 4)
            for i, part in enumerate((place in active, total, total * total, base * total)):
                sums[i] += part
    for (cohort, start, place), (customers, *totals_found) in found.items():
        yield Count(cohort, start, place, int(customers), *totals_found)


def _start_and_orders(ordered: Sequence[int], definition: Definition) -> tuple[int, dict[int, int]]:
    """Start of a customer, and column -> orders in it."""
    start = _unit(ordered[0], definition)
    orders: dict[int, int] = {}
    for day in ordered:
        place = place_of(_unit(day, definition) - start, definition)
        if place is not None:
            orders[place] = orders.get(place, 0) + 1
    return start, orders


def _spent(money: Iterable[tuple[int, float]], start: int, definition: Definition) -> dict[int, float]:
    """Column -> money; what came before the first order belongs to none."""
    spent: dict[int, float] = {}
    for day, amount in money:
        if day < definition.as_of.toordinal():
            place = place_of(_unit(day, definition) - start, definition)
            if place is not None:
                spent[place] = spent.get(place, 0.0) + amount
    return spent


def _unit(day: int, definition: Definition) -> int:
    return day if definition.ages is not None else definition.number(dt.date.fromordinal(day))


def place_of(offset: int, definition: Definition) -> int | None:
    """The column of something so many units after the start, None where it falls between columns.

    Examples
    --------
    >>> weeks = define("customers", "month", None, [(0, 6), (14, 20)], False, dt.date(2025, 1, 1), 1, 0.95)
    >>> [place_of(day, weeks) for day in (-1, 3, 9, 14)]
    [None, 0, None, 1]
    """
    if offset < 0 or definition.ages is None:
        return offset if offset >= 0 else None
    place = bisect_right([age.first for age in definition.ages], offset) - 1
    last = definition.ages[place].last
    return place if last is None or offset <= last else None
