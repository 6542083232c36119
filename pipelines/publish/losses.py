"""The guard against losses: what a release no longer has from the one before it, without a known reason.

A source can come back with half its rows and every one of them correct. What readers had yesterday and would lose today
is reported before they see it: a person says why that is right, or it is not published.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.database import connect
from pipelines.errors import RegiokompasError, shown
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
class Bounds:
    """How much a release may lose from the one before it without anybody saying why.

    Attributes:
        share: of all figures, as a fraction.
        part: of the figures of one indicator, as a fraction: one source is only a small part of the whole.
        indicators: number of whole indicators.
        municipalities: number of whole municipalities.
    """

    share: float
    part: float
    indicators: int
    municipalities: int


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

    def beyond(self, bounds: Bounds) -> list[str]:
        """What exceeds the bounds, one line each; empty if nothing does."""
        told = []
        if self.share > bounds.share:
            most = shown(f"{name} {lost:,}" for name, (lost, _) in self.by_indicator.items())
            told.append(
                f"{self.figures:,} of {self.had:,} figures ({self.share:.1%}) of {self.older} are gone,"
                f" expected at most {bounds.share:.1%}; most from {most}"
            )
        if thinned := self._thinned(bounds.part):
            counts = shown(f"{name} {lost:,} of {had:,}" for name, (lost, had) in thinned.items())
            told.append(
                f"more than {bounds.part:.0%} of the figures of an indicator are gone: {counts}; expected as many as in"
                f" {self.older}"
            )
        for what, lost, most_lost in (
            ("indicators", self.indicators, bounds.indicators),
            ("municipalities", self.municipalities, bounds.municipalities),
        ):
            if len(lost) > most_lost:
                told.append(
                    f"{len(lost)} whole {what} are gone: {shown(lost)}; expected at most {most_lost} fewer than in"
                    f" {self.older}"
                )
        return told

    def _thinned(self, part: float) -> dict[str, tuple[int, int]]:
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


def accept_losses(older: Release, newer: Release, bounds: Bounds, accept: str) -> dict[str, Any] | None:
    """Refuse a release that lost more than the bounds allow, unless somebody says why that is right.

    Args:
        older: what readers have now.
        newer: what would become current.
        bounds: how much may be lost.
        accept: why the loss is right; empty when nobody says so.

    Returns:
        The reason and what is lost, to record in the release; None if nothing needs to be accepted.

    Raises:
        RegiokompasError: one line per loss, and how to accept it.
    """
    found = losses(older, newer)
    told = found.beyond(bounds)
    if not told:
        return None
    if not accept.strip():
        raise RegiokompasError(
            "\n".join(f'release {newer.release_id}: {line} -> if right: --accept "why"' for line in told)
        )
    return {"reason": " ".join(accept.split()), **found.as_json()}
