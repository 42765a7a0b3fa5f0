"""One log for all pages: answers are worked out once, also when several sessions ask at once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from app_pages import uploads
from app_pages.chosen_log import ChosenLog
from retention_core.orders import OrderLog
from retention_core.periods import period_retention


@pytest.fixture
def chosen() -> ChosenLog:
    """A log behind DuckDB, as uploads are."""
    rows = "".join(f"{n % 40},2025-{1 + n % 12:02}-{1 + n % 28:02},{n}\n" for n in range(400))
    return uploads.read_log("a.csv", io.BytesIO(f"customer,date,amount\n{rows}".encode()), {})


def test_a_question_is_worked_out_once(chosen: ChosenLog) -> None:
    asked = []

    def question(log: OrderLog, *, size: int) -> int:
        asked.append(size)
        return log.rows + size

    assert [chosen.answer(question, size=1), chosen.answer(question, size=1)] == [401, 401]
    assert chosen.answer(question, size=2) == 402
    assert asked == [1, 2]


def test_answers_are_let_go_before_they_pile_up(chosen: ChosenLog) -> None:
    for size in range(1, 100):
        chosen.answer(period_retention, period="month", active_days=size)
    assert len(chosen._answers) < 30


def test_sessions_that_ask_at_once_get_the_same_answers(chosen: ChosenLog) -> None:
    windows = [30, 60, 90, 120] * 8

    def rates(days: int) -> list[float | None]:
        return [row.rate for row in chosen.answer(period_retention, period="month", active_days=days).periods]

    with ThreadPoolExecutor(8) as sessions:
        found = list(sessions.map(rates, windows))
    assert found == [
        [row.rate for row in period_retention(chosen.log, period="month", active_days=days).periods]
        for days in windows
    ]


def test_a_question_that_fails_leaves_the_log_usable(chosen: ChosenLog) -> None:
    with pytest.raises(ValueError, match="period"):
        chosen.answer(period_retention, period="week")
    assert chosen.answer(period_retention, period="month").periods
