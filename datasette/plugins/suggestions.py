"""What the search fields suggest while a reader types: the likeliest finds, each with its kind and its address.

Only the script of the fields asks for it. Without that script a field is a form, and its page of results has them all.
"""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import KEPT
from portal.context import context_of
from portal.finding import find_all
from portal.pages import FROZEN, MAX_QUERY_CHARACTERS, language

# As many of each kind as fit on a phone above its keyboard.
MOST = {"figure": 3, "region": 5, "topic": 3}


async def suggestions(request: Request, datasette: Datasette) -> Response:
    """Serves /suggestions.json?q=: what may be meant, in the language of the address."""
    release, lang = context_of(datasette), language(request)
    query = request.args.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    found = await find_all(datasette, query, lang)
    frozen = request.scope.get("frozen")
    base = f"{FROZEN}/{frozen}" if frozen else ""

    def row(kind: str, words: str, url: str) -> dict[str, str]:
        return {"kind": kind, "words": words, "url": f"{base}{url}"}

    listed = [row(release.text("topic_kinds", "figure", lang), words, url) for url, words in found.figures]
    listed = listed[: MOST["figure"]]
    # Who types the beginning of a name seldom means a municipality that is gone.
    regions = [region for region in found.regions if region["is_current"] or region["is_exact"]]
    for region in regions[: MOST["region"]]:
        kind = release.text("schemes", region["scheme"], lang)
        if not region["is_current"]:
            kind = f"{kind}, {release.text('region', 'former', lang)}"
        if region["place"]:
            kind = f"{kind}; {release.place_said(region['place'], lang)}"
        listed.append(row(kind, region["name"], release.region_url(region["region_code"], lang)))
    for topic, url in found.topics[: MOST["topic"]]:
        listed.append(row(release.text("topic_kinds", topic.kind, lang), topic.titles[lang], url))
    answer: Response = Response.json({"suggestions": listed}, headers=dict(KEPT))
    return answer


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the suggestions beside both home pages: where the form of the field goes, with a name more."""
    return [(r"^/(?:en/)?suggestions\.json$", suggestions)]
