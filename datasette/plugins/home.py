"""The home page in Dutch (/) and English (/en): finds a region or a topic, and opens the way to what is here."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.context import context_of
from portal.front_page import front_page_of
from portal.map_drawing import hatch
from portal.pages import language, page_url, render, routes, topic_url
from portal.rows import read_rows

MAX_QUERY_CHARACTERS = 100
MOST_RESULTS = 20
MOST_FIGURES = 5
# What readers come for, as the texts name it, and the page that has it; the search on this page has the first.
SEARCH = "#q"
DOORS = {
    "figures": None,
    "compare": "compare",
    "programme": "programmes",
    "baseline": None,
    "labour": "labour_markets",
    "indicators": "indicators",
    "take": "data",
    "api": "api",
}
KNOWN = """
select distinct indicator_id from observations_on_boundaries where region_code = :code and value is not null
"""


async def home(request: Request, datasette: Datasette) -> Response:
    """Serves / and /en; with `?q=`, redirects to the profile that was meant or lists everything that may be meant."""
    lang = language(request)
    query = request.args.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    release = context_of(datasette)
    found = release.find_regions(query) if query else []
    exact = [region for region in found if region["is_exact"]]
    if len(exact) == 1:
        answer: Response = Response.redirect(release.region_url(exact[0]["region_code"], lang))
        return answer
    topics = [(topic, topic_url(topic.kind, topic.key, lang)) for topic in release.find_topics(query)]
    if topics:
        # Whoever types the name of a topic does not mean a region whose name is a little like it.
        found = [region for region in found if not region["is_guess"]]
    figures = await figures_meant(datasette, query, lang)
    shown = {
        "q": query,
        "figures": figures[:MOST_FIGURES],
        "found": found[:MOST_RESULTS],
        "found_count": len(found),
        "topics": topics[:MOST_RESULTS],
        "topics_count": len(topics),
    }
    context = {
        **vars(release.overview),
        "doors": [(door, page_url(page, lang) if page else SEARCH) for door, page in DOORS.items()],
        # Who has asked for something came for the answer.
        "front": None if query else await front_page_of(datasette, lang),
        "hatch": hatch,
        **shown,
    }
    return await render(datasette, request, "home.html", "home", context)


async def figures_meant(datasette: Datasette, query: str, lang: str) -> list[tuple[str, str]]:
    """Returns the address and the words of each figure that was meant and that the region has."""
    release = context_of(datasette)
    meant = release.find_figures(query)
    if not meant:
        return []
    code, name = meant[0].region["region_code"], meant[0].region["name"]
    known = {row["indicator_id"] for row in await read_rows(datasette, KNOWN, {"code": code})}
    return [
        (release.figure_url(code, figure.topic.key, lang), f"{figure.topic.titles[lang]}: {name}")
        for figure in meant
        if figure.topic.key in known
    ]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Replaces Datasette's list of databases by the home page."""
    return routes("home", home)
