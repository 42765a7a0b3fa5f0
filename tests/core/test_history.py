"""Snapshots of reports: kept whole, found again to the last digit, compared, refused with a sentence."""

import datetime as dt
import json
import os
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import retention_core as rc
from retention_core.changes import RECOUNTED, changes_between, difference_of
from retention_core.drivers import difference_interval
from retention_core.fingerprints import fingerprint_of
from retention_core.history import History
from retention_core.rates import rate_interval
from retention_core.report import report_on
from retention_core.snapshots import FIGURES, HistoryError, KeptFigure, Snapshot
from retention_core.watch import keep_and_compare

NOW = dt.datetime(2026, 2, 1, 6, 30, tzinfo=dt.UTC)
ROWS = {
    "customer": ["Ann", "Bob", "Cem", "Ann", "Ann", "Bob", "Dia"],
    "date": [
        "2025-01-01",
        "2025-01-09",
        "2025-01-20",
        "2025-02-02",
        "2025-03-05",
        "2025-03-31",
        "2025-04-02",
    ],
    "amount": [10.1, 20.2, 30.3, 40.4, 50.5, -6.6, 7.7],
}


def taken(kept=80, *, day=1, of=100, label="", overdue=None, **definition):
    low, high = rate_interval(kept, of)
    figure = KeptFigure(kept / of, low, high, kept, of, about=f"month before {day}")
    chosen = {"period": "month"} | definition
    return Snapshot(
        NOW, dt.date(2026, 1, day), chosen, {"rate": figure}, {}, overdue=overdue, label=label, tool="1"
    )


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "shop.history")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**70), st.text())
def test_a_snapshot_comes_back_to_the_last_digit(value, count, name):
    figures = {"rate": KeptFigure(value, value / 3, None, count, count + 1, about=name)}
    one = Snapshot(NOW, dt.date(2026, 2, 1), {"period": name}, figures, {}, overdue=((name, name),))
    other = Snapshot.from_text(one.to_text())
    assert other.figures == one.figures
    assert (other.made, other.as_of, other.definition, other.overdue) == (
        one.made, one.as_of, one.definition, one.overdue,
    )  # fmt: skip
    assert (other.to_text(), other.identity) == (one.to_text(), one.identity)


def test_the_same_twice_is_kept_once_and_a_return_to_what_was_is_kept_again(history):
    assert [history.keep(taken(kept)).new for kept in (80, 80, 70, 80)] == [True, False, True, True]
    assert [one.figures["rate"].count for one in history.snapshots()] == [80, 70, 80]
    later = replace(taken(80), made=NOW + dt.timedelta(days=1), tool="2")
    found = history.keep(later)
    assert not found.new
    assert found.before.tool == "1"


def test_the_one_before_is_of_the_same_label_and_definition_and_looks_no_later(history):
    history.keep(taken(50, day=1))
    history.keep(taken(60, day=3, active_days=90))
    history.keep(taken(70, day=2, label="north"))
    history.keep(taken(75, day=9))
    assert history.keep(taken(80, day=4)).before.figures["rate"].count == 50
    assert history.keep(taken(81, day=4, active_days=90)).before.figures["rate"].count == 60
    other = history.keep(taken(82, day=5, active_days=30)).before
    assert other.figures["rate"].count == 81
    assert history.keep(taken(82, day=5, label="south")).before is None
    assert history.last().as_of == dt.date(2026, 1, 9)
    assert history.last(until=dt.date(2026, 1, 3)).figures["rate"].count == 60
    assert history.last(definition={"period": "month"}, until=dt.date(2026, 1, 8)).figures["rate"].count == 80
    assert history.changes().before.figures["rate"].count == 80
    assert history.changes(since=dt.date(2026, 1, 2)).before.figures["rate"].count == 50
    assert history.changes("north") is None


