"""Regions side by side: up to eight on one indicator in a chart, up to 45 on many in a table; also as CSV and Excel."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, answer_workbook, refuse_csv
from portal.asked_comparison import (
    BY_NAME,
    HIGH_FIRST,
    LOW_FIRST,
    MOST_INDICATORS,
    MOST_REGIONS,
    AskedComparison,
    explain,
    read_question,
)
from portal.boundaries import KEPT_SCHEMES, put_on_boundaries
from portal.charts import MOST_LINES, large_chart, mark, marked_lines
from portal.citations import Citation, as_text
from portal.comparison_html import country_cells, indicator_options, indicator_ticks, region_options, table_lines
from portal.comparison_sheets import series_book, table_book
from portal.comparison_table import ComparisonTable, read_comparison
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figures import SPLIT
from portal.formats import format_period
from portal.headlines import SCREEN, choose
from portal.pages import (
    FROZEN,
    MUNICIPALITY,
    file_routes,
    language,
    own_address,
    page_url,
    render,
    routes,
    site_address,
)
from portal.periods import series_begin
from portal.region_groups import LIKE_OWN, kinds, named_groups, offered_regions
from portal.registry import Registry, by_theme, each_once
from portal.regroup import INDEX_DECIMALS, Periods, RegroupedFigure, index_of
from portal.rounding import round_half_away
from portal.rows import read_rows
from portal.series import Drawn, Point
from portal.slugs import slug_of

COLUMNS = (
    "indicator_id",
    "indicator",
    "unit",
    "region_code",
    "region",
    "period_code",
    "year",
    "boundary_year",
    "value",
    "value_status",
    "boundary_method",
    "index_value",
    "index_base_period",
    "attribution",
)
# An index is of one indicator through time.
TABLE_COLUMNS = tuple(column for column in COLUMNS if not column.startswith("index_"))

AS_PUBLISHED = """
select region_code, period_code, value, value_status, 'published' as boundary_method, 1 as parts_count
from observations
where indicator_id = :indicator and region_code in (select value from json_each(:codes))
order by period_code
"""
ON_BOUNDARIES = """
select region_code, period_code, value, value_status, boundary_method, parts_count from observations_on_boundaries
where indicator_id = :indicator and boundary_year = :boundary_year
    and region_code in (select value from json_each(:codes))
