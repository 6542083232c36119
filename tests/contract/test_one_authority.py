"""Columns, titles and units are what the dbt manifest says, wherever a release tells them again."""

import csv
import gzip
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Run
from rdflib import Graph
from rdflib.namespace import DCAT, DCTERMS, RDF
from support_portal import fetch, open_portal

from pipelines.publish.manifest import PublicTable, public_tables
from pipelines.publish.sqlite import FACET_COUNTS
from schemas.marts import contract_schema

UNIT = re.compile(r" \[([^\]]+)\]$")


@dataclass
class Told:
    """What a part of a release says of one table; None where that part has no room for it."""

    columns: list[str] | None = None
    titles: tuple[str, str] | None = None
    units: dict[str, str] | None = None


@dataclass(frozen=True)
class Place:
    """Where the parts of one release are found."""

    run: Run
    tables: list[PublicTable]
    release: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "release", self.run.release)


@pytest.fixture(scope="module")
def place(sample_run: Run) -> Place:
    return Place(sample_run, public_tables(sample_run.data / "build" / "dbt" / "manifest.json"))


def from_dbt(place: Place) -> dict[str, Told]:
    return {
        t.name: Told(
            [c.name for c in t.columns],
            (t.title_nl, t.title_en),
            {c.name: c.unit for c in t.columns if c.unit},
        )
        for t in place.tables
    }


def from_pandera(place: Place) -> dict[str, Told]:
    return {t.name: Told(list(contract_schema(t).columns)) for t in place.tables}


def from_sqlite(place: Place) -> dict[str, Told]:
    with closing(sqlite3.connect(place.release / "regiokompas.db")) as db:
        found = db.execute("select name, sql from sqlite_master where type = 'table'").fetchall()
        virtual = {name for name, sql in found if "virtual table" in sql.lower()}
        names = [
            name
            for name, _ in found
            if not name.startswith("sqlite_")
            and name != FACET_COUNTS
            and not any(name == v or name.startswith(f"{v}_") for v in virtual)
        ]
        return {n: Told([row[1] for row in db.execute(f'pragma table_xinfo("{n}")')]) for n in names}


def from_parquet(place: Place) -> dict[str, Told]:
    files = sorted((place.release / "tables").glob("*.parquet"))
    return {f.stem: Told([row[0] for row in duckdb.sql(f"describe from '{f}'").fetchall()]) for f in files}


def from_csv(place: Place) -> dict[str, Told]:
    files = [f for f in sorted((place.release / "tables").glob("*.csv.gz")) if not f.name.endswith(".nl.csv.gz")]
    return {f.name.removesuffix(".csv.gz"): Told(header(f, ",")) for f in files}


def from_dutch_csv(place: Place) -> dict[str, Told]:
    files = sorted((place.release / "tables").glob("*.nl.csv.gz"))
    return {f.name.removesuffix(".nl.csv.gz"): Told(header(f, ";")) for f in files}


def header(path: Path, delimiter: str) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, delimiter=delimiter))


def from_datasette(place: Place) -> dict[str, Told]:
    about = json.loads((place.release / "metadata.json").read_text(encoding="utf-8"))
    tables = about["databases"]["regiokompas"]["tables"]
    return {
        name: Told(
            list(told["columns"]),
            (told["title_nl"], told["title_en"]),
            {column: found[1] for column, text in told["columns"].items() if (found := UNIT.search(text))},
        )
        for name, told in tables.items()
        if not told.get("hidden")
    }


def from_dcat(place: Place) -> dict[str, Told]:
    graph = Graph().parse(place.release / "catalogue.ttl")
    told = {}
    for dataset in graph.subjects(RDF.type, DCAT.Dataset):
        titles = {str(t.language): str(t) for t in graph.objects(dataset, DCTERMS.title)}
        told[str(dataset).rsplit("/", 1)[-1].removesuffix("#dataset")] = Told(titles=(titles["nl"], titles["en"]))
    return told


def from_data_package(place: Place) -> dict[str, Told]:
    package = json.loads((place.release / "datapackage.json").read_text(encoding="utf-8"))
    return {
        r["name"]: Told(
            [f["name"] for f in r["schema"]["fields"]],
            (r["titles"]["nl"], r["titles"]["en"]),
            {f["name"]: f["units"]["en"] for f in r["schema"]["fields"] if "units" in f},
        )
        for r in package["resources"]
        if r.get("format") == "csv"
    }


