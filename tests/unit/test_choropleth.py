"""Every figure is in exactly one class of a map, however they are divided, and a view shows what it is around."""

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from statistics import fmean

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.choropleth import METHODS, MOST_CLASSES, MOST_ON_A_SIDE, classify, classify_around, middle_of, ranks
from portal.map_shapes import MapShapes, shapes_of_tiles
from portal.natural_classes import natural_lows
from portal.rounding import round_half_away

FIGURES = st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False), st.integers(-5, 5).map(float))


@given(st.lists(FIGURES, max_size=80), st.sampled_from(METHODS), st.integers(0, 3))
@example([0.1, 0.1, 0.1], "equal", 0)
@example([0.0] * 90 + [1.0], "quantiles", 0)
@example([-0.04, 0.04], "equal", 1)
def test_every_figure_is_in_exactly_one_class(values: list[float | None], method: str, decimals: int) -> None:
    found = classify(values, method, decimals)
    present = [round_half_away(value, decimals) for value in values if value is not None]
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
@example([0.0, 0.5], "quantiles")
def test_figures_that_read_the_same_have_the_same_colour(values: list[float | None], method: str) -> None:
    found = classify(values, method, 0)
    colours: dict[str, set[int]] = {}
    for value in values:
        if value is not None:
            holder = found.class_of(value)
            assert holder is not None
            colours.setdefault(f"{round_half_away(value, 0):.0f}", set()).add(holder.shade)
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
    present = {code: round_half_away(value, 1) for code, value in values.items() if value is not None}
    others = list(present.values())
    assert ranks(values, 1) == {
        code: (1 + sum(other > value for other in others), 1 + sum(other < value for other in others))
        for code, value in present.items()
    }


def indicator(kind: str, formula: str = "published") -> dict[str, str]:
    return {"kind": kind, "formula": formula}


def test_only_figures_on_both_sides_of_something_have_a_middle() -> None:
    assert middle_of(indicator("change"), [-0.1, None, 3.0]) == 0
    assert middle_of(indicator("count"), [-4.0, 12.0]) == 0
    assert middle_of(indicator("ratio", "location_quotient"), [0.9, 1.2]) == 1
    assert middle_of(indicator("change"), [0.0, 3.0, None]) is None
    assert middle_of(indicator("ratio", "location_quotient"), [1.0, 1.2]) is None
    assert middle_of(indicator("ratio"), [0.5, 2.0]) is None
    assert middle_of(indicator("rate"), [None]) is None


@given(st.lists(FIGURES, max_size=80), st.sampled_from(METHODS), st.integers(0, 3), st.sampled_from([0.0, 1.0]))
@example([-1.0], "natural", 0, 0.0)
@example([1.0, 2.0], "quantiles", 0, 1.0)
def test_around_a_middle_no_class_has_figures_of_both_sides(
    values: list[float | None], method: str, decimals: int, middle: float
) -> None:
    found = classify_around(values, method, decimals, middle)
    present = [round_half_away(value, decimals) for value in values if value is not None]
    assert sum(each.count for each in found.classes) == len(present)
    assert all(one.high == following.low for one, following in pairwise(found.classes))
    for value in present:
        holder = found.class_of(value)
        assert holder is not None and holder.low <= value <= holder.high
        assert (holder.shade > MOST_ON_A_SIDE) == (value >= middle) == (holder.style in ("d4", "d5", "d6"))
    shades = [each.shade for each in found.classes]
    assert shades == sorted(set(shades)) and set(shades) <= set(range(1, 2 * MOST_ON_A_SIDE + 1))
    below, above = ([s for s in shades if (s > MOST_ON_A_SIDE) == side] for side in (False, True))
    assert below == list(range(MOST_ON_A_SIDE - len(below) + 1, MOST_ON_A_SIDE + 1)), "the lightest are at the middle"
    assert above == list(range(MOST_ON_A_SIDE + 1, MOST_ON_A_SIDE + 1 + len(above)))
    if below and above:
        assert middle in [each.low for each in found.classes]


def squares(values: list[float], lows: Sequence[float]) -> float:
    """The sum of squared distances to the means of the classes that begin at these figures."""
    members = [[v for v in values if low <= v < high] for low, high in pairwise([*lows, math.inf])]
    return sum(sum((v - fmean(group)) ** 2 for v in group) for group in members if group)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60).map(lambda n: n / 4), min_size=1, max_size=12), st.integers(1, 5))
def test_natural_classes_differ_least_of_all_ways_to_divide(values: list[float], most: int) -> None:
    distinct = sorted(set(values))
    lows = natural_lows(values, most)
    assert lows[0] == distinct[0] and lows == sorted(set(lows)) and len(lows) == min(most, len(distinct))
    every = (squares(values, [distinct[0], *others]) for others in combinations(distinct[1:], len(lows) - 1))
    assert squares(values, lows) == pytest.approx(min(every))


def test_natural_classes_part_what_lies_apart() -> None:
    assert natural_lows([1.0, 1.1, 1.2, 50.0, 51.0, 900.0], 3) == [1.0, 50.0, 900.0]
    assert [each.count for each in classify([1.0, 1.1, 1.2, 50.0, 51.0, 900.0], "natural", 1, 3).classes] == [3, 2, 1]


def test_tiles_are_squares_side_by_side() -> None:
    shapes = shapes_of_tiles({"A": (3, 7), "B": (4, 7), "C": (4, 9)})
    assert (shapes.width, shapes.height) == (20, 30)
    assert shapes.paths == {"A": "M0 0h10v10h-10z", "B": "M10 0h10v10h-10z", "C": "M10 20h10v10h-10z"}
    assert shapes.boxes["C"] == (10, 20, 20, 30)


def test_a_view_has_the_proportions_of_the_map_and_all_of_what_it_is_around() -> None:
    shapes = MapShapes(
        1000, 2000, {}, {"A": (100, 100, 500, 200), "B": (900, 1900, 1000, 2000), "C": (0, 400, 90, 480)}
    )
    x, y, width, height = shapes.view()
    assert x < 0 and y < 0 and x + width > 1000 and y + height > 2000
    x, y, width, height = near = shapes.view(shapes.boxes["A"])
    assert height == pytest.approx(2 * width, abs=2)
    assert x < 100 and x + width > 500 and y < 100 and y + height > 200
    assert width < 1000
    assert [code for code in shapes.boxes if shapes.is_seen(code, near)] == ["A", "C"]
    assert not shapes.is_seen("nowhere", near)