order by period_code
"""


async def read_figures(datasette: Datasette, asked: AskedComparison, registry: Registry) -> dict[str, Periods]:
    """Returns the figures of the regions, by period."""
    if asked.boundary_year is None or asked.boundary_year in registry.published_boundary_years:
        return await _select(datasette, asked, asked.codes)
    kept = [code for code in asked.codes if registry.regions[code]["scheme"] in KEPT_SCHEMES]
    moved = [code for code in asked.codes if code not in kept]
    recipe = registry.recipe(asked.indicator["indicator_id"])
    as_published = AskedComparison([asked.indicator], kept)
    return {
        **await _select(datasette, as_published, kept),
        **await put_on_boundaries(datasette, recipe, moved, asked.boundary_year),
    }


async def _select(datasette: Datasette, asked: AskedComparison, codes: Sequence[str]) -> dict[str, Periods]:
    parameters = {
        "indicator": asked.indicator["indicator_id"],
        "codes": json.dumps(list(codes)),
        "boundary_year": asked.boundary_year,
    }
    found: dict[str, dict[str, RegroupedFigure]] = {}
    for row in await read_rows(datasette, ON_BOUNDARIES if asked.boundary_year else AS_PUBLISHED, parameters):
        figure = RegroupedFigure(row["value"], row["value_status"], row["boundary_method"], row["parts_count"])
        found.setdefault(row["region_code"], {})[row["period_code"]] = figure
    return {**found}


def breaks_seen(asked: AskedComparison, release: ReleaseContext, code: str) -> set[date]:
    """Returns the days from which the figures of a region are not of the same thing as before.

    Its series breaks there, or, where figures are shown as they were published, other municipalities were added to it.
    """
    breaks = set(release.registry.breaks_of(asked.indicator["indicator_id"], code))
    if asked.boundary_year is None:
        breaks |= {date.fromisoformat(str(row["changed_on"])[:10]) for row in release.relations.came_from.get(code, ())}
    return breaks


def read_index(
    asked: AskedComparison, series: Mapping[str, Periods], release: ReleaseContext
) -> tuple[str | None, dict[str, dict[str, float]]]:
    """Returns the base period and the index, both from the last break of a series on.

    Percentages have none, because they change by percentage points.
    """
    if asked.indicator["unit_en"].startswith("%"):
        return None, {}
    first_day = release.registry.periods.first_day
    last_break = max((day for code in series for day in breaks_seen(asked, release, code)), default=date.min)
    return index_of(
        {code: {p: f.value for p, f in known.items() if first_day(p) >= last_break} for code, known in series.items()}
    )


def cite(asked: AskedComparison, release: ReleaseContext, address: str, lang: str) -> str:
    """Returns how to cite a comparison: the regions in a chart by name, the many of a table by their number."""
    if asked.is_table:
        counts = {"n": len(asked.codes), "indicators": len(asked.indicators)}
        title = release.text("compare", "side_by_side", lang).format(**counts)
    else:
        names = ", ".join(str(release.registry.regions[code]["name"]) for code in asked.codes)
        title = f"{asked.indicator[f'title_{lang}']}: {names}"
    sources = release.registry.sources_of(*(row["indicator_id"] for row in asked.indicators))
    query = asked.query()
    citation = Citation(
        key=f"regiokompas-comparison-{release.release_id}",
        title=title,
        sources=each_once(sources, "attribution"),
        licence=each_once(sources, "licence"),
        release=release.release_id,
        date=(release.newest_landed_at or "")[:10],
        address=f"{address}{FROZEN}/{release.release_id}{page_url('compare', lang)}?{query}",
        notice=dict(release.notice_parts).get(lang, ""),
        lang=lang,
    )
    return as_text(citation, release.texts["figure"])


async def compare(request: Request, datasette: Datasette) -> Response:
    """Serves /vergelijk and /en/compare."""
    lang = language(request)
    release = context_of(datasette)
    asked = await read_question(datasette, request, release, lang)
    here = page_url("compare", lang)
    # First, since a theme is what these regions have of it.
    table = await read_comparison(datasette, asked, release) if asked.is_table and asked.codes else None
    themes = by_theme(release.registry.indicators.values(), release.texts["themes"], lambda i: str(i["theme"]))
    names = [row["indicator_id"] for row in asked.indicators]
    first = names[0]
    context = {
        "permalink": own_address(datasette, request, f"{here}?{asked.query()}"),
        "citation": cite(asked, release, site_address(datasette, request), lang),
        "asked": asked,
        "problems": explain(asked, release, lang),
        "registry": release.registry,
        "themes": release.texts["themes"],
        "region_options": region_options(release, lang),
        "indicator_options": indicator_options(themes, first, release, lang),
        "indicator_ticks": indicator_ticks(themes, first, names, release, lang),
        "groups": groups_to_choose(asked, release, lang),
        "headlines": choose(release.registry.indicators, release.headlines, release.registry.indicators, SCREEN),
        "most": MOST_REGIONS,
        "most_lines": MOST_LINES,
        "most_indicators": MOST_INDICATORS,
        "sources": release.registry.sources_of(*(row["indicator_id"] for row in asked.indicators)),
        "columns": [],
        "table": table,
    }
    if table is not None:
        context |= {
            "heads": heads_of(table, asked),
            "name_head": head_link(asked, BY_NAME),
            "lines": table_lines(table, asked, release, lang),
            "country_cells": country_cells(table, release, lang),
        }
    elif asked.codes:
        context |= await chart_context(datasette, asked, release, lang)
    status = 400 if asked.problems else 200
    return await render(datasette, request, "compare.html", "compare", context, query=asked.query(), status=status)


async def chart_context(
    datasette: Datasette, asked: AskedComparison, release: ReleaseContext, lang: str
) -> dict[str, Any]:
    """Returns what the page shows of one indicator through time."""
    registry, here = release.registry, page_url("compare", lang)
    figures = await read_figures(datasette, asked, registry)
    series = {code: figures.get(code, {}) for code in asked.codes}
    base, index = read_index(asked, series, release)
    return {
        "columns": [
            {
                **registry.regions[code],
                "mark": mark(place),
                "is_empty": all(figure.value is None for figure in series[code].values()),
                "remove": f"{here}?{asked.query([c for c in asked.codes if c != code])}",
            }
            for place, code in enumerate(asked.codes)
        ],
        "periods": list(reversed(periods_of(series, registry))),
        "series": series,
        "base": base,
        "index": index,
        "chart": _draw(asked, release, lang, {c: dict(known) for c, known in series.items()}, False),
        "index_chart": _draw(asked, release, lang, _as_figures(index, series), True) if base else "",
    }


def periods_of(series: Mapping[str, Periods], registry: Registry) -> list[str]:
    """Returns the periods of which there is anything to say, in order."""
    return sorted({period for known in series.values() for period in known}, key=registry.periods.order)


def head_link(asked: AskedComparison, by: str) -> tuple[str, str]:
    """Returns `aria-sort` of a heading, empty if the table is not sorted by it, and what pressing it asks for."""
    is_sorted = asked.sort == by or (by == BY_NAME and not asked.sort and bool(asked.group))
    order = asked.order if asked.sort else LOW_FIRST
    first = LOW_FIRST if by == BY_NAME else HIGH_FIRST
    other = {HIGH_FIRST: LOW_FIRST, LOW_FIRST: HIGH_FIRST}[order]
    said = {HIGH_FIRST: "descending", LOW_FIRST: "ascending"}[order] if is_sorted else ""
    return said, asked.query(sort=(by, other if is_sorted else first))


def heads_of(table: ComparisonTable, asked: AskedComparison) -> list[tuple[Any, str, str]]:
    """Returns each column with its `aria-sort` and what pressing its heading asks for."""
    return [(column, *head_link(asked, column.indicator["indicator_id"])) for column in table.columns]


def groups_to_choose(asked: AskedComparison, release: ReleaseContext, lang: str) -> dict[str, dict[str, str]]:
    """Returns the groups that the form offers: by kind, what the address has for each and its name."""
    regions = release.registry.regions
    named = {code: str(regions[code.upper()]["name"]) for code in named_groups(release)}
    named |= {scheme: release.text("scheme_plurals", scheme, lang).capitalize() for scheme in kinds(release)}
    if asked.own and regions[asked.own]["scheme"] == MUNICIPALITY:
        like = release.text("compare", "like", lang).format(region=regions[asked.own]["name"])
        named = {LIKE_OWN: like, **named}
    found = {release.text("compare", "whole_groups", lang): named}
    for scheme, codes in offered_regions(release).items():
        title = release.text("compare", "inside", lang).format(kind=release.text("schemes", scheme, lang).lower())
        found[title] = {code: str(regions[code]["name"]) for code in codes}
    return found


def _as_figures(index: Mapping[str, Mapping[str, float]], series: Mapping[str, Periods]) -> dict[str, Periods]:
    return {
        code: {p: RegroupedFigure(value, series[code][p].status, series[code][p].method) for p, value in values.items()}
        for code, values in index.items()
    }


def _draw(
    asked: AskedComparison, release: ReleaseContext, lang: str, series: Mapping[str, Periods], is_index: bool
) -> Any:
    registry, titles = release.registry, release.texts["periods"]

    def points(code: str) -> list[Point]:
        figures = sorted(series.get(code, {}).items(), key=lambda item: registry.periods.order(item[0]))
        days = [registry.periods.first_day(period) for period, _ in figures]
        values = [figure.value for _, figure in figures]
        begun = series_begin(zip(days, values, strict=True), breaks_seen(asked, release, code))
        return [
            Point(
                day,
                format_period(period, titles, lang),
                figure.value,
                "estimated" if figure.method == SPLIT else figure.status,
                is_break,
            )
            for (period, figure), day, is_break in zip(figures, days, begun, strict=True)
        ]

    lines = marked_lines([(registry.regions[code]["name"], points(code)) for code in asked.codes])
    return large_chart(
        Drawn(lines),
        heading=f"{asked.indicator[f'title_{lang}']}: {', '.join(line.title for line in lines)}",
        description=release.text("compare", "chart_about", lang),
        decimals=INDEX_DECIMALS if is_index else asked.indicator["decimals"],
        lang=lang,
        reading_help=release.text("charts", "reading", lang),
    )


async def compare_csv(request: Request, datasette: Datasette) -> Response:
    """Serves /vergelijk.csv and /vergelijk.nl.csv, and their English addresses."""
    lang = language(request)
    release = context_of(datasette)
    asked = await read_question(datasette, request, release, lang)
    if asked.problems:
        return refuse_csv(datasette, explain(asked, release, lang), 400)
    if asked.is_table:
        rows = _table_rows(await read_comparison(datasette, asked, release), asked, release.registry, lang)
        return answer_csv(datasette, request, rows, TABLE_COLUMNS, name_of(asked, lang))
    rows = _csv_rows(asked, release, lang, await read_figures(datasette, asked, release.registry))
    return answer_csv(datasette, request, rows, COLUMNS, name_of(asked, lang))


async def compare_workbook(request: Request, datasette: Datasette) -> Response:
    """Serves /vergelijk.xlsx and its English address: what the page shows, in its order."""
    lang = language(request)
    release = context_of(datasette)
    asked = await read_question(datasette, request, release, lang)
    if asked.problems or not asked.codes:
        empty = [release.text("compare", "empty", lang)]
        return refuse_csv(datasette, explain(asked, release, lang) or empty, 400)
    if asked.is_table:
        book = table_book(await read_comparison(datasette, asked, release), asked, release, lang)
    else:
        series = await read_figures(datasette, asked, release.registry)
        book = series_book(series, periods_of(series, release.registry), asked, release, lang)
    return await answer_workbook(datasette, request, book, name_of(asked, lang))


def name_of(asked: AskedComparison, lang: str) -> str:
    """Returns the name of a file, without its extension."""
    about = asked.theme or (asked.indicator["indicator_id"] if len(asked.indicators) == 1 else "")
    page = page_url("compare", lang).rsplit("/", 1)[1]
    return "-".join(filter(None, (page, slug_of(asked.group), about)))


def _table_rows(table: ComparisonTable, asked: AskedComparison, registry: Registry, lang: str) -> list[Row]:
    rows = []
    for column in table.columns:
        indicator, period = column.indicator, column.period_code
        about = registry.described(indicator["indicator_id"], lang)
        for line in table.lines:
            if figure := line.figures.get(indicator["indicator_id"]):
                rows.append(
                    {
                        "indicator_id": indicator["indicator_id"],
                        "region_code": line.region["region_code"],
                        "region": line.region["name"],
                        "period_code": period,
                        "year": registry.periods.year_of(period) if period else None,
                        "boundary_year": asked.boundary_year,
                        "value": figure.value,
                        "value_status": figure.status,
                        "boundary_method": figure.method,
                        **about,
                    }
                )
    return rows


def _csv_rows(asked: AskedComparison, release: ReleaseContext, lang: str, series: Mapping[str, Periods]) -> list[Row]:
    indicator, registry = asked.indicator, release.registry
    base, index = read_index(asked, series, release)
    about = registry.described(indicator["indicator_id"], lang)
    return [
        {
            "indicator_id": indicator["indicator_id"],
            "region_code": code,
            "region": registry.regions[code]["name"],
            "period_code": period,
            "year": registry.periods.year_of(period),
            "boundary_year": asked.boundary_year,
            "value": figure.value,
            "value_status": figure.status,
            "boundary_method": figure.method,
            "index_value": round_half_away(index[code][period], INDEX_DECIMALS)
            if period in index.get(code, {})
            else None,
            "index_base_period": base,
            **about,
        }
        for code in asked.codes
        for period, figure in sorted(series.get(code, {}).items(), key=lambda item: registry.periods.order(item[0]))
    ]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page and its files at their addresses in both languages."""
    files = [*file_routes("compare", compare_csv), *file_routes("compare", compare_workbook, "xlsx")]
    return [*routes("compare", compare), *files]
