"""Your data: choose a sample or upload a file, say which column is which, see what was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app_pages import chosen_log, downloads, listing, notices, tables, uploads, wording
from app_pages.chosen_log import ChosenLog
from app_pages.uploads import AtHand, FirstLook
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
_FIRST_ASKED = ("customer", "date", "amount")
_FIELDS = {role: f"“{label}”" for role, (label, _) in _ROLES.items()}
_DAY_ORDERS = {"decide from the column": None, "day first: 3 April": True, "month first: 4 March": False}


def show() -> None:
    """The page."""
    st.title("Your data")
    _choose()
    chosen = chosen_log.current()
    st.subheader("The log in use")
    notices.label(chosen)
    _account(chosen)
    notices.warnings(chosen, all_of_them=True)
    _notes(chosen)
    _set_aside(chosen)


def _choose() -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        uploaded = st.file_uploader(
            "Upload your orders: one row an order or an order line",
            type=_TYPES,
            key="upload",
            on_change=_put_away,
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
    held = _held(uploaded)
    if held is not None:
        _upload(held)


def _held(uploaded: Any) -> AtHand | None:
    """The file uploaded, also after a visit to another page, which empties the uploader."""
    held: AtHand | None = st.session_state.get(chosen_log.AT_HAND)
    if uploaded is not None:
        if held is None or held.file.file_id != uploaded.file_id:
            held = st.session_state[chosen_log.AT_HAND] = AtHand(uploaded)
    elif held is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Still at hand: **{wording.escaped(held.file.name, 60)}**", width="content")
            st.button("Put this file away", key="put away", on_click=_put_away)
    return held


def _put_away() -> None:
    st.session_state.pop(chosen_log.AT_HAND, None)


def _upload(held: AtHand) -> None:
    try:
        look = _look(held)
    except RetentionError as error:
        st.error(notices.in_app_words(str(error)), icon=":material/error:")
        return
    with _place_of_mapping(in_use=held.mapping is not None):
        listing.show_rows(look.rows)
        for note in look.notes:
            st.caption(notices.in_app_words(note))
        mapping = _mapping(look, held)
    if mapping is not None:
        _read(held, mapping)


def _place_of_mapping(*, in_use: bool) -> Any:
    """Open until the file is in use, then folded away but at hand."""
    if in_use:
        return st.expander("Change which column is which")
    st.subheader("Which column is which?")
    return st.container()


def _look(held: AtHand) -> FirstLook:
    """The first rows, read once for a file and sheet."""
    key = f"sheet {held.file.file_id}"
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
    with st.form(f"mapping {of}"):
        st.write(_how_recognised(look, before))
        roles = _chosen_roles(look, of, before, _FIRST_ASKED)
        folded = [role for role in _ROLES if role not in _FIRST_ASKED]
        with st.expander(_more_columns(look, before, folded)):
            roles |= _chosen_roles(look, of, before, folded)
            groups = st.multiselect(
                "Groups to compare customers by, such as region or channel",
                list(look.columns),
                default=list(before.get("groups", ())),
                key=f"groups {of}",
                placeholder="None",
            )
            options = _chosen_options(of, before)
        sent = st.form_submit_button("Use this data", type="primary")
    if not sent:
        return None
    return {**roles, "groups": tuple(groups), "sheet": look.sheet, **options}


def _how_recognised(look: FirstLook, before: Mapping[str, Any]) -> str:
    if before:
        return "This is how the file was read. Correct it, and use the data again."
    found = look.guess.named()
    missing = [f"“{_ROLES[role][0]}”" for role in ("customer", "date") if not found.get(role)]
    if found and missing:
        return (
            "Some columns are recognised from their names. Choose the one for "
            f"{' and '.join(missing)}, check the others, and use the data."
        )
    if found:
        return "Recognised from the names of the columns. Check, correct, and use the data."
    return "No name of a column was recognised. Say which column is which, and use the data."


def _more_columns(look: FirstLook, before: Mapping[str, Any], folded: Sequence[str]) -> str:
    """The label of what is folded away names what is already filled in there."""
    found = before or look.guess.named()
    filled = [_ROLES[role][0].lower() for role in folded if found.get(role)]
    return "More columns, groups and options" + (f" ({', '.join(filled)}: filled in)" if filled else "")


def _chosen_roles(
    look: FirstLook, of: str, before: Mapping[str, Any], roles: Sequence[str]
) -> dict[str, str | None]:
    choices = [_NONE, *look.columns]
    guessed = look.guess.named()
    chosen: dict[str, str | None] = {}
    columns = st.columns(3)
    for place, role in enumerate(roles):
        label, meaning = _ROLES[role]
        first = before.get(role) if before else guessed.get(role)
        with columns[place % len(columns)]:
            found = st.selectbox(
                label,
                choices,
                index=choices.index(first) if first in choices else 0,
                key=f"{role} {of}",
                help=meaning,
            )
        # a guess turned down is an empty name: left out, it would be guessed again
        nothing = "" if role in guessed else None
        chosen[role] = nothing if found == _NONE else found
    return chosen


def _chosen_options(of: str, before: Mapping[str, Any]) -> dict[str, Any]:
    left, middle, right = st.columns(3)
    orders = list(_DAY_ORDERS)
    first = list(_DAY_ORDERS.values()).index(before.get("day_first"))
    order = left.selectbox(notices.DAY_ORDER, orders, index=first, key=f"day order {of}")
    currency = middle.text_input(
        notices.CURRENCY,
        value=before.get("keep_currency") or "",
        key=f"keep currency {of}",
        placeholder="such as EUR; empty: all",
    )
    with right:
        repeats = st.checkbox(
            notices.REPEATS,
            value=before.get("drop_repeats", False),
            key=f"repeats {of}",
            help="Rows equal to an earlier row in every column",
        )
        exact = st.checkbox(
            notices.EXACT_CASE,
            value=before.get("exact_case", False),
            key=f"exact case {of}",
            help="ann and Ann are then two customers",
        )
    return {
        "day_first": _DAY_ORDERS[order],
        "keep_currency": currency.strip() or None,
        "drop_repeats": repeats,
        "exact_case": exact,
    }


def _read(held: AtHand, mapping: Mapping[str, Any]) -> None:
    with st.status("Reading the file …") as status:
        try:
            chosen = uploads.read_log(
                held.file.name,
                held.file,
                mapping,
                progress=lambda step: status.update(label=wording.escaped(step)),
            )
        except RetentionError as error:
            status.update(label="The file could not be used", state="error")
            problem = notices.in_app_words(error.in_words(_FIELDS))
        else:
            chosen_log.use(chosen)
            st.session_state["just read"] = chosen.key
            held.mapping = mapping
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
    listing.show_figures({label: (wording.count(number), None) for label, number in figures.items()})
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
