"""Tables on a page: figures as people write them, sorted by what they are; text never as markup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import wording
from app_pages.tables import Kind, Table

MOST_ROWS = 1_000
_PERIOD_WIDTH = 140
_FIGURE_WIDTH = 120
_DIGIT_WIDTH = 19
_LETTER_WIDTH, _HELP_WIDTH = 7, 30
_WRITTEN: dict[Kind, Callable[[Any], str]] = {
    "percent": wording.percent,
    "count": wording.count,
    "money": wording.money,
    "number": lambda figure: "–" if pd.isna(figure) else f"{figure:.3f}",
    "chance": wording.chance,
    "date": lambda day: "–" if pd.isna(day) else f"{day:%Y-%m-%d}",
}


def show(table: Table, *, height: int | None = None, hidden: Sequence[str] = (), **more: Any) -> Any:
    """The first thousand rows of a table; a line says so where there are more.

    `hidden` columns are left to the download; `more` goes to `st.dataframe`, whose answer comes back.
    """
    first = table.frame.head(MOST_ROWS)
    order = [column for column in first.columns if column not in hidden]
    widths = {"Period": st.column_config.Column(width=_PERIOD_WIDTH)} if "State" in order else {}
    written = {column: _WRITTEN[kind] for column, kind in table.kinds.items()}
    rows = {} if height is None or len(first) < 12 else {"height": height}
    shown = st.dataframe(
        first.style.format(written),
        hide_index=True,
        column_order=order,
        column_config=widths,
        placeholder="–",
        width="stretch",
        **rows,
        **more,
    )
    if len(table.frame) > MOST_ROWS:
        st.caption(
            f"The first {MOST_ROWS:,} of {wording.counted(len(table.frame), 'row')}; the download has all."
        )
    return shown


def show_rows(rows: pd.DataFrame) -> None:
    """Rows of a file as they stand in it."""
    st.dataframe(rows, hide_index=True, height=250 if len(rows) > 6 else "auto", width="stretch")


def show_figures(figures: Mapping[str, tuple[str, str | None]]) -> None:
    """Label -> figure and its meaning, side by side, as many in a row as the window is wide enough for."""
    with st.container(horizontal=True):
        for label, (figure, meaning) in figures.items():
            wide = max(_FIGURE_WIDTH, _DIGIT_WIDTH * len(figure), _LETTER_WIDTH * len(label) + _HELP_WIDTH)
            st.metric(label, figure, help=meaning, width=wide)
