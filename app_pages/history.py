"""History: what changed since last time, alerts, and how to make the comparison come by itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import streamlit as st

from app_pages import (
    alert_part,
    chosen_log,
    downloads,
    history_answers,
    history_charts,
    history_files,
    history_lists,
    history_schedule,
    listing,
    notices,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.history_answers import Asked, Points
from app_pages.history_files import OpenHistory
from app_pages.tables import Table
from retention_core.changes import RULE, Changes, changes_between
from retention_core.errors import RetentionError
from retention_core.snapshots import Snapshot

_IN_USE, _REFUSED, _TOLD, _DEMO = "history in use", "history refused", "history told", "demonstration"
_SHOWN = 3
_KEPT = "These figures are in the history."
_TO_KEEP = "Adds a snapshot to the history in memory; download the file to have it next time."
_PRIVATE = (
    "Read by this program on this machine and kept in memory alone; the file you open stays as it is. A "
    "history holds figures and, of key customers who are overdue, names: keep it as you keep the orders."
)
_DEMONSTRATION = (
    "Nothing is kept yet. Shown is this log as it stood at the ends of the last periods: what you would see "
    "had you kept the figures then. Keep today’s figures, or open a history of your own below."
)


def show() -> None:
    """The page."""
    st.title("What changed since last time?")
    chosen = chosen_log.current()
    notices.label(chosen)
    asked = history_answers.asked_of(chosen_log.definition(), chosen.reading)
    today = chosen_log.ask(chosen, history_answers.figures_now, asked=asked)
    history: OpenHistory | None = st.session_state.get(_IN_USE)
    answer, acts = st.container(), st.container(horizontal=True, vertical_alignment="bottom")
    label = _label(acts, history)
    kept = tuple(one for one in history.snapshots if one.label == label) if history else ()
    kept = kept or _demonstration(answer, chosen, asked)
    points = history_answers.points_of(kept, today)
    changes, now = _compared(answer, acts, points)
    _actions(acts, history, today, label, kept=points.unkept is None)
    _first_screen(chosen, points, changes, demonstration=history is None)
    _door(history)
    told = alert_part.show(now, changes)
    _by_itself(chosen, history, told)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)


def _label(place: Any, history: OpenHistory | None) -> str:
    """Whose figures, where one file serves several logs."""
    labels = list(dict.fromkeys(one.label for one in history.snapshots)) if history else []
    if len(labels) < 2:
        return labels[0] if labels else ""
    label: str = place.selectbox(
        "Whose figures",
        labels,
        format_func=lambda one: wording.plain_line(one) or "without a label",
        width=200,
    )
    return label


def _demonstration(answer: Any, chosen: ChosenLog, asked: Asked) -> tuple[Snapshot, ...]:
    """The log as it stood, at once where that is quick."""
    quick = chosen.log.orders <= history_answers.QUICK
    answer.caption(f":orange[**Demonstration**] · {_DEMONSTRATION}")
    if not quick and not st.session_state.get(f"{_DEMO} {chosen.key}"):
        answer.button("Work out this log as it stood", key=f"{_DEMO} {chosen.key}")
        return ()
    return chosen_log.ask(chosen, history_answers.as_it_stood, asked=asked)


def _compared(answer: Any, acts: Any, points: Points) -> tuple[Changes | None, Snapshot]:
    """What changed between the two snapshots chosen, said in words."""
    places = list(range(len(points.snapshots)))
    of = hash(tuple(one.identity for one in points.snapshots))
    if len(places) > 1:
        now = acts.selectbox(
            "Compare", places[::-1], places[::-1].index(points.now), key=f"now {of}", width=190,
            format_func=lambda place: _named(points, place),
        )  # fmt: skip
        others = [place for place in places[::-1] if place != now]
        first = points.before if now == points.now else max((p for p in others if p < now), default=None)
        before = acts.selectbox(
            "with", others, others.index(first) if first in others else 0, key=f"before {now} {of}",
            width=190, format_func=lambda place: _named(points, place),
        )  # fmt: skip
    else:
        now, before = points.now, None
    found = points.snapshots[now]
    changes = None if before is None else changes_between(points.snapshots[before], found)
    answer.markdown(f"### {_headline(changes)}")
    answer.markdown(_meaning(changes, found, kept=points.unkept is None))
    for warning in () if changes is None else changes.warnings:
        answer.warning(notices.in_app_words(warning), icon=":material/warning:")
    return changes, found


def _named(points: Points, place: int) -> str:
    one = points.snapshots[place]
    alike = sum(other.as_of == one.as_of for other in points.snapshots) > 1
    made = f", made {one.made:%Y-%m-%d %H:%M}" if alike and place != points.unkept else ""
    return f"{one.as_of}{' (now)' if place == points.unkept else made}"


def _headline(changes: Changes | None) -> str:
    if changes is None:
        return "There is nothing to compare with yet."
    since = f"since {changes.before.as_of}"
    if changes.nothing:
        return f"Nothing has changed {since}."
    beyond, told = history_lists.counted(changes)
    if not told:
        return f"No figure has changed {since} that can be told from noise."
    figures = wording.counted(told, "figure")
    many = wording.count(beyond) if beyond else "None"
    return f"{many} of {figures} changed {since} by more than noise."


def _meaning(changes: Changes | None, now: Snapshot, *, kept: bool) -> str:
    if changes is None:
        rate = now.figures.get("rate")
        known = rate is not None and rate.value is not None
        said = f"Retention now: {history_lists.written('rate', rate.value)}. " if known and rate else ""
        if kept:
            return f"{said}These figures are kept. When the log has grown, this page says what changed."
        return f"{said}Keep today’s figures; the next time, this page says what changed."
    rows = [one for one in changes.rows if one.beyond_noise]
    first = [
        one for one in changes.rows if one.name == "rate" and not one.beyond_noise and one.now is not None
    ]
    told = [_sentence(one) for one in (*first, *rows)[:_SHOWN]]
    late = changes.overdue_since
    if late:
        names = ", ".join(wording.escaped(name, 40) for name in late[:_SHOWN])
        more = f" and {wording.count(len(late) - _SHOWN)} more" if len(late) > _SHOWN else ""
        told.append(f"Key customers who became overdue: {names}{more}.")
    return " ".join(told) or "Every figure with an interval is within noise."


def _sentence(one: Any) -> str:
    text = one.sentence.replace(f" ({one.name})", "", 1)
    return wording.sentence(
        wording.spaced(text[:1].upper() + text[1:]).replace(" -", " −").replace("(-", "(−")
    )


def _actions(place: Any, history: OpenHistory | None, today: Snapshot, label: str, *, kept: bool) -> None:
    place.button(
        "Keep today’s figures", key="keep figures", icon=":material/bookmark_add:", type="primary",
        on_click=_keep, args=(today, label), disabled=kept,
        help=_KEPT if kept else _TO_KEEP,
    )  # fmt: skip
    if history is not None and history.snapshots:
        place.download_button(
            "Download the history", history.content, history.name, "application/vnd.sqlite3",
            key="download history", icon=":material/save:", on_click=_saved,
            type="secondary" if history.saved else "primary",
        )  # fmt: skip
    told = st.session_state.pop(_TOLD, None)
    if told:
        (st.success if told[0] else st.info)(wording.sentence(told[1]))
    elif history is not None and not history.saved:
        st.caption(":material/warning: The history has a snapshot that no file holds yet: download it.")


def _keep(today: Snapshot, label: str) -> None:
    one = dataclasses.replace(today, made=dt.datetime.now(dt.UTC), label=label)
    try:
        history, new = history_files.kept_in(st.session_state.get(_IN_USE), one)
    except RetentionError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state[_IN_USE] = history
    said = f"Kept the figures as of {one.as_of}. Download the history to have them next time."
    same = "These figures are in the history already; they were not kept again."
    st.session_state[_TOLD] = (new, said if new else same)


def _saved() -> None:
    history = st.session_state.get(_IN_USE)
    if history is not None:
        st.session_state[_IN_USE] = dataclasses.replace(history, saved=True)


def _first_screen(chosen: ChosenLog, points: Points, changes: Changes | None, *, demonstration: bool) -> None:
    names = history_lists.drawable(points.snapshots)
    left, right = st.columns([2, 3], gap="large")
    with left:
        picture = _chart(points, names)
    overview = history_lists.overview(points.snapshots)
    with right:
        if changes is None:
            listing.show(overview)
        else:
            table = history_lists.changes(changes)
            listing.show(table, height=330, hidden=history_lists.NOT_SHOWN)
            st.caption(_how_judged(changes))
    listed = [] if changes is None else [history_lists.changes(changes)]
    tables: list[Table] = [*listed, overview, history_lists.kept(points.snapshots)]
    definition = _definition(chosen, points, changes, demonstration=demonstration)
    downloads.offer("changes", tables, definition, picture)
    if changes is not None:
        with st.expander("The snapshots, and how changes are judged"):
            listing.show(overview, height=250)
            st.caption(notices.in_app_words(RULE))


def _how_judged(changes: Changes) -> str:
    said = (
        "Beyond noise: the 95 % interval of the difference leaves zero out. Of many figures, one in twenty "
    )
    said += "moves so by chance."
    if changes.now.definition.get("period") != "year":
        said += " Neighbouring periods also differ by season: compare with a year before to leave that out."
    return wording.spaced(said)


def _chart(points: Points, names: list[str]) -> downloads.Picture | None:
    if not names:
        st.info("No snapshot holds a figure that is known.")
        return None
    figure = st.selectbox(
        "Figure", names, key="history figure", format_func=history_lists.name_of, label_visibility="collapsed"
    )
    chart = history_charts.figure_over_time(points.snapshots, figure, points.unkept)
    st.altair_chart(chart, width="stretch")
    hollow = " Hollow: now, not kept yet." if points.unkept is not None else ""
    if history_charts.breaks_of(points.snapshots):
        hollow += " Dashed: the definition changed."
    st.caption(f"By the day looked at; bars are 95 % intervals, where a figure has one.{hollow}")
    return downloads.Picture(chart, history_lists.name_of(figure))


def _definition(
    chosen: ChosenLog, points: Points, changes: Changes | None, *, demonstration: bool
) -> dict[str, str]:
    shown = points.snapshots[points.now].definition
    said = "; ".join(f"{name}: {value}" for name, value in shown.items() if value is not None)
    return {
        **notices.log_facts(chosen),
        **({"Demonstration": _DEMONSTRATION} if demonstration else {}),
        **({} if changes is None else {"Compared": f"{changes.now.as_of} with {changes.before.as_of}"}),
        "Definition": said,
        **({} if changes is None else {f"Warning {n}": w for n, w in enumerate(changes.warnings, 1)}),
        "Verdicts": RULE,
        "Blank cells": "Unknown, never zero.",
    }


def _door(history: OpenHistory | None) -> None:
    """Open a history, or put it away."""
    refused = st.session_state.pop(_REFUSED, None)
    if refused:
        st.error(notices.in_app_words(refused), icon=":material/error:")
    if history is not None:
        many = wording.counted(len(history.snapshots), "snapshot")
        st.caption(f"In use: {wording.escaped(history.name, 60)}, {many}.")
    with st.expander("Open your history", icon=":material/folder_open:"):
        uploaded = st.file_uploader(
            "A file that this page or the option --history wrote", key="upload history", help=_PRIVATE,
            max_upload_size=history_files.LARGEST // 1_000_000,
        )  # fmt: skip
        if uploaded is not None and st.session_state.get("history seen") != uploaded.file_id:
            st.session_state["history seen"] = uploaded.file_id
            _open(uploaded)
        st.caption(wording.sentence(_PRIVATE))
        if history is not None:
            st.button("Put this history away", key="put history away", on_click=_put_away)


def _open(uploaded: Any) -> None:
    try:
        st.session_state[_IN_USE] = history_files.opened(uploaded.name, uploaded)
    except RetentionError as error:
        st.error(notices.in_app_words(str(error)), icon=":material/error:")
        return
    st.rerun()


def _put_away() -> None:
    for key in (_IN_USE, _TOLD):
        st.session_state.pop(key, None)


def _by_itself(chosen: ChosenLog, history: OpenHistory | None, alerts: list[str]) -> None:
    """The lines that make the comparison come every month."""
    st.subheader("Every month, by itself")
    name = "shop.history" if history is None else history.name
    told, unsafe = history_schedule.arguments(chosen, chosen_log.definition(), name, alerts)
    st.markdown(
        "The same comparison on the command line: it keeps the figures in the history, says what changed, "
        "and ends with 3 where an alert fires, so that a scheduler can act. Open the file here to look at it."
    )
    st.code(f"python -m retention_core {told}", language=None, wrap_lines=True)
    if unsafe:
        st.caption(
            f"Put the right names in place of {', '.join(unsafe)}: they hold signs a command line acts on."
        )
    if chosen.kind != chosen_log.YOURS:
        st.caption("orders.csv stands for your own file: this log is a sample.")
    unix, windows = st.tabs(["Linux and macOS: cron", "Windows: Task Scheduler"])
    with unix:
        st.caption(
            "At six on the first of each month; a mail comes only where an alert fires or an error comes."
        )
        st.code(history_schedule.cron(told), language=None, wrap_lines=True)
    with windows:
        once, script = history_schedule.windows(told)
        st.caption("Once, in a command prompt:")
        st.code(once, language=None, wrap_lines=True)
        st.caption(r"This in the file C:\\shop\\retention.cmd:")
        st.code(script, language=None, wrap_lines=True)


if __name__ == "__main__":
    show()
