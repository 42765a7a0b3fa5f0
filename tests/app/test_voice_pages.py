"""The pages of feedback, referrals and history, over the sample and over files that mean no good."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import (
    downloads,
    history_answers,
    history_charts,
    history_files,
    history_lists,
    history_schedule,
    uploads,
    voice_charts,
    voice_lists,
)
from app_pages.chosen_log import ChosenLog, Definition
from app_pages.history_answers import Asked, figures_now, points_of
from app_pages.history_files import OpenHistory
from retention_core.__main__ import main
from retention_core.changes import changes_between
from retention_core.feedback_log import FeedbackLog
from retention_core.history import History
from retention_core.referrals import referrals_of
from retention_core.samples import sample, voice_sample
from retention_core.snapshots import HistoryError, KeptFigure, Snapshot
from retention_core.voice import voice_of
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

CSV = "text/csv"
SQLITE = "application/octet-stream"
NOW = Asked(None, None, None, 1, ())


def small(**more: object) -> ChosenLog:
    """Ten customers over eight months, the first of them oftener; who sent them stands in a column."""
    rows = [
        (f"C{number}", dt.date(2025, month, 3 + number), 10.0 + number, "C0" if number % 3 == 1 else "")
        for number in range(10)
        for month in range(1, 9)
        if month % (1 + number % 4) == 0
    ]
    names = ("customer", "date", "amount", "referred_by")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return yours(columns | {"date": [str(row[1]) for row in rows]}, **more)


FEEDBACK = (
    "customer,date,score,suggestion,adopted\n"
    "C0,2025-03-05,10,,\nC1,2025-03-06,9,Open on Sundays,2025-03-20\nC2,2025-04-07,3,=1+1,\n"
    "C3,2025-04-08,,More green,\nC4,2025-05-09,7,<b>Sundays</b>,no\nC5,2025-05-10,eleven,,\n"
)
POOR = "customer,date,score,idea,adopted\na,2025-01-02,3,x,yes\n"


def page(name: str, log: str | ChosenLog | None = None, **state: object) -> AppTest:
    app = opened(name, log=small() if log is None else log, **state)
    assert not app.exception
    assert not app.error
    return app


def listed(app: AppTest, column: str) -> pd.DataFrame:
    """The first table of the page that has this column."""
    return next(part.value for part in app.dataframe if column in part.value)


def with_file(app: AppTest, door: str, content: bytes | str, name: str = "file.csv") -> AppTest:
    data = content.encode() if isinstance(content, str) else content
    return app.file_uploader(key=f"upload {door}").set_value((name, data, CSV)).run()


def said(app: AppTest) -> str:
    return plain(texts(app))


def kept(*days: dt.date, rate: float = 0.8, **figures: KeptFigure) -> OpenHistory:
    """A history of made-up figures."""
    history: OpenHistory | None = None
    for day in days:
        made = dt.datetime.combine(day, dt.time(6), dt.UTC)
        known = {"rate": KeptFigure(rate, rate - 0.05, rate + 0.05, about=str(day)), **figures}
        one = Snapshot(made, day, {"period": "month"}, known, {"rows": 5})
        history, _ = history_files.kept_in(history, one)
    assert history is not None
    return history


@pytest.fixture(scope="module")
def sample_voice() -> AppTest:
    return page("voice", "gift_shop")


@pytest.fixture(scope="module")
def sample_history() -> AppTest:
    return page("history", "gift_shop")


@pytest.fixture(scope="module")
def own_voice() -> AppTest:
    """A log and feedback of one's own, read once."""
    return with_file(page("voice"), "feedback", FEEDBACK)


@pytest.mark.parametrize("name", ["sample_voice", "sample_history"])
def test_the_sample_gets_a_question_a_sentence_a_chart_and_a_list(
    name: str, request: pytest.FixtureRequest
) -> None:
    app = request.getfixturevalue(name)
    assert app.title[0].value.endswith("?")
    assert any(block.value.startswith("### ") for block in app.markdown)
    assert app.get("vega_lite_chart")
    assert "Simulated data" in texts(app)
    assert len(app.dataframe) > 1


def test_the_score_of_the_page_is_that_of_the_core_with_its_interval(sample_voice: AppTest) -> None:
    found = voice_of(sample("gift_shop").log(), voice_sample().feedback())
    n = found.nps
    assert n is not None
    assert (
        f"net promoter score is {n.points:+.0f} points (95 % interval {n.low:+.0f} to {n.high:+.0f})"
        in texts(sample_voice)
    )
    shown = listed(sample_voice, "What became of it")
    assert shown["Customer"].tolist() == [one.customer for one in found.detractors]
    assert shown["Profit"].is_monotonic_decreasing


