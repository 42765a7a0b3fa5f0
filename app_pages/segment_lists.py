"""Scored customers as lists for people: segments, customers, and who moved from where to where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from app_pages.tables import Kind, Table
from retention_core.rfm import Rfm
from retention_core.rfm_scores import GONE, NEW, SEGMENTS

FAMILIES = {
    "Best": ("Champions", "Loyal"),
    "Growing": ("Potential loyalists", "New", "Promising"),
    "Fading": ("Need attention", "About to sleep", "Cannot lose", "At risk"),
    "Lost": ("Hibernating",),
}
_FAMILY_OF = {segment: family for family, segments in FAMILIES.items() for segment in segments}
_MEANINGS = {segment.name: segment.meaning for segment in SEGMENTS}
SCORE_NAMES = {"r": "Recency score", "f": "Frequency score", "m": "Value score"}


class Part(NamedTuple):
    """Some of the customers: how many, their share of all and of the value, None where that has no total."""

    customers: int
    of_all: float
    value: float
    of_total: float | None


def family_of(segment: str) -> str:
    """The family of a segment; none for customers with nothing but refunds."""
    return _FAMILY_OF.get(segment, "–")


def parts(table: Rfm) -> dict[str, Part]:
    """Segment -> what it holds, in the order of the rules."""
    found = table.segments_frame()
    everyone, total = int(found["customers"].sum()), float(found["value"].sum())
    return {
        str(segment): Part(
            int(customers), customers / everyone, float(value), value / total if total > 0 else None
        )
        for segment, customers, value in found[["segment", "customers", "value"]].itertuples(index=False)
    }


def families(table: Rfm) -> dict[str, Part]:
    """Family -> what its segments hold together."""
    found = parts(table)
    return {
        family: Part(
            sum(found[name].customers for name in names),
            sum(found[name].of_all for name in names),
            sum(found[name].value for name in names),
            None if None in (of := [found[name].of_total for name in names]) else sum(filter(None, of)),
        )
        for family, names in FAMILIES.items()
    }


def segments(table: Rfm) -> Table:
    """One row a segment: its rule, customers and value."""
    value = table.value_of.capitalize()
    rules = dict(zip(table.segments()["segment"], table.segments()["rule"], strict=True))
    rows = [
        (
            name,
            family_of(name),
            part.customers,
            part.of_all,
            part.value,
            part.of_total,
            rules[name],
            _about(name),
        )
        for name, part in parts(table).items()
    ]
    names = ["Segment", "Family", "Customers", "Of all", value, "Of total", "Rule", "Meaning"]
    frame = pd.DataFrame(rows, columns=names).astype({"Of total": float})
    kinds: dict[str, Kind] = {
        "Customers": "count",
        "Of all": "percent",
        value: "money",
        "Of total": "percent",
    }
    return Table("Segments", frame, kinds)


def _about(segment: str) -> str:
    return _MEANINGS.get(segment, "Nothing but refunds: not scored.")


def customers(table: Rfm) -> Table:
    """One row a customer, by value, with figures, scores and segment."""
    value = table.value_of.capitalize()
    names = {"customer": "Customer", "segment": "Segment", "recency": "Days since last order"}
    names |= {"frequency": "Orders", "monetary": value} | SCORE_NAMES
    frame = table.to_frame().sort_values("monetary", ascending=False, kind="stable")
    frame = frame.astype(dict.fromkeys(("recency", *SCORE_NAMES), float))
    counts = ("Days since last order", "Orders", *SCORE_NAMES.values())
    kinds: dict[str, Kind] = {**dict.fromkeys(counts, "count"), value: "money"}  # type: ignore[dict-item]
    return Table("Customers", frame[list(names)].rename(columns=names).reset_index(drop=True), kinds)


def found_customers(table: Table, wanted: str, chosen: Sequence[str]) -> Table:
    """The customers whose name holds `wanted`, in the segments named; all where none is."""
    frame = table.frame
    if wanted.strip():
        frame = frame[frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)]
    if chosen:
        frame = frame[frame["Segment"].isin(chosen)]
    return Table(table.title, frame, table.kinds)


def grid(table: Rfm) -> dict[tuple[int, int], tuple[str, int]]:
    """Recency and buying score -> segment and customers; buying is the mean of the two others, half up."""
    counts = Counter(
        (row.recency, (row.frequency + row.monetary + 1) // 2)
        for row in table.scored
        if row.recency is not None and row.frequency is not None and row.monetary is not None
    )
    return {
        (recency, buying): (segment.name, counts[recency, buying])
        for segment in SEGMENTS
        for recency in range(segment.recency[0], segment.recency[1] + 1)
        for buying in range(segment.buying[0], segment.buying[1] + 1)
    }


def moves(before: Rfm, after: Rfm) -> Table:
    """One row a customer: its segment as of both days."""
    value = after.value_of.capitalize()
    old = {buyer.key: row.segment for buyer, row in zip(before.buyers, before.scored, strict=True)}
    rows = [
        (buyer.customer, old.pop(buyer.key, NEW), row.segment, buyer.monetary)
        for buyer, row in zip(after.buyers, after.scored, strict=True)
    ]
    names = {buyer.key: buyer.customer for buyer in before.buyers}
    rows += [(names[key], segment, GONE, 0.0) for key, segment in old.items()]
    columns = ["Customer", f"As of {before.as_of}", f"As of {after.as_of}", value]
    frame = pd.DataFrame(rows, columns=columns).sort_values(value, ascending=False, kind="stable")
    return Table("Moves", frame.reset_index(drop=True), {value: "money"})


def moved(table: Table, before: str | None, after: str | None) -> Table:
    """Those who went from one segment to another; None for any."""
    frame = table.frame
    _, then, now, _ = frame.columns
    if before is not None:
        frame = frame[frame[then] == before]
    if after is not None:
        frame = frame[frame[now] == after]
    return Table(table.title, frame, table.kinds)
