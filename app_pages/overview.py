"""Overview: how many customers are kept."""

from __future__ import annotations

import streamlit as st

from app_pages import charts, chosen_log, downloads, listing, notices, tables, wording
from app_pages.chosen_log import ChosenLog
from retention_core.periods import Period, PeriodTable


def show() -> None:
    """The page."""
    st.title("How many customers do we keep?")
    chosen = chosen_log.current()
    notices.label(chosen)
    table = chosen_log.periods(chosen)
    if table.latest is None:
        st.info(_why_no_rate(chosen, table))
    else:
        st.markdown(f"### {_headline(table, table.latest)}")
        st.markdown(_meaning(table, table.latest))
        _figures(table.latest)
    notices.few(chosen.log.customers)
    notices.warnings(chosen)
    _charts(table)
    listing.show(tables.periods(table), height=380, hidden=("From", "To"))
    st.caption(
        "Incomplete: the period runs on past the end of the log, or the time before it is not in the log, "
        "so its figures cannot be compared. Low and High are the limits of the 95 % interval."
    )
    drawn = any(row.rate is not None for row in table.periods)
    trend = charts.retention_trend(table) if drawn else charts.movements(table)
    what = "Customers kept" if drawn else "Customers kept, new, won back and lost"
    definition = notices.definition(chosen, table)
    picture = downloads.Picture(trend, f"{what}, by {table.period}")
    downloads.offer("retention", [tables.periods(table)], definition, picture)


def _headline(table: PeriodTable, latest: Period) -> str:
    name = wording.period_name(table.period, latest.start, latest.end)
    return f"In {name}, {wording.percent(latest.rate)} of the customers were kept."


def _meaning(table: PeriodTable, latest: Period) -> str:
    kept, start = wording.count(latest.kept), wording.counted(latest.at_start, "customer")
    were = "was" if latest.kept == 1 else "were"
    if table.active_days is None:
        what = f"Of the {start} who bought in the {table.period} before, {kept} bought again in this one."
    else:
        what = (
            f"Of the {start} active at its start, {kept} {were} still active at its end; active means "
            f"an order {_window(table.active_days)}."
        )
    limits = wording.percent_between(latest.low or 0.0, latest.high or 0.0).replace(" to ", " and ")
    return f"{what} With this many customers, the true rate may lie between {limits} (95 % interval)."


def _window(days: int) -> str:
    return "on the day before" if days == 1 else f"within the {days:,} days before"


def _figures(latest: Period) -> None:
    figures = {
        "At start": (latest.at_start, "Active customers when the period began"),
        "Kept": (latest.kept, "Active at the start and at the end"),
        "Lost": (latest.lost, "Active at the start and no longer at the end"),
        "New": (latest.new, "First order in the period"),
        "Won back": (latest.reactivated, "Had left before and came back in the period"),
        "At end": (latest.at_end, "Kept, new and won back together"),
    }
    listing.show_figures({label: (wording.count(n), meaning) for label, (n, meaning) in figures.items()})


def _why_no_rate(chosen: ChosenLog, table: PeriodTable) -> str:
    log = chosen.log
    ways = ["a shorter period"] * (table.period != "month")
    ways += ["a smaller activity window"] * (table.active_days is not None)
    choose = f"Choose {' or '.join(ways)} under Definition in the sidebar, or come" if ways else "Come"
    return (
        f"No complete {table.period} with a rate yet: it takes a whole {table.period} and the time before, "
        f"and the orders run from {log.first_day} to {log.last_day}. "
        f"{choose} back when more time has passed."
    )


def _charts(table: PeriodTable) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Retention")
        if any(row.rate is not None for row in table.periods):
            st.altair_chart(charts.retention_trend(table), width="stretch")
            hollow = any(row.rate is not None and not row.complete for row in table.periods)
            st.caption(f"The band is the 95 % interval.{' Hollow dots: incomplete periods.' * hollow}")
        else:
            st.info("There is no period with customers at its start, so there is no rate to draw.")
    with right:
        st.subheader("Kept, won and lost")
        st.altair_chart(charts.movements(table), width="stretch")
        st.caption(
            "Above the line: customers at the end of the period. Below it: those lost. Pale: incomplete."
        )


if __name__ == "__main__":
    show()
