"""Takes screenshots of the portal with the current release: one of each kind of page, in both languages.

    python tools/make_pictures.py [FOLDER]

`make screenshots` runs it after `make run`, so that they show the sample. Needs Debian's chromium.
"""

import socket
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import click
import requests
from PIL import Image
from playwright.sync_api import sync_playwright

from pipelines.commands.serve import server_command
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings
from portal.pages import page_url

CHROMIUM = "/usr/bin/chromium"
WINDOW = {"width": 1280, "height": 900}
# Widths in pixels: of the browser window, and of the saved picture, which has few colours so that it stays small.
KEPT_WIDTH = 900
COLOURS = 64
INDICATOR = "unemployment_share_pct"
ASKED = "region=GM0193&region=GM0363&region=GM0935"
PICTURES = {
    "screenshots/home.en.png": page_url("home", "en"),
    "screenshots/home.nl.png": page_url("home", "nl"),
    "screenshots/profile.en.png": page_url("municipality", "en", code="GM0193"),
    "screenshots/profile.nl.png": page_url("municipality", "nl", code="GM0193"),
    "screenshots/figure.en.png": page_url(
        "municipality_figure", "en", region="zwolle", indicator="establishments-per-1000-inhabitants"
    ),
    "screenshots/figure.nl.png": page_url(
        "municipality_figure", "nl", region="zwolle", indicator="vestigingen-per-1000-inwoners"
    ),
    "screenshots/programme.en.png": page_url("programme", "en", group="g40"),
    "screenshots/programme.nl.png": page_url("programme", "nl", group="g40"),
    "screenshots/compare.en.png": f"{page_url('compare', 'en')}?indicator={INDICATOR}&{ASKED}",
    "screenshots/compare.nl.png": f"{page_url('compare', 'nl')}?indicator={INDICATOR}&{ASKED}",
    "screenshots/map.en.png": page_url("map", "en", indicator=INDICATOR),
    "screenshots/map.nl.png": page_url("map", "nl", indicator=INDICATOR),
    "screenshots/labour_market.en.png": page_url("labour_market", "en", code="AM11"),
    "screenshots/labour_market.nl.png": page_url("labour_market", "nl", code="AM11"),
}
PATIENCE_SECONDS = 60


def make_pictures(release: Path, folder: Path) -> list[Path]:
    """Write the screenshots of a release's portal to a folder; returns their paths."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = server_command(release, port)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            return photograph(address, folder)
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    """Return as soon as the server responds.

    Raises:
        TimeoutError: it did not respond in time.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            requests.get(address, timeout=PATIENCE_SECONDS)
            return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise TimeoutError(f"nothing answered on {address}")


def photograph(address: str, folder: Path) -> list[Path]:
    """Write what each page shows in one window, without scrolling."""
    paths = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=WINDOW)
        for name, path in PICTURES.items():
            answer = page.goto(address + path)
            if answer is None or not answer.ok:
                click.echo(f"{name}: there is no page {path} -> kept the old picture", err=True)
                continue
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            make_small(page.screenshot(), target)
            paths.append(target)
        browser.close()
    return paths


def make_small(picture: bytes, target: Path) -> None:
    """Write a picture scaled down and in few colours."""
    with Image.open(BytesIO(picture)) as image:
        height = round(image.height * KEPT_WIDTH / image.width)
        small = image.convert("RGB").resize((KEPT_WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs"
    make_pictures(Settings.from_environment().releases / CURRENT, target)
