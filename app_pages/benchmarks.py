"""Benchmarks: a retention rate beside what is published for its industry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import altair as alt
import streamlit as st

from app_pages import charts, chosen_log, downloads, listing, notices, tables, uploads, wording
from app_pages.chosen_log import ChosenLog
from retention_core.benchmarks import (
    METRIC,
    MONTHS,
    STEADY,
    Benchmark,
    Benchmarks,
    Comparison,
    claims,
    compare,
    convert_benchmark,
    convert_figure,
    load_benchmarks,
)
from retention_core.errors import RetentionError
from retention_core.periods import PeriodTable
from retention_core.rates import Interval, rate_interval, retention_rate
from retention_core.report import YearlyRate, yearly_rate

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_SHORT = {METRIC: "Retention", "logo_churn_rate": "Churn"}
_LENGTHS = {"month": "monthly", "quarter": "quarterly", "year": "annual"}
_KINDS = {length: kind for kind, length in _LENGTHS.items()}
_LOWER_BOUND = "converted to a longer period and a lower bound"
_FIRST_INDUSTRY = "Retail"
_OWN = "own benchmark table"


class OwnTable(NamedTuple):
    """An uploaded benchmark table, and which upload it came from."""

    name: str
    file_id: str
    table: Benchmarks


class _Rate(NamedTuple):
    """A retention rate with its interval, and what it is."""

    value: float
    interval: Interval
    length: str
    label: str
    says: str
    source: str
    doubt: str = ""
    converted: str = ""


def show() -> None:
    """The page."""
    st.title("Is that normal?")
    left, right = st.columns(2, gap="large")
    with right:
        table = _table()
        found = _chosen_benchmark(table)
    with left:
        mine = _your_rate(found.period if found else "annual")
    if found is None:
        return
    others = _figures_of_industry(table, found)
    comparison = _compared(mine, found) if mine else None
    if mine is not None and comparison is not None:
        chart = _chart(comparison, _comparable(table, found))
        _about(found)
        mine = _over(mine, found.period)
        summary = tables.comparison_summary(comparison, f"{mine.says} {mine.doubt}".strip())
        verdict = _verdict(comparison, mine)
        picture = downloads.Picture(chart, f"Retention ({found.period}): {verdict[:1].lower()}{verdict[1:]}")
        downloads.offer("benchmark", [summary, others], _definition(mine, comparison), picture)
    st.subheader(f"Every figure for {wording.escaped(found.industry)}")
    listing.show(others)
    _popular_claims()


def _chart(comparison: Comparison, others: list[Benchmark]) -> alt.TopLevelMixin:
    chart = charts.against_benchmarks(comparison, others)
    st.altair_chart(chart, width="stretch")
    grey = "Grey: others of this industry. " if others else ""
    st.caption(
        f"Green: your rate and its interval. Orange: the chosen figure. {grey}"
        "Published figures often count customers in another way than an order log: see the definition."
    )
    return chart


def _your_rate(length: str) -> _Rate | None:
    st.subheader("Your rate")
    where = st.radio(
        "Where from",
        ["the log in use", "figures you type"],
        key="rate from",
        horizontal=True,
        label_visibility="collapsed",
    )
    return _rate_of_log(length) if where == "the log in use" else _typed_rate()


def _rate_of_log(length: str) -> _Rate | None:
    """The log's rate over a year where the benchmark is yearly, else over periods of its length."""
    chosen = chosen_log.current()
    notices.label(chosen)
    table = chosen_log.periods(chosen)
    if length == "annual":
        yearly = chosen_log.ask(chosen, yearly_rate, table=table)
        rate = _yearly(chosen, yearly) if yearly else None
    else:
        alike = chosen_log.periods(chosen, period=_KINDS.get(length, table.period))
        rate = _latest(chosen, alike) or _latest(chosen, table)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)
    if rate is None:
        st.info(f"This log has no complete {table.period} with a rate yet. Type figures instead.")
        return None
    st.metric(rate.label, wording.percent(rate.value))
    says = notices.in_app_words(rate.says)
    st.caption(f"95 % interval {wording.percent_between(*rate.interval)}. {says}")
    return rate


def _yearly(chosen: ChosenLog, yearly: YearlyRate) -> _Rate:
    doubt = "" if yearly.measured else yearly.sentence
    says = yearly.sentence if yearly.measured else "Converted to a year."
    converted = "" if yearly.measured else _LOWER_BOUND
    label = "Retention over a year"
    return _Rate(yearly.rate, yearly.interval, "annual", label, says, chosen.title, doubt, converted)


def _latest(chosen: ChosenLog, table: PeriodTable) -> _Rate | None:
    latest = table.latest
    if latest is None or latest.rate is None or latest.low is None or latest.high is None:
        return None
    name = wording.period_name(table.period, latest.start, latest.end)
    says = f"{latest.kept:,} of {wording.counted(latest.at_start, 'customer')} kept. {table.reason}"
    interval = Interval(latest.low, latest.high)
    return _Rate(latest.rate, interval, _LENGTHS[table.period], f"Retention in {name}", says, chosen.title)


