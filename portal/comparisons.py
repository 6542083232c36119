"""What a figure is laid beside: that of the country, and those of all regions of its kind.

Both are the same for every reader of a release: the first is read when the server starts, the second when it is first
asked for.
"""

from collections.abc import Mapping
from typing import Any

from datasette.app import Datasette

from portal.csv_text import Row
from portal.figures import newest
from portal.periods import Calendar
from portal.rows import read_rows
from portal.sentences import is_relative
from portal.strips import Spread, spread_of

COUNTRY = "NL01"
OF_COUNTRY = """
select indicator_id, period_code, year, value, value_status, is_over, boundary_method, lower, upper
from observations_on_boundaries
where region_code = :country and boundary_year = :boundary_year and is_over and value is not null
"""
OF_A_KIND = """
select r.region_code, o.value from regions as r cross join observations_on_boundaries as o
    on o.region_code = r.region_code and o.indicator_id = :indicator and o.period_code = :period
    and o.boundary_year = :boundary_year
where r.scheme = :scheme and r.is_current and o.value is not null
"""


class Comparisons:
    """The figures of the country, and the spread of the regions of each kind."""

    def __init__(self, boundary_year: int, country: Mapping[str, Mapping[str, Row]], newest: Mapping[str, str]) -> None:
        self._boundary_year, self._country, self._newest = boundary_year, country, newest
        self._spreads: dict[tuple[str, str, str], Spread | None] = {}

    def country(self, indicator_id: str, period_code: str) -> Row | None:
        """Returns the figure of the country in a period that is over, else its newest one; None if it has none."""
        found = self._country.get(indicator_id, {})
        return found.get(period_code) or found.get(self._newest.get(indicator_id, ""))

    async def spread(self, datasette: Datasette, indicator: Row, scheme: str, period_code: str) -> Spread | None:
        """Returns the figures of all regions of a kind, for indicators on which regions have a place."""
        if not indicator["is_ranked"] or not is_relative(indicator):
            return None
        key = (indicator["indicator_id"], scheme, period_code)
        if key not in self._spreads:
            self._spreads[key] = spread_of(await self._read(datasette, *key))
        return self._spreads[key]

    async def _read(self, datasette: Datasette, indicator: str, scheme: str, period: str) -> dict[str, float]:
        asked: dict[str, Any] = {"indicator": indicator, "scheme": scheme, "period": period}
        rows = await read_rows(datasette, OF_A_KIND, {**asked, "boundary_year": self._boundary_year})
        return {row["region_code"]: row["value"] for row in rows}


async def read_comparisons(datasette: Datasette, boundary_year: int, calendar: Calendar) -> Comparisons:
    """Returns what figures on the boundaries of a year are laid beside."""
    country: dict[str, dict[str, Row]] = {}
    for row in await read_rows(datasette, OF_COUNTRY, {"country": COUNTRY, "boundary_year": boundary_year}):
        country.setdefault(row["indicator_id"], {})[row["period_code"]] = row
    last = {name: newest(rows.values(), calendar) for name, rows in country.items()}
    return Comparisons(boundary_year, country, {name: row["period_code"] for name, row in last.items() if row})
