"""What was read and reckoned last, kept so that a sheet full of functions over the same columns works once.

Nothing here changes an answer: cells are told apart by their exact content and types, columns as read
cannot be altered, and what does not fit is reckoned again.
"""

from __future__ import annotations

import marshal
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from functools import wraps
from hashlib import blake2b
from threading import Lock
from typing import Any, Generic, TypeVar

from addin.cells import Cell

T = TypeVar("T")

LARGEST_KEPT = 4_000_000
_PLAIN = {float, int, str, bool, type(None)}


class Column(tuple[Any, ...]):
    """The values of a column argument as read; as it cannot be altered, it is known by its identity."""

    __slots__ = ()


class Kept(Generic[T]):
    """The answers to the last few questions, of all threads; the one unused for longest makes room.

    Examples
    --------
    >>> kept = Kept(entries=2)
    >>> for name in "abc":
    ...     kept.keep(name, name.upper(), cells=1)
    >>> kept.find("a"), kept.find("c")
    (None, 'C')
    """

    def __init__(self, entries: int, cells: int = LARGEST_KEPT) -> None:
        self._entries, self._cells = entries, cells
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> T | None:
        """What is kept under the key, if anything."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def keep(self, key: Hashable, value: T, cells: int) -> None:
        """Keep a value that takes the room of so many cells, unless it is too large."""
        with self._lock:
            self._held.pop(key, None)
            if cells > self._cells:
                return
            self._held[key] = value, cells
            while (
                len(self._held) > self._entries or sum(size for _, size in self._held.values()) > self._cells
            ):
                self._held.popitem(last=False)

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._held.clear()


def fingerprint(columns: Sequence[Sequence[Cell]]) -> bytes | None:
    """The same for the same cells only, types included; None where cells are of types not known to be plain.

    Examples
    --------
    >>> fingerprint([[1.0, "a"]]) == fingerprint([[1.0, "a"]]), fingerprint([[1]]) == fingerprint([[True]])
    (True, False)
    """
    plain: list[list[Cell]] = []
    for column in columns:
        others = set(map(type, column)) - _PLAIN
        if not all(issubclass(kind, date) for kind in others):
            return None  # marshal would write a numpy number as the bytes it holds
        plain.append([_marked(cell) for cell in column] if others else list(column))
    return blake2b(marshal.dumps(plain, 2)).digest()  # version 2 writes no references, so equals look equal


def _marked(cell: Cell) -> Cell:
    # no cell is bytes, so no other cell is written alike
    return cell.isoformat().encode() if isinstance(cell, date) else cell


def once_for_columns(compute: Callable[..., T]) -> Callable[..., T]:
    """Keep what a function makes of the same columns as read; any other arguments it computes every time.

    Examples
    --------
    >>> made = once_for_columns(lambda names: [name.upper() for name in names])
    >>> names = Column(["ann"])
    >>> made(names) is made(names), made(["ann"]) is made(["ann"])
    (True, False)
    """
    # the columns are held beside the answer, so that no other column can come to have their identity
    kept: Kept[tuple[tuple[Any, ...], T]] = Kept(entries=4)

    @wraps(compute)
    def once(*columns: Any) -> T:
        if not all(column is None or type(column) is Column for column in columns):
            return compute(*columns)
        key = tuple(map(id, columns))
        held = kept.find(key)
        if held is None:
            held = columns, compute(*columns)
            kept.keep(key, held, sum(len(column) for column in columns if column is not None))
        return held[1]

    return once
