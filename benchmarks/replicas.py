"""How many requests several replicas of the portal answer behind one balancer, beside one of them.

    python benchmarks/replicas.py [SECONDS] [REPLICAS ...]

Serves the current release by as many `regiokompas serve` as REPLICAS (1 2 4) behind an nginx that knows nothing of them
but where they listen, and asks for pages with 16 clients, SECONDS (5) each. A replica keeps nothing, so each must give
the same bytes; that is compared first. More replicas than processors cannot answer more.
"""

import asyncio
import hashlib
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from benchmarks.load import REQUESTS, Clients, machine
from pipelines.commands.server_process import serving
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings
from tools.behind_nginx import nginx_with

CLIENTS = 16
# Datasette tells how long it took to answer one.
QUESTIONS = "/regiokompas"
ASKED = ("profile", "figure page", "/v1")
BALANCER = """
upstream replicas {{ least_conn; keepalive 32; {servers} }}
server {{
    listen 127.0.0.1:{{port}};
    location / {{
        proxy_pass http://replicas;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
    }}
}}
"""
HEAD = "| replicas | request | requests/s | one replica = 1 | p50 ms | p99 ms | errors |\n|---|---|---|---|---|---|---|"


@contextmanager
def balanced(release: Path, number: int) -> Iterator[tuple[str, list[str]]]:
    """Serves a release by a number of replicas; gives the address of the balancer, and those of the replicas."""
    with ExitStack() as stack:
        replicas = [stack.enter_context(serving(release)) for _ in range(number)]
        servers = " ".join(f"server {address.removeprefix('http://')};" for address in replicas)
        yield stack.enter_context(nginx_with(BALANCER.format(servers=servers))), replicas


def refuse_differences(replicas: list[str]) -> None:
    """Compare the bytes and the ETag that the replicas answer with, to every kind of request but questions.

    Raises:
        AssertionError: two of them differ; names the request.
    """
    for name, path in REQUESTS.items():
        if path.startswith(QUESTIONS):
            continue
        # By one name, as a balancer asks: the links of a page begin with it.
        answers = [requests.get(address + path, headers={"Host": "localhost"}, timeout=60) for address in replicas]
        found = {(a.status_code, a.headers.get("ETag"), hashlib.sha256(a.content).hexdigest()) for a in answers}
        if len(found) != 1 or answers[0].status_code != 200:
            raise AssertionError(f"{name}: the replicas answer {len(found)} things")


def measure(release: Path, seconds: float, numbers: list[int]) -> None:
    """Print a row for each number of replicas and kind of page."""
    one: dict[str, float] = {}
    for number in numbers:
        with balanced(release, number) as (address, replicas):
            refuse_differences(replicas)
            for name in ASKED:
                # What a replica makes once it makes before it is measured.
                asyncio.run(Clients(address, REQUESTS[name], CLIENTS).ask_until(time.monotonic()))
                clients, began = Clients(address, REQUESTS[name], CLIENTS), time.monotonic()
                asyncio.run(clients.ask_until(began + seconds))
                rate = len(clients.milliseconds) / (time.monotonic() - began)
                times = f"{clients.share(0.5):.0f} | {clients.share(0.99):.0f}"
                compared = rate / one.setdefault(name, rate)
                errors = clients.errors + clients.refused
                print(f"| {number} | {name} | {rate:.1f} | {compared:.1f} | {times} | {errors} |", flush=True)


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    numbers = [int(text) for text in sys.argv[2:]] or [1, 2, 4]
    release = (Settings.from_environment().releases / CURRENT).resolve(strict=True)
    print(f"{machine()}. Release {release.name}; {CLIENTS} clients, {seconds:g} s for each row.\n\n{HEAD}")
    measure(release, seconds, numbers)


if __name__ == "__main__":
    main()
