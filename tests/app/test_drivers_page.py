"""The page on drivers: what it says against the core, its controls, and logs that mean no good."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from app_pages import downloads, driver_charts, driver_lists
from app_pages.chosen_log import ChosenLog
from retention_core.drivers import retention_drivers
from retention_core.hazards import hazard_model
from retention_core.samples import sample
from tests.app.test_pages import HOSTILE, opened, plain, texts, yours

KEY = "gift_shop"


def page(log: str | ChosenLog = KEY) -> AppTest:
    app = opened("drivers", log=log)
    assert not app.exception
    return app


def shown(app: AppTest, column: str) -> object:
    """The first table of the page that has this column."""
    return next(part.value for part in app.dataframe if column in part.value)


def split_log(kept: dict[str, int], customers: int = 40) -> ChosenLog:
    """Two months and a bit: of each group's customers in January so many come back in February."""
    rows = [
        (f"{group} {number}", day, group)
        for group, back in kept.items()
        for number in range(customers)
        for day in ("2025-01-01", "2025-02-05", "2025-03-05")
        if day < "2025-02" or (number < back and day < "2025-03") or number == 0
    ]
    names, dates, groups = (list(column) for column in zip(*rows, strict=True))
    return yours({"customer": names, "date": dates, "g": groups}, groups=["g"])


def test_the_verdicts_are_those_of_the_core() -> None:
    found = retention_drivers(sample(KEY).log())
    app = page()
    assert "Kept better than the rest: trade desk, shop, website. Kept worse: marketplace." in plain(
        texts(app)
    )
    table = shown(app, "Verdict")
    assert dict(zip(table["Group"], table["Verdict"], strict=True)) == {
        row.group: row.verdict for row in found.groups
    }
    assert table["p, corrected"].tolist() == [row.p_adjusted for row in found.groups]


def test_all_periods_count_together_when_asked_for() -> None:
    app = page()
    app.radio(key="drivers over").set_value("all complete periods together").run()
    core = retention_drivers(sample(KEY).log(), pooled=True)
    assert shown(app, "Verdict")["At start"].tolist() == [row.at_start for row in core.groups]


def test_another_correction_and_size_reach_the_core() -> None:
    app = page()
    app.radio(key="drivers correction").set_value("few wrong verdicts (Benjamini-Hochberg)")
    app.number_input(key="drivers smallest").set_value(100).run()
    core = retention_drivers(sample(KEY).log(), correction="benjamini-hochberg", smallest=100)
    assert shown(app, "Verdict")["p, corrected"].tolist() == [row.p_adjusted for row in core.groups]


def test_columns_to_compare_by_are_the_readers_choice() -> None:
    app = page()
    app.multiselect(key=f"drivers {KEY}").set_value(["region"]).run()
    assert set(shown(app, "Verdict")["Column"]) == {"region"}
    assert "No group can be told from the rest." in texts(app)
    assert "none can be told from the rest" in texts(app)
    app.multiselect(key=f"drivers {KEY}").set_value([]).run()
    assert any("at least one column" in info.value for info in app.info)


def test_the_model_of_several_factors_is_that_of_the_core() -> None:
    model = hazard_model(sample(KEY).log())
    app = page()
    assert shown(app, "Ratio")["Ratio"].tolist() == [row.ratio for row in model.effects]
    assert "with 2.31 times the odds of being lost of website" in texts(app)
    app.radio(key="link").set_value("hazard ratios (cloglog)").run()
    model = hazard_model(sample(KEY).log(), link="cloglog")
    assert shown(app, "Ratio")["Ratio"].tolist() == [row.ratio for row in model.effects]


def test_what_the_model_assumes_is_said() -> None:
    app = page()
    assert any(fold.label == "What this model assumes" for fold in app.expander)
    assert "independently of one another" in texts(app)


def test_a_level_nobody_leaves_gets_the_sentence_of_the_core_below_the_comparison() -> None:
    app = page(split_log({"stays": 40, "goes": 10}))
    assert "Kept better than the rest: stays" in texts(app)
    assert any("no finite estimate" in plain(info.value) for info in app.info)


def test_a_log_without_groups_says_how_to_add_them() -> None:
    app = page("cdnow")
    assert len(app.info) == 1
    assert "Groups to compare customers by" in app.info[0].value


TINY: dict[str, dict[str, list[object]]] = {
    "one order": {"customer": ["a"], "date": ["2025-01-01"], "g": ["x"]},
    "one group": {
        "customer": ["a", "b"] * 3,
        "date": ["2025-01-01", "2025-02-02", "2025-03-03"] * 2,
        "g": ["x"] * 6,
    },
    "no amounts": {"customer": ["a", "b"], "date": ["2025-01-01", "2025-04-01"], "g": ["x", "y"]},
}


@pytest.mark.parametrize("rows", TINY.values(), ids=TINY)
def test_a_log_with_nothing_to_compare_says_what_to_do(rows: dict[str, list[object]]) -> None:
    app = page(yours(rows, groups=["g"]))
    assert not app.error
    assert "Comparing takes at least two groups" in app.info[0].value


def test_groups_that_are_markup_stay_text() -> None:
    log = split_log({HOSTILE[0]: 35, HOSTILE[2]: 5, HOSTILE[3]: 20})
    app = page(log)
    said = re.sub(r"\\[!-/:-@\[-`{-~]", "", texts(app))
    assert "Kept better than the rest" in said
    for markup in ("<script>", "**bold**", "[a](", "$x"):
        assert markup not in said
    assert all(not block.allow_html for block in (*app.markdown, *app.caption))


def test_a_column_of_too_many_groups_is_left_to_the_comparison() -> None:
    log = split_log({f"g{number}": 10 for number in range(61)}, customers=20)
    app = page(log)
    assert "g has 61 groups, too many for a model." in plain(texts(app))
    assert f"Drawn are the {driver_charts.MOST_ROWS} clearest of 61" in texts(app)
    assert len(driver_charts.drawn_groups(retention_drivers(log.log))) == driver_charts.MOST_ROWS


def test_downloads_hold_every_figure_and_the_pictures_are_drawn() -> None:
    log = sample(KEY).log()
    found, model = retention_drivers(log), hazard_model(log)
    tables = [driver_lists.effects(model), driver_lists.factors(model), driver_lists.baseline(model)]
    assert downloads.workbook([driver_lists.groups(found), *tables], {}).startswith(b"PK")
    assert len(tables[2].frame) == len(model.baseline)
    for chart in (driver_charts.group_forest(found), driver_charts.effect_forest(model)):
        assert downloads.draw(downloads.Picture(chart, "Drivers"), "svg", {}).startswith(b"<svg")
