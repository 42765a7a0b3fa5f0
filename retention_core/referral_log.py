"""The door for referrals in a table of their own: who was referred by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retention_core.side_columns import plain_name
from retention_core.side_tables import (
    CUSTOMER_WORDS,
    SideTable,
    parted,
    reason_counts,
    says_nothing,
    table_of_file,
    table_of_frame,
)

_NAMES = (
    "referredby referrer referrerid referral referredbycustomer referringcustomer recommendedby invitedby"
    " broughtby inviter empfohlenvon empfehlungvon geworbenvon werber empfehler parrain parrainepar"
    " recommandepar recomendadopor referidopor presentatoda aanbevolendoor indicadopor"
)
REFERRER_WORDS = tuple(_NAMES.split())
_WORDS = {
    "customer": (*CUSTOMER_WORDS, "newcustomer", "referred", "referredcustomer", "invitee", "geworben"),
    "referred_by": REFERRER_WORDS,
}


@dataclass(frozen=True, slots=True, eq=False)
class ReferralLog:
    """Who was referred by whom, linked to orders by identity key; make one with `from_frame` or `from_file`.

    `lines` is a pandas frame of the usable rows: `row` (number in the source), `customer` (key), `name` (as
    written) and `referred_by` (text as written, None where blank).
    `rows == rows_used + len(set_aside)`, always. `columns` says role -> column of the source.
    """

    lines: pd.DataFrame
    columns: Mapping[str, str]
    rows: int
    rows_used: int
    set_aside: pd.DataFrame
    guessed: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str | None = None,
        referred_by: str | None = None,
        exact_case: bool = False,
    ) -> ReferralLog:
        """A referral log from any frame that narwhals reads; it may be the frame of the orders itself.

        Parameters
        ----------
        frame
            One row a customer; where a customer has several, the first that names somebody counts. The frame
            is not altered.
        customer, referred_by
            Names of columns; those left out are guessed from the names, and `guessed` says how.
        exact_case
            As for `OrderLog.from_frame`.

        Raises
        ------
        ColumnError
            If a column is missing.
        OrderLogError
            If no row names a customer.

        Examples
        --------
        >>> log = ReferralLog.from_frame(pd.DataFrame({
        ...     "Customer": ["Bo", "Cy", None], "Referred by": ["Ann ", "-", "Ann"]}))
        >>> log.lines["referred_by"].tolist(), log.set_aside_counts
        (['Ann', None], {'no customer': 1})
        """
        asked = {"customer": customer, "referred_by": referred_by}
        return _settled(table_of_frame(frame, _WORDS, asked, tuple(_WORDS)), exact_case)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        sheet: str | None = None,
        customer: str | None = None,
        referred_by: str | None = None,
        exact_case: bool = False,
    ) -> ReferralLog:
        """A referral log from a csv, parquet, xlsx, xls or ods file; rows are numbered as in the file.

        Takes what `from_frame` takes, and `sheet` for a workbook.

        Raises
        ------
        FileError
            If the file cannot be read as a table.
        ColumnError, OrderLogError
            As `from_frame`.
        """
        asked = {"customer": customer, "referred_by": referred_by}
        return _settled(table_of_file(path, sheet, _WORDS, asked, tuple(_WORDS)), exact_case)

    @property
    def set_aside_counts(self) -> dict[str, int]:
        """Reason -> rows set aside for it, most frequent first."""
        return reason_counts(self.set_aside)


def referrer_group(groups: tuple[str, ...]) -> str | None:
    """The group of an order log whose name says that it holds who referred a customer.

    Examples
    --------
    >>> referrer_group(("region", "Referred by"))
    'Referred by'
    """
    return next((group for group in groups if plain_name(group) in REFERRER_WORDS), None)


def _settled(table: SideTable, exact_case: bool) -> ReferralLog:
    keys, names = table.customers(exact_case)
    nobody = np.array([key is None for key in keys], dtype=bool)
    texts = [None if text is None or says_nothing(text) else text for text in table.texts("referred_by")]
    read = {"customer": keys, "name": names, "referred_by": pd.Series(texts, dtype=object)}
    lines, set_aside = parted(table, read, [(nobody, "no customer", "customer")], "a referral")
    return ReferralLog(
        lines=lines,
        columns=table.columns,
        rows=table.rows,
        rows_used=len(lines),
        set_aside=set_aside,
        guessed=table.guessed,
        notes=table.notes,
        warnings=tuple(table.warnings),
    )
