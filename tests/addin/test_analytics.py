"""Cohorts, scores, survival and forecasts in cells: the core's answers, and the figures of the papers."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

from addin.calls import answer
from addin.functions import FUNCTIONS
from retention_core.btyd.clv import lifetime_values
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from retention_core.btyd.mbg_nbd import MBGNBD, fit_mbg_nbd
from retention_core.btyd.purchases import purchases_of
from retention_core.cohorts import cohorts_of
from retention_core.orders import OrderLog
from retention_core.projection import fit_sbg
from retention_core.rfm import rfm_of
from retention_core.samples import cdnow_tenth
from retention_core.survival import survival_curve

Rows = list[list[Any]]

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
WEEKS_AHEAD = 39
MONTHS_AHEAD = WEEKS_AHEAD * 7 / (365.25 / 12)


def column(*cells: Any) -> Rows:
    return [[cell] for cell in cells]


def ask(name: str, *cells: Any) -> Any:
    return answer(FUNCTIONS[name], cells)


def rows_of(frame: pd.DataFrame) -> Rows:
    """A frame as a table of cells."""
    rows = frame.astype(object).where(frame.notna(), None)
    return [list(frame.columns), *map(list, rows.itertuples(index=False, name=None))]


@cache
def purchases() -> tuple[list[str], list[dt.date], list[float]]:
    """Two years of a made-up shop: customers of many rhythms, some of whom leave, and a few refunds."""
    draw = random.Random(5)
    rows = []
    for customer in range(60):
        day, pace, leaves = draw.randint(0, 500), draw.gammavariate(2, 20), draw.betavariate(1, 3)
        usual = draw.gammavariate(4, 12)
        while day < 730:
            rows.append((day, f"Customer {customer}", round(usual * draw.uniform(0.4, 1.6) + 1, 2)))
            if draw.random() < 0.05:
                rows.append((day + 3, f"customer {customer} ", -5.0))
            if draw.random() < leaves:
                break
            day += 1 + round(draw.expovariate(1 / pace))
    rows = sorted(row for row in rows if row[0] < 730)
    start = dt.date(2023, 1, 1)
    return (
        [c for _, c, _ in rows],
        [start + dt.timedelta(days=d) for d, _, _ in rows],
        [a for _, _, a in rows],
    )


def log() -> OrderLog:
    customers, days, amounts = purchases()
    return OrderLog.from_frame(pd.DataFrame({"customer": customers, "date": days, "amount": amounts}))


def in_cells() -> tuple[Rows, Rows, Rows]:
    customers, days, amounts = purchases()
    return column("Customer", *customers), column("Day", *days), column("Paid", *amounts)


@pytest.mark.parametrize("period", ["month", "quarter", "year"])
@pytest.mark.parametrize("measure", ["customers", "orders", "revenue"])
def test_cohorts_are_those_of_the_order_log(period: str, measure: str) -> None:
    found = ask("COHORTS", *in_cells(), period.upper(), measure.title())
    want = rows_of(cohorts_of(log(), period=period, measure=measure).to_frame())
    assert found[0] == want[0]
    assert [row[:2] for row in found] == [row[:2] for row in want]
    for row, other in zip(found[1:], want[1:], strict=True):
        assert [cell is None for cell in row] == [cell is None for cell in other]
        assert [c for c in row[2:] if c is not None] == pytest.approx([c for c in other[2:] if c is not None])


def test_a_cell_not_yet_lived_is_blank_and_one_in_which_nobody_came_is_zero() -> None:
    who, when = column("Ann", "Bo", "Cy"), column("2024-01-05", "2024-02-07", "2024-03-31")
    assert ask("COHORTS", who, when)[1:] == [
        ["2024-01", 1, 1.0, 0.0, 0.0], ["2024-02", 1, 1.0, 0.0, None], ["2024-03", 1, 1.0, None, None],
    ]  # fmt: skip


@pytest.mark.parametrize("as_of", [None, dt.date(2024, 3, 1)])
def test_scores_are_those_of_the_order_log(as_of: dt.date | None) -> None:
    found = ask("RFM", *in_cells(), as_of)
    want = rows_of(rfm_of(log(), as_of=as_of).to_frame())
    assert [row[:3] + row[4:] for row in found] == [row[:3] + row[4:] for row in want]
    assert [row[3] for row in found[1:]] == pytest.approx([row[3] for row in want[1:]])


def test_survival_is_that_of_the_core_with_blank_rows_and_headers() -> None:
    durations, lost = [2.0, 5.0, 5.0, 8.0, 12.0, 0.5], [1, 1, 0, 1, 0, 1]
    curve = survival_curve(durations, lost).columns()
    want = [list(curve), *map(list, zip(*curve.values(), strict=True))]
    assert ask("SURVIVAL", column(*durations), column(*lost)) == want
    cells = (
        column("months", *durations[:3], None, *durations[3:]),
        column("left", 1, True, "FALSE", None, 1, 0, 1),
    )
    assert ask("SURVIVAL", *cells) == want


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END, [100, 60, 50, 45], [50, 40, 32, 25]])
def test_a_forecast_is_that_of_the_core(survivors: list[int]) -> None:
    model = fit_sbg(survivors)
    curve = model.project(6).columns()
    table = ask("RETENTION_FORECAST", column(*survivors), 6)
    assert table == [list(curve), *map(list, zip(*curve.values(), strict=True))]
    assert [row[1] for row in table[-6:]] == [None] * 6
    parameters = [[name, f.value, f.low, f.high] for name, f in model.parameters.items()]
    assert ask("RETENTION_MODEL", column("left", *survivors))[1:] == parameters


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta"),
    [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)],
    ids=["regular", "high end"],
)
def test_sbg_parameters_agree_with_fader_hardie_2007(survivors: list[int], alpha: float, beta: float) -> None:
    (_, first, *_), (_, second, *_) = ask("RETENTION_MODEL", column(*survivors))[1:]
    assert (first, second) == (pytest.approx(alpha, abs=5e-4), pytest.approx(beta, abs=5e-4))


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END])
def test_the_curve_of_given_parameters_is_that_of_the_fit(survivors: list[int]) -> None:
    (_, alpha, *_), (_, beta, *_) = ask("RETENTION_MODEL", column(*survivors))[1:]
    given = ask("SBG_FORECAST", alpha, beta, 12)
    fitted = ask("RETENTION_FORECAST", column(*survivors), 5)
    assert [row[1] for row in given[1:]] == pytest.approx([row[3] for row in fitted[1:]], rel=1e-13)
    assert [row[2] for row in given[2:]] == pytest.approx([row[6] for row in fitted[2:]], rel=1e-13)


def test_a_beta_far_below_one_keeps_its_digits() -> None:
    assert ask("SBG_FORECAST", 1, 1e-15, 2)[2][1] == pytest.approx(1e-15, rel=1e-12)


def test_clv_is_that_of_the_order_log_best_first() -> None:
    history = purchases_of(log())
    values = lifetime_values(fit_mbg_nbd(history), fit_gamma_gamma(history), history, months=6)
    want = values.to_frame().set_index("customer")
    header, *rows = ask("CLV", *in_cells(), 6)
    assert [row[5] for row in rows] == sorted((row[5] for row in rows), reverse=True)
    assert {row[0] for row in rows} == set(want.index)
    orders = dict(zip(history.customers, (history.frequency + 1).tolist(), strict=True))
    for row in rows:
        assert row[1] == orders[row[0]]
        assert row[2:] == pytest.approx(want.loc[row[0], header[2:]].tolist(), rel=1e-9)


@cache
def cdnow() -> dict[str, list[float]]:
    """What CLV says of the customers of the papers, from their orders of the first 39 weeks."""
    frame = cdnow_tenth()
    frame = frame[pd.to_datetime(frame["date"]) < "1997-10-01"]
    days = [day.date() for day in pd.to_datetime(frame["date"])]
    cells = column(*frame["customer_id"].tolist()), column(*days), column(*frame["dollar_value"].tolist())
    return {customer: figures for customer, *figures in ask("CLV", *cells, MONTHS_AHEAD)[1:]}


def test_clv_of_cdnow_agrees_with_the_published_parameters() -> None:
    """MBG/NBD as in BTYDplus, Gamma-Gamma as in Fader and Hardie (2013), to their printed digits."""
    frame = cdnow_tenth()
    # the last order of the first 39 weeks lies on their last day, so that ages agree
    history = purchases_of(OrderLog.from_frame(
        frame, customer="customer_id", date="date", amount="dollar_value", order=""
    ), as_of=dt.date(1997, 10, 1))  # fmt: skip
    orders = MBGNBD.given(r=0.525, alpha=6.183, a=0.891, b=1.614).expected_orders(WEEKS_AHEAD, history)
    values = GammaGamma.given(p=6.25, q=3.74, v=15.44).expected_value(history)
    assert set(cdnow()) == set(history.customers)
    for customer, order, value in zip(history.customers, orders, values, strict=True):
        assert cdnow()[customer][2:4] == pytest.approx([order, value], rel=3e-3)


@pytest.mark.parametrize(
    ("orders", "recency", "mean", "value"),
    [(2, 30.43, 22.35, 24.66), (1, 1.71, 11.77, 18.92), (0, 0, 0, 35.22)],
)
def test_the_value_of_an_order_agrees_with_fader_hardie_2013(
    orders: int, recency: float, mean: float, value: float
) -> None:
    """The mean value expected of the customers of the paper's first rows."""
    history = purchases_of(OrderLog.from_frame(
        cdnow_tenth(), customer="customer_id", date="date", amount="dollar_value", order=""
    ), as_of=dt.date(1997, 10, 1))  # fmt: skip
    alike = [
        customer
        for customer, *seen in zip(
            history.customers, history.frequency, history.recency.round(2), history.mean_value, strict=True
        )
        if (seen[0], seen[1]) == (orders, recency) and (not orders or abs(seen[2] - mean) < 0.006)
    ]
    assert alike
    assert all(cdnow()[customer][3] == pytest.approx(value, abs=0.05) for customer in alike)


