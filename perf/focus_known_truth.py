"""Judge the focus list and the list of those due a word against known truth, and against simple rules.

    python perf/focus_known_truth.py [orders.parquet]

Prints, for the simulated shop of the tests (several seeds): how well the expected value of the next year is
told, what a budgeted list gains against recency only and top spenders only and what it leaves to the best
list there is, how well payers are told apart, and how well the list of the week tells who orders. Then, for
CDNOW and the gift shop split in time, what the customers ranked first brought in the holdout. With a file of
orders (customer, date, amount) it times the list beside the customer summary.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import retention_core as rc
from retention_core.contact_log import ContactLog
from retention_core.due import due_of
from retention_core.due_tables import REMIND, WIN_BACK, week_chances
from retention_core.focus import focus_of
from retention_core.focus_tables import FocusList
from retention_core.focus_values import Action
from retention_core.invoices import Invoices
from retention_core.solvency import BAD, PROMPT, SLOW, UNKNOWN
from tests.core.known_shop import KnownShop, known_shop

Floats = npt.NDArray[np.float64]
SEEDS = (5, 6, 7, 8)
COST = 5.0
BUDGETS = (250.0, 500.0, 1000.0)
TOPS = (0.01, 0.05, 0.1, 0.2)
PAYERS = {PROMPT: "prompt", SLOW: "slow", BAD: "bad"}


class Judged(NamedTuple):
    """A shop, its log, its list with all that is known, and the truth of the same customers."""

    shop: KnownShop
    log: rc.OrderLog
    contacts: ContactLog
    focus: FocusList
    truth: pd.DataFrame


def known(seed: int) -> Judged:
    """The shop of the tests, with contacts; invoices apart, for the truth's profit is before bad debts."""
    shop = known_shop(seed=seed)
    log = rc.OrderLog.from_frame(shop.orders, customer="customer", date="date", amount="amount", cost="cost")
    contacts = ContactLog.from_frame(shop.contacts)
    focus = focus_of(log, as_of=shop.as_of, contacts=contacts, action=Action(cost=COST))
    truth = shop.truth.set_index(shop.truth["customer"].str.lower()).loc[focus.keys]
    return Judged(shop, log, contacts, focus, truth)


def tell_value(one: Judged) -> None:
    """Expected profit of the next year beside the true one, in all and by tenths."""
    said, true = np.array(one.focus.figures.expected_value), one.truth["value_next_year"].to_numpy()
    tenth = pd.qcut(pd.Series(said).rank(method="first"), 10, labels=False).to_numpy()
    shares = ", ".join(
        f"{said[tenth == n].sum():,.0f}/{true[tenth == n].sum():,.0f}" for n in (9, 8, 7, 6, 5)
    )
    spend = np.array(one.focus.figures.recent)
    print(
        f"  expected value of the year {said.sum():,.0f} said, {true.sum():,.0f} true; correlation "
        f"{np.corrcoef(said, true)[0, 1]:.3f}, {np.corrcoef(spend, true)[0, 1]:.3f} by last year's profit; "
        f"in tenths from the top, said/true {shares}"
    )


def tell_budget(one: Judged) -> None:
    """What the contacts of a budget gain net of their cost, by the list and by simple rules."""
    may = ~one.truth["do_not_contact"].to_numpy()
    true = np.where(may, one.truth["gain_of_contact"].to_numpy(), -COST)
    figures = one.focus.figures
    rules = {
        "list": np.array(figures.gain),
        "recency only": np.array(one.focus.gaps.last),
        "silence, still a customer": -np.array(figures.still) - 2 * (np.array(figures.still) < 0.5),
        "top spenders only": np.array(figures.value),
        "top spenders of the last year": np.array(figures.recent),
        "expected value": np.array(figures.expected_value),
        "best there is": true,
    }
    for budget in BUDGETS:
        count = int(budget / COST)
        net = {name: gained(score, may, true, count) for name, score in rules.items()}
        told = "; ".join(f"{name} {value:,.0f}" for name, value in net.items())
        best, mine = net["best there is"], net["list"]
        print(
            f"  budget {budget:,.0f}: {told} | lift over recency {mine / net['recency only']:.2f}, "
            f"over spenders {mine / net['top spenders only']:.2f}; regret {1 - mine / best:.1%} of the best"
        )
    paying = np.array(figures.taken) > 0
    print(
        f"  {one.focus.answer().sentence}\n"
        f"  truly repaid by a contact: {(true > COST).sum():,}; of those named "
        f"{(true > COST)[paying].mean():.0%}; beyond the named a further {(true > COST)[~paying].sum():,}"
    )


