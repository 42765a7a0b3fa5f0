"""Periods: the definitions word for word on small logs, identities on any log."""

import datetime as dt
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.movements import period_of_orders
from retention_core.purchases import order_days

order_lists = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.dates(dt.date(2023, 6, 15), dt.date(2025, 3, 10))),
    min_size=1,
    max_size=30,
)


def log_of(orders):
    return rc.OrderLog.from_frame(pd.DataFrame(orders, columns=["customer", "date"]))


def active_at(orders, instant, window_start):
    return {customer for customer, day in orders if window_start <= day < instant}


def by_definition(orders, start, end, start_window, end_window):
    """The counts of a period, from the sets of active customers."""
    first = {customer: min(day for other, day in orders if other == customer) for customer, _ in orders}
    at_start, at_end = active_at(orders, start, start_window), active_at(orders, end, end_window)
    fresh = at_end - at_start
    new = {customer for customer in at_end if start <= first[customer] < end}
    reactivated = {customer for customer in fresh if first[customer] < start}
    lost = at_start - at_end
    return (len(at_start), len(at_end), len(new), len(reactivated), len(lost), len(at_start) - len(lost))


def counts(period):
    return (period.at_start, period.at_end, period.new, period.reactivated, period.lost, period.kept)


def months_back(day, months):
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


@given(order_lists, st.sampled_from(["month", "quarter", "year"]), st.sampled_from([None, 1, 20, 45, 200]))
@settings(max_examples=30, deadline=None)
def test_counts_follow_from_the_sets_of_active_customers(orders, size, window):
    table = rc.period_retention(log_of(orders), period=size, active_days=window)
    step = {"month": 1, "quarter": 3, "year": 12}[size]
    for period in table.periods:
        if window is None:
            windows = months_back(period.start, step), period.start
        else:
            windows = period.start - dt.timedelta(window), period.end - dt.timedelta(window)
        seen = [order for order in orders if order[1] < table.as_of]
        assert counts(period) == by_definition(seen, period.start, period.end, *windows)


@given(order_lists, st.sampled_from(["month", "quarter", "year"]), st.sampled_from([None, 45, 400]))
@settings(max_examples=30, deadline=None)
def test_a_single_period_agrees_with_the_table(orders, size, window):
    log = log_of(orders)
    as_of = log.first_day + (log.last_day - log.first_day) / 2 + dt.timedelta(1)
    for day in (None, as_of):
        for period in rc.period_retention(log, period=size, active_days=window, as_of=day).periods:
            found = rc.period_between(log, period.start, period.end, active_days=window, as_of=day)
            assert found == period


rows_of_any_kind = st.lists(
    st.tuples(
        st.sampled_from(["A", "a ", "B", "7", "7.0", "n/a", None]),
        st.none() | st.dates(dt.date(2024, 12, 1), dt.date(2025, 3, 10)) | st.just(dt.date(1900, 3, 1)),
        st.none() | st.sampled_from([-5.0, 0.0, 9.0, 2e15]),
    ),
    min_size=1,
    max_size=30,
)


@given(rows_of_any_kind, st.dates(dt.date(2024, 12, 20), dt.date(2025, 3, 1)), st.sampled_from([None, 1, 40]))
@settings(max_examples=30, deadline=None)
def test_plain_columns_count_as_their_order_log(rows, start, window):
    customers, dates, amounts = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {"customer": pd.Series(customers, dtype=str), "amount": pd.Series(amounts, dtype=float)}
    )
    frame["date"] = pd.Series(dates, dtype="datetime64[s]")
    end = start + dt.timedelta(days=28)
    try:
        log = rc.OrderLog.from_frame(frame)
    except rc.OrderLogError:
        with pytest.raises(rc.OrderLogError):
            order_days(customers, dates, amounts)
        return
    orders = order_days(customers, dates, amounts)
    assert (orders.rows, orders.rows_used) == (log.rows, log.rows_used)
    assert (orders.first_day, orders.last_day) == (log.first_day, log.last_day)
    found = period_of_orders(orders, start, end, active_days=window)
    assert found == rc.period_between(log, start, end, active_days=window)


