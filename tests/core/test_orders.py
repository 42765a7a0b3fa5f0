"""The door: what is used, what is set aside, and the same answer from every engine."""

import datetime as dt
import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.identity import customer_key

ENGINES = {
    "pandas": pd.DataFrame,
    "polars": lambda data: pl.DataFrame(data, strict=False),
    "polars lazy": lambda data: pl.LazyFrame(data, strict=False),
    "arrow": pa.table,
    "duckdb": lambda data: duckdb.connect().from_arrow(pa.table(data)),
}


def log_of(rows, columns=("customer", "date", "amount"), **options):
    return rc.OrderLog.from_frame(pd.DataFrame(rows, columns=list(columns)), **options)


def test_every_row_is_used_or_set_aside_with_its_number_and_reason():
    log = log_of(
        [
            ("Ann", "2025-01-05", "10"),
            (None, "2025-01-05", "10"),
            ("Bob", "soon", "10"),
            ("Bob", None, "10"),
            ("Bob", "2025-02-30", "10"),
            ("Cem", "9999-12-31", "10"),
            ("Cem", "2025-01-07", "ten"),
            ("Cem", "2025-01-07", ""),
            ("Cem", "2025-01-07", "1e308"),
            (None, None, None),
        ]
    )
    assert (log.rows, log.rows_used) == (10, 1)
    assert log.set_aside.to_dict("records") == [
        {"row": 2, "reason": "no customer", "value": ""},
        {"row": 3, "reason": "unreadable date", "value": "soon"},
        {"row": 4, "reason": "no date", "value": ""},
        {"row": 5, "reason": "unreadable date", "value": "2025-02-30"},
        {"row": 6, "reason": "date outside 1901 to 2199", "value": "9999-12-31"},
        {"row": 7, "reason": "unreadable amount", "value": "ten"},
        {"row": 8, "reason": "no amount", "value": ""},
        {"row": 9, "reason": "amount beyond 1,000,000,000,000,000", "value": "1e308"},
        {"row": 10, "reason": "blank row", "value": ""},
    ]


def test_orders_refunds_and_customers_are_counted_as_defined():
    log = log_of(
        [
            ("Ann", "2025-01-06", 10, "A1"),
            ("Ann", "2025-01-05", 5, "A1"),
            ("Ann", "2025-01-09", 0, "A2"),
            ("Ann", "2025-02-01", -5, "R1"),
            ("Bob", "2025-01-07", 8, None),
            ("Bob", "2025-01-07", 9, None),
            ("Cem", "2025-03-01", -3, "R2"),
        ],
        ("customer", "date", "amount", "order"),
    )
    assert (log.customers, log.orders, log.refunds) == (3, 3, 2)
    assert (log.first_day, log.last_day) == (dt.date(2025, 1, 5), dt.date(2025, 1, 9))
    table = log.customer_table().set_index("customer")
    assert table["orders"].to_dict() == {"Ann": 2, "Bob": 1, "Cem": 0}
    assert table["value"].to_dict() == {"Ann": 10, "Bob": 17, "Cem": -3}
    assert table["first_order"]["Ann"] == pd.Timestamp("2025-01-05")
    assert pd.isna(table["first_order"]["Cem"])


def test_the_same_customer_in_any_spelling_is_one():
    log = log_of(
        [
            (17850.0, "2025-01-05", 1),
            ("17850", "2025-01-06", 1),
            (" 17850.0 ", "2025-01-07", 1),
            ("Ann Lee", "2025-01-05", 1),
            ("ANN LEE ", "2025-01-06", 1),
        ]
    )
    assert log.customer_table()["customer"].tolist() == ["17850", "Ann Lee"]
    assert any("ANN LEE = Ann Lee" in warning for warning in log.warnings)


def test_exact_case_keeps_spellings_apart():
    rows = [("ann", "2025-01-05", 1), ("ANN", "2025-01-06", 1)]
    assert log_of(rows).customers == 1
    assert log_of(rows, exact_case=True).customers == 2


a_customer = st.one_of(st.text(max_size=12), st.integers(-(10**12), 10**12), st.floats(allow_nan=False))


