"""Every stage of a run, interrupted in every way: readers keep what they had, and the next run is whole.

The next run is one on a machine whose clock jumps at every stage, back and forth between two wrong years.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Run
from support import digests
from support_interruptions import CARD, HARMS, STAGES, Ended, Machine
from support_machine import AHEAD, BEHIND
from support_releases import BEFORE, EARLIER, REVISED, publish_before

from pipelines.definitions import JOB, build_defs
from pipelines.disk import TOLD
from pipelines.landing.store import Landing, Snapshot
from pipelines.publish.release import current, damage
from pipelines.publish.timeline import moments
from pipelines.settings import Settings
from portal.timeline import NoReleaseError, release_on

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
    last: Ended


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
        # Copies, since a step writes them in place; their compressed forms it makes itself.
        shutil.copytree(run.release / "tables", built / "tables", ignore=shutil.ignore_patterns("*.zst"))
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
    cells, machine = {}, Machine(data)
    for stage, harm in EVERY:
        _prepare(stage, data, sample_run)
        ended = machine.run_stage(stage, harm)
        release = current(data / "releases")
        assert release
        cells[stage, harm] = Interrupted(ended, release.release_id, damage(release.folder))
    return Story(cells, data, machine.run_while_the_clock_jumps())


def test_every_step_of_the_job_is_interrupted(sample_run: Run) -> None:
    job = build_defs(Settings(data=sample_run.data)).resolve_job_def(JOB)
    assert {stage.step for stage in STAGES.values()} == {node.name for node in job.graph.node_defs}


@CELLS
def test_readers_keep_what_they_had(story: Story, stage: str, harm: str) -> None:
    cell = story.cells[stage, harm]
    assert cell.ended.harmed == (stage,), cell.ended.told
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


@pytest.mark.parametrize("stage", STAGES)
def test_the_clock_was_wrong_in_every_stage_of_the_next_run(story: Story, stage: str) -> None:
    assert story.last.harmed.count(stage) == 1, story.last.told


def test_the_next_run_is_whole_and_the_same_to_the_byte(story: Story, sample_run: Run) -> None:
    assert story.last.code == 0, story.last.told
    done = current(story.data / "releases")
    assert done and done.release_id == sample_run.release.name
    assert digests(done.folder) == digests(sample_run.release)


def test_a_wrong_clock_is_in_no_lock_and_changes_no_order(story: Story, sample_run: Run) -> None:
    assert digests(story.data / "landing" / "locks") == digests(sample_run.data / "landing" / "locks")
    now = datetime.now(UTC)
    first, second = moments(story.data / "releases")
    assert (first.release_id, second.release_id) == (EARLIER, sample_run.release.name)
    wrong = datetime.fromisoformat(second.told) - now
    assert min(abs(wrong - off) for off in (AHEAD, BEHIND)) < timedelta(hours=1)
    assert first.current_from and second.current_from is None
    folder = story.data / "releases" / second.release_id
    with pytest.raises(NoReleaseError, match=f"is not known: the clock was wrong when {second.release_id} became it"):
        release_on(folder, now.date())
    with pytest.raises(NoReleaseError, match="No release was current on 2026-01-01; the first is of "):
        release_on(folder, date(2026, 1, 1))


@pytest.mark.parametrize("pattern", LITTER)
def test_nothing_half_done_is_left(story: Story, pattern: str) -> None:
    assert [path.relative_to(story.data) for path in story.data.rglob(pattern)] == []
