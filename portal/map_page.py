"""What a map shows: what its address asks for, in the words of a language, and the figures of its regions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from datasette.app import Datasette

from portal.choropleth import METHODS, Classification, classify, classify_around, middle_of, ranks
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number, format_period
from portal.map_shapes import MapShapes
from portal.maps import TILED
from portal.once import made_once
from portal.pages import MUNICIPALITY, page_url
from portal.registry import each_once
from portal.rounding import round_half_away
from portal.rows import read_rows

PERIODS = """
select o.period_code, max(o.value is not null and o.is_over) as has_values
from observations_on_boundaries as o join regions as r using (region_code)
where o.indicator_id = :indicator_id and o.boundary_year = :boundary_year and r.scheme = :scheme
group by o.period_code, o.year order by o.year desc, o.period_code desc
"""
FIGURES = """
select r.region_code, r.name, r.scheme, o.value, o.value_status, o.is_over, o.boundary_method
from regions as r
left join observations_on_boundaries as o on o.region_code = r.region_code and o.indicator_id = :indicator_id
    and o.boundary_year = :boundary_year and o.period_code = :period_code
where r.scheme = :scheme and r.is_current
order by r.name
"""
# The parameters of an address, in their order; the page always writes the first three.
ALWAYS = ("period", "shape", "classes")
PARAMETERS = ("level", *ALWAYS, "zoom", "region", "sort")
HIGH_FIRST, LOW_FIRST, BY_NAME = SORTS = ("high", "low", "name")
LONGEST_SHOWN = 40
# The name of the colour of a region without a figure.
NO_FIGURE = "s0"


@dataclass(frozen=True)
class Choice:
    """What a reader asked to see."""

    levels: Sequence[str]
    """The kinds of region of which there is a map of this indicator, the smallest first."""
    level: str
    period: str | None
    shape: str
    classes: str
    zoom: str | None
    """The region that is brought near."""
    region: str | None
    """The reader's own region, which is outlined."""
    sort: str
    """The order of the table."""
    periods: Sequence[str]
    """All periods with figures, newest first."""
    unknown: Sequence[str]
    """What was requested but does not exist; the page then shows something else, and says so."""

    def but(self, **changes: Any) -> "Choice":
        """Returns the same choice with something else in it."""
        return replace(self, **changes)


@dataclass(frozen=True)
class OwnRegion:
    """The region that a reader points out: one of the map, or another that is outlined on it."""

    region_code: str
    name: str
    path: str
    """Empty if it is not drawn."""
    figure: Row | None
    """Its figure, if it is one of the regions of the map."""


@dataclass(frozen=True)
class MapPage:
    """A map and its table."""

    indicator: Row
    choice: Choice
    figures: Sequence[Row]
    """Every region of the level with its figure (also `written`), rank, class and address, the highest first."""
    listed: Sequence[Row]
    """Those of the table, in its order: all, or what lies within the region that is brought near."""
    classification: Classification
    shapes: MapShapes | None
    view: tuple[int, int, int, int]
    sources: Sequence[Row]
    borders: Row | None
    """Whose borders are drawn; None for tiles."""
    own: OwnRegion | None

    @property
    def paths(self) -> Mapping[str, str]:
        """The path of each region, by its code."""
        return self.shapes.paths if self.shapes else {}

    @property
    def without(self) -> int:
        """How many regions have no figure."""
        return sum(row["value"] is None for row in self.figures)

    @property
    def is_ranked(self) -> bool:
        """Whether the regions of the table have places."""
        return any(row["rank_from_high"] for row in self.listed)

    def shared(self, column: str) -> str | None:
        """Returns what every line of the table has in a column, which is then said once; None if they differ."""
        found = {row[column] for row in self.listed}
        return str(found.pop()) if len(found) == 1 and None not in found else None

    @property
    def by_style(self) -> dict[str, list[Row]]:
        """The regions that are seen, by the name of their colour; those without a figure come last."""
        found: dict[str, list[Row]] = {each.style: [] for each in self.classification.classes}
        found[NO_FIGURE] = []
        for row in self.figures:
            if self.shapes is not None and self.shapes.is_seen(row["region_code"], self.view):
                found[row["value_class"].style if row["value_class"] else NO_FIGURE].append(row)
        return found

    def credited(self, column: str) -> str:
        """Returns the attributions or licences of the figures and of the borders as one text."""
        return each_once([*self.sources, *([self.borders] if self.borders else [])], column)


