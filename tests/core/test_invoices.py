"""Invoices: every row accounted for, each figure from its definition, unknown where nothing tells."""

import datetime as dt
import math

import pandas as pd
import polars as pl
import pytest

import retention_core as rc
from retention_core.invoices import Invoices
from retention_core.solvency import BAD, PROMPT, SLOW, UNKNOWN, SolvencyLimits
from tests.core.known_shop import known_shop

DAY = dt.date(2025, 6, 1)
ROWS = pd.DataFrame(
    {
        "Customer": ["Ann", "ann ", "Ann", "Bo", "Bo", "Cy", None],
        "Due date": [
            "2025-01-31", "2025-02-28", "2025-07-01", "2025-01-10", "2025-05-22", "2025-08-01", "2025-01-01",
        ],
        "Paid on": ["2025-01-30", "2025-03-10", None, "2025-02-19", None, None, None],
        "Open": [0, 0, 30, 0, 50, 70, 9],
        "Amount": [10, 20, 30, 100, 50, 70, 9],
    }
)  # fmt: skip


def rows_of(table):
    return {row["customer"]: row for row in table.to_frame().to_dict("records")}


def test_columns_are_guessed_and_rows_accounted_for():
    found = Invoices.from_frame(ROWS)
    assert dict(found.columns) == {
        "customer": "Customer", "due": "Due date", "paid": "Paid on", "open": "Open", "amount": "Amount",
    }  # fmt: skip
    assert (found.rows, found.rows_used, len(found.set_aside)) == (7, 6, 1)
    assert found.set_aside["reason"].tolist() == ["no customer"]


def test_each_figure_follows_its_definition():
    found = rows_of(Invoices.from_frame(ROWS).solvency(DAY))
    ann, bo, cy = found["Ann"], found["Bo"], found["Cy"]
    assert (ann["invoices"], ann["due"], ann["share_overdue"], ann["days_late"]) == (3, 2, 0.5, 5.0)
    assert (ann["open_balance"], ann["open_over_typical"], ann["solvency"]) == (30.0, 1.5, PROMPT)
    assert (bo["due"], bo["share_overdue"], bo["days_late"], bo["solvency"]) == (2, 1.0, 25.0, SLOW)
    assert cy["solvency"] == UNKNOWN and math.isnan(cy["share_overdue"]) and cy["open_balance"] == 70


def test_what_is_not_known_is_unknown_and_never_zero():
    table = Invoices.from_frame(ROWS[["Customer", "Due date"]]).solvency(DAY)
    found = table.columns()
    for name in ("share_overdue", "days_late", "open_balance", "open_over_typical"):
        assert found[name] == [None, None, None]
    assert found["solvency"] == [UNKNOWN] * 3
    assert found["reason"] == ["Nothing is known of how this customer pays."] * 3
    assert any("unknown" in note for note in table.notes)


def test_open_alone_tells_the_balance_alone():
    table = Invoices.from_frame(ROWS[["Customer", "Open", "Amount"]]).solvency(DAY)
    assert table.columns()["open_balance"] == [30.0, 50.0, 70.0]
    assert table.columns()["days_late"] == [None] * 3
    assert table.labels == [UNKNOWN] * 3


def test_unpaid_invoices_are_open_with_their_amount_where_no_column_says_what_is_open():
    table = Invoices.from_frame(ROWS.drop(columns="Open")).solvency(DAY)
    assert table.columns()["open_balance"] == [30.0, 50.0, 70.0]


def test_a_later_payment_has_not_been_made_yet():
    invoices = Invoices.from_frame(ROWS)
    found = rows_of(invoices.solvency(dt.date(2025, 2, 10)))
    assert (found["Bo"]["days_late"], found["Bo"]["share_overdue"]) == (31.0, 1.0)
    assert found["Bo"]["open_balance"] == 150.0


def test_paid_early_counts_as_nothing_late():
    frame = pd.DataFrame(
        {"customer": ["a", "a"], "due": ["2025-03-01"] * 2, "paid": ["2025-02-01", "2025-03-11"]}
    )
    assert Invoices.from_frame(frame).solvency(DAY).columns()["days_late"] == [5.0]


def test_settled_on_an_unknown_day_tells_nothing_of_lateness():
    frame = pd.DataFrame({"customer": ["a"], "due": ["2025-03-01"], "paid": [None], "open": [0.0]})
    found = Invoices.from_frame(frame).solvency(DAY).columns()
    assert (found["solvency"], found["days_late"], found["open_balance"]) == ([UNKNOWN], [None], [0.0])


