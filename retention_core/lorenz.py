"""Customers ranked by what they bring: Lorenz curve, share of the top, Gini coefficient, ABC classes.

The figures themselves, in the standard library alone; `retention_core.concentration` adds how sure they
are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import copysign, frexp, fsum, inf, isfinite, ldexp, nan
from typing import NamedTuple

from retention_core.errors import OrderLogError, said
from retention_core.identity import customer_key, customer_name, key_order

TOLERANCE = 1e-12
A_ENDS = 0.8
B_ENDS = 0.95


class Lorenz(NamedTuple):
    """A Lorenz curve: `share[k]` is what the top k customers bring together, as a fraction of the net total.

    It starts at 0, with nobody, and ends at 1, with everyone; straight lines run between. Where refunds
    push customers below zero, it rises above 1 and falls back to it.
    """

    share: Sequence[float]

    @property
    def n(self) -> int:
        """Customers."""
        return len(self.share) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Customers by value; made by `rank_customers` and `rank_purchases`.

    Attributes
    ----------
    customers
        Everyone, by value from the largest, ties by customer as a spreadsheet sorts them. Values
        that differ by rounding noise alone (by about 1e-12 of themselves) are ties.
    values
        What each brought, net of refunds; customers at or below zero are among them.
    total
        The sum of the values, above zero.
    curve
        The Lorenz curve.
    """

    customers: tuple[str, ...]
    values: tuple[float, ...] = field(repr=False)
    total: float
    curve: Lorenz = field(repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each customer: A up to 80 % of the value, B up to 95 %, then C.

        The customer who crosses a border still belongs to the class before it: what counts is the
        cumulative share before the customer. A share within 1e-12 of the border has reached it.
        """
        a, ab = (_customers_reaching(self.curve, border) for border in (A_ENDS, B_ENDS))
        return ("A",) * a + ("B",) * (ab - a) + ("C",) * (self.curve.n - ab)

    def columns(self) -> dict[str, Sequence[str] | Sequence[float]]:
        """The ranking as a table, by column: customer, value, share, cumulative_share, class.

        Examples
        --------
        >>> rank_customers(["Ann", "Bo"], [20, 80]).columns()["cumulative_share"]
        (0.8, 1.0)
        """
        return {
            "customer": self.customers,
            "value": self.values,
            "share": [value / self.total for value in self.values],
            "cumulative_share": self.curve.share[1:],
            "class": self.classes,
        }


def rank_customers(
    customers: Iterable[str], values: Iterable[float], *, value_of: str = "revenue"
) -> Ranking:
    """Rank customers, each listed once with its value.

    Parameters
    ----------
    customers
        Everyone once.
    values
        What each brought, net of refunds, in the same order; below zero is allowed.
    value_of
        What the values are, for the sentences: "revenue" or "profit".

    Raises
    ------
    OrderLogError
        If a customer is blank or comes twice, a value is not a finite number, or the values do
        not add up to more than zero.

    Examples
    --------
    >>> ranking = rank_customers(["Ann", "Bo", "Cy", "Di", "Ed"], [10, 50, 100, 50, 50])
    >>> ranking.customers, "".join(ranking.classes)
    (('Cy', 'Bo', 'Di', 'Ed', 'Ann'), 'AAAAC')
    """
    names = _names(customers)
    amounts = _finite(values)
    if len(names) != len(amounts):
        raise OrderLogError(
            f"`values` must have one entry for each of the {len(names)} customers (got {len(amounts)})."
        )
    return _ranked(names, amounts, key_order([name.lower() for name in names]), value_of)


def rank_purchases(customers: Sequence[str | None], amounts: Sequence[float | None]) -> Ranking:
    """Rank the customers of a list of purchases by what each spent in all.

    Parameters
    ----------
    customers
        Who bought, one entry a purchase; a customer is shown by the first spelling.
    amounts
        What was paid, refunds below zero. A purchase without a customer or an amount does not count.

    Raises
    ------
    OrderLogError
        If a total is not a finite number, or the totals do not add up to more than zero.

    Examples
    --------
    >>> ranking = rank_purchases(["Ann", "Bo", "ann ", None], [50, 20, 30, 9])
    >>> ranking.customers, ranking.values
    (('Ann', 'Bo'), (80.0, 20.0))
    """
    keys = {customer: customer_key(customer) for customer in dict.fromkeys(customers)}
    names: list[str] = []
    totals: dict[str, float] = {}
    for customer, amount in zip(customers, amounts, strict=True):
        key = keys[customer]
        if key is None or amount is None:
            continue
        if key not in totals:
            names.append(customer_name(customer))
            totals[key] = 0.0
        totals[key] += amount
    return _ranked(names, _finite(totals.values()), key_order(list(totals)), "revenue")


def rank_in_order(customers: Sequence[str], values: Sequence[float], value_of: str) -> Ranking:
    """Rank customers who are known to come once each, in the order a spreadsheet sorts them."""
    return _ranked(customers, _finite(values), range(len(customers)), value_of)


def lorenz_curve(values: Iterable[float]) -> Lorenz:
    """The Lorenz curve of what the customers brought, best first.

    L(k/n) is the net value of the top k of n customers over the total. Values may be below zero,
    and come in any order.

    Raises
    ------
    OrderLogError
        If a value is not a finite number or they do not add up to more than zero.

    Examples
    --------
    >>> [round(share, 3) for share in lorenz_curve([50, 100, 50, 10, 50]).share]
    [0.0, 0.385, 0.577, 0.769, 0.962, 1.0]
    """
    return _curve(_running(sorted(_finite(values), reverse=True), "value"))


def share_of_top(curve: Lorenz, p: float = 0.2) -> float:
    """Share of the value that the top `p` of the customers bring, read off the curve.

    Examples
    --------
    The top fifth of five customers is one, the top third one and two thirds:

    >>> curve = lorenz_curve([100, 50, 50, 50, 10])
    >>> round(share_of_top(curve, 0.2), 3), round(share_of_top(curve, 1 / 3), 3)
    (0.385, 0.513)
    """
    _check_share("p", p, "top fifth")
    wanted = p * curve.n
    whole = int(wanted)
    if whole == curve.n:
        return curve.share[-1]
    below, above = curve.share[whole], curve.share[whole + 1]
    return below + (above - below) * (wanted - whole)


def customers_behind(curve: Lorenz, share: float = 0.8) -> float:
    """Fraction of the customers, best first, who bring the `share` of the value.

    The smallest whole number of customers that reaches it, over all customers. A share within
    1e-12 counts as reached.

    Examples
    --------
    >>> customers_behind(lorenz_curve([100, 50, 50, 50, 10]), 0.8)
    0.8
    """
    _check_share("share", share, "share of 20 %")
    return _customers_reaching(curve, share) / curve.n


def gini_coefficient(curve: Lorenz) -> float:
    """Gini coefficient of the curve: sum of L(k-1) + L(k) over the n customers, / n, - 1.

    0 where all bring the same, 1 - 1/n where one of n brings all; above that where refunds push
    others below zero.

    Examples
    --------
    >>> gini_coefficient(lorenz_curve([0, 0, 0, 80]))
    0.75
    """
    # not sum: it rounds differently from Python 3.12 on
    return fsum(before + after for before, after in pairwise(curve.share)) / curve.n - 1


def _customers_reaching(curve: Lorenz, share: float) -> int:
    # refunds bring the curve down again, but not below 1, so a share once reached stays reached
    return bisect_left(curve.share, share - TOLERANCE)


def _ranked(
    names: Sequence[str], amounts: Sequence[float], in_order: Iterable[int], value_of: str
) -> Ranking:
    """The ranking of customers whose positions are given in customer order, which settles the ties."""
    alike = [_alike(amount) for amount in amounts]
    order = sorted(in_order, key=alike.__getitem__, reverse=True)
    values = tuple(map(amounts.__getitem__, order))
    running = _running(values, value_of)
    return Ranking(tuple(map(names.__getitem__, order)), values, running[-1], _curve(running))


def _alike(value: float) -> float:
    """The value to 40 binary digits, 1e-12, as the values are ranked."""
    # the same cents added up in another order differ in the last bits, which must not part equals
    digits, exponent = frexp(value)
    try:
        return ldexp(round(ldexp(digits, 40)), exponent - 40)
    except OverflowError:
        return copysign(inf, value)


def _curve(running: Sequence[float]) -> Lorenz:
    total = running[-1]
    return Lorenz((0.0, *(value / total for value in running)))


def _running(values: Sequence[float], value_of: str) -> list[float]:
    """Running totals of values in falling order; refused where they give no shares."""
    if not values:
        raise OrderLogError("`values` must not be empty: there are no customers to compare (got 0).")
    running = list(accumulate(values))
    if not isfinite(running[-1]):
        raise OrderLogError(
            f"`values` are too large to add up (the largest is {said(values[0])}): check the "
            "amounts, or give them in thousands."
        )
    # refunds that cancel the sales exactly leave rounding noise, which is not a total
    if not running[-1] > TOLERANCE * max(running):
        raise OrderLogError(
            f"`values` must add up to more than zero, or there is no {value_of} to share out "
            f"(got {said(running[-1])})."
        )
    return running


def _names(customers: Iterable[str]) -> list[str]:
    names = [customer_name(customer) for customer in customers]
    seen: set[str] = set()
    for row, name in enumerate(names, start=1):
        if not name:
            raise OrderLogError(f"`customers` must name everyone: entry {row} is blank.")
        if name in seen:
            raise OrderLogError(
                f'`customers` must list everyone once: "{said(name)}" comes again as entry {row}; add up '
                "what each customer brought first."
            )
        seen.add(name)
    return names


def _finite(values: Iterable[float]) -> list[float]:
    given: list[object] = list(values)
    try:
        amounts = [nan if value is None else float(value) for value in given]  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        odd = next((value for value in given if not isinstance(value, int | float)), "one too large")
        if isinstance(odd, Sized) and not isinstance(odd, str):
            raise OrderLogError("`values` must be one column of numbers (got 2 dimensions).") from None
        raise OrderLogError(f"`values` must be numbers (got {said(odd)}).") from None
    if not all(map(isfinite, amounts)):
        row = next(row for row, amount in enumerate(amounts) if not isfinite(amount))
        raise OrderLogError(f"`values` must be finite numbers: entry {row + 1} is {said(amounts[row])}.")
    return amounts


def _check_share(name: str, share: float, example: str) -> None:
    if not 0 < share <= 1:
        raise OrderLogError(
            f"`{name}` must be a fraction above 0 and at most 1, such as 0.2 for the {example} "
            f"(got {said(share)})."
        )
