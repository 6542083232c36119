"""What is published is what the dbt manifest says, and nothing is published that it does not tell in two languages."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from support import PUBLIC_TABLES

from pipelines.errors import RegiokompasError
from pipelines.publish.manifest import public_tables

Manifest = dict[str, Any]
FACT = "model.regiokompas.fct_observation"


@pytest.fixture(scope="module")
def manifest(sample_run: Run) -> Path:
    return sample_run.data / "build" / "dbt" / "manifest.json"


def changed(manifest: Path, folder: Path, change: Callable[[Manifest], object]) -> Path:
    content = json.loads(manifest.read_text(encoding="utf-8"))
    change(content)
    path = folder / "manifest.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def fact(content: Manifest) -> Any:
    return content["nodes"][FACT]


def test_the_public_tables_are_those_of_the_exposure(manifest: Path) -> None:
    assert {table.name for table in public_tables(manifest)} == PUBLIC_TABLES


def test_only_staging_reads_what_the_ingest_wrote(manifest: Path) -> None:
    content = json.loads(manifest.read_text(encoding="utf-8"))
    readers = {
        source: {
            content["nodes"][child]["fqn"][1] for child in content["child_map"][source] if child.startswith("model.")
        }
        for source in content["sources"]
    }
    assert readers == {source: {"staging"} for source in content["sources"]}


def test_a_table_comes_after_those_that_it_refers_to(manifest: Path) -> None:
    seen: set[str] = set()
    for table in public_tables(manifest):
        assert {c.references[0] for c in table.columns if c.references} <= seen | {table.name}
        seen.add(table.name)


def test_observations_are_told_whole(manifest: Path) -> None:
    (table,) = [table for table in public_tables(manifest) if table.name == "observations"]
    assert table.primary_key == ("indicator_id", "region_code", "period_code")
    columns = {column.name: column for column in table.columns}
    assert set(columns) >= {
        "indicator_id",
        "region_code",
        "period_code",
        "year",
        "value",
        "value_status",
        "origin_id",
    }
    assert columns["indicator_id"].references == ("indicators", "indicator_id")
    assert columns["origin_id"].references == ("origins", "origin_id")
    assert columns["value"].is_nullable and not columns["value_status"].is_nullable
    assert all(c.description_nl and c.description_en and c.description_nl != c.description_en for c in table.columns)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: fact(m).update(description=""), "model fct_observation: description is missing"),
        (lambda m: fact(m)["config"]["meta"].pop("nl"), "model fct_observation: meta.nl is missing"),
        (lambda m: fact(m)["config"]["meta"].pop("title_en"), "model fct_observation: meta.title_en is missing"),
        (lambda m: fact(m).update(alias="fct_observation"), "model fct_observation: config.alias is missing"),
        (lambda m: fact(m).update(constraints=[]), "model fct_observation: a primary_key constraint is missing"),
        (lambda m: fact(m)["columns"]["value"].update(description=""), "column value: no English description"),
        (
            lambda m: m["docs"].pop("doc.regiokompas.value_status_nl"),
            "model fct_observation column value_status: no Dutch description",
        ),
    ],
)
def test_what_is_not_told_is_not_published(
    manifest: Path, tmp_path: Path, change: Callable[[Manifest], object], told: str
) -> None:
    with pytest.raises(RegiokompasError) as error:
        public_tables(changed(manifest, tmp_path, change))
    lines = [line for line in str(error.value).splitlines() if told in line]
    assert lines and all("-> add it to its yml" in line for line in lines), error.value
