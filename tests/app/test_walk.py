"""One walk through the real app in headless Chromium, as an owner would take it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import sync_playwright

from app_pages import wording
from retention_core.cohorts import cohorts_of
from retention_core.concentration import concentration_of
from retention_core.orders import OrderLog
from retention_core.periods import period_retention
from retention_core.report import yearly_rate
from retention_core.samples import sample

pytestmark = pytest.mark.host

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "overview": "How many",
    "pareto": "Who brings",
    "benchmarks": "Is that",
    "cohorts": "Do newer",
    "stages": "Where does",
    "focus": "Which customers",
    "due": "Who is due",
    "segments": "Who are",
    "drivers": "Which groups",
    "worth": "What is a point",
    "what_if": "What would it change",
    "functions": "What can I type",
    "data": "Your data",
}
PATIENCE = 60_000


def requires_chromium() -> None:
    """Skip with a reason where there is no browser; in CI its absence is a failure."""
    if CHROMIUM is None:
        message = "Chromium is not installed"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, started as its users start it, on a free port of this machine, with a home of its own."""
    requires_chromium()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    said = home / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with said.open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", server, said)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def wait_until_healthy(url: str, server: subprocess.Popen[bytes], said: Path) -> None:
    """Return once the app answers; its own words if it does not."""
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the app did not start: {said.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def page(address: str, tmp_path: Path) -> Iterator[object]:
    """A browser window with a fresh profile, which notes every request that leaves this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
            accept_downloads=True,
        )
        window = browser.pages[0]
        window.set_default_timeout(PATIENCE)
        window.strangers = []
        window.on("request", lambda request: note_strangers(window, request.url, address))
        yield window
        browser.close()


def note_strangers(window: object, url: str, address: str) -> None:
    own = (address, address.replace("http", "ws", 1), "data:", "blob:", "chrome")
    if not url.startswith(own):
        window.strangers.append(url)


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of a shop's orders as a German spreadsheet exports them, with rows that cannot be used."""
    chance = random.Random(7)
    path = tmp_path_factory.mktemp("orders") / "bestellungen 2024.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(["Bestellnr", "Kunde", "Bestelldatum", "Betrag", "Region"])
        for number in range(3_000):
            day = dt.date(2024, 1, 1) + dt.timedelta(chance.randrange(731))
            customer = "" if number % 100 == 0 else f"Müller {int(chance.paretovariate(0.6)) % 400}"
            amount = f"{chance.paretovariate(1.6) * 20:.2f}".replace(".", ",")
            out.writerow([number, customer, f"{day:%d.%m.%Y}", amount, chance.choice(["Nord", "Süd"])])
    return path


def settled(window: object, heading: str) -> None:
    """Wait until the page with this heading has been worked out."""
    window.get_by_role("heading", name=heading).first.wait_for()
    window.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    window.wait_for_timeout(400)


def choose_page(window: object, name: str, heading: str) -> None:
    """Follow the link of the navigation."""
    window.locator("[data-testid=stSidebarNav]").get_by_role("link", name=name).click()
    settled(window, heading)
    assert window.locator("[data-testid=stException]").count() == 0


def shown(window: object) -> str:
    """What the page says, blanks of all kinds alike."""
    return " ".join(window.locator("[data-testid=stMain]").inner_text().split())


def test_an_owner_uploads_a_file_sees_its_numbers_and_takes_them_home(
    page: object, address: str, shop_file: Path, tmp_path: Path
) -> None:
    page.goto(address)
    settled(page, "How many")
    assert "Simulated data" in shown(page)

    choose_page(page, "Your data", "Your data")
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(shop_file)
    page.get_by_role("heading", name="Which column is which?").wait_for()
    page.get_by_role("button", name="Use this data").click()
    page.get_by_text("Your data is in use on every page.").wait_for()

    log = OrderLog.from_file(shop_file)
    assert log.rows == 3_000 == log.rows_used + len(log.set_aside)
    said = shown(page)
    for number in (log.rows, log.rows_used, len(log.set_aside), log.customers, log.orders):
        assert f"{number:,}" in said

    table = period_retention(log)
    assert table.latest is not None and table.latest.rate is not None
    choose_page(page, "Overview", "How many")
    assert f"{table.latest.rate:.1%} of the customers were kept".replace("%", " %") in shown(page)
    assert wording.spaced(table.reason).replace("\u00a0", " ") in page.locator(
        "[data-testid=stSidebar]"
    ).inner_text().replace("\n", " ").replace("\u00a0", " ")

    with page.expect_download() as download:
        page.get_by_role("button", name="Figures (xlsx)").click()
    download.value.save_as(tmp_path / "figures.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "figures.xlsx")["Retention by period"]
    rows = [dict(zip([cell.value for cell in sheet[1]], row, strict=True)) for row in sheet.values][1:]
    rates = [period.rate for period in reversed(table.periods)]
    assert [row["Retention"] is None for row in rows] == [rate is None for rate in rates]
    assert [row["Retention"] or 0 for row in rows] == pytest.approx([rate or 0 for rate in rates], rel=1e-12)
    assert [row["Kept"] for row in rows] == [period.kept for period in reversed(table.periods)]

    for ending, start in (("csv", b"\xef\xbb\xbfPeriod"), ("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"({ending})").click()
        download.value.save_as(tmp_path / ending)
        assert (tmp_path / ending).read_bytes().startswith(start)

    choose_page(page, "Pareto", "Who brings")
    top = concentration_of(log).top_share(0.2)
    assert f"brings {top.value:.1%} of the revenue".replace("%", " %") in shown(page)
    choose_page(page, "Benchmarks", "Is that")
    yearly = yearly_rate(log, table)
    assert yearly is not None
    assert f"{yearly.rate:.1%}".replace("%", " %") in shown(page)
    assert re.search(r"(Above|Below|Cannot tell).* Retail figure", shown(page))

    choose_page(page, "Your data", "Your data")
    page.get_by_text("Still at hand: bestellungen 2024.csv").wait_for()
    page.get_by_text("Change which column is which").click()
    page.get_by_role("button", name="Use this data").wait_for()
    assert page.strangers == []


def test_a_spoilt_file_gets_a_sentence_and_no_traceback(page: object, address: str, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.xlsx"
    spoilt.write_bytes(b"PK\x03\x04 this was a workbook once")
    page.goto(f"{address}/data")
    settled(page, "Your data")
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(spoilt)
    page.get_by_role("alert").wait_for()
    said = shown(page)
    assert "spoilt.xlsx" in said
    assert "Traceback" not in said


def test_names_that_are_markup_are_shown_as_text(page: object, address: str, tmp_path: Path) -> None:
    name = "<img src=x onerror=\"document.title='caught'\">"
    file = tmp_path / "names.csv"
    buffer = io.StringIO()
    out = csv.writer(buffer)
    out.writerow(["customer", "date", "amount", name])
    out.writerows([name, f"2025-0{month}-05", 5, name] for month in (1, 2, 3, 4))
    file.write_text(buffer.getvalue(), encoding="utf-8")
    page.goto(f"{address}/data")
    settled(page, "Your data")
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Use this data").click()
    page.get_by_text("Your data is in use on every page.").wait_for()
    choose_page(page, "Pareto", "Who brings")
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "caught"


def test_a_click_on_a_cohort_lists_its_customers(page: object, address: str) -> None:
    page.goto(f"{address}/cohorts")
    settled(page, "Do newer")
    table = cohorts_of(sample("gift_shop").log(), period="quarter")
    cell = table.cohorts[5].cells[3]
    # no other cell of the picture says the same
    drawn = page.locator("[data-testid=stVegaLiteChart]").first
    drawn.get_by_text(f"{cell.rate:.1%}"[:-1], exact=True).first.click()
    page.get_by_text(f"{cell.customers} customers of the {cell.size} in the cohort").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0


def test_the_screens_of_the_sample_are_whole(page: object, address: str) -> None:
    """With RETENTION_SCREENSHOTS set, these become the pictures in docs/screens."""
    for name, heading in PAGES.items():
        page.goto(address if name == "overview" else f"{address}/{name}")
        settled(page, heading)
        assert page.locator("[data-testid=stException]").count() == 0
        if os.environ.get("RETENTION_SCREENSHOTS"):
            page.wait_for_timeout(1_500)
            page.screenshot(path=ROOT / "docs" / "screens" / f"{name}.png")
    assert page.strangers == []
