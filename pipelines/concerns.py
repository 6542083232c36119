"""What needs a person after a run or a check of the sources: its group, its subject, what was found and what to do.

Belongs here: what a concern is and in which order concerns are told. Not here: how one travels in the events of a run
(`pipelines.orchestration.told_concerns`), nor how it is printed (`pipelines.commands.terminal`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.errors import SourceError, Trouble

HELD_BACK = "held_back"
PLAN = "plan"
WARNED = "warned"
FAILED = "failed"
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
