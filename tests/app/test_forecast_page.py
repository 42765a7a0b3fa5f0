"""Forecast: what is expected, whether the model fits, and sentences where nothing can be."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pandas as pd
import pytest

from app_pages import downloads, forecast_answers, forecast_tables
from app_pages.forecast_answers import Fitted
from app_pages.wording import spaced
from retention_core.btyd.clv import lifetime_values
from retention_core.btyd.holdout import validate_forecast
from retention_core.btyd.purchases import purchases_of
from retention_core.samples import sample
from tests.app.test_lifetime_page import TINY
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """MBG/NBD on the gift shop."""
    found = forecast_answers.fitted_to(sample("gift_shop").log(), model="MBG/NBD", as_of=None)
    assert isinstance(found, Fitted)
    return found


def regulars(customers: int = 40) -> dict[str, list[object]]:
    """A log in which everybody orders every month, as if nobody ever left."""
    days = pd.date_range("2024-01-01", periods=12, freq="MS").astype(str).tolist()
    names = [f"c{n}" for n in range(customers)]
    return {
        "customer": names * 12,
        "date": [day for day in days for _ in names],
        "amount": [10.0] * 12 * customers,
    }


def test_verdict_and_value_are_those_of_the_core(fitted):
    check = validate_forecast(sample("gift_shop").log())
    values = lifetime_values(fitted.model, fitted.spending, fitted.history, months=12, discount=0.1)
    app = opened("forecast")
    assert not app.exception
    said = plain(texts(app))
    assert check.verdict == "cannot tell"
    assert "### This log cannot tell yet whether MBG/NBD fits it" in said
    assert spaced(check.reason).replace("\xa0", " ") in said
    assert said.index("are expected to bring") < said.index("### This log cannot tell")
    assert f"are expected to bring {values.total:,.0f} of profit" in said
    assert f"{values.total_low:,.0f} to {values.total_high:,.0f}" in said
    table = next(frame.value for frame in app.dataframe if "Expected orders" in frame.value)
    assert table["Value"].is_monotonic_decreasing
    assert table["Value"].iloc[0] == pytest.approx(values.value.max())


def test_model_months_and_discount_are_the_readers_choice(fitted):
    app = opened("forecast")
    app.number_input(key="months ahead").set_value(3)
    app.number_input(key="discount a year").set_value(0.0).run()
    values = lifetime_values(fitted.model, fitted.spending, fitted.history, months=3, discount=0.0)
    assert f"In the next 3 months, these 4,800 customers are expected to bring {values.total:,.0f}" in texts(
        app
    )
    app.selectbox(key="forecast model").set_value("BG/NBD").run()
    assert not app.exception
    assert "### BG/NBD does not fit this log" in texts(app)


def test_all_three_models_stand_side_by_side():
    app = opened("forecast")
    table = next(frame.value for frame in app.dataframe if "Verdict" in frame.value)
    assert table["Model"].tolist() == ["MBG/NBD", "BG/NBD", "Pareto/NBD"]
    app.toggle(key="compare models gift_shop").set_value(False).run()
    assert not any("Verdict" in frame.value for frame in app.dataframe)


def test_the_check_begins_on_the_day_chosen():
    app = opened("forecast")
    app.date_input(key="check from gift_shop None").set_value(dt.date(2025, 1, 1)).run()
    assert not app.exception
    assert "Fitted to the orders before 2025-01-01" in texts(app)


def test_a_customer_can_be_found():
    app = opened("forecast")
    app.text_input(key="find forecast").set_value("c00816").run()
    shown = [frame.value for frame in app.dataframe if "Expected orders" in frame.value]
    assert [list(frame["Customer"]) for frame in shown] == [["C00816"]]


def test_a_log_without_amounts_is_forecast_in_orders():
    rows = sample("cdnow").frame()
    few = rows[rows["customer_id"] % 20 == 0]
    log = yours({"customer": few["customer_id"].tolist(), "date": few["date"].tolist()}, amount="")
    app = opened("forecast", log=log)
    assert not app.exception
    assert "are expected to order" in texts(app)
    assert any("needs the value of orders" in info.value for info in app.info)
    table = next(frame.value for frame in app.dataframe if "Expected orders" in frame.value)
    assert "Value" not in table


def test_a_fit_that_fails_is_a_sentence_that_says_what_to_try():
    app = opened("forecast", log=yours(regulars()))
    assert not app.exception
    assert not app.error
    said = plain(texts(app))
    assert "finds no clear maximum" in said
    assert "fit_bg_nbd" not in said
    assert "`" not in said


def test_a_log_in_which_nobody_came_back_says_so():
    rows = {"customer": list("abcdef"), "date": [f"2025-0{n}-01" for n in range(1, 7)], "amount": [1] * 6}
    app = opened("forecast", log=yours(rows))
    assert not app.exception
    assert any("nobody here did" in info.value for info in app.info)


@pytest.mark.parametrize("rows", TINY)
def test_a_tiny_log_gets_sentences_and_no_traceback(rows):
    app = opened("forecast", log=yours(rows))
    assert not app.exception
    assert not app.error
    assert "makes no forecast of this log" in texts(app)
    assert "could not be checked" not in texts(app)


def test_hostile_names_are_never_markup():
    rows = sample("cdnow").frame()
    few = rows[rows["customer_id"] % 60 == 0]
    names = {
        number: f"{HOSTILE[place % 5]} {number}" for place, number in enumerate(few["customer_id"].unique())
    }
    log = yours(
        {
            "customer": few["customer_id"].map(names).tolist(),
            "date": few["date"].tolist(),
            "amount": few["dollar_value"].tolist(),
        }
    )
    app = opened("forecast", log=log)
    assert not app.exception
    for markup in ("<script>", "<b>", "$x", "**bold**", "[a](", ":material/home:"):
        assert markup not in texts(app)


def test_the_workbook_holds_the_customers_the_parameters_and_the_check(fitted):
    values = lifetime_values(fitted.model, fitted.spending, fitted.history)
    check = validate_forecast(sample("gift_shop").log())
    listed = [
        forecast_tables.summary(values),
        forecast_tables.customers(fitted.history, values),
        forecast_tables.parameters([fitted.model, fitted.spending]),
        forecast_tables.by_frequency(check),
        forecast_tables.by_week(check),
    ]
    book = openpyxl.load_workbook(io.BytesIO(downloads.workbook(listed, {"What": "is meant"})))
    assert book.sheetnames[:-1] == [table.title for table in listed]
    assert book["Customers"].max_row == 4801
    assert book["Summary"]["E2"].value == pytest.approx(values.total)


def test_the_history_is_that_of_the_day_chosen_in_the_sidebar():
    app = opened("forecast")
    app.selectbox(key="forecast model").set_value("BG/NBD")
    app.date_input(key="as of gift_shop").set_value(dt.date(2025, 1, 1)).run()
    assert not app.exception
    customers = purchases_of(sample("gift_shop").log(), as_of=dt.date(2025, 1, 1)).n
    assert f"these {customers:,} customers" in texts(app)
    # BG/NBD is so uncertain then that some drawn parameters overflow
    assert "nan" not in texts(app)
