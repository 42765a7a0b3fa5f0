"""What the pages ask of the core about whom to keep, in a form that is worked out once."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
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


class Week(NamedTuple):
    """Whom to write to in a week.

    `everyone` is all who are due, `first` those of them the reader has time for; `at_stake` what leaving is
    expected to take, one figure for each row of `everyone`, and `held` the share of it the first hold: None
    where no value is known.
    """

    everyone: DueList
    first: DueList
    at_stake: list[float] | None
    held: float | None


def week_of(log: OrderLog, *, focus: FocusList, rules: DueRules, contacts: ContactLog | None) -> Week:
    """Who is due a word in the week, and who comes first."""
    everyone = due_of(log, contacts=contacts, rules=replace(rules, most=None), focus=focus)
    first = due_of(log, contacts=contacts, rules=rules, focus=focus) if rules.most else everyone
    if focus.figures.at_stake is None:
        return Week(everyone, first, None, None)
    stakes = dict(zip(focus.keys, map(float, focus.figures.at_stake), strict=True))
    each = [stakes[key] for key in everyone.keys]
    whole = math.fsum(max(stake, 0.0) for stake in each)
    held = math.fsum(max(stake, 0.0) for stake in each[: len(first.rows)])
    return Week(everyone, first, each, held / whole if whole > 0 else None)
