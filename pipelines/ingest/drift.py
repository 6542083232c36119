"""Drift: what a source changed in its own description of a table since it first landed, and what that blocks.

New periods, regions and codes are reported and do no harm. A measure or code that an indicator uses and that vanished,
or has another title or unit, may be something else under the same name: it is blocked until its new title or unit is
on the card.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.clients.description import Description, SourceCode, SourceMeasure, plain
from pipelines.clients.registry import CBS
from pipelines.errors import RegiokompasError
from pipelines.landing.store import Landing, Snapshot
from pipelines.reading.landed import Landed
from pipelines.seeds import Indicator
from pipelines.sources.access import Protocol
from pipelines.sources.card import SourceCard

Described = SourceMeasure | SourceCode


@dataclass(frozen=True)
class Change:
    """One change in how a source describes a table.

    Attributes:
        dataset_id: the card.
        kind: what changed.
        change: how.
        dimension: the dimension of a code; empty for a measure.
        code: the card's code where it has one, else the source's.
        before: the title, unit or group before the change, or None.
        after: the title, unit or group after the change, or None.
        is_blocking: whether indicators that use it are blocked.
        is_for_all: whether every indicator on the table uses it, as with codes that stand for periods or are added up.
    """

    dataset_id: str
    kind: Literal["measure", "unit", "code"]
    change: Literal["added", "removed", "renamed"]
    dimension: str
    code: str
    before: str | None
    after: str | None
    is_blocking: bool
    is_for_all: bool = False

    @property
    def told(self) -> str:
        """The change in words."""
        what = f"{self.dimension} code {self.code}" if self.dimension else f"{self.kind} of {self.code}"
        return f"{what} was {self.change}: {self.before!r} before, {self.after!r} now"


def drift(card: SourceCard, landing: Landing, *, invented: bool) -> list[Change]:
    """What changed in a CBS table since the previous snapshot, and what still blocks since the first one.

    Returns:
        Nothing for a source that landed only once, or that has no description of its own.
    """
    snapshots = [s for s in landing.snapshots(card.dataset_id) if s.is_invented == invented]
    if not snapshots or Protocol(snapshots[-1].protocol) not in CBS:
        return []
    now = _description(card, snapshots[-1], landing)
    if now is None:
        return []
    first = _description(card, snapshots[0], landing)
    changes = list(_blocking(card, first, now))
    same_access = len(snapshots) > 1 and snapshots[-2].protocol == snapshots[-1].protocol
    before = _description(card, snapshots[-2], landing) if same_access else None
    if before:
        told = {(c.dimension, c.code) for c in changes}
        changes += [c for c in _reported(card, before, now) if (c.dimension, c.code) not in told]
    return changes


def reasons_to_hold_back(indicators: Iterable[Indicator], changes: Iterable[Change]) -> dict[str, str]:
    """Why indicators that use something blocked are held back, by indicator id."""
    blocking = [c for c in changes if c.is_blocking]
    by_use = {(c.dataset_id, c.dimension, c.code): c for c in blocking}
    by_table = {c.dataset_id: c for c in blocking if c.is_for_all}
    reasons: dict[str, str] = {}
    for row in indicators:
        uses = [("", row.measure_code), *(part.partition("=")[::2] for part in row.dims.split(";") if part)]
        found = [by_use[key] for use in uses if (key := (row.dataset_id, *use)) in by_use]
        found += [by_table[row.dataset_id]] if row.dataset_id in by_table else []
        if found:
            reasons[row.indicator_id] = (
                f"{row.dataset_id}: {found[0].told} -> look at the source, then update the card to match"
            )
    return reasons


def as_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The changes as rows for Parquet; what a card assumed and the source never had is not a change of the source."""
    told = [change for change in changes if change.change == "added" or change.before is not None]
    return [{name: value for name, value in asdict(change).items() if name != "is_for_all"} for change in told]


def _description(card: SourceCard, snapshot: Snapshot, landing: Landing) -> Description | None:
    landed = Landed(card, snapshot, landing)
    try:
        return CBS[landed.protocol].description(card, landed.rows)
    except RegiokompasError:
        # The card was different then, or the bytes are gone.
        return None


