"""The errors that a person has to act on: one line that says where, what was found and what to do."""

from collections.abc import Iterable


class RegiokompasError(Exception):
    """Base of the errors whose text is meant for the person who runs the pipeline."""


class SourceError(RegiokompasError):
    """A source did not send what its card expects.

    Args:
        dataset_id: the card, such as `cbs/81575NED`.
        problem: what was found and what was expected, with the table, column and value.
        url: the address that was asked, when one was.
        todo: what the reader can do about it.
    """

    def __init__(self, dataset_id: str, problem: str, *, url: str = "", todo: str = "") -> None:
        where = f" at {url}" if url else ""
        then = f" -> {todo}" if todo else ""
        super().__init__(" ".join(f"{dataset_id}{where}: {problem}{then}".split()))
        self.dataset_id = dataset_id
        self.found = f"{problem}{where}"


class MismatchError(SourceError):
    """The source answers well, but is not what the card says: it needs a person to look at the card.

    Asking again does not help, and no other source suffers from it.
    """


class GoneError(MismatchError):
    """No road offers the table any more: it was moved, renamed or ended by its publisher."""


class NotThereError(SourceError):
    """The source answers 404: the table, or this part of it, is not offered on this road."""


class AwaitedError(SourceError):
    """A source that a person fetches by hand was never put here yet: nothing is broken, somebody has to do it."""


class CardError(RegiokompasError):
    """A card, or a row of a seed, does not say what it must say."""


class SelectionError(RegiokompasError):
    """A selection of municipalities that somebody made does not say what it must say."""


def shown(values: Iterable[object], most: int = 8) -> str:
    """Write some values out for an error text, and say how many were left out."""
    texts = [str(v) for v in values]
    rest = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {rest} more" if rest > 0 else "")
