"""Who brought whom: names turned into links, without those that cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from retention_core.identity import customer_key, customer_name, key_order
from retention_core.side_columns import yes_or_no
from retention_core.side_tables import says_nothing


@dataclass(frozen=True, slots=True)
class Links:
    """Who came by referral; made by `links_of`.

    Attributes
    ----------
    referrer
        Key of a customer who came by referral -> key of the referrer, None where that is no customer.
    own
        Customers who named themselves.
    circles
        Links dropped because they closed a circle.
    unknown
        Name that is no customer's -> customers who named it, most frequent first.
    unnamed
        Customers who came by referral but say only that they did.
    later
        Links to a referrer who first ordered after the customer did.
    several
        Customers with different referrers in several rows, of which the first counts.
    """

    referrer: Mapping[str, str | None] = field(repr=False)
    own: int
    circles: int
    unknown: Mapping[str, int]
    unnamed: int
    later: int
    several: int

    @property
    def known(self) -> dict[str, str]:
        """The links to referrers who are customers."""
        return {key: by for key, by in self.referrer.items() if by is not None}


def links_of(named: Iterable[tuple[str, str | None]], first_days: Mapping[str, int]) -> Links:
    """The links among the customers of a log.

    Parameters
    ----------
    named
        Key of a customer and whom the row names, in the order of the rows; a no names nobody, a yes somebody
        unknown. Keys that are not in the log are passed over.
    first_days
        Key of every customer -> day of the first order.

    Notes
    -----
    Nobody brings oneself, and in a circle the customer who ordered first (of several the first by key) was
    not brought by the others: these links are dropped and counted, and such a customer did not come by
    referral.

    Examples
    --------
    >>> days = {"ann": 1, "bo": 5, "cy": 9, "di": 9}
    >>> found = links_of([("bo", "Ann"), ("ann", "bo"), ("cy", "Radio"), ("di", "DI")], days)
    >>> dict(found.referrer), found.own, found.circles, found.unknown
    ({'bo': 'ann', 'cy': None}, 1, 1, {'Radio': 1})
    """
    first, several = _first_named(named, first_days)
    referrer: dict[str, str | None] = {}
    unknown: Counter[str] = Counter()
    own = unnamed = 0
    for key, name in first.items():
        by = _key_of(name, first_days)
        if by == key:
            own += 1
            continue
        referrer[key] = by
        if by is None and yes_or_no(name):
            unnamed += 1
        elif by is None:
            unknown[name] += 1
    closing = _closing(referrer, first_days)
    for key in closing:
        del referrer[key]
    later = sum(by is not None and first_days[by] > first_days[key] for key, by in referrer.items())
    return Links(referrer, own, len(closing), dict(unknown.most_common()), unnamed, later, several)


def _first_named(
    named: Iterable[tuple[str, str | None]], first_days: Mapping[str, int]
) -> tuple[dict[str, str], int]:
    """The first name each customer gives, and how many give several."""
    first: dict[str, str] = {}
    several: set[str] = set()
    for key, text in named:
        name = customer_name(text)
        if key not in first_days or says_nothing(name) or customer_key(name) is None:
            continue
        if yes_or_no(name) is False and _key_of(name, first_days) is None:
            continue
        if key not in first:
            first[key] = name
        elif customer_key(first[key]) != customer_key(name):
            several.add(key)
    return first, len(several)


def _key_of(name: str, keys: Mapping[str, int]) -> str | None:
    """The customer of that name, in a log that keeps upper and lower case apart too."""
    if name in keys:
        return name
    key = customer_key(name)
    return key if key in keys else None


def _closing(referrer: Mapping[str, str | None], first_days: Mapping[str, int]) -> list[str]:
    """In every circle of links the customer who ordered first."""
    done: set[str] = set()
    found = []
    for start in referrer:
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in done:
            done.add(at)
            path.append(at)
            at = referrer.get(at)
        if at in path:
            circle = path[path.index(at) :]
            in_order = [circle[place] for place in key_order(circle)]
            found.append(min(in_order, key=first_days.__getitem__))
    return found
