"""The regions on both sides of the border: the charts of each indicator on one scale, what they say, and what lacks.

Belongs here: choosing, grouping and putting into words rows that were read. Not here: reading and showing them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.choropleth import ValueClass, classify
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number
from portal.pages import page_url
from portal.periods import series_begin
from portal.registry import Registry
from portal.sentences import is_relative, with_unit
from portal.series import Point, Words, of_year
from portal.slugs import slug_of

# The group of the Dutch regions that stand beside each border region.
NEIGHBOUR = "neighbour"


@dataclass(frozen=True)
class BorderSeries:
    """A chart: the figures of a region, for itself or for the smaller ones in it that have none of their own."""

    code: str
    name: str
    country: str
    stands_for: Sequence[Row]
    points: Sequence[Point]
    newest: Row

    @property
    def is_wider(self) -> bool:
        """Whether it is of a larger region than those that it stands for."""
        return any(row["region_code"] != self.code for row in self.stands_for)


@dataclass(frozen=True)
class BorderTile:
    """A region on the schematic map: its row, its figure in the newest period, and the class that gives its colour."""

    row: Row
    value: float | None
    value_class: ValueClass | None


@dataclass(frozen=True)
class BorderIndicator:
    """An indicator on both sides of the border.

    Attributes:
        indicator: its row in the registry.
        regions: the first row of each region, in the order in which they are shown.
        series: the charts, for all regions with a figure.
        cells: every figure, and every one that lacks, by region and period.
    """

    indicator: Row
    regions: Sequence[Row]
    series: Sequence[BorderSeries]
    cells: Mapping[str, Mapping[str, Row]]

    @property
    def periods(self) -> list[str]:
        """The periods of which any region has a row."""
        return sorted({period for of_region in self.cells.values() for period in of_region})

    @property
    def without(self) -> list[Row]:
        """The regions that have no figure in any period."""
        shown = {row["region_code"] for each in self.series for row in each.stands_for}
        return [row for row in self.regions if row["region_code"] not in shown]

    @property
    def newest_period(self) -> str | None:
        """The newest period with a figure."""
        return max((each.newest["period_code"] for each in self.series), default=None)

    @property
    def in_newest(self) -> list[BorderSeries]:
        """The charts of regions with a figure in that period."""
        return [each for each in self.series if each.newest["period_code"] == self.newest_period]

    @property
    def tiles(self) -> list[BorderTile]:
        """The schematic map of the newest period, north first; none of counts, which follow the size of a region."""
        period = self.newest_period
        rows = [self.cells[row["region_code"]].get(period or "", row) for row in self.regions]
        if not period or not is_relative(self.indicator) or any(row.get("map_row") is None for row in rows):
            return []
        known = {row["region_code"]: row["value"] if row["period_code"] == period else None for row in rows}
        decimals = self.indicator["decimals"]
        classes = classify(list(known.values()), "equal", decimals)
        tiles = [
            BorderTile(row, known[row["region_code"]], classes.class_of(known[row["region_code"]])) for row in rows
        ]
        return sorted(tiles, key=lambda tile: (tile.row["map_row"], tile.row["map_column"]))

    @property
    def gaps(self) -> dict[str, list[Row]]:
        """The regions without a figure in the newest period, by the reason."""
        found: dict[str, list[Row]] = {}
        for region in self.regions:
            row = self.cells.get(region["region_code"], {}).get(self.newest_period or "")
            if row is not None and row["value"] is None:
                reason = row["gap"] if row["value_status"] == "missing" else row["value_status"]
                found.setdefault(reason, []).append(row)
        return found


def border_slugs(release: ReleaseContext) -> dict[str, str]:
    """Returns how an address names each region across the border: by its kind, if it is the only one of that."""
    regions = release.registry.regions
    codes = [code for code in release.relations.across_border if code in regions and _is_whole(release, code)]
    kinds = [regions[code]["scheme"] for code in codes]
    return {
        code: slug_of(kind) if kinds.count(kind) == 1 else release.slugs.regions[code]
        for code, kind in zip(codes, kinds, strict=True)
    }


def _is_whole(release: ReleaseContext, code: str) -> bool:
    return any(row["region_group"] == code for row in release.relations.across_border[code])


def border_named(release: ReleaseContext, asked: str) -> str | None:
    """Returns the code of the border region that an address means: by its slug, its code or one of its names."""
    slugs = border_slugs(release)
    for code, slug in slugs.items():
        scheme = release.registry.regions[code]["scheme"]
        if slug_of(asked) == slug or release.slugs.region_code(scheme, asked) == code:
            return code
    return None


def border_url(release: ReleaseContext, code: str, lang: str) -> str | None:
    """Returns the page on which a region stands: that of the border region itself, or of one that it is set beside."""
    slugs = border_slugs(release)
    if code not in slugs:
        if code not in release.relations.across_border:
            return None
        group = release.relations.across_border[code][0]["region_group"]
        # A neighbour stands beside every border region.
        code = group if group in slugs else next(iter(slugs), "")
    return page_url("border", lang, border=slugs[code]) if code in slugs else None


def in_order_of_sides(rows: Iterable[Row]) -> list[Row]:
    """Returns the rows of a border region by country and name, those of its neighbours last."""
    return sorted(
        rows, key=lambda row: (row["region_group"] == NEIGHBOUR, row["country"], row["region_name"], row["region_code"])
    )


def border_indicators(rows: Iterable[Row], registry: Registry, order: Sequence[str]) -> list[BorderIndicator]:
    """Returns the indicators of a border region: the first figures in their order, then the others, counts last.

    Args:
        rows: those of `cross_border` for the border region and its neighbours.
        registry: the indicators and the regions.
        order: the indicators that a profile shows first.
    """
    sorted_rows = sorted(in_order_of_sides(rows), key=lambda row: str(row["indicator_id"]))
    found = []
    for name, group in groupby(sorted_rows, key=lambda row: str(row["indicator_id"])):
        found.append(_indicator(registry.indicators[name], list(group), registry))
    places = {name: place for place, name in enumerate(order)}

    def place_of(each: BorderIndicator) -> tuple[int, bool, str, str]:
        name = each.indicator["indicator_id"]
        return places.get(name, len(places)), not is_relative(each.indicator), each.indicator["theme"], name

    return sorted(found, key=place_of)


def _indicator(indicator: Row, rows: Sequence[Row], registry: Registry) -> BorderIndicator:
    cells: dict[str, dict[str, Row]] = {}
    first: dict[str, Row] = {}
    of_figures: dict[str, list[Row]] = {}
    for row in rows:
        first.setdefault(row["region_code"], row)
        cells.setdefault(row["region_code"], {})[row["period_code"]] = row
    for code, by_period in cells.items():
        known = {row["figure_region_code"] for row in by_period.values() if row["figure_region_code"]}
        for figure_code in known:
            of_figures.setdefault(figure_code, []).append(first[code])
    series = [_series(code, regions, cells, indicator, registry) for code, regions in of_figures.items()]
    return BorderIndicator(indicator, list(first.values()), series, cells)


def _series(
    code: str, regions: Sequence[Row], cells: Mapping[str, Mapping[str, Row]], indicator: Row, registry: Registry
) -> BorderSeries:
    rows = sorted(cells[regions[0]["region_code"]].values(), key=lambda row: registry.periods.order(row["period_code"]))
    days = [registry.periods.first_day(row["period_code"]) for row in rows]
    breaks = registry.breaks_of(indicator["indicator_id"], code)
    begun = series_begin(zip(days, (row["value"] for row in rows), strict=True), breaks)
    points = [
        of_year(row["year"], row["value"], row["value_status"], is_break)
        for row, is_break in zip(rows, begun, strict=True)
    ]
    newest = [row for row in rows if row["value"] is not None][-1]
    return BorderSeries(code, registry.regions[code]["name"], regions[0]["country"], regions, points, newest)


def say_sides(found: BorderIndicator, period: str, countries: Mapping[str, str], lang: str, words: Words) -> str:
    """Returns what an indicator says of the regions: the highest and the lowest, or why that cannot be said.

    Counts get no places, nor does a sample survey whose margins are unknown; and figures of one country are no
    comparison across the border.

    Args:
        found: the indicator.
        period: its newest period, in words.
        countries: the name of each country.
        lang: the language.
        words: a text of the group `border_sentences` in the language.
    """
    known = found.in_newest
    if not known:
        return words("none")
    there = {each.country for each in known}
    if len(there) == 1:
        return words("one_side").format(country=countries[there.pop()], period=period)
    ranked = sorted(known, key=lambda each: each.newest["value"])
    low, high = ranked[0], ranked[-1]
    numbers = {
        "low": with_unit(low.newest["value"], found.indicator, lang, is_short=True),
        "high": with_unit(high.newest["value"], found.indicator, lang, is_short=True),
        "count": format_number(len(known), 0, lang),
        "period": period,
    }
    if numbers["low"] == numbers["high"]:
        return words("same").format(**numbers)
    if not is_relative(found.indicator):
        return words("counts").format(**numbers)
    if found.indicator["interval_kind"] == "unknown":
        return words("unsure").format(**numbers)
    return words("range").format(**numbers, lowest=low.name, highest=high.name)
