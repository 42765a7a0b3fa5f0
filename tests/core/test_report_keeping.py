"""Whom to keep, in a report: stages, the focus list, key customers, those due, and the lists as files."""

import csv
import datetime as dt
import json

import pandas as pd
import pytest

import retention_core as rc
from retention_core.__main__ import main
from retention_core.contact_log import ContactLog
from retention_core.due import due_of
from retention_core.focus import focus_of
from retention_core.focus_values import Action
from retention_core.invoices import Invoices
from retention_core.key_customers import key_customers_of
from retention_core.report import log_report, report_on, sampling
from retention_core.stage_moves import stage_transitions
from retention_core.stages import stages_of

DAY = dt.date(2026, 1, 1)
LISTS = ("stages", "focus", "key_customers", "due")


def contacts_frame(log):
    """Every tenth customer was written to twice, one of them not to be; a newcomer has not ordered yet."""
    names = log.customer_table()["customer"].tolist()[::10]
    rows = [(name, day, "yes" if name[-1] in "13579" else "no") for name in names for day in DAYS]
    frame = pd.DataFrame(rows, columns=["customer", "date", "response"])
    frame["do_not_contact"] = ["x" if name == names[0] else "" for name in frame["customer"]]
    frame.loc[len(frame)] = ["Newcomer", "2025-12-20", "yes", ""]
    return frame


DAYS = ("2025-11-03", "2025-12-10")


def invoices_frame(log):
    names = log.customer_table()["customer"].tolist()[:50]
    late = {"due": "2025-06-01", "paid": "2025-09-20"}
    return pd.DataFrame([{"customer": name, "amount": 50, "open": 0, **late} for name in names for _ in "ab"])


@pytest.fixture(scope="module")
def log():
    return rc.sample("gift_shop").log()


@pytest.fixture(scope="module")
def contacts(log):
    return ContactLog.from_frame(contacts_frame(log))


@pytest.fixture(scope="module")
def invoices(log):
    return Invoices.from_frame(invoices_frame(log))


@pytest.fixture(scope="module")
def bare(log):
    return report_on(log, sections=LISTS)


@pytest.fixture(scope="module")
def full(log, contacts, invoices):
    action = Action(cost=2.0, uplift=0.2)
    return report_on(
        log, sections=LISTS, contacts=contacts, invoices=invoices, action=action, budget=200, key_share=0.5
    )


def test_stages_say_how_many_stand_where_and_what_they_brought(log, bare):
    found = bare.to_json()["stages"]
    table = stages_of(log).by_stage()
    assert [one["customers"] for one in found["stages"]] == table["customers"]
    assert [one["value"] for one in found["stages"]] == pytest.approx(table["value"])
    for name in ("on schedule", "due", "overdue", "gone"):
        assert [one["schedules"][name]["customers"] for one in found["stages"]] == table[name]
    for one in found["stages"]:
        assert sum(part["value"] for part in one["schedules"].values()) == pytest.approx(one["value"])
    assert sum(one["share_of_customers"] for one in found["stages"]) == pytest.approx(1)
    assert sum(one["share_of_value"] for one in found["stages"]) == pytest.approx(1)


def test_thresholds_stand_beside_the_stages_with_how_they_came_about(log, bare):
    table, found = stages_of(log), bare.to_json()["stages"]
    assert found["thresholds"]["habit_orders"] == table.thresholds.habit_orders
    page = bare.to_text()
    for rule in table.rules:
        assert rule in found["rules"]
        assert rule in page


def test_conversion_rates_run_over_a_year_and_have_intervals(log, bare):
    found = bare.to_json()["stages"]["moves"]
    assert (found["start"], found["end"], found["sampled_of"]) == ("2025-01-01", "2026-01-01", None)
    moved = stage_transitions(log, dt.date(2025, 1, 1))
    assert [tuple(one.values()) for one in found["shares"]] == [tuple(one) for one in moved.moves()]
    assert all(one["low"] <= one["share"] <= one["high"] for one in found["shares"])
    assert [one["median"] for one in found["times"]] == [one.median for one in moved.times]


