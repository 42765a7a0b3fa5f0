"""The sheet Your periods: customers at the start, at the end and new, and what follows from them."""

from __future__ import annotations

from itertools import chain
from typing import Any

from addin.look import ACCENT, ACCENT_SOFT, GREY, LINE, PAPER
from addin.native.blocks import (
    above_zero_guards,
    confidence_guards,
    count_guards,
    guarded,
    kept_customers,
    number_guards,
    wilson_limit,
)
from templates.answers import PeriodAnswer, percent, setting_problem, shown, usable_confidence, usable_months
from templates.answers import period_answer as answer_of
from templates.inputs import MONTH_CHOICES, Inputs, PeriodRow, is_blank
from templates.pen import Book, Page

NAME = "Your periods"
FIRST, ROWS = 5, 24
LAST = FIRST + ROWS - 1
SHOWN = 12
HERE, CALC = "'Your periods'!", "Calc!"
MONTHS, CONFIDENCE, PROBLEM = f"{HERE}$B$3", f"{HERE}$E$3", f"{HERE}$G$3"
# cells of the sheet Calc that other formulas read
Z, GOOD_MONTHS, COUNT, LATEST = "Calc!$B$3", "Calc!$B$4", "Calc!$B$5", "Calc!$B$6"
CALC_FIRST, CHART_FIRST = 11, 11
CONFIDENCE_WORD, MONTHS_WORD = "Confidence", "Months per period"
COUNT_WORDS = ("Start", "End", "New")
DOT = {"type": "circle", "size": 6, "fill": {"color": ACCENT}, "border": {"color": PAPER}}


def answers(inputs: Inputs) -> list[PeriodAnswer]:
    """One answer a row of the sheet."""
    return [answer_of(row, inputs) for row in rows(inputs)]


def rows(inputs: Inputs) -> list[PeriodRow]:
    """The rows of the sheet, blank ones included."""
    return [*inputs.periods[:ROWS], *[PeriodRow()] * (ROWS - len(inputs.periods))]


def write(book: Book, inputs: Inputs) -> Page:
    """Write the sheet."""
    page = book.sheet(NAME, tab=ACCENT)
    page.widths({"A": 19, "B:D": 11.5, "E": 10.5, "F:J": 11, "K": 48})
    _write_top(page, inputs)
    for position, (row, answer) in enumerate(zip(rows(inputs), answers(inputs), strict=True)):
        _write_inputs(page, FIRST + position, row)
        _write_answers(page, FIRST + position, answer)
    _validate(page)
    _write_chart(page)
    page.worksheet.freeze_panes(FIRST - 1, 1)
    page.printed(f"A1:K{LAST + 17}", repeat=4)
    page.worksheet.set_selection(f"B{FIRST}")
    return page


def write_calc(page: Page, inputs: Inputs) -> None:
    """Write the helper cells: settings checked, the latest rated row, the rows of the chart."""
    found = answers(inputs)
    confidence, months = usable_confidence(inputs), usable_months(inputs)
    normal = "NORMSINV" if page.plain else "NORM.S.INV"
    z = None if confidence is None else _normal_quantile((1 + confidence) / 2)
    page.put("A3", "z of the confidence", "label")
    page.formula(
        "B3",
        f'=IF(ISNUMBER({CONFIDENCE}),IF(ABS({CONFIDENCE}-0.5)<0.5,{normal}((1+{CONFIDENCE})/2),""),"")',
        z,
    )
    page.put("A4", "Months per period", "label")
    page.formula("B4", f'=IF(ISNUMBER({MONTHS}),IF({MONTHS}>0,{MONTHS},""),"")', months)
    rated = [position for position, answer in enumerate(found) if answer.rate is not None]
    page.put("A5", "Rated periods", "label")
    page.formula("B5", f"=MAX(C{CALC_FIRST}:C{CALC_FIRST + ROWS - 1})", len(rated))
    page.put("A6", "Latest rated row", "label")
    page.formula(
        "B6",
        f'=IF(B5=0,"",MATCH(B5,C{CALC_FIRST}:C{CALC_FIRST + ROWS - 1},0))',
        rated[-1] + 1 if rated else None,
    )
    page.put(f"C{CALC_FIRST - 1}", "Rated so far", "label")
    for position in range(ROWS):
        row, before = CALC_FIRST + position, f"N(C{CALC_FIRST + position - 1})"
        so_far = sum(each <= position for each in rated)
        page.formula(f"C{row}", f"={before}+ISNUMBER({HERE}F{FIRST + position})", so_far)


