"""Writing the cells of retention-lite.xlsx: one look, text that stays text, formulas as Excel keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from addin.archive import packed, unpacked
from addin.catalogue import Function
from addin.look import (
    ACCENT,
    ACCENT_PALE,
    ALERT,
    CODE_FONT,
    FONT,
    GREY,
    INK,
    INPUT_FILL,
    INPUT_INK,
    INPUT_LINE,
    LINE,
    PAPER,
)

MISSING = (
    "The functions are not running. Install the free add-in xlwings Lite (Home, Add-ins, search for "
    "xlwings), open this workbook again and trust it when asked. If this text stays although the add-in has "
    "started, press Ctrl+Alt+F9."
)
MISSING_BRIEFLY = "The functions are not running: the sheet Start says what to do."
_BASE = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"}
_CELL = {"bottom": 1, "bottom_color": LINE}
_INPUT = {"bg_color": INPUT_FILL, "border": 1, "border_color": INPUT_LINE, "font_color": INPUT_INK}
_HEAD = {"bold": True, "font_color": PAPER, "bg_color": ACCENT, "text_wrap": True, "align": "center"}
_FIGURE = {**_CELL, "bold": True, "font_color": ACCENT, "align": "left"}
_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 18, "font_color": ACCENT},
    "lead": {"font_size": 11, "text_wrap": True, "valign": "top"},
    "section": {"bold": True, "font_size": 12, "font_color": ACCENT, "bottom": 2, "bottom_color": ACCENT},
    "text": {"text_wrap": True, "valign": "top"},
    "step": {"bold": True, "font_size": 11, "font_color": ACCENT, "align": "center", "valign": "top"},
    "alert": {"bold": True, "font_color": ALERT, "text_wrap": True, "valign": "top"},
    "alert line": {"bold": True, "font_color": ALERT},
    "label": {"font_color": GREY},
    "said": {"text_wrap": True, "bg_color": ACCENT_PALE, "indent": 1},
    "head": _HEAD,
    "cell": {**_CELL, "indent": 1},
    "middle": {**_CELL, "align": "center"},
    "whole": {**_CELL, "num_format": "#,##0"},
    "money": {**_CELL, "num_format": "#,##0.00"},
    "rate": {**_CELL, "num_format": "0.0 %"},
    "day": {**_CELL, "num_format": "yyyy-mm-dd", "align": "center"},
    "figure": {**_FIGURE, "num_format": "General"},
    "figure day": {**_FIGURE, "num_format": "yyyy-mm-dd"},
    "input": {**_INPUT, "align": "left"},
    "input whole": {**_INPUT, "num_format": "#,##0"},
    "input day": {**_INPUT, "num_format": "yyyy-mm-dd", "align": "left"},
    "name": {"bold": True, "font_color": ACCENT, "font_size": 11, "valign": "top"},
    "note": {"font_color": GREY, "font_size": 9},
    "typed": {**_CELL, "font_color": GREY, "font_name": CODE_FONT, "font_size": 9},
}
_BUTTON = {
    "width": 190, "height": 30, "x_offset": 2, "y_offset": 3, "object_position": 3,
    "fill": {"color": ACCENT}, "line": {"none": True},
    "font": {"bold": True, "color": PAPER, "name": FONT, "size": 11},
    "align": {"vertical": "middle", "horizontal": "center"},
}  # fmt: skip


@dataclass(slots=True)
class Book:
    """The workbook being written, the functions it calls, and its styles."""

    workbook: xlsxwriter.Workbook
    functions: dict[str, Function]
    _formats: dict[str, Format] = field(default_factory=dict)

    def style(self, name: str) -> Format:
        """The format of a named style, made once; one that ends in "below" has no lines."""
        if name not in self._formats:
            look = _BASE | _STYLES[name.removesuffix(" below")]
            if name.endswith(" below"):
                look = {key: value for key, value in look.items() if not key.startswith("bottom")}
            self._formats[name] = self.workbook.add_format(look)
        return self._formats[name]

    def page(self, name: str, widths: dict[str, float], tab: str = ACCENT) -> Page:
        """A new sheet, printed on one page across."""
        sheet = self.workbook.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_default_row(18)
        sheet.set_tab_color(tab)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for columns, width in widths.items():
            sheet.set_column(columns, width, self.style("plain"))
        return Page(self, sheet)


@dataclass(slots=True)
class Page:
    """One sheet being written; rows are counted from 1 as on the sheet, columns from 0."""

    book: Book
    sheet: Worksheet

    def put(self, row: int, column: int, content: Any, style: str = "plain") -> None:
        """Write a constant; text stays text, whatever it starts with."""
        look = self.book.style(style)
        if content is None or content == "":
            self.sheet.write_blank(row - 1, column, None, look)
        elif isinstance(content, str):
            self.sheet.write_string(row - 1, column, content, look)
        elif isinstance(content, date):
            self.sheet.write_datetime(row - 1, column, content, look)
        else:
            self.sheet.write(row - 1, column, content, look)

    def across(self, row: int, columns: tuple[int, int], text: str, style: str, height: float = 18) -> None:
        """Write a text into merged cells of one row."""
        self.sheet.merge_range(row - 1, columns[0], row - 1, columns[1], "", self.book.style(style))
        self.put(row, columns[0], text, style)
        self.sheet.set_row(row - 1, height)

    def title(self, text: str, lead: str, last: int, height: float) -> None:
        """The head of a sheet in its first two rows."""
        self.put(1, 0, text, "title")
        self.sheet.set_row(0, 30)
        self.across(2, (0, last), lead, "lead", height)

    def formula(self, row: int, column: int, formula: str, shown: Any, style: str) -> None:
        """Write a formula of worksheet functions, and every cell it fills as it must show."""
        rows = shown if isinstance(shown, list) else [[shown]]
        bottom, right = row - 2 + len(rows), column + len(rows[0]) - 1
        stored, look = as_stored(formula, self.book.functions), self.book.style(style)
        # an ordinary formula of a function that Excel does not know yet would get an @ before it
        self.sheet.write_dynamic_array_formula(row - 1, column, bottom, right, stored, look, rows[0][0])
        for down, cells in enumerate(rows):
            for along, cell in enumerate(cells):
                if down or along:
                    self.put(row + down, column + along, cell, style + " day" * isinstance(cell, date))

    def banner(self, cell: tuple[int, int], sentence: str) -> None:
        """A sentence that stands while the functions are missing; where they run the cell is empty."""
        # not merged: Excel lets no formula that may spill into merged cells
        formula = f'=IF(ISERROR(RETENTION(100,110,20)),"{sentence}","")'
        self.formula(*cell, formula, sentence, "alert" if sentence == MISSING else "alert line")

    def button(self, row: int, column: int, text: str) -> None:
        """A shape that selects the cell beneath it, by which xlwings Lite notices the click."""
        cell = f"internal:'{self.sheet.get_name()}'!{chr(ord('A') + column)}{row}"
        link = {"url": cell, "tip": f"Runs the Python script: {text}", "description": text}
        self.sheet.insert_textbox(row - 1, column, text, {**_BUTTON, **link})


def as_stored(formula: str, functions: Iterable[str]) -> str:
    """A formula as Excel keeps it in a file: functions of an add-in bear a prefix there.

    Examples
    --------
    >>> as_stored("=ROUND(CHURN(A1,B1,C1),2)", ["CHURN"])
    '=ROUND(_xldudf_CHURN(A1,B1,C1),2)'
    """
    names = "|".join(sorted(functions, key=len, reverse=True))
    return re.sub(rf"(?<![\w.])({names})\(", r"_xldudf_\1(", formula)


def with_named_buttons(workbook: bytes) -> bytes:
    """Shapes named as their alternative text, which xlwings Lite finds its buttons by."""
    parts = unpacked(workbook)
    for name, part in parts.items():
        if name.startswith("xl/drawings/drawing"):
            parts[name] = re.sub(rb'name="TextBox \d+" descr="([^"]+)"', rb'name="\1" descr="\1"', part)
    return packed(parts)
