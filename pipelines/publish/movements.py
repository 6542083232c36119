"""What moved between a release and the one before it that should lie still: settled figures, sums and tables.

A wrong unit, a column read one place too far or a doubled register gives as many figures as before, each with a number.
Belongs here: how much of that there is. Not here: figures that are gone (`losses.py`), and what is done about it
(`gate.py`).
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from pipelines.database import connect
from pipelines.publish.release import Release
from pipelines.publish.revisions import CHANGES, FIGURES, line_of, tables_of
from portal.revisions import read_summary

# A figure that its source calls provisional is there to be revised; these are not, and neither are those of a source
# that never says so.
_SETTLED = "('final', 'unstated')"
# A tenth of ten figures is one, and one figure is corrected now and then.
_FEW = 5
_MOVED = f"""
select indicator_id, count(*) filter (where older.value is distinct from newer.value) as moved, count(*) as had
from older join newer using (indicator_id, region_code, period_code, on_year)
where on_year = 0 and older.value is not null and older.value_status in {_SETTLED}
group by indicator_id
"""
# A count of a few halves by chance.
_REVISED = """
select indicator_id, region_code, period_code, older.value, newer.value,
    abs(newer.value - older.value) / greatest(abs(newer.value), abs(older.value)) as size
from older join newer using (indicator_id, region_code, period_code, on_year)
join read_parquet('{newer}/indicators.parquet') as indicators using (indicator_id)
where on_year = 0 and older.value <> newer.value
    and (indicators.kind <> 'count' or greatest(abs(newer.value), abs(older.value)) >= 100)
qualify row_number() over (partition by indicator_id order by size desc, region_code, period_code) = 1
"""
_EVER_REVISED = """
select indicator_id, max(relative_size) from read_parquet(?)
where boundary_year is null and value_before <> value_after
group by indicator_id
"""
# Only where all municipalities but a few have a figure: the sum of half of them is no sum.
_SUMS = """
create view {name}_sums as
select indicator_id, period_code, on_year,
    max(value) filter (where region_code = 'NL01') as country,
    sum(value) filter (where region_code like 'GM____') as parts,
    count(value) filter (where region_code like 'GM____') as parts_count,
    abs(parts - country) / abs(country) as gap
from {name} where indicator_id in (select indicator_id from read_parquet('{folder}/indicators.parquet')
    where kind = 'count')
group by all having country <> 0 and parts_count >= 300
"""
_PARTED = """
select indicator_id, period_code, newer_sums.country, newer_sums.parts
from newer_sums
left join older_sums using (indicator_id, period_code, on_year)
join (select indicator_id, max(gap) as gap from older_sums group by all) as ever using (indicator_id)
where newer_sums.gap > coalesce(older_sums.gap, ever.gap) + ?
qualify row_number() over (partition by indicator_id order by newer_sums.gap desc, period_code) = 1
order by indicator_id
"""
_INDICATORS = "select indicator_id from read_parquet('{folder}/indicators.parquet')"
_OF_REGIONS = {"region_code", "municipality_code"}
_OF_INDICATORS = {"indicator_id", "feature"}


@dataclass(frozen=True)
class Revision:
    """The largest revision of an indicator: which figure, what it was and what it is, as a part of the larger."""

    indicator_id: str
    region_code: str
    period_code: str
    before: float
    after: float
    size: float

    def __str__(self) -> str:
        figure = f"{self.indicator_id} {self.region_code} {self.period_code}"
        return f"{figure} {self.before:g} became {self.after:g}"


@dataclass(frozen=True)
class Movements:
    """What moved between two releases.

    Attributes:
        settled: for each indicator how many of its settled figures are another number now, and how many there were.
        largest: the largest revision of each indicator.
        ever: the largest revision that each indicator had before, as a part of the larger of the two values.
        parted: indicator, period, figure of the country and sum of the municipalities, where these two parted.
        rows: for each table of regions how many rows it had and has.
    """

    settled: dict[str, tuple[int, int]]
    largest: tuple[Revision, ...]
    ever: dict[str, float]
    parted: tuple[tuple[str, str, float, float], ...]
    rows: dict[str, tuple[int, int]]

    def share_moved(self) -> float:
        """The settled figures that moved, as a fraction of all that there were."""
        had = sum(had for _, had in self.settled.values())
        return sum(moved for moved, _ in self.settled.values()) / had if had else 0.0

    def mostly_moved(self, part: float) -> dict[str, tuple[int, int]]:
        """The indicators of which more than this part of the settled figures moved, and more than a few."""
        return {name: (n, had) for name, (n, had) in self.settled.items() if n > part * had and n >= _FEW}

    def beyond_ever(self, part: float) -> list[Revision]:
        """The revisions larger than this part of the figure and than any that the indicator had before."""
        return [found for found in self.largest if found.size > max(part, self.ever.get(found.indicator_id, part))]

    def shrunk(self, part: float) -> dict[str, tuple[int, int]]:
        """The tables that lost more than this part of their rows."""
        return {name: (had, has) for name, (had, has) in self.rows.items() if had - has > part * had}


def movements(older: Release, newer: Release, most_gap: float) -> Movements:
    """Compare the settled figures, the sums and the tables of two releases.

    Args:
        older: what readers have.
        newer: what would become current; its tables are there, its `release.json` need not be.
        most_gap: how much further the municipalities together may be from the country than they were, as a fraction.

    Raises:
        RegiokompasError: the older release lacks one of the compared tables.
    """
    tables = {"older": tables_of(older), "newer": tables_of(newer)}
    with connect() as con:
        for name, folder in tables.items():
            con.execute(FIGURES.format(name=name, folder=folder))
            con.execute(_SUMS.format(name=name, folder=folder))
        return Movements(
            settled={name: (moved, had) for name, moved, had in con.sql(_MOVED).fetchall()},
            largest=tuple(Revision(*row) for row in con.sql(_REVISED.format(**tables)).fetchall()),
            ever=_ever(con, older),
            parted=tuple(con.execute(_PARTED, [most_gap]).fetchall()),
            rows=_rows(con, tables),
        )


def _ever(con: duckdb.DuckDBPyConnection, older: Release) -> dict[str, float]:
    releases = older.folder.parent
    line = line_of(releases, older)
    paths = [releases / CHANGES / f"{before}..{after}.json" for after, before in pairwise(line)]
    recorded = [str(path.with_suffix(".parquet")) for path in paths if read_summary(path)]
    return dict(con.execute(_EVER_REVISED, [recorded]).fetchall()) if recorded else {}


def _rows(con: duckdb.DuckDBPyConnection, tables: dict[str, Path]) -> dict[str, tuple[int, int]]:
    """How many rows the tables of regions had and have; a table that is no more is a change of the form.

    Tables of indicators are left out: their figures are counted one by one. So are those of the sources themselves,
    which say less when less is wrong.
    """
    indicators = {name for (name,) in con.sql(_INDICATORS.format(folder=tables["older"])).fetchall()}
    rows = {}
    for path in sorted(tables["older"].glob("*.parquet")):
        columns = set(con.sql(f"from read_parquet('{path}')").columns)
        newer = tables["newer"] / path.name
        if columns & _OF_REGIONS and not columns & (_OF_INDICATORS | indicators) and newer.is_file():
            rows[path.stem] = _count(con, path), _count(con, newer)
    return rows


def _count(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    counted: int = con.sql(f"select count(*) from read_parquet('{path}')").fetchall()[0][0]
    return counted
