"""RFM: customers scored by how recently, how often and for how much they bought; the rules themselves.

Needs the standard library alone; `retention_core.rfm` asks it of order logs.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum, inf
from typing import NamedTuple

from retention_core.errors import OrderLogError, said
from retention_core.identity import key_order
from retention_core.purchases import plain_day, purchases_by_customer

SCORES = 5
REFUNDS_ONLY = "Refunds only"
NEW = "(new)"
GONE = "(gone)"
_CENT_NOISE = 6  # decimals: sums taken in another order differ far behind them


class Segment(NamedTuple):
    """A named part of the grid of recency and buying scores, the limits included."""

    name: str
    recency: tuple[int, int]
    buying: tuple[int, int]
    meaning: str

    @property
    def rule(self) -> str:
        """The rule as a reader sees it.

        Examples
        --------
        >>> SEGMENTS[0].rule
        'recency 5, buying 4 to 5'
        """
        return f"recency {_span(self.recency)}, buying {_span(self.buying)}"

    def holds(self, recency: int, buying: int) -> bool:
        """Whether customers of these scores belong here."""
        return self.recency[0] <= recency <= self.recency[1] and self.buying[0] <= buying <= self.buying[1]


SEGMENTS = (
    Segment("Champions", (5, 5), (4, 5), "Bought just now, and buy often and much."),
    Segment("Loyal", (3, 4), (4, 5), "Buy often and much, and not long ago."),
    Segment("Potential loyalists", (4, 5), (2, 3), "Recent, with a few purchases."),
    Segment("New", (5, 5), (1, 1), "Bought just now, and little so far."),
    Segment("Promising", (4, 4), (1, 1), "Bought recently, and little so far."),
    Segment("Need attention", (3, 3), (3, 3), "In the middle of everything."),
    Segment("About to sleep", (3, 3), (1, 2), "Little, and a while ago."),
    Segment("Cannot lose", (1, 2), (5, 5), "Were among the best, and stay away."),
    Segment("At risk", (1, 2), (3, 4), "Bought well, and stay away."),
    Segment("Hibernating", (1, 2), (1, 2), "Bought little, long ago."),
)


@dataclass(frozen=True, slots=True)
class Borders:
    """Where each score begins: four numbers a scale.

    Attributes
    ----------
    recency
        Most days since the last order for the scores 5, 4, 3 and 2.
    frequency, monetary
        Fewest orders, and least value, for the scores 2, 3, 4 and 5.
    """

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]

    def scores(self, recency: float, frequency: float, monetary: float) -> tuple[int, int, int]:
        """Scores from 1 to 5 for recency, frequency and monetary value.

        Examples
        --------
        >>> Borders((30, 60, 90, 180), (2, 3, 5, 10), (50, 100, 200, 500)).scores(31, 5, 49.99)
        (4, 4, 1)
        """
        return (
            SCORES - bisect_left(self.recency, recency),
            1 + bisect_right(self.frequency, frequency),
            1 + bisect_right(self.monetary, monetary),
        )


class Buyer(NamedTuple):
    """One customer's figures; `recency` is None where there is no order."""

    key: str
    customer: str
    recency: int | None
    frequency: int
    monetary: float


class Scored(NamedTuple):
    """One customer's scores and segment; without an order there are no scores."""

    recency: int | None
    frequency: int | None
    monetary: int | None
    segment: str


