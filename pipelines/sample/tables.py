"""A table of the sample, made from its card alone: dimensions, codes, measures and a figure for every cell.

A table has a little more than its card asks for (a measure, codes, a level of regions, periods), so that a client that
requests too much gets what it does not need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

from pipelines.sources.card import SourceCard
from pipelines.sources.dimensions import Certainty, Dimension, Measure

from .boundaries import (
    COUNTRY,
    LAST_BOUNDARY_YEAR,
    boundary_year_of,
    in_year,
    labour_market_region,
    municipalities,
    region_title,
    regions,
)
from .columns import IMPOSSIBLE, MARGINS, SampleCell, SampleColumn, SamplePart, column
from .figures import SMALLEST
from .invention import Invention, invention_of
from .periods import TOTALS_ONLY, SamplePeriod, periods_of

LEVELS = ("NL", "LD", "PV", "CR", "AM", "GM")
# What a table has if its card asks for all regions.
ALL_LEVELS = {"81575NED": ("GM",), "83648NED": ("GM",)}
# Entries that these CBS tables list among the regions but are none: abroad, unclassifiable, and everything together.
NO_REGIONS = {
    "82522NED": ("NL00", "NL98", "NL99"),
    "83582NED": ("NL99", "LD99", "PV99", "CR99"),
    "83631NED": ("NL98", "NL99", "LD98", "LD99", "PV98", "PV99", "CR98", "CR99"),
    "83635NED": ("NL98", "NL99", "LD98", "LD99", "PV98", "PV99", "CR98", "CR99"),
    "85554NED": ("PV99", "AM99"),
}
_NO_REGION = {"00": "Nederland, buitenland, niet in te delen", "98": "Buitenland", "99": "Niet in te delen"}
OTHER_MEASURE = Measure(code="AnderOnderwerp", title="Ander onderwerp", unit="aantal", certainty=Certainty.RECORDED)
_TOTAL = re.compile(r"totaal|^alle |^A-U ", re.IGNORECASE)
_LETTER = re.compile(r"([A-Z0-9]) ")
# How many regions are enough for what no card asks for.
FEW = 3


class Entry(NamedTuple):
    """A code of a dimension as a table lists it; `alias` is its spelling in OData v3."""

    code: str
    title: str
    alias: str
    is_asked: bool
    status: str | None = None


@dataclass(frozen=True)
class SampleTopic:
    """A measure of a table, and how its figures are invented."""

    measure: Measure
    invention: Invention
    is_asked: bool


class SampleLine(NamedTuple):
    """A line of a table: its categories by dimension, its region, its period, and a cell for each topic."""

    categories: dict[str, Entry]
    region: str
    period: SamplePeriod
    cells: list[SampleCell]


@dataclass(frozen=True)
class SampleTable:
    """The table of a card."""

    card: SourceCard

    @cached_property
    def topics(self) -> list[SampleTopic]:
        """The measures of the card, and one that it does not ask for."""
        asked = [SampleTopic(m, invention_of(self.card.dataset_id, m), True) for m in self.card.measures]
        return [*asked, SampleTopic(OTHER_MEASURE, invention_of(self.card.dataset_id, OTHER_MEASURE), False)]

    @cached_property
    def categories(self) -> dict[str, list[Entry]]:
        """The codes of each category dimension."""
        return {name: _category(d) for name, d in self.card.dimensions.items() if d.role == "category"}

    @cached_property
    def regions(self) -> list[Entry]:
        """The regions, from the country down, and the other entries among them; none for a national table."""
        asked, more = self._levels
        codes = [code for level in LEVELS if level in (*asked, *more) for code in self._of_level(level)]
        found = [Entry(c, region_title(c), c, c[:2] in asked) for c in codes]
        return found + [Entry(c, f"{_NO_REGION[c[2:]]} ({c[:2]})", c, c[:2] in asked) for c in self._no_regions]

    @cached_property
    def _no_regions(self) -> tuple[str, ...]:
        return NO_REGIONS.get(self.card.table, ())

    @cached_property
    def periods(self) -> list[SamplePeriod]:
        """The periods: enough for a plausible number of rows."""
        now = len(in_year(LAST_BOUNDARY_YEAR))
        places = sum(now if level == "GM" else len(self._of_level(level)) for level in self._levels[0]) or 1
        combinations = prod(sum(e.is_asked for e in entries) for entries in self.categories.values())
        each, rows = combinations * places * len(self.card.measures), self.card.rows
        return periods_of(self.card, -(-rows.min // each), rows.max // each)

    @cached_property
    def _levels(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The levels that the card asks for, and one that it does not."""
        name = self.card.dimension("region")
        if name is None:
            return (), ()
        asked = self.card.dimensions[name].levels
        more = [level for level in ("LD", "PV", "AM") if asked and level not in asked]
        return asked or ALL_LEVELS.get(self.card.table, ("NL", "LD", "PV", "CR", "GM")), tuple(more[:1])

    def lines(self) -> Iterator[SampleLine]:
        """Every line, region by region; only a few for what no card asks for."""
        for combination in product(*self.categories.values()):
            named = dict(zip(self.categories, combination, strict=True))
            asked = all(entry.is_asked for entry in combination)
            totals = all(map(is_total, combination))
            periods = [p for p in self.periods if totals or p.year not in TOTALS_ONLY.get(self.card.table, ())]
            columns = [(p, [self._column(topic, named, p) for topic in self.topics]) for p in periods]
            for number, region in enumerate([e.code for e in self.regions] or [COUNTRY]):
                few = number < FEW
                if not (asked or few):
                    break
                # Figures as large as those of the country: one mistaken for a region's is noticed at once.
                place = COUNTRY if region in self._no_regions else region
                for period, found in columns:
                    cells = [
                        c.get(place, IMPOSSIBLE) if topic.is_asked or few else IMPOSSIBLE
                        for topic, c in zip(self.topics, found, strict=True)
                    ]
                    yield SampleLine(named, region, period, self._marked(region, period, cells))

    @property
    def has_only_municipalities(self) -> bool:
        """Whether it has no sums, so that a missing cell leaves no sum incomplete."""
        return {e.code[:2] for e in self.regions if e.is_asked} == {"GM"}

    def _marked(self, region: str, period: SamplePeriod, cells: list[SampleCell]) -> list[SampleCell]:
        """The cells of a region, without figures for the smallest municipalities in the first year."""
        if period is self.periods[0] and region in SMALLEST[:2] and self.has_only_municipalities:
            return [SampleCell(None, ".")] * len(cells)
        return cells

    def _column(self, topic: SampleTopic, categories: dict[str, Entry], period: SamplePeriod) -> SampleColumn:
        parts, letter = [], None
        for name, entries in self.categories.items():
            entry = categories[name]
            if "[?]" in topic.invention.like and letter is None and any(_letter(e.title) for e in entries):
                letter = "" if is_total(entry) else _letter(entry.title) or "part"
            else:
                parts.append(_part(f"{self.card.table} {name}", entry, entries))
        return column(
            topic.invention, letter or "", tuple(parts), period.year, period.code, self.card.region_boundary_year or 0
        )

    def _of_level(self, level: str) -> list[str]:
        if level == "GM":
            years = {self.card.region_boundary_year or boundary_year_of(period.year) for period in self.periods}
            # Tables that go back still list, in every period, the municipalities of any of them.
            return [code for code, m in municipalities().items() if any(m.exists(year) for year in years)]
        if level == "AM":
            return sorted({labour_market_region(m) for m in municipalities().values()})
        return sorted(code for code in regions() if code.startswith(level))


