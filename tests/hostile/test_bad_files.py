"""Files that are broken, hostile or something else: one sentence each, and never a lost row."""

from __future__ import annotations

import csv
import errno
import gzip
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from retention_core import archives
from retention_core.errors import FileError
from retention_core.files import ROW, peek, read_table, sheet_names

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{before}<sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>customer</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>amount</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Ann</t></is></c><c r="B2"><v>1</v></c></row>'
    "{more}</sheetData></worksheet>"
)


def file_of(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(folder: Path, rows: list[list[Any]], name: str = "orders.xlsx") -> Path:
    path = folder / name
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Orders")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def workbook_of(folder: Path, sheet: str | bytes, extra: dict[str, bytes] | None = None) -> Path:
    """A workbook whose only sheet holds the XML given."""
    source = workbook(folder, [["a", "b"], [1, 2]], "source.xlsx")
    path = folder / "orders.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, sheet if member == "xl/worksheets/sheet1.xml" else old.read(member))
        for member, content in (extra or {}).items():
            new.writestr(member, content)
    return path


def sentence(path: Path, **how: Any) -> str:
    """The error of reading a file, which must be one line and must not differ when only peeking."""
    with pytest.raises(FileError) as caught:
        read_table(path, **how)
    text = str(caught.value)
    assert "\n" not in text
    assert text[-1] in ".?"
    with pytest.raises(FileError) as peeked:
        peek(path, **how)
    assert type(peeked.value) is FileError
    return text


@pytest.mark.parametrize("content", [b"", b"\n\n\r\n", b"\xef\xbb\xbf", b" ,, \n,,\n", "\n".encode("utf-16")])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    assert sentence(file_of(tmp_path, content)) == '"orders.csv" is empty: it holds no rows at all.'


@pytest.mark.parametrize(
    "content", ["customer,date,amount\n", "customer,date,amount\n,,\n\n", "Report\n\ncustomer;date\n"]
)
def test_a_header_alone_is_no_table(tmp_path: Path, content: str) -> None:
    assert sentence(file_of(tmp_path, content)) == (
        '"orders.csv" has a header but no rows: put the data below the column names.'
    )


def test_a_workbook_with_a_header_alone_or_nothing_is_no_table(tmp_path: Path) -> None:
    assert "has a header but no rows" in sentence(workbook(tmp_path, [["customer", "date"]]))
    assert "is empty: none of its sheets (Orders) holds a row" in sentence(workbook(tmp_path, []))


def test_data_without_a_header_asks_for_names(tmp_path: Path) -> None:
    rows = "Ann,2024-01-05,1.5\nBob,2024-01-06,n/a\nCy,pending,n/a\nDan,2024-01-08,2\nEve,2024-01-09,3\n"
    assert sentence(file_of(tmp_path, rows)) == (
        '"orders.csv" has no header row: the first row reads "Ann, 2024-01-05, 1.5"; '
        "name the columns in the first row."
    )
    assert "has no header row" in sentence(workbook(tmp_path, [["Ann", 1.5], ["Bob", 2]]))


def test_a_delimiter_that_only_the_header_uses_is_named(tmp_path: Path) -> None:
    text = sentence(
        file_of(tmp_path, "customer,date,amount\nAnn 2024-01-05 1.5\nBob 2024-01-06 2\nCy 2024-01-07 3\n")
    )
    assert 'reads as a single column named "customer,date,amount"' in text


def test_rows_that_all_have_more_cells_than_the_header_are_an_error(tmp_path: Path) -> None:
    text = sentence(file_of(tmp_path, "customer;amount\n1;Ann;5\n2;Bob;6\n3;Cy;7\n"))
    assert "No row" in text
    assert "row 2 has more cells than the header" in text


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0", "a picture (JPEG)"),
        (b"{\\rtf1 ", "a text document (RTF)"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"<html><table><tr><td>customer</td></tr></table>", "a web page (HTML)"),
        ("\ufeff  <!DOCTYPE html><html>".encode(), "a web page (HTML)"),
        ("<html><body>".encode("utf-16"), "a web page (HTML)"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "Excel 2003",
        ),
        (b'[{"customer": "Ann"}]', "JSON"),
    ],
)
def test_other_kinds_of_files_are_called_what_they_are(tmp_path: Path, start: bytes, what: str) -> None:
    text = sentence(file_of(tmp_path, start + b"\n\n", "orders.xls"))
    assert text.startswith('"orders.xls" looks like ')
    assert what in text


