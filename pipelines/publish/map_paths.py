"""The shapes of the maps: drawn once for a release, for municipalities and for the regions that they make up.

Boundaries that were simplified area by area or rounded overlap a little, so they are first made to fit together. They
are then projected as Dutch maps are (RD), simplified with the borders that two areas share kept the same, and written
as SVG paths in whole numbers. A region is its municipalities without the borders between them, so its border is theirs.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import shapely
from numpy.typing import NDArray

from portal.map_shapes import MAPS_FILE

GridPoint = tuple[int, int]
Points = NDArray[np.float64]

HEIGHT = 2000
TOLERANCE_M = 250
# Smaller islands and lakes are left out, except the largest part of an area.
SMALLEST_M2 = 1_000_000
# Regions are drawn on a map if a map has more than one of them.
FEWEST_REGIONS = 2

BOUNDARIES = """
select region_code, geometry from region_boundaries
where boundary_year = $year and dataset_id = (select min(dataset_id) from region_boundaries where boundary_year = $year)
order by region_code
"""
MUNICIPALITIES = "select region_code from regions where scheme = 'municipality' and is_current"
MEMBERS = """
select scheme, region_code, municipality_code from region_membership
where scheme <> 'municipality' and share = 1
    and valid_from <= make_date($year, 1, 1) and coalesce(valid_to, make_date($year, 1, 1)) >= make_date($year, 1, 1)
order by scheme, region_code, municipality_code
"""
CREDIT = """
select s.attribution, s.licence, s.licence_url, s.notice from region_boundaries as b
join sources as s using (dataset_id) where b.boundary_year = $year order by s.dataset_id limit 1
"""
# The powers of north and east and the factors of the approximation of RD by Schreutelkamp and Strang van Hees (2001).
_LATITUDE, _LONGITUDE = 52.15517440, 5.38720621
_X = {(0, 0): 155000, (0, 1): 190094.945, (1, 1): -11832.228, (2, 1): -114.221, (0, 3): -32.391, (1, 0): -0.705}
_X |= {(3, 1): -2.340, (1, 3): -0.608, (0, 2): -0.008, (2, 3): 0.148}
_Y = {(0, 0): 463000, (1, 0): 309056.544, (0, 2): 3638.893, (2, 0): 73.077, (1, 2): -157.984, (3, 0): 59.788}
_Y |= {(0, 1): 0.433, (2, 2): -6.439, (1, 1): -0.032, (0, 4): 0.092, (1, 4): -0.054}


def write_maps(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the shapes of the maps of a release, as `maps.json`; without levels if its boundaries are not complete.

    Raises:
        ValueError: a boundary is not a polygon, or not in degrees.
    """
    year = con.sql("select max(boundary_year) from observations_on_boundaries").fetchall()[0][0]
    asked = {"year": year}
    geometries = dict(con.execute(BOUNDARIES, asked).fetchall())
    current = {code for (code,) in con.sql(MUNICIPALITIES).fetchall()}
    content: dict[str, Any] = {"boundary_year": year, "levels": {}}
    # Borders that lack a municipality, or have a former one, would show a country that does not exist.
    if current and geometries.keys() == current:
        members: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for scheme, region, municipality in con.execute(MEMBERS, asked).fetchall():
            members[scheme][region].append(municipality)
        content |= draw_maps(geometries, members)
        content["credit"] = con.sql(CREDIT, params=asked).pl().row(0, named=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (folder / MAPS_FILE).write_text(text + "\n", encoding="utf-8")


def draw_maps(geometries: Mapping[str, str], members: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Any]:
    """Returns the maps of GeoJSON in degrees.

    There are a width and a height, paths by level and code, the levels that do not cover the country (`partial`), the
    outline of the country, and the box around each area.

    Args:
        geometries: the boundary of each municipality.
        members: the municipalities of each region, by kind of region.

    Raises:
        ValueError: a boundary is not a polygon, or not in degrees.
    """
    codes = sorted(geometries)
    plane = _plane([_shape(code, geometries[code]) for code in codes])
    at = {code: shape for code, shape in zip(codes, plane, strict=True)}
    west, south, east, north = shapely.total_bounds(plane)
    scale = HEIGHT / (north - south)
    levels = {"municipality": at}
    for scheme, regions in members.items():
        whole = {region: [at[m] for m in listed if m in at] for region, listed in regions.items()}
        if sum(map(bool, whole.values())) >= FEWEST_REGIONS:
            levels[scheme] = {region: shapely.coverage_union_all(parts) for region, parts in whole.items() if parts}
    covered = {scheme: set().union(*regions.values()) for scheme, regions in members.items() if scheme in levels}

    def to_grid(shape: shapely.Geometry) -> list[list[GridPoint]]:
        corner, turned = np.array([west, north]), np.array([scale, -scale])
        return [
            [(int(x), int(y)) for x, y in np.rint((shapely.get_coordinates(ring) - corner) * turned)]
            for part in _without_specks(shape)
            for ring in (part.exterior, *part.interiors)
        ]

    grids = {level: {code: to_grid(shape) for code, shape in shapes.items()} for level, shapes in levels.items()}
    return {
        "width": round((east - west) * scale),
        "height": HEIGHT,
        "levels": {level: {code: path_of(rings) for code, rings in found.items()} for level, found in grids.items()},
        "partial": [scheme for scheme, found in covered.items() if not found >= at.keys()],
        "outline": path_of(to_grid(shapely.coverage_union_all(plane))),
        "boxes": {code: _box(rings) for found in grids.values() for code, rings in found.items()},
    }


def to_rd(degrees: Points) -> Points:
    """Returns longitudes and latitudes as RD coordinates in metres, less than a metre off within the Netherlands."""
    east, north = 0.36 * (degrees[:, 0] - _LONGITUDE), 0.36 * (degrees[:, 1] - _LATITUDE)
    sums = [sum(factor * north**p * east**q for (p, q), factor in factors.items()) for factors in (_X, _Y)]
    return np.stack(sums, axis=1)


def path_of(rings: Iterable[list[GridPoint]]) -> str:
    """Returns one SVG path for all rings, each in steps from its first point; the rule `evenodd` makes the holes."""
    thinned = [_thin(ring) for ring in rings]
    kept = [ring for ring in thinned if len(ring) > 2]
    # An area that is too small for the grid becomes one cell, so that none is left out.
    return "".join(map(_steps, kept)) or "M{} {}h1v1h-1z".format(*thinned[0][0])


def _shape(code: str, text: str) -> shapely.Geometry:
    geometry = json.loads(text)
    if geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"{code}: a boundary is a Polygon or MultiPolygon, not {geometry.get('type')!r}")
    shape = shapely.force_2d(shapely.from_geojson(text))
    west, south, east, north = shapely.bounds(shape)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(f"{code}: a boundary is in degrees (WGS84) -> see the coordinates of the source")
    return shape


