"""The compression of VBA source in Office files ([MS-OVBA] 2.4.1)."""

from __future__ import annotations

from collections.abc import Iterator

CHUNK = 4096
_SIGNATURE = 0x01
_COMPRESSED, _RAW = 0xB000, 0x3000
_SHORTEST_COPY = 3


def compress(text: bytes) -> bytes:
    """Compress as Excel reads it.

    Raises
    ------
    ValueError
        If the last chunk cannot be held without loss: the format pads what does not shrink with zero
        bytes. No text does this; only noise does.

    Examples
    --------
    >>> len(b"Sub Main()" * 100), len(compress(b"Sub Main()" * 100))
    (1000, 17)
    """
    chunks = (text[start : start + CHUNK] for start in range(0, len(text), CHUNK))
    return bytes([_SIGNATURE]) + b"".join(map(_compressed_chunk, chunks))


def decompress(container: bytes) -> bytes:
    """The text in a compressed container.

    Raises
    ------
    ValueError
        If it is no such container.

    Examples
    --------
    >>> decompress(compress(b"Sub Main()"))
    b'Sub Main()'
    """
    if not container or container[0] != _SIGNATURE:
        raise ValueError("This is no compressed VBA text: it does not begin with 1.")
    text, at = bytearray(), 1
    while at + 2 <= len(container):
        header = int.from_bytes(container[at : at + 2], "little")
        body = container[at + 2 : at + (header & 0xFFF) + 3]
        text += _decompressed_chunk(body) if header & 0x8000 else body
        at += 2 + len(body)
    return bytes(text)


def _compressed_chunk(chunk: bytes) -> bytes:
    body = b"".join(_token_groups(chunk))
    if len(body) <= CHUNK:
        return (_COMPRESSED | len(body) - 1).to_bytes(2, "little") + body
    if len(chunk) < CHUNK:
        raise ValueError("The end of this text cannot be compressed without loss.")
    return (_RAW | CHUNK - 1).to_bytes(2, "little") + chunk


def _token_groups(chunk: bytes) -> Iterator[bytes]:
    """Eight tokens at a time behind a byte whose bits say which of them are copies."""
    at = 0
    while at < len(chunk):
        copies, tokens = 0, b""
        for bit in range(8):
            if at == len(chunk):
                break
            length, distance = _longest_copy(chunk, at)
            if length:
                copies |= 1 << bit
                token = distance - 1 << 16 - _distance_bits(at) | length - _SHORTEST_COPY
                tokens += token.to_bytes(2, "little")
            else:
                tokens += chunk[at : at + 1]
            at += length or 1
        yield bytes([copies]) + tokens


def _longest_copy(chunk: bytes, at: int) -> tuple[int, int]:
    """Length and distance of the longest earlier run that reads the same, or zeros."""
    longest = min(len(chunk) - at, _most_length(at)) if at else 0
    length, where = _SHORTEST_COPY - 1, 0
    while length < longest:
        # a longer run cannot begin before the first place of a shorter one
        found = chunk.find(chunk[at : at + length + 1], where, at + length)
        if found < 0:
            break
        length, where = length + 1, found
    return (length, at - where) if length >= _SHORTEST_COPY else (0, 0)


def _decompressed_chunk(body: bytes) -> bytes:
    chunk, at = bytearray(), 0
    while at < len(body):
        copies, at = body[at], at + 1
        for bit in range(8):
            if at >= len(body):
                break
            if copies >> bit & 1:
                token = int.from_bytes(body[at : at + 2], "little")
                bits = 16 - _distance_bits(len(chunk))
                start = len(chunk) - (token >> bits) - 1
                if start < 0:
                    raise ValueError("This compressed VBA text is damaged: it copies from before its start.")
                for place in range(start, start + (token & (1 << bits) - 1) + _SHORTEST_COPY):
                    chunk.append(chunk[place])
                at += 2
            else:
                chunk.append(body[at])
                at += 1
    return bytes(chunk)


def _distance_bits(at: int) -> int:
    """How many of a copy token's 16 bits hold the distance; the rest holds the length."""
    return max(4, (at - 1).bit_length())


def _most_length(at: int) -> int:
    return (0xFFFF >> _distance_bits(at)) + _SHORTEST_COPY
