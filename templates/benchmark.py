"""The sheet Benchmark: a yearly retention beside the published figure of an industry."""

from __future__ import annotations

from addin.look import ACCENT, GREY, INK, LINE, PAPER, WARM
from addin.native.blocks import above_zero_guards, guarded, number_guards, share_guards, wilson_limit
from retention_core.benchmarks import METRIC
from templates import data
from templates.answers import (
    CANNOT_TELL,
    CONVERTED,
    CUSTOMERS_WORD,
    NO_INTERVAL,
    RATE_WORD,
    BenchmarkAnswer,
    benchmark_answer,
)
from templates.inputs import Inputs
from templates.pen import Book, Page
from templates.periods import COUNT, GOOD_MONTHS, HERE, LATEST, PROBLEM, Z, answers
from templates.periods import FIRST as PERIOD_FIRST
from templates.periods import LAST as PERIOD_LAST

NAME = "Benchmark"
DETAILS = (
    ("Statistic", "statistic"),
    ("Year", "year"),
    ("Region", "region"),
    ("Segment", "sub_segment"),
    ("Sample", "sample_note"),
    ("Confidence in the figure", "confidence"),
    ("Definition and notes", "definition_note"),
    ("Source", "source_name"),
    ("Title", "source_title"),
    ("Address", "source_url"),
)
INDUSTRY_ROW = "Calc!$B$7"
DETAILS_FIRST = 18


def answer(inputs: Inputs) -> BenchmarkAnswer:
    """What the sheet shows."""
    return benchmark_answer(inputs, answers(inputs))


def write(book: Book, inputs: Inputs) -> Page:
    """Write the sheet."""
    page, found = book.sheet(NAME, tab=ACCENT), answer(inputs)
    page.widths({"A": 36, "B": 46, "C": 3, "D:J": 11})
    for row, height in ((0, 30), (1, 48), (2, 30), (6, 32), (8, 26), (16, 26)):
        page.worksheet.set_row(row, height)
    page.put("A1", "Benchmark", "title")
    page.formula_across("A2:J2", _summary_formula(), found.sentence or found.message, "summary")
    _write_questions(page, inputs, found)
    _write_result(page, found)
    _write_details(page, found)
    _write_chart(page)
    page.worksheet.freeze_panes(2, 0)
    page.printed(f"A1:J{DETAILS_FIRST + len(DETAILS)}", repeat=1, tall=1)
    page.worksheet.set_selection("B4")
    return page


def write_calc(page: Page, inputs: Inputs) -> None:
    """Write the helper cell: which row of Data the industry is."""
    names, found = data.column("industry"), answer(inputs).found
    place = 0 if found is None else data.figures().index(found) + 1
    page.put("A7", "Row of the industry", "label")
    # not MATCH, which takes * and ? in the industry for wildcards
    page.formula("B7", f"=SUMPRODUCT(({names}=TRIM(Benchmark!$B$4))*(ROW({names})-{data.FIRST - 1}))", place)


def _write_questions(page: Page, inputs: Inputs, found: BenchmarkAnswer) -> None:
    page.put("A3", "Your figures", "section")
    page.put("B3", "", "section")
    asked = (
        (4, "Industry", inputs.industry, "input_left"),
        (5, "Your yearly retention, if you know it", inputs.own_rate, "input_rate"),
        (6, "Customers it was measured on", inputs.own_customers, "input_left"),
    )
    for row, text, cell, style in asked:
        page.put(f"A{row}", text, "label")
        page.put(f"B{row}", cell, style)
    page.formula_across("A7:B7", f"={_message()}", found.message, "alert")
    page.check(
        "B4",
        validate="list",
        source=f"={data.column('industry')}",
        input_title="Industry",
        input_message="Choose the industry nearest to yours.",
        error_title="Industry",
        error_message="Choose an industry from the list; the sheet Data shows them all.",
    )
    page.check(
        "B5",
        validate="decimal",
        criteria="between",
        minimum=0,
        maximum=1,
        input_title="Leave empty",
        input_message="Empty: the latest of Your periods is used, as a yearly rate. Or type a rate such as "
        "85 %.",
        error_title="Yearly retention",
        error_message="Type a share from 0 % to 100 %.",
    )
    page.check(
        "B6",
        validate="decimal",
        criteria=">",
        value=0,
        input_title="Customers",
        input_message="Only with a typed rate: customers at the start. Without it, chance cannot be judged.",
        error_title="Customers",
        error_message="Type a number of customers above zero.",
    )


