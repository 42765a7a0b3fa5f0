"""Simulate what the customers of the simulated gift shop say, and who brought whom.

Drawn anew at every call by a seeded `RandomState`, whose streams numpy keeps, from the orders and the truth
of the gift shop, which it leaves as they are.

How they speak
--------------
- `ASKED` customers are asked once, `WAIT` days after one of their orders, chosen at random. A share `ANSWERS`
  answers, whoever they are, and a share `SUGGESTS` suggests something.
- Whether a customer *stays* (is not lost within `STAYS` days of being asked, as the truth of the shop says)
  decides the chances of being a promoter, passive or detractor (`OPINIONS`) and of having a suggestion
  adopted (`ADOPTS`), 5 to 60 days later. The orders being what they are, this is how an association of known
  size gets into them; nothing here is an effect.
- A customer won after `REFERRALS_FROM` came by referral with a chance that depends on whether the customer
  ever returns (`REFERS`). The referrer is somebody won earlier who returns, some far likelier than others; a
  few name nobody the shop knows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

SEED = 6
ASKED = 1500
WAIT = 10
STAYS = 180
ANSWERS, SUGGESTS = 0.45, 0.35
OPINIONS = {True: (0.55, 0.30, 0.15), False: (0.30, 0.33, 0.37)}
ADOPTS = {True: 0.45, False: 0.25}
REFERRALS_FROM = pd.Timestamp("2023-02-01")
REFERS = {True: 0.22, False: 0.12}
STRANGERS = 0.04
SUGGESTIONS = (
    "Gift wrapping for larger boxes", "Delivery on a chosen day", "More cards", "Paper instead of plastic",
    "Open earlier before Christmas", "A wish list", "Engraving", "Samples to smell before buying",
)  # fmt: skip
_END = pd.Timestamp("2025-12-31")


class Said(NamedTuple):
    """Feedback as asked for, who referred whom, and the truth of those asked and of those won later."""

    feedback: pd.DataFrame
    referrals: pd.DataFrame
    truth: pd.DataFrame


def simulate(orders: pd.DataFrame, shop: pd.DataFrame, seed: int = SEED) -> Said:
    """What is said of the raw orders of the gift shop and their truth."""
    random = np.random.RandomState(seed)
    feedback, stays = _feedback(random, orders, shop)
    referrals, brought = _referrals(random, shop)
    truth = shop[["customer_id", "returns"]].copy()
    truth["stays"] = truth["customer_id"].map(stays).astype("boolean")
    truth["referred"] = truth["customer_id"].isin(brought)
    return Said(feedback, referrals, truth)


def _feedback(
    random: np.random.RandomState, orders: pd.DataFrame, shop: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series[bool]]:
    bought = orders[orders["amount"] >= 0][["customer_id", "order_date"]].drop_duplicates()
    bought = bought[bought["order_date"] + pd.Timedelta(days=WAIT) <= _END]
    one = bought.iloc[random.permutation(len(bought))].drop_duplicates("customer_id").head(ASKED)
    one = one.sort_values(["order_date", "customer_id"], ignore_index=True)
    asked = one["order_date"] + pd.Timedelta(days=WAIT)
    until = one["customer_id"].map(shop.set_index("customer_id")["alive_until"])
    stays = (until >= asked + pd.Timedelta(days=STAYS)).to_numpy()
    score = _scores(random, stays)
    answers, suggests, adopts = (random.random_sample(len(one)) for _ in range(3))
    text = np.array(SUGGESTIONS, dtype=object)[random.randint(len(SUGGESTIONS), size=len(one))]
    adopted = asked + pd.to_timedelta(random.randint(5, 61, len(one)), unit="D")
    heard = (suggests < SUGGESTS) & (adopts < np.where(stays, ADOPTS[True], ADOPTS[False]))
    frame = pd.DataFrame(
        {
            "customer_id": one["customer_id"],
            "asked_on": asked,
            "score": pd.array(score, dtype="Int64"),
            "suggestion": pd.Series(text, dtype=object).where(suggests < SUGGESTS, None),
            "adopted_on": adopted.where(heard & (adopted <= _END).to_numpy()),
        }
    )
    frame["score"] = frame["score"].mask(answers >= ANSWERS)
    return frame, pd.Series(stays, index=one["customer_id"])


def _scores(random: np.random.RandomState, stays: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    chance = np.where(stays[:, None], OPINIONS[True], OPINIONS[False]).cumsum(axis=1)
    opinion = (random.random_sample((len(stays), 1)) > chance).sum(axis=1)
    levels = (
        random.randint(9, 11, len(stays)),
        random.randint(7, 9, len(stays)),
        random.randint(0, 7, len(stays)),
    )
    score: npt.NDArray[np.int64] = np.choose(np.minimum(opinion, 2), levels).astype(np.int64)
    return score


def _referrals(random: np.random.RandomState, shop: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    people = shop.sort_values(["first_order", "customer_id"], ignore_index=True)
    returns = people["returns"].to_numpy(dtype=bool)
    chance = np.where(returns, REFERS[True], REFERS[False]) * (people["first_order"] > REFERRALS_FROM)
    came = np.flatnonzero(random.random_sample(len(people)) < chance)
    weight = np.where(returns, np.exp(1.5 * random.standard_normal(len(people))), 0.0).cumsum()
    earlier = people["first_order"].searchsorted(people["first_order"].to_numpy()[came]) - 1
    drawn = np.searchsorted(weight, random.random_sample(len(came)) * weight[earlier])
    names = people["customer_id"].to_numpy()
    stranger = random.random_sample(len(came)) < STRANGERS
    frame = pd.DataFrame(
        {"customer_id": names[came], "referred_by": np.where(stranger, "a neighbour", names[drawn])}
    )
    return frame, set(frame["customer_id"])
