"""What the models know of a customer: repeat orders, when the last one was, and how long ago the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from retention_core.errors import OrderLogError, said
from retention_core.identity import key_order
from retention_core.purchases import observed_until, purchases_by_customer

if TYPE_CHECKING:
    import pandas as pd

    from retention_core.cleaning import Lines
    from retention_core.orders import OrderLog

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

DAYS_IN = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseHistory:
    """What each customer did until a day, all the models need to know; made by `purchases_of` or `purchases`.

    Attributes
    ----------
    customers
        Names, one a customer, as are the arrays that follow.
    frequency
        Repeat orders: days with an order, the first such day not counted.
    recency
        Time from the first order to the last, 0 for a customer with one order day.
    age
        Time from the first order to the end of the observation.
    mean_value
        Mean value of the repeat orders, the first order left out, NaN without one; None where
        nothing is known of values.
    unit
        Of time: "day", "week", "month" (30.4 days) or "year".
    value_of
        What the values are: "profit", "revenue", or None.
    as_of
        The day whose start ends the observation, None where only numbers are known.
    """

    customers: tuple[str, ...]
    frequency: Counts
    recency: Floats
    age: Floats
    mean_value: Floats | None
    unit: str
    value_of: str | None = None
    as_of: dt.date | None = None

    @property
    def n(self) -> int:
        """Customers."""
        return len(self.frequency)

    def to_frame(self) -> pd.DataFrame:
        """One row a customer: customer, frequency, recency, age and, where known, mean_value."""
        import pandas as pd

        columns: dict[str, Any] = {
            "customer": list(self.customers),
            "frequency": self.frequency,
            "recency": self.recency,
            "age": self.age,
        }
        if self.mean_value is not None:
            columns["mean_value"] = self.mean_value
        return pd.DataFrame(columns)


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """The different (frequency, recency, age) in their order, and how many customers share each.

    `frequencies` are the different frequencies, and `place` says where among them a pattern's is.
    """

    frequency: Floats
    recency: Floats
    age: Floats
    count: Floats
    frequencies: Floats
    place: npt.NDArray[np.intp]

    def in_units_of(self, time: float) -> Patterns:
        """The same with times counted in units of `time`."""
        return replace(self, recency=self.recency / time, age=self.age / time)

    @property
    def customers(self) -> int:
        """All of them."""
        return int(self.count.sum())


def purchases(
    frequency: Sequence[float] | Counts,
    recency: Sequence[float] | Floats,
    age: Sequence[float] | Floats,
    mean_value: Sequence[float] | Floats | None = None,
    *,
    customers: Sequence[str] | None = None,
    unit: str = "week",
) -> PurchaseHistory:
    """The history of customers from numbers at hand, one entry a customer.

    Parameters
    ----------
    frequency
        Repeat orders, whole numbers from 0.
    recency
        Time from the first order to the last; 0 without a repeat order.
    age
        Time from the first order to the end of the observation, at least the recency.
    mean_value
        Mean value of the repeat orders; ignored for customers without one.
    customers
        Names; numbers from 1 if left out.
    unit
        Of time: "day", "week", "month" or "year".

    Raises
    ------
    OrderLogError
        If the numbers contradict each other.

    Examples
    --------
    >>> purchases([2, 0], [30.43, 0], [38.86, 38.86]).to_frame()
      customer  frequency  recency    age
    0        1          2    30.43  38.86
    1        2          0     0.00  38.86
    """
    check_unit(unit)
    counts = _numbers("frequency", frequency)
    last = _numbers("recency", recency, len(counts))
    until = _numbers("age", age, len(counts))
    names = [str(place + 1) for place in range(len(counts))] if customers is None else list(customers)
    if len(names) != len(counts):
        raise OrderLogError(
            f"`customers` must be {len(counts):,}, as many as frequencies (got {len(names):,})."
        )
    _check_history(counts, last, until)
    values = None
    if mean_value is not None:
        given = np.asarray(mean_value, dtype=np.float64)
        if len(given) != len(counts):
            raise OrderLogError(
                f"`mean_value` must hold {len(counts):,} numbers, as `frequency` does (got {len(given):,})."
            )
        values = np.where(counts > 0, given, np.nan)
    return PurchaseHistory(tuple(names), counts.astype(np.int64), last, until, values, unit)


def purchases_of(log: OrderLog, *, as_of: dt.date | None = None, unit: str = "week") -> PurchaseHistory:
    """The history of every customer of an order log with an order before `as_of`.

    Orders of one day count as one. The value of repeat orders is all that a customer brought after
    the first order day, refunds deducted, over the repeat order days: profit where the log knows it,
    else revenue. What the first order day brought is left out, as in the papers: the first order
    brings a customer in, and its value often differs from that of later ones.

    Parameters
    ----------
    as_of
        Look at the log as it stood at the start of this day; by default midnight after the last
        order. The age of a customer ends with the last day before it.
    unit
        Of time: "day", "week", "month" (30.4 days) or "year". It changes no forecast.

    Raises
    ------
    OrderLogError
        If no order lies before `as_of` or the unit is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from retention_core.orders import OrderLog
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Ann", "Ann", "Bob"], "amount": [10, 20, 40, 5],
    ...     "date": ["2025-01-01", "2025-01-08", "2025-01-29", "2025-01-15"]}))
    >>> purchases_of(log).to_frame()
      customer  frequency  recency  age  mean_value
    0      Ann          2      4.0  4.0        30.0
    1      Bob          0      0.0  2.0         NaN
    """
    check_unit(unit)
    until = observation_end(log, as_of)
    table = _customer_days(log, until)
    table = table.iloc[key_order(table["customer"].tolist())]
    repeats = table["days"].to_numpy(dtype=np.int64) - 1
    first, last = (table[name].to_numpy(dtype=np.float64) for name in ("first", "last"))
    values = None
    if log.value_of is not None:
        later = table["later"].to_numpy(dtype=np.float64, na_value=0.0)
        values = np.divide(later, repeats, out=np.full(len(table), np.nan), where=repeats > 0)
    return PurchaseHistory(
        customers=tuple(table["name"].astype(str)),
        frequency=repeats,
        recency=(last - first) / DAYS_IN[unit],
        age=(until.toordinal() - 1 - first) / DAYS_IN[unit],
        mean_value=values,
        unit=unit,
        value_of=log.value_of,
        as_of=until,
    )


def purchases_of_columns(
    customers: Sequence[str | None],
    dates: Sequence[dt.date | None],
    amounts: Sequence[float | None] | None = None,
    *,
    as_of: dt.date | None = None,
    unit: str = "week",
) -> PurchaseHistory:
    """The history of `purchases_of`, from plain columns instead of an order log; needs numpy alone.

    Raises
    ------
    OrderLogError
        If no row is an order before `as_of` or the unit is unknown.

    Examples
    --------
    >>> days = [dt.date(2025, 1, 1), dt.date(2025, 1, 8), dt.date(2025, 1, 29), dt.date(2025, 1, 15)]
    >>> history = purchases_of_columns(["Ann", "Ann", "Ann", "Bob"], days, [10, 20, 40, 5])
    >>> history.customers, history.frequency.tolist(), history.mean_value.tolist()
    (('Ann', 'Bob'), [2, 0], [30.0, nan])
    """
    check_unit(unit)
    found = purchases_by_customer(customers, dates, amounts)
    until = observed_until(as_of, found.first_day, found.last_day)
    limit = until.toordinal()
    days = {
        key: [day for day in known if day < limit] for key, known in found.days.items() if known[0] < limit
    }
    keys = [list(days)[place] for place in key_order(list(days))]
    repeats = np.array([len(days[key]) - 1 for key in keys], dtype=np.int64)
    first = np.array([days[key][0] for key in keys], dtype=np.float64)
    last = np.array([days[key][-1] for key in keys], dtype=np.float64)
    values = None
    if amounts is not None:
        later = np.array([_paid_between(found.money[key], days[key][0], limit) for key in keys])
        values = np.divide(later, repeats, out=np.full(len(keys), np.nan), where=repeats > 0)
    return PurchaseHistory(
        customers=tuple(found.names[key] for key in keys),
        frequency=repeats,
        recency=(last - first) / DAYS_IN[unit],
        age=(limit - 1 - first) / DAYS_IN[unit],
        mean_value=values,
        unit=unit,
        value_of=None if amounts is None else "revenue",
        as_of=until,
    )


def patterns_of(history: PurchaseHistory) -> Patterns:
    """The customers gathered by what they have in common, so that a likelihood looks at each history once."""
    first, which = distinct(history.frequency, history.recency, history.age)
    frequency = history.frequency[first].astype(np.float64)
    frequencies, place = np.unique(frequency, return_inverse=True)
    count = np.bincount(which).astype(np.float64)
    return Patterns(frequency, history.recency[first], history.age[first], count, frequencies, place)


def distinct(frequency: Counts, *times: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where each different combination first stands, in their order, and which of them each customer has."""
    key = frequency
    for time in times:
        values, code = np.unique(time, return_inverse=True)
        key = key * len(values) + code
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first, which


