"""What the home page shows besides a search: a map of one figure, and three figures that changed or are the newest.

All of it is the same for every reader of a release, so it is made once for a language and then kept.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from datasette.app import Datasette
from markupsafe import Markup

from portal.comparisons import COUNTRY
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.formats import format_number, format_period, format_signed
from portal.map_drawing import linked_map
from portal.map_page import MapPage, as_query, describe, read_choice, read_map_page
from portal.maps import FIRST_MAP
from portal.once import made_once
from portal.pages import page_url
from portal.revisions import changes_of
from portal.rows import read_rows
from portal.sentences import NOT_FINAL, with_unit

SHOWN = 3
# Of the figures that changed most, so many are looked at to find some of different indicators.
LOOKED_AT = 500
HAS_PAGE = """
select 1 from observations_on_boundaries
where indicator_id = :indicator and region_code = :region and boundary_year = :boundary_year
    and value is not null and is_over limit 1
"""


@dataclass(frozen=True)
class FrontMap:
    """A map as the home page shows it."""

    indicator: Row
    unit: str
    """Empty if its title says it."""
    period: str
    statuses: Sequence[str]
    """Those of its figures that may still change."""
    drawn: Markup
    view: tuple[int, int, int, int]
    scale: Sequence[tuple[str, str]]
    """The name of each colour, and its figures."""
    described: str
    address: str
    """Its own page, with its table."""
    near: Sequence[tuple[str, str]]
    """The address of the map near each province, and its name."""
    page: MapPage


@dataclass(frozen=True)
class FrontFigure:
    """A figure that changed in this release, or one that is new."""

    title: str
    region: str
    url: str
    period: str
    status: str
    value: str
    before: str | None = None
    """What it was in the release before; None if it did not change."""
    difference: str | None = None


@dataclass(frozen=True)
class FrontPage:
    """The map, if the release has one, and the figures; `older` is the release that they are laid beside."""

    map: FrontMap | None
    figures: Sequence[FrontFigure]
    older: str | None
    has_changes: bool


async def front_page_of(datasette: Datasette, lang: str) -> FrontPage:
    """Returns what the home page of a server shows in a language."""
    return await made_once(
        datasette, (FrontPage, lang), lambda: read_front_page(datasette, context_of(datasette), lang)
    )


async def read_front_page(datasette: Datasette, release: ReleaseContext, lang: str) -> FrontPage:
    """Returns what the home page of a release shows."""
    changed = await _changed(datasette, release, lang)
    changes = changes_of(release.folder)
    return FrontPage(
        map=await _map(datasette, release, lang),
        figures=changed or _newest(release, lang),
        older=changes.older if changes else None,
        has_changes=bool(changed),
    )


async def _map(datasette: Datasette, release: ReleaseContext, lang: str) -> FrontMap | None:
    name = release.maps.first or FIRST_MAP
    indicator = release.registry.indicators.get(name)
    choice = await read_choice(datasette, release, indicator, {}, lang) if indicator else None
    if indicator is None or choice is None or choice.period is None:
        return None
    page = await read_map_page(datasette, release, indicator, choice, lang)
    address = page_url("map", lang, indicator=name)
    statuses = {row["value_status"] for row in page.figures if row["value"] is not None}
    provinces = release.maps.levels["province"].paths if "province" in release.maps.levels else {}
    names = {code: str(release.registry.regions[code]["name"]) for code in provinces}
    title, unit = (str(indicator[f"{each}_{lang}"]) for each in ("title", "unit"))
    return FrontMap(
        indicator=indicator,
        unit="" if unit.lower() in title.lower() else unit,
        period=choice.period,
        statuses=sorted(statuses & NOT_FINAL),
        drawn=linked_map(page, release, lang),
        view=page.view,
        scale=_scale(page, lang),
        described=describe(page, release, lang),
        address=address,
        near=[
            (f"{address}?{as_query(choice.but(zoom=code), release, lang)}", name)
            for code, name in sorted(names.items(), key=lambda item: item[1])
        ],
        page=page,
    )


def _scale(page: MapPage, lang: str) -> list[tuple[str, str]]:
    def written(value: float) -> str:
        return format_number(value, page.indicator["decimals"], lang)

    return [(each.style, f"{written(each.low)}\N{EN DASH}{written(each.high)}") for each in page.classification.classes]


async def _changed(datasette: Datasette, release: ReleaseContext, lang: str) -> list[FrontFigure]:
    """The figures that changed most, those of the country first, each of another indicator; none if none did."""
    changes = changes_of(release.folder)
    if not changes or not changes.count("value_changed"):
        return []
    # A figure that is only computed on the boundaries of a year changed there.
    boundary_year = None if changes.count("value_changed", published_only=True) else release.registry.boundary_year
    changed = changes.figures(change="value_changed", boundary_year=boundary_year)
    most = changed.sort("relative_size", descending=True, nulls_last=True, maintain_order=True)
    rows = (await asyncio.to_thread(most.head(LOOKED_AT).collect)).to_dicts()
    of_country = (await asyncio.to_thread(most.filter(region_code=COUNTRY).collect)).to_dicts()
    found: dict[str, FrontFigure] = {}
    for row in [*of_country, *rows]:
        name, code = row["indicator_id"], row["region_code"]
        if len(found) == SHOWN:
            break
        if name in found or name not in release.registry.indicators or code not in release.registry.regions:
            continue
        asked = {"indicator": name, "region": code, "boundary_year": release.registry.boundary_year}
        if await read_rows(datasette, HAS_PAGE, asked):
            found[name] = _figure(release, row, lang)
    return [*found.values()]


def _figure(release: ReleaseContext, changed: Row, lang: str) -> FrontFigure:
    name, code = changed["indicator_id"], changed["region_code"]
    indicator = release.registry.indicators[name]
    return FrontFigure(
        title=str(indicator[f"title_{lang}"]),
        region=str(release.registry.regions[code]["name"]),
        url=release.figure_url(code, name, lang),
        period=format_period(changed["period_code"], release.texts["periods"], lang),
        status=changed["status_after"],
        value=format_number(changed["value_after"], indicator["decimals"], lang),
        before=format_number(changed["value_before"], indicator["decimals"], lang),
        difference=format_signed(changed["difference"], indicator["decimals"], lang),
    )


def _newest(release: ReleaseContext, lang: str) -> list[FrontFigure]:
    """The newest first figures of the country, each of another theme if there are enough."""
    registry, order = release.registry, release.registry.periods.order
    # The figure of the map is on the page already.
    names = [
        name for name in release.headlines if name in registry.indicators and name != (release.maps.first or FIRST_MAP)
    ]
    known = [release.comparisons.country(name, "") for name in names]
    rows = sorted((row for row in known if row), key=lambda row: order(row["period_code"]), reverse=True)
    themes: dict[str, Row] = {}
    for row in rows:
        themes.setdefault(registry.indicators[row["indicator_id"]]["theme"], row)
    chosen = [*themes.values(), *(row for row in rows if row not in themes.values())][:SHOWN]
    return [
        FrontFigure(
            title=str(indicator[f"title_{lang}"]),
            region=str(registry.regions[COUNTRY]["name"]),
            url=release.figure_url(COUNTRY, row["indicator_id"], lang),
            period=format_period(row["period_code"], release.texts["periods"], lang),
            status=row["value_status"],
            value=with_unit(row["value"], indicator, lang, is_short=True),
        )
        for row in chosen
        for indicator in [registry.indicators[row["indicator_id"]]]
    ]
