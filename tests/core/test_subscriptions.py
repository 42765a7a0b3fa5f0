"""The second door: every row used or set aside, ends read as said, engines alike."""

import datetime as dt

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_core.errors import ColumnError, OrderLogError, SubscriptionError
from retention_core.subscription_ends import RUNNING
from retention_core.subscriptions import Subscriptions


def frame(**columns):
    return pd.DataFrame(columns)


def day(text):
    return dt.date.fromisoformat(text).toordinal()


def test_columns_are_recognised_by_their_names_and_said():
    table = frame(**{"Customer ID": [1], "Start Date": ["2024-01-01"], "Cancelled At": [None], "MRR": [10]})
    found = Subscriptions.from_frame(table)
    assert found.guessed == (
        'customer is read from "Customer ID".',
        'start is read from "Start Date".',
        'end is read from "Cancelled At".',
        'amount is read from "MRR".',
    )
    assert found.keys == ("1",)


def test_every_row_is_used_or_set_aside_with_a_reason():
    table = frame(
        customer=["a", None, "b", "c", "d", "e", "f", "g"],
        start=[
            "2024-01-01",
            "2024-01-01",
            "soon",
            "2024-01-01",
            "2024-03-01",
            "2024-01-01",
            "2024-01-01",
            None,
        ],
        end=[None, None, None, "later", "2024-02-01", None, None, None],
        amount=[10, 10, 10, 10, 10, -5, "many", 10],
    )
    found = Subscriptions.from_frame(table)
    assert found.rows == found.rows_used + len(found.set_aside) == 8
    assert dict(zip(found.set_aside["row"], found.set_aside["reason"], strict=True)) == {
        2: "no customer",
        3: "unreadable start",
        4: "unreadable end",
        5: "end on or before start",
        6: "amount below zero",
        7: "unreadable amount",
        8: "no start",
    }
    assert found.set_aside.set_index("row")["value"][5] == "2024-02-01"


def test_an_end_is_the_first_day_without_unless_said_to_be_paid():
    table = frame(customer=["a", "b"], start=["2024-01-01"] * 2, end=["2024-02-01", None], mrr=[3, 4])
    unpaid = Subscriptions.from_frame(table)
    paid = Subscriptions.from_frame(table, end_is_paid=True)
    assert unpaid.lines["end"].tolist() == [day("2024-02-01"), RUNNING]
    assert paid.lines["end"].tolist() == [day("2024-02-02"), RUNNING]
    assert unpaid.paid_at(dt.date(2024, 2, 1)).tolist() == [3600, 4800]
    assert unpaid.paid_at(dt.date(2024, 2, 2)).tolist() == [0, 4800]
    assert paid.paid_at(dt.date(2024, 2, 2)).tolist() == [3600, 4800]


def test_one_day_is_a_subscription_only_where_its_end_is_paid():
    table = frame(
        customer=["a", "b"], start=["2024-01-05", "2024-01-01"], end=["2024-01-05", None], mrr=[3, 4]
    )
    assert Subscriptions.from_frame(table).set_aside_counts == {"end on or before start": 1}
    assert Subscriptions.from_frame(table, end_is_paid=True).rows_used == 2


def test_ends_on_last_days_of_months_are_asked_about():
    ends = [f"2024-{month:02}-01" for month in range(2, 13)]
    last = [str(dt.date.fromisoformat(end) - dt.timedelta(1)) for end in ends]
    table = frame(customer=list("abcdefghijk"), start="2024-01-01", end=last, mrr=5)
    assert any("last day of a month" in warning for warning in Subscriptions.from_frame(table).warnings)
    assert not any(
        "last day of a month" in warning
        for other in (
            Subscriptions.from_frame(table, end_is_paid=True),
            Subscriptions.from_frame(table.assign(end=ends)),
        )
        for warning in other.warnings
    )


