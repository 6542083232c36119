"""Whether the municipalities of a source existed when its figures say so, by the seeds of boundary changes and tiles.
The same seeds say who took the place of one that ended.

Other kinds of region have codes that never end: for those the patterns of `region_schemes.csv` are enough.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import yaml

from pipelines.card import Shape, SourceCard
from pipelines.errors import MismatchError, shown
from pipelines.ongoing import has_figure
from pipelines.parquet import Span, distinct, first_and_last
from pipelines.periods import period_days, year_of
from pipelines.settings import DBT_PROJECT

_SEEDS = DBT_PROJECT / "seeds"
_STILL = date.max
_WRONG = (
    "compare with the source: a number may be of another kind of region, such as a province; if the whole table follows"
    " one division, say `region_frame` on its card; if there was a change of boundaries, add it to boundary_changes.csv"
)
_TO_COME = (
    "nothing of it is published until the merger is known: add it to boundary_changes.csv and municipality_tiles.csv,"
    " and the card of the newest table of regions"
)


@dataclass(frozen=True)
class Heir:
    """A municipality that took the place of one that ended, or of a part of it.

    Attributes:
        since: the first day on which it did.
        share_of_it: the part of the heir that came from the one that ended, where that was divided; 1 where it was not,
            and the whole of the heir stands for it.
    """

    code: str
    name: str
    since: date
    share_of_it: float


@dataclass(frozen=True)
class Boundaries:
    """What is known of municipalities: from which day on, up to the table of which year, and the life of each.

    `heirs` and `names` are of those that ended, by their code.
    """

    known_from: date
    newest_year: int
    lives: dict[str, Span]
    heirs: dict[str, list[Heir]]
    names: dict[str, str]

    def problem(self, code: str, when: Span) -> str | None:
        """Why a municipality cannot have a figure of some days; None where it can, or nothing is known of then."""
        if when[1] < self.known_from:
            return None
        life = self.lives.get(code)
        if life is None:
            return "never existed"
        if when[1] < life[0]:
            return f"exists since {life[0]}"
        return f"ended on {life[1]}" if when[0] > life[1] else None

    def may_be_to_come(self, code: str, when: Span) -> bool:
        """Whether a code that is not known can be of a merger since the newest table: they are numbered upwards."""
        return code not in self.lives and (when[1].year > self.newest_year or code > max(self.lives))


@cache
def boundaries() -> Boundaries:
    """The municipalities as the seeds and the variables of dbt have them."""
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    known_from = date.fromisoformat(variables["boundaries_known_from"])
    begun: dict[str, date] = {}
    ended: dict[str, date] = {}
    heirs: dict[str, list[Heir]] = {}
    names: dict[str, str] = {}
    codes = {row["region_code"] for row in _seed("municipality_tiles")}
    for row in _seed("boundary_changes"):
        day = date.fromisoformat(row["changed_on"])
        codes |= {row["old_code"], row["new_code"]}
        names[row["old_code"]] = row["old_name"]
        heir = Heir(row["new_code"], row["new_name"], day, float(row["share_of_new"] or 1))
        heirs.setdefault(row["old_code"], []).append(heir)
        ended[row["old_code"]] = min(day - timedelta(days=1), ended.get(row["old_code"], _STILL))
        if row["heir"] == "new":
            begun[row["new_code"]] = min(day, begun.get(row["new_code"], _STILL))
    lives = {code: (begun.get(code, known_from), ended.get(code, _STILL)) for code in codes}
    return Boundaries(known_from, int(variables["newest_frame"]), lives, heirs, names)


def refuse_codes_that_do_not_exist(card: SourceCard, folder: Path) -> None:
    """Refuse municipalities with a figure of a period, or an area of a frame, in which they did not exist.

    A cell without a figure is none: tables list municipalities also in years before and after them.

    Raises:
        MismatchError: naming the codes, and why each cannot be; or that they may be of a merger to come.
    """
    known = boundaries()
    wrong: dict[str, str] = {}
    to_come: dict[str, str] = {}
    for code, period, when in _used(card, folder):
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


def _used(card: SourceCard, folder: Path) -> Iterator[tuple[str, str, Span]]:
    """Every municipality that the card has something of, with the period and the days of whose boundaries it is."""
    if card.shape is Shape.OBSERVATIONS:
        file, where = folder / "observations.parquet", f"region_code like 'GM%' and {has_figure()}"
        if card.region_frame:
            day = _year(card.region_frame)[0]
            for (code,) in distinct(file, ("region_code",), where):
                yield code, f"the division of {card.region_frame}", (day, day)
            return
        periods = [period for (period,) in distinct(file, ("period_code",), where)]
        days = {period: period_days(period) or _year(year_of(period)) for period in periods}
        # Lives have no gaps, so of each code these two tell of all; what was before is not known.
        days = {period: span for period, span in days.items() if span[1] >= boundaries().known_from}
        for code, *found in first_and_last(file, "region_code", days, where):
            yield from ((code, period, days[period]) for period in found)
    elif card.shape in (Shape.BOUNDARIES, Shape.PLACES):
        name, column = ("boundaries", "region_code") if card.boundaries else ("places", "municipality_code")
        for code, year in distinct(folder / f"{name}.parquet", (column, "frame_year"), f"{column} like 'GM%'"):
            yield code, str(year), _year(int(year))[:1] * 2


def _year(year: int) -> Span:
    return date(year, 1, 1), date(year, 12, 31)


def _seed(name: str) -> list[dict[str, str]]:
    with (_SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