def test_every_row_is_an_order_where_no_amounts_are_given():
    orders = order_days(["A", None, "a"], [dt.date(2025, 1, 1), dt.date(2025, 1, 2), dt.date(2025, 1, 3)])
    assert {key: len(days) for key, days in orders.days.items()} == {"a": 2}
    assert (orders.rows, orders.rows_used) == (3, 2)


@given(order_lists, st.sampled_from([None, 10, 100]))
@settings(max_examples=30, deadline=None)
def test_customers_flow_from_period_to_period(orders, window):
    periods = rc.period_retention(log_of(orders), period="month", active_days=window).periods
    for before, after in pairwise(periods):
        assert after.at_start == before.at_end
    for period in periods:
        assert period.at_end == period.at_start - period.lost + period.new + period.reactivated
        assert period.kept == period.at_end - period.new - period.reactivated
        if period.at_start:
            won = period.new + period.reactivated
            assert period.rate == rc.retention_rate(period.at_start, period.at_end, won)
            assert (period.low, period.high) == rc.rate_interval(period.kept, period.at_start)


def test_in_calendar_mode_retention_is_the_share_of_buyers_who_buy_again():
    orders = [("A", dt.date(2025, 1, day)) for day in (1, 31)]
    orders += [(name, dt.date(2025, 1, 10)) for name in "BCD"]
    orders += [("A", dt.date(2025, 2, 28)), ("B", dt.date(2025, 2, 1)), ("C", dt.date(2025, 3, 1))]
    table = rc.period_retention(log_of(orders), period="month")
    assert table.periods[1].rate == 0.5
    assert table.periods[2].reactivated == 1


def test_an_order_at_the_very_start_of_the_window_counts_and_one_at_its_end_does_not():
    orders = [("A", dt.date(2025, 1, 1)), ("B", dt.date(2025, 1, 22)), ("C", dt.date(2025, 2, 1))]
    log = log_of([*orders, ("D", dt.date(2025, 3, 31))])
    period = rc.period_between(log, dt.date(2025, 2, 1), dt.date(2025, 3, 1), active_days=10)
    assert period.at_start == 1


def test_the_period_in_progress_and_the_first_ones_are_not_complete():
    orders = [("A", dt.date(2025, 1, 1)), ("A", dt.date(2025, 2, 1)), ("A", dt.date(2025, 3, 15))]
    table = rc.period_retention(log_of(orders), period="month")
    assert [period.complete for period in table.periods] == [False, True, False]
    assert table.latest == table.periods[1]
    later = rc.period_retention(log_of(orders), period="month", as_of=dt.date(2025, 4, 1))
    assert [period.complete for period in later.periods] == [False, True, True]


def test_a_window_longer_than_the_log_so_far_leaves_a_period_incomplete():
    orders = [("A", dt.date(2025, month, 1)) for month in range(1, 8)]
    table = rc.period_retention(log_of(orders), period="month", active_days=60)
    assert [period.complete for period in table.periods] == [False, False, False, True, True, True, False]


def test_nobody_at_the_start_gives_no_rate():
    orders = [("A", dt.date(2025, 1, 1)), ("B", dt.date(2025, 3, 1)), ("B", dt.date(2025, 4, 30))]
    march = rc.period_retention(log_of(orders), period="month").periods[2]
    assert (march.at_start, march.rate, march.low, march.high) == (0, None, None, None)


def test_refunds_keep_nobody_active():
    frame = pd.DataFrame(
        {
            "customer": ["A", "A", "B", "B"],
            "date": ["2025-01-01", "2025-02-05", "2025-01-01", "2025-02-28"],
            "amount": [10, -10, 5, 5],
        }
    )
    february = rc.period_retention(rc.OrderLog.from_frame(frame), period="month").periods[1]
    assert (february.kept, february.lost) == (1, 1)


def test_an_order_is_dated_by_its_earliest_row():
    frame = pd.DataFrame(
        {
            "customer": ["A", "A", "B"],
            "date": ["2025-01-31", "2025-02-01", "2025-02-28"],
            "order": ["1", "1", "2"],
        }
    )
    log = rc.OrderLog.from_frame(frame)
    assert rc.period_retention(log, period="month").periods[1].kept == 0


