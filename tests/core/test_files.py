"""Tables out of ordinary files: every format delivers the same cells, row numbers and notes."""

from __future__ import annotations

import datetime as dt
import gzip
import struct
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pytest
import xlsxwriter

from retention_core.errors import FileError
from retention_core.files import REPEAT, ROW, peek, read_table, sheet_names

ORDERS = [
    ["customer", "date", "amount"],
    ["Ann", "2024-01-05", "1.5"],
    ["Bob", "2024-01-06", "2"],
    ["Ann", "2024-02-01", "3.25"],
]
PLAIN = "customer,date,amount\nAnn,2024-01-05,1.5\nBob,2024-01-06,2\nAnn,2024-02-01,3.25\n"


def text_file(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(folder: Path, sheets: dict[str, list[list[Any]]], name: str = "orders.xlsx") -> Path:
    path = folder / name
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(table.frame[name].to_pylist() for name in table.columns), strict=True))


def test_a_csv_file_becomes_text_columns_with_row_numbers(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, PLAIN))
    assert table.columns == ("customer", "date", "amount")
    assert rows_of(table) == [tuple(row) for row in ORDERS[1:]]
    assert table.frame[ROW].to_pylist() == [2, 3, 4]
    assert (table.rows, table.set_aside, table.repeats) == (3, (), 0)
    assert table.notes == ("Read as UTF-8 text separated by commas.",)


@pytest.mark.parametrize(
    ("delimiter", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"), ("^", "carets")]
)
def test_any_usual_delimiter_is_found(tmp_path: Path, delimiter: str, word: str) -> None:
    table = read_table(text_file(tmp_path, PLAIN.replace(",", delimiter)))
    assert rows_of(table) == [tuple(row) for row in ORDERS[1:]]
    assert word in table.notes[0]


def test_decimal_commas_do_not_outvote_the_semicolon(tmp_path: Path) -> None:
    lines = ["Kunde;Betrag;Datum"] + [f"K{i};{i},50;0{1 + i % 9}.03.2024" for i in range(60)]
    table = read_table(text_file(tmp_path, "\n".join([*lines, "K61;7"])))
    assert table.columns == ("Kunde", "Betrag", "Datum")
    assert rows_of(table)[-1] == ("K61", "7", None)


def test_a_sep_line_names_the_delimiter(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, "sep=;\ncustomer;note;amount\nAnn;a,b,c;1\nBob;d,e,f;2\n"))
    assert table.columns == ("customer", "note", "amount")
    assert table.frame[ROW].to_pylist() == [3, 4]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_usual_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    text = "customer,city,amount\nJürgen,Köln,5\nZoë,Besançon,7\n"
    table = read_table(text_file(tmp_path, text.encode(encoding)))
    assert rows_of(table) == [("Jürgen", "Köln", "5"), ("Zoë", "Besançon", "7")]


def test_euro_signs_and_bytes_windows_does_not_define_are_kept(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, b"customer,amount\nAnn,\x80 5\nB\x81b,\x80 6\n"))
    assert rows_of(table) == [("Ann", "€ 5"), ("B\x81b", "€ 6")]
    assert "Windows-1252" in table.notes[0]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, ending: str, encoding: str) -> None:
    text = PLAIN.replace("Bob", "Zoë").replace("\n", ending)
    table = read_table(text_file(tmp_path, text.encode(encoding)))
    assert [row[0] for row in rows_of(table)] == ["Ann", "Zoë", "Ann"]


def test_line_breaks_and_delimiters_in_quotes_stay_in_their_cell(tmp_path: Path) -> None:
    text = 'customer,note,amount\n"Lee, Ann","two\nlines, ""quoted""",1\nBob,,2\n'
    table = read_table(text_file(tmp_path, text))
    assert rows_of(table) == [("Lee, Ann", 'two\nlines, "quoted"', "1"), ("Bob", None, "2")]
    assert table.frame[ROW].to_pylist() == [2, 3]


