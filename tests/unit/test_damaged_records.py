"""What is kept beside the releases, damaged in every way: readers keep their release, and the next one is published."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from support import digests
from support_damage import BESIDE_RELEASES, HARM, OF_DAGSTER, first_of, harm_one
from support_releases import Figures, make_refused, make_release

from pipelines.commands.main_job import prepare_home
from pipelines.commands.retention import find_kept, kept_releases, remove, roll_back, superfluous
from pipelines.errors import RegiokompasError
from pipelines.orchestration.alerts import send_news
from pipelines.orchestration.event_log import open_instance
from pipelines.publish.gate import Bounds
from pipelines.publish.refused import accept
from pipelines.publish.release import MANIFEST, Release, current, damage
from pipelines.publish.revisions import last_of_kind
from pipelines.run_lock import only_run
from pipelines.settings import Settings
from portal.revisions import is_history_whole, line_of_changes, list_changes

KEY = ("jobs_count", "GM0193", "2025JJ00")
HARMS = pytest.mark.parametrize("harm", HARM)


def figures(value: float) -> Figures:
    return {KEY: (value, "final"), ("jobs_count", "GM0363", "2025JJ00"): (7.0, "final")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three releases, and what is recorded of them."""
    for day, value in ((1, 1.0), (2, 2.0), (3, 3.0)):
        make_release(tmp_path / "releases", f"2026-11-0{day}-a", figures(value))
    return tmp_path


def served(data: Path) -> Release:
    found = current(data / "releases")
    assert found
    return found


def told_by(act: Callable[[], object]) -> str:
    """What an action refuses in one line; empty when it does what it should."""
    try:
        act()
    except RegiokompasError as error:
        assert "\n" not in str(error) and " -> " in str(error)
        return str(error)
    return ""


@HARMS
@pytest.mark.parametrize("kind", [kind for kind in BESIDE_RELEASES if kind != "refusal"])
def test_what_is_recorded_is_healed_or_left_out(data: Path, kind: str, harm: str) -> None:
    releases, before = data / "releases", digests(data / "releases" / "2026-11-03-a")
    harm_one(first_of(kind, data), harm)
    assert [kept.release.release_id for kept in kept_releases(releases)]
    # What the portal reads.
    listed = list_changes(served(data).folder, {}, None, 10)
    assert {row["release_id"] for row in listed} <= {"2026-11-02-a", "2026-11-03-a"}
    assert is_history_whole(served(data).folder)
    assert (served(data).release_id, damage(served(data).folder)) == ("2026-11-03-a", None)
    make_release(releases, "2026-11-04-a", figures(4.0))
    rows = list_changes(served(data).folder, {}, None, 10)
    assert [(row["release_id"], row["value_after"]) for row in rows][-1] == ("2026-11-04-a", 4.0)
    if kind.startswith("change") and harm != "missing":
        # Both releases are kept, so that what was recorded could be made again.
        assert len(line_of_changes(served(data).folder)) == 3
    assert told_by(lambda: roll_back(releases, "2026-11-03-a")) == ""
    assert is_history_whole(served(data).folder) and digests(served(data).folder) == before
    for gone in superfluous(releases, 1):
        remove(gone)


@HARMS
def test_a_refusal_that_cannot_be_read_stays_refused(tmp_path: Path, harm: str) -> None:
    name = make_refused(tmp_path / "releases")
    harm_one(first_of("refusal", tmp_path), harm)
    held = find_kept(tmp_path / "releases", name)
    assert held.refused and (harm == "flipped" or "damaged" in held.refused.lines[0])
    assert served(tmp_path).release_id == "2026-11-02-whole"
    accept(tmp_path / "releases", name, Bounds.of(Settings()), "it is right")
    assert served(tmp_path).release_id == name


@HARMS
def test_a_release_that_is_damaged_is_not_what_others_are_held_against(data: Path, harm: str) -> None:
    releases = data / "releases"
    harm_one(served(data).folder / "tables" / "observations.parquet", harm)
    older = last_of_kind(releases, invented=False)
    assert older and older.release_id == "2026-11-02-a"
    make_release(releases, "2026-11-04-a", figures(4.0))
    (row,) = [row for row in list_changes(served(data).folder, {}, None, 9) if row["release_id"] == "2026-11-04-a"]
    assert (row["release_before"], row["value_before"]) == ("2026-11-02-a", 2.0)
    assert "is damaged: tables/observations.parquet" in told_by(lambda: roll_back(releases, "2026-11-03-a"))


@HARMS
def test_a_damaged_manifest_of_an_old_release_stops_no_command(data: Path, harm: str) -> None:
    releases = data / "releases"
    harm_one(releases / "2026-11-02-a" / MANIFEST, harm)
    names = {kept.release.release_id for kept in kept_releases(releases)}
    assert names >= {"2026-11-01-a", "2026-11-03-a"}
    refused = told_by(lambda: roll_back(releases, "2026-11-02-a"))
    assert "2026-11-02-a" in refused
    assert told_by(lambda: roll_back(releases, "2026-11-01-a")) == ""


@HARMS
@pytest.mark.parametrize("kind", [kind for kind in OF_DAGSTER if kind != "settings of Dagster"])
def test_dagsters_history_is_begun_anew(tmp_path: Path, kind: str, harm: str) -> None:
    home = prepare_home(Settings(data=tmp_path))
    with open_instance(home) as instance:
        run = instance.create_run_for_job(_job())
        instance.report_engine_event("begun", run)
    if kind == "log of a run" and not list(home.glob("history/runs/*-*.db")):
        pytest.fail("a run has no log")
    harm_one(first_of(kind, tmp_path), harm)
    with open_instance(home) as instance:
        again = instance.create_run_for_job(_job())
        instance.report_engine_event("begun", again)
        assert instance.all_logs(again.run_id)


def _job():  # type: ignore[no-untyped-def]
    import dagster as dg

    @dg.job
    def nothing() -> None:
        """Does nothing."""

    return nothing


@HARMS
def test_settings_of_dagster_are_a_persons_and_refused_by_name(tmp_path: Path, harm: str) -> None:
    home = prepare_home(Settings(data=tmp_path))
    harm_one(home / "dagster.yaml", harm)
    told = told_by(lambda: open_instance(prepare_home(Settings(data=tmp_path))))
    assert not told or "dagster.yaml cannot be read" in told


@HARMS
def test_the_lock_of_runs_and_the_alerts_are_no_matter(tmp_path: Path, harm: str) -> None:
    settings = Settings(data=tmp_path, webhook="http://127.0.0.1:9/x")
    with only_run(settings):
        pass
    (tmp_path / "alerts.json").write_text(json.dumps([{"kind": "stale", "subject": "cbs/1", "problem": "x"}]))
    for name in ("run.lock", "alerts.json"):
        if (tmp_path / name).exists() and (tmp_path / name).stat().st_size:
            harm_one(tmp_path / name, harm)
    with only_run(settings):
        assert send_news(settings, [], [], logging.getLogger("x")) == []
