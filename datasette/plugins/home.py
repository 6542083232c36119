"""The home page in Dutch (/) and English (/en): finds a region, and tells what is here and what is new."""

from collections import Counter
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.formats import format_bytes, format_number, format_period
from portal.pages import DATABASE, language, region_url, render, routes
from portal.registry import by_theme, read_registry, search_regions
from portal.revisions import KINDS, changes_of

MAX_QUERY_CHARACTERS = 100
EXAMPLES = ("GM0193", "GM0935", "PV29", "AM11")

INDICATORS = "select indicator_id, theme, title_nl, title_en, definition_nl, definition_en from indicators"
SOURCES = "select * from sources order by state, publisher, table_id"
CURRENT_STATES = ("current", "archived")
MOST_RESULTS = 20
COUNTS = """
select (select count(*) from regions where scheme = 'municipality' and is_current) as regions,
    (select count(*) from indicators) as indicators,
    (select count(*) from observations where value is not null) as observations,
    (select max(year) from observations where value is not null and is_over) as newest
"""


async def find_regions(datasette: Datasette, query: str) -> list[dict[str, Any]]:
    """Returns regions by code, name, the start of words in it, or another name they go by, the likeliest first."""
    registry, portal = await read_registry(datasette), datasette.portal
    return search_regions(query, registry, list(portal.texts["schemes"]), portal.other_names)


async def read_overview(datasette: Datasette) -> dict[str, Any]:
    """Returns what the home page shows for everybody: counts, themes, sources, questions, files."""
    database = datasette.get_database(DATABASE)
    metadata = (datasette.metadata("databases") or {}).get(DATABASE, {})
    indicators = [dict(row) for row in await database.execute(INDICATORS)]
    rows = await database.table_counts(limit=1000)
    sources = [dict(row) for row in await database.execute(SOURCES)]
    regions = (await read_registry(datasette)).regions
    return {
        "examples": [regions[code] for code in EXAMPLES if code in regions],
        "counts": dict((await database.execute(COUNTS)).first()),
        "themes": by_theme(indicators, datasette.portal.texts["themes"], lambda row: str(row["theme"])),
        "states": Counter(source["state"] for source in sources),
        "troubled_sources": [source for source in sources if source["state"] not in CURRENT_STATES],
        "changes": changes_of(datasette.portal.folder),
        "change_kinds": KINDS,
        "questions": metadata.get("queries", {}),
        "tables": [
            {"name": name, "rows": rows.get(name), **about}
            for name, about in metadata["tables"].items()
            if not about.get("hidden")
        ],
        "database_bytes": database.size,
    }


async def home(request: Request, datasette: Datasette) -> Response:
    """Answers / and /en; with `?q=` the profile that was meant, or the regions among which it may be."""
    lang = language(request)
    query = request.args.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    found = await find_regions(datasette, query) if query else []
    exact = [region for region in found if region["is_exact"]]
    if len(exact) == 1:
        return Response.redirect(region_url(exact[0]["scheme"], exact[0]["region_code"], lang))
    context = {**datasette.overview, "q": query, "found": found[:MOST_RESULTS], "found_count": len(found)}
    return await render(datasette, request, "home.html", "home", context)


@hookimpl(trylast=True)
def startup(datasette: Datasette) -> Any:
    """Reads the part of the page that is the same for everybody once: a release does not change."""

    async def inner() -> None:
        datasette.overview = await read_overview(datasette)

    return inner


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Datasette) -> None:
    """Gives the templates our ways of writing numbers, sizes and periods."""
    env.filters["number"] = format_number
    env.filters["filesize"] = format_bytes
    env.filters["period"] = lambda code, lang: format_period(code, datasette.portal.texts["periods"], lang)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Puts the home page in the place of Datasette's list of databases."""
    return routes("home", home)
