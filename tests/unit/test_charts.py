"""Charts are drawn from any series without saying more than the figures do."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.axes import ends
from portal.charts import LARGE, SMALL, Point, Size, describe, line_chart, lines_chart, runs

SVG = "{http://www.w3.org/2000/svg}"
STATUSES = ["final", "unstated", "provisional", "revised_provisional", "estimated"]
SENTENCES = {
    "summary": "{title}: {first} {first_year} {last} {last_year} {lowest} {highest}.",
    "one": "{title}: {last} {last_year}.",
    "none": "{title}: nothing.",
    "missing": " No figure for {years}.",
    "uncertain": " Not final: {years}.",
}
values = st.floats(-1e9, 1e9, allow_nan=False) | st.integers(-1_000_000, 10_000_000).map(float)
points = st.lists(
    st.builds(Point, st.integers(1995, 2035), st.none() | values, st.sampled_from(STATUSES)),
    max_size=25,
    unique_by=lambda point: point.year,
)


def draw(series: list[Point], title: str = "Jobs", decimals: int = 1, size: Size = SMALL) -> ElementTree.Element:
    svg = line_chart(series, title=title, decimals=decimals, lang="en", words=SENTENCES.__getitem__, size=size)
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def of_class(svg: ElementTree.Element, tag: str, name: str) -> list[ElementTree.Element]:
    return [each for each in svg.iter(SVG + tag) if name in each.get("class", "").split()]


@given(points, st.integers(0, 3), st.sampled_from([SMALL, LARGE]))
def test_every_figure_is_a_dot_within_the_drawing_and_open_when_not_final(
    series: list[Point], decimals: int, size: Size
) -> None:
    known = [point for point in series if point.value is not None]
    if not known:
        assert line_chart(series, title="", decimals=1, lang="nl", words=SENTENCES.__getitem__) == ""
        return
    svg = draw(series, decimals=decimals, size=size)
    dots = of_class(svg, "circle", "dot")
    assert len(dots) == len(known)
    assert len(of_class(svg, "circle", "open")) == sum(point.status not in ("final", "unstated") for point in known)
    for dot in dots:
        assert 0 <= float(dot.get("cx", "nan")) <= size.width - size.right
        assert size.top <= float(dot.get("cy", "nan")) <= size.height - size.bottom


@given(points)
def test_the_line_breaks_where_a_year_has_no_figure(series: list[Point]) -> None:
    known = {point.year for point in series if point.value is not None}
    starts = [year for year in known if year - 1 not in known]
    stretches = runs(series)
    assert sorted(run[0].year for run in stretches) == sorted(starts)
    assert sum(len(run) for run in stretches) == len(known)
    if known:
        lines = of_class(draw(series), "path", "line")
        assert len(lines) == sum(year + 1 in known for year in starts)
        # The number of corners of all lines: a single year has no line.
        corners = sum(len(re.findall("[ML]", line.get("d", ""))) for line in lines)
        assert corners == sum(len(run) for run in stretches if len(run) > 1)


@given(st.lists(values, min_size=1), st.integers(0, 3))
def test_the_ends_of_the_axis_are_around_all_figures_and_no_ripple_is_a_cliff(
    found: list[float], decimals: int
) -> None:
    low, high = ends(found, decimals)
    assert low <= min(found) + 1e-5 and high >= max(found) - 1e-5
    assert high - low >= 0.0499 * max(map(abs, found)) - 1e-5
    assert low >= 0 or min(found) < 0


@given(points.filter(lambda series: any(p.value is not None for p in series)))
def test_the_ends_of_both_axes_carry_their_number(series: list[Point]) -> None:
    svg = draw(series, decimals=0)
    years = [text.text for text in of_class(svg, "text", "year")]
    assert years == [str(year) for year in dict.fromkeys([min(p.year for p in series), max(p.year for p in series)])]
    numbers = [
        float((text.text or "").replace(",", "")) for text in of_class(svg, "text", "end") if text.text not in years
    ]
    known = [point.value for point in series if point.value is not None]
    assert all(number <= min(known) + 1e-5 or number >= max(known) - 1e-5 for number in numbers)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_a_title_cannot_break_out_of_the_drawing(title: str) -> None:
    svg = draw([Point(2020, 1.0), Point(2021, 2.0)], title=title)
    assert svg.get("aria-label") == f"{title}: 1.0 2020 2.0 2021 1.0 2.0."
    assert svg.get("role") == "img" and "style" not in ElementTree.tostring(svg, encoding="unicode")


def test_the_words_name_what_is_missing_and_what_is_not_final() -> None:
    series = [Point(2019, 3.0), Point(2021, None), Point(2022, 1.5, "estimated"), Point(2018, 2.0)]
    said = describe(series, "Jobs", 1, "nl", SENTENCES.__getitem__)
    assert said == "Jobs: 2,0 2018 1,5 2022 1,5 3,0. No figure for 2020, 2021. Not final: 2022."


def test_a_last_year_without_a_figure_is_named_too() -> None:
    said = describe([Point(2020, 3.0), Point(2021, None)], "Jobs", 0, "nl", SENTENCES.__getitem__)
    assert said == "Jobs: 3 2020. No figure for 2021."


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
def test_a_flat_line_is_drawn_in_the_middle_of_its_axis(value: float) -> None:
    svg = draw([Point(2020, value), Point(2021, value)], decimals=1)
    heights = {dot.get("cy") for dot in of_class(svg, "circle", "dot")}
    assert len(heights) == 1 and abs(float(heights.pop() or 0) - 37) < 10


def test_several_series_share_their_axes() -> None:
    svg = lines_chart(
        {"A": [Point(2020, 1.0), Point(2021, 2.0)], "B": [Point(2020, 2.0)]},
        title="Jobs",
        decimals=0,
        lang="en",
        words=SENTENCES.__getitem__,
    )
    assert 'class="series-1"' in svg and 'class="series-2"' in svg
    assert 'aria-label="A: 1 2020 2 2021 1 2. B: 2 2020."' in svg
