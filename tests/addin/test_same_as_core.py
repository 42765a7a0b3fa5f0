"""Hand-picked calls of every function beside the core: ordinary, ranges, blanks, errors, extremes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import retention_core as rc
from addin.calls import answer
from addin.functions import FUNCTIONS
from retention_core.benchmarks import benchmark, compare, convert_benchmark, load_benchmarks
from retention_core.concentration import Concentration, concentrate, concentration_of
from retention_core.errors import RetentionError
from retention_core.lorenz import customers_behind, gini_coefficient, share_of_top
from retention_core.orders import OrderLog
from retention_core.periods import period_between
from retention_core.repeats import repeat_rate
from tests.addin.test_functions import FIRST_RELEASE

WORDS = {
    "at_start": "start_customers", "at_end": "end_customers", "won": "new_customers", "values": "amounts",
    "p": "top", "start": "period_start", "end": "last_day",
}  # fmt: skip
BLANK = "{} is blank: give a {}."
NOT_A_NUMBER = '{} must be a number (got "{}").'


def column(*cells: Any) -> list[list[Any]]:
    return [[cell] for cell in cells]


def core(compute: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """What the core answers, its sentence included, in the worksheet's words."""
    try:
        return compute(*values, **named)
    except RetentionError as error:
        return error.in_words(WORDS)


def cells(compute: Callable[..., Any], *elements: tuple[Any, ...]) -> list[list[Any]]:
    """The core's answers one below the other."""
    return [[core(compute, *values)] for values in elements]


def low(start: float, end: float, new: float, confidence: float = 0.95) -> float:
    rc.retention_rate(start, end, new)
    return rc.rate_interval(end - new, start, confidence).low


def high(start: float, end: float, new: float, confidence: float = 0.95) -> float:
    rc.retention_rate(start, end, new)
    return rc.rate_interval(end - new, start, confidence).high


def figure(industry: str, metric: str = "customer_retention_rate") -> float:
    return benchmark(industry, metric).value


def gap(rate: float, industry: str, metric: str = "customer_retention_rate") -> float:
    return compare(rate, benchmark(industry, metric), metric=metric).gap


def verdict(kept: float, start: float, industry: str, metric: str = "customer_retention_rate") -> str:
    interval, found = rc.rate_interval(kept, start), benchmark(industry, metric)
    if metric == "logo_churn_rate":
        found = convert_benchmark(found, metric="customer_retention_rate")
    return compare(kept / start, found, interval=interval).verdict


def listed(industry: str | None) -> list[list[Any]]:
    frame = load_benchmarks().to_frame(industry)
    return [[row.industry, row.metric, row.value, row.source_name] for row in frame.itertuples()]


def shortened(answered: Any) -> Any:
    """The columns of BENCHMARKS that `listed` has too."""
    if isinstance(answered, str):
        return answered
    places = [answered[0].index(name) for name in ("industry", "metric", "value", "source_name")]
    return [[row[place] for place in places] for row in answered[1:]]


def framed(spread: Concentration) -> list[list[Any]]:
    frame = spread.to_frame()
    return [list(frame.columns), *map(list, frame.itertuples(index=False, name=None))]


def of_log(customers: list[Any], amounts: list[Any]) -> Concentration:
    """Through the order log, which sums up each customer itself."""
    frame = pd.DataFrame({"customer": pd.Series(customers, dtype=object), "date": "2024-01-05"})
    return concentration_of(OrderLog.from_frame(frame.assign(amount=pd.Series(amounts, dtype=float))))


def pareto(names: list[str], values: list[float]) -> list[list[Any]]:
    return framed(concentrate(names, values))


def top(names: list[str], values: list[float], share: float = 0.2) -> float:
    return share_of_top(concentrate(names, values).curve, share)


def behind(names: list[str], values: list[float], share: float = 0.8) -> float:
    return customers_behind(concentrate(names, values).curve, share)


def gini(names: list[str], values: list[float]) -> float:
    return gini_coefficient(concentrate(names, values).curve)