@dataclass(frozen=True, slots=True, eq=False)
class RfmTable:
    """Scored customers, with the definition that scored them.

    Attributes
    ----------
    buyers
        Figures of every customer, as a spreadsheet sorts them; `monetary` is net of refunds.
    scored
        Scores and segment of each.
    borders
        Where each score begins, given or found from the customers.
    quantiles
        Whether the borders were found from the customers.
    as_of
        Recency is counted in days from the last order to this day; orders on it or later do not count.
    window_days
        Only what lies within so many days before `as_of` counts; None for everything.
    value_of
        What the monetary value is: "revenue" or "profit".
    """

    buyers: tuple[Buyer, ...] = field(repr=False)
    scored: tuple[Scored, ...] = field(repr=False)
    borders: Borders
    quantiles: bool
    as_of: dt.date
    window_days: int | None = None
    value_of: str = "revenue"

    def columns(self) -> dict[str, list[str] | list[int] | list[int | None] | list[float]]:
        """The table by column: customer, recency, frequency, monetary, r, f, m, segment.

        Examples
        --------
        >>> from datetime import date
        >>> table = rfm_of_purchases(["Ann", "Bo"], [date(2025, 1, 1), date(2025, 1, 9)], [5, 20])
        >>> table.columns()["r"], table.columns()["segment"]
        ([1, 3], ['Hibernating', 'About to sleep'])
        """
        return {
            "customer": [buyer.customer for buyer in self.buyers],
            "recency": [buyer.recency for buyer in self.buyers],
            "frequency": [buyer.frequency for buyer in self.buyers],
            "monetary": [buyer.monetary for buyer in self.buyers],
            "r": [scored.recency for scored in self.scored],
            "f": [scored.frequency for scored in self.scored],
            "m": [scored.monetary for scored in self.scored],
            "segment": [scored.segment for scored in self.scored],
        }

    def segments(self) -> dict[str, list[str] | list[int] | list[float]]:
        """What each segment holds, by column: segment, rule, customers, value; refunds only where any."""
        counts = Counter(scored.segment for scored in self.scored)
        values: dict[str, list[float]] = {}
        for buyer, scored in zip(self.buyers, self.scored, strict=True):
            values.setdefault(scored.segment, []).append(buyer.monetary)
        rules = {segment.name: segment.rule for segment in SEGMENTS}
        if REFUNDS_ONLY in counts:
            rules[REFUNDS_ONLY] = "no order"
        return {
            "segment": list(rules),
            "rule": list(rules.values()),
            "customers": [counts[name] for name in rules],
            "value": [fsum(values.get(name, [])) for name in rules],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Migration:
    """How customers moved between the segments of two tables; made by `migrate`.

    Attributes
    ----------
    before, after
        The days as of which the tables are.
    rows, names
        Of `counts`: the segments, below "(new)" in the rows and after "(gone)" in the columns.
    counts
        `counts[i][j]` customers went from the i-th row to the j-th column.
    """

    before: dt.date
    after: dt.date
    rows: tuple[str, ...]
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def columns(self) -> dict[str, list[str] | list[int]]:
        """The matrix by column: before, then one column a segment after."""
        by_column = zip(*self.counts, strict=True)
        counts = {name: list(column) for name, column in zip(self.names, by_column, strict=True)}
        return {"before": list(self.rows), **counts}


def score_buyers(
    buyers: Iterable[Buyer],
    as_of: dt.date,
    *,
    borders: Borders | None = None,
    window_days: int | None = None,
    value_of: str = "revenue",
) -> RfmTable:
    """Score customers from 1 to 5 and name their segment.

    Without `borders` a customer's score is 1 + the whole part of five times the share of customers who are
    strictly worse (longer ago, fewer orders, less value). Equal customers get equal scores, so a score may
    be empty where many are equal. Customers without an order are listed, but neither scored nor compared.
    The buying score of the segments is the mean of those for frequency and monetary value, half rounded up.

    Raises
    ------
    OrderLogError
        If the borders make no sense.
    """
    rows = sorted(
        (buyer._replace(monetary=round(buyer.monetary, _CENT_NOISE) + 0.0) for buyer in buyers),
        key=lambda buyer: buyer.key,
    )
    ordered = [rows[place] for place in key_order([buyer.key for buyer in rows])]
    found = quantile_borders(ordered) if borders is None else _checked(borders)
    scored = tuple(_scored(buyer, found) for buyer in ordered)
    return RfmTable(tuple(ordered), scored, found, borders is None, as_of, window_days, value_of)


def quantile_borders(buyers: Sequence[Buyer]) -> Borders:
    """Borders that give the scores of `score_buyers` without borders.

    Examples
    --------
    >>> from datetime import date
    >>> quantile_borders([Buyer(str(n), str(n), n, n, 1.0) for n in range(1, 11)]).frequency
    (3, 5, 7, 9)
    """
    active = [buyer for buyer in buyers if buyer.recency is not None]
    late = _borders([-buyer.recency for buyer in active if buyer.recency is not None])
    return Borders(
        tuple(-border for border in reversed(late)),
        _borders([buyer.frequency for buyer in active]),
        _borders([buyer.monetary for buyer in active]),
    )


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    """Name of the segment of these scores.

    Examples
    --------
    >>> segment_of(5, 5, 4), segment_of(1, 1, 2)
    ('Champions', 'Hibernating')
    """
    buying = (frequency + monetary + 1) // 2
    return next(segment.name for segment in SEGMENTS if segment.holds(recency, buying))


def migrate(before: RfmTable, after: RfmTable) -> Migration:
    """Which segment the customers of each segment went to.

    Parameters
    ----------
    before, after
        Tables of the same log as of two days. A customer is gone that has no row in the later table,
        which a window makes possible.

    Raises
    ------
    OrderLogError
        If the second table is not the later one.

    Examples
    --------
    >>> from datetime import date
    >>> log = ["Ann", "Bo"], [date(2025, 1, 1), date(2025, 2, 1)], [9, 9]
    >>> january, february = (rfm_of_purchases(*log, as_of=date(2025, month, 9)) for month in (1, 2))
    >>> moved = migrate(january, february)
    >>> sum(map(sum, moved.counts)), sum(moved.counts[0])
    (2, 1)
    """
    if not before.as_of < after.as_of:
        raise OrderLogError(
            f"`after` must be as of a later day than `before`, {before.as_of} (got {after.as_of})."
        )
    old = {buyer.key: row.segment for buyer, row in zip(before.buyers, before.scored, strict=True)}
    new = {buyer.key: row.segment for buyer, row in zip(after.buyers, after.scored, strict=True)}
    moves = Counter((old.get(key, NEW), new.get(key, GONE)) for key in {**old, **new})
    names = (*(segment.name for segment in SEGMENTS), REFUNDS_ONLY)
    rows, columns = (NEW, *names), (GONE, *names)
    counts = tuple(tuple(moves[row, column] for column in columns) for row in rows)
    return Migration(before.as_of, after.as_of, rows, columns, counts)


def rfm_of_purchases(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None],
    *,
    as_of: dt.date | None = None,
    borders: Borders | None = None,
    window_days: int | None = None,
) -> RfmTable:
    """The table of `retention_core.rfm`, from plain columns instead of an order log.

    Raises
    ------
    OrderLogError
        If no row is an order or an argument makes no sense.
    """
    purchases = purchases_by_customer(customers, dates, amounts)
    until = purchases.last_day + dt.timedelta(days=1) if as_of is None else plain_day(as_of)
    first, limit = span_of_window(until, window_days)
    buyers = []
    for key, money in purchases.money.items():
        paid = [amount for day, amount in money if first <= day < limit]
        days = [day for day in purchases.days.get(key, ()) if first <= day < limit]
        if paid:
            recency = limit - days[-1] if days else None
            buyers.append(Buyer(key, purchases.names[key], recency, len(days), fsum(paid)))
    if not any(buyer.frequency for buyer in buyers):
        raise no_order(until, window_days)
    return score_buyers(buyers, until, borders=borders, window_days=window_days)


