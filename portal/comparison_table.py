"""The newest figures of many indicators in many regions, side by side: a period for each indicator, and an order.

Belongs here: which period stands for an indicator, and in which order the regions are. Not here: what was asked, see
`portal.asked_comparison`, nor how it looks.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasette.app import Datasette

from portal.asked_comparison import BY_NAME, HIGH_FIRST, AskedComparison
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.figures import SPLIT
from portal.periods import Calendar
from portal.regroup import RegroupedFigure
from portal.rounding import round_half_away
from portal.rows import read_rows

NEWEST = """
select b.indicator_id, b.period_code, count(*) as regions_count
from json_each(:codes) as c cross join json_each(:indicators) as i cross join baseline as b
    on b.region_code = c.value and b.indicator_id = i.value
where b.period_code is not null group by b.indicator_id, b.period_code
"""
# Only for regions that the baseline does not have: those of Eurostat, and the country.
NEWEST_OF_OTHERS = """
select indicator_id, period_code, count(*) as regions_count from (
    select o.indicator_id, o.region_code, max(o.period_code) as period_code
    from json_each(:indicators) as i cross join json_each(:codes) as c cross join observations_on_boundaries as o
        on o.indicator_id = i.value and o.region_code = c.value
    where o.boundary_year = :boundary_year and o.is_over and o.value is not null
    group by o.indicator_id, o.region_code
) group by indicator_id, period_code
"""
# `asked` has a period for each indicator.
IN_PERIODS = """
select o.indicator_id, o.region_code, o.value, o.value_status, o.boundary_method, o.parts_count
from json_each(:asked) as a cross join json_each(:codes) as c cross join observations_on_boundaries as o
    on o.indicator_id = a.key and o.region_code = c.value and o.period_code = a.value
where o.boundary_year = :boundary_year
"""
# An indicator has the newest period of which so many of the regions that it is known of have a figure.
LEAST_PART = 0.5


@dataclass(frozen=True)
class ComparedColumn:
    """An indicator in one period; `status` is that of most of its figures, None if there is none."""

    indicator: Row
    period_code: str | None
    status: str | None
    country: RegroupedFigure | None


@dataclass(frozen=True)
class ComparisonLine:
    """A region with its figures, by indicator."""

    region: Row
    figures: Mapping[str, RegroupedFigure]
    is_own: bool


@dataclass(frozen=True)
class ComparisonTable:
    """Regions by indicators, in the order that was asked for."""

    columns: Sequence[ComparedColumn]
    lines: Sequence[ComparisonLine]

    @property
    def is_empty(self) -> bool:
        """Whether no region has a figure of any indicator."""
        return all(figure.value is None for line in self.lines for figure in line.figures.values())

    @property
    def has_kinds(self) -> bool:
        """Whether there are regions of several kinds, which can have one name."""
        return len({line.region["scheme"] for line in self.lines}) > 1


async def read_comparison(datasette: Datasette, asked: AskedComparison, release: ReleaseContext) -> ComparisonTable:
    """Returns the table that was asked for; who asks for a theme asks for what these regions have of it."""
    names = [row["indicator_id"] for row in asked.indicators]
    periods = await _periods(datasette, asked.codes, names, release)
    if asked.theme and periods:
        asked.indicators = [row for row in asked.indicators if row["indicator_id"] in periods]
    found: dict[str, dict[str, RegroupedFigure]] = {}
    codes = [*dict.fromkeys([*asked.codes, COUNTRY])]
    keys = {"asked": json.dumps(periods), "codes": json.dumps(codes), "boundary_year": release.registry.boundary_year}
    for row in await read_rows(datasette, IN_PERIODS, keys):
        figure = RegroupedFigure(row["value"], _status(row), row["boundary_method"], row["parts_count"])
        found.setdefault(row["region_code"], {})[row["indicator_id"]] = figure
    lines = [
        ComparisonLine(release.registry.regions[code], found.get(code, {}), code == asked.own and len(asked.codes) > 1)
        for code in asked.codes
    ]
    columns = []
    for indicator in asked.indicators:
        name = indicator["indicator_id"]
        shown = [line.figures[name] for line in lines if name in line.figures]
        statuses = Counter(figure.status for figure in shown if figure.value is not None).most_common(1)
        status = statuses[0][0] if statuses else None
        columns.append(ComparedColumn(indicator, periods.get(name), status, found.get(COUNTRY, {}).get(name)))
    return ComparisonTable(columns, in_order(lines, asked))


def _status(row: Row) -> str:
    """A part of a municipality that was divided is estimated, whatever the status of the whole."""
    is_estimate = row["boundary_method"] == SPLIT and row["value"] is not None
    return "estimated" if is_estimate else str(row["value_status"])


async def _periods(
    datasette: Datasette, codes: Sequence[str], names: Sequence[str], release: ReleaseContext
) -> dict[str, str]:
    """The period of each indicator that any of the regions has a figure of."""
    counts: dict[str, Counter[str]] = {}

    async def count(sql: str, indicators: Sequence[str]) -> None:
        keys = {"codes": json.dumps(codes), "indicators": json.dumps(indicators)}
        boundary_year = {"boundary_year": release.registry.boundary_year} if ":boundary_year" in sql else {}
        for row in await read_rows(datasette, sql, {**keys, **boundary_year}):
            counts.setdefault(row["indicator_id"], Counter())[row["period_code"]] += row["regions_count"]

    await count(NEWEST, names)
    if others := [name for name in names if name not in counts]:
        await count(NEWEST_OF_OTHERS, others)
    return {name: period_for(found, release.registry.periods) for name, found in counts.items()}


def period_for(counts: Mapping[str, int], periods: Calendar) -> str:
    """Returns the period to compare in, of those that are the newest of so many regions.

    It is the newest that enough regions have a figure of: those of which it is the newest, or one after it.
    """
    newest_first = sorted(counts, key=periods.order, reverse=True)
    reached, least = 0, LEAST_PART * sum(counts.values())
    for code in newest_first:
        reached += counts[code]
        if reached >= least:
            return code
    return newest_first[-1]


def in_order(lines: Sequence[ComparisonLine], asked: AskedComparison) -> list[ComparisonLine]:
    """Returns regions in the order that was asked for; those without a figure come last, equals by name."""
    by_name = sorted(lines, key=lambda line: str(line.region["name"]).casefold())
    if asked.sort == BY_NAME:
        return by_name if asked.order != HIGH_FIRST else by_name[::-1]
    if not asked.sort:
        return by_name if asked.group else list(lines)
    decimals = next(row["decimals"] for row in asked.indicators if row["indicator_id"] == asked.sort)

    def place(line: ComparisonLine) -> tuple[bool, float]:
        figure = line.figures.get(asked.sort)
        if figure is None or figure.value is None:
            return True, 0
        # As it is shown, so that figures that read the same are by name.
        shown = round_half_away(figure.value, decimals)
        return False, -shown if asked.order == HIGH_FIRST else shown

    return sorted(by_name, key=place)
