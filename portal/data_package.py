"""Describes tables to programs: as a Data Package (version 2), and from that as CSV on the Web.

A column is described once, as a field of the Data Package of a release; everything else is derived from it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LANGUAGES = ("nl", "en")
# What Dutch Excel expects; programs that read UTF-8 with a byte order mark strip it.
DUTCH_DIALECT = {"delimiter": ";"}
DECIMAL_COMMA = ","


def in_both(texts: Json) -> str:
    """Returns Dutch and English in one line, for formats that have room for one text."""
    return " / ".join(texts[lang] for lang in LANGUAGES if texts.get(lang))


def table_schema(fields: Sequence[Json], primary_key: Sequence[str], foreign_keys: Sequence[Json]) -> Json:
    """Returns a Table Schema; a table without foreign keys has no list of them."""
    keys = {"foreignKeys": list(foreign_keys)} if foreign_keys else {}
    return {"fields": list(fields), "primaryKey": list(primary_key), **keys}


def foreign_key(field: str, resource: str, target: str, *, own: str) -> Json:
    """Returns a foreign key to a column of another table, or of this one (whose name is `own`)."""
    return {"fields": [field], "reference": {"resource": "" if resource == own else resource, "fields": [target]}}


def dutch(resource: Json, path: str, suffix: str = ".nl") -> Json:
    """Returns the resource of the same rows in the form for Dutch Excel; its keys refer to files of that form too."""
    schema = resource["schema"]
    fields = [{**f, "decimalChar": DECIMAL_COMMA} if f["type"] == "number" else f for f in schema["fields"]]
    return {
        **renamed(resource, suffix),
        "path": path,
        "dialect": DUTCH_DIALECT,
        "schema": {**renamed(resource, suffix)["schema"], "fields": fields},
    }


def renamed(resource: Json, suffix: str) -> Json:
    """Returns the resource with a suffix to its name, and keys that refer to resources with that suffix too."""
    schema = dict(resource["schema"])
    if "foreignKeys" in schema:
        schema["foreignKeys"] = [_to_suffix(key, suffix) for key in schema["foreignKeys"]]
    return {**resource, "name": resource["name"] + suffix, "schema": schema}


def _to_suffix(key: Json, suffix: str) -> Json:
    reference = key["reference"]
    name = reference["resource"]
    return {**key, "reference": {**reference, "resource": name + suffix if name else ""}}


def licences_and_sources(rows: Iterable[Json]) -> Json:
    """Returns the licences and attributions of rows of the table of sources, each once."""
    rows = list(rows)
    licences = {row["licence_url"]: {"path": row["licence_url"], "title": row["licence"]} for row in rows}
    sources = {row["attribution"]: {"title": row["attribution"], "path": row["homepage_url"]} for row in rows}
    found = {"licenses": _sorted(licences), "sources": _sorted(sources)}
    return {name: items for name, items in found.items() if items}


def _sorted(items: dict[str, Json]) -> list[Json]:
    return [items[key] for key in sorted(items)]


def csv_on_the_web(package: Json) -> Json:
    """Returns the CSV files of a Data Package as a table group of CSV on the Web, which describes them unpacked."""
    resources = [resource for resource in package["resources"] if resource.get("format") == "csv"]
    urls = {resource["name"]: resource["path"].removesuffix(".gz") for resource in resources}
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:title": _texts(package["titles"]),
        "dc:identifier": package["version"],
        "dc:license": [{"@id": licence["path"]} for licence in package.get("licenses", [])],
        "dc:source": [source["title"] for source in package.get("sources", [])],
        "tables": [_web_table(resource, urls) for resource in resources],
    }


def _web_table(resource: Json, urls: dict[str, str]) -> Json:
    schema = resource["schema"]
    # A column that can be empty is left out: validators take an empty reference for a broken one.
    filled = {f["name"] for f in schema["fields"] if f.get("constraints", {}).get("required")}
    keys = [
        {
            "columnReference": key["fields"],
            "reference": {
                "resource": urls[key["reference"]["resource"] or resource["name"]],
                "columnReference": key["reference"]["fields"],
            },
        }
        for key in schema.get("foreignKeys", [])
        if filled.issuperset(key["fields"])
    ]
    return {
        "url": urls[resource["name"]],
        "dc:title": _texts(resource["titles"]),
        "dc:description": _texts(resource["descriptions"]),
        "dialect": {"delimiter": resource.get("dialect", {}).get("delimiter", ","), "encoding": resource["encoding"]},
        "tableSchema": {
            "columns": [_web_column(field) for field in schema["fields"]],
            "primaryKey": schema["primaryKey"],
            **({"foreignKeys": keys} if keys else {}),
        },
    }


def _web_column(field: Json) -> Json:
    required = bool(field.get("constraints", {}).get("required"))
    column: Json = {
        "name": field["name"],
        "titles": field["name"],
        "datatype": _web_type(field),
        "required": required,
        "dc:description": _texts(field["descriptions"]),
    }
    if "units" in field:
        column["schema:unitText"] = _texts(field["units"])
    # An empty text in a required column is a value: nothing means "unknown" there.
    return {**column, "null": []} if required and field["type"] == "string" else column


def _web_type(field: Json) -> str | Json:
    if "decimalChar" in field:
        return {"base": "decimal", "format": {"decimalChar": field["decimalChar"]}}
    if field["type"] == "boolean":
        return {"base": "boolean", "format": "true|false"}
    return str(field["type"])


def _texts(texts: Json) -> list[Json]:
    return [{"@value": texts[lang], "@language": lang} for lang in LANGUAGES if texts.get(lang)]


def written(content: Json) -> bytes:
    """Returns JSON for programs, without spaces; equal content gives equal bytes."""
    return (json.dumps(content, ensure_ascii=False) + "\n").encode()
