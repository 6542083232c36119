"""Gebieden in Nederland: the municipalities of a year and the regions that they belong to; names and areas are real."""

from __future__ import annotations

from pipelines.sources.card import SourceCard

from .boundaries import FIRST_BOUNDARY_YEAR, LAST_BOUNDARY_YEAR, above, in_year, regions
from .cbs_v3 import V3Table, V3Topic, as_served, padded
from .figures import uniform

SUMMARY = (
    "Echte namen en indelingen van gemeenten (bron: CBS, CC BY 4.0) in een voorbeeldbestand / "
    "Real names and areas of municipalities (source: CBS, CC BY 4.0) in a sample"
)
# The boundary years for which we know the labour-market regions.
WITH_LABOUR_MARKET = {2016: ("AM", "CR", "LD", "PV"), LAST_BOUNDARY_YEAR: ("AM", "CR", "PV", "LD")}
# Before the first boundary year we know the provinces that the municipalities were in, not the COROP areas.
EARLY = ("PV", "LD")
ORDERS = (("CR", "LD", "PV"), ("PV", "CR", "LD"), ("CR", "PV", "LD"), ("LD", "PV", "CR"))
# The codes of the tables up to this year are bare numbers.
LAST_BARE_YEAR = 2012
WIDTH_OF_CODE, WIDTH_OF_NAME = 10, 50


def areas(card: SourceCard) -> V3Table:
    """The table of a boundary year: for each municipality, the padded codes and names of itself and its regions."""
    year = card.region_boundary_year or LAST_BOUNDARY_YEAR
    levels, numbers = _levels(year), _numbers(year)
    columns = ["Code_1", "Naam_2", "SorteringNaam_3"]
    for number, _ in zip(numbers, levels, strict=False):
        columns += [f"Code_{number}", f"Naam_{number + 1}"]
    rows = []
    for municipality in in_year(year):
        places = {code[:2]: code for code in above(municipality)}
        if year == 2016:
            places["AM"] = municipality.am_2016
        texts = [_code(municipality.code, year), municipality.name, municipality.name]
        for level in levels:
            region = regions()[places[level]]
            texts += [_code(region.code, year), (region.name_2016 if year == 2016 else "") or region.name]
        cells = [
            padded(text, WIDTH_OF_CODE if column.startswith("Code") else WIDTH_OF_NAME)
            for column, text in zip(columns, texts, strict=True)
        ]
        rows.append({"RegioS": padded(municipality.code, WIDTH_OF_CODE), **dict(zip(columns, cells, strict=True))})
    codes = [
        {"Key": padded(m.code, WIDTH_OF_CODE), "Title": m.name, "Description": None, "CategoryGroupID": None}
        for m in in_year(year)
    ]
    topics = [V3Topic(column, column.split("_")[0], "", 0, "String") for column in columns]
    return as_served(card, {"RegioS": codes}, topics, rows, SUMMARY)


def _code(code: str, year: int) -> str:
    return code[2:] if year <= LAST_BARE_YEAR else code


def _levels(year: int) -> tuple[str, ...]:
    if year == FIRST_BOUNDARY_YEAR:
        return ()
    if year < FIRST_BOUNDARY_YEAR:
        return EARLY
    return WITH_LABOUR_MARKET.get(year) or ORDERS[year % len(ORDERS)]


def _numbers(year: int) -> range:
    """The column numbers shift every year, so a reader has to find a pair of columns by the codes in it."""
    first = 4 if year in WITH_LABOUR_MARKET else 4 + 2 * int(4 * uniform("areas", year)) + 2 * (year % 2)
    return range(first, first + 8, 2)
