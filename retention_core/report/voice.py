"""What customers say, and who came by referral, as sections of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retention_core.differences import OBSERVATIONAL, Difference, GroupMean, GroupShare, Share
from retention_core.net_promoter import NetPromoterScore
from retention_core.referral_tables import Referrals
from retention_core.report.keeping_lists import first_rows
from retention_core.report.questions import Asked
from retention_core.report.section import Grid, Section, counted, number, percent
from retention_core.voice_tables import Detractor, Voice

FIRST = 10
_PERIODS = 8


def voice_section(asked: Asked) -> Section:
    """The net promoter score, who answered, what was adopted, what goes with staying, and whom to call."""
    found = asked.keeping.voice
    figures = {
        "definition": "Net promoter score: the share of 9 and 10 less that of 0 to 6, in points, of the "
        "latest answer of each customer. Kept: ordered again within the window.",
        "as_of": found.as_of,
        "nps": None if found.nps is None else _nps_json(found.nps),
        "answered": _share_json(found.answered),
        "active_answered": _share_json(found.active_answered),
        "adopted": _share_json(found.adopted),
        "undecided": found.undecided,
        "adoption": difference_json(found.adoption),
        "by_score": [one._asdict() for one in found.by_score],
        "score_difference": difference_json(found.score_difference),
        "over_time": [one._asdict() for one in found.over_time],
        "period": found.period,
        "window": found.window,
        "decide_days": found.decide_days,
        "value_of": found.value_of,
        "confidence": found.confidence,
        "notes": list(found.notes),
        "list": first_rows(asked.keeping.columns("voice")),
    }
    columns = ("opinion", "customers", "kept", "share", "low", "high")
    rows = tuple(_opinion_row(one) for one in found.by_score)
    compared = [("adopted", found.adoption), ("score", found.score_difference)]
    grids = (_compared_grid(compared), _time_grid(found), _call_grid(found))
    return Section("Voice", _voice_said(found), figures, columns, rows, more=grids)


def referral_section(asked: Asked) -> Section:
    """How many came by referral, who brought them, and how those referred compare with the others."""
    found = asked.keeping.referrals
    figures = {
        "definition": "Came by referral: a customer who names a referrer. Those compared were followed for "
        "the same time from the first order.",
        "as_of": found.as_of,
        "source": found.source,
        "customers": found.customers,
        "share": _share_json(found.share),
        "per_customer": found.per_customer._asdict(),
        "referring": _share_json(found.referring),
        "repeat": difference_json(found.repeat),
        "value": difference_json(found.value),
        "by_period": [one._asdict() for one in found.by_period],
        "period": found.period,
        "window": found.window,
        "value_days": found.value_days,
        "value_of": found.value_of,
        "confidence": found.confidence,
        "dropped": {
            "own": found.own,
            "circles": found.circles,
            "unknown": sum(found.unknown.values()),
            "unnamed": found.unnamed,
            "later": found.later,
            "several": found.several,
        },
        "notes": list(found.notes),
        "list": first_rows(asked.keeping.columns("referrals")),
    }
    columns = ("first order in", "new", "referred", "share", "low", "high", "")
    rows = tuple(
        (
            str(one.start),
            number(one.new),
            number(one.referred),
            *map(percent, (one.share, one.low, one.high)),
            "" if one.complete else "incomplete",
        )
        for one in found.by_period[-_PERIODS:]
    )
    grids = (_compared_grid([("ordered again", found.repeat), ("value", found.value)]), _top_grid(found))
    return Section("Referrals", _referrals_said(found), figures, columns, rows, more=grids)


def difference_json(found: Difference | None) -> dict[str, Any] | None:
    """A difference between two groups as plain values, marked observational."""
    if found is None:
        return None
    names = ("difference", "low", "high", "adjusted", "adjusted_low", "adjusted_high", "verdict")
    more = ("days", "left_out", "definition", "confidence", "observational")
    groups = {"one": found.one._asdict(), "other": found.other._asdict()}
    return groups | {name: getattr(found, name) for name in (*names, *more)}


def _nps_json(found: NetPromoterScore) -> dict[str, Any]:
    names = ("points", "low", "high", "answers", "promoters", "passives", "detractors")
    return {name: getattr(found, name) for name in names}


def _share_json(found: Share | None) -> dict[str, Any] | None:
    return None if found is None else found._asdict()


def _voice_said(found: Voice) -> tuple[str, ...]:
    told = [found.answer]
    if found.answered is not None:
        told.append(f"Of those asked, {_of(found.answered)} ever answered.")
    if found.active_answered is not None:
        told.append(
            f"Of those who ordered in the last {found.window} days, {_of(found.active_answered)} ever "
            "answered."
        )
    if found.adopted is not None:
        left = f"; {found.undecided:,} more are undecided" if found.undecided else ""
        told.append(f"Of the suggestions decided, {_of(found.adopted)} were adopted{left}.")
    told.append(found.adoption_answer)
    told += _definitions(found.adoption, found.score_difference)
    return (*told, *found.notes)


def _referrals_said(found: Referrals) -> tuple[str, ...]:
    each = found.per_customer
    told = [
        found.answer,
        f"Of all customers, {_of(found.referring)} brought somebody: {number(each.mean, 2)} referrals a "
        f"customer ({number(each.low, 2)} to {number(each.high, 2)}). From {found.source}.",
        found.repeat_answer,
        found.value_answer,
        *_definitions(found.repeat, found.value),
    ]
    return (*told, *found.notes)


def _definitions(*found: Difference | None) -> list[str]:
    """How each comparison was made, and once that none is an experiment."""
    told = [f"{one.definition}{_left_said(one)}" for one in found if one is not None]
    return [*told, OBSERVATIONAL] if told else []


def _left_said(one: Difference) -> str:
    parts = [f"{why} {count:,}" for why, count in one.left_out.items() if count]
    return f" Left out: {', '.join(parts)}." if parts else ""


def _of(found: Share) -> str:
    share, low, high = map(percent, (found.share, found.low, found.high))
    return f"{found.part:,} of {found.of:,}, {share} ({low} to {high}),"


def _opinion_row(one: GroupShare) -> tuple[str, ...]:
    return (one.group, number(one.customers), number(one.kept), *map(percent, (one.share, one.low, one.high)))


def _compared_grid(found: Sequence[tuple[str, Difference | None]]) -> Grid:
    """Each comparison, and beside it the one within cohorts."""
    rows = []
    for name, one in found:
        if one is not None:
            told = (_group(one.one), _group(one.other), *_moved(one, (one.difference, one.low, one.high)))
            rows.append((name, *told, "" if one.adjusted is not None else one.verdict))
        if one is not None and one.adjusted is not None:
            within = _moved(one, (one.adjusted, one.adjusted_low, one.adjusted_high))
            rows.append((f"{name}, within cohorts", "", "", *within, one.verdict))
    return Grid(("compared", "one", "other", "difference", "low", "high", "verdict"), tuple(rows))


def _group(one: GroupShare | GroupMean) -> str:
    value = percent(one.share) if isinstance(one, GroupShare) else number(one.mean, 2)
    return f"{one.group} {value}"


def _moved(one: Difference, limits: tuple[float | None, float | None, float | None]) -> list[str]:
    """A difference and its limits: shares in points, means in money."""
    if isinstance(one.one, GroupShare):
        return ["-" if value is None else f"{100 * value:+.1f}" for value in limits]
    return ["-" if value is None else f"{value:+,.2f}" for value in limits]


def _time_grid(found: Voice) -> Grid:
    rows = tuple(
        (
            str(one.start),
            number(one.answers),
            *(f"{value:+.0f}" for value in (one.points, one.low, one.high)),
            "" if one.complete else "incomplete",
        )
        for one in found.over_time[-_PERIODS:]
    )
    return Grid((f"score by {found.period}", "answers", "points", "low", "high", ""), rows)


def _call_grid(found: Voice) -> Grid:
    rows = tuple(_call_row(one) for one in found.detractors[:FIRST])
    name = f"first {len(rows)} of {counted(len(found.detractors), 'detractor')}"
    value = f"{found.value_of or 'value'} in all"
    columns = (name, "score", "date", value, "last order", "do not contact", "suggestion")
    return Grid(columns, rows, words=1, told=True)


def _call_row(one: Detractor) -> tuple[str, ...]:
    blocked = "unknown" if one.do_not_contact is None else "yes" if one.do_not_contact else "no"
    return (
        one.customer,
        str(one.score),
        "-" if one.date is None else str(one.date),
        number(one.value),
        "-" if one.last_order is None else str(one.last_order),
        blocked,
        one.suggestion or "",
    )


def _top_grid(found: Referrals) -> Grid:
    rows = tuple(
        (
            one.customer,
            number(one.referrals),
            number(one.value_brought),
            number(one.own_value),
            str(one.last_referral),
        )
        for one in found.top[:FIRST]
    )
    name = f"first {len(rows)} of {counted(len(found.top), 'referrer')}"
    value = found.value_of or "value"
    return Grid((name, "referrals", f"{value} brought", f"own {value}", "last referral"), rows)