def test_a_short_log_compares_its_two_halves():
    rows = {"customer": ["Ann", "Bo"] * 5, "amount": [5] * 10}
    days = [f"2025-0{month}-0{day}" for month in (1, 2, 3, 4, 5) for day in (1, 2)]
    report = report_on(rc.OrderLog.from_frame(pd.DataFrame({**rows, "date": days})), sections=["stages"])
    found = report.to_json()["stages"]["moves"]
    assert (found["start"], found["end"]) == ("2025-03-03", "2025-05-03")


def test_focus_answers_whether_everyone_must_be_kept_as_a_number(log, bare):
    found, focus = bare.to_json()["focus"], focus_of(log)
    answer = focus.answer()
    assert found["sentences"][0] == answer.sentence == found["answer"]["sentence"]
    assert found["answer"]["share"] == answer.share
    assert found["stops_paying"] == focus.stops_paying()
    counts = {one["verdict"]: one["customers"] for one in found["verdicts"]}
    assert counts == {"keep first": answer.paying, "keep": answer.keep, "let go": answer.let_go}
    shares = {one["verdict"]: one["share_at_stake"] for one in found["verdicts"]}
    assert shares["keep first"] == pytest.approx(answer.of_stake)
    assert sum(shares.values()) == pytest.approx(1)


def test_the_top_fifth_is_said_to_rise_and_fall(log, bare):
    found, steady = bare.to_json()["focus"]["top_fifth"], focus_of(log).steadiness
    assert (found["rose"], found["fell"]) == (steady.now - steady.stayed, steady.before - steady.stayed)
    assert found["low"] < found["share"] < found["high"]
    assert f"{found['fell']:,} fell, {found['rose']:,} rose." in bare.to_text()


def test_the_focus_list_is_capped_and_says_of_how_many(log, bare):
    found = bare.to_json()["focus"]["list"]
    assert (found["total"], found["listed"], len(found["rows"])) == (4_800, 200, 200)
    assert [one["customer"] for one in found["rows"]] == focus_of(log).columns(200)["customer"]
    page = bare.to_text()
    assert "first 10 of 4,800" in page
    assert found["rows"][9]["reason"] in page
    assert found["rows"][10]["reason"] not in page


def test_a_budget_and_an_action_are_followed_and_said(log, contacts, invoices, full):
    found = full.to_json()["focus"]
    focus = focus_of(
        log, contacts=contacts, invoices=invoices, action=Action(cost=2.0, uplift=0.2), budget=200
    )
    assert (found["action"], found["budget"]) == ({"cost": 2.0, "uplift": 0.2}, 200)
    assert found["best_list"]["customers"] == len(focus.best_list()) == 100
    assert found["best_list"]["spending"] == pytest.approx(200)
    assert "The budget of 200.00 is best spent on 100 customers: 200.00 spent" in full.to_text()
    assert not any("Assumed" in note for note in found["notes"])


def test_key_customers_are_told_for_every_group(log, bare, full):
    found = bare.to_json()["key_customers"]
    for by in ("region", "channel"):
        groups = [one for one in found["groups"] if one["by"] == by]
        expected = key_customers_of(log, by).groups
        assert [(one["group"], one["key_customers"]) for one in groups] == [
            (one.group, one.key_customers) for one in expected
        ]
        assert found["list"][by]["total"] == sum(one.key_customers for one in expected)
        assert found["list"][by]["listed"] == 200
    half = full.to_json()["key_customers"]
    assert half["share"] == 0.5
    for one, other in zip(half["groups"], found["groups"], strict=True):
        assert one["carried"] >= 0.5
        assert one["key_customers"] < other["key_customers"]


def test_those_due_are_counted_by_occasion_and_the_first_twenty_told(log, bare):
    found, due = bare.to_json()["due"], due_of(log)
    assert found["occasions"] == due.counts
    assert found["customers"] == found["list"]["total"] == len(due.rows)
    page = bare.to_text()
    assert f"first 20 of {len(due.rows):,}" in page
    assert all(row.reason in page for row in due.rows[:20])
    assert found["list"]["rows"][0]["last_order"] == str(due.rows[0].last_order)


