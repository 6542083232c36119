"""The gate before readers: what a release may not lose or move of the one before it without anybody saying why.

Belongs here: the bounds, and what exceeds them, in a line each. Not here: counting it (`losses.py`, `movements.py`),
and keeping a release that was refused (`refused.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.errors import shown
from pipelines.publish.losses import Losses, losses
from pipelines.publish.movements import Movements, movements
from pipelines.publish.release import Release
from pipelines.publish.revisions import not_compared
from pipelines.settings import Settings


@dataclass(frozen=True)
class Bounds:
    """How much a release may lose and move of the one before it without anybody saying why.

    Attributes:
        share: of all figures that may be gone, as a fraction.
        part: of the figures of one indicator that may be gone: one source is only a small part of the whole.
        indicators: number of whole indicators that may be gone.
        municipalities: number of whole municipalities that may be gone.
        share_moved: of all settled figures that may be another number.
        part_moved: of the settled figures of one indicator.
        revision: of a figure that may change at once, unless the indicator had a larger revision before.
        gap: how much further the municipalities together may be from the country, as a fraction of that.
        rows: of a table that may be gone.
    """

    share: float
    part: float
    indicators: int
    municipalities: int
    share_moved: float
    part_moved: float
    revision: float
    gap: float
    rows: float

    @classmethod
    def of(cls, settings: Settings) -> "Bounds":
        """The bounds that the settings give."""
        return cls(
            share=settings.most_figures_lost,
            part=settings.most_of_an_indicator_lost,
            indicators=settings.most_indicators_lost,
            municipalities=settings.most_municipalities_lost,
            share_moved=settings.most_figures_moved,
            part_moved=settings.most_of_an_indicator_moved,
            revision=settings.most_revised,
            gap=settings.most_gap_grown,
            rows=settings.most_of_a_table_lost,
        )


@dataclass(frozen=True)
class Excess:
    """What exceeds a bound: which rule, in a line, and the indicators, municipalities or tables that it is about."""

    rule: str
    line: str
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a release beside the older one; it may pass without a word if there are no findings."""

    older: str
    lost: Losses
    findings: tuple[Excess, ...]

    def accepted(self, reason: str) -> dict[str, Any]:
        """The reason and what it is about, to record in the release."""
        moved = [{"rule": f.rule, "subjects": list(f.subjects)} for f in self.findings if f.rule not in _LOSSES]
        return {"reason": " ".join(reason.split()), **self.lost.as_json(), "moved": moved}


# What the facts of the losses themselves tell.
_LOSSES = ("figures_lost", "part_lost", "indicators_lost", "municipalities_lost")


def judge(older: Release, newer: Release, bounds: Bounds) -> Verdict:
    """Hold a release against the one that readers have now.

    Args:
        older: what readers have.
        newer: what would become current; its tables are there.
        bounds: how much may be lost and moved.

    Raises:
        RegiokompasError: the older release lacks one of the compared tables, or one of them cannot be read.
    """
    try:
        lost = losses(older, newer)
        moved = movements(older, newer, bounds.gap)
    except duckdb.Error as error:
        raise not_compared(older, newer, error) from error
    return Verdict(
        older.release_id, lost, (*losses_beyond(lost, bounds), *movements_beyond(moved, older.release_id, bounds))
    )


def losses_beyond(found: Losses, bounds: Bounds) -> Iterator[Excess]:
    """What a release lost beyond the bounds; nothing if it lost no more than they allow."""
    older = found.older
    if found.share > bounds.share:
        most = shown(f"{name} {lost:,}" for name, (lost, _) in found.by_indicator.items())
        yield Excess(
            "figures_lost",
            f"{found.figures:,} of {found.had:,} figures ({found.share:.1%}) of {older} are gone,"
            f" expected at most {bounds.share:.1%}; most from {most}",
        )
    if thinned := found.thinned(bounds.part):
        counts = shown(f"{name} {lost:,} of {had:,}" for name, (lost, had) in thinned.items())
        yield Excess(
            "part_lost",
            f"more than {bounds.part:.0%} of the figures of an indicator are gone: {counts}; expected as many as in"
            f" {older}",
            tuple(thinned),
        )
    for what, lost, most_lost in (
        ("indicators", found.indicators, bounds.indicators),
        ("municipalities", found.municipalities, bounds.municipalities),
    ):
        if len(lost) > most_lost:
            yield Excess(
                f"{what}_lost",
                f"{len(lost)} whole {what} are gone: {shown(lost)}; expected at most {most_lost} fewer than in {older}",
                lost,
            )


def movements_beyond(found: Movements, older: str, bounds: Bounds) -> Iterator[Excess]:
    """What moved beyond the bounds since the release `older`; nothing if no more did than they allow."""
    mostly = found.mostly_moved(bounds.part_moved)
    counts = shown(f"{name} {moved:,} of {had:,}" for name, (moved, had) in mostly.items())
    if (share := found.share_moved()) > bounds.share_moved:
        yield Excess(
            "settled_moved",
            f"{share:.1%} of the settled figures of {older} are another number, expected at most"
            f" {bounds.share_moved:.1%}; most from {counts or 'many indicators'}",
            tuple(mostly),
        )
    if mostly:
        yield Excess(
            "part_moved",
            f"more than {bounds.part_moved:.0%} of the settled figures of an indicator are another number than in"
            f" {older}: {counts}",
            tuple(mostly),
        )
    if large := found.beyond_ever(bounds.revision):
        yield Excess(
            "revised_most",
            f"figures changed by more than {bounds.revision:.0%} and more than ever before: {shown(map(str, large))};"
            f" compare them with {older}",
            tuple(revision.indicator_id for revision in large),
        )
    if found.parted:
        sums = shown(f"{i} {p} {parts:,.0f} against {country:,.0f}" for i, p, country, parts in found.parted)
        yield Excess(
            "sum_parted",
            f"the municipalities together are no longer the Netherlands: {sums}; expected within {bounds.gap:.0%} of"
            f" how far they were apart in {older}",
            tuple(indicator for indicator, *_ in found.parted),
        )
    if shrunk := found.shrunk(bounds.rows):
        tables = shown(f"{name} {has:,} of {had:,} rows" for name, (had, has) in shrunk.items())
        yield Excess(
            "table_shrunk",
            f"tables lost more than {bounds.rows:.0%} of their rows: {tables}; expected as many as in {older}",
            tuple(shrunk),
        )