@pytest.mark.parametrize(
    ("gaps", "chosen"),
    [([31] * 8 + [400] * 2, "month"), ([32] * 8 + [400] * 2, "quarter"), ([93] * 8 + [400] * 2, "year")],
)
def test_the_default_period_covers_four_fifths_of_the_gaps(gaps, chosen):
    days = [dt.date(2015, 1, 1)]
    for gap in gaps:
        days.append(days[-1] + dt.timedelta(gap))
    table = rc.period_retention(log_of([("A", day) for day in days]))
    assert table.period == chosen
    assert "80% of the gaps" in table.reason


def test_years_are_used_where_nothing_shorter_covers_the_gaps():
    orders = [("A", dt.date(2000 + 2 * place, 1, 1)) for place in range(6)]
    orders += [("B", dt.date(2000 + place, 5, 5)) for place in range(11)]
    table = rc.period_retention(log_of(orders))
    assert table.period == "year"
    assert table.reason.startswith("Years, although only 67%")


def test_a_log_too_short_for_its_period_falls_back_to_a_smaller_one():
    orders = [(name, dt.date(2025, 1, 1) + dt.timedelta(80 * place)) for name in "AB" for place in range(4)]
    table = rc.period_retention(log_of(orders))
    assert table.period == "month"
    assert "fewer than 2 complete quarters" in table.reason


def test_fiscal_years_may_start_in_any_month():
    orders = [("A", dt.date(2024, month, 10)) for month in range(1, 13)]
    table = rc.period_retention(log_of(orders), period="quarter", year_starts=2)
    assert [period.start for period in table.periods][:2] == [dt.date(2023, 11, 1), dt.date(2024, 2, 1)]
    years = rc.period_retention(log_of(orders), period="year", year_starts=4)
    assert [period.start for period in years.periods] == [dt.date(2023, 4, 1), dt.date(2024, 4, 1)]


def test_a_period_of_days_looks_back_as_many_days():
    orders = [("A", dt.date(2025, 1, 1)), ("B", dt.date(2025, 1, 5)), ("B", dt.date(2025, 1, 16))]
    period = rc.period_between(log_of(orders), dt.date(2025, 1, 11), dt.date(2025, 1, 18))
    assert (period.at_start, period.kept) == (1, 1)


def test_a_log_over_centuries_does_not_take_forever():
    orders = [("A", dt.date(1901, 1, 1)), ("A", dt.date(2199, 12, 31))]
    table = rc.period_retention(log_of(orders), period="month", active_days=36_600)
    assert len(table.periods) == 299 * 12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"period": "week"}, 'period must be month, quarter or year (got "week").'),
        ({"active_days": 0}, "active_days must lie between 1 and 36,600 (got 0)."),
        ({"active_days": 1.5}, "active_days must be a whole number (got 1.5)."),
        ({"active_days": float("inf")}, "active_days must be a whole number (got inf)."),
        ({"active_days": float("nan")}, "active_days must be a whole number (got nan)."),
        ({"as_of": "2025-01-05"}, "as_of must be a date (got '2025-01-05')."),
        ({"year_starts": 13}, "year_starts must be a month, 1 to 12 (got 13)."),
        (
            {"as_of": dt.date(2020, 1, 1)},
            "as_of must lie after the first order, on 2025-01-01 (got 2020-01-01).",
        ),
        (
            {"as_of": dt.date(9999, 1, 1)},
            "as_of lies more than a century after the last order, on 2025-01-01 (got 9999-01-01).",
        ),
    ],
)
def test_arguments_that_make_no_sense_get_one_sentence(arguments, sentence):
    with pytest.raises(rc.OrderLogError) as caught:
        rc.period_retention(log_of([("A", dt.date(2025, 1, 1))]), **arguments)
    assert str(caught.value) == sentence


def test_a_period_that_ends_before_it_starts_is_an_error():
    with pytest.raises(rc.OrderLogError, match="end must lie after start"):
        rc.period_between(log_of([("A", dt.date(2025, 1, 1))]), dt.date(2025, 2, 1), dt.date(2025, 1, 1))


def test_the_table_as_a_frame_has_a_row_a_period():
    table = rc.period_retention(
        log_of([("A", dt.date(2025, 1, 1)), ("A", dt.date(2025, 2, 3))]), period="month"
    )
    frame = table.to_frame()
    assert frame["start"].tolist() == [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")]
    assert frame["rate"].isna().tolist() == [True, False]
