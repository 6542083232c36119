"""A region of one's own: tick municipalities, and get its recomputed figures, a permanent address and files."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, refuse_csv
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row, write_csv
from portal.pages import file_routes, language, own_address, page_url, render, routes
from portal.periods import Calendar
from portal.registry import Registry, by_theme, fold
from portal.regroup import Periods, RegroupedFigure, Series, mended_by, regroup
from portal.rows import read_rows

PARAMETERS = ("municipality", "title", "find")
MOST_MUNICIPALITIES = 100
MOST_TITLE_CHARACTERS = 80
COUNTRY = "NL01"
COLUMNS = (
    "indicator_id",
    "indicator",
    "unit",
    "region",
    "municipalities",
    "period_code",
    "year",
    "boundary_year",
    "value",
    "value_status",
    "boundary_method",
    "parts_count",
    "attribution",
)

FIGURES = """
select o.indicator_id, o.region_code, o.period_code, o.value, o.value_status, o.boundary_method, o.parts_count
from observations_on_boundaries as o join indicators as i using (indicator_id)
where o.region_code in (select value from json_each(:codes)) and o.boundary_year = :boundary_year
    -- What is added up, and the index by which amounts are put in the prices of one year.
    and (:everything or i.kind in ('count', 'index'))
"""


@dataclass
class AskedRegion:
    """The municipalities that a reader ticked, and what is wrong with the question.

    `replaced` are the former codes in it, each with the municipality that took its place in `codes`.
    """

    codes: list[str] = field(default_factory=list)
    title: str = ""
    find: str = ""
    problems: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    replaced: list[tuple[str, str]] = field(default_factory=list)

    @property
    def query(self) -> str:
        """The query string in the canonical order of a set of municipalities."""
        pairs = [("municipality", code) for code in self.codes]
        return urlencode([*pairs, *([("title", self.title)] if self.title else [])])


def read_question(request: Request, registry: Registry) -> AskedRegion:
    """Returns the question in the address; what cannot be understood becomes a problem."""
    asked = AskedRegion(
        title=" ".join(request.args.get("title", "").split()), find=request.args.get("find", "").strip()[:100]
    )
    for name in request.args:
        if name not in PARAMETERS:
            asked.problems.append(("unknown_parameter", {"name": name}))
    if len(asked.title) > MOST_TITLE_CHARACTERS:
        asked.problems.append(("long_title", {"n": MOST_TITLE_CHARACTERS}))
        asked.title = asked.title[:MOST_TITLE_CHARACTERS]
    codes: set[str] = set()
    for code in sorted({text.strip().upper() for text in request.args.getlist("municipality") if text.strip()}):
        region = registry.regions.get(code)
        if region is None or region["scheme"] != "municipality":
            asked.problems.append(("unknown_code", {"name": code}))
        elif region["is_current"]:
            codes.add(code)
        elif code in registry.successors:
            codes.add(registry.successors[code])
            asked.replaced.append((code, registry.successors[code]))
        else:
            # A part of an heir cannot be ticked, and all of it could be a whole city instead of a village.
            heirs = ", ".join(f"{registry.regions[heir]['name']} ({heir})" for heir in registry.heirs.get(code, ()))
            problem = "divided" if heirs else "former"
            asked.problems.append((problem, {"name": region["name"], "code": code, "heirs": heirs}))
    asked.codes = sorted(codes)
    if len(asked.codes) > MOST_MUNICIPALITIES:
        asked.problems.append(("too_many", {"n": MOST_MUNICIPALITIES, "found": len(asked.codes)}))
        asked.codes = asked.codes[:MOST_MUNICIPALITIES]
    return asked


async def read_figures(
    datasette: Datasette, asked: AskedRegion, registry: Registry
) -> dict[str, dict[str, RegroupedFigure]]:
    """Returns the recomputed figures of the ticked municipalities, by indicator and period."""
    found: dict[str, dict[str, dict[str, RegroupedFigure]]] = {code: {} for code in [*asked.codes, COUNTRY]}
    parameters = {
        "codes": json.dumps(list(found)),
        "boundary_year": registry.published_boundary_years[0],
        "everything": len(asked.codes) == 1,
    }
    for row in await read_rows(datasette, FIGURES, parameters):
        figure = RegroupedFigure(row["value"], row["value_status"], row["boundary_method"], row["parts_count"])
        found[row["region_code"]].setdefault(row["indicator_id"], {})[row["period_code"]] = figure
    municipalities: dict[str, Series] = {code: found[code] for code in asked.codes}
    mended = mended_by(asked.codes, registry.heirs)
    recipes = registry.recipes(asked.codes)
    figures = regroup(recipes, municipalities, found[COUNTRY], mended, registry.periods)
    for recipe in recipes:
        # A period that is not over yet cannot have grown or shrunk.
        if recipe.formula == "growth" and recipe.indicator_id in figures:
            goes_on = {p for term in recipe.numerator for p in registry.ongoing.get(term.indicator_id, ())}
            kept = {p: figure for p, figure in figures.pop(recipe.indicator_id).items() if p not in goes_on}
            figures |= {recipe.indicator_id: kept} if kept else {}
    return figures


def newest(periods: Periods, calendar: Calendar, ongoing: Collection[str] = ()) -> tuple[str, RegroupedFigure]:
    """Returns the newest period that is over and has a number.

    If there is none, one that is not over; and without any number the newest period, so that its status is shown.
    """
    return max(
        periods.items(),
        key=lambda item: (item[1].value is not None, item[0] not in ongoing, calendar.order(item[0])),
    )


def name_of(asked: AskedRegion, release: ReleaseContext, lang: str) -> str:
    """Returns the name of the region: as the reader gave it, or by its number of municipalities."""
    return asked.title or release.text("own_region", "unnamed", lang).format(n=len(asked.codes))


def selection_file(asked: AskedRegion, title: str) -> tuple[str, str]:
    """Returns the name and text of the file that adds the region to one's own installation."""
    stem = re.sub("[^a-z0-9]+", "-", fold(title)).strip("-") or "region"
    rows = [{"municipality_code": code, "region_name": None if n else title} for n, code in enumerate(asked.codes)]
    text = write_csv(rows, ("municipality_code", "valid_from", "valid_to", "region_name"), dutch=False)
    return f"{stem}.csv", text.replace("\r\n", "\n")


