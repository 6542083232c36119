"""An SVG chart of several lines, told apart by dash and mark and not by colour alone.

It has classes instead of styles: the page's style sheet sets the colours, so a strict content security policy holds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from portal.axes import Scale, ticks_of
from portal.formats import format_number

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 14, 30
PIXELS_A_LETTER = 8
# A step this much longer than the usual one means that a period is missing.
GAP = 1.5

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
class LinePoint:
    """A figure on a line, on the first day of its period; `is_firm` unless it is provisional or estimated.

    With `is_break`, a new series begins with it.
    """

    day: date
    period: str
    value: float | None
    is_firm: bool = True
    is_break: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one region."""

    title: str
    points: Sequence[LinePoint]


def mark(place: int) -> Markup:
    """Returns the mark and dash of a line as a small SVG, for the legend beside the chart."""
    return Markup(
        '<svg class="key s{}" viewBox="0 0 40 14" width="40" height="14" aria-hidden="true">'
        '<path class="line" d="M1 7H39"/><path class="mark" transform="translate(20 7)" d="{}"/></svg>'
    ).format(place, _MARKS[place])


def comparison_chart(lines: Sequence[Line], heading: str, description: str, decimals: int, lang: str) -> Markup:
    """Returns the SVG; empty if no line has a figure. A line breaks where a period is missing."""
    known = [(p, p.day.toordinal()) for line in lines for p in line.points if p.value is not None]
    if not known:
        return Markup("")
    days = sorted({day for _, day in known})
    values = [point.value for point, _ in known if point.value is not None]
    ticks = ticks_of(values)
    across = Scale(days[0], days[-1], LEFT, WIDTH - RIGHT)
    up = Scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    usual = min((b - a for a, b in pairwise(days)), default=1)
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><desc>{}</desc>').format(
            WIDTH, HEIGHT, heading, description
        )
    ]
    for tick in ticks:
        y = up(tick)
        text = format_number(tick, max(decimals if tick % 1 else 0, _tick_decimals(ticks)), lang)
        parts.append(
            Markup('<path class="grid" d="M{} {:.1f}H{}"/><text class="y" x="{}" y="{:.1f}">{}</text>').format(
                LEFT, y, WIDTH - RIGHT, LEFT - 8, y + 4, text
            )
        )
    names = {day: point.period for point, day in known}
    longest = max(len(name) for name in names.values())
    for day in _labelled(days, (WIDTH - LEFT - RIGHT) // (PIXELS_A_LETTER * (longest + 4))):
        anchor = "end" if day == days[-1] and len(days) > 1 else "start" if day == days[0] else "middle"
        parts.append(
            Markup('<text class="x {}" x="{:.1f}" y="{}">{}</text>').format(anchor, across(day), HEIGHT - 8, names[day])
        )
    parts += [_draw(place, line, across, up, usual) for place, line in enumerate(lines)]
    return Markup("").join([*parts, Markup("</svg>")])


def _draw(place: int, line: Line, across: Scale, up: Scale, usual: int) -> Markup:
    path, marks, before = "", Markup(""), None
    shown = [point for point in line.points if point.value is not None]
    for point in shown:
        day = point.day.toordinal()
        x, y = across(day), up(point.value or 0)
        path += f"{'L' if _is_joined(point, before, usual) else 'M'}{x:.1f} {y:.1f}"
        before = day
        # With many points, marks would hide the line; its dash still identifies it.
        if len(shown) <= 40 or not point.is_firm or point is shown[-1]:
            kind = "mark" if point.is_firm else "mark soft"
            marks += Markup('<path class="{}" transform="translate({:.1f} {:.1f})" d="{}"/>').format(
                kind, x, y, _MARKS[place]
            )
    return Markup('<g class="s{}"><path class="line" d="{}"/>{}</g>').format(place, path, marks)


def _is_joined(point: LinePoint, before: int | None, usual: int) -> bool:
    """Whether a line runs to a point from the one before it: no period is missing in between, nor is there a break."""
    return before is not None and not point.is_break and point.day.toordinal() - before <= GAP * usual


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
