"""The log that all pages share, the definition it is judged by, and the answers it has given."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import streamlit as st

from app_pages import wording
from retention_core.errors import RetentionError
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable, period_retention
from retention_core.samples import all_samples, sample

Answer = TypeVar("Answer")
YOURS = "yours"
AT_HAND = "file at hand"
_KEPT_ANSWERS = 24


@dataclass(eq=False)
class ChosenLog:
    """An order log with its label, and the answers already worked out, which go when the log goes.

    `reading` says how the log was read beside its columns, as a report's snapshot keeps it.
    """

    key: str
    title: str
    kind: Literal["simulated", "real", "yours"]
    note: str
    source: str
    log: OrderLog
    reading: Mapping[str, Any] = field(default_factory=dict)
    _answers: dict[Any, Any] = field(default_factory=dict, repr=False)
    # one DuckDB connection answers one question at a time, and a sample serves every session
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def answer(self, question: Callable[..., Answer], **asked: Any) -> Answer:
        """What `question(log, **asked)` returns, worked out once."""
        known_as = (question.__module__, question.__qualname__, tuple(sorted(asked.items())))
        with self._lock:
            if known_as not in self._answers:
                while len(self._answers) >= _KEPT_ANSWERS:
                    self._answers.pop(next(iter(self._answers)))
                self._answers[known_as] = question(self.log, **asked)
            answer: Answer = self._answers[known_as]
        return answer


@dataclass(frozen=True, slots=True)
class Definition:
    """What the reader chose in the sidebar; None leaves the choice to the core."""

    period: str | None = None
    active_days: int | None = None
    as_of: dt.date | None = None
    year_starts: int = 1


def current() -> ChosenLog:
    """The log in use: the gift shop until another is chosen."""
    key = st.session_state.get("log in use", all_samples()[0].key)
    if key == YOURS and YOURS in st.session_state:
        yours: ChosenLog = st.session_state[YOURS]
        return yours
    return opened_sample(all_samples()[0].key if key == YOURS else key)


def use_sample(key: str) -> None:
    """Make a sample the log of every page; the uploaded file is let go, the log made of it is not."""
    st.session_state["log in use"] = key
    st.session_state.pop(AT_HAND, None)


def use(chosen: ChosenLog) -> None:
    """Make your own log the log of every page; a log of yours from before is let go."""
    st.session_state[YOURS] = chosen
    st.session_state["log in use"] = YOURS


def available() -> dict[str, str]:
    """Key -> title of the logs at hand."""
    titles = {one.key: _labelled(one.title, one.kind) for one in all_samples()}
    if YOURS in st.session_state:
        titles[YOURS] = st.session_state[YOURS].title
    return titles


@st.cache_resource(show_spinner="Opening the sample …")
def opened_sample(key: str) -> ChosenLog:
    """A sample as the pages use it, opened once for all sessions."""
    one = sample(key)
    return ChosenLog(one.key, _labelled(one.title, one.kind), one.kind, one.note, one.source, one.log())


def definition() -> Definition:
    """What the sidebar says; the defaults where a page stands alone."""
    found: Definition = st.session_state.get("definition", Definition())
    return found


def periods(chosen: ChosenLog, *, period: str | None = None) -> PeriodTable:
    """The retention table by the chosen definition, or over another `period`; an error ends the page."""
    now = definition()
    return ask(
        chosen,
        period_retention,
        period=period or now.period,
        active_days=now.active_days,
        as_of=now.as_of,
        year_starts=now.year_starts,
    )


def ask(chosen: ChosenLog, question: Callable[..., Answer], **asked: Any) -> Answer:
    """An answer of the core; where there is none, its sentence stands on the page, which ends there."""
    try:
        with st.spinner("Working it out …"):
            return chosen.answer(question, **asked)
    except RetentionError as error:
        st.info(wording.sentence(error.in_words(SIDEBAR_WORDS)))
        st.stop()


SIDEBAR_WORDS = {
    "as_of": "The as-of date",
    "active_days": "The activity window",
    "period": "The period",
    "year_starts": "The start of the fiscal year",
}


def _labelled(title: str, kind: str) -> str:
    return title if f"({kind}" in title else f"{title} ({kind})"
