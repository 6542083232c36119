"""A map of all regions of a kind for an indicator and a period: as a page, a picture, and its figures as CSV."""

import hashlib
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, file_headers, refuse_csv
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.map_drawing import draw_map, hatch, legend_of, linked_map
from portal.map_html import indicator_options, region_options, shared_words, table_lines
from portal.map_page import Choice, MapPage, as_query, describe, read_choice, read_map_page
from portal.maps import FIRST_MAP, NEAR
from portal.pages import (
    MUNICIPALITY,
    file_routes,
    language,
    not_found,
    page_url,
    parts_of,
    render,
    routes,
    site_address,
)
from portal.picture_files import PICTURES, answer_picture
from portal.registry import each_once

CSV_COLUMNS = [
    "rank_from_high",
    "rank_from_low",
    "count_ranked",
    "region_code",
    "name",
    "indicator_id",
    "period_code",
    "value",
    "unit",
    "value_status",
    "boundary_method",
    "boundary_year",
    "class_low",
    "class_high",
    "attribution",
    "licence",
]
# The newest periods stand on the page, earlier ones behind one click.
PERIODS_SHOWN = 12


def indicator_of(request: Request, release: ReleaseContext) -> Row | None:
    """Returns the indicator that the address names, None if there is no such indicator."""
    return release.registry.indicators.get(parts_of(request)["indicator"])


async def map_page(request: Request, datasette: Datasette) -> Response:
    """Serves /kaart/<indicator> and /en/map/<indicator>."""
    release, lang = context_of(datasette), language(request)
    indicator = indicator_of(request, release)
    if indicator is None:
        return await not_found(datasette, request, "map", release.text("map", "no_indicator", lang))
    choice = await read_choice(datasette, release, indicator, request.args, lang)
    context: dict[str, Any] = {
        "indicator": indicator,
        "choice": choice,
        "maps": release.maps,
        "mapped": indicator_options(mapped(release, lang), indicator["indicator_id"], lang),
    }
    if choice is not None:
        context |= await context_for(request, datasette, indicator, choice)
    return await render(
        datasette, request, "map.html", "map", context, status=400 if choice and choice.unknown else 200
    )


async def context_for(request: Request, datasette: Datasette, indicator: Row, choice: Choice) -> dict[str, Any]:
    """Returns what the page shows of a map."""
    release, lang = context_of(datasette), language(request)
    here, other = page_url("map", lang, **parts_of(request)), "nl" if lang == "en" else "en"
    page = await read_map_page(datasette, release, indicator, choice, lang)

    def link(**changes: Any) -> str:
        return f"{here}?{as_query(choice.but(**changes), release, lang)}"

    return {
        "page": page,
        "drawn": linked_map(page, release, lang),
        "lines": table_lines(page, release, lang),
        "shared": shared_words(page, release, lang),
        "hatch": hatch,
        "legend": legend_of(page, release, lang),
        "described": describe(page, release, lang),
        "rates": rates_of(indicator, release),
        "query": as_query(choice, release, lang),
        "link": link,
        "newest_periods": choice.periods[:PERIODS_SHOWN],
        "earlier_periods": choice.periods[PERIODS_SHOWN:],
        "near": region_options(near(release), choice.zoom, release, lang),
        "plural": release.text("scheme_plurals", choice.level, lang),
        "other_language_url": f"{page_url('map', other, **parts_of(request))}?{as_query(choice, release, other)}",
    }


def rates_of(indicator: Row, release: ReleaseContext) -> list[Row]:
    """Returns the rates of municipalities that a count is counted in; none for what is no count."""
    registry, name = release.registry, indicator["indicator_id"]
    if indicator["kind"] != "count":
        return []
    computed = map(registry.indicators.__getitem__, registry.used_in(name))
    rates = [row for row in computed if row["formula"] == "ratio" and row["lowest_level"] == MUNICIPALITY]
    counted = {row["indicator_id"]: registry.terms[row["indicator_id"]].get("numerator", ()) for row in rates}
    return [row for row in rates if any(term.indicator_id == name for term in counted[row["indicator_id"]])]


