"""Which municipalities border on each other, by the lines that their boundaries have in common.

CBS and Kadaster draw the boundaries as one map: where two municipalities border on each other, both have the same
points. So two that have a line from one point to the next in common are neighbours; two that only touch in a point, or
face each other across water that is left out of the map, are not.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.reading.shapes import ROWS_IN
from pipelines.sources.card import Shape, SourceCard

# Of the lines of the Netherlands seven in ten are shared, the others being coast and national border. On a map that was
# simplified municipality by municipality hardly any is, and then nothing can be said.
LEAST_SHARED = 0.5

BorderLine = frozenset[tuple[float, float]]


def neighbours_of(cards: Iterable[SourceCard], raw: Path, year: int) -> list[dict[str, str]]:
    """Returns each pair of neighbours, both ways, on the boundaries of a year that have landed; none without those."""
    drawn = [card for card in cards if card.shape is Shape.BOUNDARIES and card.boundary_year == year]
    for card in sorted(drawn, key=lambda card: card.dataset_id)[:1]:
        areas = pl.read_parquet(raw / card.slug / f"{ROWS_IN[Shape.BOUNDARIES]}.parquet")
        geometries = dict(areas.select("region_code", "geometry").iter_rows())
        return [
            {"dataset_id": card.dataset_id, "region_code": code, "neighbour_code": neighbour}
            for code, neighbour in find_neighbours(geometries)
        ]
    return []


def find_neighbours(geometries: dict[str, str]) -> list[tuple[str, str]]:
    """Returns the pairs of areas with a line in common, both ways, from the GeoJSON of each.

    There are none if the areas do not fit together, so that their lines say nothing.
    """
    sides: dict[BorderLine, set[str]] = {}
    for code, geometry in geometries.items():
        for line in _lines(json.loads(geometry)):
            sides.setdefault(line, set()).add(code)
    shared = [codes for codes in sides.values() if len(codes) > 1]
    if len(shared) < LEAST_SHARED * len(sides):
        return []
    return sorted({pair for codes in shared for pair in permutations(sorted(codes), 2)})


def _lines(geometry: dict[str, Any]) -> Iterator[BorderLine]:
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    for polygon in polygons:
        for ring in polygon:
            for start, end in pairwise(ring):
                if start != end:
                    yield frozenset({(start[0], start[1]), (end[0], end[1])})
