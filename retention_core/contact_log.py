"""The door for contacts: who was spoken to when, how they answered, and who wants to be left alone."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from retention_core.cleaning import ROW, SOURCE_ROW, Rules, as_text_where_mixed, clean
from retention_core.columns import SYNONYMS, Columns
from retention_core.errors import OrderLogError
from retention_core.identity import customer_key, customer_name, key_order
from retention_core.orders import OrderLog
from retention_core.parsing import is_missing, read_amounts, read_dates
from retention_core.purchases import plain_day
from retention_core.side_columns import opened_frame, resolved, text_said, told, yes_or_no
from retention_core.stage_tables import Prospect

OPTIONAL = ("kind", "response", "score", "do_not_contact")
ROLES = ("customer", "date", *OPTIONAL)
_NAMES: Mapping[str, str] = {
    "customer": " ".join(SYNONYMS["customer"]) + " contactname contactid lead leadid prospect prospectid",
    "date": "contactdate contactedat contacted senton sentat sentdate activitydate calldate visitdate visited"
    " meetingdate lastcontact kontaktdatum kontaktiertam datecontact fechacontacto datacontatto "
    + " ".join(SYNONYMS["date"]),
    "kind": "contactkind contacttype kindofcontact typeofcontact kind type activitytype activity channel"
    " medium touchpoint kontaktart art typ kanal canal tipo",
    "response": "response responded answer answered reply replied reaction outcome result antwort reaktion"
    " ergebnis reponse respuesta risposta",
    "score": "feedbackscore score nps npsscore csat rating satisfaction stars feedback bewertung note"
    " zufriedenheit puntuacion valoracion voto",
    "do_not_contact": "donotcontact donotcall donotemail dnc optout optedout unsubscribed unsubscribe stop"
    " nocontact blocked kontaktsperre werbesperre gesperrt nichtkontaktieren nepascontacter nocontactar",
}
_WORDS = {role: words.split() for role, words in _NAMES.items()}
_PREFIX = "by "
_BLANK = "(blank)"  # how `clean` writes a blank cell of a group
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class ContactLog:
    """Contacts with customers and with those who have not bought yet, linked to orders by identity key.

    Make one with `ContactLog.from_file` or `ContactLog.from_frame`. Contacts are held in memory: `lines` is a
    pandas frame of the usable rows with `row` (number in the source), `customer` (identity key), `name` (as
    written), `day` (as `date.toordinal`) and, where the source has them, `kind` (text, None where blank),
    `response` (True, False, or None where unknown) and `score` (NaN where unknown).
    `rows == rows_used + len(set_aside)`, always.

    Attributes
    ----------
    columns
        Role -> column of the source.
    do_not_contact
        Keys of the customers who want to be left alone. A mark counts in every row that names a customer,
        also in those that cannot be used as contacts, until a later day's row takes it back.
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
    first_day: dt.date
    last_day: dt.date
    do_not_contact: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str | None = None,
        date: str | None = None,
        kind: str | None = None,
        response: str | None = None,
        score: str | None = None,
        do_not_contact: str | None = None,
        day_first: bool | None = None,
        exact_case: bool = False,
    ) -> ContactLog:
        """A contact log from any frame that narwhals reads: pandas, polars, Arrow, a DuckDB relation.

        Parameters
        ----------
        frame
            One row a contact. The frame is not altered.
        customer, date, kind, response, score, do_not_contact
            Names of columns; those left out are guessed from the names, and `guessed` says how. ""
            says that there is none, and nothing is guessed. All but the first two are optional.
        day_first
            How to read 03/04/2025; decided from the column when left out.
        exact_case
            As for the orders: keep customers apart whose names differ only in upper and lower case.

        Raises
        ------
        ColumnError
            If a column is missing, or no column looks like the customer or the date.
        OrderLogError
            If no row is usable.

        Examples
        --------
        >>> rows = {"Lead": ["Ann", "ann", None], "Contacted": ["2025-01-05", "2025-02-05", "2025-02-06"],
        ...         "Type": ["call", "letter", "call"], "Reply": ["yes", "", "no"], "Opt-out": ["", "x", ""]}
        >>> log = ContactLog.from_frame(pd.DataFrame(rows))
        >>> log.customers, log.set_aside_counts, sorted(log.do_not_contact)
        (1, {'no customer': 1}, ['ann'])
        """
        asked = _asked(customer, date, kind, response, score, do_not_contact)
        opened = opened_frame(frame)
        columns, guessed = resolved(opened.columns, _WORDS, asked, ("customer", "date"), "a contact")
        rules = Rules(day_first, None, exact_case)
        with text_said():
            table: nw.DataFrame[Any] = as_text_where_mixed(opened)  # type: ignore[assignment]  # stays eager
            numbered = table.with_row_index(SOURCE_ROW).with_columns(nw.col(SOURCE_ROW).cast(nw.Int64) + 1)
            return _settled(numbered, columns, rules, guessed, len(table), [], ())

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        sheet: str | None = None,
        customer: str | None = None,
        date: str | None = None,
        kind: str | None = None,
        response: str | None = None,
        score: str | None = None,
        do_not_contact: str | None = None,
        day_first: bool | None = None,
        exact_case: bool = False,
    ) -> ContactLog:
        """A contact log from a csv (any delimiter and encoding), parquet, xlsx, xls or ods file.

        Takes what `from_frame` takes, and `sheet` for a workbook; rows are numbered as in the file.

        Raises
        ------
        FileError
            If the file cannot be read as a table.
        ColumnError, OrderLogError
            As `from_frame`.
        """
        from retention_core import files

        raw = files.read_table(path, sheet=sheet)
        asked = _asked(customer, date, kind, response, score, do_not_contact)
        columns, guessed = resolved(raw.columns, _WORDS, asked, ("customer", "date"), "a contact")
        rules = Rules(day_first, None, exact_case)
        with files.damage_said(path):
            table = nw.from_native(raw.frame).lazy().collect("pandas").rename({files.ROW: SOURCE_ROW})
            aside = [pd.DataFrame(raw.set_aside, columns=[ROW, "reason", "value"])]
            return _settled(table, columns, rules, guessed, raw.rows, aside, raw.notes)

    @property
    def set_aside_counts(self) -> dict[str, int]:
        """Reason -> rows set aside for it, most frequent first."""
        counts = Counter(self.set_aside["reason"].tolist())
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def contact_table(self, as_of: dt.date | None = None) -> pd.DataFrame:
        """One row a customer in contact: contacts, first and last contact, and what is known of each.

        Parameters
        ----------
        as_of
            Count only what lies before this day.

        Returns
        -------
        pandas.DataFrame
            `key`, `customer` (first spelling), `contacts`, `first_contact`, `last_contact`,
            `do_not_contact` and, where the log has the columns, `last_kind`, `asked` (contacts whose
            response is known), `responses` and `score` (the latest known, NaN where none is). Those who
            were never contacted before `as_of` have no row, whatever their mark.
        """
        lines = self.lines if as_of is None else self._before(as_of)
        ordered = lines.sort_values(["day", ROW], kind="stable")
        by = ordered.groupby("customer", sort=False)
        table = pd.DataFrame({"customer": lines.sort_values(ROW).groupby("customer")["name"].first()})
        table["contacts"] = by.size()
        for end in ("first", "last"):
            days = by["day"].agg("min" if end == "first" else "max") - pd.Timestamp("1970-01-01").toordinal()
            table[f"{end}_contact"] = pd.Timestamp("1970-01-01") + pd.to_timedelta(days, unit="D")
        table["do_not_contact"] = table.index.isin(list(self.do_not_contact))
        if "kind" in self.columns:
            table["last_kind"] = ordered.drop_duplicates("customer", keep="last").set_index("customer")[
                "kind"
            ]
        if "response" in self.columns:
            known = ordered["response"].notna()
            table["asked"] = known.groupby(ordered["customer"]).sum().astype("int64")
            said_yes = ordered["response"].eq(True).groupby(ordered["customer"]).sum()
            table["responses"] = said_yes.astype("int64")
        if "score" in self.columns:
            table["score"] = by["score"].last()
        table = table.rename_axis("key").reset_index()
        return table.iloc[key_order(table["key"].tolist())].reset_index(drop=True)

    def prospects(self, log: OrderLog, as_of: dt.date) -> list[Prospect]:
        """Those in contact before a day who have not ordered by then, in no order."""
        found = (
            self._before(as_of)
            .sort_values(ROW)
            .groupby("customer")
            .agg(name=("name", "first"), since=("day", "min"))
        )
        limit = nw.col("day") < plain_day(as_of).toordinal()
        bought = log.lines.filter(limit).select("customer").unique().collect("pandas")["customer"].to_list()
        others = found[~found.index.isin(bought)]
        return [Prospect(str(key), str(name), int(since)) for key, name, since in others.itertuples()]

    def _before(self, as_of: dt.date) -> pd.DataFrame:
        return self.lines[self.lines["day"] < plain_day(as_of).toordinal()]


