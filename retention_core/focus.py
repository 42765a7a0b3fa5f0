"""Whom of an order log to focus on: value, interest, solvency and economics of every customer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.arguments import check_kind, day_asked
from retention_core.focus_rules import focus_table, span_of
from retention_core.focus_sums import customer_sums
from retention_core.focus_tables import NOT_NUMBERS, FocusList, Side
from retention_core.focus_values import YEAR, Action
from retention_core.orders import OrderLog

if TYPE_CHECKING:
    from retention_core.contact_log import ContactLog
    from retention_core.invoices import Invoices
    from retention_core.solvency import SolvencyLimits

Floats = npt.NDArray[np.float64]
RECENT = 90  # days


def focus_of(
    log: OrderLog,
    *,
    as_of: dt.date | None = None,
    action: Action | None = None,
    budget: float | None = None,
    days: float = YEAR,
    period_days: int | None = None,
    contacts: ContactLog | None = None,
    invoices: Invoices | None = None,
    limits: SolvencyLimits | None = None,
) -> FocusList:
    """Whom to keep first, whom to keep and whom to let go, with the parts of each verdict.

    Parameters
    ----------
    log
        The orders. Customers with nothing but refunds are left out, and a note says how many.
    as_of
        Count what lies before this day; by default the day after the last order.
    action
        What is done for a customer, its cost and the uplift assumed of it.
    budget
        To spend on actions; by default everyone for whom an action repays its cost is kept first.
    days
        How far the expectation reaches.
    period_days
        Length of the chosen period, for value, class and the top fifth; by default a year or, in a log of
        less than two, half of it.
    contacts
        Makes interest known, and who asked to be left alone.
    invoices, limits
        Make known how the customers pay; what they are expected never to pay is taken off their value.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of`, or an argument makes no sense.

    Notes
    -----
    The value at stake is what leaving is expected to take from the orders of the next `days`; see `outlook`
    for the orders and `fit_order_value` for what one brings. An action saves `uplift` of it, times the
    customer's interest against the mean. Interest is the mean of two ratios, as far as known: the share of
    contacts answered, shrunk to that of all customers, and the latest feedback, over theirs.

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann"] * 6 + ["Bo"] * 2, "amount": [90] * 6 + [2] * 2,
    ...     "date": [f"2025-0{month}-03" for month in (1, 2, 3, 4, 5, 6, 1, 2)]}))
    >>> found = focus_of(log, as_of=dt.date(2025, 6, 20))
    >>> found.to_frame()[["customer", "verdict", "expected_orders", "act"]].round(1)
      customer     verdict  expected_orders    act
    0      Ann  keep first              3.3   True
    1       Bo      let go              0.6  False
    """
    until = day_asked(as_of, log.last_day)
    span = span_of(log.first_day.toordinal(), until.toordinal(), period_days)
    sums = customer_sums(log, until, span)
    notes = [f"Left out, with nothing but refunds: {sums.refunded:,}."] if sums.refunded else []
    return focus_table(
        sums.gaps,
        (sums.keys, sums.names),
        sums.money,
        until,
        span,
        side=side_of(sums.keys, until, contacts, invoices, limits),
        action=action,
        budget=budget,
        days=days,
        value_of=log.value_of,
        notes=notes,
    )


def side_of(
    keys: list[str],
    as_of: dt.date,
    contacts: ContactLog | None = None,
    invoices: Invoices | None = None,
    limits: SolvencyLimits | None = None,
) -> Side:
    """What contacts and invoices say of the customers of those keys."""
    from retention_core.contact_log import ContactLog
    from retention_core.invoices import Invoices

    check_kind("contacts", contacts, ContactLog)
    check_kind("invoices", invoices, Invoices)
    found = Side() if contacts is None else _interest(keys, contacts, as_of)
    return found if invoices is None else _with_solvency(found, keys, invoices, as_of, limits)


def _interest(keys: list[str], contacts: ContactLog, as_of: dt.date) -> Side:
    table = contacts.contact_table(as_of).set_index("key").reindex(keys)
    since = (table["last_contact"] - pd.Timestamp("1970-01-01")).dt.days
    asked = _known(table, "asked", 0.0)
    responses = _known(table, "responses", 0.0)
    score = _known(table, "score", np.nan)
    day = contacts.lines["day"]
    recent = contacts.lines[(day < as_of.toordinal()) & (day >= as_of.toordinal() - RECENT)]
    parts = []
    if asked is not None and responses is not None and responses.sum() > 0:
        share = shrunk_shares(responses, asked)
        parts.append(np.where(asked > 0, share / (responses.sum() / asked.sum()), np.nan))
    if score is not None and np.nansum(score) > 0:
        parts.append(score / np.nanmean(score))
    return Side(
        interest=_mean_known(parts) if parts else None,
        blocked=np.isin(np.array(keys, dtype=object), list(contacts.do_not_contact)).astype(float),
        last_contact=since.to_numpy(dtype="float64") + dt.date(1970, 1, 1).toordinal(),
        recent_contacts=recent.groupby("customer").size().reindex(keys, fill_value=0).to_numpy("float64"),
        asked=asked,
        responses=responses,
        score=score,
    )


def focus_frame(table: FocusList, limit: int | None = None) -> pd.DataFrame:
    """A focus list as a frame; see `FocusList.to_frame`."""
    shown = table.shown(limit)
    frame = pd.DataFrame(
        {
            name: column if name in NOT_NUMBERS else np.array(column, dtype="float64")
            for name, column in shown.items()
        }
    )
    return frame.astype({"last_contact": "datetime64[s]", "act": "boolean"})


def _known(table: pd.DataFrame, name: str, blank: float) -> Floats | None:
    return table[name].to_numpy(dtype="float64", na_value=blank) if name in table else None


def _mean_known(parts: list[Floats]) -> Floats:
    """The mean of what is known of each customer, 1 where nothing is."""
    known = np.sum([~np.isnan(part) for part in parts], axis=0)
    summed = np.sum([np.nan_to_num(part) for part in parts], axis=0)
    found: Floats = np.where(known > 0, summed / np.maximum(known, 1), 1.0)
    return found


def _with_solvency(
    side: Side, keys: list[str], invoices: Invoices, as_of: dt.date, limits: SolvencyLimits | None
) -> Side:
    from retention_core.solvency import UNKNOWN

    table = invoices.solvency(as_of, limits=limits)
    figures = table.figures
    rows = pd.Index(figures.keys).get_indexer(pd.Index(keys))
    labels = [table.labels[row] if row >= 0 else UNKNOWN for row in rows]
    if not figures.ripe.sum():
        return side._replace(solvency=labels)
    there = rows >= 0
    lost, ripe = (np.where(there, column[rows], 0.0) for column in (figures.lost, figures.ripe))
    return side._replace(solvency=labels, unpaid=shrunk_shares(lost, ripe))


def shrunk_shares(yes: Floats, of: Floats) -> Floats:
    """Each customer's share, drawn towards that of all the more, the less they differ beyond chance.

    The mean of a beta-binomial whose parameters are moments; the common share where nobody was asked.

    Examples
    --------
    >>> shrunk_shares(np.array([2.0, 8.0, 0.0]), np.array([10.0, 10.0, 0.0])).round(2).tolist()
    [0.21, 0.79, 0.5]
    """
    asked = of.sum()
    if not asked:
        return np.zeros(len(of))
    mean = yes.sum() / asked
    people = int((of > 0).sum())
    chance = mean * (1 - mean)
    free = asked - (of**2).sum() / asked - (people - 1)
    if chance <= 0 or free <= 0:
        return np.full(len(of), mean)
    share = yes / np.maximum(of, 1)
    alike = ((of * (share - mean) ** 2).sum() - (people - 1) * chance) / (chance * free)
    alike = min(max(alike, 0.0), 0.999)
    if not alike:
        return np.full(len(of), mean)
    weight = (1 - alike) / alike
    found: Floats = (yes + weight * mean) / (of + weight)
    return found
