"""How recurring revenue moves, and how much of it is kept: the five movements, NRR, GRR, churn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.concentration import Estimate
from retention_core.errors import said
from retention_core.identity import key_order
from retention_core.movements import month_number, month_start, months_before
from retention_core.rates import gross_revenue_retention, net_revenue_retention, rate_interval
from retention_core.subscriptions import TIMES_A_YEAR, Ints, SubscriptionError, Subscriptions

Floats = npt.NDArray[np.float64]

MONTHS = {"month": 1, "quarter": 3, "year": 12}
DRAWS = 2_000
SEED = 0
FEW_CUSTOMERS = 30
_MANY_KINDS = 2_000
_SIGNS = (1, 1, 1, -1, -1)  # of the five movements


class Movements(NamedTuple):
    """Recurring revenue at two instants and the five movements between, all in the same unit.

    opening + new + reactivation + expansion - contraction - churn = closing, exactly.
    """

    opening: int
    new: int
    reactivation: int
    expansion: int
    contraction: int
    churn: int
    closing: int


@dataclass(frozen=True, slots=True, eq=False)
class RevenuePeriod:
    """Recurring revenue from `start` up to but not including `end`, its movements and its customers.

    Amounts are whole cents over 100 and add up to the cent: opening + new + reactivation + expansion
    - contraction - churn = closing, and likewise at_start + customers_new + customers_reactivated -
    customers_lost = at_end. `cents_a_year` holds the same seven before they were rounded, as whole cents
    a year. Rates are None where nobody paid at the start; `complete` is False while the period runs on.
    """

    start: dt.date
    end: dt.date
    complete: bool
    opening: float
    new: float
    reactivation: float
    expansion: float
    contraction: float
    churn: float
    closing: float
    at_start: int
    customers_new: int
    customers_reactivated: int
    customers_expanded: int
    customers_contracted: int
    customers_lost: int
    at_end: int
    net_retention: float | None
    gross_retention: float | None
    logo_churn: float | None
    logo_churn_low: float | None
    logo_churn_high: float | None
    cents_a_year: Movements

    @property
    def revenue_churn(self) -> float | None:
        """Share of the opening revenue lost to churn and contraction: 1 - GRR."""
        return None if self.gross_retention is None else 1 - self.gross_retention


@dataclass(frozen=True, slots=True, eq=False)
class RevenueTable:
    """The movements of every period, in money per `per`, with the definition that made them."""

    period: str
    per: str
    as_of: dt.date
    year_starts: int
    confidence: float
    segment: str | None
    periods: tuple[RevenuePeriod, ...]

    @property
    def latest(self) -> RevenuePeriod | None:
        """The last complete period, None where there is none yet."""
        return next((row for row in reversed(self.periods) if row.complete), None)

    def to_frame(self) -> pd.DataFrame:
        """One row a period, the fields of `RevenuePeriod` and `revenue_churn` as columns."""
        names = [name for name in RevenuePeriod.__slots__ if name != "cents_a_year"] + ["revenue_churn"]
        rows = [[getattr(row, name) for name in names] for row in self.periods]
        rates = [name for name in names if "retention" in name or "_churn" in name]
        types = {"start": "datetime64[s]", "end": "datetime64[s]"} | dict.fromkeys(rates, "float64")
        return pd.DataFrame(rows, columns=names).astype(types)


@dataclass(frozen=True, slots=True, eq=False)
class RevenueRetention:
    """How much of the recurring revenue at `start` is there at `end`, with intervals.

    `net` and `gross` carry bootstrap intervals over customers, `logo` (share of paying customers kept) its
    Wilson interval. `counted` names the movements that were counted, `cents_a_year` the movements
    themselves. `notes` says where an interval is worth little.
    """

    start: dt.date
    end: dt.date
    segment: str | None
    net: Estimate
    gross: Estimate
    logo: Estimate
    counted: tuple[str, ...]
    at_start: int
    kept: int
    cents_a_year: Movements
    draws: int
    confidence: float
    notes: tuple[str, ...]

    @property
    def logo_churn(self) -> Estimate:
        """Share of the paying customers lost."""
        return _rest(self.logo)

    @property
    def revenue_churn(self) -> Estimate:
        """Share of the opening revenue lost, growth not counted: 1 - GRR."""
        return _rest(self.gross)

    @property
    def net_revenue_churn(self) -> Estimate:
        """1 - NRR: below zero where expansion outweighs the losses."""
        return _rest(self.net)

    def to_frame(self) -> pd.DataFrame:
        """One row a rate: metric, value, low, high."""
        rates = ("net", "gross", "logo", "logo_churn", "revenue_churn", "net_revenue_churn")
        found = [(name, getattr(self, name)) for name in rates]
        return pd.DataFrame(
            [(name, rate.value, rate.low, rate.high) for name, rate in found],
            columns=["metric", "value", "low", "high"],
        )


def revenue_movements(
    subscriptions: Subscriptions,
    *,
    period: str = "month",
    per: str = "month",
    as_of: dt.date | None = None,
    year_starts: int = 1,
    confidence: float = 0.95,
) -> RevenueTable:
    """New, reactivated, expanded, contracted and churned recurring revenue in every period.

    Revenue is compared at the period's two ends only, customer by customer: what a customer pays at
    midnight `start` and at midnight `end`, all its subscriptions added up. A change of plan is therefore
    expansion or contraction, never churn; a customer who comes and goes within one period does not
    appear, and one who leaves and comes back within it has not left.

    Parameters
    ----------
    period
        "month", "quarter" or "year".
    per
        Unit of the amounts: "month" (MRR) or "year" (ARR), or another of `TIMES_A_YEAR`.
    as_of
        Look at the subscriptions as they stood at this midnight; by default as far as they are known. The
        period in progress then is compared up to it and marked incomplete.
    year_starts
        Month in which the year starts, 1 to 12; quarters follow it.
    confidence
        Of the Wilson interval on logo churn.

    Raises
    ------
    SubscriptionError
        If an argument makes no sense.

    Notes
    -----
    With p and q what a customer pays at the start and at the end:

    | | p | q | adds |
    |---|---|---|---|
    | new | 0 | > 0 | q, never paid before |
    | reactivation | 0 | > 0 | q, paid before |
    | expansion | > 0 | > p | q - p |
    | contraction | > q | > 0 | p - q |
    | churn | > 0 | 0 | p |

    Sums are taken in whole cents a year and rounded to cents last, by largest remainder, so that the
    rounded figures still add up.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"customer": ["Ann", "Ann", "Bo"], "start": ["2024-01-01", "2024-02-01", "2024-01-15"],
    ...         "end": ["2024-02-01", "", "2024-02-20"], "mrr": [20, 30, 9]}
    >>> table = revenue_movements(Subscriptions.from_frame(pd.DataFrame(rows), as_of=dt.date(2024, 3, 1)))
    >>> [(row.opening, row.new, row.expansion, row.churn, row.closing) for row in table.periods]
    [(0.0, 29.0, 0.0, 0.0, 29.0), (29.0, 0.0, 10.0, 9.0, 30.0)]
    """
    rows = _table_rows(subscriptions, None, period, per, as_of, year_starts, confidence)
    return next(iter(rows.values()))


def revenue_movements_by(
    subscriptions: Subscriptions,
    group: str,
    *,
    period: str = "month",
    per: str = "month",
    as_of: dt.date | None = None,
    year_starts: int = 1,
    confidence: float = 0.95,
) -> dict[str, RevenueTable]:
    """The movements within each group, such as each plan or region; the groups add up to the whole.

    In each period a customer belongs to one group: that of its largest subscription at the start, or at
    the end if it pays nothing at the start. Revenue that moves between groups therefore shows as
    expansion or contraction of the group it came from, and a group's opening is its former closing only
    where no customer moved. (Each group is rounded to the cent by itself.)

    Raises
    ------
    ColumnError
        If there is no such group.
    SubscriptionError
        If an argument makes no sense.
    """
    return _table_rows(subscriptions, group, period, per, as_of, year_starts, confidence)


def revenue_retention(
    subscriptions: Subscriptions,
    start: dt.date | None = None,
    end: dt.date | None = None,
    *,
    expansion: bool = True,
    contraction: bool = True,
    churn: bool = True,
    reactivation: bool = False,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> RevenueRetention:
    """Net and gross revenue retention and logo retention between two midnights, with intervals.

    Parameters
    ----------
    start, end
        By default the twelve months before `as_of`.
    expansion, contraction, churn, reactivation
        Which movements count; vendors disagree. The defaults are the common definition. Reactivation
        is what customers pay at the end who had left before the start. Gross retention never counts
        expansion or reactivation.
    draws
        Bootstrap samples of customers (seed 0).
    confidence
        Of the intervals.

    Raises
    ------
    SubscriptionError
        If nobody pays at the start or an argument makes no sense.

    Notes
    -----
    NRR = (opening + expansion - contraction - churn + reactivation) / opening and
    GRR = (opening - contraction - churn) / opening, each movement only if counted. The interval is the
    percentile bootstrap over the customers who pay at the start (or come back, if that counts); as
    customers are drawn by what they pay and not by name, order and names of customers change nothing.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"month": ["2024-01"] * 3 + ["2024-02"] * 2, "customer": ["Ann", "Bo", "Cy", "Ann", "Bo"],
    ...         "mrr": [50, 30, 20, 65, 25]}
    >>> kept = revenue_retention(Subscriptions.from_snapshots(pd.DataFrame(rows)),
    ...     dt.date(2024, 2, 1), dt.date(2024, 3, 1))
    >>> kept.net.value, kept.gross.value, round(kept.logo.value, 3)
    (0.9, 0.75, 0.667)
    """
    counts = _Counts(expansion, contraction, churn, reactivation)
    start, end = retention_span(subscriptions, start, end)
    _check_draws(draws, confidence)
    change = _change(subscriptions, start, end)
    return _retention(change, counts, None, draws, confidence)


def revenue_retention_by(
    subscriptions: Subscriptions,
    group: str,
    start: dt.date | None = None,
    end: dt.date | None = None,
    *,
    expansion: bool = True,
    contraction: bool = True,
    churn: bool = True,
    reactivation: bool = False,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> dict[str, RevenueRetention | str]:
    """The same for each group, by the group of a customer's largest subscription at the start.

    A group in which nobody pays at the start gets a sentence that says so.

    Raises
    ------
    ColumnError
        If there is no such group.
    SubscriptionError
        If an argument makes no sense.
    """
    counts = _Counts(expansion, contraction, churn, reactivation)
    start, end = retention_span(subscriptions, start, end)
    _check_draws(draws, confidence)
    change = _change(subscriptions, start, end)
    labels = _labels(subscriptions, group, start, end)
    found: dict[str, RevenueRetention | str] = {}
    for label in _in_order(labels):
        try:
            found[label] = _retention(_of_group(change, labels, label), counts, label, draws, confidence)
        except SubscriptionError as error:
            found[label] = f"{label}: {error}"
    return found


class _Counts(NamedTuple):
    """Which movements count."""

    expansion: bool
    contraction: bool
    churn: bool
    reactivation: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What each customer pays at two midnights, in cents a year, and whether it ever paid before."""

    start: dt.date
    end: dt.date
    before: Ints
    after: Ints
    known: npt.NDArray[np.bool_]


