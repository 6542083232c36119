"""All figures of a region of some indicators: beside the country and a group of municipalities, and what is missing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datasette.app import Datasette

from portal.context import context_of
from portal.csv_text import Row
from portal.figures import Figure, figures_of
from portal.headlines import country_beside
from portal.peer_groups import groups_among, shown_groups
from portal.profile import is_compared
from portal.rows import read_rows

SUBSIDIES = "subsidies"
BASELINE = """
select b.indicator_id, b.period_code, b.value, b.lower, b.upper, b.value_status, b.boundary_method, b.national_period,
    b.is_behind, b.trend_unit, b.change_1y, b.change_5y, b.trend_method, b.trend, b.trend_judgement,
    b.rank_from_high, b.rank_from_low, b.count_all, b.gap
from json_each(:indicators) as i cross join baseline as b on b.region_code = :code and b.indicator_id = i.value
"""
# Only for regions that the baseline does not have: those of Eurostat.
FIGURES = """
select o.indicator_id, o.period_code, o.year, o.value, o.value_status, o.is_over, o.boundary_method
from json_each(:indicators) as i cross join observations_on_boundaries as o
    on o.indicator_id = i.value and o.region_code = :code and o.boundary_year = :boundary_year
"""
PLAN = "select * from plan_monitor where region_code = :code order by target_year, indicator_id"
GROUPS = "select distinct peer_group from baseline_peers where region_code = :code"
PEERS = """
select p.indicator_id, p.peer_group, p.rank_from_high, p.rank_from_low, p.peers_count, p.median
from json_each(:indicators) as i cross join json_each(:groups) as g cross join baseline_peers as p
    on p.region_code = :code and p.indicator_id = i.value and p.peer_group = g.value
"""


@dataclass(frozen=True)
class RegionFigures:
    """The figures of a region, and the indicators that it has none of.

    `shown` are the groups that they are compared in, as templates take them.
    """

    figures: Mapping[str, Figure]
    missing: list[Row]
    shown: Mapping[str, Any]

    def rates(self) -> list[Figure]:
        """The figures that are laid beside those of other regions."""
        return [figure for figure in self.figures.values() if figure.indicator["is_relative"]]

    def counts(self) -> list[Figure]:
        """The figures whose size is that of the region."""
        return [figure for figure in self.figures.values() if not figure.indicator["is_relative"]]

    def columns(self) -> dict[str, Any]:
        """What a table of them has columns for, and the figure whose chart a shared link shows."""
        return {
            "pictured": next((each.indicator["indicator_id"] for each in self.rates()), None),
            "has_country": any(figure.country for figure in self.figures.values()),
            "has_peers": any(figure.peers for figure in self.figures.values()),
            "has_places": any(_has_place(figure) for figure in self.figures.values()),
            **self.shown,
        }


def _has_place(figure: Figure) -> bool:
    # The country is the only one of its kind.
    return bool(figure.course and figure.course["rank_from_high"] and figure.course["count_all"] > 1)


async def read_region_figures(
    datasette: Datasette, region: Row, names: Iterable[str], group: str | None
) -> RegionFigures:
    """Returns the figures of a region of some indicators, beside a group that a reader asked for."""
    release = context_of(datasette)
    registry, code = release.registry, region["region_code"]
    keys = {"code": code, "boundary_year": registry.boundary_year, "indicators": json.dumps(list(names))}
    baseline = {row["indicator_id"]: row for row in await read_rows(datasette, BASELINE, keys)}
    observations = [] if baseline else await read_rows(datasette, FIGURES, keys)
    known = await read_rows(datasette, GROUPS, keys) if is_compared(region) else []
    shown = shown_groups(groups_among(registry.peer_groups, (row["peer_group"] for row in known)), group)
    asked = {**keys, "groups": json.dumps(shown["shown_peers"])}
    peers = await read_rows(datasette, PEERS, asked) if known else []

    def sources_of(indicator_id: str) -> list[Row]:
        # For an amount of subsidies only the registers of this region count, and the page links to those itself.
        return [source for source in registry.sources_of(indicator_id) if source["shape"] != SUBSIDIES]

    country = country_beside(release, region)
    figures = figures_of(observations, baseline, peers, registry.indicators, sources_of, country, registry.periods)
    return RegionFigures(figures, [row for row in baseline.values() if row["gap"]], shown)


def in_order(figures: Iterable[Figure], lang: str) -> list[Figure]:
    """Returns figures by their titles."""
    return sorted(figures, key=lambda figure: figure.indicator[f"title_{lang}"].casefold())


def by_reason(missing: Iterable[Row], indicators: Mapping[str, Row], lang: str) -> dict[str, list[Row]]:
    """Returns, by reason, the indicators that a region has no figure of."""
    found: dict[str, list[Row]] = {}
    for row in sorted(missing, key=lambda row: indicators[row["indicator_id"]][f"title_{lang}"].casefold()):
        found.setdefault(row["gap"], []).append(indicators[row["indicator_id"]])
    return found


async def read_plan(datasette: Datasette, region: Row) -> list[Row]:
    """Returns the targets of the plan of a region, and how far they are."""
    return await read_rows(datasette, PLAN, {"code": region["region_code"]})
