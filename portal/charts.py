"""Line charts as SVG, made on the server: without scripts or styles of their own, and described in words too.

A line breaks where a year has no figure and where the series breaks. Both ends of each axis are labelled, because the
vertical axis seldom starts at zero. A provisional or estimated figure is an open dot.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.axes import Scale, ends
from portal.formats import format_number

# A revised provisional figure is not among them: it changed once and is not definitive yet, so it may change again.
SURE = frozenset({"final", "unstated"})

Words = Callable[[str], str]


@dataclass(frozen=True)
class Point:
    """The figure for a year; `value` is None if there is none. With `is_break`, a new series begins with it."""

    year: int
    value: float | None
    status: str = "final"
    is_break: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the figure is not expected to change, unlike one that is provisional or estimated."""
        return self.status in SURE


@dataclass(frozen=True)
class Size:
    """The size of a chart, and the margins for the numbers around it."""

    width: int
    height: int
    left: int = 4
    right: int = 64
    top: int = 8
    bottom: int = 18


SMALL = Size(260, 84)
LARGE = Size(720, 300)


@dataclass(frozen=True)
class Axes:
    """Maps years and values to positions in the drawing."""

    first: int
    last: int
    low: float
    high: float
    size: Size

    def x(self, year: int) -> float:
        """Returns the position of a year from the left; a single year is in the middle."""
        return Scale(self.first, self.last, self.size.left, self.size.width - self.size.right)(year)

    def y(self, value: float) -> float:
        """Returns the position of a value from the top."""
        return Scale(self.low, self.high, self.size.height - self.size.bottom, self.size.top)(value)


def runs(points: Sequence[Point]) -> list[list[Point]]:
    """Returns the runs of consecutive years of one series that all have a figure, in chronological order."""
    found: list[list[Point]] = []
    for point in sorted(points, key=lambda p: p.year):
        if point.value is None:
            continue
        if found and point.year - found[-1][-1].year == 1 and not point.is_break:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def line_chart(
    points: Sequence[Point], *, title: str, decimals: int, lang: str, words: Words, size: Size = SMALL
) -> Markup:
    """Returns the chart of one series; empty if it has no figure at all.

    `words` returns a sentence of the text group `charts` in the language: `portal.text("charts", key, lang)`.
    """
    return lines_chart({title: points}, title=title, decimals=decimals, lang=lang, words=words, size=size)


def lines_chart(
    series: dict[str, Sequence[Point]],
    *,
    title: str,
    decimals: int,
    lang: str,
    words: Words,
    size: Size = LARGE,
) -> Markup:
    """Returns a chart of several series on the same axes, each of the class `series-1`, `series-2` and so on."""
    all_points = [point for points in series.values() for point in points]
    values = [point.value for point in all_points if point.value is not None]
    if not values:
        return Markup("")
    years = [point.year for point in all_points]
    axes = Axes(min(years), max(years), *ends(values, decimals), size)
    described = " ".join(describe(points, name, decimals, lang, words) for name, points in series.items())
    parts = [_axis_lines(axes, decimals, lang)]
    for number, points in enumerate(series.values(), start=1):
        parts.append(Markup('<g class="series-{}">{}</g>').format(number, _series(points, axes, decimals, lang)))
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="xMinYMid meet">{}</svg>'
    ).format(described, size.width, size.height, Markup("").join(parts))


def describe(points: Sequence[Point], title: str, decimals: int, lang: str, words: Words) -> str:
    """Describes a line in words: both ends, lowest and highest, years without a figure or with one that may change."""
    known = sorted((point for point in points if point.value is not None), key=lambda p: p.year)
    if not known:
        return words("none").format(title=title)
    numbers = {
        "first": known[0].value,
        "last": known[-1].value,
        "lowest": min(p.value for p in known if p.value is not None),
        "highest": max(p.value for p in known if p.value is not None),
    }
    written = {name: format_number(value, decimals, lang) for name, value in numbers.items()}
    sentence = words("summary" if len(known) > 1 else "one").format(
        title=title, first_year=known[0].year, last_year=known[-1].year, **written
    )
    years = {point.year for point in known}
    first, last = min(point.year for point in points), max(point.year for point in points)
    missing = [year for year in range(first, last + 1) if year not in years]
    unsure = [point.year for point in known if not point.is_sure]
    breaks = [point.year for point in known if point.is_break]
    for key, found in (("missing", missing), ("uncertain", unsure), ("broken", breaks)):
        if found:
            sentence += words(key).format(years=", ".join(map(str, found)))
    return sentence


def _axis_lines(axes: Axes, decimals: int, lang: str) -> Markup:
    """The lines at the ends of the vertical axis with their numbers, and the first and last year."""
    size = axes.size
    right = size.width - size.right
    parts = []
    for value in sorted({axes.low, axes.high}):
        y = axes.y(value)
        parts.append(Markup('<path class="rule" d="M{:.1f} {:.1f}H{:.1f}"/>').format(size.left, y, right))
        number = format_number(value, decimals, lang)
        parts.append(Markup('<text class="end" x="{:.1f}" y="{:.1f}">{}</text>').format(right + 8, y + 4, number))
    for year, anchor in {axes.first: "start", axes.last: "end"}.items():
        place = "middle" if axes.first == axes.last else anchor
        parts.append(
            Markup('<text class="year {}" x="{:.1f}" y="{:.1f}">{}</text>').format(
                place, axes.x(year), size.height - 3, year
            )
        )
    return Markup("").join(parts)


def _series(points: Sequence[Point], axes: Axes, decimals: int, lang: str) -> Markup:
    """The line of every run of years, with a dot on top for each figure."""
    lines, dots = [], []
    for run in runs(points):
        places = [(axes.x(p.year), axes.y(p.value), p) for p in run if p.value is not None]
        if len(run) > 1:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in places)
            lines.append(Markup('<path class="line" d="M{}"/>').format(path))
        for x, y, point in places:
            number = escape(format_number(point.value, decimals, lang))
            dots.append(
                Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}: {}</title></circle>').format(
                    "dot" if point.is_sure else "dot open", x, y, point.year, number
                )
            )
    return Markup("").join(lines + dots)
