"""Whether a zipped workbook is safe to open: its true size, its password, the cells it claims to have.

Sizes that a zip file declares about itself are not believed: every member is inflated once, in pieces,
and counted. The library that reads workbooks makes one cell for every place between the first and the
last used one, so a few bytes can ask for a trillion; such sheets are found here, before it sees them.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol
from xml.parsers import expat

from retention_core.errors import FileError
from retention_core.file_kinds import looks_like

Area = tuple[int, int]

_ZIP_ERRORS = (EOFError, NotImplementedError, UnicodeError, expat.ExpatError)
MOST_BYTES = 2 * 1024**3
MOST_CELLS = 60_000_000
MOST_COLUMNS = 16_384
MOST_TIMES = 500
_RATIO_COUNTS_FROM = 64 * 1024**2
_PIECE = 1 << 20

Spreadsheet = Literal["xlsx", "xlsb", "ods"]


def check_archive(path: Path) -> Spreadsheet:
    """What kind of zipped workbook this is, once it proved safe to open.

    Raises
    ------
    FileError
        If it is damaged, protected with a password, no workbook, or would not fit into memory.
    """
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            kind = _kind(path.name, archive)
            _check_members(path.name, file, archive.infolist(), kind)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, *_ZIP_ERRORS) as error:
        raise damaged(path.name) from error
    return kind


def damaged(name: str) -> FileError:
    """The error for a workbook that is cut short or broken."""
    return FileError(
        f'"{name}" is a damaged workbook, cut short or changed on the way: download it again, or open it in '
        f"Excel or LibreOffice and save it anew."
    )


def protected(name: str) -> FileError:
    """The error for a workbook that only opens with a password."""
    return FileError(
        f'"{name}" is protected with a password: open it in Excel or LibreOffice, save a copy without '
        f"password and give that."
    )


def gibibytes(size: int) -> str:
    """A size for people.

    >>> gibibytes(2 * 1024**3)
    '2 GB'
    """
    return f"{size / 1024**3:.3g} GB"


def _kind(name: str, archive: zipfile.ZipFile) -> Spreadsheet:
    members = set(archive.namelist())
    if any(member.flag_bits & 1 for member in archive.infolist()):
        raise protected(name)
    if "xl/workbook.bin" in members:
        return "xlsb"
    if "xl/workbook.xml" in members or any(m.lower().endswith("workbook.xml") for m in members):
        return "xlsx"
    if "content.xml" in members and b"spreadsheet" in _start(archive, "mimetype"):
        if b"encryption-data" in _start(archive, "META-INF/manifest.xml"):
            raise protected(name)
        return "ods"
    raise looks_like(name, _other_archive(archive, members))


def _start(archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        with archive.open(member) as opened:
            return opened.read(_PIECE)
    except KeyError:
        return b""


def _other_archive(archive: zipfile.ZipFile, members: set[str]) -> str:
    if any(member.startswith("word/") for member in members):
        return "a Word document"
    if any(member.startswith("ppt/") for member in members):
        return "a PowerPoint presentation"
    if any(member.endswith(".iwa") for member in members):
        return "an Apple Numbers document"
    if b"opendocument" in _start(archive, "mimetype"):
        return "a LibreOffice document without sheets"
    names = ", ".join(sorted(members)[:3])
    return f"a zip archive (holding {names})" if names else "an empty zip archive"


def _check_members(name: str, file: BinaryIO, members: list[zipfile.ZipInfo], kind: Spreadsheet) -> None:
    total = 0
    for member in members:
        cells: _Look = _LOOKS[kind]()
        unpacked = 0
        for piece in _pieces(file, member):
            total += len(piece)
            unpacked += len(piece)
            if total > MOST_BYTES or _too_dense(unpacked, member.compress_size):
                raise _bomb(name, total)
            cells.take(piece)
        areas = _looked_at_again(file, member) if cells.needs_second_look else cells.areas()
        widest = max((columns for _, columns in areas), default=0)
        if widest > MOST_COLUMNS or sum(rows * columns for rows, columns in areas) > MOST_CELLS:
            raise too_many_cells(name, *max(areas, key=lambda area: area[0] * area[1]))
        if kind == "ods" and member.filename == "content.xml":
            _check_well_formed(file, member)


def _check_well_formed(file: BinaryIO, member: zipfile.ZipInfo) -> None:
    """The library waits forever for the end of a table that is never closed."""
    parser = expat.ParserCreate()
    for piece in _pieces(file, member):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _bomb(name: str, size: int) -> FileError:
    return FileError(
        f'"{name}" unpacks to far more than a workbook holds (over {gibibytes(min(size, MOST_BYTES))}): '
        f"it may be a zip bomb; if you trust it, save its table as CSV."
    )


def _too_dense(size: int, packed: int) -> bool:
    return size > _RATIO_COUNTS_FROM and size > MOST_TIMES * max(packed, 1)


def too_many_cells(name: str, rows: int, columns: int) -> FileError:
    """The error for a sheet whose used area is too large to hold."""
    return FileError(
        f'A sheet of "{name}" spans {rows:,} rows and {columns:,} columns, more than can be held: delete '
        f"stray cells far from the table, or save it as CSV."
    )


def _looked_at_again(file: BinaryIO, member: zipfile.ZipInfo) -> list[Area]:
    cells = _AnyCells()
    for piece in _pieces(file, member):
        cells.take(piece)
    return cells.areas()


def _pieces(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a member, inflated in pieces, as far as its bytes go and not as far as it says."""
    file.seek(member.header_offset)
    start = file.read(30)
    if start[:4] != b"PK\x03\x04" or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(member.filename)
    file.seek(int.from_bytes(start[26:28], "little") + int.from_bytes(start[28:30], "little"), 1)
    decoder = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    left = member.compress_size
    while left > 0:
        data = file.read(min(left, _PIECE))
        if not data:
            raise EOFError(member.filename)
        left -= len(data)
        if decoder is None:
            yield data
            continue
        while data and not decoder.eof:
            yield decoder.decompress(data, _PIECE)
            data = decoder.unconsumed_tail


