"""Simulate the gift shop of the samples: three years of orders, and the truth behind each customer.

    python -m retention_core.data.simulate_gift_shop FOLDER

writes `gift_shop.csv.gz` (the order log) and `gift_shop_truth.csv.gz` (one row a customer). The same seed
gives the same values everywhere: numpy freezes the streams of `RandomState`, and promises nothing of the
kind for its newer generators.

How the shop works
------------------
It opens on 1 January 2023 and wins customers until the log ends on 31 December 2025: *private*
ones through the shop, the website and, more and more, a marketplace; *standing* ones who have a gift box sent
about every month; and a few *wholesale* ones who order large and regularly, mostly through the trade desk.

- Orders come with gaps of mean 1 / `orders_per_year` and gamma shape `regularity` (1 is a Poisson process),
  on a clock that runs fast before Christmas and Mother's Day, slowly in summer, and stands still on closed
  days.
- A private customer never returns after the first order with a chance that depends on the channel
  (`NEVER_RETURNS`). Everybody else stays for an exponential time with the hazard `churn_per_year`, which is
  the customer's own level times `REGION_EFFECT` times `CHANNEL_EFFECT`; afterwards there are no orders.
- No other habit depends on region or channel, but for opening days and refunds. Wales has no effect of its
  own: it looks worse because it buys more through the marketplace. A comparison of one factor at a time is
  misled there, by design.
- Order values scatter around each customer's `mean_order` (in 2023 prices), rise by 3 % each January and by
  15 % from mid-November to Christmas; they do not grow with tenure.
- The first order comes through the customer's own channel; private ones stray to another now and then.
- Refunds are rows of their own: CN100080 credits order GS100080, later and by less than its amount.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Table = dict[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEED = 1
OPENING = np.datetime64("2023-01-01")
DAYS = 1096
YEAR = 365.25

SEGMENTS = ("private", "standing", "wholesale")
WON = (4560, 160, 80)
REGIONS = ("Midlands", "North", "Scotland", "South", "Wales")
REGION_SHARE = (0.24, 0.22, 0.12, 0.30, 0.12)
REGION_EFFECT = (1.0, 1.0, 0.6, 1.0, 1.0)
CHANNELS = ("marketplace", "shop", "trade desk", "website")
CHANNEL_EFFECT = (2.5, 0.8, 1.0, 1.0)
NEVER_RETURNS = (0.45, 0.18, 0.0, 0.24)
MOTHERS_DAYS = ("2023-03-19", "2024-03-10", "2025-03-30")


def simulate(seed: int = SEED) -> tuple[Table, Table]:
    """The order log and the truth, as columns.

    Examples
    --------
    >>> orders, truth = simulate()
    >>> sorted(orders)
    ['amount', 'channel', 'cost', 'customer_id', 'order_date', 'order_id', 'region']
    >>> len(truth["customer_id"])
    4800
    """
    random = np.random.RandomState(seed)
    customers = give_habits(random, win_customers(random))
    sales = price(random, customers, *place_orders(random, customers))
    return order_log(customers, sales, refund(random, sales)), truth_table(customers)


def win_customers(random: np.random.RandomState) -> Table:
    """Segment, region, channel and first day (its fraction is the hour) of all customers, as they arrive."""
    segment = np.repeat(np.arange(len(SEGMENTS)), WON)
    day = arrival_days(random, segment)
    region = drawn(random, np.tile(REGION_SHARE, (len(day), 1)))
    channel = drawn(random, channel_shares(segment, region, day))
    first = next_open_day(day, channel) + random.random_sample(len(day))
    order = np.argsort(first, kind="stable")
    return {
        "segment": segment[order],
        "region": region[order],
        "channel": channel[order],
        "first": first[order],
    }


def arrival_days(random: np.random.RandomState, segment: Ints) -> Ints:
    """Days on which customers are won; the gift seasons bring private ones."""
    steady = np.ones(DAYS)
    chances = np.array([seasons(), steady, np.where(np.arange(DAYS) < 900, 1.0, 0.4)])
    running = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    at = random.random_sample(len(segment))
    return np.array([np.searchsorted(running[s], u) for s, u in zip(segment, at, strict=True)]).clip(
        0, DAYS - 1
    )


def channel_shares(segment: Ints, region: Ints, day: Ints) -> Floats:
    """Chances of each channel for each customer: the marketplace grows, most of all in Wales."""
    marketplace = 0.04 + 0.6 * day / DAYS
    marketplace = np.where(region == REGIONS.index("Wales"), marketplace + 0.2, marketplace)
    shop = np.where(region == REGIONS.index("Midlands"), 0.45, 0.2) * (1 - marketplace)
    private = np.column_stack([marketplace, shop, 0 * shop, 1 - marketplace - shop])
    others = np.array([[0, 0, 0, 0], [0, 0.3, 0, 0.7], [0, 0, 0.85, 0.15]])[segment]
    return np.where((segment == 0)[:, None], private, others)


def give_habits(random: np.random.RandomState, customers: Table) -> Table:
    """The customers with their rhythm, their spending and the moment they are lost."""
    segment, n = customers["segment"], len(customers["segment"])
    rate = np.array([4.7, 11.5, 11.0])[segment] * scatter(random, np.array([1.8, 30.0, 6.0])[segment])
    churn = np.array([1.0, 0.40, 0.16])[segment] * scatter(random, np.full(n, 4.0))
    churn *= np.array(REGION_EFFECT)[customers["region"]] * np.array(CHANNEL_EFFECT)[customers["channel"]]
    gone_at_once = np.where(segment == 0, np.array(NEVER_RETURNS)[customers["channel"]], 0.0)
    returns = random.random_sample(n) >= gone_at_once
    stay = random.standard_exponential(n) / churn * YEAR
    spread = np.array([0.5, 0.2, 0.6])[segment] * random.standard_normal(n)
    return {
        **customers,
        "rate": 0.4 + rate,
        "regularity": np.array([1.0, 12.0, 4.0])[segment],
        "churn": churn,
        "returns": returns,
        "end": customers["first"] + np.where(returns, stay, 0.0),
        "mean_order": np.array([34.0, 27.0, 145.0])[segment] * np.exp(spread),
    }


def place_orders(random: np.random.RandomState, customers: Table) -> tuple[Ints, Ints]:
    """Who orders on which day, first orders included, in order of time."""
    clocks = np.array([np.concatenate([[0.0], np.cumsum(pace(c))]) for c in range(2 + len(CHANNELS))])
    clock = clock_of(customers)
    who = np.arange(len(clock))
    ticks = ticks_at(clocks, clock, customers["first"])
    buyers, moments = [who], [customers["first"]]
    while len(who):
        shape = customers["regularity"][who]
        ticks = ticks + random.standard_gamma(shape) / shape * YEAR / customers["rate"][who]
        when = moments_at(clocks, clock[who], ticks)
        still = (when < customers["end"][who]) & (when < DAYS)
        who, ticks = who[still], ticks[still]
        buyers.append(who)
        moments.append(when[still])
    buyer, moment = np.concatenate(buyers), np.concatenate(moments)
    order = np.lexsort((buyer, moment))
    return buyer[order], moment[order].astype(np.int64)


def price(random: np.random.RandomState, customers: Table, buyer: Ints, day: Ints) -> Table:
    """Amount and cost in pence, and channel, of every order."""
    segment, n = customers["segment"][buyer], len(buyer)
    dates = OPENING + day
    year = dates.astype("datetime64[Y]").astype(np.int64) - 53
    before_christmas = (day_of_year(dates) >= 319) & (day_of_year(dates) <= 359)
    sigma = np.array([0.45, 0.08, 0.35])[segment]
    noise = np.exp(sigma * random.standard_normal(n) - sigma**2 / 2)
    pounds = customers["mean_order"][buyer] * noise * 1.03**year * np.where(before_christmas, 1.15, 1.0)
    amount = np.maximum(np.round(pounds * 20) * 5, 250).astype(np.int64)
    share = np.array([0.52, 0.55, 0.66])[segment] + 0.05 * random.standard_normal(n).clip(-2.5, 2.5)
    channel = np.where(
        strays(random, customers, buyer), stray_channel(random, day), customers["channel"][buyer]
    )
    cost = np.round(amount * share).astype(np.int64)
    return {"buyer": buyer, "day": day, "amount": amount, "cost": cost, "channel": channel}


def refund(random: np.random.RandomState, sales: Table) -> Table:
    """Credits for some orders, 2 to 30 days later: all but 3.95 for delivery, or a part."""
    n = len(sales["day"])
    chance = np.array([0.055, 0.02, 0.015, 0.035])[sales["channel"]]
    asked = random.random_sample(n) < chance
    day = next_open_day(sales["day"] + 2 + random.randint(0, 26, n), np.full(n, CHANNELS.index("trade desk")))
    part = np.round(sales["amount"] * random.uniform(0.15, 0.6, n)).astype(np.int64)
    whole = (random.random_sample(n) < 0.6) & (sales["amount"] > 1000)
    amount = np.where(whole, sales["amount"] - 395, part)
    back_on_the_shelf = random.random_sample(n) < 0.7
    cost = np.round(sales["cost"] * amount / sales["amount"] * back_on_the_shelf).astype(np.int64)
    kept = np.flatnonzero(asked & (day < DAYS))
    return {"sale": kept, "day": day[kept], "amount": -amount[kept], "cost": -cost[kept]}


def order_log(customers: Table, sales: Table, refunds: Table) -> Table:
    """The columns of the file, by day, orders before refunds."""
    n, credited = len(sales["day"]), refunds["sale"]
    sale = np.concatenate([np.arange(n), credited])
    day = np.concatenate([sales["day"], refunds["day"]])
    order = np.lexsort((sale, np.arange(len(sale)) >= n, day))
    numbers = [f"GS{100001 + i}" for i in range(n)] + [f"CN{100001 + i}" for i in credited]
    buyer = sales["buyer"][sale]
    columns = {
        "order_id": np.array(numbers),
        "order_date": OPENING + day,
        "customer_id": customer_ids(len(customers["first"]))[buyer],
        "region": np.array(REGIONS)[customers["region"][buyer]],
        "channel": np.array(CHANNELS)[sales["channel"][sale]],
        "amount": np.concatenate([sales["amount"], refunds["amount"]]) / 100,
        "cost": np.concatenate([sales["cost"], refunds["cost"]]) / 100,
    }
    return {name: column[order] for name, column in columns.items()}


def truth_table(customers: Table) -> Table:
    """What the log does not say about each customer."""
    return {
        "customer_id": customer_ids(len(customers["first"])),
        "segment": np.array(SEGMENTS)[customers["segment"]],
        "region": np.array(REGIONS)[customers["region"]],
        "channel": np.array(CHANNELS)[customers["channel"]],
        "first_order": OPENING + customers["first"].astype(np.int64),
        "alive_until": OPENING + customers["end"].astype(np.int64),
        "returns": customers["returns"],
        "orders_per_year": np.round(customers["rate"], 4),
        "regularity": customers["regularity"],
        "churn_per_year": np.round(customers["churn"], 6),
        "region_effect": np.array(REGION_EFFECT)[customers["region"]],
        "channel_effect": np.array(CHANNEL_EFFECT)[customers["channel"]],
        "mean_order": np.round(customers["mean_order"], 2),
    }


def seasons() -> Floats:
    """How eagerly gifts are bought on each day, around 1."""
    dates = OPENING + np.arange(DAYS)
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    weight = np.array([0.85, 1.0, 1.05, 0.95, 1.0, 0.95, 0.75, 0.75, 0.95, 1.05, 1.2, 1.3])[month]
    weight *= 1 + 0.5 * ((day_of_year(dates) >= 326) & (day_of_year(dates) <= 354))
    weight *= np.where(day_of_year(dates) >= 359, 0.35, 1.0)
    for sunday in MOTHERS_DAYS:
        ahead = (np.datetime64(sunday) - dates).astype(np.int64)
        weight *= np.where((ahead >= 1) & (ahead <= 12), 1.5, 1.0)
    return weight


def trade_seasons() -> Floats:
    """How eagerly other shops stock up: before the gift seasons."""
    month = (OPENING + np.arange(DAYS)).astype("datetime64[M]").astype(np.int64) % 12
    return np.array([0.9, 1.1, 0.9, 0.9, 1.0, 0.9, 0.9, 1.0, 1.15, 1.3, 1.3, 0.65])[month]


def pace(clock: int) -> Floats:
    """Ticks of a clock on each day, one on average: one clock a channel, then wholesale, then standing."""
    if clock < len(CHANNELS):
        weight = seasons() * open_days(clock)
    elif clock == len(CHANNELS):
        weight = trade_seasons() * open_days(CHANNELS.index("trade desk"))
    else:
        weight = open_days(CHANNELS.index("trade desk"))
    ticks: Floats = weight / weight.mean()
    return ticks


def open_days(channel: int) -> Floats:
    """Weekday pattern of a channel on each day; zero where it is closed."""
    week = {
        "marketplace": (1.1, 1.0, 1.0, 1.0, 0.9, 0.9, 1.1),
        "shop": (0.7, 0.8, 0.9, 1.0, 1.2, 1.8, 0.0),
        "trade desk": (1.2, 1.1, 1.0, 1.0, 0.7, 0.0, 0.0),
        "website": (1.15, 1.05, 1.0, 1.0, 0.85, 0.8, 1.15),
    }[CHANNELS[channel]]
    dates = OPENING + np.arange(DAYS)
    weekday = (dates.astype(np.int64) + 3) % 7
    month_day = dates.astype("datetime64[D]").astype(str)
    holiday = np.array([text[5:] in ("12-25", "12-26", "01-01") for text in month_day])
    return np.where(holiday & (week[6] == 0), 0.0, np.array(week)[weekday])


def next_open_day(day: Ints, channel: Ints) -> Ints:
    """The same day, or the next one on which the channel is open; days past the log stay as they are."""
    closed = np.array([open_days(c) == 0 for c in range(len(CHANNELS))])
    day = day.copy()
    while (shut := (day < DAYS) & closed[channel, day.clip(0, DAYS - 1)]).any():
        day[shut] += 1
    return day


def clock_of(customers: Table) -> Ints:
    """Which clock each customer lives by."""
    return np.where(customers["segment"] == 0, customers["channel"], len(CHANNELS) + 2 - customers["segment"])


def ticks_at(clocks: Floats, clock: Ints, moment: Floats) -> Floats:
    """Reading of each customer's clock at a moment."""
    day = moment.astype(np.int64)
    low = clocks[clock, day]
    return low + (clocks[clock, day + 1] - low) * (moment - day)


