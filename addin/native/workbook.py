"""The workbook of LAMBDA names: one sheet that is copied into any workbook and brings the functions along."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from addin.archive import packed, unpacked
from addin.catalogue import Function
from addin.examples import examples
from addin.formula_text import evaluate
from addin.look import ACCENT, ACCENT_PALE, ALERT, CODE_FONT, FONT, GREY, INK, LINE, PAPER
from addin.native import published
from addin.native.lambdas import STEPS, comment, lambda_of, lambdas
from addin.native.published import Block
from addin.native.steps import Lambda
from addin.native.stored import stored

FILE = "retention-lambda.xlsx"
SHEET = "Retention"
BANNER = (
    "This program does not know LAMBDA, so the functions answer with an error here. They need Microsoft 365, "
    "Excel 2024 or later, or Excel on the web; the last column shows what they answer there."
)
HOW = (
    "To use the functions in a workbook of yours: open both, right-click the tab of this sheet, "
    "Move or Copy, choose "
    "your workbook, tick Create a copy, OK. The names come along, "
    "and =RETENTION(100,110,20) works in any cell. "
    "The copied sheet may be hidden, not deleted: the figures of the benchmarks stand on it."
)
LEAD = (
    "Formulas with names, nothing to install, "
    "no macros. What makes no sense is answered with one sentence. Arguments "
    "in square brackets may be left out. Formulas, Name Manager shows how each is computed."
)
HEADS = ("Function", "What it answers", "Arguments", "Example", "Result", "Must show")
WIDTHS = (44, 46, 62, 42, 13, 13, 9, 20, 11, 10, 30, 40, 40, 34, 60, 8, 11, 22, 34)
HEAD_ROW = 5
DEMO_WIDTH = 4
CREATED = datetime(2025, 1, 1)

_BASE = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "top"}
_CELL = {"bottom": 1, "bottom_color": LINE, "align": "left", "indent": 1}
_STYLES: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "font_color": ACCENT, "valign": "vcenter"},
    "lead": {"text_wrap": True, "font_color": GREY},
    "how": {"text_wrap": True, "bg_color": ACCENT_PALE, "left": 5, "left_color": ACCENT, "indent": 1,
            "valign": "vcenter"},
    "banner": {"bold": True, "font_color": ALERT, "valign": "vcenter"},
    "head": {"bold": True, "font_color": PAPER, "bg_color": ACCENT, "indent": 1, "valign": "vcenter"},
    "section": {"bold": True, "font_size": 12, "font_color": ACCENT, "bottom": 2, "bottom_color": ACCENT},
    "name": {**_CELL, "bold": True, "font_color": ACCENT, "text_wrap": True},
    "text": {**_CELL, "text_wrap": True},
    "formula": {**_CELL, "font_name": CODE_FONT, "font_size": 9, "text_wrap": True},
    "result": {**_CELL, "bold": True, "align": "left", "num_format": "0.0000"},
    "expected": {**_CELL, "font_color": GREY, "align": "left", "num_format": "0.0000"},
    "demo": {**_CELL, "align": "left"},
    "day": {**_CELL, "align": "left", "num_format": "yyyy-mm-dd"},
    "cell": {**_CELL, "valign": "vcenter"},
    "helper": {**_CELL, "font_color": GREY, "valign": "vcenter"},
    "rate": {**_CELL, "align": "left", "num_format": "0.0 %", "valign": "vcenter"},
}  # fmt: skip


@dataclass(slots=True)
class _Page:
    """The sheet being written, from the top down."""

    worksheet: Worksheet
    formats: Mapping[str, Format]
    row: int = HEAD_ROW
    columns: dict[tuple[str, tuple[Any, ...]], tuple[int, int]] = field(default_factory=dict)

    def put(self, row: int, column: int, content: Any, style: str) -> None:
        """Write a constant; text is text, whatever it starts with."""
        look = self.formats[style]
        if content is None or content == "":
            self.worksheet.write_blank(row, column, None, look)
        elif isinstance(content, bool):
            self.worksheet.write_boolean(row, column, content, look)
        elif isinstance(content, str):
            self.worksheet.write_string(row, column, content, look)
        elif isinstance(content, date):
            self.worksheet.write_datetime(
                row, column, datetime(content.year, content.month, content.day), look
            )
        else:
            self.worksheet.write_number(row, column, content, look)

    def heading(self, text: str, heads: Sequence[str] = ()) -> None:
        """Write the title of a part, and the heads of its columns below."""
        self.worksheet.set_row(self.row + 1, 24)
        for column in range(6):
            self.put(self.row + 1, column, text if column == 0 else "", "section")
        for column, head in enumerate(heads):
            self.put(self.row + 2, column, head, "head")
        self.row += 3 if heads else 2


def lambda_files(functions: Iterable[Function]) -> dict[str, bytes]:
    """The workbook, as bytes, by its file name.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> list(lambda_files(FUNCTIONS.values()))
    ['retention-lambda.xlsx']
    """
    natives = [each for each in functions if each.native]
    names = lambdas(natives)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Retention: LAMBDA functions", "author": "The Retention project",
                             "created": CREATED})  # fmt: skip
        book.set_size(2200, 1400)
        block = _write(book, natives)
        for name, cells in block.names.items():
            book.define_name(name, cells)
        for each in names:
            book.define_name(each.name, each.definition)
    return {FILE: with_comments(content.getvalue(), names)}


def with_comments(workbook: bytes, names: Iterable[Lambda]) -> bytes:
    """The workbook with what Excel shows while a name is typed, which XlsxWriter does not write."""
    notes = {each.name: quoteattr(comment(each)) for each in names}

    def noted(found: re.Match[str]) -> str:
        note = notes.get(found[1])
        return f"<definedName name={quoteattr(found[1])} comment={note}>" if note else found[0]

    parts = unpacked(workbook)
    part = "xl/workbook.xml"
    parts[part] = re.sub(r'<definedName name="(\w+)">', noted, parts[part].decode()).encode()
    return packed(parts)


def _write(book: xlsxwriter.Workbook, functions: Sequence[Function]) -> Block:
    worksheet = book.add_worksheet(SHEET)
    page = _Page(worksheet, {name: book.add_format({**_BASE, **style}) for name, style in _STYLES.items()})
    for column, width in enumerate(WIDTHS):
        worksheet.set_column(column, column, width)
    worksheet.hide_gridlines(2)
    worksheet.set_tab_color(ACCENT)
    _write_top(page)
    _place_demo(page, functions)
    for each in functions:
        _write_function(page, each, functions)
    _write_banner(page)
    _write_demo(page)
    _write_steps(page)
    _write_printing(page)
    return _write_figures(page)


def _write_top(page: _Page) -> None:
    worksheet = page.worksheet
    page.put(0, 0, "Retention functions for any workbook", "title")
    for row, (text, style, height) in enumerate(((HOW, "how", 34), (LEAD, "lead", 30)), start=1):
        worksheet.merge_range(row, 0, row, 5, "", page.formats[style])
        page.put(row, 0, text, style)
        worksheet.set_row(row, height)
    worksheet.set_row(0, 32)
    worksheet.set_row(3, 20)
    for column, head in enumerate(HEADS):
        page.put(HEAD_ROW - 1, column, head, "head")
    worksheet.set_row(HEAD_ROW - 1, 22)
    worksheet.freeze_panes(HEAD_ROW, 1)


def _write_banner(page: _Page) -> None:
    """Say that LAMBDA is unknown where no example gives a number; this calls no LAMBDA name itself."""
    results = xl_range(HEAD_ROW, 4, page.row - 1, 4)
    formula = f'=IF(COUNT({results})>0,"",{_text(BANNER)})'
    page.worksheet.write_formula(3, 0, formula, page.formats["banner"], BANNER)


def _text(sentence: str) -> str:
    """A sentence in a formula, in pieces that a formula can hold."""
    return "&".join(f'"{sentence[start : start + 200]}"' for start in range(0, len(sentence), 200))


def _place_demo(page: _Page, functions: Sequence[Function]) -> None:
    """Give every column of the examples its place below the functions, the same data one place only."""
    found: dict[tuple[str, tuple[Any, ...]], None] = {}
    for each in functions:
        found |= dict.fromkeys(_columns(_example(each)[1]))
    top, columns = HEAD_ROW + len(functions) + 3, list(found)
    for start in range(0, len(columns), DEMO_WIDTH):
        beside = columns[start : start + DEMO_WIDTH]
        for place, column in enumerate(beside):
            page.columns[column] = (top - 1, place)
        top += 2 + max(len(cells) for _, cells in beside)


def _columns(sheet: Sequence[Sequence[Any]]) -> list[tuple[str, tuple[Any, ...]]]:
    """Head and filled cells of each column of an example."""
    return [
        (head, tuple(cell for cell in cells if cell is not None)) for head, *cells in zip(*sheet, strict=True)
    ]


def _example(function: Function) -> tuple[str, tuple[tuple[Any, ...], ...]]:
    """The first example of a function; a function without one is called bare."""
    found = next(iter(examples(function)), None)
    return (found.formula, found.sheet) if found else (f"={function.name}()", ())


def _write_function(page: _Page, function: Function, functions: Sequence[Function]) -> None:
    signature = lambda_of(function, functions).signature
    arguments = "\n".join(f"{a.name}: {a.description}" for a in function.arguments)
    formula, expected = _call(page, function)
    for column, (text, style) in enumerate(
        ((signature, "name"), (function.summary, "text"), (arguments, "text"), (formula, "formula"))
    ):
        page.put(page.row, column, text, style)
    cell = xl_rowcol_to_cell(page.row, 4)
    page.worksheet.write_dynamic_array_formula(
        f"{cell}:{cell}", stored(formula), page.formats["result"], expected
    )
    page.put(page.row, 5, expected, "expected")
    shown = ((signature, 38), (function.summary, 50), (formula, 46))
    lines = [math.ceil(len(text) / room) for text, room in shown]
    lines.append(sum(math.ceil(len(line) / 70) for line in arguments.splitlines()))
    page.worksheet.set_row(page.row, 13 * max(lines) + 5)
    page.row += 1


def _call(page: _Page, function: Function) -> tuple[str, Any]:
    """An example in the cells of this sheet, of a table one figure, and what the core answers."""
    formula, sheet = _example(function)
    answered = evaluate(formula, {function.name: function}, sheet)
    places = [page.columns[column] for column in _columns(sheet)]

    def moved(found: re.Match[str]) -> str:
        row, column = places[ord(found[1]) - ord("A")]
        return xl_range(row + 1, column, row + int(found[2]) - 1, column)

    formula = re.sub(r"\b([A-Z])2:\1(\d+)\b", moved, formula)
    if not isinstance(answered, list):
        return formula, answered
    row, column = _telling_cell(answered)
    return f"=INDEX({formula[1:]},{row + 1},{column + 1})", answered[row][column]


def _telling_cell(table: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Where the first fraction of a table stands, else its first number, else the cell below its head."""
    cells = [(place, cell) for place, line in enumerate(table[1:], 1) for cell in enumerate(line)]
    for most in (1.0, math.inf):
        for row, (column, cell) in cells:
            if isinstance(cell, int | float) and not isinstance(cell, bool) and 0 < cell < most:
                return row, column
    return min(1, len(table) - 1), 0