def test_differences_stand_with_their_interval_and_what_they_are_worth(sample_voice: AppTest) -> None:
    log = sample("gift_shop").log()
    found = voice_of(log, voice_sample().feedback())
    brought = referrals_of(log, voice_sample().referrals())
    text = said(sample_voice)
    for sentence in (found.adoption_answer, brought.repeat_answer, brought.value_answer):
        assert sentence.replace("(-", "(−") in text
    assert text.count("Observational: the two groups may differ in more than this") == 3
    assert listed(sample_voice, "Referrals")["Customer"].tolist() == [one.customer for one in brought.top]
    assert f"{brought.share.share:.1%} of 4,800 customers came by referral".replace("%", " %") in text


def test_simulated_feedback_says_that_it_is(sample_voice: AppTest) -> None:
    assert "Simulated feedback and referrals of the simulated gift shop" in said(sample_voice)


def test_only_the_sample_has_feedback_of_its_own() -> None:
    app = page("voice", "cdnow")
    assert "What customers say is unknown" in texts(app)
    assert "Nothing says who came by referral" in texts(app)
    assert not app.dataframe


def test_feedback_of_ones_own_is_read_and_rows_that_cannot_be_are_listed(own_voice: AppTest) -> None:
    assert not own_voice.exception
    assert not own_voice.error
    text = said(own_voice)
    assert "Of 4 customers, by their latest answer, 2 are promoters (9 or 10) and 1 detractors" in text
    assert "6 rows, 5 used, 1 set aside" in text
    assert listed(own_voice, "Reason")["What stood there"].tolist() == ["eleven"]
    calls = listed(own_voice, "What became of it")
    assert calls[["Customer", "Suggestion"]].to_numpy().tolist() == [["C2", "=1+1"]]


def test_suggestions_are_counted_by_their_wording_and_markup_stays_text(own_voice: AppTest) -> None:
    shown = listed(own_voice, "Undecided").set_index("Suggestion")
    assert shown.loc["Open on Sundays", "Adopted"] == 1
    assert shown.loc["<b>Sundays</b>", "Not adopted"] == 1
    assert shown.loc["=1+1", "Undecided"] == 1
    assert all(not block.allow_html for block in (*own_voice.markdown, *own_voice.caption))


def test_rubbish_for_feedback_gets_one_sentence() -> None:
    app = page("voice")
    rubbish = {
        "who,what\na,b\n": "“Customer”",
        "": "empty",
        "customer,score\nC0,11\nC1,12\n": "No row of the 2 can be used as feedback",
        "\x00\x01\x02": "feedback.csv",
    }
    for content, needle in rubbish.items():
        app = with_file(app, "feedback", content, "feedback.csv")
        assert not app.exception
        assert len(app.error) == 1
        assert needle in plain(app.error[0].value)


def test_feedback_without_scores_dates_or_suggestions_still_gets_a_page() -> None:
    app = page("voice")
    for content in ("customer\nC0\nC1\n", "customer,score\nC0,9\nC1,2\n", "customer,idea\nC0,Sundays\n"):
        app = with_file(app, "feedback", content)
        assert not app.exception
        assert not app.error
    assert "No column of scores" in said(app)
    assert "Whether customers would recommend you is unknown" in texts(app)


def test_a_column_named_for_it_says_who_was_referred() -> None:
    chosen = small(groups=["referred_by"])
    found = referrals_of(chosen.log)
    app = page("voice", chosen)
    assert listed(app, "Referrals")["Referrals"].tolist() == [one.referrals for one in found.top]
    app.checkbox(key="known referrers").check().run()
    assert not app.exception
    app.selectbox(key=f"referrers {chosen.key}").set_value("none of them").run()
    assert "Nothing says who came by referral" in texts(app)


def test_referrals_of_ones_own_are_read_and_hostile_names_stay_text() -> None:
    app = with_file(page("voice"), "referrals", f'customer,referred by\nC1,C0\nC2,"{HOSTILE[0]}"\n')
    assert not app.exception
    assert not app.error
    assert "#### 20.0 % of 10 customers came by referral" in texts(app)
    assert "<script>" not in re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app))


