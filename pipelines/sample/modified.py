"""The dates on which the sources of the sample say that they last changed."""

from __future__ import annotations

from pipelines.sources.card import TEXTS, Cadence, SourceCard

from .figures import uniform

# The others are from February of their year.
BOUNDARY_DAYS = {2015: "2015-06-01", 2016: "2016-06-01"}


def modified_of(card: SourceCard) -> str:
    """ISO 8601 without an offset, as OData v3 writes it; at 2 a.m., when CBS publishes."""
    if card.shape in TEXTS:
        return f"{BOUNDARY_DAYS.get(card.boundary_year or 0, f'{card.boundary_year}-02-20')}T02:00:00"
    if card.ended:
        return f"{card.ended.since}T02:00:00"
    if card.cadence in (Cadence.QUARTERLY, Cadence.MONTHLY):
        return f"2026-10-{1 + int(uniform('modified', card.dataset_id) * 28):02}T02:00:00"
    day = int(uniform("modified", card.dataset_id) * 270)
    return f"2026-{1 + day // 28:02}-{1 + day % 28:02}T02:00:00"
