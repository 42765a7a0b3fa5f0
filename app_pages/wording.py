"""Numbers, dates and foreign text as the pages write them."""

from __future__ import annotations

import datetime as dt
import math
import re

_NARROW = "\u00a0"
_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def percent(fraction: float | None) -> str:
    """A fraction as people write it, with a space that does not break.

    Examples
    --------
    >>> percent(0.4834).replace("\\xa0", " "), percent(None)
    ('48.3 %', '–')
    """
    return "–" if _missing(fraction) else f"{fraction:.1%}".replace("%", f"{_NARROW}%")


def percent_between(low: float, high: float) -> str:
    """Both ends of an interval.

    Examples
    --------
    >>> percent_between(0.25, 0.5).replace("\\xa0", " ")
    '25.0 to 50.0 %'
    """
    return f"{percent(low).replace(f'{_NARROW}%', '')} to {percent(high)}"


def count(number: float | None) -> str:
    """A number of customers, orders or rows.

    Examples
    --------
    >>> count(1234), count(None)
    ('1,234', '–')
    """
    return "–" if _missing(number) else f"{number:,.0f}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row"), counted(2, "industry", "industries")
    ('1 row', '1,200 rows', '2 industries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money(amount: float | None) -> str:
    """An amount of the log's own currency: two decimals while they matter.

    Examples
    --------
    >>> money(12.5), money(412345.2), money(-3.0), money(1e21)
    ('12.50', '412,345', '-3.00', '1.000e+21')
    """
    if _missing(amount):
        return "–"
    if abs(amount) >= 1e15:
        return f"{amount:.3e}"
    return f"{amount:,.0f}" if abs(amount) >= 10_000 else f"{amount:,.2f}"


def points(gap: float) -> str:
    """The size of a difference of two rates.

    Examples
    --------
    >>> points(0.27), points(-0.004)
    ('27.0 points', '0.4 points')
    """
    return f"{abs(gap * 100):.1f} points"


def signed_points(gap: float) -> str:
    """A difference of two rates with its sign, in points.

    Examples
    --------
    >>> signed_points(0.27), signed_points(-0.004), signed_points(-0.0001)
    ('+27.0', '−0.4', '0.0')
    """
    size = f"{abs(gap * 100):.1f}"
    return size if float(size) == 0 else f"{'+' if gap > 0 else '−'}{size}"


def chance(p: float | None) -> str:
    """A probability with as many digits as matter.

    Examples
    --------
    >>> chance(0.0421), chance(1e-9), chance(None)
    ('0.042', '< 0.001', '–')
    """
    if _missing(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def period_name(kind: str, start: dt.date, end: dt.date) -> str:
    """A period in few letters; `end` is the first day of the next one.

    Examples
    --------
    >>> from datetime import date
    >>> period_name("month", date(2025, 4, 1), date(2025, 5, 1))
    'Apr 2025'
    >>> period_name("quarter", date(2025, 4, 1), date(2025, 7, 1))
    'Q2 2025'
    >>> period_name("quarter", date(2025, 2, 1), date(2025, 5, 1))
    'Feb–Apr 2025'
    >>> period_name("year", date(2025, 4, 1), date(2026, 4, 1))
    'Apr 2025–Mar 2026'
    """
    last = end - dt.timedelta(days=1)
    first_month, last_month = (_MONTH_NAMES[day.month - 1] for day in (start, last))
    if kind == "month":
        return f"{first_month} {start.year}"
    if kind == "quarter" and start.month % 3 == 1:
        return f"Q{start.month // 3 + 1} {start.year}"
    if kind == "year" and start.month == 1:
        return f"{start.year}"
    if start.year == last.year:
        return f"{first_month}–{last_month} {start.year}"
    return f"{first_month} {start.year}–{last_month} {last.year}"


def as_words(term: str) -> str:
    """A term of the benchmark table as a phrase.

    Examples
    --------
    >>> as_words("customer_retention_rate"), as_words("day30_retention")
    ('Customer retention rate', 'Retention after 30 days')
    """
    after_days = re.fullmatch(r"day(\d+)_retention", term)
    if after_days:
        return f"Retention after {counted(int(after_days[1]), 'day')}"
    text = plain_line(term).replace("_", " ")
    return text[:1].upper() + text[1:]


def plain_line(text: object, longest: int = 80) -> str:
    """Foreign text on one line, cut where it runs on; for places that render no markdown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def escaped(text: object, longest: int = 80) -> str:
    """Foreign text that markdown shows as it stands: no tags, links, formulas, colours or icons.

    Examples
    --------
    >>> escaped("<b>$x$</b>")
    '\\\\<b\\\\>\\\\$x\\\\$\\\\<\\\\/b\\\\>'
    """
    return sentence(plain_line(text, longest))


def sentence(text: str) -> str:
    """A sentence of the core, which may quote foreign text, safe for markdown."""
    # the word joiner keeps the icon and emoji passes, which run after parsing, from seeing a shortcode
    return _SPECIAL.sub(r"\\\1", text).replace("\\:", "\\:\u2060")


def spaced(text: str) -> str:
    """A sentence with its percentages as the pages write them, with a space that does not break.

    Examples
    --------
    >>> spaced("86% of the gaps, 0.9 is 90 %").replace("\\xa0", "~")
    '86~% of the gaps, 0.9 is 90~%'
    """
    return re.sub(r"(?<=\d) ?%", f"{_NARROW}%", text)


def _missing(number: float | None) -> bool:
    return number is None or math.isnan(number)
