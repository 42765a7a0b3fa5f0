"""Results of the core as tables for people: columns in plain words, with the kind of figure each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from app_pages import wording
from retention_core.benchmarks import Claim, Comparison
from retention_core.concentration import Concentration, Estimate
from retention_core.orders import OrderLog
from retention_core.periods import PeriodTable

Kind = Literal["percent", "count", "money", "number", "chance", "date"]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table as shown and downloaded; `kinds` tells what the columns hold that are not text."""

    title: str
    frame: pd.DataFrame
    kinds: Mapping[str, Kind]


_PERIOD_COLUMNS = {
    "start": "From",
    "end": "To",
    "at_start": "At start",
    "kept": "Kept",
    "lost": "Lost",
    "new": "New",
    "reactivated": "Won back",
    "at_end": "At end",
    "rate": "Retention",
    "low": "Low",
    "high": "High",
}


def periods(table: PeriodTable) -> Table:
    """One row a period, the latest first; `To` is its last day."""
    names = [wording.period_name(table.period, row.start, row.end) for row in table.periods]
    frame = table.to_frame()
    shown = frame[list(_PERIOD_COLUMNS)].rename(columns=_PERIOD_COLUMNS)
    shown["To"] -= pd.Timedelta(days=1)
    shown.insert(0, "Period", names)
    shown.insert(1, "State", ["complete" if complete else "incomplete" for complete in frame["complete"]])
    counts = ("At start", "Kept", "Lost", "New", "Won back", "At end")
    return Table(
        "Retention by period",
        shown.iloc[::-1].reset_index(drop=True),
        {"From": "date", "To": "date"}
        | dict.fromkeys(counts, "count")
        | dict.fromkeys(("Retention", "Low", "High"), "percent"),
    )


def pareto_summary(spread: Concentration) -> Table:
    """The headline figures of a concentration with their intervals, in one row."""
    figures: dict[str, object] = {"Customers": spread.n, spread.value_of.capitalize(): spread.total}
    kinds: dict[str, Kind] = {"Customers": "count", spread.value_of.capitalize(): "money"}
    estimates: tuple[tuple[str, Estimate, Kind], ...] = (
        ("Top fifth", spread.top_share(0.2), "percent"),
        ("Customers for 80 %", spread.customers_for(0.8), "percent"),
        ("Gini", spread.gini, "number"),
    )
    for name, estimate, kind in estimates:
        three = {name: estimate.value, f"{name}, low": estimate.low, f"{name}, high": estimate.high}
        figures |= three
        kinds |= dict.fromkeys(three, kind)
    return Table("Summary", pd.DataFrame([figures]), kinds)


def comparison_summary(found: Comparison, how: str) -> Table:
    """A rate beside its benchmark in one row; `how` says how the rate was come by."""
    low, high = found.interval if found.interval is not None else (None, None)
    row = {
        "Your rate": found.rate,
        "Low": low,
        "High": high,
        "Industry": found.benchmark.industry,
        "Benchmark": found.benchmark.value,
        "Gap": found.gap,
        "Verdict": found.verdict,
        "Confidence": found.benchmark.confidence,
        "Metric": wording.as_words(found.benchmark.metric),
        "Period": found.benchmark.period,
        "How your rate was come by": how,
    }
    percents = ("Your rate", "Low", "High", "Benchmark", "Gap")
    return Table("Summary", pd.DataFrame([row]), dict.fromkeys(percents, "percent"))


def customers(spread: Concentration) -> Table:
    """One row a customer, best first."""
    value = spread.value_of.capitalize()
    names = {"customer": "Customer", "class": "Class", "value": value, "share": "Share"}
    names["cumulative_share"] = "Cumulative share"
    frame = spread.to_frame().rename(columns=names)[list(names.values())]
    kinds: dict[str, Kind] = {value: "money", "Share": "percent", "Cumulative share": "percent"}
    return Table("Customers", frame, kinds)


def found_customers(table: Table, wanted: str, classes: Sequence[str]) -> Table:
    """The customers whose name holds `wanted`, in the classes named; all where none is."""
    frame = table.frame
    if wanted.strip():
        frame = frame[frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)]
    if classes:
        frame = frame[frame["Class"].isin(classes)]
    return Table(table.title, frame, table.kinds)


