"""Several factors at once: a discrete-time hazard model of when customers are lost."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_core.drivers import (
    CORRECTIONS,
    OTHER,
    SMALLEST,
    DriverError,
    adjusted_p,
    group_codes_of_log,
    groups_of,
    z_of,
)
from retention_core.errors import ColumnError, said
from retention_core.orders import OrderLog
from retention_core.periods import MONTHS, period_retention
from retention_core.revenue_periods import retention_until
from retention_core.special_functions import chi_square_tail
from retention_core.subscriptions import Subscriptions

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LINKS = ("logit", "cloglog")
FEWEST = 5
_COUNTS = ("tenure", "at_risk", "lost")
_STEPS = 60
_FAR = 25.0
_DIVERGING = 12.0
_SINGULAR = 1e14
_CLOSE = 1e-10
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Effect:
    """What one level of a factor does to the hazard, all other factors and tenure being equal.

    `ratio` is the odds ratio of being lost in a period (logit) or the hazard ratio (cloglog) against the
    `reference` level; below 1 is better. `p_adjusted` is corrected for all effects of the model.
    """

    factor: str
    level: str
    reference: str
    at_risk: int
    lost: int
    coefficient: float
    standard_error: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    p_adjusted: float
    verdict: str


@dataclass(frozen=True, slots=True)
class FactorTest:
    """Whether a factor as a whole matters: likelihood ratio against the model without it."""

    factor: str
    levels: int
    chi_square: float
    p: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """The hazard of customers with the reference levels, in the periods of tenure `first` to `last`."""

    first: int
    last: int
    at_risk: int
    lost: int
    coefficient: float
    standard_error: float
    hazard: float


@dataclass(frozen=True, slots=True, eq=False)
class HazardModel:
    """A fitted model with its definition; `deviance` is -2 log-likelihood of the person-periods."""

    effects: tuple[Effect, ...]
    factors: tuple[FactorTest, ...]
    baseline: tuple[Baseline, ...]
    references: Mapping[str, str]
    link: str
    definition: str
    correction: str
    confidence: float
    person_periods: int
    lost: int
    deviance: float
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row an effect, the fields of `Effect` as columns."""
        names = [field.name for field in fields(Effect)]
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.effects], columns=names)

    def baseline_frame(self) -> pd.DataFrame:
        """One row a stretch of tenure, the fields of `Baseline` as columns."""
        names = [field.name for field in fields(Baseline)]
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.baseline], columns=names)


def hazard_model(
    source: OrderLog | Subscriptions,
    factors: Sequence[str] | None = None,
    *,
    period: str | None = None,
    as_of: dt.date | None = None,
    link: str = "logit",
    references: Mapping[str, str] | None = None,
    smallest: int = SMALLEST,
    correction: str = "holm",
    confidence: float = 0.95,
) -> HazardModel:
    """How each factor changes the chance to be lost in the next period, the others held equal.

    Parameters
    ----------
    factors
        Groups of the source, by default all. A customer has the levels it started with.
    period
        Length of one step of tenure: "month", "quarter" or "year". By default months for subscriptions,
        and for order logs what `period_retention` chooses.
    as_of
        Look at the source as it stood at this midnight.
    link
        "logit" (odds ratios) or "cloglog" (hazard ratios of the continuous-time model behind).
    references
        Factor -> level to compare with; by default the level with most person-periods.
    smallest, correction, confidence
        As in `retention_drivers`.

    Raises
    ------
    DriverError
        If nothing can be estimated; where a level separates the lost from the kept (nobody or
        everybody of it was lost), the sentence names it.

    Notes
    -----
    Each customer is followed from its first payment (or order) until it is first lost, and counts once
    for each period that ended before `as_of`. For order logs lost means no order in the calendar period
    after. With hazard h of customer i in period t, g(h) = a(t) + sum of b(level of i), g the logit or
    log(-log(1 - h)); a(t) is free for each period of tenure, neighbours being joined until a stretch
    holds 5 lost and 5 kept. Fitted by maximum likelihood (Fisher scoring), standard errors from the
    information matrix.

    References
    ----------
    Allison (1982), Discrete-time methods for the analysis of event histories, Sociological Methodology
    13, 61-98. Singer and Willett (2003), Applied Longitudinal Data Analysis, chapters 11 and 12.
    Prentice and Gloeckler (1978), Biometrics 34, 57-67 (cloglog).
    """
    table, definition = person_periods(source, factors, period=period, as_of=as_of)
    return fit_hazard(
        table,
        [name for name in table.columns if name not in _COUNTS],
        link=link,
        references=references,
        smallest=smallest,
        correction=correction,
        confidence=confidence,
        definition=definition,
    )


