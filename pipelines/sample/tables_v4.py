"""The sample table in the shape of CBS OData v4: long rows, codes without padding, an attribute per value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.landing import NOTICE

from .figures import SMALLEST, count
from .frames import Municipality, ancestors, municipalities, regions
from .v3 import period_status

Row = Mapping[str, Any]
YEARS = range(2016, 2027)
MODIFIED = "2026-07-30T02:00:00+02:00"
MEASURE = "M000200"
SECTION = "BedrijfstakkenBranchesSBI2008"
SECTIONS = {
    "T001081": ("Alle economische activiteiten", "establishments"),
    "301000": ("A Landbouw, bosbouw en visserij", "establishments_a"),
    "389100": ("I Horeca", ""),
}
HOSPITALITY_SHARE = 0.22


@dataclass(frozen=True)
class V4Table:
    """A table as it is served: every entity set by name, the observations, and the Properties singleton."""

    id: str
    sets: dict[str, Sequence[Row]]
    properties: Row


def _count(section: str, code: str, year: int) -> int | None:
    key = SECTIONS[section][1]
    if key:
        return count(key, year).get(code)
    trade_and_hospitality = count("establishments_gi", year).get(code)
    return None if trade_and_hospitality is None else 5 * round(trade_and_hospitality * HOSPITALITY_SHARE / 5)


def _value(section: str, municipality: Municipality, year: int) -> tuple[str, float | None] | None:
    """Attribute and value, or None where the row is absent.

    Clients have seen all three ways of leaving out an abolished municipality, so the sample has all three.
    """
    found = _count(section, municipality.code, year)
    if found is None:
        return (("Impossible", None), ("None", None), None)[int(municipality.code[2:]) % 3]
    if year == YEARS[0] and municipality.code in SMALLEST[:2]:
        return "None", None
    return "None", float(found)


def _observations() -> Iterator[Row]:
    number = 0
    for section in SECTIONS:
        for municipality in municipalities().values():
            for year in YEARS:
                cell = _value(section, municipality, year)
                if cell is None:
                    continue
                attribute, value = cell
                yield {
                    "Id": number,
                    "Measure": MEASURE,
                    "ValueAttribute": attribute,
                    "Value": value,
                    "StringValue": None,
                    SECTION: section,
                    "RegioS": municipality.code,
                    "Perioden": f"{year}JJ00",
                }
                number += 1


def _code(identifier: str, index: int, title: str, group: str | None = None, **more: Any) -> Row:
    return {
        "Identifier": identifier,
        "Index": index,
        "Title": title,
        "Description": None,
        "DimensionGroupId": group,
        **more,
    }


def _dimension(identifier: str, title: str, kind: str, **more: Any) -> Row:
    base = {"Identifier": identifier, "Title": title, "Description": None, "Kind": kind}
    return {**base, "MapYear": None, "ReleasePolicy": None, **more}


def _groups() -> list[Row]:
    provinces = sorted(code for code in regions() if code.startswith("PV"))
    rows: list[tuple[str, str, str | None]] = [("GMPV", "Gemeenten per provincie", None)]
    rows += [(f"GM{code}", f"{regions()[code].name} (PV)", "GMPV") for code in provinces]
    return [
        {"Id": id_, "Index": i, "Title": title, "Description": None, "ParentId": parent}
        for i, (id_, title, parent) in enumerate(rows)
    ]


def _periods() -> Iterator[Row]:
    for i, year in enumerate(YEARS, 1):
        yield _code(f"{year}JJ00", i, str(year), "0", Status=period_status(year, YEARS[-1])[0])


def _measure() -> Row:
    return {
        "Identifier": MEASURE,
        "Index": 1,
        "Title": "Vestigingen",
        "Description": "Het aantal vestigingen van bedrijven op 1 januari.",
        "MeasureGroupId": None,
        "DataType": "Long",
        "Unit": "aantal",
        "Decimals": 0,
        "PresentationType": "Absolute",
    }


def establishments() -> V4Table:
    """81575NED: establishments on 1 January per section and municipality, in steps of 5."""
    observations = list(_observations())
    properties = {
        "Identifier": "81575NED",
        "Catalog": "CBS",
        "Title": "Vestigingen van bedrijven; bedrijfstak, gemeente",
        "Version": "202607300200",
        "VersionReason": "Actualisering",
        "Status": "Regulier",
        "Modified": MODIFIED,
        "ObservationsModified": MODIFIED,
        "ObservationCount": len(observations),
        "DatasetType": "Numeric",
        "Language": "nl",
        "License": "https://creativecommons.org/licenses/by/4.0/",
        "Frequency": "Perjaar",
        "TemporalCoverage": f"{YEARS[0]} - {YEARS[-1]}",
        "Source": "CBS",
        "Summary": NOTICE,
        "Description": NOTICE,
    }
    sets: dict[str, Sequence[Row]] = {
        "MeasureCodes": [_measure()],
        "Dimensions": [
            _dimension(SECTION, "Bedrijfstakken/branches (SBI 2008)", "Dimension"),
            _dimension("RegioS", "Regio's", "GeoDimension", MapYear="2026"),
            _dimension("Perioden", "Perioden", "TimeDimension", ReleasePolicy="True"),
        ],
        f"{SECTION}Codes": [_code(code, i, title) for i, (code, (title, _)) in enumerate(SECTIONS.items(), 1)],
        "RegioSGroups": _groups(),
        "RegioSCodes": [
            _code(m.code, i, m.name, f"GM{ancestors(m)[1]}") for i, m in enumerate(municipalities().values(), 1)
        ],
        "PeriodenGroups": [{"Id": "0", "Index": 0, "Title": "Jaren", "Description": None, "ParentId": None}],
        "PeriodenCodes": list(_periods()),
        "Observations": observations,
    }
    return V4Table("81575NED", sets, properties)
