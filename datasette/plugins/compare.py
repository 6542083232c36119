"""Up to eight regions side by side on one indicator, on a page and as CSV."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, refuse_csv
from portal.boundaries import KEPT_SCHEMES, put_on_boundaries
from portal.charts import MOST_LINES, large_chart, mark, marked_lines
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figures import SPLIT
from portal.formats import format_period
from portal.pages import DATABASE, file_routes, language, own_address, page_url, render, routes
from portal.periods import series_begin
from portal.registry import Registry, by_theme, each_once
from portal.regroup import Periods, RegroupedFigure, index_of
from portal.rounding import round_half_away
from portal.series import Drawn, Point

PARAMETERS = ("region", "indicator", "boundary_year")
MOST_SUGGESTIONS = 5
FIRST_INDICATOR = "population_count"
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


@dataclass
class AskedComparison:
    """A reader's question, and what is wrong with it; `boundary_year` is None for figures as published."""

    indicator: dict[str, Any]
    codes: list[str] = field(default_factory=list)
    boundary_year: int | None = None
    problems: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def query(self, codes: Sequence[str] | None = None, boundary_year: int | None = None) -> str:
        """Returns the query string of this page, with other regions or another boundary year if given."""
        chosen = boundary_year or self.boundary_year
        pairs = [("region", code) for code in (self.codes if codes is None else codes)]
        pairs.append(("indicator", self.indicator["indicator_id"]))
        return urlencode([*pairs, *([("boundary_year", str(chosen))] if chosen else [])])


def read_question(request: Request, release: ReleaseContext) -> AskedComparison:
    """Returns the question in the address; what cannot be understood becomes a problem."""
    registry = release.registry
    first = FIRST_INDICATOR if FIRST_INDICATOR in registry.indicators else next(iter(registry.indicators))
    indicator_id = request.args.get("indicator") or first
    asked = AskedComparison(registry.indicators.get(indicator_id) or registry.indicators[first])
    for name in request.args:
        if name not in PARAMETERS:
            asked.problems.append(("unknown_parameter", {"name": name}))
    if indicator_id not in registry.indicators:
        asked.problems.append(("unknown_indicator", {"name": indicator_id}))
    for text in filter(None, (text.strip() for text in request.args.getlist("region"))):
        found = release.find_regions(text)
        if not found or not found[0]["is_exact"]:
            near = ", ".join(f"{row['name']} ({row['region_code']})" for row in found[:MOST_SUGGESTIONS])
            asked.problems.append(("near_region" if near else "unknown_region", {"name": text, "near": near}))
        elif found[0]["region_code"] not in asked.codes:
            asked.codes.append(found[0]["region_code"])
    if len(asked.codes) > MOST_LINES:
        asked.problems.append(("too_many", {"n": MOST_LINES}))
        asked.codes = asked.codes[:MOST_LINES]
    _read_boundary_year(request.args.get("boundary_year") or "", asked, registry)
    return asked


def _read_boundary_year(text: str, asked: AskedComparison, registry: Registry) -> None:
    is_given = asked.indicator["formula"] == "published"
    newest = registry.published_boundary_years[0]
    # Indicators computed from others exist only on the boundary years of the release.
    asked.boundary_year = None if is_given else newest
    if not text:
        return
    if text not in {str(boundary_year) for boundary_year in registry.boundary_years}:
        known = {"first": registry.boundary_years[-1], "last": registry.boundary_years[0]}
        asked.problems.append(("unknown_boundary_year", {"name": text, **known}))
    elif int(text) not in registry.published_boundary_years and not (is_given and asked.indicator["kind"] == "count"):
        asked.problems.append(("counts_only", {"name": text, "boundary_year": newest}))
    else:
        asked.boundary_year = int(text)


async def read_figures(datasette: Datasette, asked: AskedComparison, registry: Registry) -> dict[str, Periods]:
    """Returns the figures of the regions, by period."""
    if asked.boundary_year is None or asked.boundary_year in registry.published_boundary_years:
        return await _select(datasette, asked, asked.codes)
    kept = [code for code in asked.codes if registry.regions[code]["scheme"] in KEPT_SCHEMES]
    moved = [code for code in asked.codes if code not in kept]
    recipe = registry.recipe(asked.indicator["indicator_id"])
    as_published = AskedComparison(asked.indicator, kept)
    return {
        **await _select(datasette, as_published, kept),
        **await put_on_boundaries(datasette, recipe, moved, asked.boundary_year),
    }


async def _select(datasette: Datasette, asked: AskedComparison, codes: Sequence[str]) -> dict[str, Periods]:
    database = datasette.get_database(DATABASE)
    parameters = {
        "indicator": asked.indicator["indicator_id"],
        "codes": json.dumps(list(codes)),
        "boundary_year": asked.boundary_year,
    }
    found: dict[str, dict[str, RegroupedFigure]] = {}
    for row in await database.execute(ON_BOUNDARIES if asked.boundary_year else AS_PUBLISHED, parameters):
        figure = RegroupedFigure(row["value"], row["value_status"], row["boundary_method"], row["parts_count"])
        found.setdefault(row["region_code"], {})[row["period_code"]] = figure
    return {**found}


