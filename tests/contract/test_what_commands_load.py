"""A command loads what it needs: only those that run the job or open its UI wait for Dagster and dbt."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pipelines.cli import main
from pipelines.settings import PROJECT

WITH_DAGSTER = ("run", "dev")
# What a command has to be given before it does anything.
GIVEN = {
    "doctor": ["--from", "sample", "--select", "cbs/81575NED"],
    "new-source": ["nobody", "0"],
    "release accept": ["--because", "it is right"],
    "serve": ["--port", "9"],
}
CALLED = """
import json, os, sys
from click.testing import CliRunner
from pipelines.cli import main
# `serve` gives its process to the server.
os.execv = lambda *_: None
CliRunner().invoke(main, sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def commands(group: click.Group, *before: str) -> list[str]:
    """Every command, by the words that call it."""
    found: list[str] = []
    for name, command in sorted(group.commands.items()):
        words = (*before, name)
        found += commands(command, *words) if isinstance(command, click.Group) else [" ".join(words)]
    return found


@pytest.mark.parametrize("command", [name for name in commands(main) if name not in WITH_DAGSTER])
def test_only_what_runs_the_job_loads_dagster(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALLED, *command.split(), *GIVEN.get(command, [])],
        cwd=PROJECT,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "REGIOKOMPAS_DATA": str(tmp_path),
            "REGIOKOMPAS_CBS_V4_URL": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "pipelines" in loaded and not loaded & {"dagster", "dagster_dbt", "dbt"}


def test_what_runs_the_job_leaves_dbt_to_a_program_of_its_own() -> None:
    told = "import sys, pipelines.definitions; print('dagster_dbt' in sys.modules, 'dbt.version' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