def _write_demo(page: _Page) -> None:
    page.heading("Data of the examples")
    for (head, cells), (row, column) in page.columns.items():
        page.put(row, column, head, "head")
        for down, cell in enumerate(cells, start=row + 1):
            page.put(down, column, cell, "day" if isinstance(cell, date) else "demo")
            page.row = max(page.row, down + 1)


def _write_steps(page: _Page) -> None:
    page.heading("Steps that the functions share", ("Name", "What it does"))
    for each in STEPS:
        page.put(page.row, 0, each.signature, "text")
        lines = max(math.ceil(len(each.signature) / 46), math.ceil(len(each.summary) / 100))
        page.worksheet.merge_range(page.row, 1, page.row, 2, "", page.formats["text"])
        page.put(page.row, 1, each.summary, "text")
        page.worksheet.set_row(page.row, 13 * lines + 3)
        page.row += 1


def _write_printing(page: _Page) -> None:
    worksheet = page.worksheet
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.set_margins(0.4, 0.4, 0.5, 0.5)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEAD_ROW - 1)
    worksheet.print_area(0, 0, page.row - 1, 5)
    worksheet.set_footer("&L&8Retention functions&C&8the published figures below are not printed&R&8&P / &N")
    worksheet.set_selection("A6")


def _write_figures(page: _Page) -> Block:
    """Write the figures that the benchmark functions read, and where they stand."""
    heads = (*published.COLUMNS, *published.HELPERS)
    page.heading("Published figures that the BENCHMARK functions read", heads)
    header = page.row
    for row in published.figures():
        for column, content in enumerate(row):
            shown = "helper" if column >= len(published.COLUMNS) else "rate" if column == 5 else "cell"
            page.put(page.row, column, content, shown)
        page.row += 1
    page.heading("What there is of each industry", published.INDUSTRY_COLUMNS)
    industries_header = page.row
    for row in published.industries():
        for column, content in enumerate(row):
            page.put(page.row, column, content, "cell")
        page.row += 1
    return Block(SHEET, header, industries_header)
