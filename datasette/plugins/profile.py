"""The profile of a municipality (/gemeente/GM0363) and of any other region (/regio/corop/CR23), in both languages."""

from collections.abc import Iterable, Mapping, Set
from datetime import date
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment

from portal.charts import line_chart
from portal.context import context_of
from portal.csv_text import Row
from portal.figures import Figure, figures_of
from portal.pages import MUNICIPALITY, language, moved, not_found, parts_of, region_url, render, routes
from portal.peer_groups import PEER_GROUP, groups_among, shown_groups
from portal.registry import Registry, in_order
from portal.rows import read_rows

HEADLINES_PER_THEME = 6
NEAREST = 3
SUBSIDIES = "subsidies"
# A figure that relates its numerator to something is shown with that numerator.
RATES = ("published", "ratio")

FIGURES = """
select indicator_id, period_code, year, value, value_status, is_over, boundary_method from observations_on_boundaries
where region_code = :code and boundary_year = :boundary_year
order by indicator_id, period_code
"""
BASELINE = "select * from baseline where region_code = :code"
PEERS = "select * from baseline_peers where region_code = :code"
GOALS = """
select m.*, g.goal_nl, g.goal_en, g.closed_source, g.gap_nl, g.gap_en, g.theme, g.sub_theme,
    r.name as figure_region_name
from goal_monitor as m left join goals as g on g.goal_id = m.goal_id
left join regions as r on r.region_code = m.figure_region_code
where m.region_code = :code
order by g.programme_id, g.goal_order
"""
PLAN = "select * from plan_monitor where region_code = :code order by target_year, indicator_id"
SIMILAR = """
select r.region_code, r.name, r.scheme, s.similarity_kind, s.distance, s.is_mutual,
    s.most_alike_1, s.most_alike_2, s.most_different_1, s.most_different_2
from similar_municipalities as s join regions as r on r.region_code = s.peer_code
where s.region_code = :code order by s.similarity_rank
"""
PART_OF = """
select r.region_code, r.name, r.scheme from region_membership as m join regions as r using (region_code)
where m.municipality_code = :code and m.region_code <> :code and m.valid_to is null
"""
MEMBERS = """
select r.region_code, r.name, r.scheme, m.share
from region_membership as m join regions as r on r.region_code = m.municipality_code
where m.region_code = :code and m.municipality_code <> :code and m.valid_to is null order by r.name
"""
GROUP = "select * from region_groups where region_code = :code"
# For a region of Eurostat its own row; for the Eurometropolis the regions by which it is approached.
ACROSS_BORDER = """
select c.region_code, r.name, r.scheme, c.note_nl, c.note_en
from cross_border as c join regions as r using (region_code) where c.region_code = :code
union
select c.region_code, r.name, r.scheme, c.note_nl, c.note_en
from cross_border as c join regions as r using (region_code) where c.region_group = :code
order by name
"""
BECAME = """
select c.*, r.scheme from boundary_changes as c join regions as r on r.region_code = c.new_code
where c.old_code = :code order by c.share desc
"""
CAME_FROM = """
select c.*, r.scheme from boundary_changes as c join regions as r on r.region_code = c.old_code
where c.new_code = :code order by c.changed_on, c.old_name
"""


async def profile(request: Request, datasette: Datasette) -> Response:
    """Serves the profile of a region; a name, or a code written otherwise or of another kind, is led to its address."""
    lang, parts, release = language(request), parts_of(request), context_of(datasette)
    page, scheme = ("region", parts["scheme"]) if "scheme" in parts else ("municipality", MUNICIPALITY)
    code = release.slugs.region_code(scheme, parts["code"])
    if code is None:
        title = release.text("profile_errors", "unknown", lang).format(code=parts["code"])
        return await not_found(datasette, request, page, title, query=parts["code"])
    region = release.registry.regions[code]
    url = region_url(region["scheme"], code, lang)
    if request.path.rstrip("/") != url:
        return moved(url)
    return await render(datasette, request, "profile.html", page, await read_profile(datasette, region, lang, request))