def span_of_window(as_of: dt.date, window_days: int | None) -> tuple[int, int]:
    """First day that counts and first that does not, as `date.toordinal` counts them."""
    if window_days is not None and not 1 <= window_days <= 36_600:
        raise OrderLogError(f"`window_days` must lie between 1 and 36,600 (got {said(window_days)}).")
    limit = as_of.toordinal()
    return (1 if window_days is None else limit - window_days), limit


def no_order(as_of: dt.date, window_days: int | None) -> OrderLogError:
    """The error of a time without orders."""
    within = "" if window_days is None else f" within the {window_days:,} days"
    return OrderLogError(f"`as_of` must lie after an order: there is none{within} before {as_of}.")


def _borders(values: Sequence[float]) -> tuple[float, ...]:
    """For scores 2 to 5 the smallest value with (score - 1) / 5 of the values strictly below it."""
    ranked = sorted(values)
    borders = []
    for score in range(1, SCORES):
        needed = -(-score * len(ranked) // SCORES)  # rounded up
        place = needed
        if 0 < needed < len(ranked) and ranked[needed - 1] == ranked[needed]:
            place = bisect_right(ranked, ranked[needed])
        borders.append(ranked[place] if place < len(ranked) else inf)
    return tuple(borders)


def _scored(buyer: Buyer, borders: Borders) -> Scored:
    if buyer.recency is None:
        return Scored(None, None, None, REFUNDS_ONLY)
    scores = borders.scores(buyer.recency, buyer.frequency, buyer.monetary)
    return Scored(*scores, segment_of(*scores))


def _checked(borders: Borders) -> Borders:
    for name in ("recency", "frequency", "monetary"):
        scale = getattr(borders, name)
        if len(scale) != SCORES - 1 or list(scale) != sorted(set(scale)):
            raise OrderLogError(
                f"`{name}` must have {SCORES - 1} borders, each larger than the one before "
                f"(got {said(', '.join(map(str, scale)))})."
            )
    return borders


def _span(limits: tuple[int, int]) -> str:
    first, last = limits
    return f"{first}" if first == last else f"{first} to {last}"