def _change(
    subscriptions: Subscriptions, start: dt.date, end: dt.date, first_paid: Ints | None = None
) -> _Change:
    first = subscriptions.first_paid() if first_paid is None else first_paid
    known = first < start.toordinal()
    return _Change(start, end, subscriptions.paid_at(start), subscriptions.paid_at(end), known)


def _of_group(change: _Change, labels: npt.NDArray[np.object_], label: str) -> _Change:
    inside = labels == label
    return replace(
        change, before=change.before[inside], after=change.after[inside], known=change.known[inside]
    )


def _parts(change: _Change) -> dict[str, Ints]:
    """Each customer's share of the five movements."""
    before, after = change.before, change.after
    stayed = (before > 0) & (after > 0)
    return {
        "new": np.where((before == 0) & ~change.known, after, 0),
        "reactivation": np.where((before == 0) & change.known, after, 0),
        "expansion": np.where(stayed, np.maximum(after - before, 0), 0),
        "contraction": np.where(stayed, np.maximum(before - after, 0), 0),
        "churn": np.where(after == 0, before, 0),
    }


def _movements(change: _Change, parts: dict[str, Ints]) -> Movements:
    totals = {name: int(part.sum()) for name, part in parts.items()}
    return Movements(opening=int(change.before.sum()), closing=int(change.after.sum()), **totals)


