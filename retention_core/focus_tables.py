"""The focus list: whom to keep first, whom to keep, whom to let go, with the parts of each verdict.

Needs the standard library alone; `retention_core.focus` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from retention_core.arguments import is_whole
from retention_core.errors import OrderLogError, in_percent, said
from retention_core.focus_values import (
    CLASSES,
    FIRST,
    LET_GO,
    STANDINGS,
    UNKNOWN,
    VERDICTS,
    YEAR,
    Action,
    OrderValue,
    Span,
    Steadiness,
    by_size,
    steadiness_of,
)
from retention_core.rhythm import Gaps, Rhythm, each
from retention_core.stage_tables import People, StageTable, stage_table

if TYPE_CHECKING:
    from retention_core.frames import DataFrame

_POINTS = 100
_CHANCES = ("less than 1 %", *(f"{percent} %" for percent in range(1, 100)), "more than 99 %")
_PERCENTS = tuple(f"{percent} %" for percent in range(101))
_NO_RHYTHM = "Nobody ordered on two days, so nothing tells when an order is to be expected."
_PAYS = {"late": " Pays late.", "bad": " Pays badly: ask for payment first."}
_TEXTS = ("customer", "verdict", "class", "top_fifth", "stage", "schedule", "solvency", "reason")
NOT_NUMBERS = frozenset(("rank", "last_contact", "act", *_TEXTS))


class Side(NamedTuple):
    """What else is known; columns with one entry a customer, or None where nothing is.

    Attributes
    ----------
    interest
        How readily a customer answers, against the mean of 1.
    unpaid
        Share of the customer's invoices expected never to be paid.
    blocked
        1 for those who asked to be left alone, else 0.
    last_contact, recent_contacts
        Day as an ordinal, NaN for those never contacted, and contacts in the last 90 days.
    asked, responses, score
        Contacts whose response is known, those answered, and the latest feedback (NaN where unknown).
    solvency
        "on time", "late", "bad" or "unknown".
    """

    interest: Any = None
    unpaid: Any = None
    blocked: Any = None
    last_contact: Any = None
    recent_contacts: Any = None
    asked: Any = None
    responses: Any = None
    score: Any = None
    solvency: Any = None


class Figures(NamedTuple):
    """The columns of a list, one entry a customer in key order: lists or arrays, None where all is unknown.

    `klass`, `standing` and `verdict` are places in `CLASSES`, `STANDINGS` and `VERDICTS`; `taken` is 1 for
    those of the best list.
    """

    orders: Any
    value: Any = None
    recent: Any = None
    klass: Any = None
    standing: Any = None
    still: Any = None
    expected_orders: Any = None
    orders_at_stake: Any = None
    order_value: Any = None
    expected_value: Any = None
    risk: Any = None
    at_stake: Any = None
    cost: Any = None
    gain: Any = None
    verdict: Any = None
    taken: Any = None


class Answer(NamedTuple):
    """Whether every customer must be kept, in numbers.

    Attributes
    ----------
    customers
        Those with an order.
    paying
        For how many an action repays its cost; `share` of the customers, `of_stake` of the value at stake.
    keep, let_go
        Worth having without an action, and expected to bring less than an action costs.
    spending, gain
        What the actions that repay their cost take, and what they save.
    """

    customers: int
    paying: int
    share: float
    of_stake: float
    keep: int
    let_go: int
    spending: float
    gain: float
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class FocusList:
    """Whom to keep first; made by `focus_of` and `focus_of_purchases`.

    Attributes
    ----------
    keys, customers
        Identity key and name of everyone who ordered, as a spreadsheet sorts them.
    figures, side
        The parts of each verdict, in the same order.
    order
        Places of the customers in the order of the list: keep first, keep, let go; in each by gain for cost.
    span
        The chosen period, and the one before it.
    action
        With the cost that was used.
    budget
        To spend on actions; None for all that repay their cost.
    days
        How far the expectation reaches.
    order_value
        The population's, with the weight of a customer's own.
    notes
        What is unknown and why, what was assumed, a sentence each.
    """

    keys: list[str] = field(repr=False)
    customers: list[str] = field(repr=False)
    figures: Figures = field(repr=False)
    side: Side = field(repr=False)
    order: Any = field(repr=False)
    as_of: dt.date
    span: Span
    action: Action
    budget: float | None = None
    days: float = YEAR
    value_of: str | None = "revenue"
    rhythm: Rhythm | None = None
    order_value: OrderValue | None = None
    notes: tuple[str, ...] = ()
    gaps: Gaps | None = field(default=None, repr=False)
    _known: dict[str, StageTable] = field(default_factory=dict, repr=False)

    @property
    def stages(self) -> StageTable:
        """Stage, schedule and next order of the same customers in the same order; made when asked for."""
        if "stages" not in self._known:
            if self.gaps is None:
                raise OrderLogError("The list holds no gaps to tell stages from: make it with `focus_of`.")
            values = [None] * len(self.keys) if self.figures.value is None else _plain(self.figures.value)
            people = People(self.keys, self.customers, values)
            self._known["stages"] = stage_table(self.gaps, people, self.as_of, rhythm=self.rhythm)
        return self._known["stages"]

    @property
    def definition(self) -> str:
        """What the figures mean, in words."""
        first, last = dt.date.fromordinal(self.span.first), dt.date.fromordinal(self.span.until - 1)
        what = self.value_of or "value (unknown)"
        return (
            f"Value is the {what} from {first} to {last}, net of refunds; expected value, risk and gain "
            f"concern the {self.days:g} days from {self.as_of}. The value at stake is what leaving is "
            f"expected to take of it; an action is assumed to save {in_percent(self.action.uplift)} of that. "
            "Keep first: the gain exceeds the cost. Let go: expected to bring no more than an action costs. "
            "Keep: all others."
        )

    @property
    def steadiness(self) -> Steadiness | None:
        """How steady the top fifth is from one period to the next; None where the one before is unknown."""
        return None if self.figures.standing is None else steadiness_of(self.figures.standing)

    @property
    def verdicts(self) -> list[str]:
        """The verdict on each customer, in key order."""
        if self.figures.verdict is None:
            return [UNKNOWN] * len(self.keys)
        return [VERDICTS[code] for code in _whole(self.figures.verdict)]

    def columns(self, limit: int | None = None) -> dict[str, list[Any]]:
        """The list by column, best first; reasons are written for the rows shown alone.

        Parameters
        ----------
        limit
            Rows to show; by default all.

        Examples
        --------
        >>> from datetime import date
        >>> from retention_core.focus_rules import focus_of_purchases
        >>> from retention_core.purchases import purchases_by_customer
        >>> rows = [("Ann", month, 90) for month in range(1, 7)] + [("Bo", 1, 2), ("Bo", 2, 2)]
        >>> bought = purchases_by_customer(
        ...     [name for name, _, _ in rows], [date(2025, month, 3) for _, month, _ in rows],
        ...     [amount for _, _, amount in rows])
        >>> found = focus_of_purchases(bought, date(2025, 6, 20))
        >>> found.columns()["customer"], found.columns()["verdict"]
        (['Ann', 'Bo'], ['keep first', 'let go'])
        """
        found = self.shown(limit)
        texts = {name: _plain(column) for name, column in found.items() if name in NOT_NUMBERS}
        return {name: texts[name] if name in texts else _known(column) for name, column in found.items()}

    def shown(self, limit: int | None = None) -> dict[str, Any]:
        """As `columns`, but numbers are arrays where the figures are, with NaN where unknown."""
        rows = self.order[: _count("limit", limit, 0)]
        stages, f, s = self.stages, self.figures, self.side
        recent = {} if s.last_contact is None else {"recent_contacts": _at(s.recent_contacts, rows)}
        return {
            "rank": list(range(1, len(rows) + 1)),
            "customer": _at(self.customers, rows),
            "verdict": _coded(f.verdict, rows, VERDICTS),
            "value": _at(f.recent, rows),
            "class": _coded(f.klass, rows, CLASSES),
            "top_fifth": _coded(f.standing, rows, STANDINGS),
            "stage": _at(stages.stages, rows),
            "schedule": _at(stages.schedules, rows),
            "still_customer": _at(f.still, rows),
            "expected_orders": _at(f.expected_orders, rows),
            "order_value": _at(f.order_value, rows),
            "expected_value": _at(f.expected_value, rows),
            "risk": _at(f.risk, rows),
            "at_stake": _at(f.at_stake, rows),
            "interest": _at(s.interest, rows),
            "last_contact": [_day(one) for one in _known(_at(s.last_contact, rows))],
            **recent,
            "responses": _at(s.responses, rows),
            "asked": _at(s.asked, rows),
            "score": _at(s.score, rows),
            "solvency": [UNKNOWN] * len(rows) if s.solvency is None else _at(s.solvency, rows),
            "unpaid": _at(s.unpaid, rows),
            "cost": _at(f.cost, rows),
            "gain": _at(f.gain, rows),
            "act": [None] * len(rows) if f.taken is None else [one > 0 for one in _plain(_at(f.taken, rows))],
            "reason": self.reasons(rows),
        }

    def to_frame(self, limit: int | None = None) -> DataFrame:
        """One row a customer, with the columns of `columns`."""
        from retention_core.focus import focus_frame

        return focus_frame(self, limit)

    def reasons(self, rows: Iterable[int] | None = None) -> list[str]:
        """Why the customers at those places in key order have their verdict; by default all as listed."""
        places: Any = self.order if rows is None else rows if hasattr(rows, "dtype") else list(rows)
        f, days = self.figures, f"{self.days:g}"
        if f.still is None:
            return [_NO_RHYTHM] * len(places)
        chances = [_CHANCES[round(one * 100)] for one in _plain(_at(f.still, places))]
        expected = (chances, _plain(_at(f.expected_orders, places)))
        if f.verdict is None:
            lost = _plain(_at(f.orders_at_stake, places))
            return [
                f"Still a customer with a chance of {chance}: {orders:.1f} orders expected in the next "
                f"{days} days, {more:.1f} more if it never left; what they are worth is unknown."
                for chance, orders, more in zip(*expected, lost, strict=True)
            ]
        values, worth = (_money(_at(column, places)) for column in (f.expected_value, f.order_value))
        why = self._whys(places), self._how_they_pay(places)
        return [
            f"Expected to bring {value:,.2f} in the next {days} days ({orders:.1f} orders of {one:,.2f}, "
            f"still a customer with a chance of {chance}); {action}{pays}"
            for chance, orders, value, one, action, pays in zip(*expected, values, worth, *why, strict=True)
        ]

    def curve(self, points: int | None = _POINTS) -> dict[str, list[float]]:
        """Gain against budget, best first: customers, spending, gain and gain less spending, by column.

        It starts with nothing and ends with everyone whom an action helps at all; `points` thins it, keeping
        the point beyond which spending stops paying. None keeps all.
        """
        names = ("customers", "spending", "gain", "net")
        f, points = self.figures, _count("points", points, 1)
        if f.gain is None:
            return {name: [] for name in names}
        rows = [row for row in self._by_ratio() if f.gain[row] > 0 and not self._is_blocked(row)]
        found = [(0.0, 0.0, 0.0, 0.0)]
        for count, row in enumerate(rows, 1):
            _, spent, gained, _ = found[-1]
            spent, gained = spent + float(f.cost[row]), gained + float(f.gain[row])
            found.append((float(count), spent, gained, gained - spent))
        if points is not None and len(found) > points:
            best = max(range(len(found)), key=lambda place: found[place][3])
            steps = {round(place * (len(found) - 1) / points) for place in range(points + 1)}
            found = [found[place] for place in sorted(steps | {best})]
        return {name: [row[place] for row in found] for place, name in enumerate(names)}

    def stops_paying(self) -> dict[str, float] | None:
        """The point of the curve beyond which spending stops paying; None where no gain is known."""
        curve = self.curve()
        if not curve["net"]:
            return None
        best = max(range(len(curve["net"])), key=curve["net"].__getitem__)
        return {name: column[best] for name, column in curve.items()}

    def best_list(self) -> list[str]:
        """Keys of those to act for, best first: all for whom it pays, or whom the budget holds of them."""
        if self.figures.taken is None:
            return []
        return [self.keys[row] for row in _whole(self.order) if self.figures.taken[row]]

    def answer(self) -> Answer | None:
        """Is it necessary to retain every customer? None where no value is known."""
        f = self.figures
        if f.verdict is None:
            return None
        codes = _whole(f.verdict)
        stakes, gains, costs = _plain(f.at_stake), _plain(f.gain), _plain(f.cost)
        paying = [row for row in range(len(codes)) if gains[row] > costs[row] and not self._is_blocked(row)]
        whole = math.fsum(stake for stake in stakes if stake > 0)
        held = math.fsum(stakes[row] for row in paying) / whole if whole > 0 else 0.0
        let_go = sum(VERDICTS[code] == LET_GO for code in codes)
        found = Answer(
            customers=len(codes),
            paying=len(paying),
            share=len(paying) / len(codes),
            of_stake=held,
            keep=len(codes) - len(paying) - let_go,
            let_go=let_go,
            spending=math.fsum(costs[row] for row in paying),
            gain=math.fsum(gains[row] for row in paying),
            sentence="",
        )
        return found._replace(sentence=self._sentence(found))

    def _sentence(self, a: Answer) -> str:
        yes = "Yes" if a.paying == a.customers else "No"
        return (
            f"{yes}: an action for {in_words(self._usual_cost())} repays itself for {a.paying:,} of "
            f"{a.customers:,} customers ({in_percent(a.share, 1)}), who hold {in_percent(a.of_stake)} of the "
            f"value at stake; {a.let_go:,} ({in_percent(a.let_go / a.customers, 1)}) are expected to bring "
            f"no more than that in the next {self.days:g} days."
        )

    def _usual_cost(self) -> float:
        return float(self.action.cost or 0.0)

    def _by_ratio(self) -> list[int]:
        f = self.figures
        return _whole(by_size(each(lambda gain, cost: gain / cost, f.gain, f.cost)))

    def _is_blocked(self, row: int) -> bool:
        return self.side.blocked is not None and bool(self.side.blocked[row])

    def _whys(self, places: Any) -> list[str]:
        f, s = self.figures, self.side
        money = (_money(_at(column, places)) for column in (f.gain, f.cost, f.at_stake))
        risks = [_PERCENTS[round(one * 100)] for one in _plain(_at(f.risk, places))]
        blocked = [0] * len(places) if s.blocked is None else _plain(_at(s.blocked, places))
        return list(map(_why, _whole(_at(f.verdict, places)), *money, risks, blocked))

    def _how_they_pay(self, places: Any) -> list[str]:
        if self.side.solvency is None:
            return [""] * len(places)
        return [_PAYS.get(label, "") for label in _at(self.side.solvency, places)]


def _why(verdict: int, gain: float, cost: float, stake: float, risk: str, blocked: float) -> str:
    if blocked:
        return "asked to be left alone, so no action."
    if VERDICTS[verdict] == LET_GO:
        return f"an action costs {cost:,.2f} and would save {max(gain, 0.0):,.2f}: not worth one."
    if VERDICTS[verdict] == FIRST:
        end = f": {gain / cost:.1f} times its cost."
    else:
        end = (
            ", but the budget does more for others."
            if gain > cost
            else ": less than it costs, so serve as usual."
        )
    return (
        f"leaving puts {stake:,.2f} at stake ({risk}), of which an action for {cost:,.2f} would save "
        f"{gain:,.2f}{end}"
    )


def _count(name: str, value: int | None, fewest: int) -> int | None:
    if value is not None and not (is_whole(value) and value >= fewest):
        raise OrderLogError(f"`{name}` must be a whole number of at least {fewest} (got {said(value)}).")
    return None if value is None else int(value)


def _at(column: Any, rows: Any) -> Any:
    """Some rows of a column: of an array an array, None where all is unknown."""
    if column is None:
        return [None] * len(rows)
    return column[rows] if hasattr(column, "dtype") else [column[row] for row in _plain(rows)]


def _known(column: Any) -> list[Any]:
    """A column of numbers, None where unknown."""
    return [None if one is None or one != one else one for one in _plain(column)]


def _money(column: Any) -> list[float]:
    """Amounts as sentences show them, without a minus before zero."""
    return _plain(each(lambda amount: amount + 0.0, column))


def _coded(column: Any, rows: Any, names: Sequence[str]) -> list[str]:
    return [UNKNOWN] * len(rows) if column is None else [names[code] for code in _whole(_at(column, rows))]


def _day(ordinal: float | None) -> dt.date | None:
    return None if ordinal is None else dt.date.fromordinal(int(ordinal))


def in_words(amount: Any) -> str:
    """Money as a sentence shows it."""
    return f"{float(amount) + 0.0:,.2f}"


def _whole(column: Any) -> list[int]:
    return column.astype("int64").tolist() if hasattr(column, "dtype") else [int(one) for one in column]


def _plain(column: Any) -> list[Any]:
    found: list[Any] = column.tolist() if hasattr(column, "dtype") else list(column)
    return found
