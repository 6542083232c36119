"""What the release changed in the figures of the previous one: /wijzigingen and /en/changes."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import polars as pl
from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv
from portal.context import context_of
from portal.csv_text import Row
from portal.pages import file_routes, history_address, language, page_url, render, routes
from portal.revisions import KINDS, Changes, line_of_changes
from portal.rows import read_rows

SHOWN_ROWS = 50
INDICATORS = "select indicator_id, title_nl, title_en, unit_nl, unit_en, decimals from indicators"
COLUMNS = (
    "change indicator_id title_nl title_en region_code region_name period_code boundary_year value_before value_after "
    "difference status_before status_after dataset_id cause release_before release_after"
)


def choose(line: list[Changes], release_id: str) -> Changes:
    """Returns the changes of a release, or the newest.

    Raises:
        NotFound: the release is not one of those before this one.
    """
    for changes in line:
        if release_id in ("", changes.newer):
            return changes
    raise NotFound(f"{release_id} is not an earlier release with changes: {page_url('changes', 'nl')} lists them")


async def asked_figures(datasette: Datasette, changes: Changes, asked: dict[str, str]) -> pl.LazyFrame:
    """Returns the requested changed figures, those that changed most first."""
    wanted: dict[str, object] = {}
    if asked["indicator"]:
        wanted["indicator_id"] = asked["indicator"]
    if asked["change"]:
        wanted["change"] = asked["change"]
    if asked["region"]:
        found = context_of(datasette).find_regions(asked["region"])
        wanted["region_code"] = [row["region_code"] for row in found if row["is_exact"]]
    wanted["boundary_year"] = next(
        (year for year in changes.boundary_years if str(year) == asked["boundary_year"]), None
    )
    return changes.figures(**wanted).sort("relative_size", descending=True, nulls_last=True, maintain_order=True)


async def with_names(datasette: Datasette, changes: Changes, rows: list[Row]) -> list[Row]:
    """Returns rows with the titles of their indicator, even if it was removed, and the name of their region."""
    indicators = await indicators_of(datasette, changes)
    regions = context_of(datasette).registry.regions
    unknown = {"title_nl": None, "title_en": None, "unit_nl": "", "unit_en": "", "decimals": 2}
    return [
        {
            **unknown,
            **indicators.get(row["indicator_id"], {}),
            **row,
            "region_name": regions.get(row["region_code"], {}).get("name"),
            "release_before": changes.older,
            "release_after": changes.newer,
        }
        for row in rows
    ]


async def indicators_of(datasette: Datasette, changes: Changes) -> dict[str, Row]:
    """Returns the indicators of this release and those that the changes removed, by id."""
    gone = {row["indicator_id"]: row for row in changes.summary["indicators"]["removed"]}
    return gone | {row["indicator_id"]: row for row in await read_rows(datasette, INDICATORS)}


def accepted_of(
    datasette: Datasette, changes: Changes, titles: dict[str, Row], lang: str
) -> list[tuple[str, dict[str, str | None]]]:
    """Returns what was accepted with a release: a key of texts, and its indicators, regions or tables by name."""
    accepted = changes.accepted or {"indicators": [], "municipalities": []}
    known = {code: region["name"] for code, region in context_of(datasette).registry.regions.items()}
    known |= {key: row[f"title_{lang}"] for key, row in titles.items()}
    # What was recorded before movements were guarded does not have those.
    moved = [(found["rule"], found["subjects"]) for found in accepted.get("moved", [])]
    listed = [("indicators", accepted["indicators"]), ("municipalities", accepted["municipalities"]), *moved]
    return [(rule, {subject: known.get(subject) for subject in subjects}) for rule, subjects in listed]


def by_indicator(changes: Changes) -> list[Row]:
    """Returns how many figures of each indicator changed in which way, most first."""
    counts: dict[tuple[str, int | None], Row] = {}
    for row in changes.summary["figures"]:
        key = row["indicator_id"], row["boundary_year"]
        entry = counts.setdefault(key, {"indicator_id": key[0], "boundary_year": key[1], **dict.fromkeys(KINDS, 0)})
        entry[row["change"]] = row["figures"]
    return sorted(counts.values(), key=lambda row: (-sum(row[kind] for kind in KINDS), row["indicator_id"]))


def asked_of(request: Request) -> dict[str, str]:
    """Returns the parameters of the request, empty where nothing was chosen."""
    return {name: request.args.get(name, "") for name in ("release", "indicator", "region", "change", "boundary_year")}


async def changes_page(request: Request, datasette: Datasette) -> Response:
    """Serves the changes of the newest release, or of an earlier one (`?release=`)."""
    line, asked = line_of_changes(context_of(datasette).folder), asked_of(request)
    context: dict[str, Any] = {"line": line, "asked": asked, "changes": None, "history": history_address(datasette)}
    if line:
        changes = choose(line, asked["release"])
        figures = await asked_figures(datasette, changes, asked)
        found = await asyncio.to_thread(figures.collect)
        lang, titles = language(request), await indicators_of(datasette, changes)
        context |= {
            "changes": changes,
            "kinds": KINDS,
            "found": found.height,
            "rows": await with_names(datasette, changes, found.head(SHOWN_ROWS).to_dicts()),
            "indicators": by_indicator(changes),
            "titles": {key: row[f"title_{lang}"] for key, row in titles.items()},
            "accepted_subjects": accepted_of(datasette, changes, titles, lang),
            "boundary_years": changes.boundary_years,
            "query": urlencode({name: value for name, value in asked.items() if value}),
        }
    return await render(datasette, request, "changes.html", "changes", context)


async def changes_csv(request: Request, datasette: Datasette) -> Response:
    """Serves all requested changed figures as a file."""
    line, asked = line_of_changes(context_of(datasette).folder), asked_of(request)
    rows: list[Row] = []
    if line:
        changes = choose(line, asked["release"])
        found = await asyncio.to_thread((await asked_figures(datasette, changes, asked)).collect)
        rows = await with_names(datasette, changes, found.to_dicts())
    return answer_csv(datasette, request, rows, COLUMNS.split(), "changes")


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page and its files at their addresses in both languages."""
    return [*routes("changes", changes_page), *file_routes("changes", changes_csv)]