def person_periods(
    source: OrderLog | Subscriptions,
    factors: Sequence[str] | None = None,
    *,
    period: str | None = None,
    as_of: dt.date | None = None,
) -> tuple[pd.DataFrame, str]:
    """How many customers were at risk and lost in each period of tenure, by the levels of the factors.

    Returns
    -------
    A frame with the factors' columns, `tenure` (1 is the first period after the start), `at_risk` and
    `lost`, and a sentence that says what was counted.

    Examples
    --------
    >>> rows = {"customer": ["Ann", "Bo", "Cy"], "start": ["2024-01-10"] * 3, "mrr": [1, 1, 1],
    ...         "end": ["2024-02-10", "2024-03-01", ""], "plan": ["S", "S", "L"]}
    >>> plans = Subscriptions.from_frame(pd.DataFrame(rows), as_of=dt.date(2024, 3, 15))
    >>> person_periods(plans)[0].values.tolist()
    [['L', 1, 1, 0], ['L', 2, 1, 0], ['S', 1, 2, 1], ['S', 2, 1, 1]]
    """
    names = groups_of(source, factors)
    taken = [name for name in names if name in _COUNTS]
    if taken:
        raise DriverError(f'A factor cannot be named "{taken[0]}": rename the column.')
    if period is not None and period not in MONTHS:
        raise DriverError(f'`period` must be month, quarter or year (got "{said(period)}").')
    if isinstance(source, OrderLog):
        lives, definition = _lives_of_log(source, names, period, as_of)
    else:
        lives, definition = _lives_of_plans(source, names, period or "month", as_of)
    return _expanded(lives, names), definition


def fit_hazard(
    table: pd.DataFrame,
    factors: Sequence[str],
    *,
    link: str = "logit",
    references: Mapping[str, str] | None = None,
    smallest: int = SMALLEST,
    correction: str = "holm",
    confidence: float = 0.95,
    definition: str = "",
) -> HazardModel:
    """Fit the model of `hazard_model` to counts by tenure and factor levels, as `person_periods` gives.

    Examples
    --------
    Twice as many customers of the ad are lost in every period:

    >>> table = pd.DataFrame({"channel": ["ad", "web"] * 2, "tenure": [1, 1, 2, 2],
    ...     "at_risk": [100, 100, 80, 90], "lost": [20, 10, 16, 9]})
    >>> effect = fit_hazard(table, ["channel"]).effects[0]
    >>> effect.level, effect.reference, round(effect.ratio, 2), effect.verdict
    ('ad', 'web', 2.25, 'worse')
    """
    _check(table, factors, link, correction, confidence)
    notes: list[str] = []
    table = table[table["at_risk"] > 0].reset_index(drop=True)
    if not len(table) or not table["lost"].sum():
        raise DriverError("Nobody was lost in a complete period, so there is nothing to explain.")
    levels = {name: _levels(name, table, smallest, notes) for name in factors}
    levels = _with_two(levels, notes)
    bins = _tenure_bins(table)
    chosen = {name: _reference(name, found, table, references or {}) for name, found in levels.items()}
    design = _design(table, levels, chosen, bins)
    _refuse_aliases(design)
    whole = _fitted(design, list(range(design.x.shape[1])), link)
    return HazardModel(
        effects=_effects(design, whole, chosen, correction, confidence),
        factors=tuple(_factor_test(name, design, whole, link) for name in levels),
        baseline=_baselines(design, whole, bins, link),
        references=chosen,
        link=link,
        definition=definition,
        correction=correction,
        confidence=confidence,
        person_periods=int(design.at_risk.sum()),
        lost=int(design.lost.sum()),
        deviance=whole.deviance,
        notes=tuple(notes),
    )


