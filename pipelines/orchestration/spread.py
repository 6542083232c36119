"""Cards brought up to date in other processes, of this machine or of a cluster, by an executor of Dagster.

A run then has two parts: one with a step for each card, wherever the executor has it done, and after it the rest of the
job as always, in the process that holds the lock of the data folder. The parts share nothing but that folder, so a card
that fails stops nothing, and what is made is the same to the byte.

Belongs here: which executor, and the job that it gets. Not here: what a card's step does (`source_assets.py`).
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.execution.api import execute_run_iterator

from pipelines.errors import RegiokompasError
from pipelines.ingest.origins import open_origin
from pipelines.ingest.together import host_of
from pipelines.orchestration.acceptance import Acceptance
from pipelines.orchestration.source_assets import HeldPlace, card_assets, card_op
from pipelines.orchestration.source_specs import card_key
from pipelines.orchestration.transform import ensure_manifest
from pipelines.publish.manifest import raw_descriptions
from pipelines.settings import CARDS, Settings, variable_of
from pipelines.sources.card import SourceCard, load_cards

IN_PROCESS, MULTIPROCESS, DASK = "in_process", "multiprocess", "dask"
EXECUTORS = (IN_PROCESS, MULTIPROCESS, DASK)
CARDS_JOB = "bring_cards"
# Dagster keeps the events; on the terminal they would fall among the bars.
_QUIET = "quiet"


def refuse_unknown_executor(settings: Settings) -> None:
    """Say so before anything is done.

    Raises:
        RegiokompasError: there is no such executor, or it is not installed.
    """
    if settings.executor not in EXECUTORS:
        raise RegiokompasError(
            f"{variable_of('executor')} is {settings.executor!r} -> use one of: {', '.join(EXECUTORS)}"
        )
    if settings.executor == DASK and find_spec("dagster_dask") is None:
        raise RegiokompasError(
            f"{variable_of('executor')} is dask, which is not installed -> pip install 'regiokompas[dask]'"
        )


def bring_elsewhere(
    settings: Settings,
    chosen: list[SourceCard],
    accept: str,
    instance: dg.DagsterInstance,
    hear: Callable[[dg.DagsterEvent], None],
) -> None:
    """Bring cards up to date, each in a step of its own; what fails is told by its check, as always.

    Args:
        settings: where things are and which executor.
        chosen: the cards.
        accept: why something may be missing.
        instance: where Dagster keeps what happened, which workers can reach.
        hear: gets each event as it becomes known.

    Raises:
        RegiokompasError: a step, or the executor itself, broke off.
    """
    with _cluster(settings) as reachable:
        job, run = _planned(reachable, chosen, accept, instance)
        broken = ""
        for event in execute_run_iterator(job, run, instance):
            hear(event)
            if event.is_failure:
                error = getattr(event.event_specific_data, "error", None)
                broken = broken or " ".join((error.message if error else event.message or "").split())
        if broken:
            raise RegiokompasError(
                f"cards could not be brought up to date by {settings.executor}: {broken:.300}"
                f" -> see the run {CARDS_JOB} with `regiokompas dev`"
            )


def _planned(
    settings: Settings, chosen: list[SourceCard], accept: str, instance: dg.DagsterInstance
) -> tuple[ReconstructableJob, dg.DagsterRun]:
    """The job as every worker can make it anew, and a run of it for these cards, which has begun nothing."""
    job = dg.build_reconstructable_job(__name__, cards_job.__name__, reconstructable_args=(as_text(settings),))
    keys = frozenset(card_key(card) for card in chosen)
    subset = job.get_subset(asset_selection=keys)
    acceptance = Acceptance(accept=accept).model_dump()
    config = {
        "ops": {card_op(card): {"config": acceptance} for card in chosen},
        "loggers": {_QUIET: {"config": {}}},
    }
    run = instance.create_run_for_job(
        subset.get_definition(), run_config=config, asset_selection=keys, job_code_origin=job.get_python_origin()
    )
    if settings.executor != DASK:
        open_pools(instance, {pool for node in job.get_definition().graph.nodes for pool in node.definition.pools})
    return job, run


def open_pools(instance: dg.DagsterInstance, pools: set[str]) -> None:
    """Give each pool one place, which nobody has: whoever calls this has the lock of the data folder.

    A run that was killed keeps its places for ever, and the next would wait for them without an end.
    """
    storage = instance.event_log_storage
    for killed in storage.get_concurrency_run_ids():
        storage.free_concurrency_slots_for_run(killed)
    for pool in sorted(pools):
        storage.set_concurrency_slots(pool, 1)


@contextmanager
def _cluster(settings: Settings) -> Iterator[Settings]:
    """With the address of the cluster that exists, or of one of this machine for as long as the block lasts."""
    if settings.executor != DASK or settings.dask_address:
        yield settings
        return
    from distributed import LocalCluster

    # A step is a process's only one: Dagster is not made for two in the threads of one.
    with LocalCluster(n_workers=settings.workers, threads_per_worker=1, dashboard_address=None) as cluster:
        yield replace(settings, dask_address=cluster.scheduler_address)


def cards_job(told: str) -> dg.JobDefinition:
    """The job with a step for each card, as every worker makes it anew.

    The data folder is locked by the command that began it, so its steps do not ask for the lock.

    Args:
        told: the settings of that command, see `as_text`.
    """
    settings = from_text(told)
    origin = open_origin(settings)
    descriptions = raw_descriptions(ensure_manifest(settings))
    hosts = [(card, host_of(card, origin)) for card in load_cards(CARDS).values()]
    # A run that has pools cannot be given to Dask at all.
    has_pools = settings.executor != DASK
    return dg.Definitions(
        assets=[
            card_assets(card, descriptions, (host or None) if has_pools else None, _place(settings, host))
            for card, host in hosts
        ],
        jobs=[dg.define_asset_job(CARDS_JOB, selection=dg.AssetSelection.all())],
        executor=_executor_of(settings),
        loggers={_QUIET: dg.LoggerDefinition(_say_nothing)},
        resources={"settings": settings, "origin": dg.ResourceDefinition(lambda _: open_origin(settings))},
    ).resolve_job_def(CARDS_JOB)


def _place(settings: Settings, host: str) -> HeldPlace:
    """What holds the limit of a host where pools do not: a semaphore of Dask, which all its workers know."""
    if settings.executor != DASK or not host:
        return nullcontext

    def place() -> AbstractContextManager[object]:
        from distributed import Semaphore

        semaphore: AbstractContextManager[object] = Semaphore(max_leases=1, name=host)
        return semaphore

    return place


def _say_nothing(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger(_QUIET)
    logger.addHandler(logging.NullHandler())
    return logger


def _executor_of(settings: Settings) -> dg.ExecutorDefinition:
    if settings.executor == DASK:
        from dagster_dask import dask_executor

        # It warns that it cannot tell the size of what Dagster gives it, which is small.
        logging.getLogger("distributed.sizeof").setLevel(logging.ERROR)
        on_dask: dg.ExecutorDefinition = dask_executor
        return on_dask.configured({"cluster": {"existing": {"address": settings.dask_address}}})
    # A process that has loaded everything, from which each step is split off.
    ready = {"forkserver": {"preload_modules": [__name__]}}
    return dg.multiprocess_executor.configured({"max_concurrent": settings.workers, "start_method": ready})


def as_text(settings: Settings) -> str:
    """Settings as text that another process can read."""
    return json.dumps(asdict(settings), default=str)


def from_text(told: str) -> Settings:
    """The settings that were told."""
    are_paths = {field.name for field in fields(Settings) if isinstance(field.default, Path)}
    values: dict[str, Any] = json.loads(told)
    return Settings(**values | {name: Path(values[name]) for name in are_paths})
