"""Builds every mart with dbt, and by the same SQL in DuckDB with nothing around it, in processor time.

    python benchmarks/transform.py [ROUNDS] [SELECT]

Of the data folder of a run that was made (REGIOKOMPAS_DATA); SELECT is a part of the project, as dbt names it. What dbt
needs before it builds, loading and reading the project that it has parsed, is measured by itself. The rest of what it
takes beside the SQL is its work for each of its nodes.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.ratios import Ratio, alternately, processor_seconds, quotient, show
from pipelines.database import connect
from pipelines.orchestration.transform import DBT, dbt_vars, logged
from pipelines.settings import DBT_PROJECT, Settings

# Of a part of the project no test is run that looks at more than that part.
_CLOSED = ("--indirect-selection", "cautious")


def dbt(folder: Path, settings: Settings, *command: str) -> None:
    """Run dbt on what the last run assembled, into a folder."""
    # As a run has them, but for where the database is made.
    found = json.loads(dbt_vars(settings, invented=settings.origin == "sample"))
    found["duckdb_path"] = str(folder / "regiokompas.duckdb")
    done = subprocess.run(
        [
            *DBT,
            "--quiet",
            *command,
            *("--vars", json.dumps(found)),
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(folder / "target"), *logged(folder / "target")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])


def build(folder: Path, settings: Settings, select: str) -> None:
    """All that is selected, with its tests, in a fresh file."""
    (folder / "regiokompas.duckdb").unlink(missing_ok=True)
    dbt(folder, settings, "build", "--exclude-resource-type", "unit_test", *("--select", select, *_CLOSED))


def bare(folder: Path) -> None:
    """The SQL of the last build, in its order, in a fresh file; seeds are copied."""
    target = folder / "target"
    nodes: dict[str, dict[str, Any]] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    again = folder / "bare" / "regiokompas.duckdb"
    again.parent.mkdir(exist_ok=True)
    again.unlink(missing_ok=True)
    with connect(again, threads=2, memory_limit="400MB") as con:
        con.execute(f"attach '{folder / 'regiokompas.duckdb'}' as built (read_only)")
        for result in results:
            node = nodes.get(result["unique_id"])
            if node is None or node["resource_type"] == "operation":
                continue
            con.execute(f'create schema if not exists "{node["schema"]}"')
            _run(con, node, result["compiled_code"])


def _run(con: duckdb.DuckDBPyConnection, node: dict[str, Any], code: str) -> None:
    if node["resource_type"] == "test":
        con.execute(f"select count(*) from ({code})").fetchall()
    elif node["resource_type"] == "seed":
        con.execute(f'create table {node["relation_name"]} as from built."{node["schema"]}"."{node["alias"]}"')
    else:
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        con.execute(f"create {kind} {node['relation_name']} as {code}")


def measure(rounds: int = 5, select: str = "*") -> list[Ratio]:
    """The line of the table."""
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dbt(folder, settings, "parse")
        start = processor_seconds(lambda: dbt(folder, settings, "parse"))
        pairs = alternately(
            lambda: processor_seconds(lambda: build(folder, settings, select)),
            lambda: processor_seconds(lambda: bare(folder)),
            rounds,
        )
        ours, other, _ = quotient(pairs)
    built = ours - start
    return [
        Ratio(
            f"dbt build of {'all marts' if select == '*' else select}, after {start:.1f} s to start",
            "the same SQL in DuckDB",
            f"{built:.1f} s",
            f"{other:.1f} s",
            built / other,
            1.3,
            is_share=True,
        )
    ]


if __name__ == "__main__":
    show(measure(*(kind(text) for kind, text in zip((int, str), sys.argv[1:], strict=False))))