@example([-0.001])
@example([1.125])
@given(st.lists(a_customer, min_size=1, max_size=2) | st.lists(a_customer, min_size=8, max_size=30))
@settings(max_examples=16, deadline=None)
def test_frames_and_cells_share_one_rule_of_identity(customers):
    other = "a name too long to be drawn"
    frame = pd.DataFrame({"customer": [*customers, other], "date": "2025-01-05"})
    log = rc.OrderLog.from_frame(frame)
    lines = log.lines.collect("pandas").to_native()
    keys = {row: customer_key(customer) for row, customer in enumerate(frame["customer"], start=1)}
    used = {row: key for row, key in keys.items() if key}
    assert dict(zip(lines["row"], lines["customer"], strict=True)) == used
    assert set(log.customer_table()["key"]) == set(used.values())


def test_customers_sort_as_in_a_spreadsheet():
    log = log_of([(name, "2025-01-05", 1) for name in ("b", "10", "9", "A")])
    assert log.customer_table()["customer"].tolist() == ["9", "10", "A", "b"]


def test_profit_is_value_where_cost_is_known_and_blank_costs_are_reported():
    rows = [("Ann", "2025-01-05", 10, 4), ("Bob", "2025-01-05", 10, None)]
    log = log_of(rows, ("customer", "date", "amount", "cost"))
    assert log.value_of == "profit"
    assert log.customer_table()["value"].tolist() == [6, 10]
    assert "1 used row has no cost: the whole amount counts as profit." in log.warnings


def test_quantity_times_price_is_the_amount():
    log = log_of([("Ann", "2025-01-05", 3, "2,50 €")], ("customer", "date", "quantity", "price"))
    assert log.customer_table()["value"].tolist() == [7.5]


def test_several_currencies_are_refused_or_one_kept():
    rows = [("Ann", "2025-01-05", "€10"), ("Bob", "2025-01-05", "$7"), ("Bob", "2025-01-06", "EUR 2")]
    with pytest.raises(rc.OrderLogError) as caught:
        log_of(rows)
    assert str(caught.value) == (
        "The amounts are in more than one currency (EUR 2 rows, USD 1 rows), and their sum would mean "
        "nothing: keep one currency, such as EUR."
    )
    kept = log_of(rows, keep_currency="€")
    assert (kept.rows_used, kept.set_aside_counts) == (2, {"another currency": 1})


def test_repeated_rows_are_counted_and_set_aside_on_request():
    rows = [("Ann", "2025-01-05", 1), ("Ann", "2025-01-05", 1), ("Bob", "2025-01-05", 1)]
    log = log_of(rows)
    assert (log.rows_used, len(log.set_aside)) == (3, 0)
    assert any(warning.startswith("1 row equals an earlier row") for warning in log.warnings)
    dropped = log_of(rows, drop_repeats=True)
    assert dropped.set_aside.to_dict("records") == [
        {"row": 2, "reason": "repeat of an earlier row", "value": ""}
    ]


def test_a_hole_of_years_in_the_log_is_reported():
    log = log_of([("Ann", "2025-01-05", 1), ("Ann", "2052-01-05", 1)])
    assert "No order between 2025-01-05 and 2052-01-05: check the dates on either side." in log.warnings


def test_the_callers_frame_is_not_altered():
    frame = pd.DataFrame({"customer": [" a ", None], "date": ["1/2/2025", "x"], "amount": ["1", "2"]})
    before = frame.copy(deep=True)
    rc.OrderLog.from_frame(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_columns_may_bear_any_name():
    frame = pd.DataFrame(
        {"row": ["Ann"], "day": ["2025-01-05"], "__source_row": [3], "code": ["x"], "refund": ["South"]}
    )
    log = rc.OrderLog.from_frame(
        frame, customer="row", date="day", amount="__source_row", groups=["refund", "code"]
    )
    assert log.customer_table(groups=["refund"])["refund"].tolist() == ["South"]


@pytest.mark.parametrize(
    "dates",
    [
        [dt.date(2025, 1, 5), dt.date(2025, 3, 1)],
        [dt.datetime(2025, 1, 5, 23, 59), dt.datetime(2025, 3, 1)],
        [45662.99, 45717.0],
        [20250105, 20250301],
        pd.to_datetime(["2025-01-05 23:30", "2025-03-01 00:30"]).tz_localize("America/New_York"),
        pd.to_datetime(["2025-01-05", "2025-03-01"]).astype("datetime64[ns]"),
    ],
)
def test_dates_of_any_type_mean_the_same_days(dates):
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["a", "b"], "date": dates}))
    assert (log.first_day, log.last_day) == (dt.date(2025, 1, 5), dt.date(2025, 3, 1))


