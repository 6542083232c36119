"""Charts of figures through time, as SVG made on the server: without scripts or styles of their own, in words too.

There are two: a small one that labels its ends, for one series on a card, and a large one with axes, for several. A
line breaks where a period has no figure and where the series breaks. A provisional or estimated figure is an open mark.
The margins are as wide as the labels in them. Sizes of text are those of `static/charts.css`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from markupsafe import Markup, escape

from portal.axes import Scale, ends, ticks_of
from portal.chart_reading import reading_of
from portal.end_labels import spread
from portal.formats import format_number
from portal.series import GAP, Drawn, Line, Point, Words, describe, runs
from portal.text_width import shorten, text_width

# With more points, marks would hide the line; its dash still identifies it.
MOST_MARKS = 40
SMALL_TEXT, TEXT, LINE_HEIGHT = 11, 13, 16
LONGEST_LABEL = 190
# The class of the one line of a small chart, where its figures are read.
ONLY = "only-figure"

_MARKS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "M-4-4h8v8h-8Z",
    "M0-5 5 4H-5Z",
    "M0-5.5 5.5 0 0 5.5-5.5 0Z",
    "M0 5 5-4H-5Z",
    "M-5-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z",
    "M-5-3-3-5 0-2 3-5 5-3 2 0 5 3 3 5 0 2-3 5-5 3-2 0Z",
    "M0-5.5 1.6-1.8 5.5-1.5 2.5 1 3.5 5 0 2.8-3.5 5-2.5 1-5.5-1.5-1.6-1.8Z",
)
MOST_LINES = len(_MARKS)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a chart."""

    width: int
    height: int


SMALL = Size(260, 84)
WIDE = Size(840, 370)
NARROW = Size(360, 300)


def line_chart(
    points: Sequence[Point],
    *,
    title: str,
    decimals: int,
    lang: str,
    words: Words,
    size: Size = SMALL,
    beside: Sequence[Point] = (),
    reading_help: str | None = None,
) -> Markup:
    """Returns the small chart of one series of years; empty if it has no figure at all.

    Both ends of each axis are labelled, because the vertical axis seldom starts at zero. `beside` are the points of the
    charts that it stands beside, with which it shares its axes. `reading_help` is that of `large_chart`.
    """
    if not any(point.value is not None for point in points):
        return Markup("")
    all_points = [*points, *beside]
    values = [point.value for point in all_points if point.value is not None]
    low, high = ends(values, decimals)
    numbers = {value: format_number(value, decimals, lang) for value in sorted({low, high})}
    left, right = 4, size.width - 12 - max(text_width(number, SMALL_TEXT) for number in numbers.values())
    named = {point.day.toordinal(): point.period for point in all_points}
    days = sorted(named)
    top, bottom = 8, size.height - 18
    across, up = Scale(days[0], days[-1], left, right), Scale(low, high, bottom, top)
    parts = []
    for value, number in numbers.items():
        y = up(value)
        parts.append(Markup('<path class="rule" d="M{} {:.1f}H{:.1f}"/>').format(left, y, right))
        parts.append(Markup('<text class="end" x="{:.1f}" y="{:.1f}">{}</text>').format(right + 8, y + 4, number))
    for day, anchor in {days[0]: "start", days[-1]: "end"}.items():
        place = "middle" if days[0] == days[-1] else anchor
        parts.append(
            Markup('<text class="year {}" x="{:.1f}" y="{}">{}</text>').format(
                place, across(day), size.height - 3, named[day]
            )
        )
    for run in runs(points):
        if len(run) > 1:
            parts.append(Markup('<path class="line" d="{}"/>').format(_path(run, across, up)))
    for run in runs(points):
        parts += [_dot(point, across, up, 3, format_number(point.value, decimals, lang)) for point in run]
    drawn = Markup(
        '<svg class="chart small" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="xMinYMid meet">'
        "{}</svg>"
    ).format(describe(points, title, decimals, lang, words), size.width, size.height, Markup("").join(parts))
    if reading_help is None:
        return drawn
    return drawn + reading_of([Line("", points, ONLY)], across, up, (top, bottom), decimals, lang, reading_help)