def test_contacts_and_invoices_make_known_what_was_unknown(bare, full):
    without, known = bare.to_json(), full.to_json()
    assert any(note.startswith("No contacts") for note in without["focus"]["notes"])
    assert any(note.startswith("No invoices") for note in without["focus"]["notes"])
    assert any(note.startswith("No contacts") for note in without["due"]["notes"])
    assert "No contacts" in " ".join(without["stages"]["sentences"])
    for name in ("stages", "focus", "due"):
        assert "No contacts" not in " ".join(known[name]["sentences"])
    assert "No invoices" not in " ".join(known["focus"]["sentences"])
    assert known["stages"]["customers"] == without["stages"]["customers"] + 1
    assert {row["last_contact"] for row in without["due"]["list"]["rows"]} == {"unknown"}
    assert {row["last_contact"] for row in known["due"]["list"]["rows"]} <= {"2025-12-10", "never"}
    assert (known["contacts"]["customers"], known["contacts"]["in_the_orders"]) == (481, 480)
    assert (known["invoices"]["rows"], known["invoices"]["in_the_orders"]) == (100, 50)
    assert without["contacts"] is without["invoices"] is None


def test_the_figures_are_strict_json(bare, full):
    for report in (bare, full):
        found = json.loads(json.dumps(report.to_json(), allow_nan=False))
        assert all("unanswered" not in found[name] for name in LISTS)


def test_without_amounts_only_what_needs_them_is_unknown(log, contacts):
    frame = rc.sample("gift_shop").frame()
    visits = rc.OrderLog.from_frame(
        frame, customer="customer_id", date="order_date", amount="", groups=["region"]
    )
    report = report_on(visits, sections=LISTS)
    found = report.to_json()
    assert found["stages"]["stages"][0]["value"] is None
    assert found["stages"]["stages"][0]["customers"] > 0
    assert "No amounts: what each stage brought is unknown." in found["stages"]["sentences"]
    assert found["focus"]["answer"] is found["focus"]["stops_paying"] is found["focus"]["top_fifth"] is None
    assert found["focus"]["sentences"][0].endswith("cannot be told from this log.")
    assert {row["verdict"] for row in found["focus"]["list"]["rows"]} == {"unknown"}
    assert found["key_customers"]["unanswered"].startswith("amount is needed")
    assert found["due"]["customers"] > 0
    assert "KEY CUSTOMERS\namount is needed" in report.to_text()


def test_without_groups_a_sentence_says_so(log):
    found = report_on(rc.sample("cdnow").log(), sections=["key_customers"]).to_json()["key_customers"]
    assert found["unanswered"].startswith("There are no groups to compare: name columns as groups (--group")


def test_where_nobody_came_back_the_sections_say_so():
    rows = {"customer": ["Ann", "Bo"], "date": ["2025-01-02", "2025-01-04"], "amount": [5, 6]}
    found = report_on(rc.OrderLog.from_frame(pd.DataFrame(rows)), sections=LISTS).to_json()
    assert "no threshold could be derived" in found["stages"]["rules"][0]
    assert found["stages"]["moves"] == {"unanswered": "nobody ordered on two days."}
    assert found["focus"]["answer"] is None
    assert found["due"]["occasions"]["thank you"] == 2


def test_the_lists_look_at_the_log_as_it_stood_on_the_day_asked_for(log):
    day = dt.date(2025, 6, 1)
    found = report_on(log, as_of=day, sections=LISTS).to_json()
    for name in ("stages", "focus", "due"):
        assert found[name]["as_of"] == "2025-06-01"
    assert found["due"]["occasions"] == due_of(log, as_of=day).counts
    expected = sum(one.key_customers for one in key_customers_of(log, "region", as_of=day).groups)
    assert found["key_customers"]["list"]["region"]["total"] == expected


