"""How much work the portal's own pages are, compared in one run with Datasette's own page of the same rows.

    python benchmarks/pages.py [ROUNDS]

Requests pages of the current release in one process, without a network. Prints the median processor time of each page,
which other work on the machine hardly changes, beside that of Datasette's own page of fifty rows of `observations` for
one municipality, and beside the limit: what any answer costs, also one that asks nothing of the database.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median

from datasette.app import Datasette

from benchmarks.ratios import Ratio, show
from pipelines.publish.release import CURRENT
from pipelines.settings import PORTAL, Settings
from portal.pages import page_url

STOCK, LIMIT = "/regiokompas/observations?region_code=GM0193&_size=50", "/robots.txt"
PAGES = {
    "home": page_url("home", "nl"),
    "profile": page_url("municipality", "nl", region="zwolle"),
    "theme of a profile": page_url("municipality_theme", "nl", region="zwolle", theme="menselijk-kapitaal"),
    "profile on A4": page_url("municipality_brief", "nl", region="zwolle"),
    "figure": page_url("municipality_figure", "nl", region="zwolle", indicator="vestigingen-per-1000-inwoners"),
    "profile as zip": page_url("municipality", "nl", region="zwolle") + ".zip",
    "compare": page_url("compare", "nl") + "?region=GM0193&region=GM0363&region=PV29&indicator=jobs_count",
    "compare in a table": page_url("compare", "nl") + "?region=GM0193&group=g40",
    "programme": page_url("programme", "nl", group="g40"),
    "programme in Excel": page_url("programme", "nl", group="g40") + ".xlsx",
    "map": page_url("map", "nl", indicator="establishments_count"),
    "indicator": page_url("indicator", "nl", indicator="jobs_count"),
    "own region": page_url("own_region", "nl") + "?municipality=GM0193&municipality=GM0150",
    "labour market": page_url("labour_market", "nl", region="flevoland"),
    "/v1 observations": "/v1/observations?regionCode=GM0193",
}


def open_portal(release: Path) -> Datasette:
    """The portal of a release, as it is served."""
    return Datasette(
        immutables=[str(release / "regiokompas.db")],
        metadata=json.loads((release / "metadata.json").read_text(encoding="utf-8")),
        config_dir=PORTAL,
    )


async def processor_time(portal: Datasette, pages: dict[str, str], rounds: int) -> dict[str, float]:
    """The median seconds of processor time of each page, requested in turn; the first round is to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(rounds + 1):
        for name, path in pages.items():
            start = time.process_time()
            answer = await portal.client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{path} answers {answer.status_code}")
            if number:
                seconds[name].append(time.process_time() - start)
    return {name: median(found) for name, found in seconds.items()}


# The pages that the portal is judged by: how many times as fast as Datasette's own they are to be, and as the limit.
JUDGED, GOAL, GOAL_OF_LIMIT = ("figure", "profile", "compare", "map"), 5, 0.5
ROWS, NOTHING = "Datasette's rows", "no rows"


def measured(rounds: int = 10) -> dict[str, float]:
    """The seconds of processor time of each page of the current release, of Datasette's own, and of the limit."""
    release = (Settings.from_environment().releases / CURRENT).resolve(strict=True)
    return asyncio.run(processor_time(open_portal(release), {ROWS: STOCK, NOTHING: LIMIT, **PAGES}, rounds))


def measure(rounds: int = 10) -> list[Ratio]:
    """The lines of the table."""
    found = measured(rounds)
    stock, limit = found.pop(ROWS), found.pop(NOTHING)

    def line(name: str, beside: str, other: float, goal: float) -> Ratio:
        seconds, wanted = found[name], goal if name in JUDGED else None
        told = f"{seconds * 1000:.1f} ms", f"{other * 1000:.1f} ms"
        return Ratio(f"page: {name}", beside, *told, other / seconds, wanted)

    return [
        *(line(name, "Datasette's page of fifty rows", stock, GOAL) for name in found),
        *(line(name, "an answer without a database", limit, GOAL_OF_LIMIT) for name in JUDGED),
    ]


if __name__ == "__main__":
    show(measure(*map(int, sys.argv[1:])))
