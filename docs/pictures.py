"""Draws the pictures of the method pages from the samples, with the charts of the companion.

    python docs/pictures.py

writes one PNG a page to docs/methods, or into the folder named. On one machine the pictures come out the same
every time; elsewhere letters may look a little different, as the fonts do.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

import retention_core as rc  # noqa: E402
from app_pages import (  # noqa: E402
    cohort_charts,
    driver_charts,
    focus_charts,
    forecast_charts,
    lifetime_charts,
    lifetime_tables,
    segment_charts,
    stage_charts,
    subscription_charts,
    voice_charts,
    worth_charts,
)
from app_pages.downloads import Picture, draw  # noqa: E402
from retention_core.differences import GroupShare  # noqa: E402
from retention_core.samples import subscription_sample  # noqa: E402

FOLDER = ROOT / "docs" / "methods"
SHOP = "Gift shop (simulated), 4,800 customers, 2023 to 2025"
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
SILENT_DAYS = 183
FOCUS_COST = 2.0  # of one action in the gift shop, as an example
COLOURS = 128


def cohorts() -> tuple[Picture, str]:
    """Every cohort of the shop at every age."""
    table = rc.cohorts_of(rc.sample("gift_shop").log(), period="quarter")
    title = "Customers who ordered again, in percent, by quarter of the first order"
    return Picture(cohort_charts.cohort_heatmap(table), title), SHOP


def rfm() -> tuple[Picture, str]:
    """The segments of the shop."""
    table = rc.rfm_of(rc.sample("gift_shop").log())
    title = "Segments: share of the customers (grey) and of the profit (colour)"
    return Picture(segment_charts.segment_bars(table), title), SHOP


def survival() -> tuple[Picture, str]:
    """How long the customers of each channel stay."""
    stays = rc.lifetimes_of(rc.sample("gift_shop").log(), SILENT_DAYS, group="channel")
    curve = stays.curve()
    times = lifetime_charts.ticks(curve.longest, "day")
    ages = lifetime_tables.ages(stays.durations, curve, times, "day").frame
    at_risk = ages.rename(columns={"Days": "time", "Observed": "at_risk"})
    title = f"Customers still there, lost after {SILENT_DAYS} days without an order, by channel"
    return Picture(lifetime_charts.survival(stays.curves(), at_risk, "day"), title), SHOP


def projection() -> tuple[Picture, str]:
    """Two models carry on the survivors of a published cohort."""
    both = rc.compare_models(HIGH_END)
    models = {"sBG": both.simple.project(5), "BdW": both.extended.project(5)}
    about = '"High End" customers of Fader and Hardie (2007), counted over seven periods'
    return Picture(lifetime_charts.projection(models, "BdW"), "Survivors and their projection"), about


def forecasts() -> tuple[Picture, str]:
    """A forecast held against what came."""
    columns = {"customer": "customer_id", "date": "date", "amount": "dollar_value", "order": ""}
    log = rc.OrderLog.from_frame(rc.cdnow_tenth(), **columns)
    check = rc.validate_forecast(log, rc.fit_bg_nbd, calibration_end=dt.date(1997, 10, 1))
    about = "CDNOW, 1/10 sample, 2,357 customers; fitted to what lies left of the dashed line"
    return Picture(forecast_charts.tracking(check), "Repeat orders: BG/NBD and what came"), about


def revenue() -> tuple[Picture, str]:
    """The five movements of recurring revenue."""
    sample = subscription_sample()
    table = rc.revenue_movements(sample.subscriptions(), period="quarter")
    title = "Movements of monthly recurring revenue by quarter; grey lines: their balance"
    about = f"{sample.title}, 420 customers, 2023 to 2025"
    return Picture(subscription_charts.movements(table), title), about


def drivers() -> tuple[Picture, str]:
    """Each region and channel against the rest."""
    found = rc.retention_drivers(rc.sample("gift_shop").log(), period="quarter")
    title = "Retention of each group less that of all other customers, last quarter"
    return Picture(driver_charts.group_forest(found), title), SHOP


def stages() -> tuple[Picture, str]:
    """Where the customers of the shop stand."""
    table = rc.stages_of(rc.sample("gift_shop").log())
    title = "Stages: share of the customers and, below it, of the profit, by schedule"
    return Picture(stage_charts.stage_bars(table), title), SHOP


def focus() -> tuple[Picture, str]:
    """What a budget is expected to save, and where it stops paying."""
    found = rc.focus_of(rc.sample("gift_shop").log(), action=rc.Action(cost=FOCUS_COST))
    stop = found.stops_paying()
    if stop is None:
        raise SystemExit("The gift shop has no curve of gain against budget.")
    curve = focus_charts.budget_curve(pd.DataFrame(found.curve()), stop, None)
    about = f"{SHOP}; {FOCUS_COST:g} an action, which saves a tenth of what is at stake"
    return Picture(curve, "Gain of actions against their budget, best customers first"), about


def due() -> tuple[Picture, str]:
    """The first of those who are due a word."""
    chart = focus_charts.next_orders(rc.due_of(rc.sample("gift_shop").log()))
    if chart is None:
        raise SystemExit("Nobody in the gift shop is due a word.")
    title = "Next order of the first of the list, with its 10 to 90 % interval"
    return Picture(chart, title), f"{SHOP}; as of 2026-01-01"


def worth() -> tuple[Picture, str]:
    """Spending of the shop's customers by tenure, in every reading, beside the popular 67 %."""
    chart = worth_charts.readings_forest(rc.spend_by_tenure(rc.sample("gift_shop").log()))
    if chart is None:
        raise SystemExit("The gift shop is too young to compare spending by tenure.")
    title = "Profit in months 25 to 30 after the first order against the first six; red: the popular 67 %"
    return Picture(chart, title), SHOP


def voice() -> tuple[Picture, str]:
    """Who orders again, by what they scored and by whether they were heeded."""
    found = rc.voice_of(rc.sample("gift_shop").log(), rc.voice_sample().feedback())
    heeded = () if found.adoption is None else (found.adoption.one, found.adoption.other)
    groups = [one for one in (*found.by_score, *heeded) if isinstance(one, GroupShare)]
    chart = voice_charts.kept_groups(groups)
    if chart is None:
        raise SystemExit("Nobody in the gift shop said anything.")
    title = f"Ordered again within {found.window} days, by the first answer and by the first suggestion"
    return Picture(chart, title), SHOP


PICTURES: Mapping[str, Callable[[], tuple[Picture, str]]] = {
    "cohorts": cohorts,
    "drivers": drivers,
    "due": due,
    "focus": focus,
    "forecasts": forecasts,
    "projection": projection,
    "revenue": revenue,
    "rfm": rfm,
    "stages": stages,
    "survival": survival,
    "voice": voice,
    "worth": worth,
}


def drawn(name: str) -> bytes:
    """One picture as PNG, in as few colours as charts have."""
    picture, about = PICTURES[name]()
    image = Image.open(io.BytesIO(draw(picture, "png", {"Log": about}))).convert("RGB")
    small = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


def main(folder: Path = FOLDER) -> None:
    """Draw them all."""
    for name in PICTURES:
        path = folder / f"{name}.png"
        path.write_bytes(drawn(name))
        print(path.name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
