"""The key customers of every group: the fewest who carry a chosen share of the group's value.

Needs the standard library alone; only an order log brings its own packages.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from retention_core.arguments import is_number
from retention_core.errors import OrderLogError, said
from retention_core.identity import customer_key, customer_name, key_order
from retention_core.lorenz import TOLERANCE, Ranking, rank_in_order
from retention_core.purchases import plain_day

if TYPE_CHECKING:
    from retention_core.frames import DataFrame
    from retention_core.orders import OrderLog

SHARE = 0.8
BLANK = "(blank)"
Values = Mapping[str, tuple[str, float]]  # key of a customer -> name and value


class GroupTotal(NamedTuple):
    """One group: its customers, how many of them are key, and its net value.

    `carried` is the share of the value that the key customers bring; None where the value is not above zero.
    """

    group: str
    customers: int
    key_customers: int
    value: float
    carried: float | None


@dataclass(frozen=True, slots=True, eq=False)
class KeyCustomers:
    """Who carries each group; made by `key_customers_of` and `key_customers_of_columns`.

    Attributes
    ----------
    rows
        Group, customer, value, share and cumulative share of the group's net value; groups as a spreadsheet
        sorts them, customers by value from the largest.
    groups
        Every group, those whose value is not above zero included: they have no key customers.
    share
        The share of a group's value to be carried.
    value_of
        What the values are: "revenue" or "profit".
    """

    rows: tuple[tuple[str, str, float, float, float], ...] = field(repr=False)
    groups: tuple[GroupTotal, ...]
    share: float = SHARE
    value_of: str = "revenue"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know, a sentence each."""
        empty = [one.group for one in self.groups if one.carried is None]
        if not empty:
            return ()
        return (f"No {self.value_of} above zero, hence no key customers, in: {', '.join(map(said, empty))}.",)

    def columns(self) -> dict[str, list[Any]]:
        """The table by column: group, customer, value, share, cumulative_share."""
        names = ("group", "customer", "value", "share", "cumulative_share")
        return {name: [row[place] for row in self.rows] for place, name in enumerate(names)}

    def to_frame(self) -> DataFrame:
        """One row a group and key customer, with the columns of `columns`."""
        from retention_core.frames import frame_of

        return frame_of(self.columns()).astype({"value": float, "share": float, "cumulative_share": float})

    def groups_frame(self) -> DataFrame:
        """One row a group: group, customers, key_customers, value, carried."""
        from retention_core.frames import frame_of

        named = {name: [one[place] for one in self.groups] for place, name in enumerate(GroupTotal._fields)}
        return frame_of(named).astype({"value": float, "carried": float})


def key_customers_of_columns(
    customers: Sequence[str | None],
    amounts: Sequence[float | None],
    groups: Sequence[str | None],
    share: float = SHARE,
) -> KeyCustomers:
    """The key customers of every group, from plain columns of purchases.

    Parameters
    ----------
    customers
        Who bought, one entry a purchase; a customer may buy in several groups.
    amounts
        What was paid, refunds below zero. A purchase without a customer or an amount does not count.
    groups
        Region, channel, product line or the like; upper and lower case are alike, and blanks are a group.
    share
        Above 0 and at most 1.

    Raises
    ------
    OrderLogError
        If the share makes no sense, no purchase counts, or the amounts are too large to add up.

    Examples
    --------
    >>> found = key_customers_of_columns(
    ...     ["Ann", "Bo", "Cy", "Ann", "Di"], [70, 20, 10, 5, 5], ["web", "web", "Web", "shop", "shop"])
    >>> for row in zip(*found.columns().values()):
    ...     print(row)
    ('shop', 'Ann', 5.0, 0.5, 0.5)
    ('shop', 'Di', 5.0, 0.5, 1.0)
    ('web', 'Ann', 70.0, 0.7, 0.7)
    ('web', 'Bo', 20.0, 0.2, 0.9)
    """
    keys = {customer: customer_key(customer) for customer in dict.fromkeys(customers)}
    labels = {group: _label(group) for group in dict.fromkeys(groups)}
    names: dict[str, str] = {}
    totals: dict[str, dict[str, float]] = {}
    for customer, amount, group in zip(customers, amounts, groups, strict=True):
        key = keys[customer]
        if key is None or amount is None:
            continue
        names.setdefault(key, customer_name(customer))
        found = totals.setdefault(labels[group].lower(), {})
        found[key] = found.get(key, 0.0) + amount
    if not totals:
        raise OrderLogError("`customers` and `amounts` hold no purchase: no row has both (got 0 rows).")
    values = {group: {key: (names[key], paid) for key, paid in one.items()} for group, one in totals.items()}
    return _key_customers(values, _first_spellings(labels.values()), share, "revenue")


