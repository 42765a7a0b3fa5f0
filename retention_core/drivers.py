"""Which groups of customers are kept better or worse than the rest, with intervals and a correction."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.cleaning import Lines
from retention_core.errors import ColumnError, RetentionError, said
from retention_core.movements import Period, days_before, month_number, month_start, months_before
from retention_core.orders import OrderLog
from retention_core.periods import MONTHS, period_retention
from retention_core.rates import Interval, rate_interval
from retention_core.revenue_periods import retention_span, revenue_spans
from retention_core.subscriptions import Subscriptions

Ints = npt.NDArray[np.int64]

OTHER = "(other)"
SMALLEST = 20
CORRECTIONS = ("holm", "benjamini-hochberg")
_EXPECTED = 5
_KEPT = "kept"
_CUSTOMER = "customer"


class DriverError(RetentionError):
    """Groups or factors that cannot be compared."""


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One group against the rest: the customers at the start and kept, the rates and their difference.

    `difference` is the group's rate less that of the rest, with its Newcombe interval; `p` belongs to
    "no difference", `p_adjusted` is corrected for the number of groups looked at. `test` says how p was
    found: "chi-square" or, where an expected count lies below 5, "exact".
    """

    by: str
    group: str
    at_start: int
    kept: int
    rate: float
    low: float
    high: float
    rest_rate: float
    difference: float
    difference_low: float
    difference_high: float
    p: float
    p_adjusted: float
    test: str
    verdict: str


