"""How long subscribers stay: lifetimes from subscriptions, for the survival curves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pandas as pd

from retention_core.errors import SubscriptionError
from retention_core.subscriptions import Subscriptions
from retention_core.survival import LogRank, SurvivalCurve, log_rank, survival_by, survival_curve

_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, eq=False)
class SubscriptionLifetimes:
    """Uninterrupted stretches of paying, in months of 30.4 days; made by `lifetimes_of_subscriptions`.

    Attributes
    ----------
    durations, lost, groups
        One entry a stretch: its length, whether it ended, and the group at its start (empty where no group
        was asked for).
    definition, notes
        What counts, and what to know before relying on it.
    """

    durations: tuple[float, ...] = field(repr=False)
    lost: tuple[bool, ...] = field(repr=False)
    groups: tuple[str, ...] = field(repr=False)
    as_of: dt.date
    definition: str
    notes: tuple[str, ...]

    def curve(self, confidence: float = 0.95) -> SurvivalCurve:
        """The Kaplan-Meier curve, in months since the start."""
        return survival_curve(
            self.durations, self.lost, confidence=confidence, definition=self.definition, notes=self.notes
        )

    def curves(self, confidence: float = 0.95) -> dict[str, SurvivalCurve]:
        """The curve of each group."""
        return survival_by(
            self.durations, self.lost, self._named(), confidence=confidence, definition=self.definition
        )

    def compare(self) -> LogRank:
        """The log-rank test between the groups."""
        return log_rank(self.durations, self.lost, self._named())

    def _named(self) -> tuple[str, ...]:
        if not self.groups:
            raise SubscriptionError("`group` is needed to compare: name one when making the lifetimes.")
        return self.groups


def lifetimes_of_subscriptions(
    subscriptions: Subscriptions, *, group: str | None = None, as_of: dt.date | None = None
) -> SubscriptionLifetimes:
    """How long each stretch of paying lasted, or has lasted so far.

    A stretch begins when a customer starts to pay and ends when it pays nothing; a customer who comes back
    begins another. In monthly snapshots the beginning of those who pay in the first month is not known:
    they are left out, and `notes` says how many.

    Parameters
    ----------
    group
        One of the groups, "plan" included; the one at the start of the stretch counts.
    as_of
        Look at the subscriptions as they stood at this midnight; by default as far as they are known.

    Raises
    ------
    SubscriptionError
        If nobody paid, or nobody's beginning is known.
    ColumnError
        If there is no such group.

    Examples
    --------
    >>> rows = {"customer": ["Ann", "Bo"], "start": ["2024-01-01"] * 2, "end": ["2024-03-01", None],
    ...         "mrr": [20, 30]}
    >>> plans = Subscriptions.from_frame(pd.DataFrame(rows), as_of=dt.date(2024, 7, 1))
    >>> found = lifetimes_of_subscriptions(plans)
    >>> [round(months, 1) for months in found.durations], found.lost
    ([2.0, 6.0], (True, False))
    """
    until = as_of or subscriptions.as_of
    column = None if group is None else subscriptions.known_group(group)
    spells = subscriptions.spells(until)
    known = pd.Series(True, index=spells.index)
    if "month" in subscriptions.columns:
        known = spells["start"] > pd.Timestamp(subscriptions.first_day)
    left_out = int((~known).sum())
    spells = spells[known]
    if spells.empty:
        raise SubscriptionError(
            "Everybody pays from the first month on, so nobody's beginning is known and no lifetime either."
        )
    days = (spells["end"].fillna(pd.Timestamp(until)) - spells["start"]).dt.days
    return SubscriptionLifetimes(
        durations=tuple((days / _MONTH).tolist()),
        lost=tuple((spells["lost"] == 1).tolist()),
        groups=() if column is None else tuple(spells[_shown(spells, column)].astype(str)),
        as_of=until,
        definition=(
            "Share of subscribers still paying at each age in months (Kaplan-Meier), from the start to the "
            f"day they pay nothing or to {until}. A subscriber who comes back begins anew."
        ),
        notes=_notes(left_out),
    )


def _shown(spells: pd.DataFrame, column: str) -> str:
    """The column of a group in the table of spells, whose own columns come first."""
    label = f"{column} (group)"
    return label if label in spells else column


def _notes(left_out: int) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"{left_out:,} who pay in the first month are left out: since when they pay is not known.",)
