"""The portal in Debian's chromium: without JavaScript, on a phone, on paper, and with nothing asked outside."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.serve import datasette_command

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = [
    "/",
    "/en?q=gron",
    "/gemeente/GM0193",
    "/en/region/corop/CR23",
    "/gemeente/GM0140",
    "/regiokompas",
    "/regiokompas/observations",
    "/regiokompas/next_to_peers",
    "/regiokompas/regions/GM0193",
]
# In CI a missing browser is a failure, on somebody's own machine a reason to skip.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"),
        reason="chromium is absent; on Debian: apt-get install chromium",
    ),
]


@pytest.fixture(scope="module")
def address(sample_release: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(datasette_command(sample_release, port))
    try:
        yield _wait_for(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str) -> str:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            requests.get(address, timeout=5)
            return address
        except requests.ConnectionError:
            time.sleep(0.2)
    pytest.fail(f"nothing answered on {address} within 30 seconds")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_pages_break_no_rule_of_the_browser_and_ask_nothing_outside(page: Page, address: str, path: str) -> None:
    complaints: list[str] = []
    outside: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: outside.append(request.url))
    page.goto(address + path)
    assert complaints == []
    assert [url for url in outside if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_narrow_phone(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_a_name(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    nameless = page.evaluate(
        """[...document.querySelectorAll("main input:not([type=hidden], [type=submit]), main select, main textarea")]
        .filter(f => f.name && !f.labels.length && !f.ariaLabel).map(f => f.outerHTML)"""
    )
    assert nameless == []


def test_a_municipality_is_found_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Zoek een gemeente of regio").fill("den haag")
    page.get_by_role("button", name="Zoek").click()
    page.get_by_role("heading", name="'s-Gravenhage").wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="'s-Gravenhage").wait_for()
    page.get_by_role("link", name="All years: ").first.click()
    assert "region_code=GM0518" in page.url
    context.close()


def test_the_keyboard_reaches_the_search_field(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Naar de inhoud"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("id") == "q"
    page.keyboard.type("GM0193")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Zwolle").wait_for()


def test_the_sample_notice_stays_on_screen_and_on_paper(page: Page, address: str) -> None:
    page.goto(f"{address}/gemeente/GM0193")
    notice = page.get_by_role("note")
    assert notice.is_visible()
    page.emulate_media(media="print")
    assert notice.is_visible()
    assert page.get_by_role("heading", name="Zwolle").is_visible()
    assert not page.get_by_role("navigation").is_visible()
