"""The labour market of a region (/arbeidsmarkt/groningen, /en/labour-market/groningen) and all regions side by side."""

from collections import Counter
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment

from portal.answers import answer_csv, refuse_csv
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.formats import format_number
from portal.pages import file_routes, language, led_to, not_found, page_url, parts_of, render, routes
from portal.rows import read_rows
from portal.tension import CLASSES, bands, bounds, format_bound, market_bounds, market_labels, place, read_classes

# The table of tensions is made from this source alone.
SOURCE = "uwv/spanningsindicator"
# The page shows the tightest or loosest of a long list; every occupation is in the table below it.
LONGEST_LIST = 10
# What a total says of itself: its status, and what it was added up from.
WAY = ("value_status", "method", "parts_count", "parts_known_count", "groups_count")

SCHEMES = ("labour_market_region", "country")
TENSION = """
select t.*, r.name as region_name from labour_tension as t join regions as r using (region_code)
where t.region_code = :code
order by t.is_over desc, t.period_code desc, t.occupation_level = 'total' desc, t.class_code is null, t.occupation_code
"""
MOVES = """
select m.region_code, r.name as region_name, m.period_code, m.from_occupation_code, f.title_nl as from_title_nl,
    f.title_en as from_title_en, m.from_tension_ratio, m.from_ww_short_count, m.segment_code, m.level_step,
    m.to_occupation_code, o.title_nl as to_title_nl, o.title_en as to_title_en, m.to_tension_ratio,
    m.to_vacancies_count, m.to_ww_short_count
from occupation_mobility as m
join regions as r using (region_code)
join occupations as f on f.code = m.from_occupation_code
join occupations as o on o.code = m.to_occupation_code
where m.region_code = :code
order by m.from_tension_ratio, m.from_occupation_code, abs(m.level_step), m.to_vacancies_count desc,
    m.to_occupation_code
"""
REGIONS = """
select t.region_code, r.name as region_name, t.period_code, t.vacancies_count, t.ww_short_count, t.tension_ratio,
    t.tension_class, t.value_status, t.no_ratio_reason, t.method, t.parts_count, t.parts_known_count, t.groups_count,
    sum(o.market = 'shortage') as shortages_count, sum(o.market = 'surplus') as surpluses_count,
    count(o.occupation_code) as occupations_count
from labour_tension as t
join regions as r using (region_code)
left join labour_tension as o on o.region_code = t.region_code and o.period_code = t.period_code
    and o.occupation_level in ('group', 'uwv_group')
where t.occupation_level = 'total' and t.period_code = (select max(period_code) from labour_tension where is_over)
group by t.region_code
order by r.scheme <> 'country', t.tension_ratio is null, t.tension_ratio desc, r.name
"""
ABOUT_SOURCE = "select * from sources where dataset_id = :id"

TENSION_COLUMNS = (
    "region_code region_name period_code occupation_code occupation_level title_nl title_en segment_code class_code "
    "vacancies_count ww_short_count tension_ratio tension_class market tension_published tension_label_uwv "
    "value_status no_ratio_reason method parts_count parts_known_count groups_count source licence"
)
MOVES_COLUMNS = (
    "region_code region_name period_code from_occupation_code from_title_nl from_title_en from_tension_ratio "
    "from_ww_short_count segment_code level_step to_occupation_code to_title_nl to_title_en to_tension_ratio "
    "to_vacancies_count to_ww_short_count source licence"
)
REGIONS_COLUMNS = (
    "region_code region_name period_code vacancies_count ww_short_count tension_ratio tension_class value_status "
    "no_ratio_reason method parts_count parts_known_count groups_count shortages_count surpluses_count "
    "occupations_count source licence"
)


def by_class(rows: list[Row]) -> list[dict[str, Any]]:
    """Returns the occupations of one quarter under the class they are in, those without a class last."""
    wholes = {row["class_code"]: row for row in rows if row["occupation_level"] == "class"}
    members: dict[str | None, list[Row]] = {}
    for row in rows:
        if row["occupation_level"] in ("group", "uwv_group"):
            members.setdefault(row["class_code"], []).append(row)
    return [{"whole": wholes.get(code), "rows": members[code]} for code in members]


def by_origin(moves: list[Row]) -> list[list[Row]]:
    """Returns the moves to a shortage for each occupation with a surplus, in their order."""
    grouped: dict[str, list[Row]] = {}
    for move in moves:
        grouped.setdefault(move["from_occupation_code"], []).append(move)
    return list(grouped.values())


def describe(rows: list[Row]) -> dict[str, Any]:
    """Returns what the page shows of the rows of a region: the newest quarter, and the total over time."""
    newest = [row for row in rows if row["period_code"] == rows[0]["period_code"]]
    single = [row for row in newest if row["occupation_level"] in ("group", "uwv_group")]
    shortages = sorted((r for r in single if r["market"] == "shortage"), key=lambda r: -r["tension_ratio"])
    surpluses = sorted((r for r in single if r["market"] == "surplus"), key=lambda r: r["tension_ratio"])
    left_out: dict[str, list[Row]] = {}
    for row in newest:
        if row["no_ratio_reason"]:
            left_out.setdefault(row["no_ratio_reason"], []).append(row)
    return {
        "quarter": rows[0]["period_code"],
        "occupations_count": len(single),
        "classes": by_class(newest),
        "lists": {"shortage": shortages, "surplus": surpluses},
        "totals": [row for row in rows if row["occupation_level"] == "total"],
        "left_out": left_out,
        "shared_status": shared_status(rows),
    }


