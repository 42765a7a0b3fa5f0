from __future__ import annotations

import datetime as dt
import math
import pickle
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retention_core.concentration import (
    Concentration,
    concentrate,
    concentration_by,
    concentration_of,
)
from retention_core.errors import ColumnError, OrderLogError
from retention_core.lorenz import (
    customers_behind,
    gini_coefficient,
    lorenz_curve,
    rank_purchases,
    share_of_top,
)
from retention_core.orders import OrderLog
from retention_core.samples import sample

module = import_module("retention_core.concentration")
FEW_DRAWS = 200
spends = st.lists(st.integers(0, 10_000), min_size=1, max_size=40).filter(any)
nets = st.lists(st.integers(-2_000, 10_000), min_size=1, max_size=40).filter(lambda values: sum(values) > 0)


def numbered(values: list[int] | np.ndarray, **keywords: object) -> Concentration:
    """The concentration over customers called 1, 2, 3 ..."""
    return concentrate([str(i + 1) for i in range(len(values))], values, **keywords)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cdnow() -> np.ndarray:
    """What each of the 23,570 customers of CDNOW spent."""
    frame = sample("cdnow").frame()
    return frame.groupby("customer_id")["dollar_value"].sum().to_numpy()


# Papers


def test_worked_example_of_the_design_holds_with_its_ties() -> None:
    spread = concentrate(["e", "a", "d", "c", "b"], [10, 100, 50, 50, 50])
    table = spread.to_frame()
    assert table["cumulative_share"].round(3).tolist() == [0.385, 0.577, 0.769, 0.962, 1]
    assert table["customer"].tolist() == ["a", "b", "c", "d", "e"]
    assert table["class"].tolist() == ["A", "A", "A", "A", "C"]
    assert list(table) == ["customer", "value", "share", "cumulative_share", "class"]


def test_top_fifth_and_gini_of_cdnow_buyers_agree_with_the_reference(cdnow: np.ndarray) -> None:
    """Reference .677 (.634), shared data notes; it leaves out the 68 customers who never paid anything."""
    curve = lorenz_curve(cdnow[cdnow > 0])
    assert len(cdnow) - np.count_nonzero(cdnow) == 68
    assert share_of_top(curve) == pytest.approx(0.677, abs=0.0005)
    assert gini_coefficient(curve) == pytest.approx(0.634, abs=0.0005)


