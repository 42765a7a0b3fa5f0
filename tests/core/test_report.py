"""The command line: one JSON object, one page, one sentence for what goes wrong."""

import datetime as dt
import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest

import retention_core as rc
from retention_core.__main__ import main
from retention_core.concentration import Estimate
from retention_core.report import report_on, sampling
from retention_core.report.forecast import scaled
from retention_core.report.section import aligned

ORDERS = """customer;date;amount;order
Ann;05.01.2025;10,00;1
Bob;09.01.2025;20,00;2
Ann;13.02.2025;30,00;3
=cmd;01.03.2025;-5,00;4
;02.03.2025;1,00;5
Ann;03.03.2025;zehn;6
Bob;31.03.2025;40,00;7
"""


@cache
def log_of(sample):
    return rc.sample(sample).log()


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS, encoding="utf-8")
    return str(path)


def test_json_has_the_promised_keys_and_accounts_for_every_row(orders, capsys):
    assert (
        main(["report", orders, "--customer", "customer", "--date", "date", "--period", "month", "--json"])
        == 0
    )
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert captured.err == ""
    assert {
        "rows", "rows_used", "orders", "refunds", "customers", "set_aside", "warnings", "period",
        "active_days", "periods", "concentration", "benchmark", "cohorts", "segments", "lifetime",
        "forecast", "drivers", "stages", "focus", "key_customers", "due", "worth",
        "voice", "referrals", "contacts", "invoices", "feedback", "referral_log",
    } <= found.keys()  # fmt: skip
    assert (found["rows"], found["rows_used"], found["orders"], found["refunds"], found["customers"]) == (
        7,
        5,
        4,
        1,
        3,
    )
    assert found["set_aside"] == {"no customer": 1, "unreadable amount": 1}
    assert (found["period"], found["active_days"], found["benchmark"]) == ("month", None, None)
    assert list(found["periods"][1]) == [
        "start", "end", "at_start", "at_end", "new", "reactivated", "lost", "kept",
        "rate", "low", "high", "complete",
    ]  # fmt: skip
    assert found["periods"][1] | {"low": 0, "high": 0} == {
        "start": "2025-02-01", "end": "2025-03-01", "at_start": 2, "at_end": 1, "new": 0, "reactivated": 0,
        "lost": 1, "kept": 1, "rate": 0.5, "low": 0, "high": 0, "complete": False,
    }  # fmt: skip
    assert found["concentration"]["top_20_share"] == pytest.approx(60 * 0.6 / 95)


def test_the_page_reads_as_sentences(orders, capsys):
    assert main(["report", orders, "--period", "month", "--as-of", "2025-04-01"]) == 0
    page = capsys.readouterr().out
    assert "7 rows read, 5 used, 2 set aside." in page
    assert 'customer is read from "customer".' in page
    assert "The top fifth of the customers brings" in page


def test_a_comparison_measures_the_last_twelve_months_where_the_log_has_two_years():
    log = log_of("gift_shop")
    found = rc.report_on(log, industry="retail", sections=["retention"])
    assert found.comparison.rate == rc.period_retention(log, period="year").latest.rate
    assert "measured over the twelve months" in found.warnings[-1]


@pytest.mark.parametrize("lost", [1, 20])
def test_a_log_that_starts_a_little_late_is_measured_all_the_same(lost):
    frame = rc.sample("gift_shop").frame()
    late = frame[frame["order_date"] >= pd.Timestamp("2024-01-01") + pd.Timedelta(days=lost)]
    log = rc.OrderLog.from_frame(late, **rc.sample("gift_shop").columns)
    whole = log_of("gift_shop")
    yearly = rc.yearly_rate(log, rc.period_retention(log))
    assert yearly.measured
    assert yearly.rate == pytest.approx(rc.yearly_rate(whole, rc.period_retention(whole)).rate, abs=0.03)


def test_a_shorter_log_has_its_rate_converted_to_a_lower_limit():
    log = log_of("cdnow")
    table = rc.period_retention(log, period="quarter")
    yearly = rc.yearly_rate(log, table)
    assert yearly.rate == rc.convert_rate(table.latest.rate, 3, 12)
    assert not yearly.measured
    assert yearly.interval == (rc.convert_rate(table.latest.low, 3, 12), 1)
    assert "assumes steady churn" in yearly.sentence
    found = rc.report_on(log, industry="retail", sections=["retention"])
    assert found.comparison.verdict == "cannot tell"