def observation_end(log: OrderLog, as_of: dt.date | None) -> dt.date:
    """The day whose start ends the observation."""
    return observed_until(as_of, log.first_day, log.last_day)


def check_unit(unit: str) -> None:
    """Refuse a unit of time that is none."""
    if unit not in DAYS_IN:
        raise OrderLogError(f'`unit` must be day, week, month or year (got "{said(unit)}").')


def order_dates(log: OrderLog, until: dt.date) -> Lines:
    """One row a customer, as in the log's `coded_lines`, and day with an order before `until`."""
    import narwhals as nw

    days = log.coded_order_days().filter(nw.col("day") < until.toordinal())
    # not `unique`, which numbers all rows on DuckDB
    return days.group_by("customer", "day").agg(nw.len().alias("orders")).drop("orders")


def _customer_days(log: OrderLog, until: dt.date) -> pd.DataFrame:
    """One row a customer: key, name, order days, the first, the last and the value after the first."""
    import narwhals as nw

    day = nw.col("day")
    ordered = order_dates(log, until)
    spans = ordered.group_by("customer").agg(
        nw.len().alias("days"), day.min().alias("first"), day.max().alias("last")
    )
    table = spans
    if log.value_of is not None:
        firsts = spans.select("customer", "first")
        later = (
            _valued_days(log, until)
            .join(firsts, on="customer", how="inner")
            .filter(day > nw.col("first"))
            .group_by("customer")
            .agg(nw.col("value").sum().alias("later"))
        )
        table = table.join(later, on="customer", how="left")
    found: pd.DataFrame = log.with_names(table, log.coded_lines).collect("pandas").to_native()
    return found


