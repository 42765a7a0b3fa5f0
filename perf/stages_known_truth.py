"""Judge stages, schedules and the rhythm against shops whose truth is known, and against simple rules.

    python perf/stages_known_truth.py

Prints, for the simulated shop of the tests (several seeds), the gift shop (two days) and CDNOW: how often
the 10 to 90 % interval held the next order, whether the chance of still being a customer is what it says, how
well "gone" tells who has left, and how well the stages tell the true ones. The rules compared with are
allowed to look at the truth for their best threshold, except where it says fixed.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import retention_core as rc
from retention_core.stage_tables import GONE, SCHEDULES, STAGES, StageTable
from retention_core.stages import stages_of
from tests.core.known_shop import known_shop

SEEDS = (5, 6, 7, 8)
FIXED = 180  # days of silence


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


def tell_dates(one: Judged) -> None:
    """Coverage and error of the next order's day, of those who ordered again."""
    rows = one.rows.dropna(subset=["next_order"])
    low = (rows["next_order"] < rows["expected_low"]).mean()
    high = (rows["next_order"] > rows["expected_high"]).mean()
    start = one.table.as_of.toordinal()
    plain = np.maximum(rows["last_order"] + one.table.rhythm.typical_gap, start)
    width = (rows["expected_high"] - rows["expected_low"]).median()
    print(
        f"{one.name}: 10-90 % interval held {1 - low - high:.1%} of {len(rows):,} next orders "
        f"({low:.1%} before, {high:.1%} after; median width {width:.0f} days); "
        f"median error {median_error(rows, rows['expected']):.1f} days, "
        f"{median_error(rows, plain):.1f} by the population's typical gap"
    )
    habit = rows["said"] == "long-term"
    if habit.sum() > 50:
        error, by_all = (median_error(rows[habit], guess[habit]) for guess in (rows["expected"], plain))
        print(
            f"    {habit.sum():,} long-term customers: median error {error:.1f} days, "
            f"{by_all:.1f} by the population's"
        )


def median_error(rows: pd.DataFrame, guess: pd.Series[float]) -> float:
    """Median distance in days."""
    return float((rows["next_order"] - guess).abs().median())


def tell_leaving(one: Judged) -> None:
    """Calibration of the chance, and who has left, against silence alone."""
    still, silent = one.rows["still_customer"], one.rows["silence"]
    alive = one.rows["alive"].astype(bool)
    print(
        f"{one.name}: still a customer {still.mean():.1%} said, {alive.mean():.1%} true; "
        f"Brier {((still - alive) ** 2).mean():.4f}; "
        f"area under the curve {area(still, alive):.3f}, {area(-silent, alive):.3f} by silence alone"
    )
    bins = pd.cut(still, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1], include_lowest=True)
    for label, group in one.rows.groupby(bins, observed=True):
        print(
            f"    said {label}: mean {group['still_customer'].mean():.2f}, "
            f"true {group['alive'].mean():.2f} ({len(group):,})"
        )
    best = max(range(5, 600, 5), key=lambda days: f1(~alive, silent > days))
    for name, gone in {
        "gone": one.rows["schedule"] == GONE,
        f"silent over {FIXED} days (fixed)": silent > FIXED,
        f"silent over {best} days (best)": silent > best,
    }.items():
        right, found = (~alive[gone]).mean(), gone[~alive].mean()
        print(
            f"    {name}: {right:.1%} of those named have left, {found:.1%} of those who left named, "
            f"F1 {f1(~alive, gone):.3f}"
        )
    for schedule in SCHEDULES:
        part = alive[one.rows["schedule"] == schedule]
        print(f"    {schedule}: {len(part):,} customers, {part.mean():.1%} still customers")


def tell_stages(one: Judged) -> None:
    """Accuracy and mean F1 of the stages among those who ordered, against silence alone and orders alone."""
    true, silent, orders = one.rows["stage"], one.rows["silence"], one.rows["orders"]
    habit = one.table.thresholds.habit_orders
    by_silence = max(
        (cut(silent, low, high, ("long-term", *rest))
         for low in range(10, 150, 10) for high in range(low, 400, 15)
         for rest in (("short-term", "medium-term"), ("medium-term", "short-term"))),
        key=lambda guess: mean_f1(true, guess),
    )  # fmt: skip
    by_orders = max(
        (cut(orders, 1, most, STAGES) for most in range(1, 15)), key=lambda guess: mean_f1(true, guess)
    )
    print(f"{one.name}: habit from {habit} orders, {one.table.thresholds.habit_days:.0f} days")
    for name, guess in {
        "stages": one.rows["said"],
        "silence (best)": by_silence,
        "orders (best)": by_orders,
    }.items():
        each = ", ".join(f"{stage} {f1(true == stage, guess == stage):.2f}" for stage in STAGES)
        print(f"    {name}: {(true == guess).mean():.1%} right, mean F1 {mean_f1(true, guess):.3f} ({each})")


def cut(column: pd.Series[float], low: float, high: float, names: tuple[str, ...]) -> pd.Series[str]:
    """The first name up to `low`, the second up to `high`, the third beyond."""
    return pd.Series(
        np.where(column <= low, names[0], np.where(column <= high, names[1], names[2])), column.index
    )


def area(score: pd.Series[float], true: pd.Series[bool]) -> float:
    """Chance that somebody of whom it is true scores higher than somebody of whom it is not."""
    yes = int(true.sum())
    return float((score.rank()[true].sum() - yes * (yes + 1) / 2) / (yes * (len(true) - yes)))


def f1(true: pd.Series[bool], named: pd.Series[bool]) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (true & named).sum() / max(true.sum() + named.sum(), 1))


def mean_f1(true: pd.Series[str], guess: pd.Series[str]) -> float:
    """Mean over the stages."""
    return float(np.mean([f1(true == stage, guess == stage) for stage in STAGES]))


def main() -> None:
    """Everything, one block a question."""
    shops = [known(seed) for seed in SEEDS]
    gifts = [gift_shop(dt.date(2024, 7, 1)), gift_shop(dt.date(2025, 7, 1))]
    for one in (*shops, *gifts, cdnow()):
        tell_dates(one)
    for one in (*shops, *gifts):
        tell_leaving(one)
    for one in shops:
        tell_stages(one)


if __name__ == "__main__":
    main()
