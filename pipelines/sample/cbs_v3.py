"""A table in the shape of CBS OData v3: wide rows, padded keys, figures as text."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.landing.store import NOTICE
from pipelines.sources.card import SourceCard

from .columns import SampleCell
from .modified import modified_of
from .odata import ODataRow
from .periods import SamplePeriod
from .tables import Entry, SampleTable, kind_of
from .tables import SampleTopic as Measured

MARKS = {mark: mark.rjust(8) for mark in ".x-0"} | {"impossible": ""}
REGION_WIDTH = 6
_NUMBERED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class V3Topic:
    """A column with figures: key with running number, Dutch title, unit and decimals as CBS writes them."""

    key: str
    title: str
    unit: str
    decimals: int
    datatype: str = "Double"


@dataclass(frozen=True)
class V3Table:
    """A table as it is served: every entity set by name, untyped rows included."""

    id: str
    sets: dict[str, Sequence[ODataRow]]


def v3_table(card: SourceCard) -> V3Table:
    """The table of a card."""
    table = SampleTable(card)
    topics = [_topic(table, measured, number) for number, measured in enumerate(table.topics, 1)]
    region, period = card.dimension("region"), card.dimension("period")
    widths = {name: max(len(e.alias) for e in entries) for name, entries in table.categories.items()}
    rows = []
    for line in table.lines():
        row = {name: padded(e.alias, widths[name]) for name, e in line.categories.items()}
        row |= {region: padded(line.region, REGION_WIDTH)} if region else {}
        row |= {period: line.period.wire} if period else {}
        row |= {topic.key: _text(topic, cell) for topic, cell in zip(topics, line.cells, strict=True)}
        rows.append(row)
    codes: dict[str, list[ODataRow]] = {}
    for name, dimension in card.dimensions.items():
        if dimension.role == "region":
            codes[name] = [_code_row(e, REGION_WIDTH) for e in table.regions]
        elif dimension.role == "period":
            codes[name] = [_period_row(p) for p in table.periods]
        else:
            codes[name] = [_code_row(e, widths[name]) for e in table.categories[name]]
    return as_served(card, codes, topics, rows, NOTICE)


def padded(code: str, width: int) -> str:
    """A code or text as CBS sends it, filled with spaces on the right."""
    return code.ljust(width)


def _topic(table: SampleTable, measured: Measured, number: int) -> V3Topic:
    measure, invention = measured.measure, measured.invention
    key = invention.wire or (measure.aliases[0] if measure.aliases else measure.code)
    if not _NUMBERED.search(key):
        key = f"{key}_{number if measured.is_asked else 999}"
    single = bool(invention.decimals) and not table.regions
    unit = measure.unit or ("per 1 000" if invention.kind == "per_1000" else "")
    return V3Topic(key, measure.title, unit, invention.decimals, "Float" if single else "Double")


def _text(topic: V3Topic, cell: SampleCell) -> str:
    """An untyped value: text of at least 8 characters, filled with spaces on the left."""
    if cell.number is None:
        return MARKS[cell.mark]
    if topic.datatype == "Float":
        return _single(cell.number)
    return f"{cell.number:8.{topic.decimals}f}"


def _single(value: float) -> str:
    """A number as CBS sends a Float topic: in single precision, written out in full."""
    return str(struct.unpack("f", struct.pack("f", value))[0]).rjust(8)


def _code_row(entry: Entry, width: int) -> ODataRow:
    return {"Key": padded(entry.alias, width), "Title": entry.title, "Description": None, "CategoryGroupID": None}


def _period_row(period: SamplePeriod) -> ODataRow:
    remark = {"Voorlopig": "Voorlopige cijfers", "NaderVoorlopig": "Nader voorlopige cijfers"}.get(
        period.status or "", ""
    )
    status = {"Status": period.status} if period.status else {}
    return {"Key": period.wire, "Title": period.title, "Description": remark, **status}


def _property(number: int, kind: str, key: str, title: str, parent: int | None = None, **more: Any) -> ODataRow:
    return {
        "odata.type": f"Cbs.OData.{kind}",
        "ID": number,
        "Position": number,
        "ParentID": parent,
        "Type": kind,
        "Key": key,
        "Title": title,
        "Description": "",
        "ReleasePolicy": kind == "TimeDimension" or None,
        "Datatype": None,
        "Unit": None,
        "Decimals": None,
        "Default": None,
        **more,
    }


def _properties(card: SourceCard, topics: Sequence[V3Topic]) -> list[ODataRow]:
    rows = [
        _property(i, kind_of(dimension), name, "Regio's" if dimension.role == "region" else name)
        for i, (name, dimension) in enumerate(card.dimensions.items())
    ]
    group = len(rows)
    rows.append(_property(group, "TopicGroup", "", "Onderwerpen"))
    for topic in topics:
        details = {"Datatype": topic.datatype, "Unit": topic.unit, "Decimals": topic.decimals, "Default": "Impossible"}
        rows.append(_property(len(rows), "Topic", topic.key, topic.title, group, **details))
    return rows


def _typed(row: ODataRow, topics: Sequence[V3Topic]) -> ODataRow:
    typed = dict(row)
    for topic in topics:
        if topic.datatype != "String":
            text = row[topic.key].strip()
            typed[topic.key] = float(text) if text[-1:].isdigit() else None
    return typed


def as_served(
    card: SourceCard,
    codes: Mapping[str, Sequence[ODataRow]],
    topics: Sequence[V3Topic],
    rows: Sequence[Mapping[str, str]],
    summary: str,
) -> V3Table:
    """All entity sets of a table; its `Modified` has no time zone, as in the TableInfos of this protocol."""
    periods = codes.get(card.dimension("period") or "", ())
    info = {
        "ID": 0,
        "Title": card.title.nl,
        "ShortTitle": card.title.nl,
        "Identifier": card.table,
        "Summary": summary,
        "Modified": modified_of(card),
        "ReasonDelivery": "Stopgezet" if card.ended else "Actualisering",
        "ExplanatoryText": summary,
        "OutputStatus": "Gediscontinueerd" if card.ended else "Regulier",
        "Source": "CBS",
        "Language": "nl",
        "Catalog": "CBS",
        "Frequency": "Stopgezet" if card.ended else "Perjaar",
        "Period": f"{periods[0]['Title']} - {periods[-1]['Title']}" if periods else "",
        "ShortDescription": summary,
    }
    untyped: list[ODataRow] = [{"ID": i, **row} for i, row in enumerate(rows)]
    return V3Table(
        card.table,
        {
            "TableInfos": [info],
            "UntypedDataSet": untyped,
            "TypedDataSet": [_typed(row, topics) for row in untyped],
            "DataProperties": _properties(card, topics),
            "CategoryGroups": [],
            **codes,
        },
    )
