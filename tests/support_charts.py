"""Where the texts of a chart are, as a browser would place them."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from portal.text_width import text_width

SVG = "{http://www.w3.org/2000/svg}"
# Classes whose text ends, or has its middle, where it is placed: as `static/charts.css` has it.
END = re.compile(r"\by\b|\b(?:year|x|mark-name) end\b")
MIDDLE = re.compile(r"\bmiddle\b")


def parsed(svg: str) -> ElementTree.Element:
    """A chart as it stands in a page, or as a file of its own."""
    spaced = str(svg) if "xmlns=" in svg else str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return ElementTree.fromstring(spaced)


def charts_in(html: str) -> list[str]:
    return re.findall(r'<svg class="(?:chart|strip) .*?</svg>', html, re.DOTALL)


def outside(svg: str) -> list[str]:
    """The texts that are not wholly within the drawing."""
    root = parsed(svg)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    found = []
    for text, x, y, size in _texts(root):
        wide = text_width(text, size)
        kept = left - 0.5 <= x and x + wide <= left + width + 0.5 and y - size >= top - 3 and y <= top + height
        if not kept:
            found.append(f"{text} at {x:.0f},{y:.0f}, {wide:.0f} wide")
    return found


def _texts(root: ElementTree.Element) -> Iterator[tuple[str, float, float, float]]:
    size = 11.0 if "small" in root.get("class", "").split() else 13.0
    for each in root.iter(f"{SVG}text"):
        text, kind = "".join(each.itertext()), each.get("class", "")
        wide = text_width(text, size)
        moved = wide if END.search(kind) else wide / 2 if MIDDLE.search(kind) else 0
        yield text, float(each.get("x", "nan")) - moved, float(each.get("y", "nan")), size
