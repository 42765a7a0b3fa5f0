"""Parquet through DuckDB, read when asked, never a whole file in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from retention_core.errors import FileError, said
from retention_core.raw_tables import ROW, RawTable, name_columns, no_rows, quoted
from retention_core.stored_lines import Home, open_home

_NUMBERED = "file_row_number"
_UNREADABLE = re.compile(r"\[|STRUCT|MAP|UNION|BLOB|GEOMETRY|VARIANT|NULL")


def read_parquet(path: Path, *, keep: Iterable[str] | None = None, most_rows: int | None = None) -> RawTable:
    """The table in a parquet file as a relation on a DuckDB connection of its own.

    A file damaged beyond its first pages shows only when the relation is read.

    Raises
    ------
    FileError
        If the file is damaged, or holds no rows or no plain columns.
    """
    try:
        return _table(path, keep, most_rows)
    except (duckdb.Error, RuntimeError) as error:
        # RuntimeError: names that are no text fail outside DuckDB's own errors.
        raise FileError(
            f'"{path.name}" is no parquet file that can be read ({said(str(error).partition(chr(10))[0])}): '
            f"write it again, or save it as CSV."
        ) from error


def _table(path: Path, keep: Iterable[str] | None, most_rows: int | None) -> RawTable:
    home = open_home(path.stat().st_size)
    relation = _relation(path, home)
    plain = [
        (name, str(kind))
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if name != _NUMBERED and not _UNREADABLE.search(str(kind))
    ]
    nested = [n for n in relation.columns if n != _NUMBERED and n not in {name for name, _ in plain}]
    if not plain:
        raise FileError(
            f'"{path.name}" has no column of plain values: {said(", ".join(nested))} hold lists or records.'
        )
    names, notes = name_columns([name for name, _ in plain])
    cells = [f"cast({quoted(name)} as varchar)" if kind == "UUID" else quoted(name) for name, kind in plain]
    renamed = [f"{cell} as {quoted(name)}" for cell, name in zip(cells, names, strict=True)]
    number = f"cast({_NUMBERED} + 1 as bigint) as {quoted(ROW)}"
    whole = relation.project(", ".join([number, *renamed, *map(quoted, nested)]))
    rows = int(relation.count("*").fetchall()[0][0])
    if not rows:
        raise no_rows(path.name)
    columns = names if keep is None else tuple(name for name in names if name in set(keep))
    frame = whole.project(", ".join(map(quoted, (ROW, *columns))))
    if nested:
        notes += (f"Columns of lists, records or bytes left out: {', '.join(nested)}.",)
    return RawTable(
        columns=columns,
        frame=frame if most_rows is None else frame.limit(most_rows),
        rows=rows if most_rows is None else min(rows, most_rows),
        notes=("Read as parquet.", *notes),
        repeats=None,
        all_columns=names,
        home=home,
        _whole=whole if most_rows is None else whole.limit(most_rows),
    )


@contextmanager
def damage_said(path: str | Path) -> Iterator[None]:
    """Turns DuckDB's errors while a file is read into a sentence; damage shows only then.

    Raises
    ------
    FileError
        In place of a DuckDB error.
    """
    try:
        yield
    except duckdb.Error as error:
        raise FileError(
            f'"{Path(path).name}" is damaged or too large for this machine '
            f"({said(str(error).splitlines()[0])}): write it again, or save a part of it."
        ) from error


def _relation(path: Path, home: Home) -> duckdb.DuckDBPyRelation:
    home.execute(f"set TimeZone = '{_clock(path)}'")
    return home.read_parquet(
        _as_written(path), file_row_number=True, hive_partitioning=False, union_by_name=False
    )


def _clock(path: Path) -> str:
    """The clock that dates its moments: the one zone the file names, else UTC, never this machine's."""
    from pyarrow import ArrowException, parquet

    try:
        kinds = [field.type for field in parquet.read_schema(path)]
    except (ArrowException, OSError):
        return "UTC"
    zones = {zone for kind in kinds if (zone := getattr(kind, "tz", None))}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    return zone if zone in available_timezones() else "UTC"


def _as_written(path: Path) -> str:
    """The path with the letters that mean a pattern to DuckDB in brackets: they mean themselves there."""
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))
