"""What programs look for at fixed addresses and is written when they ask: the sitemap, robots.txt, the feed."""

from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_without_body, file_headers
from portal.border import border_slugs
from portal.context import context_of
from portal.cooperation import cooperation_slugs
from portal.docs_pages import docs_paths
from portal.feed import write_feed
from portal.pages import DATABASE, page_url, site_address
from portal.profile import BASELINE, BRIEF, SIMILAR, is_compared, tab_url, theme_url
from portal.programme import GROUPS
from portal.revisions import line_of_changes
from portal.rows import read_rows
from portal.sitemap import FIGURES, write_robots, write_sitemap
from portal.tables import public_tables
from portal.words import LANGUAGES

REGIONS = "select region_code, scheme from regions where is_current order by scheme, region_code"
# Regions of Eurostat have figures of few themes; their profile leads to those.
IN_BASELINE = "select distinct region_code from baseline order by region_code"
LABOUR_MARKETS = "select distinct region_code from labour_tension order by region_code"
INDICATORS = "select indicator_id from indicators order by indicator_id"
# Of indicators with periods that are over; the baseline has no regions of Eurostat.
FIGURES_OF_THEME = """
select distinct o.region_code, o.indicator_id from observations_on_boundaries as o
join indicators as i using (indicator_id) join regions as r using (region_code)
where i.theme = :theme and r.is_current and o.is_over and o.value is not null and o.boundary_year = :boundary_year
order by o.indicator_id, o.region_code
"""
# Pages whose address is the same in every release.
FIXED_PAGES = (
    *("home", "compare", "own_region", "indicators", "labour_markets", "programmes"),
    *("cooperations", "sources", "changes", "data", "api", "docs"),
)


def send(datasette: Datasette, request: Request, body: bytes | str, content_type: str) -> Response:
    """Sends a file for programs; 304 if the client already has that of this release."""
    headers = file_headers(datasette, request.path.strip("/"))
    return answer_without_body(request, headers, content_type) or Response(
        body, headers=headers, content_type=content_type
    )


async def pages(datasette: Datasette) -> list[dict[str, str]]:
    """Returns the paths by language of every page for crawlers: own pages, profiles, indicators and tables."""
    regions, indicators = await read_rows(datasette, REGIONS), await read_rows(datasette, INDICATORS)
    found = [{lang: page_url(page, lang) for lang in LANGUAGES} for page in FIXED_PAGES]
    release = context_of(datasette)
    borders = border_slugs(release)
    found += [
        {lang: release.region_url(row["region_code"], lang) for lang in LANGUAGES}
        for row in regions
        if row["region_code"] not in borders
    ]
    found += [{lang: page_url("border", lang, border=slug) for lang in LANGUAGES} for slug in borders.values()]
    found += [
        {lang: page_url("cooperation", lang, cooperation=slug) for lang in LANGUAGES}
        for slug in cooperation_slugs(release).values()
    ]
    found += [{lang: page_url("programme", lang, group=group) for lang in LANGUAGES} for group in GROUPS]
    found += await _tabs(datasette)
    mapped = release.maps.shown_at
    found += [
        {lang: page_url(page, lang, indicator=row["indicator_id"]) for lang in LANGUAGES}
        for page in ("indicator", "map")
        for row in indicators
        if page == "indicator" or row["indicator_id"] in mapped
    ]
    found += docs_paths()
    found += [
        {lang: page_url("labour_market", lang, region=release.slugs.regions[row["region_code"]]) for lang in LANGUAGES}
        for row in await read_rows(datasette, LABOUR_MARKETS)
    ]
    return found + [{"en": datasette.urls.table(DATABASE, name)} for name in public_tables(datasette)]


async def _tabs(datasette: Datasette) -> list[dict[str, str]]:
    """The pages of every theme, the similar municipalities, the A4 and the baseline of every region in the baseline."""
    release, found = context_of(datasette), []
    for row in await read_rows(datasette, IN_BASELINE):
        region = release.registry.regions[row["region_code"]]
        if not region["is_current"]:
            continue
        for theme in release.texts["themes"]:
            found.append({lang: theme_url(release, region, theme, lang) for lang in LANGUAGES})
        for kind in (BRIEF, BASELINE, SIMILAR) if is_compared(region) else (BRIEF, BASELINE):
            found.append({lang: tab_url(release, kind, region, lang) for lang in LANGUAGES})
    return found


async def sitemap(request: Request, datasette: Datasette) -> Response:
    """Serves /sitemap.xml."""
    day = (context_of(datasette).newest_landed_at or "")[:10]
    body = write_sitemap(site_address(datasette, request), await pages(datasette), day)
    return send(datasette, request, body, "application/xml; charset=utf-8")


async def figures_sitemap(request: Request, datasette: Datasette) -> Response:
    """Serves /sitemap-<theme>.xml: the page of every figure of a theme."""
    portal, theme = context_of(datasette), request.url_vars["theme"]
    if theme not in portal.texts["themes"]:
        raise NotFound(f"There is no theme {theme} in this release")
    asked = {"theme": theme, "boundary_year": portal.registry.boundary_year}
    found = await read_rows(datasette, FIGURES_OF_THEME, asked)
    pages = [
        {lang: portal.figure_url(row["region_code"], row["indicator_id"], lang) for lang in LANGUAGES} for row in found
    ]
    body = write_sitemap(site_address(datasette, request), pages, (portal.newest_landed_at or "")[:10])
    return send(datasette, request, body, "application/xml; charset=utf-8")


async def robots(request: Request, datasette: Datasette) -> Response:
    """Serves /robots.txt."""
    body = write_robots(site_address(datasette, request), context_of(datasette).texts["themes"])
    return send(datasette, request, body, "text/plain; charset=utf-8")


async def feed(request: Request, datasette: Datasette) -> Response:
    """Serves /atom.xml: the releases up to the one that is served, and what each changed."""
    portal = context_of(datasette)
    changes = [change.summary for change in line_of_changes(portal.folder)]
    address, title = site_address(datasette, request), "Regiokompas: releases"
    body = write_feed(address, title, portal.release_id, changes, portal.notice)
    return send(datasette, request, body, "application/atom+xml; charset=utf-8")


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers each at the address that its standard prescribes."""
    return [
        (r"^/sitemap\.xml$", sitemap),
        (rf"^/{FIGURES.format(theme='(?P<theme>[a-z_]+)')}$".replace(".xml", r"\.xml"), figures_sitemap),
        (r"^/robots\.txt$", robots),
        (r"^/atom\.xml$", feed),
    ]
