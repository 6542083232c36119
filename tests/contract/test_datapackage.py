"""The release describes itself to machines: its Data Package and CSV on the Web hold, and say what the release is."""

import copy
import gzip
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support_validators import data_problems, schema_problems, web_problems

from pipelines.publish.manifest import public_tables
from portal.data_package import csv_on_the_web

Package = dict[str, Any]
# The larger tables take validators minutes and are of the same making.
SMALL_BYTES = 10_000
SQLITE_TYPES = {"string": "TEXT", "date": "TEXT", "number": "REAL", "integer": "INTEGER", "boolean": "INTEGER"}


@pytest.fixture(scope="module")
def package(sample_release: Path) -> Package:
    return json.loads((sample_release / "datapackage.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def small(package: Package) -> Package:
    """The CSV files of the smaller tables, with the keys between them."""
    kept = [r for r in package["resources"] if r["format"] == "csv" and r["bytes"] < SMALL_BYTES]
    names = {"", *(r["name"] for r in kept)}
    return {**package, "resources": [_with_keys_to(r, names) for r in kept]}


def _with_keys_to(resource: Package, names: set[str]) -> Package:
    schema = dict(resource["schema"])
    keys = [key for key in schema.pop("foreignKeys", []) if key["reference"]["resource"] in names]
    return {**resource, "schema": {**schema, "foreignKeys": keys} if keys else schema}


def copied(small: Package, release: Path, folder: Path) -> Path:
    """The small tables and their CSV on the Web in a folder of their own, to be spoiled."""
    (folder / "tables").mkdir()
    for resource in small["resources"]:
        packed = folder / resource["path"]
        shutil.copy(release / resource["path"], packed)
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
    path = folder / "csv-metadata.json"
    path.write_text(json.dumps(csv_on_the_web(small)), encoding="utf-8")
    return path


def spoil_regions(folder: Path, old: bytes, new: bytes) -> None:
    """Puts other bytes in the table of regions, in its plain file and in the packed one."""
    path = folder / "tables" / "regions.csv"
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    path.with_name("regions.csv.gz").write_bytes(gzip.compress(path.read_bytes()))


def resource_of(package: Package, name: str) -> Package:
    return next(resource for resource in package["resources"] if resource["name"] == name)


def test_the_package_is_a_data_package_of_version_2(package: Package) -> None:
    assert schema_problems(package) == []


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda p: p["resources"][0].pop("path"), "$.resources[0]"),
        (lambda p: p["resources"][0]["schema"]["fields"][0].update(type="text"), "$.resources[0].schema.fields[0]"),
        (lambda p: p["licenses"].append({"title": "CC0"}), "$.licenses"),
    ],
)
def test_the_schema_refuses_a_spoiled_package(package: Package, spoil: Any, where: str) -> None:
    spoiled = copy.deepcopy(package)
    spoil(spoiled)
    assert any(problem.startswith(where) for problem in schema_problems(spoiled))


def test_the_files_hold_what_their_schemas_say(small: Package, sample_release: Path) -> None:
    assert len(small["resources"]) > 10
    assert data_problems(small, sample_release) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b"GM0193,", b"GM0363,", "primary-key"),
        (b",true,", b",perhaps,", "type-error"),
        (b"\r\n", b"\r\nGM0001,Adorp,municipality,,,\r\n", "constraint-error"),
        (b"Amsterdam", b"Amsterdan", "hash-count"),
    ],
)
def test_a_spoiled_file_is_found(
    small: Package, sample_release: Path, tmp_path: Path, old: bytes, new: bytes, kind: str
) -> None:
    copied(small, sample_release, tmp_path)
    spoil_regions(tmp_path, old, new)
    spoiled = {**small, "resources": [_with_keys_to(resource_of(small, "regions"), {""})]}
    assert any(problem.startswith(kind) for problem in data_problems(spoiled, tmp_path))


def test_the_tables_are_valid_csv_on_the_web(small: Package, sample_release: Path, tmp_path: Path) -> None:
    assert web_problems(copied(small, sample_release, tmp_path)) == []


