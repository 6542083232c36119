"""What CBS OData v3 and v4 share: JSON envelopes around rows, code lists, and the check against the card."""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.card import Code, SourceCard
from pipelines.errors import SourceError, shown

Rows = Callable[[str], list[dict[str, Any]]]
"""Gives the rows of an entity set that was fetched, by its name."""

_ROWS = re.compile(rb'"value"\s*:\s*\[')
# What follows the rows is at most a next link.
_TAIL = 65_536


@dataclass(frozen=True)
class Envelope:
    """A page of rows: the rows still as bytes (a JSON array), for a columnar reader, and what stands around them."""

    rows: bytes
    head: dict[str, Any]


@dataclass(frozen=True)
class Description:
    """A table as its own metadata describes it, seen through the card.

    `measures` maps each source spelling to the card's code and the source's measure; `codes` does so per dimension,
    for the codes that the card keeps (all of them where the card lists none).
    """

    measures: dict[str, tuple[str, "SourceMeasure"]]
    codes: dict[str, dict[str, tuple[str, "SourceCode"]]]


@dataclass(frozen=True)
class SourceMeasure:
    """A measure as the source describes it."""

    code: str
    index: int
    title: str
    unit: str
    decimals: int


@dataclass(frozen=True)
class SourceCode:
    """A code of a dimension as the source lists it; `key` is what a filter must say, padding included."""

    key: str
    index: int
    title: str
    status: str | None

    @property
    def code(self) -> str:
        """The code without the padding of the wire."""
        return self.key.strip()


