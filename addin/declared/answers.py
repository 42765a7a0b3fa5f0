"""Answers as cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table_of(columns: Mapping[str, Sequence[Any]]) -> list[list[Any]]:
    """Columns as rows below a header."""
    return [list(columns), *map(list, zip(*columns.values(), strict=True))]
