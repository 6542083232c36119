"""What a reader may mean by what was typed, with where each find leads: for the results of a search and suggestions.

What is found in names and titles is in `search.py`; the order and number that are shown are up to a page.
"""

from dataclasses import dataclass

from datasette.app import Datasette

from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.pages import MUNICIPALITY, topic_url
from portal.rows import read_rows
from portal.search import FoundFigure, Topic

KNOWN = """
select distinct indicator_id from observations_on_boundaries where region_code = :code and value is not null
"""


@dataclass(frozen=True)
class Found:
    """The finds of each kind, the likeliest first: figures and topics with their addresses, and regions."""

    figures: list[tuple[str, str]]
    regions: list[Row]
    topics: list[tuple[Topic, str]]


def region_meant(release: ReleaseContext, query: str) -> Row | None:
    """Returns the one region that has the name, the code or the place that was typed; None if none or several have."""
    exact = [region for region in release.find_regions(query) if region["is_exact"]] if query else []
    return exact[0] if len(exact) == 1 else None


async def find_all(datasette: Datasette, query: str, lang: str) -> Found:
    """Returns all that a reader may mean; nothing if nothing was typed."""
    release = context_of(datasette)
    if not query:
        return Found([], [], [])
    regions = release.find_regions(query)
    topics = [(topic, topic_url(topic.kind, topic.key, lang)) for topic in release.find_topics(query)]
    if topics:
        # Whoever types the name of a topic does not mean a region whose name is a little like it.
        regions = [region for region in regions if not region["is_guess"]]
    return Found(await _figures_meant(datasette, query, lang), regions, topics)


async def _figures_meant(datasette: Datasette, query: str, lang: str) -> list[tuple[str, str]]:
    """The address and the words of each figure that was meant and that the region has."""
    release = context_of(datasette)
    meant = release.find_figures(query)
    if not meant:
        return []
    codes = {figure.region["region_code"] for figure in meant}
    known = {code: {row["indicator_id"] for row in await read_rows(datasette, KNOWN, {"code": code})} for code in codes}
    return [
        (release.figure_url(figure.region["region_code"], figure.topic.key, lang), _title(release, figure, lang))
        for figure in meant
        if figure.topic.key in known[figure.region["region_code"]]
    ]


def _title(release: ReleaseContext, figure: FoundFigure, lang: str) -> str:
    """The indicator and the region, with what kind it is of: regions of several kinds share a name."""
    scheme = figure.region["scheme"]
    kind = "" if scheme == MUNICIPALITY else f" ({release.text('schemes', scheme, lang)})"
    return f"{figure.topic.titles[lang]}: {figure.region['name']}{kind}"
