"""Judge the focus list and the list of those due a word against known truth, and against simple rules.

    python perf/focus_known_truth.py

Prints, for the simulated shop of the tests (seeds 5 to 8, those of the tests and of earlier trials, and 21
to 28; the range over each): how well the expected value of the next year is told, what a budgeted list gains
against recency only and top spenders only and what it leaves to the best list there is, how much of what pays
is named under several assumed uplifts, how well payers are told apart, and how well the list of the week
tells who orders. Then, for CDNOW and the gift shop split in time, what the customers ranked first brought in
the holdout, with a bootstrap interval of the list against past spend.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import retention_core as rc
from retention_core.btyd.bg_nbd import fit_bg_nbd
from retention_core.btyd.clv import lifetime_values
from retention_core.btyd.gamma_gamma import fit_gamma_gamma
from retention_core.btyd.purchases import purchases_of
from retention_core.contact_log import ContactLog
from retention_core.due import due_of
from retention_core.due_tables import REMIND, WIN_BACK, week_chances
from retention_core.focus import focus_of
from retention_core.focus_tables import FocusList
from retention_core.focus_values import Action
from retention_core.invoices import Invoices
from retention_core.rhythm import Rhythm
from retention_core.solvency import BAD, PROMPT, SLOW, UNKNOWN
from tests.core.known_shop import KnownShop, known_shop

Floats = npt.NDArray[np.float64]
Judgement = dict[str, float]
TRIED, FRESH = (5, 6, 7, 8), tuple(range(21, 29))
COST = 5.0
BUDGETS = (250.0, 500.0, 1000.0)
UPLIFTS = (0.1, 0.2, 0.3)
TOPS = (0.01, 0.05, 0.1, 0.2)
DRAWS = 1000
YEAR_DAYS = 365
MONTH = 365.25 / 12
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


def value(one: Judged) -> Judgement:
    """Expected profit of the next year beside the true one, in all and by tenths from the top."""
    said, true = np.array(one.focus.figures.expected_value), one.truth["value_next_year"].to_numpy()
    tenth = pd.qcut(pd.Series(said).rank(method="first"), 10, labels=False).to_numpy()
    found = {
        "customers": float(len(true)),
        "value: said / true": said.sum() / true.sum(),
        "value: correlation": np.corrcoef(said, true)[0, 1],
        "value: correlation, last year's profit": np.corrcoef(one.focus.figures.recent, true)[0, 1],
    }
    for place in range(5):
        part = tenth == 9 - place
        found[f"value: said / true, tenth {place + 1}"] = said[part].sum() / true[part].sum()
    return found


def budget(one: Judged) -> Judgement:
    """What contacts gain net of their cost by truth: as the list is told, and by its rank and simple rules
    where the whole budget is spent."""
    may = ~one.truth["do_not_contact"].to_numpy()
    true = np.where(may, one.truth["gain_of_contact"].to_numpy(), -COST)
    figures = one.focus.figures
    rules = {
        "list's rank": np.array(figures.gain),
        "recency": np.array(one.focus.gaps.last),
        "all-time spenders": np.array(figures.value),
        "last year's spenders": np.array(figures.recent),
        "expected value": np.array(figures.expected_value),
        "best": true,
    }
    found: Judgement = {}
    for most in BUDGETS:
        net: Judgement = {}
        for uplift in (UPLIFTS[0], UPLIFTS[-1]):
            chosen = named(one, uplift, most)
            net[f"list at {uplift:.0%}"] = float((true[chosen] - COST).sum())
            found[f"budget {most:,.0f}: contacts of the list at {uplift:.0%}"] = float(chosen.sum())
        net |= {name: gained(score, may, true, int(most / COST)) for name, score in rules.items()}
        found |= {f"budget {most:,.0f}: {name}": figure for name, figure in net.items()}
        for mine in ("list at 10%", "list at 30%", "list's rank"):
            for name in ("recency", "all-time spenders", "last year's spenders", "expected value", "best"):
                found[f"budget {most:,.0f}: {mine} / {name}"] = net[mine] / net[name]
    return found


def named(one: Judged, uplift: float, most: float | None = None) -> npt.NDArray[np.bool_]:
    """Whom the list names for an action under an assumed uplift, with a budget or without."""
    plan = Action(cost=COST, uplift=uplift)
    focus = focus_of(one.log, as_of=one.shop.as_of, contacts=one.contacts, action=plan, budget=most)
    return np.array(focus.figures.taken) > 0


def gained(score: Floats, may: npt.NDArray[np.bool_], true: Floats, count: int) -> float:
    """Net gain of the first so many by a score, of those who may be contacted."""
    chosen = np.argsort(np.where(may, -score, np.inf), kind="stable")[:count]
    return float((true[chosen] - COST).sum())


def uplifts(one: Judged) -> Judgement:
    """Without a budget, by the uplift assumed: who is named, how many of them repay, and the net gain."""
    may = ~one.truth["do_not_contact"].to_numpy()
    true = np.where(may, one.truth["gain_of_contact"].to_numpy(), -COST)
    repays = true > COST
    stake = np.array(one.focus.figures.at_stake)
    found = {
        "repaid by a contact in truth": float(repays.sum()),
        "net gain of all who repay": (true[repays] - COST).sum(),
        "true uplift of the stake told": true[may].sum() / stake[may].sum(),
    }
    for uplift in UPLIFTS:
        chosen = named(one, uplift)
        found[f"uplift {uplift:.0%}: named"] = float(chosen.sum())
        found[f"uplift {uplift:.0%}: of them repay"] = repays[chosen].mean()
        found[f"uplift {uplift:.0%}: of those who repay named"] = chosen[repays].mean()
        found[f"uplift {uplift:.0%}: net gain"] = (true[chosen] - COST).sum()
    return found


def payers(one: Judged) -> Judgement:
    """Labels beside the true payers, and what is paid of the year's profit."""
    invoices = Invoices.from_frame(
        one.shop.orders, customer="customer", due="due", paid="paid", open="open", amount="amount"
    )
    told = invoices.solvency(one.shop.as_of)
    labels = pd.Series(told.labels, told.figures.keys)
    true = one.truth["payer"].reindex(labels.index)
    clear = labels != UNKNOWN
    with_them = focus_of(one.log, as_of=one.shop.as_of, contacts=one.contacts, invoices=invoices)
    unpaid = one.truth["payer"].map({"prompt": 0.0, "slow": 0.04, "bad": 0.35})
    owed = one.truth["orders_next_year"] * (
        one.truth["margin_per_order"] - unpaid * one.truth["value_per_order"]
    )
    plain, less = np.array(one.focus.figures.expected_value), np.array(with_them.figures.expected_value)
    return {
        "payers: told right": (labels[clear].map(PAYERS) == true[clear]).mean(),
        "payers: always 'on time' right": (true[clear] == "prompt").mean(),
        "payers: unknown": float((~clear).sum()),
        "payers: profit said / true, with invoices": less.sum() / owed.sum(),
        "payers: profit said / true, without": plain.sum() / owed.sum(),
        "payers: correlation with invoices": np.corrcoef(less, owed)[0, 1],
        "payers: correlation without": np.corrcoef(plain, owed)[0, 1],
    }


