"""The whole answer for one order log, question by question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from retention_core.benchmarks import Benchmark, Comparison, benchmark, compare
from retention_core.contact_log import ContactLog
from retention_core.errors import OrderLogError, said
from retention_core.feedback_log import FeedbackLog
from retention_core.focus_values import Action
from retention_core.invoices import Invoices
from retention_core.key_customers import SHARE
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable, as_rows, period_retention
from retention_core.referral_log import ReferralLog
from retention_core.report.basics import comparison_json, pareto_section, retention_said
from retention_core.report.forecast import MODELS, forecast_section
from retention_core.report.keeping import due_section, focus_section, key_section
from retention_core.report.keeping_lists import LISTS, Keeping, Terms, Written, check_terms, write_lists
from retention_core.report.questions import (
    Asked,
    cohort_section,
    driver_section,
    lifetime_section,
    segment_section,
)
from retention_core.report.sampling import Sample, sample_of
from retention_core.report.section import Section, counted, one_line, strict, tried
from retention_core.report.side_files import SideFile, side_json, side_said, strangers
from retention_core.report.standing import stage_section
from retention_core.report.voice import referral_section, voice_section
from retention_core.report.worth import worth_section
from retention_core.report.worth_terms import WorthTerms, check_worth_terms
from retention_core.report.yearly import yearly_rate

_FEW = 20
NO_LISTS = f"There is no list to write: ask for some of the `sections` {', '.join(LISTS)}."
_ANSWERS: Mapping[str, tuple[str, Callable[[Asked], Section]]] = {
    "pareto": ("Concentration", pareto_section),
    "cohorts": ("Cohorts", cohort_section),
    "segments": ("Segments", segment_section),
    "lifetime": ("Lifetime", lifetime_section),
    "forecast": ("Forecast", forecast_section),
    "drivers": ("Drivers", driver_section),
    "stages": ("Stages", stage_section),
    "focus": ("Focus", focus_section),
    "key_customers": ("Key customers", key_section),
    "due": ("Due", due_section),
    "worth": ("Worth", worth_section),
    "voice": ("Voice", voice_section),
    "referrals": ("Referrals", referral_section),
}
_SAMPLED = frozenset({"segments", "lifetime", "forecast", "drivers", "stages", "worth"})
SECTIONS = ("retention", *_ANSWERS)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A log's answers; what could not be said is a warning or the section's own sentence.

    Attributes
    ----------
    log
        The orders.
    table
        Retention by period, whose definitions the other sections share.
    asked
        The names of the sections asked for.
    sections
        Name -> answer, for those asked for but "retention", which is the table itself, and for a
        concentration only where there is one.
    comparison
        With the industry asked for.
    warnings
        What a reader should know, as sentences.
    keeping
        What the later sections rest on, and their lists, whole.
    """

    log: OrderLog
    table: PeriodTable
    asked: tuple[str, ...]
    sections: Mapping[str, Section]
    comparison: Comparison | None
    warnings: tuple[str, ...]
    keeping: Keeping

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values, keys as `python -m retention_core report --json` prints them."""
        log = self.log
        further = {name: self._section_json(name) for name in _ANSWERS if name != "pareto"}
        shown = {
            "rows": log.rows,
            "rows_used": log.rows_used,
            "orders": log.orders,
            "refunds": log.refunds,
            "customers": log.customers,
            "set_aside": log.set_aside_counts,
            "warnings": list(self.warnings),
            "notes": [*log.guessed, *log.notes, self.table.reason],
            "columns": log.columns.named(),
            "contacts": side_json(log, self.keeping.terms.contacts),
            "invoices": side_json(log, self.keeping.terms.invoices),
            "feedback": side_json(log, self.keeping.terms.feedback),
            "referral_log": side_json(log, self.keeping.terms.referrals),
            "value_of": log.value_of,
            "as_of": str(self.table.as_of),
            "period": self.table.period,
            "active_days": self.table.active_days,
            "periods": as_rows(self.table.periods) if "retention" in self.asked else None,
            "concentration": self._section_json("pareto"),
            "benchmark": comparison_json(self.comparison) if self.comparison else None,
        }
        plain: dict[str, Any] = strict(shown | further)
        return plain

    def write_lists(self, folder: str | Path) -> tuple[Written, ...]:
        """The lists of the sections asked for, each as a csv that is called as `LISTS` says.

        A file of that name in the folder is replaced, each at once and as a whole.

        Raises
        ------
        OrderLogError
            If none of these sections was asked for.
        FileError
            If the folder does not take the files.
        """
        if not set(LISTS).intersection(self.asked):
            raise OrderLogError(NO_LISTS)
        return write_lists(self.keeping, self.asked, folder)

    def _section_json(self, name: str) -> dict[str, Any] | None:
        found = self.sections.get(name)
        return found.to_json() if found is not None else None

    def to_text(self) -> str:
        """The same as a page to read."""
        parts = [self._read_said()]
        if "retention" in self.asked:
            parts.append(retention_said(self.table))
        if self.comparison:
            parts.append(self.comparison.sentence)
        parts += [self.sections[name].to_text() for name in SECTIONS if name in self.sections]
        parts.append("\n".join(f"Note: {one_line(warning)}" for warning in self.warnings))
        return "\n\n".join(part for part in parts if part)

    def _read_said(self) -> str:
        log, beside = self.log, _side_files(self.keeping.terms)
        lines = [
            f"{counted(log.rows, 'row')} read, {log.rows_used:,} used, {len(log.set_aside):,} set aside.",
            *(f"  {count:>9,}  {reason}" for reason, count in log.set_aside_counts.items()),
            f"{counted(log.customers, 'customer')}, {counted(log.orders, 'order')}, "
            f"{counted(log.refunds, 'refund')}, {log.first_day} to {log.last_day}.",
            *map(one_line, (*log.guessed, *log.notes)),
            *(line for name, found in beside for line in side_said(name, log, found)),
        ]
        return "\n".join(lines)


def report_on(
    log: OrderLog,
    *,
    sections: Sequence[str] | None = None,
    period: str | None = None,
    active_days: int | None = None,
    as_of: dt.date | None = None,
    year_starts: int = 1,
    industry: str | None = None,
    model: str = "mbg-nbd",
    contacts: ContactLog | None = None,
    invoices: Invoices | None = None,
    action: Action | None = None,
    budget: float | None = None,
    key_share: float = SHARE,
    feedback: FeedbackLog | None = None,
    referrals: ReferralLog | None = None,
    worth: WorthTerms | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Everything the core can say about a log, with one set of definitions.

    Parameters
    ----------
    sections
        Some of "retention", "pareto", "cohorts", "segments", "lifetime", "forecast", "drivers", "stages",
        "focus", "key_customers", "due", "worth", "voice" and "referrals"; by default all. A section the log
        cannot answer says why. Above 200,000 customers, segments, lifetime, forecast, drivers, the moves
        between stages and spending by tenure come from a sample of about 100,000 of them, and say so; the
        lists hold everyone.
    period, active_days, as_of, year_starts
        As `period_retention`; the other sections follow them. A customer of the lifetime section counts as
        lost after `active_days` without an order, or after one period.
    industry
        Compare the log's `yearly_rate` with this industry's yearly customer retention.
    model
        "mbg-nbd", "bg-nbd" or "pareto-nbd", for the forecast.
    contacts, invoices, action, budget
        As `focus_of`; contacts also say who has not ordered yet and when somebody was last contacted.
    key_share
        Share of each group's value that its key customers carry.
    feedback
        As `voice_of`; it also answers one of the popular claims.
    referrals
        As `referrals_of`; left out, a group of the log whose name says so.
    worth
        Margin, discount, spending and what to change, where they are known beside the log.
    progress
        Called with a sentence before each section.

    Raises
    ------
    OrderLogError, WorthError, BenchmarkError
        If an argument makes no sense or the industry has no such figure.

    Examples
    --------
    >>> import pandas as pd
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bob", "Ann", "Ann"],
    ...     "date": ["2025-01-01", "2025-01-09", "2025-02-02", "2025-03-01"], "amount": [10, 20, 30, 40]}))
    >>> found = report_on(log, period="month").to_json()
    >>> found["customers"], [row["rate"] for row in found["periods"]]
    (2, [None, 0.5, 1.0])
    """
    names = chosen_sections(sections)
    if model not in MODELS:
        raise OrderLogError(f'`model` must be one of {", ".join(MODELS)} (got "{said(model)}").')
    terms = Terms(contacts, invoices, action, budget, key_share, feedback, referrals)
    check_terms(terms)
    worth = worth or WorthTerms()
    check_worth_terms(worth)
    say = progress or _silently
    yardstick = benchmark(industry) if industry is not None else None
    say("Counting who stayed, period by period.")
    table = period_retention(
        log, period=period, active_days=active_days, as_of=as_of, year_starts=year_starts
    )
    warnings = list(log.warnings)
    if as_of is not None and as_of <= log.last_day:
        warnings.append(f"Orders on or after {as_of} are left out of the rates and shares.")
    comparison = _compared(log, table, yardstick, warnings) if yardstick is not None else None
    warnings += [line for name, found in _side_files(terms) for line in strangers(name.lower(), log, found)]
    keeping = Keeping(log, table, as_of, terms)
    asked = Asked(log, _sample(log, names, say), table, as_of, model, keeping, worth)
    found = _answered(asked, names, say)
    warnings += _doubts(found)
    return Report(log, table, names, found, comparison, tuple(warnings), keeping)


