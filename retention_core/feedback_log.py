"""The door for feedback: who was asked when, the score, what was suggested and whether it was adopted."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retention_core.columns import SYNONYMS
from retention_core.errors import said
from retention_core.identity import customer_name
from retention_core.net_promoter import is_score
from retention_core.parsing import read_dates
from retention_core.side_columns import told, yes_or_no
from retention_core.side_tables import (
    CUSTOMER_WORDS,
    Floats,
    Mask,
    SideTable,
    parted,
    reason_counts,
    says_nothing,
    table_of_file,
    table_of_frame,
)

NOT_A_SCORE = "score is no whole number from 0 to 10"
_NAMES: Mapping[str, str] = {
    "customer": " ".join(CUSTOMER_WORDS) + " respondent respondentid contactid",
    "date": "feedbackdate surveydate responsedate answeredon answeredat submittedat submitted submitdate"
    " askedon surveyedon feedbackdatum umfragedatum " + " ".join(SYNONYMS["date"]),
    "score": "npsscore nps score likelihoodtorecommend recommend recommendation rating feedbackscore answer"
    " bewertung weiterempfehlung note puntuacion voto",
    "suggestion": "suggestion suggestions idea ideas improvement comment comments feedbacktext feedback text"
    " verbatim proposal vorschlag verbesserungsvorschlag anregung kommentar idee sugerencia suggerimento"
    " suggestie forslag",
    "adopted": "adopted adoptedon adoptiondate implemented implementedon implementationdate accepted realised"
    " realized done umgesetzt umgesetztam uebernommen angenommen realisiert adoptee adoptada adottata",
}
_WORDS = {role: words.split() for role, words in _NAMES.items()}
_DECIDED_WORDS = {
    True: "adopted implemented accepted done realised realized live umgesetzt uebernommen"
    " angenommen realisiert",
    False: "rejected declined notadopted notimplemented refused abgelehnt verworfen",
}
_DECIDED = {word: answer for answer, words in _DECIDED_WORDS.items() for word in words.split()}
_NOTHING = dict.fromkeys(
    ("keine", "keiner", "nichts", "rien", "aucune", "nada", "ninguna", "niente", "geen"), False
)
_SCORE = re.compile(r"(\d{1,2})(?:[.,]0+)?(?:\s*/\s*10|\s*[-–—:(]\s*[^\W\d].*)?")
_MANY = 10


@dataclass(frozen=True, slots=True, eq=False)
class FeedbackLog:
    """What customers answered and suggested, linked to orders by identity key.

    Make one with `FeedbackLog.from_file` or `FeedbackLog.from_frame`. `lines` is a pandas frame of the usable
    rows: `row` (number in the source), `customer` (identity key), `name` (as written), `day` (as
    `date.toordinal`, NaN where unknown), `score` (NaN: asked but not answered, or no such column),
    `suggestion` (text or None), `suggested` (whether the row holds a suggestion), `adopted` (True, False, or
    None where undecided or no suggestion) and `adopted_on` (as `day`).
    `rows == rows_used + len(set_aside)`, always.

    Attributes
    ----------
    columns
        Role -> column of the source.
    customers
        Different customers in the usable rows.
    first_day, last_day
        Of the rows that have a day; None where none has.
    """

    lines: pd.DataFrame
    columns: Mapping[str, str]
    rows: int
    rows_used: int
    set_aside: pd.DataFrame
    guessed: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    customers: int
    first_day: dt.date | None
    last_day: dt.date | None

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str | None = None,
        date: str | None = None,
        score: str | None = None,
        suggestion: str | None = None,
        adopted: str | None = None,
        day_first: bool | None = None,
        exact_case: bool = False,
    ) -> FeedbackLog:
        """A feedback log from any frame that narwhals reads: pandas, polars, Arrow, a DuckDB relation.

        Parameters
        ----------
        frame
            One row a customer asked, or a suggestion. The frame is not altered.
        customer, date, score, suggestion, adopted
            Names of columns; those left out are guessed from the names, and `guessed` says how. "" says that
            there is none, and nothing is guessed. Only the customer is required.
        day_first, exact_case
            As for `OrderLog.from_frame`.

        Raises
        ------
        ColumnError
            If a column is missing, or no column looks like the customer.
        OrderLogError
            If no row is usable.

        Notes
        -----
        A blank cell is unknown; a date or score that cannot be read sets its row aside. A row with a blank
        score was asked and did not answer. `adopted` holds yes, no or the day of the adoption. Where some
        cell of it says no, a blank one is undecided; where none does, a blank one means not adopted. Without
        a column of suggestions, a row whose `adopted` says yes or no is one.

        Examples
        --------
        >>> log = FeedbackLog.from_frame(pd.DataFrame({
        ...     "Client": ["Ann", "ann", "Bo", None], "NPS": ["9", "", "6 - rather not", "4"],
        ...     "Date": ["2025-01-05", "2025-04-05", "2025-02-06", "2025-02-06"],
        ...     "Idea": ["Open on Sundays", "", "More green", ""], "Adopted": ["2025-03-01", "", "", ""]}))
        >>> log.customers, log.set_aside_counts, log.lines["score"].tolist()
        (2, {'no customer': 1}, [9.0, nan, 6.0])
        >>> log.lines["adopted"].tolist()
        [True, None, False]
        """
        asked = _asked(customer, date, score, suggestion, adopted)
        return _settled(table_of_frame(frame, _WORDS, asked, ("customer",)), day_first, exact_case)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        sheet: str | None = None,
        customer: str | None = None,
        date: str | None = None,
        score: str | None = None,
        suggestion: str | None = None,
        adopted: str | None = None,
        day_first: bool | None = None,
        exact_case: bool = False,
    ) -> FeedbackLog:
        """A feedback log from a csv (any delimiter and encoding), parquet, xlsx, xls or ods file.

        Takes what `from_frame` takes, and `sheet` for a workbook; rows are numbered as in the file.

        Raises
        ------
        FileError
            If the file cannot be read as a table.
        ColumnError, OrderLogError
            As `from_frame`.
        """
        asked = _asked(customer, date, score, suggestion, adopted)
        return _settled(table_of_file(path, sheet, _WORDS, asked, ("customer",)), day_first, exact_case)

    @property
    def set_aside_counts(self) -> dict[str, int]:
        """Reason -> rows set aside for it, most frequent first."""
        return reason_counts(self.set_aside)

    def before(self, as_of: dt.date | None) -> pd.DataFrame:
        """The lines as they stood at midnight of a day: those without a day are kept, later ones left out.

        What was adopted that day or later counts as undecided.
        """
        if as_of is None:
            return self.lines
        lines = self.lines[~(self.lines["day"] >= as_of.toordinal())].reset_index(drop=True)
        return lines.assign(adopted=lines["adopted"].mask(lines["adopted_on"] >= as_of.toordinal(), None))


def _asked(*columns: str | None) -> dict[str, str | None]:
    return dict(zip(_WORDS, columns, strict=True))


def _settled(table: SideTable, day_first: bool | None, exact_case: bool) -> FeedbackLog:
    keys, names = table.customers(exact_case)
    rows = len(table.numbers)
    nowhere = np.zeros(rows, dtype=bool)
    days, undated = (
        table.days("date", day_first) if "date" in table.columns else (np.full(rows, math.nan), nowhere)
    )
    scores, unscored = _scores(table) if "score" in table.columns else (np.full(rows, math.nan), nowhere)
    nobody = np.array([key is None for key in keys], dtype=bool)
    problems = [
        (nobody, "no customer", "customer"),
        (undated, "unreadable date", "date"),
        (unscored, NOT_A_SCORE, "score"),
    ]
    read = {"customer": keys, "name": names, "day": days, "score": scores}
    lines, set_aside = parted(table, read | _suggestions(table, day_first), problems, "feedback")
    lines = lines.astype({"suggestion": object, "adopted": object})
    known = lines["day"].dropna()
    return FeedbackLog(
        lines=lines,
        columns=table.columns,
        rows=table.rows,
        rows_used=len(lines),
        set_aside=set_aside,
        guessed=table.guessed,
        notes=(*table.notes, *_blank_days_note(lines, table.columns)),
        warnings=(*table.warnings, *_scale_warning(lines, table.columns)),
        customers=int(lines["customer"].nunique()),
        first_day=dt.date.fromordinal(int(known.min())) if len(known) else None,
        last_day=dt.date.fromordinal(int(known.max())) if len(known) else None,
    )


def _scores(table: SideTable) -> tuple[Floats, Mask]:
    """The scores, NaN where blank or no score, and where a cell is no score."""
    texts = table.texts("score")
    read = {text: _score(text) for text in dict.fromkeys(texts)}
    found = np.array([read[text] for text in texts], dtype=float)
    return np.where(found < 0, math.nan, found), found < 0


def _score(text: str | None) -> float:
    """A score from text, NaN for no answer, -1 for anything else."""
    if text is None or says_nothing(text):
        return math.nan
    whole = _SCORE.fullmatch(text)
    if whole and is_score(int(whole[1])):
        return float(whole[1])
    return math.nan if yes_or_no(text) is False else -1.0


def _suggestions(table: SideTable, day_first: bool | None) -> dict[str, Any]:
    """What was suggested and whether it was adopted, one entry a row."""
    rows = len(table.numbers)
    texts: list[str | None] = [None] * rows
    if "suggestion" in table.columns:
        texts = [None if text is None or _is_none(text) else text for text in table.texts("suggestion")]
    suggested = np.array([text is not None for text in texts], dtype=bool)
    adopted: list[bool | None] = [None] * rows
    adopted_on = np.full(rows, math.nan)
    if "adopted" in table.columns:
        adopted, adopted_on = _adoptions(table, day_first)
        suggested |= np.array([answer is True for answer in adopted], dtype=bool)
        if "suggestion" not in table.columns:
            suggested |= np.array([answer is False for answer in adopted], dtype=bool)
        blank = [text is None for text in table.texts("adopted")]
        if not any(answer is False for answer in adopted):
            adopted = [False if empty else answer for answer, empty in zip(adopted, blank, strict=True)]
        adopted = [answer if there else None for answer, there in zip(adopted, suggested, strict=True)]
    return {
        "suggestion": pd.Series(texts, dtype=object),
        "suggested": suggested,
        "adopted": pd.Series(adopted, dtype=object),
        "adopted_on": adopted_on,
    }


def _is_none(text: str) -> bool:
    return says_nothing(text) or yes_or_no(text, _NOTHING) is False


def _adoptions(table: SideTable, day_first: bool | None) -> tuple[list[bool | None], Floats]:
    """Yes, no or None of every cell, and the day where it is one."""
    cells = table.cells[table.columns["adopted"]]
    if pd.api.types.is_datetime64_any_dtype(cells):
        days, _ = table.days("adopted", day_first)
        return [None if math.isnan(day) else True for day in days.tolist()], days
    texts = [customer_name(text) if text else None for text in table.texts("adopted")]
    answers = {text: yes_or_no(text, _DECIDED) for text in dict.fromkeys(texts) if text}
    open_ = [text for text, answer in answers.items() if answer is None]
    reading = read_dates(open_, day_first, table.columns["adopted"])
    dates = {text: float(day) for text, day in zip(open_, reading.days, strict=True) if day}
    if dates:
        table.warnings.extend(reading.warnings)
    answers |= dict.fromkeys(dates, True)
    odd = [text for text in texts if text and answers[text] is None]
    column = said(table.columns["adopted"])
    table.warnings.extend(
        told(lambda n: f'{n:,} cells of "{column}" are no yes, no or day and count as undecided', odd)
    )
    found = [answers[text] if text else None for text in texts]
    return found, np.array([dates.get(text or "", math.nan) for text in texts], dtype=float)


def _blank_days_note(lines: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    blank = int(lines["day"].isna().sum()) if "date" in columns else 0
    what = "1 used row has" if blank == 1 else f"{blank:,} used rows have"
    return [f"{what} no date: they count wherever time plays no part."] if blank else []


def _scale_warning(lines: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """Scores on a shorter scale make everybody a detractor."""
    answered = lines["score"].dropna()
    if len(answered) < _MANY or answered.max() > _MANY / 2:
        return []
    return [
        f'No score of "{said(columns["score"])}" is above 5: if the scale ends there, these are no answers '
        "from 0 to 10, and the net promoter score means nothing."
    ]
