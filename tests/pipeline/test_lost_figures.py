"""A source that comes back with half its rows, all of them right: nobody sees less until somebody says why.

Two guards see it: the source is held against what landed of it before, and the release against the one before it.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from support import Ran, copy_data, current_release, digests, query, read_release, release_ids, run_cli
from support_http import Site, open_site
from support_portal import fetch, open_portal

from pipelines.landing.store import Landing
from pipelines.orchestration.alerts import concerns_of_run, sources_of_run
from pipelines.orchestration.event_log import open_instance
from pipelines.settings import SAMPLE_LANDING

# Its figures are less than four percent of all, so half of them are less than a release may lose.
TABLE, INDICATOR = "cbs/83648NED", "crimes_count"
REASON = "CBS took back the years before 2021"
COUNT = "select count(*) from observations where indicator_id = ?"


def with_half_of_its_rows(folder: Path) -> Path:
    """The landing of the sample, in which the table has half of its periods, and its bounds allow that."""
    landing = Landing(shutil.copytree(SAMPLE_LANDING, folder / "landing"))
    snapshot = landing.current(TABLE, invented=True)
    assert snapshot is not None
    *others, page = snapshot.resources
    content = json.loads(landing.get(page.sha256))
    periods = sorted({row["Perioden"] for row in content["value"]})
    content["value"] = [row for row in content["value"] if row["Perioden"] >= periods[len(periods) // 2]]
    body = json.dumps(content).encode()
    half = page.model_copy(update={"sha256": landing.put(body), "size": len(body)})
    landing.commit(snapshot.model_copy(update={"resources": (*others, half)}))
    return landing.root


@dataclass(frozen=True)
class Story:
    """A run that keeps what the source had, one that takes it, one in which the loss is accepted, and one after it."""

    data: Path
    before: Path
    digests: dict[str, str]
    kept: Ran
    with_what_was_kept: Path
    without: Path
    refused: Ran
    log: str
    current: str
    releases: set[str]
    accepted: Ran
    again: Ran
    alerts: list[dict[str, Any]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Site]:
    """A server that alerts are sent to."""
    with open_site() as site:
        site.put("/hook", b"")
        yield site


@pytest.fixture(scope="module")
def story(sample_run: Run, receiver: Site, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("lost")
    data, origin = copy_data(sample_run.data, folder / "data"), str(with_half_of_its_rows(folder))

    # Where a source may lose all it has, only the release is looked at.
    without = copy_data(sample_run.data, folder / "without")

    def run(*arguments: str, data: Path = data, **environment: str) -> Ran:
        hook = {"REGIOKOMPAS_WEBHOOK": f"{receiver.url}/hook"}
        return run_cli("run", "--from", origin, "--select", TABLE, *arguments, data=data, **hook, **environment)

    refused = run(data=without, REGIOKOMPAS_MOST_ROWS_LOST="1")
    log = (without / "build" / "run.log").read_text(encoding="utf-8")
    current, releases = current_release(without).name, release_ids(without)
    kept = run()
    return Story(
        data,
        sample_run.release,
        digests(sample_run.release),
        kept,
        current_release(data),
        without,
        refused,
        log,
        current,
        releases,
        run("--accept", f"  {REASON}\n"),
        run(),
        receiver.posted,
    )


def test_a_source_that_lost_rows_is_kept_as_it_was_and_the_rest_is_published(story: Story) -> None:
    assert story.kept.code == 1
    (line,) = [line for line in story.kept.err.splitlines() if "rows, expected 90% or more of the" in line]
    assert TABLE in line and "-> " in line
    ((state, reason),) = query(
        story.with_what_was_kept, "select state, reason_en from sources where dataset_id = ?", TABLE
    )
    assert state == "kept" and reason.endswith(": it is not what its card says")
    assert query(story.with_what_was_kept, COUNT, INDICATOR) == query(story.before, COUNT, INDICATOR)


def test_less_than_readers_had_is_not_published(story: Story) -> None:
    assert story.refused.code == 1
    assert (story.current, story.releases) == (story.before.name, {story.before.name})
    assert digests(story.before) == story.digests
    assert f"Release  nothing was published; {story.before.name} is still current" in story.refused.out


def test_who_lost_how_many_and_how_to_accept_it_is_told_in_one_line(story: Story) -> None:
    (line,) = story.refused.group("Why nothing was published")
    assert "more than 25% of the figures" in line
    assert "-> regiokompas release show" in line
    assert "Traceback" not in story.refused.err
    (whole,) = [line for line in story.log.splitlines() if "more than 25% of the figures" in line]
    assert story.before.name in whole and re.search(rf"{INDICATOR} [\d,]+ of [\d,]+", whole)


def test_it_is_published_when_somebody_says_why(story: Story) -> None:
    assert story.accepted.code == 0, story.accepted.err
    release = current_release(story.data)
    assert release.name != story.before.name
    kept: dict[str, Any] = read_release(release)["accepted"]
    assert (kept["reason"], kept["older"], kept["indicators"], kept["municipalities"]) == (
        REASON,
        story.with_what_was_kept.name,
        [],
        [],
    )
    (before,), (after,) = query(story.before, COUNT, INDICATOR), query(release, COUNT, INDICATOR)
    assert 0.4 * before[0] < after[0] < 0.6 * before[0]
    assert 0 < kept["figures"] < 0.02 * kept["had"], "it is a small part of all figures"


@pytest.mark.parametrize("path", ["/wijzigingen", "/en/changes"])
def test_readers_see_what_was_accepted_and_why(story: Story, path: str) -> None:
    page = fetch(open_portal(current_release(story.data)), path).text
    section = page.split('<section id="accepted">')[1].split("</section>")[0]
    assert f"<blockquote>{REASON}</blockquote>" in section and story.with_what_was_kept.name in section


def test_what_was_accepted_once_is_not_asked_for_again(story: Story) -> None:
    assert story.again.code == 0, story.again.err
    assert "accept" not in story.again.err
    assert read_release(current_release(story.data))["accepted"]["reason"] == REASON


def test_what_was_refused_stays_beside_its_report_and_the_commands_show_it(story: Story) -> None:
    shown = run_cli("release", "show", data=story.without)
    assert shown.code == 0 and "more than 25% of the figures" in shown.out and story.before.name in shown.out
    held = story.without / "releases" / "refused"
    (report,) = held.glob("*.json")
    assert query(held / report.stem, COUNT, INDICATOR) != query(story.before, COUNT, INDICATOR)
    accepted = run_cli("release", "accept", "--because", REASON, data=story.without)
    assert (accepted.code, accepted.out) == (0, f"Current  {report.stem}\n"), accepted.err
    release = current_release(story.without)
    assert release.name == report.stem and read_release(release)["accepted"]["reason"] == REASON


def test_alerts_tell_what_began_and_what_is_over(story: Story) -> None:
    told = [[(alert["kind"], alert["subject"]) for alert in sent["alerts"]] for sent in story.alerts]
    assert told == [[("refused", "release")], [("drifted", TABLE)], [("recovered", TABLE)]]
    assert {sent["release"] for sent in story.alerts[:1]} == {story.before.name}
    assert "more than 25% of the figures" in story.alerts[0]["alerts"][0]["problem"]


def test_the_sensors_find_in_the_events_of_a_run_what_the_command_line_found(story: Story) -> None:
    with open_instance(story.without / "dagster") as instance:
        (run,) = instance.get_runs(limit=1)
        found = {str(concern) for concern in concerns_of_run(instance, run.run_id)}
        assert sources_of_run(instance, run.run_id) == {TABLE}
    assert found == {line for line in story.log.splitlines() if line in found} and len(found) >= 1
    assert any("more than 25% of the figures" in line for line in found)