def kind_of(dimension: Dimension) -> str:
    """What CBS calls a dimension of this role; codes that only stand for periods are not periods to CBS."""
    if dimension.role == "period":
        return "Dimension" if dimension.codes else "TimeDimension"
    return "GeoDimension" if dimension.role == "region" else "Dimension"


def _category(dimension: Dimension) -> list[Entry]:
    asked = [Entry(c.code, c.title, c.aliases[0] if c.aliases else c.code, True) for c in dimension.codes]
    if not asked:
        titles = ("Totaal", "Eerste groep", "Tweede groep")
        return [Entry(f"X00000{i}", title, f"X00000{i}", True) for i, title in enumerate(titles)]
    other = "X999999"[: max(5, len(asked[0].code))]
    return [*asked, Entry(other, "Andere groep", other, False)]


def is_total(entry: Entry) -> bool:
    """Whether a code stands for the whole."""
    return bool(_TOTAL.search(entry.title))


def _letter(title: str) -> str:
    found = _LETTER.match(title)
    return found[1] if found else ""


def _part(key: str, entry: Entry, entries: list[Entry]) -> SamplePart:
    """Which part of the whole a code stands for: the requested codes, except totals, make up the whole."""
    if entry.code in MARGINS:
        return SamplePart(entry.code, 1, None)
    leaves = [e.code for e in entries if e.is_asked and not is_total(e)]
    # A single part beside a total leaves a remainder, which the table does not have.
    rest = len(leaves) == 1 and any(is_total(e) for e in entries if e.is_asked)
    if entry.is_asked and is_total(entry):
        return SamplePart(key, len(leaves) + rest or 1, None)
    if not entry.is_asked:
        return SamplePart(f"{key} {entry.code}", 2, 0)
    return SamplePart(key, len(leaves) + rest, leaves.index(entry.code))
