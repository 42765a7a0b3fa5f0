"""How recurring revenue moves, and how much of it is kept: the five movements, NRR, GRR, churn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.concentration import Estimate
from retention_core.errors import SubscriptionError
from retention_core.identity import key_order
from retention_core.rates import rate_interval
from retention_core.revenue_intervals import Counts, bootstrap, gross_of, net_of
from retention_core.revenue_periods import (
    MONTHS,
    check_draws,
    check_table,
    retention_span,
    retention_until,
    spans,
)
from retention_core.revenue_sums import (
    Change,
    Movements,
    balanced,
    change_between,
    movements_of,
    of_group,
    parts_of,
)
from retention_core.subscription_columns import TIMES_A_YEAR
from retention_core.subscriptions import Subscriptions

DRAWS = 2_000
FEW_CUSTOMERS = 30
FEW_LOSSES = 10


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
    layout = _layout(subscriptions, period, per, as_of, year_starts, confidence)
    return next(iter(_tables(subscriptions, layout, None).values()))


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

    In each period a customer belongs to one group: the one it pays most for at the start, or at
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
    return _tables(subscriptions, _layout(subscriptions, period, per, as_of, year_starts, confidence), group)


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
    percentile bootstrap over the customers who pay at the start (or come back, if that counts), its
    quantiles moved out as far as Student's t asks for few customers; as customers are drawn by what they
    pay and not by name, order and names of customers change nothing. `perf/interval_coverage.py` measures
    how often it holds the truth: see docs/methods/revenue.md.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. Hesterberg (2015), What
    teachers should know about the bootstrap, The American Statistician 69, 371-386 (expanded percentile).

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
    counts = Counts(expansion, contraction, churn, reactivation)
    start, end = retention_span(subscriptions, start, end)
    check_draws(draws, confidence)
    change = change_between(subscriptions, start, end)
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
    """The same for each group, by the group a customer pays most for at the start.

    A group in which nobody pays at the start gets a sentence that says so.

    Raises
    ------
    ColumnError
        If there is no such group.
    SubscriptionError
        If an argument makes no sense.
    """
    counts = Counts(expansion, contraction, churn, reactivation)
    start, end = retention_span(subscriptions, start, end)
    check_draws(draws, confidence)
    change = change_between(subscriptions, start, end)
    labels = _labels(subscriptions, group, start, end)
    found: dict[str, RevenueRetention | str] = {}
    for label in _in_order(labels):
        try:
            found[label] = _retention(of_group(change, labels, label), counts, label, draws, confidence)
        except SubscriptionError as error:
            found[label] = f"{label}: {error}"
    return found


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a table of movements is laid out, its arguments checked."""

    period: str
    per: str
    as_of: dt.date
    year_starts: int
    confidence: float


def _layout(
    subscriptions: Subscriptions,
    period: str,
    per: str,
    as_of: dt.date | None,
    year_starts: int,
    confidence: float,
) -> _Layout:
    check_table(period, per, year_starts, confidence)
    return _Layout(period, per, retention_until(subscriptions, as_of), year_starts, confidence)


def _tables(subscriptions: Subscriptions, layout: _Layout, group: str | None) -> dict[str, RevenueTable]:
    """The table of each group, or of everybody under ""."""
    until, first = layout.as_of, subscriptions.first_paid()
    rows: dict[str, list[RevenuePeriod]] = {}
    for span in spans(subscriptions.first_day, until, MONTHS[layout.period], layout.year_starts):
        start, end = span[0], min(span[1], until)
        change = change_between(subscriptions, start, end, first)
        labels = None if group is None else _labels(subscriptions, group, start, end)
        for label in [""] if labels is None else _in_order(labels):
            part = change if labels is None else of_group(change, labels, label)
            rows.setdefault(label, []).append(_period(part, span, layout))
    order = _in_order(np.array(list(rows), dtype=object))
    terms = (layout.period, layout.per, until, layout.year_starts, layout.confidence)
    return {label: RevenueTable(*terms, label if group else None, tuple(rows[label])) for label in order}


def _period(change: Change, span: tuple[dt.date, dt.date], layout: _Layout) -> RevenuePeriod:
    parts = parts_of(change)
    exact = movements_of(change, parts)
    customers = {name: int(np.count_nonzero(part)) for name, part in parts.items()}
    at_start = int(np.count_nonzero(change.before))
    net, gross, logo, low, high = None, None, None, None, None
    if at_start:
        net, gross = net_of(exact, Counts(True, True, True, False)), gross_of(exact, True, True)
        logo = customers["churn"] / at_start
        low, high = rate_interval(customers["churn"], at_start, layout.confidence)
    cents = balanced(exact, TIMES_A_YEAR[layout.per])
    return RevenuePeriod(
        start=span[0],
        end=span[1],
        complete=span[1] <= layout.as_of,
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


def _retention(
    change: Change,
    counts: Counts,
    segment: str | None,
    draws: int,
    confidence: float,
) -> RevenueRetention:
    parts = parts_of(change)
    exact = movements_of(change, parts)
    at_start = int(np.count_nonzero(change.before))
    if not at_start:
        raise SubscriptionError(
            f"Nobody pays at the start, {change.start}, so there is nothing to retain: give another `start`."
        )
    kept = int(np.count_nonzero((change.before > 0) & (change.after > 0)))
    net, gross = bootstrap(change.before, parts, counts, draws, confidence)
    down = int(np.count_nonzero(parts["churn"])) + int(np.count_nonzero(parts["contraction"]))
    return RevenueRetention(
        start=change.start,
        end=change.end,
        segment=segment,
        net=Estimate(net_of(exact, counts), *net),
        gross=Estimate(gross_of(exact, counts.contraction, counts.churn), *gross),
        logo=Estimate(kept / at_start, *rate_interval(kept, at_start, confidence)),
        counted=tuple(name for name, counted in counts._asdict().items() if counted),
        at_start=at_start,
        kept=kept,
        cents_a_year=exact,
        draws=draws,
        confidence=confidence,
        notes=_few_notes(at_start, down),
    )


def _few_notes(at_start: int, down: int) -> tuple[str, ...]:
    if at_start < FEW_CUSTOMERS:
        return (f"Only {at_start} customers pay at the start, so the intervals say little.",)
    if down < FEW_LOSSES:
        who = "1 customer pays" if down == 1 else f"{down} customers pay"
        return (f"Only {who} less or nothing, so the interval of gross retention tends to be too narrow.",)
    return ()


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


def _rest(rate: Estimate) -> Estimate:
    return Estimate(1 - rate.value, 1 - rate.high, 1 - rate.low)