@dataclass(frozen=True, slots=True, eq=False)
class Drivers:
    """Every group against the rest, best first within each column, with the definition that made it.

    `definition` says in a sentence what is compared; `comparisons` is how many differences the
    correction allows for; `notes` says what was pooled or could not be compared.
    """

    groups: tuple[GroupRate, ...]
    definition: str
    correction: str
    comparisons: int
    smallest: int
    confidence: float
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a group, the fields of `GroupRate` as columns."""
        names = [field.name for field in fields(GroupRate)]
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.groups], columns=names)


def retention_drivers(
    source: OrderLog | Subscriptions,
    groups: Sequence[str] | None = None,
    *,
    pooled: bool = False,
    period: str | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    active_days: int | None = None,
    as_of: dt.date | None = None,
    year_starts: int = 1,
    smallest: int = SMALLEST,
    correction: str = "holm",
    confidence: float = 0.95,
) -> Drivers:
    """Compare the retention of each group with that of all other customers.

    From an order log: of the customers active at the start of the latest complete period, how many
    are active at its end, by the definitions of `period_retention`. From subscriptions: of the customers
    paying at `start`, how many pay at `end` (by default the last twelve months). A customer belongs to the
    group it had at the start: that of its last order before, or the one it pays most for then.

    Parameters
    ----------
    groups
        Columns to look at, by default all groups of the source; the correction covers all together.
    pooled
        Take all complete periods together (subscriptions: months, unless `period` says otherwise). A
        customer then counts once a period, and the intervals allow for its likeness to itself.
    period, active_days, as_of, year_starts
        As in `period_retention`; `active_days` is for order logs only.
    start, end
        For subscriptions only: the two midnights to compare.
    smallest
        Groups with fewer customers at the start are put together as "(other)".
    correction
        "holm" (default) keeps the chance of a single wrong verdict among all at 1 - confidence,
        whatever the groups have to do with each other; "benjamini-hochberg" keeps the expected share of
        wrong ones among the verdicts given there, and finds more.
    confidence
        Of the intervals, and 1 less the level of the verdicts.

    Returns
    -------
    Drivers, whose verdicts are "better", "worse" or "cannot tell" by the corrected p value. The intervals
    are not corrected.

    Raises
    ------
    DriverError
        If there is nothing to compare or an argument makes no sense.
    ColumnError
        If the source has no such group.

    Notes
    -----
    With one period a difference is tested by Pearson's chi-square without continuity correction, or by
    Fisher's exact test where an expected count lies below 5. With `pooled`, counts are divided by the
    design effect (the variance with customers as clusters over the binomial one, at least 1) first.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10. Holm (1979), Scandinavian Journal
    of Statistics 6, 65-70. Benjamini and Hochberg (1995), JRSS B 57, 289-300. Rao and Scott (1992),
    Biometrics 48, 577-585 (effective counts).

    Examples
    --------
    >>> rows = [(f"{who}{i}", month, who) for who, back in (("ad ", 10), ("web ", 30)) for i in range(40)
    ...         for month in ("2025-01-05", "2025-02-05", "2025-03-05") if month < "2025-03" or i < back]
    >>> log = OrderLog.from_frame(pd.DataFrame(rows, columns=["customer", "date", "channel"]),
    ...                           groups=["channel"])
    >>> found = retention_drivers(log, period="month", as_of=dt.date(2025, 4, 1))
    >>> [(row.group, row.rate, row.verdict) for row in found.groups]
    [('web', 0.75, 'better'), ('ad', 0.25, 'worse')]
    """
    _check(smallest, correction, confidence)
    names = groups_of(source, groups)
    if isinstance(source, OrderLog):
        if start is not None or end is not None:
            raise DriverError("`start` and `end` are for subscriptions: for an order log give `period`.")
        risk, said_how = _risk_of_log(source, names, pooled, period, active_days, as_of, year_starts)
    else:
        if active_days is not None:
            raise DriverError("`active_days` is for order logs: subscriptions say themselves when they end.")
        risk, said_how = _risk_of_plans(source, names, pooled, period, start, end or as_of, year_starts)
    return compare_groups(
        risk,
        names,
        definition=said_how,
        smallest=smallest,
        correction=correction,
        confidence=confidence,
    )


def compare_groups(
    risk: pd.DataFrame,
    by: Sequence[str],
    *,
    definition: str = "",
    smallest: int = SMALLEST,
    correction: str = "holm",
    confidence: float = 0.95,
) -> Drivers:
    """The comparison of `retention_drivers` for customers listed otherwise.

    Parameters
    ----------
    risk
        One row a customer at the start of a period: `customer`, `kept` (true or false) and the columns
        `by`. A customer in several rows is one cluster.
    """
    _check(smallest, correction, confidence)
    missing = [name for name in (_CUSTOMER, _KEPT, *by) if name not in risk]
    if missing:
        raise ColumnError(f'`risk` needs the column "{missing[0]}".')
    if risk.empty:
        raise DriverError("Nobody is there at the start, so there is no retention to compare.")
    notes: list[str] = []
    rows: list[tuple[str, str, _Side, _Side]] = []
    counts = _risk(risk)
    for name in by:
        codes, labels = _pooled_labels(name, risk[name], counts.customers, smallest, notes)
        found = [(name, label, *_sides(counts, codes == code)) for code, label in enumerate(labels)]
        if len(found) > 1:
            rows += found
        else:
            notes.append(f'"{name}" has one group only, "{labels[0]}", and nothing to compare it with.')
    if not rows:
        raise DriverError(f"There is nothing to compare: {' '.join(notes)}")
    judged, comparisons = _judged(rows, correction, confidence)
    return Drivers(judged, definition, correction, comparisons, smallest, confidence, tuple(notes))


def difference_interval(
    kept: float, at_start: float, rest_kept: float, rest_at_start: float, confidence: float = 0.95
) -> Interval:
    """Newcombe's hybrid score interval of the difference between two retention rates.

    Raises
    ------
    RateError
        If an argument lies outside its range.

    Notes
    -----
    With the Wilson intervals (l1, u1) and (l2, u2) of the rates p1 and p2 and d = p1 - p2, the interval is
    d - sqrt((p1 - l1)^2 + (u2 - p2)^2) to d + sqrt((u1 - p1)^2 + (p2 - l2)^2).

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics
    in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> [round(limit, 4) for limit in difference_interval(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    one, other = (
        rate_interval(kept, at_start, confidence),
        rate_interval(rest_kept, rest_at_start, confidence),
    )
    rate, rest = kept / at_start, rest_kept / rest_at_start
    below = math.hypot(rate - one.low, other.high - rest)
    above = math.hypot(one.high - rate, rest - other.low)
    return Interval(max(-1.0, rate - rest - below), min(1.0, rate - rest + above))


def adjusted_p(p_values: Sequence[float], correction: str = "holm") -> tuple[float, ...]:
    """P values corrected for how many there are, in the order given.

    Examples
    --------
    >>> [round(p, 3) for p in adjusted_p([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    >>> [round(p, 3) for p in adjusted_p([0.01, 0.04, 0.03], "benjamini-hochberg")]
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order, count = np.argsort(p, kind="stable"), len(p)
    ranks = np.arange(1, count + 1)
    if correction == "holm":
        stepped = np.maximum.accumulate(p[order] * (count + 1 - ranks))
    else:
        stepped = np.minimum.accumulate((p[order] * count / ranks)[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(value) for value in adjusted)


def difference_p(kept: float, at_start: float, rest_kept: float, rest_at_start: float) -> tuple[float, str]:
    """P value of "the two rates are the same", and the test that gave it.

    Pearson's chi-square without continuity correction; Fisher's exact test (two-sided, by small
    probabilities) where an expected count lies below 5, counts rounded if they are effective ones.

    Examples
    --------
    Three of four cups told right, and one of four wrong (Fisher 1935, The Design of Experiments, II):

    >>> p, test = difference_p(3, 4, 1, 4)
    >>> round(p, 4), test
    (0.4857, 'exact')
    """
    total, kept_total = at_start + rest_at_start, kept + rest_kept
    least = min(kept_total, total - kept_total) * min(at_start, rest_at_start) / total
    if least < _EXPECTED:
        return _fisher(round(kept), round(at_start), round(rest_kept), round(rest_at_start)), "exact"
    cross = kept * (rest_at_start - rest_kept) - rest_kept * (at_start - kept)
    spread = at_start * rest_at_start * (kept_total / total) * ((total - kept_total) / total)
    z = abs(cross) / math.sqrt(total * spread)
    return math.erfc(z / math.sqrt(2)), "chi-square"


def _fisher(kept: int, at_start: int, rest_kept: int, rest_at_start: int) -> float:
    drawn, total = kept + rest_kept, at_start + rest_at_start
    lowest, highest = max(0, drawn - rest_at_start), min(drawn, at_start)
    whole = _log_choose(total, drawn)
    chances = [
        math.exp(_log_choose(at_start, k) + _log_choose(rest_at_start, drawn - k) - whole)
        for k in range(lowest, highest + 1)
    ]
    limit = chances[kept - lowest] * (1 + 1e-7)  # equal chances differ in their last digits
    return min(1.0, math.fsum(chance for chance in chances if chance <= limit))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


class _Side(NamedTuple):
    """Counts of one side of a comparison, and how many independent customers they are worth."""

    at_start: int
    kept: int
    worth: float

    @property
    def rate(self) -> float:
        return self.kept / self.at_start


class _Risk(NamedTuple):
    """Who was kept, one entry a customer and period, and what each customer adds up to."""

    customers: Ints  # codes
    kept: Ints
    times: Ints  # periods of each customer
    kept_times: Ints


def _risk(risk: pd.DataFrame) -> _Risk:
    codes = pd.factorize(risk[_CUSTOMER])[0].astype(np.int64)
    kept = risk[_KEPT].to_numpy(dtype=np.int64)
    return _Risk(codes, kept, *_per_customer(codes, kept, int(codes.max()) + 1))


def _per_customer(customers: Ints, kept: Ints, count: int) -> tuple[Ints, Ints]:
    times = np.bincount(customers, minlength=count)
    return times, np.bincount(customers[kept == 1], minlength=count)


def _sides(risk: _Risk, inside: npt.NDArray[np.bool_]) -> tuple[_Side, _Side]:
    """The customers of a group and all others."""
    times, kept = _per_customer(risk.customers[inside], risk.kept[inside], len(risk.times))
    return _side(times, kept), _side(risk.times - times, risk.kept_times - kept)


def _side(times: Ints, kept_times: Ints) -> _Side:
    at_start, kept = int(times.sum()), int(kept_times.sum())
    clusters = int(np.count_nonzero(times))
    if clusters == at_start:
        return _Side(at_start, kept, float(at_start))
    if kept in (0, at_start) or clusters == 1:
        return _Side(at_start, kept, float(clusters))
    rate = kept / at_start
    residuals = kept_times - rate * times
    variance = float(np.sum(residuals**2)) / at_start**2 * clusters / (clusters - 1)
    design = max(1.0, variance / (rate * (1 - rate) / at_start))
    return _Side(at_start, kept, at_start / design)


def _pooled_labels(
    name: str, given: pd.Series, customers: Ints, smallest: int, notes: list[str]
) -> tuple[Ints, list[str]]:
    """The groups of a column as codes and names, those with too few different customers as one."""
    codes, found = pd.factorize(given.astype(object).where(given.notna(), "(blank)"))
    pairs = pd.DataFrame({"code": codes, "customer": customers}).drop_duplicates()
    sizes = np.bincount(pairs["code"], minlength=len(found))
    small = np.flatnonzero(sizes < smallest)
    names = [str(label) for label in found]
    if len(small) > 1:  # a single one is better seen by its name
        notes.append(f'"{name}": {len(small)} groups with fewer than {smallest} customers count as {OTHER}.')
        names = [OTHER if place in set(small.tolist()) else label for place, label in enumerate(names)]
    order = sorted(set(names))
    places = np.array([order.index(label) for label in names], dtype=np.int64)
    return places[codes], order


def _judged(
    rows: Iterable[tuple[str, str, _Side, _Side]], correction: str, confidence: float
) -> tuple[tuple[GroupRate, ...], int]:
    """Every group with its corrected p value; two groups of one column are one comparison."""
    rows = list(rows)
    tested = [difference_p(*_worth(side), *_worth(rest)) for _, _, side, rest in rows]
    columns = [by for by, *_ in rows]
    counted = [
        place for place, by in enumerate(columns) if columns.count(by) > 2 or columns.index(by) == place
    ]
    corrected = dict(
        zip(counted, adjusted_p([tested[place][0] for place in counted], correction), strict=True)
    )
    judged = []
    for place, (by, label, side, rest) in enumerate(rows):
        adjusted = corrected[place] if place in corrected else corrected[columns.index(by)]
        judged.append(_group_rate(by, label, side, rest, tested[place], adjusted, confidence))
    order = {by: place for place, by in enumerate(dict.fromkeys(columns))}
    judged.sort(key=lambda row: (order[row.by], -row.rate, row.group))
    return tuple(judged), len(counted)


def _worth(side: _Side) -> tuple[float, float]:
    return side.rate * side.worth, side.worth


def _group_rate(
    by: str,
    label: str,
    side: _Side,
    rest: _Side,
    tested: tuple[float, str],
    adjusted: float,
    confidence: float,
) -> GroupRate:
    low, high = rate_interval(*_worth(side), confidence)
    difference = side.rate - rest.rate
    below, above = difference_interval(*_worth(side), *_worth(rest), confidence)
    verdict = "cannot tell"
    if adjusted < 1 - confidence:
        verdict = "better" if difference > 0 else "worse"
    return GroupRate(
        by=by,
        group=label,
        at_start=side.at_start,
        kept=side.kept,
        rate=side.rate,
        low=low,
        high=high,
        rest_rate=rest.rate,
        difference=difference,
        difference_low=below,
        difference_high=above,
        p=tested[0],
        p_adjusted=adjusted,
        test=tested[1],
        verdict=verdict,
    )


def groups_of(source: OrderLog | Subscriptions, groups: Sequence[str] | None) -> tuple[str, ...]:
    """The groups asked for, by default all, in the source's own spelling."""
    known = source.columns.groups if isinstance(source, OrderLog) else source.groups
    asked = (groups,) if isinstance(groups, str) else known if groups is None else tuple(groups)
    if not asked:
        raise DriverError("There are no groups to compare: name columns as `groups` when reading the table.")
    if isinstance(source, Subscriptions):
        return tuple(dict.fromkeys(source.known_group(group) for group in asked))
    for group in asked:
        if group not in known:
            listed = ", ".join(known) or "none"
            raise ColumnError(f'"{said(group)}" is not among the groups of this log, which are: {listed}.')
    return tuple(dict.fromkeys(asked))


def _risk_of_log(
    log: OrderLog,
    groups: tuple[str, ...],
    pooled: bool,
    period: str | None,
    active_days: int | None,
    as_of: dt.date | None,
    year_starts: int,
) -> tuple[pd.DataFrame, str]:
    """Who was active at the start of a period, in which groups, and whether still at its end."""
    table = period_retention(
        log, period=period, active_days=active_days, as_of=as_of, year_starts=year_starts
    )
    rated = [row for row in table.periods if row.rated]
    if not rated:
        raise DriverError(f"No complete {table.period} of this log has customers at its start.")
    spans = rated if pooled else rated[-1:]
    days = _order_days(log, table.as_of)
    labels = {group: _label_days(log, group, days.customers, table.as_of) for group in groups}
    parts = []
    for span in spans:
        at_start = days.active(span.start, _window(span, span.start, table.active_days, MONTHS[table.period]))
        at_end = days.active(span.end, _window(span, span.end, table.active_days, MONTHS[table.period]))
        part = {_CUSTOMER: at_start, _KEPT: np.isin(at_start, at_end)}
        part |= {group: found.at(span.start)[at_start] for group, found in labels.items()}
        parts.append(pd.DataFrame(part))
    when = f"from {spans[0].start} to {spans[-1].end}"
    many = f"all {len(spans)} complete {table.period}s together, {when}" if pooled else when
    return pd.concat(parts, ignore_index=True), f"Customers kept, {many}. {table.reason}"


def _window(span: Period, instant: dt.date, active_days: int | None, step: int) -> dt.date:
    if active_days is not None:
        return days_before(instant, active_days)
    return span.start if instant == span.end else month_start(month_number(span.start) - step)


@dataclass(frozen=True, slots=True, eq=False)
class _OrderDays:
    """The days on which customers ordered, sorted by customer and day.

    `customers` are those of the log's `coded_lines` in order of their keys; a code is a place among them.
    """

    customers: pd.Index
    codes: Ints
    days: Ints

    def active(self, instant: dt.date, since: dt.date) -> Ints:
        """Codes of those whose last order before the instant lies within its window."""
        before = self.days < instant.toordinal()
        return np.unique(self.codes[before & (self.days >= since.toordinal())])


@dataclass(frozen=True, slots=True, eq=False)
class _LabelDays:
    """The groups in which customers ordered on which days, sorted by customer and day."""

    count: int
    codes: Ints
    days: Ints
    labels: npt.NDArray[np.object_]

    def at(self, instant: dt.date) -> npt.NDArray[np.object_]:
        """The group of each customer's last order before the instant."""
        found = np.full(self.count, None, dtype=object)
        before = self.days < instant.toordinal()
        found[self.codes[before]] = self.labels[before]  # of several the last one stays
        return found

    def first(self) -> npt.NDArray[np.object_]:
        """The group of each customer's first order."""
        found = np.full(self.count, None, dtype=object)
        places = np.unique(self.codes, return_index=True)[1]
        found[self.codes[places]] = self.labels[places]
        return found


def _order_days(log: OrderLog, as_of: dt.date) -> _OrderDays:
    before = log.coded_order_days().filter(nw.col("day") < as_of.toordinal())
    found = before.group_by("customer", "day").agg(nw.len()).collect("pandas").to_native()
    customers = _by_key(log, before)
    codes = customers.get_indexer(pd.Index(found["customer"])).astype(np.int64)
    days = found["day"].to_numpy(dtype=np.int64)
    order = np.lexsort((days, codes))
    return _OrderDays(customers, codes[order], days[order])


def _by_key(log: OrderLog, days: Lines) -> pd.Index:
    """The coded customers with one of these days, in order of their keys."""
    seen = days.group_by("customer").agg(nw.len().alias("days")).with_columns(code=nw.col("customer"))
    found = log.with_names(seen, log.coded_lines).select("code", "customer").collect("pandas").to_native()
    return pd.Index(found.sort_values("customer")["code"])


def _label_days(
    log: OrderLog, group: str, customers: pd.Index, as_of: dt.date, *, first: bool = False
) -> _LabelDays:
    """Ties of one day go to the group first in the alphabet."""
    column = f"by {group}"
    before = log.coded_order_days([column]).filter(nw.col("day") < as_of.toordinal())
    found = before.group_by("customer", column, "day").agg(nw.len()).collect("pandas").to_native()
    found = found.assign(
        code=customers.get_indexer(pd.Index(found["customer"])), label=found[column].astype(str)
    )
    found = found.sort_values(["code", "day", "label"], ascending=[True, True, first])
    codes, days = (found[name].to_numpy(dtype=np.int64) for name in ("code", "day"))
    return _LabelDays(len(customers), codes, days, found["label"].to_numpy(dtype=object))


def _risk_of_plans(
    subscriptions: Subscriptions,
    groups: tuple[str, ...],
    pooled: bool,
    period: str | None,
    start: dt.date | None,
    end: dt.date | None,
    year_starts: int,
) -> tuple[pd.DataFrame, str]:
    """Who paid at the start, in which groups, and whether still at the end."""
    spans = _spans_of_plans(subscriptions, pooled, period, start, end, year_starts)
    parts = []
    for since, until in spans:
        at_start, at_end = subscriptions.paid_at(since), subscriptions.paid_at(until)
        codes = np.flatnonzero(at_start)
        part: dict[str, Any] = {_CUSTOMER: codes, _KEPT: at_end[codes] > 0}
        part |= {group: subscriptions.group_at(group, since)[codes] for group in groups}
        parts.append(pd.DataFrame(part))
    risk = pd.concat(parts, ignore_index=True)
    if risk.empty:
        raise DriverError(f"Nobody pays at the start, {spans[0][0]}: give another `start`.")
    together = f"all {len(spans)} complete {period or 'month'}s together, " if pooled else ""
    return risk, f"Paying customers kept, {together}from {spans[0][0]} to {spans[-1][1]}."


def _spans_of_plans(
    subscriptions: Subscriptions,
    pooled: bool,
    period: str | None,
    start: dt.date | None,
    end: dt.date | None,
    year_starts: int,
) -> list[tuple[dt.date, dt.date]]:
    if period is not None and period not in MONTHS:
        raise DriverError(f'`period` must be month, quarter or year (got "{said(period)}").')
    if not pooled:
        if start is None and period is not None:
            start = months_before(end or subscriptions.as_of, MONTHS[period])
        return [retention_span(subscriptions, start, end)]
    spans = revenue_spans(subscriptions, period or "month", end, year_starts)
    chosen = [span for span in spans if start is None or span[0] >= start]
    if len(chosen) < 2:
        raise DriverError(f"There is no complete {period or 'month'} with customers at its start.")
    return chosen if start is not None else chosen[1:]  # nobody pays before the first


def _check(smallest: int, correction: str, confidence: float) -> None:
    if correction not in CORRECTIONS:
        raise DriverError(f'`correction` must be {" or ".join(CORRECTIONS)} (got "{said(correction)}").')
    if smallest < 1:
        raise DriverError(f"`smallest` must be a whole number above zero (got {said(smallest)}).")
    if not 0 < confidence < 1:
        raise DriverError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")


def z_of(confidence: float) -> float:
    """How many standard errors an interval reaches to either side."""
    return -NormalDist().inv_cdf((1 - confidence) / 2)


def group_codes_of_log(
    log: OrderLog, groups: Sequence[str], as_of: dt.date
) -> tuple[Ints, Ints, dict[str, npt.NDArray[np.object_]]]:
    """Who ordered on which days, as codes in order of the keys, and the groups of each first order."""
    days = _order_days(log, as_of)
    found = {group: _label_days(log, group, days.customers, as_of, first=True).first() for group in groups}
    return days.codes, days.days, found
