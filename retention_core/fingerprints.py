"""A fingerprint of an order log: the same for the same rows, whatever their order and whoever reads them."""

from __future__ import annotations

import hashlib
from typing import Any

import narwhals as nw

from retention_core.orders import OrderLog

COVERS = (
    "each customer's key, rows, refunds, first and last day, the sum of its days, its amounts (and profit) "
    "to four decimals, and which amount belongs to which day; the numbers of rows, customers and orders; not "
    "the order of the rows, spellings, order numbers or groups"
)
_DECIMALS = 10_000
_PRIME = 2_147_483_647  # whole numbers below it, times a day, stay exact in every engine
_SMALL_PRIME = 1_000_003


def fingerprint_of(log: OrderLog) -> str:
    """SHA-256 of what every customer of a log did, in hexadecimal; see `COVERS`.

    Sums are of whole numbers, which no order of adding changes.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"customer": ["Ann", "Bo"], "date": ["2025-01-02"] * 2, "amount": [0.1, 0.2]})
    >>> one, other = OrderLog.from_frame(rows), OrderLog.from_frame(rows[::-1])
    >>> fingerprint_of(one) == fingerprint_of(other)
    True
    """
    lines = log.coded_lines
    money = [name for name in ("amount", "profit") if name in lines.collect_schema().names()]
    day = nw.col("day").cast(nw.Int64)
    coded = lines.with_columns(
        day=day,
        refund=nw.col("refund").cast(nw.Int64),
        **{f"{name} coded": _coded(nw.col(name)) for name in money},
    )
    if money:
        by_day = {f"{name} by day": nw.col(f"{name} coded") * day % _SMALL_PRIME for name in money}
        coded = coded.with_columns(**by_day)
    sums = ["refund", "day", *(f"{name} {part}" for name in money for part in ("coded", "by day"))]
    grouped = coded.group_by("customer").agg(
        nw.len().alias("rows"),
        nw.col("day").min().alias("first"),
        nw.col("day").max().alias("last"),
        *(nw.col(name).sum().alias(f"sum of {name}") for name in sums),
    )
    figures = ["rows", "first", "last", *(f"sum of {name}" for name in sums)]
    whole = grouped.with_columns(nw.col(name).cast(nw.Int64) for name in figures)  # no engine's wider type
    named = log.with_names(whole, lines).collect("pandas").to_native()
    columns = ["customer", *figures]
    return _hashed(log, [named[name].tolist() for name in columns])


def _coded(amount: nw.Expr) -> nw.Expr:
    """An amount as a whole number of ten-thousandths, cut down to what can be added exactly."""
    size = (amount.abs().fill_null(0.0) * _DECIMALS + 0.5).floor() % _PRIME
    whole = size.cast(nw.Int64)
    return nw.when(amount < 0).then(_PRIME - whole).otherwise(whole)


def _hashed(log: OrderLog, columns: list[list[Any]]) -> str:
    told = sorted("\t".join(map(str, row)) for row in zip(*columns, strict=True))
    found = hashlib.sha256(f"{log.rows_used} {log.customers} {log.orders} {log.refunds}\n".encode())
    for line in told:
        found.update(f"{line}\n".encode(errors="surrogatepass"))
    return found.hexdigest()
