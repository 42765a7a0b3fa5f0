"""When subscriptions begin and end: months written as text, day or month first, ends that are none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.movements import month_start
from retention_core.parsing import DATE_OUT_OF_RANGE, LATEST, UNREADABLE_DATE, is_missing, read_dates

Ints = npt.NDArray[np.int64]

RUNNING = LATEST.toordinal() + 1
BLANK = "(blank)"
_MONTH_ONLY = (
    (re.compile(r"(\d{4})[-/. ](\d{1,2})"), r"\1-\2-01"),
    (re.compile(r"(\d{1,2})[-/.](\d{4})"), r"\2-\1-01"),
    (re.compile(r"((?:19|20|21)\d\d)(\d\d)"), r"\1-\2-01"),
    (re.compile(r"([^\W\d_]{3,}\.?)[ -]+(\d{4})"), r"1 \1 \2"),
    (re.compile(r"(\d{4})[ -]+([^\W\d_]{3,})"), r"1 \2 \1"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """First day without for each row, with the reason where there is none."""

    days: Ints
    problems: npt.NDArray[np.object_]
    last_of_month: int
    given: int


def whole_months(table: nw.DataFrame[Any], column: str) -> nw.DataFrame[Any]:
    """The column with months written as dates, where they are text or numbers such as 202401."""
    dtype = table.schema[column]
    if isinstance(dtype, (nw.Date, nw.Datetime)):
        return table
    texts = [_as_date(str(value)) if value is not None else None for value in table[column].to_list()]
    return table.with_columns(nw.new_series(column, texts, nw.String, backend=table.implementation))


def _as_date(text: str) -> str:
    bare = re.sub(r"\.0$", "", text.strip())
    return next((form.sub(to, bare) for form, to in _MONTH_ONLY if form.fullmatch(bare)), text)


def day_order(
    table: nw.DataFrame[Any], roles: Mapping[str, str], asked: bool | None
) -> tuple[bool | None, tuple[str, ...], tuple[str, ...]]:
    """Day or month first, decided once for start and end together."""
    columns = [roles[role] for role in ("start", "end", "month") if role in roles]
    columns = [name for name in columns if table.schema[name] == nw.String]
    if asked is not None or not columns:
        return asked, (), ()
    cells = [cell for name in columns for cell in table[name].unique(maintain_order=True).to_list()]
    texts = [cell for cell in cells if isinstance(cell, str)]
    reading = read_dates(texts, None, '" and "'.join(columns))
    if not (reading.notes or reading.warnings):
        return None, (), ()
    either = zip(read_dates(texts, True).days, read_dates(texts, False).days, reading.days, strict=True)
    first = next(
        (day == day_first for day_first, month_first, day in either if day_first != month_first), None
    )
    return first, reading.notes, reading.warnings


def ends_of(lines: pd.DataFrame, column: str | None, day_first: bool | None, end_is_paid: bool) -> Ends:
    """The ends in a column of text, each different text read once."""
    days = np.full(len(lines), RUNNING, dtype=np.int64)
    problems = np.full(len(lines), None, dtype=object)
    if column is None or lines.empty:
        return Ends(days, problems, 0, 0)
    codes, texts = pd.factorize(lines[f"by {column}"])
    distinct = [None if text == BLANK else str(text) for text in texts]
    reading = read_dates(distinct, day_first, column)
    read = np.array([_end_day(text, day) for text, day in zip(distinct, reading.days, strict=True)])
    why = np.array(
        [_end_problem(text, why) for text, why in zip(distinct, reading.problems, strict=True)], dtype=object
    )
    days, problems = read[codes], why[codes]
    given = (days != RUNNING) & (problems == "")
    last = sum(_is_last_of_month(int(day)) for day in days[given])
    days = np.where(given & end_is_paid, days + 1, days).astype(np.int64)
    problems[problems == ""] = None
    return Ends(days, problems, last, int(given.sum()))


def _end_day(text: str | None, day: int | None) -> int:
    return RUNNING if text is None or day is None else day


def _end_problem(text: str | None, why: str | None) -> str:
    """Why an end cannot be read; a far future such as 9999-12-31 is how systems write "none"."""
    if is_missing(text) or why is None or "9999" in str(text):
        return ""
    return "unreadable end" if why == UNREADABLE_DATE else DATE_OUT_OF_RANGE.replace("date", "end")


def _is_last_of_month(day: int) -> bool:
    return dt.date.fromordinal(day + 1).day == 1


def monthly_ends(lines: pd.DataFrame) -> Ends:
    """Snapshots run from the first of their month to the first of the next; moves the starts too."""
    numbers = lines["month"].to_numpy()
    starts = {number: month_start(int(number)).toordinal() for number in np.unique(numbers)}
    ends = {number: month_start(int(number) + 1).toordinal() for number in starts}
    lines["day"] = np.array([starts[number] for number in numbers], dtype=np.int64)
    days = np.array([ends[number] for number in numbers], dtype=np.int64)
    return Ends(days, np.full(len(lines), None, dtype=object), 0, 0)
