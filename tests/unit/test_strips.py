"""The strip of all regions: its ends, what lies beyond them, and every text within it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_charts import SVG, outside, parsed

from portal.strips import FEWEST_REGIONS, NARROW_STRIP, WIDE_STRIP, Strip, draw_strip, spread_of

figures = st.dictionaries(
    st.integers(1, 400).map(lambda number: f"GM{number:04}"), st.floats(-1e7, 1e7), min_size=FEWEST_REGIONS
)


def strip_of(values: dict[str, float], own: str, name: str = "Zwolle", group: tuple[str, ...] = ()) -> Strip:
    spread = spread_of(values)
    assert spread is not None
    return Strip(spread, own, name, frozenset(group), "midden", "De cijfers")


def test_the_axis_ends_three_usual_distances_from_the_middle_and_counts_what_is_beyond() -> None:
    values = {f"GM{number:04}": float(number) for number in range(1, 10)} | {"GM0100": 1000.0, "GM0101": -1000.0}
    spread = spread_of(values)
    assert spread is not None and spread.middle == 5
    assert spread.usual_distance == pytest.approx(1.4826 * 3)
    assert (spread.low, spread.high) == (pytest.approx(5 - 3 * 1.4826 * 3), pytest.approx(5 + 3 * 1.4826 * 3))
    assert spread.beyond == 2


def test_the_axis_ends_at_the_last_region_if_none_is_far() -> None:
    spread = spread_of({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})
    assert spread is not None and (spread.low, spread.high, spread.beyond) == (1, 4, 0)


def test_figures_that_are_mostly_equal_have_the_whole_range() -> None:
    spread = spread_of({"a": 1.0, "b": 1.0, "c": 1.0, "d": 9.0})
    assert spread is not None and (spread.usual_distance, spread.low, spread.high) == (0, 1, 9)


def test_a_few_regions_are_no_spread() -> None:
    assert spread_of({"a": 1.0, "b": 2.0, "c": 3.0}) is None and spread_of({}) is None


@given(figures, st.sampled_from([WIDE_STRIP, NARROW_STRIP]), st.text("abc 'W", max_size=60))
def test_nothing_leaves_the_strip_whatever_the_figures(values: dict[str, float], size: object, name: str) -> None:
    own = next(iter(values))
    strip = strip_of(values, own, name, tuple(values)[1:3])
    drawn = WIDE_STRIP if size == WIDE_STRIP else NARROW_STRIP
    svg = draw_strip(strip, 1, "nl", drawn)
    assert outside(svg) == []
    places = [float(x) for path in re.findall(r'd="(M[^"]*)"', svg) for x in re.findall(r"M(-?[\d.]+) ", path)]
    assert all(0 <= x <= drawn.width for x in places)


def test_a_tick_is_higher_where_more_regions_are_and_the_group_is_apart() -> None:
    values = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 2.0, "e": 3.0, "own": 2.5}
    root = parsed(draw_strip(strip_of(values, "own", group=("e",)), 1, "nl", WIDE_STRIP))
    ticks = {path.get("class"): path.get("d", "") for path in root.iter(f"{SVG}path")}
    heights = [int(height) for height in re.findall(r"v-(\d+)", ticks["tick"])]
    assert len(heights) == 2 and heights[0] > heights[1]
    assert ticks["tick peer"].count("M") == 1
    assert root.get("aria-label") == "De cijfers"