def test_a_quote_inside_a_cell_is_an_inch_sign(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, 'customer,item,amount\nAnn,5" pipe,1\nBob,"7"" pipe",2\n'))
    assert rows_of(table) == [("Ann", '5" pipe', "1"), ("Bob", '7" pipe', "2")]


def test_title_rows_above_the_header_are_skipped_and_said(tmp_path: Path) -> None:
    text = "Sales report 2024,,\nPrinted:,2024-03-01,\n,,\n" + PLAIN
    table = read_table(text_file(tmp_path, text))
    assert table.columns == ("customer", "date", "amount")
    assert table.frame[ROW].to_pylist() == [5, 6, 7]
    assert "Rows 1 to 3 above the header in row 4 skipped." in table.notes


def test_a_pair_of_title_cells_is_not_taken_for_the_header(tmp_path: Path) -> None:
    text = "Region,North\nFrom,2024-01-01\n" + PLAIN
    assert read_table(text_file(tmp_path, text)).columns == ("customer", "date", "amount")


def test_a_header_with_an_unnamed_column_still_beats_rows_of_text_below(tmp_path: Path) -> None:
    text = "customer,,amount,city\nAnn,x,1,Rome\nBob,y,2,Oslo\nCara,z,none,Bonn\nDan,y,4,Bern\nEve,y,5,Nice\n"
    table = read_table(text_file(tmp_path, text))
    assert table.columns == ("customer", "column 2", "amount", "city")
    assert table.rows == 5


def test_a_table_of_text_alone_has_its_header_in_its_first_row(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, "customer,country\nAnn,Italy\nBob,Norway\n"))
    assert (table.columns, table.rows) == (("customer", "country"), 2)


def test_known_names_stay_the_header_where_the_rows_below_them_hold_no_figures(tmp_path: Path) -> None:
    for rows in ("C0,eleven\nC1,12\n", "C0,n/a\nC1,none\nC2,8\nC3,9\n"):
        assert read_table(text_file(tmp_path, f"customer,score\n{rows}")).columns == ("customer", "score")
    for title in ("Shop,Berlin\n", "Sales,2024 figures\n", "Who,How much\n"):
        table = read_table(text_file(tmp_path, f"{title}customer,amount\nAnn,5\nBob,6\n"))
        assert table.columns == ("customer", "amount")


def test_a_single_column_is_a_table(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, "customer\nAnn\nBob\n"))
    assert rows_of(table) == [("Ann",), ("Bob",)]


def test_duplicate_headers_are_numbered_whatever_their_case(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, "Name,name,NAME (2),x\na,b,c,1\nd,e,f,2\n"))
    assert table.columns == ("Name", "name (2)", "NAME (2) (2)", "x")
    assert any("more than once" in note for note in table.notes)


def test_column_names_may_look_like_paths_or_sql(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, 'x.y[0],.a,"b ""c""",$\n1,2,p,x\n1,2,p,x\n'))
    assert (table.columns, table.repeats) == (("x.y[0]", ".a", 'b "c"', "$"), 1)


def test_unnamed_columns_without_content_are_left_out(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, "customer,,amount,\nAnn,,1,x\nBob,,2,\n"))
    assert table.columns == ("customer", "amount", "column 4")


def test_blank_rows_between_are_set_aside_and_at_the_end_are_none(tmp_path: Path) -> None:
    table = read_table(text_file(tmp_path, "customer,amount\nAnn,1\n\n , \nBob,2\n,\n\n"))
    assert table.set_aside == ((3, "blank row", ""), (4, "blank row", ""))
    assert table.frame[ROW].to_pylist() == [2, 5]
    assert table.rows == 4


def test_short_rows_are_filled_and_long_rows_set_aside(tmp_path: Path) -> None:
    table = read_table(
        text_file(
            tmp_path, "customer,date,amount\nAnn,2024-01-05\nBob,2024-01-06,1,234.50\nCy,2024-01-07,3,,\n"
        )
    )
    assert rows_of(table) == [("Ann", "2024-01-05", None), ("Cy", "2024-01-07", "3")]
    assert table.set_aside == ((3, "more cells than the header", "Bob,2024-01-06,1,234.50"),)
    assert table.rows == 3