def test_a_history_that_was_not_begun_is_empty_and_reading_makes_no_file(history, tmp_path):
    history.check()
    assert (history.snapshots(), history.last(), history.changes()) == ((), None, None)
    assert len(history.to_frame()) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_time_line_has_one_row_a_snapshot_and_figure(history):
    history.keep(taken(80, day=2))
    history.keep(taken(70, day=1))
    history.keep(taken(90, day=3, active_days=90))
    frame = history.to_frame()
    assert frame["value"].tolist() == [0.7, 0.8, 0.9]
    assert frame["definition"].tolist() == [1, 1, 2]
    assert frame["as_of"].tolist() == [pd.Timestamp(2026, 1, day) for day in (1, 2, 3)]
    assert str(frame["made"].dtype) == "datetime64[us, UTC]"


def test_threads_of_one_program_may_keep_and_read_at_once(history):
    def work(name):
        for day in range(1, 16):
            history.keep(taken(day, day=day, label=name))
            assert len(history.snapshots(name)) == day
        return name

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, "abcd")) == ["a", "b", "c", "d"]
    assert len(history.snapshots()) == 60


def test_the_file_waits_for_the_disk_and_has_no_write_ahead_log(history, monkeypatch):
    said = []
    connect = sqlite3.connect

    def traced(*args, **named):
        home = connect(*args, **named)
        home.set_trace_callback(said.append)
        return home

    monkeypatch.setattr(sqlite3, "connect", traced)
    history.keep(taken())
    assert said.index("pragma synchronous = extra") < said.index("begin immediate")
    monkeypatch.undo()
    home = sqlite3.connect(history.path)
    assert home.execute("pragma journal_mode = wal").fetchone() == ("wal",)
    home.close()
    history.keep(taken(70))
    home = sqlite3.connect(history.path)
    assert home.execute("pragma journal_mode").fetchone() == ("delete",)
    home.close()
    assert len(history.snapshots()) == 2


@pytest.mark.parametrize(
    "name", ["sales ä ?#%20&x=1.db", "'; drop table snapshots;--", "-x", ":memory:", "客"]
)
def test_odd_names_are_names(tmp_path, name):
    History(tmp_path / name).keep(taken())
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(History(tmp_path / name).snapshots()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text exist on Linux alone")
def test_a_name_that_is_no_text_is_a_name(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")
    History(path).keep(taken())
    assert len(History(path).snapshots()) == 1


def test_a_link_is_followed_and_its_journal_lies_beside_the_file_itself(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    History(tmp_path / "link").keep(taken())
    assert len(History(tmp_path / "real").snapshots()) == 1
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(HistoryError, match="cannot be opened"):
        History(tmp_path / "loop").keep(taken())


def foreign(path):
    home = sqlite3.connect(path)
    home.execute("create table mine (x)")
    home.close()


def newer(path):
    History(path).keep(taken())
    home = sqlite3.connect(path)
    home.execute("pragma user_version = 2")
    home.close()


def halved(path):
    for day in range(1, 29):
        History(path).keep(taken(day=day))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def altered(path):
    History(path).keep(taken())
    home = sqlite3.connect(path)
    home.execute("update snapshots set body = replace(body, '0.8', '0.9')")
    home.commit()
    home.close()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (foreign, "is a database of another program"),
        (newer, "was written by a newer version of this package .file version 2, known 1.: update it"),
        (halved, "is damaged"),
        (altered, "is damaged: snapshot 1, of 2026-01-01, is not what was written"),
        (lambda path: path.write_text("short"), "is no history of reports, or is damaged"),
        (lambda path: path.write_bytes(bytes(range(256)) * 40), "is no history of reports, or is damaged"),
        (lambda path: path.mkdir(), "is a folder: name a file in it"),
        (lambda path: os.mkfifo(path), "is no ordinary file"),
    ],
)
def test_what_is_no_history_is_refused_with_a_sentence_and_stays_as_it_was(tmp_path, spoil, sentence):
    path = tmp_path / "history"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    for use in (lambda one: one.snapshots(), lambda one: one.keep(taken(70))):
        with pytest.raises(HistoryError, match=sentence):
            use(History(path))
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("{folder}/none/history", 'has no folder yet: make "'),
        ("{folder}/file/history", "cannot be opened: Not a directory"),
        ("", "must name a file"),
        ("{folder}/a\0b", "must name a file"),
        ("{folder}/" + "x" * 300, "cannot be opened: File name too long"),
    ],
)
def test_a_place_that_takes_no_file_is_refused_with_a_sentence(tmp_path, path, sentence):
    (tmp_path / "file").write_text("")
    history = History(path.replace("{folder}", str(tmp_path)))
    for use in (history.check, history.snapshots, lambda: history.keep(taken())):
        with pytest.raises(HistoryError, match=sentence):
            use()