def _table_rows(
    subscriptions: Subscriptions,
    group: str | None,
    period: str,
    per: str,
    as_of: dt.date | None,
    year_starts: int,
    confidence: float,
) -> dict[str, RevenueTable]:
    _check(period, per, year_starts, confidence)
    until = retention_until(subscriptions, as_of)
    rows: dict[str, list[RevenuePeriod]] = {}
    first = subscriptions.first_paid()
    for start, end in _spans(subscriptions.first_day, until, MONTHS[period], year_starts):
        change = _change(subscriptions, start, min(end, until), first)
        labels = None if group is None else _labels(subscriptions, group, start, min(end, until))
        for label in [""] if labels is None else _in_order(labels):
            part = change if labels is None else _of_group(change, labels, label)
            row = _period(part, (start, end), end <= until, TIMES_A_YEAR[per], confidence)
            rows.setdefault(label, []).append(row)
    order = _in_order(np.array(list(rows), dtype=object))
    return {
        label: RevenueTable(
            period, per, until, year_starts, confidence, label if group else None, tuple(rows[label])
        )
        for label in order
    }


def _period(
    change: _Change,
    span: tuple[dt.date, dt.date],
    complete: bool,
    times: int,
    confidence: float,
) -> RevenuePeriod:
    parts = _parts(change)
    exact = _movements(change, parts)
    customers = {name: int(np.count_nonzero(part)) for name, part in parts.items()}
    at_start = int(np.count_nonzero(change.before))
    net, gross, logo, low, high = None, None, None, None, None
    if at_start:
        net, gross = _net(exact, _Counts(True, True, True, False)), _gross(exact, True, True)
        logo = customers["churn"] / at_start
        low, high = rate_interval(customers["churn"], at_start, confidence)
    cents = balanced(exact, times)
    return RevenuePeriod(
        start=span[0],
        end=span[1],
        complete=complete,
        opening=cents.opening / 100,
        new=cents.new / 100,
        reactivation=cents.reactivation / 100,
        expansion=cents.expansion / 100,
        contraction=cents.contraction / 100,
        churn=cents.churn / 100,
        closing=cents.closing / 100,
        at_start=at_start,
        customers_new=customers["new"],
        customers_reactivated=customers["reactivation"],
        customers_expanded=customers["expansion"],
        customers_contracted=customers["contraction"],
        customers_lost=customers["churn"],
        at_end=int(np.count_nonzero(change.after)),
        net_retention=net,
        gross_retention=gross,
        logo_churn=logo,
        logo_churn_low=low,
        logo_churn_high=high,
        cents_a_year=exact,
    )