def test_the_focus_list_is_made_once(log, monkeypatch):
    made = []

    def counting(*given, **named):
        made.append(named["as_of"])
        return focus_of(*given, **named)

    monkeypatch.setattr("retention_core.report.keeping_lists.focus_of", counting)
    report_on(log, sections=["focus", "due"])
    assert made == [DAY]


def test_a_large_log_keeps_everyone_and_samples_the_moves_alone(log, contacts, bare, monkeypatch):
    monkeypatch.setattr(sampling.sample_of, "__defaults__", (1_000,))
    report = report_on(log, sections=["stages", "focus"], contacts=contacts)
    found = report.to_json()
    whole = bare.to_json()["stages"]
    assert found["stages"]["customers"] == whole["customers"] + 1
    assert found["stages"]["thresholds"] == whole["thresholds"]
    assert found["focus"]["list"]["total"] == 4_800
    moves = found["stages"]["moves"]
    assert moves["sampled_of"] == 4_800
    assert 800 < moves["times"][0]["customers"] < 1_200
    assert "From a sample of" in report.to_text()
    shares = {(one["before"], one["after"]): one for one in whole["moves"]["shares"]}
    for one in moves["shares"]:
        if one["before"] == "medium-term":
            exact = shares[one["before"], one["after"]]["share"]
            assert one["low"] - 0.05 < exact < one["high"] + 0.05


def test_the_contacts_of_a_sample_are_those_of_its_customers(log, contacts):
    sample = sampling.sample_of(log, 1_000)
    kept = sample.contacts(contacts)
    assert 0 < kept.customers < 200
    there = {one.key for one in kept.prospects(sample.log, DAY)}
    assert there <= {"newcomer"}
    assert sampling.sample_of(log).contacts(contacts) is contacts


@pytest.fixture
def files(tmp_path):
    frame = rc.sample("gift_shop").frame()
    frame = frame[frame["customer_id"].str.endswith("3")].copy()
    log = rc.OrderLog.from_frame(frame, **rc.sample("gift_shop").columns)
    frame.loc[frame["customer_id"] == "C04083", "customer_id"] = "=C04083"
    paths = [tmp_path / f"{name}.csv" for name in ("orders", "contacts", "invoices")]
    for path, table in zip(paths, (frame, contacts_frame(log), invoices_frame(log)), strict=True):
        table.to_csv(path, index=False)
    return [str(path) for path in paths]


