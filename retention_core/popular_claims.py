"""The popular claims about retention: what stands behind each, and what one's own data say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_core.benchmarks import Claim, claims
from retention_core.economics import FIVE_POINTS_CLAIM, FivePoints
from retention_core.keeping_costs import KeepingAgainstWinning
from retention_core.measured import NOT_KNOWN, Measured, span_said
from retention_core.tenure_tables import TenureSpend

if TYPE_CHECKING:
    import pandas as pd

    from retention_core.concentration import Concentration

COST, ODDS, TENURE, FEEDBACK, TOP_FIFTH = "a", "b", "c", "d", "e"
NEEDS = {
    COST: "what was spent on winning and on keeping customers, and what came of it",
    ODDS: "a log of offers to customers and to others, with those that led to an order",
    TENURE: "an order log with amounts, of three years and a half at least",
    FEEDBACK: "a feedback log with suggestions and whether they were adopted",
    TOP_FIFTH: "an order log with amounts",
    FIVE_POINTS_CLAIM: "the margin of a customer and the retention",
}
_ANYTHING = "data that this claim can be checked on"


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """What one's own data say of a claim: a sentence and, where there is one, the claim's figure."""

    sentence: str
    figure: Measured = NOT_KNOWN


@dataclass(frozen=True, slots=True)
class AnsweredClaim:
    """A popular claim with its verdict and the answer from one's own data.

    Attributes
    ----------
    letter
        Of its rows in the evidence table: "a" for a1, a2 and so on.
    claim, verdict
        As the evidence table has them; the verdict of most sources first, others after it.
    sources
        The rows of the evidence table.
    answer
        What the own data say; None where they do not.
    needs
        What an answer would need, in words.
    """

    letter: str
    claim: str
    verdict: str
    sources: tuple[Claim, ...]
    answer: OwnAnswer | None
    needs: str

    @property
    def sentence(self) -> str:
        """The own answer, or what it needs."""
        return self.answer.sentence if self.answer else f"Not answered: needs {self.needs}."


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredClaims:
    """The popular claims in the order of the evidence table; made by `claims_answered`."""

    claims: tuple[AnsweredClaim, ...]

    def columns(self) -> dict[str, list[object]]:
        """One row a claim: claim, verdict, answer, value, low, high, sources."""
        rows = [
            (
                row.claim,
                row.verdict,
                row.sentence,
                *(row.answer.figure if row.answer else NOT_KNOWN),
                "; ".join(f"{source.primary_source}: {source.figure}" for source in row.sources),
            )
            for row in self.claims
        ]
        names = ("claim", "verdict", "answer", "value", "low", "high", "sources")
        return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame."""
        from retention_core.frames import frame_of

        return frame_of(self.columns()).astype(dict.fromkeys(("value", "low", "high"), float))


def claims_answered(
    *,
    costs: KeepingAgainstWinning | None = None,
    tenure: TenureSpend | None = None,
    five: FivePoints | None = None,
    concentration: Concentration | None = None,
    others: Mapping[str, OwnAnswer] | None = None,
) -> AnsweredClaims:
    """Each popular claim with its verdict and, as far as one's own data tell, the answer.

    Parameters
    ----------
    costs
        From `keeping_against_winning`: "five times as dear to win one".
    tenure
        From `spend_by_tenure`: "67 % more after three years".
    five
        From `five_points`: "5 % more retention, 25 to 95 % more profit".
    concentration
        From `concentration_of`: "80 % from 20 % of the customers".
    others
        Answers to further claims by their letter, such as "d" from a feedback log.

    Examples
    --------
    >>> from retention_core.economics import five_points
    >>> found = claims_answered(five=five_points(100, 0.8))
    >>> [(row.letter, row.verdict, row.answer is not None) for row in found.claims][-2:]
    [('e', 'partially supported', False), ('f', 'partially supported', True)]
    >>> found.claims[3].sentence
    'Not answered: needs a feedback log with suggestions and whether they were adopted.'
    """
    answers: dict[str, OwnAnswer | None] = {
        COST: _of_costs(costs),
        TENURE: _of_tenure(tenure),
        TOP_FIFTH: _of_concentration(concentration),
        FIVE_POINTS_CLAIM: _of_five(five),
        **(others or {}),
    }
    needs = dict(NEEDS)
    if costs is not None and answers[COST] is None:
        needs[COST] = costs.needs
    grouped: dict[str, list[Claim]] = {}
    for row in claims():
        grouped.setdefault(row.claim_id.rstrip("0123456789"), []).append(row)
    return AnsweredClaims(
        tuple(
            AnsweredClaim(
                letter=letter,
                claim=rows[0].claim,
                verdict=_verdict(rows),
                sources=tuple(rows),
                answer=answers.get(letter),
                needs=needs.get(letter, _ANYTHING),
            )
            for letter, rows in grouped.items()
        )
    )


def _verdict(rows: list[Claim]) -> str:
    """The verdict of most sources first; the others' with how many say so."""
    counts = Counter(row.verdict for row in rows).most_common()
    if len(counts) == 1:
        return counts[0][0]
    return ", ".join(f"{verdict} ({count} of {len(rows)} sources)" for verdict, count in counts)


def _of_costs(found: KeepingAgainstWinning | None) -> OwnAnswer | None:
    if found is None or found.ratio == NOT_KNOWN:
        return None
    return OwnAnswer(found.sentence, found.ratio)


def _of_tenure(found: TenureSpend | None) -> OwnAnswer | None:
    if found is None or found.months_late is None:
        return None
    return OwnAnswer(found.sentence, found.growth)


def _of_five(found: FivePoints | None) -> OwnAnswer | None:
    if found is None or found.change is None:
        return None
    return OwnAnswer(found.sentence, Measured(found.change))


def _of_concentration(found: Concentration | None) -> OwnAnswer | None:
    if found is None:
        return None
    share = found.top_share(0.2)
    figure = Measured(share.value, share.low, share.high)
    told = f"The top fifth of your customers bring {span_said(figure, '.1%')} of the {found.value_of}."
    return OwnAnswer(told, figure)
