"""What keeping customers is worth on a log's own figures, and the popular claims: a section of a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from retention_core.economics import (
    FIVE_POINTS_CLAIM,
    FivePoints,
    SimulatedWorth,
    five_points,
    simulated_worth,
)
from retention_core.errors import OrderLogError, RetentionError
from retention_core.keeping_costs import KeepingAgainstWinning, Spending, keeping_against_winning
from retention_core.measured import NOT_KNOWN, Measured, span_said
from retention_core.own_figures import OwnFigures, figures_of
from retention_core.popular_claims import FEEDBACK, AnsweredClaims, OwnAnswer, claims_answered
from retention_core.report.questions import Asked
from retention_core.report.section import Section, counted, number
from retention_core.report.worth_figures import (
    ONE_POINT,
    SPEND,
    SPEND_ONCE,
    WORTHS,
    claims_json,
    costs_json,
    five_json,
    measured_json,
    own_json,
    simulation_json,
    tenure_grid,
    tenure_json,
    what_if_grid,
    what_if_json,
    worth_of,
)
from retention_core.report.worth_terms import WorthTerms, changed
from retention_core.scenarios import WhatIf, what_if
from retention_core.tenure_spend import spend_by_tenure
from retention_core.tenure_tables import TenureSpend
from retention_core.worth import POINT, UPLIFT

DEFINITION = (
    "A customer is worth margin * (1 + discount) / (1 + discount - retention), by the year: the first margin "
    "now, retention the same for ever, whoever leaves gone for good."
)
NO_SPENDING = (
    "What keeping costs against winning is unknown: say what was spent (--spending on the command line)."
)
_ANY_MARGIN = 100.0  # what five points change, as a share, is the same for every margin
_NAMES = {
    "customer_worth": "a customer",
    ONE_POINT: "one more point, all customers",
    SPEND: "break-even, 5 points for good",
    SPEND_ONCE: "break-even, 5 points for a year",
}
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """What the section is made of; None for what is not known, and in `why` its reason."""

    own: OwnFigures
    terms: WorthTerms
    margin: float | None
    worths: dict[str, Measured]
    simulated: SimulatedWorth | None
    five: FivePoints | None
    tenure: TenureSpend | None
    costs: KeepingAgainstWinning
    scenario: WhatIf | None
    claims: AnsweredClaims
    why: dict[str, str]


def worth_section(asked: Asked) -> Section:
    """What a point of retention is worth, break-even spends, spending by tenure, and the popular claims."""
    found = _pieces(asked)
    figures = {
        "definition": DEFINITION,
        "as_of": found.own.as_of,
        "own_figures": own_json(found.own),
        "margin": found.margin,
        "margin_given": found.terms.customer_margin is not None,
        "discount": found.terms.discount,
        "points": POINT,
        "uplift": UPLIFT,
        "worth": {name: measured_json(found.worths.get(name, NOT_KNOWN)) for name in WORTHS},
        "simulation": simulation_json(found.simulated),
        "five_points": five_json(found.five, found.margin),
        "tenure": tenure_json(found.tenure, asked.sample.sampled_of),
        "costs": costs_json(found.costs),
        "claims": claims_json(found.claims),
        "what_if": what_if_json(found.scenario),
        "why_unknown": found.why,
    }
    rows = tuple((_NAMES[name], *(number(value, 2) for value in found.worths[name])) for name in found.worths)
    grids = [*(() if found.scenario is None else (what_if_grid(found.scenario),))]
    grids += () if found.tenure is None else tenure_grid(found.tenure)
    columns = ("worth", "value", "low", "high")
    return Section("Worth", _said(found, asked), figures, columns, rows, more=tuple(grids))


def _pieces(asked: Asked) -> _Pieces:
    terms, day = asked.worth, asked.keeping.as_of
    own = figures_of(asked.log, as_of=day, table=asked.table)
    margin = own.margin if terms.customer_margin is None else terms.customer_margin
    rate, discount = own.retention.value, terms.discount
    why: dict[str, str] = {}
    worths = {
        name: found
        for name in WORTHS
        if (found := _tried(name, why, partial(worth_of, name, own, margin, discount))) is not None
    }
    simulated = None
    if ONE_POINT in worths and margin is not None and rate is not None:
        simulated = simulated_worth(own.customers, margin, rate, POINT, discount)
    five = _tried("five_points", why, lambda: _five(own, margin, discount))
    tenure = _tried("tenure", why, lambda: spend_by_tenure(asked.sample.log, as_of=day))
    costs = _costs(terms, margin, rate, why)
    scenario = None
    if terms.what_if is not None:
        scenario = _tried("what_if", why, lambda: _scenario(own, margin, terms))
    claims = _claims(asked, tenure, five, costs, money=margin is not None)
    return _Pieces(own, terms, margin, worths, simulated, five, tenure, costs, scenario, claims, why)


def _tried(name: str, why: dict[str, str], make: Callable[[], Made]) -> Made | None:
    """A piece, or None with the sentence that says why there is none."""
    try:
        return make()
    except RetentionError as error:
        why[name] = str(error)
        return None


def _costs(
    terms: WorthTerms, margin: float | None, rate: float | None, why: dict[str, str]
) -> KeepingAgainstWinning:
    """Cost of keeping against cost of winning; without a worth where margin and retention give none."""
    spent = terms.spending or Spending()
    whole = partial(keeping_against_winning, margin=margin, retention=rate, discount=terms.discount)
    found = _tried("costs", why, lambda: whole(spent))
    return keeping_against_winning(spent, discount=terms.discount) if found is None else found


def _five(own: OwnFigures, margin: float | None, discount: float) -> FivePoints:
    if own.retention.value is None:
        raise OrderLogError(own.retention_said)
    return five_points(_ANY_MARGIN if margin is None else margin, own.retention.value, discount)


def _scenario(own: OwnFigures, margin: float | None, terms: WorthTerms) -> WhatIf:
    base = own.plan(margin=margin, cost_to_win=terms.cost_to_win)
    return what_if(base, changed(base, terms.what_if or {}))


def _claims(
    asked: Asked,
    tenure: TenureSpend | None,
    five: FivePoints | None,
    costs: KeepingAgainstWinning,
    *,
    money: bool,
) -> AnsweredClaims:
    """The claims as the pieces answer them, with feedback and concentration where those are known."""
    unsaid: dict[str, str] = {}
    others: dict[str, OwnAnswer] = {}
    voice = _tried(FEEDBACK, unsaid, lambda: asked.keeping.voice)
    if voice is not None and voice.adoption is not None and voice.adoption.difference is not None:
        limits = Measured(voice.adoption.difference, voice.adoption.low, voice.adoption.high)
        others[FEEDBACK] = OwnAnswer(voice.adoption_answer, limits)
    if five is not None and five.change is not None and not money:
        others[FIVE_POINTS_CLAIM] = OwnAnswer(_change_said(five), Measured(five.change))
    return claims_answered(
        costs=costs,
        tenure=tenure,
        five=five if money else None,
        concentration=_tried("concentration", unsaid, lambda: asked.keeping.concentration),
        others=others,
    )


def _change_said(five: FivePoints) -> str:
    """The five-point exercise without money: what it changes is the same for every margin."""
    return (
        f"Five points more, from {five.retention:.1%} to {five.retention + 0.05:.1%}, change what a customer "
        f"is worth by {five.change:+.1%}, whatever the margin, at a discount of {five.discount:.1%}: a model "
        "of one customer's lifetime, not of a firm's profit."
    )


def _said(found: _Pieces, asked: Asked) -> tuple[str, ...]:
    told = [_headline(found), DEFINITION, *_own_said(found)]
    if found.simulated is not None:
        told.append(found.simulated.sentence)
    if SPEND in found.worths:
        told.append(
            f"Keeping one customer may cost up to {span_said(found.worths[SPEND])} where that adds five "
            f"points for good, {span_said(found.worths[SPEND_ONCE])} where it adds them for a year."
        )
    told += (
        list(found.costs.sentences) if found.terms.spending is not None else [NO_SPENDING.replace("`", "")]
    )
    if found.terms.what_if is not None:
        told += [found.why["what_if"]] if found.scenario is None else _scenario_said(found.scenario)
    told.append("The popular claims, what the evidence says of each, and what this log says:")
    for row in found.claims.claims:
        told.append(f'"{row.claim}" is {row.verdict}. {row.sentence}')
        if row.letter == FIVE_POINTS_CLAIM:
            first = row.sources[0]
            told.append(f"Published: {first.primary_source}: {first.figure}. {first.note}")
    if found.tenure is not None:
        told += asked.sample.sentences
        told += [found.tenure.sentence] if found.tenure.months_late is None else found.tenure.notes
    return tuple(told)


def _headline(found: _Pieces) -> str:
    own = found.own
    if ONE_POINT not in found.worths:
        return f"What one more point of retention is worth is unknown. {found.why[ONE_POINT]}"
    rate = own.retention.value or 0.0
    return (
        f"One more point of retention, from {rate:.1%} to {rate + POINT:.1%} a year and for good, is worth "
        f"{span_said(found.worths[ONE_POINT], ',.0f')} for {counted(own.customers, 'customer')} who bring "
        f"{found.margin:,.2f} a year each, at a discount of {found.terms.discount:.1%}."
    )


def _own_said(found: _Pieces) -> list[str]:
    """The log's own figures; a margin given takes the place of what the log says of it."""
    told = list(found.own.sentences)
    if found.terms.customer_margin is not None:
        told[1] = f"The margin is given: {found.terms.customer_margin:,.2f} a customer and year."
    return told


def _scenario_said(found: WhatIf) -> list[str]:
    return [f"What if: {found.sentence}", *found.notes]