def period(
    rows: list[tuple[Any, ...]], start: str, last: str, *, window: int | None = None, aside: int = 0
) -> list[list[Any]]:
    """The table of a log of (customer, day) or (customer, day, amount), `aside` rows being unusable."""
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"][: len(rows[0])])
    first, final = dt.date.fromisoformat(start), dt.date.fromisoformat(last)
    found = period_between(
        OrderLog.from_frame(frame), first, final + dt.timedelta(days=1), active_days=window
    )
    names = ["at_start", "at_end", "new", "reactivated", "lost", "kept", "rate", "low", "high", "complete"]
    figures = [getattr(found, name) for name in names]
    header = ["start", "last_day", *names, "rows_used", "rows_set_aside"]
    return [header, [first, final, *figures, len(rows) - aside, aside]]


N3, V3, ABC, SUMS = column("a", "b", "c"), column(1, 2, 3), ["a", "b", "c"], [1.0, 2.0, 3.0]
NAMES, DAYS = ["Ann", "Bo", "Ann", "Cy"], ["2024-01-05", "2024-01-09", "2024-02-07", "2024-02-08"]
WHO, WHEN, LOG = column(*NAMES), column(*DAYS), list(zip(NAMES, DAYS, strict=True))
FEBRUARY = ("2024-02-01", "2024-02-29")
BIG = [1e308, 1e308]