def balanced(exact: Movements, times: int) -> Movements:
    """Movements in cents a year as whole cents per one of `times` a year, still adding up.

    Opening and closing are rounded to the nearest cent; the five movements are rounded down or up to
    the neighbouring cent, up for those with the largest remainder.

    Examples
    --------
    Three plans of 100 a year are 8.33 a month each, and 25.00 together:

    >>> balanced(Movements(10_000, 20_000, 0, 0, 0, 0, 30_000), 12)
    Movements(opening=833, new=1667, reactivation=0, expansion=0, contraction=0, churn=0, closing=2500)
    """
    opening, closing = (_nearest(amount, times) for amount in (exact.opening, exact.closing))
    signed = [Fraction(sign * amount, times) for sign, amount in zip(_SIGNS, exact[1:-1], strict=True)]
    cents = [part.numerator // part.denominator for part in signed]
    missing = closing - opening - sum(cents)
    by_remainder = sorted(range(len(signed)), key=lambda place: (cents[place] - signed[place], place))
    for place in by_remainder[:missing]:
        cents[place] += 1
    parts = (sign * part for sign, part in zip(_SIGNS, cents, strict=True))
    return Movements._make([opening, *parts, closing])


def _nearest(amount: int, times: int) -> int:
    return (2 * amount + times) // (2 * times)


def _retention(
    change: _Change,
    counts: _Counts,
    segment: str | None,
    draws: int,
    confidence: float,
) -> RevenueRetention:
    parts = _parts(change)
    exact = _movements(change, parts)
    at_start = int(np.count_nonzero(change.before))
    if not at_start:
        raise SubscriptionError(
            f"Nobody pays at the start, {change.start}, so there is nothing to retain: give another `start`."
        )
    kept = int(np.count_nonzero((change.before > 0) & (change.after > 0)))
    net, gross = _bootstrap(change.before, parts, counts, draws, confidence)
    few = f"Only {at_start} customers pay at the start, so the intervals say little."
    return RevenueRetention(
        start=change.start,
        end=change.end,
        segment=segment,
        net=Estimate(_net(exact, counts), *net),
        gross=Estimate(_gross(exact, counts.contraction, counts.churn), *gross),
        logo=Estimate(kept / at_start, *rate_interval(kept, at_start, confidence)),
        counted=tuple(name for name, counted in counts._asdict().items() if counted),
        at_start=at_start,
        kept=kept,
        cents_a_year=exact,
        draws=draws,
        confidence=confidence,
        notes=(few,) if at_start < FEW_CUSTOMERS else (),
    )


def _net(exact: Movements, counts: _Counts) -> float:
    return net_revenue_retention(
        exact.opening,
        exact.expansion * counts.expansion,
        exact.contraction * counts.contraction,
        exact.churn * counts.churn,
        exact.reactivation * counts.reactivation,
    )


def _gross(exact: Movements, contraction: bool, churn: bool) -> float:
    return gross_revenue_retention(exact.opening, exact.contraction * contraction, exact.churn * churn)


def _bootstrap(
    before: Ints,
    parts: dict[str, Ints],
    counts: _Counts,
    draws: int,
    confidence: float,
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Percentile intervals of NRR and GRR from the same draws of customers."""
    lost = parts["contraction"] * counts.contraction + parts["churn"] * counts.churn
    won = parts["expansion"] * counts.expansion + parts["reactivation"] * counts.reactivation
    drawn = (before > 0) | (won > 0)
    customers = np.stack([before[drawn], before[drawn] - lost[drawn], won[drawn]], axis=1)
    totals = _drawn_totals(customers, draws)
    totals = totals[totals[:, 0] > 0]
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    gross = np.quantile(totals[:, 1] / totals[:, 0], tails)
    net = np.quantile((totals[:, 1] + totals[:, 2]) / totals[:, 0], tails)
    return (float(net[0]), float(net[1])), (float(gross[0]), float(gross[1]))


def _drawn_totals(customers: Ints, draws: int) -> Floats:
    """Column totals of samples of as many customers, drawn with replacement."""
    kinds, sizes = np.unique(customers, axis=0, return_counts=True)
    rng, n = np.random.default_rng(SEED), len(customers)
    if len(kinds) <= _MANY_KINDS:
        counts = (rng.multinomial(n, sizes / n) for _ in range(draws))
    else:  # one by one, in order of what they pay
        kinds = np.repeat(kinds, sizes, axis=0)
        counts = (np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(draws))
    values = kinds.astype(np.float64)
    return np.array([drawn @ values for drawn in counts])


def _labels(
    subscriptions: Subscriptions, group: str, start: dt.date, end: dt.date
) -> npt.NDArray[np.object_]:
    """The group of each customer at the start, or at the end where it pays nothing at the start."""
    at_start, at_end = (subscriptions.group_at(group, instant) for instant in (start, end))
    return np.where(pd.isna(at_start), at_end, at_start)


def _in_order(labels: npt.NDArray[np.object_]) -> list[str]:
    """The different groups as a spreadsheet sorts them."""
    names = sorted({str(label) for label in pd.unique(labels) if label is not None})
    return [names[place] for place in key_order([name.lower() for name in names])]


def _spans(first: dt.date, until: dt.date, step: int, year_starts: int) -> Iterator[tuple[dt.date, dt.date]]:
    """The calendar periods from the one that holds the first day to the one that holds the last."""
    shift = year_starts - 1
    number = (month_number(first) - shift) // step
    last = (month_number(until - dt.timedelta(days=1)) - shift) // step
    for place in range(number, last + 1):
        yield month_start(place * step + shift), month_start((place + 1) * step + shift)


def revenue_spans(
    subscriptions: Subscriptions, period: str, as_of: dt.date | None, year_starts: int = 1
) -> list[tuple[dt.date, dt.date]]:
    """The complete calendar periods of the subscriptions, up to `as_of`."""
    _check(period, "month", year_starts, 0.95)
    until = retention_until(subscriptions, as_of)
    spans = _spans(subscriptions.first_day, until, MONTHS[period], year_starts)
    return [span for span in spans if span[1] <= until]


def retention_span(
    subscriptions: Subscriptions, start: dt.date | None = None, end: dt.date | None = None
) -> tuple[dt.date, dt.date]:
    """Two midnights to compare, by default the twelve months up to where the subscriptions are known."""
    end = retention_until(subscriptions, end, "end")
    start = months_before(end, 12) if start is None else _day("start", start)
    if not start < end:
        raise SubscriptionError(f"`start` must lie before `end`, {end} (got {start}).")
    return start, end


def retention_until(subscriptions: Subscriptions, as_of: dt.date | None, name: str = "as_of") -> dt.date:
    """The midnight up to which to look, checked; by default as far as the subscriptions are known."""
    if as_of is None:
        return subscriptions.as_of
    day = _day(name, as_of)
    if not subscriptions.first_day < day <= subscriptions.as_of:
        raise SubscriptionError(
            f"`{name}` must lie after the first start, on {subscriptions.first_day}, and at most on "
            f"{subscriptions.as_of}, up to which the subscriptions are known (got {day})."
        )
    return day


def _day(name: str, day: Any) -> dt.date:
    if isinstance(day, dt.datetime):
        return day.date()
    if isinstance(day, dt.date):
        return day
    raise SubscriptionError(f"`{name}` must be a date (got {said(repr(day))}).")


def _rest(rate: Estimate) -> Estimate:
    return Estimate(1 - rate.value, 1 - rate.high, 1 - rate.low)


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise SubscriptionError(f'`{name}` must be one of {", ".join(known)} (got "{said(value)}").')


def _check(period: str, per: str, year_starts: int, confidence: float) -> None:
    _one_of("period", period, list(MONTHS))
    _one_of("per", per, list(TIMES_A_YEAR))
    if year_starts not in range(1, 13):
        raise SubscriptionError(f"`year_starts` must be a month, 1 to 12 (got {said(year_starts)}).")
    _check_draws(DRAWS, confidence)


def _check_draws(draws: int, confidence: float) -> None:
    if draws < 1:
        raise SubscriptionError(
            f"`draws` must be a whole number above zero, such as 2000 (got {said(draws)})."
        )
    if not 0 < confidence < 1:
        raise SubscriptionError(
            f"`confidence` must lie between 0 and 1, such as 0.95 for 95 % (got {said(confidence)})."
        )
