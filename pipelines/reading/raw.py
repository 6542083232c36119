"""Raw Parquet: what was read from each card's landed bytes, and from which bytes it was read.

Per card, below `raw/<published|invented>/<publisher>__<table>/`: `observations.parquet` (the row shape) with
`measures.parquet` and `codes.parquet` (how the source describes them), or `subsidies.parquet`, or
`boundaries.parquet`, or `places.parquet`; and `raw.json`, which says which snapshot they were read from. All of it is
derived from the landing and can be deleted.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

import polars as pl

from pipelines.errors import RegiokompasError
from pipelines.imported import files_behind, imports_of
from pipelines.landing.store import Landing, Snapshot, kind, replace_folder
from pipelines.reading import shapes
from pipelines.reading.before import Allowance, Content, content_of
from pipelines.reading.existing import DBT_VARIABLES, refuse_codes_that_do_not_exist
from pipelines.reading.ongoing import periods_of, refuse_periods_to_come
from pipelines.reading.snapshot import read_snapshot
from pipelines.reading.tally import NOTHING, Tally
from pipelines.seeds import SEEDS, SeedRow
from pipelines.sources.card import SourceCard

# The module with the check that callers give to `write_raw`.
_CHECKED_BY = "schemas.shapes"
MARKER = "raw.json"
EMPTY = "_empty"
"""A folder with a file of every shape without rows, so that dbt finds one where no source of that shape has landed."""

# Fetching is mostly waiting and can be done for many at once; reading takes processors and memory.
_READING = BoundedSemaphore(2)
_FINDING = Lock()


def write_empty(folder: Path) -> None:
    """Write a file of every shape without rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in shapes.FILES.items():
        pl.DataFrame(schema=schema).write_parquet(folder / f"{name}.parquet")


def raw_folders(root: Path, *, invented: bool) -> Path:
    """The folder with the raw Parquet of every card, of the sample or of published figures."""
    return root / kind(invented=invented)


def raw_folder(root: Path, card: SourceCard, *, invented: bool) -> Path:
    """Where the raw Parquet of a card is."""
    return raw_folders(root, invented=invented) / card.slug


def fingerprint(card: SourceCard, snapshot: Snapshot) -> str:
    """The identity of a reading: the bytes, the card, and the code and seeds that read or refuse them."""
    read_by = [_held_by(file) for file in reader_files()]
    return sha256(b"\0".join([snapshot.digest.encode(), card.model_dump_json().encode(), *read_by])).hexdigest()


def reader_files() -> list[Path]:
    """The code and seeds that decide what is read from given bytes: whatever this module and its check import."""
    # All cards ask for it at once, and a cache alone would have each of their threads find it.
    with _FINDING:
        return _reader_files()


@cache
def _reader_files() -> list[Path]:
    code = list(files_behind([__name__, _CHECKED_BY]).values())
    named = {name for file in code for module, name in imports_of(file) if module == SeedRow.__module__}
    kinds = [kind for kind in SeedRow.__subclasses__() if kind.__name__ in named]
    return [*code, *(SEEDS / f"{kind.seed}.csv" for kind in kinds), DBT_VARIABLES]


@cache
def _held_by(file: Path) -> bytes:
    return file.read_bytes()


def is_read(folder: Path, card: SourceCard, snapshot: Snapshot) -> bool:
    """Whether `folder` already holds what reading this snapshot would give, every byte of it."""
    return _marker(folder).get("reading") == fingerprint(card, snapshot) and is_whole(folder)


def is_whole(folder: Path) -> bool:
    """Whether a raw folder has exactly the files that were written, as they were written."""
    return bool(files := _marker(folder).get("files")) and files == _digests(folder)


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        with path.open("rb") as file:
            found[path.name] = file_digest(file, "sha256").hexdigest()
    return found


def rows_of(folder: Path) -> int:
    """How many rows a raw folder holds: observations, grants, areas or places."""
    return int(_marker(folder)["rows"])


def tally_of(folder: Path) -> Tally:
    """How many rows of the source were received, kept and left out; nothing where an older version read it."""
    tally = _marker(folder).get("tally")
    return Tally(**tally) if tally else NOTHING


def accepted_of(folder: Path) -> str:
    """Why it is right that there is less than before; empty where there was no loss."""
    return str(_marker(folder).get("accepted", ""))


def _content_before(card: SourceCard, have: Snapshot, landing: Landing, folder: Path, work: Path) -> Content | None:
    """How much of a card had landed, as the present card and readers count it; None where nothing of it was ever read.

    Where another card or reader read it, it is read again. Where the present ones cannot, the earlier count stands.
    """
    known = _marker(folder)
    if "content" in known and is_read(folder, card, have):
        return Content(**known["content"])
    again = work / "before"
    (again / "raw").mkdir(parents=True)
    try:
        read = read_snapshot(card, have, landing, again, again / "raw")
    except RegiokompasError:
        return Content(known["rows"]) if "rows" in known else None
    return content_of(card, again / "raw", read.rows)


def _marker(folder: Path) -> dict[str, Any]:
    """What is known of a raw folder; nothing where that is damaged, so that it is made again."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marker if isinstance(marker, dict) else {}


def write_raw(
    card: SourceCard,
    snapshot: Snapshot,
    landing: Landing,
    folder: Path,
    check: Callable[[Path], None],
    have: Snapshot | None = None,
    allowance: Allowance | None = None,
) -> Snapshot:
    """Read a snapshot and put its Parquet in `folder`, whole or not at all.

    Args:
        card: what is expected.
        snapshot: what landed.
        landing: where its bytes are.
        folder: replaced when everything is right.
        check: looks at the built folder before it is put in place; raises to refuse it.
        have: what landed before; one of several files that cannot be read is taken from there.
        allowance: how much less than what landed before it may be; None where the two are not compared.

    Returns:
        What was read: the snapshot, except for files that could not be read and are now in its `lacking`.

    Raises:
        MismatchError: there is less than allowed.
        SourceError: the bytes are not what the card or the protocol says.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _READING, tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary:
        built = Path(temporary) / "raw"
        built.mkdir()
        read = read_snapshot(card, snapshot, landing, Path(temporary), built, have)
        check(built)
        periods = periods_of(card, built)
        refuse_codes_that_do_not_exist(card, built, periods)
        refuse_periods_to_come(card, periods, read.snapshot.landed_on)
        now, accepted = content_of(card, built, read.rows), ""
        before = _content_before(card, have, landing, folder, Path(temporary)) if have and allowance else None
        if have and allowance and before:
            accepted = allowance.held(card, read.snapshot, now, have, before)
        marker = {
            "dataset_id": card.dataset_id,
            "reading": fingerprint(card, read.snapshot),
            "rows": read.rows,
            "tally": read.tally._asdict(),
            "accepted": accepted,
            "content": asdict(now),
            "files": _digests(built),
        }
        (built / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
        replace_folder(built, folder)
    return read.snapshot
