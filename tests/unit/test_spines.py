"""The spine of all regions: its box and marks are where the figures are, and every text is within it."""

import re
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_charts import SVG, outside, parsed

from portal.spines import SPINE, Spine, draw_key, draw_spine
from portal.strips import FEWEST_REGIONS, spread_of

figures = st.dictionaries(
    st.integers(1, 400).map(lambda number: f"GM{number:04}"), st.floats(-1e7, 1e7), min_size=FEWEST_REGIONS
)
EVEN = {f"GM{number:04}": float(number) for number in range(1, 102)}


def drawn(values: dict[str, float], own: float, country: float | None = None, decimals: int = 1) -> str:
    spread = spread_of(values)
    assert spread is not None
    return str(draw_spine(Spine(spread, own, country, "De <cijfers>"), decimals, "nl"))


def place(svg: str, kind: str) -> float:
    found = re.search(rf'class="mark {kind}" transform="translate\(([\d.]+) ', svg)
    assert found
    return float(found[1])


def test_the_box_is_the_middle_half_and_the_marks_are_at_their_figures() -> None:
    svg = drawn(EVEN, 11.0, 91.0)
    box = re.search(r'<rect class="box" x="([\d.]+)" y="4" width="([\d.]+)"', svg)
    middle = re.search(r'middle-tick" d="M([\d.]+) ', svg)
    assert box and middle
    low, high = float(box[1]), float(box[1]) + float(box[2])
    assert quantiles(list(EVEN.values()), n=4, method="inclusive") == [26, 51, 76]
    assert float(middle[1]) == pytest.approx((low + high) / 2, abs=0.2) == pytest.approx(SPINE.width / 2, abs=0.2)
    assert place(svg, "own-figure") < low < high < place(svg, "country-figure")
    assert ">1,0<" in svg and ">101,0<" in svg


def test_without_a_figure_of_the_country_there_is_no_mark_of_it() -> None:
    assert "country-figure" not in drawn(EVEN, 11.0)


def test_what_lies_beyond_the_axis_is_at_its_end() -> None:
    far = EVEN | {"GM0900": 100_000.0}
    assert place(drawn(far, 100_000.0), "own-figure") <= SPINE.width
    assert place(drawn(far, 100_000.0), "own-figure") > place(drawn(far, 101.0), "own-figure")


@given(figures, st.booleans(), st.integers(0, 2))
def test_every_text_and_mark_is_within_the_drawing(values: dict[str, float], has_country: bool, decimals: int) -> None:
    own = next(iter(values.values()))
    svg = drawn(values, own, -1e9 if has_country else None, decimals)
    root = parsed(svg)
    assert outside(svg) == []
    marks = [float(x) for x in re.findall(r"translate\(([\d.-]+) ", svg)]
    assert all(0 <= x <= SPINE.width for x in marks) and len(marks) == 1 + has_country
    assert root.tag == f"{SVG}svg" and root.get("aria-label") == "De <cijfers>"


@pytest.mark.parametrize("kind", ["own", "country", "box", "middle", "tick"])
def test_the_legend_has_every_mark(kind: str) -> None:
    assert parsed(str(draw_key(kind))).get("aria-hidden") == "true"
