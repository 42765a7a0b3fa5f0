"""Worksheet functions of how value is spread over customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from addin.catalogue import Catalogue
from addin.declared.answers import table_of
from addin.kept import once_for_columns
from addin.kinds import Amounts, Customers, Groups, Rate, Table
from addin.native import group_tables, tables

if TYPE_CHECKING:
    from retention_core.lorenz import Ranking

FUNCTIONS = Catalogue()


@FUNCTIONS.declare(words={"values": "amounts"}, native=tables.PARETO)
def PARETO(customers: Customers, amounts: Amounts) -> Table:
    """Customers by value, best first, with their share, the cumulative share and the class A, B or C.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.

    Returns
    -------
    Columns customer, value, share, cumulative_share and class (A up to 80 % of the value, B up to 95 %).

    Examples
    --------
    >>> for row in PARETO(["Ann", "Bo", "Ann"], [50, 20, 30]):
    ...     print(row)
    ['customer', 'value', 'share', 'cumulative_share', 'class']
    ['Ann', 80.0, 0.8, 0.8, 'A']
    ['Bo', 20.0, 0.2, 1.0, 'B']
    >>> PARETO(["Ann", "Bo", "Ann"], [50, 20, 30])[1][2]
    0.8
    """
    return table_of(_concentration(customers, amounts).columns())


def _shares_of_top(customers: Customers, amounts: Amounts) -> Callable[[float], float]:
    from retention_core.lorenz import share_of_top

    curve = _concentration(customers, amounts).curve
    return lambda top: share_of_top(curve, top)


@FUNCTIONS.declare(words={"values": "amounts", "p": "top"}, native=tables.PARETO_SHARE, once=_shares_of_top)
def PARETO_SHARE(customers: Customers, amounts: Amounts, top: Rate = 0.2) -> Rate:
    """Share of the total value that the top customers bring, such as the top 20 %.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.
    top
        The best customers asked about, as a fraction of all; 0.2 if left out.

    Returns
    -------
    A fraction, read off the Lorenz curve; above 1 where refunds push other customers below zero.

    Examples
    --------
    >>> PARETO_SHARE(["Ann", "Bo", "Cy", "Di", "Ed"], [60, 10, 10, 10, 10])
    0.6
    """
    return _shares_of_top(customers, amounts)(top)


def _customers_behind(customers: Customers, amounts: Amounts) -> Callable[[float], float]:
    from retention_core.lorenz import customers_behind

    curve = _concentration(customers, amounts).curve
    return lambda share: customers_behind(curve, share)


@FUNCTIONS.declare(words={"values": "amounts"}, native=tables.PARETO_CUSTOMERS, once=_customers_behind)
def PARETO_CUSTOMERS(customers: Customers, amounts: Amounts, share: Rate = 0.8) -> Rate:
    """Share of the customers, best first, who together bring a share of the total value, such as 80 %.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.
    share
        Share of the value asked about, as a fraction; 0.8 if left out.

    Returns
    -------
    The smallest number of customers that reaches the share, over all customers.

    Examples
    --------
    >>> PARETO_CUSTOMERS(["Ann", "Bo", "Cy", "Di", "Ed"], [60, 20, 10, 5, 5])
    0.4
    """
    return _customers_behind(customers, amounts)(share)


@FUNCTIONS.declare(words={"values": "amounts"}, native=tables.GINI)
def GINI(customers: Customers, amounts: Amounts) -> Rate:
    """Gini coefficient of value over customers: 0 where all bring the same, towards 1 where one brings all.

    A row with an amount but no customer, or a customer but no amount, is an error that names the row, since
    there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.

    Returns
    -------
    A fraction from 0 to 1; above that where refunds push customers below zero.

    Examples
    --------
    >>> GINI(["Ann", "Bo", "Cy", "Di"], [0, 0, 0, 80])
    0.75
    """
    from retention_core.lorenz import gini_coefficient

    return gini_coefficient(_concentration(customers, amounts).curve)


@FUNCTIONS.declare(words={"values": "amounts"}, native=group_tables.KEY_CUSTOMERS)
def KEY_CUSTOMERS(customers: Customers, amounts: Amounts, groups: Groups, share: Rate = 0.8) -> Table:
    """The key customers of every group: the fewest who together bring a share of the group's value, as 80 %.

    Groups can be regions, channels, product lines or a target audience; a customer may stand in several, and
    blank cells are a group of their own, (blank). A group whose amounts do not add up to more than zero has
    no key customers. A row with an amount but no customer, or a customer but no amount, is an error that
    names the row, since there is no place here to count it.

    Parameters
    ----------
    customers
        Column of customers; one customer may stand in many rows.
    amounts
        Column of amounts, as long as customers; refunds below zero.
    groups
        Column of what each row belongs to, as long as customers, such as the region; upper and lower case are
        alike.
    share
        Share of each group's value that its key customers bring, as a fraction; 0.8 if left out.

    Returns
    -------
    Columns group, customer, value, share and cumulative_share (of the group's net value), groups in the order
    a spreadsheet sorts them, customers best first.

    Examples
    --------
    >>> who = ["Ann", "Bo", "Cy", "Ann", "Di", "Bo"]
    >>> paid = [70, 20, 10, 5, 30, 15]
    >>> where = ["web", "web", "Web", "shop", "shop", "shop"]
    >>> for row in KEY_CUSTOMERS(who, paid, where):
    ...     print(row)
    ['group', 'customer', 'value', 'share', 'cumulative_share']
    ['shop', 'Di', 30.0, 0.6, 0.6]
    ['shop', 'Bo', 15.0, 0.3, 0.9]
    ['web', 'Ann', 70.0, 0.7, 0.7]
    ['web', 'Bo', 20.0, 0.2, 0.9]
    """
    from retention_core.key_customers import key_customers_of_columns

    return table_of(key_customers_of_columns(customers, amounts, groups, share).columns())


@once_for_columns
def _concentration(customers: Customers, amounts: Amounts) -> Ranking:
    """The customers' totals, ranked; each customer under the first spelling."""
    from retention_core.lorenz import rank_purchases

    return rank_purchases(customers, amounts)
