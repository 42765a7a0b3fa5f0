"""Which column of a table of subscriptions holds what: asked for, or guessed from the names and said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from retention_core.columns import SYNONYMS, find_column, guess_columns
from retention_core.errors import ColumnError, SubscriptionError, said

TIMES_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "half-year": 2, "year": 1}
_INTERVALS = {
    "week": "week weekly weeks w woche wöchentlich semaine hebdomadaire",
    "month": "month monthly months mo m permonth monat monatlich mois mensuel mes mensual mensile",
    "quarter": "quarter quarterly quarters q quartal quartalsweise vierteljährlich trimestre trimestriel",
    "half-year": "halfyear halfyearly semiannual semiannually biannual halbjahr halbjährlich semestre",
    "year": "year yearly years y yr annual annually annum peryear jahr jährlich an année annuel anual",
}
_INTERVAL_OF = {word: interval for interval, words in _INTERVALS.items() for word in words.split()}
_WORDS = {
    "start": "start startdate startedat startday subscriptionstart subscribedat begin begindate beginn"
    " validfrom from activatedat signupdate createdat created startdatum debut inicio inizio",
    "end": "end enddate endedat endday subscriptionend canceledat cancelledat canceldate cancellationdate"
    " cancelled canceled terminatedat terminationdate churnedat churndate validto validuntil until to"
    " expiresat enddatum ende kuendigung fin fine",
    "month": "month snapshotmonth snapshotdate snapshot period date monat mois mes mese datum",
    "amount": "mrr arr recurringamount recurringrevenue monthlyamount monthlyrevenue monthlyfee monthlyprice"
    " yearlyamount annualamount annualrevenue fee subscriptionfee",
    "plan": "plan planname planid product productname tier package tarif abo",
    "interval": "interval billinginterval billingperiod billingcycle billingfrequency frequency cycle",
}
_NAMES: Mapping[str, Sequence[str]] = {
    "customer": SYNONYMS["customer"],
    "currency": SYNONYMS["currency"],
    **{role: words.split() for role, words in _WORDS.items()},
}
_PER_YEAR_NAMES = re.compile(r"^arr|annual|yearly|peryear|jahr")
_DAYS = ("date", "datum", "period")  # order logs have these too

PLANS = ("customer", "start", "end", "amount", "plan", "interval", "currency")
SNAPSHOTS = ("customer", "month", "amount", "plan", "currency")


def guessed_columns(names: Sequence[str]) -> dict[str, str]:
    """Role -> column of a table of subscriptions, or of its monthly snapshots, by the names alone.

    Examples
    --------
    >>> guessed_columns(["Account", "MRR", "Signup date", "Churned at"])
    {'customer': 'Account', 'start': 'Signup date', 'end': 'Churned at', 'amount': 'MRR'}
    >>> guessed_columns(["Month", "Customer", "MRR"])
    {'customer': 'Customer', 'month': 'Month', 'amount': 'MRR'}
    """
    return _guesses(names, SNAPSHOTS if looks_like_snapshots(names) else PLANS)


def looks_like_snapshots(names: Sequence[str]) -> bool:
    """Whether a table has a month and no start; a column that is named a date says neither."""
    return _guess("start", names) is None and any(
        (word := plain(name)) in _NAMES["month"] and word not in _DAYS for name in names
    )


def resolved(names: Sequence[str], asked: Mapping[str, str | None]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Role -> column: what was asked for, the rest guessed, with a sentence for each guess."""
    given = {role: find_column(names, column, role) for role, column in asked.items() if column}
    twins = [column for column, count in Counter(given.values()).items() if count > 1]
    if twins:
        one, other = [role for role, column in given.items() if column == twins[0]][:2]
        raise ColumnError(f'"{twins[0]}" cannot be both `{one}` and `{other}`: name two columns.')
    free = [name for name in names if name not in given.values()]
    guesses = _guesses(free, [role for role in asked if asked[role] is None])
    _require(names, {**given, **guesses}, asked)
    told = tuple(f'{role} is read from "{column}".' for role, column in guesses.items())
    return {**given, **guesses}, told


def spelled(names: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """The groups as the table spells them."""
    asked = (groups,) if isinstance(groups, str) else groups
    return tuple(dict.fromkeys(find_column(names, group, "groups") for group in asked))


def checked_per(per: str | None, roles: Mapping[str, str]) -> str | None:
    """What the amounts are paid for; None where an interval column says it row by row."""
    if per is not None and per not in TIMES_A_YEAR:
        raise SubscriptionError(f'`per` must be {", ".join(TIMES_A_YEAR)} (got "{said(per)}").')
    if per is not None or "interval" in roles:
        return per
    return "year" if _PER_YEAR_NAMES.search(plain(roles["amount"])) else "month"


def interval_of(text: str) -> str | None:
    """The interval meant by a word of a billing system; None for a word nobody knows.

    Examples
    --------
    >>> interval_of("Annually"), interval_of("per month"), interval_of("moon")
    ('year', 'month', None)
    """
    return _INTERVAL_OF.get(plain(text))


def plain(name: str) -> str:
    """A name without case, brackets, blanks and signs."""
    return re.sub(r"[\W_]", "", re.sub(r"[(\[].*?[)\]]", "", name).lower())


def _guesses(names: Sequence[str], roles: Sequence[str]) -> dict[str, str]:
    free = list(names)
    guesses: dict[str, str] = {}
    for role in roles:
        if found := _guess(role, free):
            guesses[role] = found
            free.remove(found)
    return guesses


def _guess(role: str, names: Sequence[str]) -> str | None:
    words = list(_NAMES[role])
    ranked = [(words.index(word), name) for name in names if (word := plain(name)) in words]
    if ranked:
        return min(ranked)[1]
    return guess_columns(names).amount if role == "amount" else None


def _require(names: Sequence[str], roles: Mapping[str, str], asked: Mapping[str, str | None]) -> None:
    for role in ("customer", "start", "end", "month", "amount"):
        if role not in asked or role in roles or (role == "end" and asked[role] == ""):
            continue
        shown = ", ".join(said(name) for name in names[:20])
        none = ' ("" if nobody has left)' if role == "end" else ""
        raise ColumnError(
            f"No column looks like the {role}. The table has: {shown}. Name the one that holds it as "
            f"`{role}`{none}."
        )
