"""What needs a person after a run or a check of the sources: its group, its subject, what was found and what to do.

It travels in the metadata of Dagster's checks, so that the UI and the command line report the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

import dagster as dg
import polars as pl

from pipelines.disk import disk_trouble
from pipelines.errors import SourceError, Trouble
from pipelines.orchestration.asset_metadata import markdown_table

CONCERNS = "concerns"
"""The metadata of a check that holds what a person should know, as a list of `Concern`."""
HELD_BACK = "held_back"
PLAN = "plan"
WARNED = "warned"
FAILED = "failed"
_SHOWN_ROWS = 20
TITLES: dict[str, str] = {
    Trouble.UNCONFIRMED: "Address never confirmed: as expected until somebody finds the right one",
    Trouble.GONE: "Gone: no longer offered where its card says",
    Trouble.CHANGED: "Changed: not what its card says",
    Trouble.REFUSED: "Refused: it does not let us in, or what it sent cannot be trusted",
    Trouble.UNREACHABLE: "No answer",
    Trouble.AWAITED: "Awaited: a person has to fetch it",
    HELD_BACK: "Indicators held back",
    PLAN: "Plans left out",
    WARNED: "To look at",
    Trouble.FAULT: "The program failed",
    FAILED: "Why nothing was published",
}
"""The groups in the order in which they are shown, each with its title."""


@dataclass(frozen=True)
class Concern:
    """One thing that a person should know.

    Attributes:
        group: one of `TITLES`.
        subject: what it is about, such as the id of a source.
        problem: what was found and what was expected, without addresses.
        todo: what a person can do.
        detail: all of the above in one line, with every address that was asked.
    """

    group: str
    subject: str
    problem: str
    todo: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return self.detail or f"{self.subject}: {self.problem}" + (f" -> {self.todo}" if self.todo else "")

    @property
    def is_error(self) -> bool:
        """Whether something requested is incomplete; a file that a person has yet to bring was not requested."""
        return self.group not in (Trouble.AWAITED, WARNED)

    def as_json(self) -> dict[str, Any]:
        """The concern for the metadata of an event."""
        return asdict(self)


def as_metadata(concerns: Iterable[Concern]) -> dict[str, dg.MetadataValue[Any]]:
    """Concerns as the metadata of a check; none of them says that the check has nothing to add."""
    return {CONCERNS: dg.MetadataValue.json([concern.as_json() for concern in concerns])}


def of_source(error: SourceError) -> Concern:
    """What a person should know about a source that could not be brought up to date."""
    failure = getattr(error, "failure", None)
    problem = failure.problem if failure else error.problem
    return Concern(error.trouble, error.dataset_id, problem, error.todo, str(error))


def concerns_of_event(event: dg.DagsterEvent) -> list[Concern]:
    """What a person should know from one event of a run: of a check that found something, or of a step that failed."""
    if event.event_type_value == "ASSET_CHECK_EVALUATION":
        evaluation = event.asset_check_evaluation_data
        told = evaluation.metadata
        if CONCERNS in told:
            return [Concern(**concern) for concern in cast(list[dict[str, str]], told[CONCERNS].value)]
        if not evaluation.passed and "problem" in told:
            return list(_concerns_of_text(str(told["problem"].value)))
    if event.is_step_failure:
        data = event.step_failure_data
        reason = data.user_failure_data.description if data.user_failure_data else None
        if reason is None and data.error is not None:
            cause = data.error.cause or data.error
            if cause.cls_name == "DagsterAssetCheckFailedError":
                return []
            full = disk_trouble(cause.message)
            fault = f"{' '.join(cause.message.split())} (a fault in the program, please report it)"
            reason = f"{event.step_key}: {full or fault}"
        return list(_concerns_of_text(reason or f"{event.step_key} failed"))
    return []


def _concerns_of_text(text: str) -> Iterator[Concern]:
    """Why nothing is published: a concern for every line, `what: problem -> what to do`."""
    for line in text.splitlines():
        subject, _, rest = line.partition(": ")
        problem, _, todo = (rest or subject).partition(" -> ")
        yield Concern(FAILED, subject if rest else "run", problem, todo, line)


def grouped(concerns: Iterable[Concern]) -> list[tuple[str, list[Concern]]]:
    """The concerns by group, in the order of `TITLES`, and by subject within each group."""
    found: dict[str, list[Concern]] = {}
    for concern in concerns:
        found.setdefault(concern.group, []).append(concern)
    return [
        (TITLES[group], sorted(found[group], key=lambda concern: concern.subject)) for group in TITLES if group in found
    ]


def rows_metadata(rows: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The first rows of a frame as a Markdown table, for the Dagster UI."""
    return markdown_table(rows.head(_SHOWN_ROWS))