# function -> calls in cells, each with what the core makes of it
CASES: dict[str, list[tuple[tuple[Any, ...], Callable[[], Any]]]] = {
    "RETENTION": [
        ((100, 110, 20), lambda: core(rc.retention_rate, 100, 110, 20)),
        (("100", 110.0, " 20 "), lambda: core(rc.retention_rate, 100, 110, 20)),
        ((100.5, 110, 20.25), lambda: core(rc.retention_rate, 100.5, 110, 20.25)),
        ((0, 1, 1), lambda: core(rc.retention_rate, 0, 1, 1)),
        ((-0.0, 1, 1), lambda: core(rc.retention_rate, 0, 1, 1)),
        ((100, 150, 20), lambda: core(rc.retention_rate, 100, 150, 20)),
        ((1e308, 1e308, 0), lambda: core(rc.retention_rate, 1e308, 1e308, 0)),
        ((5e-324, 5e-324, 0), lambda: core(rc.retention_rate, 5e-324, 5e-324, 0)),
        ((column(100, 50), 40, 10), lambda: cells(rc.retention_rate, (100, 40, 10), (50, 40, 10))),
        ((column(100, None, "x"), 110, 20), lambda: [
            [0.9], [None], [NOT_A_NUMBER.format("start_customers", "x")]]),
        ((100, None, 20), lambda: BLANK.format("end_customers", "number")),
        ((100, "#REF!", None), lambda: "#REF!"),
    ],
    "CHURN": [
        ((100, 110, 20), lambda: core(rc.churn_rate, 100, 110, 20)),
        ((3, 1, 0), lambda: core(rc.churn_rate, 3, 1, 0)),
        ((7, 7, 7), lambda: core(rc.churn_rate, 7, 7, 7)),
        ((10**20, 10**20, 0), lambda: core(rc.churn_rate, 10**20, 10**20, 0)),
        ((100, -1, 0), lambda: core(rc.churn_rate, 100, -1, 0)),
        ((100, 110, 111), lambda: core(rc.churn_rate, 100, 110, 111)),
        (([[100, 200]], column(100, 90), 20), lambda: [
            [core(rc.churn_rate, start, end, 20) for start in (100, 200)] for end in (100, 90)]),
        ((100, 110, ""), lambda: BLANK.format("new_customers", "number")),
        ((column(100, "#N/A"), 110, 20), lambda: [[0.1], ["#N/A"]]),
    ],
    "RETENTION_LOW": [
        ((100, 110, 20), lambda: core(low, 100, 110, 20)),
        ((100, 110, 20, 0.8), lambda: core(low, 100, 110, 20, 0.8)),
        ((100, 110, 20, "80%"), lambda: core(low, 100, 110, 20, 0.8)),
        ((100, 110, 20, None), lambda: core(low, 100, 110, 20)),
        ((100, 110, 20, 95), lambda: core(low, 100, 110, 20, 95)),
        ((1, 0, 0), lambda: core(low, 1, 0, 0)),
        ((1e308, 1e308, 0), lambda: core(low, 1e308, 1e308, 0)),
        ((0, 0, 0), lambda: core(low, 0, 0, 0)),
        ((100, 110, 20, column(0.5, 0.99)), lambda: cells(low, (100, 110, 20, 0.5), (100, 110, 20, 0.99))),
        ((100, 110, 20, "#VALUE!"), lambda: "#VALUE!"),
    ],
    "RETENTION_HIGH": [
        ((100, 110, 20), lambda: core(high, 100, 110, 20)),
        ((100, 110, 20, 0.8), lambda: core(high, 100, 110, 20, 0.8)),
        ((1, 1, 0), lambda: core(high, 1, 1, 0)),
        ((1, 0, 0), lambda: core(high, 1, 0, 0)),
        ((100, 110, 20, 1), lambda: core(high, 100, 110, 20, 1)),
        ((100, 150, 20), lambda: core(high, 100, 150, 20)),
        ((5e-324, 5e-324, 0), lambda: core(high, 5e-324, 5e-324, 0)),
        ((column(100, None, 200), 110, 20), lambda: [[high(100, 110, 20)], [None], [high(200, 110, 20)]]),
        ((None, 110, 20), lambda: BLANK.format("start_customers", "number")),
    ],
    "RETENTION_CONVERT": [
        ((0.97, 1, 12), lambda: core(rc.convert_rate, 0.97, 1, 12)),
        (("97%", 1, 12), lambda: core(rc.convert_rate, 0.97, 1, 12)),
        ((0.7, 12, 1), lambda: core(rc.convert_rate, 0.7, 12, 1)),
        ((0, 1, 12), lambda: core(rc.convert_rate, 0, 1, 12)),
        ((90, 1, 12), lambda: core(rc.convert_rate, 90, 1, 12)),
        ((0.5, 0, 1), lambda: core(rc.convert_rate, 0.5, 0, 1)),
        ((0.5, 1e300, 1e-300), lambda: core(rc.convert_rate, 0.5, 1e300, 1e-300)),
        ((0.5, 1, column(1, 3, -1)), lambda: cells(rc.convert_rate, (0.5, 1, 1), (0.5, 1, 3), (0.5, 1, -1))),
        (("0,97", 1, 12), lambda: NOT_A_NUMBER.format("rate", "0,97")),
        ((0.5, None, 1), lambda: BLANK.format("from_months", "number")),
    ],
    "CUSTOMER_LIFETIME": [
        ((0.2,), lambda: core(rc.customer_lifetime, 0.2)),
        (("20%",), lambda: core(rc.customer_lifetime, 0.2)),
        ((1,), lambda: core(rc.customer_lifetime, 1)),
        ((0,), lambda: core(rc.customer_lifetime, 0)),
        ((1.5,), lambda: core(rc.customer_lifetime, 1.5)),
        ((5e-324,), lambda: core(rc.customer_lifetime, 5e-324)),
        (([[0.1, 0.5]],), lambda: [[rc.customer_lifetime(0.1), rc.customer_lifetime(0.5)]]),
        ((None,), lambda: BLANK.format("churn", "number")),
        ((-2146826281,), lambda: "#DIV/0!"),
    ],
    "NRR": [
        ((1000, 150, 30, 70), lambda: core(rc.net_revenue_retention, 1000, 150, 30, 70)),
        ((1000, 150, 30, 70, 5), lambda: core(rc.net_revenue_retention, 1000, 150, 30, 70, 5)),
        ((1000, 150, 30, 70, ""), lambda: core(rc.net_revenue_retention, 1000, 150, 30, 70)),
        ((0, 0, 0, 0), lambda: core(rc.net_revenue_retention, 0, 0, 0, 0)),
        ((1000, -1, 0, 0), lambda: core(rc.net_revenue_retention, 1000, -1, 0, 0)),
        ((100, 0, 60, 60), lambda: core(rc.net_revenue_retention, 100, 0, 60, 60)),
        ((1, 1e308, 0, 0, 1e308), lambda: core(rc.net_revenue_retention, 1, 1e308, 0, 0, 1e308)),
        ((1000, column(1, 2), 0, 0),
         lambda: cells(rc.net_revenue_retention, (1000, 1, 0, 0), (1000, 2, 0, 0))),
        (("$1000", 1, 1, 1), lambda: NOT_A_NUMBER.format("opening", "$1000")),
        ((1000, None, 1, 1), lambda: BLANK.format("expansion", "number")),
    ],
    "GRR": [
        ((1000, 30, 70), lambda: core(rc.gross_revenue_retention, 1000, 30, 70)),
        ((1000, 1000, 0), lambda: core(rc.gross_revenue_retention, 1000, 1000, 0)),
        ((1000, 600, 600), lambda: core(rc.gross_revenue_retention, 1000, 600, 600)),
        ((0, 0, 0), lambda: core(rc.gross_revenue_retention, 0, 0, 0)),
        ((1000, -1, 0), lambda: core(rc.gross_revenue_retention, 1000, -1, 0)),
        ((1e308, 1e307, 1e307), lambda: core(rc.gross_revenue_retention, 1e308, 1e307, 1e307)),
        ((column(100, None, 100), column(0, None, 10), 0), lambda: [[1.0], [None], [0.9]]),
        ((1000, None, 1), lambda: BLANK.format("contraction", "number")),
        ((1000, 1, "#NUM!"), lambda: "#NUM!"),
    ],
    "REPEAT_RATE": [
        ((WHO,), lambda: core(repeat_rate, NAMES)),
        ((["Ann", "Bo", "ann "],), lambda: core(repeat_rate, ["Ann", "Bo", "ann "])),
        ((column("Customer ID", "a", "a"),), lambda: core(repeat_rate, ["a", "a"])),
        ((column("a", None, "a", " "),), lambda: core(repeat_rate, ["a", None, "a"])),
        ((column(17850.0, "17850", 1, 2),), lambda: core(repeat_rate, ["17850", "17850", "1", "2"])),
        ((column("a", "n/a", "n/a"),), lambda: core(repeat_rate, ["a", "n/a", "n/a"])),
        ((column(1e15, 1e16, 1e300),), lambda: core(repeat_rate, [1e15, 1e16, 1e300])),
        ((column("a*", "ab", "a?"),), lambda: core(repeat_rate, ["a*", "ab", "a?"])),
        (("Ann",), lambda: core(repeat_rate, ["Ann"])),
        ((column(None, None),), lambda: "customers has no filled rows."),
        ((column("a", "#NAME?"),), lambda: "#NAME?"),
    ],
    "BENCHMARK": [
        (("Retail",), lambda: core(figure, "Retail")),
        ((" retail ",), lambda: core(figure, "Retail")),
        (("Retail", None), lambda: core(figure, "Retail")),
        (("Accounting firms", "logo_churn_rate"),
         lambda: core(figure, "Accounting firms", "logo_churn_rate")),
        (("Software", "Net revenue retention"), lambda: core(figure, "Software", "net_revenue_retention")),
        (("Retial",), lambda: core(figure, "Retial")),
        (("Retail", "nonsense"), lambda: core(figure, "Retail", "nonsense")),
        ((column("Retail", "Nowhere", None, "Media", "Nowhere"),), lambda: [
            [figure("Retail")], [core(figure, "Nowhere")], [None], [figure("Media")],
            [core(figure, "Nowhere")]]),
        (("",), lambda: BLANK.format("industry", "text")),
        (("#N/A",), lambda: "#N/A"),
    ],
    "BENCHMARK_GAP": [
        ((0.7, "Retail"), lambda: core(gap, 0.7, "Retail")),
        (("70%", "Retail"), lambda: core(gap, 0.7, "Retail")),
        ((70, "Retail"), lambda: core(gap, 70, "Retail")),
        ((-1, "Retail"), lambda: core(gap, -1, "Retail")),
        ((0.9, "Accounting firms", "logo_churn_rate"),
         lambda: core(gap, 0.9, "Accounting firms", "logo_churn_rate")),
        ((1.2, "Software", "net_revenue_retention"),
         lambda: core(gap, 1.2, "Software", "net_revenue_retention")),
        ((0.7, column("Retail", "Media")), lambda: cells(gap, (0.7, "Retail"), (0.7, "Media"))),
        ((None, "Retail"), lambda: BLANK.format("rate", "number")),
        ((0.7, "#REF!"), lambda: "#REF!"),
    ],
    "BENCHMARK_VERDICT": [
        ((700, 1000, "Retail"), lambda: core(verdict, 700, 1000, "Retail")),
        ((7, 10, "Retail"), lambda: core(verdict, 7, 10, "Retail")),
        ((100, 1000, "Retail"), lambda: core(verdict, 100, 1000, "Retail")),
        ((990, 1000, "Accounting firms", "logo_churn_rate"),
         lambda: core(verdict, 990, 1000, "Accounting firms", "logo_churn_rate")),
        ((5, 0, "Retail"), lambda: core(verdict, 5, 0, "Retail")),
        ((11, 10, "Retail"), lambda: core(verdict, 11, 10, "Retail")),
        ((70, 100, "Software", "net_revenue_retention"),
         lambda: core(verdict, 70, 100, "Software", "net_revenue_retention")),
        ((column(700, None, "#N/A", 600), 1000, "Retail"), lambda: [
            [verdict(700, 1000, "Retail")], [None], ["#N/A"], [verdict(600, 1000, "Retail")]]),
        ((None, 1000, "Retail"), lambda: BLANK.format("kept", "number")),
    ],
    "BENCHMARKS": [
        ((), lambda: listed(None)),
        ((None,), lambda: listed(None)),
        (("Retail",), lambda: listed("Retail")),
        ((" retail ",), lambda: listed("Retail")),
        (([["Media"]],), lambda: listed("Media")),
        (("Nowhere",), lambda: core(listed, "Nowhere")),
        ((column("Retail", "Media"),), lambda: "industry must be one cell (got 2 x 1 cells)."),
        ((5,), lambda: "industry must be a text (got 5)."),
        (("#N/A",), lambda: "#N/A"),
    ],
    "PARETO": [
        ((N3, V3), lambda: core(pareto, ABC, SUMS)),
        ((column("who", "a", "b"), column("what", 1, 3)), lambda: core(pareto, ["a", "b"], [1, 3])),
        ((column("Client", "a", "b"), column("2024 sales", 1, 3)), lambda: core(pareto, ["a", "b"], [1, 3])),
        ((column("A", "a ", 5, "5.0"), column(1, 2, 3, 4)),
         lambda: framed(of_log(["A", "a ", 5, "5.0"], [1, 2, 3, 4]))),
        ((column("b", "a"), column(3, -1)), lambda: core(pareto, ["b", "a"], [3, -1])),
        ((column("a", None, "b", None), column("1", None, 2, "")), lambda: core(pareto, ["a", "b"], [1, 2])),
        ((column("a", "b"), column(1, -2)), lambda: core(pareto, ["a", "b"], [1, -2])),
        ((column("a", "b"), column(*BIG)), lambda: core(pareto, ["a", "b"], BIG)),
        ((column("b", "a"), column(0.1, 0.1)), lambda: core(pareto, ["b", "a"], [0.1, 0.1])),
        ((N3, column(1, "x", 3)), lambda: 'amounts, row 2, must be a number (got "x").'),
        ((N3, column(1, "#N/A", 3)), lambda: "#N/A"),
    ],
    "PARETO_SHARE": [
        ((N3, V3), lambda: core(top, ABC, SUMS)),
        ((N3, V3, 0.5), lambda: core(top, ABC, SUMS, 0.5)),
        ((N3, V3, "50%"), lambda: core(top, ABC, SUMS, 0.5)),
        ((N3, V3, None), lambda: core(top, ABC, SUMS)),
        ((N3, V3, 0), lambda: core(top, ABC, SUMS, 0)),
        ((N3, V3, 5), lambda: core(top, ABC, SUMS, 5)),
        ((N3, V3, 1e-300), lambda: core(top, ABC, SUMS, 1e-300)),
        ((N3, V3, column(0.1, None, 7, "#N/A")), lambda: [
            [top(ABC, SUMS, 0.1)], [None], [core(top, ABC, SUMS, 7)], ["#N/A"]]),
        ((N3, column(3, 2, -4), 0.5), lambda: core(top, ABC, [3, 2, -4], 0.5)),
        ((N3, column(0, 0, 0), column(0.1, 0.2)), lambda: core(top, ABC, [0, 0, 0])),
        ((N3, column("x", "y"), "#N/A"), lambda: "#N/A"),
    ],
    "PARETO_CUSTOMERS": [
        ((N3, V3), lambda: core(behind, ABC, SUMS)),
        ((N3, V3, 0.5), lambda: core(behind, ABC, SUMS, 0.5)),
        ((N3, V3, 1), lambda: core(behind, ABC, SUMS, 1)),
        ((N3, V3, -1), lambda: core(behind, ABC, SUMS, -1)),
        ((N3, V3, [[0.5, 0.9]]), lambda: [[behind(ABC, SUMS, 0.5), behind(ABC, SUMS, 0.9)]]),
        ((N3, column(5, 5, -1), 0.9), lambda: core(behind, ABC, [5, 5, -1], 0.9)),
        ((column("a"), column(7)), lambda: core(behind, ["a"], [7])),
        ((column("a", "b"), column(*BIG)), lambda: core(behind, ["a", "b"], BIG)),
        ((N3, V3, "most"), lambda: NOT_A_NUMBER.format("share", "most")),
        ((N3, column(1, None, 3)),
         lambda: "amounts, row 2, is blank while customers is filled: fill it in or leave the whole row "
         "out."),
    ],
    "GINI": [
        ((N3, V3), lambda: core(gini, ABC, SUMS)),
        ((N3, column(2, 2, 2)), lambda: core(gini, ABC, [2, 2, 2])),
        ((N3, column(0, 0, 9)), lambda: core(gini, ABC, [0, 0, 9])),
        ((N3, column(9, 1, -5)), lambda: core(gini, ABC, [9, 1, -5])),
        ((["a", "b", "c"], [1, 2, 3]), lambda: core(gini, ABC, SUMS)),
        (("a", 5), lambda: core(gini, ["a"], [5])),
        ((column("a", "b"), column(1, -1)), lambda: core(gini, ["a", "b"], [1, -1])),
        ((column("a", "b"), column(1e-300, 1e300)), lambda: core(gini, ["a", "b"], [1e-300, 1e300])),
        ((column("a", "n/a"), column(1, 2)), lambda: (
            'customers, row 2, names nobody (got "n/a") while amounts is filled: fill it in or leave the '
            "whole row out.")),
        ((column("a", "#CALC!"), column(1, 2)), lambda: "#CALC!"),
    ],
    "PERIOD_RETENTION": [
        ((WHO, WHEN, *FEBRUARY), lambda: period(LOG, *FEBRUARY)),
        ((WHO, column(45296, 45300, 45329.9, 45330), 45323, 45351), lambda: period(LOG, *FEBRUARY)),
        ((column("who", *NAMES), column("when", *DAYS), *FEBRUARY), lambda: period(LOG, *FEBRUARY)),
        ((WHO, WHEN, *FEBRUARY, None, 60), lambda: period(LOG, *FEBRUARY, window=60)),
        ((WHO, WHEN, *FEBRUARY, column(1, 2, 3, -4)), lambda: period(
            [(*row, amount) for row, amount in zip(LOG, (1, 2, 3, -4), strict=True)], *FEBRUARY)),
        ((column(*NAMES, None, "Di", None), column(*DAYS, "2024-02-09", None, None), *FEBRUARY),
         lambda: period(
            [*LOG, (None, "2024-02-09"), ("Di", None)], *FEBRUARY, aside=2)),
        ((WHO, column("2024-02-30", *DAYS[1:]), *FEBRUARY), lambda: period(
            [("Ann", "2024-02-30"), *LOG[1:]], *FEBRUARY, aside=1)),
        ((WHO, column(*DAYS[:3], "1900-02-01"), *FEBRUARY), lambda: period(
            [*LOG[:3], ("Cy", "1900-02-01")], *FEBRUARY, aside=1)),
        ((WHO, WHEN, *FEBRUARY, column(1, None, "?", 4)), lambda: period(
            [(*row, amount) for row, amount in zip(LOG, ("1", None, "?", "4"), strict=True)], *FEBRUARY,
            aside=2)),
        ((WHO, WHEN, "2031-01-01", "2031-12-31"), lambda: period(LOG, "2031-01-01", "2031-12-31")),
        ((WHO, WHEN, *FEBRUARY, None, 0), lambda: core(period, LOG, *FEBRUARY, window=0)),
        ((WHO, WHEN, "2024-02-01", "#N/A"), lambda: "#N/A"),
        ((WHO, WHEN, None, "2024-02-29"), lambda: BLANK.format("period_start", "date")),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, calls in CASES.items() for place in range(len(calls))]
)
def test_a_call_gives_the_cores_answer(name: str, place: int) -> None:
    arguments, expected = CASES[name][place]
    answered = answer(FUNCTIONS[name], arguments)
    assert (shortened(answered) if name == "BENCHMARKS" else answered) == expected()


def test_every_function_of_the_first_release_has_eight_calls_or_more() -> None:
    """The functions that came later have a file of their own, test_analytics.py."""
    counts = Counter({name: len(calls) for name, calls in CASES.items()})
    assert set(counts) == set(FIRST_RELEASE)
    assert min(counts.values()) >= 8
