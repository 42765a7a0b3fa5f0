"""The lists of a report that say whom to keep or call: each made once, and written as files on request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from retention_core.concentration import Concentration, concentration_of
from retention_core.contact_log import ContactLog
from retention_core.due import due_of
from retention_core.due_tables import DueList
from retention_core.errors import ColumnError, FileError, OrderLogError, RetentionError, said
from retention_core.feedback_log import FeedbackLog
from retention_core.focus import focus_of
from retention_core.focus_rules import focus_of_purchases
from retention_core.focus_tables import FocusList
from retention_core.focus_values import Action
from retention_core.invoices import Invoices
from retention_core.key_customers import SHARE, KeyCustomers, key_customers_of, key_customers_of_columns
from retention_core.orders import OrderLog
from retention_core.periods import LONGEST_DAYS, PeriodTable
from retention_core.purchases import purchases_by_customer
from retention_core.referral_log import ReferralLog, referrer_group
from retention_core.referral_tables import Referrals, Referrer
from retention_core.referrals import referrals_of
from retention_core.report.section import counted
from retention_core.stage_tables import StageTable
from retention_core.stages import stages_of
from retention_core.voice import voice_of
from retention_core.voice_tables import Detractor, Voice
from retention_core.written_tables import write_table

# section -> what its list is called as a file
LISTS: Mapping[str, str] = {
    "stages": "stages",
    "focus": "focus",
    "key_customers": "key_customers",
    "due": "due",
    "voice": "detractors",
    "referrals": "referrers",
}
LISTED = 200
NO_FEEDBACK = (
    "There is no feedback, so the net promoter score, who answered, what was adopted and what goes with it "
    "are unknown: give a table of `feedback` (--feedback on the command line)."
)
NO_REFERRALS = (
    "Nothing says who was referred: name the column of referrers among the `groups` (--group on the command "
    "line), or give a table of `referrals` (--referrals)."
)
NO_GROUPS = "There are no groups to compare: name columns as `groups` (--group on the command line)."
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What is known beside the orders, and on what terms customers are kept.

    Attributes
    ----------
    contacts, invoices, feedback, referrals
        Who was contacted, how the customers pay, what they say and who referred whom; None leaves it unknown.
    action, budget
        What is done to keep a customer, and what may be spent on it in all.
    key_share
        Share of each group's value that its key customers carry.
    """

    contacts: ContactLog | None = None
    invoices: Invoices | None = None
    action: Action | None = None
    budget: float | None = None
    key_share: float = SHARE
    feedback: FeedbackLog | None = None
    referrals: ReferralLog | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """What several sections rest on, by the definitions of the retention `table`.

    All but the stages, which are asked for once and take much room, are made once and kept. `day` is the one
    given by the caller, None for the end of the log.
    """

    log: OrderLog
    table: PeriodTable
    day: dt.date | None
    terms: Terms
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def as_of(self) -> dt.date:
        """The day looked at."""
        return self.table.as_of

    @property
    def window(self) -> int:
        """Days within which a customer who stays orders again."""
        return self.table.active_days or LONGEST_DAYS[self.table.period]

    @property
    def stages(self) -> StageTable:
        """Where every customer stands, those who are in contact alone included."""
        return stages_of(self.log, as_of=self.as_of, contacts=self.terms.contacts)

    @property
    def focus(self) -> FocusList:
        """Whom to keep first."""
        terms = self.terms
        return self._once(
            "focus",
            lambda: focus_of(
                self.log,
                as_of=self.as_of,
                action=terms.action,
                budget=terms.budget,
                contacts=terms.contacts,
                invoices=terms.invoices,
            ),
        )

    @property
    def due(self) -> DueList:
        """Who is due a word in the week from `as_of` on."""
        return self._once("due", lambda: due_of(self.log, contacts=self.terms.contacts, focus=self.focus))

    @property
    def key_customers(self) -> Mapping[str, KeyCustomers]:
        """Group column -> who carries each of its groups."""
        return self._once("key_customers", self._key_customers)

    @property
    def concentration(self) -> Concentration:
        """How the value is spread over the customers."""
        return self._once("concentration", lambda: concentration_of(self.log, as_of=self.day))

    @property
    def voice(self) -> Voice:
        """What customers say."""
        return self._once("voice", self._voice)

    @property
    def referrals(self) -> Referrals:
        """Who came by referral, and who brought them."""
        return self._once("referrals", self._referrals)

    def columns(self, name: str) -> dict[str, list[Any]]:
        """One of the lists by column, whole; a RetentionError says why there is none."""
        if name == "key_customers":
            return _stacked(self.key_customers)
        if name == "voice":
            return _by_column(self.voice.detractors, Detractor._fields)
        if name == "referrals":
            return _by_column(self.referrals.top, Referrer._fields)
        found: dict[str, list[Any]] = getattr(self, name).columns()
        return found

    def _key_customers(self) -> Mapping[str, KeyCustomers]:
        groups = self.log.columns.groups
        if not groups:
            raise OrderLogError(NO_GROUPS)
        return {
            group: key_customers_of(self.log, group, share=self.terms.key_share, as_of=self.as_of)
            for group in groups
        }

    def _voice(self) -> Voice:
        terms = self.terms
        if terms.feedback is None:
            raise OrderLogError(NO_FEEDBACK)
        return voice_of(
            self.log, terms.feedback, as_of=self.as_of, window=self.window, contacts=terms.contacts
        )

    def _referrals(self) -> Referrals:
        if self.terms.referrals is None and referrer_group(self.log.columns.groups) is None:
            raise ColumnError(NO_REFERRALS)
        return referrals_of(
            self.log, self.terms.referrals, as_of=self.as_of, window=self.window, period=self.table.period
        )

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        if name not in self._made:
            self._made[name] = make()
        return cast(Made, self._made[name])


