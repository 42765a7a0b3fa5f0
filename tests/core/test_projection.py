from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from scipy.special import gammaln, hyp2f1

from retention_core.newton import cholesky, maximise
from retention_core.projection import ProjectionError, RetentionModel, compare_models, fit_bdw, fit_sbg
from retention_core.retention_laws import (
    BetaDiscreteWeibull,
    DiscreteWeibull,
    Geometric,
    Law,
    ShiftedBetaGeometric,
    log_likelihood,
)

# Fader and Hardie (2007), table 1 (percentages of 1,000); years 8 to 12 are the holdout
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
LAWS = [
    (Geometric(), [0.2]),
    (ShiftedBetaGeometric(), [0.7, 1.3]),
    (DiscreteWeibull(), [0.2, 0.8]),
    (BetaDiscreteWeibull(), [0.5, 1.7, 1.4]),
]

cohorts = st.builds(
    lambda size, shares: [size, *(round(size * share) for share in sorted(shares, reverse=True))],
    st.integers(20, 5000),
    st.lists(st.floats(0.05, 0.98), min_size=3, max_size=9),
)


def peer_log_likelihood(logs: np.ndarray, survivors: list[int], shape: bool) -> float:
    """The papers' own form, with the probabilities of each lifetime."""
    first, second = np.exp(logs[:2])
    x = np.arange(len(survivors)) ** (math.exp(logs[2]) if shape else 1.0)
    left = np.exp(
        gammaln(second + x) + gammaln(first + second) - gammaln(second) - gammaln(first + second + x)
    )
    lost = -np.diff(survivors)
    return float(lost @ np.log(-np.diff(left)) + survivors[-1] * math.log(left[-1]))


def peer_fit(survivors: list[int], shape: bool) -> tuple[np.ndarray, float]:
    found = minimize(
        lambda logs: -peer_log_likelihood(logs, survivors, shape), [0.0, 0.5, 0.3][: 2 + shape],
        method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000},
    )  # fmt: skip
    return np.exp(found.x), -found.fun


def values(model: RetentionModel) -> list[float]:
    return [figure.value for figure in model.parameters.values()]


def polarisation(model: RetentionModel) -> float:
    """1 / (1 + the beta distribution's parameters): 0 where customers are alike."""
    return 1 / (1 + sum(values(model)[:2]))


# Papers


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta"),
    [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)],
    ids=["regular", "high end"],
)
def test_sbg_agrees_with_fader_and_hardie_2007(survivors: list[int], alpha: float, beta: float) -> None:
    assert values(fit_sbg(survivors)) == pytest.approx([alpha, beta], abs=5e-4)


def test_sbg_log_likelihood_agrees_with_published_ones() -> None:
    """High End at alpha = beta = 1: -2.115 per customer, the starting value that the test of
    jdmaturen/shifted_beta_geometric_py takes from the paper. The maxima -1680.265 and -1611.158 are those of
    github.com/abdullahau/customer-analytics, BdW-Model.ipynb.
    """
    at_one = log_likelihood(ShiftedBetaGeometric(), [0.0, 0.0], HIGH_END).value
    assert at_one / 1000 == pytest.approx(-2.115, abs=1e-3)
    assert fit_sbg(REGULAR).log_likelihood == pytest.approx(-1680.265, abs=5e-4)
    assert fit_sbg(HIGH_END).log_likelihood == pytest.approx(-1611.158, abs=5e-4)


def test_sbg_projection_agrees_with_a_published_one() -> None:
    """High End, years 8 to 12: README of jdmaturen/shifted_beta_geometric_py."""
    projected = fit_sbg(HIGH_END).project(5).survival[-5:]
    assert projected == pytest.approx([0.460, 0.436, 0.414, 0.395, 0.378], abs=5e-4)


def test_discounted_lifetime_agrees_with_a_published_one() -> None:
    """High End at 10 %: README of KobaKhit/eCLV prints 5.920551, cut off after 70 periods."""
    model = fit_sbg(HIGH_END)
    cut = math.fsum(model.survival(t)[0] / 1.1**t for t in range(71))
    assert cut == pytest.approx(5.920551, abs=2e-4)  # its parameters stop short of the maximum
    assert cut < model.discounted_lifetime(0.1).value < cut + 0.02


def test_bdw_agrees_with_fader_et_al_2018() -> None:
    """High End, five years: polarisation .099 under the sBG and .335 under the BdW model, the paper's figures
    as quoted in github.com/abdullahau/customer-analytics, BdW-Model.qmd.
    """
    assert polarisation(fit_sbg(HIGH_END[:5])) == pytest.approx(0.099, abs=5e-4)
    model = fit_bdw(HIGH_END[:5])
    assert polarisation(model) == pytest.approx(0.335, abs=5e-4)
    assert model.parameters["c"].value > 1


