"""Tables of subscriptions in memory, their rows numbered as the source numbers them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from retention_core.cleaning import ROW, SOURCE_ROW, as_text_where_mixed
from retention_core.errors import ColumnError, said
from retention_core.orders import REPEAT

if TYPE_CHECKING:
    from retention_core.raw_tables import RawTable


@dataclass(frozen=True, slots=True, eq=False)
class NumberedTable:
    """Rows to read, those already set aside, and how many of the rest repeat an earlier one."""

    frame: nw.DataFrame[Any]
    rows: int
    set_aside: pd.DataFrame
    repeats: int
    notes: tuple[str, ...] = ()


def opened(frame: Any) -> nw.DataFrame[Any]:
    """Any frame that narwhals reads, in memory, with columns of one type each."""
    try:
        table = nw.from_native(frame)
    except (TypeError, nw.exceptions.DuplicateError):
        if isinstance(frame, pd.DataFrame):
            raise ColumnError("Two columns bear the same name: rename one.") from None
        raise ColumnError(
            f"`frame` must be a table such as a pandas or polars frame (got {type(frame).__name__})."
        ) from None
    if isinstance(table, nw.LazyFrame):
        table = table.collect()
    _check_names(list(table.columns))
    mixed = as_text_where_mixed(table)
    return mixed.collect() if isinstance(mixed, nw.LazyFrame) else mixed


def numbered(table: nw.DataFrame[Any], drop_repeats: bool) -> NumberedTable:
    """A frame with its rows counted from 1, its repeated rows set aside where they are to be dropped."""
    rows = len(table)
    counted = table.with_row_index(SOURCE_ROW).with_columns(nw.col(SOURCE_ROW).cast(nw.Int64) + 1)
    if not drop_repeats:
        return NumberedTable(counted, rows, aside([], "", []), rows - len(table.unique()))
    kept = counted.unique(subset=table.columns, keep="first")
    gone = sorted({*range(1, rows + 1)} - {*kept[SOURCE_ROW].to_list()})
    return NumberedTable(kept, rows, aside(gone, REPEAT, [""] * len(gone)), 0)


def numbered_by_file(raw: RawTable, columns: Sequence[str], drop_repeats: bool) -> NumberedTable:
    """The wanted columns of a file with the file's own row numbers."""
    from retention_core import files

    _check_names(raw.columns)
    repeats = raw.count_repeats()
    dropping = drop_repeats and repeats > 0
    table: Any = nw.from_native((raw.with_repeats() if dropping else raw).frame)
    wanted = [files.ROW, *dict.fromkeys(columns), *([files.REPEAT] if dropping else [])]
    table = table.select(wanted).lazy().collect("pyarrow").sort(files.ROW)
    table = table.rename({files.ROW: SOURCE_ROW})
    gone = table.filter(nw.col(files.REPEAT))[SOURCE_ROW].to_list() if dropping else []
    if dropping:
        table = table.filter(~nw.col(files.REPEAT)).drop(files.REPEAT)
    read = pd.DataFrame(raw.set_aside, columns=[ROW, "reason", "value"])
    parts = [part for part in (read, aside(gone, REPEAT, [""] * len(gone))) if len(part)]
    set_aside = pd.concat(parts, ignore_index=True) if parts else aside([], "", [])
    frame: Any = as_text_where_mixed(table)
    return NumberedTable(frame, raw.rows, set_aside, 0 if dropping else repeats, raw.notes)


def aside(rows: Sequence[int], why: str | Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Rows set aside: their number, the reason and the text that was the trouble."""
    reasons = [why] * len(rows) if isinstance(why, str) else list(why)
    return pd.DataFrame({ROW: np.array(rows, dtype=np.int64), "reason": reasons, "value": list(values)})


def _check_names(names: Sequence[Any]) -> None:
    odd = next((name for name in names if not isinstance(name, str)), None)
    if odd is not None:
        raise ColumnError(f"Column names must be text (got {said(repr(odd))}): rename the columns.")
    twins = [name for name, count in Counter([*names, SOURCE_ROW]).items() if count > 1]
    if twins:
        raise ColumnError(f'Two columns are named "{said(twins[0])}": rename one.')
