"""What a chart through time is of: points, lines, bands and targets, and the same in words. Not here: drawing it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from portal.formats import format_number

# A revised provisional figure is not among them: it changed once and is not definitive yet, so it may change again.
SURE = frozenset({"final", "unstated"})
# A step this much longer than the usual one means that a period is missing.
GAP = 1.5
_YEAR = 366

Words = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Point:
    """The figure of a period, on its first day; `value` is None if there is none. With `is_break`, a new series begins.

    `lower` and `upper` are the bounds of its interval, if that is known.
    """

    day: date
    period: str
    value: float | None
    status: str = "final"
    is_break: bool = False
    lower: float | None = None
    upper: float | None = None

    @property
    def is_sure(self) -> bool:
        """Whether the figure is not expected to change, unlike one that is provisional or estimated."""
        return self.status in SURE


def of_year(
    year: int,
    value: float | None,
    status: str = "final",
    is_break: bool = False,
    lower: float | None = None,
    upper: float | None = None,
) -> Point:
    """Returns the point of a whole year."""
    return Point(date(year, 1, 1), str(year), value, status, is_break, lower, upper)


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one region; `style` is the class that its colour, dash and width come from."""

    title: str
    points: Sequence[Point]
    style: str
    mark: int = 0
    has_whiskers: bool = True

    @property
    def known(self) -> list[Point]:
        """The points that have a figure, in chronological order."""
        return sorted((point for point in self.points if point.value is not None), key=lambda p: p.day)


@dataclass(frozen=True, slots=True)
class MiddleHalf:
    """Between what figures half of a group lies, by the first day of the period."""

    title: str
    spans: Sequence[tuple[date, float, float]]


@dataclass(frozen=True, slots=True)
class ChartTarget:
    """A figure to reach: at all times, or along a straight line from one day to another."""

    title: str
    value: float
    until: date | None = None
    start: tuple[date, float] | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that began on a day, drawn between the last figure before it and the first since."""

    title: str
    day: date


@dataclass(frozen=True)
class Drawn:
    """All that a large chart shows."""

    lines: Sequence[Line]
    band: MiddleHalf | None = None
    targets: Sequence[ChartTarget] = ()
    has_names: bool = True
    """Whether the names of the lines stand at their ends; their values do in any case if there are no marks."""
    moment: Moment | None = None
    values: list[float] = field(init=False)
    days: list[int] = field(init=False)

    def __post_init__(self) -> None:
        known = [point for line in self.lines for point in line.known]
        values = [point.value for point in known if point.value is not None]
        bounded = [point for line in self.lines if line.has_whiskers for point in line.known]
        values += [bound for point in bounded for bound in (point.lower, point.upper) if bound is not None]
        days = {point.day for point in known}
        for target in self.targets:
            values += [target.value, *([target.start[1]] if target.start else [])]
            days |= {day for day in (target.until, target.start and target.start[0]) if day}
        if self.band:
            values += [value for _, low, high in self.band.spans for value in (low, high)]
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "days", sorted(day.toordinal() for day in days))

    @property
    def usual(self) -> int:
        """The usual number of days from one period to the next."""
        return usual_step([point for line in self.lines for point in line.known])


def usual_step(points: Sequence[Point]) -> int:
    """Returns the usual number of days from one period to the next: the shortest."""
    days = sorted({point.day.toordinal() for point in points})
    return min((b - a for a, b in pairwise(days)), default=_YEAR)


def runs(points: Sequence[Point], step: int = _YEAR) -> list[list[Point]]:
    """Returns the runs of periods of one series that follow each other and all have a figure, in the order of time."""
    found: list[list[Point]] = []
    for point in sorted(points, key=lambda p: p.day):
        if point.value is None:
            continue
        if found and (point.day - found[-1][-1].day).days <= GAP * step and not point.is_break:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def describe(points: Sequence[Point], title: str, decimals: int, lang: str, words: Words) -> str:
    """Describes a line in words: both ends, lowest and highest, periods without a figure or with one that may change.

    `words` returns a sentence of the text group `charts` in the language: `portal.text("charts", key, lang)`.
    """
    ordered = sorted(points, key=lambda p: p.day)
    known = [point for point in ordered if point.value is not None]
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
        title=title, first_year=known[0].period, last_year=known[-1].period, **written
    )
    for key, found in (
        ("missing", _missing(ordered)),
        ("uncertain", [point.period for point in known if not point.is_sure]),
        ("broken", [point.period for point in known if point.is_break]),
    ):
        if found:
            sentence += words(key).format(years=", ".join(found))
    return sentence


def _missing(points: Sequence[Point]) -> list[str]:
    """The periods without a figure: those that say so, and for years also those that are not there at all."""
    without = {point.day: point.period for point in points if point.value is None}
    if all(point.period == str(point.day.year) for point in points):
        there = {point.day.year for point in points}
        between = range(points[0].day.year, points[-1].day.year)
        without |= {date(year, 1, 1): str(year) for year in between if year not in there}
    return [without[day] for day in sorted(without)]
