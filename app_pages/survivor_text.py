"""Survivors as people type or paste them: a column or a row of a sheet, or a list with commas."""

from __future__ import annotations

import re

from retention_core.errors import RetentionError, said

MOST = 400
_BETWEEN_CELLS = re.compile(r"[\n\r\t;]+")


def survivors_in(text: str) -> list[float]:
    """The numbers of a text.

    Cells pasted from a sheet stand on lines or between tabs, and a comma in them groups thousands; in
    one plain line a comma or a space ends a number.

    Raises
    ------
    RetentionError
        If there is none, or something else.

    Examples
    --------
    >>> survivors_in("1000, 631, 468"), survivors_in("1,000\\n631\\n468\\n"), survivors_in("1000 631")
    ([1000.0, 631.0, 468.0], [1000.0, 631.0, 468.0], [1000.0, 631.0])
    """
    line = text.strip()
    if _BETWEEN_CELLS.search(line):
        cells = [re.sub(r"[,\s]", "", cell) for cell in _BETWEEN_CELLS.split(line)]
    else:
        cells = re.split(r"[,\s]+", line)
    cells = [cell for cell in cells if cell]
    if not cells:
        raise RetentionError(
            "There are no survivors yet: type the size of the cohort and who was left after."
        )
    if len(cells) > MOST:
        raise RetentionError(f"{MOST} periods are the most that can be fitted here (got {len(cells):,}).")
    return [_number(place, cell) for place, cell in enumerate(cells)]


def _number(period: int, cell: str) -> float:
    try:
        found = float(cell)
    except ValueError:
        found = float("nan")
    if not 0 <= found < 1e15:
        raise RetentionError(
            f'Survivors are whole numbers of customers, the first for the start (got "{said(cell)}" in '
            f"period {period})."
        )
    return found
