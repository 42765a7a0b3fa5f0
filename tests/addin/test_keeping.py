"""Stages, who is due, the focus list and key customers in cells: what the core says of an order log."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd
import pytest

import retention_core.purchases
from addin import columns
from addin.cells import CellError
from retention_core.due import due_of
from retention_core.focus import focus_of
from retention_core.key_customers import key_customers_of
from retention_core.orders import OrderLog
from retention_core.stages import stages_of
from tests.addin.test_analytics import Rows, ask, column, purchases

NAMES, DAYS, AMOUNTS = purchases()
SHOPS = [("north", "East", " EAST", 2025.0, None)[place % 5] for place in range(len(NAMES))]
ORDERS = [row for row in range(len(NAMES)) if AMOUNTS[row] >= 0]
WITHOUT_MONEY = (column(*(NAMES[row] for row in ORDERS)), column(*(DAYS[row] for row in ORDERS)))
WITH_MONEY = (column(*NAMES), column(*DAYS), column(*AMOUNTS))
AS_OF = max(DAYS) + dt.timedelta(9)
PLAIN = {str, int, float, bool, dt.date, type(None)}


def order_log(*, money: bool) -> OrderLog:
    rows = range(len(NAMES)) if money else ORDERS
    found: dict[str, list[Any]] = {
        "customer": [NAMES[row] for row in rows],
        "date": [DAYS[row] for row in rows],
    }
    if money:
        found |= {
            "amount": AMOUNTS,
            "shop": ["" if shop is None else str(shop).replace(".0", "") for shop in SHOPS],
        }
    return OrderLog.from_frame(pd.DataFrame(found), groups=["shop"] if money else [])


def agrees(table: Any, of_log: dict[str, list[Any]]) -> None:
    """Whether the columns of a table are those of a log's answer, rounding noise apart."""
    header, *rows = table
    assert rows
    for place, name in enumerate(header):
        shown = [row[place] for row in rows]
        if any(isinstance(cell, float) for cell in shown):
            known, wanted = (
                [math.nan if cell is None else cell for cell in one] for one in (shown, of_log[name])
            )
            assert known == pytest.approx(wanted, rel=1e-6, abs=1e-9, nan_ok=True), name
        else:
            assert shown == of_log[name], name


@pytest.mark.parametrize("as_of", [None, AS_OF])
def test_stages_are_those_of_the_same_orders_in_a_log(as_of: dt.date | None) -> None:
    agrees(ask("STAGES", *WITHOUT_MONEY, as_of), stages_of(order_log(money=False), as_of=as_of).columns())


@pytest.mark.parametrize("as_of", [None, AS_OF])
def test_who_is_due_is_due_by_the_same_orders_in_a_log(as_of: dt.date | None) -> None:
    agrees(ask("DUE", *WITHOUT_MONEY, as_of), due_of(order_log(money=False), as_of=as_of).columns())


@pytest.mark.parametrize("as_of", [None, AS_OF])
def test_the_focus_list_is_that_of_the_same_orders_in_a_log(as_of: dt.date | None) -> None:
    agrees(ask("FOCUS", *WITH_MONEY, as_of), focus_of(order_log(money=True), as_of=as_of).columns())


@pytest.mark.parametrize("share", [None, 0.5, "100%"])
def test_key_customers_are_those_of_the_same_orders_in_a_log(share: Any) -> None:
    asked = ask("KEY_CUSTOMERS", WITH_MONEY[0], WITH_MONEY[2], column(*SHOPS), share)
    known = {None: 0.8, "100%": 1.0}.get(share, share)
    agrees(asked, key_customers_of(order_log(money=True), "shop", share=known).columns())
    assert {row[0] for row in asked[1:]} == {"2025", "(blank)", "East", "north"}


def tables() -> dict[str, Rows]:
    return {
        "STAGES": ask("STAGES", *WITHOUT_MONEY),
        "DUE": ask("DUE", *WITHOUT_MONEY, AS_OF),
        "FOCUS": ask("FOCUS", *WITH_MONEY),
        "KEY_CUSTOMERS": ask("KEY_CUSTOMERS", *WITH_MONEY[::2], column(*SHOPS)),
    }


def test_every_cell_is_a_plain_value_and_every_row_as_wide_as_the_header() -> None:
    for table in tables().values():
        assert {type(cell) for row in table for cell in row} <= PLAIN
        assert {len(row) for row in table} == {len(table[0])}


def test_every_row_of_a_list_says_why_in_a_sentence() -> None:
    for name, (header, *rows) in tables().items():
        if name != "KEY_CUSTOMERS":
            assert header[-1] == "reason"
            assert all(len(row[-1]) > 15 and row[-1].endswith(".") for row in rows)


def test_what_takes_a_log_of_contacts_or_invoices_is_no_column() -> None:
    unknown = {"last_contact", "interest", "responses", "asked", "score", "solvency", "unpaid"}
    assert not any(unknown & set(table[0]) for table in tables().values())
    assert not {"value"} & {*tables()["STAGES"][0], *tables()["DUE"][0]}


