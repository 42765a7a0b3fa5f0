"""Your data: choose a sample or upload a file, say which column is which, see what was used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app_pages import chosen_log, downloads, listing, notices, tables, uploads, wording
from app_pages.chosen_log import ChosenLog
from app_pages.uploads import FirstLook
from retention_core.errors import RetentionError
from retention_core.samples import all_samples

_TYPES = ["csv", "tsv", "txt", "gz", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet"]
_NONE = "– not in the file –"
_ROLES = {
    "customer": ("Customer", "Number or name that tells customers apart"),
    "date": ("Date of the order", "Any usual way of writing dates"),
    "amount": ("Amount of the line", "Money; below zero is a refund. Or quantity and price instead"),
    "order": ("Order number", "Lines with the same number are one order; else a customer's day is one order"),
    "quantity": ("Quantity", "Together with the price of one unit, in place of an amount"),
    "price": ("Price of one unit", "Together with the quantity"),
    "cost": ("Cost of the line", "What it cost you; customers are then valued by profit"),
    "margin": ("Profit of the line", "In place of the cost"),
    "currency": ("Currency", "A log may hold one currency, or you choose the one to keep"),
}
_DAY_ORDERS = {"decide from the column": None, "day first: 3 April": True, "month first: 4 March": False}


def show() -> None:
    """The page."""
    st.title("Your data")
    _choose()
    chosen = chosen_log.current()
    st.subheader("The log in use")
    notices.label(chosen)
    _account(chosen)
    notices.warnings(chosen)
    _notes(chosen)
    _set_aside(chosen)


def _choose() -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        uploaded = st.file_uploader(
            "Upload your orders: one row an order or an order line",
            type=_TYPES,
            key="upload",
            help="Read by this program on this machine. Nothing is sent anywhere, nothing is kept on disk.",
        )
    with right:
        st.write("Or look around in a sample first:")
        for one in all_samples():
            st.button(
                f"Use {wording.escaped(chosen_log.available()[one.key])}",
                key=f"use {one.key}",
                on_click=chosen_log.use_sample,
                args=(one.key,),
                width="stretch",
            )
    if uploaded is not None:
        _upload(uploaded)


def _upload(uploaded: Any) -> None:
    try:
        look = _look(uploaded)
    except RetentionError as error:
        st.error(notices.in_app_words(str(error)), icon=":material/error:")
        return
    with _place_of_mapping(in_use=st.session_state.get("file in use") == uploaded.file_id):
        listing.show_rows(look.rows)
        for note in look.notes:
            st.caption(notices.in_app_words(note))
        mapping = _mapping(look, uploaded.file_id)
    if mapping is not None:
        _read(uploaded, mapping)


def _place_of_mapping(*, in_use: bool) -> Any:
    """Open until the file is in use, then folded away but at hand."""
    if in_use:
        return st.expander("Change which column is which")
    st.subheader("Which column is which?")
    return st.container()


def _look(uploaded: Any) -> FirstLook:
    """The first rows, read once for a file and sheet."""
    sheet = st.session_state.get(f"sheet {uploaded.file_id}")
    known_as = (uploaded.file_id, sheet)
    if st.session_state.get("looked at") != known_as:
        with st.spinner("Reading the first rows …"):
            st.session_state["look"] = uploads.first_look(uploaded.name, uploaded, sheet)
        st.session_state["looked at"] = known_as
    look: FirstLook = st.session_state["look"]
    if len(look.sheets) > 1:
        st.selectbox(
            "Sheet",
            [None, *look.sheets],
            key=f"sheet {uploaded.file_id}",
            format_func=lambda name: "the first that holds a table" if name is None else name,
        )
    return look


def _mapping(look: FirstLook, file_id: str) -> dict[str, Any] | None:
    """The form; what it says once it is sent."""
    of = f"{file_id} {look.sheet}"
    with st.form(f"mapping {of}"):
        st.write("Recognised from the names of the columns. Check, correct, and use the data.")
        roles = _chosen_roles(look, of)
        groups = st.multiselect(
            "Groups to compare customers by, such as region or channel",
            list(look.columns),
            key=f"groups {of}",
            placeholder="None",
        )
        options = _chosen_options(of)
        sent = st.form_submit_button("Use this data", type="primary")
    if not sent:
        return None
    return {**roles, "groups": tuple(groups), "sheet": look.sheet, **options}


def _chosen_roles(look: FirstLook, of: str) -> dict[str, str | None]:
    choices = [_NONE, *look.columns]
    guessed = look.guess.named()
    chosen: dict[str, str | None] = {}
    columns = st.columns(3)
    for place, (role, (label, meaning)) in enumerate(_ROLES.items()):
        guess = guessed.get(role)
        with columns[place % len(columns)]:
            found = st.selectbox(
                label,
                choices,
                index=choices.index(guess) if guess in choices else 0,
                key=f"{role} {of}",
                help=meaning,
            )
        # a guess turned down is an empty name: left out, it would be guessed again
        nothing = None if guess is None else ""
        chosen[role] = nothing if found == _NONE else found
    return chosen


def _chosen_options(of: str) -> dict[str, Any]:
    left, middle, right = st.columns(3)
    order = left.selectbox(notices.DAY_ORDER, list(_DAY_ORDERS), key=f"day order {of}")
    currency = middle.text_input(
        notices.CURRENCY, key=f"keep currency {of}", placeholder="such as EUR; empty: all"
    )
    with right:
        repeats = st.checkbox(
            notices.REPEATS, key=f"repeats {of}", help="Rows equal to an earlier row in every column"
        )
        exact = st.checkbox(
            notices.EXACT_CASE, key=f"exact case {of}", help="ann and Ann are then two customers"
        )
    return {
        "day_first": _DAY_ORDERS[order],
        "keep_currency": currency.strip() or None,
        "drop_repeats": repeats,
        "exact_case": exact,
    }


def _read(uploaded: Any, mapping: Mapping[str, Any]) -> None:
    with st.status("Reading the file …") as status:
        try:
            chosen = uploads.read_log(
                uploaded.name,
                uploaded,
                mapping,
                progress=lambda step: status.update(label=wording.escaped(step)),
            )
        except RetentionError as error:
            status.update(label="The file could not be used", state="error")
            problem = notices.in_app_words(str(error))
        else:
            chosen_log.use(chosen)
            st.session_state["just read"] = chosen.key
            st.session_state["file in use"] = uploaded.file_id
            st.rerun()
    st.error(problem, icon=":material/error:")


def _account(chosen: ChosenLog) -> None:
    log = chosen.log
    if st.session_state.pop("just read", None) == chosen.key:
        st.success("Your data is in use on every page.", icon=":material/check:")
    figures = {
        "Rows read": log.rows,
        "Rows used": log.rows_used,
        "Rows set aside": len(log.set_aside),
        "Customers": log.customers,
        "Orders": log.orders,
        "Refunds": log.refunds,
    }
    for column, (label, number) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(label, wording.count(number))
    st.caption(
        "Rows used and rows set aside add up to the rows read. "
        f"Orders from {log.first_day} to {log.last_day}; "
        f"{_valued(chosen)}"
    )


def _valued(chosen: ChosenLog) -> str:
    if chosen.log.value_of is None:
        return "no amounts, so customers cannot be valued."
    return f"customers are valued by {chosen.log.value_of}."


def _notes(chosen: ChosenLog) -> None:
    named = chosen.log.columns.named()
    listed = [f"{_ROLES[role][0]}: {wording.escaped(column)}" for role, column in named.items()]
    if chosen.log.columns.groups:
        listed.append(f"Groups: {', '.join(map(wording.escaped, chosen.log.columns.groups))}")
    with st.expander("How the file was read"):
        for line in (*listed, *map(notices.in_app_words, chosen.log.notes)):
            st.markdown(f"- {line}")


def _set_aside(chosen: ChosenLog) -> None:
    if chosen.log.set_aside.empty:
        st.caption("No row was set aside.")
        return
    st.subheader("Rows set aside")
    reasons, rows = tables.set_aside_reasons(chosen.log), tables.set_aside_rows(chosen.log)
    left, right = st.columns([2, 3], gap="large")
    with left:
        listing.show(reasons)
    with right:
        listing.show(rows, height=300)
    downloads.offer("set-aside", [rows, reasons], notices.log_facts(chosen))


if __name__ == "__main__":
    show()
