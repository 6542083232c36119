"""The shapes of the maps of a release: the same for every indicator, so they are read once per process."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from portal.csv_text import Row
from portal.map_shapes import MAPS_FILE, Box, MapShapes, shapes_of_tiles
from portal.pages import MUNICIPALITY
from portal.rows import read_rows

NEWEST_BOUNDARIES = "select max(boundary_year) as boundary_year from observations_on_boundaries"
MUNICIPALITIES = "select region_code from regions where scheme = 'municipality' and is_current"
TILES = "select region_code, tile_column, tile_row from municipality_tiles"
WITH_FIGURES = """
select distinct b.indicator_id, r.scheme from baseline as b join regions as r using (region_code)
where b.period_code is not null
"""
# Regions whose borders follow those of provinces are shown with these.
PROVINCE = "province"
WITHIN_PROVINCES = (MUNICIPALITY, "corop", PROVINCE)
# What a reader can bring near, besides any other region that the address names.
NEAR = (PROVINCE, "labour_market_region", "corop")
BORDERS, TILED = "borders", "tiles"
FIRST_MAP = "establishments_per_1000_inhabitants_rate"


@dataclass(frozen=True)
class Maps:
    """The shapes of the maps of this release: the same for every indicator."""

    boundary_year: int
    tiles: MapShapes
    """A square for each municipality."""
    levels: Mapping[str, MapShapes]
    """The regions within their borders, by kind; none if the release lacks borders of its boundary year."""
    outline: str
    """The path of the country."""
    credit: Row | None
    """Whose borders they are; `notice` says of those in a sample what is real."""
    shown_at: Mapping[str, Sequence[str]]
    """The kinds of region of which there can be a map, by indicator, the smallest first."""

    @property
    def first(self) -> str | None:
        """The indicator of the map to begin with; None if there can be no map."""
        return FIRST_MAP if FIRST_MAP in self.shown_at else next(iter(self.shown_at), None)

    def shapes_at(self, level: str) -> dict[str, MapShapes]:
        """Returns what a map of a kind of region can look like, the best first."""
        found = {BORDERS: self.levels[level]} if level in self.levels else {}
        return {**found, TILED: self.tiles} if level == MUNICIPALITY else found

    @cached_property
    def paths(self) -> dict[str, str]:
        """The path of every region of whatever kind, by its code."""
        return {code: path for shapes in self.levels.values() for code, path in shapes.paths.items()}

    @cached_property
    def boxes(self) -> dict[str, Box]:
        """The box around every region of whatever kind, by its code."""
        return {code: box for shapes in self.levels.values() for code, box in shapes.boxes.items()}


async def read_maps(datasette: Datasette, folder: Path, schemes: Iterable[str]) -> Maps:
    """Returns the maps of the release in a folder.

    Args:
        datasette: the server.
        folder: the release; one that is older than maps of borders has tiles only.
        schemes: the kinds of region, the smallest first.
    """
    newest = (await read_rows(datasette, NEWEST_BOUNDARIES))[0]["boundary_year"]
    current = {row["region_code"] for row in await read_rows(datasette, MUNICIPALITIES)}
    tiles = {r["region_code"]: (r["tile_column"], r["tile_row"]) for r in await read_rows(datasette, TILES)}
    file = folder / MAPS_FILE
    drawn = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"levels": {}}
    levels = {scheme: _shapes(drawn, scheme) for scheme in schemes if scheme in drawn["levels"]}
    kinds: dict[str, set[str]] = {}
    for row in await read_rows(datasette, WITH_FIGURES):
        kinds.setdefault(row["indicator_id"], set()).add(row["scheme"])
    return Maps(
        boundary_year=newest,
        tiles=shapes_of_tiles({code: tile for code, tile in tiles.items() if code in current}),
        levels=levels,
        outline=drawn.get("outline", ""),
        credit=drawn.get("credit"),
        shown_at=_shown_at(kinds, [*dict.fromkeys([MUNICIPALITY, *levels])]),
    )


def _shown_at(kinds: Mapping[str, Set[str]], drawn: Sequence[str]) -> dict[str, list[str]]:
    found = {indicator: [scheme for scheme in drawn if scheme in has] for indicator, has in kinds.items()}
    return {indicator: levels for indicator, levels in found.items() if levels}


def _shapes(drawn: dict[str, Any], scheme: str) -> MapShapes:
    paths: dict[str, str] = drawn["levels"][scheme]
    is_partial = scheme in drawn["partial"]
    provinces = drawn["levels"].get(PROVINCE) if scheme in WITHIN_PROVINCES else None
    return MapShapes(
        width=drawn["width"],
        height=drawn["height"],
        paths=paths,
        boxes={code: drawn["boxes"][code] for code in paths},
        frame=[*provinces.values()] if provinces else [drawn["outline"]],
        is_partial=is_partial,
    )
