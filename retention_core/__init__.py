"""Customer retention: how many stay, is that normal, and who matters.

Everything public is here: `import retention_core as rc; rc.retention_rate(100, 110, 20)`.
Names are looked up when first used, so that the plain rates load without pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retention_core.errors import (
        BenchmarkError,
        ColumnError,
        FileError,
        OrderLogError,
        RateError,
        RetentionError,
    )
    from retention_core.rates import (
        Interval,
        churn_rate,
        convert_rate,
        customer_lifetime,
        gross_revenue_retention,
        net_revenue_retention,
        rate_interval,
        retention_rate,
    )

__all__ = [
    "BenchmarkError",
    "ColumnError",
    "FileError",
    "Interval",
    "OrderLogError",
    "RateError",
    "RetentionError",
    "churn_rate",
    "convert_rate",
    "customer_lifetime",
    "gross_revenue_retention",
    "net_revenue_retention",
    "rate_interval",
    "retention_rate",
]

__version__ = "0.1.0"

_HOMES = {
    "errors": (
        "BenchmarkError",
        "ColumnError",
        "FileError",
        "OrderLogError",
        "RateError",
        "RetentionError",
    ),
    "rates": (
        "Interval",
        "churn_rate",
        "convert_rate",
        "customer_lifetime",
        "gross_revenue_retention",
        "net_revenue_retention",
        "rate_interval",
        "retention_rate",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
