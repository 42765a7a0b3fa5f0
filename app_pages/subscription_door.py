"""The door for subscriptions: the sample or an upload, and which column is which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app_pages import downloads, listing, notices, subscription_tables, uploads, wording
from app_pages.chosen_log import ChosenLog
from app_pages.uploads import AtHand, FirstLook
from retention_core.errors import RetentionError
from retention_core.samples import subscription_sample
from retention_core.subscription_columns import (
    PLANS,
    SNAPSHOTS,
    TIMES_A_YEAR,
    guessed_columns,
    looks_like_snapshots,
)
from retention_core.subscriptions import Subscriptions

AT_HAND = "subscription file at hand"
IN_USE = "subscriptions in use"
_TYPES = ["csv", "tsv", "txt", "gz", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet"]
_NONE = "– not in the file –"
_ROLES = {
    "customer": ("Customer", "Number or name that tells customers apart"),
    "start": ("Start", "First day of the subscription, or of this price of it"),
    "end": ("End", "Blank while it runs"),
    "month": ("Month", "Of the snapshot; any day of it, or text such as 2025-01"),
    "amount": ("Recurring amount", "What is paid regularly, not once"),
    "plan": ("Plan", "Product or tier, to compare by"),
    "interval": ("Billing interval", "Such as monthly or annual, row by row"),
    "currency": ("Currency", "A table may hold one currency, or you choose the one to keep"),
}
_FOLDED = ("interval", "currency")
_FIELDS = {role: f"“{label}”" for role, (label, _) in _ROLES.items()} | {
    "as_of": "“Known until”",
    "per": "“Amounts are paid per”",
}
_END_PAID = "The end is the last day paid for"
_KNOWN = "Known until (first day not known yet)"
_PER = "Amounts are paid per"
_DAY_ORDERS = {"decide from the column": None, "day first: 3 April": True, "month first: 4 March": False}
_SORTS = {"One row a subscription, or a price of one": False, "Monthly snapshots": True}
_OPTIONS = {
    "say that the end is paid": f"choose “{_END_PAID}”",
    "say up to which day (as_of) the table is known": "fill in “Known until”",
    "say up to which day (`as_of`) the table is known": "fill in “Known until”",
}


@dataclass(eq=False)
class ChosenSubscriptions(ChosenLog):
    """Subscriptions with their label and the answers already worked out."""

    log: Subscriptions  # type: ignore[assignment]


def current() -> ChosenSubscriptions:
    """The subscriptions in use: the sample until a file is uploaded."""
    yours: ChosenSubscriptions | None = st.session_state.get(IN_USE)
    return yours or opened_sample()


@st.cache_resource(show_spinner="Opening the sample …")
def opened_sample() -> ChosenSubscriptions:
    """The sample as the page uses it, opened once for all sessions."""
    one = subscription_sample()
    return ChosenSubscriptions(one.key, one.title, one.kind, one.note, one.source, one.subscriptions())  # type: ignore[arg-type]


def show() -> None:
    """Upload, mapping, and the way back to the sample; folded away unless a file waits to be mapped."""
    held: AtHand | None = st.session_state.get(AT_HAND)
    waiting = held is not None and held.mapping is None
    with st.expander("Use your own subscriptions", expanded=waiting, icon=":material/upload_file:"):
        uploaded = st.file_uploader(
            "One row a subscription (customer, start, end, amount), or one a customer and month",
            type=_TYPES,
            key="upload subscriptions",
            on_change=_put_away,
            help="Read by this program on this machine. Nothing is sent anywhere, nothing is kept on disk.",
        )
        held = _held(uploaded)
        if IN_USE in st.session_state:
            st.button("Back to the sample", key="subscription sample", on_click=_use_sample)
        if held is not None:
            _upload(held)


def _held(uploaded: Any) -> AtHand | None:
    """The file uploaded, also after a visit to another page, which empties the uploader."""
    held: AtHand | None = st.session_state.get(AT_HAND)
    if uploaded is not None and (held is None or held.file.file_id != uploaded.file_id):
        held = st.session_state[AT_HAND] = AtHand(uploaded)
    elif uploaded is None and held is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Still at hand: **{wording.escaped(held.file.name, 60)}**", width="content")
            st.button("Put this file away", key="put subscriptions away", on_click=_put_away)
    return held


def _put_away() -> None:
    st.session_state.pop(AT_HAND, None)


def _use_sample() -> None:
    st.session_state.pop(IN_USE, None)
    _put_away()


def _upload(held: AtHand) -> None:
    try:
        look = _look(held)
    except RetentionError as error:
        st.error(in_app_words(str(error)), icon=":material/error:")
        return
    listing.show_rows(look.rows)
    for note in look.notes:
        st.caption(in_app_words(note))
    mapping = _mapping(look, held)
    if mapping is not None:
        _read(held, mapping)


def _look(held: AtHand) -> FirstLook:
    """The first rows, read once for a file and sheet."""
    key = f"subscription sheet {held.file.file_id}"
    sheet = st.session_state.get(key, held.sheet)
    if held.look is None or held.sheet != sheet:
        with st.spinner("Reading the first rows …"):
            held.look = uploads.first_look(held.file.name, held.file, sheet)
        held.sheet = sheet
    if len(held.look.sheets) > 1:
        choices = [None, *held.look.sheets]
        st.selectbox(
            "Sheet",
            choices,
            index=choices.index(sheet) if sheet in choices else 0,
            key=key,
            format_func=lambda name: "the first that holds a table" if name is None else name,
        )
    return held.look


def _mapping(look: FirstLook, held: AtHand) -> dict[str, Any] | None:
    """The form; what it says once it is sent."""
    of = f"{held.file.file_id} {look.sheet}"
    before = held.mapping if held.mapping and held.mapping["sheet"] == look.sheet else {}
    snapshots = bool(before.get("month")) if before else looks_like_snapshots(look.columns)
    sort = st.radio("The table holds", list(_SORTS), index=int(snapshots), key=f"sort {of}", horizontal=True)
    roles = SNAPSHOTS if _SORTS[sort] else PLANS
    with st.form(f"subscription mapping {of} {sort}"):
        st.write("Recognised from the names of the columns. Check, correct, and use the data.")
        columns = _chosen_roles(look, f"{of} {sort}", before, [one for one in roles if one not in _FOLDED])
        with st.expander("More columns, groups and options"):
            columns |= _chosen_roles(look, f"{of} {sort}", before, [one for one in roles if one in _FOLDED])
            groups = st.multiselect(
                "Groups to compare customers by, such as region",
                list(look.columns),
                default=list(before.get("groups", ())),
                key=f"subscription groups {of}",
                placeholder="None",
            )
            options = _options(of, before, snapshots=_SORTS[sort])
        sent = st.form_submit_button("Use this data", type="primary")
    if not sent:
        return None
    if _SORTS[sort] and not columns["month"]:
        st.error("Choose the column that holds the month.", icon=":material/error:")
        return None
    month = {} if _SORTS[sort] else {"month": ""}
    return {**columns, **month, "groups": tuple(groups), "sheet": look.sheet, **options}


def _chosen_roles(
    look: FirstLook, of: str, before: Mapping[str, Any], roles: Sequence[str]
) -> dict[str, str | None]:
    choices = [_NONE, *look.columns]
    guessed = guessed_columns(look.columns)
    chosen: dict[str, str | None] = {}
    columns = st.columns(3)
    for place, role in enumerate(roles):
        label, meaning = _ROLES[role]
        first = before.get(role) if role in before else guessed.get(role)
        with columns[place % len(columns)]:
            found = st.selectbox(
                label,
                choices,
                index=choices.index(first) if first in choices else 0,
                key=f"subscription {role} {of}",
                help=meaning,
            )
        # a guess turned down, or a column that need not be there, is an empty name: left out, it is guessed
        optional = role in guessed or role not in ("customer", "start", "month", "amount")
        chosen[role] = ("" if optional else None) if found == _NONE else found
    return chosen


def _options(of: str, before: Mapping[str, Any], *, snapshots: bool) -> dict[str, Any]:
    left, middle, right = st.columns(3)
    units = [None, *TIMES_A_YEAR]
    per = left.selectbox(
        _PER, units, index=units.index(before.get("per")), key=f"per {of}",
        format_func=lambda unit: "decide from the columns" if unit is None else unit,
    )  # fmt: skip
    orders = list(_DAY_ORDERS)
    first = list(_DAY_ORDERS.values()).index(before.get("day_first"))
    order = middle.selectbox(notices.DAY_ORDER, orders, index=first, key=f"subscription days {of}")
    currency = right.text_input(
        notices.CURRENCY, value=before.get("keep_currency") or "", key=f"subscription currency {of} kept",
        placeholder="such as EUR; empty: all",
    )  # fmt: skip
    found: dict[str, Any] = {
        "per": per,
        "day_first": _DAY_ORDERS[order],
        "keep_currency": currency.strip() or None,
        "drop_repeats": left.checkbox(
            notices.REPEATS, before.get("drop_repeats", False), key=f"subscription repeats {of}"
        ),
        "exact_case": middle.checkbox(
            notices.EXACT_CASE, before.get("exact_case", False), key=f"subscription case {of}"
        ),
    }
    if snapshots:
        return found
    known = right.date_input(
        _KNOWN, value=before.get("as_of"), key=f"known until {of}", format="YYYY-MM-DD",
        min_value=dt.date(1900, 1, 2), max_value=dt.date(2199, 12, 31),
        help="Usually the day of the export. Empty: the day after the last start.",
    )  # fmt: skip
    found["as_of"] = known if isinstance(known, dt.date) else None
    found["end_is_paid"] = right.checkbox(
        _END_PAID, before.get("end_is_paid", False), key=f"end is paid {of}",
        help="Otherwise it is the first day without, as billing systems write it",
    )  # fmt: skip
    return found


def _read(held: AtHand, mapping: Mapping[str, Any]) -> None:
    with st.status("Reading the file …") as status:
        try:
            found = uploads.read_subscriptions(
                held.file.name,
                held.file,
                mapping,
                progress=lambda step: status.update(label=wording.escaped(step)),
            )
        except RetentionError as error:
            status.update(label="The file could not be used", state="error")
            problem = in_app_words(error.in_words(_FIELDS))
        else:
            title = wording.plain_line(held.file.name, 60)
            note = f"{title}, read on this machine; nothing of it leaves it."
            st.session_state[IN_USE] = ChosenSubscriptions(
                uploads.next_key(),
                title,
                "yours",
                note,
                "Your file",
                found,  # type: ignore[arg-type]
            )
            held.mapping = mapping
            st.rerun()
    st.error(problem, icon=":material/error:")


def in_app_words(text: str) -> str:
    """A sentence of the core with its arguments called as the page calls them, safe for markdown."""
    for said, shown in _OPTIONS.items():
        text = text.replace(said, shown)
    return notices.in_app_words(text)


def warnings(chosen: ChosenSubscriptions) -> None:
    """What in the table could mislead a reader."""
    for warning in chosen.log.warnings:
        st.warning(in_app_words(warning), icon=":material/warning:")


def account(chosen: ChosenSubscriptions) -> None:
    """How the table was read, and the rows that could not be used."""
    log = chosen.log
    aside = len(log.set_aside)
    label = f"How the table was read: {wording.counted(aside, 'row')} set aside" if aside else (
        "How the table was read: every row is used")  # fmt: skip
    with st.expander(label):
        figures = {
            "Rows read": log.rows,
            "Rows used": log.rows_used,
            "Rows set aside": aside,
            "Customers": log.customers,
        }
        listing.show_figures({name: (wording.count(number), None) for name, number in figures.items()})
        listed = [f"{_ROLES[role][0]}: {wording.escaped(column)}" for role, column in log.columns.items()]
        known = f"Known until {log.as_of}, start of the day."
        for line in (*listed, *map(in_app_words, log.notes), known):
            st.markdown(f"- {line}")
        if aside:
            _set_aside(chosen)


def _set_aside(chosen: ChosenSubscriptions) -> None:
    reasons, rows = subscription_tables.set_aside(chosen.log)
    left, right = st.columns([2, 3], gap="large")
    with left:
        listing.show(reasons)
    with right:
        listing.show(rows, height=300)
    downloads.offer("subscriptions-set-aside", [rows, reasons], facts(chosen))


def facts(chosen: ChosenSubscriptions) -> dict[str, str]:
    """Which table a download comes from."""
    log = chosen.log
    return {
        "Log": f"{chosen.title}: {chosen.note}",
        "Source": chosen.source,
        "Rows": f"{log.rows:,} read, {log.rows_used:,} used, {len(log.set_aside):,} set aside",
        "Customers": f"{log.customers:,}",
        "Days": f"{log.first_day} to {log.as_of}, start of the day",
        "How it was read": " ".join(log.notes),
        **({"Warnings": " ".join(log.warnings)} if log.warnings else {}),
    }
