"""What retention is worth as lists for people: points, figures, costs, tenure and claims."""

from __future__ import annotations

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.economics import FivePoints
from retention_core.keeping_costs import KeepingAgainstWinning
from retention_core.own_figures import OwnFigures
from retention_core.point_worth import WorthCurve
from retention_core.popular_claims import AnsweredClaims
from retention_core.tenure_tables import TenureSpend

_POINTS = {
    "points": "Points more",
    "retention": "Retention",
    "worth": "By formula",
    "simulated": "By simulation",
    "spread": "Give or take",
    "each": "A customer",
    "once": "For one year",
    "each_once": "A customer, one year",
}
_PERCENTS = ("uplift of retention",)
_TIMES = ("cost of winning over cost of keeping",)


def points(curve: WorthCurve) -> Table:
    """One row a point of retention more: by formula, by simulation, a customer, and for one year alone."""
    frame = curve.to_frame()
    frame = frame.assign(points=(frame["points"] * 100).round(), spread=2 * frame["standard_error"])
    shown = frame[list(_POINTS)].rename(columns=_POINTS)
    kinds: dict[str, Kind] = dict.fromkeys(list(_POINTS.values())[2:], "money")
    return Table("Points", shown, kinds | {"Points more": "count", "Retention": "percent"})


def starting_figures(curve: WorthCurve, known: OwnFigures | None) -> Table:
    """What was put in, what a customer is worth, and what the log knows besides."""
    rows: list[tuple[str, float | None, float | None, float | None]] = [
        ("customers, as computed with", curve.customers, None, None),
        ("margin a customer and year, as computed with", curve.margin, None, None),
        ("yearly retention, as computed with", curve.retention, None, None),
        ("discount a year", curve.discount, None, None),
        ("worth of a customer today", curve.now, None, None),
        ("worth of one point more, all customers", *curve.point),
    ]
    if known is not None:
        rows += [
            (f"{name}, of the log", value, low, high)
            for name, value, low, high in known.to_frame().itertuples(index=False, name=None)
        ]
    return Table("Figures", _numbers(pd.DataFrame(rows, columns=["Figure", "Value", "Low", "High"])), {})


def five(found: FivePoints) -> Table:
    """Your figure, then one row a published source."""
    names = {"source": "Source", "year": "Year", "figure": "Figure", "verdict": "Verdict", "note": "Note"}
    return Table("Five points", found.to_frame().rename(columns=names), {})


def costs(found: KeepingAgainstWinning) -> Table:
    """One row a figure with its limits; blank where it is not known."""
    names = {"figure": "Figure", "value": "Value", "low": "Low", "high": "High"}
    return Table("Keeping and winning", found.to_frame().rename(columns=names), {})


def costs_to_read(found: KeepingAgainstWinning) -> Table:
    """The same as people write such figures, "unknown" in place of blanks."""
    table = costs(found).frame
    rows = [
        (name, *(_written(name, figure) for figure in figures))
        for name, *figures in table.itertuples(index=False, name=None)
    ]
    shown = [
        (name.capitalize(), "unknown" if value == low == high == "–" else value, low, high)
        for name, value, low, high in rows
    ]
    return Table("Keeping and winning", pd.DataFrame(shown, columns=["Figure", "Value", "Low", "High"]), {})


def _written(name: str, figure: float) -> str:
    if name in _PERCENTS:
        return wording.percent(figure)
    return "–" if pd.isna(figure) else f"{figure:,.2f}" if name in _TIMES else wording.money(figure)


def windows(found: TenureSpend) -> Table:
    """One row a window of months since the first order."""
    names = {
        "first_month": "From month",
        "last_month": "To month",
        "customers": "Customers",
        "buyers": "Buyers",
        "per_buyer": "A buyer",
        "per_buyer_low": "A buyer, low",
        "per_buyer_high": "A buyer, high",
        "per_customer": "A customer won",
        "per_customer_low": "A customer won, low",
        "per_customer_high": "A customer won, high",
    }
    frame = found.to_frame()[list(names)].rename(columns=names)
    counts: dict[str, Kind] = dict.fromkeys(list(names.values())[:4], "count")
    return Table("Windows", frame, counts | dict.fromkeys(list(names.values())[4:], "money"))


def readings(found: TenureSpend) -> Table:
    """One row a reading: the first window, the later one, and the growth with its interval."""
    frame = found.readings_frame()
    shown = pd.DataFrame(
        {
            "Reading": frame["reading"].str.capitalize(),
            "First order": frame["first_order"].map({True: "counted", False: "left out"}),
            "Customers": frame["customers"],
            "First months": frame["early"],
            "Later months": frame["late"],
            "Growth": frame["ratio"] - 1,
            "Low": frame["ratio_low"] - 1,
            "High": frame["ratio_high"] - 1,
        }
    )
    kinds: dict[str, Kind] = dict.fromkeys(("Growth", "Low", "High"), "percent")
    return Table(
        "Readings",
        shown,
        {**kinds, "Customers": "count", "First months": "money", "Later months": "money"},
    )


def claims(found: AnsweredClaims) -> Table:
    """One row a popular claim: its verdict, your own answer, what it rests on."""
    names = {
        "claim": "Claim",
        "verdict": "Verdict",
        "answer": "Your answer",
        "value": "Figure",
        "low": "Low",
        "high": "High",
        "sources": "Sources",
    }
    return Table("Claims", found.to_frame().rename(columns=names), {})


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(("Value", "Low", "High"), float))