def shared_status(rows: list[Row]) -> str | None:
    """Returns the status that all figures have; None if they differ."""
    found = {row["value_status"] for row in rows}
    return str(found.pop()) if len(found) == 1 else None


def usual_way(regions: list[Row]) -> Row | None:
    """Returns a row of a status and a way of adding up that more than half of the regions have; None without one."""
    ways = Counter(tuple(row[column] for column in WAY) for row in regions)
    way, count = ways.most_common(1)[0] if ways else ((), 0)
    usual = next((row for row in regions if tuple(row[column] for column in WAY) == way), None)
    return usual if 2 * count > len(regions) else None


async def region_page(request: Request, datasette: Datasette) -> Response:
    """Serves the labour market of one labour-market region or the country."""
    release, lang = context_of(datasette), language(request)
    region = find_region(release, parts_of(request)["region"])
    if region is None:
        title = release.text("labour", "unknown", lang).format(**parts_of(request))
        links = {page_url("labour_markets", lang): release.text("labour", "all_regions", lang)}
        return await not_found(datasette, request, "labour_market", title, links=links)
    code = {"code": region["region_code"]}
    if elsewhere := led_to(request, page_url("labour_market", lang, region=release.slugs.regions[code["code"]])):
        return elsewhere
    rows = await read_rows(datasette, TENSION, code)
    moves = by_origin(await read_rows(datasette, MOVES, code))
    context: dict[str, Any] = {
        "region": region,
        "about": await about_source(datasette),
        "moves": moves,
        "longest_list": LONGEST_LIST,
        **(describe(rows) if rows else {"quarter": None}),
    }
    leaving = {ways[0]["from_occupation_code"] for ways in moves}
    context["stuck"] = [
        row for row in context.get("lists", {}).get("surplus", []) if row["occupation_code"] not in leaving
    ]
    return await render(datasette, request, "labour_market.html", "labour_market", context)


async def index_page(request: Request, datasette: Datasette) -> Response:
    """Serves the tension of every region in the newest quarter, tightest first."""
    regions = await read_rows(datasette, REGIONS)
    context = {"regions": regions, "about": await about_source(datasette), "usual": usual_way(regions)}
    return await render(datasette, request, "labour_markets.html", "labour_markets", context)


async def region_csv(request: Request, datasette: Datasette) -> Response:
    """Serves every quarter and occupation of a region."""
    return await _answer_csv(datasette, request, "labour_market", TENSION, TENSION_COLUMNS)


async def moves_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the moves from a surplus to a shortage in a region."""
    return await _answer_csv(datasette, request, "labour_moves", MOVES, MOVES_COLUMNS)


async def _answer_csv(datasette: Datasette, request: Request, page: str, sql: str, columns: str) -> Response:
    release, lang = context_of(datasette), language(request)
    region = find_region(release, parts_of(request)["region"])
    if region is None:
        problem = release.text("labour", "unknown", lang).format(**parts_of(request))
        return refuse_csv(datasette, [problem], 404)
    code = region["region_code"]
    if elsewhere := led_to(request, page_url(page, lang, region=release.slugs.regions[code])):
        return elsewhere
    rows = await with_source(datasette, await read_rows(datasette, sql, {"code": code}))
    what = "moves" if page == "labour_moves" else "tension"
    return answer_csv(datasette, request, rows, columns.split(), f"labour_market_{code}_{what}")


async def index_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the table of all regions."""
    rows = await with_source(datasette, await read_rows(datasette, REGIONS))
    return answer_csv(datasette, request, rows, REGIONS_COLUMNS.split(), "labour_market_regions")


def find_region(release: ReleaseContext, asked: str) -> Row | None:
    """Returns the labour-market region or the country that an address names or has the code of; None if neither."""
    for scheme in SCHEMES:
        code = release.slugs.region_code(scheme, asked)
        if code and release.registry.regions[code]["scheme"] in SCHEMES:
            return release.registry.regions[code]
    return None


async def about_source(datasette: Datasette) -> Row:
    """Returns the row of the source of the tensions."""
    return (await read_rows(datasette, ABOUT_SOURCE, {"id": SOURCE}))[0]


async def with_source(datasette: Datasette, rows: list[Row]) -> list[Row]:
    """Returns rows with their source and licence."""
    about = await about_source(datasette)
    return [{**row, "source": about["attribution"], "licence": about["licence"]} for row in rows]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages and their files at their addresses in both languages."""
    return [
        *routes("labour_markets", index_page),
        *file_routes("labour_markets", index_csv),
        *routes("labour_market", region_page),
        *file_routes("labour_market", region_csv),
        *file_routes("labour_moves", moves_csv),
    ]


@hookimpl
def startup(datasette: Datasette) -> Any:
    """Gives the templates the tension classes of the release and their positions on the scale."""

    async def inner() -> None:
        classes = read_classes(await read_rows(datasette, CLASSES))
        datasette.jinja_env.globals["tension_classes"] = classes
        datasette.jinja_env.globals["tension_bands"] = bands(classes)
        datasette.jinja_env.globals["tension_bounds"] = bounds(classes)
        datasette.jinja_env.globals["tension_markets"] = market_bounds(classes)
        datasette.jinja_env.globals["tension_labels"] = market_labels(classes)

    return inner


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Gives the templates our filters for formatting a tension."""
    env.filters["tension_place"] = place
    env.filters["tension"] = lambda value, lang: format_number(value, 2, lang)
    env.filters["bound"] = format_bound
