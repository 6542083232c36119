"""Makes the pictures of the portal in the READMEs, from the current release.

    python docs/make_pictures.py [FOLDER]

Run it after `make run`, so that the pictures show the sample. Needs Debian's chromium.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

import requests
from playwright.sync_api import sync_playwright

from pipelines.publish.release import CURRENT
from pipelines.serve import datasette_command
from pipelines.settings import Settings

CHROMIUM = "/usr/bin/chromium"
WINDOW = {"width": 1280, "height": 900}
PICTURES = {"portal.png": "/en?q=Zwolle", "portal.nl.png": "/?q=Zwolle"}
PATIENCE_SECONDS = 60


def make_pictures(release: Path, folder: Path) -> list[Path]:
    """Write the pictures of a release's portal to a folder; returns their paths."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = datasette_command(release, port)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            return photograph(address, folder)
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    """Return as soon as somebody answers.

    Raises:
        TimeoutError: nobody did in time.
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
    """Write what each page shows in one window without scrolling."""
    paths = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=WINDOW)
        for name, path in PICTURES.items():
            page.goto(address + path)
            page.screenshot(path=folder / name)
            paths.append(folder / name)
        browser.close()
    return paths


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    make_pictures(Settings.from_environment().releases / CURRENT, target)
