"""The net promoter score in points, with an interval that holds at few answers.

Standard library only, so that this file runs wherever Python does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from statistics import NormalDist

from retention_core.errors import RateError, said

HIGHEST = 10
PROMOTER_FROM = 9
DETRACTOR_UP_TO = 6
PROMOTER, PASSIVE, DETRACTOR = "promoter", "passive", "detractor"
_MOST = 1e15
_ADDED = (0.75, 1.5, 0.75)  # promoters, passives and detractors added to the answers for the interval


@dataclass(frozen=True, slots=True)
class NetPromoterScore:
    """A net promoter score; made by `nps`.

    Attributes
    ----------
    points, low, high
        The score and the limits of its interval, in points from -100 to 100.
    promoters, passives, detractors
        Answers from 9 to 10, from 7 to 8 and from 0 to 6.
    unanswered
        Blanks among the scores: asked, but not answered; they count for nothing else.
    """

    points: float
    low: float
    high: float
    promoters: int
    passives: int
    detractors: int
    unanswered: int = 0
    confidence: float = 0.95

    @property
    def answers(self) -> int:
        """Promoters, passives and detractors together."""
        return self.promoters + self.passives + self.detractors


def nps(scores: Iterable[float | None], confidence: float = 0.95) -> NetPromoterScore:
    """Net promoter score of answers from 0 to 10, in points.

    Parameters
    ----------
    scores
        Whole numbers from 0 to 10; None and NaN count as not answered.
    confidence
        Of the interval, between 0 and 1.

    Returns
    -------
    100 times (share of 9 and 10 less share of 0 to 6), with its interval and the counts.

    Raises
    ------
    RateError
        If a score is no whole number from 0 to 10, nobody answered, or the confidence makes no sense.

    Examples
    --------
    >>> found = nps([10, 9, 9, 8, 7, 3, None])
    >>> round(found.points, 1), found.promoters, found.passives, found.detractors, found.unanswered
    (33.3, 3, 2, 1, 1)
    >>> round(found.low, 1), round(found.high, 1)
    (-26.7, 71.2)
    """
    counts = {PROMOTER: 0, PASSIVE: 0, DETRACTOR: 0}
    unanswered = 0
    for place, score in enumerate(scores, 1):
        if score is None or score != score:
            unanswered += 1
        else:
            counts[opinion_of(score, place)] += 1
    return nps_of_counts(*counts.values(), confidence=confidence, unanswered=unanswered)


def nps_of_counts(
    promoters: int, passives: int, detractors: int, *, confidence: float = 0.95, unanswered: int = 0
) -> NetPromoterScore:
    """Net promoter score of counted answers, in points.

    Raises
    ------
    RateError
        If a count is below zero, not whole or above 1e15, all are zero, or the confidence makes no sense.

    Notes
    -----
    The interval is the adjusted Wald interval that Rocks found best: to n answers add 3 pseudo-answers, 3/4
    of them promoters, 3/2 passives and 3/4 detractors; with the shares p and q of promoters and detractors
    after that, it is p - q plus and minus z sqrt((p + q - (p - q)^2) / (n + 3)), cut at -100 and 100 points.
    It is widened where it would leave out the score itself, which happens at one or two answers.

    References
    ----------
    Rocks (2016), Interval estimation for the "Net Promoter Score", The American Statistician 70, 365-372;
    the pseudo-answers as the default of `nps_test` in the author's R package NPS.

    Examples
    --------
    >>> found = nps_of_counts(50, 30, 20)
    >>> found.points, round(found.low, 1), round(found.high, 1)
    (30.0, 14.1, 44.2)
    """
    _check(confidence, promoters=promoters, passives=passives, detractors=detractors)
    answers = promoters + passives + detractors
    if not answers:
        raise RateError("`scores` hold no answer, and without one there is no score (all are blank).")
    points = 100 * (promoters - detractors) / answers
    enlarged = answers + sum(_ADDED)
    up, down = (promoters + _ADDED[0]) / enlarged, (detractors + _ADDED[2]) / enlarged
    z = -NormalDist().inv_cdf((1 - confidence) / 2)
    reach = z * math.sqrt((up + down - (up - down) ** 2) / enlarged)
    low = max(-100.0, min(points, 100 * (up - down - reach)))
    high = min(100.0, max(points, 100 * (up - down + reach)))
    return NetPromoterScore(points, low, high, promoters, passives, detractors, unanswered, confidence)


def opinion_of(score: float, place: int | None = None) -> str:
    """ "promoter", "passive" or "detractor": what a score says of who gave it.

    Raises
    ------
    RateError
        If the score is no whole number from 0 to 10; `place` says which it is.

    Examples
    --------
    >>> [opinion_of(score) for score in (10, 9, 8, 7, 6, 0)]
    ['promoter', 'promoter', 'passive', 'passive', 'detractor', 'detractor']
    """
    if not is_score(score):
        where = "" if place is None else f", number {place:,},"
        raise RateError(
            f"Each of `scores` must be a whole number from 0 to {HIGHEST}: "
            f"one{where} is not (got {said(score)})."
        )
    if score >= PROMOTER_FROM:
        return PROMOTER
    return DETRACTOR if score <= DETRACTOR_UP_TO else PASSIVE


def is_score(score: object) -> bool:
    """Whether a value is an answer on the scale: a whole number from 0 to 10.

    Examples
    --------
    >>> [is_score(value) for value in (7, 7.0, 7.5, 11, -1, True, "7")]
    [True, True, False, False, False, False, False]
    """
    try:
        number = float(score) if not isinstance(score, (bool, str, bytes)) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False
    return 0 <= number <= HIGHEST and number == int(number)


def _is_whole(count: float) -> bool:
    if isinstance(count, bool) or not isinstance(count, Real):
        return False
    number: float = count
    return 0 <= number < math.inf and number == int(number)


def _check(confidence: float, **counts: int) -> None:
    for name, count in counts.items():
        if not _is_whole(count):
            raise RateError(f"`{name}` must be a whole number, zero or more (got {said(count)}).")
        if count > _MOST:
            raise RateError(f"`{name}` must be at most {_MOST:,.0f} (got {said(count)}).")
    if not (isinstance(confidence, Real) and 0 < confidence < 1):
        raise RateError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")
