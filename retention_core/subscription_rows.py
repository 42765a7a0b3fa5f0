"""Rows of subscriptions to usable lines: by the rules of order logs, then what only subscriptions have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.cleaning import ROW, Rules, clean
from retention_core.columns import Columns
from retention_core.parsing import DATE_OUT_OF_RANGE, UNREADABLE_DATE
from retention_core.subscription_columns import TIMES_A_YEAR, interval_of
from retention_core.subscription_ends import BLANK, Ends, Ints, day_order, ends_of, monthly_ends, whole_months
from retention_core.subscription_tables import NumberedTable, aside

_LARGEST = 1e10
_OWN = ("end", "plan", "interval")  # columns that order logs do not know


@dataclass(frozen=True, slots=True)
class Terms:
    """How a row's amount and end are meant."""

    per: str | None  # None: an interval column says it
    end_is_paid: bool
    day_first: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class UsableLines:
    """Usable rows, the others with their reason, and what a reader should know."""

    lines: pd.DataFrame
    set_aside: pd.DataFrame
    ends: Ends
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def lines_of(
    table: NumberedTable,
    roles: Mapping[str, str],
    groups: tuple[str, ...],
    terms: Terms,
    rules: Rules,
) -> UsableLines:
    """Read the mapped columns, and part the usable rows from those set aside."""
    snapshots = "month" in roles
    dated = roles["month" if snapshots else "start"]
    kept = whole_months(table.frame, dated) if snapshots else table.frame
    day_first, notes, warnings = day_order(kept, roles, terms.day_first)
    by = tuple(dict.fromkeys([*(roles[role] for role in _OWN if role in roles), *groups]))
    columns = Columns(roles["customer"], dated, roles["amount"], currency=roles.get("currency"), groups=by)
    found = clean(kept, columns, Rules(day_first, rules.keep_currency, rules.exact_case), table.rows)
    lines: pd.DataFrame = found.lines.collect("pandas").to_native().sort_values(ROW, ignore_index=True)
    ends = (
        monthly_ends(lines) if snapshots else ends_of(lines, roles.get("end"), day_first, terms.end_is_paid)
    )
    yearly, rounded, unpaid = _yearly(lines, roles, terms.per)
    lines, wrong = _parted(lines, ends, yearly, unpaid, roles)
    parts = [table.set_aside, _in_these_words(found.set_aside, "month" if snapshots else "start"), wrong]
    return UsableLines(
        lines=lines,
        set_aside=pd.concat([part for part in parts if len(part)] or [wrong]).sort_values(
            ROW, ignore_index=True
        ),
        ends=ends,
        notes=(*table.notes, *notes, *found.notes, *rounded),
        warnings=(*warnings, *found.warnings),
    )


def _in_these_words(aside: pd.DataFrame, role: str) -> pd.DataFrame:
    words = {
        "no date": f"no {role}",
        UNREADABLE_DATE: f"unreadable {role}",
        DATE_OUT_OF_RANGE: DATE_OUT_OF_RANGE.replace("date", role),
    }
    return aside.assign(reason=[words.get(why, why) for why in aside["reason"]])


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
        known = {word: interval_of(word) for word in words.unique()}
        times = np.array([TIMES_A_YEAR[known[word] or "year"] for word in words], dtype=np.int64)
        for place, word in enumerate(words):
            if known[word] is None:
                problems[place] = "no interval" if word == BLANK else "unreadable interval"
    return (cents[codes] * times if len(codes) else np.zeros(0, dtype=np.int64)), rounded, problems


def _parted(
    lines: pd.DataFrame,
    ends: Ends,
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
    set_aside = aside(lines[ROW].to_numpy()[wrong].tolist(), why[wrong].tolist(), value[wrong].tolist())
    usable = lines.assign(start=lines["day"], end=ends.days, yearly=yearly)[~wrong]
    return usable.reset_index(drop=True), set_aside
