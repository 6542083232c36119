"""What CBS OData v3 and v4 share: JSON envelopes around rows, service documents and groups of measures."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pipelines.clients.jsons import read_json
from pipelines.errors import MismatchError, SourceError, shown
from pipelines.sources.card import SourceCard

Rows = Callable[[str], list[dict[str, Any]]]
"""Gives the rows of an entity set that was fetched, by its name."""
_ROWS = re.compile(rb'"value"\s*:\s*\[')
# At most a next link follows the rows.
_TAIL = 65_536


@dataclass(frozen=True)
class Envelope:
    """A page of rows: where its rows are, a JSON array for a columnar reader, and what is around them."""

    body: bytes
    begin: int
    end: int
    head: dict[str, Any]

    @property
    def rows(self) -> memoryview:
        """The rows as they came, without a copy of them."""
        return memoryview(self.body)[self.begin : self.end]


def read_rows(body: bytes) -> list[dict[str, Any]]:
    """Read a small entity set: the objects under `value`.

    Raises:
        ValueError: the body is not such a set.
    """
    rows = read_json(body).get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("expected a list of objects under `value`")
    return rows


def read_count(body: bytes) -> int:
    """Read the bare number of `/$count`, which CBS may send with a byte order mark.

    Raises:
        ValueError: it is not a number.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if not text.isdigit():
        raise ValueError("expected a bare number of rows")
    return int(text)


def read_envelope(body: bytes) -> Envelope:
    """Split a page into its rows, left as bytes, and its head (`@odata.count`, next link).

    The rows are sliced out because parsing them in Python is the slow part of an ingest: a columnar reader sees the
    bytes instead. The slice is right when it ends outside a string and what remains around it is a JSON object on its
    own. Around the rows there are only plain values, never arrays.

    Raises:
        ValueError: the body is not a page of rows, or only a part of one.
    """
    start, end = _ROWS.search(body), len(body)
    while start and (end := body.rfind(b"]", max(start.end(), len(body) - _TAIL), end)) >= 0:
        with suppress(ValueError):
            head = read_json(body[: start.start()] + b'"value":null' + body[end + 1 :])
            if _texts_are_closed(body, start.end(), end):
                return Envelope(body, start.end() - 1, end + 1, head)
    raise ValueError("expected a whole page of rows under `value`, found none")


def _texts_are_closed(body: bytes, start: int, end: int) -> bool:
    if body.find(b"\\", start, end) >= 0:
        rows = body[start:end].replace(b"\\\\", b"").replace(b'\\"', b"")
        return rows.count(b'"') % 2 == 0
    return body.count(b'"', start, end) % 2 == 0


def next_link(head: dict[str, Any]) -> str | None:
    """The address of the next page, as v4 (`@odata.nextLink`) or v3 (`odata.nextLink`) names it."""
    return head.get("@odata.nextLink") or head.get("odata.nextLink")


def offers(service: bytes) -> set[str]:
    """The names of the entity sets that a table's service document offers."""
    return {str(entry.get("name")) for entry in read_rows(service)}


def require(card: SourceCard, url: str, service: bytes, needed: list[str]) -> None:
    """Refuse a table whose service document does not offer every entity set that is needed.

    Raises:
        MismatchError: naming what is missing and what is offered.
    """
    offered = offers(service)
    if missing := [name for name in needed if name not in offered]:
        raise MismatchError(
            card.dataset_id,
            f"the service document lacks {shown(missing)}; it offers {shown(sorted(offered))}",
            url=url,
            todo="bring the card's dimensions in line with the table",
        )


@contextmanager
def understood(card: SourceCard) -> Iterator[None]:
    """Raise our own error when the metadata of a table does not have the form of the protocol.

    Raises:
        SourceError: a key is missing, or a value is of another type.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SourceError(
            card.dataset_id,
            f"the table's description of itself cannot be read, {type(error).__name__}: {error!s:.200}",
            todo="run again; if this persists, compare the answer with the protocol",
        ) from error


def group_titles(groups: Mapping[str, tuple[str, str]], innermost: str) -> tuple[str, ...]:
    """The titles of a group and of those around it, outermost first.

    Args:
        groups: the title of each group and the id of the one around it, by id.
        innermost: the id of the group; one that is not listed has no title.
    """
    found: list[str] = []
    while innermost in groups and innermost not in found:
        found.append(innermost)
        innermost = groups[innermost][1]
    return tuple(groups[one][0] for one in reversed(found))
