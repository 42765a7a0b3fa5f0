"""What others keep: published retention figures by industry, and how a rate compares with them.

The table is embedded (`data/benchmarks.csv`), and so are the claims people quote about retention
with what stands behind them (`data/evidence.csv`). Standard library only until a frame is asked for.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from retention_core.errors import BenchmarkError, FileError, said
from retention_core.rates import Interval, convert_rate

if TYPE_CHECKING:
    import pandas as pd

METRIC = "customer_retention_rate"
PERIOD = "annual"
MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
CONFIDENCES = ("high", "medium", "low")
SCOPES = ("industry", "single company")
UNBOUNDED = frozenset({"net_revenue_retention"})
LOSSES = frozenset({"logo_churn_rate"})
STEADY = frozenset({"customer_retention_rate", "logo_churn_rate", "gross_revenue_retention"})
TAGS = {
    "cohort": "it follows new customers, who stay less often than the whole base",
    "per-renewal-event": "it counts renewals, not time",
    "switching-survey": "people were asked whether they switched",
    "repeat-purchase": "the time allowed for buying again is often not stated",
    "derived": "it is one minus the published figure, or a stated change",
    "converted": "it is converted, which assumes steady churn",
}
NEVER_CONVERTED = ("per-renewal-event", "switching-survey")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")

Verdict = Literal["above", "below", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published figure, with everything needed to judge it.

    `value` is a fraction (net revenue retention may exceed 1), `headline` marks the one figure that
    answers a plain look-up for its industry, metric and period, and `tags` name what to beware of
    (their meanings are in `TAGS`).
    """

    id: str
    industry: str
    sub_segment: str
    business_model: str
    metric: str
    period: str
    statistic: str
    value: float
    year: int | None
    region: str
    headline: bool
    scope: str
    confidence: str
    source_name: str
    source_title: str
    source_url: str
    sample_note: str
    definition_note: str
    tags: tuple[str, ...]

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to beware of, one clause for each tag with a known meaning."""
        return tuple(TAGS[tag] for tag in self.tags if tag in TAGS)


COLUMNS = tuple(column.name for column in fields(Benchmark))
_FILLED = ("id", "industry", "metric", "period", "value", "scope", "confidence")


@dataclass(frozen=True, slots=True, eq=False)
class Benchmarks:
    """A table of published figures; made by `load_benchmarks`.

    Examples
    --------
    >>> table = load_benchmarks()
    >>> len(table.rows), len(table.every_industry), len(table.industries())
    (275, 37, 22)
    >>> table.find("retail").value
    0.63
    """

    rows: tuple[Benchmark, ...] = field(repr=False)

    @property
    def every_industry(self) -> tuple[str, ...]:
        """All industries of the table, also those that a plain look-up cannot answer."""
        return _industries(self.rows)

    def industries(self, metric: str | None = METRIC, period: str | None = PERIOD) -> tuple[str, ...]:
        """Industries that `find` answers for this metric and period; None allows any."""
        return _industries(_matching([row for row in self.rows if row.headline], metric, period))

    def find(self, industry: str, metric: str = METRIC, period: str = PERIOD) -> Benchmark:
        """The headline figure of an industry, whatever its confidence.

        Upper and lower case and stray spaces do not matter.

        Raises
        ------
        BenchmarkError
            If the industry is unknown (the sentence names those spelt alike) or has no headline
            figure of this metric and period (the sentence names what it has).

        Examples
        --------
        >>> load_benchmarks().find("meal kit")
        Traceback (most recent call last):
        retention_core.errors.BenchmarkError: industry "meal kit" is not in the table: did you mean Meal kits?
        """
        rows = self._of(industry)
        for row in _matching(rows, metric, period):
            if row.headline:
                return row
        raise BenchmarkError(
            f"`industry` {rows[0].industry} has no headline figure of {said(metric)}, {said(period)}; "
            f"{_what_it_has(rows)}."
        )

    def listing(
        self,
        industry: str | None = None,
        *,
        metric: str | None = None,
        period: str | None = None,
        include_companies: bool = False,
        include_low_confidence: bool = False,
    ) -> tuple[Benchmark, ...]:
        """The figures in the order of the file, single companies and low confidence only where asked for.

        Raises
        ------
        BenchmarkError
            If the industry is unknown.

        Examples
        --------
        >>> [row.value for row in load_benchmarks().listing("Retail", metric="customer_retention_rate")]
        [0.63]
        """
        rows = self.rows if industry is None else self._of(industry)
        return tuple(
            row
            for row in _matching(rows, metric, period)
            if (include_companies or row.scope != "single company")
            and (include_low_confidence or row.confidence != "low")
        )

    def to_frame(
        self,
        industry: str | None = None,
        *,
        metric: str | None = None,
        period: str | None = None,
        include_companies: bool = False,
        include_low_confidence: bool = False,
    ) -> pd.DataFrame:
        """The figures of `listing` as a table in the columns of the file; `year` may be missing."""
        import pandas as pd

        rows = self.listing(
            industry,
            metric=metric,
            period=period,
            include_companies=include_companies,
            include_low_confidence=include_low_confidence,
        )
        table = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
        table["tags"] = ["; ".join(row.tags) for row in rows]
        return pd.DataFrame(table).astype({"value": "float64", "year": "Int64", "headline": "bool"})

    def _of(self, industry: str) -> list[Benchmark]:
        name = _folded(industry)
        rows = [row for row in self.rows if _folded(row.industry) == name]
        if not rows:
            raise BenchmarkError(_unknown(industry, self.every_industry))
        return rows


@dataclass(frozen=True, slots=True)
class Comparison:
    """A rate beside a benchmark.

    `gap` is the rate less the benchmark, in fractions. `verdict` says where the rate stands, not
    whether that is good: churn above the benchmark is bad news.
    """

    gap: float
    verdict: Verdict
    sentence: str
    rate: float
    interval: Interval | None
    benchmark: Benchmark


@dataclass(frozen=True, slots=True)
class Claim:
    """A popular claim about retention and what one source says about it; `year` as the source has it."""

    claim_id: str
    claim: str
    verdict: str
    primary_source: str
    year: str
    figure: str
    source_url: str
    note: str


def load_benchmarks(path: str | PathLike[str] | None = None) -> Benchmarks:
    """The embedded table, or your own from a CSV file with the same columns.

    Your own file is UTF-8 text, separated by commas, semicolons or tabs, with one figure a row.
    Values are fractions such as 0.84 (0,84 where semicolons separate). Other columns are ignored,
    empty rows are skipped, and text is only text, whatever it starts with.

    Raises
    ------
    FileError
        If the file cannot be read as such a table.
    BenchmarkError
        If a row makes no sense; the sentence names it.
    """
    return _embedded() if path is None else _benchmarks(_read(path), str(path))


def benchmark(industry: str, metric: str = METRIC, period: str = PERIOD) -> Benchmark:
    """The headline figure of an industry in the embedded table; see `Benchmarks.find`.

    Examples
    --------
    >>> found = benchmark("Retail")
    >>> found.value, found.year, found.confidence
    (0.63, 2021, 'medium')
    """
    return _embedded().find(industry, metric, period)


def compare(
    rate: float,
    benchmark: Benchmark,
    *,
    interval: Interval | tuple[float, float] | None = None,
    metric: str = METRIC,
    period: str = PERIOD,
) -> Comparison:
    """How far a rate lies from a benchmark, and whether its noise allows to say so.

    Parameters
    ----------
    rate
        Your figure, a fraction.
    benchmark
        The figure to compare with, of the same metric and period.
    interval
        Limits of your figure, such as `rate_interval` gives. Where they cover the benchmark the
        verdict is "cannot tell"; without an interval it always is, because a rate alone does not
        show how many customers stand behind it.
    metric, period
        What your figure is.

    Raises
    ------
    BenchmarkError
        If the benchmark is of another metric or period (`convert_benchmark` converts it), or the
        rate and its interval make no sense.

    Examples
    --------
    Ninety of a hundred kept, in a trade where 63 % is usual:

    >>> from retention_core.rates import rate_interval
    >>> result = compare(0.9, benchmark("Retail"), interval=rate_interval(90, 100))
    >>> round(result.gap, 2), result.verdict
    (0.27, 'above')
    """
    _check_alike(benchmark, _word(metric), _word(period))
    _check_figure("rate", rate, benchmark.metric)
    limits = _limits(rate, interval)
    gap = rate - benchmark.value
    verdict: Verdict = "cannot tell"
    if limits is not None and limits.low > benchmark.value:
        verdict = "above"
    elif limits is not None and limits.high < benchmark.value:
        verdict = "below"
    return Comparison(gap, verdict, _sentence(rate, limits, benchmark, verdict), rate, limits, benchmark)


def convert_benchmark(
    benchmark: Benchmark, *, period: str | None = None, metric: str | None = None
) -> Benchmark:
    """The benchmark over another period, or churn as retention, to compare a rate with.

    Raises
    ------
    BenchmarkError
        If the figure may not be converted: renewals and switching surveys do not measure time, and
        only retention, churn and gross revenue retention change steadily with it.

    Examples
    --------
    Gyms lose 3.4 % a month, which is keeping 66 % a year if churn were steady:

    >>> gyms = load_benchmarks().find("Fitness & gyms", "logo_churn_rate", "monthly")
    >>> yearly = convert_benchmark(gyms, period="annual", metric="customer_retention_rate")
    >>> round(yearly.value, 3), yearly.tags
    (0.664, ('converted', 'derived'))
    """
    converted = benchmark
    if period is not None and _word(period) != converted.period:
        converted = _over_period(converted, _word(period))
    if metric is not None and _word(metric) != converted.metric:
        converted = _as_metric(converted, _word(metric))
    return converted


def convert_figure(value: float, from_period: str, to_period: str, metric: str = METRIC) -> tuple[float, str]:
    """A figure over another period, and the sentence to show with it.

    Raises
    ------
    BenchmarkError
        If the metric does not change steadily with time, or a period has no length in months.

    Examples
    --------
    >>> value, sentence = convert_figure(0.97, "monthly", "annual")
    >>> round(value, 3)
    0.694
    >>> print(sentence)
    Converted from monthly to annual, 97.0 % to 69.4 %, which assumes steady churn: every month \
