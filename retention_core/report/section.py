"""One question of a report: its sentences, a small table, and the same figures as plain values."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retention_core.concentration import Estimate
from retention_core.errors import RetentionError

_LONGEST_NAME = 32
_GAP = "  "


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A further table of a section; `told` if its last column holds sentences, which are not cut."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    words: int = 1
    told: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """What a report says to one question.

    Attributes
    ----------
    title
        Heading.
    sentences
        The answer, or why there is none.
    figures
        The same as plain values, for JSON; None stands for a figure that does not exist.
    columns, rows
        The table to read: headings, and as many texts in each row.
    words
        How many columns, from the left, hold words: they are aligned left, figures right.
    more
        Further tables to read, below the first.
    """

    title: str
    sentences: tuple[str, ...]
    figures: Mapping[str, Any]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    words: int = 1
    more: tuple[Grid, ...] = field(default=(), repr=False)

    def to_text(self) -> str:
        """The section as part of a page."""
        said = "\n".join(map(one_line, (self.title.upper(), *self.sentences)))
        grids = (Grid(self.columns, self.rows, self.words), *self.more)
        tables = [aligned(one.columns, one.rows, one.words, told=one.told) for one in grids if one.rows]
        return "\n\n".join((said, *tables))

    def to_json(self) -> dict[str, Any]:
        """The figures and the sentences as plain values."""
        return {"sentences": list(self.sentences), **self.figures}


def unanswered(title: str, why: RetentionError | str) -> Section:
    """The section of a question that this data cannot answer."""
    return Section(title, (str(why),), {"unanswered": str(why)})


def tried(title: str, answer: Callable[[], Section]) -> Section:
    """The answer, or the sentence that says why there is none."""
    try:
        return answer()
    except RetentionError as error:
        return unanswered(title, error)


def aligned(
    columns: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1, *, told: bool = False
) -> str:
    """A table in columns of even width, names cut to a length that fits; `told` sentences at its end are not.

    Examples
    --------
    >>> print(aligned(["plan", "rate"], [["basic", "9 %"], ["team", "100 %"]]))
    plan    rate
    basic    9 %
    team   100 %
    """
    last = len(columns) - 1 if told else len(columns)
    lines = [
        [_cell(cell) if place < last else one_line(cell) for place, cell in enumerate(row)]
        for row in (columns, *rows)
    ]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    shown = []
    for line in lines:
        cells = zip(line, widths, range(len(line)), strict=True)
        padded = [_padded(cell, width, left=place < words or place >= last) for cell, width, place in cells]
        shown.append(_GAP.join(padded).rstrip())
    return "\n".join(shown)


def one_line(text: str) -> str:
    """A sentence that may hold names from somebody's data, without line breaks and control characters.

    Examples
    --------
    >>> one_line("North\\n\\x1b[2JWest")
    'North [2JWest'
    """
    shown = (" " if one.isspace() else one for one in text if one.isprintable() or one.isspace())
    return " ".join("".join(shown).split())


def _cell(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 3] + "..."


def _width(text: str) -> int:
    """Places on a terminal, where Chinese characters and emoji take two and accents none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def _padded(text: str, width: int, *, left: bool) -> str:
    air = " " * (width - _width(text))
    return text + air if left else air + text


def strict(value: Any) -> Any:
    """The same for JSON: numpy's numbers as Python's, days as text, None for what is no finite number.

    Examples
    --------
    >>> strict({"rates": (0.5, float("nan"), float("inf"))})
    {'rates': [0.5, None, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): strict(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [strict(one) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def percent(rate: float | None) -> str:
    """A rate as the tables of a report show it.

    Examples
    --------
    >>> percent(0.1234), percent(None)
    ('12.3%', '-')
    """
    return "-" if rate is None or not math.isfinite(rate) else f"{rate:.1%}"


def number(value: float | None, digits: int = 0) -> str:
    """A figure as the tables of a report show it.

    Examples
    --------
    >>> number(1234567.8), number(-0.4), number(None)
    ('1,234,568', '0', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    return f"{round(value, digits) + 0.0:,.{digits}f}"


def counted(count: int, noun: str) -> str:
    """How many of what.

    Examples
    --------
    >>> counted(1, "customer"), counted(1200, "order")
    ('1 customer', '1,200 orders')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def spread(estimate: Estimate) -> str:
    """A rate with its interval.

    Examples
    --------
    >>> spread(Estimate(0.5, 0.4, 0.62))
    '50.0% (40.0% to 62.0%)'
    """
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)})"


def limits(estimate: Estimate) -> dict[str, float]:
    """A figure with its interval as plain values."""
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
