"""The guard against losses: what a release no longer has from the one before it, without a known reason.

A source can come back with half its rows and every one of them correct. What readers had yesterday and would lose today
is counted here; whether it may be published is for the gate (`gate.py`).
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.database import connect
from pipelines.publish.release import Release
from pipelines.publish.revisions import FIGURES, tables_of

# A figure is gone when its key is: a row without a number says why there is none, and so does an indicator that is held
# back. The year of the boundaries is not part of the key, since a new year changes the territory of all.
_LOST = """
create table lost as
select older.*
from (
    select distinct indicator_id, region_code, period_code, on_year > 0 as on_boundaries
    from older where value is not null
) as older
left join (select distinct indicator_id, region_code, period_code, on_year > 0 as on_boundaries from newer) as newer
    using (indicator_id, region_code, period_code, on_boundaries)
left join (select indicator_id from read_parquet('{newer}/indicators.parquet') where state = 'blocked') as blocked
    using (indicator_id)
where newer.indicator_id is null and blocked.indicator_id is null
"""
_BY_INDICATOR = """
select had.indicator_id, coalesce(lost.figures, 0) as lost, had.figures as had
from (
    select indicator_id, count(*) as figures
    from (
        select distinct indicator_id, region_code, period_code, on_year > 0 from older where value is not null
    ) as keys
    group by all
) as had
left join (select indicator_id, count(*) as figures from lost group by all) as lost using (indicator_id)
order by lost desc, had.indicator_id
"""
# What had figures and now has none at all.
_WHOLLY_LOST = """
select lost.{key}
from lost
where {where}
group by lost.{key}
having not exists (select 1 from newer where newer.{key} = lost.{key})
order by lost.{key}
"""


@dataclass(frozen=True)
class Losses:
    """What a release lost compared with an older one.

    Attributes:
        older: the id of the older release.
        had: how many figures that one had.
        figures: how many of those are gone.
        by_indicator: for each indicator how many it lost and how many it had, the largest loss first.
        indicators: the indicators with nothing left.
        municipalities: the codes of the municipalities with nothing left.
    """

    older: str
    had: int
    figures: int
    by_indicator: dict[str, tuple[int, int]]
    indicators: tuple[str, ...]
    municipalities: tuple[str, ...]

    @property
    def share(self) -> float:
        """The figures that are gone, as a fraction of all that there were."""
        return self.figures / self.had if self.had else 0.0

    def thinned(self, part: float) -> dict[str, tuple[int, int]]:
        """The indicators that lost more than this part of their figures, but not all."""
        return {
            name: (lost, had)
            for name, (lost, had) in self.by_indicator.items()
            if lost > part * had and name not in self.indicators
        }

    def as_json(self) -> dict[str, Any]:
        """The losses as recorded in a release that was accepted with them."""
        return {
            "older": self.older,
            "figures": self.figures,
            "had": self.had,
            "indicators": list(self.indicators),
            "municipalities": list(self.municipalities),
        }


def losses(older: Release, newer: Release) -> Losses:
    """Compare what a release has with what an older one had.

    Raises:
        RegiokompasError: the older release lacks one of the compared tables.
    """
    tables = {"older": tables_of(older), "newer": tables_of(newer)}
    with connect() as con:
        for name, path in tables.items():
            con.execute(FIGURES.format(name=name, folder=path))
        con.execute(_LOST.format(**tables))
        counted = con.sql(_BY_INDICATOR).fetchall()
        return Losses(
            older=older.release_id,
            had=sum(had for _, _, had in counted),
            figures=sum(lost for _, lost, _ in counted),
            by_indicator={name: (lost, had) for name, lost, had in counted if lost},
            indicators=_wholly_lost(con, "indicator_id", "true"),
            municipalities=_wholly_lost(con, "region_code", "lost.region_code like 'GM____'"),
        )


def _wholly_lost(con: duckdb.DuckDBPyConnection, key: str, where: str) -> tuple[str, ...]:
    return tuple(row[0] for row in con.sql(_WHOLLY_LOST.format(key=key, where=where)).fetchall())
