"""A list with a reason in every row: the whole reason of one of them stands below it, to be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app_pages import listing, notices, wording
from app_pages.tables import Table


def show(table: Table, *, key: str, height: int, hidden: Sequence[str] = ()) -> None:
    """The list, and below it the reason of the row that is ticked, of the first until one is."""
    # another selection of rows is another list: what was ticked in the one is not ticked in the other
    of = f"{key} {hash(tuple(table.frame['Customer'].head(listing.MOST_ROWS)))}"
    answer = listing.show(
        table, height=height, hidden=hidden, key=of, on_select="rerun", selection_mode="single-row"
    )
    row = _ticked(answer, len(table.frame))
    one = table.frame.iloc[0 if row is None else row]
    again = " (tick another row for its reason)" if row is None and len(table.frame) > 1 else ""
    st.markdown(f"**{wording.escaped(one['Customer'])}**{again}: {notices.in_app_words(str(one['Reason']))}")


def _ticked(answer: Any, rows: int) -> int | None:
    """Place of the row that is ticked, if it is still there."""
    ticked = answer.selection.rows if answer is not None else []
    return ticked[0] if ticked and ticked[0] < rows else None
