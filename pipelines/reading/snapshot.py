"""From landed bytes to raw Parquet: each shape of source has a reader, and what is common to them stands here."""

from pathlib import Path

import duckdb
import polars as pl

from pipelines.card import CBS, SourceCard
from pipelines.errors import SourceError
from pipelines.landing import Landing, Snapshot
from pipelines.reading.cbs import read_table
from pipelines.reading.frames import read_frames
from pipelines.reading.landed import Landed
from pipelines.roads import Protocol


class RowsError(SourceError):
    """A source has fewer or more rows than its card expects; carries how many."""

    def __init__(self, card: SourceCard, rows: int, url: str) -> None:
        super().__init__(
            card.dataset_id,
            f"{rows} {card.shape}, expected {card.rows.min} to {card.rows.max}",
            url=url,
            todo="look at the table at the source; widen `rows` on the card only for a change you can explain",
        )
        self.rows = rows


def read_snapshot(card: SourceCard, snapshot: Snapshot, landing: Landing, work: Path, target: Path) -> int:
    """Read everything that landed of a card into Parquet of its shape.

    Args:
        card: what is expected.
        snapshot: what landed.
        landing: where its bytes are.
        work: a folder for files in between.
        target: the folder that gets the files: `observations.parquet`, `measures.parquet` and `codes.parquet` for
            figures and tables of regions, `subsidies.parquet` for a register, `boundaries.parquet` for areas,
            `places.parquet` for places.

    Returns:
        The number of rows: observations, grants, areas or places.

    Raises:
        RowsError: there are not as many rows as the card says.
        SourceError: the bytes are not what the card or the protocol says.
    """
    landed = Landed(card, snapshot, landing)
    try:
        read = read_table if Protocol(snapshot.protocol) in CBS else read_frames
        rows = read(landed, work, target)
    except (duckdb.Error, pl.exceptions.PolarsError, KeyError, TypeError, ValueError) as error:
        problem = f"the landed bytes cannot be read, {type(error).__name__}: {error!s:.300}"
        raise SourceError(card.dataset_id, problem, todo="compare the answer with the protocol") from error
    if not card.rows.min <= rows <= card.rows.max:
        raise RowsError(card, rows, landed.first_url)
    return rows
