"""What keeping a customer costs against winning one, on one's own figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from retention_core.arguments import check_kind, is_number
from retention_core.errors import said
from retention_core.measured import NOT_KNOWN, Measured, span_said
from retention_core.worth import (
    DISCOUNT,
    WorthError,
    break_even_once,
    break_even_spend,
    customer_worth,
    raised,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

DRAWS = 20_000
_LEAST, _MOST = 1e-9, 1e15  # beyond, quotients exceed every number


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent on winning and on keeping, and what came of it; None for what is not known.

    Attributes
    ----------
    winning_spend, won
        Money spent on winning customers, and the customers it won.
    keeping_spend, reached, kept
        Money spent on keeping customers, the customers it was spent on, and those of them who stayed.
    left_alone, left_alone_kept
        Customers like them on whom nothing was spent, and those of them who stayed: what the spending
        changed is the difference of the two shares.
    uplift
        That difference as a share, where it is assumed rather than counted.
    """

    winning_spend: float | None = None
    won: float | None = None
    keeping_spend: float | None = None
    reached: float | None = None
    kept: float | None = None
    left_alone: float | None = None
    left_alone_kept: float | None = None
    uplift: float | None = None

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            _check_amount(name, getattr(self, name))
        _check_part("kept", self.kept, "reached", self.reached)
        _check_part("left_alone_kept", self.left_alone_kept, "left_alone", self.left_alone)
        if self.uplift is not None and self.uplift > 1:
            raise WorthError(
                f"`uplift` must be a fraction from 0 to 1, such as 0.05 (got {said(self.uplift)})."
            )
        if self.uplift is not None and self.left_alone:
            raise WorthError("`uplift` is counted from `left_alone`, so give one of them, not both.")


@dataclass(frozen=True, slots=True, eq=False)
class KeepingAgainstWinning:
    """Cost of keeping a customer against cost of winning one; made by `keeping_against_winning`.

    Attributes
    ----------
    cost_to_win
        Money a customer won.
    cost_to_keep
        Money a customer who stayed because of it. Without an uplift only `low` is known. `high` is None
        where the spending may have kept nobody.
    ratio
        Cost of winning over cost of keeping: 5 where winning is five times as dear. Without an uplift only
        `high` is known.
    uplift
        Points of retention that the spending added, as a fraction; the interval where it is counted.
    worth
        What a customer is worth by its margin, if margin and retention are given.
    spend_each
        Money spent on keeping, a customer reached.
    break_even, break_even_once
        The most that may be spent on one for that uplift, should it last, or hold for a period.
    spending, margin, retention, discount, confidence
        What was put in.
    """

    cost_to_win: Measured
    cost_to_keep: Measured
    ratio: Measured
    uplift: Measured
    worth: float | None
    spend_each: float | None
    break_even: Measured
    break_even_once: Measured
    spending: Spending
    margin: float | None
    retention: float | None
    discount: float
    confidence: float

    @property
    def sentence(self) -> str:
        """How many times dearer winning is, as far as known."""
        high = self.ratio.high
        if self.ratio.value is not None:
            told = f"Winning a customer costs {span_said(self.ratio)} times what keeping one costs"
            return f"{told}: {span_said(self.cost_to_win)} against {span_said(self.cost_to_keep)}."
        if high is not None:
            return (
                f"Winning a customer costs at most {high:,.2f} times what keeping one costs: some of those "
                "who stayed would have stayed anyway, and how many is not known."
            )
        if self.uplift.value is not None and self.uplift.value <= 0:
            return "The spending kept nobody who would have left, so keeping has no cost a customer."
        return f"Unknown whether keeping is cheaper than winning: needs {self.needs}."

    @property
    def needs(self) -> str:
        """What is missing for the ratio, in words; "nothing" where it is known."""
        given = self.spending
        missing = [
            words
            for words, known in (
                ("the spending on winning", given.winning_spend),
                ("the customers it won", given.won),
                ("the spending on keeping", given.keeping_spend),
                ("the customers it was spent on", given.reached),
                ("the share that would have left without it", self.uplift.value),
            )
            if known is None
        ]
        return ", ".join(missing) or "nothing"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer, each cost, and whether it repays."""
        told = [self.sentence]
        if self.cost_to_keep.value is None and self.cost_to_keep.low is not None:
            why = "the upper limit of the uplift counts"
            if self.uplift.value is None:
                why = "without the uplift everyone who stayed counts as kept by the spending"
            told.append(f"Keeping costs {span_said(self.cost_to_keep)} a customer: a lower limit, for {why}.")
        if self.worth is not None and self.cost_to_win.value is not None:
            told.append(
                f"A customer won for {span_said(self.cost_to_win)} is worth {self.worth:,.2f} over its "
                "lifetime."
            )
        if self.break_even.value is not None and self.spend_each is not None:
            told.append(
                f"Keeping cost {self.spend_each:,.2f} a customer reached and may cost up to "
                f"{span_said(self.break_even)} if the uplift lasts, {span_said(self.break_even_once)} if it "
                "holds for one period."
            )
        return tuple(told)

    def columns(self) -> dict[str, list[object]]:
        """One row a figure: figure, value, low, high; None for what is not known."""
        rows = {
            "cost to win a customer": self.cost_to_win,
            "cost to keep a customer": self.cost_to_keep,
            "cost of winning over cost of keeping": self.ratio,
            "uplift of retention": self.uplift,
            "spent on keeping, a customer reached": Measured(self.spend_each),
            "margin a customer and period": Measured(self.margin),
            "worth of a customer": Measured(self.worth),
            "break-even spend, lasting uplift": self.break_even,
            "break-even spend, one period": self.break_even_once,
        }
        values, lows, highs = (list(column) for column in zip(*rows.values(), strict=True))
        return {"figure": list(rows), "value": values, "low": lows, "high": highs}

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame, what is not known as NaN."""
        from retention_core.frames import frame_of

        return frame_of(self.columns()).astype(dict.fromkeys(("value", "low", "high"), float))


