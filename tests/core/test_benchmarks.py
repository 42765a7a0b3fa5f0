from __future__ import annotations

import csv
import io
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_core.benchmarks import (
    COLUMNS,
    MONTHS,
    TAGS,
    Benchmark,
    benchmark,
    claims,
    compare,
    convert_benchmark,
    convert_figure,
    load_benchmarks,
)
from retention_core.errors import BenchmarkError, FileError, RetentionError
from retention_core.rates import convert_rate, rate_interval

TABLE = load_benchmarks()
RETAIL = benchmark("Retail")
GYMS_MONTHLY = TABLE.find("Fitness & gyms", "logo_churn_rate", "monthly")
FIRST = {
    "id": "OWN-1", "industry": "Bike shops", "metric": "customer_retention_rate", "period": "annual",
    "statistic": "median", "value": "0.6", "headline": "yes", "scope": "industry", "confidence": "high",
}  # fmt: skip
Write = Callable[..., Path]
fractions = st.floats(0, 1)


def table_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "own.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return written


# The embedded table


def test_embedded_table_has_the_275_figures_of_37_industries() -> None:
    assert (len(TABLE.rows), len(TABLE.every_industry)) == (275, 37)
    assert sum(row.headline for row in TABLE.rows) == 37


def test_every_figure_of_the_file_arrives_unchanged() -> None:
    with (files("retention_core.data") / "benchmarks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for row, found in zip(rows, TABLE.rows, strict=True):
        shown = {name: str(getattr(found, name)) for name in COLUMNS}
        shown |= {"value": found.value, "year": str(found.year or ""), "tags": ";".join(found.tags)}
        shown |= {"headline": "yes" if found.headline else ""}
        assert shown == row | {"value": float(row["value"])}


def test_table_keeps_its_own_rules() -> None:
    marked = Counter((row.industry, row.metric, row.period) for row in TABLE.rows if row.headline)
    assert max(marked.values()) == 1
    assert len({row.id for row in TABLE.rows}) == 275
    assert {row.metric for row in TABLE.rows if row.value > 1} == {"net_revenue_retention"}
    assert {tag for row in TABLE.rows for tag in row.tags} <= set(TAGS)
    assert {row.period for row in TABLE.rows} == {*MONTHS, "day"}
    assert all(row.source_url.startswith("http") and row.source_name for row in TABLE.rows)
    assert not any(row.headline for row in TABLE.rows if row.scope == "single company")


def test_media_keeps_84_and_hospitality_55_percent_in_the_widely_copied_table() -> None:
    """Exploding Topics, December 2023; the original is untraced, as the definition says."""
    media, hospitality = benchmark("Media"), benchmark("hospitality, travel & restaurants")
    assert (media.value, hospitality.value) == (0.84, 0.55)
    assert "untraced" in media.definition_note


def test_industries_are_those_that_a_plain_look_up_answers() -> None:
    for industry in TABLE.industries():
        assert TABLE.find(industry).headline
    assert set(TABLE.industries()) < set(TABLE.industries(None, None)) < set(TABLE.every_industry)
    assert TABLE.industries("Day1 retention", "day") == ("Mobile apps",)
    assert TABLE.industries(period="monthly", metric="logo_churn_rate") == (
        "Fitness & gyms", "Streaming video", "Subscription boxes", "Subscription businesses",
    )  # fmt: skip


def test_industries_without_a_look_up_get_an_error_that_names_what_they_have() -> None:
    for industry in set(TABLE.every_industry) - set(TABLE.industries()):
        with pytest.raises(BenchmarkError, match="has no headline figure of customer_retention_rate, annual"):
            TABLE.find(industry)
    with pytest.raises(BenchmarkError) as error:
        TABLE.find("Energy retail")
    assert str(error.value) == (
        "industry Energy retail has no headline figure of customer_retention_rate, annual; "
        "it has logo_churn_rate (annual)."
    )


@given(st.sampled_from(TABLE.industries()), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_and_spaces_of_an_industry_do_not_matter(industry: str, respelt: Callable[[str], str]) -> None:
    assert TABLE.find("  " + respelt(industry).replace(" ", "  ")) is TABLE.find(industry)


def test_metric_may_be_written_in_words() -> None:
    assert benchmark("Software", "Net revenue retention", "Annual").value == 1.01


@pytest.mark.parametrize(
    ("industry", "hint"),
    [
        ("Sofware", "did you mean Software?"),
        ("gyms", "did you mean Fitness & gyms?"),
        ("telecom", "did you mean Telecommunications?"),
        ("qqqq", "it has Accounting firms, Associations & membership,"),
        ("  ", "industry must name an industry, such as Accounting firms (got a blank)."),
        ("=cmd|' /C calc'!A0", "is not in the table"),
        ("🙂" * 200, "..."),
    ],
)
def test_unknown_industry_names_those_spelt_alike(industry: str, hint: str) -> None:
    with pytest.raises(BenchmarkError) as error:
        TABLE.find(industry)
    assert hint in str(error.value)
    with pytest.raises(BenchmarkError):
        TABLE.to_frame(industry)


def test_headline_of_low_confidence_is_found_though_listings_leave_it_out() -> None:
    found = TABLE.find("Manufacturing")
    assert found.confidence == "low"
    assert TABLE.to_frame("Manufacturing").empty
    assert TABLE.to_frame("Manufacturing", include_low_confidence=True)["id"].tolist() == [found.id]


def test_listing_leaves_out_single_companies_and_low_confidence_unless_asked() -> None:
    assert len(TABLE.to_frame()) == 162
    assert len(TABLE.to_frame(include_companies=True)) == 162 + 21
    assert len(TABLE.to_frame(include_companies=True, include_low_confidence=True)) == 275
    assert set(TABLE.to_frame()["scope"]) == {"industry"}


def test_listing_has_the_columns_of_the_file_and_their_types_even_when_empty() -> None:
    for frame in (TABLE.to_frame(), TABLE.to_frame("retail", metric="day1_retention")):
        assert tuple(frame) == COLUMNS
        assert (frame["value"].dtype, frame["year"].dtype, frame["headline"].dtype) == (
            "float64",
            "Int64",
            "bool",
        )
    quarterly = TABLE.to_frame(period="Quarterly", include_companies=True, include_low_confidence=True)
    assert quarterly["metric"].tolist() == ["logo_churn_rate"]


def test_look_ups_load_neither_pandas_nor_numpy() -> None:
    code = (
        "import sys; from retention_core.benchmarks import benchmark; benchmark('Retail');"
        "sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Comparisons


def test_verdict_follows_the_interval() -> None:
    verdicts = [
        compare(kept / n, RETAIL, interval=rate_interval(kept, n)).verdict
        for kept, n in [(90, 100), (30, 100), (12, 20)]
    ]
    assert verdicts == ["above", "below", "cannot tell"]


def test_sentence_of_a_comparison_says_gap_source_and_confidence() -> None:
    assert compare(0.9, RETAIL, interval=rate_interval(90, 100)).sentence == (
        "Customer retention rate (annual) of 90.0 % (82.6 % to 94.5 %) is 27.0 points above the Retail "
        "benchmark of 63.0 % (mean, 2021, medium confidence, Unidentified original; republished by "
        "Exploding Topics)."
    )


def test_rate_without_an_interval_cannot_tell_and_says_why() -> None:
    result = compare(0.9, RETAIL)
    assert (result.verdict, result.interval, round(result.gap, 12)) == ("cannot tell", None, 0.27)
    assert "without an interval nobody can tell" in result.sentence


def test_sentence_warns_of_what_the_figure_is() -> None:
    shops = benchmark("E-commerce", "repeat_purchase_rate")
    result = compare(0.28, shops, metric="repeat_purchase_rate")
    assert "is level with the E-commerce benchmark" in result.sentence
    assert "beware that the time allowed for buying again is often not stated" in result.sentence


@given(st.integers(1, 500), st.data(), st.sampled_from([row for row in TABLE.rows if row.value <= 1]))
def test_gap_and_verdict_agree_with_the_interval(n: int, data: st.DataObject, other: Benchmark) -> None:
    kept = data.draw(st.integers(0, n))
    limits = rate_interval(kept, n)
    result = compare(kept / n, other, interval=limits, metric=other.metric, period=other.period)
    assert result.gap == kept / n - other.value
    covered = limits.low <= other.value <= limits.high
    assert (result.verdict == "cannot tell") == covered
    assert covered or result.verdict == ("above" if result.gap > 0 else "below")


def test_limit_that_touches_the_benchmark_cannot_tell() -> None:
    assert compare(0.7, RETAIL, interval=(0.63, 0.8)).verdict == "cannot tell"


@pytest.mark.parametrize(
    ("rate", "keywords", "sentence"),
    [
        (
            0.9,
            {"metric": "logo_churn_rate"},
            "metric must be the same on both sides: the rate is logo_churn_rate",
        ),
        (0.9, {"period": "monthly"}, "period must be the same on both sides: the rate is monthly"),
        (90, {}, "rate must be a fraction from 0 to 1, such as 0.84 for 84 % (got 90)."),
        (math.nan, {}, "rate must be a fraction"),
        (-0.1, {}, "rate must be a fraction"),
        (0.9, {"interval": (0.1, 0.2)}, "interval must hold the rate, 0.9 (got 0.1 to 0.2)"),
        (0.9, {"interval": (math.nan, 1)}, "interval must hold the rate"),
    ],
)
def test_comparisons_that_make_no_sense_are_refused(
    rate: float, keywords: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BenchmarkError) as error:
        compare(rate, RETAIL, **keywords)  # type: ignore[arg-type]
    assert sentence in str(error.value)


def test_net_revenue_retention_above_one_is_compared() -> None:
    software = benchmark("Software", "net_revenue_retention")
    result = compare(1.2, software, metric="net_revenue_retention", interval=(1.1, 1.3))
    assert result.verdict == "above"


# Conversions


def test_monthly_churn_of_gyms_becomes_yearly_retention() -> None:
    """The One Million Strong report: 3.36 % leave a month; .9664 ** 12 = .6636."""
    yearly = convert_benchmark(GYMS_MONTHLY, period="annual", metric="customer_retention_rate")
    assert yearly.value == pytest.approx(0.9664**12, abs=1e-12)
    assert (yearly.metric, yearly.period, yearly.headline) == ("customer_retention_rate", "annual", False)
    assert "assumes steady churn" in yearly.definition_note
    assert "assumes steady churn" in compare(0.7, yearly, interval=(0.6, 0.8)).sentence
    assert yearly.source_url == GYMS_MONTHLY.source_url


def test_converting_to_what_it_is_changes_nothing() -> None:
    assert convert_benchmark(RETAIL, period="Annual", metric="customer retention rate") is RETAIL


@given(fractions, st.sampled_from([*MONTHS]), st.sampled_from([*MONTHS]))
def test_churn_converts_as_one_minus_retention(churn: float, before: str, after: str) -> None:
    figure, sentence = convert_figure(churn, before, after, "logo_churn_rate")
    assert 1 - figure == pytest.approx(convert_rate(1 - churn, MONTHS[before], MONTHS[after]), abs=1e-12)
    assert "steady churn" in sentence


@pytest.mark.parametrize("tag", ["per-renewal-event", "switching-survey"])
def test_figures_that_do_not_measure_time_are_never_converted(tag: str) -> None:
    tagged = [row for row in TABLE.rows if tag in row.tags]
    assert tagged
    for row in tagged:
        with pytest.raises(BenchmarkError, match=f"of {row.id} cannot be converted.*{tag}"):
            convert_benchmark(row, period="monthly")


@pytest.mark.parametrize(
    ("industry", "metric", "period", "to", "sentence"),
    [
        ("Software", "net_revenue_retention", "annual", {"period": "monthly"}, "converted: only"),
        ("E-commerce", "repeat_purchase_rate", "annual", {"period": "monthly"}, "converted: only"),
        ("Mobile apps", "day30_retention", "day", {"period": "annual"}, "converted: only"),
        ("Retail", "customer_retention_rate", "annual", {"period": "weekly"}, "to_period must be monthly, "),
        ("Retail", "customer_retention_rate", "annual", {"metric": "x"}, "metric cannot change from"),
    ],
)
def test_what_may_not_be_converted_is_one_sentence(
    industry: str, metric: str, period: str, to: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BenchmarkError) as error:
        convert_benchmark(TABLE.find(industry, metric, period), **to)
    assert sentence in str(error.value)


def test_figure_to_convert_must_be_a_fraction() -> None:
    with pytest.raises(BenchmarkError, match="value must be a fraction from 0 to 1"):
        convert_figure(90, "monthly", "annual")


# Own tables


def test_own_table_answers_like_the_embedded_one(write: Write) -> None:
    second = FIRST | {
        "id": "OWN-2",
        "value": "0.1",
        "headline": "",
        "year": "2024",
        "tags": "cohort; derived",
    }
    own = load_benchmarks(write(table_of(FIRST, second)))
    assert own.find("bike shops").value == 0.6
    assert own.rows[1].year == 2024
    assert own.rows[1].tags == ("cohort", "derived")
    assert load_benchmarks().find("Retail") is RETAIL


def test_file_as_a_german_spreadsheet_saves_it_is_read(write: Write) -> None:
    text = table_of(FIRST | {"value": "0,6", "industry": "Fahrräder"}, delimiter=";")
    assert load_benchmarks(write(text, "utf-8-sig")).find("FAHRRÄDER").value == 0.6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_encodings_are_read_alike(write: Write, encoding: str) -> None:
    text = table_of(FIRST | {"industry": "Cafés 🙂"}).replace(",", "\t")
    assert load_benchmarks(write(text, encoding)).every_industry == ("Cafés 🙂",)


def test_other_columns_blank_rows_and_column_order_do_not_matter(write: Write) -> None:
    columns = ("my notes", *reversed(COLUMNS))
    text = table_of(FIRST | {"my notes": "x"}, columns=columns)
    assert (
        load_benchmarks(write(text + "," * 19 + "\r\n\r\n")).rows
        == load_benchmarks(write(table_of(FIRST))).rows
    )


def test_text_that_looks_like_a_formula_is_only_text(write: Write) -> None:
    hostile = {"industry": "=1+1", "source_name": "@SUM(A1)", "sample_note": "+1", "region": "-2"}
    own = load_benchmarks(write(table_of(FIRST | hostile)))
    assert own.find("=1+1").source_name == "@SUM(A1)"
    assert own.to_frame()["sample_note"].tolist() == ["+1"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"value": "84"}, 'value in row 2 must be a fraction from 0 to 1, such as 0.84 for 84 % (got "84").'),
        ({"value": "84 %"}, 'value in row 2 must be a number written like 0.84 (got "84 %").'),
        ({"value": "=0.5"}, 'value in row 2 must be a number written like 0.84 (got "=0.5").'),
        ({"value": "nan"}, "must be a number written like 0.84"),
        ({"value": "0,6"}, "must be a number written like 0.84"),
        ({"value": "-0.1"}, "must be a fraction from 0 to 1"),
        ({"value": "1e999", "metric": "net_revenue_retention"}, "value in row 2 must be zero or more"),
        ({"value": ""}, 'value in row 2 must not be blank (got "").'),
        ({"id": " "}, "id in row 2 must not be blank"),
        ({"industry": ""}, "industry in row 2 must not be blank"),
        ({"headline": "x"}, 'headline in row 2 must be yes or blank (got "x").'),
        ({"scope": "company"}, "scope in row 2 must be industry or single company"),
        ({"confidence": "sure"}, "confidence in row 2 must be high or medium or low"),
        ({"year": "2023/24"}, "year in row 2 must be blank or a year such as 2024"),
    ],
)
def test_bad_cell_of_an_own_table_is_one_sentence(
    write: Write, change: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BenchmarkError) as error:
        load_benchmarks(write(table_of(FIRST | change)))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_value_above_one_is_fine_for_net_revenue_retention(write: Write) -> None:
    own = load_benchmarks(write(table_of(FIRST | {"value": "1.2", "metric": "Net revenue retention"})))
    assert own.find("Bike shops", "net_revenue_retention").value == 1.2