def from_csvw(place: Place) -> dict[str, Told]:
    group = json.loads((place.release / "csv-metadata.json").read_text(encoding="utf-8"))

    def texts(values: list[dict[str, str]]) -> dict[str, str]:
        return {value["@language"]: value["@value"] for value in values}

    told = {}
    for table in group["tables"]:
        columns = table["tableSchema"]["columns"]
        titles = texts(table["dc:title"])
        units = {c["name"]: texts(c["schema:unitText"])["en"] for c in columns if "schema:unitText" in c}
        told[Path(table["url"]).stem] = Told([c["name"] for c in columns], (titles["nl"], titles["en"]), units)
    return told


def from_openapi(place: Place) -> dict[str, Told]:
    """The rows of the API, whose names are those of the columns in camelCase."""
    document = fetch(open_portal(place.release), "/v1/openapi.json").json()
    names = {f"{t.title_nl} / {t.title_en}": t for t in place.tables}
    told = {}
    for schema in document["components"]["schemas"].values():
        table = names.get(schema.get("title", ""))
        if table is None:
            continue
        fields = {camel(c.name): c.name for c in table.columns}
        # Since when readers had a release is in no table: no release can say it of itself.
        properties: dict[str, Any] = {name: p for name, p in schema["properties"].items() if name != "currentFrom"}
        told[table.name] = Told(
            [fields.get(name, name) for name in properties],
            (table.title_nl, table.title_en),
            {fields.get(name, name): about["x-unit"] for name, about in properties.items() if "x-unit" in about},
        )
    return told


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


PARTS: dict[str, Callable[[Place], dict[str, Told]]] = {
    "pandera": from_pandera,
    "SQLite": from_sqlite,
    "Parquet": from_parquet,
    "CSV": from_csv,
    "Dutch CSV": from_dutch_csv,
    "Datasette": from_datasette,
    "DCAT": from_dcat,
    "Data Package": from_data_package,
    "CSVW": from_csvw,
    "OpenAPI": from_openapi,
}
# Tells of some tables only; every other part tells of all.
PARTIAL = {"OpenAPI"}
FEWEST_TABLES_OF_A_PARTIAL = 4


@pytest.mark.parametrize("part", PARTS)
def test_columns_titles_and_units_are_those_of_dbt(place: Place, part: str) -> None:
    expected, told = from_dbt(place), PARTS[part](place)
    if part in PARTIAL:
        assert len(told) >= FEWEST_TABLES_OF_A_PARTIAL and told.keys() <= expected.keys()
    else:
        assert told.keys() == expected.keys()
    for name, said in told.items():
        for what in ("columns", "titles", "units"):
            found = getattr(said, what)
            assert found is None or found == getattr(expected[name], what), f"{part}, {name}: {what}"


def test_units_and_titles_are_there_to_compare(place: Place) -> None:
    told = from_dbt(place)
    assert sum(len(each.units or {}) for each in told.values()) > 50
    assert all(each.titles and all(each.titles) for each in told.values())


@pytest.mark.parametrize("what", ["columns", "titles", "units"])
def test_a_difference_is_found(place: Place, tmp_path: Path, what: str) -> None:
    about = json.loads((place.release / "metadata.json").read_text(encoding="utf-8"))
    table = about["databases"]["regiokompas"]["tables"]["baseline"]
    column = next(iter(from_dbt(place)["sme_support"].units or {}))
    units = about["databases"]["regiokompas"]["tables"]["sme_support"]["columns"]
    changes: dict[str, Callable[[], object]] = {
        "columns": lambda: table["columns"].popitem(),
        "titles": lambda: table.update(title_nl="Iets anders"),
        "units": lambda: units.update({column: "no unit"}),
    }
    changes[what]()
    (tmp_path / "metadata.json").write_text(json.dumps(about), encoding="utf-8")
    other = Place(Run(place.run.ran, place.run.data, tmp_path), place.tables)
    expected, told = from_dbt(place), from_datasette(other)
    assert [n for n in told if getattr(told[n], what) != getattr(expected[n], what)]