def test_a_far_future_end_is_none():
    table = frame(customer=["a", "b"], start="2024-01-01", end=["9999-12-31", "2300-01-01"], mrr=5)
    found = Subscriptions.from_frame(table)
    assert found.lines["end"].tolist() == [RUNNING]
    assert found.set_aside_counts == {"end outside 1901 to 2199": 1}


def test_amounts_become_whole_cents_a_year():
    table = frame(customer=list("abcde"), start="2024-01-01", end=None, amount=[100, 100, 100, 100, 0.1],
                  interval=["monthly", "annual", "Quarter", "week", "per year"])  # fmt: skip
    assert Subscriptions.from_frame(table).lines["yearly"].tolist() == [120_000, 10_000, 40_000, 520_000, 10]
    per_year = Subscriptions.from_frame(table, per="year")
    assert per_year.lines["yearly"].tolist() == [10_000, 10_000, 10_000, 10_000, 10]


def test_the_name_of_the_amount_tells_month_from_year():
    table = frame(customer=["a"], start=["2024-01-01"], end=[None], ARR=["$1,200.00"])
    found = Subscriptions.from_frame(table)
    assert found.lines["yearly"].tolist() == [120_000]
    assert found.notes[0] == "Amounts are read per year."


def test_fractions_of_a_cent_are_rounded_and_said():
    table = frame(customer=["a", "b"], start="2024-01-01", end=None, mrr=[9.999, 5.01])
    found = Subscriptions.from_frame(table)
    assert found.lines["yearly"].tolist() == [12_000, 6_012]
    assert "Amounts with fractions of a cent are rounded to the cent (1)." in found.notes


def test_an_interval_nobody_knows_sets_the_row_aside():
    table = frame(
        customer=["a", "b", "c"], start="2024-01-01", end=None, mrr=1, interval=["month", "moon", None]
    )
    assert Subscriptions.from_frame(table).set_aside_counts == {"no interval": 1, "unreadable interval": 1}


def test_several_currencies_are_refused_or_one_kept():
    table = frame(customer=["a", "b"], start="2024-01-01", end=None, mrr=["€5", "$6"])
    with pytest.raises(OrderLogError, match="more than one currency"):
        Subscriptions.from_frame(table)
    kept = Subscriptions.from_frame(table, keep_currency="EUR")
    assert kept.set_aside_counts == {"another currency": 1}


def test_start_and_end_decide_together_which_comes_first_day_or_month():
    table = frame(customer=["a", "b"], start=["03/04/2024", "01/02/2024"], end=["25/12/2024", None], mrr=1)
    found = Subscriptions.from_frame(table)
    assert found.lines["start"].tolist() == [day("2024-04-03"), day("2024-02-01")]
    assert found.notes[0] == 'Dates in "start" and "end" are read as day/month/year.'


def test_dates_with_dots_are_day_first_in_start_and_end():
    table = frame(customer=["a", "b"], start=["01.02.2024"] * 2, end=["01.03.2024", None], mrr=1)
    found = Subscriptions.from_frame(table, as_of=dt.date(2024, 6, 1))
    assert found.lines["start"].tolist() == [day("2024-02-01")] * 2
    assert found.lines["end"].tolist() == [day("2024-03-01"), RUNNING]


def test_who_is_the_same_customer_follows_the_order_log():
    table = frame(customer=["Ann", " ann", 17.0, "17"], start="2024-01-01", end=None, mrr=1)
    found = Subscriptions.from_frame(table)
    assert found.keys == ("17", "ann")
    assert found.names == ("17", "Ann")
    assert any("count as one customer: Ann = ann" in warning for warning in found.warnings)
    assert Subscriptions.from_frame(table, exact_case=True).customers == 3


def test_repeats_add_up_unless_dropped():
    table = frame(customer=["a", "a"], start="2024-01-01", end=None, mrr=5)
    kept, dropped = Subscriptions.from_frame(table), Subscriptions.from_frame(table, drop_repeats=True)
    assert kept.paid_at(kept.as_of).tolist() == [12_000]
    assert "1 row equals an earlier row" in kept.warnings[0]
    assert dropped.paid_at(dropped.as_of).tolist() == [6_000]
    assert dropped.set_aside_counts == {"repeat of an earlier row": 1}


