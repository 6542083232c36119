"""The release as a DCAT-AP-NL 3.0 catalogue, so that data.overheid.nl and others can find its tables."""

import json
from pathlib import Path
from typing import Any

import duckdb
from rdflib import Graph

from pipelines.publish.catalogue_graph import Catalogue, Coverage
from pipelines.publish.manifest import PublicTable
from pipelines.publish.release import FileFacts

COUNTRIES = {"BE": "BEL", "FR": "FRA"}


def write_catalogue(
    con: duckdb.DuckDBPyConnection,
    tables: list[PublicTable],
    release: dict[str, Any],
    folder: Path,
    contact: dict[str, str],
    files: FileFacts,
) -> None:
    """Write `catalogue.ttl` and `catalogue.jsonld` beside the files of a release.

    Args:
        con: the built tables.
        tables: the public ones.
        release: the one row of the table `release`.
        folder: the folder of the release, with all its tables in it.
        contact: who is responsible for it, and the address of the portal, see `contact_of`.
        files: size and sha256 of each file, by its path in the release.
    """
    rights = con.sql("select distinct attribution, licence from sources order by all").fetchall()
    catalogue = Catalogue(contact, release, "; ".join(f"{who}: {licence}" for who, licence in rights))
    for table in tables:
        catalogue.add_table(table, coverage(con, table), files)
    (folder / "catalogue.ttl").write_text(catalogue.graph.serialize(format="turtle"), encoding="utf-8")
    (folder / "catalogue.jsonld").write_text(as_jsonld(catalogue.graph), encoding="utf-8")


def coverage(con: duckdb.DuckDBPyConnection, table: PublicTable) -> Coverage:
    """What the rows of a table say about the years, sources and countries in it."""
    names = {column.name for column in table.columns}
    years, cadences, countries = None, [], []
    if "year" in names:
        (first, last) = con.sql(f"select min(year), max(year) from {table.name}").fetchall()[0]
        years = None if first is None else (first, last)
    if "dataset_id" in names:
        query = f"select distinct s.cadence from {table.name} as t join sources as s using (dataset_id)"
        cadences = [row[0] for row in con.sql(query).fetchall()]
    if "region_code" in names:
        query = f"select distinct left(region_code, 2) from {table.name} order by all"
        countries = [COUNTRIES[row[0]] for row in con.sql(query).fetchall() if row[0] in COUNTRIES]
    return Coverage(years, tuple(cadences), tuple(countries))


def as_jsonld(graph: Graph) -> str:
    """The graph as JSON-LD in a fixed order: rdflib follows the order of its sets, which differs from run to run."""
    nodes = json.loads(graph.serialize(format="json-ld", auto_compact=True))
    nodes["@graph"] = sorted((_in_order(node) for node in nodes["@graph"]), key=lambda node: str(node["@id"]))
    return json.dumps(nodes, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((_in_order(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value
