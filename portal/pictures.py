"""A chart as a picture that stands alone: its title, what it says, its source, licence and release are in it.

The picture has its styles in it, with every colour written out, so that it looks the same in any program.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.charts import Size
from portal.text_width import text_width, wrapped

WIDTH, EDGE = 1200, 40
# What the chart in a picture is drawn at; it is enlarged to the width of the picture.
DRAWN = Size(760, 290)
FONT = "'Source Sans 3', 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
_TITLE, _LEAD, _SMALL = 34, 21, 16
_VARIABLE = re.compile(r"var\((--[\w-]+)(?:,\s*([^()]+))?\)")
_DEFINED = re.compile(r"(--[\w-]+):\s*([^;]+);")


def resolve_style(charts: str, page: str) -> str:
    """Returns the styles of charts with the colours that the style sheet of the pages names written out."""
    # The first of each name: what follows is for screens that are dark, and pictures are light.
    known: dict[str, str] = {**dict(reversed(_DEFINED.findall(page))), "--font": FONT}
    bare = re.sub(r"/\*.*?\*/", "", charts, flags=re.DOTALL)
    return _VARIABLE.sub(lambda found: str(known.get(found[1], found[2] or "inherit")), bare).strip()


@dataclass(frozen=True)
class Picture:
    """What a picture shows and says."""

    title: str
    lead: str
    chart: Markup
    legend: str
    source: str
    notice: str
    lang: str
    size: Size = DRAWN
    """What its chart is drawn at."""


def draw_picture(picture: Picture, style: str) -> str:
    """Returns the picture as an SVG file."""
    inner = WIDTH - 2 * EDGE
    parts: list[Markup] = []
    y = 24.0
    if picture.notice:
        parts.append(
            Markup('<rect width="{}" height="36" fill="#7a2e0b"/>{}').format(
                WIDTH, _text(picture.notice, EDGE, 24, 17, "#ffffff", is_bold=True)
            )
        )
        y += 36
    for line in wrapped(picture.title, _TITLE, inner, is_bold=True):
        y += _TITLE * 1.15
        parts.append(_text(line, EDGE, y, _TITLE, "#0b3d4f", is_bold=True))
    y += 6
    for line in wrapped(picture.lead, _LEAD, inner):
        y += _LEAD * 1.35
        parts.append(_text(line, EDGE, y, _LEAD, "#12262e"))
    y += 24
    height = inner * picture.size.height / picture.size.width
    placed = f'<svg x="{EDGE}" y="{y:.0f}" width="{inner}" height="{height:.0f}" class="chart'
    parts.append(Markup(str(picture.chart).replace('<svg class="chart', placed, 1)))  # noqa: S704 - drawn by us
    y += height + 12
    for text in (picture.legend, picture.source):
        for line in wrapped(text, _SMALL, inner) if text else ():
            y += _SMALL * 1.4
            parts.append(_text(line, EDGE, y, _SMALL, "#4a5f68"))
        y += 6
    whole = round(y + 18)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" width="{WIDTH}" height="{whole}"'
        f' role="img" lang="{picture.lang}" aria-label="{escape(picture.title)}"><title>{escape(picture.title)}</title>'
        f"<desc>{escape(picture.lead)}</desc><style>{style}</style>"
        f'<rect width="{WIDTH}" height="{whole}" fill="#ffffff"/>'
        f"{Markup('').join(parts)}</svg>\n"
    )


def _text(text: str, x: float, y: float, size: int, colour: str, *, is_bold: bool = False) -> Markup:
    # A text of an attribution that is wider than the picture, such as an address, is pressed together.
    wide = text_width(text, size, is_bold=is_bold)
    most = WIDTH - 2 * EDGE
    pressed = Markup(' textLength="{}" lengthAdjust="spacingAndGlyphs"').format(most) if wide > most else ""
    weight = Markup(' font-weight="700"') if is_bold else ""
    return Markup('<text x="{:.0f}" y="{:.0f}" font-family="{}" font-size="{}" fill="{}"{}{}>{}</text>').format(
        x, y, FONT, size, colour, weight, pressed, text
    )
