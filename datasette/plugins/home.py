"""The home page in Dutch (/) and English (/en): finds a region or a topic, and opens the way to what is here."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.context import context_of
from portal.finding import find_all, region_meant
from portal.front_page import front_page_of
from portal.map_drawing import hatch
from portal.pages import MAX_QUERY_CHARACTERS, language, page_url, render, routes

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


async def home(request: Request, datasette: Datasette) -> Response:
    """Serves / and /en; with `?q=`, redirects to the profile that was meant or lists everything that may be meant."""
    lang = language(request)
    query = request.args.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    release = context_of(datasette)
    if region := region_meant(release, query):
        answer: Response = Response.redirect(release.region_url(region["region_code"], lang))
        return answer
    found = await find_all(datasette, query, lang)
    shown = {
        "q": query,
        "figures": found.figures[:MOST_FIGURES],
        "found": found.regions[:MOST_RESULTS],
        "found_count": len(found.regions),
        "topics": found.topics[:MOST_RESULTS],
        "topics_count": len(found.topics),
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


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Replaces Datasette's list of databases by the home page."""
    return routes("home", home)
