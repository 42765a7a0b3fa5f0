"""Worksheet functions of what keeping customers is worth, and of what may be spent on it."""

from __future__ import annotations

from addin.catalogue import Catalogue
from addin.kinds import Count, Money, Rate
from addin.native import worth as native
from retention_core import worth

FUNCTIONS = Catalogue()


@FUNCTIONS.declare(native=native.RETENTION_WORTH)
def RETENTION_WORTH(
    customers: Count,
    margin: Money,
    retention: Rate,
    points: Rate = worth.POINT,
    discount: Rate = worth.DISCOUNT,
) -> Money:
    """What a rise of retention, by one point if left out, is worth today for all customers together.

    A customer is worth margin * (1 + discount) / (1 + discount - retention): its first margin paid now and a
    further one each period it stays. All rates belong to the period of the margin, mostly a year, and stay
    the same for ever.

    Parameters
    ----------
    customers
        Customers now, zero or more.
    margin
        What a customer brings a period, in money after the costs of serving it; may be below zero.
    retention
        Share of the customers who stay from one period to the next, a fraction from 0 to 1.
    points
        Added to retention for good; below zero for what it costs to lose them. One point is 0.01, and is
        taken if left out.
    discount
        What money loses a period by coming later, a fraction from 0 to 1; above zero where everyone stays.
        0.1 if left out.

    Returns
    -------
    Money of today: customers * (worth of one at retention + points - worth of one at retention).

    Examples
    --------
    A thousand customers who bring 100 a year, four fifths of whom stay:

    >>> round(RETENTION_WORTH(1000, 100, 0.8), 2)
    12643.68
    """
    return worth.retention_worth(customers, margin, retention, points, discount)


@FUNCTIONS.declare(native=native.BREAK_EVEN_SPEND)
def BREAK_EVEN_SPEND(
    margin: Money, retention: Rate, uplift: Rate = worth.UPLIFT, discount: Rate = worth.DISCOUNT
) -> Money:
    """The most to spend today on one customer to raise its retention for good, by 0.05 if left out.

    A customer is worth margin * (1 + discount) / (1 + discount - retention): its first margin paid now and a
    further one each period it stays. Where the spending lifts the next period alone, it is worth far less:
    uplift * margin / (1 + discount - retention).

    Parameters
    ----------
    margin
        What the customer brings a period, in money after the costs of serving it; may be below zero.
    retention
        Chance that the customer stays from one period to the next, a fraction from 0 to 1.
    uplift
        Added to the chance of every period to come, zero or more; 0.05 if left out.
    discount
        What money loses a period by coming later, a fraction from 0 to 1; above zero where the customer is
        sure to stay. 0.1 if left out.

    Returns
    -------
    Money of today: worth at retention + uplift - worth at retention.

    Examples
    --------
    A customer who brings 100 a year and stays with a chance of four fifths:

    >>> round(BREAK_EVEN_SPEND(100, 0.8), 2)
    73.33
    """
    return worth.break_even_spend(margin, retention, uplift, discount)
