"""Which municipalities exist in which year, and which regions they belong to.

The two CSV files beside this module have data from CBS, "Gebieden in Nederland" 2015, 2016, 2026 (CC BY 4.0). When a
municipality exists and which heirs it has follows from the seed boundary_changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipelines.seeds import BoundaryChange, csv_rows, read_seed

HERE = Path(__file__).resolve().parent
FIRST_BOUNDARY_YEAR, LAST_BOUNDARY_YEAR = 2015, 2026
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
    """Every municipality code of 2015-2026, in code order."""
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
            first_years.get(row["code"], FIRST_BOUNDARY_YEAR),
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
    return min(max(year, FIRST_BOUNDARY_YEAR), LAST_BOUNDARY_YEAR)


@cache
def territories(year: int) -> dict[str, dict[str, float]]:
    """For each municipality of a year, the territories it consists of, as {code in the first boundary year: share}.

    Figures are invented per territory and summed, so that a merger causes no jump.
    """
    holds: dict[str, dict[str, float]] = {m.code: {} for m in in_year(year)}

    def settle(code: str, territory: str, share: float) -> None:
        municipality = municipalities()[code]
        if municipality.exists(year):
            holds[code][territory] = holds[code].get(territory, 0.0) + share
            return
        for successor, part in municipality.successors:
            settle(successor, territory, share * part)

    for municipality in in_year(FIRST_BOUNDARY_YEAR):
        settle(municipality.code, municipality.code, 1.0)
    return holds
