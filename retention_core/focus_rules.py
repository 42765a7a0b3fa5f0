"""How a focus list comes about: what is expected of each customer, what an action saves, and the verdict.

Needs the standard library alone; `retention_core.focus` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from retention_core.arguments import check_kind, day_asked, is_number, is_whole
from retention_core.errors import OrderLogError, in_percent, said
from retention_core.focus_tables import Figures, FocusList, Side, in_words
from retention_core.focus_values import (
    COST_OF_ORDER,
    FIRST,
    KEEP,
    VERDICTS,
    YEAR,
    Action,
    Money,
    OrderValue,
    Outlook,
    Span,
    best_first,
    by_size,
    class_codes,
    fit_order_value,
    in_top,
    outlook,
    own_order_value,
    verdict_code,
    within_budget,
)
from retention_core.identity import customer_key, key_order
from retention_core.purchases import Purchases
from retention_core.rhythm import Expectation, Gaps, Rhythm, each, fit_rhythm, gaps_of, total

_LONGEST = 36_600  # days, a century


def focus_of_purchases(
    purchases: Purchases,
    as_of: dt.date | None = None,
    *,
    action: Action | None = None,
    budget: float | None = None,
    days: float = YEAR,
    period_days: int | None = None,
) -> FocusList:
    """The list of `retention_core.focus.focus_of`, from plain columns instead of an order log.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of`, or an argument makes no sense.
    """
    until = day_asked(as_of, purchases.last_day)
    limit = until.toordinal()
    ordered = {key: [day for day in found if day < limit] for key, found in purchases.days.items()}
    keys = [key for key, found in ordered.items() if found]
    keys = [keys[place] for place in key_order(keys)]
    span = span_of(purchases.first_day.toordinal(), limit, period_days)
    money = _money_of(purchases, keys, span) if purchases.money else None
    return focus_table(
        gaps_of({key: ordered[key] for key in keys}),
        (keys, [purchases.names[key] for key in keys]),
        money,
        until,
        span,
        action=action,
        budget=budget,
        days=days,
    )


def span_of(first_day: int, until: int, period_days: int | None = None) -> Span:
    """The chosen period: so many days before `until`, by default a year, or half the log where that is less.

    Raises
    ------
    OrderLogError
        If the period is no whole number of days.

    Examples
    --------
    >>> span_of(1, 1001), span_of(1, 101)
    (Span(first=636, until=1001, before=271), Span(first=51, until=101, before=1))
    """
    if period_days is None:
        period_days = max(min(YEAR, (until - first_day) // 2), 1)
    if not (is_whole(period_days) and 1 <= period_days <= _LONGEST):
        raise OrderLogError(
            f"`period_days` must be a whole number from 1 to {_LONGEST:,} (got {said(period_days)})."
        )
    first = until - int(period_days)
    before = first - int(period_days)
    return Span(first, until, before if before >= first_day else None)


def focus_table(
    gaps: Gaps,
    people: tuple[list[str], list[str]],
    money: Money | None,
    as_of: dt.date,
    span: Span,
    *,
    side: Side | None = None,
    action: Action | None = None,
    budget: float | None = None,
    days: float = YEAR,
    value_of: str | None = "revenue",
    notes: Sequence[str] = (),
) -> FocusList:
    """The list of customers whose sums are known.

    Parameters
    ----------
    gaps, people, money, side
        Of the customers who ordered before `as_of`, in spreadsheet order of their keys: sums, keys and names,
        what they paid (None: unknown), and what else is known.

    Raises
    ------
    OrderLogError
        If there is nobody, or an argument makes no sense.
    """
    known = side or Side()
    if not len(gaps.orders):
        raise OrderLogError(f"`as_of` must lie after an order: there is none before {as_of}.")
    check_kind("action", action, Action)
    _check(action or Action(), budget, days)
    rhythm = fit_rhythm(gaps, as_of) if any(each(lambda orders: orders > 1, gaps.orders)) else None
    figures = Figures(gaps.orders) if money is None else _what_they_brought(gaps, money, span)
    if rhythm is not None:
        figures = _expected(figures, gaps, rhythm, days)
    shop = None if money is None else fit_order_value(gaps.orders, money.value, money.squares)
    plan = _with_cost(action or Action(), shop)
    if money is not None and shop is not None and rhythm is not None:
        figures = _judged(figures, money, known, shop, plan, people[0], budget)
    return FocusList(
        keys=people[0],
        customers=people[1],
        figures=figures,
        side=known,
        order=_in_order(figures, len(people[0])),
        as_of=as_of,
        span=span,
        action=plan,
        budget=budget,
        days=days,
        value_of=None if money is None else value_of,
        rhythm=rhythm,
        order_value=shop,
        notes=(
            *notes,
            *_notes(figures, known, action or Action(), plan, span, as_of),
            *_strangers(plan, people[0]),
        ),
        gaps=gaps,
    )


def _what_they_brought(gaps: Gaps, money: Money, span: Span) -> Figures:
    standing = None
    if span.before is not None:
        now, then = in_top(money.recent), in_top(money.before)
        standing = each(lambda is_top, was: is_top * 2 + was, now, then)
    return Figures(
        gaps.orders,
        value=money.value,
        recent=money.recent,
        klass=class_codes(money.recent),
        standing=standing,
    )


def _expected(figures: Figures, gaps: Gaps, rhythm: Rhythm, days: float) -> Figures:
    found = rhythm.expect_all(gaps)
    rows = (gaps.orders, gaps.last, gaps.log_sum, gaps.log_squares)
    if hasattr(gaps.orders, "dtype"):
        ahead = outlook(rhythm, found, *rows, days=days)
    else:
        each_one = [
            outlook(rhythm, Expectation(*one), *row, days=days)
            for one, row in zip(zip(*found, strict=True), zip(*rows, strict=True), strict=True)
        ]
        ahead = Outlook(*(list(column) for column in zip(*each_one, strict=True)))
    risk = each(lambda orders, lost: lost / (orders + lost + (orders + lost <= 0)), ahead.orders, ahead.lost)
    return figures._replace(
        still=found.still, expected_orders=ahead.orders, orders_at_stake=ahead.lost, risk=risk
    )


def _judged(
    figures: Figures,
    money: Money,
    side: Side,
    shop: OrderValue,
    action: Action,
    keys: Sequence[str],
    budget: float | None,
) -> Figures:
    """The figures with what they are worth, and the verdicts."""
    worth = each(lambda n, value: own_order_value(shop, n, value), figures.orders, money.value)
    if side.unpaid is not None:
        billed = OrderValue(total(money.revenue) / total(figures.orders), shop.weight)
        worth = each(
            lambda one, n, revenue, unpaid: one - unpaid * own_order_value(billed, n, revenue),
            worth, figures.orders, money.revenue, side.unpaid,
        )  # fmt: skip
    expected = each(lambda n, one: n * one, figures.expected_orders, worth)
    stake = each(lambda n, one: n * one, figures.orders_at_stake, worth)
    cost = _costs(action, keys, worth)
    saved = _saved(action.uplift, side.interest, stake)
    reachable = saved if side.blocked is None else each(lambda g, no: g * (1 - no), saved, side.blocked)
    taken = within_budget(_by_gain(reachable, cost), reachable, cost, budget)
    verdict = each(verdict_code, reachable, expected, cost)
    if budget is not None:  # what the budget does not hold is kept, but not first
        verdict = _demoted(verdict, taken)
    return figures._replace(
        order_value=worth,
        expected_value=expected,
        at_stake=stake,
        cost=cost,
        gain=saved,
        verdict=verdict,
        taken=taken,
    )


def _saved(uplift: float, interest: Any, stake: Any) -> Any:
    if interest is None:
        return each(lambda one: one * uplift, stake)
    return each(lambda one, i: one * (uplift * i * (uplift * i < 1) + (uplift * i >= 1)), stake, interest)


def _by_gain(gain: Any, cost: Any) -> Any:
    return by_size(each(lambda g, c: g / c, gain, cost))


def _demoted(verdict: Any, taken: Any) -> Any:
    first, keep = VERDICTS.index(FIRST), VERDICTS.index(KEEP)
    if hasattr(verdict, "dtype"):
        found = verdict.copy()
        found[[code == first and not took for code, took in zip(verdict.tolist(), taken, strict=True)]] = keep
        return found
    return [keep if code == first and not took else code for code, took in zip(verdict, taken, strict=True)]


def _costs(action: Action, keys: Sequence[str], like: Any) -> Any:
    usual = float(action.cost or 0.0)
    found = each(lambda one: one * 0.0 + usual, like)
    for place, cost in _own_costs(action, keys).items():
        found[place] = float(cost)
    return found


def _own_costs(action: Action, keys: Sequence[str]) -> dict[int, float]:
    """Place of a customer -> its own cost; whoever it is given for may be named as in the orders."""
    places = {key: place for place, key in enumerate(keys)} if action.costs else {}
    found = {places.get(key, places.get(customer_key(key) or "")): c for key, c in action.costs.items()}
    return {place: cost for place, cost in found.items() if place is not None}


def _in_order(figures: Figures, count: int) -> Any:
    if figures.verdict is not None:
        return best_first(figures.gain, figures.cost, figures.verdict)
    if figures.orders_at_stake is not None:
        return by_size(figures.orders_at_stake)
    return list(range(count))


def _with_cost(action: Action, shop: OrderValue | None) -> Action:
    if action.cost is not None or shop is None:
        return action
    return Action(max(COST_OF_ORDER * shop.typical, 0.01), action.uplift, action.costs)


def _notes(
    figures: Figures, side: Side, asked: Action, plan: Action, span: Span, as_of: dt.date
) -> tuple[str, ...]:
    notes = []
    if figures.value is None:
        notes.append("No amounts: value, class, gain and verdict are unknown.")
    elif asked.cost is None:
        notes.append(
            f"Assumed: an action costs {in_words(plan.cost)}, {in_percent(COST_OF_ORDER)} of a typical order"
            f", and saves {in_percent(plan.uplift)} of the value at stake."
        )
    if figures.still is None:
        notes.append("Nobody ordered on two days: what to expect, risk and verdict are unknown.")
    if figures.value is not None and span.before is None:
        notes.append("The log does not hold the period before: who rose and who fell is unknown.")
    if figures.value is not None and figures.klass is None:
        notes.append("The period's values do not add up to more than zero: classes are unknown.")
    if side.interest is None:
        notes.append("No responses and no feedback: interest is unknown and counts as the mean.")
    if side.last_contact is None:
        notes.append("No contacts: the last contact, and who asked to be left alone, are unknown.")
    if side.solvency is None:
        notes.append(f"No invoices: how the customers pay is unknown as of {as_of}.")
    return tuple(notes)


def _strangers(action: Action, keys: Sequence[str]) -> list[str]:
    count = len(action.costs) - len(_own_costs(action, keys))
    return [f"Costs are given for {count:,} who are not in the list."] if count > 0 else []


def _check(action: Action, budget: float | None, days: float) -> None:
    if not isinstance(action.costs, Mapping):
        raise OrderLogError(f"`costs` must say key -> cost (got {said(type(action.costs).__name__)}).")
    costs = [*([] if action.cost is None else [action.cost]), *action.costs.values()]
    wrong = [cost for cost in costs if not (is_number(cost) and cost > 0)]
    if wrong:
        raise OrderLogError(f"`cost` must be above zero (got {said(wrong[0])}).")
    if not (is_number(action.uplift) and 0 < action.uplift <= 1):
        raise OrderLogError(
            f"`uplift` must be a fraction above 0 and at most 1, such as 0.1 (got {said(action.uplift)})."
        )
    if not (budget is None or (is_number(budget) and budget >= 0)):
        raise OrderLogError(f"`budget` must be zero or more (got {said(budget)}).")
    if not (is_number(days) and 1 <= days <= _LONGEST):
        raise OrderLogError(f"`days` must lie between 1 and {_LONGEST:,}, such as 365 (got {said(days)}).")


def _money_of(purchases: Purchases, keys: Sequence[str], span: Span) -> Money:
    """What each paid, from plain columns."""
    rows = [_paid(purchases.money[key], span) for key in keys]
    value, squares, recent, before = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 4
    )
    return Money(value, value, squares, recent, before)


def _paid(rows: Sequence[tuple[int, float]], span: Span) -> tuple[float, float, float, float]:
    by_day: dict[int, float] = {}
    for day, amount in rows:
        if day < span.until:
            by_day[day] = by_day.get(day, 0.0) + amount
    first = span.first if span.before is None else span.before
    return (
        math.fsum(by_day.values()),
        math.fsum(paid * paid for paid in by_day.values()),
        math.fsum(paid for day, paid in by_day.items() if day >= span.first),
        math.fsum(paid for day, paid in by_day.items() if first <= day < span.first),
    )
