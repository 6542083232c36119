"""The process that interrupted runs are forked from: it has read the cards and the models, and wired the job, already.

Loading the command line and Dagster takes longer than most stages, and so does wiring the job. Neither writes anything,
so no run is interrupted in it. The data folder is that of the environment.

Belongs here: what is loaded before the fork, and how a fork uses it. Not here: what harms it.
"""

import logging
from typing import Any

import dagster as dg

from pipelines import cli
from pipelines.commands import main_job
from pipelines.definitions import JOB, build_defs
from pipelines.orchestration.source_assets import INGEST_OP
from pipelines.settings import CARDS, Settings
from pipelines.sources.card import load_cards

ORIGIN = "sample"
_LISTENERS: dict[str, dg.LoggerDefinition] = {}


def _report(context: dg.InitLoggerContext) -> logging.Logger:
    """The listener of the run that was begun, which is not known when the job is wired."""
    return _LISTENERS["report"].logger_fn(context)


_CARDS = load_cards(CARDS)
_WIRED = build_defs(Settings.from_environment(origin=ORIGIN), _CARDS, {"report": dg.LoggerDefinition(_report)})
_WIRED.resolve_job_def(JOB)


def _wired(_settings: Settings, _cards: Any, loggers: dict[str, dg.LoggerDefinition]) -> dg.Definitions:
    _LISTENERS.update(loggers)
    return _WIRED


def run_sample(step: str | None, *arguments: str) -> None:
    """Run the main job on the sample by the command line, in this process: whole, or one step on what others left."""
    main_job.build_defs = _wired  # type: ignore[assignment]
    cli.load_cards = lambda _: _CARDS
    if step:
        _only(step)
    cli.main(["run", "--from", ORIGIN, *arguments], prog_name="regiokompas")


def _only(step: str) -> None:
    whole = dg.JobDefinition.execute_in_process

    def narrowed(
        job: dg.JobDefinition, *, run_config: dict[str, Any], asset_selection: list[dg.AssetKey], **others: Any
    ) -> dg.ExecuteInProcessResult:
        ops = {op: config for op, config in run_config["ops"].items() if op == step}
        chosen: dict[str, Any] = {"op_selection": [step]}
        if step == INGEST_OP:
            chosen = {"asset_selection": [key for key in asset_selection if key.path[0] == "raw"]}
        return whole(job, run_config={**run_config, "ops": ops}, **chosen, **others)

    dg.JobDefinition.execute_in_process = narrowed  # type: ignore[method-assign, assignment]
