"""Dates and amounts as people type them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_core.parsing import (
    AMOUNT_TOO_LARGE,
    DATE_OUT_OF_RANGE,
    UNREADABLE_AMOUNT,
    UNREADABLE_DATE,
    decimal_votes,
    read_amounts,
    read_dates,
)

days = st.dates(date(1930, 1, 1), date(2199, 12, 31))


def day_of(text, day_first=None):
    (day,) = read_dates([text], day_first).days
    return date.fromordinal(day) if day else None


@pytest.mark.parametrize(
    "text",
    [
        "2010-12-01",
        "2010-12-01 08:26",
        "2010-12-01T08:26:00.123",
        "2010-12-01T08:26:00+02:00",
        "2010-12-01T08:26:00Z",
        "2010/12/01",
        "2010.12.1",
        "20101201",
        "20101201083000",
        "1 Dec 2010",
        "01-Dec-10",
        "1. Dezember 2010",
        "1 décembre 2010",
        "1 dic 2010",
        "1 de diciembre de 2010",
        "1st of December 2010",
        "2010-12-01 08:26:00+00",
        "20101201.0",
        "Dec 1, 2010",
        "December 1st, 2010 at 8:26 pm",
        "Wed, 1 Dec 2010 08:26:00 GMT",
        "Wednesday, December 1, 2010",
        "Mi 01.12.2010",
        "01.12.2010 08:26",
        "2010-Dec-01",
        "40513",
        "40513.35",
        "1291192000",
        "1291192000000",
    ],
)
def test_the_usual_ways_to_write_a_day_are_read(text):
    assert day_of(text, day_first=True) == date(2010, 12, 1)


@pytest.mark.parametrize(
    "text", ["soon", "2010", "31/02/2010", "0000-00-00", "12", "2010-13-01", "1/2/3/4", "٢"]
)
def test_what_is_no_date_is_unreadable(text):
    assert read_dates([text]).problems == (UNREADABLE_DATE,)


@pytest.mark.parametrize("text", ["", "  ", None, "NULL", "nan", "#N/A", "NaT"])
def test_a_blank_is_no_date(text):
    assert read_dates([text]).problems == ("no date",)


@pytest.mark.parametrize("text", ["1900-01-01", "9999-12-31", "1/1/1900"])
def test_placeholder_years_are_out_of_range(text):
    assert read_dates([text]).problems == (DATE_OUT_OF_RANGE,)


@given(st.lists(days, min_size=1, max_size=30), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y %H:%M"]))
def test_a_column_is_read_one_way_throughout(column, style):
    texts = [day.strftime(style) for day in column]
    reading = read_dates(texts, day_first=style.startswith("%d"))
    assert [date.fromordinal(day) for day in reading.days if day] == column


@given(st.lists(days, min_size=5, max_size=30), st.booleans())
def test_one_telling_date_decides_for_the_whole_column(column, day_first):
    style = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    column = [*column, date(2020, 5, 25)]
    reading = read_dates([day.strftime(style) for day in column])
    assert [date.fromordinal(day) for day in reading.days if day] == column
    assert not reading.warnings


@given(days)
def test_serial_numbers_are_read_as_spreadsheets_write_them(day):
    assert day_of(str((day - date(1899, 12, 30)).days)) == day


def test_a_column_that_could_be_read_both_ways_says_how_it_was_read():
    weekly = [(date(2025, 1, 1) + timedelta(7 * week)) for week in range(52)]
    low = [day for day in weekly if day.day <= 12]
    reading = read_dates([day.strftime("%m/%d/%Y") for day in low], column="Day")
    assert [date.fromordinal(day) for day in reading.days if day] == low
    assert reading.warnings == (
        'Every date in "Day" could be day/month or month/day; read as month/day/year. '
        "Say day first if that is wrong.",
    )


def test_dates_against_the_majority_are_set_aside_never_turned():
    reading = read_dates(["13/01/2025", "14/01/2025", "01/15/2025", "02/03/2025"])
    assert reading.problems == (None, None, UNREADABLE_DATE, None)
    assert date.fromordinal(reading.days[3]) == date(2025, 3, 2)
    assert "written both ways" in reading.warnings[0]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1234.5", 1234.5, None),
        ("1,234.50", 1234.5, None),
        ("1.234,50", 1234.5, None),
        ("1 234,50 €", 1234.5, "EUR"),
        ("1\u202f234,50\u00a0€", 1234.5, "EUR"),
        ("1'234.50 CHF", 1234.5, "CHF"),
        ("£1,234.50", 1234.5, "GBP"),
        ("-£5.00", -5.0, "GBP"),
        ("£-5.00", -5.0, "GBP"),
        ("(5.00)", -5.0, None),
        ("5.00-", -5.0, None),
        ("−5.00", -5.0, None),
        ("EUR 12", 12.0, "EUR"),
        ("12 kr", 12.0, "kr"),
        ("1.5e3", 1500.0, None),
        (".5", 0.5, None),
        ("5.-", 5.0, None),
        ("Fr. 1'250.-", 1250.0, "CHF"),
        ("12,-- €", 12.0, "EUR"),
        ("4-", -4.0, None),
        ("0.125", 0.125, None),
    ],
)
def test_amounts_are_read_with_separators_signs_and_currencies(text, amount, currency):
    reading = read_amounts([text])
    assert (reading.amounts, reading.currencies) == ((amount,), (currency,))


@pytest.mark.parametrize(
    "text", ["free", "12 pcs", "50%", "1,2,3", "--5", "(5", "€5$", "1.2.3", "=1+1", "12:30"]
)
def test_what_is_no_amount_is_unreadable(text):
    assert read_amounts([text]).problems == (UNREADABLE_AMOUNT,)


@pytest.mark.parametrize("text", ["1e308", "1e16", "-2000000000000000", "9" * 300])
def test_amounts_beyond_all_reason_are_set_aside(text):
    assert read_amounts([text]).problems == (AMOUNT_TOO_LARGE,)


def test_the_decimal_mark_is_decided_for_the_whole_column():
    assert read_amounts(["12,50", "1.000", "7"]).amounts == (12.5, 1000.0, 7.0)
    assert read_amounts(["12.50", "1,000", "7"]).amounts == (12.5, 1000.0, 7.0)
    mixed = read_amounts(["12.50", "13.25", "9,99", "1,234"])
    assert mixed.amounts == (12.5, 13.25, 9.99, 1234.0)
    assert "both decimal marks" in mixed.warnings[0]


def test_other_columns_decide_the_decimal_mark_where_a_column_cannot():
    prices = decimal_votes(["0,85", "12,50"])
    reading = read_amounts(["1.296", "6"], "Quantity", prices)
    assert (reading.amounts, reading.warnings) == ((1296.0, 6.0), ())


def test_a_column_without_a_telling_amount_says_so():
    reading = read_amounts(["1,234", "20"], "Net")
    assert reading.amounts == (1234.0, 20.0)
    assert 'Nothing in "Net" tells' in reading.warnings[0]


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20), st.booleans())
def test_formatted_amounts_are_read_back(amounts, comma):
    texts = [f"{amount:,.2f}" for amount in amounts]
    if comma:
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    assert read_amounts(texts).amounts == tuple(float(amount) for amount in amounts)


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text):
    assert len(read_dates([text]).days) == len(read_amounts([text]).amounts) == 1