def test_a_log_without_amounts_is_still_reported(tmp_path, capsys):
    path = tmp_path / "visits.csv"
    path.write_text("client,day\nAnn,2025-01-05\nBob,2025-02-05\n")
    assert main(["report", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["concentration"] is None
    assert found["segments"]["unanswered"].startswith("amount is needed")
    assert found["value_of"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--customer", "custmer"], 'No column "custmer". The table has: customer, date, amount, order.'),
        (["--industry", "retial"], "retial"),
        (["--active-days", "0"], "active_days must lie between 1 and 36,600 (got 0)."),
        (["--as-of", "1999-01-01"], "as_of must lie after the first order"),
        (["--group", "chanel"], "chanel"),
        (["--sections", "cohorts,rmf"], "sections must be some of retention, pareto, cohorts"),
    ],
)
def test_errors_are_one_sentence_and_exit_2(orders, arguments, sentence, capsys):
    assert main(["report", orders, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


def test_the_module_runs_as_a_command_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "retention_core", "report", str(tmp_path / "missing.csv")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert found.stderr.count("\n") == 1


def test_wrong_usage_exits_2(orders):
    with pytest.raises(SystemExit) as caught:
        main(["report", orders, "--as-of", "tomorrow"])
    assert caught.value.code == 2


@cache
def simulated():
    """The log of 3,000 customers who order as BG/NBD says and spend as Gamma-Gamma says, over two years."""
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(3_000):
        rate, leaving, mean = rng.gamma(0.8, 1 / 30), rng.beta(1.0, 4.0), 120 / rng.gamma(5, 1)
        day, there = float(rng.integers(0, 300)), True
        rows.append((customer, int(day), rng.gamma(4, mean / 4)))
        while there and (day := day + max(1.0, rng.exponential(1 / rate))) < 730:
            rows.append((customer, int(day), rng.gamma(4, mean / 4)))
            there = rng.random() >= leaving
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    return frame.assign(date=pd.Timestamp("2023-01-01") + pd.to_timedelta(frame.pop("day"), "D"))


@pytest.fixture(scope="module")
def cdnow():
    return report_on(log_of("cdnow"), sections=["cohorts", "segments", "lifetime", "forecast", "drivers"])


@pytest.fixture(scope="module")
def gift_shop():
    return report_on(log_of("gift_shop"), sections=["cohorts", "forecast", "drivers"], model="pareto-nbd")


def test_cohorts_of_cdnow_are_the_table_of_the_core(cdnow):
    table = rc.cohorts_of(log_of("cdnow"), period="quarter")
    found = cdnow.to_json()["cohorts"]["ages"]
    assert [one["age"] for one in found] == ["quarter 1", "quarter 2", "quarter 3", "quarter 4"]
    assert [one["average"]["rate"] for one in found] == [table.average[age].rate for age in (1, 2, 3, 4)]
    assert all(one["average"]["low"] < one["average"]["rate"] < one["average"]["high"] for one in found)


def test_cohorts_compare_the_newest_with_the_oldest(gift_shop):
    first = gift_shop.to_json()["cohorts"]["ages"][0]
    assert (first["oldest"]["cohort"], first["newest"]["cohort"]) == ("2023-Q1", "2025-Q3")
    trend = rc.cohorts_of(log_of("gift_shop"), period="quarter").trend(1)
    assert (first["slope"], first["p_value"], first["trend"]) == (trend.slope, trend.p_value, trend.verdict)


def test_segments_add_up_to_all_customers_and_their_value(cdnow):
    found = cdnow.to_json()["segments"]
    assert sum(one["customers"] for one in found["segments"]) == found["customers"] == 23_570
    assert sum(one["value"] for one in found["segments"]) == pytest.approx(2_500_315.63)
    assert sum(one["share_of_value"] for one in found["segments"]) == pytest.approx(1)


def test_lifetime_says_its_rule_and_is_the_curve_of_the_core(cdnow):
    found = cdnow.to_json()["lifetime"]
    log = log_of("cdnow")
    rule = rc.inactivity_rule(log)
    curve = rc.lifetimes_of(log, rule.days).curve()
    assert found["active_days"] == rule.days == 183
    assert "no order in the 183 days before 1998-07-01" in found["definition"]
    assert rule.reason in found["sentences"]
    assert found["median_days"]["value"] == curve.median.value
    assert found["mean_days"] == {"within": 365} | {
        name: getattr(curve.mean_to(365), name) for name in ("value", "low", "high")
    }


def test_lifetime_follows_the_activity_window_asked_for(orders):
    found = report_on(rc.OrderLog.from_file(orders), active_days=20, sections=["lifetime"])
    assert found.to_json()["lifetime"]["active_days"] == 20


def test_a_model_that_does_not_fit_gives_no_total(cdnow):
    found = cdnow.to_json()["forecast"]
    assert found["holdout"]["verdict"] == "does not fit"
    assert (found["holdout"]["customers"], found["holdout"]["actual"]) == (23_570, 19_684)
    assert not {"orders", "value"} & found.keys()
    page = cdnow.to_text()
    assert page.index("does not fit: of the 23,570 customers") < page.index("So no total is given")


def test_a_forecast_says_orders_and_value_with_intervals_after_its_verdict():
    log = rc.OrderLog.from_frame(simulated())
    report = report_on(log, sections=["forecast"], model="bg-nbd")
    found = report.to_json()["forecast"]
    assert (found["model"], found["holdout"]["verdict"]) == ("BG/NBD", "fits")
    history = rc.purchases_of(log)
    model = rc.fit_bg_nbd(history)
    values = rc.lifetime_values(model, rc.fit_gamma_gamma(history), history)
    assert found["orders"]["value"] == pytest.approx(model.expected_orders(365.25 / 7, history).sum())
    assert found["value"] == {"value": values.total, "low": values.total_low, "high": values.total_high}
    assert found["orders"]["low"] < found["orders"]["value"] < found["orders"]["high"]
    page = report.to_text()
    assert page.index("fits: of the 3,000 customers") < page.index("are expected to order")


def test_another_model_is_fitted_when_asked_for(gift_shop):
    assert gift_shop.to_json()["forecast"]["model"] == "Pareto/NBD"


def test_a_log_without_amounts_has_a_forecast_of_orders_alone():
    report = report_on(rc.OrderLog.from_frame(simulated(), amount=""), sections=["forecast"], model="bg-nbd")
    found = report.to_json()["forecast"]
    assert found["value"] is None
    assert "name the amounts" in found["no_value"]
    assert found["orders"]["low"] > 0


def test_drivers_compare_the_groups_of_the_log(gift_shop):
    found = gift_shop.to_json()["drivers"]
    verdicts = {row["group"]: row["verdict"] for row in found["groups"]}
    assert (verdicts["marketplace"], verdicts["trade desk"], verdicts["North"]) == (
        "worse",
        "better",
        "cannot tell",
    )


def test_a_log_without_groups_says_so(cdnow):
    assert cdnow.to_json()["drivers"]["unanswered"].startswith("There are no groups to compare")


def test_only_the_sections_asked_for_are_answered(orders, capsys):
    assert main(["report", orders, "--sections", "Cohorts, pareto", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = ("periods", "segments", "lifetime", "forecast", "drivers")
    assert [found[name] for name in names] == [None] * 5
    assert found["cohorts"] is not None
    assert found["concentration"]["top_20_share"] > 0


def test_every_section_looks_at_the_log_as_it_stood_on_the_day_asked_for():
    frame = rc.sample("gift_shop").frame()
    columns = rc.sample("gift_shop").columns
    day = dt.date(2025, 1, 1)
    before = rc.OrderLog.from_frame(frame[frame["order_date"] < pd.Timestamp(day)], **columns)
    then = report_on(rc.OrderLog.from_frame(frame, **columns), as_of=day, period="quarter").to_json()
    cut = report_on(before, as_of=day, period="quarter").to_json()
    names = ("periods", "concentration", "cohorts", "segments", "lifetime", "forecast", "drivers")
    for name in (*names, "stages", "focus", "key_customers", "due"):
        assert then[name] == cut[name]


def hostile(number):
    """A log of odd figures and odd names."""
    rng = np.random.default_rng(number)
    rows = int(rng.integers(1, 40))
    names = ["\x1b[2J\nAnn", "\U0001f600", "=cmd", "李" * 40, "a" * 300]
    return pd.DataFrame(
        {
            "customer": rng.choice(names, rows),
            "date": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, [1, 40, 2000][number % 3], rows), "D"),
            "amount": rng.choice([0.0, -5.0, 1e14, 0.01, 20.0], rows),
            "channel": rng.choice(names, rows),
        }
    )


@pytest.mark.parametrize("number", range(24))
def test_hostile_logs_are_answered_or_say_why_not_in_strict_json_and_plain_lines(number):
    try:
        log = rc.OrderLog.from_frame(hostile(number), groups=["channel"])
    except rc.OrderLogError as error:
        assert "so there is no order" in str(error)
        return
    found = report_on(log)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["rows"] == log.rows
    page = found.to_text()
    assert "\x1b" not in page
    assert not {"nan", "inf"} & set(page.lower().split())


def test_a_sample_holds_the_same_customers_whatever_the_engine(tmp_path):
    frame = rc.sample("gift_shop").frame()
    path = tmp_path / "orders.parquet"
    frame.to_parquet(path)
    columns = rc.sample("gift_shop").columns
    logs = [
        rc.OrderLog.from_frame(frame, **columns),
        rc.OrderLog.from_frame(frame.sample(frac=1, random_state=1), **columns),
        rc.OrderLog.from_file(path, **columns),
    ]
    samples = [sampling.sample_of(log, 1_000) for log in logs]
    tables = [one.log.customer_table() for one in samples]
    assert 900 < samples[0].customers < 1_100
    assert samples[0].of == 4_800
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_dtype=False)


def test_a_sampled_forecast_stands_for_all_customers_and_says_so(monkeypatch):
    log = rc.OrderLog.from_frame(simulated())
    whole = report_on(log, sections=["forecast"], model="bg-nbd").to_json()["forecast"]
    monkeypatch.setattr(sampling.sample_of, "__defaults__", (1_000,))
    found = report_on(log, sections=["forecast", "segments"], model="bg-nbd")
    part = found.to_json()
    assert part["segments"]["sampled_of"] == part["forecast"]["sampled_of"] == 3_000
    assert part["segments"]["customers"] < 1_100
    for name in ("orders", "value"):
        figure = part["forecast"][name]
        assert figure["low"] < whole[name]["value"] < figure["high"]
        assert figure["high"] - figure["low"] > whole[name]["high"] - whole[name]["low"]
    assert "From a sample of" in found.to_text()


def test_a_sampled_total_is_widened_by_the_sampling():
    each = np.array([1.0, 3.0] * 50)
    sample = sampling.Sample(log_of("gift_shop"), 100, 400)
    found = scaled(Estimate(200, 190, 210), each, sample, 0.95)
    reach = 1.959964 * 400 * np.std(each, ddof=1) * (0.75 / 100) ** 0.5
    assert found.value == 800
    assert found.low == pytest.approx(800 - np.hypot(40, reach))
    assert found.high == pytest.approx(800 + np.hypot(40, reach))


def test_columns_stay_even_under_wide_letters():
    lines = aligned(["plan", "rate"], [["李李", "9 %"], ["basic", "100 %"]]).split("\n")
    assert lines[1].index("9") + 2 == lines[2].index("100") + 2


SUBSCRIPTIONS = """customer,plan,start,end,mrr
Ann,basic,2023-01-01,,20
Bo,team,2023-01-01,2024-07-01,30
Bo,team,2024-07-01,,45
Cy,basic,2023-01-01,2024-09-01,50
Di,team,2024-05-01,,10
,team,2024-05-01,,10
"""


@pytest.fixture
def subscriptions(tmp_path):
    path = tmp_path / "plans.csv"
    path.write_text(SUBSCRIPTIONS)
    return str(path)


def test_subscriptions_are_reported_as_json_that_adds_up(subscriptions, capsys):
    asked = ["subscriptions", subscriptions, "--as-of", "2025-01-01", "--period", "year", "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["set_aside"] == {"no customer": 1}
    rows = found["movements"]["periods"]
    assert [row["closing"] for row in rows] == [100, 75]
    for row in rows:
        gained = row["new"] + row["reactivation"] + row["expansion"] - row["contraction"] - row["churn"]
        assert row["opening"] + gained == row["closing"]
    kept = found["kept"]
    assert (kept["net"]["value"], kept["gross"]["value"]) == (0.65, 0.5)
    assert kept["logo"]["low"] < 2 / 3 < kept["logo"]["high"]
    assert found["by plan"]["groups"]["team"]["net"]["value"] == 1.5
    assert found["by plan"]["groups"]["basic"]["gross"]["value"] == pytest.approx(2 / 7)


def test_subscriptions_are_reported_as_a_page(subscriptions, capsys):
    asked = ["subscriptions", subscriptions, "--as-of", "2025-01-01", "--since", "2024-06-01"]
    assert main(asked) == 0
    page = capsys.readouterr().out
    assert "NRR, net revenue kept" in page
    assert "Of the revenue on 2024-06-01" in page
    assert "KEPT BY PLAN" in page
    assert "Half of the subscribers" in page or "Fewer than half of the subscribers" in page


def test_a_short_history_of_subscriptions_says_what_is_missing(subscriptions, capsys):
    assert main(["subscriptions", subscriptions, "--as-of", "2023-06-01", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "unanswered" in found["kept"]
    assert len(found["movements"]["periods"]) == 5


def test_monthly_snapshots_are_reported_too(tmp_path, capsys):
    path = tmp_path / "snapshots.csv"
    rows = [f"2024-{month:02},Ann,20\n2024-{month:02},Bo,{month}\n" for month in range(1, 13)]
    path.write_text("month,customer,mrr\n" + "".join(rows))
    assert main(["subscriptions", str(path), "--since", "2024-02-01", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kept"]["net"]["value"] == pytest.approx(32 / 21)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--start", "began"], "began"),
        (["--since", "2030-01-01"], "since must lie after the first subscription"),
        (["--group", "regoin"], "regoin"),
        (["--year-starts", "13"], "year_starts"),
    ],
)
def test_wrong_subscriptions_are_one_sentence_and_exit_2(subscriptions, arguments, sentence, capsys):
    assert main(["subscriptions", subscriptions, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently on Windows")
def test_a_reader_who_leaves_early_sees_no_traceback(orders):
    command = f"{sys.executable} -m retention_core report {orders} --json | head -c 1"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("{", "")
