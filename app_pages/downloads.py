"""Figures as workbook and csv, charts as pictures. Text that looks like a formula stays text."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import streamlit as st
import xlsxwriter

from app_pages import wording
from app_pages.tables import Table
from retention_core.written_tables import defused

_FORMATS = {
    "percent": "0.0%",
    "count": "#,##0",
    "money": "#,##0.00",
    "number": "0.000",
    "chance": "0.0000",
    "date": "yyyy-mm-dd",
}
_MOST_ROWS = 1_048_575
_ROWS_IN_MEMORY = 20_000
_LONGEST_TEXT = 32_767
SUMMARY = "Summary"
_LINE = 110
_MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "png": "image/png",
    "svg": "image/svg+xml",
}


class Picture(NamedTuple):
    """A chart as made for the page, and what it shows."""

    chart: alt.TopLevelMixin
    title: str


def offer(
    name: str, tables: Sequence[Table], definition: Mapping[str, str], picture: Picture | None = None
) -> None:
    """Buttons for the tables as one workbook, the list among them as csv, and the chart as a picture.

    A first table called "Summary" gets a csv file of its own.

    Parameters
    ----------
    name
        Of the files, without ending.
    tables
        One sheet each.
    definition
        What the figures mean, for the workbook's own sheet.
    picture
        The chart of these figures, if it is not offered apart.
    """
    summed, listed = tables[0], next((table for table in tables if table.title != SUMMARY), tables[0])
    makers: dict[str, tuple[str, Callable[[], bytes]]] = {
        f"{name}.xlsx": ("Figures (xlsx)", lambda: workbook(tables, definition)),
        f"{name}.csv": ("Figures (csv)", lambda: safe_csv(listed.frame)),
    }
    if summed is not listed:
        makers[f"{name}-summary.csv"] = ("Summary (csv)", lambda: safe_csv(summed.frame))
    _buttons(makers | (_pictures(name, picture, definition) if picture else {}))


def offer_picture(name: str, picture: Picture, definition: Mapping[str, str]) -> None:
    """Buttons for the chart alone."""
    _buttons(_pictures(name, picture, definition))


def _pictures(
    name: str, picture: Picture, definition: Mapping[str, str]
) -> dict[str, tuple[str, Callable[[], bytes]]]:
    return {
        f"{name}.png": ("Chart (PNG)", lambda: draw(picture, "png", definition)),
        f"{name}.svg": ("Chart (SVG)", lambda: draw(picture, "svg", definition)),
    }


def _buttons(makers: Mapping[str, tuple[str, Callable[[], bytes]]]) -> None:
    with st.container(horizontal=True):
        for file_name, (label, make) in makers.items():
            st.download_button(
                label,
                make,
                file_name=file_name,
                mime=_MEDIA[file_name.rpartition(".")[2]],
                key=f"download {file_name}",
                icon=":material/download:",
                on_click="ignore",
            )


def safe_csv(frame: pd.DataFrame) -> bytes:
    """A frame as csv in UTF-8 that spreadsheets open as it is meant.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers.

    Examples
    --------
    >>> safe_csv(pd.DataFrame({"customer": ["=1+1"], "value": [-3.5]})).decode("utf-8-sig").split()
    ['customer,value', "'=1+1,-3.5"]
    """
    quiet = frame.rename(columns=defused).map(defused)
    return quiet.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\r\n").encode("utf-8-sig")


def workbook(tables: Sequence[Table], definition: Mapping[str, str]) -> bytes:
    """Tables as sheets of one workbook, with a last sheet that says what the figures mean."""
    file = io.BytesIO()
    large = max(len(table.frame) for table in tables) > _ROWS_IN_MEMORY
    options = {"constant_memory": large, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        for table in tables:
            _write_table(book.add_worksheet(table.title[:31]), table, header, formats)
        _write_definition(book.add_worksheet("Definition"), _with_cuts(definition, tables), header, book)
    return file.getvalue()


def _write_table(sheet: Any, table: Table, header: Any, formats: Mapping[str, Any]) -> None:
    frame = table.frame.head(_MOST_ROWS)
    for place, name in enumerate(frame.columns):
        sheet.set_column(place, place, _width(name, frame))
    for place, name in enumerate(frame.columns):
        sheet.write_string(0, place, str(name), header)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    styles = [formats.get(table.kinds.get(name, "")) for name in frame.columns]
    for row, cells in enumerate(frame.itertuples(index=False, name=None), 1):
        for place, cell in enumerate(cells):
            _write_cell(sheet, row, place, cell, styles[place])


def _write_cell(sheet: Any, row: int, place: int, cell: Any, style: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, cell[:_LONGEST_TEXT])
    elif isinstance(cell, pd.Timestamp):
        sheet.write_datetime(row, place, cell.to_pydatetime(), style)
    elif cell is not None and not pd.isna(cell) and math.isfinite(cell):
        sheet.write_number(row, place, cell, style)


def _width(name: str, frame: pd.DataFrame) -> int:
    longest = max([len(str(cell)) for cell in frame[name].head(200)], default=0)
    return max(10, min(44, max(len(str(name)) + 2, longest if frame[name].dtype == object else 12)))


def _with_cuts(definition: Mapping[str, str], tables: Sequence[Table]) -> dict[str, str]:
    cut = [table.title for table in tables if len(table.frame) > _MOST_ROWS]
    note = (
        {"Cut": f"A sheet ends after {_MOST_ROWS:,} rows: {', '.join(cut)}; the csv has all."} if cut else {}
    )
    return {**definition, **note}


def _write_definition(sheet: Any, definition: Mapping[str, str], header: Any, book: Any) -> None:
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, "What", header)
    sheet.write_string(0, 1, "Meaning", header)
    for row, (what, meaning) in enumerate(definition.items(), 1):
        sheet.write_string(row, 0, what, wrapped)
        sheet.write_string(row, 1, meaning[:_LONGEST_TEXT], wrapped)


def draw(picture: Picture, ending: str, definition: Mapping[str, str]) -> bytes:
    """A chart as PNG or SVG on white, titled with what it shows and of which log; made without network."""
    label = wording.plain_line(definition.get("Log", ""), 400)
    title = alt.TitleParams(
        textwrap.wrap(wording.plain_line(picture.title, 200), 90),
        subtitle=textwrap.wrap(label, _LINE),
        anchor="start",
        fontSize=15,
        subtitleFontSize=12,
        offset=12,
    )
    titled = picture.chart.properties(width=760, title=title).configure(
        background="white", padding=16, font="sans-serif"
    )
    if ending == "svg":
        text = io.StringIO()
        titled.save(text, format="svg")
        return text.getvalue().encode()
    image = io.BytesIO()
    titled.save(image, format="png", scale_factor=2)
    return image.getvalue()