def test_what_is_known_ends_with_the_last_start_unless_told():
    table = frame(customer=["a", "b"], start=["2024-01-01", "2024-03-05"], end=["2024-06-01", None], mrr=5)
    found = Subscriptions.from_frame(table)
    assert found.as_of == dt.date(2024, 3, 6)
    assert found.warnings == (
        "1 end after the last start, on 2024-03-05, taken as still running: say up to which day "
        "(`as_of`) the table is known.",
    )
    assert Subscriptions.from_frame(table, as_of=dt.date(2024, 7, 1)).warnings == ()
    with pytest.raises(SubscriptionError, match="as_of must lie after the first start"):
        Subscriptions.from_frame(table, as_of=dt.date(2023, 7, 1))


def test_overlapping_subscriptions_add_up_to_one_spell():
    table = frame(customer=["a"] * 4, start=["2024-01-01", "2024-01-20", "2024-03-01", "2024-06-01"],
                  end=["2024-02-01", "2024-03-01", "2024-04-01", None], mrr=5)  # fmt: skip
    found = Subscriptions.from_frame(table, as_of=dt.date(2024, 7, 1)).spells()
    assert [(f"{row.start:%m-%d}", row.lost) for row in found.itertuples()] == [("01-01", 1), ("06-01", 0)]
    assert found["end"][0] == pd.Timestamp("2024-04-01")
    assert pd.isna(found["end"][1])


def test_a_free_subscription_is_used_but_nobody_pays():
    table = frame(customer=["a", "b"], start="2024-01-01", end=None, mrr=[0, 5])
    found = Subscriptions.from_frame(table)
    assert found.rows_used == 2
    assert found.spells()["key"].tolist() == ["b"]


def test_the_group_of_a_customer_is_that_of_its_largest_subscription():
    table = frame(customer=["a", "a", "b"], start="2024-01-01", end=None, mrr=[5, 9, 1], plan=["S", "L", "S"])
    found = Subscriptions.from_frame(table)
    assert found.group_at("plan", found.as_of).tolist() == ["L", "S"]
    assert found.group_at("plan", dt.date(2024, 1, 1)).tolist() == [None, None]
    with pytest.raises(ColumnError, match='"region" is not among the groups here, which are: plan'):
        found.group_at("region", found.as_of)


@pytest.mark.parametrize(
    "months",
    [
        ["2024-01", "2024-02", "2024-04"],
        ["01/2024", "02/2024", "04/2024"],
        ["Jan 2024", "Feb 2024", "April 2024"],
        [202401, 202402, 202404],
        [dt.date(2024, 1, 31), dt.date(2024, 2, 29), dt.date(2024, 4, 30)],
        ["2024-01-15", "2024-02-01", "2024-04-30"],
    ],
)
def test_months_of_snapshots_are_read_however_they_are_written(months):
    found = Subscriptions.from_snapshots(frame(month=months, customer="a", mrr=[1, 2, 3]))
    starts = [dt.date.fromordinal(start).isoformat() for start in found.lines["start"]]
    assert starts == ["2024-01-01", "2024-02-01", "2024-04-01"]
    assert found.as_of == dt.date(2024, 5, 1)
    assert found.spells()["lost"].tolist() == [1, 0]


def test_months_without_any_snapshot_are_warned_of():
    found = Subscriptions.from_snapshots(
        frame(month=["2023-12", "2024-01", "2024-03", "2024-06"], customer="a", mrr=5)
    )
    assert found.warnings == (
        "3 months have no row at all, the first after 2024-01, and everybody counts as lost then: check that "
        "no snapshot is missing.",
    )


def test_months_in_which_some_customer_has_a_row_are_not_missing():
    found = Subscriptions.from_snapshots(
        frame(month=["2024-01", "2024-02", "2024-03"], customer=["a", "b", "a"], mrr=5)
    )
    assert found.warnings == ()


