"""Judge stages, schedules and the rhythm against shops whose truth is known, and against simple rules.

    python perf/stages_known_truth.py

Prints, for the simulated shop of the tests (seeds 5 to 8, those of the tests and of earlier trials, and 21
to 28; the range over each), the gift shop (two days) and CDNOW: how often the 10 to 90 % interval held
the next order, whether the chance of still being a customer is what it says, how well "gone" tells who has
left, and how well the stages tell the true ones. The rules compared with are allowed to look at the truth for
their best thresholds, but for the silence of 180 days.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import retention_core as rc
from perf.focus_known_truth import FRESH, TRIED, Judgement, area, tell_range
from retention_core.stage_tables import GONE, OVERDUE, SCHEDULES, STAGES, StageTable
from retention_core.stages import stages_of
from tests.core.known_shop import known_shop

FIXED = 180  # days of silence
LONGER = 0.95  # of the gaps are to be shorter than second_days


class Judged(NamedTuple):
    """A table of stages beside the truth of the same customers, those who have ordered."""

    name: str
    table: StageTable
    rows: pd.DataFrame


def judged(name: str, table: StageTable, truth: pd.DataFrame) -> Judged:
    """The figures joined to a truth by key: next_order (NaN: none), and where known alive and stage."""
    names = ("orders", "last_order", "expected_low", "expected", "expected_high", "still_customer")
    rows = pd.DataFrame({name: getattr(table, name) for name in names}, index=pd.Index(table.keys))
    rows = rows.assign(
        said=table.stages, schedule=table.schedules, silence=table.as_of.toordinal() - rows["last_order"]
    )
    return Judged(name, table, rows[rows["orders"] > 0].join(truth))


def known(seed: int) -> Judged:
    """The shop of the tests."""
    shop = known_shop(seed=seed)
    log = rc.OrderLog.from_frame(shop.orders, customer="customer", date="date", amount="amount", cost="cost")
    truth = shop.truth.set_index(shop.truth["customer"].str.lower())
    truth["next_order"] = ordinals(truth["next_order"])
    return judged(
        f"known shop {seed}", stages_of(log, as_of=shop.as_of), truth[["alive", "stage", "next_order"]]
    )


def gift_shop(as_of: dt.date) -> Judged:
    """The gift shop as of a day before its end."""
    truth = rc.gift_shop_truth().set_index("customer_id")
    truth.index = truth.index.str.lower()
    log = rc.sample("gift_shop").log()
    truth = pd.DataFrame(
        {"alive": truth["alive_until"] >= pd.Timestamp(as_of), "next_order": next_days(log, as_of)}
    )
    return judged(f"gift shop {as_of}", stages_of(log, as_of=as_of), truth)


def cdnow(as_of: dt.date = dt.date(1997, 10, 1)) -> Judged:
    """CDNOW after 39 weeks."""
    log = rc.sample("cdnow").log()
    return judged(f"CDNOW {as_of}", stages_of(log, as_of=as_of), next_days(log, as_of).to_frame("next_order"))


def next_days(log: rc.OrderLog, as_of: dt.date) -> pd.Series[float]:
    """Key -> the first order day from a day on."""
    days = log.order_days().collect("pandas").to_native()
    return days[days["day"] >= as_of.toordinal()].groupby("customer")["day"].min().astype(float)


def ordinals(days: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    """Days as `date.toordinal` counts them."""
    return (days - pd.Timestamp("1970-01-01")).dt.days + dt.date(1970, 1, 1).toordinal()


def dates(one: Judged) -> Judgement:
    """Coverage and error of the next order's day, of those who ordered again."""
    rows = one.rows.dropna(subset=["next_order"])
    early, late = rows["next_order"] < rows["expected_low"], rows["next_order"] > rows["expected_high"]
    if one.table.rhythm is None:
        raise SystemExit("nobody ordered on two days")
    usual = rows["last_order"] + one.table.rhythm.typical_gap
    plain = np.maximum(usual, one.table.as_of.toordinal())
    habit = rows["said"] == "long-term"
    return {
        "next order: ordered again": float(len(rows)),
        "next order: interval held": 1 - (early | late).mean(),
        "next order: before it": early.mean(),
        "next order: after it": late.mean(),
        "next order: median width, days": (rows["expected_high"] - rows["expected_low"]).median(),
        "next order: median error, days": median_error(rows, rows["expected"]),
        "next order: median error by the typical gap": median_error(rows, plain),
        "long-term: customers": float(habit.sum()),
        "long-term: median error, days": median_error(rows[habit], rows["expected"][habit]),
        "long-term: median error by the typical gap": median_error(rows[habit], plain[habit]),
    }


