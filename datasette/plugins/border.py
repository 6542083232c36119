"""Regions on both sides of the border (/grens/eurometropool): the figures of Eurostat as small charts on one scale."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, refuse_csv
from portal.border import (
    NEIGHBOUR,
    BorderIndicator,
    BorderSeries,
    border_indicators,
    border_named,
    border_slugs,
    border_url,
    in_order_of_sides,
    say_sides,
)
from portal.charts import Size, line_chart
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.formats import format_period
from portal.once import rendered_once
from portal.pages import file_routes, language, led_to, not_found, page_url, parts_of, render, routes
from portal.rows import read_rows
from portal.series import Point

# As wide as a card on a phone leaves it, so that its numbers are not made smaller there.
TILE = Size(185, 88)
ROWS = """
select * from cross_border where region_group in (:code, :neighbour) order by region_code, indicator_id, period_code
"""
COLUMNS = (
    *("region_code", "region_name", "region_group", "country", "indicator_id", "indicator", "unit", "period_code"),
    *("year", "value", "value_status", "figure_region_code", "figure_region", "ratio_to_country", "gap"),
    *("attribution", "licence"),
)


async def borders_page(request: Request, datasette: Datasette) -> Response:
    """Leads to the first border region of the release."""
    lang, release = language(request), context_of(datasette)
    first = next(iter(border_slugs(release)), None)
    url = border_url(release, first, lang) if first else None
    if url is None:
        return await not_found(datasette, request, "borders", release.text("border", "none", lang))
    answer: Response = Response.redirect(url)
    return answer


async def border_page(request: Request, datasette: Datasette) -> Response:
    """Serves the page of a border region; its code or another of its names is led to its address."""
    lang, release = language(request), context_of(datasette)
    asked = parts_of(request)["border"]
    code = border_named(release, asked)
    url = border_url(release, code, lang) if code else None
    if code is None or url is None:
        title = release.text("border", "unknown", lang).format(asked=asked)
        links = {page_url("borders", lang): release.text("menu", "borders", lang)}
        return await not_found(datasette, request, "border", title, links=links, query=asked)
    if elsewhere := led_to(request, url):
        return elsewhere
    context = {
        "name": release.region_name(code, lang),
        "body": await rendered_once(datasette, "_border.html", code, lang, lambda: read_page(datasette, code, lang)),
    }
    return await render(datasette, request, "border.html", "border", context)


async def read_page(datasette: Datasette, code: str, lang: str) -> dict[str, Any]:
    """Returns all that the page of a border region shows."""
    release = context_of(datasette)
    rows = await read_rows(datasette, ROWS, {"code": code, "neighbour": NEIGHBOUR})
    found = border_indicators(rows, release.registry, release.headlines)
    regions = in_order_of_sides({row["region_code"]: row for row in rows}.values())
    sides: dict[tuple[str, str], list[Row]] = {}
    for row in regions:
        sides.setdefault((row["region_group"], row["country"]), []).append(row)

    def words(key: str) -> str:
        return release.text("border_sentences", key, lang)

    countries = {row["country"]: release.text("border_countries", row["country"], lang) for row in regions}

    def said(each: BorderIndicator) -> str:
        period = format_period(each.newest_period, release.texts["periods"], lang)
        return say_sides(each, period, countries, lang, words)

    return {
        "here": border_url(release, code, lang),
        "sides": sides,
        "notes": [row for row in regions if row[f"note_{lang}"]],
        "indicators": [
            (
                each,
                [(series, chart_of(series, each, release, lang)) for series in each.series],
                said(each),
            )
            for each in found
        ],
        "sources": release.registry.sources_of(*(each.indicator["indicator_id"] for each in found)),
    }


def chart_of(series: BorderSeries, among: BorderIndicator, release: ReleaseContext, lang: str) -> Any:
    """Returns the small chart of a region, on the axes of all regions of its indicator."""
    indicator = among.indicator
    beside: list[Point] = [point for other in among.series for point in other.points if point.value is not None]
    return line_chart(
        series.points,
        title=f"{indicator[f'title_{lang}']}, {series.name}",
        decimals=indicator["decimals"],
        lang=lang,
        words=lambda key: release.text("charts", key, lang),
        size=TILE,
        beside=beside,
        reading_help=release.text("charts", "reading_many", lang),
    )


async def border_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of the page: every region, indicator and period, also where there is none."""
    lang, release = language(request), context_of(datasette)
    asked = parts_of(request)["border"]
    code = border_named(release, asked)
    if code is None:
        return refuse_csv(datasette, [release.text("border", "unknown", lang).format(asked=asked)], 404)
    registry, rows = release.registry, []
    for row in await read_rows(datasette, ROWS, {"code": code, "neighbour": NEIGHBOUR}):
        figure_region = registry.regions.get(row["figure_region_code"] or "", {})
        rows.append(
            {
                **row,
                **registry.described(row["indicator_id"], lang),
                "figure_region": figure_region.get("name"),
            }
        )
    return answer_csv(datasette, request, rows, COLUMNS, f"border_{code}")


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page and its file at their addresses in both languages."""
    return [*routes("borders", borders_page), *routes("border", border_page), *file_routes("border", border_csv)]
