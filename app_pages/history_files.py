"""Histories that readers open and take home: bytes in memory, on the disk only while SQLite needs them."""

from __future__ import annotations

import io
import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from app_pages import uploads, wording
from retention_core.history import TABLES, History
from retention_core.snapshots import HistoryError, Snapshot

LARGEST = 50_000_000
_WAIT = 2.0
_MAGIC = b"SQLite format 3\x00"
_NEW = "shop.history"


@dataclass(frozen=True, slots=True, eq=False)
class OpenHistory:
    """A history in memory: `content` is the file as it would be saved, `saved` whether the reader has it."""

    name: str
    content: bytes = field(repr=False)
    snapshots: tuple[Snapshot, ...] = field(repr=False)
    saved: bool = True


def opened(name: str, content: BinaryIO) -> OpenHistory:
    """A history that somebody hands in; it is only read.

    Raises
    ------
    HistoryError
        If it is too large, no history of reports, damaged, or holds anything but snapshots.
    """
    content.seek(0)
    found = content.read(LARGEST + 1)
    shown = wording.plain_line(name, 60)
    if len(found) > LARGEST:
        raise HistoryError(
            f'"{shown}" is larger than {LARGEST // 1_000_000} MB: a history of that size is none that '
            "regular reports would make."
        )
    if not found.startswith(_MAGIC):
        raise HistoryError(
            f'"{shown}" is no history of reports: open a file that this page or --history wrote.'
        )
    with uploads.on_disk(name, io.BytesIO(found)) as path:
        snapshots = _read(path)
    return OpenHistory(shown, found, snapshots)


def kept_in(history: OpenHistory | None, snapshot: Snapshot) -> tuple[OpenHistory, bool]:
    """The history with a snapshot more, and whether it was new: the last one may say the same.

    Raises
    ------
    HistoryError
        If the history cannot be written.
    """
    name, content = (_NEW, b"") if history is None else (history.name, history.content)
    with uploads.on_disk(name, io.BytesIO(content)) as path:
        new = History(path, _WAIT).keep(snapshot).new
        written, snapshots = path.read_bytes(), _read(path)
    saved = history is not None and history.saved and not new
    return OpenHistory(name, written, snapshots, saved), new


def _read(path: Path) -> tuple[Snapshot, ...]:
    _check_schema(path)
    snapshots = History(path, _WAIT).snapshots()
    for one in snapshots:
        if not _sound(one):
            raise HistoryError(f'"{path}" is damaged: the snapshot of {one.as_of} holds what is no figure.')
    return snapshots


def _check_schema(path: Path) -> None:
    """Refuse views, triggers and tables of somebody else's making before any of them is asked."""
    asked = "select type, name, sql from sqlite_master where name <> 'sqlite_sequence' order by name"
    with closing(sqlite3.connect(":memory:")) as model:
        for statement in TABLES:
            model.execute(statement)
        expected = model.execute(asked).fetchall()
    address = f"file:{quote(path.as_posix())}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as home:
            found = home.execute(asked).fetchall()
    except sqlite3.Error as error:
        raise HistoryError(f'"{path}" is no history of reports, or is damaged.') from error
    if found != expected:
        raise HistoryError(
            f'"{path}" is a database of another program, or holds more than snapshots: open a file that this '
            "page or --history wrote."
        )


def _sound(one: Snapshot) -> bool:
    """Whether figures are numbers and names texts, as no checksum can tell of a file made to deceive."""
    parts = ("value", "low", "high", "count", "of")
    numbers: list[Any] = [getattr(kept, part) for kept in one.figures.values() for part in parts]
    texts: list[Any] = [one.label, one.tool, *(pair for pairs in one.overdue or () for pair in pairs)]
    texts += [text for kept in one.figures.values() for text in (kept.about, kept.rule, kept.why)]
    rows, benchmark = one.log.get("rows"), one.benchmark or {}
    numbers += [rows, benchmark.get("value")]
    return all(map(_is_number, numbers)) and all(text is None or isinstance(text, str) for text in texts)


def _is_number(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
