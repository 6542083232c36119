"""Municipalities with a line in common are neighbours, on maps of which that can be said."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SHARED

from pipelines.ingest.neighbours import find_neighbours, neighbours_of
from pipelines.reading.existing import boundaries
from pipelines.reading.shapes import BOUNDARIES
from pipelines.settings import CARDS
from pipelines.sources.card import Shape, load_cards

PUBLISHED = SHARED / "standin" / "files" / "geo" / "gemeenten_342_simplified.geojson"
Ring = list[list[float]]


def square(column: int, row: int, size: int = 1) -> Ring:
    west, south, east, north = column, row, column + size, row + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: Ring) -> str:
    return json.dumps({"type": "Polygon", "coordinates": list(rings)})


def multi(*polygons: list[Ring]) -> str:
    return json.dumps({"type": "MultiPolygon", "coordinates": list(polygons)})


def both_ways(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return sorted([*pairs, *((b, a) for a, b in pairs)])


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ({"A": polygon(square(0, 0)), "B": polygon(square(0, 0))}, [("A", "B")]),
        # An enclave borders on what is around it.
        ({"A": polygon(square(0, 0, 3), square(1, 1)), "B": polygon(square(1, 1)), "C": polygon(square(0, 0, 3))},
         [("A", "B"), ("A", "C")]),
        # A part of an area counts, and so does a point that rounding made of two.
        ({"A": multi([square(9, 9)], [square(0, 0)]), "B": polygon([[0, 0], [0, 0], *square(0, 0)[1:]]),
          "C": polygon(square(9, 9))}, [("A", "B"), ("A", "C")]),
        ({}, []),
    ],
)  # fmt: skip
def test_a_line_in_common_makes_neighbours(areas: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert find_neighbours(areas) == both_ways(*expected)


def test_who_touch_in_a_point_are_no_neighbours() -> None:
    board = {f"{column}{row}": polygon(square(column, row)) for column in range(9) for row in range(9)}
    found = set(find_neighbours(board))
    assert found == {
        (a, b) for a in board for b in board if abs(int(a[0]) - int(b[0])) + abs(int(a[1]) - int(b[1])) == 1
    }


def test_of_a_map_that_does_not_fit_together_nothing_is_said() -> None:
    """Two of nine squares have a side in common; the others lie apart."""
    apart = {f"{column}": polygon(square(2 * column, 0)) for column in range(8)}
    assert find_neighbours({**apart, "8": polygon(square(1, 0))}) == []


@given(st.permutations(range(6)), st.booleans())
def test_neither_the_order_nor_the_way_round_matters(order: list[int], turned: bool) -> None:
    rings = {f"{n}": square(n % 3, n // 3) for n in range(6)}
    mixed = {f"{n}": polygon(rings[f"{n}"][::-1] if turned and n % 2 else rings[f"{n}"]) for n in order}
    # Every square is there twice: a board of six alone has fewer sides in common than on its edge.
    found = find_neighbours({**mixed, **{f"again {n}": polygon(ring) for n, ring in rings.items()}})
    assert {pair for pair in found if not any(code.startswith("again") for code in pair)} == set(
        both_ways(("0", "1"), ("1", "2"), ("3", "4"), ("4", "5"), ("0", "3"), ("1", "4"), ("2", "5"))
    )


def test_only_the_boundaries_of_the_year_are_read(tmp_path: Path) -> None:
    year = boundaries().newest_year
    cards = [card for card in load_cards(CARDS).values() if card.shape is Shape.BOUNDARIES]
    for card in cards:
        codes = ("GM0001", "GM0002") if card.boundary_year == year else ("GM0003", "GM0004")
        row: dict[str, Any] = {"dataset_id": card.dataset_id, "boundary_year": card.boundary_year, "landed_sha256": ""}
        areas = [{**row, "region_code": code, "name": code, "geometry": polygon(square(0, 0))} for code in codes]
        (tmp_path / card.slug).mkdir()
        pl.DataFrame(areas, schema=BOUNDARIES).write_parquet(tmp_path / card.slug / "boundaries.parquet")
    found = neighbours_of(cards, tmp_path, year)
    assert [(row["region_code"], row["neighbour_code"]) for row in found] == both_ways(("GM0001", "GM0002"))
    assert {row["dataset_id"] for row in found} == {c.dataset_id for c in cards if c.boundary_year == year}
    assert neighbours_of([card for card in cards if card.boundary_year != year], tmp_path, year) == []


@pytest.mark.skipif(not PUBLISHED.exists(), reason="../shared/standin is absent: it holds the published boundaries")
def test_the_neighbours_of_published_boundaries() -> None:
    """Only the Wadden islands have none; Rhenen and Zwolle have those that anyone can look up."""
    features = json.loads(PUBLISHED.read_text(encoding="utf-8"))["features"]
    names = {f["properties"]["gemeentecode"]: f["properties"]["gemeentenaam"] for f in features}
    found = find_neighbours({f["properties"]["gemeentecode"]: json.dumps(f["geometry"]) for f in features})
    beside: dict[str, set[str]] = {name: set() for name in names.values()}
    for code, neighbour in found:
        beside[names[code]].add(names[neighbour])
    assert {name for name, others in beside.items() if not others} == {
        "Ameland", "Schiermonnikoog", "Terschelling", "Vlieland", "Texel",
    }  # fmt: skip
    assert beside["Rhenen"] == {
        "Buren", "Ede", "Neder-Betuwe", "Utrechtse Heuvelrug", "Veenendaal", "Wageningen",
    }  # fmt: skip
    assert beside["Zwolle"] == {
        "Dalfsen", "Hattem", "Heerde", "Kampen", "Olst-Wijhe", "Raalte", "Staphorst", "Zwartewaterland",
    }  # fmt: skip
    # From any municipality all others can be reached, except across the Wadden Sea and the Western Scheldt.
    reached: set[str] = set()
    border = {"Utrecht"}
    while border:
        reached |= border
        border = set().union(*(beside[name] for name in border)) - reached
    assert {name for name, others in beside.items() if others} - reached == {"Hulst", "Sluis", "Terneuzen"}
    assert all(a < b for a, b in pairwise(found))
