"""The registry of indicators, goals and warnings says what its readers rely on, and passes the check of a run."""

import csv
import re
from pathlib import Path

import pytest

from pipelines.errors import CardError
from pipelines.indicators.registry import check_indicators, read_indicators, term_ids, terms_of
from pipelines.seeds import SEEDS, Indicator, SeedRow, read_rows, read_seed
from pipelines.settings import CARDS
from pipelines.sources.card import load_cards


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


INDICATORS = read_indicators()
BY_ID = {row.indicator_id: row for row in INDICATORS}
COMPUTED = [row for row in INDICATORS if row.formula != "published"]
GOALS = rows("goals")
CARDS_BY_ID = load_cards(CARDS)
# From small to large; a figure cannot be computed of a smaller region than its coarsest term has.
LEVELS = ["municipality", "labour_market_region", "corop", "nuts3", "province", "nuts2", "part_of_country", "country"]


def test_there_are_enough_of_them_for_every_theme_and_building_block() -> None:
    assert len(INDICATORS) >= 90
    assert {row.theme for row in INDICATORS} == {row["theme"] for row in rows("themes")}
    assert {row.building_block for row in INDICATORS} == {1, 2, 3, 4, 5}


def test_every_sub_theme_is_used_by_an_indicator_or_a_goal() -> None:
    used = {row.sub_theme for row in INDICATORS} | {row["sub_theme"] for row in GOALS}
    assert used == {row["sub_theme"] for row in rows("sub_themes")}


@pytest.mark.parametrize("row", INDICATORS, ids=BY_ID)
def test_an_indicator_is_told_in_both_languages_with_its_unit_in_its_id(row: Indicator) -> None:
    assert re.search(r"_(count|pct|rate|ratio|eur|km|km2)$", row.indicator_id)
    for text in ("title", "definition", "unit"):
        assert getattr(row, f"{text}_nl").strip() and getattr(row, f"{text}_en").strip()
    for text in ("title", "definition"):
        assert getattr(row, f"{text}_nl") != getattr(row, f"{text}_en")
    assert row.lowest_level in LEVELS
    assert row.min_value < row.max_value


def test_a_target_has_a_source_that_names_it() -> None:
    programmes = {row["programme_id"] for row in rows("programmes")}
    targets = {row.indicator_id: row for row in INDICATORS if row.target_value or row.target_source}
    # The one number in the founding documents is 70 per cent of employment; balance is one vacancy a person.
    assert {name: row.target_value for name, row in targets.items()} == {
        "sme_jobs_share_pct": 70,
        "vacancies_per_unemployed_ratio": 1,
    }
    assert all(row.target_source in programmes for row in targets.values())


def test_every_warning_is_known_and_used() -> None:
    used = {warning for row in INDICATORS for warning in row.usage_warnings.split(";") if warning}
    assert used == {row["warning_id"] for row in rows("usage_warnings")}


@pytest.mark.parametrize("row", INDICATORS, ids=BY_ID)
def test_an_indicator_is_compared_only_where_that_holds(row: Indicator) -> None:
    # How much there is says how large a region is; nothing is better about that.
    if row.kind in ("count", "minimum", "coverage"):
        assert row.direction == "neutral" and row.interval_kind == "none"
    # A rate or share is not a flow itself: its numerator is.
    assert not row.is_flow or row.kind == "count"
    assert (row.direction == "closer_to_target_is_better") <= (row.target_value is not None)
    # An interval of chance needs the cases and those that could be one; Wilson's is of a share, in per cent.
    if row.interval_kind in ("byar", "wilson"):
        assert row.numerator and row.denominator and " - " not in row.numerator
        assert row.kind == {"byar": "rate", "wilson": "share"}[row.interval_kind]
        assert row.interval_kind == "byar" or row.factor == "100"
    # What is computed from a survey has its error too.
    if any("estimate" in BY_ID[term].usage_warnings for term in terms_of(row)) and row.kind != "count":
        assert row.interval_kind != "none"


def test_every_break_of_a_warning_is_known_and_warned_of() -> None:
    broken = {row["indicator_id"] for row in rows("known_breaks")}
    assert broken and broken <= BY_ID.keys()
    for row in INDICATORS:
        parts, new = {row.indicator_id}, set(terms_of(row))
        while new - parts:
            parts |= new
            new = {term for part in parts for term in terms_of(BY_ID[part])}
        assert bool(parts & broken) == ("break_in_series" in row.usage_warnings.split(";")), row.indicator_id


@pytest.mark.parametrize("row", COMPUTED, ids=lambda row: row.indicator_id)
def test_what_is_computed_is_not_of_smaller_regions_than_its_terms(row: Indicator) -> None:
    coarsest = max((LEVELS.index(BY_ID[term].lowest_level) for term in terms_of(row)), default=0)
    assert LEVELS.index(row.lowest_level) >= coarsest


def test_what_is_computed_from_rounded_or_incomplete_figures_warns_of_it_too() -> None:
    for row in COMPUTED:
        warnings = set(row.usage_warnings.split(";"))
        for term in terms_of(row):
            assert "register_incomplete" not in BY_ID[term].usage_warnings or "register_incomplete" in warnings
            assert "estimate" not in BY_ID[term].usage_warnings or "estimate" in warnings


def test_the_registry_passes_the_check_of_a_run() -> None:
    check_indicators(INDICATORS, CARDS_BY_ID)


