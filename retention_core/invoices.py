"""The door for invoices: who pays when and what is open; what no column tells stays unknown."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.columns import SYNONYMS
from retention_core.errors import ColumnError, OrderLogError, said
from retention_core.parsing import read_amounts
from retention_core.purchases import plain_day
from retention_core.side_columns import (
    cell_text,
    customers_of_cells,
    days_of_cells,
    listed,
    opened_frame,
    resolved,
    text_said,
    unread_said,
)
from retention_core.solvency import SolvencyLimits, SolvencyTable, solvency_of

Floats = npt.NDArray[np.float64]
OPTIONAL = ("due", "paid", "open", "amount")
ROLES = ("customer", *OPTIONAL)
_NAMES: Mapping[str, str] = {
    "customer": " ".join(SYNONYMS["customer"]),
    "due": "duedate due dueon paymentdue payableby faellig faelligam faelligkeit falligkeit faelligkeitsdatum"
    " falligkeitsdatum echeance dateecheance vencimiento fechavencimiento scadenza datascadenza vervaldatum",
    "paid": "paiddate paidon paymentdate datepaid paidat paid settledon bezahltam bezahlt zahlungsdatum"
    " datepaiement fechapago datapagamento betaaldatum",
    "open": "amountopen openamount open outstanding amountdue balance openbalance balancedue unpaid offen"
    " offenerbetrag restbetrag offenbetrag solde pendiente saldo openstaand",
    "amount": " ".join(SYNONYMS["amount"]),
}
_WORDS = {role: words.split() for role, words in _NAMES.items()}
_SHOWN = 5
_NONE = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Invoices:
    """Invoices, linked to orders by identity key; make one with `from_frame` or `from_file`.

    `lines` is a pandas frame of the usable rows: `row` (number in the source), `customer` (key), `name`,
    `due` and `paid` (as `date.toordinal`, NaN where unknown), `open` and `amount` (NaN where unknown).
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
        due: str | None = None,
        paid: str | None = None,
        open: str | None = None,  # noqa: A002 - what invoices call it
        amount: str | None = None,
        day_first: bool | None = None,
        exact_case: bool = False,
    ) -> Invoices:
        """Invoices from any frame that narwhals reads; it may be the frame of the orders itself.

        Parameters
        ----------
        frame
            One row an invoice. The frame is not altered.
        customer, due, paid, open, amount
            Names of columns; those left out are guessed from the names, and `guessed` says how. "" says that
            there is none. Besides the customer, `due` or `open` is needed.
        day_first, exact_case
            As for `OrderLog.from_frame`.

        Raises
        ------
        ColumnError
            If a column is missing, or neither `due` nor `open` is there.
        OrderLogError
            If no row names a customer.

        Examples
        --------
        >>> found = Invoices.from_frame(pd.DataFrame({
        ...     "Client": ["Ann", "Ann", None], "Due date": ["2025-01-31", "2025-02-28", "2025-02-28"],
        ...     "Paid on": ["2025-01-30", None, None], "Open": [0, 80, 10], "Amount": [50, 80, 10]}))
        >>> table = found.solvency(dt.date(2025, 3, 10))
        >>> table.to_frame()[["customer", "solvency", "share_overdue", "days_late", "open_balance"]]
          customer solvency  share_overdue  days_late  open_balance
        0      Ann  on time            0.5        5.0          80.0
        """
        table = opened_frame(frame).to_native()
        asked = dict(zip(ROLES, (customer, due, paid, open, amount), strict=True))
        with text_said():
            return _settled(table, asked, day_first, exact_case, range(1, len(table) + 1), [], len(table), ())

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        sheet: str | None = None,
        customer: str | None = None,
        due: str | None = None,
        paid: str | None = None,
        open: str | None = None,  # noqa: A002 - as above
        amount: str | None = None,
        day_first: bool | None = None,
        exact_case: bool = False,
    ) -> Invoices:
        """Invoices from a csv, parquet, xlsx, xls or ods file; rows are numbered as in the file.

        Takes what `from_frame` takes, and `sheet` for a workbook.

        Raises
        ------
        FileError
            If the file cannot be read as a table.
        ColumnError, OrderLogError
            As `from_frame`.
        """
        from retention_core import files

        raw = files.read_table(path, sheet=sheet)
        asked = dict(zip(ROLES, (customer, due, paid, open, amount), strict=True))
        with files.damage_said(path):
            table = nw.from_native(raw.frame).lazy().collect("pandas").to_native()
        rows = table.pop(files.ROW).tolist()
        aside = [tuple(row) for row in raw.set_aside]
        return _settled(table, asked, day_first, exact_case, rows, aside, raw.rows, raw.notes)

    def solvency(self, as_of: dt.date, *, limits: SolvencyLimits | None = None) -> SolvencyTable:
        """How each customer pays, as of midnight of a day.

        A payment on a later day counts as not made yet. What was open is known for the day of the table only,
        so an earlier day takes an invoice paid since as open with its whole amount.

        Raises
        ------
        OrderLogError
            If `as_of` is no date, or a limit makes no sense.
        """
        return solvency_of(self.lines, self.columns, plain_day(as_of), limits or SolvencyLimits())


