"""Snapshots of a report: its definition, figures, log and benchmark, as one line of canonical JSON.

Needs the standard library alone.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any, NamedTuple

from retention_core.errors import RetentionError, said

SCHEMA = 1
LONGEST_LABEL = 100
RATE, SHARE, NUMBER, COUNT, MONEY = "rate", "share", "number", "count", "money"
FRACTIONS = (RATE, SHARE)


class HistoryError(RetentionError):
    """A history, a snapshot or an alert that cannot be used."""


class Meaning(NamedTuple):
    """What a figure of a snapshot is.

    `kind` is "rate" (with counts behind it), "share", "number", "count" or "money"; `parts` names what it
    rests on beside how the log was read; `section` is the section of a report that it comes from, None where
    every report has it.
    """

    kind: str
    text: str
    parts: tuple[str, ...] = ()
    section: str | None = None


# which entries of a definition belong to a part; all others belong to how the log was read
PARTS = {
    "period": ("period", "active_days", "year_starts", "confidence"),
    "value": ("value_of", "cost", "margin"),
}
_PERIOD, _VALUE = ("period",), ("value",)
FIGURES: Mapping[str, Meaning] = {
    "rate": Meaning(RATE, "retention in the latest complete period", _PERIOD),
    "at_start": Meaning(COUNT, "customers at its start", _PERIOD),
    "kept": Meaning(COUNT, "customers kept in it", _PERIOD),
    "lost": Meaning(COUNT, "customers lost in it", _PERIOD),
    "new": Meaning(COUNT, "customers won in it", _PERIOD),
    "reactivated": Meaning(COUNT, "customers won back in it", _PERIOD),
    "at_end": Meaning(COUNT, "customers at its end", _PERIOD),
    "yearly_rate": Meaning(SHARE, "retention over a year", _PERIOD),
    "benchmark_gap": Meaning(
        SHARE, "yearly retention less the benchmark", _PERIOD, "the comparison with an industry"
    ),
    "customers": Meaning(COUNT, "customers of the log"),
    "orders": Meaning(COUNT, "orders of the log"),
    "refunds": Meaning(COUNT, "refunds of the log"),
    "rows_used": Meaning(COUNT, "rows used"),
    "set_aside": Meaning(COUNT, "rows set aside"),
    "value": Meaning(MONEY, "value of the orders, net of refunds", _VALUE, "pareto"),
    "top_20_share": Meaning(SHARE, "share of the value from the top fifth", _VALUE, "pareto"),
    "customers_for_80": Meaning(SHARE, "share of the customers behind 80 % of the value", _VALUE, "pareto"),
    "gini": Meaning(SHARE, "Gini coefficient of the value", _VALUE, "pareto"),
    "median_days": Meaning(NUMBER, "days until half of the customers are lost", (), "lifetime"),
    "mean_days": Meaning(NUMBER, "days a customer stays, on average, within a year", (), "lifetime"),
    "point_worth": Meaning(MONEY, "what one more point of retention is worth", _VALUE, "worth"),
    "nps": Meaning(NUMBER, "net promoter score, in points", (), "voice"),
    "share_answered": Meaning(SHARE, "share of those asked who ever answered", (), "voice"),
    "share_adopted": Meaning(SHARE, "share of the suggestions decided that were adopted", (), "voice"),
    "share_referred": Meaning(SHARE, "share of the customers who came by referral", (), "referrals"),
    "key_customers": Meaning(COUNT, "key customers", _VALUE, "the key customers"),
    "key_customers_overdue": Meaning(
        COUNT, "key customers overdue or gone by their own rhythm", _VALUE, "the key customers"
    ),
}


@dataclass(frozen=True, slots=True)
class KeptFigure:
    """One figure as it is kept.

    Attributes
    ----------
    value
        None where the report could not tell it; `why` then says why.
    low, high
        Limits of its interval, None without one.
    count, of
        A rate's parts: so many of so many.
    about
        The stretch of time it speaks of, where that is not the whole log.
    rule
        What it rests on beside the definition, such as how long a silence counts as leaving.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    of: int | None = None
    about: str | None = None
    rule: str | None = None
    why: str | None = None

    @property
    def limits(self) -> tuple[float, float, float] | None:
        """Value and limits, None unless all three are known."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return self.value, self.low, self.high

    def to_json(self) -> dict[str, Any]:
        """Name -> value of what is known."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None or name == "value"}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What a report said on one day.

    Attributes
    ----------
    made
        When, in UTC.
    as_of
        First day not looked at.
    definition
        Period, window, refund rule, what value means, columns, how the log was read: name -> plain value.
    figures
        Name (of `FIGURES`) -> figure.
    log
        Its `fingerprint`, what that `covers`, `rows`, `first_day` and `last_day`.
    benchmark
        Identity, year, value and verdict of the industry figure compared with, None without.
    overdue
        Identity key and name of the key customers who are overdue or gone; None where nobody looked.
    label
        Whose figures these are, where one file serves several logs.
    tool
        Version of this package.
    """

    made: dt.datetime
    as_of: dt.date
    definition: Mapping[str, Any]
    figures: Mapping[str, KeptFigure]
    log: Mapping[str, Any]
    benchmark: Mapping[str, Any] | None = None
    overdue: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    label: str = ""
    tool: str = ""
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.made.utcoffset() is None:
            raise HistoryError(f"`made` must name its time zone, such as UTC (got {self.made}).")
        check_label(self.label)

    @property
    def definition_id(self) -> str:
        """A checksum that equal definitions share."""
        return checksum(canonical(self.definition))

    @property
    def identity(self) -> str:
        """A checksum of everything but when, and by which version, it was made."""
        content = self.to_json()
        return checksum(canonical({name: content[name] for name in content if name not in _NOT_CONTENT}))

    def to_json(self) -> dict[str, Any]:
        """The snapshot as plain values."""
        return {
            "schema": self.schema,
            "tool": self.tool,
            "made": self.made.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "as_of": self.as_of.isoformat(),
            "label": self.label,
            "definition": dict(self.definition),
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
            "log": dict(self.log),
            "benchmark": None if self.benchmark is None else dict(self.benchmark),
            "overdue": None if self.overdue is None else [list(pair) for pair in self.overdue],
        }

    def to_text(self) -> str:
        """The snapshot as canonical JSON: sorted, without blanks, every number to its last digit."""
        return canonical(self.to_json())

    @classmethod
    def from_text(cls, text: str) -> Snapshot:
        """The snapshot that `to_text` wrote.

        Raises
        ------
        HistoryError
            If it is no snapshot, or one of a newer version of this package.

        Examples
        --------
        >>> made = dt.datetime(2026, 2, 1, 6, tzinfo=dt.UTC)
        >>> one = Snapshot(made, dt.date(2026, 2, 1), {"period": "month"}, {"rate": KeptFigure(1 / 3)}, {})
        >>> Snapshot.from_text(one.to_text()).figures["rate"].value == 1 / 3
        True
        """
        try:
            return _read(json.loads(text))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, HistoryError):
                raise
            raise HistoryError(f"This is no snapshot of a report: {said(text)}") from error


_NOT_CONTENT = ("made", "tool")


def check_label(label: str) -> None:
    """Refuse what is no line of text.

    Raises
    ------
    HistoryError
        If the label is too long, or holds line breaks or the like.
    """
    if not isinstance(label, str) or len(label) > LONGEST_LABEL or not label.isprintable():
        raise HistoryError(
            f'`label` must be a line of at most {LONGEST_LABEL} characters (got "{said(ascii(label))}").'
        )


def _read(found: dict[str, Any]) -> Snapshot:
    if found["schema"] > SCHEMA:
        raise HistoryError(
            f"The snapshot was made by a newer version of this package ({said(found['tool'])}): update it."
        )
    known = {one.name for one in fields(KeptFigure)}
    figures = found["figures"]
    names = dict.fromkeys((*(name for name in FIGURES if name in figures), *figures))
    return Snapshot(
        made=dt.datetime.fromisoformat(found["made"]),
        as_of=dt.date.fromisoformat(found["as_of"]),
        definition=found["definition"],
        figures={
            name: KeptFigure(**{part: value for part, value in figures[name].items() if part in known})
            for name in names
        },
        log=found["log"],
        benchmark=found["benchmark"],
        overdue=None if found["overdue"] is None else tuple((key, name) for key, name in found["overdue"]),
        label=found["label"],
        tool=found["tool"],
        schema=found["schema"],
    )


def canonical(value: Any) -> str:
    """JSON that equal values share: keys sorted, no blanks, ASCII alone.

    Raises
    ------
    HistoryError
        If a value is not plain, or a number not finite.

    Examples
    --------
    >>> canonical({"b": 0.1, "a": [1, None]})
    '{"a":[1,null],"b":0.1}'
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise HistoryError(f"A snapshot holds plain values and finite numbers alone: {error}.") from error