def _write_top(page: Page, inputs: Inputs) -> None:
    page.worksheet.set_row(0, 30)
    page.worksheet.set_row(1, 36)
    page.worksheet.set_row(2, 24)
    page.worksheet.set_row(3, 32)
    page.put("A1", "Your periods", "title")
    page.formula_across("A2:K2", _summary_formula(), summary(inputs), "summary")
    page.put("A3", "Months per period", "label")
    page.put("B3", inputs.months, "input_center")
    page.put("D3", "Confidence", "label_right")
    page.put("E3", inputs.confidence, "input_confidence")
    settings = (
        *number_guards("E3", CONFIDENCE_WORD),
        *confidence_guards("E3", CONFIDENCE_WORD),
        *number_guards("B3", MONTHS_WORD),
        *above_zero_guards("B3", MONTHS_WORD),
    )
    page.formula_across("G3:K3", "=" + guarded('""', *settings), setting_problem(inputs), "alert")
    heads = ("Period", "Customers at start", "Customers at end", "of these new", "Kept", "Retention", "Churn")
    more = ("At least", "At most", "Per year, if steady", "What to check")
    for column, text in zip("ABCDEFGHIJK", (*heads, *more), strict=True):
        page.put(f"{column}4", text, "head_left" if column in "AK" else "head")


def summary(inputs: Inputs) -> str:
    """The latest rated period in words."""
    found = answers(inputs)
    latest = next((i for i in range(ROWS - 1, -1, -1) if found[i].rate is not None), None)
    if latest is None:
        return "Type your customers at the start, at the end, and how many of those are new."
    row, answer = rows(inputs)[latest], found[latest]
    label = "Latest period" if is_blank(row.label) else shown(row.label)
    text = f"{label}: {shown(answer.kept)} of {shown(row.start)} customers stayed"
    text += f", a retention of {percent(answer.rate or 0)}"
    if answer.interval is not None:
        text += f" (chance alone: {percent(answer.interval.low)} to {percent(answer.interval.high)})"
    if answer.yearly is not None and usable_months(inputs) != 12:
        text += f". Kept up steadily, that is {percent(answer.yearly)} a year"
    return text + "."


def _summary_formula() -> str:
    def of(column: str) -> str:
        return f"INDEX({column}{FIRST}:{column}{LAST},{LATEST})"

    def said(column: str) -> str:
        return f'FIXED({of(column)}*100,1,TRUE)&" %"'

    return (
        f'=IF({COUNT}=0,"Type your customers at the start, at the end, and how many of those are new.",'
        f'IF({of("A")}="","Latest period",{of("A")})&": "&{of("E")}&" of "&{of("B")}&" customers stayed, '
        f'a retention of "&{said("F")}'
        f'&IF({of("H")}="",""," (chance alone: "&{said("H")}&" to "&{said("I")}&")")'
        f'&IF({of("J")}="","",IF(B3=12,"",". Kept up steadily, that is "&{said("J")}&" a year"))&".")'
    )


def _write_inputs(page: Page, row: int, period: PeriodRow) -> None:
    page.put(f"A{row}", period.label, "input_left")
    for column, cell in zip("BCD", (period.start, period.end, period.new), strict=True):
        page.put(f"{column}{row}", cell, "input_whole")


def _write_answers(page: Page, row: int, answer: PeriodAnswer) -> None:
    low, high = answer.interval or (None, None)
    formulas = _plain_formulas(row) if page.plain else _lambda_formulas(row)
    cells = (f"B{row}", f"C{row}", f"D{row}")
    empty, kept = f'{"&".join(cells)}=""', kept_customers(*cells)
    page.formula(f"E{row}", f'=IF({empty},"",IF(K{row}<>"","",{kept}))', answer.kept, "whole")
    values = (answer.rate, answer.churn, low, high, answer.yearly)
    for column, formula, value in zip("FGHIJ", formulas, values, strict=True):
        page.formula(f"{column}{row}", formula, value, "rate_strong" if column == "F" else "rate")
    numbers = (number_guards(cell, word) for cell, word in zip(cells, COUNT_WORDS, strict=True))
    problem = guarded('""', *chain.from_iterable(numbers), *count_guards(cells, COUNT_WORDS))
    page.formula(f"K{row}", f'=IF({empty},"",{problem})', answer.message, "message")


def _plain_formulas(row: int) -> tuple[str, ...]:
    noise, rate = f"({Z}^2/B{row})", f"F{row}"
    low, high = wilson_limit("-", rate, noise), wilson_limit("+", rate, noise)
    known = f'OR(E{row}="",{Z}="")'
    return (
        f'=IF(E{row}="","",E{row}/B{row})',
        f'=IF(E{row}="","",(B{row}-E{row})/B{row})',
        f'=IF({known},"",IF(E{row}=0,0,MAX(0,{low})))',
        f'=IF({known},"",IF(E{row}=B{row},1,MIN(1,{high})))',
        f'=IF(OR(E{row}="",{GOOD_MONTHS}=""),"",{rate}^(12/{GOOD_MONTHS}))',
    )


def _lambda_formulas(row: int) -> tuple[str, ...]:
    counts, known = f"B{row},C{row},D{row}", f'OR(E{row}="",{Z}="")'
    return (
        f'=IF(E{row}="","",RETENTION({counts}))',
        f'=IF(E{row}="","",CHURN({counts}))',
        f'=IF({known},"",RETENTION_LOW({counts},$E$3))',
        f'=IF({known},"",RETENTION_HIGH({counts},$E$3))',
        f'=IF(OR(E{row}="",{GOOD_MONTHS}=""),"",RETENTION_CONVERT(F{row},{GOOD_MONTHS},12))',
    )