def mark(place: int, style: str | None = None) -> Markup:
    """Returns the mark and dash of a line as a small SVG, for the legend beside the chart."""
    return Markup(
        '<svg class="key {}" viewBox="0 0 40 14" width="40" height="14" aria-hidden="true">'
        '<path class="line" d="M1 7H39"/><path class="mark" transform="translate(20 7)" d="{}"/></svg>'
    ).format(style or f"s{place}", _MARKS[place])


def marked_lines(series: Sequence[tuple[str, Sequence[Point]]]) -> list[Line]:
    """Returns lines told apart by dash and mark, and not by colour alone, in the order of `mark`."""
    return [Line(title, points, f"s{place}", place) for place, (title, points) in enumerate(series)]


def large_chart(
    drawn: Drawn,
    *,
    heading: str,
    description: str,
    decimals: int,
    lang: str,
    size: Size = WIDE,
    style: str = "",
    reading_help: str | None = None,
) -> Markup:
    """Returns the large chart: axes, band, lines, targets and labels; empty if no line has a figure.

    With `reading_help`, which says how the figures are read with the keyboard, what `static/chart_reader.js` needs
    follows the chart.
    """
    if not any(line.known for line in drawn.lines):
        return Markup("")
    frame = _Frame(drawn, decimals, lang, size)
    parts = [
        Markup(
            '<svg class="chart large{}" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>'
        ).format(f" {style}" if style else "", size.width, size.height, heading, heading, description),
        *frame.axes(),
        *frame.band(),
        *frame.breaks(),
        *frame.moment(),
        *frame.targets(),
        *(frame.line(line) for line in drawn.lines),
        *frame.labels(),
        Markup("</svg>"),
    ]
    if reading_help:
        # The line that is drawn last, above the others, is read first.
        edges = frame.top, frame.bottom
        parts.append(reading_of(drawn.lines[::-1], frame.across, frame.up, edges, decimals, lang, reading_help))
    return Markup("").join(parts)


