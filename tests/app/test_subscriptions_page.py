"""Subscriptions: the sample, an upload with its own columns, the switches, and what tiny tables get."""

from __future__ import annotations

import datetime as dt
import io
import re

import pandas as pd
import pytest

from app_pages import subscription_charts
from app_pages.subscription_door import ChosenSubscriptions
from retention_core.revenue import revenue_movements, revenue_retention, revenue_retention_by
from retention_core.samples import subscription_sample
from retention_core.subscription_lifetimes import lifetimes_of_subscriptions
from retention_core.subscriptions import Subscriptions
from tests.app.test_pages import HOSTILE, button, opened, plain, texts

PLANS = b"""Kunde;Start;Ende;MRR;Tarif;Ort
Ann;01.01.2024;;20;S;Bonn
Bob;01.01.2024;01.09.2024;30;L;Ulm
;01.02.2024;;5;S;Ulm
Cy;01.03.2024;;abc;S;Ulm
Di;01.02.2025;;12,50;L;Bonn
"""


def shown(found: Subscriptions | None = None):
    """The page over the sample or over these subscriptions."""
    if found is None:
        return opened("subscriptions")
    chosen = ChosenSubscriptions("yours 0", "plans.csv", "yours", "plans.csv, read here.", "Your file", found)
    return opened("subscriptions", **{"subscriptions in use": chosen})


def table(rows: dict[str, list[object]], **mapping: object) -> Subscriptions:
    return Subscriptions.from_frame(pd.DataFrame(rows), **mapping)


def upload(content: bytes, name: str = "plans.csv"):
    app = opened("subscriptions")
    return app.file_uploader(key="upload subscriptions").set_value((name, content, "text/csv")).run()


def test_net_and_gross_retention_are_those_of_the_core():
    kept = revenue_retention(subscription_sample().subscriptions())
    app = shown()
    assert not app.exception
    assert "Simulated data" in texts(app)
    net, gross = (f"{rate.value:.1%}".replace("%", " %") for rate in (kept.net, kept.gross))
    assert f"### {net} of the recurring revenue was kept net, {gross} gross." in texts(app)


def test_every_row_of_the_list_adds_up_to_the_cent():
    app = shown()
    listed = next(frame.value for frame in app.dataframe if "Won back" in frame.value)
    assert len(listed) == 36
    signed = listed["Opening"] + listed["New"] + listed["Won back"] + listed["Expansion"]
    left = signed - listed["Contraction"] - listed["Churn"] - listed["Closing"]
    assert left.abs().max() < 0.005


def test_the_switches_change_net_retention_and_never_gross():
    found = subscription_sample().subscriptions()
    app = shown()
    app.pills(key="counted in nrr").set_value(["Contraction", "Churn", "Won back"]).run()
    kept = revenue_retention(found, expansion=False, reactivation=True)
    figures = {metric.label: metric.value.replace("\xa0", " ") for metric in app.metric}
    assert figures["NRR"] == f"{kept.net.value:.1%}".replace("%", " %")
    assert figures["GRR"] == f"{revenue_retention(found).gross.value:.1%}".replace("%", " %")


def test_days_units_and_periods_are_the_readers_choice():
    found = subscription_sample().subscriptions()
    app = shown()
    app.date_input(key="kept from bookkeeping").set_value(dt.date(2024, 7, 1))
    app.selectbox(key="revenue period").set_value("Quarters")
    app.selectbox(key="revenue unit").set_value("a year (ARR)").run()
    assert not app.exception
    assert f"{revenue_retention(found, dt.date(2024, 7, 1)).net.value:.1%}".replace("%", " %") in texts(app)
    latest = revenue_movements(found, period="quarter", per="year").periods[-1]
    listed = next(frame.value for frame in app.dataframe if "Won back" in frame.value)
    assert listed["Period"].iloc[0] == "Q4 2025"
    assert listed["Closing"].iloc[0] == latest.closing


def test_groups_and_their_lifetimes_are_compared():
    found = subscription_sample().subscriptions()
    app = shown()
    app.selectbox(key="revenue group bookkeeping").set_value("region").run()
    listed = next(frame.value for frame in app.dataframe if "region" in frame.value)
    rates = revenue_retention_by(found, "region")
    assert dict(zip(listed["region"], listed["NRR"], strict=True)) == {
        name: part.net.value for name, part in rates.items()
    }
    assert lifetimes_of_subscriptions(found, group="plan").compare().p < 0.001
    assert "The groups leave at different rates (p < 0.001)." in texts(app)


def test_days_between_which_nobody_pays_get_a_sentence():
    app = shown()
    app.date_input(key="kept from bookkeeping").set_value(dt.date(2026, 1, 1)).run()
    assert not app.exception
    assert "### What was kept cannot be said between these days." in texts(app)
    assert any("“Kept from” must lie before" in plain(info.value) for info in app.info)


