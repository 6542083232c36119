"""One figure: an indicator in a region, as a page, a picture, a file, a citation, and a page to show within others."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import KEPT, answer_csv, answer_workbook, file_headers, refuse_csv
from portal.api.query_keys import AS_OF
from portal.asked_figure import AskedFigure, read_asked
from portal.charts import NARROW, WIDE, mark
from portal.citations import as_bibtex, as_ris, as_text
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figure_drawing import Drawing
from portal.figure_page import FigurePage, cite_figure, read_all_periods
from portal.figure_sheets import figure_book
from portal.formats import format_period
from portal.map_page import map_address
from portal.pages import (
    EMBED_POLICY,
    FROZEN,
    MUNICIPALITY,
    figure_page,
    file_routes,
    language,
    not_found,
    parts_of,
    render,
    routes,
    site_address,
)
from portal.peer_groups import PEER_GROUP
from portal.picture_files import PICTURES, answer_picture
from portal.registry import each_once
from portal.revisions import line_of_changes, revised_figures
from portal.strips import NARROW_STRIP, WIDE_STRIP
from portal.timeline import NoReleaseError, first_moment, release_on

PAGES = (figure_page(MUNICIPALITY), figure_page(""))
EMBEDS = (figure_page(MUNICIPALITY, is_embedded=True), figure_page("", is_embedded=True))
MOST_REVISIONS = 20
# Of months and weeks, the table shows those of the last years; the file has them all.
MOST_ROWS = 24
COLUMNS = (
    *("indicator_id", "indicator", "unit", "region_code", "region", "period_code", "period", "year", "boundary_year"),
    *("value", "value_status", "boundary_method", "lower", "upper", "attribution", "licence"),
)


async def as_it_was(request: Request, datasette: Datasette) -> Response | None:
    """Sends a reader who asks for a day to the page in the release of that day; None if no day is asked for."""
    text, lang, release = request.args.get(AS_OF.name), language(request), context_of(datasette)
    if not text or request.scope.get("frozen"):
        return None
    try:
        then = release_on(release.folder, date.fromisoformat(text))
    except (NoReleaseError, ValueError):
        title = release.text("figure", "no_release_then", lang).format(day=text)
        now = {request.path: release.text("figure", "as_now", lang)}
        return await not_found(datasette, request, _page_of(request), title, links=now)
    group = request.args.get(PEER_GROUP)
    query = f"?{urlencode({PEER_GROUP: group})}" if group else ""
    answer: Response = Response.redirect(f"{FROZEN}/{then}{request.path}{query}")
    return answer


async def revisions_of(page: FigurePage, release: ReleaseContext) -> list[Row]:
    """Returns what figures of this series were in earlier releases, newest release first."""
    name, code = page.indicator["indicator_id"], page.region["region_code"]
    if not any(changes.count(indicator=name) for changes in line_of_changes(release.folder)):
        return []
    found = await asyncio.to_thread(revised_figures, release.folder, name, code, most=MOST_REVISIONS)
    extra = {"decimals": page.indicator["decimals"], "region_name": page.region["name"]}
    return [{**row, **extra} for row in found]


def table_of(page: FigurePage) -> list[Row]:
    """Returns the figures of the chart by period, newest first."""
    country = {point.day: point for point in page.country}
    quarters = page.group.quarters if page.group else {}
    return [
        {"own": point, "country": country.get(point.day), "quarters": quarters.get(point.day)}
        for point in reversed(page.points)
    ]


def context_for(
    asked: AskedFigure, page: FigurePage, release: ReleaseContext, address: str, *, is_read: bool
) -> dict[str, Any]:
    """Returns what the page of a figure and the page to show within others both have.

    Only the first has the script with which a chart is read period by period.
    """
    drawing, lang = Drawing(release, page, asked.lang), asked.lang
    codes = asked.region["region_code"], asked.indicator["indicator_id"]
    other = "nl" if lang == "en" else "en"
    return {
        "page": page,
        "region": page.region,
        "indicator": page.indicator,
        "url": asked.url,
        "canonical": f"{address}{asked.url}",
        "twin": release.figure_url(*codes, other),
        "wide": drawing.chart(WIDE, "wide", is_read=is_read),
        "narrow": drawing.chart(NARROW, "narrow", is_read=is_read),
        "group_name": drawing.group_name,
        "heading": drawing.heading,
        "mark": mark,
    }


async def figure_view(request: Request, datasette: Datasette) -> Response:
    """Serves the page of a figure."""
    found = await as_it_was(request, datasette) or await read_asked(request, datasette)
    if isinstance(found, Response):
        return found
    asked, page = found
    release, address = context_of(datasette), site_address(datasette, request)
    drawing, citation = Drawing(release, page, asked.lang), cite_figure(page, release, address, asked.url, asked.lang)
    group, line = request.args.get(PEER_GROUP), line_of_changes(release.folder)
    codes = asked.region["region_code"], asked.indicator["indicator_id"]
    rows, shown = table_of(page), context_for(asked, page, release, address, is_read=True)
    query = f"?{request.query_string}" if group in page.choices else ""
    context = {
        **shown,
        "other_language_url": f"{shown['twin']}{query}",
        "wide_strip": drawing.strip(WIDE_STRIP, "wide"),
        "narrow_strip": drawing.strip(NARROW_STRIP, "narrow"),
        "rows": rows[:MOST_ROWS],
        "rows_left_out": len(rows[MOST_ROWS:]),
        "unknown_group": group if group and group not in page.choices else None,
        "citation": as_text(citation, release.texts["figure"]),
        "embed_url": f"{address}{release.figure_url(*codes, asked.lang, is_embedded=True)}",
        "revisions": await revisions_of(page, release),
        "first_release": line[-1].older if line else None,
        "query": query,
        "first_moment": None if request.scope.get("frozen") else first_moment(release.folder),
        "map_url": map_address(release, *codes, asked.lang),
        "plural": release.text("scheme_plurals", page.region["scheme"], asked.lang),
    }
    status = 400 if context["unknown_group"] else 200
    return await render(datasette, request, "figure.html", _page_of(request), context, status=status)


def _page_of(request: Request) -> str:
    is_embedded = "/embed/" in request.path
    return figure_page("" if "scheme" in parts_of(request) else MUNICIPALITY, is_embedded=is_embedded)


async def embed_view(request: Request, datasette: Datasette) -> Response:
    """Serves the page to show within the pages of others, which has no script and no form."""
    found = await read_asked(request, datasette)
    if isinstance(found, Response):
        return found
    asked, page = found
    context = context_for(asked, page, context_of(datasette), site_address(datasette, request), is_read=False)
    return await render(datasette, request, "embed.html", _page_of(request), context, policy=EMBED_POLICY)


def _none(request: Request, datasette: Datasette) -> str:
    return context_of(datasette).text("figure", "none", language(request))


async def figure_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of the page as CSV: the region, the country and the group, through all periods."""
    found = await read_asked(request, datasette)
    if isinstance(found, Response):
        moved = found.status in (301, 302)
        return found if moved else refuse_csv(datasette, [_none(request, datasette)], 404)
    asked, page = found
    release, registry = context_of(datasette), context_of(datasette).registry
    same = {
        "indicator": asked.indicator[f"title_{asked.lang}"],
        "unit": asked.indicator[f"unit_{asked.lang}"],
        "attribution": each_once(page.sources, "attribution"),
        "licence": each_once(page.sources, "licence"),
    }
    rows = [
        {
            "indicator_id": asked.indicator["indicator_id"],
            **row,
            **same,
            "region": registry.regions[row["region_code"]]["name"],
            "period": format_period(row["period_code"], release.texts["periods"], asked.lang),
        }
        for row in await read_all_periods(datasette, release, page)
    ]
    return answer_csv(datasette, request, rows, COLUMNS, asked.name)


