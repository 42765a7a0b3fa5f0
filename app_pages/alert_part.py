"""Alerts on the page of regular comparison: a figure, a sign and a threshold, judged at once."""

from __future__ import annotations

import streamlit as st

from app_pages import history_answers, history_lists, notices
from retention_core.alerts import alert_figures, read_alert
from retention_core.changes import Changes
from retention_core.errors import RetentionError
from retention_core.snapshots import Snapshot

_WATCHED = "alerts watched"
_SIGNS = {"<": "below", ">": "above"}
_MOST = 20


def show(now: Snapshot, changes: Changes | None) -> list[str]:
    """The form, the verdicts on the figures shown, and the alerts watched as they are written."""
    st.subheader("Alerts")
    watched: list[str] = st.session_state.setdefault(_WATCHED, [])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        draft = _draft()
        st.button(
            "Watch this",
            key="watch",
            icon=":material/notification_add:",
            on_click=_watch,
            args=(draft,),
            disabled=draft in watched or len(watched) >= _MOST,
            help="It is judged whenever the page is open, and joins the lines below.",
        )
    if draft not in watched:
        _verdict(draft, now, changes, added=False)
    for place, text in enumerate(watched):
        said, away = st.columns([12, 1], vertical_alignment="center")
        with said:
            _verdict(text, now, changes, added=True)
        away.button(
            ":material/close:",
            key=f"unwatch {place}",
            on_click=_unwatch,
            args=(place,),
            help="Watch no longer",
        )
    if watched:
        st.caption(
            "An alert is judged by the figure itself, not by its interval. One that cannot be told fires too."
        )
    return watched or [draft]


def _draft() -> str:
    figures = alert_figures()
    name = st.selectbox(
        "Alert when", list(figures), key="alert figure", width=360,
        format_func=lambda one: figures[one][:1].upper() + figures[one][1:],
    )  # fmt: skip
    sign = st.selectbox(
        "goes", list(_SIGNS), format_func=lambda one: _SIGNS[one], key="alert sign", width=110
    )
    share = history_lists.is_fraction(name)
    threshold = st.number_input(
        "Threshold (%)" if share else "Threshold", -100.0 if share else -1e15, 100.0 if share else 1e15,
        50.0 if share else 0.0, 1.0, key=f"alert threshold {share}", width=140, format="%g",
    )  # fmt: skip
    number = f"{threshold:.10g}"
    return read_alert(f"{name}{sign}{number}{'%' if share else ''}").text


def _verdict(text: str, now: Snapshot, changes: Changes | None, *, added: bool) -> None:
    try:
        found = history_answers.judged(read_alert(text), now, changes)
    except RetentionError as error:
        st.error(notices.in_app_words(str(error)))
        return
    said = notices.in_app_words(found.sentence.replace(" -", " −"))
    if not added:
        st.markdown(said)
    elif found.fired:
        st.error(said, icon=":material/notifications_active:")
    else:
        st.success(said, icon=":material/check:")


def _watch(text: str) -> None:
    watched = st.session_state.setdefault(_WATCHED, [])
    if text not in watched:
        st.session_state[_WATCHED] = [*watched, text]


def _unwatch(place: int) -> None:
    watched = st.session_state.get(_WATCHED, [])
    st.session_state[_WATCHED] = watched[:place] + watched[place + 1 :]