def test_without_a_history_the_log_itself_shows_what_one_would_say(sample_history: AppTest) -> None:
    assert "Demonstration" in texts(sample_history)
    assert "of 7 figures changed since 2025-10-01 by more than noise" in texts(sample_history)
    changes = listed(sample_history, "Verdict")
    assert changes.iloc[0][["Figure", "Before", "Now", "Verdict"]].tolist() == [
        "Retention, latest period",
        "49.7\xa0%",
        "59.5\xa0%",
        "up, beyond noise",
    ]


def test_the_past_of_a_log_says_nothing_of_counts_that_only_today_knows() -> None:
    past = history_answers.as_it_stood(small().log, asked=NOW)
    assert past
    assert all("customers" not in one.figures and "rate" in one.figures for one in past)
    today = figures_now(small().log, asked=NOW)
    assert [one.as_of for one in past] == sorted({one.as_of for one in past} - {today.as_of})
    assert {one.definition_id for one in past} == {today.definition_id}


def test_figures_are_kept_once_and_go_home_as_a_file_that_the_command_line_reads(tmp_path: Path) -> None:
    app = page("history")
    keep = next(button for button in app.button if button.key == "keep figures")
    keep.click().run()
    assert not app.exception
    assert "Kept the figures" in said(app)
    history: OpenHistory = app.session_state["history in use"]
    assert len(history.snapshots) == 1
    assert not history.saved
    assert next(button for button in app.button if button.key == "keep figures").disabled
    assert history_files.kept_in(history, history.snapshots[0])[1] is False
    file = tmp_path / "shop.history"
    file.write_bytes(app.session_state["history in use"].content)
    assert [one.identity for one in History(file).snapshots()] == [history.snapshots[0].identity]
    assert "There is nothing to compare with yet" in texts(app)


def test_the_page_keeps_what_the_command_line_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(
        f"K{n},{d}.0{m}.2025,{n + 5}\n" for n in range(1, 7) for m in range(1, 7) for d in (2, 9) if m % n < 2
    )
    file = tmp_path / "bestellungen.csv"
    file.write_text("Kunde,Datum,Betrag\n" + rows)
    mapping = {"customer": "Kunde", "date": "Datum", "amount": "Betrag", "day_first": True}
    chosen = uploads.read_log(file.name, io.BytesIO(file.read_bytes()), mapping)
    told, unsafe = history_schedule.arguments(chosen, Definition(), "shop.history", ["rate<0.1"])
    assert not unsafe
    arguments = shlex.split(told)
    arguments[1], arguments[arguments.index("--history") + 1] = str(file), str(tmp_path / "shop.history")
    assert main(arguments) in (0, 3)
    capsys.readouterr()
    [by_command] = History(tmp_path / "shop.history").snapshots()
    asked = history_answers.asked_of(Definition(), chosen.reading)
    by_page = figures_now(chosen.log, asked=asked)
    assert by_page.definition == by_command.definition
    assert by_page.identity == by_command.identity


def test_names_that_a_shell_acts_on_are_left_to_be_filled_in() -> None:
    chosen = dataclasses.replace(small(), title='a"; rm -rf ~ #.csv')
    told, unsafe = history_schedule.arguments(
        chosen, Definition("month", 40, None, 4), "$(x).history", ["rate<0.5"]
    )
    assert unsafe == ("ORDERS_FILE", "HISTORY_FILE")
    assert "rm -rf" not in told
    assert "$" not in told
    assert "--period month --active-days 40 --year-starts 4" in told
    assert "%" not in history_schedule.cron(told)


def test_a_history_opened_is_compared_and_a_definition_that_differs_is_told() -> None:
    history = kept(dt.date(2025, 5, 1), dt.date(2025, 6, 1))
    app = page("history", **{"history in use": history})
    assert "Demonstration" not in texts(app)
    assert (
        listed(app, "Version")["As of"].tolist()
        == [pd.Timestamp(day) for day in ("2025-09-01", "2025-06-01", "2025-05-01")]
        or len(listed(app, "Version")) == 3
    )
    assert app.selectbox(key=next(b.key for b in app.selectbox if b.label == "Compare")).value == 1
    box = next(box for box in app.selectbox if box.label == "Compare")
    box.set_value(2).run()
    assert not app.exception
    assert any("definition differs" in warning.value for warning in app.warning)


