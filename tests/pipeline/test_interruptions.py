"""Every stage of a run, interrupted in every way: readers keep what they had, and the next run is whole."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Run
from support import Ran, digests, run_cli
from support_interruptions import CARD, HARMS, STAGES, Ended, run_stage
from support_releases import BEFORE, EARLIER, REVISED, publish_before

from pipelines.definitions import JOB, build_defs
from pipelines.disk import TOLD
from pipelines.landing.store import Landing, Snapshot
from pipelines.publish.release import current, damage
from pipelines.settings import Settings

EVERY = [(stage, harm) for stage in STAGES for harm in HARMS]
CELLS = pytest.mark.parametrize(("stage", "harm"), EVERY, ids=[" - ".join(cell) for cell in EVERY])
CODES = {"kill -9": -9, "SIGTERM": 143, "disk full": 1, "read-only": 1}
# What one run leaves half done and no other looks at.
LITTER = (".tmp-*", ".building-*", ".*-new", ".*-leaving", ".*.json", ".*.csv", ".*.parquet")


@dataclass(frozen=True)
class Interrupted:
    """What came of a cell: how the run ended, and what readers have then."""

    ended: Ended
    release_id: str
    problem: str | None


@dataclass(frozen=True)
class Story:
    """All cells, one after another in one data folder, and the run after them."""

    cells: dict[tuple[str, str], Interrupted]
    data: Path
    last: Ran


def _prepare(stage: str, data: Path, run: Run) -> None:
    """Have the stage something to do: what it makes is gone, and what is made before it is there."""
    slug = CARD.replace("/", "__")
    if stage in ("land", "raw"):
        shutil.rmtree(data / "raw" / "invented" / slug, ignore_errors=True)
    if stage == "land":
        for resource in _landed(run.data).resources:
            Landing(data / "landing").path(resource.sha256).unlink(missing_ok=True)
    before = run.data / "build"
    if stage == "dbt":
        # Else dbt reads its project again, for seconds.
        for name in ("manifest.json", "partial_parse.msgpack", "parsed.sha256"):
            shutil.copyfile(before / "dbt" / name, data / "build" / "dbt" / name)
    if stage in ("check", "database"):
        (data / "build" / "regiokompas.duckdb").unlink(missing_ok=True)
        os.link(before / "regiokompas.duckdb", data / "build" / "regiokompas.duckdb")
    if stage in ("extracts", "publish", "switch"):
        built = data / "build" / "release"
        shutil.rmtree(built, ignore_errors=True)
        shutil.copytree(run.release / "tables", built / "tables", copy_function=os.link)
        os.link(run.release / "regiokompas.db", built / "regiokompas.db")


def _landed(data: Path) -> Snapshot:
    found = Landing(data / "landing").current(CARD, invented=True)
    assert found
    return found


@pytest.fixture(scope="module")
def story(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Story:
    data = tmp_path_factory.mktemp("interrupted") / "data"
    shutil.copytree(sample_run.data, data, ignore=shutil.ignore_patterns("releases", "regiokompas.duckdb"))
    publish_before(data / "releases", sample_run.release, {REVISED: BEFORE})
    cells = {}
    for stage, harm in EVERY:
        _prepare(stage, data, sample_run)
        ended = run_stage(data, STAGES[stage], harm)
        release = current(data / "releases")
        assert release
        cells[stage, harm] = Interrupted(ended, release.release_id, damage(release.folder))
    return Story(cells, data, run_cli("run", "--from", "sample", data=data))


def test_every_step_of_the_job_is_interrupted(sample_run: Run) -> None:
    job = build_defs(Settings(data=sample_run.data)).resolve_job_def(JOB)
    assert {stage.step for stage in STAGES.values()} == {node.name for node in job.graph.node_defs}


@CELLS
def test_readers_keep_what_they_had(story: Story, stage: str, harm: str) -> None:
    cell = story.cells[stage, harm]
    assert cell.ended.was_harmed, cell.ended.told
    assert (cell.release_id, cell.problem) == (EARLIER, None)


@CELLS
def test_it_ends_with_its_own_code_and_one_line(story: Story, stage: str, harm: str) -> None:
    ended = story.cells[stage, harm].ended
    assert ended.code == CODES[harm], ended.told
    assert "Traceback" not in ended.told and "fault in the program" not in ended.told, ended.told
    told = [line.strip() for line in ended.told.splitlines() if " -> " in line or line.startswith("Stopped: ")]
    if harm == "kill -9":
        assert not told
    elif harm == "SIGTERM":
        assert told == [f"Stopped: nothing was published; {EARLIER} is still current"]
    else:
        assert len(told) == 1 and any(line in told[0] for line in TOLD), ended.told


def test_the_next_run_is_whole_and_the_same_to_the_byte(story: Story, sample_run: Run) -> None:
    assert story.last.code == 0, story.last.err
    done = current(story.data / "releases")
    assert done and done.release_id == sample_run.release.name
    assert digests(done.folder) == digests(sample_run.release)


@pytest.mark.parametrize("pattern", LITTER)
def test_nothing_half_done_is_left(story: Story, pattern: str) -> None:
    assert [path.relative_to(story.data) for path in story.data.rglob(pattern)] == []
