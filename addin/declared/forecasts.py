"""Worksheet functions of how long customers stay and what they will bring."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any

from addin.catalogue import Catalogue
from addin.declared.answers import table_of
from addin.declared.order_rows import refuse_unusable
from addin.kept import once_for_columns
from addin.kinds import (
    Amounts,
    Customers,
    Dates,
    Durations,
    Losses,
    Months,
    Parameter,
    PeriodsAhead,
    Survivors,
    Table,
)
from addin.native import forecasts
from retention_core.errors import RetentionError, said

if TYPE_CHECKING:
    from retention_core.btyd.clv import LifetimeValues
    from retention_core.btyd.forecasting import BuyTillYouDie
    from retention_core.btyd.gamma_gamma import GammaGamma
    from retention_core.btyd.purchases import PurchaseHistory
    from retention_core.projection import RetentionModel

FUNCTIONS = Catalogue()

_CLV_FIGURES = ("alive", "expected_orders", "expected_value", "value", "low", "high")
_MOST_PERIODS = 1_000
_MOST_MONTHS = 600


@FUNCTIONS.declare()
def SURVIVAL(durations: Durations, lost: Losses) -> Table:
    """Share of customers still there after each duration, those not seen to leave included (Kaplan-Meier).

    Parameters
    ----------
    durations
        Column of how long each customer was there or has been so far, zero or more, in any unit of time.
    lost
        Column as long as durations: 1 for a customer seen to leave, 0 for one still there; TRUE and FALSE
        will do.

    Returns
    -------
    Columns time (0, then each duration with a loss), at_risk, lost, survival, standard_error (empty where
    survival is 0), low and high (95 % interval).

    Examples
    --------
    Five customers, two of whom are still there:

    >>> for row in SURVIVAL([2, 5, 5, 8, 12], [1, 1, 0, 1, 0]):
    ...     print([round(cell, 3) if isinstance(cell, float) else cell for cell in row])
    ['time', 'at_risk', 'lost', 'survival', 'standard_error', 'low', 'high']
    [0.0, 5, 0, 1.0, 0.0, 1.0, 1.0]
    [2.0, 5, 1, 0.8, 0.179, 0.204, 0.969]
    [5.0, 4, 1, 0.6, 0.219, 0.126, 0.882]
    [8.0, 2, 1, 0.3, 0.239, 0.012, 0.719]
    """
    from retention_core.survival import survival_curve

    rows = [(time, gone) for time, gone in zip(durations, lost, strict=True) if time is not None]
    times, losses = zip(*rows, strict=True)
    return table_of(survival_curve(times, losses).columns())


def _projected(survivors: Survivors) -> Callable[[int], list[list[Any]]]:
    model = _retention_model(survivors)

    def table(periods: int) -> list[list[Any]]:
        _refuse_periods(periods)
        return table_of(model.project(periods).columns())

    return table


@FUNCTIONS.declare(once=_projected)
def RETENTION_FORECAST(survivors: Survivors, periods: PeriodsAhead) -> Table:
    """A cohort's retention curve so far, carried on by the shifted-beta-geometric model with its interval.

    Customers differ in their chance to leave, which each keeps; those likely to leave go first, so retention
    rises with age. Where it does not rise in the counts, one chance to leave for all is fitted.

    Parameters
    ----------
    survivors
        Column of customers left: the size of the cohort first, then after each period, two at least.
    periods
        How many periods to go on for after the last count, 1 to 1,000.

    Returns
    -------
    Columns period, observed (empty in the periods to come), projected, survival (share left), low, high (95 %
    interval of survival) and retention (share of those left a period before).

    Examples
    --------
    A cohort of 1,000 over seven years; five years on, 170 are expected to be left:

    >>> table = RETENTION_FORECAST([1000, 631, 468, 382, 326, 289, 262, 241], 5)
    >>> table[-1][0], round(table[-1][2])
    (12, 170)
    """
    return _projected(survivors)(periods)


@FUNCTIONS.declare()
def RETENTION_MODEL(survivors: Survivors) -> Table:
    """Parameters of the shifted-beta-geometric model fitted to a cohort's survivors; SBG_FORECAST takes them.

    Parameters
    ----------
    survivors
        Column of customers left: the size of the cohort first, then after each period, two at least.

    Returns
    -------
    Columns parameter, value, low and high (95 % interval), with a row for alpha and one for beta. Where
    retention does not rise with age there is one row, q: the same share exp(-q) stays in every period.

    Examples
    --------
    >>> for name, *figures in RETENTION_MODEL([1000, 631, 468, 382, 326, 289, 262, 241])[1:]:
    ...     print(name, [round(figure, 3) for figure in figures])
    alpha [0.704, 0.587, 0.845]
    beta [1.182, 0.918, 1.522]
    """
    figures = _retention_model(survivors).parameters
    rows = [[name, figure.value, figure.low, figure.high] for name, figure in figures.items()]
    return [["parameter", "value", "low", "high"], *rows]


@FUNCTIONS.declare(native=forecasts.SBG_FORECAST)
def SBG_FORECAST(alpha: Parameter, beta: Parameter, periods: PeriodsAhead) -> Table:
    """The retention curve of a new cohort by the shifted-beta-geometric model with the parameters given.

    Parameters
    ----------
    alpha
        First parameter of the customers' chances to leave, above zero; RETENTION_MODEL finds it.
    beta
        Second parameter, above zero; the share lost in the first period is alpha / (alpha + beta).
    periods
        How many periods after the start, 1 to 1,000.

    Returns
    -------
    Columns period (from 0), survival (share left) and retention (share of those left a period before, empty
    in period 0).

    Examples
    --------
    >>> for row in SBG_FORECAST(0.5, 1, 3):
    ...     print(row)
    ['period', 'survival', 'retention']
    [0, 1.0, None]
    [1, 0.6666666666666666, 0.6666666666666666]
    [2, 0.5333333333333333, 0.8]
    [3, 0.45714285714285713, 0.8571428571428571]
    """
    from retention_core.projection import sbg_curve

    _refuse_periods(periods)
    return [["period", "survival", "retention"], *map(list, sbg_curve(alpha, beta, periods))]


def _valued(customers: Customers, dates: Dates, amounts: Amounts) -> Callable[[float], list[list[Any]]]:
    from retention_core.btyd.clv import lifetime_values

    model, spending, history = _order_models(customers, dates, amounts)

    def table(months: float) -> list[list[Any]]:
        if not 0 < months <= _MOST_MONTHS:
            raise RetentionError(
                f"`months` must be a number above zero, at most {_MOST_MONTHS:,} (got {said(months)})."
            )
        return _best_first(lifetime_values(model, spending, history, months=months), history)

    return table


@FUNCTIONS.declare(once=_valued, packages=("numpy", "scipy"))
def CLV(customers: Customers, dates: Dates, amounts: Amounts, months: Months = 12) -> Table:
    """What each customer is expected to bring in the months to come, best first: orders, values, interval.

    Orders by the MBG/NBD model (customers order at a rate of their own until they leave unseen), their values
    by Gamma-Gamma, both fitted to the columns; money to come is discounted at 10 % a year. A row that lacks a
    value in one of the columns is an error that names it. Needs the Python packages numpy and scipy.

    Parameters
    ----------
    customers
        Column of customers, one row an order or order line.
    dates
        Column of order dates, as long as customers; Excel dates or text like 2024-01-31.
    amounts
        Column of amounts, as long as customers; refunds below zero, which are no orders.
    months
        How many months to look ahead from the last order, up to 600; 12 if left out.

    Returns
    -------
    Columns customer, orders (days with an order so far), alive (probability of being still a customer),
    expected_orders, expected_value (of one), value (discounted, of all in these months), low and high (95 %
    interval; empty where it has no bound).

    Examples
    --------
    Thirteen customers of a small shop in its first year:

    >>> from datetime import date
    >>> who = ["Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kim", "Ida", "Lee", "Bo",
    ...     "Max", "Bo", "Kim", "Ed", "Jo", "Max", "Bo", "Bo", "Ed", "Bo", "Ed", "Bo", "Ida", "Bo", "Bo",
    ...     "Gus", "Bo", "Bo", "Ida", "Bo", "Ida"]
    >>> days = [date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 13), date(2024, 1, 15),
    ...     date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 24), date(2024, 2, 10), date(2024, 2, 11),
    ...     date(2024, 2, 14), date(2024, 2, 15), date(2024, 2, 15), date(2024, 2, 17), date(2024, 2, 21),
    ...     date(2024, 2, 29), date(2024, 3, 9), date(2024, 3, 10), date(2024, 3, 13), date(2024, 3, 24),
    ...     date(2024, 4, 5), date(2024, 4, 10), date(2024, 4, 19), date(2024, 4, 21), date(2024, 4, 30),
    ...     date(2024, 5, 7), date(2024, 5, 7), date(2024, 5, 10), date(2024, 6, 19), date(2024, 7, 4),
    ...     date(2024, 7, 25), date(2024, 8, 1), date(2024, 8, 27), date(2024, 10, 6), date(2024, 11, 14),
    ...     date(2024, 12, 9)]
    >>> paid = [40, 64, 25, 45, 25, 44, 40, 12, 22, 22, 15, 17, 36, 63, 66, 65, 8, 26, 27, 41, 61, 32, 22,
    ...     46, 29, 47, 23, 66, 67, 30, 50, 35, 14, 65, 29]
    >>> for name, *figures in CLV(who, days, paid, 6)[1:4]:
    ...     print(name, [round(figure, 2) for figure in figures])
    Bo [12, 0.88, 3.82, 51.13, 190.78, 101.29, 269.74]
    Ida [5, 0.86, 2.1, 24.25, 49.87, 31.88, 98.61]
    Gus [2, 0.32, 0.48, 31.28, 14.57, 2.36, 34.96]
    """
    return _valued(customers, dates, amounts)(months)


def _refuse_periods(periods: int) -> None:
    if not 1 <= periods <= _MOST_PERIODS:
        raise RetentionError(
            f"`periods` must be a whole number from 1 to {_MOST_PERIODS:,} (got {said(periods)})."
        )


@once_for_columns
def _retention_model(survivors: Survivors) -> RetentionModel:
    """The fitted model, kept because a forecast is asked of it again and again."""
    from retention_core.projection import fit_sbg

    if len(survivors) > _MOST_PERIODS + 1:
        raise RetentionError(
            f"`survivors` has {len(survivors) - 1:,} periods: give {_MOST_PERIODS:,} or fewer."
        )
    for period, left in enumerate(survivors):
        if left is None:
            raise RetentionError(
                f"`survivors` is blank in period {period}: give the customers left "
                "after each period, without gaps."
            )
    return fit_sbg([left for left in survivors if left is not None])


@once_for_columns
def _order_models(
    customers: Customers, dates: Dates, amounts: Amounts
) -> tuple[BuyTillYouDie, GammaGamma, PurchaseHistory]:
    """The models of orders and of their values, kept because fitting takes longest."""
    from retention_core.btyd.estimates import ModelError
    from retention_core.btyd.forecasting import ADVICE
    from retention_core.btyd.gamma_gamma import fit_gamma_gamma
    from retention_core.btyd.mbg_nbd import fit_mbg_nbd
    from retention_core.btyd.purchases import purchases_of_columns

    refuse_unusable(dates, amounts)
    history = purchases_of_columns(customers, dates, amounts)
    try:
        return fit_mbg_nbd(history), fit_gamma_gamma(history), history
    except ModelError as error:
        raise RetentionError(error.sentence.replace(ADVICE, "try a longer log or more customers")) from error


def _best_first(values: LifetimeValues, history: PurchaseHistory) -> list[list[Any]]:
    figures = {
        "customer": values.customers,
        "orders": (history.frequency + 1).tolist(),
        **{name: [_bounded(x) for x in getattr(values, name).tolist()] for name in _CLV_FIGURES},
    }
    header, *rows = table_of(figures)
    return [header, *sorted(rows, key=lambda row: -row[header.index("value")])]


def _bounded(figure: float) -> float | None:
    """The figure, or nothing where it has no bound, which no cell can show."""
    return figure if isfinite(figure) else None
