"""Every formula of the workbook, recalculated by programs that share no code with the core."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import templates
from retention_core.benchmarks import load_benchmarks
from templates.inputs import EXAMPLE, Cell, Inputs, PeriodRow
from templates.pen import CAPACITY
from templates.workbook import FILES, write

DIALECTS = ("plain", "lambda")
SHIPPED = Path(templates.__file__).with_name(FILES["plain"])  # the example in full size
HOSTILE = Inputs(
    periods=(
        PeriodRow("fine", 100, 110, 20),
        PeriodRow("nobody", 0, 1, 1),
        PeriodRow("negative", -5, 1, 1),
        PeriodRow("more new than end", 100, 10, 20),
        PeriodRow("kept above start", 100, 150, 20),
        PeriodRow("text", 100, "many", 20),
        PeriodRow("number as text", "100", 110, 20),
        PeriodRow("blank end", 100, None, 20),
        PeriodRow("negative new", 100, 110, -1),
        PeriodRow(),
        PeriodRow("label only"),
        PeriodRow("all stay", 50, 50, 0),
        PeriodRow("all leave", 50, 7, 7),
        PeriodRow("one in a million", 1_000_000, 1, 0),
        PeriodRow("=1+1", 12.5, 12.25, 0.5),
        PeriodRow(2024, 3, 2, 0),
        PeriodRow(None, 99, 97, 1),
        PeriodRow("rounding", 100.3, 60.1 + 40.2, 0),
    ),
    months=1,
    confidence=0.8,
    industry=" nonprofit ",
    sales=(
        ("b ", 50), ("Ann", 10), ("\u00a0Cy\t", 100), (" ANN", 5), ("17850.0", 20), (17850, 5.5), ("7", 3),
        (None, 8), ("zed", "x"), ("a*", 4.25), ("a?", 4.5), ("a~", 4.75), ("axx", 7.5), ("Ann  Lee ", 3.125),
        ("😀 ", 1), ("É", 2.25), ("é", 2), ("\u200bzero width", 9), ("10", 3), ("9", 3), (" ", None),
        ("only refund", -6), ("Zero", 0), ("=HYPERLINK(\"x\")", 2.5), ("+1", 2.125), ("-12", 3),
        ("@cmd", 1.5), ("b", -10), ("12.50", 11), ("1.000", 12), ("TRUE", 13), ("x.0", 14), (None, None),
        ("tail  end", 15),
    ),
)  # fmt: skip


# sums of cents differ in their last binary digits: 12.1 + 12.9 is not 25
CENTS = (0.1, 0.2, 0.3, 0.7, 0.8, 4.99, 9.99, 12.1, 12.9, 25.0)
TIES = (
    (("Ann", 0.1), ("Ann", 0.2), ("Bo", 0.3), ("Cy", 0.3), ("Di", 0.3)),
    (("Zoe", 0.1), ("Zoe", 0.2), ("Bo", 0.3), ("Cy", 0.3)),
    (("Ann", 12.1), ("Ann", 12.9), ("Bo", 25.0), ("Cy", 25.0), ("Dee", 0.1), ("Dee", 0.7), ("Ed", 0.8),
     ("Flo", 0.8)),
)  # fmt: skip


def _random_cents(seed: int) -> tuple[tuple[Cell, Cell], ...]:
    draw = random.Random(seed)
    return tuple(
        (f"C{draw.randrange(60)}", draw.choice([*CENTS, draw.randrange(900) / 100])) for _ in range(150)
    )


MANY_CENTS = (*TIES, _random_cents(4))


def _with_error_cell(path: Path, cell: str) -> Path:
    """A copy in which a cell of the sheet Pareto holds #N/A."""
    planted = path.with_name(f"{path.stem}-{cell}.xlsx")
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(planted, "w") as copy:
        for name in book.namelist():
            content = book.read(name).decode()
            if name == "xl/worksheets/sheet4.xml":
                error = rf'<c r="{cell}"\1 t="e"><v>#N/A</v></c>'
                content, found = re.subn(
                    rf'<c r="{cell}"( s="\d+")(?: t="s")?><v>[^<]*</v></c>', error, content
                )
                assert found == 1
            copy.writestr(name, content)
    return planted


