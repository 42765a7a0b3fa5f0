"""The second door for raw tables: subscriptions, validated once, with every row accounted for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.cleaning import ROW, Rules
from retention_core.errors import ColumnError, SubscriptionError, said
from retention_core.identity import key_order
from retention_core.parsing import EARLIEST, LATEST
from retention_core.side_columns import text_said
from retention_core.subscription_columns import (
    PLANS,
    SNAPSHOTS,
    checked_per,
    looks_like_snapshots,
    resolved,
    spelled,
)
from retention_core.subscription_ends import RUNNING, Ints
from retention_core.subscription_rows import Terms, lines_of
from retention_core.subscription_tables import NumberedTable, numbered, numbered_by_file, opened
from retention_core.subscription_warnings import (
    alike_warning,
    aside_warning,
    last_day_warning,
    later_warning,
    missing_months_warning,
    repeat_warning,
)


@dataclass(frozen=True, slots=True, eq=False)
class Subscriptions:
    """Who paid how much from when to when, ready for every question.

    Make one with `Subscriptions.from_file`, `from_frame` or `from_snapshots`. `lines` holds the usable
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
        table = opened(frame)
        asked = dict(zip(PLANS, (customer, start, end, amount, plan, interval, currency), strict=True))
        mapping = _mapped(table.columns, asked, groups, per)
        terms = Terms(mapping.per, end_is_paid, day_first)
        rules = Rules(None, keep_currency, exact_case)
        with text_said():
            return _settled(numbered(table, drop_repeats), mapping, terms, rules, as_of)

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
        table = opened(frame)
        asked = dict(zip(SNAPSHOTS, (customer, month, amount, plan, currency), strict=True))
        mapping = _mapped(table.columns, asked, groups, per)
        terms = Terms(mapping.per, False, day_first)
        rules = Rules(None, keep_currency, exact_case)
        with text_said():
            return _settled(numbered(table, drop_repeats), mapping, terms, rules, None)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        sheet: str | None = None,
        customer: str | None = None,
        start: str | None = None,
        end: str | None = None,
        month: str | None = None,
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
        progress: Callable[[str], None] | None = None,
    ) -> Subscriptions:
        """Subscriptions from a csv (any delimiter and encoding), parquet, xlsx, xls or ods file.

        Parameters
        ----------
        path
            The file. Title rows above the header are skipped.
        sheet
            Sheet of a workbook; by default the first that holds a table.
        month
            The month of monthly snapshots: the file is then read as by `from_snapshots`. When left out,
            so is a table that has a column named like a month and none named like a start. "" says
            that these are no snapshots.
        progress
            Called with a sentence before each longer step.

        The other parameters are those of `from_frame`. Row numbers are those of the file: the
        spreadsheet's rows, or the records of a csv, header included.

        Raises
        ------
        FileError
            If the file cannot be read as a table.
        ColumnError, OrderLogError, SubscriptionError
            As `from_frame`.
        """
        from retention_core import files

        say = progress or _silently
        say(f"Reading {files.checked_path(path).name}.")
        raw = files.read_table(path, sheet=sheet, progress=progress)
        asked = dict(zip(PLANS, (customer, start, end, amount, plan, interval, currency), strict=True))
        if month or (month is None and start is None and looks_like_snapshots(raw.columns)):
            _refuse_for_snapshots({"start": start, "end": end, "interval": interval, "as_of": as_of,
                                   "end_is_paid": end_is_paid})  # fmt: skip
            asked = dict(zip(SNAPSHOTS, (customer, month, amount, plan, currency), strict=True))
        mapping = _mapped(raw.columns, asked, groups, per)
        say(f"Reading {raw.rows:,} rows as subscriptions.")
        terms = Terms(mapping.per, end_is_paid, day_first)
        rules = Rules(None, keep_currency, exact_case)
        with files.damage_said(path):
            table = numbered_by_file(raw, [*mapping.roles.values(), *mapping.groups], drop_repeats)
        return _settled(table, mapping, terms, rules, as_of)

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
        """The group of each of `keys` at midnight `instant`: the one it pays most for then.

        Ties go to the first by name. None for a customer who does not pay then.
        """
        column, day = f"by {self.known_group(group)}", instant.toordinal()
        paying = self.lines[
            (self.lines["start"] < day) & (self.lines["end"] >= day) & (self.lines["yearly"] > 0)
        ]
        return _largest_group(paying["code"].to_numpy(), paying[column], paying["yearly"], self.customers)

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
            as they stood at the start (the one paid most for).

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
        lines = lines.sort_values(["code", "start"], ignore_index=True)
        code, start, end = (lines[name].to_numpy() for name in ("code", "start", "end"))
        if not len(code):
            if not (self.lines["yearly"] > 0).any():
                raise SubscriptionError("Every amount is zero, so nobody has ever paid: check the amounts.")
            raise SubscriptionError(f"Nobody has paid before {as_of or self.as_of}: give a later `as_of`.")
        # one axis for all customers: each its own stretch, so that one running maximum serves all
        reach = np.maximum.accumulate(code * (2 * RUNNING) + end)
        fresh = np.ones(len(code), dtype=bool)
        fresh[1:] = code[1:] * (2 * RUNNING) + start[1:] > reach[:-1]
        first = np.flatnonzero(fresh)
        last_day = np.maximum.reduceat(end, first)
        spell = np.cumsum(fresh) - 1
        opening = lines.assign(spell=spell)[start == start[first][spell]]
        return self._shown_spells(lines.iloc[first], opening, last_day, cut)

    def _shown_spells(
        self, firsts: pd.DataFrame, opening: pd.DataFrame, ends: Ints, cut: int
    ) -> pd.DataFrame:
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
            owners, amounts = opening["spell"].to_numpy(), opening["yearly"]
            shown[label] = _largest_group(owners, opening[f"by {group}"], amounts, len(firsts))
        return pd.DataFrame(shown)