def test_the_command_reads_all_files_and_writes_the_lists(files, tmp_path, capsys):
    orders, contacts, invoices = files
    folder = tmp_path / "this week" / "lists"
    asked = ["--sections", ",".join(LISTS), "--group", "region", "--group", "channel"]
    beside = ["--contacts", contacts, "--invoices", invoices, "--lists", str(folder)]
    terms = ["--budget", "200", "--action-cost", "2", "--uplift", "0.2", "--key-share", "0.5"]
    assert main(["report", orders, *asked, *beside, *terms, "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["focus"]["action"] == {"cost": 2, "uplift": 0.2}
    assert (found["focus"]["budget"], found["key_customers"]["share"]) == (200, 0.5)
    assert captured.err.count("Written:") == 4
    tables = {name: read(folder / f"{name}.csv") for name in LISTS}
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.csv" for name in LISTS)
    assert len(tables["stages"]) == found["stages"]["customers"] == 481
    assert len(tables["focus"]) == 480
    assert len(tables["due"]) == found["due"]["customers"]
    totals = {by: one["total"] for by, one in found["key_customers"]["list"].items()}
    assert {by: sum(row["by"] == by for row in tables["key_customers"]) for by in totals} == totals
    assert [row["reason"] for row in tables["focus"][:200]] == [
        row["reason"] for row in found["focus"]["list"]["rows"]
    ]
    assert "'=C04083" in [row["customer"] for row in tables["focus"]]


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_next_week_replaces_its_own_lists_and_nothing_else(log, tmp_path):
    (tmp_path / "due.csv").write_text("last week")
    (tmp_path / "notes.csv").write_text("mine")
    report = report_on(log, sections=["due"])
    (written,) = report.write_lists(tmp_path)
    assert len(read(written.path)) == len(report.keeping.due.rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["due.csv", "notes.csv"]
    assert (tmp_path / "notes.csv").read_text() == "mine"


def test_a_list_that_the_log_does_not_have_is_said_and_an_older_file_stays(tmp_path):
    rows = {"customer": ["Ann", "Bo"], "date": ["2025-01-02", "2025-01-04"]}
    report = report_on(rc.OrderLog.from_frame(pd.DataFrame(rows)), sections=["key_customers", "stages"])
    (tmp_path / "key_customers.csv").write_text("older")
    stages, keys = report.write_lists(tmp_path)
    assert "(2 rows)" in stages.said
    assert keys.path is None
    assert keys.said.startswith("key_customers.csv is not written: There are no groups")
    assert (tmp_path / "key_customers.csv").read_text() == "older"


@pytest.fixture
def few(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("customer,date,amount\nAnn,2025-01-02,5\nBo,2025-01-04,6\nAnn,2025-02-02,5\n")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--budget", "-1"], "budget must be zero or more (got -1)."),
        (["--action-cost", "0"], "action_cost must be above zero (got 0)."),
        (["--uplift", "10"], "uplift must be a fraction above 0 and at most 1, such as 0.1 (got 10)."),
        (["--uplift", "nan"], "uplift must be a fraction"),
        (["--key-share", "80"], "key_share must be a fraction above 0 and at most 1, such as 0.8 (got 80)."),
        (["--contacts", "missing.csv"], "missing.csv"),
        (["--invoices", "missing.csv"], "missing.csv"),
        (["--lists", "few.csv"], '"few.csv" cannot be used as a folder'),
        (["--lists", "lists", "--sections", "pareto"], "There is no list to write: ask for some of the"),
    ],
)
def test_wrong_terms_and_files_are_one_sentence_and_exit_2(
    few, tmp_path, monkeypatch, arguments, sentence, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["report", few, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


def test_contacts_of_strangers_are_warned_of(log):
    strangers = ContactLog.from_frame(pd.DataFrame({"customer": ["Zoe"], "date": ["2025-01-02"]}))
    report = report_on(log, sections=["due"], contacts=strangers)
    assert "None of the customers of the contacts is in the orders: name them alike." in report.warnings
    assert "Contacts: 1 row read, 1 used, 0 set aside; in the orders: 0 of 1 customer." in report.to_text()


def test_one_customer_is_no_plural(few):
    frame = pd.DataFrame({"customer": ["Ann"], "date": ["2025-01-02"], "amount": [5]})
    page = report_on(rc.OrderLog.from_frame(frame)).to_text()
    assert "1 row read, 1 used, 0 set aside." in page
    assert "1 customer, 1 order, 0 refunds" in page
    assert "Only 1 customer: shares" in page


def test_a_page_shows_the_last_twelve_periods_and_json_all_of_them(log):
    report = report_on(log, sections=["retention"], period="month")
    page, rows = report.to_text(), report.to_json()["periods"]
    assert len(rows) == 36
    assert "The last 12 of 36 months are shown; --json has them all." in page
    shown = [line.split()[0] for line in page.splitlines() if line.startswith("202")]
    assert shown == [row["start"] for row in rows[-12:]]


def test_names_cannot_break_the_page_or_hide_in_it():
    days = [f"2025-0{month}-0{day}" for month in (1, 2, 3) for day in (1, 2)]
    frame = pd.DataFrame({"customer": ["\x1b[2J\nAnn", "a" * 300] * 3, "date": days, "amount": 5})
    page = report_on(rc.OrderLog.from_frame(frame), sections=["focus", "due"]).to_text()
    assert "\x1b" not in page
    assert "[2J Ann" in page
    assert "a" * 33 not in page


def test_the_sections_are_named_in_the_order_of_the_report():
    assert log_report.SECTIONS[-7:] == (*LISTS, "worth", "voice", "referrals")