def chosen_sections(sections: Sequence[str] | None) -> tuple[str, ...]:
    """The sections asked for, in the order of a report.

    Raises
    ------
    OrderLogError
        If there is no such section.

    Examples
    --------
    >>> chosen_sections(["cohorts", "Pareto "])
    ('pareto', 'cohorts')
    """
    if sections is None:
        return SECTIONS
    asked = (sections,) if isinstance(sections, str) else tuple(sections)
    names = [name.strip().lower() for name in asked]
    for name in names:
        if name not in SECTIONS:
            raise OrderLogError(f'`sections` must be some of {", ".join(SECTIONS)} (got "{said(name)}").')
    if not names:
        raise OrderLogError(f"`sections` must name at least one of {', '.join(SECTIONS)}.")
    return tuple(name for name in SECTIONS if name in names)


def _side_files(terms: Terms) -> tuple[tuple[str, SideFile | None], ...]:
    """What was given beside the orders, and what it is called."""
    return (
        ("Contacts", terms.contacts),
        ("Invoices", terms.invoices),
        ("Feedback", terms.feedback),
        ("Referrals", terms.referrals),
    )


def _sample(log: OrderLog, names: Sequence[str], say: Callable[[str], None]) -> Sample:
    if not _SAMPLED.intersection(names):
        return Sample(log, log.customers, log.customers)
    say("Choosing the customers to follow.")
    return sample_of(log)


