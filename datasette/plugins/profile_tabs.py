"""The figures of a region on one theme (/gemeente/zwolle/thema/vitale-binnensteden), with the goals of programmes.

Also those in one building block of an economic plan (/gemeente/zwolle/bouwsteen/3).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figures import Figure, figures_of
from portal.headlines import country_beside
from portal.pages import MUNICIPALITY, language, not_found, parts_of, profile_tab, render, routes
from portal.peer_groups import PEER_GROUP, groups_among, shown_groups
from portal.profile import (
    BLOCK,
    THEME,
    find_tab,
    is_compared,
    programme_links,
    tab_url,
    tabs_of,
    theme_named,
    theme_slug,
    theme_url,
)
from portal.rows import read_rows
from portal.words import LANGUAGES

SUBSIDIES = "subsidies"
BASELINE = """
select b.indicator_id, b.period_code, b.value, b.lower, b.upper, b.value_status, b.boundary_method, b.national_period,
    b.is_behind, b.trend_unit, b.change_1y, b.change_5y, b.trend_method, b.trend, b.trend_judgement,
    b.rank_from_high, b.rank_from_low, b.count_all, b.gap
from json_each(:indicators) as i cross join baseline as b on b.region_code = :code and b.indicator_id = i.value
"""
# Only for regions that the baseline does not have: those of Eurostat.
FIGURES = """
select o.indicator_id, o.period_code, o.year, o.value, o.value_status, o.is_over, o.boundary_method
from json_each(:indicators) as i cross join observations_on_boundaries as o
    on o.indicator_id = i.value and o.region_code = :code and o.boundary_year = :boundary_year
"""
GROUPS = "select distinct peer_group from baseline_peers where region_code = :code"
PEERS = """
select p.indicator_id, p.peer_group, p.rank_from_high, p.rank_from_low, p.peers_count, p.median
from json_each(:indicators) as i cross join json_each(:groups) as g cross join baseline_peers as p
    on p.region_code = :code and p.indicator_id = i.value and p.peer_group = g.value
