"""What Dagster runs by itself, for the UI and the schedules, is what the command line runs."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
from conftest import Run
from support import digests

from pipelines.card import load_cards
from pipelines.definitions import JOB, build_defs
from pipelines.ingest import card_key
from pipelines.settings import CARDS, PROJECT, Settings


def test_dagster_makes_the_same_release_by_itself(sample_run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "REGIOKOMPAS_DATA": str(tmp_path / "data"),
        "REGIOKOMPAS_FROM": "sample",
    }
    dagster = Path(sys.executable).parent / "dagster"
    command = [str(dagster), "job", "execute", "--module-name", "pipelines.definitions", "--job", JOB]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    made = (tmp_path / "data" / "releases" / "current").resolve(strict=True)
    assert made.name == sample_run.release.name
    assert digests(made) == digests(sample_run.release)


def test_every_job_and_schedule_resolves(sample_run: Run) -> None:
    repository = build_defs(Settings(data=sample_run.data, origin="sample")).get_repository_def()
    jobs = {job.name: job for job in repository.get_all_jobs()}
    cards = {card_key(card) for card in load_cards(CARDS).values()}
    assert cards < set(jobs[JOB].asset_layer.executable_asset_keys)
    assert jobs[JOB].executor_def.name == dg.in_process_executor.name
    for schedule in repository.schedule_defs:
        assert schedule.execution_timezone == "Europe/Amsterdam"
        assert jobs[schedule.job_name].asset_layer.executable_asset_keys
