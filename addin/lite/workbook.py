"""The sheets of retention-lite.xlsx, each cell with the value it must show before the add-in has started."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.chart import Chart

from addin.calls import answer
from addin.catalogue import Function
from addin.examples import example_in_cells
from addin.formula_text import read_formula
from addin.functions import FUNCTIONS
from addin.lite.pen import MISSING, MISSING_BRIEFLY, Book, Page, with_named_buttons
from addin.lite.scripts import (
    LOG_HEADER,
    LOG_ROWS,
    ORDERS,
    PARETO,
    PARETO_COLUMNS,
    PERIOD_COLUMNS,
    PERIODS,
    STATUS,
    SUMMARY,
    TABLE_HEADER,
    Filled,
    filled_said,
    order_log,
    pareto_table,
    period_table,
    rows_said,
)
from addin.look import ACCENT, ACCENT_SOFT, INK, LINE, WARM

BUTTONS = {PERIODS: "Fill the periods", PARETO: "Refresh the Pareto"}
BUTTON_ROW = 3

_CREATED = datetime(2025, 1, 1)
_SAMPLE_CUSTOMERS, _EVERY = 120, 4
_TOP, _PERIODS_SHOWN = 100, 24
_PERIOD_STYLES = ("day", "day", *["whole"] * 6, *["rate"] * 3, "middle")
_PERIOD_WIDTHS = (12, 12, *[11] * 10)
_PARETO_STYLES = ("cell", "money", "rate", "rate", "middle")
_PARETO_WIDTHS = (26, 13, 13, 13, 13)
_SAID_TO = 11

_LEAD = (
    "How many customers stay, and who brings the value: worksheet functions and two buttons, written in "
    "Python that travels inside this workbook. For Microsoft 365, Excel 2021 or later on Windows and Mac, "
    "and Excel in the browser; no Python needs to be installed."
)
_STEPS = (
    ("Install", "Home, Add-ins, search for xlwings, add xlwings Lite. It is free and asks for no account."),
    (
        "Trust",
        "Open this workbook again. The add-in asks once whether you trust the Python inside; you can read it "
        "in the add-in's editor before you agree.",
    ),
    (
        "Use",
        "Type =RETENTION(100,110,20) into a cell: 0.9. Or paste your orders into the sheet Orders and press "
        "the buttons on Periods and Pareto.",
    ),
)
_SHEETS = (
    (
        "Retention",
        "Customers at the start, at the end and new: the rate kept, its interval, and the rate lost.",
    ),
    (ORDERS, "The order log. It holds a small simulated sample; put your own in its place."),
    (PERIODS, "Customers kept and lost by month, quarter or year, filled by its button."),
    (PARETO, "Customers by what they bring, with the classes A, B and C, filled by its button."),
    ("Functions", "Every worksheet function with an example whose yellow cells can be changed."),
)
_NOTES = (
    "The figures are worked out in Excel on this computer. At its start the add-in loads Python and the "
    "packages of its requirements list from the internet; this workbook sends nothing anywhere.",
    "What makes no sense shows #VALUE! with a sentence: point at the warning sign beside the cell. Excel for "
    "Mac may show its own words there. In a range each cell shows its own sentence.",
    "Define no name such as RETENTION in this workbook: a LAMBDA name spelt like a function stops all "
    "functions.",
)


def lite_workbook(functions: Iterable[Function]) -> bytes:
    """The workbook without its Python."""
    written = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(written, settings)
    subject = "Customer retention and Pareto, with Python inside for xlwings Lite"
    about = {"title": "Retention", "subject": subject, "author": "The Retention project", "created": _CREATED}
    workbook.set_properties(about)
    workbook.set_size(2200, 1400)
    book = Book(workbook, {function.name: function for function in functions})
    cells = _sample_cells()
    log = order_log(cells)
    _write_start(book)
    _write_retention(book)
    _write_orders(book, cells)
    _write_periods(book, period_table(log), rows_said(log))
    _write_pareto(book, pareto_table(log), rows_said(log))
    _write_functions(book)
    workbook.close()
    return with_named_buttons(written.getvalue())


def _write_start(book: Book) -> None:
    page = book.page("Start", {"A:A": 5, "B:B": 16, "C:C": 104})
    page.sheet.activate()
    page.title("Retention", _LEAD, 2, 34)
    page.banner((3, 2), MISSING)
    page.sheet.set_row(2, 34)
    page.across(5, (0, 2), "Three steps", "section", 22)
    for row, (name, text) in enumerate(_STEPS, start=6):
        page.put(row, 0, f"{row - 5}", "step")
        page.put(row, 1, name, "name")
        page.put(row, 2, text, "text")
        page.sheet.set_row(row - 1, 28)
    page.across(10, (0, 2), "Sheets", "section", 22)
    for row, (name, text) in enumerate(_SHEETS, start=11):
        page.sheet.write_url(row - 1, 1, f"internal:'{name}'!A1", book.style("name"), name)
        page.put(row, 2, text, "text")
    page.across(17, (0, 2), "Good to know", "section", 22)
    for row, text in enumerate(_NOTES, start=18):
        page.across(row, (0, 2), text, "text", 30)


def _write_retention(book: Book) -> None:
    page = book.page("Retention", {"A:A": 18, "B:H": 13})
    lead = "Change the yellow cells. Low and high are the limits of the 95 % interval of the retention."
    page.title("Retention", lead, 7, 20)
    page.banner((3, 0), MISSING_BRIEFLY)
    for column, head in enumerate(("", "at start", "at end", "new", "retention", "low", "high", "churn")):
        page.put(5, column, head, "head")
    years = ((100, 110, 20), (110, 118, 31), (118, 131, 27), (131, 126, 14))
    for row, counts in enumerate(years, start=6):
        page.put(row, 0, f"Year {row - 5}", "cell")
        for column, count in enumerate(counts, start=1):
            page.put(row, column, count, "input whole")
        for column, name in enumerate(("RETENTION", "RETENTION_LOW", "RETENTION_HIGH", "CHURN"), start=4):
            shown = answer(FUNCTIONS[name], counts)
            page.formula(row, column, f"={name}($B{row},$C{row},$D{row})", shown, "rate")


def _sample_cells() -> list[list[Any]]:
    """A header and the orders of a few customers of the simulated shop."""
    from retention_core.samples import sample

    frame = sample("gift_shop").frame()
    few = frame["customer_id"].drop_duplicates().iloc[: _SAMPLE_CUSTOMERS * _EVERY : _EVERY]
    orders = frame[frame["customer_id"].isin(few)]
    names = ("order_id", "customer_id", "order_date", "amount")
    rows = zip(*(orders[name].tolist() for name in names), strict=True)
    header: list[Any] = ["Order", "Customer", "Date", "Amount"]
    return [header, *([order, who, day.to_pydatetime(), amount] for order, who, day, amount in rows)]


def _write_orders(book: Book, cells: Sequence[Sequence[Any]]) -> None:
    page = book.page(ORDERS, {"A:B": 14, "C:D": 13, "E:H": 14}, tab=WARM)
    lead = (
        f"Delete everything from row {LOG_HEADER} on and paste your own order log there, its header in row "
        f"{LOG_HEADER}: at least a customer and a date; for Pareto an amount; an order number is of use. "
        "Columns are found by their names, in any order. Then press the buttons on Periods and Pareto."
    )
    page.title("Orders", lead, 7, 50)
    page.across(4, (0, 7), "Here: simulated orders of a made-up gift shop, not a real business.", "note")
    for row, line in enumerate(cells, start=LOG_HEADER):
        for column, cell in enumerate(line):
            page.put(
                row, column, cell, "head" if row == LOG_HEADER else ("cell", "cell", "day", "money")[column]
            )
    page.sheet.freeze_panes(LOG_HEADER, 0)


def _write_periods(book: Book, filled: Filled, log: str) -> None:
    page = book.page(PERIODS, {})
    _prepare(page, PERIOD_COLUMNS, _PERIOD_STYLES, _PERIOD_WIDTHS)
    _write_filled(page, filled, log, _PERIOD_STYLES)
    last = TABLE_HEADER + _PERIODS_SHOWN
    chart = _line_chart(book, "Customers kept, with the 95 % interval")
    for column, colour, width in (("I", ACCENT, 2.5), ("J", ACCENT_SOFT, 1), ("K", ACCENT_SOFT, 1)):
        _add_line(chart, PERIODS, column, last, colour, width, categories="A")
    chart.set_x_axis({"text_axis": True, "num_format": "mmm yy", "num_font": {"rotation": -45}})
    chart.set_legend({"position": "bottom"})
    page.sheet.insert_chart(TABLE_HEADER - 1, len(PERIOD_COLUMNS) + 1, chart)


def _write_pareto(book: Book, filled: Filled, log: str) -> None:
    page = book.page(PARETO, {"G:L": 11})
    _prepare(page, PARETO_COLUMNS, _PARETO_STYLES, _PARETO_WIDTHS)
    _write_filled(page, filled, log, _PARETO_STYLES)
    chart = _line_chart(book, f"Share of the value, best {_TOP} customers")
    _add_line(chart, PARETO, "D", TABLE_HEADER + _TOP, ACCENT, 2.5)
    chart.set_x_axis({"name": "customers, best first", "interval_unit": 10, "interval_tick": 10})
    chart.set_legend({"none": True})
    page.sheet.insert_chart(TABLE_HEADER - 1, len(PARETO_COLUMNS) + 1, chart)


def _prepare(page: Page, heads: Sequence[str], styles: Sequence[str], widths: Sequence[float]) -> None:
    """What stays when a button fills the sheet: title, button, header, and formats down to the last row."""
    for column, (style, width) in enumerate(zip(styles, widths, strict=True)):
        page.sheet.set_column(column, column, width, page.book.style(f"{style} below"))
    name = page.sheet.get_name()
    page.put(1, 0, name, "title")
    page.sheet.set_row(0, 30)
    page.sheet.set_row(BUTTON_ROW - 1, 34)
    page.button(BUTTON_ROW, 0, BUTTONS[name])
    hint = "The button works once the add-in has started; the same script stands in the add-in's run menu."
    page.across(BUTTON_ROW, (3, _SAID_TO), hint, "note", 34)
    for column, head in enumerate(heads):
        page.put(TABLE_HEADER, column, head, "head")
    page.sheet.set_row(TABLE_HEADER - 1, 20)
    page.sheet.freeze_panes(TABLE_HEADER, 0)


def _write_filled(page: Page, filled: Filled, log: str, styles: Sequence[str]) -> None:
    """What a button writes, as it stands after the first press."""
    said = {
        STATUS: ("Status", filled_said(filled)),
        SUMMARY: ("Result", filled.summary),
        LOG_ROWS: ("Log", log),
    }
    for cell, (label, sentence) in said.items():
        row = int(cell[1:])
        page.put(row, 0, label, "label")
        page.across(row, (1, _SAID_TO), sentence, "said", 20 if cell == STATUS else 32)
    for row, cells in enumerate(filled.rows, start=TABLE_HEADER + 1):
        for column, cell in enumerate(cells):
            page.put(row, column, cell.removeprefix("'") if isinstance(cell, str) else cell, styles[column])


def _line_chart(book: Book, title: str) -> Chart:
    chart = book.workbook.add_chart({"type": "line"})
    chart.set_title({"name": title, "name_font": {"size": 12, "color": INK}})
    grid = {"visible": True, "line": {"color": LINE}}
    chart.set_y_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": grid})
    chart.set_size({"width": 500, "height": 300})
    return chart


def _add_line(
    chart: Chart, sheet: str, column: str, last: int, colour: str, width: float, categories: str = ""
) -> None:
    first = TABLE_HEADER + 1
    line = {
        "name": f"='{sheet}'!${column}${TABLE_HEADER}",
        "values": f"='{sheet}'!${column}${first}:${column}${last}",
        "line": {"color": colour, "width": width},
    }
    if categories:
        line["categories"] = f"='{sheet}'!${categories}${first}:${categories}${last}"
    chart.add_series(line)


def _write_functions(book: Book) -> None:
    page = book.page("Functions", {"A:F": 16, "G:G": 3, "H:V": 16})
    page.title("Functions", "Change the yellow cells. Rates are fractions: 0.9 is 90 %.", 11, 20)
    page.banner((3, 0), MISSING_BRIEFLY)
    row = 5
    for function in book.functions.values():
        row = _write_function(page, function, row)
    page.sheet.print_area(0, 0, row, 12)
    page.sheet.freeze_panes(3, 0)


def _write_function(page: Page, function: Function, row: int) -> int:
    """A function with its example; hands back the row where the next one goes."""
    example = example_in_cells(function)
    page.put(row, 0, function.signature, "name")
    page.put(row + 1, 0, function.summary, "note")
    for down, line in enumerate(example.sheet):
        for column, cell in enumerate(line):
            style = "head" if down == 0 else "input day" if isinstance(cell, date) else "input"
            if cell is not None:
                page.put(row + 2 + down, column, cell, style)
    cells = read_formula(example.formula, page.book.functions, example.sheet).cells
    shown = answer(function, cells)
    placed = moved_down(example.formula, row + 1)
    page.put(row + 2, 7, placed, "typed")
    page.formula(row + 3, 7, placed, shown, "figure")
    height = max(len(example.sheet), 1 + (len(shown) if isinstance(shown, list) else 1))
    return row + 3 + height


def moved_down(formula: str, rows: int) -> str:
    """A formula over cells further down.

    Examples
    --------
    >>> moved_down("=GINI(A2:A5,B2:B5)", 10)
    '=GINI(A12:A15,B12:B15)'
    """
    return re.sub(r"\b([A-Z])(\d+)\b", lambda found: f"{found[1]}{int(found[2]) + rows}", formula)