def read_json(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: the body is something else, such as an error page or a torn answer.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected a JSON object, found something that is not JSON ({error!s:.80})") from None
    if not isinstance(content, dict):
        raise ValueError(f"expected a JSON object, found a {type(content).__name__}")
    return content


def read_rows(body: bytes) -> list[dict[str, Any]]:
    """Read a small entity set: the objects under `value`.

    Raises:
        ValueError: the body is not such a set.
    """
    rows = read_json(body).get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("expected a list of objects under `value`")
    return rows


def read_envelope(body: bytes) -> Envelope:
    """Split a page into its rows, left as bytes, and its head (`@odata.count`, next link).

    The rows are sliced out because parsing them in Python is the slow part of an ingest: a columnar reader sees the
    bytes instead. The slice is right when it ends outside a text and what remains around it is a JSON object on its
    own. What stands around the rows are plain values, never arrays.

    Raises:
        ValueError: the body is not a page of rows, or only a part of one.
    """
    start, end = _ROWS.search(body), len(body)
    while start and (end := body.rfind(b"]", max(start.end(), len(body) - _TAIL), end)) >= 0:
        with suppress(ValueError):
            head = read_json(body[: start.start()] + b'"value":null' + body[end + 1 :])
            rows = body[start.end() - 1 : end + 1]
            if _texts_are_closed(rows):
                return Envelope(rows, head)
    raise ValueError("expected a whole page of rows under `value`, found none")


def _texts_are_closed(rows: bytes) -> bool:
    if b"\\" in rows:
        rows = rows.replace(b"\\\\", b"").replace(b'\\"', b"")
    return rows.count(b'"') % 2 == 0


def next_link(head: dict[str, Any]) -> str | None:
    """The address of the next page, as v4 (`@odata.nextLink`) or v3 (`odata.nextLink`) names it."""
    return head.get("@odata.nextLink") or head.get("odata.nextLink")


def require(card: SourceCard, url: str, service: bytes, needed: list[str]) -> None:
    """Refuse a table whose service document does not offer every entity set that is needed.

    Raises:
        SourceError: naming what is missing and what is offered.
    """
    offered = {str(entry.get("name")) for entry in read_rows(service)}
    if missing := [name for name in needed if name not in offered]:
        raise SourceError(
            card.dataset_id,
            f"the service document lacks {shown(missing)}; it offers {shown(sorted(offered))}",
            url=url,
            todo="bring the card's dimensions in line with the table",
        )


def unchanged(card: SourceCard, url: str, before: str, after: str) -> str:
    """Refuse pages that were read while the table changed under them, since they may mix two versions.

    Raises:
        SourceError: `Modified` is not what it was before the first page.
    """
    if after != before:
        raise SourceError(
            card.dataset_id,
            f"the table changed while it was read (modified {before}, then {after})",
            url=url,
            todo="run again",
        )
    return before


def match(card: SourceCard, kind: str, wanted: Code, offered: Iterable[SourceMeasure | SourceCode]) -> Any:
    """Find the one measure or code of the source that the card means.

    By code or alias first; then by topic key without its running number (`TotaalAantalBanen` is
    `TotaalAantalBanen_112`); last by title and unit, which is how a code that is only believed is found.

    Raises:
        SourceError: none matches, or several do.
    """
    offered = list(offered)
    names = {wanted.code, *wanted.aliases}
    unit = getattr(wanted, "unit", None)

    def by_title(source: SourceMeasure | SourceCode) -> bool:
        same_unit = not unit or getattr(source, "unit", "") in ("", unit)
        return same_unit and _plain(source.title) == _plain(wanted.title)

    for test in (
        lambda source: source.code in names,
        lambda source: isinstance(source, SourceMeasure) and re.sub(r"_\d+$", "", source.code) in names,
        by_title,
    ):
        found = [source for source in offered if test(source)]
        if len(found) == 1:
            return found[0]
        if found:
            raise SourceError(
                card.dataset_id,
                f"{kind} {wanted.code} matches {len(found)} of the source: {shown(f.code for f in found)}",
                todo="write the whole code of one of them on the card, as its code or an alias",
            )
    raise SourceError(
        card.dataset_id,
        f"{kind} {wanted.code} ({wanted.title}) is not in the source, which has: {shown(o.code for o in offered)}",
        todo=f"correct the {kind} on the card, and the indicators that use it",
    )


def describe(card: SourceCard, measures: list[SourceMeasure], codes: dict[str, list[SourceCode]]) -> Description:
    """Hold a table's measures and code lists against the card.

    Raises:
        SourceError: a measure or code of the card is not there, is there twice, or has another unit.
    """
    chosen: dict[str, tuple[str, SourceMeasure]] = {}
    for wanted in card.measures:
        found = match(card, "measure", wanted, measures)
        check_unit(card, wanted, found)
        chosen[found.code] = (wanted.code, found)
    if card.region_frame:
        chosen = {m.code: (m.code, m) for m in measures}
    kept: dict[str, dict[str, tuple[str, SourceCode]]] = {}
    for name, dimension in card.dimensions.items():
        if not codes[name]:
            raise SourceError(card.dataset_id, f"the code list of {name} is empty", todo="try again later")
        kept[name] = {c.code: (c.code, c) for c in codes[name]}
        if dimension.codes:
            pairs = [(wanted.code, match(card, f"{name} code", wanted, codes[name])) for wanted in dimension.codes]
            kept[name] = {found.code: (code, found) for code, found in pairs}
    return Description(chosen, kept)


def check_dimensions(card: SourceCard, found: Iterable[str]) -> None:
    """Refuse a table whose dimensions are not those of the card.

    Raises:
        SourceError: naming both lists.
    """
    if set(found) != set(card.dimensions):
        raise SourceError(
            card.dataset_id,
            f"the table has the dimensions {shown(sorted(found))}; the card expects {shown(sorted(card.dimensions))}",
            todo="bring the card's dimensions in line, and decide which codes to keep",
        )


def check_unit(card: SourceCard, wanted: Code, found: SourceMeasure) -> None:
    """Refuse a measure whose unit is not the card's; an empty unit on the wire says nothing and passes.

    Raises:
        SourceError: naming both units.
    """
    unit = getattr(wanted, "unit", None)
    if unit and found.unit and _plain(unit) != _plain(found.unit):
        raise SourceError(
            card.dataset_id,
            f"measure {found.code} has the unit {found.unit!r}; the card expects {unit!r}",
            todo="correct the unit on the card and the multiplier of its indicators",
        )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
