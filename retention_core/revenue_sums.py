"""What customers pay at two midnights, and the five movements between, in whole cents a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from retention_core.subscription_ends import Ints
from retention_core.subscriptions import Subscriptions

_SIGNS = (1, 1, 1, -1, -1)  # of the five movements


class Movements(NamedTuple):
    """Recurring revenue at two instants and the five movements between, all in the same unit.

    opening + new + reactivation + expansion - contraction - churn = closing, exactly.
    """

    opening: int
    new: int
    reactivation: int
    expansion: int
    contraction: int
    churn: int
    closing: int


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What each customer pays at two midnights, in cents a year, and whether it ever paid before."""

    start: dt.date
    end: dt.date
    before: Ints
    after: Ints
    known: npt.NDArray[np.bool_]


def change_between(
    subscriptions: Subscriptions, start: dt.date, end: dt.date, first_paid: Ints | None = None
) -> Change:
    """What became of each customer between two midnights."""
    first = subscriptions.first_paid() if first_paid is None else first_paid
    known = first < start.toordinal()
    return Change(start, end, subscriptions.paid_at(start), subscriptions.paid_at(end), known)


def of_group(change: Change, labels: npt.NDArray[np.object_], label: str) -> Change:
    """Of the customers with one label."""
    inside = labels == label
    return replace(
        change, before=change.before[inside], after=change.after[inside], known=change.known[inside]
    )


def parts_of(change: Change) -> dict[str, Ints]:
    """Each customer's share of the five movements."""
    before, after = change.before, change.after
    stayed = (before > 0) & (after > 0)
    return {
        "new": np.where((before == 0) & ~change.known, after, 0),
        "reactivation": np.where((before == 0) & change.known, after, 0),
        "expansion": np.where(stayed, np.maximum(after - before, 0), 0),
        "contraction": np.where(stayed, np.maximum(before - after, 0), 0),
        "churn": np.where(after == 0, before, 0),
    }


def movements_of(change: Change, parts: dict[str, Ints]) -> Movements:
    """The parts added up over the customers."""
    totals = {name: int(part.sum()) for name, part in parts.items()}
    return Movements(opening=int(change.before.sum()), closing=int(change.after.sum()), **totals)


def balanced(exact: Movements, times: int) -> Movements:
    """Movements in cents a year as whole cents per one of `times` a year, still adding up.

    Opening and closing are rounded to the nearest cent; the five movements are rounded down or up to
    the neighbouring cent, up for those with the largest remainder.

    Examples
    --------
    Three plans of 100 a year are 8.33 a month each, and 25.00 together:

    >>> balanced(Movements(10_000, 20_000, 0, 0, 0, 0, 30_000), 12)
    Movements(opening=833, new=1667, reactivation=0, expansion=0, contraction=0, churn=0, closing=2500)
    """
    opening, closing = (_nearest(amount, times) for amount in (exact.opening, exact.closing))
    signed = [Fraction(sign * amount, times) for sign, amount in zip(_SIGNS, exact[1:-1], strict=True)]
    cents = [part.numerator // part.denominator for part in signed]
    missing = closing - opening - sum(cents)
    by_remainder = sorted(range(len(signed)), key=lambda place: (cents[place] - signed[place], place))
    for place in by_remainder[:missing]:
        cents[place] += 1
    parts = (sign * part for sign, part in zip(_SIGNS, cents, strict=True))
    return Movements._make([opening, *parts, closing])


def _nearest(amount: int, times: int) -> int:
    return (2 * amount + times) // (2 * times)
