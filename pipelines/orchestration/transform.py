"""The dbt models as Dagster assets: the only step that writes tables, to DuckDB or with Spark."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import dagster as dg
from packaging.version import Version

from pipelines.database import connect
from pipelines.disk import disk_trouble
from pipelines.errors import RegiokompasError
from pipelines.indicators.wide_marts import check_contracts
from pipelines.ingest.origins import Origin
from pipelines.landing.store import write_atomically
from pipelines.orchestration import dbt_program
from pipelines.orchestration.asset_metadata import OWNERS
from pipelines.orchestration.dbt_integration import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtDagsterEventType,
    DbtProject,
    dbt_assets,
)
from pipelines.orchestration.dbt_metadata import looking_at
from pipelines.orchestration.source_assets import INPUTS
from pipelines.orchestration.spark_tables import copy_tables
from pipelines.reading.raw import raw_folders
from pipelines.settings import DBT_PROJECT, Settings

BUILT = "built"
"""The word in the log for a node that dbt has built, followed by the key of its asset."""
MANIFEST, _PARTIAL, _PARSED = "manifest.json", "partial_parse.msgpack", "parsed.sha256"
# That of this Python: on a machine with several, the one on PATH may belong to another.
DBT = (sys.executable, "-P", "-m", dbt_program.__name__)


def dbt_vars(settings: Settings, *, invented: bool) -> str:
    """The paths of one build, as dbt's --vars."""
    return json.dumps(
        {
            "raw_root": str(raw_folders(settings.raw, invented=invented)),
            "inputs_root": str(settings.build / "inputs"),
            "duckdb_path": str(settings.database),
            "spark_root": str(settings.spark_tables),
        }
    )


def ensure_manifest(settings: Settings) -> Path:
    """The path of an up-to-date dbt manifest; parses the project if it changed since it was last parsed.

    Raises:
        RegiokompasError: a generated contract is out of date; dbt cannot parse the project, and the text is dbt's.
    """
    check_contracts(DBT_PROJECT)
    target = settings.build / "dbt"
    manifest = target / MANIFEST
    digest = f"{settings.dbt_target}:{_project_digest()}"
    if _parsed(target) == f"{digest} {_parsed_digest(target)}":
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    # What dbt would begin with may be damaged.
    (target / _PARTIAL).unlink(missing_ok=True)
    command = [
        *DBT,
        "--quiet",
        "parse",
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target), *logged(target)),
        *("--vars", dbt_vars(settings, invented=settings.origin == "sample")),
        *("--target", settings.dbt_target),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stdout + done.stderr).strip()
        raise RegiokompasError(disk_trouble(told) or f"dbt cannot parse {DBT_PROJECT.name}: {told}")
    write_atomically(target / _PARSED, f"{digest} {_parsed_digest(target)}".encode())
    return manifest


def _parsed(target: Path) -> str:
    """The identity of the project that was parsed, and of what dbt made of it; empty where nothing was."""
    path = target / _PARSED
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


def _parsed_digest(target: Path) -> str:
    digest = sha256()
    for path in (target / MANIFEST, target / _PARTIAL):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def _note_parsed(target: Path) -> None:
    """Note what dbt wrote again while it built, from the same project."""
    project = _parsed(target).partition(" ")[0]
    write_atomically(target / _PARSED, f"{project} {_parsed_digest(target)}".encode())


def _project_digest() -> str:
    """The identity of the dbt project: file times would not reveal a file that is gone, nor an older version."""
    digest = sha256()
    for path in sorted(path for path in DBT_PROJECT.rglob("*") if path.is_file()):
        name = path.relative_to(DBT_PROJECT).as_posix()
        if not name.startswith(("target/", "logs/")):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class ProjectTranslator(DagsterDbtTranslator):
    """Names dbt's nodes our way: by their folder, and every source as the assembled inputs."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`marts/core/dim_region`, `seeds/indicators`; all sources are what `raw/inputs` assembled."""
        if dbt_resource_props["resource_type"] == "source":
            return INPUTS
        if dbt_resource_props["resource_type"] == "seed":
            return dg.AssetKey(["seeds", dbt_resource_props["name"]])
        return dg.AssetKey(dbt_resource_props["fqn"][1:])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The layer: staging, intermediate, marts or seeds."""
        return "seeds" if dbt_resource_props["resource_type"] == "seed" else str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The owners of every asset."""
        return OWNERS

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> dict[str, str]:
        """The domain of a mart, and whether it is public."""
        folders = dbt_resource_props["fqn"][2:-1]
        is_public = bool(dbt_resource_props["config"].get("meta", {}).get("title_nl"))
        return ({"domain": folders[0]} if folders else {}) | ({"public": "true"} if is_public else {})


