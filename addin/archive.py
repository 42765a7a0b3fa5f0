"""Zip archives, which workbooks and extensions are: taken apart, and put together always alike."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_WHEN = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_READABLE_BY_ALL = 0o644 << 16


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The parts of an archive by name, in their order.

    Raises
    ------
    zipfile.BadZipFile
        If it is none.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def packed(parts: Mapping[str, bytes], *, compressed: bool = True) -> bytes:
    """An archive of the parts in their order, whatever the time and the system.

    How well parts are compressed differs between versions of zlib; stored, the bytes are the same everywhere.

    Examples
    --------
    >>> unpacked(packed({"b.txt": b"two", "a.txt": b"one"}))
    {'b.txt': b'two', 'a.txt': b'one'}
    """
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.create_system, entry.external_attr = _UNIX, _READABLE_BY_ALL
            archive.writestr(entry, content, method)
    return written.getvalue()