def _blocking(card: SourceCard, first: Description | None, now: Description) -> Iterator[Change]:
    kind: Literal["measure", "unit", "code"]
    periods = card.dimension("period")
    added_up = {name for name, dimension in card.dimensions.items() if dimension.is_added_up}
    read_as = {(name, c.code): c.read_as for name, d in card.dimensions.items() for c in d.codes}
    for (dimension, code), lack in now.missing.items():
        before = _titles(first).get((dimension, read_as.get((dimension, code), code))) if first else None
        change: Literal["removed", "renamed"] = "renamed" if lack.kind == "unit" else "removed"
        # A period that is missing, or not there yet, is not another figure under an old name.
        is_blocking, is_for_all = dimension != periods, dimension in added_up
        yield Change(card.dataset_id, lack.kind, change, dimension, code, before, lack.problem, is_blocking, is_for_all)
    if first is None:
        return
    on_card = {("", m.code): m.title for m in card.measures}
    on_card |= {(name, c.read_as): c.title for name, d in card.dimensions.items() for c in d.codes}
    was = _titles(first)
    for key, title in _titles(now).items():
        if key in on_card and key in was and plain(title) not in (plain(was[key]), plain(on_card[key])):
            kind = "code" if key[0] else "measure"
            is_for_all = key[0] == periods or key[0] in added_up
            yield Change(
                card.dataset_id, kind, "renamed", *key, was[key], title, is_blocking=True, is_for_all=is_for_all
            )
    yield from _counted_otherwise(card, dict(first.measures.values()), now)


def _counted_otherwise(card: SourceCard, was: dict[str, SourceMeasure], now: Description) -> Iterator[Change]:
    """Measures with another unit, and those that moved to another group of measures with the same title."""
    on_card = {m.code: m for m in card.measures}
    for code, measure in now.measures.values():
        if code not in was or code not in on_card:
            continue
        before = was[code]
        # Whatever the card says: a measure whose source no longer gives a unit may be counted in anything.
        vanished = bool(plain(before.unit)) and not plain(measure.unit)
        if vanished or (not on_card[code].unit and plain(measure.unit) != plain(before.unit)):
            yield Change(card.dataset_id, "unit", "renamed", "", code, before.unit, measure.unit, is_blocking=True)
        if not on_card[code].group and _has_twin(measure, now) and _moved(before, measure):
            yield Change(card.dataset_id, "measure", "renamed", "", code, before.told, measure.told, is_blocking=True)


def _has_twin(measure: SourceMeasure, described: Description) -> bool:
    """Whether another measure of the table has the same title and unit, so that only their groups tell them apart."""
    words = (plain(measure.title), plain(measure.unit))
    return sum((plain(m.title), plain(m.unit)) == words for m in described.all_measures) > 1


def _moved(was: SourceMeasure, now: SourceMeasure) -> bool:
    """Whether a measure is in another group than before; a description without groups cannot tell."""
    return bool(was.groups and now.groups) and [*map(plain, was.groups)] != [*map(plain, now.groups)]


def _titles(described: Description) -> dict[tuple[str, str], str]:
    titles = {("", code): m.title for code, m in described.measures.values()}
    for name, codes in described.codes.items():
        titles |= {(name, code): c.title for code, c in codes.values()}
    return titles


def _reported(card: SourceCard, before: Description, now: Description) -> Iterator[Change]:
    """Every difference between two descriptions of a table."""
    lists: list[tuple[str, Sequence[Described], Sequence[Described]]] = [("", before.all_measures, now.all_measures)]
    lists += [(name, before.all_codes[name], now.all_codes[name]) for name in card.dimensions]
    for dimension, old, new in lists:
        was, is_now = _by_code(old), _by_code(new)
        kind: Literal["measure", "code"] = "code" if dimension else "measure"
        for code in sorted({*was, *is_now}):
            one, other = was.get(code), is_now.get(code)
            if one is None or other is None or plain(one) != plain(other):
                change: Literal["added", "removed", "renamed"] = (
                    "added" if one is None else "removed" if other is None else "renamed"
                )
                yield Change(card.dataset_id, kind, change, dimension, code, one, other, is_blocking=False)


def _by_code(items: Iterable[Described]) -> dict[str, str]:
    """Titles by code; a v3 topic by its stem, since its running number shifts when another topic is inserted."""
    titles: dict[str, str] = {}
    for item in items:
        code = re.sub(r"(?<=[a-zA-Z])_\d+$", "", item.code) if isinstance(item, SourceMeasure) else item.code
        while code in titles:
            code += "'"
        titles[code] = item.title
    return titles
