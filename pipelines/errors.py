"""The errors that a person has to act on: one line that says where, what was found and what to do."""

from collections.abc import Iterable
from enum import StrEnum


class Trouble(StrEnum):
    """Why a source could not be brought up to date, grouped by what a person has to do about it."""

    UNCONFIRMED = "unconfirmed"
    """Its address was never confirmed, so its failure is no surprise."""
    GONE = "gone"
    """Its publisher no longer offers it where its card says."""
    CHANGED = "changed"
    """It answers, but not with what its card says."""
    REFUSED = "refused"
    """It does not let us in, or what it sent cannot be trusted."""
    UNREACHABLE = "unreachable"
    """It gives no answer, or says that it cannot give one now."""
    AWAITED = "awaited"
    """A person has to fetch it, and nobody has done so yet."""
    FAULT = "fault"
    """The program failed, not the source."""


class RegiokompasError(Exception):
    """Base of the errors whose text is meant for the person who runs the pipeline."""


class DamagedError(RegiokompasError):
    """A file of ours is not as it was written: a bit was flipped, or it was cut short, emptied or removed."""


class SourceError(RegiokompasError):
    """A source did not send what its card expects.

    Args:
        dataset_id: the card, such as `cbs/81575NED`.
        problem: what was found and what was expected, with the table, column and value.
        url: the address that was asked, when one was.
        todo: what the reader can do about it.
    """

    trouble = Trouble.REFUSED

    def __init__(self, dataset_id: str, problem: str, *, url: str = "", todo: str = "") -> None:
        where = f" at {url}" if url else ""
        then = f" -> {todo}" if todo else ""
        super().__init__(" ".join(f"{dataset_id}{where}: {problem}{then}".split()))
        self.dataset_id = dataset_id
        self.problem = " ".join(problem.split())
        self.url = url
        self.todo = todo


class UnreachableError(SourceError):
    """The source gave no answer within our patience, or said that it cannot give one now (429, 5xx)."""

    trouble = Trouble.UNREACHABLE


class MismatchError(SourceError):
    """The source answers, but not with what the card says: a person has to look at the card.

    Asking again does not help.
    """

    trouble = Trouble.CHANGED


class ChangedWhileReadError(SourceError):
    """What was read is inconsistent and may mix two versions: it is read once more, and then refused."""


class NotThereError(SourceError):
    """The source answers 404 or 410: this way does not offer the table, or this part of it."""

    trouble = Trouble.GONE


class AwaitedError(SourceError):
    """A source that is fetched by hand has not been put here yet: nothing is broken, somebody has to do it."""

    trouble = Trouble.AWAITED


class CardError(RegiokompasError):
    """A card, or a row of a seed, does not say what it must say."""


class SelectionError(RegiokompasError):
    """A selection of municipalities that somebody made does not say what it must say."""


def shown(values: Iterable[object], most: int = 8) -> str:
    """List some values for an error text, and say how many were left out."""
    texts = [str(v) for v in values]
    rest = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {rest} more" if rest > 0 else "")
