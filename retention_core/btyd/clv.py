"""Customer lifetime value: the orders to come, what each is worth, discounted to today."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from retention_core.btyd.estimates import DRAWS, ModelError, check_confidence
from retention_core.btyd.forecasting import BuyTillYouDie, alive, discounted_orders, time_in_unit
from retention_core.btyd.gamma_gamma import GammaGamma, expected_values
from retention_core.btyd.purchases import Floats, PurchaseHistory, distinct
from retention_core.errors import said

if TYPE_CHECKING:
    import pandas as pd

_CUSTOMERS_AT_ONCE = 20_000
COVERS = (
    "The interval covers the uncertainty of the parameters, how well this log pins the model down. It does "
    "not cover the luck of a single customer, nor a future unlike the past."
)


@dataclass(frozen=True, slots=True, eq=False)
class LifetimeValues:
    """What each customer is expected to bring within a time from now; made by `lifetime_values`.

    Attributes
    ----------
    customers
        Names, one a customer, as are the arrays that follow.
    alive
        Probability that the customer is still there.
    expected_orders
        Orders within the time, not discounted.
    expected_value
        Of one order.
    value
        Discounted value of the orders to come, the past not counted.
    low, high
        Limits of the value.
    total, total_low, total_high
        Over all customers, with limits of the sum itself.
    months, discount
        How far ahead, and the rate of interest a year.
    value_of
        What the values are: "profit", "revenue", or None.
    covers
        What the interval covers, in words.
    """

    customers: tuple[str, ...]
    alive: Floats
    expected_orders: Floats
    expected_value: Floats
    value: Floats
    low: Floats
    high: Floats
    total: float
    total_low: float
    total_high: float
    months: float
    discount: float
    confidence: float
    value_of: str | None
    covers: str = COVERS

    def to_frame(self) -> pd.DataFrame:
        """One row a customer: customer, alive, expected_orders, expected_value, value, low, high."""
        import pandas as pd

        names = ("alive", "expected_orders", "expected_value", "value", "low", "high")
        return pd.DataFrame(
            {"customer": list(self.customers)} | {name: getattr(self, name) for name in names}
        )


class _Shared(NamedTuple):
    """The different (frequency, age), and which of them each customer has."""

    frequency: Floats
    age: Floats
    place: npt.NDArray[np.intp]


def lifetime_values(
    model: BuyTillYouDie,
    spending: GammaGamma,
    history: PurchaseHistory,
    *,
    months: float = 12,
    discount: float = 0.1,
    draws: int = DRAWS,
    confidence: float = 0.95,
) -> LifetimeValues:
    """What each customer is expected to bring within `months` from the end of the observation.

    Parameters
    ----------
    model
        Of the orders: BG/NBD, MBG/NBD or Pareto/NBD.
    spending
        Of their values.
    history
        The customers, in the model's unit of time.
    months
        How far to look ahead, above 0.
    discount
        Rate of interest a year, from 0: money in a year counts 1 / (1 + discount).
    draws
        Of the parameters, for the interval.
    confidence
        Of the interval, between 0 and 1.

    Raises
    ------
    ModelError
        If an argument makes no sense, or the parameters were given and not estimated.

    Notes
    -----
    Value = expected value of an order * P(alive) * sum of the expected orders, each discounted from its own
    moment. The interval draws the parameters of both models from the normal distributions of their
    logarithms (seed 0) and takes quantiles, for each customer and for the sum.
    """
    if not (months > 0 and math.isfinite(months)):
        raise ModelError(f"`months` must be a number above zero (got {said(months)}).")
    if not (discount >= 0 and math.isfinite(discount)):
        raise ModelError(
            f"`discount` must be a rate a year from 0, such as 0.1 for 10 % (got {said(discount)})."
        )
    if draws < 2:
        raise ModelError(f"`draws` must be a whole number from 2, such as 200 (got {said(draws)}).")
    check_confidence(confidence)
    there = model.alive(history)
    time = time_in_unit(months, model.unit)
    rate = math.log1p(discount) / time_in_unit(12, model.unit)
    shared = _shared(history)
    each = spending.expected_value(history)
    ahead = discounted_orders(type(model), model.estimates, time, rate, shared.frequency, shared.age)
    value = each * there * ahead[shared.place]
    worlds = _worlds(model, spending, shared, time, rate, draws)
    low, high, sums = _limits(type(model), worlds, history, shared.place, confidence)
    total_low, total_high = np.quantile(sums, _tails(confidence), method="nearest")
    return LifetimeValues(
        customers=history.customers,
        alive=there,
        expected_orders=model.expected_orders(time, history),
        expected_value=each,
        value=value,
        low=low,
        high=high,
        total=float(value.sum()),
        total_low=float(total_low),
        total_high=float(total_high),
        months=months,
        discount=discount,
        confidence=confidence,
        value_of=history.value_of,
    )


class _World(NamedTuple):
    """Parameters as they might be, and the discounted orders of every shared (frequency, age) under them."""

    ordering: Floats
    spending: Floats
    orders: Floats


def _worlds(
    model: BuyTillYouDie, spending: GammaGamma, shared: _Shared, time: float, rate: float, draws: int
) -> list[_World]:
    both = zip(model.drawn(draws), spending.drawn(draws), strict=True)
    return [
        _World(
            ordering,
            values,
            discounted_orders(type(model), ordering, time, rate, shared.frequency, shared.age),
        )
        for ordering, values in both
    ]


def _limits(
    model: type[BuyTillYouDie],
    worlds: list[_World],
    history: PurchaseHistory,
    place: npt.NDArray[np.intp],
    confidence: float,
) -> tuple[Floats, Floats, Floats]:
    """Limits of each customer's value, and the sum over customers in each world."""
    low, high, sums = np.empty(history.n), np.empty(history.n), np.zeros(len(worlds))
    known = np.full(history.n, np.nan) if history.mean_value is None else history.mean_value
    for begin in range(0, history.n, _CUSTOMERS_AT_ONCE):
        part = slice(begin, begin + _CUSTOMERS_AT_ONCE)
        first, which = distinct(history.frequency[part], history.recency[part], history.age[part])
        frequency = history.frequency[part].astype(np.float64)
        seen = (frequency[first], history.recency[part][first], history.age[part][first])
        values = np.zeros((len(worlds), len(frequency)))
        for value, world in zip(values, worlds, strict=True):
            to_come = alive(model.log_odds_gone(world.ordering, *seen))[which] * world.orders[place[part]]
            # nothing to come is worth nothing, even where the mean value of an order has no bound
            each = expected_values(world.spending, frequency, known[part])
            np.multiply(to_come, each, out=value, where=to_come > 0)
        low[part], high[part] = np.quantile(values, _tails(confidence), axis=0, method="nearest")
        sums += values.sum(axis=1)
    return low, high, sums


def _shared(history: PurchaseHistory) -> _Shared:
    first, place = distinct(history.frequency, history.age)
    return _Shared(history.frequency[first].astype(np.float64), history.age[first], place)


def _tails(confidence: float) -> list[float]:
    return [(1 - confidence) / 2, (1 + confidence) / 2]