loses the same share of those left.
    """
    before, after = _word(from_period), _word(to_period)
    _check_convertible(_word(metric), before, after)
    _check_figure("value", value, _word(metric))
    lost = _word(metric) in LOSSES
    kept = convert_rate(1 - value if lost else value, MONTHS[before], MONTHS[after])
    figure = 1 - kept if lost else kept
    return figure, (
        f"Converted from {before} to {after}, {_percent(value)} to {_percent(figure)}, which assumes "
        "steady churn: every month loses the same share of those left."
    )


def claims() -> tuple[Claim, ...]:
    """What people say about retention, with verdict and source: material to show, never a fact.

    Examples
    --------
    >>> sorted({claim.verdict for claim in claims()})
    ['partially supported', 'untraceable']
    """
    return _evidence()


@cache
def _embedded() -> Benchmarks:
    return _benchmarks(_data("benchmarks.csv"), "benchmarks.csv")


@cache
def _evidence() -> tuple[Claim, ...]:
    names = tuple(column.name for column in fields(Claim))
    return tuple(Claim(**row) for _, row in _records(_data("evidence.csv"), names, "evidence.csv"))


def _data(name: str) -> str:
    return (files("retention_core.data") / name).read_text(encoding="utf-8")


def _read(path: str | PathLike[str]) -> str:
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileError(f"`path` does not exist (got {said(path)}): check the name of the file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"`path` cannot be read, {reason} (got {said(path)}).") from None
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise FileError(
            f"`path` is not UTF-8 text (got {said(path)}): save the table as CSV UTF-8 and try again."
        )
    return text


def _benchmarks(text: str, source: str) -> Benchmarks:
    decimal_comma = _separator(text) == ";"
    records = _records(text, COLUMNS, source)
    rows = [(line, _benchmark(line, record, decimal_comma)) for line, record in records]
    if not rows:
        raise FileError(f"`path` holds a header and no figures (got {said(source)}): add one a row.")
    _check_unique(rows)
    return Benchmarks(tuple(row for _, row in rows))


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _records(text: str, names: tuple[str, ...], source: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their numbers as a spreadsheet counts them, cut down to the named columns."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        places = _places([name.strip().casefold() for name in next(reader, [])], names, source)
        for line, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                if len(cells) <= max(places.values()):
                    raise FileError(
                        f"`path` has a row that is too short, row {line} of {said(source)}: "
                        f"{len(cells)} cells, while the header has columns up to {max(places.values()) + 1}."
                    )
                yield line, {name: cells[place].strip() for name, place in places.items()}
    except csv.Error as error:
        raise FileError(
            f"`path` is not a well-formed CSV file, {error} in line {reader.line_num} of {said(source)}."
        ) from None


def _places(header: list[str], names: tuple[str, ...], source: str) -> dict[str, int]:
    if not any(header):
        raise FileError(
            f"`path` must start with a header row (got {said(source)}, empty or starting with an empty "
            f"row): the columns are {', '.join(names)}."
        )
    missing = [name for name in names if name not in header]
    if missing:
        raise FileError(f"`path` lacks the columns {', '.join(missing)} (got {said(source)}): add them.")
    twice = [name for name in names if header.count(name) > 1]
    if twice:
        raise FileError(f"`path` has the column {twice[0]} twice (got {said(source)}): remove one.")
    return {name: header.index(name) for name in names}


def _benchmark(line: int, record: Mapping[str, str], decimal_comma: bool) -> Benchmark:
    for name in _FILLED:
        if not record[name]:
            raise _bad(line, name, "must not be blank", "")
    metric, period = _word(record["metric"]), _word(record["period"])
    return Benchmark(
        **{name: record[name] for name in _TEXTS},
        metric=metric,
        period=period,
        value=_value(line, record["value"], metric, decimal_comma),
        year=_year(line, record["year"]),
        headline=_choice(line, record, "headline", ("yes", "")) == "yes",
        scope=_choice(line, record, "scope", SCOPES),
        confidence=_choice(line, record, "confidence", CONFIDENCES),
        tags=tuple(re.findall(r"[^\s,;]+", record["tags"])),
    )


_READ = {"metric", "period", "value", "year", "headline", "scope", "confidence", "tags"}
_TEXTS = tuple(name for name in COLUMNS if name not in _READ)


def _value(line: int, text: str, metric: str, decimal_comma: bool) -> float:
    plain = text.replace(",", ".") if decimal_comma else text
    if not _NUMBER.fullmatch(plain):
        raise _bad(line, "value", "must be a number written like 0.84", text)
    value = float(plain)
    try:
        _check_figure("value", value, metric)
    except BenchmarkError:
        limit = "zero or more" if metric in UNBOUNDED else "a fraction from 0 to 1, such as 0.84 for 84 %"
        raise _bad(line, "value", f"must be {limit}", text) from None
    return value


def _year(line: int, text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[12][0-9]{3}", text):
        raise _bad(line, "year", "must be blank or a year such as 2024", text)
    return int(text)


def _choice(line: int, record: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    choice = " ".join(record[name].casefold().split())
    if choice not in allowed:
        raise _bad(line, name, f"must be {' or '.join(word or 'blank' for word in allowed)}", record[name])
    return choice


def _bad(line: int, column: str, what: str, got: str) -> BenchmarkError:
    return BenchmarkError(f'`{column}` in row {line} {what} (got "{said(got)}").')


def _check_unique(rows: Iterable[tuple[int, Benchmark]]) -> None:
    ids: dict[str, int] = {}
    headlines: dict[tuple[str, str, str], int] = {}
    for line, row in rows:
        first = ids.setdefault(row.id, line)
        if first != line:
            raise BenchmarkError(
                f'`id` must differ from row to row: "{said(row.id)}" is in {first} and {line}.'
            )
        if row.headline:
            first = headlines.setdefault((_folded(row.industry), row.metric, row.period), line)
            if first != line:
                raise BenchmarkError(
                    f"`headline` may mark one row for an industry, metric and period, but rows {first} and "
                    f"{line} are both marked for {said(row.industry)}, {row.metric}, {row.period}."
                )


@lru_cache(maxsize=4096)
def _folded(text: object) -> str:
    return " ".join(str(text).casefold().split())


def _word(text: object) -> str:
    """A metric or period as the table writes it: "Net revenue retention" is net_revenue_retention."""
    return _folded(text).replace(" ", "_")


def _industries(rows: Iterable[Benchmark]) -> tuple[str, ...]:
    # the first spelling stands for all, as `find` treats them alike
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(_folded(row.industry), row.industry)
    return tuple(names[name] for name in sorted(names))


def _matching(rows: Iterable[Benchmark], metric: str | None, period: str | None) -> Iterator[Benchmark]:
    wanted_metric = None if metric is None else _word(metric)
    wanted_period = None if period is None else _word(period)
    for row in rows:
        if wanted_metric in (None, row.metric) and wanted_period in (None, row.period):
            yield row


def _unknown(industry: object, known: tuple[str, ...]) -> str:
    if not _folded(industry):
        return f"`industry` must name an industry, such as {known[0]} (got a blank)."
    close = get_close_matches(_folded(industry), [_folded(name) for name in known], n=3, cutoff=0.5)
    close += [_folded(name) for name in known if _folded(industry) in _folded(name)]
    hint = [name for name in known if _folded(name) in close]
    advice = f"did you mean {' or '.join(hint[:3])}?" if hint else f"it has {', '.join(known)}."
    return f'`industry` "{said(industry)}" is not in the table: {advice}'


def _what_it_has(rows: Iterable[Benchmark]) -> str:
    pairs: dict[str, bool] = {}
    for row in rows:
        pair = f"{row.metric} ({row.period})"
        pairs[pair] = pairs.get(pair, False) or row.headline
    marked = [pair for pair, headline in pairs.items() if headline]
    rest = [pair for pair, headline in pairs.items() if not headline]
    parts = [f"it has {', '.join(marked)}"] if marked else []
    parts += [f"only in the full listing: {', '.join(rest)}"] if rest else []
    return "; ".join(parts)


def _check_alike(benchmark: Benchmark, metric: str, period: str) -> None:
    if benchmark.metric != metric:
        raise BenchmarkError(
            f"`metric` must be the same on both sides: the rate is {said(metric)}, the benchmark "
            f"{benchmark.id} is {benchmark.metric}; compare like with like."
        )
    if benchmark.period != period:
        raise BenchmarkError(
            f"`period` must be the same on both sides: the rate is {said(period)}, the benchmark "
            f"{benchmark.id} is {benchmark.period}; convert one of them first, if churn may count as steady."
        )


def _check_figure(name: str, figure: float, metric: str) -> None:
    if not math.isfinite(figure) or figure < 0 or (figure > 1 and metric not in UNBOUNDED):
        limit = "a number, zero or more" if metric in UNBOUNDED else "a fraction from 0 to 1"
        raise BenchmarkError(f"`{name}` must be {limit}, such as 0.84 for 84 % (got {said(figure)}).")


def _limits(rate: float, interval: Interval | tuple[float, float] | None) -> Interval | None:
    if interval is None:
        return None
    low, high = interval
    if not low - 1e-9 <= rate <= high + 1e-9:
        raise BenchmarkError(
            f"`interval` must hold the rate, {said(rate)} (got {said(low)} to {said(high)}): "
            "check that both describe the same figure."
        )
    return Interval(low, high)


def _sentence(rate: float, limits: Interval | None, benchmark: Benchmark, verdict: Verdict) -> str:
    reading = f"{benchmark.metric.replace('_', ' ').capitalize()} ({benchmark.period}) of {_percent(rate)}"
    if limits is not None:
        reading += f" ({_percent(limits.low)} to {_percent(limits.high)})"
    year = f", {benchmark.year}" if benchmark.year else ""
    other = (
        f"the {benchmark.industry} benchmark of {_percent(benchmark.value)} ({benchmark.statistic}{year}, "
        f"{benchmark.confidence} confidence, {benchmark.source_name})"
    )
    if limits is None:
        ending = ", but without an interval nobody can tell whether that is more than noise"
    elif verdict == "cannot tell":
        ending = ", but its interval covers the benchmark: the data cannot tell above from below"
    else:
        ending = ""
    cautions = "".join(f"; beware that {caution}" for caution in benchmark.cautions)
    return f"{reading} is {_distance(rate - benchmark.value)} {other}{ending}{cautions}."


def _distance(gap: float) -> str:
    points = f"{abs(100 * gap):.1f}"
    if points == "0.0":
        return "level with"
    return f"{points} points {'above' if gap > 0 else 'below'}"


def _over_period(benchmark: Benchmark, period: str) -> Benchmark:
    _check_not_tagged(benchmark)
    value, sentence = convert_figure(benchmark.value, benchmark.period, period, benchmark.metric)
    return _changed(benchmark, "converted", sentence, value=value, period=period)


def _as_metric(benchmark: Benchmark, metric: str) -> Benchmark:
    both = {"customer_retention_rate", "logo_churn_rate"}
    if {benchmark.metric, metric} != both:
        raise BenchmarkError(
            f"`metric` cannot change from {benchmark.metric} to {said(metric)}: only logo_churn_rate and "
            "customer_retention_rate follow from one another."
        )
    sentence = f"One minus a {benchmark.metric.replace('_', ' ')} of {_percent(benchmark.value)}."
    return _changed(benchmark, "derived", sentence, value=1 - benchmark.value, metric=metric)


def _changed(
    benchmark: Benchmark, tag: str, note: str, *, value: float, period: str = "", metric: str = ""
) -> Benchmark:
    return replace(
        benchmark,
        value=value,
        period=period or benchmark.period,
        metric=metric or benchmark.metric,
        headline=False,
        definition_note=f"{note} {benchmark.definition_note}".strip(),
        tags=tuple(dict.fromkeys((*benchmark.tags, tag))),
    )


def _check_not_tagged(benchmark: Benchmark) -> None:
    for tag in NEVER_CONVERTED:
        if tag in benchmark.tags:
            raise BenchmarkError(
                f"`period` of {benchmark.id} cannot be converted: {TAGS[tag]} ({tag}), so compare it with "
                f"{benchmark.period} figures only."
            )


def _check_convertible(metric: str, before: str, after: str) -> None:
    if metric not in STEADY:
        raise BenchmarkError(
            f"`metric` {said(metric)} does not change steadily with time and cannot be converted: only "
            f"{', '.join(sorted(STEADY))} can."
        )
    for name, period in (("from_period", before), ("to_period", after)):
        if period not in MONTHS:
            raise BenchmarkError(f"`{name}` must be {', '.join(MONTHS)} (got {said(period)}).")


def _percent(figure: float) -> str:
    return f"{100 * figure:.1f} %"
