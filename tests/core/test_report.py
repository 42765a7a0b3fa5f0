"""The command line: one JSON object, one page, one sentence for what goes wrong."""

import json
import subprocess
import sys

import pandas as pd
import pytest

import retention_core as rc
from retention_core.__main__ import main

ORDERS = """customer;date;amount;order
Ann;05.01.2025;10,00;1
Bob;09.01.2025;20,00;2
Ann;13.02.2025;30,00;3
=cmd;01.03.2025;-5,00;4
;02.03.2025;1,00;5
Ann;03.03.2025;zehn;6
Bob;31.03.2025;40,00;7
"""


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
        "active_days", "periods", "concentration", "benchmark",
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
    log = rc.sample("gift_shop").log()
    found = rc.report_on(log, industry="retail")
    assert found.comparison.rate == rc.period_retention(log, period="year").latest.rate
    assert "measured over the twelve months" in found.warnings[-1]


@pytest.mark.parametrize("lost", [1, 20])
def test_a_log_that_starts_a_little_late_is_measured_all_the_same(lost):
    frame = rc.sample("gift_shop").frame()
    late = frame[frame["order_date"] >= pd.Timestamp("2024-01-01") + pd.Timedelta(days=lost)]
    log = rc.OrderLog.from_frame(late, **rc.sample("gift_shop").columns)
    whole = rc.sample("gift_shop").log()
    yearly = rc.yearly_rate(log, rc.period_retention(log))
    assert yearly.measured
    assert yearly.rate == pytest.approx(rc.yearly_rate(whole, rc.period_retention(whole)).rate, abs=0.03)


def test_a_shorter_log_has_its_rate_converted_to_a_lower_limit():
    log = rc.sample("cdnow").log()
    table = rc.period_retention(log, period="quarter")
    yearly = rc.yearly_rate(log, table)
    assert yearly.rate == rc.convert_rate(table.latest.rate, 3, 12)
    assert not yearly.measured
    assert yearly.interval == (rc.convert_rate(table.latest.low, 3, 12), 1)
    assert "assumes steady churn" in yearly.sentence
    assert rc.report_on(log, industry="retail").comparison.verdict == "cannot tell"


def test_a_log_without_amounts_is_still_reported(tmp_path, capsys):
    path = tmp_path / "visits.csv"
    path.write_text("client,day\nAnn,2025-01-05\nBob,2025-02-05\n")
    assert main(["report", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["concentration"] is None
    assert found["value_of"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--customer", "custmer"], 'No column "custmer". The table has: customer, date, amount, order.'),
        (["--industry", "retial"], "retial"),
        (["--active-days", "0"], "active_days must lie between 1 and 36,600 (got 0)."),
        (["--as-of", "1999-01-01"], "as_of must lie after the first order"),
    ],
)
def test_errors_are_one_sentence_and_exit_1(orders, arguments, sentence, capsys):
    assert main(["report", orders, *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


def test_the_module_runs_as_a_command_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "retention_core", "report", str(tmp_path / "missing.csv")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "Traceback" not in found.stderr
    assert found.stderr.count("\n") == 1


def test_wrong_usage_exits_2(orders):
    with pytest.raises(SystemExit) as caught:
        main(["report", orders, "--as-of", "tomorrow"])
    assert caught.value.code == 2