def damaged() -> bytes:
    content = bytearray(kept(dt.date(2025, 5, 1)).content)
    place = content.find(b'"rate"')
    content[place + 1 : place + 5] = b"tear"
    return bytes(content)


def another_database(tmp_path: Path, *statements: str, base: bytes = b"") -> bytes:
    file = tmp_path / "other.db"
    file.write_bytes(base)
    home = sqlite3.connect(file)
    for statement in statements:
        home.execute(statement)
    home.commit()
    home.close()
    return file.read_bytes()


def refusals(tmp_path: Path) -> Iterator[tuple[str, bytes, str]]:
    good = kept(dt.date(2025, 5, 1)).content
    yield "text", b"customer,date\na,b\n", "is no history of reports"
    yield "empty", b"", "is no history of reports"
    yield "checksum", damaged(), "is damaged"
    yield "cut off", good[: len(good) // 2], "x.history"
    yield "noise", good[:100] + bytes(range(256)) * 40, "x.history"
    yield "other program", another_database(tmp_path, "create table notes (text)"), "another program"
    view = "create view more as select * from snapshots"
    yield "view", another_database(tmp_path, view, base=good), "holds more than snapshots"
    trigger = "create trigger t after insert on snapshots begin delete from snapshots; end"
    yield "trigger", another_database(tmp_path, trigger, base=good), "holds more than snapshots"


def test_what_is_no_history_is_refused_in_one_sentence_that_names_no_folder(tmp_path: Path) -> None:
    for what, content, needle in refusals(tmp_path):
        with pytest.raises(HistoryError) as caught:
            history_files.opened("x.history", io.BytesIO(content))
        assert needle in str(caught.value), what
        assert "retention-" not in str(caught.value), what


def test_a_forged_figure_is_refused(tmp_path: Path) -> None:
    good = kept(dt.date(2025, 5, 1))
    forged = dataclasses.replace(good.snapshots[0], figures={"rate": KeptFigure("high")})  # type: ignore[arg-type]
    history = forged_file(tmp_path, forged)
    with pytest.raises(HistoryError, match="holds what is no figure"):
        history_files.opened("x.history", io.BytesIO(history))


def forged_file(tmp_path: Path, snapshot: Snapshot) -> bytes:
    file = tmp_path / "forged.history"
    History(file).keep(snapshot)
    return file.read_bytes()


def test_a_history_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_files, "LARGEST", 1_000)
    with pytest.raises(HistoryError, match="is larger than"):
        history_files.opened("x.history", io.BytesIO(b"0" * 1_001))


def test_a_damaged_history_gets_a_sentence_on_the_page_and_the_rest_stays() -> None:
    app = page("history")
    app = app.file_uploader(key="upload history").set_value(("<b>.history", damaged(), SQLITE)).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "is damaged" in plain(app.error[0].value)
    assert "Demonstration" in texts(app)
    good = kept(dt.date(2025, 5, 1), dt.date(2025, 6, 1))
    app.file_uploader(key="upload history").set_value(("shop.history", good.content, SQLITE)).run()
    assert not app.error
    assert "shop.history, 2 snapshots" in said(app)
    next(button for button in app.button if button.key == "put history away").click().run()
    assert not app.exception
    assert "Demonstration" in texts(app)


def test_one_file_may_hold_the_figures_of_several_logs() -> None:
    good = kept(dt.date(2025, 5, 1), dt.date(2025, 6, 1))
    other, _ = history_files.kept_in(good, dataclasses.replace(good.snapshots[0], label="<i>north</i>"))
    app = page("history", **{"history in use": other})
    box = next(box for box in app.selectbox if box.label == "Whose figures")
    box.set_value("<i>north</i>").run()
    assert not app.exception
    assert len(listed(app, "Version")) == 2


def test_alerts_are_judged_at_once_watched_and_put_into_the_command() -> None:
    app = page("history")
    app.number_input(key="alert threshold True").set_value(99.5).run()
    assert "ALERT rate<0.995" in said(app)
    next(button for button in app.button if button.key == "watch").click().run()
    assert any("ALERT rate<0.995" in plain(error.value) for error in app.error)
    assert '--alert "rate<0.995"' in app.code[0].value
    app.selectbox(key="alert figure").set_value("key_customers_newly_overdue").run()
    app.selectbox(key="alert sign").set_value(">").run()
    app.number_input(key="alert threshold False").set_value(10_000.0).run()
    next(button for button in app.button if button.key == "watch").click().run()
    assert any("No alert, key_customers_newly_overdue>10000" in plain(one.value) for one in app.success)
    next(button for button in app.button if button.key == "unwatch 0").click().run()
    assert not app.exception
    assert "rate<" not in app.code[0].value