def _latest(column: str) -> str:
    return f"INDEX({HERE}${column}${PERIOD_FIRST}:${column}${PERIOD_LAST},{LATEST})"


def _message() -> str:
    customers = guarded(
        f'IF({Z}="",{PROBLEM},"")',
        *number_guards("B6", CUSTOMERS_WORD),
        *above_zero_guards("B6", CUSTOMERS_WORD),
    )
    typed = guarded(
        f'IF(B6="","",{customers})', *number_guards("B5", RATE_WORD), *share_guards("B5", RATE_WORD)
    )
    followed = (
        f'IF({COUNT}=0,"Fill in Your periods, or type your yearly retention here.",'
        f'IF({GOOD_MONTHS}="",{PROBLEM},""))'
    )
    of_rate = f'IF(B5="",{followed},{typed})'
    return f'IF({of_rate}<>"",{of_rate},IF({INDUSTRY_ROW}=0,"Choose an industry from the list.",""))'


def _write_result(page: Page, found: BenchmarkAnswer) -> None:
    page.put("A9", "Result", "section")
    page.put("B9", "", "section")
    low, high = found.interval or (None, None)
    value = None if found.found is None else found.found.value
    points = None if found.gap is None else found.gap * 100
    shown = (
        (10, "Your yearly retention", _rate_formula(), found.rate, "figure"),
        (11, "  chance alone: at least", _limit_formula("low"), low, "figure"),
        (12, "  chance alone: at most", _limit_formula("high"), high, "figure"),
        (13, "Industry benchmark", _benchmark_formula(page), value, "figure"),
        (14, "Gap in percentage points", _gap_formula(page), points, "points"),
        (15, "Verdict: you are", _verdict_formula(), found.verdict, "verdict"),
    )
    for row, text, formula, answer_value, style in shown:
        page.put(f"A{row}", text, "cell_label")
        page.formula(f"B{row}", formula, answer_value, style)


def _rate_formula() -> str:
    typed = 'IF(ISNUMBER(B5),IF(ABS(B5-0.5)<=0.5,B5,""),"")'
    return f'=IF(B5="",IF({COUNT}=0,"",IF({GOOD_MONTHS}="","",{_latest("J")})),{typed})'


def _limit_formula(side: str) -> str:
    sign, edge, column = ("-", "MAX(0,", "H") if side == "low" else ("+", "MIN(1,", "I")
    certain = "IF(B10=0,0," if side == "low" else "IF(B10=1,1,"
    limit = f"{edge}{wilson_limit(sign, 'B10', f'({Z}^2/B6)')})"
    typed = f'IF(ISNUMBER(B6),IF(B6>0,{certain}{limit}),""),"")'
    followed = f"{_latest(column)}^(12/{GOOD_MONTHS})"
    return f'=IF(OR(B10="",{Z}=""),"",IF(B5="",{followed},{typed}))'


def _benchmark_formula(page: Page) -> str:
    found = f"INDEX({data.column('value')},{INDUSTRY_ROW})" if page.plain else f'BENCHMARK(B4,"{METRIC}")'
    return f'=IF({INDUSTRY_ROW}=0,"",{found})'


def _gap_formula(page: Page) -> str:
    gap = "(B10-B13)" if page.plain else f'BENCHMARK_GAP(B10,B4,"{METRIC}")'
    return f'=IF(OR(B10="",B13=""),"",{gap}*100)'


def _verdict_formula() -> str:
    return (
        '=IF(OR(B10="",B13=""),"",IF(B11="","cannot tell",'
        'IF(B11>B13,"above",IF(B12<B13,"below","cannot tell"))))'
    )


def _summary_formula() -> str:
    def said(cell: str) -> str:
        return f'FIXED({cell}*100,1,TRUE)&" %"'

    def of(name: str) -> str:
        return f"INDEX({data.column(name)},{INDUSTRY_ROW})"

    where = 'IF(ROUND(ABS(B14),1)=0,"level with",FIXED(ABS(B14),1,TRUE)&" points "&IF(B14>0,"above","below"))'
    ending = f'IF(B11="","{NO_INTERVAL}",IF(B15="cannot tell","{CANNOT_TELL}",""))'
    return (
        f'=IF(B15="",A7,"{RATE_WORD} of "&{said("B10")}&IF(B11="",""," ("&{said("B11")}&" to '
        f'"&{said("B12")}&")")'
        f'&" is "&{where}&" the "&{of("industry")}&" benchmark of "&{said("B13")}&" ("&{of("statistic")}'
        f'&IF({of("year")}="","",", "&{of("year")})&", "&{of("confidence")}&" confidence)"&{ending}&"."'
        f'&IF(OR(B5<>"",{GOOD_MONTHS}=12),"","{CONVERTED}"))'
    )


