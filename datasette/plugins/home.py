"""The home page in Dutch (/) and English (/en): finds a region, and shows what is here and what is new."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.context import context_of
from portal.pages import language, region_url, render, routes
from portal.revisions import KINDS

MAX_QUERY_CHARACTERS = 100
MOST_RESULTS = 20


async def home(request: Request, datasette: Datasette) -> Response:
    """Serves / and /en; with `?q=`, redirects to the profile that was meant or lists the regions that may be meant."""
    lang = language(request)
    query = request.args.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    release = context_of(datasette)
    found = release.find_regions(query) if query else []
    exact = [region for region in found if region["is_exact"]]
    if len(exact) == 1:
        answer: Response = Response.redirect(region_url(exact[0]["scheme"], exact[0]["region_code"], lang))
        return answer
    shown = {"q": query, "found": found[:MOST_RESULTS], "found_count": len(found)}
    context = {**vars(release.overview), "change_kinds": KINDS, **shown}
    return await render(datasette, request, "home.html", "home", context)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Replaces Datasette's list of databases by the home page."""
    return routes("home", home)
