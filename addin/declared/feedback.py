"""Worksheet functions of what customers answer when they are asked."""

from __future__ import annotations

from collections.abc import Callable

from addin.catalogue import Catalogue
from addin.kinds import Points, Rate, Scores
from addin.native import feedback
from retention_core.net_promoter import NetPromoterScore, nps, nps_of_counts

FUNCTIONS = Catalogue()


@FUNCTIONS.declare(native=feedback.NPS)
def NPS(scores: Scores) -> Points:
    """Net promoter score of answers from 0 to 10: the share who would recommend you less that who would not.

    Promoters answer 9 or 10, detractors 0 to 6. Blank cells are no answers and count for nothing.

    Parameters
    ----------
    scores
        Column of answers, whole numbers from 0 to 10, blank where nobody answered.

    Returns
    -------
    100 * (promoters - detractors) / answers: points from -100 to 100.

    Examples
    --------
    >>> round(NPS([10, 9, 9, 8, 7, 3, None]), 4)
    33.3333
    """
    return nps(scores).points


def _limits(scores: Scores) -> Callable[[float], NetPromoterScore]:
    found = nps(scores)
    counts = found.promoters, found.passives, found.detractors
    return lambda confidence: nps_of_counts(*counts, confidence=confidence)


def _lows(scores: Scores) -> Callable[[float], float]:
    limits = _limits(scores)
    return lambda confidence: limits(confidence).low


def _highs(scores: Scores) -> Callable[[float], float]:
    limits = _limits(scores)
    return lambda confidence: limits(confidence).high


@FUNCTIONS.declare(native=feedback.NPS_LOW, once=_lows)
def NPS_LOW(scores: Scores, confidence: Rate = 0.95) -> Points:
    """Lower limit of the net promoter score: how low the true one may be, given how few answers there are.

    The adjusted Wald interval of Rocks (2016), which adds three answers, half of them passive.

    Parameters
    ----------
    scores
        Column of answers, whole numbers from 0 to 10, blank where nobody answered.
    confidence
        How sure the interval is to hold the true score, between 0 and 1; 0.95 if left out.

    Returns
    -------
    Points from -100 to 100.

    Examples
    --------
    >>> round(NPS_LOW([10, 9, 9, 8, 7, 3, None]), 4)
    -26.7433
    """
    return _lows(scores)(confidence)


@FUNCTIONS.declare(native=feedback.NPS_HIGH, once=_highs)
def NPS_HIGH(scores: Scores, confidence: Rate = 0.95) -> Points:
    """Upper limit of the net promoter score: how high the true one may be, given how few answers there are.

    The adjusted Wald interval of Rocks (2016), which adds three answers, half of them passive.

    Parameters
    ----------
    scores
        Column of answers, whole numbers from 0 to 10, blank where nobody answered.
    confidence
        How sure the interval is to hold the true score, between 0 and 1; 0.95 if left out.

    Returns
    -------
    Points from -100 to 100.

    Examples
    --------
    >>> round(NPS_HIGH([10, 9, 9, 8, 7, 3, None]), 4)
    71.1877
    """
    return _highs(scores)(confidence)