class _Look(Protocol):
    """Looks through a member piece by piece for the areas that its sheets span."""

    needs_second_look: bool

    def take(self, piece: bytes) -> None: ...

    def areas(self) -> list[Area]: ...


_LONGEST_TAG = 1 << 20
_TAG_OF_A_TABLE = re.compile(rb"<(?:\w+:)?(?:c|row|table[\w:-]*)[\s/>]")
_ENDLESS: Area = (MOST_CELLS + 1, 1)


@dataclass(slots=True)
class _Tags:
    """Pieces of XML cut at tags, so that no pattern is torn by the end of a piece."""

    needs_second_look: bool = False
    rest: bytes = b""
    torn: bool = False

    def whole_tags(self, piece: bytes) -> bytes:
        data = self.rest + piece
        cut = data.rfind(b"<")
        if cut < 0 or len(data) - cut > _LONGEST_TAG:
            self.torn = self.torn or (cut >= 0 and _TAG_OF_A_TABLE.match(data, cut) is not None)
            cut = len(data)
        self.rest = data[cut:]
        return data[:cut]


_UNUSUAL_CELL = re.compile(rb'<c(?! r="[A-Z][0-9]{1,6}")[\s/>]')
_PREFIXED_CELL = re.compile(rb":c[\s/>]")


@dataclass(slots=True)
class _PlainCells(_Tags):
    """Notices whether a sheet has any cell that is not plainly written within 26 columns and 999,999 rows.

    Nearly all sheets do not, and this look at them costs a tenth of reading them.
    """

    def take(self, piece: bytes) -> None:
        if not self.needs_second_look:
            tags = self.whole_tags(piece)
            self.needs_second_look = any(look.search(tags) for look in (_UNUSUAL_CELL, _PREFIXED_CELL))

    def areas(self) -> list[Area]:
        return []


_EMPTY_CELL = re.compile(rb'<(?:\w+:)?c(?: r="[A-Z]+[0-9]+"| s="[0-9]+"| t="[a-z]+")*\s*/>')
_CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
# The place of a cell, or without letters that of a row.
_PLACE = re.compile(rb"\sr\s*=\s*[\"']\s*\$?([A-Za-z]*)\$?([0-9]+)\s*[\"']")
_LONGEST_COLUMN, _LONGEST_NUMBER = 3, 7


@dataclass(slots=True)
class _AnyCells(_Tags):
    """The used area of a sheet, however its cells are written; too large rather than too small.

    Cells may name their place or follow the one before; empty ones (formatted only) do not count.
    """

    last_row: int = 0
    row_tags: int = 0
    unplaced: bool = False
    longest_row: int = 0
    in_row: int = 0
    columns: set[bytes] = field(default_factory=set)

    def take(self, piece: bytes) -> None:
        tags = _EMPTY_CELL.sub(b"", self.whole_tags(piece))
        places = _PLACE.findall(tags)
        letters, numbers = {column.upper() for column, _ in places}, {row for _, row in places}
        # What is longer than any place wraps around somewhere inside the library.
        self.torn = self.torn or max(map(len, letters), default=0) > _LONGEST_COLUMN
        self.torn = self.torn or max(map(len, numbers), default=0) > _LONGEST_NUMBER
        self.columns |= letters
        self.last_row = max(self.last_row, *(int(row[:_LONGEST_NUMBER]) for row in numbers), 0)
        self.row_tags += len(_ROW.findall(tags))
        self.unplaced = self.unplaced or len(_CELL.findall(tags)) > sum(bool(column) for column, _ in places)
        for first, part in enumerate(_ROW.split(tags)):
            self.in_row = (self.in_row if first == 0 else 0) + len(_CELL.findall(part))
            self.longest_row = max(self.longest_row, self.in_row)

    def areas(self) -> list[Area]:
        if self.torn:
            return [_ENDLESS]
        columns = max(map(_column_number, self.columns), default=0)
        if not self.unplaced:
            return [(self.last_row, columns)]
        return [(self.last_row + self.row_tags, columns + self.longest_row)]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


