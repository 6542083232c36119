"""Takes screenshots of the portal with the current release, in both languages.

    python tools/make_pictures.py [FOLDER]

The few that the documentation shows go into FOLDER, by default `docs`. Without FOLDER, the folder `screenshots`, which
git ignores, gets a whole page of every kind too, as wide as a desktop and as a phone: of the first one of its kind that
the links from the home page lead to. `make screenshots` runs it after `make run`, so that they show the sample. Needs
Debian's chromium.
"""

import html
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import click
import requests
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Response as BrowserAnswer

from pipelines.commands.server_process import serving
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings
from portal.pages import PATHS, page_url, routes

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
    "screenshots/profile.en.png": page_url("municipality", "en", region="zwolle"),
    "screenshots/profile.nl.png": page_url("municipality", "nl", region="zwolle"),
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
    "screenshots/labour_market.en.png": page_url("labour_market", "en", region="flevoland"),
    "screenshots/labour_market.nl.png": page_url("labour_market", "nl", region="flevoland"),
}
PROJECT = Path(__file__).parents[1]
# On a busy machine an answer takes long; after this many seconds it is asked for again, and in the end given up.
ANSWER_SECONDS, PATIENCE_SECONDS, PAUSE_SECONDS = 60, 900, 3
# What a server answers that has no time.
BUSY = (429, 503)
Answer = TypeVar("Answer", requests.Response, BrowserAnswer)
EVERY_KIND = PROJECT / "screenshots"
DESKTOP, PHONE = WINDOW, {"width": 390, "height": 844}
NOT_FOUND = "/nothing"
# So many links of one page to a kind of page are tried: a region need not have a figure of its own.
MOST_TRIED = 3
LINK = re.compile(r'(?:href|src)="([^"#]+)')


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def patiently(path: str, ask: Callable[[], Answer | None]) -> Answer:
    """Returns the answer to `ask`, which is repeated, with its reason, as long as a server that is busy has none.

    Raises:
        click.ClickException: there was none for as long as anybody waits.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = ask()
            status = (
                None if answer is None else answer.status if isinstance(answer, BrowserAnswer) else answer.status_code
            )
            if answer is not None and status not in (429, 503):
                return answer
            reason = f"status {status}"
        except (requests.ConnectionError, requests.Timeout, BrowserError) as error:
            reason = str(error).splitlines()[0]
        if time.monotonic() > until:
            raise click.ClickException(
                f"{path}: no answer in {PATIENCE_SECONDS} s ({reason}) -> try when it is quieter"
            )
        click.echo(f"{path}: no answer yet ({reason}), asking again", err=True)
        time.sleep(PAUSE_SECONDS)


def status_of(answer: requests.Response | BrowserAnswer) -> int:
    """Returns the HTTP status of an answer to either of the two that ask."""
    return answer.status_code if isinstance(answer, requests.Response) else answer.status


def open_patiently(page: Page, address: str, path: str) -> BrowserAnswer:
    """Opens a page in the browser; returns what was answered."""
    return patiently(path, lambda: page.goto(address + path, timeout=1000 * ANSWER_SECONDS))


def photograph(address: str, folder: Path) -> None:
    """Write what the pages of the documentation show in one window, without scrolling."""
    with chromium() as browser:
        page = browser.new_page(viewport=WINDOW)
        for name, path in PICTURES.items():
            if not open_patiently(page, address, path).ok:
                click.echo(f"{name}: there is no page {path} -> kept the old picture", err=True)
                continue
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            make_small(page.screenshot(), target)


def photograph_every_kind(address: str, folder: Path) -> None:
    """Write a whole page of every kind in both languages, as wide as a desktop and as a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    every = {**find_every_kind(address), "not_found.nl": NOT_FOUND}
    with chromium() as browser:
        for width, window in (("desktop", DESKTOP), ("phone", PHONE)):
            page = browser.new_page(viewport=window)
            for name, path in every.items():
                open_patiently(page, address, path)
                page.screenshot(path=folder / f"{name}.{width}.png", full_page=True, timeout=1000 * ANSWER_SECONDS)
    click.echo(f"{2 * len(every)} pictures of {len(every)} pages are in {folder}")


def find_every_kind(address: str) -> dict[str, str]:
    """Returns an address of every kind of page in both languages, by following the links from the home page.

    Pages that only lead to another, and addresses that have files only, are no kind of their own.
    """
    patterns = {
        f"{kind}.{lang}": re.compile(pattern)
        for kind, paths in PATHS.items()
        for lang, (pattern, _) in zip(paths, routes(kind, None), strict=True)
    }
    found: dict[str, str] = {}
    queue = [page_url("home", "nl")]
    for path in queue:
        answer = patiently(path, partial(requests.get, address + path, timeout=ANSWER_SECONDS))
        # Some lead to another page, which is then the one that was found.
        path = answer.url.removeprefix(address)
        kind = next((name for name, pattern in patterns.items() if pattern.match(urlsplit(path).path)), None)
        if kind is None or kind in found or not answer.ok:
            continue
        found[kind] = path
        links = [link.removeprefix(address) for link in LINK.findall(html.unescape(answer.text))]
        own = [link for link in links if link.startswith("/")]
        for name, pattern in patterns.items():
            if name not in found:
                queue += [link for link in own if pattern.match(urlsplit(link).path)][:MOST_TRIED]
    return found


def make_small(picture: bytes, target: Path) -> None:
    """Write a picture scaled down and in few colours."""
    with Image.open(BytesIO(picture)) as image:
        height = round(image.height * KEPT_WIDTH / image.width)
        small = image.convert("RGB").resize((KEPT_WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    with serving(Settings.from_environment().releases / CURRENT) as portal:
        photograph(portal, Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "docs")
        if len(sys.argv) == 1:
            photograph_every_kind(portal, EVERY_KIND)