@pytest.mark.parametrize(
    ("member", "what"),
    [
        ("word/document.xml", "a Word document"),
        ("ppt/presentation.xml", "a PowerPoint presentation"),
        ("Index/Document.iwa", "an Apple Numbers document"),
        ("orders.csv", "a zip archive (holding orders.csv)"),
    ],
)
def test_zip_files_that_are_no_workbooks_are_called_what_they_are(
    tmp_path: Path, member: str, what: str
) -> None:
    path = tmp_path / "orders.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "customer,amount\nAnn,1\n")
    assert what in sentence(path)


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 40, b"customer,amount\n" + b"Ann,1\n" * 90_000 + b"\0\0"]
)
def test_binary_content_is_no_text_wherever_it_begins(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileError, match="is not text"):
        read_table(file_of(tmp_path, content))


def test_a_broken_utf16_file_is_one_sentence(tmp_path: Path) -> None:
    content = "customer,amount\nAnn,1\n".encode("utf-16") + b"\x00\xd8\x00\xd8\n"
    assert "cannot be read as UTF-16 text" in sentence(file_of(tmp_path, content))


def test_mixed_encodings_are_read_line_by_line_and_counted(tmp_path: Path) -> None:
    lines = [b"customer,amount", "Zoë,1".encode(), "Jürgen,2".encode("cp1252"), "Łukasz,3".encode()]
    table = read_table(file_of(tmp_path, b"\n".join([*lines, "François,4".encode("cp1252")])))
    assert table.frame["customer"].to_pylist() == ["Zoë", "Jürgen", "Łukasz", "François"]
    assert (
        table.notes[0]
        == "Read as UTF-8 text (2 lines that are not UTF-8 as Windows-1252) separated by commas."
    )


def test_emoji_and_every_script_come_through(tmp_path: Path) -> None:
    names = ["👩‍👩‍👧‍👦", "🇧🇷 Ltda", "株式会社", "محمد", "e\u0301clair"]
    lines = "".join(f"{name},{i}\n" for i, name in enumerate(names))
    assert (
        read_table(file_of(tmp_path, "customer 🛍,amount\n" + lines)).frame["customer 🛍"].to_pylist() == names
    )
    rows: list[list[Any]] = [["customer 🛍", "amount"], *([name, i] for i, name in enumerate(names))]
    assert read_table(workbook(tmp_path, rows)).frame["customer 🛍"].to_pylist() == names


def test_formulas_in_text_stay_text(tmp_path: Path) -> None:
    cells = ["=HYPERLINK(1)", "+1+1", "-2", "@SUM(A1)", "'=1"]
    lines = "".join(f"{cell},{i}\n" for i, cell in enumerate(cells))
    assert read_table(file_of(tmp_path, "customer,amount\n" + lines)).frame["customer"].to_pylist() == cells


def test_a_quote_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    lines = [f"K{i},2024-01-01,{i}" for i in range(3000)]
    lines[1000] = '"K1000,2024-01-01,7'
    table = read_table(file_of(tmp_path, "customer,date,amount\n" + "\n".join(lines)))
    assert table.set_aside == ((1002, "quote never closed", '"K1000,2024-01-01,7'),)
    assert (table.rows, table.frame.num_rows) == (3000, 2999)
    assert table.frame[ROW].to_pylist()[999:1001] == [1001, 1003]


def test_two_stray_quotes_do_not_swallow_the_lines_between(tmp_path: Path) -> None:
    lines = [f"K{i},{i}" for i in range(500)]
    lines[10], lines[400] = '"K10,10', '"K400" shop,400'
    table = read_table(file_of(tmp_path, "customer,amount\n" + "\n".join(lines)))
    assert table.set_aside == ((12, "quote never closed", '"K10,10'),)
    assert table.frame.num_rows == 499
    assert table.frame["customer"].to_pylist()[399] == "K400 shop"


