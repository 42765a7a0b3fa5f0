"""Writing cells: text that stays text, formulas with the value they must show, in either dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from addin.native.stored import stored
from templates.inputs import Cell
from templates.names import NAMES
from templates.styles import properties

Dialect: TypeAlias = Literal["plain", "lambda"]
CAPACITY: dict[Dialect, int] = {"plain": 2_000, "lambda": 20_000}
_CALL = re.compile(rf"\b(?:{'|'.join(each.name for each in NAMES)})\(")

PROTECTION = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}


@dataclass(slots=True)
class Book:
    """The workbook being written, and its styles."""

    workbook: xlsxwriter.Workbook
    dialect: Dialect
    capacity: int
    spilled: dict[int, set[str]] = field(default_factory=dict)
    _formats: dict[str, Format] = field(default_factory=dict)

    def style(self, name: str) -> Format:
        """The format of a named style, made once."""
        if name not in self._formats:
            self._formats[name] = self.workbook.add_format(properties(name))
        return self._formats[name]

    def sheet(self, name: str, *, tab: str) -> Page:
        """A new protected sheet."""
        worksheet = self.workbook.add_worksheet(name)
        worksheet.protect("", dict(PROTECTION))
        worksheet.hide_gridlines(2)
        worksheet.set_default_row(18)
        worksheet.set_tab_color(tab)
        return Page(self, worksheet)


@dataclass(slots=True)
class Page:
    """One sheet being written."""

    book: Book
    worksheet: Worksheet

    @property
    def plain(self) -> bool:
        """Whether formulas may use nothing younger than Excel 2016."""
        return self.book.dialect == "plain"

    def put(self, cell: str, content: Cell, style: str = "plain") -> None:
        """Write a constant; text is text, whatever it starts with."""
        look = self.book.style(style)
        if content is None or content == "":
            self.worksheet.write_blank(cell, None, look)
        elif isinstance(content, bool):
            self.worksheet.write_boolean(cell, content, look)
        elif isinstance(content, str):
            self.worksheet.write_string(cell, content, look)
        else:
            self.worksheet.write_number(cell, content, look)

    def across(self, cells: str, content: str, style: str = "plain") -> None:
        """Write a text into merged cells."""
        self.worksheet.merge_range(cells, "", self.book.style(style))
        self.put(cells.partition(":")[0], content, style)

    def formula(self, cell: str, formula: str, value: Cell, style: str = "plain") -> None:
        """Write a readable formula with the value it must show; None shows nothing."""
        look, shown = self.book.style(style), "" if value is None else value
        if _CALL.search(formula):
            # a call of a LAMBDA name stored as an ordinary formula is shown with an @ in Excel
            self.worksheet.write_dynamic_array_formula(f"{cell}:{cell}", stored(formula), look, shown)
        else:
            self.worksheet.write_formula(cell, stored(formula), look, shown)

    def spill(
        self, cell: str, formula: str, rows: Sequence[Sequence[Cell]], *, head: str, columns: Sequence[str]
    ) -> None:
        """Write a formula whose table spills, with all the values it must show."""
        spilled = self.book.spilled.setdefault(self.worksheet.index + 1, set())
        top, left = xl_cell_to_rowcol(cell)
        bottom, right = top + len(rows) - 1, left + len(rows[0]) - 1
        self.worksheet.write_dynamic_array_formula(
            top, left, bottom, right, stored(formula), self.book.style(head), rows[0][0]
        )
        if isinstance(rows[0][0], str):
            spilled.add(cell)
        for down, row in enumerate(rows):
            for along, content in enumerate(row):
                if down or along:
                    target = xl_rowcol_to_cell(top + down, left + along)
                    spilled.add(target)
                    self.put(target, content, columns[along] if down else head)
        for along in range(len(rows[0]), len(columns)):
            self.put(xl_rowcol_to_cell(top, left + along), None, head)

    def formula_across(self, cells: str, formula: str, value: Cell, style: str = "plain") -> None:
        """Write a formula into merged cells."""
        self.worksheet.merge_range(cells, "", self.book.style(style))
        self.formula(cells.partition(":")[0], formula, value, style)

    def widths(self, columns: dict[str, float]) -> None:
        """Set column widths, in characters."""
        for span, width in columns.items():
            self.worksheet.set_column(
                span if ":" in span else f"{span}:{span}", width, self.book.style("plain")
            )

    def printed(self, area: str, *, repeat: int | None = None, tall: int = 0, says: str = "") -> None:
        """Landscape, one page wide, the header rows repeated; the footer `says` what the area leaves out."""
        self.worksheet.set_landscape()
        self.worksheet.set_paper(9)
        self.worksheet.set_margins(0.5, 0.5, 0.6, 0.6)
        self.worksheet.fit_to_pages(1, tall)
        self.worksheet.print_area(area)
        self.worksheet.set_footer(f"&L&8Retention Check&C&8&A{says}&R&8&P / &N")
        if repeat is not None:
            self.worksheet.repeat_rows(repeat - 1)

    def show_fractions(self, cells: str) -> None:
        """Show the decimals of counts that are not whole; a format with optional ones leaves 100 as `100.`"""
        first = cells.partition(":")[0]
        decimals = self.book.workbook.add_format({"num_format": "#,##0.0###"})
        rule = {"type": "formula", "criteria": f"={first}<>INT({first})", "format": decimals}
        self.worksheet.conditional_format(cells, rule)

    def check(self, cells: str, **rule: Any) -> None:
        """Validate what is typed into cells."""
        self.worksheet.data_validation(cells, {"ignore_blank": True, **rule})