def _typed_rate() -> _Rate | None:
    columns = st.columns(3)
    start = columns[0].number_input(
        "Customers at the start", min_value=0, value=100, step=1, key="typed start"
    )
    end = columns[1].number_input("Customers at the end", min_value=0, value=110, step=1, key="typed end")
    won = columns[2].number_input(
        "Won in between",
        min_value=0,
        value=20,
        step=1,
        key="typed won",
        help="New customers and those won back",
    )
    length = st.selectbox("The period was a", list(_LENGTHS), index=2, key="typed length")
    try:
        rate = retention_rate(start, end, won)
        interval = rate_interval(end - won, start)
    except RetentionError as error:
        st.error(wording.sentence(error.in_words(_TYPED)), icon=":material/error:")
        return None
    st.metric("Retention", wording.percent(rate))
    st.caption(f"95 % interval {wording.percent_between(*interval)}.")
    says = f"Typed: {start:,} at the start, {end:,} at the end, {won:,} won in between."
    return _Rate(rate, interval, _LENGTHS[length], "Retention", says, "Figures typed in")


_TYPED = {
    "at_start": "Customers at the start",
    "at_end": "Customers at the end",
    "won": "Won in between",
    "kept": "Kept customers",
}


def _table() -> Benchmarks:
    """The embedded table, or one of your own."""
    st.subheader("The industry")
    with st.expander("Use a benchmark table of your own"):
        uploaded = st.file_uploader(
            "CSV with the columns of the built-in table; values are fractions, such as 0.63 for 63 %",
            type=["csv"],
            key=f"own benchmarks {_uploader_number()}",
        )
        st.download_button(
            "Template (csv)",
            uploads.benchmark_template(),
            file_name="benchmark-template.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="The columns of such a table with two rows as an example",
        )
        if uploaded is not None:
            _take(uploaded)
        own: OwnTable | None = st.session_state.get(_OWN)
        if own is None:
            return load_benchmarks()
        left, right = st.columns([3, 1])
        left.caption(
            f"In use: {wording.plain_line(own.name)}, {wording.counted(len(own.table.rows), 'figure')}."
        )
        right.button("Back to the built-in table", on_click=_forget, width="stretch")
        return own.table


def _take(uploaded: UploadedFile) -> None:
    """Keep the uploaded table for as long as the session lasts; the page forgets its widgets."""
    held: OwnTable | None = st.session_state.get(_OWN)
    if held is not None and held.file_id == uploaded.file_id:
        return
    try:
        table = uploads.read_benchmarks(uploaded.name, uploaded)
    except RetentionError as error:
        st.error(wording.sentence(str(error)), icon=":material/error:")
    else:
        st.session_state[_OWN] = OwnTable(uploaded.name, uploaded.file_id, table)


def _forget() -> None:
    st.session_state.pop(_OWN, None)
    st.session_state["own benchmarks number"] = _uploader_number() + 1


def _uploader_number() -> int:
    """Another uploader each time the table is let go, since one cannot be emptied."""
    number: int = st.session_state.get("own benchmarks number", 0)
    return number


def _chosen_benchmark(table: Benchmarks) -> Benchmark | None:
    low = st.session_state.get("low confidence", False)
    companies = st.session_state.get("single companies", False)
    offered = [
        row for row in table.rows if row.headline and row.metric in STEADY and _wanted(row, low, companies)
    ]
    industries = sorted({row.industry for row in offered}, key=str.casefold)
    found: Benchmark | None = None
    if not industries:
        st.info("No industry has a figure to compare with. Allow low confidence or single companies below.")
    else:
        first = industries.index(_FIRST_INDUSTRY) if _FIRST_INDUSTRY in industries else 0
        industry = st.selectbox(
            "Industry", industries, index=first, key="industry", format_func=wording.plain_line
        )
        figures = [row for row in offered if row.industry == industry]
        ids = {row.id: row for row in sorted(figures, key=lambda row: row.metric != METRIC)}
        chosen = st.selectbox(
            "Figure",
            list(ids),
            key=f"figure {industry}",
            format_func=lambda key: _figure_label(ids.get(key)),
            help="In brackets: how much the figure can be trusted (confidence), and its year",
        )
        found = ids[chosen]
    left, right = st.columns(2)
    left.toggle("Low confidence too", key="low confidence")
    right.toggle("Single companies too", key="single companies")
    return found


def _wanted(row: Benchmark, low: bool, companies: bool) -> bool:
    return (low or row.confidence != "low") and (companies or row.scope != "single company")


