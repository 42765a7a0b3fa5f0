"""The sheet Data: the published yearly retention figures that the sheet Benchmark reads."""

from __future__ import annotations

from xlsxwriter.utility import xl_rowcol_to_cell

from addin.look import GREY
from addin.native import published
from retention_core.benchmarks import Benchmark, load_benchmarks
from templates.pen import Book, Page

NAME = "Data"
FIRST = 5
COLUMNS = (
    ("industry", "Industry", 30),
    ("value", "Yearly retention", 11),
    ("statistic", "Statistic", 10),
    ("year", "Year", 8),
    ("confidence", "Confidence", 11),
    ("sub_segment", "Segment", 26),
    ("region", "Region", 26),
    ("sample_note", "Sample", 34),
    ("definition_note", "Definition and notes", 60),
    ("source_name", "Source", 34),
    ("source_title", "Title", 44),
    ("source_url", "Address", 44),
    ("cautions", "Beware", 30),
)


def figures() -> tuple[Benchmark, ...]:
    """One headline figure an industry, in the order of the drop-down."""
    table = load_benchmarks()
    return tuple(table.find(industry) for industry in table.industries())


LAST = FIRST + len(figures()) - 1
BLOCK = published.Block(NAME, LAST + 4, LAST + 4 + len(load_benchmarks().rows) + 3)


def column(name: str) -> str:
    """The range of a column, for formulas on other sheets."""
    letter = "ABCDEFGHIJKLM"[[each for each, _, _ in COLUMNS].index(name)]
    return f"Data!${letter}${FIRST}:${letter}${LAST}"


def shown(figure: Benchmark, name: str) -> str | float:
    """What the sheet shows of a figure; a blank is an empty text."""
    if name == "cautions":
        return "".join(f"; beware that {caution}" for caution in figure.cautions)
    found = getattr(figure, name)
    return "" if found is None else found


def write(book: Book) -> Page:
    """Write the sheet."""
    page = book.sheet(NAME, tab=GREY)
    page.widths({letter: width for letter, (_, _, width) in zip("ABCDEFGHIJKLM", COLUMNS, strict=True)})
    page.worksheet.set_row(0, 30)
    page.put("A1", "Published yearly customer retention", "title")
    page.put(
        "A2",
        "Each figure with its year, sample, definition and source. High confidence: the original "
        "publisher's own page; "
        "medium: several independent pages agree; low: one secondary page. None of it says the method "
        "was good.",
        "label",
    )
    for letter, (_, head, _) in zip("ABCDEFGHIJKLM", COLUMNS, strict=True):
        page.put(f"{letter}{FIRST - 1}", head, "head_left")
    for row, figure in enumerate(figures(), start=FIRST):
        for letter, (name, _, _) in zip("ABCDEFGHIJKLM", COLUMNS, strict=True):
            style = "rate" if name == "value" else "cell_center" if name == "year" else "cell_wrap"
            page.put(f"{letter}{row}", shown(figure, name), style)
    if not page.plain:
        _write_block(page)
    page.worksheet.freeze_panes(FIRST - 1, 1)
    page.printed(f"A1:M{LAST}", repeat=FIRST - 1)
    page.worksheet.set_selection(f"A{FIRST}")
    return page


def _write_block(page: Page) -> None:
    """Write every published figure, which the LAMBDA names read."""
    tables = (
        (BLOCK.header, "Every published figure", [*published.COLUMNS, *published.HELPERS],
         published.figures()),
        (BLOCK.industries_header, "What there is of each industry", published.INDUSTRY_COLUMNS,
         published.industries()),
    )  # fmt: skip
    for top, title, heads, rows in tables:
        page.put(f"A{top - 1}", title, "section")
        for down, row in enumerate([heads, *rows]):
            for along, content in enumerate(row):
                page.put(xl_rowcol_to_cell(top - 1 + down, along), content, "cell" if down else "head_left")
