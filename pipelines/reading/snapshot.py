"""From landed bytes to raw Parquet: each shape of source has a reader, and what they have in common is here."""

from pathlib import Path
from typing import NamedTuple

from pipelines.clients.registry import CBS
from pipelines.errors import SourceError, shown
from pipelines.landing.store import Landing, Snapshot
from pipelines.reading.cbs import read_table
from pipelines.reading.landed import Landed
from pipelines.reading.pages import UNREADABLE
from pipelines.reading.small_tables import read_divisions
from pipelines.reading.tally import Tally
from pipelines.sources.card import SourceCard


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


class Read(NamedTuple):
    """How many rows were read (observations, grants, areas; those of the source itself, where regions without one get a
    zero), from what, and what became of the rows of the source.

    `snapshot` is what landed, except files that could not be read and are now in its `lacking`. `tally` counts the
    rows as the source has them: those received and those left out, by reason. One row may hold several observations.
    """

    rows: int
    snapshot: Snapshot
    tally: Tally


def read_snapshot(
    card: SourceCard, snapshot: Snapshot, landing: Landing, work: Path, target: Path, have: Snapshot | None = None
) -> Read:
    """Read everything that landed of a card into Parquet of its shape.

    Args:
        card: what is expected.
        snapshot: what landed.
        landing: where its bytes are.
        work: a folder for intermediate files.
        target: the folder that gets the files: `observations.parquet`, `measures.parquet` and `codes.parquet` for
            figures and tables of regions, `subsidies.parquet` for a register, `boundaries.parquet` for areas,
            `places.parquet` for places.
        have: what landed before, for those of several files that cannot be read.

    Returns:
        The number of rows, the snapshot that they are from, and what became of the rows of the source.

    Raises:
        RowsError: there are not as many rows as the card says.
        SourceError: the bytes are not what the card or the protocol says.
    """
    landed = Landed(card, snapshot, landing)
    read = snapshot
    try:
        if landed.protocol in CBS:
            rows, tally = read_table(landed, work, target)
        else:
            rows, read, tally = read_divisions(landed, work, target, have)
    except UNREADABLE as error:
        problem = f"the landed bytes cannot be read, {type(error).__name__}: {error!s:.300}"
        raise SourceError(card.dataset_id, problem, todo="compare the answer with the protocol") from error
    if not tally.is_complete:
        raise SourceError(
            card.dataset_id,
            f"received {tally.received} rows, of which {shown(f'{n} {what}' for what, n in tally.outcomes.items())}",
            url=landed.first_url,
            todo="rows were lost or doubled as they were read: report it with the file",
        )
    # Where one of several files is lacking, fewer rows are no surprise.
    if not (1 if read.lacking else card.rows.min) <= rows <= card.rows.max:
        raise RowsError(card, rows, landed.first_url)
    return Read(rows, read, tally)
