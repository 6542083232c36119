"""How fast a page is sent that nginx has kept, beside Datasette's own page of the same rows and beside no page at all.

    python benchmarks/kept_pages.py [ROUNDS]

Serves the current release behind the nginx of deploy/, and by Datasette as it is without anything of ours. Asks once
for each page, so that it is kept, then 50 times ROUNDS (5) over one connection, in turn with the others; and then by
sixteen clients at once, for ROUNDS seconds. What a page costs the portal that is asked first is in `pages.py`.
"""

import asyncio
import sys
import time
from statistics import median, quantiles

import httpcore
import requests

from benchmarks.downloads import stock_datasette
from benchmarks.pages import GOAL, GOAL_OF_LIMIT, JUDGED, LIMIT, PAGES, STOCK
from benchmarks.ratios import Ratio, show
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings
from tools.behind_nginx import behind_nginx, has_nginx

AT_ONCE, GOAL_MILLISECONDS = 16, 50
# Datasette takes as long for one as nginx for some dozens.
TIMES, TIMES_OF_STOCK = 50, 5


def taken(session: requests.Session, address: str, times: int) -> float:
    """The median milliseconds until an answer is there whole.

    Raises:
        SystemExit: it is another answer than 200.
    """
    found = []
    for _ in range(times):
        began = time.perf_counter()
        with session.get(address, timeout=60, stream=True) as answer:
            answer.raw.read(decode_content=False)
        found.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
    return median(found)


async def slow_ones(address: str, seconds: float) -> float:
    """The milliseconds within which 99 of 100 answers are there, when sixteen clients ask again and again.

    Raises:
        SystemExit: one of them is another answer than 200.
    """
    found: list[float] = []
    until = time.monotonic() + seconds

    async def ask() -> None:
        async with httpcore.AsyncConnectionPool() as pool:
            while time.monotonic() < until:
                began = time.perf_counter()
                async with pool.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
                    async for _ in answer.aiter_stream():
                        pass
                if answer.status != 200:
                    raise SystemExit(f"{address} answers {answer.status}")
                found.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return quantiles(found, n=100)[-1]


def measure(rounds: int = 5) -> list[Ratio]:
    """The lines of the table; none where there is no nginx."""
    if not has_nginx():
        return []
    release = (Settings.from_environment().releases / CURRENT).resolve(strict=True)
    ours: dict[str, list[float]] = {name: [] for name in JUDGED}
    stock, limit, lines = [], [], []
    with (
        behind_nginx(release.with_name(CURRENT)) as portal,
        stock_datasette(release) as datasette,
        requests.Session() as session,
    ):
        for path in (*(PAGES[name] for name in JUDGED), LIMIT):
            taken(session, portal.address + path, 1)
        for _ in range(rounds):
            for name, found in ours.items():
                found.append(taken(session, portal.address + PAGES[name], TIMES))
            stock.append(taken(session, datasette + STOCK, TIMES_OF_STOCK))
            limit.append(taken(session, portal.address + LIMIT, TIMES))
        for name, found in ours.items():
            work, milliseconds = f"kept page: {name}", median(found)
            for beside, other, goal in (
                ("Datasette's page of fifty rows", median(stock), GOAL),
                ("an answer without a database", median(limit), GOAL_OF_LIMIT),
            ):
                told = f"{milliseconds:.1f} ms", f"{other:.1f} ms"
                lines.append(Ratio(work, beside, *told, other / milliseconds, goal))
            worst = asyncio.run(slow_ones(portal.address + PAGES[name], rounds))
            wanted, share = f"{GOAL_MILLISECONDS} ms", worst / GOAL_MILLISECONDS
            lines.append(
                Ratio(f"{work}, 99 of 100 of sixteen at once", "the goal", f"{worst:.0f} ms", wanted, share, 1, True)
            )
    return lines


if __name__ == "__main__":
    show(measure(*map(int, sys.argv[1:])))