def test_invoices_left_unpaid_make_a_bad_payer():
    frame = pd.DataFrame(
        {
            "customer": ["a"] * 5,
            "due": ["2025-01-01"] * 2 + ["2025-05-30"] * 3,
            "paid": [None, None, *["2025-05-30"] * 3],
        }
    )
    limits = SolvencyLimits(bad_days=1000)
    table = Invoices.from_frame(frame).solvency(DAY, limits=limits)
    assert table.labels == [BAD]
    assert "2 of 2 unpaid for 90 days" in table.reason(0)


def test_unreadable_cells_are_unknown_and_named():
    frame = pd.DataFrame({"customer": ["a", "b"], "due": ["soon", "2025-01-01"], "open": ["x", "5"]})
    found = Invoices.from_frame(frame)
    assert found.warnings == (
        '1 cells of "due" are no days and count as unknown: soon.',
        '1 cells of "open" are no numbers and count as unknown: x.',
    )
    assert found.solvency(DAY).columns()["open_balance"] == [None, 5.0]


def test_a_file_and_another_engine_say_the_same(tmp_path):
    ROWS.to_csv(tmp_path / "invoices.csv", index=False)
    wanted = Invoices.from_frame(ROWS).solvency(DAY).to_frame()
    for found in (Invoices.from_file(tmp_path / "invoices.csv"), Invoices.from_frame(pl.from_pandas(ROWS))):
        pd.testing.assert_frame_equal(found.solvency(DAY).to_frame(), wanted)
    assert Invoices.from_file(tmp_path / "invoices.csv").set_aside["row"].tolist() == [8]


@pytest.mark.parametrize(
    ("frame", "arguments", "sentence"),
    [
        ({"x": ["a"], "due": ["2025-01-01"]}, {}, "looks like the customer"),
        ({"customer": ["a"], "y": [1]}, {}, "invoices are due or what is open"),
        ({"customer": ["a"], "due": ["2025-01-01"]}, {"open": "due", "due": "due"}, "cannot be both"),
        ({"customer": ["a"], "due": ["2025-01-01"]}, {"paid": "nope"}, 'No column "nope"'),
        ({"customer": [None], "due": ["2025-01-01"]}, {}, "names a customer"),
    ],
)
def test_a_table_of_no_use_gets_a_sentence(frame, arguments, sentence):
    with pytest.raises(rc.RetentionError, match=sentence):
        Invoices.from_frame(pd.DataFrame(frame), **arguments)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (SolvencyLimits(late_days=float("nan")), "late_days must be zero or more"),
        (SolvencyLimits(unpaid="x"), "unpaid must be zero or more"),
        (SolvencyLimits(late_days=40), "bad_days must not lie below late_days"),
        (7, "limits must be of the type SolvencyLimits"),
    ],
)
def test_limits_that_make_no_sense_get_a_sentence(limits, sentence):
    with pytest.raises(rc.OrderLogError, match=sentence):
        Invoices.from_frame(ROWS).solvency(DAY, limits=limits)


def test_two_columns_of_one_name_get_a_sentence():
    with pytest.raises(rc.ColumnError, match='Two columns are named "due"'):
        Invoices.from_frame(pd.DataFrame([["a", 1, 2]], columns=["customer", "due", "due"]))


def test_something_that_is_no_table_gets_a_sentence():
    with pytest.raises(rc.ColumnError, match="must be a table"):
        Invoices.from_frame([1])


def test_payers_of_the_known_shop_are_told_apart():
    shop = known_shop(1500)
    table = Invoices.from_frame(shop.orders, customer="customer", amount="amount").solvency(shop.as_of)
    labels = pd.Series(table.labels, table.figures.keys)
    true = shop.truth.set_index(shop.truth["customer"].str.lower())["payer"].reindex(labels.index)
    clear = labels != UNKNOWN
    names = {PROMPT: "prompt", SLOW: "slow", BAD: "bad"}
    right = labels[clear].map(names) == true[clear]
    assert right.mean() > 0.9 > (true[clear] == "prompt").mean()
    assert clear.mean() > 0.95


def test_numbers_with_a_blank_that_pandas_calls_missing_name_customers_and_nobody():
    frame = pd.DataFrame({"customer": pd.array([7, None], dtype="Int64"), "due": ["2025-01-31"] * 2})
    found = Invoices.from_frame(frame)
    assert (found.lines["customer"].tolist(), found.set_aside["reason"].tolist()) == (["7"], ["no customer"])
