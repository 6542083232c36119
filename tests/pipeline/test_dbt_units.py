"""The unit tests of dbt look at no data, so they run once, here, and not in every run; and what dbt itself refuses."""

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import yaml
from conftest import Run
from support_contracts import BUILD, break_tables, check_told

from pipelines.orchestration.transform import DBT, dbt_vars
from pipelines.settings import DBT_PROJECT, Settings

PROJECT = "dbt_project.yml"


def dbt(*command: str, project: Path, run: Run, build: Path, work: Path) -> subprocess.CompletedProcess[str]:
    """A dbt command on the inputs of a run, in the DuckDB file of another build folder."""
    variables = json.loads(dbt_vars(Settings(data=run.data), invented=True))
    variables["duckdb_path"] = str(build / "regiokompas.duckdb")
    folders = ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(work / "target")]
    options = [*folders, "--log-path", str(work / "logs"), "--vars", json.dumps(variables)]
    return subprocess.run([*DBT, "--quiet", *command, *options], capture_output=True, text=True, check=False)


def statuses(work: Path, kind: str = "") -> list[str]:
    results = json.loads((work / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return [result["status"] for result in results if result["unique_id"].startswith(kind)]


def test_every_model_does_what_its_unit_tests_say(sample_run: Run, tmp_path: Path) -> None:
    # dbt takes the types of columns from what was built, and writes nothing that stays.
    build = shutil.copytree(sample_run.data / "build", tmp_path / "build")
    done = dbt("test", "--resource-type", "unit_test", project=DBT_PROJECT, run=sample_run, build=build, work=tmp_path)
    assert done.returncode == 0, done.stdout
    found = statuses(tmp_path, "unit_test.")
    assert len(found) >= 40 and set(found) == {"pass"}


def test_the_year_of_the_newest_boundaries_is_one_edit(sample_run: Run, tmp_path: Path) -> None:
    project = shutil.copytree(DBT_PROJECT, tmp_path / "project")
    text = (project / PROJECT).read_text(encoding="utf-8")
    year = yaml.safe_load(text)["vars"]["newest_boundary_year"]
    assert text.count(str(year)) == 1
    # The sample has no later year than this one, so it goes back.
    (project / PROJECT).write_text(text.replace(str(year), str(year - 1)), encoding="utf-8")
    done = dbt("build", project=project, run=sample_run, build=tmp_path, work=tmp_path)
    assert done.returncode == 0, done.stdout
    assert set(statuses(tmp_path, "unit_test.")) == {"pass"}
    # The inputs have the neighbours of this year, so on the boundaries of the year before there are none.
    assert statuses(tmp_path, "test.regiokompas.warn_boundaries_have_no_neighbours") == ["warn"]
    with duckdb.connect(str(tmp_path / "regiokompas.duckdb"), read_only=True) as con:
        (years,) = con.execute("select list(distinct boundary_year) from observations_on_boundaries").fetchall()
        (themes,) = con.execute("select count(*) from human_capital").fetchall()
    assert years == ([year - 1],) and themes[0]
    manifest = (tmp_path / "target" / "manifest.json").read_text(encoding="utf-8")
    assert f"boundaries of {year - 1}" in manifest and f"boundaries of {year}" not in manifest


def test_what_dbt_warns_of_is_an_error(sample_run: Run, tmp_path: Path) -> None:
    project = shutil.copytree(DBT_PROJECT, tmp_path / "project")
    with (project / "models" / "staging" / "raw" / "stg_raw__codes.yml").open("a", encoding="utf-8") as file:
        file.write("models: []\n")
    done = dbt("parse", project=project, run=sample_run, build=tmp_path, work=tmp_path)
    assert done.returncode and "Duplicate key 'models'" in done.stdout, done.stdout


def test_what_does_not_fit_ends_the_build(sample_run: Run, tmp_path: Path) -> None:
    project = shutil.copytree(DBT_PROJECT, tmp_path / "project")
    break_tables(project)
    done = dbt(*BUILD, project=project, run=sample_run, build=tmp_path, work=tmp_path)
    assert done.returncode, done.stdout
    check_told(tmp_path)
    with duckdb.connect(str(tmp_path / "regiokompas.duckdb"), read_only=True) as con:
        found = con.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
    # What does not keep to its contract is not there; a test looks at what was built.
    assert {name for (name,) in found} == {"usage_warnings", "occupations"}


def test_a_model_can_be_built_again_over_its_older_self(sample_run: Run, tmp_path: Path) -> None:
    build = ("run", "--select", "stg_raw__codes", "dim_theme")
    seeds = dbt("seed", "--select", "themes", project=DBT_PROJECT, run=sample_run, build=tmp_path, work=tmp_path)
    assert seeds.returncode == 0, seeds.stdout
    found = []
    for _ in range(2):
        done = dbt(*build, project=DBT_PROJECT, run=sample_run, build=tmp_path, work=tmp_path)
        assert done.returncode == 0 and set(statuses(tmp_path)) == {"success"}, done.stdout
        with duckdb.connect(str(tmp_path / "regiokompas.duckdb"), read_only=True) as con:
            tables = con.execute(
                "select schema_name, table_name, estimated_size from duckdb_tables()"
                " union all select schema_name, view_name, 0 from duckdb_views() where not internal order by all"
            ).fetchall()
        found.append(tables)
    assert found[0] == found[1] and len(found[0]) == 3
