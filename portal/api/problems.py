"""What a client is told if a request cannot be answered: RFC 9457 problem details."""

from dataclasses import dataclass, field
from typing import Any

from portal.api.shapes import ApiText

PROBLEMS = {
    "invalid-request": (
        400,
        "Request not understood",
        ApiText(
            "Een onbekende parameter, of een waarde die niet kan. `errors` noemt elke fout en wat er verwacht werd.",
            "An unknown parameter, or a value that is not valid. `errors` names each fault and what was expected.",
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
        ApiText("Deze API is om te lezen: GET, HEAD en OPTIONS.", "This API is read-only: GET, HEAD and OPTIONS."),
    ),
    "not-acceptable": (
        406,
        "Not acceptable",
        ApiText(
            "De gevraagde vorm (Accept) is er niet; `detail` zegt welke er wel zijn.",
            "The requested media type (Accept) is not available; `detail` says which are.",
        ),
    ),
}


@dataclass(frozen=True)
class Fault:
    """One fault in a request: which parameter has it, and what was expected."""

    name: str
    code: str
    detail: str
    place: str = "query"

    def to_dict(self) -> dict[str, Any]:
        """Returns it in the form of the NL API Design Rules."""
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
        """The HTTP status of the response."""
        return PROBLEMS[self.name][0]

    def to_dict(self, docs_url: str) -> dict[str, Any]:
        """Returns the body of the response; `type` is where the documentation explains this kind of problem."""
        body: dict[str, Any] = {
            "type": f"{docs_url}#{self.name}",
            "title": PROBLEMS[self.name][1],
            "status": self.status,
            "detail": self.detail,
        }
        return {**body, "errors": [fault.to_dict() for fault in self.faults]} if self.faults else body


def invalid(faults: list[Fault]) -> ProblemError:
    """Returns the problem for a request with these faults."""
    return ProblemError("invalid-request", " ".join(fault.detail for fault in faults), faults)