"""
GOALS = """
select m.*, g.goal_nl, g.goal_en, g.closed_source, g.gap_nl, g.gap_en, r.name as figure_region_name
from goal_monitor as m cross join goals as g on g.goal_id = m.goal_id
left join regions as r on r.region_code = m.figure_region_code
where m.region_code = :code and g.theme = :theme
order by g.programme_id, g.goal_order
"""


async def theme_page(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of a region on a theme, and the goals of programmes on it."""
    lang, release, asked = language(request), context_of(datasette), parts_of(request)
    theme = theme_named(release, asked["theme"], lang)
    tab = await find_tab(request, datasette, THEME, _slugs(release, theme, asked["theme"]))
    if isinstance(tab, Response):
        return tab
    if theme is None:
        themes = release.texts["themes"]
        links = {theme_url(release, tab.region, each, lang): release.text("themes", each, lang) for each in themes}
        return await _no_tab(request, datasette, tab.page, "no_theme", asked["theme"], links)
    names = [name for name, row in release.registry.indicators.items() if row["theme"] == theme]
    table = await read_table(datasette, tab.region, names, lang, request.args.get(PEER_GROUP))
    goals = await read_rows(datasette, GOALS, {"code": tab.region["region_code"], "theme": theme})
    context = {
        **table,
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


async def block_page(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of a region in one building block of an economic plan."""
    lang, release, asked = language(request), context_of(datasette), parts_of(request)
    number, blocks = asked["block"], release.texts["building_blocks"]
    tab = await find_tab(request, datasette, BLOCK, {each: {"block": number} for each in LANGUAGES})
    if isinstance(tab, Response):
        return tab
    links = {tab_url(release, BLOCK, tab.region, lang, block=each): title_of(release, each, lang) for each in blocks}
    if number not in blocks:
        return await _no_tab(request, datasette, tab.page, "no_block", number, links)
    names = [name for name, row in release.registry.indicators.items() if str(row["building_block"]) == number]
    table = await read_table(datasette, tab.region, names, lang, request.args.get(PEER_GROUP))
    context = {
        **table,
        "region": tab.region,
        "subject": title_of(release, number, lang),
        "theme": None,
        "blocks": links,
        "goals": [],
        "tabs": tabs_of(release, tab.region, lang, ""),
        "here": tab.url,
        "other_language_url": tab.twin,
    }
    return await render(datasette, request, "profile_tab.html", tab.page, context)


def title_of(release: ReleaseContext, number: str, lang: str) -> str:
    """Returns the name of a building block with its number."""
    title = release.text("building_blocks", number, lang)
    return release.text("profile", "block", lang).format(number=number, title=title)


def _slugs(release: ReleaseContext, theme: str | None, asked: str) -> dict[str, dict[str, str]]:
    return {lang: {"theme": theme_slug(release, theme, lang) if theme else asked} for lang in LANGUAGES}


async def _no_tab(
    request: Request, datasette: Datasette, page: str, key: str, asked: str, links: dict[str, str]
) -> Response:
    title = context_of(datasette).text("profile_errors", key, language(request)).format(asked=asked)
    return await not_found(datasette, request, page, title, links=links)


async def read_table(
    datasette: Datasette, region: Row, names: list[str], lang: str, group: str | None
) -> dict[str, Any]:
    """Returns the figures of a region of some indicators by sub-theme, and by reason those that it has no figure of."""
    release = context_of(datasette)
    registry, code = release.registry, region["region_code"]
    keys = {"code": code, "boundary_year": registry.boundary_year, "indicators": json.dumps(names)}
    baseline = {row["indicator_id"]: row for row in await read_rows(datasette, BASELINE, keys)}
    observations = [] if baseline else await read_rows(datasette, FIGURES, keys)
    known = await read_rows(datasette, GROUPS, keys) if is_compared(region) else []
    shown = shown_groups(groups_among(registry.peer_groups, (row["peer_group"] for row in known)), group)
    asked = {**keys, "groups": json.dumps(shown["shown_peers"])}
    peers = await read_rows(datasette, PEERS, asked) if known else []

    def sources_of(indicator_id: str) -> list[Row]:
        # For an amount of subsidies only the registers of this region count, and the page links to those itself.
        return [source for source in registry.sources_of(indicator_id) if source["shape"] != SUBSIDIES]

    country = country_beside(release, region)
    figures = figures_of(observations, baseline, peers, registry.indicators, sources_of, country, registry.periods)
    counts = [figure for figure in figures.values() if not figure.indicator["is_relative"]]
    rates = [figure for figure in figures.values() if figure.indicator["is_relative"]]
    gaps = by_reason(baseline.values(), registry.indicators, lang)
    return {
        "rates": by_sub_theme(rates, release.texts["sub_themes"], lang),
        "counts": by_sub_theme(counts, release.texts["sub_themes"], lang),
        "counts_number": len(counts),
        "gaps": gaps,
        "gaps_number": sum(map(len, gaps.values())),
        "indicators": registry.indicators,
        "boundary_year": registry.boundary_year,
        "has_country": any(figure.country for figure in figures.values()),
        "has_peers": any(figure.peers for figure in figures.values()),
        "has_places": any(figure.course and figure.course["rank_from_high"] for figure in figures.values()),
        **shown,
    }


def by_sub_theme(figures: Iterable[Figure], order: Iterable[str], lang: str) -> dict[str, list[Figure]]:
    """Returns figures by sub-theme, in the order of the release."""
    ranked = sorted(figures, key=lambda f: f.indicator[f"title_{lang}"].casefold())
    found = {each: [f for f in ranked if f.indicator["sub_theme"] == each] for each in order}
    return {each: listed for each, listed in found.items() if listed}


def by_reason(baseline: Iterable[Row], indicators: Mapping[str, Row], lang: str) -> dict[str, list[Row]]:
    """Returns, by reason, the indicators that a region has no figure of."""
    found: dict[str, list[Row]] = {}
    for row in sorted(baseline, key=lambda row: indicators[row["indicator_id"]][f"title_{lang}"].casefold()):
        if row["gap"]:
            found.setdefault(row["gap"], []).append(indicators[row["indicator_id"]])
    return found


def by_programme(rows: list[Row], titles: Mapping[str, Row]) -> list[Row]:
    """Returns the goals of a region by the programme that they come from."""
    programmes = dict.fromkeys(row["programme_id"] for row in rows)
    return [
        {**titles[programme], "goals": [row for row in rows if row["programme_id"] == programme]}
        for programme in programmes
    ]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages at their addresses in both languages."""
    themes = [route for scheme in (MUNICIPALITY, "") for route in routes(profile_tab(THEME, scheme), theme_page)]
    return themes + [route for scheme in (MUNICIPALITY, "") for route in routes(profile_tab(BLOCK, scheme), block_page)]
