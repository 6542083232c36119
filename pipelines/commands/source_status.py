"""Everything that is known about one source: its card, means of access, what landed, why the last refresh failed."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from pipelines.clients.registry import CLIENTS, addresses
from pipelines.indicators.registry import read_indicators
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import Attempt, Failure, Landing, Snapshot
from pipelines.settings import Settings
from pipelines.sources.access import Server, server_of
from pipelines.sources.card import SourceCard

SourceFacts = list[tuple[str, list[str]]]
"""What is known, under headings, one fact per line."""


def everything_known(card: SourceCard, settings: Settings, *, invented: bool) -> SourceFacts:
    """Collect what is known about a source, without asking it anything."""
    landing = Landing(settings.landing)
    snapshot = landing.current(card.dataset_id, invented=invented)
    failure = landing.failure(card.dataset_id, invented=invented)
    (row,) = describe_sources(settings, {card.dataset_id: card}, invented=invented)
    return [
        (f"{card.dataset_id}  {card.title.nl}", list(_in_short(card, row))),
        ("Access", list(_ways(card, addresses(settings), failure))),
        ("Landed", list(_landed(snapshot)) or ["nothing"]),
        ("Asked for", list(_asked_for(card))),
        ("Used by", _users(card) or ["no indicator"]),
    ]


def print_source(console: Console, facts: SourceFacts) -> None:
    """Print everything that is known about a source; long lines are not wrapped, since they contain addresses."""
    for number, (heading, lines) in enumerate(facts):
        if number:
            console.print()
        console.print(heading, style="bold", markup=False, soft_wrap=True)
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)


def _in_short(card: SourceCard, row: dict[str, Any]) -> Iterator[str]:
    yield f"State      {row['state']}" + (f": {row['reason_en']}" if row["reason_en"] else "")
    newest, following = row["newest_period"] or "-", row["expected_next"] or "-"
    yield f"Figures    {row['rows_count']:,} rows, newest {newest}, next {following}"
    yield f"Publisher  {card.attribution}, {card.licence}, {card.cadence}, {card.homepage}"


def _ways(card: SourceCard, bases: dict[Server, str], failure: Failure | None) -> Iterator[str]:
    """Each means of access with its address, how certain that is, and its result if the last refresh failed."""
    attempts = {attempt.protocol: attempt for attempt in failure.attempts} if failure else {}
    for access in card.access:
        begins = CLIENTS[access.protocol].address(bases[server_of(access)], card, access)
        yield f"{access.protocol} ({access.certainty})  {begins}"
        if attempt := attempts.get(access.protocol):
            yield from _attempt(attempt)
    if failure:
        yield f"last tried {failure.failed_at}, failing since {failure.began}"
        yield f"to do: {failure.todo or '-'}"


def _attempt(attempt: Attempt) -> Iterator[str]:
    yield f"    {attempt.trouble}: {attempt.problem}"
    if attempt.url:
        yield f"    asked {attempt.url}"
    if attempt.todo:
        yield f"    -> {attempt.todo}"


def _landed(snapshot: Snapshot | None) -> Iterator[str]:
    if snapshot is None:
        return
    size = sum(resource.size for resource in snapshot.resources)
    yield f"{snapshot.landed_at} by {snapshot.protocol}, {len(snapshot.resources)} responses of {size:,} bytes"
    yield f"last changed at the source: {snapshot.modified or 'unknown'}"
    for lack in snapshot.lacking:
        instead = "shown as it landed before" if lack.is_kept else "not shown"
        yield f"missing since {lack.since}: {lack.url}: {lack.problem} ({instead})"


def _asked_for(card: SourceCard) -> Iterator[str]:
    """The measures, codes and columns of the card, each with how certain we are of it."""
    for measure in card.measures:
        yield f"measure {measure.code} ({measure.certainty}): {measure.title}" + (
            f", {measure.unit}" if measure.unit else ""
        )
    for name, dimension in card.dimensions.items():
        kept = [f"{code.code} ({code.certainty})" for code in dimension.codes]
        kept += [*dimension.levels, *dimension.kinds, *([f"since {dimension.since}"] if dimension.since else [])]
        yield f"{dimension.role} {name} ({dimension.certainty}): {', '.join(kept) or 'everything'}"
    for name, column in card.layout.columns.items() if card.layout else ():
        yield f"column {name} ({column.certainty}): to {column.to}"


def _users(card: SourceCard) -> list[str]:
    return [row.indicator_id for row in read_indicators() if row.dataset_id == card.dataset_id]
