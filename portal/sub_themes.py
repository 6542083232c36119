"""The parts of a theme, and of those that a region has no figure of, what there is instead.

Belongs here: which parts a theme has, and what a page says of them. Not here: the figures of the region itself.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasette.app import Datasette

from portal.comparisons import COUNTRY
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.figures import Figure
from portal.region_figures import RegionFigures, in_order
from portal.rows import read_rows

OF_COUNTRY = """
select b.indicator_id, b.value, b.period_code
from json_each(:indicators) as i cross join baseline as b on b.region_code = :country and b.indicator_id = i.value
where b.value is not null
"""
# Every goal is followed for the country, so these are all of them.
UNCOUNTED = """
select g.sub_theme, g.goal_nl, g.goal_en, g.gap_nl, g.gap_en
from goal_monitor as m cross join goals as g on g.goal_id = m.goal_id
where m.region_code = :country and g.theme = :theme and g.indicator_id is null
order by g.programme_id, g.goal_order
"""


@dataclass(frozen=True)
class PartWithout:
    """A part of a theme that a region has no figure of: the rates of the country, and the goals that nobody counts."""

    sub_theme: str
    of_country: Sequence[Row]
    goals: Sequence[Row]


def by_sub_theme(figures: Iterable[Figure], order: Iterable[str], lang: str) -> dict[str, list[Figure]]:
    """Returns figures by sub-theme, in the order of the release."""
    ranked = in_order(figures, lang)
    found = {each: [f for f in ranked if f.indicator["sub_theme"] == each] for each in order}
    return {each: listed for each, listed in found.items() if listed}


async def parts_without(datasette: Datasette, found: RegionFigures, theme: str, lang: str) -> list[PartWithout]:
    """Returns the parts of a theme that a region has no figure of and of which there is something to say.

    Args:
        datasette: the server.
        found: the figures of the region on the theme, and those that it has not.
        theme: the theme.
        lang: the language, for the order.
    """
    release = context_of(datasette)
    known = {figure.indicator["sub_theme"] for figure in found.figures.values()}
    missing = [release.registry.indicators[row["indicator_id"]] for row in found.missing]
    rates = {row["indicator_id"]: row for row in missing if row["is_relative"] and row["sub_theme"] not in known}
    keys = {"indicators": json.dumps(sorted(rates)), "country": COUNTRY}
    of_country = [{**rates[row["indicator_id"]], **row} for row in await read_rows(datasette, OF_COUNTRY, keys)]
    of_country.sort(key=lambda row: str(row[f"title_{lang}"]).casefold())
    goals = await read_rows(datasette, UNCOUNTED, {"theme": theme, "country": COUNTRY})
    uncounted = [goal for goal in goals if goal["sub_theme"] not in known]
    return [part for part in _parts(release, of_country, uncounted) if part.of_country or part.goals]


def _parts(release: ReleaseContext, of_country: Sequence[Row], goals: Sequence[Row]) -> list[PartWithout]:
    return [
        PartWithout(
            sub_theme,
            [row for row in of_country if row["sub_theme"] == sub_theme],
            # Two programmes may have the same goal in other words; of each the reason is told.
            [goal for goal in goals if goal["sub_theme"] == sub_theme],
        )
        for sub_theme in release.texts["sub_themes"]
    ]
