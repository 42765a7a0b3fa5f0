"""The companion: `streamlit run app.py`. Navigation and shared state, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app_pages import sidebar

# an icon by name would be fetched from a server elsewhere
icon = Path(__file__).with_name("app_pages") / "icon.png"
st.set_page_config(page_title="Retention", page_icon=str(icon), layout="wide")

page = st.navigation(
    {
        "Now": [
            st.Page("app_pages/overview.py", title="Overview", icon=":material/monitoring:", default=True),
            st.Page("app_pages/pareto.py", title="Pareto", icon=":material/leaderboard:"),
            st.Page("app_pages/benchmarks.py", title="Benchmarks", icon=":material/balance:"),
        ],
        "Over time": [
            st.Page("app_pages/cohorts.py", title="Cohorts", icon=":material/grid_on:"),
            st.Page("app_pages/lifetime.py", title="Lifetime", icon=":material/timeline:"),
            st.Page("app_pages/subscriptions.py", title="Subscriptions", icon=":material/autorenew:"),
        ],
        "Whom to keep": [
            st.Page("app_pages/stages.py", title="Stages", icon=":material/stairs:"),
            st.Page("app_pages/focus.py", title="Focus", icon=":material/center_focus_strong:"),
            st.Page("app_pages/due.py", title="This week", icon=":material/event_upcoming:"),
            st.Page("app_pages/segments.py", title="Segments", icon=":material/groups:"),
            st.Page("app_pages/drivers.py", title="Drivers", icon=":material/account_tree:"),
            st.Page("app_pages/forecast.py", title="Forecast", icon=":material/query_stats:"),
        ],
        "What it is worth": [
            st.Page("app_pages/worth.py", title="Worth", icon=":material/savings:"),
            st.Page("app_pages/what_if.py", title="What if", icon=":material/alt_route:"),
            st.Page("app_pages/voice.py", title="Feedback and referrals", icon=":material/forum:"),
            st.Page("app_pages/history.py", title="History", icon=":material/history:"),
        ],
        "Tools": [
            st.Page("app_pages/functions.py", title="Functions", icon=":material/function:"),
            st.Page("app_pages/data.py", title="Your data", icon=":material/table_view:"),
        ],
    },
    expanded=True,  # more pages than it shows unasked
)
sidebar.show()
page.run()
