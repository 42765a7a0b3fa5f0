"""Who is the same customer: one rule, as spreadsheets compare text."""

from __future__ import annotations

import re
from collections.abc import Sequence

BLANKS = " \t\r\n\v\f\u00a0\u200b\ufeff"
MISSING = {
    "", "nan", "null", "none", "n/a", "<na>", "nat",
    "#n/a", "#n/a!", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#spill!", "#calc!",
}  # fmt: skip
ALIKE = {"\u03c2": "\u03c3", "i\u0307": "i"}  # final sigma, dotted I: engines disagree on their lower case
WHOLE_NUMBER_WITH_POINT = r"^-?\d+\.0+$"
_WHOLE_NUMBER = re.compile(r"-?\d{1,18}")
_WITH_POINT = re.compile(WHOLE_NUMBER_WITH_POINT)


def customer_key(customer: object) -> str | None:
    """The key that all spellings of one customer share, or None where nobody is named.

    Text is trimmed, upper and lower case are alike, whole numbers lose their decimal point. Null
    markers and spreadsheet errors such as NaN, NULL and #N/A name nobody.

    Examples
    --------
    >>> customer_key(17850.0), customer_key(" 17850.0 "), customer_key("Ann LEE ")
    ('17850', '17850', 'ann lee')
    >>> customer_key("   "), customer_key("#N/A")
    (None, None)
    """
    key = customer_name(customer).lower()
    for written, meant in ALIKE.items():
        key = key.replace(written, meant)
    return None if key in MISSING else key


def customer_name(customer: object) -> str:
    """A customer as shown: trimmed text, whole numbers without a decimal point.

    Examples
    --------
    >>> customer_name(17850.0), customer_name(" Ann LEE ")
    ('17850', 'Ann LEE')
    """
    if _is_nothing(customer):
        return ""
    text = str(customer).strip(BLANKS)
    return text.partition(".")[0] if _WITH_POINT.fullmatch(text) else text


def _is_nothing(cell: object) -> bool:
    """Whether a cell is None or one of the kinds of nothing that do not equal themselves."""
    try:
        return cell is None or bool(cell != cell)
    except TypeError:  # pandas' NA does not say
        return True


def key_order(keys: Sequence[str]) -> list[int]:
    """Positions that sort customer keys as a spreadsheet does: whole numbers by size, then text.

    Examples
    --------
    >>> keys = ["b", "10", "9", "a"]
    >>> [keys[i] for i in key_order(keys)]
    ['9', '10', 'a', 'b']
    """
    numbers: list[int] = []
    texts: list[int] = []
    for place, key in enumerate(keys):
        (numbers if _WHOLE_NUMBER.fullmatch(key) else texts).append(place)
    numbers.sort(key=lambda place: (int(keys[place]), keys[place]))
    texts.sort(key=keys.__getitem__)
    return numbers + texts
