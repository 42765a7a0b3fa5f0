"""Text as people type it, read as days and amounts; what is ambiguous is decided once for a whole column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from retention_core.identity import BLANKS, MISSING

EARLIEST, LATEST = date(1901, 1, 1), date(2199, 12, 31)
AMOUNT_LIMIT = 1e15
UNREADABLE_DATE = "unreadable date"
DATE_OUT_OF_RANGE = f"date outside {EARLIEST.year} to {LATEST.year}"
UNREADABLE_AMOUNT = "unreadable amount"
AMOUNT_TOO_LARGE = "amount beyond 1,000,000,000,000,000"
_SERIAL_EPOCH = date(1899, 12, 30)
_UNIX_EPOCH = date(1970, 1, 1)
_FIRST_SERIAL = 10_000  # 18 May 1927; smaller numbers are years, counts or typing errors
_TIME = (
    r"(?:(?:[T ,]| +at +|, +) *\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?"
    r"(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|Uhr|[+-]\d{2}(?::?\d{2})?))?)?"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2 ?(\d{1,2})\.?" + _TIME)
_COMPACT = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)(?:T?\d{4}(?:\d\d)?Z?)?")
_THREE_NUMBERS = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d{2})" + _TIME)
_DAY_MONTH_NAME = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|\.)?[ -/]*(?:de |of )?([^\W\d_]{3,})\.?(?: de\b| of\b)?[ ,-/]*"
    r"(\d{4}|\d{2})" + _TIME
)
_MONTH_NAME_DAY = re.compile(r"([^\W\d_]{3,})\.?[ -]*(\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})" + _TIME)
_YEAR_MONTH_NAME = re.compile(r"(\d{4})[ -/]([^\W\d_]{3,})[ -/](\d{1,2})" + _TIME)
_FIRST_WORD = re.compile(r"([^\W\d_]{2,})\.?,? +")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MONTH_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro",
    "february feb februar février févr fév febrero febbraio februari fevereiro fev",
    "march mar märz mär mrz mars marzo maart mrt março",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août agosto ago augustus",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)
_MONTHS = {name: month for month, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}


@dataclass(frozen=True, slots=True)
class DateReading:
    """Days (proleptic ordinals, 1 = 1 January of year 1) or the reason there is none, for each text."""

    days: tuple[int | None, ...]
    problems: tuple[str | None, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def months(self) -> tuple[int | None, ...]:
        """Months since January of year 0, for each day."""
        days = (date.fromordinal(day) if day else None for day in self.days)
        return tuple(day.year * 12 + day.month - 1 if day else None for day in days)


@dataclass(frozen=True, slots=True)
class AmountReading:
    """Amounts or the reason there is none, and the currency each names, for each text."""

    amounts: tuple[float | None, ...]
    problems: tuple[str | None, ...]
    currencies: tuple[str | None, ...]
    warnings: tuple[str, ...]


def is_missing(text: str | None) -> bool:
    """Whether a cell's text stands for nothing: blank, a null marker or a spreadsheet error.

    Examples
    --------
    >>> is_missing(" "), is_missing("NaN"), is_missing("#REF!"), is_missing("0")
    (True, True, True, False)
    """
    return text is None or text.strip(BLANKS).lower() in MISSING


def read_dates(
    texts: Sequence[str | None], day_first: bool | None = None, column: str = "date"
) -> DateReading:
    """Days from dates in any of the usual formats, times dropped, day or month first decided once.

    Understood are ISO dates, year first, day or month first with any separator, names of months in
    English and the larger European languages, spreadsheet serial numbers and Unix time. In a column
    like 03/04/2025 a single value that can only be read one way decides for all; without one, dots
    mean day first and else the order that makes the column run more steadily is taken and reported.

    Parameters
    ----------
    texts
        Cells in the order of the table; each distinct one once is enough.
    day_first
        True or False to decide beforehand.
    column
        Name of the column, for the sentences.

    Examples
    --------
    >>> from datetime import date
    >>> reading = read_dates(["03/04/2025", "17/04/2025", "2025-05-01 10:30", "soon"])
    >>> [date.fromordinal(day).isoformat() if day else None for day in reading.days]
    ['2025-04-03', '2025-04-17', '2025-05-01', None]
    >>> reading.problems[-1]
    'unreadable date'
    """
    parts = [None if is_missing(text) else _date_parts(str(text).strip(BLANKS)) for text in texts]
    pending = [found for found in parts if isinstance(found, _EitherWay)]
    first, notes, warnings = _decide_day_first(pending, day_first, column)
    days: list[int | None] = []
    problems: list[str | None] = []
    for text, found in zip(texts, parts, strict=True):
        day = found.day(first) if isinstance(found, _EitherWay) else found
        problem = None
        if is_missing(text):
            problem = "no date"
        elif day is None:
            problem = UNREADABLE_DATE
        elif not EARLIEST <= day <= LATEST:
            problem = DATE_OUT_OF_RANGE
        problems.append(problem)
        days.append(None if problem or day is None else day.toordinal())
    return DateReading(tuple(days), tuple(problems), notes, warnings)


def day_of_serial(serial: float) -> date | None:
    """The day of a spreadsheet serial number or of Unix seconds or milliseconds.

    Examples
    --------
    >>> day_of_serial(45658.75), day_of_serial(1735689600)
    (datetime.date(2025, 1, 1), datetime.date(2025, 1, 1))
    """
    if _FIRST_SERIAL <= serial <= (LATEST - _SERIAL_EPOCH).days + 1:
        return _SERIAL_EPOCH + timedelta(days=int(serial))
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if 1e8 <= serial / unit <= 7.2e9:
            return _UNIX_EPOCH + timedelta(seconds=int(serial // unit))
    return None


@dataclass(frozen=True, slots=True)
class _EitherWay:
    """Two numbers and a year, day and month not yet told apart."""

    one: int
    two: int
    year: int
    separator: str

    def day(self, day_first: bool) -> date | None:
        return _day(self.year, self.two, self.one) if day_first else _day(self.year, self.one, self.two)


def _date_parts(text: str) -> date | _EitherWay | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(int(found[1]), int(found[3]), int(found[4]))
    if found := _THREE_NUMBERS.fullmatch(text):
        return _EitherWay(int(found[1]), int(found[3]), _full_year(found[4]), found[2])
    if found := _COMPACT.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if text.endswith(".0") and _COMPACT.fullmatch(text[:-2]):
        return _date_parts(text[:-2])
    if _NUMBER.fullmatch(text):
        return day_of_serial(float(text)) if len(text) < 30 else None
    return _named_month(text)


def _named_month(text: str) -> date | _EitherWay | None:
    bare = _without_weekday(text)
    if bare != text and (found := _THREE_NUMBERS.fullmatch(bare)):
        return _EitherWay(int(found[1]), int(found[3]), _full_year(found[4]), found[2])
    if found := _DAY_MONTH_NAME.fullmatch(bare):
        return _day(_full_year(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_NAME_DAY.fullmatch(bare):
        return _day(int(found[3]), _month(found[1]), int(found[2]))
    if found := _YEAR_MONTH_NAME.fullmatch(bare):
        return _day(int(found[1]), _month(found[2]), int(found[3]))
    return None


def _without_weekday(text: str) -> str:
    word = _FIRST_WORD.match(text)
    return text[word.end() :] if word and not _month(word[1]) else text


def _month(name: str) -> int:
    return _MONTHS.get(name.lower(), 0)


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 69 else 1900)  # as POSIX strptime


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _decide_day_first(
    pending: Sequence[_EitherWay], asked: bool | None, column: str
) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    """Day first or not, with the notes and the warnings that the decision deserves."""
    if not pending:
        return True, (), ()
    only_day_first = sum(found.one > 12 and found.two <= 12 for found in pending)
    only_month_first = sum(found.two > 12 and found.one <= 12 for found in pending)
    if asked is not None:
        return asked, (), ()
    if only_day_first or only_month_first:
        first = only_day_first >= only_month_first
        note = f'Dates in "{column}" are read as {_order_said(first)}.'
        odd = min(only_day_first, only_month_first)
        if not odd:
            return first, (note,), ()
        if only_day_first == only_month_first:
            common = "as often one way as the other; read as " + _order_said(first)
        else:
            common = f"{_order_said(first)} is the more common"
        return (
            first,
            (),
            (
                f'Dates in "{column}" are written both ways: {common}; '
                f"dates that cannot be read so are set aside ({odd:,} different).",
            ),
        )
    if all(found.one == found.two for found in pending):
        return True, (), ()
    if all(found.separator == "." for found in pending):
        return True, (f'Dates in "{column}" are read as {_order_said(True)}, as dots suggest.',), ()
    first = _jumps(pending, True) <= _jumps(pending, False)
    return (
        first,
        (),
        (
            f'Every date in "{column}" could be day/month or month/day; read as {_order_said(first)}. '
            f"Say {'month' if first else 'day'} first if that is wrong.",
        ),
    )


def _order_said(day_first: bool) -> str:
    return "day/month/year" if day_first else "month/day/year"


def _jumps(pending: Sequence[_EitherWay], day_first: bool) -> int:
    """Days travelled going down the column; logs are mostly in order, so the right reading travels less."""
    days = [day.toordinal() for found in pending if (day := found.day(day_first))]
    return sum(abs(later - earlier) for earlier, later in pairwise(days))


_SYMBOLS = {
    "€": "EUR", "£": "GBP", "$": "USD", "us$": "USD", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW",
    "₺": "TRY", "₪": "ILS", "฿": "THB", "₫": "VND", "₴": "UAH", "₦": "NGN", "₱": "PHP", "r$": "BRL",
    "a$": "AUD", "c$": "CAD", "zł": "PLN", "kč": "CZK", "fr": "CHF", "fr.": "CHF", "sfr": "CHF", "kr": "kr",
    "kr.": "kr", "rs": "INR", "rs.": "INR", "ft": "HUF", "lei": "RON", "euro": "EUR", "euros": "EUR",
}  # fmt: skip
_CODES = {
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR",
    "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "MAD", "MXN", "MYR", "NGN",
    "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TND",
    "TRY", "TWD", "UAH", "USD", "UYU", "VND", "ZAR",
}  # fmt: skip
_MARK = r"[^\d\s.,()+\-−'’]{1,5}\.?"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<sign>[-−+])? ?(?P<before>{_MARK})? ?(?P<sign2>[-−+])? ?"
    rf"(?P<body>\d[\d.,'’ ]*|[.,]\d+) ?(?P<sign3>[-−+])? ?(?P<after>{_MARK})? ?(?P<sign4>[-−])?(?P<close>\))?"
)
_NO_CENTS = re.compile(r"(?<=\d)([.,])[-–—]{1,2}(?!\d)")  # 5.- is five francs, not a refund
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007"), " ")


@dataclass(frozen=True, slots=True)
class _Written:
    """An amount taken apart: digits with separators, sign, currency; `exact` where float() can read it."""

    body: str
    negative: bool
    currency: str | None
    exact: float | None = None


def read_amounts(
    texts: Sequence[str | None], column: str = "amount", elsewhere: Counter[str] | None = None
) -> AmountReading:
    """Amounts with thousands separators, currency signs, brackets or trailing minus, read as numbers.

    A value that can be read one way only is read so. For the others (1,234 or 1.234) the decimal mark is
    decided once for the whole column, by the values that leave no doubt; where there are none, by those
    of the table's other columns; where there are none either, the point is the decimal mark, and that is
    reported.

    Parameters
    ----------
    elsewhere
        What `decimal_votes` found in the other columns.

    Examples
    --------
    >>> read_amounts(["£1,234.50", "(20.00)", "7", "free"]).amounts
    (1234.5, -20.0, 7.0, None)
    >>> read_amounts(["1.234,50 €", "20", "1.000"]).amounts
    (1234.5, 20.0, 1000.0)
    """
    written = [None if is_missing(text) else _take_apart(str(text)) for text in texts]
    votes = _votes(written)
    comma, warnings = _decide_decimal(votes, elsewhere or Counter(), column)
    amounts: list[float | None] = []
    problems: list[str | None] = []
    for text, found in zip(texts, written, strict=True):
        amount = _amount_of(found, comma) if found else None
        problem = None
        if is_missing(text):
            problem = "no amount"
        elif amount is None:
            problem = UNREADABLE_AMOUNT
        elif not abs(amount) <= AMOUNT_LIMIT:
            problem = AMOUNT_TOO_LARGE
        problems.append(problem)
        amounts.append(None if problem else amount)
    currencies = tuple(found.currency if found else None for found in written)
    return AmountReading(tuple(amounts), tuple(problems), currencies, warnings)


def currency_code(text: str | None) -> str | None:
    """The three-letter code of a currency's sign or name, None where nothing is named.

    Examples
    --------
    >>> currency_code("€"), currency_code("usd "), currency_code("")
    ('EUR', 'USD', None)
    """
    if text is None or is_missing(text):
        return None
    bare = text.strip(BLANKS)
    return _SYMBOLS.get(bare.lower(), bare.upper())


def _take_apart(text: str) -> _Written | None:
    bare = _NO_CENTS.sub(r"\g<1>00", text.strip(BLANKS).translate(_SPACES))
    if len(bare) > 400:
        return None
    if _PLAIN.fullmatch(bare):
        body = bare.lstrip("+-")
        exponent = "e" in body.lower()
        return _Written(body, bare.startswith("-"), None, float(body) if exponent else None)
    found = _AMOUNT.fullmatch(bare)
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    marks = [mark for mark in (found["before"], found["after"]) if mark]
    codes = [_known_currency(mark) for mark in marks]
    if None in codes or len(codes) > 1:
        return None
    signs = [sign for name in ("sign", "sign2", "sign3", "sign4") if (sign := found[name])]
    if len(signs) + bool(found["open"]) > 1:
        return None
    negative = bool(found["open"]) or any(sign in "-−" for sign in signs)
    body = found["body"].strip().replace("’", "'")
    return _Written(body, negative, codes[0] if codes else None)


def _known_currency(mark: str) -> str | None:
    if mark.lower() in _SYMBOLS:
        return _SYMBOLS[mark.lower()]
    code = mark.upper().rstrip(".")
    return code if code in _CODES else None


def decimal_votes(texts: Sequence[str | None]) -> Counter[str]:
    """How many different amounts of a column allow which decimal mark."""
    return _votes([None if is_missing(text) else _take_apart(str(text)) for text in texts])


def _votes(written: Sequence[_Written | None]) -> Counter[str]:
    return Counter(_vote(found.body) for found in written if found and found.exact is None)


def _decide_decimal(own: Counter[str], elsewhere: Counter[str], column: str) -> tuple[bool, tuple[str, ...]]:
    """Whether the comma is the decimal mark, with a warning where nothing decides."""
    votes = own if own["comma"] or own["point"] else elsewhere
    comma = votes["comma"] > votes["point"]
    warnings = []
    if not own["either"]:
        return comma, ()
    if votes["comma"] and votes["point"]:
        warnings.append(
            f'Amounts in "{column}" are written with both decimal marks; those that could be read either way '
            f"({own['either']:,} different) are read with the more common one, the "
            f"{'comma' if comma else 'point'}."
        )
    elif not votes["comma"] and not votes["point"]:
        warnings.append(
            f'Nothing in "{column}" tells whether 1,234 is a thousand or one and a bit; '
            "the point is taken as the decimal mark."
        )
    return comma, tuple(warnings)


_DECIMAL_POINT = re.compile(
    r"(?:\d+|[1-9]\d{0,2}(?:[, ']\d{3})+)?\.\d*|[1-9]\d{0,2}(?:[, ']\d{3})+|[1-9]\d?(?:,\d{2})*,\d{3}|\d+"
)  # the third form is the Indian grouping, 12,34,567
_DECIMAL_COMMA = re.compile(r"(?:\d+|[1-9]\d{0,2}(?:[. ']\d{3})+)?,\d*|[1-9]\d{0,2}(?:[. ']\d{3})+|\d+")


def _vote(body: str) -> str:
    """Which decimal mark an amount's digits allow: "point", "comma", "either", "both" alike or "neither"."""
    point, comma = _DECIMAL_POINT.fullmatch(body), _DECIMAL_COMMA.fullmatch(body)
    if point and comma:
        return "either" if re.search(r"[.,]", body) else "both"
    return "point" if point else "comma" if comma else "neither"


def _amount_of(found: _Written, comma: bool) -> float | None:
    if found.exact is not None:
        return -found.exact if found.negative else found.exact
    allowed = _vote(found.body)
    if allowed == "neither":
        return None
    with_comma = comma if allowed in ("either", "both") else allowed == "comma"
    thousands, mark = (".", ",") if with_comma else (",", ".")
    digits = found.body.replace(" ", "").replace("'", "").replace(thousands, "").replace(mark, ".")
    size = float(digits)
    return -size if found.negative else size
