"""Lifetimes from an order log, where nobody announces leaving and a rule has to say who is lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import narwhals as nw
import pandas as pd

from retention_core.errors import OrderLogError, said
from retention_core.movements import check_active_days
from retention_core.orders import OrderLog
from retention_core.purchases import observed_until
from retention_core.survival import LogRank, SurvivalCurve, log_rank, survival_by, survival_curve


@dataclass(frozen=True, slots=True, eq=False)
class Lifetimes:
    """How long each customer of an order log stayed, and who is lost; made by `lifetimes_of`.

    Attributes
    ----------
    customers, durations, lost
        One entry a customer with an order: name, days, and whether the rule calls the customer lost.
    groups
        Group of each customer's first order; empty where no group was asked for.
    active_days, as_of
        The rule.
    came_back
        Customers who were silent for longer than `active_days` before and ordered again.
    definition
        The rule in words.
    notes
        What to know before relying on it, as sentences.
    """

    customers: tuple[str, ...] = field(repr=False)
    durations: tuple[int, ...] = field(repr=False)
    lost: tuple[bool, ...] = field(repr=False)
    groups: tuple[str, ...] = field(repr=False)
    active_days: int
    as_of: dt.date
    came_back: int
    definition: str
    notes: tuple[str, ...]

    def curve(self, confidence: float = 0.95) -> SurvivalCurve:
        """The Kaplan-Meier curve, in days since the first order."""
        return survival_curve(
            self.durations, self.lost, confidence=confidence, definition=self.definition, notes=self.notes
        )

    def curves(self, confidence: float = 0.95) -> dict[str, SurvivalCurve]:
        """The curve of each group."""
        self._check_groups()
        return survival_by(
            self.durations, self.lost, self.groups, confidence=confidence, definition=self.definition
        )

    def compare(self) -> LogRank:
        """The log-rank test between the groups."""
        self._check_groups()
        return log_rank(self.durations, self.lost, self.groups)

    def to_frame(self) -> pd.DataFrame:
        """One row a customer: customer, duration, lost and, where asked for, group."""
        columns = {"customer": self.customers, "duration": self.durations, "lost": self.lost}
        return pd.DataFrame(columns | ({"group": self.groups} if self.groups else {}))

    def _check_groups(self) -> None:
        if not self.groups:
            raise OrderLogError("`group` is needed to compare groups: name one when making the lifetimes.")


def lifetimes_of(
    log: OrderLog, active_days: int, *, group: str | None = None, as_of: dt.date | None = None
) -> Lifetimes:
    """How long the customers of an order log stayed, by a rule of inactivity.

    A customer is lost at midnight `as_of` if no order lies within the `active_days` days before, the
    rule by which the rest of the package calls a customer active. The lifetime runs in days from the
    first order: for a lost customer to the day the rule first called him lost for good, which is the
    last order plus `active_days`; for the others to `as_of`. A break in between that was longer, but
    ended, counts as having stayed; `came_back` says how many customers had one, and where that is many,
    `active_days` is too short for this log.

    Parameters
    ----------
    log
        The orders; refunds are no activity, and customers with nothing else are left out.
    active_days
        Days of silence after which a customer counts as lost.
    group
        One of the log's groups, to compare customers by; each belongs to the group of the first order
        (of those of the first day, the first by name).
    as_of
        By default midnight after the last order.

    Raises
    ------
    OrderLogError
        If the rule makes no sense or no order lies before `as_of`.
    ColumnError
        If the log has no such group.

    Notes
    -----
    No lost customer has a lifetime below `active_days`, so the curve stays at 1 up to there and then drops
    by those who ordered once. Lifetimes begin with the first order of the log: where the log starts in
    the middle of the business, older customers look younger than they are.

    Examples
    --------
    Bob ordered last on 10 January; in March, after 30 days without an order, he counts as lost:

    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Ann", "Ann"],
    ...     "date": ["2025-01-01", "2025-01-10", "2025-02-01", "2025-02-28"]}))
    >>> found = lifetimes_of(log, active_days=30)
    >>> found.customers, found.durations, found.lost
    (('Ann', 'Bob'), (59, 30), (False, True))
    """
    if active_days != int(active_days):
        raise OrderLogError(f"`active_days` must be a whole number (got {said(active_days)}).")
    check_active_days(active_days)
    as_of = observed_until(as_of, log.first_day, log.last_day)
    table = log.customer_table(as_of=as_of).dropna(subset=["first_order"])
    end = pd.Timestamp(as_of)
    silent = (end - table["last_order"]).dt.days
    lost = silent > active_days
    age = (end - table["first_order"]).dt.days
    came_back = _came_back(log, active_days, as_of)
    return Lifetimes(
        customers=tuple(table["customer"]),
        durations=tuple((age - (silent - active_days).clip(lower=0)).tolist()),
        lost=tuple(lost.tolist()),
        groups=() if group is None else _first_groups(log, group, as_of, table["key"].tolist()),
        active_days=int(active_days),
        as_of=as_of,
        came_back=came_back,
        definition=_definition(int(active_days), as_of),
        notes=_notes(came_back, len(table), int(active_days)),
    )


def _came_back(log: OrderLog, active_days: int, as_of: dt.date) -> int:
    """Customers with a gap between two orders longer than the rule allows."""
    days = log.coded_order_days().filter(nw.col("day") < as_of.toordinal())
    gap = nw.col("day") - nw.col("day").shift(1).over("customer", order_by="day")
    long = days.with_columns(gap=gap).filter(nw.col("gap") > active_days).select("customer").unique()
    # not `n_unique`, which is no number where nobody is left
    return int(long.select(nw.len()).collect("pandas").item())


def _first_groups(log: OrderLog, group: str, as_of: dt.date, keys: list[str]) -> tuple[str, ...]:
    """The group of each customer's first order."""
    table = log.customer_table(groups=[group], as_of=as_of).dropna(subset=["first_order"])
    named = table.assign(label=table.iloc[:, 2])
    first = named.sort_values(["first_order", "label"]).drop_duplicates("key").set_index("key")["label"]
    return tuple(first.loc[keys])


def _definition(active_days: int, as_of: dt.date) -> str:
    days = "day" if active_days == 1 else f"{active_days:,} days"
    return (
        f"A customer is lost who had no order in the {days} before {as_of}. A lifetime runs in days from the "
        f"first order: to the last order plus {active_days:,} for a lost customer, to {as_of} for the others."
    )


def _notes(came_back: int, customers: int, active_days: int) -> tuple[str, ...]:
    if not came_back:
        return ()
    return (
        f"{came_back:,} of {customers:,} customers had been silent for over {active_days:,} days before "
        "and came back; that counts as having stayed.",
    )
