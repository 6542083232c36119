"""The home page in Dutch (/) and English (/en): finds a region and shows its newest figures."""

import re
import unicodedata
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.formats import format_bytes, format_number, format_period
from portal.pages import DATABASE, language, region_url, render, routes

REGION_CODE = re.compile(r"[A-Z]{2}\d{2,4}")
MAX_QUERY_CHARACTERS = 100
EXAMPLES = ("GM0193", "GM0935", "PV29", "AM11")

FIND_BY_NAME = """
select region_code, name, scheme, is_current from regions
where rowid in (select rowid from regions_fts where regions_fts match :words)
limit 200
"""
FIND_BY_CODES = """
select region_code, name, scheme, is_current from regions
where region_code in (select value from json_each(:codes))
"""
# The newest period that holds a number; where none does, the newest period, so that its status is seen.
NEWEST_FIGURES = """
with ranked as (
    select *, row_number() over (
        partition by indicator_id order by value is null, year desc, period_code desc
    ) as position
    from observations where region_code = :code
)
select o.*, i.theme, i.title_nl, i.title_en, i.definition_nl, i.definition_en, i.unit_nl, i.unit_en, i.decimals,
    s.publisher, s.table_id, s.homepage_url
from ranked as o
join indicators as i using (indicator_id)
join sources as s on s.dataset_id = o.dataset_id
where o.position = 1
"""
CONTAINING_REGIONS = """
select r.region_code, r.name, r.scheme from region_membership as m join regions as r using (region_code)
where m.municipality_code = :code and m.region_code <> :code and m.valid_to is null and r.scheme <> 'country'
"""
COUNT_MEMBERS = """
select count(*) from region_membership
where region_code = :code and municipality_code <> :code and valid_to is null
"""
INDICATORS = "select indicator_id, theme, title_nl, title_en, definition_nl, definition_en from indicators"
SOURCES = "select * from sources order by publisher, table_id"
COUNTS = """
select (select count(*) from regions where scheme = 'municipality' and is_current) as regions,
    (select count(*) from indicators) as indicators,
    (select count(*) from observations where value is not null) as observations,
    (select max(year) from observations) as newest
"""


def fold(text: str) -> str:
    """Returns text without accents, capitals and the addition that CBS puts behind a name, `(gemeente)`."""
    plain = unicodedata.normalize("NFKD", re.sub(r"\s*\([^)]*\)$", "", text.strip()))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def search_words(query: str) -> str:
    """Returns the FTS5 expression that finds names with a word that starts with each word of the query."""
    return " ".join(f'"{word}"*' for word in re.findall(r"\w+", query))


async def find_regions(datasette: Datasette, query: str, schemes: list[str]) -> list[dict[str, Any]]:
    """Returns regions by code, part of a name or another name they go by, the best first."""
    database = datasette.get_database(DATABASE)
    folded = fold(query)
    codes = [query.strip().upper()] if REGION_CODE.fullmatch(query.strip().upper()) else []
    for code, names in datasette.portal.other_names.items():
        if any(fold(name).startswith(folded) for name in names):
            codes.append(code)
    rows = list(await database.execute(FIND_BY_CODES, {"codes": _json_list(codes)}))
    if words := search_words(query):
        rows += list(await database.execute(FIND_BY_NAME, {"words": words}))

    def rank(region: dict[str, Any]) -> tuple[Any, ...]:
        name = fold(region["name"])
        return (
            region["region_code"] not in codes,
            name != folded,
            not region["is_current"],
            schemes.index(region["scheme"]) if region["scheme"] in schemes else len(schemes),
            not name.startswith(folded),
            name,
        )

    return sorted({row["region_code"]: dict(row) for row in rows}.values(), key=rank)


def _json_list(codes: list[str]) -> str:
    return "[" + ",".join(f'"{code}"' for code in codes) + "]"


async def describe_region(datasette: Datasette, region: dict[str, Any]) -> dict[str, Any]:
    """Returns the region with what it belongs to, how many municipalities it has and its newest figures by theme."""
    database = datasette.get_database(DATABASE)
    schemes = list(datasette.portal.texts["schemes"])
    code = {"code": region["region_code"]}
    figures = [dict(row) for row in await database.execute(NEWEST_FIGURES, code)]
    part_of = [dict(row) for row in await database.execute(CONTAINING_REGIONS, code)]
    return {
        **region,
        "part_of": sorted(part_of, key=lambda r: schemes.index(r["scheme"])),
        "members": (await database.execute(COUNT_MEMBERS, code)).single_value(),
        "figures": by_theme(datasette, sorted(figures, key=lambda f: (f["dataset_id"], f["measure_code"], f["dims"]))),
    }


def by_theme(datasette: Datasette, rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Returns rows by their theme, in the order of the seed of themes and any theme that is not there last."""
    order = [*datasette.portal.texts["themes"], *sorted({row["theme"] for row in rows})]
    grouped = {theme: [row for row in rows if row["theme"] == theme] for theme in order}
    return {theme: members for theme, members in grouped.items() if members}


async def read_overview(datasette: Datasette) -> dict[str, Any]:
    """Returns what the home page shows for everybody: counts, themes, sources, questions, files."""
    database = datasette.get_database(DATABASE)
    metadata = (datasette.metadata("databases") or {}).get(DATABASE, {})
    indicators = [dict(row) for row in await database.execute(INDICATORS)]
    rows = await database.table_counts(limit=1000)
    examples = await database.execute(FIND_BY_CODES, {"codes": _json_list(list(EXAMPLES))})
    return {
        "examples": [dict(row) for row in examples],
        "counts": dict((await database.execute(COUNTS)).first()),
        "themes": by_theme(datasette, indicators),
        "sources": [dict(row) for row in await database.execute(SOURCES)],
        "questions": metadata.get("queries", {}),
        "tables": [
            {"name": name, "rows": rows.get(name), **about}
            for name, about in metadata["tables"].items()
            if not about.get("hidden")
        ],
        "database_bytes": database.size,
    }


async def home(request: Request, datasette: Datasette) -> Response:
    """Answers / and /en, with the figures of a region when one was asked for (`?q=`)."""
    lang = language(request)
    query = request.args.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    found = await find_regions(datasette, query, list(datasette.portal.texts["schemes"])) if query else []
    context = {
        **datasette.overview,
        "q": query,
        "region": await describe_region(datasette, found[0]) if found else None,
        "profile_url": region_url(found[0]["scheme"], found[0]["region_code"], lang) if found else None,
        "others": found[1:13],
    }
    return await render(datasette, request, "home.html", "home", context)


@hookimpl(trylast=True)
def startup(datasette: Datasette) -> Any:
    """Reads the part of the page that is the same for everybody once: a release does not change."""

    async def inner() -> None:
        datasette.overview = await read_overview(datasette)

    return inner


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Datasette) -> None:
    """Gives the templates our ways of writing numbers, sizes and periods."""
    env.filters["number"] = format_number
    env.filters["filesize"] = format_bytes
    env.filters["period"] = lambda code, lang: format_period(code, datasette.portal.texts["periods"], lang)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Puts the home page in the place of Datasette's list of databases."""
    return routes("home", home)