def test_a_log_without_amounts_has_no_value():
    log = log_of([("Ann", "2025-01-05")], ("customer", "date"))
    assert log.value_of is None
    assert "value" not in log.customer_table()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(None, "2025-01-05", 1)], "No row of the 1 can be used: no customer 1."),
        (
            [("Ann", "2025-01-05", -1)],
            "Every usable row is a refund (an amount below zero), so there is no order.",
        ),
        ([], "No row of the 0 can be used: the table is empty."),
    ],
)
def test_a_log_without_an_order_is_an_error(rows, sentence):
    with pytest.raises(rc.OrderLogError) as caught:
        log_of(rows)
    assert str(caught.value) == sentence


def test_something_that_is_no_table_is_an_error():
    with pytest.raises(rc.ColumnError, match="must be a table such as a pandas or polars frame"):
        rc.OrderLog.from_frame([1, 2, 3])


messy_row = st.tuples(
    st.sampled_from(["Ann", "ANN", "bob ", "17850", "17850.0", None, ""]),
    st.one_of(st.none(), st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31)).map(str), st.just("bad")),
    st.one_of(st.none(), st.sampled_from(["1", "2.50", "-3", "(4.00)", "x", "0"])),
    st.sampled_from(["O1", "O2", None]),
    st.sampled_from(["North", "South", None]),
)
# every log costs the same time, however many rows it has: few logs, half of them long
messy = st.lists(messy_row, min_size=1, max_size=5) | st.lists(messy_row, min_size=12, max_size=50)


def answers(frame):
    """Everything a log says, or its error sentence."""
    try:
        log = rc.OrderLog.from_frame(frame, groups=["region"], drop_repeats=True)
    except rc.RetentionError as error:
        return str(error)
    table = log.customer_table(groups=["region"]).sort_values(["key", "region"]).reset_index(drop=True)
    figures = (log.rows, log.rows_used, log.customers, log.orders, log.refunds, log.first_day, log.last_day)
    periods = rc.period_retention(log, period="month").periods
    return figures, log.warnings, log.set_aside.to_dict("list"), table.astype(str).to_dict("list"), periods


@given(messy)
@settings(max_examples=16, deadline=None)
def test_every_engine_gives_the_same_answers(rows):
    names = ("customer", "date", "amount", "order", "region")
    data = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    schema = pa.schema([(name, pa.string()) for name in names])
    expected = answers(pa.table(data, schema=schema))
    assert answers(pd.DataFrame(data, dtype="object")) == expected
    assert answers(pl.DataFrame(data, schema=dict.fromkeys(names, pl.String))) == expected
    assert answers(duckdb.connect().from_arrow(pa.table(data, schema=schema))) == expected


@given(messy, st.randoms(use_true_random=False))
@settings(max_examples=16, deadline=None)
def test_shuffling_a_log_changes_no_figure(rows, random):
    names = ["customer", "date", "amount", "order", "region"]
    shuffled = random.sample(rows, len(rows))

    def figures(log_rows):
        try:
            log = rc.OrderLog.from_frame(pd.DataFrame(log_rows, columns=names))
        except rc.RetentionError as error:
            return str(error)
        table = log.customer_table().drop(columns="customer")  # the first spelling depends on the order
        values = table.assign(value=table["value"].round(9)).astype(str)
        return log.rows_used, log.set_aside_counts, log.orders, values.to_dict("list")

    assert figures(rows) == figures(shuffled)


