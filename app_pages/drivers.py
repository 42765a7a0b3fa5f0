"""Drivers: which groups of customers are kept better or worse than the rest."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import streamlit as st

from app_pages import chosen_log, downloads, driver_charts, driver_lists, listing, notices, wording
from app_pages.chosen_log import ChosenLog
from retention_core.drivers import SMALLEST, Drivers, GroupRate, retention_drivers
from retention_core.errors import RetentionError
from retention_core.hazards import HazardModel, hazard_model

_NO_GROUPS = (
    "This log has no groups to compare. Under Your data, open “More columns, groups and options” and "
    "choose at "
    "“Groups to compare customers by” the columns that tell customers apart, such as region, channel "
    "or product."
)
_LATEST, _EVERY = "the latest complete period", "all complete periods together"
_HOLM, _EXPECTED = "no wrong verdict at all (Holm)", "few wrong verdicts (Benjamini-Hochberg)"
_LOGIT, _CLOGLOG = "odds ratios (logit)", "hazard ratios (cloglog)"
_TRY = (
    "Comparing takes at least two groups and a complete period with customers at its start: choose another "
    "column, a shorter period under Definition in the sidebar, or come back when more time has passed."
)
_MOST_LEVELS = 60
_NAMED = 3


class _Asked(NamedTuple):
    """What the controls say."""

    groups: tuple[str, ...]
    pooled: bool
    correction: str
    smallest: int


def show() -> None:
    """The page."""
    st.title("Which groups stay better or worse than the rest?")
    chosen = chosen_log.current()
    notices.label(chosen)
    if not chosen.log.columns.groups:
        st.info(_NO_GROUPS)
        return
    answer = st.container()
    asked = _controls(chosen)
    if asked is None:
        return
    found = _compared(chosen, asked)
    if found is None:
        return
    with answer:
        st.markdown(f"### {_headline(found)}")
        st.markdown(_meaning(found))
    notices.few(chosen.log.customers)
    notices.warnings(chosen)
    _forest(chosen, found)
    _several_at_once(chosen, found, asked)


def _compared(chosen: ChosenLog, asked: _Asked) -> Drivers | None:
    """The groups against the rest; where they cannot be compared, the page says why and what to try."""
    now = chosen_log.definition()
    try:
        with st.spinner("Working it out …"):
            return chosen.answer(
                retention_drivers,
                **asked._asdict(),
                period=now.period,
                active_days=now.active_days,
                as_of=now.as_of,
                year_starts=now.year_starts,
            )
    except RetentionError as error:
        st.info(f"{wording.sentence(error.in_words(chosen_log.SIDEBAR_WORDS))} {_TRY}")
        return None


def _controls(chosen: ChosenLog) -> _Asked | None:
    names = list(chosen.log.columns.groups)
    left, right = st.columns(2)
    groups = left.multiselect(
        "Compare by", names, default=names, key=f"drivers {chosen.key}", format_func=wording.plain_line
    )
    pooled = right.radio("Over", [_LATEST, _EVERY], key="drivers over", horizontal=True)
    with st.expander("How verdicts are given"):
        correction = st.radio(
            "Allow for looking at many groups, so that there is", [_HOLM, _EXPECTED], key="drivers correction"
        )
        smallest = st.number_input(
            "Groups with fewer customers than this count together as (other)",
            min_value=1,
            max_value=1_000_000,
            value=SMALLEST,
            step=1,
            key="drivers smallest",
        )
    if not groups:
        st.info("Choose at least one column to compare by.")
        return None
    how = "holm" if correction == _HOLM else "benjamini-hochberg"
    return _Asked(tuple(groups), pooled == _EVERY, how, int(smallest))


def _headline(found: Drivers) -> str:
    better = [row for row in found.groups if row.verdict == "better"]
    worse = sorted((row for row in found.groups if row.verdict == "worse"), key=lambda row: row.difference)
    better.sort(key=lambda row: -row.difference)
    if not better and not worse:
        return "No group can be told from the rest."
    said = [f"Kept better than the rest: {_named(better)}."] if better else []
    said += [f"Kept worse: {_named(worse)}."] if worse else []
    return " ".join(said)


def _named(rows: list[GroupRate]) -> str:
    names = ", ".join(wording.escaped(row.group, 40) for row in rows[:_NAMED])
    return names if len(rows) <= _NAMED else f"{names} and {len(rows) - _NAMED:,} more"


def _meaning(found: Drivers) -> str:
    row = min(found.groups, key=lambda one: one.p)
    limits = f"{wording.signed_points(row.difference_low)} to {wording.signed_points(row.difference_high)}"
    told = sum(one.verdict != "cannot tell" for one in found.groups) or "none"
    return (
        f"Clearest: {wording.escaped(row.group, 40)} keeps {wording.percent(row.rate)}, all others "
        f"{wording.percent(row.rest_rate)}, a difference of {wording.signed_points(row.difference)} "
        "points (95 % interval "
        f"{limits}). Of {wording.counted(len(found.groups), 'group')}, {told} can be told from the "
        "rest, with allowance "
        "for looking at so many. A difference is not yet a cause: customers choose their group."
    )


def _forest(chosen: ChosenLog, found: Drivers) -> None:
    chart = driver_charts.group_forest(found)
    st.altair_chart(chart, width="stretch")
    st.caption(
        f"{wording.sentence(found.definition)} Beside each name its customers at the start; lines are "
        "95 % intervals "
        "of the difference. The verdicts, not the intervals, allow for looking at many."
    )
    if len(found.groups) > driver_charts.MOST_ROWS:
        st.caption(
            f"Drawn are the {driver_charts.MOST_ROWS} clearest of {len(found.groups):,}; the list has all."
        )
    for note in found.notes:
        st.caption(wording.sentence(note))
    table = driver_lists.groups(found)
    listing.show(table, height=380, hidden=("Retention, low", "Retention, high", "p", "Test"))
    picture = downloads.Picture(chart, "Customers kept: each group against the rest")
    downloads.offer("drivers", [table], _definition(chosen, found), picture)


def _several_at_once(chosen: ChosenLog, found: Drivers, asked: _Asked) -> None:
    st.subheader("Several factors at once")
    st.write(
        "A group may look bad only because of what goes with it, as a channel that sells mostly to one "
        "region. "
        "This model follows customers from their first order until a period without one, all factors "
        "held equal."
    )
    levels = Counter(row.by for row in found.groups)
    names = [name for name in asked.groups if 0 < levels[name] <= _MOST_LEVELS]
    for name in [name for name in asked.groups if levels[name] > _MOST_LEVELS]:
        st.caption(f"{wording.escaped(name)} has {levels[name]:,} groups, too many for a model.")
    left, right = st.columns(2)
    factors = left.multiselect(
        "Factors", names, default=names, key=f"factors {names}", format_func=wording.plain_line
    )
    link = right.radio("Effects as", [_LOGIT, _CLOGLOG], key="link", horizontal=True)
    if not factors:
        st.info("Choose at least one factor with groups to compare.")
        return
    now = chosen_log.definition()
    model = chosen_log.ask(
        chosen,
        hazard_model,
        factors=tuple(factors),
        period=now.period,
        as_of=now.as_of,
        link="logit" if link == _LOGIT else "cloglog",
        smallest=asked.smallest,
        correction=asked.correction,
    )
    _show_model(chosen, model)


def _show_model(chosen: ChosenLog, model: HazardModel) -> None:
    st.markdown(_model_said(model))
    chart = driver_charts.effect_forest(model)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.altair_chart(chart, width="stretch")
        st.caption("Lines: 95 % intervals. " + " ".join(map(wording.sentence, model.notes)))
    with right:
        st.markdown("**Lost in the next period, at the reference levels**")
        st.altair_chart(driver_charts.baseline_hazard(model), width="stretch")
        st.caption("The level each factor is compared with: " + _references(model) + ".")
    listing.show(driver_lists.effects(model), hidden=("Coefficient", "Standard error", "p"))
    listing.show(driver_lists.factors(model))
    _assumptions(model)
    listed = [driver_lists.effects(model), driver_lists.factors(model), driver_lists.baseline(model)]
    picture = downloads.Picture(chart, "Being lost: each level against the reference, others held equal")
    downloads.offer("factors", listed, _definition_of_model(chosen, model), picture)


def _model_said(model: HazardModel) -> str:
    told = sorted((row for row in model.effects if row.verdict != "cannot tell"), key=lambda row: row.p)
    kind = "odds" if model.link == "logit" else "hazard"
    if not told:
        return (
            f"**No effect can be told from chance** in {model.person_periods:,} customer periods, "
            f"{model.lost:,} of them lost."
        )
    row = told[0]
    return (
        f"**Strongest: {wording.escaped(row.level, 40)}**, with {row.ratio:.2f} times the {kind} of "
        "being lost of "
        f"{wording.escaped(row.reference, 40)} (95 % interval {row.ratio_low:.2f} to "
        f"{row.ratio_high:.2f}), everything "
        f"else in the model held equal. From {model.person_periods:,} customer periods, {model.lost:,} "
        "of them lost."
    )


def _references(model: HazardModel) -> str:
    return ", ".join(
        f"{wording.escaped(name, 40)}: {wording.escaped(level, 40)}"
        for name, level in model.references.items()
    )


def _assumptions(model: HazardModel) -> None:
    with st.expander("What this model assumes"):
        st.markdown(
            f"- {wording.sentence(model.definition)}\n"
            "- A factor acts alike in every period of tenure, and factors add up (on the scale of log "
            "odds, or log "
            "hazards): no factor works differently within another.\n"
            "- Customers come and go independently of one another.\n"
            "- What no column tells is not held equal, and makes later hazards look lower than they are.\n"
            "- Verdicts are corrected for all effects of the model; the table of factors asks of each "
            "as a whole "
            "whether the model would fit worse without it (likelihood ratio)."
        )


def _definition(chosen: ChosenLog, found: Drivers) -> dict[str, str]:
    return {
        **notices.log_facts(chosen),
        "Compared": found.definition,
        "Group": "That of the customer's last order before the start of the period.",
        "Difference": (
            "Retention of the group less that of all other customers; Newcombe interval, "
            f"{found.confidence:.0%}."
        ),
        "Verdict": f"By p corrected for {found.comparisons:,} comparisons ({found.correction}).",
        "Small groups": f"Fewer than {found.smallest:,} customers count as (other). " + " ".join(found.notes),
    }


def _definition_of_model(chosen: ChosenLog, model: HazardModel) -> dict[str, str]:
    kind = "Odds" if model.link == "logit" else "Hazard"
    return {
        **notices.log_facts(chosen),
        "Followed": model.definition,
        "Ratio": (
            f"{kind} ratio of being lost in a period against the reference; below 1 is better. Wald "
            f"interval, {model.confidence:.0%}."
        ),
        "Verdict": f"By p corrected for all effects ({model.correction}).",
        "Baseline": "Chance to be lost in the next period at the reference levels, by periods of tenure.",
        "Fit": (
            f"{model.person_periods:,} customer periods, {model.lost:,} lost, deviance {model.deviance:.2f}."
        ),
        "Notes": " ".join(model.notes) or "None.",
    }


if __name__ == "__main__":
    show()