def test_subscriptions_without_any_amount_say_so():
    found = Subscriptions.from_frame(frame(customer="a", start=["2024-01-01"], mrr=0), end="")
    with pytest.raises(SubscriptionError, match="Every amount is zero"):
        found.spells()


def test_snapshot_rows_of_one_month_add_up():
    found = Subscriptions.from_snapshots(
        frame(month="2024-01", customer=["a", "a"], mrr=[1, 2], plan=["x", "y"])
    )
    assert found.paid_at(found.as_of).tolist() == [3_600]


def test_missing_columns_are_named():
    with pytest.raises(ColumnError, match=r'No column looks like the end.*"" if nobody has left'):
        Subscriptions.from_frame(frame(customer=["a"], start=["2024-01-01"], mrr=[1]))
    running = Subscriptions.from_frame(frame(customer=["a"], start=["2024-01-01"], mrr=[1]), end="")
    assert running.lines["end"].tolist() == [RUNNING]
    with pytest.raises(ColumnError, match='No column "stop"'):
        Subscriptions.from_frame(frame(customer=["a"], start=["2024-01-01"], mrr=[1]), end="stop")
    with pytest.raises(ColumnError, match="cannot be both"):
        Subscriptions.from_frame(
            frame(customer=["a"], start=["2024-01-01"], mrr=[1]), start="start", end="start"
        )
    with pytest.raises(ColumnError, match="must be a table"):
        Subscriptions.from_frame([1, 2])


def test_a_table_without_a_usable_row_says_why():
    with pytest.raises(SubscriptionError, match="No row of the 2 can be used: unreadable start 2"):
        Subscriptions.from_frame(frame(customer=["a", "b"], start="soon", end=None, mrr=1))


def test_the_callers_frame_stays_as_it_is():
    table = frame(customer=["a"], month=[202401], mrr=[1])
    before = table.copy()
    Subscriptions.from_snapshots(table)
    pd.testing.assert_frame_equal(table, before)


rows = st.lists(
    st.tuples(
        st.sampled_from(["Ann", "bo", "ANN ", None, "7"]),
        st.dates(dt.date(2023, 1, 1), dt.date(2024, 12, 31)),
        st.one_of(st.none(), st.dates(dt.date(2023, 1, 1), dt.date(2025, 6, 1))),
        st.one_of(st.none(), st.integers(-200, 9_999).map(lambda cents: cents / 100)),
        st.sampled_from(["S", "M", None]),
    ),
    min_size=1,
    max_size=15,
)
NAMES = ["customer", "start", "end", "mrr", "plan"]


@given(rows)
@settings(max_examples=20, deadline=None)
def test_engines_read_alike(given_rows):
    columns = {name: [row[place] for row in given_rows] for place, name in enumerate(NAMES)}
    typed = pa.table(
        columns,
        schema=pa.schema([("customer", pa.string()), ("start", pa.date32()), ("end", pa.date32()),
                          ("mrr", pa.float64()), ("plan", pa.string())]),
    )  # fmt: skip
    results = []
    for table in (
        pd.DataFrame(columns),
        pl.from_arrow(typed),
        typed,
        nw.from_native(typed).lazy().to_native(),
    ):
        try:
            found = Subscriptions.from_frame(table)
        except SubscriptionError as error:
            results.append(str(error))
            continue
        lines = found.lines[["row", "customer", "start", "end", "yearly", "by plan"]].astype(str)
        results.append(
            (lines.values.tolist(), found.set_aside[["row", "reason"]].values.tolist(), found.names)
        )
    assert all(result == results[0] for result in results)


@given(rows)
@settings(max_examples=20, deadline=None)
def test_rows_are_accounted_for(given_rows):
    try:
        found = Subscriptions.from_frame(pd.DataFrame(given_rows, columns=NAMES).astype({"start": object}))
    except SubscriptionError:
        return
    numbers = sorted([*found.lines["row"], *found.set_aside["row"]])
    assert numbers == list(range(1, len(given_rows) + 1))