def due(one: Judged) -> Judgement:
    """Who orders within the week, by the list's chance and by simple rules, and what the occasions hold."""
    start = pd.Timestamp(one.shop.as_of)
    following = one.shop.later[one.shop.later["date"] < start + pd.Timedelta(days=7)]["customer"].str.lower()
    orders = pd.Series(one.focus.keys).isin(following)
    gaps = one.focus.gaps
    chance = pd.Series(np.array(week_chances(rhythm_of(one.focus), gaps, 7)))
    recent = pd.Series(np.array(gaps.last))
    dates = one.shop.orders
    year = dates[dates["date"] >= start - pd.Timedelta(days=YEAR_DAYS)]["customer"].str.lower().value_counts()
    rules = {
        "list": chance,
        "recency": recent,
        "nearest to the typical gap": -(one.focus.as_of.toordinal() + 3 - recent - typical(one.focus)).abs(),
        "orders of the last year": year.reindex(one.focus.keys).fillna(0).reset_index(drop=True),
    }
    count = int(orders.sum())
    found = {"week: orderers": float(count), "week: expected / true": chance.sum() / count}
    for name, score in rules.items():
        found[f"week: area, {name}"] = area(score, orders)
        first = score.sort_values(ascending=False, kind="stable").index[:count]
        found[f"week: hits among the first as many, {name}"] = orders[first].mean()
    return found | occasions(one, start)


def occasions(one: Judged, start: pd.Timestamp) -> Judgement:
    """Who was named for a reminder and to be won back, by truth."""
    told = due_of(one.log, as_of=one.shop.as_of, contacts=one.contacts, focus=one.focus)
    truth = one.truth.loc[list(told.keys)]
    found = {"word: mean true gain, everyone": one.truth["gain_of_contact"].mean()}
    for occasion in (REMIND, WIN_BACK):
        part = truth[[row.occasion == occasion for row in told.rows]]
        coming = (part["next_order"] - start).dt.days
        found |= {
            f"word: {occasion}, named": float(len(part)),
            f"word: {occasion}, still customers": part["alive"].mean(),
            f"word: {occasion}, order within 28 days unasked": (coming < 28).mean(),
            f"word: {occasion}, mean true gain": part["gain_of_contact"].mean(),
        }
    return found


def rhythm_of(focus: FocusList) -> Rhythm:
    """The rhythm, which every shop here has."""
    if focus.rhythm is None:
        raise SystemExit("nobody ordered on two days")
    return focus.rhythm


def typical(focus: FocusList) -> float:
    """The population's typical gap in days."""
    return rhythm_of(focus).typical_gap


