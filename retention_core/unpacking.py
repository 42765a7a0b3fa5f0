"""Gzipped text, inflated to a temporary file as far as the limit allows."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retention_core.archives import MOST_BYTES, gibibytes
from retention_core.errors import FileError
from retention_core.file_kinds import file_kind


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The text inside a gzip file, as a temporary file that is gone afterwards.

    Raises
    ------
    FileError
        If the file is damaged, holds no text, or holds more than `MOST_BYTES`.
    """
    handle, name = tempfile.mkstemp(suffix=".csv")
    plain = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in _inflated(path):
                out.write(chunk)
        if file_kind(plain) != "text":
            raise FileError(f'"{path.name}" holds no text: unpack it and give the file inside.')
        with plain.open("rb") as text:
            text.seek(257)
            if text.read(5) == b"ustar":
                raise FileError(
                    f'"{path.name}" is an archive of files (tar): unpack it and give the file inside.'
                )
        yield plain
    finally:
        plain.unlink(missing_ok=True)


def _inflated(path: Path) -> Iterator[bytes]:
    total = 0
    decoder = zlib.decompressobj(wbits=31)
    try:
        with path.open("rb") as packed:
            data = packed.read(1 << 20)
            while data:
                chunk = decoder.decompress(data, 1 << 22)
                total += len(chunk)
                if total > MOST_BYTES:
                    raise FileError(
                        f'"{path.name}" unpacks to more than {gibibytes(MOST_BYTES)}: unpack it yourself.'
                    )
                yield chunk
                data = decoder.unconsumed_tail
                if decoder.eof:
                    # A gzip file may be several, one after the other.
                    data = decoder.unused_data.lstrip(b"\0") or packed.read(1 << 20).lstrip(b"\0")
                    decoder = zlib.decompressobj(wbits=31) if data else decoder
                data = data or packed.read(1 << 20)
    except zlib.error as error:
        raise FileError(f'"{path.name}" is damaged: download or pack it again.') from error
    if not decoder.eof:
        raise FileError(f'"{path.name}" is cut short: download or pack it again.')
