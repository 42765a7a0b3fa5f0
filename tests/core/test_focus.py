"""The focus list: its arithmetic, laws on any log, every engine alike, and better than simple rules."""

import datetime as dt
import math
from dataclasses import replace
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core import focus_sums, focus_tables
from retention_core.contact_log import ContactLog
from retention_core.focus import focus_of, shrunk_shares
from retention_core.focus_rules import focus_of_purchases, span_of
from retention_core.focus_tables import NOT_NUMBERS
from retention_core.focus_values import (
    CLASSES,
    FIRST,
    KEEP,
    LET_GO,
    UNKNOWN,
    Action,
    by_size,
    class_codes,
    fit_order_value,
    in_top,
    outlook,
    own_order_value,
)
from retention_core.invoices import Invoices
from retention_core.lorenz import rank_customers
from retention_core.purchases import purchases_by_customer
from retention_core.rhythm import Rhythm
from tests.core.known_shop import known_shop

FIRST_DAY, LAST_DAY = dt.date(2023, 1, 10), dt.date(2024, 12, 20)
TEXTS = ("customer", "verdict", "class", "top_fifth", "stage", "schedule", "solvency", "last_contact", "act")
order_rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "B", "c", "d", "7", "10"]),
        st.dates(FIRST_DAY, LAST_DAY),
        st.sampled_from([-20.0, 0.0, 0.1, 0.2, 0.3, 99.95]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(amount >= 0 for _, _, amount in rows))
SHOP = Rhythm(dt.date(2025, 3, 12), 100, 60, 240, 3.5, 0.5, 1.0, 4.0, 0.3, 0.05)


def log_of(rows, **columns):
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    return rc.OrderLog.from_frame(frame, **columns)


def by_key(found):
    """The columns in key order, so that customers whose gains tie may stand either way."""
    table = found.columns()
    order = sorted(range(len(table["customer"])), key=lambda row: table["customer"][row])
    return {name: [column[row] for row in order] for name, column in table.items() if name != "rank"}


def assert_alike(one, other):
    mine, theirs = by_key(one), by_key(other)
    for name in mine:
        if name in TEXTS:
            assert mine[name] == theirs[name], name
        elif name != "reason":
            assert [value is None for value in mine[name]] == [value is None for value in theirs[name]]
            known = [(a, b) for a, b in zip(mine[name], theirs[name], strict=True) if a is not None]
            assert [a for a, _ in known] == pytest.approx([b for _, b in known], rel=1e-7, abs=1e-9), name
    assert one.notes == other.notes


@given(order_rows, st.none() | st.dates(dt.date(2023, 6, 1), dt.date(2025, 6, 1)))
@settings(max_examples=25, deadline=None)
def test_plain_columns_say_what_their_log_says(rows, as_of):
    purchases = purchases_by_customer(*(list(column) for column in zip(*rows, strict=True)))
    try:
        wanted = focus_of(log_of(rows), as_of=as_of)
    except rc.OrderLogError:
        with pytest.raises(rc.OrderLogError):
            focus_of_purchases(purchases, as_of)
        return
    refunded = [note for note in wanted.notes if "nothing but refunds" in note]
    assert_alike(focus_of_purchases(purchases, as_of), replace(wanted, notes=wanted.notes[len(refunded) :]))