async def figure_workbook(request: Request, datasette: Datasette) -> Response:
    """Serves the same figures as an Excel file: the region by period, beside the country and the group."""
    found = await read_asked(request, datasette)
    if isinstance(found, Response):
        return found
    asked, page = found
    release = context_of(datasette)
    rows = await read_all_periods(datasette, release, page)
    return await answer_workbook(datasette, request, figure_book(page, rows, release, asked.lang), asked.name)


async def picture_file(request: Request, datasette: Datasette) -> Response:
    """Serves the chart as a picture that stands alone, as SVG or PNG."""
    found = await read_asked(request, datasette)
    if isinstance(found, Response):
        return found
    asked, page = found
    release = context_of(datasette)
    svg = Drawing(release, page, asked.lang).picture(f"{site_address(datasette, request)}{asked.url}")
    form, group = request.path.rpartition(".")[2], page.group.name if page.group else ""
    return await answer_picture(request, svg, asked.name, file_headers(datasette, f"{asked.name}.{form}-{group}"))


async def citation_file(request: Request, datasette: Datasette) -> Response:
    """Serves the citation for reference managers, as BibTeX or RIS."""
    found = await read_asked(request, datasette)
    if isinstance(found, Response):
        return found
    asked, page = found
    address = site_address(datasette, request)
    citation = cite_figure(page, context_of(datasette), address, asked.url, asked.lang)
    is_ris = request.path.endswith(".ris")
    text, kind = (as_ris(citation), "ris") if is_ris else (as_bibtex(citation), "bib")
    headers = {**KEPT, "Content-Disposition": f'attachment; filename="{asked.name}.{kind}"'}
    media = "application/x-research-info-systems" if is_ris else "application/x-bibtex"
    return Response(text, headers=headers, content_type=f"{media}; charset=utf-8")


View = Callable[[Request, Datasette], Awaitable[Response]]
FILES: dict[str, View] = {
    r"(?:nl\.)?csv": figure_csv,
    "xlsx": figure_workbook,
    PICTURES: picture_file,
    "(?:bib|ris)": citation_file,
}


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages at their addresses in both languages, and their files at those with an extension."""
    found = [route for page in PAGES for route in routes(page, figure_view)]
    found += [route for page in EMBEDS for route in routes(page, embed_view)]
    return found + [
        route for page in PAGES for extension, view in FILES.items() for route in file_routes(page, view, extension)
    ]
