"""Turns everything that has landed into the inputs of one dbt build, and names the release it will make."""

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import CardError, shown
from pipelines.indicators.held_back import reasons_of_landed, with_dependents
from pipelines.indicators.registry import check_indicators, read_indicators
from pipelines.ingest.code_digest import code_digest
from pipelines.ingest.drift import as_rows, drift, reasons_to_hold_back
from pipelines.ingest.neighbours import neighbours_of
from pipelines.ingest.plans import Plans, read_plans, regions_with_figures
from pipelines.ingest.plans import digest_of as digest_of_plans
from pipelines.ingest.refresh import FailedError, read_landed
from pipelines.ingest.selections import Selections, digest_of, read_selections
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import NOTICE, Landing, Snapshot
from pipelines.reading.existing import boundaries
from pipelines.reading.ongoing import ongoing_periods
from pipelines.reading.raw import EMPTY, raw_folders, tally_of, write_empty
from pipelines.settings import Settings
from pipelines.sources.card import Shape, SourceCard
from schemas.shapes import check_shape

_SOURCES = pa.schema(
    [
        ("dataset_id", pa.string()),
        ("publisher", pa.string()),
        ("table_id", pa.string()),
        ("title_nl", pa.string()),
        ("title_en", pa.string()),
        ("licence", pa.string()),
        ("licence_url", pa.string()),
        ("attribution", pa.string()),
        ("homepage_url", pa.string()),
        ("cadence", pa.string()),
        ("protocol", pa.string()),
        ("state", pa.string()),
        ("reason_nl", pa.string()),
        ("reason_en", pa.string()),
        ("rows_count", pa.int64()),
        ("newest_period", pa.string()),
        ("expected_next", pa.string()),
        ("source_modified", pa.string()),
        ("landed_at", pa.string()),
        ("notice", pa.string()),
        ("shape", pa.string()),
        ("boundary_year", pa.int32()),
    ]
)
_SOURCE_ROWS = pa.schema([("dataset_id", pa.string()), ("outcome", pa.string()), ("rows_count", pa.int64())])
_ORIGINS = pa.schema([("dataset_id", pa.string()), ("landed_sha256", pa.string()), ("url", pa.string())])
_DRIFT = pa.schema(
    [
        ("dataset_id", pa.string()),
        ("kind", pa.string()),
        ("change", pa.string()),
        ("dimension", pa.string()),
        ("code", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("is_blocking", pa.bool_()),
    ]
)
_BLOCKED = pa.schema([("indicator_id", pa.string()), ("reason", pa.string())])
_ONGOING = pa.schema([("dataset_id", pa.string()), ("measure_code", pa.string()), ("period_code", pa.string())])
_SELECTIONS = pa.schema(
    [
        ("region_code", pa.string()),
        ("name", pa.string()),
        ("municipality_code", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("file", pa.string()),
        ("share", pa.float64()),
        ("area_share", pa.float64()),
    ]
)
_PLANS = pa.schema(
    [
        ("region_code", pa.string()),
        ("indicator_id", pa.string()),
        ("target_value", pa.float64()),
        ("target_year", pa.int32()),
        ("base_year", pa.int32()),
        ("title_nl", pa.string()),
        ("title_en", pa.string()),
        ("file", pa.string()),
    ]
)
_NEIGHBOURS = pa.schema([("dataset_id", pa.string()), ("region_code", pa.string()), ("neighbour_code", pa.string())])
_RELEASE = pa.schema(
    [
        ("release_id", pa.string()),
        ("is_invented", pa.bool_()),
        ("notice", pa.string()),
        ("title_nl", pa.string()),
        ("title_en", pa.string()),
        ("newest_landed_at", pa.string()),
        ("code_digest", pa.string()),
    ]
)


@dataclass(frozen=True)
class Inputs:
    """What a dbt build reads.

    Attributes:
        release_id: the identity of what the build will make, determined by its inputs and the code alone.
        written: the tables that were written for it.
        sources: one row per card, as in `sources.parquet`.
        blocked: the indicators that are left out, as returned by `held_back.with_dependents`.
        unread: what has landed and can no longer be read.
        selections: the own regions, and the municipalities in them that were replaced by their heirs.
        plans: the targets of plans, and what is wrong in the plans that are left out.
    """

    release_id: str
    written: dict[str, pa.Table]
    sources: list[dict[str, Any]]
    blocked: list[dict[str, str]]
    unread: list[FailedError]
    selections: Selections
    plans: Plans


def assemble(settings: Settings, cards: dict[str, SourceCard], *, invented: bool) -> Inputs:
    """Make sure that raw Parquet exists for exactly what has landed, and describe it for dbt.

    Args:
        settings: where things are.
        cards: every card; those that have not landed become sources with the state `absent` or `awaited`.
        invented: build from the sample's figures or from published ones, never both.

    Raises:
        CardError: nothing has landed, or not the newest regions; or an indicator row is itself wrong.
        SelectionError: an own selection of municipalities is not valid.
    """
    selections = read_selections(settings.selections)
    landing = Landing(settings.landing)
    landed, unread = _read_all(settings, cards, landing, invented=invented)
    snapshots = list(landed.values())
    if not snapshots:
        raise CardError("nothing has landed yet -> run `regiokompas run --from live`, or --from sample")
    newest_regions = _newest_regions(cards, landed)
    raw = raw_folders(settings.raw, invented=invented)
    _drop_others(raw, {cards[dataset_id].slug for dataset_id in landed})
    write_empty(raw / EMPTY)
    changes = [change for dataset_id in landed for change in drift(cards[dataset_id], landing, invented=invented)]
    indicators = read_indicators()
    check_indicators(indicators, cards)
    reasons = reasons_of_landed(indicators, cards, raw) | reasons_to_hold_back(indicators, changes)
    blocked = with_dependents(indicators, reasons)
    own = {member.region_code for member in selections.members}
    known = regions_with_figures(raw / newest_regions.slug / "observations.parquet", own)
    plans = read_plans(settings.plans, indicators, known)
    ongoing = [
        asdict(period)
        for dataset_id, snapshot in landed.items()
        for period in ongoing_periods(cards[dataset_id], raw / cards[dataset_id].slug, snapshot.landed_on)
    ]
    neighbours = neighbours_of([cards[name] for name in landed], raw, newest_boundaries())
    # States are judged by the day of the newest bytes, so that the same bytes always make the same release.
    newest = max(s.landed_at for s in snapshots)
    others = [
        *(digest_of(selections.members), digest_of_plans(plans.targets), settings.public_url, settings.contact),
        # Both depend on what landed before as well, not only on the newest snapshots.
        json.dumps([as_rows(changes), blocked], sort_keys=True),
    ]
    rows = describe_sources(settings, cards, invented=invented, as_of=date.fromisoformat(newest[:10]))
    release = _release_row(snapshots, rows, others, newest, invented=invented)
    written = _write_inputs(
        settings.build / "inputs",
        sources=pa.Table.from_pylist(rows, _SOURCES),
        source_rows=pa.Table.from_pylist(_source_rows(raw, [cards[name] for name in landed]), _SOURCE_ROWS),
        origins=pa.Table.from_pylist(_origins(snapshots), _ORIGINS),
        release=pa.Table.from_pylist([release], _RELEASE),
        drift=pa.Table.from_pylist(as_rows(changes), _DRIFT),
        blocked=pa.Table.from_pylist(blocked, _BLOCKED),
        ongoing=pa.Table.from_pylist(ongoing, _ONGOING),
        selections=pa.Table.from_pylist([asdict(member) for member in selections.members], _SELECTIONS),
        plans=pa.Table.from_pylist([asdict(target) for target in plans.targets], _PLANS),
        neighbours=pa.Table.from_pylist(neighbours, _NEIGHBOURS),
    )
    return Inputs(release["release_id"], written, rows, blocked, unread, selections, plans)


def hold_back(settings: Settings, reasons: dict[str, str]) -> list[dict[str, str]]:
    """Leave more indicators out of the next build than its inputs say, such as those that a check refused.

    Returns:
        The indicators that are now left out as well, with those computed from them.
    """
    path = settings.build / "inputs" / "blocked.parquet"
    known = {row["indicator_id"]: row["reason"] for row in pq.read_table(path).to_pylist()}
    rows = with_dependents(read_indicators(), reasons | known)
    _write_inputs(path.parent, blocked=pa.Table.from_pylist(rows, _BLOCKED))
    return [row for row in rows if row["indicator_id"] not in known]


def _read_all(
    settings: Settings, cards: dict[str, SourceCard], landing: Landing, *, invented: bool
) -> tuple[dict[str, Snapshot], list[FailedError]]:
    """What has landed and is read, by dataset id, and what can no longer be read."""
    landed: dict[str, Snapshot] = {}
    unread: list[FailedError] = []
    for card in cards.values():
        try:
            snapshot = read_landed(card, landing, settings.raw, check_shape, invented=invented)
        except FailedError as error:
            unread.append(error)
        else:
            landed |= {card.dataset_id: snapshot} if snapshot else {}
    return landed, unread


def _newest_regions(cards: dict[str, SourceCard], landed: dict[str, Snapshot]) -> SourceCard:
    """The table of regions whose boundaries everything is published on, without which nothing is built.

    Raises:
        CardError: it has never landed.
    """
    year = newest_boundaries()
    tables = [
        card.dataset_id for card in cards.values() if card.shape is Shape.REGIONS and card.region_boundary_year == year
    ]
    found = [dataset_id for dataset_id in tables if dataset_id in landed]
    if not found:
        raise CardError(
            f"no table of the regions of {year} has ever landed, and nothing can be published without its boundaries"
            f" -> run again for it: regiokompas run --select {shown(tables)}"
        )
    return cards[found[0]]


def _source_rows(raw: Path, cards: list[SourceCard]) -> list[dict[str, Any]]:
    """What became of the rows of each source that is read, one row per outcome."""
    return [
        {"dataset_id": card.dataset_id, "outcome": outcome, "rows_count": rows}
        for card in cards
        for outcome, rows in tally_of(raw / card.slug).outcomes.items()
    ]


def _origins(snapshots: list[Snapshot]) -> list[dict[str, Any]]:
    """Every body that landed, by card and bytes; equal bodies of one card get the first address."""
    found = {(s.dataset_id, r.sha256): r.url for s in reversed(snapshots) for r in reversed(s.resources)}
    return [{"dataset_id": card, "landed_sha256": sha256, "url": url} for (card, sha256), url in sorted(found.items())]


def _release_row(
    snapshots: list[Snapshot], rows: list[dict[str, Any]], others: list[str], newest: str, *, invented: bool
) -> dict[str, Any]:
    code = code_digest()
    states = [f"{r['dataset_id']} {r['state']} {r['reason_en']}" for r in rows]
    identity = sha256("\n".join([*(s.digest for s in snapshots), *states, *others, code]).encode()).hexdigest()
    prefix = "sample-" if invented else ""
    return {
        "release_id": f"{prefix}{date.fromisoformat(newest[:10])}-{identity[:8]}",
        "is_invented": invented,
        "notice": NOTICE if invented else None,
        "title_nl": "Regiokompas: open cijfers over het mkb en menselijk kapitaal per gemeente en regio",
        "title_en": "Regiokompas: open figures on small business and human capital per municipality and region",
        "newest_landed_at": newest,
        "code_digest": code,
    }


def _write_inputs(folder: Path, **tables: pa.Table) -> dict[str, pa.Table]:
    """Write one Parquet file per table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return tables


def newest_boundaries() -> int:
    """The year of the boundaries that everything is published on, as the dbt project defines it."""
    return boundaries().newest_year


def _drop_others(raw: Path, keep: set[str]) -> None:
    for folder in raw.iterdir() if raw.is_dir() else []:
        if folder.name not in {*keep, EMPTY}:
            shutil.rmtree(folder)