@pytest.mark.parametrize(
    ("old", "new"), [(b",true,", b",perhaps,"), (b"GM0193,", b"GM0363,"), (b"region_code,", b"code,")]
)
def test_csv_on_the_web_finds_a_spoiled_file(
    small: Package, sample_release: Path, tmp_path: Path, old: bytes, new: bytes
) -> None:
    spoiled = {**small, "resources": [_with_keys_to(resource_of(small, "regions"), {""})]}
    metadata = copied(spoiled, sample_release, tmp_path)
    spoil_regions(tmp_path, old, new)
    assert web_problems(metadata)


def test_the_web_file_of_the_release_is_that_of_its_package(package: Package, sample_release: Path) -> None:
    published = json.loads((sample_release / "csv-metadata.json").read_text(encoding="utf-8"))
    assert published == csv_on_the_web(package)


def test_every_file_of_the_release_is_told_with_its_digest(package: Package, sample_release: Path) -> None:
    sealed = json.loads((sample_release / "release.json").read_text(encoding="utf-8"))
    told = {r["path"]: {"bytes": r["bytes"], "sha256": r["hash"].removeprefix("sha256:")} for r in package["resources"]}
    assert told == {path: {k: sealed["files"][path][k] for k in ("bytes", "sha256")} for path in told}
    tables = {path.stem for path in (sample_release / "tables").glob("*.parquet")}
    assert set(told) == {"regiokompas.db", *(f"tables/{t}.{kind}" for t in tables for kind in ("csv.gz", "parquet"))}
    assert {r["name"]: r["rows"] for r in package["resources"] if r["format"] == "csv"} == sealed["rows"]


def test_columns_types_and_keys_are_those_of_sqlite_and_parquet(package: Package, sample_release: Path) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        for resource in (r for r in package["resources"] if "schema" in r):
            table, schema = resource["name"].removesuffix(".parquet"), resource["schema"]
            columns = db.execute(f'pragma table_xinfo("{table}")').fetchall()
            told = [
                (f["name"], SQLITE_TYPES[f["type"]], "constraints" in f, f["name"] in schema["primaryKey"])
                for f in schema["fields"]
            ]
            assert told == [(c[1], c[2], bool(c[3]), bool(c[5])) for c in columns], table
            keys = {(key[3], key[2], key[4]) for key in db.execute(f'pragma foreign_key_list("{table}")')}
            assert keys == {
                (
                    k["fields"][0],
                    k["reference"]["resource"].removesuffix(".parquet") or table,
                    k["reference"]["fields"][0],
                )
                for k in schema.get("foreignKeys", [])
            }
            if resource["format"] == "parquet":
                names = duckdb.sql(f"select * from '{sample_release / resource['path']}' limit 0").columns
                assert names == [f["name"] for f in schema["fields"]]


def test_titles_descriptions_and_units_are_those_of_the_portal(package: Package, sample_release: Path) -> None:
    metadata = json.loads((sample_release / "metadata.json").read_text(encoding="utf-8"))
    tables = metadata["databases"]["regiokompas"]["tables"]
    for resource in (r for r in package["resources"] if r["format"] == "csv"):
        about = tables[resource["name"]]
        assert resource["title"] == about["title"]
        assert resource["descriptions"] == {"nl": about["description_nl"], "en": about["description_en"]}
        for field in resource["schema"]["fields"]:
            unit = f" [{field['units']['en']}]" if "units" in field else ""
            assert field["description"] + unit == about["columns"][field["name"]]


def test_every_unit_is_told_in_both_languages(sample_run: Any) -> None:
    tables = public_tables(sample_run.data / "build" / "dbt" / "manifest.json")
    assert [f"{t.name}.{c.name}" for t in tables for c in t.columns if bool(c.unit) != bool(c.unit_nl)] == []


def test_sources_and_licences_are_those_of_the_release(package: Package, sample_release: Path) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        licences = {row[0] for row in db.execute("select distinct licence_url from sources")}
        attributions = {row[0] for row in db.execute("select distinct attribution from sources")}
        notice, release_id = db.execute("select notice, release_id from release").fetchone()
    assert {licence["path"] for licence in package["licenses"]} == licences
    assert {source["title"] for source in package["sources"]} == attributions
    assert (package["description"], package["version"]) == (notice, release_id)