def keeping_against_winning(
    spending: Spending,
    *,
    margin: float | None = None,
    retention: float | None = None,
    discount: float = DISCOUNT,
    confidence: float = 0.95,
) -> KeepingAgainstWinning:
    """Cost of keeping a customer against cost of winning one, as far as the figures tell.

    Parameters
    ----------
    spending
        What was spent and what came of it; whatever is left out leaves unknown only what needs it.
    margin, retention, discount
        As in `customer_worth`, of customers on whom nothing is spent; add a customer's worth and the
        break-even spends.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    WorthError
        If a figure makes no sense.

    Notes
    -----
    The money is taken as known. The customers won are a Poisson count, those who stayed of those reached
    and of those left alone are binomial: intervals are quantiles under Jeffreys' priors, from 20,000 draws
    (seed 0). An assumed uplift is taken as exact. A difference between those reached and those left alone
    is the spending's effect only where chance decided who was reached.

    Examples
    --------
    Two hundred reached, 170 stayed; of 200 left alone, 150:

    >>> found = keeping_against_winning(Spending(
    ...     winning_spend=6000, won=100, keeping_spend=800, reached=200, kept=170,
    ...     left_alone=200, left_alone_kept=150))
    >>> round(found.cost_to_keep.value, 2), round(found.ratio.value, 2), round(found.uplift.value, 2)
    (40.0, 1.5, 0.1)
    """
    check_kind("spending", spending, Spending)
    if not (is_number(confidence) and 0 < confidence < 1):
        raise WorthError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")
    _check_terms(margin, retention, discount)
    rng = np.random.default_rng(0)
    won = _drawn_count(rng, spending.won)
    lift, lifts = _uplift(rng, spending)
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    uplift = Measured(lift) if lifts is None else Measured(lift, *_quantiles(lifts, tails))
    worth, base = None, _base(retention, spending)
    if margin is not None and base is not None:
        worth = customer_worth(margin, base, discount)
    return KeepingAgainstWinning(
        cost_to_win=_cost_to_win(spending, won, tails),
        cost_to_keep=_cost_to_keep(spending, uplift),
        ratio=_ratio(spending, lift, lifts, won, tails),
        uplift=uplift,
        worth=worth,
        spend_each=_over(spending.keeping_spend, spending.reached),
        break_even=_spends(break_even_spend, margin, base, uplift, discount),
        break_even_once=_spends(break_even_once, margin, base, uplift, discount),
        spending=spending,
        margin=margin,
        retention=base,
        discount=discount,
        confidence=confidence,
    )


def _drawn_count(rng: np.random.Generator, count: float | None) -> Floats | None:
    return None if count is None else rng.gamma(count + 0.5, size=DRAWS)


