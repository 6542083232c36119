"""What a person sees of a run while it goes on: a live bar per stage, and what its events tell.

Belongs here: listening to a Dagster run. Not here: what is printed when it is over (`pipelines.commands.terminal`).
"""

import logging
from collections import Counter
from collections.abc import Iterable

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from pipelines.concerns import Concern
from pipelines.orchestration.source_assets import INPUTS, NOT_BROUGHT, NOT_RUN, UNCHANGED
from pipelines.orchestration.told_concerns import concerns_of_event
from pipelines.orchestration.transform import BUILT


class RunReport(logging.Handler):
    """Listens to a Dagster run: moves the bars, counts checks and collects what went wrong.

    Args:
        progress: where the bars are drawn.
    """

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.concerns: list[Concern] = []
        self.checks: Counter[str] = Counter()
        self.is_unchanged = False
        self._progress = progress
        self._stage_of: dict[dg.AssetKey, str] = {}
        self._tasks: dict[str, TaskID] = {}
        self._done: set[dg.AssetKey] = set()

    def follow(self, stages: dict[str, set[dg.AssetKey]]) -> None:
        """Draw a bar for each stage, which is done when its assets are; start the first one."""
        self._stage_of = {key: title for title, keys in stages.items() for key in keys}
        self._tasks = {
            title: self._progress.add_task(title, total=len(keys), start=False) for title, keys in stages.items()
        }
        self._progress.start_task(next(iter(self._tasks.values())))

    def emit(self, record: logging.LogRecord) -> None:
        """Process one event of the run; everything else that is logged is ignored."""
        told = getattr(record, "dagster_meta", {})
        event = told.get("dagster_event")
        if event is None:
            self._hear(str(told.get("orig_message", "")))
            return
        self.hear(event)

    def hear(self, event: dg.DagsterEvent) -> None:
        """Process one event, wherever its step was."""
        if event.event_type_value == "ASSET_MATERIALIZATION":
            self._move(event.asset_key)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            self._count(event)
        self._add(concerns_of_event(event))

    def _hear(self, message: str) -> None:
        """Move the bar for what dbt says it has built, which is reported as materialised only when everything is."""
        what, _, key = message.partition(" ")
        if what == BUILT:
            self._move(dg.AssetKey.from_user_string(key))

    def logger(self) -> dg.LoggerDefinition:
        """The listener as Dagster takes it."""

        def make(_: dg.InitLoggerContext) -> logging.Logger:
            logger = logging.Logger("regiokompas.run", logging.DEBUG)
            logger.addHandler(self)
            return logger

        return dg.LoggerDefinition(make)

    def _move(self, key: dg.AssetKey | None) -> None:
        if key is None or key not in self._stage_of or key in self._done:
            return
        self._done.add(key)
        titles = list(self._tasks)
        at = titles.index(self._stage_of[key])
        self._progress.start_task(self._tasks[titles[at]])
        self._progress.advance(self._tasks[titles[at]])
        if self._progress.tasks[self._tasks[titles[at]]].finished and at + 1 < len(titles):
            self._progress.start_task(self._tasks[titles[at + 1]])

    def _count(self, event: dg.DagsterEvent) -> None:
        evaluation = event.asset_check_evaluation_data
        told = evaluation.metadata
        if evaluation.check_name == UNCHANGED:
            self._build_nothing()
        if NOT_BROUGHT in told:
            # An asset that is not materialised is done all the same.
            self._move(evaluation.asset_key)
        if NOT_RUN not in told:
            warned = evaluation.severity is dg.AssetCheckSeverity.WARN
            self.checks["passed" if evaluation.passed else "warned" if warned else "failed"] += 1

    def _build_nothing(self) -> None:
        """End with what is there: the stages after this one have nothing to do."""
        self.is_unchanged = True
        self._move(INPUTS)
        for task in self._tasks.values():
            self._progress.update(task, visible=self._progress.tasks[task].finished)

    def _add(self, concerns: Iterable[Concern]) -> None:
        self.concerns += [concern for concern in concerns if concern not in self.concerns]


def progress_bars(console: Console) -> Progress:
    """One line per stage: its name, progress and duration."""
    return Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
