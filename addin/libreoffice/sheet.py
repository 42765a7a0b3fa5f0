"""retention.ods: every function at work on one sheet, which explains itself where the extension is missing.

Each cell carries the value it must show. Where the functions are unknown Calc leaves the saved values or
shows #NAME?; the sentence at the top then stays, since its formula calls a function itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from addin.archive import packed
from addin.catalogue import Function
from addin.cells import Cell
from addin.examples import Example, examples
from addin.formula_text import column_letter, evaluate
from addin.look import (
    ACCENT,
    ACCENT_PALE,
    ALERT,
    CODE_FONT,
    FONT,
    GREY,
    INK,
    LINE,
    PAPER,
)

FILE = "retention.ods"
SHEET, DATA = "Retention", "Data"
MISSING = (
    "The functions are missing here; the results below are saved ones. Install retention.oxt (Tools, "
    "Extension Manager, Add), restart LibreOffice, open this file again and press Ctrl+Shift+F9: this text "
    "goes."
)
_TITLE = "Retention functions in LibreOffice Calc"
_LEAD = (
    "Every function with an example that computes, and what it must show. Change a formula or a figure on "
    "the sheet Data to try it; Ctrl+F2 shows every argument. A call that makes no sense is answered with one "
    "sentence."
)
_HEADS = ("Function", "What it answers", "Example", "Result", "Must show")
_WIDTHS, _DATA_WIDTH = ("6.9cm", "8.4cm", "7.4cm", "2.4cm", "2.4cm"), "3.4cm"
_HEAD_ROW = 4
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = {
    "office": "office", "style": "style", "text": "text", "table": "table", "fo": "xsl-fo-compatible",
    "number": "datastyle", "config": "config", "meta": "meta",
}  # fmt: skip
_NAMESPACES = "".join(f' xmlns:{short}="{_OASIS}{name}:1.0"' for short, name in _SPACES.items()) + (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'
)
_LEFT = {"text-align": "start", "margin-left": "0.15cm"}
_MARK = {"color": ACCENT, "font-weight": "bold"}
_UNDER = f"0.5pt solid {LINE}"
# style -> properties of its text, paragraph and cell, and its number format
_STYLES: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str], str]] = {
    "title": ({**_MARK, "font-size": "18pt"}, {}, {}, ""),
    "banner": ({"color": ALERT, "font-weight": "bold"}, {}, {}, ""),
    "lead": ({"color": GREY}, {}, {}, ""),
    "head": ({"color": PAPER, "font-weight": "bold"}, _LEFT, {"background-color": ACCENT}, ""),
    "name": (_MARK, _LEFT, {"border-bottom": _UNDER}, ""),
    "text": ({}, _LEFT, {"border-bottom": _UNDER}, ""),
    "typed": ({"font-family": CODE_FONT, "font-size": "9pt"}, _LEFT, {"border-bottom": _UNDER}, ""),
    "result": (_MARK, _LEFT, {"border-bottom": _UNDER, "background-color": ACCENT_PALE}, "figure"),
    "expected": ({"color": GREY}, _LEFT, {"border-bottom": _UNDER}, "figure"),
    "day": ({}, _LEFT, {"border-bottom": _UNDER}, "day"),
}


@dataclass(slots=True)
class _Columns:
    """The columns of the examples as they stand on the sheet of data, the same column in one place only."""

    places: dict[tuple[str, tuple[Cell, ...]], int] = field(default_factory=dict)

    def letter(self, head: str, cells: tuple[Cell, ...]) -> str:
        return column_letter(self.places.setdefault((head, cells), len(self.places)))


class _Line(NamedTuple):
    """A function's example as a person types it, as a file keeps it, and what it must show."""

    function: Function
    typed: str
    stored: str
    expected: Cell


def sheet_files(functions: Iterable[Function], service: str) -> dict[str, bytes]:
    """The document by its file name, the same bytes each time.

    Parameters
    ----------
    functions
        From the catalogue.
    service
        The extension's service: a formula in a file calls the functions by its name and theirs.
    """
    content = _content(list(functions), f"{service.upper()}.")
    parts = {
        "mimetype": _TYPE,
        "content.xml": content,
        "styles.xml": _page_styles(),
        "settings.xml": _settings(),
        "meta.xml": _part("document-meta", f"<office:meta><dc:title>{_TITLE}</dc:title></office:meta>"),
    }
    parts["META-INF/manifest.xml"] = _manifest(list(parts)[1:])
    return {FILE: packed({name: text.encode() for name, text in parts.items()}, compressed=False)}


def _content(functions: Sequence[Function], prefix: str) -> str:
    columns = _Columns()
    lines = [_line(function, found, columns, prefix) for function, found in _first_examples(functions)]
    rows = "".join(map(_function_row, lines))
    printed = f"{SHEET}.A1:{SHEET}.E{_HEAD_ROW + len(lines)}"
    sheet = _table(SHEET, _WIDTHS, _top(lines) + rows, printed)
    styles = f"<office:automatic-styles>{_cell_styles()}{_column_styles(_WIDTHS)}</office:automatic-styles>"
    tables = sheet + _data_sheet(columns)
    return _part(
        "document-content",
        f"{styles}<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>",
    )


