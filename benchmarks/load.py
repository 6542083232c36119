"""How the portal holds up: how many requests it answers, how fast, and what a visitor notices while others attack it.

    python benchmarks/load.py [SECONDS] [CLIENTS ...]

Serves the current release on this machine, for SECONDS (3) each: every kind of request with every number of CLIENTS
(1 16 64), then a visitor alone and under each attack. Sends nothing to any other machine, and stops by itself.
"""

import asyncio
import sys
import time
from collections import Counter
from urllib.parse import quote_plus

import httpx

from pipelines.commands.server_process import serving
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings

ATTACKERS = 30
VISITED = "/gemeente/zwolle"
ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
HEAP = (
    "with recursive c(x) as (select 1 union all select x + 1 from c limit 9000000)"
    f" select json_group_array(x || '{'a' * 50}') from c"
)
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
# Of each: the address, and after how many seconds an attacker hangs up.
ATTACKS = {
    "endless SQL": (f"/regiokompas.json?sql={quote_plus(ENDLESS)}", 30.0),
    "endless SQL, hung up": (f"/regiokompas.json?sql={quote_plus(ENDLESS)}", 0.3),
    "all the memory": (f"/regiokompas.json?sql={quote_plus(HEAP)}", 30.0),
    "facets": "/regiokompas/observations?_facet=value&_facet=period_code&year__gt=2000",
    "a sort": "/regiokompas/observations?_sort_desc=value",
    "contains": "/regiokompas/observations?region_code__contains=9",
    "streams": "/regiokompas/observations_on_boundaries.csv?_stream=on&year__gt=1",
    "wide pages": "/regiokompas/human_capital?_size=1000",
}


class Clients:
    """Clients that ask one address again and again until a moment; after `patience` seconds each hangs up."""

    def __init__(self, address: str, path: str, count: int, patience: float = 60.0) -> None:
        self._address, self._path, self._count, self._patience = address, path, count, patience
        self.milliseconds: list[float] = []
        self.statuses: Counter[str] = Counter()

    async def ask_until(self, until: float) -> None:
        """Ask, and note what came of it; a client that is refused waits a moment."""
        limits = httpx.Limits(max_connections=self._count)
        options = {"base_url": self._address, "timeout": self._patience, "follow_redirects": True, "limits": limits}
        async with httpx.AsyncClient(**options) as client:  # type: ignore[arg-type]
            await asyncio.gather(*(self._one(client, until) for _ in range(self._count)))

    async def _one(self, client: httpx.AsyncClient, until: float) -> None:
        is_over = False
        while not is_over:
            began = time.perf_counter()
            try:
                async with client.stream("GET", self._path) as answer:
                    async for _ in answer.aiter_raw():
                        pass
                self.statuses[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                self.statuses[type(error).__name__] += 1
            self.milliseconds.append((time.perf_counter() - began) * 1000)
            is_over = time.monotonic() >= until
            if self.statuses["429"]:
                await asyncio.sleep(0.05)

    def share(self, part: float) -> float:
        """The milliseconds within which a part of all were answered."""
        return sorted(self.milliseconds)[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * part))]

    @property
    def errors(self) -> int:
        """How many were answered with anything but 200."""
        return self.statuses.total() - self.statuses["200"]


async def measure(address: str, seconds: float, numbers: list[int]) -> None:
    """Print a line for each kind of request and number of clients, and then one for each attack."""
    print(f"{'request':14} clients  requests/s  p50 ms  p99 ms  errors")
    for name, path in REQUESTS.items():
        for number in numbers:
            clients = Clients(address, path, number)
            began = time.monotonic()
            await clients.ask_until(began + seconds)
            rate = len(clients.milliseconds) / (time.monotonic() - began)
            told = f"{clients.share(0.5):7.0f} {clients.share(0.99):7.0f} {clients.errors:7}"
            print(f"{name:14} {number:7} {rate:11.1f} {told}", flush=True)
    print(f"\n{'a visitor':22} p50 ms  p99 ms  p99 quiet  errors  attackers got")
    quiet = await visit(address, seconds, None)
    for attack, about in {"quiet": None, **ATTACKS}.items():
        given = about if about is None or isinstance(about, tuple) else (about, 30.0)
        attackers = Clients(address, given[0], ATTACKERS, given[1]) if given else None
        visitor = await visit(address, seconds, attackers)
        got = dict(attackers.statuses) if attackers else ""
        ratio = visitor.share(0.99) / quiet.share(0.99)
        told = f"{visitor.share(0.5):6.0f} {visitor.share(0.99):7.0f} {ratio:8.1f} x {visitor.errors:7}"
        print(f"{attack:22} {told}  {got}", flush=True)


async def visit(address: str, seconds: float, attackers: Clients | None) -> Clients:
    """What one visitor is answered, while these attack."""
    visitor, until = Clients(address, VISITED, 1), time.monotonic() + seconds
    others = [attackers.ask_until(until)] if attackers else []
    await asyncio.gather(visitor.ask_until(until), *others)
    return visitor


def main() -> None:
    """Print the tables."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    numbers = [int(text) for text in sys.argv[2:]] or [1, 16, 64]
    with serving((Settings.from_environment().releases / CURRENT).resolve(strict=True)) as address:
        asyncio.run(measure(address, seconds, numbers))


if __name__ == "__main__":
    main()