def _write_details(page: Page, found: BenchmarkAnswer) -> None:
    page.put(f"A{DETAILS_FIRST - 1}", "About the benchmark", "section")
    page.put(f"B{DETAILS_FIRST - 1}", "", "section")
    for row, (text, name) in enumerate(DETAILS, start=DETAILS_FIRST):
        page.put(f"A{row}", text, "cell_label")
        value = "" if found.found is None else data.shown(found.found, name)
        empty = '&""' if name != "year" else ""
        formula = f'=IF({INDUSTRY_ROW}=0,"",INDEX({data.column(name)},{INDUSTRY_ROW}){empty})'
        page.formula(f"B{row}", formula, value, "detail")
        if name == "definition_note":
            page.worksheet.set_row(row - 1, 68)
        elif name in ("source_name", "source_title", "source_url"):
            page.worksheet.set_row(row - 1, 32)


def _write_chart(page: Page) -> None:
    chart = page.book.workbook.add_chart({"type": "bar"})
    font = {"name": "Arial", "size": 10, "color": GREY}
    chart.add_series(
        {
            "name": "Yearly retention",
            "categories": "=Calc!$A$41:$A$42",
            "values": "=Calc!$B$41:$B$42",
            "points": [{"fill": {"color": WARM}}, {"fill": {"color": ACCENT}}],
            "gap": 60,
            "data_labels": {
                "value": True,
                "num_format": "0.0 %",
                "position": "inside_base",
                "font": {"name": "Arial", "size": 11, "bold": True, "color": PAPER},
            },
            "y_error_bars": {
                "type": "custom",
                "plus_values": "=Calc!$C$41:$C$42",
                "minus_values": "=Calc!$D$41:$D$42",
                "line": {"color": INK, "width": 1.5},
            },
        }
    )
    chart.set_title(
        {
            "name": "Yearly retention, with what chance alone could explain",
            "name_font": {"name": "Arial", "size": 12, "color": ACCENT},
        }
    )
    chart.set_x_axis(
        {
            "num_font": font,
            "min": 0,
            "max": 1,
            "num_format": "0%",
            "major_gridlines": {"visible": True, "line": {"color": LINE}},
            "line": {"none": True},
        }
    )
    chart.set_y_axis({"num_font": font, "line": {"color": LINE}})
    chart.set_legend({"none": True})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size({"width": 560, "height": 340})
    page.worksheet.insert_chart(
        "D3",
        chart,
        {
            "object_position": 2,
            "x_offset": 4,
            "y_offset": 4,
            "description": "Bars of your yearly retention and the industry's",
        },
    )


def write_chart_rows(page: Page, inputs: Inputs) -> None:
    """Write the bars of the chart: label, length, and the limits around it."""
    found = answer(inputs)
    low, high = found.interval or (None, None)
    rate = found.rate
    value = None if found.found is None else found.found.value
    for column, text in zip("ABCD", ("Bar", "Rate", "above", "below"), strict=True):
        page.put(f"{column}40", text, "label")
    # a bar chart draws its first row at the bottom
    industry = found.found.industry if found.found else "Industry"
    page.formula("A41", f'=IF(B7=0,"Industry",INDEX({data.column("industry")},B7))', industry)
    page.put("A42", "You", "label")
    page.formula("B41", '=IF(Benchmark!B13="",NA(),Benchmark!B13)', "#N/A" if value is None else value)
    page.formula("B42", '=IF(Benchmark!B10="",NA(),Benchmark!B10)', "#N/A" if rate is None else rate)
    above = 0 if high is None or rate is None else high - rate
    below = 0 if low is None or rate is None else rate - low
    page.formula("C42", '=IF(Benchmark!B12="",0,Benchmark!B12-Benchmark!B10)', above)
    page.formula("D42", '=IF(Benchmark!B11="",0,Benchmark!B10-Benchmark!B11)', below)
