"""Sixteen figures of a region on one page of A4 (/gemeente/zwolle/kort, /en/municipality/zwolle/brief)."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from markupsafe import Markup

from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.formats import format_number
from portal.headlines import SHEET, Headline, read_headlines
from portal.pages import MUNICIPALITY, language, profile_tab, render, routes, site_address
from portal.profile import BRIEF, find_tab, tabs_of
from portal.registry import each_once
from portal.spines import Spine, draw_key, draw_spine


async def brief(request: Request, datasette: Datasette) -> Response:
    """Serves the page: for each figure its value, that of the country, and its place among the regions of its kind."""
    lang, release = language(request), context_of(datasette)
    tab = await find_tab(request, datasette, BRIEF)
    if isinstance(tab, Response):
        return tab
    headlines = await read_headlines(datasette, release, tab.region, SHEET, lang)
    sources = release.registry.sources_of(*(each.figure.indicator["indicator_id"] for each in headlines))
    regions = max((len(each.spread.values) for each in headlines if each.spread), default=0)
    context = {
        "region": tab.region,
        "lines": [(each, spine_of(each, tab.region, release, lang)) for each in headlines],
        "pictured": headlines[0].figure.indicator["indicator_id"] if headlines else None,
        "boundary_year": release.registry.boundary_year,
        "regions": regions,
        "plural": release.text("scheme_plurals", tab.region["scheme"], lang),
        "attribution": each_once(sources, "attribution"),
        "licence": each_once(sources, "licence"),
        "tabs": tabs_of(release, tab.region, lang, BRIEF),
        "spine_key": draw_key,
        "canonical": f"{site_address(datasette, request)}{tab.url}",
        "here": tab.url,
        "other_language_url": tab.twin,
    }
    return await render(datasette, request, "brief.html", tab.page, context)


def spine_of(headline: Headline, region: Row, release: ReleaseContext, lang: str) -> Markup:
    """Returns where a figure is among the regions of its kind; empty if they cannot be told apart or are too few."""
    figure, spread = headline.figure, headline.spread
    if spread is None or region["region_code"] not in spread.values:
        return Markup("")
    decimals = figure.indicator["decimals"]

    def text(key: str, **about: Any) -> str:
        return release.text("figure", key, lang).format(**about)

    low, middle, high = (
        format_number(value, decimals, lang)
        for value in (min(spread.values.values()), spread.middle, max(spread.values.values()))
    )
    regions = release.text("scheme_plurals", region["scheme"], lang)
    own = format_number(figure.value, decimals, lang)
    described = text("strip_described", count=len(spread.values), regions=regions, low=low, high=high)
    told = text("strip_own", middle=middle, own=own, name=region["short_name"])
    is_same = figure.country is not None and figure.country["period_code"] == figure.period_code
    country = figure.country["value"] if figure.country and is_same else None
    return draw_spine(Spine(spread, figure.value, country, f"{described} {told}"), decimals, lang)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page at its addresses in both languages."""
    return [route for scheme in (MUNICIPALITY, "") for route in routes(profile_tab(BRIEF, scheme), brief)]
