"""A strip of all regions of a kind on one indicator: a tick for each, and the mark of one among them.

The axis runs three usual distances from the middle at most, so that a few far regions do not press the others together;
what lies beyond is drawn at the end, and counted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup

from portal.axes import Scale
from portal.charts import TEXT, Size
from portal.formats import format_number
from portal.text_width import shorten, text_width

# For figures that spread as a bell does, the median distance times this is their standard deviation.
_AS_DEVIATION = 1.4826
_MOST_DISTANCES = 3
FEWEST_REGIONS = 4
WIDE_STRIP, NARROW_STRIP = Size(840, 92), Size(360, 92)


@dataclass(frozen=True)
class Spread:
    """The figures of all regions of a kind in one period."""

    values: Mapping[str, float]
    middle: float
    usual_distance: float
    """The median distance from the middle, as a standard deviation."""
    low: float
    high: float

    @property
    def beyond(self) -> int:
        """How many regions lie beyond the ends of the axis."""
        return sum(not self.low <= value <= self.high for value in self.values.values())


def spread_of(values: Mapping[str, float]) -> Spread | None:
    """Returns the spread of figures by region; None if there are too few to speak of one."""
    if len(values) < FEWEST_REGIONS:
        return None
    known = list(values.values())
    middle = median(known)
    distance = _AS_DEVIATION * median(abs(value - middle) for value in known)
    low, high = min(known), max(known)
    if distance > 0:
        reach = _MOST_DISTANCES * distance
        low, high = max(low, middle - reach), min(high, middle + reach)
    return Spread(values, middle, distance, low, high)


@dataclass(frozen=True)
class Strip:
    """What a strip shows: the region itself, its group among the others, and the texts on it."""

    spread: Spread
    own: str
    name: str
    group: frozenset[str]
    middle_name: str
    description: str


def draw_strip(strip: Strip, decimals: int, lang: str, size: Size, style: str = "") -> Markup:
    """Returns the strip as SVG: regions as ticks, those of the group dark, the own mark with its name above."""
    spread = strip.spread
    across = Scale(spread.low, spread.high, 10, size.width - 10)

    def at(value: float) -> float:
        return across(min(max(value, spread.low), spread.high))

    others = [at(value) for code, value in spread.values.items() if code not in strip.group and code != strip.own]
    peers = [at(spread.values[code]) for code in strip.group if code in spread.values and code != strip.own]
    most = max(Counter(map(_pixel, others)).values(), default=1)
    value = spread.values[strip.own]
    x, middle = at(value), at(spread.middle)
    number = format_number(value, decimals, lang)
    label = f"{shorten(strip.name, TEXT, size.width / 2)} {number}"
    ends = [format_number(end, decimals, lang) for end in (spread.low, spread.high)]
    parts = [
        Markup('<svg class="chart strip{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            f" {style}" if style else "", size.width, size.height, strip.description
        ),
        _ticks("tick", others, most),
        _ticks("tick peer", peers, 1),
        Markup('<path class="middle-tick" d="M{:.1f} 24V66"/>').format(middle),
        Markup('<path class="mark own-figure" transform="translate({:.1f} 52)" d="M0-10 7 0 0 10-7 0Z"/>').format(x),
        _label("own-name own-figure", label, x, 18, size, is_bold=True),
        *(_end_labels(ends, f"{strip.middle_name} {format_number(spread.middle, decimals, lang)}", middle, size)),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _pixel(place: float) -> int:
    return round(place)


def _ticks(kind: str, places: list[float], most: int) -> Markup:
    """All ticks of a kind as one path, each as high as there are regions in its place; where there are most, full."""
    counted = sorted(Counter(map(_pixel, places)).items())
    path = "".join(f"M{x} 66v{-(10 + 28 * min(count, most) / most):.0f}" for x, count in counted)
    return Markup('<path class="{}" d="{}"/>').format(kind, path) if path else Markup("")


def _end_labels(ends: list[str], middle_name: str, middle: float, size: Size) -> list[Markup]:
    """The numbers at both ends, and the name of the middle where it does not touch them; else on a line below."""
    low, high = ends
    parts = [
        Markup('<text class="x" x="4" y="82">{}</text>').format(low),
        Markup('<text class="x end" x="{}" y="82">{}</text>').format(size.width - 4, high),
    ]
    wide = text_width(middle_name, TEXT)
    left = 4 + text_width(low, TEXT) + 10 + wide / 2
    right = size.width - 4 - text_width(high, TEXT) - 10 - wide / 2
    if left <= right:
        place = min(max(middle, left), right)
        parts.append(Markup('<text class="x middle" x="{:.1f}" y="82">{}</text>').format(place, middle_name))
    return parts


def _label(kind: str, text: str, x: float, y: int, size: Size, *, is_bold: bool = False) -> Markup:
    """A text above a place, moved so that it stays within the drawing."""
    half = text_width(text, TEXT, is_bold=is_bold) / 2
    place = min(max(x, half + 2), size.width - half - 2)
    return Markup('<text class="{} middle" x="{:.1f}" y="{}">{}</text>').format(kind, place, y, text)