def test_every_programme_that_sets_goals_has_them_in_order() -> None:
    assert len({goal["goal_id"] for goal in GOALS}) == len(GOALS)
    assert {goal["programme_id"] for goal in GOALS} == {"g40_economic_pillar", "vng_taskforce"}
    for programme in {goal["programme_id"] for goal in GOALS}:
        mine = [goal for goal in GOALS if goal["programme_id"] == programme]
        assert [goal["goal_order"] for goal in mine] == [str(number + 1) for number in range(len(mine))]
        assert {goal["theme"] for goal in mine} == {row["theme"] for row in rows("themes")}


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal["goal_id"])
def test_a_goal_is_followed_by_an_indicator_or_says_what_is_missing(goal: dict[str, str]) -> None:
    assert goal["goal_nl"] != goal["goal_en"]
    assert bool(goal["indicator_id"]) != bool(goal["gap_nl"])
    assert bool(goal["gap_nl"]) == bool(goal["gap_en"])
    assert not goal["indicator_id"] or goal["indicator_id"] in BY_ID
    assert not (goal["indicator_id"] and goal["closed_source"])
    # A goal wants something of a figure that can be compared, and the indicator says what.
    if goal["indicator_id"]:
        assert BY_ID[goal["indicator_id"]].direction != "neutral"
        assert BY_ID[goal["indicator_id"]].kind in ("share", "rate", "ratio")


@pytest.mark.parametrize(
    ("of", "change", "told"),
    [
        ("jobs_growth_1y_pct", {"formula": "difference"}, ["'difference'", "location_quotient"]),
        ("jobs_growth_1y_pct", {"lag_years": ""}, ["growth needs a lag_years"]),
        ("jobs_growth_1y_pct", {"lag_years": "one"}, ["lag_years is 'one'", "such as 5"]),
        ("jobs_growth_1y_pct", {"denominator": "jobs_count"}, ["growth has no denominator", "'jobs_count'"]),
        ("jobs_growth_1y_pct", {"numerator": "jobs_count + crimes_count"}, ["2 terms", "name one"]),
        ("population_density_rate", {"factor": "0"}, ["factor is '0'", "such as 100"]),
        ("population_density_rate", {"denominator": "land_area"}, ["names 'land_area'", "land_area_km2"]),
        ("population_density_rate", {"denominator": "land_area_km2 * 2"}, ["'land_area_km2 * 2'", "a + b - c"]),
        ("population_density_rate", {"denominator": "crimes_per_1000_rate"}, ["a rate, and only counts add up"]),
        ("population_density_rate", {"dataset_id": "cbs/70072ned"}, ["ratio has no dataset_id", "empty it"]),
        ("crimes_per_1000_rate", {"denominator": ""}, ["has a numerator and no denominator"]),
        ("jobs_count", {"lag_years": "1"}, ["published has no lag_years"]),
        ("jobs_count", {"measure_code": ""}, ["published needs a measure_code"]),
        ("unused_potential_count", {"numerator": "unused_potential_count"}, ["is computed from itself"]),
        ("crimes_per_1000_rate", {"kind": "<count|rate|share|ratio>"}, ["kind is '<count|rate|share|ratio>'"]),
        ("jobs_count", {"definition_nl": "<wat het telt> (CBS-tabel 1)."}, ["definition_nl is '<wat het telt>"]),
    ],
)
def test_a_row_that_cannot_be_computed_is_named(of: str, change: dict[str, str], told: list[str]) -> None:
    changed = [row.model_copy(update=change) if row.indicator_id == of else row for row in INDICATORS]
    with pytest.raises(CardError) as error:
        check_indicators(changed, CARDS_BY_ID)
    line = next(number for number, row in enumerate(changed, start=2) if row.indicator_id == of)
    text = str(error.value)
    assert text.startswith(f"indicator {of} (indicators.csv line {line}): ") and "\n" not in text
    assert all(part in text for part in (*told, " -> ")), text


def test_a_circle_of_rows_is_named_with_its_way() -> None:
    change = {
        "unused_potential_count": {"numerator": "establishment_births_minus_deaths_count"},
        "establishment_births_minus_deaths_count": {"numerator": "jobs_count + unused_potential_count"},
    }
    changed = [row.model_copy(update=change.get(row.indicator_id, {})) for row in INDICATORS]
    with pytest.raises(CardError) as error:
        check_indicators(changed, CARDS_BY_ID)
    way = "unused_potential_count -> establishment_births_minus_deaths_count -> unused_potential_count"
    assert len(str(error.value).splitlines()) == 2 and way in str(error.value)


def test_a_signed_sum_is_taken_apart() -> None:
    assert term_ids("a_count + b_count - c_count") == ["a_count", "b_count", "c_count"]
    assert term_ids("") == []


def test_an_indicator_has_the_columns_of_its_seed_in_their_order() -> None:
    assert list(Indicator.model_fields) == list(rows("indicators")[0])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "red"}, "'red' in colour: Extra inputs are not permitted"),
        ({"decimals": "some"}, "'some' in decimals: Input should be a valid integer"),
        ({"title_en": ""}, "title_en: Field required"),
    ],
)
def test_a_row_with_another_column_or_cell_is_refused(tmp_path: Path, change: dict[str, str], told: str) -> None:
    first, second = rows("indicators")[:2]
    with (tmp_path / "indicators.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(first | change))
        writer.writeheader()
        writer.writerows([first, second | change])
    with pytest.raises(CardError) as error:
        read_seed(Indicator, tmp_path)
    text = str(error.value)
    assert text.splitlines()[-1].startswith(f"indicators.csv line 3: {told}") and text.endswith(" -> correct the row")


@pytest.mark.parametrize("kind", SeedRow.__subclasses__(), ids=lambda kind: kind.seed)
def test_every_seed_that_python_reads_is_read_whole(kind: type[SeedRow]) -> None:
    assert len(read_rows(kind, SEEDS / f"{kind.seed}.csv")) == len(rows(kind.seed)) > 0
