"""Key customers who are overdue or gone by their own rhythm.

Needs the standard library alone; the focus list brings what an order log needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from retention_core.errors import OrderLogError
from retention_core.focus_tables import FocusList
from retention_core.focus_values import CLASSES, by_size, in_top
from retention_core.stage_tables import GONE, OVERDUE

KEY_RULE = "class A, or among the top fifth, by value in the last year (in a young log, in its latter half)"


@dataclass(frozen=True, slots=True, eq=False)
class OverdueKeys:
    """Key customers who are overdue or gone; made by `overdue_keys`.

    Attributes
    ----------
    key_customers
        How many key customers there are.
    overdue
        Identity key and name of each who is overdue or gone, by value from the largest.
    rule
        Who counts as a key customer.
    """

    key_customers: int
    overdue: tuple[tuple[str, str], ...] = field(repr=False)
    rule: str = KEY_RULE


def overdue_keys(focus: FocusList) -> OverdueKeys:
    """Which key customers of a focus list are overdue or gone by their schedule.

    A key customer is of class A (the first to bring 80 % of the value) or among the top fifth, by value in
    the list's chosen period.

    Raises
    ------
    OrderLogError
        If the log knows no amounts.

    Examples
    --------
    >>> from datetime import date
    >>> from retention_core.focus_rules import focus_of_purchases
    >>> from retention_core.purchases import purchases_by_customer
    >>> days = [date(2025, month, 3) for month in (1, 2, 3, 4, 5, 6, 7, 8)]
    >>> rows = [("Ann", day, 90) for day in days[:6]]
    >>> rows += [(name, day, 5) for name in ("Bo", "Cy") for day in days]
    >>> bought = purchases_by_customer(*zip(*rows))
    >>> found = overdue_keys(focus_of_purchases(bought, date(2025, 8, 20)))
    >>> found.key_customers, found.overdue
    (1, (('ann', 'Ann'),))
    """
    recent, klass = focus.figures.recent, focus.figures.klass
    if recent is None:
        raise OrderLogError("Without amounts nobody can tell who the key customers are.")
    top = in_top(recent)
    best = CLASSES.index("A")
    key = [
        bool(top[row]) or (klass is not None and int(klass[row]) == best) for row in range(len(focus.keys))
    ]
    schedules = focus.stages.schedules
    late = [int(row) for row in by_size(recent) if key[row] and schedules[row] in (OVERDUE, GONE)]
    return OverdueKeys(sum(key), tuple((focus.keys[row], focus.customers[row]) for row in late))
