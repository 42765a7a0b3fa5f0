"""BG/NBD: customers may leave right after any repeat order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from retention_core.btyd import beta_geometric
from retention_core.btyd.forecasting import BuyTillYouDie, fitted
from retention_core.btyd.purchases import Floats, Patterns, PurchaseHistory

STARTS = ((0.5, 0.3, 0.8, 2.5), (1.0, 1.0, 1.0, 1.0), (0.2, 0.05, 0.2, 5.0), (3.0, 1.0, 2.0, 10.0))


@dataclass(frozen=True, slots=True, eq=False)
class BGNBD(BuyTillYouDie):
    """BG/NBD, fitted by `fit_bg_nbd` or made with `BGNBD.given(r=, alpha=, a=, b=)`.

    Notes
    -----
    A customer orders at a rate lambda, gamma(r, alpha) distributed over customers, and leaves after each
    repeat order with a probability p, beta(a, b) distributed. Who never ordered again has had no occasion
    to leave: P(alive) is 1 for one-time buyers, however long ago they bought. MBG/NBD lets them leave.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2): equations
    6 (likelihood), 9 (new customers), 10 (expected orders). Fader, Hardie and Lee (2008), Computing
    P(alive) Using the BG/NBD Model, brucehardie.com/notes/021.

    Examples
    --------
    >>> from retention_core.btyd.purchases import purchases
    >>> model = BGNBD.given(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> customers = purchases([2, 0], [30.43, 0], [38.86, 38.86])
    >>> model.expected_orders(39, customers).round(3).tolist(), model.alive(customers).round(3).tolist()
    ([1.226, 0.195], [0.727, 1.0])
    """

    name: ClassVar[str] = "BG/NBD"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    @staticmethod
    def log_odds_gone(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Floats:
        """See `BuyTillYouDie.log_odds_gone`."""
        return beta_geometric.log_odds_gone(parameters, frequency, recency, age, frequency)

    @staticmethod
    def orders_if_alive(parameters: Floats, time: Floats, frequency: Floats, age: Floats) -> Floats:
        """See `BuyTillYouDie.orders_if_alive`."""
        return beta_geometric.orders_if_alive(parameters, time, frequency, age, frequency)

    @staticmethod
    def likelihood(parameters: Floats, patterns: Patterns) -> tuple[float, Floats]:
        """See `BuyTillYouDie.likelihood`."""
        return beta_geometric.likelihood(parameters, patterns, 0)


def fit_bg_nbd(history: PurchaseHistory) -> BGNBD:
    """BG/NBD by maximum likelihood.

    Raises
    ------
    ModelError
        If nobody ordered again or there is no clear maximum; the sentence says what to try.
    """
    return fitted(BGNBD, history, STARTS)
