"""A seeded shop whose customers speak up and refer others, with effects of known size, or of none.

Customers order by a Poisson process whose rate is their own (gamma over customers) times the effects asked
for, so that the chance of an order within so many days, and the mean value of them, follow in closed form.
Who is referred, how customers score and what is adopted depends on nothing else unless asked for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.feedback_log import FeedbackLog
from retention_core.orders import OrderLog

Floats = npt.NDArray[np.float64]

DAYS = 1096
START = dt.date(2023, 1, 1)
AS_OF = START + dt.timedelta(days=DAYS)
ORDERS_A_DAY = 4 / 365
SHAPE = 1.5  # of the gamma over customers
REFERRED = 0.3
AMOUNT, SCATTER = 50.0, 0.6  # median order, sd of its logarithm
PROMOTERS, PASSIVES, DETRACTORS = 0.5, 0.3, 0.2
ANSWERED, SUGGESTED, ADOPTED = 0.6, 0.5, 0.4
DECIDED_WITHIN = 60  # every adoption comes within so many days


@dataclass(frozen=True, slots=True)
class Effects:
    """What the rates of ordering are multiplied by; 1 is no effect.

    Attributes
    ----------
    referral
        For those who came by referral.
    adoption
        From the day of the adoption on.
    opinion
        For promoters; detractors are divided by it.
    spend
        What the orders of those referred are larger by, a factor.
    trend
        Customers won at the end of the log order so much more often than at its start, and are referred more.
    alike
        All customers have the same rate.
    """

    referral: float = 1.0
    adoption: float = 1.0
    opinion: float = 1.0
    spend: float = 1.0
    trend: float = 1.0
    alike: bool = False


@dataclass(eq=False)
class KnownVoice:
    """The shop's tables and how it was made; moments in days from the start."""

    effects: Effects
    people: pd.DataFrame
    orders: pd.DataFrame
    feedback: pd.DataFrame

    @cached_property
    def log(self) -> OrderLog:
        """The orders, with `referred_by` as a group."""
        return OrderLog.from_frame(
            self.orders, customer="customer", date="date", amount="amount", groups=["referred_by"]
        )

    @cached_property
    def feedback_log(self) -> FeedbackLog:
        """The feedback."""
        return FeedbackLog.from_frame(self.feedback)

    @cached_property
    def order_days(self) -> pd.DataFrame:
        """Key and day of every order, as a log has them."""
        days = (self.orders["date"] - pd.Timestamp("1970-01-01")).dt.days + dt.date(1970, 1, 1).toordinal()
        return pd.DataFrame({"customer": self.orders["customer"].str.lower(), "day": days})

    @cached_property
    def said(self) -> pd.DataFrame:
        """The feedback as the lines of its log, without the way through the door."""
        start = START.toordinal()
        asked = self.people[self.people["said"] < DAYS].reset_index(drop=True)
        heard = asked["suggested"] & asked["adopted"] & (asked["adopted_on"] < DAYS)
        return pd.DataFrame(
            {
                "row": asked.index + 1,
                "customer": asked["customer"].str.lower(),
                "day": (asked["said"] + start).astype(float),
                "score": asked["score"].where(asked["answered"]).astype(float),
                "suggested": asked["suggested"],
                "adopted": heard.astype(object).where(asked["suggested"], None),
                "adopted_on": (asked["adopted_on"] + start).where(heard).astype(float),
            }
        )

    def feedback_noted_at_orders(self, dated: bool) -> FeedbackLog:
        """The suggestions, each noted as adopted on its customer's first order day after it, if there is one.

        Nothing was adopted in truth, so the orders do not depend on it: an effect found is immortal time.
        """
        said = self.feedback[self.feedback["suggestion"].notna()]
        later = said[["customer", "date"]].merge(self.orders[["customer", "date"]], on="customer")
        noted = later[later["date_y"] > later["date_x"]].groupby("customer")["date_y"].min()
        days = said["customer"].map(noted)
        words = days.notna().map({True: "yes", False: "no"})
        return FeedbackLog.from_frame(said.assign(adopted=days if dated else words))


def known_voice(customers: int = 700, seed: int = 1, effects: Effects | None = None) -> KnownVoice:
    """The shop of that seed; the same values on every machine (`RandomState` keeps its streams)."""
    effects = effects or Effects()
    random = np.random.RandomState(seed)
    people = _people(random, customers, effects)
    orders = _orders(random, people, effects)
    return KnownVoice(effects, people, orders, _feedback(people))