# Peers


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END, REGULAR[:5], HIGH_END[:5]])
@pytest.mark.parametrize("shape", [False, True])
def test_fits_agree_with_a_search_by_scipy(survivors: list[int], shape: bool) -> None:
    found, height = peer_fit(survivors, shape)
    model = (fit_bdw if shape else fit_sbg)(survivors)
    assert model.log_likelihood == pytest.approx(height, abs=1e-8)
    assert values(model) == pytest.approx(found, rel=2e-5)


@pytest.mark.parametrize(("fit", "shape"), [(fit_sbg, False), (fit_bdw, True)])
def test_the_covariance_inverts_the_curvature_of_the_papers_likelihood(fit: type, shape: bool) -> None:
    model = fit(HIGH_END)
    n = len(model.logs)

    def slope(logs: np.ndarray) -> np.ndarray:
        step = 1e-4
        return np.array([
            (peer_log_likelihood(logs + e, HIGH_END, shape) - peer_log_likelihood(logs - e, HIGH_END, shape))
            / (2 * step)
            for e in step * np.eye(n)
        ])  # fmt: skip

    curvature = -approx_fprime(np.array(model.logs), slope, 1e-4)
    assert np.array(model.covariance) @ curvature == pytest.approx(np.eye(n), abs=0.01)


@pytest.mark.parametrize("discount", [0.001, 0.1, 1.0])
@pytest.mark.parametrize("period", [1, 4])
def test_residual_lifetime_agrees_with_the_hypergeometric_function_of_scipy(
    discount: float, period: int
) -> None:
    model = fit_sbg(REGULAR)
    alpha, beta = values(model)
    z = 1 / (1 + discount)
    n = period
    expected = (beta + n - 1) / (alpha + beta + n - 1) * hyp2f1(1, beta + n, alpha + beta + n, z)
    assert model.residual_lifetime(period, discount).value == pytest.approx(expected, rel=1e-10)
    whole = hyp2f1(1, beta, alpha + beta, z)
    assert model.discounted_lifetime(discount).value == pytest.approx(whole, rel=1e-10)


@pytest.mark.parametrize("fit", [fit_sbg, fit_bdw])
def test_residual_lifetime_is_the_discounted_sum_of_survival(fit: type) -> None:
    model = fit(HIGH_END)
    expected = math.fsum(model.survival(t)[0] / model.survival(2)[0] / 1.2 ** (t - 3) for t in range(3, 400))
    assert model.residual_lifetime(3, 0.2).value == pytest.approx(expected, rel=1e-10)


# Laws


