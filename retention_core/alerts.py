"""Alerts: a figure and the threshold it must not cross, such as "rate<0.8".

Needs the standard library alone.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from retention_core.errors import said
from retention_core.snapshots import FIGURES, FRACTIONS, RATE, HistoryError, KeptFigure, shown

NEWLY = "key_customers_newly_overdue"
_NEWLY_SAID = "key customers overdue or gone who were not in the snapshot before"
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_SAME = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_ALERT = re.compile(r"\s*([^\s<>=≤≥]+)\s*(<=|>=|=<|=>|<|>|≤|≥)\s*([^\s<>=%]+)\s*(%?)\s*")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_FARTHEST = 2.0  # shares may exceed 1 where some customers cost money
_FORM = 'write it as "rate<0.8": a figure, <, <=, > or >=, and a number'


@dataclass(frozen=True, slots=True)
class Alert:
    """A figure and its threshold: it fires where `name` `sign` `threshold` holds; made by `read_alert`."""

    name: str
    sign: str
    threshold: float

    @property
    def text(self) -> str:
        """The alert as it is written.

        Examples
        --------
        >>> read_alert("rate < 80%").text
        'rate<0.8'
        """
        return f"{self.name}{self.sign}{said(self.threshold)}"

    def judge(self, figure: KeptFigure | None) -> JudgedAlert:
        """Whether a figure crosses the threshold.

        A figure that is unknown fires too: a watch that stays silent where it cannot see is worse than one
        false alarm.

        Examples
        --------
        >>> found = read_alert("rate<0.8").judge(KeptFigure(0.79, 0.74, 0.83))
        >>> found.fired, found.sentence
        (True, 'ALERT rate<0.8: 79.0 % (74.0 % to 83.0 %), and noise alone may have taken it there.')
        >>> read_alert("rate<0.8").judge(KeptFigure(None, why="No period is complete yet.")).sentence
        'ALERT rate<0.8 cannot be told: No period is complete yet.'
        """
        if figure is None or figure.value is None:
            why = (figure.why if figure is not None else None) or "the report holds no such figure."
            return JudgedAlert(self, True, None, f"ALERT {self.text} cannot be told: {why}")
        fired = _OPERATORS[self.sign](figure.value, self.threshold)
        parts = [f"{'ALERT' if fired else 'No alert,'} {self.text}: {shown(self.name, figure.value)}"]
        if figure.low is not None and figure.high is not None:
            parts.append(f" ({shown(self.name, figure.low)} to {shown(self.name, figure.high)})")
            if figure.low <= self.threshold <= figure.high:
                parts.append(f", and noise alone may have {'taken' if fired else 'kept'} it there")
        return JudgedAlert(self, fired, figure.value, f"{''.join(parts)}.")


@dataclass(frozen=True, slots=True)
class JudgedAlert:
    """What became of an alert: `fired` or not, the figure's `value` (None where unknown), and a sentence."""

    alert: Alert
    fired: bool
    value: float | None
    sentence: str

    @property
    def known(self) -> bool:
        """Whether there was a figure to judge by; one that is unknown fires."""
        return self.value is not None

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain values."""
        found = {"alert": self.alert.text, "fired": self.fired, "known": self.known}
        return {**found, "value": self.value, "sentence": self.sentence}


def alert_figures() -> dict[str, str]:
    """Name -> meaning of the figures that an alert can watch.

    Examples
    --------
    >>> alert_figures()["rate"]
    'retention in the latest complete period'
    """
    return {name: meaning.text for name, meaning in FIGURES.items()} | {NEWLY: _NEWLY_SAID}


def read_alert(text: str) -> Alert:
    """An alert from text such as "rate<0.8", "rate < 80 %" or "key_customers_overdue>0".

    Raises
    ------
    HistoryError
        If it is no such text, there is no such figure (the sentence names those there are), or the
        threshold makes no sense for it.

    Examples
    --------
    >>> read_alert("rate<80%")
    Alert(name='rate', sign='<', threshold=0.8)
    >>> read_alert("rat<0.8")
    Traceback (most recent call last):
    retention_core.snapshots.HistoryError: The alert "rat<0.8" names no known figure: did you mean rate?
    """
    if not isinstance(text, str):
        raise HistoryError(f"An alert is a text: {_FORM} (got {said(type(text).__name__)}).")
    found = _ALERT.fullmatch(text)
    if found is None:
        raise HistoryError(f'The alert "{said(text)}" cannot be read: {_FORM}.')
    name, sign, number, percent = found.groups()
    name = _known_name(text, name)
    return Alert(name, _SAME.get(sign, sign), _threshold(text, name, number, bool(percent)))


def _known_name(text: str, given: str) -> str:
    name, names = given.lower().replace("-", "_"), list(alert_figures())
    if name in names:
        return name
    alike = get_close_matches(name, names, n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(alike)}?" if alike else f"there are {', '.join(names)}."
    raise HistoryError(f'The alert "{said(text)}" names no known figure: {hint}')


def _threshold(text: str, name: str, number: str, percent: bool) -> float:
    if not _NUMBER.fullmatch(number):
        raise HistoryError(
            f'The alert "{said(text)}" has no number to compare with: write one such as 0.8, with a point '
            "and without separators."
        )
    value = float(number)
    kind = FIGURES[name].kind if name in FIGURES else None
    if percent and kind not in FRACTIONS:
        raise HistoryError(f'The alert "{said(text)}" compares {name} with a percentage: it is no share.')
    value = (
        float(f"{number}e-2") if percent and "e" not in number.lower() else value / 100 if percent else value
    )
    least, most = (0.0, 1.0) if kind == RATE else (-_FARTHEST, _FARTHEST)
    if kind in FRACTIONS and not least <= value <= most:
        raise HistoryError(
            f'The alert "{said(text)}" compares a fraction with {said(value)}: write 80 % as 0.8 or 80%.'
        )
    if abs(value) > 1e300:
        raise HistoryError(f'The alert "{said(text)}" compares with a number beyond all figures.')
    return value
