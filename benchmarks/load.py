"""How the portal holds up: how many requests it answers, how fast, and what visitors notice while others attack it.

    python benchmarks/load.py [SECONDS] [CLIENTS ...] [--write]

Serves the current release on this machine, by `serve` and behind `nginx`, for SECONDS (2) each: every kind of request
with every number of CLIENTS (1 16 64), and then visitors, quiet and under each attack. nginx keeps no answers here, so
that each is made as for who asks first. --write writes what it prints into docs/reliability.md. Sends nothing to any
other machine, and stops by itself, in about seven minutes.
"""

import asyncio
import multiprocessing
import os
import platform
import re
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx

from pipelines.commands.server_process import serving
from pipelines.publish.release import CURRENT
from pipelines.settings import PROJECT, Settings
from tools.attacks import ATTACKS, CASES, WAITS
from tools.behind_nginx import behind_nginx, has_nginx

DOCUMENT = PROJECT / "docs" / "reliability.md"
BEGIN, END = "<!-- measured by benchmarks/load.py -->\n", "<!-- to here -->\n"
ATTACKERS = 30
PATIENCE_SECONDS, REST_SECONDS = 60.0, 1.0
# To make one takes some milliseconds, which clients that are made while others are measured would take from these.
NO_SECRETS = ssl.create_default_context()
VISITED = "/gemeente/zwolle"
REQUESTS = {
    "profile": VISITED,
    "figure page": "/gemeente/zwolle/banen",
    "table JSON": "/regiokompas/observations.json?region_code=GM0193",
    "canned query": "/regiokompas/next_to_peers.json?region=GM0193&indicator=jobs_count",
    "SQL": "/regiokompas.json?sql=select+*+from+regions+limit+20",
    "CSV": "/downloads/observations.csv",
    "zip": "/gemeente/zwolle.zip",
    "xlsx": "/gemeente/zwolle.xlsx",
    "/v1": "/v1/observations?regionCode=GM0193",
}
KINDS = "| request | clients | requests/s | p50 ms | p99 ms | told to wait | errors |\n|---|---|---|---|---|---|---|"
VISITORS = (
    "| attack | visitors | requests/s | p50 ms | p99 ms | p99, quiet = 1 | errors | most MB of a process |\n"
    "|---|---|---|---|---|---|---|---|"
)


class Clients:
    """Clients, each at an address of its own, that ask for one path again and again; with `patience`, each hangs up.

    Args:
        address: where the portal is.
        path: what they ask for.
        count: how many they are.
        first: the number of the first, which its address ends with.
        patience: after how many seconds without an answer one hangs up.
    """

    def __init__(self, address: str, path: str, count: int, first: int = 2, patience: float = PATIENCE_SECONDS) -> None:
        self._address, self._path, self._patience = address, path, patience
        self._numbers = range(first, first + count)
        self.milliseconds: list[float] = []
        self.statuses: Counter[str] = Counter()

    async def ask_until(self, until: float) -> None:
        """Ask, and note what came of it; a client that is refused waits a moment."""
        async with AsyncExitStack() as stack:
            options = {
                "base_url": self._address,
                "timeout": self._patience,
                "follow_redirects": True,
                "trust_env": False,
            }
            transports = [
                httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number}", verify=NO_SECRETS)
                for number in self._numbers
            ]
            clients = [
                await stack.enter_async_context(httpx.AsyncClient(transport=transport, **options))  # type: ignore[arg-type]
                for transport in transports
            ]
            await asyncio.gather(*(self._one(client, until) for client in clients))

    async def _one(self, client: httpx.AsyncClient, until: float) -> None:
        is_over = False
        while not is_over:
            began = time.perf_counter()
            try:
                async with client.stream("GET", self._path) as answer:
                    async for _ in answer.aiter_raw():
                        pass
                status = str(answer.status_code)
            except httpx.HTTPError as error:
                status = type(error).__name__
            self.statuses[status] += 1
            is_over = time.monotonic() >= until
            if status == "429":
                await asyncio.sleep(0.05)
            else:
                self.milliseconds.append((time.perf_counter() - began) * 1000)

    def share(self, part: float) -> float:
        """The milliseconds within which a part of all that were not refused were answered."""
        found = sorted(self.milliseconds) or [float("nan")]
        return found[min(len(found) - 1, int(len(found) * part))]

    @property
    def refused(self) -> int:
        """How many were told to come back."""
        return self.statuses["429"]

    @property
    def errors(self) -> int:
        """How many were answered with anything but 200, or not at all."""
        return self.statuses.total() - self.statuses["200"] - self.refused


