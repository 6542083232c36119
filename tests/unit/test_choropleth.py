"""Every figure is in exactly one class of a map, and areas become shapes that still fit together."""

import json
import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.choropleth import METHODS, MOST_CLASSES, classify, ranks
from portal.map_shapes import COARSEST_HEIGHT, shapes_of_boundaries, shapes_of_tiles

FIGURES = st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False), st.integers(-5, 5).map(float))


@given(st.lists(FIGURES, max_size=80), st.sampled_from(METHODS), st.integers(0, 3))
@example([0.1, 0.1, 0.1], "equal", 0)
@example([0.0] * 90 + [1.0], "quantiles", 0)
@example([-0.04, 0.04], "equal", 1)
def test_every_figure_is_in_exactly_one_class(values: list[float | None], method: str, decimals: int) -> None:
    found = classify(values, method, decimals)
    present = [round(value, decimals) for value in values if value is not None]
    assert len(found.classes) <= MOST_CLASSES
    assert sum(c.count for c in found.classes) == len(present)
    for value in present:
        holding = [c for c in found.classes if c.low <= value < c.high or (c.is_last and value == c.high)]
        assert len(holding) == 1
        assert found.class_of(value) == holding[0]
    assert [c for c in found.classes if c.is_last] == list(found.classes[-1:])
    assert all(one.high == following.low for one, following in zip(found.classes, found.classes[1:], strict=False))
    assert [c.shade for c in found.classes] == sorted({c.shade for c in found.classes})


@given(st.lists(FIGURES, max_size=80), st.sampled_from(METHODS))
def test_figures_that_read_the_same_have_the_same_colour(values: list[float | None], method: str) -> None:
    found = classify(values, method, 0)
    colours: dict[str, set[int]] = {}
    for value in values:
        if value is not None:
            holder = found.class_of(value)
            assert holder is not None
            colours.setdefault(f"{round(value, 0):.0f}", set()).add(holder.shade)
    assert all(len(shades) == 1 for shades in colours.values())


def test_quantiles_have_as_many_regions_each_and_equal_classes_are_as_wide() -> None:
    skewed = [float(i**3) for i in range(100)]
    assert [c.count for c in classify(skewed, "quantiles", 0).classes] == [20] * 5
    widths = [c.high - c.low for c in classify(skewed, "equal", 0).classes]
    assert max(widths) - min(widths) <= 1
    assert [c.shade for c in classify([1.0, 2.0], "quantiles", 0).classes] == [1, 5]


def test_no_figure_is_in_no_class_and_a_stranger_is_refused() -> None:
    assert classify([None, None], "quantiles", 1).classes == ()
    found = classify([1.0, None, 3.0], "equal", 1)
    assert found.class_of(None) is None
    with pytest.raises(ValueError, match="is in no class"):
        found.class_of(9.0)


@given(st.dictionaries(st.text("ab", min_size=1, max_size=5), FIGURES, max_size=20))
def test_places_count_the_regions_above_and_below(values: dict[str, float | None]) -> None:
    present = {code: round(value, 1) for code, value in values.items() if value is not None}
    others = list(present.values())
    assert ranks(values, 1) == {
        code: (1 + sum(other > value for other in others), 1 + sum(other < value for other in others))
        for code, value in present.items()
    }


SQUARE = [[4.0, 52.0], [4.1, 52.0], [4.1, 52.1], [4.0, 52.1], [4.0, 52.0]]
BESIDE = [[4.1, 52.0], [4.2, 52.0], [4.2, 52.1], [4.1, 52.1], [4.1, 52.0]]
HOLE = [[4.02, 52.02], [4.08, 52.02], [4.08, 52.08], [4.02, 52.08], [4.02, 52.02]]


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


def test_neighbours_still_share_their_border_and_north_is_up() -> None:
    shapes = shapes_of_boundaries({"A": geojson("Polygon", [SQUARE, HOLE]), "B": geojson("MultiPolygon", [[BESIDE]])})
    outer, hole = corners(shapes.paths["A"])
    beside = corners(shapes.paths["B"])[0]
    assert len(set(outer) & set(beside)) == 2
    assert all(0 < x < shapes.width / 2 and 0 < y < shapes.height for x, y in hole)
    assert outer[0][1] == shapes.height, "the south is at the bottom"
    assert shapes.width == pytest.approx(2 * math.cos(math.radians(52.05)) * shapes.height, abs=2)


def wiggling(west: float, points: int) -> str:
    around = [2 * math.pi * i / points for i in range(points)]
    ring = [[west + math.cos(a) * (1 + math.sin(40 * a) / 9), 52 + math.sin(a)] for a in around]
    return geojson("Polygon", [[*ring, ring[0]]])


# Two thousand points are drawn on twenty grids: a machine that does other work too takes its time.
@settings(deadline=None)
@given(st.integers(1_000, 20_000))
def test_the_paths_fit_in_their_budget_unless_the_grid_is_the_coarsest(budget: int) -> None:
    shapes = shapes_of_boundaries({"A": wiggling(4, 1000), "B": wiggling(7, 1000)}, budget)
    assert sum(map(len, shapes.paths.values())) <= budget or shapes.height == COARSEST_HEIGHT
    assert all(len(ring) > 2 for path in shapes.paths.values() for ring in corners(path))


def test_the_smallest_area_is_still_drawn() -> None:
    speck = [[5.0, 52.5], [5.00001, 52.5], [5.00001, 52.50001], [5.0, 52.5]]
    assert shapes_of_boundaries({"A": geojson("Polygon", [SQUARE]), "B": geojson("Polygon", [speck])}).paths["B"]


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (geojson("Point", [4, 52]), "Polygon or MultiPolygon"),
        (geojson("Polygon", [[[155000, 463000], [155001, 463000], [155000, 463001]]]), "in degrees"),
        (geojson("MultiPolygon", []), "in degrees"),
    ],
)
def test_what_is_no_area_in_degrees_is_refused(geometry: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"A: .*{said}"):
        shapes_of_boundaries({"A": geometry})


def test_tiles_are_squares_side_by_side() -> None:
    shapes = shapes_of_tiles({"A": (3, 7), "B": (4, 7), "C": (4, 9)})
    assert (shapes.width, shapes.height) == (20, 30)
    assert shapes.paths == {"A": "M0 0h10v10h-10z", "B": "M10 0h10v10h-10z", "C": "M10 20h10v10h-10z"}