def _figure_label(row: Benchmark | None) -> str:
    if row is None:
        return ""
    year = f", {row.year}" if row.year else ""
    metric = _SHORT.get(row.metric) or wording.as_words(row.metric)
    return f"{metric}, {row.period}: {wording.percent(row.value)} ({row.confidence}{year})"


def _compared(mine: _Rate, found: Benchmark) -> Comparison | None:
    """The verdict; where the two may not be compared, a sentence says why."""
    try:
        if found.metric == "logo_churn_rate":
            found = convert_benchmark(found, metric=METRIC)
        mine = _over(mine, found.period)
        comparison = compare(mine.value, found, interval=mine.interval, period=found.period)
    except RetentionError as error:
        st.info(wording.sentence(str(error)))
        return None
    st.markdown(f"### {wording.sentence(_verdict(comparison, mine))}")
    st.markdown(wording.sentence(comparison.sentence))
    if mine.doubt:
        st.warning(wording.sentence(mine.doubt), icon=":material/warning:")
    return comparison


def _over(mine: _Rate, length: str) -> _Rate:
    """The rate over the benchmark's length."""
    if mine.length == length:
        return mine
    value, doubt = convert_figure(mine.value, mine.length, length)
    low, high = (convert_figure(limit, mine.length, length)[0] for limit in mine.interval)
    converted = "converted to a shorter period"
    if MONTHS[length] > MONTHS[mine.length]:
        # who stays longer is less likely to leave, so more stay than steady churn would have it
        high, converted = 1.0, _LOWER_BOUND
    interval = Interval(low, high)
    return mine._replace(value=value, interval=interval, length=length, doubt=doubt, converted=converted)


def _verdict(comparison: Comparison, mine: _Rate) -> str:
    """The heading: where the rate stands, and how far that can be trusted."""
    figure = comparison.benchmark
    industry, gap = wording.plain_line(figure.industry), wording.points(comparison.gap)
    if comparison.verdict == "cannot tell":
        says = f"Cannot tell: the interval of your rate covers the {industry} figure"
    else:
        says = f"{comparison.verdict.capitalize()} the {industry} figure, by {gap}"
    if figure.confidence != "high":
        says += f"; that figure is itself only {_WEAKNESS.get(figure.confidence, 'indicative')}"
    return f"{says}. Your rate is {mine.converted}." if mine.converted else f"{says}."


_WEAKNESS = {"medium": "indicative", "low": "a rough guess"}


def _comparable(table: Benchmarks, found: Benchmark) -> list[Benchmark]:
    """The industry's other figures of the same metric and period, as far as the switches allow."""
    low, companies = (
        st.session_state.get("low confidence", False),
        st.session_state.get("single companies", False),
    )
    return [
        row
        for row in table.rows
        if (row.industry, row.metric, row.period) == (found.industry, found.metric, found.period)
        and row.id != found.id
        and found.metric == METRIC
        and _wanted(row, low, companies)
    ]


def _figures_of_industry(table: Benchmarks, found: Benchmark) -> tables.Table:
    frame = table.to_frame(
        found.industry,
        include_low_confidence=st.session_state.get("low confidence", False),
        include_companies=st.session_state.get("single companies", False),
    )
    return tables.benchmarks(frame, "Industry figures")


def _about(found: Benchmark) -> None:
    facts = {
        "Source": f"{found.source_name}: {found.source_title}" if found.source_title else found.source_name,
        "Year": str(found.year or "not stated"),
        "Sample": found.sample_note or "not stated",
        "Definition": found.definition_note or "not stated",
        "Region": found.region or "not stated",
        "Confidence": f"{found.confidence}; {found.scope}",
        "Address": found.source_url or "not stated",
    }
    with st.container(border=True):
        st.markdown("  \n".join(f"**{name}:** {wording.escaped(fact, 600)}" for name, fact in facts.items()))


def _popular_claims() -> None:
    st.subheader("What people say about keeping customers")
    st.caption(
        "Popular claims, each with what could be found behind it. None of them is shown here as a fact."
    )
    for claim in dict.fromkeys(one.claim for one in claims()):
        found = [one for one in claims() if one.claim == claim]
        verdicts = " / ".join(dict.fromkeys(one.verdict for one in found))
        with st.expander(f"{wording.escaped(claim, 200)}: *{verdicts}*"):
            listing.show(tables.evidence(found))


def _definition(mine: _Rate, comparison: Comparison) -> dict[str, str]:
    found = comparison.benchmark
    return {
        "Your rate": f"{mine.label}: {mine.says} {mine.doubt}".strip(),
        "Comparison": comparison.sentence,
        "Benchmark": (
            f"{found.industry}, {wording.as_words(found.metric)}, {found.period}: "
            f"{wording.percent(found.value)}"
        ),
        "Source": f"{found.source_name}, {found.source_title} {found.source_url}",
        "Sample": found.sample_note,
        "Definition": found.definition_note,
        "Log": mine.source,
    }


if __name__ == "__main__":
    show()