@pytest.mark.parametrize(("law", "parameters"), LAWS, ids=lambda value: getattr(value, "name", ""))
def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(law: Law, parameters: list[float]) -> None:
    logs = [math.log(value) for value in parameters]
    height = log_likelihood(law, logs, HIGH_END)
    for place in range(len(logs)):
        up, down = list(logs), list(logs)
        up[place] += 1e-5
        down[place] -= 1e-5
        above, below = log_likelihood(law, up, HIGH_END), log_likelihood(law, down, HIGH_END)
        assert height.gradient[place] == pytest.approx((above.value - below.value) / 2e-5, rel=1e-5, abs=1e-4)
        slopes = [(a - b) / 2e-5 for a, b in zip(above.gradient, below.gradient, strict=True)]
        assert height.hessian[place] == pytest.approx(slopes, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize(("law", "parameters"), LAWS, ids=lambda value: getattr(value, "name", ""))
def test_survival_is_the_product_of_the_retention_rates(law: Law, parameters: list[float]) -> None:
    logs = [math.log(value) for value in parameters]
    product = math.fsum(law.log_rate(logs, t).value for t in range(1, 30))
    assert law.log_survival(logs, 29) == pytest.approx(product, rel=1e-12)


def test_bdw_with_a_shape_of_1_is_sbg() -> None:
    logs = [math.log(0.7), math.log(1.2)]
    sbg = log_likelihood(ShiftedBetaGeometric(), logs, REGULAR)
    bdw = log_likelihood(BetaDiscreteWeibull(), [*logs, 0.0], REGULAR)
    assert bdw.value == pytest.approx(sbg.value, rel=1e-12)
    assert bdw.gradient[:2] == pytest.approx(sbg.gradient, rel=1e-9)


@given(cohorts, st.integers(0, 20))
def test_survival_falls_within_its_interval_and_retention_rises(cohort: list[int], ahead: int) -> None:
    assume(cohort[1] > cohort[-1] and cohort[0] > cohort[1])
    table = fit_sbg(cohort).project(ahead)
    assert len(table.periods) == len(cohort) + ahead
    assert all(b < a for a, b in pairwise(table.survival))
    rates = [rate for rate in table.retention if rate is not None]
    assert all(b >= a - 1e-12 for a, b in pairwise(rates))
    rows = zip(table.low, table.survival, table.high, strict=True)
    assert all(0 <= low <= s <= high <= 1 for low, s, high in rows)


@given(cohorts)
def test_no_other_parameters_are_more_likely_than_those_fitted(cohort: list[int]) -> None:
    assume(cohort[1] > cohort[-1] and cohort[0] > cohort[1])
    model = fit_sbg(cohort)
    for a in np.linspace(-4, 9, 14):
        for b in np.linspace(-4, 9, 14):
            other = log_likelihood(ShiftedBetaGeometric(), [a, b], cohort).value
            assert other <= model.log_likelihood + 1e-9 * abs(model.log_likelihood)


@given(cohorts, st.integers(2, 50))
def test_copies_of_a_cohort_keep_the_fit_and_divide_the_variance(cohort: list[int], copies: int) -> None:
    assume(cohort[1] > cohort[-1] and cohort[0] > cohort[1])
    one, many = fit_sbg(cohort), fit_sbg([copies * count for count in cohort])
    assume(one.law.name == "geometric" or max(one.logs) < 8)
    assert many.logs == pytest.approx(one.logs, rel=1e-6, abs=1e-6)
    for place, row in enumerate(one.covariance):
        assert many.covariance[place][place] * copies == pytest.approx(row[place], rel=1e-4)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """300 cohorts of 2,000 drawn from alpha 1.3, beta 4 (seed 0): survival after twice the periods seen."""
    rng = np.random.default_rng(0)
    truth = math.exp(ShiftedBetaGeometric().log_survival([math.log(1.3), math.log(4)], 16))
    covered = 0
    for _ in range(300):
        lifetimes = rng.geometric(rng.beta(1.3, 4, 2000))
        low, high = fit_sbg([int((lifetimes > t).sum()) for t in range(9)]).survival(16)[1]
        covered += low <= truth <= high
    assert 0.92 <= covered / 300 <= 0.98


# Lifetimes


def test_an_alpha_above_1_has_a_finite_lifetime_in_closed_form() -> None:
    model = fit_sbg([100_000, 80_000, 65_455, 54_545, 46_154, 39_560])  # alpha 2, beta 8
    alpha, beta = values(model)
    lifetime = model.lifetime()
    assert lifetime.value == pytest.approx((alpha + beta - 1) / (alpha - 1), rel=1e-12)
    assert lifetime.low < lifetime.value < lifetime.high < math.inf
    assert model.lifetime(10_000).value == pytest.approx(lifetime.value, rel=2e-3)


def test_an_alpha_below_1_has_an_infinite_lifetime_and_says_so() -> None:
    lifetime = fit_sbg(REGULAR).lifetime()
    assert lifetime.value == lifetime.high == math.inf
    assert lifetime.sentence.startswith("The expected lifetime is infinite")
    within = fit_sbg(REGULAR).lifetime(10)
    assert within.low < within.value < within.high < 10
    assert within.sentence == "A new customer is expected to be there for 4.0 of the first 10 periods."


def test_customers_left_start_from_the_last_count() -> None:
    model = fit_sbg(REGULAR)
    assert model.customers_left(0) == 241
    assert model.customers_left(1) == pytest.approx(241 * model.retention(8), rel=1e-12)


# Comparison


def test_the_flexible_model_is_chosen_where_the_counts_ask_for_it() -> None:
    high_end, regular = compare_models(HIGH_END), compare_models(REGULAR)
    assert high_end.statistic == pytest.approx(2 * (1611.158147 - 1605.314213), abs=1e-5)
    assert high_end.p < 0.001
    assert "Use the beta-discrete-Weibull" in high_end.verdict
    assert regular.p > 0.2
    assert regular.verdict.startswith("Use the shifted-beta-geometric model: nothing here says")


# Edges


def test_a_constant_rate_is_reported_as_the_limit_it_is() -> None:
    model = fit_sbg([1000, 900, 810, 729, 656])
    assert model.law.name == "geometric"
    assert "does not rise with age" in model.notes[0]
    assert model.first_churn.value == pytest.approx(0.1, abs=2e-4)
    assert model.lifetime().value == pytest.approx(10, abs=0.02)
    assert model.first_churn.standard_error == pytest.approx(math.sqrt(0.09 / 3439), rel=1e-3)
    assert model.discounted_lifetime(0.1).value == pytest.approx(1 / (1 - 0.9 / 1.1), rel=1e-3)
    assert model.project(1).definition.startswith("Geometric curve by maximum likelihood, from 1,000")


def test_rising_loss_without_differences_is_the_discrete_weibull_limit() -> None:
    model = fit_bdw([1000, 980, 900, 760, 560, 330, 150, 50, 10])
    assert model.law.name == "discrete Weibull"
    assert model.parameters["c"].low > 1
    with pytest.raises(ProjectionError, match="horizon must be given: the discrete Weibull"):
        model.lifetime()
    with pytest.raises(ProjectionError, match=r"discount must be a rate per period of 0\.001 or more"):
        model.residual_lifetime(1, 0.0001)


def test_a_cohort_that_died_out_is_fitted_up_to_there() -> None:
    model = fit_sbg([100, 40, 20, 0, 0])
    assert model.customers_left(3) == 0
    assert model.retention(2) < 1


@pytest.mark.parametrize(
    ("survivors", "sentence"),
    [
        ([], "must start with the size of the cohort"),
        ([0, 0, 0], "must start with the size of the cohort"),
        ([1000, 800], r"at least 2 periods after the start, .* \(got 1\)"),
        ([1000, 800, 820, 700], "must not rise: 820 in period 2 after 800"),
        ([1, 0.869, 0.743], r"must be whole numbers of customers \(got 0.869 in period 1\)"),
        ([1000, -5, -6], r"whole numbers of customers \(got -5 in period 1\)"),
        ([1000, 1e300, 800], r"must be at most 1,000,000,000,000 \(got 1e\+300 in period 1\)"),
        ([1000, 1000, 1000], "never falls: nobody was lost yet"),
        ([1000, 0, 0], "falls to 0 in period 1"),
        ([1000, 600, 600, 600], "falls in period 1 only"),
    ],
)
def test_counts_that_cannot_be_projected_are_refused_in_a_sentence(
    survivors: list[float], sentence: str
) -> None:
    with pytest.raises(ProjectionError, match=sentence):
        fit_sbg(survivors)


def test_bdw_without_a_best_fit_says_what_to_do() -> None:
    with pytest.raises(ProjectionError, match="use the shifted-beta-geometric model"):
        fit_bdw([10, 9, 7, 7, 7, 7, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5])
    with pytest.raises(ProjectionError, match="at least 3 periods"):
        fit_bdw([1000, 800, 700])


def test_questions_that_make_no_sense_are_refused() -> None:
    model = fit_sbg(REGULAR)
    with pytest.raises(ProjectionError, match="periods must be a whole number from 0"):
        model.project(-1)
    with pytest.raises(ProjectionError, match="period must be a whole number above zero"):
        model.retention(0)
    with pytest.raises(ProjectionError, match="period must be zero or more"):
        model.survival(-1)
    with pytest.raises(ProjectionError, match="discount must be a rate per period"):
        model.discounted_lifetime(0)
    with pytest.raises(ProjectionError, match="horizon must be a whole number"):
        model.lifetime(0)
    with pytest.raises(ProjectionError, match="confidence must lie between"):
        fit_sbg(REGULAR, confidence=95)


def test_the_frame_holds_counts_and_forecast() -> None:
    frame = fit_sbg(REGULAR).project(2).to_frame()
    assert list(frame) == ["period", "observed", "projected", "survival", "low", "high", "retention"]
    assert frame["observed"].isna().sum() == 2
    assert frame["projected"].iloc[0] == 1000


def test_random_cohorts_are_fitted_or_refused_in_a_sentence() -> None:
    rng = random.Random(5)
    for _ in range(25):
        cohort = [rng.choice([10, 300, 10**6])]
        for _ in range(rng.randint(3, 15)):
            cohort.append(round(cohort[-1] * rng.random() ** 0.3))
        for fit in (fit_sbg, fit_bdw):
            try:
                model = fit(cohort)
            except ProjectionError as error:
                assert str(error).endswith(".")
            else:
                assert all(math.isfinite(figure.standard_error) for figure in model.parameters.values())
                assert 0 <= model.project(5).survival[-1] <= 1


def test_a_climb_without_a_summit_is_not_settled() -> None:
    from retention_core.newton import Height

    endless = maximise(lambda x: Height(x[0], [1.0], [[0.0]]), [0.0])
    assert not endless.settled
    assert cholesky([[1.0, 2.0], [2.0, 1.0]]) is None
