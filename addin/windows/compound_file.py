"""Compound files, the small file system inside an Office file's vbaProject.bin ([MS-CFB], version 3).

Written without dates and with the entries in the format's own order, so that the same streams always
give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_SIGNATURE = bytes.fromhex("D0CF11E0A1B11AE1")
_SECTOR, _MINI_SECTOR, _MINI_STREAM_LIMIT = 512, 64, 4096
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1
_IN_HEADER = 109
_A_SECTOR = _SECTOR // 4
_ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")
_HEADER = struct.Struct("<8s16sHHHHH6sIIIIIIIII")


@dataclass
class _Entry:
    name: str
    kind: int
    content: bytes = b""
    colour: int = _BLACK
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE


@dataclass
class _Sectors:
    """Sectors of one size, and for each the number of the next."""

    size: int
    data: list[bytes] = field(default_factory=list)
    following: list[int] = field(default_factory=list)

    def add(self, content: bytes, fill: bytes = b"\0") -> int:
        """Append a chain and say where it starts."""
        if not content:
            return _END
        start = len(self.data)
        self.data += [
            content[at : at + self.size].ljust(self.size, fill) for at in range(0, len(content), self.size)
        ]
        self.following += [*range(start + 1, len(self.data)), _END]
        return start


def write(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with these streams.

    Parameters
    ----------
    streams
        Path, as in "VBA/dir", -> content.

    Raises
    ------
    ValueError
        If they come to more than the 7 megabytes that need no second table of tables.

    Examples
    --------
    >>> read(write({"PROJECT": b"Module=retention", "VBA/dir": b"..."}))
    {'PROJECT': b'Module=retention', 'VBA/dir': b'...'}
    """
    entries = _directory(streams)
    minis, sectors = _Sectors(_MINI_SECTOR), _Sectors(_SECTOR)
    starts = [0]
    for entry in entries[1:]:
        # small streams share the root's stream in sectors of their own
        pool = minis if len(entry.content) < _MINI_STREAM_LIMIT else sectors
        starts.append(pool.add(entry.content) if entry.kind == _STREAM else 0)
    entries[0].content = b"".join(minis.data)
    starts[0] = sectors.add(entries[0].content)
    mini_table = sectors.add(_numbers(minis.following), fill=b"\xff")
    mini_tables = -(-len(minis.following) // _A_SECTOR)
    directory = sectors.add(_listed(entries, starts))
    tables = _add_table(sectors)
    header = _HEADER.pack(
        _SIGNATURE, b"", 0x3E, 3, 0xFFFE, 9, 6, b"",
        0, len(tables), directory, 0, _MINI_STREAM_LIMIT, mini_table, mini_tables, _END, 0,
    )  # fmt: skip
    in_header = [*tables, *[_FREE] * (_IN_HEADER - len(tables))]
    return header + _numbers(in_header) + b"".join(sectors.data)


def read(file: bytes) -> dict[str, bytes]:
    """Path -> content of every stream, in the order of their paths.

    Raises
    ------
    ValueError
        If it is no compound file, or a damaged one.
    """
    if len(file) < _SECTOR or not file.startswith(_SIGNATURE):
        raise ValueError("This is no compound file.")
    try:
        return dict(sorted(_streams(file)))
    except (struct.error, IndexError) as error:
        raise ValueError("This compound file is damaged.") from error


def _streams(file: bytes) -> Iterator[tuple[str, bytes]]:
    header = _HEADER.unpack_from(file)
    tables, directory, mini_table = header[9], header[10], header[13]
    sectors = [file[at : at + _SECTOR] for at in range(_SECTOR, len(file), _SECTOR)]
    places = struct.unpack_from(f"<{min(tables, _IN_HEADER)}I", file, _HEADER.size)
    following = _unpacked(b"".join(sectors[place] for place in places))
    listed = _chain(sectors, following, directory)
    entries = [_ENTRY.unpack_from(listed, at) for at in range(0, len(listed) - 127, 128)]
    root = _chain(sectors, following, entries[0][11])
    minis = [root[at : at + _MINI_SECTOR] for at in range(0, len(root), _MINI_SECTOR)]
    mini_following = _unpacked(_chain(sectors, following, mini_table))
    for path, entry in _paths(entries, entries[0][6], ""):
        start, size = entry[11], entry[12] & 0xFFFFFFFF
        small = size < _MINI_STREAM_LIMIT
        content = _chain(minis, mini_following, start) if small else _chain(sectors, following, start)
        yield path, content[:size]


def _paths(
    entries: list[tuple[Any, ...]], number: int, folder: str, depth: int = 0
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if number == _NONE:
        return
    if depth > len(entries):
        raise IndexError(number)
    entry = entries[number]
    name = folder + entry[0][: entry[1] - 2].decode("utf-16-le")
    for sibling in (entry[4], entry[5]):
        yield from _paths(entries, sibling, folder, depth + 1)
    if entry[2] == _STREAM:
        yield name, entry
    else:
        yield from _paths(entries, entry[6], f"{name}/", depth + 1)


def _chain(sectors: list[bytes], following: tuple[int, ...], start: int) -> bytes:
    found = []
    while start != _END:
        found.append(sectors[start])
        if len(found) > len(sectors):
            raise IndexError(start)
        start = following[start]
    return b"".join(found)


def _directory(streams: Mapping[str, bytes]) -> list[_Entry]:
    entries = [_Entry("Root Entry", _ROOT)]
    folders = {path.rpartition("/")[0] for path in streams} - {""}
    numbers = {"": 0}
    for path in sorted({*folders, *streams}):
        numbers[path] = len(entries)
        kind = _STORAGE if path in folders else _STREAM
        entries.append(_Entry(path.rpartition("/")[2], kind, streams.get(path, b"")))
    for folder in ("", *folders):
        inside = [numbers[path] for path in numbers if path and path.rpartition("/")[0] == folder]
        # the format's own order: shorter names first, then capitals
        inside.sort(key=lambda number: (len(entries[number].name), entries[number].name.upper()))
        entries[numbers[folder]].child = _balanced(entries, inside, (len(inside) + 1).bit_length() - 1)
    return entries


def _balanced(entries: list[_Entry], numbers: list[int], full_levels: int) -> int:
    """Link the entries as a search tree; only its unfilled last level is red, so it is a red-black tree."""
    if not numbers:
        return _NONE
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.left = _balanced(entries, numbers[:middle], full_levels - 1)
    entry.right = _balanced(entries, numbers[middle + 1 :], full_levels - 1)
    entry.colour = _BLACK if full_levels > 0 else _RED
    return numbers[middle]


def _listed(entries: Iterable[_Entry], starts: Iterable[int]) -> bytes:
    packed = [_packed(entry, start) for entry, start in zip(entries, starts, strict=True)]
    blank = _ENTRY.pack(b"", 0, 0, 0, _NONE, _NONE, _NONE, b"", 0, 0, 0, 0, 0)
    return b"".join([*packed, *[blank] * (-len(packed) % 4)])


def _packed(entry: _Entry, start: int) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    if len(name) > 64:
        raise ValueError(f"A stream's name has at most 31 characters (got {entry.name}).")
    return _ENTRY.pack(
        name, len(name), entry.kind, entry.colour, entry.left, entry.right, entry.child,
        b"", 0, 0, 0, start, len(entry.content),
    )  # fmt: skip


def _add_table(sectors: _Sectors) -> list[int]:
    """Append the table of what follows what, which counts its own sectors too."""
    count = 1
    while count * _A_SECTOR < len(sectors.data) + count:
        count += 1
    if count > _IN_HEADER:
        raise ValueError("These streams are too large for one compound file.")
    places = list(range(len(sectors.data), len(sectors.data) + count))
    following = [*sectors.following, *[_TABLE] * count]
    table = _numbers([*following, *[_FREE] * (count * _A_SECTOR - len(following))])
    sectors.data += [table[at : at + _SECTOR] for at in range(0, len(table), _SECTOR)]
    return places


def _numbers(numbers: Iterable[int]) -> bytes:
    listed = list(numbers)
    return struct.pack(f"<{len(listed)}I", *listed)


def _unpacked(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 4}I", packed)
