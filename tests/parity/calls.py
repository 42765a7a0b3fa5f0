"""Calls that every host must answer alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from addin.cells import Cell

Answer: TypeAlias = "float | str | bool | list[list[float | str | bool | None]] | None"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a worksheet function; cells shorter than the arguments leave optional ones out."""

    function: str
    cells: tuple[Cell, ...]
    sort: str