class AskedMap:
    """The parameters of an address, read in the words of its language."""

    def __init__(self, release: ReleaseContext, arguments: Mapping[str, str], lang: str) -> None:
        self._release, self._arguments, self._lang = release, arguments, lang
        self.unknown: list[str] = []

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """Returns what is asked for as our own keyword; the first that is known by default."""
        words = {_word(self._release, name, each, self._lang): each for each in known}
        asked = self._text(name)
        if asked and asked not in words:
            self._note(name, asked)
        return words.get(asked, known[0])

    def region(self, name: str, schemes: Sequence[str]) -> str | None:
        """Returns the code of the region that is asked for by name or code, of the first of some kinds."""
        asked = self._text(name)
        for scheme in schemes if asked else ():
            code = self._release.slugs.region_code(scheme, asked)
            if code and self._release.registry.regions[code]["scheme"] == scheme:
                return code
        if asked:
            self._note(name, asked)
        return None

    def _text(self, name: str) -> str:
        return (self._arguments.get(_parameter(self._release, name, self._lang)) or "").strip()

    def _note(self, name: str, asked: str) -> None:
        self.unknown.append(f"{_parameter(self._release, name, self._lang)}={asked[:LONGEST_SHOWN]}")


def _parameter(release: ReleaseContext, name: str, lang: str) -> str:
    return str(release.texts["map_parameters"][name][lang])


def _word(release: ReleaseContext, name: str, key: str, lang: str) -> str:
    if name in ("zoom", "region"):
        return key
    return str(release.texts.get(f"map_{name}", {}).get(key, {}).get(lang, key))


def as_query(choice: Choice, release: ReleaseContext, lang: str) -> str:
    """Returns the query string of an address, in the words of a language."""
    level = choice.level if choice.level != choice.levels[0] else None
    sort = choice.sort if choice.sort != HIGH_FIRST else None
    unless_usual = {"level": level, "sort": sort}
    asked = {name: unless_usual.get(name, getattr(choice, name)) for name in PARAMETERS}
    words = {name: _word(release, name, key, lang) for name, key in asked.items() if key}
    # A region of the level is known by its name; another region might share it with one of these.
    if choice.region and release.registry.regions[choice.region]["scheme"] == choice.level:
        words["region"] = release.slugs.regions[choice.region]
    return urlencode({_parameter(release, name, lang): word for name, word in words.items()})


def map_address(release: ReleaseContext, region_code: str, indicator_id: str, lang: str) -> str | None:
    """Returns the map of an indicator, with a region pointed out if it is on one; None if there is no map."""
    scheme, levels = release.registry.regions[region_code]["scheme"], release.maps.shown_at.get(indicator_id, ())
    address = page_url("map", lang, indicator=indicator_id) if levels else None
    if scheme not in levels:
        return address
    asked = {"level": _word(release, "level", scheme, lang)} if scheme != levels[0] else {}
    asked["region"] = release.slugs.regions[region_code]
    query = urlencode({_parameter(release, name, lang): word for name, word in asked.items()})
    return f"{address}?{query}"


async def read_choice(
    datasette: Datasette, release: ReleaseContext, indicator: Row, arguments: Mapping[str, str], lang: str
) -> Choice | None:
    """Returns what to show, None if there is no map of the indicator; by default the newest period with a figure."""
    maps, name = release.maps, indicator["indicator_id"]
    levels = maps.shown_at.get(name)
    if not levels:
        return None
    asked = AskedMap(release, arguments, lang)
    level = asked.one_of("level", levels)
    key = {"indicator_id": name, "boundary_year": maps.boundary_year, "scheme": level}
    periods = await made_once(datasette, (PERIODS, name, level), lambda: read_rows(datasette, PERIODS, key))
    codes = [row["period_code"] for row in sorted(periods, key=lambda row: not row["has_values"])]
    shape = asked.one_of("shape", [*maps.shapes_at(level)])
    near = asked.region("zoom", [scheme for scheme in release.maps.levels if scheme != MUNICIPALITY])
    own = asked.region("region", list(dict.fromkeys([level, MUNICIPALITY, *maps.levels])))
    return Choice(
        levels=levels,
        level=level,
        period=asked.one_of("period", codes) if codes else None,
        shape=shape,
        classes=asked.one_of("classes", METHODS),
        zoom=near if shape != TILED else None,
        region=_of_level(release, own, level) if own else None,
        sort=asked.one_of("sort", SORTS),
        periods=[row["period_code"] for row in periods],
        unknown=asked.unknown,
    )


def _of_level(release: ReleaseContext, code: str, level: str) -> str:
    """The region of the level that a municipality is in; any other region itself."""
    if release.registry.regions[code]["scheme"] != MUNICIPALITY or level == MUNICIPALITY:
        return code
    around = (row["region_code"] for row in release.relations.part_of.get(code, ()) if row["scheme"] == level)
    return next(around, code)


