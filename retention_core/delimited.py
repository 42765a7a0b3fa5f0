"""Text files with separated columns: which encoding, which delimiter, which records."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa

from retention_core.archives import MOST_COLUMNS
from retention_core.errors import FileError, said
from retention_core.headers import find_header, kind_of_cell
from retention_core.identity import BLANKS
from retention_core.raw_tables import ROW, TOO_LONG, RawTable, SetAside, no_rows, text_table

Progress = Callable[[str], None]

UNCLOSED = "quote never closed"
_SAMPLE_LINES = 200
_SAMPLE_RECORDS = 100
_BATCH = 50_000
_PEEKED_BYTES = 4_000_000
# Where two fit equally well, the one that is rarer inside text and figures is the delimiter.
_DELIMITERS = {
    "\t": "tabs",
    ";": "semicolons",
    "|": "vertical bars",
    ",": "commas",
    "^": "carets",
    "~": "tildes",
    "\x1f": "unit separators",
    "\x01": "control characters",
    ":": "colons",
}
# Cuts nothing: what a file without any delimiter is read with.
_NEVER = "\x1f"
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MIXED = "mixed"
_ENCODING_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}
# Five bytes mean nothing in Windows-1252; they keep the meaning Latin-1 gives them.
_WINDOWS = "".join(
    bytes([n]).decode("cp1252" if n not in (129, 141, 143, 144, 157) else "latin-1") for n in range(256)
)


class Unclosed(list[str]):
    """A line whose quote is never closed: a record without cells, with the line as it stands."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class TextLines:
    """The lines of a text file, line ends kept; counts those that were no UTF-8.

    In a file that is not UTF-8 throughout, each line is read as UTF-8 if it can be and as Windows-1252
    otherwise: logs glued together from several exports mix both.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.encoding = encoding
        self.in_windows = 0
        self.in_utf8 = 0

    def __iter__(self) -> Iterator[str]:
        self.in_windows = self.in_utf8 = 0
        if self.encoding == _MIXED:
            yield from self._mixed()
            return
        try:
            with self.path.open(encoding=self.encoding, newline="") as file:
                yield from file
        except UnicodeError as error:
            raise FileError(
                f'"{self.path.name}" cannot be read as {self.encoding.upper()} text ({said(error)}): '
                f"save it again as CSV UTF-8."
            ) from error

    def note(self) -> str:
        """The encoding in words, for the end of "Read as"."""
        if self.encoding != _MIXED:
            return f"{_ENCODING_NAMES.get(self.encoding, self.encoding.upper())} text"
        if self.in_utf8:
            return f"UTF-8 text ({self.in_windows:,} lines that are not UTF-8 as Windows-1252)"
        return "Windows-1252 text (Western European)"

    def _mixed(self) -> Iterator[str]:
        with self.path.open("rb") as file:
            for line in file:
                # Python splits bytes at line feeds only; old exports end lines with carriage returns.
                for part in re.split(rb"(?<=\r)(?!\n)", line) if b"\r" in line[:-2] else (line,):
                    if part:
                        yield self._decoded(part)

    def _decoded(self, line: bytes) -> str:
        if line.isascii():
            return line.decode("ascii")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self.in_windows += 1
            return codecs.charmap_decode(line, "strict", _WINDOWS)[0]
        self.in_utf8 += 1
        return text


def open_text(path: Path, most_bytes: int | None = None) -> TextLines:
    """The lines of a text file in the encoding its bytes show.

    Raises
    ------
    FileError
        If the file holds bytes that no text has.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return TextLines(path, encoding)
    encoding = _utf16_without_mark(head) or _utf8_or_mixed(path, most_bytes)
    return TextLines(path, encoding)