def most_memory(mark: str) -> int:
    """Returns the most memory that a process of a portal had, in MB, since this was last asked.

    Args:
        mark: what the command line of the parent of such a process has, and of no other.
    """
    found = [0]
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, AttributeError):
            if b"spawn_main" not in (process / "cmdline").read_bytes():
                continue
            told = (process / "status").read_text(encoding="ascii")
            parent = re.search(r"^PPid:\s+(\d+)$", told, re.MULTILINE)[1]  # type: ignore[index]
            if mark in Path(f"/proc/{parent}/cmdline").read_text(encoding="utf-8").replace("\0", " "):
                most = re.search(r"^VmHWM:\s+(\d+) kB$", told, re.MULTILINE)[1]  # type: ignore[index]
                # From here on it counts anew.
                (process / "clear_refs").write_text("5", encoding="ascii")
                found.append(int(most) // 1024)
    return max(found)


@contextmanager
def attacked(address: str, attack: str, patience: float) -> Iterator[None]:
    """Attackers ask as long as this lasts, in a process of their own: what they do is no work of a visitor's."""
    if not attack:
        yield
        return
    spawning = multiprocessing.get_context("spawn")
    begun = spawning.Event()
    attackers = spawning.Process(target=_attack, args=(address, attack, patience, begun), daemon=True)
    attackers.start()
    begun.wait()
    try:
        yield
    finally:
        attackers.terminate()
        attackers.join()
        # What they asked for ends when they are gone.
        time.sleep(REST_SECONDS)


def _attack(address: str, attack: str, patience: float, begun: Event) -> None:
    # They are elsewhere in life, and would take no processor time of this machine: here they get what nobody wants.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    clients = Clients(address, ATTACKS[attack], ATTACKERS, 100, patience)
    begun.set()
    asyncio.run(clients.ask_until(time.monotonic() + PATIENCE_SECONDS))


@contextmanager
def by_itself(link: Path) -> Iterator[tuple[str, str]]:
    """Serves with `regiokompas serve`; gives the address, and what marks its processes."""
    with serving(link) as address:
        yield address, f"--port {address.rpartition(':')[2]} "


@contextmanager
def in_pairs(link: Path) -> Iterator[tuple[str, str]]:
    """Serves behind an nginx that keeps nothing; gives the address, and what marks its processes."""
    with behind_nginx(link, keeps=False) as portal:
        yield portal.address, f"--sockets {portal.front.sockets}/"


WAYS = {"serve": by_itself, "nginx": in_pairs}


async def measure_kinds(address: str, seconds: float, numbers: list[int]) -> list[str]:
    """Returns a row for each kind of request and number of clients."""
    rows = []
    for name, path in REQUESTS.items():
        for number in numbers:
            clients, began = Clients(address, path, number), time.monotonic()
            await clients.ask_until(began + seconds)
            rate = len(clients.milliseconds) / (time.monotonic() - began)
            times = f"{clients.share(0.5):.0f} | {clients.share(0.99):.0f}"
            rows.append(say(f"| {name} | {number} | {rate:.1f} | {times} | {clients.refused} | {clients.errors} |"))
    return rows


def measure_attacks(address: str, mark: str, seconds: float, numbers: list[int]) -> list[str]:
    """Returns a row for each attack, none first, and number of visitors."""
    rows: list[str] = []
    quiet: dict[int, float] = {}
    for attack, patience in [("", WAITS), *CASES]:
        name = f"{attack or 'none'}{'' if patience == WAITS else ', hung up'}"
        for number in numbers:
            most_memory(mark)
            visitors = Clients(address, VISITED, number)
            with attacked(address, attack, patience):
                began = time.monotonic()
                asyncio.run(visitors.ask_until(began + seconds))
                took = time.monotonic() - began
            worst = visitors.share(0.99)
            quiet.setdefault(number, worst)
            rate, times = len(visitors.milliseconds) / took, f"{visitors.share(0.5):.0f} | {worst:.0f}"
            told = f"{worst / quiet[number]:.1f} | {visitors.errors + visitors.refused} | {most_memory(mark)}"
            rows.append(say(f"| {name} | {number} | {rate:.1f} | {times} | {told} |"))
    return rows


def say(row: str) -> str:
    """Prints a row at once, and returns it."""
    print(row, flush=True)
    return row


def machine() -> str:
    """Returns what the figures are of: processors, memory, system and Python."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    processors = f"{os.cpu_count()} processors ({model[1] if model else platform.machine()})"
    return f"{processors}, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Print the tables, and write them where that is asked."""
    given = [text for text in sys.argv[1:] if text != "--write"]
    seconds, numbers = float(given[0]) if given else 2.0, [int(text) for text in given[1:]] or [1, 16, 64]
    release = (Settings.from_environment().releases / CURRENT).resolve(strict=True)
    told = f"{machine()}. Release {release.name}; {seconds:g} s for each row; {ATTACKERS} attackers."
    lines = [say(told), ""]
    for way in WAYS if has_nginx() else ["serve"]:
        with WAYS[way](release.with_name(CURRENT)) as (address, mark):
            lines += [say(f"### By `{way}`, quiet"), "", say(KINDS)]
            lines += [*asyncio.run(measure_kinds(address, seconds, numbers)), ""]
            lines += [say(f"### By `{way}`, under attack"), "", say(VISITORS)]
            lines += [*measure_attacks(address, mark, seconds, numbers), ""]
    if "--write" in sys.argv:
        text = DOCUMENT.read_text(encoding="utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        DOCUMENT.write_text(before + BEGIN + "\n" + "\n".join(lines) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