def _first_examples(functions: Iterable[Function]) -> list[tuple[Function, Example]]:
    """Every function that has an example, with its first."""
    return [(function, found[0]) for function in functions if (found := examples(function))]


def _top(lines: Sequence[_Line]) -> str:
    """Title, banner, lead and heads; the banner goes where a call is answered."""
    call = lines[0].stored.removeprefix("=") if lines else "NA()"
    banner = f'of:=IF(ISERROR({call});"{MISSING}";"")'
    heads = "".join(_cell(head, "head") for head in _HEADS)
    return (
        _row(_cell(_TITLE, "title"), "high")
        + _row(_cell(MISSING, "banner", banner, across=len(_HEADS)), "wide")
        + _row(_cell(_LEAD, "lead", across=len(_HEADS)), "wide")
        + f"<table:table-header-rows>{_row(heads, 'line')}</table:table-header-rows>"
    )


def _line(function: Function, example: Example, columns: _Columns, prefix: str) -> _Line:
    answered = evaluate(example.formula, {function.name: function}, example.sheet)
    typed, expected = _one_figure(_placed(example, columns), answered)
    # a reference in a file stands in brackets, and a function bears the name of its extension
    stored = re.sub(rf"{DATA}\.(\w+):(\w+)", rf"[${DATA}.\1:.\2]", typed)
    named = stored.replace(f"{function.name}(", f"{prefix}{function.name}(", 1)
    return _Line(function, typed, named, expected)


def _function_row(line: _Line) -> str:
    return _row(
        _cell(line.function.signature.replace(",", ";"), "name")
        + _cell(line.function.summary, "text")
        + _cell(line.typed, "typed")
        + _cell(line.expected, "result", f"of:{line.stored}")
        + _cell(line.expected, "expected")
    )


def _placed(example: Example, columns: _Columns) -> str:
    """The formula as typed in Calc, over the columns on the sheet of data."""
    letters = {}
    for place, (head, *cells) in enumerate(zip(*example.sheet, strict=True)):
        filled = tuple(cell for cell in cells if cell is not None)
        letters[column_letter(place)] = columns.letter(str(head), filled)

    def moved(found: re.Match[str]) -> str:
        letter = letters[found[1]]
        return f"{DATA}.{letter}{found[2]}:{letter}{found[3]}"

    parts = re.split(r'("(?:[^"]|"")*")', example.formula)
    parts[::2] = [re.sub(r"\b([A-Z]+)(\d+):\1(\d+)\b", moved, part.replace(",", ";")) for part in parts[::2]]
    return "".join(parts)


def _one_figure(formula: str, answered: Any) -> tuple[str, Cell]:
    """The formula and its answer; of a table a share of its first row."""
    if not isinstance(answered, list):
        return formula, answered
    row = answered[1]
    place = next((at for at, cell in enumerate(row) if isinstance(cell, float) and 0 < cell < 1), 0)
    return f"=INDEX({formula[1:]};2;{place + 1})", row[place]


def _data_sheet(columns: _Columns) -> str:
    heads = _row("".join(_cell(head, "head") for head, _ in columns.places), "line")
    height = max((len(cells) for _, cells in columns.places), default=0)
    padded = [(*cells, *[None] * (height - len(cells))) for _, cells in columns.places]
    rows = "".join(_row("".join(_cell(cell, "text") for cell in line)) for line in zip(*padded, strict=True))
    return _table(DATA, (_DATA_WIDTH,) * len(padded), heads + rows)


def _table(name: str, widths: Sequence[str], rows: str, printed: str = "") -> str:
    columns = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in widths)
    area = f' table:print-ranges="{printed}"' if printed else ""
    return f'<table:table table:name="{name}" table:style-name="sheet"{area}>{columns}{rows}</table:table>'


def _row(cells: str, style: str = "fit") -> str:
    return f'<table:table-row table:style-name="{style}">{cells}</table:table-row>'


def _cell(content: Cell, style: str, formula: str = "", across: int = 1) -> str:
    if content is None:
        return "<table:table-cell/>"
    attributes = f' table:style-name="{"day" if isinstance(content, date) else style}"'
    if formula:
        attributes += f" table:formula={quoteattr(formula)}"
    if across > 1:
        attributes += f' table:number-columns-spanned="{across}" table:number-rows-spanned="1"'
    attributes += f' office:value-type="{_kind(content)}"'
    if isinstance(content, str):
        # without the attribute Calc shows 0 for a saved text whose formula it does not work out
        attributes += f" office:string-value={quoteattr(content)}" if formula else ""
        inside = f"<text:p>{escape(content)}</text:p>"
    else:
        name = "date-value" if isinstance(content, date) else "value"
        inside, attributes = "", f'{attributes} office:{name}="{content}"'
    covered = "<table:covered-table-cell/>" * (across - 1)
    return f"<table:table-cell{attributes}>{inside}</table:table-cell>{covered}"


