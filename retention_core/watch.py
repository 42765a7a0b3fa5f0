"""A report kept as a snapshot, compared with the one before, and held against alerts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retention_core.alerts import NEWLY, Alert, JudgedAlert, read_alert
from retention_core.changes import RULE, Changes, changes_between
from retention_core.errors import said
from retention_core.history import History, Kept
from retention_core.report.log_report import Report
from retention_core.report.section import aligned, one_line
from retention_core.report_snapshots import KEY_FIGURES, snapshot_of
from retention_core.snapshots import HistoryError, KeptFigure, Snapshot, check_label, shown

FIRED = 3
_KEY_SECTIONS = frozenset({"stages", "focus", "key_customers", "due"})
_LISTED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """What became of a report that was kept or held against alerts; made by `keep_and_compare`.

    Attributes
    ----------
    snapshot
        Of the report.
    kept
        Where it went; None if it was not to be kept.
    changes
        Against the snapshot before; None where there is none.
    alerts
        In the order in which they were given.
    """

    snapshot: Snapshot
    kept: Kept | None
    changes: Changes | None
    alerts: tuple[JudgedAlert, ...]
    path: str = field(default="", repr=False)

    @property
    def fired(self) -> tuple[JudgedAlert, ...]:
        """The alerts that fired, those that could not be judged included."""
        return tuple(one for one in self.alerts if one.fired)

    @property
    def exit_code(self) -> int:
        """What a command line ends with: 3 where an alert fired, else 0."""
        return FIRED if self.fired else 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was kept, what changed beyond noise, what to beware of, and the alerts."""
        return (*self._kept_said(), *self._changes_said(), *(one.sentence for one in self.alerts))

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "snapshot": self.snapshot.to_json(),
            "kept": None if self.kept is None else {"id": self.kept.id, "new": self.kept.new},
            "changes": None if self.changes is None else self.changes.to_json(),
            "alerts": [one.to_json() for one in self.alerts],
            "sentences": list(self.sentences),
        }

    def to_text(self) -> str:
        """The same as part of a page."""
        lines = ["HISTORY", *map(one_line, self.sentences)]
        if self.changes is None or self.changes.nothing:
            return "\n".join(lines)
        return "\n".join([*lines, RULE, "", _table(self.changes)])

    def _kept_said(self) -> tuple[str, ...]:
        if self.kept is None:
            return ()
        if not self.kept.new and self.kept.before is not None:
            made = self.kept.before.to_json()["made"][:16].replace("T", " ")
            return (f"Nothing has changed since the snapshot made on {made} UTC; it was not kept again.",)
        first = "" if self.changes is not None else " It is the first, so there is nothing to compare with."
        return (f'Kept as snapshot {self.kept.id} in "{self.path}".{first}',)

    def _changes_said(self) -> tuple[str, ...]:
        found = self.changes
        if found is None or (self.kept is not None and not self.kept.new):
            return ()
        beyond = [row.sentence for row in found.beyond_noise]
        since = f"since the snapshot as of {found.before.as_of}"
        head = f"Changed beyond noise {since}: {len(beyond)} of {len(found.known)} figures."
        late = found.overdue_since
        if late:
            more = f" and {len(late) - _LISTED:,} more" if len(late) > _LISTED else ""
            names = f"{', '.join(late[:_LISTED])}{more}"
            beyond.append(f"Key customers who became overdue {since}: {names}.")
        return (*found.warnings, head, *beyond)


@dataclass(frozen=True, slots=True, eq=False)
class WatchedReport:
    """A report with what became of it."""

    report: Report
    watch: Watch

    @property
    def exit_code(self) -> int:
        """3 where an alert fired, else 0."""
        return self.watch.exit_code

    def to_json(self) -> dict[str, Any]:
        """The report's figures with `history` beside them."""
        return self.report.to_json() | {"history": self.watch.to_json()}

    def to_text(self) -> str:
        """The report as a page, the history at its end."""
        return f"{self.report.to_text()}\n\n{self.watch.to_text()}"


