"""Rows of an order log that a worksheet function can refuse only, as it has no place to count them."""

from __future__ import annotations

from datetime import date

from addin.kinds import Amounts, Dates
from retention_core.errors import RetentionError, said


def refuse_day(name: str, day: date) -> None:
    """Refuse a day that no order log would hold."""
    from retention_core.parsing import EARLIEST, LATEST

    if not EARLIEST <= day <= LATEST:
        raise RetentionError(f"`{name}` must lie between {EARLIEST.year} and {LATEST.year} (got {day}).")


def refuse_unusable(dates: Dates, amounts: Amounts | None) -> None:
    """Refuse rows that the order log would set aside, where there is no place to count them."""
    from retention_core.parsing import AMOUNT_LIMIT

    for day in dates:
        if day is not None:
            refuse_day("dates", day)
    for amount in amounts or ():
        if amount is not None and abs(amount) > AMOUNT_LIMIT:
            raise RetentionError(f"`amounts` must be numbers up to {AMOUNT_LIMIT:,.0f} (got {said(amount)}).")