def _uplift(rng: np.random.Generator, given: Spending) -> tuple[float | None, Floats | None]:
    """The uplift and, where it is counted, draws of it."""
    if given.uplift is not None:
        return given.uplift, None
    counts = (given.reached, given.kept, given.left_alone, given.left_alone_kept)
    if not given.reached or not given.left_alone or given.kept is None or given.left_alone_kept is None:
        return None, None
    reached, kept, alone, stayed = (float(count or 0) for count in counts)
    treated = rng.beta(kept + 0.5, reached - kept + 0.5, DRAWS)
    plain = rng.beta(stayed + 0.5, alone - stayed + 0.5, DRAWS)
    return kept / reached - stayed / alone, treated - plain


def _cost_to_win(given: Spending, won: Floats | None, tails: tuple[float, float]) -> Measured:
    if given.winning_spend is None or given.won is None or won is None:
        return NOT_KNOWN
    few, many = _quantiles(won, tails)
    if not given.won:
        return Measured(None, given.winning_spend / many)
    few, many = min(few, given.won), max(many, given.won)
    return Measured(given.winning_spend / given.won, given.winning_spend / many, given.winning_spend / few)


def _cost_to_keep(given: Spending, uplift: Measured) -> Measured:
    if given.keeping_spend is None:
        return NOT_KNOWN
    if uplift.value is None:
        most = given.kept if given.kept is not None else given.reached
        return Measured(None, given.keeping_spend / most) if most else NOT_KNOWN
    if not given.reached:
        return NOT_KNOWN
    each = given.keeping_spend / given.reached
    low = each / uplift.high if uplift.high is not None and uplift.high > 0 else None
    high = each / uplift.low if uplift.low is not None and uplift.low > 0 else None
    return Measured(each / uplift.value if uplift.value > 0 else None, low, high)


def _ratio(
    given: Spending,
    lift: float | None,
    lifts: Floats | None,
    won: Floats | None,
    tails: tuple[float, float],
) -> Measured:
    if given.winning_spend is None or not given.won or won is None or not given.keeping_spend:
        return NOT_KNOWN
    dear = given.winning_spend / given.keeping_spend
    if lift is None:
        most = given.kept if given.kept is not None else given.reached
        return Measured(None, None, dear * most / given.won) if most else NOT_KNOWN
    if not given.reached or lift <= 0:
        return NOT_KNOWN
    saved = given.reached * (lift if lifts is None else np.maximum(lifts, 0.0))
    low, high = _quantiles(dear * saved / won, tails)
    return Measured(dear * given.reached * lift / given.won, low, high)


def _base(retention: float | None, given: Spending) -> float | None:
    """Retention without the spending: as given, else that of the customers left alone."""
    return retention if retention is not None else _over(given.left_alone_kept, given.left_alone)


def _spends(
    rule: Callable[[float, float, float, float], float],
    margin: float | None,
    base: float | None,
    uplift: Measured,
    discount: float,
) -> Measured:
    """A break-even spend at the uplift and at its limits, these cut to what retention leaves room for."""
    if margin is None or base is None or uplift.value is None or not 0 <= uplift.value <= 1 - base + 1e-12:
        return NOT_KNOWN
    cut = (None if lift is None else min(max(lift, 0.0), 1 - base) for lift in uplift)
    return Measured(*(None if lift is None else rule(margin, base, lift, discount) for lift in cut))


def _over(amount: float | None, count: float | None) -> float | None:
    return amount / count if amount is not None and count else None


def _quantiles(drawn: Floats, tails: tuple[float, float]) -> tuple[float, float]:
    low, high = np.quantile(drawn, tails)
    return float(low), float(high)


def _check_amount(name: str, amount: float | None) -> None:
    if amount is not None and not (is_number(amount) and amount >= 0):
        raise WorthError(f"`{name}` must be a finite number, zero or more (got {said(amount)}).")
    if amount and not _LEAST <= amount <= _MOST:
        raise WorthError(f"`{name}` must be zero or from {_LEAST:g} to {_MOST:g} (got {said(amount)}).")


def _check_terms(margin: float | None, retention: float | None, discount: float) -> None:
    """Refuse what makes no sense also where nothing is computed with it."""
    customer_worth(0.0 if margin is None else margin, 0.5, discount)
    if retention is not None:
        raised(retention, "uplift", 0.0)


def _check_part(name: str, part: float | None, whole_name: str, whole: float | None) -> None:
    if part is not None and whole is not None and part > whole:
        raise WorthError(
            f"`{name}` must not exceed `{whole_name}`, {said(whole)} (got {said(part)}): those who stayed "
            "are among them."
        )