def checksum(text: str) -> str:
    """SHA-256 of a text, in hexadecimal.

    Examples
    --------
    >>> checksum("")[:8]
    'e3b0c442'
    """
    return sha256(text.encode()).hexdigest()


def known_figure(name: str, value: float | None, **parts: Any) -> KeptFigure:
    """A figure of plain Python numbers; what is not finite is unknown.

    Examples
    --------
    >>> known_figure("gini", float("nan")).value is None
    True
    """
    kind = FIGURES[name].kind
    found = {part: _plain(one) for part, one in (parts | {"value": value}).items()}
    if kind == COUNT and found["value"] is not None:
        found["value"] = int(found["value"])
    return KeptFigure(**found)


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def shown(name: str, value: float | None) -> str:
    """A figure as sentences show it.

    Examples
    --------
    >>> shown("rate", 0.8125), shown("value", 1234.5), shown("median_days", 225.0), shown("rate", None)
    ('81.2 %', '1,234.50', '225', 'unknown')
    """
    kind = FIGURES[name].kind if name in FIGURES else NUMBER
    if value is None:
        return "unknown"
    if name == "benchmark_gap":
        return f"{100 * value:+.1f} points"
    if kind in FRACTIONS:
        return f"{100 * value:.1f} %"
    if kind == MONEY:
        return f"{value:,.2f}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
