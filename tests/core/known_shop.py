"""A seeded shop whose truth is known: who has a habit, who has left, who pays, who cares, whom a word moves.

Nothing here follows the models under test: customers leave by a hazard in time, not after an order; gaps are
gamma, not log-logistic; habits begin at an order the customer chooses. The truth is made for judging, with
what each customer goes on to do after `as_of` where nobody interferes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Random = np.random.RandomState

YEAR = 365.25
YEARS_BEFORE = 3
YEARS_AFTER = 2
GROUPS = ("north", "south", "west")
PAYERS = {"prompt": (-6, 5, 0.0), "slow": (14, 10, 0.04), "bad": (45, 25, 0.35)}  # days late, spread, unpaid
TERMS = 30
USUAL = 0.9  # a first purchase is over once so large a share of the customer's own gaps would have ended


@dataclass(frozen=True, slots=True)
class Kind:
    """How customers of one kind live.

    `gap` is the median customer's mean gap in days and `gap_scatter` the sd of its logarithm; `shape` the
    gamma shape of gaps once the habit is there (`habit_after` orders, None: never), 1 before; `never_returns`
    the chance of leaving with the first order, `leaving` the hazard a year of the others; `amount` the median
    customer's mean order; `payers` the chances of each of `PAYERS`; `interest` the mean; `moved` the largest
    part of the days lost to leaving within the next year that a contact can win back.
    """

    name: str
    share: float
    gap: float
    gap_scatter: float
    shape: float
    habit_after: int | None
    never_returns: float
    leaving: float
    amount: float
    payers: tuple[float, float, float]
    interest: float
    moved: float


KINDS = (
    Kind("passer-by", 0.15, 90, 0.4, 1.0, None, 1.0, 1.0, 40, (1, 0, 0), 0.2, 0.0),
    Kind("one-off", 0.20, 90, 0.4, 1.0, None, 1.0, 1.0, 45, (0.8, 0.15, 0.05), 0.25, 0.0),
    Kind("occasional", 0.33, 100, 0.5, 0.9, None, 0.15, 0.60, 55, (0.7, 0.2, 0.1), 0.4, 0.25),
    Kind("habitual", 0.24, 45, 0.45, 8.0, 4, 0.05, 0.35, 60, (0.8, 0.15, 0.05), 0.65, 0.40),
    Kind("trade", 0.08, 28, 0.35, 14.0, 3, 0.02, 0.25, 240, (0.55, 0.3, 0.15), 0.55, 0.30),
)


@dataclass(frozen=True, slots=True, eq=False)
class KnownShop:
    """What the shop sees before `as_of`, what happens later, and the truth.

    Attributes
    ----------
    orders
        Before `as_of`: customer, date, amount, cost, group, due, paid (NaT: not yet), open.
    later
        Orders from `as_of` on where nobody interferes: customer, date, amount.
    contacts
        Before `as_of`: customer, date, kind, response (yes, no or blank), score (0 to 10 or blank),
        do_not_contact (yes or blank).
    truth
        One row a customer: customer, kind, group, first_order (NaT: never bought), orders (days before
        `as_of`), stage ("short-term", "medium-term", "long-term" at `as_of`), habit_from (NaT: none yet), gap
        (true mean gap in days), shape, leaves_on, alive (still a customer at `as_of`), next_order (NaT: none
        seen within two years), payer, interest, do_not_contact, value_per_order, margin_per_order,
        orders_next_year and value_next_year (expected profit, nobody interfering), gain_of_contact (expected
        profit that one contact adds in the next year, before its cost; below zero for those whom it annoys).
    """

    as_of: dt.date
    orders: pd.DataFrame
    later: pd.DataFrame
    contacts: pd.DataFrame
    truth: pd.DataFrame


def known_shop(customers: int = 3000, seed: int = 5, as_of: dt.date = dt.date(2026, 1, 1)) -> KnownShop:
    """The shop of that seed; the same values on every machine (`RandomState` keeps its streams)."""
    random = np.random.RandomState(seed)
    people = _people(random, customers)
    lines = _orders(random, people)
    truth = _truth(people, lines, as_of)
    contacts = _contacts(random, people, truth, as_of)
    before = lines[lines["moment"] < 0]
    after = lines[lines["moment"] >= 0]
    return KnownShop(
        as_of=as_of,
        orders=_invoiced(random, _dated(before, as_of), people, as_of),
        later=_dated(after, as_of)[["customer", "date", "amount"]].reset_index(drop=True),
        contacts=contacts,
        truth=truth,
    )


def _people(random: Random, customers: int) -> pd.DataFrame:
    """Everybody's habits; moments in days from `as_of`."""
    which = random.choice(len(KINDS), customers, p=[kind.share for kind in KINDS])
    kinds = pd.DataFrame([KINDS[i] for i in which])
    first = -random.uniform(0, YEARS_BEFORE * YEAR, customers)
    interest = random.beta(6 * kinds["interest"], 6 * (1 - kinds["interest"]))
    hazard = kinds["leaving"] * np.exp(0.8 * (kinds["interest"] - interest))
    stays = random.random_sample(customers) >= kinds["never_returns"]
    lifetime = random.standard_exponential(customers) / hazard * YEAR
    payer = [random.choice(list(PAYERS), p=chances) for chances in kinds["payers"]]
    return pd.DataFrame(
        {
            "customer": [f"K{10001 + i}" for i in range(customers)],
            "kind": kinds["name"],
            "group": random.choice(GROUPS, customers, p=(0.5, 0.3, 0.2)),
            "first": first,
            "gap": kinds["gap"] * np.exp(kinds["gap_scatter"] * random.standard_normal(customers)),
            "shape": kinds["shape"],
            "habit_after": kinds["habit_after"].fillna(10**6).astype(int),
            "hazard": np.where(stays, hazard, np.inf),
            "end": first + np.where(stays, lifetime, 0.0),
            "amount": kinds["amount"] * np.exp(0.4 * random.standard_normal(customers)),
            "margin": random.uniform(0.25, 0.5, customers),
            "payer": payer,
            "interest": interest,
            "moved": kinds["moved"] * interest - 0.1 * (random.random_sample(customers) < 0.1),
            "do_not_contact": random.random_sample(customers) < 0.04,
        }
    )