def mapped(release: ReleaseContext, lang: str) -> list[Row]:
    """Returns the indicators that have a map, by title."""
    rows = (release.registry.indicators[name] for name in release.maps.shown_at)
    return sorted(rows, key=lambda row: str(row[f"title_{lang}"]).casefold())


def near(release: ReleaseContext) -> dict[str, list[Row]]:
    """Returns the regions that the page offers to bring near, by kind."""
    levels = release.maps.levels
    return {
        scheme: sorted((release.registry.regions[code] for code in levels[scheme].paths), key=lambda row: row["name"])
        for scheme in NEAR
        if scheme in levels
    }


async def to_map(request: Request, datasette: Datasette) -> Response:
    """Redirects /kaart to the map of the chosen indicator (`?indicator=`)."""
    indicator = request.args.get("indicator") or context_of(datasette).maps.first or FIRST_MAP
    answer: Response = Response.redirect(page_url("map", language(request), indicator=indicator))
    return answer


async def read_for_file(request: Request, datasette: Datasette) -> tuple[Choice, MapPage] | Response:
    """Returns the map that a file is asked of, or why there is none, as text."""
    release, lang = context_of(datasette), language(request)
    indicator = indicator_of(request, release)
    if indicator is None:
        return refuse_csv(datasette, [release.text("map", "no_indicator", lang)], 404)
    choice = await read_choice(datasette, release, indicator, request.args, lang)
    if choice is None:
        return refuse_csv(datasette, [release.text("map", "none", lang)], 404)
    if choice.unknown:
        return refuse_csv(datasette, [f"{release.text('map', 'unknown', lang)}: {', '.join(choice.unknown)}"], 400)
    return choice, await read_map_page(datasette, release, indicator, choice, lang)


async def map_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the same address with .csv or .nl.csv: everything in the table of the page."""
    found = await read_for_file(request, datasette)
    if isinstance(found, Response):
        return found
    choice, page = found
    indicator = page.indicator
    same = {
        "indicator_id": indicator["indicator_id"],
        "period_code": choice.period,
        "unit": indicator[f"unit_{language(request)}"],
        "boundary_year": context_of(datasette).maps.boundary_year,
        "attribution": each_once(page.sources, "attribution"),
        "licence": each_once(page.sources, "licence"),
    }
    rows = [
        {**row, **same, "class_low": each and each.low, "class_high": each and each.high}
        for row in page.listed
        for each in [row["value_class"]]
    ]
    return answer_csv(datasette, request, rows, CSV_COLUMNS, name_of(choice, indicator))


async def map_picture(request: Request, datasette: Datasette) -> Response:
    """Serves the map as a picture that stands alone, as SVG or PNG."""
    found = await read_for_file(request, datasette)
    if isinstance(found, Response):
        return found
    choice, page = found
    release, lang = context_of(datasette), language(request)
    query = as_query(choice, release, lang)
    address = f"{site_address(datasette, request)}{page_url('map', lang, **parts_of(request))}?{query}"
    svg = draw_map(page, release, lang, address)
    tag = f"{hashlib.sha256(svg.encode()).hexdigest()[:12]}.{request.path.rpartition('.')[2]}"
    return await answer_picture(request, svg, name_of(choice, page.indicator), file_headers(datasette, tag))


def name_of(choice: Choice, indicator: Row) -> str:
    """Returns the name of a file of a map, without its extension."""
    level = "" if choice.level == MUNICIPALITY else f"-{choice.level}"
    return f"{indicator['indicator_id']}-{choice.period or 'none'}{level}"


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the map at its address in both languages, and its files at that address with an extension."""
    files = [*file_routes("map", map_csv), *file_routes("map", map_picture, PICTURES)]
    return [*routes("maps", to_map), *routes("map", map_page), *files]
