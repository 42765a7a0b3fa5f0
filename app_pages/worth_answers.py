"""What the pages on worth ask of a log; each answer is kept, and so is the sentence why there is none."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from retention_core.concentration import Concentration, concentration_of
from retention_core.errors import RetentionError
from retention_core.orders import OrderLog
from retention_core.own_figures import OwnFigures, figures_of
from retention_core.tenure_spend import spend_by_tenure
from retention_core.tenure_tables import TenureSpend

_WORDS = {"as_of": "The as-of date", "window_months": "The window", "tenure_months": "The later window"}


class Windows(NamedTuple):
    """How to cut a customer's time; `skip_days` None leaves it to the core."""

    months: int = 6
    until: int = 36
    skip_days: int | None = None


def own_figures(log: OrderLog, *, as_of: dt.date | None) -> OwnFigures | str:
    """See `figures_of`."""
    try:
        return figures_of(log, as_of=as_of)
    except RetentionError as error:
        return error.in_words(_WORDS)


def tenure(log: OrderLog, *, as_of: dt.date | None, windows: Windows) -> TenureSpend | str:
    """See `spend_by_tenure`."""
    try:
        return spend_by_tenure(
            log,
            window_months=windows.months,
            tenure_months=windows.until,
            skip_days=windows.skip_days,
            as_of=as_of,
        )
    except RetentionError as error:
        return error.in_words(_WORDS)


def spread(log: OrderLog, *, as_of: dt.date | None) -> Concentration | None:
    """See `concentration_of`; None where the log cannot tell."""
    try:
        return concentration_of(log, as_of=as_of)
    except RetentionError:
        return None
