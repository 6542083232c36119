"""From everything that has landed to the inputs of one dbt build, and the identity of the release it will make."""

import shutil
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.card import SourceCard
from pipelines.errors import CardError
from pipelines.indicators import check_indicators
from pipelines.landing import NOTICE, Failure, Landing, Snapshot
from pipelines.raw import is_read, raw_folder, raw_folders, rows_of, write_raw
from pipelines.settings import DBT_PROJECT, PROJECT, Settings
from schemas.wire import check_raw

# What can change a figure or a text of a release; how it is shown is not part of it.
_CODE = {
    "pipelines": {".py", ".yml"},
    "schemas": {".py"},
    "dbt_project": {".sql", ".yml", ".csv", ".md"},
    "datasette/queries": {".sql"},
}
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
        ("state_reason", pa.string()),
        ("rows_count", pa.int64()),
        ("newest_period", pa.string()),
        ("source_modified", pa.string()),
        ("landed_at", pa.string()),
        ("notice", pa.string()),
        ("frame_year", pa.int32()),
    ]
)
_RELEASE = pa.schema(
    [
        ("release_id", pa.string()),
        ("invented", pa.bool_()),
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
        release_id: the identity of what the build will make, by its inputs and the code alone.
        sources: one row a card, as in `sources.parquet`.
    """

    release_id: str
    sources: list[dict[str, Any]]


def assemble(settings: Settings, cards: dict[str, SourceCard], *, invented: bool) -> Inputs:
    """Make sure that raw Parquet is there for exactly what has landed, and describe it for dbt.

    Args:
        settings: where things are.
        cards: every card; those that have not landed become sources with the state `absent`.
        invented: build from the sample's figures or from published ones, never from both.

    Raises:
        SourceError: landed bytes cannot be read any more.
        CardError: an indicator selects nothing, or cannot be told from another.
    """
    landing = Landing(settings.landing)
    landed = {card.dataset_id: landing.current(card.dataset_id, invented=invented) for card in cards.values()}
    for card in cards.values():
        snapshot = landed[card.dataset_id]
        folder = raw_folder(settings.raw, card, invented=invented)
        if snapshot and not is_read(folder, card, snapshot):
            write_raw(card, snapshot, landing, folder, check_raw)
    raw = raw_folders(settings.raw, invented=invented)
    _drop_others(raw, {card.slug for card in cards.values() if landed[card.dataset_id]})
    snapshots = [snapshot for snapshot in landed.values() if snapshot]
    rows = describe_sources(settings, cards, invented=invented)
    if not snapshots:
        raise CardError("nothing has landed yet -> run `regiokompas run --from live`, or --from sample")
    check_indicators(DBT_PROJECT / "seeds" / "indicators.csv", cards, raw)
    release = _release_row(snapshots, rows, invented=invented)
    folder = settings.build / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, _SOURCES), folder / "sources.parquet")
    pq.write_table(pa.Table.from_pylist([release], _RELEASE), folder / "release.parquet")
    return Inputs(release["release_id"], rows)


def describe_sources(settings: Settings, cards: dict[str, SourceCard], *, invented: bool) -> list[dict[str, Any]]:
    """What is known of every source: one row a card, with the columns of `sources.parquet`.

    A card that never landed has the state `absent`, one whose last refresh failed `kept`, with the reason.
    """
    landing = Landing(settings.landing)
    return [
        _source_row(
            card,
            landing.current(card.dataset_id, invented=invented),
            raw_folder(settings.raw, card, invented=invented),
            landing.failure(card.dataset_id, invented=invented),
        )
        for card in cards.values()
    ]


def _source_row(card: SourceCard, snapshot: Snapshot | None, folder: Path, failure: Failure | None) -> dict[str, Any]:
    state = "absent" if snapshot is None else "kept" if failure else "current"
    return {
        "dataset_id": card.dataset_id,
        "publisher": card.publisher,
        "table_id": card.table,
        "title_nl": card.title.nl,
        "title_en": card.title.en,
        "licence": card.licence,
        "licence_url": card.licence_url,
        "attribution": card.attribution,
        "homepage_url": card.homepage,
        "cadence": card.cadence.value,
        "protocol": snapshot.protocol if snapshot else None,
        "state": state,
        "state_reason": f"{failure.failed_at}: {failure.problem}" if failure else None,
        "rows_count": rows_of(folder) if snapshot and folder.is_dir() else 0,
        "newest_period": _newest_period(folder) if snapshot and folder.is_dir() else None,
        "source_modified": snapshot.modified if snapshot else None,
        "landed_at": snapshot.landed_at if snapshot else None,
        "notice": NOTICE if snapshot and snapshot.invented else None,
        "frame_year": card.region_frame,
    }


def _release_row(snapshots: list[Snapshot], rows: list[dict[str, Any]], *, invented: bool) -> dict[str, Any]:
    newest = max(s.landed_at for s in snapshots)
    code = code_digest()
    states = [f"{r['dataset_id']} {r['state']} {r['state_reason']}" for r in rows]
    identity = sha256("\n".join([*(s.digest for s in snapshots), *states, code]).encode()).hexdigest()
    prefix = "sample-" if invented else ""
    return {
        "release_id": f"{prefix}{date.fromisoformat(newest[:10])}-{identity[:8]}",
        "invented": invented,
        "notice": NOTICE if invented else None,
        "title_nl": "Regiokompas: open cijfers over het mkb en menselijk kapitaal per gemeente en regio",
        "title_en": "Regiokompas: open figures on small business and human capital per municipality and region",
        "newest_landed_at": newest,
        "code_digest": code,
    }


def code_digest() -> str:
    """The identity of the code that makes a release: every file that can change a figure or a text."""
    digest = sha256()
    files = [p for name, endings in _CODE.items() for p in (PROJECT / name).rglob("*") if p.suffix in endings]
    for path in sorted(p for p in files if "target" not in p.parts):
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _newest_period(folder: Path) -> str | None:
    with duckdb.connect() as con:
        row = con.execute(
            "select max(period_code) from read_parquet($f) where value is not null or value_text is not null",
            {"f": str(folder / "observations.parquet")},
        ).fetchone()
    return row[0] if row else None


def _drop_others(raw: Path, keep: set[str]) -> None:
    for folder in raw.iterdir() if raw.is_dir() else []:
        if folder.name not in keep:
            shutil.rmtree(folder)
