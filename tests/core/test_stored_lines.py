"""The order log of a file, kept by DuckDB with customers as numbers, against the same rows in pandas."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

import retention_core as rc
from retention_core.btyd.purchases import purchases_of
from retention_core.cohort_survivors import inactivity_rule
from retention_core.cohorts import cohorts_of
from retention_core.drivers import group_codes_of_log, retention_drivers
from retention_core.log_lifetimes import lifetimes_of
from retention_core.rfm import rfm_of
from retention_core.stored_lines import open_home

NAMES = ["Ann", "ANN ", " ann", "17850.0", "17850", "x", "NaN", " #n/a ", "", None, "Bob.0"]
NAMES += ["\u00a0Zoë", "zoë"]
DAYS = ["2025-01-05", "2025-02-07 10:30", "nonsense", None, "2025-03-31", "1850-01-01", "2025-01-20"]
SPENT = ["10", "-2.5", "7.25", "much", None, "1e20"]
ROWS = pd.DataFrame(
    {
        "customer": [NAMES[n % len(NAMES)] for n in range(600)],
        "date": [DAYS[n * n % len(DAYS)] for n in range(600)],
        "amount": [SPENT[n // 7 % len(SPENT)] for n in range(600)],
        "region": [["North", " north", None, "1.0"][n % 4] for n in range(600)],
    }
)


@pytest.fixture
def logs(tmp_path: Path) -> tuple[rc.OrderLog, rc.OrderLog]:
    path = tmp_path / "orders.parquet"
    ROWS.to_parquet(path)
    return rc.OrderLog.from_file(path, groups=["region"]), rc.OrderLog.from_frame(ROWS, groups=["region"])


def test_a_parquet_file_of_messy_text_is_read_as_the_same_frame_is(logs):
    stored, frame = logs
    assert stored.set_aside_counts == frame.set_aside_counts
    assert stored.set_aside.to_dict("list") == frame.set_aside.to_dict("list")
    assert stored.warnings == frame.warnings
    assert (stored.customers, stored.orders, stored.refunds) == (frame.customers, frame.orders, frame.refunds)
    columns = ["row", "customer", "name", "day", "month", "amount", "refund", "by region"]
    found, expected = (log.lines.select(*columns).collect("pandas").to_native() for log in logs)
    found = found.sort_values("row", ignore_index=True)
    assert found.to_dict("list") == expected.sort_values("row", ignore_index=True).to_dict("list")


@pytest.mark.parametrize("as_of", [None, dt.date(2025, 2, 1)])
def test_customers_kept_as_numbers_are_shown_by_the_first_of_their_spellings(logs, as_of):
    tables = [log.customer_table(as_of=as_of).to_dict("list") for log in logs]
    assert tables[0] == tables[1]
    scored = [rfm_of(log, as_of=as_of).to_frame().astype(str).to_dict("list") for log in logs]
    assert scored[0] == scored[1]


@pytest.mark.parametrize("measure", ["customers", "orders", "revenue"])
@pytest.mark.parametrize("by", [None, "region"])
def test_cohorts_of_customers_kept_as_numbers_are_those_of_the_frame(logs, measure, by):
    stored, frame = (cohorts_of(log, measure=measure, by=by) for log in logs)
    assert stored.matrix == frame.matrix
    name = frame.cohorts[0].name
    assert stored.customers_of(name, 1) == frame.customers_of(name, 1)


def test_customers_written_in_one_way_need_no_look_at_the_lines(tmp_path):
    path = tmp_path / "orders.parquet"
    pd.DataFrame({"customer": [5, 7, 5], "date": pd.Timestamp("2025-01-01"), "amount": 1.0}).to_parquet(path)
    log = rc.OrderLog.from_file(path)
    assert log.stored is not None
    assert log.stored.spelled_once
    assert log.customer_table()["customer"].tolist() == ["5", "7"]


NUMBERS = [5, -7, 2**40, 10, 9, 17850, None, 0, 2**31]


@pytest.mark.parametrize("numbers", [NUMBERS, [5, -7, None, 10, 17850]])
@pytest.mark.parametrize("kind", ["Int64", "string"])
def test_customers_that_are_numbers_are_read_as_the_same_frame_is(tmp_path, numbers, kind):
    table = ROWS.assign(customer=pd.array([numbers[n % len(numbers)] for n in range(600)]).astype(kind))
    path = tmp_path / "orders.parquet"
    table.to_parquet(path)
    logs = rc.OrderLog.from_file(path, groups=["region"]), rc.OrderLog.from_frame(table, groups=["region"])
    columns = ["row", "customer", "name", "day", "month", "amount", "refund", "by region"]
    lines = [log.lines.select(*columns).collect("pandas").to_native() for log in logs]
    found, expected = (one.sort_values("row", ignore_index=True).to_dict("list") for one in lines)
    assert found == expected
    assert logs[0].set_aside_counts == logs[1].set_aside_counts
    assert logs[0].customers == logs[1].customers
    tables = [log.customer_table().to_dict("list") for log in logs]
    assert tables[0] == tables[1]


ASKED = {
    "purchases": lambda log: purchases_of(log).to_frame(),
    "lifetimes": lambda log: lifetimes_of(log, 30, group="region").to_frame(),
    "who came back": lambda log: lifetimes_of(log, 20).came_back,
    "rule": inactivity_rule,
    "drivers": lambda log: retention_drivers(log, ["region"], smallest=1).to_frame(),
    "hazards": lambda log: group_codes_of_log(log, ["region"], dt.date(2025, 3, 1)),
}


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("order", [None, "order"])
def test_questions_asked_of_numbers_are_answered_as_of_names(tmp_path, question, order):
    days = [f"2025-0{1 + n * n * n % 7}-{10 + n % 17}" for n in range(600)]
    table = ROWS.assign(date=days, amount=1.5, order=[f"o{n // 4}" for n in range(600)])
    path = tmp_path / "orders.parquet"
    table.to_parquet(path)
    roles = {"groups": ["region"], "order": order or ""}
    logs = rc.OrderLog.from_file(path, **roles), rc.OrderLog.from_frame(table, **roles)
    found, expected = (ASKED[question](log) for log in logs)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    else:
        assert repr(found) == repr(expected)


def test_a_home_takes_no_more_memory_than_the_machine_gives():
    home = open_home(10**18)
    limit = "select parse_formatted_bytes(current_setting('memory_limit'))"
    assert home.execute(limit).fetchone()[0] < 10**15
    assert open_home(0).execute(limit).fetchone()[0] < 10**12
