"""What a person sees of a run: a live bar per stage, then how many sources are in each state, and what needs a person.

Every line fits a terminal; what does not fit is in `regiokompas status` of that source, and in the log.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from textwrap import shorten
from typing import Any, cast

import click
import dagster as dg
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipelines.disk import disk_trouble
from pipelines.orchestration.concerns import CONCERNS, FAILED, Concern, grouped
from pipelines.orchestration.source_assets import INPUTS, NOT_BROUGHT, NOT_RUN, UNCHANGED
from pipelines.orchestration.transform import BUILT
from pipelines.sources.periods import whole_year, year_of

WIDTH = 120
# How many lines of concerns a screen has room for, and the minimum per group.
_SCREEN = 24
_LEAST_SHOWN = 3
_QUERY = re.compile(r"(https?://[^\s?]+)\?\S*")

_COLOURS = {
    "current": "green",
    "kept": "yellow",
    "stale": "yellow",
    "stopped": "yellow",
    "archived": "bright_black",
    "awaited": "cyan",
    "absent": "red",
}


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
        if event.event_type_value == "ASSET_MATERIALIZATION":
            self._move(event.asset_key)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            self._count(event)
        elif event.is_step_failure:
            self._fail(event)

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
        if CONCERNS in told:
            self._add(Concern(**concern) for concern in cast(list[dict[str, str]], told[CONCERNS].value))
        elif not evaluation.passed and "problem" in told:
            self._add(_concerns_of_text(str(told["problem"].value)))

    def _build_nothing(self) -> None:
        """End with what is there: the stages after this one have nothing to do."""
        self.is_unchanged = True
        self._move(INPUTS)
        for task in self._tasks.values():
            self._progress.update(task, visible=self._progress.tasks[task].finished)

    def _fail(self, event: dg.DagsterEvent) -> None:
        data = event.step_failure_data
        told = data.user_failure_data.description if data.user_failure_data else None
        if told is None and data.error is not None:
            cause = data.error.cause or data.error
            if cause.cls_name == "DagsterAssetCheckFailedError":
                return
            full = disk_trouble(cause.message)
            told = f"{event.step_key}: {full or f'{cause.message.strip()} (a fault in the program, please report it)'}"
        self._add(_concerns_of_text(told or f"{event.step_key} failed"))

    def _add(self, concerns: Iterable[Concern]) -> None:
        self.concerns += [concern for concern in concerns if concern not in self.concerns]


def _concerns_of_text(text: str) -> Iterator[Concern]:
    """Why nothing is published: a concern for every line, `what: problem -> what to do`."""
    for line in text.splitlines():
        subject, _, rest = line.partition(": ")
        problem, _, todo = (rest or subject).partition(" -> ")
        yield Concern(FAILED, subject if rest else "run", problem, todo, line)


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


def told_checks(checks: Counter[str]) -> str:
    """How many checks passed, failed or only warned."""
    warned = f", {checks['warned']} warned" if checks["warned"] else ""
    return f"{checks['passed']} passed, {checks['failed']} failed{warned}"


def print_counts(console: Console, sources: Iterable[dict[str, Any]]) -> None:
    """Print how many sources are in each state, in one line."""
    counts = Counter(source["state"] for source in sources)
    told = ", ".join(f"[{_COLOURS[state]}]{counts[state]} {state}[/]" for state in _COLOURS if counts[state])
    console.print(f"Sources  {told}")


def print_concerns(concerns: Iterable[Concern]) -> None:
    """Print on standard error what needs a person, by group, one line each, as much as fits on a screen."""
    groups = grouped(concerns)
    most = max(_LEAST_SHOWN, _SCREEN // max(1, len(groups)))
    for title, found in groups:
        told = [*dict.fromkeys(map(told_line, found))]
        click.echo(f"\n{click.style(title, bold=True)} ({len(told)})", err=True)
        # The line that would say "and 1 more" has room for that one.
        for line in told if len(told) == most + 1 else told[:most]:
            click.echo(f"  {line}", err=True)
        if len(told) > most + 1:
            click.echo(f"  and {len(told) - most} more: regiokompas status", err=True)


def told_line(concern: Concern) -> str:
    """A concern in one line that fits a terminal: subject, what happened, what to do; addresses without their query."""
    room = WIDTH - 2
    problem, todo = (_QUERY.sub(r"\1", text) for text in (concern.problem, concern.todo))
    line = f"{concern.subject}: {problem}" + (f" -> {todo}" if todo else "")
    if len(line) <= room:
        return line
    subject = shorten(concern.subject, room // 2, placeholder=" ...")
    left = room - len(subject) - 2
    # What happened comes first; what to do gets the remaining room, and a little in any case.
    does = shorten(todo, max(room // 4, left - len(problem) - 4), placeholder=" ...")
    left -= len(does) + 4 if does else 0
    return f"{subject}: {shorten(problem, left, placeholder=' ...')}" + (f" -> {does}" if does else "")


def print_sources(console: Console, sources: list[dict[str, Any]]) -> None:
    """Print the table of sources, followed by the reason for each that is not current."""
    console.print(sources_table(sources, console.width))
    for source in sources:
        if source["reason_en"]:
            state = source["state"]
            label = f"[{_COLOURS[state]}]{state}[/]" + " " * (9 - len(state))
            console.print(f"{label}{source['dataset_id']} {escape(source['reason_en'])}", soft_wrap=True)


def sources_table(sources: Iterable[dict[str, Any]], width: int) -> Table:
    """Every source with its rows, newest period, age and state; the age counts from the source's own last change."""
    rows = [_source_cells(source) for source in sources]
    names = ("source", "title", "rows", "newest", "age", "state")
    widths = [max(len(Text.from_markup(row[at])) for row in [names, *rows]) for at in range(len(names))]
    # Titles are cut if the line is too long; what people compare is always complete.
    widths[1] = max(20, min(widths[1], width - sum(widths) + widths[1] - 2 * (len(names) - 1)))
    table = Table(
        title="Sources", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for name, columns in zip(names, widths, strict=True):
        justify: JustifyMethod = "right" if name in ("rows", "age") else "left"
        table.add_column(name, justify=justify, no_wrap=True, width=columns)
    for row in rows:
        table.add_row(*row)
    return table


def _source_cells(source: dict[str, Any]) -> tuple[str, ...]:
    since = f" since {source['reason_en'][:10]}" if source["reason_en"] else ""
    return (
        source["dataset_id"],
        escape(source["title_nl"]),
        f"{source['rows_count']:,}",
        period(source["newest_period"]),
        age(source["source_modified"]),
        f"[{_COLOURS[source['state']]}]{source['state']}[/]{since}",
    )


def period(code: str | None) -> str:
    """A period code for display: `2026JJ00` becomes 2026."""
    if not code:
        return "-"
    return str(year_of(code)) if code == whole_year(year_of(code)) else code


def age(modified: str | None) -> str:
    """How long ago the source last changed, in days."""
    if not modified:
        return "-"
    then = datetime.fromisoformat(modified)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return f"{(datetime.now(UTC) - then).days:,} d"
