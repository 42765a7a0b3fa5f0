"""The companion: `streamlit run app.py`. Navigation and shared state, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app_pages import sidebar

# an icon by name would be fetched from a server elsewhere
icon = Path(__file__).with_name("app_pages") / "icon.png"
st.set_page_config(page_title="Retention", page_icon=str(icon), layout="wide")

page = st.navigation(
    [
        st.Page("app_pages/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("app_pages/pareto.py", title="Pareto", icon=":material/leaderboard:"),
        st.Page("app_pages/benchmarks.py", title="Benchmarks", icon=":material/balance:"),
        st.Page("app_pages/functions.py", title="Functions", icon=":material/function:"),
        st.Page("app_pages/data.py", title="Your data", icon=":material/table_view:"),
    ]
)
sidebar.show()
page.run()
