"""The periods of the tables of the sample, and what the sources call them."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.sources.card import Cadence, SourceCard
from pipelines.sources.dimensions import Dimension
from pipelines.sources.periods import code_of, letters_of, number_of, year_of

LAST_YEAR = 2025
# The newest quarter and month of the sample, as if the tables were fetched in the autumn of 2026.
LAST_QUARTER, LAST_MONTH = (2026, 2), (2026, 8)
NEWEST = {"KW": LAST_QUARTER, "MM": LAST_MONTH, "HJ": (LAST_YEAR, 2), "W1": (2026, 39), "W4": (2026, 9)}
HOW_MANY = {"JJ": 5, "KW": 12, "MM": 18, "HJ": 6, "W1": 26, "W4": 13}
# The number of parts of a year: those of whole months, and those of whole weeks.
PER_YEAR = {"KW": 4, "MM": 12, "HJ": 2}
WEEKS_PER_YEAR = {"W1": 52, "W4": 13}
KINDS = {Cadence.HALF_YEARLY: "HJ", Cadence.QUARTERLY: "KW", Cadence.MONTHLY: "MM", Cadence.WEEKLY: "W1"}
# Tables that go back further than the others.
YEARS = {
    "81575NED": range(2010, 2027),
    "70072ned": range(2016, 2026),
    "83648NED": range(2018, 2026),
    "83583NED": range(2016, 2026),
}
# Of these years a table has the totals of its categories only: enough to see what came before a programme of 2016.
TOTALS_ONLY = {"81575NED": range(2010, 2016)}
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


@dataclass(frozen=True)
class SamplePeriod:
    """A period, and how a table lists it: by its own code, unless its card says that another code stands for it."""

    code: str
    title: str
    status: str | None
    listed_as: str = ""

    @property
    def wire(self) -> str:
        """The code by which a table lists it."""
        return self.listed_as or self.code

    @property
    def year(self) -> int:
        """The year that it is in."""
        return year_of(self.code)


def periods_of(card: SourceCard, least: int, most: int) -> list[SamplePeriod]:
    """The periods of a table: from `least` to `most` of those that the card asks for, and one that it does not."""
    if card.only_period:
        return [SamplePeriod(card.only_period, title_of(card.only_period), None)]
    dimension = card.dimensions[card.dimension("period") or ""]
    if dimension.codes:
        return [SamplePeriod(code.read_as, code.title, None, code.code) for code in dimension.codes]
    kinds = dimension.kinds or (KINDS.get(card.cadence, "JJ"),)
    codes: list[str] = []
    for kind in kinds:
        codes += _codes(card, dimension, kind, -(-least // len(kinds)), max(1, most // len(kinds)))
    if dimension.kinds:
        codes.append(f"{_last_year(card)}KW01" if "KW" not in kinds else f"{_last_year(card)}HJ01")
    return [SamplePeriod(code, title_of(code), _status(card, code, codes)) for code in dict.fromkeys(codes)]


def title_of(code: str) -> str:
    """What CBS calls a period."""
    year, kind, number = year_of(code), letters_of(code), number_of(code)
    if kind == "KW":
        return f"{year} {number}e kwartaal"
    if kind == "MM":
        return f"{year} {MONTHS[number - 1]}"
    if kind == "HJ":
        return f"{year} {number}e halfjaar"
    if kind == "W1":
        return f"{year} week {number}"
    if kind == "W4":
        return f"{year} week {4 * number - 3:02} - {4 * number:02}"
    return f"{year}/'{(year + 1) % 100:02}" if kind == "SJ" else str(year)


def _last_year(card: SourceCard) -> int:
    return min(LAST_YEAR, card.ended.since.year - 1) if card.ended else LAST_YEAR


def _codes(card: SourceCard, dimension: Dimension, kind: str, least: int, most: int) -> list[str]:
    last = _last_year(card)
    per_year = {**PER_YEAR, **WEEKS_PER_YEAR}.get(kind)
    if per_year is None:
        years = YEARS.get(card.table) or range(last - min(most, max(HOW_MANY["JJ"], least)) + 1, last + 1)
        # A table that begins this year has its first figure.
        years = range(years[0], max(years[-1], dimension.since or 0) + 1)
        return [code_of(year, kind, 0) for year in years]
    newest = NEWEST[kind] if not card.ended else (last, per_year)
    end = newest[0] * per_year + newest[1]
    places = range(end - min(most, max(HOW_MANY[kind], least)), end)
    return [code_of(place // per_year, kind, place % per_year + 1) for place in places]


def _status(card: SourceCard, code: str, codes: list[str]) -> str:
    """The last of a kind is provisional and the one before it revised provisional, unless the table has ended."""
    alike = sorted(c for c in codes if letters_of(c) == letters_of(code))
    if card.ended:
        return "Definitief"
    return {1: "Voorlopig", 2: "NaderVoorlopig"}.get(len(alike) - alike.index(code), "Definitief")
