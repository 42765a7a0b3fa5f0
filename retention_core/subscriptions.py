"""The second door for raw tables: subscriptions, validated once, with every row accounted for."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.cleaning import ROW, SOURCE_ROW, Rules, as_text_where_mixed, clean
from retention_core.columns import SYNONYMS, Columns, find_column, guess_columns
from retention_core.errors import ColumnError, RetentionError, said
from retention_core.identity import key_order
from retention_core.movements import month_start
from retention_core.parsing import (
    DATE_OUT_OF_RANGE,
    EARLIEST,
    LATEST,
    UNREADABLE_DATE,
    is_missing,
    read_dates,
)

Ints = npt.NDArray[np.int64]

TIMES_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "half-year": 2, "year": 1}
RUNNING = LATEST.toordinal() + 1
_LARGEST = 1e10
_BLANK = "(blank)"
_MUCH_ASIDE = 0.05
_FEW = 10
_INTERVALS = {
    "week": "week weekly weeks w woche wöchentlich semaine hebdomadaire",
    "month": "month monthly months mo m permonth monat monatlich mois mensuel mes mensual mensile",
    "quarter": "quarter quarterly quarters q quartal quartalsweise vierteljährlich trimestre trimestriel",
    "half-year": "halfyear halfyearly semiannual semiannually biannual halbjahr halbjährlich semestre",
    "year": "year yearly years y yr annual annually annum peryear jahr jährlich an année annuel anual",
}
_INTERVAL_OF = {word: interval for interval, words in _INTERVALS.items() for word in words.split()}
_WORDS = {
    "start": "start startdate startedat startday subscriptionstart subscribedat begin begindate beginn"
    " validfrom from activatedat signupdate createdat created startdatum debut inicio inizio",
    "end": "end enddate endedat endday subscriptionend canceledat cancelledat canceldate cancellationdate"
    " cancelled canceled terminatedat terminationdate churnedat churndate validto validuntil until to"
    " expiresat enddatum ende kuendigung fin fine",
    "month": "month snapshotmonth snapshotdate snapshot period date monat mois mes mese datum",
    "amount": "mrr arr recurringamount recurringrevenue monthlyamount monthlyrevenue monthlyfee monthlyprice"
    " yearlyamount annualamount annualrevenue fee subscriptionfee",
    "plan": "plan planname planid product productname tier package tarif abo",
    "interval": "interval billinginterval billingperiod billingcycle billingfrequency frequency cycle",
}
_NAMES: Mapping[str, Sequence[str]] = {
    "customer": SYNONYMS["customer"],
    "currency": SYNONYMS["currency"],
    **{role: words.split() for role, words in _WORDS.items()},
}
_PER_YEAR_NAMES = re.compile(r"^arr|annual|yearly|peryear|jahr")
_OWN = ("end", "plan", "interval")  # columns that order logs do not know
_MONTH_ONLY = (
    (re.compile(r"(\d{4})[-/. ](\d{1,2})"), r"\1-\2-01"),
    (re.compile(r"(\d{1,2})[-/.](\d{4})"), r"\2-\1-01"),
    (re.compile(r"((?:19|20|21)\d\d)(\d\d)"), r"\1-\2-01"),
    (re.compile(r"([^\W\d_]{3,}\.?)[ -]+(\d{4})"), r"1 \1 \2"),
    (re.compile(r"(\d{4})[ -]+([^\W\d_]{3,})"), r"1 \2 \1"),
)


class SubscriptionError(RetentionError):
    """Subscriptions that cannot answer the question asked of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Subscriptions:
    """Who paid how much from when to when, ready for every question.

    Make one with `Subscriptions.from_frame` or `Subscriptions.from_snapshots`. `lines` holds the usable
    rows: `row` (number in the source), `customer` (identity key), `name` (as written), `code` (place of
    the customer in `keys`), `start` and `end` (ordinals; `end` is the first day without, `RUNNING`
    where there is none), `yearly` (whole cents a year, so that sums are exact) and one `by <group>` a
    group. `rows == rows_used + len(set_aside)`, always.

    A customer's subscriptions add up. A customer pays on a day when they add up to more than zero.
    `as_of` is the first day that is not known yet: nothing that happens on it or later is looked at.
    """

    lines: pd.DataFrame
    keys: tuple[str, ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    columns: Mapping[str, str]
    rows: int
    rows_used: int
    set_aside: pd.DataFrame
    guessed: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    as_of: dt.date

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str | None = None,
        start: str | None = None,
        end: str | None = None,
        amount: str | None = None,
        plan: str | None = None,
        interval: str | None = None,
        currency: str | None = None,
        groups: Sequence[str] = (),
        per: str | None = None,
        end_is_paid: bool = False,
        as_of: dt.date | None = None,
        day_first: bool | None = None,
        keep_currency: str | None = None,
        exact_case: bool = False,
        drop_repeats: bool = False,
    ) -> Subscriptions:
        """Subscriptions from any frame that narwhals reads, one row a subscription or a price of one.

        Parameters
        ----------
        frame
            One row for each stretch of time in which a customer pays the same amount; a change of price
            ends one row and starts another. The frame is not altered.
        customer, start, end, amount, plan, interval, currency
            Names of columns; those left out are guessed from the names, and `guessed` says how. "" says
            that there is none. A blank end (or 9999-12-31) is a subscription still running.
        groups
            Further columns to compare customers by, such as region.
        per
            What the amount is paid for: "week", "month", "quarter", "half-year" or "year". By default
            the `interval` column says it row by row ("monthly", "annual"), else the amount's name
            (ARR is per year), else it is a month.
        end_is_paid
            False: the end is the first day without the subscription, as in billing systems. True: the
            end is the last day paid for.
        as_of
            The first day not known yet, usually the day of the export. By default the day after the
            last start.
        day_first, keep_currency, exact_case, drop_repeats
            As in `OrderLog.from_frame`.

        Raises
        ------
        ColumnError
            If a column is missing or of no use for its role.
        OrderLogError
            If the amounts are in several currencies.
        SubscriptionError
            If no row is usable or an argument makes no sense.

        Examples
        --------
        >>> import pandas as pd
        >>> plans = pd.DataFrame({"customer": ["Ann", "Bo", "Cy"], "start": ["2024-01-01"] * 3,
        ...     "end": ["2024-03-01", None, "2023-12-01"], "mrr": ["€20", "€30", "€9"]})
        >>> subscriptions = Subscriptions.from_frame(plans)
        >>> subscriptions.customers, subscriptions.set_aside_counts
        (2, {'end on or before start': 1})
        """
        table, rows = _opened(frame)
        asked = {"customer": customer, "start": start, "end": end, "amount": amount, "plan": plan,
                 "interval": "" if per else interval, "currency": currency}  # fmt: skip
        roles, guessed = _resolved(table.columns, asked)
        paid = _Terms(_checked_per(per, roles), end_is_paid, day_first)
        rules = Rules(None, keep_currency, exact_case)
        by = _spelled(table.columns, groups)
        return _read(table, rows, roles, by, paid, rules, guessed, as_of, drop_repeats)

    @classmethod
    def from_snapshots(
        cls,
        frame: Any,
        *,
        month: str | None = None,
        customer: str | None = None,
        amount: str | None = None,
        plan: str | None = None,
        currency: str | None = None,
        groups: Sequence[str] = (),
        per: str | None = None,
        day_first: bool | None = None,
        keep_currency: str | None = None,
        exact_case: bool = False,
        drop_repeats: bool = False,
    ) -> Subscriptions:
        """Subscriptions from monthly snapshots: one row a customer and month, with what it paid.

        The amount is paid throughout the month, whatever its day; a customer's rows of one month add
        up, and a month without a row is a month without payment. `as_of` is the end of the last month.
        Months are dates or text such as 2024-01, 01/2024 or Jan 2024. The other parameters are those of
        `from_frame`.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = {"month": ["2024-01", "2024-02", "2024-02"], "customer": ["Ann", "Ann", "Bo"],
        ...         "mrr": [20, 25, 10]}
        >>> Subscriptions.from_snapshots(pd.DataFrame(rows)).as_of
        datetime.date(2024, 3, 1)
        """
        table, rows = _opened(frame)
        asked = {"customer": customer, "month": month, "amount": amount, "plan": plan, "currency": currency}
        roles, guessed = _resolved(table.columns, asked)
        paid = _Terms(_checked_per(per, roles), False, day_first)
        rules = Rules(None, keep_currency, exact_case)
        by = _spelled(table.columns, groups)
        return _read(table, rows, roles, by, paid, rules, guessed, None, drop_repeats)

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.keys)

    @property
    def first_day(self) -> dt.date:
        """Of the first subscription."""
        return dt.date.fromordinal(int(self.lines["start"].min()))

    @property
    def set_aside_counts(self) -> dict[str, int]:
        """Reason -> rows set aside for it, most frequent first."""
        counts = Counter(self.set_aside["reason"].tolist())
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def paid_at(self, instant: dt.date) -> Ints:
        """What each of `keys` pays at midnight `instant`, that is on the day before: cents a year."""
        lines, day = self.lines, instant.toordinal()
        paying = ((lines["start"] < day) & (lines["end"] >= day)).to_numpy()
        paid = np.zeros(self.customers, dtype=np.int64)
        np.add.at(paid, lines["code"].to_numpy()[paying], lines["yearly"].to_numpy()[paying])
        return paid

    def first_paid(self) -> Ints:
        """The first day (ordinal) on which each of `keys` pays, `RUNNING` for those who never do."""
        first = np.full(self.customers, RUNNING, dtype=np.int64)
        paying = self.lines[self.lines["yearly"] > 0]
        np.minimum.at(first, paying["code"].to_numpy(), paying["start"].to_numpy())
        return first

    def group_at(self, group: str, instant: dt.date) -> npt.NDArray[np.object_]:
        """The group of each of `keys` at midnight `instant`: that of its largest subscription then.

        Ties go to the earlier row. None for a customer who does not pay then.
        """
        column, day = f"by {self.known_group(group)}", instant.toordinal()
        start, end, code, yearly, row = (
            self.lines[name].to_numpy() for name in ("start", "end", "code", "yearly", "row")
        )
        paying = np.flatnonzero((start < day) & (end >= day) & (yearly > 0))
        order = paying[np.lexsort((-row[paying], yearly[paying], code[paying]))]
        last = np.append(code[order][1:] != code[order][:-1], True)[: len(order)]  # of a customer
        labels = np.full(self.customers, None, dtype=object)
        labels[code[order[last]]] = self.lines[column].to_numpy(dtype=object)[order[last]]
        return labels

    def known_group(self, group: str) -> str:
        """The group by the name asked for, "plan" included; ColumnError where there is none."""
        if group in self.groups:
            return group
        if group == "plan" and "plan" in self.columns:
            return self.columns["plan"]
        known = ", ".join(self.groups) or "none"
        raise ColumnError(f'"{said(group)}" is not among the groups here, which are: {known}.')

    def spells(self, as_of: dt.date | None = None) -> pd.DataFrame:
        """One row for each uninterrupted stretch of paying before `as_of`, in customer order.

        Parameters
        ----------
        as_of
            Look at the subscriptions as they stood at this midnight; by default as far as they are known.

        Returns
        -------
        pandas.DataFrame
            `key`, `customer`, `spell` (1 for the first of a customer), `start`, `end` (first day
            without, NaT while it runs on), `lost` (1 if it ended before `as_of`, else 0), and the groups,
            as they stood at the start (those of the largest subscription).

        Examples
        --------
        >>> import pandas as pd
        >>> plans = pd.DataFrame({"customer": ["Ann", "Ann", "Bo"], "mrr": [5, 7, 9],
        ...     "start": ["2024-01-01", "2024-02-01", "2024-03-01"], "end": ["2024-02-01", "2024-02-11", ""]})
        >>> spells = Subscriptions.from_frame(plans).spells()
        >>> [(row.customer, f"{row.start:%d %b}", row.lost) for row in spells.itertuples()]
        [('Ann', '01 Jan', 1), ('Bo', '01 Mar', 0)]
        """
        cut = (as_of or self.as_of).toordinal()
        lines = self.lines[(self.lines["yearly"] > 0) & (self.lines["start"] < cut)]
        lines = lines.sort_values(["code", "start", "yearly", "row"], ascending=[True, True, False, True])
        code, start, end = (lines[name].to_numpy() for name in ("code", "start", "end"))
        if not len(code):
            raise SubscriptionError(f"Nobody has paid before {as_of or self.as_of}: give a later `as_of`.")
        # one axis for all customers: each its own stretch, so that one running maximum serves all
        reach = np.maximum.accumulate(code * (2 * RUNNING) + end)
        fresh = np.ones(len(code), dtype=bool)
        fresh[1:] = code[1:] * (2 * RUNNING) + start[1:] > reach[:-1]
        first = np.flatnonzero(fresh)
        last_day = np.maximum.reduceat(end, first)
        return self._shown_spells(lines.iloc[first], last_day, cut)

    def _shown_spells(self, firsts: pd.DataFrame, ends: Ints, cut: int) -> pd.DataFrame:
        lost = ends < cut
        shown: dict[str, Any] = {
            "key": firsts["customer"].to_numpy(dtype=object),
            "customer": np.array(self.names, dtype=object)[firsts["code"].to_numpy()],
            "spell": firsts.groupby("code").cumcount().to_numpy() + 1,
            "start": _days(firsts["start"].to_numpy()),
            "end": pd.Series(_days(np.where(lost, ends, cut))).where(lost).to_numpy(),
            "lost": lost.astype(np.int64),
        }
        for group in self.groups:
            label = f"{group} (group)" if group in shown else group
            shown[label] = firsts[f"by {group}"].to_numpy(dtype=object)
        return pd.DataFrame(shown)


