"""What is said with every figure: which log it is, what to beware of, and what it means."""

from __future__ import annotations

import re

import streamlit as st

from app_pages import wording
from app_pages.chosen_log import ChosenLog
from retention_core.periods import PeriodTable

REPEATS = "Set repeated rows aside"
EXACT_CASE = "Keep ann and Ann apart"
CURRENCY = "Keep one currency only"
DAY_ORDER = "Dates such as 03/04/2025"
_OPTIONS = {
    r"Name the one that holds it as": "Choose the one that holds it at",
    r"name the column of": "choose the column of",
    r"Name either": "Choose either",
    r"unless you drop repeats": f"unless you choose “{REPEATS}”",
    r"exact case keeps": f"the option “{EXACT_CASE}” keeps",
    r"keep one currency, such as": f"use the option “{CURRENCY}”, such as",
    r"Say (day|month) first if": f"Choose otherwise at “{DAY_ORDER}” if",
}


def label(chosen: ChosenLog) -> None:
    """The note that stands with the log on every page."""
    badge = {"simulated": "Simulated data", "real": "Real data", "yours": "Your data"}[chosen.kind]
    colour = {"simulated": "orange", "real": "green", "yours": "blue"}[chosen.kind]
    parts = [f":{colour}[**{badge}**]", wording.sentence(chosen.note)]
    if chosen.kind == "real":
        parts.append(f"Source: {wording.sentence(chosen.source)}.")
    st.caption(" · ".join(parts))


_FEW = 20
# told on the page of the data; no figure is doubtful for it
_HARMLESS = ("Upper and lower case",)


def few(customers: int) -> None:
    """A word of caution where there are too few customers to speak of shares."""
    if customers < _FEW:
        counted = wording.counted(customers, "customer")
        st.warning(f"Only {counted}: shares of so few say little.", icon=":material/warning:")


def warnings(chosen: ChosenLog, *, all_of_them: bool = False) -> None:
    """What in the log could mislead a reader of its figures, or all there is to say about its rows."""
    for warning in chosen.log.warnings:
        if warning.startswith(_HARMLESS) and not all_of_them:
            continue
        st.warning(in_app_words(warning), icon=":material/warning:")


def in_app_words(text: str) -> str:
    """A sentence of the core with its arguments called as the page calls them, safe for markdown.

    Examples
    --------
    >>> in_app_words("They count as further lines unless you drop repeats")
    'They count as further lines unless you choose “Set repeated rows aside”'
    >>> in_app_words("86% of the gaps").replace("\\xa0", " ")
    '86 \\\\% of the gaps'
    """
    for argument, option in _OPTIONS.items():
        text = re.sub(argument, option, text)
    return wording.sentence(wording.spaced(text))


def log_facts(chosen: ChosenLog) -> dict[str, str]:
    """Which log a download comes from."""
    log = chosen.log
    return {
        "Log": f"{chosen.title}: {chosen.note}" if chosen.note else chosen.title,
        "Source": chosen.source,
        "Rows": f"{log.rows:,} read, {log.rows_used:,} used, {len(log.set_aside):,} set aside",
        "Customers and orders": (
            f"{log.customers:,} customers, {log.orders:,} orders, {log.refunds:,} refunds"
        ),
        "Days": f"{log.first_day} to {log.last_day}",
        **({"Warnings": " ".join(log.warnings)} if log.warnings else {}),
    }


def definition(chosen: ChosenLog, table: PeriodTable) -> dict[str, str]:
    """What the retention figures mean."""
    return {
        **log_facts(chosen),
        "As of": f"{table.as_of}, start of the day",
        "Period and window": table.reason,
        "Retention": "Kept / at start: of the customers active at the start, those still active at the end.",
        "Low and high": f"Limits of the {table.confidence:.0%} Wilson interval of the rate.",
        "New, won back, lost": (
            "New: first order in the period. Won back: had left and came back. "
            "Lost: active at the start, not at the end."
        ),
        "Incomplete": (
            "The period runs on past the end of the log, or the activity window before it reaches back to "
            "before the log began."
        ),
    }
