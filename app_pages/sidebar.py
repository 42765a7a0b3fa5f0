"""The sidebar of every page: which log is in use, and by which definition it is judged."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from app_pages import chosen_log, notices, wording
from app_pages.chosen_log import ChosenLog, Definition
from retention_core.errors import RetentionError
from retention_core.periods import period_retention

_PERIODS = {"Automatic": None, "Month": "month", "Quarter": "quarter", "Year": "year"}
_MONTHS = [dt.date(2000, month, 1).strftime("%B") for month in range(1, 13)]
_LONGEST_WINDOW = 36_600


def show() -> None:
    """Choose the log and the definition; both hold for every page."""
    with st.sidebar:
        _choose_log()
        chosen = chosen_log.current()
        _describe(chosen)
        _choose_definition(chosen)
        _explain(chosen)


def _choose_log() -> None:
    titles = chosen_log.available()
    keys = list(titles)
    in_use = chosen_log.current().key
    st.session_state["chosen log"] = chosen_log.YOURS if in_use not in keys else in_use
    st.radio(
        "Order log in use",
        keys,
        format_func=lambda key: wording.escaped(titles.get(key, key), 40),
        key="chosen log",
        on_change=lambda: chosen_log.use_sample(st.session_state["chosen log"]),
    )


def _describe(chosen: ChosenLog) -> None:
    log = chosen.log
    st.caption(
        f"{wording.counted(log.rows, 'row')} · {wording.counted(log.orders, 'order')} · "
        f"{wording.counted(log.customers, 'customer')}  \n{log.first_day} to {log.last_day}"
    )


def _choose_definition(chosen: ChosenLog) -> None:
    with st.expander("Definition", expanded=False):
        period = st.selectbox(
            "Period",
            list(_PERIODS),
            key="period",
            help="Automatic takes the smallest period that is long enough for most customers to come back.",
        )
        active_days = _choose_window()
        as_of = st.date_input(
            "As of (start of the day)",
            value=None,
            min_value=chosen.log.first_day + dt.timedelta(days=1),
            max_value=_latest_as_of(chosen),
            key=f"as of {chosen.key}",
            format="YYYY-MM-DD",
            help="Look at the log as it stood on this day. Empty: right after the last order.",
        )
        year_starts = st.selectbox("The fiscal year starts in", _MONTHS, key="year starts")
    st.session_state["definition"] = Definition(
        period=_PERIODS[period],
        active_days=active_days,
        as_of=as_of if isinstance(as_of, dt.date) else None,
        year_starts=_MONTHS.index(year_starts) + 1,
    )


def _choose_window() -> int | None:
    window = st.radio(
        "A customer is active who ordered within",
        ["the period before", "a number of days"],
        key="window",
    )
    if window == "the period before":
        return None
    days = st.number_input("Days", min_value=1, max_value=_LONGEST_WINDOW, value=365, step=1, key="days")
    return int(days)


def _latest_as_of(chosen: ChosenLog) -> dt.date:
    last = chosen.log.last_day
    return dt.date(min(last.year + 2, 9998), 12, 31)


def _explain(chosen: ChosenLog) -> None:
    now = chosen_log.definition()
    try:
        with st.spinner("Working it out …"):
            table = chosen.answer(
                period_retention,
                period=now.period,
                active_days=now.active_days,
                as_of=now.as_of,
                year_starts=now.year_starts,
            )
    except RetentionError:
        return  # the page itself says it, where it is read
    used = wording.sentence(f"{table.period.capitalize()}s are used, as of {table.as_of}.")
    st.caption(f"**{used}** {notices.in_app_words(table.reason)}")