async def own_region(request: Request, datasette: Datasette) -> Response:
    """Serves /eigen-regio and /en/own-region."""
    lang = language(request)
    release = context_of(datasette)
    registry = release.registry
    asked = read_question(request, registry)
    is_answered = bool(asked.codes) and not asked.problems
    figures = await read_figures(datasette, asked, registry) if is_answered else {}
    newest_figures = [
        (registry.indicators[i], *newest(p, registry.periods, registry.ongoing.get(i, ()))) for i, p in figures.items()
    ]
    title = name_of(asked, release, lang)
    known = [i for i, periods in figures.items() if any(figure.value is not None for figure in periods.values())]
    file_name, file_text = selection_file(asked, title)
    context = {
        "permalink": own_address(datasette, request, f"{page_url('own_region', lang)}?{asked.query}"),
        "asked": asked,
        "is_answered": is_answered,
        "problems": explain(asked, release, lang),
        "registry": registry,
        "provinces": _by_province(asked, registry),
        "most": MOST_MUNICIPALITIES,
        "title": title,
        "themes": by_theme(newest_figures, release.texts["themes"], lambda row: str(row[0]["theme"])),
        "left_out": [row for i, row in registry.indicators.items() if i not in figures],
        "sources": registry.sources_of(*known),
        "file_name": file_name,
        "file_text": file_text,
    }
    status = 400 if asked.problems else 200
    return await render(datasette, request, "own_region.html", "own_region", context, query=asked.query, status=status)


def explain(asked: AskedRegion, release: ReleaseContext, lang: str) -> list[str]:
    """Returns what is wrong with a question, in words."""
    return [release.text("own_region_problems", key, lang).format(**about) for key, about in asked.problems]


def _by_province(asked: AskedRegion, registry: Registry) -> dict[str, list[dict[str, Any]]]:
    """Returns the municipalities that can be ticked, by province; those already ticked are shown elsewhere.

    A search finds a municipality by a part of its name, or of the name of a place in it.
    """
    wanted = fold(asked.find)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for code, row in registry.regions.items():
        is_free = row["scheme"] == "municipality" and row["is_current"] and code not in asked.codes
        names = (fold(row["name"]), *registry.places.get(code, ()))
        if is_free and any(wanted in name for name in names):
            grouped.setdefault(registry.provinces.get(code, ""), []).append(row)
    return {name: sorted(rows, key=lambda row: fold(row["name"])) for name, rows in sorted(grouped.items())}


async def own_region_csv(request: Request, datasette: Datasette) -> Response:
    """Serves /eigen-regio.csv and /eigen-regio.nl.csv, and their English addresses: every period."""
    lang = language(request)
    release = context_of(datasette)
    registry = release.registry
    asked = read_question(request, registry)
    if not asked.codes and not asked.problems:
        asked.problems.append(("nothing", {}))
    if asked.problems:
        return refuse_csv(datasette, explain(asked, release, lang), 400)
    figures = await read_figures(datasette, asked, registry)
    title = name_of(asked, release, lang)
    rows = _csv_rows(asked, registry, title, lang, figures)
    return answer_csv(datasette, request, rows, COLUMNS, selection_file(asked, title)[0].removesuffix(".csv"))


def _csv_rows(
    asked: AskedRegion, registry: Registry, title: str, lang: str, figures: Mapping[str, Periods]
) -> list[Row]:
    rows: list[Row] = []
    for indicator_id, periods in figures.items():
        about = registry.described(indicator_id, lang)
        rows += [
            {
                "indicator_id": indicator_id,
                "region": title,
                "municipalities": " ".join(asked.codes),
                "period_code": period,
                "year": registry.periods.year_of(period),
                "boundary_year": registry.published_boundary_years[0],
                "value": figure.value,
                "value_status": figure.status,
                "boundary_method": figure.method,
                "parts_count": figure.parts,
                **about,
            }
            for period, figure in sorted(periods.items(), key=lambda item: registry.periods.order(item[0]))
        ]
    return rows


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page and its files at their addresses in both languages."""
    return [*routes("own_region", own_region), *file_routes("own_region", own_region_csv)]
