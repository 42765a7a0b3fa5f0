"""Two order logs and a table of subscriptions to try things on, always labelled as what they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from retention_core.data import simulate_subscriptions
from retention_core.errors import RetentionError, said

if TYPE_CHECKING:
    from retention_core.data.simulate_voice import Said
    from retention_core.feedback_log import FeedbackLog
    from retention_core.orders import OrderLog
    from retention_core.referral_log import ReferralLog
    from retention_core.subscriptions import Subscriptions

_CDNOW_DAY_ZERO = pd.Timestamp("1996-12-31")
_CDNOW_CALIBRATION_DAYS = 39 * 7


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """An embedded order log and what must be said with it.

    Attributes
    ----------
    key
        Name to ask for it by.
    title
        Heading; a simulated sample says so here.
    kind
        "real" or "simulated".
    note
        One sentence, shown wherever the sample is.
    source
        Where it comes from.
    licence
        Under which terms it is here.
    columns
        Keyword arguments of `OrderLog.from_frame`.
    """

    key: str
    title: str
    kind: Literal["real", "simulated"]
    note: str
    source: str
    licence: str
    columns: Mapping[str, Any]
    _read: Callable[[], pd.DataFrame]

    def frame(self) -> pd.DataFrame:
        """The table as a shop would hand it over: raw columns, a new copy each time.

        Examples
        --------
        >>> list(sample("cdnow").frame())
        ['transaction', 'customer_id', 'date', 'number_of_cds', 'dollar_value']
        """
        return self._read()

    def log(self) -> OrderLog:
        """The table through the door for order logs, with its columns named."""
        from retention_core.orders import OrderLog

        return OrderLog.from_frame(self.frame(), **self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class SubscriptionSample:
    """A table of subscriptions and what must be said with it; the fields are those of `Sample`.

    `columns` holds keyword arguments of `Subscriptions.from_frame`.
    """

    key: str
    title: str
    kind: Literal["real", "simulated"]
    note: str
    source: str
    licence: str
    columns: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """The table as a billing system would hand it over: raw columns, a new copy each time.

        Examples
        --------
        >>> list(subscription_sample().frame())
        ['customer_id', 'region', 'plan', 'start', 'end', 'users', 'mrr']
        """
        names = ["customer_id", "region", "plan", "start", "end", "users", "mrr"]
        table = pd.DataFrame(simulate_subscriptions.simulate().rows, columns=names)
        return table.astype({"start": "datetime64[s]", "end": "datetime64[s]"})

    def subscriptions(self) -> Subscriptions:
        """The table through the door for subscriptions, with its columns named."""
        from retention_core.subscriptions import Subscriptions

        return Subscriptions.from_frame(self.frame(), **self.columns)


def subscription_sample() -> SubscriptionSample:
    """The sample of subscriptions: a bookkeeping service, simulated, three years.

    Examples
    --------
    >>> subscription_sample().title
    'Bookkeeping service (simulated)'
    """
    return _BOOKKEEPING


def subscription_truth() -> pd.DataFrame:
    """What the simulation knows and the sample of subscriptions does not say, one row a customer.

    Returns
    -------
    A table with `customer_id`, `region`, `first_plan`, and `leaves` (the customer's own probability of
    leaving at the end of each month).

    Examples
    --------
    >>> truth = subscription_truth()
    >>> len(truth), list(truth)
    (420, ['customer_id', 'region', 'first_plan', 'leaves'])
    """
    names = ["customer_id", "region", "first_plan", "leaves"]
    return pd.DataFrame(simulate_subscriptions.simulate().truth, columns=names)


@dataclass(frozen=True, slots=True, eq=False)
class VoiceSample:
    """What the customers of the simulated gift shop say and who brought whom; fields as those of `Sample`."""

    key: str
    title: str
    kind: Literal["real", "simulated"]
    note: str
    source: str
    licence: str

    def feedback_frame(self) -> pd.DataFrame:
        """The feedback as a shop would hand it over: raw columns, a new copy each time.

        Examples
        --------
        >>> frame = voice_sample().feedback_frame()
        >>> list(frame), len(frame)
        (['customer_id', 'asked_on', 'score', 'suggestion', 'adopted_on'], 1500)
        """
        return _gift_shop_voice().feedback

    def referrals_frame(self) -> pd.DataFrame:
        """Who was referred by whom, one row a customer who was: customer_id, referred_by."""
        return _gift_shop_voice().referrals

    def feedback(self) -> FeedbackLog:
        """The feedback through its door, with its columns named."""
        from retention_core.feedback_log import FeedbackLog

        return FeedbackLog.from_frame(
            self.feedback_frame(),
            customer="customer_id",
            date="asked_on",
            score="score",
            suggestion="suggestion",
            adopted="adopted_on",
        )

    def referrals(self) -> ReferralLog:
        """The referrals through their door, with their columns named."""
        from retention_core.referral_log import ReferralLog

        return ReferralLog.from_frame(
            self.referrals_frame(), customer="customer_id", referred_by="referred_by"
        )


def voice_sample() -> VoiceSample:
    """Feedback and referrals to go with the sample "gift_shop".

    Examples
    --------
    >>> voice_sample().title
    'What the customers of the gift shop say (simulated)'
    """
    return _VOICE


def voice_truth() -> pd.DataFrame:
    """What the simulation knows and feedback and referrals do not say, one row a customer of the gift shop.

    Returns
    -------
    A table with `customer_id`, `returns` (as in `gift_shop_truth`), `stays` (not lost within 180 days of
    being asked; missing for those who were not), `referred`. The chances that depend on them stand in
    `retention_core.data.simulate_voice`.

    Examples
    --------
    >>> truth = voice_truth()
    >>> len(truth), int(truth["stays"].notna().sum())
    (4800, 1500)
    """
    return _gift_shop_voice().truth


def all_samples() -> tuple[Sample, ...]:
    """Every sample, the one to open with first.

    Examples
    --------
    >>> [(one.key, one.kind) for one in all_samples()]
    [('gift_shop', 'simulated'), ('cdnow', 'real')]
    """
    return (_GIFT_SHOP, _CDNOW)


def sample(key: str) -> Sample:
    """The sample of that name.

    Raises
    ------
    RetentionError
        If there is none.

    Examples
    --------
    >>> sample("cdnow").title
    'CDNOW'
    >>> sample("tesco")
    Traceback (most recent call last):
    retention_core.errors.RetentionError: key must be one of gift_shop, cdnow (got tesco).
    """
    for one in all_samples():
        if one.key == key:
            return one
    known = ", ".join(one.key for one in all_samples())
    raise RetentionError(f"`key` must be one of {known} (got {said(key)}).")


def gift_shop_truth() -> pd.DataFrame:
    """What the simulation knows and the log of the gift shop does not say, one row a customer.

    Returns
    -------
    A table with `customer_id`; `segment` (private, standing, wholesale); `region` and `channel` (that of the
    first order); `first_order`; `alive_until` (no order after that day; often beyond the log); `returns`
    (False: lost right after the first order); `orders_per_year` while alive; `regularity` (gamma shape of the
    gaps, 1 is Poisson); `churn_per_year` (hazard of those who return, both effects included); `region_effect`
    and `channel_effect` (multiples of the hazard); `mean_order` (in 2023 prices).

    Examples
    --------
    >>> truth = gift_shop_truth()
    >>> len(truth), truth["segment"].value_counts().to_dict()
    (4800, {'private': 4560, 'standing': 160, 'wholesale': 80})
    """
    return _embedded("gift_shop_truth.csv.gz", parse_dates=["first_order", "alive_until"])


def cdnow_tenth() -> pd.DataFrame:
    """The rows of the 1/10 sample of CDNOW, 2,357 customers, on which the field's papers fit their models.

    Customers stand in the order of the published sample: by first day, then by number.

    Notes
    -----
    Fader and Hardie's rule: by week of the first purchase, then by repeat spending in the first 39 weeks,
    largest first, then by customer, take every tenth. The spending is all purchases minus those of the first
    day, summed in file order in floating-point dollars: their rounding breaks ties, and exact cents would
    pick 158 other customers.

    References
    ----------
    Fader and Hardie (2013), Notes on the CDNOW Master Data Set, brucehardie.com/notes/026.

    Examples
    --------
    >>> tenth = cdnow_tenth()
    >>> len(tenth), tenth["customer_id"].nunique(), tenth["customer_id"].unique()[:5].tolist()
    (6919, 2357, [4, 21, 50, 71, 86])
    """
    frame = _cdnow()
    customer = frame["customer_id"].to_numpy()
    day = (frame["date"] - _CDNOW_DAY_ZERO).dt.days.to_numpy()
    dollars = frame["dollar_value"].to_numpy()
    first = np.full(customer.max() + 1, day.max())
    np.minimum.at(first, customer, day)
    in_time, on_first_day = day <= _CDNOW_CALIBRATION_DAYS, day == first[customer]
    repeat = np.bincount(customer, dollars * in_time) - np.bincount(customer, dollars * on_first_day)
    ranked = np.lexsort((-repeat[1:], (first[1:] - 1) // 7)) + 1
    tenth = np.flatnonzero(np.isin(customer, ranked[9::10]))
    return frame.iloc[tenth[np.argsort(first[customer[tenth]], kind="stable")]].reset_index(drop=True)


def _gift_shop() -> pd.DataFrame:
    return _embedded("gift_shop.csv.gz", parse_dates=["order_date"])


def _gift_shop_voice() -> Said:
    from retention_core.data.simulate_voice import simulate

    return simulate(_gift_shop(), gift_shop_truth())


def _cdnow() -> pd.DataFrame:
    raw = _embedded("cdnow.csv.gz")
    return pd.DataFrame(
        {
            "transaction": np.arange(1, len(raw) + 1),
            "customer_id": raw["customer_id"],
            "date": _CDNOW_DAY_ZERO + pd.to_timedelta(raw["day"], unit="D"),
            "number_of_cds": raw["number_of_cds"],
            "dollar_value": raw["cents"] / 100,
        }
    )


def _embedded(name: str, parse_dates: list[str] | None = None) -> pd.DataFrame:
    with (files("retention_core.data") / name).open("rb") as file:
        return pd.read_csv(file, compression="gzip", parse_dates=parse_dates)


_GIFT_SHOP = Sample(
    key="gift_shop",
    title="Gift shop (simulated)",
    kind="simulated",
    note=(
        "A simulated gift shop, not a real business: 4,800 made-up customers and their orders from 2023 "
        "to 2025, drawn by a seeded script in this repository."
    ),
    source="retention_core/data/simulate_gift_shop.py, seed 1",
    licence="MIT, as the project",
    columns=MappingProxyType(
        {
            "customer": "customer_id",
            "date": "order_date",
            "amount": "amount",
            "order": "order_id",
            "cost": "cost",
            "groups": ("region", "channel"),
        }
    ),
    _read=_gift_shop,
)

_CDNOW = Sample(
    key="cdnow",
    title="CDNOW",
    kind="real",
    note=(
        "Real purchases of the 23,570 customers who first bought at the CD shop CDNOW in January to March "
        "1997, followed until June 1998: no customers are won after March 1997."
    ),
    source=(
        "Fader and Hardie, CDNOW master data set (brucehardie.com/datasets), as shipped in the PyPI package "
        "lifetimes 0.11.3"
    ),
    licence="MIT (the package lifetimes, copyright 2015 Cameron Davidson-Pilon)",
    columns=MappingProxyType(
        {
            "customer": "customer_id",
            "date": "date",
            "amount": "dollar_value",
            "order": "transaction",
        }
    ),
    _read=_cdnow,
)

_BOOKKEEPING = SubscriptionSample(
    key="bookkeeping",
    title="Bookkeeping service (simulated)",
    kind="simulated",
    note=(
        "A simulated bookkeeping service, not a real business: 420 made-up customers who pay by the month, "
        "from 2023 to 2025, drawn by a seeded script in this repository."
    ),
    source="retention_core/data/simulate_subscriptions.py, seed 4",
    licence="MIT, as the project",
    columns=MappingProxyType(
        {
            "customer": "customer_id",
            "start": "start",
            "end": "end",
            "amount": "mrr",
            "plan": "plan",
            "groups": ("region",),
            "as_of": dt.date(2026, 1, 1),
        }
    ),
)

_VOICE = VoiceSample(
    key="gift_shop_voice",
    title="What the customers of the gift shop say (simulated)",
    kind="simulated",
    note=(
        "Simulated feedback and referrals of the simulated gift shop, not of real customers: 1,500 were "
        "asked once, drawn by a seeded script in this repository."
    ),
    source="retention_core/data/simulate_voice.py, seed 6",
    licence="MIT, as the project",
)
