"""The tension on the labour market is made of vacancies and people, and the ways to a shortage follow from it."""

from collections import defaultdict

import duckdb
import pytest
import yaml
from conftest import Run
from support import query

from pipelines.settings import DBT_PROJECT

Counts = dict[tuple[str, str, str], tuple[float | None, float | None]]


@pytest.fixture(scope="module")
def raw(sample_run: Run) -> Counts:
    """Vacancies and people by region, quarter and UWV's name of the occupation, from the raw rows."""
    found: dict[tuple[str, str, str], dict[str, float | None]] = defaultdict(dict)
    path = sample_run.data / "raw" / "invented" / "uwv__spanningsindicator" / "observations.parquet"
    rows = duckdb.sql(f"select region_code, period_code, dims, measure_code, value from read_parquet('{path}')")
    for region, period, dims, measure, value in rows.fetchall():
        found[region, period, dims.removeprefix("OCCUPATION=")][measure] = value
    return {key: (cell["vacancies"], cell["ww_short"]) for key, cell in found.items()}


def whole(cells: list[tuple[float | None, float | None]], place: int) -> float | None:
    """The sum of the vacancies (0) or the people (1); none as soon as one is unknown."""
    values = [cell[place] for cell in cells]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def test_every_labour_market_region_and_the_country_has_rows_for_the_newest_quarter(sample_run: Run) -> None:
    regions = "select region_code from regions where scheme = 'labour_market_region' and is_current"
    newest = "select max(period_code) from labour_tension"
    with_rows = f"select distinct region_code from labour_tension where period_code = ({newest})"
    current = {code for (code,) in query(sample_run.release, regions)}
    assert len(current) == 35
    assert {code for (code,) in query(sample_run.release, with_rows)} == {*current, "NL01"}


def test_every_row_of_uwv_is_there_as_it_came(sample_run: Run, raw: Counts) -> None:
    sql = "select region_code, period_code, title_nl, vacancies_count, ww_short_count from labour_tension"
    rows = query(sample_run.release, f"{sql} where method = 'published'")
    assert {(region, period, name): (above, below) for region, period, name, above, below in rows} == raw
    assert any(below is None for _, below in raw.values())


def test_sums_over_groups_are_those_of_the_raw_rows(sample_run: Run, raw: Counts) -> None:
    """All occupations together, in each region and in the country: numerators and denominators each on their own."""
    parts = defaultdict(list)
    for (region, period, _), cell in raw.items():
        parts[region, period].append(cell)
        parts["NL01", period].append(cell)
    sql = "select region_code, period_code, vacancies_count, ww_short_count, method from labour_tension"
    rows = query(sample_run.release, f"{sql} where occupation_level = 'total'")
    assert {method for *_, method in rows} == {"aggregated"}
    expected = {key: (whole(cells, 0), whole(cells, 1)) for key, cells in parts.items()}
    assert {(region, period): (above, below) for region, period, above, below, _ in rows} == expected


@pytest.mark.parametrize(("level", "digits"), [("segment", 3), ("class", 2)])
def test_segments_and_classes_are_the_sums_of_their_groups(
    sample_run: Run, raw: Counts, level: str, digits: int
) -> None:
    codes = dict(query(sample_run.release, "select title_nl, code from occupations where level = 'group'"))
    parts = defaultdict(list)
    for (region, period, name), cell in raw.items():
        if name in codes:
            parts[region, period, codes[name][:digits]].append(cell)
            parts["NL01", period, codes[name][:digits]].append(cell)
    sql = "select region_code, period_code, occupation_code, vacancies_count, ww_short_count from labour_tension"
    rows = query(sample_run.release, f"{sql} where occupation_level = ?", level)
    expected = {key: (whole(cells, 0), whole(cells, 1)) for key, cells in parts.items()}
    assert {(region, period, code): (above, below) for region, period, code, above, below in rows} == expected


def test_a_tension_is_one_count_over_the_other_and_never_over_few_people(sample_run: Run) -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    fewest = project["vars"]["min_tension_denominator"]
    sql = "select tension_ratio, vacancies_count, ww_short_count, tension_class, market, no_ratio_reason, value_status"
    for ratio, above, below, *rest in query(sample_run.release, f"{sql} from labour_tension"):
        if above is None or below is None or below < fewest:
            assert ratio is None and rest[:2] == [None, None] and rest[2] and rest[3] != "final"
        else:
            assert ratio == pytest.approx(above / below, abs=0.0001) and rest[0] and rest[1] and rest[2] is None


def test_a_group_of_uwv_that_is_no_title_is_not_made_one(sample_run: Run) -> None:
    sql = "select distinct title_nl, brc_code, segment_code, class_code, title_en from labour_tension"
    rows = query(sample_run.release, f"{sql} where occupation_level = 'uwv_group'")
    assert rows == [("Voorbeeldgroep van UWV", None, None, None, None)]
    assert not query(sample_run.release, f"{sql} where occupation_level = 'group' and occupation_code <> brc_code")


def test_from_every_surplus_all_shortages_near_it_are_found(sample_run: Run) -> None:
    """Worked out again from the published tensions: what lies near shares the first three digits, or else two."""
    newest = "select max(period_code) from labour_tension"
    sql = "select region_code, occupation_code, tension_ratio from labour_tension where occupation_level = 'group'"
    rows = query(sample_run.release, f"{sql} and region_code <> 'NL01' and period_code = ({newest})")
    expected = {
        (region, loose, tight, "segment" if loose[:3] == tight[:3] else "class")
        for region, loose, low in rows
        for other, tight, high in rows
        if region == other and loose[:2] == tight[:2] and low is not None and high is not None
        if low < 0.67 and high >= 1.5
    }
    found = query(
        sample_run.release,
        "select region_code, from_occupation_code, to_occupation_code, nearness from occupation_mobility",
    )
    assert set(found) == expected and len(found) == len(expected)
    assert {nearness for *_, nearness in found} == {"segment", "class"}