def gained(score: Floats, may: npt.NDArray[np.bool_], true: Floats, count: int) -> float:
    """Net gain of the first so many by a score, of those who may be contacted."""
    chosen = np.argsort(np.where(may, -score, np.inf), kind="stable")[:count]
    return float((true[chosen] - COST).sum())


def tell_payers(one: Judged) -> None:
    """Labels beside the true payers, and what is paid of the year's profit."""
    invoices = Invoices.from_frame(
        one.shop.orders, customer="customer", due="due", paid="paid", open="open", amount="amount"
    )
    found = invoices.solvency(one.shop.as_of)
    labels = pd.Series(found.labels, found.figures.keys)
    true = one.truth["payer"].reindex(labels.index)
    clear = labels != UNKNOWN
    right = (labels[clear].map(PAYERS) == true[clear]).mean()
    with_them = focus_of(one.log, as_of=one.shop.as_of, contacts=one.contacts, invoices=invoices)
    unpaid = one.truth["payer"].map({"prompt": 0.0, "slow": 0.04, "bad": 0.35})
    owed = one.truth["orders_next_year"] * (
        one.truth["margin_per_order"] - unpaid * one.truth["value_per_order"]
    )
    plain, less = np.array(one.focus.figures.expected_value), np.array(with_them.figures.expected_value)
    print(
        f"  payers told right {right:.1%} of {clear.sum():,} ({(~clear).sum():,} unknown); profit after "
        f"bad debts {owed.sum():,.0f} true, {less.sum():,.0f} said with invoices, {plain.sum():,.0f} "
        f"without; correlation {np.corrcoef(less, owed)[0, 1]:.3f} and {np.corrcoef(plain, owed)[0, 1]:.3f}"
    )


def tell_due(one: Judged) -> None:
    """Who orders within the week, by the list's chance and by recency, and the days told."""
    start = pd.Timestamp(one.shop.as_of)
    following = one.shop.later[one.shop.later["date"] < start + pd.Timedelta(days=7)]["customer"].str.lower()
    orders = pd.Series(one.focus.keys).isin(following)
    chance = chance_of_week(one)
    recent = pd.Series(np.array(one.focus.gaps.last))
    typical = one.focus.rhythm.typical_gap
    to_usual = -(one.focus.as_of.toordinal() + 3 - recent - typical).abs()
    count = int(orders.sum())
    rules = {"the list": chance, "recency only": recent, "nearest to the typical gap": to_usual}
    told = ", ".join(
        f"{name} {area(score, orders):.3f} and {orders[score.nlargest(count).index].mean():.0%}"
        for name, score in rules.items()
    )
    print(
        f"  {count} order within the week ({chance.sum():.0f} expected); area and hits among the first "
        f"as many: {told}"
    )
    due = due_of(one.log, as_of=one.shop.as_of, contacts=one.contacts, focus=one.focus)
    truth = one.truth.loc[list(due.keys)]
    for occasion in (REMIND, WIN_BACK):
        part = truth[[row.occasion == occasion for row in due.rows]]
        coming = (part["next_order"] - start).dt.days
        print(
            f"    {occasion}: {len(part):,} named, {part['alive'].mean():.0%} still customers, "
            f"{(coming < 28).mean():.0%} order within four weeks unasked; mean true gain of a word "
            f"{part['gain_of_contact'].mean():.2f} ({one.truth['gain_of_contact'].mean():.2f} of all)"
        )