def test_what_is_compared_first_is_the_last_of_an_equal_definition() -> None:
    one = kept(dt.date(2025, 5, 1)).snapshots[0]
    day = dt.date(2025, 7, 1)
    today = dataclasses.replace(one, as_of=day, figures={"rate": KeptFigure(0.7)})
    other = dataclasses.replace(one, as_of=dt.date(2025, 6, 1), definition={"period": "year"})
    found = points_of([one, other], today)
    assert (found.now, found.before, found.unkept) == (2, 0, 2)
    assert points_of([one, other, today], today)[1:] == (None, 2, 0)
    assert points_of([other], today)[1:] == (1, 0, None)
    assert points_of([], today)[1:] == (0, 0, None)


@pytest.mark.parametrize(
    "rows",
    [
        {"customer": ["a"], "date": ["2025-01-01"], "amount": [5]},
        {"customer": ["a", "b", "a"], "date": ["2025-01-01", "2025-01-09", "2025-02-03"]},
        {"customer": ["a", "a"], "date": ["1901-01-01", "2199-12-31"], "amount": [0, 0]},
    ],
)
def test_tiny_and_poor_logs_get_both_pages_and_no_traceback(rows: dict[str, list[object]]) -> None:
    app = with_file(page("voice", yours(rows)), "feedback", POOR)
    app = with_file(app, "referrals", "customer,referred by\na,a\nb,a\n")
    assert not app.exception
    assert not app.error
    app.switch_page("app_pages/history.py").run()
    assert not app.exception
    assert not app.error


def test_every_list_can_be_taken_home_with_text_that_stays_text() -> None:
    log = small().log
    feedback = FeedbackLog.from_frame(pd.read_csv(io.StringIO(FEEDBACK), dtype=str))
    found, brought = voice_of(log, feedback), referrals_of(small(groups=["referred_by"]).log)
    today = figures_now(log, asked=NOW)
    past = history_answers.as_it_stood(log, asked=NOW)
    tables = [
        voice_lists.detractors(found),
        voice_lists.over_time(found),
        voice_lists.suggestions(feedback, found),
        voice_lists.kept(found),
        voice_lists.differences((("adoption", found.adoption), ("score", found.score_difference))),
        voice_lists.referrers(brought),
        voice_lists.by_period(brought),
        voice_lists.groups(brought),
        history_lists.changes(changes_between(past[-1], today)),
        history_lists.overview(past),
        history_lists.kept(past),
    ]
    book = pd.read_excel(io.BytesIO(downloads.workbook(tables, {})), sheet_name=None, engine="openpyxl")
    assert [len(book[table.title]) for table in tables] == [len(table.frame) for table in tables]
    assert b"'=1+1" in downloads.safe_csv(tables[0].frame)
    assert b",=1+1" not in downloads.safe_csv(tables[0].frame)


def test_the_pictures_can_be_taken_home() -> None:
    log = small(groups=["referred_by"]).log
    found = voice_of(log, FeedbackLog.from_frame(pd.read_csv(io.StringIO(FEEDBACK), dtype=str)))
    brought = referrals_of(log)
    history = kept(dt.date(2025, 5, 1), dt.date(2025, 6, 1)).snapshots
    other = dataclasses.replace(history[1], as_of=dt.date(2025, 7, 1), definition={"period": "year"})
    assert brought.value is not None
    charts = (
        voice_charts.score_trend(found),
        voice_charts.opinion_bars(found),
        voice_charts.referral_trend(brought),
        voice_charts.kept_groups(found.by_score),
        voice_charts.means(brought.value, "revenue"),
        history_charts.figure_over_time([*history, other], "rate", 2),
    )
    for chart in charts:
        assert chart is not None
        assert downloads.draw(downloads.Picture(chart, "What they say"), "svg", {}).startswith(b"<svg")


def test_a_large_log_waits_for_a_word_before_it_shows_its_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_answers, "QUICK", 3)
    app = page("history")
    assert "There is nothing to compare with yet" in texts(app)
    next(button for button in app.button if str(button.key).startswith("demonstration")).click().run()
    assert not app.exception
    assert "There is nothing to compare with yet" not in texts(app)
