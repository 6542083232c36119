"""Areas become shapes on one grid that still fit together, whatever kind of region they make up."""

import json
import re
from typing import Any

import numpy as np
import pytest
import shapely

from pipelines.publish.map_paths import HEIGHT, draw_maps, path_of, to_rd
from pipelines.sample.boundaries import above, in_year
from pipelines.sample.serve_ogc import DRAWN

# A third of a degree of longitude here is about 23 km.
SQUARE = [[5.0, 52.0], [5.3, 52.0], [5.3, 52.3], [5.0, 52.3], [5.0, 52.0]]
BESIDE = [[5.3, 52.0], [5.6, 52.0], [5.6, 52.3], [5.3, 52.3], [5.3, 52.0]]
HOLE = [[5.1, 52.1], [5.2, 52.1], [5.2, 52.2], [5.1, 52.2], [5.1, 52.1]]
POND = [[5.02, 52.02], [5.03, 52.02], [5.03, 52.025], [5.02, 52.025], [5.02, 52.02]]


def geojson(kind: str, coordinates: object) -> str:
    return json.dumps({"type": kind, "coordinates": coordinates})


def corners(path: str) -> list[list[tuple[int, int]]]:
    """Walks a path, its way of writing aside."""
    rings = []
    for ring in path.split("z")[:-1]:
        numbers = [int(n) for n in re.findall(r"-?\d+", ring)]
        x, y = numbers[:2]
        walked = [(x, y)]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            walked.append((x, y))
        rings.append(walked)
    return rings


def drawn(path: str) -> shapely.Geometry:
    """The area of a path, by the rule `evenodd`."""
    area = shapely.Polygon()
    for ring in corners(path):
        area = area.symmetric_difference(shapely.make_valid(shapely.Polygon(ring)))
    return area


@pytest.mark.parametrize(
    ("place", "longitude", "latitude", "x", "y"),
    # As pyproj 3.7 has it (EPSG:4326 to EPSG:28992).
    [
        ("Amersfoort", 5.38720621, 52.15517440, 155000.18, 463000.23),
        ("Den Helder", 4.76, 52.953, 112847.5, 551957.12),
        ("Delfzijl", 6.92, 53.33, 257117.12, 594816.89),
        ("Vaals", 6.02, 50.77, 199642.6, 309088.95),
        ("Sluis", 3.38, 51.31, 15057.21, 370895.42),
    ],
)
def test_degrees_become_rd(place: str, longitude: float, latitude: float, x: float, y: float) -> None:
    assert to_rd(np.array([[longitude, latitude]]))[0] == pytest.approx([x, y], abs=0.5), place


def test_neighbours_still_share_their_border_and_north_is_up() -> None:
    maps = draw_maps({"A": geojson("Polygon", [SQUARE, HOLE]), "B": geojson("MultiPolygon", [[BESIDE]])}, {})
    outer, hole = corners(maps["levels"]["municipality"]["A"])
    beside = corners(maps["levels"]["municipality"]["B"])[0]
    assert len(set(outer) & set(beside)) == 2
    assert all(0 < x < maps["width"] / 2 and 0 < y < maps["height"] for x, y in hole)
    assert max(y for _, y in outer) == pytest.approx(maps["height"], abs=20), "the south is at the bottom"
    assert min(x for x, _ in outer) < min(x for x, _ in beside), "the west is at the left"


def test_the_smallest_lakes_are_left_out_and_the_smallest_area_is_not() -> None:
    speck = [[5.7, 52.1], [5.7004, 52.1], [5.7004, 52.1003], [5.7, 52.1]]
    maps = draw_maps({"A": geojson("Polygon", [SQUARE, POND]), "B": geojson("Polygon", [speck])}, {})
    assert len(corners(maps["levels"]["municipality"]["A"])) == 1
    assert maps["levels"]["municipality"]["B"]
    assert path_of([[(7, 9), (7, 9), (7, 9)]]) == "M7 9h1v1h-1z"


def test_a_region_is_its_municipalities_without_the_border_between_them() -> None:
    third = [[x + 0.6, y] for x, y in SQUARE]
    areas = {name: geojson("Polygon", [ring]) for name, ring in (("A", SQUARE), ("B", BESIDE), ("C", third))}
    maps = draw_maps(
        areas, {"pair": {"AB": ["A", "B"], "C": ["C"]}, "some": {"A": ["A"], "B": ["B"]}, "one": {"A": ["A"]}}
    )
    assert maps["levels"].keys() == {"municipality", "pair", "some"}, "one region is no map"
    pair, alone = maps["levels"]["pair"], maps["levels"]["municipality"]
    assert drawn(pair["AB"]).equals(drawn(alone["A"]).union(drawn(alone["B"])))
    assert len(corners(pair["AB"])) == 1
    assert maps["partial"] == ["some"]
    assert drawn(maps["outline"]).equals(shapely.union_all([drawn(path) for path in alone.values()]))


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (geojson("Point", [4, 52]), "Polygon or MultiPolygon"),
        (geojson("Polygon", [[[155000, 463000], [155001, 463000], [155000, 463001], [155000, 463000]]]), "in degrees"),
        (geojson("MultiPolygon", []), "in degrees"),
    ],
)
def test_what_is_no_area_in_degrees_is_refused(geometry: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"A: .*{said}"):
        draw_maps({"A": geometry}, {})


@pytest.fixture(scope="module")
def netherlands() -> dict[str, Any]:
    """The maps of the Netherlands, from the boundaries of the sample."""
    content = json.loads(DRAWN.read_text(encoding="utf-8"))
    members: dict[str, dict[str, list[str]]] = {"CR": {}, "PV": {}, "AM": {}, "LD": {}}
    for municipality in in_year(2026):
        for region in above(municipality):
            members.get(region[:2], {}).setdefault(region, []).append(municipality.code)
    return draw_maps({f["id"]: json.dumps(f["geometry"]) for f in content["features"]}, members)


def test_the_netherlands_is_whole_at_every_level(netherlands: dict[str, Any]) -> None:
    counts = {level: len(paths) for level, paths in netherlands["levels"].items()}
    assert counts == {"municipality": 342, "CR": 40, "PV": 12, "AM": 35, "LD": 4}
    assert netherlands["partial"] == []
    country = drawn(netherlands["outline"]).area
    for level, paths in netherlands["levels"].items():
        assert sum(drawn(path).area for path in paths.values()) == pytest.approx(country, rel=0.004), level
        assert sum(map(len, paths.values())) < 60_000, level
    assert (netherlands["width"], netherlands["height"]) == (pytest.approx(0.85 * HEIGHT, rel=0.02), HEIGHT)


def test_every_region_is_within_its_box(netherlands: dict[str, Any]) -> None:
    for paths in netherlands["levels"].values():
        for code, path in paths.items():
            points = [point for ring in corners(path) for point in ring]
            west, north, east, south = netherlands["boxes"][code]
            assert all(west <= x <= east and north <= y <= south for x, y in points), code