def test_repeats_are_counted_over_every_column_also_those_left_out(tmp_path: Path) -> None:
    text = "customer,amount,note\nAnn,1,a\nAnn,1,b\nAnn,1,a\nBob,2,\nBob,2,\n"
    table = read_table(text_file(tmp_path, text), columns=["amount", "customer"])
    assert table.columns == ("customer", "amount")
    assert table.all_columns == ("customer", "amount", "note")
    assert table.repeats == table.count_repeats() == 2
    assert table.with_repeats().frame[REPEAT].to_pylist() == [False, False, True, False, True]


def test_repeats_are_found_across_the_batches_of_a_large_file(tmp_path: Path) -> None:
    lines = [f"K{i % 60_000},2024-01-01,{i % 60_000}" for i in range(120_001)]
    table = read_table(text_file(tmp_path, "customer,date,amount\n" + "\n".join(lines)))
    assert (table.rows, table.repeats) == (120_001, 60_001)


def test_progress_is_told_in_rows(tmp_path: Path) -> None:
    said: list[str] = []
    read_table(text_file(tmp_path, PLAIN), progress=said.append)
    assert said == ["Reading orders.csv: 4 rows"]


def test_gzipped_text_is_read_like_text(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN[:30].encode()) + gzip.compress(PLAIN[30:].encode())
    table = read_table(text_file(tmp_path, packed, "orders.csv.gz"))
    assert rows_of(table) == [tuple(row) for row in ORDERS[1:]]


def test_a_peek_shows_the_first_rows_only(tmp_path: Path) -> None:
    text = PLAIN + "Zoë,2024-03-01,1\n" * 100
    assert peek(text_file(tmp_path, text), rows=2).frame.num_rows == 2
    assert peek(workbook(tmp_path, {"A": [*ORDERS, *ORDERS[1:]]}), rows=5).frame.num_rows == 5


def test_a_workbook_delivers_every_cell_as_text_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "cells.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.write_row(0, 0, ["id", "when", "amount", "share", "paid", "check"])
        sheet.write_row(1, 0, [17850, None, 0.1, 1 / 3, True, None])
        sheet.write_datetime(1, 1, dt.datetime(2010, 12, 1, 8, 26), day)
        sheet.write_formula(1, 5, "=NA()", value="#N/A")
        sheet.write_row(2, 0, ["C536379", None, 1234567890123456, -2 / 30000000, False, '=HYPERLINK("x")'])
        sheet.write_datetime(2, 1, dt.datetime(2010, 12, 2), day)
        sheet.write_string(2, 5, '=HYPERLINK("x")')
        sheet.write_number(3, 3, 0.25, book.add_format({"num_format": "0%"}))
        sheet.write_formula(3, 5, "=1/0", value="#DIV/0!")
    table = read_table(path)
    assert rows_of(table) == [
        ("17850", "2010-12-01 08:26:00", "0.1", "0.3333333333333333", "true", "#N/A"),
        (
            "C536379",
            "2010-12-02 00:00:00",
            "1234567890123456",
            "-6.666666666666667e-08",
            "false",
            '=HYPERLINK("x")',
        ),
        (None, None, None, "0.25", None, "#DIV/0!"),
    ]


def test_text_far_below_numbers_is_not_lost(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["customer", "amount"], *([i, i] for i in range(3000)), ["Ann", "12,50 EUR"]]
    table = read_table(workbook(tmp_path, {"A": rows}))
    assert rows_of(table)[-1] == ("Ann", "12,50 EUR")


def test_row_numbers_of_a_sheet_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "low.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Orders")
        sheet.merge_range(2, 2, 2, 4, "Sales report")
        for number, row in enumerate(ORDERS, 7):
            sheet.write_row(number + (number == 10), 2, row)
        sheet.set_row(8, None, None, {"hidden": True})
    table = read_table(path)
    assert table.frame[ROW].to_pylist() == [9, 10, 12]
    assert table.set_aside == ((11, "blank row", ""),)
    assert rows_of(table) == [tuple(row) for row in ORDERS[1:]]
    assert "Rows 1 to 7 above the header in row 8 skipped." in table.notes