def _random_inputs(seed: int) -> Inputs:
    draw = random.Random(seed)
    periods = []
    for _ in range(draw.randrange(25)):
        start = draw.choice([0, draw.randrange(1, 10 ** draw.randrange(1, 7)), draw.randrange(1, 50)])
        new = draw.randrange(0, 40)
        periods.append(PeriodRow(f"p{draw.randrange(99)}", start, draw.randrange(0, start + 40) + new, new))
    people: list[Cell] = [f"{draw.choice('abcXYZ')}{n}" for n in range(40)]
    people += [str(n) for n in range(8)] + [float(n) for n in range(12)] + [" a1", "A1 ", None, ""]
    amounts: list[Cell] = [None, "ten", -3.5, 0, *(n / 4 for n in range(0, 4000, 7)), *CENTS]
    sales = tuple((draw.choice(people), draw.choice(amounts)) for _ in range(draw.randrange(1, 60)))
    typed = draw.choice([None, None, draw.randrange(0, 1001) / 1000, 1.5, "x"])
    return Inputs(
        periods=tuple(periods),
        months=draw.choice([1, 3, 6, 12, 12, 0, "x"]),
        confidence=draw.choice([0.95, 0.9, 0.5, 0.999, 1, None]),
        industry=draw.choice([*load_benchmarks().industries(), "Ret*", None]),
        own_rate=typed,
        own_customers=draw.choice([None, 40, 1234, 0, "y"]),
        sales=sales,
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("inputs", [EXAMPLE, HOSTILE, Inputs()], ids=["example", "hostile", "empty"])
def test_two_engines_compute_what_the_core_computes(tmp_path, dialect, inputs, engine, compare):
    assert compare(write(tmp_path / "book.xlsx", dialect, inputs, capacity=60), engine) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("seed", range(4))
def test_two_engines_agree_with_the_core_on_random_inputs(tmp_path, dialect, seed, engine, compare):
    path = write(tmp_path / "book.xlsx", dialect, _random_inputs(seed), capacity=60)
    assert compare(path, engine) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sales", MANY_CENTS)
def test_sums_of_cents_that_differ_by_rounding_are_ties(tmp_path, dialect, sales, engine, compare):
    path = write(tmp_path / "book.xlsx", dialect, Inputs(sales=sales), capacity=len(sales) + 10)
    assert compare(path, engine) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("cell", ["A10", "B10"])
def test_a_row_with_an_error_cell_is_left_out_and_said(tmp_path, dialect, cell, engine):
    inputs = Inputs(sales=(("Ann", 5), ("Bo", 7), ("Cy", 8)))
    read = engine(_with_error_cell(write(tmp_path / "book.xlsx", dialect, inputs, capacity=20), cell))
    assert [read("Pareto", 6, column) for column in (4, 5)] == [2, 13]
    assert [read("Pareto", row, 4) for row in (9, 10)] == ["Cy", "Ann"]
    assert str(read("Pareto", 3, 1)).startswith("Left out: 1 row(s)")


def test_ten_thousand_pasted_rows_are_computed_by_the_lambda_names(tmp_path, quick_engine, compare):
    draw = random.Random(7)
    sales = tuple((f"Customer {draw.randrange(900)}", draw.randrange(-50, 4000) / 4) for _ in range(10_000))
    assert compare(write(tmp_path / "book.xlsx", "lambda", Inputs(sales=sales)), quick_engine) == []


def test_refunds_that_outweigh_the_sales_are_said(tmp_path, quick_engine, compare, cells_of):
    inputs = Inputs(sales=(("Ann", 5), ("Bo", -7)))
    for dialect in DIALECTS:
        path = write(tmp_path / f"{dialect}.xlsx", dialect, inputs, capacity=20)
        assert compare(path, quick_engine) == []
        said = next(
            cell.value for cell in cells_of(path) if (cell.sheet, cell.row, cell.column) == ("Pareto", 2, 1)
        )
        assert "must add up to more than zero" in said


def test_rows_beyond_the_capacity_are_said(tmp_path, quick_engine):
    inputs = Inputs(sales=tuple((f"c{n}", 1) for n in range(25)))
    path = write(tmp_path / "book.xlsx", "lambda", inputs, capacity=20)
    assert quick_engine(path)("Pareto", 3, 1) == (
        "Only the first 20 rows are counted: what stands below row 28 is left out. "
    )


def _full_sheet() -> Inputs:
    """So many pasted rows that every row of the plain dialect is taken."""
    draw, rows = random.Random(8), range(CAPACITY["plain"])
    return Inputs(
        sales=tuple((f"Customer {draw.randrange(5_000)}", draw.randrange(1, 4000) / 4) for _ in rows)
    )


# by name: what stands in the workbook, and how many rows may be pasted into it
OFFICE: dict[str, tuple[Inputs, int | None]] = {
    "full": (_full_sheet(), None),
    "hostile": (HOSTILE, 60),
    "empty": (Inputs(), 60),
    **{f"random-{seed}": (_random_inputs(seed), 60) for seed in range(100, 104)},
    **{f"cents-{place}": (Inputs(sales=sales), len(sales) + 10) for place, sales in enumerate(MANY_CENTS)},
}  # fmt: skip
FEW = Inputs(sales=(("Ann", 5), ("Bo", 7), ("Cy", 8)))


class Office(NamedTuple):
    """Workbooks by name, and LibreOffice, which has recalculated them all."""

    books: dict[str, Path]
    read: Callable[[Path], Callable[[str, int, int], object]]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, libreoffice) -> Office:
    """One start of LibreOffice for all, as each takes seconds."""
    folder = tmp_path_factory.mktemp("office")
    books = {
        name: write(folder / f"{name}.xlsx", "plain", inputs, capacity)
        for name, (inputs, capacity) in OFFICE.items()
    }
    books["example"] = SHIPPED
    few = write(folder / "few.xlsx", "plain", FEW, capacity=20)
    books |= {cell: _with_error_cell(few, cell) for cell in ("A10", "B10")}
    books["planted"] = _with_wrong_value(write(folder / "right.xlsx", "plain", EXAMPLE, capacity=60))
    return Office(books, libreoffice(list(books.values()), folder / "recalculated"))


@pytest.mark.host
@pytest.mark.parametrize("name", ["example", *OFFICE])
def test_libreoffice_computes_what_the_core_computes(name, office, compare):
    assert compare(office.books[name], office.read) == []


@pytest.mark.host
@pytest.mark.parametrize("cell", ["A10", "B10"])
def test_libreoffice_leaves_out_a_row_with_an_error_cell(cell, office):
    read = office.read(office.books[cell])
    assert [read("Pareto", row, 4) for row in (6, 9, 10)] == [2, "Cy", "Ann"]


@pytest.mark.host
def test_libreoffice_really_recalculates(office, compare):
    wrong = compare(office.books["planted"], office.read)
    assert [(cell.sheet, cell.row, cell.column, cell.value, got) for cell, got in wrong] == [
        ("Start here", 12, 6, 0.123, 0.9)
    ]


def _with_wrong_value(path: Path) -> Path:
    """A copy whose worked example is cached as 0.123 instead of 0.9."""
    planted = path.with_name("planted.xlsx")
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(planted, "w") as copy:
        for name in book.namelist():
            content = book.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert content.count(b"<v>0.9</v>") == 1
                content = content.replace(b"<v>0.9</v>", b"<v>0.123</v>")
            copy.writestr(name, content)
    return planted
