"""The published figures as cells that the LAMBDA names read, wherever a sheet has room for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retention_core.benchmarks import Benchmark, load_benchmarks
from retention_core.errors import BenchmarkError

COLUMNS = (
    "industry", "sub_segment", "metric", "period", "statistic", "value", "year", "region", "confidence",
    "headline", "source_name", "source_title", "source_url", "sample_note", "definition_note",
)  # fmt: skip
HELPERS = ("listed", "id", "industry folded", "look-up")
INDUSTRY_COLUMNS = ("industry", "folded", "what the table has")
Cell = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Block:
    """Where the figures stand: the row of the header, the first of its columns, and the sheet."""

    sheet: str
    header: int
    industries_header: int

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the ranges -> what they refer to."""
        last, ends = self.header + len(figures()), self.industries_header + len(industries())
        first, starts = self.header + 1, self.industries_header + 1
        return {
            "BENCHMARK_HEADER": self._area("A", self.header, "O", self.header),
            "BENCHMARK_TABLE": self._area("A", first, "O", last),
            "BENCHMARK_VALUES": self._area("F", first, "F", last),
            "BENCHMARK_LISTED": self._area("P", first, "P", last),
            "BENCHMARK_IDS": self._area("Q", first, "Q", last),
            "BENCHMARK_OWNERS": self._area("R", first, "R", last),
            "BENCHMARK_KEYS": self._area("S", first, "S", last),
            "BENCHMARK_INDUSTRIES": self._area("A", starts, "A", ends),
            "BENCHMARK_FOLDED": self._area("B", starts, "B", ends),
            "BENCHMARK_OFFERS": self._area("C", starts, "C", ends),
        }

    def _area(self, left: str, top: int, right: str, bottom: int) -> str:
        return f"='{self.sheet}'!${left}${top}:${right}${bottom}"


def figures() -> list[list[Cell]]:
    """One row a published figure: the columns people read, and those that the names look up."""
    return [[*_shown(row), *_looked_up(row)] for row in load_benchmarks().rows]


def industries() -> list[list[Cell]]:
    """One row an industry: its name, its name folded, and what the table has of it."""
    return [[name, _folded(name), _offer(name)] for name in load_benchmarks().every_industry]


def _shown(row: Benchmark) -> list[Cell]:
    return [getattr(row, name) for name in COLUMNS]


def _looked_up(row: Benchmark) -> list[Cell]:
    listed = row.scope != "single company" and row.confidence != "low"
    answers = row.headline and row.period == "annual"
    key = f"{_folded(row.industry)}|{row.metric}" if answers else None
    return ["yes" if listed else "no", row.id, _folded(row.industry), key]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _offer(industry: str) -> str:
    """What the core says the table has of an industry, where it lacks the figure asked for."""
    try:
        load_benchmarks().find(industry, "nothing")
    except BenchmarkError as error:
        return str(error).partition("; ")[2].rstrip(".")
    raise LookupError(f"The table answers for {industry} what nobody can ask.")