def _asked(*columns: str | None) -> dict[str, str | None]:
    return dict(zip(ROLES, columns, strict=True))


def _settled(
    table: nw.DataFrame[Any],
    columns: dict[str, str],
    rules: Rules,
    guessed: tuple[str, ...],
    rows: int,
    aside: Sequence[pd.DataFrame],
    notes: tuple[str, ...],
) -> ContactLog:
    """The log of a numbered table, the rows already set aside among its own."""
    groups = tuple(columns[role] for role in OPTIONAL if role in columns)
    roles = Columns(customer=columns["customer"], date=columns["date"], groups=groups)
    cleaned = clean(table, roles, rules, rows)
    lines = cleaned.lines.collect("pandas").to_native().rename(
        columns={f"{_PREFIX}{column}": role for role, column in columns.items()}
    )  # fmt: skip
    frames = [frame for frame in (*aside, cleaned.set_aside) if len(frame)]
    set_aside = pd.concat(frames).sort_values(ROW, ignore_index=True) if frames else cleaned.set_aside
    if lines.empty:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in Counter(set_aside["reason"]).items())
        raise OrderLogError(
            f"No row of the {rows:,} can be used as a contact: {reasons or 'the table is empty'}."
        )
    read, warnings = _read_optional(lines, columns)
    return ContactLog(
        lines=read,
        columns=columns,
        rows=rows,
        rows_used=len(read),
        set_aside=set_aside,
        guessed=guessed,
        notes=(*notes, *cleaned.notes),
        warnings=(*cleaned.warnings, *warnings),
        customers=int(read["customer"].nunique()),
        first_day=dt.date.fromordinal(int(read["day"].min())),
        last_day=dt.date.fromordinal(int(read["day"].max())),
        do_not_contact=_marked(table, columns, rules),
    )


