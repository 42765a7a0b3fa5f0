"""The figures that worth and what-if start from: those of the log, or those the reader types."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import chosen_log, notices, wording
from app_pages.chosen_log import ChosenLog
from app_pages.worth_answers import own_figures
from retention_core.own_figures import OwnFigures

LOG, TYPED = "the log in use", "what I type"
WIDTH = 148
MOST_CUSTOMERS = 1_000_000_000_000
MOST_MONEY = 1e12
_TYPED_NOTE = "Nothing of the log is used. Every figure is one you type; all of them belong to one year."


class Source(NamedTuple):
    """Where the figures come from.

    Attributes
    ----------
    page
        The page that asks.
    key
        Of the fields: another log, or another as-of date, brings its own figures.
    chosen, figures
        The log and what it tells; None where the reader types everything, or the log tells nothing.
    why
        The sentence why a log tells nothing; blank otherwise.
    """

    page: str
    key: str
    chosen: ChosenLog | None
    figures: OwnFigures | None
    why: str


def source(place: DeltaGenerator, page: str, width: int = WIDTH) -> Source:
    """Ask at that place whether to start from the log, and say here which one it is."""
    chosen, as_of = chosen_log.current(), chosen_log.definition().as_of
    note = st.empty()
    where = remembered(
        page, "figures from", LOG,
        lambda key: place.selectbox(
            "Figures come from", [LOG, TYPED], key=key, width=width,
            help="The log fills the fields in, and each can be changed. Typed figures need no log.",
        ),
    )  # fmt: skip
    if where == TYPED:
        note.caption(f":blue[**Your figures**] · {_TYPED_NOTE}")
        return Source(page, "typed", None, None, "")
    with note:
        notices.label(chosen)
    with st.spinner("Working it out …"):
        found = chosen.answer(own_figures, as_of=as_of)
    if isinstance(found, str):
        return Source(page, f"{chosen.key} {as_of}", chosen, None, found)
    return Source(page, f"{chosen.key} {as_of}", chosen, found, "")


def remembered(page: str, name: str, first: Any, ask: Any) -> Any:
    """What a widget says, kept while the reader is on another page, and shared by the pages.

    `ask` draws the widget under the key given, which is the page's own: a widget of the same key on another
    page would take its state away.
    """
    kept = st.session_state.setdefault("figures typed", {})
    key = f"{page} {name}"
    if key not in st.session_state:
        st.session_state[key] = kept.get(name, first)
    kept[name] = ask(key)
    return kept[name]


def number(
    place: DeltaGenerator,
    start: Source,
    name: str,
    label: str,
    *,
    first: float | None = None,
    least: float = 0.0,
    most: float = MOST_MONEY,
    **more: Any,
) -> float | None:
    """A figure that may be left empty; `first` until the reader types another.

    Two digits are shown, all of them are kept until the figure is changed.
    """
    if first is not None and not least <= first <= most:
        first = None
    settings = {"placeholder": "unknown", "width": WIDTH} | more
    value: float | None = remembered(
        start.page,
        f"{name} {start.key}",
        first,
        lambda key: place.number_input(label, least, most, None, key=key, **settings),
    )
    return value


def people(
    place: DeltaGenerator, start: Source, name: str, label: str, *, first: int | None = None, **more: Any
) -> int | None:
    """A number of customers that may be left empty."""
    found = number(place, start, name, label, first=first, least=0, most=MOST_CUSTOMERS, step=1, **more)
    return None if found is None else int(found)


def share(
    place: DeltaGenerator, start: Source, name: str, label: str, *, first: float | None = None, **more: Any
) -> float | None:
    """A percentage that may be left empty, as a fraction."""
    shown = None if first is None else first * 100
    settings = {"format": "%.1f", "step": 1.0} | more
    found = number(place, start, name, label, first=shown, most=100.0, **settings)
    return first if found == shown else None if found is None else found / 100


def customers_of(place: DeltaGenerator, start: Source) -> int | None:
    """Customers now."""
    return people(
        place, start, "customers", "Customers", first=start.figures.customers if start.figures else None,
        help="Who ordered within the last twelve months.",
    )  # fmt: skip


def margin_of(place: DeltaGenerator, start: Source) -> float | None:
    """What a customer brings in a year, after costs."""
    known = start.figures
    return number(
        place, start, "margin", "Yearly margin each", first=known.margin if known else None,
        least=-MOST_MONEY, placeholder="needed",
        help="Of a customer: what remains of its yearly revenue after the goods and the serving are paid. "
        + ("" if known is None or known.revenue is None else
           f"Revenue is {wording.money(known.revenue)} a customer and year; it is not margin."),
    )  # fmt: skip


def retention_of(place: DeltaGenerator, start: Source) -> float | None:
    """Share of the customers who stay for a year."""
    return share(
        place, start, "retention", "Yearly retention (%)",
        first=start.figures.retention.value if start.figures else None,
        help="Of the customers at the start of a year, those who are customers still at its end.",
    )  # fmt: skip


def facts(start: Source) -> dict[str, str]:
    """Where the figures of a download come from."""
    if start.chosen is None:
        return {"Log": "None: figures typed by the reader.", "Figures": _TYPED_NOTE}
    told = " ".join(start.figures.sentences) if start.figures else start.why
    return {**notices.log_facts(start.chosen), "Figures of the log": told}


def needed(missing: dict[str, object]) -> str:
    """The labels of what is still unknown, as a phrase; blank where nothing is.

    Examples
    --------
    >>> needed({"the customers": 5, "the margin": None, "the discount": None})
    'the margin and the discount'
    """
    names = [name for name, value in missing.items() if value is None]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def about_margin(start: Source) -> str:
    """What is said where the margin is not known."""
    revenue = start.figures.revenue if start.figures else None
    if revenue is None:
        return "The margin is what a customer brings in a year after the goods and the serving are paid."
    return (
        f"The log knows the revenue, {wording.money(revenue)} a customer and year, and no cost. Revenue is "
        "not margin: type what remains of it after the goods and the serving are paid, or choose the column "
        "with the cost under Your data."
    )