def test_clv_says_what_to_try_where_a_log_is_too_short() -> None:
    said = ask(
        "CLV", column("Ann", "Ann", "Bo"), column("2024-01-05", "2024-02-07", "2024-02-08"), column(1, 2, 3)
    )
    assert said.startswith("MBG/NBD finds no clear maximum for these 2 customers")
    assert said.endswith(": try a longer log or more customers.")


WHO, WHEN, PAID = (
    column("Ann", "Bo", "Ann"),
    column("2024-01-05", "2024-01-09", "2024-02-07"),
    column(1, 2, 3),
)
BOUND = "must be a number above zero, at most 1,000,000,000"
SAID: list[tuple[str, tuple[Any, ...], str]] = [
    ("COHORTS", (WHO, WHEN, None, "week"), 'period must be month, quarter or year (got "week").'),
    ("COHORTS", (WHO, WHEN, None, None, "profit"),
     'measure must be customers, orders or revenue (got "profit").'),
    ("COHORTS", (WHO, WHEN, None, None, "Revenue"),
     "measure is revenue, which needs amounts: give them, or ask for customers."),
    ("COHORTS", (WHO, WHEN, None, 5), "period must be a text (got 5)."),
    ("COHORTS", (WHO, column("2024-01-05", None, "2024-02-07")),
     "dates, row 2, is blank while customers is filled: fill it in or leave the whole row out."),
    ("COHORTS", (WHO, column("2024-01-05", "2200-01-01", "2024-02-07")),
     "dates must lie between 1901 and 2199 (got 2200-01-01)."),
    ("RFM", (WHO, WHEN, column(1, 2, 2e15)),
     "amounts must be numbers up to 1,000,000,000,000,000 (got 2e+15)."),
    ("RFM", (WHO, WHEN, PAID, "2023-01-01"),
     "as_of must lie after an order: there is none before 2023-01-01."),
    ("COHORTS", (WHO, column("2024-01-05", "1850-01-01", "2024-02-07")),
     'dates, row 2, must be a date: an Excel date or text like 2024-01-31 (got "1850-01-01").'),
    ("RFM", (WHO, WHEN, PAID, "1900-01-31"), "as_of must lie between 1901 and 2199 (got 1900-01-31)."),
    ("RFM", (WHO, WHEN, column(-1, -2, -3)),
     "amounts are all below zero: refunds are no orders, so give the amounts of the orders too."),
    ("SURVIVAL", (column("months", 3, 5), column("left", 1, 2)),
     "lost, row 3, must be 1 or TRUE for yes, 0 or FALSE for no (got 2)."),
    ("SURVIVAL", (column(3, -5), column(1, 0)), "durations, row 2, must be zero or more (got -5)."),
    ("SURVIVAL", (column(3, 5), column(1, "no")),
     'lost, row 2, must be 1 or TRUE for yes, 0 or FALSE for no (got "no").'),
    ("RETENTION_MODEL", (column(1000, None, 700),),
     "survivors is blank in period 1: give the customers left after each period, without gaps."),
    ("RETENTION_MODEL", (column(*range(2000, 998, -1)),),
     "survivors has 1,001 periods: give 1,000 or fewer."),
    ("RETENTION_FORECAST", (column(*REGULAR), 1001),
     "periods must be a whole number from 1 to 1,000 (got 1001)."),
    ("RETENTION_FORECAST", (column(*REGULAR), 1.5), "periods must be a whole number (got 1.5)."),
    ("RETENTION_FORECAST", (column(*REGULAR), None), "periods is blank: give a number."),
    ("SBG_FORECAST", (0, 1, 3), f"alpha {BOUND} (got 0)."),
    ("SBG_FORECAST", (1, -2, 3), f"beta {BOUND} (got -2)."),
    ("SBG_FORECAST", (1, 1e10, 3), f"beta {BOUND} (got 10000000000)."),
    ("SBG_FORECAST", (1, 1, 0), "periods must be a whole number from 1 to 1,000 (got 0)."),
    ("CLV", (WHO, WHEN, None), "amounts has 1 row and customers 3: give columns of the same length."),
    ("CLV", (WHO[:2], WHEN[:2], PAID[:2]), "MBG/NBD needs customers who ordered again, and nobody here did."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "sentence"), SAID)
