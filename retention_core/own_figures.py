"""The figures that worth and plans start from, as far as an order log tells them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw

from retention_core.arguments import check_kind, is_number
from retention_core.errors import OrderLogError, said
from retention_core.measured import NOT_KNOWN, Measured, span_said
from retention_core.movements import months_before
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable, period_between, period_retention
from retention_core.purchases import observed_until
from retention_core.scenarios import Plan, uncounted_at

if TYPE_CHECKING:
    import pandas as pd

_YEAR = 12
_MAY_LACK = 31  # days; most shops are closed on the first


@dataclass(frozen=True, slots=True, eq=False)
class OwnFigures:
    """Customers, margin and retention of a log's last twelve months; made by `figures_of`.

    Attributes
    ----------
    as_of, since
        The twelve months looked at, [since, as_of).
    customers
        Who ordered in them.
    revenue, margin
        What they brought in them, a customer, net of refunds; `margin` is known only where the log knows a
        cost or margin, and both only where the log holds twelve months.
    retention
        Over a year, with its interval.
    kept, at_start
        Counts behind the retention where it is measured over a year; None where it is converted.
    new_customers, won_back
        Won in the twelve months: for the first time, and again; None where the log does not reach far enough
        back to tell them apart from old ones.
    retention_said
        How the retention was come by.
    """

    as_of: dt.date
    since: dt.date
    customers: int
    revenue: float | None
    margin: float | None
    retention: Measured
    kept: int | None
    at_start: int | None
    new_customers: int | None
    won_back: int | None
    retention_said: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """The figures, and what is missing."""
        told = [f"{self.customers:,} customers ordered in the twelve months before {self.as_of}."]
        if self.margin is not None:
            told.append(f"They brought {self.margin:,.2f} profit each.")
        elif self.revenue is not None:
            told.append(
                f"They brought {self.revenue:,.2f} revenue each. Revenue is not margin: give the margin of a "
                "customer and year, or name a column with the cost or margin."
            )
        else:
            told.append(
                "What a customer brings in a year is not known: give its margin, or a log with amounts of at "
                "least twelve months."
            )
        told.append(f"Yearly retention: {span_said(self.retention, '.1%')}. {self.retention_said}")
        if self.new_customers is None or self.won_back is None:
            told.append("How many of them were won in the year is not known: that needs a log of two years.")
        else:
            told.append(f"Of them {self.new_customers:,} were new and {self.won_back:,} won back.")
        return tuple(told)

    def plan(
        self,
        *,
        margin: float | None = None,
        cost_to_win: float | None = None,
        keeping_cost: float = 0.0,
    ) -> Plan:
        """The business as the log shows it, as a plan to change.

        Customers won back count as won, since retention counts them as lost before. The log counts who is a
        customer at the year's end, so the plan adds those `uncounted` who came and left within it: a year
        later as many are left as by retention times customers plus new ones.

        Parameters
        ----------
        margin
            Of a customer and year, where the log does not know it or another is meant.
        cost_to_win, keeping_cost
            As in `Plan`.

        Raises
        ------
        OrderLogError
            If the log tells no retention.
        """
        if self.retention.value is None:
            raise OrderLogError(
                f"`retention` cannot be told from this log, so there is no plan: {self.retention_said}"
            )
        known = self.new_customers is not None and self.won_back is not None
        return Plan(
            customers=self.customers,
            retention=self.retention.value,
            margin=self.margin if margin is None else margin,
            revenue=self.revenue,
            new_customers=(self.new_customers or 0) + (self.won_back or 0) if known else None,
            cost_to_win=cost_to_win,
            keeping_cost=keeping_cost,
            uncounted=uncounted_at(self.retention.value) if self.retention.value > 0 else 0.0,
            kept=self.kept,
            at_start=self.at_start,
        )

    def columns(self) -> dict[str, list[object]]:
        """One row a figure: figure, value, low, high; None for what is not known."""
        rows = {
            "customers": Measured(self.customers),
            "revenue a customer and year": Measured(self.revenue),
            "margin a customer and year": Measured(self.margin),
            "yearly retention": self.retention,
            "customers kept": Measured(self.kept),
            "customers a year before": Measured(self.at_start),
            "new customers in the year": Measured(self.new_customers),
            "customers won back in the year": Measured(self.won_back),
        }
        values, lows, highs = (list(column) for column in zip(*rows.values(), strict=True))
        return {"figure": list(rows), "value": values, "low": lows, "high": highs}

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame, what is not known as NaN."""
        from retention_core.frames import frame_of

        return frame_of(self.columns()).astype(dict.fromkeys(("value", "low", "high"), float))