@given(order_rows, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_a_shuffled_log_gives_the_same_list(rows, random):
    rows = [(name.lower(), day, amount) for name, day, amount in rows]
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert_alike(focus_of(log_of(shuffled)), focus_of(log_of(rows)))


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("engine", ["polars", "duckdb", "parquet"])
@pytest.mark.parametrize("order", ["", "invoice"])
def test_every_engine_gives_the_same_list(engine, order, in_memory, tmp_path, monkeypatch):
    shop = pd.DataFrame(
        {
            "customer": [f"C{n * n % 61}" for n in range(400)],
            "date": pd.to_datetime([FIRST_DAY + dt.timedelta(days=(n * n * 7919) % 700) for n in range(400)]),
            "amount": [((n * 31) % 97) / 10 - 0.8 for n in range(400)],
            "cost": [((n * 17) % 40) / 10 for n in range(400)],
            "invoice": [f"I{n // 2}" for n in range(400)],
        }
    )
    columns = {"order": order, "cost": "cost"}
    wanted = focus_of(rc.OrderLog.from_frame(shop, **columns))
    if not in_memory:
        monkeypatch.setattr(focus_sums, "IN_MEMORY", 0)
    if engine == "parquet":
        shop.to_parquet(tmp_path / "shop.parquet")
        log = rc.OrderLog.from_file(tmp_path / "shop.parquet", **columns)
    else:
        log = rc.OrderLog.from_frame(
            pl.from_pandas(shop) if engine == "polars" else duckdb.from_df(shop), **columns
        )
    assert_alike(focus_of(log), wanted)
    assert wanted.value_of == "profit"


def test_the_parts_make_the_whole():
    found = focus_of(rc.sample("gift_shop").log(), action=Action(cost=2.0, uplift=0.3)).to_frame()
    kept = found["expected_value"] + found["at_stake"]
    assert (kept * found["risk"]).tolist() == pytest.approx(found["at_stake"].tolist())
    assert (found["expected_orders"] * found["order_value"]).tolist() == pytest.approx(
        found["expected_value"].tolist()
    )
    assert (found["at_stake"] * 0.3).tolist() == pytest.approx(found["gain"].tolist())
    assert found["risk"].between(0, 1).all() and found["still_customer"].between(0, 1).all()
    pays = found["gain"] > 2
    assert set(found.loc[pays, "verdict"]) == {FIRST}
    assert set(found.loc[~pays & (found["expected_value"] <= 2), "verdict"]) == {LET_GO}
    assert set(found.loc[~pays & (found["expected_value"] > 2), "verdict"]) == {KEEP}
    assert found["verdict"].tolist() == sorted(found["verdict"], key=[FIRST, KEEP, LET_GO].index)
    assert found.loc[pays, "gain"].is_monotonic_decreasing


def test_the_outlook_is_the_sum_over_the_orders_to_come():
    who = (6, dt.date(2025, 2, 20).toordinal(), 17.0, 57.8)
    found = SHOP.expect(*who)
    leave = 0.05 * 10 / 15
    ahead = outlook(SHOP, found, *who, days=365)
    never = outlook(replace(SHOP, leave_later=0.0), found, *who, days=365)
    further = never.orders / (ahead.orders + ahead.lost)
    assert further == pytest.approx(1, rel=1e-6)
    assert never.lost == pytest.approx(0, abs=1e-6)
    # whole numbers of further orders add up one by one
    for count in (1, 2, 7):
        one_by_one = sum((1 - leave) ** n for n in range(1, count + 1))
        assert (1 - leave) * (1 - (1 - leave) ** count) / leave == pytest.approx(one_by_one)


def test_a_longer_silence_leaves_less_to_expect_and_a_longer_time_more():
    early, late = dt.date(2025, 3, 1).toordinal(), dt.date(2024, 11, 1).toordinal()
    sums = (17.0, 57.8)
    soon, long_ago = (outlook(SHOP, SHOP.expect(6, last, *sums), 6, last, *sums) for last in (early, late))
    assert soon.orders > long_ago.orders
    longer = outlook(SHOP, SHOP.expect(6, early, *sums), 6, early, *sums, days=730)
    assert longer.orders > soon.orders and longer.lost > soon.lost


def test_credibility_is_that_of_buehlmann_and_straub():
    values = [[9.0, 11.0, 10.0], [29.0, 31.0], [18.0, 22.0, 20.0, 24.0]]
    counts = [len(one) for one in values]
    means = [np.mean(one) for one in values]
    within = sum(np.var(one) * len(one) for one in values) / (sum(counts) - 3)
    overall = np.average(means, weights=counts)
    scatter = sum(n * (m - overall) ** 2 for n, m in zip(counts, means, strict=True)) - 2 * within
    between = scatter / (9 - sum(n * n for n in counts) / 9)
    found = fit_order_value(counts, [sum(one) for one in values], [sum(v * v for v in one) for one in values])
    assert found.weight == pytest.approx(within / between)
    credit = [n / (n + found.weight) for n in counts]
    assert found.typical == pytest.approx(np.average(means, weights=credit))
    assert own_order_value(found, 3, 30.0) == pytest.approx(credit[0] * 10 + (1 - credit[0]) * found.typical)


def test_customers_who_do_not_differ_get_the_common_order_value():
    found = fit_order_value([2, 2], [20.0, 20.0], [232.0, 250.0])
    assert found.weight == math.inf
    assert own_order_value(found, 2, 20.0) == 10.0


@given(st.lists(st.sampled_from([-20.0, 0.0, 0.1, 0.2, 0.3, 99.95]), min_size=1, max_size=30))
def test_arrays_and_lists_are_ranked_alike_and_as_pareto_ranks(values):
    names = [f"c{place:02}" for place in range(len(values))]
    assert by_size(np.array(values)).tolist() == by_size(values)
    assert list(in_top(np.array(values))) == in_top(values)
    codes = class_codes(values)
    if codes is None:
        assert class_codes(np.array(values)) is None
        with pytest.raises(rc.OrderLogError):
            rank_customers(names, values)
        return
    ranking = rank_customers(names, values)
    classes = dict(zip(ranking.customers, ranking.classes, strict=True))
    assert [CLASSES[code] for code in codes] == [classes[name] for name in names]
    assert class_codes(np.array(values)).tolist() == codes


def months(name, amount, *which, day=3):
    return [(name, dt.date(2024 + (one - 1) // 12, (one - 1) % 12 + 1, day), amount) for one in which]


STORY = [
    *months("Rose", 50.0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24),
    *months("Fell", 60.0, 1, 2, 3, 4, 5, 6, 7, 8),
    *months("Small", 1.0, *range(1, 25), day=9),
    *months("Low", 2.0, *range(1, 25, 2), day=12),
    *months("Tiny", 0.5, *range(1, 25), day=15),
]


def test_who_rose_into_the_top_fifth_and_who_fell_is_told():
    found = focus_of(log_of(STORY), as_of=dt.date(2025, 12, 31))
    standing = dict(zip(found.columns()["customer"], found.columns()["top_fifth"], strict=True))
    assert standing == {"Rose": "rose", "Fell": "fell", "Small": "below", "Low": "below", "Tiny": "below"}
    steady = found.steadiness
    assert (steady.before, steady.now, steady.stayed, steady.share) == (1, 1, 0, 0.0)


def test_a_log_without_the_period_before_says_that_movement_is_unknown():
    found = focus_of(log_of(STORY), as_of=dt.date(2025, 12, 31), period_days=700)
    assert set(found.columns()["top_fifth"]) == {UNKNOWN} and found.steadiness is None
    assert any("who rose and who fell is unknown" in note for note in found.notes)


def test_value_is_that_of_the_chosen_period():
    found = focus_of(log_of(STORY), as_of=dt.date(2025, 12, 31), period_days=92)
    value = dict(zip(found.columns()["customer"], found.columns()["value"], strict=True))
    assert value["Rose"] == 150.0 and value["Fell"] == 0.0


def test_the_period_is_a_year_or_half_a_shorter_log():
    assert span_of(1, 2001).until - span_of(1, 2001).first == 365
    assert span_of(1, 2).first == 1
    with pytest.raises(rc.OrderLogError, match="period_days must be a whole number"):
        span_of(1, 100, 0)


def test_the_budget_is_kept_and_buys_the_best_for_its_money():
    log = rc.sample("gift_shop").log()
    costs = dict.fromkeys(focus_of(log).keys[::3], 4.0)
    action = Action(cost=1.0, costs=costs)
    free, tight = focus_of(log, action=action), focus_of(log, action=action, budget=50)
    taken = np.array(tight.figures.taken) > 0
    cost, gain = np.array(tight.figures.cost), np.array(tight.figures.gain)
    assert cost[taken].sum() <= 50 < cost[np.array(free.figures.taken) > 0].sum()
    assert set(tight.best_list()) < set(free.best_list())
    worst = (gain / cost)[taken & (cost == 1)].min()
    left = ~taken & (cost == 1) & (gain > cost)
    assert (gain / cost)[left].max() <= worst
    assert tight.verdicts.count(FIRST) == taken.sum() == tight.to_frame()["act"].sum()
    row = int(np.flatnonzero(left)[0])
    assert tight.reasons([row])[0].endswith("but the budget does more for others.")


def test_no_budget_buys_nothing():
    found = focus_of(rc.sample("gift_shop").log(), budget=0)
    assert found.best_list() == [] and FIRST not in found.verdicts


def test_the_curve_rises_ever_less_and_turns_where_spending_stops_paying():
    found = focus_of(rc.sample("gift_shop").log(), action=Action(cost=1.0))
    curve = found.curve(points=None)
    steps = np.diff(curve["gain"])
    assert (steps > 0).all() and (np.diff(steps) < 1e-9).all()
    best, answer = found.stops_paying(), found.answer()
    assert best["customers"] == answer.paying and best["net"] == pytest.approx(answer.gain - answer.spending)
    assert best["net"] == max(curve["net"])
    thin = found.curve(points=10)
    assert len(thin["net"]) <= 12 and max(thin["net"]) == best["net"]
    assert (thin["gain"][0], thin["gain"][-1]) == (0.0, curve["gain"][-1])


def test_the_answer_counts_everyone_once():
    found = focus_of(rc.sample("gift_shop").log(), action=Action(cost=1.0))
    answer = found.answer()
    assert answer.paying + answer.keep + answer.let_go == answer.customers == len(found.keys)
    assert answer.sentence.startswith(f"No: an action for 1.00 repays itself for {answer.paying:,} of")
    assert 0 < answer.of_stake <= 1
    dear = focus_of(rc.sample("gift_shop").log(), action=Action(cost=1e6)).answer()
    assert (dear.paying, dear.of_stake) == (0, 0.0)


def test_without_amounts_only_what_needs_them_is_missing():
    frame = pd.DataFrame(STORY, columns=["customer", "date", "x"])
    log = rc.OrderLog.from_frame(frame[["customer", "date"]])
    found = focus_of(log)
    table = found.to_frame()
    assert set(table["verdict"]) == set(table["class"]) == {UNKNOWN}
    assert table[["value", "expected_value", "at_stake", "gain", "cost"]].isna().all().all()
    assert table[["still_customer", "expected_orders", "risk"]].notna().all().all()
    assert found.answer() is None and found.stops_paying() is None and found.best_list() == []
    assert any(note.startswith("No amounts:") for note in found.notes)
    assert all("what they are worth is unknown" in reason for reason in table["reason"])


def test_contacts_and_invoices_of_others_or_later_days_tell_nothing():
    contacts = contacts_of([("Rose", "2030-06-01", "yes", 9, ""), ("Stranger", "2030-06-01", "no", None, "")])
    invoices = Invoices.from_frame(
        pd.DataFrame({"customer": ["Stranger"], "due": ["2024-01-01"], "open": [5]})
    )
    found = focus_of(log_of(STORY), contacts=contacts, invoices=invoices)
    table = found.to_frame()
    assert table["last_contact"].isna().all() and set(table["solvency"]) == {UNKNOWN}
    assert set(found.columns()["interest"]) <= {None, 1.0}
    plain = focus_of(log_of(STORY)).to_frame()
    assert table["gain"].tolist() == pytest.approx(plain["gain"].tolist())


def test_the_definition_names_the_period_and_the_assumption():
    found = focus_of(log_of(STORY), as_of=dt.date(2025, 12, 31), action=Action(cost=1.0, uplift=0.2))
    assert found.definition.startswith("Value is the revenue from 2025-01-01 to 2025-12-30, net of refunds;")
    assert "assumed to save 20 % of that" in found.definition


def test_where_nobody_came_back_nothing_is_expected_of_anyone():
    found = focus_of(log_of([("a", dt.date(2024, 5, 1), 9.0), ("b", dt.date(2024, 6, 1), 5.0)]))
    table = found.to_frame()
    assert table["expected_value"].isna().all() and set(table["verdict"]) == {UNKNOWN}
    assert table["value"].sum() > 0
    assert table["reason"][0].startswith("Nobody ordered on two days")


def test_customers_with_nothing_but_refunds_are_counted_in_a_note():
    found = focus_of(log_of([*STORY, ("Back", dt.date(2025, 2, 2), -3.0)]))
    assert "Back" not in found.customers
    assert found.notes[0] == "Left out, with nothing but refunds: 1."


def contacts_of(rows):
    names = ["customer", "date", "response", "score", "do_not_contact"]
    return ContactLog.from_frame(pd.DataFrame(rows, columns=names))


def test_those_who_asked_to_be_left_alone_are_never_kept_first():
    contacts = contacts_of([("Rose", "2025-06-01", "yes", 9, "x"), ("Small", "2025-06-01", "no", None, "")])
    free = focus_of(log_of(STORY), action=Action(cost=0.01))
    found = focus_of(log_of(STORY), action=Action(cost=0.01), contacts=contacts)
    assert "rose" in free.best_list() and "rose" not in found.best_list()
    table = found.to_frame().set_index("customer")
    assert table.loc["Rose", "verdict"] == KEEP
    assert table.loc["Rose", "reason"].endswith("asked to be left alone, so no action.")


def test_interest_raises_the_gain_of_those_who_answer():
    rows = [("Rose", f"2025-0{month}-05", "yes", 9, "") for month in range(1, 9)]
    rows += [("Small", f"2025-0{month}-05", "no", None, "") for month in range(1, 9)]
    found = focus_of(log_of(STORY), contacts=contacts_of(rows)).to_frame().set_index("customer")
    assert found.loc["Rose", "interest"] > 1 > found.loc["Small", "interest"]
    assert found.loc["Low", "interest"] == 1
    assert found.loc["Rose", "responses"] == found.loc["Rose", "asked"] == 8
    assert np.isnan(found.loc["Low", "score"]) and found.loc["Rose", "score"] == 9
    part = found.loc["Rose"]
    assert part["gain"] == pytest.approx(part["at_stake"] * 0.1 * part["interest"])


def test_what_is_never_paid_is_taken_off_the_value():
    invoices = pd.DataFrame(
        {
            "customer": ["Rose"] * 8 + ["Small"] * 8,
            "due": ["2024-11-01"] * 16,
            "paid": [None] * 8 + ["2024-11-01"] * 8,
        }
    )
    plain = focus_of(log_of(STORY)).to_frame().set_index("customer")
    with_them = focus_of(log_of(STORY), invoices=Invoices.from_frame(invoices))
    found = with_them.to_frame().set_index("customer")
    assert found.loc["Rose", "order_value"] < 0.2 * plain.loc["Rose", "order_value"]
    assert found.loc["Small", "order_value"] > 0.8 * plain.loc["Small", "order_value"]
    assert found.loc[["Rose", "Small", "Low"], "solvency"].tolist() == ["bad", "on time", "unknown"]
    assert found.loc["Rose", "reason"].endswith("Pays badly: ask for payment first.")


def test_shares_that_differ_by_chance_alone_are_all_the_same():
    assert shrunk_shares(np.array([1.0, 1.0]), np.array([4.0, 4.0])).tolist() == [0.25, 0.25]
    assert shrunk_shares(np.array([0.0, 0.0]), np.array([0.0, 0.0])).tolist() == [0.0, 0.0]


def test_reasons_are_written_for_the_rows_shown_alone(monkeypatch):
    found = focus_of(rc.sample("gift_shop").log())
    asked = []

    def because(verdict, *_):
        asked.append(verdict)
        return "because."

    monkeypatch.setattr(focus_tables, "_why", because)
    assert all(reason.endswith("; because.") for reason in found.columns(5)["reason"])
    assert len(asked) == 5


def test_plain_columns_and_their_log_write_the_same_reasons():
    bought = purchases_by_customer(*(list(column) for column in zip(*STORY, strict=True)))
    for budget in (None, 2.0):
        action = Action(cost=1.0)
        mine, theirs = (
            focus_of_purchases(bought, action=action, budget=budget),
            focus_of(log_of(STORY), action=action, budget=budget),
        )
        assert mine.columns() == {
            name: pytest.approx(c) if name not in NOT_NUMBERS else c for name, c in theirs.columns().items()
        }
        assert len(set(mine.reasons())) == len(mine.keys)


def test_recent_contacts_are_counted_where_a_contact_log_is_given():
    spoken = [("Rose", f"2025-{day}", None, None, "") for day in ("03-20", "04-03", "06-30", "07-01")]
    found = focus_of(log_of(STORY), as_of=dt.date(2025, 7, 1), contacts=contacts_of(spoken)).columns()
    counts = dict(zip(found["customer"], found["recent_contacts"], strict=True))
    assert counts == {"Rose": 2, "Fell": 0, "Small": 0, "Low": 0, "Tiny": 0}
    assert "recent_contacts" not in focus_of(log_of(STORY)).columns()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"action": Action(cost=0)}, "cost must be above zero"),
        ({"action": Action(costs={"rose": -1})}, "cost must be above zero"),
        ({"action": Action(uplift=1.5)}, "uplift must be a fraction"),
        ({"budget": -1}, "budget must be zero or more"),
        ({"days": 0}, "days must lie between"),
        ({"period_days": -3}, "period_days must be"),
        ({"period_days": float("inf")}, "period_days must be"),
        ({"period_days": 10**9}, "period_days must be"),
        ({"days": "x"}, "days must lie between"),
        ({"budget": float("nan")}, "budget must be zero or more"),
        ({"budget": "much"}, "budget must be zero or more"),
        ({"action": Action(cost="x")}, "cost must be above zero"),
        ({"action": Action(costs=[5])}, "costs must say key"),
        ({"action": Action(uplift=None)}, "uplift must be a fraction"),
        ({"action": 5}, "action must be of the type Action"),
        ({"invoices": pd.DataFrame()}, "invoices must be of the type Invoices"),
        ({"as_of": dt.date(2300, 1, 1)}, "as_of lies more than a century"),
        ({"as_of": dt.date(2020, 1, 1)}, "as_of must lie after an order"),
        ({"as_of": "soon"}, "as_of must be a date"),
    ],
)
def test_arguments_that_make_no_sense_get_a_sentence(arguments, sentence):
    with pytest.raises(rc.OrderLogError, match=sentence):
        focus_of(log_of(STORY), **arguments)