def test_the_first_visible_sheet_with_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Empty")
        hidden = book.add_worksheet("Secret")
        book.add_worksheet("Cover").write(0, 0, "A report")
        shown, other = book.add_worksheet("Orders"), book.add_worksheet("More")
        for number, row in enumerate(ORDERS):
            for sheet in (hidden, shown, other):
                sheet.write_row(number, 0, row)
        other.write(0, 0, "client")
        hidden.hide()
    assert sheet_names(path) == ("Empty", "Secret", "Cover", "Orders", "More")
    assert read_table(path).notes == ('Read from sheet "Orders" of Empty, Secret, Cover, Orders, More.',)
    assert read_table(path, sheet="More").columns == ("client", "date", "amount")
    assert read_table(path, sheet="Secret").rows == 3


def test_an_unknown_sheet_is_an_error_that_lists_the_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Orders": ORDERS, "More": ORDERS})
    with pytest.raises(FileError, match=r'sheet must be one of the sheets of "orders.xlsx": Orders, More'):
        read_table(path, sheet="orders")
    with pytest.raises(FileError, match="has no sheets: leave it out"):
        read_table(text_file(tmp_path, PLAIN), sheet="Orders")


def test_other_files_have_no_sheets(tmp_path: Path) -> None:
    assert sheet_names(text_file(tmp_path, PLAIN)) == ()


def test_a_workbook_under_a_wrong_name_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Orders": ORDERS}).rename(tmp_path / "orders.csv")
    assert rows_of(read_table(path)) == [tuple(row) for row in ORDERS[1:]]
    assert rows_of(read_table(text_file(tmp_path, PLAIN, "orders.xls"))) == [tuple(row) for row in ORDERS[1:]]


def ods_file(folder: Path, table_rows: str, name: str = "orders.ods") -> Path:
    path = folder / name
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Orders">{table_rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
    return path


def ods_row(*cells: str, repeated: int = 1) -> str:
    inside = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inside}</table:table-row>'


def test_an_ods_file_with_its_endless_blank_end_is_read(tmp_path: Path) -> None:
    blank = (
        '<table:table-row table:number-rows-repeated="1048572">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    date = '<table:table-cell office:value-type="date" office:date-value="2024-01-05T08:26:00"/>'
    number = '<table:table-cell office:value-type="float" office:value="12.5"/>'
    ann = f'<table:table-row><table:table-cell office:string-value="Ann"/>{date}{number}</table:table-row>'
    path = ods_file(tmp_path, ods_row(*ORDERS[0]) + ann + ods_row("Bob", "x", "1", repeated=2) + blank)
    table = read_table(path)
    assert rows_of(table) == [("Ann", "2024-01-05T08:26:00", "12.5"), ("Bob", "x", "1"), ("Bob", "x", "1")]
    assert sheet_names(path) == ("Orders",)


def record(kind: int, data: bytes) -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 0x7F | 0x80, len(data) >> 7])
    return head + size + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb_file(folder: Path, cells: list[tuple[int, int, str | float]], name: str = "orders.xlsb") -> Path:
    """The smallest binary workbook: one sheet, cells as (row, column, value)."""
    sheet = record(129, b"") + record(148, bytes(16)) + record(145, b"")
    last = -1
    for row, column, value in cells:
        if row != last:
            sheet += record(0, struct.pack("<I", row) + bytes(13))
        last = row
        place = struct.pack("<II", column, 0)
        text = isinstance(value, str)
        sheet += record(6, place + wide(str(value))) if text else record(5, place + struct.pack("<d", value))
    sheet += record(146, b"") + record(130, b"")
    bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Orders"))
    book = record(131, b"") + record(143, b"") + bundle + record(144, b"") + record(132, b"")
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{relation}" Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def test_a_binary_workbook_is_read(tmp_path: Path) -> None:
    cells: list[tuple[int, int, str | float]] = [
        (0, 0, "customer"), (0, 1, "amount"), (1, 0, "Ann"), (1, 1, 12.5), (3, 0, "Bob"), (3, 1, 7.0),
    ]  # fmt: skip
    table = read_table(xlsb_file(tmp_path, cells))
    assert rows_of(table) == [("Ann", "12.5"), ("Bob", "7")]
    assert table.set_aside == ((3, "blank row", ""),)


