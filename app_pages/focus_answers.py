"""What the pages ask of the core about whom to keep, in a form that is worked out once."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pandas as pd

from retention_core.contact_log import ContactLog
from retention_core.due import due_of
from retention_core.due_tables import DueList, DueRules
from retention_core.focus import focus_of
from retention_core.focus_tables import Answer, FocusList
from retention_core.focus_values import YEAR, Action
from retention_core.invoices import Invoices
from retention_core.orders import OrderLog

UPLIFT = Action().uplift


class Focused(NamedTuple):
    """A focus list with what takes time to make of it; frames are not to be altered."""

    focus: FocusList
    answer: Answer | None
    frame: pd.DataFrame
    curve: pd.DataFrame
    stop: dict[str, float] | None


class Terms(NamedTuple):
    """What the reader chose; None leaves the choice to the core."""

    cost: float | None = None
    uplift: float = UPLIFT
    budget: float | None = None
    days: int = YEAR
    period_days: int | None = None


def focused(
    log: OrderLog,
    *,
    as_of: dt.date | None,
    terms: Terms,
    contacts: ContactLog | None,
    invoices: Invoices | None,
) -> Focused:
    """Whom to keep first, with the reasons, the curve and the answer."""
    focus = focus_of(
        log,
        as_of=as_of,
        action=Action(terms.cost, terms.uplift),
        budget=terms.budget,
        days=terms.days,
        period_days=terms.period_days,
        contacts=contacts,
        invoices=invoices,
    )
    return Focused(focus, focus.answer(), focus.to_frame(), pd.DataFrame(focus.curve()), focus.stops_paying())


def due_this_week(
    log: OrderLog, *, as_of: dt.date | None, rules: DueRules, contacts: ContactLog | None
) -> DueList:
    """Who is due a word in the week."""
    return due_of(log, as_of=as_of, contacts=contacts, rules=rules)