def _valued_days(log: OrderLog, until: dt.date) -> Lines:
    """What was bought or given back, dated as the order is: by the earliest of its lines."""
    import narwhals as nw

    value = nw.col("profit" if log.value_of == "profit" else "amount")
    keys = ["customer", "refund"]
    keys += ["day"] if log.columns.order is None else ["order"]
    dated = [] if log.columns.order is None else [nw.col("day").min()]
    found = log.coded_lines.group_by(*keys).agg(value.sum().alias("value"), *dated)
    return found.filter(nw.col("day") < until.toordinal()).select("customer", "day", "value")


def _paid_between(money: Sequence[tuple[int, float]], after: int, limit: int) -> float:
    """What was paid after one day and before another."""
    return fsum(amount for day, amount in money if after < day < limit)


def _numbers(name: str, numbers: Sequence[float] | npt.NDArray[Any], expected: int | None = None) -> Floats:
    found = np.asarray(numbers, dtype=np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise OrderLogError(f"`{name}` must be numbers, one a customer, none of them missing.")
    if expected is not None and len(found) != expected:
        raise OrderLogError(
            f"`{name}` must hold {expected:,} numbers, as `frequency` does (got {len(found):,})."
        )
    return found


def _check_history(frequency: Floats, recency: Floats, age: Floats) -> None:
    _refuse("frequency", (frequency < 0) | (frequency % 1 != 0), frequency, "must be whole numbers from 0")
    _refuse("age", age < 0, age, "must not lie below 0")
    _refuse("recency", (recency < 0) | (recency > age), recency, "must lie between 0 and `age`")
    _refuse("recency", (recency > 0) & (frequency == 0), recency, "must be 0 without a repeat order")
    _refuse("recency", (recency == 0) & (frequency > 0), recency, "must be above 0 with a repeat order")


def _refuse(name: str, wrong: npt.NDArray[np.bool_], numbers: Floats, rule: str) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        raise OrderLogError(
            f"`{name}` {rule} (got {said(float(numbers[place]))} for customer {place + 1:,})."
        )