def true_orders_again(days: int, times: float = 1.0) -> float:
    """Chance that a customer whose rate is multiplied by `times` orders within so many days."""
    return float(1 - (1 + times * ORDERS_A_DAY * days / SHAPE) ** -SHAPE)


def true_value(days: int, times: float = 1.0, spend: float = 1.0) -> float:
    """Mean value of the first order and the days after it, `days` in all."""
    mean = AMOUNT * spend * float(np.exp(SCATTER**2 / 2))
    return mean * (1 + times * ORDERS_A_DAY * (days - 1))


def true_points() -> float:
    """The net promoter score."""
    return 100 * (PROMOTERS - DETRACTORS)


def _people(random: np.random.RandomState, n: int, effects: Effects) -> pd.DataFrame:
    first = np.sort(random.randint(0, DAYS, n))
    first[: n // 20] = 0
    later = first / DAYS
    own = random.standard_gamma(SHAPE, n) / SHAPE
    rate = ORDERS_A_DAY * (1.0 if effects.alike else own) * effects.trend**later
    common = REFERRED * (1 if effects.trend == 1 else 2 * later)
    referred = (random.random_sample(n) < common) & (first > 0)
    referrer = (random.random_sample(n) * np.searchsorted(first, first)).astype(int)
    opinion = random.choice(3, n, p=(PROMOTERS, PASSIVES, DETRACTORS))
    score = np.select(
        [opinion == 0, opinion == 1],
        [random.choice([9, 10], n), random.choice([7, 8], n)],
        random.choice(np.arange(7), n),
    )
    said = first + random.randint(1, 90, n)
    adopted = random.random_sample(n) < ADOPTED
    return pd.DataFrame(
        {
            "customer": [f"V{10001 + i}" for i in range(n)],
            "first": first,
            "rate": rate,
            "referred": referred,
            "referrer": referrer,
            "opinion": opinion,
            "score": score,
            "said": said,
            "answered": random.random_sample(n) < ANSWERED,
            "suggested": random.random_sample(n) < SUGGESTED,
            "adopted": adopted,
            "adopted_on": said + random.randint(1, DECIDED_WITHIN + 1, n),
        }
    )


def _orders(random: np.random.RandomState, people: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    """First orders and, from the next day on, the Poisson ones before and after an adoption."""
    n = len(people)
    opinion = np.array([effects.opinion, 1.0, 1 / effects.opinion])[people["opinion"]]
    referral = np.where(people["referred"], effects.referral, 1.0)
    rate = people["rate"].to_numpy() * opinion * referral
    heard = (people["suggested"] & people["adopted"]).to_numpy()
    turn = np.where(heard, people["adopted_on"], DAYS).clip(max=DAYS)
    spans = (
        (people["first"].to_numpy() + 1, turn, rate),
        (np.maximum(turn, people["first"] + 1), np.full(n, DAYS), rate * effects.adoption),
    )
    who, moment = [np.arange(n)], [people["first"].to_numpy(dtype=float)]
    for start, end, each in spans:
        length = np.maximum(end - start, 0)
        owner = np.repeat(np.arange(n), random.poisson(each * length))
        who.append(owner)
        moment.append(np.floor(start[owner] + random.random_sample(len(owner)) * length[owner]))
    index = np.concatenate(who)
    spend = np.where(people["referred"], effects.spend, 1.0)[index]
    names = people["customer"].to_numpy()
    by = np.where(people["referred"], names[people["referrer"]], "")
    frame = pd.DataFrame(
        {
            "customer": names[index],
            "date": pd.Timestamp(START) + pd.to_timedelta(np.concatenate(moment), unit="D"),
            "amount": AMOUNT * spend * np.exp(SCATTER * random.standard_normal(len(index))),
            "referred_by": by[index],
        }
    )
    return frame.sort_values(["date", "customer"], kind="stable", ignore_index=True)


def _feedback(people: pd.DataFrame) -> pd.DataFrame:
    """One row a customer asked before the end; adoptions after the end have not happened yet."""
    asked = people[people["said"] < DAYS]
    day = pd.Timestamp(START)
    heard = asked["suggested"] & asked["adopted"] & (asked["adopted_on"] < DAYS)
    return pd.DataFrame(
        {
            "customer": asked["customer"],
            "date": day + pd.to_timedelta(asked["said"], unit="D"),
            "score": asked["score"].where(asked["answered"]),
            "suggestion": np.where(asked["suggested"], "Something better", None),
            "adopted": (day + pd.to_timedelta(asked["adopted_on"], unit="D")).where(heard),
        }
    ).reset_index(drop=True)
