"""What is known about one figure: an indicator in a region, through time and among others, as its page shows it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import quantiles
from typing import Any

from datasette.app import Datasette

from portal.citations import Citation
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.figures import newest, through_time
from portal.formats import format_period
from portal.pages import FROZEN, MUNICIPALITY
from portal.peer_groups import EVERYONE, groups_among
from portal.registry import each_once
from portal.rows import read_rows
from portal.sentences import (
    Place,
    ToldFigure,
    is_relative,
    say_all,
    say_before,
    say_beside_country,
    say_figure,
    say_place,
)
from portal.series import ChartTarget, Drawn, Line, MiddleHalf, Point, runs, usual_step
from portal.strips import Spread

SUBSIDIES = "subsidies"
# Of fewer there is no middle half.
FEWEST_PEERS = 4

SERIES = """
select region_code, period_code, year, value, value_status, is_over, boundary_method, boundary_year, lower, upper
from observations_on_boundaries
where indicator_id = :indicator and boundary_year = :boundary_year
    and region_code in (select value from json_each(:codes))
order by region_code, period_code
"""
# Of a group only what its middle half is made of, a period to a row: it may be all municipalities.
OF_GROUP = """
select period_code, json_group_array(value) as figures from observations_on_boundaries
where indicator_id = :indicator and boundary_year = :boundary_year and is_over and value is not null
    and region_code in (select value from json_each(:codes))
group by period_code
"""
BASELINE = "select * from baseline where region_code = :region and indicator_id = :indicator"
PEERS = "select * from baseline_peers where region_code = :region and indicator_id = :indicator"
SIMILAR = """
select peer_code as region_code from similar_municipalities where region_code = :region and similarity_kind = :kind
"""
# From the regions to their groups, so that every row is looked up by its key.
MEMBERS = """
select r.region_code from regions as r cross join baseline_peers as p on p.region_code = r.region_code
    and p.indicator_id = :indicator and p.peer_group = :peer_group and p.peer_group_code = :peer_group_code
