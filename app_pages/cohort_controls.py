"""What the reader asks of the cohorts: period, groups, measure, ages."""

from __future__ import annotations

import re
from typing import NamedTuple

import streamlit as st

from app_pages import chosen_log, wording
from app_pages.chosen_log import ChosenLog
from retention_core.cohort_tables import MEASURES, MONTHS
from retention_core.cohorts import cohorts_of
from retention_core.errors import OrderLogError, RetentionError, said

FEWEST_COHORTS = 3
_SPANS = "1-30, 31-60, 61-90"
_DAYS = "30, 60, 90"
_EXACT, _LATER = "At that age", "Then or later"
_CONTROL = 142


class Asked(NamedTuple):
    """What the controls say."""

    period: str
    measure: str
    by: str | None
    days: tuple[int | tuple[int, int], ...] | None
    unbounded: bool


def asked_for(chosen: ChosenLog) -> Asked | None:
    """What the controls say; None where it makes no sense, which is said."""
    key, default = chosen.key, _usual_period(chosen)
    groups = {"": "first order"} | {name: wording.plain_line(name, 40) for name in chosen.log.columns.groups}
    with st.container(horizontal=True):
        period = st.selectbox(
            "Period",
            list(MONTHS),
            index=list(MONTHS).index(default),
            format_func=str.capitalize,
            key=f"cohort period {key} {default}",
            help="Of the cohorts, and of the ages unless they are counted in days",
            width=_CONTROL,
        )
        by = st.selectbox(
            "Cohorts by",
            list(groups),
            format_func=lambda name: groups.get(name, name).capitalize() if not name else groups[name],
            key=f"cohort by {key}",
            help="When customers first ordered, or a group such as region: that of their first order",
            width=_CONTROL,
        )
        measure = st.selectbox(
            "Measure",
            _measures(chosen),
            format_func=str.capitalize,
            key=f"cohort measure {key}",
            width=_CONTROL,
        )
        in_days = st.selectbox(
            "Ages in",
            [False, True],
            format_func=lambda days: "Days" if days else "Periods",
            key=f"cohort ages {key}",
            help="Since the first order",
            width=_CONTROL,
        )
        later = st.selectbox(
            "Who counts",
            [False, True],
            format_func=lambda later: _LATER if later else _EXACT,
            key=f"cohort counts {key}",
            help="Those who order at exactly that age, or at that age or any time later",
            width=_CONTROL,
        )
    return _with_days(key, Asked(period, measure, by or None, None, later), in_days)


def _with_days(key: str, asked: Asked, in_days: bool) -> Asked | None:
    """What is asked, with ages in days if so chosen; None where they make no sense, which is said."""
    if not in_days:
        return asked
    text = st.text_input(
        "Days since the first order",
        value=_DAYS if asked.unbounded else _SPANS,
        key=f"cohort days {key} {asked.unbounded}",
        help="Single days such as 30" if asked.unbounded else "Spans such as 1-30, or single days",
    )
    try:
        return asked._replace(days=days_of(text))
    except RetentionError as error:
        st.error(wording.sentence(str(error)), icon=":material/error:")
        return None


def days_of(text: str) -> tuple[int | tuple[int, int], ...]:
    """Days and spans of days as people type them.

    Raises
    ------
    OrderLogError
        If there is none, or something else stands there.

    Examples
    --------
    >>> days_of("7, 30-60")
    (7, (30, 60))
    """
    days: list[int | tuple[int, int]] = []
    for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*(?:[-–]|to)\s*", "-", text.strip()))):
        found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part, re.ASCII)
        if found is None:
            raise OrderLogError(
                "Days must be numbers such as 30 or spans such as 1-30, with commas between (got "
                f'"{said(part)}").'
            )
        first, last = found.groups()
        days.append(int(first) if last is None else (int(first), int(last)))
    if not days:
        raise OrderLogError("Days must hold at least one number such as 30 (got nothing).")
    return tuple(days)


def _measures(chosen: ChosenLog) -> tuple[str, ...]:
    known = {None: 2, "revenue": 3, "profit": 4}
    return MEASURES[: known[chosen.log.value_of]]


def _usual_period(chosen: ChosenLog) -> str:
    """The period in use elsewhere, or a shorter one where that leaves too few cohorts to compare."""
    now = chosen_log.definition()
    if now.period is not None:
        return now.period
    used = chosen_log.periods(chosen).period
    for period in list(MONTHS)[list(MONTHS).index(used) : 0 : -1]:
        table = chosen_log.ask(
            chosen, cohorts_of, period=period, as_of=now.as_of, year_starts=now.year_starts
        )
        if len(table.ages) > 1 and len(table.trend(1).cells) >= FEWEST_COHORTS:
            return period
    return "month"