def parquet(folder: Path, query: str, name: str = "orders.parquet") -> Path:
    path = folder / name
    with duckdb.connect() as connection:
        connection.sql(query).write_parquet(str(path))
    return path


PARQUET_ORDERS = (
    "select * from (values ('Ann', date '2024-01-05', 1.5, [1]), ('Bob', date '2024-01-06', 2.0, [2]),"
    " ('Ann', date '2024-01-05', 1.5, [1]), ('Ann', date '2024-01-05', 1.5, [3]))"
    ' t(" customer ", "Date", "date", tags)'
)


def test_parquet_is_a_relation_with_types_and_row_numbers(tmp_path: Path) -> None:
    table = read_table(parquet(tmp_path, PARQUET_ORDERS))
    assert table.columns == ("customer", "Date", "date_1")
    assert any("tags" in note for note in table.notes)
    assert [str(kind) for kind in table.frame.types] == ["BIGINT", "VARCHAR", "DATE", "DECIMAL(2,1)"]
    assert [row[0] for row in table.frame.order(f'"{ROW}"').fetchall()] == [1, 2, 3, 4]
    assert (table.rows, table.repeats) == (4, None)


def test_parquet_repeats_count_lists_too_and_are_marked_when_asked(tmp_path: Path) -> None:
    table = read_table(parquet(tmp_path, PARQUET_ORDERS), columns=["customer"])
    assert table.count_repeats() == 1
    marked = table.with_repeats().frame
    assert marked.columns == [ROW, "customer", REPEAT]
    assert sorted(row[0] for row in marked.fetchall() if row[2]) == [3]


def test_parquet_outlives_the_table_it_came_from_and_works_in_narwhals(tmp_path: Path) -> None:
    frame = read_table(parquet(tmp_path, PARQUET_ORDERS)).frame
    counted = (
        nw.from_native(frame).group_by("customer").agg(nw.col(ROW).max()).sort("customer").collect("pyarrow")
    )
    assert counted.to_dict(as_series=False) == {"customer": ["Ann", "Bob"], ROW: [4, 2]}


def test_a_peek_into_parquet_is_short(tmp_path: Path) -> None:
    table = peek(parquet(tmp_path, PARQUET_ORDERS), rows=2)
    assert (table.rows, len(table.frame.fetchall())) == (2, 2)


@pytest.mark.parametrize("name", ["a[1].parquet", "year=2024", "Köln 🛍 'quoted'.parquet"])
def test_a_parquet_name_means_one_file_and_nothing_more(tmp_path: Path, name: str) -> None:
    parquet(tmp_path, "select 'wrong' customer, 9 amount", "a1.parquet")
    folder = tmp_path / "month=3"
    folder.mkdir()
    table = read_table(parquet(folder, "select 'Ann' customer, 1 amount", name))
    assert table.columns == ("customer", "amount")
    assert table.frame.fetchall() == [(1, "Ann", 1)]


def test_a_star_in_a_parquet_name_is_a_letter(tmp_path: Path) -> None:
    for name in ("a1.parquet", "ab.parquet"):
        parquet(tmp_path, f"select '{name}' customer, 1 amount", name)
    (tmp_path / "ab.parquet").rename(tmp_path / "a*.parquet")
    assert read_table(tmp_path / "a*.parquet").frame.fetchall() == [(1, "ab.parquet", 1)]


def test_unicode_names_and_strings_are_paths_too(tmp_path: Path) -> None:
    path = text_file(tmp_path, PLAIN, "Verkäufe 🛍.csv")
    assert read_table(str(path)).rows == 3