@pytest.mark.skipif(os.name == "nt", reason="Windows closes folders otherwise")
def test_a_closed_folder_and_file_are_refused_with_a_sentence():
    with _without_powers(), tempfile.TemporaryDirectory() as found:
        folder = Path(found)
        History(folder / "history").keep(taken())
        (folder / "history").chmod(0o444)
        folder.chmod(0o555)
        try:
            with pytest.raises(HistoryError, match="read-only"):
                History(folder / "history").keep(taken(70))
            with pytest.raises(HistoryError, match="may not be read or written"):
                History(folder / "other").keep(taken())
            with pytest.raises(HistoryError, match="read-only"):
                History(folder / "history").check()
            assert len(History(folder / "history").snapshots()) == 1
        finally:
            folder.chmod(0o755)


@contextmanager
def _without_powers():
    """Nothing is closed to the superuser, so another user stands in for it."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_another_program_holds_is_waited_for_and_then_refused(history):
    history.keep(taken())
    home = sqlite3.connect(history.path)
    home.execute("begin exclusive")
    for use in (lambda one: one.snapshots(), lambda one: one.keep(taken(70))):
        with pytest.raises(HistoryError, match="is being written by another program"):
            use(History(history.path, wait=0))
    home.close()
    assert history.keep(taken(70)).new


def test_a_full_disk_is_a_sentence_and_loses_nothing(history, monkeypatch):
    history.keep(taken())
    connect = sqlite3.connect

    def narrow(*args, **named):
        home = connect(*args, **named)
        home.execute("pragma max_page_count = 1")
        return home

    monkeypatch.setattr(sqlite3, "connect", narrow)
    large = replace(taken(70), overdue=tuple((str(one), "x" * 50) for one in range(2000)))
    with pytest.raises(HistoryError, match="the disk is full"):
        history.keep(large)
    monkeypatch.undo()
    assert len(history.snapshots()) == 1


@pytest.mark.parametrize("label", ["two\nlines", "x" * 101, "\ud800"])
def test_a_label_is_one_line(label):
    with pytest.raises(HistoryError, match="label must be a line of at most 100 characters"):
        taken(label=label)


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(HistoryError, match="finite numbers alone"):
        Snapshot(NOW, NOW.date(), {}, {"rate": KeptFigure(float("nan"))}, {}).to_text()
    with pytest.raises(HistoryError, match="time zone"):
        Snapshot(NOW.replace(tzinfo=None), NOW.date(), {}, {}, {})


# --- what changed


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_the_interval_of_a_change_of_rates_is_newcombes(first, second, one, other):
    pairs = [(round(one * first), first), (round(other * second), second)]
    before, now = (KeptFigure(kept / of, *rate_interval(kept, of)) for kept, of in pairs)
    found = difference_of(before, now)
    expected = difference_interval(*pairs[1], *pairs[0])
    assert found == pytest.approx(tuple(expected), abs=1e-12)


def test_a_change_is_beyond_noise_as_often_as_its_level_says_where_nothing_changed():
    """Two periods of the same customers, each kept with a chance of its own: independent draws, 5 % level."""
    draws = np.random.default_rng(6)
    false = 0
    for _ in range(2_000):
        chances = draws.beta(4, 2, size=400)
        first, second = ((draws.random(400) < chances).sum() for _ in range(2))
        change = changes_between(taken(int(first), of=400), taken(int(second), of=400, day=2)).rows[0]
        false += change.beyond_noise
    # people who differ make the difference of two periods vary less than independence says: 5 % is a bound
    assert 0 < false <= 0.05 * 2_000


def test_a_fall_beyond_noise_and_one_within():
    assert changes_between(taken(80), taken(60, day=2)).rows[0].verdict == "down"
    assert changes_between(taken(60), taken(80, day=2)).rows[0].verdict == "up"
    assert changes_between(taken(80), taken(75, day=2)).rows[0].verdict == "within noise"
    assert changes_between(taken(80), taken(80, day=2)).nothing


def test_the_same_period_counted_anew_is_no_change_over_time():
    before, now = taken(80), replace(taken(60), as_of=dt.date(2026, 1, 9))
    assert changes_between(before, now).rows[0].verdict == RECOUNTED


def test_definitions_that_differ_are_named_and_their_figures_get_no_verdict():
    customers = {"customers": KeptFigure(100)}
    before = replace(taken(80), figures=taken(80).figures | customers)
    now = replace(taken(60, day=2, period="quarter"), figures=taken(60, day=2).figures | customers)
    found = changes_between(before, now)
    assert "period was month and is quarter" in found.warnings[0]
    assert [row.verdict for row in found.rows] == ["not comparable", "unchanged"]
    assert found.rows[0].difference is None
    other = changes_between(taken(80), taken(60, day=2, exact_case=True))
    assert other.rows[0].note == "exact_case was not given and is yes"


def test_a_log_that_lost_rows_or_its_beginning_is_warned_of():
    before = replace(taken(), log={"rows": 100, "first_day": "2024-01-01"})
    now = replace(taken(day=2), log={"rows": 90, "first_day": "2024-02-01"})
    first, second = changes_between(before, now).warnings
    assert first.startswith("The log starts on 2024-02-01, in the snapshot of 2026-01-01 on 2024-01-01")
    assert second == "The log has 90 rows, in the snapshot of 2026-01-01 100: rows went missing."


def test_key_customers_who_became_overdue_are_named_and_unknown_where_nobody_looked():
    before, now = taken(overdue=(("ann", "Ann"),)), taken(day=2, overdue=(("bo", "Bo"), ("ann", "ANN")))
    assert changes_between(before, now).overdue_since == ("Bo",)
    assert changes_between(taken(), now).overdue_since is None


# --- of reports


def test_the_fingerprint_is_the_same_in_every_order_and_engine_and_file(tmp_path):
    rows = pd.DataFrame(ROWS)
    path, parquet = tmp_path / "orders.csv", tmp_path / "orders.parquet"
    rows.sample(frac=1, random_state=3).to_csv(path, index=False)
    rows.to_parquet(parquet)
    frames = [rows, rows[::-1], pl.from_pandas(rows), pl.from_pandas(rows).to_arrow(), duckdb.from_df(rows)]
    logs = [rc.OrderLog.from_frame(frame) for frame in frames]
    logs += [rc.OrderLog.from_file(path), rc.OrderLog.from_file(parquet)]
    assert len({fingerprint_of(log) for log in logs}) == 1


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(0, "amount", 10.1001), (5, "amount", 6.6), (3, "date", "2025-02-03"), (1, "customer", "Bobby")],
)
def test_the_fingerprint_tells_one_cell_from_another(row, column, value):
    rows = pd.DataFrame(ROWS)
    other = rows.copy()
    other.loc[row, column] = value
    assert fingerprint_of(rc.OrderLog.from_frame(rows)) != fingerprint_of(rc.OrderLog.from_frame(other))


def test_amounts_that_change_days_change_the_fingerprint():
    rows = pd.DataFrame(ROWS)
    other = rows.copy()
    other.loc[[0, 3], "amount"] = [40.4, 10.1]
    assert fingerprint_of(rc.OrderLog.from_frame(rows)) != fingerprint_of(rc.OrderLog.from_frame(other))


def test_a_log_without_amounts_or_a_complete_period_says_why_its_figures_are_unknown(tmp_path):
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["Ann"], "date": ["2025-01-05"]}))
    report = report_on(log, sections=["retention", "pareto", "lifetime"])
    watch = keep_and_compare(report, tmp_path / "h", ["rate<1", "gini>0.1"], key_customers=True, made=NOW)
    figures = watch.snapshot.figures
    assert figures["rate"].why == "No period is complete yet, so there is no rate."
    assert "amounts" in figures["gini"].why
    assert "amounts" in figures["key_customers"].why
    assert figures["customers"].value == 1
    assert watch.exit_code == 3
    json.dumps(watch.to_json(), allow_nan=False)


def test_reports_of_a_sample_are_kept_compared_and_said(tmp_path):
    log, path = rc.sample("gift_shop").log(), tmp_path / "history"
    watches = []
    for day in (dt.date(2025, 10, 1), None, None):
        report = report_on(log, as_of=day, industry="retail", sections=["retention", "pareto", "lifetime"])
        watches.append(keep_and_compare(report, path, key_customers=True, made=NOW))
    first, second, third = watches
    assert set(first.snapshot.figures) == set(FIGURES)
    unasked = {name for name, one in FIGURES.items() if one.section in ("worth", "voice", "referrals")}
    assert {name for name, one in first.snapshot.figures.items() if one.value is None} == unasked
    assert second.snapshot.figures["rate"].value == report.table.latest.rate
    assert second.snapshot.benchmark["verdict"] == "below"
    assert [row.name for row in second.changes.beyond_noise] == ["rate"]
    assert second.changes.overdue_since
    assert not third.kept.new
    assert third.to_text().startswith(
        "HISTORY\nNothing has changed since the snapshot made on 2026-02-01 06:30"
    )
    assert len(History(path).snapshots()) == 2
    assert "Changed beyond noise since the snapshot as of 2025-10-01: 1 of 22 figures." in second.to_text()
    assert Path(path).stat().st_size < 100_000


@pytest.mark.parametrize("path", [None, 3, b"kept.history", "", "a\0b"])
def test_what_names_no_file_gets_a_sentence(path):
    with pytest.raises(HistoryError, match="path must name a file"):
        History(path).check()


def test_days_snapshots_and_waits_that_are_none_get_a_sentence(tmp_path):
    history = History(tmp_path / "kept")
    for asked, word in (
        (lambda: history.last(until="x"), "until"),
        (lambda: history.changes(since=3), "since"),
        (lambda: history.keep(3), "snapshot"),
        (lambda: History("kept", wait="x"), "wait"),
        (lambda: History("kept", wait=float("nan")), "wait"),
        (lambda: keep_and_compare(3), "report"),
    ):
        with pytest.raises(rc.RetentionError, match=f"{word} "):
            asked()
    assert not list(tmp_path.iterdir())


def test_a_moment_is_as_good_as_its_day(tmp_path):
    history = History(tmp_path / "kept")
    for month in (1, 2, 3):
        made = dt.datetime(2026, month + 1, 1, tzinfo=dt.UTC)
        history.keep(Snapshot(made, made.date(), {}, {"customers": KeptFigure(month)}, {}))
    found = history.changes(since=dt.datetime(2026, 2, 20, 12))
    assert found.rows[0].before == 1
    assert history.last(until=dt.datetime(2026, 3, 1, 9)).figures["customers"].value == 2