def test_what_makes_no_sense_gets_one_sentence(name: str, cells: tuple[Any, ...], sentence: str) -> None:
    assert ask(name, *cells) == sentence


@pytest.mark.parametrize("months", [0, -1, 601])
def test_months_beyond_reason_are_refused(months: float) -> None:
    assert (
        ask("CLV", *in_cells(), months) == f"months must be a number above zero, at most 600 (got {months})."
    )


def test_a_package_that_is_not_there_is_named() -> None:
    def missing(**_: Any) -> Callable[..., Any]:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy.special")

    assert answer(replace(FUNCTIONS["CLV"], once=missing), in_cells()) == (
        "CLV needs the package scipy, which this Python does not have: run pip install scipy and start again."
    )


def test_a_limit_without_bound_is_blank() -> None:
    """Where a few spend far more than most, the mean that one-time buyers go by may have no bound."""
    customers, days, _ = purchases()
    names = [customer.strip().lower() for customer in customers]
    draw = random.Random(0)
    rates = {name: draw.gammavariate(1.2, 1 / 15) for name in sorted(set(names))}
    paid = [draw.gammavariate(4, 1) / rates[name] for name in names]
    rows = ask("CLV", column(*customers), column(*days), column(*paid))[1:]
    unbounded = [row for row in rows if row[7] is None]
    assert unbounded == [row for row in rows if row[1] == 1]
    assert all(row[5] > row[6] > 0 for row in unbounded)