def _orders(random: Random, people: pd.DataFrame) -> pd.DataFrame:
    """Every order up to two years after `as_of`, one row each, sorted by moment."""
    horizon = YEARS_AFTER * YEAR
    buys = people["kind"].to_numpy() != "passer-by"
    who = np.flatnonzero(buys)
    moment = people["first"].to_numpy()[who]
    found: list[tuple[npt.NDArray[np.intp], Floats, int]] = [(who, moment, 1)]
    number = 1
    while len(who):
        habit = number >= people["habit_after"].to_numpy()[who]
        shape = np.where(
            habit, people["shape"].to_numpy()[who], np.minimum(1.0, people["shape"].to_numpy()[who])
        )
        moment = moment + random.standard_gamma(shape) / shape * people["gap"].to_numpy()[who]
        still = (moment < people["end"].to_numpy()[who]) & (moment < horizon)
        who, moment, number = who[still], moment[still], number + 1
        found.append((who, moment, number))
    index = np.concatenate([who for who, _, _ in found])
    frame = pd.DataFrame(
        {
            "index": index,
            "customer": people["customer"].to_numpy()[index],
            "moment": np.floor(np.concatenate([moment for _, moment, _ in found])),
            "number": np.concatenate([np.full(len(who), number) for who, _, number in found]),
            "amount": people["amount"].to_numpy()[index]
            * np.exp(0.3 * random.standard_normal(len(index)) - 0.045),
        }
    )
    frame["amount"] = frame["amount"].round(2)
    return frame.sort_values(["moment", "index"], kind="stable", ignore_index=True)