def _utf16_without_mark(head: bytes) -> str | None:
    """Text in Western letters has a zero in every second byte of UTF-16."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd > 0.4 * half and even < 0.02 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.02 * half:
        return "utf-16-be"
    return None


def _utf8_or_mixed(path: Path, most_bytes: int | None) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, seen = "utf-8", 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if b"\0" in chunk or (seen == 0 and _control_share(chunk) > 0.1):
                raise FileError(
                    f'"{path.name}" is not text: it holds bytes that no table has '
                    f"(export it as CSV or as an Excel workbook)."
                )
            seen += len(chunk)
            encoding = encoding if encoding == _MIXED else _still_utf8(decoder, chunk)
            if most_bytes is not None and seen >= most_bytes:
                return encoding
    return encoding if encoding == _MIXED else _still_utf8(decoder, b"", final=True)


def _still_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> str:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return _MIXED
    return "utf-8"


def _control_share(chunk: bytes) -> float:
    controls = bytes({*range(32)} - {1, 9, 10, 11, 12, 13, 26, 31})
    return (len(chunk) - len(chunk.translate(None, controls))) / len(chunk)


def records(lines: Iterable[str], delimiter: str) -> Generator[list[str], None, None]:
    """The records of separated text; a line with a stray opening quote is one record, `Unclosed`.

    A quote that is never closed would swallow the lines after it into one cell. Such a record shows at the
    end of the file, at the longest cell csv allows, or because something other than a delimiter follows the
    quote that seems to close it. Its first line is given up and reading goes on with the next.

    Examples
    --------
    >>> list(records(['a,"b\\n', 'c",d\\n', 'e,"f\\n', 'g,h\\n'], ","))
    [['a', 'b\\nc', 'd'], [], ['g', 'h']]
    """
    feed = _Feed(iter(lines))
    while True:
        try:
            for record in csv.reader(feed, delimiter=delimiter):
                if feed.ended_inside or (len(feed.current) > 1 and not _well_formed(feed.current, delimiter)):
                    break
                feed.current.clear()
                yield record
            else:
                return
        except csv.Error as error:
            if len(feed.current) <= 1:
                line = said("".join(feed.current)[:80])
                raise FileError(
                    f'A row that begins with "{line}" cannot be read ({said(error)}): is it one row a line?'
                ) from error
        yield Unclosed(feed.give_up_first())


class _Feed:
    """Lines for csv.reader, which remembers those of the record being read and can take them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.current: list[str] = []
        self.ended_inside = False

    def __iter__(self) -> Iterator[str]:
        # Called anew for every csv.reader; the lines go on where the last one stopped.
        current = self.current
        for line in self.lines:
            current.append(line)
            yield line
        self.ended_inside = bool(current)

    def give_up_first(self) -> str:
        first, *rest = self.current
        self.lines = chain(rest, self.lines)
        self.current = []
        self.ended_inside = False
        return first


def _well_formed(lines: Sequence[str], delimiter: str) -> bool:
    """Whether several lines are one record by the strict rules of csv."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def find_delimiter(lines: Sequence[str]) -> str | None:
    """The delimiter that cuts most records into the same number of cells, or None where none does.

    Examples
    --------
    >>> find_delimiter(["customer;amount\\n", "Ann;1,50\\n", "Bob;2,25\\n"])
    ';'
    >>> find_delimiter(["customer\\n", "Ann\\n", "Bob\\n"]) is None
    True
    """
    fits = {delimiter: _fit(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(fits, key=lambda delimiter: fits[delimiter])
    return best if fits[best] > 0 else None


def _fit(lines: Sequence[str], delimiter: str) -> float:
    """How well a delimiter fits: share of records of the usual width, more for width and for a header."""
    try:
        rows = [row for row in islice(records(lines, delimiter), _SAMPLE_RECORDS) if any(row)]
    except FileError:
        return 0.0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    share = count / len(rows)
    if share < 0.3 or (count < 2 and len(rows) > 2):
        # Too uneven to tell by widths: a delimiter that most rows use is better than none.
        used = widths.total() / len(rows)
        return 0.01 * used if used > 0.5 else 0.0
    first = next(row for row in rows if len(row) == width)
    named = all(kind_of_cell(cell) == "text" for cell in first)
    return share * (1 - 1 / width) * (1.0 if named else 0.5)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text file is laid out: what to skip, how to cut, where the header is."""

    lines: TextLines
    skipped_lines: int
    delimiter: str

    def records(self) -> Generator[list[str], None, None]:
        return records(islice(self.lines, self.skipped_lines, None), self.delimiter)


def read_delimited(
    path: Path,
    name: str,
    *,
    keep: Iterable[str] | None = None,
    most_rows: int | None = None,
    progress: Progress | None = None,
) -> RawTable:
    """The table in a text file; row numbers count records, so that a cell with line breaks counts once.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in sentences.
    keep
        Columns to keep.
    most_rows
        Stop after so many rows below the header.
    progress
        Told how many rows are read.
    """
    layout = _layout(open_text(path, None if most_rows is None else _PEEKED_BYTES), name)
    with closing(layout.records()) as stream:  # an open file cannot be removed on Windows
        first = list(islice(stream, _SAMPLE_RECORDS))
        position = _header_position(first, name)
        header, number = first[position], layout.skipped_lines + position + 1
        body = chain(first[position + 1 :], stream)
        reading = _Reading(header, layout.delimiter, number)
        for batch in iter(lambda: list(islice(body, min(_BATCH, most_rows or _BATCH))), []):
            reading.take(batch)
            if progress is not None:
                progress(f"Reading {name}: {reading.row:,} rows")
            if most_rows is not None:
                break
    table = reading.table()
    if not reading.filled:
        raise _nothing_fits(reading, name)
    by = f" separated by {_DELIMITERS.get(layout.delimiter, layout.delimiter)}" if len(header) > 1 else ""
    notes = [f"Read as {layout.lines.note()}{by}.", *_skipped(first[:position], number)]
    return text_table(table, header, reading.set_aside, notes, keep)