def classes(spread: Concentration) -> Table:
    """Classes A, B and C: how many customers, and what they bring together."""
    value = spread.value_of.capitalize()
    frame = spread.to_frame()
    summed = frame.groupby("class").agg(
        customers=("customer", "size"), value=("value", "sum"), share=("share", "sum")
    )
    shown = pd.DataFrame(
        {
            "Class": summed.index.astype(str),
            "Customers": summed["customers"].to_numpy(),
            "Of all": (summed["customers"] / spread.n).to_numpy(),
            value: summed["value"].to_numpy(),
            "Of total": summed["share"].to_numpy(),
        }
    )
    kinds: dict[str, Kind] = {"Customers": "count", "Of all": "percent", value: "money"}
    return Table("Classes", shown, {**kinds, "Of total": "percent"})


MOST_GROUPS = 50


def groups(name: str, parts: Mapping[str, Concentration | str], value_of: str) -> Table:
    """One row a group, the largest first; the fifty largest where there are more."""
    found = [(label, part) for label, part in parts.items() if isinstance(part, Concentration)]
    largest = sorted(found, key=lambda pair: -pair[1].total)[:MOST_GROUPS]
    rows = [
        (label, part.n, part.total, top.value, top.low, top.high, behind.value, part.gini.value)
        for label, part in largest
        for top, behind in [(part.top_share(), part.customers_for())]
    ]
    label, value = name if name not in _TAKEN else f"{name} (group)", value_of.capitalize()
    columns = [label, "Customers", value, "Top fifth", "Low", "High", "Customers for 80 %", "Gini"]
    kinds: dict[str, Kind] = {"Customers": "count", value: "money", "Gini": "number"}
    percents = dict.fromkeys(("Top fifth", "Low", "High", "Customers for 80 %"), "percent")
    return Table("By group", pd.DataFrame(rows, columns=columns), {**kinds, **percents})  # type: ignore[dict-item]


_TAKEN = ("Customers", "Revenue", "Profit", "Top fifth", "Low", "High", "Customers for 80 %", "Gini")


def set_aside_reasons(log: OrderLog) -> Table:
    """Why rows were set aside, and how many for each reason."""
    rows = list(log.set_aside_counts.items())
    return Table("Reasons", pd.DataFrame(rows, columns=["Reason", "Rows"]), {"Rows": "count"})


def set_aside_rows(log: OrderLog) -> Table:
    """Each row set aside, with its number in the file."""
    names = {"row": "Row", "reason": "Reason", "value": "What stood there"}
    return Table(
        "Rows set aside", log.set_aside.rename(columns=names)[list(names.values())], {"Row": "count"}
    )


_BENCHMARK_COLUMNS = {
    "sub_segment": "Segment",
    "metric": "Metric",
    "period": "Period",
    "value": "Figure",
    "statistic": "Statistic",
    "year": "Year",
    "region": "Region",
    "confidence": "Confidence",
    "scope": "Scope",
    "source_name": "Source",
    "sample_note": "Sample",
    "definition_note": "Definition",
    "source_url": "Address",
}


def benchmarks(frame: pd.DataFrame, title: str) -> Table:
    """Published figures; `frame` as `Benchmarks.to_frame` gives it."""
    shown = frame[list(_BENCHMARK_COLUMNS)].rename(columns=_BENCHMARK_COLUMNS)
    shown["Metric"] = [wording.as_words(metric) for metric in shown["Metric"]]
    shown["Year"] = ["" if pd.isna(year) else str(year) for year in shown["Year"]]
    return Table(title, shown, {"Figure": "percent"})


def evidence(found: Sequence[Claim]) -> Table:
    """What stands behind a claim, one source a row."""
    rows = [
        (one.figure, one.primary_source, one.year, one.verdict, one.note, one.source_url) for one in found
    ]
    columns = ["What the source says", "Source", "Year", "Verdict", "Note", "Address"]
    return Table("Evidence", pd.DataFrame(rows, columns=columns), {})