def test_typed_frames_of_every_engine_agree():
    rng = np.random.default_rng(0)
    data = {
        "customer": rng.integers(1, 60, 800).astype(float).tolist(),
        "date": [dt.datetime(2024, 1, 1) + dt.timedelta(hours=int(h)) for h in rng.integers(0, 9000, 800)],
        "amount": np.round(rng.normal(30, 40, 800), 2).tolist(),
    }
    data["customer"][5] = None
    found = []
    for make in ENGINES.values():
        log = rc.OrderLog.from_frame(make(data))
        table = log.customer_table()
        found.append(
            (log.set_aside.to_dict("list"), table.assign(value=table["value"].round(6)).to_dict("list"))
        )
    assert all(answer == found[0] for answer in found)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_amount_that_is_no_number_is_set_aside_in_every_engine(engine):
    data = {
        "customer": ["a", "b", "c"],
        "date": [dt.date(2025, 1, 5)] * 3,
        "amount": [1.0, float("nan"), 2.0],
    }
    log = rc.OrderLog.from_frame(ENGINES[engine](data))
    assert log.set_aside.to_dict("records") == [
        {"row": 2, "reason": "no amount", "value": log.set_aside["value"][0]}
    ]
    assert log.customer_table()["value"].tolist() == [1, 2]


@pytest.mark.parametrize("engine", ENGINES)
def test_dropped_repeats_are_the_later_rows_and_every_row_is_in_one_place(engine):
    count = 30_000
    numbers = np.arange(count) % 700
    data = {
        "customer": [f"C{n}" for n in numbers],
        "date": [dt.date(2025, 1, 5)] * count,
        "amount": numbers.tolist(),
    }
    log = rc.OrderLog.from_frame(ENGINES[engine](data), drop_repeats=True)
    used = log.lines.select("row").collect("pandas").to_native()["row"]
    assert sorted(used) == list(range(1, 701))
    assert log.set_aside["row"].tolist() == list(range(701, count + 1))
    assert not any("equal" in warning for warning in log.warnings)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_arrow_text_of_any_kind_is_text(kind):
    table = pa.table(
        {"customer": pa.array(["a", "b"], kind), "date": pa.array(["2024-01-01", "2024-02-01"], kind)}
    )
    assert rc.OrderLog.from_frame(table).first_day == dt.date(2024, 1, 1)


def test_moments_in_a_zone_are_dated_by_that_zones_clock_in_frames_and_files(tmp_path):
    moments = pd.to_datetime(["2024-02-01 04:30", "2024-02-10 12:00"], utc=True).tz_convert(
        "America/New_York"
    )
    frame = pd.DataFrame({"customer": ["a", "b"], "date": moments})
    path = tmp_path / "orders.parquet"
    frame.to_parquet(path)
    for log in (rc.OrderLog.from_frame(frame), rc.OrderLog.from_file(path)):
        assert log.first_day == dt.date(2024, 1, 31)


def test_an_order_over_several_days_ends_the_log_on_its_first():
    rows = [("a", "2024-01-01", "1"), ("a", "2024-03-05", "2"), ("a", "2024-06-20", "2")]
    log = log_of(rows, ("customer", "date", "order"))
    assert log.last_day == dt.date(2024, 3, 5)
    assert log.customer_table()["last_order"].tolist() == [pd.Timestamp("2024-03-05")]


def test_a_group_may_bear_the_name_of_a_figure():
    log = log_of(
        [("Ann", "2025-01-05", 3, "x")], ("customer", "date", "amount", "value"), groups=["value", "value"]
    )
    table = log.customer_table(groups=["value"])
    assert (table["value"].tolist(), table["value (group)"].tolist()) == ([3], ["x"])
    assert list(rc.concentration_by(log, "value")) == ["x"]


def test_currency_signs_that_contradict_each_other_are_set_aside():
    log = log_of(
        [("Ann", "2025-01-05", "£10", "$5"), ("Bob", "2025-01-05", "£7", "£1")],
        ("customer", "date", "amount", "cost"),
    )
    assert log.set_aside_counts == {"two currencies in one row": 1}