def key_customers_of(
    log: OrderLog, group: str, *, share: float = SHARE, as_of: dt.date | None = None
) -> KeyCustomers:
    """The key customers of every group of a log.

    Parameters
    ----------
    group
        One of the log's groups; upper and lower case of its values are alike.
    share
        Of each group's net value that its key customers carry; above 0 and at most 1.
    as_of
        Count only what lies before this day.

    Raises
    ------
    OrderLogError
        If the log has no amounts, or an argument makes no sense.
    ColumnError
        If the log has no such group.

    Examples
    --------
    >>> import pandas as pd
    >>> from retention_core.orders import OrderLog
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bo", "Cy"], "date": ["2025-01-02"] * 3, "amount": [70, 20, 10],
    ...     "channel": ["web", "web", "shop"]}), groups=["channel"])
    >>> key_customers_of(log, "channel").to_frame()
      group customer  value     share  cumulative_share
    0  shop       Cy   10.0  1.000000          1.000000
    1   web      Ann   70.0  0.777778          0.777778
    2   web       Bo   20.0  0.222222          1.000000
    """
    if log.value_of is None:
        raise OrderLogError(
            "`amount` is needed to tell who carries the value, and this log knows only who ordered and when: "
            "name the column with the amounts, or those with quantity and price."
        )
    table = log.customer_table([group], None if as_of is None else plain_day(as_of))
    column = f"{group} (group)" if f"{group} (group)" in table else group
    values: dict[str, dict[str, tuple[str, float]]] = {}
    rows = zip(*(table[name].tolist() for name in ("key", "customer", column, "value")), strict=True)
    for key, name, label, value in rows:
        found = values.setdefault(label.lower(), {})
        found[key] = (name, found[key][1] + value if key in found else value)
    return _key_customers(values, _first_spellings(_labels_of(log, group)), share, log.value_of)


def _key_customers(
    values: Mapping[str, Values], spelled: Mapping[str, str], share: float, value_of: str
) -> KeyCustomers:
    if not (is_number(share) and 0 < share <= 1):
        raise OrderLogError(
            f"`share` must be a fraction above 0 and at most 1, such as 0.8 (got {said(share)})."
        )
    rows: list[tuple[str, str, float, float, float]] = []
    groups = []
    names = list(values)
    for place in key_order(names):
        group, found = spelled[names[place]], values[names[place]]
        ranking, net = _ranking(found, value_of)
        if ranking is None:
            groups.append(GroupTotal(group, len(found), 0, net, None))
            continue
        count = bisect_left(ranking.curve.share, share - TOLERANCE)
        together = ranking.curve.share
        rows += [
            (group, ranking.customers[i], ranking.values[i], ranking.values[i] / net, together[i + 1])
            for i in range(count)
        ]
        groups.append(GroupTotal(group, len(found), count, net, together[count]))
    return KeyCustomers(tuple(rows), tuple(groups), share, value_of)


def _ranking(found: Values, value_of: str) -> tuple[Ranking | None, float]:
    """The customers of a group by value, None where they do not add up to more than zero; and the sum."""
    keys = list(found)
    people = [found[keys[place]] for place in key_order(keys)]
    values = [float(value) for _, value in people]
    running = list(accumulate(sorted(values, reverse=True)))
    if isfinite(running[-1]) and not running[-1] > TOLERANCE * max(running):
        return None, running[-1]
    ranking = rank_in_order([name for name, _ in people], values, value_of)
    return ranking, ranking.total


def _label(group: object) -> str:
    return customer_name(group) or BLANK


def _first_spellings(labels: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for label in labels:
        found.setdefault(label.lower(), label)
    return found


def _labels_of(log: OrderLog, group: str) -> list[str]:
    """The values of a group in the order in which they first come up."""
    import narwhals as nw

    by = f"by {group}"
    first = log.coded_lines.group_by(by).agg(nw.col("row").min()).collect("pandas")
    found: list[str] = first.sort("row")[by].cast(nw.String).to_list()
    return found
