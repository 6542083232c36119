"""What the Excel file of a region says, as sheets: its figures by year, beside others, and their meaning.

Belongs here: which figures are on which sheet, in which words. Not here: sheets and their file: `portal.workbook`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from datasette.app import Datasette

from portal.book_parts import explanation, heads, label_of, make_book, ordered, words
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figure_page import figure_of
from portal.formats import format_period
from portal.pages import MUNICIPALITY
from portal.rows import read_rows
from portal.sentences import ToldFigure, is_relative
from portal.workbook import Book, BookSheet, SheetRow

OF_REGIONS = """
select indicator_id, region_code, period_code, value, value_status, boundary_method, lower, upper
from observations_on_boundaries
where boundary_year = :boundary_year and is_over and region_code in (select value from json_each(:codes))
"""
# `asked` has a period for each indicator.
IN_PERIODS = """
select o.indicator_id, o.region_code, o.value
from json_each(:asked) as a cross join json_each(:codes) as c cross join observations_on_boundaries as o
    on o.indicator_id = a.key and o.region_code = c.value and o.period_code = a.value
where o.boundary_year = :boundary_year and o.value is not null
"""
SIMILAR = """
select peer_code as region_code from similar_municipalities
where region_code = :region and similarity_kind = 'economy' order by similarity_rank
"""
# The sentences above the explanation.
EXPLAINED = ("release", "empty", "year", "boundaries", "whole", "cite")
# A sheet with more columns than these is no comparison that anybody reads.
MOST_BESIDE = 45


@dataclass
class RegionSeries:
    """The figures of an indicator in a region and in the country, by period."""

    own: dict[str, ToldFigure] = field(default_factory=dict)
    country: dict[str, ToldFigure] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """Why there is no figure in a period: its status."""


async def read_region_book(datasette: Datasette, region: Row, lang: str, theme: str | None = None) -> Book:
    """Returns the sheets of a region: its figures by year, beside others, and how to read them.

    With a `theme`, only the figures on it.
    """
    maker = _Maker(context_of(datasette), region, lang)
    series = maker.series(await maker.rows(datasette, OF_REGIONS, codes=json.dumps([region["region_code"], COUNTRY])))
    shown = {key: each for key, each in series.items() if each.own and maker.is_on(theme, key)}
    asked = {key: maker.newest(each) for key, each in shown.items() if is_relative(maker.indicators[key])}
    others = await maker.others(datasette)
    beside = await maker.rows(datasette, IN_PERIODS, asked=json.dumps(asked), codes=json.dumps([*others, COUNTRY]))
    figures = {(row["indicator_id"], row["region_code"]): row["value"] for row in beside}
    sheets = [maker.overview(shown)]
    if others:
        sheets.append(maker.comparison(shown, asked, others, figures))
    sheets.append(explanation(maker.release, shown, EXPLAINED, lang))
    title = maker.release.text("extract", "title", lang).format(name=region["name"], code=region["region_code"])
    if theme:
        title = f"{title}, {maker.release.text('themes', theme, lang)}"
    return make_book(maker.release, title, sheets, lang)


class _Maker:
    """Puts the figures of one region into sheets, in one language."""

    def __init__(self, release: ReleaseContext, region: Row, lang: str) -> None:
        self.release, self.region, self.lang = release, region, lang
        self.indicators, self.periods = release.registry.indicators, release.registry.periods
        self.boundary_year = release.registry.boundary_year

    def words(self, key: str) -> str:
        return words(self.release, key, self.lang)

    def is_on(self, theme: str | None, key: str) -> bool:
        """Whether an indicator is on a theme, or any will do."""
        return theme is None or self.indicators[key]["theme"] == theme

    async def rows(self, datasette: Datasette, sql: str, **more: str) -> list[Row]:
        return await read_rows(datasette, sql, {"boundary_year": self.boundary_year, **more})

    async def others(self, datasette: Datasette) -> list[str]:
        """The regions beside which it is laid: the municipalities most like it, or all others of its kind."""
        code, scheme = self.region["region_code"], self.region["scheme"]
        if scheme == MUNICIPALITY:
            return [row["region_code"] for row in await read_rows(datasette, SIMILAR, {"region": code})]
        regions = self.release.registry.regions.values()
        alike = [row["region_code"] for row in regions if row["scheme"] == scheme and row["is_current"]]
        return [each for each in alike if each != code] if len(alike) <= MOST_BESIDE else []

    def series(self, rows: Sequence[Row]) -> dict[str, RegionSeries]:
        found: dict[str, RegionSeries] = {}
        for row in rows:
            series, period = found.setdefault(row["indicator_id"], RegionSeries()), row["period_code"]
            is_own = row["region_code"] == self.region["region_code"]
            if row["value"] is not None:
                (series.own if is_own else series.country)[period] = figure_of(row, self.period(period))
            elif is_own:
                series.absent[period] = row["value_status"]
        return found

    def newest(self, series: RegionSeries) -> str:
        return max(series.own, key=self.periods.order)

    def period(self, code: str) -> str:
        return format_period(code, self.release.texts["periods"], self.lang)

    def by_year(self, series: RegionSeries) -> dict[int, str]:
        """The period that stands for each year: the year itself, or else the last one in it with a figure."""
        codes = sorted(series.own, key=self.periods.order)
        kept = [code for code in codes if self.periods.is_annual(code)] or codes
        return {year: code for code in kept if (year := self.periods.year_of(code))}

    def label(self, key: str) -> tuple[str, str]:
        return label_of(self.release, key, self.lang)

    def heads(self, *keys: str) -> list[str]:
        return heads(self.release, self.lang, *keys)

    def overview(self, shown: Mapping[str, RegionSeries]) -> BookSheet:
        """Its figures by year."""
        years = sorted({year for series in shown.values() for year in self.by_year(series)})
        rows = []
        for theme, key in ordered(self.release, shown, self.lang):
            series, newest = shown[key], self.newest(shown[key])
            chosen = self.by_year(series)
            values = [series.own[chosen[year]].value if year in chosen else None for year in years]
            country = series.country.get(newest) if is_relative(self.indicators[key]) else None
            beside = country.value if country and self.region["region_code"] != COUNTRY else None
            told = (self.period(newest), series.own[newest].value, beside, self.remark(key, series, chosen))
            rows.append(SheetRow([theme, *self.label(key), *values, *told], self.indicators[key]["decimals"]))
        header = [*self.heads("theme", "indicator", "unit"), *map(str, years)]
        header += self.heads("period", "newest", "country", "status")
        return BookSheet(self.words("overview"), [self.words("overview_lead")], header, rows, labels=3)

    def remark(self, key: str, series: RegionSeries, chosen: Mapping[int, str]) -> str:
        """Which figures may still change, why some are absent, and from when they are counted differently, in words."""
        breaks = self.release.registry.breaks_of(key, self.region["region_code"])
        told = {code: figure.status for code, figure in series.own.items() if code in chosen.values()}
        told |= {code: status for code, status in series.absent.items() if self.periods.is_annual(code)}
        periods: dict[str, list[str]] = {}
        for code in sorted(told, key=self.periods.order):
            if told[code] != "final":
                periods.setdefault(told[code], []).append(self.period(code))
        titles = {status: self.release.text("statuses", status, self.lang) for status in periods}
        said = [f"{titles[status]}: {', '.join(when)}" for status, when in periods.items()]
        years = [str(day.year) for day in sorted(breaks) if day.year > min(chosen)]
        return "; ".join([*said, *(self.words("break").format(year=year) for year in years)])

    def comparison(
        self,
        shown: Mapping[str, RegionSeries],
        asked: Mapping[str, str],
        others: Sequence[str],
        figures: Mapping[tuple[str, str], float],
    ) -> BookSheet:
        """Its newest figures beside those of others in the same period."""
        regions = self.release.registry.regions
        rows = []
        for _, key in ordered(self.release, asked, self.lang):
            own = shown[key].own[asked[key]].value
            values = [figures.get((key, code)) for code in (COUNTRY, *others)]
            cells = [*self.label(key), self.period(asked[key]), own, *values]
            rows.append(SheetRow(cells, self.indicators[key]["decimals"]))
        is_similar = self.region["scheme"] == MUNICIPALITY
        kind = self.release.text("scheme_plurals", self.region["scheme"], self.lang)
        title = self.words("similar") if is_similar else self.words("others")
        lead = self.words("similar_lead" if is_similar else "others_lead").format(regions=kind)
        header = [*self.heads("indicator", "unit", "period"), self.region["name"], self.words("country")]
        header += [regions[code]["name"] for code in others]
        return BookSheet(title, [lead, self.words("no_places")], header, rows, labels=3)
