"""The sheet Start here: what the workbook answers, where to type, what retention means."""

from __future__ import annotations

from addin.catalogue import Function
from addin.examples import examples
from addin.formula_text import evaluate
from addin.functions import FUNCTIONS
from addin.look import ACCENT, GREY
from retention_core import __version__
from retention_core.rates import churn_rate, retention_rate
from templates.names import NAMES
from templates.pareto import PRINTED
from templates.pen import Book, Page

NAME = "Start here"
EXAMPLE = (100, 110, 20)
NEEDS = {
    "plain": "Any Excel since 2016, LibreOffice and other spreadsheets: nothing but ordinary formulas.",
    "lambda": "Microsoft 365, Excel 2024 or Excel on the web. Older Excel and LibreOffice show #NAME? "
    "when they recalculate: take retention-check.xlsx there.",
}
WITHOUT_LAMBDA = (
    "This program does not know LAMBDA, so nothing here computes: open retention-check.xlsx, which has the "
    "same sheets."
)
QUESTIONS = (
    ("Your periods", "How many customers do we keep, and how sure is that?"),
    ("Benchmark", "Is that normal for our industry?"),
    ("Pareto", "Which customers bring the value?"),
    ("Data", "Where do the published figures come from?"),
)
MEANINGS = (
    ("Retention",
     "The customers of the start who are still there at the end, divided by the customers of the start. "
     "New customers do not count: (end - new) / start."),
    ("Churn", "The rest: customers of the start who left. Retention and churn add up to 100 %."),
    ("At least, at most",
     "A rate over few customers is noise. The limits (Wilson interval) say what the true rate may "
     "be at the confidence you choose."),
    ("Per year",
     "A rate converted to a year, rate ^ (12 / months), as if every month lost the same share. Real churn "
     "slows with time, so a converted rate is usually too low."),
    ("New", "Everyone present at the end who was not there at the start, won-back customers included."),
    ("Same customer",
     "Capitals, outer blanks and the number or text form do not matter: 17850, \"17850\" and "
     "\"17850.0\" are one customer, Ann and ANN too."),
    ("Classes", "A: the customers up to 80 % of the value; B: up to 95 %; C: the rest."),
)  # fmt: skip


def write(book: Book) -> Page:
    """Write the sheet."""
    page = book.sheet(NAME, tab=ACCENT)
    page.widths({"A": 3, "B": 22, "C:F": 17, "G": 40})
    page.worksheet.set_row(0, 38)
    page.across("B1:G1", "Retention Check", "title")
    page.across(
        "B2:G2", "Three questions about your customers, answered from numbers you already have.", "lead"
    )
    for row in (4, 10, 14, 19, 21 + len(MEANINGS)):
        page.worksheet.set_row(row - 1, 26)
    if not page.plain:
        page.formula_across("B3:G3", f'=IF(ISERROR(F12),"{WITHOUT_LAMBDA}","")', "", "alert")
    _write_questions(page)
    _write_example(page)
    _write_legend(page)
    _write_notes(page, book, _write_meanings(page))
    page.worksheet.set_selection("C12")
    return page


def _write_questions(page: Page) -> None:
    page.across("B4:G4", "What it answers", "section")
    for row, (sheet, question) in enumerate(QUESTIONS, start=5):
        page.worksheet.write_url(f"B{row}", f"internal:'{sheet}'!A1", page.book.style("link"), sheet)
        page.across(f"C{row}:G{row}", question, "cell")


def _write_example(page: Page) -> None:
    page.across("B10:G10", "Try it: a worked example", "section")
    for column, text in zip(
        "BCDEFG", ("", "At start", "At end", "of these new", "Retention", "In words"), strict=True
    ):
        page.put(f"{column}11", text, "head")
    start, end, new = EXAMPLE
    page.put("B12", "Change the numbers", "cell")
    for column, count in zip("CDE", EXAMPLE, strict=True):
        page.put(f"{column}12", count, "input_whole")
    rate = retention_rate(start, end, new)
    call = (
        "RETENTION(C12,D12,E12)"
        if not page.plain
        else 'IF(AND(C12>0,D12-E12>=0,D12-E12<=C12),(D12-E12)/C12,"check")'
    )
    page.formula("F12", f"={call}", rate, "rate_strong")
    page.formula(
        "G12",
        '=IF(ISNUMBER(F12),D12-E12&" of "&C12&" stayed; "&C12-(D12-E12)&" left, a churn of '
        '"&FIXED((1-F12)*100,1,TRUE)&" %.",'
        '"Start above zero; end less new from zero to start.")',
        f"{end - new} of {start} stayed; {start - (end - new)} left, a churn of "
        f"{churn_rate(start, end, new) * 100:.1f} %.",
        "cell_wrap",
    )
    page.check(
        "C12:E12",
        validate="decimal",
        criteria=">=",
        value=0,
        error_title="Number of customers",
        error_message="Type a number of customers, zero or more.",
    )