def _kind(content: Cell) -> str:
    return "string" if isinstance(content, str) else "date" if isinstance(content, date) else "float"


def _cell_styles() -> str:
    figure = (
        '<number:number-style style:name="figure"><number:number number:min-integer-digits="1" '
        'number:decimal-places="4" number:min-decimal-places="4"/></number:number-style>'
    )
    day = (
        '<number:date-style style:name="day-number"><number:year number:style="long"/><number:text>-'
        '</number:text><number:month number:style="long"/><number:text>-</number:text><number:day '
        'number:style="long"/></number:date-style>'
    )
    return figure + day + "".join(_cell_style(name) for name in _STYLES)


def _cell_style(name: str) -> str:
    text, paragraph, cell, number = _STYLES[name]
    font = {"font-family": FONT, "font-size": "10pt", "color": INK, **text}
    box = {"padding": "0.08cm", "wrap-option": "no-wrap" if name == "title" else "wrap", **cell}
    data = f' style:data-style-name="{"day-number" if number == "day" else number}"' if number else ""
    fixed = ' style:text-align-source="fix"' if paragraph else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell"{data}>'
        f'<style:table-cell-properties style:vertical-align="middle"{fixed}{_formatted(box)}/>'
        f"<style:paragraph-properties{_formatted(paragraph)}/><style:text-properties{_formatted(font)}/>"
        "</style:style>"
    )


def _formatted(properties: dict[str, str]) -> str:
    return "".join(f" fo:{name}={quoteattr(value)}" for name, value in properties.items())


def _column_styles(widths: Iterable[str]) -> str:
    columns = "".join(
        f'<style:style style:name="w{width}" style:family="table-column"><style:table-column-properties '
        f'style:column-width="{width}"/></style:style>'
        for width in sorted({*widths, _DATA_WIDTH})
    )
    heights = {"high": "1.1cm", "wide": "1.1cm", "line": "0.7cm", "fit": ""}
    rows = "".join(
        f'<style:style style:name="{name}" style:family="table-row"><style:table-row-properties '
        + (f'style:row-height="{height}"' if height else 'style:use-optimal-row-height="true"')
        + "/></style:style>"
        for name, height in heights.items()
    )
    sheet = (
        '<style:style style:name="sheet" style:family="table" style:master-page-name="Page">'
        '<style:table-properties table:display="true"/></style:style>'
    )
    return columns + rows + sheet


def _page_styles() -> str:
    """Landscape, one page across."""
    layout = (
        '<style:page-layout style:name="page"><style:page-layout-properties fo:page-width="29.7cm" '
        'fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.2cm" style:scale-to-X="1" '
        'style:scale-to-Y="0"/></style:page-layout>'
    )
    master = (
        '<style:master-page style:name="Page" style:page-layout-name="page">'
        '<style:header style:display="false"/><style:footer style:display="false"/></style:master-page>'
    )
    return _part(
        "document-styles",
        f"<office:automatic-styles>{layout}</office:automatic-styles>"
        f"<office:master-styles>{master}</office:master-styles>",
    )


def _settings() -> str:
    """No grid, and the heads stay in sight."""
    items = (
        ("ActiveTable", "string", SHEET),
        ("ShowGrid", "boolean", "false"),
    )
    frozen = (("VerticalSplitMode", "short", 2), ("VerticalSplitPosition", "int", _HEAD_ROW),
              ("ActiveSplitRange", "short", 2), ("PositionBottom", "int", _HEAD_ROW),
              ("ShowGrid", "boolean", "false"))  # fmt: skip

    def written(settings: Iterable[tuple[str, str, object]]) -> str:
        return "".join(
            f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
            for name, kind, value in settings
        )

    tables = (
        '<config:config-item-map-named config:name="Tables"><config:config-item-map-entry '
        f'config:name="{SHEET}">{written(frozen)}</config:config-item-map-entry></config:config-item-map-named>'
    )
    return _part(
        "document-settings",
        '<office:settings><config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        f"{written((('ViewId', 'string', 'view1'),))}{tables}{written(items)}"
        "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
        "</office:settings>",
    )


def _manifest(parts: Iterable[str]) -> str:
    entries = "".join(
        f' <manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>\n'
        for name, kind in [("/", _TYPE), *((name, "text/xml") for name in parts)]
    )
    return (
        f'{_XML}<manifest:manifest xmlns:manifest="{_OASIS}manifest:1.0" manifest:version="1.2">\n'
        f"{entries}</manifest:manifest>\n"
    )


def _part(kind: str, content: str) -> str:
    return f'{_XML}<office:{kind}{_NAMESPACES} office:version="1.2">{content}</office:{kind}>\n'
