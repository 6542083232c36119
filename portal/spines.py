"""A spine: all regions of a kind on an indicator in a line of a table, with the marks of one region and the country.

The axis is that of `portal.strips`; half of the regions lie within the box, the line in it is the middle one.
"""

from dataclasses import dataclass
from statistics import quantiles

from markupsafe import Markup

from portal.axes import Scale
from portal.charts import SMALL_TEXT, Size
from portal.formats import format_number
from portal.strips import Spread
from portal.text_width import text_width

SPINE = Size(300, 36)
_EDGE = 8
OWN_MARK = "M0-8 6 0 0 8-6 0Z"
COUNTRY_MARK = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z"


@dataclass(frozen=True)
class Spine:
    """What a spine shows; `country` is None if the country has no figure of the same period."""

    spread: Spread
    own: float
    country: float | None
    description: str


def draw_spine(spine: Spine, decimals: int, lang: str, size: Size = SPINE) -> Markup:
    """Returns the spine as SVG, with the numbers at both ends of its axis."""
    spread = spine.spread
    across = Scale(spread.low, spread.high, _EDGE, size.width - _EDGE)

    def at(value: float) -> float:
        return across(min(max(value, spread.low), spread.high))

    low, middle, high = quantiles(list(spread.values.values()), n=4, method="inclusive")
    places = sorted({round(at(value)) for value in spread.values.values()})
    ticks = "".join(f"M{place} 6v12" for place in places)
    box = at(high) - at(low)
    parts = [
        Markup('<svg class="chart small spine" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            size.width, size.height, spine.description
        ),
        Markup('<rect class="box" x="{:.1f}" y="4" width="{:.1f}" height="16"/>').format(at(low), box),
        Markup('<path class="tick" d="{}"/>').format(ticks),
        Markup('<path class="middle-tick" d="M{:.1f} 2V22"/>').format(at(middle)),
    ]
    if spine.country is not None:
        parts.append(_mark("country-figure", COUNTRY_MARK, at(spine.country)))
    parts.append(_mark("own-figure", OWN_MARK, at(spine.own)))
    ends = [format_number(end, decimals, lang) for end in (spread.low, spread.high)]
    parts.append(Markup('<text x="2" y="34">{}</text>').format(ends[0]))
    if sum(text_width(end, SMALL_TEXT) for end in ends) + _EDGE < size.width:
        parts.append(Markup('<text class="x end" x="{}" y="34">{}</text>').format(size.width - 2, ends[1]))
    return Markup("").join([*parts, Markup("</svg>")])


def _mark(kind: str, shape: str, x: float) -> Markup:
    return Markup('<path class="mark {}" transform="translate({:.1f} 12)" d="{}"/>').format(kind, x, shape)


def draw_key(kind: str) -> Markup:
    """Returns the mark of `own`, `country`, the `box`, the `middle` or a `tick` as a small SVG, for the legend."""
    drawn = {
        "own": _mark("own-figure", OWN_MARK, 10),
        "country": _mark("country-figure", COUNTRY_MARK, 10),
        "box": Markup('<rect class="box" x="1" y="4" width="18" height="16"/>'),
        "middle": Markup('<path class="middle-tick" d="M10 2V22"/>'),
        "tick": Markup('<path class="tick" d="M4 6v12M9 6v12M12 6v12M17 6v12"/>'),
    }
    return Markup(
        '<svg class="key spine" viewBox="0 0 20 24" width="20" height="24" aria-hidden="true">{}</svg>'
    ).format(drawn[kind])