def _plane(shapes: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """The areas in metres, fitting together, with fewer points."""
    fitting = shapely.coverage_clean(shapely.transform(np.array(shapes), to_rd))
    return list(shapely.coverage_simplify(fitting, TOLERANCE_M))


def _without_specks(shape: shapely.Geometry) -> list[shapely.Polygon]:
    """The parts of an area, without its smallest islands and lakes."""
    parts = sorted(shapely.get_parts(shape), key=lambda part: -part.area)
    kept = [part for number, part in enumerate(parts) if number == 0 or part.area >= SMALLEST_M2]
    lakes = [[hole for hole in part.interiors if shapely.Polygon(hole).area >= SMALLEST_M2] for part in kept]
    return [shapely.Polygon(part.exterior, holes) for part, holes in zip(kept, lakes, strict=True)]


def _box(rings: list[list[GridPoint]]) -> list[int]:
    """West, north, east and south of an area on the grid."""
    xs, ys = [x for ring in rings for x, _ in ring], [y for ring in rings for _, y in ring]
    return [min(xs), min(ys), max(xs), max(ys)]


def _thin(ring: list[GridPoint]) -> list[GridPoint]:
    """Leaves out points that coincide with the one before, and those in the middle of a straight line."""
    thinned: list[GridPoint] = []
    for cell in ring:
        if thinned and cell == thinned[-1]:
            continue
        if len(thinned) > 1 and _goes_on(thinned[-2], thinned[-1], cell):
            thinned[-1] = cell
        else:
            thinned.append(cell)
    return thinned[:-1] if len(thinned) > 1 and thinned[0] == thinned[-1] else thinned


def _goes_on(a: GridPoint, b: GridPoint, c: GridPoint) -> bool:
    """Whether the line from a through b to c is straight and does not turn back."""
    first, then = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
    return first[0] * then[1] == first[1] * then[0] and first[0] * then[0] + first[1] * then[1] > 0


def _steps(ring: list[GridPoint]) -> str:
    pairs = pairwise(ring)
    steps = " ".join(f"{x2 - x1} {y2 - y1}" for (x1, y1), (x2, y2) in pairs).replace(" -", "-")
    return f"M{ring[0][0]} {ring[0][1]}l{steps}z"
