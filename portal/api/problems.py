"""What a reader is told when a request cannot be answered: RFC 9457 problem details."""

from dataclasses import dataclass, field
from typing import Any

from portal.api.shapes import ApiText

PROBLEMS = {
    "invalid-request": (
        400,
        "Request not understood",
        ApiText(
            "Een onbekende parameter, of een waarde die niet kan. `errors` noemt elke fout en wat er verwacht werd.",
            "An unknown parameter, or a value that cannot be. `errors` names each fault and what was expected.",
        ),
    ),
    "not-found": (
        404,
        "Not found",
        ApiText("Er is niets op dit adres.", "There is nothing at this address."),
    ),
    "method-not-allowed": (
        405,
        "Method not allowed",
        ApiText("Deze API is om te lezen: GET, HEAD en OPTIONS.", "This API is for reading: GET, HEAD and OPTIONS."),
    ),
    "not-acceptable": (
        406,
        "Not acceptable",
        ApiText(
            "De gevraagde vorm (Accept) is er niet; `detail` zegt welke er wel zijn.",
            "The form that was asked for (Accept) is not there; `detail` says which are.",
        ),
    ),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a request: in which parameter, and what was expected."""

    name: str
    code: str
    detail: str
    place: str = "query"

    def to_dict(self) -> dict[str, Any]:
        """Returns it as the NL API Design Rules write it."""
        return {"in": self.place, "location": {"name": self.name}, "code": self.code, "detail": self.detail}


@dataclass
class ProblemError(Exception):
    """A request that cannot be answered."""

    name: str
    detail: str
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return PROBLEMS[self.name][0]

    def to_dict(self, docs_url: str) -> dict[str, Any]:
        """Returns the body of the answer; `type` is where the documentation explains the kind of problem."""
        body: dict[str, Any] = {
            "type": f"{docs_url}#{self.name}",
            "title": PROBLEMS[self.name][1],
            "status": self.status,
            "detail": self.detail,
        }
        return {**body, "errors": [fault.to_dict() for fault in self.faults]} if self.faults else body


def invalid(faults: list[Fault]) -> ProblemError:
    """Returns the problem of a request with these faults."""
    return ProblemError("invalid-request", " ".join(fault.detail for fault in faults), faults)
