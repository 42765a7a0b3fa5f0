"""`report --history FILE --alert TEXT`: exit codes, what is said, and what is refused at once."""

import json

import pytest

from retention_core.__main__ import main
from retention_core.history import History

ORDERS = "customer,date,amount\n" + "\n".join(
    f"{customer},2025-{month:02}-{day:02},{amount}"
    for customer, months, day, amount in (
        ("Ann", range(1, 13), 3, 40),
        ("Bo", range(1, 12), 9, 30),
        ("Cem", (1, 2, 3), 14, 20),
        ("Dee", (5, 6, 7, 8, 9, 10, 11, 12), 31 - 3, 10),
    )
    for month in months
)
ASKED = ("--sections", "retention,pareto", "--period", "month", "--as-of", "2025-12-01")


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def kept(tmp_path):
    return str(tmp_path / "shop.history")


def test_a_quiet_run_ends_with_zero_and_keeps_one_snapshot(orders, kept, capsys):
    assert main(["report", orders, *ASKED, "--history", kept, "--alert", "rate<0.5"]) == 0
    said = capsys.readouterr().out
    assert "Kept as snapshot 1" in said and "No alert, rate<0.5: 100" in said
    assert [snapshot.figures["rate"].value for snapshot in History(kept).snapshots()] == [1.0]


def test_an_alert_that_fires_ends_the_command_with_three(orders, kept, capsys):
    arguments = [
        "report",
        orders,
        *ASKED,
        "--history",
        kept,
        "--alert",
        "customers<2",
        "--alert",
        "rate>=90%",
    ]
    assert main(arguments) == 3
    said = capsys.readouterr().out
    assert "ALERT rate>=0.9: 100.0" in said and "No alert, customers<2: 4" in said


def test_an_alert_needs_no_history(orders):
    assert main(["report", orders, *ASKED, "--alert", "customers>=4"]) == 3
    assert main(["report", orders, *ASKED, "--alert", "customers<4"]) == 0


def test_the_same_report_twice_is_kept_once_and_the_next_one_says_what_changed(orders, kept, capsys):
    for _ in range(2):
        main(["report", orders, *ASKED, "--history", kept])
    assert "not kept again" in capsys.readouterr().out
    later = [*ASKED[:-1], "2026-01-01"]
    assert main(["report", orders, *later, "--history", kept, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["history"]
    changed = {row["name"]: row["verdict"] for row in found["changes"]["figures"]}
    assert found["kept"] == {"id": 2, "new": True}
    assert changed["rate"] == "within noise"
    assert [one["value"] for one in (found["snapshot"]["figures"]["rate"],)] == [pytest.approx(2 / 3)]


def test_other_definitions_are_warned_about(orders, kept, capsys):
    main(["report", orders, *ASKED, "--history", kept])
    capsys.readouterr()
    main(["report", orders, "--sections", "retention", "--period", "quarter", "--history", kept])
    said = capsys.readouterr().out
    assert "period" in said and "month" in said and "quarter" in said


def test_a_key_customer_who_is_overdue_fires(orders, kept, capsys):
    arguments = ["--sections", "focus", "--as-of", "2026-06-01", "--alert", "key_customers_overdue>0"]
    assert main(["report", orders, *arguments, "--history", kept]) == 3
    assert "Ann" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--alert", "rato<0.8"), "did you mean rate"),
        (("--alert", "rate<80"), "0.8"),
        (("--alert", "rate is low"), "rate is low"),
        (("--history", "nowhere/else/shop.history"), "nowhere"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_the_log_is_read(tmp_path, capsys, arguments, words):
    assert main(["report", str(tmp_path / "missing.csv"), *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and "missing.csv" not in said.replace(words, "")