def _settled(
    table: pd.DataFrame,
    asked: Mapping[str, str | None],
    day_first: bool | None,
    exact_case: bool,
    rows: Sequence[int],
    aside: Sequence[tuple[Any, ...]],
    counted: int,
    notes: tuple[str, ...],
) -> Invoices:
    names_given = [str(name) for name in table.columns]
    columns, guessed = resolved(names_given, _WORDS, asked, ("customer",), "an invoice")
    if "due" not in columns and "open" not in columns:
        raise ColumnError(
            "No column says when invoices are due or what is open. The table has: "
            f"{listed(names_given)}. Name one as `due` or `open`."
        )
    keys, names = customers_of_cells(table[columns["customer"]].tolist(), exact_case)
    used = np.array([key is not None for key in keys], dtype=bool)
    if not used.any():
        raise OrderLogError(f'No row of the {counted:,} names a customer in "{said(columns["customer"])}".')
    warnings: list[str] = []
    read: dict[str, Any] = {"row": list(rows), "customer": keys, "name": names}
    for role in OPTIONAL:
        cells = table[columns[role]] if role in columns else None
        if cells is None:
            read[role] = np.full(len(table), _NONE)
        elif role in ("due", "paid"):
            read[role] = days_of_cells(cells, columns[role], day_first, used, warnings)
        else:
            read[role] = _amounts(cells, columns[role], used, warnings)
    lines = pd.DataFrame(read)[used].reset_index(drop=True)
    nameless = [(row, "no customer", "") for row, known in zip(rows, used, strict=True) if not known]
    set_aside = pd.DataFrame([*aside, *nameless], columns=["row", "reason", "value"])
    return Invoices(
        lines=lines,
        columns=columns,
        rows=counted,
        rows_used=len(lines),
        set_aside=set_aside.sort_values("row", ignore_index=True),
        guessed=guessed,
        notes=notes,
        warnings=tuple(warnings),
    )


def _amounts(cells: pd.Series[Any], column: str, used: Any, warnings: list[str]) -> Floats:
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        numbers: Floats = cells.to_numpy(dtype=float, na_value=_NONE)
        return numbers
    texts = [cell_text(cell) for cell in cells]
    different = list(dict.fromkeys(texts))
    reading = read_amounts(different, column)
    amounts = dict(zip(different, reading.amounts, strict=True))
    warnings.extend(reading.warnings)
    warnings.extend(unread_said(texts, amounts, column, "no numbers", used))
    return np.array([_NONE if amounts[text] is None else amounts[text] for text in texts], dtype=float)
