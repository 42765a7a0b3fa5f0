from __future__ import annotations

import datetime as dt
import math
import pickle
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, hyp2f1

from retention_core.btyd import beta_geometric
from retention_core.btyd.bg_nbd import BGNBD, fit_bg_nbd
from retention_core.btyd.estimates import ModelError
from retention_core.btyd.forecasting import BuyTillYouDie, discounted_orders
from retention_core.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma, gamma_gamma_likelihood
from retention_core.btyd.mbg_nbd import MBGNBD, fit_mbg_nbd
from retention_core.btyd.pareto_nbd import ParetoNBD, fit_pareto_nbd
from retention_core.btyd.purchases import Floats, PurchaseHistory, patterns_of, purchases, purchases_of
from retention_core.errors import OrderLogError
from retention_core.orders import OrderLog
from retention_core.samples import cdnow_tenth

CALIBRATION_END = dt.date(1997, 10, 1)
Fit = Callable[[PurchaseHistory], BuyTillYouDie]
FITS: list[Fit] = [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd]
PUBLISHED: list[BuyTillYouDie] = [
    BGNBD.given(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MBGNBD.given(r=0.525, alpha=6.183, a=0.891, b=1.614),
    ParetoNBD.given(r=0.553, alpha=10.578, s=0.606, beta=11.669),
]
rates = st.floats(0.05, 20)
parameter_sets = st.tuples(rates, rates, rates, rates).map(np.array)


@pytest.fixture(scope="module")
def cdnow() -> OrderLog:
    """The 1/10 sample; the papers count a day's purchases as one order."""
    return OrderLog.from_frame(
        cdnow_tenth(), customer="customer_id", date="date", amount="dollar_value", order=""
    )


@pytest.fixture(scope="module")
def sample(cdnow: OrderLog) -> PurchaseHistory:
    """Its 39 weeks of calibration."""
    return purchases_of(cdnow, as_of=CALIBRATION_END)


@pytest.fixture(scope="module")
def fits(sample: PurchaseHistory) -> dict[str, BuyTillYouDie]:
    """Every model at its maximum."""
    return {model.name: model for model in (fit(sample) for fit in FITS)}


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> PurchaseHistory:
    """A few customers as orders could have left them, days as the unit."""
    rows = []
    for _ in range(draw(st.integers(1, most))):
        age = draw(st.integers(2, 700))
        recency = draw(st.integers(0, age))
        rows.append((draw(st.integers(1, min(recency, 300))) if recency else 0, recency, age))
    frequency, recency_, age_ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return purchases(frequency, recency_, age_, unit="day")


def one(frequency: float, recency: float, age: float) -> PurchaseHistory:
    """A single customer, in weeks."""
    return purchases([frequency], [recency], [age])


def near(found: float, published: float, digits: int) -> bool:
    """Whether a figure rounds to the published one: half a unit in its last digit."""
    return abs(found - published) <= 0.5 * 10**-digits + 1e-12


# Papers


def test_calibration_of_the_sample_is_that_of_the_papers(sample: PurchaseHistory) -> None:
    """2,357 customers, 2,457 repeat purchases, 946 customers with one (Fader, Hardie and Lee 2005)."""
    assert (sample.n, sample.frequency.sum(), (sample.frequency > 0).sum()) == (2357, 2457, 946)
    first = sample.to_frame().iloc[0]
    assert first["frequency"] == 2
    assert near(first["recency"], 30.43, 2)
    assert near(first["age"], 38.86, 2)


def test_bg_nbd_agrees_with_fader_hardie_and_lee_2005(fits: dict[str, BuyTillYouDie]) -> None:
    """Marketing Science 24(2), table 2; seven digits as CLVTools tests them (test_correctness_bgnbd.R)."""
    found = fits["BG/NBD"].parameters
    for name, published in {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}.items():
        assert near(found[name], published, 3)
    for name, fitted in {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}.items():
        assert found[name] == pytest.approx(fitted, rel=1e-5)
    assert near(fits["BG/NBD"].log_likelihood, -9582.4, 1)
    assert near(fits["BG/NBD"].log_likelihood, -9582.429, 3)


def test_pareto_nbd_agrees_with_fader_hardie_and_lee_2005(fits: dict[str, BuyTillYouDie]) -> None:
    """Marketing Science 24(2), table 2; -9594.976 in BTYDplus, demo/cdnow.r."""
    found = fits["Pareto/NBD"].parameters
    for name, published in {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}.items():
        assert near(found[name], published, 3)
    assert near(fits["Pareto/NBD"].log_likelihood, -9595.0, 1)
    assert near(fits["Pareto/NBD"].log_likelihood, -9594.976, 3)


def test_standard_errors_of_pareto_nbd_agree_with_clvtools(fits: dict[str, BuyTillYouDie]) -> None:
    """CLVTools, test_correctness_pnbd_nocovstaticcov.R, by numerical differences, to its tolerance."""
    published = {"r": 0.0476264, "alpha": 0.8427222, "s": 0.1872594, "beta": 6.2105448}
    assert fits["Pareto/NBD"].standard_errors == pytest.approx(published, abs=1e-3)


def test_mbg_nbd_agrees_with_btydplus(fits: dict[str, BuyTillYouDie]) -> None:
    """BTYDplus, demo/cdnow.r: .525 6.183 .891 1.614 (there CBG/NBD); its model comparison: LL -9582.136."""
    found = fits["MBG/NBD"].parameters
    for name, published in {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}.items():
        assert near(found[name], published, 3)
    assert near(fits["MBG/NBD"].log_likelihood, -9582.136, 3)


def test_gamma_gamma_agrees_with_fader_and_hardie_2013(sample: PurchaseHistory) -> None:
    """Note 025, section 4: p 6.25, q 3.74, v 15.44; LL -4055.9177 in CLVTools, test_correctness_gg.R."""
    spending = fit_gamma_gamma(sample)
    for name, published in {"p": 6.25, "q": 3.74, "v": 15.44}.items():
        assert near(spending.parameters[name], published, 2)
    assert near(spending.log_likelihood, -4055.9, 1)
    assert near(spending.log_likelihood, -4055.9177, 4)
    assert (spending.customers, spending.left_out) == (946, 0)


def test_gamma_gamma_means_agree_with_the_spreadsheet_of_note_025(sample: PurchaseHistory) -> None:
    """The first ten customers in the order of the sample, as lifetimes quotes them in test_estimation.py."""
    expected = fit_gamma_gamma(sample).expected_value(sample)
    found = dict(zip(sample.customers, expected, strict=True))
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    order = cdnow_tenth()["customer_id"].astype(str).unique()[:10].tolist()
    for name, value in zip(order, published, strict=True):
        assert near(found[name], value, 2)


def test_spending_of_the_sample_hardly_goes_with_frequency(sample: PurchaseHistory) -> None:
    """Correlation .11 (Fader, Hardie and Lee 2005, RFM and CLV)."""
    assert near(fit_gamma_gamma(sample).correlation, 0.11, 2)


def test_expected_orders_of_the_worked_example_of_bg_nbd() -> None:
    """Hardie's spreadsheet bgnbd: customer 1 (x 2, t_x 30.43, T 38.86) is expected to order 1.226 times."""
    assert near(PUBLISHED[0].expected_orders(39, one(2, 30.43, 38.86))[0], 1.226, 3)


def test_probability_alive_of_one_time_buyers_agrees_with_btyd(fits: dict[str, BuyTillYouDie]) -> None:
    """BTYD, help of pnbd.PAlive: .2941633 for x 0, t_x 0, T 39, by its own, rougher fit."""
    assert near(fits["Pareto/NBD"].alive(one(0, 0, 39))[0], 0.294, 3)


@pytest.mark.parametrize(
    ("name", "lower", "median", "mean"),
    [("BG/NBD", 0.6604, 1.0, 0.8134), ("Pareto/NBD", 0.3174, 0.3499, 0.4462)],
)
def test_probabilities_alive_agree_with_btyd(
    fits: dict[str, BuyTillYouDie],
    sample: PurchaseHistory,
    name: str,
    lower: float,
    median: float,
    mean: float,
) -> None:
    """BTYDplus, demo/cdnow.r: first quartile, median and mean over the sample, as fitted there by BTYD."""
    alive = fits[name].alive(sample)
    digits = 4 if name == "BG/NBD" else 3  # BTYD stops at beta 11.656, short of the maximum
    assert near(float(np.quantile(alive, 0.25)), lower, digits)
    assert near(float(np.median(alive)), median, digits)
    assert near(float(alive.mean()), mean, digits)


def test_busy_customers_of_clvtools_have_a_probability(fits: dict[str, BuyTillYouDie]) -> None:
    """CLVTools, test_correctness_pnbd_nocovstaticcov.R: histories that once gave NaN there."""
    model = ParetoNBD.given(r=0.5143, alpha=2.8845, s=0.2856, beta=14.1087)
    history = purchases(
        [221, 254, 161, 204],
        [103.42857, 97.14286, 94.71429, 98.57143],
        [103.57143, 97.28571, 98.0, 99.42857],
    )
    assert model.alive(history).round(5).tolist() == [0.9996, 0.99956, 0.74949, 0.99426]


# Numerical truth


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("a", [0.3, 0.793, 0.9995, 1.0, 1.0009, 1.3, 6.0])
@pytest.mark.parametrize(("x", "age", "time"), [(0, 39, 39), (2, 39, 1000), (60, 1, 39), (300, 39, 1000)])
def test_expected_orders_are_the_mean_over_the_chance_to_leave(
    first: int, a: float, x: int, age: float, time: float
) -> None:
    """The closed form against the integral it solves, also where a is 1 and for busy customers."""
    r, alpha, b = 0.4, 4.4, 2.4
    ahead, stays = time / (alpha + age), b + x + first

    def weighed(logit: float) -> float:
        p, rest = 1 / (1 + math.exp(-logit)), 1 / (1 + math.exp(logit))
        density = math.exp(a * math.log(p) + stays * math.log(rest) - betaln(a, stays))
        return density * -math.expm1(-(r + x) * math.log1p(p * ahead)) / p

    middle = math.log(a / stays)
    cuts = [middle + step for step in (-120, -30, -8, -3, 0, 3, 8, 30)]
    truth = sum(quad(weighed, *ends, epsabs=0, epsrel=1e-11)[0] for ends in pairwise(cuts))
    found = beta_geometric.orders_if_alive(
        np.array([r, alpha, a, b]), np.array([time]), np.array([x]), np.array([age]), np.array([x + first])
    )
    assert found[0] == pytest.approx(truth, rel=1e-8)


@pytest.mark.parametrize(("alpha", "beta"), [(10.6, 11.7), (11.7, 10.6), (0.02, 300.0), (300.0, 0.02)])
@pytest.mark.parametrize(("x", "recency"), [(0, 0.0), (1, 0.5), (4, 38.0), (40, 30.0), (400, 38.86)])
def test_odds_of_pareto_nbd_are_the_integral_for_both_orders_of_alpha_and_beta(
    alpha: float, beta: float, x: int, recency: float
) -> None:
    r, s, age = 0.55, 0.6, 39.0

    def left(log_after: float) -> float:
        tau = recency + math.exp(log_after)
        falling = (r + x) * math.log((alpha + age) / (alpha + tau)) + s * math.log(
            (beta + age) / (beta + tau)
        )
        return math.exp(falling + log_after - shift) / (beta + tau)

    shift = (r + x) * math.log((alpha + age) / (alpha + recency))
    last = math.log(age - recency)
    cuts = [last - step for step in (45, 25, 15, 10, 6, 3, 1, 0)]
    truth = sum(quad(left, *ends, epsabs=0, epsrel=1e-11)[0] for ends in pairwise(cuts))
    found = ParetoNBD.log_odds_gone(
        np.array([r, alpha, s, beta]), np.array([float(x)]), np.array([recency]), np.array([age])
    )
    assert found[0] == pytest.approx(math.log(s * truth) + shift, abs=1e-8)


def test_pareto_nbd_likelihood_is_the_papers_hypergeometric_form() -> None:
    """Equations 18 to 20 of Fader and Hardie (2005), note 009."""
    r, alpha, s, beta, x, recency, age = 0.553, 10.578, 0.606, 11.669, 2.0, 30.43, 38.86
    all_ = r + s + x

    def part(at: float) -> float:
        return float(hyp2f1(all_, r + x, all_ + 1, (beta - alpha) / (beta + at))) / (beta + at) ** all_

    braces = (alpha + age) ** -(r + x) * (beta + age) ** -s + s / all_ * (part(recency) - part(age))
    paper = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) + s * math.log(beta) + math.log(braces)
    assert PUBLISHED[2].log_likelihood_of(one(x, recency, age)) == pytest.approx(paper, abs=1e-10)


