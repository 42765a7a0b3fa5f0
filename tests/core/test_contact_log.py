"""The door for contacts: every row used or set aside, columns guessed, marks honoured."""

import datetime as dt

import duckdb
import pandas as pd
import polars as pl
import pytest

import retention_core as rc
from retention_core.contact_log import ContactLog
from retention_core.identity import customer_key
from tests.core.known_shop import known_shop

ROWS = pd.DataFrame(
    {
        "Kunde": ["Ann", " ann ", "Bob", "17.0", None, "Cem", "Dan"],
        "Kontaktdatum": [
            "05.01.2025",
            "17.02.2025",
            "2025-03-01",
            "2025-03-02",
            "2025-03-03",
            "soon",
            "2025-04-01",
        ],
        "Art": ["visit", "", "call", "letter", "call", "call", "call"],
        "Antwort": ["ja", "nein", "", "voice mail", "ja", "ja", "maybe"],
        "Bewertung": ["9", "8,5", "", "good", "1", "2", None],
        "Werbesperre": ["", "", "x", "no", "x", "x", ""],
    }
)


def test_columns_are_guessed_and_each_guess_is_said():
    log = ContactLog.from_frame(ROWS)
    assert log.columns == {
        "customer": "Kunde", "date": "Kontaktdatum", "kind": "Art", "response": "Antwort",
        "score": "Bewertung", "do_not_contact": "Werbesperre",
    }  # fmt: skip
    assert log.guessed[-1] == 'do_not_contact is read from "Werbesperre".'


def test_every_row_is_used_or_set_aside_with_a_reason():
    log = ContactLog.from_frame(ROWS)
    assert log.rows == log.rows_used + len(log.set_aside) == 7
    assert log.set_aside[["row", "reason", "value"]].to_numpy().tolist() == [
        [5, "no customer", ""],
        [6, "unreadable date", "soon"],
    ]
    assert (log.customers, log.first_day, log.last_day) == (4, dt.date(2025, 1, 5), dt.date(2025, 4, 1))


def test_what_is_unknown_stays_unknown_and_odd_cells_are_told():
    log = ContactLog.from_frame(ROWS)
    assert log.lines["response"].tolist() == [True, False, None, False, None]
    assert log.lines["kind"].tolist() == ["visit", None, "call", "letter", "call"]
    assert log.lines["score"].isna().tolist() == [False, False, True, True, True]
    assert log.warnings[-2:] == (
        "Some cells of the response say neither yes nor no and count as unknown: maybe.",
        "Some cells of the score are no numbers and count as unknown: good.",
    )


def test_the_contact_table_has_one_row_a_customer():
    table = ContactLog.from_frame(ROWS).contact_table().set_index("key")
    assert table.index.tolist() == ["17", "ann", "bob", "dan"]
    ann = table.loc["ann"]
    assert (ann["customer"], ann["contacts"], ann["asked"], ann["responses"], ann["score"]) == (
        "Ann",
        2,
        2,
        1,
        8.5,
    )
    assert (ann["first_contact"], ann["last_contact"]) == (
        pd.Timestamp("2025-01-05"),
        pd.Timestamp("2025-02-17"),
    )
    assert table["do_not_contact"].tolist() == [False, False, True, False]
    assert (table.loc["bob", "asked"], table.loc["bob", "last_kind"]) == (0, "call")


def test_the_contact_table_counts_what_lies_before_a_day():
    table = ContactLog.from_frame(ROWS).contact_table(as_of=dt.date(2025, 2, 17))
    assert table[["key", "contacts", "score"]].to_numpy().tolist() == [["ann", 1, 9.0]]


def test_a_mark_counts_although_its_row_has_no_usable_date():
    assert ContactLog.from_frame(ROWS).do_not_contact == {"bob", "cem"}


@pytest.mark.parametrize(
    ("marks", "stopped"),
    [
        (["x", "no"], False),
        (["no", "x"], True),
        (["x", ""], True),
        (["unsubscribed in May", None], True),
        (["", "0"], False),
    ],
)
def test_a_later_no_takes_a_mark_back_and_a_blank_does_not(marks, stopped):
    frame = pd.DataFrame({"customer": ["A", "a"], "date": ["2025-01-01", "2025-02-01"], "opt-out": marks})
    assert bool(ContactLog.from_frame(frame).do_not_contact) is stopped


def test_an_undated_mark_is_not_taken_back():
    frame = pd.DataFrame({"customer": ["A", "A"], "date": [None, "2025-02-01"], "opt-out": ["yes", "no"]})
    for rows in (frame, frame.iloc[::-1]):
        assert ContactLog.from_frame(rows).do_not_contact == {"a"}


