"""Which feedback and which referrals the pages go by: the reader's own, or those of the sample."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app_pages import side_files
from app_pages.chosen_log import ChosenLog
from retention_core.feedback_log import FeedbackLog
from retention_core.referral_log import ReferralLog, referrer_group
from retention_core.samples import all_samples, voice_sample

_HAS_SAMPLE = all_samples()[0].key


class Sources(NamedTuple):
    """What is at hand beside the orders; None where nothing is.

    `of_sample` says which of the two belong to the simulated sample.
    """

    feedback: FeedbackLog | None
    referrals: ReferralLog | None
    of_sample: tuple[str, ...] = ()


def sources_of(chosen: ChosenLog) -> Sources:
    """The files added to this log, and for the simulated shop the sample's own in their place."""
    feedback, referrals = side_files.feedback_of(chosen), side_files.referrals_of(chosen)
    if chosen.key != _HAS_SAMPLE:
        return Sources(feedback, referrals)
    given = (("feedback", feedback), ("referrals", referrals))
    missing = tuple(name for name, file in given if file is None)
    sample = _sample()
    return Sources(feedback or sample.feedback, referrals or sample.referrals, missing)


@st.cache_resource(show_spinner=False)
def _sample() -> Sources:
    one = voice_sample()
    return Sources(one.feedback(), one.referrals(), ("feedback", "referrals"))


def likely_group(chosen: ChosenLog) -> str | None:
    """The group of the log whose name says that it holds the referrer."""
    return referrer_group(chosen.log.columns.groups)


def facts(chosen: ChosenLog, sources: Sources) -> dict[str, str]:
    """Which files stand behind a download."""
    said = side_files.facts(chosen, (side_files.FEEDBACK, side_files.REFERRALS, side_files.CONTACTS))
    for name in sources.of_sample:
        said[name.capitalize()] = f"{voice_sample().title}. {voice_sample().note}"
    return said
