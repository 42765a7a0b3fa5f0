"""Every function answers with the core's digits, on drawn input; so does xlwings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import retention_core as rc
from addin.calls import answer
from addin.functions import FUNCTIONS
from retention_core.benchmarks import benchmark, compare, load_benchmarks
from retention_core.concentration import concentration_of
from retention_core.errors import RetentionError
from retention_core.lorenz import customers_behind, gini_coefficient, share_of_top
from retention_core.orders import OrderLog
from retention_core.periods import period_between

Excel = Callable[..., Any]
counts = st.integers(-3, 500) | st.floats(-1, 1e6) | st.sampled_from([0, 1e308, 5e-324])
fractions = st.floats(-0.1, 1.1)
money = st.floats(-10, 1e9)
industries = st.sampled_from([*load_benchmarks().every_industry, "Nowhere", ""])
metrics = st.sampled_from(["customer_retention_rate", "logo_churn_rate", "net_revenue_retention", "nonsense"])
WORDS = {
    "at_start": "start_customers",
    "at_end": "end_customers",
    "won": "new_customers",
    "values": "amounts",
    "p": "top",
}


def low(start: float, end: float, new: float, confidence: float) -> float:
    rc.retention_rate(start, end, new)
    return rc.rate_interval(end - new, start, confidence).low


def high(start: float, end: float, new: float, confidence: float) -> float:
    rc.retention_rate(start, end, new)
    return rc.rate_interval(end - new, start, confidence).high


def gap(rate: float, industry: str, metric: str) -> float:
    return compare(rate, benchmark(industry, metric), metric=metric).gap


SCALARS: dict[str, tuple[Callable[..., float], tuple[st.SearchStrategy[Any], ...]]] = {
    "RETENTION": (rc.retention_rate, (counts, counts, counts)),
    "CHURN": (rc.churn_rate, (counts, counts, counts)),
    "RETENTION_LOW": (low, (counts, counts, counts, fractions)),
    "RETENTION_HIGH": (high, (counts, counts, counts, fractions)),
    "RETENTION_CONVERT": (rc.convert_rate, (fractions, counts, counts)),
    "CUSTOMER_LIFETIME": (rc.customer_lifetime, (fractions,)),
    "NRR": (rc.net_revenue_retention, (money, money, money, money, money)),
    "GRR": (rc.gross_revenue_retention, (money, money, money)),
    "BENCHMARK": (lambda i, m: benchmark(i, m).value, (industries, metrics)),
    "BENCHMARK_GAP": (gap, (fractions, industries, metrics)),
}
once = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def wanted(compute: Callable[..., Any], *values: Any) -> Any:
    """The core's answer; to a cell -0 is 0, so its sentences say 0."""
    try:
        return compute(*(value + 0.0 if isinstance(value, float) else value for value in values))
    except RetentionError as error:
        return error.in_words(WORDS)


@pytest.mark.parametrize("name", SCALARS)
@once
@given(data=st.data())
def test_single_values_give_the_cores_answer(excel: Excel, name: str, data: st.DataObject) -> None:
    compute, strategies = SCALARS[name]
    values = data.draw(st.tuples(*strategies))
    if "" in values:
        expected: Any = "industry is blank: give a text."
    else:
        expected = wanted(compute, *values)
    assert answer(FUNCTIONS[name], values) == expected
    assert excel(name, *(float(v) if isinstance(v, int) else v for v in values)) == expected


purchases = st.lists(
    st.tuples(st.sampled_from(["a", "A", "b", "B", "c", "1", "1.0"]), st.integers(-50, 100)),
    min_size=1,
    max_size=30,
)
CURVE_READERS: dict[str, Callable[..., float]] = {
    "GINI": gini_coefficient,
    "PARETO_SHARE": share_of_top,
    "PARETO_CUSTOMERS": customers_behind,
}


def log_of(rows: list[tuple[str, int]]) -> OrderLog:
    frame = pd.DataFrame(rows, columns=["customer", "amount"], dtype=object)
    return OrderLog.from_frame(frame.assign(date="2024-01-05", amount=frame["amount"].astype(float)))


@once
@given(purchases)
def test_concentration_of_two_columns_is_that_of_their_order_log(rows: list[tuple[str, int]]) -> None:
    cells = [[[cell] for cell in column] for column in zip(*rows, strict=True)]
    table = answer(FUNCTIONS["PARETO"], cells)
    if not any(amount >= 0 for _, amount in rows) or sum(amount for _, amount in rows) <= 0:
        assert str(table).startswith("amounts must add up to more than zero")
        return
    found = concentration_of(log_of(rows))
    frame = found.to_frame()
    assert table[0] == list(frame.columns)
    assert table[1:] == [list(row) for row in frame.itertuples(index=False, name=None)]
    for name, read in CURVE_READERS.items():
        assert answer(FUNCTIONS[name], cells) == read(found.curve)


@once
@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 120)), min_size=1, max_size=30),
    st.integers(0, 120),
    st.integers(1, 90),
    st.none() | st.integers(1, 60),
)
def test_period_retention_is_that_of_the_order_log(
    rows: list[tuple[str, int]], start: int, length: int, window: int | None
) -> None:
    epoch = dt.date(2024, 1, 1)
    dates = [epoch + dt.timedelta(days=day) for _, day in rows]
    first, end = epoch + dt.timedelta(days=start), epoch + dt.timedelta(days=start + length)
    frame = pd.DataFrame({"customer": [name for name, _ in rows], "date": pd.to_datetime(dates)})
    expected = period_between(OrderLog.from_frame(frame), first, end, active_days=window)
    names = [[name] for name, _ in rows]
    last = end - dt.timedelta(days=1)
    header, row = answer(
        FUNCTIONS["PERIOD_RETENTION"], [names, [[day] for day in dates], first, last, None, window]
    )
    table = dict(zip(header, row, strict=True))
    figures = ("at_start", "at_end", "new", "reactivated", "lost", "kept", "rate", "low", "high", "complete")
    assert [table[name] for name in figures] == [getattr(expected, name) for name in figures]
    assert (table["start"], table["last_day"], table["rows_used"]) == (first, last, len(rows))


@once
@given(st.lists(st.sampled_from(["a", "A", "b", "c", "d"]), min_size=1, max_size=20))
def test_repeat_rate_counts_customers_with_two_rows(names: list[str]) -> None:
    folded = [name.lower() for name in names]
    repeats = sum(folded.count(name) > 1 for name in set(folded))
    assert answer(FUNCTIONS["REPEAT_RATE"], [[[n] for n in names]]) == repeats / len(set(folded))
