"""How customers pay, from their invoices; what nothing tells is unknown, never zero."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.arguments import check_kind, is_number
from retention_core.errors import OrderLogError, in_percent, said
from retention_core.identity import key_order

Floats = npt.NDArray[np.float64]
UNKNOWN, PROMPT, SLOW, BAD = "unknown", "on time", "late", "bad"
SOLVENCIES = (PROMPT, SLOW, BAD, UNKNOWN)
_NONE = math.nan


@dataclass(frozen=True, slots=True)
class SolvencyLimits:
    """Where paying late begins, and paying badly.

    Attributes
    ----------
    late_days, bad_days
        Mean days late from which a customer pays late, and badly.
    lost_after
        What is open so many days after it was due counts as unpaid.
    unpaid
        From so large a share of unpaid invoices on, and at least two of them, a customer pays badly.
    """

    late_days: float = 7.0
    bad_days: float = 30.0
    lost_after: float = 90.0
    unpaid: float = 0.1


class Solvency(NamedTuple):
    """How the customers pay, one entry each; NaN where unknown.

    Attributes
    ----------
    invoices, due
        Invoices, and those due before the day asked for.
    share_overdue
        Of those due: the share that was paid after its day, or is still open.
    days_late
        Mean days from the day due to the payment, or to the day asked for; paid early counts 0.
    open_balance, open_over_typical
        What is open, and in typical orders of the customer (its mean invoice).
    lost, ripe
        Invoices still open long after they were due, and those that have been due for as long.
    """

    keys: list[str]
    customers: list[str]
    invoices: Floats
    due: Floats
    share_overdue: Floats
    days_late: Floats
    open_balance: Floats
    open_over_typical: Floats
    lost: Floats
    ripe: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SolvencyTable:
    """How each customer pays; made by `Invoices.solvency`.

    Attributes
    ----------
    figures
        One entry a customer, sorted as a spreadsheet sorts them.
    labels
        "on time", "late", "bad" or "unknown" (nothing was due yet, or nothing tells).
    """

    figures: Solvency = field(repr=False)
    labels: list[str] = field(repr=False)
    as_of: dt.date
    limits: SolvencyLimits
    notes: tuple[str, ...] = ()

    def columns(self) -> dict[str, list[Any]]:
        """The table by column: customer, solvency, the figures (None where unknown) and reason."""
        found: dict[str, list[Any]] = {
            "customer": list(self.figures.customers),
            "solvency": list(self.labels),
        }
        for name in ("invoices", "due", "share_overdue", "days_late", "open_balance", "open_over_typical"):
            found[name] = [_known(value) for value in getattr(self.figures, name).tolist()]
        return found | {"reason": [self.reason(row) for row in range(len(self.labels))]}

    def to_frame(self) -> pd.DataFrame:
        """One row a customer, with the columns of `columns`."""
        found = self.columns()
        texts = ("customer", "solvency", "reason")
        return pd.DataFrame(found).astype({name: float for name in found if name not in texts})

    def reason(self, row: int) -> str:
        """Why a customer has its label, in a sentence."""
        f = self.figures
        share, days, balance, over = (
            _known(getattr(f, name)[row])
            for name in ("share_overdue", "days_late", "open_balance", "open_over_typical")
        )
        parts = []
        if share is not None:
            parts.append(f"{in_percent(share)} of {f.due[row]:,.0f} invoices due were overdue")
        if days is not None:
            parts.append(f"{days:,.0f} days late in the mean")
        if f.lost[row] > 0:
            parts.append(
                f"{f.lost[row]:,.0f} of {f.ripe[row]:,.0f} unpaid for {self.limits.lost_after:g} days"
            )
        if balance is not None:
            worth = "" if over is None else f", {over:.1f} typical orders"
            parts.append(f"{balance:,.2f} open{worth}")
        return f"{'; '.join(parts)}." if parts else "Nothing is known of how this customer pays."


def solvency_of(
    lines: pd.DataFrame, columns: Mapping[str, str], day: dt.date, limits: SolvencyLimits
) -> SolvencyTable:
    """How each customer of the lines of `Invoices` pays, as of midnight of a day.

    Raises
    ------
    OrderLogError
        If a limit makes no sense.
    """
    _check(limits)
    f = _solvency(lines, columns, day.toordinal(), limits.lost_after)
    told = zip(
        *(column.tolist() for column in (f.due, f.days_late, f.lost, f.ripe)),
        strict=True,
    )
    labels = [_label(*one, limits=limits) for one in told]
    return SolvencyTable(f, labels, day, limits, _unknown_notes(columns))


def _check(limits: SolvencyLimits) -> None:
    check_kind("limits", limits, SolvencyLimits)
    for one in fields(SolvencyLimits):
        value = getattr(limits, one.name)
        if not (is_number(value) and value >= 0):
            raise OrderLogError(f"`{one.name}` must be zero or more (got {said(value)}).")
    if limits.late_days > limits.bad_days:
        raise OrderLogError(
            f"`bad_days` must not lie below `late_days`, {said(limits.late_days)} "
            f"(got {said(limits.bad_days)})."
        )


def _label(due: float, days: float, lost: float, ripe: float, *, limits: SolvencyLimits) -> str:
    if not due:
        return UNKNOWN
    if days >= limits.bad_days or (lost > 1 and lost >= limits.unpaid * ripe):
        return BAD
    return SLOW if days >= limits.late_days else PROMPT


def _solvency(lines: pd.DataFrame, columns: Mapping[str, str], day: int, lost_after: float) -> Solvency:
    """The figures of every customer from the lines."""
    keys, first = np.unique(lines["customer"].to_numpy(dtype=object).astype(str), return_index=True)
    order = key_order(keys.tolist())
    place = np.empty(len(keys), dtype=int)
    place[order] = np.arange(len(keys))
    who = place[np.searchsorted(keys, lines["customer"].to_numpy(dtype=object).astype(str))]

    def summed(values: Any) -> Floats:
        return np.bincount(who, np.asarray(values, dtype=float), len(keys)).astype(float)

    roles = ("due", "paid", "open", "amount")
    due, paid, open_, amount = (lines[role].to_numpy(dtype=float) for role in roles)
    settled = paid < day if "paid" in columns else np.zeros(len(lines), dtype=bool)
    is_open, balance = _still_open(columns, paid, open_, amount, settled, day)
    ripe = (due < day - lost_after) & ~np.isnan(is_open)
    is_due = (due < day) & ~np.isnan(is_open)
    late = np.clip(np.where(settled, paid, float(day)) - due, 0, None)
    # settled on a day nobody noted: on time or late, nothing tells
    dated = is_due & (settled | (is_open == 1))
    enough = summed(dated)
    overdue = summed(dated & (late > 0))
    known_balance = summed(~np.isnan(balance)) > 0
    open_balance = np.where(known_balance, summed(np.nan_to_num(balance)), _NONE)
    billed = summed(np.nan_to_num(amount))
    typical = _ratio(billed, summed(~np.isnan(amount)))
    return Solvency(
        keys=[str(keys[i]) for i in order],
        customers=[str(lines["name"].iloc[first[i]]) for i in order],
        invoices=summed(np.ones(len(lines))),
        due=enough,
        share_overdue=_ratio(overdue, enough),
        days_late=_ratio(summed(np.where(dated, late, 0.0)), enough),
        open_balance=open_balance,
        open_over_typical=_ratio(open_balance, np.where(typical > 0, typical, 0.0)),
        lost=summed(ripe & (is_open == 1)),
        ripe=summed(ripe),
    )


def _still_open(
    columns: Mapping[str, str], paid: Floats, open_: Floats, amount: Floats, settled: Any, day: int
) -> tuple[Floats, Floats]:
    """Whether each invoice is open on the day (1, 0, NaN: unknown), and what of it."""
    since = paid >= day  # paid, but later than the day asked for
    if "open" in columns:
        by_amount = np.where(np.isnan(open_), _NONE, (open_ > 0).astype(float))
        is_open = np.where(settled, 0.0, np.where(since, 1.0, by_amount))
        if "paid" in columns:
            is_open = np.where(np.isnan(is_open), 1.0, is_open)
        balance = np.where(settled, 0.0, np.where(since, amount, open_))
        return is_open, np.where(np.isnan(balance) & (is_open == 1), amount, balance)
    if "paid" in columns:
        return (~settled).astype(float), np.where(settled, 0.0, amount)
    return np.full(len(paid), _NONE), np.full(len(paid), _NONE)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """The ratio, NaN where there is nothing to divide by."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), _NONE)


def _unknown_notes(columns: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if "due" not in columns:
        notes.append("No column says when invoices were due: share overdue and days late are unknown.")
    elif "paid" not in columns and "open" not in columns:
        notes.append("No column says what was paid or is open: share overdue and days late are unknown.")
    elif "paid" not in columns:
        notes.append("No column says when invoices were paid: only open ones tell how late they are.")
    if "open" not in columns:
        held = "the amounts of unpaid invoices" if {"paid", "amount"} <= columns.keys() else None
        notes.append(
            f"No column says what is open: open balances are {held}." if held
            else "No column says what is open: open balances are unknown."
        )  # fmt: skip
    if "amount" not in columns:
        notes.append("No column says what was billed: the balance in typical orders is unknown.")
    return tuple(notes)


def _known(value: float) -> float | None:
    return None if value != value else float(value)
