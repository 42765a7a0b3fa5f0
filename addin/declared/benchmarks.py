"""Worksheet functions of the published retention figures of industries."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from addin.catalogue import Catalogue
from addin.kinds import Count, Rate, Table, Text
from addin.native import tables
from retention_core.errors import RetentionError
from retention_core.rates import rate_interval

if TYPE_CHECKING:
    from retention_core.benchmarks import Benchmark

FUNCTIONS = Catalogue()

_USUAL_METRIC = "customer_retention_rate"
_BENCHMARK_COLUMNS = (
    "industry", "sub_segment", "metric", "period", "statistic", "value", "year", "region", "confidence",
    "headline", "source_name", "source_title", "source_url", "sample_note", "definition_note",
)  # fmt: skip


@FUNCTIONS.declare(words={"name": "industry"}, native=tables.BENCHMARK)
def BENCHMARK(industry: Text, metric: Text = _USUAL_METRIC) -> Rate:
    """A published yearly retention figure of an industry; BENCHMARKS tells its year, sample and source.

    Parameters
    ----------
    industry
        Name of the industry, as BENCHMARKS() lists it.
    metric
        Which figure, such as net_revenue_retention; customer_retention_rate if left out.

    Returns
    -------
    The figure as a fraction: 0.63 is 63 %.

    Examples
    --------
    >>> BENCHMARK("Retail")
    0.63
    """
    return _benchmark(industry, metric).value


@FUNCTIONS.declare(native=tables.BENCHMARK_GAP)
def BENCHMARK_GAP(rate: Rate, industry: Text, metric: Text = _USUAL_METRIC) -> Rate:
    """How far a yearly rate lies above (or, negative, below) the published figure of an industry.

    Parameters
    ----------
    rate
        Your own yearly rate of the same metric, a fraction such as 0.9.
    industry
        Name of the industry, as BENCHMARKS() lists it.
    metric
        Which figure, such as net_revenue_retention; customer_retention_rate if left out.

    Returns
    -------
    Rate less benchmark, as a fraction: 0.05 is five percentage points.

    Examples
    --------
    >>> round(BENCHMARK_GAP(0.7, "Retail"), 2)
    0.07
    """
    from retention_core.benchmarks import compare

    return compare(rate, _benchmark(industry, metric), interval=None, metric=metric).gap


@FUNCTIONS.declare(words={"at_start": "start_customers"}, native=tables.BENCHMARK_VERDICT)
def BENCHMARK_VERDICT(
    kept: Count, start_customers: Count, industry: Text, metric: Text = _USUAL_METRIC
) -> Text:
    """Whether a year's retention is above or below the industry's figure, or too uncertain to tell.

    Parameters
    ----------
    kept
        Customers of the start who are still there a year later.
    start_customers
        Customers at the start of the year, above zero.
    industry
        Name of the industry, as BENCHMARKS() lists it.
    metric
        customer_retention_rate, the usual one, or logo_churn_rate, which is compared as 1 - churn.

    Returns
    -------
    "above", "below" or "cannot tell": the last where the 95 % interval of the rate covers the figure.

    Examples
    --------
    >>> BENCHMARK_VERDICT(700, 1000, "Retail")
    'above'
    >>> BENCHMARK_VERDICT(7, 10, "Retail")
    'cannot tell'
    """
    from retention_core.benchmarks import LOSSES, compare, convert_benchmark

    interval = rate_interval(kept, start_customers)
    benchmark = _benchmark(industry, metric)
    if benchmark.metric in LOSSES:
        benchmark = convert_benchmark(benchmark, metric=_USUAL_METRIC)
    return compare(kept / start_customers, benchmark, interval=interval, metric=_USUAL_METRIC).verdict


@FUNCTIONS.declare(native=tables.BENCHMARKS)
def BENCHMARKS(industry: Text | None = None) -> Table:
    """Table of published figures with year, sample and source, of one industry or of all.

    Single companies and figures of low confidence are left out.

    Parameters
    ----------
    industry
        Name of one industry; all if left out.

    Returns
    -------
    One row a figure, under a header.

    Examples
    --------
    >>> BENCHMARKS("Retail")[1][5]
    0.63
    """
    from retention_core.benchmarks import load_benchmarks

    found = load_benchmarks().listing(industry)
    if not found:
        raise RetentionError("`industry` has figures of single companies or of low confidence only.")
    rows = [[getattr(figure, name) for name in _BENCHMARK_COLUMNS] for figure in found]
    return [list(_BENCHMARK_COLUMNS), *rows]


def _benchmark(industry: str, metric: str) -> Benchmark:
    found = _looked_up(industry, metric)
    if isinstance(found, RetentionError):
        raise RetentionError(found.sentence)
    return found


@lru_cache(maxsize=1024)
def _looked_up(industry: str, metric: str) -> Benchmark | RetentionError:
    """The figure or why there is none, kept because a spilling call asks the same for every row."""
    from retention_core.benchmarks import benchmark

    try:
        return benchmark(industry, metric=metric)
    except RetentionError as error:
        return error
