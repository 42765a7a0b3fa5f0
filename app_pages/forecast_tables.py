"""Forecasts as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from app_pages.forecast_answers import reason_of
from app_pages.tables import Kind, Table
from retention_core.btyd.clv import LifetimeValues
from retention_core.btyd.estimates import Estimates
from retention_core.btyd.holdout import Holdout
from retention_core.btyd.purchases import Floats, PurchaseHistory


def customers(history: PurchaseHistory, values: LifetimeValues) -> Table:
    """One row a customer, the most valuable first."""
    frame = values.to_frame()
    names = {
        "customer": "Customer",
        "alive": "Still there",
        "expected_orders": "Expected orders",
        "expected_value": "Order value",
        "value": "Value",
        "low": "Low",
        "high": "High",
    }
    frame = frame.rename(columns=names)[list(names.values())]
    frame.insert(1, "Repeats so far", history.frequency)
    frame = frame.sort_values("Value", ascending=False, kind="stable", ignore_index=True)
    kinds: dict[str, Kind] = dict.fromkeys(("Order value", "Value", "Low", "High"), "money")
    return Table("Customers", frame, kinds | _shared())


def customers_without_values(history: PurchaseHistory, alive: Floats, orders: Floats) -> Table:
    """One row a customer with the orders expected, most first."""
    frame = pd.DataFrame(
        {
            "Customer": list(history.customers),
            "Repeats so far": history.frequency,
            "Still there": alive,
            "Expected orders": orders,
        }
    )
    frame = frame.sort_values("Expected orders", ascending=False, kind="stable", ignore_index=True)
    return Table("Customers", frame, _shared())


def _shared() -> dict[str, Kind]:
    return {"Repeats so far": "count", "Still there": "percent", "Expected orders": "money"}


def with_name(table: Table, wanted: str) -> Table:
    """The customers whose name holds `wanted`."""
    if not wanted.strip():
        return table
    found = table.frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)
    return Table(table.title, table.frame[found], table.kinds)


def summary(values: LifetimeValues) -> Table:
    """The total with its interval, in one row."""
    row = {
        "Months ahead": values.months,
        "Discount a year": values.discount,
        "Customers": len(values.customers),
        "Expected orders": float(values.expected_orders.sum()),
        "Value": values.total,
        "Low": values.total_low,
        "High": values.total_high,
        "Value is": values.value_of or "",
    }
    kinds: dict[str, Kind] = {"Months ahead": "count", "Discount a year": "percent", "Customers": "count"}
    return Table(
        "Summary",
        pd.DataFrame([row]),
        kinds | dict.fromkeys(("Expected orders", "Value", "Low", "High"), "money"),
    )


def parameters(models: Sequence[Estimates]) -> Table:
    """Parameters with standard errors and intervals."""
    columns = {
        "parameter": "Parameter",
        "estimate": "Estimate",
        "standard_error": "Standard error",
        "low": "Low",
        "high": "High",
    }
    parts = [model.to_frame().rename(columns=columns).assign(Model=model.name) for model in models]
    frame = pd.concat(parts, ignore_index=True)[["Model", *columns.values()]]
    numbers = dict.fromkeys(("Estimate", "Standard error", "Low", "High"), "number")
    return Table("Parameters", frame, numbers)  # type: ignore[arg-type]


def by_frequency(check: Holdout) -> Table:
    """The calibration plot as figures."""
    columns = {
        "frequency": "Repeat orders before",
        "customers": "Customers",
        "expected": "Expected",
        "actual": "Actual",
        "error": "Error",
        "error_low": "Error, low",
        "error_high": "Error, high",
        "heeded": "Counts for the verdict",
    }
    frame = check.groups.rename(columns=columns)
    frame["Counts for the verdict"] = ["yes" if heeded else "no" for heeded in check.groups["heeded"]]
    kinds: dict[str, Kind] = {"Customers": "count", "Expected": "number", "Actual": "number"}
    return Table(
        "Check by frequency",
        frame,
        kinds | dict.fromkeys(("Error", "Error, low", "Error, high"), "percent"),
    )


def by_week(check: Holdout) -> Table:
    """The tracking plot as figures."""
    columns = {"week": "Week", "end": "Until", "expected": "Expected so far", "actual": "Actual so far"}
    frame = check.tracking.rename(columns=columns)
    frame["In the holdout"] = ["yes" if later else "no" for later in check.tracking["holdout"]]
    kinds: dict[str, Kind] = {"Week": "count", "Until": "date"}
    frame = frame[[*columns.values(), "In the holdout"]]
    return Table("Check by week", frame, kinds | dict.fromkeys(("Expected so far", "Actual so far"), "count"))


def models(checks: Mapping[str, Holdout | str]) -> Table:
    """What the check says of each model."""
    rows = [
        (name, check.verdict, check.error, check.error_low, check.error_high, reason_of(check))
        if isinstance(check, Holdout)
        else (name, "cannot be fitted", None, None, None, check)
        for name, check in checks.items()
    ]
    columns = ["Model", "Verdict", "Error", "Low", "High", "Why"]
    frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("Error", "Low", "High"), "float64"))
    return Table("Models", frame, dict.fromkeys(("Error", "Low", "High"), "percent"))