def _write_legend(page: Page) -> None:
    page.across("B14:G14", "Where to type", "section")
    page.put("B15", "yellow", "input_legend")
    page.across("C15:G15", "Yours: type or paste here. The example figures may be overwritten.", "cell")
    page.put("B16", "90.0 %", "rate_strong")
    page.across(
        "C16:G16", "Computed. Locked against slips, without a password: Review, Unprotect Sheet.", "cell"
    )
    page.put("B17", "a red sentence", "message")
    page.across("C17:G17", "Something cannot be right; the sentence says what to do.", "cell")


def _write_meanings(page: Page) -> int:
    page.across("B19:G19", "What the numbers mean", "section")
    for row, (term, meaning) in enumerate(MEANINGS, start=20):
        page.put(f"B{row}", term, "cell_label")
        page.across(f"C{row}:G{row}", meaning, "cell_wrap")
        page.worksheet.set_row(row - 1, 32 if len(meaning) > 125 else 20)
    return 20 + len(MEANINGS)


def _write_notes(page: Page, book: Book, row: int) -> None:
    page.across(f"B{row + 1}:G{row + 1}", "Good to know", "section")
    notes = (
        ("Needs", NEEDS[book.dialect]),
        ("Privacy", "Everything stays in this file: no macros, no links, no connection to anything."),
        (
            "Room",
            f"24 periods; {book.capacity:,} pasted rows. What does not fit is said on the sheet, never "
            "dropped unseen.",
        ),
        ("Ties", "Customers of equal value stand in the order your spreadsheet sorts text, numbers first."),
        (
            "Printing",
            f"Pareto prints its first {PRINTED} rows, chart included; for more, set Page Layout, Print Area.",
        ),
        ("Hidden sheets", "Calc holds the steps behind the charts: right-click a tab, Unhide."),
        ("Version", f"{__version__}, MIT licence"),
    )
    for place, (term, text) in enumerate(notes, start=row + 2):
        page.put(f"B{place}", term, "cell_label")
        page.across(f"C{place}:G{place}", text, "cell_wrap")
        page.worksheet.set_row(place - 1, 32 if len(text) > 125 else 20)
    page.printed(f"A1:G{row + 1 + len(notes)}", repeat=1, tall=1)


def write_functions(book: Book) -> Page | None:
    """Write the sheet Functions of the LAMBDA dialect: every name, what it answers, a live example."""
    if book.dialect != "lambda":
        return None
    page = book.sheet("Functions", tab=GREY)
    page.widths({"A": 66, "B": 62, "C": 50, "D": 16})
    page.worksheet.set_row(0, 30)
    page.put("A1", "Functions you can use in any cell", "title")
    page.put(
        "A2",
        "Copy the sheet Data into your own workbook: the functions come along, with the figures they read.",
        "label",
    )
    for column, text in zip("ABCD", ("Function", "What it answers", "Example", "Result"), strict=True):
        page.put(f"{column}4", text, "head_left")
    for row, each in enumerate(NAMES, start=5):
        page.put(f"A{row}", each.signature, "cell_wrap")
        page.put(f"B{row}", each.summary, "cell_wrap")
        page.put(f"C{row}", "", "cell_wrap")
        page.put(f"D{row}", "", "result")
        if each.name in FUNCTIONS:
            _write_call(page, row, FUNCTIONS[each.name])
            page.worksheet.set_row(row - 1, 32)
    page.worksheet.freeze_panes(4, 1)
    page.printed(f"A1:D{4 + len(FUNCTIONS)}", repeat=4)
    page.worksheet.set_selection("A5")
    return page


def _write_call(page: Page, row: int, function: Function) -> None:
    """Write the first example that needs no cells, every argument given, with what it must show."""
    example = next(iter(examples(function)), None)
    given = 0 if example is None else example.formula.count(",") + 1
    if example is None or example.sheet or function.returns.shape == "table":
        return
    missing = [
        f'"{a.default}"' if isinstance(a.default, str) else f"{a.default}" for a in function.arguments[given:]
    ]
    call = f"{example.formula[:-1]}{''.join(f',{text}' for text in missing)})"
    page.put(f"C{row}", call, "cell_wrap")
    page.formula(f"D{row}", call, evaluate(call, FUNCTIONS), "result")