def test_the_focus_list_is_ranked_by_verdict() -> None:
    rows = tables()["FOCUS"][1:]
    order = ["keep first", "keep", "let go"]
    places = [order.index(row[2]) for row in rows]
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert places == sorted(places)
    assert set(places) == {0, 1, 2}


def test_where_nobody_is_due_the_header_stands_alone() -> None:
    table = ask(
        "DUE", column("Ann", "Ann", "Ann"), column("2025-01-01", "2025-02-01", "2025-03-01"), "2025-03-02"
    )
    assert [row[0] for row in table] == ["customer"]


def test_where_no_group_has_value_the_header_stands_alone() -> None:
    table = ask("KEY_CUSTOMERS", column("Ann", "Bo"), column(-5, 0), column("web", "shop"))
    assert table == [["group", "customer", "value", "share", "cumulative_share"]]


def test_blank_cells_are_a_group_and_other_columns_decide_about_the_header() -> None:
    cells = column("Customer", "Ann", "Bo"), column("Paid", 5, 6), column("2024", "web", None)
    assert [row[:2] for row in ask("KEY_CUSTOMERS", *cells)[1:]] == [["(blank)", "Bo"], ["web", "Ann"]]


def test_customers_who_ordered_once_only_have_stages_and_no_schedule() -> None:
    header, *rows = ask("STAGES", column("Ann", "Bo"), column("2025-01-01", "2025-02-01"))
    assert [row[1:3] for row in rows] == [["short-term", "unknown"]] * 2
    header, *rows = ask("FOCUS", column("Ann", "Bo"), column("2025-01-01", "2025-02-01"), column(5, 6))
    assert {row[2] for row in rows} == {"unknown"}
    assert {row[header.index("gain")] for row in rows} == {None}


def test_the_functions_share_what_they_make_of_the_same_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = retention_core.purchases.purchases_by_customer
    monkeypatch.setattr(
        retention_core.purchases, "purchases_by_customer", lambda *cells: made.append(1) or real(*cells)
    )
    columns.forget()
    for as_of in (None, AS_OF):
        ask("STAGES", *WITHOUT_MONEY, as_of)
        ask("DUE", *WITHOUT_MONEY, as_of)
    assert len(made) == 1


WHO, WHEN, PAID = (
    column("Ann", "Bo", "Ann"),
    column("2025-01-05", "2025-01-09", "2025-02-07"),
    column(1, 2, 3),
)
WHERE = column("web", "shop", "web")
SAID: list[tuple[str, tuple[Any, ...], str]] = [
    ("STAGES", (WHO, WHEN, "2024-01-01"), "as_of must lie after an order: there is none before 2024-01-01."),
    ("STAGES", (WHO, WHEN, "soon"),
     'as_of must be a date: an Excel date or text like 2024-01-31 (got "soon").'),
    ("STAGES", (WHO, column("2025-01-05", None, "2025-02-07")),
     "dates, row 2, is blank while customers is filled: fill it in or leave the whole row out."),
    ("DUE", (WHO, WHEN, "1900-01-31"), "as_of must lie between 1901 and 2199 (got 1900-01-31)."),
    ("DUE", (WHO, column("2025-01-05", "2200-01-01", "2025-02-07")),
     "dates must lie between 1901 and 2199 (got 2200-01-01)."),
    ("FOCUS", (WHO, WHEN, column(1, 2, 2e15)),
     "amounts must be numbers up to 1,000,000,000,000,000 (got 2e+15)."),
    ("FOCUS", (WHO, WHEN, column(-1, -2, -3)),
     "amounts are all below zero: refunds are no orders, so give the amounts of the orders too."),
    ("FOCUS", (WHO, WHEN, column(1, 2)),
     "amounts has 2 rows and customers 3: give columns of the same length."),
    ("FOCUS", (WHO, WHEN, column(1, CellError("#N/A"), 3)), "#N/A"),
    ("KEY_CUSTOMERS", (WHO, PAID, WHERE, 0),
     "share must be a fraction above 0 and at most 1, such as 0.8 (got 0)."),
    ("KEY_CUSTOMERS", (WHO, PAID, WHERE, "most"), 'share must be a number (got "most").'),
    ("KEY_CUSTOMERS", (WHO, PAID, column("web", True, "web")),
     "groups, row 2, must be a text or a number (got TRUE)."),
    ("KEY_CUSTOMERS", (column("Ann", None, "Ann"), column(1, None, 3), WHERE),
     "customers, row 2, is blank while groups is filled: fill it in or leave the whole row out."),
    ("KEY_CUSTOMERS", (WHO, PAID, column("web", "shop")),
     "groups has 2 rows and customers 3: give columns of the same length."),
    ("KEY_CUSTOMERS", (column("Ann", "Bo", "Cy"), column(1e308, 1, 1e308), WHERE),
     "amounts are too large to add up (the largest is 1e+308): check the amounts, or give them in "
     "thousands."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "sentence"), SAID)
def test_what_makes_no_sense_gets_one_sentence(name: str, cells: tuple[Any, ...], sentence: str) -> None:
    assert ask(name, *cells) == sentence
