"""The registry of indicators, goals and warnings says what its readers rely on, and passes the check of a run."""

import csv
import re
from pathlib import Path

import pytest

from pipelines.errors import CardError
from pipelines.indicators.registry import PUBLISHED, REAL, check_indicators, read_indicators, term_ids, terms_of
from pipelines.seeds import SEEDS, Indicator, SeedRow, read_rows, read_seed
from pipelines.settings import CARDS, DBT_PROJECT
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
    assert re.search(r"_(count|pct|rate|ratio|eur|pps|index|ha|km|km2)$", row.indicator_id)
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
        "sme_employment_share_pct": 70,
        "vacancies_per_unemployed_ratio": 1,
    }
    assert all(row.target_source in programmes for row in targets.values())


def test_every_warning_is_known_and_used() -> None:
    used = {warning for row in INDICATORS for warning in row.usage_warnings.split(";") if warning}
    assert used == {row["warning_id"] for row in rows("usage_warnings")}


@pytest.mark.parametrize("row", INDICATORS, ids=BY_ID)
def test_an_indicator_is_compared_only_where_that_holds(row: Indicator) -> None:
    # How much there is says how large a region is; nothing is better about that.
    if row.kind in ("count", "minimum", "coverage", "index"):
        assert row.direction == "neutral" and row.interval_kind == "none"
    # A rate or share is not a flow itself: its numerator is.
    assert not row.is_flow or row.kind == "count"
    assert (row.direction == "closer_to_target_is_better") <= (row.target_value is not None)
    # An interval of chance needs the cases and those that could be one; Wilson's is of a share, in per cent.
    if row.interval_kind in ("byar", "wilson"):
        assert row.numerator and row.denominator and " - " not in row.numerator
        assert row.kind == {"byar": "rate", "wilson": "share"}[row.interval_kind]
        assert row.interval_kind == "byar" or row.factor == "100"
    # Margins of the source stand beside the figure, under codes that the card asks for.
    if row.interval_kind == "source":
        codes = {code.code for code in CARDS_BY_ID[row.dataset_id].dimensions["Marges"].codes}
        assert "Marges=MW00000" in row.dims and {"MOG0095", "MBG0095"} <= codes
    # What is computed from a survey has its error too; an amount in other prices is as sure as the amount.
    if any("estimate" in BY_ID[term].usage_warnings for term in terms_of(row)) and row.formula not in (REAL, "sum"):
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
    # There is one index of prices, that of the country, for all regions.
    terms = term_ids(row.numerator) if row.formula == REAL else terms_of(row)
    coarsest = max((LEVELS.index(BY_ID[term].lowest_level) for term in terms), default=0)
    assert LEVELS.index(row.lowest_level) >= coarsest


def test_what_is_computed_from_rounded_or_incomplete_figures_warns_of_it_too() -> None:
    for row in COMPUTED:
        warnings = set(row.usage_warnings.split(";"))
        for term in terms_of(row):
            assert "register_incomplete" not in BY_ID[term].usage_warnings or "register_incomplete" in warnings
            assert "estimate" not in BY_ID[term].usage_warnings or "estimate" in warnings
            assert "sectors_missing" not in BY_ID[term].usage_warnings or "sectors_missing" in warnings


@pytest.mark.parametrize("row", INDICATORS, ids=BY_ID)
def test_a_quotient_of_one_table_is_without_a_warning_and_one_of_two_tables_warns(row: Indicator) -> None:
    """The index of an amount in other prices is of another table by nature, and is told in its definition."""
    quotient = BY_ID[row.numerator] if row.formula == REAL else row
    found = set().union(*(tables_of(BY_ID[term]) for term in terms_of(quotient))) if quotient.denominator else set()
    assert ("mixed_sources" in row.usage_warnings.split(";")) == (len(found) > 1), found


def tables_of(row: Indicator) -> set[str]:
    """The tables that a figure is made of; all registers of subsidies are one."""
    if row.formula in (PUBLISHED, "register"):
        return {row.dataset_id or "registers"}
    return set().union(*(tables_of(BY_ID[term]) for term in terms_of(row)))


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("row", INDICATORS, ids=BY_ID)
def test_the_kind_of_a_figure_and_its_unit_agree(row: Indicator, lang: str) -> None:
    """Units begin alike in both languages, `%` or not, and so many of something are a number or a square kilometre."""
    unit = getattr(row, f"unit_{lang}")
    is_percentage, is_per_so_many = unit.startswith("%"), bool(re.search(r"\bper (\d[\d.,]*|km²)( |$)", unit))
    assert is_percentage == (row.kind in ("share", "change", "coverage"))
    assert is_per_so_many == (row.kind == "rate")
    assert (row.kind == "index") == bool(re.fullmatch(r"\d{4} = 100", unit))
    if row.kind == "count":
        assert "%" not in unit and " per " not in f" {unit} ", unit
    assert (row.kind == "change") >= (row.formula == "growth")


@pytest.mark.parametrize("row", INDICATORS, ids=BY_ID)
def test_what_is_divided_by_area_is_a_count_of_land(row: Indicator) -> None:
    macro = (DBT_PROJECT / "macros" / "boundaries.sql").read_text(encoding="utf-8")
    found = re.search(r"macro is_unit_of_land\(unit_en\).*? in \((.*?)\)", macro, re.DOTALL)
    assert found is not None
    is_land = row.unit_en in re.findall(r"'([^']+)'", found[1])
    assert is_land == bool(re.search(r"_(km2|ha)$", row.indicator_id)) == (row.unit_nl in ("km²", "hectare"))
    assert not is_land or row.kind == "count"