def test_a_customer_with_500_orders_has_a_forecast() -> None:
    """Where lifetimes 0.11.3 answers NaN."""
    model = MBGNBD.given(r=0.243, alpha=4.414, a=0.793, b=2.426)
    assert model.expected_orders(400, one(500, 38, 39))[0] == pytest.approx(8.16560, abs=1e-5)


def test_a_customer_who_ordered_just_now_is_there() -> None:
    assert PUBLISHED[2].alive(one(5, 39, 39))[0] == 1


def test_discounting_agrees_with_small_steps(fits: dict[str, BuyTillYouDie]) -> None:
    for model in fits.values():
        times = np.linspace(0, 52, 5_001)
        x, age = np.array([3.0]), np.array([30.0])
        orders = np.array(
            [float(model.orders_if_alive(model.estimates, np.array([t]), x, age)[0]) for t in times]
        )
        stepped = float(np.diff(orders) @ np.exp(-0.01 * (times[1:] + times[:-1]) / 2))
        found = discounted_orders(type(model), model.estimates, 52, 0.01, x, age)
        assert found[0] == pytest.approx(stepped, rel=1e-6)


# Laws


@pytest.mark.parametrize("model", [BGNBD, MBGNBD, ParetoNBD])
@given(parameters=parameter_sets, history=histories())
@settings(max_examples=30, deadline=None)
def test_gradient_equals_finite_differences(
    model: type[BuyTillYouDie], parameters: Floats, history: PurchaseHistory
) -> None:
    patterns = patterns_of(history)
    value, slope = model.likelihood(parameters, patterns)
    for place in range(4):
        nudge = np.zeros(4)
        nudge[place] = parameters[place] * 1e-5
        above, below = (model.likelihood(parameters + way * nudge, patterns)[0] for way in (1, -1))
        difference = (above - below) / (2 * nudge[place])
        scale = 1 + abs(value) / parameters[place]
        assert slope[place] == pytest.approx(difference, rel=1e-5, abs=1e-5 * scale)


