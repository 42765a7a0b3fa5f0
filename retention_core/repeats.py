"""How many customers come back at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from retention_core.errors import OrderLogError
from retention_core.identity import customer_key


def repeat_rate(customers: Iterable[object]) -> float:
    """Share of the customers with two or more orders (repeat purchase rate).

    Parameters
    ----------
    customers
        Who placed each order, one entry an order; blanks are skipped.

    Returns
    -------
    A fraction from 0 to 1.

    Raises
    ------
    OrderLogError
        If nobody is named.

    Examples
    --------
    >>> repeat_rate(["Ann", "Bob", "ann ", "Cem"])
    0.3333333333333333
    """
    orders = Counter(key for customer in customers if (key := customer_key(customer)) is not None)
    if not orders:
        raise OrderLogError("`customers` names nobody: give one customer for each order.")
    return sum(count > 1 for count in orders.values()) / len(orders)
