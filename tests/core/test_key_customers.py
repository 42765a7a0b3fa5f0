"""Key customers: published rule, laws on any columns, and the same answer from columns and logs."""

import datetime as dt

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.key_customers import BLANK, key_customers_of, key_customers_of_columns

rows_of_purchases = st.lists(
    st.tuples(
        st.sampled_from(["a", "B", "c", "d", "7", "10"]),
        st.sampled_from([-20.0, 0.0, 0.1, 0.2, 0.3, 99.95]),
        st.sampled_from(["web", "shop", "10", None]),
    ),
    min_size=1,
    max_size=40,
)


def of_rows(rows, share=0.8):
    return key_customers_of_columns(*(list(column) for column in zip(*rows, strict=True)), share)


def log_of(rows, engine=None):
    frame = pd.DataFrame(rows, columns=["customer", "amount", "channel"])
    frame["date"] = dt.datetime(2025, 1, 2)
    frame["channel"] = frame["channel"].astype("str").where(frame["channel"].notna())
    return rc.OrderLog.from_frame(engine(frame) if engine else frame, groups=["channel"])


@given(rows_of_purchases, st.sampled_from([0.2, 0.5, 0.8, 1.0]))
@settings(deadline=None)
def test_the_prefix_reaches_the_share_and_no_shorter_one_does(rows, share):
    found = of_rows(rows, share)
    table = pd.DataFrame(found.columns())
    for one in found.groups:
        part = table[table["group"] == one.group]
        assert len(part) == one.key_customers
        if one.carried is None:
            assert one.value <= 1e-9
            continue
        assert part["share"].tolist() == pytest.approx((part["value"] / one.value).tolist())
        assert part["share"].sum() == pytest.approx(part["cumulative_share"].iloc[-1])
        assert part["cumulative_share"].iloc[-1] >= share - 1e-12
        assert (part["cumulative_share"].iloc[:-1] < share - 1e-12).all()
        assert part["value"].is_monotonic_decreasing or part["value"].diff().max() < 1e-9


@given(rows_of_purchases, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = of_rows(rows), of_rows(shuffled)
    assert [row[:2] for row in one.rows] == [row[:2] for row in other.rows]
    assert [row[4] for row in one.rows] == pytest.approx([row[4] for row in other.rows])


@given(rows_of_purchases)
@settings(max_examples=25, deadline=None)
def test_columns_and_their_log_agree(rows):
    try:
        log = log_of(rows)
    except rc.OrderLogError:
        return  # nothing but refunds is no log
    one, other = of_rows(rows), key_customers_of(log, "channel")
    assert [row[:2] for row in one.rows] == [row[:2] for row in other.rows]
    assert [row[2:] for row in one.rows] == [pytest.approx(row[2:]) for row in other.rows]
    assert [(g.group, g.customers, g.key_customers) for g in one.groups] == [
        (g.group, g.customers, g.key_customers) for g in other.groups
    ]


@pytest.mark.parametrize("engine", [pl.from_pandas, duckdb.from_df])
def test_every_engine_gives_the_same_table(engine):
    rows = [(f"C{n % 17}", n * 37 % 101 - 9.5, ("web", "Web", "shop")[n % 3]) for n in range(300)]
    found = key_customers_of(log_of(rows, engine), "channel")
    assert found.to_frame().equals(key_customers_of(log_of(rows), "channel").to_frame())
    assert [one.group for one in found.groups] == ["shop", "web"]


def test_a_customer_counts_in_every_group_with_what_it_brought_there():
    found = of_rows([("Ann", 70, "web"), ("ann ", 20, "web"), ("Ann", 30, "shop"), ("Bo", 10, "web")])
    assert found.rows == (("shop", "Ann", 30.0, 1.0, 1.0), ("web", "Ann", 90.0, 0.9, 0.9))


def test_a_share_reached_but_for_rounding_is_reached():
    found = of_rows([("a", 0.1, "g"), ("b", 0.1, "g"), ("c", 0.1, "g")], share=2 / 3)
    assert [row[1] for row in found.rows] == ["a", "b"]


def test_groups_without_value_have_no_key_customers_and_are_named():
    found = of_rows([("a", 5, "web"), ("b", 5, "shop"), ("b", -5, "shop"), ("c", -2, "fair")])
    assert {row[0] for row in found.rows} == {"web"}
    assert [(one.group, one.carried) for one in found.groups] == [
        ("fair", None),
        ("shop", None),
        ("web", 1.0),
    ]
    assert found.notes == ("No revenue above zero, hence no key customers, in: fair, shop.",)


def test_blank_groups_are_a_group_and_rows_without_customer_or_amount_do_not_count():
    found = of_rows([("a", 5, None), ("b", 1, " "), (None, 9, "web"), ("c", None, "web")])
    assert [(one.group, one.customers, one.value) for one in found.groups] == [(BLANK, 2, 6.0)]


def test_as_of_counts_what_lies_before():
    frame = pd.DataFrame(
        {"customer": ["a", "b"], "date": ["2025-01-01", "2025-02-01"], "amount": [1, 9], "line": ["x", "x"]}
    )
    log = rc.OrderLog.from_frame(frame, groups=["line"])
    assert key_customers_of(log, "line", as_of=dt.date(2025, 2, 1)).columns()["customer"] == ["a"]


def test_a_group_named_like_another_column_is_read_all_the_same():
    frame = pd.DataFrame({"who": ["a"], "date": ["2025-01-01"], "amount": [1], "value": ["north"]})
    log = rc.OrderLog.from_frame(frame, customer="who", amount="amount", groups=["value"])
    assert key_customers_of(log, "value").columns()["group"] == ["north"]


@pytest.mark.parametrize("share", [0, -1, 1.1, float("nan")])
def test_a_share_that_makes_no_sense_is_refused(share):
    with pytest.raises(rc.OrderLogError, match="share must be a fraction above 0"):
        of_rows([("a", 1, "g")], share)


@pytest.mark.parametrize("as_of", ["soon", 5])
def test_a_day_that_is_none_is_refused(as_of):
    with pytest.raises(rc.OrderLogError, match="as_of must be a date"):
        key_customers_of(log_of([("a", 5.0, "web")]), "channel", as_of=as_of)


def test_nothing_to_count_is_said():
    with pytest.raises(rc.OrderLogError, match="hold no purchase"):
        of_rows([(None, 1, "g")])
    with pytest.raises(rc.OrderLogError, match="too large to add up"):
        of_rows([("a", 1e308, "g"), ("b", 1e308, "g")])


def test_a_log_without_amounts_or_group_says_so():
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["a"], "date": ["2025-01-01"]}))
    with pytest.raises(rc.OrderLogError, match="amount is needed"):
        key_customers_of(log, "region")
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["a"], "date": ["2025-01-01"], "amount": [1]}))
    with pytest.raises(rc.ColumnError, match='"region" is not among the groups'):
        key_customers_of(log, "region")


def test_frames_have_their_columns_even_where_nobody_is_key():
    found = of_rows([("a", -5, "web")])
    assert found.to_frame().columns.tolist() == ["group", "customer", "value", "share", "cumulative_share"]
    assert found.groups_frame()["key_customers"].tolist() == [0]
