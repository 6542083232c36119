"""The figures of a region on one theme (/gemeente/zwolle/thema/vitale-binnensteden), with the goals of programmes."""

from collections.abc import Mapping
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_workbook
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figure_rows import RowWriter
from portal.pages import MUNICIPALITY, file_routes, language, not_found, parts_of, profile_tab, render, routes
from portal.peer_groups import PEER_GROUP
from portal.profile import THEME, AskedTab, find_tab, programme_links, tabs_of, theme_named, theme_slug, theme_url
from portal.region_figures import RegionFigures, by_reason, read_region_figures
from portal.region_sheets import read_region_book
from portal.rows import read_rows
from portal.sub_themes import by_sub_theme, parts_without
from portal.words import LANGUAGES

GOALS = """
select m.*, g.goal_nl, g.goal_en, g.closed_source, g.gap_nl, g.gap_en, r.name as figure_region_name
from goal_monitor as m cross join goals as g on g.goal_id = m.goal_id
left join regions as r on r.region_code = m.figure_region_code
where m.region_code = :code and g.theme = :theme
order by g.programme_id, g.goal_order
"""


async def theme_page(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of a region on a theme, and the goals of programmes on it."""
    lang, release, asked = language(request), context_of(datasette), parts_of(request)["theme"]
    theme, tab = await _find(request, datasette, asked)
    if isinstance(tab, Response):
        return tab
    if theme is None:
        themes = release.texts["themes"]
        links = {theme_url(release, tab.region, each, lang): release.text("themes", each, lang) for each in themes}
        title = release.text("profile_errors", "no_theme", lang).format(asked=asked)
        return await not_found(datasette, request, tab.page, title, links=links)
    names = [name for name, row in release.registry.indicators.items() if row["theme"] == theme]
    found = await read_region_figures(datasette, tab.region, names, request.args.get(PEER_GROUP))
    goals = await read_rows(datasette, GOALS, {"code": tab.region["region_code"], "theme": theme})
    context = {
        **table_of(found, release, tab.region, lang),
        "parts_without": await parts_without(datasette, found, theme, lang),
        "country": COUNTRY,
        "region": tab.region,
        "subject": release.text("themes", theme, lang),
        "theme": theme,
        "goals": by_programme(goals, release.registry.programmes),
        "programme_links": programme_links(release, tab.region, lang),
        "tabs": tabs_of(release, tab.region, lang, theme),
        "here": tab.url,
        "other_language_url": tab.twin,
    }
    return await render(datasette, request, "profile_tab.html", tab.page, context)


async def theme_workbook(request: Request, datasette: Datasette) -> Response:
    """Serves the same address with .xlsx: the figures of the theme by year, beside others, and their meaning."""
    lang, asked = language(request), parts_of(request)["theme"]
    theme, tab = await _find(request, datasette, asked)
    if isinstance(tab, Response):
        return tab
    if theme is None:
        raise NotFound(f"There is no theme {asked}")
    book = await read_region_book(datasette, tab.region, lang, theme)
    return await answer_workbook(datasette, request, book, f"regiokompas-{tab.region['region_code']}-{theme}")


async def _find(request: Request, datasette: Datasette, asked: str) -> tuple[str | None, AskedTab | Response]:
    """Finds the theme that an address names, None if there is none of that name, and its tab of the region."""
    release = context_of(datasette)
    theme = theme_named(release, asked, language(request))
    return theme, await find_tab(request, datasette, THEME, _slugs(release, theme, asked))


def _slugs(release: ReleaseContext, theme: str | None, asked: str) -> dict[str, dict[str, str]]:
    return {lang: {"theme": theme_slug(release, theme, lang) if theme else asked} for lang in LANGUAGES}


def table_of(found: RegionFigures, release: ReleaseContext, region: Row, lang: str) -> dict[str, Any]:
    """Returns the figures of a region by sub-theme, and by reason the indicators that it has no figure of."""
    writer, order = RowWriter(release, region, found.shown["shown_peers"], lang), release.texts["sub_themes"]
    counts, gaps = found.counts(), by_reason(found.missing, release.registry.indicators, lang)
    return {
        "rates": {name: writer.rows(each) for name, each in by_sub_theme(found.rates(), order, lang).items()},
        "counts": {name: writer.rows(each) for name, each in by_sub_theme(counts, order, lang).items()},
        "counts_number": len(counts),
        "gaps": gaps,
        "gaps_number": len(found.missing),
        "indicators": release.registry.indicators,
        "boundary_year": release.registry.boundary_year,
        **found.columns(),
    }


def by_programme(rows: list[Row], titles: Mapping[str, Row]) -> list[Row]:
    """Returns the goals of a region by the programme that they come from."""
    programmes = dict.fromkeys(row["programme_id"] for row in rows)
    return [
        {**titles[programme], "goals": [row for row in rows if row["programme_id"] == programme]}
        for programme in programmes
    ]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages at their addresses in both languages, and the file of each."""
    pages = [profile_tab(THEME, scheme) for scheme in (MUNICIPALITY, "")]
    files = [route for page in pages for route in file_routes(page, theme_workbook, "xlsx")]
    return [*(route for page in pages for route in routes(page, theme_page)), *files]