class _Column(NamedTuple):
    """What one coefficient stands for: a stretch of tenure or a level of a factor."""

    factor: str  # "" for tenure
    level: str
    rows: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Dummies of the grouped person-periods, with how many were at risk and lost in each."""

    x: Floats
    at_risk: Floats
    lost: Floats
    columns: tuple[_Column, ...]
    compared_with: tuple[_Column, ...]  # the reference levels, which have no column of their own

    def named(self, column: _Column) -> str:
        return f"tenure {column.level}" if not column.factor else f'{column.factor} "{column.level}"'


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    coefficients: Floats
    covariance: Floats
    deviance: float


def _design(
    table: pd.DataFrame,
    levels: Mapping[str, npt.NDArray[np.object_]],
    references: Mapping[str, str],
    bins: Sequence[tuple[int, int]],
) -> _Design:
    keys = pd.DataFrame({f"f{place}": found for place, found in enumerate(levels.values())})
    starts = np.array([first for first, _ in bins])
    keys["bin"] = np.searchsorted(starts, table["tenure"].to_numpy(), side="right") - 1
    counts = table[["at_risk", "lost"]].astype("float64").groupby([keys[name] for name in keys]).sum()
    grid = counts.index.to_frame(index=False)
    columns = [
        _Column("", f"{first}" if first == last else f"{first}-{last}", (grid["bin"] == place).to_numpy())
        for place, (first, last) in enumerate(bins)
    ]
    compared: list[_Column] = []
    for place, name in enumerate(levels):
        found = grid[f"f{place}"].to_numpy(dtype=object)
        for level in sorted({str(level) for level in found}):
            here = compared if level == references[name] else columns
            here.append(_Column(name, level, found == level))
    x = np.stack([column.rows for column in columns], axis=1).astype(np.float64)
    at_risk, lost = counts["at_risk"].to_numpy(), counts["lost"].to_numpy()
    return _Design(x, at_risk, lost, tuple(columns), tuple(compared))


def _fitted(design: _Design, kept: Sequence[int], link: str) -> _Fit:
    """Fisher scoring; a coefficient that runs away is one the data set no limit to."""
    x, n, lost = design.x[:, kept], design.at_risk, design.lost
    guess = _link(link, (lost + 0.5) / (n + 1))
    beta = np.asarray(np.linalg.lstsq(x, guess, rcond=None)[0], dtype=np.float64)
    for _ in range(_STEPS):
        eta = x @ beta
        hazard, slope = _inverse(link, eta)
        if np.abs(eta).max() > _FAR or hazard.min() <= 0 or hazard.max() >= 1:
            break
        spread = slope / (hazard * (1 - hazard))
        information: Floats = (x * (n * slope * spread)[:, None]).T @ x
        if np.linalg.cond(information) > _SINGULAR:
            break
        score = x.T @ ((lost - n * hazard) * spread)
        step = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
        beta = beta + _shortened(step, x, beta, lost, n, link)
        if np.abs(step).max() < _CLOSE * (1 + np.abs(beta).max()):
            covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
            return _Fit(beta, covariance, _deviance(lost, n, _inverse(link, x @ beta)[0]))
    raise DriverError(_separation_said(design, kept, beta))


def _shortened(step: Floats, x: Floats, beta: Floats, lost: Floats, n: Floats, link: str) -> Floats:
    """The step, halved until it no longer makes the fit worse."""
    before = _deviance(lost, n, _inverse(link, x @ beta)[0])
    for _ in range(_HALVINGS):
        after = _inverse(link, x @ (beta + step))[0]
        if after.min() > 0 and after.max() < 1 and _deviance(lost, n, after) <= before * (1 + 1e-12) + 1e-12:
            break
        step = step / 2
    return step


def _link(link: str, hazard: Floats) -> Floats:
    found: Floats = np.log(hazard / (1 - hazard)) if link == "logit" else np.log(-np.log1p(-hazard))
    return found


def _inverse(link: str, eta: Floats) -> tuple[Floats, Floats]:
    """The hazard and its derivative."""
    if link == "logit":
        hazard = 1 / (1 + np.exp(-eta))
        return hazard, hazard * (1 - hazard)
    rate = np.exp(np.minimum(eta, 3.5))  # beyond, the hazard is 1 to the last digit
    hazard = -np.expm1(-rate)
    return hazard, rate * np.exp(-rate)


def _deviance(lost: Floats, n: Floats, hazard: Floats) -> float:
    return float(-2 * np.sum(lost * np.log(hazard) + (n - lost) * np.log1p(-hazard)))


def _separation_said(design: _Design, kept: Sequence[int], beta: Floats) -> str:
    """Which levels (nearly) decide who is lost."""
    for column in (*design.compared_with, *(design.columns[place] for place in kept)):
        lost, at_risk = design.lost[column.rows].sum(), design.at_risk[column.rows].sum()
        if lost in (0, at_risk):
            who = "Nobody" if lost == 0 else "Everybody"
            return (
                f"{who} with {design.named(column)} was lost ({int(lost):,} of {int(at_risk):,} "
                "person-periods), so its effect has no finite estimate: leave the factor out or put the "
                "level together with another."
            )
    far = [design.columns[place] for place, b in zip(kept, beta, strict=True) if abs(b) > _DIVERGING]
    named = ", ".join(design.named(column) for column in far[:4]) or "the factors together"
    return (
        f"The factors tell exactly who is lost and who stays ({named}), so their effects have no finite "
        "estimate: leave one out or put levels together."
    )


def _refuse_aliases(design: _Design) -> None:
    """Columns that are sums of those before them cannot be told apart from them."""
    r = np.abs(np.diag(np.linalg.qr(design.x * np.sqrt(design.at_risk)[:, None], mode="r")))
    short = design.x.shape[0] < design.x.shape[1]
    aliased = np.flatnonzero(r < 1e-9 * r.max())
    if not len(aliased) and not short:
        return
    column = design.columns[int(aliased[0]) if len(aliased) else design.x.shape[0]]
    raise DriverError(
        f"{design.named(column)} says nothing that the other factors and tenure do not say already: leave "
        "one of the factors out."
    )


def _effects(
    design: _Design, fit: _Fit, references: Mapping[str, str], correction: str, confidence: float
) -> tuple[Effect, ...]:
    places = [place for place, column in enumerate(design.columns) if column.factor]
    errors = np.sqrt(np.diag(fit.covariance))
    p_values = [math.erfc(abs(fit.coefficients[place] / errors[place]) / math.sqrt(2)) for place in places]
    adjusted = adjusted_p(p_values, correction) if places else ()
    reach = z_of(confidence)
    effects = []
    for place, p, corrected in zip(places, p_values, adjusted, strict=True):
        column, beta, error = design.columns[place], float(fit.coefficients[place]), float(errors[place])
        told = corrected < 1 - confidence
        effects.append(
            Effect(
                factor=column.factor,
                level=column.level,
                reference=references[column.factor],
                at_risk=int(design.at_risk[column.rows].sum()),
                lost=int(design.lost[column.rows].sum()),
                coefficient=beta,
                standard_error=error,
                ratio=math.exp(beta),
                ratio_low=math.exp(beta - reach * error),
                ratio_high=math.exp(beta + reach * error),
                p=p,
                p_adjusted=corrected,
                verdict=("worse" if beta > 0 else "better") if told else "cannot tell",
            )
        )
    return tuple(effects)


def _factor_test(name: str, design: _Design, whole: _Fit, link: str) -> FactorTest:
    kept = [place for place, column in enumerate(design.columns) if column.factor != name]
    freed = len(design.columns) - len(kept)
    chi_square = max(0.0, _fitted(design, kept, link).deviance - whole.deviance)
    return FactorTest(name, freed + 1, chi_square, chi_square_tail(chi_square, freed))


def _baselines(
    design: _Design, fit: _Fit, bins: Sequence[tuple[int, int]], link: str
) -> tuple[Baseline, ...]:
    errors = np.sqrt(np.diag(fit.covariance))
    hazards = _inverse(link, fit.coefficients)[0]
    return tuple(
        Baseline(
            first=first,
            last=last,
            at_risk=int(design.at_risk[design.columns[place].rows].sum()),
            lost=int(design.lost[design.columns[place].rows].sum()),
            coefficient=float(fit.coefficients[place]),
            standard_error=float(errors[place]),
            hazard=float(hazards[place]),
        )
        for place, (first, last) in enumerate(bins)
    )


def _tenure_bins(table: pd.DataFrame) -> list[tuple[int, int]]:
    """Stretches of tenure, each with at least `FEWEST` lost and kept (fewer only if there is but one)."""
    totals = table.groupby("tenure")[["at_risk", "lost"]].sum().sort_index()
    bins: list[tuple[int, int]] = []
    first, lost, kept = None, 0.0, 0.0
    for tenure, at_risk, gone in totals.itertuples():
        first = int(tenure) if first is None else first
        lost, kept = lost + gone, kept + at_risk - gone
        if min(lost, kept) >= FEWEST:
            bins.append((first, int(tenure)))
            first, lost, kept = None, 0.0, 0.0
    if first is not None:  # the rest joins the last stretch
        last = int(totals.index[-1])
        bins = [*bins[:-1], (bins[-1][0], last)] if bins else [(first, last)]
    return bins


def _levels(name: str, table: pd.DataFrame, smallest: int, notes: list[str]) -> npt.NDArray[np.object_]:
    """The levels of a factor, those with too few customers at the start as one."""
    labels: npt.NDArray[np.object_] = np.array(table[name].astype(str), dtype=object)
    starters = table["at_risk"].where(table["tenure"] == table["tenure"].min(), 0)
    sizes = starters.groupby(labels).sum()
    small = [str(level) for level in sizes.index[sizes < smallest]]
    if len(small) > 1:
        notes.append(f'"{name}": {len(small)} levels with fewer than {smallest} customers count as {OTHER}.')
        labels[np.isin(labels.astype(str), small)] = OTHER
    return labels


def _with_two(
    levels: Mapping[str, npt.NDArray[np.object_]], notes: list[str]
) -> dict[str, npt.NDArray[np.object_]]:
    found = {}
    for name, labels in levels.items():
        if len(set(labels)) > 1:
            found[name] = labels
        else:
            notes.append(f'"{name}" has one level only, "{labels[0]}", and is left out.')
    if levels and not found:
        raise DriverError(f"There is nothing to compare: {' '.join(notes)}")
    return found


def _reference(
    name: str, labels: npt.NDArray[np.object_], table: pd.DataFrame, asked: Mapping[str, str]
) -> str:
    sizes = table["at_risk"].groupby(labels).sum()
    if name in asked:
        if asked[name] not in sizes.index:
            listed = ", ".join(str(level) for level in sizes.index[:20])
            raise DriverError(f'`references`: {name} has no level "{said(asked[name])}"; it has: {listed}.')
        return asked[name]
    return min((-float(size), str(level)) for level, size in sizes.items())[1]


def _expanded(lives: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Counts at risk and lost by tenure from lives (levels, periods seen, lost at their end or not)."""
    lives = lives[lives["periods"] > 0]
    rows = []
    keys: Any = list(names) if names else (lambda _: 0)
    for levels, part in lives.groupby(keys, sort=True):
        periods, lost = (part[column].to_numpy(dtype=np.int64) for column in ("periods", "lost"))
        ended = np.bincount(periods)
        gone = np.bincount(periods[lost == 1], minlength=len(ended))
        at_risk = ended[::-1].cumsum()[::-1]
        told = levels if isinstance(levels, tuple) else (levels,)
        for tenure in range(1, len(ended)):
            rows.append((*(told if names else ()), tenure, int(at_risk[tenure]), int(gone[tenure])))
    return pd.DataFrame(rows, columns=[*names, *_COUNTS])