def moments_at(clocks: Floats, clock: Ints, ticks: Floats) -> Floats:
    """The moment each customer's clock shows that reading; `DAYS` once the log has ended."""
    moment = np.full(len(ticks), float(DAYS))
    for c in range(len(clocks)):
        mine = np.flatnonzero((clock == c) & (ticks < clocks[c, -1]))
        day = np.searchsorted(clocks[c], ticks[mine], side="right") - 1
        moment[mine] = day + (ticks[mine] - clocks[c, day]) / (clocks[c, day + 1] - clocks[c, day])
    return moment


def strays(random: np.random.RandomState, customers: Table, buyer: Ints) -> npt.NDArray[np.bool_]:
    """One later order in twelve of a private customer goes through another channel."""
    later = np.ones(len(buyer), dtype=bool)
    later[np.unique(buyer, return_index=True)[1]] = False
    stray: npt.NDArray[np.bool_] = (
        later & (customers["segment"][buyer] == 0) & (random.random_sample(len(buyer)) < 1 / 12)
    )
    return stray


def stray_channel(random: np.random.RandomState, day: Ints) -> Ints:
    """The shop or the website, whichever is open that day."""
    shop, website = CHANNELS.index("shop"), CHANNELS.index("website")
    return np.where((random.random_sample(len(day)) < 0.5) & (open_days(shop)[day] > 0), shop, website)