@pytest.mark.parametrize(("ask", "sentence"), [("columns", "limit"), ("curve", "points")])
def test_a_number_of_rows_that_is_none_gets_a_sentence(ask, sentence):
    found = focus_of(log_of(STORY))
    for rubbish in (-1, 1.5, "x", float("nan")):
        with pytest.raises(rc.OrderLogError, match=f"{sentence} must be a whole number"):
            getattr(found, ask)(rubbish)


def test_an_own_cost_may_name_its_customer_and_strangers_are_counted():
    name = STORY[0][0]
    found = focus_of(log_of(STORY), action=Action(5, costs={f" {name.upper()} ": 2.5, "nobody": 1.0}))
    assert found.columns()["cost"][found.columns()["customer"].index(name)] == 2.5
    assert "Costs are given for 1 who are not in the list." in found.notes


def of_rows(rows, **asked):
    return focus_of_purchases(purchases_by_customer(*zip(*rows, strict=True)), **asked)


@given(order_rows, st.lists(st.floats(0, 60), min_size=2, max_size=5).map(sorted))
@settings(max_examples=60, deadline=None)
def test_more_budget_never_saves_less_and_no_budget_is_overspent(rows, budgets):
    plan = Action(1.0, 0.9, {"a": 0.5, "b": 4.0, "c": 0.1, "d": 9.0})
    saved = []
    for budget in budgets:
        figures = of_rows(rows, action=plan, budget=budget).figures
        if figures.taken is None:
            return
        bought = [row for row, taken in enumerate(figures.taken) if taken]
        assert math.fsum(figures.cost[row] for row in bought) <= budget * (1 + 1e-9)
        saved.append(math.fsum(figures.gain[row] for row in bought))
    assert all(more >= less - 1e-9 for less, more in pairwise(saved))