# Figures of CBS for the whole of the Netherlands, as cbs.nl shows them: 85316NED of 2025, 85315NED of 2023, 82811NED of
# 2014 to 2016 and 81644NED of 2022, where the four sizes add up to what the four legal forms do.
SIZES_OF_EMPLOYMENT = {"1_10": 2151, "10_50": 2211, "50_250": 1738, "250_plus": 3345}
SIZES_OF_ESTABLISHMENTS = {"0": 80_880, "1": 1_687_915, "2_10": 400_150, "10_plus": 106_295}
BY_HAND: list[tuple[str, dict[str, int], float]] = [
    # 6,100 of 9,445 thousand.
    ("sme_employment_share_pct", {f"employed_size_{k}_count": v for k, v in SIZES_OF_EMPLOYMENT.items()}, 64.6),
    ("lifelong_learning_share_pct", {"lifelong_learners_count": 2434, "population_25_65_count": 9219}, 26.4),
    # 23,370 of 50,070: the survey of 2014 to 2016, in the table before this one.
    (
        "sme_innovators_share_pct",
        {
            "sme_innovators_count": 17_999 + 5_371,
            "innovation_survey_sme_count": 41_551 + 8_519,
        },
        46.7,
    ),
    # 1,687,915 of 2,275,240.
    (
        "establishments_single_person_share_pct",
        {f"establishments_size_{k}_count": v for k, v in SIZES_OF_ESTABLISHMENTS.items()},
        74.2,
    ),
]


@pytest.mark.parametrize(("share", "figures", "expected"), BY_HAND, ids=[name for name, *_ in BY_HAND])
def test_a_share_of_published_figures_is_what_it_is_by_hand(
    share: str, figures: dict[str, int], expected: float
) -> None:
    row = BY_ID[share]
    above, below = (sum(figures[term] for term in term_ids(side)) for side in (row.numerator, row.denominator))
    assert f"{float(row.factor) * above / below:.{row.decimals}f}" == f"{expected}"


def test_a_share_of_parts_is_never_more_than_all_of_them() -> None:
    """Where the parts of a share are terms of the whole, they are counted in it once."""
    for row in INDICATORS:
        if row.kind == "share" and row.denominator:
            whole = term_ids(row.denominator)
            assert len(whole) == len(set(whole))
            assert len(whole) == 1 or set(term_ids(row.numerator)) <= set(whole), row.indicator_id


# No series: they say how much is known so far, and are no figures to compare years by.
NOT_COMPARED = {"support_known_eur", "state_support_known_eur"}
# A price of all of Europe: Dutch consumer prices say nothing of Belgian and French regions, for which there is PPS.
ACROSS_BORDERS = {"eurostat_gdp_per_inhabitant_eur": "eurostat_gdp_per_inhabitant_pps"}


@pytest.mark.parametrize(
    "row", [row for row in INDICATORS if row.unit_en.startswith("euro")], ids=lambda row: row.indicator_id
)
def test_an_amount_says_of_which_year_its_euros_are_and_has_one_in_fixed_prices_beside_it(row: Indicator) -> None:
    if row.formula == REAL:
        (index,) = term_ids(row.denominator)
        base = BY_ID[index].unit_en.removesuffix(" = 100")
        for text in (row.title_nl, row.title_en, row.definition_nl, row.definition_en, row.unit_nl, row.unit_en):
            assert re.findall(r"\b20\d\d\b", text) == [base], text
        assert "(reëel)" in row.definition_nl and "(real)" in row.definition_en
        nominal = BY_ID[row.numerator]
        assert (row.kind, row.decimals, row.direction) == (nominal.kind, nominal.decimals, nominal.direction)
        assert row.usage_warnings == nominal.usage_warnings
        return
    assert "(nominaal)" in row.definition_nl and "(nominal)" in row.definition_en
    beside = [
        other.indicator_id for other in INDICATORS if other.formula == REAL and other.numerator == row.indicator_id
    ]
    assert len(beside) == (row.indicator_id not in NOT_COMPARED | ACROSS_BORDERS.keys())
    assert ACROSS_BORDERS.get(row.indicator_id, row.indicator_id) in BY_ID


def test_an_index_has_the_base_year_that_its_card_asks_for() -> None:
    for row in INDICATORS:
        if row.kind == "index":
            unit = next(m.unit for m in CARDS_BY_ID[row.dataset_id].measures if m.code == row.measure_code)
            assert (unit or "").replace(" ", "") == row.unit_en.replace(" ", "")


def test_a_goal_in_euros_is_followed_in_fixed_prices() -> None:
    followed = [BY_ID[goal["indicator_id"]] for goal in GOALS if goal["indicator_id"]]
    amounts = [row for row in followed if row.unit_en.startswith("euro")]
    assert amounts and all(row.formula == REAL for row in amounts)


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
        assert BY_ID[goal["indicator_id"]].kind in ("share", "rate", "ratio", "change")


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
        ("gdp_per_inhabitant_real_eur", {"factor": "1000"}, ["factor is '1000'", "100 in its base year"]),
        ("gdp_per_inhabitant_real_eur", {"numerator": "jobs_count"}, ["'jobs_count'", "an amount in euros"]),
        ("gdp_per_inhabitant_real_eur", {"numerator": "support_granted_real_eur"}, ["a real in 'euros of 2025'"]),
        ("gdp_per_inhabitant_real_eur", {"denominator": "jobs_count"}, ["'jobs_count', a count", "takes an index"]),
        ("gdp_per_inhabitant_real_eur", {"numerator": "jobs_count + crimes_count"}, ["2 terms", "real takes one"]),
        ("population_density_rate", {"denominator": "consumer_prices_index"}, ["an index, and only counts add up"]),
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
