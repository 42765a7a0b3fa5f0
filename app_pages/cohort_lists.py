"""Cohort tables as lists for people, and the customers behind a cell."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from app_pages.cohort_charts import cohort_name
from app_pages.tables import Kind, Table
from retention_core.cohort_tables import Cell, Trend
from retention_core.cohorts import Cohorts
from retention_core.orders import OrderLog

AVERAGE = "All cohorts"


def rates(table: Cohorts) -> Table:
    """One row a cohort and the average below: customers, then the rate at each age."""
    names = [*(cohort_name(table, cohort) for cohort in table.cohorts), AVERAGE]
    shown = pd.DataFrame({"Cohort": names, "Customers": [*map(int, table.sizes), int(sum(table.sizes))]})
    matrix = [*table.matrix, tuple(cell.rate if cell else None for cell in table.average)]
    columns = pd.DataFrame(matrix, columns=list(table.age_names), dtype=float)
    kinds: dict[str, Kind] = {"Customers": "count"}
    percents: dict[str, Kind] = dict.fromkeys(table.age_names, "percent")
    return Table("Cohorts", pd.concat([shown, columns], axis=1), kinds | percents)


def cells(table: Cohorts) -> Table:
    """One row a cell of which something is lived, with its interval."""
    rows = [
        (cohort_name(table, cohort), age, *_figures(cell))
        for cohort in table.cohorts
        for age, cell in zip(table.age_names, cohort.cells, strict=True)
        if cell is not None
    ]
    rows += [
        (AVERAGE, age, *_figures(cell))
        for age, cell in zip(table.age_names, table.average, strict=True)
        if cell
    ]
    names = ["Cohort", "Age", "Customers", "Of whom ordered", "Total", "Rate", "Low", "High", "State"]
    frame = pd.DataFrame(rows, columns=names)
    floats = ("Total", "Rate", "Low", "High")
    kinds: dict[str, Kind] = {"Customers": "count", "Of whom ordered": "count"}
    kinds["Total"] = "money" if table.definition.measure in ("revenue", "profit") else "count"
    percents: dict[str, Kind] = dict.fromkeys(("Rate", "Low", "High"), "percent")
    return Table("Cells", frame.astype(dict.fromkeys(floats, float)), kinds | percents)


def _figures(cell: Cell) -> tuple[object, ...]:
    state = "complete" if cell.lived else "incomplete"
    return int(cell.size), int(cell.customers), cell.total, cell.rate, cell.low, cell.high, state


def trend(table: Cohorts, found: Trend, age: int) -> Table:
    """One age from cohort to cohort."""
    rows = [
        (cohort_name(table, cohort), *_figures(cell)[:2], *_figures(cell)[3:6])
        for cohort, cell in zip(found.cohorts, found.cells, strict=True)
    ]
    name = table.age_names[age].capitalize()
    frame = pd.DataFrame(rows, columns=["Cohort", "Customers", "Of whom ordered", name, "Low", "High"])
    percents: dict[str, Kind] = dict.fromkeys((name, "Low", "High"), "percent")
    counts: dict[str, Kind] = {"Customers": "count", "Of whom ordered": "count"}
    return Table("One age", frame.astype(dict.fromkeys(percents, float)), counts | percents)


def customers_behind(
    log: OrderLog, *, table: Cohorts, cohort: str, age: int, stayed: bool, as_of: dt.date | None
) -> Table:
    """The customers of a cohort who ordered at an age, or those who did not, with what they did in all."""
    names = list(table.customers_of(cohort, age))
    if not stayed:
        here = set(names)
        names = [name for name in table.customers_of(cohort, 0) if name not in here]
    known = log.customer_table(as_of=as_of).drop_duplicates("customer")
    labels = {"customer": "Customer", "orders": "Orders", "first_order": "First order"}
    labels["last_order"] = "Last order"
    kinds: dict[str, Kind] = {"Orders": "count", "First order": "date", "Last order": "date"}
    if log.value_of is not None:
        labels["value"] = log.value_of.capitalize()
        kinds[labels["value"]] = "money"
    listed = pd.DataFrame({"customer": names}).merge(known, on="customer", how="left")
    return Table("Customers", listed[list(labels)].rename(columns=labels), kinds)
