"""A run after which the release would be the one that is current: nothing is built, and readers see nothing of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Run
from support import copy_data, current_release, digests, release_ids, run_cli

from pipelines.ingest.assemble import assemble
from pipelines.orchestration.unchanged import said_before
from pipelines.settings import CARDS, Settings
from pipelines.sources.card import load_cards

BUILT = ("build/regiokompas.duckdb", "build/dbt/run_results.json")


@pytest.fixture(scope="module")
def again(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The main job on the sample once more, in a copy of its data folder."""
    data = copy_data(sample_run.data, tmp_path_factory.mktemp("unchanged") / "data")
    return Run(run_cli("run", "--from", "sample", data=data), data, current_release(data))


def test_it_says_so_and_ends_well(again: Run, sample_release: Path) -> None:
    assert again.ran.code == 0 and not again.ran.err
    told = "is current and made from just this: nothing was built again"
    assert f"Release  {sample_release.name} {told}" in again.ran.out
    assert "Model (dbt build)" not in again.ran.out and "Publish" not in again.ran.out


def test_it_leaves_what_was_built_and_published_as_it_was(again: Run, sample_run: Run) -> None:
    for name in BUILT:
        assert (again.data / name).read_bytes() == (sample_run.data / name).read_bytes(), name
    assert release_ids(again.data) == release_ids(sample_run.data)
    assert digests(again.release) == digests(sample_run.release)


def test_what_a_release_says_beside_its_figures_makes_another_release(sample_run: Run, tmp_path: Path) -> None:
    data = copy_data(sample_run.data, tmp_path / "data")
    settings = replace(Settings(), data=data, selections=data / "selections")
    cards = load_cards(CARDS)
    told = [settings, replace(settings, contact="a@example.org"), replace(settings, public_url="https://example.org")]
    made = [assemble(each, cards, invented=True).release_id for each in told]
    assert made[0] == sample_run.release.name and len(set(made)) == len(made)


def test_without_what_the_checks_said_it_is_built(sample_run: Run, tmp_path: Path) -> None:
    """Nobody can say again what was never noted, or was noted of another release."""
    settings = replace(Settings(), data=copy_data(sample_run.data, tmp_path / "data"))
    release, note = sample_run.release.name, settings.build / "checked.json"
    assert said_before(settings, release) == []
    assert said_before(settings, "sample-2026-11-02-other") is None
    note.write_text(json.dumps({"release_id": "sample-2026-11-02-other", "concerns": []}), encoding="utf-8")
    assert said_before(settings, release) is None
    note.unlink()
    assert said_before(settings, release) is None
