"""An indicator: its meaning, the coverage of its figures and their revisions; and all indicators by theme."""

import asyncio
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, refuse_csv
from portal.charts import Size, line_chart
from portal.context import context_of
from portal.csv_text import Row
from portal.figures import through_years
from portal.pages import file_routes, language, not_found, parts_of, render, routes
from portal.periods import Calendar
from portal.registry import in_order
from portal.revisions import KINDS, line_of_changes, revised_figures, revisions_of_indicator
from portal.rows import read_rows

INDICATOR = "select * from indicators where indicator_id = :indicator_id"
EVERY = """
select indicator_id, theme, sub_theme, title_nl, title_en, definition_nl, definition_en, unit_nl, unit_en, kind,
    lowest_level, state
from indicators order by title_nl
"""
SOURCES = """
select s.*, h.is_overdue, r.rows_count as not_classified_rows_count
from indicator_sources as i join sources as s using (dataset_id)
left join source_health as h using (dataset_id)
left join source_rows as r on s.dataset_id = r.dataset_id and r.outcome = 'not_classified'
where i.indicator_id = :indicator_id order by s.publisher, s.table_id
"""
# Derived figures exist only on the boundaries of a year, and all others are there too.
COVERAGE = """
select r.scheme, count(distinct o.region_code) as regions_count, count(distinct o.period_code) as periods_count,
    min(o.year) as first_year, max(o.year) as last_year,
    (select count(*) from regions as every_region where every_region.scheme = r.scheme and every_region.is_current)
        as regions_expected
from observations_on_boundaries as o join regions as r using (region_code)
where o.indicator_id = :indicator_id and o.value is not null
group by r.scheme
"""
NATIONAL = """
select period_code, year, value, value_status, is_over, boundary_method from observations_on_boundaries
where indicator_id = :indicator_id and region_code = :country
order by year desc, period_code desc
"""
FIGURES = """
select o.*, r.name, r.scheme from observations_on_boundaries as o join regions as r using (region_code)
where o.indicator_id = :indicator_id order by o.region_code, o.year, o.period_code
"""
BREAKS = """
select b.period_code, b.part_id, b.region_code, r.name, k.text_nl, k.text_en
from series_breaks as b join regions as r using (region_code)
left join known_breaks as k on k.indicator_id = b.part_id and k.period_code = b.period_code
where b.indicator_id = :indicator_id order by b.period_code, b.part_id, r.name
"""
# A break of more regions than this is told by their number.
MOST_NAMED = 5
CSV_COLUMNS = [
    "indicator_id",
    "region_code",
    "name",
    "scheme",
    "period_code",
    "year",
    "value",
    "unit",
    "value_status",
    "boundary_method",
    "boundary_year",
    "attribution",
    "licence",
]
TARGET_SOURCE = "select title_nl, title_en from programmes where programme_id = :programme_id"
COUNTRY = "NL01"
SHOWN_REVISIONS = 20
# Narrow, so that its numbers are still legible on a phone.
CHART = Size(380, 150)


def chart_of(datasette: Datasette, calendar: Calendar, series: list[Row], indicator: Row, lang: str) -> Any:
    """Returns the chart of the completed years of a series; quarters and months do not fit on an axis of years."""
    portal = context_of(datasette)
    points = through_years(series, calendar, portal.registry.breaks_of(indicator["indicator_id"], COUNTRY))
    title = f"{indicator[f'title_{lang}']}, {portal.text('indicator', 'country', lang)}"
    return line_chart(
        points,
        title=title,
        decimals=indicator["decimals"],
        lang=lang,
        words=lambda key: portal.text("charts", key, lang),
        size=CHART,
        reading_help=portal.text("charts", "reading", lang),
    )


def breaks_told(rows: list[Row]) -> list[Row]:
    """Returns the breaks as a reader is told of them: those of the same regions and for the same reason are one.

    Each has its `periods`, `parts` (the indicators that break), `names` of regions and `text_nl` and `text_en`, which
    are None where the source gives no reason.
    """
    of_period: dict[str, list[Row]] = {}
    for row in rows:
        of_period.setdefault(row["period_code"], []).append(row)
    told: dict[tuple[Any, ...], Row] = {}
    for period, found in of_period.items():
        parts = tuple(dict.fromkeys(row["part_id"] for row in found))
        names = tuple(dict.fromkeys(row["name"] for row in found))
        text_nl, text_en = (next((row[key] for row in found if row[key]), None) for key in ("text_nl", "text_en"))
        entry: Row = {"parts": parts, "names": names, "text_nl": text_nl, "text_en": text_en, "periods": []}
        told.setdefault((parts, names, text_nl), entry)["periods"].append(period)
    return list(told.values())


