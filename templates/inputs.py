"""What people type into the workbook, and the example it comes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Cell: TypeAlias = str | float | int | bool | None
MONTH_CHOICES = (1, 3, 6, 12)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One row of the sheet Your periods."""

    label: Cell = None
    start: Cell = None
    end: Cell = None
    new: Cell = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Every input cell of the workbook."""

    periods: tuple[PeriodRow, ...] = ()
    months: Cell = 1
    confidence: Cell = 0.95
    industry: Cell = "Retail"
    own_rate: Cell = None
    own_customers: Cell = None
    sales: tuple[tuple[Cell, Cell], ...] = ()


def is_number(cell: Cell) -> bool:
    """Whether a spreadsheet takes the cell for a number.

    Examples
    --------
    >>> is_number(3), is_number("3"), is_number(True), is_number(None)
    (True, False, False, False)
    """
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def is_blank(cell: Cell) -> bool:
    """Whether a spreadsheet shows nothing in the cell."""
    return cell is None or cell == ""


def _example_periods() -> tuple[PeriodRow, ...]:
    counts = (100, 110, 20), (110, 124, 27), (124, 131, 22), (131, 152, 41), (152, 160, 31), (160, 171, 34)
    later = (171, 149, 18), (149, 163, 32), (163, 182, 45), (182, 196, 39), (196, 214, 50), (214, 231, 45)
    labels = (f"Q{quarter} {year}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4))
    return tuple(PeriodRow(label, *row) for label, row in zip(labels, (*counts, *later), strict=True))


_SALES = """Alder Books 1840 | Brook & Sons 1265.5 | 17850 940 | Cedar Cafe 310 | Dale Interiors 2210
Elm Street Deli 185 | Fern Florists 420 | Grove Hotel 3150 | Harbour Gifts 760
Ivy House 95 | Alder Books 620 | Juniper Spa 540
Kestrel Tours 275 | Larch Clinic 150 | Moss Gardens 88 | 17850 410 | Northgate Inn 1480 | Oak Lodge 365
Pine Pantry 72 | Quay Brewery 890 | Rowan School 230 | Grove Hotel 1275 | Sorrel Salon 64 | Thistle Toys 205
Umber Studio 118 | Vale Vets 140 | Willow Yoga 56 | Harbour Gifts -120 | Yarrow Press 99 | Zinnia Events 330
Brook & Sons 480 | Ash Farm Shop 45 | Birch Bakery 132 | Clover Crafts 38 | dale interiors 515
Dock Road Gym 81"""


def _example_sales() -> tuple[tuple[Cell, Cell], ...]:
    rows = (row.strip().rpartition(" ") for line in _SALES.splitlines() for row in line.split("|"))
    return tuple((int(name) if name.isdigit() else name, float(amount)) for name, _, amount in rows)


EXAMPLE = Inputs(periods=_example_periods(), months=3, sales=_example_sales())