def median_error(rows: pd.DataFrame, guess: pd.Series[float]) -> float:
    """Median distance in days."""
    return float((rows["next_order"] - guess).abs().median())


def leaving(one: Judged) -> Judgement:
    """Calibration of the chance, and who has left, against silence alone."""
    still, silent = one.rows["still_customer"], one.rows["silence"]
    alive = one.rows["alive"].astype(bool)
    found = {
        "still a customer: said": still.mean(),
        "still a customer: true": alive.mean(),
        "still a customer: area": area(still, alive),
        "still a customer: area by silence": area(-silent, alive),
    }
    bins = pd.cut(still, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1], include_lowest=True)
    for label, group in one.rows.groupby(bins, observed=False):
        found[f"still a customer: true where said {label}"] = group["alive"].astype(float).mean()
    best = max(range(5, 600, 5), key=lambda days: f1(~alive, silent > days))
    rules = {
        "gone": one.rows["schedule"] == GONE,
        "gone below 1/2": one.rows["schedule"].isin([OVERDUE, GONE]) & (still < 0.5),
        f"silent over {FIXED} days": silent > FIXED,
        "silent over the best days": silent > best,
    }
    found["best days of silence"] = float(best)
    for name, gone in rules.items():
        found[f"{name}: have left"] = (~alive[gone]).mean()
        found[f"{name}: of those who left named"] = gone[~alive].mean()
        found[f"{name}: F1"] = f1(~alive, gone)
    for schedule in SCHEDULES:
        found[f"{schedule}: still customers"] = alive[one.rows["schedule"] == schedule].mean()
    return found


def stages(one: Judged) -> Judgement:
    """Accuracy and mean F1 of the stages among those who ordered, against silence alone and orders alone."""
    true, silent, orders = one.rows["stage"], one.rows["silence"], one.rows["orders"]
    by_silence = max(
        (cut(silent, low, high, ("long-term", *rest))
         for low in range(10, 150, 10) for high in range(low, 400, 15)
         for rest in (("short-term", "medium-term"), ("medium-term", "short-term"))),
        key=lambda guess: mean_f1(true, guess),
    )  # fmt: skip
    by_orders = max(
        (cut(orders, 1, most, STAGES) for most in range(1, 15)), key=lambda guess: mean_f1(true, guess)
    )
    by_both = max(
        (cut(orders.where((orders > 1) | (silent > days), 0), 0, most, STAGES)
         for days in range(30, 400, 15) for most in range(1, 15)),
        key=lambda guess: mean_f1(true, guess),
    )  # fmt: skip
    if one.table.rhythm is None:
        raise SystemExit("nobody ordered on two days")
    second = math.ceil(one.table.rhythm.first_gap_quantile(LONGER))
    within = (orders == 1) & (silent - 0.5 <= second)
    guesses = {
        "stages": one.rows["said"],
        f"stages, second_days of {LONGER:.0%} of the gaps": one.rows["said"].mask(within, STAGES[0]),
        "silence (best)": by_silence,
        "orders (best)": by_orders,
        "orders and silence (best)": by_both,
    }
    found = {"second_days": one.table.thresholds.second_days or 0.0, "longer second_days": float(second)}
    for name, guess in guesses.items():
        found[f"{name}: right"] = (true == guess).mean()
        found[f"{name}: mean F1"] = mean_f1(true, guess)
        found |= {f"{name}: F1 {stage}": f1(true == stage, guess == stage) for stage in STAGES}
    return found


def cut(column: pd.Series[float], low: float, high: float, names: tuple[str, ...]) -> pd.Series[str]:
    """The first name up to `low`, the second up to `high`, the third beyond."""
    return pd.Series(
        np.where(column <= low, names[0], np.where(column <= high, names[1], names[2])), column.index
    )


def f1(true: pd.Series[bool], named: pd.Series[bool]) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (true & named).sum() / max(true.sum() + named.sum(), 1))


def mean_f1(true: pd.Series[str], guess: pd.Series[str]) -> float:
    """Mean over the stages."""
    return float(np.mean([f1(true == stage, guess == stage) for stage in STAGES]))


def main() -> None:
    """Everything, one block a shop."""
    for seeds in (TRIED, FRESH):
        shops = [known(seed) for seed in seeds]
        title = f"known shop, seeds {seeds[0]} to {seeds[-1]}"
        tell_range(title, [dates(one) | leaving(one) | stages(one) for one in shops])
    for one in (gift_shop(dt.date(2024, 7, 1)), gift_shop(dt.date(2025, 7, 1))):
        tell_range(one.name, [dates(one) | leaving(one)])
    one = cdnow()
    tell_range(one.name, [dates(one)])


if __name__ == "__main__":
    main()
