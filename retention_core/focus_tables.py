"""The focus list: whom to keep first, whom to keep, whom to let go, with the parts of each verdict.

Needs the standard library alone; `retention_core.focus` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from retention_core.errors import OrderLogError
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
    last_contact
        Day as an ordinal, NaN for those never contacted.
    asked, responses, score
        Contacts whose response is known, those answered, and the latest feedback (NaN where unknown).
    solvency
        "on time", "late", "bad" or "unknown".
    """

    interest: Any = None
    unpaid: Any = None
    blocked: Any = None
    last_contact: Any = None
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
            f"expected to take of it; an action is assumed to save {self.action.uplift:.0%} of that. "
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
        rows = _whole(self.order[:limit] if limit is not None else self.order)
        stages, f, s = self.stages, self.figures, self.side
        found: dict[str, list[Any]] = {
            "rank": list(range(1, len(rows) + 1)),
            "customer": [self.customers[row] for row in rows],
            "verdict": [UNKNOWN if f.verdict is None else VERDICTS[int(f.verdict[row])] for row in rows],
            "value": _picked(f.recent, rows),
            "class": _coded(f.klass, rows, CLASSES),
            "top_fifth": _coded(f.standing, rows, STANDINGS),
            "stage": [stages.stages[row] for row in rows],
            "schedule": [stages.schedules[row] for row in rows],
            "still_customer": _picked(f.still, rows),
            "expected_orders": _picked(f.expected_orders, rows),
            "order_value": _picked(f.order_value, rows),
            "expected_value": _picked(f.expected_value, rows),
            "risk": _picked(f.risk, rows),
            "at_stake": _picked(f.at_stake, rows),
            "interest": _picked(s.interest, rows),
            "last_contact": [_day(one) for one in _picked(s.last_contact, rows)],
            "responses": _picked(s.responses, rows),
            "asked": _picked(s.asked, rows),
            "score": _picked(s.score, rows),
            "solvency": [UNKNOWN if s.solvency is None else s.solvency[row] for row in rows],
            "unpaid": _picked(s.unpaid, rows),
            "cost": _picked(f.cost, rows),
            "gain": _picked(f.gain, rows),
            "act": [None if f.taken is None else bool(f.taken[row]) for row in rows],
            "reason": self.reasons(rows),
        }
        return found

    def to_frame(self, limit: int | None = None) -> DataFrame:
        """One row a customer, with the columns of `columns`."""
        from retention_core.frames import frame_of

        frame = frame_of(self.columns(limit))
        texts = ("customer", "verdict", "class", "top_fifth", "stage", "schedule", "solvency", "reason")
        others = ("rank", "act", "last_contact", *texts)
        frame = frame.astype({name: float for name in frame.columns if name not in others})
        return frame.astype({"last_contact": "datetime64[s]", "act": "boolean"})

    def reasons(self, rows: Iterable[int] | None = None) -> list[str]:
        """Why the customers at those places in key order have their verdict; by default all as listed."""
        return [self._reason(row) for row in (_whole(self.order) if rows is None else rows)]

    def curve(self, points: int | None = _POINTS) -> dict[str, list[float]]:
        """Gain against budget, best first: customers, spending, gain and gain less spending, by column.

        It starts with nothing and ends with everyone whom an action helps at all; `points` thins it, keeping
        the point beyond which spending stops paying. None keeps all.
        """
        names = ("customers", "spending", "gain", "net")
        f = self.figures
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
            f"{a.customers:,} customers ({a.share:.1%}), who hold {a.of_stake:.0%} of the value at stake; "
            f"{a.let_go:,} ({a.let_go / a.customers:.1%}) are expected to bring no more than that in the "
            f"next {self.days:g} days."
        )

    def _usual_cost(self) -> float:
        return float(self.action.cost or 0.0)

    def _by_ratio(self) -> list[int]:
        f = self.figures
        return _whole(by_size(each(lambda gain, cost: gain / cost, f.gain, f.cost)))

    def _is_blocked(self, row: int) -> bool:
        return self.side.blocked is not None and bool(self.side.blocked[row])

    def _reason(self, row: int) -> str:
        f = self.figures
        if f.still is None:
            return "Nobody ordered on two days, so nothing tells when an order is to be expected."
        chance = _CHANCES[round(float(f.still[row]) * 100)]
        orders = f"{float(f.expected_orders[row]):.1f} orders"
        if f.verdict is None or f.expected_value is None:
            lost = float(f.orders_at_stake[row])
            return (
                f"Still a customer with a chance of {chance}: {orders} expected in the next {self.days:g} "
                f"days, {lost:.1f} more if it never left; what they are worth is unknown."
            )
        story = (
            f"Expected to bring {in_words(f.expected_value[row])} in the next {self.days:g} days ({orders} "
            f"of {in_words(f.order_value[row])}, still a customer with a chance of {chance})"
        )
        return f"{story}; {self._why(row)}{self._how_it_pays(row)}"

    def _why(self, row: int) -> str:
        f = self.figures
        gain, cost, stake = float(f.gain[row]), float(f.cost[row]), float(f.at_stake[row])
        verdict = VERDICTS[int(f.verdict[row])]
        if self._is_blocked(row):
            return "asked to be left alone, so no action."
        saves = (
            f"leaving puts {in_words(stake)} at stake ({float(f.risk[row]):.0%}), of which an action for "
            f"{in_words(cost)} would save {in_words(gain)}"
        )
        if verdict == FIRST:
            return f"{saves}: {gain / cost:.1f} times its cost."
        if verdict == LET_GO:
            return (
                f"an action costs {in_words(cost)} and would save {in_words(max(gain, 0.0))}: not worth one."
            )
        if gain > cost:
            return f"{saves}, but the budget does more for others."
        return f"{saves}: less than it costs, so serve as usual."

    def _how_it_pays(self, row: int) -> str:
        label = None if self.side.solvency is None else self.side.solvency[row]
        return {"late": " Pays late.", "bad": " Pays badly: ask for payment first."}.get(label or "", "")


def _picked(column: Any, rows: Sequence[int]) -> list[float | None]:
    """Some rows of a column, None where unknown."""
    if column is None:
        return [None] * len(rows)
    found = [float(column[row]) for row in rows]
    return [None if one != one else one for one in found]


def _coded(column: Any, rows: Sequence[int], names: Sequence[str]) -> list[str]:
    return [UNKNOWN] * len(rows) if column is None else [names[int(column[row])] for row in rows]


def _day(ordinal: float | None) -> dt.date | None:
    return None if ordinal is None else dt.date.fromordinal(int(ordinal))


def in_words(amount: Any) -> str:
    """Money as a sentence shows it."""
    return f"{float(amount) + 0.0:,.2f}"


def _whole(column: Any) -> list[int]:
    return [int(one) for one in _plain(column)]


def _plain(column: Any) -> list[Any]:
    found: list[Any] = column.tolist() if hasattr(column, "dtype") else list(column)
    return found
