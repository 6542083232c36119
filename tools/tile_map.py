"""The tile map: a square for each municipality, near its real neighbours and, where possible, in the right direction.

`python -m tools.tile_map BOUNDARIES.geojson` rewrites `seeds/municipality_tiles.csv` when municipalities change.
The same boundaries give the same tiles: the random numbers have a fixed seed.
"""

import json
import math
import random
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from pipelines.errors import RegiokompasError
from pipelines.settings import DBT_PROJECT

Place = tuple[float, float]
Tile = tuple[int, int]
Pull = tuple[int, float, float, float]  # the other, how far east and south of this one it should be, how strongly

KM_PER_DEGREE = 111.2
NEAR_KM = 1.5  # two that are across a river or a narrow lake are still neighbours
MOST_STEPS = 4  # those further apart over land get water in between, which keeps the IJsselmeer open
AROUND = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
SIDES = [(-1, 0), (1, 0), (0, -1), (0, 1)]
# Weights and random seed, chosen by looking at the resulting maps: the cape of Den Helder, the IJsselmeer, Zeeland and
# Limburg are where a Dutch reader looks for them.
TO_PLACE = 0.05  # towards the real location of a municipality
BESIDE_FAR = 4.0  # for a tile beside one that is more than MOST_STEPS away
BESIDE_CLOSE = -2.0  # for a tile that shares a side with one that is close
GAP = 1.5  # for each side beyond two that an empty cell shares with tiles
HEAT = 2.0  # how much worse a move may be at first; in the end, a hundredth of that
TRIES = 5000  # for each municipality
CHANCE = 1


def tile_map(boundaries: Path) -> dict[str, Tile]:
    """Give every municipality in a GeoJSON file (longitude, latitude) a cell of its own, by code.

    Returns:
        Column and row, both from 1; row 1 is the northernmost.

    Raises:
        RegiokompasError: a feature has no property with a code such as GM0363.
    """
    shapes = read_shapes(boundaries)
    sized = [max(_area_and_centre(ring) for ring in rings) for rings in shapes.values()]
    unit = math.sqrt(sum(_area_and_centre(ring)[0] for rings in shapes.values() for ring in rings) / len(shapes))
    places = [(x / unit, y / unit) for _, (x, y) in sized]
    neighbours = touching(list(shapes.values()))
    close, pulls = _within(neighbours, MOST_STEPS), _pulls(places, neighbours)
    cells = _Grid(places, pulls, close).improved()
    west, north = (min(cell[axis] for cell in cells) - 1 for axis in (0, 1))
    return {code: (column - west, row - north) for code, (column, row) in zip(shapes, cells, strict=True)}


def read_shapes(path: Path) -> dict[str, list[list[Place]]]:
    """The outer rings of every municipality in kilometres east and south, by code, sorted.

    Raises:
        RegiokompasError: a feature has no property with a code such as GM0363.
    """
    east = KM_PER_DEGREE * math.cos(math.radians(52.2))
    shapes: dict[str, list[list[Place]]] = defaultdict(list)
    for number, feature in enumerate(json.loads(path.read_text(encoding="utf-8"))["features"], 1):
        code = code_of(feature, number)
        shape = feature["geometry"]["coordinates"]
        for polygon in [shape] if feature["geometry"]["type"] == "Polygon" else shape:
            shapes[code].append([(east * x, -KM_PER_DEGREE * y) for x, y, *_ in polygon[0]])
    return dict(sorted(shapes.items()))


def code_of(feature: dict[str, Any], number: int) -> str:
    """The code of a municipality, whatever its property is called.

    Raises:
        RegiokompasError: the feature, which is this number in its file, has no property with a code such as GM0363.
    """
    texts = [value for value in feature["properties"].values() if isinstance(value, str)]
    code = next((text for text in texts if re.fullmatch(r"GM\d{4}", text)), None)
    if code is None:
        raise RegiokompasError(f"feature {number} has {texts}, but no code such as GM0363 -> give municipalities")
    return code


