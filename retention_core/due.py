"""Who of an order log is due a word this week: by each customer's own rhythm, its wishes honoured."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from retention_core.arguments import check_kind
from retention_core.due_tables import MONTH, Contacted, DueList, DueRules, due_table
from retention_core.errors import OrderLogError
from retention_core.focus import focus_of
from retention_core.focus_tables import FocusList
from retention_core.orders import OrderLog
from retention_core.purchases import plain_day

if TYPE_CHECKING:
    from retention_core.contact_log import ContactLog


def due_of(
    log: OrderLog,
    *,
    as_of: dt.date | None = None,
    contacts: ContactLog | None = None,
    rules: DueRules | None = None,
    focus: FocusList | None = None,
) -> DueList:
    """Who is due a word in the week from a day on, and on which occasion.

    Parameters
    ----------
    as_of
        First day of the week; by default the day after the last order.
    contacts
        Makes known who was contacted when, and who asked to be left alone: they are left out.
    rules
        When a word is due, and the cap on contacts.
    focus
        A list already made of the same log and day, which saves making it again.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of`, a rule makes no sense, or `focus` is of another day.

    Examples
    --------
    >>> import pandas as pd
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann"] * 5 + ["Bo"], "amount": [9] * 6,
    ...     "date": ["2025-01-02", "2025-02-01", "2025-03-01", "2025-04-02", "2025-05-01", "2025-05-25"]}))
    >>> due_of(log, as_of=dt.date(2025, 5, 28)).to_frame()[["customer", "occasion", "usual_day"]]
      customer   occasion  usual_day
    0      Ann   reminder 2025-06-02
    1       Bo  thank you 2025-06-28
    """
    check_kind("focus", focus, FocusList)
    if focus is not None and as_of is not None and plain_day(as_of) != focus.as_of:
        raise OrderLogError(
            f"`focus` is the list as of {focus.as_of}, not of `as_of` (got {plain_day(as_of)})."
        )
    made = focus if focus is not None else focus_of(log, as_of=as_of, contacts=contacts)
    if contacts is None:
        return due_table(made, rules=rules)
    waiting = len(contacts.prospects(log, made.as_of))
    notes = [f"{waiting:,} in contact who have not ordered yet have no rhythm and are not in the list."]
    found = contacted_of(made.keys, contacts, made.as_of)
    return due_table(made, contacted=found, rules=rules, notes=notes if waiting else ())


def contacted_of(keys: list[str], contacts: ContactLog, as_of: dt.date) -> Contacted:
    """When the customers of those keys were contacted before a day, and who asked to be left alone."""
    day = as_of.toordinal()
    lines = contacts.lines[contacts.lines["day"] < day]
    last = lines.groupby("customer")["day"].max().reindex(keys).to_numpy(dtype="float64")
    month = lines[lines["day"] >= day - MONTH].groupby("customer").size().reindex(keys).to_numpy("float64")
    score = None
    if "score" in contacts.columns:
        known = lines.dropna(subset=["score"]).sort_values(["day", "row"]).groupby("customer")["score"].last()
        score = known.reindex(keys).to_numpy(dtype="float64")
    blocked = np.array([key in contacts.do_not_contact for key in keys])
    return Contacted(last, np.nan_to_num(month), blocked, score)
