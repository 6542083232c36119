"""The environment in which the models are built on Spark, and how its tables are compared with those of DuckDB."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.orchestration import dbt_program
from pipelines.orchestration.transform import dbt_vars
from pipelines.settings import DBT_PROJECT, PROJECT, Settings

PYTHON = PROJECT / ".venv-spark" / "bin" / "python"
# As with the browser: absent in CI is a failure, elsewhere a reason to skip.
NEEDS_SPARK = pytest.mark.skipif(
    not (PYTHON.exists() and shutil.which("java")) and not os.environ.get("CI"),
    reason="Spark is absent: `make spark` installs it, and it needs Java; on Debian: apt-get install"
    " --no-install-recommends openjdk-17-jre-headless",
)
OURS, THEIRS = "duckdb", "spark"
# What two engines may compute otherwise: the last bits of a root or a logarithm.
TOLERANCE = 1e-9


def dbt_on_spark(
    *command: str, inputs: Path, folder: Path, project: Path = DBT_PROJECT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A dbt command on what the run of a data folder assembled; tables, manifest and results come into a folder."""
    variables = json.loads(dbt_vars(Settings(data=inputs), invented=True)) | {"spark_root": str(folder / THEIRS)}
    options = ["--project-dir", str(project), "--profiles-dir", str(project), "--target", THEIRS]
    folders = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    return subprocess.run(
        [PYTHON, "-P", "-m", dbt_program.__name__, *command, *options, *folders, "--vars", json.dumps(variables)],
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """Start a server of Spark Connect on a free port; yields its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configured = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
    }
    command = [
        "spark-submit",
        "--master",
        "local[2]",
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
    ]
    for name, value in configured.items():
        command += ["--conf", f"{name}={value}"]
    surroundings = {**os.environ, "PATH": f"{PYTHON.parent}:{os.environ['PATH']}"}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([*command, "spark-internal"], env=surroundings, stdout=log, stderr=log)
    try:
        for _ in range(240):
            assert server.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def open_both(ours: Path, theirs: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the DuckDB files of two builds, the one by DuckDB and the one by Spark."""
    con = duckdb.connect()
    con.execute(f"attach '{ours}' as {OURS} (read_only)")
    con.execute(f"attach '{theirs}' as {THEIRS} (read_only)")
    return con


def columns_of(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.sql(f"describe select * from {relation}").fetchall()}


def differences(con: duckdb.DuckDBPyConnection, one: str, other: str) -> list[str]:
    """How two tables differ, a line for each column: doubles by more than 1e-9 of their size, all else at all.

    Rows are laid beside each other in the order of all that is not a double, which the key is part of.
    """
    columns = columns_of(con, one)
    if columns.keys() != columns_of(con, other).keys():
        return [f"columns: {sorted(columns.keys() ^ columns_of(con, other).keys())}"]
    doubles = [name for name, kind in columns.items() if kind == "DOUBLE"]
    order = ", ".join(f'"{name}"' for name in sorted(columns, key=lambda name: name in doubles))
    differs = {
        name: f'one."{name}" is distinct from other."{name}"'
        + f' and abs(one."{name}" - other."{name}") <= {TOLERANCE} * greatest(1, abs(one."{name}")) is not true'
        * (name in doubles)
        for name in columns
    }
    counts = ", ".join(f"count(*) filter ({condition})" for condition in differs.values())
    numbered = "(select *, row_number() over (order by {}) as place_ from {})"
    (found,) = con.sql(
        f"select count(one.place_), count(other.place_), {counts} from {numbered.format(order, one)} as one"
        f" full join {numbered.format(order, other)} as other on one.place_ = other.place_"
    ).fetchall()
    rows, other_rows, *numbers = found
    told = [f"{rows} rows and {other_rows}"] if rows != other_rows else []
    return told + [f"{name}: {n} rows" for name, n in zip(differs, numbers, strict=True) if n]
