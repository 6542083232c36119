"""A map of all municipalities for an indicator and a period, with the same figures in a table and as CSV."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, refuse_csv
from portal.choropleth import METHODS, Classification, classify, ranks
from portal.context import context_of
from portal.csv_text import Row
from portal.formats import format_number, format_period
from portal.pages import file_routes, language, not_found, page_url, parts_of, render, routes
from portal.registry import each_once
from portal.rows import read_rows

FIRST_MAP = "establishments_per_1000_inhabitants_rate"
INDICATOR = "select * from indicators where indicator_id = :indicator_id"
SOURCES = """
select distinct s.attribution, s.licence, s.licence_url
from indicator_sources as i join sources as s using (dataset_id)
where i.indicator_id = :indicator_id order by s.attribution, s.licence
"""
PERIODS = """
select o.period_code, max(o.value is not null and o.is_over) as has_values
from observations_on_boundaries as o join regions as r using (region_code)
where o.indicator_id = :indicator_id and o.boundary_year = :boundary_year and r.scheme = 'municipality'
group by o.period_code, o.year order by o.year desc, o.period_code desc
"""
FIGURES = """
select r.region_code, r.name, o.value, o.value_status, o.is_over, o.boundary_method
from regions as r
left join observations_on_boundaries as o on o.region_code = r.region_code and o.indicator_id = :indicator_id
    and o.boundary_year = :boundary_year and o.period_code = :period_code