class Written(NamedTuple):
    """A list as a file: where it is and how many rows it has, or why it was not written."""

    name: str
    path: Path | None
    said: str


def check_terms(terms: Terms) -> None:
    """Refuse terms that make no sense before anything takes long.

    Raises
    ------
    OrderLogError
        With the sentence that the core has for it, as it is asked of a single customer.
    """
    bought = purchases_by_customer(["Ann"], [dt.date(2025, 1, 1)], [1.0])
    focus_of_purchases(bought, action=terms.action, budget=terms.budget)
    try:
        key_customers_of_columns(["Ann"], [1.0], ["all"], terms.key_share)
    except OrderLogError as error:
        raise OrderLogError(error.in_words({"share": "`key_share`"})) from None


def made_folder(folder: str | Path) -> Path:
    """The folder, made where it is missing.

    Raises
    ------
    FileError
        If it cannot be made, or is a file.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise FileError(f'"{said(folder)}" cannot be used as a folder: {why}.') from error
    return path


def write_lists(keeping: Keeping, names: Sequence[str], folder: str | Path) -> tuple[Written, ...]:
    """Some of the lists as csv files called as `LISTS` says.

    A file of that name is replaced, each at once and as a whole; those of lists that this log does not have
    are left as they are.

    Raises
    ------
    FileError
        If the folder does not take the files.
    """
    path = made_folder(folder)
    return tuple(
        _written(keeping, name, path / f"{stem}.csv") for name, stem in LISTS.items() if name in names
    )


def _written(keeping: Keeping, name: str, file: Path) -> Written:
    try:
        columns = keeping.columns(name)
    except RetentionError as error:
        return Written(name, None, f"{file.name} is not written: {error}")
    write_table(columns, file)
    return Written(name, file, f"Written: {file} ({counted(len(columns['customer']), 'row')}).")


def first_rows(columns: Mapping[str, Sequence[Any]], limit: int = LISTED) -> dict[str, Any]:
    """A list for JSON: how many rows there are, how many are listed, and those.

    Examples
    --------
    >>> first_rows({"customer": ["Ann", "Bo", "Cy"]}, 2)
    {'total': 3, 'listed': 2, 'rows': [{'customer': 'Ann'}, {'customer': 'Bo'}]}
    """
    total = len(next(iter(columns.values())))
    rows = [
        dict(zip(columns, row, strict=True))
        for row in zip(*(column[:limit] for column in columns.values()), strict=True)
    ]
    return {"total": total, "listed": len(rows), "rows": rows}


def _by_column(rows: Sequence[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    """Rows with these fields by column, without the key of a customer, which is its name in other letters."""
    return {name: [getattr(row, name) for row in rows] for name in names if name != "key"}


def _stacked(found: Mapping[str, KeyCustomers]) -> dict[str, list[Any]]:
    """The key customers by every group column, one below the other."""
    parts = {group: one.columns() for group, one in found.items()}
    names = next(iter(parts.values())).keys()
    stacked: dict[str, list[Any]] = {"by": [group for group, part in parts.items() for _ in part["customer"]]}
    return stacked | {name: [cell for part in parts.values() for cell in part[name]] for name in names}
