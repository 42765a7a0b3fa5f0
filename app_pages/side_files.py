"""The doors for what else is known of the customers of a log: contacts, invoices, feedback, referrals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app_pages import downloads, listing, notices, uploads, wording
from app_pages.chosen_log import ChosenLog
from app_pages.tables import Table
from app_pages.uploads import AtHand
from retention_core.contact_log import ContactLog
from retention_core.errors import RetentionError
from retention_core.feedback_log import FeedbackLog
from retention_core.invoices import Invoices
from retention_core.orders import OrderLog
from retention_core.referral_log import ReferralLog

_TYPES = ["csv", "tsv", "txt", "gz", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet"]
_RECOGNISED, _NONE = "– as recognised –", "– not in the file –"
_DAY_ORDERS = {"decide from the column": None, "day first: 3 April": True, "month first: 4 March": False}
_PRIVATE = "Read by this program on this machine. Nothing is sent anywhere, nothing is kept on disk."


@dataclass(frozen=True, slots=True)
class Door:
    """One sort of file: what it is called, what it makes known, its roles with their labels."""

    key: str
    title: str
    row: str
    gives: str
    roles: Mapping[str, str]
    sort: type[ContactLog | Invoices | FeedbackLog | ReferralLog]
    dated: bool = True


CONTACTS = Door(
    "contacts",
    "Add your contacts: who was spoken to, who answered, who wants to be left alone",
    "One row a contact: customer and date; kind, response, score and do-not-contact if known",
    "the last contact, the cap on contacts, who asked to be left alone, and interest",
    {
        "customer": "Customer",
        "date": "Date of the contact",
        "kind": "Kind",
        "response": "Response (yes or no)",
        "score": "Feedback score",
        "do_not_contact": "Do not contact",
    },
    ContactLog,
)
INVOICES = Door(
    "invoices",
    "Add your invoices: who pays on time",
    "One row an invoice: customer, day due, day paid, amount open, amount",
    "how the customers pay, and what of their value is expected never to be paid",
    {
        "customer": "Customer of the invoice",
        "due": "Day due",
        "paid": "Day paid",
        "open": "Amount open",
        "amount": "Amount of the invoice",
    },
    Invoices,
)
FEEDBACK = Door(
    "feedback",
    "Add your feedback: who was asked, what they answered and suggested",
    "One row a customer asked, or a suggestion: customer; date, score from 0 to 10, suggestion and what "
    "became of it if known",
    "the net promoter score, whom to call, and whether those who are heeded stay",
    {
        "customer": "Customer",
        "date": "Date of the answer",
        "score": "Score from 0 to 10",
        "suggestion": "Suggestion",
        "adopted": "Adopted (yes, no, or the day)",
    },
    FeedbackLog,
)
REFERRALS = Door(
    "referrals",
    "Add your referrals: who was brought by whom",
    "One row a customer: customer, and who referred them",
    "who came by referral, who brings the most, and how those referred compare",
    {"customer": "Customer who was referred", "referred_by": "Referred by"},
    ReferralLog,
    dated=False,
)


@dataclass(eq=False)
class SideFile:
    """A file in use beside the order log whose key is `of`."""

    of: str
    title: str
    found: Any


def contacts_of(chosen: ChosenLog) -> ContactLog | None:
    """The contacts in use with this log, if any."""
    return _in_use(CONTACTS, chosen)


def invoices_of(chosen: ChosenLog) -> Invoices | None:
    """The invoices in use with this log, if any."""
    return _in_use(INVOICES, chosen)


def feedback_of(chosen: ChosenLog) -> FeedbackLog | None:
    """The feedback in use with this log, if any."""
    return _in_use(FEEDBACK, chosen)


def referrals_of(chosen: ChosenLog) -> ReferralLog | None:
    """The referrals in use with this log, if any."""
    return _in_use(REFERRALS, chosen)


def _in_use(door: Door, chosen: ChosenLog) -> Any:
    side: SideFile | None = st.session_state.get(_used_key(door))
    return side.found if side is not None and side.of == chosen.key else None


def _used_key(door: Door) -> str:
    return f"{door.key} in use"


def _held_key(door: Door) -> str:
    return f"{door.key} at hand"


def show(door: Door, chosen: ChosenLog, *, unfolded: bool = False) -> None:
    """Upload, which column is which, and the way to put the file away; folded away until it is wanted."""
    used = _in_use(door, chosen)
    held: AtHand | None = st.session_state.get(_held_key(door))
    if used is not None:
        title = wording.escaped(st.session_state[_used_key(door)].title, 60)
        st.caption(f"In use: {title}, with the {door.key} of {wording.counted(_people(used), 'customer')}.")
    # the label stays the same, or the browser would fold it at every change
    wanted = unfolded or (held is not None and used is None)
    with st.expander(door.title, expanded=wanted, icon=":material/upload_file:"):
        uploaded = st.file_uploader(
            door.row,
            type=_TYPES,
            key=f"upload {door.key}",
            on_change=_put_away,
            args=(door,),
            help=_PRIVATE,
        )
        if _is_new(door, uploaded, held):
            held = st.session_state[_held_key(door)] = AtHand(uploaded)
            _read(door, chosen, held, {})
        elif held is None:
            st.caption(f"Makes known: {door.gives}. Without it, they are unknown.")
        if used is not None:
            _account(door, chosen, used)
        if held is not None:
            st.markdown(f"At hand: **{wording.escaped(held.file.name, 60)}**")
            _mapping(door, chosen, held)
            st.button("Put this file away", key=f"put {door.key} away", on_click=_dismiss, args=(door,))


def _is_new(door: Door, uploaded: Any, held: AtHand | None) -> bool:
    """Whether a file was just dropped; the uploader goes on holding one that was put away."""
    if uploaded is None or uploaded.file_id == st.session_state.get(f"{door.key} put away"):
        return False
    return held is None or held.file.file_id != uploaded.file_id


def _dismiss(door: Door) -> None:
    held: AtHand | None = st.session_state.get(_held_key(door))
    st.session_state[f"{door.key} put away"] = None if held is None else held.file.file_id
    _put_away(door)


def _put_away(door: Door) -> None:
    st.session_state.pop(_held_key(door), None)
    st.session_state.pop(_used_key(door), None)


def _read(door: Door, chosen: ChosenLog, held: AtHand, mapping: Mapping[str, Any]) -> None:
    """Use the file as mapped and show the page anew, or say what is wrong with it."""
    st.session_state.pop(_used_key(door), None)
    try:
        with st.spinner("Reading the file …"):
            found = uploads.read_beside(door.sort, held.file.name, held.file, mapping)
    except RetentionError as error:
        words = {role: f"“{label}”" for role, label in door.roles.items()}
        st.error(notices.in_app_words(error.in_words(words)), icon=":material/error:")
        return
    held.mapping = mapping
    title = wording.plain_line(held.file.name, 60)
    st.session_state[_used_key(door)] = SideFile(chosen.key, title, found)
    st.rerun()


def _mapping(door: Door, chosen: ChosenLog, held: AtHand) -> None:
    """The form that says which column is which; nobody needs it whose columns are recognised."""
    try:
        if held.look is None:
            held.look = uploads.first_look(held.file.name, held.file)
    except RetentionError:
        return  # reading it has said why
    look, of = held.look, f"{door.key} {held.file.file_id}"
    with st.form(f"mapping {of}"):
        st.write("Which column is which? Columns are recognised by their names; correct them here.")
        listing.show_rows(look.rows.head(3))
        columns = st.columns(3)
        mapping: dict[str, Any] = {}
        for place, (role, label) in enumerate(door.roles.items()):
            asked = columns[place % 3].selectbox(
                label, [_RECOGNISED, _NONE, *look.columns], key=f"{role} {of}", format_func=wording.plain_line
            )
            mapping[role] = {_RECOGNISED: None, _NONE: ""}.get(asked, asked)
        mapping["sheet"] = columns[0].selectbox(
            "Sheet", [None, *look.sheets], key=f"sheet {of}",
            format_func=lambda name: "the first that holds a table" if name is None else name,
        ) if len(look.sheets) > 1 else None  # fmt: skip
        if door.dated:
            order = columns[1].selectbox(notices.DAY_ORDER, list(_DAY_ORDERS), key=f"days {of}")
            mapping["day_first"] = _DAY_ORDERS[order]
        mapping["exact_case"] = columns[2].checkbox(notices.EXACT_CASE, key=f"case {of}")
        sent = st.form_submit_button("Use this file")
    if sent:
        _read(door, chosen, held, mapping)


def _account(door: Door, chosen: ChosenLog, found: Any) -> None:
    """How the file was read, whom it concerns, and the rows that could not be used."""
    labels = {role: wording.escaped(column) for role, column in found.columns.items()}
    read = "; ".join(f"{door.roles[role]}: {column}" for role, column in labels.items())
    aside = len(found.set_aside)
    st.caption(
        f"{wording.counted(found.rows, 'row')}, {wording.count(found.rows_used)} used, "
        f"{wording.count(aside)} set aside. {read}."
    )
    keys = set(found.lines["customer"])
    known = keys & chosen.answer(_keys)
    if not known:
        st.warning(
            "None of its customers is in the order log: the file must name them as the orders do.",
            icon=":material/warning:",
        )
    else:
        people = wording.counted(len(keys), "customer")
        st.caption(f"Of its {people}, {wording.count(len(known))} are in the order log.")
    for note in found.notes:
        st.caption(notices.in_app_words(note))
    for warning in found.warnings:
        st.warning(notices.in_app_words(warning), icon=":material/warning:")
    if aside:
        names = {"row": "Row", "reason": "Reason", "value": "What stood there"}
        rows = Table("Rows set aside", found.set_aside.rename(columns=names), {"Row": "count"})
        listing.show(rows, height=200)
        downloads.offer(f"{door.key}-set-aside", [rows], notices.log_facts(chosen))


def _people(found: Any) -> int:
    return int(found.lines["customer"].nunique())


def _keys(log: OrderLog) -> frozenset[str]:
    return frozenset(log.customer_table()["key"])


def facts(chosen: ChosenLog, doors: Sequence[Door] = (CONTACTS, INVOICES)) -> dict[str, str]:
    """Which further files stand behind a download."""
    said = {}
    for door in doors:
        side = st.session_state.get(_used_key(door)) if _in_use(door, chosen) is not None else None
        said[door.key.capitalize()] = side.title if side else "none: unknown"
    return said
