"""The questions, answered from the release that is served; what cannot be answered truthfully is refused, with why."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasette.app import Datasette

from portal.assistants.answers import (
    ComparedRegion,
    ComparisonAnswer,
    FigureAnswer,
    FoundIndicator,
    FoundIndicators,
    FoundRegion,
    FoundRegions,
    Language,
    PeriodValue,
    ReleaseAnswer,
    ReleaseNote,
    UsedSource,
)
from portal.citations import as_text
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figure_page import SERIES, cite_figure, figure_of, read_figure_page
from portal.formats import format_period
from portal.pages import page_url
from portal.rows import read_rows
from portal.sentences import Relation, ToldFigure, is_relative, relation
from portal.series import Point

MOST_FOUND = 10
FEWEST_COMPARED, MOST_COMPARED = 2, 45
MOST_ALTERNATIVES = 3
GAP = "select gap from baseline where region_code = :region and indicator_id = :indicator"
HOW_REGIONS = "find_regions finds them by a name, a place or a code."
HOW_INDICATORS = "find_indicators finds them by words."


class UnanswerableError(Exception):
    """A question without a true answer; its text says why, and what can be asked instead."""


@dataclass(frozen=True)
class Assistant:
    """Answers questions about one release, at the address at which it is served, in one language."""

    datasette: Datasette
    address: str
    lang: Language

    @property
    def release(self) -> ReleaseContext:
        """The release that is served."""
        return context_of(self.datasette)

    def find_regions(self, text: str) -> FoundRegions:
        """Returns the regions that a text may mean."""
        found = self.release.find_regions(text)
        shown = [
            FoundRegion(
                region_code=row["region_code"],
                name=row["name"],
                kind=row["scheme"],
                is_current=bool(row["is_current"]),
                is_exact=row["is_exact"],
                place=row["place"],
                page=self._page(self.release.region_url(row["region_code"], self.lang)),
            )
            for row in found[:MOST_FOUND]
        ]
        return FoundRegions(about=self._about(), regions=shown, left_out=len(found[MOST_FOUND:]))

    def find_indicators(self, text: str) -> FoundIndicators:
        """Returns the indicators that a text may mean; all of a theme, if that is what it names."""
        topics, indicators = self.release.find_topics(text), self.release.registry.indicators
        themes = [topic.key for topic in topics if topic.kind == "theme"]
        keys = [topic.key for topic in topics if topic.kind == "indicator"]
        keys += [key for key, row in indicators.items() if row["theme"] in themes and key not in keys]
        shown = [self._indicator(indicators[key]) for key in keys[:MOST_FOUND]]
        return FoundIndicators(about=self._about(), indicators=shown, left_out=len(keys[MOST_FOUND:]))

    async def figure(self, region: str, indicator: str) -> FigureAnswer:
        """Returns an indicator in a region, with all that its page says.

        Raises:
            UnanswerableError: there is no such region or indicator, or no figure of these.
        """
        own, about = self._region(region), self._known_indicator(indicator)
        codes = own["region_code"], about["indicator_id"]
        page = await read_figure_page(self.datasette, self.release, *codes, None, self.lang)
        if page is None:
            raise UnanswerableError(await self._why_none(own, about))
        url = self.release.figure_url(*codes, self.lang)
        citation = cite_figure(page, self.release, self.address, url, self.lang)
        same = next((point for point in page.country if point.period == page.period), None)
        return FigureAnswer(
            about=self._about(),
            sentence=page.sentence,
            region_code=codes[0],
            region=page.region["short_name"],
            indicator_id=codes[1],
            indicator=about[f"title_{self.lang}"],
            unit=about[f"unit_{self.lang}"],
            definition=about[f"definition_{self.lang}"],
            newest=_in_period(page.figure),
            country=_in_period(same) if same else None,
            series=[_in_period(point) for point in page.points],
            begins_anew=[self._period(row["period_code"]) for row in page.breaks],
            boundaries=self.release.registry.boundary_year,
            warnings=self._warnings(about),
            sources=self._sources(page.sources),
            citation=as_text(citation, self.release.texts["figure"]),
            page=self._page(url),
            fixed_page=citation.address,
            picture=self._page(f"{url}.png"),
            csv=self._page(f"{url}.csv"),
        )

    async def comparison(self, indicator: str, regions: Sequence[str]) -> ComparisonAnswer:
        """Returns regions side by side on an indicator, in the newest period that all of them have.

        Raises:
            UnanswerableError: something is not known, or the comparison would not hold: regions of different sizes on a
                count, or regions that have no period in common.
        """
        about, asked = self._known_indicator(indicator), [self._region(text) for text in regions]
        codes = list(dict.fromkeys(row["region_code"] for row in asked))
        if not FEWEST_COMPARED <= len(codes) <= MOST_COMPARED:
            raise UnanswerableError(
                f"A comparison takes {FEWEST_COMPARED} to {MOST_COMPARED} different regions; {len(codes)} were given."
            )
        if not is_relative(about):
            raise UnanswerableError(self._why_not_compared(about))
        series = await self._series(about["indicator_id"], [*codes, COUNTRY])
        period = self._newest_in_common(about, [series[code] for code in codes])
        if period is None:
            raise UnanswerableError(
                f"There is no period in which all of these regions have a figure of {about[f'title_{self.lang}']!r}. "
                "Ask for the figure of each region by itself."
            )
        figures = {code: rows[period] for code, rows in series.items() if period in rows}
        country, first = figures.get(COUNTRY), figures[codes[0]]
        return ComparisonAnswer(
            about=self._about(),
            indicator_id=about["indicator_id"],
            indicator=about[f"title_{self.lang}"],
            unit=about[f"unit_{self.lang}"],
            period=self._period(period),
            country=_in_period(country) if country else None,
            regions=[
                ComparedRegion(
                    region_code=code,
                    name=self.release.registry.regions[code]["name"],
                    figure=_in_period(figures[code]),
                    beside_country=_relation(figures[code], country, about) if code != COUNTRY else None,
                    beside_first=_relation(figures[code], first, about) if code != codes[0] else None,
                    page=self._page(self.release.figure_url(code, about["indicator_id"], self.lang)),
                )
                for code in codes
            ],
            remarks=self._remarks(about, [figures[code] for code in codes], codes),
            sources=self._sources(self.release.registry.sources_of(about["indicator_id"])),
            page=self._page(page_url("indicator", self.lang, indicator=about["indicator_id"])),
        )

    def overview(self) -> ReleaseAnswer:
        """Returns what there is to ask."""
        registry = self.release.registry
        kinds = [row["scheme"] for row in registry.regions.values() if row["is_current"]]
        themes: dict[str, list[str]] = {}
        for row in registry.indicators.values():
            themes.setdefault(self.release.text("themes", row["theme"], self.lang), []).append(
                row[f"title_{self.lang}"]
            )
        return ReleaseAnswer(
            about=self._about(),
            regions={kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
            themes=themes,
            documentation=self._page(page_url("doc", self.lang, name="api")),
            licence=self.release.text("assistants", "licence", self.lang),
        )

    def _region(self, text: str) -> Row:
        """The region that a text names exactly, as it is now."""
        found = self.release.find_regions(text)
        if found and found[0]["is_exact"]:
            row: Row = found[0]
            if row["is_current"]:
                return row
            code = row["region_code"]
            heirs = self.release.registry.heirs.get(code, [])
            heirs = heirs or [heir for heir in (self.release.registry.successors.get(code),) if heir]
            raise UnanswerableError(f"{row['name']} ({code}) does not exist any more; it is now {self._names(heirs)}.")
        near = self._names(row["region_code"] for row in found[:MOST_FOUND])
        raise UnanswerableError(f"No region is called {text!r}. " + (f"Near it are {near}." if near else HOW_REGIONS))

    def _known_indicator(self, text: str) -> Row:
        """The indicator with that id, or with that title."""
        indicators = self.release.registry.indicators
        if text in indicators:
            return indicators[text]
        wanted = text.strip().lower()
        for row in indicators.values():
            if wanted in (row["title_nl"].lower(), row["title_en"].lower()):
                return row
        near = [topic.key for topic in self.release.find_topics(text) if topic.kind == "indicator"][:MOST_FOUND]
        told = f"Near it are {', '.join(near)}." if near else HOW_INDICATORS
        raise UnanswerableError(f"No indicator has the id or title {text!r}. {told}")

    async def _why_none(self, region: Row, about: Row) -> str:
        keys = {"region": region["region_code"], "indicator": about["indicator_id"]}
        found = await read_rows(self.datasette, GAP, keys)
        why = self.release.text("gaps", found[0]["gap"], self.lang) if found and found[0]["gap"] else ""
        said = f"There is no figure of {about[f'title_{self.lang}']!r} for {region['name']}."
        return f"{said} {why}." if why else said

    def _why_not_compared(self, about: Row) -> str:
        registry = self.release.registry
        rates = [name for name in registry.used_in(about["indicator_id"]) if is_relative(registry.indicators[name])]
        said = f"{about[f'title_{self.lang}']!r} says how large a region is, so regions cannot be compared on it."
        return f"{said} These can: {', '.join(rates[:MOST_ALTERNATIVES])}." if rates else said

    async def _series(self, indicator_id: str, codes: Sequence[str]) -> dict[str, dict[str, ToldFigure]]:
        """The known figures of periods that are over, by region and period."""
        registry = self.release.registry
        keys = {"indicator": indicator_id, "boundary_year": registry.boundary_year, "codes": json.dumps(codes)}
        found: dict[str, dict[str, ToldFigure]] = {code: {} for code in codes}
        for row in await read_rows(self.datasette, SERIES, keys):
            if row["value"] is not None and row["is_over"]:
                found[row["region_code"]][row["period_code"]] = figure_of(row, self._period(row["period_code"]))
        return found

    def _newest_in_common(self, about: Row, series: Sequence[dict[str, ToldFigure]]) -> str | None:
        periods = self.release.registry.periods
        common = set.intersection(*(set(rows) for rows in series))
        if about["is_annual"]:
            common = {code for code in common if periods.kind_of(code) == "year"}
        return max(common, key=lambda code: (periods.first_day(code), code), default=None)

    def _remarks(self, about: Row, figures: Sequence[ToldFigure], codes: Sequence[str]) -> list[str]:
        """What a reader of the comparison must know."""
        kinds = {self.release.registry.regions[code]["scheme"] for code in codes}
        keys = {
            "survey": about["interval_kind"] == "unknown",
            "not_final": any(figure.status != "final" for figure in figures),
            "kinds": len(kinds) > 1,
        }
        said = [self.release.text("assistants", key, self.lang) for key, holds in keys.items() if holds]
        return [*said, *self._warnings(about)]

    def _warnings(self, about: Row) -> list[str]:
        names = filter(None, (about["usage_warnings"] or "").split(";"))
        return [self.release.text("usage_warning_texts", name, self.lang) for name in names]

    def _indicator(self, row: Row) -> FoundIndicator:
        return FoundIndicator(
            indicator_id=row["indicator_id"],
            title=row[f"title_{self.lang}"],
            unit=row[f"unit_{self.lang}"],
            definition=row[f"definition_{self.lang}"],
            theme=self.release.text("themes", row["theme"], self.lang),
            is_comparable=is_relative(row),
            warnings=self._warnings(row),
            page=self._page(page_url("indicator", self.lang, indicator=row["indicator_id"])),
        )

    def _sources(self, rows: Sequence[Row]) -> list[UsedSource]:
        return [
            UsedSource(
                dataset_id=row["dataset_id"],
                attribution=row["attribution"],
                licence=row["licence"],
                page=row["homepage_url"],
            )
            for row in rows
        ]

    def _about(self) -> ReleaseNote:
        notice = dict(self.release.notice_parts).get(self.lang)
        return ReleaseNote(release=self.release.release_id, fetched=self.release.newest_landed_at, notice=notice)

    def _period(self, code: str) -> str:
        return format_period(code, self.release.texts["periods"], self.lang)

    def _page(self, path: str) -> str:
        return f"{self.address}{path}"

    def _names(self, codes: Iterable[str]) -> str:
        return ", ".join(f"{self.release.registry.regions[code]['name']} ({code})" for code in codes)


def _relation(one: ToldFigure, other: ToldFigure | None, about: Row) -> Relation | None:
    return relation(one, other, about) if other else None


def _in_period(figure: ToldFigure | Point) -> PeriodValue:
    return PeriodValue(
        period=figure.period, value=figure.value, status=figure.status, lower=figure.lower, upper=figure.upper
    )