def test_amounts_turned_down_need_no_single_currency():
    rows = [("Ann", "2025-01-05", "1", "EUR"), ("Bob", "2025-01-05", "1", "USD")]
    assert log_of(rows, ("customer", "date", "amount", "currency"), amount="").rows_used == 2


@pytest.mark.parametrize("written", [["1.125", "2.250,50"], ["1.125", "2.250,50", 3]])
def test_a_point_for_thousands_is_read_as_one_beside_a_decimal_comma(written):
    log = log_of([(f"C{place}", "2025-01-05", amount) for place, amount in enumerate(written)])
    assert log.customer_table()["value"].tolist()[:2] == [1125, 2250.5]


def test_numbers_among_texts_name_customers_orders_and_groups_as_they_are_written():
    rows = [(1.125, "2025-01-05", 0.001, 2.375, 1), ("b", "2025-01-05", "x", "y", 1)]
    log = log_of(rows, ("customer", "date", "order", "region", "amount"), groups=["region"])
    lines = log.lines.collect("pandas").to_native()
    assert lines[["customer", "order", "by region"]].iloc[0].tolist() == ["1.125", "0.001", "2.375"]


def test_numbers_among_texts_keep_their_size():
    log = log_of([("Ann", "2025-01-05", 1.125), ("Bob", "2025-01-05", "12,50"), ("Cem", "2025-01-05", 1.5)])
    assert log.customer_table()["value"].tolist() == [1.125, 12.5, 1.5]


@pytest.mark.parametrize("engine", ENGINES)
def test_large_and_small_float_customers_keep_their_digits(engine):
    data = {"customer": [1234567890123456.0, 17850.0, None], "date": [dt.date(2025, 1, 5)] * 3}
    log = rc.OrderLog.from_frame(ENGINES[engine](data))
    assert log.customer_table()["customer"].tolist() == ["17850", "1234567890123456"]


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pd.DataFrame([[1, 2]], columns=["date", "date"]), 'Two columns are named "date": rename one.'),
        (pd.DataFrame([[1, 2]]), "Column names must be text (got 0): rename the columns."),
        (
            pd.DataFrame({"customer": pd.Series(["A\ud800"], dtype=object), "date": ["2025-01-05"]}),
            "A cell holds half a character ('\\ud800'), which no table can store: export the table again.",
        ),
    ],
)
def test_frames_that_no_table_can_hold_are_one_sentence(frame, sentence):
    with pytest.raises(rc.ColumnError) as caught:
        rc.OrderLog.from_frame(frame)
    assert str(caught.value) == sentence


def test_missing_values_of_any_kind_in_mixed_columns_are_blank():
    frame = pd.DataFrame(
        {"customer": ["Ann", pd.NA, None], "date": ["2025-01-05", pd.NaT, 5], "tags": [[1, 2], None, 3]}
    )
    log = rc.OrderLog.from_frame(frame)
    assert log.set_aside_counts == {"blank row": 1, "no customer": 1}


def test_what_deserves_a_second_look_is_a_warning():
    rows = [(f"C{i}", "2025-01-05", 1) for i in range(20)] + [(None, "2025-01-05", 1)] * 2
    log = log_of(rows)
    assert log.warnings[:2] == (
        "2 of 22 rows (9%) are set aside: no customer 2.",
        'No customer ordered twice: check that "customer" is what tells customers apart.',
    )


def test_a_million_customers_and_emoji_simply_work():
    count = 1_000_000
    names = pa.array(np.char.add("🎁", np.arange(count).astype(str)))
    days = pa.array(np.datetime64("2024-01-01") + np.arange(count) % 700)
    log = rc.OrderLog.from_frame(
        pa.table({"customer": names, "date": days, "amount": pa.array(np.ones(count))})
    )
    assert (log.customers, log.orders) == (count, count)
    assert log.customer_table()["customer"].iloc[0].startswith("🎁")


def test_nothing_global_is_changed_by_reading():
    before = warnings.filters[:]
    state = np.random.get_state()[1].tolist()
    log_of([("Ann", "2025-01-05", 1)]).customer_table()
    assert warnings.filters == before
    assert np.random.get_state()[1].tolist() == state
