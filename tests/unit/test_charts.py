"""Charts are drawn from any series without saying more than the figures do."""

import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_charts import outside, parsed

from portal.axes import ends
from portal.charts import MOST_LINES, NARROW, SMALL, WIDE, Size, large_chart, line_chart, marked_lines
from portal.end_labels import spread
from portal.series import ChartTarget, Drawn, MiddleHalf, Moment, Point, describe, of_year, runs
from portal.text_width import shorten, text_width, wrapped

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
    st.builds(of_year, st.integers(1995, 2035), st.none() | values, st.sampled_from(STATUSES)),
    max_size=25,
    unique_by=lambda point: point.day,
)


def draw(series: list[Point], title: str = "Jobs", decimals: int = 1, size: Size = SMALL) -> ElementTree.Element:
    svg = line_chart(series, title=title, decimals=decimals, lang="en", words=SENTENCES.__getitem__, size=size)
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def of_class(svg: ElementTree.Element, tag: str, name: str) -> list[ElementTree.Element]:
    return [each for each in svg.iter(SVG + tag) if name in each.get("class", "").split()]


@given(points, st.integers(0, 3), st.sampled_from([SMALL, Size(720, 300)]))
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
    ends_of_axis = [text for text in of_class(svg, "text", "end") if "year" not in text.get("class", "")]
    numbers = [float(text.get("x", "nan")) for text in ends_of_axis]
    for dot in dots:
        assert 0 <= float(dot.get("cx", "nan")) < min(numbers)
        assert 8 <= float(dot.get("cy", "nan")) <= size.height - 18


@given(points)
def test_the_line_breaks_where_a_year_has_no_figure(series: list[Point]) -> None:
    known = {point.day.year for point in series if point.value is not None}
    starts = [year for year in known if year - 1 not in known]
    stretches = runs(series)
    assert sorted(run[0].day.year for run in stretches) == sorted(starts)
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
    assert years == [
        str(year) for year in dict.fromkeys([min(p.day.year for p in series), max(p.day.year for p in series)])
    ]
    numbers = [
        float((text.text or "").replace(",", "")) for text in of_class(svg, "text", "end") if text.text not in years
    ]
    known = [point.value for point in series if point.value is not None]
    assert all(number <= min(known) + 1e-5 or number >= max(known) - 1e-5 for number in numbers)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_a_title_cannot_break_out_of_the_drawing(title: str) -> None:
    svg = draw([of_year(2020, 1.0), of_year(2021, 2.0)], title=title)
    assert svg.get("aria-label") == f"{title}: 1.0 2020 2.0 2021 1.0 2.0."
    assert svg.get("role") == "img" and "style" not in ElementTree.tostring(svg, encoding="unicode")


def test_the_words_name_what_is_missing_and_what_is_not_final() -> None:
    series = [of_year(2019, 3.0), of_year(2021, None), of_year(2022, 1.5, "estimated"), of_year(2018, 2.0)]
    said = describe(series, "Jobs", 1, "nl", SENTENCES.__getitem__)
    assert said == "Jobs: 2,0 2018 1,5 2022 1,5 3,0. No figure for 2020, 2021. Not final: 2022."


def test_a_last_year_without_a_figure_is_named_too() -> None:
    said = describe([of_year(2020, 3.0), of_year(2021, None)], "Jobs", 0, "nl", SENTENCES.__getitem__)
    assert said == "Jobs: 3 2020. No figure for 2021."


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
def test_a_flat_line_is_drawn_in_the_middle_of_its_axis(value: float) -> None:
    svg = draw([of_year(2020, value), of_year(2021, value)], decimals=1)
    heights = {dot.get("cy") for dot in of_class(svg, "circle", "dot")}
    assert len(heights) == 1 and abs(float(heights.pop() or 0) - 37) < 10


names = st.text(st.characters(categories=("Lu", "Ll", "Zs", "Pd")), min_size=1, max_size=60)
large_lines = st.lists(st.tuples(names, points), min_size=1, max_size=MOST_LINES)


@given(large_lines, st.none() | values, st.booleans(), st.integers(0, 3), st.sampled_from([WIDE, NARROW]))
def test_no_text_of_a_chart_leaves_it(
    series: list[tuple[str, list[Point]]], target: float | None, has_names: bool, decimals: int, size: Size
) -> None:
    targets = [ChartTarget("Goal", target)] if target is not None else []
    drawn = Drawn(marked_lines(series), targets=targets, has_names=has_names)
    svg = large_chart(drawn, heading="Jobs", description="About", decimals=decimals, lang="nl", size=size)
    if any(point.value is not None for _, found in series for point in found):
        assert outside(svg) == []
        assert parsed(svg).findtext(f"{SVG}title") == "Jobs" and parsed(svg).findtext(f"{SVG}desc") == "About"
    else:
        assert svg == ""


@given(points)
def test_no_text_of_a_small_chart_leaves_it(series: list[Point]) -> None:
    for decimals in (0, 3):
        svg = line_chart(series, title="Jobs", decimals=decimals, lang="nl", words=SENTENCES.__getitem__)
        assert not svg or outside(svg) == []


