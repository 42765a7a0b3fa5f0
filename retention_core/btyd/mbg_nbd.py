"""MBG/NBD: customers may leave right after any order, the first included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from retention_core.btyd import beta_geometric
from retention_core.btyd.bg_nbd import STARTS
from retention_core.btyd.forecasting import BuyTillYouDie, fitted
from retention_core.btyd.purchases import Floats, Patterns, PurchaseHistory


@dataclass(frozen=True, slots=True, eq=False)
class MBGNBD(BuyTillYouDie):
    """MBG/NBD, fitted by `fit_mbg_nbd` or made with `MBGNBD.given(r=, alpha=, a=, b=)`.

    Notes
    -----
    BG/NBD with one more chance to leave, right after the first order: P(alive) of one-time buyers is below
    1 and falls with silence. Also called the central variant (CBG/NBD).

    References
    ----------
    Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer base
    analysis, International Journal of Research in Marketing 24(3), appendix A. Hoppe and Wagner (2007),
    Customer base analysis: the case for a central variant of the betageometric/NBD model.

    Examples
    --------
    >>> from retention_core.btyd.purchases import purchases
    >>> model = MBGNBD.given(r=0.525, alpha=6.183, a=0.891, b=1.614)
    >>> model.alive(purchases([2, 0, 0], [30.43, 0, 0], [38.86, 38.86, 10])).round(3).tolist()
    [0.706, 0.39, 0.522]
    """

    name: ClassVar[str] = "MBG/NBD"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    @staticmethod
    def log_odds_gone(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """See `BuyTillYouDie.log_odds_gone`."""
        return beta_geometric.log_odds_gone(parameters, frequency, recency, age, frequency + 1)

    @staticmethod
    def orders_if_alive(parameters: Floats, time: Floats, frequency: Floats, age: Floats) -> Floats:
        """See `BuyTillYouDie.orders_if_alive`."""
        return beta_geometric.orders_if_alive(parameters, time, frequency, age, frequency + 1)

    @staticmethod
    def likelihood(parameters: Floats, patterns: Patterns) -> tuple[float, Floats]:
        """See `BuyTillYouDie.likelihood`."""
        return beta_geometric.likelihood(parameters, patterns, 1)


def fit_mbg_nbd(history: PurchaseHistory) -> MBGNBD:
    """MBG/NBD by maximum likelihood.

    Raises
    ------
    ModelError
        If nobody ordered again or there is no clear maximum; the sentence says what to try.
    """
    return fitted(MBGNBD, history, STARTS)
