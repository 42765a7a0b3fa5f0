"""RFM: published scores, laws on any log, every engine alike."""

import datetime as dt

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.rfm import rfm_migration, rfm_of
from retention_core.rfm_scores import (
    GONE,
    NEW,
    REFUNDS_ONLY,
    SEGMENTS,
    Borders,
    Buyer,
    rfm_of_purchases,
    score_buyers,
)

FIRST, LAST = dt.date(2024, 1, 10), dt.date(2024, 12, 20)
order_rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "B", "c", "d", "7", "10"]),
        st.dates(FIRST, LAST),
        st.sampled_from([-20.0, 0.0, 0.1, 0.2, 0.3, 99.95]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(amount >= 0 for _, _, amount in rows))


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    return frame


def log_of(rows, **columns):
    return rc.OrderLog.from_frame(frame_of(rows), **columns)


# README of the R package rfm (first called segmentr; github.com/rsquaredacademy/rfm): the ten customers it
# shows of 995, as of 2006-12-31: recency in days, orders, amount, then the scores
PUBLISHED = [
    ("Abbey O'Reilly DVM", 205, 6, 472, 343),
    ("Add Senger", 140, 3, 340, 412),
    ("Aden Lesch Sr.", 194, 4, 405, 323),
    ("Admiral Senger", 132, 5, 448, 433),
    ("Agness O'Keefe", 90, 9, 843, 555),
    ("Aileen Barton", 84, 9, 763, 555),
    ("Ailene Hermann", 281, 8, 699, 355),
    ("Aiyanna Bruen PhD", 246, 4, 157, 321),
    ("Ala Schmidt DDS", 349, 3, 363, 212),
    ("Alannah Borer", 619, 4, 196, 121),
]
# the borders of the same data in the reference of rfm_table_order ("using custom threshold")
THRESHOLDS = Borders((115, 181, 297, 482), (4, 5, 6, 8), (256, 382, 506, 666))


@pytest.mark.parametrize(("name", "recency", "frequency", "monetary", "score"), PUBLISHED)
def test_fixed_borders_reproduce_the_scores_the_r_package_prints(name, recency, frequency, monetary, score):
    r, f, m = THRESHOLDS.scores(recency, frequency, monetary)
    assert 100 * r + 10 * f + m == score


