"""What a second run does: nothing without news, only the news with it, and never the sample among real figures."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import BECAME, MODIFIED, MODIFIED_AGAIN, WAS, Run
from support import (
    DEAD,
    Ran,
    Standin,
    copy_data,
    current_release,
    digests,
    new_data,
    query,
    run_cli,
)

from pipelines.landing.store import NOTICE, Landing
from pipelines.settings import PROJECT

pytestmark = pytest.mark.standin
# What a process of the UI does to start the job, with nothing of our command line.
BY_DAGSTER = """
import dagster as dg
from pipelines.definitions import JOB, build_defs
from pipelines.settings import Settings

job = build_defs(Settings.from_environment()).resolve_job_def(JOB)
with dg.DagsterInstance.get() as instance:
    job.execute_in_process(instance=instance)
"""
AMSTERDAM = (
    "select value, source_modified from observations join origins using (origin_id)"
    " where indicator_id = 'establishments_count' and region_code = 'GM0363'"
)


@dataclass(frozen=True)
class Step:
    """One run of a story: what it printed, what the source was asked, and the release that was current after it."""

    ran: Ran
    asked: dict[str, int]
    release: Path


@pytest.fixture(scope="module")
def story(live_run: Run, standin: Standin, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """After a live run: the sample in the same data folder, as the UI would run it, and live again without news."""
    data = copy_data(live_run.data, tmp_path_factory.mktemp("story") / "data")
    # Without its releases, so that the live run has to build the same bytes once more.
    shutil.rmtree(data / "releases")

    sample = Step(run_by_dagster(data), {}, current_release(data))
    standin.heal()
    ran = standin.run(data=data)
    assert ran.code == 0, ran.err + ran.out
    return {"sample": sample, "again": Step(ran, standin.asked(), current_release(data))}


def run_by_dagster(data: Path) -> Ran:
    """The job on the sample without our command line, as the UI and the schedules start it."""
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(data / "dagster"),
        "REGIOKOMPAS_DATA": str(data),
        "REGIOKOMPAS_FROM": "sample",
        "REGIOKOMPAS_SELECTIONS": str(data / "selections"),
    }
    command = [sys.executable, "-c", BY_DAGSTER]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def news(news_run: Run) -> Step:
    """After a live run: one in which a table has news."""
    asked = json.loads((news_run.data / "asked.json").read_text(encoding="utf-8"))
    return Step(news_run.ran, asked, news_run.release)


def test_without_news_each_table_is_asked_one_small_thing(story: dict[str, Step]) -> None:
    assert story["again"].asked == {
        "/odata/v1/CBS/81575NED/Properties": 1,
        **{
            f"/ODataApi/odata/{table}/TableInfos": 1
            for table in ("70072ned", "83648NED", "83583NED", "82949NED", "83287NED", "86247NED")
        },
    }


def test_without_news_the_release_is_the_same_to_the_byte(story: dict[str, Step], live_run: Run) -> None:
    assert story["again"].release.name == live_run.release.name
    assert digests(story["again"].release) == digests(live_run.release)


def test_what_has_ended_and_landed_is_not_asked_for_again(story: dict[str, Step]) -> None:
    assert not [path for path in story["again"].asked if path.startswith(("/files", "/data"))]


def test_with_news_only_that_table_is_fetched(news: Step) -> None:
    asked = news.asked
    assert asked["/odata/v1/CBS/81575NED/Observations"] == 1
    assert not [path for path in asked if "81575NED" not in path and not path.endswith("/TableInfos")]


def test_news_is_a_new_release_and_the_old_one_stays_as_it_was(news: Step, live_run: Run) -> None:
    older = news.release.parent / live_run.release.name
    assert query(news.release, AMSTERDAM) == [(BECAME, MODIFIED_AGAIN)]
    assert query(older, AMSTERDAM) == [(WAS, MODIFIED)]
    assert news.release.name != live_run.release.name
    assert digests(older) == digests(live_run.release)


def test_news_of_one_table_leaves_the_figures_of_the_others(news: Step, live_run: Run) -> None:
    others = (
        "select indicator_id, region_code, period_code, value, value_status, is_over, source_mark, landed_sha256"
        " from observations join origins using (origin_id) where dataset_id <> 'cbs/81575NED' order by 1, 2, 3"
    )
    assert query(news.release, others) == query(live_run.release, others)


def test_what_dagster_runs_by_itself_is_what_the_command_line_runs(
    story: dict[str, Step], sample_release: Path
) -> None:
    assert story["sample"].release.name == sample_release.name
    assert digests(story["sample"].release) == digests(sample_release)


def test_the_sample_never_mixes_with_real_figures(story: dict[str, Step], sample_release: Path) -> None:
    assert story["sample"].release.name.startswith("sample-")
    assert digests(story["sample"].release) == digests(sample_release)
    assert query(story["again"].release, "select count(*) from observations where notice is not null") == [(0,)]


def test_the_status_speaks_of_what_is_current(story: dict[str, Step], sample_run: Run) -> None:
    live = run_cli("status", data=story["again"].release.parents[1])
    assert live.code == 0 and NOTICE not in live.out
    assert live.state("cbs/81575NED") == "current" and story["again"].release.name in live.out
    sample = run_cli("status", data=sample_run.data)
    assert sample.code == 0 and NOTICE in sample.out and sample_run.release.name in sample.out


def test_a_source_whose_landed_bytes_were_tampered_with_is_refused_and_no_other(live_run: Run, tmp_path: Path) -> None:
    moved = copy_data(live_run.data / "landing", tmp_path / "moved")
    data = new_data(live_run.data, tmp_path / "data")
    snapshot = Landing(moved).current("cbs/83583NED", invented=False)
    assert snapshot
    victim = Landing(moved).path(snapshot.resources[-1].sha256)
    victim.write_bytes(victim.read_bytes()[:-20])
    ran = run_cli("run", "--from", str(moved), data=data, **DEAD)
    (line,) = ran.errors
    assert ran.code == 1 and line.startswith("cbs/83583NED: landing object")
    log = (data / "build" / "run.log").read_text(encoding="utf-8")
    assert any(str(victim) in line and "cannot be read" in line for line in log.splitlines())
    states = dict(query(current_release(data), "select dataset_id, state from sources"))
    assert states["cbs/83583NED"] == "absent" and states["cbs/81575NED"] == "current"


@pytest.fixture(scope="module")
def selected(live_run: Run, standin: Standin, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """Two cards and the newest regions into an empty data folder, then the regions of another year."""
    data = new_data(live_run.data, tmp_path_factory.mktemp("select") / "data")
    steps = {}
    for name, select in {
        "first": ["--select", "cbs/81575NED", "--select", "cbs/83583*", "--select", "cbs/86247NED"],
        "second": ["--select", "cbs/82*", "--exclude", "cbs/82[0-8]*"],
    }.items():
        standin.heal()
        ran = standin.run(*select, data=data)
        assert ran.code == 0, ran.err + ran.out
        steps[name] = Step(ran, standin.asked(), current_release(data))
    return steps


def test_what_was_not_chosen_and_never_landed_is_absent(selected: dict[str, Step]) -> None:
    states = dict(query(selected["first"].release, "select dataset_id, state from sources"))
    chosen = ("cbs/81575NED", "cbs/83583NED")
    # The stand-in has establishments of this year, and jobs up to 2019.
    assert [states[i] for i in chosen] == ["current", "stale"]
    assert {state for i, state in states.items() if i not in (*chosen, "cbs/86247NED")} == {"absent", "awaited"}
    assert selected["first"].ran.state("cbs/70072ned") == "absent"
    assert not [path for path in selected["first"].asked if "70072ned" in path]


def test_figures_of_the_chosen_are_published(selected: dict[str, Step]) -> None:
    found = query(
        selected["first"].release,
        "select distinct dataset_id from observations join origins using (origin_id) order by 1",
    )
    assert found == [("cbs/81575NED",), ("cbs/83583NED",)]


def test_what_landed_before_is_kept_without_asking(selected: dict[str, Step]) -> None:
    assert {path.split("/")[3] for path in selected["second"].asked if path.startswith("/ODataApi")} == {"82949NED"}
    assert not [path for path in selected["second"].asked if "81575NED" in path]
    figures = "select indicator_id, region_code, period_code, value from observations order by 1, 2, 3"
    assert query(selected["second"].release, figures) == query(selected["first"].release, figures)
    # What was added tells of more years.
    years = "select first_boundary_year, last_boundary_year from regions where region_code = 'GM1680'"
    assert query(selected["first"].release, years) == [(2026, 2026)]
    assert query(selected["second"].release, years) == [(2015, 2026)]