def dbt_models(settings: Settings, manifest: Path) -> dg.AssetsDefinition:
    """Every model and seed as an asset, every dbt test as an asset check, in one dbt build."""
    project = DbtProject(DBT_PROJECT, target_path=manifest.parent, profiles_dir=DBT_PROJECT, target=settings.dbt_target)
    translator = ProjectTranslator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    @dbt_assets(
        manifest=manifest, project=project, dagster_dbt_translator=translator, name="dbt_build", pool="duckdb_writer"
    )
    def build(
        context: dg.AssetExecutionContext,
        settings: dg.ResourceParam[Settings],
        origin: dg.ResourceParam[Origin],
        dbt: DbtCliResource,
    ) -> Iterator[Any]:
        invocation = start_build(settings, dbt, invented=origin.is_invented, context=context)
        built = 0
        for event in _with_metadata(invocation, settings, context):
            built += isinstance(event, dg.Output)
            yield event
        _note_parsed(manifest.parent)
        if not invocation.is_successful():
            raise dg.Failure(problems(invocation.target_path), allow_retries=False)
        if not built:
            # Dagster would skip all that depends on it, and call that a success.
            told = f"dbt told of no model that it built -> read the log under {invocation.target_path}"
            raise dg.Failure(told, allow_retries=False)

    return build


def _with_metadata(
    invocation: DbtCliInvocation, settings: Settings, context: dg.AssetExecutionContext
) -> Iterator[DbtDagsterEventType]:
    """The events of a build, in order, each node with metadata about its content.

    They are held until the end: while dbt runs, no other process can read what it writes. Until then the log shows the
    progress.
    """
    events: list[DbtDagsterEventType] = []
    for event in invocation.stream():
        if isinstance(event, dg.Output):
            context.log.info(f"{BUILT} {context.asset_key_for_output(event.output_name).to_user_string()}")
        events.append(event)
    if not any(isinstance(event, dg.Output) for event in events):
        yield from events
        return
    translator = invocation.dagster_dbt_translator
    built = invocation.get_artifact("manifest.json")
    copy_tables(settings, built)
    with looking_at(settings.database, built, translator.get_asset_key) as nodes:
        for event in events:
            if isinstance(event, dg.Output):
                found = nodes.metadata(str(event.metadata["unique_id"].value))
                event = event.with_metadata({**event.metadata, **found})
            yield event


def start_build(
    settings: Settings, dbt: DbtCliResource, *, invented: bool, context: dg.AssetExecutionContext | None = None
) -> DbtCliInvocation:
    """Begin a build of all models and seeds with their tests, in a fresh DuckDB file."""
    # Nothing from an earlier build can remain in it, and no other process has it open.
    for path in (settings.database, settings.database.with_name(f"{settings.database.name}.wal")):
        path.unlink(missing_ok=True)
    shutil.rmtree(settings.spark_tables, ignore_errors=True)
    # Unit tests use no real data: the test suite of the project runs them.
    command = ["build", "--exclude-resource-type", "unit_test", "--vars", dbt_vars(settings, invented=invented)]
    # The folder that dbt parsed into, so that it does not have to parse again.
    return dbt.cli(command, context=context, target_path=settings.build / "dbt", raise_on_error=False)


def build_again(settings: Settings, dbt: DbtCliResource, *, invented: bool) -> None:
    """Build everything once more, after its inputs changed.

    Raises:
        RegiokompasError: what went wrong, one line per node.
    """
    invocation = start_build(settings, dbt, invented=invented).wait()
    copy_tables(settings, invocation.get_artifact("manifest.json"))
    _note_parsed(settings.build / "dbt")
    if not invocation.is_successful():
        raise RegiokompasError(problems(invocation.target_path))


class OurDbt(DbtCliResource):
    """dbt as `dbt_program` starts it, and nothing of it in this process."""

    @cached_property
    def _cli_version(self) -> Version:
        # Asked for it, the program would tell that of Python.
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        # It would look at what was built, which `dbt_metadata` does; making it costs as much as parsing the project.
        return None


def dbt_resource(settings: Settings) -> DbtCliResource:
    """The resource through which Dagster calls dbt."""
    program, *how = DBT
    return OurDbt(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        target=settings.dbt_target,
        dbt_executable=program,
        global_config_flags=[*how, *logged(settings.build / "dbt")],
    )


def logged(target: Path) -> tuple[str, ...]:
    """Where dbt writes what it does, for people: as JSON, and with its debugging, it is a fifth of dbt's own work."""
    return "--log-path", str(target / "logs"), "--log-level-file", "info", "--log-format-file", "text"


def problems(target: Path) -> str:
    """What went wrong in a dbt build, one line per node, from its run results."""
    results = _results(target)
    if results is None:
        return f"dbt stopped before it ran a model -> read the log under {target.parent}"
    lines = [
        f"dbt {_name(result)}: {' '.join(str(result['message']).split())}"
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return "\n".join(lines) or f"dbt failed without naming a node -> read the log under {target.parent}"


def warnings(target: Path, database: Path) -> list[tuple[str, str]]:
    """What dbt's tests warned about in the last build: the name of each, and its first problem with how many more.

    A test without a column `problem` is only counted: its rows are for those who look at dbt itself.
    """
    warned = [result for result in _results(target) or [] if result["status"] == "warn"]
    found = []
    with connect(database, read_only=True) as con:
        for result in warned:
            rows = con.sql(result["compiled_code"]).pl()
            if "problem" in rows.columns:
                more = f" (and {rows.height - 1} more)" if rows.height > 1 else ""
                found.append((_name(result), f"{rows['problem'][0]}{more}"))
    return found


def _results(target: Path) -> list[dict[str, Any]] | None:
    path = target / "run_results.json"
    results: list[dict[str, Any]] | None = None
    if path.exists():
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return results


def _name(result: dict[str, Any]) -> str:
    return ".".join(result["unique_id"].split(".")[2:3])
