"""The name of a release stands for the code that makes it: all that publishing imports and reads, and nothing else."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run

from pipelines.imported import OURS, files_behind, imports_of
from pipelines.ingest.code_digest import ROOT, STORAGE, code_digest, code_files
from pipelines.settings import PROJECT

LOADED = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(name for name in sys.modules if name.partition(".")[0] in sys.argv[2:])))
"""
# Publishes what a run has built, and tells which files of the project were opened for it.
OPENED = """
import json, sys
from pathlib import Path
project, data, target = (Path(argument) for argument in sys.argv[1:])
import duckdb
from pipelines.publish.manifest import public_tables
from pipelines.orchestration.release_assets import publish_assets
from pipelines.publish.metadata import contact_of, datasette_metadata
from pipelines.settings import PORTAL
tables = public_tables(data / "build" / "dbt" / "manifest.json")
opened = set()
sys.addaudithook(lambda event, given: opened.add(str(given[0])) if event == "open" else None)
with duckdb.connect(str(data / "build" / "regiokompas.duckdb"), read_only=True) as con:
    facts = con.sql("select * from release").pl().row(0, named=True)
datasette_metadata(tables, PORTAL / "queries", facts, contact_of("https://regiokompas.example", ""))
paths = {Path(path).resolve() for path in opened}
print(json.dumps(sorted(str(p.relative_to(project)) for p in paths if p.is_file() and p.is_relative_to(project))))
"""


def python(code: str, *arguments: str) -> list[str]:
    """What a fresh Python prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT,
        env={"PYTHONPATH": str(PROJECT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def every_module() -> set[Path]:
    return {path for package in OURS for path in (PROJECT / package).rglob("*.py")}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, to be changed."""
    folder = tmp_path_factory.mktemp("project")
    for name in (*OURS, "dbt_project", "datasette"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("target", "__pycache__"))
    return folder


@pytest.mark.parametrize("root", [ROOT, "pipelines.orchestration.release_assets"])
def test_what_a_run_loads_is_in_the_digest(root: str) -> None:
    loaded = set(python(LOADED, root, *OURS))
    assert loaded >= {"pipelines.publish.release", "portal.data_package"}
    assert loaded <= set(files_behind([ROOT]))
    assert {files_behind([ROOT])[name] for name in loaded} <= set(code_files().values())


def test_all_of_publishing_is_in_the_digest() -> None:
    publish = set((PROJECT / "pipelines" / "publish").glob("*.py"))
    assert len(publish) > 5 and publish <= set(code_files().values())


def test_what_no_run_loads_is_not_in_the_digest() -> None:
    loaded = set(python(LOADED, ROOT, *OURS))
    modules = {path for path in code_files().values() if path.suffix == ".py"}
    behind = {path for name, path in files_behind([ROOT]).items() if name in loaded}
    assert {path for path in behind if PROJECT / STORAGE not in path.parents} == modules
    left_out = {path.relative_to(PROJECT).as_posix() for path in every_module() - modules}
    assert {
        "pipelines/commands/terminal.py",
        "pipelines/storage/bucket.py",
        "pipelines/commands/serve.py",
        "pipelines/cli.py",
        "portal/charts.py",
    } <= left_out


def test_a_change_counts_only_where_a_release_is_made(project: Path) -> None:
    before, counts = code_digest(project, project), set(code_files(project, project).values())
    assert before == code_digest()
    others = {project / path.relative_to(PROJECT) for path in every_module() if "sample" not in path.parts} - counts
    for path in {*others, project / "datasette" / "templates" / "home.html"}:
        _change(path)
    assert code_digest(project, project) == before
    for name in ("portal/data_package.py", "pipelines/clients/http.py", "datasette/queries/08_not_final.sql"):
        _change(project / name)
        after = code_digest(project, project)
        assert after != before, name
        before = after


def _change(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n# another\n")


def test_the_texts_that_publishing_reads_are_in_the_digest(sample_run: Run, tmp_path: Path) -> None:
    opened = python(OPENED, str(PROJECT), str(sample_run.data), str(tmp_path))
    assert "datasette/queries/01_establishments_latest.sql" in opened
    assert {PROJECT / name for name in opened if not name.endswith(".pyc")} <= set(code_files().values())


def as_python_finds_them(file: Path) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            beside = file.relative_to(PROJECT).parts[: -node.level] if node.level else ()
            module = ".".join([*beside, *filter(None, [node.module])])
            found |= {(module, alias.name) for alias in node.names}
    return found


def test_what_a_file_imports_is_what_python_finds() -> None:
    files = sorted(PROJECT / path for folder in OURS for path in (PROJECT / folder).rglob("*.py"))
    assert len(files) > 100
    assert {file: imports_of(file) for file in files} == {file: as_python_finds_them(file) for file in files}
