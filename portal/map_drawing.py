"""Draws a map as a picture that stands alone, with its legend beside it."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from portal.charts import Size
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number, format_period
from portal.map_page import NO_FIGURE, MapPage, extremes
from portal.pictures import Picture, draw_picture
from portal.text_width import shorten

# The map is as high as the picture of it; its legend takes a strip at the left.
DRAWN = Size(760, 640)
_LEGEND, _ROW, _SWATCH, _TEXT = 190, 24, Size(26, 16), 13
OWN = "own-region"
_PATH = Markup('<path d="%s"/>')


def draw_map(page: MapPage, release: ReleaseContext, lang: str, address: str) -> str:
    """Returns the map of a page as an SVG file, in which its title, source, licence and release are."""
    indicator, choice = page.indicator, page.choice
    level = release.text("scheme_plurals", choice.level, lang)
    period = format_period(choice.period, release.texts["periods"], lang)
    sources = "; ".join(dict.fromkeys(str(row["attribution"]) for row in page.sources))
    if page.borders:
        sources += f". {release.text('map', 'borders_source', lang)}: {page.borders['attribution']}"
    return draw_picture(
        Picture(
            title=f"{indicator[f'title_{lang}']}, {level}, {period}",
            lead=extremes(page, release, lang),
            chart=_chart(page, release, lang),
            legend=release.text("figure", "legend_unit", lang).format(unit=indicator[f"unit_{lang}"]),
            source=f"{sources} ({page.credited('licence')}). Regiokompas, release {release.release_id}. {address}",
            notice=dict(release.notice_parts).get(lang, ""),
            lang=lang,
            size=DRAWN,
        ),
        release.map_style,
    )


def legend_of(page: MapPage, release: ReleaseContext, lang: str) -> list[tuple[str, str, int]]:
    """Returns the lines of the legend: the name of a colour, the figures that have it, and how many regions."""

    def written(value: float) -> str:
        return format_number(value, page.indicator["decimals"], lang)

    lines = []
    for each in page.classification.classes:
        bounds = [written(each.low)]
        if each.low != each.high:
            joined = release.text("map", "through" if each.is_last else "up_to", lang)
            bounds += [joined, written(each.high)]
        lines.append((each.style, " ".join(bounds), each.count))
    return [*lines, (NO_FIGURE, release.text("map", "no_figure", lang), page.without)] if page.without else lines


def linked_map(page: MapPage, release: ReleaseContext, lang: str) -> Markup:
    """Returns what is in the map of a page: every region leads to its figure, and says it."""
    return _layers(page, lambda row: _linked(row, page, release, lang)) if page.shapes else Markup("")


def _linked(row: Row, page: MapPage, release: ReleaseContext, lang: str) -> str:
    said = row["written"] or escape(release.text("map", "no_figure", lang))
    title = f"{escaped(row['name'])}: {said}"
    # Slugs, paths and numbers have nothing to escape.
    return (
        f'<a href="{row["url"]}" tabindex="-1"><path d="{page.paths[row["region_code"]]}"/><title>{title}</title></a>'
    )


@lru_cache(maxsize=2048)
def escaped(name: str) -> str:
    """Returns the name of a region as it stands in HTML: every map has the same ones."""
    return str(escape(name))


def _chart(page: MapPage, release: ReleaseContext, lang: str) -> Markup:
    x, y, width, height = page.view
    # On a page a line is as wide at any scale; in a picture its width is in units of the map.
    unit = max(width / (DRAWN.width - _LEGEND), height / DRAWN.height)
    layers = _layers(page, lambda row: _PATH % page.paths[row["region_code"]], unit) if page.shapes else Markup("")
    # In its own proportions, since what lies beside the view is left out.
    wide = min(DRAWN.width - _LEGEND, round(DRAWN.height * width / height))
    drawn = Markup('<svg x="{}" width="{}" height="{}" viewBox="{} {} {} {}">{}</svg>').format(
        _LEGEND, wide, DRAWN.height, x, y, width, height, layers
    )
    hatches = Markup("<defs>{}{}</defs>").format(hatch("hatch", 1), hatch("hatch-map", unit))
    return Markup('<svg class="chart" viewBox="0 0 {} {}">{}{}{}</svg>').format(
        DRAWN.width, DRAWN.height, hatches, _legend(page, release, lang), drawn
    )


def hatch(name: str, scale: float) -> Markup:
    """Returns the pattern of what has no figure, in units of the drawing that it is for."""
    return Markup(
        '<pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45) scale({:.1f})">'
        '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern>'
    ).format(name, scale)


def _layers(page: MapPage, area: Callable[[Row], str], unit: float | None = None) -> Markup:
    """The land, the regions by colour, the borders over them and the reader's own region, one over the other.

    `area` gives the HTML of a region.
    """

    def layer(name: str, content: Iterable[Markup], width: float = 0) -> Markup:
        stroke = Markup(' stroke-width="{:.1f}"').format(width * unit) if unit and width else ""
        return Markup('<g class="{}"{} aria-hidden="true">{}</g>').format(name, stroke, Markup("").join(content))

    shapes = page.shapes
    frame = [_PATH % path for path in shapes.frame] if shapes else []
    groups = (
        # One text for all: escaping each region again takes longer than drawing it.
        Markup('<g class="{}"{}>{}</g>').format(style, _fill(style, "hatch-map"), Markup("".join(map(area, rows))))  # noqa: S704
        for style, rows in page.by_style.items()
    )
    own = [_PATH % page.own.path] if page.own and page.own.path else []
    return Markup("").join(
        [
            layer("land", frame) if shapes and shapes.is_partial else Markup(""),
            layer("shapes", groups, 0.5),
            layer("frame", frame, 0.8) if frame else Markup(""),
            Markup("").join([layer("halo", own, 5), layer("outlined", own, 2.4)] if own else []),
        ]
    )


def _fill(style: str, pattern: str) -> Markup:
    return Markup(' fill="url(#{})"').format(pattern) if style == NO_FIGURE else Markup("")


def _legend(page: MapPage, release: ReleaseContext, lang: str) -> Markup:
    lines = [(style, text) for style, text, _ in legend_of(page, release, lang)]
    if page.own and page.own.path:
        lines.append((OWN, page.own.name))
    row = Markup('<rect class="swatch {}"{} x="1" y="{}" width="{}" height="{}"/><text x="{}" y="{}">{}</text>')
    left, room = _SWATCH.width + 9, _LEGEND - _SWATCH.width - 9
    return Markup("").join(
        row.format(
            style, _fill(style, "hatch"), top, _SWATCH.width, _SWATCH.height, left, top + 13, shorten(text, _TEXT, room)
        )
        for top, (style, text) in zip(range(6, 1000, _ROW), lines, strict=False)
    )
