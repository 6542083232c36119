"""The profile of a municipality (/gemeente/zwolle) and of any other region (/regio/corop/twente), in both languages.

It is the screen that opens: a few figures, each with a sentence, and the ways to the rest. Beside it are the page of
the municipalities that are like it, and those of `profile_tabs.py`, `baseline.py` and `brief.py`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.border import border_slugs, border_url
from portal.charts import Size, line_chart
from portal.context import ReleaseContext, context_of
from portal.cooperation import cooperation_url
from portal.csv_text import Row
from portal.headlines import SCREEN, Headline, read_headlines
from portal.pages import MUNICIPALITY, language, led_to, parts_of, profile_page, profile_tab, render, routes
from portal.profile import (
    BASELINE,
    BRIEF,
    SIMILAR,
    cooperation_links,
    find_region,
    find_tab,
    is_compared,
    programme_links,
    tab_url,
    tabs_of,
)
from portal.region_figures import read_plan
from portal.rows import read_rows

NEAREST = 3
SPARK = Size(230, 62)

SIMILAR_ROWS = """
select r.region_code, r.name, r.scheme, s.similarity_kind, s.distance, s.is_mutual,
    s.most_alike_1, s.most_alike_2, s.most_different_1, s.most_different_2
from similar_municipalities as s join regions as r on r.region_code = s.peer_code
where s.region_code = :code order by s.similarity_rank
"""


async def profile(request: Request, datasette: Datasette) -> Response:
    """Serves the profile of a region; its code, another name or another kind is led to its address."""
    lang, parts, release = language(request), parts_of(request), context_of(datasette)
    page = profile_page(parts.get("scheme", MUNICIPALITY))
    region = await find_region(request, datasette, parts["region"], page)
    if isinstance(region, Response):
        return region
    url = release.region_url(region["region_code"], lang)
    if region["region_code"] in border_slugs(release):
        # A region across the border has no figures of its own: its page has those of the regions in it.
        url = border_url(release, region["region_code"], lang) or url
    if elsewhere := led_to(request, url):
        return elsewhere
    return await render(datasette, request, "profile.html", page, await read_profile(datasette, region, lang))


async def read_profile(datasette: Datasette, region: Row, lang: str) -> dict[str, Any]:
    """Returns all that the profile of a region shows."""
    release = context_of(datasette)
    registry, relations, code = release.registry, release.relations, region["region_code"]
    headlines = await read_headlines(datasette, release, region, SCREEN, lang) if region["is_current"] else []
    part_of = relations.part_of.get(code, ())
    own_and_larger = [code, *(larger["region_code"] for larger in part_of)]
    similar = await read_similar(datasette, region) if is_compared(region) else []
    return {
        "region": region,
        "boundary_year": registry.boundary_year,
        "headlines": [(headline, spark_of(headline, release, lang)) for headline in headlines],
        "pictured": headlines[0].figure.indicator["indicator_id"] if headlines else None,
        "plan": await read_plan(datasette, region),
        "indicators": registry.indicators,
        "similar": similar,
        "nearest": similar[0]["rows"][:NEAREST] if similar else [],
        "neighbours": relations.neighbours.get(code, ()) if similar else (),
        "part_of": part_of,
        "members": relations.members.get(code, ()),
        "group": relations.groups.get(code),
        "cooperation_url": cooperation_url(release, code, lang),
        "cooperations": cooperation_links(release, region, lang),
        # What it is part of is named as such.
        "namesakes": [row for row in relations.namesakes.get(code, ()) if row["region_code"] not in own_and_larger],
        "border_url": border_url(release, code, lang),
        "across_border": relations.across_border.get(code, ()),
        "became": relations.became.get(code, ()),
        "came_from": relations.came_from.get(code, ()),
        "labour_code": next((each for each in own_and_larger if each in registry.labour_regions), None),
        "programme_links": programme_links(release, region, lang),
        "tabs": tabs_of(release, region, lang, "overview") if headlines else [],
        "brief_url": tab_url(release, BRIEF, region, lang),
        "similar_url": tab_url(release, SIMILAR, region, lang) if similar else None,
        "baseline_url": tab_url(release, BASELINE, region, lang),
    }


def spark_of(headline: Headline, release: ReleaseContext, lang: str) -> Any:
    """Returns the small chart of a figure from its first year to its last; empty if there is one year or none."""
    indicator = headline.figure.indicator

    def words(key: str) -> str:
        return release.text("charts", key, lang)

    known = [place for place, point in enumerate(headline.points) if point.value is not None]
    if len(known) < 2:
        return ""
    points = headline.points[known[0] : known[-1] + 1]
    title, decimals = indicator[f"title_{lang}"], indicator["decimals"]
    return line_chart(points, title=title, decimals=decimals, lang=lang, words=words, size=SPARK)


async def similar_page(request: Request, datasette: Datasette) -> Response:
    """Serves the municipalities that are like one, and in what they are."""
    lang, release = language(request), context_of(datasette)
    asked = await find_tab(request, datasette, SIMILAR)
    if isinstance(asked, Response):
        return asked
    context = {
        "region": asked.region,
        "similar": await read_similar(datasette, asked.region),
        "neighbours": release.relations.neighbours.get(asked.region["region_code"], ()),
        "tabs": tabs_of(release, asked.region, lang, SIMILAR),
        "here": asked.url,
        "other_language_url": asked.twin,
    }
    return await render(datasette, request, "similar.html", asked.page, context)


async def read_similar(datasette: Datasette, region: Row) -> list[dict[str, Any]]:
    """Returns each list of municipalities that are like one."""
    rows = await read_rows(datasette, SIMILAR_ROWS, {"code": region["region_code"]})
    return by_kind(rows, context_of(datasette).registry.peer_groups)


def by_kind(rows: Iterable[Row], groups: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Returns each list of similar municipalities with the group that it makes, also one without any."""
    listed = list(rows)
    return [
        {**group, "rows": [row for row in listed if row["similarity_kind"] == group["similarity_kind"]]}
        for group in groups.values()
        if group["similarity_kind"]
    ]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the profiles at their addresses in both languages."""
    pages = [*routes("municipality", profile), *routes("region", profile)]
    return [*pages, *routes(profile_tab(SIMILAR, MUNICIPALITY), similar_page)]
