"""The models on Spark: from the same inputs the same rows in every table, and from those tables the same release."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Run
from support import copy_project, current_release, digests, run_cli
from support_contracts import BUILD, break_tables, check_told
from support_spark import (
    NEEDS_SPARK,
    OURS,
    PYTHON,
    THEIRS,
    columns_of,
    connect_server,
    dbt_on_spark,
    differences,
    open_both,
)

from pipelines.orchestration.transform import MANIFEST
from pipelines.settings import DBT_PROJECT, Settings

# A whole run on Spark takes minutes, on a busy machine more than a test may.
pytestmark = [NEEDS_SPARK, pytest.mark.timeout(1800)]
TABLES = sorted(path.stem for path in [*DBT_PROJECT.glob("models/**/*.sql"), *DBT_PROJECT.glob("seeds/*.csv")])


def database(data: Path) -> Path:
    return Settings(data=data).database


@pytest.fixture(scope="module")
def built(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a run of the sample whose models Spark built, from what was fetched for DuckDB."""
    data = tmp_path_factory.mktemp("spark") / "data"
    for folder in ("landing", "raw"):
        shutil.copytree(sample_run.data / folder, data / folder)
    ran = run_cli("run", "--from", "sample", data=data, python=PYTHON, REGIOKOMPAS_DBT_TARGET="spark")
    assert ran.code == 0, ran.err + ran.out
    return data


@pytest.fixture(scope="module")
def both(sample_run: Run, built: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_both(database(sample_run.data), database(built)) as con:
        yield con


@pytest.fixture(scope="module")
def nodes(built: Path) -> dict[str, dict[str, Any]]:
    """The models and seeds by their names, as dbt knows them on Spark."""
    manifest = json.loads((Settings(data=built).build / "dbt" / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["metadata"]["adapter_type"] == "spark"
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed")}


def test_every_table_is_compared(nodes: dict[str, dict[str, Any]]) -> None:
    assert sorted(nodes) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_spark_builds_the_same_rows(name: str, nodes: dict[str, dict[str, Any]], both: Any) -> None:
    relation = nodes[name]["relation_name"]
    ours, theirs = f"{OURS}.{relation}", f"{THEIRS}.{relation}"
    assert differences(both, ours, theirs) == []
    if nodes[name]["config"]["contract"]["enforced"]:
        assert columns_of(both, ours) == columns_of(both, theirs)


CHANGES = {
    "a value": ("update {} set value = value * (1 + 1e-8) where rowid = 7", ["value: 1 rows"]),
    "a value that is lost": ("update {} set value = null where rowid = 7", ["value: 1 rows"]),
    "a status": ("update {} set value_status = 'suppressed' where rowid = 7", ["value_status"]),
    "a key": ("update {} set region_code = 'GM9999' where rowid = 7", ["region_code"]),
    "a row less": ("delete from {} where rowid = 7", ["rows and"]),
    "a row twice": ("insert into {0} select * from {0} where rowid = 7", ["rows and"]),
    "a column less": ("alter table {} drop column value_status", ["columns: ['value_status']"]),
    "the last bits": ("update {} set value = value * (1 + 1e-12) where rowid = 7", []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_comparison_reports(change: str, both: Any) -> None:
    statement, expected = CHANGES[change]
    both.execute(
        "create or replace table changed as select indicator_id, region_code, period_code, value, value_status"
        f" from {THEIRS}.main.observations where value > 0 order by all limit 100"
    )
    both.execute("create or replace table kept as from changed")
    both.execute(statement.format("changed"))
    found = differences(both, "kept", "changed")
    assert bool(found) == bool(expected) and all(any(text in line for line in found) for text in expected), found


def test_the_release_from_its_tables_is_the_same_to_the_byte(sample_run: Run, built: Path) -> None:
    made = current_release(built)
    assert made.name == sample_run.release.name and digests(made) == digests(sample_run.release)


def test_a_server_of_spark_connect_builds_the_same(sample_run: Run, tmp_path: Path) -> None:
    wanted = ("build", "--select", "+fct_subsidy", "--resource-type", "model", "seed")
    with connect_server(tmp_path) as address:
        done = dbt_on_spark(*wanted, inputs=sample_run.data, folder=tmp_path, SPARK_REMOTE=address)
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(database(sample_run.data)), read_only=True) as con:
        subsidies = f"read_parquet('{tmp_path}/spark/main/subsidies/*.parquet')"
        assert con.sql(f"from {subsidies}").fetchall() and differences(con, "main.subsidies", subsidies) == []


def test_what_does_not_fit_ends_the_build_as_on_duckdb(sample_run: Run, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project") / "dbt_project"
    break_tables(project)
    done = dbt_on_spark(*BUILD, inputs=sample_run.data, folder=tmp_path, project=project)
    assert done.returncode, done.stdout[-3000:]
    check_told(tmp_path)
