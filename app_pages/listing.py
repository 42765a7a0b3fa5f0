"""Tables on a page: figures as people write them, sorted by what they are; text never as markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import wording
from app_pages.tables import Kind, Table

MOST_ROWS = 1_000
_WRITTEN: dict[Kind, Callable[[Any], str]] = {
    "percent": wording.percent,
    "count": wording.count,
    "money": wording.money,
    "number": lambda figure: "–" if pd.isna(figure) else f"{figure:.3f}",
    "date": lambda day: "–" if pd.isna(day) else f"{day:%Y-%m-%d}",
}


def show(table: Table, *, height: int | None = None) -> None:
    """The first thousand rows of a table; a line says so where there are more."""
    first = table.frame.head(MOST_ROWS)
    written = {column: _WRITTEN[kind] for column, kind in table.kinds.items()}
    rows = {} if height is None or len(first) < 12 else {"height": height}
    st.dataframe(first.style.format(written), hide_index=True, **rows, placeholder="–", width="stretch")
    if len(table.frame) > MOST_ROWS:
        st.caption(
            f"The first {MOST_ROWS:,} of {wording.counted(len(table.frame), 'row')}; the download has all."
        )


def show_rows(rows: pd.DataFrame) -> None:
    """Rows of a file as they stand in it."""
    st.dataframe(rows, hide_index=True, height=250, width="stretch")
