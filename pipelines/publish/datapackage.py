"""The whole release as a Data Package and as CSV on the Web: every file, column, key and term, machine-readable."""

from pathlib import Path
from typing import Any

from pipelines.publish.manifest import PublicColumn, PublicTable
from pipelines.publish.metadata import DATABASE, plain_text
from portal.data_package import (
    PROFILE,
    Json,
    csv_on_the_web,
    foreign_key,
    in_both,
    licences_and_sources,
    renamed,
    table_schema,
    written,
)

PACKAGE_FILE = "datapackage.json"
WEB_FILE = "csv-metadata.json"
TYPES = {
    "string": "string",
    "varchar": "string",
    "double": "number",
    "integer": "integer",
    "bigint": "integer",
    "boolean": "boolean",
    "date": "date",
}
PARQUET_TYPE = "application/vnd.apache.parquet"
SQLITE_TYPE = "application/vnd.sqlite3"


def write_package(
    folder: Path,
    tables: list[PublicTable],
    release: dict[str, Any],
    sources: list[dict[str, Any]],
    rows: dict[str, int],
    files: dict[str, dict[str, Any]],
) -> None:
    """Writes `datapackage.json` and `csv-metadata.json` of a release.

    Args:
        folder: the folder of the release.
        tables: the public tables.
        release: the one row of the table `release`.
        sources: the rows of the table `sources`.
        rows: how many rows each table has.
        files: size and sha256 of each file, by its path in the release.
    """
    package = data_package(tables, release, sources, rows, files)
    (folder / PACKAGE_FILE).write_bytes(written(package))
    (folder / WEB_FILE).write_bytes(written(csv_on_the_web(package)))


def data_package(
    tables: list[PublicTable],
    release: dict[str, Any],
    sources: list[dict[str, Any]],
    rows: dict[str, int],
    files: dict[str, dict[str, Any]],
) -> Json:
    """Returns the release as a Data Package: each table as CSV and as Parquet, and all of them as SQLite."""
    titles = {"nl": release["title_nl"], "en": release["title_en"]}
    resources = []
    for table in tables:
        whole = _resource(table, rows[table.name])
        parquet = {**renamed(whole, ".parquet"), "format": "parquet", "mediatype": PARQUET_TYPE}
        parquet.pop("encoding")
        packed = {**whole, "compression": "gz"}
        for resource, extension in ((packed, "csv.gz"), (parquet, "parquet")):
            resources.append(_with_file(resource, f"tables/{table.name}.{extension}", files))
    database = {"name": f"{DATABASE}.db", "title": in_both(titles), "format": "sqlite", "mediatype": SQLITE_TYPE}
    return {
        "$schema": PROFILE,
        "name": DATABASE,
        "id": release["release_id"],
        "version": release["release_id"],
        "title": in_both(titles),
        "titles": titles,
        **({"description": release["notice"]} if release["notice"] else {}),
        **({"created": release["newest_landed_at"]} if release["newest_landed_at"] else {}),
        **licences_and_sources(sources),
        "resources": [*resources, _with_file(database, f"{DATABASE}.db", files)],
    }


def _with_file(resource: Json, path: str, files: dict[str, dict[str, Any]]) -> Json:
    facts = files[path]
    return {**resource, "path": path, "bytes": facts["bytes"], "hash": f"sha256:{facts['sha256']}"}


def _resource(table: PublicTable, rows: int) -> Json:
    titles = {"nl": table.title_nl, "en": table.title_en}
    descriptions = {"nl": plain_text(table.description_nl), "en": plain_text(table.description_en)}
    keys = [
        foreign_key(c.name, c.references[0], c.references[1], own=table.name) for c in table.columns if c.references
    ]
    return {
        "name": table.name,
        "type": "table",
        "title": in_both(titles),
        "titles": titles,
        "description": in_both(descriptions),
        "descriptions": descriptions,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "rows": rows,
        "schema": table_schema([_field(c) for c in table.columns], table.primary_key, keys),
    }


def _field(column: PublicColumn) -> Json:
    descriptions = {"nl": plain_text(column.description_nl), "en": plain_text(column.description_en)}
    kind = TYPES[column.data_type.lower()]
    return {
        "name": column.name,
        "type": kind,
        "description": in_both(descriptions),
        "descriptions": descriptions,
        **_unit(column),
        **({} if column.is_nullable else {"constraints": {"required": True}}),
        # In CSV an empty text and no text look the same; in a column that is never null, empty is a text.
        **({"missingValues": []} if kind == "string" and not column.is_nullable else {}),
    }


def _unit(column: PublicColumn) -> Json:
    if not column.unit:
        return {}
    units = {"nl": column.unit_nl or column.unit, "en": column.unit}
    return {"unit": in_both(units), "units": units}