@given(order_rows)
@settings(max_examples=15, deadline=None)
def test_a_score_is_the_share_of_customers_who_are_worse(rows):
    table = rfm_of(log_of(rows))
    active = [buyer for buyer in table.buyers if buyer.recency is not None]
    for buyer, scored in zip(table.buyers, table.scored, strict=True):
        if buyer.recency is None:
            assert (scored.recency, scored.segment) == (None, REFUNDS_ONLY)
            continue
        worse = [
            sum(other.recency > buyer.recency for other in active),
            sum(other.frequency < buyer.frequency for other in active),
            sum(other.monetary < buyer.monetary for other in active),
        ]
        scores = [1 + 5 * count // len(active) for count in worse]
        assert scores == [scored.recency, scored.frequency, scored.monetary]


@given(order_rows, st.none() | st.sampled_from([1, 30, 200]))
@settings(max_examples=15, deadline=None)
def test_plain_columns_score_as_their_log(rows, window):
    columns = [list(column) for column in zip(*rows, strict=True)]
    try:
        wanted = rfm_of(log_of(rows), window_days=window)
    except rc.OrderLogError:
        with pytest.raises(rc.OrderLogError):
            rfm_of_purchases(*columns, window_days=window)
        return
    assert rfm_of_purchases(*columns, window_days=window).columns() == wanted.columns()


@given(order_rows, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_shuffling_and_renaming_change_nothing(rows, random):
    shuffled = [(f"x{name}", day, amount) for name, day, amount in rows]
    random.shuffle(shuffled)
    wanted = rfm_of(log_of([(f"x{name}", day, amount) for name, day, amount in rows]))
    assert rfm_of(log_of(shuffled)).columns() == wanted.columns()
    before = {name.lower(): row for name, *row in zip(*rfm_of(log_of(rows)).columns().values(), strict=True)}
    after = {name.lower(): row for name, *row in zip(*wanted.columns().values(), strict=True)}
    assert {f"x{name}": row for name, row in before.items()} == after


@given(order_rows)
@settings(max_examples=15, deadline=None)
def test_splitting_a_line_into_two_changes_nothing(rows):
    split = [(name, day, amount * part) for name, day, amount in rows for part in (0.25, 0.75)]
    found, wanted = rfm_of(log_of(split)), rfm_of(log_of(rows))
    assert found.scored == wanted.scored
    for one, other in zip(found.buyers, wanted.buyers, strict=True):
        assert one[:4] == other[:4]
        assert one.monetary == pytest.approx(other.monetary, abs=1e-9)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("order", ["", "invoice"])
def test_every_engine_gives_the_same_table(engine, order):
    shop = pd.DataFrame(
        {
            "customer": [f"C{n % 37}" for n in range(400)],
            "date": pd.to_datetime([FIRST + dt.timedelta(days=(n * 7919) % 340) for n in range(400)]),
            "amount": [((n * 31) % 97) / 10 - 0.8 for n in range(400)],
            "invoice": [f"I{n // 2}" for n in range(400)],
        }
    )
    other = pl.from_pandas(shop) if engine == "polars" else duckdb.from_df(shop)
    wanted = rfm_of(rc.OrderLog.from_frame(shop, order=order))
    found = rfm_of(rc.OrderLog.from_frame(other, order=order))
    assert found.columns() == wanted.columns()
    assert found.borders == wanted.borders


def test_the_segments_cover_every_score_exactly_once():
    for recency in range(1, 6):
        for buying in range(1, 6):
            assert sum(segment.holds(recency, buying) for segment in SEGMENTS) == 1


def test_segments_add_up_to_everyone():
    rows = [(f"C{n}", FIRST + dt.timedelta(days=n * 13 % 300), n * 7.0 % 91) for n in range(80)]
    rows += [("Z", FIRST, -5.0)]
    table = rfm_of(log_of(rows))
    segments = table.segments_frame()
    assert segments["customers"].sum() == 81
    assert segments["value"].sum() == pytest.approx(sum(amount for _, _, amount in rows))
    assert segments["rule"].tolist()[0] == "recency 5, buying 4 to 5"
    assert segments["segment"].tolist()[-1] == REFUNDS_ONLY


def test_equal_customers_get_equal_scores():
    buyers = [Buyer(str(n), str(n), 10, 1, 5.0) for n in range(9)]
    buyers.append(Buyer("9", "9", 1, 8, 50.0))
    table = score_buyers(buyers, LAST)
    assert {row[:3] for row in table.scored[:9]} == {(1, 1, 1)}
    assert table.scored[9][:3] == (5, 5, 5)


def test_sums_that_differ_by_rounding_noise_are_equal():
    rows = [("A", FIRST, 0.1), ("A", FIRST, 0.2), ("B", FIRST, 0.3)]
    assert [row.monetary for row in rfm_of(log_of(rows)).scored] == [1, 1]


def test_recency_counts_from_the_last_order_to_as_of():
    rows = [
        ("A", dt.date(2025, 1, 1), 5.0),
        ("A", dt.date(2025, 1, 31), -1.0),
        ("B", dt.date(2025, 1, 10), 1.0),
    ]
    table = rfm_of(log_of(rows), as_of=dt.date(2025, 2, 1))
    assert [(buyer.recency, buyer.frequency, buyer.monetary) for buyer in table.buyers] == [
        (31, 1, 4.0),
        (22, 1, 1.0),
    ]
    assert [buyer.recency for buyer in rfm_of(log_of(rows)).buyers] == [10, 1]


def test_profit_is_used_where_a_cost_is_known():
    frame = frame_of([("A", FIRST, 10.0)]).assign(cost=4.0)
    table = rfm_of(rc.OrderLog.from_frame(frame, cost="cost"))
    assert (table.value_of, table.buyers[0].monetary) == ("profit", 6.0)


ROWS = [
    ("A", dt.date(2025, 1, 1), 5.0), ("B", dt.date(2025, 1, 20), 50.0), ("B", dt.date(2025, 6, 20), 50.0),
    ("C", dt.date(2025, 6, 1), 9.0),
]  # fmt: skip
SCALE = Borders((30, 60, 90, 180), (2, 3, 4, 5), (10, 20, 40, 80))


def test_migration_counts_everyone_once_with_the_new_and_the_gone():
    moved = rfm_migration(
        log_of(ROWS), dt.date(2025, 2, 1), dt.date(2025, 7, 1), borders=SCALE, window_days=90
    )
    frame = moved.to_frame().set_index("before")
    assert frame.to_numpy().sum() == 3
    assert frame.loc["New", GONE] + frame.loc["Promising", GONE] == 1
    assert frame.loc[NEW, "New"] == 1
    assert frame.loc["Potential loyalists", "Potential loyalists"] == 1


def test_without_a_window_nobody_is_gone():
    moved = rfm_migration(log_of(ROWS), dt.date(2025, 2, 1))
    frame = moved.to_frame().set_index("before")
    assert frame[GONE].sum() == 0
    assert frame.loc[NEW].sum() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"as_of": dt.date(2024, 1, 1)},
            "as_of must lie after an order: there is none before 2024-01-01.",
        ),
        (
            {"as_of": dt.date(2025, 5, 1), "window_days": 30},
            "as_of must lie after an order: there is none within the 30 days before 2025-05-01.",
        ),
        ({"as_of": 5}, "as_of must be a date (got 5)."),
        ({"window_days": 0}, "window_days must lie between 1 and 36,600 (got 0)."),
        (
            {"borders": Borders((1, 2, 3), (1, 2, 3, 4), (1, 2, 3, 4))},
            "recency must have 4 borders, each larger than the one before (got 1, 2, 3).",
        ),
        (
            {"borders": Borders((1, 2, 3, 4), (1, 3, 2, 4), (1, 2, 3, 4))},
            "frequency must have 4 borders, each larger than the one before (got 1, 3, 2, 4).",
        ),
    ],
)
def test_arguments_that_make_no_sense_get_one_sentence(arguments, sentence):
    with pytest.raises(rc.OrderLogError) as caught:
        rfm_of(log_of(ROWS), **arguments)
    assert str(caught.value) == sentence


def test_plain_columns_refuse_a_day_that_is_none():
    with pytest.raises(rc.OrderLogError, match="as_of must be a date"):
        rfm_of_purchases(["A"], [dt.date(2025, 1, 1)], [5], as_of="today")


def test_a_migration_backwards_and_a_log_without_amounts_get_one_sentence():
    with pytest.raises(rc.OrderLogError, match="after must be as of a later day than before"):
        rfm_migration(log_of(ROWS), dt.date(2025, 7, 1), dt.date(2025, 2, 1))
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["A"], "date": ["2025-01-01"]}))
    with pytest.raises(rc.OrderLogError, match="amount is needed for monetary value"):
        rfm_of(log)
