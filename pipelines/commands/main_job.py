"""The main job in this process: what it shows, and its outcome."""

import logging
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

import click
from dagster._core.errors import DagsterExecutionInterruptedError
from rich.console import Console

from pipelines.commands.run_report import RunReport, progress_bars
from pipelines.commands.terminal import print_concerns, print_counts, told_checks
from pipelines.concerns import FAILED, Concern
from pipelines.definitions import JOB, build_defs
from pipelines.errors import Trouble
from pipelines.ingest.origins import Origin
from pipelines.landing.store import NOTICE
from pipelines.orchestration.acceptance import Acceptance
from pipelines.orchestration.alerts import send_news
from pipelines.orchestration.event_log import open_instance
from pipelines.orchestration.release_assets import RELEASE_OP
from pipelines.orchestration.source_assets import INGEST_OP, INPUTS
from pipelines.orchestration.source_specs import card_key
from pipelines.orchestration.spread import IN_PROCESS, bring_elsewhere, refuse_unknown_executor
from pipelines.publish.release import current
from pipelines.settings import Settings
from pipelines.sources.card import SourceCard

# It warns of every check of a step that was skipped, which is as it should be when nothing has changed.
_SPEAKS_OF_SKIPPED = "dagster._core.execution.plan.active"
_MOST_ASKED_AGAIN = 8
# Runs from the UI wait for each other: they build in the same place. `nux` is a dialog that asks for an email address.
_INSTANCE = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def run_job(
    console: Console,
    settings: Settings,
    cards: dict[str, SourceCard],
    source: Origin,
    chosen: list[SourceCard],
    accept: str,
) -> tuple[RunReport, bool]:
    """Run the job on the chosen cards and everything made from them, with a live bar per stage.

    Args:
        console: where the bars are drawn.
        settings: where things are.
        cards: every card.
        source: where their tables come from.
        chosen: the cards to refresh.
        accept: why something may be missing, from a source or from the release.

    Returns:
        What the run reported, and whether a release was published.

    Raises:
        RegiokompasError: cards cannot be brought where the settings say.
    """
    refuse_unknown_executor(settings)
    if source.is_invented:
        console.print(f"[yellow]{NOTICE}[/]", soft_wrap=True)
    with progress_bars(console) as progress:
        preparing = progress.add_task("Prepare", total=1)
        report = RunReport(progress)
        defs = build_defs(settings, cards, loggers={"report": report.logger()})
        job = defs.resolve_job_def(JOB)
        progress.advance(preparing)
        made = [key for key in job.asset_layer.executable_asset_keys if key.path[0] != "raw"]
        report.follow(
            {
                "Ingest": {card_key(card) for card in chosen},
                "Assemble": {INPUTS},
                "Model (dbt build)": {key for key in made if key.path[0] != "publish"},
                "Publish": {key for key in made if key.path[0] == "publish"},
            }
        )
        logging.getLogger(_SPEAKS_OF_SKIPPED).setLevel(logging.ERROR)
        home = prepare_home(settings)
        acceptance = Acceptance(accept=accept).model_dump()
        # dbt writes its own log to standard output, which belongs to the bars.
        with open_instance(home) as instance, run_log(settings).open("w") as log, redirect_stdout(log):
            brought = chosen
            try:
                if settings.executor != IN_PROCESS:
                    with _errors_in(log):
                        bring_elsewhere(settings, chosen, accept, instance, report.hear)
                    brought = []
                result = job.execute_in_process(
                    run_config={
                        "loggers": {"report": {"config": {}}},
                        "ops": {op: {"config": acceptance} for op in (INGEST_OP, RELEASE_OP)},
                    },
                    instance=instance,
                    asset_selection=[*(card_key(card) for card in brought), INPUTS, *made],
                    raise_on_error=False,
                )
            except DagsterExecutionInterruptedError as stopped:
                # Dagster's own word for a signal that came during a step.
                raise KeyboardInterrupt from stopped
            send_news(settings, report.concerns, {card.dataset_id for card in chosen}, logging.getLogger(__name__))
            log.writelines(f"{concern}\n" for concern in report.concerns)
    return report, result.success


def conclude(
    console: Console, settings: Settings, sources: list[dict[str, Any]], report: RunReport, *, success: bool
) -> None:
    """Print the outcome of a run, as much as fits on a screen, and end with exit code 1 if anything was incomplete."""
    console.print()
    print_counts(console, sources)
    console.print(f"Checks   {told_checks(report.checks)}")
    kept = current(settings.releases)
    if success and kept:
        told = " is current and made from just this: nothing was built again" if report.is_unchanged else ""
        console.print(f"Release  [bold]{kept.release_id}[/]{told}")
        console.print(f"Folder   {kept.folder}", soft_wrap=True)
        console.print(
            "Open it  make serve, then http://127.0.0.1:8001  (or: regiokompas serve --port 8001)", soft_wrap=True
        )
    else:
        console.print(f"Release  {left_behind(settings)}")
        if not report.concerns:
            report.concerns.append(Concern(FAILED, "run", "it gave no reason", f"read {run_log(settings)}"))
    print_concerns(report.concerns)
    if report.concerns:
        click.echo(f"\nDetails: regiokompas status SOURCE; full log: {run_log(settings)}", err=True)
    if again := run_again(settings.origin, sources, report.concerns):
        click.echo(f"Run these again: {again}", err=True)
    if not success or any(concern.is_error for concern in report.concerns):
        sys.exit(1)


def left_behind(settings: Settings) -> str:
    """What readers have after a run that published nothing."""
    kept = current(settings.releases)
    return "nothing was published" + (f"; {kept.release_id} is still current" if kept else "")


def run_again(origin: str, sources: list[dict[str, Any]], concerns: list[Concern]) -> str:
    """The command that asks again for the failed sources and no others; empty if there are none.

    A source that never answered at its address needs a person first and is left out. After many failures the command
    asks for all sources: those that have nothing newer are not fetched.
    """
    known = {source["dataset_id"] for source in sources}
    worth = (Trouble.UNREACHABLE, Trouble.REFUSED)
    failed = sorted({c.subject.split()[0] for c in concerns if c.group in worth} & known)
    if not failed:
        return ""
    chosen = (f"--select {name}" for name in failed) if len(failed) <= _MOST_ASKED_AGAIN else ()
    return " ".join(["regiokompas run --from", shlex.quote(origin), *chosen])


@contextmanager
def _errors_in(log: TextIO) -> Iterator[None]:
    """What other processes write for themselves goes to the log of the run, and not among the bars."""
    kept = os.dup(2)
    os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def run_log(settings: Settings) -> Path:
    """The path of the log of dbt's last run."""
    settings.build.mkdir(parents=True, exist_ok=True)
    return settings.build / "run.log"


def prepare_home(settings: Settings) -> Path:
    """Make Dagster's home and return its path. Existing configuration is kept."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(_INSTANCE, encoding="utf-8")
    return settings.dagster_home
