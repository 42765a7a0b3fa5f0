"""A sample of an order log's customers, for questions that take long to ask of all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import md5

import narwhals as nw
import pandas as pd

from retention_core.cleaning import Lines
from retention_core.contact_log import ContactLog
from retention_core.orders import OrderLog

CUSTOMERS = 100_000
_DIGITS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A log that holds some of the customers with all they did, or all of them; made by `sample_of`.

    Those in it have a checksum below `limit`; None takes everyone.
    """

    log: OrderLog
    customers: int
    of: int
    limit: str | None = None

    @property
    def times(self) -> float:
        """How many customers each stands for."""
        return self.of / self.customers

    @property
    def whole(self) -> bool:
        """Whether everyone is in it."""
        return self.customers == self.of

    @property
    def sampled_of(self) -> int | None:
        """How many customers it stands for, None where everyone is in it."""
        return None if self.whole else self.of

    @property
    def sentences(self) -> tuple[str, ...]:
        """What must be said beside figures that come from it; nothing where everyone is in it."""
        if self.whole:
            return ()
        return (f"From a sample of {self.customers:,} of the {self.of:,} customers, chosen by chance.",)

    def contacts(self, found: ContactLog) -> ContactLog:
        """The contacts with those whom the same rule chooses, whether they have ordered or not."""
        if self.limit is None:
            return found
        keys = {key for key in found.lines["customer"].unique() if checksum(key) < self.limit}
        lines = found.lines[found.lines["customer"].isin(keys)]
        return replace(found, lines=lines, customers=len(keys))


def sample_of(log: OrderLog, customers: int = CUSTOMERS) -> Sample:
    """About so many customers, chosen by a checksum of who they are; everyone if that is half of them.

    The same customers are chosen from every copy of a log, in whatever order or engine it comes.
    """
    if log.customers <= 2 * customers:
        return Sample(log, log.customers, log.customers)
    limit = f"{int(customers / log.customers * 16**_DIGITS):0{_DIGITS}x}"
    chosen = _chosen(log.lines, limit)
    number = int(chosen["customer"].nunique())
    lines: Lines = nw.from_native(chosen).lazy()
    return Sample(replace(log, lines=lines, stored=None, customers=number), number, log.customers, limit)


def _chosen(lines: Lines, limit: str) -> pd.DataFrame:
    """The lines of customers whose checksum lies below a limit."""
    if lines.implementation.is_duckdb():
        drawn: Lines = nw.from_native(lines.to_native().filter(f"md5(customer) < '{limit}'"))
    else:
        keys = lines.select("customer").unique().collect("pandas")["customer"].to_list()
        drawn = lines.filter(nw.col("customer").is_in([key for key in keys if checksum(key) < limit]))
    table: pd.DataFrame = drawn.collect("pandas").to_native()
    return table.sort_values("row", ignore_index=True)


def checksum(customer: str) -> str:
    """What customers are chosen by.

    Examples
    --------
    >>> checksum("ann")[:8]
    '7e0d7f8a'
    """
    return md5(customer.encode(), usedforsecurity=False).hexdigest()
