"""The type library of an extension: which methods with which parameters LibreOffice may call.

LibreOffice reads such a file (.rdb) instead of UNOIDL source; its SDK compiles one with `unoidl-write`.
The same bytes are written here, so that building needs no SDK: numbers are little-endian, a name that
comes again is a reference to its first place, and a module ends with the sorted map of what it holds.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_MAGIC = b"UNOIDL\xff\x00"
_MODULE, _INTERFACE = 0, 5
_IN = 0
_AGAIN = 0x80000000

Parameters = Sequence[tuple[str, str]]


class _Writer:
    """Bytes so far, and where each name already stands."""

    def __init__(self, comment: str) -> None:
        self.bytes = bytearray(_MAGIC + bytes(8) + b"\0" + comment.encode("ascii") + b"\0")
        self._places: dict[str, int] = {}

    def number(self, value: int) -> None:
        self.bytes += struct.pack("<I", value)

    def name(self, name: str) -> None:
        if name in self._places:
            self.number(self._places[name] | _AGAIN)
            return
        self._places[name] = len(self.bytes)
        self.number(len(name))
        self.bytes += name.encode("ascii")

    def map_of_one(self, name: str, data: int, *, module: bool) -> int:
        """A map with a single entry; where it stands."""
        name_at = len(self.bytes)
        self.bytes += name.encode("ascii") + b"\0"
        map_at = len(self.bytes)
        if module:
            self.bytes.append(_MODULE)
            self.number(1)
        self.number(name_at)
        self.number(data)
        return map_at


def type_library(
    interface: str,
    methods: Mapping[str, Parameters],
    *,
    returns: str = "any",
    comment: str = "** retention **",
) -> bytes:
    """A type library with one interface.

    Parameters
    ----------
    interface
        Full name such as "org.retention.calc.XRetention".
    methods
        Method name -> its parameters as (name, UNO type).
    returns
        UNO type that every method returns.
    comment
        Text in the head of the file.

    Examples
    --------
    >>> type_library("a.X", {"f": [("x", "any")]})[:7]
    b'UNOIDL\\xff'
    """
    writer = _Writer(comment)
    *modules, name = interface.split(".")
    place = _interface(writer, methods, returns)
    for depth, part in enumerate([name, *reversed(modules)]):
        place = writer.map_of_one(part, place, module=depth < len(modules))
    struct.pack_into("<II", writer.bytes, len(_MAGIC), place, 1)
    return bytes(writer.bytes)


def _interface(writer: _Writer, methods: Mapping[str, Parameters], returns: str) -> int:
    place = len(writer.bytes)
    writer.bytes.append(_INTERFACE)
    writer.number(1)
    writer.name("com.sun.star.uno.XInterface")
    writer.number(0)  # optional bases
    writer.number(0)  # attributes
    writer.number(len(methods))
    for name, parameters in methods.items():
        writer.name(name)
        writer.name(returns)
        writer.number(len(parameters))
        for parameter, kind in parameters:
            writer.bytes.append(_IN)
            writer.name(parameter)
            writer.name(kind)
        writer.number(0)  # exceptions
    return place
