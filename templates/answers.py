"""What the workbook's formulas must show, computed by the core: cached values, and the tests' truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from retention_core.benchmarks import Benchmark, Comparison, compare, load_benchmarks
from retention_core.concentration import (
    Concentration,
    concentrate,
    customers_behind,
    gini_coefficient,
    share_of_top,
)
from retention_core.errors import OrderLogError, RateError
from retention_core.identity import customer_name
from retention_core.rates import (
    Interval,
    churn_rate,
    convert_rate,
    rate_interval,
    retention_rate,
)
from templates.inputs import Cell, Inputs, PeriodRow, is_blank, is_number

COUNT_WORDS = {"at_start": "Start", "at_end": "End", "won": "New"}
RATE_WORD = "Your yearly retention"
CUSTOMERS_WORD = "The number of customers"
CANNOT_TELL = ", but the limits cover the benchmark: the data cannot tell above from below"
CONVERTED = " Your rate is converted from one period as if churn were steady; the true one is mostly higher."
NO_INTERVAL = ", but without the number of customers nobody can tell whether that is more than chance"


@dataclass(frozen=True, slots=True)
class PeriodAnswer:
    """What one row of Your periods shows: figures, or what is wrong with it."""

    message: str = ""
    kept: float | None = None
    rate: float | None = None
    churn: float | None = None
    interval: Interval | None = None
    yearly: float | None = None
    yearly_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkAnswer:
    """What the sheet Benchmark shows."""

    message: str
    rate: float | None
    interval: Interval | None
    found: Benchmark | None
    gap: float | None = None
    verdict: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ParetoAnswer:
    """What the sheet Pareto shows; `spread` is None where there is nothing to share out."""

    names: tuple[str, ...]
    usable: tuple[bool, ...]
    left_out: tuple[bool, ...]
    totals: dict[str, float]
    spread: Concentration | None
    problem: str = ""

    @property
    def top_fifth(self) -> float | None:
        """Share of the value that the top fifth brings."""
        return None if self.spread is None else share_of_top(self.spread.curve, 0.2)

    @property
    def behind_80(self) -> float | None:
        """Fraction of the customers behind 80 % of the value."""
        return None if self.spread is None else customers_behind(self.spread.curve, 0.8)

    @property
    def gini(self) -> float | None:
        """Gini coefficient."""
        return None if self.spread is None else gini_coefficient(self.spread.curve)


def setting_problem(inputs: Inputs) -> str:
    """What is wrong with the confidence or the months, in one sentence."""
    if problem := _number_problem(inputs.confidence, "Confidence"):
        return problem
    try:
        rate_interval(1, 1, float(inputs.confidence or 0))
    except RateError as error:
        return error.in_words({"confidence": "Confidence"})
    if problem := _number_problem(inputs.months, "Months per period"):
        return problem
    try:
        convert_rate(1, float(inputs.months or 0), 12)
    except RateError as error:
        return error.in_words({"from_months": "Months per period"})
    return ""


def usable_confidence(inputs: Inputs) -> float | None:
    """The confidence, if it is one."""
    good = is_number(inputs.confidence) and 0 < float(inputs.confidence or 0) < 1
    return float(inputs.confidence or 0) if good else None


def usable_months(inputs: Inputs) -> float | None:
    """The months per period, if they are above zero."""
    good = is_number(inputs.months) and float(inputs.months or 0) > 0
    return float(inputs.months or 0) if good else None


def period_answer(row: PeriodRow, inputs: Inputs) -> PeriodAnswer:
    """Figures of one period.

    Examples
    --------
    >>> answer = period_answer(PeriodRow("2014", 100, 110, 20), Inputs(months=12))
    >>> answer.kept, answer.rate, answer.churn, answer.yearly
    (90.0, 0.9, 0.1, 0.9)
    >>> period_answer(PeriodRow("2015", 0, 1, 1), Inputs()).message
    'Start must be above zero: with no customers there is nothing to retain (got 0).'
    """
    cells = {"Start": row.start, "End": row.end, "New": row.new}
    if all(is_blank(cell) for cell in cells.values()):
        return PeriodAnswer()
    for name, cell in cells.items():
        if problem := _number_problem(cell, name):
            return PeriodAnswer(problem)
    start, end, new = (float(cell or 0) for cell in cells.values())
    try:
        rate, churn = retention_rate(start, end, new), churn_rate(start, end, new)
    except RateError as error:
        return PeriodAnswer(error.in_words(COUNT_WORDS))
    confidence, months = usable_confidence(inputs), usable_months(inputs)
    kept = min(end - new, start)  # rounding noise never keeps more than there were
    interval = None if confidence is None else rate_interval(kept, start, confidence)
    yearly = None if months is None else convert_rate(rate, months, 12)
    return PeriodAnswer("", kept, rate, churn, interval, yearly, yearly_interval(interval, months))


def yearly_interval(interval: Interval | None, months: float | None) -> Interval | None:
    """The limits over a year."""
    if interval is None or months is None:
        return None
    return Interval(*(convert_rate(limit, months, 12) for limit in interval))


def benchmark_answer(inputs: Inputs, periods: Sequence[PeriodAnswer]) -> BenchmarkAnswer:
    """The comparison with the chosen industry."""
    table = load_benchmarks()
    name = "" if is_blank(inputs.industry) else " ".join(str(inputs.industry).split()).lower()
    industry = next((known for known in table.industries() if known.lower() == name), None)
    found = None if industry is None else table.find(industry)
    message, rate, interval = _yearly_rate(inputs, periods)
    message = message or ("" if found else "Choose an industry from the list.")
    if rate is None or found is None:
        return BenchmarkAnswer(message, rate, interval, found)
    result = compare(rate, found, interval=interval)
    sentence = benchmark_sentence(rate, interval, found, result)
    if is_blank(inputs.own_rate) and usable_months(inputs) != 12:
        sentence += CONVERTED
    return BenchmarkAnswer(message, rate, interval, found, result.gap, result.verdict, sentence)


def benchmark_sentence(rate: float, interval: Interval | None, found: Benchmark, result: Comparison) -> str:
    """The comparison in words."""
    limits = "" if interval is None else f" ({percent(interval.low)} to {percent(interval.high)})"
    points = fixed(abs(result.gap * 100))
    where = "level with" if points == "0.0" else f"{points} points {'above' if result.gap > 0 else 'below'}"
    year = f", {found.year}" if found.year else ""
    ending = CANNOT_TELL if result.verdict == "cannot tell" else ""
    ending = NO_INTERVAL if interval is None else ending
    return (
        f"{RATE_WORD} of {percent(rate)}{limits} is {where} the {found.industry} benchmark of "
        f"{percent(found.value)} "
        f"({found.statistic}{year}, {found.confidence} confidence){ending}."
    )


def _yearly_rate(
    inputs: Inputs, periods: Sequence[PeriodAnswer]
) -> tuple[str, float | None, Interval | None]:
    if is_blank(inputs.own_rate):
        latest = next((period for period in reversed(periods) if period.rate is not None), None)
        if latest is None:
            return "Fill in Your periods, or type your yearly retention here.", None, None
        if latest.yearly is None:
            return setting_problem(inputs), None, None
        return "", latest.yearly, latest.yearly_interval
    if problem := _number_problem(inputs.own_rate, RATE_WORD):
        return problem, None, None
    rate = float(inputs.own_rate or 0)
    try:
        convert_rate(rate, 12, 12)
    except RateError as error:
        return error.in_words({"rate": RATE_WORD}), None, None
    return _typed_interval(inputs, rate)


def _typed_interval(inputs: Inputs, rate: float) -> tuple[str, float, Interval | None]:
    customers, confidence = inputs.own_customers, usable_confidence(inputs)
    if is_blank(customers):
        return "", rate, None
    if problem := _number_problem(customers, CUSTOMERS_WORD):
        return problem, rate, None
    if float(customers or 0) <= 0:
        return f"{CUSTOMERS_WORD} must be above zero (got {shown(customers)}).", rate, None
    if confidence is None:
        return setting_problem(inputs), rate, None
    return "", rate, rate_interval(rate * float(customers or 0), float(customers or 0), confidence)


def pareto_answer(sales: Sequence[tuple[Cell, Cell]]) -> ParetoAnswer:
    """Customers by value, from rows of customer and amount.

    Examples
    --------
    >>> answer = pareto_answer([("Ann", 30), (" ann ", 20), ("Bo", 50), (None, 9), ("Cy", "x")])
    >>> answer.spread.customers, answer.top_fifth, sum(answer.left_out)
    (('Ann', 'Bo'), 0.2, 2)
    """
    names = tuple(customer_name(customer) for customer, _ in sales)
    usable = tuple(name != "" and is_number(amount) for name, (_, amount) in zip(names, sales, strict=True))
    left_out = tuple(
        not used and not (is_blank(customer) and is_blank(amount))
        for used, (customer, amount) in zip(usable, sales, strict=True)
    )
    firsts: dict[str, str] = {}
    totals: dict[str, float] = {}
    for name, used, (_, amount) in zip(names, usable, sales, strict=True):
        if used:
            firsts.setdefault(name.lower(), name)
            totals[name.lower()] = totals.get(name.lower(), 0.0) + float(amount or 0)
    if not totals:
        return ParetoAnswer(names, usable, left_out, totals, None)
    try:
        spread = concentrate(list(firsts.values()), list(totals.values()))
    except OrderLogError as error:
        problem = error.in_words({"values": "Amounts"})
        return ParetoAnswer(names, usable, left_out, totals, None, problem)
    return ParetoAnswer(names, usable, left_out, totals, spread)


def shown(cell: Cell) -> str:
    """A cell as `&` writes it into a sentence."""
    return f"{cell:.12g}" if isinstance(cell, float | int) and not isinstance(cell, bool) else str(cell)


def percent(share: float) -> str:
    """A share as FIXED writes it, halves rounded up.

    Examples
    --------
    >>> percent(0.9), percent(0.00125)
    ('90.0 %', '0.1 %')
    """
    return f"{fixed(share * 100)} %"


def fixed(number: float) -> str:
    """A number with one decimal, as FIXED(number, 1, TRUE) writes it."""
    return str(Decimal(f"{number:.15g}").quantize(Decimal("0.1"), ROUND_HALF_UP))


def _number_problem(cell: Cell, say: str) -> str:
    if is_blank(cell):
        return f"{say} is blank: give a number."
    got = f'"{cell}"' if isinstance(cell, str) else str(cell).upper()
    return "" if is_number(cell) else f"{say} must be a number (got {got})."