class _Frame:
    """Where everything of a large chart is drawn."""

    def __init__(self, drawn: Drawn, decimals: int, lang: str, size: Size) -> None:
        self.drawn, self.decimals, self.lang, self.size = drawn, decimals, lang, size
        self.ticks = ticks_of(drawn.values)
        places = _tick_decimals(self.ticks)
        self.numbers = [format_number(tick, places, lang) for tick in self.ticks]
        self.periods = {p.day.toordinal(): p.period for line in drawn.lines for p in line.known}
        self.periods |= {t.until.toordinal(): str(t.until.year) for t in drawn.targets if t.until}
        self.ends = {id(line): self._end_label(line) for line in drawn.lines if line.known}
        left = math.ceil(max(text_width(number, TEXT) for number in self.numbers)) + 14
        widest = max(text_width(label, TEXT, is_bold=True) for label in self.ends.values())
        self.left, self.right = left, size.width - math.ceil(widest) - 16
        self.top, self.bottom = 14 + (LINE_HEIGHT if drawn.moment else 0), size.height - 30
        self.across = Scale(drawn.days[0], drawn.days[-1], self.left + 8, self.right - 8)
        self.up = Scale(self.ticks[0], self.ticks[-1], self.bottom, self.top)

    def _end_label(self, line: Line) -> str:
        last = line.known[-1]
        value = format_number(last.value, self.decimals, self.lang)
        # A line that ends before another says when: its label stands beside the newest period of all.
        if last.day < max(each.known[-1].day for each in self.drawn.lines if each.known):
            value = f"{value} ({last.period})"
        most = min(LONGEST_LABEL, self.size.width / 3) - text_width(value, TEXT)
        name = shorten(line.title, TEXT, most) if self.drawn.has_names else ""
        return f"{name} {value}".strip()

    def axes(self) -> list[Markup]:
        """Lines across with their numbers, and the periods below."""
        parts = []
        for tick, number in zip(self.ticks, self.numbers, strict=True):
            y = self.up(tick)
            kind = "grid zero" if tick == 0 else "grid"
            parts.append(
                Markup('<path class="{}" d="M{} {:.1f}H{}"/><text class="y" x="{}" y="{:.1f}">{}</text>').format(
                    kind, self.left, y, self.right, self.left - 8, y + 4, number
                )
            )
        days = self.drawn.days
        named = [day for day in days if day in self.periods]
        widest = max(text_width(self.periods[day], TEXT) for day in named)
        most = max(1, int((self.right - self.left) // (widest + 20)))
        for day in _labelled(named, most):
            is_first, is_last = day == named[0], day == named[-1]
            anchor = "middle" if is_first and is_last else "start" if is_first else "end" if is_last else "middle"
            x = self.across(day) + {"start": -8, "end": 8, "middle": 0}[anchor]
            parts.append(
                Markup('<text class="x {}" x="{:.1f}" y="{}">{}</text>').format(
                    anchor, x, self.size.height - 9, self.periods[day]
                )
            )
        return parts

    def band(self) -> list[Markup]:
        """The area in which half of a group lies, in pieces where a period is missing."""
        if not self.drawn.band:
            return []
        pieces: list[list[tuple[float, float, float]]] = []
        before: date | None = None
        for day, low, high in sorted(self.drawn.band.spans):
            place = (self.across(day.toordinal()), self.up(low), self.up(high))
            if before and (day - before).days <= GAP * self.drawn.usual:
                pieces[-1].append(place)
            else:
                pieces.append([place])
            before = day
        parts = []
        for piece in pieces:
            # A period that stands alone is a narrow block.
            wide = piece if len(piece) > 1 else [(x + move, low, high) for x, low, high in piece for move in (-5, 5)]
            there = "L".join(f"{x:.1f} {high:.1f}" for x, _, high in wide)
            back = "L".join(f"{x:.1f} {low:.1f}" for x, low, _ in reversed(wide))
            parts.append(Markup('<path class="band" d="M{}L{}Z"/>').format(there, back))
        return parts

    def breaks(self) -> list[Markup]:
        """A line down before every period with which a new series begins."""
        days = set()
        for line in self.drawn.lines:
            for before, point in pairwise(line.known):
                if point.is_break:
                    days.add((before.day.toordinal() + point.day.toordinal()) / 2)
        return [
            Markup('<path class="break" d="M{:.1f} {}V{}"/>').format(self.across(day), self.top, self.bottom)
            for day in sorted(days)
        ]

    def moment(self) -> list[Markup]:
        """A line down where something began, with its name above it; none if no figure is of before, or none since."""
        moment = self.drawn.moment
        earlier = [day for day in self.drawn.days if moment and day < moment.day.toordinal()]
        if not moment or not earlier or len(earlier) == len(self.drawn.days):
            return []
        x = self.across((earlier[-1] + self.drawn.days[len(earlier)]) / 2)
        is_left = x + text_width(moment.title, TEXT) > self.size.width
        return [
            Markup(
                '<path class="moment" d="M{0:.1f} {1}V{2}"/><text class="x {3}" x="{0:.1f}" y="{4}">{5}</text>'
            ).format(x, self.top - 4, self.bottom, "end" if is_left else "start", self.top - 8, moment.title)
        ]

    def targets(self) -> list[Markup]:
        """The figures to reach, as lines with their name above the left end."""
        parts = []
        for target in self.drawn.targets:
            y = self.up(target.value)
            number = format_number(target.value, self.decimals, self.lang)
            label = shorten(f"{target.title} {number}", TEXT, self.right - self.left - 16)
            if target.until and target.start:
                from_x, from_y = self.across(target.start[0].toordinal()), self.up(target.start[1])
                path = f"M{from_x:.1f} {from_y:.1f}L{self.across(target.until.toordinal()):.1f} {y:.1f}"
            else:
                path = f"M{self.left} {y:.1f}H{self.right}"
            above = y - 6 if y - 6 - TEXT >= 0 else y + LINE_HEIGHT
            parts.append(
                Markup('<path class="target" d="{}"/><text class="target-name" x="{}" y="{:.1f}">{}</text>').format(
                    path, self.left + 8, above, label
                )
            )
        return parts

    def line(self, line: Line) -> Markup:
        """A line with its marks, its intervals, and a title for each figure."""
        known = line.known
        pieces = runs(known, self.drawn.usual)
        path = "".join(_path(run, self.across, self.up) for run in pieces if len(run) > 1)
        parts = []
        if path:
            parts.append(Markup('<path class="casing" d="{0}"/><path class="line" d="{0}"/>').format(path))
        if line.has_whiskers:
            parts += [self._whisker(point) for point in known if point.lower is not None and point.upper is not None]
        for point in known:
            if len(known) <= MOST_MARKS or not point.is_sure or point is known[-1]:
                parts.append(self._mark(line, point))
        return Markup('<g class="{}">{}</g>').format(line.style, Markup("").join(parts))

    def _mark(self, line: Line, point: Point) -> Markup:
        number = format_number(point.value, self.decimals, self.lang)
        return Markup('<path class="{}" transform="translate({:.1f} {:.1f})" d="{}"><title>{}</title></path>').format(
            "mark" if point.is_sure else "mark soft",
            self.across(point.day.toordinal()),
            self.up(point.value or 0),
            _MARKS[line.mark],
            f"{line.title}, {point.period}: {number}",
        )

    def _whisker(self, point: Point) -> Markup:
        x, low, high = self.across(point.day.toordinal()), self.up(point.lower or 0), self.up(point.upper or 0)
        return Markup(
            '<path class="whisker" d="M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}h6M{3:.1f} {2:.1f}h6"/>'
        ).format(x, low, high, x - 3)

    def labels(self) -> list[Markup]:
        """The name and newest figure of each line at its end, moved apart where they would overlap."""
        lines = [line for line in self.drawn.lines if line.known]
        wanted = [self.up(line.known[-1].value or 0) for line in lines]
        places = spread(wanted, LINE_HEIGHT, self.top, self.bottom)
        parts = []
        for line, y, place in zip(lines, wanted, places, strict=True):
            x = self.across(line.known[-1].day.toordinal())
            if abs(place - y) > 2 or x < self.right - 9:
                path = f"M{x + 6:.1f} {y:.1f}H{max(x + 6, self.right - 4):.1f}L{self.right + 4} {place:.1f}"
                parts.append(Markup('<path class="leader {}" d="{}"/>').format(line.style, path))
            parts.append(
                Markup('<text class="end-label {}" x="{}" y="{:.1f}">{}</text>').format(
                    line.style, self.right + 8, place + 4.5, self.ends[id(line)]
                )
            )
        return parts


def _path(run: Sequence[Point], across: Scale, up: Scale) -> str:
    return "M" + "L".join(f"{across(p.day.toordinal()):.1f} {up(p.value or 0):.1f}" for p in run)


def _dot(point: Point, across: Scale, up: Scale, radius: int, number: str) -> Markup:
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}: {}</title></circle>').format(
        "dot" if point.is_sure else "dot open",
        across(point.day.toordinal()),
        up(point.value or 0),
        radius,
        point.period,
        escape(number),
    )


def _tick_decimals(ticks: Sequence[float]) -> int:
    return next((n for n in range(6) if all(abs(t - round(t, n)) < 1e-9 for t in ticks)), 6)


def _labelled(days: Sequence[int], most: int) -> list[int]:
    """Returns the days that get a label: the first, the last and some in between, far enough apart to read."""
    apart = max(1, math.ceil((days[-1] - days[0]) / most))
    chosen = [days[0]]
    for day in days[1:-1]:
        if day - chosen[-1] >= apart and days[-1] - day >= apart:
            chosen.append(day)
    return chosen if len(days) == 1 else [*chosen, days[-1]]
