"""Files of one source that are the same: a file put in the place of another would be published under two periods."""

from collections.abc import Sequence
from hashlib import sha256

import polars as pl

from pipelines.errors import MismatchError
from pipelines.landing.store import Resource

# Columns that differ between two files with the same figures, and are not figures themselves.
_BESIDE = ("row_number", "year", "period_code", "landed_sha256")
# Fewer figures than this may well be the same in two periods.
_ENOUGH = 10


def refuse_twins(dataset_id: str, pages: Sequence[tuple[Resource, pl.DataFrame]]) -> None:
    """Refuse files of which two have the same bytes, or the same figures.

    Raises:
        MismatchError: two have; the error names both.
    """
    bytes_of: dict[str, Resource] = {}
    figures_of: dict[str, Resource] = {}
    for resource, frame in pages:
        marks = [(bytes_of, resource.sha256, "bytes")]
        if frame.height >= _ENOUGH:
            marks.append((figures_of, _figures(frame), "figures"))
        for known, mark, what in marks:
            if (other := known.setdefault(mark, resource)) is not resource:
                raise MismatchError(
                    dataset_id,
                    f"{other.url} and {resource.url} have the same {what}, although they are for two periods",
                    url=resource.url,
                    todo="see which period they are for, and remove the other or fetch it again",
                )


def _figures(frame: pl.DataFrame) -> str:
    """The identity of everything that a file says, apart from its period."""
    hashes = frame.drop(_BESIDE, strict=False).hash_rows().sort()
    return sha256(hashes.rechunk().to_arrow().buffers()[1]).hexdigest()