@given(points, points)
def test_charts_beside_each_other_share_their_axes(one: list[Point], other: list[Point]) -> None:
    known = [point for point in (*one, *other) if point.value is not None]
    svgs = [
        parsed(svg)
        for points, beside in ((one, other), (other, one))
        if (
            svg := line_chart(
                points, title="", decimals=1, lang="nl", words=SENTENCES.__getitem__, size=SMALL, beside=beside
            )
        )
    ]
    labels = [[text.text for text in svg.iter(f"{SVG}text")] for svg in svgs]
    assert len(svgs) == sum(any(point.value is not None for point in each) for each in (one, other))
    assert all(each == labels[0] for each in labels)
    dots = [dot for svg in svgs for dot in of_class(svg, "circle", "dot")]
    assert len(dots) == len(known)
    for dot in dots:
        assert 0 <= float(dot.get("cy", "nan")) <= SMALL.height and 0 <= float(dot.get("cx", "nan")) <= SMALL.width


@given(points, st.integers(1994, 2036), st.sampled_from([WIDE, NARROW, Size(400, 260)]))
def test_a_moment_is_drawn_between_the_figures_before_and_since(series: list[Point], year: int, size: Size) -> None:
    known = sorted(point.day.year for point in series if point.value is not None)
    drawn = Drawn(marked_lines([("Jobs", series)]), moment=Moment(f"since {year}", date(year, 1, 1)))
    svg = large_chart(drawn, heading="", description="", decimals=1, lang="en", size=size)
    is_between = bool(known) and known[0] < year <= known[-1]
    assert (f">since {year}</text>" in svg) == is_between
    if not is_between:
        return
    assert outside(svg) == []
    [line] = of_class(parsed(svg), "path", "moment")
    moved = [
        re.findall(r"translate\(([\d.]+)", mark.get("transform", "")) for mark in of_class(parsed(svg), "path", "mark")
    ]
    x = float(re.findall(r"M([\d.]+)", line.get("d", ""))[0])
    assert sum(float(each[0]) < x for each in moved) == sum(each < year for each in known)


def test_the_labels_of_an_axis_of_millions_are_whole() -> None:
    series = [of_year(year, 17_000_000.0 + year) for year in (2020, 2021)]
    drawn = Drawn(marked_lines([("Nederland", series)]))
    for size in (WIDE, NARROW):
        svg = large_chart(drawn, heading="", description="", decimals=0, lang="nl", size=size)
        assert outside(svg) == [] and ">18.000.000</text>" in svg


def test_a_text_that_leaves_its_chart_is_found_out() -> None:
    svg = '<svg viewBox="0 0 100 50"><text class="y" x="20" y="30">18.000.000</text></svg>'
    assert len(outside(svg)) == 1


@given(st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_labels_keep_their_order_do_not_overlap_and_stay_within(wanted: list[float]) -> None:
    found = spread(wanted, 16, 10, 290)
    ordered = [place for _, place in sorted(zip(wanted, found, strict=True))]
    assert all(b - a >= 16 - 1e-6 for a, b in pairwise(ordered))
    assert all(10 - 1e-6 <= place <= 290 + 1e-6 for place in found)


def test_labels_that_are_far_apart_stay_where_they_are_and_too_many_stand_closer() -> None:
    assert spread([50, 10, 200], 16, 0, 300) == [50, 10, 200]
    assert spread([5, 5, 5], 16, 0, 20) == [0, 10, 20]
    assert spread([100, 100], 16, 0, 300) == [92, 108]


def test_a_line_that_ends_before_another_says_when() -> None:
    series = [("Zwolle", [of_year(2024, 1.0), of_year(2025, 2.0)]), ("Nederland", [of_year(2024, 5.0)])]
    svg = parsed(large_chart(Drawn(marked_lines(series)), heading="", description="", decimals=1, lang="nl"))
    assert [text.text for text in of_class(svg, "text", "end-label")] == ["Zwolle 2,0", "Nederland 5,0 (2024)"]


def test_a_band_is_drawn_in_pieces_and_a_break_as_a_line() -> None:
    series = [of_year(2019, 1.0), of_year(2020, 2.0, is_break=True), of_year(2021, 2.5, lower=2.0, upper=3.0)]
    band = MiddleHalf(
        "Peers", [(date(2018, 1, 1), 1.0, 2.0), (date(2020, 1, 1), 1.0, 2.0), (date(2021, 1, 1), 1.5, 2.0)]
    )
    plan = ChartTarget("Plan", 4.0, date(2030, 1, 1), (date(2020, 1, 1), 2.0))
    drawn = Drawn(marked_lines([("Zwolle", series)]), band, [plan])
    svg = parsed(large_chart(drawn, heading="", description="", decimals=1, lang="en"))
    assert len(of_class(svg, "path", "band")) == 2
    assert len(of_class(svg, "path", "break")) == 1 and len(of_class(svg, "path", "whisker")) == 1
    assert [text.text for text in of_class(svg, "text", "target-name")] == ["Plan 4.0"]
    assert "2030" in [text.text for text in of_class(svg, "text", "x")]


def test_widths_are_those_of_the_letters() -> None:
    assert text_width("1", 13) < text_width("12", 13) < text_width("W2", 13)
    assert text_width("Zwolle", 13, is_bold=True) > text_width("Zwolle", 13)
    assert shorten("Zwolle", 13, 100) == "Zwolle"
    assert shorten("Eurometropool Lille-Kortrijk-Tournai", 13, 100).endswith("…")
    assert wrapped("een twee drie", 13, 70) == ["een twee", "drie"] and wrapped("", 13, 60) == []
