"""Worth, voice and referrals in a report, and what each missing column or file takes away."""

import csv
import datetime as dt
import json
from dataclasses import replace

import pandas as pd
import pytest

import retention_core as rc
from retention_core.__main__ import main
from retention_core.feedback_log import FeedbackLog
from retention_core.referral_log import ReferralLog
from retention_core.report import report_on, sampling
from retention_core.report.worth_terms import WorthTerms, changed
from retention_core.report_snapshots import snapshot_of
from retention_core.scenarios import Plan, what_if
from retention_core.worth import WorthError

SECTIONS = ("worth", "voice", "referrals")
SPENT = rc.Spending(
    winning_spend=6000, won=100, keeping_spend=800, reached=200, kept=170, left_alone=200, left_alone_kept=150
)
NOW = dt.datetime(2026, 2, 1, 6, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def log():
    return rc.sample("gift_shop").log()


@pytest.fixture(scope="module")
def feedback():
    return rc.voice_sample().feedback()


@pytest.fixture(scope="module")
def referrals():
    return rc.voice_sample().referrals()


@pytest.fixture(scope="module")
def full(log, feedback, referrals):
    terms = WorthTerms(spending=SPENT, what_if={"retention": 0.45, "keeping_cost": 2})
    return report_on(log, sections=SECTIONS, feedback=feedback, referrals=referrals, worth=terms)


@pytest.fixture(scope="module")
def bare():
    """Three years of the gift shop without cost or amounts, and nothing beside them."""
    columns = {"customer": "customer_id", "date": "order_date", "amount": ""}
    return report_on(rc.OrderLog.from_frame(rc.sample("gift_shop").frame(), **columns), sections=SECTIONS)


@pytest.fixture(scope="module")
def revenue():
    """The same with amounts, but without what they cost."""
    columns = {"customer": "customer_id", "date": "order_date", "amount": "amount", "cost": ""}
    return rc.OrderLog.from_frame(rc.sample("gift_shop").frame(), **columns)


def test_one_more_point_is_worth_what_the_formula_says_of_the_log(log, full):
    found, own = full.to_json()["worth"], rc.figures_of(log)
    rate, low, high = own.retention
    expected = [rc.retention_worth(own.customers, own.margin, one) for one in (rate, low, high)]
    point = found["worth"]["one_point"]
    assert [point["value"], point["low"], point["high"]] == pytest.approx(expected)
    assert found["worth"]["customer_worth"]["value"] == rc.customer_worth(own.margin, rate)
    assert found["worth"]["break_even_spend"]["value"] == rc.break_even_spend(own.margin, rate)
    assert found["worth"]["break_even_once"]["value"] == rc.break_even_once(own.margin, rate)
    assert f"is worth {point['value']:,.0f} (" in full.to_text()


def test_the_simulation_stands_beside_the_formula_and_agrees_within_its_error(full):
    found = full.to_json()["worth"]
    simulated = found["simulation"]
    assert simulated["formula"] == found["worth"]["one_point"]["value"]
    assert abs(simulated["mean"] - simulated["formula"]) < 3 * simulated["standard_error"]
    assert f"{simulated['draws']:,} simulated customers say" in full.to_text()


def test_the_five_points_stand_beside_what_was_published_with_its_verdict(log, full):
    found, own = full.to_json()["worth"]["five_points"], rc.figures_of(log)
    five = rc.five_points(own.margin, own.retention.value)
    assert (found["change"], found["before"], found["spend"]) == (five.change, five.before, five.spend)
    assert found["published"][0]["verdict"] == "partially supported"
    assert "Reichheld & Sasser" in found["published"][0]["primary_source"]
    page = full.to_text()
    assert five.sentence in page
    assert f"Published: {five.published[0].primary_source}" in page


def test_every_popular_claim_has_its_verdict_and_its_answer_from_the_log(log, feedback, full):
    claims = {row["letter"]: row for row in full.to_json()["worth"]["claims"]}
    assert list(claims) == ["a", "b", "c", "d", "e", "f"]
    assert [letter for letter, row in claims.items() if not row["answered"]] == ["b"]
    tenure = rc.spend_by_tenure(log)
    assert claims["c"]["answer"] == tenure.sentence
    assert claims["c"]["figure"]["value"] == tenure.growth.value
    assert claims["d"]["figure"]["value"] == rc.voice_of(log, feedback).adoption.difference
    assert claims["e"]["figure"]["value"] == rc.concentration_of(log).top_share(0.2).value
    page = full.to_text()
    for row in claims.values():
        assert f'"{row["claim"]}" is {row["verdict"]}. {row["answer"]}' in page


def test_spending_by_tenure_is_that_of_the_core_with_all_its_notes(log, full):
    found, tenure = full.to_json()["worth"]["tenure"], rc.spend_by_tenure(log)
    assert [row["per_customer"] for row in found["windows"]] == tenure.columns()["per_customer"]
    assert [row["ratio"] for row in found["readings"]] == tenure.reading_columns()["ratio"]
    assert (found["complete"], found["months_late"]) == (False, [25, 30])
    assert all(note in full.to_text() for note in tenure.notes)


def test_what_was_spent_says_what_keeping_costs_against_winning(full):
    costs = full.to_json()["worth"]["costs"]
    figures = {row["figure"]: row["value"] for row in costs["figures"]}
    assert figures["cost to win a customer"] == 60
    assert figures["cost to keep a customer"] == pytest.approx(40)
    assert costs["needs"] == "nothing"
    assert "Winning a customer costs 1.50 (" in full.to_text()


def test_what_if_moves_the_plan_of_the_log(log, full):
    found = full.to_json()["worth"]["what_if"]
    plan = rc.figures_of(log).plan(cost_to_win=60)
    expected = what_if(plan, replace(plan, retention=0.45, keeping_cost=2))
    assert found["sentence"] == expected.sentence
    last = {(row["plan"], row["measure"]): row for row in found["months"] if row["month"] == 36}
    course = expected.courses["difference", "cumulated profit"]
    assert last["difference", "cumulated profit"]["expected"] == course.expected[35]
    assert f"What if: {expected.sentence}" in full.to_text()


def test_a_budget_for_winning_takes_the_place_of_customers_won():
    plan = Plan(1000, 0.8, new_customers=200, cost_to_win=50)
    assert changed(plan, {"winning_budget": 20_000}).won == 400
    both = changed(plan, {"winning_budget": 20_000, "new_customers": 300})
    assert (both.won, both.winning) == (300, 20_000)
    with pytest.raises(WorthError, match="what_if must name some of customers, retention"):
        changed(plan, {"churn": 0.1})


def test_the_voice_is_that_of_the_core(log, feedback, full):
    found, voice = full.to_json()["voice"], rc.voice_of(log, feedback)
    assert (found["nps"]["points"], found["nps"]["low"]) == (voice.nps.points, voice.nps.low)
    assert (found["answered"]["share"], found["adopted"]["share"]) == (
        voice.answered.share,
        voice.adopted.share,
    )
    assert found["adoption"]["difference"] == voice.adoption.difference
    assert found["adoption"]["observational"] is True
    assert found["list"]["total"] == len(voice.detractors)
    page = full.to_text()
    for sentence in (voice.answer, voice.adoption_answer, voice.adoption.definition):
        assert sentence in page
    assert "Observational: the two groups may differ" in page
    assert f"first 10 of {len(voice.detractors)} detractors" in page


def test_the_referrals_are_those_of_the_core(log, referrals, full):
    found, core = full.to_json()["referrals"], rc.referrals_of(log, referrals)
    assert (found["share"]["share"], found["per_customer"]["mean"]) == (
        core.share.share,
        core.per_customer.mean,
    )
    for name in ("repeat", "value"):
        told, expected = found[name], getattr(core, name)
        assert (told["adjusted"], told["adjusted_low"]) == (expected.adjusted, expected.adjusted_low)
        assert told["observational"] is True
    assert [row["customer"] for row in found["list"]["rows"]] == [one.customer for one in core.top[:200]]
    page = full.to_text()
    assert core.answer in page
    assert core.value_answer in page


def test_referrers_named_in_a_column_of_the_orders_need_no_table(referrals, full):
    by = referrals.lines.set_index("name")["referred_by"]
    frame = rc.sample("gift_shop").frame()
    frame["referred_by"] = frame["customer_id"].map(by).fillna("")
    log = rc.OrderLog.from_frame(frame, **(rc.sample("gift_shop").columns | {"groups": ["referred_by"]}))
    found = report_on(log, sections=["referrals"]).to_json()
    assert found["referral_log"] is None
    assert found["referrals"]["source"] == 'the column "referred_by" of the orders'
    assert found["referrals"]["share"] == full.to_json()["referrals"]["share"]


def test_the_files_are_accounted_for(full):
    found, page = full.to_json(), full.to_text()
    assert (found["feedback"]["rows"], found["feedback"]["in_the_orders"]) == (1500, 1500)
    assert found["referral_log"]["rows"] == 865
    assert "Feedback: 1,500 rows read, 1,500 used, 0 set aside; in the orders: 1,500 of 1,500" in page


def test_feedback_and_referrals_of_strangers_are_warned_of(log):
    one = pd.DataFrame({"customer": ["Zoe"], "score": [9], "referred_by": ["Yan"]})
    doors = {"feedback": FeedbackLog.from_frame(one), "referrals": ReferralLog.from_frame(one)}
    report = report_on(log, sections=["voice", "referrals"], **doors)
    for name in doors:
        told = f"None of the customers of the {name} is in the orders: name them alike."
        assert told in report.warnings


def test_without_amounts_files_and_spending_only_what_needs_them_is_unknown(bare):
    found = bare.to_json()
    worth = found["worth"]
    assert set(worth["why_unknown"]) == {
        "customer_worth", "one_point", "break_even_spend", "break_even_once", "tenure",
    }  # fmt: skip
    assert worth["why_unknown"]["one_point"].startswith("The margin of a customer and year is not known")
    assert worth["why_unknown"]["tenure"].startswith("amount is needed")
    assert worth["worth"]["one_point"] == {"value": None, "low": None, "high": None}
    assert worth["simulation"] is worth["tenure"] is worth["what_if"] is None
    assert worth["own_figures"]["customers"] == rc.figures_of(bare.log).customers
    assert [row["letter"] for row in worth["claims"] if row["answered"]] == ["f"]
    assert found["voice"]["unanswered"].startswith("There is no feedback")
    assert found["referrals"]["unanswered"].startswith("Nothing says who was referred")
    page = bare.to_text()
    assert "WORTH\nWhat one more point of retention is worth is unknown. The margin of a" in page
    assert "What keeping costs against winning is unknown: say what was spent (--spending" in page
    assert "VOICE\nThere is no feedback" in page
    assert "REFERRALS\nNothing says who was referred" in page


def test_what_five_points_change_needs_no_margin(bare):
    five = bare.to_json()["worth"]["five_points"]
    rate = rc.figures_of(bare.log).retention.value
    assert five["change"] == pytest.approx(rc.five_points(1.0, rate).change)
    assert five["before"] is five["after"] is five["spend"] is five["spend_once"] is None
    assert "whatever the margin" in bare.to_text()


def test_revenue_is_not_taken_for_margin_and_a_margin_can_be_given(revenue):
    found = report_on(revenue, sections=["worth"]).to_json()["worth"]
    assert found["margin"] is None
    assert found["own_figures"]["revenue"] > 0
    assert found["tenure"]["value_of"] == "revenue"
    report = report_on(revenue, sections=["worth"], worth=WorthTerms(customer_margin=30.0, discount=0.2))
    given = report.to_json()["worth"]
    assert (given["margin"], given["margin_given"], given["discount"]) == (30, True, 0.2)
    rate = given["own_figures"]["retention"]["value"]
    assert given["worth"]["customer_worth"]["value"] == rc.customer_worth(30, rate, 0.2)
    assert "The margin is given: 30.00 a customer and year." in report.to_text()


def test_a_short_log_has_no_worth_and_says_so_in_strict_json():
    frame = pd.DataFrame({"customer": ["Ann", "Bo"], "date": ["2025-01-02", "2025-01-04"], "amount": [5, 6]})
    report = report_on(
        rc.OrderLog.from_frame(frame),
        sections=SECTIONS,
        feedback=FeedbackLog.from_frame(pd.DataFrame({"customer": ["Ann"], "score": [9]})),
        referrals=ReferralLog.from_frame(pd.DataFrame({"customer": ["Bo"], "referred_by": ["Ann"]})),
        worth=WorthTerms(customer_margin=10, what_if={"retention": 0.9}),
    )
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert found["worth"]["own_figures"]["retention"]["value"] is None
    assert "no complete period with a rate" in found["worth"]["why_unknown"]["one_point"]
    assert "there is no plan" in found["worth"]["why_unknown"]["what_if"]
    assert found["worth"]["tenure"]["months_late"] is None
    assert (found["voice"]["nps"]["points"], found["voice"]["adoption"]) == (100, None)
    assert found["referrals"]["share"]["part"] == 1
    assert "Not answered: fewer than 20 customers" in report.to_text()


def test_the_sections_look_at_the_log_as_it_stood_and_follow_its_period(log, feedback, referrals):
    day = dt.date(2025, 6, 1)
    report = report_on(
        log, as_of=day, period="month", sections=SECTIONS, feedback=feedback, referrals=referrals
    )
    found = report.to_json()
    assert {found[name]["as_of"] for name in SECTIONS} == {"2025-06-01"}
    assert (found["voice"]["window"], found["referrals"]["window"], found["referrals"]["period"]) == (
        31,
        31,
        "month",
    )
    assert found["worth"]["own_figures"]["customers"] == rc.figures_of(log, as_of=day).customers


def test_a_large_log_tells_tenure_from_a_sample_and_says_so(log, monkeypatch):
    monkeypatch.setattr(sampling.sample_of, "__defaults__", (1_000,))
    report = report_on(log, sections=["worth"])
    found = report.to_json()["worth"]
    assert found["tenure"]["sampled_of"] == 4_800
    assert found["own_figures"]["customers"] == 2512
    assert 500 < found["tenure"]["windows"][0]["customers"] < 1_000
    assert "From a sample of" in report.to_text()


def test_a_snapshot_keeps_the_worth_of_a_point_and_what_customers_say(full, log):
    found, figures = full.to_json(), snapshot_of(full, made=NOW).figures
    assert figures["point_worth"].value == found["worth"]["worth"]["one_point"]["value"]
    assert figures["point_worth"].rule == "margin of the log, discount 0.1"
    assert figures["nps"].limits == tuple(found["voice"]["nps"][name] for name in ("points", "low", "high"))
    assert figures["share_answered"].value == found["voice"]["answered"]["share"]
    assert figures["share_adopted"].value == found["voice"]["adopted"]["share"]
    assert figures["share_referred"].value == found["referrals"]["share"]["share"]


def test_a_snapshot_says_why_worth_and_voice_are_unknown(bare):
    figures = snapshot_of(bare, made=NOW).figures
    assert figures["point_worth"].value is None
    assert figures["point_worth"].why.startswith("The margin of a customer and year is not known")
    assert figures["nps"].why.startswith("There is no feedback")
    assert figures["share_referred"].why.startswith("Nothing says who was referred")


@pytest.fixture
def files(tmp_path):
    frame = rc.sample("gift_shop").frame()
    few = frame[frame["customer_id"].str.endswith(("3", "7"))]
    voice = rc.voice_sample()
    tables = {"orders": few, "feedback": voice.feedback_frame(), "referrals": voice.referrals_frame()}
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return {name: str(tmp_path / f"{name}.csv") for name in tables}


def test_the_command_reads_the_files_and_writes_the_lists(files, tmp_path, capsys):
    beside = ["--feedback", files["feedback"], "--referrals", files["referrals"]]
    terms = ["--customer-margin", "30", "--discount", "0.2", "--what-if", "retention=0.9, keeping_cost=2"]
    spent = ["--spending", "winning_spend=6000,won=100"]
    asked = ["--sections", ",".join(SECTIONS), "--lists", str(tmp_path / "lists"), "--json"]
    alert = ["--alert", "nps<-100", "--alert", "point_worth<0"]
    assert main(["report", files["orders"], *beside, *terms, *spent, *asked, *alert]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    worth = found["worth"]
    assert (worth["margin"], worth["discount"]) == (30, 0.2)
    assert worth["what_if"]["scenario"]["retention"] == 0.9
    assert worth["what_if"]["base"]["cost_to_win"] == 60
    assert worth["costs"]["figures"][0]["value"] == 60
    assert captured.err.count("Written:") == 2
    for name, section in (("detractors", "voice"), ("referrers", "referrals")):
        with (tmp_path / "lists" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == found[section]["list"]["total"]
        assert [row["customer"] for row in rows[:200]] == [
            row["customer"] for row in found[section]["list"]["rows"]
        ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--discount", "10"], "discount must be a fraction from 0 to 1, such as 0.1 for 10 % (got 10)."),
        (["--customer-margin", "nan"], "customer_margin must be a finite number (got nan)."),
        (["--spending", "won"], 'spending must hold numbers, as in "winning_spend=6000,won=100" (got "won")'),
        (["--spending", "lost=3"], "spending must hold some of winning_spend, won"),
        (["--spending", "won=3,won=4"], "each once"),
        (["--spending", "kept=5,reached=4"], "kept must not exceed reached, 4 (got 5)"),
        (["--what-if", "retention=45"], "retention must be a fraction from 0 to 1"),
        (["--what-if", ""], "what_if must hold some of customers, retention"),
        (["--what-if", "winning_budget=9"], "winning_budget needs cost_to_win"),
        (["--feedback", "missing.csv"], "missing.csv"),
        (["--referrals", "missing.csv"], "missing.csv"),
    ],
)
def test_wrong_terms_and_files_are_one_sentence_and_exit_2(tmp_path, arguments, sentence, capsys):
    path = tmp_path / "few.csv"
    path.write_text("customer,date,amount\nAnn,2025-01-02,5\nBo,2025-01-04,6\n")
    assert main(["report", str(path), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


def test_a_log_that_keeps_everyone_without_a_discount_still_answers_what_it_can():
    days = [dt.date(2022, 1, 1) + dt.timedelta(days=30 * place) for place in range(36)]
    rows = [(f"C{number}", day, 10, 4) for number in range(12) for day in days]
    log = rc.OrderLog.from_frame(pd.DataFrame(rows, columns=["customer", "date", "amount", "margin"]))
    terms = WorthTerms(discount=0, spending=rc.Spending(winning_spend=100, won=10))
    found = report_on(log, sections=["worth"], worth=terms).to_json()["worth"]
    assert found["own_figures"]["retention"]["value"] == 1
    assert "would have no end" in found["why_unknown"]["costs"]
    assert found["why_unknown"]["one_point"] == "A retention of 100.0% leaves no room for 1 more point."
    assert (
        next(row for row in found["costs"]["figures"] if row["figure"] == "cost to win a customer")["value"]
        == 10
    )


def test_the_section_follows_the_period_of_the_report():
    day = dt.date(2024, 6, 1)
    log = rc.OrderLog.from_frame(
        pd.DataFrame(
            {
                "customer": [f"C{number % 7}" for number in range(60)],
                "date": [day + dt.timedelta(days=5 * number + number % 3) for number in range(60)],
            }
        )
    )
    for period, name in (("month", "monthly"), ("quarter", "quarterly")):
        found = report_on(log, sections=["worth"], period=period).to_json()["worth"]["own_figures"]
        assert f"from {name} to annual" in found["retention_said"]


@pytest.mark.parametrize(
    "changes", [3, "x", {1: 2}, {"customers": "x"}, {"customers": None}, {"margin": 10**400}]
)
def test_changes_that_are_none_get_a_sentence(changes):
    with pytest.raises(WorthError, match="must"):
        changed(Plan(10, 0.8), changes)