def touching(shapes: list[list[list[Place]]]) -> list[set[int]]:
    """The neighbours of each shape: some corner of the one is near a corner of the other."""
    squares: dict[Tile, set[tuple[int, float, float]]] = defaultdict(set)
    for number, rings in enumerate(shapes):
        for x, y in (point for ring in rings for point in ring):
            squares[int(x // NEAR_KM), int(y // NEAR_KM)].add((number, x, y))
    found: list[set[int]] = [set() for _ in shapes]
    for (column, row), corners in squares.items():
        others = [c for a, b in [(0, 0), *AROUND] for c in squares.get((column + a, row + b), ())]
        for one, x, y in corners:
            found[one] |= {other for other, u, v in others if other != one and math.hypot(x - u, y - v) <= NEAR_KM}
    return found


def _area_and_centre(ring: list[Place]) -> tuple[float, Place]:
    x0, y0 = ring[0]
    moved = [(x - x0, y - y0) for x, y in ring]
    twice = east = south = 0.0
    for (x1, y1), (x2, y2) in zip(moved, moved[1:] + moved[:1], strict=True):
        cross = x1 * y2 - x2 * y1
        twice, east, south = twice + cross, east + (x1 + x2) * cross, south + (y1 + y2) * cross
    if twice == 0:
        return 0.0, ring[0]
    return abs(twice) / 2, (x0 + east / (3 * twice), y0 + south / (3 * twice))


def _within(neighbours: list[set[int]], steps: int) -> list[set[int]]:
    """What can be reached from each shape in a number of steps over land, itself included."""
    reached = [{number} for number in range(len(neighbours))]
    for _ in range(steps):
        further = [near.union(*(neighbours[other] for other in near)) for near in reached]
        if further == reached:
            break
        reached = further
    return reached


def _pulls(places: list[Place], neighbours: list[set[int]]) -> list[list[Pull]]:
    """Where each one should be: one tile from its neighbours; islands at least two from the three nearest others."""
    reached = _within(neighbours, len(places))
    mainland = max(reached, key=lambda land: (len(land), -min(land)))
    pulls: list[list[Pull]] = [[] for _ in places]

    def tie(one: int, other: int, length: float, strength: float) -> None:
        (x, y), (u, v) = places[one], places[other]
        by = length / math.dist(places[one], places[other])
        pulls[one].append((other, (u - x) * by, (v - y) * by, strength))
        pulls[other].append((one, (x - u) * by, (y - v) * by, strength))

    for one, place in enumerate(places):
        for other in sorted(neighbours[one]):
            if one < other:
                tie(one, other, 1.0, 1.0)
        if one not in mainland:
            away = sorted((math.dist(place, places[o]), o) for o in range(len(places)) if o not in reached[one])
            for distance, other in away[:3]:
                tie(one, other, max(2.0, distance), 0.5)
    return pulls


class _Grid:
    """Municipalities on cells, improved by moves and swaps, at first also by ones that make it worse (annealing)."""

    def __init__(self, places: list[Place], pulls: list[list[Pull]], close: list[set[int]]) -> None:
        self.places, self.pulls, self.close = places, pulls, close
        self.cells: list[Tile] = [(0, 0)] * len(places)
        self.at: dict[Tile, int] = {}
        middle = (sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places))
        for one in sorted(range(len(places)), key=lambda one: math.dist(places[one], middle)):
            reach = range(-10, 11)
            near = [(round(places[one][0]) + a, round(places[one][1]) + b) for a in reach for b in reach]
            self._put(one, min((c for c in near if c not in self.at), key=lambda c: (math.dist(c, places[one]), c)))

    def improved(self) -> list[Tile]:
        """The cells after all tries, with less and less tolerance for moves that make it worse."""
        chance = random.Random(CHANCE).random  # noqa: S311 - a fixed seed, nothing secret
        tries = TRIES * len(self.cells)
        for number in range(tries):
            heat = HEAT * 0.01 ** (number / tries)
            one, far = int(chance() * len(self.cells)), 2 if chance() < 0.3 else 1
            start, (a, b) = self.cells[one], AROUND[int(chance() * len(AROUND))]
            goal = (start[0] + a * far, start[1] + b * far)
            before = self._cost(start, goal)
            self._swap(start, goal)
            worse = self._cost(start, goal) - before
            if worse > 0 and chance() >= math.exp(-worse / heat):
                self._swap(start, goal)
        return self.cells

    def _put(self, one: int, cell: Tile) -> None:
        self.cells[one], self.at[cell] = cell, one

    def _swap(self, start: Tile, goal: Tile) -> None:
        one, other = self.at.pop(start, None), self.at.pop(goal, None)
        if one is not None:
            self._put(one, goal)
        if other is not None:
            self._put(other, start)

    def _cost(self, start: Tile, goal: Tile) -> float:
        cost = sum(self._misfit(one) for cell in (start, goal) if (one := self.at.get(cell)) is not None)
        if start not in self.at or goal not in self.at:
            cells = {(column + a, row + b) for column, row in (start, goal) for a, b in [(0, 0), *SIDES]}
            cost += sum(self._gap(cell) for cell in cells if cell not in self.at)
        return cost

    def _gap(self, cell: Tile) -> float:
        return GAP * max(0, sum((cell[0] + a, cell[1] + b) in self.at for a, b in SIDES) - 2)

    def _misfit(self, one: int) -> float:
        (column, row), (x, y) = self.cells[one], self.places[one]
        cost = TO_PLACE * ((column - x) ** 2 + (row - y) ** 2)
        for other, dx, dy, strength in self.pulls[one]:
            u, v = self.cells[other]
            cost += strength * ((u - column - dx) ** 2 + (v - row - dy) ** 2)
        for a, b in AROUND:
            beside = self.at.get((column + a, row + b))
            if beside is not None and beside not in self.close[one]:
                cost += BESIDE_FAR
            elif beside is not None and not (a and b):
                cost += BESIDE_CLOSE
        return cost


def write_tiles(boundaries: Path, seed: Path = DBT_PROJECT / "seeds" / "municipality_tiles.csv") -> None:
    """Rewrite the seed of tiles from a GeoJSON file with the boundaries of municipalities.

    Raises:
        RegiokompasError: a feature has no property with a code such as GM0363.
    """
    lines = [f"{code},{column},{row}\n" for code, (column, row) in tile_map(boundaries).items()]
    seed.write_text("region_code,tile_column,tile_row\n" + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.tile_map BOUNDARIES.geojson")
    write_tiles(Path(sys.argv[1]))
