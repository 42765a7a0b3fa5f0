"""Workbooks in the container of older Office (xls), looked through before the library opens them.

The library makes one cell for every place between the first and the last used one, whatever column a
damaged or hostile record claims; it would ask for a hundred gigabytes and end the program.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from retention_core.archives import MOST_CELLS, damaged, protected, too_many_cells
from retention_core.file_kinds import looks_like

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ROWS, _COLUMNS = 65_536, 256
_LAST_SECTOR = 0xFFFFFFFA
_ENTRY = 128
_STREAMS = ("Workbook", "Book", "WordDocument", "EncryptedPackage")
# Records of one cell or a run of cells begin with row and column: [MS-XLS] 2.3, the BIFF5 forms included.
_CELL_RECORDS = frozenset({0x06, 0x206, 0x406, 0xD6, 0xFD, 0x203, 0x204, 0x205, 0x27E, 0xBD})
_RUN_OF_NUMBERS = 0xBD
_SHEET_POSITION = 0x85
_DIMENSIONS = 0x200
_STRINGS = 0xFC
_PASSWORD = 0x2F
_END = 0x0A


def check_old_workbook(name: str, content: bytes) -> None:
    """See that an old Office file is a workbook without password that fits into memory.

    Raises
    ------
    FileError
        If it is not.
    """
    try:
        streams = dict(_streams(content))
    except (struct.error, IndexError, ValueError) as error:
        raise damaged(name) from error
    if "EncryptedPackage" in streams:
        raise protected(name)
    books = [streams[title] for title in ("Workbook", "Book") if title in streams]
    if not books:
        word = "WordDocument" in streams
        raise looks_like(name, "a Word document" if word else "an Office document without sheets")
    for book in books:
        _check_book(name, book)


def _check_book(name: str, book: bytes) -> None:
    used = 0
    positions = []
    for kind, data in _records(book, 0):
        if kind == _PASSWORD:
            raise protected(name)
        if kind == _STRINGS and int.from_bytes(data[4:8], "little") > len(book):
            raise damaged(name)
        if kind == _SHEET_POSITION:
            positions.append(int.from_bytes(data[:4], "little"))
    for position in positions:
        rows, columns = _extent(name, book, position)
        used += rows * columns
        if used > MOST_CELLS:
            raise too_many_cells(name, rows, columns)


def _extent(name: str, book: bytes, position: int) -> tuple[int, int]:
    """Rows and columns that the cells of the sheet at a position span."""
    rows = columns = 0
    for kind, data in _records(book, position):
        if kind == _DIMENSIONS and not _plausible(data):
            raise damaged(name)
        if kind in _CELL_RECORDS and len(data) >= 4:
            row, column = struct.unpack_from("<HH", data)
            column += max((len(data) - 6) // 6 - 1, 0) if kind == _RUN_OF_NUMBERS else 0
            if column >= _COLUMNS:
                raise damaged(name)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
    return rows, columns


def _plausible(dimensions: bytes) -> bool:
    """Whether a sheet claims to begin before it ends, within what the format can hold."""
    form = {10: "<4H", 14: "<2I2H"}.get(len(dimensions))
    if form is None:
        return False
    first_row, end_row, first_column, end_column = struct.unpack_from(form, dimensions)
    return bool(first_row <= end_row <= _ROWS and first_column <= end_column <= _COLUMNS)


def _records(book: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """Kind and content of the records from a position to the end of that part."""
    kind = -1
    while position + 4 <= len(book) and kind != _END:
        kind, length = struct.unpack_from("<HH", book, position)
        yield kind, book[position + 4 : position + 4 + length]
        position += 4 + length


def _streams(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The named streams of a compound file: [MS-CFB] 2.1 to 2.6."""
    sector = 1 << struct.unpack_from("<H", content, 30)[0]
    if sector not in (512, 4096) or struct.unpack_from("<H", content, 32)[0] != 6:
        raise ValueError("sector size")
    counts = struct.unpack_from("<2I", content, 40) + struct.unpack_from("<I4xI", content, 64)
    if max(counts) * sector > len(content):
        raise ValueError("more sectors than the file has")
    directory_start, _, cutoff, small_start, _, more = struct.unpack_from("<6I", content, 48)
    body = content[sector:]
    table = _table(content, body, sector, more)
    directory = _chain(body, sector, table, directory_start)
    small_table = array("I", _whole_words(_chain(body, sector, table, small_start)))
    small_body = _chain(body, sector, table, struct.unpack_from("<I", directory, 116)[0])
    if _goes_in_circles(table) or _goes_in_circles(small_table):
        raise ValueError("a chain of sectors that never ends")
    for start in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        entry = directory[start : start + _ENTRY]
        first, size, high = struct.unpack_from("<3I", entry, 116)
        if entry[66] and size + (high << 32 if sector > 512 else 0) > len(content):
            raise ValueError("a stream longer than the file")
        title = entry[:64].decode("utf-16-le", "replace").partition("\0")[0]
        if entry[66] and title in _STREAMS:
            small = size < cutoff
            chain = (
                _chain(small_body, 64, small_table, first) if small else _chain(body, sector, table, first)
            )
            yield title, chain[:size]


def _goes_in_circles(table: array[int]) -> bool:
    """Whether following the table from some sector never ends, as no sound file does."""
    ends = bytearray(len(table))
    for start in range(len(table)):
        path = []
        at = start
        while at < len(table) and not ends[at]:
            ends[at] = 2
            path.append(at)
            at = table[at]
        if at < len(table) and ends[at] == 2:
            return True
        for passed in path:
            ends[passed] = 1
    return False


def _table(content: bytes, body: bytes, sector: int, more: int) -> array[int]:
    """The table of which sector follows which; a large file lists further parts of it in a chain."""
    parts = list(struct.unpack_from("<109I", content, 76))
    for _ in range(len(body) // sector):
        if more >= _LAST_SECTOR:
            break
        block = struct.unpack_from(f"<{sector // 4}I", body, more * sector)
        parts.extend(block[:-1])
        more = block[-1]
    blocks = (body[part * sector : (part + 1) * sector] for part in parts if part < _LAST_SECTOR)
    return array("I", _whole_words(b"".join(blocks)))


def _whole_words(data: bytes) -> bytes:
    return data[: len(data) // 4 * 4]


def _chain(body: bytes, sector: int, table: array[int], start: int) -> bytes:
    blocks: list[bytes] = []
    while start < _LAST_SECTOR and start < len(table) and len(blocks) <= len(table):
        blocks.append(body[start * sector : (start + 1) * sector])
        start = table[start]
    if len(blocks) > len(table):
        raise ValueError("a chain of sectors that never ends")
    return b"".join(blocks)