_LONGEST_ROW = 16 * 1024**2
_TABLE_ROW = re.compile(rb"<table:table-row\b")
_REPEATED = re.compile(rb"number-(rows|columns)-repeated\s*=\s*[\"']([^\"']*)")
_TABLE_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^<>]*)")
_SPACES = re.compile(rb"text:c\s*=\s*[\"']\s*\+?(\d+)")


@dataclass(slots=True)
class _OdsCells(_Tags):
    """The used areas of the sheets of an ods file, in which one tag can stand for a billion rows."""

    rows: int = 0
    columns: int = 0
    spaces: int = 0
    row: bytes = b""
    row_number: int = 0
    tables: list[Area] = field(default_factory=list)

    def take(self, piece: bytes) -> None:
        *complete, self.row = _split_before(_TABLE_ROW, self.row + self.whole_tags(piece))
        for row in complete:
            self._take_row(row)
        if not self.row.startswith(b"<table:table-row"):
            self._take_row(self.row)
            self.row = b""
        elif len(self.row) > _LONGEST_ROW:
            self.tables.append(_ENDLESS)
            self.row = b""

    def areas(self) -> list[Area]:
        self._take_row(self.row + self.rest)
        if self.torn:
            return [_ENDLESS]
        return [*self.tables, (self.rows, self.columns), (self.spaces, 1)]

    def _take_row(self, row: bytes) -> None:
        if row.startswith(b"<table:table-row"):
            self.row_number += _repeats(row, b"rows")
            width = _width(row)
            if width:
                self.rows, self.columns = self.row_number, max(self.columns, width)
        self.spaces += sum(int(n) for n in _SPACES.findall(row))
        if b"</table:table>" in row:
            self.tables.append((self.rows, self.columns))
            self.rows = self.columns = self.row_number = 0


def _split_before(pattern: re.Pattern[bytes], data: bytes) -> list[bytes]:
    starts = [0, *(found.start() for found in pattern.finditer(data))]
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


def _repeats(tag: bytes, what: bytes) -> int:
    """How often a row or cell stands; too often where the number is not plainly written."""
    counts = [n.strip() for kind, n in _REPEATED.findall(tag) if kind == what]
    return max([1, *(int(n) if n.isdigit() else MOST_CELLS + 1 for n in counts)])


def _width(row: bytes) -> int:
    """Columns up to the last cell with content."""
    width = position = 0
    for attributes in _TABLE_CELL.findall(row):
        position += _repeats(attributes, b"columns")
        if b"office:" in attributes or b"table:formula" in attributes:
            width = position
    return width


_BEGIN_CELLS, _END_CELLS, _ROW_HEADER = 145, 146, 0
_FILLED_CELLS = range(2, 12)


@dataclass(slots=True)
class _BinaryCells:
    """The used area of an xlsb sheet, record by record: [MS-XLSB] 2.1.4, 2.4."""

    needs_second_look: bool = False
    rest: bytes = b""
    skip: int = 0
    inside: bool = False
    row: int = 0
    rows: int = 0
    columns: int = 0

    def take(self, piece: bytes) -> None:
        data = self.rest + piece
        position = min(self.skip, len(data))
        self.skip -= position
        while (head := _record_head(data, position)) is not None:
            kind, start, position = head
            self._note(kind, data, start)
        self.skip += max(position - len(data), 0)
        self.rest = data[position:]

    def areas(self) -> list[Area]:
        # The last records are shorter than the sixteen bytes a look needs.
        self.take(bytes(16))
        return [(self.rows, self.columns)]

    def _note(self, kind: int, data: bytes, start: int) -> None:
        if kind in (_BEGIN_CELLS, _END_CELLS):
            self.inside = kind == _BEGIN_CELLS
        elif self.inside and kind == _ROW_HEADER:
            self.row = int.from_bytes(data[start : start + 4], "little") + 1
        elif self.inside and kind in _FILLED_CELLS:
            self.rows = max(self.rows, self.row)
            self.columns = max(self.columns, int.from_bytes(data[start : start + 4], "little") + 1)


def _record_head(data: bytes, position: int) -> tuple[int, int, int] | None:
    """Kind, start and end of the record at a position; None while its first bytes are not all there."""
    if position + 16 > len(data):
        return None
    kind = data[position]
    position += 1
    if kind & 0x80:
        kind = (kind & 0x7F) | (data[position] & 0x7F) << 7
        position += 1
    size = shift = 0
    for _ in range(4):
        byte = data[position]
        position += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return kind, position, position + size


_LOOKS: dict[Spreadsheet, type[_PlainCells] | type[_BinaryCells] | type[_OdsCells]] = {
    "xlsx": _PlainCells,
    "xlsb": _BinaryCells,
    "ods": _OdsCells,
}