def scatter(random: np.random.RandomState, shape: Floats) -> Floats:
    """Gamma draws of mean 1."""
    return random.standard_gamma(shape) / shape


def drawn(random: np.random.RandomState, shares: Floats) -> Ints:
    """One position a row, with the chances in that row."""
    running = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    position: Ints = (random.random_sample(len(shares))[:, None] >= running).sum(axis=1)
    return position


def day_of_year(dates: npt.NDArray[np.datetime64]) -> Ints:
    """1 for the first of January."""
    since_new_year: Ints = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    return since_new_year + 1


def customer_ids(n: int) -> npt.NDArray[np.str_]:
    """C00001 and so on, in order of arrival."""
    return np.array([f"C{i:05d}" for i in range(1, n + 1)])


def write_csv(path: Path, table: Table) -> None:
    """Write a table as gzipped csv, money with two decimals; the same table gives the same text."""
    money = ("amount", "cost", "mean_order")
    columns = [[f"{v:.2f}" if name in money else str(v) for v in table[name]] for name in table]
    lines = [",".join(table), *(",".join(row) for row in zip(*columns, strict=True))]
    text = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))


def main(folder: Path) -> None:
    """Write the log and the truth into a folder."""
    orders, truth = simulate()
    write_csv(folder / "gift_shop.csv.gz", orders)
    write_csv(folder / "gift_shop_truth.csv.gz", truth)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