async def read_map_page(
    datasette: Datasette, release: ReleaseContext, indicator: Row, choice: Choice, lang: str
) -> MapPage:
    """Returns the figures of a map, with their classes, ranks and addresses."""
    maps, name, decimals = release.maps, indicator["indicator_id"], indicator["decimals"]
    key = {"indicator_id": name, "boundary_year": maps.boundary_year}
    key |= {"period_code": choice.period, "scheme": choice.level}
    rows = await read_rows(datasette, FIGURES, key)
    values = [row["value"] for row in rows]
    middle = middle_of(indicator, values)
    if middle is None:
        found = classify(values, choice.classes, decimals)
    else:
        found = classify_around(values, choice.classes, decimals, middle)
    places = ranks({row["region_code"]: row["value"] for row in rows}, decimals)
    figures = []
    for row in rows:
        rounded = None if row["value"] is None else round_half_away(row["value"], decimals)
        high, low = places.get(row["region_code"], (None, None)) if indicator["is_ranked"] else (None, None)
        figures.append(
            {
                **row,
                "rank_from_high": high,
                "rank_from_low": low,
                "count_ranked": len(places) if high else None,
                "value_class": None if rounded is None else found.class_of_rounded(rounded),
                "rounded": rounded,
                "written": None if row["value"] is None else format_number(row["value"], decimals, lang),
                "url": _address_of(row, name, release, lang),
            }
        )
    last = (len(rows) + 1, 0)
    figures.sort(key=lambda row: places.get(row["region_code"], last))
    shapes = maps.shapes_at(choice.level).get(choice.shape)
    own = None
    if choice.region:
        path = (shapes.paths if shapes and choice.shape == TILED else maps.paths).get(choice.region, "")
        figure = next((row for row in figures if row["region_code"] == choice.region), None)
        own = OwnRegion(choice.region, release.registry.regions[choice.region]["name"], path, figure)
    return MapPage(
        indicator=indicator,
        choice=choice,
        figures=figures,
        listed=_in_order(_within(release, figures, choice), choice.sort),
        classification=found,
        shapes=shapes,
        view=shapes.view(maps.boxes.get(choice.zoom) if choice.zoom else None) if shapes else (0, 0, 1, 1),
        sources=_once_each(release.registry.sources_of(name)),
        borders=None if choice.shape == TILED else maps.credit,
        own=own,
    )


def _once_each(sources: Iterable[Row]) -> list[Row]:
    """The attributions and licences of some sources, of tables that share them once."""
    columns = ("attribution", "licence", "licence_url")
    found = {tuple(str(source[name]) for name in columns) for source in sources}
    return [dict(zip(columns, each, strict=True)) for each in sorted(found)]


def _within(release: ReleaseContext, figures: list[Row], choice: Choice) -> list[Row]:
    """The municipalities of the region that is brought near; all regions of a map of other regions."""
    if not choice.zoom or choice.level != MUNICIPALITY:
        return figures
    inside = {row["region_code"] for row in release.relations.members.get(choice.zoom, ())}
    return [row for row in figures if row["region_code"] in inside] or figures


def _in_order(listed: list[Row], sort: str) -> list[Row]:
    """Rows of the highest first in another order: equals stay by name, those without a figure stay last."""
    if sort == HIGH_FIRST:
        return listed
    by_name = sorted(listed, key=lambda row: str(row["name"]).casefold())
    if sort == BY_NAME:
        return by_name
    return sorted(by_name, key=lambda row: (row["rounded"] is None, row["rounded"] or 0))


def _address_of(row: Row, indicator_id: str, release: ReleaseContext, lang: str) -> str:
    """The page of the figure; without one, that of the region."""
    if row["value"] is None or not row["is_over"]:
        return release.region_url(row["region_code"], lang)
    return release.figure_url(row["region_code"], indicator_id, lang)


def describe(page: MapPage, release: ReleaseContext, lang: str) -> str:
    """Describes the map in a few sentences, for readers who cannot see it."""
    told = release.text("map", "description", lang).format(
        count=len(page.figures),
        regions=release.text("scheme_plurals", page.choice.level, lang),
        year=release.maps.boundary_year,
        period=format_period(page.choice.period, release.texts["periods"], lang),
    )
    missing = release.text("map", "description_without", lang).format(without=page.without) if page.without else ""
    in_table = release.text("map", "description_table", lang)
    return " ".join(filter(None, (told, extremes(page, release, lang), missing, in_table)))


def extremes(page: MapPage, release: ReleaseContext, lang: str) -> str:
    """Says where the figure is highest and where it is lowest; nothing if there are no figures."""
    present = [row for row in page.figures if row["value"] is not None]
    if not present:
        return ""

    highest, lowest = (f"{row['name']} ({row['written']})" for row in (present[0], present[-1]))
    return release.text("map", "extremes", lang).format(highest=highest, lowest=lowest)
