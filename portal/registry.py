"""The lists that pages choose from: indicators, regions, sources and boundary years; read once per process."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeVar

from datasette.app import Datasette

from portal.csv_text import Row
from portal.periods import Calendar
from portal.regroup import Recipe, Term
from portal.rows import read_rows
from portal.slugs import without_accents

Item = TypeVar("Item")
EUROSTAT = "eurostat"
_ADDITION = re.compile(r"\s*\([^)]*\)$")

REGIONS = "select region_code, name, scheme, is_current, first_boundary_year, last_boundary_year from regions"
PROVINCES = """
select m.municipality_code, p.name from region_membership as m
join regions as p using (region_code)
where m.scheme = 'province' and m.valid_to is null
"""
HEIRS = """
select source_code, target_code, share_from = 0 and share_to = 1 as is_whole from boundary_transitions
where boundary_year = (select max(boundary_year) from observations_on_boundaries) and source_code <> target_code
order by source_code, share_to - share_from desc, target_code
"""
BOUNDARY_YEARS = "select distinct boundary_year from boundary_transitions order by boundary_year desc"
PLACES = "select * from places where current_municipality_code is not null"
TERMS = "select indicator_id, side, term_id, sign from indicator_terms order by indicator_id, side, term_order"
PUBLISHED_BOUNDARY_YEARS = "select distinct boundary_year from observations_on_boundaries order by boundary_year desc"
ONGOING = """
select distinct indicator_id, period_code from observations_on_boundaries
where not is_over and boundary_year = (select max(boundary_year) from observations_on_boundaries)
"""
BREAKS = "select distinct indicator_id, region_code, period_code from series_breaks"
PEER_GROUPS = "select * from peer_groups order by group_order"
LABOUR_REGIONS = "select distinct region_code from labour_tension"


@dataclass(frozen=True)
class Registry:
    """What readers can choose from; `places` are those in a present municipality, by their folded name;
    `postcodes` have the present municipalities that each lies in, the one with most of its addresses first.

    `successors` has the present municipality that each former one went into as a whole, `heirs` the present ones that
    each divided municipality was split among, largest part first. `datasets` has the source tables of each indicator,
    `terms` what each one is computed from, by side, `labour_regions` the regions with a labour market page,
    `peer_groups` the groups in which a municipality is compared, `ongoing` the periods of each indicator that were not
    over when its figures were fetched, and `breaks` the days on which the series of each indicator breaks, by region.
    """

    indicators: Mapping[str, Row]
    regions: Mapping[str, Row]
    sources: Mapping[str, Row]
    provinces: Mapping[str, str]
    places: Mapping[str, Mapping[str, str]]
    postcodes: Mapping[str, Sequence[str]]
    successors: Mapping[str, str]
    heirs: Mapping[str, list[str]]
    datasets: Mapping[str, Sequence[str]]
    programmes: Mapping[str, Row]
    labour_regions: Set[str]
    peer_groups: Mapping[str, Row]
    terms: Mapping[str, Mapping[str, tuple[Term, ...]]]
    periods: Calendar
    ongoing: Mapping[str, Set[str]]
    breaks: Mapping[str, Mapping[str, Set[date]]]
    boundary_years: Sequence[int]
    published_boundary_years: Sequence[int]

    @property
    def boundary_year(self) -> int:
        """The newest year on whose boundaries the release has figures; 0 if it has none."""
        return next(iter(self.published_boundary_years), 0)

    def sources_of(self, *indicator_ids: str) -> list[Row]:
        """The source tables of indicators, each once."""
        names = sorted({name for each in indicator_ids for name in self.datasets.get(each, ())})
        return [self.sources[name] for name in names]

    def described(self, indicator_id: str, lang: str) -> Row:
        """The cells about an indicator in the rows of a file: its title and unit, and what its sources ask for."""
        indicator, sources = self.indicators[indicator_id], self.sources_of(indicator_id)
        about = {"indicator": indicator[f"title_{lang}"], "unit": indicator[f"unit_{lang}"]}
        return about | {name: each_once(sources, name) for name in ("attribution", "licence")}

    def breaks_of(self, indicator_id: str, *region_codes: str) -> Set[date]:
        """The days on which the series of an indicator breaks in any of some regions."""
        by_region = self.breaks.get(indicator_id, {})
        return {day for code in region_codes for day in by_region.get(code, ())}

    def recipes(self, region_codes: Sequence[str]) -> list[Recipe]:
        """How each indicator is computed for some regions together."""
        return [self.recipe(indicator_id, *region_codes) for indicator_id in self.indicators]

    def recipe(self, indicator_id: str, *region_codes: str) -> Recipe:
        """How an indicator is computed; its series breaks where that of any of the regions does."""
        row, terms = self.indicators[indicator_id], self.terms.get(indicator_id, {})
        return Recipe(
            indicator_id=indicator_id,
            kind=row["kind"],
            formula=row["formula"],
            decimals=row["decimals"],
            numerator=terms.get("numerator", ()),
            denominator=terms.get("denominator", ()),
            factor=row["factor"],
            lag_years=row["lag_years"],
            is_annual=bool(row["is_annual"]),
            is_land=bool(row["is_land"]),
            breaks=frozenset(self.breaks_of(indicator_id, *region_codes)),
        )

    def used_in(self, indicator_id: str) -> list[str]:
        """The ids of the indicators that are computed from this one."""
        return sorted(
            other
            for other, sides in self.terms.items()
            if any(term.indicator_id == indicator_id for terms in sides.values() for term in terms)
        )


def _newest(listed: Iterable[Row]) -> list[Row]:
    """The rows of the newest year."""
    rows = list(listed)
    year = max((row["boundary_year"] for row in rows), default=None)
    return [row for row in rows if row["boundary_year"] == year]


async def read_registry(datasette: Datasette) -> Registry:
    """Returns the lists of the release that this process serves."""

    async def rows(sql: str) -> list[Row]:
        return await read_rows(datasette, sql)

    places: dict[str, dict[str, str]] = {}
    postcodes: dict[str, list[str]] = {}
    listed = await rows(PLACES)
    for row in _newest(row for row in listed if not row["place_code"].isdigit()):
        places.setdefault(row["current_municipality_code"], {})[fold(row["name"])] = row["name"]
    for row in sorted(
        _newest(row for row in listed if row["place_code"].isdigit()), key=lambda r: -r["addresses_count"]
    ):
        within = postcodes.setdefault(row["name"], [])
        within += [code for code in [row["current_municipality_code"]] if code not in within]
    successors: dict[str, str] = {}
    heirs: dict[str, list[str]] = {}
    for row in await rows(HEIRS):
        if row["is_whole"]:
            successors[row["source_code"]] = row["target_code"]
        else:
            heirs.setdefault(row["source_code"], []).append(row["target_code"])
    datasets: dict[str, list[str]] = {}
    for row in await rows("select indicator_id, dataset_id from indicator_sources order by 1, 2"):
        datasets.setdefault(row["indicator_id"], []).append(row["dataset_id"])
    terms: dict[str, dict[str, tuple[Term, ...]]] = {}
    for row in await rows(TERMS):
        sides = terms.setdefault(row["indicator_id"], {})
        sides[row["side"]] = (*sides.get(row["side"], ()), Term(row["term_id"], row["sign"]))
    ongoing: dict[str, set[str]] = {}
    for row in await rows(ONGOING):
        ongoing.setdefault(row["indicator_id"], set()).add(row["period_code"])
    calendar = Calendar(await rows("select * from periods"))
    breaks: dict[str, dict[str, set[date]]] = {}
    for row in await rows(BREAKS):
        days = breaks.setdefault(row["indicator_id"], {}).setdefault(row["region_code"], set())
        days.add(calendar.first_day(row["period_code"]))
    return Registry(
        indicators={row["indicator_id"]: row for row in await rows("select * from indicators")},
        regions={row["region_code"]: row for row in await rows(REGIONS)},
        sources={row["dataset_id"]: row for row in await rows("select * from sources")},
        provinces={row["municipality_code"]: row["name"] for row in await rows(PROVINCES)},
        places=places,
        postcodes=postcodes,
        successors=successors,
        heirs=heirs,
        datasets=datasets,
        programmes={row["programme_id"]: row for row in await rows("select * from programmes")},
        labour_regions={row["region_code"] for row in await rows(LABOUR_REGIONS)},
        peer_groups={row["peer_group"]: row for row in await rows(PEER_GROUPS)},
        terms=terms,
        periods=calendar,
        ongoing=ongoing,
        breaks=breaks,
        boundary_years=[row["boundary_year"] for row in await rows(BOUNDARY_YEARS)],
        published_boundary_years=[row["boundary_year"] for row in await rows(PUBLISHED_BOUNDARY_YEARS)],
    )


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Returns text without accents, capitals and the suffix that CBS adds to a name, `(gemeente)`."""
    return without_accents(_ADDITION.sub("", text.strip()))


def by_theme(items: Iterable[Item], themes: Iterable[str], theme_of: Callable[[Item], str]) -> dict[str, list[Item]]:
    """Returns items by theme, in the order of the given themes; any other theme comes last."""
    listed = list(items)
    order = dict.fromkeys([*themes, *sorted({theme_of(item) for item in listed})])
    grouped = {theme: [item for item in listed if theme_of(item) == theme] for theme in order}
    return {theme: members for theme, members in grouped.items() if members}


def in_order(rows: Iterable[Row], schemes: Iterable[str]) -> list[Row]:
    """Returns rows by kind of region; kinds that the release does not list come last."""
    places = {scheme: place for place, scheme in enumerate(schemes)}
    return sorted(rows, key=lambda row: places.get(row["scheme"], len(places)))


def table_number(source: Row) -> str:
    """Returns the number or code that the publisher itself gives a table; empty for a table that only we named."""
    table = str(source["table_id"])
    return table if table[0].isdigit() or source["publisher"] == EUROSTAT else ""


def each_once(sources: Iterable[Row], column: str) -> str:
    """Returns the distinct values of sources in a column as one text, such as their attributions or licences."""
    return "; ".join(dict.fromkeys(source[column] for source in sources))
