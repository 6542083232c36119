"""The shapes of the maps of a release: the same for every indicator, so they are drawn once per process."""

from collections.abc import Mapping
from dataclasses import dataclass

from datasette.app import Datasette

from portal.csv_text import Row
from portal.map_shapes import MapShapes, shapes_of_boundaries, shapes_of_tiles
from portal.rows import read_rows

MAPPED = "select indicator_id, title_nl, title_en from indicators where lowest_level = 'municipality'"
NEWEST_BOUNDARIES = "select max(boundary_year) as boundary_year from observations_on_boundaries"
MUNICIPALITIES = "select region_code from regions where scheme = 'municipality' and is_current"
TILES = "select region_code, tile_column, tile_row from municipality_tiles"
BOUNDARIES = """
select b.region_code, b.geometry, s.attribution, s.licence, s.licence_url
from region_boundaries as b join sources as s using (dataset_id)
where b.boundary_year = :boundary_year
    and b.dataset_id = (select min(dataset_id) from region_boundaries where boundary_year = :boundary_year)
"""


@dataclass(frozen=True)
class Maps:
    """The shapes of the maps of this release: the same for every indicator."""

    boundary_year: int
    shapes: Mapping[str, MapShapes]
    """By style of map: always `tiles`; `borders` too if those of the boundary year are complete."""
    credit: Row | None
    indicators: list[Row]
    """The indicators with figures for municipalities."""


async def read_maps(datasette: Datasette) -> Maps:
    """Returns the shapes of the municipalities of the boundary year that figures are on."""
    newest = (await read_rows(datasette, NEWEST_BOUNDARIES))[0]
    current = {row["region_code"] for row in await read_rows(datasette, MUNICIPALITIES)}
    tiles = {r["region_code"]: (r["tile_column"], r["tile_row"]) for r in await read_rows(datasette, TILES)}
    shapes = {"tiles": shapes_of_tiles({code: tile for code, tile in tiles.items() if code in current})}
    boundaries = await read_rows(datasette, BOUNDARIES, newest) if newest["boundary_year"] else []
    # Borders that lack a municipality, or have a former one, would show a country that does not exist.
    whole = bool(current) and {row["region_code"] for row in boundaries} == current
    if whole:
        shapes["borders"] = shapes_of_boundaries({row["region_code"]: row["geometry"] for row in boundaries})
    return Maps(newest["boundary_year"], shapes, boundaries[0] if whole else None, await read_rows(datasette, MAPPED))