def _lives_of_plans(
    subscriptions: Subscriptions, names: Sequence[str], period: str, as_of: dt.date | None
) -> tuple[pd.DataFrame, str]:
    """Each customer's first uninterrupted stretch of paying, in whole periods since its start."""
    until = retention_until(subscriptions, as_of)
    firsts = subscriptions.spells(until)
    firsts = firsts[firsts["spell"] == 1]
    step = MONTHS[period]
    starts = firsts["start"].to_numpy()
    seen = _whole_months(starts, np.full(len(starts), np.datetime64(until)))[0] // step
    ends = firsts["end"].fillna(pd.Timestamp(until)).to_numpy()
    months, exact = _whole_months(starts, ends)
    needed = months // step + ~(exact & (months % step == 0))
    lost = (firsts["lost"].to_numpy() == 1) & (needed <= seen)
    lives = {"periods": np.where(lost, needed, seen), "lost": lost.astype(np.int64)}
    lives |= {name: firsts[_shown(name, firsts)].to_numpy(dtype=object) for name in names}
    definition = (
        f"Customers from their first payment until they first stop paying, in {period}s since the start, as "
        f"far as complete by {until}; a customer has the group it started with."
    )
    return pd.DataFrame(lives), definition


def _shown(name: str, frame: pd.DataFrame) -> str:
    return f"{name} (group)" if f"{name} (group)" in frame else name


