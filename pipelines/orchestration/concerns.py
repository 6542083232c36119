"""What needs a person after a run or a check of the sources: its group, its subject, what was found and what to do.

It travels in the metadata of Dagster's checks, so that the UI and the command line report the same.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import dagster as dg
import polars as pl

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
