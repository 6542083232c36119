"""Which municipalities exist in which year, and which regions they belong to.

The two CSV files beside this module have data from CBS, "Gebieden in Nederland" 2015, 2016, 2026 (CC BY 4.0). When a
municipality exists and which heirs it has follows from the seed boundary_changes; the COROP area of one that ended
before 2015 is that of its heir.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipelines.reading.existing import boundaries
from pipelines.seeds import BoundaryChange, csv_rows, read_seed

HERE = Path(__file__).resolve().parent
# Figures are invented for the municipalities of the first boundary year; the years before it, from the first of which
# municipalities are known, have parts of those.
FIRST_BOUNDARY_YEAR, LAST_BOUNDARY_YEAR = 2015, 2026
OLDEST_YEAR = boundaries().known_from.year
# How much larger a municipality that goes on is than one that it takes in.
OF_ONE_THAT_GOES_ON = 3.0
COUNTRY = "NL01"
LEVEL_SUFFIX = {"LD": " (LD)", "PV": " (PV)", "CR": " (CR)"}


@dataclass(frozen=True)
class Municipality:
    """One municipality code; years are boundary years (1 January), and last_year is None while it exists."""

    code: str
    name: str
    first_year: int
    last_year: int | None
    successors: tuple[tuple[str, float], ...]
    am_2016: str
    am_2026: str
    corop: str

    def exists(self, year: int) -> bool:
        """Whether the code exists on 1 January of this year."""
        return self.first_year <= year <= (self.last_year or LAST_BOUNDARY_YEAR)


@dataclass(frozen=True)
class Region:
    """A region above the municipality; part_of is the region one level up, empty at the top and for AM."""

    code: str
    name: str
    name_2016: str
    part_of: str


def _first_boundary(day: date) -> int:
    """The year of the first 1 January on which a change on this day shows."""
    return day.year + (day != date(day.year, 1, 1))


@cache
def municipalities() -> dict[str, Municipality]:
    """Every municipality code since the oldest year, in code order."""
    first_years: dict[str, int] = {}
    last_years: dict[str, int] = {}
    successors: dict[str, tuple[tuple[str, float], ...]] = {}
    for change in read_seed(BoundaryChange):
        old, new, year = change.old_code, change.new_code, _first_boundary(change.changed_on)
        successors[old] = (*successors.get(old, ()), (new, change.share))
        last_years[old] = year - 1
        if change.heir == "new":
            first_years[new] = year
    return {
        row["code"]: Municipality(
            row["code"],
            row["name"],
            first_years.get(row["code"], OLDEST_YEAR),
            last_years.get(row["code"]),
            successors.get(row["code"], ()),
            row["am_2016"],
            row["am_2026"],
            row["corop"],
        )
        for row in csv_rows(HERE / "municipalities.csv")
    }


@cache
def regions() -> dict[str, Region]:
    """Every labour-market region, COROP area, province, part of the country and the country itself."""
    return {row["code"]: Region(**row) for row in csv_rows(HERE / "regions.csv")}


def in_year(year: int) -> list[Municipality]:
    """The municipalities of 1 January of this year, in code order."""
    return [m for m in municipalities().values() if m.exists(year)]


def ancestors(municipality: Municipality) -> tuple[str, str, str, str]:
    """COROP area, province, part of the country and country of a municipality."""
    province = regions()[municipality.corop].part_of
    return municipality.corop, province, regions()[province].part_of, COUNTRY


def region_title(code: str) -> str:
    """The title CBS gives a region in a table, with its level where the name alone is ambiguous."""
    if code in municipalities():
        return municipalities()[code].name
    return regions()[code].name + LEVEL_SUFFIX.get(code[:2], "")


def labour_market_region(municipality: Municipality) -> str:
    """The labour-market region of 2026 that a municipality, or its successor, is in."""
    while not municipality.am_2026:
        municipality = municipalities()[max(municipality.successors, key=lambda successor: successor[1])[0]]
    return municipality.am_2026


@cache
def above(municipality: Municipality) -> tuple[str, ...]:
    """Every region that a municipality is counted in."""
    return (*ancestors(municipality), labour_market_region(municipality))


def boundary_year_of(year: int) -> int:
    """The boundary year that a year is counted in; none is known before the first or after the last."""
    return min(max(year, OLDEST_YEAR), LAST_BOUNDARY_YEAR)


@cache
def territories(year: int) -> dict[str, dict[str, float]]:
    """For each municipality of a year, the territories it consists of, as {code in the first boundary year: share}.

    Figures are invented per territory and summed, so that a merger causes no jump.
    """
    if year < FIRST_BOUNDARY_YEAR:
        return _parts_of_territories(year)
    holds: dict[str, dict[str, float]] = {m.code: {} for m in in_year(year)}
    for municipality in in_year(FIRST_BOUNDARY_YEAR):
        for code, share in _settled(municipality.code, year).items():
            holds[code][municipality.code] = holds[code].get(municipality.code, 0.0) + share
    return holds


def _settled(code: str, year: int) -> dict[str, float]:
    """Which municipalities of a year have a municipality of that year or before, and which share of it each."""
    municipality = municipalities()[code]
    if municipality.exists(year):
        return {code: 1.0}
    found: dict[str, float] = {}
    for successor, part in municipality.successors:
        for heir, share in _settled(successor, year).items():
            found[heir] = found.get(heir, 0.0) + share * part
    return found


def _parts_of_territories(year: int) -> dict[str, dict[str, float]]:
    """The same for a year before the first boundary year, when a territory still was one or more municipalities."""
    sizes = {
        m.code: {
            territory: share * (OF_ONE_THAT_GOES_ON if territory == m.code else 1.0)
            for territory, share in _settled(m.code, FIRST_BOUNDARY_YEAR).items()
        }
        for m in in_year(year)
    }
    totals: dict[str, float] = {}
    for parts in sizes.values():
        for territory, size in parts.items():
            totals[territory] = totals.get(territory, 0.0) + size
    return {
        code: {territory: size / totals[territory] for territory, size in parts.items()}
        for code, parts in sizes.items()
    }