@dataclass(frozen=True, slots=True)
class _Terms:
    """How a row's amount and end are meant."""

    per: str | None  # None: an interval column says it
    end_is_paid: bool
    day_first: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """First day without for each row, with the reason where there is none."""

    days: Ints
    problems: npt.NDArray[np.object_]
    last_of_month: int
    given: int


def _days(ordinals: Ints) -> npt.NDArray[np.datetime64]:
    return (ordinals - dt.date(1970, 1, 1).toordinal()).astype("datetime64[D]").astype("datetime64[s]")


def _spelled(names: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """The groups as the table spells them."""
    asked = (groups,) if isinstance(groups, str) else groups
    return tuple(dict.fromkeys(find_column(names, group, "groups") for group in asked))


def _opened(frame: Any) -> tuple[nw.DataFrame[Any], int]:
    """The table in memory with its rows counted from 1."""
    try:
        table = nw.from_native(frame)
    except (TypeError, nw.exceptions.DuplicateError):
        if isinstance(frame, pd.DataFrame):
            raise ColumnError("Two columns bear the same name: rename one.") from None
        raise ColumnError(
            f"`frame` must be a table such as a pandas or polars frame (got {type(frame).__name__})."
        ) from None
    if isinstance(table, nw.LazyFrame):
        table = table.collect()
    names = list(table.columns)
    odd = next((name for name in names if not isinstance(name, str)), None)
    if odd is not None:
        raise ColumnError(f"Column names must be text (got {said(repr(odd))}): rename the columns.")
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise ColumnError(f'Two columns are named "{said(twins[0])}": rename one.')
    mixed = as_text_where_mixed(table)
    return (mixed.collect() if isinstance(mixed, nw.LazyFrame) else mixed), len(table)


def _resolved(
    names: Sequence[str], asked: Mapping[str, str | None]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Role -> column: what was asked for, the rest guessed, with a sentence for each guess."""
    given = {role: find_column(names, column, role) for role, column in asked.items() if column}
    twins = [column for column, count in Counter(given.values()).items() if count > 1]
    if twins:
        one, other = [role for role, column in given.items() if column == twins[0]][:2]
        raise ColumnError(f'"{twins[0]}" cannot be both `{one}` and `{other}`: name two columns.')
    free = [name for name in names if name not in given.values()]
    guesses: dict[str, str] = {}
    for role in asked:
        if asked[role] is None and (found := _guess(role, free)):
            guesses[role] = found
            free.remove(found)
    _require(names, {**given, **guesses}, asked)
    told = tuple(f'{role} is read from "{column}".' for role, column in guesses.items())
    return {**given, **guesses}, told


def _guess(role: str, names: Sequence[str]) -> str | None:
    words = list(_NAMES[role])
    ranked = [(words.index(plain), name) for name in names if (plain := _plain(name)) in words]
    if ranked:
        return min(ranked)[1]
    return guess_columns(names).amount if role == "amount" else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", re.sub(r"[(\[].*?[)\]]", "", name).lower())


def _require(names: Sequence[str], roles: Mapping[str, str], asked: Mapping[str, str | None]) -> None:
    for role in ("customer", "start", "end", "month", "amount"):
        if role not in asked or role in roles or (role == "end" and asked[role] == ""):
            continue
        shown = ", ".join(said(name) for name in names[:20])
        none = ' ("" if nobody has left)' if role == "end" else ""
        raise ColumnError(
            f"No column looks like the {role}. The table has: {shown}. Name the one that holds it as "
            f"`{role}`{none}."
        )


def _checked_per(per: str | None, roles: Mapping[str, str]) -> str | None:
    if per is not None and per not in TIMES_A_YEAR:
        raise SubscriptionError(f'`per` must be {", ".join(TIMES_A_YEAR)} (got "{said(per)}").')
    if per is not None or "interval" in roles:
        return per
    return "year" if _PER_YEAR_NAMES.search(_plain(roles["amount"])) else "month"


def _read(
    table: nw.DataFrame[Any],
    rows: int,
    roles: Mapping[str, str],
    groups: tuple[str, ...],
    terms: _Terms,
    rules: Rules,
    guessed: tuple[str, ...],
    as_of: dt.date | None,
    drop_repeats: bool,
) -> Subscriptions:
    """The subscriptions of a table whose columns are known."""
    read = _lines_of(table, rows, roles, groups, terms, rules, drop_repeats)
    if read.lines.empty:
        counts = Counter(read.set_aside["reason"].tolist()).most_common()
        reasons = ", ".join(f"{why} {count:,}" for why, count in counts) or "the table is empty"
        raise SubscriptionError(f"No row of the {rows:,} can be used: {reasons}.")
    shown = tuple(dict.fromkeys([*([roles["plan"]] if "plan" in roles else []), *groups]))
    lines, keys, names = _by_customer(read.lines, shown)
    snapshots = "month" in roles
    known = _known_until(lines, as_of, snapshots)
    later = _later_warning(lines, known) if as_of is None and not snapshots else ()
    return Subscriptions(
        lines=lines,
        keys=keys,
        names=names,
        groups=shown,
        columns=dict(roles),
        rows=rows,
        rows_used=len(lines),
        set_aside=read.set_aside,
        guessed=guessed,
        notes=(*read.notes, *_terms_said(terms, snapshots)),
        warnings=(*_aside_warning(rows, read.set_aside), *read.warnings, *later, *_alike_warning(lines)),
        as_of=known,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Usable rows, the others with their reason, and what a reader should know."""

    lines: pd.DataFrame
    set_aside: pd.DataFrame
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def _lines_of(
    table: nw.DataFrame[Any],
    rows: int,
    roles: Mapping[str, str],
    groups: tuple[str, ...],
    terms: _Terms,
    rules: Rules,
    drop_repeats: bool,
) -> _Lines:
    """Read the mapped columns by the rules of order logs, then what only subscriptions have."""
    snapshots = "month" in roles
    kept, repeated = _without_repeats(table, rows, drop_repeats)
    dated = roles["month" if snapshots else "start"]
    if snapshots:
        kept = _whole_months(kept, dated)
    day_first, notes, warnings = _day_order(kept, roles, terms.day_first)
    by = tuple(dict.fromkeys([*(roles[role] for role in _OWN if role in roles), *groups]))
    columns = Columns(roles["customer"], dated, roles["amount"], currency=roles.get("currency"), groups=by)
    found = clean(kept, columns, Rules(day_first, rules.keep_currency, rules.exact_case), rows)
    lines: pd.DataFrame = found.lines.collect("pandas").to_native().sort_values(ROW, ignore_index=True)
    ends = _monthly_ends(lines) if snapshots else _ends(lines, roles.get("end"), day_first, terms.end_is_paid)
    yearly, rounded, unpaid = _yearly(lines, roles, terms.per)
    lines, wrong = _parted(lines, ends, yearly, unpaid, roles)
    aside = [repeated, _in_these_words(found.set_aside, "month" if snapshots else "start"), wrong]
    return _Lines(
        lines=lines,
        set_aside=pd.concat([part for part in aside if len(part)] or [wrong]).sort_values(
            ROW, ignore_index=True
        ),
        notes=(*notes, *found.notes, *rounded),
        warnings=(
            *warnings,
            *found.warnings,
            *_repeat_warning(0 if drop_repeats else rows - len(table.unique())),
            *_last_day_warning(ends, terms),
        ),
    )


def _without_repeats(
    table: nw.DataFrame[Any], rows: int, drop: bool
) -> tuple[nw.DataFrame[Any], pd.DataFrame]:
    """The table numbered from 1, and its repeated rows set aside where they are to be dropped."""
    numbered = table.with_row_index(SOURCE_ROW).with_columns(nw.col(SOURCE_ROW).cast(nw.Int64) + 1)
    if not drop:
        return numbered, _aside([], "", [])
    kept = numbered.unique(subset=table.columns, keep="first")
    gone = sorted({*range(1, rows + 1)} - {*kept[SOURCE_ROW].to_list()})
    return kept, _aside(gone, "repeat of an earlier row", [""] * len(gone))


def _whole_months(table: nw.DataFrame[Any], column: str) -> nw.DataFrame[Any]:
    """The column with months written as dates, where they are text or numbers such as 202401."""
    dtype = table.schema[column]
    if isinstance(dtype, (nw.Date, nw.Datetime)):
        return table
    texts = [_as_date(str(value)) if value is not None else None for value in table[column].to_list()]
    return table.with_columns(nw.new_series(column, texts, nw.String, backend=table.implementation))


def _as_date(text: str) -> str:
    bare = re.sub(r"\.0$", "", text.strip())
    return next((form.sub(to, bare) for form, to in _MONTH_ONLY if form.fullmatch(bare)), text)


def _day_order(
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
    # a date that can be read both ways tells what the column decided
    first = read_dates([*texts, "01/02/2000"]).days[-1] == dt.date(2000, 2, 1).toordinal()
    return first, reading.notes, reading.warnings


def _in_these_words(aside: pd.DataFrame, role: str) -> pd.DataFrame:
    words = {
        "no date": f"no {role}",
        UNREADABLE_DATE: f"unreadable {role}",
        DATE_OUT_OF_RANGE: DATE_OUT_OF_RANGE.replace("date", role),
    }
    return aside.assign(reason=[words.get(why, why) for why in aside["reason"]])


def _aside(rows: Sequence[int], why: str | Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    reasons = [why] * len(rows) if isinstance(why, str) else list(why)
    return pd.DataFrame({ROW: np.array(rows, dtype=np.int64), "reason": reasons, "value": list(values)})


def _ends(lines: pd.DataFrame, column: str | None, day_first: bool | None, end_is_paid: bool) -> _Ends:
    days = np.full(len(lines), RUNNING, dtype=np.int64)
    problems = np.full(len(lines), None, dtype=object)
    if column is None or lines.empty:
        return _Ends(days, problems, 0, 0)
    codes, texts = pd.factorize(lines[f"by {column}"])
    distinct = [None if text == _BLANK else str(text) for text in texts]
    reading = read_dates(distinct, day_first, column)
    read = np.array(
        [_end_day(*found) for found in zip(distinct, reading.days, reading.problems, strict=True)]
    )
    why = np.array(
        [_end_problem(text, why) for text, why in zip(distinct, reading.problems, strict=True)], dtype=object
    )
    days, problems = read[codes], why[codes]
    given = (days != RUNNING) & (problems == "")
    last = sum(_is_last_of_month(int(day)) for day in days[given])
    days = np.where(given & end_is_paid, days + 1, days).astype(np.int64)
    problems[problems == ""] = None
    return _Ends(days, problems, last, int(given.sum()))


def _end_day(text: str | None, day: int | None, _: str | None) -> int:
    return RUNNING if text is None or day is None else day


def _end_problem(text: str | None, why: str | None) -> str:
    """Why an end cannot be read; a far future such as 9999-12-31 is how systems write "none"."""
    if is_missing(text) or why is None or "9999" in str(text):
        return ""
    return "unreadable end" if why == UNREADABLE_DATE else DATE_OUT_OF_RANGE.replace("date", "end")


def _is_last_of_month(day: int) -> bool:
    return dt.date.fromordinal(day + 1).day == 1


def _monthly_ends(lines: pd.DataFrame) -> _Ends:
    """Snapshots run from the first of their month to the first of the next; moves the starts too."""
    numbers = lines["month"].to_numpy()
    starts = {number: month_start(int(number)).toordinal() for number in np.unique(numbers)}
    ends = {number: month_start(int(number) + 1).toordinal() for number in starts}
    lines["day"] = np.array([starts[number] for number in numbers], dtype=np.int64)
    days = np.array([ends[number] for number in numbers], dtype=np.int64)
    return _Ends(days, np.full(len(lines), None, dtype=object), 0, 0)


def _yearly(
    lines: pd.DataFrame, roles: Mapping[str, str], per: str | None
) -> tuple[Ints, tuple[str, ...], npt.NDArray[np.object_]]:
    """Cents a year, a note where amounts were rounded to the cent, and what is wrong with an interval."""
    codes, amounts = pd.factorize(lines["amount"].to_numpy(dtype=np.float64))
    exact = [Decimal(repr(float(amount))) * 100 for amount in amounts]
    whole = [round(value) if abs(value) <= 100 * _LARGEST else 0 for value in exact]
    cents = np.array(whole, dtype=np.int64)
    uneven = np.array([value != even for value, even in zip(exact, whole, strict=True)], dtype=bool)
    odd = int(uneven[codes].sum()) if len(codes) else 0
    rounded = (f"Amounts with fractions of a cent are rounded to the cent ({odd:,}).",) if odd else ()
    problems = np.full(len(lines), None, dtype=object)
    if per is not None:
        times: Any = np.full(len(lines), TIMES_A_YEAR[per], dtype=np.int64)
    else:
        words = lines[f"by {roles['interval']}"].astype(str)
        known = {word: _INTERVAL_OF.get(_plain(word)) for word in words.unique()}
        times = np.array([TIMES_A_YEAR[known[word] or "year"] for word in words], dtype=np.int64)
        for place, word in enumerate(words):
            if known[word] is None:
                problems[place] = "no interval" if word == _BLANK else "unreadable interval"
    return (cents[codes] * times if len(codes) else np.zeros(0, dtype=np.int64)), rounded, problems


def _parted(
    lines: pd.DataFrame,
    ends: _Ends,
    yearly: Ints,
    unpaid: npt.NDArray[np.object_],
    roles: Mapping[str, str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Usable lines, and the others with their first problem."""
    amounts = lines["amount"].to_numpy(dtype=np.float64)
    backwards = (ends.days <= lines["day"].to_numpy()) & (ends.problems == None)  # noqa: E711  an array
    end, interval = (lines[f"by {roles[r]}"].astype(str) if r in roles else None for r in ("end", "interval"))
    shown = lines["amount"].astype(str)
    checks = [
        (amounts < 0, "amount below zero", shown),
        (np.abs(amounts) > _LARGEST, f"amount beyond {_LARGEST:,.0f}", shown),
        (pd.notna(unpaid), unpaid, interval),
        (pd.notna(ends.problems), ends.problems, end),
        (backwards, "end on or before start", end),
    ]
    why, value = np.full(len(lines), None, dtype=object), np.full(len(lines), "", dtype=object)
    for where, reason, cell in checks:
        where = where & pd.isna(why)
        why[where] = reason if isinstance(reason, str) else np.asarray(reason)[where]
        if cell is not None:
            value[where] = cell.to_numpy(dtype=object)[where]
    wrong = pd.notna(why)
    aside = _aside(lines[ROW].to_numpy()[wrong].tolist(), why[wrong].tolist(), value[wrong].tolist())
    usable = lines.assign(start=lines["day"], end=ends.days, yearly=yearly)[~wrong]
    return usable.reset_index(drop=True), aside


def _by_customer(
    lines: pd.DataFrame, groups: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...]]:
    """Lines in customer order, with the keys and the first spelling of each customer."""
    codes, found = pd.factorize(lines["customer"].to_numpy(dtype=object))
    order = key_order([str(key) for key in found])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    firsts = lines.drop_duplicates("customer")
    spelling = dict(zip(firsts["customer"], firsts["name"], strict=True))
    keys = tuple(str(found[i]) for i in order)
    kept = [ROW, "customer", "name", "code", "start", "end", "yearly", *(f"by {group}" for group in groups)]
    lines = lines.assign(code=place[codes]).sort_values(["code", "start", ROW], ignore_index=True)
    return lines[kept].astype({"start": "int64"}), keys, tuple(str(spelling[key]) for key in keys)


def _known_until(lines: pd.DataFrame, as_of: dt.date | None, snapshots: bool) -> dt.date:
    if snapshots:
        return dt.date.fromordinal(int(lines["end"].max()))
    if as_of is None:
        return dt.date.fromordinal(int(lines["start"].max()) + 1)
    if isinstance(as_of, dt.datetime):
        as_of = as_of.date()
    if not isinstance(as_of, dt.date):
        raise SubscriptionError(f"`as_of` must be a date (got {said(repr(as_of))}).")
    first = dt.date.fromordinal(int(lines["start"].min()))
    if not first < as_of <= LATEST or as_of <= EARLIEST:
        raise SubscriptionError(f"`as_of` must lie after the first start, on {first} (got {as_of}).")
    return as_of


def _terms_said(terms: _Terms, snapshots: bool) -> tuple[str, ...]:
    per = "by the interval column" if terms.per is None else f"per {terms.per}"
    if snapshots:
        return (f"Amounts are read {per}, paid throughout their month.",)
    end = "the last day paid for" if terms.end_is_paid else "the first day without payment"
    return (f"Amounts are read {per}.", f"An end is read as {end}.")


def _aside_warning(rows: int, aside: pd.DataFrame) -> tuple[str, ...]:
    if len(aside) <= rows * _MUCH_ASIDE:
        return ()
    counts = Counter(aside["reason"].tolist()).most_common()
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts)
    return (f"{len(aside):,} of {rows:,} rows ({len(aside) / rows:.0%}) are set aside: {reasons}.",)


def _repeat_warning(repeats: int) -> tuple[str, ...]:
    if not repeats:
        return ()
    what = "rows equal" if repeats > 1 else "row equals"
    return (f"{repeats:,} {what} an earlier row in every column; they add up unless you drop repeats.",)


def _last_day_warning(ends: _Ends, terms: _Terms) -> tuple[str, ...]:
    """Ends on the last day of months are mostly last paid days."""
    if terms.end_is_paid or ends.given < _FEW or ends.last_of_month * 2 < ends.given:
        return ()
    return (
        f"{ends.last_of_month:,} of {ends.given:,} ends are the last day of a month, as days that are still "
        "paid for mostly are: if so, say that the end is paid.",
    )


def _later_warning(lines: pd.DataFrame, as_of: dt.date) -> tuple[str, ...]:
    later = int(((lines["end"] > as_of.toordinal()) & (lines["end"] != RUNNING)).sum())
    if not later:
        return ()
    return (
        f"{later:,} {'ends' if later > 1 else 'end'} after the last start, on "
        f"{as_of - dt.timedelta(days=1)}, taken as still running: say up to which day (`as_of`) the "
        "table is known.",
    )


def _alike_warning(lines: pd.DataFrame) -> tuple[str, ...]:
    """Customers merged although written with other capitals."""
    spellings = lines[["customer", "name"]].drop_duplicates().groupby("customer")["name"].agg(["min", "max"])
    merged = spellings[spellings["min"] != spellings["max"]]
    if merged.empty:
        return ()
    pairs = [f"{said(one)} = {said(other)}" for one, other in merged.head(5).itertuples(index=False)]
    more = f" and {len(merged) - 5:,} more" if len(merged) > 5 else ""
    return (
        f"Upper and lower case count as one customer: {', '.join(pairs)}{more}; exact case keeps them apart.",
    )
