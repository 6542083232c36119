"""Whether a source's municipalities existed in the periods of its figures, by the seeds of boundary changes and tiles.
The same seeds say which municipalities replaced one that ended.

Other kinds of region have codes that never end: for those the patterns of `region_schemes.csv` are enough.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import yaml

from pipelines.errors import MismatchError, shown
from pipelines.reading.ongoing import LandedPeriod, has_figure
from pipelines.reading.parquet import Span, distinct, first_and_last
from pipelines.seeds import BoundaryChange, MunicipalityTile, read_seed
from pipelines.settings import DBT_PROJECT
from pipelines.sources.card import Shape, SourceCard
from pipelines.sources.periods import period_days, year_of

DBT_VARIABLES = DBT_PROJECT / "dbt_project.yml"
_STILL = date.max
_WRONG = (
    "compare with the source: a number may be of another kind of region, such as a province; if the whole table follows"
    " one division, say `region_boundary_year` on its card; if there was a change of boundaries, add it to"
    " boundary_changes.csv"
)
_TO_COME = (
    "nothing of it is published until the merger is known: add it to boundary_changes.csv and municipality_tiles.csv,"
    " and the card of the newest table of regions"
)


@dataclass(frozen=True)
class Heir:
    """A municipality that replaced one that ended, or a part of it.

    Attributes:
        since: the first day on which it did.
        share_of_it: the share of the heir that came from the one that ended, where that was divided; 1 where it was not
            and the whole heir stands for it.
        area_share_of_it: the same by area; `share_of_it` is by inhabitants.
    """

    code: str
    name: str
    since: date
    share_of_it: float
    area_share_of_it: float


@dataclass(frozen=True)
class KnownMunicipalities:
    """What is known about municipalities: from which day, up to which year's table, and the lifetime of each.

    `heirs` and `names` are those of municipalities that ended, by code.
    """

    known_from: date
    newest_year: int
    lives: dict[str, Span]
    heirs: dict[str, list[Heir]]
    names: dict[str, str]

    def problem(self, code: str, when: Span) -> str | None:
        """Why a municipality cannot have a figure for some days; None where it can, or nothing is known."""
        if when[1] < self.known_from:
            return None
        life = self.lives.get(code)
        if life is None:
            return "never existed"
        if when[1] < life[0]:
            return f"exists since {life[0]}"
        return f"ended on {life[1]}" if when[0] > life[1] else None

    def there_in(self, year: int) -> list[str]:
        """The municipalities on 1 January of a year."""
        return sorted(code for code, (begun, ended) in self.lives.items() if begun <= date(year, 1, 1) <= ended)

    def may_be_to_come(self, code: str, when: Span) -> bool:
        """Whether an unknown code can be that of a merger since the newest table: codes are numbered upwards."""
        return code not in self.lives and (when[1].year > self.newest_year or code > max(self.lives))


@cache
def boundaries() -> KnownMunicipalities:
    """The municipalities according to the seeds and variables of dbt."""
    variables = yaml.safe_load(DBT_VARIABLES.read_text(encoding="utf-8"))["vars"]
    known_from = date.fromisoformat(variables["boundaries_known_from"])
    begun: dict[str, date] = {}
    ended: dict[str, date] = {}
    heirs: dict[str, list[Heir]] = {}
    names: dict[str, str] = {}
    codes = {tile.region_code for tile in read_seed(MunicipalityTile)}
    for row in read_seed(BoundaryChange):
        day = row.changed_on
        codes |= {row.old_code, row.new_code}
        names[row.old_code] = row.old_name
        heir = Heir(row.new_code, row.new_name, day, row.share_of_new, row.area_share_of_new)
        heirs.setdefault(row.old_code, []).append(heir)
        ended[row.old_code] = min(day - timedelta(days=1), ended.get(row.old_code, _STILL))
        if row.heir == "new":
            begun[row.new_code] = min(day, begun.get(row.new_code, _STILL))
    lives = {code: (begun.get(code, known_from), ended.get(code, _STILL)) for code in codes}
    return KnownMunicipalities(known_from, int(variables["newest_boundary_year"]), lives, heirs, names)


def refuse_codes_that_do_not_exist(card: SourceCard, folder: Path, periods: Iterable[LandedPeriod]) -> None:
    """Refuse municipalities with a figure for a period, or an area for a boundary year, in which they did not exist.

    A cell without a figure does not count: tables also list municipalities in years when they did not exist.

    Args:
        card: the card.
        folder: its raw Parquet.
        periods: those in which it has figures, as `periods_of` gives them.

    Raises:
        MismatchError: names the codes, and why each is impossible, or that it may be of a merger not known yet.
    """
    known = boundaries()
    wrong: dict[str, str] = {}
    to_come: dict[str, str] = {}
    for code, period, when in _used(card, folder, periods):
        if problem := known.problem(code, when):
            found = to_come if known.may_be_to_come(code, when) else wrong
            found.setdefault(code, f"{code} in {period} ({problem})" if found is wrong else f"{code} in {period}")
    if wrong:
        problem = f"region codes that do not exist in the period of their figure: {_listed(wrong)}"
        raise MismatchError(card.dataset_id, problem, todo=_WRONG)
    if to_come:
        newest = f"our newest table of regions, of {known.newest_year}, does not know"
        problem = f"region codes that {newest}: {_listed(to_come)}; a merger since would explain them"
        raise MismatchError(card.dataset_id, problem, todo=_TO_COME)


def _listed(found: dict[str, str]) -> str:
    return shown(found[code] for code in sorted(found))


def _used(card: SourceCard, folder: Path, periods: Iterable[LandedPeriod]) -> Iterator[tuple[str, str, Span]]:
    """Every municipality that the card has data for, with the period and the days whose boundaries apply."""
    if card.shape is Shape.OBSERVATIONS:
        file, where = folder / "observations.parquet", f"region_code like 'GM%' and {has_figure()}"
        if card.region_boundary_year:
            day = _year(card.region_boundary_year)[0]
            for (code,) in distinct(file, ("region_code",), where):
                yield code, f"the division of {card.region_boundary_year}", (day, day)
            return
        codes = {period.period_code for period in periods}
        days = {code: period_days(code) or _year(year_of(code)) for code in sorted(codes)}
        # Lifetimes have no gaps, so these two periods decide for all of a code; what was before is not known.
        days = {period: span for period, span in days.items() if span[1] >= boundaries().known_from}
        for code, *found in first_and_last(file, "region_code", days, where):
            yield from ((code, period, days[period]) for period in found)
    elif card.shape in (Shape.BOUNDARIES, Shape.PLACES):
        name, column = ("boundaries", "region_code") if card.boundaries else ("places", "municipality_code")
        for code, year in distinct(folder / f"{name}.parquet", (column, "boundary_year"), f"{column} like 'GM%'"):
            yield code, str(year), _year(int(year))[:1] * 2


def _year(year: int) -> Span:
    return date(year, 1, 1), date(year, 12, 31)