@given(
    parameters=st.tuples(rates, rates, rates).map(np.array),
    rows=st.lists(st.tuples(st.integers(1, 50), st.floats(0.01, 1e4)), min_size=1, max_size=8),
)
@settings(deadline=None)
def test_gradient_of_gamma_gamma_equals_finite_differences(
    parameters: Floats, rows: list[tuple[int, float]]
) -> None:
    x, m = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    value, slope = gamma_gamma_likelihood(parameters, x, m)
    for place in range(3):
        nudge = np.zeros(3)
        nudge[place] = parameters[place] * 1e-5
        above, below = (gamma_gamma_likelihood(parameters + way * nudge, x, m)[0] for way in (1, -1))
        difference = (above - below) / (2 * nudge[place])
        scale = 1 + abs(value) / parameters[place]
        assert slope[place] == pytest.approx(difference, rel=1e-5, abs=1e-5 * scale)


@pytest.mark.parametrize("model", [BGNBD, MBGNBD, ParetoNBD])
@given(parameters=parameter_sets, history=histories())
@settings(max_examples=30, deadline=None)
def test_probability_alive_lies_between_0_and_1_and_falls_with_silence(
    model: type[BuyTillYouDie], parameters: Floats, history: PurchaseHistory
) -> None:
    fitted = model.given(unit="day", **dict(zip(model.names, parameters.tolist(), strict=True)))
    now = fitted.alive(history)
    later = fitted.alive(purchases(history.frequency, history.recency, history.age + 30, unit="day"))
    assert ((now >= 0) & (now <= 1)).all()
    assert (later <= now + 1e-12).all()


