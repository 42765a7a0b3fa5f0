"""What customers say, as a result: the score, who answered, what was adopted, whom to call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from retention_core.differences import CANNOT_TELL, Difference, GroupShare, Share
from retention_core.net_promoter import NetPromoterScore

LATEST, ALL = "latest", "all"


class ScorePeriod(NamedTuple):
    """The net promoter score of the answers in a period, the latest of each customer in it.

    `start` to `end`, `end` excluded; `complete` says whether the period was over by `as_of`.
    """

    start: dt.date
    end: dt.date
    points: float
    low: float
    high: float
    answers: int
    promoters: int
    passives: int
    detractors: int
    complete: bool


class Detractor(NamedTuple):
    """A customer whose latest score lies from 0 to 6; None where unknown.

    `value` is what the customer brought before `as_of`, `suggestion` the latest text and `adopted` what came
    of it, `do_not_contact` a mark in the contact log.
    """

    key: str
    customer: str
    score: int
    date: dt.date | None
    suggestion: str | None
    adopted: bool | None
    orders: int | None
    last_order: dt.date | None
    value: float | None
    do_not_contact: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """What customers say and whether it goes with staying; made by `voice_of`.

    What a missing column or log takes away is None or empty, and `notes` says why.

    Attributes
    ----------
    nps
        In points, from -100 to 100; of the latest answer of each customer, or of all answers (`scores`).
    answered
        Customers who ever answered, of those asked.
    active_answered
        Customers who ever answered, of those who ordered in the `window` days before `as_of`.
    adopted
        Suggestions adopted, of those decided.
    undecided
        Suggestions neither adopted nor refused.
    adoption
        Share kept of the customers whose suggestion was adopted less that of the others.
    by_score
        Share kept of promoters, passives and detractors.
    score_difference
        Promoters less detractors.
    over_time
        By calendar period, oldest first.
    detractors
        Whom to call: by value, then by score, worst first.
    window
        Days within which a customer kept orders again; None without a log.
    decide_days
        Days after a suggestion within which an adoption counts, and after which the window begins; 0 where
        no day of adoption is known.
    value_of
        What `Detractor.value` means: "profit", "revenue", or None.
    """

    as_of: dt.date | None
    scores: str
    nps: NetPromoterScore | None
    answered: Share | None
    active_answered: Share | None
    adopted: Share | None
    undecided: int
    adoption: Difference | None
    by_score: tuple[GroupShare, ...]
    score_difference: Difference | None
    over_time: tuple[ScorePeriod, ...] = field(repr=False)
    detractors: tuple[Detractor, ...] = field(repr=False)
    period: str
    window: int | None
    decide_days: int | None
    value_of: str | None
    confidence: float
    notes: tuple[str, ...]

    @property
    def answer(self) -> str:
        """The score in a sentence, and whom to call."""
        if self.nps is None:
            return "The net promoter score is unknown: the feedback holds no score."
        n, whose = self.nps, "customers, by their latest answer," if self.scores == LATEST else "answers"
        said = (
            f"The net promoter score of {n.answers:,} {whose} is {n.points:+.0f} points "
            f"({self.confidence:.0%} interval {n.low:+.0f} to {n.high:+.0f})"
        )
        if not self.detractors:
            return f"{said}; nobody is a detractor."
        worth = [one.value for one in self.detractors if one.value is not None]
        brought = f", who brought {sum(worth):,.0f} of {self.value_of}" if worth and self.value_of else ""
        whom = "1 detractor" if len(self.detractors) == 1 else f"{len(self.detractors):,} detractors"
        return f"{said}; {whom} to call{brought}."

    @property
    def adoption_answer(self) -> str:
        """Whether customers whose suggestions were adopted are kept better, in a sentence."""
        d = self.adoption
        if d is None or d.difference is None or d.low is None or d.high is None:
            return "Whether adopting suggestions goes with keeping customers is unknown."
        figures = f"{100 * d.difference:+.0f} points ({100 * d.low:+.0f} to {100 * d.high:+.0f})"
        if d.verdict == CANNOT_TELL:
            return (
                f"Whether customers whose suggestion was adopted are kept better cannot be told: {figures}."
            )
        better = "more" if d.difference > 0 else "less"
        return (
            f"Customers whose suggestion was adopted are kept {better} often: {figures}; that need not be "
            "its effect."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a detractor, whom to call first on top; the fields of `Detractor` but `key`."""
        frame = pd.DataFrame(self.detractors, columns=list(Detractor._fields)).drop(columns="key")
        for name in ("date", "last_order"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
        kinds = {"score": "Int64", "orders": "Int64", "value": "float64"}
        return frame.astype(kinds | dict.fromkeys(("adopted", "do_not_contact"), "boolean"))

    def over_time_frame(self) -> pd.DataFrame:
        """One row a period, the fields of `ScorePeriod`."""
        return pd.DataFrame(self.over_time, columns=list(ScorePeriod._fields))

    def by_score_frame(self) -> pd.DataFrame:
        """One row an opinion: group, customers, kept, share, low, high."""
        frame = pd.DataFrame(self.by_score, columns=list(GroupShare._fields))
        return frame.astype(dict.fromkeys(("share", "low", "high"), "float64"))