where r.scheme = 'municipality' and r.region_code <> :region
"""
GOALS = "select distinct target_value from goals where indicator_id = :indicator and target_value is not null"
PLAN = "select * from plan_monitor where region_code = :region and indicator_id = :indicator"
BREAKS = """
select b.period_code, max(k.text_nl) as text_nl, max(k.text_en) as text_en from series_breaks as b
left join known_breaks as k on k.indicator_id = b.part_id and k.period_code = b.period_code
where b.indicator_id = :indicator and b.region_code = :region group by b.period_code order by b.period_code
"""
REGISTERS = "select distinct dataset_id from subsidies where region_code = :region"


@dataclass(frozen=True)
class Group:
    """The group that the figure is laid beside: its name, its members, and their middle half in each period."""

    name: str
    members: frozenset[str]
    quarters: Mapping[date, tuple[float, float, float]]
    """By the first day of a period: the lowest quarter, the middle and the highest quarter."""


@dataclass(frozen=True)
class FigurePage:
    """All about one figure; `points` are the periods that are over, of the kind of the newest one."""

    region: Row
    indicator: Row
    period_code: str
    method: str
    figure: ToldFigure
    points: Sequence[Point]
    country: Sequence[Point]
    place: Place | None
    spread: Spread | None
    group: Group | None
    choices: Sequence[str]
    targets: Sequence[ChartTarget]
    breaks: Sequence[Row]
    sources: Sequence[Row]
    sentence: str

    @property
    def period(self) -> str:
        """The newest period, in words."""
        return self.figure.period

    @property
    def label(self) -> str:
        """The name of the region as a label begins with it."""
        name = str(self.region["short_name"])
        return name[:1].upper() + name[1:]

    def drawn(self, country: str, band: str, *, has_names: bool) -> Drawn:
        """Returns what the chart shows; `country` and `band` are the names of those."""
        lines = [Line(self.label, self.points, "own-figure")]
        if self.country:
            lines.insert(0, Line(country, self.country, "country-figure", 1, has_whiskers=False))
        days = {point.day for point in self.points}
        quarters = sorted(self.group.quarters.items()) if self.group else []
        spans = [(day, low, high) for day, (low, _, high) in quarters if day in days]
        return Drawn(lines, MiddleHalf(band, spans) if spans else None, self.targets, has_names)


class _Reader:
    """Reads the rows about one figure."""

    def __init__(self, datasette: Datasette, release: ReleaseContext, region: Row, indicator: Row) -> None:
        self.datasette, self.release, self.region, self.indicator = datasette, release, region, indicator
        self.boundary_year = release.registry.boundary_year

    async def rows(self, sql: str, **more: Any) -> list[Row]:
        keys = {"region": self.region["region_code"], "indicator": self.indicator["indicator_id"]}
        return await read_rows(self.datasette, sql, {**keys, "boundary_year": self.boundary_year, **more})

    async def series(self, codes: Sequence[str]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {code: [] for code in codes}
        for row in await self.rows(SERIES, codes=json.dumps(list(codes))):
            found[row["region_code"]].append(row)
        return found

    async def quarters(self, members: Iterable[str], kind: str) -> dict[date, tuple[float, float, float]]:
        """The quarters of the figures of a group, for each period of a kind in which enough of them have one."""
        periods, found = self.release.registry.periods, {}
        for row in await self.rows(OF_GROUP, codes=json.dumps(sorted(members))):
            values: list[float] = json.loads(row["figures"])
            if len(values) >= FEWEST_PEERS and periods.kind_of(row["period_code"]) == kind:
                low, middle, high = quantiles(values, n=4, method="inclusive")
                found[periods.first_day(row["period_code"])] = (low, middle, high)
        return found

    async def members(self, group: str, peers: Mapping[str, Row]) -> frozenset[str]:
        kind = self.release.registry.peer_groups[group]["similarity_kind"]
        if kind:
            found = await self.rows(SIMILAR, kind=kind)
        else:
            found = await self.rows(MEMBERS, peer_group=group, peer_group_code=peers[group]["peer_group_code"])
        return frozenset(row["region_code"] for row in found)

    async def sources(self) -> list[Row]:
        found = self.release.registry.sources_of(self.indicator["indicator_id"])
        if self.region["scheme"] == MUNICIPALITY and any(source["shape"] == SUBSIDIES for source in found):
            own = {row["dataset_id"] for row in await self.rows(REGISTERS)}
            return [source for source in found if source["shape"] != SUBSIDIES or source["dataset_id"] in own]
        return found

    async def targets(self) -> list[ChartTarget]:
        """What the programmes and the plan of the region itself want to reach; the names are keys of texts."""
        wanted = [ChartTarget("target", row["target_value"]) for row in await self.rows(GOALS)]
        for row in await self.rows(PLAN):
            start = None
            if row["base_value"] is not None and row["base_period"]:
                start = (self.release.registry.periods.first_day(row["base_period"]), row["base_value"])
            wanted.append(ChartTarget("plan", row["target_value"], date(row["target_year"], 1, 1), start))
        return wanted


async def read_figure_page(
    datasette: Datasette, release: ReleaseContext, region_code: str, indicator_id: str, asked: str | None, lang: str
) -> FigurePage | None:
    """Returns all about a figure; None if the region has no figure of the indicator.

    `asked` is the group that the reader chose to lay it beside; the first one if it is none of the groups there are.
    """
    registry = release.registry
    region, indicator = named(registry.regions[region_code], release, lang), registry.indicators[indicator_id]
    reader = _Reader(datasette, release, region, indicator)
    course = next(iter(await reader.rows(BASELINE)), None)
    peers = {row["peer_group"]: row for row in await reader.rows(PEERS)}
    choices = groups_among(registry.peer_groups, peers) if is_relative(indicator) else []
    others = [group for group in choices if group != EVERYONE]
    chosen = asked if asked in choices else next(iter([*others, *choices]), None)
    members = await reader.members(chosen, peers) if chosen else frozenset()
    beside = [COUNTRY] if region_code != COUNTRY and is_relative(indicator) else []
    series = await reader.series([region_code, *beside])
    shown = course if course and course["value"] is not None else newest(series[region_code], registry.periods)
    if shown is None:
        return None
    kind = registry.periods.kind_of(shown["period_code"]) or ""

    def points_of(code: str) -> list[Point]:
        breaks = registry.breaks_of(indicator_id, code)
        return through_time(series[code], registry.periods, breaks, kind, release.texts["periods"], lang)

    points = points_of(region_code)
    country = points_of(COUNTRY) if beside else []
    spread = await release.comparisons.spread(datasette, indicator, region["scheme"], shown["period_code"])
    if spread and region_code not in spread.values:
        spread = None
    place = place_of(course, region["scheme"], release, lang)
    figure = figure_of(shown, format_period(shown["period_code"], release.texts["periods"], lang))
    page = FigurePage(
        region=region,
        indicator=indicator,
        period_code=shown["period_code"],
        method=shown["boundary_method"],
        figure=figure,
        points=points,
        country=[point for point in country if points[0].day <= point.day <= points[-1].day] if points else [],
        place=place,
        spread=spread,
        group=Group(chosen, members, await reader.quarters(members, kind)) if chosen else None,
        choices=choices,
        targets=await reader.targets(),
        breaks=await reader.rows(BREAKS),
        sources=await reader.sources(),
        sentence=_sentence(region, indicator, figure, points, country, place, spread, release, lang),
    )
    return page


async def read_all_periods(datasette: Datasette, release: ReleaseContext, page: FigurePage) -> list[Row]:
    """Returns every figure that the page is made from: of the region, the country and the group, in all periods."""
    reader = _Reader(datasette, release, page.region, page.indicator)
    beside = [COUNTRY] if page.country else []
    members = sorted(page.group.members) if page.group else []
    series = await reader.series([page.region["region_code"], *beside, *members])
    return [row for code in series for row in series[code]]


def cite_figure(page: FigurePage, release: ReleaseContext, address: str, url: str, lang: str) -> Citation:
    """Returns what every form of a citation of a figure names, with the address that keeps the figure as it is cited.

    `url` is its page, at the `address` of the portal.
    """
    return Citation(
        key=f"regiokompas-{file_name(url)}-{release.release_id}",
        title=f"{page.indicator[f'title_{lang}']}, {page.region['short_name']}, {page.period}",
        sources=each_once(page.sources, "attribution"),
        licence=each_once(page.sources, "licence"),
        release=release.release_id,
        date=(release.newest_landed_at or "")[:10],
        address=f"{address}{FROZEN}/{release.release_id}{url}",
        notice=dict(release.notice_parts).get(lang, ""),
        lang=lang,
    )


def file_name(url: str) -> str:
    """Returns the name of the files of a figure, of which `url` is the page."""
    return "-".join(url.split("/")[-2:])


def named(region: Row, release: ReleaseContext, lang: str) -> Row:
    """Returns a region with its name as people say it: without what CBS adds to it; the country in the language."""
    is_country = region["region_code"] == COUNTRY
    name = release.text("figure", "country_name", lang) if is_country else region["name"].removesuffix(" (gemeente)")
    return {**region, "short_name": name}


def place_of(course: Row | None, scheme: str, release: ReleaseContext, lang: str) -> Place | None:
    """Returns the place of a figure among the regions of its kind; None if it has none."""
    if course is None or course["rank_from_high"] is None:
        return None
    regions = release.text("scheme_plurals", scheme, lang)
    return Place(course["rank_from_high"], course["rank_from_low"], course["count_all"], regions)


def figure_of(row: Row, period: str) -> ToldFigure:
    """Returns a row of `observations_on_boundaries` as a figure; `period` is its period in words."""
    status = "estimated" if row["boundary_method"] == "split_estimate" else row["value_status"]
    return ToldFigure(row["value"], period, status, row.get("lower"), row.get("upper"))


def _as_figure(point: Point | None) -> ToldFigure | None:
    if point is None or point.value is None:
        return None
    return ToldFigure(point.value, point.period, point.status, point.lower, point.upper)


def _sentence(
    region: Row,
    indicator: Row,
    figure: ToldFigure,
    points: Sequence[Point],
    country: Sequence[Point],
    place: Place | None,
    spread: Spread | None,
    release: ReleaseContext,
    lang: str,
) -> str:
    def words(key: str) -> str:
        return release.text("sentences", key, lang)

    status = release.text("statuses", figure.status, lang)
    same = next((point for point in country if point.period == figure.period), None)
    series = runs(points, usual_step(points)) if points else []
    before = series[-1][-2] if series and len(series[-1]) > 1 and series[-1][-1].period == figure.period else None
    distance = spread.usual_distance if spread else None
    return say_all(
        [
            say_figure(region["short_name"], figure, indicator, status, lang, words),
            say_beside_country(figure, _as_figure(same), indicator, distance, lang, words),
            say_place(place, figure, lang, words),
            say_before(figure, _as_figure(before), indicator, lang, words),
        ]
    )