def _layout(lines: TextLines, name: str) -> _Layout:
    sample = list(islice(lines, _SAMPLE_LINES))
    if not "".join(sample).strip(BLANKS + ',;|"'):
        raise FileError(f'"{name}" is empty: it holds no rows at all.')
    told = re.fullmatch(r'"?sep=(.)"?\s*', sample[0], re.IGNORECASE)
    skipped = 1 if told else 0
    delimiter = find_delimiter(sample[skipped:])
    if told and any(told[1] in line for line in sample[1:]):
        delimiter = told[1]
    return _Layout(lines, skipped, delimiter or _NEVER)


def _header_position(first: Sequence[list[str]], name: str) -> int:
    widest = max(map(len, first), default=0)
    if widest > MOST_COLUMNS:
        raise FileError(f'"{name}" has {widest:,} columns, more than any table: is it one?')
    position = find_header(first)
    if position is None:
        raise no_header(name, next((row for row in first if any(cell.strip(BLANKS) for cell in row)), []))
    header = first[position]
    if len(header) > MOST_COLUMNS:
        raise FileError(
            f'"{name}" has {len(header):,} columns in its first row, more than any table: is it text?'
        )
    joined = "".join(header)
    if len(header) == 1 and any(d in joined for d in ",;\t|"):
        raise FileError(
            f'"{name}" reads as a single column named "{said(joined)}": its rows do not use the delimiter of '
            f"the header; save it again with one delimiter throughout."
        )
    return position


def no_header(name: str, row: Sequence[str | None]) -> FileError:
    """The error for a table whose columns have no names."""
    cells = ", ".join(cell for cell in row if cell)
    return FileError(
        f'"{name}" has no header row: the first row reads "{said(cells)}"; name the columns in the first row.'
    )


def _nothing_fits(reading: _Reading, name: str) -> FileError:
    if not reading.set_aside:
        return no_rows(name)
    row, reason, text = reading.set_aside[0]
    return FileError(
        f'No row of "{name}" fits its header of {reading.width} columns: row {row} has {reason} '
        f'("{said(text)}"); check the delimiter and the names in the header.'
    )


def _skipped(above: Sequence[Sequence[str]], header_number: int) -> list[str]:
    if not any(cell.strip(BLANKS) for row in above for cell in row):
        return []
    return [skipped_rows(header_number)]


def skipped_rows(header_number: int) -> str:
    """The note on rows above the header."""
    above = "Row 1" if header_number == 2 else f"Rows 1 to {header_number - 1}"
    return f"{above} above the header in row {header_number} skipped."


class _Reading:
    """Records turned into columns batch by batch, those that do not fit the header set aside."""

    def __init__(self, header: Sequence[str], delimiter: str, row: int) -> None:
        self.width = len(header)
        self.delimiter = delimiter
        self.row = row
        self.set_aside: list[SetAside] = []
        self.filled = False
        self._batches: list[pa.RecordBatch] = []
        self._schema = pa.schema([(ROW, pa.int64()), *((str(i), pa.string()) for i in range(self.width))])

    def take(self, batch: list[list[str]]) -> None:
        numbers: Sequence[int] = range(self.row + 1, self.row + 1 + len(batch))
        self.row += len(batch)
        if set(map(len, batch)) != {self.width}:
            fitting = [
                (n, row) for n, record in zip(numbers, batch, strict=True) if (row := self._fit(n, record))
            ]
            numbers, batch = [n for n, _ in fitting], [row for _, row in fitting]
        columns = list(zip(*batch, strict=True)) or [()] * self.width
        self.filled = self.filled or any(cell.strip(BLANKS) for column in columns for cell in column)
        arrays = [pa.array(numbers, pa.int64()), *(pa.array(column, pa.string()) for column in columns)]
        self._batches.append(pa.record_batch(arrays, schema=self._schema))

    def table(self) -> pa.Table:
        return pa.Table.from_batches(self._batches, schema=self._schema)

    def _fit(self, number: int, record: list[str]) -> list[str] | None:
        if isinstance(record, Unclosed):
            self.set_aside.append((number, UNCLOSED, record.text.strip(BLANKS)))
            return None
        if any(cell.strip(BLANKS) for cell in record[self.width :]):
            self.set_aside.append((number, TOO_LONG, self.delimiter.join(record)))
            return None
        return (record + [""] * self.width)[: self.width]
