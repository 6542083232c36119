"""A programme over a group of regions: a figure of each region for each goal, and which regions lag behind the country.

Belongs here: choosing, judging and ordering rows that were read. Not here: reading and showing them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.csv_text import Row
from portal.rounding import round_half_away

PROVINCES = "province"
# The groups that are compared, by the kind of their region; provinces are compared with each other.
GROUPS = ("g40", "g4", "m50", "p10", PROVINCES)
AHEAD, BEHIND, EQUAL, UNSURE, UNKNOWN = "ahead", "behind", "equal", "unsure", "unknown"
# How a figure is wanted beside that of the country; other directions are not judged.
WANTED = {"higher_is_better": 1, "lower_is_better": -1}
NEAR = "closer_to_target_is_better"
BY_LAGGING = "lagging"


@dataclass(frozen=True)
class GoalFigure:
    """A figure of a region for a goal, and how it is beside that of the country."""

    row: Row
    judgement: str

    @property
    def gap(self) -> float:
        """How far it is from the country in the wanted direction: the lower, the further behind."""
        return ahead_by(self.row) or 0.0


@dataclass(frozen=True)
class RegionGoals:
    """A region with its cells, by goal."""

    region: Row
    cells: Mapping[str, GoalFigure]

    def count(self, judgement: str) -> int:
        """How many of its figures are judged so."""
        return sum(cell.judgement == judgement for cell in self.cells.values())


@dataclass(frozen=True)
class ProgrammeTable:
    """A programme over a group.

    Attributes:
        goals: the goals that have a figure of a region itself, in order.
        lines: the regions.
        country: the figure of the country that those of a goal are set beside, by goal.
        others: the goals without a figure of any of the regions, such as those that only have one of the country.
    """

    goals: Sequence[Row]
    lines: Sequence[RegionGoals]
    country: Mapping[str, float | None]
    others: Sequence[Row]


def make_table(regions: Iterable[Row], goals: Sequence[Row], rows: Iterable[Row], sort: str) -> ProgrammeTable:
    """Returns the table of a programme.

    Args:
        regions: the regions of the group.
        goals: the goals of the programme, in order.
        rows: what is known of each goal in each region, with the indicator's `is_ranked`, `decimals` and `direction`,
            and the `lower` and `upper` bound of the figure.
        sort: the goal whose worst figure comes first; with any other text, the region that lags in most goals does.
    """
    known = [row for row in rows if row["value"] is not None and row["figure_region_code"] == row["region_code"]]
    with_figures = {row["goal_id"] for row in known}
    cells: dict[str, dict[str, GoalFigure]] = {}
    for row in known:
        cells.setdefault(row["region_code"], {})[row["goal_id"]] = GoalFigure(row, judge(row))
    lines = [RegionGoals(region, cells.get(region["region_code"], {})) for region in regions]

    def order(line: RegionGoals) -> tuple[Any, ...]:
        if sort in with_figures:
            cell = line.cells.get(sort)
            return cell is None, cell.gap if cell else 0.0, line.region["name"]
        return -line.count(BEHIND), line.count(AHEAD), line.region["name"]

    return ProgrammeTable(
        [goal for goal in goals if goal["goal_id"] in with_figures],
        sorted(lines, key=order),
        {row["goal_id"]: row["national_value"] for row in known},
        [goal for goal in goals if goal["goal_id"] not in with_figures],
    )


def judge(row: Row) -> str:
    """Returns how a figure is beside that of the country, in the direction that is wanted.

    A figure whose interval holds that of the country is not told apart from it, nor is one of a survey whose margins
    are unknown.
    """
    ahead = ahead_by(row)
    if ahead is None:
        return UNKNOWN
    if row["lower"] is not None and row["upper"] is not None:
        if row["lower"] <= row["national_value"] <= row["upper"]:
            return UNSURE
    elif not row["is_ranked"]:
        return UNSURE
    if round_half_away(abs(ahead), row["decimals"]) == 0:
        return EQUAL
    return AHEAD if ahead > 0 else BEHIND


def ahead_by(row: Row) -> float | None:
    """Returns how much better a figure is than that of the country; None if that cannot be said."""
    value, country, target = row["value"], row["national_value"], row["target_value"]
    if value is None or country is None:
        return None
    if row["direction"] in WANTED:
        return float((value - country) * WANTED[row["direction"]])
    if row["direction"] == NEAR and target is not None:
        return float(abs(country - target) - abs(value - target))
    return None