def check_watch(path: str | Path | None, alerts: Sequence[str | Alert] = (), label: str = "") -> None:
    """Find out before long work whether a history and alerts can be used.

    Raises
    ------
    HistoryError
        If the file, the label or an alert makes no sense.
    """
    check_label(label)
    for one in _several(alerts):
        _alert(one)
    if path is not None:
        History(path).check()


def keep_and_compare(
    report: Report,
    path: str | Path | None = None,
    alerts: Sequence[str | Alert] = (),
    *,
    label: str = "",
    reading: Mapping[str, Any] | None = None,
    key_customers: bool | None = None,
    made: dt.datetime | None = None,
) -> Watch:
    """Keep a report as a snapshot, compare it with the one before, and hold it against alerts.

    Parameters
    ----------
    path
        The history; None keeps nothing and only judges the alerts.
    alerts
        Such as "rate<0.8"; see `alert_figures` for the figures there are.
    label
        Whose figures these are, where one file serves several logs; only snapshots of a label are compared.
    reading
        How the log was read, beside its columns: `exact_case`, `keep_currency` and the like.
    key_customers
        Whether to find out which key customers are overdue; by default if an alert or a section of the
        report asks for them.
    made
        Now, unless given.

    Raises
    ------
    HistoryError
        If the file, the label or an alert makes no sense.

    Examples
    --------
    >>> import pandas as pd
    >>> from retention_core.orders import OrderLog
    >>> from retention_core.report import report_on
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Ann", "Ann"],
    ...     "date": ["2025-01-01", "2025-01-09", "2025-02-02", "2025-03-01"], "amount": [10, 20, 30, 40]}))
    >>> report = report_on(log, period="month", as_of=dt.date(2025, 3, 1), sections=["retention"])
    >>> watch = keep_and_compare(report, alerts=["rate<0.8", "customers<2"])
    >>> watch.exit_code, [one.fired for one in watch.alerts]
    (3, [True, False])
    """
    if not isinstance(report, Report):
        raise HistoryError(f"`report` must be a Report (got {said(type(report).__name__)}).")
    asked = [_alert(one) for one in _several(alerts)]
    if key_customers is None:
        named = any(alert.name in (*KEY_FIGURES, NEWLY) for alert in asked)
        key_customers = named or bool(_KEY_SECTIONS.intersection(report.asked))
    snapshot = snapshot_of(
        report,
        made=made or dt.datetime.now(dt.UTC),
        label=label,
        reading=reading,
        key_customers=key_customers,
    )
    kept = None if path is None else History(path).keep(snapshot)
    before = None if kept is None else kept.before
    changes = None if before is None else changes_between(before, snapshot)
    newly = _newly(snapshot, kept, changes)
    judged = tuple(
        alert.judge(newly if alert.name == NEWLY else snapshot.figures.get(alert.name)) for alert in asked
    )
    return Watch(snapshot, kept, changes, judged, "" if path is None else str(path))


def _alert(given: str | Alert) -> Alert:
    return given if isinstance(given, Alert) else read_alert(given)


def _several(alerts: str | Alert | Sequence[str | Alert]) -> Sequence[str | Alert]:
    """Alerts as a sequence; a text alone is one alert, not one a letter."""
    return [alerts] if isinstance(alerts, (str, Alert)) else alerts


def _newly(snapshot: Snapshot, kept: Kept | None, changes: Changes | None) -> KeptFigure:
    """Key customers overdue who were not before; everyone overdue where there is no snapshot before."""
    if kept is None:
        return KeptFigure(None, why="Nothing is kept, so there is no snapshot before (--history).")
    if snapshot.overdue is None:
        return KeptFigure(None, why=snapshot.figures["key_customers_overdue"].why)
    if changes is None or changes.overdue_since is None:
        return KeptFigure(len(snapshot.overdue))
    return KeptFigure(len(changes.overdue_since))


def _table(changes: Changes) -> str:
    """The changes as a table to read."""
    rows = []
    for row in changes.rows:
        if row.before is None and row.now is None:
            continue
        told = [shown(row.name, row.before), shown(row.name, row.now)]
        moved = [row.signed(value) for value in (row.difference, row.low, row.high)]
        rows.append([row.name, row.verdict, *told, *moved])
    return aligned(("figure", "verdict", "before", "now", "difference", "low", "high"), rows, words=2)