def _read_optional(lines: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The lines with kind, response and score read, and what of them could not be."""
    read = lines[[ROW, "customer", "name", "day"]].reset_index(drop=True)
    warnings: list[str] = []
    if "kind" in columns:
        kinds = [None if text == _BLANK else text for text in lines["kind"]]
        read["kind"] = pd.Series(kinds, dtype=object)
    if "response" in columns:
        answers = {text: yes_or_no(text) for text in lines["response"].unique()}
        read["response"] = pd.Series([answers[text] for text in lines["response"]], dtype=object)
        odd = [text for text, answer in answers.items() if answer is None and not _blank(text)]
        warnings += told(
            lambda _: "Some cells of the response say neither yes nor no and count as unknown", odd
        )
    if "score" in columns:
        texts = [str(text) for text in lines["score"].unique()]
        reading = read_amounts([None if _blank(text) else text for text in texts], columns["score"])
        scores = dict(zip(texts, reading.amounts, strict=True))
        read["score"] = pd.Series([scores[text] for text in lines["score"]], dtype="float64")
        odd = [text for text in texts if scores[text] is None and not _blank(text)]
        warnings += told(lambda _: "Some cells of the score are no numbers and count as unknown", odd)
    return read, tuple(warnings)


def _marked(table: nw.DataFrame[Any], columns: Mapping[str, str], rules: Rules) -> frozenset[str]:
    """Keys marked in any row, unless a row of a later day says no; rows without a date take nothing back."""
    if "do_not_contact" not in columns:
        return frozenset()
    wanted = [columns[role] for role in ("customer", "date", "do_not_contact")]
    customers, dates, marks = (table[column].to_list() for column in wanted)
    texts = [None if value is None or value != value else str(value) for value in dates]
    days = [day or 0 for day in read_dates(texts, rules.day_first).days]
    always: set[str] = set()
    latest: dict[str, tuple[int, bool]] = {}
    for customer, day, mark in zip(customers, days, marks, strict=True):
        text = "" if mark is None or mark != mark else customer_name(mark)
        if _blank(text) or (lower := customer_key(customer)) is None:
            continue
        key = customer_name(customer) if rules.exact_case else lower
        stop = yes_or_no(text) is not False
        if day:
            latest[key] = max(latest.get(key, (0, False)), (day, stop))
        elif stop:
            always.add(key)
    return frozenset(always | {key for key, (_, stop) in latest.items() if stop})


def _blank(text: str) -> bool:
    return text == _BLANK or is_missing(text)
