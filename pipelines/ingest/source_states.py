"""What is known about every source today: its state, its age, what it brought and when more is expected.

Belongs here: one row per card from what has landed and was read. Not here: the rules of the states
(`pipelines.ingest.health`), nor reading, fetching or checking anything.
"""

from datetime import date
from pathlib import Path
from typing import Any

from pipelines.clients.registry import CBS
from pipelines.errors import DamagedError
from pipelines.ingest import health
from pipelines.landing.store import Failure, Landing, Snapshot
from pipelines.reading.landed import Landed
from pipelines.reading.ongoing import periods_of
from pipelines.reading.raw import is_whole, raw_folder, rows_of
from pipelines.settings import Settings
from pipelines.sources.card import Shape, SourceCard
from pipelines.sources.periods import has_begun, newest_period, whole_year


def describe_sources(
    settings: Settings, cards: dict[str, SourceCard], *, invented: bool, as_of: date | None = None
) -> list[dict[str, Any]]:
    """What is known about every source: one row per card, with the columns of `sources.parquet`.

    States are those of `pipelines.ingest.health`, as of `as_of` or else today.
    """
    landing, today = Landing(settings.landing), as_of or date.today()
    return [
        _source_row(
            card,
            landing,
            raw_folder(settings.raw, card, invented=invented),
            landing.failure(card.dataset_id, invented=invented),
            today,
            invented=invented,
        )
        for card in cards.values()
    ]


def _source_row(
    card: SourceCard, landing: Landing, folder: Path, failure: Failure | None, as_of: date, *, invented: bool
) -> dict[str, Any]:
    snapshot = landing.current(card.dataset_id, invented=invented)
    read = snapshot is not None and is_whole(folder)
    newest = _newest_period(card, folder, snapshot.landed_on) if snapshot and read else None
    says = _says(card, snapshot, landing) if snapshot else ""
    # What landed and can no longer be read is not shown.
    state, reason = health.state(card, snapshot if read or not failure else None, failure, newest, says, as_of)
    expected = health.expected_next(card, newest)
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
        "reason_nl": reason.nl if reason else None,
        "reason_en": reason.en if reason else None,
        "rows_count": rows_of(folder) if read else 0,
        "newest_period": newest,
        "expected_next": expected.isoformat() if expected else None,
        "source_modified": snapshot.changed_at if snapshot else None,
        "landed_at": snapshot.landed_at if snapshot else None,
        "notice": snapshot.told if snapshot else None,
        "shape": card.shape.value,
        "boundary_year": card.boundary_year,
    }


def _says(card: SourceCard, snapshot: Snapshot, landing: Landing) -> str:
    landed = Landed(card, snapshot, landing)
    client = CBS.get(landed.protocol)
    try:
        return client.status_of(landed.rows, landed.body) if client else ""
    except DamagedError:
        # The next refresh of it fetches it again.
        return ""


def _newest_period(card: SourceCard, folder: Path, landed_on: date) -> str | None:
    """The newest period with a figure that was over when it landed, as a period code.

    For a register, whose rows come in during the year: the newest period that had begun.
    """
    if card.boundary_year and card.shape is not Shape.OBSERVATIONS:
        return whole_year(card.boundary_year)
    known = periods_of(card, folder)
    if card.shape is Shape.SUBSIDIES:
        return newest_period(p.period_code for p in known if has_begun(p.period_code, landed_on))
    return newest_period(p.period_code for p in known if p.is_over(card, landed_on))