where r.scheme = 'municipality' and r.is_current
order by r.name
"""
RATES_OF = """
select i.indicator_id, i.title_nl, i.title_en from indicators as i
where i.formula = 'ratio' and i.lowest_level = 'municipality' and exists (
    select 1 from indicator_terms as t
    where t.indicator_id = i.indicator_id and t.side = 'numerator' and t.term_id = :indicator_id
)
order by i.indicator_id
"""
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

SHAPES = ("borders", "tiles")


@dataclass(frozen=True)
class Choice:
    """What a reader asked to see."""

    period: str | None
    shape: str
    classes: str
    periods: list[str]
    """All periods with figures, newest first."""
    unknown: list[str]
    """What was requested but does not exist; the page then shows something else, and says so."""


def chosen(request: Request, texts: dict[str, Any], name: str, known: list[str], unknown: list[str]) -> str:
    """Returns the choice for a parameter of the address as our own keyword; the first of `known` by default.

    A word that does not exist is added to `unknown`.
    """
    lang = language(request)
    parameter = texts["map_parameters"][name][lang]
    words = {texts[f"map_{name}"].get(each, {}).get(lang, each): each for each in known}
    asked = request.args.get(parameter)
    if asked and asked not in words:
        unknown.append(f"{parameter}={asked[:40]}")
    return words.get(asked, known[0])


def as_query(choice: Choice, texts: dict[str, Any], lang: str) -> str:
    """Returns the query string of an address, in the words of a language."""
    asked = {"period": choice.period, "shape": choice.shape, "classes": choice.classes}
    named = {texts["map_parameters"][k][lang]: texts[f"map_{k}"].get(v, {}).get(lang, v) for k, v in asked.items() if v}
    return urlencode(named)


async def read_indicator(datasette: Datasette, request: Request) -> Row | None:
    """Returns the indicator that the address names, None if there is no such indicator."""
    found = await read_rows(datasette, INDICATOR, {"indicator_id": parts_of(request)["indicator"]})
    return found[0] if found else None


async def read_choice(datasette: Datasette, request: Request, indicator: Row) -> Choice:
    """Returns what to show; the default period is the newest that has a figure."""
    maps, texts = context_of(datasette).maps, context_of(datasette).texts
    key = {"indicator_id": indicator["indicator_id"], "boundary_year": maps.boundary_year}
    periods = await read_rows(datasette, PERIODS, key)
    codes = [row["period_code"] for row in sorted(periods, key=lambda row: not row["has_values"])]
    unknown: list[str] = []
    return Choice(
        period=chosen(request, texts, "period", codes, unknown) if codes else None,
        shape=chosen(request, texts, "shape", [s for s in SHAPES if s in maps.shapes], unknown),
        classes=chosen(request, texts, "classes", list(METHODS), unknown),
        periods=[row["period_code"] for row in periods],
        unknown=unknown,
    )


async def read_figures(datasette: Datasette, indicator: Row, choice: Choice) -> tuple[list[Row], Classification]:
    """Returns every municipality with its figure, rank and class, highest first and those without a figure last."""
    key = {
        "indicator_id": indicator["indicator_id"],
        "boundary_year": context_of(datasette).maps.boundary_year,
        "period_code": choice.period,
    }
    rows = await read_rows(datasette, FIGURES, key)
    found = classify([row["value"] for row in rows], choice.classes, indicator["decimals"])
    places = ranks({row["region_code"]: row["value"] for row in rows}, indicator["decimals"])
    figures = []
    for row in rows:
        high, low = places.get(row["region_code"], (None, None)) if indicator["is_ranked"] else (None, None)
        ranked = {"rank_from_high": high, "rank_from_low": low, "count_ranked": len(places) if high else None}
        figures.append({**row, **ranked, "value_class": found.class_of(row["value"])})
    last = (len(rows) + 1, 0)
    return sorted(figures, key=lambda row: places.get(row["region_code"], last)), found


async def map_page(request: Request, datasette: Datasette) -> Response:
    """Serves /kaart/<indicator> and /en/map/<indicator>."""
    lang, texts = language(request), context_of(datasette).texts
    indicator = await read_indicator(datasette, request)
    if indicator is None:
        return await not_found(datasette, request, "map", texts["map"]["no_indicator"][lang])
    choice = await read_choice(datasette, request, indicator)
    figures, found = await read_figures(datasette, indicator, choice)
    other = "nl" if lang == "en" else "en"
    name = {"indicator_id": indicator["indicator_id"]}
    rates = await read_rows(datasette, RATES_OF, name) if indicator["kind"] == "count" else []
    context = {
        "indicator": indicator,
        "sources": await read_rows(datasette, SOURCES, {"indicator_id": indicator["indicator_id"]}),
        "choice": choice,
        "figures": figures,
        "without": sum(row["value"] is None for row in figures),
        "classification": found,
        "maps": context_of(datasette).maps,
        "mapped": sorted(context_of(datasette).maps.indicators, key=lambda row: str(row[f"title_{lang}"]).casefold()),
        "drawn": context_of(datasette).maps.shapes[choice.shape],
        "by_shade": {c.shade: [f for f in figures if f["value_class"] == c] for c in found.classes},
        "described": describe(figures, indicator, choice, datasette, lang),
        "rates": rates,
        "query": as_query(choice, texts, lang),
        "other_language_url": f"{page_url('map', other, **parts_of(request))}?{as_query(choice, texts, other)}",
    }
    return await render(datasette, request, "map.html", "map", context, status=400 if choice.unknown else 200)


def describe(figures: list[Row], indicator: Row, choice: Choice, datasette: Datasette, lang: str) -> str:
    """Describes the map in a sentence, for readers who cannot see it."""
    present = [row for row in figures if row["value"] is not None]
    if not present:
        return ""

    def written(row: Row) -> str:
        return f"{row['name']} ({format_number(row['value'], indicator['decimals'], lang)})"

    return (
        context_of(datasette)
        .text("map", "description", lang)
        .format(
            count=len(figures),
            year=context_of(datasette).maps.boundary_year,
            period=format_period(choice.period, context_of(datasette).texts["periods"], lang),
            highest=written(present[0]),
            lowest=written(present[-1]),
            without=len(figures) - len(present),
        )
    )


async def to_map(request: Request, datasette: Datasette) -> Response:
    """Redirects /kaart to the map of the chosen indicator (`?indicator=`)."""
    mapped = [row["indicator_id"] for row in context_of(datasette).maps.indicators]
    first = FIRST_MAP if FIRST_MAP in mapped else next(iter(mapped), FIRST_MAP)
    indicator = request.args.get("indicator") or first
    answer: Response = Response.redirect(page_url("map", language(request), indicator=indicator))
    return answer


async def map_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the same address with .csv or .nl.csv: everything that the page shows."""
    lang = language(request)
    indicator = await read_indicator(datasette, request)
    if indicator is None:
        return refuse_csv(datasette, [context_of(datasette).text("map", "no_indicator", lang)], 404)
    choice = await read_choice(datasette, request, indicator)
    if choice.unknown:
        unknown = f"{context_of(datasette).text('map', 'unknown', lang)}: {', '.join(choice.unknown)}"
        return refuse_csv(datasette, [unknown], 400)
    figures, _ = await read_figures(datasette, indicator, choice)
    sources = await read_rows(datasette, SOURCES, {"indicator_id": indicator["indicator_id"]})
    same = {
        "indicator_id": indicator["indicator_id"],
        "period_code": choice.period,
        "unit": indicator[f"unit_{lang}"],
        "boundary_year": context_of(datasette).maps.boundary_year,
        "attribution": each_once(sources, "attribution"),
        "licence": each_once(sources, "licence"),
    }
    rows = [
        {**f, **same, "class_low": c and c.low, "class_high": c and c.high} for f in figures for c in [f["value_class"]]
    ]
    name = f"{indicator['indicator_id']}-{choice.period or 'none'}"
    return answer_csv(datasette, request, rows, CSV_COLUMNS, name)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the map at its address in both languages, and its figures at that address with .csv or .nl.csv."""
    return [*routes("maps", to_map), *routes("map", map_page), *file_routes("map", map_csv)]
