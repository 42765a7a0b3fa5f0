"""Order lines in a DuckDB of their own: compact, customers as whole numbers, spilling to disk."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import narwhals as nw

Home = duckdb.DuckDBPyConnection
Frame = nw.LazyFrame[Any]
_BYTES_A_THREAD = 150_000_000
_BYTES_A_LINE = 50

# A customer's number is that of its first-numbered spelling: where nobody is spelled twice they are the same.
_SPELLINGS = """
create table spellings as
with spelled as (
  select cast(row_number() over () as integer) as spelling, name, key
  from (select name, min(customer) as key from given_lines group by name)
), firsts as (select key, min(spelling) as customer from spelled group by key)
select spelling, customer, key, name from spelled join firsts using (key)
"""
_LINES_OF_SPELLINGS = """
create table lines as
select given_lines.row, spellings.customer, spellings.spelling, cast(day as integer) as day,
  cast(month as integer) as month, given_lines.* exclude (row, customer, name, day, month)
from given_lines join spellings using (name)
"""
# Customers that are numbers have one spelling each, need no number of ours, and no text until asked for.
_NUMBERED_LINES = """
create table numbered_lines as
select row, cast(number as {kind}) as customer, cast(day as integer) as day, cast(month as integer) as month,
  given_lines.* exclude (row, customer, name, number, day, month)
from given_lines
"""
_VIEWS_OF_NUMBERS = """
create table numbers as select distinct customer from numbered_lines;
create view lines as
select row, customer, customer as spelling, numbered_lines.* exclude (row, customer) from numbered_lines;
create view spellings as
select customer as spelling, customer, cast(customer as varchar) as key, cast(customer as varchar) as name
from numbers
"""


@dataclass(frozen=True, slots=True, eq=False)
class StoredLines:
    """Usable lines as a DuckDB keeps them.

    Attributes
    ----------
    lines
        As `OrderLog.lines`, with whole numbers for `customer` and, as `spelling`, for `name`.
    spellings
        One row a spelling: the numbers `spelling` and `customer`, the texts `key` and `name`.
    customers
        Number of customers.
    spelled_once
        Every customer is written in one way only.
    rows
        Number of lines.
    """

    lines: Frame
    spellings: Frame
    customers: int
    spelled_once: bool
    rows: int

    def as_text(self) -> Frame:
        """The lines with customers and names as text."""
        row, _, _, *others = self.lines.collect_schema().names()
        texts = self.spellings.select("spelling", "name", customer="key")
        return self.lines.drop("customer").join(texts, on="spelling").select(row, "customer", "name", *others)

    def named(self, table: Frame, lines: Frame) -> Frame:
        """A table by the number `customer` with the key in its place and the first `name` in `lines`."""
        texts = self.spellings
        if not self.spelled_once:
            first = lines.group_by("customer").agg(nw.col("spelling").first(order_by="row"))
            texts = first.join(texts.drop("customer"), on="spelling")
        joined = table.join(texts.drop("spelling"), on="customer")
        return joined.drop("customer").rename({"key": "customer"})


def open_home(size: int) -> Home:
    """An empty DuckDB for data of so many bytes; what does not fit its memory goes to a temporary folder.

    It keeps its tables compressed, reaches no network and draws no progress bar.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
        "temp_directory": str(Path(tempfile.gettempdir()) / f"retention-{uuid4().hex}"),
    }
    home = duckdb.connect(":memory:", config=settings)
    most, threads = home.execute(
        "select parse_formatted_bytes(current_setting('memory_limit')), current_setting('threads')"
    ).fetchall()[0]
    home.execute(f"set memory_limit = '{min(most, _BYTES_A_THREAD * threads + size)}B'")
    home.execute("set enable_progress_bar = false")
    home.execute("attach ':memory:' as log (compress)")
    home.execute("use log")
    return home


def store_lines(lines: Frame, rows: int, home: Home | None) -> StoredLines:
    """The lines worked out once, in the `home` they are read from, or in a new one for about so many rows.

    Parameters
    ----------
    lines
        As `OrderLog.lines`, in DuckDB or Arrow; with a column `number` where the customers are whole numbers.
    """
    if home is not None:
        lines.to_native().create_view("given_lines")
        return _stored(home, "view")
    home = open_home(_BYTES_A_LINE * rows)
    if lines.implementation.is_duckdb():
        # a stream can be read only once, and a foreign connection is no place for tables
        home.from_arrow(lines.to_native().to_arrow_reader()).create("given_lines")
        return _stored(home, "table")
    home.from_arrow(lines.collect("pyarrow").to_native()).create_view("given_lines")
    return _stored(home, "view")


def _stored(home: Home, kind: str) -> StoredLines:
    if "number" in home.table("given_lines").columns:
        _store_numbers(home)
    else:
        home.execute(_SPELLINGS)
        home.execute(_LINES_OF_SPELLINGS)
    home.execute(f"drop {kind} given_lines")
    count = "select count(*), count(distinct customer) from spellings"
    spelled, customers = home.execute(count).fetchall()[0]
    home.execute("checkpoint log")
    rows = home.execute("select count(*) from lines").fetchall()[0][0]
    return StoredLines(
        lines=nw.from_native(home.table("lines")),
        spellings=nw.from_native(home.table("spellings")),
        customers=customers,
        spelled_once=spelled == customers,
        rows=rows,
    )


def _store_numbers(home: Home) -> None:
    try:
        home.execute(_NUMBERED_LINES.format(kind="integer"))
    except duckdb.ConversionException:  # numbers of more than nine digits
        home.execute(_NUMBERED_LINES.format(kind="bigint"))
    home.execute(_VIEWS_OF_NUMBERS)