async def revisions_of(datasette: Datasette, indicator: Row, asked: str, lang: str) -> Row:
    """Returns the releases that changed the indicator, and its earlier figures: of all regions, or of the one given."""
    portal = context_of(datasette)
    line, regions = line_of_changes(portal.folder), portal.registry.regions
    meant = portal.find_regions(asked)
    code = meant[0]["region_code"] if meant and meant[0]["is_exact"] else None
    unwanted = "_nl" if lang == "en" else "_en"
    releases = [
        {**row, "texts": [text for text in row["texts"] if not text["column"].endswith(unwanted)]}
        for row in revisions_of_indicator(portal.folder, indicator["indicator_id"])
    ]
    figures: list[Row] = []
    if releases and (code or not asked):
        figures = await asyncio.to_thread(
            revised_figures, portal.folder, indicator["indicator_id"], code, most=SHOWN_REVISIONS
        )
    return {
        "first_release": line[-1].older if line else None,
        "kinds": KINDS,
        "releases": releases,
        "asked": asked,
        "region": regions[code] if code else None,
        "figures": [
            {
                **row,
                "decimals": indicator["decimals"],
                "region_name": regions.get(row["region_code"], {}).get("name"),
            }
            for row in figures
        ],
    }


async def indicator_page(request: Request, datasette: Datasette) -> Response:
    """Serves /indicator/<id> and /en/indicator/<id>."""
    lang = language(request)
    key = {"indicator_id": parts_of(request)["indicator"]}
    found = await read_rows(datasette, INDICATOR, key)
    if not found:
        return await not_found(datasette, request, "indicator", context_of(datasette).text("indicator", "absent", lang))
    indicator = found[0]
    release = context_of(datasette)
    registry = release.registry
    recipe = registry.recipe(indicator["indicator_id"])
    coverage = await read_rows(datasette, COVERAGE, key)
    national = await read_rows(datasette, NATIONAL, {**key, "country": COUNTRY})
    target = await read_rows(datasette, TARGET_SOURCE, {"programme_id": indicator["target_source"]})
    context = {
        "indicator": indicator,
        "is_partial": not indicator["is_comparable"],
        "recipe": recipe,
        "titles": {name: row[f"title_{lang}"] for name, row in registry.indicators.items()},
        "used_in": registry.used_in(indicator["indicator_id"]),
        "breaks": breaks_told(await read_rows(datasette, BREAKS, key)),
        "most_named": MOST_NAMED,
        "warnings": (indicator["usage_warnings"] or "").split(";") if indicator["usage_warnings"] else [],
        "sources": await read_rows(datasette, SOURCES, key),
        "coverage": in_order(coverage, release.texts["schemes"]),
        "has_map": indicator["indicator_id"] in context_of(datasette).maps.shown_at,
        "national": national,
        "country": COUNTRY,
        "chart": chart_of(datasette, registry.periods, national, indicator, lang),
        "target_source": target[0] if target else None,
        "revisions": await revisions_of(datasette, indicator, request.args.get("region", "").strip(), lang),
    }
    return await render(datasette, request, "indicator.html", "indicator", context)


async def indicator_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the same address with .csv or .nl.csv: every figure of every region and period."""
    release, lang = context_of(datasette), language(request)
    key = {"indicator_id": parts_of(request)["indicator"]}
    if key["indicator_id"] not in release.registry.indicators:
        return refuse_csv(datasette, [release.text("indicator", "absent", lang)], 404)
    about = release.registry.described(key["indicator_id"], lang)
    rows = [{**row, **about} for row in await read_rows(datasette, FIGURES, key)]
    return answer_csv(datasette, request, rows, CSV_COLUMNS, key["indicator_id"])


async def index_page(request: Request, datasette: Datasette) -> Response:
    """Serves /indicatoren and /en/indicators."""
    texts, lang = context_of(datasette).texts, language(request)
    rows = sorted(await read_rows(datasette, EVERY), key=lambda row: str(row[f"title_{lang}"]).casefold())
    themes: dict[str, dict[str, list[Row]]] = {}
    for theme in texts["themes"]:
        members = [row for row in rows if row["theme"] == theme]
        grouped = {sub: [row for row in members if row["sub_theme"] == sub] for sub in texts["sub_themes"]}
        themes[theme] = {sub: found for sub, found in grouped.items() if found}
    context = {"themes": {theme: groups for theme, groups in themes.items() if groups}, "count": len(rows)}
    return await render(datasette, request, "indicators.html", "indicators", context)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages at their addresses in both languages."""
    return [
        *routes("indicator", indicator_page),
        *file_routes("indicator", indicator_csv),
        *routes("indicators", index_page),
    ]