@dataclass(frozen=True, slots=True)
class _Mapping:
    """Which column holds what, what the amounts are paid for, and what was guessed."""

    roles: Mapping[str, str]
    groups: tuple[str, ...]
    per: str | None
    guessed: tuple[str, ...]


def _mapped(
    names: Sequence[str], asked: Mapping[str, str | None], groups: Sequence[str], per: str | None
) -> _Mapping:
    if per and "interval" in asked:
        asked = {**asked, "interval": ""}
    roles, guessed = resolved(names, asked)
    return _Mapping(roles, spelled(names, groups), checked_per(per, roles), guessed)


def _refuse_for_snapshots(given: Mapping[str, Any]) -> None:
    extra = next((name for name, value in given.items() if value), None)
    if extra is not None:
        raise SubscriptionError(
            f"`{extra}` is not for monthly snapshots, as which the table is read: leave it out, or name the "
            'column of the `start` and give "" as `month`.'
        )


def _silently(_: str) -> None:
    """Progress that nobody asked for."""


def _settled(
    table: NumberedTable, mapping: _Mapping, terms: Terms, rules: Rules, as_of: dt.date | None
) -> Subscriptions:
    """The subscriptions of a table whose columns are known."""
    roles, groups, rows = mapping.roles, mapping.groups, table.rows
    read = lines_of(table, roles, groups, terms, rules)
    if read.lines.empty:
        counts = Counter(read.set_aside["reason"].tolist()).most_common()
        reasons = ", ".join(f"{why} {count:,}" for why, count in counts) or "the table is empty"
        raise SubscriptionError(f"No row of the {rows:,} can be used: {reasons}.")
    shown = tuple(dict.fromkeys([*([roles["plan"]] if "plan" in roles else []), *groups]))
    lines, keys, names = _by_customer(read.lines, shown)
    snapshots = "month" in roles
    known = _known_until(lines, as_of, snapshots)
    later = later_warning(lines, known) if as_of is None and not snapshots else ()
    gaps = missing_months_warning(lines) if snapshots else ()
    doubtful = (*repeat_warning(table.repeats), *last_day_warning(read.ends, terms), *later, *gaps)
    return Subscriptions(
        lines=lines,
        keys=keys,
        names=names,
        groups=shown,
        columns=dict(roles),
        rows=rows,
        rows_used=len(lines),
        set_aside=read.set_aside,
        guessed=mapping.guessed,
        notes=(*read.notes, *_terms_said(terms, snapshots)),
        warnings=(*aside_warning(rows, read.set_aside), *read.warnings, *doubtful, *alike_warning(lines)),
        as_of=known,
    )


def _largest_group(
    owners: Ints, labels: pd.Series[str], amounts: pd.Series[int], count: int
) -> npt.NDArray[np.object_]:
    """The label each owner pays most for, all its lines of a label taken together; None without a line."""
    codes, names = pd.factorize(labels, sort=True)
    pairs, place = np.unique(owners * len(names) + codes, return_inverse=True)
    paid = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(paid, place, amounts.to_numpy())
    owner, label = np.divmod(pairs, max(len(names), 1))
    order = np.lexsort((-label, paid, owner))
    last = order[np.append(owner[order][1:] != owner[order][:-1], True)[: len(order)]]
    found = np.full(count, None, dtype=object)
    found[owner[last]] = np.asarray(names, dtype=object)[label[last]]
    return found


def _days(ordinals: Ints) -> npt.NDArray[np.datetime64]:
    return (ordinals - dt.date(1970, 1, 1).toordinal()).astype("datetime64[D]").astype("datetime64[s]")


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


def _terms_said(terms: Terms, snapshots: bool) -> tuple[str, ...]:
    per = "by the interval column" if terms.per is None else f"per {terms.per}"
    if snapshots:
        return (f"Amounts are read {per}, paid throughout their month.",)
    end = "the last day paid for" if terms.end_is_paid else "the first day without payment"
    return (f"Amounts are read {per}.", f"An end is read as {end}.")