@pytest.mark.parametrize("model", [BGNBD, MBGNBD, ParetoNBD])
@given(
    parameters=parameter_sets, history=histories(), times=st.lists(st.floats(0, 1000), min_size=2, max_size=4)
)
@settings(max_examples=30, deadline=None)
def test_expected_orders_rise_with_time_from_zero(
    model: type[BuyTillYouDie], parameters: Floats, history: PurchaseHistory, times: list[float]
) -> None:
    fitted = model.given(unit="day", **dict(zip(model.names, parameters.tolist(), strict=True)))
    orders = [fitted.expected_orders(time, history) for time in sorted([0.0, *times])]
    assert np.allclose(orders[0], 0, atol=1e-9)
    for earlier, later in pairwise(orders):
        assert (later >= earlier - 1e-9 * (1 + earlier)).all()
    new = fitted.expected_orders_new(sorted([0.0, *times]))
    assert (np.diff(new) >= -1e-9).all()


@pytest.mark.parametrize("fit", FITS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_the_order_of_customers_changes_nothing(fit: Fit, seed: int) -> None:
    history = simulated_history(400, seed=1)
    shuffled = np.random.default_rng(seed).permutation(history.n)
    again = fit(
        purchases(history.frequency[shuffled], history.recency[shuffled], history.age[shuffled], unit="day")
    )
    model = fit(history)
    assert again.estimates.tolist() == model.estimates.tolist()
    assert again.log_likelihood == model.log_likelihood


@pytest.mark.parametrize("fit", FITS)
def test_the_unit_of_time_rescales_alpha_and_beta_alone(fit: Fit, cdnow: OrderLog) -> None:
    weeks = fit(purchases_of(cdnow, as_of=CALIBRATION_END))
    history = purchases_of(cdnow, as_of=CALIBRATION_END, unit="day")
    days = fit(history)
    for name, value in weeks.parameters.items():
        factor = 7 if name in ("alpha", "beta") else 1
        assert days.parameters[name] == pytest.approx(value * factor, rel=1e-9)
        assert days.standard_errors[name] == pytest.approx(weeks.standard_errors[name] * factor, rel=1e-6)
    assert days.log_likelihood == pytest.approx(
        weeks.log_likelihood - history.frequency.sum() * math.log(7), abs=1e-6
    )
    assert days.log_likelihood_of(history) == pytest.approx(days.log_likelihood, abs=1e-6)


def test_the_currency_rescales_v_alone(sample: PurchaseHistory) -> None:
    assert sample.mean_value is not None
    cents = purchases(sample.frequency, sample.recency, sample.age, np.nan_to_num(sample.mean_value) * 100)
    dollars, hundredfold = fit_gamma_gamma(sample), fit_gamma_gamma(cents)
    assert hundredfold.estimates == pytest.approx(dollars.estimates * np.array([1, 1, 100]), rel=1e-9)


# One-time buyers


def test_one_time_buyers_are_alive_under_bg_nbd_and_not_surely_under_the_others() -> None:
    bg, mbg, pareto = (model.alive(one(0, 0, 500))[0] for model in PUBLISHED)
    assert bg == 1
    assert 0 < mbg < 0.2
    assert 0 < pareto < 0.2


def test_one_time_buyers_are_expected_to_spend_the_mean_of_all() -> None:
    spending = GammaGamma.given(p=6.25, q=3.74, v=15.44)
    history = purchases([0], [0], [39], [999])
    assert spending.expected_value(history)[0] == pytest.approx(spending.mean_value)
    assert spending.mean_value == pytest.approx(6.25 * 15.44 / 2.74)


def test_without_a_mean_of_all_one_time_buyers_are_an_error() -> None:
    spending = GammaGamma.given(p=6, q=0.9, v=15)
    assert spending.mean_value == math.inf
    assert spending.expected_value(purchases([2], [3], [9], [10]))[0] > 0
    with pytest.raises(ModelError, match=r"q is 0\.9, not above 1"):
        spending.expected_value(purchases([0], [0], [9], [10]))


# Recovery


def simulated_history(customers: int, *, seed: int, model: str = "BG/NBD") -> PurchaseHistory:
    """Customers who behave as the model says, over two years of days: r .8, alpha 30, then a and b .8 and 2.5
    or s and beta .6 and 100."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 1 / 30, customers)
    age = rng.uniform(200, 730, customers)
    leaving = rng.beta(0.8, 2.5, customers)
    moment = rng.exponential(1 / rng.gamma(0.6, 1 / 100, customers))
    frequency, recency = np.zeros(customers), np.zeros(customers)
    for place in range(customers):
        now, until = 0.0, min(age[place], moment[place]) if model == "Pareto/NBD" else age[place]
        if model == "MBG/NBD" and rng.random() < leaving[place]:
            continue
        while (now := now + rng.exponential(1 / rate[place])) <= until:
            frequency[place] += 1
            recency[place] = now
            if model != "Pareto/NBD" and rng.random() < leaving[place]:
                break
    return purchases(frequency, recency, age, unit="day")


@pytest.mark.parametrize(
    ("fit", "name"), [(fit_bg_nbd, "BG/NBD"), (fit_mbg_nbd, "MBG/NBD"), (fit_pareto_nbd, "Pareto/NBD")]
)
def test_parameters_of_simulated_customers_come_back_within_their_standard_errors(
    fit: Fit, name: str
) -> None:
    truth = {"r": 0.8, "alpha": 30.0, "a": 0.8, "b": 2.5, "s": 0.6, "beta": 100.0}
    model = fit(simulated_history(4000, seed=7, model=name))
    misses = [
        math.log(value / truth[which]) / (model.standard_errors[which] / value)
        for which, value in model.parameters.items()
    ]
    assert max(map(abs, misses)) < 3


def test_standard_errors_are_the_spread_of_the_estimates() -> None:
    models = [fit_mbg_nbd(simulated_history(1500, seed=seed, model="MBG/NBD")) for seed in range(25)]
    spread = np.std([np.log(model.estimates) for model in models], axis=0, ddof=1)
    stated = np.mean([np.sqrt(np.diag(model.log_covariance)) for model in models], axis=0)
    assert (np.abs(np.log(spread / stated)) < 0.5).all()


# No convergence


def test_nobody_ordering_again_is_an_error() -> None:
    with pytest.raises(ModelError, match="BG/NBD needs customers who ordered again, and nobody here did"):
        fit_bg_nbd(purchases([0, 0], [0, 0], [5, 9]))


@pytest.mark.parametrize("fit", FITS)
def test_customers_who_never_leave_are_an_error_that_says_what_to_try(fit: Fit) -> None:
    """Everyone orders every day: no rate differs, nobody leaves, so the parameters run away."""
    history = purchases([30] * 50, [30] * 50, [30] * 50, unit="day")
    with pytest.raises(ModelError, match=r"finds no clear maximum for these 50 customers.*try a longer log"):
        fit(history)


def test_customers_who_differ_but_never_leave_are_told_so() -> None:
    rng = np.random.default_rng(0)
    age = rng.uniform(100, 500, 500)
    frequency = rng.poisson(rng.gamma(1.5, 1 / 20, 500) * age)
    recency = np.where(frequency > 0, age * rng.beta(np.maximum(frequency, 1), 1), 0)
    with pytest.raises(ModelError, match=r"a falls to zero, .*as if nobody ever left"):
        fit_bg_nbd(purchases(frequency, recency, age, unit="day"))


def test_equal_spending_is_an_error_that_says_what_to_try() -> None:
    with pytest.raises(ModelError, match=r"Gamma-Gamma finds no clear maximum .* try more customers"):
        fit_gamma_gamma(purchases([2, 3, 4] * 9, [5] * 27, [9] * 27, [10] * 27))


# The door


def test_purchases_of_a_log_are_counted_by_day_and_valued_without_the_first() -> None:
    """Two rows of a day are one order; a refund lowers what came after the first day."""
    frame = pd.DataFrame(
        {
            "customer": ["Ann", "Ann", "Ann", "Ann", "Ann", "Bob", "Bob", "Cem"],
            "date": [f"2025-01-{day:02}" for day in (1, 8, 8, 15, 20, 2, 3, 5)],
            "amount": [100, 20, 10, 30, -12, 5, -5, -9],
        }
    )
    history = purchases_of(OrderLog.from_frame(frame), as_of=dt.date(2025, 1, 30), unit="day")
    assert history.customers == ("Ann", "Bob")
    assert history.frequency.tolist() == [2, 0]
    assert history.recency.tolist() == [14, 0]
    assert history.age.tolist() == [28, 27]
    assert history.mean_value is not None
    assert history.mean_value[0] == 24
    assert math.isnan(history.mean_value[1])


def test_lines_of_one_order_on_two_days_belong_to_its_first_day() -> None:
    frame = pd.DataFrame(
        {
            "customer": ["Ann", "Ann", "Ann"],
            "date": ["2025-01-01", "2025-01-03", "2025-01-09"],
            "order": [1, 1, 2],
            "amount": [10, 20, 40],
        }
    )
    history = purchases_of(OrderLog.from_frame(frame, order="order"), unit="day")
    assert (history.frequency.tolist(), history.recency.tolist()) == ([1], [8])
    assert history.mean_value is not None
    assert history.mean_value.tolist() == [40]


def test_every_engine_gives_the_same_purchases(cdnow: OrderLog) -> None:
    import duckdb
    import polars as pl

    roles = {"customer": "customer_id", "date": "date", "amount": "dollar_value", "order": ""}
    rows = cdnow_tenth().head(900)
    wanted = purchases_of(OrderLog.from_frame(rows, **roles)).to_frame()
    others = [pl.from_pandas(rows), duckdb.from_df(rows)]
    for frame in others:
        found = purchases_of(OrderLog.from_frame(frame, **roles)).to_frame()
        pd.testing.assert_frame_equal(found, wanted, check_exact=False, rtol=1e-12)


def test_without_amounts_there_is_no_value() -> None:
    log = OrderLog.from_frame(pd.DataFrame({"customer": ["Ann"] * 2, "date": ["2025-01-01", "2025-01-05"]}))
    history = purchases_of(log)
    assert history.mean_value is None
    assert list(history.to_frame()) == ["customer", "frequency", "recency", "age"]
    with pytest.raises(ModelError, match="Gamma-Gamma needs the value of orders"):
        fit_gamma_gamma(history)


def test_only_what_lies_before_the_day_counts(cdnow: OrderLog) -> None:
    early = purchases_of(cdnow, as_of=dt.date(1997, 1, 20))
    assert early.age.max() == pytest.approx(18 / 7)
    assert early.n < 2357
    with pytest.raises(OrderLogError, match="as_of must lie after the first order, on 1997-01-01"):
        purchases_of(cdnow, as_of=dt.date(1997, 1, 1))
    with pytest.raises(OrderLogError, match=r"unit must be day, week, month or year \(got \"decade\"\)"):
        purchases_of(cdnow, unit="decade")


@pytest.mark.parametrize(
    ("frequency", "recency", "age", "message"),
    [
        ([-1], [0], [5], "frequency must be whole numbers from 0 (got -1 for customer 1)."),
        ([1, 1.5], [2, 2], [5, 5], "frequency must be whole numbers from 0 (got 1.5 for customer 2)."),
        ([1], [6], [5], "recency must lie between 0 and age (got 6 for customer 1)."),
        ([0], [2], [5], "recency must be 0 without a repeat order (got 2 for customer 1)."),
        ([1], [0], [5], "recency must be above 0 with a repeat order (got 0 for customer 1)."),
        ([1], [1, 2], [5], "recency must hold 1 numbers, as frequency does (got 2)."),
        ([math.nan], [1], [5], "frequency must be numbers, one a customer, none of them missing."),
    ],
)
def test_histories_that_cannot_be_are_refused(
    frequency: list[float], recency: list[float], age: list[float], message: str
) -> None:
    with pytest.raises(OrderLogError) as caught:
        purchases(frequency, recency, age)
    assert str(caught.value) == message


def test_given_parameters_must_be_all_of_them_and_above_zero() -> None:
    with pytest.raises(ModelError, match=r"has the parameters r, alpha, a, b \(got r\)"):
        BGNBD.given(r=1)
    with pytest.raises(ModelError, match=r"a must be a number above zero \(got 0\)"):
        BGNBD.given(r=1, alpha=1, a=0, b=1)


def test_a_model_refuses_customers_counted_in_another_unit() -> None:
    with pytest.raises(ModelError, match="counts time in weeks and these customers in days"):
        PUBLISHED[0].alive(purchases([0], [0], [39], unit="day"))


def test_a_model_survives_pickling_and_lists_its_parameters(fits: dict[str, BuyTillYouDie]) -> None:
    model = fits["BG/NBD"]
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301
    assert copied.parameters == model.parameters
    table = model.to_frame()
    assert table["parameter"].tolist() == ["r", "alpha", "a", "b"]
    assert ((table["low"] < table["estimate"]) & (table["estimate"] < table["high"])).all()


def test_forecasts_hold_where_customers_all_leave_with_nearly_the_same_chance() -> None:
    """With a and b in the hundreds the form for busy customers overflows; integrals give the answer."""
    r, alpha, a, b, time = 0.35, 4.5, 398.757, 11474.1, 70.0
    for frequency, age in ((0.0, 10.0), (3.0, 50.0), (30.0, 80.0), (900.0, 80.0)):
        mean = a / (a + b + frequency)
        spread = math.sqrt(mean * (1 - mean) / (a + b + frequency + 1))

        def orders(leaving: float, frequency: float = frequency, age: float = age) -> float:
            ordered = 1 - ((alpha + age) / (alpha + age + leaving * time)) ** (r + frequency)
            log_density = (a - 1) * math.log(leaving) + (b + frequency - 1) * math.log1p(-leaving)
            return float(ordered / leaving * math.exp(log_density - betaln(a, b + frequency)))

        wanted = quad(orders, mean - 12 * spread, mean + 12 * spread, points=[mean], epsrel=1e-11, limit=400)[
            0
        ]
        model = BGNBD.given(r=r, alpha=alpha, a=a, b=b)
        found = model.orders_if_alive(
            model.estimates, np.full(1, time), np.full(1, frequency), np.full(1, age)
        )
        assert found[0] == pytest.approx(wanted, rel=1e-9)