def figures_of(
    log: OrderLog,
    *,
    as_of: dt.date | None = None,
    confidence: float = 0.95,
    table: PeriodTable | None = None,
) -> OwnFigures:
    """Customers, margin a customer and year, and yearly retention, from an order log.

    Parameters
    ----------
    log
        The orders; amounts make revenue known, a cost or margin the margin.
    as_of
        Count what lies before this day; by default the day after the last order.
    confidence
        Of the retention's interval.
    table
        Periods of the log already counted, by which the retention of a log shorter than two years is
        converted; by default those that the log suggests. An activity window of its own plays no part:
        customers of a year are those who ordered in it.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of`, an argument makes no sense, or the table looks at another day.

    Examples
    --------
    >>> import retention_core as rc
    >>> found = figures_of(rc.sample("gift_shop").log())
    >>> found.customers > 0, found.margin is not None, found.retention.value == found.kept / found.at_start
    (True, True, True)
    """
    # later than this module: the report reads it
    from retention_core.report.yearly import yearly_rate

    _check(log, confidence, table)
    until = observed_until(as_of, log.first_day, log.last_day)
    since = months_before(until, _YEAR)
    table = _periods(log, table, until, confidence)
    yearly = yearly_rate(log, table)
    customers = _buyers(log, since, until)
    brought = _brought(log, since, until, customers)
    retention, kept, at_start, new, back = NOT_KNOWN, None, None, None, None
    told = "The log holds no complete period with a rate: it needs two periods at least."
    if yearly is not None:
        retention, told = Measured(yearly.rate, *yearly.interval), yearly.sentence
        if yearly.measured:
            year = period_between(log, since, until, active_days=table.active_days, as_of=until)
            kept, at_start, new, back = year.kept, year.at_start, year.new, year.reactivated
    return OwnFigures(
        as_of=until,
        since=since,
        customers=customers,
        revenue=brought.get("amount"),
        margin=brought.get("profit"),
        retention=retention,
        kept=kept,
        at_start=at_start,
        new_customers=new,
        won_back=back,
        retention_said=told,
    )


def _check(log: OrderLog, confidence: float, table: PeriodTable | None) -> None:
    if not isinstance(log, OrderLog):
        raise OrderLogError(f"`log` must be an OrderLog (got {said(type(log).__name__)}).")
    check_kind("table", table, PeriodTable)
    if not (is_number(confidence) and 0 < confidence < 1):
        raise OrderLogError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")


def _periods(log: OrderLog, table: PeriodTable | None, until: dt.date, confidence: float) -> PeriodTable:
    """The periods given where they are what is asked for, else counted anew."""
    if table is None:
        return period_retention(log, as_of=until, confidence=confidence)
    if table.as_of != until:
        raise OrderLogError(f"`table` must look at the same day, {until} (got {table.as_of}).")
    if table.active_days is None and table.confidence == confidence:
        return table
    return period_retention(
        log, period=table.period, as_of=until, year_starts=table.year_starts, confidence=confidence
    )


def _buyers(log: OrderLog, since: dt.date, until: dt.date) -> int:
    day = nw.col("day")
    ordered = log.coded_order_days().filter((day >= since.toordinal()) & (day < until.toordinal()))
    found = ordered.group_by("customer").agg(nw.len()).select(buyers=nw.len()).collect("pandas")
    return int(found["buyers"][0])


def _brought(log: OrderLog, since: dt.date, until: dt.date, customers: int) -> dict[str, float]:
    """Revenue and profit a customer, as far as the log knows them over twelve months."""
    if log.value_of is None or not customers or log.first_day > since + dt.timedelta(days=_MAY_LACK):
        return {}
    names = ["amount", "profit"] if log.value_of == "profit" else ["amount"]
    day = nw.col("day")
    names = [name for name in names if name in log.lines.collect_schema().names()]
    lines = log.coded_lines.filter((day >= since.toordinal()) & (day < until.toordinal()))
    sums = lines.select(*(nw.col(name).sum() for name in names)).collect("pandas")
    return {name: float(sums[name][0]) / customers for name in names}