def _whole_months(
    starts: npt.NDArray[np.datetime64], ends: npt.NDArray[np.datetime64]
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Whole months between days, and whether they fit exactly; 31 January to 29 February is one month."""
    months = [days.astype("datetime64[M]").astype(np.int64) for days in (starts, ends)]
    start, end = (
        (days.astype("datetime64[D]") - days.astype("datetime64[M]")).astype(np.int64)
        for days in (starts, ends)
    )
    first = ends.astype("datetime64[M]")
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    due = np.minimum(start, length - 1)
    return months[1] - months[0] - (end < due), end == due


def _lives_of_log(
    log: OrderLog, names: Sequence[str], period: str | None, as_of: dt.date | None
) -> tuple[pd.DataFrame, str]:
    """Each customer's periods with an order from the first on, until the first without."""
    table = period_retention(log, period=period, as_of=as_of)
    starts = np.array([row.start.toordinal() for row in table.periods])
    complete = sum(row.end <= table.as_of for row in table.periods)
    codes, days, labels = group_codes_of_log(log, names, table.as_of)
    places = np.searchsorted(starts, days, side="right") - 1
    pairs = np.unique(np.stack([codes, places], axis=1), axis=0)
    first = pairs[np.unique(pairs[:, 0], return_index=True)[1], 1]
    since = pairs[:, 1] - first[pairs[:, 0]]
    order = np.arange(len(pairs)) - np.unique(pairs[:, 0], return_index=True)[1][pairs[:, 0]]
    run = np.bincount(pairs[:, 0], weights=since == order, minlength=len(first)).astype(np.int64)
    lost = first + run < complete
    lives = {
        "periods": np.where(lost, run, np.maximum(0, complete - 1 - first)),
        "lost": lost.astype(np.int64),
    }
    lives |= labels
    definition = (
        f"Customers from the {table.period} of their first order until the first complete {table.period} "
        f"without one, up to {table.as_of}; a customer has the group of its first order. Customers of the "
        "log's first days may be older than they look."
    )
    return pd.DataFrame(lives), definition


def _check(
    table: pd.DataFrame, factors: Sequence[str], link: str, correction: str, confidence: float
) -> None:
    missing = [name for name in (*_COUNTS, *factors) if name not in table]
    if missing:
        raise ColumnError(f'`table` needs the column "{missing[0]}".')
    if link not in LINKS:
        raise DriverError(f'`link` must be {" or ".join(LINKS)} (got "{said(link)}").')
    if correction not in CORRECTIONS:
        raise DriverError(f'`correction` must be {" or ".join(CORRECTIONS)} (got "{said(correction)}").')
    if not 0 < confidence < 1:
        raise DriverError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")
    if ((table["lost"] < 0) | (table["lost"] > table["at_risk"])).any():
        raise DriverError("`lost` must lie between 0 and `at_risk` in every row of the table.")
