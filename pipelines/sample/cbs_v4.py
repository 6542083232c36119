"""A table in the shape of CBS OData v4: long rows, codes without padding, an attribute per value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.landing.store import NOTICE
from pipelines.sources.card import Cadence, SourceCard

from .boundaries import ancestors, municipalities, regions
from .columns import SampleCell
from .modified import modified_of
from .odata import ODataRow
from .periods import SamplePeriod
from .tables import FEW, SampleTable, kind_of

MARKS = {".": (".", None), "x": ("x", None), "-": ("Zero", None), "0": ("None", 0.0)}
FREQUENCIES = {
    Cadence.HALF_YEARLY: "Perhalfjaar",
    Cadence.QUARTERLY: "Perkwartaal",
    Cadence.MONTHLY: "Permaand",
    Cadence.WEEKLY: "Perweek",
}
# CBS leaves out an abolished municipality in three ways, so the sample has all three.
GONE: tuple[tuple[str, float | None] | None, ...] = (("Impossible", None), ("None", None), None)


@dataclass(frozen=True)
class V4Table:
    """A table as it is served: every entity set by name, the observations, and the Properties singleton."""

    id: str
    sets: dict[str, Sequence[ODataRow]]
    properties: ODataRow


def v4_table(card: SourceCard) -> V4Table:
    """The table of a card."""
    table = SampleTable(card)
    observations = list(_observations(table))
    sets: dict[str, Sequence[ODataRow]] = {
        "MeasureCodes": [_measure(table, i) for i in range(len(table.topics))],
        "Dimensions": [dimension_row(card, name) for name in card.dimensions],
    }
    for name, dimension in card.dimensions.items():
        if dimension.role == "region":
            sets |= {f"{name}Groups": _groups(), f"{name}Codes": _region_codes(table)}
        elif dimension.role == "period":
            sets |= {f"{name}Groups": [_group("0", 0, "Perioden")], f"{name}Codes": _period_codes(table)}
        else:
            entries = table.categories[name]
            sets[f"{name}Codes"] = [code_row(e.code, i, e.title) for i, e in enumerate(entries, 1)]
    coverage = f"{table.periods[0].title} - {table.periods[-1].title}"
    about = properties(card, coverage, len(observations), NOTICE)
    return V4Table(card.table, {**sets, "Observations": observations}, about)


def _observations(table: SampleTable) -> Iterator[ODataRow]:
    region, period = table.card.dimension("region"), table.card.dimension("period")
    number = 0
    few = {e.code for e in table.regions[:FEW]}
    for line in table.lines():
        place = {name: entry.code for name, entry in line.categories.items()}
        place |= {region: line.region} if region else {}
        place |= {period: line.period.wire} if period else {}
        for topic, cell in zip(table.topics, line.cells, strict=True):
            written = _written(cell, line.region)
            if written is None or not (topic.is_asked or not few or line.region in few):
                continue
            attribute, value = written
            yield {
                "Id": number,
                "Measure": topic.measure.code,
                "ValueAttribute": attribute,
                "Value": value,
                "StringValue": None,
                **place,
            }
            number += 1


def _written(cell: SampleCell, region: str) -> tuple[str, float | None] | None:
    """The attribute and the value, or None if the row is absent."""
    if cell.mark == "impossible":
        return GONE[int(region[2:]) % len(GONE)]
    return MARKS[cell.mark] if cell.mark else ("None", cell.number)


def code_row(identifier: str, index: int, title: str, group: str | None = None, **more: Any) -> ODataRow:
    """A code as a table lists it."""
    return {
        "Identifier": identifier,
        "Index": index,
        "Title": title,
        "Description": None,
        "DimensionGroupId": group,
        **more,
    }


def dimension_row(card: SourceCard, name: str) -> ODataRow:
    """A dimension as a table lists it."""
    dimension = card.dimensions[name]
    role = dimension.role
    return {
        "Identifier": name,
        "Title": "Regio's" if role == "region" else name,
        "Description": None,
        "Kind": kind_of(dimension),
        "MapYear": "2026" if role == "region" else None,
        "ReleasePolicy": "True" if kind_of(dimension) == "TimeDimension" else None,
    }


def _group(identifier: str, index: int, title: str, parent: str | None = None) -> ODataRow:
    return {"Id": identifier, "Index": index, "Title": title, "Description": None, "ParentId": parent}


def _groups() -> list[ODataRow]:
    provinces = sorted(code for code in regions() if code.startswith("PV"))
    rows: list[tuple[str, str, str | None]] = [
        ("GMPV", "Gemeenten per provincie", None),
        ("NL", "Nederland en zijn delen", None),
    ]
    rows += [(f"GM{code}", f"{regions()[code].name} (PV)", "GMPV") for code in provinces]
    return [_group(identifier, i, title, parent) for i, (identifier, title, parent) in enumerate(rows)]


def _region_codes(table: SampleTable) -> list[ODataRow]:
    def group(code: str) -> str:
        return f"GM{ancestors(municipalities()[code])[1]}" if code in municipalities() else "NL"

    return [code_row(e.code, i, e.title, group(e.code)) for i, e in enumerate(table.regions, 1)]


def _period_codes(table: SampleTable) -> list[ODataRow]:
    periods: list[SamplePeriod] = table.periods
    return [
        code_row(p.wire, i, p.title, "0", **({"Status": p.status} if p.status else {}))
        for i, p in enumerate(periods, 1)
    ]


def _measure(table: SampleTable, index: int) -> ODataRow:
    measure, invention = table.topics[index].measure, table.topics[index].invention
    return {
        "Identifier": measure.code,
        "Index": index + 1,
        "Title": measure.title,
        # Descriptions of several lines are common.
        "Description": f"{measure.title};\r\n{NOTICE}",
        "MeasureGroupId": None,
        "DataType": "Double" if invention.decimals else "Long",
        "Unit": measure.unit or "",
        "Decimals": invention.decimals,
        "PresentationType": "Absolute",
    }


def properties(card: SourceCard, coverage: str, count: int, summary: str) -> ODataRow:
    """What a table says about itself."""
    modified = modified_of(card)
    return {
        "Identifier": card.table,
        "Catalog": "CBS",
        "Title": card.title.nl,
        "Version": modified[:16].translate(str.maketrans("", "", "-T:")),
        "VersionReason": "Stopgezet" if card.ended else "Actualisering",
        "Status": "Gediscontinueerd" if card.ended else "Regulier",
        "Modified": f"{modified}+02:00",
        "ObservationsModified": f"{modified}+02:00",
        "ObservationCount": count,
        "DatasetType": "Numeric",
        "Language": "nl",
        "License": "https://creativecommons.org/licenses/by/4.0/",
        "Frequency": "Stopgezet" if card.ended else FREQUENCIES.get(card.cadence, "Perjaar"),
        "TemporalCoverage": coverage,
        "Source": "CBS",
        "Summary": summary,
        "Description": summary,
    }