def _truth(people: pd.DataFrame, lines: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    before = lines[lines["moment"] < 0]
    index = people.index
    orders = before.groupby("index")["moment"].nunique().reindex(index, fill_value=0)
    habit = before[before["number"] == people["habit_after"].to_numpy()[before["index"]]]
    habit_from = habit.set_index("index")["moment"].reindex(index)
    upcoming = lines[lines["moment"] >= 0].groupby("index")["moment"].min().reindex(index)
    buys = orders > 0
    usual = people["gap"] * -np.log(1 - USUAL)  # first gaps are exponential
    early = ~buys | ((orders == 1) & (-people["first"] <= usual))
    stage = np.where(early, "short-term", np.where(habit_from.notna(), "long-term", "medium-term"))
    alive = buys & (people["end"] >= 0)
    hazard = people["hazard"].replace(np.inf, 1e9)
    within = (1 - np.exp(-hazard)) / hazard * YEAR  # expected days of the next year as a customer
    next_year = np.where(alive, within / people["gap"], 0.0)
    profit = people["amount"] * people["margin"]
    kept = people["moved"] * (YEAR - within) / people["gap"]  # days regained, in orders
    return pd.DataFrame(
        {
            "customer": people["customer"],
            "kind": people["kind"],
            "group": people["group"],
            "first_order": _days(people["first"].where(buys), as_of),
            "orders": orders,
            "stage": stage,
            "habit_from": _days(habit_from, as_of),
            "gap": people["gap"],
            "shape": people["shape"],
            "leaves_on": _days(people["end"].where(buys), as_of),
            "alive": alive,
            "next_order": _days(upcoming, as_of),
            "payer": people["payer"],
            "interest": people["interest"],
            "do_not_contact": people["do_not_contact"],
            "value_per_order": people["amount"],
            "margin_per_order": profit,
            "orders_next_year": next_year,
            "value_next_year": next_year * profit,
            "gain_of_contact": np.where(alive, kept * profit, 0.0),
        }
    )


def _contacts(random: Random, people: pd.DataFrame, truth: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Enquiries before the first purchase, letters to buyers, and how those who care answer."""
    rows: list[tuple[str, float, str, str, float, str]] = []
    for person, bought in zip(people.itertuples(index=False), truth["orders"] > 0, strict=True):
        stop = "yes" if person.do_not_contact else ""
        for _ in range(random.poisson(1.2) + (person.kind == "passer-by")):
            kind = ("visit", "enquiry", "quote")[random.randint(3)]
            moment = person.first - random.standard_exponential() * 20
            rows.append((person.customer, moment, kind, "", np.nan, stop))
        for _ in range(random.poisson(-person.first / 120) if bought else 0):
            answer = random.random_sample() < 0.6 * person.interest
            score = np.clip(np.round(10 * person.interest + random.standard_normal()), 0, 10)
            moment = person.first * random.random_sample()
            rows.append(
                (
                    person.customer,
                    moment,
                    "letter",
                    "yes" if answer else "no",
                    score if answer else np.nan,
                    stop,
                )
            )
    names = ["customer", "moment", "kind", "response", "score", "do_not_contact"]
    frame = pd.DataFrame(rows, columns=names).sort_values("moment", kind="stable", ignore_index=True)
    frame = frame[frame["moment"] < 0]
    return frame.assign(date=_days(frame["moment"], as_of))[["customer", "date", *names[2:]]].reset_index(
        drop=True
    )


def _invoiced(random: Random, frame: pd.DataFrame, people: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The orders with cost, due and paid days and what is open at `as_of`."""
    owner = people.iloc[frame["index"]].reset_index(drop=True)
    late, spread, unpaid = (owner["payer"].map({name: PAYERS[name][i] for name in PAYERS}) for i in range(3))
    delay = np.round(late + spread * random.standard_normal(len(frame))).clip(lower=-TERMS)
    due = frame["date"] + pd.to_timedelta(TERMS, unit="D")
    paid = due + pd.to_timedelta(delay, unit="D")
    never = random.random_sample(len(frame)) < unpaid
    open_still = never.to_numpy() | (paid >= pd.Timestamp(as_of)).to_numpy()
    return pd.DataFrame(
        {
            "customer": frame["customer"],
            "date": frame["date"],
            "amount": frame["amount"],
            "cost": (frame["amount"] * (1 - owner["margin"])).round(2),
            "group": owner["group"],
            "due": due,
            "paid": paid.where(~open_still),
            "open": np.where(open_still, frame["amount"], 0.0),
        }
    )


def _dated(lines: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    return lines.assign(date=_days(lines["moment"], as_of)).reset_index(drop=True)


def _days(moments: pd.Series, as_of: dt.date) -> pd.Series:
    """Moments in days from `as_of` as dates; those centuries away as none."""
    near = moments.where(moments.abs() < 50_000)
    return pd.Timestamp(as_of) + pd.to_timedelta(np.floor(near), unit="D")
