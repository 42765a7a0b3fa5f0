"""Laws of every answer: who the customers are called, in which order and in how many lines their rows stand,
and which engine reads them changes nothing."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_core.btyd.purchases import purchases_of, purchases_of_columns
from retention_core.cohort_tables import cohorts_of_purchases
from retention_core.cohorts import cohorts_of
from retention_core.drivers import DriverError, retention_drivers
from retention_core.hazards import hazard_model
from retention_core.log_lifetimes import lifetimes_of
from retention_core.orders import OrderLog
from retention_core.periods import period_retention
from retention_core.revenue import revenue_movements, revenue_movements_by, revenue_retention
from retention_core.rfm import rfm_of
from retention_core.rfm_scores import rfm_of_purchases
from retention_core.subscriptions import Subscriptions

Row = tuple[Any, ...]
AS_OF = dt.date(2025, 1, 15)
rows_of_orders = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "cy", "di", "7", "10"]),
        st.dates(dt.date(2024, 1, 10), dt.date(2024, 12, 20)),
        st.sampled_from([-20.0, -0.5, 0.0, 0.1, 0.3, 12.5, 99.95]),
        st.sampled_from(["web", "shop"]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(amount >= 0 for _, _, amount, _ in rows))
rows_of_plans = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "cy", "di", "7", "10"]),
        st.dates(dt.date(2023, 6, 1), dt.date(2024, 12, 20)),
        st.none() | st.integers(2, 300),
        st.integers(1, 99_999),
        st.sampled_from("SML"),
    ),
    min_size=1,
    max_size=12,
)


def order_log(rows: Sequence[Row], engine: str = "pandas") -> OrderLog:
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount", "channel"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    return OrderLog.from_frame(as_engine(frame, engine), groups=["channel"])


def plans(rows: Sequence[Row], engine: str = "pandas") -> Subscriptions:
    dated = [
        (who, day, days and day + dt.timedelta(days), cents / 100, plan)
        for who, day, days, cents, plan in rows
    ]
    frame = pd.DataFrame(dated, columns=["customer", "start", "end", "mrr", "plan"])
    frame = frame.astype({"start": "datetime64[s]", "end": "datetime64[s]"})
    return Subscriptions.from_frame(as_engine(frame, engine), as_of=AS_OF)


def as_engine(frame: pd.DataFrame, engine: str) -> Any:
    if engine == "polars":
        return pl.from_pandas(frame)
    if engine == "duckdb":
        return duckdb.from_df(frame)
    return pa.Table.from_pandas(frame) if engine == "pyarrow" else frame


def renamed(rows: Sequence[Row]) -> list[Row]:
    """Other names, in another order."""
    return [(new_name(row[0]), *row[1:]) for row in rows]


def new_name(customer: str) -> str:
    return f"z{customer[::-1]}"


def shuffled(rows: Sequence[Row]) -> list[Row]:
    return random.Random(len(rows)).sample(list(rows), len(rows))


def split_orders(rows: Sequence[Row]) -> list[Row]:
    return [(who, day, amount * part, *rest) for who, day, amount, *rest in rows for part in (0.25, 0.75)]


def split_plans(rows: Sequence[Row]) -> list[Row]:
    parts = [(who, day, days, part, plan) for who, day, days, cents, plan in rows
             for part in (cents // 3, cents - cents // 3)]  # fmt: skip
    return [row for row in parts if row[3]]


def split_in_time(rows: Sequence[Row]) -> list[Row]:
    """Each subscription as two that follow one another."""
    parts: list[Row] = []
    for who, day, days, cents, plan in rows:
        parts += [(who, day, 1, cents, plan), (who, day + dt.timedelta(1), days and days - 1, cents, plan)]
    return parts


def by_customer(frame: pd.DataFrame, names: Callable[[str], str]) -> pd.DataFrame:
    """The frame in the order of its customers, by their new names."""
    frame = frame.drop(columns=[name for name in ("key",) if name in frame])
    if "customer" not in frame:
        return frame
    named = frame.assign(customer=[names(customer) for customer in frame["customer"]])
    return named.sort_values(list(named), ignore_index=True)


def cohorts_said(log: OrderLog) -> list[pd.DataFrame]:
    asked: list[dict[str, Any]] = [
        {"measure": "revenue"},
        {"measure": "orders", "days": [7, (30, 59)]},
        {"by": "channel", "unbounded": True},
    ]
    return [cohorts_of(log, as_of=AS_OF, **arguments).to_long_frame() for arguments in asked]


def drivers_said(source: OrderLog | Subscriptions) -> list[pd.DataFrame]:
    try:
        found = retention_drivers(source, pooled=True, smallest=1, period="month", as_of=AS_OF) if isinstance(
            source, OrderLog) else retention_drivers(source, smallest=1)  # fmt: skip
    except DriverError as error:
        return [pd.DataFrame({"error": [str(error)]})]
    return [found.to_frame()]


def answers_of_orders(log: OrderLog) -> list[pd.DataFrame]:
    lives = lifetimes_of(log, 45, group="channel", as_of=AS_OF)
    return [
        *cohorts_said(log),
        pd.DataFrame(rfm_of(log, as_of=AS_OF).columns()),
        rfm_of(log, as_of=AS_OF).segments_frame(),
        lives.to_frame(),
        lives.curve().to_frame(),
        purchases_of(log, as_of=AS_OF).to_frame(),
        period_retention(log, period="month", as_of=AS_OF).to_frame(),
        *drivers_said(log),
    ]


def answers_of_plans(source: Subscriptions) -> list[pd.DataFrame]:
    by_plan = revenue_movements_by(source, "plan", period="quarter")
    spells = source.spells()
    found = [revenue_movements(source, per="year").to_frame(), spells]
    found += [pd.DataFrame([row.cents_a_year for row in table.periods]) for table in by_plan.values()]
    if source.paid_at(dt.date(2024, 7, 1)).any():
        found.append(revenue_retention(source, dt.date(2024, 7, 1), AS_OF, reactivation=True).to_frame())
        found += drivers_said(source)
    return found


def same(
    found: Sequence[pd.DataFrame], wanted: Sequence[pd.DataFrame], names: Callable[[str], str] = str
) -> None:
    for one, other in zip(found, wanted, strict=True):
        pd.testing.assert_frame_equal(
            by_customer(one, str), by_customer(other, names), check_dtype=False, rtol=1e-9, atol=1e-9
        )


@given(rows_of_orders)
@settings(max_examples=3, deadline=None)
def test_shuffling_renaming_and_splitting_orders_changes_no_answer(rows: list[Row]) -> None:
    wanted = answers_of_orders(order_log(rows))
    same(answers_of_orders(order_log(shuffled(rows))), wanted)
    same(answers_of_orders(order_log(split_orders(rows))), wanted)
    same(answers_of_orders(order_log(renamed(rows))), wanted, new_name)


@pytest.mark.parametrize("engine", ["polars", "duckdb", "pyarrow"])
@given(rows=rows_of_orders)
@settings(max_examples=3, deadline=None)
def test_every_engine_gives_the_same_answers(engine: str, rows: list[Row]) -> None:
    same(answers_of_orders(order_log(rows, engine)), answers_of_orders(order_log(rows)))


@given(rows_of_orders)
@settings(max_examples=25, deadline=None)
def test_shuffling_renaming_and_splitting_plain_columns_changes_no_answer(rows: list[Row]) -> None:
    def answers(some: Sequence[Row]) -> list[pd.DataFrame]:
        columns: Any = [list(column) for column in zip(*some, strict=True)][:3]
        return [
            pd.DataFrame(cohorts_of_purchases(*columns, measure="revenue", as_of=AS_OF).columns()),
            pd.DataFrame(rfm_of_purchases(*columns, as_of=AS_OF).columns()),
            purchases_of_columns(*columns, as_of=AS_OF).to_frame(),
        ]

    wanted = answers(rows)
    same(answers(shuffled(rows)), wanted)
    same(answers(split_orders(rows)), wanted)
    same(answers(renamed(rows)), wanted, new_name)


@given(rows_of_plans)
@settings(max_examples=4, deadline=None)
def test_shuffling_renaming_and_splitting_subscriptions_changes_no_answer(rows: list[Row]) -> None:
    wanted = answers_of_plans(plans(rows))
    same(answers_of_plans(plans(shuffled(rows))), wanted)
    same(answers_of_plans(plans(split_plans(rows))), wanted)
    same(answers_of_plans(plans(split_in_time(rows))), wanted)
    same(answers_of_plans(plans(renamed(rows))), wanted, new_name)


@pytest.mark.parametrize("engine", ["polars", "duckdb", "pyarrow"])
@given(rows=rows_of_plans)
@settings(max_examples=3, deadline=None)
def test_every_engine_gives_the_same_revenue(engine: str, rows: list[Row]) -> None:
    same(answers_of_plans(plans(rows, engine)), answers_of_plans(plans(rows)))


@pytest.mark.parametrize("change", [shuffled, renamed, split_orders])
def test_the_model_of_several_factors_is_the_same_after_every_change(
    change: Callable[[Sequence[Row]], list[Row]],
) -> None:
    rng = np.random.default_rng(5)
    rows = [
        (f"c{number}", dt.date(2024, month, 1 + int(rng.integers(28))), 5.0, "web" if number % 3 else "shop")
        for number in range(60)
        for month in range(1, 13)
        if rng.random() < 0.55
    ]
    one, other = (hazard_model(order_log(some), period="month") for some in (rows, change(rows)))
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame(), rtol=1e-7)
    pd.testing.assert_frame_equal(one.baseline_frame(), other.baseline_frame(), rtol=1e-7)
