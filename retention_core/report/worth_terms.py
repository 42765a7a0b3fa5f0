"""What the worth section of a report is told beside the log: a margin, a discount, spending, and what if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from retention_core.arguments import check_kind, is_number
from retention_core.errors import said
from retention_core.keeping_costs import Spending
from retention_core.scenarios import Plan
from retention_core.worth import DISCOUNT, WorthError, customer_worth

SPENDING_NAMES = tuple(field.name for field in fields(Spending))
PLAN_NAMES = (
    "customers",
    "retention",
    "margin",
    "revenue",
    "new_customers",
    "winning_budget",
    "cost_to_win",
    "keeping_cost",
)


@dataclass(frozen=True, slots=True)
class WorthTerms:
    """What is known beside the orders of what customers bring and cost; None for what is not.

    Attributes
    ----------
    customer_margin
        What a customer brings in a year, in money after the costs of serving it, in place of what the log
        knows.
    discount
        What money loses in a year by coming later.
    spending
        What was spent on winning and on keeping, and what came of it.
    what_if
        Name -> value of what to change: some of customers, retention, margin, revenue, new_customers,
        winning_budget, cost_to_win and keeping_cost, as in `Plan`.
    """

    customer_margin: float | None = None
    discount: float = DISCOUNT
    spending: Spending | None = None
    what_if: Mapping[str, float] | None = None

    @property
    def cost_to_win(self) -> float | None:
        """Money a customer won, by the spending."""
        paid = self.spending
        if paid is None or paid.winning_spend is None or not paid.won:
            return None
        return paid.winning_spend / paid.won


def check_worth_terms(terms: WorthTerms) -> None:
    """Refuse terms that make no sense before anything takes long.

    Raises
    ------
    WorthError
        With the sentence that the core has for it, as it is asked of a single customer.
    """
    if not isinstance(terms, WorthTerms):
        raise WorthError(f"`worth` must be WorthTerms (got {said(type(terms).__name__)}).")
    check_kind("spending", terms.spending, Spending)
    try:
        customer_worth(0.0 if terms.customer_margin is None else terms.customer_margin, 0.5, terms.discount)
    except WorthError as error:
        raise WorthError(error.in_words({"margin": "`customer_margin`", "discount": "`discount`"})) from None
    if terms.what_if is not None:
        changed(Plan(1.0, 0.5, new_customers=1.0, cost_to_win=terms.cost_to_win), terms.what_if)


def changed(plan: Plan, changes: Mapping[str, float]) -> Plan:
    """A plan with some of its figures changed; a budget for winning says how many are won.

    Raises
    ------
    WorthError
        If there is no such figure, or a figure makes no sense.

    Examples
    --------
    >>> changed(Plan(1000, 0.8, new_customers=200, cost_to_win=50), {"winning_budget": 20_000}).won
    400.0
    """
    if not isinstance(changes, Mapping):
        raise WorthError(f"`what_if` must be names with numbers (got {said(type(changes).__name__)}).")
    unknown = [name for name in changes if name not in PLAN_NAMES]
    if unknown or not changes:
        raise WorthError(
            f"`what_if` must name some of {', '.join(PLAN_NAMES)} "
            f'(got "{said(", ".join(map(str, unknown)))}").'
        )
    odd = next((name for name, value in changes.items() if not is_number(value)), None)
    if odd is not None:
        raise WorthError(f"`{odd}` must be a finite number (got {said(changes[odd])}).")
    figures: dict[str, float | None] = {name: float(value) for name, value in changes.items()}
    if "winning_budget" in figures and "new_customers" not in figures:
        figures["new_customers"] = None
    if "winning_budget" in figures and "new_customers" in changes and "cost_to_win" not in changes:
        figures["cost_to_win"] = None
    return replace(plan, **figures)  # type: ignore[arg-type]


def named_numbers(text: str, option: str, names: tuple[str, ...], example: str) -> dict[str, float]:
    """Numbers by name, from text as the command line takes it.

    Raises
    ------
    WorthError
        If the text is nothing like that, names something else, or names something twice.

    Examples
    --------
    >>> named_numbers("won=100, kept=170", "spending", SPENDING_NAMES, "won=100")
    {'won': 100.0, 'kept': 170.0}
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in names or name in found:
            raise WorthError(
                f'`{option}` must hold some of {", ".join(names)}, each once, as in "{example}" '
                f'(got "{said(part)}").'
            )
        try:
            found[name] = float(number)
        except ValueError:
            raise WorthError(
                f'`{option}` must hold numbers, as in "{example}" (got "{said(part)}").'
            ) from None
    return found


def read_spending(text: str) -> Spending:
    """What was spent and what came of it, from text such as "winning_spend=6000,won=100".

    Raises
    ------
    WorthError
        If the text or a figure makes no sense.

    Examples
    --------
    >>> read_spending("winning_spend=6000,won=100").won
    100.0
    """
    return Spending(**named_numbers(text, "spending", SPENDING_NAMES, "winning_spend=6000,won=100"))


def read_what_if(text: str) -> dict[str, float]:
    """What to change, from text such as "retention=0.85,keeping_cost=2".

    Raises
    ------
    WorthError
        If the text makes no sense.
    """
    return named_numbers(text, "what_if", PLAN_NAMES, "retention=0.85,keeping_cost=2")