async def read_profile(datasette: Datasette, region: dict[str, Any], lang: str, request: Request) -> dict[str, Any]:
    """Returns all that the page of a region shows. Every query uses an index on the code of the region."""
    release = context_of(datasette)
    registry, boundary_year = release.registry, next(iter(release.registry.published_boundary_years), 0)
    code = {"code": region["region_code"], "boundary_year": boundary_year}

    async def rows(sql: str) -> list[dict[str, Any]]:
        return await read_rows(datasette, sql, code)

    baseline = {row["indicator_id"]: row for row in await rows(BASELINE)}

    def tables_of(indicator_id: str) -> list[dict[str, Any]]:
        # For an amount of subsidies only the registers of this region count, and the page links to those itself.
        return [source for source in registry.sources_of(indicator_id) if source["shape"] != SUBSIDIES]

    def breaks_of(indicator_id: str) -> Set[date]:
        return registry.breaks_of(indicator_id, region["region_code"])

    peers = await rows(PEERS)
    figures = figures_of(
        await rows(FIGURES), baseline, peers, registry.indicators, tables_of, registry.periods, breaks_of
    )
    similar = by_kind(await rows(SIMILAR), registry.peer_groups) if is_compared(region) else []
    choices = groups_among(registry.peer_groups, (row["peer_group"] for row in peers))
    part_of = in_order(await rows(PART_OF), release.texts["schemes"])
    own_and_larger = [region["region_code"], *(larger["region_code"] for larger in part_of)]
    return {
        "region": region,
        "boundary_year": boundary_year,
        "headlines": headlines(figures.values(), release.headlines, list(release.texts["themes"])),
        "blocks": by_building_block(figures.values(), baseline, registry.indicators, lang),
        "goals": by_programme(await rows(GOALS), registry.programmes),
        "plan": await rows(PLAN),
        "indicators": registry.indicators,
        "counts": counts_beside(figures, registry),
        "similar": similar,
        "nearest": similar[0]["rows"][:NEAREST] if similar else [],
        "part_of": part_of,
        "members": await rows(MEMBERS),
        "group": next(iter(await rows(GROUP)), None),
        "across_border": await rows(ACROSS_BORDER),
        "became": await rows(BECAME),
        "came_from": await rows(CAME_FROM),
        "labour_code": next((each for each in own_and_larger if each in registry.labour_regions), None),
        **shown_groups(choices, request.args.get(PEER_GROUP)),
        "has_peers": any(figure.peers for figure in figures.values()),
        "has_places": any(figure.course and figure.course["rank_from_high"] for figure in figures.values()),
    }


def is_compared(region: Row) -> bool:
    """Returns whether a region is compared with others: only the municipalities of today are."""
    return region["scheme"] == MUNICIPALITY and bool(region["is_current"])


def by_kind(rows: list[Row], groups: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Returns each list of similar municipalities with the group that it makes, also one without any."""
    return [
        {**group, "rows": [row for row in rows if row["similarity_kind"] == group["similarity_kind"]]}
        for group in groups.values()
        if group["similarity_kind"]
    ]


def headlines(figures: Iterable[Figure], order: list[str], themes: list[str]) -> dict[str, list[Figure]]:
    """Returns the first figures of each theme, in the order of headlines.yml; a count is no headline."""
    places = {indicator_id: place for place, indicator_id in enumerate(order)}
    relative = (figure for figure in figures if figure.indicator["is_relative"])
    ranked = sorted(relative, key=lambda f: places.get(f.indicator["indicator_id"], len(places)))
    grouped = {theme: [f for f in ranked if f.indicator["theme"] == theme] for theme in themes}
    return {theme: found[:HEADLINES_PER_THEME] for theme, found in grouped.items() if found}


def counts_beside(figures: Mapping[str, Figure], registry: Registry) -> dict[str, Figure]:
    """Returns, for each rate or share of one count, that count of the same period."""
    found = {}
    for indicator_id, figure in figures.items():
        numerator = registry.recipe(indicator_id).numerator
        count = figures.get(numerator[0].indicator_id) if len(numerator) == 1 else None
        if count is not None and figure.indicator["formula"] in RATES and count.period_code == figure.period_code:
            found[indicator_id] = count
    return found


def by_building_block(
    figures: Iterable[Figure], baseline: dict[str, dict[str, Any]], indicators: Mapping[str, Row], lang: str
) -> dict[int, dict[str, Any]]:
    """Returns, for each building block, its figures and, by reason, the indicators without a figure for the region."""
    blocks: dict[int, dict[str, Any]] = {}

    def block(number: int) -> dict[str, Any]:
        return blocks.setdefault(number, {"figures": [], "gaps": {}})

    for figure in sorted(figures, key=lambda f: f.indicator[f"title_{lang}"].casefold()):
        block(figure.indicator["building_block"])["figures"].append(figure)
    for indicator_id, row in sorted(baseline.items(), key=lambda item: indicators[item[0]][f"title_{lang}"].casefold()):
        if row["gap"]:
            block(row["building_block"])["gaps"].setdefault(row["gap"], []).append(indicators[indicator_id])
    return dict(sorted(blocks.items()))


def by_programme(rows: list[Row], titles: Mapping[str, Row]) -> list[Row]:
    """Returns the goals of a region by the programme that they come from."""
    programmes = dict.fromkeys(row["programme_id"] for row in rows)
    return [
        {**titles[programme], "goals": [row for row in rows if row["programme_id"] == programme]}
        for programme in programmes
    ]


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Lets templates draw charts."""

    def chart(points: Any, title: str, decimals: int, lang: str) -> Any:
        def words(key: str) -> str:
            return context_of(datasette).text("charts", key, lang)

        return line_chart(points, title=title, decimals=decimals, lang=lang, words=words)

    env.globals["line_chart"] = chart


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the profiles at their addresses in both languages."""
    return [*routes("municipality", profile), *routes("region", profile)]
