"""The tension on the labour market is made of vacancies and people, and the ways to a shortage follow from it."""

from collections import defaultdict
from fractions import Fraction

import duckdb
import pytest
import yaml
from conftest import Run
from support import query

from pipelines.settings import DBT_PROJECT

PROJECT_VARS = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
FEWEST_KNOWN = PROJECT_VARS["min_known_parts_pct"]
FEWEST_PEOPLE = PROJECT_VARS["min_tension_denominator"]
SUMS = "vacancies_count, ww_short_count, method, parts_known_count, parts_count from labour_tension"
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


def added_up(cells: list[tuple[float | None, float | None]]) -> tuple[float | None, float | None, str, int, int]:
    """The vacancies, the people, how they were added up, and in how many cells both are known, of how many."""
    known = [cell for cell in cells if None not in cell]
    if len(known) < len(cells) and 100 * len(known) < FEWEST_KNOWN * len(cells):
        whole = [None if None in side else sum(filter(None, side)) for side in zip(*cells, strict=True)]
        return whole[0], whole[1], "aggregated", len(known), len(cells)
    above, below = (sum(filter(None, side)) for side in zip(*known, strict=True))
    return above, below, "aggregated" if len(known) == len(cells) else "partial", len(known), len(cells)


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
    sql = f"select region_code, period_code, {SUMS} where occupation_level = 'total'"
    found = {(region, period): tuple(rest) for region, period, *rest in query(sample_run.release, sql)}
    assert found == {key: added_up(cells) for key, cells in parts.items()}
    assert {how for _, _, how, _, _ in found.values()} == {"aggregated", "partial"}


def test_no_secret_cell_empties_the_country(sample_run: Run, raw: Counts) -> None:
    assert any(None in cell for cell in raw.values())
    sql = (
        "select tension_ratio, value_status, method, parts_count - parts_known_count, groups_count from labour_tension"
        " where region_code = 'NL01' and occupation_level = 'total'"
    )
    groups = len({name for _, _, name in raw})
    rows = query(sample_run.release, sql)
    assert len(rows) == len({period for _, period, _ in raw})
    assert all(ratio is not None and groups == count for ratio, _, _, _, count in rows)
    assert all((status, how) == ("estimated", "partial") for _, status, how, missing, _ in rows if missing)
    assert any(missing for *_, missing, _ in rows)


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
    rows = query(
        sample_run.release,
        f"select region_code, period_code, occupation_code, {SUMS} where occupation_level = ?",
        level,
    )
    found = {(region, period, code): tuple(rest) for region, period, code, *rest in rows}
    assert found == {key: added_up(cells) for key, cells in parts.items()}


def test_a_tension_is_one_count_over_the_other_rounded_once_and_never_over_few_people(sample_run: Run) -> None:
    sql = "select tension_ratio, vacancies_count, ww_short_count, tension_class, market, no_ratio_reason, value_status"
    for ratio, above, below, *rest in query(sample_run.release, f"{sql} from labour_tension"):
        if above is None or below is None or below < FEWEST_PEOPLE:
            assert ratio is None and rest[:2] == [None, None] and rest[2] and rest[3] != "final"
        else:
            hundredths = (Fraction(above) / Fraction(below) * 100 + Fraction(1, 2)).__floor__()
            assert ratio == hundredths / 100 and rest[0] and rest[1] and rest[2] is None


def test_where_uwv_gives_the_tension_of_these_counts_it_is_ours(sample_run: Run) -> None:
    """Also 1.21 for 130 vacancies and 107 people, and `gemiddeld` for two vacancies on three people."""
    sql = (
        "select tension_published, tension_ratio, vacancies_count, ww_short_count, tension_class, tension_label_uwv"
        " from labour_tension where tension_published is not null and tension_ratio is not null"
    )
    rows = query(sample_run.release, sql)
    assert rows and not [row for row in rows if abs(row[0] - row[1]) > 0.0101]
    # The sample rounds doubles: only a half can differ.
    assert all(200 * above % below == 0 for uwv, ours, above, below, *_ in rows if uwv != ours)
    thirds = [(ours, word) for _, _, above, below, ours, word in rows if 3 * above == 2 * below]
    assert thirds and set(thirds) == {("balanced", "gemiddeld")}


def test_a_group_of_uwv_that_is_no_title_is_not_made_one(sample_run: Run) -> None:
    sql = "select distinct title_nl, brc_code, segment_code, class_code, title_en from labour_tension"
    rows = query(sample_run.release, f"{sql} where occupation_level = 'uwv_group'")
    assert rows == [("Voorbeeldgroep van UWV", None, None, None, None)]
    assert not query(sample_run.release, f"{sql} where occupation_level = 'group' and occupation_code <> brc_code")


def test_from_every_surplus_all_shortages_of_its_segment_and_level_are_found(sample_run: Run) -> None:
    """Worked out again from the published counts: a segment shares the first three digits."""
    newest = "select max(period_code) from labour_tension"
    sql = (
        "select t.region_code, t.occupation_code, t.vacancies_count, t.ww_short_count, o.lowest_isco_level,"
        " o.highest_isco_level from labour_tension as t join occupations as o on o.code = t.occupation_code"
        f" where t.occupation_level = 'group' and t.region_code <> 'NL01' and t.period_code = ({newest})"
        f" and t.vacancies_count is not null and t.ww_short_count >= {FEWEST_PEOPLE}"
    )
    rows = query(sample_run.release, sql)
    pairs = [
        (region, loose, tight, max((high - own_low, low - own_high), key=abs))
        for region, loose, vacancies, people, own_low, own_high in rows
        for other, tight, open_there, people_there, low, high in rows
        if region == other and loose[:3] == tight[:3]
        if 3 * vacancies < 2 * people and 2 * open_there >= 3 * people_there
    ]
    expected = {pair for pair in pairs if abs(pair[3]) <= 1}
    found = query(
        sample_run.release,
        "select region_code, from_occupation_code, to_occupation_code, level_step from occupation_mobility",
    )
    assert found and set(found) == expected and len(found) == len(expected)
    assert not [row for row in found if row[1:3] == ("0434", "0411")]
