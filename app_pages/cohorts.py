"""Cohorts: whether newer customers stay better than older ones."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app_pages import (
    chosen_log,
    cohort_charts,
    cohort_controls,
    cohort_lists,
    downloads,
    heat_maps,
    listing,
    notices,
    wording,
)
from app_pages.chosen_log import ChosenLog
from app_pages.cohort_controls import FEWEST_COHORTS, Asked
from retention_core.cohort_tables import FEWEST_CUSTOMERS, Cell, Trend, linear_trend
from retention_core.cohorts import Cohorts, cohorts_of

_FEW_GROUPS = 8
_DOES = {
    "customers": "customers who order again",
    "orders": "orders, against those of the first column",
    "revenue": "revenue, against that of the first column",
    "profit": "profit, against that of the first column",
}


def show() -> None:
    """The page."""
    st.title("Do newer customers stay better than older ones?")
    chosen = chosen_log.current()
    notices.label(chosen)
    answer = st.container()
    asked = cohort_controls.asked_for(chosen)
    if asked is None:
        return
    table = _table(chosen, asked)
    if not cohort_charts.shown_ages(table):
        st.info(_too_young(table))
        return
    age = _compared_age(table)
    trend = None if asked.by else table.trend(age)
    with answer:
        st.markdown(f"### {_headline(table, trend, age)}")
        st.markdown(_meaning(table, trend, age))
    notices.few(chosen.log.customers)
    notices.warnings(chosen)
    _triangle(chosen, table, trend, age)
    left, right = st.columns(2, gap="large")
    with left:
        _one_age(table, trend, age)
    with right:
        _behind(chosen, table)


def _table(chosen: ChosenLog, asked: Asked) -> Cohorts:
    now = chosen_log.definition()
    return chosen_log.ask(chosen, cohorts_of, **asked._asdict(), as_of=now.as_of, year_starts=now.year_starts)


def _too_young(table: Cohorts) -> str:
    what, until = table.definition, table.definition.as_of
    if what.ages is None:
        why = f"the {what.period} after that of a first order is not over by {until}"
        ways = "Count ages in days"
    elif len(table.ages) == 1:
        return "Day 0, that of the first order, is the same for all: choose later days."
    else:
        when = table.age_names[1].replace("+", " or later")
        why = f"{when} after a {what.period}'s first orders are not over by {until}"
        ways = "Choose fewer days"
    return f"No cohort is old enough yet: {why}. {ways}, or come back when more time has passed."


def _compared_age(table: Cohorts) -> int:
    """The age that is compared, chosen below the picture; the first one until then."""
    ages = cohort_charts.shown_ages(table)
    found = st.session_state.get(_age_key(table), ages[0])
    return found if found in ages else ages[0]


def _age_key(table: Cohorts) -> str:
    what = table.definition
    return f"cohort age {what.period} {what.unit} {len(table.ages)}"


def _when(table: Cohorts, age: int) -> str:
    """An age inside a sentence.

    Examples: in month 1, on day 30 or later, in days 1 to 30.
    """
    name = table.age_names[age]
    one_day = table.definition.unit == "day" and not name.startswith("days")
    return f"{'on' if one_day else 'in'} {name.replace('+', ' or later')}"


def _headline(table: Cohorts, trend: Trend | None, age: int) -> str:
    when, unit = _when(table, age), table.definition.period
    if trend is None:
        return _headline_of_groups(table, age)
    if table.definition.measure != "customers":
        everyone = table.average[age]
        share = wording.percent(everyone.rate if everyone else None)
        measure = table.definition.measure
        comes = "come" if measure == "orders" else "comes"
        return f"{measure.capitalize()} {when} {comes} to {share} of the first {table.definition.unit}'s."
    if trend.slope is None:
        return f"Too early to tell: only {wording.counted(len(trend.cells), 'cohort')} can be compared."
    if trend.verdict == "cannot tell":
        return "Whether newer customers stay better cannot be told."
    if trend.verdict == "falling" and not _falls_without_first(table, trend):
        return "That cannot be told: only the first cohort stays better, and it may hold older customers."
    better, moves = ("better", "rises") if trend.verdict == "rising" else ("worse", "falls")
    return (
        f"Newer customers stay {better}: the share that orders again {when} {moves} by "
        f"{wording.points(trend.slope)} from one {unit}'s customers to the next."
    )


def _headline_of_groups(table: Cohorts, age: int) -> str:
    rated = [
        (cell.rate, cohort.name)
        for cohort in table.cohorts
        if (cell := cohort.cells[age]) is not None
        and cell.rate is not None
        and (cell.size >= FEWEST_CUSTOMERS or len(table.cohorts) <= _FEW_GROUPS)
    ]
    if not rated:
        return (
            f"No group has {FEWEST_CUSTOMERS} customers old enough to tell what they do {_when(table, age)}."
        )
    (low, worst), (high, best) = min(rated), max(rated)
    what = (
        "Ordering again" if table.definition.measure == "customers" else table.definition.measure.capitalize()
    )
    span = f"{wording.percent(high)} ({wording.escaped(best, 40)})"
    if len(rated) > 1:
        span = f"from {wording.percent(low)} ({wording.escaped(worst, 40)}) to {span}"
    return f"{what} {_when(table, age)}: {span}."


def _meaning(table: Cohorts, trend: Trend | None, age: int) -> str:
    everyone = table.average[age]
    parts = [_together(table, everyone, age)]
    if trend is None:
        parts.append("Whether such a difference is more than chance, the page Drivers tells.")
    elif table.definition.measure != "customers":
        parts.append("Whether newer cohorts do better is tested for the measure customers.")
    elif trend.p_value is None:
        parts.append(f"A trend takes {FEWEST_COHORTS} cohorts that differ.")
    else:
        chance = wording.chance(trend.p_value)
        chance = chance.replace("<", "below") if chance.startswith("<") else f"of {chance}"
        parts.append(
            f"Over {wording.counted(len(trend.cells), 'cohort')}, chance alone makes a trend as strong "
            "as this "
            f"with a probability {chance}."
        )
    if trend is not None and trend.verdict == "falling":
        stays = _falls_without_first(table, trend)
        parts.append(
            "The first cohort of a log may hold customers from before it began, who stay better "
            "anyway; without "
            f"it the fall {'is still there' if stays else 'cannot be told from chance'}."
        )
    return " ".join(parts)


def _falls_without_first(table: Cohorts, trend: Trend) -> bool:
    """Whether a fall is still there without the first cohort, which a log often fills with old customers."""
    if len(trend.cells) <= FEWEST_COHORTS:
        return False
    slope, p_value = linear_trend(
        [int(cohort.key) for cohort in trend.cohorts[1:]],
        [cell.customers for cell in trend.cells[1:]],
        [cell.size for cell in trend.cells[1:]],
    )
    told = p_value is not None and p_value < 1 - table.definition.confidence
    return told and slope is not None and slope < 0


def _together(table: Cohorts, everyone: Cell | None, age: int) -> str:
    if everyone is None or everyone.rate is None:
        return ""
    interval = ""
    if everyone.low is not None and everyone.high is not None:
        interval = f" (95 % interval {wording.percent_between(everyone.low, everyone.high)})"
    if table.definition.measure != "customers":
        return f"All cohorts together: {wording.percent(everyone.rate)}{interval}."
    return (
        f"Of {wording.counted(int(everyone.size), 'customer')} old enough, "
        f"{wording.count(everyone.customers)} ordered again "
        f"{_when(table, age)}: {wording.percent(everyone.rate)}{interval}."
    )


def _triangle(chosen: ChosenLog, table: Cohorts, trend: Trend | None, age: int) -> None:
    chart = cohort_charts.cohort_heatmap(table, picked=True)
    rows = cohort_charts.ROWS_ABOVE + len(cohort_charts.shown_rows(table))
    heat_maps.show(chart, rows, key="cohort heat", on_select=lambda: _take_click(table))
    st.caption(_how_to_read(table))
    with st.expander("The same as a table"):
        listing.show(cohort_lists.rates(table), height=380)
    listed = [cohort_lists.rates(table), cohort_lists.cells(table)]
    if trend is not None:
        listed.append(cohort_lists.trend(table, trend, age))
    picture = downloads.Picture(cohort_charts.cohort_heatmap(table), _title(table))
    downloads.offer("cohorts", listed, _definition(chosen, table), picture)


def _title(table: Cohorts) -> str:
    by = table.definition.by
    rows = f"by {wording.plain_line(by)}" if by else f"by {table.definition.period} of the first order"
    return f"{_DOES[table.definition.measure].capitalize()}, {rows}, in percent"


def _how_to_read(table: Cohorts) -> str:
    parts = [
        f"{wording.sentence(_title(table))}; beside each name its customers. Blank: not lived yet by all of "
        "them. Point at a cell for its interval, click on it for its customers."
    ]
    if len(cohort_charts.shown_rows(table)) < len(table.cohorts):
        which = "largest groups" if table.definition.by else "latest cohorts"
        parts.append(
            f"Drawn are the {cohort_charts.MOST_ROWS} {which} of {len(table.cohorts):,}; the download "
            "has all."
        )
    if table.without_order:
        who = wording.counted(int(table.without_order), "customer")
        parts.append(f"{who} with nothing but refunds: in no cohort.")
    return " ".join(parts)


def _one_age(table: Cohorts, trend: Trend | None, age: int) -> None:
    st.subheader("One age compared")
    ages = cohort_charts.shown_ages(table)
    st.selectbox(
        "Age",
        ages,
        index=ages.index(age),
        format_func=lambda place: table.age_names[place].capitalize(),
        key=_age_key(table),
    )
    if trend is None:
        st.altair_chart(cohort_charts.group_rates(table, age), width="stretch")
    elif trend.cells:
        st.altair_chart(cohort_charts.cohort_trend(table, trend, age), width="stretch")
    dashed = " Dashed: all cohorts together." if trend else ""
    st.caption(f"{notices.in_app_words(table.interval_rule)}{dashed}")


def _take_click(table: Cohorts) -> None:
    """The cell clicked on is the one whose customers are listed."""
    state: Any = st.session_state.get("cohort heat")
    found = state["selection"].get(heat_maps.CHOSEN) if state else None
    if not found:
        return
    rows, ages = cohort_charts.shown_rows(table), cohort_charts.shown_ages(table)
    row, column = int(found[0]["row"]) - cohort_charts.ROWS_ABOVE, int(found[0]["column"])
    if 0 <= row < len(rows) and 0 <= column < len(ages):
        st.session_state[_cell_key(table, "cohort")] = rows[row]
        st.session_state[_cell_key(table, "age")] = ages[column]


def _cell_key(table: Cohorts, part: str) -> str:
    what = table.definition
    return f"cell {part} {what.by} {what.period} {what.ages} {len(table.cohorts)} {len(table.ages)}"


def _behind(chosen: ChosenLog, table: Cohorts) -> None:
    st.subheader("The customers behind a cell")
    left, right = st.columns(2)
    places = list(range(len(table.cohorts)))
    for part, first in zip(("cohort", "age"), _first_cell(table), strict=True):
        st.session_state.setdefault(_cell_key(table, part), first)
    row = left.selectbox(
        "Cohort",
        places,
        format_func=lambda place: cohort_charts.cohort_name(table, table.cohorts[place]),
        key=_cell_key(table, "cohort"),
    )
    age = right.selectbox(
        "Age ",
        list(range(len(table.ages))),
        format_func=lambda place: table.age_names[place].capitalize(),
        key=_cell_key(table, "age"),
    )
    stayed = st.radio(
        "Show",
        ["who ordered then", "who did not"],
        horizontal=True,
        key="cell stayed",
        label_visibility="collapsed",
    )
    _list_behind(chosen, table, row, age, stayed == "who ordered then")


def _first_cell(table: Cohorts) -> tuple[int, int]:
    """The latest cohort that has lived the first age."""
    age = cohort_charts.shown_ages(table)[0]
    lived = [place for place, row in enumerate(table.cohorts) if (cell := row.cells[age]) and cell.lived]
    return (lived[-1] if lived else 0), age


def _list_behind(chosen: ChosenLog, table: Cohorts, row: int, age: int, stayed: bool) -> None:
    cohort = table.cohorts[row]
    cell = cohort.cells[age]
    if cell is None:
        st.info("Nothing of this age is lived yet: choose an earlier one.")
        return
    listed = chosen_log.ask(
        chosen,
        cohort_lists.customers_behind,
        table=table,
        cohort=cohort.name,
        age=age,
        stayed=stayed,
        as_of=chosen_log.definition().as_of,
    )
    if listed.frame.empty:
        st.info("Nobody." if stayed else "Nobody: all of them ordered then.")
        return
    listing.show(listed, height=300)
    st.caption(_about_cell(table, cell, len(listed.frame), stayed))
    name = wording.plain_line(cohort_charts.cohort_name(table, cohort))
    which = "ordered" if stayed else "did not order"
    meaning = {"Customers": f"First order: {name}. They {which} {_when(table, age)}."}
    downloads.offer("cohort-customers", [listed], meaning | _definition(chosen, table))


def _about_cell(table: Cohorts, cell: Cell, listed: int, stayed: bool) -> str:
    who = wording.counted(listed, "customer")
    if not cell.lived:
        return f"{who} so far: the age is not over for all of them, so no rate is made of it."
    if table.definition.by is not None and stayed and listed != cell.customers:
        return f"{who}; the rate counts the {wording.count(cell.size)} customers for whom the age is over."
    if table.definition.by is not None:
        return f"{who}." if stayed else f"{who}, those for whom the age is not over among them."
    return (
        f"{who} of the {wording.count(cell.size)} in the cohort. Orders and value are those of the whole log."
    )


def _definition(chosen: ChosenLog, table: Cohorts) -> dict[str, str]:
    what = table.definition
    cohort = (
        f"Customers by {what.by} of their first order" if what.by else f"By {what.period} of the first order"
    )
    exact = "any time from the age on" if what.unbounded else "at exactly that age"
    share = (
        "of the cohort's customers, those who ordered"
        if what.measure == "customers"
        else "of the first column's"
    )
    return {
        **notices.log_facts(chosen),
        "As of": f"{what.as_of}, start of the day",
        "Cohort": f"{cohort}; the year starts in month {what.year_starts}.",
        "Age": f"In {what.unit}s since the first order; counted {exact}.",
        "Measure": f"{what.measure.capitalize()}: {share}.",
        "Low and high": table.interval_rule,
        "Incomplete": "The age is not over for all customers of the cohort: counts so far, and no rate.",
        "All cohorts": "The cohorts that have lived the age, taken together, which weights them by size.",
    }


if __name__ == "__main__":
    show()
