"""The portal as a reader meets it: a server of a release, and Debian's chromium."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

from pipelines.commands.serve import server_command

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
# In CI a missing browser is a failure, on somebody's own machine a reason to skip.
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"),
        reason="chromium is absent; on Debian: apt-get install chromium",
    ),
]


@contextmanager
def serving(release: Path) -> Iterator[str]:
    """Serve a release on a free port; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(server_command(release, port))
    try:
        yield _wait_for(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=40)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A running browser without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def _wait_for(address: str) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            requests.get(address, timeout=5)
            return address
        except requests.ConnectionError:
            time.sleep(0.2)
    pytest.fail(f"nothing answered on {address} within two minutes")
