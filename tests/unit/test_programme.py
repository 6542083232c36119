"""How a figure of a region is set beside that of the country, and in which order the regions of a group come."""

from typing import Any

import pytest

from portal.programme import AHEAD, BEHIND, BY_LAGGING, EQUAL, UNKNOWN, UNSURE, judge, make_table

ROW = {
    "goal_id": "jobs",
    "region_code": "GM1",
    "figure_region_code": "GM1",
    "value": 10.0,
    "national_value": 8.0,
    "direction": "higher_is_better",
    "target_value": None,
    "decimals": 1,
    "is_ranked": 1,
    "lower": None,
    "upper": None,
}


def row(**other: Any) -> dict[str, Any]:
    return {**ROW, **other}


@pytest.mark.parametrize(
    ("given", "judgement"),
    [
        (row(), AHEAD),
        (row(value=6.0), BEHIND),
        (row(direction="lower_is_better"), BEHIND),
        (row(direction="lower_is_better", value=6.0), AHEAD),
        # What reads the same is equal.
        (row(value=8.04), EQUAL),
        (row(value=8.06), AHEAD),
        (row(value=8.04, decimals=2), AHEAD),
        # An interval that holds the figure of the country, its bounds included, tells nothing apart.
        (row(lower=8.0, upper=12.0), UNSURE),
        (row(lower=8.1, upper=12.0), AHEAD),
        # A survey without margins is not judged; one with margins is, though it has no rank.
        (row(is_ranked=0), UNSURE),
        (row(is_ranked=0, lower=9.0, upper=11.0), AHEAD),
        (row(direction="closer_to_target_is_better", target_value=1.0, value=0.9, national_value=1.3), AHEAD),
        (row(direction="closer_to_target_is_better", target_value=1.0, value=1.5, national_value=0.7), BEHIND),
        (row(direction="closer_to_target_is_better"), UNKNOWN),
        (row(direction="neutral"), UNKNOWN),
        (row(national_value=None), UNKNOWN),
        (row(value=None), UNKNOWN),
    ],
)
def test_a_figure_is_beside_that_of_the_country_as_is_wanted(given: dict[str, Any], judgement: str) -> None:
    assert judge(given) == judgement


REGIONS = [{"region_code": code, "name": name} for code, name in (("GM1", "Aa"), ("GM2", "Bee"), ("GM3", "Cee"))]
GOALS = [{"goal_id": name} for name in ("jobs", "crime", "national")]
ROWS = [
    row(region_code="GM1", figure_region_code="GM1", value=9.0),
    row(region_code="GM2", figure_region_code="GM2", value=7.0),
    row(region_code="GM3", figure_region_code="GM3", value=6.0),
    row(goal_id="crime", region_code="GM2", figure_region_code="GM2", direction="lower_is_better", value=9.0),
    row(goal_id="crime", region_code="GM3", figure_region_code="GM3", direction="lower_is_better", value=1.0),
    row(goal_id="national", region_code="GM1", figure_region_code="NL01"),
]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (BY_LAGGING, ["Bee", "Cee", "Aa"]),
        ("jobs", ["Cee", "Bee", "Aa"]),
        # Who has no figure comes last.
        ("crime", ["Bee", "Cee", "Aa"]),
        ("no such goal", ["Bee", "Cee", "Aa"]),
    ],
)
def test_who_lags_comes_first(sort: str, names: list[str]) -> None:
    assert [line.region["name"] for line in make_table(REGIONS, GOALS, ROWS, sort).lines] == names


def test_a_goal_without_a_figure_of_a_region_itself_is_no_column() -> None:
    table = make_table(REGIONS, GOALS, ROWS, BY_LAGGING)
    assert [goal["goal_id"] for goal in table.goals] == ["jobs", "crime"]
    assert [goal["goal_id"] for goal in table.others] == ["national"]
    assert table.country == {"jobs": 8.0, "crime": 8.0}
