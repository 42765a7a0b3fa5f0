"""What the doors for tables beside the orders share: names of columns, customers, days, yes and no."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.columns import find_column
from retention_core.errors import ColumnError, said
from retention_core.identity import customer_key, customer_name
from retention_core.parsing import is_missing, read_dates

Floats = npt.NDArray[np.float64]
_ANSWERS = {
    True: "yes y true 1 x ja j oui si replied reply answered responded response clicked opened bought ordered"
    " positive interested",
    False: "no n false 0 nein non none negative bounced ignored unanswered noreply noresponse noanswer"
    " nothing voicemail",
}
_ANSWER_OF = {word: answer for answer, words in _ANSWERS.items() for word in words.split()}
_SHOWN = 5
_LISTED = 20


def opened_frame(frame: Any) -> nw.DataFrame[Any]:
    """Any frame that narwhals reads as a pandas one, its names checked.

    Raises
    ------
    ColumnError
        If it is no table, a name is no text, or two columns have the same.
    """
    try:
        table = nw.from_native(frame)
        names: list[Any] = list(table.columns)
    except TypeError:
        raise ColumnError(
            f"`frame` must be a table such as a pandas or polars frame (got {type(frame).__name__})."
        ) from None
    except nw.exceptions.DuplicateError:
        twins = [name for name, count in Counter(frame.columns).items() if count > 1]
        raise ColumnError(f'Two columns are named "{said(twins[0])}": rename one.') from None
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None:
        raise ColumnError(f"Column names must be text (got {said(repr(wrong))}): rename the columns.")
    eager: nw.DataFrame[Any] = table.lazy().collect("pandas")
    return eager


@contextmanager
def text_said() -> Iterator[None]:
    """Turn the error of text that no file can hold into a sentence."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise ColumnError(
            f"A cell holds half a character ({said(ascii(error.object[error.start]))}), which no table can "
            "store: export the table again."
        ) from None


def resolved(
    names: Sequence[str],
    words: Mapping[str, Sequence[str]],
    asked: Mapping[str, str | None],
    needed: Sequence[str],
    row: str = "",
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Role -> column: what was asked for, the rest guessed, with a sentence for each guess.

    Parameters
    ----------
    words
        Role -> names of columns that give it away.
    asked
        Role -> column asked for, None to guess, "" for none.
    needed
        Roles without which the table is of no use.
    row
        What a row of the table is, for the error, such as "a contact".

    Raises
    ------
    ColumnError
        If a column that is needed or asked for is missing, or one is asked for twice.

    Examples
    --------
    >>> resolved(["Client", "Rating"], {"customer": ["client"], "score": ["rating"]}, {}, ["customer"])[0]
    {'customer': 'Client', 'score': 'Rating'}
    """
    for role, column in asked.items():
        if not (column is None or isinstance(column, str)):
            raise ColumnError(f"`{role}` must be the name of a column (got {said(repr(column))}).")
    given = {role: find_column(names, column, role) for role, column in asked.items() if column}
    for role, column in given.items():
        twin = next((other for other in given if other != role and given[other] == column), None)
        if twin is not None:
            raise ColumnError(f'"{said(column)}" cannot be both `{role}` and `{twin}`: name two columns.')
    free = [name for name in names if name not in given.values()]
    guesses: dict[str, str] = {}
    for role in words:
        found = _guess(words[role], free) if asked.get(role) is None else None
        if found is not None:
            guesses[role] = found
            free.remove(found)
    columns = {**given, **guesses}
    for role in needed:
        if role not in columns:
            what = role.replace("_", " ") + (f" of {row}" if row else "")
            raise ColumnError(
                f"No column looks like the {what}. The table has: {listed(names)}. "
                f"Name the one that holds it as `{role}`."
            )
    return columns, tuple(f'{role} is read from "{column}".' for role, column in guesses.items())


def listed(names: Sequence[str]) -> str:
    """Names of columns for a sentence, the first twenty."""
    return ", ".join(said(name) for name in names[:_LISTED])


def _guess(words: Sequence[str], names: Sequence[str]) -> str | None:
    ranked = [(words.index(plain_name(name)), name) for name in names if plain_name(name) in words]
    return min(ranked)[1] if ranked else None


def plain_name(name: str) -> str:
    """A name without case, accents, brackets, blanks and signs.

    Examples
    --------
    >>> plain_name("Referred by (customer)")
    'referredby'
    """
    bare = unicodedata.normalize("NFKD", re.sub(r"[(\[].*?[)\]]", "", name).lower())
    return re.sub(r"[\W_]", "", "".join(c for c in bare if not unicodedata.combining(c)))


def yes_or_no(text: str, further: Mapping[str, bool] | None = None) -> bool | None:
    """Whether a text says yes or no, in the words that contacts are answered with; None for neither.

    Examples
    --------
    >>> [yes_or_no(text) for text in ("Ja", "no", "1", "later")]
    [True, False, True, None]
    """
    plain = plain_name(text)
    return (further or {}).get(plain, _ANSWER_OF.get(plain))


def customers_of_cells(cells: Sequence[Any], exact_case: bool) -> tuple[list[str | None], list[str]]:
    """Key (None where nobody is named) and name in every cell.

    Examples
    --------
    >>> customers_of_cells([" Ann", 7.0, None], exact_case=False)
    (['ann', '7', None], ['Ann', '7', ''])
    """
    names = [customer_name(cell) for cell in cells]
    found = {name: customer_key(name) for name in dict.fromkeys(names)}
    keys = [(name if exact_case else key) if (key := found[name]) is not None else None for name in names]
    return keys, names


def days_of_cells(
    cells: pd.Series[Any], column: str, day_first: bool | None, used: Any, warnings: list[str]
) -> Floats:
    """Day of every cell as `date.toordinal`, NaN where there is none; warns of used cells that are none."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        stamps = cells.dt.tz_localize(None) if getattr(cells.dt, "tz", None) is not None else cells
        since = (stamps - pd.Timestamp("1970-01-01")).dt.days
        days_since: Floats = since.to_numpy(dtype=float)
        return days_since + dt.date(1970, 1, 1).toordinal()
    texts = [cell_text(cell) for cell in cells]
    different = list(dict.fromkeys(texts))
    reading = read_dates(different, day_first, column)
    days = dict(zip(different, reading.days, strict=True))
    warnings.extend(reading.warnings)
    warnings.extend(unread_said(texts, days, column, "no days", used))
    return np.array([math.nan if days[text] is None else days[text] for text in texts], dtype=float)


def unread_said(
    texts: Sequence[str | None], read: Mapping[str | None, Any], column: str, what: str, used: Any
) -> list[str]:
    """A sentence about the used cells that say something and were not read; nothing where there is none."""
    odd = [text for text, use in zip(texts, used, strict=True) if use and read[text] is None]
    return told(
        lambda cells: f'{cells:,} cells of "{said(column)}" are {what} and count as unknown',
        [text for text in odd if not is_missing(text)],
    )


def told(sentence: Callable[[int], str], cells: Iterable[str | None]) -> list[str]:
    """A sentence about how many cells are odd, with a few of them; nothing where none is."""
    odd = [cell for cell in cells if cell is not None]
    if not odd:
        return []
    shown = list(dict.fromkeys(odd))
    more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    return [f"{sentence(len(odd))}: {', '.join(map(said, shown[:_SHOWN]))}{more}."]


def cell_text(cell: Any) -> str | None:
    """The text of a cell, None for every kind of nothing."""
    return None if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell else str(cell)