def area(score: pd.Series[float], true: pd.Series[bool]) -> float:
    """Chance that somebody of whom it is true scores higher than somebody of whom it is not."""
    yes = int(true.sum())
    return float((score.rank()[true].sum() - yes * (yes + 1) / 2) / (yes * (len(true) - yes)))


def tell_range(title: str, found: Sequence[Judgement]) -> None:
    """Every figure: its least and its largest, or the one there is."""
    print(title)
    for name in found[0]:
        limits = sorted({min(one[name] for one in found), max(one[name] for one in found)})
        digits = 0 if limits[-1] >= 30 else 3
        print(f"  {name}: {' to '.join(f'{limit:,.{digits}f}' for limit in limits)}")


def tell_holdout(name: str, log: rc.OrderLog, split: dt.date, until: dt.date) -> None:
    """What the customers ranked first before a day brought after it."""
    days = (until - split).days
    focus = focus_of(log, as_of=split, days=days)
    lines = log.lines.collect("pandas").to_native()
    worth = "profit" if log.value_of == "profit" else "amount"
    after = lines[(lines["day"] >= split.toordinal()) & (lines["day"] < until.toordinal())]
    true = after.groupby("customer")[worth].sum().reindex(focus.keys).fillna(0.0).to_numpy()
    ranked = np.empty(len(true))
    ranked[np.array(focus.order)] = -np.arange(len(true))
    figures = focus.figures
    rules: Mapping[str, Floats] = {
        "list": ranked,
        "expected value": np.array(figures.expected_value),
        "past spend": np.array(figures.value),
        "spend of the period": np.array(figures.recent),
        "recency": np.array(focus.gaps.last),
        "BG/NBD": modelled(log, split, days, focus.keys),
        "best": true,
    }
    said = np.array(figures.expected_value)
    print(
        f"{name}, {split} to {until}: {len(true):,} customers, {said.sum():,.0f} expected in {days} days, "
        f"{true.sum():,.0f} came ({said.sum() / true.sum():.2f}); correlation "
        f"{np.corrcoef(said, true)[0, 1]:.3f}, {np.corrcoef(figures.value, true)[0, 1]:.3f} by past spend; "
        f"BG/NBD with Gamma-Gamma expected {rules['BG/NBD'].sum():,.0f}"
    )
    random = np.random.default_rng(0)
    drawn = random.multinomial(len(true), np.full(len(true), 1 / len(true)), DRAWS)
    for top in TOPS:
        count = round(top * len(true))
        shares = {rule: true[first(score)[:count]].sum() for rule, score in rules.items()}
        told = ", ".join(f"{rule} {share:,.0f}" for rule, share in shares.items())
        spend = {rule: of_first(rules[rule], true, drawn, count) for rule in ("list", "past spend")}
        low, high = np.quantile(spend["list"] / spend["past spend"], (0.025, 0.975))
        ratio = shares["list"] / shares["past spend"]
        print(f"  first {top:.0%}: {told}; list / past spend {ratio:.3f} ({low:.3f} to {high:.3f})")


def modelled(log: rc.OrderLog, split: dt.date, days: int, keys: Sequence[str]) -> Floats:
    """What the customers of those keys are worth by BG/NBD and Gamma-Gamma, without a discount."""
    history = purchases_of(log, as_of=split)
    values = lifetime_values(
        fit_bg_nbd(history), fit_gamma_gamma(history), history, months=days / MONTH, discount=0.0, draws=2
    )
    found = pd.Series(values.value, [name.lower() for name in values.customers])
    return found.reindex(keys).to_numpy()


def first(score: Floats) -> npt.NDArray[np.intp]:
    """Places from the highest score."""
    return np.argsort(-score, kind="stable")


def of_first(score: Floats, true: Floats, drawn: npt.NDArray[np.int64], count: int) -> Floats:
    """What the first so many by a score bring in each draw of the customers."""
    order = first(score)
    found = np.empty(len(drawn))
    for place, times in enumerate(drawn):
        counted = times[order]
        before = np.concatenate([[0], counted.cumsum()[:-1]])
        found[place] = (true[order] * np.clip(count - before, 0, counted)).sum()
    return found


def main() -> None:
    """Everything, one block a shop."""
    for seeds in (TRIED, FRESH):
        shops = [known(seed) for seed in seeds]
        judges = (value, budget, uplifts, payers, due)
        title = f"known shop, seeds {seeds[0]} to {seeds[-1]}"
        tell_range(title, [{k: v for judge in judges for k, v in judge(one).items()} for one in shops])
    cdnow, gifts = rc.sample("cdnow").log(), rc.sample("gift_shop").log()
    for split in (dt.date(1997, 7, 1), dt.date(1997, 10, 1), dt.date(1998, 1, 1)):
        tell_holdout("CDNOW", cdnow, split, dt.date(1998, 7, 1))
    tell_holdout("gift shop", gifts, dt.date(2024, 1, 1), dt.date(2025, 1, 1))
    tell_holdout("gift shop", gifts, dt.date(2025, 1, 1), dt.date(2026, 1, 1))


if __name__ == "__main__":
    main()