def chance_of_week(one: Judged) -> pd.Series[float]:
    """Chance of each customer to order within the week."""
    return pd.Series(np.array(week_chances(one.focus.rhythm, one.focus.gaps, 7)))


def area(score: pd.Series[float], true: pd.Series[bool]) -> float:
    """Chance that somebody of whom it is true scores higher than somebody of whom it is not."""
    yes = int(true.sum())
    return float((score.rank()[true].sum() - yes * (yes + 1) / 2) / (yes * (len(true) - yes)))


def tell_holdout(name: str, log: rc.OrderLog, split: dt.date, until: dt.date) -> None:
    """What the customers ranked first before a day brought after it."""
    days = (until - split).days
    focus = focus_of(log, as_of=split, days=days)
    lines = log.lines.collect("pandas").to_native()
    value = "profit" if log.value_of == "profit" else "amount"
    after = lines[(lines["day"] >= split.toordinal()) & (lines["day"] < until.toordinal())]
    true = after.groupby("customer")[value].sum().reindex(focus.keys).fillna(0.0).to_numpy()
    ranked = np.empty(len(true))
    ranked[np.array(focus.order)] = -np.arange(len(true))
    rules: Mapping[str, Floats] = {
        "the list's order": ranked,
        "expected value": np.array(focus.figures.expected_value),
        "past spend": np.array(focus.figures.value),
        "recency": np.array(focus.gaps.last),
        "best there is": true,
    }
    said = np.array(focus.figures.expected_value)
    print(
        f"{name}: {len(true):,} customers, {said.sum():,.0f} expected in {days} days, {true.sum():,.0f} "
        f"came; correlation {np.corrcoef(said, true)[0, 1]:.3f}, "
        f"{np.corrcoef(focus.figures.value, true)[0, 1]:.3f} by past spend"
    )
    for top in TOPS:
        count = round(top * len(true))
        shares = {
            rule: true[np.argsort(-score, kind="stable")[:count]].sum() for rule, score in rules.items()
        }
        print(f"  first {top:.0%}: " + ", ".join(f"{rule} {share:,.0f}" for rule, share in shares.items()))


def tell_speed(path: str) -> None:
    """The whole list beside the customer summary, best of three, in one process."""
    logs = {"file": rc.OrderLog.from_file(path), "pandas": rc.OrderLog.from_frame(pd.read_parquet(path))}
    for kind, log in logs.items():
        summary, whole = best_time(log.customer_table), best_time(partial(whole_list, log))
        print(
            f"{kind}: {log.orders:,} orders, summary {summary:.2f} s, list {whole:.2f} s, "
            f"{whole / summary:.1f} times"
        )


def whole_list(log: rc.OrderLog) -> object:
    """The list of everyone, of which a page shows a hundred."""
    return focus_of(log).columns(100)


def best_time(make: Callable[[], object]) -> float:
    """Seconds, the best of three."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        make()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Everything, one block a shop."""
    if len(sys.argv) > 1:
        tell_speed(sys.argv[1])
        return
    for seed in SEEDS:
        one = known(seed)
        print(f"known shop {seed}: {len(one.truth):,} customers")
        for tell in (tell_value, tell_budget, tell_payers, tell_due):
            tell(one)
    cdnow, gifts = rc.sample("cdnow").log(), rc.sample("gift_shop").log()
    tell_holdout("CDNOW", cdnow, dt.date(1997, 10, 1), dt.date(1998, 7, 1))
    tell_holdout("gift shop 2024", gifts, dt.date(2024, 1, 1), dt.date(2025, 1, 1))
    tell_holdout("gift shop 2025", gifts, dt.date(2025, 1, 1), dt.date(2026, 1, 1))


if __name__ == "__main__":
    main()