@given(order_rows, st.sampled_from([0.25, 8.0, 1024.0]))
@settings(max_examples=40, deadline=None)
def test_another_currency_changes_no_verdict(rows, times):
    plain = of_rows(rows, action=Action(0.5))
    scaled = of_rows([(name, day, paid * times) for name, day, paid in rows], action=Action(0.5 * times))
    assert scaled.verdicts == plain.verdicts
    assert scaled.best_list() == plain.best_list()


@given(order_rows)
@settings(max_examples=40, deadline=None)
def test_neither_new_names_nor_split_amounts_change_a_verdict(rows):
    plan = Action(0.5)
    plain = of_rows(rows, action=plan)
    renamed = [(f"x{name}" if name.isalpha() else name, day, paid) for name, day, paid in rows]
    split = [(name, day, paid / 2) for name, day, paid in rows for _ in range(2)]
    assert of_rows(renamed, action=plan).verdicts == plain.verdicts
    assert of_rows(split, action=plan).verdicts == plain.verdicts


def net(score, may, true, count, cost):
    chosen = np.argsort(np.where(may, -np.asarray(score), np.inf), kind="stable")[:count]
    return float((true[chosen] - cost).sum())


@pytest.mark.parametrize("seed", [5, 7])
def test_the_budgeted_list_beats_recency_and_top_spenders_where_the_truth_is_known(seed):
    shop = known_shop(2500, seed=seed)
    log = rc.OrderLog.from_frame(shop.orders, customer="customer", date="date", amount="amount", cost="cost")
    found = focus_of(
        log, as_of=shop.as_of, contacts=ContactLog.from_frame(shop.contacts), action=Action(cost=5)
    )
    truth = shop.truth.set_index(shop.truth["customer"].str.lower()).loc[found.keys]
    may = ~truth["do_not_contact"].to_numpy()
    true = np.where(may, truth["gain_of_contact"].to_numpy(), -5.0)
    mine, recent, spenders, best = (
        net(score, may, true, 150, 5.0)
        for score in (found.figures.gain, found.gaps.last, found.figures.value, true)
    )
    assert mine > 1.1 * spenders > 1.1 * recent
    assert mine > 0.75 * best
    said, came = np.sum(found.figures.expected_value), truth["value_next_year"].sum()
    assert said == pytest.approx(came, rel=0.1)


def test_cdnow_customers_ranked_first_bring_more_in_the_holdout_than_top_spenders():
    log, split = rc.sample("cdnow").log(), dt.date(1997, 10, 1)
    found = focus_of(log, as_of=split, days=273)
    lines = log.lines.collect("pandas").to_native()
    after = lines[lines["day"] >= split.toordinal()].groupby("customer")["amount"].sum()
    true = after.reindex(found.keys).fillna(0.0).to_numpy()
    by_spend = np.argsort(-np.asarray(found.figures.value), kind="stable")
    for top in (0.05, 0.1, 0.2):
        count = round(top * len(true))
        assert true[np.asarray(found.order)[:count]].sum() > true[by_spend[:count]].sum()
