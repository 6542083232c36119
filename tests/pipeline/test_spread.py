"""Cards brought up to date in other processes: the same bytes, and each host asked by one of them at a time."""

import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from support import Ran, digests, run_cli

from pipelines.errors import RegiokompasError
from pipelines.ingest.origins import open_origin
from pipelines.ingest.together import host_of
from pipelines.landing.store import Landing
from pipelines.orchestration.event_log import open_instance
from pipelines.orchestration.source_assets import BEGUN, card_op
from pipelines.orchestration.spread import (
    CARDS_JOB,
    EXECUTORS,
    as_text,
    cards_job,
    from_text,
    open_pools,
    refuse_unknown_executor,
)
from pipelines.settings import CARDS, PROJECT, SAMPLE_LANDING, Settings
from pipelines.sources.card import load_cards

# What `make test` installs beside the environment, for the programs that are told of it.
DASK = Path(sys.prefix) / "dask"
ELSEWHERE = ("multiprocess", "dask")


def one_of_each_kind() -> list[str]:
    """A card of the sample for each way in which its sources are asked."""
    landing, found = Landing(SAMPLE_LANDING), dict[str, str]()
    for dataset_id in load_cards(CARDS):
        if snapshot := landing.current(dataset_id, invented=True):
            found.setdefault(snapshot.protocol, dataset_id)
    return list(found.values())


def selected(names: list[str]) -> list[str]:
    return [word for name in names for word in ("--select", name)]


def environment_of(executor: str) -> dict[str, str]:
    assert (DASK / "dagster_dask").is_dir(), "dagster-dask is absent -> make test installs it"
    return {
        "REGIOKOMPAS_EXECUTOR": executor,
        "REGIOKOMPAS_WORKERS": "2",
        **({"PYTHONPATH": os.pathsep.join((str(PROJECT), str(DASK)))} if executor == "dask" else {}),
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Ran, Path]]]:
    """The same cards of the sample by every executor; from so few nothing can be built, which is quick."""
    folder, chosen = tmp_path_factory.mktemp("spread"), selected(one_of_each_kind())
    yield {
        name: (run_cli("run", "--from", "sample", *chosen, data=folder / name, **environment_of(name)), folder / name)
        for name in EXECUTORS
    }


def rows_of(data: Path) -> dict[str, Any]:
    """Every row that was read, by the file; their order within a file is that in which pages were read side by side."""
    files = sorted((data / "raw").rglob("*.parquet"))
    return {file.relative_to(data).as_posix(): sorted(map(repr, pl.read_parquet(file).iter_rows())) for file in files}


def times_of(data: Path) -> list[tuple[float, float]]:
    """When each step began to ask, having its place, and when it told what it had found, still having it."""
    begun, ended = dict[str, float](), dict[str, float]()
    with open_instance(data / "dagster") as instance:
        (run,) = [run for run in instance.get_runs() if run.job_name == CARDS_JOB]
        for entry in instance.all_logs(run.run_id):
            if entry.step_key and entry.user_message == BEGUN:
                begun[entry.step_key] = entry.timestamp
            event = entry.dagster_event
            if entry.step_key and event and event.event_type_value == "ASSET_CHECK_EVALUATION":
                ended[entry.step_key] = entry.timestamp
    assert begun.keys() == ended.keys()
    return sorted((begun[step], ended[step]) for step in begun)


@pytest.mark.parametrize("executor", ELSEWHERE)
def test_what_lands_and_what_is_read_is_the_same(made: dict[str, tuple[Ran, Path]], executor: str) -> None:
    (here, expected), (there, data) = made["in_process"], made[executor]
    assert len(one_of_each_kind()) > 8
    assert digests(data / "landing" / "objects") == digests(expected / "landing" / "objects") != {}
    assert digests(data / "landing" / "locks") == digests(expected / "landing" / "locks") != {}
    assert rows_of(data) == rows_of(expected) and len(rows_of(data)) > len(one_of_each_kind())
    # And a person is told the same of it.
    told = [line for line in here.out.splitlines() if line.startswith(("Sources", "Checks", "Release"))]
    assert told == [line for line in there.out.splitlines() if line.startswith(("Sources", "Checks", "Release"))]
    assert (there.code, there.err.replace(str(data), "")) == (here.code, here.err.replace(str(expected), ""))


@pytest.mark.parametrize("executor", ELSEWHERE)
def test_each_card_is_a_step_of_its_own(made: dict[str, tuple[Ran, Path]], executor: str) -> None:
    assert len(times_of(made[executor][1])) == len(one_of_each_kind())


@pytest.mark.standin
@pytest.mark.parametrize("executor", ELSEWHERE)
def test_a_host_is_asked_by_one_process_at_a_time(executor: str, standin: Any, tmp_path: Path) -> None:
    standin.heal()
    chosen = ["cbs/81578NED", "cbs/70072ned", "cbs/83648NED", "cbs/81644NED"]
    standin.run(*selected(chosen), data=tmp_path / "data", **environment_of(executor))
    times = times_of(tmp_path / "data")
    assert len(times) == len(chosen)
    assert all(first_ends <= second_begins for (_, first_ends), (second_begins, _) in pairwise(times))


def test_a_cluster_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    ran = run_cli(
        "run",
        "--from",
        "sample",
        "--select",
        "cbs/81578NED",
        data=tmp_path,
        **environment_of("dask"),
        REGIOKOMPAS_DASK_ADDRESS="tcp://127.0.0.1:9",
        DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="2s",
    )
    assert ran.code == 1 and not (tmp_path / "releases").exists()
    assert ran.err.startswith("Error: cards could not be brought up to date by dask: ") and ran.err.count("\n") == 1


def test_a_pool_is_the_host_that_a_card_asks(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, origin="live", executor="multiprocess")
    job = cards_job(as_text(settings))
    origin, cards = open_origin(settings), load_cards(CARDS)
    named = {node.name: node.definition.pools for node in job.graph.nodes}
    assert named == {card_op(card): {host} if (host := host_of(card, origin)) else set() for card in cards.values()}
    assert {host for pools in named.values() for host in pools} > {"opendata.cbs.nl", "datasets.cbs.nl"}


def test_a_place_that_a_killed_run_still_has_is_free_for_the_next(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        storage = instance.event_log_storage
        open_pools(instance, {"host"})
        assert storage.claim_concurrency_slot("host", "killed", "step").is_claimed
        assert not storage.claim_concurrency_slot("host", "next", "step").is_claimed
        open_pools(instance, {"host"})
        assert storage.claim_concurrency_slot("host", "next", "step").is_claimed
        assert not storage.claim_concurrency_slot("host", "another", "step").is_claimed


def test_settings_reach_another_process_as_they_are(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, origin="live", http_tries=2, executor="dask", workers=7)
    assert from_text(as_text(settings)) == settings


@pytest.mark.parametrize(
    ("executor", "told"), [("threads", "use one of: in_process, multiprocess, dask"), ("dask", "pip install")]
)
def test_an_executor_that_cannot_be_used_is_refused(executor: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(RegiokompasError, match=told) as refused:
        refuse_unknown_executor(Settings(data=tmp_path, executor=executor))
    assert "\n" not in str(refused.value)