def test_a_quote_never_closed_in_the_last_line_is_noticed(tmp_path: Path) -> None:
    table = read_table(file_of(tmp_path, 'customer,amount\nAnn,1\n"Bob,2\n'))
    assert table.set_aside == ((3, "quote never closed", '"Bob,2'),)


def test_a_stray_quote_before_more_than_the_longest_cell_costs_one_line(tmp_path: Path) -> None:
    lines = [f"K{i},2024-01-01,{i}" for i in range(20_000)]
    lines[50] = '"K50,2024-01-01,7'
    assert sum(map(len, lines)) > 2 * csv.field_size_limit()
    table = read_table(file_of(tmp_path, "customer,date,amount\n" + "\n".join(lines)))
    assert [row for row, _, _ in table.set_aside] == [52]
    assert table.rows == 20_000


def test_a_cell_longer_than_any_is_one_sentence(tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    text = sentence(file_of(tmp_path, f"customer,amount\nAnn,{'x' * (limit + 1)}\n"))
    assert "field larger than field limit" in text
    assert csv.field_size_limit() == limit


def test_a_line_of_a_million_cells_is_no_table(tmp_path: Path) -> None:
    assert "1,000,000 columns" in sentence(file_of(tmp_path, ",".join(["a"] * 1_000_000) + "\n1,2\n3,4\n"))


def test_prose_is_no_table_and_no_traceback(tmp_path: Path) -> None:
    assert sentence(file_of(tmp_path, "Dear all, please find the numbers attached.\n"))


def test_a_million_rows_are_read_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    with path.open("w") as file:
        file.write("customer,date,amount\n")
        file.writelines(f"K{i},2024-01-{1 + i % 28:02},{i % 97}.5\n" for i in range(1_000_000))
    table = read_table(path)
    assert (table.rows, table.frame.num_rows, table.repeats) == (1_000_000, 1_000_000, 0)
    assert table.frame[ROW][-1].as_py() == 1_000_001


def test_a_missing_file_suggests_its_neighbours(tmp_path: Path) -> None:
    file_of(tmp_path, "customer,amount\nAnn,1\n", "orders_2024.csv")
    with pytest.raises(FileError, match=r'No file "order_2024.csv" in .*: did you mean "orders_2024.csv"\?'):
        read_table(tmp_path / "order_2024.csv")
    with pytest.raises(FileError, match="there is no folder"):
        read_table(tmp_path / "nowhere" / "orders.csv")


@pytest.mark.parametrize("path", ["orders\0.csv", "x" * 5000, 7, None])
def test_what_is_no_path_is_one_sentence(path: Any) -> None:
    with pytest.raises(FileError):
        read_table(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder: name a file inside it"):
        read_table(tmp_path)


if hasattr(os, "mkfifo"):  # Windows has none

    def test_a_pipe_is_no_file(tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FileError, match="is a device or a pipe"):
            read_table(tmp_path / "pipe")


def test_a_file_without_permission_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(tmp_path, "customer,amount\nAnn,1\n")

    def forbidden(*_: object, **__: object) -> None:  # root may read everything, so chmod would not do
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(FileError, match="Permission denied"):
        read_table(path)


def compound_file(stream: str, size: int = 4096, content: bytes = b"") -> bytes:
    """A container of older Office with one stream: header, table, directory, content."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<5H", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<8I", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    blocks = max(size // 512, 1)
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + blocks), 0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))

    def entry(name: str, kind: int, start: int, length: int, child: int = 0xFFFFFFFF) -> bytes:
        title = name.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<3I", 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (
            title.ljust(64, b"\0") + struct.pack("<HBB", len(title), kind, 1) + links + bytes(36)
            + struct.pack("<IQ", start, length)
        )  # fmt: skip

    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1) + entry(stream, 2, 2, size)
    return (
        bytes(header)
        + struct.pack("<128I", *table)
        + directory.ljust(512, b"\0")
        + content.ljust(size, b"\0")
    )


def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    assert sentence(file_of(tmp_path, compound_file("EncryptedPackage"), "orders.xlsx")) == (
        '"orders.xlsx" is protected with a password: open it in Excel or LibreOffice, save a copy without '
        "password and give that."
    )


def test_an_old_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    book = struct.pack("<HH16x", 0x809, 16) + struct.pack("<HH6x", 0x2F, 6)
    path = file_of(tmp_path, compound_file("Workbook", content=book), "orders.xls")
    assert "is protected with a password" in sentence(path)


def test_an_encrypted_zip_says_so(tmp_path: Path) -> None:
    content = bytearray(workbook(tmp_path, [["customer", "amount"], ["Ann", 1]]).read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    assert "is protected with a password" in sentence(file_of(tmp_path, bytes(content), "orders.xlsx"))


def test_an_ods_with_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "orders.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", os.urandom(500))
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    assert "is protected with a password" in sentence(path)


def test_word_documents_in_the_old_container_are_no_workbooks(tmp_path: Path) -> None:
    assert "a Word document" in sentence(file_of(tmp_path, compound_file("WordDocument"), "orders.xls"))
    assert "without sheets" in sentence(file_of(tmp_path, compound_file("Mail"), "orders.xls"))


def old_record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def old_text(row: int, column: int, text: str) -> bytes:
    return old_record(0x204, struct.pack("<4HB", row, column, 0, len(text), 0) + text.encode("ascii"))


def old_number(row: int, column: int, value: float) -> bytes:
    return old_record(0x203, struct.pack("<3Hd", row, column, 0, value))


def old_workbook(*sheets: bytes, shift: int = 0) -> bytes:
    """An xls file whose sheets hold the records given."""
    begin, end = old_record(0x809, struct.pack("<HH12x", 0x600, 5)), old_record(0x0A, b"")
    parts = [begin + sheet + end for sheet in sheets]
    position = len(begin) + len(end) + len(sheets) * 14
    book = begin
    for number, part in enumerate(parts):
        name = struct.pack("<BB", 2, 0) + b"S" + str(number).encode()
        book += old_record(0x85, struct.pack("<IBB", position + shift, 0, 0) + name)
        position += len(part)
    return compound_file("Workbook", content=book + end + b"".join(parts))


OLD_ROWS = (
    old_text(0, 0, "customer") + old_text(0, 1, "amount") + old_text(1, 0, "Ann") + old_number(1, 1, 12.5)
)


def test_the_old_workbooks_built_here_are_sound(tmp_path: Path) -> None:
    dimensions = old_record(0x200, struct.pack("<2I3H", 0, 2, 0, 2, 0))
    path = file_of(tmp_path, old_workbook(dimensions + OLD_ROWS, OLD_ROWS), "orders.xls")
    table = read_table(path)
    assert table.frame.to_pylist() == [{ROW: 2, "customer": "Ann", "amount": "12.5"}]
    assert sheet_names(path) == ("S0", "S1")


@pytest.mark.parametrize(
    "more",
    [
        old_number(65_535, 65_535, 1.0),
        old_number(3, 256, 1.0),
        old_record(0xBD, struct.pack("<HH", 3, 250) + bytes(6 * 10) + struct.pack("<H", 259)),
        old_record(0x200, struct.pack("<2I3H", 64_000, 3, 0, 2, 0)),
        old_record(0x200, struct.pack("<2I3H", 0, 0xFFFFFFFF, 0, 2, 0)),
    ],
)
def test_an_old_workbook_that_claims_impossible_places_is_damaged(tmp_path: Path, more: bytes) -> None:
    path = file_of(tmp_path, old_workbook(OLD_ROWS + more), "orders.xls")
    assert "is a damaged workbook" in sentence(path)


def test_a_far_cell_hidden_inside_another_record_is_found(tmp_path: Path) -> None:
    inside = old_record(0x1234, old_number(0, 0, 1.0) + old_number(65_535, 65_535, 1.0))
    begin = len(old_record(0x809, bytes(16)))
    path = file_of(tmp_path, old_workbook(inside, shift=begin + 4), "orders.xls")
    assert "is a damaged workbook" in sentence(path)


def test_many_old_sheets_that_each_span_everything_are_refused(tmp_path: Path) -> None:
    cells = old_number(0, 0, 1.0) + old_number(65_535, 255, 1.0)
    path = file_of(tmp_path, old_workbook(*[cells] * 5), "orders.xls")
    assert "spans 65,536 rows and 256 columns" in sentence(path)


def test_an_old_workbook_that_counts_more_strings_than_bytes_is_damaged(tmp_path: Path) -> None:
    book = old_record(0x809, bytes(16)) + old_record(0xFC, struct.pack("<II", 1, 0x7FFFFFFF))
    path = file_of(tmp_path, compound_file("Workbook", content=book), "orders.xls")
    assert "is a damaged workbook" in sentence(path)


@pytest.mark.parametrize("part", [30, 600, 900])
def test_an_old_workbook_cut_short_is_damaged(tmp_path: Path, part: int) -> None:
    text = sentence(file_of(tmp_path, compound_file("Workbook")[:part], "orders.xls"))
    assert "damaged" in text or "without sheets" in text


def test_a_chain_of_sectors_in_a_circle_ends(tmp_path: Path) -> None:
    content = bytearray(compound_file("Workbook"))
    struct.pack_into("<I", content, 512 + 4 * 5, 2)
    assert "damaged" in sentence(file_of(tmp_path, bytes(content), "orders.xls"))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_zip_cut_short_is_damaged(tmp_path: Path, share: float) -> None:
    content = workbook(tmp_path, [["customer", "amount"], *(["Ann", i] for i in range(500))]).read_bytes()
    text = sentence(file_of(tmp_path, content[: int(len(content) * share)], "orders.xlsx"))
    assert text.startswith('"orders.xlsx" is a damaged workbook')


def test_a_workbook_changed_inside_is_damaged(tmp_path: Path) -> None:
    content = bytearray(
        workbook(tmp_path, [["customer", "amount"], *(["Ann", i] for i in range(500))]).read_bytes()
    )
    start = content.index(b"sheet1.xml") + 40
    content[start : start + 60] = bytes(60)
    assert "is a damaged workbook" in sentence(file_of(tmp_path, bytes(content), "orders.xlsx"))


@pytest.mark.parametrize(
    "sheet", ["", "<worksheet><sheetData><row", SHEET.format(before="", more="<row><c><v>1</c>")]
)
def test_a_workbook_with_a_broken_sheet_is_damaged(tmp_path: Path, sheet: str) -> None:
    assert "is a damaged workbook" in sentence(workbook_of(tmp_path, sheet), sheet="Orders")


def test_a_sheet_without_cells_is_said_to_be_empty(tmp_path: Path) -> None:
    path = workbook_of(tmp_path, "<worksheet><sheetData/></worksheet>")
    assert 'has nothing on its sheet "Orders"' in sentence(path, sheet="Orders")


def bomb(size: int) -> bytes:
    return b"<sst>" + b" " * size + b"</sst>"


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = workbook_of(
        tmp_path, SHEET.format(before="", more=""), {"xl/sharedStrings2.xml": bomb(100 * 1024**2)}
    )
    assert path.stat().st_size < 200_000
    tracemalloc.start()
    assert "it may be a zip bomb" in sentence(path)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    with pytest.raises(FileError, match="zip bomb"):
        sheet_names(path)


def test_a_zip_bomb_that_declares_itself_small_is_refused(tmp_path: Path) -> None:
    path = workbook_of(
        tmp_path, SHEET.format(before="", more=""), {"xl/sharedStrings2.xml": bomb(100 * 1024**2)}
    )
    with zipfile.ZipFile(path) as archive:
        declared = struct.pack("<I", archive.getinfo("xl/sharedStrings2.xml").file_size)
    lying = path.read_bytes().replace(declared, struct.pack("<I", 11))
    path.write_bytes(lying)
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("xl/sharedStrings2.xml").file_size == 11
    assert "it may be a zip bomb" in sentence(path)


def test_much_content_of_ordinary_density_is_refused_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path, [["customer", "amount"], *([f"K{i * 7919 % 9973}", i] for i in range(5000))])
    assert read_table(path).rows == 5000
    monkeypatch.setattr(archives, "MOST_BYTES", 100_000)
    assert "it may be a zip bomb" in sentence(path)


def test_a_gzip_bomb_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr("retention_core.unpacking.MOST_BYTES", 1_000_000)
    packed = gzip.compress(b"customer,amount\n" + b"Ann,1\n" * 1_000_000)
    assert "unpacks to more than" in sentence(file_of(tmp_path, packed, "orders.csv.gz"))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("cut", [15, 60])
def test_gzip_cut_short_or_damaged_is_one_sentence(tmp_path: Path, cut: int) -> None:
    packed = gzip.compress("".join(f"K{i * 7919 % 997},{i}\n" for i in range(500)).encode())
    assert "is cut short" in sentence(file_of(tmp_path, packed[:cut], "orders.csv.gz"))
    assert "is damaged" in sentence(file_of(tmp_path, packed[:cut] + b"\xff" * 99, "orders.csv.gz"))


def test_archives_inside_gzip_are_no_tables(tmp_path: Path) -> None:
    tar = b"orders.csv".ljust(257, b"a") + b"ustar" + b"a" * 200
    assert "is an archive of files (tar)" in sentence(file_of(tmp_path, gzip.compress(tar), "orders.tar.gz"))
    book = workbook(tmp_path, [["customer", "amount"], ["Ann", 1]]).read_bytes()
    assert "holds no text" in sentence(file_of(tmp_path, gzip.compress(book), "orders.xlsx.gz"))


def test_xml_entities_are_not_expanded(tmp_path: Path) -> None:
    entities = '<!ENTITY e0 "ha">' + "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    laughs = f'<?xml version="1.0"?><!DOCTYPE worksheet [{entities}]>'
    more = '<row r="3"><c r="A3" t="inlineStr"><is><t>&e9;</t></is></c></row>'
    path = workbook_of(tmp_path, laughs + SHEET.format(before="", more=more))
    assert "is a damaged workbook" in sentence(path, sheet="Orders")


FAR_CELL = '<c r="XFD1048576"><v>1</v></c>'
FAR = "<row {row}><c {cell}><v>1</v></c></row>"


@pytest.mark.parametrize(
    "more",
    [
        FAR.format(row='r="1048576"', cell='r="XFD1048576"'),
        FAR.format(row="", cell='s="0" r="XFD1048576"'),
        FAR.format(row="", cell="r = 'xfd1048576'"),
        FAR.format(row='r="4000000000"', cell="") + "<row>" + "<c><v>1</v></c>" * 300 + "</row>",
        FAR.format(row="", cell='r="B4000000000"'),
        FAR.format(row="", cell='r="B999999999913"'),
        FAR.format(row="", cell='r="AAAAAAAA2"'),
        FAR.format(row="", cell='r="XFD1048576" x="/>"'),
        (FAR.format(row='r="1048576"', cell='r="XFD1048576"')).replace("<", "<x:").replace("<x:/", "</x:"),
        '<row r="1000000"/><row>' + "<c><v>1</v></c>" * 2000 + "</row>",
        "<row>" + FAR_CELL.replace("c ", "c" + " " * 3_000_000) + "</row>",
        "<row" + " " * 3_000_000 + 'r="4000000000"><c><v>1</v></c></row>',
    ],
)
def test_a_stray_cell_far_away_is_found_however_it_is_written(tmp_path: Path, more: str) -> None:
    text = sentence(workbook_of(tmp_path, SHEET.format(before="", more=more)))
    assert 'A sheet of "orders.xlsx" spans' in text
    assert "delete stray cells" in text


def test_a_far_cell_torn_between_two_pieces_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_PIECE", 7)
    path = workbook_of(tmp_path, SHEET.format(before="", more=FAR.format(row="", cell='r="XFD1048576"')))
    assert "16,384 columns" in sentence(path)


def test_formatted_cells_far_away_do_no_harm(tmp_path: Path) -> None:
    more = '<row r="900000"><c r="XFD900000" s="0"/></row>'
    assert read_table(workbook_of(tmp_path, SHEET.format(before="", more=more))).rows == 1


def test_a_dimension_that_lies_does_no_harm(tmp_path: Path) -> None:
    before = '<dimension ref="A1:XFD1048576"/>'
    assert read_table(workbook_of(tmp_path, SHEET.format(before=before, more=""))).rows == 1


def test_a_last_row_at_the_very_end_is_read(tmp_path: Path) -> None:
    zoe = '<c r="A1048576" t="inlineStr"><is><t>Zoë</t></is></c>'
    more = f'<row r="1048576">{zoe}<c r="B1048576"><v>2</v></c></row>'
    table = read_table(workbook_of(tmp_path, SHEET.format(before="", more=more)))
    assert table.frame[ROW].to_pylist() == [2, 1_048_576]
    assert table.rows == 2 + len(table.set_aside) == 1_048_575


def test_cells_without_places_follow_each_other(tmp_path: Path) -> None:
    more = '<row><c t="inlineStr"><is><t>Bob</t></is></c><c><v>2</v></c></row>'
    table = read_table(workbook_of(tmp_path, SHEET.format(before="", more=more)))
    assert table.frame["customer"].to_pylist() == ["Ann", "Bob"]


ODS_CELL = '<table:table-cell office:value-type="string"{repeated}><text:p>{text}</text:p></table:table-cell>'


def ods(folder: Path, rows: str) -> Path:
    path = folder / "orders.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f'<x><table:table table:name="Orders">{rows}</table:table></x>')
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
    return path


def ods_row(text: str, rows: str = "1", columns: str = "2") -> str:
    cell = ODS_CELL.format(text=text, repeated=f' table:number-columns-repeated="{columns}"')
    return f'<table:table-row table:number-rows-repeated = "{rows}">{cell}</table:table-row>'


@pytest.mark.parametrize(
    "rows",
    [
        ods_row("a") + ods_row("b", rows="1000000000"),
        ods_row("a")
        + ods_row("", rows="1000000000").replace(' office:value-type="string"', "")
        + ods_row("b"),
        ods_row("a", columns="1000000000"),
        ods_row("a", columns="16385"),
        ods_row("a", rows="10000", columns="10000"),
        ods_row("a", rows="&#49;000000000"),
        ods_row('a<text:s text:c="1000000000"/>'),
        (ods_row("a", rows="30000", columns="1000") + '</table:table><table:table table:name="B">') * 4,
    ],
)
def test_an_ods_that_repeats_a_billion_times_is_refused(tmp_path: Path, rows: str) -> None:
    assert 'A sheet of "orders.ods" spans' in sentence(ods(tmp_path, rows))


@pytest.mark.parametrize(
    "rows", ["<table:table-row>", "", "</table:table><table:table>", "<table:table-row></x>"]
)
def test_a_broken_ods_is_one_sentence(tmp_path: Path, rows: str) -> None:
    assert sentence(ods(tmp_path, rows))


def binary_workbook(folder: Path, row: int, column: int) -> Path:
    def record(kind: int, data: bytes) -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(data)]) + data

    cells = record(0, struct.pack("<I13x", row)) + record(5, struct.pack("<IId", column, 0, 1.0))
    path = folder / "orders.xlsb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
        archive.writestr(
            "xl/worksheets/sheet1.bin", record(129, b"") + record(145, b"") + cells + record(146, b"")
        )
    return path


@pytest.mark.parametrize(
    ("row", "column"), [(1_048_575, 16_383), (4_000_000_000, 0), (0, 4_000_000_000), (0, 16_384)]
)
def test_a_stray_cell_in_a_binary_workbook_is_found(tmp_path: Path, row: int, column: int) -> None:
    assert 'A sheet of "orders.xlsb" spans' in sentence(binary_workbook(tmp_path, row, column))


def test_a_binary_workbook_without_a_book_is_damaged(tmp_path: Path) -> None:
    assert "is a damaged workbook" in sentence(binary_workbook(tmp_path, 1, 1))


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"PAR1" + os.urandom(3000)])
def test_a_broken_parquet_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    assert "is no parquet file that can be read" in sentence(file_of(tmp_path, content, "orders.parquet"))


def test_cells_that_hold_only_spaces_are_blank(tmp_path: Path) -> None:
    table = read_table(file_of(tmp_path, "customer,amount\nAnn, \n\u00a0,\u200b\nBob,2\n"))
    assert table.frame["amount"].to_pylist() == [None, "2"]
    assert table.set_aside == ((3, "blank row", ""),)


def test_reading_changes_nothing_on_disk(tmp_path: Path) -> None:
    paths = [
        file_of(tmp_path, "customer,amount\nAnn,1\n"),
        workbook(tmp_path, [["customer", "amount"], ["Ann", 1]]),
    ]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]
    for path in paths:
        read_table(path)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths] == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["orders.csv", "orders.xlsx"]
