"""The tile map has a square for every municipality, and lies as the country lies."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import correlation, mean

import pytest
from support import SHARED

from pipelines.errors import RegiokompasError
from pipelines.sample.boundaries import in_year
from pipelines.settings import DBT_PROJECT, PROJECT
from tools.tile_map import AROUND, Tile, read_shapes, tile_map, touching, write_tiles

BOUNDARIES = SHARED / "standin" / "files" / "geo" / "gemeenten_342_simplified.geojson"
SEED = DBT_PROJECT / "seeds" / "municipality_tiles.csv"
ISLANDS = {"Texel": "GM0448", "Vlieland": "GM0096", "Terschelling": "GM0093", "Ameland": "GM0060"}
ZEELAND_FLANDERS = {"GM0677", "GM0715", "GM1714"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TILES: dict[str, Tile] = {row["region_code"]: (int(row["tile_column"]), int(row["tile_row"])) for row in rows_of(SEED)}


def beside(one: Tile, other: Tile) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) == 1


def around(codes: set[str]) -> set[str]:
    """Who else lies beside one of these."""
    return {code for code, cell in TILES.items() if any(beside(cell, TILES[own]) for own in codes)} - codes


def square(number: int, column: float, row: float, size: float = 0.2) -> dict[str, object]:
    """A square municipality of some 14 by 22 km, `row` counted from the north."""
    west, north = 5 + column * size, 53 - row * size
    corners = [[west, north], [west + size, north], [west + size, north - size], [west, north - size], [west, north]]
    properties = {"statcode": f"GM{number:04}", "statnaam": f"Vierkant {number}"}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [corners]}}


def geojson(path: Path, features: list[dict[str, object]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_every_municipality_of_2026_has_a_cell_of_its_own() -> None:
    assert TILES.keys() == {municipality.code for municipality in in_year(2026)}
    assert len(TILES) == len(set(TILES.values())) == 342
    assert min(column for column, _ in TILES.values()) == min(row for _, row in TILES.values()) == 1


def test_islands_and_zeeland_flanders_lie_apart() -> None:
    for code in [*ISLANDS.values(), "GM0088"]:
        assert around({code}) == set()
    assert around(ZEELAND_FLANDERS) == set()


@pytest.mark.parametrize(
    ("north", "south"),
    [("GM0448", "GM0400"), ("GM0400", "GM0361"), ("GM0080", "GM0193"), ("GM0957", "GM0935"), ("GM0664", "GM0715")],
    ids=["Texel-Den Helder", "Den Helder-Alkmaar", "Leeuwarden-Zwolle", "Roermond-Maastricht", "Goes-Terneuzen"],
)
def test_north_is_up(north: str, south: str) -> None:
    assert TILES[north][1] < TILES[south][1]


@pytest.mark.parametrize(
    ("west", "east"),
    [("GM0718", "GM0748"), ("GM0518", "GM0344"), ("GM0344", "GM0202"), ("GM0202", "GM0153"), ("GM0388", "GM0171")],
    ids=["Vlissingen-Bergen op Zoom", "Den Haag-Utrecht", "Utrecht-Arnhem", "Arnhem-Enschede", "Enkhuizen-Emmeloord"],
)
def test_west_is_left(west: str, east: str) -> None:
    assert TILES[west][0] < TILES[east][0]


def test_a_chessboard_comes_out_as_it_is_and_an_island_apart(tmp_path: Path) -> None:
    board = [square(4 * row + column + 1, column, row) for row in range(3) for column in range(4)]
    path = geojson(tmp_path / "board.geojson", [*board, square(99, 6.5, 0)])
    tiles = tile_map(path)
    island = tiles.pop("GM0099")
    assert tiles == {f"GM{4 * row + column + 1:04}": (column + 1, row + 1) for row in range(3) for column in range(4)}
    assert island[0] > 5


def test_the_same_boundaries_give_the_same_seed(tmp_path: Path) -> None:
    squares = [
        square(n + 1, column, row) for n, (column, row) in enumerate([(0, 0), (1, 0.4), (2, 0), (1, 1.4), (4, 3)])
    ]
    path = geojson(tmp_path / "some.geojson", squares)
    backwards = geojson(tmp_path / "backwards.geojson", squares[::-1])
    for number, source in enumerate([path, path, backwards]):
        write_tiles(source, tmp_path / f"{number}.csv")
    first, again, turned = ((tmp_path / f"{number}.csv").read_bytes() for number in range(3))
    assert first == again == turned
    assert first.startswith(b"region_code,tile_column,tile_row\nGM0001,")


def test_a_municipality_of_parts_lies_where_its_largest_does(tmp_path: Path) -> None:
    path = geojson(tmp_path / "parts.geojson", [square(1, 0, 0), square(1, 6, 0, size=0.1), square(2, 1, 0)])
    assert tile_map(path) == {"GM0001": (1, 1), "GM0002": (2, 1)}


def test_what_is_no_municipality_is_an_error_that_says_so(tmp_path: Path) -> None:
    feature = square(1, 0, 0) | {"properties": {"statcode": "PV27", "statnaam": "Noord-Holland"}}
    with pytest.raises(
        RegiokompasError, match=r"feature 2 has \['PV27', 'Noord-Holland'\], but no code such as GM0363 ->"
    ):
        tile_map(geojson(tmp_path / "wrong.geojson", [square(1, 0, 0), feature]))


def test_the_command_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.tile_map"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.strip() == "usage: python -m tools.tile_map BOUNDARIES.geojson"


def ranks(values: Sequence[float]) -> list[float]:
    """Rank of each value; equal values share the mean of theirs."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    return [mean(places[value]) for value in values]


@pytest.mark.standin
def test_tiles_lie_as_the_municipalities_do() -> None:
    shapes = read_shapes(BOUNDARIES)
    assert shapes.keys() == TILES.keys()
    corners = {code: max(rings, key=len) for code, rings in shapes.items()}
    for axis in (0, 1):
        real = [mean(point[axis] for point in corners[code]) for code in TILES]
        assert correlation(ranks(real), ranks([cell[axis] for cell in TILES.values()])) > 0.95


@pytest.mark.standin
def test_most_neighbours_are_beside_each_other_and_in_the_right_direction() -> None:
    shapes = read_shapes(BOUNDARIES)
    codes = list(shapes)
    middles = [tuple(mean(p[axis] for p in max(rings, key=len)) for axis in (0, 1)) for rings in shapes.values()]
    pairs = [(i, j) for i, near in enumerate(touching(list(shapes.values()))) for j in near if i < j]
    steps = [tuple(TILES[codes[j]][a] - TILES[codes[i]][a] for a in (0, 1)) for i, j in pairs]
    assert mean(step in AROUND for step in steps) > 0.75
    ahead = [
        sum((middles[j][a] - middles[i][a]) * step[a] for a in (0, 1)) > 0
        for (i, j), step in zip(pairs, steps, strict=True)
    ]
    assert mean(ahead) > 0.97