def test_rows_are_counted_as_a_spreadsheet_counts_them(write: Write) -> None:
    noted = FIRST | {"sample_note": "two\nlines"}
    text = table_of(noted) + "\r\n" + table_of(FIRST | {"id": "OWN-2", "value": "?"}).split("\r\n", 1)[1]
    with pytest.raises(BenchmarkError, match="value in row 4 must be a number"):
        load_benchmarks(write(text))


def test_two_headlines_for_one_question_are_refused(write: Write) -> None:
    rows = (
        FIRST,
        FIRST | {"id": "OWN-2", "headline": ""},
        FIRST | {"id": "OWN-3", "industry": "BIKE  shops"},
    )
    with pytest.raises(BenchmarkError, match="rows 2 and 4 are both marked for BIKE shops"):
        load_benchmarks(write(table_of(*rows)))


def test_two_rows_with_one_id_are_refused(write: Write) -> None:
    with pytest.raises(BenchmarkError, match='"OWN-1" is in 2 and 3'):
        load_benchmarks(write(table_of(FIRST, FIRST | {"headline": ""})))


@pytest.mark.parametrize(
    ("text", "encoding", "sentence"),
    [
        ("", "utf-8", "path must start with a header row"),
        ("\n\n", "utf-8", "path must start with a header row"),
        (table_of(), "utf-8", "path holds a header and no figures"),
        ("industry,value\nBikes,0.6\n", "utf-8", "path lacks the columns id, sub_segment,"),
        (table_of(FIRST, columns=(*COLUMNS, "VALUE")), "utf-8", "path has the column value twice"),
        (table_of(FIRST) + "OWN-2,Bikes\n", "utf-8", "row 3 of"),
        (table_of(FIRST) + '"OWN-2,Bikes\n', "utf-8", "path is not a well-formed CSV file"),
        (table_of(FIRST | {"industry": "Fahrräder"}), "latin-1", "path is not UTF-8 text"),
        (table_of(FIRST), "utf-16-le", "path is not UTF-8 text"),
        ("x" * 200_000, "utf-8", "path is not a well-formed CSV file, field larger than"),
    ],
)  # fmt: skip
def test_file_that_is_no_such_table_is_one_sentence(
    write: Write, text: str, encoding: str, sentence: str
) -> None:
    with pytest.raises(FileError) as error:
        load_benchmarks(write(text, encoding))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_file_folder_and_impossible_name_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="path does not exist"):
        load_benchmarks(tmp_path / "nowhere.csv")
    for path in (tmp_path, "a\0b.csv"):
        with pytest.raises(FileError, match="path cannot be read, "):
            load_benchmarks(path)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(raw)
    with pytest.raises(RetentionError, match=r"^[^\n]+$"):
        load_benchmarks(path)


# Claims


def test_claims_come_with_their_verdict_and_none_holds_in_full() -> None:
    found = claims()
    assert len(found) == 22
    assert {claim.verdict for claim in found} == {"untraceable", "partially supported"}
    assert found[0].claim.startswith("Acquiring a customer costs 5-10x")
    assert found[0].verdict == "untraceable"
    assert all(claim.note and claim.primary_source for claim in found)


def test_top_fifth_claims_run_from_59_to_73_percent_of_sales() -> None:
    """McCarthy and Winer 2019 (subscription .59), Kim, Singh and Winer 2017 (.73)."""
    figures = {claim.claim_id: claim.figure for claim in claims()}
    assert "73% of SALES" in figures["e1"]
    assert "subscription 59%" in figures["e2"]
