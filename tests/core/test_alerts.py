"""Alerts: read from a line of text, judged by a figure, never silent where they cannot see."""

import datetime as dt

import pandas as pd
import pytest

import retention_core as rc
from retention_core.alerts import NEWLY, Alert, alert_figures, read_alert
from retention_core.focus import focus_of
from retention_core.key_overdue import overdue_keys
from retention_core.report import report_on
from retention_core.snapshots import FIGURES, HistoryError, KeptFigure
from retention_core.watch import WatchedReport, check_watch, keep_and_compare

NOW = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
DAYS = [f"2025-{month:02}-03" for month in range(1, 9)]


def shop(last=8):
    """Ann brings nearly all, Bo and Cy little; Ann orders in the first so many months alone."""
    rows = [("Ann", day, 90) for day in DAYS[:last]] + [
        (name, day, 5) for name in ("Bo", "Cy") for day in DAYS
    ]
    return rc.OrderLog.from_frame(pd.DataFrame(rows, columns=["customer", "date", "amount"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate<0.8", Alert("rate", "<", 0.8)),
        ("rate < 80 %", Alert("rate", "<", 0.8)),
        (" RATE<=.8 ", Alert("rate", "<=", 0.8)),
        ("rate≤80%", Alert("rate", "<=", 0.8)),
        ("top_20_share>=7e-1", Alert("top_20_share", ">=", 0.7)),
        ("top-20-share>70.5%", Alert("top_20_share", ">", 0.705)),
        ("key_customers_overdue>0", Alert("key_customers_overdue", ">", 0.0)),
        ("benchmark_gap<-0.1", Alert("benchmark_gap", "<", -0.1)),
        ("value<100000", Alert("value", "<", 100_000.0)),
    ],
)
def test_alerts_are_read_as_people_write_them(text, expected):
    assert read_alert(text) == expected
    assert read_alert(expected.text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'The alert "" cannot be read: write it as "rate<0.8"'),
        ("rate", "cannot be read"),
        ("rate=0.8", "cannot be read"),
        ("rate<0.8<0.9", "cannot be read"),
        ("<0.8", "cannot be read"),
        ("rate<0,8", "has no number to compare with: write one such as 0.8, with a point"),
        ("rate<nan", "has no number"),
        ("rate<inf", "has no number"),
        ("rates<0.8", "names no known figure: did you mean rate"),
        ("zebra<0.8", "names no known figure: there are rate, at_start, "),
        ("rate<80", "compares a fraction with 80: write 80 % as 0.8 or 80%"),
        ("benchmark_gap<-0.1%", None),
        ("rate<-0.1", "compares a fraction with -0.1"),
        ("customers<80%", "compares customers with a percentage: it is no share"),
        ("value<1e999", "beyond all figures"),
    ],
)
def test_what_is_no_alert_is_refused_with_a_sentence(text, sentence):
    if sentence is None:
        assert read_alert(text).threshold == -0.001
        return
    with pytest.raises(HistoryError, match=sentence) as caught:
        read_alert(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value", "fired"),
    [
        ("rate<0.8", 0.8, False),
        ("rate<0.8", 0.7999, True),
        ("rate<=0.8", 0.8, True),
        ("rate>0.8", 0.8, False),
        ("rate>=0.8", 0.8, True),
        ("rate<80%", 0.8, False),
        ("rate<57%", 0.57, False),
    ],
)
def test_an_alert_fires_where_what_it_says_holds(text, value, fired):
    assert read_alert(text).judge(KeptFigure(value)).fired is fired


def test_a_figure_that_is_unknown_fires_and_says_why():
    for figure in (None, KeptFigure(None), KeptFigure(None, why="No period is complete yet.")):
        found = read_alert("rate<0.8").judge(figure)
        assert found.fired
        assert not found.known
        assert "cannot be told" in found.sentence
    assert found.sentence.endswith("No period is complete yet.")


def test_an_alert_says_when_noise_alone_may_have_done_it():
    assert "noise" in read_alert("rate<0.8").judge(KeptFigure(0.79, 0.7, 0.85)).sentence
    assert "noise" not in read_alert("rate<0.8").judge(KeptFigure(0.7, 0.65, 0.75)).sentence


def test_every_figure_of_a_snapshot_can_be_watched():
    assert set(alert_figures()) == {*FIGURES, NEWLY}
    assert all(read_alert(f"{name}>0.5").name == name for name in alert_figures())


def test_key_customers_who_stay_away_are_overdue_and_those_who_come_are_not():
    as_of = dt.date(2025, 8, 20)
    assert overdue_keys(focus_of(shop(), as_of=as_of)).overdue == ()
    found = overdue_keys(focus_of(shop(last=6), as_of=as_of))
    assert (found.key_customers, found.overdue) == (1, (("ann", "Ann"),))


def test_a_key_customer_overdue_ends_the_command_with_3_and_is_news_once(tmp_path):
    path, alerts = tmp_path / "history", ["key_customers_overdue>0", f"{NEWLY}>0"]
    codes = []
    for log, day in ((shop(), 20), (shop(6), 20), (shop(6), 21)):
        report = report_on(log, as_of=dt.date(2025, 8, day), sections=["retention"])
        watch = keep_and_compare(report, path, alerts, made=NOW)
        codes.append(([one.fired for one in watch.alerts], watch.exit_code))
    assert codes == [([False, False], 0), ([True, True], 3), ([True, False], 3)]


def test_alerts_need_no_history_but_news_do():
    report = report_on(shop(), sections=["retention"])
    watch = keep_and_compare(report, alerts=["customers<2", f"{NEWLY}>0"], made=NOW)
    assert [one.fired for one in watch.alerts] == [False, True]
    assert watch.kept is None
    assert "--history" in watch.alerts[1].sentence
    whole = WatchedReport(report, watch)
    assert whole.exit_code == 3
    assert whole.to_json()["history"]["alerts"][0]["fired"] is False
    assert whole.to_text().endswith(watch.alerts[1].sentence)


def test_a_figure_of_a_section_not_asked_for_cannot_be_told():
    report = report_on(shop(), sections=["retention"])
    watch = keep_and_compare(report, alerts=["gini>0.9", "benchmark_gap<0"], made=NOW)
    assert [one.sentence for one in watch.alerts] == [
        "ALERT gini>0.9 cannot be told: The section pareto was not asked for (--sections).",
        "ALERT benchmark_gap<0 cannot be told: The report was not compared with an industry (--industry).",
    ]


def test_what_makes_no_sense_is_found_before_long_work(tmp_path):
    check_watch(tmp_path / "history", ["rate<0.8"], "north")
    for path, alerts, label in ((tmp_path, [], ""), (None, ["rat<1"], ""), (None, [], "a\nb")):
        with pytest.raises(HistoryError):
            check_watch(path, alerts, label)


@pytest.mark.parametrize("alert", [None, 3, 0.8, b"rate<0.8"])
def test_what_is_no_text_is_no_alert(alert):
    with pytest.raises(HistoryError, match="An alert is a text"):
        read_alert(alert)


def test_one_alert_need_not_stand_in_a_list():
    check_watch(None, "rate<0.8")
    with pytest.raises(HistoryError, match="zebra"):
        check_watch(None, "zebra<0.8")