def read_index(
    asked: AskedComparison, series: Mapping[str, Periods], registry: Registry
) -> tuple[str | None, dict[str, dict[str, float]]]:
    """Returns the base period and the index, both from the last break of a series on.

    Percentages have none, because they change by percentage points.
    """
    if asked.indicator["unit_en"].startswith("%"):
        return None, {}
    last_break = max(registry.breaks_of(asked.indicator["indicator_id"], *series), default=date.min)
    return index_of(
        {
            code: {p: f.value for p, f in known.items() if registry.periods.first_day(p) >= last_break}
            for code, known in series.items()
        }
    )


async def compare(request: Request, datasette: Datasette) -> Response:
    """Serves /vergelijk and /en/compare."""
    lang = language(request)
    release = context_of(datasette)
    registry, asked = release.registry, read_question(request, release)
    figures = await read_figures(datasette, asked, registry)
    series = {code: figures.get(code, {}) for code in asked.codes}
    periods = sorted({period for known in series.values() for period in known}, key=registry.periods.order)
    base, index = read_index(asked, series, registry)
    here = page_url("compare", lang)
    context = {
        "permalink": own_address(datasette, request, f"{here}?{asked.query()}"),
        "asked": asked,
        "problems": explain(asked, release, lang),
        "registry": registry,
        "themes": by_theme(registry.indicators.values(), release.texts["themes"], lambda i: str(i["theme"])),
        "most": MOST_LINES,
        "columns": [
            {
                **registry.regions[code],
                "mark": mark(place),
                "is_empty": all(figure.value is None for figure in series[code].values()),
                "remove": f"{here}?{asked.query([c for c in asked.codes if c != code])}",
            }
            for place, code in enumerate(asked.codes)
        ],
        "periods": periods[::-1],
        "series": series,
        "base": base,
        "index": index,
        "chart": _draw(asked, release, lang, {c: dict(known) for c, known in series.items()}, False),
        "index_chart": _draw(asked, release, lang, _as_figures(index, series), True) if base else "",
        "sources": registry.sources_of(asked.indicator["indicator_id"]),
    }
    status = 400 if asked.problems else 200
    return await render(datasette, request, "compare.html", "compare", context, query=asked.query(), status=status)


def explain(asked: AskedComparison, release: ReleaseContext, lang: str) -> list[str]:
    """Returns what is wrong with a question, in words."""
    return [release.text("compare_problems", key, lang).format(**about) for key, about in asked.problems]


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
        begun = series_begin(zip(days, values, strict=True), registry.breaks_of(asked.indicator["indicator_id"], code))
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
        decimals=0 if is_index else asked.indicator["decimals"],
        lang=lang,
    )


async def compare_csv(request: Request, datasette: Datasette) -> Response:
    """Serves /vergelijk.csv and /vergelijk.nl.csv, and their English addresses."""
    lang = language(request)
    release = context_of(datasette)
    registry, asked = release.registry, read_question(request, release)
    if asked.problems:
        return refuse_csv(datasette, explain(asked, release, lang), 400)
    rows = _csv_rows(asked, registry, lang, await read_figures(datasette, asked, registry))
    name = f"{page_url('compare', lang).rsplit('/', 1)[1]}-{asked.indicator['indicator_id']}"
    return answer_csv(datasette, request, rows, COLUMNS, name)


def _csv_rows(asked: AskedComparison, registry: Registry, lang: str, series: Mapping[str, Periods]) -> list[Row]:
    indicator = asked.indicator
    base, index = read_index(asked, series, registry)
    attribution = each_once(registry.sources_of(indicator["indicator_id"]), "attribution")
    return [
        {
            "indicator_id": indicator["indicator_id"],
            "indicator": indicator[f"title_{lang}"],
            "unit": indicator[f"unit_{lang}"],
            "region_code": code,
            "region": registry.regions[code]["name"],
            "period_code": period,
            "year": registry.periods.year_of(period),
            "boundary_year": asked.boundary_year,
            "value": figure.value,
            "value_status": figure.status,
            "boundary_method": figure.method,
            "index_value": round_half_away(index[code][period], 1) if period in index.get(code, {}) else None,
            "index_base_period": base,
            "attribution": attribution,
        }
        for code in asked.codes
        for period, figure in sorted(series.get(code, {}).items(), key=lambda item: registry.periods.order(item[0]))
    ]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page and its files at their addresses in both languages."""
    return [*routes("compare", compare), *file_routes("compare", compare_csv)]
