"""Customer retention: how many stay, is that normal, and who matters.

Everything public is here: `import retention_core as rc; rc.retention_rate(100, 110, 20)`.
Names are looked up when first used, so that the plain rates load without pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retention_core.benchmarks import (
        Benchmark,
        Benchmarks,
        Claim,
        Comparison,
        benchmark,
        claims,
        compare,
        convert_benchmark,
        convert_figure,
        load_benchmarks,
    )
    from retention_core.columns import Columns, guess_columns
    from retention_core.concentration import (
        Concentration,
        Estimate,
        concentrate,
        concentration_by,
        concentration_of,
    )
    from retention_core.errors import (
        BenchmarkError,
        ColumnError,
        FileError,
        OrderLogError,
        RateError,
        RetentionError,
    )
    from retention_core.files import peek, read_table, sheet_names
    from retention_core.movements import Period
    from retention_core.orders import OrderLog
    from retention_core.periods import PeriodTable, period_between, period_retention
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
    from retention_core.repeats import repeat_rate
    from retention_core.report import Report, YearlyRate, report_on, yearly_rate
    from retention_core.samples import Sample, all_samples, cdnow_tenth, gift_shop_truth, sample

__all__ = [
    "Benchmark",
    "BenchmarkError",
    "Benchmarks",
    "Claim",
    "ColumnError",
    "Columns",
    "Comparison",
    "Concentration",
    "Estimate",
    "FileError",
    "Interval",
    "OrderLog",
    "OrderLogError",
    "Period",
    "PeriodTable",
    "RateError",
    "Report",
    "RetentionError",
    "Sample",
    "YearlyRate",
    "all_samples",
    "benchmark",
    "cdnow_tenth",
    "churn_rate",
    "claims",
    "compare",
    "concentrate",
    "concentration_by",
    "concentration_of",
    "convert_benchmark",
    "convert_figure",
    "convert_rate",
    "customer_lifetime",
    "gift_shop_truth",
    "gross_revenue_retention",
    "guess_columns",
    "load_benchmarks",
    "net_revenue_retention",
    "peek",
    "period_between",
    "period_retention",
    "rate_interval",
    "read_table",
    "repeat_rate",
    "report_on",
    "retention_rate",
    "sample",
    "sheet_names",
    "yearly_rate",
]

__version__ = "0.1.0"

_HOMES = {
    "benchmarks": "Benchmark Benchmarks Claim Comparison benchmark claims compare convert_benchmark"
    " convert_figure load_benchmarks",
    "columns": "Columns guess_columns",
    "concentration": "Concentration Estimate concentrate concentration_by concentration_of",
    "errors": "BenchmarkError ColumnError FileError OrderLogError RateError RetentionError",
    "files": "peek read_table sheet_names",
    "movements": "Period",
    "orders": "OrderLog",
    "periods": "PeriodTable period_between period_retention",
    "rates": "Interval churn_rate convert_rate customer_lifetime gross_revenue_retention"
    " net_revenue_retention rate_interval retention_rate",
    "repeats": "repeat_rate",
    "report": "Report YearlyRate report_on yearly_rate",
    "samples": "Sample all_samples cdnow_tenth gift_shop_truth sample",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
