"""The documents of a CBS OData v3 table, made from its topics, codes and rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
YEARS = range(2016, 2026)
IMPOSSIBLE = ""
MARKS = {mark: mark.rjust(8) for mark in ".x-0"}


@dataclass(frozen=True)
class Topic:
    """A column with figures: key with running number, Dutch title, unit and decimals as CBS writes them."""

    key: str
    title: str
    unit: str
    decimals: int
    datatype: str = "Double"
    default: str = "Impossible"
    group: str = ""


@dataclass(frozen=True)
class V3Table:
    """A table as it is served: every entity set by name, untyped rows included."""

    id: str
    sets: dict[str, Sequence[Row]]


def padded(code: str, width: int) -> str:
    """A code or text as CBS sends it, filled with spaces on the right."""
    return code.ljust(width)


def number(value: float, decimals: int) -> str:
    """An untyped value: text of at least 8 characters, filled with spaces on the left."""
    return f"{value:8.{decimals}f}"


def period_status(year: int, last: int) -> tuple[str, str]:
    """Status and remark of a year: the last is provisional, the one before it revised provisional."""
    if year == last:
        return "Voorlopig", "Voorlopige cijfers"
    if year == last - 1:
        return "NaderVoorlopig", "Nader voorlopige cijfers"
    return "Definitief", ""


def period_rows(years: range, suffix: str = "") -> list[tuple[str, str, str, str]]:
    """Code, title, description and status of yearly periods."""
    rows = []
    for year in years:
        status, remark = period_status(year, years[-1])
        rows.append((f"{year}JJ00", f"{year}{suffix}", remark, status))
    return rows


def _code_row(dimension: str, entry: Sequence[str]) -> Row:
    if dimension == "Perioden":
        code, title, description, status = entry
        return {"Key": code, "Title": title, "Description": description, "Status": status}
    code, title = entry
    return {"Key": code, "Title": title, "Description": None, "CategoryGroupID": None}


KINDS = {"RegioS": "GeoDimension", "Perioden": "TimeDimension"}
DIMENSION_TITLES = {
    "RegioS": "Regio's",
    "SoortMisdrijf": "Soort misdrijf",
    "BedrijfstakkenBranchesSBI2008": "Bedrijfstakken/branches (SBI 2008)",
}


def _property(number_: int, kind: str, key: str, title: str, parent: int | None = None, **more: Any) -> Row:
    return {
        "odata.type": f"Cbs.OData.{kind}",
        "ID": number_,
        "Position": number_,
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


def _properties(dimensions: Sequence[str], topics: Sequence[Topic]) -> list[Row]:
    rows = [
        _property(i, KINDS.get(key, "Dimension"), key, DIMENSION_TITLES.get(key, key))
        for i, key in enumerate(dimensions)
    ]
    groups: dict[str, int] = {}
    for topic in topics:
        if topic.group and topic.group not in groups:
            groups[topic.group] = len(rows)
            rows.append(_property(len(rows), "TopicGroup", "", topic.group))
        details = {
            "Datatype": topic.datatype,
            "Unit": topic.unit,
            "Decimals": topic.decimals,
            "Default": topic.default,
        }
        rows.append(_property(len(rows), "Topic", topic.key, topic.title, groups.get(topic.group), **details))
    return rows


def _typed(row: Row, topics: Sequence[Topic]) -> Row:
    typed = dict(row)
    for topic in topics:
        if topic.datatype != "String":
            text = row[topic.key].strip()
            typed[topic.key] = float(text) if text[-1:].isdigit() else None
    return typed


def table(
    table_id: str,
    title: str,
    modified: str,
    summary: str,
    codes: Mapping[str, Sequence[Sequence[str]]],
    topics: Sequence[Topic],
    rows: Sequence[Mapping[str, str]],
) -> V3Table:
    """All entity sets of a table; `modified` has no time zone, as in TableInfos of this protocol."""
    periods = codes.get("Perioden", ())
    info = {
        "ID": 0,
        "Title": title,
        "ShortTitle": title,
        "Identifier": table_id,
        "Summary": summary,
        "Modified": modified,
        "ReasonDelivery": "Actualisering",
        "ExplanatoryText": summary,
        "OutputStatus": "Regulier",
        "Source": "CBS",
        "Language": "nl",
        "Catalog": "CBS",
        "Frequency": "Perjaar",
        "Period": f"{periods[0][1]} - {periods[-1][1]}" if periods else "",
        "ShortDescription": summary,
    }
    untyped: list[Row] = [{"ID": i, **row} for i, row in enumerate(rows)]
    return V3Table(
        table_id,
        {
            "TableInfos": [info],
            "UntypedDataSet": untyped,
            "TypedDataSet": [_typed(row, topics) for row in untyped],
            "DataProperties": _properties(list(codes), topics),
            "CategoryGroups": [],
            **{dimension: [_code_row(dimension, entry) for entry in entries] for dimension, entries in codes.items()},
        },
    )
