"""Turns areas into shapes on a page: projected onto a plane, snapped to a grid of whole numbers, drawn as SVG paths.

The projection is equirectangular: degrees of longitude are scaled by the cosine of the middle latitude. At the
northern and southern ends of the Netherlands, widths are then 3 per cent off, which nobody sees.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Corner = tuple[float, float]
GridCell = tuple[int, int]
Ring = list[Corner]

# The page also has a table of all municipalities; together they stay below 300 kB.
PATH_BUDGET = 175_000
FINEST_HEIGHT, COARSEST_HEIGHT = 1000, 100
COARSER = 0.85
TILE = 10


@dataclass(frozen=True)
class MapShapes:
    """A map without its colours: what each region looks like, in units of the grid."""

    width: int
    height: int
    paths: Mapping[str, str]
    """The `d` of an SVG path, by region code."""


def shapes_of_boundaries(geometries: Mapping[str, str], budget: int = PATH_BUDGET) -> MapShapes:
    """Draws GeoJSON in degrees (WGS84) on the finest grid whose paths fit in `budget` characters.

    Neighbours share the points of their border, so on the same grid they still fit together.

    Raises:
        ValueError: a geometry is not a polygon, or is not in degrees.
    """
    rings = {code: _rings(code, json.loads(text)) for code, text in sorted(geometries.items())}
    points = [point for areas in rings.values() for ring in areas for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrowing = math.cos(math.radians((south + north) / 2))
    height = FINEST_HEIGHT
    while True:
        scale = height / (north - south)

        def to_cell(point: Corner, scale: float = scale) -> GridCell:
            return round((point[0] - west) * narrowing * scale), round((north - point[1]) * scale)

        paths = {code: _path([to_cell(p) for p in ring] for ring in areas) for code, areas in rings.items()}
        if sum(map(len, paths.values())) <= budget or height <= COARSEST_HEIGHT:
            return MapShapes(math.ceil((east - west) * narrowing * scale), height, paths)
        height = max(int(height * COARSER), COARSEST_HEIGHT)


def shapes_of_tiles(tiles: Mapping[str, GridCell]) -> MapShapes:
    """Draws one square per region, at its (column, row)."""
    columns, rows = [c for c, _ in tiles.values()], [r for _, r in tiles.values()]
    left, top = min(columns), min(rows)
    paths = {code: f"M{(c - left) * TILE} {(r - top) * TILE}h{TILE}v{TILE}h-{TILE}z" for code, (c, r) in tiles.items()}
    return MapShapes((max(columns) - left + 1) * TILE, (max(rows) - top + 1) * TILE, paths)


def _rings(code: str, geometry: dict[str, Any]) -> list[Ring]:
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"{code}: a boundary is a Polygon or MultiPolygon, not {kind!r}")
    polygons = geometry["coordinates"] if kind == "MultiPolygon" else [geometry["coordinates"]]
    rings = [[(float(p[0]), float(p[1])) for p in ring] for polygon in polygons for ring in polygon]
    if not rings or any(abs(x) > 180 or abs(y) > 90 for ring in rings for x, y in ring):
        raise ValueError(f"{code}: a boundary is in degrees (WGS84) -> see the coordinates of the source")
    return rings


def _path(rings: Iterable[list[GridCell]]) -> str:
    """Returns one path for all rings, each in steps from its first point; the rule `evenodd` makes the holes."""
    thinned = [_thin(ring) for ring in rings]
    kept = [ring for ring in thinned if len(ring) > 2]
    # An area that is too small for the grid becomes one cell, so that no municipality is left out.
    return "".join(map(_steps, kept)) or "M{} {}h1v1h-1z".format(*thinned[0][0])


def _thin(ring: list[GridCell]) -> list[GridCell]:
    """Leaves out points that coincide with the one before, and those in the middle of a straight line."""
    thinned: list[GridCell] = []
    for cell in ring:
        if thinned and cell == thinned[-1]:
            continue
        if len(thinned) > 1 and _goes_on(thinned[-2], thinned[-1], cell):
            thinned[-1] = cell
        else:
            thinned.append(cell)
    return thinned[:-1] if len(thinned) > 1 and thinned[0] == thinned[-1] else thinned


def _goes_on(a: GridCell, b: GridCell, c: GridCell) -> bool:
    """Whether the line from a through b to c is straight and does not turn back."""
    first, then = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
    return first[0] * then[1] == first[1] * then[0] and first[0] * then[0] + first[1] * then[1] > 0


def _steps(ring: list[GridCell]) -> str:
    pairs = pairwise(ring)
    steps = " ".join(f"{x2 - x1} {y2 - y1}" for (x1, y1), (x2, y2) in pairs).replace(" -", "-")
    return f"M{ring[0][0]} {ring[0][1]}l{steps}z"