def test_all_cdnow_customers_count_those_who_paid_nothing_too(cdnow: np.ndarray) -> None:
    """Computed a second way: the sums of the sorted spends, without the curve."""
    spread = numbered(cdnow, draws=FEW_DRAWS)
    ranked = np.sort(cdnow)[::-1]
    ranks = np.arange(1, len(ranked) + 1)
    by_ranks = (len(ranked) + 1 - 2 * np.sum(ranks * ranked) / ranked.sum()) / len(ranked)
    assert (spread.n, spread.negative) == (23_570, 68)
    assert spread.top_share().value == pytest.approx(ranked[: 23_570 // 5].sum() / ranked.sum(), abs=1e-12)
    assert spread.gini.value == pytest.approx(by_ranks, abs=1e-12)
    assert spread.top_share().value == pytest.approx(0.678, abs=0.0005)


def test_gini_of_incomes_one_to_five_is_four_fifteenths() -> None:
    """Sum over pairs |a - b| / (2 n^2 mean) = 40 / (2 * 25 * 3)."""
    assert gini_coefficient(lorenz_curve([1, 2, 3, 4, 5])) == pytest.approx(4 / 15, abs=1e-12)


def test_percentile_interval_of_two_customers_is_the_one_all_draws_allow() -> None:
    """Of two customers with 3 and 1 a draw takes both (half the time) or one of them twice."""
    top_half = numbered([3, 1]).top_share(0.5)
    assert (top_half.value, top_half.low, top_half.high) == (0.75, 0.5, 0.75)


def test_interval_of_the_top_share_covers_the_truth_about_as_often_as_it_says() -> None:
    """Exponential spends: the top fifth holds p (1 - ln p) = .522 of the value."""
    rng = np.random.default_rng(11)
    truth = 0.2 * (1 - math.log(0.2))
    shares = [numbered(rng.exponential(size=300), draws=FEW_DRAWS).top_share() for _ in range(100)]
    assert 85 <= sum(share.low <= truth <= share.high for share in shares) <= 100


# Laws


@given(nets)
def test_last_cumulative_share_is_one(values: list[int]) -> None:
    assert lorenz_curve(values).share[-1] == 1
    assert numbered(values).to_frame()["share"].sum() == pytest.approx(1, abs=1e-9)


@given(nets)
def test_lorenz_curve_starts_at_nothing_and_is_concave(values: list[int]) -> None:
    x, share = numbered(values).lorenz()
    assert (x[0], share[0], x[-1]) == (0, 0, 1)
    assert np.all(np.diff(share, 2) <= 1e-12)


@given(spends)
def test_gini_without_refunds_lies_between_none_and_all_to_one(values: list[int]) -> None:
    assert -1e-12 <= gini_coefficient(lorenz_curve(values)) <= 1 - 1 / len(values) + 1e-12


@given(st.integers(1, 50), st.floats(1e-3, 1e6))
def test_gini_of_equal_values_is_zero(n: int, value: float) -> None:
    assert gini_coefficient(lorenz_curve([value] * n)) == pytest.approx(0, abs=1e-12)


@given(nets, st.floats(1e-6, 1e6))
def test_scale_of_the_money_does_not_matter(values: list[int], scale: float) -> None:
    curve, scaled = lorenz_curve(values), lorenz_curve([value * scale for value in values])
    assert scaled.share == pytest.approx(curve.share, abs=1e-9)


@given(nets, st.randoms(use_true_random=False))
def test_order_of_the_rows_does_not_matter(values: list[int], random: object) -> None:
    rows = [(f"c{i}", value) for i, value in enumerate(values)]
    shuffled = random.sample(rows, len(rows))  # type: ignore[attr-defined]
    before, after = (concentrate(*zip(*table, strict=True), draws=20) for table in (rows, shuffled))
    pd.testing.assert_frame_equal(before.to_frame(), after.to_frame())
    assert (before.gini.low, before.gini.high) == (after.gini.low, after.gini.high)


@given(nets, st.floats(0.01, 1))
def test_customers_for_is_the_smallest_group_that_reaches_the_share(values: list[int], share: float) -> None:
    curve = lorenz_curve(values)
    k = round(customers_behind(curve, share) * len(values))
    assert curve.share[k] >= share - 1e-12
    assert all(before < share - 1e-12 for before in curve.share[:k])


@given(nets, st.floats(0.01, 1), st.floats(0.01, 1))
def test_top_share_lies_on_the_straight_line_between_two_customers(
    values: list[int], p: float, other: float
) -> None:
    curve = lorenz_curve(values)
    below, above = math.floor(p * len(values)), math.ceil(p * len(values))
    ends = sorted([curve.share[below], curve.share[min(above, len(values))]])
    assert ends[0] - 1e-9 <= share_of_top(curve, p) <= ends[1] + 1e-9


@given(nets)
def test_classes_go_from_a_to_c_and_the_first_customer_is_a(values: list[int]) -> None:
    classes = "".join(numbered(values).classes)
    assert classes == "".join(sorted(classes))
    assert classes[0] == "A"


def test_intervals_hold_the_estimate_and_narrow_with_more_customers() -> None:
    rng = np.random.default_rng(3)
    small, large = (numbered(rng.lognormal(3, 1, n), draws=FEW_DRAWS) for n in (100, 5000))
    for spread in (small, large):
        for found in (spread.gini, spread.top_share(), spread.customers_for(), spread.top_share(0.05)):
            assert found.low <= found.value <= found.high
    assert large.gini.high - large.gini.low < (small.gini.high - small.gini.low) / 3


def test_higher_confidence_gives_a_wider_interval() -> None:
    values = np.random.default_rng(4).lognormal(3, 1, 200)
    usual, wary = (numbered(values, draws=FEW_DRAWS, confidence=level).gini for level in (0.8, 0.99))
    assert wary.low < usual.low < usual.high < wary.high


# Boundaries


def test_eighty_percent_is_reached_in_spite_of_rounding() -> None:
    """33 + 23 dimes of 70 are .8 to the cent, and .7999999999999999 in floating point."""
    spread = numbered(np.array([33, 23, 12, 2]) * 0.1)
    assert spread.curve.share[2] < 0.8
    assert spread.customers_for(0.8).value == 0.5
    assert "".join(spread.classes) == "AABC"


def test_equal_customers_need_the_same_number_in_every_draw() -> None:
    half = numbered([7, 7, 7, 7], draws=FEW_DRAWS).customers_for(0.5)
    assert (half.value, half.low, half.high) == (0.5, 0.5, 0.5)


def test_customer_who_starts_at_ninety_five_percent_is_c() -> None:
    assert "".join(numbered([80, 15, 5]).classes) == "ABC"


def test_refunds_lift_the_curve_above_one_and_stay_in_the_count() -> None:
    spread = numbered([120, 30, 0, -50])
    assert spread.curve.share == (0, 1.2, 1.5, 1.5, 1)
    assert (spread.n, spread.negative, spread.total) == (4, 2, 100)
    assert spread.customers_for(1.0).value == 0.25
    assert "".join(spread.classes) == "ACCC"
    assert spread.gini.value == pytest.approx((1.2 + 2.7 + 3.0 + 2.5) / 4 - 1, abs=1e-12)


def test_draws_without_a_total_are_left_out_and_the_rest_has_limits() -> None:
    """Ten and minus five: of two customers drawn, a quarter of the draws holds only the refund."""
    found = numbered([10, -5]).top_share(0.5)
    assert (found.value, found.low, found.high) == (2, 0.5, 2)


def test_one_customer_is_the_whole_curve() -> None:
    spread = concentrate(["Ann"], [5])
    assert (spread.gini.value, spread.gini.low, spread.gini.high) == (0, 0, 0)
    assert spread.customers_for().value == 1
    assert spread.top_share(0.5).value == 0.5


def test_ties_go_by_customer_with_numbers_by_size_before_text() -> None:
    spread = concentrate(["b", "10", "A", "9"], [1, 1, 1, 1])
    assert spread.customers == ("9", "10", "A", "b")


def test_rounding_noise_in_sums_of_cents_does_not_part_equals() -> None:
    assert 0.1 + 0.2 > 0.3
    assert concentrate(["b", "a", "c"], [0.1 + 0.2, 0.3, -0.1]).customers == ("a", "b", "c")
    assert concentrate(["a", "b"], [1e308, 1.001e306]).customers == ("a", "b")


def test_same_log_gives_the_same_interval_and_asking_again_draws_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = numbered([5, 3, 2, 1], draws=50), numbered([5, 3, 2, 1], draws=50)
    known = first.top_share(0.3)
    second.gini  # noqa: B018 - another question first must not change the draws
    assert second.top_share(0.3).low == known.low
    monkeypatch.setattr(module, "_intervals", None)
    assert (first.gini.low, first.top_share(0.3).high) == (second.gini.low, known.high)


def test_concentration_survives_a_cache_that_pickles() -> None:
    spread = numbered([5, 3, 2, 1], draws=50)
    low = spread.gini.low
    assert pickle.loads(pickle.dumps(spread)).gini.low == low  # noqa: S301 - our own bytes


def test_values_handed_over_are_copied() -> None:
    values = np.array([1.0, 2.0])
    spread = numbered(values)
    values[0] = 9
    assert spread.values == (2, 1)


def test_huge_amounts_that_still_add_up_get_intervals_too() -> None:
    spread = numbered([9e307, 5e307, 1e307, 1e307], draws=50)
    assert spread.gini.value == pytest.approx(numbered([9, 5, 1, 1], draws=50).gini.value, abs=1e-12)
    assert spread.gini.low == pytest.approx(numbered([9, 5, 1, 1], draws=50).gini.low, abs=1e-12)


@given(nets, st.floats(0.01, 1))
def test_a_draw_of_everyone_once_gives_the_plain_figures(values: list[int], at: float) -> None:
    ranked = np.sort(np.array(values, dtype=float))[::-1]
    drawn = module._drawn_curve(np.cumsum(ranked), np.ones(len(ranked), dtype=np.int64))
    plain = lorenz_curve(values)
    assert module._drawn_gini(drawn) == pytest.approx(gini_coefficient(plain), abs=1e-12)
    assert module._drawn_share_of_top(drawn, at) == pytest.approx(share_of_top(plain, at), abs=1e-12)
    assert module._drawn_customers_behind(drawn, at) == customers_behind(plain, at)


# Purchases


def test_purchases_add_up_under_the_first_spelling_and_half_of_one_does_not_count() -> None:
    ranking = rank_purchases(["5.0", "ann", None, "Ann ", "5", "NaN", "Bo"], [1, 2, 90, 3, 3, 90, None])
    assert (ranking.customers, ranking.values, ranking.total) == (("ann", "5"), (5, 4), 9)


@given(st.lists(st.tuples(st.sampled_from(["a", "A", "b", "1", "1.0"]), st.integers(-9, 99)), min_size=1))
def test_purchases_rank_as_the_customers_they_add_up_to(rows: list[tuple[str, int]]) -> None:
    totals: dict[str, int] = {}
    for customer, amount in rows:
        key = {"A": "a", "1.0": "1"}.get(customer, customer)
        totals[key] = totals.get(key, 0) + amount
    assume(sum(totals.values()) > 0)
    ranking = rank_purchases(*zip(*rows, strict=True))
    expected = concentrate(list(totals), list(totals.values())).to_frame()
    assert [name.lower() for name in ranking.customers] == expected["customer"].tolist()
    assert list(ranking.columns()["class"]) == expected["class"].tolist()
    assert list(ranking.columns()["cumulative_share"]) == expected["cumulative_share"].tolist()


# Many customers


def test_pooled_and_single_draws_agree_on_a_heavy_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits differ by the noise of 2,000 draws, a tenth of the width at most; 20,000 Pareto spends."""
    values = np.sort(np.random.default_rng(0).pareto(1.5, 20_000))[::-1]
    single = module._intervals(values, module._STANDARD, 2000, 0.95)
    monkeypatch.setattr(module, "DRAWN_ONE_BY_ONE", 10_000)
    assert len(module._blocks(values)[0]) == 7000
    pooled = module._intervals(values, module._STANDARD, 2000, 0.95)
    for question in module._STANDARD:
        noise = 0.1 * (single[question].high - single[question].low)
        assert pooled[question] == pytest.approx(single[question], abs=noise)


@pytest.mark.parametrize("n", [20_001, 54_321])
def test_blocks_hold_every_customer_once_and_keep_the_total(n: int) -> None:
    values = np.sort(np.random.default_rng(1).normal(1, 5, n))[::-1]
    means, sizes = module._blocks(values)
    assert sizes.sum() == n
    assert sizes.min() == 1
    assert np.ptp(sizes[3000:6000]) <= 1
    assert np.sum(means * sizes) == pytest.approx(values.sum(), abs=1e-6)
    assert np.all(np.diff(means) <= 0)


# Order logs


@dataclass
class Ledger:
    """Stands in for an order log: a table of customers and what their value means."""

    value_of: str | None
    table: pd.DataFrame
    asked: list[tuple[tuple[str, ...], dt.date | None]] = field(default_factory=list)

    def customer_table(self, groups: tuple[str, ...] = (), as_of: dt.date | None = None) -> pd.DataFrame:
        self.asked.append((tuple(groups), as_of))
        return self.table


ORDERS = pd.DataFrame(
    {
        "customer": ["Ann", "ANN", "Bo", "10", "9", "Ann", "Bo"],
        "date": [
            "2025-01-05",
            "2025-02-05",
            "2025-01-07",
            "2025-01-09",
            "2025-01-09",
            "2025-03-01",
            "2025-03-02",
        ],
        "amount": [60, 40, 100, 50, 50, -10, -120],
        "cost": [10, 10, 10, 10, 10, 0, 0],
        "region": ["North", "South", "South", "North", "North", "North", "South"],
    }
)


def order_log(*groups: str, **columns: str) -> OrderLog:
    named = {"customer": "customer", "date": "date", "amount": "amount", **columns}
    return OrderLog.from_frame(ORDERS[[*named.values(), *groups]], groups=groups, **named)  # type: ignore[arg-type]


def test_log_gives_revenue_net_of_refunds_with_ties_by_customer() -> None:
    spread = concentration_of(order_log())
    assert spread.value_of == "revenue"
    assert dict(zip(spread.customers, spread.values, strict=True)) == {
        "Ann": 90, "9": 50, "10": 50, "Bo": -20
    }  # fmt: skip
    assert spread.customers == ("Ann", "9", "10", "Bo")
    assert spread.negative == 1


def test_log_with_costs_gives_profit() -> None:
    spread = concentration_of(order_log(cost="cost"))
    assert spread.value_of == "profit"
    assert spread.total == 120


def test_as_of_leaves_out_what_comes_later() -> None:
    spread = concentration_of(order_log(), as_of=dt.date(2025, 3, 1))
    assert spread.total == 300


def test_log_without_amounts_is_refused() -> None:
    for ask in (concentration_of, lambda log: concentration_by(log, "region")):
        with pytest.raises(OrderLogError, match="amount is needed to say who brings the value"):
            ask(Ledger(None, pd.DataFrame()))  # type: ignore[arg-type]


def test_each_group_has_its_own_concentration_or_a_sentence_why_not() -> None:
    regions = concentration_by(order_log("region"), "region")
    assert list(regions) == ["North", "South"]
    north, south = regions["North"], regions["South"]
    assert isinstance(north, Concentration)
    assert north.values == (50, 50, 50)
    assert north.customers == ("9", "10", "Ann")
    assert isinstance(south, Concentration)
    assert [name.lower() for name in south.customers] == ["ann", "bo"]


def test_group_whose_refunds_outweigh_its_sales_says_so_and_blanks_have_a_name() -> None:
    ledger = Ledger(
        "revenue",
        pd.DataFrame(
            {
                "key": ["a", "b", "c"],
                "customer": ["A", "b", "c"],
                "shop": ["2", "10", None],
                "value": [-5.0, 7.0, 8.0],
            }
        ),
    )
    shops = concentration_by(ledger, "shop", as_of=dt.date(2025, 1, 1))  # type: ignore[arg-type]
    assert ledger.asked == [(("shop",), dt.date(2025, 1, 1))]
    assert list(shops) == ["2", "10", "(blank)"]
    assert shops["2"] == (
        "2: values must add up to more than zero, or there is no revenue to share out (got -5)."
    )
    assert isinstance(shops["(blank)"], Concentration)


def test_orders_without_a_group_of_a_real_log_stand_under_blank() -> None:
    rows = ORDERS.assign(region=["North", None, "", "North", "North", "North", None])
    log = OrderLog.from_frame(rows, amount="amount", groups=["region"])
    assert list(concentration_by(log, "region")) == ["(blank)", "North"]


def test_unknown_group_is_the_logs_own_error() -> None:
    with pytest.raises(ColumnError, match="is not among the groups"):
        concentration_by(order_log(), "colour")


# Errors


@pytest.mark.parametrize(
    ("customers", "values", "sentence"),
    [
        ([], [], "values must not be empty"),
        (["a"], [1, 2], "values must have one entry for each of the 1 customers (got 2)."),
        (["a", "b"], [1, math.nan], "values must be finite numbers: entry 2 is nan."),
        (["a", "b"], [math.inf, 1], "values must be finite numbers: entry 1 is inf."),
        (["a", "b"], [1, "two"], "values must be numbers (got two)."),
        (["a"], [[1, 2]], "values must be one column of numbers (got 2 dimensions)."),
        (["a", "b"], [1, None], "values must be finite numbers: entry 2 is nan."),
        (["a", "b"], [1e308, 1e308], "values are too large to add up (the largest is 1e+308)"),
        (["a", "b"], [0, 0], "values must add up to more than zero"),
        (["a", "b"], [5, -7], "there is no revenue to share out (got -2)."),
        (["a", "b", "c"], [0.1, 0.2, -0.3], "values must add up to more than zero"),
        (["a", " "], [1, 2], "customers must name everyone: entry 2 is blank."),
        (
            ["17850", "b", "17850.0"],
            [1, 2, 3],
            'customers must list everyone once: "17850" comes again as entry 3',
        ),
    ],
)
def test_what_gives_no_shares_is_one_sentence(
    customers: list[str], values: list[float], sentence: str
) -> None:
    with pytest.raises(OrderLogError) as error:
        concentrate(customers, values)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, 20, math.nan])
def test_shares_must_be_fractions(share: float) -> None:
    spread = numbered([1, 2, 3])
    with pytest.raises(OrderLogError, match=r"^p must be a fraction above 0 and at most 1, such as 0.2"):
        spread.top_share(share)
    with pytest.raises(OrderLogError, match=r"^share must be a fraction above 0 and at most 1"):
        spread.customers_for(share)


@pytest.mark.parametrize(("keywords", "name"), [({"draws": 0}, "draws"), ({"confidence": 95}, "confidence")])
def test_bootstrap_settings_are_checked_before_any_work(keywords: dict[str, float], name: str) -> None:
    with pytest.raises(OrderLogError, match=f"^{name} must"):
        concentrate(["a"], [1], **keywords)  # type: ignore[arg-type]


def test_too_few_draws_to_meet_a_total_are_an_error_not_a_number() -> None:
    """The first draw of seed 0 takes the second of two customers twice: here the refund."""
    with pytest.raises(OrderLogError, match="draws must be larger"):
        numbered([10, -5], draws=1).gini  # noqa: B018 - asking is what draws