def _answered(asked: Asked, names: Sequence[str], say: Callable[[str], None]) -> dict[str, Section]:
    """Every section but retention, answered or with the reason why not."""
    found = {}
    for name, (title, answer) in _ANSWERS.items():
        if name in names:
            say(f"Looking at {title.lower()}.")
            found[name] = tried(title, partial(answer, asked))
    return found


def _doubts(found: dict[str, Section]) -> list[str]:
    """What to know of the concentration; without one, why: its place in JSON is null."""
    spread = found.get("pareto")
    if spread is None:
        return []
    if "unanswered" in spread.figures:
        return list(found.pop("pareto").sentences)
    customers = spread.figures["customers"]
    few = f"Only {counted(customers, 'customer')}: shares of so few say little."
    return [few] if customers < _FEW else []


def _compared(
    log: OrderLog, table: PeriodTable, yardstick: Benchmark, warnings: list[str]
) -> Comparison | None:
    """The comparison with an industry; how the yearly rate was come by is added to the warnings."""
    yearly = yearly_rate(log, table)
    if yearly is None:
        warnings.append("No period is complete yet, so there is no rate to compare with the industry.")
        return None
    warnings.append(yearly.sentence)
    return compare(yearly.rate, yardstick, interval=yearly.interval)


def _silently(_: str) -> None:
    """Progress that nobody asked for."""
