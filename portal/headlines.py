"""The first figures of a region: a few rates and shares over all themes, each with a sentence about it.

Which they can be, and in what order, is in `headlines.yml`. A region without a figure of one gets the next.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from datasette.app import Datasette

from portal.comparisons import COUNTRY
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.figure_page import figure_of, place_of
from portal.figures import Figure, figures_of, through_years
from portal.formats import format_period
from portal.rows import read_rows
from portal.sentences import ToldFigure, is_relative, say_all, say_before, say_beside_country, say_place
from portal.series import Point
from portal.strips import Spread

SCREEN, SHEET = 8, 16
BASELINE = """
select indicator_id, period_code, value, lower, upper, value_status, boundary_method, previous_value,
    previous_period_code, rank_from_high, rank_from_low, count_all
from baseline where region_code = :code and indicator_id in (select value from json_each(:indicators))
"""
SERIES = """
select o.indicator_id, o.period_code, o.year, o.value, o.value_status, o.is_over, o.boundary_method
from json_each(:indicators) as i cross join observations_on_boundaries as o
    on o.indicator_id = i.value and o.region_code = :code and o.boundary_year = :boundary_year
"""
YEARS = SERIES + "cross join periods as p on p.period_code = o.period_code and p.kind = 'year'"


@dataclass(frozen=True)
class Headline:
    """A first figure, through the years, among the regions of its kind, and in words."""

    figure: Figure
    points: Sequence[Point]
    spread: Spread | None
    sentence: str


def choose(known: Collection[str], order: Sequence[str], indicators: Mapping[str, Row], count: int) -> list[str]:
    """Returns the indicators to show of those that a region has figures of: equally many of each theme, if it has them.

    Args:
        known: the indicators that the region has a figure of.
        order: those that may be shown, each theme together, the best first.
        indicators: the indicators of the release.
        count: how many to show.
    """
    there = [name for name in order if name in known]
    themes = list(dict.fromkeys(indicators[name]["theme"] for name in order if name in indicators))
    share = count // max(len(themes), 1)
    first = {
        name for theme in themes for name in [each for each in there if indicators[each]["theme"] == theme][:share]
    }
    more = [name for name in there if name not in first][: count - len(first)]
    return [name for name in there if name in first or name in more]


async def read_headlines(
    datasette: Datasette, release: ReleaseContext, region: Row, count: int, lang: str
) -> list[Headline]:
    """Returns the first figures of a region, in order."""
    registry = release.registry
    possible = [name for name in release.headlines if name in registry.indicators]

    async def rows(sql: str, indicators: Iterable[str]) -> list[Row]:
        keys = {"code": region["region_code"], "boundary_year": registry.boundary_year}
        return await read_rows(datasette, sql, {**keys, "indicators": json.dumps(list(indicators))})

    baseline = {row["indicator_id"]: row for row in await rows(BASELINE, possible)}
    figures = figures_of(
        [] if baseline else await rows(SERIES, possible),
        baseline,
        (),
        registry.indicators,
        registry.sources_of,
        country_beside(release, region),
        registry.periods,
    )
    chosen = choose(figures, possible, registry.indicators, count)
    series: dict[str, list[Row]] = {}
    for row in await rows(YEARS, chosen):
        series.setdefault(row["indicator_id"], []).append(row)
    found = []
    for name in chosen:
        breaks = registry.breaks_of(name, region["region_code"])
        figure, points = figures[name], through_years(series.get(name, ()), registry.periods, breaks)
        spread = await release.comparisons.spread(datasette, figure.indicator, region["scheme"], figure.period_code)
        found.append(Headline(figure, points, spread, sentence_of(figure, region, spread, release, lang)))
    return found


def country_beside(release: ReleaseContext, region: Row) -> Callable[[str, str], Row | None]:
    """Returns what finds the figure of the country beside one of a region, where the two can be compared."""

    def find(indicator_id: str, period_code: str) -> Row | None:
        comparable = is_relative(release.registry.indicators[indicator_id]) and region["region_code"] != COUNTRY
        return release.comparisons.country(indicator_id, period_code) if comparable else None

    return find


def sentence_of(figure: Figure, region: Row, spread: Spread | None, release: ReleaseContext, lang: str) -> str:
    """Returns how a figure is to the country and to the regions of its kind; if to none, to what it was before."""

    def words(key: str) -> str:
        return release.text("sentences", key, lang)

    def period(code: str) -> str:
        return format_period(code, release.texts["periods"], lang)

    course, when = figure.course, period(figure.period_code)
    own = {"value": figure.value, "value_status": figure.value_status, "boundary_method": figure.boundary_method}
    shown = figure_of(course or own, when)
    country = figure_of(figure.country, period(figure.country["period_code"])) if figure.country else None
    distance = spread.usual_distance if spread else None
    # Below all of these it is said once that small differences may be chance; the country's figure stands above.
    place = say_place(place_of(course, region["scheme"], release, lang), replace(shown, lower=None), lang, words)
    relation = say_beside_country(shown, country, figure.indicator, distance, lang, lambda key: plain(words(key)))
    beside = [relation, place]
    if any(beside) or course is None or course["previous_value"] is None:
        return say_all(beside)
    before = ToldFigure(course["previous_value"], period(course["previous_period_code"]))
    return say_before(shown, before, figure.indicator, lang, words)


def plain(text: str) -> str:
    """Returns a sentence without the figure that it has between brackets."""
    return text.replace(" ({value})", "")
