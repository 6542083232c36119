"""The baseline of a local economic plan (/gemeente/zwolle/nulmeting): five building blocks on a few pages of A4."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figure_rows import FigureRow, RowWriter
from portal.figures import Figure
from portal.pages import MUNICIPALITY, language, page_url, profile_tab, render, routes
from portal.peer_groups import PEER_GROUP
from portal.profile import BASELINE, find_tab, tabs_of
from portal.region_figures import RegionFigures, by_reason, in_order, read_plan, read_region_figures
from portal.registry import each_once

# Of each building block, the rates that are seen before any part is unfolded.
FIRST = 3


async def baseline(request: Request, datasette: Datasette) -> Response:
    """Serves the page: the figures of each building block, the targets of the region's plan, and what is missing."""
    lang, release = language(request), context_of(datasette)
    tab = await find_tab(request, datasette, BASELINE)
    if isinstance(tab, Response):
        return tab
    registry = release.registry
    found = await read_region_figures(datasette, tab.region, registry.indicators, request.args.get(PEER_GROUP))
    sources = registry.sources_of(*found.figures)
    writer = RowWriter(release, tab.region, found.shown["shown_peers"], lang)
    context = {
        **found.columns(),
        "region": tab.region,
        "blocks": blocks_of(found, writer, release, lang),
        "figures_number": len(found.figures),
        "gaps": gaps_of(found, release, lang),
        "gaps_number": len(found.missing),
        "plan": await read_plan(datasette, tab.region),
        "indicators": registry.indicators,
        "boundary_year": registry.boundary_year,
        "sources": sources,
        "attributions": each_once(sources, "attribution"),
        "licences": each_once(sources, "licence"),
        "tabs": tabs_of(release, tab.region, lang, BASELINE),
        "here": tab.url,
        "other_language_url": tab.twin,
    }
    return await render(datasette, request, "baseline.html", tab.page, context)


def blocks_of(found: RegionFigures, writer: RowWriter, release: ReleaseContext, lang: str) -> list[Row]:
    """Returns the building blocks with their figures: the first rates, those of the profile before others; the rest
    of the rates; and counts, which are not laid beside those of others.
    """
    places = {name: place for place, name in enumerate(release.headlines)}
    rates, counts = in_order(found.rates(), lang), in_order(found.counts(), lang)
    rates.sort(key=lambda figure: places.get(figure.indicator["indicator_id"], len(places)))

    def within(figures: list[Figure], number: str) -> list[FigureRow]:
        return writer.rows(each for each in figures if str(each.indicator["building_block"]) == number)

    blocks = []
    for number in release.texts["building_blocks"]:
        listed = within(rates, number)
        # One more takes no more room than the line that unfolds it.
        first = FIRST if len(listed) > FIRST + 1 else len(listed)
        title = release.text("building_blocks", number, lang)
        block = {"number": number, "title": title, "rates": listed[:first], "rest": listed[first:]}
        blocks.append({**block, "counts": within(counts, number)})
    return blocks


def gaps_of(found: RegionFigures, release: ReleaseContext, lang: str) -> dict[str, dict[str, list[Row]]]:
    """Returns what is missing, by reason and by building block: the address and title of each indicator."""
    blocks = release.texts["building_blocks"]

    def link(row: Row) -> Row:
        return {"url": page_url("indicator", lang, indicator=row["indicator_id"]), "title": row[f"title_{lang}"]}

    return {
        reason: {
            number: named
            for number in blocks
            if (named := [link(row) for row in missing if str(row["building_block"]) == number])
        }
        for reason, missing in by_reason(found.missing, release.registry.indicators, lang).items()
    }


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page at its addresses in both languages."""
    return [route for scheme in (MUNICIPALITY, "") for route in routes(profile_tab(BASELINE, scheme), baseline)]
