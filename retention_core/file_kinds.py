"""What a file is, by its first bytes: the name often lies (workbooks called .csv, web pages called .xls)."""

from __future__ import annotations

import codecs
import os
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from retention_core.errors import FileError, said

Kind = Literal["workbook", "parquet", "gzip", "text"]

_SAVE_AS = "save it as CSV or as an Excel workbook (.xlsx)"
_TABLES: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", "workbook"),
    (b"PK\x05\x06", "workbook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
    (b"PAR1", "parquet"),
    (b"\x1f\x8b", "gzip"),
)
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"PARE", "an encrypted parquet file"),
    (b"ARROW1\x00\x00", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
)


def checked_path(path: object) -> Path:
    """The path of a readable file.

    Raises
    ------
    FileError
        If there is no such file, it is a folder, or it may not be read.
    """
    if not isinstance(path, str | os.PathLike):
        raise FileError(f"`path` must be the path of a file (got {said(path)}).")
    file = Path(os.fsdecode(path))
    try:
        if not file.exists():
            raise _missing(file)
        if file.is_dir():
            raise FileError(f'"{file.name or file}" is a folder: name a file inside it.')
        if not file.is_file():
            raise FileError(f'"{file.name}" is a device or a pipe: name an ordinary file.')
        with file.open("rb") as opened:
            opened.read(1)
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise unreadable(file.name, error) from error
    return file


def unreadable(name: str, error: Exception) -> FileError:
    """The error for a file the system will not hand over."""
    reason = getattr(error, "strerror", None) or str(error)
    return FileError(
        f'"{said(name)}" cannot be read ({said(reason)}): check the path and your right to read it.'
    )


def file_kind(path: Path) -> Kind:
    """What a file holds.

    Raises
    ------
    FileError
        If that is nothing a table can be read from; the sentence says what it looks like.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise FileError(f'"{path.name}" is empty: it holds no rows at all.')
    for magic, kind in _TABLES:
        if head.startswith(magic):
            return kind
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise looks_like(path.name, what)
    if markup := _markup(head):
        raise looks_like(path.name, markup)
    return "text"


def looks_like(name: str, what: str) -> FileError:
    """The error for a file that is something else."""
    return FileError(f'"{name}" looks like {what}, which cannot be read as a table: {_SAVE_AS}.')


def _markup(head: bytes) -> str | None:
    """HTML, XML or JSON where a table was expected, or None."""
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head[: len(head) // 2 * 2].decode("utf-16" if wide else "utf-8-sig", "replace").lstrip().lower()
    if text.startswith("<"):
        if "urn:schemas-microsoft-com:office:spreadsheet" in text:
            return "an XML spreadsheet of Excel 2003"
        if any(tag in text for tag in ("<html", "<table", "<!doctype html", "<body")):
            return "a web page (HTML), as some shops and banks export under the name .xls"
        return "an XML document" if text.startswith(("<?xml", "<!")) else None
    if text.startswith(("{", "[")) and text[1:].lstrip()[:1] in ('"', "{", "[", "}", "]"):
        return "JSON"
    return None


def _missing(file: Path) -> FileError:
    folder = file.parent
    if not folder.is_dir():
        return FileError(f'No file "{file.name}": there is no folder "{folder}"; check the path.')
    names = sorted(entry.name for entry in folder.iterdir())
    close = get_close_matches(file.name, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(f'{name!r}' for name in close)}?" if close else "check the path."
    return FileError(f'No file "{said(file.name)}" in "{folder}": {hint}'.replace("'", '"'))