def test_customer_and_date_are_enough():
    log = ContactLog.from_frame(pd.DataFrame({"customer": ["A"], "date": ["2025-01-01"]}))
    assert list(log.contact_table()) == [
        "key",
        "customer",
        "contacts",
        "first_contact",
        "last_contact",
        "do_not_contact",
    ]
    assert log.do_not_contact == frozenset()


def test_a_column_asked_for_as_none_is_not_guessed():
    log = ContactLog.from_frame(ROWS, score="", kind="Werbesperre", do_not_contact="")
    assert "score" not in log.columns
    assert log.columns["kind"] == "Werbesperre"


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_file_gives_what_its_frame_gives(kind, tmp_path):
    path = tmp_path / f"contacts.{kind}"
    getattr(ROWS, {"csv": "to_csv", "parquet": "to_parquet", "xlsx": "to_excel"}[kind])(path, index=False)
    wanted, found = ContactLog.from_frame(ROWS), ContactLog.from_file(path)
    pd.testing.assert_frame_equal(found.contact_table(), wanted.contact_table())
    assert found.do_not_contact == wanted.do_not_contact
    assert found.set_aside_counts == wanted.set_aside_counts


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_every_engine_gives_the_same_contacts(engine):
    shop = known_shop(200).contacts
    other = pl.from_pandas(shop) if engine == "polars" else duckdb.from_df(shop)
    wanted, found = ContactLog.from_frame(shop), ContactLog.from_frame(other)
    pd.testing.assert_frame_equal(found.contact_table(), wanted.contact_table())
    assert found.do_not_contact == wanted.do_not_contact
    assert wanted.do_not_contact


def test_true_and_false_and_numbers_are_read():
    frame = pd.DataFrame(
        {
            "customer": [1, 2],
            "date": pd.to_datetime(["2025-01-01"] * 2),
            "reply": [True, False],
            "nps": [9, 3],
            "dnc": [False, True],
        }
    )
    log = ContactLog.from_frame(frame)
    assert log.lines["response"].tolist() == [True, False]
    assert log.lines["score"].tolist() == [9.0, 3.0]
    assert log.do_not_contact == {"2"}


@pytest.mark.parametrize(
    ("frame", "arguments", "sentence"),
    [
        (pd.DataFrame({"customer": ["A"]}), {},
         "No column looks like the date of a contact. The table has: customer. "
         "Name the one that holds it as date."),
        (pd.DataFrame({"customer": ["A"], "date": ["x"]}), {},
         "No row of the 1 can be used as a contact: unreadable date 1."),
        (pd.DataFrame({"customer": ["A"], "date": ["x"]}), {"kind": "date", "date": "date"},
         '"date" cannot be both date and kind: name two columns.'),
        (pd.DataFrame([["A", "B"]], columns=["customer", "customer"]), {},
         'Two columns are named "customer": rename one.'),
        (pd.DataFrame({"customer": ["A"], "date": ["x"]}), {"score": 5},
         "score must be the name of a column (got 5)."),
        (pd.DataFrame({"customer": ["A", "B\ud800"], "date": ["2025-01-01"] * 2}, dtype=object), {},
         "A cell holds half a character ('\\ud800'), which no table can store: export the table again."),
        (pd.DataFrame({1: ["A"]}), {}, "Column names must be text (got 1): rename the columns."),
        (5, {}, "frame must be a table such as a pandas or polars frame (got int)."),
    ],
)  # fmt: skip
def test_tables_that_are_no_contacts_get_one_sentence(frame, arguments, sentence):
    with pytest.raises(rc.RetentionError) as caught:
        ContactLog.from_frame(frame, **arguments)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "engine", [pd.DataFrame, pl.DataFrame, lambda rows: duckdb.from_df(pd.DataFrame(rows))]
)
def test_a_wish_to_be_left_alone_finds_its_customer_in_capitals_of_any_language(engine):
    """Final sigma and the dotted I have lower cases that Python and the engines write differently."""
    names = ["\u039d\u0399\u039a\u039f\u03a3", "\u0130pek", "\u00c4RZTE", "STRA\u1e9eE"]
    orders = rc.OrderLog.from_frame(engine({"customer": names, "date": ["2025-01-02"] * 4}))
    contacts = ContactLog.from_frame(
        pd.DataFrame({"customer": names, "date": ["2025-01-03"] * 4, "dnc": ["x"] * 4})
    )
    keys = set(orders.lines.select("customer").collect("pandas")["customer"].to_list())
    assert contacts.do_not_contact == keys == set(contacts.lines["customer"])
    assert keys == {customer_key(name) for name in names}


def test_a_day_that_is_none_gets_one_sentence():
    with pytest.raises(rc.OrderLogError, match="as_of must be a date"):
        ContactLog.from_frame(ROWS).contact_table("soon")
