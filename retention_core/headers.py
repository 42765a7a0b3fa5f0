"""Where a table begins: the row of column names below titles, dates of print and blank lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from retention_core.columns import guess_columns
from retention_core.identity import BLANKS

SEARCHED_ROWS = 30
_LONGEST_FIGURE = 40
_MONEY = r"(?:[A-Z]{3}\s|Rs\.?\s?|(?:EUR|USD|GBP|CHF)\s?|[$€£¥]\s?)?"
_NUMBER = re.compile(
    rf"[-+(]?\s?{_MONEY}[-+(]?\d[\d.,'’_\u00a0\u202f ]*(?:[eE][-+]?\d+)?\s?[%€$£¥]?\s?(?:[A-Z]{{3}})?[-)]?"
    r"|[-+]?[.,]\d+"
)
_DATE = re.compile(
    r"\d{1,4}[-/. ]+(?:\d{1,2}|[^\W\d_]{3,9}\.?)[-/., ]+\d{1,4}(?:[T ,].*)?"
    r"|[^\W\d_]{3,9}\.?,? \d{1,2},? \d{4}(?: .*)?|\d{8}|\d{4}-\d{2}"
)

Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Below:
    """What the rows below a possible header look like."""

    width: int
    kinds: dict[int, str]
    next_kinds: dict[int, str]

    @property
    def starts_full(self) -> bool:
        """Whether the very next row is as wide as those after it."""
        return len(self.next_kinds) >= self.width > 0


def find_header(rows: Sequence[Row]) -> int | None:
    """Position of the row that names the columns, or None where no row can be one.

    A header has text in every filled cell, about as many filled cells as the rows below it, and numbers
    or dates below some of them (a table of text alone has its header in its first full row). Where the rows
    just below known names hold no figures, as answers spelt out do, the names are the header all the same.

    Examples
    --------
    >>> find_header([["Sales 2024"], [], ["customer", "amount"], ["Ann", "12.50"], ["Bob", "7.00"]])
    2
    >>> find_header([["customer", "score"], ["Ann", "eleven"], ["Bob", "7"]])
    0
    >>> find_header([["Ann", "12.50"], ["Bob", "7.00"]]) is None
    True
    """
    filled = [i for i, row in enumerate(rows) if _filled(row)]
    best: tuple[int, float, int] | None = None
    for order, position in enumerate(filled[:SEARCHED_ROWS]):
        below = _below(rows, filled[order + 1 :])
        score = _score(rows[position], below)
        if score is not None and (best is None or score > best[:2]):
            best = (*score, position)
            if score[0] and below.starts_full:
                break
    if best is None or _data_above(rows, filled, best[2]):
        return None
    return _named_above(rows, best[2])


def kind_of_cell(text: str) -> str:
    """ "number", "date" or "text": what a cell looks like at first sight.

    Examples
    --------
    >>> [kind_of_cell(text) for text in ("1.234,50 €", "(12)", "2010-12-01 08:26:00", "A12", "Q1 2024")]
    ['number', 'number', 'date', 'text', 'text']
    """
    text = text.strip(BLANKS)
    if len(text) > _LONGEST_FIGURE:
        return "text"
    if _DATE.fullmatch(text):
        return "date"
    return "number" if _NUMBER.fullmatch(text) else "text"


def _filled(row: Row) -> dict[int, str]:
    return {i: cell for i, cell in enumerate(row) if cell is not None and cell.strip(BLANKS)}


def _below(rows: Sequence[Row], positions: Sequence[int]) -> Below:
    """The typical width and, by column, the usual kind of cell in the next twenty filled rows."""
    following = [_filled(rows[i]) for i in positions[:20]]
    seen: dict[int, Counter[str]] = {}
    for row in following:
        for i, cell in row.items():
            seen.setdefault(i, Counter())[kind_of_cell(cell)] += 1
    return Below(
        width=median_low([len(row) for row in following]) if following else 0,
        kinds={i: kinds.most_common(1)[0][0] for i, kinds in seen.items()},
        next_kinds={i: kind_of_cell(cell) for i, cell in following[0].items()} if following else {},
    )


def _score(row: Row, below: Below) -> tuple[int, float] | None:
    """How much a row looks like the header of the rows below; None where it cannot be one."""
    cells = _filled(row)
    if any(kind_of_cell(cell) != "text" for cell in cells.values()):
        return None
    fit = min(len(cells) / below.width, 1.0) if below.width else 1.0
    if fit < 0.6 or len(set(cells.values())) < len(cells) / 2:
        return None
    typed = any(below.kinds.get(i) == kind != "text" for i, kind in below.next_kinds.items() if i in cells)
    return int(typed), fit


def _data_above(rows: Sequence[Row], filled: Sequence[int], header: int) -> bool:
    """Whether rows above the chosen header are data already, so that it is no header at all."""
    above = [i for i in filled if i < header]
    below = _below(rows, [i for i in filled if i > header])
    alike = sum(_is_like(rows[i], below) for i in above)
    return alike >= (1 if below.width > 2 else 2)


def _named_above(rows: Sequence[Row], chosen: int) -> int:
    """The row of known names straight above, where the row chosen has none: that is data without figures."""
    cells = _filled(rows[chosen])
    if guess_columns(dict.fromkeys(cells.values())).named():
        return chosen
    for position in range(chosen - 1, -1, -1):
        above = _filled(rows[position])
        if above.keys() != cells.keys() or any(kind_of_cell(cell) != "text" for cell in above.values()):
            break
        if _names_customers(above):
            return position
    return chosen


def _names_customers(cells: Mapping[int, str]) -> bool:
    """Whether cells are names of columns, the customer's among them and half of them known."""
    known = guess_columns(dict.fromkeys(cells.values())).named()
    return "customer" in known and 2 * len(known) >= len(cells)


def _is_like(row: Row, below: Below) -> bool:
    cells = _filled(row)
    if len(cells) < max(below.width, 1):
        return False
    return any(kind_of_cell(cell) == below.kinds.get(i) != "text" for i, cell in cells.items())