def _validate(page: Page) -> None:
    page.show_fractions(f"B{FIRST}:E{LAST}")
    page.check(
        "B3",
        validate="list",
        source=list(MONTH_CHOICES),
        input_title="Months per period",
        input_message="1 for months, 3 for quarters, 6 for half-years, 12 for years.",
        error_title="Months per period",
        error_message="Choose 1, 3, 6 or 12 months.",
    )
    page.check(
        "E3",
        validate="decimal",
        criteria="between",
        minimum=0.5,
        maximum=0.999,
        input_title="Confidence",
        input_message="How sure the limits should be; 95 % is usual.",
        error_title="Confidence",
        error_message="Type a share from 50 % to 99.9 %, such as 95 %.",
    )
    page.check(
        f"A{FIRST}:A{LAST}",
        validate="length",
        criteria="<=",
        value=60,
        error_title="Period",
        error_message="Keep the name of a period under 60 characters.",
    )
    for column, limit, text in (
        ("B", ">", "above zero"),
        ("C", ">=", "zero or more"),
        ("D", ">=", "zero or more"),
    ):
        page.check(
            f"{column}{FIRST}:{column}{LAST}",
            validate="decimal",
            criteria=limit,
            value=0,
            error_title="Number of customers",
            error_message=f"Type a number of customers, {text}.",
        )


def write_chart_rows(page: Page, inputs: Inputs) -> None:
    """Write the points of the chart: the last rated periods, and #N/A where there is nothing to draw."""
    found = answers(inputs)
    rated = [position for position, answer in enumerate(found) if answer.rate is not None]
    first = max(0, len(rated) - SHOWN)
    for column, text in zip("EFGHI", ("Row", "Period", "Retention", "At least", "At most"), strict=True):
        page.put(f"{column}{CHART_FIRST - 1}", text, "label")
    seen = f"$C${CALC_FIRST}:$C${CALC_FIRST + ROWS - 1}"
    for position in range(SHOWN):
        row = CHART_FIRST + position
        source = rated[first + position] if first + position < len(rated) else None
        turn = f"MAX(0,$B$5-{SHOWN})+{position + 1}"
        page.formula(
            f"E{row}", f'=IF({turn}>$B$5,"",MATCH({turn},{seen},0))', None if source is None else source + 1
        )
        label = None if source is None else rows(inputs)[source].label
        page.formula(
            f"F{row}",
            f'=IF(E{row}="","",INDEX({HERE}$A${FIRST}:$A${LAST},E{row})&"")',
            "" if label is None else shown(label),
        )
        answer = PeriodAnswer() if source is None else found[source]
        low, high = answer.interval or (None, None)
        for column, read, value in zip("GHI", "FHI", (answer.rate, low, high), strict=True):
            picked = f"INDEX({HERE}${read}${FIRST}:${read}${LAST},$E{row})"
            page.formula(
                f"{column}{row}",
                f'=IF($E{row}="",NA(),IF({picked}="",NA(),{picked}))',
                "#N/A" if value is None else value,
            )


def _write_chart(page: Page) -> None:
    chart = page.book.workbook.add_chart({"type": "line"})
    last = CHART_FIRST + SHOWN - 1
    looks: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
        ("G", "Retention", {"color": ACCENT, "width": 2.5}, DOT),
        ("H", "At least", {"color": ACCENT_SOFT, "width": 1.25, "dash_type": "dash"}, {"type": "none"}),
        ("I", "At most", {"color": ACCENT_SOFT, "width": 1.25, "dash_type": "dash"}, {"type": "none"}),
    )
    for column, name, line, marker in looks:
        chart.add_series(
            {
                "name": name,
                "categories": f"=Calc!$F${CHART_FIRST}:$F${last}",
                "values": f"=Calc!${column}${CHART_FIRST}:${column}${last}",
                "line": line,
                "marker": marker,
            }
        )
    font = {"name": "Arial", "size": 9, "color": GREY}
    chart.set_title(
        {
            "name": "Retention, the last 12 periods",
            "name_font": {"name": "Arial", "size": 12, "color": ACCENT},
            "overlay": False,
        }
    )
    chart.set_y_axis(
        {
            "num_format": "0%",
            "num_font": font,
            "max": 1,
            "major_gridlines": {"visible": True, "line": {"color": LINE}},
            "line": {"none": True},
        }
    )
    chart.set_x_axis({"num_font": font, "line": {"color": LINE}})
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.show_na_as_empty_cell()
    chart.set_size({"width": 1215, "height": 340})
    page.worksheet.insert_chart(
        f"A{LAST + 2}",
        chart,
        {"object_position": 2, "description": "Line chart of retention with its limits"},
    )


def _normal_quantile(share: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)
