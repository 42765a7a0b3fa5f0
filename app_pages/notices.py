"""What is said with every figure: which log it is, what to beware of, and what it means."""

from __future__ import annotations

import re

import streamlit as st

from app_pages import wording
from app_pages.chosen_log import ChosenLog
from retention_core.periods import PeriodTable

REPEATS = "Set repeated rows aside"
EXACT_CASE = "Capitals make a different customer"
CURRENCY = "Keep one currency only"
DAY_ORDER = "Dates such as 03/04/2025"
_OPTIONS = {
    r"drop_repeats=True": f"the option “{REPEATS}”",
    r"exact_case=True": f"the option “{EXACT_CASE}”",
    r'keep_currency="(\w+)"': rf"the option “{CURRENCY}”, such as \1",
    r"Say day_first=(True|False)": f"Choose otherwise at “{DAY_ORDER}”",
}


def label(chosen: ChosenLog) -> None:
    """The note that stands with the log on every page."""
    badge = {"simulated": "Simulated data", "real": "Real data", "yours": "Your data"}[chosen.kind]
    colour = {"simulated": "orange", "real": "green", "yours": "blue"}[chosen.kind]
    parts = [f":{colour}[**{badge}**]", wording.sentence(chosen.note)]
    if chosen.kind == "real":
        parts.append(f"Source: {wording.sentence(chosen.source)}.")
    st.caption(" · ".join(parts))


def warnings(chosen: ChosenLog) -> None:
    """What in the log could mislead a reader."""
    for warning in chosen.log.warnings:
        st.warning(in_app_words(warning), icon=":material/warning:")


def in_app_words(text: str) -> str:
    """A sentence of the core with its arguments called as the page calls them, safe for markdown.

    Examples
    --------
    >>> in_app_words("2 rows repeat; drop_repeats=True sets them aside")
    '2 rows repeat\\\\; the option “Set repeated rows aside” sets them aside'
    """
    for argument, option in _OPTIONS.items():
        text = re.sub(argument, option, text)
    return wording.sentence(text)


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