def test_a_file_is_uploaded_mapped_and_used_and_its_bad_rows_are_shown():
    app = upload(PLANS)
    assert not app.exception
    guessed = {box.label: box.value for box in app.selectbox}
    assert (guessed["Customer"], guessed["Start"], guessed["End"], guessed["Recurring amount"]) == (
        "Kunde", "Start", "Ende", "MRR")  # fmt: skip
    next(box for box in app.multiselect if box.label.startswith("Groups")).set_value(["Ort"])
    button(app, "Use this data").click().run()
    assert not app.exception
    assert not app.error
    assert "plans.csv, read on this machine" in plain(texts(app))
    found = app.session_state["subscriptions in use"].log
    assert found.groups == ("Tarif", "Ort")
    assert found.set_aside_counts == {"no customer": 1, "unreadable amount": 1}
    aside = next(frame.value for frame in app.dataframe if "What stood there" in frame.value)
    assert aside["Row"].tolist() == [4, 5]
    assert re.search(r"2 of 5 rows \W*40\W+are set aside", texts(app))
    button(app, "Back to the sample").click().run()
    assert "Simulated data" in texts(app)


def test_the_mapping_can_be_corrected():
    app = upload(b"who,from,until,fee,other\nAnn,2024-01-01,,20,30\nBob,2024-03-01,,10,10\n")
    next(box for box in app.selectbox if box.label == "Recurring amount").set_value("other")
    next(box for box in app.selectbox if box.label == "Customer").set_value("who")
    button(app, "Use this data").click().run()
    assert not app.exception
    found = app.session_state["subscriptions in use"].log
    assert found.columns["amount"] == "other"
    assert found.paid_at(found.as_of).sum() == 40 * 12 * 100


def test_monthly_snapshots_are_recognised_and_read_as_such():
    rows = [(f"2024-{month:02}", who, 10 + month) for month in range(1, 9) for who in ("Ann", "Bob")][:-1]
    content = pd.DataFrame(rows, columns=["month", "customer", "mrr"]).to_csv(index=False).encode()
    app = upload(content)
    assert next(part for part in app.radio if part.label == "The table holds").value == "Monthly snapshots"
    button(app, "Use this data").click().run()
    assert not app.exception
    assert not app.error
    found = app.session_state["subscriptions in use"].log
    assert (found.as_of, found.customers) == (dt.date(2024, 9, 1), 2)
    assert any("nobody's beginning is known" in plain(info.value) for info in app.info)


def test_a_workbook_is_read_too():
    file = io.BytesIO()
    subscription_sample().frame().to_excel(file, index=False, engine="xlsxwriter")
    app = upload(file.getvalue(), "plans.xlsx")
    button(app, "Use this data").click().run()
    assert not app.exception
    assert app.session_state["subscriptions in use"].log.customers == 420


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n", b"<!doctype html><html></html>", b"customer,start\nAnn,2024-01-01\n"]
)
def test_a_file_that_is_no_such_table_gets_one_sentence_and_keeps_the_sample(content):
    app = upload(content)
    if any(one.label == "Use this data" for one in app.button):
        button(app, "Use this data").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert "\n" not in app.error[0].value
    assert "retention-" not in app.error[0].value
    assert "Simulated data" in texts(app)


def test_a_file_is_still_there_after_a_visit_to_another_page():
    app = upload(PLANS)
    app.switch_page("app_pages/overview.py").run()
    app.switch_page("app_pages/subscriptions.py").run()
    assert not app.exception
    assert "Still at hand: **plans.csv**" in plain(texts(app))
    button(app, "Put this file away").click().run()
    assert not any(one.label == "Use this data" for one in app.button)


TINY = [
    [("Ann", "2024-01-01", None, 20)],
    [("Ann", "2024-01-01", None, 0)],
    [("Ann", "2024-01-01", "2024-01-02", 1), ("Bo", "2024-01-01", "2024-01-02", 2)],
    [("Ann", "2020-01-01", "2020-02-01", 9), ("Ann", "2024-01-01", None, 9)],
    [("Ann", "1901-01-01", None, 1e9), ("Bo", "2199-01-01", None, 0.01)],
]


@pytest.mark.parametrize("rows", TINY)
def test_a_tiny_table_gets_sentences_and_no_traceback(rows):
    app = shown(Subscriptions.from_frame(pd.DataFrame(rows, columns=["customer", "start", "end", "mrr"])))
    assert not app.exception
    assert not app.error
    assert any(line.startswith("### ") for line in texts(app).splitlines())


def test_hostile_names_and_plans_are_never_markup():
    rows = {
        "customer": list(HOSTILE),
        "start": ["2024-01-01"] * 5,
        "end": [None, None, "2024-09-01", None, "2025-01-05"],
        "mrr": [5, 6, 7, 8, 9],
        "plan": list(HOSTILE),
        "<img src=x>": list(HOSTILE),
    }
    app = shown(table(rows, groups=["<img src=x>"], as_of=dt.date(2025, 6, 1)))
    assert not app.exception
    for markup in ("<script>", "<img", "$x", "**bold**", "[a](", ":material/home:"):
        assert markup not in texts(app)


def test_the_waterfall_ends_where_the_revenue_does():
    kept = revenue_retention(subscription_sample().subscriptions())
    drawn = subscription_charts.waterfall(kept, "month").data
    assert drawn["step"].tolist() == ["At start", *subscription_charts.MOVEMENTS, "At end"]
    assert drawn["to"].iloc[-2] == pytest.approx(drawn["to"].iloc[-1])
    assert drawn["to"].iloc[-1] == 57_761.0
